"""An auditor opens a client's file from an entry of the journal, for a day; the journal itself says so."""

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import document_fromstring

from pretadepenser.records import journal, users
from pretadepenser.records.journal import Kind
from tests.conftest import Clock
from tests.web.conftest import PASSWORD, token_of

Enter = Callable[[str], FlaskClient]
CLIENT, OTHER = 157_083, 100_001
PAGES = ("", "/dossier", "/historique", "/comparaison", "/leviers", "/entretien", "/graphiques/score.svg")


@dataclass(frozen=True)
class House:
    """An application, and entries of its journal: one about CLIENT, one about nobody, one of reading it."""

    app: Flask
    about: int
    nobody: int
    read: int


@pytest.fixture
def house(make_app: Callable[..., Flask]) -> House:
    """A house with two auditors and an administrator."""
    app = make_app()
    database = app.extensions["database"]
    for name, role in (("anne", "auditeur"), ("alice", "auditeur"), ("chef", "administrateur")):
        users.add_user(database, name, role, PASSWORD)
    return House(
        app,
        journal.append(database, Kind.OPENED, "bruno", CLIENT),
        journal.append(database, Kind.TRAINED, "commande"),
        journal.append(database, Kind.JOURNAL_READ, "anne", CLIENT),
    )


@pytest.fixture
def enter(house: House, sign_in: Callable[..., object]) -> Enter:
    def browser(name: str) -> FlaskClient:
        found = house.app.test_client()
        sign_in(found, name)
        return found

    return browser


def open_from(browser: FlaskClient, entry: int) -> tuple[int, str | None]:
    """Press the button of an entry; status and where it leads."""
    form = {"csrf_token": token_of(browser.get("/compte").text)}
    answer = browser.post(f"/journal/{entry}/dossier", data=form)
    return answer.status_code, answer.location


def granted(app: Flask) -> list[tuple[str, int, object]]:
    """Who opened whose file from which entry, as the journal tells it."""
    with closing(sqlite3.connect(app.config["INSTANCE"] / "pretadepenser.sqlite")) as file:
        rows = file.execute(
            "SELECT actor, client, content FROM journal_entry WHERE kind = 'journal.file_opened'"
        ).fetchall()
    return [(actor, client, json.loads(content)["entry"]) for actor, client, content in rows]


def words(page: str) -> str:
    return " ".join(document_fromstring(page).xpath("//main")[0].text_content().split())


def statuses(browser: FlaskClient, client: int) -> set[int]:
    return {browser.get(f"/clients/{client}{path}").status_code for path in PAGES}


def test_a_file_opens_from_an_entry_and_to_who_asked_alone(house: House, enter: Enter) -> None:
    anne, alice = enter("anne"), enter("alice")
    assert statuses(anne, CLIENT) == {403}
    assert open_from(anne, house.about) == (303, f"/clients/{CLIENT}")
    page = anne.get(f"/clients/{CLIENT}")
    assert page.status_code == 200
    assert (
        "Ce dossier vous est ouvert pour 12 heures ; le journal note chaque page que vous en lirez."
    ) in words(page.text)
    assert statuses(anne, CLIENT) == {200}
    assert anne.head(f"/clients/{CLIENT}").status_code == 200
    assert statuses(anne, OTHER) == {403}
    assert statuses(alice, CLIENT) == {403}
    assert granted(house.app) == [("anne", CLIENT, house.about)]
    journal.verify(house.app.extensions["database"])


def test_no_page_offers_what_an_auditor_may_not_do(house: House, enter: Enter) -> None:
    anne = enter("anne")
    open_from(anne, house.about)
    pages = document_fromstring(anne.get(f"/clients/{CLIENT}").text)
    assert pages.xpath("//nav[@aria-label='Pages du client']//a/text()") == [
        "Décision", "Historique de crédit", "Comparaison", "Leviers", "Fiche d’entretien",
    ]  # fmt: skip
    for path in PAGES[:-1]:
        page = document_fromstring(anne.get(f"/clients/{CLIENT}{path}").text)
        links = {link.partition("#")[0] for link in page.xpath("//a/@href | //form/@action")}
        assert not [link for link in links if "simulation" in link or "nouveau" in link], path
    token = {"csrf_token": token_of(anne.get("/compte").text)}
    for path in ("/simulation", "/simulation/chiffres.csv"):
        assert anne.post(f"/clients/{CLIENT}{path}", data=token).status_code == 403
    refused = anne.get(f"/clients/{CLIENT}/simulation")
    assert refused.status_code == 403
    assert "Un auditeur lit des dossiers de clients ; il n’y saisit rien." in words(refused.text)


