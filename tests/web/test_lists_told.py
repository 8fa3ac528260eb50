"""Lists that show clients are journalled, client by client; no auditor keeps a file open by reading it."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pretadepenser import create_app
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.records import entries, erasing, grants, journal, subject
from pretadepenser.records.entries import Entry, Wanted
from pretadepenser.records.journal import Kind
from tests.conftest import Clock, signed_in
from tests.web.conftest import token_of
from tests.web.deciding import ASKED, decide, led, person, read, send
from tests.web.test_trail import database_of, told

FIRST, SECOND = 157_083, 100_001
HOUR = 3600
LISTED = frozenset({Kind.LISTED})


@pytest.fixture
def app(untouched: Path, tmp_path: Path) -> Flask:
    """agathe decided on two clients, on one of them twice; the other's decision waits for a second reader."""
    folder = shutil.copytree(untouched, tmp_path / "instance", symlinks=True)
    made = create_app({"INSTANCE": folder, "TESTING": True})
    for number, waiting in ((FIRST, False), (FIRST, False), (SECOND, True)):
        decide(made, "agathe", number=number, waiting=waiting)
    return made


def listed(app: Flask, actor: str) -> list[tuple[int | None, dict[str, Any]]]:
    """Clients and what is told besides, the oldest entry first."""
    found: Sequence[Entry] = entries.find(database_of(app), Wanted(kinds=LISTED, actor=actor), 1000)[::-1]
    return [(one.client, told(one)) for one in found]


def test_a_list_of_decisions_is_told_with_each_client_it_shows(app: Flask) -> None:
    assert signed_in(app, "agathe").get("/decisions").status_code == 200
    own = {"page": "decision.own"}
    assert listed(app, "agathe") == [(None, own | {"clients": 2}), (SECOND, own), (FIRST, own)]
    assert signed_in(app, "delphine").get("/revues").status_code == 200
    work = {"page": "reviews.work_list"}
    assert listed(app, "delphine") == [(None, work | {"clients": 1}), (SECOND, work)]
    assert journal.verify(database_of(app)).erased == 0


def test_reviews_that_wait_and_that_ended_are_told_too(app: Flask, portfolio: Portfolio) -> None:
    third = int(portfolio.numbers()[9])
    agathe, delphine = signed_in(app, "agathe"), signed_in(app, "delphine")
    ended = led(send(agathe, "/decisions/1/reexamen", **ASKED))
    led(send(delphine, f"{ended}/issue", verdict="accord", reponse="Votre demande est acceptée."))
    led(send(agathe, f"/decisions/{decide(app, 'agathe', number=third)}/reexamen", **ASKED))
    assert str(third) in read(delphine, "/revues")
    assert {client for client, _ in listed(app, "delphine")} == {None, FIRST, SECOND, third}


def test_a_list_without_anybody_is_told_as_such(app: Flask) -> None:
    assert signed_in(app, "agathe").get("/decisions?avant=1").status_code == 200
    assert listed(app, "agathe") == [(None, {"page": "decision.own", "clients": 0})]


def test_a_client_is_told_once_in_twelve_hours_and_each_look_at_the_list(
    app: Flask, clock: Clock, portfolio: Portfolio
) -> None:
    third = int(portfolio.numbers()[9])
    delphine = signed_in(app, "delphine")
    for _ in range(2):
        delphine.get("/revues")
    assert [client for client, _ in listed(app, "delphine")] == [None, SECOND, None]
    decide(app, "agathe", number=third, waiting=True)
    delphine.get("/revues")
    assert [client for client, _ in listed(app, "delphine")][3:] == [None, third]
    clock.now += 12 * HOUR + 60
    signed_in(app, "delphine").get("/revues")
    assert sorted(client or 0 for client, _ in listed(app, "delphine")[5:]) == sorted([0, SECOND, third])


def test_another_persons_list_is_told_of_that_person(app: Flask) -> None:
    signed_in(app, "agathe").get("/decisions")
    signed_in(app, "delphine").get("/decisions")
    assert [client for client, _ in listed(app, "delphine")] == [None, SECOND, FIRST]


