"""Why a score is what it is: exact contributions in points, and the reasons that a person can hear."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Row, wording
from pretadepenser.credit.model import scoring
from pretadepenser.credit.model.inputs import input_matrix
from pretadepenser.credit.model.scoring import Floats, Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.portfolio.percentile_rank import percentile_rank
from pretadepenser.credit.scale import Score, whole_points
from pretadepenser.french import Person

REASONS: Final = 5
_EXTERNAL_MEAN: Final = "EXT_SOURCE_MEAN"


@dataclass(frozen=True)
class Told:
    """How reasons are worded: for whom, and with which names of the bodies that give external scores."""

    person: Person = Person.CLIENT
    bureaux: tuple[str, ...] = ()


TOLD: Final = Told()


@dataclass(frozen=True)
class Contribution:
    """What one figure of the client adds to the score.

    value: raw value (None: missing); text: the same for a reader; margin: TreeSHAP value in log-odds of
    default, positive against the client; points: its whole points, positive for the client.
    """

    name: str
    label: str
    value: float | int | str | None
    text: str
    margin: float
    points: int


@dataclass(frozen=True)
class Reason:
    """A sentence a person can hear: the value, how it compares with other clients, what it does to the score.

    names: the figures that it speaks of (several for a group of thin columns).
    """

    names: tuple[str, ...]
    label: str
    sentence: str
    points: int


@dataclass(frozen=True)
class Decomposition:
    """A score and what it is made of, exactly: base_points + sum of the points = score.points.

    contributions: all features of the model, the strongest first.
    """

    score: Score
    base_points: int
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True)
class Explanation(Decomposition):
    """A decomposition and the sentences that say it; against and in_favour: up to REASONS each."""

    against: tuple[Reason, ...]
    in_favour: tuple[Reason, ...]


def decompose(model: Model, row: Row, limit: float, number: int | None = None) -> Decomposition:
    """Do what `explain` does, without the reasons: no other client is looked at and no sentence written."""
    parts, _ = next(_decomposed(model, [row], limit, [number]))
    return parts


def explain(
    model: Model,
    portfolio: Portfolio,
    row: Row,
    limit: float,
    number: int | None = None,
    told: Told = TOLD,
) -> Explanation:
    """Score one client and explain the score with exact TreeSHAP values.

    Args:
        model: the trained model.
        portfolio: the clients with whom values are compared.
        row: raw values in Kaggle's codings; at least `dictionary.columns_of(model.features)`.
        limit: largest tolerated probability, 0..1.
        number: SK_ID_CURR, None for a person who is not in the portfolio.
        told: how the reasons are worded.

    Raises:
        KeyError: a column of the model is missing in `row`, or a category is unknown.
    """
    return next(explain_all(model, portfolio, [row], limit, [number], told))


def explain_all(
    model: Model,
    portfolio: Portfolio,
    rows: Sequence[Row],
    limit: float,
    numbers: Sequence[int | None],
    told: Told = TOLD,
) -> Iterator[Explanation]:
    """Do what `explain` does for many rows: the model runs once, sentences are written row by row."""
    for parts, values in _decomposed(model, rows, limit, numbers):
        groups = _grouped(parts.contributions, values)
        yield Explanation(
            parts.score,
            parts.base_points,
            parts.contributions,
            against=_reasons(portfolio, values, groups, -1, told),
            in_favour=_reasons(portfolio, values, groups, +1, told),
        )


def _decomposed(
    model: Model, rows: Sequence[Row], limit: float, numbers: Sequence[int | None]
) -> Iterator[tuple[Decomposition, Row]]:
    """Each row's decomposition, and the row with its derived figures."""
    frame = dictionary.frame(rows)
    derived = dictionary.derive(frame)
    every = model.contributions(input_matrix(frame, model.features))
    for index, (row, number) in enumerate(zip(rows, numbers, strict=True)):
        values = dict(row) | {name: _known(figures[index]) for name, figures in derived.items()}
        yield _decomposition(model, values, every[index], limit, number), values


def _decomposition(
    model: Model, values: Row, margins: Floats, limit: float, number: int | None
) -> Decomposition:
    score = scoring.score(model, float(margins.sum()), limit, number)
    base = math.floor(score.scale.exact_points(float(margins[-1])))
    gains = score.scale.gain(margins[:-1]).tolist()
    points = whole_points(gains, base, score.points)
    contributions = [
        Contribution(
            name,
            dictionary.describe(name).label,
            values[name],
            wording.text_in(dictionary.describe(name), values),
            float(margin),
            gain,
        )
        for name, margin, gain in zip(model.features, margins, points, strict=False)
    ]
    contributions.sort(key=lambda one: -abs(one.margin))
    return Decomposition(score, base, tuple(contributions))


def _known(value: float) -> float | None:
    return None if value != value else float(value)


def _grouped(contributions: Iterable[Contribution], row: Row) -> dict[str, list[Contribution]]:
    """Contributions that are explained together, by the name of the group or figure that tells them.

    The thin columns of a group are told as one. What has no object in this file goes with the figure that
    makes it so: no car, and no age of a car, are one thing to say.
    """
    together: dict[str, list[Contribution]] = {}
    for one in contributions:
        together.setdefault(_teller(one.name, row), []).append(one)
    return together


def _teller(name: str, row: Row) -> str:
    column = dictionary.describe(name)
    if column.not_applicable_where and column.is_not_applicable(row):
        return column.not_applicable_where[0]
    return column.group or name


def _reasons(
    portfolio: Portfolio, row: Row, groups: Mapping[str, Sequence[Contribution]], sign: int, told: Told
) -> tuple[Reason, ...]:
    """The groups that move the score in the direction of `sign`, strongest first, by at least a point."""
    weighed = [
        (sum(one.points for one in group), teller, group)
        for teller, group in groups.items()
        if not _unheard_of(portfolio, row, teller)
    ]
    chosen = sorted((one for one in weighed if one[0] * sign > 0), key=lambda one: -abs(one[0]))
    return tuple(_reason(portfolio, row, *one, told) for one in chosen[:REASONS])


def _unheard_of(portfolio: Portfolio, row: Row, name: str) -> bool:
    """Say whether a figure is absent that no client lacks: there is nothing true to say of its points."""
    # The external scores are told by their mean, which only a file without any of them lacks.
    told_by = _EXTERNAL_MEAN if name == dictionary.EXTERNAL_GROUP else name
    return told_by not in dictionary.GROUPS and row[told_by] is None and portfolio.missing(told_by) == 0


def _reason(
    portfolio: Portfolio, row: Row, points: int, teller: str, group: Sequence[Contribution], told: Told
) -> Reason:
    names = tuple(one.name for one in group)
    if teller in dictionary.GROUPS:
        label = dictionary.group_label(teller, told.person)
        return Reason(names, label, _together(portfolio, row, points, teller, told), points)
    column, value = dictionary.describe(teller, told.person), row[teller]
    ranked = percentile_rank(portfolio, column, value)
    sentence = wording.reason(column, value, ranked.rank, ranked.share, points)
    return Reason(names, column.label, sentence, points)


def _together(portfolio: Portfolio, row: Row, points: int, group: str, told: Told) -> str:
    """The sentence of a group; that of the external scores places their mean among the other clients."""
    if group != dictionary.EXTERNAL_GROUP:
        return wording.group_reason(group, row, points, person=told.person)
    mean = dictionary.describe(_EXTERNAL_MEAN)
    ranked = percentile_rank(portfolio, mean, row[mean.name])
    return wording.external_reason(row, ranked.rank, ranked.share, points, told.person, told.bureaux)
