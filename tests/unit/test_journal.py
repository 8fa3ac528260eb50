"""The journal's chain on SQLite and on a real PostgreSQL: nothing of it changes unseen, nothing is lost."""

import json
import multiprocessing
import re
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from pretadepenser.records import entries, journal, replays
from pretadepenser.records.database import Database
from pretadepenser.records.entries import Wanted
from pretadepenser.records.journal import Head, JournalError, Kind
from tests import postgresql
from tests.conftest import Clock

REPO = Path(__file__).parents[2]


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """The database of `url`, with its tables."""
    opened = Database(url)
    opened.upgrade()
    yield opened
    opened.engine.dispose()


def five(database: Database) -> Head:
    """Write five entries, give the head."""
    journal.append(database, Kind.SIGNED_IN, "agathe", session=1)
    journal.append(database, Kind.OPENED, "agathe", 157_083, page="clients.decision")
    journal.append(database, Kind.SIMULATED, "agathe", 157_083, changed=["AMT_CREDIT"])
    journal.append(database, Kind.OPENED, "bruno", 100_002, page="clients.decision")
    journal.append(database, Kind.SIGNED_OUT, "agathe", session=1, why="déconnexion")
    with database.connection() as connection:
        return journal.head(connection)


def execute(database: Database, *statements: str) -> None:
    with database.connection() as connection:
        for one in statements:
            connection.execute(text(one))


def unguarded(database: Database) -> None:
    """Take the guards away, as the owner of the database can."""
    if database.engine.dialect.name == "sqlite":
        for name in ("deleted", "changed", "replaced"):
            execute(database, f"DROP TRIGGER journal_entry_never_{name}")
    else:
        execute(
            database,
            "ALTER TABLE journal_entry DISABLE TRIGGER USER",
            "GRANT ALL ON journal_entry TO CURRENT_USER",
        )


def test_entries_are_numbered_chained_and_verified(database: Database) -> None:
    assert journal.verify(database) == journal.Verified(0, 0, Head(0, "0" * 64))
    head = five(database)
    assert journal.verify(database) == journal.Verified(5, 0, head)
    assert head.number == 5
    assert re.fullmatch("[0-9a-f]{64}", head.hash)
    found = entries.find(database, Wanted(), 10)
    assert [one.number for one in found] == [5, 4, 3, 2, 1]
    assert found[2].content == {"actor": "agathe", "client": 157_083, "changed": ["AMT_CREDIT"]}
    assert datetime.now(UTC) - found[0].at < timedelta(minutes=1)


def test_two_that_tell_the_same_have_other_digests(database: Database) -> None:
    """Without a salt, who knows what an erased entry may have said could try."""
    for _ in range(2):
        journal.append(database, Kind.OPENED, "agathe", 157_083)
    with database.connection() as connection:
        digests = connection.scalars(text("SELECT digest FROM journal_entry")).all()
    assert len(set(digests)) == 2


MOVED = "UPDATE journal_entry SET number = number + 1000 WHERE number >= 3"
BACK = "UPDATE journal_entry SET number = number - 999 WHERE number >= 1000"
FORGED = (
    "INSERT INTO journal_entry (number, at, kind, actor, client, content, salt, digest, hash) SELECT"
    " {number}, at, kind, actor, client, content, salt, digest, 'f' || substr(hash, 2) FROM journal_entry"
    " WHERE number = 2"
)
CHANGED = "L’entrée {} du journal a été modifiée depuis qu’elle a été écrite."
THIRD = "UPDATE journal_entry SET {} WHERE number = 3"
TAMPERED = {
    "kind": ([THIRD.format("kind = 'client.levers'")], CHANGED.format(3)),
    "moment": ([THIRD.format("at = '2026'")], CHANGED.format(3)),
    "content": ([THIRD.format("content = replace(content, 'CREDIT', 'ANNUITY')")], CHANGED.format(3)),
    "actor": ([THIRD.format("actor = 'bruno'")], CHANGED.format(3)),
    "client": ([THIRD.format("client = 1")], CHANGED.format(3)),
    "digest": ([THIRD.format("digest = salt || salt")], CHANGED.format(3)),
    "half erased": ([THIRD.format("content = NULL")], CHANGED.format(3)),
    "deleted": (
        ["DELETE FROM journal_entry WHERE number = 3"],
        "L’entrée 3 du journal manque : après la 2 vient la 4.",
    ),
    "first deleted": (
        ["DELETE FROM journal_entry WHERE number = 1"],
        "L’entrée 1 du journal manque : après la 0 vient la 2.",
    ),
    "added at the end": ([FORGED.format(number=6)], CHANGED.format(6)),
    "inserted": ([MOVED, FORGED.format(number=3), BACK], CHANGED.format(3)),
    "reordered": (
        [
            "UPDATE journal_entry SET number = 1000 WHERE number = 2",
            "UPDATE journal_entry SET number = 2 WHERE number = 3",
            "UPDATE journal_entry SET number = 3 WHERE number = 1000",
        ],
        CHANGED.format(2),
    ),
}


