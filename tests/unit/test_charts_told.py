"""Titles, captions, heads and cells of the tables beside the charts; "→" stands for set to the right."""

import dataclasses
from collections.abc import Iterator

import pytest

from pretadepenser.charts import client as client_charts
from pretadepenser.charts import comparison_drawing, fairness, quality
from pretadepenser.charts import history as history_charts
from pretadepenser.charts import levers as lever_charts
from pretadepenser.charts import model as model_charts
from pretadepenser.charts import simulation as simulation_charts
from pretadepenser.charts.chart import Chart, Column, Table
from pretadepenser.charts.drawing import Drawing
from pretadepenser.charts.rows import Bars, Points
from pretadepenser.charts.signed_bars import SignedBars
from pretadepenser.credit.evaluation.influence import Influence, Step
from pretadepenser.credit.explanation.reasons import Contribution, Decomposition, Part
from pretadepenser.credit.history import told
from pretadepenser.credit.recourse.search import Curve
from pretadepenser.credit.scale import Scale, Score, Stability
from pretadepenser.credit.whatif import simulation
from pretadepenser.credit.whatif.change import Change
from pretadepenser.credit.whatif.simulation import Move, Simulation
from pretadepenser.money import KAGGLE, using
from tests.unit.by_heart import plain
from tests.unit.made_up_histories import RICH, TABLES, card_month, loan_month
from tests.unit.test_chart_directions import CREDIT, EMPLOYED, HOUSING, explained
from tests.unit.test_model_told import AUDIT, MEASURED, OVERALL


@pytest.fixture(autouse=True)
def kaggle() -> Iterator[None]:
    with using(KAGGLE):
        yield


def scored(points: int) -> Score:
    scale = Scale(0.48)
    return Score(None, scale.margin_of(points + 0.5), scale, 0.1, Stability((0.0,), (6.0,)))


def side(points: int) -> Decomposition:
    return Decomposition(scored(points), 500, ())


RICH_HISTORY = told.history(RICH, TABLES)
BEFORE, AFTER = side(520), side(500)
MOVED = Simulation(
    BEFORE, AFTER, (Change("AMT_CREDIT", "Montant", 1.0, 2.0, "100 €", "200 €"),), (),
    (Move("credit", "Montant", "100 €", "200 €", 4, -16),),
)  # fmt: skip
CURVE = Curve((100_000.0, 110_000.0), (503, 498), (0.45, 0.5), 1)


def charted(chart: Chart | None) -> Chart:
    assert chart
    return chart


def heads(table: Table) -> list[str]:
    return [f"→ {plain(one.label)}" if one.numeric else plain(one.label) for one in table.columns]


def names(table: Table) -> list[str]:
    """The head of the CSV."""
    return table.csv().removeprefix("\ufeff").split("\r\n")[0].split(";")


