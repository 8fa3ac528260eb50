"""What is written down is kept for its time and no longer, and one person's is erased when asked."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pretadepenser.records import entries, erasing, grants, journal, retention, subject
from pretadepenser.records.database import Database
from pretadepenser.records.decisions import Person
from pretadepenser.records.entries import Entry
from pretadepenser.records.erasing import Erased, ErasingError
from pretadepenser.records.journal import Kind
from pretadepenser.records.retention import Keep
from tests.conftest import Clock
from tests.unit.written import MARK, Writer, staff

CLIENT, OTHER = 104_337, 157_083
KEY = "k" * 32
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
# Six months before NOW is 26 May 2026, sixty are 26 November 2021, twelve 26 November 2025.
KEEP = Keep(refused=6, decisions=60, journal=12)
NOTHING = Erased()
BUSY = (
    "La base de données est trop occupée pour être récrite : les données effacées restent lisibles dans ses "
    "fichiers. Relancez la commande."
)


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


def test_an_erased_client_is_known_again_by_every_later_version() -> None:
    assert (
        erasing.digest_of(KEY, 100_002) == "17b3760df3aba2e65780c9d4856b7fe3373c67d6aa9be72991dd0347a89ceb16"
    )


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
    with database.session() as session:
        session.execute(text("UPDATE legal_hold SET at = '2026-05-04 12:00:00'"))
    with database.connection() as connection:
        before = journal.head(connection)
    with pytest.raises(
        ErasingError, match=r"104337 est conservé depuis le 04/05/2026 \(litige en cours\) : rien"
    ):
        erasing.begin(database, CLIENT, erasing.digest_of(KEY, CLIENT))
    with database.connection() as connection:
        assert journal.head(connection) == before
    assert rows(database, "SELECT client FROM decision") == [(CLIENT,)]
    with pytest.raises(ErasingError, match=r"104337 est déjà conservé depuis le 04/05/2026\."):
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
        with pytest.raises(ErasingError, match=f"^{re.escape(BUSY)}$"):
            erasing.compact(database)
    erasing.compact(database)


# Moments a second before and at the end of their time, to NOW: six months are 26 May 2026 at noon, and so on.
@pytest.mark.parametrize(("verdict", "limit"), [("refus", (2026, 5, 26, 12)), ("accord", (2021, 11, 26, 12))])
@pytest.mark.parametrize(("seconds", "erased"), [(-1, 1), (0, 0), (1, 0)])
def test_a_decision_is_kept_until_the_very_moment(
    database: Database, verdict: str, limit: tuple[int, int, int, int], seconds: int, erased: int
) -> None:
    made = datetime(*limit, tzinfo=UTC) + timedelta(seconds=seconds)
    Writer(database, CLIENT, made).decision(verdict)
    assert retention.run(database, KEEP, NOW).decisions == erased


@pytest.mark.parametrize(("seconds", "erased"), [(-1, 1), (0, 0), (1, 0)])
def test_a_look_is_kept_until_the_very_moment(database: Database, seconds: int, erased: int) -> None:
    looked = Writer(database, CLIENT, datetime(2025, 11, 26, 12, tzinfo=UTC) + timedelta(seconds=seconds))
    looked.entry(Kind.OPENED)
    looked.seen()
    assert retention.run(database, KEEP, NOW) == Erased(entries=erased, recent=erased)


def test_of_three_decisions_in_a_row_the_last_one_says_for_how_long(database: Database) -> None:
    for client, verdicts in ((CLIENT, ("accord", "accord", "refus")), (OTHER, ("refus", "refus", "accord"))):
        writer, former = at(database, client, 2026, 1, 10), None
        for verdict in verdicts:
            former = writer.decision(verdict, corrects=former)
    assert retention.run(database, KEEP, NOW).decisions == 3
    assert rows(database, "SELECT client FROM decision ORDER BY id") == [(None,)] * 3 + [(OTHER,)] * 3


def test_it_is_now_where_no_moment_is_given(database: Database) -> None:
    Writer(database, CLIENT, datetime.now(UTC) - timedelta(days=400)).decision("refus")
    Writer(database, OTHER, datetime.now(UTC) - timedelta(days=100)).decision("refus")
    assert retention.run(database, KEEP) == Erased(decisions=1, entries=1)


# Around one client: whoever has the number before and the one after is somebody else.
BELOW, ABOVE = CLIENT - 1, CLIENT + 1


def test_neighbours_are_neither_held_nor_known_nor_released_with_a_client(database: Database) -> None:
    for number in (BELOW, ABOVE):
        erasing.hold(database, number, f"litige {number}")
    assert erasing.held(database, CLIENT) is None
    assert not erasing.known(database, CLIENT)
    with pytest.raises(ErasingError) as told:
        erasing.release(database, CLIENT)
    assert str(told.value) == "Le client 104337 n’est pas sous conservation : rien à lever."
    erasing.hold(database, CLIENT, "le sien")
    erasing.release(database, CLIENT)
    reasons = [one.reason for number in (BELOW, ABOVE) if (one := erasing.held(database, number))]
    assert reasons == ["litige 104336", "litige 104338"]


def test_neighbours_stay_whole_when_a_client_is_erased(database: Database) -> None:
    for number, review in ((BELOW, 1), (CLIENT, 2), (ABOVE, 3)):
        writer = Writer(database, number)
        decision = writer.decision()
        writer.review(decision, review)
        writer.letter(decision)
        writer.seen()
        writer.entry(Kind.OPENED)
    digest = erasing.digest_of(KEY, CLIENT)
    gone = erasing.begin(database, CLIENT, digest)
    assert gone == Erased(decisions=1, reviews=1, letters=1, entries=4, recent=1)
    for table in ("decision", "review", "letter"):
        assert rows(database, f"SELECT client FROM {table} ORDER BY id") == [(BELOW,), (None,), (ABOVE,)]
    assert sorted(rows(database, "SELECT number FROM recent_client")) == [(BELOW,), (ABOVE,)]


def test_when_somebody_was_erased_is_not_told_of_others(database: Database) -> None:
    """Of the digests in their order the one in the middle is erased."""
    low, middle, high = sorted(erasing.digest_of(KEY, number) for number in (BELOW, CLIENT, ABOVE))
    erasing.begin(database, CLIENT, middle)
    assert erasing.erased_at(database, middle) is not None
    for digest in (low, high):
        assert erasing.erased_at(database, digest) is None
        assert not erasing.unfinished(database, digest)


def test_a_client_of_whom_the_tables_have_nothing_is_told_as_erased_too(database: Database) -> None:
    """Such as one whom the portfolio alone has; and again, once brought back by an import."""
    digest = erasing.digest_of(KEY, CLIENT)
    for _ in range(2):
        assert erasing.begin(database, CLIENT, digest) == NOTHING
        assert erasing.finish(database, CLIENT, digest)
    told = rows(database, "SELECT content FROM journal_entry ORDER BY number")
    assert [json.loads(content)["state"] for (content,) in told] == ["commencé", "achevé"] * 2


def test_what_is_erased_in_a_second_beginning_is_told_as_well(database: Database) -> None:
    """Else the journal would tell fewer erased entries than there are, and not verify."""
    digest = erasing.digest_of(KEY, CLIENT)
    Writer(database, CLIENT).entry(Kind.OPENED)
    erasing.begin(database, CLIENT, digest)
    Writer(database, CLIENT).entry(Kind.OPENED)
    erasing.begin(database, CLIENT, digest)
    told = rows(database, "SELECT content FROM journal_entry WHERE kind = 'rights.erased' ORDER BY number")
    assert [json.loads(content)["entries"] for (content,) in told] == [1, 1]
    assert journal.verify(database).erased == 2


# What an entry tells beside the client whom it is about (none), and whether it names client 104337.
NAMED: list[tuple[dict[str, Any], bool]] = [
    ({"clients": [7, CLIENT]}, True),
    ({"clients": [7, 8], "rows": CLIENT}, False),
    ({"clients": CLIENT}, False),
    ({"filter": {"client": f"{CLIENT}"}}, True),
    ({"filters": f"/clients/{CLIENT}/historique"}, True),
    ({"filters": f"/clients/1{CLIENT}"}, False),
    ({"filters": f"/clients/{CLIENT}0"}, False),
    ({"why": f"Le {CLIENT}, le 3."}, True),
    ({"why": f"0.{CLIENT}"}, False),
    ({"why": f"{CLIENT},5 s"}, False),
    ({"sha256": f"a{CLIENT}b"}, False),
    ({"client_of": {"client": CLIENT}}, True),
    ({"client_of": {"client": OTHER}, "rows": CLIENT}, False),
]


@pytest.mark.parametrize(("told", "names"), NAMED)
def test_an_entry_that_names_a_client_is_about_this_client(
    database: Database, told: dict[str, Any], names: bool
) -> None:
    made = Writer(database, OTHER).entry(Kind.JOURNAL_READ, "basile", None, **told)
    with database.connection() as connection:
        assert list(erasing.entries_about(connection, CLIENT)) == ([made] if names else [])


def test_a_copy_has_the_rows_of_one_client_alone_in_the_order_of_time(database: Database) -> None:
    for number, review in ((BELOW, 1), (CLIENT, 2), (ABOVE, 3)):
        writer = Writer(database, number, NOW, mark=f"de {number}")
        first = writer.decision("accord", waiting=True)
        writer.reading(first, agrees=False)
        second = writer.later(days=1).decision("refus", corrects=first)
        writer.letter(second)
        opened = writer.later(days=2).review(second, review)
        writer.later(days=3).outcome(opened, second)
        writer.seen()
    erasing.hold(database, ABOVE, "litige")
    whole = subject.held(database, CLIENT)
    first, second = whole["decisions"]
    assert (first["decision"], first["verdict"], first["needs_second_reading"]) == (3, "accord", True)
    assert (first["corrects"], first["at"]) == (None, "2026-11-26T12:00:00.000000+00:00")
    assert first["second_reading"] == {
        "at": "2026-11-26T12:00:00.000000+00:00", "agrees": False, "content": {"text": "de 104337"},
    }  # fmt: skip
    assert (second["decision"], second["verdict"], second["corrects"]) == (4, "refus", 3)
    assert (second["needs_second_reading"], second["second_reading"]) == (False, None)
    (review,) = whole["reviews"]
    assert (review["review"], review["decision"], review["deadline"]) == ("REV-2026-000002", 4, "2026-12-26")
    assert (review["steps"], review["outcome"]["new_decision"]) == ([], None)
    assert [(one["letter"], one["kind"], one["decision"]) for one in whole["letters"]] == [(2, "refus", 4)]
    assert list(subject.letters(database, CLIENT)) == [2]
    assert whole["recently_seen"] == ["2026-11-26T12:00:00.000000+00:00"]
    assert whole["legal_hold"] is None
    assert [one["kind"] for one in whole["journal"]] == [
        "decision.made", "decision.read", "decision.made", "letter.made", "review.asked", "review.ended",
    ]  # fmt: skip
    assert subject.held(database, ABOVE)["legal_hold"]["reason"] == "litige"


def test_a_database_that_is_busy_for_a_moment_is_waited_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False, False, True])
    monkeypatch.setattr(erasing, "_compacted", lambda connection: next(answers))
    erasing.compact(database)
    assert next(answers, None) is None


@pytest.mark.parametrize("many", [499, 500, 501, 1000, 1001])
def test_many_values_are_asked_in_turn_and_none_is_left_out(many: int) -> None:
    parts = list(erasing.in_turn(range(many)))
    assert [one for part in parts for one in part] == list(range(many))
    assert max(map(len, parts)) <= 500


BASILE = Person(7, "basile")


def test_the_largest_number_a_database_knows_is_asked_for_and_no_larger_one(database: Database) -> None:
    """An address may hold any number; what is larger is nobody's and no error."""
    largest = 9_223_372_036_854_775_807
    for number in (largest, largest + 1, 10**30):
        assert not grants.held(database, number, "basile")
        assert grants.grant(database, number, BASILE) is None
    made = Writer(database, largest).entry(Kind.OPENED)
    assert grants.grant(database, made, BASILE) == largest
    assert grants.held(database, largest, "basile")