CUT = "Le journal finit à l’entrée 3, or l’empreinte gardée est celle de l’entrée 5 : sa fin manque."
ANEW = "L’entrée 5 du journal n’est pas celle dont l’empreinte a été gardée : le journal a été récrit."


@pytest.mark.parametrize("case", TAMPERED)
def test_what_was_tampered_with_is_found(sqlite: Database, case: str) -> None:
    five(sqlite)
    unguarded(sqlite)
    statements, sentence = TAMPERED[case]
    execute(sqlite, *statements)
    with pytest.raises(JournalError, match=re.escape(sentence)):
        journal.verify(sqlite)


def test_it_is_found_on_postgresql_too(database: Database) -> None:
    five(database)
    unguarded(database)
    execute(database, "DELETE FROM journal_entry WHERE number = 3")
    with pytest.raises(JournalError, match="L’entrée 3 du journal manque"):
        journal.verify(database)


def test_an_end_that_was_cut_off_is_found_with_a_head_that_was_kept(database: Database) -> None:
    kept = five(database)
    assert journal.verify(database, kept).head == kept
    unguarded(database)
    execute(database, "DELETE FROM journal_entry WHERE number > 3")
    assert journal.verify(database).entries == 3, "from inside, nothing is missing"
    with pytest.raises(JournalError, match=re.escape(CUT)):
        journal.verify(database, kept)


def test_a_chain_that_was_written_anew_is_found_with_a_head_that_was_kept(database: Database) -> None:
    kept = five(database)
    unguarded(database)
    execute(database, "DELETE FROM journal_entry")
    five(database)
    assert journal.verify(database).entries == 5, "from inside, all is well"
    with pytest.raises(JournalError, match=re.escape(ANEW)):
        journal.verify(database, kept)


ERASED = "UPDATE journal_entry SET actor = NULL, client = NULL, content = NULL, salt = NULL WHERE number = {}"


def test_an_entry_can_be_erased_as_a_whole_and_the_chain_still_verifies(database: Database) -> None:
    head = five(database)
    execute(database, ERASED.format(2))
    journal.append(database, Kind.RETENTION, "commande", entries=1)
    verified = journal.verify(database, head)
    assert (verified.entries, verified.erased) == (6, 1)
    (found,) = entries.find(database, Wanted(), 1, before=3)
    assert (found.actor, found.client, found.content, found.kind) == (None, None, None, "client.opened")


@pytest.mark.parametrize(("hidden", "erased", "told"), [((2,), 1, 0), ((2, 4, 6), 3, 0), ((4, 2), 2, 1)])
def test_what_is_erased_without_a_word_is_found(
    database: Database, hidden: tuple[int, ...], erased: int, told: int
) -> None:
    """The guards let the database's own account erase an entry: who looked at a file could so be hidden."""
    five(database)
    journal.append(database, Kind.RETENTION, "commande", entries=told)
    for number in hidden:
        execute(database, ERASED.format(number))
    sentence = (
        f"Entrées effacées trouvées dans le journal : {erased}. Effacements dont il parle : {told}. "
        "Quelqu’un y a touché sans passer par les commandes d’effacement."
    )
    with pytest.raises(JournalError, match=f"^{re.escape(sentence)}$"):
        journal.verify(database)


