"""What would change the decision, found one setting after the other: the long way that the search must match.

Written from the description in credit.recourse.search alone; its figures stand here a second time, so that a
change of one of them is noticed. Of the search it knows only what an answer looks like. Every step is tried,
also in pairs: meant for amounts in Kaggle's scale.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Row
from pretadepenser.credit.model import scoring
from pretadepenser.credit.model.inputs import input_matrix
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.recourse.levers import LOCKS, Lever, Lock
from pretadepenser.credit.recourse.search import Levers, Proposal
from pretadepenser.credit.whatif.plausibility import implausible

MOVED = ("AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE", "AMT_INCOME_TOTAL")
LEVERS_OF = {
    "AMT_CREDIT": {Lever.PROJECT, Lever.DEPOSIT},
    "CREDIT_TERM": {Lever.LONGER, Lever.SHORTER},
    "AMT_INCOME_TOTAL": {Lever.INCOME},
}


@dataclass
class Trial:
    """One combination: its settings, what it costs, and what the model and the house say of it."""

    settings: dict[Lever, float]
    row: Row
    cost: float
    allowed: bool
    points: int
    granted: bool
    safe: bool = False
    needed: bool = True


@dataclass(frozen=True)
class Client:
    """Who is asked about, and units of the data in one that is shown."""

    model: Model
    portfolio: Portfolio
    row: Row
    limit: float
    unit: float

    @property
    def levers(self) -> list[Lever]:
        return [lever for lever in Lever if self.steps(lever)]

    def steps(self, lever: Lever) -> list[float]:
        """Every setting of a lever, the smallest change first."""
        now, step = figures(self.row), 100 * self.unit
        cash = self.row["NAME_CONTRACT_TYPE"] == "Cash loans"
        low, high = self.range("CREDIT_TERM")
        if lever in (Lever.PROJECT, Lever.DEPOSIT):
            if lever is Lever.DEPOSIT and not (cash and self.row["AMT_GOODS_PRICE"] is not None):
                return []
            least = max(0.75 * now["AMT_CREDIT"], self.range("AMT_CREDIT")[0])
            amounts, amount = [], math.ceil(now["AMT_CREDIT"] / step) * step - step
            while amount >= least:
                amounts.append(amount)
                amount -= step
            ceiling = math.ceil(now["AMT_CREDIT"] / step) * step
            return amounts if lever is Lever.PROJECT else [ceiling - one for one in amounts]
        if lever is Lever.INCOME:
            most = min(
                0.3 * now["AMT_INCOME_TOTAL"], self.range("AMT_INCOME_TOTAL")[1] - now["AMT_INCOME_TOTAL"]
            )
            return [step * count for count in range(1, math.floor(most / step) + 1)]
        if not cash or math.isnan(now["CREDIT_TERM"]):
            return []
        if lever is Lever.LONGER:
            return [m for m in range(4, 85) if m >= now["CREDIT_TERM"] + 0.5 and m <= high]
        return [m for m in range(84, 3, -1) if m <= now["CREDIT_TERM"] - 0.5 and m >= low]

    def range(self, name: str) -> tuple[float, float]:
        """Between which quantiles a figure stays, or how far out the client is."""
        own = figures(self.row)[name]
        low, high = (self.portfolio.quantile(name, share) for share in (0.005, 0.995))
        return (low, high) if math.isnan(own) else (min(low, own), max(high, own))

    def after(self, settings: dict[Lever, float]) -> Row:
        """The client's row once levers are set."""
        changed, step = dict(self.row), 100 * self.unit
        credit, now = known(self.row, "AMT_CREDIT"), figures(self.row)
        wanted = settings.get(Lever.PROJECT, credit)
        if Lever.PROJECT in settings and self.row["AMT_GOODS_PRICE"] is not None:
            changed["AMT_GOODS_PRICE"] = self.to_the_cent(now["AMT_GOODS_PRICE"] * wanted / credit)
        if Lever.DEPOSIT in settings:
            wanted = math.ceil(round(wanted / step, 9)) * step - settings[Lever.DEPOSIT]
        changed["AMT_CREDIT"] = wanted
        months = settings.get(Lever.LONGER, settings.get(Lever.SHORTER, now["CREDIT_TERM"]))
        if not set(settings) <= {Lever.INCOME} and self.row["AMT_ANNUITY"] is not None:
            due, today = wanted / months, now["AMT_ANNUITY"]
            cents = self.to_the_cent(due)
            changed["AMT_ANNUITY"] = min(cents, today) if due <= today else max(cents, today)
        if Lever.INCOME in settings:
            changed["AMT_INCOME_TOTAL"] = now["AMT_INCOME_TOTAL"] + settings[Lever.INCOME]
        return changed

    def to_the_cent(self, amount: float) -> float:
        return round(round(amount / (self.unit / 100)) * (self.unit / 100), 9)

    def allowed(self, changed: Row, *, room: bool = False) -> bool:
        """Whether a change may be proposed, or for room only tried."""
        before, then = figures(self.row), figures(changed)
        for name in (*MOVED, "CREDIT_TERM", "CREDIT_TO_GOODS"):
            low, high = self.range(name)
            below = {"CREDIT_TERM": "AMT_ANNUITY", "CREDIT_TO_GOODS": "AMT_GOODS_PRICE"}.get(name)
            slack = self.unit / 100 / then[below] if below else 0.0
            if not math.isnan(then[name]) and not low * (1 - slack) <= then[name] <= high * (1 + slack):
                return False
        raised = then["AMT_ANNUITY"] > before["AMT_ANNUITY"]
        if raised and then["ANNUITY_TO_INCOME"] > 0.35:
            return False
        return room or not (
            then["AMT_ANNUITY"] > 1.25 * before["AMT_ANNUITY"] + 1e-9
            or then["AMT_CREDIT"] < 0.75 * before["AMT_CREDIT"] - 1e-9
        )

    def cost(self, settings: dict[Lever, float], changed: Row) -> float:
        before, then = figures(self.row), figures(changed)
        total = 0.1 * (len(settings) - 1)
        for name, by in LEVERS_OF.items():
            if by & set(settings):
                low, high = (self.portfolio.quantile(name, share) for share in (0.25, 0.75))
                total += abs(math.log(then[name] / before[name])) / math.log(high / low)
        return total

    def points(self, rows: Sequence[Row]) -> list[int]:
        """The model's points of each row."""
        if not rows:
            return []
        names = dictionary.columns_of(self.model.features)
        own = dictionary.frame([{name: self.row[name] for name in names}])
        frame = {name: np.full(len(rows), own[name][0]) for name in names}
        for name in MOVED:
            values = [row[name] for row in rows]
            frame[name] = np.array([np.nan if one is None else one for one in values], np.float64)
        margins = self.model.margins(input_matrix(frame, self.model.features))
        return [scoring.score(self.model, margin, self.limit).points for margin in margins.tolist()]


