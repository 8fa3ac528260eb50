"""What the model advised on a client, frozen: all that it was computed from, and all that was told.

It is stored with the decision of a person (docs/decisions/replay.md), and computed again years later from
itself and the archive: it holds the client's figures as the model read them, never a protected ground.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any, Final

import cattrs
import numpy as np
from cattrs.preconf.json import make_converter

from pretadepenser import money
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Row
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.distribution.percentile_rank import Compared
from pretadepenser.credit.explanation.reasons import Explanation, Reason, Told, explain
from pretadepenser.credit.model import archive
from pretadepenser.credit.model.archive import Archive
from pretadepenser.credit.model.boosting import xgboost
from pretadepenser.credit.model.inputs import as_read
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.scale import Scale
from pretadepenser.errors import ToldError
from pretadepenser.french import Person
from pretadepenser.money import Money

# Changed when advice that an older version of this code froze can no longer be read.
FORMAT: Final = 1

_converter = make_converter(forbid_extra_keys=True)


class AdviceError(ToldError):
    """Advice that was stored cannot be read; the message says in French why."""


@dataclass(frozen=True)
class Heard:
    """A reason as it is told: label and sentence to the advisor, yours to the client ("vous", on the sheet).

    names: the figures that it speaks of; points: signed, in favour of the client where positive.
    """

    names: tuple[str, ...]
    points: int
    label: str
    sentence: str
    your_label: str
    your_sentence: str


@dataclass(frozen=True)
class Line:
    """A line of the table of contributions, as it was shown: what is told as one, its value, its points."""

    name: str
    names: tuple[str, ...]
    label: str
    text: str
    points: int


@dataclass(frozen=True)
class Advice:
    """A score, its reasons, and all that they were computed from.

    number: SK_ID_CURR, None for a person who is not in the portfolio; inputs: raw values in Kaggle's codings
    of all columns that the model and the words read, as the model reads them (None: missing), and of history
    tables whether they were looked into.

    model: SHA-256 of the trees, as everywhere; training: of the model's card; portfolio: of the clients, as
    everywhere; distributions: of what reasons tell of them. The archive has the second and the fourth.
    limit: largest tolerated probability, 0..1; currency, amount_scale: as in Money; bureaux: names of the
    three bodies that give external scores, empty where they are not named; software: versions by package.

    margin: log-odds of default; probability: of the class-balanced model, 0..1; calibrated_rate: default
    rate among clients of comparable margin, 0..1; points_low, points_high: what nine trainings in ten stay
    within; base_points + the points of all contributions = points; contributions: by feature, log-odds and
    whole points; lines: the same as it was shown, the strongest first.
    """

    format: int
    number: int | None
    inputs: Mapping[str, int | float | str | None]
    model: str
    training: str
    portfolio: str
    distributions: str
    limit: float
    currency: str
    amount_scale: float
    bureaux: tuple[str, ...]
    software: Mapping[str, str]
    margin: float
    probability: float
    calibrated_rate: float
    points: int
    points_low: int
    points_high: int
    base_points: int
    granted: bool
    contributions: Mapping[str, tuple[float, int]]
    lines: tuple[Line, ...]
    against: tuple[Heard, ...]
    in_favour: tuple[Heard, ...]

    @property
    def close(self) -> bool:
        """Whether another training may well give the other answer."""
        return Scale.reached(self.points_low) != Scale.reached(self.points_high)

    @property
    def figures(self) -> tuple[str, ...]:
        """The names of the client's own figures among the inputs."""
        return tuple(name for name in self.inputs if name not in dictionary.TABLES)

    @property
    def money(self) -> Money:
        """The currency that amounts were shown in."""
        return Money(self.currency, self.amount_scale)


def freeze(
    model: Model,
    portfolio: Portfolio,
    row: Row,
    limit: float,
    number: int | None = None,
    bureaux: Sequence[str] = (),
) -> Advice:
    """Score and explain a client as `explain` does, in the currency in use, and freeze all of it.

    bureaux: names of the three bodies that give external scores, for the words to the client. What the
    advice is computed with is to be kept (`archive.keep`) before it is stored. Errors as of `explain`, and
    ModelError where the model was deleted meanwhile.
    """
    read = as_read(row)
    # A history table that was not looked into has no place in a row.
    inputs = {
        name: _plain(read.get(name) if name in dictionary.TABLES else read[name])
        for name in archive.looked_at(model.features)
    }
    shown = money.in_use()
    sources = {
        "model": model.sha256,
        "training": model.training,
        "portfolio": portfolio.sha256,
        "distributions": archive.compared(model, portfolio).sha256,
        "limit": limit,
        "currency": shown.currency,
        "amount_scale": shown.scale,
        "bureaux": tuple(bureaux),
        "software": software(),
    }
    # From what is stored, not from the row: what is stored is then known to be enough.
    return _advised(model, portfolio, number, inputs, sources)


