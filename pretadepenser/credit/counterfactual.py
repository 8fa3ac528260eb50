"""What would change the decision: the smallest realistic changes that cross the limit, found by exact search.

A *lever* is something a client can do about the credit that is asked for, in the client's words. Each has a
declared grid of values (`GRID`), and figures that honestly move together do so: a smaller amount over the same
number of months has a smaller instalment; more months mean a smaller one. Nothing else is ever changed: not the
external scores, a protected ground, employment, education or housing, which nobody decides in a meeting, and
never in a direction that a client would not want (earn less, borrow more).

All single levers and all pairs are scored with the real model, in one matrix. A combination is kept when

- it is granted, and stays so one step further on each of its levers: no answer hangs on one notch of the trees;
- every figure it changes stays within what the portfolio shows (PLAUSIBLE quantiles), or no further out than the
  client already is; a raised instalment stays within EFFORT of the income; `plausibility` has no objection;
- no combination of the same levers costs less. The cost of a lever is |ln(after/before)| of its figure divided by
  the interquartile range of ln(figure) in the portfolio; costs add up, and a second lever costs SECOND more.

Of these, at most PROPOSALS are shown, cheapest first, none of which asks for all that another does. Actionable
recourse by exhaustive search: Ustun, Spangher, Liu 2019; the wish list is that of Wachter et al. 2017.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pretadepenser.credit import features, lever_wording, scoring
from pretadepenser.credit.explanation import Explanation, explain
from pretadepenser.credit.features import Frame, Row
from pretadepenser.credit.lever_wording import Change, Lever
from pretadepenser.credit.plausibility import implausible
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.scoring import Model, Score

PROPOSALS: Final = 3
STEP: Final = 0.025
PLAUSIBLE: Final = (0.005, 0.995)
# Share of the income that a raised instalment may take: the rate of effort of decision D-HCSF-2021-7.
EFFORT: Final = 0.35
SECOND: Final = 0.1
ROUND: Final = 100  # euros, to which new amounts are rounded

# Lever -> values tried, from the smallest change on: what remains of the amount, what the income is multiplied
# by, or (whole numbers) how many instalments there are; those beyond the client's own number apply.
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


class Lock(StrEnum):
    """What the advisor can hold fixed; the values stand in addresses."""

    PROJECT = "projet"
    DEPOSIT = "apport"
    TERM = "duree"
    INCOME = "revenu"


LOCKS: Final[Mapping[Lever, Lock]] = MappingProxyType(
    {
        Lever.PROJECT: Lock.PROJECT,
        Lever.DEPOSIT: Lock.DEPOSIT,
        Lever.LONGER: Lock.TERM,
        Lever.SHORTER: Lock.TERM,
        Lever.INCOME: Lock.INCOME,
    }
)
_MOVED: Final = ("AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE", "AMT_INCOME_TOTAL")
_BOUNDED: Final = (*_MOVED, "CREDIT_TERM", "CREDIT_TO_GOODS")


@dataclass(frozen=True)
class Proposal:
    """A change that was tried and re-scored.

    title: the levers in a few words; sentence: what to do, and what comes of it; cares: what to mind about it;
    changes: figures before and after; row: raw values after; score: the model's answer for them; gained: whole
    points won; cost: see the module, in interquartile ranges.
    """

    levers: tuple[Lever, ...]
    title: str
    sentence: str
    cares: tuple[str, ...]
    changes: tuple[Change, ...]
    row: Row
    score: Score
    gained: int
    cost: float


@dataclass(frozen=True)
class Curve:
    """Score as a function of the amount: same number of instalments, price in proportion; amounts ascend.

    current: place of the client's own amount.
    """

    amounts: tuple[float, ...]
    points: tuple[int, ...]
    probabilities: tuple[float, ...]
    current: int


@dataclass(frozen=True)
class Room:
    """How much room a granted client has.

    largest: largest amount up to which every amount tried is granted (the client's own when none larger is);
    margin: points above the limit today; smallest: the same at the tightest of these amounts; sentence says it.
    """

    largest: float
    margin: int
    smallest: int
    sentence: str


@dataclass(frozen=True)
class Levers:
    """The answer to "what would change the decision?".

    sentence: the answer in short; proposals: for a refused client, cheapest first; nearest: where there is none,
    the change that wins the most points, None when no change wins any; room: for a granted client; tried: how
    many combinations were scored.
    """

    explanation: Explanation
    sentence: str
    proposals: tuple[Proposal, ...]
    nearest: Proposal | None
    room: Room | None
    curve: Curve | None
    locked: frozenset[Lock]
    tried: int

    @property
    def score(self) -> Score:
        """The client's score today."""
        return self.explanation.score


@dataclass(frozen=True, eq=False)
class _Trials:
    """Combinations of lever settings as columns, shape (n,): figures after, cost, margin, and what is allowed.

    sets: (levers, where its trials are, shape of its grid); changed figures of a lever not used are as today.
    """

    sets: tuple[tuple[tuple[Lever, ...], slice, tuple[int, ...]], ...]
    figures: Frame
    costs: Floats
    allowed: NDArray[np.bool_]


def levers(
    model: Model,
    portfolio: Portfolio,
    row: Row,
    limit: float,
    locked: frozenset[Lock] = frozenset(),
    number: int | None = None,
) -> Levers:
    """Find what would change the decision on one client.

    Args:
        model: the trained model.
        portfolio: the clients whose figures bound what is realistic.
        row: raw values in Kaggle's codings; at least `features.columns(model.features)`.
        limit: largest tolerated probability, strictly between 0 and 1.
        locked: what must stay as it is.
        number: SK_ID_CURR, None for a person who is not in the portfolio.

    Raises:
        KeyError: a column of the model is missing in `row`, or a category is unknown.
    """
    search = _Search(model, portfolio, row, limit)
    today = explain(model, portfolio, row, limit, number)
    if today.score.granted:
        curve, room = search.room(today.score)
        return Levers(today, room.sentence, (), None, room, curve, locked, len(curve.amounts) - 1)
    trials = search.trials(tuple(lever for lever in Lever if LOCKS[lever] not in locked))
    margins = search.margins(trials.figures) if trials.costs.size else trials.costs
    proposals = search.proposals(trials, margins, today.score)
    nearest = None if proposals else search.nearest(trials, margins, today.score)
    sentence = lever_wording.answer(
        len(proposals), nearest.gained if nearest else None, today.score, bool(locked)
    )
    curve = search.less(today.score) if Lock.PROJECT not in locked else None
    return Levers(today, sentence, proposals, nearest, None, curve, locked, int(trials.allowed.sum()))


class _Search:
    """One client's figures, the bounds of what is realistic, and the model that answers."""

    def __init__(self, model: Model, portfolio: Portfolio, row: Row, limit: float) -> None:
        self.model, self.portfolio, self.row, self.limit = model, portfolio, row, limit
        columns = {*features.columns(model.features), *_MOVED}
        self.frame = features.frame([{name: row.get(name) for name in columns}])
        self.now = {name: float(self.frame[name][0]) for name in _MOVED}
        self.now |= {name: float(value[0]) for name, value in features.derive(self.frame).items()}
        self.bounds = {name: self._bounds(name) for name in _BOUNDED}
        self.objections = implausible(row)
        self.revolving = row.get("NAME_CONTRACT_TYPE") == "Revolving loans"

    def _bounds(self, name: str) -> tuple[float, float]:
        """Plausible range of a figure, widened to the client's own value."""
        ladder, own = self.portfolio.ladder(name), self.now[name]
        if not ladder.values.size:
            return own, own
        low, high = (ladder.quantile(share) for share in PLAUSIBLE)
        return (low, high) if math.isnan(own) else (min(low, own), max(high, own))

    def _spread(self, name: str) -> float:
        """Interquartile range of ln(figure) in the portfolio; 1 where half of the clients share one value."""
        ladder = self.portfolio.ladder(name)
        low, high = (ladder.quantile(share) for share in (0.25, 0.75)) if ladder.values.size else (0.0, 0.0)
        return math.log(high / low) if 0 < low < high else 1.0

    def grid(self, lever: Lever) -> Floats:
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

    def trials(self, usable: tuple[Lever, ...]) -> _Trials:
        """All settings of each usable lever alone, then of each pair."""
        grids = {lever: grid for lever in usable if (grid := self.grid(lever)).size}
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
        return _Trials(tuple(sets), figures, self._costs(values, figures), self._allowed(figures))

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
        now, derived = self.now, features.derive(figures)
        with np.errstate(divide="ignore", invalid="ignore"):
            amount = np.abs(np.log(figures["AMT_CREDIT"] / now["AMT_CREDIT"])) / self._spread("AMT_CREDIT")
            term = np.abs(np.log(derived["CREDIT_TERM"] / now["CREDIT_TERM"])) / self._spread("CREDIT_TERM")
            income = np.log(figures["AMT_INCOME_TOTAL"] / now["AMT_INCOME_TOTAL"])
            income = np.abs(income) / self._spread("AMT_INCOME_TOTAL")
        moved = ~np.isnan(settings[Lever.LONGER]) | ~np.isnan(settings[Lever.SHORTER])
        used = sum((~np.isnan(values)).astype(np.float64) for values in settings.values())
        earned = np.where(np.isnan(settings[Lever.INCOME]), 0.0, income)
        return np.asarray(amount + np.where(moved, term, 0.0) + earned + SECOND * (used - 1))

    def _allowed(self, figures: Frame) -> NDArray[np.bool_]:
        """Which trials are within the bounds of what is realistic, and change what they say they change."""
        after = {**figures, **features.derive(figures)}
        allowed = np.ones(figures["AMT_CREDIT"].size, np.bool_)
        for name in _BOUNDED:
            low, high = self.bounds[name]
            value = after[name]
            # An unchanged number of instalments moves by the rounding of the instalment.
            slack = 1e-3 if name in ("CREDIT_TERM", "CREDIT_TO_GOODS") else 0.0
            allowed &= np.isnan(value) | ((value >= low * (1 - slack)) & (value <= high * (1 + slack)))
        most = np.fmax(EFFORT, self.now["ANNUITY_TO_INCOME"])
        raised = figures["AMT_ANNUITY"] > self.now["AMT_ANNUITY"]
        return allowed & ~(raised & (after["ANNUITY_TO_INCOME"] > most))

    def margins(self, figures: Frame) -> Floats:
        """Margins of the client with these figures, shape (n,)."""
        size = figures["AMT_CREDIT"].size
        frame = {name: np.full(size, value[0]) for name, value in self.frame.items()} | dict(figures)
        return self.model.margins(features.matrix(frame, self.model.features))

    def proposals(self, trials: _Trials, margins: Floats, today: Score) -> tuple[Proposal, ...]:
        """The cheapest trial of each set of levers that holds, of these the cheapest that differ."""
        good = margins <= scoring.margin_of(self.limit)
        best: list[tuple[float, float, tuple[Lever, ...], Iterator[int]]] = []
        for group, place, shape in trials.sets:
            allowed = trials.allowed[place].reshape(shape)
            holds = allowed & _steady(good[place].reshape(shape), allowed)
            places = place.start + np.flatnonzero(holds.ravel())
            order = places[np.lexsort((margins[places], trials.costs[places]))]
            if order.size:
                first = order[0]
                best.append((float(trials.costs[first]), float(margins[first]), group, iter(order.tolist())))
        found: list[Proposal] = []
        for _, _, group, order in sorted(best, key=lambda one: one[:2]):
            if len(found) == PROPOSALS:
                break
            # More or fewer months are one choice: to offer both would be to contradict oneself.
            choice = {LOCKS[lever] for lever in group}
            others = [{LOCKS[lever] for lever in one.levers} for one in found]
            if any(choice <= other or choice >= other for other in others):
                continue
            tested = (self._proposal(trials, group, place, today) for place in order)
            found += itertools.islice((one for one in tested if one and one.score.granted), 1)
        return tuple(found)

    def nearest(self, trials: _Trials, margins: Floats, today: Score) -> Proposal | None:
        """The allowed trial with the most points, the cheapest of equals; None when none gains a point."""
        # What is granted here hangs on one notch of the trees: it is no answer, and no "nearest" one either.
        places = np.flatnonzero(trials.allowed & (margins > scoring.margin_of(self.limit)))
        points = [scoring.points_of(margin, self.limit) for margin in margins[places].tolist()]
        order = places[np.lexsort((trials.costs[places], -np.array(points)))]
        for place in order.tolist():
            group = next(group for group, where, _ in trials.sets if where.start <= place < where.stop)
            proposal = self._proposal(trials, group, place, today)
            if proposal and not proposal.score.granted:
                return proposal if proposal.gained > 0 else None
        return None

    def _proposal(
        self, trials: _Trials, group: tuple[Lever, ...], place: int, today: Score
    ) -> Proposal | None:
        """Make a proposal of a trial, scored anew from its raw values; None when it is implausible."""
        after = {name: float(values[place]) for name, values in trials.figures.items()}
        row = dict(self.row) | {
            name: value for name, value in after.items() if value == value and value != self.now[name]
        }
        if set(implausible(row)) - set(self.objections):
            return None
        score = explain(self.model, self.portfolio, row, self.limit).score
        changes = lever_wording.changes(self.row, row)
        return Proposal(
            levers=group,
            title=lever_wording.title(group),
            sentence=lever_wording.sentence(group, self.row, row, today, score),
            cares=lever_wording.cares(group, score),
            changes=changes,
            row=MappingProxyType(row),
            score=score,
            gained=score.points - today.points,
            cost=float(trials.costs[place]),
        )

    def _path(self, factors: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Amounts, margins and which are realistic, when the whole project is multiplied by `factors`."""
        unused = np.full(factors.size, np.nan)
        figures = self.figures({lever: unused for lever in Lever} | {Lever.PROJECT: factors})
        return figures["AMT_CREDIT"], self.margins(figures), self._allowed(figures)

    def _curve(self, amounts: Floats, margins: Floats, today: Score) -> Curve:
        """The curve of these other amounts, the client's own among them."""
        own = (self.now["AMT_CREDIT"], today.points, today.probability)
        rows = [own] + [
            (amount, scoring.points_of(margin, self.limit), 1 / (1 + math.exp(-margin)))
            for amount, margin in zip(amounts.tolist(), margins.tolist(), strict=True)
            if amount != own[0]
        ]
        rows.sort()
        return Curve(*zip(*rows, strict=True), current=rows.index(own))  # type: ignore[arg-type]

    def less(self, today: Score) -> Curve | None:
        """The score for smaller amounts, those realistic; None when there is none."""
        amounts, margins, allowed = self._path(np.array(GRID[Lever.PROJECT]))
        return self._curve(amounts[allowed], margins[allowed], today) if allowed.any() else None

    def room(self, today: Score) -> tuple[Curve, Room]:
        """The score for larger amounts, and up to which of them the loan is granted."""
        amounts, margins, allowed = self._path(np.array(MORE))
        reach = int(np.argmin(allowed)) if not allowed.all() else allowed.size
        amounts, margins = amounts[:reach], margins[:reach]
        good = margins <= scoring.margin_of(self.limit)
        granted = int(np.argmin(good)) if not good.all() else good.size
        own = self.now["AMT_CREDIT"]
        largest = float(amounts[granted - 1]) if granted else own
        points = [
            today.points,
            *(scoring.points_of(margin, self.limit) for margin in margins[:granted].tolist()),
        ]
        margin, smallest = (points_ - scoring.POINTS_AT_LIMIT for points_ in (today.points, min(points)))
        refused = float(amounts[granted]) if granted < reach else None
        whole = reach == allowed.size
        sentence = lever_wording.room(own, largest, refused, whole, margin, smallest)
        return self._curve(amounts, margins, today), Room(largest, margin, smallest, sentence)


def _rounded(amount: float, factors: Floats) -> Floats:
    """An amount times factors, to ROUND euros; left as it is where the factor is 1."""
    return np.where(factors == 1, amount, np.rint(amount * factors / ROUND) * ROUND)


def _steady(good: NDArray[np.bool_], allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where a grid is good and stays so one step further along each axis; a step not allowed is no obstacle."""
    steady = good.copy()
    for axis in range(good.ndim):
        onward = np.moveaxis(good | ~allowed, axis, 0)
        np.moveaxis(steady, axis, 0)[:-1] &= onward[1:]
    return steady