Everything = dict[tuple[Lever, ...], dict[tuple[float, ...], Trial]]


def everything(client: Client, locked: set[Lock], *, pairs: bool = True) -> Everything:
    """All trials of each set of levers, by their settings."""
    usable = [lever for lever in client.levers if LOCKS[lever] not in locked]
    groups: list[tuple[Lever, ...]] = [(lever,) for lever in usable]
    if pairs:
        both = itertools.combinations(usable, 2)
        groups += [pair for pair in both if pair != (Lever.LONGER, Lever.SHORTER)]
    tried = {group: _trials(client, group) for group in groups}
    for group, trials in tried.items():
        grids = [client.steps(lever) for lever in group]
        for values, trial in trials.items():
            trial.safe = trial.allowed and trial.points >= 505 and _holds(group, grids, values, trials)
            trial.needed = len(group) == 1 or not any(
                tried[(lever,)][(value,)].granted for lever, value in zip(group, values, strict=True)
            )
    return tried


def _trials(client: Client, group: tuple[Lever, ...]) -> dict[tuple[float, ...], Trial]:
    combinations = list(itertools.product(*(client.steps(lever) for lever in group)))
    settings = [dict(zip(group, values, strict=True)) for values in combinations]
    rows = [client.after(one) for one in settings]
    judged = zip(combinations, settings, rows, client.points(rows), strict=True)
    return {
        values: Trial(one, row, client.cost(one, row), client.allowed(row), points, points >= 500)
        for values, one, row, points in judged
    }


def _holds(
    group: tuple[Lever, ...],
    grids: list[list[float]],
    values: tuple[float, ...],
    trials: dict[tuple[float, ...], Trial],
) -> bool:
    """Whether no further step on one lever is refused."""
    for axis, (lever, grid) in enumerate(zip(group, grids, strict=True)):
        further = grid[grid.index(values[axis]) + 1 :]
        if lever in (Lever.LONGER, Lever.SHORTER):
            further = further[:1]
        for value in further:
            other = trials[(*values[:axis], value, *values[axis + 1 :])]
            if other.allowed and not other.granted:
                return False
    return True


