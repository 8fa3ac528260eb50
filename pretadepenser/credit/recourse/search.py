"""What would change the decision: the smallest admissible changes that cross the limit, by exact search.

A *lever* is something a client can do about the credit that is asked for, in the client's words; grid.py
declares the steps of each. Nothing else is ever changed: not the external scores, a protected ground,
employment, education or housing, which nobody decides in a meeting, and never in a direction that a client
would not want (earn less, borrow more). Of the credit history, only what debts.py says can be settled.

All single levers and all pairs are scored with the real model, in one matrix. A change may be proposed when
every figure it moves stays between the PLAUSIBLE quantiles of the portfolio, or no further out than the
client already is, when it is admissible (levers.Admissible), and `plausibility` has no objection. Of those
that are granted,

- *safe* are those with enough points beyond the limit that no further step on one of its levers undoes: no
  smaller amount, no higher income, not the next month. The others are *fragile*, and told so;
- *needed* is every lever of a pair: with either of them alone, the other left as it is, the loan is refused.

Safe changes are proposed whose levers are all needed, of each set of levers the cheapest. Where there is
none, safe pairs of which one lever alone would do, though not safely; where nothing is safe, the cheapest
fragile change. A lever costs |ln(after / before)| of its figure, divided by the interquartile range of
ln(figure) in the portfolio; costs add up, and a second lever costs SECOND more.

At most PROPOSALS of them are shown, cheapest first, none of which asks for all that another does, where more
or fewer months count as one thing. Exhaustive search for actionable recourse: Ustun, Spangher, Liu 2019; what
a counterfactual must be worth: Wachter, Mittelstadt, Russell 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pretadepenser import money
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Frame, Row
from pretadepenser.credit.model.inputs import input_matrix
from pretadepenser.credit.model.scoring import Model, score_row
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.recourse import debts
from pretadepenser.credit.recourse import wording as lever_wording
from pretadepenser.credit.recourse.grid import (
    BY_MONTH,
    Block,
    Booleans,
    Floats,
    Grid,
    Settings,
    Trials,
    steady,
    thinned,
)
from pretadepenser.credit.recourse.levers import LOCKS, USUAL, Admissible, Lever, Lock
from pretadepenser.credit.scale import Score
from pretadepenser.credit.whatif.change import Change
from pretadepenser.credit.whatif.plausibility import implausible

PROPOSALS: Final = 3
# Most amounts of a curve, beside those that its sentence names.
CURVE: Final = 40


@dataclass(frozen=True)
class Proposal:
    """A change that was tried and re-scored.

    title: the levers in a few words; sentence: what to do, and what comes of it; spared: which lever only
    makes the other's answer safe, "" where without either the loan is refused; fragile: why it is no safe
    answer, "" for a safe one and for one that is refused; cares: what to mind about it; changes: figures
    before and after; row: raw values after; score: the model's answer for them; gained: whole points won;
    cost: see the module, in interquartile ranges.
    """

    levers: tuple[Lever, ...]
    title: str
    sentence: str
    spared: str
    fragile: str
    cares: tuple[str, ...]
    changes: tuple[Change, ...]
    row: Row
    score: Score
    gained: int
    cost: float


@dataclass(frozen=True)
class Curve:
    """Score as a function of the amount: same number of instalments, price in proportion; amounts ascend.

    current: index of the client's own amount.
    """

    amounts: tuple[float, ...]
    points: tuple[int, ...]
    probabilities: tuple[float, ...]
    current: int


@dataclass(frozen=True)
class Room:
    """How much room a granted client has.

    largest: largest amount up to which every amount tried is granted (the client's own when none larger is);
    margin: points above the limit today; smallest: the same at the tightest of these amounts; sentence: the
    same for a reader.
    """

    largest: float
    margin: int
    smallest: int
    sentence: str


@dataclass(frozen=True)
class Levers:
    """The answer to "what would change the decision?".

    score: the client's today; sentence: the answer in short; proposals: for a refused client, safe ones,
    cheapest first; fragile: where there is none, the cheapest change that is granted; nearest: where there is
    none either, the change that wins the most points, None when no change wins any; room: for a granted
    client; offered: for a refused one, what can be held fixed, since something of it could be tried; sought:
    what was tried with what is held fixed; tried: how many admissible combinations were scored; step: from
    one amount to the next, in units of the data; moved: the levers of these combinations; paired: whether two
    of them together were tried.
    """

    score: Score
    sentence: str
    proposals: tuple[Proposal, ...]
    fragile: Proposal | None
    nearest: Proposal | None
    room: Room | None
    curve: Curve | None
    locked: frozenset[Lock]
    offered: frozenset[Lock]
    sought: frozenset[Lock]
    admissible: Admissible
    tried: int
    step: float
    moved: frozenset[Lever] = frozenset()
    paired: bool = False

    @property
    def held(self) -> frozenset[Lock]:
        """What is held fixed, of what could be tried."""
        return self.locked & self.offered

    @property
    def shown(self) -> tuple[Proposal, ...]:
        """What a page shows: the proposals, or what stands in for them."""
        return self.proposals or tuple(one for one in (self.fragile or self.nearest,) if one)


def levers(
    model: Model,
    portfolio: Portfolio,
    row: Row,
    limit: float,
    locked: frozenset[Lock] = frozenset(),
    number: int | None = None,
    admissible: Admissible = USUAL,
) -> Levers:
    """Find what would change the decision on one client.

    Args:
        model: the trained model.
        portfolio: the clients whose figures bound what is realistic.
        row: raw values in Kaggle's codings; at least `dictionary.columns_of(model.features)`.
        limit: largest tolerated probability, strictly between 0 and 1.
        locked: what must stay as it is.
        number: SK_ID_CURR, None for a person who is not in the portfolio.
        admissible: what the lender lets an advisor propose.

    Raises KeyError: a column of the model is missing in `row`, or a category is unknown.
    """
    today = score_row(model, row, limit, number)
    search = _Search(model, portfolio, row, today, admissible)
    step, none = search.grid.step, frozenset[Lock]()
    if today.granted:
        more, room, tried = search.room()
        return Levers(
            today, room.sentence, (), None, None, room, more, locked, none, none, admissible, tried, step
        )
    trials = search.grid.trials(tuple(Lever))
    sought = offered = _locks(trials)
    if locked & offered:
        trials = search.grid.trials(tuple(lever for lever in Lever if LOCKS[lever] not in locked))
        sought = _locks(trials)
    scored = search.scored(trials)
    proposals = search.found(scored, _sure, PROPOSALS) or search.found(scored, _safe, PROPOSALS)
    fragile = None if proposals else next(iter(search.found(scored, _granted, 1)), None)
    nearest = None if proposals or fragile else search.nearest(scored)
    sentence = lever_wording.answer(
        today, proposals, fragile, nearest, held=locked & offered, offered=offered, sought=sought
    )
    less = search.less() if Lock.PROJECT not in locked else None
    tried = int(trials.allowed.sum())
    return Levers(
        today, sentence, proposals, fragile, nearest, None, less, locked, offered, sought, admissible, tried,
        step, trials.levers, trials.paired,
    )  # fmt: skip


def _locks(trials: Trials) -> frozenset[Lock]:
    return frozenset(LOCKS[lever] for lever in trials.levers)


@dataclass(frozen=True, eq=False)
class _Scored:
    """A block of trials and the model's answers, in the shape of its grid.

    firm: granted with enough points beyond the limit; needed: no lever alone is granted.
    """

    block: Block
    costs: Floats
    margins: Floats
    allowed: Booleans
    granted: Booleans
    firm: Booleans
    needed: Booleans


_Rule = Callable[[_Scored], Booleans]


def _granted(one: _Scored) -> Booleans:
    return one.allowed & one.granted & one.needed


def _safe(one: _Scored) -> Booleans:
    return one.allowed & one.firm & steady(one.granted, one.allowed, one.block.levers)


def _sure(one: _Scored) -> Booleans:
    return _safe(one) & one.needed


class _Search:
    """One client, what can be tried, and the model that answers."""

    def __init__(
        self, model: Model, portfolio: Portfolio, row: Row, today: Score, admissible: Admissible
    ) -> None:
        self.model, self.row, self.today = model, row, today
        self.scale, self.admissible = today.scale, admissible
        unit = money.in_use().scale
        found = debts.NONE
        # Who is granted is told how much more could be lent, and settles nothing for it.
        if today.number is not None and not today.granted:
            found = debts.of(model, portfolio.history(today.number), row)
        columns = dictionary.columns_of(model.features)
        self.grid = Grid(portfolio, row, columns, admissible, unit, found)
        self.objections = implausible(row)
        self._alone: dict[tuple[Lever, int, float, float], Booleans] = {}

    def margins(self, figures: Frame) -> Floats:
        """Margins of the client with these figures, shape (n,)."""
        size = figures["AMT_CREDIT"].size
        frame = {name: np.full(size, value[0]) for name, value in self.grid.frame.items()} | dict(figures)
        return self.model.margins(input_matrix(frame, self.model.features))

    def scored(self, trials: Trials) -> list[_Scored]:
        """Score trials, block by block."""
        if not trials.blocks:
            return []
        margins = self.margins(trials.figures)
        granted = self.scale.granted(margins)
        firm = self.scale.points(margins) >= self.scale.POINTS_AT_LIMIT + self.admissible.points
        return [
            _Scored(
                block,
                trials.costs[block.where],
                margins[block.where],
                trials.allowed[block.where].reshape(block.shape),
                granted[block.where].reshape(block.shape),
                firm[block.where].reshape(block.shape),
                self._needed(block),
            )
            for block in trials.blocks
        ]

    def _needed(self, block: Block) -> Booleans:
        """Where no lever of a block would be granted without the other."""
        needed = np.ones(block.shape, np.bool_)
        if len(block.levers) == 2:
            for axis, (lever, values) in enumerate(zip(block.levers, block.axes, strict=True)):
                np.moveaxis(needed, axis, 0)[self._granted_alone(lever, values)] = False
        return needed

    def _granted_alone(self, lever: Lever, values: Floats) -> Booleans:
        key = (lever, values.size, float(values[0]), float(values[-1]))
        if key not in self._alone:
            figures = self.grid.combined([({lever: values}, True)]).figures
            self._alone[key] = self.scale.granted(self.margins(figures))
        return self._alone[key]

    def found(self, scored: list[_Scored], rule: _Rule, most: int) -> tuple[Proposal, ...]:
        """The cheapest change of each set of levers that a rule admits, of these the cheapest that differ."""
        best = []
        for one in scored:
            indices = np.flatnonzero(rule(one))
            order = indices[np.lexsort((one.margins[indices], one.costs[indices]))]
            if order.size:
                best.append((float(one.costs[order[0]]), float(one.margins[order[0]]), one, order))
        found: list[Proposal] = []
        for _, _, one, order in sorted(best, key=lambda entry: entry[:2]):
            if len(found) == most:
                break
            # More or fewer months are one choice: to offer both would be to contradict oneself.
            choice = {LOCKS[lever] for lever in one.block.levers}
            others = [{LOCKS[lever] for lever in other.levers} for other in found]
            if any(choice <= other or choice >= other for other in others):
                continue
            tested = (self._proposal(settings) for settings in self._settings(one.block, order, rule))
            if (first := next((one for one in tested if one and one.score.granted), None)) is not None:
                found.append(first)
        return tuple(sorted(found, key=lambda one: one.cost))

    def _settings(self, block: Block, order: NDArray[np.intp], rule: _Rule) -> Iterator[dict[Lever, float]]:
        """Settings of trials in order; where a block leaves out steps, the cheapest of those before each."""
        for index in order.tolist():
            if block.whole:
                yield block.at(index)
                continue
            (around,) = self.scored(self.grid.combined([(self._before(block, index), True)]))
            close = np.flatnonzero(rule(around))
            for place in close[np.lexsort((around.margins[close], around.costs[close]))].tolist():
                settings = around.block.at(place)
                if rule is _granted or self._undoing(settings) is None:
                    yield settings

    def _before(self, block: Block, index: int) -> dict[Lever, Floats]:
        """All steps between a combination of a block and the one before it on each axis, itself included."""
        axes = {}
        for lever, axis, place in zip(
            block.levers, block.axes, np.unravel_index(index, block.shape), strict=True
        ):
            steps = self.grid.values(lever)
            first = int(np.flatnonzero(steps == axis[place - 1])[0]) + 1 if place else 0
            axes[lever] = steps[first : int(np.flatnonzero(steps == axis[place])[0]) + 1]
        return axes

    def _undoing(self, settings: dict[Lever, float]) -> tuple[Lever, dict[str, float]] | None:
        """The first further step that is refused: its lever and the figures; None where there is none."""
        for lever, value in settings.items():
            steps = self.grid.values(lever)
            further = steps[int(np.flatnonzero(steps == value)[0]) + 1 :]
            further = further[:1] if lever in BY_MONTH else further
            if not further.size:
                continue
            axes = {other: np.array([setting]) for other, setting in settings.items()} | {lever: further}
            trials = self.grid.combined([(axes, True)])
            refused = np.flatnonzero(trials.allowed & ~self.scale.granted(self.margins(trials.figures)))
            if refused.size:
                return lever, {name: float(values[refused[0]]) for name, values in trials.figures.items()}
        return None

    def nearest(self, scored: list[_Scored]) -> Proposal | None:
        """The admissible trial with the most points, the cheapest of equals; None when none gains a point."""
        tried = []
        for one in scored:
            indices = np.flatnonzero(one.allowed)
            gained = zip(
                self.scale.points(one.margins[indices]).tolist(), one.costs[indices], indices, strict=True
            )
            tried += [(-points, float(cost), one.block, int(index)) for points, cost, index in gained]
        for _, _, block, index in sorted(tried, key=lambda entry: entry[:2]):
            proposal = self._proposal(block.at(index))
            # What is granted here was left aside above, because it is implausible: it is no "nearest" either.
            if proposal and not proposal.score.granted:
                return proposal if proposal.gained > 0 else None
        return None

    def _proposal(self, settings: dict[Lever, float]) -> Proposal | None:
        """Make a proposal of settings, scored anew from its raw values; None when it is implausible."""
        trials = self.grid.combined([({lever: np.array([one]) for lever, one in settings.items()}, True)])
        after = {name: float(values[0]) for name, values in trials.figures.items()}
        row = dict(self.row) | {
            name: None if value != value else value
            for name, value in after.items()
            if value != self.grid.now[name] and (value == value or name in self.grid.history)
        }
        if set(implausible(row)) - set(self.objections):
            return None
        score = score_row(self.model, row, self.scale.limit)
        group = tuple(settings)
        changes = lever_wording.changes(self.row, row)
        return Proposal(
            levers=group,
            title=lever_wording.title(group),
            sentence=lever_wording.sentence(
                group, self.row, row, self.today, score, self.grid.debts.settlements
            ),
            spared=self._spared(settings),
            fragile=self._fragile(settings, score),
            cares=lever_wording.cares(group, changes, score),
            changes=changes,
            row=MappingProxyType(row),
            score=score,
            gained=score.points - self.today.points,
            cost=float(trials.costs[0]),
        )

    def _spared(self, settings: dict[Lever, float]) -> str:
        """Name the lever of a pair without which the loan would be granted too; "" where there is none."""
        if len(settings) == 1:
            return ""
        first, second = settings
        for lever, other in ((second, first), (first, second)):
            if self._granted_alone(other, np.array([settings[other]]))[0]:
                return lever_wording.spared(lever)
        return ""

    def _fragile(self, settings: dict[Lever, float], score: Score) -> str:
        """Why a granted change is no safe answer; "" for a safe one and for one that is refused."""
        if not score.granted:
            return ""
        undone = self._undoing(settings)
        return lever_wording.fragile(score, self.admissible.points, undone)

    def _path(self, amounts: Floats) -> tuple[Floats, Booleans]:
        """Margins and which are realistic, when the whole project is brought to these amounts."""
        unused = np.full(amounts.size, np.nan)
        settings: Settings = dict.fromkeys(Lever, unused) | {Lever.PROJECT: amounts}
        figures = self.grid.figures(settings)
        return self.margins(figures), self.grid.realistic(figures)

    def _curve(self, amounts: Floats, margins: Floats) -> Curve:
        """The curve of these other amounts, the client's own among them."""
        own = (self.grid.now["AMT_CREDIT"], self.today.points, self.today.probability)
        rows = [own] + [
            (amount, self.scale.points(margin), self.scale.probability(margin))
            for amount, margin in zip(amounts.tolist(), margins.tolist(), strict=True)
        ]
        rows.sort()
        return Curve(
            amounts=tuple(amount for amount, _, _ in rows),
            points=tuple(points for _, points, _ in rows),
            probabilities=tuple(probability for _, _, probability in rows),
            current=rows.index(own),
        )

    def less(self) -> Curve | None:
        """The score for smaller amounts, those admissible; None when there is none."""
        amounts = thinned(self.grid.values(Lever.PROJECT), self.grid.step, CURVE)
        if not amounts.size:
            return None
        margins, realistic = self._path(amounts)
        return self._curve(amounts[realistic], margins[realistic]) if realistic.any() else None

    def room(self) -> tuple[Curve, Room, int]:
        """The score for larger amounts, up to which of them the loan is granted, and how many were tried."""
        amounts = self.grid.larger()
        margins, realistic = self._path(amounts)
        reach = int(np.argmin(realistic)) if not realistic.all() else realistic.size
        amounts, margins = amounts[:reach], margins[:reach]
        good = self.scale.granted(margins)
        granted = int(np.argmin(good)) if not good.all() else good.size
        own = self.grid.now["AMT_CREDIT"]
        largest = float(amounts[granted - 1]) if granted else own
        tightest = min([self.today.points, *self.scale.points(margins[:granted]).tolist()])
        margin, smallest = self.today.gap, tightest - self.scale.POINTS_AT_LIMIT
        refused = float(amounts[granted]) if granted < reach else None
        sentence = lever_wording.room(
            own, largest, refused, reach == realistic.size, margin, smallest, self.admissible.share
        )
        # The amounts that the sentence names stand in the curve.
        named = np.arange(reach)[max(granted - 1, 0) : granted + 1]
        shown = np.isin(amounts, thinned(amounts, self.grid.step, CURVE))
        shown[named] = True
        curve = self._curve(amounts[shown], margins[shown])
        return curve, Room(largest, margin, smallest, sentence), int(reach)
