"""Debts elsewhere that are supposed repaid: what is owed, what the history says then, what the model does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.history import features
from pretadepenser.credit.recourse import debts as settling
from pretadepenser.credit.recourse import wording
from pretadepenser.credit.recourse.levers import Lever, Lock
from pretadepenser.credit.recourse.meeting_sheet import sheet
from pretadepenser.credit.recourse.search import levers
from pretadepenser.credit.whatif import repaid
from pretadepenser.credit.whatif.simulation import simulate
from tests.unit import by_heart
from tests.unit.by_heart import Step, plain

OWED = {"AMT_CREDIT_SUM_DEBT": 0.0, "AMT_CREDIT_SUM_OVERDUE": 0.0, "CREDIT_DAY_OVERDUE": 0}


def credit(number: int, **told: Value) -> dict[str, Any]:
    """A consumer credit elsewhere of client 100050, open and paid on time, on which 2,000 are owed."""
    return {
        "SK_ID_CURR": 100_050,
        "SK_ID_BUREAU": number,
        "CREDIT_ACTIVE": "Active",
        "CREDIT_CURRENCY": "currency 1",
        "DAYS_CREDIT": -400,
        "CREDIT_DAY_OVERDUE": 0,
        "DAYS_CREDIT_ENDDATE": 300.0,
        "DAYS_ENDDATE_FACT": None,
        "AMT_CREDIT_MAX_OVERDUE": 0.0,
        "CNT_CREDIT_PROLONG": 0,
        "AMT_CREDIT_SUM": 10_000.0,
        "AMT_CREDIT_SUM_DEBT": 2_000.0,
        "AMT_CREDIT_SUM_LIMIT": None,
        "AMT_CREDIT_SUM_OVERDUE": 0.0,
        "CREDIT_TYPE": "Consumer credit",
        "DAYS_CREDIT_UPDATE": -10,
        "AMT_ANNUITY": None,
        **told,
    }


OPENED = "ouverture il y a 1 an et 1 mois"
LATE = credit(1, AMT_CREDIT_SUM_OVERDUE=300.0, CREDIT_DAY_OVERDUE=12)
CARD = credit(2, CREDIT_TYPE="Credit card", AMT_CREDIT_SUM_DEBT=5_000.0)
HISTORY: Mapping[str, list[dict[str, Any]]] = {
    "bureau": [
        credit(3, CREDIT_ACTIVE="Closed", AMT_CREDIT_SUM_DEBT=0.0, DAYS_ENDDATE_FACT=-20.0),
        CARD,
        LATE,
        # Told after the application: nobody knew.
        credit(4, DAYS_CREDIT_UPDATE=3, AMT_CREDIT_SUM_DEBT=90_000.0),
        credit(5, AMT_CREDIT_SUM_DEBT=None),
    ]
}


@pytest.mark.parametrize(
    ("features", "counts"),
    [
        (("AMT_CREDIT", "EXT_SOURCE_MEAN"), False),
        (("AMT_CREDIT", "PREVIOUS_REFUSED", "INSTALMENTS_LATE_SHARE", "CARD_USE"), False),
        (("AMT_CREDIT", "BUREAU_DEBT"), True),
        (("BUREAU_OVERDUE", "PREVIOUS_REFUSED"), True),
    ],
)
def test_repaying_is_offered_where_the_model_looks_at_credits_elsewhere(
    features: tuple[str, ...], counts: bool
) -> None:
    assert repaid.counts(features) is counts


def test_debts_are_those_known_and_open_what_is_late_first() -> None:
    assert [(one.number, plain(one.sentence)) for one in repaid.debts(HISTORY)] == [
        (1, "Crédit à la consommation : 2 000 € à rembourser, dont 300 € en retard"),
        (2, "Carte de crédit : 5 000 € à rembourser"),
        (5, "Crédit à la consommation : reste à rembourser inconnu"),
    ]


def test_more_late_comes_first_then_more_owed_then_the_lower_number() -> None:
    told = [
        credit(9, AMT_CREDIT_SUM_DEBT=100.0),
        credit(8, AMT_CREDIT_SUM_DEBT=9_000.0),
        credit(7, AMT_CREDIT_SUM_DEBT=9_000.0),
        credit(6, AMT_CREDIT_SUM_OVERDUE=20.0),
        credit(5, AMT_CREDIT_SUM_OVERDUE=400.0),
        # Of the day itself, sold to another creditor: neither is over.
        credit(4, DAYS_CREDIT=0, DAYS_CREDIT_UPDATE=0, CREDIT_ACTIVE="Sold", AMT_CREDIT_SUM_DEBT=0.0),
    ]
    assert [one.number for one in repaid.debts({"bureau": told})] == [5, 6, 7, 8, 9, 4]
    assert plain(repaid.debts({"bureau": told})[-1].sentence) == "Crédit à la consommation : 0 € à rembourser"


def test_what_is_owed_in_another_currency_is_told_in_it() -> None:
    told = [
        credit(1, CREDIT_CURRENCY="currency 2", AMT_CREDIT_SUM_DEBT=696_510.0),
        credit(2, CREDIT_CURRENCY="currency 3", AMT_CREDIT_SUM_OVERDUE=400.0),
        credit(3, CREDIT_CURRENCY=None, AMT_CREDIT_SUM_DEBT=1_000.0),
    ]
    assert {one.number: plain(one.sentence) for one in repaid.debts({"bureau": told})} == {
        1: "Crédit à la consommation : 696 510 (monnaie 2) à rembourser",
        2: "Crédit à la consommation : 2 000 (monnaie 3) à rembourser, dont 400 (monnaie 3) en retard",
        3: "Crédit à la consommation : 1 000 € à rembourser",
    }


def test_a_repaid_row_is_told_as_one_that_ended_today() -> None:
    (row,) = repaid.without({"bureau": [LATE]}, [1])["bureau"]
    changed = {name: value for name, value in row.items() if value != LATE[name]}
    assert changed == {
        "CREDIT_ACTIVE": "Closed", "CREDIT_DAY_OVERDUE": 0, "AMT_CREDIT_SUM_DEBT": 0,
        "AMT_CREDIT_SUM_OVERDUE": 0, "DAYS_ENDDATE_FACT": 0, "AMT_CREDIT_MAX_OVERDUE": 300,
    }  # fmt: skip
    # What is late is more than all that is owed: nothing is owed below zero.
    (paid,) = repaid.on_time({"bureau": [credit(1, AMT_CREDIT_SUM_OVERDUE=2_500.0)]})["bureau"]
    assert (paid["AMT_CREDIT_SUM_DEBT"], paid["AMT_CREDIT_SUM_OVERDUE"]) == (0, 0)


@pytest.mark.parametrize(
    ("late", "most", "after"), [(300.0, 900.0, 900), (300.0, None, 300), (0.0, None, None), (0.0, 0.0, 0)]
)
def test_what_was_late_stays_so_once_it_is_paid(late: float, most: float | None, after: float | None) -> None:
    row = credit(1, AMT_CREDIT_SUM_OVERDUE=late, AMT_CREDIT_MAX_OVERDUE=most)
    history = {"bureau": [row]}
    before, *paid = repaid.changed(history, [history, repaid.without(history, [1]), repaid.on_time(history)])
    for figures in (before, *paid):
        assert figures["BUREAU_OVERDUE_MAX"] == after


@pytest.mark.parametrize(
    ("name", "table", "counts"),
    [
        ("BUREAU_DEBT", "bureau", True),
        ("BUREAU_MONTHS_LATE", "bureau_balance", False),
        ("PREVIOUS_APPROVED", "previous_application", False),
        ("CARD_USE", "credit_card_balance", False),
        ("AMT_CREDIT", "", False),
    ],
)
def test_a_model_that_looks_at_no_credit_elsewhere_notices_none_repaid(
    name: str, table: str, counts: bool
) -> None:
    assert dictionary.describe(name).table == table
    assert repaid.counts(["AMT_ANNUITY", name]) is counts


def test_a_client_without_a_credit_owes_nothing() -> None:
    assert repaid.debts({"bureau": []}) == repaid.debts({}) == ()


def test_a_repaid_credit_is_closed_and_owes_nothing() -> None:
    before, after = repaid.changed(HISTORY, [HISTORY, repaid.without(HISTORY, [2])])
    assert (before["BUREAU_ACTIVE"], after["BUREAU_ACTIVE"]) == (3, 2)
    assert (before["BUREAU_CLOSED"], after["BUREAU_CLOSED"]) == (1, 2)
    assert (before["BUREAU_CARDS"], after["BUREAU_CARDS"]) == (1, 0)
    assert (before["BUREAU_DEBT"], after["BUREAU_DEBT"]) == (7_000, 2_000)
    assert (before["BUREAU_OVERDUE"], after["BUREAU_OVERDUE"]) == (300, 300)
    assert repaid.repaid(HISTORY, [2]) == after


def test_arrears_paid_leave_the_credit_open() -> None:
    before, after = repaid.changed(HISTORY, [HISTORY, repaid.on_time(HISTORY)])
    assert (before["BUREAU_OVERDUE"], after["BUREAU_OVERDUE"]) == (300, 0)
    assert (before["BUREAU_OVERDUE_CREDITS"], after["BUREAU_OVERDUE_CREDITS"]) == (1, 0)
    assert (before["BUREAU_ACTIVE"], after["BUREAU_ACTIVE"]) == (3, 3)
    # Who pays 300 owes 300 less.
    assert (before["BUREAU_DEBT"], after["BUREAU_DEBT"]) == (7_000, 6_700)


def test_once_all_that_is_known_is_paid_nothing_known_is_due() -> None:
    told = {"bureau": [LATE, credit(5, AMT_CREDIT_SUM_DEBT=None)]}
    after = repaid.repaid(told, [1])
    assert (after["BUREAU_DEBT"], after["BUREAU_DEBT_SHARE"], after["BUREAU_ACTIVE"]) == (0, 0, 1)
    # Nobody ever said what is due: a payment does not tell it either.
    assert (
        repaid.repaid({"bureau": [told["bureau"][1], credit(6, AMT_CREDIT_SUM_DEBT=None)]}, [6])[
            "BUREAU_DEBT"
        ]
        is None
    )


def test_the_rows_of_the_portfolio_are_left_as_they_are() -> None:
    told = [dict(row) for row in HISTORY["bureau"]]
    repaid.repaid(HISTORY, [1, 2])
    assert HISTORY["bureau"] == told


def test_a_simulation_tells_what_is_supposed_repaid() -> None:
    model = by_heart.model(480.5, Step("BUREAU_CARDS", at=1, below=30, above=0))
    row = by_heart.client(**repaid.changed(HISTORY, [HISTORY])[0])
    card = repaid.debts(HISTORY)[1]
    told = simulate(model, row, repaid.repaid(HISTORY, [card.number]), 0.48, repaid=[card.sentence])
    assert plain(told.sentence).startswith(
        "Le prêt, refusé aujourd’hui, serait accordé. Vous supposez remboursé : « Carte de crédit : 5 000 € "
        "à rembourser ». La probabilité de ne pas rembourser descendrait de "
    )
    assert plain(told.sentence).endswith("et le score passerait de 480 à 510 points (+30 points).")
    assert "BUREAU_CARDS" in [one.name for one in told.changes]


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The hundred, of whom the fiftieth has these credits elsewhere."""
    folder = tmp_path_factory.mktemp("repaid")
    return by_heart.portfolio(folder, by_heart.hundred(), {"bureau": HISTORY["bureau"]})


