"""What the journal writes of pages, people and commands; no page about a client is shown without it."""

import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import document_fromstring
from sqlalchemy import Connection, event, text
from werkzeug.test import TestResponse

from pretadepenser.records import entries, journal, sessions, tokens, users
from pretadepenser.records.database import Database
from pretadepenser.records.entries import Entry, Wanted
from pretadepenser.records.journal import Kind
from pretadepenser.web import trail
from tests.conftest import Clock
from tests.web.conftest import PASSWORD, token_of
from tests.web.test_meeting import needs_pango

SENTENCE = "L’application n’arrive pas à lire ou à écrire dans sa base de données"
CLIENT = "/clients/157083"
# Endpoints that show no client, and why.
NOTHING = {
    "static": "style sheets, the icon and scripts",
    "home.search": "a form, and numbers that this user opened before",
    "auth.sign_in": "journalled as a sign-in",
    "auth.sign_out": "journalled as a session's end",
    "auth.remaining": "seconds",
    "account.page": "one's own account; a change is journalled with its row",
    "account.end": "journalled as a session's end",
    "account.end_others": "journalled as a session's end",
    "decision.correct": "leads to the form, which is journalled",
    "application.picture": "drawn of what this server sealed into a page that was journalled; of no client",
    "access.open_file": "journalled as a file that is opened",
    "administration.settings": "settings; those of each start are journalled",
    "api.openapi": "the contract",
    "model.overview": "all clients together",
    "model.card": "all clients together",
    "model.picture": "all clients together",
    "model.spreadsheet": "all clients together",
    "model.fairness": "groups of clients",
    "model.fairness_picture": "groups of clients",
    "model.fairness_spreadsheet": "groups of clients",
    "model.fairness_chart_spreadsheet": "groups of clients",
    "operations.alive": "for a supervisor",
    "operations.ready": "for a supervisor",
    "site.accessibility": "the statement",
    "site.evidence": "an audit",
    "site.guide": "help",
    "site.plan": "addresses",
    "watch.page": "another study",
    "watch.picture": "another study",
    "watch.report": "another study",
    "watch.spreadsheet": "another study",
}


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask, sign_in: Callable[..., object]) -> FlaskClient:
    browser = app.test_client()
    sign_in(browser)
    return browser


def database_of(app: Flask) -> Database:
    opened: Database = app.extensions["database"]
    return opened


def written(app: Flask, **wanted: Any) -> Sequence[Entry]:
    """Entries of the journal, the oldest first."""
    return entries.find(database_of(app), Wanted(**wanted), 1000)[::-1]


def told(entry: Entry) -> dict[str, Any]:
    """What an entry tells besides who and whose."""
    assert entry.content is not None
    return {name: value for name, value in entry.content.items() if name not in ("actor", "client")}


