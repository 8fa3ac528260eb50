"""Steps of the levers, the figures they make, their cost and what is admissible, worked out in the head."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pretadepenser.credit.recourse.grid import Grid, steady, thinned
from pretadepenser.credit.recourse.levers import USUAL, Lever

NAN = math.nan
# Paying 150 that are late settles a debt of as much.
DEBTS = SimpleNamespace(
    settlements={Lever.ARREARS: SimpleNamespace(paid=150.0)},
    figures={frozenset({Lever.ARREARS}): {"BUREAU_DEBT": 0.0}},
)


def grid(revolving: bool = False, **now: float) -> Any:
    """10,050 asked for in 20.1 instalments of 500, for goods of 10,000, with an income of 2,000."""
    made: Any = Grid.__new__(Grid)
    made.portfolio = SimpleNamespace(quantiles=lambda name: SimpleNamespace(values=np.empty(0)))
    made.admissible, made.debts, made.history = USUAL, DEBTS, ("BUREAU_DEBT",)
    made.step, made.cent, made.revolving = 100.0, 0.01, revolving
    made.now = {
        "AMT_CREDIT": 10_050.0, "AMT_ANNUITY": 500.0, "AMT_GOODS_PRICE": 10_000.0,
        "AMT_INCOME_TOTAL": 2_000.0, "CREDIT_TERM": 20.1, "CREDIT_TO_GOODS": 1.005,
        "BUREAU_DEBT": 150.0, **now,
    }  # fmt: skip
    made.bounds = {
        "AMT_CREDIT": (5_000.0, 50_000.0), "AMT_ANNUITY": (100.0, 5_000.0),
        "AMT_GOODS_PRICE": (5_000.0, 50_000.0), "AMT_INCOME_TOTAL": (500.0, 2_500.0),
        "CREDIT_TERM": (15.0, 30.0), "CREDIT_TO_GOODS": (0.5, 2.0),
    }  # fmt: skip
    return made


@pytest.mark.parametrize(
    ("lever", "first", "last", "many"),
    [
        (Lever.PROJECT, 10_000, 7_600, 25),  # down to three quarters of 10,050
        (Lever.DEPOSIT, 100, 2_500, 25),
        (Lever.LONGER, 21, 30, 10),
        (Lever.SHORTER, 19, 15, 5),
        (Lever.INCOME, 100, 500, 5),  # up to the bound of 2,500
        (Lever.ARREARS, 1, 1, 1),
    ],
)
def test_steps_go_from_the_smallest_change_to_the_largest(
    lever: Lever, first: float, last: float, many: int
) -> None:
    values = grid().values(lever).tolist()
    assert (values[0], values[-1], len(values)) == (first, last, many)


def test_a_round_amount_is_no_step_of_itself() -> None:
    round_one = grid(AMT_CREDIT=10_000.0)
    assert round_one.values(Lever.PROJECT)[[0, -1]].tolist() == [9_900, 7_500]
    assert round_one.larger()[[0, -1]].tolist() == [10_100, 20_000]
    assert grid().larger()[[0, -1]].tolist() == [10_100, 20_100]
    # Months: half of one apart from today's at least.
    assert grid(CREDIT_TERM=20.5).values(Lever.LONGER)[0] == 21
    assert grid(CREDIT_TERM=20.6).values(Lever.LONGER)[0] == 22
    assert grid(CREDIT_TERM=20.5).values(Lever.SHORTER)[0] == 20
    assert grid(CREDIT_TERM=20.4).values(Lever.SHORTER)[0] == 19
    # Three tenths of the income, where the bound leaves more.
    assert grid(AMT_INCOME_TOTAL=1_000.0).values(Lever.INCOME).tolist() == [100, 200, 300]


@pytest.mark.parametrize("lever", [Lever.DEPOSIT, Lever.LONGER, Lever.SHORTER, Lever.CARD])
def test_a_revolving_credit_has_an_amount_alone(lever: Lever) -> None:
    assert not grid(revolving=True).values(lever).size
    assert grid(revolving=True).values(Lever.PROJECT).size == 25


def test_what_is_not_known_cannot_be_moved() -> None:
    assert not grid(AMT_GOODS_PRICE=NAN).values(Lever.DEPOSIT).size
    assert not grid(CREDIT_TERM=NAN).values(Lever.LONGER).size
    for income in (NAN, 0.0):
        assert not grid(AMT_INCOME_TOTAL=income).values(Lever.INCOME).size


# A purchase of less, more of one's own, more months, fewer months, an income, a debt paid, two of these.
SETTINGS = {
    Lever.PROJECT: np.array([9_000, NAN, NAN, NAN, NAN, NAN, 9_000]),
    Lever.DEPOSIT: np.array([NAN, 500, NAN, NAN, NAN, NAN, NAN]),
    Lever.LONGER: np.array([NAN, NAN, 24, NAN, NAN, NAN, NAN]),
    Lever.SHORTER: np.array([NAN, NAN, NAN, 15, NAN, NAN, NAN]),
    Lever.INCOME: np.array([NAN, NAN, NAN, NAN, 200, NAN, 200]),
    Lever.ARREARS: np.array([NAN, NAN, NAN, NAN, NAN, 1, NAN]),
    Lever.CARD: np.full(7, NAN),
}


def test_each_lever_moves_what_belongs_to_it() -> None:
    figures = {name: values.tolist() for name, values in grid().figures(SETTINGS).items()}
    assert figures == {
        "AMT_CREDIT": [9_000, 9_600, 10_050, 10_050, 10_050, 10_050, 9_000],
        "AMT_ANNUITY": [447.76, 477.61, 418.75, 670, 500, 500, 447.76],
        "AMT_GOODS_PRICE": [8_955.22, 10_000, 10_000, 10_000, 10_000, 10_000, 8_955.22],
        "AMT_INCOME_TOTAL": [2_000, 2_000, 2_000, 2_000, 2_200, 2_000, 2_200],
        "BUREAU_DEBT": [150, 150, 150, 150, 150, 0, 150],
    }


def test_a_change_costs_what_it_moves_and_a_second_lever_a_little_more() -> None:
    made = grid()
    smaller, income = math.log(10_050 / 9_000), math.log(1.1)
    assert made._costs(SETTINGS, made.figures(SETTINGS)).tolist() == pytest.approx(
        [
            smaller,
            math.log(10_050 / 9_600),
            math.log(24 / 20.1),
            math.log(20.1 / 15),
            income,
            math.log(10_200 / 10_050),
            smaller + income + 0.1,
        ],
        abs=1e-5,
    )


def figures(**changed: list[float]) -> dict[str, np.ndarray]:
    """Today's figures as often as those that change."""
    size = len(next(iter(changed.values())))
    today = grid().now
    names = ("AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE", "AMT_INCOME_TOTAL")
    return {name: np.array(changed.get(name, [today[name]] * size), np.float64) for name in names}