def found(portfolio: Any, *steps: Step, locked: frozenset[Lock] = frozenset()) -> Any:
    """The levers of the fiftieth at a model of these steps, 480 points without them."""
    client = by_heart.member(portfolio, 50)
    return levers(by_heart.model(480.5, *steps), portfolio, client.values, 0.48, locked, client.number)


def test_paying_arrears_can_change_the_decision(portfolio: Any) -> None:
    answer = found(portfolio, Step("BUREAU_OVERDUE", at=1, below=30, above=0))
    (one,) = answer.proposals
    assert one.levers == (Lever.ARREARS,)
    assert plain(one.title) == "Payer ce qui est en retard"
    assert plain(one.sentence) == (
        "Payer les 300 € en retard sur des crédits ailleurs. Le score passerait de 480 à 510 points et le "
        "prêt serait accordé."
    )
    assert [(change.name, plain(change.before_text), plain(change.after_text)) for change in one.changes] == [
        ("BUREAU_DEBT", "7 000 €", "6 700 €"),
        ("BUREAU_DEBT_SHARE", "23 %", "22 %"),
        ("BUREAU_OVERDUE", "300 €", "0 €"),
        ("BUREAU_OVERDUE_CREDITS", "1 crédit", "0 crédit"),
    ]
    assert plain(one.cares[0]) == (
        "Demandez une preuve du paiement : le fichier des crédits ne le dira que plus tard."
    )
    assert one.row["BUREAU_OVERDUE"] == 0


