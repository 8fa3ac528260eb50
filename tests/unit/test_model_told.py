"""What the page and the card of the model say, word for word, of measures that are written out here."""

import dataclasses
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from pretadepenser.charts import fairness, quality
from pretadepenser.charts.drawing import WIDTHS, Width
from pretadepenser.credit import dictionary
from pretadepenser.credit.evaluation.fairness import AgeLink, Audit, Group
from pretadepenser.credit.evaluation.influence import GlobalExplanation, Influence
from pretadepenser.credit.evaluation.metrics import CalibrationBin, Confusion, CostPoint, Metrics, Rate
from pretadepenser.credit.model import card as model_card
from pretadepenser.credit.model import learning
from pretadepenser.credit.model.inputs import FEATURES, feature_types
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.scale import Stability
from tests.unit import by_heart
from tests.unit.by_heart import plain
from tests.unit.drawn import dots, named_at

PUBLISHED = Path(__file__).parents[2] / "docs" / "model-card.md"
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
    booster = learning.fit(inputs, outcomes)
    margins = learning.margins_of(booster, inputs)
    free = [index for index, name in enumerate(FEATURES) if DIRECTIONS[name] == FREE]
    bound = inputs.copy()
    bound[:, free] = np.nan
    assert np.ptp(learning.margins_of(booster, bound)) < 1e-6
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


@pytest.mark.parametrize(
    ("cost", "said"),
    [(1.94, "1,9 bon client refusé sur"), (1.95, "2,0 bons clients refusés sur")],
)
def test_a_cost_below_two_clients_is_told_in_the_singular(cost: float, said: str) -> None:
    sentence = plain(quality.costs(OVERALL, dataclasses.replace(MEASURED, cost=cost)).sentence)
    assert f"les décisions coûtent l’équivalent de {said} 100 clients ; " in sentence


@pytest.mark.parametrize("width", WIDTHS)
def test_the_limit_in_place_is_the_diamond_and_the_cheapest_the_dot(width: Width) -> None:
    (ax,) = quality.costs(OVERALL, MEASURED).draw(width).axes
    assert dots(ax, "D") == [(0.3, 47.1)]
    assert dots(ax, "o") == [(0.6, 41.2)]
    named = named_at(ax.texts)
    assert (named["limite 30 %"][0], named["la moins chère"][0]) == (0.3, 0.6)
    marks = zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
    assert {plain(label.get_text()): float(place) for place, label in marks} == {
        "0 %": 0, "25 %": 0.25, "50 %": 0.5, "75 %": 0.75, "100 %": 1,
    }  # fmt: skip


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
        "un modèle qui ne saurait rien aurait 0,1000. Le score de Brier",
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


@pytest.mark.parametrize(
    ("kept", "spared"),
    [
        ((), " (sauf 47 colonnes qui décrivent l’immeuble)"),
        (("APARTMENTS_AVG", "APARTMENTS_MODE"), " (sauf 45 colonnes qui décrivent l’immeuble)"),
        (tuple(column.name for column in dictionary.in_group(dictionary.BUILDING_GROUP)), ""),
    ],
)
def test_the_card_says_what_leaving_out_protected_data_changes_and_not_which_way(
    kept: tuple[str, ...], spared: str
) -> None:
    """On some portfolios the model is better without them; and nobody measured the building here."""
    card = dataclasses.replace(by_heart.model(500.5).card, protected_features=("CODE_GENDER", *kept))
    text = plain(model_card.render(card, dataclasses.replace(OVERALL, audits=(AUDIT,))))
    assert (
        "La dernière colonne mesure le même modèle avec les données protégées"
        f"{spared} : la différence est ce que change leur retrait."
    ) in text


