"""What the page and the card of the model say, word for word, of measures that are written out here."""

import dataclasses
import re

import numpy as np
import pytest

from pretadepenser.charts import quality
from pretadepenser.charts.drawing import WIDTHS, Width
from pretadepenser.credit.evaluation.influence import GlobalExplanation, Influence
from pretadepenser.credit.evaluation.metrics import CalibrationBin, Confusion, CostPoint, Metrics, Rate
from pretadepenser.credit.model import card as model_card
from pretadepenser.credit.model import training
from pretadepenser.credit.model.inputs import FEATURES, feature_types
from pretadepenser.credit.model.scoring import Model
from tests.unit import by_heart
from tests.unit.by_heart import plain
from tests.unit.drawn import dots, named_at

UP, DOWN, FREE = "ne peut que monter", "ne peut que baisser", "libre"
# What becomes of the risk when a figure grows, as a reader counts it: a longer employment, an older car.
DIRECTIONS = {
    "NAME_CONTRACT_TYPE": FREE,
    "AMT_CREDIT": UP,
    "AMT_ANNUITY": UP,
    "AMT_GOODS_PRICE": UP,
    "CREDIT_TERM": FREE,
    "CREDIT_TO_GOODS": UP,
    "CREDIT_TO_INCOME": UP,
    "ANNUITY_TO_INCOME": UP,
    "AMT_INCOME_TOTAL": DOWN,
    "NAME_INCOME_TYPE": FREE,
    "DAYS_EMPLOYED": DOWN,
    "OCCUPATION_TYPE": FREE,
    "NAME_EDUCATION_TYPE": FREE,
    "NAME_HOUSING_TYPE": FREE,
    "FLAG_OWN_REALTY": FREE,
    "FLAG_OWN_CAR": FREE,
    "OWN_CAR_AGE": UP,
    "EXT_SOURCE_1": DOWN,
    "EXT_SOURCE_2": DOWN,
    "EXT_SOURCE_3": DOWN,
    "EXT_SOURCE_MEAN": DOWN,
}


def test_the_card_says_which_way_each_figure_moves_the_risk(model: Model) -> None:
    text = model_card.render(model.card, model.global_explanation)
    lines = re.findall(r"^\| [^|]+ \| `(\w+)` \| [^|]+ \| ([^|]+) \|$", text, re.MULTILINE)
    assert dict(lines) == DIRECTIONS
    assert len(lines) == 21


def test_the_model_moves_no_client_the_other_way(model: Model) -> None:
    """Each figure alone, over the values that clients have, from the smallest to the largest of a reader."""
    values = {
        "AMT_CREDIT": np.geomspace(45_000, 4_000_000, 60),
        "AMT_ANNUITY": np.geomspace(2_000, 200_000, 60),
        "AMT_GOODS_PRICE": np.geomspace(45_000, 4_000_000, 60),
        "CREDIT_TO_GOODS": np.linspace(0.5, 3, 60),
        "CREDIT_TO_INCOME": np.linspace(0.1, 30, 60),
        "ANNUITY_TO_INCOME": np.linspace(0.01, 1, 60),
        "AMT_INCOME_TOTAL": np.geomspace(25_000, 2_000_000, 60),
        "DAYS_EMPLOYED": -np.geomspace(1, 17_000, 60),
        "OWN_CAR_AGE": np.linspace(0, 90, 60),
        **{f"EXT_SOURCE_{which}": np.linspace(0, 1, 60) for which in (1, 2, 3, "MEAN")},
    }
    assert values.keys() == {name for name, way in DIRECTIONS.items() if way != FREE}
    nothing = np.full((60, len(FEATURES)), np.nan, np.float32)
    moved = {}
    for name, grown in values.items():
        inputs = nothing.copy()
        inputs[:, FEATURES.index(name)] = grown
        steps = np.diff(model.margins(inputs))
        way = 1 if DIRECTIONS[name] == UP else -1
        assert (way * steps >= -1e-6).all(), name
        moved[name] = float(np.abs(steps).sum())
    # What never moves anything would pass whatever its sign.
    assert sum(total > 0.02 for total in moved.values()) >= 12


def test_a_training_is_held_to_the_directions_that_are_told() -> None:
    """Fitted to outcomes that say the contrary for every figure, a model may at most say nothing."""
    random = np.random.default_rng(3)
    inputs = np.full((4_000, len(FEATURES)), np.nan, np.float32)
    kinds = dict(zip(FEATURES, feature_types(), strict=True))
    outcomes = (random.random(4_000) < 0.5).astype(np.int8)
    for index, name in enumerate(FEATURES):
        if kinds[name] == "c":
            inputs[:, index] = random.integers(0, 2, 4_000)
            continue
        # Stored employments are negative: what a reader calls longer is smaller.
        grows = DIRECTIONS[name] == UP
        if name == "DAYS_EMPLOYED":
            grows = not grows
        contrary = -1 if grows else 1
        inputs[:, index] = contrary * outcomes + random.normal(0, 0.3, 4_000)
    booster = training.fit(inputs, outcomes)
    margins = training.margins_of(booster, inputs)
    free = [index for index, name in enumerate(FEATURES) if DIRECTIONS[name] == FREE]
    bound = inputs.copy()
    bound[:, free] = np.nan
    assert np.ptp(training.margins_of(booster, bound)) < 1e-6
    assert np.ptp(margins) > 0.5, "the free figures say it all"


# --- quality ------------------------------------------------------------------------------------

