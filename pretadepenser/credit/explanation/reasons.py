"""Why a score is what it is: exact contributions in points, and the reasons that a person can hear."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Column, Row, wording
from pretadepenser.credit.distribution.percentile_rank import Compared, percentile_rank
from pretadepenser.credit.model import scoring
from pretadepenser.credit.model.inputs import as_read, input_matrix
from pretadepenser.credit.model.scoring import Floats, Model
from pretadepenser.credit.scale import Scale, Score, whole_points
from pretadepenser.french import Person

REASONS: Final = 5
_EXTERNAL_MEAN: Final = "EXT_SOURCE_MEAN"


@dataclass(frozen=True)
class Told:
    """How reasons are worded: for whom, and with which names of the bodies that give external scores."""

    person: Person = Person.CLIENT
    bureaux: tuple[str, ...] = ()


TOLD: Final = Told()


class Contribution(NamedTuple):
    """What one figure of the client adds to the score.

    value: raw value as the model reads it (None: missing); text: the same for a reader; margin: TreeSHAP
    value less its mean over the clients learnt from, in log-odds of default, positive against the client;
    points: its whole points, positive for the client.
    """

    name: str
    label: str
    value: float | int | str | None
    text: str
    margin: float
    points: int


class Part(NamedTuple):
    """What is told as one: a figure, or figures that say the same thing (a group of the dictionary).

    name: of the group, or of the figure that tells it; text: what stands for its value; margin, points: sums
    over the members, which are as in Contribution, the strongest first; heard: whether it may be a reason.
    """

    name: str
    label: str
    text: str
    margin: float
    points: int
    members: tuple[Contribution, ...]
    heard: bool


@dataclass(frozen=True)
class Reason:
    """A sentence a person can hear: the value, how it compares with other clients, what it does to the score.

    names: the figures that it speaks of (several where they are told as one).
    """

    names: tuple[str, ...]
    label: str
    sentence: str
    points: int


@dataclass(frozen=True)
class Decomposition:
    """A score and what it is made of, exactly: base_points + sum of the parts' points = score.points.

    base_points: mean score of the clients learnt from; parts: all features of the model, told as one where
    they say one thing, the strongest first.
    """

    score: Score
    base_points: int
    parts: tuple[Part, ...]

    @property
    def contributions(self) -> tuple[Contribution, ...]:
        """Every feature of the model, part after part."""
        return tuple(member for part in self.parts for member in part.members)


@dataclass(frozen=True)
class Explanation(Decomposition):
    """A decomposition and the sentences that say it; against and in_favour: up to REASONS each."""

    against: tuple[Reason, ...]
    in_favour: tuple[Reason, ...]


def decompose(model: Model, row: Row, limit: float, number: int | None = None) -> Decomposition:
    """Do what `explain` does, without the reasons: no other client is looked at and no sentence written."""
    return decompose_all(model, [row], limit, number)[0]


def decompose_all(
    model: Model, rows: Sequence[Row], limit: float, number: int | None = None
) -> list[Decomposition]:
    """Do what `decompose` does for several rows of one client: the model runs once."""
    return [whole for whole, _ in _decomposed(model, rows, limit, [number] * len(rows))]


def explain(
    model: Model,
    portfolio: Compared,
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

    Raises KeyError: a column of the model is missing in `row`, or a category is unknown.
    """
    return next(explain_all(model, portfolio, [row], limit, [number], told))


def explain_all(
    model: Model,
    portfolio: Compared,
    rows: Sequence[Row],
    limit: float,
    numbers: Sequence[int | None],
    told: Told = TOLD,
) -> Iterator[Explanation]:
    """Do what `explain` does for many rows: the model runs once, sentences are written row by row."""
    for whole, values in _decomposed(model, rows, limit, numbers):
        yield Explanation(
            whole.score,
            whole.base_points,
            whole.parts,
            against=_reasons(portfolio, values, whole.parts, -1, told),
            in_favour=_reasons(portfolio, values, whole.parts, +1, told),
        )


