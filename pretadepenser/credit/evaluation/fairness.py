"""How decisions differ between groups of clients that the law protects, told apart for this audit only.

Rates follow fairlearn.metrics (Bird et al. 2020), granting being the favourable decision and repaying the
good outcome: grant rate = selection_rate; false refusal rate = false_negative_rate, the share refused among
clients who repaid; default rate among granted = 1 − precision. The four-fifths ratio is a group's grant rate
divided by that of the group granted most often (EEOC Uniform Guidelines 1978, § 4D; fairlearn's
demographic_parity_ratio is the lowest of them).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Frame
from pretadepenser.credit.evaluation.metrics import Floats, Outcomes, Rate
from pretadepenser.credit.scale import Scale

Booleans = NDArray[np.bool_]

# Fewest clients of a group for which rates are told.
SMALLEST: Final = 100
DRAWS: Final = 2000
# Below this share of the most granted group's rate, a difference must be justified.
FOUR_FIFTHS: Final = 0.8

SEX: Final = "CODE_GENDER"
AGE: Final = "DAYS_BIRTH"
FAMILY: Final = "NAME_FAMILY_STATUS"
COLUMNS: Final = (SEX, AGE, FAMILY)

# Lower ends of the age brackets, in years.
AGES: Final = (18, 30, 40, 50, 60)
AGE_LABELS: Final = ("Moins de 30 ans", "30 à 39 ans", "40 à 49 ans", "50 à 59 ans", "60 ans et plus")


class Verdict(StrEnum):
    """Where a group's ratio stands against FOUR_FIFTHS, its interval considered; values are for a reader."""

    UNDER = "nettement sous"
    OVER = "au-dessus"
    OPEN = "on ne peut pas trancher"


@dataclass(frozen=True)
class Group:
    """One group of clients with a known outcome.

    expected: mean calibrated default rate, to be compared with `observed`; four_fifths: grant rate over that
    of the most granted group, with its 95 % interval. A group too small has only `label` and `size`.
    """

    label: str
    size: int
    granted: Rate | None = None
    default_if_granted: Rate | None = None
    false_refusal: Rate | None = None
    expected: float | None = None
    observed: Rate | None = None
    four_fifths: float | None = None
    four_fifths_low: float | None = None
    four_fifths_high: float | None = None

    @property
    def verdict(self) -> Verdict | None:
        """What the interval of the ratio lets one say; None for a group too small.

        The upper end is compared as it is shown, so that nobody reads "0,74 à 0,80: nettement sous 0,80".
        """
        if self.four_fifths_low is None or self.four_fifths_high is None:
            return None
        if round(self.four_fifths_high, 2) < FOUR_FIFTHS:
            return Verdict.UNDER
        return Verdict.OVER if self.four_fifths_low >= FOUR_FIFTHS else Verdict.OPEN


@dataclass(frozen=True)
class Audit:
    """One ground (a column of the portfolio) at a limit, by group; `reference` is granted most often."""

    column: str
    limit: float
    reference: str
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class AgeLink:
    """Pearson's correlation of an external score with age, over the `size` clients who have that score."""

    column: str
    correlation: float
    size: int


def age_links(frame: Frame) -> tuple[AgeLink, ...]:
    """How far each external score follows the age of the clients learnt from; frame: columns, shape (n,).

    A score that too few clients have, or that never varies, is left out.
    """
    found = []
    for column in dictionary.in_group(dictionary.EXTERNAL_GROUP):
        scores, ages = frame[column.name], -frame[AGE]
        known = ~(np.isnan(scores) | np.isnan(ages))
        if known.sum() >= SMALLEST and np.ptp(scores[known]) and np.ptp(ages[known]):
            link = float(np.corrcoef(scores[known], ages[known])[0, 1])
            found.append(AgeLink(column.name, link, int(known.sum())))
    return tuple(found)