def test_a_limit_is_told_with_all_its_digits() -> None:
    """In one place rounded, a client beyond it would be told to be at it, or below."""
    measured = dataclasses.replace(MEASURED, limit=0.4546, cheapest_limit=0.51234)
    shown = dataclasses.replace(by_heart.model(500.5).card, without_protected=measured)
    text = plain(model_card.render(shown, dataclasses.replace(OVERALL, audits=(AUDIT,))))
    for said in (
        "| Coût à la limite de 45,46 % | 47,1000 |",
        "| Décision à 45,46 % | Ont remboursé | Ont été en défaut |",
        "Décisions à la limite de 45,46 % sur les clients à l’issue connue, jugés hors de l’apprentissage.",
    ):
        assert said in text
    assert (
        plain(quality.confusion(measured).caption) == "Décisions à la limite de 45,46 % et ce qui est arrivé"
    )
    costs = quality.costs(OVERALL, measured)
    assert plain(costs.sentence).startswith(
        "À la limite de 45,46 %, les décisions coûtent l’équivalent de 47,1 bons clients refusés sur 100 "
        "clients ; la limite la moins chère, 51,2 % (intervalle à 95 % : de 55 % à 66 %), en coûterait 41,2."
    )
    assert "45,46 % (limite mesurée)" in [plain(row[0]) for row in costs.table.rows]


# --- fairness -----------------------------------------------------------------------------------


def group(
    label: str, granted: int, wrongly: int, announced: float, observed: int, ratio: tuple[float, float, float]
) -> Group:
    """Of 1,000 clients so many granted and in default; of 900 who repaid, so many refused."""
    return Group(
        label,
        1000,
        granted=Rate(granted / 1000, granted / 1000 - 0.02, granted / 1000 + 0.02, 1000),
        default_if_granted=Rate(0.05, 0.04, 0.06, granted),
        false_refusal=Rate(wrongly / 900, wrongly / 900 - 0.03, wrongly / 900 + 0.03, 900),
        expected=announced,
        observed=Rate(observed / 1000, observed / 1000 - 0.01, observed / 1000 + 0.01, 1000),
        four_fifths=ratio[0],
        four_fifths_low=ratio[1],
        four_fifths_high=ratio[2],
    )


AUDIT = Audit(
    "DAYS_BIRTH",
    0.3,
    "Âgés",
    (
        group("Jeunes", 400, 450, 0.15, 130, (0.5, 0.45, 0.55)),
        group("Mûrs", 700, 180, 0.08, 82, (0.875, 0.84, 0.91)),
        group("Âgés", 800, 90, 0.02, 51, (1.0, 1.0, 1.0)),
    ),
)


def test_an_audit_says_who_is_granted_most_and_least() -> None:
    grants, refusals, calibrated = map(plain, fairness.sentences(AUDIT))
    assert grants == (
        "Le prêt est accordé le plus souvent au groupe « Âgés » (80,0 %) et le moins souvent au groupe « "
        "Jeunes » (40,0 %). Le rapport entre les deux est de 0,50 (intervalle à 95 % : 0,45 à 0,55) : il est "
        "nettement sous le repère des quatre cinquièmes (0,80)."
    )
    assert refusals == (
        "Parmi les clients qui ont remboursé, la part de ceux que le modèle aurait refusés va de 10,0 % "
        "(Âgés) à 50,0 % (Jeunes)."
    )
    assert calibrated == (
        "Le risque annoncé est trop haut pour le groupe « Jeunes » (15,0 % annoncés, 13,0 % observés) et "
        "trop bas pour le groupe « Âgés » (2,0 % annoncés, 5,1 % observés)."
    )


def test_groups_that_are_granted_alike_are_not_told_apart() -> None:
    """At a limit at which everybody is granted no group is the least granted, nor refused in error."""
    alike = tuple(
        dataclasses.replace(
            one,
            granted=Rate.of(one.size, one.size),
            false_refusal=Rate.of(0, 900),
            four_fifths=1.0,
            four_fifths_low=1.0,
            four_fifths_high=1.0,
        )
        for one in AUDIT.groups
    )
    grants, refusals, _ = map(plain, fairness.sentences(dataclasses.replace(AUDIT, groups=alike)))
    assert grants == "Le prêt est accordé aussi souvent à chaque groupe décrit (100,0 %)."
    assert refusals == (
        "Parmi les clients qui ont remboursé, la part de ceux que le modèle aurait refusés est de 0,0 % dans "
        "chaque groupe décrit."
    )
    overall = dataclasses.replace(OVERALL, audits=(dataclasses.replace(AUDIT, groups=alike),))
    assert plain(model_card.fairness_told(overall)[0]) == (
        "Selon l’âge, le prêt est accordé aussi souvent à chaque groupe décrit (100 %)."
    )
    # A group of which nobody repaid has no such share: it is not the lowest.
    nobody = (dataclasses.replace(AUDIT.groups[2], false_refusal=Rate.of(0, 0)), *AUDIT.groups[:2])
    audit = dataclasses.replace(AUDIT, groups=nobody)
    assert plain(fairness.sentences(audit)[1]).endswith("va de 20,0 % (Mûrs) à 50,0 % (Jeunes).")