def test_twelve_hours_later_it_is_closed(house: House, enter: Enter, clock: Clock) -> None:
    # The journal keeps its own time, which no test sets.
    clock.now = time.clock_gettime(time.CLOCK_REALTIME)
    open_from(enter("anne"), house.about)
    clock.now += 12 * 3600 - 60
    again = enter("anne")
    assert statuses(again, CLIENT) == {200}
    clock.now += 120
    assert statuses(again, CLIENT) == {403}
    assert open_from(again, house.about) == (303, f"/clients/{CLIENT}")


@pytest.mark.parametrize("entry", ["0", "nobody", "read", "9999", "1" + 30 * "0"])
def test_an_entry_that_gives_no_reason_opens_nothing(house: House, enter: Enter, entry: str) -> None:
    anne = enter("anne")
    number = int(entry) if entry.isdecimal() else getattr(house, entry)
    assert open_from(anne, number) == (404, None)
    assert granted(house.app) == []
    for path in (f"/clients/{10**30}", f"/decisions/{10**30}", f"/courriers/{10**30}.pdf"):
        assert anne.get(path).status_code == 403


def test_the_entry_that_opened_a_file_opens_it_to_nobody_again(house: House, enter: Enter) -> None:
    open_from(enter("anne"), house.about)
    with closing(sqlite3.connect(house.app.config["INSTANCE"] / "pretadepenser.sqlite")) as file:
        ((grant,),) = file.execute("SELECT number FROM journal_entry WHERE kind = 'journal.file_opened'")
    for name in ("anne", "alice"):
        browser = enter(name)
        assert open_from(browser, grant) == (404, None)
    refused = browser.post(
        f"/journal/{grant}/dossier", data={"csrf_token": token_of(browser.get("/compte").text)}
    )
    assert "Aucun dossier ne s’ouvre à partir de cette entrée du journal." in words(refused.text)
    assert len(granted(house.app)) == 1


def test_an_entry_that_is_erased_opens_nothing(house: House, enter: Enter) -> None:
    with closing(sqlite3.connect(house.app.config["INSTANCE"] / "pretadepenser.sqlite")) as file, file:
        file.execute(
            "UPDATE journal_entry SET actor = NULL, client = NULL, content = NULL, salt = NULL "
            "WHERE number = ?",
            (house.about,),
        )
    assert open_from(enter("anne"), house.about) == (404, None)
    assert granted(house.app) == []


def test_a_client_who_left_the_portfolio_is_told(house: House, enter: Enter) -> None:
    number = journal.append(house.app.extensions["database"], Kind.OPENED, "bruno", 424_242)
    anne = enter("anne")
    assert open_from(anne, number) == (303, "/journal")
    assert granted(house.app) == [("anne", 424_242, number)]
    unknown = anne.get("/clients/424242")
    assert unknown.status_code == 404
    assert "Le portefeuille n’a plus le client 424242 : seules ses décisions peuvent se lire." in words(
        unknown.text
    )
    # Nobody is offered a search that would be refused.
    assert not document_fromstring(unknown.text).xpath("//main//form")


@pytest.mark.parametrize(
    ("name", "told", "way"),
    [
        (
            "anne",
            "Un auditeur ouvre le dossier d’un client à partir d’une entrée du journal, qui le note : "
            "cherchez-y celle qui vous amène.",
            "Ouvrir le journal",
        ),
        ("chef", "Un administrateur n’ouvre aucun dossier de client.", "Ouvrir les réglages"),
    ],
)
def test_a_closed_file_says_why_and_what_to_do(enter: Enter, name: str, told: str, way: str) -> None:
    browser = enter(name)
    for number in (CLIENT, 999_999_999):
        page = browser.get(f"/clients/{number}")
        assert page.status_code == 403
        # Nor does it tell whether there is such a client.
        assert told in words(page.text)
        assert words(page.text).startswith("Dossier fermé")
        assert document_fromstring(page.text).xpath("//main//a/text()") == [way]


@pytest.mark.parametrize(("name", "start"), [("anne", "/journal"), ("chef", "/administration/reglages")])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_start_page_leads_to_where_work_begins(enter: Enter, name: str, start: str, method: str) -> None:
    browser = enter(name)
    answer = browser.open("/", method=method)
    assert (answer.status_code, answer.location) == (303, start)
    mounted = browser.get("/", base_url="http://localhost/credit/")
    assert mounted.location == f"/credit{start}"


def test_a_file_is_not_open_while_the_journal_cannot_be_read(house: House, enter: Enter) -> None:
    anne = enter("anne")
    open_from(anne, house.about)
    with closing(sqlite3.connect(house.app.config["INSTANCE"] / "pretadepenser.sqlite")) as file:
        file.execute("ALTER TABLE journal_entry RENAME TO elsewhere")
    house.app.testing = False
    answer = anne.get(f"/clients/{CLIENT}")
    assert answer.status_code == 503
    assert "Base de données indisponible" in words(answer.text)
