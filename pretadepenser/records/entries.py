"""The journal, read: its entries by kind, time, person and client, and as lines to be kept elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, func, select, text

from pretadepenser.records import journal
from pretadepenser.records.database import Database
from pretadepenser.records.erasing import among
from pretadepenser.records.journal import Head, Kind
from pretadepenser.records.models import JournalEntry

# How long a client's page that somebody opened lets the pictures on it be seen without another entry.
LATELY: Final = timedelta(hours=12)
# Entries are counted no further: what is more is "more".
COUNTED: Final = 10_000

_LATELY: Final = text(
    "SELECT 1 FROM journal_entry WHERE client = :client AND actor = :actor AND number >= COALESCE("
    "(SELECT number FROM journal_entry WHERE at >= :since ORDER BY at LIMIT 1), :never) "
    "AND kind LIKE 'client.%' LIMIT 1"
)
# Larger than any number of an entry.
_NEVER: Final = 2**62


@dataclass(frozen=True)
class Entry:
    """An entry as it was written. content: what it tells, None (as actor and client) once erased."""

    number: int
    at: datetime
    kind: str
    actor: str | None
    client: int | None
    content: Mapping[str, Any] | None
    hash: str


@dataclass(frozen=True)
class Wanted:
    """Which entries: of these kinds (none: of all), from a moment until another (not included), of whom."""

    kinds: frozenset[Kind] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    actor: str = ""
    client: int | None = None


def find(
    database: Database, wanted: Wanted, most: int, *, before: int | None = None, after: int | None = None
) -> Sequence[Entry]:
    """Give entries, the newest first, at most so many.

    before: only older ones than this number; after: the next newer ones than it.
    """
    query = _where(select(*_COLUMNS), wanted).limit(most)
    if before is not None:
        query = query.where(JournalEntry.number < before)
    if after is not None:
        query = query.where(JournalEntry.number > after).order_by(JournalEntry.number)
    else:
        query = query.order_by(JournalEntry.number.desc())
    with database.connection() as connection:
        found = [_entry(row) for row in connection.execute(query)]
    return found if after is None else found[::-1]


def count(database: Database, wanted: Wanted) -> int:
    """Count entries; more than COUNTED are counted as one more."""
    few = _where(select(JournalEntry.number), wanted).limit(COUNTED + 1).subquery()
    with database.connection() as connection:
        return int(connection.scalar(select(func.count()).select_from(few)) or 0)


def one(database: Database, number: int) -> Entry | None:
    """Give the entry of this number."""
    with database.connection() as connection:
        return one_in(connection, number)


def one_in(connection: Connection, number: int) -> Entry | None:
    """Do what `one` does on a connection that is open."""
    row = connection.execute(select(*_COLUMNS).where(JournalEntry.number == number)).one_or_none()
    return None if row is None else _entry(row)


def lately(database: Database, actor: str, client: int) -> bool:
    """Say whether somebody opened a page about a client within LATELY, as the journal has it."""
    since = journal.stamp(datetime.fromtimestamp(time.time(), UTC) - LATELY)
    told = {"client": client, "actor": actor, "since": since, "never": _NEVER}
    with database.connection() as connection:
        return connection.scalar(_LATELY, told) is not None


def not_listed_lately(connection: Connection, actor: str, clients: Sequence[int]) -> Sequence[int]:
    """Those of some clients whom somebody did not see in a list within LATELY, as the journal has it."""
    since = journal.stamp(datetime.fromtimestamp(time.time(), UTC) - LATELY)
    query = select(JournalEntry.client).where(
        JournalEntry.actor == actor, JournalEntry.kind == str(Kind.LISTED), JournalEntry.at >= since
    )
    seen = set(among(connection, query, JournalEntry.client, clients))
    return [one for one in clients if one not in seen]


def lines(database: Database, since: datetime) -> Iterator[str]:
    """Give the entries from a moment on as lines of JSON that can be verified without the database.

    The first line says to which entry the first one is chained; the others hold every column of theirs.
    """
    begins = journal.stamp(since)
    with database.connection() as connection:
        first = connection.scalar(select(func.min(JournalEntry.number)).where(JournalEntry.at >= begins))
        last = journal.head(connection)
        before = last if first is None else _before(connection, first)
        yield journal.canonical({"format": "pretadepenser-journal", "version": 1, "before": str(before)})
        if first is None:
            return
        table = JournalEntry.__table__
        # Up to the end as it was: what is written meanwhile is for the next time.
        span = table.c.number.between(first, last.number)
        query = select(table).where(span).order_by(table.c.number)
        for row in connection.execution_options(yield_per=1000).execute(query):
            yield journal.canonical(dict(row._mapping))


_COLUMNS: Final = (
    JournalEntry.number, JournalEntry.at, JournalEntry.kind, JournalEntry.actor, JournalEntry.client,
    JournalEntry.content, JournalEntry.hash,
)  # fmt: skip


def _where(query: Select[*tuple[Any, ...]], wanted: Wanted) -> Select[*tuple[Any, ...]]:
    if wanted.kinds:
        query = query.where(JournalEntry.kind.in_(sorted(map(str, wanted.kinds))))
    if wanted.since is not None:
        query = query.where(JournalEntry.at >= journal.stamp(wanted.since))
    if wanted.until is not None:
        query = query.where(JournalEntry.at < journal.stamp(wanted.until))
    if wanted.actor:
        query = query.where(JournalEntry.actor == wanted.actor)
    if wanted.client is not None:
        query = query.where(JournalEntry.client == wanted.client)
    return query


def _before(connection: Any, number: int) -> Head:
    found = connection.execute(
        select(JournalEntry.number, JournalEntry.hash).where(JournalEntry.number == number - 1)
    ).one_or_none()
    return Head(0, journal.NOTHING) if found is None else Head(*found)


def _entry(row: Sequence[Any]) -> Entry:
    number, at, kind, actor, client, content, own = row
    return Entry(number, datetime.fromisoformat(at), kind, actor, client, journal.parsed(content), own)
