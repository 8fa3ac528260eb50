"""Train the model on the portfolio's clients of known outcome, measure it, and publish it.

The number of trees and all other settings are constants, chosen once on the genuine rows cut into other folds
than those that measure the model (docs/decisions/model-inputs.md); there is no early stopping. Every fit runs
on one thread and the fits side by side, which is faster than OpenMP where processors are shared and gives the
same trees everywhere.
"""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from pretadepenser import french, storage
from pretadepenser.credit import dictionary
from pretadepenser.credit.evaluation import fairness
from pretadepenser.credit.evaluation.influence import GlobalExplanation, influences
from pretadepenser.credit.evaluation.metrics import (
    Calibration,
    Floats,
    Folds,
    Gain,
    Outcomes,
    Policy,
    calibration_bins,
    cost_curve,
    cross_calibrated,
    gain,
    isotonic_gap,
    measure,
    roc_auc,
    stability,
)
from pretadepenser.credit.model import scoring
from pretadepenser.credit.model.artefact import (
    CARD,
    FORMAT,
    GLOBAL_EXPLANATION,
    NAME,
    TREES,
    Card,
    Data,
    ModelError,
    categories,
    write_json,
)
from pretadepenser.credit.model.boosting import xgboost as xgb
from pretadepenser.credit.model.inputs import FEATURES, feature_types, features_of, input_matrix, untold
from pretadepenser.credit.portfolio import Portfolio, current_portfolio
from pretadepenser.credit.scale import Scale

LIMIT: Final = 0.48
COST_RATIO: Final = 10
FOLDS: Final = 5
SEED: Final = 2026
TREE_COUNT: Final = 500
# Fewest clients of known outcome, and of each outcome, that a model can honestly be made from.
FEWEST_LABELLED: Final = 1000
FEWEST_EACH: Final = 100
# Clients whose contributions are summarised in the global explanation.
SAMPLE: Final = 5000

PARAMETERS: Final[Mapping[str, str | int | float]] = MappingProxyType(
    {
        "objective": "binary:logistic",
        "tree_method": "hist",
        # Shallow trees: few interactions to explain, and TreeSHAP of one client in under a millisecond.
        "max_depth": 3,
        "eta": 0.05,
        "max_bin": 128,
        # In weights, of which the classes hold half each.
        "min_child_weight": 150,
        "reg_lambda": 50,
        "subsample": 0.9,
        "colsample_bytree": 0.3,
        # A category against all others, or none: a split over sets of rare categories learns noise.
        "max_cat_to_onehot": 64,
        "seed": SEED,
        "nthread": 1,
    }
)

# +1: a higher value may only raise the risk; −1: may only lower it. DAYS_EMPLOYED is negative, so that a
# longer employment is a lower value. What no lender could defend the other way round; and the amounts of the
# credit, so that to ask for less never makes a score worse (docs/decisions/model-inputs.md).
MONOTONE: Final[Mapping[str, int]] = MappingProxyType(
    {
        "EXT_SOURCE_1": -1,
        "EXT_SOURCE_2": -1,
        "EXT_SOURCE_3": -1,
        "EXT_SOURCE_MEAN": -1,
        "AMT_CREDIT": 1,
        "AMT_ANNUITY": 1,
        "AMT_GOODS_PRICE": 1,
        "CREDIT_TO_GOODS": 1,
        "CREDIT_TO_INCOME": 1,
        "ANNUITY_TO_INCOME": 1,
        "AMT_INCOME_TOTAL": -1,
        "DAYS_EMPLOYED": 1,
        "OWN_CAR_AGE": 1,
    }
)

# The protected grounds, for the model that is only measured: what leaving them out costs. Without the 47 thin
# columns of the building, which make any model worse here (AUC 0.755 for 0.757) and would hide that cost.
PROTECTED: Final = tuple(
    name
    for name in dictionary.protected_columns()
    if dictionary.describe(name).group != dictionary.BUILDING_GROUP
)

Inputs = NDArray[np.float32]
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class TrainingReport:
    """What a training did: the card of the model now in place, its folder, and the seconds it took."""

    card: Card
    folder: Path
    seconds: float


def _silent(step: str, share: float) -> None:
    pass


