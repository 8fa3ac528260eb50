"""Import a portfolio whose tables Spark reads, checks, joins and sorts; it is written and published here as any."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pretadepenser.credit.portfolio import PortfolioError, Progress, Report, import_batches
from pretadepenser.money import KAGGLE, Money
from pretadepenser.spark import rows, tables
from pretadepenser.spark.session import told

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def import_tables(
    spark: SparkSession,
    source: str,
    instance: Path,
    progress: Progress,
    money: Money = KAGGLE,
    before: Callable[[Any], None] = lambda portfolio: None,
) -> Report:
    """Import the Parquet tables of `source`, a folder or an address (s3a://…), as `import_folder` does.

    Raises PortfolioError where the data are wrong, SparkError where Spark cannot do it; the portfolio in place
    is then unchanged.
    """
    with told():
        step = "Vérification des tables par Spark"
        progress(step, 0.0)
        found = tables.find(spark, source)
        if tables.TRAIN not in found:
            raise tables.no_application(source)
        counted = tables.validated(found)
        applications = [found[name] for name in (tables.TRAIN, tables.TEST) if name in found]
        clients = sum(counted[one.name] for one in applications)
        if not clients:
            raise PortfolioError(
                f"{applications[0].told} ne contient aucun client : téléchargez-le à nouveau."
            )
        tables.check_unique(applications)
        progress(step, 1.0)
        ordered = every(applications).orderBy(tables.KEY)
        return import_batches(
            rows.brought(ordered, tables.TRAIN),
            instance,
            fictitious=False,
            name=applications[0].told,
            total=clients,
            progress=progress,
            money=money,
            before=before,
        )


def every(applications: list[tables.Found]) -> DataFrame:
    """All applications together: outcomes are missing where a table has none."""
    from pyspark.sql import functions as f

    first, *others = (one.rows.withColumn(tables.KEY, f.col(tables.KEY).cast("long")) for one in applications)
    for other in others:
        first = first.unionByName(other, allowMissingColumns=True)
    return first
