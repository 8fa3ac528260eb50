"""The same on a real PostgreSQL: its tables, and the files that they are in."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from pretadepenser.config import load
from pretadepenser.records import erasing, journal, retention
from pretadepenser.records.database import Database
from pretadepenser.records.erasing import Erased
from pretadepenser.records.models import Base
from pretadepenser.records.retention import Keep
from tests import postgresql
from tests.postgresql import Server
from tests.unit.written import MARK, Writer, staff

pytestmark = postgresql.NEEDED
CLIENT, OTHER = 7_351_902_846_113, 157_083


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of our own."""
    with postgresql.running() as started:
        yield started


def needles() -> list[bytes]:
    """Number and texts of the client, as PostgreSQL stores them."""
    return [str(CLIENT).encode(), CLIENT.to_bytes(8, "little"), MARK.encode()]


def in_tables(server: Server) -> list[str]:
    """Tables that tell of the client, read past the application."""
    names = [table.name for table in Base.metadata.sorted_tables]
    texts = {name: server.psql(f"SELECT t::text FROM {name} t") for name in names}
    hexadecimal = MARK.encode().hex()
    words = (str(CLIENT), MARK, hexadecimal)
    return [name for name, text in texts.items() if any(word in text for word in words)]


def in_files(server: Server) -> list[str]:
    """Files of the databases that hold a needle."""
    server.psql("CHECKPOINT")
    paths = [path for path in (server.folder / "data" / "base").rglob("*") if path.is_file()]
    contents = {path.name: path.read_bytes() for path in paths}
    return [name for name, content in contents.items() if any(one in content for one in needles())]


def test_an_erasure_leaves_nothing_in_tables_or_their_files(server: Server, tmp_path: Path) -> None:
    database = Database(str(load({"DATABASE_URL": server.url}, {"INSTANCE": tmp_path})["DATABASE_URL"]))
    database.upgrade()
    staff(database)
    Writer(database, CLIENT).all()
    other = Writer(database, OTHER, mark="autrui")
    other.later(days=-3000).decision("accord")
    other.seen()
    assert set(in_tables(server)) == {
        "journal_entry", "decision", "reading", "review", "review_step", "review_outcome", "letter",
        "recent_client",
    }  # fmt: skip
    assert in_files(server)
    digest = erasing.digest_of("k" * 32, CLIENT)
    gone = erasing.begin(database, CLIENT, digest)
    assert gone == Erased(decisions=1, readings=1, reviews=1, letters=2, entries=10, recent=1)
    assert in_tables(server) == []
    erasing.compact(database)
    assert erasing.finish(database, CLIENT, digest)
    assert in_files(server) == []
    assert journal.verify(database).erased == 10
    assert server.psql("SELECT client FROM decision WHERE client IS NOT NULL") == str(OTHER)
    assert [number for number, _ in erasing.returned(database, "k" * 32, [OTHER, CLIENT])] == [CLIENT]
    # Again, and what is over its time, on the same tables.
    assert erasing.begin(database, CLIENT, digest) == Erased()
    keep, now = Keep(6, 60, 12), datetime.now(UTC)
    assert retention.run(database, keep, now) == Erased(decisions=1, entries=1)
    assert retention.run(database, keep, now) == Erased()
    assert journal.verify(database).erased == 11
    # The guards stand after the tables were written anew.
    for statement in ("UPDATE decision SET verdict = 'accord'", "DELETE FROM journal_entry"):
        with pytest.raises(DBAPIError), database.connection() as connection:
            connection.exec_driver_sql(statement)
