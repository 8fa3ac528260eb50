"""What only a whole table tells, once all its rows are read: numbers, months and rows that are there twice.

A table may also have lost its end, or the sign of its days.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Final

import duckdb
import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from pretadepenser import french
from pretadepenser.credit.dictionary import TABLES, Column, Kind
from pretadepenser.credit.intake.finding import APPLICATION, KEY
from pretadepenser.credit.intake.sources import Skipped, Source
from pretadepenser.credit.intake.validation import Lines, Problem, Problems, conform, may_be_grouped

Connection = duckdb.DuckDBPyConnection
# The rows that Excel keeps under the names of columns; the rest of a table is lost when it saves it.
EXCEL: Final = 1_048_575
# Amounts of which no table has all in units of thousands: incomes, and what is asked for or owed as a credit.
LARGE: Final = {
    APPLICATION: ("AMT_CREDIT", "AMT_INCOME_TOTAL"),
    "bureau": ("AMT_CREDIT_SUM",),
    "previous_application": ("AMT_APPLICATION", "AMT_CREDIT"),
}
# Fewer rows may all be after the application, or like those of another piece, by chance.
FEW: Final = 30
# When what is known of a credit elsewhere was last heard.
UPDATED: Final = "DAYS_CREDIT_UPDATE"
# What is said of a table of which no row belongs to a client: all of them would have no history there.
NOBODYS: Final = "aucune ligne n’est d’un de ces clients : vérifiez les numéros, ou enlevez cette table"
EMPTY: Final = "aucune ligne sous les noms des colonnes : téléchargez cette table à nouveau, ou enlevez-la"
# So many amounts that are not 0 tell how a column is written, and so many rows are looked at for that.
_SOME: Final = 10
_LOOKED_AT: Final = 200_000
_POINTS: Final = (
    "toutes les valeurs sont inférieures à 1 000 et certaines ont trois décimales : leur point sépare sans "
    "doute les milliers ; enregistrez les nombres sans séparateur de milliers"
)
# So many payments may be alike, to the cent and the day; more are there twice.
_ALIKE: Final = 0.1


def faults(
    connection: Connection, table: str, sources: Sequence[Source], rows: Sequence[int]
) -> list[Problem]:
    """All that is wrong with a whole table; sources: what it was read from, in order; rows: of each."""
    pieces = Pieces(connection, table, sources, rows)
    problems = cut(table, sources[-1].name, rows[-1])
    if alike := _same_pieces(pieces):
        problems += alike
    elif key := keys([table]).get(table):
        problems += repeated(connection, table, key, sources)
    elif months := TABLES[table].month:
        problems += _same_month(pieces, *months)
    else:
        problems += _same_rows(pieces)
    if large := LARGE.get(table):
        asked = ", ".join(map(in_thousands, large))
        found = connection.sql(f"select {asked} from {table}").fetchall()[0]
        problems += thousands(sources[0].name, large, found)
    told = {problem.column for problem in problems}
    problems += [problem for problem in _grouped(pieces) if problem.column not in told]
    wrong = turned(connection, table, sources[0].name, sources[0].columns.values())
    if not wrong and len(sources) > 1:
        for source, _, some in pieces.long():
            wrong += turned(connection, some, source.name, source.columns.values())
    return problems + wrong


def in_thousands(column: str) -> str:
    """SQL, for both engines, that is true where points of a column part thousands: 450.000 was read as 450.

    All values are then below 1,000, some with three decimals and none with more, as no amounts of credit are.
    """
    off = f"max(abs({column} * {{0}} - round({column} * {{0}})))"
    return (
        f"count({column}) >= 10 and max(abs({column})) < 1000 and {off.format(1000)} < 1e-6 "
        f"and {off.format(100)} > 1e-6"
    )


def thousands(name: str, columns: Sequence[str], found: Sequence[bool | None]) -> list[Problem]:
    """What is said of the columns of which `in_thousands` found that; name: of their file."""
    return [Problem(name, None, column, _POINTS) for column, one in zip(columns, found, strict=True) if one]


def _grouped(pieces: Pieces) -> list[Problem]:
    """Say which amounts of a history are written as no program writes decimals: 450 beside 12.500.

    Their numbers alone do not tell: 12.5 has no three decimals. Only where all are below 1,000 are the texts
    looked at, and not all of many.
    """
    columns = pieces.sources[0].columns.values()
    amounts = [one.name for one in columns if one.kind is Kind.AMOUNT and not may_be_grouped(one)]
    if not amounts:
        return []
    small = ", ".join(f"max(abs({one})) < 1000 and count(nullif({one}, 0)) >= {_SOME}" for one in amounts)
    found = pieces.connection.sql(f"select {small} from {pieces.table}").fetchall()[0]
    shapes: dict[str, set[str]] = {one: set() for one, each in zip(amounts, found, strict=True) if each}
    rows = 0
    for table in chain.from_iterable(source.texts() for source in pieces.sources if shapes):
        for one in shapes.keys() & set(table.column_names):
            written = pc.utf8_trim_whitespace(table.column(one))
            # 1 for a significant digit: few shapes are left of millions of numbers.
            shape = pc.replace_substring_regex(written, "[1-9]", "1")
            shapes[one].update(each for each in pc.unique(shape).to_pylist() if each is not None)
        rows += table.num_rows
        if rows >= _LOOKED_AT:
            break
    large = LARGE.get(pieces.table, ())
    return [
        Problem(pieces.sources[0].name, None, one, _POINTS)
        for one, these in shapes.items()
        if _parts_thousands({each for each in these if "1" in each}, alone=one in large)
    ]


def _parts_thousands(shapes: Set[str], *, alone: bool) -> bool:
    """Whether points part thousands in amounts of these shapes (1 for a digit from 1 to 9).

    All of them have three digits after a point or no point, and a last one of them is 0. Where an amount has
    no point, no program wrote decimals so; `alone`: whether that is enough where each has one.
    """
    pointed = {each for each in shapes if re.fullmatch(r"[+-]?1[01]{0,2}\.[01]{3}", each)}
    bare = {each for each in shapes - pointed if re.fullmatch(r"[+-]?1[01]{0,2}", each)}
    return pointed | bare == shapes and any(each.endswith("0") for each in pointed) and bool(bare or alone)


@dataclass(frozen=True)
class Pieces:
    """A table in DuckDB, and how many rows in a row each of its sources gave."""

    connection: Connection
    table: str
    sources: Sequence[Source]
    rows: Sequence[int]

    def long(self) -> Iterator[tuple[Source, int, str]]:
        """Each source that gave more than a few rows, their number, and SQL of them."""
        for source, start, count in zip(
            self.sources, accumulate(self.rows, initial=0), self.rows, strict=False
        ):
            if count >= FEW:
                within = f"rowid >= {start} and rowid < {start + count}"
                yield source, count, f"(select * from {self.table} where {within})"

    def of(self, row: int) -> str:
        """The name of the source that gave a row, counted as DuckDB does."""
        ends = accumulate(self.rows)
        return next(source.name for source, end in zip(self.sources, ends, strict=True) if row < end)

    @property
    def row(self) -> str:
        """SQL of a number that rows have in common only where they are alike."""
        return f"hash({', '.join(self.sources[0].columns)})"


def keys(tables: Iterable[str]) -> dict[str, str]:
    """The column of each table whose numbers must be unique, where it has one."""
    keys = {APPLICATION: KEY, **{name: table.key for name, table in TABLES.items()}}
    return {table: key for table in tables if (key := keys[table])}


def turned(connection: Connection, rows: str, name: str, columns: Iterable[Column]) -> list[Problem]:
    """Say which columns have days or months that are all after the application: their sign was turned.

    rows: SQL of a table, or of some of it; name: what messages call that.
    """
    names = dated(columns)
    if not names:
        return []
    ends = ", ".join(f"min({one}), max({one})" for one in names)
    count, *found = connection.sql(f"select count(*), {ends} from {rows}").fetchall()[0]
    return after(name, count, names, list(zip(found[::2], found[1::2], strict=True)))


def dated(columns: Iterable[Column]) -> list[str]:
    """The columns whose days or months must be before the application somewhere."""
    return [
        column.name for column in columns if column.required and column.kind in (Kind.ELAPSED, Kind.MONTH)
    ]


def after(
    name: str, rows: int, columns: Sequence[str], ends: Sequence[tuple[float | None, float | None]]
) -> list[Problem]:
    """What is said of those columns whose values are all after the application.

    name: what messages call the table, which has so many rows; ends: the least and greatest value of each.
    """
    what = (
        "aucune valeur n’est négative et certaines sont positives, donc après la demande ; ce qui l’a "
        "précédée s’écrit avec un signe moins"
    )
    return [
        Problem(name, None, column, what)
        for column, (least, most) in zip(columns, ends, strict=True)
        if least is not None
        and most is not None
        and least >= 0
        and most > 0
        # What is known of a credit may well be newer than the application: of one or two it often is.
        and (rows >= FEW or column != UPDATED)
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
    what = again_there(sources[0].columns[key], int(every[first]))
    for (source, lines), read in zip(places, numbers, strict=True):
        if first < start + read.size:
            return [Problem(source.name, lines[first - start], key, what, int(again.size))]
        start += read.size
    raise AssertionError("a row belongs to a piece")


def again_there(column: Column, number: int) -> str:
    """What is said of a number of a column that must be unique and is not."""
    return f"{french.quoted(str(number))} existe déjà ; chaque {column.noun} doit être unique"


def cut(table: str, last: str, rows: int) -> list[Problem]:
    """Say whether a table, the `last` file of which has so many rows, ends after as many as Excel keeps."""
    if rows != EXCEL:
        return []
    what = (
        f"{french.number(rows)} lignes sous les noms des colonnes, le plus qu’Excel garde : la suite est "
        "sans doute perdue ; reprenez le fichier d’avant Excel ou, s’il est entier, remplacez-le par un "
        f"dossier {table} où il est en deux morceaux, chacun avec les noms des colonnes"
    )
    return [Problem(last, None, None, what)]


def same(pieces: Iterable[tuple[str, int, int]]) -> list[Problem]:
    """Say which pieces hold the same rows as one before.

    pieces: the name of each that has more than a few rows, their number, and a sum that the same rows have.
    """
    known: dict[tuple[int, int], str] = {}
    problems = []
    for name, rows, total in pieces:
        first = known.setdefault((rows, total), name)
        if first != name:
            what = f"les mêmes lignes que {first} : n’en gardez qu’un"
            problems.append(Problem(name, None, None, what))
    return problems


def _same_pieces(pieces: Pieces) -> list[Problem]:
    """Say which pieces of a table hold the same rows as one before."""
    if len(pieces.sources) == 1:
        return []
    total = f"select sum({pieces.row}) from"
    return same(
        (source.name, count, pieces.connection.sql(f"{total} {some}").fetchall()[0][0])
        for source, count, some in pieces.long()
    )


def _same_month(pieces: Pieces, which: str, month: str) -> list[Problem]:
    """Say whether something has several rows for one month, which would count twice."""
    groups = f"select {which}, {month}, count(*) as times from {pieces.table} group by all having times > 1"
    more = pieces.connection.sql(f"select sum(times - 1)::bigint from ({groups})").fetchall()[0][0]
    if not more:
        return []
    first = f"select {which}, {month} from ({groups}) order by {which}, {month} desc limit 1"
    number, when = pieces.connection.sql(first).fetchall()[0]
    rows = f"select rowid from {pieces.table} where {which} = {number} and {month} = {when} order by rowid"
    names = dict.fromkeys(pieces.of(row) for (row,) in pieces.connection.sql(rows).fetchall())
    return [several(pieces.sources[0].columns[which], number, month, when, list(names), int(more))]


def several(which: Column, number: int, month: str, when: int, names: Sequence[str], more: int) -> Problem:
    """What is said where `more` rows are too many for their month.

    number, when: the first such thing and its month; which, month: their columns; names: of their files.
    """
    among = f" (dans {french.join(list(names))})" if len(names) > 1 else ""
    what = (
        f"le {which.noun} {french.quoted(str(number))} a plusieurs lignes pour le mois {french.number(when)}"
        f"{among} ; enlevez celles qui sont de trop"
    )
    return Problem(names[0], None, month, what, more)


def nobodys(clients: int, tables: Iterable[tuple[str, int, bool]]) -> list[Problem]:
    """Say which history tables say nothing of any of so many clients: cut, or of others.

    Of a few clients that may be so. tables: what messages call each, its rows, whether one is a client's.
    """
    return [
        Problem(name, None, None, NOBODYS if rows else EMPTY)
        for name, rows, belongs in tables
        if clients >= FEW and not belongs and (rows >= FEW or not rows)
    ]


def _same_rows(pieces: Pieces) -> list[Problem]:
    """Say whether many rows of a table whose rows nothing names are like another."""
    # A subquery, not count(distinct …): it works from files where memory is short.
    different = f"(select count(*) from (select distinct {pieces.row} from {pieces.table}))"
    counted = f"select (select count(*) from {pieces.table}), {different}"
    return alike(pieces.sources[0].name, *pieces.connection.sql(counted).fetchall()[0])


def alike(name: str, rows: int, different: int) -> list[Problem]:
    """Say whether too many of these rows are like another; name: what messages call their table."""
    more = rows - different
    if rows < FEW or more < _ALIKE * rows:
        return []
    what = (
        f"{french.number(more)} lignes sur {french.number(rows)} sont les mêmes qu’une autre : des lignes "
        "ou des fichiers y sont en double ; enlevez-les"
    )
    return [Problem(name, None, None, what)]
