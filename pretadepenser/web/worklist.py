"""What waits for another person: decisions for a second reader and reviews, what is late first."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pretadepenser import french
from pretadepenser.credit.recourse import deadline
from pretadepenser.records import reviews
from pretadepenser.records.decisions import Brief


@dataclass(frozen=True)
class Line:
    """Something to be done by somebody else than who decided.

    decision: its id; reference: of the review, "" for a second reading; client: SK_ID_CURR, None once erased;
    since, due, today: days; barred: another person than who asks is to do it.
    """

    decision: int
    reference: str
    client: int | None
    task: str
    since: datetime.date
    due: datetime.date
    today: datetime.date
    barred: bool

    @property
    def title(self) -> str:
        """What it is, in short."""
        return self.reference or f"Décision{french.NO_BREAK}{self.decision}"

    @property
    def late(self) -> bool:
        """Whether its time is over."""
        return deadline.late(self.due, self.today) > 0

    @property
    def age(self) -> str:
        """How long it has waited, in words."""
        return deadline.age(self.since, self.today)

    @property
    def deadline(self) -> str:
        """Until when it is to be done, in words."""
        return deadline.due(self.due, self.today)


def lines(
    waiting: Sequence[Brief],
    opened: Sequence[reviews.Found],
    today: datetime.date,
    days: int,
    barred: Callable[[Brief | reviews.Found], bool],
) -> list[Line]:
    """All that waits, what is due first at first.

    days: in which a second reading is done; barred: whether another person than who asks is to do it.
    """
    found = [
        *(_reading(one, today, days, barred=barred(one)) for one in waiting),
        *(_review(one, today, barred=barred(one)) for one in opened),
    ]
    return sorted(found, key=lambda line: (line.due, line.since, line.title))


def _reading(found: Brief, today: datetime.date, days: int, *, barred: bool) -> Line:
    since = deadline.day(found.at)
    verdict = found.verdict.label[:1].lower() + found.verdict.label[1:]
    task = french.typeset(f"Lire : {verdict}, décidé par {found.author}")
    due = since + datetime.timedelta(days)
    return Line(found.id, "", found.client, task, since, due, today, barred)


def _review(found: reviews.Found, today: datetime.date, *, barred: bool) -> Line:
    task = f"Réexaminer la décision {found.decision}, prise par {found.decider}"
    return Line(
        found.decision, found.reference, found.client, task, found.received, found.deadline, today, barred
    )
