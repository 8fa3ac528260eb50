"""Take clients out of the portfolio: a new generation without them, and no older one left.

What is kept of all others is what an import of the same tables without these clients would have made, byte
for byte: their rows, and statistics and bins counted anew. It is done piece by piece, in the memory of an
import.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pretadepenser import storage
from pretadepenser.credit.dictionary import TABLES
from pretadepenser.credit.intake.loading import Progress
from pretadepenser.credit.portfolio import reading, writing
from pretadepenser.credit.portfolio.reading import Portfolio
from pretadepenser.credit.stored import histories

# Rows looked at together: a part of a stored batch, so that a copy of them is small.
TOGETHER: Final = 8192

Indices = NDArray[np.int64]


def _nothing(portfolio: Portfolio) -> None:
    pass


def remove(
    instance: Path,
    numbers: Collection[int],
    progress: Progress,
    before: Callable[[Portfolio], None] = _nothing,
) -> int:
    """Put a portfolio without the clients of these numbers in place; return how many it had of them.

    Where it had none, nothing is made anew. Older generations stay (see `forget`). `before` is called with
    the new portfolio before it is put in place. A portfolio of which nobody would be left is taken away.

    Raises PortfolioError where the one in place is damaged: a copy must not be sealed as sound.
    """
    held = reading.current_portfolio(instance)
    if held is None:
        return 0
    found = sorted(index for index in map(held.index, numbers) if index is not None)
    if not found:
        return 0
    gone = np.array(found, np.int64)
    held.verify()
    if gone.size == held.size:
        storage.forget(instance, reading.NAME)
        return gone.size
    card = json.loads((held.folder / reading.CARD).read_text("utf-8"))
    with storage.publish(instance, reading.NAME) as folder:
        _write(folder, held, card, gone, progress)
        before(Portfolio.open(folder))
    return gone.size


def forget(instance: Path) -> None:
    """Delete all generations but the one in place. Raises OSError where one cannot be deleted."""
    held = storage.current(instance, reading.NAME)
    storage.forget(instance, reading.NAME, keep=[held] if held else [])


def _write(folder: Path, held: Portfolio, card: Mapping[str, Any], gone: Indices, progress: Progress) -> None:
    schema, size = pa.ipc.open_file(held.folder / reading.CLIENTS).schema, card["batch_rows"]
    rows = _without(held.folder / reading.CLIENTS, gone, gone + 1)
    counts = writing.clients(
        folder, writing.in_batches(rows, schema, size), schema, held.size - gone.size, progress
    )
    tables = {name: dict(told) for name, told in card["tables"].items()}
    for name in (one for one in TABLES if one in tables):
        step = f"Écriture de {name}"
        progress(step, 0.0)
        starts = np.load(histories.places(held.folder, name), mmap_mode="r")[0].astype(np.int64)
        owned = _without(histories.path(held.folder, name), starts[gone], starts[gone + 1])
        table = TABLES[name]
        batches = writing.in_batches(owned, table.arrow_schema(), size)
        histories.write(folder, table, batches, np.delete(np.diff(starts), gone))
        tables[name]["rows"] -= int((starts[gone + 1] - starts[gone]).sum())
        progress(step, 1.0)
    former = [*card.get("former", ()), card["sha256"]]
    writing.finish(folder, {**card, **counts, "tables": tables, "former": former}, progress)


def _without(file: Path, starts: Indices, stops: Indices) -> Iterator[pa.RecordBatch]:
    """The stored rows in their order but for those from each of `starts` up to before its one of `stops`."""
    with pa.memory_map(str(file)) as source:
        reader = pa.ipc.open_file(source)
        done = 0
        for index in range(reader.num_record_batches):
            batch = reader.get_batch(index)
            kept = np.ones(batch.num_rows, bool)
            for start, stop in zip(starts - done, stops - done, strict=True):
                kept[max(start, 0) : max(stop, 0)] = False
            done += batch.num_rows
            yield from _pieces(batch, kept)


def _pieces(batch: pa.RecordBatch, kept: NDArray[np.bool_]) -> Iterator[pa.RecordBatch]:
    """Runs of kept rows of a batch, left where they are, TOGETHER at most."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], kept, [False]]).astype(np.int8)))
    for start, stop in edges.reshape(-1, 2).tolist():
        for first in range(start, stop, TOGETHER):
            yield batch.slice(first, min(TOGETHER, stop - first))
