"""The order of a run in several processes, and how these share the cores."""

import os
import sys
from pathlib import Path

from tests import order

REPO = Path(__file__).resolve().parents[2]


def test_what_is_named_is_there() -> None:
    missing = [name for name in (*order.LONG, *order.TOGETHER) if not (REPO / name).exists()]
    assert missing == []


def test_what_takes_long_begins_first_and_the_rest_keep_their_order() -> None:
    found = [
        "tests/browser/test_session.py::test_a",
        "tests/unit/test_b.py::test_a",
        "tests/unit/test_a.py::test_b",
        "tests/research/test_report.py::test_a",
        "tests/browser/test_states.py::test_no_violation[a::b]",
    ]
    assert sorted(found, key=order.place) == [
        "tests/browser/test_states.py::test_no_violation[a::b]",
        "tests/browser/test_session.py::test_a",
        "tests/research/test_report.py::test_a",
        "tests/unit/test_b.py::test_a",
        "tests/unit/test_a.py::test_b",
    ]


def test_files_are_handed_out_whole_and_those_that_take_both_cores_together() -> None:
    assert order.unit("tests/research/test_report.py::test_a") == "tests/research/"
    assert order.unit("tests/spark/test_import.py::test_a") == "tests/research/"
    assert order.unit("tests/browser/test_states.py::test_no_violation[a::b]") == (
        "tests/browser/test_states.py"
    )


def test_threads_that_wait_do_not_spin() -> None:
    """OpenMP reads it once, when it is loaded: nothing that may load it is imported before."""
    lines = (REPO / "tests" / "conftest.py").read_text("utf-8").splitlines()
    before = lines[: lines.index('os.environ["OMP_WAIT_POLICY"] = "PASSIVE"')]
    imported = {line.split()[1] for line in before if line.startswith(("import ", "from "))}
    assert {one.partition(".")[0] for one in imported} - sys.stdlib_module_names == set()
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