def test_the_tables_of_an_audit_keep_their_columns() -> None:
    decided, risky = fairness.decisions(AUDIT), fairness.risks(AUDIT)
    assert plain(decided.caption) == "Âge : décisions à la limite de 30 % (intervalle à 95 %)"
    assert [tuple(map(plain, row)) for row in decided.rows] == [
        ("Jeunes", "1 000", "40,0 % (38,0 à 42,0)", "0,50 (0,45 à 0,55)", "50,0 % (47,0 à 53,0)"),
        ("Mûrs", "1 000", "70,0 % (68,0 à 72,0)", "0,88 (0,84 à 0,91)", "20,0 % (17,0 à 23,0)"),
        ("Âgés", "1 000", "80,0 % (78,0 à 82,0)", "1,00 (1,00 à 1,00)", "10,0 % (7,0 à 13,0)"),
    ]
    assert [tuple(map(plain, row)) for row in risky.rows][:2] == [
        ("Jeunes", "1 000", "15,0 %", "13,0 % (12,0 à 14,0)", "5,0 % (4,0 à 6,0)"),
        ("Mûrs", "1 000", "8,0 %", "8,2 % (7,2 à 9,2)", "5,0 % (4,0 à 6,0)"),
    ]
    assert [column.label for column in risky.columns] == [
        "Groupe", "Clients", "Annoncé", "Observé", "Si accordé",
    ]  # fmt: skip
    heads = [column.label for column in fairness.detail(AUDIT).columns]
    young = dict(zip(enumerate(heads), fairness.detail(AUDIT).raw[0], strict=True))
    assert young == {
        (0, "Groupe"): "Jeunes",
        (1, "Clients"): 1000,
        (2, "Prêts accordés"): 0.4,
        (3, "au moins"): pytest.approx(0.38),
        (4, "au plus"): pytest.approx(0.42),
        (5, "Difficultés parmi les prêts accordés"): 0.05,
        (6, "au moins"): 0.04,
        (7, "au plus"): 0.06,
        (8, "Refusés parmi ceux qui ont remboursé"): 0.5,
        (9, "au moins"): pytest.approx(0.47),
        (10, "au plus"): pytest.approx(0.53),
        (11, "Risque annoncé"): 0.15,
        (12, "Risque observé"): 0.13,
        (13, "au moins"): pytest.approx(0.12),
        (14, "au plus"): pytest.approx(0.14),
        (15, "Rapport au groupe le plus accordé"): 0.5,
        (16, "au moins"): 0.45,
        (17, "au plus"): 0.55,
    }


def test_the_chart_of_an_audit_places_each_group() -> None:
    chart = fairness.grants(AUDIT)
    assert [tuple(map(plain, row)) for row in chart.table.rows] == [
        ("Jeunes", "0,50", "0,45", "0,55", "nettement sous"),
        ("Mûrs", "0,88", "0,84", "0,91", "au-dessus"),
        ("Âgés", "1,00", "1,00", "1,00", "groupe le plus accordé"),
    ]
    assert plain(chart.sentence) == (
        "Face aux quatre cinquièmes de la part la plus haute, celle du groupe « Âgés », la part des prêts "
        "accordés est nettement inférieure pour « Jeunes » et supérieure pour « Mûrs »."
    )
    (ax,) = chart.draw("large").axes
    assert dots(ax, "o") == [(0.5, 0), (0.875, 1), (1.0, 2)]