def _decomposed(
    model: Model, rows: Sequence[Row], limit: float, numbers: Sequence[int | None]
) -> Iterator[tuple[Decomposition, Row]]:
    """Each row's decomposition, and the row as the model reads it with its derived figures."""
    frame = dictionary.frame(rows, _looked_at(model.features))
    derived = dictionary.derive(frame)
    every = model.contributions(input_matrix(frame, model.features, derived))
    for index, (row, number) in enumerate(zip(rows, numbers, strict=True)):
        values = {**as_read(row), **{name: _known(figures[index]) for name, figures in derived.items()}}
        yield _decomposition(model, values, every[index], limit, number), values


@lru_cache(16)
def _looked_at(features: tuple[str, ...]) -> tuple[str, ...]:
    """Columns of which the features are made, and all derived figures: an eighth of those of a row."""
    return dictionary.columns_of((*features, *dictionary.DERIVED))


def _decomposition(
    model: Model, values: Row, margins: Floats, limit: float, number: int | None
) -> Decomposition:
    """Round what is told as one first, so that it adds up to the score, then the members of each."""
    score = scoring.score(model, float(margins.sum()), limit, number)
    base = math.floor(score.scale.exact_points(float(margins[-1])))
    together: dict[str, list[tuple[Column, float]]] = {}
    for column, margin in zip(_described(model.features), margins[:-1].tolist(), strict=True):
        together.setdefault(_teller(column, values), []).append((column, margin))
    gains = [score.scale.gain(math.fsum(margin for _, margin in members)) for members in together.values()]
    points = whole_points(gains, base, score.points)
    parts = [
        _part(model, values, teller, members, gain)
        for (teller, members), gain in zip(together.items(), points, strict=True)
    ]
    parts.sort(key=lambda part: (-abs(part.points), -abs(part.margin)))
    return Decomposition(score, base, tuple(parts))


@lru_cache(16)
def _described(features: tuple[str, ...]) -> tuple[Column, ...]:
    return tuple(map(dictionary.describe, features))


def _part(
    model: Model, values: Row, teller: str, members: Sequence[tuple[Column, float]], points: int
) -> Part:
    alone = len(members) == 1
    gains = [points] if alone else whole_points([Scale.gain(margin) for _, margin in members], 0, points)
    told = [
        Contribution(
            column.name, column.label, values[column.name], _text(model, column, values), margin, gain
        )
        for (column, margin), gain in zip(members, gains, strict=True)
    ]
    told.sort(key=lambda one: (-abs(one.points), -abs(one.margin)))
    grouped = teller in dictionary.GROUPS
    return Part(
        teller,
        dictionary.group_label(teller) if grouped else dictionary.describe(teller).label,
        _grouped_text(teller, values, told)
        if grouped
        else next((one.text for one in told if one.name == teller), None)
        or _text(model, dictionary.describe(teller), values),
        math.fsum(margin for _, margin in members),
        points,
        tuple(told),
        _heard(model, values, teller, told),
    )


def _grouped_text(group: str, values: Row, told: Sequence[Contribution]) -> str:
    """What stands for the value of a group: of a credit history, its figure that counts most."""
    if group not in dictionary.HISTORY_GROUPS:
        return wording.group_text(group, values)
    first = _telling(told)
    if all(one.value is None for one in told):
        return first.text
    return f"{first.label}{french.NO_BREAK}: {first.text}"


def _known(value: float) -> float | None:
    return None if value != value else float(value)


def _teller(column: Column, row: Row) -> str:
    """The group or figure that tells a figure.

    What has no object in this file goes with the figure that makes it so: no employment, and no occupation,
    are one thing to say.
    """
    if column.group is None and (without := column.without_object(row)):
        return without.where[0][0]
    return column.group or column.name


def _text(model: Model, column: Column, values: Row) -> str:
    text = wording.text_in(column, values)
    return f"{text} (catégorie rare)" if model.rare(column.name, values[column.name]) else text