def train(
    instance: Path, *, limit: float = LIMIT, cost_ratio: int = COST_RATIO, progress: Progress = _silent
) -> TrainingReport:
    """Train on the portfolio in `instance`, score all clients, and publish scores and `instance/model`.

    Measures are out of fold (5 folds, stratified), at `limit` (probability strictly between 0 and 1),
    a default costing `cost_ratio` good clients refused.
    Raises ModelError, the model in place unchanged, when there is no portfolio or too few known outcomes.
    """
    begun = time.perf_counter()
    portfolio = current_portfolio(instance)
    if portfolio is None:
        raise ModelError(
            "Il n’y a pas encore de portefeuille : lancez d’abord "
            "« flask --app wsgi portfolio import DOSSIER »."
        )
    _check_enough(portfolio)
    fitted = _fit_all(portfolio, progress)
    progress("Mesure du modèle", 0.0)
    contributions = _contributions(fitted)
    progress("Mesure du modèle", 0.5)
    policy = Policy(limit, cost_ratio)
    explained = _explain(fitted, contributions, policy)
    progress("Mesure du modèle", 1.0)
    with storage.publish(instance, NAME) as folder:
        # XGBoost's own save_model tells of a full disk with a trace of C++.
        (folder / TREES).write_bytes(fitted.booster.save_raw("ubj"))
        write_json(folder / GLOBAL_EXPLANATION, explained)
        write_json(folder / CARD, _card(portfolio, fitted, contributions, policy, folder, begun))
        storage.seal(folder)
        # Before the model is put in place: who reads meets no model without the scores of all clients.
        scoring.score_portfolio(scoring.Model.load(folder), portfolio, instance, progress)
    model = scoring.current_model(instance)
    if model is None:
        raise AssertionError("just published")
    return TrainingReport(model.card, model.folder, time.perf_counter() - begun)


def _check_enough(portfolio: Portfolio) -> None:
    repaid = portfolio.labelled - portfolio.defaults
    if portfolio.labelled < FEWEST_LABELLED or min(portfolio.defaults, repaid) < FEWEST_EACH:
        raise ModelError(
            f"Le portefeuille ne compte que {french.plural(portfolio.labelled, 'client')} dont l’issue est "
            f"connue ({french.plural(portfolio.defaults, 'défaut')}), or l’entraînement demande au moins "
            f"{french.number(FEWEST_LABELLED)} clients et {FEWEST_EACH} de chaque issue : "
            "importez un portefeuille plus grand."
        )


def monotone(name: str) -> int:
    """+1 where a higher value of a feature may only raise the risk, −1 where it may only lower it, else 0."""
    return MONOTONE.get(name, dictionary.describe(name).direction)


def _labelled(portfolio: Portfolio, names: Sequence[str]) -> tuple[Outcomes, dictionary.Frame]:
    """Outcomes, int8 0/1, and the columns that training and audits need, of clients of known outcome."""
    needed = dictionary.columns_of((*names, *PROTECTED, *fairness.COLUMNS))
    known = ~np.isnan(portfolio.column("TARGET"))
    outcomes = portfolio.column("TARGET")[known].astype(np.int8)
    return outcomes, {name: portfolio.column(name)[known] for name in needed}


def _folds(outcomes: Outcomes) -> Folds:
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    return [tested for _, tested in splitter.split(outcomes.reshape(-1, 1), outcomes)]


class _Counter(xgb.callback.TrainingCallback):  # type: ignore[misc]  # XGBoost is untyped for mypy
    """Reports the trees of all fits, from any of their threads."""

    def __init__(self, total: int, progress: Progress) -> None:
        super().__init__()
        self._total, self._progress = total, progress
        self._done = 0
        self._lock = threading.Lock()

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        with self._lock:
            self._done += 1
            if self._done % 10 == 0 or self._done == self._total:
                self._progress("Entraînement et validation croisée", self._done / self._total)
        return False


def fit(
    inputs: Inputs,
    outcomes: Outcomes,
    names: Sequence[str] = FEATURES,
    callbacks: Sequence[xgb.callback.TrainingCallback] = (),
) -> xgb.Booster:
    """Fit a class-balanced model to inputs, float32, shape (n, len(names)), and outcomes 0/1, shape (n,).

    Of some clients the credit history is left out (inputs.untold), so that the model knows what to make of
    those of whom nobody has asked it.
    """
    data = xgb.QuantileDMatrix(
        untold(inputs, names),
        outcomes,
        feature_types=feature_types(names),
        max_bin=PARAMETERS["max_bin"],
        enable_categorical=True,
        nthread=1,
    )
    defaults = int(outcomes.sum())
    parameters = {
        **PARAMETERS,
        "scale_pos_weight": (outcomes.size - defaults) / defaults,
        "monotone_constraints": "(" + ",".join(str(monotone(name)) for name in names) + ")",
    }
    return xgb.train(parameters, data, TREE_COUNT, callbacks=list(callbacks))


