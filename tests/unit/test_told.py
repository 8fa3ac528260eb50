"""What is told of clients whose points are known by heart: 480, 500 and 520, at two limits.

At 30 % a model that starts 22.14 points higher gives the same points as the other one at 48 %: all that is
said in points must be the same, and what is said of the probability must not.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from pretadepenser.charts import client as charts
from pretadepenser.charts import simulation as simulation_charts
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Row, wording
from pretadepenser.credit.explanation import batch, reasons
from pretadepenser.credit.explanation.reasons import Contribution, Decomposition, Part, explain, explain_all
from pretadepenser.credit.model import scoring
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.recourse.meeting_sheet import sheet
from pretadepenser.credit.whatif.simulation import Move, Simulation, simulate
from pretadepenser.french import Person
from tests.unit import by_heart
from tests.unit.by_heart import Step, plain

STEPS = (
    Step("EXT_SOURCE_MEAN", at=0.4, below=-30, above=10),
    Step("AMT_CREDIT", at=150_500, below=4, above=-16),
    Step("DAYS_EMPLOYED", at=-1_000, below=6, above=-3),
    Step("AMT_INCOME_TOTAL", at=30_000, below=-5, above=0),
)
CLIENTS: dict[int, Row] = {
    446: by_heart.client(
        EXT_SOURCE_2=0.3, AMT_CREDIT=180_000.0, DAYS_EMPLOYED=-500, AMT_INCOME_TOTAL=25_000.0
    ),
    480: by_heart.client(EXT_SOURCE_2=0.3, AMT_CREDIT=120_000.0, DAYS_EMPLOYED=-8_000),
    500: by_heart.client(EXT_SOURCE_2=0.8, AMT_CREDIT=180_000.0, DAYS_EMPLOYED=-8_000),
    520: by_heart.client(EXT_SOURCE_2=0.8, AMT_CREDIT=120_000.0, DAYS_EMPLOYED=-8_000),
}


@dataclass(frozen=True)
class House:
    """A limit, how it is written, and a model that gives the clients their points at it."""

    limit: float
    percent: str
    model: Model


@pytest.fixture(
    scope="module", params=[(0.48, "48 %", 500.5), (0.30, "30 %", 522.64)], ids=lambda one: one[1]
)
def house(request: pytest.FixtureRequest) -> House:
    limit, percent, base = request.param
    return House(limit, percent, by_heart.model(base, *STEPS))


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Portfolio:
    return by_heart.portfolio(tmp_path_factory.mktemp("instance"), by_heart.hundred())


@pytest.mark.parametrize(
    ("points", "granted", "gap", "close", "low", "high"),
    [
        (446, False, -54, False, 440, 452),
        (480, False, -20, False, 474, 486),
        (500, True, 0, True, 494, 506),
        (520, True, 20, False, 514, 526),
    ],
)
def test_a_score_is_told_with_its_decision_and_its_band(
    house: House, points: int, granted: bool, gap: int, close: bool, low: int, high: int
) -> None:
    score = scoring.score_row(house.model, CLIENTS[points], house.limit)
    assert (score.points, score.granted, score.gap, score.close) == (points, granted, gap, close)
    assert (score.points_low, score.points_high, score.zone) == (low, high, (494, 505))


TOLD_IN_SHARES = {
    "48 %": {480: ("64 %", 40), 500: ("47,6 %", 25), 520: ("31 %", 14)},
    "30 %": {480: ("46 %", 24), 500: ("29,6 %", 13), 520: ("17 %", 7)},
}


@pytest.mark.parametrize("points", [480, 500, 520])
def test_probability_and_difficulties_are_those_of_the_limit(
    house: House, portfolio: Portfolio, points: int
) -> None:
    probability, many = TOLD_IN_SHARES[house.percent][points]
    score = scoring.score_row(house.model, CLIENTS[points], house.limit)
    assert plain(wording.probability(score.probability, score.limit)) == probability
    late = "payé en retard une des premières mensualités du crédit"
    assert wording.difficulties(score.calibrated) == (
        f"Sur 100 clients au score comparable, environ {many} ont {late}."
    )
    assert sheet(house.model, portfolio, CLIENTS[points], house.limit, 100_001).difficulties == (
        f"Parmi 100 personnes au score comparable au vôtre, environ {many} ont {late}, et {100 - many} non."
    )


SCALES = {
    480: (
        "Le score est de 480 points, 20 points sous la limite de 500 points.",
        "Votre score est de 480 points, 20 points sous la limite de 500 points.",
    ),
    500: (
        "Le score est de 500 points, exactement à la limite de 500 points.",
        "Votre score est de 500 points, exactement à la limite de 500 points.",
    ),
    520: (
        "Le score est de 520 points, 20 points au-dessus de la limite de 500 points.",
        "Votre score est de 520 points, 20 points au-dessus de la limite de 500 points.",
    ),
}
ZONE = {"48 %": ("53 %", "44 %"), "30 %": ("35 %", "26 %")}


@pytest.mark.parametrize("points", [480, 500, 520])
def test_the_scale_says_on_which_side_of_the_limit(house: House, points: int) -> None:
    score = scoring.score_row(house.model, CLIENTS[points], house.limit)
    theirs, yours = (charts.scale(score, person) for person in (Person.CLIENT, Person.YOU))
    same = (
        "Plus le score est haut, plus le crédit est sûr. De 494 à 505 points, il est proche de la limite : "
    )
    opposite = "pourrait donner la réponse contraire."
    assert plain(theirs.sentence) == (
        f"{SCALES[points][0]} {same}un autre apprentissage du modèle {opposite}"
    )
    assert plain(yours.sentence) == (
        f"{SCALES[points][1]} {same}le même calcul, appris d’une partie des crédits, {opposite}"
    )
    rows = [tuple(map(plain, row)) for row in theirs.table.rows]
    start, end = ZONE[house.percent]
    marks = [
        ("Début de la zone proche de la limite", "494", start),
        ("Limite pour accorder le prêt", "500", house.percent),
        ("Fin de la zone proche de la limite", "505", end),
    ]
    own = ("Score de ce client", str(points), TOLD_IN_SHARES[house.percent][points][0])
    marks.insert({480: 0, 500: 2, 520: 3}[points], own)
    assert rows == marks


def test_only_the_limit_in_place_calls_for_more_digits() -> None:
    """Where the limit is 30 %, 47.9 % is 48 % as any other share is, and 30.4 % is not 30 %."""
    model = by_heart.model(521.64, Step("EXT_SOURCE_MEAN", at=0.4, below=0, above=0), near=22.0)
    score = scoring.score_row(model, by_heart.client(), 0.3)
    assert (score.points, score.zone) == (499, (478, 521))
    shares = [plain(row[2]) for row in charts.scale(score).table.rows]
    assert shares == ["48 %", "30,4 %", "30 %", "17 %"]


EXTERNAL_LOW = (
    "La seule note extérieure connue (organisme numéro 2) est de 0,30 sur 1 : c’est plus bas que chez 70 % "
    "des clients notés. Cela retire 30 points au score."
)
EXTERNAL_HIGH = (
    "La seule note extérieure connue (organisme numéro 2) est de 0,80 sur 1 : c’est plus haut que chez 80 % "
    "des clients notés. Cela ajoute 10 points au score."
)
LONG = (
    "Le client occupe son emploi depuis 21 ans et 10 mois : c’est plus long que chez 79 % des clients qui "
    "ont un emploi. Cela ajoute 6 points au score."
)
SHORT = (
    "Le client occupe son emploi depuis 1 an et 4 mois : c’est plus court que chez 95 % des clients qui ont "
    "un emploi. Cela retire 3 points au score."
)
SMALL = (
    "Le montant du crédit demandé est de 120 000 € : c’est moins que chez 80 % des clients. La mensualité du "
    "crédit est de 7 500 € et le prix du bien à financer de 150 000 €. Cela ajoute 4 points au score."
)
LARGE = (
    "Le montant du crédit demandé est de 180 000 € : c’est plus que chez 79 % des clients. La mensualité du "
    "crédit est de 7 500 € et le prix du bien à financer de 150 000 €. Cela retire 16 points au score."
)
POOR = (
    "Le revenu mensuel du client est de 25 000 € : c’est moins que chez 84 % des clients. Cela retire 5 "
    "points au score."
)
# Against, then in favour, the strongest first: neither the model's order nor the dictionary's.
REASONS = {
    446: ((EXTERNAL_LOW, LARGE, POOR, SHORT), ()),
    480: ((EXTERNAL_LOW,), (LONG, SMALL)),
    500: ((LARGE,), (EXTERNAL_HIGH, LONG)),
    520: ((), (EXTERNAL_HIGH, LONG, SMALL)),
}


@pytest.mark.parametrize("points", REASONS)
def test_reasons_are_said_word_for_word_strongest_first(
    house: House, portfolio: Portfolio, points: int
) -> None:
    told = explain(house.model, portfolio, CLIENTS[points], house.limit)
    assert told.score.points == points
    assert told.base_points == 500
    assert tuple(plain(one.sentence) for one in told.against) == REASONS[points][0]
    assert tuple(plain(one.sentence) for one in told.in_favour) == REASONS[points][1]


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (
            480,
            "Le score part de 500 points, le score moyen des clients connus du modèle, et arrive à 480 "
            "points ; ce qui ajoute le plus : Ancienneté dans l’emploi (+6 points) ; ce qui retire le plus "
            ": Notes des organismes extérieurs (−30 points).",
        ),
        (
            500,
            "Le score part de 500 points, le score moyen des clients connus du modèle, et arrive à 500 "
            "points ; ce qui ajoute le plus : Notes des organismes extérieurs (+10 points) ; ce qui retire "
            "le plus : Montant et durée du crédit (−16 points).",
        ),
        (
            520,
            "Le score part de 500 points, le score moyen des clients connus du modèle, et arrive à 520 "
            "points ; ce qui ajoute le plus : Notes des organismes extérieurs (+10 points).",
        ),
    ],
)
def test_the_chart_of_contributions_says_start_arrival_and_the_strongest(
    house: House, portfolio: Portfolio, points: int, said: str
) -> None:
    told = explain(house.model, portfolio, CLIENTS[points], house.limit)
    assert plain(charts.contributions(told).sentence) == said


def test_the_table_of_contributions_goes_from_the_strongest_to_the_weakest(
    house: House, portfolio: Portfolio
) -> None:
    table = charts.contributions(explain(house.model, portfolio, CLIENTS[446], house.limit)).table
    rows = [tuple(map(plain, row)) for row in table.rows]
    assert rows[0][2] == "500"
    assert [(row[0], row[1], row[2]) for row in rows[1:] if row[2] not in ("sans objet", "0")] == [
        ("Notes des organismes extérieurs", "0,30 sur 1 en moyenne", "−30"),
        ("Montant et durée du crédit", "180 000 €, 7 500 € par mois", "−16"),
        ("Revenu mensuel", "25 000 €", "−5"),
        ("Ancienneté dans l’emploi", "1 an et 4 mois", "−3"),
    ]
    assert [row[2] for row in table.footer] == ["446"]


def test_a_file_and_many_rows_are_told_at_the_limit_that_is_given(house: House, portfolio: Portfolio) -> None:
    """What answers other systems: rows of JSON, scored alone or with their reasons."""
    rows = [{**row, "SK_ID_CURR": 100_000 + points} for points, row in CLIENTS.items()]
    table = batch.table_of_rows(rows, house.model)
    scored = batch.score_table(house.model, table, house.limit)
    explained = batch.explain_table(house.model, portfolio, table, house.limit)
    for points, score, told in zip(CLIENTS, scored, explained, strict=True):
        assert score == told.score
        assert (score.points, score.limit, score.number) == (points, house.limit, 100_000 + points)
        assert batch.document(score)["granted"] is (points >= 500)
        assert batch.document(score)["limit"] == house.limit


def test_the_credit_is_told_by_the_figure_that_weighs_most_its_own_way(portfolio: Portfolio) -> None:
    """Amount +3, instalments −20 and share of the income −4: a reason against, told by the instalments."""
    model = by_heart.model(
        500.5,
        Step("AMT_CREDIT", at=150_500, below=3, above=0),
        Step("CREDIT_TERM", at=30, below=0, above=-20),
        Step("ANNUITY_TO_INCOME", at=0.1, below=-4, above=0),
    )
    told = explain(model, portfolio, by_heart.client(AMT_ANNUITY=3_000.0), 0.48)
    (credit,) = told.against
    assert plain(credit.sentence).startswith("Le crédit demandé vaut 50 mensualités : ")
    assert credit.points == -21
    part = told.parts[0]
    assert [(one.name, one.points) for one in part.members[:3]] == [
        ("CREDIT_TERM", -20), ("ANNUITY_TO_INCOME", -4), ("AMT_CREDIT", 3),
    ]  # fmt: skip
    rows = [tuple(map(plain, row)) for row in charts.contributions(told).table.rows]
    assert [(row[0], row[3]) for row in rows[2:5]] == [
        ("dont crédit compté en mensualités", "−20"),
        ("dont part du revenu prise par la mensualité", "−4"),
        ("dont montant du crédit", "+3"),
    ]
    (better,) = explain(model, portfolio, by_heart.client(), 0.48).in_favour
    assert plain(better.sentence).startswith("Le montant du crédit demandé est de 150 000 € : ")


def test_a_credit_that_only_an_absence_moves_is_told_by_its_amount(portfolio: Portfolio) -> None:
    model = by_heart.model(500.5, Step("AMT_ANNUITY", at=5_000, below=-7, above=0))
    (credit,) = explain(model, portfolio, by_heart.client(AMT_ANNUITY=None), 0.48).against
    assert plain(credit.sentence) == (
        "Le montant du crédit demandé est de 150 000 € : c’est à peu près au milieu des clients. Le prix du "
        "bien à financer est de 150 000 €. Cela retire 7 points au score."
    )


@pytest.mark.parametrize("way", [-1, 1])
def test_no_more_than_five_reasons_each_way_and_the_weakest_are_left_out(
    portfolio: Portfolio, way: int
) -> None:
    model = by_heart.model(
        500.5,
        Step("AMT_CREDIT", at=1, below=0, above=3 * way),
        Step("AMT_INCOME_TOTAL", at=1, below=0, above=5 * way),
        Step("DAYS_EMPLOYED", at=1, below=1 * way, above=0),
        Step("EXT_SOURCE_MEAN", at=2, below=4 * way, above=0),
        Step("OWN_CAR_AGE", at=200, below=2 * way, above=0),
        Step("FLAG_OWN_REALTY", at=0.5, below=0, above=6 * way),
    )
    told = explain(model, portfolio, by_heart.client(), 0.48)
    shown = sheet(model, portfolio, by_heart.client(), 0.48, 100_001)
    both, few = (told.against, told.in_favour), (shown.against, shown.in_favour)
    full, none = (0, 1) if way < 0 else (1, 0)
    assert [one.points for one in both[full]] == [6 * way, 5 * way, 4 * way, 3 * way, 2 * way]
    assert [one.points for one in few[full]] == [6 * way, 5 * way, 4 * way]
    assert both[none] == few[none] == ()


def test_of_equal_points_the_larger_contribution_comes_first(portfolio: Portfolio) -> None:
    """4.4 and 3.6 are both told as four points; the weaker of them stands first in the dictionary."""
    model = by_heart.model(
        500.5, Step("AMT_CREDIT", at=1, below=0, above=3.6), Step("DAYS_EMPLOYED", at=1, below=4.4, above=0)
    )
    told = explain(model, portfolio, by_heart.client(), 0.48)
    assert [(one.points, one.names[0]) for one in told.in_favour] == [(4, "DAYS_EMPLOYED"), (4, "AMT_CREDIT")]


def test_within_a_group_the_larger_of_equal_points_comes_first(portfolio: Portfolio) -> None:
    """3.6 and 4.4 points less are told as four each; the weaker figure stands first in the dictionary."""
    model = by_heart.model(
        500.5,
        Step("AMT_CREDIT", at=1, below=0, above=-3.6),
        Step("CREDIT_TERM", at=1, below=0, above=-4.4),
    )
    part = explain(model, portfolio, by_heart.client(), 0.48).parts[0]
    assert [(one.name, one.points) for one in part.members[:2]] == [("CREDIT_TERM", -4), ("AMT_CREDIT", -4)]


def test_the_score_that_one_departs_from_is_rounded_down_too(portfolio: Portfolio) -> None:
    """500.9 points are 500, as they are of a client."""
    told = explain(by_heart.model(500.9), portfolio, by_heart.client(), 0.48)
    assert (told.base_points, told.score.points) == (500, 500)


# --- simulation ---------------------------------------------------------------------------------

SIMULATED = [
    (
        520,
        {"AMT_CREDIT": 180_000.0},
        "Le prêt resterait accordé. Vous avez changé : le montant du crédit demandé (de 120 000 € à 180 000 "
        "€). La probabilité de ne pas rembourser monterait de {p520} à {p500} (tolérance maximale : "
        "{limit}), et le score passerait de 520 à 500 points (−20 points).",
    ),
    (
        500,
        {"AMT_CREDIT": 120_000.0},
        "Le prêt resterait accordé. Vous avez changé : le montant du crédit demandé (de 180 000 € à 120 000 "
        "€). La probabilité de ne pas rembourser descendrait de {p500} à {p520} (tolérance maximale : "
        "{limit}), et le score passerait de 500 à 520 points (+20 points).",
    ),
    (
        480,
        {"DAYS_EMPLOYED": -500},
        "Le prêt resterait refusé. Vous avez changé : l’ancienneté dans l’emploi (de 21 ans et 10 mois à 1 "
        "an et 4 mois). La probabilité de ne pas rembourser monterait de {p480} à {p471} (tolérance "
        "maximale : {limit}), et le score passerait de 480 à 471 points (−9 points).",
    ),
    (
        500,
        {"DAYS_EMPLOYED": -500, "AMT_INCOME_TOTAL": 25_000.0},
        "Le prêt, accordé aujourd’hui, serait refusé. Vous avez changé : le revenu mensuel du client (de "
        "35 000 € à 25 000 €) et l’ancienneté dans l’emploi (de 21 ans et 10 mois à 1 an et 4 mois). La "
        "probabilité de ne pas rembourser monterait de {p500} à {p486} (tolérance maximale : {limit}), et le "
        "score passerait de 500 à 486 points (−14 points).",
    ),
]
SHARES = {
    "48 %": {"p471": "71 %", "p480": "64 %", "p486": "60 %", "p500": "47,6 %", "p520": "31 %"},
    "30 %": {"p471": "54 %", "p480": "46 %", "p486": "41 %", "p500": "29,6 %", "p520": "17 %"},
}


@pytest.mark.parametrize(("points", "changes", "said"), SIMULATED)
def test_a_simulation_says_which_way_everything_goes(
    house: House, points: int, changes: dict[str, float], said: str
) -> None:
    result = simulate(house.model, CLIENTS[points], changes, house.limit)
    assert plain(result.sentence) == said.format(limit=house.percent, **SHARES[house.percent])


def test_less_than_a_point_is_a_difference_all_the_same() -> None:
    """0.3 point less, from the middle of a point on."""
    model = by_heart.model(500.5, Step("AMT_CREDIT", at=150_500, below=0, above=-0.3))
    result = simulate(model, by_heart.client(AMT_CREDIT=120_000.0), {"AMT_CREDIT": 180_000.0}, 0.48)
    assert plain(result.sentence).endswith(
        "La probabilité de ne pas rembourser monterait de 47,6 % à 47,8 % (tolérance maximale : 48 %), et le "
        "score resterait à 500 points (moins d’un point d’écart)."
    )
    # Far from the limit two digits do not tell both apart, and more are not known.
    safe = by_heart.model(600.5, Step("AMT_CREDIT", at=150_500, below=0, above=-0.3))
    result = simulate(safe, by_heart.client(AMT_CREDIT=120_000.0), {"AMT_CREDIT": 180_000.0}, 0.48)
    assert plain(result.sentence).endswith(
        "La probabilité de ne pas rembourser monterait à peine (2,8 % avant comme après ; tolérance "
        "maximale : 48 %), et le score resterait à 600 points (moins d’un point d’écart)."
    )
    same = simulate(model, by_heart.client(AMT_CREDIT=120_000.0), {"AMT_CREDIT": 130_000.0}, 0.48)
    assert plain(same.sentence).endswith("La probabilité de ne pas rembourser et le score ne changent pas.")


def test_the_way_back_of_a_simulation_is_granted(house: House) -> None:
    row = {**CLIENTS[500], "DAYS_EMPLOYED": -500}
    result = simulate(house.model, row, {"DAYS_EMPLOYED": -8_000}, house.limit)
    assert result.decision == "Le prêt, refusé aujourd’hui, serait accordé."
    assert (result.before.score.points, result.after.score.points, result.points) == (491, 500, 9)


DIFFICULTIES = {"48 %": {520: "14", 500: "25"}, "30 %": {520: "7", 500: "13"}}


def test_the_answers_of_a_simulation_stand_side_by_side(house: House) -> None:
    result = simulate(house.model, CLIENTS[520], {"AMT_CREDIT": 180_000.0}, house.limit)
    table = simulation_charts.answers(result)
    shares, many = SHARES[house.percent], DIFFICULTIES[house.percent]
    assert [column.label for column in table.columns] == ["Donnée", "Avant", "Après"]
    assert [tuple(map(plain, row)) for row in table.rows] == [
        ("Montant du crédit", "120 000 €", "180 000 €"),
        ("Probabilité de ne pas rembourser", shares["p520"], shares["p500"]),
        ("Score, en points", "520", "500"),
        ("Difficultés sur 100 clients", many[520], many[500]),
        ("Prêt", "accordé", "accordé"),
    ]
    # A spreadsheet has the amounts in the currency that is shown, too.
    assert table.raw[0] == ("Montant du crédit", "120\u202f000\xa0€", "180\u202f000\xa0€")
    back = simulate(house.model, CLIENTS[500], {"DAYS_EMPLOYED": -500}, house.limit)
    assert simulation_charts.answers(back).rows[-1] == ("Prêt", "accordé", "refusé")


def test_what_moves_is_told_strongest_first(house: House) -> None:
    """Credit +20, employment −9, income +5: neither the dictionary's order nor that of the signed points."""
    row = by_heart.client(
        EXT_SOURCE_2=0.8, AMT_CREDIT=180_000.0, DAYS_EMPLOYED=-8_000, AMT_INCOME_TOTAL=25_000.0
    )
    changes = {"AMT_INCOME_TOTAL": 35_000.0, "AMT_CREDIT": 120_000.0, "DAYS_EMPLOYED": -500}
    result = simulate(house.model, row, changes, house.limit)
    assert [one.name for one in result.changes] == ["AMT_INCOME_TOTAL", "AMT_CREDIT", "DAYS_EMPLOYED"]
    assert [
        (one.label, plain(one.before_text), plain(one.after_text), one.points_before, one.points_after)
        for one in result.moved
    ] == [
        ("Montant et durée du crédit", "180 000 €, 7 500 € par mois", "120 000 €, 7 500 € par mois", -16, 4),
        ("Ancienneté dans l’emploi", "21 ans et 10 mois", "1 an et 4 mois", 6, -3),
        ("Revenu mensuel", "25 000 €", "35 000 €", -5, 0),
    ]
    chart = simulation_charts.moves(result)
    assert chart
    assert plain(chart.sentence) == (
        "En tout, la simulation ajoute 16 points au score ; ce qui bouge le plus : Montant et durée du "
        "crédit (+20 points), puis Ancienneté dans l’emploi (−9 points)."
    )
    assert [tuple(map(plain, row[3:])) for row in chart.table.rows] == [
        ("−16 points", "+4 points", "+20 points"),
        ("+6 points", "−3 points", "−9 points"),
        ("−5 points", "0 point", "+5 points"),
    ]
    assert [tuple(map(plain, row[3:])) for row in chart.table.footer] == [("495", "511", "+16 points")]
    drawn = [plain(text.get_text()) for text in chart.draw("large").texts]
    assert "21 ans et 10 mois → 1 an et 4 mois" in drawn
    assert "25 000 € → 35 000 €" in drawn
    # Before, the employment weighed more than the credit; it is the credit that moves more.
    both = {"AMT_CREDIT": 180_000.0, "DAYS_EMPLOYED": -500}
    worse = simulate(house.model, CLIENTS[520], both, house.limit)
    assert [(one.name, one.points) for one in worse.moved] == [("credit", -20), ("DAYS_EMPLOYED", -9)]
    one = simulate(house.model, CLIENTS[500], {"DAYS_EMPLOYED": -500}, house.limit)
    single = simulation_charts.moves(one)
    assert single
    assert plain(single.sentence) == (
        "En tout, la simulation retire 9 points au score ; une seule donnée bouge d’un point ou plus : "
        "Ancienneté dans l’emploi (−9 points)."
    )


