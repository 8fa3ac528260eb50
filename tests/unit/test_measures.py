"""What is measured of a model, of so few clients that it can be counted by hand."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pretadepenser.credit.evaluation import fairness, metrics
from pretadepenser.credit.evaluation.fairness import Group, Verdict
from pretadepenser.credit.evaluation.influence import influences
from pretadepenser.credit.model import artefact, learning, training


def outcomes(*defaults: int) -> metrics.Outcomes:
    return np.array(defaults, np.int8)


def margin(probability: float) -> float:
    return math.log(probability / (1 - probability))


def test_what_figures_add_is_told_with_nineteen_draws_in_twenty() -> None:
    """Of 200 defaults half rise above all others and half sink below: their share strays by 0.069 at 95 %."""
    defaults = np.repeat(np.array([0, 1], np.int8), 200)
    found = metrics.gain(np.zeros(400), np.tile([1.0, -1.0], 200) * defaults, defaults)
    assert (found.without, found.with_them, found.difference) == (0.5, 0.5, 0)
    assert (found.low, found.high) == pytest.approx((-0.069, 0.069), abs=0.011)


def test_each_client_is_drawn_as_often_as_any_other() -> None:
    """Of 400 clients in each of some hundred draws, none is drawn twice as often as its turn."""
    drawn = list(metrics.draws(400))
    assert {int(times.sum()) for times in drawn} == {400}
    assert len({times.tobytes() for times in drawn}) == metrics.RESAMPLES
    times = np.sum(drawn, axis=0)
    assert times.size == 400
    assert 0.7 * times.mean() < times.min() <= times.max() < 1.3 * times.mean()


def test_the_interval_is_that_of_the_clients_drawn_with_those_of_equal_margin() -> None:
    """Told again from each draw by the function of scikit-learn that tells the whole."""
    random = np.random.default_rng(1)
    without, with_them = random.integers(0, 9, (2, 300)).astype(np.float64)
    defaults = (random.random(300) < 0.3).astype(np.int8)
    differences = []
    for times in metrics.draws(300):
        drawn = np.repeat(np.arange(300), times)
        before, after = (metrics.roc_auc(one[drawn], defaults[drawn]) for one in (without, with_them))
        differences.append(after - before)
    found = metrics.gain(without, with_them, defaults)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(differences, [0.025, 0.975])))


@pytest.mark.parametrize(
    ("defaults", "limits"),
    [(36, (0.5, 0.5)), (40, (0.0, 0.5)), (50, (0.0, 0.5)), (59, (0.0, 0.5)), (64, (0.0, 0.0))],
)
def test_the_interval_of_the_cheapest_limit_leaves_out_one_draw_in_forty_on_each_side(
    defaults: int, limits: tuple[float, float]
) -> None:
    """A hundred clients alike, a default as dear as a refusal: granted unless half of them default.

    Of 40 defaults a draw makes half or more nine times in 200, of 36 next to never.
    """
    found = metrics.cheapest_interval(np.zeros(100), (np.arange(100) < defaults).astype(np.int8), 1)
    assert found == limits


@pytest.mark.parametrize("seed", [9, 38])
def test_nineteen_draws_in_twenty_have_their_cheapest_limit_in_the_interval(seed: int) -> None:
    """Each draw judged by itself, limit by limit: one draw more that grants nobody would move either end."""
    random = np.random.default_rng(seed)
    margins = np.sort(random.normal(size=60))
    defaults = (random.random(60) < 1 / (1 + np.exp(-2 * margins))).astype(np.int8)
    kinds = np.concatenate([1 - defaults, defaults]) / 60
    cheapest = []
    for drawn in np.random.default_rng(0).multinomial(60, kinds, metrics.RESAMPLES):
        goods, bads = drawn[:60], drawn[60:]
        costs = [3 * bads[:granted].sum() + goods[granted:].sum() for granted in range(61)]
        granted = costs.index(min(costs))
        cheapest.append(1 / (1 + math.exp(-margins[granted - 1])) if granted else 0.0)
    expected = tuple(np.quantile(cheapest, [0.025, 0.975]))
    assert metrics.cheapest_interval(margins, defaults, 3) == pytest.approx(expected, rel=1e-12)


def test_each_fold_is_calibrated_by_the_others() -> None:
    """Ten clients of each margin and fold: 1 and 2 defaults in the first fold, 3 and 6 in the second."""
    margins = np.repeat([0.0, 1.0, 0.0, 1.0], 10)
    judged = np.concatenate([np.arange(10) < many for many in (1, 2, 3, 6)]).astype(np.int8)
    rates = metrics.cross_calibrated(margins, judged, [np.arange(20), np.arange(20, 40)])
    assert rates[::10].tolist() == pytest.approx([0.3, 0.6, 0.1, 0.2], abs=0.002)


def test_the_largest_gap_to_a_free_calibration_is_told_whichever_way_it_goes() -> None:
    margins = np.arange(40.0)
    judged = (margins >= 20).astype(np.int8)
    for place, wrong in ((10, 0.3), (30, -0.3)):
        rates = judged.astype(np.float64)
        rates[place : place + 2] += wrong
        rates[4] += 0.2
        assert metrics.isotonic_gap(margins, judged, rates) == pytest.approx(0.3)


def test_a_limit_costs_what_it_refuses_and_what_it_grants() -> None:
    """Clients of 10, 30, 60 and 90 %, the second and the last in default; a default costs ten refusals."""
    margins = np.array([margin(one) for one in (0.1, 0.3, 0.6, 0.9)])
    curve = {round(one.limit, 3): one for one in metrics.cost_curve(margins, outcomes(0, 1, 0, 1), 10)}
    assert len(curve) == 199
    assert {limit: (curve[limit].cost, curve[limit].granted) for limit in (0.05, 0.2, 0.5, 0.7, 0.95)} == {
        0.05: (50.0, 0.0),
        0.2: (25.0, 0.25),
        0.5: (275.0, 0.5),
        0.7: (250.0, 0.75),
        0.95: (500.0, 1.0),
    }


def test_a_model_that_knows_nothing_is_measured_as_such() -> None:
    """Eight clients of 50 %, a quarter in default in both folds, at a limit of 50 %."""
    judged = outcomes(1, 0, 0, 0, 1, 0, 0, 0)
    policy = metrics.Policy(0.5, 10)
    found = metrics.measure(np.zeros(8), judged, [np.arange(4), np.arange(4, 8)], policy)
    assert (found.roc_auc, found.roc_auc_folds, found.pr_auc) == (0.5, (0.5, 0.5), 0.25)
    assert (found.brier_raw, found.brier_reference) == (0.25, 0.1875)
    assert found.brier_calibrated == pytest.approx(0.1875, abs=1e-6)
    assert found.confusion == metrics.Confusion(6, 2, 0, 0)
    assert (found.limit, found.cost_ratio, found.cost, found.grant_all_cost) == (0.5, 10, 250.0, 250.0)
    assert (found.cheapest_limit, found.cheapest_cost) == (0.0, 75.0)


def test_a_model_that_ranks_well_is_measured_as_such() -> None:
    """Areas by hand: 3 of 4 pairs in order; precision 1 at half of the defaults, 2 in 3 at all."""
    judged = outcomes(0, 1, 0, 1)
    ranked = np.array([-2.0, -1.0, 0.0, 1.0])
    folds = [np.array([0, 1]), np.array([2, 3])]
    found = metrics.measure(ranked, judged, folds, metrics.Policy(0.6, 1))
    assert (found.roc_auc, found.roc_auc_folds) == (0.75, (1.0, 1.0))
    assert found.pr_auc == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert found.cheapest_limit == pytest.approx(1 / (1 + math.e**2))
    assert found.cheapest_cost == 25.0


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.7, 0.794, Verdict.UNDER),
        # Told as 0.80.
        (0.7, 0.796, Verdict.OPEN),
        (0.799, 0.9, Verdict.OPEN),
        (0.8, 0.9, Verdict.OVER),
        (None, None, None),
    ],
)
def test_a_ratio_is_held_to_four_fifths_as_it_is_shown(
    low: float | None, high: float | None, verdict: Verdict | None
) -> None:
    assert Group("Jeunes", 1000, four_fifths_low=low, four_fifths_high=high).verdict is verdict


def test_a_ratio_has_an_interval_of_95_percent() -> None:
    """Of 1,000 clients each, 40 % and 50 %: the ratio strays by a twentieth; 95 % lie within two."""
    found = fairness._ratios({0: 0.5, 1: 0.4}, {0: 1000, 1: 1000}, [0, 1], 0)
    assert found[0] == (1.0, 1.0, 1.0)
    assert found[1] == pytest.approx((0.8, 0.8 * math.exp(-0.098), 0.8 * math.exp(0.098)), abs=0.01)


def test_a_reference_of_which_a_draw_grants_nobody_counts_as_one_granted() -> None:
    """One in a thousand: more than a third of the draws grant none of them, and 400 are 400 times one."""
    found = fairness._ratios({0: 0.001, 1: 0.4}, {0: 1000, 1: 1000}, [0, 1], 0)
    assert found[1][0] == pytest.approx(400)
    assert 120 < found[1][1] < found[1][2] < 440


def test_years_of_age_have_a_quarter_of_a_day_more() -> None:
    """A day before the thirtieth birthday, and a day after the sixtieth."""
    labels, members = fairness._groups("DAYS_BIRTH", np.array([-10_957.0, -10_958.0, -21_914.0, -21_915.0]))
    assert [labels[one] for one in members] == [
        "Moins de 30 ans", "30 à 39 ans", "50 à 59 ans", "60 ans et plus",
    ]  # fmt: skip


def test_an_influence_is_told_by_its_tenths_and_twentieths() -> None:
    """A hundred and one clients of one occupation, whose contributions go from −50 to 50 points."""
    (found,) = influences(np.zeros((101, 1), np.float32), np.arange(-50.0, 51)[:, None], ("OCCUPATION_TYPE",))
    assert found.quantiles == (-45, -25, 0, 25, 45)
    assert found.importance == pytest.approx(2550 / 101)
    (step,) = found.steps
    assert (step.size, step.mean, step.q10, step.q90) == (101, 0, -40, 40)


@pytest.mark.parametrize(("missing", "told"), [(20, [(20, 7.0)]), (19, [])])
def test_those_whose_figure_is_missing_are_told_of_from_twenty_on(
    missing: int, told: list[tuple[int, float]]
) -> None:
    values = np.full((missing, 1), np.nan, np.float32)
    (found,) = influences(values, np.full((missing, 1), 7.0), ("AMT_CREDIT",))
    assert [(step.size, step.mean) for step in found.steps] == told


def test_influences_go_from_the_most_important_to_the_least() -> None:
    names = ("AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE")
    points = np.tile([2.0, -3.0, 1.0], (30, 1))
    found = influences(np.zeros((30, 3), np.float32), points, names)
    assert [(one.feature, one.importance) for one in found] == [
        ("AMT_ANNUITY", 3), ("AMT_CREDIT", 2), ("AMT_GOODS_PRICE", 1),
    ]  # fmt: skip


def test_trees_are_fitted_with_the_settings_that_were_chosen() -> None:
    """Those of docs/decisions/model-inputs.md; four clients repaid for each default, which weighs four."""
    told = learning.parameters(outcomes(1, 0, 0, 0, 0), ("AMT_CREDIT", "EXT_SOURCE_1", "CREDIT_TERM"))
    assert told == {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "max_depth": 3,
        "eta": 0.05,
        "max_bin": 128,
        "min_child_weight": 150,
        "reg_lambda": 50,
        "subsample": 0.9,
        "colsample_bytree": 0.3,
        "max_cat_to_onehot": 64,
        "seed": 2026,
        "nthread": 1,
        "scale_pos_weight": 4.0,
        "monotone_constraints": "(1,-1,0)",
    }
    assert learning.TREE_COUNT == 500


# Of eight clients, three are in default: one of the four with the lower margin, two of those with the higher.
NAMES = ("AMT_CREDIT", "NAME_CONTRACT_TYPE")
JUDGED = np.array([1, 0, 0, 0, 1, 1, 0, 0], np.int8)
POINT = math.log(2) / 20


def fitted(**changed: Any) -> Any:
    """What a training leaves: margins of four kinds that tell these clients apart differently."""
    learnt = np.where(JUDGED == 1, 2.0, -1.0) + np.arange(8) / 100
    values: dict[str, Any] = {
        "names": NAMES,
        "frame": {
            "AMT_CREDIT": np.array([1.0, 2, 3, np.nan, 5, 6, np.nan, 8]),
            "NAME_CONTRACT_TYPE": np.array([0.0, 0, 0, 0, 0, 1, 1, np.nan]),
        },
        "inputs": np.column_stack([np.ones(8), [0, 0, 0, 0, 0, 1, 1, np.nan]]).astype(np.float32),
        "outcomes": JUDGED,
        "folds": [np.array([0, 1, 4, 6]), np.array([2, 3, 5, 7])],
        "margins": np.repeat([0.0, 1.0], 4),
        "margins_whole": np.where(JUDGED == 1, 1.0, 0.0),
        "margins_alone": np.zeros(8),
        "learnt": learnt,
        "refits": np.stack([learnt + 3 * POINT, learnt - 3 * POINT]),
        "libraries": (),
    }
    return SimpleNamespace(**{**values, **changed})


def card_of(folder: Path, found: Any) -> artefact.Card:
    """The card that is written of a training."""
    for name in (artefact.TREES, artefact.GLOBAL_EXPLANATION):
        (folder / name).write_bytes(b"")
    clients: Any = SimpleNamespace(
        sha256="0" * 64, sources=("Essai",), fictitious=True, imported_at=None, size=20, labelled=8,
        defaults=3, tables=("previous_application", "bureau"),
    )  # fmt: skip
    return training._card(clients, found, np.array([0.25, -0.5]), metrics.Policy(0.6, 10), folder, 0.0)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stability is told of two groups, of four clients each, and intervals are of two draws."""
    monkeypatch.setattr(metrics, "GROUPS", 2)
    monkeypatch.setattr(metrics, "RESAMPLES", 2)


