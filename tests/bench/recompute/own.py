"""Scores, contributions, shares and rates of the clients in a folder, by xgboost, shap and pandas alone.

Nothing of the application's computing is used: of its model, the trees and the settings they were fitted with
are read; of its dictionary, nothing. What a figure means is written here a second time.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import shap
import xgboost as xgb
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

Floats = NDArray[np.float64]
Facts = Mapping[Any, Any]

NO_JOB: Final = 365243
LIMIT: Final = 0.48
RATIOS: Final = {
    "CREDIT_TERM": ("AMT_CREDIT", "AMT_ANNUITY"),
    "CREDIT_TO_GOODS": ("AMT_CREDIT", "AMT_GOODS_PRICE"),
    "CREDIT_TO_INCOME": ("AMT_CREDIT", "AMT_INCOME_TOTAL"),
    "ANNUITY_TO_INCOME": ("AMT_ANNUITY", "AMT_INCOME_TOTAL"),
}
NOTES: Final = ("EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3")
FOLDS: Final = 5
# Another draw than the application's: what is measured must not hang on it.
SEED: Final = 77


def with_ratios(clients: pd.DataFrame) -> pd.DataFrame:
    """Add the figures that follow from the columns; maternity leave is read as employment."""
    more = {
        name: (clients[above] / clients[below]).where(clients[below] > 0)
        for name, (above, below) in RATIOS.items()
    }
    more["EXT_SOURCE_MEAN"] = clients[list(NOTES)].mean(axis=1)
    income = clients["NAME_INCOME_TYPE"].replace("Maternity leave", "Working")
    return clients.assign(**more, NAME_INCOME_TYPE=income)


class Own:
    """The clients of a folder in Kaggle's layout and the trees of a model, `folder/model.ubj`."""

    def __init__(self, data: Path, model: Path) -> None:
        files = [pd.read_csv(data / f"application_{name}.csv") for name in ("train", "test")]
        self.clients = with_ratios(pd.concat(files).set_index("SK_ID_CURR"))
        self.learnt = self.clients[self.clients["TARGET"].notna()]
        self.outcomes = self.learnt["TARGET"].astype(int)
        self.card = json.loads((model / "card.json").read_text("utf-8"))
        self.names: list[str] = self.card["features"]
        self.trees = xgb.Booster(model_file=model / "model.ubj")

    def inputs(self, clients: pd.DataFrame) -> pd.DataFrame:
        """What the trees are fed, float32, shape (n, features)."""
        fed = {}
        for name in self.names:
            values = clients[name]
            if name in self.card["categories"]:
                values = values.map({one: code for code, one in enumerate(self.card["categories"][name])})
            elif name == "DAYS_EMPLOYED":
                values = values.where(values != NO_JOB)
            fed[name] = values.astype(np.float32)
        return pd.DataFrame(fed)

    @property
    def types(self) -> list[str]:
        return ["c" if name in self.card["categories"] else "q" for name in self.names]

    def matrix(self, clients: pd.DataFrame) -> xgb.DMatrix:
        fed = self.inputs(clients).to_numpy()
        return xgb.DMatrix(fed, feature_types=self.types, enable_categorical=True)

    def margins(self, clients: pd.DataFrame) -> Floats:
        """Log-odds of default."""
        return np.asarray(self.trees.predict(self.matrix(clients), output_margin=True), np.float64)

    def margin(self, facts: Facts) -> float:
        """Log-odds of default of one client, whose columns are given."""
        return float(self.margins(with_ratios(pd.DataFrame([dict(facts)])))[0])

    def contributions(self, clients: pd.DataFrame) -> Floats:
        """Shapley values of log-odds, by shap, less their mean over the clients learnt from."""
        explained = shap.TreeExplainer(self.trees).shap_values(self.matrix(clients))
        return np.asarray(explained, np.float64) - self.mean

    @cached_property
    def mean(self) -> Floats:
        """Mean Shapley values of the clients learnt from."""
        explained = shap.TreeExplainer(self.trees).shap_values(self.matrix(self.learnt))
        mean: Floats = np.asarray(explained, np.float64).mean(axis=0)
        return mean

    def by_definition(self, clients: pd.DataFrame) -> Floats:
        """Shapley values of log-odds, one set of features after the other, less nothing."""
        fed = self.inputs(clients).to_numpy(np.float64)
        values = np.zeros(fed.shape)
        for text in self.trees.get_dump(dump_format="json", with_stats=True):
            _add_tree(values, fed, json.loads(text), self.names)
        return values

    @cached_property
    def margins_learnt(self) -> Floats:
        """Log-odds of those learnt from, who have an outcome."""
        return self.margins(self.learnt)

    @cached_property
    def base(self) -> float:
        """Mean points of those learnt from."""
        return float(np.mean(points(self.margins_learnt)))

    @cached_property
    def refits(self) -> tuple[Floats, list[NDArray[np.intp]]]:
        """Log-odds of those learnt from by FOLDS models fitted again, and the clients each has not seen."""
        settings = {
            **self.card["parameters"],
            "nthread": 2,
            "scale_pos_weight": float((self.outcomes == 0).sum() / (self.outcomes == 1).sum()),
            "monotone_constraints": tuple(self.card["monotone"].get(name, 0) for name in self.names),
        }
        fed, truth = self.inputs(self.learnt).to_numpy(), self.outcomes.to_numpy()
        parts = list(StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(fed, truth))
        margins = []
        for seen, _ in parts:
            data = xgb.DMatrix(fed[seen], truth[seen], feature_types=self.types, enable_categorical=True)
            trees = xgb.train(settings, data, self.card["trees"])
            margins.append(trees.predict(self.matrix(self.learnt), output_margin=True).astype(np.float64))
        return np.stack(margins), [unseen for _, unseen in parts]

    @cached_property
    def unseen(self) -> Floats:
        """Log-odds of each of those learnt from by the model that has not seen the client."""
        margins, parts = self.refits
        found = np.empty(margins.shape[1])
        for one, part in zip(margins, parts, strict=True):
            found[part] = one[part]
        return found

    @cached_property
    def areas(self) -> tuple[float, float]:
        """Areas under the ROC curve: clients learnt from, clients unseen."""
        return (
            float(roc_auc_score(self.outcomes, self.margins_learnt)),
            float(roc_auc_score(self.outcomes, self.unseen)),
        )

    @cached_property
    def _logistic(self) -> LogisticRegression:
        return LogisticRegression(C=np.inf).fit(self.unseen.reshape(-1, 1), self.outcomes)

    def rate(self, margin: float) -> float:
        """Default rate (0..1) among clients of such a margin."""
        return float(self._logistic.predict_proba([[margin]])[0, 1])

    def reach(self, margin: float) -> float:
        """Points within which nine refits in ten stay, for clients of such a margin."""
        order = np.argsort(self.margins_learnt)
        place = int(np.searchsorted(self.margins_learnt[order], margin))
        width = len(order) // 10
        start = min(max(place - width // 2, 0), len(order) - width)
        near = order[start : start + width]
        moved = np.abs(self.refits[0][:, near] - self.margins_learnt[near]) * 20 / math.log(2)
        return float(np.quantile(moved, 0.9))


def points(margins: Floats | float) -> Floats:
    """Points before rounding: 500 at the limit, 20 more where the odds of default are half."""
    odds = math.log(LIMIT / (1 - LIMIT))
    return 500 + (odds - np.asarray(margins)) * 20 / math.log(2)


def probability(margin: float) -> float:
    return 1 / (1 + math.exp(-margin))


def _add_tree(values: Floats, fed: Floats, tree: dict[str, Any], names: Sequence[str]) -> None:
    """Add the Shapley values of one tree: its mean outcome where some of its features are known."""
    used = sorted(_features(tree, names))
    known = {
        subset: _outcome(tree, fed, set(subset), names)
        for size in range(len(used) + 1)
        for subset in itertools.combinations(used, size)
    }
    total = math.factorial(len(used))
    for feature in used:
        for subset, outcome in known.items():
            if feature not in subset:
                weight = math.factorial(len(subset)) * math.factorial(len(used) - len(subset) - 1) / total
                values[:, feature] += weight * (known[tuple(sorted((*subset, feature)))] - outcome)


def _features(node: dict[str, Any], names: Sequence[str]) -> set[int]:
    if "leaf" in node:
        return set()
    below = set().union(*(_features(child, names) for child in node["children"]))
    return below | {_feature(node)}


def _feature(node: dict[str, Any]) -> int:
    return int(str(node["split"]).removeprefix("f"))


def _outcome(node: dict[str, Any], fed: Floats, known: set[int], names: Sequence[str]) -> Floats:
    """Mean outcome below a node, shape (n,): along the client's branch, or along both by their weight."""
    if "leaf" in node:
        return np.full(len(fed), float(node["leaf"]))
    children = {child["nodeid"]: child for child in node["children"]}
    yes, no = children[node["yes"]], children[node["no"]]
    along_yes, along_no = (_outcome(child, fed, known, names) for child in (yes, no))
    feature = _feature(node)
    if feature not in known:
        whole = yes["cover"] + no["cover"]
        both: Floats = (along_yes * yes["cover"] + along_no * no["cover"]) / whole
        return both
    value, condition = fed[:, feature], node["split_condition"]
    if isinstance(condition, list):
        # A category of the list goes the way that is called "yes".
        chosen = np.isin(value, condition)
    else:
        chosen = value.astype(np.float32) < np.float32(condition)
    chosen = np.where(np.isnan(value), node["missing"] == node["yes"], chosen)
    return np.where(chosen, along_yes, along_no)