def _heard(model: Model, row: Row, teller: str, told: Sequence[Contribution]) -> bool:
    """Say whether a part may be a reason.

    Neither what next to no client learnt from has, nor an absence that none of them knew: there is nothing
    true to say of its points. Nor a credit history of which nothing is known.
    """
    if teller in dictionary.HISTORY_GROUPS:
        return any(one.value is not None for one in told) and _learnt(model, row, _telling(told).name)
    if teller in dictionary.GROUPS:
        # The external scores are told by their mean, which only a file without any of them lacks.
        return teller != dictionary.EXTERNAL_GROUP or _learnt(model, row, _EXTERNAL_MEAN)
    return _learnt(model, row, teller) and not model.rare(teller, row[teller])


def _learnt(model: Model, row: Row, name: str) -> bool:
    """Say whether a figure is known, or lacks for some of the clients learnt from too."""
    return row[name] is not None or model.card.absent[name] > 0


def _reasons(
    portfolio: Compared, row: Row, parts: Sequence[Part], sign: int, told: Told
) -> tuple[Reason, ...]:
    """The parts that move the score in the direction of `sign`, strongest first, by at least a point."""
    chosen = [part for part in parts if part.heard and part.points * sign > 0]
    return tuple(_reason(portfolio, row, part, told) for part in chosen[:REASONS])


def _reason(portfolio: Compared, row: Row, part: Part, told: Told) -> Reason:
    names = tuple(one.name for one in part.members)
    if part.name not in dictionary.GROUPS:
        column = dictionary.describe(part.name, told.person)
        return Reason(names, column.label, _alone(portfolio, row, column, part.points), part.points)
    label = dictionary.group_label(part.name, told.person)
    return Reason(names, label, _together(portfolio, row, part, told), part.points)


def _alone(portfolio: Compared, row: Row, column: Column, points: int) -> str:
    """The sentence of one figure."""
    if without := column.without_object(row):
        return wording.reason_without_object(column, without, points)
    value = row[column.name]
    ranked = percentile_rank(portfolio, column, value)
    return wording.reason(column, value, ranked.rank, ranked.share, points)


def _together(portfolio: Compared, row: Row, part: Part, told: Told) -> str:
    """The sentence of a group: that of one of its figures, placed among those of the other clients."""
    match part.name:
        case dictionary.EXTERNAL_GROUP:
            mean = dictionary.describe(_EXTERNAL_MEAN)
            ranked = percentile_rank(portfolio, mean, row[mean.name])
            return wording.external_reason(
                row, ranked.rank, ranked.share, part.points, told.person, told.bureaux
            )
        case dictionary.CREDIT_GROUP:
            column = dictionary.describe(_strongest(part), told.person)
            ranked = percentile_rank(portfolio, column, row[column.name])
            return wording.credit_reason(row, column, ranked.rank, ranked.share, part.points)
        case dictionary.CAR_GROUP:
            # The age of a car says that there is one.
            name = "FLAG_OWN_CAR" if row["OWN_CAR_AGE"] is None else "OWN_CAR_AGE"
            return _alone(portfolio, row, dictionary.describe(name, told.person), part.points)
        case history if history in dictionary.HISTORY_GROUPS:
            column = dictionary.describe(_telling(part.members).name, told.person)
            return _alone(portfolio, row, column, part.points)
    return wording.group_reason(part.name, row, part.points, person=told.person)


def _telling(members: Sequence[Contribution]) -> Contribution:
    """The figure of a credit history that moves its group most in the group's direction, known or not.

    What is not known may be what counts: to tell another figure instead would give it points that it has not.
    """
    against = math.fsum(one.margin for one in members) > 0
    return max(members, key=lambda one: one.margin if against else -one.margin)


def _strongest(part: Part) -> str:
    """The known figure that moves a part most in its own direction; where none is known, its first figure."""
    known = [one for one in part.members if one.value is not None and one.margin * part.margin > 0]
    if known:
        return max(known, key=lambda one: abs(one.margin)).name
    return dictionary.in_group(part.name)[0].name
