"""Files of clients that auditors opened from an entry of the journal, which itself says which, and when."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select, text

from pretadepenser.records import journal
from pretadepenser.records.database import Database
from pretadepenser.records.decisions import Person
from pretadepenser.records.journal import Kind
from pretadepenser.records.models import JournalEntry

# Entries that give no reason to open a file. Whoever reads the journal about a number makes one of the first
# kind; the other tells that a file was opened, and would open it again for ever.
NO_REASON: Final = frozenset({Kind.JOURNAL_READ, Kind.FILE_GRANTED})
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

    None, and nothing written: there is no such entry, it is about no client, it is of NO_REASON, or its
    content is erased.
    """
    if entry > LARGEST:
        return None
    with journal.writing(database) as ledger:
        telling = select(JournalEntry.client).where(
            JournalEntry.number == entry, JournalEntry.kind.not_in(sorted(map(str, NO_REASON)))
        )
        client = ledger.connection.scalar(telling)
        if client is None:
            return None
        ledger.append(Kind.FILE_GRANTED, auditor.name, client, entry=entry)
        return int(client)


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
