"""Train the model on the portfolio's clients of known outcome, measure it, and publish it.

What is held of each client (raw columns, inputs of three models, margins, contributions: three kilobytes)
is in memory where `memory` allows, else in files that are mapped, which the system writes out when it must.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path
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
from pretadepenser.credit.model import learning, scoring
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
from pretadepenser.credit.model.inputs import FEATURES, features_of, input_matrix
from pretadepenser.credit.model.learning import (
    SEED,
    Clients,
    Counter,
    Here,
    Inputs,
    Learner,
    contributions_of,
    margins_of,
    monotone,
)
from pretadepenser.credit.portfolio import Portfolio, current_portfolio
from pretadepenser.credit.portfolio.importing import MEMORY
from pretadepenser.credit.scale import Scale

LIMIT: Final = 0.48
COST_RATIO: Final = 10
FOLDS: Final = 5
# Fewest clients of known outcome, and of each outcome, that a model can honestly be made from.
FEWEST_LABELLED: Final = 1000
FEWEST_EACH: Final = 100
# Clients whose contributions are summarised in the global explanation.
SAMPLE: Final = 5000

# The protected grounds, for the model that is only measured: what leaving them out costs. Without the 47 thin
# columns of the building, which make any model worse here (AUC 0.755 for 0.757) and would hide that cost.
PROTECTED: Final = tuple(
    name
    for name in dictionary.protected_columns()
    if dictionary.describe(name).group != dictionary.BUILDING_GROUP
)

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
    instance: Path,
    *,
    limit: float = LIMIT,
    cost_ratio: int = COST_RATIO,
    progress: Progress = _silent,
    memory: int = MEMORY,
    learner: Callable[[Counter], Learner] | None = None,
) -> TrainingReport:
    """Train on the portfolio in `instance`, score all clients, and publish scores and `instance/model`.

    Measures are out of fold (5 folds, stratified), at `limit` (probability strictly between 0 and 1),
    a default costing `cost_ratio` good clients refused. memory: megabytes beyond which clients wait on the
    disk of the instance; learner: where trees are fitted, if not here, given what counts them.
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
    with learning.scratch(instance) if _beyond(portfolio, memory) else nullcontext() as scratch:
        space = _Space(scratch)
        fitted = _fit_all(portfolio, progress, space, learner or partial(Here, folder=scratch))
        progress("Mesure du modèle", 0.0)
        contributions = _contributions(fitted, space)
        progress("Mesure du modèle", 0.5)
        policy = Policy(limit, cost_ratio)
        reference: Floats = contributions.mean(axis=0, dtype=np.float64)
        explained = _explain(fitted, contributions, reference, policy)
        progress("Mesure du modèle", 1.0)
        with storage.publish(instance, NAME) as folder:
            # XGBoost's own save_model tells of a full disk with a trace of C++.
            (folder / TREES).write_bytes(fitted.booster.save_raw("ubj"))
            write_json(folder / GLOBAL_EXPLANATION, explained)
            write_json(folder / CARD, _card(portfolio, fitted, reference, policy, folder, begun))
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


@dataclass(frozen=True)
class _Space:
    """Room for a value of each client, in memory or, in a folder, in mapped files."""

    folder: Path | None

    def array(self, name: str, shape: tuple[int, ...], kind: type) -> NDArray[Any]:
        """Give an array of this shape, nothing in it yet. Raises OSError where the disk has no room."""
        if self.folder is None:
            return np.empty(shape, kind)
        path = self.folder / f"{name}.npy"
        mapped = np.lib.format.open_memmap(path, "w+", kind, shape)
        storage.reserve(path)
        return mapped


def _compared(portfolio: Portfolio) -> dict[str, tuple[str, ...]]:
    """Inputs of the model, and of those that it is measured against, by kind."""
    names = features_of(portfolio.tables)
    alone = {"alone": FEATURES} if names != FEATURES else {}
    return {"ours": names, "whole": (*names, *PROTECTED), **alone}


def _needed(names: Sequence[str]) -> tuple[str, ...]:
    """The columns that training and audits read."""
    return dictionary.columns_of((*names, *PROTECTED, *fairness.COLUMNS))


def _beyond(portfolio: Portfolio, memory: int) -> bool:
    """Whether what a training holds of all clients is more than so many megabytes."""
    compared = _compared(portfolio)
    raw = 8 * len(_needed(compared["ours"]))
    inputs = sum(4 * len(names) for names in compared.values())
    # Of each of two fits: the inputs chosen, the same without some histories, and what XGBoost makes of them.
    fits = 2 * (4 + 4 + 2) * len(compared["whole"])
    margins = 8 * FOLDS * len(compared)
    contributions = 4 * len(compared["ours"])
    return portfolio.labelled * (raw + inputs + fits + margins + contributions) > memory * 1e6


def _labelled(portfolio: Portfolio, names: Sequence[str], space: _Space) -> tuple[Outcomes, dictionary.Frame]:
    """Outcomes, int8 0/1, and the columns that training and audits need, of clients of known outcome."""
    known = ~np.isnan(portfolio.column("TARGET"))
    outcomes = portfolio.column("TARGET")[known].astype(np.int8)
    frame = {}
    for name in _needed(names):
        frame[name] = space.array(name, (outcomes.size,), np.float64)
        frame[name][:] = portfolio.column(name)[known]
    return outcomes, frame


def _parts(frame: dictionary.Frame) -> Iterator[tuple[slice, dictionary.Frame]]:
    """The clients of a frame, some at a time, and where they stand in it."""
    for start in range(0, len(next(iter(frame.values()))), learning.PART):
        part = slice(start, start + learning.PART)
        yield part, {name: values[part] for name, values in frame.items()}