def test_every_address_is_journalled_or_said_to_show_nobody(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert set(trail.KINDS) | set(NOTHING) == endpoints
    assert not set(trail.KINDS) & set(NOTHING)


def test_a_page_about_a_client_that_nobody_thought_of_is_journalled_all_the_same() -> None:
    assert trail.kind_of("later.page", "/clients/<int:number>/plus-tard") is Kind.OPENED
    assert trail.kind_of("later.page", "/clients") is None


PAGES: list[tuple[str, str, dict[str, Any]]] = [
    ("", "client.opened", {"page": "clients.decision"}),
    ("/dossier", "client.file", {"page": "clients.file"}),
    ("/historique", "client.history", {"page": "history.show"}),
    (
        "/comparaison",
        "client.compared",
        {"page": "comparison.compare", "figure": "AMT_CREDIT", "crossed": None},
    ),
    (
        "/comparaison?donnee=AMT_ANNUITY&avec=AMT_CREDIT",
        "client.compared",
        {"page": "comparison.compare", "figure": "AMT_ANNUITY", "crossed": "AMT_CREDIT"},
    ),
    ("/simulation", "client.simulated", {"page": "simulation.simulate"}),
    ("/leviers", "client.levers", {"page": "levers.levers"}),
    ("/leviers?fixe=inconnu", "client.levers", {"page": "levers.levers"}),
    ("/entretien", "client.sheet", {"page": "meeting.sheet"}),
    ("/graphiques/score.csv", "client.exported", {"page": "clients.spreadsheet", "name": "score"}),
    ("/entretien/graphiques/score.csv", "client.exported", {"page": "meeting.spreadsheet"}),
    ("/leviers/graphiques/montant.csv", "client.exported", {"page": "levers.spreadsheet"}),
]


def test_every_page_about_a_client_is_written_down_with_who_opened_it(
    app: Flask, client: FlaskClient
) -> None:
    for address, kind, content in PAGES:
        assert client.get(CLIENT + address).status_code in (200, 422)
        last = written(app)[-1]
        assert (last.kind, last.actor, last.client, told(last)) == (kind, "bruno", 157_083, content), address
    assert client.head(CLIENT).status_code == 200
    assert len(written(app, client=157_083)) == len(PAGES) + 1, "one each, the head too"
    assert journal.verify(database_of(app)).entries == written(app)[-1].number


@needs_pango
def test_the_pdf_of_the_sheet_is_an_export(app: Flask, client: FlaskClient) -> None:
    assert client.get(f"{CLIENT}/entretien.pdf").mimetype == "application/pdf"
    last = written(app)[-1]
    assert (last.kind, last.client, told(last)) == ("client.exported", 157_083, {"page": "meeting.pdf"})


def test_of_a_simulation_the_changed_figures_are_named_never_their_values(
    app: Flask, client: FlaskClient
) -> None:
    page = client.get(f"{CLIENT}/simulation").text
    (sent,) = [one for one in document_fromstring(page).forms if "amt_credit" in one.fields]
    form = dict(sent.form_values()) | {
        "amt_credit": "2 178",
        "amt_goods_price": "2 178",
        "amt_annuity": "100",
    }
    assert client.post(f"{CLIENT}/simulation", data=form).status_code == 200
    last = written(app)[-1]
    assert last.kind == "client.simulated"
    assert told(last)["changed"] == ["AMT_ANNUITY", "AMT_CREDIT", "AMT_GOODS_PRICE"]
    assert "178" not in str(last.content)
    assert client.post(f"{CLIENT}/simulation/chiffres.csv", data=form).mimetype == "text/csv"
    assert written(app)[-1].kind == "client.exported"
    assert told(written(app)[-1])["changed"] == ["AMT_ANNUITY", "AMT_CREDIT", "AMT_GOODS_PRICE"]


def test_a_new_file_is_written_down_once_it_is_sent(app: Flask, client: FlaskClient) -> None:
    assert client.head("/dossiers/nouveau").status_code == 200
    page = client.get("/dossiers/nouveau").text
    assert written(app)[-1].kind == "session.begun", "an empty form shows nobody"
    assert client.post("/dossiers/nouveau", data={"csrf_token": token_of(page)}).status_code == 422
    last = written(app)[-1]
    assert (last.kind, last.actor, last.client) == ("file.scored", "bruno", None)


def test_pictures_of_a_page_that_was_opened_are_not_written_down(
    app: Flask, client: FlaskClient, clock: Clock, sign_in: Callable[..., object]
) -> None:
    clock.now = time.clock_gettime(time.CLOCK_REALTIME)
    picture = f"{CLIENT}/graphiques/score.svg"
    client.get(CLIENT)
    for address in (picture, f"{CLIENT}/comparaison/graphiques/repartition.svg", picture):
        assert client.get(address).status_code == 200
    assert [one.kind for one in written(app, client=157_083)] == ["client.opened"]
    # Somebody else who opens the picture alone has not opened the page.
    users.add_user(database_of(app), "berthe", "conseiller", PASSWORD)
    other = app.test_client()
    sign_in(other, "berthe")
    for _ in range(2):
        assert other.get(picture).status_code == 200
    alone = written(app, client=157_083)[1:]
    assert [(one.kind, one.actor, told(one)) for one in alone] == [
        ("client.picture", "berthe", {"page": "clients.picture", "name": "score"})
    ]
    # Half a day later it is another consultation.
    clock.now += 12 * 3600 + 1
    sign_in(client)
    assert client.get(picture).status_code == 200
    assert [one.actor for one in written(app, client=157_083)] == ["bruno", "berthe", "bruno"]


def test_of_what_is_refused_or_does_not_exist_nothing_is_written(app: Flask, client: FlaskClient) -> None:
    before = len(written(app))
    for address in ("/clients/1", f"{CLIENT}/graphiques/absent.svg", "/clients/1/entretien"):
        assert client.get(address).status_code == 404
    assert client.options(CLIENT).status_code == 200
    assert client.get("/modele/equite").status_code == 403
    assert app.test_client().get(CLIENT).status_code == 303
    assert app.test_client().get(f"/api/v1{CLIENT}/score").status_code == 401
    assert len(written(app)) == before


def test_the_api_is_written_down_with_the_name_of_its_token(app: Flask) -> None:
    name = "a" * 64
    headers = {"Authorization": f"Bearer {tokens.add_token(database_of(app), name)}"}
    browser = app.test_client()
    assert browser.get(f"/api/v1{CLIENT}/score", headers=headers).status_code == 200
    assert browser.get("/api/v1/clients/1/score", headers=headers).status_code == 404
    (last,) = written(app, kinds=frozenset({Kind.API}))
    assert (last.actor, last.client, told(last)) == (f"jeton {name}", 157_083, {"page": "api.client_score"})


@contextmanager
def full(app: Flask) -> Iterator[None]:
    """The database may not grow, as on a full disk; SQLite itself refuses."""
    engine = database_of(app).engine
    with database_of(app).connection() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))

    @event.listens_for(engine, "begin")
    def bound(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}").close()

    yield
    event.remove(engine, "begin", bound)
    engine.dispose()


