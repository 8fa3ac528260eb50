"""What training leaves on disk: XGBoost's own model file, a card that says what it is, and its explanation.

The card is checked when it is read: a model is only used by code that makes the very inputs it learnt from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import cattrs
from cattrs.preconf.json import make_converter

from pretadepenser import storage
from pretadepenser.credit import dictionary
from pretadepenser.credit.evaluation.metrics import Calibration, Gain, Metrics
from pretadepenser.credit.model.boosting import xgboost
from pretadepenser.credit.model.inputs import features_of
from pretadepenser.credit.scale import Stability
from pretadepenser.errors import ToldError

NAME: Final = "model"
TREES: Final = "model.ubj"
CARD: Final = "card.json"
GLOBAL_EXPLANATION: Final = "insight.json"
# Changed when an artefact written by an older version of this code can no longer be read.
FORMAT: Final = 6

# Fewest clients learnt from of a category that gives a reason: below, it would tell of a handful of people.
RARE: Final = 100

RETRAIN: Final = "lancez « flask --app wsgi model train »."

_converter = make_converter(forbid_extra_keys=True)


class ModelError(ToldError):
    """The model cannot be trained, read or used; the message says in French why and what to run."""


@dataclass(frozen=True)
class Data:
    """What a model was trained on: clients of the portfolio, those with a known outcome, their defaults.

    tables: the history tables that the portfolio had, in the dictionary's order.
    """

    sha256: str
    sources: tuple[str, ...]
    fictitious: bool
    imported_at: datetime
    clients: int
    labelled: int
    defaults: int
    tables: tuple[str, ...]

    @property
    def rare(self) -> bool:
        """Whether a default is: one client in five at most."""
        return 5 * self.defaults <= self.labelled


@dataclass(frozen=True)
class Card:
    """What a model is, without loading it.

    features: inputs in order; categories: codes of each category input, in the order of the numbers the trees
    know; monotone: +1 where a higher value may only raise the risk, −1 where it may only lower it;
    parameters: XGBoost's; without_protected and with_protected: out-of-fold quality of this model and of the
    same one fed the protected grounds as well; sha256: of the other files of the artefact, by name.
    reference: mean contribution of each feature over the clients learnt from, in log-odds, from which
    contributions are told; absent: clients learnt from whose figure is missing, by feature; counts: clients
    learnt from of each category, as the model reads it, by feature; stability: how far other trainings move
    scores; histories: what the credit histories add to the application alone, None where the model has none;
    roc_auc_learnt: of the model on the clients it learnt from, beside that of `without_protected`.
    """

    format: int
    trained_at: datetime
    data: Data
    features: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]]
    monotone: Mapping[str, int]
    parameters: Mapping[str, str | int | float]
    trees: int
    reference: Mapping[str, float]
    absent: Mapping[str, int]
    counts: Mapping[str, Mapping[str, int]]
    stability: Stability
    roc_auc_learnt: float
    calibration: Calibration
    without_protected: Metrics
    with_protected: Metrics
    protected_features: tuple[str, ...]
    histories: Gain | None
    versions: Mapping[str, str]
    seconds: float
    sha256: Mapping[str, str]


def categories(names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The published codes of each feature of `names` that is a category, in the dictionary's order."""
    described = {name: dictionary.describe(name) for name in names}
    return {name: tuple(column.categories or ()) for name, column in described.items() if column.textual}


def write_json(path: Path, content: object) -> None:
    """Write a frozen dataclass as JSON."""
    plain = _converter.unstructure(content)
    path.write_text(json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False), "utf-8")


def read_json(path: Path, kind: type[Any]) -> Any:
    """Read what `write_json` wrote of a dataclass of this `kind`.

    Raises ModelError when the file is missing, is not JSON or holds something else.
    """
    try:
        plain = json.loads(path.read_text("utf-8"))
        if not isinstance(plain, dict):
            raise damaged(path)
        return _converter.structure(plain, kind)
    except (OSError, ValueError, TypeError, KeyError, cattrs.BaseValidationError) as error:
        raise damaged(path) from error


def damaged(path: Path) -> ModelError:
    """What is said of a file of the model that is missing, unreadable or has changed."""
    return ModelError(f"Le fichier {path.name} du modèle est absent ou endommagé ({path.parent}) : {RETRAIN}")


def read_card(folder: Path) -> Card:
    """Read the card of the model in `folder` and check that this code can use the model.

    Raises ModelError when a file is missing or has changed since it was written, or when the model was made
    by another version of the application or of XGBoost, or for other inputs or categories.
    """
    stated = _format(folder / CARD)
    if stated != FORMAT:
        raise ModelError(f"Le modèle a été entraîné par une autre version de l’application : {RETRAIN}")
    card: Card = read_json(folder / CARD, Card)
    try:
        storage.check(folder)
    except storage.DamagedError as error:
        raise damaged(error.path) from error
    made_by, here = card.versions.get("xgboost", "?"), xgboost.__version__
    if made_by.partition(".")[0] != here.partition(".")[0]:
        raise ModelError(
            f"Le modèle a été entraîné avec XGBoost {made_by}, or XGBoost {here} est installé : {RETRAIN}"
        )
    made = features_of(card.data.tables)
    if card.features != made:
        changed = sorted(set(card.features) ^ set(made)) or ["ordre des données"]
        raise ModelError(
            f"Le modèle n’utilise pas les mêmes données que l’application ({', '.join(changed)}) : {RETRAIN}"
        )
    expected = categories(card.features)
    for name in expected:
        if card.categories.get(name) != expected[name]:
            raise ModelError(
                f"Les catégories de {name} ont changé dans le dictionnaire depuis l’entraînement : {RETRAIN}"
            )
    return card


def _format(path: Path) -> object:
    """The format that a card says it has. Raises ModelError where it says none."""
    content = read_json(path, dict[str, Any])
    if "format" not in content:
        raise damaged(path)
    return content["format"]
