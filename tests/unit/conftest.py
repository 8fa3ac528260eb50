"""What unit tests share: a database of the test's own."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pretadepenser.config import load
from pretadepenser.records.database import Database
from tests import postgresql


@pytest.fixture(scope="module")
def server() -> Iterator[postgresql.Server]:
    """A server with a role that may not do everything, as an application's should be."""
    with postgresql.running() as running:
        running.psql("CREATE ROLE bank LOGIN")
        yield running


@pytest.fixture(params=postgresql.BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of the test's own, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/records.sqlite"
    running: postgresql.Server = request.getfixturevalue("server")
    name = f"test_{re.sub('[^a-z0-9]', '_', tmp_path.name.casefold())}"
    running.psql(f"CREATE DATABASE {name} OWNER bank")
    given = f"postgres://bank@127.0.0.1:{running.port}/{name}"
    return str(load({"DATABASE_URL": given}, {"INSTANCE": tmp_path})["DATABASE_URL"])


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file that all migrations have gone through. Never changed."""
    file = tmp_path_factory.mktemp("migrated") / "records.sqlite"
    database = Database(f"sqlite:///{file}")
    database.upgrade()
    # Closed, all stands in the file itself.
    database.engine.dispose()
    return file


@pytest.fixture
def sqlite(tmp_path: Path, migrated: Path) -> Database:
    """An SQLite file with the newest tables and nothing in them, also where `database` is of each kind."""
    return Database(f"sqlite:///{shutil.copy(migrated, tmp_path)}")


@pytest.fixture
def database(sqlite: Database) -> Database:
    """An SQLite file with the newest tables and nothing in them."""
    return sqlite