def until_refused(get: Callable[[], TestResponse]) -> tuple[int, TestResponse]:
    """Ask for the same until it is not given; say how often it was, and what came then."""
    for given in range(300):
        answer = get()
        if answer.status_code != 200:
            return given, answer
    raise AssertionError("never refused")


def test_on_a_full_disk_nothing_of_a_client_is_shown_that_is_not_written_down(
    app: Flask, client: FlaskClient
) -> None:
    """What still fits is written and shown; the first that does not fit shows one sentence, and no client."""
    with full(app):
        shown, answer = until_refused(lambda: client.get(f"{CLIENT}/graphiques/score.csv"))
        assert (answer.status_code, SENTENCE in answer.text) == (503, True)
        assert answer.headers["Retry-After"] == "30"
        assert "Score" not in answer.text
        assert "157083" not in answer.text
        assert len(written(app, client=157_083)) == shown
    assert client.get(CLIENT).status_code == 200
    assert journal.verify(database_of(app)).entries == written(app)[-1].number


def test_while_another_writes_and_does_not_end_no_client_is_shown(app: Flask, client: FlaskClient) -> None:
    client.get(CLIENT)
    file = Path(app.config["INSTANCE"]) / "pretadepenser.sqlite"
    before = len(written(app))
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        answer = client.get(f"{CLIENT}/historique")
        assert (answer.status_code, SENTENCE in answer.text) == (503, True)
        assert 2 < time.monotonic() - begun < 6
        assert "157083" not in answer.text
        # The picture of a page that was opened needs no other entry.
        assert client.get(f"{CLIENT}/graphiques/score.svg").status_code == 200
        assert client.get("/modele").status_code == 200
        other.execute("ROLLBACK")
    assert len(written(app)) == before


def test_the_api_gives_no_score_either_that_is_not_written_down(app: Flask) -> None:
    headers = {"Authorization": f"Bearer {tokens.add_token(database_of(app), 'agence')}"}
    with full(app):
        browser = app.test_client()
        given, answer = until_refused(lambda: browser.get(f"/api/v1{CLIENT}/score", headers=headers))
        assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
        assert "La base de données ne répond pas" in answer.get_json()["detail"]
        assert len(written(app, client=157_083)) == given


def test_signing_in_and_out_is_written_down_and_what_fails_too(
    app: Flask, sign_in: Callable[..., object]
) -> None:
    browser = app.test_client()
    for name, password in (("bruno", "pas le bon mot de passe"), ("Mon mot de passe tapé ici", "bruno")):
        sign_in(browser, name, password)
    sign_in(browser, "Bruno")
    token = token_of(browser.get("/compte").text)
    browser.post("/deconnexion", data={"csrf_token": token})
    found = [(one.kind, one.actor, one.client) for one in written(app)][1:]
    assert found == [
        ("session.refused", "bruno", None),
        ("session.refused", "compte inconnu", None),
        ("session.begun", "bruno", None),
        ("session.ended", "bruno", None),
    ]
    begun, ended = map(told, written(app)[-2:])
    assert begun == {"session": begun["session"], "role": "conseiller"}
    assert ended == {"session": begun["session"], "why": "déconnexion"}
    # What was typed may be a password: it stands in no entry.
    assert not [one for one in written(app) if "tapé ici" in f"{one.actor} {one.content}"]


def test_attempts_that_are_slowed_down_do_not_fill_the_journal(
    app: Flask, sign_in: Callable[..., Any], clock: Clock
) -> None:
    statuses = [sign_in(app.test_client(), "bruno", "pas le bon").status_code for _ in range(12)]
    assert statuses.count(429) > 4
    refused = written(app, kinds=frozenset({Kind.SIGN_IN_FAILED}))
    assert len(refused) == statuses.count(422)


def test_a_password_changed_by_its_owner_and_sessions_that_end_by_it(
    app: Flask, client: FlaskClient, sign_in: Callable[..., object]
) -> None:
    sign_in(app.test_client())
    form = {"actuel": "pas le bon", "nouveau": "une autre suite de mots", "encore": "une autre suite de mots"}
    form["csrf_token"] = token_of(client.get("/compte").text)
    assert client.post("/compte", data=form).status_code == 422
    assert client.post("/compte", data=form | {"actuel": PASSWORD}).status_code == 303
    refused, changed = written(app)[-2:]
    assert (refused.kind, refused.actor, told(refused)) == ("session.refused", "bruno", {"page": "compte"})
    assert (changed.kind, changed.actor) == ("account.changed", "bruno")
    assert told(changed) == {"change": "mot de passe", "account": "bruno", "sessions_ended": 1}


