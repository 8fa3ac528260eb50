"""From the model and a client's inputs to a score: margin, probability, points, decision."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pretadepenser import storage
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Row
from pretadepenser.credit.evaluation.influence import GlobalExplanation
from pretadepenser.credit.model import tabulated
from pretadepenser.credit.model.artefact import (
    CARD,
    GLOBAL_EXPLANATION,
    NAME,
    RARE,
    RETRAIN,
    TREES,
    Card,
    ModelError,
    damaged,
    read_card,
    read_json,
)
from pretadepenser.credit.model.boosting import xgboost as xgb
from pretadepenser.credit.model.inputs import feature_types, input_matrix
from pretadepenser.credit.model.tabulated import Table
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.portfolio.reading import NAME as PORTFOLIO
from pretadepenser.credit.scale import Scale, Score

__all__ = [
    "Card",
    "Model",
    "ModelError",
    "current_model",
    "current_scores",
    "score",
    "score_portfolio",
    "score_row",
]

SCORES: Final = "scores"
MARGINS: Final = "margins.npy"
RESCORE: Final = "flask --app wsgi model score"
# Rows whose contributions are looked up where they can be: of more, XGBoost's matrix costs little for each.
FEW: Final = 64
# Clients scored at a time: bounds memory, not results.
BATCH: Final = 65_536

Floats = NDArray[np.float64]
Inputs = NDArray[np.float32]


class Model:
    """A trained model, ready to score. Safe to use from several threads and after a fork: it starts none."""

    def __init__(self, folder: Path, card: Card, booster: xgb.Booster) -> None:
        self.folder = folder
        self.card = card
        self.features = card.features
        self._booster = booster
        self._types = feature_types(card.features)
        self._reference = np.array([card.reference[name] for name in card.features])
        self._table: Table | None = None
        # Also configures the booster now: later predictions, from any thread, change nothing in it.
        empty = np.full((1, len(card.features)), np.nan, np.float32)
        self._trees_base = tabulated.contributions(booster, empty, self._types)[0, -1]
        self.base = float(self.contributions(empty)[0, -1])

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Load the artefact in `folder`. Raises ModelError, with what to run, when it cannot be used."""
        card = read_card(folder)
        try:
            # One thread: OpenMP's others would not survive gunicorn's fork, and one row does not need them.
            booster = xgb.Booster({"nthread": 1}, model_file=folder / TREES)
        except xgb.core.XGBoostError as error:
            raise ModelError(f"Le fichier {TREES} du modèle est endommagé : {RETRAIN}") from error
        if booster.num_features() != len(card.features) or booster.num_boosted_rounds() != card.trees:
            raise ModelError(f"Le fichier {TREES} du modèle ne correspond pas à sa fiche : {RETRAIN}")
        return cls(folder, card, booster)

    @property
    def sha256(self) -> str:
        """SHA-256 of the trees, which names this model."""
        return self.card.sha256[TREES]

    @cached_property
    def training(self) -> str:
        """SHA-256 of the card, which names this very training: others may have the same trees.

        Raises ModelError where the model has been deleted since it was loaded.
        """
        try:
            return storage.digest(self.folder / CARD)
        except OSError as error:
            raise damaged(self.folder / CARD) from error

    @cached_property
    def global_explanation(self) -> GlobalExplanation:
        """The global explanation computed at training, read once. Raises ModelError when it is damaged."""
        overall: GlobalExplanation = read_json(self.folder / GLOBAL_EXPLANATION, GlobalExplanation)
        return overall

    def contributions(self, matrix: Inputs) -> Floats:
        """Exact contributions in log-odds, float64, shape (n, features + 1), the last column the base.

        TreeSHAP values (Lundberg et al. 2020, path-dependent form, as XGBoost computes it) less their mean
        over the clients learnt from, so that the base is the mean margin of these clients: the trees' own
        base is that of clients weighted by class, whom nobody has met. `matrix` is what input_matrix returns
        for `self.features`. Each row sums to its margin within 1e-5 (float32).
        """
        centred = self._told(matrix).astype(np.float64)
        centred[:, :-1] -= self._reference
        centred[:, -1] += self._reference.sum()
        return centred

    @property
    def tabulated(self) -> bool:
        """Whether `contributions` looks few rows up."""
        return self._table is not None

    def tabulate(self) -> None:
        """Have `contributions` look few rows up from now on, the same to the last bit at a tenth of the time.

        It takes half a second, and 2 MB: for who explains many clients one by one. Without effect on a model
        whose trees are too deep for it.
        """
        self._table = tabulated.tabulate(bytes(self._booster.save_raw()), tuple(self._types))

    def _told(self, matrix: Inputs) -> NDArray[np.float32]:
        """XGBoost's contributions of each row, the trees' own base last."""
        # Of infinite inputs XGBoost says that it takes none.
        if self._table is None or len(matrix) > FEW or np.isinf(matrix).any():
            return tabulated.contributions(self._booster, matrix, self._types)
        told = np.full((len(matrix), matrix.shape[1] + 1), self._trees_base, np.float32)
        for row, inputs in zip(told, matrix, strict=True):
            row[:-1] = self._table.of(inputs)
        return told

    def margins(self, matrix: Inputs) -> Floats:
        """Log-odds of default, float64, shape (n,); higher is riskier."""
        values: NDArray[np.float32] = self._booster.predict(
            self._data(matrix), output_margin=True, validate_features=False
        )
        return values.astype(np.float64)

    def rare(self, name: str, value: object) -> bool:
        """Say whether a raw value is a category of which too few clients were learnt from to tell by it."""
        counts = self.card.counts.get(name)
        return counts is not None and value is not None and counts.get(str(value), 0) < RARE

    def calibrate(self, margin: float) -> float:
        """Default rate, 0..1, observed among clients of comparable margin."""
        return self.card.calibration.rate(margin)

    def _data(self, matrix: Inputs) -> xgb.DMatrix:
        return xgb.DMatrix(matrix, feature_types=self._types, enable_categorical=True, nthread=1)


