"""Why a score is what it is: exact contributions in points, and the reasons that a person can hear."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pretadepenser.credit import dictionary, features, scoring, wording
from pretadepenser.credit.features import Row
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.scoring import Floats, Model, Score
from pretadepenser.credit.standing import standing

REASONS: Final = 5


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
    model: Model, portfolio: Portfolio, row: Row, limit: float, number: int | None = None
) -> Explanation:
    """Score one client and explain the score with exact TreeSHAP values.

    Args:
        model: the trained model.
        portfolio: the clients with whom values are compared.
        row: raw values in Kaggle's codings; at least `features.columns(model.features)`.
        limit: largest tolerated probability, 0..1.
        number: SK_ID_CURR, None for a person who is not in the portfolio.

    Raises:
        KeyError: a column of the model is missing in `row`, or a category is unknown.
    """
    return next(explain_all(model, portfolio, [row], limit, [number]))


def explain_all(
    model: Model, portfolio: Portfolio, rows: Sequence[Row], limit: float, numbers: Sequence[int | None]
) -> Iterator[Explanation]:
    """Do what `explain` does for many rows: the model runs once, sentences are written row by row."""
    for parts, values in _decomposed(model, rows, limit, numbers):
        groups = _grouped(parts.contributions)
        yield Explanation(
            parts.score,
            parts.base_points,
            parts.contributions,
            against=_reasons(portfolio, values, groups, -1),
            in_favour=_reasons(portfolio, values, groups, +1),
        )


def _decomposed(
    model: Model, rows: Sequence[Row], limit: float, numbers: Sequence[int | None]
) -> Iterator[tuple[Decomposition, Row]]:
    """Each row's decomposition, and the row with its derived figures."""
    frame = features.frame(rows)
    derived = features.derive(frame)
    every = model.contributions(features.matrix(frame, model.features))
    for place, (row, number) in enumerate(zip(rows, numbers, strict=True)):
        values = dict(row) | {name: _known(figures[place]) for name, figures in derived.items()}
        yield _decomposition(model, values, every[place], limit, number), values


def _decomposition(
    model: Model, values: Row, margins: Floats, limit: float, number: int | None
) -> Decomposition:
    score = scoring.score(model, float(margins.sum()), limit, number)
    base = math.floor(scoring.exact_points(float(margins[-1]), limit))
    gains = (-scoring.POINTS_PER_MARGIN * margins[:-1]).tolist()
    points = scoring.whole_points(gains, base, score.points)
    contributions = [
        Contribution(
            name,
            dictionary.describe(name).label,
            values[name],
            wording.value_text(dictionary.describe(name), values[name]),
            float(margin),
            gain,
        )
        for name, margin, gain in zip(model.features, margins, points, strict=False)
    ]
    contributions.sort(key=lambda one: -abs(one.margin))
    return Decomposition(score, base, tuple(contributions))


def _known(value: float) -> float | None:
    return None if value != value else float(value)


def _grouped(contributions: Iterable[Contribution]) -> list[tuple[Contribution, ...]]:
    """Contributions that are explained together, the thin columns of a group as one."""
    together: dict[str, list[Contribution]] = {}
    for one in contributions:
        together.setdefault(dictionary.describe(one.name).group or one.name, []).append(one)
    return [tuple(group) for group in together.values()]


def _reasons(
    portfolio: Portfolio, row: Row, groups: Sequence[Sequence[Contribution]], sign: int
) -> tuple[Reason, ...]:
    """The groups that move the score in the direction of `sign`, strongest first, by at least a point."""
    weighed = [(sum(one.points for one in group), group) for group in groups]
    chosen = sorted((one for one in weighed if one[0] * sign > 0), key=lambda one: -abs(one[0]))
    return tuple(_reason(portfolio, row, group, points) for points, group in chosen[:REASONS])


def _reason(portfolio: Portfolio, row: Row, group: Sequence[Contribution], points: int) -> Reason:
    first, names = group[0], tuple(one.name for one in group)
    column = dictionary.describe(first.name)
    if column.group:
        return Reason(
            names,
            dictionary.GROUPS[column.group],
            wording.group_reason(column.group, row, points),
            points,
        )
    place = standing(portfolio, column, first.value)
    return Reason(
        names,
        column.label,
        wording.reason(column, first.value, place.rank, place.share, points),
        points,
    )
