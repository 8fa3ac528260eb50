"""What is said of levers, word for word, where a small model makes the answer plain; at two limits.

The client asks for 150,000 € in 20 instalments of 7,500 €, earns 35,000 € and lacks 20 points.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from pretadepenser.charts import levers as charts
from pretadepenser.credit import dictionary
from pretadepenser.credit.model.inputs import FEATURES
from pretadepenser.credit.model.scoring import Model, score_row
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.recourse import wording
from pretadepenser.credit.recourse.grid import Grid
from pretadepenser.credit.recourse.levers import USUAL, Lever, Lock
from pretadepenser.credit.recourse.meeting_sheet import Bureau, sheet
from pretadepenser.credit.recourse.search import Curve, Levers, Proposal, levers
from tests.unit import by_heart
from tests.unit.by_heart import Step, plain

ROW = by_heart.client()
PROJECT, DEPOSIT, TERM, INCOME = Lock.PROJECT, Lock.DEPOSIT, Lock.TERM, Lock.INCOME


@dataclass(frozen=True)
class House:
    """A limit, and the points from which a model starts so that its client has 500 at that limit."""

    limit: float
    base: float

    def model(self, *steps: Step) -> Model:
        return by_heart.model(self.base, *steps)


@pytest.fixture(scope="module", params=[(0.48, 500.5), (0.3, 522.64)], ids=["48", "30"])
def house(request: pytest.FixtureRequest) -> House:
    return House(*request.param)


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Portfolio:
    return by_heart.portfolio(tmp_path_factory.mktemp("instance"), by_heart.hundred())


def ask(house: House, portfolio: Portfolio, *steps: Step, free: tuple[Lock, ...] = tuple(Lock)) -> Levers:
    """The levers of the client by a model of these steps, all held fixed that is not `free`."""
    return levers(house.model(*steps), portfolio, ROW, house.limit, frozenset(Lock) - set(free), 100_001)


def only(found: Levers) -> Proposal:
    """The one change that is shown."""
    (shown,) = found.shown
    return shown


def credit(below: float, above: float = -20, at: float = 140_050) -> Step:
    return Step("AMT_CREDIT", at, below, above)


def term(below: float, above: float, at: float) -> Step:
    return Step("CREDIT_TERM", at, below, above)


def income(above: float, below: float = -20) -> Step:
    return Step("AMT_INCOME_TOTAL", 36_050, below, above)


BOTH = "le crédit passe de 150 000 € à 140 000 € et la mensualité de 7 500 € à 7 000 €"
GRANTED = "Le score passerait de 480 à 512 points et le prêt serait accordé."
COUNTED = "(montant divisé par mensualité, hors intérêts)"
SAFE = [
    (
        (credit(below=12),),
        (PROJECT,),
        "Emprunter moins",
        f"Viser un projet de 140 000 € au lieu de 150 000 € : {BOTH}. {GRANTED}",
        (),
        [
            ("Montant du crédit", "150 000 €", "140 000 €"),
            ("Prix du bien à financer", "150 000 €", "140 000 €"),
            ("Mensualité", "7 500 €", "7 000 €"),
            ("Part du revenu prise par la mensualité", "21 %", "20 %"),
        ],
    ),
    (
        (credit(below=12),),
        (DEPOSIT,),
        "Apporter plus",
        f"Payer soi-même 10 000 € de plus sur le même achat : {BOTH}. {GRANTED}",
        ("Le client doit garder une épargne de précaution.",),
        [
            ("Montant du crédit", "150 000 €", "140 000 €"),
            ("Mensualité", "7 500 €", "7 000 €"),
            ("Part du revenu prise par la mensualité", "21 %", "20 %"),
        ],
    ),
    (
        (term(below=-20, above=12, at=23.5),),
        (TERM,),
        "Étaler sur plus de mois",
        f"Étaler le remboursement, pour que le crédit vaille 24 mensualités au lieu de 20 {COUNTED} : la "
        f"mensualité passe de 7 500 € à 6 250 €. {GRANTED}",
        ("Avec plus de mois, le crédit coûte plus cher au total.",),
        [
            ("Crédit compté en mensualités (montant ÷ mensualité, hors intérêts)", "20", "24"),
            ("Mensualité", "7 500 €", "6 250 €"),
            ("Part du revenu prise par la mensualité", "21 %", "18 %"),
        ],
    ),
    (
        (term(below=12, above=-20, at=17.5),),
        (TERM,),
        "Rembourser en moins de mois",
        f"Rembourser plus vite, pour que le crédit vaille 17 mensualités au lieu de 20 {COUNTED} : la "
        f"mensualité passe de 7 500 € à 8 824 €. {GRANTED}",
        ("La mensualité augmente : vérifiez avec le client que son budget le permet.",),
        [
            ("Crédit compté en mensualités (montant ÷ mensualité, hors intérêts)", "20", "17"),
            ("Mensualité", "7 500 €", "8 824 €"),
            ("Part du revenu prise par la mensualité", "21 %", "25 %"),
        ],
    ),
    (
        (income(above=12),),
        (INCOME,),
        "Ajouter un revenu",
        f"Prouver 1 100 € par mois de revenu régulier en plus, par des justificatifs. {GRANTED}",
        (
            "Ce revenu est une hypothèse, à prouver. Seul compte un revenu qui existe déjà et qui va durer "
            ": une pension, un loyer perçu, un second emploi.",
        ),
        [
            ("Revenu mensuel", "35 000 €", "36 100 €"),
            ("Part du revenu prise par la mensualité", "21 %", "21 %"),
        ],
    ),
    (
        (credit(below=6, above=-10), income(above=6, below=-10)),
        (PROJECT, INCOME),
        "Emprunter moins et ajouter un revenu",
        "Viser un projet de 140 000 € au lieu de 150 000 € et prouver 1 100 € par mois de revenu régulier en "
        f"plus, par des justificatifs : {BOTH}. {GRANTED}",
        (
            "Ce revenu est une hypothèse, à prouver. Seul compte un revenu qui existe déjà et qui va durer "
            ": une pension, un loyer perçu, un second emploi.",
        ),
        [
            ("Montant du crédit", "150 000 €", "140 000 €"),
            ("Prix du bien à financer", "150 000 €", "140 000 €"),
            ("Mensualité", "7 500 €", "7 000 €"),
            ("Revenu mensuel", "35 000 €", "36 100 €"),
            ("Part du revenu prise par la mensualité", "21 %", "19 %"),
        ],
    ),
]


@pytest.mark.parametrize(("steps", "free", "title", "sentence", "cares", "rows"), SAFE)
def test_a_safe_change_is_told_with_its_figures(
    house: House,
    portfolio: Portfolio,
    steps: tuple[Step, ...],
    free: tuple[Lock, ...],
    title: str,
    sentence: str,
    cares: tuple[str, ...],
    rows: list[tuple[str, str, str]],
) -> None:
    found = ask(house, portfolio, *steps, free=free)
    (one,) = found.proposals
    assert found.sentence == (
        "Il manque 20\u00a0points pour que le prêt soit accordé. Un changement sûr suffirait, selon le "
        "modèle."
    )
    assert one.title == title
    assert plain(one.sentence) == sentence
    assert tuple(map(plain, one.cares)) == cares
    assert (one.fragile, one.spared) == ("", "")
    table = [tuple(map(plain, row)) for row in charts.comparison(one, found.score).rows]
    assert sorted(table[:-3]) == sorted(rows)
    assert table[-2:] == [("Score, en points", "480", "512"), ("Prêt", "refusé", "accordé")]


def test_what_the_file_says_wrongly_keeps_no_change_from_being_proposed(
    house: House, portfolio: Portfolio
) -> None:
    """The age of a car that the client does not own: it was so before, and stays so."""
    row = {**ROW, "FLAG_OWN_CAR": "N", "OWN_CAR_AGE": 5.0}
    found = levers(house.model(credit(below=12)), portfolio, row, house.limit, frozenset(Lock) - {PROJECT})
    assert [one.title for one in found.proposals] == ["Emprunter moins"]


EDGES = [
    # A quarter of the amount less, a quarter of the instalment more, three tenths of the income on top.
    (credit(below=12, at=112_550), (PROJECT,), 112_500, "AMT_CREDIT"),
    (credit(below=12, at=112_450), (PROJECT,), None, "AMT_CREDIT"),
    (term(below=12, above=-20, at=16.5), (TERM,), 9_375, "AMT_ANNUITY"),
    (term(below=12, above=-20, at=15.5), (TERM,), None, "AMT_ANNUITY"),
    (Step("AMT_INCOME_TOTAL", 45_450, -20, 12), (INCOME,), 45_500, "AMT_INCOME_TOTAL"),
    (Step("AMT_INCOME_TOTAL", 45_550, -20, 12), (INCOME,), None, "AMT_INCOME_TOTAL"),
]


@pytest.mark.parametrize(("step", "free", "reached", "name"), EDGES)
def test_a_lever_reaches_as_far_as_the_rules_of_the_house_and_no_further(
    house: House, portfolio: Portfolio, step: Step, free: tuple[Lock, ...], reached: float | None, name: str
) -> None:
    found = ask(house, portfolio, step, free=free)
    assert found.nearest is None
    assert [one.row[name] for one in found.shown if one.score.granted] == ([reached] if reached else [])


def test_two_changes_that_each_would_do_are_counted_and_ordered_by_effort(
    house: House, portfolio: Portfolio
) -> None:
    """Fewer instalments cost less effort here than a smaller amount, which stands first among the levers."""
    steps = (credit(below=32, above=0, at=125_050), term(below=12, above=-20, at=19.2))
    found = ask(house, portfolio, *steps, free=(PROJECT, TERM))
    assert plain(found.sentence) == (
        "Il manque 20 points pour que le prêt soit accordé. L’un de ces deux changements sûrs suffirait, "
        "selon le modèle."
    )
    assert [one.title for one in found.proposals] == ["Rembourser en moins de mois", "Emprunter moins"]


def test_three_changes_are_counted(house: House, portfolio: Portfolio) -> None:
    steps = (credit(below=32, above=0), term(below=12, above=-20, at=17.5), income(above=32, below=0))
    found = ask(house, portfolio, *steps, free=(PROJECT, TERM, INCOME))
    assert "L’un de ces trois changements sûrs suffirait, selon le modèle." in plain(found.sentence)
    told = sheet(house.model(*steps), portfolio, ROW, house.limit, 100_001)
    assert len(told.options) == 3


FRAGILE = [
    (
        (credit(below=2),),
        (PROJECT,),
        "Changement fragile : le score ne dépasserait la limite que de 2 points (il en faut 5 pour une "
        "réponse sûre).",
    ),
    (
        (credit(below=1),),
        (PROJECT,),
        "Changement fragile : le score ne dépasserait la limite que de 1 point (il en faut 5 pour une "
        "réponse sûre).",
    ),
    (
        (credit(below=0),),
        (PROJECT,),
        "Changement fragile : le score serait juste à la limite (il en faut 5 pour une réponse sûre).",
    ),
    (
        (credit(below=12), credit(below=-30, above=0, at=135_050)),
        (PROJECT,),
        "Changement fragile : pour un crédit de 135 000 €, le prêt serait de nouveau refusé.",
    ),
    (
        (credit(below=12), credit(below=-30, above=0, at=135_050)),
        (DEPOSIT,),
        "Changement fragile : pour un crédit de 135 000 €, le prêt serait de nouveau refusé.",
    ),
    (
        (term(below=-20, above=12, at=23.5), term(below=0, above=-30, at=24.5)),
        (TERM,),
        "Changement fragile : pour un crédit compté en 25 mensualités, le prêt serait de nouveau refusé.",
    ),
    (
        (income(above=12), Step("AMT_INCOME_TOTAL", 36_450, 0, -30)),
        (INCOME,),
        "Changement fragile : avec un revenu mensuel de 36 500 €, le prêt serait de nouveau refusé.",
    ),
    (
        (credit(below=3), credit(below=-30, above=0, at=135_050)),
        (PROJECT,),
        "Changement fragile : le score ne dépasserait la limite que de 3 points (il en faut 5 pour une "
        "réponse sûre) et pour un crédit de 135 000 €, le prêt serait de nouveau refusé.",
    ),
]


@pytest.mark.parametrize(("steps", "free", "said"), FRAGILE)
def test_a_fragile_change_says_why(
    house: House, portfolio: Portfolio, steps: tuple[Step, ...], free: tuple[Lock, ...], said: str
) -> None:
    found = ask(house, portfolio, *steps, free=free)
    assert found.proposals == ()
    assert found.fragile
    assert plain(found.fragile.fragile) == said
    assert plain(found.sentence) == (
        "Il manque 20 points pour que le prêt soit accordé. Aucun changement sûr, parmi ceux qui restent "
        "possibles, ne suffirait à changer la décision. Un changement fragile suffirait tout juste : ne "
        "promettez rien sur lui seul."
    )


def test_the_next_month_is_counted_by_the_credit_and_not_by_the_price(
    house: House, portfolio: Portfolio
) -> None:
    row = {**ROW, "AMT_GOODS_PRICE": 195_000.0}
    model = house.model(term(below=-20, above=12, at=23.5), term(below=0, above=-30, at=24.5))
    locked = frozenset(Lock) - {TERM}
    found = levers(model, portfolio, row, house.limit, locked)
    assert found.fragile
    assert plain(found.fragile.fragile) == (
        "Changement fragile : pour un crédit compté en 25 mensualités, le prêt serait de nouveau refusé."
    )


def test_a_change_close_to_the_limit_calls_for_care(house: House, portfolio: Portfolio) -> None:
    """505 points are safe, and within reach of another training (six points); 512 are not."""
    near, far = (ask(house, portfolio, credit(below=points), free=(PROJECT,)) for points in (5, 12))
    care = "Même ainsi, le cas resterait proche de la limite : vérifiez les données avant de répondre."
    assert [plain(one) for one in only(near).cares] == [care]
    assert only(far).cares == ()


def test_a_pair_of_which_one_alone_would_be_fragile_says_so(house: House, portfolio: Portfolio) -> None:
    found = ask(house, portfolio, credit(below=2), income(above=5, below=0), free=(PROJECT, INCOME))
    (one,) = found.proposals
    assert one.title == "Emprunter moins et ajouter un revenu"
    assert one.score.points == 507
    assert plain(one.spared) == (
        "Sans ajouter un revenu, le prêt serait accordé, mais ce changement serait fragile."
    )


@pytest.mark.parametrize(
    ("below", "gained", "left"),
    [
        (-13, "7 points", "13 points manqueraient encore"),
        (-2, "18 points", "2 points manqueraient encore"),
        (-1, "19 points", "1 point manquerait encore"),
        (-19, "1 point", "19 points manqueraient encore"),
    ],
)
def test_what_comes_nearest_says_what_it_gains_and_what_still_lacks(
    house: House, portfolio: Portfolio, below: float, gained: str, left: str
) -> None:
    found = ask(house, portfolio, credit(below=below), free=(PROJECT,))
    assert plain(found.sentence) == (
        "Il manque 20 points pour que le prêt soit accordé. Aucun changement sûr, parmi ceux qui restent "
        f"possibles, ne suffirait à changer la décision. Au mieux, le score gagnerait {gained}."
    )
    reached = 500 + int(below)
    assert plain(only(found).sentence) == (
        f"Viser un projet de 140 000 € au lieu de 150 000 € : {BOTH}. Le score passerait de 480 à {reached} "
        f"points : le prêt resterait refusé, {left}."
    )


def test_where_nothing_helps_that_is_said(house: House, portfolio: Portfolio) -> None:
    found = ask(house, portfolio, Step("EXT_SOURCE_MEAN", 0.9, -20, 0))
    assert plain(found.sentence) == (
        "Il manque 20 points pour que le prêt soit accordé. Aucun changement sûr, de ceux que nous avons "
        "étudiés, ne suffirait à changer la décision. Aucun ne ferait même gagner un point."
    )
    nothing = ask(house, portfolio, Step("EXT_SOURCE_MEAN", 0.9, -1, 0), free=())
    assert plain(nothing.sentence) == (
        "Il manque 1 point pour que le prêt soit accordé. Vous avez tout bloqué : décochez au moins un choix "
        "pour chercher un changement."
    )


def test_a_deposit_on_a_cheaper_purchase_is_what_is_paid_on_top() -> None:
    """The purchase falls by 30,000 €, and 10,000 € more are paid: the credit falls by 40,000 €."""
    before = {**ROW}
    after = {**ROW, "AMT_GOODS_PRICE": 120_000.0, "AMT_CREDIT": 110_000.0, "AMT_ANNUITY": 5_500.0}
    model = by_heart.model(500.5, credit(below=12))
    today, then = (score_row(model, row, 0.48) for row in (before, after))
    said = wording.sentence((Lever.PROJECT, Lever.DEPOSIT), before, after, today, then, {})
    assert plain(said) == (
        "Viser un projet de 120 000 € au lieu de 150 000 € et payer soi-même 10 000 € de plus : le crédit "
        "passe de 150 000 € à 110 000 € et la mensualité de 7 500 € à 5 500 €. Le score passerait de 480 à "
        "512 points et le prêt serait accordé."
    )


def test_a_credit_without_a_purchase_is_told_as_borrowing_less() -> None:
    before = {**ROW, "AMT_GOODS_PRICE": None}
    after = {**before, "AMT_CREDIT": 140_000.0, "AMT_ANNUITY": 7_000.0}
    model = by_heart.model(500.5, credit(below=12))
    today, then = (score_row(model, row, 0.48) for row in (before, after))
    said = wording.sentence((Lever.PROJECT,), before, after, today, then, {})
    assert plain(said) == (
        "Emprunter moins, compté en autant de mensualités : le crédit passe de 150 000 € à 140 000 € et la "
        "mensualité de 7 500 € à 7 000 €. Le score passerait de 480 à 512 points et le prêt serait accordé."
    )


@pytest.mark.parametrize(("annuity", "shorter", "longer"), [(7_500.0, 19, 21), (7_350.0, 19, 21)])
def test_a_term_changes_by_half_a_month_at_least(
    portfolio: Portfolio, annuity: float, shorter: int, longer: int
) -> None:
    """20 months, and 20.4: neither is told to be made 20."""
    grid = Grid(portfolio, {**ROW, "AMT_ANNUITY": annuity}, dictionary.columns_of(FEATURES), USUAL)
    assert grid.values(Lever.SHORTER)[0] == shorter
    assert grid.values(Lever.LONGER)[0] == longer


# --- room ---------------------------------------------------------------------------------------

OUT_OF_SIGHT = (
    "sortirait de ce que l’on voit chez les autres clients, ou la mensualité prendrait plus de 35 % du "
    "revenu, ce que nos règles ne permettent pas."
)
ROOMS = [
    (
        (Step("AMT_CREDIT", 160_050, 20, -1),),
        "Le score dépasse la limite de 20 points. À mensualité proportionnelle, le prêt resterait accordé "
        "jusqu’à 160 000 €, soit 10 000 € de plus que la demande ; pour 160 100 €, il serait refusé.",
    ),
    (
        (Step("AMT_CREDIT", 155_050, 20, 13), Step("AMT_CREDIT", 160_050, 0, -14)),
        "Le score dépasse la limite de 20 points. À mensualité proportionnelle, le prêt resterait accordé "
        "jusqu’à 160 000 €, soit 10 000 € de plus que la demande ; pour 160 100 €, il serait refusé. Il "
        "resterait au moins 13 points de marge.",
    ),
    (
        (Step("AMT_CREDIT", 155_050, 1, 0), Step("AMT_CREDIT", 160_050, 0, -1)),
        "Le score dépasse la limite de 1 point. À mensualité proportionnelle, le prêt resterait accordé "
        "jusqu’à 160 000 €, soit 10 000 € de plus que la demande ; pour 160 100 €, il serait refusé. Il n’y "
        "aurait alors plus aucune marge.",
    ),
    (
        (Step("AMT_CREDIT", 150_050, 0, -1),),
        "Le score est juste à la limite. Il n’y a pas de marge sur le montant : à mensualité "
        "proportionnelle, pour 150 100 €, le prêt serait refusé.",
    ),
    (
        (Step("AMT_CREDIT", 150_050, 20, 20),),
        "Le score dépasse la limite de 20 points. À mensualité proportionnelle, le prêt resterait accordé "
        f"jusqu’à 200 000 €, soit 50 000 € de plus que la demande ; au-delà, le montant {OUT_OF_SIGHT}",
    ),
]


@pytest.mark.parametrize(("steps", "said"), ROOMS)
def test_the_room_of_a_granted_client_is_told(
    house: House, portfolio: Portfolio, steps: tuple[Step, ...], said: str
) -> None:
    found = ask(house, portfolio, *steps)
    assert found.score.granted
    assert plain(found.sentence) == said


def test_twice_the_amount_is_the_end_of_what_was_tried(house: House, portfolio: Portfolio) -> None:
    model = house.model(Step("AMT_CREDIT", 1, 0, 20))
    row = {**ROW, "AMT_CREDIT": 90_000.0, "AMT_GOODS_PRICE": 90_000.0, "AMT_ANNUITY": 4_500.0}
    found = levers(model, portfolio, row, house.limit)
    assert plain(found.sentence) == (
        "Le score dépasse la limite de 20 points. À mensualité proportionnelle, le prêt resterait accordé "
        "jusqu’à 180 000 €, soit 90 000 € de plus que la demande, le double : au-delà, rien n’a été étudié."
    )
    # Of an amount that is not round, twice as much is none of the amounts that were tried.
    odd = {**ROW, "AMT_CREDIT": 90_035.0, "AMT_GOODS_PRICE": 90_035.0, "AMT_ANNUITY": 4_501.75}
    found = levers(model, portfolio, odd, house.limit)
    assert plain(found.sentence) == (
        "Le score dépasse la limite de 20 points. À mensualité proportionnelle, le prêt resterait accordé "
        "jusqu’à 180 000 €, soit 89 965 € de plus que la demande ; au-delà, rien n’a été étudié."
    )
    large = {**ROW, "AMT_CREDIT": 200_000.0, "AMT_GOODS_PRICE": 200_000.0, "AMT_ANNUITY": 10_000.0}
    none = levers(model, portfolio, large, house.limit)
    assert plain(none.sentence) == (
        f"Le score dépasse la limite de 20 points. Un montant plus élevé n’a pas été étudié : il "
        f"{OUT_OF_SIGHT}"
    )


def test_the_curve_names_the_request_the_limit_and_what_passes(house: House, portfolio: Portfolio) -> None:
    less = ask(house, portfolio, credit(below=12)).curve
    more = ask(house, portfolio, Step("AMT_CREDIT", 160_050, 20, -1)).curve
    assert less
    assert more
    down, up = charts.amounts(less, 0.48), charts.amounts(more, 0.48)
    assert plain(down.sentence) == (
        "À mensualité proportionnelle, pour un crédit de 113 000 € à 150 000 €, le score va de 480 à 512 "
        "points. La demande, 150 000 €, donne 480 points ; la limite est de 500 points. Parmi ces montants, "
        "le prêt serait accordé de 113 000 € à 140 000 €."
    )
    assert plain(up.sentence) == (
        "À mensualité proportionnelle, pour un crédit de 150 000 € à 200 000 €, le score va de 499 à 520 "
        "points. La demande, 150 000 €, donne 520 points ; la limite est de 500 points. Parmi ces montants, "
        "le prêt serait accordé de 150 000 € à 160 000 €."
    )
    rows = [tuple(map(plain, row)) for row in down.table.rows]
    assert [row[0] for row in rows if "demande" in row[0]] == ["150 000 € (demande)"]
    assert {row[3] for row in rows if row[1] == "512"} == {"accordé"}
    assert {row[3] for row in rows if row[1] == "480"} == {"refusé"}
    assert plain(up.table.rows[0][0]) == "150 000 € (demande)"


def test_a_curve_that_wavers_is_told_by_its_lowest_and_its_highest_score() -> None:
    curve = Curve((100_000.0, 110_000.0, 120_000.0, 130_000.0), (494, 503, 470, 498), (0.5,) * 4, 1)
    chart = charts.amounts(curve, 0.48)
    assert plain(chart.sentence) == (
        "À mensualité proportionnelle, pour un crédit de 100 000 € à 130 000 €, le score va de 470 à 503 "
        "points. La demande, 110 000 €, donne 503 points ; la limite est de 500 points. Parmi ces montants, "
        "le prêt serait accordé pour 110 000 € ; pour moins, il serait de nouveau refusé : ce n’est pas une "
        "réponse sûre."
    )
    assert [(plain(row[0]), row[1], row[3]) for row in chart.table.rows] == [
        ("100 000 €", "494", "refusé"),
        ("110 000 € (demande)", "503", "accordé"),
        ("120 000 €", "470", "refusé"),
        ("130 000 €", "498", "refusé"),
    ]


# --- the sheet ----------------------------------------------------------------------------------

OUTLOOKS = [
    (
        (credit(below=12),),
        "Il vous manque 20 points. Voici deux changements sûrs ; un seul des deux suffirait. Ce n’est pas "
        "une promesse : une nouvelle demande complète serait étudiée.",
        [
            f"Viser un projet de 140 000 € au lieu de 150 000 € : {BOTH}. {GRANTED}",
            f"Payer soi-même 10 000 € de plus sur le même achat : {BOTH}. {GRANTED}",
        ],
    ),
    (
        (income(above=12),),
        "Il vous manque 20 points. Voici un changement sûr qui suffirait. Ce n’est pas une promesse : une "
        "nouvelle demande complète serait étudiée.",
        [f"Prouver 1 100 € par mois de revenu régulier en plus, par des justificatifs. {GRANTED}"],
    ),
    (
        (credit(below=32, above=0), term(below=12, above=-20, at=17.5), income(above=32, below=0)),
        "Il vous manque 20 points. Voici trois changements sûrs ; un seul des trois suffirait. Ce n’est pas "
        "une promesse : une nouvelle demande complète serait étudiée.",
        None,
    ),
    (
        (term(below=-20, above=12, at=23.5), term(below=0, above=-30, at=24.5)),
        "Il vous manque 20 points. Nous avons cherché parmi ce que vous pouvez proposer : le montant, "
        "l’apport, la mensualité, un revenu de plus. Aucun changement sûr ne suffit aujourd’hui. Voici un "
        "changement fragile, qui suffirait tout juste. Ce n’est pas une promesse.",
        [
            f"Étaler le remboursement, pour que le crédit vaille 24 mensualités au lieu de 20 {COUNTED} : la "
            f"mensualité passe de 7 500 € à 6 250 €. {GRANTED}"
        ],
    ),
    (
        (Step("EXT_SOURCE_MEAN", 0.9, -20, 0),),
        "Il vous manque 20 points. Nous avons cherché parmi ce que vous pouvez proposer : le montant, "
        "l’apport, la mensualité, un revenu de plus. Aucun changement sûr ne suffit aujourd’hui.",
        [],
    ),
    (
        (Step("EXT_SOURCE_MEAN", 0.9, 20, 0),),
        "Votre score dépasse de 20 points le minimum demandé. La réponse ne vaut que pour les chiffres de "
        "cette fiche. S’ils changent avant la signature, le calcul est à refaire.",
        [],
    ),
    (
        (Step("EXT_SOURCE_MEAN", 0.9, 0, 20),),
        "Votre score est juste au minimum demandé. La réponse ne vaut que pour les chiffres de cette fiche. "
        "S’ils changent avant la signature, le calcul est à refaire.",
        [],
    ),
]


@pytest.mark.parametrize(("steps", "said", "options"), OUTLOOKS)
def test_the_sheet_tells_the_client_what_would_change_the_answer(
    house: House, portfolio: Portfolio, steps: tuple[Step, ...], said: str, options: list[str] | None
) -> None:
    told = sheet(house.model(*steps), portfolio, ROW, house.limit, 100_001)
    assert plain(told.outlook) == said
    if options is not None:
        assert [plain(one.sentence) for one in told.options] == options


# The client's own figures, what the sheet says was tried.
TRIED = [
    ({"NAME_CONTRACT_TYPE": "Revolving loans"}, "le montant, un revenu de plus"),
    ({"AMT_GOODS_PRICE": None}, "le montant, la mensualité, un revenu de plus"),
    ({"AMT_ANNUITY": None}, "le montant, l’apport, un revenu de plus"),
    ({"AMT_INCOME_TOTAL": None}, "le montant, l’apport, la mensualité"),
    ({"AMT_CREDIT": 100_000.0, "NAME_CONTRACT_TYPE": "Revolving loans"}, "un revenu de plus"),
    # Nobody asks for so small a part of the price: with a deposit it would be smaller still.
    ({"AMT_GOODS_PRICE": 300_000.0}, "le montant, la mensualité, un revenu de plus"),
]


@pytest.mark.parametrize(("figures", "among"), TRIED)
def test_the_sheet_names_only_what_could_be_tried_for_this_client(
    portfolio: Portfolio, figures: dict[str, Any], among: str
) -> None:
    """A revolving credit has no term and no deposit; what is not known cannot be changed."""
    model = by_heart.model(500.5, Step("EXT_SOURCE_MEAN", 0.9, -20, 0))
    told = sheet(model, portfolio, by_heart.client(**figures), 0.48, 100_001)
    assert plain(told.outlook) == (
        f"Il vous manque 20 points. Nous avons cherché parmi ce que vous pouvez proposer : {among}. Aucun "
        "changement sûr ne suffit aujourd’hui."
    )


@pytest.mark.parametrize("figures", [{}, *(figures for figures, _ in TRIED)])
def test_a_box_stands_where_ticking_it_leaves_something_out(
    portfolio: Portfolio, figures: dict[str, Any]
) -> None:
    row = by_heart.client(**figures)
    model = by_heart.model(500.5, Step("EXT_SOURCE_MEAN", 0.9, -20, 0))
    whole = levers(model, portfolio, row, 0.48, frozenset(), 100_001)
    assert whole.offered == whole.sought
    for lock in Lock:
        without = levers(model, portfolio, row, 0.48, frozenset({lock}), 100_001)
        assert (without.tried < whole.tried) == (lock in whole.offered)
        assert without.sought == whole.offered - {lock}
        assert without.held == whole.offered & {lock}


def test_what_is_left_free_may_allow_nothing() -> None:
    """A deposit may be possible only with fewer months."""
    today = score_row(by_heart.model(480.5), ROW, 0.48)
    said = wording.answer(today, (), None, None, held={TERM}, offered={TERM, DEPOSIT}, sought=set())
    assert plain(said) == (
        "Il manque 20 points pour que le prêt soit accordé. Avec ce qui est bloqué, aucun changement n’est "
        "possible : décochez un choix de plus."
    )


def test_a_file_in_which_nothing_can_change_is_not_told_to_be_held_fixed(portfolio: Portfolio) -> None:
    """The smallest credit that is lent, revolving, and an income above what others have."""
    row = by_heart.client(
        NAME_CONTRACT_TYPE="Revolving loans", AMT_CREDIT=90_000.0, AMT_INCOME_TOTAL=90_000.0
    )
    model = by_heart.model(500.5, Step("EXT_SOURCE_MEAN", 0.9, -20, 0))
    for locked in (frozenset(), frozenset(Lock)):
        found = levers(model, portfolio, row, 0.48, locked, 100_001)
        assert (found.offered, found.tried) == (frozenset(), 0)
        assert plain(found.sentence) == (
            "Il manque 20 points pour que le prêt soit accordé. Avec les chiffres de ce dossier, aucun des "
            "changements que l’outil connaît n’est possible."
        )
    assert plain(sheet(model, portfolio, row, 0.48, 100_001).outlook) == (
        "Il vous manque 20 points. Avec les chiffres de votre dossier, nous n’avons aucun changement à vous "
        "proposer."
    )


@pytest.mark.parametrize(
    ("step", "care"),
    [
        (term(below=-20, above=12, at=23.5), "Avec plus de mois, le crédit coûte plus cher au total."),
        (
            term(below=12, above=-20, at=17.5),
            "La mensualité augmente : vérifiez que votre budget le permet.",
        ),
        (
            income(above=12),
            "Ce revenu est une hypothèse, à prouver. Seul compte un revenu qui existe déjà et qui va durer : "
            "une pension, un loyer perçu, un second emploi.",
        ),
    ],
)
def test_the_sheet_says_what_to_mind(house: House, portfolio: Portfolio, step: Step, care: str) -> None:
    (option,) = sheet(house.model(step), portfolio, ROW, house.limit, 100_001).options
    assert [plain(one) for one in option.cares] == [care]


def test_the_sheet_says_to_keep_savings(house: House, portfolio: Portfolio) -> None:
    smaller, deposit = sheet(house.model(credit(below=12)), portfolio, ROW, house.limit, 100_001).options
    assert (smaller.title, smaller.cares) == ("Emprunter moins", ())
    assert (deposit.title, deposit.cares) == ("Apporter plus", ("Gardez une épargne de précaution.",))


@pytest.mark.parametrize(
    ("scores", "consulted"),
    [
        ({}, ("Bêta",)),
        ({"EXT_SOURCE_1": 0.0}, ("Alpha", "Bêta")),
        ({"EXT_SOURCE_2": None, "EXT_SOURCE_3": 0.4}, ("Gamma",)),
        ({"EXT_SOURCE_2": None}, ()),
    ],
)
def test_the_sheet_names_the_bodies_whose_score_was_used(
    portfolio: Portfolio, scores: dict[str, float | None], consulted: tuple[str, ...]
) -> None:
    """The client has a score of the second body alone, unless it is told otherwise."""
    bodies = tuple(map(Bureau, ("Alpha", "Bêta", "Gamma")))
    row = by_heart.client(**scores)
    told = sheet(by_heart.model(500.5), portfolio, row, 0.48, 100_001, bodies)
    assert tuple(one.name for one in told.consulted) == consulted
    assert told.scored == len(consulted)
