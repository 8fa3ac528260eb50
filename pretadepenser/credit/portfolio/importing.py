"""Make a portfolio out of Kaggle's files or of prepared batches, whole or not at all.

All tables are read into one DuckDB, which checks what concerns whole tables, sorts, and sums histories up.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa

from pretadepenser import french, storage
from pretadepenser.credit.dictionary import COLUMNS, HISTORY, TABLES
from pretadepenser.credit.history import engine, features
from pretadepenser.credit.intake.finding import APPLICATION, KEY, find_all
from pretadepenser.credit.intake.loading import (
    Batches,
    Connection,
    Files,
    Progress,
    add,
    create,
    load_all,
    load_batches,
)
from pretadepenser.credit.intake.validation import PortfolioError, schema_of
from pretadepenser.credit.intake.whole import nobodys
from pretadepenser.credit.portfolio import reading, writing
from pretadepenser.credit.stored import histories as raw
from pretadepenser.money import KAGGLE, Money

# The table of DuckDB that holds what the histories of the clients sum up to.
FIGURES: Final = "figures"
# Rows of one stored batch: a lookup reads one of them, and 5,000,000 clients make 77.
BATCH_ROWS = 65_536
# Megabytes that an import may take, and the share of them that DuckDB may.
MEMORY: Final = 1000
SHARE: Final = 0.5
# Megabytes that a thread of DuckDB needs.
THREAD: Final = 250

# Rows that DuckDB hands over at a time.
HANDED: Final = 8192

# Called with a portfolio that is whole but not in place yet.
Before = Callable[[reading.Portfolio], None]
NO_HISTORIES: Final[Batches] = MappingProxyType({})


@dataclass(frozen=True)
class Imported:
    """A history table of a portfolio: its rows that belong to clients, and those that belong to nobody."""

    name: str
    rows: int
    orphans: int


@dataclass(frozen=True)
class Report:
    """What an import did: number of clients, of labelled ones, of defaults, rows of each file, seconds.

    `tables`: the history tables that were imported, in the order of dictionary.TABLES.
    """

    clients: int
    labelled: int
    defaults: int
    sources: tuple[tuple[str, int], ...]
    tables: tuple[Imported, ...]
    seconds: float
    sha256: str
    folder: Path


def _silent(step: str, share: float) -> None:
    pass


def _nothing(portfolio: reading.Portfolio) -> None:
    pass


def import_folder(
    source: Path,
    instance: Path,
    progress: Progress = _silent,
    money: Money = KAGGLE,
    before: Before = _nothing,
    memory: int = MEMORY,
) -> Report:
    """Import application_train and what is there of application_test and the history tables.

    source: a folder, or Kaggle's zip. Everything is validated against the dictionary before the portfolio in
    `instance` is replaced; rows of histories that belong to no client are counted and left out. At most
    some `memory`, in megabytes, is taken; what does not fit waits on the disk, in `instance`. `money` says in
    which currency amounts are shown, and how many file units to one that is shown; the portfolio keeps file
    units. `before` is called with the new portfolio before it is put in place.

    Raises PortfolioError, the portfolio in place unchanged, saying in French what is wrong and where; OSError
    where the disk refuses.
    """
    begun = time.perf_counter()
    sources = find_all(source)

    def fill(connection: Connection) -> Files:
        return load_all(connection, sources, progress)

    readable = [each.path for found in sources.values() for each in found]
    _publish(instance, fill, readable, memory, progress, before, _recorded(money, fictitious=False))
    return _report(instance, begun)


def import_batches(
    batches: Iterable[pa.RecordBatch],
    instance: Path,
    *,
    histories: Batches = NO_HISTORIES,
    figures: Iterable[pa.RecordBatch] | None = None,
    fictitious: bool = True,
    name: str = "Données fictives",
    total: int | None = None,
    progress: Progress = _silent,
    money: Money = KAGGLE,
    before: Before = _nothing,
    memory: int = MEMORY,
) -> Report:
    """Import batches that have the dictionary's schema and ascend by SK_ID_CURR; `total` clients, if known.

    histories: batches of history tables by name, in the schema of dictionary.TABLES and in any order.
    figures: SK_ID_CURR and all that `histories` sum up to, for each client and in any order, where that was
    computed elsewhere. `money`, `before`, `memory`: as for `import_folder`.

    Raises PortfolioError as `import_folder` does; lines count the rows of all batches from 1.
    """
    begun = time.perf_counter()

    def fill(connection: Connection) -> Files:
        files = load_batches(connection, {APPLICATION: batches, **histories}, name, total, progress)
        if figures is not None:
            named = {KEY: COLUMNS[KEY], **{each: HISTORY[each] for each in features.known(histories)}}
            create(connection, FIGURES, named)
            for batch in figures:
                add(connection, FIGURES, pa.Table.from_batches([batch]).cast(schema_of(named)))
        return files

    _publish(instance, fill, [], memory, progress, before, _recorded(money, fictitious=fictitious))
    return _report(instance, begun)


def _recorded(money: Money, *, fictitious: bool) -> dict[str, Any]:
    """What the card says of the amounts, and of the clients."""
    return {"currency": money.currency, "amount_scale": money.scale, "fictitious": fictitious}


def _publish(
    instance: Path,
    fill: Callable[[Connection], Files],
    readable: Sequence[Path],
    memory: int,
    progress: Progress,
    before: Before,
    recorded: Mapping[str, Any],
) -> None:
    """Make a portfolio of the tables that `fill` reads, and put it in place, whole or not at all."""
    with storage.publish(instance, reading.NAME) as folder:
        scratch = folder / "scratch"
        scratch.mkdir()
        with _told(memory), _opened(memory, scratch, readable) as connection:
            files = fill(connection)
            tables = [name for name in TABLES if name in files]
            orphans = {name: _executed(connection, raw.orphans(name)) for name in tables}
            _check_belongs(files, orphans)
            counts = _write(folder, connection, tables, progress)
            for name in tables:
                _write_history(folder, connection, name, progress)
        shutil.rmtree(scratch)
        imported = {
            name: {"rows": sum(rows for _, rows in files[name]) - orphans[name], "orphans": orphans[name]}
            for name in tables
        }
        card = {**counts, **recorded, "tables": imported, "batch_rows": BATCH_ROWS}
        sources = [{"name": name, "rows": rows} for name, rows in files[APPLICATION]]
        writing.finish(folder, {**card, "sources": sources}, progress)
        before(reading.Portfolio.open(folder))


def _check_belongs(files: Files, orphans: Mapping[str, int]) -> None:
    """Refuse tables of which no row belongs to a client. Raises PortfolioError."""
    rows = {name: sum(count for _, count in parts) for name, parts in files.items()}
    tables = [(files[name][0][0], rows[name], rows[name] > count) for name, count in orphans.items()]
    if strange := nobodys(rows[APPLICATION], tables):
        raise PortfolioError.refused(strange)


def _opened(memory: int, scratch: Path, readable: Sequence[Path]) -> Connection:
    """DuckDB with its share of `memory`; a thread is only worth what it needs to sort clients."""
    allowed = int(memory * SHARE)
    threads = max(1, min(os.cpu_count() or 1, allowed // THREAD))
    return engine.connect(f"{allowed}MB", scratch, threads, readable)


@contextmanager
def _told(memory: int) -> Iterator[None]:
    """Say what DuckDB says of memory and disk, itself or through Arrow, as all else here does."""
    try:
        yield
    except (duckdb.Error, pa.ArrowException) as error:
        said = str(error)
        if "No space left" in said or "max_temp_directory_size" in said:
            raise OSError(errno.ENOSPC, "no space left for sorting") from error
        if isinstance(error, duckdb.IOException):
            raise OSError(errno.EIO, said) from error
        if "Out of Memory" in said:
            raise PortfolioError(
                f"La mémoire permise, {french.number(memory)}{french.NO_BREAK}Mo, ne suffit pas à l’import : "
                "donnez plus au réglage MEMORY."
            ) from error
        raise


def _executed(connection: Connection, query: str) -> int:
    """Run a statement that changes rows; return how many."""
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _write(folder: Path, connection: Connection, tables: Sequence[str], progress: Progress) -> dict[str, int]:
    """Write the clients, with what their histories sum up to, and their numbers; return the counts."""
    query = f"select * from {APPLICATION} order by {KEY}"
    if tables:
        progress("Calcul des historiques", 0.0)
        connection.execute(f"create table if not exists {FIGURES} as {features.statement(tables)}")
        progress("Calcul des historiques", 1.0)
        figures = ", ".join(f"{FIGURES}.{name}" for name in features.known(tables))
        both = f"{APPLICATION} join {FIGURES} using ({KEY})"
        query = f"select {APPLICATION}.*, {figures} from {both} order by {KEY}"
    total = connection.sql(f"select count(*) from {APPLICATION}").fetchall()[0][0]
    schema = schema_of(reading.stored(tables))
    return writing.clients(folder, _batches(connection, query, schema), schema, total, progress)


def _batches(connection: Connection, query: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows of a query in their order, as they are stored."""
    return writing.in_batches(connection.sql(query).to_arrow_reader(HANDED), schema, BATCH_ROWS)


