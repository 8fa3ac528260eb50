"""What only a whole table tells, once all its rows are read: numbers, months and rows that are there twice.

A table may also have lost its end, or the sign of its days.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from pretadepenser import french
from pretadepenser.credit.dictionary import TABLES, Column, Kind
from pretadepenser.credit.intake.finding import APPLICATION, KEY
from pretadepenser.credit.intake.sources import Skipped, Source
from pretadepenser.credit.intake.validation import Lines, Problem, Problems, conform

Connection = duckdb.DuckDBPyConnection
# The rows that Excel keeps under the names of columns; the rest of a table is lost when it saves it.
EXCEL: Final = 1_048_575
# Fewer rows may all be after the application, or all there twice, by chance.
FEW: Final = 30
# A share of different rows below which an estimate of their number is worth counting them.
_HALF: Final = 0.6


def faults(
    connection: Connection, table: str, sources: Sequence[Source], rows: Sequence[int]
) -> list[Problem]:
    """All that is wrong with a whole table; sources: what it was read from, in order; rows: of each."""
    counts = zip(sources, rows, strict=True)
    problems = [_cut(source, count, table) for source, count in counts if count == EXCEL]
    if key := keys([table]).get(table):
        problems += repeated(connection, table, key, sources)
    elif months := TABLES[table].month:
        problems += _same_month(connection, table, months, sources[0])
    else:
        problems += _all_twice(connection, table, sources[0])
    wrong = turned(connection, table, sources[0].name, sources[0].columns.values())
    if not wrong and len(sources) > 1:
        starts = accumulate(rows, initial=0)
        for source, start, count in zip(sources, starts, rows, strict=False):
            if count >= FEW:
                some = f"(select * from {table} where rowid >= {start} and rowid < {start + count})"
                wrong += turned(connection, some, source.name, source.columns.values())
    return problems + wrong


def keys(tables: Iterable[str]) -> dict[str, str]:
    """The column of each table whose numbers must be unique, where it has one."""
    keys = {APPLICATION: KEY, **{name: table.key for name, table in TABLES.items()}}
    return {table: key for table in tables if (key := keys[table])}


def turned(connection: Connection, rows: str, name: str, columns: Iterable[Column]) -> list[Problem]:
    """Say which columns have days or months that are all after the application: their sign was turned.

    rows: SQL of a table, or of some of it; name: what messages call that.
    """
    dated = [
        column.name for column in columns if column.required and column.kind in (Kind.ELAPSED, Kind.MONTH)
    ]
    if not dated:
        return []
    ends = ", ".join(f"min({name}), max({name})" for name in dated)
    found = connection.sql(f"select {ends} from {rows}").fetchall()[0]
    what = (
        "aucune valeur n’est négative et certaines sont positives, donc après la demande ; ce qui l’a "
        "précédée s’écrit avec un signe moins"
    )
    return [
        Problem(name, None, column, what)
        for column, least, most in zip(dated, found[::2], found[1::2], strict=True)
        if least is not None and least >= 0 and most > 0
    ]


def twice(connection: Connection, table: str, key: str) -> int:
    """How many rows of a table repeat a number of the column `key`."""
    query = f"select count(*) - count(distinct {key}) from {table}"
    return int(connection.sql(query).fetchall()[0][0])


def repeated(connection: Connection, table: str, key: str, sources: Sequence[Source]) -> list[Problem]:
    """Say which numbers of the column `key` are in a table more than once, and on which line the first is.

    sources: what the table was read from; they are read again only where something is wrong.
    """
    if not twice(connection, table, key):
        return []
    numbers: list[NDArray[np.int64]] = []
    places: list[tuple[Source, Lines]] = []
    for source in sources:
        # As text: that reading knows the lines at which no row begins.
        for piece in source.diagnose(Skipped()):
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


def _cut(source: Source, rows: int, table: str) -> Problem:
    """A table of just as many rows as Excel keeps."""
    what = (
        f"{french.number(rows)} lignes sous les noms des colonnes, le plus qu’Excel garde : la suite est "
        "sans doute perdue ; reprenez le fichier d’avant Excel ou, s’il est entier, coupez-le en deux "
        f"morceaux dans un dossier {table}"
    )
    return Problem(source.name, None, None, what)


def _same_month(connection: Connection, table: str, months: tuple[str, str], source: Source) -> list[Problem]:
    """Say whether something has several rows for one month, which would count twice."""
    which, month = months
    again = f"select {which}, {month}, count(*) as times from {table} group by all having times > 1"
    more = connection.sql(f"select sum(times - 1)::bigint from ({again})").fetchall()[0][0]
    if not more:
        return []
    first = f"select {which}, {month} from ({again}) order by {which}, {month} desc limit 1"
    number, when = connection.sql(first).fetchall()[0]
    noun = source.columns[which].noun
    what = (
        f"le {noun} {french.quoted(str(number))} a plusieurs lignes pour le mois {french.number(when)} ; "
        "enlevez celles qui sont de trop"
    )
    return [Problem(source.name, None, month, what, int(more))]


def _all_twice(connection: Connection, table: str, source: Source) -> list[Problem]:
    """Say whether every row of a table whose rows nothing names is there at least twice."""
    row = f"hash({', '.join(source.columns)})"
    counted = f"select count(*), approx_count_distinct({row}) from {table}"
    rows, different = connection.sql(counted).fetchall()[0]
    if rows < FEW or different > _HALF * rows:
        return []
    fewest = f"select min(times) from (select count(*) as times from {table} group by {row})"
    if connection.sql(fewest).fetchall()[0][0] < 2:
        return []
    what = "chaque ligne y est plusieurs fois : n’en gardez qu’une"
    return [Problem(source.name, None, None, what)]