def audits(
    frame: Frame, margins: Floats, rates: Floats, outcomes: Outcomes, limit: float
) -> tuple[Audit, ...]:
    """Audit the decisions at `limit` (0..1) by sex, age bracket and family situation.

    frame: the three COLUMNS, shape (n,); margins: out-of-fold log-odds; rates: calibrated default rates 0..1;
    outcomes: 1 for a default. Grounds with fewer than two groups of SMALLEST clients are left out, and those
    of which no such group has anybody granted: there is nothing to divide by.
    """
    found, granted = [], Scale(limit).granted(margins)
    for column in COLUMNS:
        labels, members = _groups(column, frame[column])
        told = np.flatnonzero(np.bincount(members[members >= 0], minlength=len(labels)) >= SMALLEST)
        if told.size >= 2 and granted[np.isin(members, told)].any():
            found.append(_audit(column, labels, members, margins, rates, outcomes, limit))
    return tuple(found)


def _groups(column: str, values: Floats) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Labels of the groups, and each client's group, −1 where unknown."""
    if column == AGE:
        years = np.nan_to_num(-values / 365.25, nan=-1.0)
        return AGE_LABELS, np.where(years < 0, -1, np.searchsorted(AGES[1:], years, side="right"))
    labels = tuple((dictionary.COLUMNS[column].categories or {}).values())
    return labels, np.nan_to_num(values, nan=-1.0).astype(np.intp)


def _audit(
    column: str,
    labels: tuple[str, ...],
    members: NDArray[np.intp],
    margins: Floats,
    rates: Floats,
    outcomes: Outcomes,
    limit: float,
) -> Audit:
    # Imported here: pages read audits without loading fairlearn, scikit-learn and pandas.
    from fairlearn.metrics import MetricFrame, count, false_negative_rate, selection_rate

    known = members >= 0
    members, granted = members[known], Scale(limit).granted(margins[known])
    repaid, rates = outcomes[known] == 0, rates[known]
    frame = MetricFrame(
        metrics={
            "size": count,
            "grant": selection_rate,
            "false_refusal": false_negative_rate,
        },
        y_true=repaid,
        y_pred=granted,
        sensitive_features=members,
    ).by_group
    sizes = {int(index): int(frame["size"][index]) for index in frame.index}
    told = [index for index, size in sizes.items() if size >= SMALLEST]
    reference = max(told, key=lambda index: frame["grant"][index])
    ratios = _ratios(frame["grant"], sizes, told, reference)
    groups = []
    for index, size in sizes.items():
        if index in told:
            inside = members == index
            judged = granted[inside], repaid[inside], rates[inside]
            groups.append(_group(labels[index], frame.loc[index], *judged, ratios[index]))
        else:
            groups.append(Group(labels[index], size))
    return Audit(column, limit, labels[reference], tuple(groups))


def _group(
    label: str,
    measured: Mapping[str, float],
    granted: Booleans,
    repaid: Booleans,
    rates: Floats,
    ratio: tuple[float, float, float],
) -> Group:
    """A group large enough: its measures by fairlearn, and its clients one by one, shape (n,) each."""
    size, good = granted.size, int(repaid.sum())
    return Group(
        label=label,
        size=size,
        granted=Rate.of(round(measured["grant"] * size), size),
        default_if_granted=Rate.of(int((granted & ~repaid).sum()), int(granted.sum())),
        false_refusal=Rate.of(round(measured["false_refusal"] * good), good),
        expected=float(rates.mean()),
        observed=Rate.of(size - good, size),
        four_fifths=ratio[0],
        four_fifths_low=ratio[1],
        four_fifths_high=ratio[2],
    )


def _ratios(
    grants: Mapping[int, float], sizes: Mapping[int, int], told: Sequence[int], reference: int
) -> dict[int, tuple[float, float, float]]:
    """Each group's grant rate over the reference's, and its 95 % interval by parametric bootstrap."""
    random = np.random.default_rng(0)
    drawn = {index: random.binomial(sizes[index], grants[index], DRAWS) / sizes[index] for index in told}
    base = np.maximum(drawn[reference], 1 / sizes[reference])
    intervals = {}
    for index in told:
        ratio = np.ones(DRAWS) if index == reference else drawn[index] / base
        low, high = np.quantile(ratio, [0.025, 0.975])
        intervals[index] = (float(grants[index] / grants[reference]), float(low), float(high))
    return intervals