def test_debts_alone_are_paid_each_and_together(portfolio: Any) -> None:
    """Two payments are one lock and three changes."""
    rest = frozenset(Lock) - {Lock.DEBTS}
    answer = found(portfolio, Step("BUREAU_OVERDUE", at=1, below=30, above=0), locked=rest)
    assert answer.sought == {Lock.DEBTS}
    assert (answer.tried, answer.paired, answer.moved) == (3, True, {Lever.ARREARS, Lever.CARD})


def test_what_one_euro_is_agrees_with_it(tmp_path: Path) -> None:
    """ "Les 1 €" and "1 € sont dus" are no French."""
    one_late = credit(1, AMT_CREDIT_SUM_OVERDUE=1.0, CREDIT_DAY_OVERDUE=12)
    card = credit(2, CREDIT_TYPE="Credit card", AMT_CREDIT_SUM_DEBT=1.0)
    model = by_heart.model(480.5, Step("BUREAU_OVERDUE", at=1, below=30, above=0))
    told = {"bureau": [one_late, card]}
    row = by_heart.client(**repaid.changed(told, [told])[0])
    settlements = settling.of(model, told, row).settlements
    assert {lever: plain(one.action) for lever, one in settlements.items()} == {
        Lever.ARREARS: "payer ce qui est en retard sur des crédits ailleurs (1 €)",
        Lever.CARD: "rembourser et fermer une carte de crédit ailleurs, où il reste 1 € à payer",
    }