MEASURED = Metrics(
    roc_auc=0.75,
    roc_auc_folds=(0.7, 0.8),
    pr_auc=0.2,
    brier_raw=0.2,
    brier_calibrated=0.07,
    brier_reference=0.08,
    limit=0.3,
    confusion=Confusion(granted_good=610, granted_default=23, refused_good=310, refused_default=57),
    cost_ratio=7,
    cost=47.1,
    cheapest_limit=0.6,
    cheapest_low=0.55,
    cheapest_high=0.66,
    cheapest_cost=41.2,
    grant_all_cost=56.0,
)
OVERALL = GlobalExplanation(
    sample=200,
    influences=tuple(Influence(name, 1.0, (0.0,) * 5, None, None, ()) for name in FEATURES),
    calibration=(
        CalibrationBin(-2, -1, 0.02, Rate(0.03, 0.01, 0.05, 400)),
        CalibrationBin(-1, 0, 0.09, Rate(0.14, 0.11, 0.17, 400)),
        CalibrationBin(0, 1, 0.31, Rate(0.3, 0.25, 0.35, 200)),
    ),
    isotonic_gap=0.012,
    costs=tuple(
        CostPoint(limit / 200, 100.0 - abs(limit - 120) / 10, limit / 200) for limit in range(1, 200)
    ),
    audits=(),
    audits_with_protected=(),
    age_links=(),
)


def test_announced_and_observed_risk_keep_their_columns() -> None:
    chart = quality.calibration(OVERALL)
    assert [tuple(map(plain, row)) for row in chart.table.rows] == [
        ("1", "400", "2,0 %", "3,0 %", "1,0 %", "5,0 %"),
        ("2", "400", "9,0 %", "14,0 %", "11,0 %", "17,0 %"),
        ("3", "200", "31,0 %", "30,0 %", "25,0 %", "35,0 %"),
    ]
    assert plain(chart.sentence) == (
        "Le risque annoncé est dans l’intervalle du risque observé pour 2 groupes sur 3 ; l’écart le plus "
        "grand est de 5 points de pourcentage."
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_announced_risk_runs_across_and_observed_risk_up(width: Width) -> None:
    (ax,) = quality.calibration(OVERALL).draw(width).axes
    assert dots(ax, "o") == [(0.02, 0.03), (0.09, 0.14), (0.31, 0.3)]
    assert ax.get_xlabel() == "Risque annoncé"
    assert "Risque observé" in [text.get_text() for text in ax.texts]


def test_the_limit_measured_and_the_cheapest_are_told_apart() -> None:
    chart = quality.costs(OVERALL, MEASURED)
    rows = {plain(row[0]): (row[1], plain(row[2])) for row in chart.table.rows}
    assert rows["30 % (limite mesurée)"] == ("47,1", "63,3 %")
    assert rows["60 % (la moins chère)"] == ("41,2", "60,0 %")
    assert plain(chart.sentence) == (
        "À la limite de 30 %, les décisions coûtent l’équivalent de 47,1 bons clients refusés sur 100 "
        "clients ; la limite la moins chère, 60 % (intervalle à 95 % : de 55 % à 66 %), en coûterait 41,2. "
        "Un défaut accordé compte pour 7."
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_the_limit_in_place_is_the_diamond_and_the_cheapest_the_dot(width: Width) -> None:
    (ax,) = quality.costs(OVERALL, MEASURED).draw(width).axes
    assert dots(ax, "D") == [(0.3, 47.1)]
    assert dots(ax, "o") == [(0.6, 41.2)]
    named = named_at(ax.texts)
    assert (named["limite 30 %"][0], named["la moins chère"][0]) == (0.3, 0.6)


def test_decisions_are_counted_against_what_happened() -> None:
    table = quality.confusion(MEASURED)
    assert plain(table.caption) == "Décisions à la limite de 30 % et ce qui est arrivé"
    assert [column.label for column in table.columns] == [
        "Décision", "Ont remboursé", "Ont eu des difficultés",
    ]  # fmt: skip
    assert table.rows == (("Prêt accordé", "610", "23"), ("Prêt refusé", "310", "57"))


def test_the_card_tells_the_same_measures() -> None:
    card = by_heart.model(500.5).card
    shown = dataclasses.replace(
        card, without_protected=MEASURED, with_protected=dataclasses.replace(MEASURED, roc_auc=0.81)
    )
    text = plain(model_card.render(shown, OVERALL))
    for said in (
        "| Aire sous la courbe ROC | 0,7500 | 0,8100 |",
        "| Coût à la limite de 30 % | 47,1000 | 47,1000 |",
        "| Limite la moins chère | 0,6000 | 0,6000 |",
        "un défaut accordé en coûte 7. Tout accorder coûterait 56,00.",
        "L’intervalle à 95 % de la limite la moins chère va de 0,550 à 0,660",
        "| Décision à 30 % | Ont remboursé | Ont été en défaut |",
        "| Accordé | 610 | 23 | | Refusé | 310 | 57 |",
        "| 1 | 2,0 % | 3,0 % | 1,0 % à 5,0 % |",
        "| 2 | 9,0 % | 14,0 % | 11,0 % à 17,0 % |",
        # Six points either way, whatever the score: at a limit of 30 % as at any other.
        "un cas est proche de la limite quand cet écart suffit à la franchir : de 494 à 505 points.",
        # A probability of one half, where the limit is 30 %.
        "| 475 | 6,0 |",
    ):
        assert plain(said).lower() in text.lower(), said
