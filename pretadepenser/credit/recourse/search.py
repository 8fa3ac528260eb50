"""What would change the decision: the smallest realistic changes that cross the limit, by exact search.

A *lever* is something a client can do about the credit that is asked for, in the client's words; grid.py
declares the values of each. Nothing else is ever changed: not the external scores, a protected ground,
employment, education or housing, which nobody decides in a meeting, and never in a direction that a client
would not want (earn less, borrow more).

All single levers and all pairs are scored with the real model, in one matrix. A combination is kept when

- it is granted, and stays so one step further on each of its levers: no answer hangs on one split of a tree;
- every figure it changes stays between the PLAUSIBLE quantiles of the portfolio, or no further out than the
  client already is; a raised instalment stays within EFFORT of the income; `plausibility` has no objection;
- no combination of the same levers costs less. A lever costs |ln(after / before)| of its figure, divided by
  the interquartile range of ln(figure) in the portfolio; costs add up, and a second lever costs SECOND more.

At most PROPOSALS of them are shown, cheapest first, none of which asks for all that another does, where more
or fewer months count as one thing. Exhaustive search for actionable recourse: Ustun, Spangher, Liu 2019; what
a counterfactual must be worth: Wachter, Mittelstadt, Russell 2017.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Frame, Row
from pretadepenser.credit.model.inputs import input_matrix
from pretadepenser.credit.model.scoring import Model, score_row
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.recourse import wording as lever_wording
from pretadepenser.credit.recourse.grid import GRID, MORE, Booleans, Floats, Grid, Trials, steady
from pretadepenser.credit.recourse.levers import LOCKS, Lever, Lock
from pretadepenser.credit.scale import Scale, Score
from pretadepenser.credit.whatif.change import Change
from pretadepenser.credit.whatif.plausibility import implausible

PROPOSALS: Final = 3


@dataclass(frozen=True)
class Proposal:
    """A change that was tried and re-scored.

    title: the levers in a few words; sentence: what to do, and what comes of it; cares: what to mind about
    it; changes: figures before and after; row: raw values after; score: the model's answer for them; gained:
    whole points won; cost: see the module, in interquartile ranges.
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

    score: the client's today; sentence: the answer in short; proposals: for a refused client, cheapest
    first; nearest: where there is none, the change that wins the most points, None when no change wins any;
    room: for a granted client; tried: how many realistic combinations were scored.
    """

    score: Score
    sentence: str
    proposals: tuple[Proposal, ...]
    nearest: Proposal | None
    room: Room | None
    curve: Curve | None
    locked: frozenset[Lock]
    tried: int


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
        row: raw values in Kaggle's codings; at least `dictionary.columns_of(model.features)`.
        limit: largest tolerated probability, strictly between 0 and 1.
        locked: what must stay as it is.
        number: SK_ID_CURR, None for a person who is not in the portfolio.

    Raises:
        KeyError: a column of the model is missing in `row`, or a category is unknown.
    """
    search = _Search(model, portfolio, row, limit)
    today = score_row(model, row, limit, number)
    if today.granted:
        more, room = search.room(today)
        return Levers(today, room.sentence, (), None, room, more, locked, len(more.amounts) - 1)
    trials = search.grid.trials(tuple(lever for lever in Lever if LOCKS[lever] not in locked))
    margins = search.margins(trials.figures) if trials.costs.size else trials.costs
    proposals = search.proposals(trials, margins, today)
    nearest = None if proposals else search.nearest(trials, margins, today)
    sentence = lever_wording.answer(
        len(proposals),
        nearest.gained if nearest else None,
        today,
        bool(locked),
        free=locked != frozenset(Lock),
    )
    less = search.less(today) if Lock.PROJECT not in locked else None
    return Levers(today, sentence, proposals, nearest, None, less, locked, int(trials.allowed.sum()))