@pytest.mark.usefixtures("few")
def test_a_card_says_which_margins_each_measure_is_of(tmp_path: Path) -> None:
    card = card_of(tmp_path, fitted())
    # A quarter of the lower margin in default, half of the higher one: log-odds of −ln 3 and 0.
    assert (card.calibration.intercept, card.calibration.slope) == pytest.approx(
        (-math.log(3), math.log(3)), abs=0.01
    )
    # Of 15 pairs of a default and a client who repaid: 6 in order, 7 alike.
    assert card.without_protected.roc_auc == pytest.approx((6 + 7 / 2) / 15)
    assert (card.with_protected.roc_auc, card.roc_auc_learnt) == (1, 1)
    assert card.histories
    assert card.histories.without == 0.5
    assert card.histories.with_them == pytest.approx((6 + 7 / 2) / 15)
    # Four of −1 and some hundredths; one more of them and three of 2. Each refit is 3 points away.
    assert card.stability.points == pytest.approx([3.0, 3.0])
    assert card.stability.margins == pytest.approx([-0.97, 1.29])


@pytest.mark.usefixtures("few")
def test_a_card_counts_what_is_missing_and_each_category(tmp_path: Path) -> None:
    card = card_of(tmp_path, fitted(margins_alone=None))
    assert card.histories is None
    assert card.absent == {"AMT_CREDIT": 2, "NAME_CONTRACT_TYPE": 1}
    assert card.counts == {"NAME_CONTRACT_TYPE": {"Cash loans": 5, "Revolving loans": 2}}
    assert card.reference == {"AMT_CREDIT": 0.25, "NAME_CONTRACT_TYPE": -0.5}
    assert card.monotone == {"AMT_CREDIT": 1}
    assert (card.data.clients, card.data.labelled, card.data.defaults) == (20, 8, 3)
    # As the dictionary has them, not as they came.
    assert card.data.tables == ("bureau", "previous_application")
    assert (card.trees, card.without_protected.cost_ratio, card.without_protected.limit) == (500, 10, 0.6)


