"""What writes a portfolio, from whatever its rows come: batches of one size, statistics, the card."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pretadepenser import storage
from pretadepenser.credit import dictionary
from pretadepenser.credit.distribution import bins, statistics
from pretadepenser.credit.intake.finding import KEY
from pretadepenser.credit.intake.loading import Progress
from pretadepenser.credit.portfolio import reading
from pretadepenser.credit.stored.rows import Rows, canonical, checks

# Columns in memory at a time while they are summed up: 0.1 GB each at 5,000,000 clients.
TOGETHER: Final = 2
# Clients below whom a column is summed up in less time than it takes to hand it to another thread, or to read
# it from the file by itself: all of theirs are held in 6 MB.
FEW: Final = 4096


def in_batches(found: Iterable[pa.RecordBatch], schema: pa.Schema, rows: int) -> Iterator[pa.RecordBatch]:
    """The same rows as they are stored, in batches of exactly `rows`, the last one shorter."""
    waiting: list[pa.Table] = []
    count = 0
    for batch in found:
        waiting.append(pa.Table.from_batches([batch]))
        count += batch.num_rows
        while count >= rows:
            whole = pa.concat_tables(waiting)
            yield _one(whole.slice(0, rows), schema)
            waiting, count = [whole.slice(rows)], count - rows
    if count:
        yield _one(pa.concat_tables(waiting), schema)


def _one(table: pa.Table, schema: pa.Schema) -> pa.RecordBatch:
    """The rows of a table as one batch, as they are stored."""
    (batch,) = table.combine_chunks().to_batches()
    return canonical(batch, schema)


def clients(
    folder: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema, total: int, progress: Progress
) -> dict[str, int]:
    """Write the clients and their numbers; return what the card counts of them. total: how many there are."""
    step = "Écriture du portefeuille"
    numbers: list[NDArray[np.int64]] = []
    count = labelled = defaults = 0
    with pa.ipc.new_file(folder / reading.CLIENTS, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
            numbers.append(batch.column(KEY).to_numpy())
            targets = batch.column("TARGET")
            count += batch.num_rows
            labelled += batch.num_rows - targets.null_count
            defaults += int(pc.sum(targets).as_py() or 0)
            progress(step, count / total)
    np.save(folder / reading.NUMBERS, np.concatenate(numbers))
    progress(step, 1.0)
    return {"clients": count, "labelled": labelled, "defaults": defaults}


def finish(folder: Path, card: Mapping[str, Any], progress: Progress) -> None:
    """Write the statistics and bins, computed from the portfolio as it will be read, then the card.

    card: what it says beside what is known here; where it has a time of import already, that stays.
    """
    with pa.memory_map(str(folder / reading.CLIENTS)) as file, ThreadPoolExecutor(TOGETHER) as pool:
        rows = Rows(file.read_buffer())
        named = (*dictionary.STORED, *dictionary.DERIVED_FROM)
        binned = len(bins.quantities_of(rows.schema.names)) + len((*bins.CATEGORIES, bins.OUTCOME))
        counted = _counted(len(named) + binned, progress)

        def summed_up(name: str) -> tuple[str, statistics.Summary]:
            return name, statistics.Summary.of(name, bins.values_of(rows, name))

        digest = pool.submit(storage.digest, folder / reading.CLIENTS)
        sums = pool.submit(lambda: [checks(frame) for frame in rows.frames(rows.schema.names)])
        few = card["clients"] < FEW
        if few:
            rows.hold()
        each: bins.Each = map if few else pool.map
        statistics.write(folder, each(summed_up, named), counted)
        bins.write(folder, rows, statistics.Statistics.open(folder).quantiles, counted, each)
        np.save(folder / reading.CHECKS, np.concatenate(sums.result()))
        sha256 = digest.result()
    whole = {
        "format": reading.FORMAT,
        "imported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **card,
        "sha256": sha256,
        "versions": _versions(),
    }
    (folder / reading.CARD).write_text(json.dumps(whole, ensure_ascii=False, indent=1), "utf-8")
    storage.seal(folder, {reading.CLIENTS: sha256})


@cache
def _versions() -> Mapping[str, str]:
    """Versions of what writes portfolios here, by package."""
    packages = ("pretadepenser", "duckdb", "numpy", "pyarrow")
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in packages}}


def _counted(total: int, progress: Progress) -> Callable[[str], None]:
    done = 0

    def count(name: str) -> None:
        nonlocal done
        done += 1
        progress("Calcul des statistiques", done / total)

    return count