def test_of_moves_of_equal_points_the_larger_one_comes_first() -> None:
    """An income that takes 3.6 points away and an employment that takes 4.4: four points each."""
    model = by_heart.model(
        500.5,
        Step("AMT_INCOME_TOTAL", at=30_000, below=-3.6, above=0),
        Step("DAYS_EMPLOYED", at=-1_000, below=0, above=-4.4),
    )
    changes = {"AMT_INCOME_TOTAL": 25_000.0, "DAYS_EMPLOYED": -500}
    moved = simulate(model, by_heart.client(), changes, 0.48).moved
    assert [(one.name, one.points) for one in moved] == [("DAYS_EMPLOYED", -4), ("AMT_INCOME_TOTAL", -4)]


def test_what_the_picture_of_a_simulation_has_no_room_for_is_added_up(house: House) -> None:
    """Ten figures move: eight bars, and one for the two weakest, which gain 3 points and lose 1."""
    score = scoring.score_row(house.model, CLIENTS[520], house.limit)
    side = Decomposition(score, 500, ())
    moved = [Move(f"D{k}", f"Donnée {k}", "avant", "après", 0, 20 - k) for k in range(8)]
    moved += [Move("D8", "Donnée 8", "avant", "après", 1, 4), Move("D9", "Donnée 9", "avant", "après", 2, 1)]
    chart = simulation_charts.moves(Simulation(side, side, (), (), tuple(moved)))
    assert chart
    texts = [text.get_text() for text in chart.draw("large").texts]
    drawn = [plain(text) for text in texts if "point" in text and "des points" not in text]
    assert drawn == [f"+{20 - k} points" for k in range(8)] + ["+2 points"]
    assert "Les 2 autres données" in texts
    assert plain(chart.table.footer[1][0]) == "Dont les 2 autres données du graphique"
    assert [plain(cell) for cell in chart.table.footer[1][3:]] == ["+3 points", "+5 points", "+2 points"]


