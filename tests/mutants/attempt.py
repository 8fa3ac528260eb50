"""One run of chosen tests in a process of its own, on a copy of the code that may hold a fault.

The process is forked from one that has loaded what is slow to load and not ours (`PRELOADED`): most faults
are noticed in less time than that takes.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

import pytest

# Not XGBoost, which the application loads in its own way (`model/boosting.py`).
PRELOADED: Final = [
    "duckdb", "flask", "flask_login", "flask_wtf", "hypothesis", "lxml.html", "matplotlib.figure", "numpy",
    "pandas", "pyarrow.compute", "pyarrow.dataset", "pyarrow.parquet", "pytest", "scipy.stats",
    "selenium.webdriver", "sklearn.model_selection", "sqlalchemy",
]  # fmt: skip
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(PRELOADED)


class Verdict(Enum):
    """What tests make of a fault."""

    UNSEEN = 0
    NOTICED = 1
    ENDLESS = 2


@dataclass(frozen=True)
class Outcome:
    """A verdict, and which test failed: None where none did, or where not even its file could be read."""

    verdict: Verdict
    failed: str | None = None


class Chosen:
    """Has some tests run in their order, and no others, and keeps which one failed first."""

    def __init__(self, tests: Sequence[str]) -> None:
        self.places = {test: number for number, test in enumerate(tests)}
        self.failed: str | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave the chosen ones. A fault may have taken some away: that alone tells nothing."""
        items[:] = sorted(
            (one for one in items if one.nodeid in self.places), key=lambda one: self.places[one.nodeid]
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the first that failed."""
        if report.failed and self.failed is None:
            self.failed = report.nodeid


def run(copy: Path, tests: Sequence[str], made: Path | None, work: int, wait: float) -> Outcome:
    """Run tests on the code of a copy until one fails.

    tests: by their names (nodeid), in the order in which they run. made: where the instance stands that
    tests read, if it need not be made again. work, wait: seconds of a processor and of the clock until it is
    ENDLESS.
    """
    told = copy.parent / "told.json"
    told.unlink(missing_ok=True)
    process = _CONTEXT.Process(target=_run, args=(copy, list(tests), made, work, told))
    process.start()
    process.join(wait)
    ended = process.exitcode
    # The process leads a group: servers that its tests have left running end with it.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid or 0, signal.SIGKILL)
    process.join()
    process.close()
    if ended is None or ended in (-signal.SIGXCPU, -signal.SIGKILL):
        return Outcome(Verdict.ENDLESS)
    if ended in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return Outcome(Verdict.UNSEEN)
    return Outcome(Verdict.NOTICED, json.loads(told.read_text("utf-8")) if told.exists() else None)


def _run(copy: Path, tests: list[str], made: Path | None, work: int, told: Path) -> None:
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_CPU, (work, work + 10))
    with (copy.parent / "output.txt").open("w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os.chdir(copy)
    os.environ["PYTHONPATH"] = str(copy)
    if made:
        os.environ["TESTS_MADE"] = str(made)
    # Whoever forbids bytecode would have the whole application compiled again for each fault.
    sys.dont_write_bytecode = False
    # What is loaded from now on is the copy's.
    for name in [one for one in sys.modules if one.partition(".")[0] == "tests"]:
        del sys.modules[name]
    sys.path[:] = [str(copy), *(one for one in sys.path if one not in ("", str(Path(__file__).parents[2])))]
    chosen = Chosen(tests)
    files = list(dict.fromkeys(one.partition("::")[0] for one in tests))
    code = pytest.main(["-x", "-q", "--tb=short", "-p", "no:cacheprovider", *files], plugins=[chosen])
    if chosen.failed:
        told.write_text(json.dumps(chosen.failed), "utf-8")
    sys.stdout.flush()
    # At once: threads that a fault keeps waiting would keep this process.
    os._exit(int(code))
