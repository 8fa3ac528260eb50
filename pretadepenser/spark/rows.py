"""Rows from Spark's machines to this one: in Arrow's own form, a part at a time, in flat memory.

A part goes whole through the memory of Spark's driver, a gigabyte unless an administrator gives more: how
much is in one may not depend on how tables are cut into files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from pretadepenser.credit.dictionary import HISTORY
from pretadepenser.credit.intake.finding import KEY
from pretadepenser.credit.intake.naming import TRAIN
from pretadepenser.credit.intake.validation import Lines, Problems, conform
from pretadepenser.spark.tables import columns_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Rows of a part: some ten megabytes as they come here.
PART: Final = 250_000


def brought(
    rows: DataFrame, figures: tuple[str, ...] = (), name: str = TRAIN, unordered: int | None = None
) -> Iterator[pa.RecordBatch]:
    """Bring rows of a table here in their order and in the dictionary's schema.

    With `figures` it is these that are brought, after the number of their client. Rows come as bytes in the
    format of Arrow's streams, which cost nothing to read: Spark's own rows would be made one by one. One part
    of the table at a time is on this machine: a part as Spark cut the table or, where the order of its
    `unordered` rows does not matter, one of some PART rows.
    """
    for row in parted(rows, figures, name, unordered).toLocalIterator():
        with pa.ipc.open_stream(pa.py_buffer(row[0])) as stream:
            yield from stream


def parted(
    rows: DataFrame, figures: tuple[str, ...] = (), name: str = TRAIN, unordered: int | None = None
) -> DataFrame:
    """The same where Spark has it: streams of bytes, some thousand rows each, in the parts that come here."""
    packed = rows.mapInArrow(partial(_packed, name, figures), "rows binary")
    return packed if unordered is None else packed.repartition(unordered // PART + 1)


def _packed(
    name: str, figures: tuple[str, ...], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Run where the rows are: a batch, in the types of the dictionary, as the bytes of a stream."""
    columns = columns_of(name)
    if figures:
        columns = {KEY: columns[KEY], **{figure: HISTORY[figure] for figure in figures}}
    for batch in batches:
        if not batch.num_rows:
            continue
        table = conform(pa.Table.from_batches([batch]), columns, Lines(1), Problems(name))
        sink = pa.BufferOutputStream()
        # What is sorted and of few values shrinks to a tenth, as in Parquet.
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        with pa.ipc.new_stream(sink, table.schema, options=options) as stream:
            stream.write_table(table)
        yield pa.RecordBatch.from_pydict({"rows": pa.array([sink.getvalue().to_pybytes()], pa.binary())})
