"""Which tests reach which lines: a plugin of pytest that records it with coverage, and what it recorded.

`pytest -p tests.mutants.reach` with REACHED naming a folder leaves there a file of coverage.py for each
process of pytest-xdist, whose contexts are tests, and how long each test took that passed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from coverage import Coverage, CoverageData

# What is recorded: the application, and Jinja's code of its pages, which is named after the page.
RECORDED: Final = ("pretadepenser/*", "themed_svg/*", "templates/*", "deploy/*", "gunicorn.conf.py")
TOLD: Final = "told.json"
# The instances that tests read (`made_once` in tests/conftest.py), and the context of what makes them.
MADE: Final = ("trained", "learned")
MAKING: Final = "what tests read is made"


@dataclass(frozen=True)
class Reach:
    """What one run of the tests has recorded.

    root: where the code stood. seconds: of each test that passed, in the order of the run.
    """

    root: Path
    data: CoverageData
    seconds: dict[str, float]

    def of_line(self, path: Path, first: int, last: int) -> list[str]:
        """Tests that run one of these lines, the quickest first."""
        lines = _by_line(self.data, str(self.root / path))
        found = {test for line in range(first, last + 1) for test in lines.get(line, ())}
        return sorted(found & self.seconds.keys(), key=self.seconds.__getitem__)

    def makes(self, path: Path, line: int) -> bool:
        """Whether a line may have a part in the instances that tests read: no, where tests alone run it."""
        if path.suffix == ".html":
            return False
        contexts = set(_by_line(self.data, str(self.root / path)).get(line, ()))
        # What runs while a module is loaded runs in whatever test loads it.
        return MAKING in contexts or "" in contexts or not contexts & self.seconds.keys()

    def of_tests(self, files: Iterable[str]) -> list[str]:
        """Tests that stand in these files, file by file."""
        places = {name: number for number, name in enumerate(files)}
        found = [one for one in self.seconds if one.partition("::")[0] in places]
        return sorted(found, key=lambda one: places[one.partition("::")[0]])


@cache
def _by_line(data: CoverageData, path: str) -> dict[int, list[str]]:
    found: dict[int, list[str]] = data.contexts_by_lineno(path)
    return found


def read(folder: Path) -> Reach:
    """What a run has left in a folder."""
    told = json.loads((folder / TOLD).read_text("utf-8"))
    whole = folder / "reached"
    if not whole.exists():
        together = Coverage(data_file=whole, config_file=False)
        together.combine([str(one) for one in folder.glob("process-*")])
        together.save()
    data = CoverageData(str(whole))
    data.read()
    return Reach(Path(told["root"]), data, told["seconds"])


class Recorder:
    """Records, in a process that runs tests, what each of them reaches."""

    def __init__(self, folder: Path, name: str, root: Path) -> None:
        self.test = ""
        self.coverage = Coverage(
            data_file=folder / f"process-{name}",
            include=[str(root / one) for one in RECORDED],
            config_file=False,
            messages=False,
        )
        self.coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Whatever runs until the next test is this test's."""
        self.test = item.nodeid
        self.coverage.switch_context(self.test)
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        """What makes the instances that tests read is nobody's."""
        if fixturedef.argname not in MADE:
            return (yield)
        self.coverage.switch_context(MAKING)
        try:
            return (yield)
        finally:
            self.coverage.switch_context(self.test)

    def pytest_sessionfinish(self) -> None:
        """Keep what was recorded."""
        self.coverage.stop()
        self.coverage.save()


class Teller:
    """Keeps, in the process that reports, how long each test took that passed."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder, self.root = folder, root
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add what a part of a test (what it needs, itself, what it leaves) took."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if not report.passed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write it down."""
        kept = {name: round(one, 3) for name, one in self.seconds.items() if name not in self.failed}
        told = json.dumps({"root": str(self.root), "seconds": kept})
        (self.folder / TOLD).write_text(told, "utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Record where tests run, tell where they are reported: one process, or several of pytest-xdist."""
    folder = Path(os.environ["REACHED"])
    worker = getattr(config, "workerinput", None)
    if worker is None:
        config.pluginmanager.register(Teller(folder, config.rootpath))
    if worker is not None or not config.getoption("numprocesses", None):
        name = worker["workerid"] if worker else "alone"
        config.pluginmanager.register(Recorder(folder, name, config.rootpath))
