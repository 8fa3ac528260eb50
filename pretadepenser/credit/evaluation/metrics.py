"""How good a score is: ranking, calibration and cost, measured on margins the model did not learn from.

Rates are shares 0..1 and come with their 95 % interval after Wilson (1927), which stays within 0..1 for small
groups. The cost of a decision is counted in good clients refused: a default that was not seen coming costs
as many of them as the lender says (Policy).

scikit-learn is imported where it computes: pages read the results without loading it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pretadepenser.credit.scale import Number, Scale, Stability

Floats = NDArray[np.float64]
Outcomes = NDArray[np.int8]
Folds = Sequence[NDArray[np.intp]]

# Share of the refits that stay within the distance told, and groups of equal size along the scores.
INSIDE: Final = 0.9
GROUPS: Final = 10
# Resamples of the clients from which the interval of the cheapest limit is told.
RESAMPLES: Final = 200
CELLS: Final = 1000
# Two-sided 95 % quantile of the normal distribution.
Z95: Final = 1.959963984540054
# Limits of the curve: each half percent.
STEPS: Final = 200
CALIBRATION_BINS: Final = 20


def wilson(count: int, size: int) -> tuple[float, float]:
    """Wilson's 95 % interval, low and high, of the share that `count` is of `size`, one at least.

    Without continuity correction (Brown, Cai and DasGupta 2001).
    """
    share = count / size
    middle = (2 * size * share + Z95**2) / (2 * (size + Z95**2))
    half = Z95 / (2 * (size + Z95**2)) * math.sqrt(4 * size * share * (1 - share) + Z95**2)
    return 0.0 if count == 0 else middle - half, 1.0 if count == size else middle + half


@dataclass(frozen=True)
class Policy:
    """What the lender decides: the largest tolerated probability, 0..1, and how many good clients refused a
    default costs.
    """

    limit: float
    cost_ratio: int


@dataclass(frozen=True)
class Rate:
    """A share `value` of `size` observations with its 95 % interval; `value` is None where there are none."""

    value: float | None
    low: float | None
    high: float | None
    size: int

    @classmethod
    def of(cls, count: int, size: int) -> Rate:
        """Rate of `count` among `size`, with Wilson's interval."""
        return cls(count / size, *wilson(count, size), size) if size else cls(None, None, None, 0)


@dataclass(frozen=True)
class Calibration:
    """Default rate as a logistic function of the margin (Platt, 1999)."""

    intercept: float
    slope: float

    @classmethod
    def fit(cls, margins: Floats, outcomes: Outcomes) -> Calibration:
        """Fit to margins, float64, shape (n,), and outcomes 0/1, shape (n,), by maximum likelihood."""
        from sklearn.linear_model import LogisticRegression

        fitted = LogisticRegression(C=np.inf).fit(margins.reshape(-1, 1), outcomes)
        return cls(float(fitted.intercept_[0]), float(fitted.coef_[0, 0]))

    def rate(self, margin: Number) -> Number:
        """Expected default rate, 0..1, of a margin, or of each margin of an array."""
        return Scale.probability(self.intercept + self.slope * margin)


@dataclass(frozen=True)
class CalibrationBin:
    """Clients of neighbouring scores: mean `expected` default rate (0..1) and the `observed` one."""

    lowest: float
    highest: float
    expected: float
    observed: Rate


@dataclass(frozen=True)
class Confusion:
    """Decisions against what happened, in clients."""

    granted_good: int
    granted_default: int
    refused_good: int
    refused_default: int

    def cost(self, ratio: int) -> float:
        """Good clients refused, plus `ratio` for each default granted, per 100 clients."""
        total = self.granted_good + self.granted_default + self.refused_good + self.refused_default
        return 100 * (self.refused_good + ratio * self.granted_default) / total


@dataclass(frozen=True)
class CostPoint:
    """What a limit (probability 0..1) would cost per 100 clients, and the share of clients it grants."""

    limit: float
    cost: float
    granted: float


@dataclass(frozen=True)
class Metrics:
    """Out-of-fold quality of one model. Briers: of the balanced probability, calibrated, and of no model.

    cost_ratio: good clients refused that a default costs; cheapest_low, cheapest_high: 95 % interval of the
    cheapest limit.
    """

    roc_auc: float
    roc_auc_folds: tuple[float, ...]
    pr_auc: float
    brier_raw: float
    brier_calibrated: float
    brier_reference: float
    limit: float
    confusion: Confusion
    cost_ratio: int
    cost: float
    cheapest_limit: float
    cheapest_low: float
    cheapest_high: float
    cheapest_cost: float
    grant_all_cost: float


