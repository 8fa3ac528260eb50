"""Whether the search for levers keeps its promise: every step tried for refused and granted clients."""

from __future__ import annotations

from collections import Counter

import numpy as np

from pretadepenser.credit.model.scoring import Model, current_model, current_scores
from pretadepenser.credit.portfolio import Portfolio, current_portfolio
from pretadepenser.credit.recourse.search import Levers, levers
from pretadepenser.credit.scale import Scale
from pretadepenser.money import using
from tests.bench.ground import Ground, line, median, p99, timed, title
from tests.unit import brute_force

REFUSED, GRANTED, LIMIT = 200, 100, 0.48


def run(ground: Ground) -> None:
    """Compare the answers for clients drawn once with what trying every step finds."""
    portfolio, model = current_portfolio(ground.instance), current_model(ground.instance)
    assert portfolio
    assert model
    margins = current_scores(ground.instance, portfolio, model)
    assert margins is not None
    order = np.random.default_rng(4).permutation(portfolio.size)
    good = Scale(LIMIT).granted(margins[order])
    numbers = portfolio.numbers()[order]
    with using(portfolio.money):
        _refused(model, portfolio, numbers[~good][:REFUSED].tolist())
        _granted(model, portfolio, numbers[good][:GRANTED].tolist())


def _refused(model: Model, portfolio: Portfolio, numbers: list[int]) -> None:
    kinds: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    for number in numbers:
        client, found = _answer(model, portfolio, number)
        kinds.update(set(brute_force.faults(client, found, set())))
        shown["safe"] += bool(found.proposals)
        shown["fragile"] += found.fragile is not None
        shown["nearest"] += found.nearest is not None
    title(f"Levers of {len(numbers)} refused clients against every step")
    for kind in ("safe", "fragile", "nearest"):
        line(f"clients who are shown a change that is {kind}", str(shown[kind]))
    for kind in ("validity", "minimality", "none", "words"):
        line(f"clients without a fault of {kind}", f"{100 * (1 - kinds[kind] / len(numbers)):.1f} %")
    taken = timed(lambda number: _answer(model, portfolio, number), numbers)
    line("search, ms (p50, p99)", f"{median(taken):.1f}", f"{p99(taken):.1f}")


def _granted(model: Model, portfolio: Portfolio, numbers: list[int]) -> None:
    kinds: Counter[str] = Counter()
    for number in numbers:
        client, found = _answer(model, portfolio, number)
        kinds.update(set(brute_force.room_faults(client, found)))
    title(f"Room of {len(numbers)} granted clients against every step")
    for kind in ("validity", "words"):
        line(f"clients without a fault of {kind}", f"{100 * (1 - kinds[kind] / len(numbers)):.1f} %")


def _answer(model: Model, portfolio: Portfolio, number: int) -> tuple[brute_force.Client, Levers]:
    found = portfolio.client(number)
    assert found
    client = brute_force.Client(model, portfolio, found.values, LIMIT, portfolio.money.scale)
    return client, levers(model, portfolio, found.values, LIMIT, number=number)
