"""The raw rows of a history table beside the clients: mapped, sorted by client and time, found by position.

`NAME.arrow` holds the rows, `NAME.npy` two numbers for each client and one more: where the client's rows
start, and the sum of the checksums of all rows before. A client without rows starts where the next one does.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pretadepenser.credit.dictionary import TABLES, Row, Table
from pretadepenser.credit.stored.rows import Rows, canonical, checks, frame_of

OWNER: Final = "SK_ID_CURR"


class History:
    """The rows of one table, read through memory maps. Safe to use from several threads."""

    def __init__(self, folder: Path, table: Table, clients: int, batch_rows: int) -> None:
        """Open what `write` wrote in batches of `batch_rows`. Raises OSError or ValueError otherwise."""
        self._batch_rows = batch_rows
        self._rows = Rows(pa.memory_map(str(path(folder, table.name))).read_buffer(), table.columns)
        self._places: NDArray[np.uint64] = np.load(places(folder, table.name), mmap_mode="r").view(np.ndarray)
        if self._places.dtype != np.uint64 or self._places.shape != (2, clients + 1):
            raise ValueError("other places")
        if not self._rows.schema.equals(table.arrow_schema()):
            raise ValueError("other columns")
        if self._rows.batches:
            # Loads the categories now: later reads, from any thread, then change nothing in the reader.
            self._rows.batch(0)

    def of(self, index: int) -> list[Row]:
        """The raw rows of the client at this position, in order of time.

        Raises ValueError or IndexError where they are not the rows that were imported.
        """
        (start, stop), (total, upto) = self._places[:, index : index + 2].tolist()
        frames = []
        while start < stop:
            batch, first = divmod(start, self._batch_rows)
            frame = self._rows.some(batch, first, stop - start)
            sums = checks(frame)
            frames.append(frame)
            start, total = start + sums.size, total + int(sums.sum())
        if total % (1 << 64) != upto:
            raise ValueError("other rows")
        return [row for frame in frames for row in self._rows.given(frame)]


def path(folder: Path, table: str) -> Path:
    """The file of the rows of a table."""
    return folder / f"{table}.arrow"


def places(folder: Path, table: str) -> Path:
    """The file of where each client's rows are."""
    return folder / f"{table}.npy"


def write(folder: Path, table: Table, batches: Iterable[pa.RecordBatch], counts: NDArray[np.int64]) -> None:
    """Write rows sorted by client and time, in batches of one size, and where those of each client are.

    counts: rows of each client, in the order of clients, int64, shape (clients,).
    """
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.uint64)
    sums = np.zeros_like(starts)
    done, total = 0, np.uint64(0)
    with pa.ipc.new_file(path(folder, table.name), table.arrow_schema()) as writer:
        for batch in batches:
            stored = canonical(batch, table.arrow_schema())
            writer.write_batch(stored)
            # Sums up to each row of this batch, the one before it first: they wrap round, as differences do.
            upto = np.concatenate([[total], total + np.cumsum(checks(frame_of(stored)), dtype=np.uint64)])
            low, high = np.searchsorted(starts, [done, done + batch.num_rows + 1])
            sums[low:high] = upto[starts[low:high].astype(np.int64) - done]
            done, total = done + batch.num_rows, upto[-1]
    np.save(places(folder, table.name), np.stack([starts, sums]))


def ordered(name: str) -> str:
    """SQL of the rows of a table, each after the rows of clients with smaller numbers, then in order of time.

    What is left is ordered by all columns, so that equal tables are stored as equal bytes.
    """
    table = TABLES[name]
    rest = [table.time, *([table.key] if table.key else [c for c in table.columns if c != table.time])]
    by = ", ".join(f"{name}.{column} nulls first" for column in rest)
    return f"select {name}.* from {owned(name)} order by {OWNER}, {by}"


def counted(name: str) -> str:
    """SQL of the clients who have rows in a table, ascending, and how many."""
    return f"select {OWNER}, count(*) as rows from {owned(name)} group by {OWNER} order by {OWNER}"


def owned(name: str) -> str:
    """SQL of a table joined with what says whose its rows are."""
    owner = TABLES[name].owner
    return name if isinstance(owner, str) else f"{name} join {owner[0]} using ({owner[1]})"


def orphans(name: str) -> str:
    """SQL that deletes the rows of a table that belong to no client; bureau_balance after bureau."""
    owner = TABLES[name].owner
    place, column = ("application", owner) if isinstance(owner, str) else owner
    return f"delete from {name} where {column} not in (select {column} from {place})"
