"""Decisions for tests of what comes after them, written by the code that pages and commands use."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

from flask import Flask
from sqlalchemy import insert, select

from pretadepenser.credit.model.scoring import current_model
from pretadepenser.credit.portfolio import current_portfolio
from pretadepenser.credit.recourse.decision import Decided, Motive, Verdict
from pretadepenser.money import using
from pretadepenser.records import deciding, decisions
from pretadepenser.records.database import Database
from pretadepenser.records.deciding import Desk
from pretadepenser.records.decisions import Person
from pretadepenser.records.models import Decision, User

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
    portfolio, model = (opened(app.config["INSTANCE"]) for opened in (current_portfolio, current_model))
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
            "content": decisions.journal.canonical(content),
            "sha256": "0" * 64,
        }
        return int(connection.execute(insert(Decision).values(values).returning(Decision.id)).scalar_one())
