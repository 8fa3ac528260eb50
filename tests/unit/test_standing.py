"""The place of a value among the clients, against counts made by hand."""

import numpy as np
import pyarrow as pa
import pytest

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import COLUMNS, describe
from pretadepenser.credit.portfolio import Portfolio, current_portfolio, import_batches
from pretadepenser.credit.standing import Standing, standing

AMOUNTS = [1000.0, 2000.0, 2000.0, 3000.0, 4000.0, 5000.0, 6000.0, 7000.0, 8000.0, 9000.0]
JOBS = [365243, 365243, -3000, -2000, -2000, -1000, -500, -400, -300, -200]
CARS = ["Y", "N", "N", "N", "N", "N", "N", "N", "N", "N"]
SCORES = [None, None, None, None, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]


def value_of(column: dictionary.Column) -> float | int | str | None:
    """An admissible value of any column, the same for all clients."""
    if not column.required:
        return None
    if column.textual and column.categories:
        return next(iter(column.categories))
    return column.minimum if not column.integer else int(column.minimum or 0)


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Portfolio:
    fixed = {name: value_of(column) for name, column in COLUMNS.items()}
    rows = [
        {
            **fixed,
            "SK_ID_CURR": 100001 + place,
            "AMT_CREDIT": AMOUNTS[place],
            "DAYS_EMPLOYED": JOBS[place],
            "FLAG_OWN_CAR": CARS[place],
            "EXT_SOURCE_1": SCORES[place],
            "HOUR_APPR_PROCESS_START": 10 if place < 4 else 15,
        }
        for place in range(len(AMOUNTS))
    ]
    instance = tmp_path_factory.mktemp("instance")
    import_batches([pa.RecordBatch.from_pylist(rows, schema=dictionary.arrow_schema())], instance)
    current = current_portfolio(instance)
    assert current
    return current


def place(portfolio: Portfolio, name: str, value: float | str | None) -> Standing:
    return standing(portfolio, describe(name), value)


def test_numbers(portfolio: Portfolio) -> None:
    # One client below 2000 and two equal to it.
    assert place(portfolio, "AMT_CREDIT", 2000.0) == Standing(pytest.approx(0.2), pytest.approx(0.2))
    assert place(portfolio, "AMT_CREDIT", 9000.0) == Standing(pytest.approx(0.95), pytest.approx(0.1))


def test_missing_values_are_left_out_of_comparisons(portfolio: Portfolio) -> None:
    assert place(portfolio, "EXT_SOURCE_1", 0.6) == Standing(pytest.approx(5.5 / 6), pytest.approx(1 / 6))
    assert place(portfolio, "EXT_SOURCE_1", None) == Standing(None, pytest.approx(0.4))
    assert place(portfolio, "EXT_SOURCE_1", np.nan) == Standing(None, pytest.approx(0.4))


def test_jobs_are_compared_with_those_who_have_one(portfolio: Portfolio) -> None:
    assert place(portfolio, "DAYS_EMPLOYED", -3000) == Standing(pytest.approx(0.5 / 8), pytest.approx(1 / 8))
    assert place(portfolio, "DAYS_EMPLOYED", -2000) == Standing(pytest.approx(2 / 8), pytest.approx(2 / 8))
    assert place(portfolio, "DAYS_EMPLOYED", -200) == Standing(pytest.approx(7.5 / 8), pytest.approx(1 / 8))
    assert place(portfolio, "DAYS_EMPLOYED", 365243) == Standing(None, pytest.approx(0.2))


def test_categories_flags_and_hours_have_a_share_only(portfolio: Portfolio) -> None:
    assert place(portfolio, "FLAG_OWN_CAR", "Y") == Standing(None, pytest.approx(0.1))
    assert place(portfolio, "FLAG_MOBIL", 0) == Standing(None, pytest.approx(1.0))
    assert place(portfolio, "HOUR_APPR_PROCESS_START", 10) == Standing(None, pytest.approx(0.4))


def test_a_figure_that_nobody_has_is_compared_with_nobody(portfolio: Portfolio) -> None:
    assert place(portfolio, "EXT_SOURCE_2", 0.5) == Standing(None, None)
    assert place(portfolio, "EXT_SOURCE_2", None) == Standing(None, pytest.approx(1.0))
