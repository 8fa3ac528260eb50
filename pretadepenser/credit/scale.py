"""One scale for every score: margin, probability, points.

The *margin* is the log-odds of default under the class-balanced model: higher is riskier. The limit set by
the lender is a probability, hence a margin. Points are the margin turned round and stretched so that the
limit is 500 points and 20 points more halve the odds of default (Siddiqi, *Credit Risk Scorecards*, ch. 6).

Points are rounded down. A loan is granted up to and including the limit, and so exactly when the points
reach 500: the two ways of telling the decision cannot disagree.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import count
from typing import Any, ClassVar, TypeVar, overload

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Margins = NDArray[np.floating[Any]]
Number = TypeVar("Number", float, NDArray[np.float64])


@dataclass(frozen=True)
class Scale:
    """The scale of points at `limit`, a probability strictly between 0 and 1 (ValueError otherwise).

    A margin is a number, or an array of any shape: answers are the same, one by one, and have its shape.
    """

    POINTS_AT_LIMIT: ClassVar[int] = 500
    POINTS_TO_DOUBLE_ODDS: ClassVar[int] = 20
    POINTS_PER_MARGIN: ClassVar[float] = POINTS_TO_DOUBLE_ODDS / math.log(2)

    limit: float

    def __post_init__(self) -> None:
        if not 0 < self.limit < 1:
            raise ValueError(f"not a limit between 0 and 1: {self.limit}")

    @cached_property
    def margin(self) -> float:
        """Margin of the limit."""
        return math.log(self.limit / (1 - self.limit))

    @overload
    def granted(self, margin: float) -> bool: ...
    @overload
    def granted(self, margin: Margins) -> NDArray[np.bool_]: ...
    def granted(self, margin: float | Margins) -> bool | NDArray[np.bool_]:
        """Whether the loan is granted: up to and including the limit."""
        if isinstance(margin, np.ndarray):
            # In float64, as one by one: float32 margins would be compared with a rounded limit.
            return np.asarray(margin <= np.float64(self.margin))
        return bool(margin <= self.margin)

    @overload
    def points(self, margin: float) -> int: ...
    @overload
    def points(self, margin: Margins) -> NDArray[np.int64]: ...
    def points(self, margin: float | Margins) -> int | NDArray[np.int64]:
        """Whole points, rounded down: at least POINTS_AT_LIMIT exactly when the loan is granted."""
        if isinstance(margin, np.ndarray):
            exact = np.floor(self.exact_points(margin.astype(np.float64))).astype(np.int64)
            reached = np.maximum(exact, self.POINTS_AT_LIMIT)
            return np.where(self.granted(margin), reached, np.minimum(exact, self.POINTS_AT_LIMIT - 1))
        whole = math.floor(self.exact_points(margin))
        return (
            max(whole, self.POINTS_AT_LIMIT) if self.granted(margin) else min(whole, self.POINTS_AT_LIMIT - 1)
        )

    def exact_points(self, margin: Number) -> Number:
        """Points before rounding."""
        return self.POINTS_AT_LIMIT + self.gain(margin - self.margin)

    def margin_of(self, points: float) -> float:
        """Margin that has exactly these points."""
        return self.margin - (points - self.POINTS_AT_LIMIT) / self.POINTS_PER_MARGIN

    @classmethod
    def reached(cls, points: int) -> bool:
        """Whether whole points are enough for the loan."""
        return points >= cls.POINTS_AT_LIMIT

    @classmethod
    def gain(cls, margin: Number) -> Number:
        """Points that a difference of margin adds to a score: less risk is more points."""
        return -cls.POINTS_PER_MARGIN * margin

    @staticmethod
    def probability(margin: Number) -> Number:
        """Probability of default, 0..1."""
        shares: Number = expit(margin)
        return shares if isinstance(shares, np.ndarray) else float(shares)


@dataclass(frozen=True)
class Stability:
    """How far another training would move a score, measured on refits to other clients of the same portfolio.

    margins: ascending log-odds; points: distance that nine refits in ten stay within, there; between them it
    is interpolated, and constant beyond.
    """

    margins: tuple[float, ...]
    points: tuple[float, ...]

    def reach(self, margin: float) -> int:
        """Whole points, at least one, that another training may move a score of this margin, either way."""
        return max(1, round(float(np.interp(margin, self.margins, self.points))))

    def near(self, points: int, scale: Scale) -> bool:
        """Whether another training may well give a score of these whole points the other answer."""
        reach = self.reach(scale.margin_of(points))
        return not scale.reached(points - reach) if scale.reached(points) else scale.reached(points + reach)

    def zone(self, scale: Scale) -> tuple[int, int]:
        """First and last whole points around the limit that are near it."""
        return _zone(self, scale)


@lru_cache(16)
def _zone(stability: Stability, scale: Scale) -> tuple[int, int]:
    """The same for every client of a model and a limit."""
    limit = scale.POINTS_AT_LIMIT
    first = next(points for points in count(limit - 1, -1) if not stability.near(points, scale)) + 1
    last = next(points for points in count(limit) if not stability.near(points, scale)) - 1
    return first, last


@dataclass(frozen=True)
class Score:
    """What the lender is told of one client.

    number: SK_ID_CURR, None for a person who is not in the portfolio; calibrated: default rate among clients
    of comparable margin, 0..1.
    """

    number: int | None
    margin: float
    scale: Scale
    calibrated: float
    stability: Stability

    @property
    def limit(self) -> float:
        """Largest tolerated probability, 0..1."""
        return self.scale.limit

    @cached_property
    def probability(self) -> float:
        """Probability of default of the class-balanced model, 0..1, to be compared with `limit`."""
        return self.scale.probability(self.margin)

    @cached_property
    def points(self) -> int:
        """Whole points, higher is safer."""
        return self.scale.points(self.margin)

    @property
    def gap(self) -> int:
        """Points above the limit; below it where negative."""
        return self.points - self.scale.POINTS_AT_LIMIT

    @property
    def granted(self) -> bool:
        """Whether the loan is granted."""
        return self.scale.granted(self.margin)

    @property
    def points_low(self) -> int:
        """Points that nine trainings in ten would give at least."""
        return self.points - self._reach

    @property
    def points_high(self) -> int:
        """Points that nine trainings in ten would give at most."""
        return self.points + self._reach

    @property
    def zone(self) -> tuple[int, int]:
        """First and last points that are near the limit."""
        return self.stability.zone(self.scale)

    @property
    def close(self) -> bool:
        """Whether points_low and points_high lie on either side of the limit."""
        return self.stability.near(self.points, self.scale)

    @cached_property
    def _reach(self) -> int:
        # By the whole points that are told, so that what is near is the same for all who have them.
        return self.stability.reach(self.scale.margin_of(self.points))


def whole_points(contributions: Sequence[float], base: int, total: int) -> list[int]:
    """Round contributions in points so that `base` plus their sum is exactly `total`.

    Largest remainder: each is rounded, then those that rounding moved most give way one point at a time. A
    contribution never changes sign, and one of exactly 0 stays 0. Raises ValueError when all are 0 and the
    total is not the base.
    """
    whole = [round(value) for value in contributions]
    lacking = total - base - sum(whole)
    step = 1 if lacking > 0 else -1
    for _ in range(abs(lacking)):
        movable = [
            index
            for index, value in enumerate(contributions)
            if value and (value * step > 0 or whole[index] != 0)
        ]
        if not movable:
            raise ValueError("no contribution can take the difference between base and total")
        index = max(movable, key=lambda index: step * (contributions[index] - whole[index]))
        whole[index] += step
    return whole
