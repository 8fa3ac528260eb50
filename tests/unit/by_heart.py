"""Models and clients so small that what is told of them can be worked out in the head.

A model adds the points of its steps to those it starts from, and nothing else: one figure is below a value,
or it is not. XGBoost scores and explains it as it does the trained one. A hundred clients, alike but for some
figures, are those whom it compares with.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.evaluation.metrics import Calibration, Confusion, Metrics
from pretadepenser.credit.model.artefact import FORMAT, TREES, Card, Data, categories
from pretadepenser.credit.model.boosting import xgboost as xgb
from pretadepenser.credit.model.inputs import FEATURES, feature_types
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Client, Portfolio, current_portfolio, import_batches
from pretadepenser.credit.scale import Stability

CLIENTS = 100
# Log-odds of a point, and of the limit of 48 %: the scale of docs/decisions/score-scale.md, written again.
POINT = math.log(2) / 20
LIMIT = math.log(0.48 / 0.52)


@dataclass(frozen=True)
class Step:
    """Points that a figure adds below a value (where it is missing too), and from that value on."""

    feature: str
    at: float
    below: float
    above: float


def model(base: float, *steps: Step, near: float = 6.0) -> Model:
    """The model that gives `base` points at the limit of 48 %, and those of each step.

    With a whole number and a half as `base`, no rounding of a float32 can take a point away. The odds of the
    difficulties that are announced are those of the margin divided by e; another training moves a score by
    `near` points. Its features are those of an application, and those of the history that a step names.
    """
    told = dict.fromkeys(step.feature for step in steps if step.feature in dictionary.HISTORY)
    booster, means = _booster(base, steps, (*FEATURES, *told))
    return Model(Path("nowhere"), _card(len(steps), means, near), booster)


def _booster(
    base: float, steps: tuple[Step, ...], names: tuple[str, ...]
) -> tuple[xgb.Booster, dict[str, float]]:
    """The trees of the steps, and the mean of each feature's, which TreeSHAP takes as its point of departure.

    XGBoost writes a model of as many trees itself; their one split and two leaves are replaced.
    """
    inputs = np.zeros((4, len(names)), np.float32)
    inputs[:2, 1] = 1
    data = xgb.DMatrix(inputs, [1, 1, 0, 0], feature_types=feature_types(names), enable_categorical=True)
    parameters = {"objective": "binary:logistic", "base_score": 0.5, "max_depth": 1, "min_child_weight": 0}
    content = json.loads(bytes(xgb.train(parameters, data, len(steps) + 1).save_raw("json")))
    trees = content["learner"]["gradient_booster"]["model"]["trees"]
    means = dict.fromkeys(names, 0.0)
    start = LIMIT - (base - 500) * POINT
    for tree, step in zip(trees, (None, *steps), strict=True):
        # The first tree says the same on both sides: the points that the model starts from.
        leaves = [-step.below * POINT, -step.above * POINT] if step else [start, start]
        feature, at = (names.index(step.feature), float(step.at)) if step else (1, 0.5)
        tree["split_indices"] = [feature, 0, 0]
        tree["split_conditions"] = [at, *leaves]
        tree["base_weights"] = [sum(leaves) / 2, *leaves]
        tree["sum_hessian"] = [2.0, 1.0, 1.0]
        tree["default_left"] = [1, 0, 0]
        if step:
            means[step.feature] -= sum(leaves) / 2
    booster = xgb.Booster({"nthread": 1})
    booster.load_model(bytearray(json.dumps(content).encode()))
    return booster, means


def _card(trees: int, reference: Mapping[str, float], near: float) -> Card:
    names = tuple(reference)
    measured = Metrics(
        roc_auc=0.7,
        roc_auc_folds=(0.7,) * 5,
        pr_auc=0.2,
        brier_raw=0.2,
        brier_calibrated=0.07,
        brier_reference=0.08,
        limit=0.48,
        confusion=Confusion(60, 5, 30, 5),
        cost_ratio=10,
        cost=80.0,
        cheapest_limit=0.5,
        cheapest_low=0.45,
        cheapest_high=0.55,
        cheapest_cost=79.0,
        grant_all_cost=100.0,
    )
    return Card(
        format=FORMAT,
        trained_at=datetime(2026, 1, 2, tzinfo=UTC),
        data=Data("0" * 64, ("Essai",), True, datetime(2026, 1, 1, tzinfo=UTC), 100, 100, 10, ()),
        features=names,
        categories=categories(names),
        monotone={},
        parameters={"max_depth": 1},
        trees=trees + 1,
        reference=reference,
        absent=dict.fromkeys(names, 10),
        counts={name: dict.fromkeys(codes, 1000) for name, codes in categories(names).items()},
        stability=Stability((0.0,), (near,)),
        roc_auc_learnt=0.8,
        calibration=Calibration(-1.0, 1.0),
        without_protected=measured,
        with_protected=measured,
        protected_features=(),
        histories=None,
        versions={"xgboost": xgb.__version__},
        seconds=1.0,
        sha256={TREES: "1" * 64},
    )


def _same_for_all(column: dictionary.Column) -> Value:
    """An admissible value of a column."""
    if not column.required:
        return None
    if column.textual and column.categories:
        return next(iter(column.categories))
    return column.minimum if not column.integer else int(column.minimum or 0)


def client(**figures: Value) -> dict[str, Any]:
    """A client in the middle of the hundred, with some figures of its own."""
    return {
        **{name: _same_for_all(column) for name, column in dictionary.COLUMNS.items()},
        "NAME_CONTRACT_TYPE": "Cash loans",
        "NAME_INCOME_TYPE": "Working",
        "FLAG_OWN_CAR": "N",
        "FLAG_OWN_REALTY": "Y",
        "AMT_CREDIT": 150_000.0,
        "AMT_GOODS_PRICE": 150_000.0,
        "AMT_ANNUITY": 7_500.0,
        "AMT_INCOME_TOTAL": 35_000.0,
        "DAYS_EMPLOYED": -5_000,
        "EXT_SOURCE_2": 0.5,
        **figures,
    }


def hundred(**figures: Sequence[Value]) -> list[dict[str, Any]]:
    """A hundred clients: the k-th asks for 100,000 € and k thousand, and has k hundred days of employment.

    Their goods cost as much or up to 40 % more, their credits are counted in 11 to 35 instalments, their
    external score falls from 0.99 to 0, every tenth had difficulties. `figures`: other values, client by
    client.
    """
    return [
        client(
            SK_ID_CURR=100_000 + k,
            AMT_CREDIT=100_000.0 + 1_000 * k,
            AMT_GOODS_PRICE=(100_000.0 + 1_000 * k) * (1 + k % 5 / 10),
            AMT_ANNUITY=round((100_000 + 1_000 * k) / (11 + k % 25), 2),
            AMT_INCOME_TOTAL=20_000.0 + 300 * k,
            DAYS_EMPLOYED=-100 * k,
            EXT_SOURCE_2=1 - k / 100,
        )
        | {"TARGET": float(k % 10 == 0)}
        | {name: values[k - 1] for name, values in figures.items()}
        for k in range(1, CLIENTS + 1)
    ]


def portfolio(
    folder: Path,
    rows: list[dict[str, Any]],
    histories: Mapping[str, Sequence[Mapping[str, Value]]] | None = None,
) -> Portfolio:
    """Import rows, whose numbers ascend, and rows of history tables."""
    tables = {
        name: [pa.RecordBatch.from_pylist(list(told), schema=dictionary.TABLES[name].arrow_schema())]
        for name, told in (histories or {}).items()
    }
    application = pa.RecordBatch.from_pylist(rows, schema=dictionary.arrow_schema())
    import_batches([application], folder, histories=tables)
    opened = current_portfolio(folder)
    assert opened
    return opened


def member(portfolio: Portfolio, k: int) -> Client:
    """The k-th of the hundred."""
    found = portfolio.client(100_000 + k)
    assert found
    return found


def plain(text: str) -> str:
    """A text with every kind of space made plain."""
    return " ".join(text.split())