def cheapest(
    client: Client, tried: Everything, *, safe: bool, needed: bool
) -> dict[tuple[Lever, ...], float]:
    """What the cheapest plausible change of each set of levers costs, among those that are granted."""
    found = {}
    known_objections = set(implausible(client.row))
    for group, trials in tried.items():
        for trial in sorted(trials.values(), key=lambda one: one.cost):
            good = trial.safe if safe else trial.allowed and trial.granted
            if good and (trial.needed or not needed) and not set(implausible(trial.row)) - known_objections:
                found[group] = trial.cost
                break
    return found


def chosen(costs: dict[tuple[Lever, ...], float], most: int) -> list[tuple[tuple[Lever, ...], float]]:
    """The cheapest sets of levers that differ."""
    kept: list[tuple[tuple[Lever, ...], float]] = []
    for group, cost in sorted(costs.items(), key=lambda one: one[1]):
        ours = {LOCKS[lever] for lever in group}
        others = [{LOCKS[lever] for lever in one} for one, _ in kept]
        if len(kept) < most and not any(ours <= other or ours >= other for other in others):
            kept.append((group, cost))
    return kept


def known(row: Row, name: str) -> float:
    """A figure that must be known."""
    value = row[name]
    assert isinstance(value, int | float)
    return float(value)


def figures(row: Row) -> dict[str, float]:
    """What levers move, and what follows from it; NaN where unknown."""
    values = {name: math.nan if row[name] is None else known(row, name) for name in MOVED}
    ratios = {
        "CREDIT_TERM": ("AMT_CREDIT", "AMT_ANNUITY"),
        "CREDIT_TO_GOODS": ("AMT_CREDIT", "AMT_GOODS_PRICE"),
        "ANNUITY_TO_INCOME": ("AMT_ANNUITY", "AMT_INCOME_TOTAL"),
    }
    for name, (above, below) in ratios.items():
        values[name] = values[above] / values[below] if values[below] > 0 else math.nan
    return values


def faults(client: Client, found: Levers, locked: set[Lock]) -> list[str]:
    """What the answer for a refused client says that is not so: "validity", "minimality", "none", "words"."""
    tried = everything(client, locked)
    sure = chosen(cheapest(client, tried, safe=True, needed=True), 3)
    expected = sure or chosen(cheapest(client, tried, safe=True, needed=False), 3)
    fragile = chosen(cheapest(client, tried, safe=False, needed=True), 1)
    wrong = []
    for one in found.proposals:
        (points,) = client.points([one.row])
        trial = _same(tried[one.levers], one)
        if not (trial and trial.safe and points == one.score.points >= 505):
            wrong.append("validity")
        if trial and not trial.needed and sure:
            wrong.append("minimality")
    if found.proposals and rounded((one.levers, one.cost) for one in found.proposals) != rounded(expected):
        wrong.append("minimality")
    if not found.proposals and expected:
        wrong.append("none")
    if found.fragile:
        trial = _same(tried[found.fragile.levers], found.fragile)
        if not (trial and trial.granted and trial.allowed and not trial.safe):
            wrong.append("validity")
        if rounded([(found.fragile.levers, found.fragile.cost)]) != rounded(fragile):
            wrong.append("minimality")
    elif not found.proposals and fragile:
        wrong.append("none")
    told = "Aucun changement sûr" in found.sentence
    if told is not (not expected) and locked != set(Lock):
        wrong.append("words")
    return wrong


def rounded(
    costs: Iterable[tuple[tuple[Lever, ...], float]],
) -> list[tuple[tuple[Lever, ...], float]]:
    """Costs to the last figure that two ways of adding up agree in."""
    return [(group, round(cost, 9)) for group, cost in costs]


def _same(trials: dict[tuple[float, ...], Trial], proposal: Proposal) -> Trial | None:
    """The trial that makes the figures of a proposal."""
    wanted = figures(proposal.row)
    for trial in trials.values():
        if all(_close(wanted[name], value) for name, value in figures(trial.row).items()):
            return trial
    return None


def _close(one: float, other: float) -> bool:
    return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=1e-12)


def room_faults(client: Client, found: Levers) -> list[str]:
    """What the answer for a granted client says of larger amounts that is not so."""
    step, own = 100 * client.unit, known(client.row, "AMT_CREDIT")
    amounts = [step * count for count in range(math.floor(own / step) + 1, math.floor(2 * own / step) + 1)]
    rows = [client.after({Lever.PROJECT: amount}) for amount in amounts]
    largest, refused = own, None
    for amount, row, points in zip(amounts, rows, client.points(rows), strict=True):
        if not client.allowed(row, room=True):
            break
        if points < 500:
            refused = amount
            break
        largest = amount
    assert found.room
    wrong = [] if found.room.largest == largest else ["validity"]
    said = " ".join(found.sentence.split())
    if refused is not None and f"pour {' '.join(french.amount(refused).split())}" not in said:
        wrong.append("words")
    return wrong
