"""What can be tried for one client: the declared grid of each lever, what it changes, and what is realistic.

Figures that honestly move together do so: a smaller amount over the same number of months has a smaller
instalment, a cheaper purchase a smaller amount; more months mean a smaller instalment.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Frame, Row
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.recourse.levers import EFFORT, Lever

STEP: Final = 0.025
PLAUSIBLE: Final = (0.005, 0.995)  # quantiles of the portfolio between which a changed figure stays
SECOND: Final = 0.1  # cost of a second lever, in interquartile ranges
ROUND: Final = 100  # euros, to which new amounts are rounded

# Lever -> values tried, from the smallest change on: what remains of the amount, what the income is
# multiplied by, or how many instalments there are, of which those beyond the client's own number apply.
GRID: Final[Mapping[Lever, tuple[float, ...]]] = MappingProxyType(
    {
        Lever.PROJECT: tuple(1 - STEP * step for step in range(1, 21)),
        Lever.DEPOSIT: tuple(1 - STEP * step for step in range(1, 21)),
        Lever.LONGER: tuple(float(months) for months in range(4, 85)),
        Lever.SHORTER: tuple(float(months) for months in range(84, 3, -1)),
        Lever.INCOME: tuple(1 + STEP * step for step in range(1, 13)),
    }
)
# How far the amount of a granted loan is raised, to see how much room there is.
MORE: Final = tuple(1 + STEP * step for step in range(1, 41))

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
MOVED: Final = ("AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE", "AMT_INCOME_TOTAL")
_BOUNDED: Final = (*MOVED, "CREDIT_TERM", "CREDIT_TO_GOODS")


@dataclass(frozen=True, eq=False)
class Trials:
    """Combinations of settings as columns, shape (n,): figures after, cost, and whether it is realistic.

    sets: (levers, where its trials are, shape of its grid), singles before pairs.
    """

    sets: tuple[tuple[tuple[Lever, ...], slice, tuple[int, ...]], ...]
    figures: Frame
    costs: Floats
    allowed: Booleans


class Grid:
    """One client's figures today, what the levers make of them, and the bounds of what is realistic.

    `row` holds raw values, `frame` the model's columns and those that levers move (KeyError for an unknown
    category), `now` the latter and the derived figures, NaN where missing.
    """

    def __init__(self, portfolio: Portfolio, row: Row, columns: tuple[str, ...]) -> None:
        self.portfolio = portfolio
        self.frame = dictionary.frame([{name: row.get(name) for name in (*columns, *MOVED)}])
        self.now = {name: float(self.frame[name][0]) for name in MOVED}
        self.now |= {name: float(value[0]) for name, value in dictionary.derive(self.frame).items()}
        self.bounds = {name: self._bounds(name) for name in _BOUNDED}
        self.revolving = row.get("NAME_CONTRACT_TYPE") == "Revolving loans"

    def _bounds(self, name: str) -> tuple[float, float]:
        """Plausible range of a figure, widened to the client's own value."""
        quantiles, own = self.portfolio.quantiles(name), self.now[name]
        if not quantiles.values.size:
            return own, own
        low, high = (quantiles.quantile(share) for share in PLAUSIBLE)
        return (low, high) if math.isnan(own) else (min(low, own), max(high, own))

    def _spread(self, name: str) -> float:
        """Interquartile range of ln(figure) in the portfolio; 1 where half of the clients share one value."""
        quantiles = self.portfolio.quantiles(name)
        low, high = (
            (quantiles.quantile(share) for share in (0.25, 0.75)) if quantiles.values.size else (0.0, 0.0)
        )
        return math.log(high / low) if 0 < low < high else 1.0

    def values(self, lever: Lever) -> Floats:
        """Values of a lever that apply to this client, the smallest change first; empty where it has none."""
        values, term = np.array(GRID[lever]), self.now["CREDIT_TERM"]
        low, high = self.bounds["CREDIT_TERM"]
        # A revolving credit has no term to choose and no price apart from the amount.
        match lever:
            case Lever.DEPOSIT if self.revolving or math.isnan(self.now["AMT_GOODS_PRICE"]):
                return values[:0]
            case Lever.LONGER | Lever.SHORTER if self.revolving or math.isnan(term):
                return values[:0]
            case Lever.LONGER:
                return values[(values >= term + 0.5) & (values <= high)]
            case Lever.SHORTER:
                return values[(values <= term - 0.5) & (values >= low)]
            case Lever.INCOME if not self.now["AMT_INCOME_TOTAL"] > 0:
                return values[:0]
        return values

    def trials(self, usable: tuple[Lever, ...]) -> Trials:
        """All settings of each usable lever alone, then of each pair."""
        grids = {lever: grid for lever in usable if (grid := self.values(lever)).size}
        chosen = [(lever,) for lever in grids] + [
            pair for pair in itertools.combinations(grids, 2) if pair != (Lever.LONGER, Lever.SHORTER)
        ]
        sets, start = [], 0
        settings: dict[Lever, list[Floats]] = {lever: [] for lever in Lever}
        for group in chosen:
            mesh = np.meshgrid(*(grids[lever] for lever in group), indexing="ij")
            size = mesh[0].size
            used = {lever: values.ravel() for lever, values in zip(group, mesh, strict=True)}
            for lever in Lever:
                settings[lever].append(used.get(lever, np.full(size, np.nan)))
            sets.append((group, slice(start, start + size), mesh[0].shape))
            start += size
        values = {lever: np.concatenate(parts) if parts else np.empty(0) for lever, parts in settings.items()}
        figures = self.figures(values)
        return Trials(tuple(sets), figures, self._costs(values, figures), self.allowed(figures))

    def figures(self, settings: Mapping[Lever, Floats]) -> Frame:
        """The figures that the settings (NaN: lever not used) make, shape (n,)."""
        project = np.nan_to_num(settings[Lever.PROJECT], nan=1.0)
        deposit = np.nan_to_num(settings[Lever.DEPOSIT], nan=1.0)
        term = np.where(np.isnan(settings[Lever.LONGER]), settings[Lever.SHORTER], settings[Lever.LONGER])
        income = settings[Lever.INCOME]
        now = self.now
        credit = _rounded(now["AMT_CREDIT"], project * deposit)
        kept = np.isnan(term) & (project * deposit == 1)
        months = np.where(np.isnan(term), now["CREDIT_TERM"], term)
        with np.errstate(divide="ignore", invalid="ignore"):
            annuity = np.where(kept, now["AMT_ANNUITY"], np.rint(credit / months))
        return {
            "AMT_CREDIT": credit,
            "AMT_ANNUITY": annuity,
            "AMT_GOODS_PRICE": _rounded(now["AMT_GOODS_PRICE"], project),
            "AMT_INCOME_TOTAL": _rounded(now["AMT_INCOME_TOTAL"], np.nan_to_num(income, nan=1.0)),
        }

    def _costs(self, settings: Mapping[Lever, Floats], figures: Frame) -> Floats:
        """Cost of each trial; that of the two levers on the amount is shared between them as they move it."""
        now, derived = self.now, dictionary.derive(figures)
        with np.errstate(divide="ignore", invalid="ignore"):
            amount = np.abs(np.log(figures["AMT_CREDIT"] / now["AMT_CREDIT"])) / self._spread("AMT_CREDIT")
            term = np.abs(np.log(derived["CREDIT_TERM"] / now["CREDIT_TERM"])) / self._spread("CREDIT_TERM")
            income = np.log(figures["AMT_INCOME_TOTAL"] / now["AMT_INCOME_TOTAL"])
            income = np.abs(income) / self._spread("AMT_INCOME_TOTAL")
        moved = ~np.isnan(settings[Lever.LONGER]) | ~np.isnan(settings[Lever.SHORTER])
        used = sum((~np.isnan(values)).astype(np.float64) for values in settings.values())
        earned = np.where(np.isnan(settings[Lever.INCOME]), 0.0, income)
        return np.asarray(amount + np.where(moved, term, 0.0) + earned + SECOND * (used - 1))

    def allowed(self, figures: Frame) -> Booleans:
        """Which trials are within the bounds of what is realistic, and change what they say they change."""
        after = {**figures, **dictionary.derive(figures)}
        allowed = np.ones(figures["AMT_CREDIT"].size, np.bool_)
        for name in _BOUNDED:
            low, high = self.bounds[name]
            value = after[name]
            # An unchanged number of instalments moves by the rounding of the instalment.
            slack = 1e-3 if name in ("CREDIT_TERM", "CREDIT_TO_GOODS") else 0.0
            allowed &= np.isnan(value) | ((value >= low * (1 - slack)) & (value <= high * (1 + slack)))
        most = np.fmax(EFFORT, self.now["ANNUITY_TO_INCOME"])
        raised = figures["AMT_ANNUITY"] > self.now["AMT_ANNUITY"]
        return np.asarray(allowed & ~(raised & (after["ANNUITY_TO_INCOME"] > most)))


def _rounded(amount: float, factors: Floats) -> Floats:
    """An amount times factors, to ROUND euros; left as it is where the factor is 1."""
    return np.where(factors == 1, amount, np.rint(amount * factors / ROUND) * ROUND)


def steady(good: Booleans, allowed: Booleans) -> Booleans:
    """Where a grid is good and stays so one step further on each axis; a step not allowed is no obstacle."""
    steady = good.copy()
    for axis in range(good.ndim):
        onward = np.moveaxis(good | ~allowed, axis, 0)
        np.moveaxis(steady, axis, 0)[:-1] &= onward[1:]
    return steady
