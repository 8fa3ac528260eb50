"""In which order files are handed to the processes of pytest-xdist, and which must stay together.

Whoever is handed a long file last keeps all others waiting: those begin first. The rest follow in their own
order. A run in one process knows nothing of this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import LoadFileScheduling

# Folders and files that take long. Spark's begin once Chromium has done most: both want more than a core.
LONG: Final = (
    "tests/browser/test_states.py",
    "tests/browser/",
    "tests/faults/",
    "tests/research/",
    "tests/spark/",
    "tests/web/test_nu.py",
    "tests/web/test_spoken.py",
    "tests/web/",
)
# The network or the cluster that these share takes longer to train or to start than most of their tests take.
# They are one unit: Spark's machines keep the cores at work by themselves, no network is trained beside them.
TOGETHER: Final = ("tests/research/", "tests/spark/")


def place(nodeid: str) -> int:
    """Where a test is to begin: the smaller, the earlier."""
    return next((number for number, name in enumerate(LONG) if nodeid.startswith(name)), len(LONG))


def unit(nodeid: str) -> str:
    """What a test is handed out with: its file, or all that stays together."""
    return TOGETHER[0] if nodeid.startswith(TOGETHER) else nodeid.partition("::")[0]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort what a process of pytest-xdist has found; each finds the same."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: place(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """Hand files out in that order where files are handed out (`--dist=loadfile`)."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Ordered(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist has no types
        """By default pytest-xdist begins with the files of the most tests, which are the quick ones."""

        def _split_scope(self, nodeid: str) -> str:
            return unit(nodeid)

    config.option.loadscopereorder = False
    return Ordered(config, log)
