"""What can be tried for one client: the declared steps of each lever, what they change, what is realistic.

Steps are those that people use, in units that are shown: amounts by STEP, months whole. Prices and
instalments follow to the CENT: rounded further, their ratio to the amount would waver, and the score with
it. A *setting* is a new amount (PROJECT), money of one's own (DEPOSIT), a number of instalments (LONGER,
SHORTER) or income on top (INCOME), amounts in units of the data; a debt elsewhere is settled (1) or not.

Figures that honestly move together do so: a smaller amount counted in the same number of instalments has a
smaller instalment, a cheaper purchase a smaller amount; more months mean a smaller instalment.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Frame, Row
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.recourse.debts import NONE as NO_DEBTS
from pretadepenser.credit.recourse.debts import Debts
from pretadepenser.credit.recourse.levers import Admissible, Lever

STEP: Final = 100  # units shown, from one amount to the next
CENT: Final = 0.01  # units shown, to which what follows from the steps is rounded
ADDED: Final = 0.3  # largest income on top, as a share of the income
MONTHS: Final = (4, 84)  # fewest and most instalments
MORE: Final = 2.0  # times the amount, up to which room is looked for
PLAUSIBLE: Final = (0.005, 0.995)  # quantiles of the portfolio between which a changed figure stays
SECOND: Final = 0.1  # cost of a second lever, in interquartile ranges
# Most values of a lever by itself, and most combinations of a pair: where there are more, every second,
# fifth, tenth... step of an amount counts. In a pair the steps between are tried later, around the answer.
ALONE: Final = 4000
PAIRED: Final = 3000

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Settings = Mapping[Lever, Floats]
MOVED: Final = ("AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE", "AMT_INCOME_TOTAL")
BY_MONTH: Final = frozenset({Lever.LONGER, Lever.SHORTER})
# Levers that have one step: a debt elsewhere is settled, or it is not.
SETTLED: Final = frozenset({Lever.ARREARS, Lever.CARD})
_BOUNDED: Final = (*MOVED, "CREDIT_TERM", "CREDIT_TO_GOODS")
# A sum of steps may miss a bound by the last bit.
_BIT: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Block:
    """All combinations of some values of one lever or two: `where` they stand among the trials.

    axes: values of each lever, the smallest change first; whole: whether no step of a lever is left out.
    """

    levers: tuple[Lever, ...]
    axes: tuple[Floats, ...]
    where: slice
    whole: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the grid of combinations."""
        return tuple(axis.size for axis in self.axes)

    def at(self, index: int) -> dict[Lever, float]:
        """Settings of the combination at a position of the flattened grid."""
        places = np.unravel_index(index, self.shape)
        return {
            lever: float(axis[place])
            for lever, axis, place in zip(self.levers, self.axes, places, strict=True)
        }


@dataclass(frozen=True, eq=False)
class Trials:
    """Combinations of settings as columns, shape (n,): figures after, cost, and whether it is admissible."""

    blocks: tuple[Block, ...]
    figures: Frame
    costs: Floats
    allowed: Booleans

    @property
    def levers(self) -> frozenset[Lever]:
        """Levers that an admissible combination moves, alone or with another."""
        return frozenset(itertools.chain.from_iterable(self._admitted))

    @property
    def paired(self) -> bool:
        """Whether an admissible combination moves two levers together."""
        return any(len(levers) > 1 for levers in self._admitted)

    @property
    def _admitted(self) -> list[tuple[Lever, ...]]:
        return [block.levers for block in self.blocks if self.allowed[block.where].any()]


