"""Fitting the fictitious portfolio and comparing it: small pieces, on made-up numbers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pretadepenser.credit.dictionary import Frame
from pretadepenser.demo.columns import RECIPE, present
from pretadepenser.demo.fit import compare
from pretadepenser.demo.fit.__main__ import category_names, nearest
from pretadepenser.demo.fit.genuine import fictitious
from pretadepenser.demo.fit.marginals import Spread, fit_levels, fit_numbers, pattern, rank_scores
from pretadepenser.demo.parameters import Axis, Floats, Term


def standard(_: int) -> Spread:
    return Spread()


def whole(size: int) -> np.ndarray:
    return np.zeros(size, dtype=np.int64)


@pytest.fixture(scope="module")
def drawn() -> dict[str, Floats]:
    return fictitious(6_000, seed=1)


def test_quantiles_give_the_values_back_but_never_an_extreme() -> None:
    values = np.random.default_rng(0).lognormal(size=20_000)
    numbers = fit_numbers(values, whole(20_000), standard)
    again = numbers.draw(np.random.default_rng(1).standard_normal(50_000), whole(50_000))
    for q in (0.1, 0.5, 0.9):
        assert np.quantile(again, q) == pytest.approx(np.quantile(values, q), rel=0.03)
    assert again.max() <= np.sort(values)[-5]
    assert again.min() >= np.sort(values)[4]


def test_shares_are_kept_and_small_cells_left_out() -> None:
    parent = np.repeat([0, 1], 1_000)
    values = np.concatenate([np.repeat([0.0, 1.0], 500), np.repeat([0.0, 1.0], [997, 3])])
    levels = fit_levels(values, parent, np.array([0.0, 1.0]), standard)
    z = np.random.default_rng(0).standard_normal(20_000)
    assert levels.draw(z, whole(20_000)).mean() == pytest.approx(0.5, abs=0.02)
    assert levels.draw(z, whole(20_000) + 1).max() == 0


def test_patterns_of_fewer_than_five_clients_are_left_out() -> None:
    frame = {"a": np.array([1.0] * 8 + [0.0] * 3), "b": np.zeros(11)}
    table, codes = pattern(frame, ("a", "b"), missing=False)
    assert table.tolist() == [[1.0, 0.0]]
    assert np.isnan(codes).sum() == 3


def test_a_broken_correlation_matrix_is_mended() -> None:
    broken = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    mended = nearest(broken)
    np.testing.assert_allclose(np.diag(mended), 1)
    assert np.linalg.eigvalsh(mended).min() > 0


def test_rank_scores_are_normal_within_each_class() -> None:
    values = np.concatenate([np.arange(1_000.0), 1e6 + np.arange(1_000.0)])
    values[::10] = np.nan
    scores = rank_scores(values, np.repeat([0, 1], 1_000))
    assert np.isnan(scores).sum() == 200
    for half in (scores[:1_000], scores[1_000:]):
        assert np.nanmean(half) == pytest.approx(0, abs=1e-9)
        assert np.nanstd(half) == pytest.approx(1, abs=0.02)


def test_effects_are_linear_between_knots_and_apart_for_missing() -> None:
    axis = Axis("x", np.array([0.0, 1.0, 2.0]))
    curve = Term((axis,), np.array([0.0, 1.0, 4.0, -7.0]))
    values = np.array([-1.0, 0.5, 1.5, 9.0, np.nan])
    np.testing.assert_allclose(curve({"x": values}), [0, 0.5, 2.5, 4, -7])
    surface = Term((axis, Axis("y", np.array([0.0, 1.0]))), np.arange(12.0).reshape(4, 3))
    found = surface({"x": np.array([1.0, 0.5, np.nan]), "y": np.array([0.5, 1.0, np.nan])})
    np.testing.assert_allclose(found, [3.5, 2.5, 11])


def test_a_portfolio_resembles_itself_but_equals_it(drawn: dict[str, Floats]) -> None:
    for check in (compare.missing_rates, compare.shares, compare.quartiles, compare.correlations):
        assert check(drawn, drawn).passed
    copied = compare.nobody_genuine(drawn, drawn)
    assert not copied.passed
    assert copied.measured == "6000"


@pytest.mark.parametrize(
    ("check", "column", "change"),
    [
        (compare.missing_rates, "EXT_SOURCE_1", lambda x: np.where(np.arange(len(x)) % 20 == 0, np.nan, x)),
        (compare.shares, "FLAG_PHONE", lambda x: 1 - x),
        (compare.quartiles, "AMT_CREDIT", lambda x: 1.2 * x),
        (compare.correlations, "AMT_ANNUITY", lambda x: -x),
    ],
)
def test_comparison_names_the_column_that_is_wrong(
    drawn: dict[str, Floats],
    check: Callable[[Frame, Frame], compare.Check],
    column: str,
    change: Callable[[Floats], Floats],
) -> None:
    wrong = check(drawn, {**drawn, column: change(drawn[column])})
    assert not wrong.passed
    assert any(column in detail for detail in wrong.details)
    assert f"NON CONFORME - {wrong.title}" in compare.report([wrong])


def test_a_model_learns_the_external_scores_first(drawn: dict[str, Floats]) -> None:
    learned = compare.learn({name: values[:3_000] for name, values in drawn.items()})
    assert 0.6 < learned.auc < 0.85
    assert "EXT_SOURCE_MEAN" in learned.ranking[:3]


def test_missing_is_a_category_of_what_may_be_missing() -> None:
    names = category_names()
    assert names["CODE_GENDER"] == ("F", "M", "XNA")
    assert [column for column, known in names.items() if "" in known] == [
        "NAME_TYPE_SUITE",
        "OCCUPATION_TYPE",
    ]


def test_a_folder_without_rows_is_refused_in_french(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare.main([str(tmp_path)]) == 2
    assert "application_train" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "flag", "there"),
    [
        ("COMMONAREA_AVG", "KNOWN COMMONAREA_AVG", [False, True]),
        ("EXT_SOURCE_1", "EXT_SOURCE_1 KNOWN", [False, True]),
        ("OWN_CAR_AGE", "CAR", [False, True]),
        ("OCCUPATION_TYPE", "STATUS", [True, False]),
        ("CODE_GENDER", "CAR", [True, True]),
    ],
)
def test_a_value_is_fitted_to_those_who_have_it(name: str, flag: str, there: list[bool]) -> None:
    (variable,) = (one for one in RECIPE if one.name == name)
    assert present(variable, {flag: np.array([0, 1])}, 2).tolist() == there