def test_every_row_of_many_has_its_own_answer(house: House, portfolio: Portfolio) -> None:
    order = [520, 446, 500, 480, 446]
    told = list(explain_all(house.model, portfolio, [CLIENTS[one] for one in order], house.limit, order))
    assert [(one.score.number, one.score.points) for one in told] == [(one, one) for one in order]
    alone = [scoring.score_row(house.model, CLIENTS[one], house.limit).margin for one in order]
    assert [one.score.margin for one in told] == alone


# --- which figure tells a group -----------------------------------------------------------------


def moving(name: str, margin: float, value: float | None = 1.0) -> Contribution:
    """A figure that moves the log-odds; above zero is against the client."""
    return Contribution(name, name, value, "", margin, 0)


@pytest.mark.parametrize(
    ("margins", "told"),
    [
        # Log-odds are small numbers: all of these together are less than one.
        ((0.02, 0.03, -0.01), "B"),
        ((-0.02, -0.03, 0.01), "B"),
        # One figure goes further, but the other way than the group.
        ((0.03, 0.04, -0.06), "B"),
        ((-0.03, -0.04, 0.06), "B"),
        ((2.0, 3.0, -1.0), "B"),
    ],
)
def test_a_history_is_told_by_the_figure_that_moves_it_most_its_own_way(
    margins: tuple[float, ...], told: str
) -> None:
    members = [moving(name, margin, None) for name, margin in zip("ABC", margins, strict=True)]
    assert reasons._telling(members).name == told


