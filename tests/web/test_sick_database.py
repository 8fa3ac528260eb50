"""A database that is gone, locked or full takes down only what needs it, and is told in French."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.records import recents, tokens
from tests.web.conftest import token_of

SENTENCE = "L’application n’arrive pas à lire ou à écrire dans sa base de données"


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask, sign_in: Callable[..., object]) -> FlaskClient:
    browser = app.test_client()
    sign_in(browser)
    return browser


@pytest.fixture
def decision(portfolio: Portfolio) -> str:
    return f"/clients/{int(portfolio.numbers()[7])}"


def file_of(app: Flask) -> Path:
    return Path(app.config["INSTANCE"]) / "pretadepenser.sqlite"


@contextmanager
def gone(app: Flask) -> Iterator[None]:
    """The database cannot be opened, as when its server has stopped."""
    app.extensions["database"].engine.dispose()
    file = file_of(app)
    for path in file.parent.glob(f"{file.name}-*"):
        path.unlink()
    kept = file.rename(file.with_name("kept"))
    file.mkdir()
    yield
    file.rmdir()
    kept.rename(file)


@contextmanager
def locked(app: Flask) -> Iterator[None]:
    """Another process writes and does not come to an end."""
    with closing(sqlite3.connect(file_of(app), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def fill(app: Flask) -> None:
    """Let the database be read only, as on a disk that is full or refuses."""
    engine = app.extensions["database"].engine
    engine.dispose()

    @event.listens_for(engine, "connect")
    def full(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA query_only = ON")


def test_without_a_database_every_page_says_so_in_french(
    app: Flask, client: FlaskClient, decision: str, caplog: pytest.LogCaptureFixture
) -> None:
    app.logger.propagate = True
    for address in (decision, "/", "/modele", "/connexion", f"{decision}/entretien"):
        assert client.get(address).status_code == 200 or address == "/connexion"
    with gone(app):
        for address in (decision, "/", "/modele", "/connexion", f"{decision}/entretien"):
            answer = client.get(address)
            assert (answer.status_code, SENTENCE in answer.text) == (503, True), address
            assert answer.headers["Retry-After"] == "30"
            assert "Traceback" not in answer.text
        assert "Base de données : (sqlite3.OperationalError)" in caplog.text
        # Whether the session is over is not known.
        assert client.get("/session").status_code == 503
        ready = client.get("/readyz")
        assert (ready.status_code, ready.get_json()["database"]) == (503, "indisponible")
    # The session is what it was.
    assert client.get(decision).status_code == 200


def test_what_needs_no_database_answers_without_it(app: Flask, client: FlaskClient) -> None:
    with gone(app):
        assert client.get("/accessibilite").status_code == 200
        assert client.get("/healthz").status_code == 200
        assert client.get("/static/favicon.svg").status_code == 200


def test_the_api_says_so_too(app: Flask, decision: str) -> None:
    token = tokens.add_token(app.extensions["database"], "agence")
    headers = {"Authorization": f"Bearer {token}"}
    address = f"/api/v1{decision}/score"
    assert app.test_client().get(address, headers=headers).status_code == 200
    with gone(app):
        answer = app.test_client().get(address, headers=headers)
        assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
        assert (
            answer.get_json()["detail"] == "La base de données ne répond pas : recommencez dans un instant."
        )


def test_a_locked_database_shows_no_client_and_keeps_nobody_waiting_for_long(
    app: Flask, client: FlaskClient, decision: str
) -> None:
    """A page about a client needs its entry in the journal; the others go on."""
    with locked(app):
        begun = time.monotonic()
        answer = client.get(decision)
        assert (answer.status_code, SENTENCE in answer.text) == (503, True)
        assert time.monotonic() - begun < 6
        assert client.get("/modele").status_code == 200
        ready = client.get("/readyz")
        assert (ready.status_code, ready.get_json()["database"]) == (503, "écriture impossible")
    assert client.get("/readyz").status_code == 200
    # What was not shown is not among the clients looked at last either.
    assert decision.rpartition("/")[2] not in client.get("/").text.partition("Derniers")[2]
    client.get(decision)
    assert decision in client.get("/").text


def test_a_search_does_not_depend_on_the_clients_seen_last(
    app: Flask,
    client: FlaskClient,
    decision: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def busy(*_: object) -> None:
        raise OperationalError("INSERT", None, sqlite3.OperationalError("database is locked"))

    app.logger.propagate = True
    monkeypatch.setattr(recents, "remember", busy)
    number = decision.rpartition("/")[2]
    sent = {"numero": f"{number} leviers", "csrf_token": token_of(client.get("/").text)}
    answer = client.post("/", data=sent)
    assert (answer.status_code, answer.location) == (303, f"{decision}/leviers#reponse")
    assert "Derniers clients non notés : OperationalError" in caplog.text


def test_a_database_that_refuses_to_be_written_shows_no_client(
    app: Flask, client: FlaskClient, decision: str
) -> None:
    fill(app)
    answer = client.get(decision)
    assert (answer.status_code, SENTENCE in answer.text) == (503, True)
    assert client.get("/modele").status_code == 200
    assert client.get("/readyz").get_json()["database"] == "écriture impossible"
    # Attempts to sign in must be counted: without the count nobody may try.
    form = app.test_client()
    page = form.get("/connexion").text
    token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    sent = {"csrf_token": token, "identifiant": "bruno", "mot_de_passe": "un mot de passe"}
    answer = form.post("/connexion", data=sent)
    assert (answer.status_code, SENTENCE in answer.text) == (503, True)
