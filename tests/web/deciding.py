"""Decisions and reviews for tests of what comes after them, written by the code that pages use."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement
from sqlalchemy import insert, select, update
from werkzeug.test import TestResponse

from pretadepenser.credit.model.scoring import current_model
from pretadepenser.credit.portfolio import current_portfolio
from pretadepenser.credit.recourse.decision import Decided, Motive, Verdict
from pretadepenser.money import using
from pretadepenser.records import deciding, decisions, journal, letters, reviews
from pretadepenser.records.database import Database
from pretadepenser.records.deciding import Desk
from pretadepenser.records.decisions import Person
from pretadepenser.records.models import Decision, User
from tests import invariants
from tests.conftest import signed_in

ASKED = {"canal": "courrier", "demande": "Mon revenu est plus élevé que ce que dit le dossier."}
KEYS = (f"clé {number}" for number in count())


def person(app: Flask, name: str) -> Person:
    """The user of this name, as records name whoever writes."""
    database: Database = app.extensions["database"]
    with database.connection() as connection:
        return Person(connection.execute(select(User.id).where(User.name == name)).scalar_one(), name)


def decide(
    app: Flask,
    author: str,
    verdict: Verdict = Verdict.REFUSE,
    *,
    number: int = 157_083,
    waiting: bool = False,
    corrects: int | None = None,
    at: datetime | None = None,
    told_as: int | None = None,
) -> int:
    """Write a decision and give its id. at: another moment, without its entry of the journal then; told_as:
    number of the client that it names, whatever client it was made on."""
    portfolio, model = current_portfolio(app.config["INSTANCE"]), current_model(app.config["INSTANCE"])
    assert portfolio
    assert model
    client = portfolio.client(number)
    assert client
    decided = Decided(verdict, (Motive.INCOME,), "Le revenu n’est pas prouvé.", "Il dit gagner plus.")
    with using(portfolio.money):
        desk = Desk(app.config["INSTANCE"], model, portfolio, app.config)
        content = deciding.prepare(desk, replace(client, number=told_as or number), decided).content
    database: Database = app.extensions["database"]
    who = person(app, author)
    if at is None:
        conclude(app, told_as or number, None if corrects else who)
        return decisions.add(
            database, next(KEYS), who, told_as or number, verdict, content, waiting=waiting, corrects=corrects
        )
    with database.connection() as connection:
        values = {
            "key": next(KEYS),
            "client": told_as or number,
            "author_id": who.id,
            "at": at.astimezone(UTC),
            "verdict": str(verdict),
            "waiting": waiting,
            "content": journal.canonical(content),
            "sha256": "0" * 64,
        }
        return int(connection.execute(insert(Decision).values(values).returning(Decision.id)).scalar_one())


def conclude(app: Flask, number: int, author: Person | None = None) -> None:
    """End the open reviews of a client, on whom nobody decides before; what was contested holds.

    author: who is to decide next, even if a review replaced a decision of theirs: then what stands is erased.
    """
    database: Database = app.extensions["database"]
    for review in reviews.open_reviews(database):
        if review.client == number:
            barred = reviews.deciders(database, review.decision)
            other = next(
                one for one in (person(app, "delphine"), person(app, "agathe")) if one.id not in barred
            )
            reviews.end(database, other, review.reference, {"answer": "La décision est maintenue."})
    if author is not None and decisions.closed(database, number, author.id):
        with database.connection() as connection:
            connection.execute(
                update(Decision).where(Decision.client == number).values(client=None, content=None)
            )


def words(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def main_of(answer: TestResponse) -> HtmlElement:
    main: HtmlElement = invariants.check(answer.text, answer.request.path).xpath("//main")[0]
    return main


def read(browser: FlaskClient, address: str, status: int = 200) -> str:
    """The words of a page."""
    answer = browser.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return words(main_of(answer))


def filled(browser: FlaskClient, address: str, **typed: object) -> dict[str, object]:
    """What the form of a page sends with these answers."""
    (form,) = [one for one in main_of(browser.get(address)).xpath(".//form") if one.xpath(".//textarea")]
    return {**{name: value for name, value in form.form_values() if value is not None}, **typed}


def send(browser: FlaskClient, address: str, **typed: object) -> TestResponse:
    """Fill a form in and send it."""
    return browser.post(address, data=filled(browser, address, **typed))


def led(answer: TestResponse) -> str:
    """Where an answer leads to."""
    assert answer.status_code == 303, [words(one) for one in main_of(answer).find_class("error-summary")]
    return answer.location


def work(app: Flask) -> None:
    """Leave something of each kind to somebody else than agathe: what is late, and three reviews.

    The last three are open, open with a correction, and ended by another decision.
    """
    decide(app, "agathe", Verdict.GRANT, waiting=True, at=datetime.now(UTC) - timedelta(5))
    agathe, delphine = signed_in(app, "agathe"), signed_in(app, "delphine")
    portfolio, database = current_portfolio(app.config["INSTANCE"]), app.extensions["database"]
    assert portfolio
    # While a review is open nobody decides anew on its client: each has its own.
    fresh = [one for one in portfolio.numbers()[:50].tolist() if not decisions.of_client(database, one)]
    numbers = [*[one for one in fresh if one != 157_083][:2], 157_083]
    made = [decide(app, "agathe", number=number) for number in numbers]
    records = [led(send(agathe, f"/decisions/{decision}/reexamen", **ASKED)) for decision in made]
    for record in records[1:]:
        typed = {"amt_income_total": "9 000", "preuve": "Avis d’imposition du 3 mars."}
        led(send(delphine, f"{record}/donnees", **typed))
    led(send(delphine, f"{records[2]}/issue", verdict="accord", reponse="Votre demande est acceptée."))


def write_to(app: Flask, decision: int) -> None:
    """Leave a letter of a decision, made by agathe."""
    database: Database = app.extensions["database"]
    agathe = person(app, "agathe")
    letters.add(database, next(KEYS), agathe, decision, "accord", "2026-11-5", b"%PDF")