@pytest.mark.parametrize(
    ("values", "absent", "heard"),
    [
        # Nothing is known of the history.
        ((None, None), 10, False),
        # What counts most is known; it is not, as of others who were learnt from; as of none of them.
        ((2.0, None), 0, True),
        ((None, 2.0), 10, True),
        ((None, 2.0), 1, True),
        ((None, 2.0), 0, False),
    ],
)
def test_a_history_is_heard_where_the_figure_that_tells_it_means_something(
    values: tuple[float | None, float | None], absent: int, heard: bool
) -> None:
    names = ("BUREAU_ACTIVE", "BUREAU_CLOSED")
    model: Any = SimpleNamespace(card=SimpleNamespace(absent=dict.fromkeys(names, absent)))
    members = [
        moving(name, margin, value) for name, margin, value in zip(names, (0.3, 0.1), values, strict=True)
    ]
    group = dictionary.describe("BUREAU_ACTIVE").group
    assert group
    assert reasons._heard(model, dict(zip(names, values, strict=True)), group, members) is heard


@pytest.mark.parametrize(
    ("values", "text"),
    [((None, None), "x"), ((None, 2.0), "A : x"), ((2.0, None), "A : x"), ((2.0, 1.0), "A : x")],
)
def test_a_history_stands_for_its_strongest_figure_which_is_not_named_where_nothing_is_known(
    values: tuple[float | None, float | None], text: str
) -> None:
    """Nothing known is "donnée absente" or "sans objet", as that figure says itself."""
    members = [
        moving(name, margin, value)._replace(text="x")
        for name, margin, value in zip("AB", (0.3, 0.1), values, strict=True)
    ]
    group = dictionary.describe("BUREAU_ACTIVE").group
    assert group
    assert plain(reasons._grouped_text(group, {}, members)) == text


@pytest.mark.parametrize(
    ("margins", "known", "told"),
    [
        ((0.03, 0.04, -0.06), (True, True, True), "AMT_ANNUITY"),
        ((0.02, 0.03, -0.01), (True, False, True), "AMT_CREDIT"),
        ((-0.02, -0.03, 0.01), (True, True, True), "AMT_ANNUITY"),
        # None goes the group's own way and is known: the first of the dictionary's group.
        ((0.02, 0.03, -0.01), (False, False, True), "AMT_CREDIT"),
        ((0.02, 0.03, 0.0), (False, False, True), "AMT_CREDIT"),
    ],
)
def test_the_credit_is_told_by_a_known_figure_that_goes_its_own_way(
    margins: tuple[float, ...], known: tuple[bool, ...], told: str
) -> None:
    names = ("AMT_CREDIT", "AMT_ANNUITY", "CREDIT_TERM")
    members = tuple(
        moving(name, margin, 1.0 if there else None)
        for name, margin, there in zip(names, margins, known, strict=True)
    )
    part = Part("credit", "Crédit", "", sum(margins), 0, members, True)
    assert reasons._strongest(part) == told
