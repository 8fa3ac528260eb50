"""Contributions that are looked up: XGBoost's to the last bit, or not looked up at all."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xgboost as xgb

from pretadepenser.credit import dictionary
from pretadepenser.credit.model import scoring, tabulated
from pretadepenser.credit.model.inputs import feature_types, input_matrix
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.model.tabulated import Table, contributions, tabulate
from pretadepenser.credit.portfolio import Portfolio


@pytest.fixture(scope="module")
def inputs(portfolio: Portfolio, model: Model) -> scoring.Inputs:
    return input_matrix(
        next(iter(portfolio.frames(dictionary.columns_of(model.features), 1500))), model.features
    )


@pytest.fixture(scope="module")
def booster(model: Model) -> xgb.Booster:
    return xgb.Booster({"nthread": 1}, model_file=model.folder / "model.ubj")


@pytest.fixture(scope="module")
def types(model: Model) -> tuple[str, ...]:
    return tuple(feature_types(model.features))


def fresh(booster: xgb.Booster, types: tuple[str, ...]) -> Table:
    """A table of the test's own, which it may spoil."""
    table = tabulate.__wrapped__(bytes(booster.save_raw()), types)
    assert table
    return table


def test_what_is_looked_up_is_what_xgboost_gives_to_the_last_bit(
    booster: xgb.Booster, types: tuple[str, ...], inputs: scoring.Inputs
) -> None:
    random = np.random.default_rng(8)
    # Clients, clients of whom half is not known, and one of whom nothing is.
    holes = inputs.copy()
    holes[random.random(holes.shape) < 0.5] = np.nan
    rows = np.concatenate([inputs, holes, np.full((1, inputs.shape[1]), np.nan, np.float32)])
    told = contributions(booster, rows, types)
    table = fresh(booster, types)
    for row, expected in zip(rows, told, strict=True):
        assert table.of(row).tobytes() == expected[:-1].tobytes()


def test_a_model_that_looks_up_says_the_same(trained_anew: Model, inputs: scoring.Inputs) -> None:
    before = trained_anew.contributions(inputs[:50])
    assert trained_anew.tabulated is False
    trained_anew.tabulate()
    assert trained_anew.tabulated is True
    for index in range(50):
        assert trained_anew.contributions(inputs[index : index + 1]).tobytes() == before[index].tobytes()
    assert trained_anew.contributions(inputs[:50]).tobytes() == before.tobytes()
    assert trained_anew.contributions(inputs).shape == (len(inputs), inputs.shape[1] + 1)


def test_an_infinite_input_is_refused_as_before(trained_anew: Model, inputs: scoring.Inputs) -> None:
    trained_anew.tabulate()
    endless = inputs[:1].copy()
    endless[0, 1] = np.inf
    with pytest.raises(xgb.core.XGBoostError):
        trained_anew.contributions(endless)


def test_a_table_that_is_wrong_by_a_bit_is_not_used(
    booster: xgb.Booster, types: tuple[str, ...], inputs: scoring.Inputs
) -> None:
    table = fresh(booster, types)
    assert table.agrees(booster, inputs[:20], types)
    tree = json.loads(bytes(booster[0:1].save_raw("json")))["learner"]["gradient_booster"]["model"]["trees"][
        0
    ]
    feature = tree["split_indices"][0]
    table.learn(0, (feature,), list(range(1 << tabulated.NODES)), np.full((128, 1), 1e-3, np.float32))
    assert not table.agrees(booster, inputs[:20], types)


def test_trees_that_are_too_deep_are_left_to_xgboost() -> None:
    random = np.random.default_rng(3)
    rows = random.random((400, 4)).astype(np.float32)
    told = (rows.sum(axis=1) + random.random(400) > 2.5).astype(np.float32)
    for depth, looked_up in ((3, True), (4, False)):
        made = xgb.train(
            {"max_depth": depth, "objective": "binary:logistic", "min_child_weight": 0, "nthread": 1},
            xgb.DMatrix(rows, told),
            5,
        )
        table = tabulate(bytes(made.save_raw()), ("q",) * 4)
        assert (table is not None) is looked_up
        if table:
            assert table.agrees(made, rows, ("q",) * 4)


def test_trees_of_categories_alone_and_trees_that_ask_nothing() -> None:
    random = np.random.default_rng(5)
    rows = random.integers(0, 9, (500, 2)).astype(np.float32)
    rows[random.random(rows.shape) < 0.1] = np.nan
    told = np.isin(rows[:, 0], (1, 4, 7)).astype(np.float32)
    types = ("c", "c")
    for categories, rate in ((8, 0.3), (1, 0.3), (8, 0.0)):
        made = xgb.train(
            {
                "max_depth": 3, "objective": "binary:logistic", "max_cat_to_onehot": categories,
                "gamma": 0 if rate else 1e9, "nthread": 1,
            },
            xgb.DMatrix(rows, told, feature_types=list(types), enable_categorical=True),
            6,
        )  # fmt: skip
        table = tabulate(bytes(made.save_raw()), types)
        assert table
        # A code that no tree has seen, too.
        seen = np.concatenate([rows, np.array([[8, 8], [30, 0]], np.float32)])
        assert table.agrees(made, seen, types)


@pytest.fixture
def trained_anew(model: Model) -> Model:
    """The model, loaded anew: nobody else's looks up afterwards."""
    return Model.load(model.folder)