REFUSED = [
    "UPDATE journal_entry SET kind = 'client.levers' WHERE number = 3",
    "UPDATE journal_entry SET number = 9 WHERE number = 3",
    "UPDATE journal_entry SET at = '2026' WHERE number = 3",
    "UPDATE journal_entry SET hash = digest WHERE number = 3",
    "UPDATE journal_entry SET content = '{}' WHERE number = 3",
    "UPDATE journal_entry SET actor = 'bruno' WHERE number = 3",
    "UPDATE journal_entry SET content = NULL, salt = NULL WHERE number = 3",
    "DELETE FROM journal_entry WHERE number = 5",
    "DELETE FROM journal_entry",
]
# Beyond what both know: a way around the trigger of deletions; emptying the table.
REPLACED = (
    "REPLACE INTO journal_entry (number, at, kind, actor, client, content, salt, digest, hash) SELECT number,"
    " at, kind, 'x', client, content, salt, digest, hash FROM journal_entry WHERE number = 3"
)
ALSO = {
    "sqlite": [REPLACED],
    "postgresql": ["TRUNCATE journal_entry"],
}


def test_the_database_refuses_change_and_deletion(database: Database) -> None:
    head = five(database)
    execute(database, ERASED.format(2))
    back = "UPDATE journal_entry SET actor = 'x', client = 1, content = 'x', salt = 'x' WHERE number = 2"
    for statement in [*REFUSED, back, *ALSO[database.engine.dialect.name]]:
        with pytest.raises(SQLAlchemyError, match=r"append-only|permission denied"):
            execute(database, statement)
    journal.append(database, Kind.RETENTION, "commande", entries=1)
    assert journal.verify(database, head).entries == 6


def test_postgresql_refuses_by_privilege_and_again_by_trigger(database: Database) -> None:
    """Whoever owns the table may grant the privilege again; the trigger still refuses."""
    if database.engine.dialect.name == "sqlite":
        return
    five(database)
    for statement in ("DELETE FROM journal_entry", "TRUNCATE journal_entry", REFUSED[0]):
        with pytest.raises(SQLAlchemyError, match="permission denied"):
            execute(database, statement)
    execute(database, "GRANT ALL ON journal_entry TO CURRENT_USER")
    for statement in ("DELETE FROM journal_entry", "TRUNCATE journal_entry", REFUSED[0]):
        with pytest.raises(SQLAlchemyError, match="append-only"):
            execute(database, statement)


_FORK = multiprocessing.get_context("fork")
# Both are ready before either begins.
_START = _FORK.Barrier(2)


def _append(url: str, actor: str) -> list[int]:
    database = Database(url)
    with database.connection() as connection:
        journal.head(connection)
    _START.wait(60)
    return [journal.append(database, Kind.OPENED, actor, number) for number in range(60)]


def test_processes_may_write_at_once(database: Database, url: str) -> None:
    with _FORK.Pool(2) as pool:
        numbers = pool.starmap(_append, [(url, "agathe"), (url, "bruno")], chunksize=1)
    assert sorted(numbers[0] + numbers[1]) == list(range(1, 121))
    assert numbers[0] == sorted(numbers[0])
    assert journal.verify(database).entries == 120
    for actor, own in zip(("agathe", "bruno"), numbers, strict=True):
        found = entries.find(database, Wanted(actor=actor), 100)
        assert [(one.number, one.client) for one in reversed(found)] == list(zip(own, range(60), strict=True))