@dataclass(frozen=True)
class Gain:
    """Area under the ROC curve of margins made with some figures and without, of the same clients and folds.

    low, high: 95 % interval of the difference, by paired bootstrap over clients.
    """

    without: float
    with_them: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        """What the figures add to the area."""
        return self.with_them - self.without


def gain(without: Floats, with_them: Floats, outcomes: Outcomes) -> Gain:
    """Compare two kinds of out-of-fold margins, float64, shape (n,), of outcomes 0/1, shape (n,)."""
    before, after = _ranked(without, outcomes), _ranked(with_them, outcomes)
    differences = [after(times) - before(times) for times in draws(outcomes.size)]
    low, high = np.quantile(differences, [0.025, 0.975])
    return Gain(roc_auc(without, outcomes), roc_auc(with_them, outcomes), float(low), float(high))


def draws(size: int) -> Iterator[NDArray[np.int64]]:
    """How often each of `size` clients is drawn, RESAMPLES times: as many with replacement (Efron 1979)."""
    random = np.random.default_rng(0)
    for _ in range(RESAMPLES):
        yield np.bincount(random.integers(0, size, size), minlength=size)


def _ranked(margins: Floats, outcomes: Outcomes) -> Callable[[NDArray[np.int64]], float]:
    """What gives the area under the ROC curve of these clients, each counted so many times.

    They are sorted once for all draws: sorting is nearly all the work of an area.
    """
    goods, defaults = np.flatnonzero(outcomes == 0), np.flatnonzero(outcomes == 1)
    goods = goods[np.argsort(margins[goods], kind="stable")]
    below, beside = (np.searchsorted(margins[goods], margins[defaults], side) for side in ("left", "right"))

    def area(times: NDArray[np.int64]) -> float:
        passed = np.concatenate([[0], np.cumsum(times[goods])])
        drawn = times[defaults]
        # Of each default: the good clients below it, and half of those beside it.
        ranks = (passed[below] + passed[beside]) / 2
        return float(drawn @ ranks / (drawn.sum() * passed[-1]))

    return area


def confusion(margins: Floats, outcomes: Outcomes, limit: float) -> Confusion:
    """Count decisions at `limit` (0..1): granted up to and including it."""
    granted = Scale(limit).granted(margins)
    default = outcomes == 1
    return Confusion(
        int((granted & ~default).sum()),
        int((granted & default).sum()),
        int((~granted & ~default).sum()),
        int((~granted & default).sum()),
    )


def cheapest(margins: Floats, outcomes: Outcomes, ratio: int) -> tuple[float, float]:
    """The limit (0..1) that costs least, among all that tell two clients apart, and its cost per 100.

    A default granted costs `ratio` good clients refused.
    """
    ends, goods, defaults = _along_the_limit(margins, outcomes, margins.size)
    costs = np.concatenate([[0], np.cumsum(ratio * defaults - goods)]) + goods.sum()
    best = int(np.argmin(costs))
    return _limit(ends, best), 100 * float(costs[best]) / margins.size


def cheapest_interval(margins: Floats, outcomes: Outcomes, ratio: int) -> tuple[float, float]:
    """95 % interval of the cheapest limit (0..1), by bootstrap over clients (Efron 1979).

    Clients are counted in CELLS steps of the margin, so that all resamples are drawn and judged at once.
    """
    ends, goods, defaults = _along_the_limit(margins, outcomes, CELLS)
    shares = np.concatenate([goods, defaults]) / margins.size
    drawn = np.random.default_rng(0).multinomial(margins.size, shares, RESAMPLES)
    changes = ratio * drawn[:, goods.size :] - drawn[:, : goods.size]
    costs = np.cumsum(np.pad(changes, ((0, 0), (1, 0))), axis=1)
    low, high = np.quantile([_limit(ends, int(best)) for best in costs.argmin(axis=1)], [0.025, 0.975])
    return float(low), float(high)


def _along_the_limit(
    margins: Floats, outcomes: Outcomes, steps: int
) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """At most `steps` margins to cut at, ascending, and the good clients and defaults each adds to the last.

    Clients of equal margins are granted together: only the last of them is a possible limit.
    """
    order = np.argsort(margins, kind="stable")
    ordered, default = margins[order], outcomes[order] == 1
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    ends = ends[np.unique(np.linspace(0, ends.size - 1, min(steps, ends.size)).round().astype(np.intp))]
    starts = np.concatenate([[0], ends[:-1] + 1])
    defaults = np.add.reduceat(default.astype(np.int64), starts)
    return ordered[ends], np.diff(ends, prepend=-1) - defaults, defaults