def test_a_debt_of_cents_is_not_told_as_nothing(tmp_path: Path) -> None:
    cents = credit(1, AMT_CREDIT_SUM_OVERDUE=0.2, CREDIT_DAY_OVERDUE=12, AMT_CREDIT_SUM_DEBT=0.4)
    (debt,) = repaid.debts({"bureau": [cents]})
    assert plain(debt.sentence) == (
        "Crédit à la consommation : moins de 1 € à rembourser, dont moins de 1 € en retard"
    )
    opened = by_heart.portfolio(tmp_path, by_heart.hundred(), {"bureau": [cents]})
    (one,) = found(opened, Step("BUREAU_OVERDUE", at=0.1, below=30, above=0)).proposals
    assert plain(one.sentence) == (
        "Payer ce qui est en retard sur des crédits ailleurs (moins de 1 €). Le score passerait de 480 à 510 "
        "points et le prêt serait accordé."
    )
    (late,) = (change for change in one.changes if change.name == "BUREAU_OVERDUE")
    assert (plain(late.before_text), plain(late.after_text)) == ("moins de 1 €", "0 €")


def test_a_card_repaid_is_closed_too(portfolio: Any) -> None:
    (one,) = found(portfolio, Step("BUREAU_CARDS", at=1, below=30, above=0)).proposals
    assert one.levers == (Lever.CARD,)
    assert plain(one.sentence).startswith(
        "Rembourser et fermer une carte de crédit ailleurs, où il reste 5 000 € à payer. "
    )