def test_columns_of_figures_are_set_to_the_right_and_those_of_words_to_the_left() -> None:
    tables = (
        quality.calibration(OVERALL).table,
        quality.costs(OVERALL, MEASURED).table,
        quality.confusion(MEASURED),
        fairness.decisions(AUDIT),
        fairness.risks(AUDIT),
        fairness.detail(AUDIT),
        fairness.grants(AUDIT).table,
    )
    for table in tables:
        # The first column names the line, be it with a number.
        figures = [
            all(cell[0].isdigit() for cell in cells) for cells in list(zip(*table.rows, strict=True))[1:]
        ]
        assert [column.numeric for column in table.columns] == [False, *figures], table.caption


def test_the_card_s_audit_keeps_its_columns() -> None:
    with_protected = dataclasses.replace(
        AUDIT, groups=tuple(dataclasses.replace(one, four_fifths=0.33) for one in AUDIT.groups)
    )
    overall = dataclasses.replace(OVERALL, audits=(AUDIT,), audits_with_protected=(with_protected,))
    text = plain(model_card.render(by_heart.model(500.5).card, overall))
    assert (
        "| Jeunes | 1 000 | 40,0 % (38,0 % à 42,0 %) | 5,0 % | 50,0 % | 15,0 % | 13,0 % | 0,50 (0,45 à 0,55) "
        "| 0,33 |"
    ) in text
    assert "Rapport nettement sous 0,80 : « Jeunes »." in text


@pytest.mark.usefixtures("paris")
def test_the_card_tells_days_as_the_server_s_place_counts_them() -> None:
    """On the eve in UTC, the day after in Paris."""
    late, card = datetime(2026, 11, 26, 23, 5, tzinfo=UTC), by_heart.model(500.5).card
    card = dataclasses.replace(card, trained_at=late, data=dataclasses.replace(card.data, imported_at=late))
    text = plain(model_card.render(card, OVERALL))
    assert "Entraîné le 27 novembre 2026 sur" in text
    assert "Portefeuille importé le 27 novembre 2026 (" in text


def worded(card: str) -> set[str]:
    """The sentences and heads of tables of a card; figures, and the lines of tables, are those of a model."""
    lines, parts = card.split("\n"), set()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if not line.startswith("|") or below.startswith("| ---"):
            parts.update(re.split(r"(?<=[.;]) ", re.sub(r"\d[\d ,]*", "0", plain(line))))
    return parts


# Sentences of the card that name what it was trained of, and when.
OWN = (
    "**Données fictives", "Empreinte SHA-0", "Entraîné le", "Portefeuille importé le", "Rapport nettement",
    "Versions : ",
)  # fmt: skip


def test_a_card_says_what_the_published_one_says() -> None:
    """docs/model-card.md is the card of the genuine rows: its sentences are the expected ones."""
    audits = tuple(
        dataclasses.replace(AUDIT, column=name)
        for name in ("CODE_GENDER", "DAYS_BIRTH", "NAME_FAMILY_STATUS")
    )
    links = tuple(AgeLink(f"EXT_SOURCE_{which}", 0.5, 100) for which in (1, 2, 3))
    overall = dataclasses.replace(OVERALL, audits=audits, age_links=links)
    protected = ("CODE_GENDER", "DAYS_BIRTH", "NAME_FAMILY_STATUS", "REGION_RATING_CLIENT")
    card = dataclasses.replace(by_heart.model(500.5).card, protected_features=protected)
    written = worded(model_card.render(card, overall))
    assert [one for one in written - worded(PUBLISHED.read_text("utf-8")) if not one.startswith(OWN)] == []
    assert len(written) > 75


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.7, 0.79, "il est nettement sous le repère des quatre cinquièmes (0,80)."),
        (0.81, 0.9, "il atteint le repère des quatre cinquièmes (0,80)."),
        (
            0.79,
            0.81,
            "le repère des quatre cinquièmes (0,80) est dans l’intervalle, ces chiffres ne permettent pas de "
            "trancher.",
        ),
    ],
)
def test_the_least_granted_group_is_held_to_four_fifths(low: float, high: float, said: str) -> None:
    least = dataclasses.replace(AUDIT.groups[0], four_fifths_low=low, four_fifths_high=high)
    audit = dataclasses.replace(AUDIT, groups=(least, *AUDIT.groups[1:]))
    assert plain(fairness.sentences(audit)[0]).endswith(f") : {said}")