def _folds(outcomes: Outcomes) -> Folds:
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    return [tested for _, tested in splitter.split(outcomes.reshape(-1, 1), outcomes)]


@dataclass(frozen=True, eq=False)
class _Fitted:
    """The model fitted to all clients of known outcome, and what it is measured by, in their order.

    names: its features; frame: the clients' raw columns, shape (n,) each; inputs: the model's; margins: out
    of fold, shape (n,), margins_whole those of the model that is fed the protected grounds as well,
    margins_alone of the one that is fed the application alone (None where it is all there is); learnt: those
    of the model itself, which saw these clients; refits: those of the models of all folds, shape (folds, n);
    libraries: packages that fitted them, beside those of every training.
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
    libraries: tuple[str, ...]


def _fit_all(
    portfolio: Portfolio, progress: Progress, space: _Space, learner: Callable[[Counter], Learner]
) -> _Fitted:
    compared = _compared(portfolio)
    outcomes, frame = _labelled(portfolio, compared["ours"], space)
    folds = _folds(outcomes)
    tests = np.empty(outcomes.size, np.int8)
    for number, tested in enumerate(folds):
        tests[tested] = number
    where = learner(
        Counter(len(compared) * len(folds) + 1, partial(progress, "Entraînement et validation croisée"))
    )
    held = {}
    for kind, names in compared.items():
        inputs = space.array(f"inputs-{kind}", (outcomes.size, len(names)), np.float32)
        for part, columns in _parts(frame):
            inputs[part] = input_matrix(columns, names)
        held[kind] = Clients(names, inputs, outcomes, tests)
    fits = {kind: where.hold(clients) for kind, clients in held.items()}
    refits = {kind: space.array(f"refits-{kind}", (FOLDS, outcomes.size), np.float64) for kind in held}

    def refit(kind: str, fold: int) -> None:
        """Write the margins that a model fitted to the other folds gives all clients."""
        clients = held[kind]
        refits[kind][fold] = margins_of(fits[kind](fold), clients.inputs, clients.names)

    with ThreadPoolExecutor(max_workers=where.together) as pool:
        final = pool.submit(fits["ours"], None)
        for waited in [pool.submit(refit, kind, fold) for kind in held for fold in range(FOLDS)]:
            waited.result()
        booster = final.result()
    ours = held["ours"]
    margins = {kind: _out_of_fold(each, folds) for kind, each in refits.items()}
    return _Fitted(
        booster=booster,
        names=ours.names,
        frame=frame,
        inputs=ours.inputs,
        outcomes=outcomes,
        folds=folds,
        margins=margins["ours"],
        margins_whole=margins["whole"],
        margins_alone=margins.get("alone"),
        learnt=margins_of(booster, ours.inputs, ours.names),
        refits=refits["ours"],
        libraries=where.libraries,
    )


def _out_of_fold(refits: Floats, folds: Folds) -> Floats:
    """The margin of each client by the model that did not see it, of those of all models."""
    margins = np.empty(refits.shape[1])
    for refit, fold in zip(refits, folds, strict=True):
        margins[fold] = refit[fold]
    return margins


def _contributions(fitted: _Fitted, space: _Space) -> Inputs:
    """TreeSHAP values of all clients learnt from, float32, shape (n, features): not yet centred."""
    found = space.array("contributions", fitted.inputs.shape, np.float32)

    def fill(start: int) -> None:
        part = slice(start, start + SAMPLE)
        found[part] = contributions_of(fitted.booster, fitted.inputs[part], fitted.names)

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        # What went wrong in a thread is raised where its answer is taken.
        list(pool.map(fill, range(0, len(found), SAMPLE)))
    return found


def _absent(fitted: _Fitted) -> dict[str, int]:
    """Clients whose figure is missing, by feature."""
    counts = dict.fromkeys(fitted.names, 0)
    for _, frame in _parts(fitted.frame):
        figures = {**frame, **dictionary.derive(frame)}
        for name in counts:
            counts[name] += int(np.isnan(figures[name]).sum())
    return counts


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


def _explain(fitted: _Fitted, contributions: Inputs, reference: Floats, policy: Policy) -> GlobalExplanation:
    outcomes, margins, whole = fitted.outcomes, fitted.margins, fitted.margins_whole
    random = np.random.default_rng(SEED)
    chosen = np.sort(random.choice(outcomes.size, min(SAMPLE, outcomes.size), replace=False))
    gains = Scale.gain(contributions[chosen] - reference)
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
    portfolio: Portfolio, fitted: _Fitted, reference: Floats, policy: Policy, folder: Path, begun: float
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
        parameters=dict(learning.PARAMETERS),
        trees=learning.TREE_COUNT,
        reference=dict(zip(fitted.names, reference.tolist(), strict=True)),
        absent=_absent(fitted),
        counts=_counts(fitted),
        stability=stability(fitted.learnt, fitted.refits),
        roc_auc_learnt=roc_auc(fitted.learnt, outcomes),
        calibration=Calibration.fit(fitted.margins, outcomes),
        without_protected=measure(fitted.margins, outcomes, folds, policy),
        with_protected=measure(fitted.margins_whole, outcomes, folds, policy),
        protected_features=PROTECTED,
        histories=_gain(fitted),
        versions=_versions(fitted.libraries),
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


def _versions(libraries: tuple[str, ...]) -> dict[str, str]:
    packages = ("pretadepenser", "numpy", "scikit-learn", "fairlearn", *libraries)
    return {
        "python": platform.python_version(),
        "xgboost": xgb.__version__,
        **{name: metadata.version(name) for name in packages},
    }
