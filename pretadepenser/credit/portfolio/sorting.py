"""Sort a table larger than memory by client number: an external merge sort over Arrow batches.

Rows are gathered into runs, each sorted and written to a scratch file. The numbers themselves do fit in
memory (8 bytes a client), so the bounds of every output batch are known: within a sorted run an output batch
is one contiguous slice, read once, in order, through a memory map.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

RUN_ROWS = 65_536
KEY = "SK_ID_CURR"


class Sorter:
    """Take tables in any order, give their rows back sorted by SK_ID_CURR.

    A context manager: the scratch file at `path` is deleted on leaving. About three runs are in memory at
    any time, whatever the number of rows.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._schema = schema
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._numbers: list[NDArray[np.int64]] = []
        self._writer = pa.ipc.new_file(path, schema)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        self._path.unlink(missing_ok=True)

    def add(self, table: pa.Table) -> None:
        """Take more rows."""
        self._numbers.append(table.column(KEY).to_numpy())
        self._waiting.append(table)
        self._rows += table.num_rows
        if self._rows >= RUN_ROWS:
            self._write_run()

    def numbers(self) -> NDArray[np.int64]:
        """All client numbers taken so far, in the order in which they came."""
        return np.concatenate(self._numbers) if self._numbers else np.empty(0, np.int64)

    def batches(self, rows: int) -> Iterator[pa.RecordBatch]:
        """Yield everything sorted, `rows` a batch, the last one shorter. Numbers must be unique."""
        if self._rows:
            self._write_run()
        self._writer.close()
        order = np.sort(self.numbers())
        with pa.memory_map(str(self._path)) as file:
            reader = pa.ipc.open_file(file)
            runs = [reader.get_batch(index) for index in range(reader.num_record_batches)]
            keys = [run.column(KEY).to_numpy() for run in runs]
            starts = [0] * len(runs)
            for last in order[rows - 1 :: rows].tolist() + ([order[-1]] if order.size % rows else []):
                slices = []
                for index, run in enumerate(runs):
                    end = int(np.searchsorted(keys[index], last, side="right"))
                    if end > starts[index]:
                        slices.append(run.slice(starts[index], end - starts[index]))
                        starts[index] = end
                yield _sorted(pa.Table.from_batches(slices, self._schema))

    def _write_run(self) -> None:
        self._writer.write_batch(_sorted(pa.concat_tables(self._waiting)))
        self._waiting, self._rows = [], 0


def _sorted(table: pa.Table) -> pa.RecordBatch:
    """One batch with the rows of `table` in order of client number."""
    table = table.combine_chunks()
    numbers = table.column(KEY).to_numpy()
    if not (numbers[1:] > numbers[:-1]).all():
        table = table.take(np.argsort(numbers, kind="stable"))
    batches = table.combine_chunks().to_batches()
    if len(batches) != 1:
        raise AssertionError("a combined table has one batch")
    return batches[0]