def test_all_that_a_settled_debt_changes_is_told() -> None:
    """The model scores it again: what was not known of a card without a limit, and little of a large debt."""
    card = credit(1, CREDIT_TYPE="Credit card", AMT_CREDIT_SUM=0.0)
    late = credit(2, AMT_CREDIT_SUM=2e7, AMT_CREDIT_SUM_DEBT=1e7, AMT_CREDIT_SUM_OVERDUE=300.0)

    def told(rows: list[dict[str, Any]], after: Mapping[str, Any]) -> list[tuple[str, ...]]:
        before, then = (
            by_heart.client(**one) for one in repaid.changed({"bureau": rows}, [{"bureau": rows}, after])
        )
        found = wording.changes(before, then)
        return [tuple(map(plain, (one.label, one.before_text, one.after_text))) for one in found]

    assert told([card], repaid.without({"bureau": [card]}, [1])) == [
        ("Crédits en cours ailleurs", "1 crédit", "0 crédit"),
        ("Crédits terminés ailleurs", "0 crédit", "1 crédit"),
        ("Cartes de crédit ailleurs", "1 carte", "0 carte"),
        ("Reste connu à rembourser ailleurs", "2 000 €", "0 €"),
        ("Part utilisée des cartes de crédit ailleurs", "donnée absente", "0 %"),
        ("Mensualités connues ailleurs", "donnée absente", "0 €"),
    ]
    assert told([late], repaid.on_time({"bureau": [late]})) == [
        ("Reste connu à rembourser ailleurs", "10 000 000 €", "9 999 700 €"),
        ("Somme en retard ailleurs", "300 €", "0 €"),
        ("Crédits en retard ailleurs", "1 crédit", "0 crédit"),
    ]


def test_the_card_on_which_most_is_owed_is_the_one_to_repay() -> None:
    model = by_heart.model(480.5, Step("BUREAU_CARDS", at=1, below=30, above=0))

    def settled(*owed: float) -> list[tuple[Lever, float]]:
        cards = [credit(n, CREDIT_TYPE="Credit card", AMT_CREDIT_SUM_DEBT=one) for n, one in enumerate(owed)]
        told = {"bureau": cards}
        row = by_heart.client(**repaid.changed(told, [told])[0])
        return [(lever, one.paid) for lever, one in settling.of(model, told, row).settlements.items()]

    assert settled(700.0, 5_000.0, 900.0) == [(Lever.CARD, 5_000)]
    assert settled(0.0) == []


def test_a_debt_in_another_currency_is_not_proposed_as_an_amount_to_pay() -> None:
    model = by_heart.model(480.5, Step("BUREAU_OVERDUE_CREDITS", at=1, below=30, above=0))
    other: dict[str, Value] = {
        "CREDIT_CURRENCY": "currency 2", "AMT_CREDIT_SUM_OVERDUE": 70_000.0, "CREDIT_DAY_OVERDUE": 9,
    }  # fmt: skip
    card = credit(3, CREDIT_TYPE="Credit card", AMT_CREDIT_SUM_DEBT=90_000.0, **other)
    told = {"bureau": [LATE, CARD, card]}
    row = by_heart.client(**repaid.changed(told, [told])[0])
    found = settling.of(model, told, row)
    assert {lever: (one.paid, plain(one.action)) for lever, one in found.settlements.items()} == {
        Lever.ARREARS: (300, "payer les 300 € en retard sur des crédits ailleurs"),
        Lever.CARD: (5_000, "rembourser et fermer une carte de crédit ailleurs, où il reste 5 000 € à payer"),
    }
    # Nor is it supposed paid: of the two that are late, one stays so.
    assert (
        row["BUREAU_OVERDUE_CREDITS"],
        found.figures[frozenset({Lever.ARREARS})]["BUREAU_OVERDUE_CREDITS"],
    ) == (2, 1)
    assert settling.of(model, {"bureau": [card]}, row) == settling.Debts({}, {})


@pytest.mark.parametrize(
    ("name", "title", "care"),
    [
        (
            "BUREAU_OVERDUE", "Payer ce qui est en retard",
            "Gardez une preuve du paiement : le fichier des crédits ne le dira que plus tard.",
        ),
        (
            "BUREAU_CARDS", "Rembourser une carte de crédit",
            "Gardez une preuve du remboursement : le fichier des crédits ne le dira que plus tard.",
        ),
    ],
)  # fmt: skip
def test_the_sheet_says_what_to_keep(portfolio: Any, name: str, title: str, care: str) -> None:
    client = by_heart.member(portfolio, 50)
    model = by_heart.model(480.5, Step(name, at=1, below=30, above=0))
    (option,) = sheet(model, portfolio, client.values, 0.48, client.number).options
    assert plain(option.title) == title
    assert [plain(one) for one in option.cares] == [care]