def _limit(ends: Floats, granted: int) -> float:
    """The limit (0..1) that grants so many of the steps; 0 where it grants none."""
    return Scale.probability(float(ends[granted - 1])) if granted else 0.0


def cost_curve(margins: Floats, outcomes: Outcomes, ratio: int) -> tuple[CostPoint, ...]:
    """Cost and share granted at STEPS − 1 limits evenly spaced between 0 and 1, both left out."""
    points = []
    for limit in np.arange(1, STEPS) / STEPS:
        counts = confusion(margins, outcomes, float(limit))
        share = (counts.granted_good + counts.granted_default) / outcomes.size
        points.append(CostPoint(float(limit), counts.cost(ratio), share))
    return tuple(points)


def calibration_bins(
    rates: Floats, outcomes: Outcomes, bins: int = CALIBRATION_BINS
) -> tuple[CalibrationBin, ...]:
    """Compare expected default `rates` (0..1, shape (n,)) with outcomes, in `bins` groups of equal size."""
    groups = np.array_split(np.argsort(rates, kind="stable"), bins)
    return tuple(
        CalibrationBin(
            float(rates[group[0]]),
            float(rates[group[-1]]),
            float(rates[group].mean()),
            Rate.of(int(outcomes[group].sum()), group.size),
        )
        for group in groups
        if group.size
    )


def cross_calibrated(margins: Floats, outcomes: Outcomes, folds: Folds) -> Floats:
    """Expected default rates of each fold by a calibration fitted to the others, shape (n,)."""
    rates = np.empty_like(margins)
    for fold in folds:
        others = np.ones(margins.size, bool)
        others[fold] = False
        rates[fold] = Calibration.fit(margins[others], outcomes[others]).rate(margins[fold])
    return rates


def isotonic_gap(margins: Floats, outcomes: Outcomes, rates: Floats) -> float:
    """Largest difference, over groups of equal size, between mean `rates` and an isotonic fit's.

    A check that a logistic curve is enough: the isotonic one (Zadrozny & Elkan 2002) has no shape to obey.
    """
    from sklearn.isotonic import IsotonicRegression

    free = IsotonicRegression(out_of_bounds="clip").fit_transform(margins, outcomes)
    groups = np.array_split(np.argsort(margins, kind="stable"), CALIBRATION_BINS)
    return max(abs(float(free[group].mean() - rates[group].mean())) for group in groups if group.size)


def measure(margins: Floats, outcomes: Outcomes, folds: Folds, policy: Policy) -> Metrics:
    """Measure out-of-fold margins, float64, shape (n,), against outcomes 0/1 under a policy.

    `folds` lists the positions of each fold. Brier scores are mean squared errors of probabilities.
    """
    from sklearn.metrics import average_precision_score, brier_score_loss

    counts = confusion(margins, outcomes, policy.limit)
    best_limit, best_cost = cheapest(margins, outcomes, policy.cost_ratio)
    low, high = cheapest_interval(margins, outcomes, policy.cost_ratio)
    base = float(outcomes.mean())
    return Metrics(
        roc_auc=roc_auc(margins, outcomes),
        roc_auc_folds=tuple(roc_auc(margins[fold], outcomes[fold]) for fold in folds),
        pr_auc=float(average_precision_score(outcomes, margins)),
        brier_raw=float(brier_score_loss(outcomes, Scale.probability(margins))),
        brier_calibrated=float(brier_score_loss(outcomes, cross_calibrated(margins, outcomes, folds))),
        brier_reference=base * (1 - base),
        limit=policy.limit,
        confusion=counts,
        cost_ratio=policy.cost_ratio,
        cost=counts.cost(policy.cost_ratio),
        cheapest_limit=best_limit,
        cheapest_low=low,
        cheapest_high=high,
        cheapest_cost=best_cost,
        grant_all_cost=100 * policy.cost_ratio * base,
    )


def stability(margins: Floats, refits: Floats) -> Stability:
    """Measure how far refits move scores, by groups of clients of comparable score.

    margins: of the model, shape (n,); refits: margins that models fitted to other clients of the portfolio
    give the same clients, shape (k, n).
    """
    moved = np.abs(Scale.gain(refits - margins))
    groups = np.array_split(np.argsort(margins, kind="stable"), GROUPS)
    return Stability(
        tuple(float(margins[group].mean()) for group in groups),
        tuple(float(np.quantile(moved[:, group], INSIDE)) for group in groups),
    )


def roc_auc(margins: Floats, outcomes: Outcomes) -> float:
    """Area under the ROC curve of margins, shape (n,), for outcomes 0/1."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(outcomes, margins))