@pytest.mark.parametrize(
    ("chart", "key", "title", "short", "caption", "columns"),
    [
        (
            quality.calibration(OVERALL),
            "calibration",
            "Le risque annoncé et le risque observé",
            "risque annoncé",
            "Risque annoncé et risque observé, par groupes de clients au score comparable",
            [
                "Groupe, du plus sûr au plus risqué", "→ Clients", "→ Annoncé", "→ Observé",
                "→ Observé, au moins", "→ Observé, au plus",
            ],
        ),
        (
            quality.costs(OVERALL, MEASURED),
            "cout",
            "Ce que coûte la limite",
            "coût de la limite",
            "Coût des décisions pour 100 clients et part des prêts accordés, selon la limite",
            ["Limite", "→ Coût pour 100 clients", "→ Prêts accordés"],
        ),
        (
            fairness.grants(AUDIT),
            "accords-age",
            "Âge : prêts accordés, rapportés au groupe le plus accordé",
            "rapports, âge",
            "Âge : prêts accordés, rapportés au groupe le plus accordé",
            ["Groupe", "→ Rapport", "→ Au moins (95 %)", "→ Au plus (95 %)", "Face au repère de 0,80"],
        ),
        (
            model_charts.importance(explained(EMPLOYED, CREDIT)),
            "importance",
            "Les données qui comptent le plus",
            "importance",
            "Effet moyen de chaque donnée sur le score, mesuré sur 200 clients",
            ["Donnée", "→ Effet moyen en points"],
        ),
        (
            model_charts.spread(explained(EMPLOYED, CREDIT)),
            "sens",
            "Jusqu’où chaque donnée déplace le score",
            "effets",
            "Points que chaque donnée ajoute ou retire, selon les clients",
            [
                "Donnée", "→ Chez 5 % des clients, au plus", "→ Chez un quart des clients, au plus",
                "→ Au milieu", "→ Chez un quart des clients, au moins", "→ Chez 5 % des clients, au moins",
                "→ Valeurs les plus basses (un cinquième)", "→ Valeurs les plus hautes (un cinquième)",
            ],
        ),
        (
            model_charts.dependence(CREDIT),
            "dependance",
            "Montant du crédit : effet sur le score",
            "effet d’une donnée",
            "Montant du crédit : points ajoutés ou retirés au score",
            [
                "Tranche", "→ Clients", "→ Effet moyen", "→ Chez 10 % des clients, au plus",
                "→ Chez 10 % des clients, au moins",
            ],
        ),
        (
            model_charts.dependence(HOUSING),
            "dependance",
            "Type de logement : effet sur le score",
            "effet d’une donnée",
            "Type de logement : points ajoutés ou retirés au score",
            [
                "Catégorie", "→ Clients", "→ Effet moyen", "→ Chez 10 % des clients, au plus",
                "→ Chez 10 % des clients, au moins",
            ],
        ),
        (
            client_charts.scale(scored(480)),
            "score",
            "Le score sur son échelle",
            "score",
            "Le score et la limite, en points et en probabilité de ne pas rembourser",
            ["Repère", "→ Points", "→ Probabilité"],
        ),
        (
            client_charts.contributions(side(500)),
            "contributions",
            "Ce qui fait monter ou descendre le score",
            "contributions",
            "Contribution de chaque donnée au score, de la plus forte à la plus faible",
            ["Donnée", "Valeur", "→ Points", "→ Dont, en points"],
        ),
        (
            charted(simulation_charts.moves(MOVED)),
            "mouvements",
            "Ce que la simulation change, donnée par donnée",
            "mouvements",
            "Valeur et points de chaque donnée, avant et après",
            ["Donnée", "Valeur avant", "Valeur après", "→ Points avant", "→ Points après", "→ Écart"],
        ),
        (
            lever_charts.amounts(CURVE, 0.48),
            "montant",
            "Le score selon le montant emprunté",
            "montants",
            "Score et décision selon le montant du crédit, à mensualité proportionnelle",
            ["Montant", "→ Score", "→ Probabilité", "Prêt"],
        ),
        (
            charted(history_charts.payments(RICH_HISTORY)),
            "paiements",
            "Les retards de paiement sur quatre ans",
            "paiements",
            "Retards de paiement, mois par mois",
            [
                "Mois", "→ Crédits suivis ailleurs", "Retard ailleurs", "→ Crédits suivis chez nous",
                "Retard chez nous",
            ],
        ),
        (
            charted(history_charts.card(RICH_HISTORY)),
            "carte",
            "La part du plafond utilisée et les retraits sur quatre ans",
            "carte de crédit",
            "Usage de la carte de crédit chez nous, mois par mois",
            ["Mois", "→ Somme due", "→ Plafond", "→ Part utilisée", "→ Retraits d’espèces"],
        ),
    ],
)  # fmt: skip
def test_a_chart_has_its_title_its_caption_and_its_heads(
    chart: Chart, key: str, title: str, short: str, caption: str, columns: list[str]
) -> None:
    assert (chart.key, plain(chart.title), plain(chart.short)) == (key, title, short)
    assert plain(chart.table.caption) == caption
    assert heads(chart.table) == columns