def test_a_session_that_ended_unseen_is_told_once_with_when_and_why(
    app: Flask, client: FlaskClient, clock: Clock, sign_in: Callable[..., object]
) -> None:
    sign_in(app.test_client())
    clock.now += 24 * 3600 + 1
    for _ in range(2):
        sign_in(app.test_client())
    ended = written(app, kinds=frozenset({Kind.SIGNED_OUT}))
    assert {one.actor for one in ended} == {"bruno"}
    # The first is of the real time of day, another one: this one ended an hour after it was used last.
    idle = [told(one)["ended"] for one in ended if told(one)["why"] == "inactivité"]
    assert idle.count("2027-01-15T09:00:00+00:00") == 1
    database = database_of(app)
    user = users.list_users(database)[0]
    kept = sessions.listed(database, user.id, sessions.Limits(3600, 86400))
    assert sessions.end_others(database, user.id, kept[0].id) == 1
    assert told(written(app)[-1])["why"] == "mise fin"


def run(app: Flask, *words: str, stdin: str | None = None) -> Any:
    return app.test_cli_runner().invoke(args=list(words), input=stdin)


def test_commands_on_accounts_and_tokens_are_written_down(app: Flask) -> None:
    before = written(app)[-1].number
    run(app, "user", "add", "chloé", "--role", "responsable", "--password-stdin", stdin=PASSWORD + "\n")
    run(app, "user", "password", "chloé", "--generate")
    run(app, "user", "disable", "chloé")
    run(app, "token", "add", "agence")
    run(app, "token", "revoke", "agence")
    found = [one for one in written(app) if one.number > before]
    assert {one.actor for one in found} == {"commande"}
    assert [(one.kind, told(one)) for one in found] == [
        ("account.changed", {"change": "ajout", "account": "chloé", "role": "responsable"}),
        ("account.changed", {"change": "mot de passe", "account": "chloé", "sessions_ended": 0}),
        ("account.changed", {"change": "désactivation", "account": "chloé", "sessions_ended": 0}),
        ("token.changed", {"change": "ajout", "token": "agence"}),
        ("token.changed", {"change": "révocation", "token": "agence"}),
    ]
    for name in ("commande", "Serveur"):
        refused = run(app, "user", "add", name, "--role", "conseiller", "--generate")
        assert refused.exit_code == 1
        assert f"Le journal se sert du nom « {name.casefold()} » : choisissez-en un autre." in refused.output
    assert written(app)[-1].number == found[-1].number, "what is refused changes nothing"


def test_scores_that_are_computed_and_portfolios_are_written_down(app: Flask) -> None:
    assert run(app, "model", "score").exit_code == 0
    last = written(app)[-1]
    assert (last.kind, last.actor, told(last)["clients"]) == ("scores.computed", "commande", 2000)
    assert re.fullmatch("[0-9a-f]{64}", told(last)["model"])
    assert run(app, "portfolio", "demo", "--clients", "300", "--no-histories").exit_code == 0
    last = written(app)[-1]
    assert (last.kind, last.actor, told(last)["clients"]) == ("portfolio.imported", "commande", 300)
    assert re.fullmatch("[0-9a-f]{64}", told(last)["sha256"])


def test_a_command_goes_on_without_a_database_and_says_so(app: Flask) -> None:
    with database_of(app).connection() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    done = run(app, "model", "score")
    assert done.exit_code == 0
    assert "Ceci n’est pas inscrit au journal : la base de données n’est pas prête" in done.output
    assert "Scores en place : 2\u202f000\xa0clients." in done.output


def test_the_settings_of_each_start_are_written_down_but_no_secret(
    make_app: Callable[..., Flask], capsys: pytest.CaptureFixture[str]
) -> None:
    app = make_app(LIMIT=0.41, SECRET_KEY="ne doit se lire nulle part, jamais")
    trail.started(app)
    last = written(app)[-1]
    assert (last.kind, last.actor) == ("server.started", "serveur")
    settings = told(last)["settings"]
    assert settings["LIMIT"] == 0.41
    assert settings["NEAR_POINTS"] == 10
    assert settings["SECRET_KEY"] == settings["DATABASE_URL"] == "défini"
    assert "ne doit se lire" not in str(last.content)
    with database_of(app).connection() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    trail.started(app)
    assert (
        "Ce démarrage n’est pas inscrit au journal : la base de données n’est pas prête."
    ) in capsys.readouterr().err
