"""What a lender lets its advisors propose, as set: on the page of the levers and on the sheet."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import document_fromstring

from pretadepenser.credit.model.scoring import Model, score_row
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.recourse.levers import Admissible
from pretadepenser.credit.recourse.search import Levers, levers

# Four numbers that differ from each other and from the defaults.
SET = {"LEVER_INSTALMENT": 1.1, "LEVER_CUT": 0.4, "LEVER_POINTS": 9, "INSTALMENT_SHARE": 0.2}
ADMISSIBLE = Admissible(instalment=1.1, cut=0.4, points=9, share=0.2)


@pytest.fixture
def browser(make_app: Callable[..., Flask], sign_in: Callable[..., object]) -> FlaskClient:
    found = make_app(**SET).test_client()
    sign_in(found)
    return found


def text(browser: FlaskClient, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200
    return " ".join(document_fromstring(answer.text).xpath("//main")[0].text_content().split())


def answers(model: Model, portfolio: Portfolio, granted: bool) -> Iterator[tuple[int, Levers, Levers]]:
    """Clients with this answer: number, levers by the usual rules, levers by these."""
    for number in portfolio.numbers()[:400].tolist():
        client = portfolio.client(number)
        assert client
        if score_row(model, client.values, 0.48).granted is granted:
            usual, ours = (
                levers(model, portfolio, client.values, 0.48, frozenset(), number, rules)
                for rules in (Admissible(), ADMISSIBLE)
            )
            yield number, usual, ours


def test_the_rules_of_the_house_are_told_and_kept(
    browser: FlaskClient, model: Model, portfolio: Portfolio
) -> None:
    """A refused client to whom these rules propose something else than the usual ones do."""
    number, ours = next(
        (number, ours)
        for number, usual, ours in answers(model, portfolio, granted=False)
        if ours.proposals and {one.sentence for one in ours.shown} != {one.sentence for one in usual.shown}
    )
    page, sheet = (text(browser, f"/clients/{number}/{name}") for name in ("leviers", "entretien"))
    for said in (
        "jusqu’à 40 % du crédit en moins.",
        "jusqu’à 30 % du revenu.",
        "la mensualité ne dépasse pas 110 % de celle de la demande et, si elle augmente, 20 % du revenu",
        "si le score dépasse la limite d’au moins 9 points,",
        f"Le modèle a noté {ours.tried:,} changements".replace(",", " "),
    ):
        assert said in page
    for proposal in ours.proposals:
        assert proposal.score.points >= 509
        assert " ".join(proposal.sentence.split()) in page
        assert " ".join(proposal.sentence.split()) in sheet


def test_the_room_of_a_granted_client_keeps_to_the_share_of_the_income(
    browser: FlaskClient, model: Model, portfolio: Portfolio
) -> None:
    """A client whose room the share ends: a fifth of the income instead of the usual 35 %."""
    number, ours = next(
        (number, ours)
        for number, usual, ours in answers(model, portfolio, granted=True)
        if usual.room and ours.room and usual.room.largest != ours.room.largest
    )
    page = text(browser, f"/clients/{number}/leviers")
    assert " ".join(ours.sentence.split()) in page
    assert "quand la mensualité prend plus de 20 % du revenu." in page
    assert "35 % du revenu" not in page
