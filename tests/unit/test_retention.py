"""What is written down is kept for its time and no longer, and one person's is erased when asked."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pretadepenser.records import erasing, journal, retention
from pretadepenser.records.database import Database
from pretadepenser.records.erasing import Erased, ErasingError
from pretadepenser.records.journal import Kind
from pretadepenser.records.retention import Keep
from tests.unit.written import MARK, Writer, staff

CLIENT, OTHER = 104_337, 157_083
KEY = "k" * 32
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
# Six months before NOW is 26 May 2026, sixty are 26 November 2021, twelve 26 November 2025.
KEEP = Keep(refused=6, decisions=60, journal=12)
NOTHING = Erased()


@pytest.fixture
def database(database: Database) -> Database:
    """A database with two users."""
    staff(database)
    return database


def at(database: Database, client: int, *day: int) -> Writer:
    """Writes of a client on a day, at noon."""
    return Writer(database, client, datetime(*day, 12, tzinfo=UTC))  # type: ignore[misc,arg-type]


def rows(database: Database, query: str) -> list[Any]:
    with database.connection() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def kinds(database: Database) -> list[str]:
    """Kinds of the entries whose content is there."""
    query = "SELECT kind FROM journal_entry WHERE content IS NOT NULL ORDER BY number"
    return [kind for (kind,) in rows(database, query)]


def test_every_kind_of_entry_has_its_time() -> None:
    groups = [retention.CONSULTATIONS, retention.OF_DECISIONS, retention.OF_STAFF, retention.OF_NOBODY]
    assert sorted(kind for group in groups for kind in group) == sorted(Kind)


@pytest.mark.parametrize(
    ("moment", "months", "expected"),
    [
        ((2026, 11, 26), 6, (2026, 5, 26)),
        ((2026, 8, 31), 6, (2026, 2, 28)),
        ((2024, 8, 30), 6, (2024, 2, 29)),
        ((2026, 1, 15), 1, (2025, 12, 15)),
        ((2026, 12, 5), 12, (2025, 12, 5)),
    ],
)
def test_months_are_counted_by_the_calendar(
    moment: tuple[int, int, int], months: int, expected: tuple[int, int, int]
) -> None:
    found = retention.months_before(datetime(*moment, 12, tzinfo=UTC), months)
    assert found == datetime(*expected, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("verdict", "day", "kept"),
    [
        ("refus", (2026, 5, 25), False),
        ("refus", (2026, 5, 27), True),
        ("accord", (2026, 5, 25), True),
        ("accord", (2021, 11, 25), False),
        ("accord", (2021, 11, 27), True),
        ("proposition", (2021, 11, 25), False),
        ("pièces", (2026, 5, 25), True),
    ],
)
def test_a_decision_is_kept_for_its_time(
    database: Database, verdict: str, day: tuple[int, int, int], kept: bool
) -> None:
    at(database, CLIENT, *day).decision(verdict)
    gone = retention.run(database, KEEP, NOW)
    expected = [(CLIENT, verdict)] if kept else [(None, verdict)]
    assert rows(database, "SELECT client, verdict FROM decision") == expected
    assert gone == (NOTHING if kept else Erased(decisions=1, entries=1))


def test_a_case_is_erased_whole_with_all_that_hangs_on_it(database: Database) -> None:
    at(database, CLIENT, 2026, 4, 1).all()
    at(database, OTHER, 2026, 6, 1).decision()
    gone = retention.run(database, KEEP, NOW)
    # The entry of 1 April that tells of the client's page is a consultation: it has its time to go.
    assert gone == Erased(decisions=1, readings=1, reviews=1, letters=2, entries=7)
    assert kinds(database) == [
        "client.opened", "api.used", "journal.read", "decision.made", "rights.retention",
    ]  # fmt: skip
    for table in ("reading", "review_step", "review_outcome"):
        assert rows(database, f"SELECT content FROM {table}") == [(None,)]
    assert rows(database, "SELECT client, content FROM review") == [(None, None)]
    assert rows(database, "SELECT client, pdf FROM letter") == [(None, None)] * 2
    assert rows(database, "SELECT client FROM decision ORDER BY id") == [(None,), (OTHER,)]
    assert journal.verify(database).erased == 7


@pytest.mark.parametrize("event", ["reading", "review", "step", "outcome", "letter", "correction"])
def test_the_last_event_of_a_case_counts(database: Database, event: str) -> None:
    first = at(database, CLIENT, 2026, 1, 10)
    decision = first.decision(waiting=event == "reading")
    # 120 days later is 10 May; 150 days later is 9 June, after the limit of 26 May.
    late = first.later(days=150)
    match event:
        case "reading":
            late.reading(decision)
        case "letter":
            late.letter(decision)
        case "correction":
            late.decision(corrects=decision)
        case _:
            (late if event == "review" else first).review(decision)
            (late if event == "step" else first).step(1)
            (late if event == "outcome" else first).outcome(1, decision)
    assert retention.run(database, KEEP, NOW) == NOTHING
    assert retention.run(database, KEEP, datetime(2026, 12, 11, tzinfo=UTC)).decisions in (1, 2)


def test_a_refusal_that_became_a_loan_is_kept_as_a_loan(database: Database) -> None:
    first = at(database, CLIENT, 2026, 1, 10)
    first.later(days=1).decision("accord", corrects=first.decision("refus"))
    second = at(database, OTHER, 2026, 1, 10)
    second.later(days=1).decision("refus", corrects=second.decision("accord"))
    assert retention.run(database, KEEP, NOW) == Erased(decisions=2, entries=2)
    assert rows(database, "SELECT client FROM decision ORDER BY id") == [
        (CLIENT,), (CLIENT,), (None,), (None,),
    ]  # fmt: skip


@pytest.mark.parametrize("waits", ["second reading", "open review", "hold"])
def test_what_is_not_over_is_kept_however_old(database: Database, waits: str) -> None:
    old = at(database, CLIENT, 2020, 1, 10)
    decision = old.decision(waiting=waits == "second reading")
    if waits == "open review":
        old.review(decision)
    if waits == "hold":
        erasing.hold(database, CLIENT, "litige")
        old.entry(Kind.OPENED)
    assert retention.run(database, KEEP, NOW) == NOTHING
    if waits == "hold":
        erasing.release(database, CLIENT)
        assert retention.run(database, KEEP, NOW) == Erased(decisions=1, entries=2)


def test_consultations_sessions_and_recent_clients_are_kept_for_a_year(database: Database) -> None:
    old, new = at(database, CLIENT, 2025, 11, 25), at(database, OTHER, 2025, 11, 27)
    for writer in (old, new):
        writer.entry(Kind.OPENED)
        writer.entry(Kind.SIGNED_IN, client=None)
        writer.entry(Kind.IMPORTED, "commande", None, clients=3)
        writer.entry(Kind.ACCOUNT, "commande", None, account="agathe")
        writer.seen()
    assert retention.run(database, KEEP, NOW) == Erased(entries=2, recent=1)
    assert kinds(database) == [
        "portfolio.imported", "account.changed",
        "client.opened", "session.begun", "portfolio.imported", "account.changed", "rights.retention",
    ]  # fmt: skip
    assert rows(database, "SELECT number FROM recent_client") == [(OTHER,)]


def test_accounts_are_told_as_long_as_the_decisions_that_they_made(database: Database) -> None:
    at(database, CLIENT, 2021, 11, 25).entry(Kind.ACCOUNT, "commande", None, account="agathe")
    assert retention.run(database, KEEP, NOW) == Erased(entries=1)


def test_a_second_run_finds_nothing_and_writes_nothing(database: Database) -> None:
    at(database, CLIENT, 2024, 4, 1).all()
    assert retention.run(database, KEEP, NOW)
    with database.connection() as connection:
        before = journal.head(connection)
    assert retention.run(database, KEEP, NOW) == NOTHING
    assert journal.verify(database, before).head == before
    told = rows(database, "SELECT content FROM journal_entry WHERE kind = 'rights.retention'")
    assert json.loads(told[0][0]) == {
        "actor": "commande", "client": None, "decisions": 1, "entries": 10, "letters": 2,
        "months": {"decisions": 60, "journal": 12, "refused": 6}, "readings": 1, "recent": 1, "reviews": 1,
    }  # fmt: skip


def test_one_client_is_erased_from_every_table(database: Database) -> None:
    Writer(database, CLIENT).all()
    other = Writer(database, OTHER)
    other.decision()
    other.seen()
    other.entry(Kind.OPENED)
    other.entry(Kind.IMPORTED, "commande", None, clients=CLIENT)
    digest = erasing.digest_of(KEY, CLIENT)
    gone = erasing.begin(database, CLIENT, digest)
    assert gone == Erased(decisions=1, readings=1, reviews=1, letters=2, entries=10, recent=1)
    assert erasing.finish(database, CLIENT, digest)
    # An import of as many clients as the number says is not about this one.
    assert kinds(database) == [
        "decision.made", "client.opened", "portfolio.imported", "rights.erased", "rights.erased",
    ]  # fmt: skip
    assert not erasing.known(database, CLIENT)
    assert erasing.known(database, OTHER)
    assert rows(database, "SELECT client FROM decision ORDER BY id") == [(None,), (OTHER,)]
    assert rows(database, "SELECT number FROM recent_client") == [(OTHER,)]
    assert erasing.erased_at(database, digest) is not None
    assert erasing.erased_at(database, erasing.digest_of(KEY, OTHER)) is None
    assert journal.verify(database).erased == 10


def test_the_pages_of_the_file_hold_nothing_once_compacted(database: Database, tmp_path: Path) -> None:
    with database.connection() as connection:
        # As SQLite is by itself: Debian's build wipes what is deleted, others do not.
        connection.exec_driver_sql("PRAGMA secure_delete = OFF")
    Writer(database, CLIENT).all()
    erasing.compact(database)
    files = sorted(tmp_path.glob("records.sqlite*"))
    (file,) = [path for path in files if MARK.encode() in path.read_bytes()]
    assert file.name == "records.sqlite", "in the file itself, not in its log alone"
    digest = erasing.digest_of(KEY, CLIENT)
    erasing.begin(database, CLIENT, digest)
    assert any(MARK.encode() in path.read_bytes() for path in files), "SQLite does not wipe by itself"
    erasing.compact(database)
    needles = [MARK.encode(), b"104337", CLIENT.to_bytes(3, "big"), b"1234567.25"]
    found = [(path.name, needle) for path in files for needle in needles if needle in path.read_bytes()]
    assert found == []


def test_an_erasure_is_told_begun_and_ended_once_each(database: Database) -> None:
    digest = erasing.digest_of(KEY, CLIENT)
    Writer(database, CLIENT).all()
    for _ in range(3):
        erasing.begin(database, CLIENT, digest)
    assert erasing.unfinished(database, digest)
    for _ in range(3):
        assert erasing.finish(database, CLIENT, digest)
    assert not erasing.unfinished(database, digest)
    told = rows(database, "SELECT content FROM journal_entry WHERE kind = 'rights.erased' ORDER BY number")
    states = [json.loads(content) for (content,) in told]
    assert [one["state"] for one in states] == ["commencé", "achevé"]
    assert {one["subject"] for one in states} == {digest}
    assert {one["client"] for one in states} == {None}
    assert (states[0]["decisions"], states[0]["entries"]) == (1, 10)


def test_what_is_written_meanwhile_is_erased_before_the_end_is_told(database: Database) -> None:
    writer, digest = Writer(database, CLIENT), erasing.digest_of(KEY, CLIENT)
    writer.all()
    erasing.begin(database, CLIENT, digest)
    writer.entry(Kind.OPENED)
    assert not erasing.finish(database, CLIENT, digest)
    assert kinds(database)[-1] == "rights.erased"
    assert erasing.unfinished(database, digest)
    assert erasing.finish(database, CLIENT, digest)


def test_a_client_who_is_held_is_not_erased(database: Database) -> None:
    Writer(database, CLIENT).all()
    erasing.hold(database, CLIENT, "litige en cours")
    held = erasing.held(database, CLIENT)
    assert held is not None
    assert held.reason == "litige en cours"
    with database.connection() as connection:
        before = journal.head(connection)
    with pytest.raises(ErasingError, match=r"104337 est conservé depuis le \S+ \(litige en cours\) : rien"):
        erasing.begin(database, CLIENT, erasing.digest_of(KEY, CLIENT))
    with database.connection() as connection:
        assert journal.head(connection) == before
    assert rows(database, "SELECT client FROM decision") == [(CLIENT,)]
    with pytest.raises(ErasingError, match="est déjà conservé depuis le"):
        erasing.hold(database, CLIENT, "encore")
    erasing.release(database, CLIENT)
    with pytest.raises(ErasingError, match="n’est pas sous conservation"):
        erasing.release(database, CLIENT)
    assert erasing.begin(database, CLIENT, erasing.digest_of(KEY, CLIENT)).decisions == 1


def test_clients_who_come_back_are_known_by_the_key_alone(database: Database) -> None:
    assert erasing.returned(database, KEY, [CLIENT, OTHER]) == []
    erasing.begin(database, CLIENT, erasing.digest_of(KEY, CLIENT))
    assert [number for number, _ in erasing.returned(database, KEY, [OTHER, CLIENT])] == [CLIENT]
    assert erasing.returned(database, "another key of some length", [OTHER, CLIENT]) == []
    assert "104337" not in str(rows(database, "SELECT * FROM erased_client"))


def test_a_reader_who_does_not_leave_is_told_and_waited_for_no_longer(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "PATIENCE", 300)
    Writer(database, CLIENT).all()
    with database.engine.connect() as reader:
        reader.exec_driver_sql("BEGIN")
        reader.execute(text("SELECT count(*) FROM decision"))
        erasing.begin(database, CLIENT, erasing.digest_of(KEY, CLIENT))
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 100")
        with pytest.raises(ErasingError, match="trop occupée pour être récrite"):
            erasing.compact(database)
    erasing.compact(database)
