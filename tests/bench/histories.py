"""What credit histories add to the application: paired out-of-fold ROC AUC on a folder of genuine rows.

`python -m tests.bench.histories FOLDER`: Kaggle's application_train.csv and the history tables that are there
as Parquet. The model's own settings, the directions of the dictionary, the same folds with and without the
histories (5 folds, two seeds), and a bootstrap of clients for the difference. A folder in which rows of a
client may be missing must not be measured: absence is told as "no history".
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from pretadepenser.credit.dictionary import COLUMNS, HISTORY, TABLES, Column, Frame
from pretadepenser.credit.history import engine, features
from pretadepenser.credit.model import learning
from pretadepenser.credit.model.boosting import xgboost as xgb
from pretadepenser.credit.model.inputs import FEATURES, feature_types, input_matrix
from tests.bench.ground import line, title

Floats = NDArray[np.float64]

SEEDS: Final = (0, 1)
DRAWS: Final = 1000
# Told, and no input of the model (docs/decisions/histories.md).
TOLD_ONLY: Final = frozenset(
    {
        "BUREAU_FIRST",
        "BUREAU_LOST",
        "BUREAU_WORST_RECENT",
        "PREVIOUS_COUNT",
        "PREVIOUS_REFUSED_HISTORY",
        "INSTALMENTS_COUNT",
        "INSTALMENTS_LATE_BEFORE",
        "INSTALMENTS_WORST",
        "POS_ACTIVE",
        "CARD_CASH",
    }
)


def load(folder: Path) -> tuple[tuple[str, ...], Frame]:
    """The history tables of a folder, and columns and figures of its labelled clients by number."""
    tables = tuple(name for name in TABLES if (folder / f"{name}.parquet").is_file())
    with engine.connect(readable=[folder]) as connection:
        for name in tables:
            connection.execute(f"create view {name} as from '{folder / name}.parquet'")
        types = {name: _sql_type(column) for name, column in COLUMNS.items()}
        clients = f"read_csv('{folder / 'application_train.csv'}', types = {types})"
        connection.execute(f"create view application as from {clients}")
        told = features.compute(connection, tables).order("SK_ID_CURR").to_arrow_table()
        rows = connection.sql("from application").order("SK_ID_CURR").to_arrow_table()
    frame = {name: _numbers(column, rows[name].to_pylist()) for name, column in COLUMNS.items()}
    return tables, frame | {
        name: _numbers(column, told[name].to_pylist()) for name, column in HISTORY.items()
    }


def _sql_type(column: Column) -> str:
    return "VARCHAR" if column.textual else "DOUBLE"


def _numbers(column: Column, values: Sequence[float | str | None]) -> Floats:
    known = [np.nan if v is None else column.code(str(v)) if column.textual else float(v) for v in values]
    return np.array(known, np.float64)


def out_of_fold(frame: Frame, outcomes: NDArray[np.int8], names: Sequence[str]) -> Mapping[int, Floats]:
    """Margins of all clients by models that did not see them, by seed of the folds."""
    inputs = input_matrix(frame, names)

    def fitted(job: tuple[int, NDArray[np.intp], NDArray[np.intp]]) -> Floats:
        _, learnt, tested = job
        data = xgb.QuantileDMatrix(
            inputs[learnt],
            outcomes[learnt],
            feature_types=feature_types(names),
            max_bin=learning.PARAMETERS["max_bin"],
            enable_categorical=True,
            nthread=1,
        )
        parameters = learning.parameters(outcomes[learnt], names)
        booster = xgb.train(parameters, data, learning.TREE_COUNT)
        return learning.margins_of(booster, inputs[tested], names)

    jobs = [
        (seed, learnt, tested)
        for seed in SEEDS
        for learnt, tested in StratifiedKFold(5, shuffle=True, random_state=seed).split(inputs, outcomes)
    ]
    margins = {seed: np.empty(outcomes.size) for seed in SEEDS}
    with ThreadPoolExecutor() as pool:
        for (seed, _, tested), found in zip(jobs, pool.map(fitted, jobs), strict=True):
            margins[seed][tested] = found
    return margins


def gain(alone: Mapping[int, Floats], both: Mapping[int, Floats], outcomes: NDArray[np.int8]) -> float:
    """Difference of the AUC, mean over the seeds."""
    differences = [roc_auc_score(outcomes, both[s]) - roc_auc_score(outcomes, alone[s]) for s in alone]
    return float(np.mean(differences))


def interval(
    alone: Mapping[int, Floats], both: Mapping[int, Floats], outcomes: NDArray[np.int8]
) -> tuple[float, float]:
    """95 % interval of `gain` over draws of the clients, the same for both models."""
    random = np.random.default_rng(0)
    drawn = []
    for _ in range(DRAWS):
        some = random.integers(0, outcomes.size, outcomes.size)
        drawn.append(
            gain({s: alone[s][some] for s in alone}, {s: both[s][some] for s in both}, outcomes[some])
        )
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def main() -> None:
    """Measure a folder, and what is lost without each of its tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.measures.histories", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    tables, frame = load(parser.parse_args().folder)
    outcomes = frame["TARGET"].astype(np.int8)
    names = [name for name in features.known(tables) if name not in TOLD_ONLY]
    alone, both = (out_of_fold(frame, outcomes, each) for each in (FEATURES, (*FEATURES, *names)))
    title(f"{outcomes.size} clients, {len(FEATURES)} inputs and {len(names)} of {', '.join(tables)}")
    for label, margins in (("AUC, application alone", alone), ("AUC, with the histories", both)):
        line(label, f"{np.mean([roc_auc_score(outcomes, one) for one in margins.values()]):.4f}")
    low, high = interval(alone, both, outcomes)
    line("difference", f"{gain(alone, both, outcomes):+.4f}", f"{low:+.4f}", f"{high:+.4f}")
    for table in tables:
        left = [name for name in names if table not in features.needs(HISTORY[name].table)]
        less = out_of_fold(frame, outcomes, (*FEATURES, *left))
        line(f"difference without {table}", f"{gain(alone, less, outcomes):+.4f}")


if __name__ == "__main__":
    main()
