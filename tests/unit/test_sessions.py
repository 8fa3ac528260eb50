"""Sessions as rows: how long they are good, what ends them, and what is kept of them."""

import hashlib
import re
from pathlib import Path

import pytest
from sqlalchemy import text

from pretadepenser.records import sessions, users
from pretadepenser.records.database import Database
from pretadepenser.records.models import User, UserSession
from tests.conftest import Clock

PASSWORD = "une suite de quelques mots"
LIMITS = sessions.Limits(idle=600, age=7200)


@pytest.fixture
def agathe(database: Database) -> User:
    return users.add_user(database, "agathe", "conseiller", PASSWORD)


def begin(database: Database, user: User, browser: str = "Firefox sous Linux") -> str:
    """Begin a session of a user who may."""
    identifier = sessions.begin(database, user, browser, LIMITS)
    assert identifier is not None
    return identifier


def found(database: Database, user: User, identifier: str) -> sessions.Found:
    """The row of a session that is there."""
    row = sessions.find(database, user.id, identifier, LIMITS)
    assert row is not None
    return row


def good(database: Database, user: User, identifier: str) -> bool:
    row = sessions.find(database, user.id, identifier, LIMITS)
    return row is not None and row.good


def test_a_session_is_known_by_its_identifier_which_is_not_kept(
    database: Database, agathe: User, tmp_path: Path
) -> None:
    identifier = begin(database, agathe)
    assert re.fullmatch(r"[\w-]{43}", identifier)
    assert identifier != begin(database, agathe)
    assert good(database, agathe, identifier)
    assert sessions.find(database, agathe.id, identifier[:-1], LIMITS) is None
    assert sessions.find(database, agathe.id + 1, identifier, LIMITS) is None, "somebody else's"
    with database.session() as session:
        row = session.execute(text("SELECT * FROM user_session")).mappings().first()
    assert row is not None
    assert set(row) == {"id", "user_id", "digest", "begun", "seen", "browser"}
    assert row["digest"] == hashlib.sha256(identifier.encode()).hexdigest()
    database.engine.dispose()
    assert not [path for path in tmp_path.iterdir() if identifier.encode() in path.read_bytes()]


def test_a_session_is_good_while_it_is_used_and_for_its_age(
    database: Database, agathe: User, clock: Clock
) -> None:
    identifier = begin(database, agathe)
    clock.now += 599.9
    assert good(database, agathe, identifier)
    clock.now += 0.1
    assert not good(database, agathe, identifier)
    assert LIMITS.fell_asleep(found(database, agathe, identifier).session)
    clock.now -= 1
    used = sessions.touch(database, found(database, agathe, identifier), LIMITS)
    assert used.end == clock.now + 600
    # Used again and again, it goes on until two hours after it began.
    begun = found(database, agathe, identifier).session.begun
    while clock.now < begun + 7000:
        clock.now += 500
        assert good(database, agathe, identifier)
        sessions.touch(database, found(database, agathe, identifier), LIMITS)
    assert found(database, agathe, identifier).end == begun + 7200
    clock.now = begun + 7199.9
    assert good(database, agathe, identifier)
    clock.now = begun + 7200
    assert not good(database, agathe, identifier)
    assert not LIMITS.fell_asleep(found(database, agathe, identifier).session)


def test_a_late_writer_does_not_take_a_session_back_in_time(
    database: Database, agathe: User, clock: Clock
) -> None:
    identifier = begin(database, agathe)
    late = found(database, agathe, identifier)
    clock.now += 100
    sessions.touch(database, found(database, agathe, identifier), LIMITS)
    clock.now -= 50
    sessions.touch(database, late, LIMITS)
    assert found(database, agathe, identifier).session.seen == 1_800_000_100


def test_one_session_ends_and_the_others_go_on(database: Database, agathe: User) -> None:
    bruno = users.add_user(database, "bruno", "conseiller", PASSWORD)
    one, two, three = (begin(database, agathe) for _ in range(3))
    his = begin(database, bruno)
    number = found(database, agathe, one).session.id
    assert not sessions.end(database, bruno.id, number), "nobody ends another's session"
    assert good(database, agathe, one)
    assert sessions.end(database, agathe.id, number)
    assert not sessions.end(database, agathe.id, number)
    assert [good(database, agathe, each) for each in (one, two, three)] == [False, True, True]
    assert sessions.end_others(database, agathe.id, found(database, agathe, three).session.id) == 1
    assert [good(database, agathe, each) for each in (one, two, three)] == [False, False, True]
    assert good(database, bruno, his)


