"""The grounds of the attacks in their short form: copies of `trained` on servers of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import forked
from tests.faults import ground
from tests.faults.ground import Ground, Visitor


@pytest.fixture(scope="session")
def sound(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """An instance to copy from, and the process that servers on it are forked from. Never changed."""
    forked.ready()
    return ground.make(tmp_path_factory.mktemp("faults"), trained)


@pytest.fixture
def own(sound: Ground, tmp_path: Path) -> Ground:
    """An instance of one test's own."""
    return sound.copy(tmp_path / "instance")


@pytest.fixture(scope="module")
def visitor(sound: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A running server on a copy that is put right again after every attack."""
    with sound.copy(tmp_path_factory.mktemp("served") / "instance").served() as visitor:
        yield visitor
