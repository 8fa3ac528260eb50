"""Trees fitted by the machines of a cluster (`xgboost.spark`): for more clients than one machine learns from.

The clients' inputs are written once, as Parquet, where all machines read them (SPARK_SCRATCH, an address or a
shared folder), for the time of a training. Each machine cuts the values of its own clients and they agree on
the bounds and the trees: these are nearly those of one machine, not the same.
"""

from __future__ import annotations

import logging
import os
import secrets
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import pyarrow as pa

from pretadepenser.credit.model import learning
from pretadepenser.credit.model.boosting import with_scikit_learn
from pretadepenser.credit.model.inputs import feature_types, hidden, leave_out
from pretadepenser.credit.model.learning import Clients, Counter, Fit
from pretadepenser.spark import files, tables
from pretadepenser.spark.session import SparkError, told

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SCRATCH: Final = "SPARK_SCRATCH"
_OUTCOME: Final = "outcome"
_FOLD: Final = "fold"


@contextmanager
def cluster(spark: SparkSession, instance: Path) -> Iterator[Callable[[Counter], Cluster]]:
    """Yield what makes the learner of a training; what it writes of clients is deleted with the block.

    It is written to SPARK_SCRATCH, or in the folder of the instance where the machines of Spark are this one.
    Raises SparkError where they are others and it is not set.
    """
    place = os.environ.get(SCRATCH, "")
    if not place:
        if not spark.sparkContext.master.startswith("local"):
            raise SparkError(
                f"Pour apprendre, les machines de Spark lisent les clients là où {SCRATCH} le dit : "
                "indiquez-y une adresse (s3a://…) ou un dossier que toutes voient."
            )
        with learning.scratch(instance) as folder:
            yield partial(Cluster, spark, tables.address(str(folder.resolve())))
        return
    place = f"{tables.address(place)}/pretadepenser-{secrets.token_hex(8)}"
    try:
        yield partial(Cluster, spark, place)
    finally:
        with suppress(Exception):  # a cluster that is lost deletes nothing: what was told before counts
            files.delete(spark, place)


@dataclass(frozen=True)
class Cluster:
    """Fits on the machines of a session. place: where they read clients; counter: is told of the trees."""

    spark: SparkSession
    place: str
    counter: Counter
    # All machines work at one fit.
    together: ClassVar[int] = 1
    libraries: ClassVar[tuple[str, ...]] = ("pyspark",)

    def hold(self, clients: Clients) -> Fit:
        """Write clients where the machines read them; histories are left out of some, as in `hidden`."""
        place = f"{self.place}/{secrets.token_hex(4)}"
        left_out = hidden(len(clients.inputs), clients.names)
        with told():
            for start in range(0, len(clients.inputs), learning.PART):
                part = slice(start, start + learning.PART)
                inputs = np.array(clients.inputs[part])
                leave_out(inputs, left_out, part)
                table = pa.table(
                    {
                        **dict(zip(clients.names, map(pa.array, inputs.T), strict=True)),
                        _OUTCOME: pa.array(clients.outcomes[part].astype(np.int32)),
                        _FOLD: pa.array(clients.folds[part].astype(np.int32)),
                    }
                )
                self.spark.createDataFrame(table).write.mode("append").parquet(place)
        return partial(self._fit, clients, place)

    def _fit(self, clients: Clients, place: str, without: int | None) -> Any:
        classifier = _classifier()
        names = clients.names
        settings = learning.parameters(clients.outcomes[clients.learnt(without)], names)
        # Its own: the objective, and as many threads as Spark gives a task.
        for own in ("objective", "nthread"):
            del settings[own]
        with told():
            rows = self.spark.read.parquet(place)
            if without is not None:
                rows = rows.where(rows[_FOLD] != without)
            booster = (
                classifier(
                    features_col=list(names),
                    label_col=_OUTCOME,
                    feature_types=feature_types(names),
                    num_workers=self.spark.sparkContext.defaultParallelism,
                    n_estimators=learning.TREE_COUNT,
                    learning_rate=settings.pop("eta"),
                    random_state=settings.pop("seed"),
                    verbose=False,
                    **settings,
                )
                .fit(rows)
                .get_booster()
            )
        # Inputs have no names here.
        booster.feature_names = None
        self.counter.add(learning.TREE_COUNT)
        return booster


def _classifier() -> Any:
    """XGBoost's estimator for Spark, which says nothing on the terminal."""
    with_scikit_learn()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from xgboost.spark import SparkXGBClassifier
    for name in ("XGBoost-PySpark", SparkXGBClassifier.__name__):
        logging.getLogger(name).setLevel(logging.WARNING)
    return SparkXGBClassifier
