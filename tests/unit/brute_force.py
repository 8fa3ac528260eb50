"""What would change the decision, found one setting after the other: the long way that the search must match.

Written from the description in credit.recourse.search alone.
"""

import itertools
import math
from collections.abc import Iterator

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Row
from pretadepenser.credit.model import scoring
from pretadepenser.credit.model.inputs import input_matrix
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.recourse.grid import GRID, MOVED, PLAUSIBLE, SECOND
from pretadepenser.credit.recourse.levers import EFFORT, LOCKS, Lever, Lock
from pretadepenser.credit.recourse.search import PROPOSALS


def proposals(
    model: Model, portfolio: Portfolio, row: Row, limit: float, locked: set[Lock]
) -> list[tuple[tuple[Lever, ...], float]]:
    """The levers of each proposal and what it costs, the cheapest first."""
    usable = [lever for lever in Lever if LOCKS[lever] not in locked]
    groups = [(lever,) for lever in usable] + list(itertools.combinations(usable, 2))
    cheapest = []
    for group in groups:
        if group == (Lever.LONGER, Lever.SHORTER):
            continue
        grids = [_values(row, lever) for lever in group]
        indices = list(itertools.product(*(range(len(grid)) for grid in grids)))
        rows = {}
        for index in indices:
            settings = {lever: grid[one] for lever, grid, one in zip(group, grids, index, strict=True)}
            moved = after(row, settings)
            if _realistic(portfolio, row, moved):
                rows[index] = moved
        granted = dict(zip(rows, _granted(model, limit, list(rows.values())), strict=True))
        holding = [
            index for index in rows if granted[index] and all(granted.get(on, True) for on in _onward(index))
        ]
        if holding:
            cheapest.append(min((_cost(portfolio, row, rows[index], group), group) for index in holding))
    chosen: list[tuple[tuple[Lever, ...], float]] = []
    for cost, group in sorted(cheapest):
        ours = {LOCKS[lever] for lever in group}
        others = [{LOCKS[lever] for lever in one} for one, _ in chosen]
        if len(chosen) < PROPOSALS and not any(ours <= other or ours >= other for other in others):
            chosen.append((group, cost))
    return chosen


def _values(row: Row, lever: Lever) -> list[float]:
    term, cash = figures(row)["CREDIT_TERM"], row["NAME_CONTRACT_TYPE"] == "Cash loans"
    if lever is Lever.DEPOSIT and (not cash or row["AMT_GOODS_PRICE"] is None):
        return []
    if lever in (Lever.LONGER, Lever.SHORTER) and not cash:
        return []
    if lever is Lever.LONGER:
        return [months for months in GRID[lever] if months >= term + 0.5]
    if lever is Lever.SHORTER:
        return [months for months in GRID[lever] if months <= term - 0.5]
    return list(GRID[lever])


def after(row: Row, settings: dict[Lever, float]) -> Row:
    """The client's row once levers are set: to shares of an amount (1: as it is), or to months."""
    changed = dict(row)
    project, deposit = settings.get(Lever.PROJECT, 1.0), settings.get(Lever.DEPOSIT, 1.0)
    months = settings.get(Lever.LONGER, settings.get(Lever.SHORTER))
    credit = known(row, "AMT_CREDIT")
    if project * deposit != 1:
        changed["AMT_CREDIT"] = float(round(credit * (project * deposit) / 100) * 100)
    if project != 1 and row["AMT_GOODS_PRICE"] is not None:
        changed["AMT_GOODS_PRICE"] = float(round(known(row, "AMT_GOODS_PRICE") * project / 100) * 100)
    if months or project * deposit != 1:
        term = months or credit / known(row, "AMT_ANNUITY")
        changed["AMT_ANNUITY"] = float(round(known(changed, "AMT_CREDIT") / term))
    if Lever.INCOME in settings:
        income = known(row, "AMT_INCOME_TOTAL") * settings[Lever.INCOME]
        changed["AMT_INCOME_TOTAL"] = float(round(income / 100) * 100)
    return changed


def _realistic(portfolio: Portfolio, row: Row, changed: Row) -> bool:
    before, then = figures(row), figures(changed)
    for name in (*MOVED, "CREDIT_TERM", "CREDIT_TO_GOODS"):
        low, high = (portfolio.quantile(name, share) for share in PLAUSIBLE)
        slack = 1e-3 if name.startswith("CREDIT") else 0.0
        within = min(low, before[name]) * (1 - slack) <= then[name] <= max(high, before[name]) * (1 + slack)
        if not within and not math.isnan(then[name]):
            return False
    raised = then["AMT_ANNUITY"] > before["AMT_ANNUITY"]
    return not raised or then["ANNUITY_TO_INCOME"] <= max(EFFORT, before["ANNUITY_TO_INCOME"])


def _onward(index: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    for axis in range(len(index)):
        yield tuple(one + (axis == here) for here, one in enumerate(index))


def _cost(portfolio: Portfolio, row: Row, changed: Row, group: tuple[Lever, ...]) -> float:
    before, then = figures(row), figures(changed)
    moved = {
        "AMT_CREDIT": {Lever.PROJECT, Lever.DEPOSIT},
        "CREDIT_TERM": {Lever.LONGER, Lever.SHORTER},
        "AMT_INCOME_TOTAL": {Lever.INCOME},
    }
    total = SECOND * (len(group) - 1)
    for name, by in moved.items():
        if by & set(group):
            low, high = (portfolio.quantile(name, share) for share in (0.25, 0.75))
            total += abs(math.log(then[name] / before[name])) / math.log(high / low)
    return total


def _granted(model: Model, limit: float, rows: list[Row]) -> list[bool]:
    if not rows:
        return []
    margins = model.margins(input_matrix(dictionary.frame(rows), model.features))
    return [scoring.score(model, margin, limit).granted for margin in margins.tolist()]


def known(row: Row, name: str) -> float:
    """A figure that must be known."""
    value = row[name]
    assert isinstance(value, int | float)
    return float(value)


def figures(row: Row) -> dict[str, float]:
    """What levers move, and what follows from it; NaN where unknown."""
    frame = dictionary.frame([{name: row[name] for name in MOVED}])
    return {name: float(value[0]) for name, value in {**frame, **dictionary.derive(frame)}.items()}