@pytest.mark.parametrize("holder", ["another thread", "another process"])
def test_whoever_writes_is_waited_for_and_no_longer_than_asked(url: str, holder: str) -> None:
    """Threads queue in the process, processes at the database: both for as long as somebody is patient."""
    database = Database(url)
    database.upgrade()
    other = database if holder == "another thread" else Database(url)
    began, over = threading.Event(), threading.Event()

    def hold() -> None:
        with journal.writing(other) as ledger:
            began.set()
            over.wait(30)
            ledger.append(Kind.OPENED, "agathe", 157_083)

    with ThreadPoolExecutor(2) as pool:
        holding = pool.submit(hold)
        assert began.wait(30)
        start = time.monotonic()
        with (
            pytest.raises(SQLAlchemyError, match=r"locked|lock timeout|another thread"),
            journal.writing(database, 200),
        ):
            pytest.fail("two wrote at once")
        assert 0.2 <= time.monotonic() - start < 10
        waiting = pool.submit(journal.append, database, Kind.OPENED, "bruno", 100_002)
        over.set()
        holding.result()
        assert waiting.result() == 2
    # Whoever gave up holds nobody up.
    assert journal.append(database, Kind.OPENED, "agathe", 157_083) == 3
    assert journal.verify(database).entries == 3
    database.engine.dispose()
    other.engine.dispose()


def test_what_is_no_other_writer_is_not_waited_for(sqlite: Database) -> None:
    """A file that may not be written stays so, however often it is asked."""

    def forbid(connection: Any, *_: object) -> None:
        begins = 22  # SQLITE_TRANSACTION, which Python does not name
        connection.set_authorizer(
            lambda what, *_: sqlite3.SQLITE_DENY if what == begins else sqlite3.SQLITE_OK
        )

    event.listen(sqlite.engine, "checkout", forbid)
    start = time.monotonic()
    with pytest.raises(DatabaseError, match="not authorized"):
        journal.append(sqlite, Kind.OPENED, "agathe", 157_083)
    assert time.monotonic() - start < 5


