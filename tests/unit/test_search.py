"""Which changes are chosen, in which order, on answers that are written out here instead of a model's."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pretadepenser.credit.recourse import search
from pretadepenser.credit.recourse.grid import Block
from pretadepenser.credit.recourse.levers import LOCKS, USUAL, Admissible, Lever, Lock

PROJECT, DEPOSIT, INCOME = Lever.PROJECT, Lever.DEPOSIT, Lever.INCOME
LONGER, SHORTER = Lever.LONGER, Lever.SHORTER


def test_the_rules_of_the_house_are_these_unless_it_says_otherwise() -> None:
    assert Admissible(instalment=1.25, cut=0.25, points=5, share=0.35) == USUAL
    assert LOCKS == {
        PROJECT: Lock.PROJECT, DEPOSIT: Lock.DEPOSIT, LONGER: Lock.TERM, SHORTER: Lock.TERM,
        INCOME: Lock.INCOME, Lever.ARREARS: Lock.DEBTS, Lever.CARD: Lock.DEBTS,
    }  # fmt: skip


def scored(levers: tuple[Lever, ...], *trials: tuple[float, float, bool]) -> Any:
    """A block along one axis: cost, margin, and whether the rule admits each trial."""
    costs, margins, good = zip(*trials, strict=True)
    return SimpleNamespace(
        block=SimpleNamespace(levers=levers),
        costs=np.array(costs),
        margins=np.array(margins),
        allowed=np.array(good),
    )


def found(*blocks: Any, most: int = 3, refused: tuple[tuple[Lever, int], ...] = ()) -> list[tuple[str, int]]:
    """What is proposed: levers, and which trial. `refused`: those that are not granted when scored anew."""

    def settings(block: Any, order: np.ndarray, rule: object) -> list[tuple[Any, int]]:
        return [(block, int(index)) for index in order]

    def proposal(chosen: tuple[Any, int]) -> Any:
        block, index = chosen
        one = next(one for one in blocks if one.block is block)
        granted = (block.levers[0], index) not in refused
        return SimpleNamespace(
            levers=block.levers,
            cost=float(one.costs[index]),
            score=SimpleNamespace(granted=granted),
            trial=index,
        )

    bench: Any = SimpleNamespace(_settings=settings, _proposal=proposal)
    told: Any = search._Search.found(bench, list(blocks), lambda one: one.allowed, most)
    return [("+".join(one.levers), one.trial) for one in told]


def test_the_cheapest_of_each_set_of_levers_is_taken_and_the_safer_of_equals() -> None:
    project = scored((PROJECT,), (3.0, -1.0, True), (2.0, -1.0, True), (1.0, -1.0, False))
    income = scored((INCOME,), (1.5, -0.1, True), (1.5, -0.2, True))
    assert found(project, income) == [("income", 1), ("project", 1)]
    # The first choice is refused when it is scored anew: the next one stands in.
    assert found(project, income, refused=((INCOME, 1), (PROJECT, 1))) == [("income", 0), ("project", 0)]
    assert found(income, refused=((INCOME, 0), (INCOME, 1))) == []


def test_what_holds_another_proposal_or_is_held_by_it_is_left_out() -> None:
    """A pair that is cheaper than one of its levers, a pair that is dearer, and one that shares a lever."""
    pair = scored((PROJECT, INCOME), (1.0, 0.0, True))
    assert found(pair, scored((PROJECT,), (2.0, 0.0, True))) == [("project+income", 0)]
    assert found(scored((PROJECT,), (0.5, 0.0, True)), pair) == [("project", 0)]
    assert found(pair, scored((PROJECT, DEPOSIT), (0.5, 0.0, True))) == [
        ("project+deposit", 0), ("project+income", 0),
    ]  # fmt: skip


def test_more_and_fewer_months_are_one_choice() -> None:
    longer, shorter = scored((LONGER,), (1.0, 0.0, True)), scored((SHORTER,), (2.0, 0.0, True))
    assert found(shorter, longer) == [("longer", 0)]


@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_more_are_proposed_than_asked_for(most: int) -> None:
    prices = ((PROJECT, 3.0), (DEPOSIT, 1.0), (INCOME, 2.0))
    told = found(*(scored((lever,), (cost, 0.0, True)) for lever, cost in prices), most=most)
    assert [name for name, _ in told] == ["deposit", "income", "project"][:most]


STEPS: Mapping[Lever, np.ndarray] = {
    PROJECT: np.array([99.0, 98, 97, 96, 95, 94, 93, 92, 91, 90]), INCOME: np.array([1.0, 2, 3, 4, 5, 6])
}  # fmt: skip
# Every third step of an amount, every second one of the income.
THINNED = Block(
    (PROJECT, INCOME), (np.array([97.0, 94, 91]), np.array([2.0, 4, 6])), slice(0, 9), whole=False
)


@pytest.mark.parametrize(
    ("index", "amounts", "incomes"),
    [
        (0, [99, 98, 97], [1, 2]),  # the first of both: from the smallest change on
        (1, [99, 98, 97], [3, 4]),
        (3, [96, 95, 94], [1, 2]),
        (8, [93, 92, 91], [5, 6]),
    ],
)
def test_steps_that_were_left_out_are_tried_up_to_the_answer(
    index: int, amounts: list[float], incomes: list[float]
) -> None:
    bench: Any = SimpleNamespace(grid=SimpleNamespace(values=STEPS.__getitem__))
    axes = search._Search._before(bench, THINNED, index)
    assert (axes[PROJECT].tolist(), axes[INCOME].tolist()) == (amounts, incomes)


def test_a_block_is_read_row_by_row() -> None:
    assert THINNED.shape == (3, 3)
    assert [THINNED.at(index) for index in (0, 5, 7)] == [
        {PROJECT: 97, INCOME: 2},
        {PROJECT: 94, INCOME: 6},
        {PROJECT: 91, INCOME: 4},
    ]
