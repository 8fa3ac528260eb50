"""What the model does overall: which data matter, how each one drives the score, how good the whole is.

Everything is computed once, at training. Contributions are exact TreeSHAP values in points, less their mean
over the clients learnt from, positive where they speak for the client, of a sample of clients; only counts,
means and quantiles of them are kept, of at least SMALLEST clients each, so that no client can be recognised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pretadepenser.credit import dictionary
from pretadepenser.credit.evaluation.fairness import AgeLink, Audit
from pretadepenser.credit.evaluation.metrics import CalibrationBin, CostPoint

Floats = NDArray[np.float64]

# Quantile bins of a numeric figure, and fewest clients that a bin may show.
BINS: Final = 12
SMALLEST: Final = 20


@dataclass(frozen=True)
class Step:
    """Clients whose figure lies in low..high (both met), or who have `category`, or whose figure is missing.

    mean, q10, q90: contribution in points of `size` clients.
    """

    size: int
    mean: float
    q10: float
    q90: float
    low: float | None = None
    high: float | None = None
    category: str | None = None


@dataclass(frozen=True)
class Influence:
    """How one feature drives the score.

    importance: mean absolute contribution in points; quantiles: 5, 25, 50, 75 and 95 % of the contribution;
    lowest, highest: mean contribution among the fifths of the clients with the lowest and the highest known
    values (None for categories, or where most values are equal); steps: the dependence curve, in order of the
    values, the missing ones last.
    """

    feature: str
    importance: float
    quantiles: tuple[float, float, float, float, float]
    lowest: float | None
    highest: float | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class GlobalExplanation:
    """Global explanation of one model: influences (most important first), of `sample` clients, and curves."""

    sample: int
    influences: tuple[Influence, ...]
    calibration: tuple[CalibrationBin, ...]
    isotonic_gap: float
    costs: tuple[CostPoint, ...]
    audits: tuple[Audit, ...]
    audits_with_protected: tuple[Audit, ...]
    age_links: tuple[AgeLink, ...]


def influences(inputs: NDArray[np.float32], points: Floats, names: Sequence[str]) -> tuple[Influence, ...]:
    """Summarise the contributions of a sample, most important feature first.

    inputs: as model.inputs makes them of the features `names`, shape (n, f); points: contributions in
    points, shape (n, f).
    """
    found = [_influence(name, inputs[:, k].astype(np.float64), points[:, k]) for k, name in enumerate(names)]
    return tuple(sorted(found, key=lambda influence: -influence.importance))


def _influence(name: str, values: Floats, points: Floats) -> Influence:
    column = dictionary.describe(name)
    known = ~np.isnan(values)
    lowest = highest = None
    if column.textual or column.categories:
        steps = _by_category(list(column.categories or ()), values, points)
    else:
        steps = _by_value(values[known], points[known])
        if known.sum() >= 5 * SMALLEST:
            low, high = np.quantile(values[known], [0.2, 0.8])
            if low < high:
                lowest = float(points[known & (values <= low)].mean())
                highest = float(points[known & (values >= high)].mean())
    if (~known).sum() >= SMALLEST:
        steps.append(_step(points[~known]))
    q05, q25, q50, q75, q95 = (float(q) for q in np.quantile(points, [0.05, 0.25, 0.5, 0.75, 0.95]))
    return Influence(
        name, float(np.abs(points).mean()), (q05, q25, q50, q75, q95), lowest, highest, tuple(steps)
    )


def _step(
    points: Floats, low: float | None = None, high: float | None = None, category: str | None = None
) -> Step:
    q10, q90 = np.quantile(points, [0.1, 0.9])
    return Step(points.size, float(points.mean()), float(q10), float(q90), low, high, category)


def _by_category(codes: Sequence[str], values: Floats, points: Floats) -> list[Step]:
    groups = ((code, points[values == index]) for index, code in enumerate(codes))
    return [_step(group, category=code) for code, group in groups if group.size >= SMALLEST]


def _by_value(values: Floats, points: Floats) -> list[Step]:
    """Bins of about equal size; equal values stay together."""
    if not values.size:
        return []
    edges = np.unique(np.quantile(values, np.arange(1, BINS) / BINS, method="inverted_cdf"))
    bins = np.searchsorted(edges, values, side="left")
    steps = []
    for index in np.unique(bins):
        inside = bins == index
        if inside.sum() >= SMALLEST:
            low, high = float(values[inside].min()), float(values[inside].max())
            steps.append(_step(points[inside], low, high))
    return steps