@pytest.mark.parametrize("fictitious", [True, False])
def test_the_card_of_made_up_clients_says_so(fictitious: bool) -> None:
    card = by_heart.model(500.5).card
    made = dataclasses.replace(card, data=dataclasses.replace(card.data, fictitious=fictitious))
    said = "\n\n**Données fictives : ces chiffres ne disent rien de vrais clients.**\n"
    assert (said in model_card.render(made, OVERALL).replace("\N{NO-BREAK SPACE}", " ")) is fictitious


def test_the_card_keeps_back_what_small_groups_would_tell() -> None:
    few = dataclasses.replace(AUDIT, groups=(Group("Enfants", 99), *AUDIT.groups[1:]))
    text = plain(model_card.render(by_heart.model(500.5).card, dataclasses.replace(OVERALL, audits=(few,))))
    assert "| Enfants | moins de 100 | — | — | — | — | — | — | — |" in text
    # No other audit with the protected data.
    assert (
        "| Mûrs | 1 000 | 70,0 % (68,0 % à 72,0 %) | 5,0 % | 20,0 % | 8,0 % | 8,2 % | 0,88 (0,84 à 0,91) "
        "| — |"
    ) in text
    assert "Aucun groupe n’est nettement sous le rapport de 0,80." in text
    assert "Ces chiffres ne permettent pas de trancher" not in text


def test_the_card_says_of_whom_nothing_can_be_said() -> None:
    unsure = dataclasses.replace(AUDIT.groups[0], four_fifths_low=0.7, four_fifths_high=0.9)
    audit = dataclasses.replace(AUDIT, groups=(unsure, *AUDIT.groups[1:]))
    text = plain(model_card.render(by_heart.model(500.5).card, dataclasses.replace(OVERALL, audits=(audit,))))
    assert (
        "Aucun groupe n’est nettement sous le rapport de 0,80. Ces chiffres ne permettent pas de trancher : "
        "« Jeunes »."
    ) in text


def test_who_sees_no_table_is_told_the_ends_of_each_ground() -> None:
    assert list(map(plain, model_card.fairness_told(OVERALL))) == [
        "Le portefeuille ne permet aucune comparaison entre groupes de clients."
    ]
    alone = plain(model_card.render(by_heart.model(500.5).card, OVERALL)).split("## Équité")[1]
    assert alone.startswith(
        " Le portefeuille ne permet aucune comparaison entre groupes de clients. ## Limites connues"
    )
    links = (AgeLink("EXT_SOURCE_1", 0.6, 100), AgeLink("EXT_SOURCE_3", 0.21, 100))
    overall = dataclasses.replace(OVERALL, audits=(AUDIT,), age_links=links)
    first, _, second, *_ = map(plain, model_card.fairness_told(overall))
    assert first == (
        "Selon l’âge, le prêt est accordé à 40 % du groupe « Jeunes » et à 80 % du groupe « Âgés », le plus "
        "accordé. Le rapport est de 0,50."
    )
    assert second == (
        "Les notes extérieures, que le modèle regarde, peuvent suivre l’âge. Leur corrélation avec lui est "
        "de 0,60 pour la note de l’organisme extérieur numéro 1 et 0,21 pour la note de l’organisme "
        "extérieur numéro 3 (1 : elles le suivraient exactement ; 0 : aucun lien)."
    )
    card = by_heart.model(500.5).card
    assert second in plain(model_card.render(card, overall))
    assert "corrélation" not in model_card.render(card, dataclasses.replace(overall, age_links=()))
    left = "Le portefeuille ne permet aucune comparaison selon le sexe ou selon la situation de famille."
    assert left in map(plain, model_card.fairness_told(overall))
    assert left in plain(model_card.render(card, overall))
    every = [dataclasses.replace(AUDIT, column=name) for name in ("CODE_GENDER", "NAME_FAMILY_STATUS")]
    whole = dataclasses.replace(overall, audits=(AUDIT, *every))
    assert "aucune comparaison" not in " ".join(model_card.fairness_told(whole))
    assert len(model_card.fairness_told(overall)) == 5
    assert len(model_card.fairness_told(dataclasses.replace(overall, age_links=()))) == 4


