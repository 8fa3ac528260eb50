"""Read the files of one table into a table of DuckDB, every value held to the dictionary on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pretadepenser import french
from pretadepenser.credit.intake.quick import select, sql_type
from pretadepenser.credit.intake.sources import OtherEncodingError, Source, diagnosis
from pretadepenser.credit.intake.validation import Columns, Lines, Problem, Problems, conform

# Called with what is being done (French) and how much of it is done, 0..1.
Progress = Callable[[str, float], None]
# Rows handed over at a time: those of some pieces.
TOGETHER = 16_384


def create(connection: duckdb.DuckDBPyConnection, table: str, columns: Columns) -> None:
    """Make an empty table that holds what `conform` gives for `columns`, categories as an enumeration."""
    fields = [f"{column.name} {sql_type(column)}" for column in columns.values()]
    connection.execute(f"create table {table} ({', '.join(fields)})")


def add(connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    """Add rows that `conform` gave."""
    connection.register("given", rows)
    connection.execute(f"insert into {table} select * from given")
    connection.unregister("given")


def load(
    connection: duckdb.DuckDBPyConnection, table: str, sources: Sequence[Source], progress: Progress
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


def _quickly(
    connection: duckdb.DuckDBPyConnection, table: str, source: Source, progress: Progress
) -> int | None:
    """Have DuckDB add the rows of a plain file; return their number, None where something does not fit."""
    if not source.plain:
        return None
    progress(f"Lecture de {source.told}", 0.0)
    try:
        row = connection.execute(f"insert into {table} {select(source)}").fetchone()
    except duckdb.IOException:
        raise
    except duckdb.Error:
        return None
    progress(f"Lecture de {source.told}", 1.0)
    return row[0] if row else 0


def _carefully(
    connection: duckdb.DuckDBPyConnection, table: str, source: Source, progress: Progress
) -> tuple[Source, int, list[Problem]]:
    """Add the rows of a file piece by piece; return how it was read, their number, and all that is wrong."""
    connection.begin()
    try:
        return source, *_read(connection, table, source, progress)
    except OtherEncodingError as other:
        # Some of its rows may be with the others already: all of it is begun again.
        connection.rollback()
        connection.begin()
        return other.source, *_read(connection, table, other.source, progress)
    finally:
        connection.commit()


def _read(
    connection: duckdb.DuckDBPyConnection, table: str, source: Source, progress: Progress
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


def twice(connection: duckdb.DuckDBPyConnection, table: str, key: str) -> int:
    """How many rows of a table repeat a number of the column `key`."""
    query = f"select count(*) - count(distinct {key}) from {table}"
    return int(connection.sql(query).fetchall()[0][0])


def repeated(
    connection: duckdb.DuckDBPyConnection, table: str, key: str, sources: Sequence[Source]
) -> list[Problem]:
    """Say which numbers of the column `key` are in a table more than once, and on which line the first is.

    sources: what the table was read from; they are read again only where something is wrong.
    """
    if not twice(connection, table, key):
        return []
    numbers: list[NDArray[np.int64]] = []
    places: list[tuple[Source, Lines]] = []
    for source in sources:
        for piece in source.pieces():
            fitting = conform(piece.table, source.columns, piece.lines, Problems(source.name))
            numbers.append(fitting.column(key).to_numpy())
            places.append((source, piece.lines))
    every = np.concatenate(numbers)
    order = np.argsort(every, kind="stable")
    again = order[1:][every[order][1:] == every[order][:-1]]
    first, start = int(again.min()), 0
    noun = sources[0].columns[key].noun
    what = f"{french.quoted(str(every[first]))} existe déjà ; chaque {noun} doit être unique"
    for (source, lines), read in zip(places, numbers, strict=True):
        if first < start + read.size:
            return [Problem(source.name, lines[first - start], key, what, int(again.size))]
        start += read.size
    raise AssertionError("a row belongs to a piece")