def test_another_password_ends_all_sessions_but_the_one_that_is_kept(
    database: Database, agathe: User
) -> None:
    one, two = begin(database, agathe), begin(database, agathe)
    kept = found(database, agathe, two).session.id
    users.set_password(database, "agathe", PASSWORD + "!", kept=kept)
    assert [good(database, agathe, each) for each in (one, two)] == [False, True]
    renewed = sessions.renew(database, kept)
    assert [good(database, agathe, each) for each in (two, renewed)] == [False, True]
    users.set_password(database, "agathe", PASSWORD)
    assert not good(database, agathe, renewed)


def test_a_disabled_account_has_no_session_and_its_user_cannot_open_it_again(
    database: Database, agathe: User
) -> None:
    identifier = begin(database, agathe)
    kept = found(database, agathe, identifier).session.id
    users.disable_user(database, "agathe")
    assert sessions.find(database, agathe.id, identifier, LIMITS) is None
    # A change of password that was on its way.
    users.set_password(database, "agathe", PASSWORD + "!", kept=kept)
    assert users.authenticate(database, "agathe", PASSWORD + "!") is None


def test_a_row_of_a_disabled_account_opens_nothing(database: Database, agathe: User) -> None:
    identifier = begin(database, agathe)
    with database.session() as session:
        session.get_one(User, agathe.id).active = False
    assert not good(database, agathe, identifier)


def test_no_session_begins_after_the_password_was_changed_or_the_account_disabled(
    database: Database, agathe: User
) -> None:
    """Between the check of the password and the row of the session."""
    users.set_password(database, "agathe", PASSWORD + "!")
    assert sessions.begin(database, agathe, "Firefox", LIMITS) is None
    changed = users.authenticate(database, "agathe", PASSWORD + "!")
    assert changed is not None
    users.disable_user(database, "agathe")
    assert sessions.begin(database, changed, "Firefox", LIMITS) is None
    assert sessions.listed(database, agathe.id, LIMITS) == []


def test_rows_that_are_over_are_deleted_at_the_next_sign_in(
    database: Database, agathe: User, clock: Clock
) -> None:
    begin(database, agathe, "an old one")
    clock.now += 3600
    begin(database, agathe, "an idle one")
    # To the second: the first is as old as a session may be.
    clock.now += 3600
    assert sessions.listed(database, agathe.id, LIMITS) == []
    begin(database, agathe, "a new one")
    with database.session() as session:
        assert session.scalars(text("SELECT browser FROM user_session ORDER BY id")).all() == [
            "an idle one",
            "a new one",
        ]
    assert [one.browser for one in sessions.listed(database, agathe.id, LIMITS)] == ["a new one"]


@pytest.mark.parametrize("column", ["begun", "seen"])
def test_a_session_from_the_future_is_ignored_and_deleted(
    database: Database, agathe: User, clock: Clock, column: str
) -> None:
    """The clock was a year ahead, and is right again."""
    identifier = begin(database, agathe)
    with database.session() as session:
        setattr(session.get_one(UserSession, 1), column, clock.now + 60)
    assert good(database, agathe, identifier), "the clocks of two servers may differ a little"
    with database.session() as session:
        setattr(session.get_one(UserSession, 1), column, clock.now + 61)
    assert not good(database, agathe, identifier), "but not by more than a minute"
    with database.session() as session:
        setattr(session.get_one(UserSession, 1), column, clock.now + 365 * 24 * 3600)
    assert not good(database, agathe, identifier)
    assert sessions.listed(database, agathe.id, LIMITS) == []
    begin(database, agathe)
    with database.session() as session:
        assert session.scalars(text("SELECT id FROM user_session WHERE seen > 1800000000")).all() == []
        assert session.scalar(text("SELECT count(*) FROM user_session")) == 1


def test_sessions_are_listed_the_last_used_first(database: Database, agathe: User, clock: Clock) -> None:
    one = begin(database, agathe, "Firefox sous Linux")
    clock.now += 10
    begin(database, agathe, "Safari sous iOS" + "x" * 100)
    clock.now += 10
    sessions.touch(database, found(database, agathe, one), LIMITS)
    assert [(row.browser, row.begun, row.seen) for row in sessions.listed(database, agathe.id, LIMITS)] == [
        ("Firefox sous Linux", 1_800_000_000, 1_800_000_020),
        ("Safari sous iOS" + "x" * 49, 1_800_000_010, 1_800_000_010),
    ]


def test_sessions_used_at_the_same_moment_are_listed_the_newest_first(
    database: Database, agathe: User, clock: Clock
) -> None:
    for browser in ("un", "deux", "trois"):
        begin(database, agathe, browser)
    assert [row.browser for row in sessions.listed(database, agathe.id, LIMITS)] == ["trois", "deux", "un"]