def test_what_fails_halfway_leaves_nothing(database: Database) -> None:
    five(database)

    def begin() -> None:
        with journal.writing(database) as ledger:
            ledger.append(Kind.OPENED, "agathe", 1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        begin()
    assert journal.verify(database).entries == 5
    assert journal.append(database, Kind.OPENED, "agathe", 1) == 6


def test_nothing_that_is_no_json_is_told(database: Database) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        journal.append(database, Kind.OPENED, "agathe", 1, points=float("nan"))
    assert journal.verify(database).entries == 0


def test_sqlite_flushes_what_is_committed_to_the_disk(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/records.sqlite")
    with database.connection() as connection:
        assert connection.scalar(text("PRAGMA synchronous")) == 2, "FULL"


def test_a_full_disk_writes_nothing_and_when_there_is_room_it_goes_on(sqlite: Database) -> None:
    five(sqlite)
    limit = {"pages": 0}

    @event.listens_for(sqlite.engine, "begin")
    def bound(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {limit['pages'] or 1_000_000}").close()

    with sqlite.connection() as connection:
        limit["pages"] = connection.scalar(text("PRAGMA page_count"))
    numbers = []

    def write() -> None:
        for _ in range(200):
            numbers.append(journal.append(sqlite, Kind.OPENED, "agathe", 157_083, page="clients.decision"))

    with pytest.raises(OperationalError, match="disk is full"):
        write()
    written = 5 + len(numbers)
    assert journal.verify(sqlite).entries == written
    limit["pages"] = 0
    assert journal.append(sqlite, Kind.OPENED, "agathe", 157_083) == written + 1
    assert journal.verify(sqlite).entries == written + 1


def test_a_server_that_stops_loses_nothing_and_goes_on_by_itself(
    request: pytest.FixtureRequest, database: Database
) -> None:
    if database.engine.dialect.name == "sqlite":
        return
    server: postgresql.Server = request.getfixturevalue("server")
    head = five(database)
    server.stop()
    with pytest.raises(DatabaseError):
        journal.append(database, Kind.OPENED, "agathe", 157_083)
    server.start()
    assert journal.append(database, Kind.OPENED, "agathe", 157_083) == 6
    assert journal.verify(database, head).entries == 6


LOOKED_FOR: list[tuple[Wanted, list[int]]] = [
    (Wanted(), [5, 4, 3, 2, 1]),
    (Wanted(kinds=frozenset({Kind.OPENED})), [4, 2]),
    (Wanted(kinds=frozenset({Kind.SIGNED_IN, Kind.SIGNED_OUT})), [5, 1]),
    (Wanted(actor="bruno"), [4]),
    (Wanted(actor="brun"), []),
    (Wanted(client=157_083), [3, 2]),
    (Wanted(client=157_083, kinds=frozenset({Kind.OPENED}), actor="agathe"), [2]),
    (Wanted(since=datetime(2020, 1, 1, tzinfo=UTC)), [5, 4, 3, 2, 1]),
    (Wanted(until=datetime(2020, 1, 1, tzinfo=UTC)), []),
]


def test_entries_are_found_by_kind_person_client_and_time(database: Database) -> None:
    five(database)
    for wanted, numbers in LOOKED_FOR:
        assert [one.number for one in entries.find(database, wanted, 10)] == numbers, wanted
        assert entries.count(database, wanted) == len(numbers), wanted
    third = entries.find(database, Wanted(), 1, before=4)[0]
    from_third = entries.find(database, Wanted(since=third.at), 10)
    assert [one.number for one in from_third] == [5, 4, 3]
    until_third = entries.find(database, Wanted(until=third.at), 10)
    assert [one.number for one in until_third] == [2, 1]


def test_pages_of_entries_go_both_ways(database: Database) -> None:
    five(database)
    for before, after, numbers in (
        (None, None, [5, 4]),
        (4, None, [3, 2]),
        (2, None, [1]),
        (None, 1, [3, 2]),
    ):
        found = entries.find(database, Wanted(), 2, before=before, after=after)
        assert [one.number for one in found] == numbers, (before, after)


def test_who_opened_a_client_lately_is_known(database: Database) -> None:
    five(database)
    assert entries.lately(database, "agathe", 157_083)
    assert entries.lately(database, "bruno", 100_002)
    assert not entries.lately(database, "bruno", 157_083)
    assert not entries.lately(database, "agathe", 100_002)
    journal.append(database, Kind.JOURNAL_READ, "basile", 157_083)
    assert not entries.lately(database, "basile", 157_083), "reading the journal opens no file"
    unguarded(database)
    half_a_day = (datetime.now(UTC) - timedelta(hours=12, minutes=1)).isoformat(timespec="microseconds")
    execute(database, f"UPDATE journal_entry SET at = '{half_a_day}'")
    assert not entries.lately(database, "agathe", 157_083), "more than twelve hours ago"


def test_a_look_counts_for_twelve_hours_to_the_second(database: Database, clock: Clock) -> None:
    """However many entries there are from before: two hundred are older, and the last of them is this."""
    with journal.writing(database) as ledger:
        for _ in range(200):
            ledger.append(Kind.OPENED, "agathe", 157_083)
        ledger.append(Kind.LISTED, "agathe", 157_083)
        ledger.append(Kind.LISTED, "agathe", 100_002)
        ledger.append(Kind.LISTED, "bruno", 100_003)
    begun = clock.now
    for later, seen in ((0, True), (43_200, True), (43_201, False)):
        clock.now = begun + later
        assert entries.lately(database, "agathe", 157_083) is seen, later
        with database.connection() as connection:
            new = entries.not_listed_lately(connection, "agathe", [100_003, 157_083, 100_002])
        assert list(new) == ([100_003] if seen else [100_003, 157_083, 100_002]), later


def _recipe(tmp_path: Path) -> Callable[[list[str]], subprocess.CompletedProcess[str]]:
    """The program that docs/journal.md gives, run on lines of an export without anything of ours."""
    found = re.search(r"```python\n(.*?)```", (REPO / "docs/journal.md").read_text(encoding="utf-8"), re.S)
    assert found
    program = tmp_path / "verify.py"
    program.write_text(found[1], encoding="utf-8")

    def run(lines: list[str]) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "journal.jsonl"
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        done = [sys.executable, "-I", str(program), str(file)]
        return subprocess.run(done, capture_output=True, text=True, check=False, cwd=tmp_path)

    return run


def test_an_export_is_verified_without_the_database(database: Database, tmp_path: Path) -> None:
    five(database)
    execute(database, ERASED.format(4))
    journal.append(database, Kind.ERASED, "commande", entries=1)
    with database.connection() as connection:
        head = journal.head(connection)
    verify = _recipe(tmp_path)
    lines = list(entries.lines(database, datetime(2020, 1, 1, tzinfo=UTC)))
    first, *rest = map(json.loads, lines)
    assert first == {"before": f"0:{'0' * 64}", "format": "pretadepenser-journal", "version": 1}
    assert [one["number"] for one in rest] == [1, 2, 3, 4, 5, 6]
    assert verify(lines).stdout == f"{head}\n"
    assert "entry 3 is missing" in verify([*lines[:3], *lines[4:]]).stderr
    for number, column, value in (
        (2, "client", 1), (2, "actor", "x"), (3, "kind", "x"), (4, "at", "2026"),
        (4, "actor", "x"), (4, "salt", "x"),
    ):  # fmt: skip
        changed = json.loads(lines[number]) | {column: value}
        told = verify([*lines[:number], json.dumps(changed), *lines[number + 1 :]])
        assert f"entry {number} was changed" in told.stderr, column


def test_an_export_shows_what_was_erased_without_a_word(database: Database, tmp_path: Path) -> None:
    """Triggers let the owner of the database erase any entry; the file alone tells, as `verify` does."""
    five(database)
    since = entries.one(database, 3)
    assert since is not None
    verify = _recipe(tmp_path)
    execute(database, ERASED.format(2))
    journal.append(database, Kind.ERASED, "commande", entries=1)
    assert verify(list(entries.lines(database, datetime(2020, 1, 1, tzinfo=UTC)))).returncode == 0
    later = list(entries.lines(database, since.at))
    assert verify(later).returncode == 0, "what was erased is of before this file begins"
    execute(database, ERASED.format(4))
    whole = verify(list(entries.lines(database, datetime(2020, 1, 1, tzinfo=UTC))))
    assert (whole.returncode, whole.stderr) == (1, "2 entries are erased, 1 are told to be\n")
    execute(database, ERASED.format(5))
    assert "2 entries are erased, 1 are told to be" in verify(list(entries.lines(database, since.at))).stderr
    journal.append(database, Kind.RETENTION, "commande", entries=5)
    told = verify(list(entries.lines(database, datetime(2020, 1, 1, tzinfo=UTC))))
    assert told.stderr == "3 entries are erased, 6 are told to be\n", "nor are fewer erased than told"


def test_an_export_since_a_moment_says_what_it_follows(database: Database, tmp_path: Path) -> None:
    head = five(database)
    fourth = entries.one(database, 4)
    third = entries.one(database, 3)
    assert fourth is not None
    assert third is not None
    lines = list(entries.lines(database, fourth.at))
    assert json.loads(lines[0])["before"] == f"3:{third.hash}"
    assert [json.loads(line)["number"] for line in lines[1:]] == [4, 5]
    assert _recipe(tmp_path)(lines).stdout == f"{head}\n"
    nothing = list(entries.lines(database, datetime(2999, 1, 1, tzinfo=UTC)))
    assert [json.loads(line)["before"] for line in nothing] == [str(head)]


def test_a_head_is_read_as_it_was_copied_with_its_end_of_line() -> None:
    assert Head.read(f" 12:{'ab' * 32}\n") == Head(12, "ab" * 32)
    for written in ("", "12", f"12:{'ab' * 31}", f"12:{'AB' * 32}", f"-1:{'ab' * 32}"):
        with pytest.raises(JournalError):
            Head.read(written)


def test_an_entry_names_a_hundred_decisions_that_were_replayed_otherwise(database: Database) -> None:
    counts = Counter({replays.Answer.SAME: 3, replays.Answer.OTHER: 150})
    replays.note_all(database, "commande", counts, range(1, 151))
    (entry,) = entries.find(database, Wanted(), 10)
    assert entry.content == {
        "actor": "commande",
        "client": None,
        "answers": {"identique": 3, "différente": 150, "impossible à rejouer": 0, "effacée": 0},
        "others": list(range(1, 101)),
    }