def score(model: Model, margin: float, limit: float, number: int | None = None) -> Score:
    """Make the score of a margin at `limit` (strictly between 0 and 1, ValueError otherwise)."""
    return Score(number, margin, Scale(limit), model.calibrate(margin), model.card.stability)


def score_row(model: Model, row: Row, limit: float, number: int | None = None) -> Score:
    """Score one client's raw values, at least `dictionary.columns_of(model.features)`, as `score` does.

    The margin is the sum of the contributions, as in every explanation: the model's own differs by a
    millionth, which is enough to move a score by a point. Raises KeyError for a missing column or an unknown
    category.
    """
    frame = dictionary.frame([row], dictionary.columns_of(model.features))
    contributions = model.contributions(input_matrix(frame, model.features))
    return score(model, float(contributions[0].sum()), limit, number)


def current_model(instance: Path) -> Model | None:
    """Load the model published in `instance`, or return None when there is none yet.

    Raises ModelError when there is one and it cannot be used.
    """
    try:
        folder = storage.current(instance, NAME)
    except storage.DamagedError as error:
        raise damaged(error.path) from error
    return None if folder is None else Model.load(folder)


def _silent(step: str, share: float) -> None:
    pass


def score_portfolio(
    model: Model, portfolio: Portfolio, instance: Path, progress: Callable[[str, float], None] = _silent
) -> None:
    """Write the margins of all clients, float32 aligned with `portfolio.numbers()`, as `instance/scores`.

    Those of the portfolio and model in use stay in place beside them, so that readers go on with these until
    the portfolio or the model for which the new ones are is published.
    """
    with storage.publish(instance, SCORES, also=_in_use(instance)) as folder:
        margins = np.lib.format.open_memmap(
            folder / MARGINS, mode="w+", dtype=np.float32, shape=(portfolio.size,)
        )
        storage.reserve(folder / MARGINS)
        done = 0
        for frame in portfolio.frames(dictionary.columns_of(model.features), BATCH):
            scored = model.margins(input_matrix(frame, model.features))
            margins[done : done + scored.size] = scored
            done += scored.size
            progress("Calcul des scores", done / portfolio.size)
        margins.flush()
        card = {"portfolio": portfolio.sha256, "model": model.sha256}
        (folder / CARD).write_text(json.dumps(card), "utf-8")


def forget_scores(instance: Path) -> None:
    """Delete all scores but those of the portfolio and model in use. Raises OSError where it cannot be."""
    storage.forget(instance, SCORES, keep=_in_use(instance))


def current_scores(instance: Path, portfolio: Portfolio, model: Model) -> NDArray[np.float32] | None:
    """Margins of all clients, read through a memory map, float32, shape (portfolio.size,).

    None when there are none of this very portfolio and model. Raises ModelError when theirs are damaged.
    """
    pair = {"portfolio": portfolio.sha256, "model": model.sha256}
    folder = next((one for one in storage.generations(instance, SCORES) if _pair(one) == pair), None)
    try:
        # Where none are of this pair, those in place may be: a damaged card would not say so.
        if stated := folder or storage.current(instance, SCORES):
            storage.check(stated)
        if folder is None:
            return None
        margins: NDArray[np.float32] = np.load(folder / MARGINS, mmap_mode="r")
    except storage.DamagedError as error:
        raise _scores_damaged(error.path) from error
    except (OSError, ValueError, EOFError) as error:
        raise _scores_damaged(instance / SCORES / MARGINS) from error
    if margins.shape != (portfolio.size,) or margins.dtype != np.float32:
        raise _scores_damaged(folder / MARGINS)
    return margins


def _pair(folder: Path) -> object:
    """The portfolio and model whose scores a folder holds, None where it does not say."""
    try:
        return json.loads((folder / CARD).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _in_use(instance: Path) -> list[Path]:
    """Folders of the scores of the portfolio and model in use."""
    try:
        folders = storage.current(instance, PORTFOLIO), storage.current(instance, NAME)
        if None in folders:
            return []
        stated = [json.loads((folder / CARD).read_text("utf-8"))["sha256"] for folder in folders if folder]
        pair = {"portfolio": stated[0], "model": stated[1][TREES]}
    except (storage.DamagedError, OSError, ValueError, KeyError, TypeError):
        return []
    return [one for one in storage.generations(instance, SCORES) if _pair(one) == pair]


def _scores_damaged(path: Path) -> ModelError:
    return ModelError(f"Les scores des clients sont endommagés ({path}) : lancez « {RESCORE} ».")