def margins_of(booster: xgb.Booster, inputs: Inputs, names: Sequence[str] = FEATURES) -> NDArray[np.float64]:
    """Log-odds of default of inputs, float64, shape (n,)."""
    types = feature_types(names)
    data = xgb.DMatrix(inputs, feature_types=types, enable_categorical=True, nthread=1)
    margins: NDArray[np.float32] = booster.predict(data, output_margin=True)
    return margins.astype(np.float64)


@dataclass(frozen=True, eq=False)
class _Fitted:
    """The model fitted to all clients of known outcome, and what it is measured by, in their order.

    names: its features; frame: the clients' raw columns, shape (n,) each; inputs: the model's; margins: out
    of fold, shape (n,), margins_whole those of the model that is fed the protected grounds as well,
    margins_alone of the one that is fed the application alone (None where it is all there is); learnt: those
    of the model itself, which saw these clients; refits: those of the models of all folds, shape (folds, n).
    """

    booster: xgb.Booster
    names: tuple[str, ...]
    frame: dictionary.Frame
    inputs: Inputs
    outcomes: Outcomes
    folds: Folds
    margins: Floats
    margins_whole: Floats
    margins_alone: Floats | None
    learnt: Floats
    refits: Floats


def _fit_all(portfolio: Portfolio, progress: Progress) -> _Fitted:
    names = features_of(portfolio.tables)
    outcomes, frame = _labelled(portfolio, names)
    folds = _folds(outcomes)
    compared = {
        "ours": names,
        "whole": (*names, *PROTECTED),
        **({"alone": FEATURES} if names != FEATURES else {}),
    }
    counter = _Counter((len(compared) * len(folds) + 1) * TREE_COUNT, progress)
    matrices = {kind: input_matrix(frame, each) for kind, each in compared.items()}

    def refitted(kind: str, fold: NDArray[np.intp]) -> Floats:
        """Margins that a model fitted to the other folds gives all clients."""
        learnt = np.ones(outcomes.size, bool)
        learnt[fold] = False
        inputs, each = matrices[kind], compared[kind]
        booster = fit(inputs[learnt], outcomes[learnt], each, [counter])
        return margins_of(booster, inputs, each)

    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, 2 * len(folds) + 1)) as pool:
        final = pool.submit(fit, matrices["ours"], outcomes, names, [counter])
        waited = {kind: [pool.submit(refitted, kind, fold) for fold in folds] for kind in compared}
        booster = final.result()
        learnt = margins_of(booster, matrices["ours"], names)
        refits = {kind: np.stack([one.result() for one in each]) for kind, each in waited.items()}
    margins = {kind: _out_of_fold(each, folds) for kind, each in refits.items()}
    return _Fitted(
        booster=booster,
        names=names,
        frame=frame,
        inputs=matrices["ours"],
        outcomes=outcomes,
        folds=folds,
        margins=margins["ours"],
        margins_whole=margins["whole"],
        margins_alone=margins.get("alone"),
        learnt=learnt,
        refits=refits["ours"],
    )


def _out_of_fold(refits: Floats, folds: Folds) -> Floats:
    """The margin of each client by the model that did not see it, of those of all models."""
    margins = np.empty(refits.shape[1])
    for refit, fold in zip(refits, folds, strict=True):
        margins[fold] = refit[fold]
    return margins


