"""Rows from Spark's machines to this one: in Arrow's own form, a part at a time, in flat memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from pretadepenser.credit.dictionary import HISTORY
from pretadepenser.credit.intake.finding import KEY, TRAIN
from pretadepenser.credit.intake.validation import Lines, Problems, conform
from pretadepenser.spark.tables import columns_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def brought(rows: DataFrame, figures: tuple[str, ...] = (), name: str = TRAIN) -> Iterator[pa.RecordBatch]:
    """Bring rows of a table here in their order and in the dictionary's schema.

    With `figures` it is these that are brought, after the number of their client. Rows come as bytes in the
    format of Arrow's streams, which cost nothing to read: Spark's own rows would be made one by one. One part
    of the table at a time is on this machine.
    """
    packed = rows.mapInArrow(partial(_packed, name, figures), "rows binary")
    for row in packed.toLocalIterator():
        with pa.ipc.open_stream(pa.py_buffer(row[0])) as stream:
            yield from stream


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
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        yield pa.RecordBatch.from_pydict({"rows": pa.array([sink.getvalue().to_pybytes()], pa.binary())})