class Grid:
    """One client's figures today, what the levers make of them, and the bounds of what is realistic.

    `row` holds raw values, `frame` the model's columns and those that levers move (KeyError for an unknown
    category), `now` the latter and the derived figures, NaN where missing; `unit`: units of the data in one
    that is shown; `debts`: what can be settled elsewhere.
    """

    def __init__(
        self,
        portfolio: Portfolio,
        row: Row,
        columns: tuple[str, ...],
        admissible: Admissible,
        unit: float = 1.0,
        debts: Debts = NO_DEBTS,
    ) -> None:
        self.portfolio, self.admissible, self.debts = portfolio, admissible, debts
        self.step, self.cent = STEP * unit, CENT * unit
        # Figures of the credit history that settling a debt would change.
        self.history = tuple(sorted({name for after in debts.figures.values() for name in after}))
        names = tuple(dict.fromkeys((*columns, *MOVED, *self.history)))
        self.frame = dictionary.frame([{name: row.get(name) for name in names}], names)
        self.now = {name: float(self.frame[name][0]) for name in MOVED}
        self.now |= {name: float(value[0]) for name, value in dictionary.derive(self.frame).items()}
        self.now |= {name: float(self.frame[name][0]) for name in self.history}
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
        term, none = self.now["CREDIT_TERM"], np.empty(0)
        # A revolving credit has no term to choose and no price apart from the amount.
        match lever:
            case Lever.PROJECT:
                first, last = self._below()
                return thinned(self.step * np.arange(float(first), last - 1.0, -1), self.step, ALONE)
            case Lever.DEPOSIT:
                if self.revolving or math.isnan(self.now["AMT_GOODS_PRICE"]):
                    return none
                first, last = self._below()
                return thinned(self.step * np.arange(1.0, first - last + 2), self.step, ALONE)
            case Lever.INCOME:
                return self._added()
            case Lever.ARREARS | Lever.CARD:
                return np.ones(1) if lever in self.debts.settlements else none
        if self.revolving or math.isnan(term):
            return none
        low, high = self.bounds["CREDIT_TERM"]
        months = np.arange(MONTHS[0], MONTHS[1] + 1.0)
        if lever is Lever.LONGER:
            return months[(months >= term + 0.5) & (months <= high)]
        return months[(months <= term - 0.5) & (months >= low)][::-1]

    def _below(self) -> tuple[int, int]:
        """Steps in the largest round amount below the client's own, and in the smallest admissible one."""
        own = self.now["AMT_CREDIT"]
        least = max((1 - self.admissible.cut) * own, self.bounds["AMT_CREDIT"][0])
        return math.ceil(own / self.step - _BIT) - 1, math.ceil(least / self.step - _BIT)

    def _added(self) -> Floats:
        """Round incomes on top of the client's own."""
        own = self.now["AMT_INCOME_TOTAL"]
        if not own > 0:
            return np.empty(0)
        most = min(ADDED * own, self.bounds["AMT_INCOME_TOTAL"][1] - own)
        steps = math.floor(most / self.step + _BIT)
        return thinned(self.step * np.arange(1.0, steps + 1), self.step, ALONE)

    def larger(self) -> Floats:
        """Round amounts above the client's own, up to MORE times as much, ascending."""
        own = self.now["AMT_CREDIT"]
        first, last = math.floor(own / self.step + _BIT) + 1, math.floor(MORE * own / self.step + _BIT)
        return thinned(self.step * np.arange(float(first), last + 1.0), self.step, ALONE)

    def trials(self, usable: tuple[Lever, ...]) -> Trials:
        """All settings of each usable lever alone, then of each pair."""
        alone = {lever: grid for lever in usable if (grid := self.values(lever)).size}
        pairs = [one for one in itertools.combinations(alone, 2) if one != (Lever.LONGER, Lever.SHORTER)]
        groups = [({lever: grid}, True) for lever, grid in alone.items()]
        return self.combined(
            groups + [self._paired({lever: alone[lever] for lever in pair}) for pair in pairs]
        )

    def _paired(self, axes: dict[Lever, Floats]) -> tuple[dict[Lever, Floats], bool]:
        """The values of a pair that are tried together, and whether they are all of them."""
        if math.prod(axis.size for axis in axes.values()) <= PAIRED:
            return axes, True
        amounts = [lever for lever in axes if lever not in BY_MONTH | SETTLED]
        months = math.prod(axis.size for lever, axis in axes.items() if lever in BY_MONTH)
        most = int((PAIRED / months) ** (1 / len(amounts)))
        return axes | {lever: thinned(axes[lever], self.step, most) for lever in amounts}, False

    def combined(self, groups: Sequence[tuple[Mapping[Lever, Floats], bool]]) -> Trials:
        """All combinations of the values of each group, and whether these leave out no step of a lever."""
        blocks, start = [], 0
        parts: dict[Lever, list[Floats]] = {lever: [] for lever in Lever}
        for axes, whole in groups:
            mesh = np.meshgrid(*axes.values(), indexing="ij")
            size = mesh[0].size
            used = {lever: values.ravel() for lever, values in zip(axes, mesh, strict=True)}
            for lever in Lever:
                parts[lever].append(used.get(lever, np.full(size, np.nan)))
            blocks.append(Block(tuple(axes), tuple(axes.values()), slice(start, start + size), whole))
            start += size
        settings = {lever: np.concatenate(part) if part else np.empty(0) for lever, part in parts.items()}
        figures = self.figures(settings)
        return Trials(tuple(blocks), figures, self._costs(settings, figures), self.allowed(figures))

    def figures(self, settings: Settings) -> Frame:
        """The figures that the settings (NaN: lever not used) make, shape (n,)."""
        now, step = self.now, self.step
        project, deposit = settings[Lever.PROJECT], settings[Lever.DEPOSIT]
        term = np.where(np.isnan(settings[Lever.LONGER]), settings[Lever.SHORTER], settings[Lever.LONGER])
        wanted = np.where(np.isnan(project), now["AMT_CREDIT"], project)
        # What is left of an amount that is not round is round.
        credit = np.where(np.isnan(deposit), wanted, np.ceil(wanted / step - _BIT) * step - deposit)
        kept = np.isnan(term) & np.isnan(project) & np.isnan(deposit)
        price = self._rounded(now["AMT_GOODS_PRICE"] * wanted / now["AMT_CREDIT"])
        with np.errstate(divide="ignore", invalid="ignore"):
            due = credit / np.where(np.isnan(term), now["CREDIT_TERM"], term)
        return {
            "AMT_CREDIT": credit,
            "AMT_ANNUITY": np.where(kept, now["AMT_ANNUITY"], self._instalment(due)),
            "AMT_GOODS_PRICE": np.where(np.isnan(project), now["AMT_GOODS_PRICE"], price),
            "AMT_INCOME_TOTAL": now["AMT_INCOME_TOTAL"] + np.nan_to_num(settings[Lever.INCOME], nan=0.0),
            **self._settled(settings),
        }

    def _settled(self, settings: Settings) -> dict[str, Floats]:
        """Figures of the credit history, shape (n,), where the settings settle debts elsewhere."""
        used = {lever: ~np.isnan(settings[lever]) for lever in self.debts.settlements}
        figures = {}
        for name in self.history:
            figures[name] = np.full(settings[Lever.PROJECT].size, self.now[name])
            for group, after in self.debts.figures.items():
                this = np.logical_and.reduce([chosen == (lever in group) for lever, chosen in used.items()])
                value = after.get(name, self.now[name])
                figures[name][this] = np.nan if value is None else float(value)
        return figures

    def _instalment(self, due: Floats) -> Floats:
        """Instalments to the cent, never from below today's to above it or the reverse."""
        today, whole = self.now["AMT_ANNUITY"], self._rounded(due)
        return np.asarray(np.where(due <= today, np.minimum(whole, today), np.maximum(whole, today)))

    def _rounded(self, amounts: Floats) -> Floats:
        return np.asarray(np.round(np.rint(amounts / self.cent) * self.cent, 9))

    def _costs(self, settings: Settings, figures: Frame) -> Floats:
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
        paid = sum(
            np.where(np.isnan(settings[lever]), 0.0, self._paid(one.paid))
            for lever, one in self.debts.settlements.items()
        )
        return np.asarray(amount + np.where(moved, term, 0.0) + earned + paid + SECOND * (used - 1))

    def _paid(self, amount: float) -> float:
        """What it costs to find so much money: as much as to ask for a credit smaller by it."""
        now = self.now["AMT_CREDIT"]
        return math.log((now + amount) / now) / self._spread("AMT_CREDIT")

    def allowed(self, figures: Frame) -> Booleans:
        """Which trials may be proposed: realistic, and within what is admissible."""
        least = (1 - self.admissible.cut) * self.now["AMT_CREDIT"]
        most = np.fmax(self.admissible.instalment * self.now["AMT_ANNUITY"], 0.0)
        affordable = np.isnan(figures["AMT_ANNUITY"]) | (figures["AMT_ANNUITY"] <= most + _BIT)
        return np.asarray(self.realistic(figures) & affordable & (figures["AMT_CREDIT"] >= least - _BIT))

    def realistic(self, figures: Frame) -> Booleans:
        """Which trials are like other clients, with a raised instalment within the share of the income."""
        after = {**figures, **dictionary.derive(figures)}
        realistic = np.ones(figures["AMT_CREDIT"].size, np.bool_)
        # An unchanged ratio moves by the rounding of the figure below the line.
        rounded = {"CREDIT_TERM": "AMT_ANNUITY", "CREDIT_TO_GOODS": "AMT_GOODS_PRICE"}
        for name in _BOUNDED:
            (low, high), value = self.bounds[name], after[name]
            with np.errstate(divide="ignore"):
                slack = self.cent / figures[rounded[name]] if name in rounded else np.zeros(1)
            realistic &= np.isnan(value) | ((value >= low * (1 - slack)) & (value <= high * (1 + slack)))
        raised = figures["AMT_ANNUITY"] > self.now["AMT_ANNUITY"]
        return np.asarray(realistic & ~(raised & (after["ANNUITY_TO_INCOME"] > self.admissible.share)))


def thinned(values: Floats, step: float, most: int) -> Floats:
    """At most so many of some multiples of a step: all, or those of 2, 5, 10, 20... steps."""
    for times in (one * 10**power for power in range(12) for one in (1, 2, 5)):
        kept: Floats = values[np.rint(values / step) % times == 0]
        if kept.size <= most:
            return kept
    raise ValueError("more multiples of a step than amounts can have")


def steady(granted: Booleans, allowed: Booleans, levers: Sequence[Lever]) -> Booleans:
    """Where a grid is granted and stays so further on each axis; a step not allowed is no obstacle.

    Further is the next month, but any amount or income: to ask for less must never undo an answer.
    """
    kept = granted.copy()
    for axis, lever in enumerate(levers):
        holds = np.moveaxis(granted | ~allowed, axis, 0)
        onward = holds if lever in BY_MONTH else np.logical_and.accumulate(holds[::-1])[::-1]
        np.moveaxis(kept, axis, 0)[:-1] &= onward[1:]
    return kept
