"""What is told to a client of what is held, and what an erasure finds: literal cases, one fault each."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from pretadepenser.records import erasing, journal, retention, subject
from pretadepenser.records.database import Database
from pretadepenser.records.journal import Kind
from pretadepenser.records.retention import Keep
from tests.unit.written import MARK, Writer, staff

CLIENT, OTHER = 104_337, 157_083
DIGEST = erasing.digest_of("k" * 32, CLIENT)


@pytest.fixture
def database(database: Database) -> Database:
    """A database with two users."""
    staff(database)
    return database


def rows(database: Database, query: str) -> list[Any]:
    with database.connection() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def about(database: Database, client: int) -> list[int]:
    with database.connection() as connection:
        return sorted(erasing.entries_about(connection, client))


def test_a_client_is_known_by_anything_that_is_held(database: Database) -> None:
    assert not erasing.known(database, CLIENT)
    Writer(database, OTHER).entry(Kind.API, "jeton banque", None, clients=[7, CLIENT])
    assert erasing.known(database, CLIENT), "an entry of the journal, beside others"
    erasing.begin(database, CLIENT, DIGEST)
    assert not erasing.known(database, CLIENT)
    with database.connection() as connection:
        connection.execute(
            text(
                "INSERT INTO legal_hold (client, reason, at) VALUES (104337, 'litige', '2026-11-26 12:00:00')"
            )
        )
    assert erasing.known(database, CLIENT), "a hold"


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("/journal?client=104337", True),
        ("client 104337.", True),
        ("client 104337, deux fois", True),
        ("/journal?client=1043370", False),
        ("/journal?client=2104337", False),
        ("104337,5 €", False),
        ("104337.25", False),
        ("12:00:00.104337", False),
        ("a104337f", False),
    ],
)
def test_a_text_names_a_client_by_the_whole_number_alone(
    database: Database, written: str, named: bool
) -> None:
    number = Writer(database, OTHER).entry(Kind.JOURNAL_READ, "basile", None, filters=written)
    assert (number in about(database, CLIENT)) is named


def test_what_was_written_while_it_was_erased_is_erased_and_told_too(database: Database) -> None:
    Writer(database, CLIENT).all()
    assert erasing.begin(database, CLIENT, DIGEST)
    Writer(database, CLIENT).entry(Kind.OPENED)
    assert not erasing.finish(database, CLIENT, DIGEST)
    assert about(database, CLIENT) == []
    assert erasing.finish(database, CLIENT, DIGEST)
    assert journal.verify(database).erased > 1, "as many as are told"


def test_a_review_of_a_client_is_erased_whosever_decision_it_hangs_on(database: Database) -> None:
    decision = Writer(database, OTHER).decision()
    Writer(database, CLIENT).review(decision)
    assert erasing.begin(database, CLIENT, DIGEST).reviews == 1
    assert rows(database, "SELECT client, content FROM review") == [(None, None)]
    assert rows(database, "SELECT client FROM decision") == [(OTHER,)]


def test_who_is_erased_again_was_last_erased_then(database: Database) -> None:
    erasing.begin(database, CLIENT, DIGEST)
    first = erasing.erased_at(database, DIGEST)
    erasing.begin(database, CLIENT, DIGEST)
    second = erasing.erased_at(database, DIGEST)
    assert first is not None
    assert second is not None
    assert second > first


def test_a_copy_tells_of_this_client_alone(database: Database) -> None:
    Writer(database, CLIENT).all()
    other = Writer(database, OTHER, mark="M. Autre")
    other.letter(other.decision())
    held = subject.held(database, CLIENT)
    (api,) = [one for one in held["journal"] if one["kind"] == "api.used"]
    assert (api["system"], api["told"]["clients"]) == ("banque", [CLIENT])
    (seen,) = [one for one in held["journal"] if one["kind"] == "client.opened"]
    assert "system" not in seen
    assert "agathe" not in str(held)
    letters = subject.letters(database, CLIENT)
    assert {number: MARK.encode() in pdf for number, pdf in letters.items()} == {1: True, 2: True}
    erasing.begin(database, CLIENT, DIGEST)
    assert subject.letters(database, CLIENT) == {}


def test_a_copy_tells_a_hold_a_reading_that_disagrees_and_steps_in_their_order(database: Database) -> None:
    writer = Writer(database, CLIENT)
    decision = writer.decision(waiting=True)
    writer.reading(decision, agrees=False)
    review = writer.review(decision)
    for days in (0, 1, 2):
        writer.later(days=days).step(review)
    erasing.hold(database, CLIENT, "litige")
    held = subject.held(database, CLIENT)
    assert held["legal_hold"]["reason"] == "litige"
    assert held["decisions"][0]["second_reading"]["agrees"] is False
    steps = [datetime.fromisoformat(one["at"]) for one in held["reviews"][0]["steps"]]
    assert steps == [steps[0] + timedelta(days=days) for days in (0, 1, 2)]
    erasing.release(database, CLIENT)
    assert subject.held(database, CLIENT)["legal_hold"] is None


def test_a_case_is_kept_while_a_review_of_what_was_corrected_since_is_open(database: Database) -> None:
    old = Writer(database, CLIENT, datetime(2020, 1, 10, 12, tzinfo=UTC))
    first = old.decision()
    old.review(first)
    old.later(days=1).decision(corrects=first)
    gone = retention.run(database, Keep(6, 60, 12), datetime(2026, 11, 26, 12, tzinfo=UTC))
    assert (gone.decisions, gone.reviews) == (0, 0)


def test_what_was_corrected_waits_for_no_second_reader(database: Database) -> None:
    old = Writer(database, CLIENT, datetime(2020, 1, 10, 12, tzinfo=UTC))
    old.later(days=1).decision(corrects=old.decision(waiting=True))
    gone = retention.run(database, Keep(6, 60, 12), datetime(2026, 11, 26, 12, tzinfo=UTC))
    assert gone.decisions == 2


@pytest.mark.parametrize("kind", [Kind.CONSULTED, Kind.REPLAYED])
def test_what_was_read_and_replayed_of_a_decision_goes_with_it(database: Database, kind: Kind) -> None:
    """Ten months old: as a consultation it would have two more."""
    writer = Writer(database, CLIENT, datetime(2026, 1, 10, 12, tzinfo=UTC))
    decision = writer.decision()
    writer.entry(kind, decision=decision)
    writer.entry(kind, decision=decision + 1)
    gone = retention.run(database, Keep(6, 60, 12), datetime(2026, 11, 26, 12, tzinfo=UTC))
    assert (gone.decisions, gone.entries) == (1, 2)


@pytest.mark.parametrize(("seconds", "kept"), [(0, True), (-1, False)])
def test_a_refusal_is_kept_to_the_last_moment_of_six_months(
    database: Database, seconds: int, kept: bool
) -> None:
    Writer(database, CLIENT, datetime(2026, 5, 26, 12, tzinfo=UTC) + timedelta(seconds=seconds)).decision()
    gone = retention.run(database, Keep(6, 60, 12), datetime(2026, 11, 26, 12, tzinfo=UTC))
    assert gone.decisions == (0 if kept else 1)


def test_a_list_that_showed_a_client_is_forgotten_with_the_last_decision(database: Database) -> None:
    """It says that there was a decision, which is to be forgotten after six months, not after twelve."""
    first = Writer(database, CLIENT, datetime(2026, 1, 10, 12, tzinfo=UTC))
    first.decision("refus")
    first.entry(Kind.LISTED)
    other = Writer(database, OTHER, datetime(2026, 1, 10, 12, tzinfo=UTC))
    other.decision("refus")
    other.later(days=1).decision("accord")
    other.entry(Kind.LISTED)
    gone = retention.run(database, Keep(6, 60, 12), datetime(2026, 11, 26, 12, tzinfo=UTC))
    assert (gone.decisions, gone.entries) == (2, 3)
    left = rows(database, "SELECT client FROM journal_entry WHERE kind = 'decision.listed' ORDER BY number")
    assert left == [(None,), (OTHER,)]
