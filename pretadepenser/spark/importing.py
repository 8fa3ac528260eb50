"""Import a portfolio whose tables Spark reads, checks, sums up and sorts; it is written here as any other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pretadepenser import french
from pretadepenser.credit.intake.finding import KEY, check_owners
from pretadepenser.credit.intake.loading import Progress
from pretadepenser.credit.intake.naming import TRAIN
from pretadepenser.credit.portfolio import PortfolioError, Report, import_batches
from pretadepenser.credit.portfolio.importing import MEMORY
from pretadepenser.money import KAGGLE, Money
from pretadepenser.spark import checking, histories, rows, tables
from pretadepenser.spark.session import told

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def import_tables(
    spark: SparkSession,
    source: str,
    instance: Path,
    progress: Progress,
    money: Money = KAGGLE,
    before: Callable[[Any], None] = lambda portfolio: None,
    memory: int = MEMORY,
) -> Report:
    """Import the Parquet tables of `source`, a folder or an address (s3a://…), as `import_folder` does.

    Spark checks, sums histories up and sorts; the rows come here to be written, in flat memory.

    Raises PortfolioError where the data are wrong, SparkError where Spark cannot do it; the portfolio in
    place is then unchanged.
    """
    with told():
        step = "Vérification des tables par Spark"
        progress(step, 0.0)
        found = tables.find(spark, source)
        applications = tables.applications(found)
        if TRAIN not in found:
            raise tables.no_application(source)
        check_owners(histories.imported(found))
        counted = checking.validated(found)
        clients = sum(counted[one.name] for one in applications)
        if not clients:
            raise PortfolioError(
                f"{applications[0].told} ne contient aucun client : téléchargez-le à nouveau."
            )
        progress(step, 1.0)
        every = tables.together(applications)
        names = histories.imported(found)
        figures = None
        if names:
            figures = rows.brought(*histories.computed(spark, every, found), unordered=clients)
        return import_batches(
            rows.brought(every.orderBy(KEY)),
            instance,
            histories={
                name: rows.brought(found[name].rows, name=name, unordered=counted[name]) for name in names
            },
            figures=figures,
            fictitious=False,
            name=french.join([one.told for one in applications]),
            total=clients,
            progress=progress,
            money=money,
            before=before,
            memory=memory,
        )