def _write_history(folder: Path, connection: Connection, name: str, progress: Progress) -> None:
    """Write the raw rows of a table, client by client."""
    step = f"Écriture de {name}"
    progress(step, 0.0)
    numbers = np.load(folder / reading.NUMBERS)
    counts = np.zeros(numbers.size, np.int64)
    found = connection.sql(raw.counted(name)).fetchnumpy()
    counts[np.searchsorted(numbers, found[KEY])] = found["rows"]
    batches = _batches(connection, raw.ordered(name), TABLES[name].arrow_schema())
    raw.write(folder, TABLES[name], batches, counts)
    progress(step, 1.0)


def _report(instance: Path, begun: float) -> Report:
    portfolio = reading.current_portfolio(instance)
    if portfolio is None:
        raise AssertionError("just published")
    card = json.loads((portfolio.folder / reading.CARD).read_text("utf-8"))
    return Report(
        clients=portfolio.size,
        labelled=portfolio.labelled,
        defaults=portfolio.defaults,
        sources=tuple((source["name"], source["rows"]) for source in card["sources"]),
        tables=tuple(Imported(name, **counts) for name, counts in card["tables"].items()),
        seconds=time.perf_counter() - begun,
        sha256=portfolio.sha256,
        folder=portfolio.folder,
    )
