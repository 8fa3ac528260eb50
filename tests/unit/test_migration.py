"""A database of the version before decisions, with people, sessions and clients, is brought up to date."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from alembic import command
from sqlalchemy import inspect, text

from pretadepenser.config import load
from pretadepenser.records import decisions, journal, recents, tokens, users
from pretadepenser.records.database import Database, alembic_config
from pretadepenser.records.decisions import Person, Verdict
from pretadepenser.records.models import Base
from tests import postgresql

PASSWORD: Final = "une suite de quelques mots"
# As the version before wrote them: figures of another day, and hashes that no code of today made.
ROWS: Final[dict[str, list[dict[str, object]]]] = {
    "user_account": [
        {
            "id": 7, "name": "éloïse", "role": "auditeur", "password_hash": "", "active": True,
            "must_change": False, "created_at": "2026-01-15 08:30:00+00:00",
        },
        {
            "id": 9, "name": "ancien", "role": "conseiller", "password_hash": "x", "active": False,
            "must_change": True, "created_at": "2025-07-01 10:00:00+00:00",
        },
    ],
    "user_session": [
        {
            "id": 3, "user_id": 7, "digest": "d" * 64, "begun": 1.7e9, "seen": 1.7e9 + 60,
            "browser": "Firefox sous Linux",
        }
    ],
    "login_attempt": [{"id": 1, "account": "ancien", "address": "192.0.2.1", "device": "", "at": 1.7e9}],
    "recent_client": [{"user_id": 7, "number": 157083, "seen_at": 1.7e9}],
    "api_token": [{"id": 2, "name": "agence", "digest": "a" * 64, "created_at": "2026-02-01 00:00:00+00:00"}],
    "api_token_use": [{"token_id": 2, "minute": 28333333, "requests": 12}],
}  # fmt: skip
NEW: Final = {
    "journal_entry", "decision", "reading", "review", "review_step", "review_outcome", "letter", "legal_hold",
    "erased_client",
}  # fmt: skip


@pytest.fixture(params=postgresql.BOTH)
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database as the version before left it."""
    if request.param == "sqlite":
        yield _before(Database(f"sqlite:///{tmp_path}/base.sqlite"))
        return
    with postgresql.running() as server:
        settings = load({"DATABASE_URL": server.url}, {"INSTANCE": tmp_path})
        database = Database(str(settings["DATABASE_URL"]))
        yield _before(database)
        database.engine.dispose()


def _before(database: Database) -> Database:
    with database.engine.connect() as connection:
        command.upgrade(alembic_config(connection), "0003")
        connection.commit()
    assert not database.ready()
    with database.connection() as connection:
        assert not NEW & set(inspect(connection).get_table_names())
        for table, rows in ROWS.items():
            columns = ", ".join(rows[0])
            values = ", ".join(f":{name}" for name in rows[0])
            connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), rows)
        given = {"hash": users.HASHER.hash(PASSWORD)}
        connection.execute(text("UPDATE user_account SET password_hash = :hash WHERE id = 7"), given)
    return database


def _all(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.connection() as connection:
        return {
            table: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY 1"))]
            for table in ROWS
        }


def test_nothing_is_lost_and_everything_goes_on(before: Database) -> None:
    kept = _all(before)
    assert [len(rows) for rows in kept.values()] == [2, 1, 1, 1, 1, 1]
    before.upgrade()
    assert before.ready()
    assert _all(before) == kept
    with before.connection() as connection:
        assert set(Base.metadata.tables) <= set(inspect(connection).get_table_names())
    found = users.authenticate(before, "Éloïse", PASSWORD)
    assert found is not None
    assert users.authenticate(before, "ancien", PASSWORD) is None
    assert list(recents.recent(before, 7)) == [157083]
    assert [one.name for one in tokens.list_tokens(before)] == ["agence"]
    # An account of then decides now, and the journal begins with it.
    made = decisions.add(
        before, "k", Person(7, "éloïse"), 157083, Verdict.REFUSE, {"text": "non"}, waiting=False
    )
    assert decisions.find(before, made) is not None
    assert journal.verify(before).entries >= 1


def test_a_copy_of_the_file_is_brought_up_to_date_too(tmp_path: Path) -> None:
    """What `sqlite3 … .backup` saved before the update opens after it."""
    _before(Database(f"sqlite:///{tmp_path}/base.sqlite")).engine.dispose()
    shutil.copy(tmp_path / "base.sqlite", tmp_path / "copy.sqlite")
    for _ in range(2):
        copy = Database(f"sqlite:///{tmp_path}/copy.sqlite")
        copy.upgrade()
        assert copy.ready()
        assert users.authenticate(copy, "éloïse", PASSWORD) is not None