def _contributions(fitted: _Fitted) -> Floats:
    """TreeSHAP values of all clients learnt from, float64, shape (n, features): not yet centred."""
    booster, inputs, types = fitted.booster, fitted.inputs, feature_types(fitted.names)

    def of(part: Inputs) -> NDArray[np.float32]:
        data = xgb.DMatrix(part, feature_types=types, enable_categorical=True, nthread=1)
        values: NDArray[np.float32] = booster.predict(data, pred_contribs=True)
        return values[:, :-1]

    parts = np.array_split(inputs, max(1, len(inputs) // SAMPLE))
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return np.concatenate(list(pool.map(of, parts))).astype(np.float64)


def _absent(fitted: _Fitted) -> dict[str, int]:
    """Clients whose figure is missing, by feature."""
    figures = {**fitted.frame, **dictionary.derive(fitted.frame)}
    return {name: int(np.isnan(figures[name]).sum()) for name in fitted.names}


def _counts(fitted: _Fitted) -> dict[str, dict[str, int]]:
    """Clients of each category that has any, as the model reads it, by feature."""
    return {
        name: {
            code: count
            for index, code in enumerate(codes)
            if (count := int((fitted.inputs[:, fitted.names.index(name)] == index).sum()))
        }
        for name, codes in categories(fitted.names).items()
    }


def _explain(fitted: _Fitted, contributions: Floats, policy: Policy) -> GlobalExplanation:
    outcomes, margins, whole = fitted.outcomes, fitted.margins, fitted.margins_whole
    random = np.random.default_rng(SEED)
    chosen = np.sort(random.choice(outcomes.size, min(SAMPLE, outcomes.size), replace=False))
    gains = Scale.gain((contributions - contributions.mean(axis=0))[chosen])
    rates, rates_whole = (cross_calibrated(each, outcomes, fitted.folds) for each in (margins, whole))
    return GlobalExplanation(
        sample=chosen.size,
        influences=influences(fitted.inputs[chosen], gains, fitted.names),
        calibration=calibration_bins(rates, outcomes),
        isotonic_gap=isotonic_gap(margins, outcomes, rates),
        costs=cost_curve(margins, outcomes, policy.cost_ratio),
        audits=fairness.audits(fitted.frame, margins, rates, outcomes, policy.limit),
        audits_with_protected=fairness.audits(fitted.frame, whole, rates_whole, outcomes, policy.limit),
        age_links=fairness.age_links(fitted.frame),
    )


def _card(
    portfolio: Portfolio, fitted: _Fitted, contributions: Floats, policy: Policy, folder: Path, begun: float
) -> Card:
    """The card of the model whose files lie in `folder`; begun: time.perf_counter() at the start."""
    outcomes, folds = fitted.outcomes, fitted.folds
    return Card(
        format=FORMAT,
        trained_at=datetime.now(UTC).replace(microsecond=0),
        data=_data(portfolio),
        features=fitted.names,
        categories=categories(fitted.names),
        monotone={name: sign for name in fitted.names if (sign := monotone(name))},
        parameters=dict(PARAMETERS),
        trees=TREE_COUNT,
        reference=dict(zip(fitted.names, contributions.mean(axis=0).tolist(), strict=True)),
        absent=_absent(fitted),
        counts=_counts(fitted),
        stability=stability(fitted.learnt, fitted.refits),
        roc_auc_learnt=roc_auc(fitted.learnt, outcomes),
        calibration=Calibration.fit(fitted.margins, outcomes),
        without_protected=measure(fitted.margins, outcomes, folds, policy),
        with_protected=measure(fitted.margins_whole, outcomes, folds, policy),
        protected_features=PROTECTED,
        histories=_gain(fitted),
        versions=_versions(),
        seconds=round(time.perf_counter() - begun, 1),
        sha256={name: storage.digest(folder / name) for name in (TREES, GLOBAL_EXPLANATION)},
    )


def _gain(fitted: _Fitted) -> Gain | None:
    """What the credit histories add to the application; None where there are none."""
    if fitted.margins_alone is None:
        return None
    return gain(fitted.margins_alone, fitted.margins, fitted.outcomes)


def _data(portfolio: Portfolio) -> Data:
    return Data(
        sha256=portfolio.sha256,
        sources=portfolio.sources,
        fictitious=portfolio.fictitious,
        imported_at=portfolio.imported_at,
        clients=portfolio.size,
        labelled=portfolio.labelled,
        defaults=portfolio.defaults,
        tables=tuple(name for name in dictionary.TABLES if name in portfolio.tables),
    )


def _versions() -> dict[str, str]:
    packages = ("pretadepenser", "numpy", "scikit-learn", "fairlearn")
    return {
        "python": platform.python_version(),
        "xgboost": xgb.__version__,
        **{name: metadata.version(name) for name in packages},
    }
