"""Make a portfolio out of Kaggle's files or of prepared batches, whole or not at all."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pretadepenser import french, storage
from pretadepenser.credit import dictionary
from pretadepenser.credit.intake.finding import find
from pretadepenser.credit.intake.sources import OtherEncodingError, Source, diagnosis
from pretadepenser.credit.intake.validation import (
    Lines,
    PortfolioError,
    Problem,
    Problems,
    check_header,
    conform,
)
from pretadepenser.credit.portfolio import bins, reading, statistics
from pretadepenser.credit.portfolio.rows import Rows, canonical, checks
from pretadepenser.credit.portfolio.sorting import KEY, Sorter
from pretadepenser.money import KAGGLE, Money

TRAIN = "application_train"
TEST = "application_test"
# Rows of one stored batch: a lookup reads one of them, and 5,000,000 clients make 77.
BATCH_ROWS = 65_536

# Called with what is being done (French) and how much of it is done, 0..1.
Progress = Callable[[str, float], None]
# Called with a portfolio that is whole but not in place yet.
Before = Callable[[reading.Portfolio], None]


@dataclass(frozen=True)
class Report:
    """What an import did: number of clients, of labelled ones, of defaults, rows of each file, seconds."""

    clients: int
    labelled: int
    defaults: int
    sources: tuple[tuple[str, int], ...]
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
) -> Report:
    """Import application_train and, if there, application_test from `source`, a folder or Kaggle's zip.

    Everything is validated against the dictionary before the portfolio in `instance` is replaced. Rows
    are never in memory together: what grows is some 100 bytes a client, to sort the numbers and one figure
    at a time. `money` says in which currency amounts are shown, and how many file units to one that is shown;
    the portfolio keeps file units. `before` is called with the new portfolio before it is put in place.

    Raises PortfolioError, the portfolio in place unchanged, saying in French what is wrong and where.
    """
    begun = time.perf_counter()
    train, test = find(source, TRAIN), find(source, TEST)
    if train is None:
        raise PortfolioError(
            f"Aucun fichier {TRAIN} (.csv, .csv.zip, .csv.gz ou .parquet) dans {source} : "
            "indiquez le dossier du téléchargement de Kaggle."
        )
    sources = [train] if test is None else [train, test]
    _check_headers(sources)
    while True:
        try:
            _import(sources, instance, progress, money, before)
        except OtherEncodingError as other:
            # Some of its rows may be with the others already: all is begun again.
            sources = [other.source if each.name == other.source.name else each for each in sources]
        else:
            return _report(instance, begun)


def _import(
    sources: Sequence[Source], instance: Path, progress: Progress, money: Money, before: Before
) -> None:
    """Import the tables, whole or not at all."""
    with storage.publish(instance, reading.NAME) as folder:
        rows: list[tuple[str, int]] = []
        with Sorter(folder / "scratch.arrow", dictionary.arrow_schema()) as sorter:
            problems: list[Problem] = []
            for each in sources:
                count, found = _read(each, sorter, progress)
                rows.append((each.name, count))
                problems += found
            if problems:
                raise PortfolioError.refused(problems)
            numbers = sorter.numbers()
            _check_unique(numbers, sources, rows)
            if not numbers.size:
                raise PortfolioError(
                    f"{sources[0].name} ne contient aucun client : téléchargez-le à nouveau."
                )
            card = _write(folder, sorter.batches(BATCH_ROWS), numbers.size, progress)
        _finish(folder, card | _recorded(money), rows, fictitious=False, progress=progress)
        before(reading.Portfolio.open(folder))


def import_batches(
    batches: Iterable[pa.RecordBatch],
    instance: Path,
    *,
    fictitious: bool = True,
    name: str = "Données fictives",
    total: int | None = None,
    progress: Progress = _silent,
    money: Money = KAGGLE,
    before: Before = _nothing,
) -> Report:
    """Import batches that have the dictionary's schema and ascend by SK_ID_CURR; `total` clients, if known.

    `money`, `before`: as for `import_folder`.

    Raises PortfolioError as `import_folder` does; lines count the rows of all batches from 1.
    """
    begun = time.perf_counter()
    with storage.publish(instance, reading.NAME) as folder:
        card = _write(folder, _even(_checked(batches, name), BATCH_ROWS), total, progress)
        if not card["clients"]:
            raise PortfolioError(f"{name} : aucun client à importer.")
        files = [(name, card["clients"])]
        _finish(folder, card | _recorded(money), files, fictitious=fictitious, progress=progress)
        before(reading.Portfolio.open(folder))
    return _report(instance, begun)


def _recorded(money: Money) -> dict[str, Any]:
    """What the card says of the amounts."""
    return {"currency": money.currency, "amount_scale": money.scale}


def _check_headers(sources: Sequence[Source]) -> None:
    problems: list[Problem] = []
    for source in sources:
        # Kaggle publishes the test file without its outcomes.
        optional = (
            frozenset({"TARGET"}) if source.name.rpartition("/")[2].startswith(TEST) else frozenset[str]()
        )
        problems += check_header(source.header(), source.columns, source.name, optional)
    if problems:
        raise PortfolioError.refused(problems)


def _read(source: Source, sorter: Sorter, progress: Progress) -> tuple[int, list[Problem]]:
    """Validate one file and hand its rows to the sorter; return their number and all that is wrong."""
    step = f"Lecture de {source.told}"
    rows = 0
    problems = Problems(source.name)
    progress(step, 0.0)
    try:
        for piece in source.pieces():
            table = conform(piece.table, source.columns, piece.lines, problems)
            if problems:
                break
            sorter.add(table)
            rows += table.num_rows
            progress(step, piece.read)
        else:
            progress(step, 1.0)
            return rows, []
    except pa.ArrowInvalid:
        # A field that is no number, or a row of the wrong length: only the second reading knows where.
        pass
    step = f"Recherche des erreurs de {source.name}"
    return rows, diagnosis(source, lambda share: progress(step, share))


def _check_unique(
    numbers: NDArray[np.int64], sources: Sequence[Source], rows: Sequence[tuple[str, int]]
) -> None:
    """Refuse client numbers that occur twice, in one file or in both."""
    order = np.argsort(numbers, kind="stable")
    again = order[1:][numbers[order][1:] == numbers[order][:-1]]
    if not again.size:
        return
    first = int(again.min())
    start = 0
    for source, (name, count) in zip(sources, rows, strict=True):
        if first < start + count:
            line = first - start + (1 if source.parquet else 2)
            what = (
                f"{french.quoted(str(numbers[first]))} existe déjà ; chaque numéro de client doit être unique"
            )
            raise PortfolioError.refused([Problem(name, line, KEY, what, int(again.size))])
        start += count


def _checked(batches: Iterable[pa.RecordBatch], name: str) -> Iterator[pa.Table]:
    """Hold prepared batches to the same schema as files."""
    rows, last = 0, 0
    for batch in batches:
        problems = Problems(name)
        table = conform(pa.Table.from_batches([batch]), dictionary.COLUMNS, Lines(rows + 1), problems)
        if problems:
            raise PortfolioError.refused(list(problems))
        numbers = np.concatenate([[last], table.column(KEY).to_numpy()])
        disorder = np.flatnonzero(np.diff(numbers) <= 0)
        if disorder.size:
            what = "les numéros de client doivent être uniques et croissants"
            raise PortfolioError.refused(
                [Problem(name, rows + 1 + int(disorder[0]), KEY, what, disorder.size)]
            )
        rows, last = rows + table.num_rows, int(numbers[-1])
        yield table


def _even(tables: Iterable[pa.Table], rows: int) -> Iterator[pa.RecordBatch]:
    """Cut a sequence of tables into batches of exactly `rows` rows, the last one shorter."""
    waiting: list[pa.Table] = []
    count = 0
    for table in tables:
        waiting.append(table)
        count += table.num_rows
        while count >= rows:
            whole = pa.concat_tables(waiting)
            yield from whole.slice(0, rows).combine_chunks().to_batches()
            waiting, count = [whole.slice(rows)], count - rows
    if count:
        yield from pa.concat_tables(waiting).combine_chunks().to_batches()


def _write(
    folder: Path, batches: Iterable[pa.RecordBatch], total: int | None, progress: Progress
) -> dict[str, Any]:
    """Write the rows and their numbers; return the counts for the card."""
    step = "Écriture du portefeuille"
    numbers: list[NDArray[np.int64]] = []
    clients = labelled = defaults = 0
    with pa.ipc.new_file(folder / reading.CLIENTS, dictionary.arrow_schema()) as writer:
        for batch in batches:
            writer.write_batch(canonical(batch))
            numbers.append(batch.column(KEY).to_numpy())
            targets = batch.column("TARGET")
            clients += batch.num_rows
            labelled += batch.num_rows - targets.null_count
            defaults += int(pc.sum(targets).as_py() or 0)
            progress(step, min(1.0, clients / total) if total else 0.0)
    np.save(folder / reading.NUMBERS, np.concatenate(numbers) if numbers else np.empty(0, np.int64))
    progress(step, 1.0)
    return {"clients": clients, "labelled": labelled, "defaults": defaults, "batch_rows": BATCH_ROWS}


def _finish(
    folder: Path,
    counts: dict[str, Any],
    files: Sequence[tuple[str, int]],
    *,
    fictitious: bool,
    progress: Progress,
) -> None:
    """Write the statistics and bins, computed from the portfolio as it will be read, then the card."""
    counted = _counted(progress)
    with pa.memory_map(str(folder / reading.CLIENTS)) as file:
        rows = Rows(file.read_buffer())
        named = (*dictionary.COLUMNS, *dictionary.DERIVED_FROM)
        statistics.write(folder, ((name, bins.values_of(rows, name)) for name in named), counted)
        bins.write(folder, rows, statistics.Statistics.open(folder).quantiles, counted)
        np.save(folder / reading.CHECKS, np.concatenate([checks(frame) for frame in rows.frames()]))
    card = {
        "format": reading.FORMAT,
        **counts,
        "fictitious": fictitious,
        "sources": [{"name": name, "rows": count} for name, count in files],
        "imported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256": storage.digest(folder / reading.CLIENTS),
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in ("pretadepenser", "numpy", "pyarrow")},
        },
    }
    (folder / reading.CARD).write_text(json.dumps(card, ensure_ascii=False, indent=1), "utf-8")
    storage.seal(folder)


def _counted(progress: Progress) -> Callable[[str], None]:
    total = len(dictionary.COLUMNS) + len(dictionary.DERIVED_FROM) + len(bins.QUANTITIES)
    total += len(bins.CATEGORIES) + 1
    done = 0

    def count(name: str) -> None:
        nonlocal done
        done += 1
        progress("Calcul des statistiques", done / total)

    return count


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
        seconds=time.perf_counter() - begun,
        sha256=portfolio.sha256,
        folder=portfolio.folder,
    )
