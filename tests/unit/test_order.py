"""The order of a run in several processes."""

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
        "tests/research/test_report.py::test_a",
        "tests/browser/test_session.py::test_a",
        "tests/unit/test_b.py::test_a",
        "tests/unit/test_a.py::test_b",
    ]


def test_files_are_handed_out_whole_and_those_of_the_study_together() -> None:
    assert order.unit("tests/research/test_report.py::test_a") == "tests/research/"
    assert order.unit("tests/research/test_training.py::test_a") == "tests/research/"
    assert order.unit("tests/browser/test_states.py::test_no_violation[a::b]") == (
        "tests/browser/test_states.py"
    )