@pytest.mark.parametrize(
    ("table", "caption", "columns"),
    [
        (
            fairness.decisions(AUDIT),
            "Âge : décisions à la limite de 30 % (intervalle à 95 %)",
            ["Groupe", "→ Clients", "→ Prêts accordés", "→ Rapport au plus accordé", "→ Refusés à tort"],
        ),
        (
            fairness.risks(AUDIT),
            "Âge : risque annoncé, observé, et observé parmi les prêts accordés (intervalle à 95 %)",
            ["Groupe", "→ Clients", "→ Annoncé", "→ Observé", "→ Si accordé"],
        ),
        (
            fairness.detail(AUDIT),
            "Âge",
            [
                "Groupe", "→ Clients", "→ Prêts accordés", "→ au moins", "→ au plus",
                "→ Difficultés parmi les prêts accordés", "→ au moins", "→ au plus",
                "→ Refusés parmi ceux qui ont remboursé", "→ au moins", "→ au plus", "→ Risque annoncé",
                "→ Risque observé", "→ au moins", "→ au plus", "→ Rapport au groupe le plus accordé",
                "→ au moins", "→ au plus",
            ],
        ),
        (
            quality.confusion(MEASURED),
            "Décisions à la limite de 30 % et ce qui est arrivé",
            ["Décision", "→ Ont remboursé", "→ Ont eu des difficultés"],
        ),
        (
            simulation_charts.answers(MOVED),
            "Les chiffres changés et la réponse du modèle, avant et après",
            ["Donnée", "→ Avant", "→ Après"],
        ),
    ],
)  # fmt: skip
def test_a_table_has_its_caption_and_its_heads(table: Table, caption: str, columns: list[str]) -> None:
    assert plain(table.caption) == caption
    assert heads(table) == columns


@pytest.mark.parametrize(
    ("listing", "key", "short", "caption", "columns", "csv"),
    [
        (
            history_charts.owed(RICH_HISTORY),
            "en-cours",
            "crédits non terminés",
            "Crédits non terminés dans d’autres établissements, au jour de la demande",
            [
                "Sorte de crédit", "Ouverture", "Fin prévue", "→ Montant", "→ Reste à rembourser",
                "→ En retard", "→ Jours de retard",
            ],
            ["Ouverture (jours avant la demande)", "Fin prévue (jours après la demande)"],
        ),
        (
            history_charts.closed(RICH_HISTORY),
            "termines",
            "crédits terminés",
            "Crédits terminés dans d’autres établissements",
            ["Sorte de crédit", "Ouverture", "Fin", "→ Montant", "→ Plus fort retard"],
            ["Ouverture (jours avant la demande)", "Fin (jours avant la demande)"],
        ),
        (
            history_charts.requests(RICH_HISTORY),
            "demandes",
            "demandes précédentes",
            "Demandes de crédit faites chez nous avant celle-ci",
            ["Crédit demandé", "Quand", "→ Demandé", "→ Accordé", "Réponse", "Motif du refus"],
            ["Réponse donnée (jours avant la demande)"],
        ),
    ],
)  # fmt: skip
def test_a_list_of_the_history_has_its_caption_and_its_heads(
    listing: history_charts.Listing, key: str, short: str, caption: str, columns: list[str], csv: list[str]
) -> None:
    assert (listing.key, listing.short, plain(listing.whole.caption)) == (key, short, caption)
    assert heads(listing.whole) == columns
    assert [one for one in names(listing.whole) if "jours" in one and "Jours" not in one] == csv
    assert listing.rest is None
    assert listing.first is listing.whole


def test_a_month_is_counted_back_from_the_application_in_files() -> None:
    for chart in (history_charts.payments(RICH_HISTORY), history_charts.card(RICH_HISTORY)):
        assert names(charted(chart).table)[0] == "Mois avant la demande"


