"""Inputs of the model: no protected ground, and the same for one row as for many."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import TABLES, describe
from pretadepenser.credit.model.inputs import (
    FEATURES,
    NEUTRAL,
    feature_types,
    features_of,
    input_matrix,
    untold,
)
from tests.unit import made_up


def rows(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Made-up raw rows."""
    return list(made_up.text(made_up.table(count, seed)).to_pylist())


def test_no_input_is_protected_or_made_from_a_protected_column() -> None:
    for name in dictionary.columns_of(FEATURES):
        assert dictionary.COLUMNS[name].protected is None, name
    assert not set(dictionary.columns_of(FEATURES)) & {
        "CODE_GENDER",
        "DAYS_BIRTH",
        "NAME_FAMILY_STATUS",
        "CNT_CHILDREN",
    }
    assert not [name for name in dictionary.columns_of(FEATURES) if name.startswith(("REG", "LIVE_"))]


def test_every_category_that_tells_a_protected_ground_has_a_neutral_reading() -> None:
    told = {
        (name, code) for name, column in dictionary.COLUMNS.items() for code in column.protected_categories
    }
    assert dict(NEUTRAL) == {
        ("NAME_INCOME_TYPE", "Maternity leave"): "Working",
        ("ORGANIZATION_TYPE", "Religion"): "Other",
    }
    assert told == set(NEUTRAL)
    for (name, code), neutral in NEUTRAL.items():
        categories = dictionary.COLUMNS[name].categories or {}
        assert code in categories
        assert neutral in categories


def test_changing_protected_columns_changes_no_input() -> None:
    before = rows(50)
    others = rows(50, seed=1)
    protected = [name for name, column in dictionary.COLUMNS.items() if column.protected]
    after = [
        row | {name: other[name] for name in protected} for row, other in zip(before, others, strict=True)
    ]
    np.testing.assert_array_equal(
        input_matrix(dictionary.frame(before)), input_matrix(dictionary.frame(after))
    )


def test_maternity_leave_is_read_as_work() -> None:
    (row,) = rows(1)
    leave = input_matrix(dictionary.frame([row | {"NAME_INCOME_TYPE": "Maternity leave"}]))
    work = input_matrix(dictionary.frame([row | {"NAME_INCOME_TYPE": "Working"}]))
    np.testing.assert_array_equal(leave, work)


def test_no_employment_is_a_missing_length_of_employment() -> None:
    (row,) = rows(1)
    inputs = input_matrix(dictionary.frame([row | {"DAYS_EMPLOYED": 365243}]), ["DAYS_EMPLOYED"])
    assert np.isnan(inputs).all()


def test_derived_figures() -> None:
    frame = dictionary.frame(
        [
            {
                "AMT_CREDIT": 1200.0,
                "AMT_ANNUITY": 100.0,
                "AMT_GOODS_PRICE": 1000.0,
                "AMT_INCOME_TOTAL": 600.0,
                "EXT_SOURCE_1": None,
                "EXT_SOURCE_2": 0.2,
                "EXT_SOURCE_3": 0.4,
            }
        ]
    )
    derived = {name: figures[0] for name, figures in dictionary.derive(frame).items()}
    assert derived == pytest.approx(
        {
            "CREDIT_TERM": 12.0,
            "CREDIT_TO_GOODS": 1.2,
            "CREDIT_TO_INCOME": 2.0,
            "ANNUITY_TO_INCOME": 1 / 6,
            "EXT_SOURCE_MEAN": 0.3,
        }
    )


def test_a_quotient_by_zero_or_by_nothing_is_unknown() -> None:
    frame = {
        "AMT_CREDIT": np.array([1.0, 1.0, np.nan]),
        "AMT_ANNUITY": np.array([0.0, np.nan, 1.0]),
    }
    derived = dictionary.derive(frame)
    assert list(derived) == ["CREDIT_TERM"]
    assert np.isnan(derived["CREDIT_TERM"]).all()


def test_the_mean_of_no_score_is_unknown() -> None:
    nothing = np.array([np.nan])
    derived = dictionary.derive(dict.fromkeys(dictionary.DERIVED_FROM["EXT_SOURCE_MEAN"], nothing))
    assert np.isnan(derived["EXT_SOURCE_MEAN"]).all()


def test_the_dictionary_describes_every_feature() -> None:
    assert set(dictionary.DERIVED_FROM) == set(dictionary.DERIVED)
    for name in FEATURES:
        assert dictionary.describe(name).label


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 8), st.integers(0, 10_000))
def test_one_row_gives_the_same_inputs_as_many(count: int, seed: int) -> None:
    together = rows(count, seed)
    whole = input_matrix(dictionary.frame(together))
    assert whole.dtype == np.float32
    assert whole.shape == (count, len(FEATURES))
    single = np.concatenate([input_matrix(dictionary.frame([row])) for row in together])
    np.testing.assert_array_equal(whole, single)
    assert not np.isinf(whole).any()


def test_types_follow_the_dictionary() -> None:
    types = dict(zip(FEATURES, feature_types(), strict=True))
    assert types["OCCUPATION_TYPE"] == "c"
    assert types["AMT_CREDIT"] == types["CREDIT_TERM"] == "q"


def test_an_unknown_category_is_not_guessed() -> None:
    (row,) = rows(1)
    with pytest.raises(KeyError):
        dictionary.frame([row | {"OCCUPATION_TYPE": "Astronaut"}])


def test_a_missing_column_is_not_guessed() -> None:
    (row,) = rows(1)
    del row["AMT_CREDIT"]
    with pytest.raises(KeyError):
        input_matrix(dictionary.frame([row]))


def test_no_rows() -> None:
    assert input_matrix(dictionary.frame([])).shape == (0, len(FEATURES))


def test_some_clients_are_learnt_from_without_their_history() -> None:
    names = ("AMT_CREDIT", "BUREAU_ACTIVE", "BUREAU_DEBT", "PREVIOUS_REFUSED", "CARD_USE")
    inputs = np.ones((20_000, len(names)), np.float32)
    learnt = untold(inputs, names)
    missing = np.isnan(learnt)
    assert not np.isnan(inputs).any()
    assert not missing[:, 0].any()
    # A table is left out whole: of one in ten clients with all others, of one in twenty alone.
    assert (missing[:, 1] == missing[:, 2]).all()
    assert missing[:, 1:].all(axis=1).mean() == pytest.approx(0.10, abs=0.01)
    for column in (1, 3, 4):
        assert missing[:, column].mean() == pytest.approx(0.10 + 0.9 * 0.05, abs=0.01)
    assert (np.isnan(untold(inputs, names)) == missing).all()


def test_without_a_history_nothing_is_left_out() -> None:
    inputs = np.ones((1000, 2), np.float32)
    assert not np.isnan(untold(inputs, ("AMT_CREDIT", "AMT_ANNUITY"))).any()


def test_inputs_follow_the_tables_of_the_portfolio() -> None:
    assert features_of(()) == FEATURES
    assert features_of({"POS_CASH_balance"})[len(FEATURES) :] == ("POS_LEFT", "POS_MONTHS_LATE", "POS_WORST")
    every = features_of(TABLES)
    assert len(every) == 58
    assert not [name for name in every if describe(name).protected]
