"""What clients' histories sum up to, on Spark: the SQL of credit/history, unchanged, on views of tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pretadepenser.credit.dictionary import TABLES
from pretadepenser.credit.history import features
from pretadepenser.credit.intake.finding import KEY
from pretadepenser.spark import tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def imported(found: Mapping[str, tables.Found]) -> tuple[str, ...]:
    """The history tables among those that were found, in the dictionary's order."""
    return tuple(name for name in TABLES if name in found)


def computed(
    spark: SparkSession, applications: DataFrame, found: Mapping[str, tables.Found]
) -> tuple[DataFrame, tuple[str, ...]]:
    """What the tables sum up to for each application: SK_ID_CURR and the figures; and their names.

    The tables must have been validated, and one of them at least be there. Rows come in no order.
    """
    names = imported(found)
    figures = features.known(names)
    applications.select(KEY).createOrReplaceTempView("application")
    for name in names:
        typed(found[name]).createOrReplaceTempView(name)
    return spark.sql(features.statement(names)).select(KEY, *figures), figures


def typed(one: tables.Found, also: Iterable[Any] = (), only: Collection[str] | None = None) -> DataFrame:
    """The rows of a table in the types that DuckDB is given: what is missing is NULL, never NaN or blank.

    also: more columns, as Spark computes them; only: the names of those that are wanted (None: all). Columns
    that the table does not have are left out.
    """
    from pyspark.sql import functions as f

    wanted = set(one.rows.columns) if only is None else set(one.rows.columns) & set(only)
    fields = [
        f.expr(f"{tables.value(one.rows, each)} as {each.name}")
        for each in one.columns.values()
        if each.name in wanted
    ]
    return one.rows.select(*fields, *also)