def test_the_sheet_says_that_debts_elsewhere_were_looked_at_too(portfolio: Any) -> None:
    client = by_heart.member(portfolio, 50)
    model = by_heart.model(480.5, Step("BUREAU_CARDS", at=1, below=0, above=0))
    told = sheet(model, portfolio, client.values, 0.48, client.number)
    assert plain(told.outlook) == (
        "Il vous manque 20 points. Nous avons cherché parmi ce que vous pouvez proposer : le montant, "
        "l’apport, la mensualité, un revenu de plus, une dette à payer ailleurs. Aucun changement sûr ne "
        "suffit aujourd’hui."
    )
    assert told.past
    assert (told.past.bureau, told.past.files) == (1, 0)
    assert [tuple(map(plain, line)) for line in told.past.elsewhere] == [
        ("En résumé", "3 crédits en cours ailleurs, dont 1 en retard"),
        (f"Crédit à la consommation, {OPENED}", "reste 2 000 €, en retard de 12 jours pour 300 €"),
        (f"Carte de crédit, {OPENED}", "reste 5 000 €"),
        (f"Crédit à la consommation, {OPENED}", "reste à rembourser inconnu"),
    ]


def test_what_both_settle_counts_as_both(portfolio: Any) -> None:
    steps = Step("BUREAU_OVERDUE", at=1, below=15, above=0), Step("BUREAU_CARDS", at=1, below=15, above=0)
    (one,) = found(portfolio, *steps).proposals
    assert one.levers == (Lever.ARREARS, Lever.CARD)
    assert (one.row["BUREAU_OVERDUE"], one.row["BUREAU_CARDS"], one.row["BUREAU_DEBT"]) == (0, 0, 1_700)
    assert one.score.points == 510


def test_debts_can_be_held_fixed(portfolio: Any) -> None:
    step = Step("BUREAU_OVERDUE", at=1, below=30, above=0)
    assert found(portfolio, step, locked=frozenset({Lock.DEBTS})).shown == ()
    assert Lock.DEBTS in found(portfolio, step).offered


def test_who_owes_nothing_is_offered_nothing(portfolio: Any) -> None:
    other = by_heart.member(portfolio, 51)
    model = by_heart.model(480.5, Step("BUREAU_OVERDUE", at=1, below=0, above=0))
    answer = levers(model, portfolio, other.values, 0.48, number=other.number)
    assert Lock.DEBTS not in answer.offered
    assert settling.of(model, portfolio.history(other.number), other.values) == settling.Debts({}, {})


def test_a_model_without_histories_settles_nothing(portfolio: Any) -> None:
    answer = found(portfolio, Step("AMT_CREDIT", at=1.0, below=0, above=0))
    assert Lock.DEBTS not in answer.offered


@pytest.mark.parametrize(("known", "told"), [(1.0, 0.0), (None, None)])
def test_of_what_is_due_nothing_is_left_where_it_was_known(
    monkeypatch: pytest.MonkeyPatch, known: float | None, told: float | None
) -> None:
    """After a payment the bureau tells nothing any more: five figures are then known to be nothing."""
    sums = [dict.fromkeys(dictionary.HISTORY, known), dict.fromkeys(dictionary.HISTORY, None)]
    monkeypatch.setattr(features, "of", lambda people: sums)
    (after,) = repaid.changed({}, [{}])
    due = {"BUREAU_DEBT", "BUREAU_DEBT_SHARE", "BUREAU_CARD_USE", "BUREAU_ANNUITY", "BUREAU_OVERDUE"}
    assert {name: after[name] for name in due} == dict.fromkeys(due, told)
    assert {value for name, value in after.items() if name not in due} == {None}
    assert {"BUREAU_ACTIVE", "BUREAU_CLOSED"} <= after.keys()