def test_a_file_is_open_to_one_auditor_for_twelve_hours(database: Database, clock: Clock) -> None:
    made = Writer(database, CLIENT).entry(Kind.OPENED)
    assert grants.grant(database, made, BASILE) == CLIENT
    begun = clock.now
    for later, opened in ((0, True), (43_199, True), (43_200, False), (43_201, False)):
        clock.now = begun + later
        assert grants.held(database, CLIENT, "basile") is opened, later
    clock.now = begun
    assert not grants.held(database, CLIENT, "anne")
    assert not grants.held(database, BELOW, "basile")
    assert not grants.held(database, ABOVE, "basile")


def test_what_came_of_an_open_file_opens_it_to_nobody_else(database: Database, clock: Clock) -> None:
    """Until twelve hours after, to the second; what was made before, by others or on others, still does."""
    now = datetime.fromtimestamp(clock.now, UTC)

    def entry(actor: str, client: int, seconds: int) -> Entry:
        Writer(database, client, now + timedelta(seconds=seconds)).entry(Kind.OPENED, actor)
        return entries.find(database, entries.Wanted(), 1)[0]

    before = entry("anne", CLIENT, -1)
    reason = entry("agathe", CLIENT, 0)
    assert grants.grant(database, reason.number, Person(8, "anne")) == CLIENT
    found = [
        before,
        reason,
        entry("anne", CLIENT, 0),
        entry("anne", CLIENT, 43_200),
        entry("anne", CLIENT, 43_201),
        entry("anne", OTHER, 10),
        entry("bruno", CLIENT, 10),
        entry("basile", CLIENT, 10),
    ]
    opens = grants.reasons(database, found, "basile")
    assert [one.number in opens for one in found] == [True, True, False, False, True, True, True, False]
    assert grants.reasons(database, [], "basile") == frozenset()
