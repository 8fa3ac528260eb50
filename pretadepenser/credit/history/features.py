"""What a client's history sums up to: the figures of dictionary.HISTORY, from the SQL files of this room.

One statement serves all: DuckDB for an import and for the people of one request, Spark beyond one machine
(the SQL is the subset that both run). docs/decisions/histories.md says what counts as known on the day.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Collection, Mapping, Sequence
from importlib import resources
from typing import Final

import duckdb
import pyarrow as pa

from pretadepenser.credit.dictionary import HISTORY, TABLES, Column, Kind, Row
from pretadepenser.credit.history import engine

# One person's raw rows by table; a table that is not there is one that nobody looked into.
Histories = Mapping[str, Sequence[Row]]

# Each table's SQL reads that table, and the one through which its rows belong to clients.
_OWNER: Final = "SK_ID_CURR"


@functools.cache
def query(table: str) -> str:
    """SQL that sums a table up: SK_ID_CURR and the table's figures, a row for each client with rows in it."""
    return resources.files(__package__).joinpath("sql", f"{table}.sql").read_text("utf-8")


def needs(table: str) -> frozenset[str]:
    """The tables that the SQL of `table` reads: itself, and that through which its rows have an owner."""
    owner = TABLES[table].owner
    return frozenset({table} if isinstance(owner, str) else {table, owner[0]})


def usable(tables: Collection[str]) -> tuple[str, ...]:
    """Those of imported `tables` of which there are figures: months of a credit need the credit."""
    return tuple(table for table in TABLES if needs(table) <= set(tables))


def known(tables: Collection[str]) -> tuple[str, ...]:
    """The names of the figures that imported `tables` give, in stored order."""
    of = usable(tables)
    return tuple(name for name, column in HISTORY.items() if column.table in of)


def statement(tables: Collection[str]) -> str:
    """SQL of all figures of all clients, of tables and views with Kaggle's names, for DuckDB and for Spark.

    `application` gives the clients: SK_ID_CURR, one row each. The result has SK_ID_CURR and every name of
    dictionary.HISTORY in stored order, as double: NULL where its table is not among `tables`, its value
    without a history where the client has no row there.
    """
    given = set(known(tables))
    columns = [
        f"    {_figure(column) if name in given else _NOTHING} as {name}" for name, column in HISTORY.items()
    ]
    joins = [
        f"left join (\n{query(table)}) as of_{table} on application.{_OWNER} = of_{table}.{_OWNER}"
        for table in dict.fromkeys(HISTORY[name].table for name in known(tables))
    ]
    listed = ",\n".join([f"    application.{_OWNER}", *columns])
    return "\n".join([f"select\n{listed}", "from application", *joins])


_NOTHING: Final = "cast(null as double)"


def _figure(column: Column) -> str:
    """A figure of a client who may have no row in the figure's table."""
    value = f"of_{column.table}.{column.name}"
    if column.without_history is None:
        return value
    without = f"cast({column.without_history} as double)"
    return f"case when of_{column.table}.{_OWNER} is null then {without} else {value} end"


def compute(connection: duckdb.DuckDBPyConnection, tables: Collection[str]) -> duckdb.DuckDBPyRelation:
    """Figures of all clients of `application`, in no order: the relation that `statement` describes.

    connection: has tables or views named `application` and as each of `tables`, their missing values NULL.
    Nothing is read before the relation is, and all of it again at each reading.
    """
    return connection.sql(statement(tables))


def of(histories: Sequence[Histories]) -> list[dict[str, float | None]]:
    """Figures of people, from their raw rows by table: every name of dictionary.HISTORY, for each of them.

    None where the person's histories lack the table, or the figure is unknown. Rows belong to the person who
    brings them, whatever number they give; rows of bureau_balance go by SK_ID_BUREAU to that person's own
    credits, and are left out without one. A column that a row lacks is missing. Raises KeyError for an
    unknown table, pyarrow.ArrowInvalid or ArrowTypeError for a value not of its column's type: rows come
    validated.
    """
    unknown = {name for person in histories for name in person} - set(TABLES)
    if unknown:
        raise KeyError(sorted(unknown)[0])
    given = {name for person in histories for name in person}
    # What a cursor knows by name is its own: requests side by side do not see each other's rows.
    with _kept(os.getpid()).cursor() as connection:
        people = pa.table({_OWNER: pa.array(range(len(histories)), pa.int64())})
        connection.register("application", people)
        credits = _numbered(histories)
        for name in given:
            connection.register(name, _rows(name, histories, credits))
        # Not through `compute`: a relation would be planned twice, which is most of what one person costs.
        found = connection.execute(f"{statement(given)} order by {_OWNER}").fetchall()
    return [
        {
            name: value if needs(HISTORY[name].table) <= set(person) else None
            for name, value in zip(HISTORY, values, strict=True)
        }
        for person, (_, *values) in zip(histories, found, strict=True)
    ]


@functools.cache
def _kept(_process: int) -> duckdb.DuckDBPyConnection:
    """The DuckDB of a process for the people of requests: opening one takes as long as summing one up."""
    return engine.connect("256MB", threads=1)


def _numbered(histories: Sequence[Histories]) -> Mapping[tuple[int, object], int]:
    """Numbers for the credits of bureau that no two people share, by person and their own number."""
    owned = [
        (person, row.get("SK_ID_BUREAU"))
        for person, tables in enumerate(histories)
        for row in tables.get("bureau", ())
    ]
    return {credit: number for number, credit in enumerate(dict.fromkeys(owned))}


def _rows(name: str, histories: Sequence[Histories], credits: Mapping[tuple[int, object], int]) -> pa.Table:
    """The rows of a table of all people, under numbers that are theirs alone."""
    rows = [
        {**row, _OWNER: person, "SK_ID_BUREAU": credits.get((person, row.get("SK_ID_BUREAU")))}
        for person, tables in enumerate(histories)
        for row in tables.get(name, ())
    ]
    columns = TABLES[name].columns.values()
    return pa.table(
        {c.name: pa.array([row.get(c.name) for row in rows], _type(c), from_pandas=True) for c in columns}
    )


def _type(column: Column) -> pa.DataType:
    if column.textual:
        return pa.string()
    return pa.int64() if column.kind is Kind.IDENTIFIER else pa.float64()
