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
from typing import Final

POINTS_AT_LIMIT: Final = 500
POINTS_TO_DOUBLE_ODDS: Final = 20
POINTS_PER_MARGIN: Final = POINTS_TO_DOUBLE_ODDS / math.log(2)
CLOSE: Final = 20


@dataclass(frozen=True)
class Score:
    """What the lender is told of one client.

    probability: of the class-balanced model, 0..1, to be compared with `limit`; calibrated: default rate
    among clients of comparable margin, 0..1; points: 500 at the limit, higher is safer; close: within 20
    points of it, either side.
    """

    number: int | None
    margin: float
    probability: float
    limit: float
    points: int
    calibrated: float
    granted: bool
    close: bool


def margin_of(limit: float) -> float:
    """Margin of a limit strictly between 0 and 1 (ValueError otherwise)."""
    if not 0 < limit < 1:
        raise ValueError(f"not a limit between 0 and 1: {limit}")
    return math.log(limit / (1 - limit))


def exact_points(margin: float, limit: float) -> float:
    """Points before rounding."""
    return POINTS_AT_LIMIT - POINTS_PER_MARGIN * (margin - margin_of(limit))


def points_of(margin: float, limit: float) -> int:
    """Points of a margin, rounded down: at least 500 exactly when the loan is granted."""
    if margin <= margin_of(limit):
        return max(POINTS_AT_LIMIT, math.floor(exact_points(margin, limit)))
    return min(POINTS_AT_LIMIT - 1, math.floor(exact_points(margin, limit)))


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