# Nothing of it is equal to another figure of it.
WHOLE = dataclasses.replace(
    MEASURED, roc_auc=0.81, pr_auc=0.31, brier_calibrated=0.061, brier_raw=0.171, cost=43.5,
    cheapest_cost=40.5, cheapest_limit=0.55,
)  # fmt: skip


def test_the_card_sets_each_measure_beside_that_with_the_protected_data() -> None:
    card = dataclasses.replace(
        by_heart.model(500.5).card, without_protected=MEASURED, with_protected=WHOLE, roc_auc_learnt=0.85
    )
    text = plain(model_card.render(card, OVERALL))
    assert plain(
        """
        | Aire sous la courbe ROC | 0,7500 | 0,8100 |
        | Aire sous la courbe précision-rappel | 0,2000 | 0,3100 |
        | Score de Brier, probabilité calibrée | 0,0700 | 0,0610 |
        | Score de Brier, probabilité équilibrée | 0,2000 | 0,1710 |
        | Coût à la limite de 30 % | 47,1000 | 43,5000 |
        | Coût à la limite la moins chère | 41,2000 | 40,5000 |
        | Limite la moins chère | 0,6000 | 0,5500 |
        """
    ) in text.replace("\N{NO-BREAK SPACE}", " ")
    assert "chez les clients dont le modèle a appris : 0,8500. Leur score en profite" in text
    assert "0,0800 est celui d’un modèle qui donnerait à tous le taux moyen." in text
    assert "Aire sous la courbe ROC de chaque pli : 0,7000 ; 0,8000." in text
    assert "taux de défaut = 1 / (1 + exp(−(-1,0000 + 1,0000 × marge)))" in text.replace("−1,0000", "-1,0000")
    assert "Écart le plus grand avec un étalonnage isotonique, par vingtième des clients : 1,2 %." in text


def test_the_card_counts_clients_outcomes_and_defaults() -> None:
    """Of 250 clients the outcome of 200 is known, and 13 are in default."""
    card = by_heart.model(500.5).card
    data = dataclasses.replace(card.data, clients=250, labelled=200, defaults=13)
    text = plain(model_card.render(dataclasses.replace(card, data=data), OVERALL))
    assert "sur 200 clients dont 6,50 % ont eu des difficultés de paiement." in text
    assert "(Essai) : 250 clients, dont 200 à l’issue connue et 13 en défaut." in text
    assert "un modèle qui ne saurait rien aurait 0,0650." in text
    assert "21 données. L’importance est l’effet moyen, en points, sur 200 clients ;" in text
    assert "à partir du score moyen des 200 clients dont le modèle a appris" in text


def test_the_card_lists_the_data_from_the_most_important_to_the_least() -> None:
    """The last feature weighs most, the first least."""
    influences = tuple(
        dataclasses.replace(one, importance=float(place)) for place, one in enumerate(OVERALL.influences, 1)
    )
    text = model_card.render(by_heart.model(500.5).card, dataclasses.replace(OVERALL, influences=influences))
    rows = re.findall(r"^\| [^|]+ \| `(\w+)` \| ([\d,]+) \|", text, re.MULTILINE)
    assert rows[0] == ("EXT_SOURCE_MEAN", "21,0")
    assert [name for name, _ in rows] == list(reversed(FEATURES))


def test_the_card_tells_the_stability_of_the_riskiest_tenth_first() -> None:
    """Margins of −2, 0 and 2 are 555, 497 and 439 points where the limit is 48 %."""
    card = dataclasses.replace(
        by_heart.model(500.5).card, stability=Stability((-2.0, 0.0, 2.0), (3.0, 6.5, 9.0))
    )
    text = plain(model_card.render(card, OVERALL))
    assert "| 439 | 9,0 | | 497 | 6,5 | | 555 | 3,0 |" in text


def test_the_card_names_its_software_in_order() -> None:
    card = dataclasses.replace(by_heart.model(500.5).card, versions={"xgboost": "3.1.2", "numpy": "2.3.5"})
    text = plain(model_card.render(card, OVERALL))
    assert "Versions : numpy 2.3.5, xgboost 3.1.2. Empreinte SHA-256 des arbres : `1111" in text
    assert "Entraînement et mesures : 1 s." in text
    assert "2 arbres" not in text
    assert "1 arbres de décision de profondeur 1 (XGBoost 3.1.2)." in text
