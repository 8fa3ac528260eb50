"""The percentile rank of a value among the clients, against counts made by hand."""

import numpy as np
import pyarrow as pa
import pytest

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import COLUMNS, describe
from pretadepenser.credit.distribution.percentile_rank import percentile_rank
from pretadepenser.credit.portfolio import Portfolio, current_portfolio, import_batches

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
            "SK_ID_CURR": 100001 + index,
            "AMT_CREDIT": AMOUNTS[index],
            "DAYS_EMPLOYED": JOBS[index],
            "FLAG_OWN_CAR": CARS[index],
            "EXT_SOURCE_1": SCORES[index],
            "HOUR_APPR_PROCESS_START": 10 if index < 4 else 15,
        }
        for index in range(len(AMOUNTS))
    ]
    instance = tmp_path_factory.mktemp("instance")
    import_batches([pa.RecordBatch.from_pylist(rows, schema=dictionary.arrow_schema())], instance)
    current = current_portfolio(instance)
    assert current
    return current


def rank_of(portfolio: Portfolio, name: str, value: float | str | None) -> tuple[float | None, float | None]:
    """Rank and share."""
    found = percentile_rank(portfolio, describe(name), value)
    return found.rank, found.share


def test_numbers(portfolio: Portfolio) -> None:
    # One client below 2000 and two equal to it.
    assert rank_of(portfolio, "AMT_CREDIT", 2000.0) == pytest.approx((0.2, 0.2))
    assert rank_of(portfolio, "AMT_CREDIT", 9000.0) == pytest.approx((0.95, 0.1))


def test_missing_values_are_left_out_of_comparisons(portfolio: Portfolio) -> None:
    assert rank_of(portfolio, "EXT_SOURCE_1", 0.6) == pytest.approx((5.5 / 6, 1 / 6))
    assert rank_of(portfolio, "EXT_SOURCE_1", None) == pytest.approx((None, 0.4))
    assert rank_of(portfolio, "EXT_SOURCE_1", np.nan) == pytest.approx((None, 0.4))


def test_jobs_are_compared_with_those_who_have_one(portfolio: Portfolio) -> None:
    assert rank_of(portfolio, "DAYS_EMPLOYED", -3000) == pytest.approx((0.5 / 8, 1 / 8))
    assert rank_of(portfolio, "DAYS_EMPLOYED", -2000) == pytest.approx((2 / 8, 2 / 8))
    assert rank_of(portfolio, "DAYS_EMPLOYED", -200) == pytest.approx((7.5 / 8, 1 / 8))
    assert rank_of(portfolio, "DAYS_EMPLOYED", 365243) == pytest.approx((None, 0.2))


def test_categories_flags_and_hours_have_a_share_only(portfolio: Portfolio) -> None:
    assert rank_of(portfolio, "FLAG_OWN_CAR", "Y") == pytest.approx((None, 0.1))
    assert rank_of(portfolio, "FLAG_MOBIL", 0) == pytest.approx((None, 1.0))
    assert rank_of(portfolio, "HOUR_APPR_PROCESS_START", 10) == pytest.approx((None, 0.4))


def test_a_figure_that_nobody_has_is_compared_with_nobody(portfolio: Portfolio) -> None:
    assert rank_of(portfolio, "EXT_SOURCE_2", 0.5) == (None, None)
    assert rank_of(portfolio, "EXT_SOURCE_2", None) == pytest.approx((None, 1.0))
