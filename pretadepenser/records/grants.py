"""Files of clients that auditors opened from an entry of the journal, which itself says which, and when."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select, text

from pretadepenser.records import entries, journal
from pretadepenser.records.database import Database
from pretadepenser.records.decisions import Person
from pretadepenser.records.entries import Entry
from pretadepenser.records.journal import Kind
from pretadepenser.records.models import JournalEntry

# Entries that give no reason to open a file. Whoever reads the journal about a number makes one of the first
# kind, and whoever downloads an audit that quotes a client's page one of the last; the other tells that a
# file was opened, and would open it again for ever.
NO_REASON: Final = frozenset({Kind.JOURNAL_READ, Kind.FILE_GRANTED, Kind.EVIDENCE})
# How long a file stays open to the auditor who asked for it.
LASTS: Final = timedelta(hours=12)
# What a database can be asked for; an address may hold any number.
LARGEST: Final = 2**63 - 1
_HELD: Final = text(
    "SELECT 1 FROM journal_entry WHERE client = :client AND actor = :auditor AND kind = :kind AND at > :since"
    " LIMIT 1"
)


def grant(database: Database, entry: int, auditor: Person) -> int | None:
    """Open the file of the client whom an entry of the journal is about; give the client's number.

    None, and nothing written: there is no such entry, it is about no client, its content is erased, or it
    gives no reason: it is of NO_REASON, by the same auditor, or came of the file's being open to another one.
    """
    if entry > LARGEST:
        return None
    with journal.writing(database) as ledger:
        found = entries.one_in(ledger.connection, entry)
        if found is None or not _reasons(ledger.connection, [found], auditor.name):
            return None
        ledger.append(Kind.FILE_GRANTED, auditor.name, found.client, entry=entry)
        return found.client


def reasons(database: Database, found: Sequence[Entry], auditor: str) -> frozenset[int]:
    """Numbers of those of some entries from which `grant` opens a file to this auditor."""
    with database.connection() as connection:
        return _reasons(connection, found, auditor)


def _reasons(connection: Connection, found: Sequence[Entry], auditor: str) -> frozenset[int]:
    others = [one for one in found if one.client and one.kind not in NO_REASON and one.actor != auditor]
    opened = select(JournalEntry.number, JournalEntry.at, JournalEntry.actor, JournalEntry.client).where(
        JournalEntry.kind == str(Kind.FILE_GRANTED),
        JournalEntry.client.in_({one.client for one in others}),
    )
    rows = connection.execute(opened).all() if others else []
    return frozenset(
        one.number
        for one in others
        if not any(
            (row.actor, row.client) == (one.actor, one.client)
            and row.number < one.number
            and one.at - datetime.fromisoformat(row.at) <= LASTS
            for row in rows
        )
    )


def held(database: Database, client: int, auditor: str) -> bool:
    """Whether the client's file was opened to this auditor less than LASTS ago."""
    if client > LARGEST:
        return False
    since = datetime.fromtimestamp(time.time(), UTC) - LASTS
    asked = {
        "client": client,
        "auditor": auditor,
        "kind": str(Kind.FILE_GRANTED),
        "since": journal.stamp(since),
    }
    with database.connection() as connection:
        return connection.execute(_HELD, asked).first() is not None
