"""Decisions as they are written and listed, on both databases: once a form, once corrected, by state."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from pretadepenser.config import load
from pretadepenser.records import decisions, journal, users
from pretadepenser.records.database import Database
from pretadepenser.records.decisions import DecisionError, Person, State, Verdict
from tests import postgresql

PASSWORD = "une suite de quelques mots"
KEYS = (f"clé {number}" for number in count())


@pytest.fixture(scope="module", params=postgresql.BOTH)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with its tables and the users agathe and delphine; each test has clients of its own."""
    folder: Path = tmp_path_factory.mktemp("decisions")
    if request.param == "sqlite":
        yield _filled(f"sqlite:///{folder}/records.sqlite")
        return
    with postgresql.running() as server:
        opened = _filled(str(load({"DATABASE_URL": server.url}, {"INSTANCE": folder})["DATABASE_URL"]))
        yield opened
        opened.engine.dispose()


def _filled(url: str) -> Database:
    opened = Database(url)
    opened.upgrade()
    for name, role in (("agathe", "conseiller"), ("delphine", "responsable")):
        users.add_user(opened, name, role, PASSWORD)
    return opened


def person(database: Database, name: str) -> Person:
    return next(Person(one.id, one.name) for one in users.list_users(database) if one.name == name)


def decide(
    database: Database, client: int, *, key: str = "", waiting: bool = False, corrects: int | None = None
) -> int:
    author, content = person(database, "agathe"), {"text": "dossier incomplet"}
    return decisions.add(
        database,
        key or next(KEYS),
        author,
        client,
        Verdict.REFUSE,
        content,
        waiting=waiting,
        corrects=corrects,
    )


def test_the_lists_say_where_each_stands(database: Database) -> None:
    """A final one, one that waits, two that were read, one that was corrected."""
    agathe, delphine = person(database, "agathe"), person(database, "delphine")
    final = decide(database, 1)
    waits, agreed, sent_back = (decide(database, 1, waiting=True) for _ in range(3))
    decisions.read(database, agreed, delphine, {"text": "oui"}, agrees=True)
    decisions.read(database, sent_back, delphine, {"text": "non"}, agrees=False)
    former = decide(database, 1)
    latter = decide(database, 1, corrects=former)
    states = {
        latter: State.FINAL,
        former: State.CORRECTED,
        sent_back: State.SENT_BACK,
        agreed: State.FINAL,
        waits: State.WAITING,
        final: State.FINAL,
    }
    listed = decisions.latest(database, None, 2**31 - 1, 6)
    assert {one.id: one.state for one in listed} == states
    assert [one.id for one in listed] == sorted(states, reverse=True)
    assert {(one.client, one.author_id, one.author, one.verdict) for one in listed} == {
        (1, agathe.id, "agathe", Verdict.REFUSE)
    }
    assert all(one.at.tzinfo is not None for one in listed)
    whole = {one.id: one.state for one in decisions.of_client(database, 1)}
    assert whole == states
    # The bar of the client: five at most, none that another corrects.
    assert [one.id for one in decisions.in_force(database, 1)] == [latter, sent_back, agreed, waits, final]
    decide(database, 1)
    assert len(decisions.in_force(database, 1)) == 5
    assert decisions.in_force(database, 2) == []


def test_a_list_goes_on_below_an_id_and_is_of_one_author(database: Database) -> None:
    agathe, delphine = person(database, "agathe"), person(database, "delphine")
    made = [decide(database, 3) for _ in range(3)]
    assert [one.id for one in decisions.latest(database, agathe.id, made[2], 2)] == [made[1], made[0]]
    assert decisions.latest(database, delphine.id, 2**31 - 1, 10) == []


def test_a_form_sent_eight_times_at_once_decides_once(database: Database) -> None:
    """And its entry of the journal is there once."""
    before = journal.verify(database).entries
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: decide(database, 4, key="une seule"), range(8)))
    assert len(made) == len(decisions.of_client(database, 4)) == 1
    assert journal.verify(database).entries == before + 1


def test_of_eight_corrections_at_once_one_is_written(database: Database) -> None:
    first = decide(database, 5)

    def correct(_: int) -> str:
        try:
            return str(decide(database, 5, corrects=first))
        except DecisionError as error:
            return str(error)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(correct, range(8)))
    refused = f"La décision {first} est déjà corrigée par une autre : corrigez la plus récente."
    assert answers.count(refused) == 7
    assert len(decisions.of_client(database, 5)) == 2


def test_a_decision_corrects_none_of_another_client(database: Database) -> None:
    first = decide(database, 6)
    with pytest.raises(
        DecisionError, match=rf"^La décision {first} n’est pas de ce client : revenez à sa page\.$"
    ):
        decide(database, 7, corrects=first)
    assert decisions.of_client(database, 7) == []
