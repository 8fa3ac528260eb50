"""The same records on a real PostgreSQL server, where its programs are installed."""

import multiprocessing
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import OperationalError

from pretadepenser.config import load
from pretadepenser.records import recents, sessions, users
from pretadepenser.records.attempts import Throttle, Who
from pretadepenser.records.database import Database, Quick, RecordsError, alembic_config
from pretadepenser.records.models import Base
from tests import postgresql

PASSWORD = "une suite de quelques mots"

pytestmark = postgresql.NEEDED


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of a server of our own."""
    with postgresql.running() as server:
        yield server.url


def _opened(url: str, folder: Path) -> Database:
    """The database at an address as administrators write it."""
    return Database(str(load({"DATABASE_URL": url}, {"INSTANCE": folder})["DATABASE_URL"]))


def test_a_read_alone_leaves_what_the_connection_has_prepared(url: str, tmp_path: Path) -> None:
    """psycopg prepares what it has been asked five times, and forgets all of it when it rolls back."""
    opened = _opened(url, tmp_path)
    read = Quick("SELECT :number + 1")
    for number in range(10):
        assert opened.ask(read, {"number": number}) == [(number + 1,)]
    prepared = opened.ask(Quick("SELECT statement FROM pg_prepared_statements"), {})
    assert prepared == [("SELECT $1 + 1",)]


def test_a_read_alone_on_a_connection_that_died_is_told_and_the_next_has_another(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    opened = _opened(url, tmp_path)
    (own,) = opened.ask(Quick("SELECT pg_backend_pid()"), {})
    with pytest.raises(OperationalError):
        # It ends its own connection: the answer never comes.
        opened.ask(Quick("SELECT pg_terminate_backend(pg_backend_pid())"), {})
    (other,) = opened.ask(Quick("SELECT pg_backend_pid()"), {})
    assert own != other
    assert caplog.messages == []


def _upgrade(url: str) -> bool:
    opened = Database(url)
    opened.upgrade()
    return opened.ready()


def _try(url: str) -> int:
    throttle = Throttle(account=5, address=1000, longest=900)
    opened = Database(url)
    return sum(throttle.begin(opened, Who.of("agathe", "192.0.2.1")) == 0 for _ in range(10))


def test_everything_works_on_postgresql(url: str, tmp_path: Path) -> None:
    understood = str(load({"DATABASE_URL": url}, {"INSTANCE": tmp_path})["DATABASE_URL"])
    with multiprocessing.get_context("fork").Pool(3) as pool:
        assert pool.map(_upgrade, [understood] * 3, chunksize=1) == [True] * 3
        begun = time.monotonic()
        allowed = sum(pool.map(_try, [understood] * 3, chunksize=1))
        assert 5 <= allowed <= 5 + (time.monotonic() - begun)
    database = Database(understood)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    added = users.add_user(database, "Éloïse", "auditeur", PASSWORD)
    with pytest.raises(RecordsError, match="existe déjà"):
        users.add_user(database, "éloïse", "auditeur", PASSWORD)
    found = users.authenticate(database, "Éloïse", PASSWORD)
    assert found is not None
    assert found.created_at == added.created_at
    assert users.authenticate(database, "na\x00me", PASSWORD) is None
    for number in (*range(100_001, 100_014), 100_005, 2**40):
        recents.remember(database, added.id, number)
    assert list(recents.recent(database, added.id))[:3] == [2**40, 100_005, 100_013]
    limits = sessions.Limits(idle=600, age=7200)
    identifier = sessions.begin(database, found, "Firefox sous Linux", limits)
    assert identifier is not None
    row = sessions.find(database, added.id, identifier, limits)
    assert row is not None
    assert row.good
    assert sessions.touch(database, row, limits).end >= row.end
    assert sessions.begin(database, found, "Safari sous iOS", limits) is not None
    assert sessions.end_others(database, added.id, row.session.id) == 1
    users.set_password(database, "éloïse", PASSWORD + "!")
    assert sessions.find(database, added.id, identifier, limits) is None
    assert sessions.begin(database, found, "Firefox sous Linux", limits) is None, "the password has changed"
    # Down to the version before and up again: nobody is lost, nor are their clients.
    with database.engine.connect() as connection:
        command.downgrade(alembic_config(connection), "0002")
        connection.commit()
    database.upgrade()
    assert users.authenticate(database, "éloïse", PASSWORD + "!") is not None
    assert len(recents.recent(database, added.id)) == 10