def test_the_clients_trail_copy_and_erasure_reach_lists_and_leave_those_of_others(app: Flask) -> None:
    signed_in(app, "agathe").get("/decisions")
    opened = database_of(app)
    trail = read(signed_in(app, "basile"), f"/journal?client={FIRST}&quoi=decision.listed")
    assert "Journal : 1 entrée – client 157083" in trail.replace("\u00a0", " ")
    assert "Liste de décisions consultée page : décisions" in trail.replace("\u00a0", " ")
    held = subject.held(opened, FIRST)["journal"]
    assert [one["told"] for one in held if one["kind"] == "decision.listed"] == [
        {"client": FIRST, "page": "decision.own"}
    ]
    erasing.begin(opened, FIRST, erasing.digest_of("k" * 32, FIRST))
    assert [client for client, _ in listed(app, "agathe")] == [None, SECOND]
    assert erasing.entries_about(database_of(app).engine.connect(), FIRST) == []
    assert journal.verify(opened).erased > 0


def auditing(app: Flask, name: str) -> tuple[FlaskClient, dict[str, str]]:
    """An auditor's browser and the token of its forms."""
    browser = signed_in(app, name)
    return browser, {"csrf_token": token_of(browser.get("/compte").text)}


def opens(app: Flask, who: tuple[FlaskClient, dict[str, str]], entry: int) -> int:
    """Ask for the file from an entry; the page of the journal offers it to the same auditor, or does not."""
    browser, token = who
    page = browser.get(f"/journal?avant={entry + 1}").text
    offered = f"/journal/{entry}/dossier" in page
    status = browser.post(f"/journal/{entry}/dossier", data=token).status_code
    assert offered is (status == 303), "what is offered is what can be had"
    return int(status)


def last(app: Flask, **wanted: Any) -> int:
    return entries.find(database_of(app), Wanted(**wanted), 1)[0].number


def test_no_file_is_opened_from_an_entry_that_came_of_its_being_open(app: Flask, clock: Clock) -> None:
    """Else a file that was once opened stays open for ever: each page that is read would open it again."""
    advised = journal.append(database_of(app), Kind.OPENED, "agathe", FIRST, page="clients.decision")
    basile = auditing(app, "basile")
    assert opens(app, basile, advised) == 303
    for address in (f"/clients/{FIRST}", f"/clients/{FIRST}/leviers", "/decisions/1"):
        assert basile[0].get(address).status_code == 200
        own = last(app, actor="basile", client=FIRST)
        assert opens(app, basile, own) == 404, "one's own doing"
        assert opens(app, auditing(app, "beatrice"), own) == 404, "nor may two auditors open it in turn"
    clock.now += 12 * HOUR + 1
    basile = auditing(app, "basile")
    assert basile[0].get(f"/clients/{FIRST}").status_code == 403
    assert opens(app, basile, own) == 404
    assert opens(app, basile, advised) == 303, "what the advisor did is still a reason"


def test_what_an_auditor_did_in_another_role_is_no_reason_to_this_auditor_but_to_others(app: Flask) -> None:
    before = journal.append(database_of(app), Kind.OPENED, "basile", FIRST, page="clients.decision")
    assert opens(app, auditing(app, "basile"), before) == 404
    assert opens(app, auditing(app, "beatrice"), before) == 303


def test_a_file_that_was_open_long_before_or_of_another_client_takes_no_reason_away(
    app: Flask, clock: Clock
) -> None:
    opened = database_of(app)
    advised = journal.append(opened, Kind.OPENED, "agathe", FIRST, page="clients.decision")
    assert grants.grant(opened, advised, person(app, "basile")) == FIRST
    other = journal.append(opened, Kind.OPENED, "basile", SECOND, page="clients.decision")
    clock.now += 12 * HOUR + 1
    later = journal.append(opened, Kind.OPENED, "basile", FIRST, page="clients.decision")
    beatrice = auditing(app, "beatrice")
    assert opens(app, beatrice, other) == 303
    assert opens(app, beatrice, later) == 303