def test_decisions_are_audited_without_and_with_the_protected_data() -> None:
    """Of 200 women all are granted, of 200 men half: none is told apart by the model that sees their sex."""
    men = np.arange(400) >= 200
    half = np.where(men & (np.arange(400) % 2 == 0), 1.0, -1.0)
    found = fitted(
        names=("AMT_CREDIT",),
        frame={name: np.zeros(400) for name in fairness.COLUMNS}
        | {"CODE_GENDER": men.astype(np.float64)}
        | {f"EXT_SOURCE_{which}": np.full(400, np.nan) for which in (1, 2, 3)},
        inputs=np.ones((400, 1), np.float32),
        outcomes=(np.arange(400) % 10 == 0).astype(np.int8),
        folds=[np.arange(200), np.arange(200, 400)],
        margins=half,
        margins_whole=np.where(np.arange(400) % 4 == 0, 1.0, -1.0),
    )

    told = training._explain(
        found, np.full((400, 1), 0.5, np.float32), np.array([0.5]), metrics.Policy(0.5, 10)
    )
    (audit,), (whole,) = told.audits, told.audits_with_protected
    assert [one.four_fifths for one in audit.groups] == [1, 0.5]
    assert [one.four_fifths for one in whole.groups] == [1, 1]
    assert told.sample == 400
    assert [one.importance for one in told.influences] == [0]
    (cost,) = (one for one in told.costs if one.limit == 0.5)
    assert cost.granted == 0.75
