"""Read tables, from files or prepared, into DuckDB, every value held to the dictionary on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import duckdb
import numpy as np
import pyarrow as pa

from pretadepenser import french
from pretadepenser.credit.dictionary import COLUMNS, TABLES
from pretadepenser.credit.intake import whole
from pretadepenser.credit.intake.finding import APPLICATION, KEY
from pretadepenser.credit.intake.quick import select, sql_type
from pretadepenser.credit.intake.sources import OtherReadingError, Source, diagnosis
from pretadepenser.credit.intake.validation import Columns, Lines, PortfolioError, Problem, Problems, conform

Connection = duckdb.DuckDBPyConnection
# The names of the files that each table was read from, and the rows of each file.
Files = dict[str, Sequence[tuple[str, int]]]
# Prepared batches of tables by name.
Batches = Mapping[str, Iterable[pa.RecordBatch]]
# Called with what is being done (French) and how much of it is done, 0..1.
Progress = Callable[[str, float], None]
# Rows handed over at a time: those of some pieces.
TOGETHER = 16_384


def load_all(connection: Connection, tables: Mapping[str, Sequence[Source]], progress: Progress) -> Files:
    """Read every table of `find_all`; return the names of its files and the rows of each.

    Raises PortfolioError for all that is wrong with them, and where there is no client.
    """
    files: Files = {}
    read, problems = dict(tables), []
    for table, found in tables.items():
        create(connection, table, found[0].columns)
        read[table], counts, wrong = load(connection, table, found, progress)
        files[table] = [(each.name, count) for each, count in zip(found, counts, strict=True)]
        problems += wrong
    if not problems:
        for table, found in read.items():
            problems += whole.faults(connection, table, found, [rows for _, rows in files[table]])
    if problems:
        raise PortfolioError.refused(problems)
    if not sum(rows for _, rows in files[APPLICATION]):
        raise PortfolioError(
            f"{files[APPLICATION][0][0]} ne contient aucun client : téléchargez-le à nouveau."
        )
    return files


def load_batches(
    connection: Connection, tables: Batches, name: str, total: int | None, progress: Progress
) -> Files:
    """Read prepared batches of tables, clients first and ascending; `total` clients, if known.

    name: what messages call them. Raises PortfolioError as `load_all` does.
    """
    files: Files = {}
    for table, batches in tables.items():
        told = name if table == APPLICATION else f"{name} ({table})"
        columns = COLUMNS if table == APPLICATION else TABLES[table].columns
        create(connection, table, columns)
        rows, last = 0, 0
        progress(f"Lecture de {told}", 0.0)
        for batch in batches:
            conforming = _conformed(batch, columns, told, rows)
            if table == APPLICATION:
                last = _ascending(conforming, told, rows, last)
            add(connection, table, conforming)
            rows += conforming.num_rows
            if table == APPLICATION and total:
                progress(f"Lecture de {told}", min(1.0, rows / total))
        files[table] = [(told, rows)]
    for table, key in whole.keys(tables).items():
        if again := whole.twice(connection, table, key):
            what = french.plural(again, "numéro déjà donné", "numéros déjà donnés")
            raise PortfolioError.refused([Problem(files[table][0][0], None, key, what)])
    if not files[APPLICATION][0][1]:
        raise PortfolioError(f"{name} : aucun client à importer.")
    return files


def _conformed(batch: pa.RecordBatch, columns: Columns, name: str, rows: int) -> pa.Table:
    """Hold a prepared batch, `rows` of which came before, to the same columns as files."""
    problems = Problems(name)
    table = conform(pa.Table.from_batches([batch]), columns, Lines(rows + 1), problems)
    if problems:
        raise PortfolioError.refused(list(problems))
    return table


def _ascending(table: pa.Table, name: str, rows: int, last: int) -> int:
    """Refuse clients who do not come in order, after the `rows` that end with `last`; return the last one."""
    numbers = np.concatenate([[last], table.column(KEY).to_numpy()])
    disorder = np.flatnonzero(np.diff(numbers) <= 0)
    if disorder.size:
        what = "les numéros de client doivent être uniques et croissants"
        raise PortfolioError.refused([Problem(name, rows + 1 + int(disorder[0]), KEY, what, disorder.size)])
    return int(numbers[-1])


def create(connection: Connection, table: str, columns: Columns) -> None:
    """Make an empty table that holds what `conform` gives for `columns`, categories as an enumeration."""
    fields = [f"{column.name} {sql_type(column)}" for column in columns.values()]
    connection.execute(f"create table {table} ({', '.join(fields)})")


def add(connection: Connection, table: str, rows: pa.Table) -> None:
    """Add rows that `conform` gave."""
    connection.register("given", rows)
    connection.execute(f"insert into {table} select * from given")
    connection.unregister("given")


def load(
    connection: Connection, table: str, sources: Sequence[Source], progress: Progress
) -> tuple[list[Source], list[int], list[Problem]]:
    """Add the rows of `sources` to a table that `create` made.

    Returns the sources as they were read (an encoding may have been found out), the rows of each, and all
    that is wrong. The table is only worth keeping where nothing is wrong. Raises PortfolioError where a
    file cannot be read.
    """
    read, counts, wrong = [], [], []
    for source in sources:
        count = _quickly(connection, table, source, progress)
        if count is None:
            source, count, problems = _carefully(connection, table, source, progress)
            wrong += problems
        read.append(source)
        counts.append(count)
    return read, counts, wrong


def _quickly(connection: Connection, table: str, source: Source, progress: Progress) -> int | None:
    """Have DuckDB add the rows of a plain file; return their number, None where something does not fit."""
    if source.commas is None:
        return None
    progress(f"Lecture de {source.told}", 0.0)
    connection.begin()
    try:
        row = connection.execute(f"insert into {table} {select(source)}").fetchone()
        rows = row[0] if row else 0
        # DuckDB drops an empty value too many: a comma within a number would shift the values of its row.
        fits = source.commas == (rows + 1) * (len(source.header()) - 1)
    except duckdb.IOException:
        raise
    except duckdb.Error:
        fits = False
    if not fits:
        connection.rollback()
        return None
    connection.commit()
    progress(f"Lecture de {source.told}", 1.0)
    return rows


def _carefully(
    connection: Connection, table: str, source: Source, progress: Progress
) -> tuple[Source, int, list[Problem]]:
    """Add the rows of a file piece by piece; return how it was read, their number, and all that is wrong."""
    while True:
        connection.begin()
        try:
            rows, problems = _read(connection, table, source, progress)
        except OtherReadingError as other:
            # Some of its rows may be with the others already: all of it is begun again.
            connection.rollback()
            source = other.source
        else:
            connection.commit()
            return source, rows, problems


def _read(
    connection: Connection, table: str, source: Source, progress: Progress
) -> tuple[int, list[Problem]]:
    """Add the rows of one file as long as they fit; return their number and all that is wrong."""
    step = f"Lecture de {source.told}"
    rows, problems = 0, Problems(source.name)
    waiting: list[pa.Table] = []
    progress(step, 0.0)
    try:
        for piece in source.pieces():
            conforming = conform(piece.table, source.columns, piece.lines, problems)
            if problems:
                break
            waiting.append(conforming)
            rows += conforming.num_rows
            if sum(each.num_rows for each in waiting) >= TOGETHER:
                add(connection, table, pa.concat_tables(waiting))
                waiting = []
            progress(step, piece.read)
        else:
            if waiting:
                add(connection, table, pa.concat_tables(waiting))
            progress(step, 1.0)
            return rows, []
    except pa.ArrowInvalid:
        # A field that is no number, or a row of the wrong length: only the second reading knows where.
        pass
    step = f"Recherche des erreurs de {source.name}"
    return rows, diagnosis(source, lambda share: progress(step, share))