def again(advice: Advice, archived: Archive) -> Advice:
    """Compute advice anew from its own inputs with the archived model, by the software of today.

    Raises ArchiveError: the archive is missing, damaged or of another version; AdviceError: this version does
    not know a figure or category of the inputs.
    """
    model, distributions = archived.model(advice.training), archived.distributions(advice.distributions)
    kept = ("model", "training", "portfolio", "distributions", "limit", "currency", "amount_scale", "bureaux")
    sources = {name: getattr(advice, name) for name in kept}
    try:
        with money.using(advice.money):
            return _advised(
                model, distributions, advice.number, advice.inputs, {**sources, "software": software()}
            )
    except (KeyError, ValueError) as error:
        raise AdviceError(
            f"Cette version de l’application ne sait plus lire une donnée de l’avis ({error}) : rejouez la "
            "décision avec celle qui l’a écrit "
            f"(Prêt à dépenser {advice.software.get('pretadepenser', '?')})."
        ) from error


def _advised(
    model: Model, portfolio: Compared, number: int | None, inputs: Row, sources: Mapping[str, Any]
) -> Advice:
    limit, bureaux = sources["limit"], sources["bureaux"]
    ours = explain(model, portfolio, inputs, limit, number)
    yours = explain(model, portfolio, inputs, limit, number, Told(Person.YOU, bureaux))
    score = ours.score
    return Advice(
        format=FORMAT,
        number=number,
        inputs=inputs,
        **sources,
        margin=score.margin,
        probability=score.probability,
        calibrated_rate=score.calibrated,
        points=score.points,
        points_low=score.points_low,
        points_high=score.points_high,
        base_points=ours.base_points,
        granted=score.granted,
        contributions={one.name: (one.margin, one.points) for one in ours.contributions},
        lines=_lines(ours),
        against=_heard(ours.against, yours.against),
        in_favour=_heard(ours.in_favour, yours.in_favour),
    )


def _lines(explanation: Explanation) -> tuple[Line, ...]:
    return tuple(
        Line(part.name, tuple(one.name for one in part.members), part.label, part.text, part.points)
        for part in explanation.parts
    )


def _heard(ours: Sequence[Reason], yours: Sequence[Reason]) -> tuple[Heard, ...]:
    """The same reasons in the words for the advisor and in those for the client."""
    return tuple(
        Heard(one.names, one.points, one.label, one.sentence, your.label, your.sentence)
        for one, your in zip(ours, yours, strict=True)
    )


def _plain(value: Value) -> int | float | str | None:
    """A raw value as JSON has it, exactly: NaN is a missing value, and numbers are Python's own."""
    if value is None or isinstance(value, str):
        return value
    number: int | float = value.item() if hasattr(value, "item") else value
    return None if math.isnan(number) else number


@cache
def software() -> Mapping[str, str]:
    """Versions of what computes advice here, by package."""
    return {
        "pretadepenser": metadata.version("pretadepenser"),
        "xgboost": xgboost.__version__,
        "numpy": np.__version__,
    }


def as_json(advice: Advice) -> dict[str, Any]:
    """Advice as JSON values, from which `from_json` gives the very same: no digit is lost."""
    plain: dict[str, Any] = _converter.unstructure(advice)
    return plain


def from_json(plain: object) -> Advice:
    """Advice of what `as_json` gave, read back from JSON. Raises AdviceError for anything else."""
    stated = plain.get("format") if isinstance(plain, Mapping) else None
    if isinstance(stated, int) and stated != FORMAT:
        raise AdviceError(
            "L’avis du modèle a été écrit par une autre version de l’application, et celle-ci ne sait pas "
            "le lire."
        )
    try:
        advice: Advice = _converter.structure(plain, Advice)
    except (cattrs.BaseValidationError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise AdviceError("L’avis du modèle n’est pas sous la forme dans laquelle il a été écrit.") from error
    return advice