def test_months_of_a_card_keep_their_columns() -> None:
    """A month with a limit, one without statement, one without limit, of which the cash is not known."""
    first = card_month(1, 50_000.0, 200_000.0, 3_000.0)
    last = card_month(3, 50_000.0, 0, None, AMT_DRAWINGS_CURRENT=9.0)
    chart = charted(
        history_charts.card(told.history({"credit_card_balance": [first, last]}, ["credit_card_balance"]))
    )
    assert [tuple(map(plain, row)) for row in chart.table.rows] == [
        ("Il y a 1 mois", "500 €", "2 000 €", "25 %", "30 €"),
        ("Il y a 2 mois", "aucun relevé", "aucun relevé", "aucun relevé", "aucun relevé"),
        ("Il y a 3 mois", "500 €", "0 €", "sans plafond", "donnée absente"),
    ]
    assert chart.table.raw == (
        (1, 500.0, 2000.0, 0.25, 30.0), (2, None, None, None, None), (3, 500.0, 0.0, None, None)
    )  # fmt: skip


def test_months_of_payments_keep_their_columns_and_their_bars() -> None:
    """On time, of which nothing is known, 20 days late; the oldest month stands on the left."""
    rows = [loan_month(1), loan_month(3, 20)]
    chart = charted(history_charts.payments(told.history({"POS_CASH_balance": rows}, ["POS_CASH_balance"])))
    assert heads(chart.table) == ["Mois", "→ Crédits suivis chez nous", "Retard chez nous"]
    assert [tuple(map(plain, row)) for row in chart.table.rows] == [
        ("Il y a 1 mois", "1", "sans retard"),
        ("Il y a 2 mois", "aucun relevé", "aucun relevé"),
        ("Il y a 3 mois", "1", "retard de 1 à 30 jours"),
    ]
    assert chart.table.raw == (
        (1, 1, "sans retard"), (2, None, "aucun relevé"), (3, 1, "retard de 1 à 30 jours")
    )  # fmt: skip
    drawn = chart.drawing
    assert isinstance(drawn, history_charts.MonthsDrawing)
    (panel,) = drawn.panels
    assert (panel.name, panel.bars[45:], panel.marked[45:]) == (
        "Chez nous", (1.45, None, 0.45), (True, False, False)
    )  # fmt: skip
    assert panel.ticks == (
        (0.45, "à temps"), (1.45, "1-30 j"), (2.45, "31-60 j"), (3.45, "61-90 j"), (4.45, "91-120 j"),
        (5.45, "> 120 j"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cash", "name"), [(1_999_900.0, "Retraits d’espèces"), (2_000_000.0, "Retraits, en milliers d’euros")]
)
def test_large_withdrawals_are_counted_in_thousands(cash: float, name: str) -> None:
    rows = [card_month(1, 50_000.0, limit=25_000.0, cash=cash)]
    drawn = charted(
        history_charts.card(told.history({"credit_card_balance": rows}, ["credit_card_balance"]))
    ).drawing
    assert isinstance(drawn, history_charts.MonthsDrawing)
    use, withdrawals = drawn.panels
    assert (use.name, use.bars[-1], use.marked[-1], use.line) == ("Part du plafond utilisée", 2.0, True, 1.0)
    assert (withdrawals.name, withdrawals.bars[-1], withdrawals.line) == (name, cash, None)
    assert [plain(text) for _, text in use.ticks] == ["0 %", "50 %", "100 %", "150 %", "200 %"]
    assert [at for at, _ in use.ticks] == [0.0, 0.5, 1.0, 1.5, 2.0]
    heights = {1_999_900.0: "0 € 5 000 € 10 000 € 15 000 €", 2_000_000.0: "0 5 10 15 20"}[cash]
    assert " ".join(plain(text) for _, text in withdrawals.ticks) == heights
    assert not any(withdrawals.marked)


def test_files_of_fairness_hold_the_rates_alone() -> None:
    assert fairness.decisions(AUDIT).raw[1] == ("Mûrs", 1000, 0.7, 0.875, 0.2)
    assert fairness.risks(AUDIT).raw[1] == ("Mûrs", 1000, 0.08, 0.082, 0.05)
    chart = fairness.grants(AUDIT)
    assert [tuple(map(plain, row)) for row in chart.table.rows] == [
        ("Jeunes", "0,50", "0,45", "0,55", "nettement sous"),
        ("Mûrs", "0,88", "0,84", "0,91", "au-dessus"),
        ("Âgés", "1,00", "1,00", "1,00", "groupe le plus accordé"),
    ]
    assert chart.table.raw[0] == ("Jeunes", 0.5, 0.45, 0.55, "nettement sous")


def test_an_effect_below_a_point_is_said_to_be_one() -> None:
    """From −0.4 to +0.5 there are 0.9 points, from −0.4 to +0.6 there is one."""

    def moving(best: float) -> Influence:
        steps = (Step(9, -0.4, -1.0, 0.0, 100.0, 200.0), Step(9, best, 0.0, 1.0, 200.0, 300.0))
        return Influence("AMT_CREDIT", 1.0, (0.0,) * 5, None, None, steps)

    assert model_charts.effect(moving(0.5)) == "moins d’un point"
    assert plain(model_charts.dependence(moving(0.5)).sentence) == (
        "En moyenne, cette donnée déplace le score de moins d’un point, quelle que soit sa valeur."
    )
    assert model_charts.effect(moving(0.6)) == "de −0,4 à +0,6 points"
    assert plain(model_charts.dependence(moving(0.6)).sentence).startswith(
        "En moyenne, l’effet va de −0,4 (de 1 € à 2 €) à +0,6 (de 2 € à 3 €)."
    )


def test_twelve_figures_are_drawn_and_all_are_listed() -> None:
    many = [Influence("AMT_CREDIT", 20.0 - one, (0.0,) * 5, None, None, ()) for one in range(14)]
    chart = model_charts.importance(explained(*many))
    assert isinstance(chart.drawing, Bars)
    assert [row.value for row in chart.drawing.rows] == [20.0 - one for one in range(12)]
    assert chart.drawing.rows[0].text == "20,0 pts"
    assert len(chart.table.rows) == 14


def test_limits_are_listed_every_two_and_a_half_percent() -> None:
    rows = quality.costs(OVERALL, MEASURED).table.rows
    assert [plain(row[0]) for row in rows[:3]] == ["2,5 %", "5 %", "7,5 %"]
    assert [plain(cell) for cell in rows[0]] == ["2,5 %", "88,5", "2,5 %"]
    assert len(rows) == 39 + 2


def test_the_line_of_effects_says_what_it_stands_for() -> None:
    drawn = charted(model_charts.dependence(CREDIT)).drawing
    assert isinstance(drawn, Points)
    assert [one.text for one in drawn.marks] == ["ne change rien"]
    assert drawn.axis.name == "Points ajoutés ou retirés"


def test_moves_that_make_up_for_each_other_leave_the_score() -> None:
    moves = tuple(Move(f"one {sign}", f"Donnée {sign}", "1", "2", 0, sign * 5) for sign in (1, -1))
    still = Simulation(BEFORE, BEFORE, MOVED.changes, (), moves)
    assert plain(charted(simulation_charts.moves(still)).sentence) == (
        "En tout, la simulation laisse le score où il est ; ce qui bouge le plus : Donnée 1 (+5 points), "
        "puis Donnée -1 (−5 points)."
    )


def test_a_value_that_stays_is_told_once_beside_its_bar() -> None:
    moves = (Move("one", "Ancienneté", "3 ans", "3 ans", 0, 5), Move("two", "Montant", "1 €", "2 €", 0, 4))
    drawn = charted(simulation_charts.moves(Simulation(BEFORE, AFTER, MOVED.changes, (), moves))).drawing
    assert isinstance(drawn, SignedBars)
    assert [one.value for one in drawn.bars] == ["3 ans", "1 € → 2 €"]


def test_of_two_that_are_told_as_one_each_has_its_line_and_what_counts_for_nothing_has_no_bar() -> None:
    amount = Contribution("AMT_CREDIT", "Montant", 1.0, "1 €", -0.4, 4)
    instalment = Contribution("AMT_ANNUITY", "Mensualité", 2.0, "2 €", -0.3, 3)
    car = Contribution("FLAG_OWN_CAR", "Voiture", "N", "non", -0.001, 0)
    parts = (
        Part("credit", "Le crédit", "1 €", -0.7, 7, (amount, instalment), True),
        Part("FLAG_OWN_CAR", "La voiture", "non", -0.001, 0, (car,), True),
    )
    chart = client_charts.contributions(Decomposition(scored(507), 500, parts))
    assert isinstance(chart.drawing, SignedBars)
    assert [one.label for one in chart.drawing.bars] == ["Le crédit"]
    assert [row[0] for row in chart.table.rows[1:]] == [
        "Le crédit", "dont montant", "dont mensualité", "La voiture",
    ]  # fmt: skip


def test_what_is_beyond_the_bars_is_one_bar() -> None:
    moves = tuple(
        Move(f"{number}", f"Donnée {number}", "1", "2", 0, 1) for number in range(simulation_charts.SHOWN + 1)
    )
    drawn = charted(simulation_charts.moves(Simulation(BEFORE, AFTER, MOVED.changes, (), moves))).drawing
    assert isinstance(drawn, SignedBars)
    assert drawn.bars[-1].label == "Une autre donnée"


@pytest.mark.parametrize(
    ("drawing", "look"),
    [
        (model_charts.SpreadDrawing, "traits et triangles, une donnée par ligne"),
        (comparison_drawing.Histogram, "histogramme"),
        (comparison_drawing.Squares, "grille de carrés"),
        (lever_charts.AmountsDrawing, "points reliés, la limite en trait"),
        (history_charts.MonthsDrawing, "barres, une par mois"),
        (client_charts.ScaleDrawing, "échelle de points, le score et la limite marqués"),
        (Bars, "barres horizontales"),
        (Points, "points avec leur intervalle"),
        (quality.CalibrationDrawing, "points et une diagonale"),
        (quality.CostsDrawing, "courbe"),
        (SignedBars, "barres de part et d’autre de zéro"),
    ],
)
def test_a_picture_says_what_kind_it_is(drawing: type[Drawing], look: str) -> None:
    assert drawing.look == look


def test_a_score_that_nothing_moves_is_said_to_be_so() -> None:
    assert plain(client_charts.contributions(side(500)).sentence) == (
        "Le score part de 500 points, le score moyen des clients connus du modèle, et arrive à 500 points : "
        "aucune donnée ne compte pour plus d’un point."
    )


def part(name: str, margin: float, points: int, *, heard: bool = True) -> Part:
    """A figure told alone."""
    told = Contribution(name, f"Donnée {name}", 1.0, "1", margin, points)
    return Part(name, told.label, told.text, margin, points, (told,), heard)


def test_what_counts_most_is_named_though_no_reason_is_made_of_it() -> None:
    """Next to nobody has a rare category: it is no reason, and yet the longest bar."""
    parts = (part("rare", 0.3, -9, heard=False), part("usuelle", 0.1, -3))
    decomposition = dataclasses.replace(side(488), parts=parts)
    assert plain(client_charts.contributions(decomposition).sentence).endswith(
        " et arrive à 488 points ; ce qui retire le plus : Donnée rare (−9 points)."
    )


def test_what_moves_most_is_what_moves_most_in_the_points_that_are_told() -> None:
    """Rounding gave the lesser change more points."""
    before = dataclasses.replace(side(500), parts=(part("a", 0.0, 0), part("b", 0.0, 0)))
    after = dataclasses.replace(side(503), parts=(part("a", -0.06, 1), part("b", -0.05, 2)))
    changed = (Change("AMT_CREDIT", "Montant", 1.0, 2.0, "100 €", "200 €"),)
    result = Simulation(before, after, changed, (), simulation._moved(before, after))
    assert plain(charted(simulation_charts.moves(result)).sentence) == (
        "En tout, la simulation ajoute 3 points au score ; ce qui bouge le plus : Donnée b (+2 points), puis "
        "Donnée a (+1 point)."
    )


def test_a_probability_on_either_side_of_the_limit_is_not_written_as_the_limit() -> None:
    curve = Curve((100_000.0, 110_000.0), (500, 499), (0.4797, 0.4803), 1)
    rows = lever_charts.amounts(curve, 0.48).table.rows
    assert [tuple(map(plain, row[1:])) for row in rows] == [
        ("500", "47,97 %", "accordé"),
        ("499", "48,03 %", "refusé"),
    ]


def test_amounts_that_all_give_the_same_score() -> None:
    said = plain(
        lever_charts.amounts(Curve((100_000.0, 110_000.0), (503, 503), (0.45, 0.45), 1), 0.48).sentence
    )
    assert said.startswith(
        "À mensualité proportionnelle, pour un crédit de 1 000 € à 1 100 €, le score reste à 503 "
        "points, comme pour la demande (1 100 €) ; la limite est de 500 points. "
    )
    alone = plain(lever_charts.amounts(Curve((100_000.0,), (503,), (0.45,), 0), 0.48).sentence)
    assert alone == (
        "La demande, 1 000 €, donne 503 points ; la limite est de 500 points. Aucun autre montant n’a été "
        "étudié."
    )


def test_a_chart_writes_its_words_as_french_does_and_needs_no_second_sentence() -> None:
    table = Table("Essai : un", (Column("Donnée"),), (("a : b",),), (("a",),), footer=(("c : d",),))
    chart = Chart("essai", "Titre : deux", "essai", "Phrase : trois.", table, Bars(()))
    assert (table.caption, table.rows, table.footer) == (
        "Essai\u00a0: un", (("a\u00a0: b",),), (("c\u00a0: d",),)
    )  # fmt: skip
    assert chart.title == "Titre\u00a0: deux"
    assert chart.sentence == chart.alternative == "Phrase\u00a0: trois."
    assert Chart("essai", "Titre", "essai", "Phrase.", table, Bars(()), "Seule.").alternative == "Seule."


@pytest.mark.parametrize(
    ("rows", "raw", "footer", "said"),
    [
        ((("a", "b"),), (), (), "Essai: 1 rows of text but 0 of values"),
        ((("a",),), (("a", "b"),), (), "Essai: a row of 1 cells for 2 columns"),
        ((("a", "b"),), (("a",),), (), "Essai: a row of 1 cells for 2 columns"),
        ((("a", "b"),), (("a", "b"),), (("a",),), "Essai: a row of 1 cells for 2 columns"),
        ((("a", " "),), (("a", "b"),), (), "Essai: an empty cell"),
        ((("a", "b"),), (("a", "b"),), (("", "b"),), "Essai: an empty cell"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(
    rows: tuple[tuple[str, ...], ...],
    raw: tuple[tuple[str, ...], ...],
    footer: tuple[tuple[str, ...], ...],
    said: str,
) -> None:
    with pytest.raises(ValueError, match=f"^{said}$"):
        Table("Essai", (Column("Un"), Column("Deux")), rows, raw, footer)


@pytest.mark.parametrize(
    ("top", "unit", "marks"),
    [(1.2, 1.0, "0 0,5 1"), (1.0, 1.0, "0 0,25 0,5 0,75 1"), (90_000.0, 100.0, "0 25000 50000 75000")],
)
def test_an_axis_has_four_steps_at_most(top: float, unit: float, marks: str) -> None:
    found = history_charts._ticks(top, lambda at: f"{at:g}".replace(".", ","), unit)
    assert " ".join(text for _, text in found) == marks