@pytest.mark.parametrize(
    ("changed", "allowed"),
    [
        # Three quarters of the amount, with the instalments that go with it.
        ({"AMT_CREDIT": [7_537.5, 7_537.0], "AMT_ANNUITY": [375.0, 375.0]}, [True, False]),
        # A quarter more by the month.
        ({"AMT_ANNUITY": [625.0, 625.01]}, [True, False]),
        # Not more than 35 % of the income, unless that was so before.
        (
            {"AMT_ANNUITY": [595.0, 595.1, 500.0], "AMT_INCOME_TOTAL": [1_700.0, 1_700.0, 1_000.0]},
            [True, False, True],
        ),
        # Fifteen to thirty instalments, within a cent of the instalment.
        ({"AMT_ANNUITY": [335.0, 334.0]}, [True, False]),
        ({"AMT_INCOME_TOTAL": [2_500.0, 2_501.0, 500.0, 499.0]}, [True, False, False, False]),
    ],
)  # fmt: skip
def test_what_may_be_proposed_ends_where_the_rules_say(
    changed: dict[str, list[float]], allowed: list[bool]
) -> None:
    made = grid()
    made.bounds["AMT_INCOME_TOTAL"] = (600.0, 2_500.0)
    assert made.allowed(figures(**changed)).tolist() == allowed


@pytest.mark.parametrize(
    ("most", "kept"),
    [
        (10, [100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000]),
        (9, [200, 400, 600, 800, 1_000]),
        (4, [500, 1_000]),
        (1, [1_000]),
    ],
)  # fmt: skip
def test_amounts_are_thinned_to_every_second_fifth_or_tenth_step(most: int, kept: list[float]) -> None:
    assert thinned(np.arange(1, 11, dtype=np.float64) * 100, 100.0, most).tolist() == kept


