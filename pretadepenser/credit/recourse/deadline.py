"""When something is to be done: days, deadlines and ages in words, by whole days."""

from __future__ import annotations

import datetime

from pretadepenser import french


def day(moment: datetime.datetime) -> datetime.date:
    """The day of a moment, in the server's own time zone."""
    return moment.astimezone().date()


def today() -> datetime.date:
    """The server's own day."""
    return day(datetime.datetime.now(tz=datetime.UTC))


def late(deadline: datetime.date, today: datetime.date) -> int:
    """Days by which a deadline is over; 0 on its own day and before."""
    return max((today - deadline).days, 0)


def due(deadline: datetime.date, today: datetime.date) -> str:
    """A deadline with what is left of it: "28 novembre 2026, dans 2 jours"."""
    days = (deadline - today).days
    match days:
        case 0:
            left = "aujourd’hui"
        case 1:
            left = "demain"
        case _ if days > 0:
            left = f"dans {french.plural(days, 'jour')}"
        case _:
            left = f"en retard de {french.plural(-days, 'jour')}"
    return french.typeset(f"{french.date(deadline)}, {left}")


def age(since: datetime.date, today: datetime.date) -> str:
    """How long something has waited: "depuis 3 jours"."""
    match (today - since).days:
        case 0:
            return "depuis aujourd’hui"
        case 1:
            return "depuis hier"
        case days:
            return french.typeset(f"depuis {french.plural(days, 'jour')}")