class _Search:
    """One client, what can be tried, and the model that answers."""

    def __init__(self, model: Model, portfolio: Portfolio, row: Row, limit: float) -> None:
        self.model, self.row, self.limit = model, row, limit
        self.scale = Scale(limit)
        self.grid = Grid(portfolio, row, dictionary.columns_of(model.features))
        self.objections = implausible(row)

    def margins(self, figures: Frame) -> Floats:
        """Margins of the client with these figures, shape (n,)."""
        size = figures["AMT_CREDIT"].size
        frame = {name: np.full(size, value[0]) for name, value in self.grid.frame.items()} | dict(figures)
        return self.model.margins(input_matrix(frame, self.model.features))

    def proposals(self, trials: Trials, margins: Floats, today: Score) -> tuple[Proposal, ...]:
        """The cheapest trial of each set of levers that holds, of these the cheapest that differ."""
        good = self.scale.granted(margins)
        best: list[tuple[float, float, tuple[Lever, ...], Iterator[int]]] = []
        for group, span, shape in trials.sets:
            allowed = trials.allowed[span].reshape(shape)
            holds = allowed & steady(good[span].reshape(shape), allowed)
            indices = span.start + np.flatnonzero(holds.ravel())
            order = indices[np.lexsort((margins[indices], trials.costs[indices]))]
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
            tested = (self._proposal(trials, group, index, today) for index in order)
            found += itertools.islice((one for one in tested if one and one.score.granted), 1)
        return tuple(found)

    def nearest(self, trials: Trials, margins: Floats, today: Score) -> Proposal | None:
        """The allowed trial with the most points, the cheapest of equals; None when none gains a point."""
        # What is granted here hangs on one notch of the trees: it is no answer, and no "nearest" one either.
        indices = np.flatnonzero(trials.allowed & ~self.scale.granted(margins))
        points = self.scale.points(margins[indices])
        order = indices[np.lexsort((trials.costs[indices], -points))]
        for index in order.tolist():
            group = next(group for group, where, _ in trials.sets if where.start <= index < where.stop)
            proposal = self._proposal(trials, group, index, today)
            if proposal and not proposal.score.granted:
                return proposal if proposal.gained > 0 else None
        return None

    def _proposal(
        self, trials: Trials, group: tuple[Lever, ...], index: int, today: Score
    ) -> Proposal | None:
        """Make a proposal of a trial, scored anew from its raw values; None when it is implausible."""
        after = {name: float(values[index]) for name, values in trials.figures.items()}
        row = dict(self.row) | {
            name: value for name, value in after.items() if value == value and value != self.grid.now[name]
        }
        if set(implausible(row)) - set(self.objections):
            return None
        score = score_row(self.model, row, self.limit)
        changes = lever_wording.changes(self.row, row)
        return Proposal(
            levers=group,
            title=lever_wording.title(group),
            sentence=lever_wording.sentence(group, self.row, row, today, score),
            cares=lever_wording.cares(group, changes, score),
            changes=changes,
            row=MappingProxyType(row),
            score=score,
            gained=score.points - today.points,
            cost=float(trials.costs[index]),
        )

    def _path(self, factors: Floats) -> tuple[Floats, Floats, Booleans]:
        """Amounts, margins and which are realistic, when the whole project is multiplied by `factors`."""
        unused = np.full(factors.size, np.nan)
        figures = self.grid.figures(dict.fromkeys(Lever, unused) | {Lever.PROJECT: factors})
        return figures["AMT_CREDIT"], self.margins(figures), self.grid.allowed(figures)

    def _curve(self, amounts: Floats, margins: Floats, today: Score) -> Curve:
        """The curve of these other amounts, the client's own among them."""
        own = (self.grid.now["AMT_CREDIT"], today.points, today.probability)
        rows = [own] + [
            (amount, self.scale.points(margin), self.scale.probability(margin))
            for amount, margin in zip(amounts.tolist(), margins.tolist(), strict=True)
            if amount != own[0]
        ]
        rows.sort()
        return Curve(
            amounts=tuple(amount for amount, _, _ in rows),
            points=tuple(points for _, points, _ in rows),
            probabilities=tuple(probability for _, _, probability in rows),
            current=rows.index(own),
        )

    def less(self, today: Score) -> Curve | None:
        """The score for smaller amounts, those realistic; None when there is none."""
        amounts, margins, allowed = self._path(np.array(GRID[Lever.PROJECT]))
        return self._curve(amounts[allowed], margins[allowed], today) if allowed.any() else None

    def room(self, today: Score) -> tuple[Curve, Room]:
        """The score for larger amounts, and up to which of them the loan is granted."""
        amounts, margins, allowed = self._path(np.array(MORE))
        reach = int(np.argmin(allowed)) if not allowed.all() else allowed.size
        amounts, margins = amounts[:reach], margins[:reach]
        good = self.scale.granted(margins)
        granted = int(np.argmin(good)) if not good.all() else good.size
        own = self.grid.now["AMT_CREDIT"]
        largest = float(amounts[granted - 1]) if granted else own
        tightest = min([today.points, *self.scale.points(margins[:granted]).tolist()])
        margin, smallest = today.gap, tightest - self.scale.POINTS_AT_LIMIT
        refused = float(amounts[granted]) if granted < reach else None
        whole = reach == allowed.size
        sentence = lever_wording.room(own, largest, refused, whole, margin, smallest)
        return self._curve(amounts, margins, today), Room(largest, margin, smallest, sentence)