@pytest.mark.parametrize(
    ("lever", "allowed", "kept"),
    [
        # To ask for even less must not undo the answer; of months, the next one alone.
        (Lever.PROJECT, [1, 1, 1, 1, 1], [0, 0, 0, 1, 1]),
        (Lever.LONGER, [1, 1, 1, 1, 1], [1, 0, 0, 1, 1]),
        # What may not be proposed is no obstacle, and no answer either.
        (Lever.PROJECT, [1, 1, 0, 1, 1], [1, 1, 0, 1, 1]),
    ],
)
def test_an_answer_is_steady_where_further_steps_keep_it(
    lever: Lever, allowed: list[int], kept: list[int]
) -> None:
    granted = np.array([True, True, False, True, True])
    found = steady(granted, np.array(allowed, np.bool_), (lever,))
    assert found.astype(int).tolist() == kept
    # Along the second axis as along the first.
    both = steady(granted.reshape(1, 5), np.array(allowed, np.bool_).reshape(1, 5), (Lever.INCOME, lever))
    assert both[0].astype(int).tolist() == kept


def test_months_go_from_four_to_seven_years() -> None:
    wide = grid()
    wide.bounds["CREDIT_TERM"] = (1.0, 200.0)
    assert wide.values(Lever.LONGER)[[0, -1]].tolist() == [21, 84]
    assert wide.values(Lever.SHORTER)[[0, -1]].tolist() == [19, 4]


def counted(low: float, high: float) -> Any:
    """Clients whose figures are spread evenly between two values."""
    spread = SimpleNamespace(values=np.array([low, high]), quantile=lambda share: low + share * (high - low))
    return SimpleNamespace(quantiles=lambda name: spread)


@pytest.mark.parametrize(
    ("own", "bounds"),
    [(500.0, (5, 995)), (2.0, (2, 995)), (1_200.0, (5, 1_200)), (NAN, (5, 995))],
)
def test_a_figure_stays_between_the_outer_two_hundredths_or_where_the_client_is(
    own: float, bounds: tuple[float, float]
) -> None:
    made = grid(AMT_CREDIT=own)
    made.portfolio = counted(0, 1_000)
    assert made._bounds("AMT_CREDIT") == pytest.approx(bounds)
    made.portfolio = SimpleNamespace(quantiles=lambda name: SimpleNamespace(values=np.empty(0)))
    assert made._bounds("AMT_CREDIT") == pytest.approx((own, own), nan_ok=True)


def test_effort_is_counted_in_the_middle_half_of_the_clients() -> None:
    made = grid()
    made.portfolio = counted(0, 1_000)
    assert made._spread("AMT_CREDIT") == pytest.approx(math.log(3))
    # Half of them share one value, or have nothing.
    for low, high in ((700, 700), (-500, 1_500)):
        made.portfolio = counted(low, high)
        assert made._spread("AMT_CREDIT") == 1


@pytest.mark.parametrize(
    ("axes", "sizes", "whole"),
    [
        ({Lever.PROJECT: 60, Lever.INCOME: 50}, (60, 50), True),
        # More than 3,000: every second amount, every second income.
        ({Lever.PROJECT: 60, Lever.INCOME: 51}, (30, 51), False),
        ({Lever.PROJECT: 100, Lever.LONGER: 30}, (100, 30), True),
        # 96 amounts would do with 31 months.
        ({Lever.PROJECT: 100, Lever.LONGER: 31}, (50, 31), False),
        ({Lever.PROJECT: 96, Lever.LONGER: 31}, (96, 31), True),
    ],
)
def test_of_too_many_combinations_amounts_are_left_out_and_months_never(
    axes: dict[Lever, int], sizes: tuple[int, int], whole: bool
) -> None:
    made = grid()
    values = {
        lever: np.arange(1.0, size + 1) * (100.0 if lever is not Lever.LONGER else 1.0)
        for lever, size in axes.items()
    }
    tried, all_of_them = made._paired(values)
    assert (tuple(one.size for one in tried.values()), all_of_them) == (sizes, whole)
