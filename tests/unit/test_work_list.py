"""What waits for another person: in which order, since when and until when, in words."""

from datetime import UTC, date, datetime

import pytest

from pretadepenser.credit.recourse import deadline
from pretadepenser.records import reviews
from pretadepenser.records.decisions import Brief, Verdict
from pretadepenser.web import worklist

TODAY = date(2026, 11, 26)


def plain(text: str) -> str:
    """With plain spaces."""
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("day", "late", "told"),
    [
        (date(2026, 12, 26), 0, "26 décembre 2026, dans 30 jours"),
        (date(2026, 11, 28), 0, "28 novembre 2026, dans 2 jours"),
        (date(2026, 11, 27), 0, "27 novembre 2026, demain"),
        (date(2026, 11, 26), 0, "26 novembre 2026, aujourd’hui"),
        (date(2026, 11, 25), 1, "25 novembre 2026, en retard de 1 jour"),
        (date(2026, 10, 1), 56, "1er octobre 2026, en retard de 56 jours"),
    ],
)
def test_a_deadline_says_what_is_left_of_it(day: date, late: int, told: str) -> None:
    assert plain(deadline.due(day, TODAY)) == told
    assert deadline.late(day, TODAY) == late


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (date(2026, 11, 26), "depuis aujourd’hui"),
        (date(2026, 11, 25), "depuis hier"),
        (date(2026, 11, 23), "depuis 3 jours"),
    ],
)
def test_an_age_is_told_in_days(day: date, told: str) -> None:
    assert plain(deadline.age(day, TODAY)) == told


def waits(number: int, day: int, author: int = 1) -> Brief:
    """A decision of a day of November, at noon."""
    at = datetime(2026, 11, day, 12, tzinfo=UTC)
    return Brief(number, 157_083, author, "agathe", at, Verdict.GRANT, True, None, None, "")


def asked(number: int, received: date, due: date, decider: int = 1) -> reviews.Found:
    """A review that is open."""
    content = {"received": received.isoformat()}
    at = datetime(2026, 11, 26, 12, tzinfo=UTC)
    reference = f"REV-2026-{number:06d}"
    return reviews.Found(
        number, reference, 7, decider, "agathe", 157_083, 1, "agathe", at, due, content, None
    )


def test_of_what_is_due_on_one_day_what_has_waited_longest_stands_first() -> None:
    due = date(2026, 12, 1)
    opened = [asked(1, date(2026, 11, 20), due), asked(2, date(2026, 11, 10), due), asked(3, due, due)]
    lines = worklist.lines([], opened, TODAY, 2, lambda one: False)
    assert [line.title for line in lines] == ["REV-2026-000002", "REV-2026-000001", "REV-2026-000003"]


def test_what_is_due_first_stands_first_whatever_it_is() -> None:
    lines = worklist.lines(
        [waits(1, 10), waits(2, 25), waits(3, 24)],
        [
            asked(1, date(2026, 10, 26), date(2026, 11, 25)),
            asked(2, date(2026, 11, 20), date(2026, 12, 20)),
            asked(3, date(2026, 9, 1), date(2026, 10, 1)),
        ],
        TODAY,
        2,
        lambda one: False,
    )
    assert [plain(line.title) for line in lines] == [
        "REV-2026-000003", "Décision 1", "REV-2026-000001", "Décision 3", "Décision 2", "REV-2026-000002",
    ]  # fmt: skip
    assert [line.late for line in lines] == [True, True, True, False, False, False]
    assert [plain(line.deadline) for line in lines[:4]] == [
        "1er octobre 2026, en retard de 56 jours",
        "12 novembre 2026, en retard de 14 jours",
        "25 novembre 2026, en retard de 1 jour",
        "26 novembre 2026, aujourd’hui",
    ]
    assert plain(lines[0].age) == "depuis 86 jours"


def test_a_line_says_what_is_to_be_done_and_whether_by_somebody_else() -> None:
    lines = worklist.lines(
        [waits(1, 26), waits(2, 26, author=2)],
        [
            asked(1, TODAY, date(2026, 12, 26)),
            asked(2, TODAY, date(2026, 12, 26), decider=2),
        ],
        TODAY,
        2,
        lambda one: (one.author_id if isinstance(one, Brief) else one.decider_id) == 2,
    )
    assert [(plain(line.task), line.barred) for line in lines] == [
        ("Lire : prêt accordé, décidé par agathe", False),
        ("Lire : prêt accordé, décidé par agathe", True),
        ("Réexaminer la décision 7, prise par agathe", False),
        ("Réexaminer la décision 7, prise par agathe", True),
    ]


def test_once_erased_a_request_is_dated_by_its_writing() -> None:
    found = reviews.Found(
        1, "REV-2026-000001", 7, 1, "agathe", None, 1, "agathe", datetime(2026, 11, 2, 12, tzinfo=UTC),
        date(2026, 12, 2), None, None,
    )  # fmt: skip
    assert found.received == date(2026, 11, 2)
