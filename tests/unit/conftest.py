"""What unit tests share: a database of the test's own."""

from pathlib import Path

import pytest

from pretadepenser.records.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """An SQLite file with the newest tables and nothing in them."""
    opened = Database(f"sqlite:///{tmp_path}/records.sqlite")
    opened.upgrade()
    return opened
