"""Erase what was written down of a person, and hold it back from being erased.

The append-only tables keep their rows; of these, what is personal (models.ERASABLE) becomes NULL, all at
once. What was erased is told in the journal in the same transaction. A database does not wipe what it
deletes: `compact` has it written anew, so that no page of its files holds it any more.
"""

from __future__ import annotations

import hmac
import json
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update
from sqlalchemy.exc import OperationalError

from pretadepenser.errors import ToldError
from pretadepenser.records import journal
from pretadepenser.records.database import PATIENCE, Database
from pretadepenser.records.journal import COMMAND, Kind
from pretadepenser.records.models import (
    ERASABLE,
    Base,
    Decision,
    ErasedClient,
    JournalEntry,
    LegalHold,
    Letter,
    Reading,
    RecentClient,
    Review,
    ReviewOutcome,
    ReviewStep,
)

BEGUN: Final = "commencé"
DONE: Final = "achevé"
# Values in one statement: both databases allow some 30,000.
_TOGETHER: Final = 500


class ErasingError(ToldError):
    """What was asked cannot be done to these data; the message says why and what to do."""


@dataclass(frozen=True)
class Erased:
    """How many rows were erased; entries: of the journal, recent: of the clients that users saw last."""

    decisions: int = 0
    readings: int = 0
    reviews: int = 0
    letters: int = 0
    entries: int = 0
    recent: int = 0

    def __bool__(self) -> bool:
        return any(asdict(self).values())


@dataclass(frozen=True)
class Hold:
    """A client whose data may not be erased, why, and since when."""

    client: int
    reason: str
    at: datetime


def digest_of(key: str, client: int) -> str:
    """By what an erased client is known again, and by nobody without the key: HMAC-SHA-256, hexadecimal."""
    return hmac.digest(key.encode(), b"erased client\n%d" % client, "sha256").hex()


def hold(database: Database, client: int, reason: str) -> None:
    """Forbid to erase a client's data. Raises ErasingError where that is forbidden already."""
    with journal.writing(database) as ledger:
        if (found := _held(ledger.connection, client)) is not None:
            raise ErasingError(f"Le client {client} est déjà conservé depuis le {_day(found)}.")
        values = {"client": client, "reason": reason, "at": datetime.now(UTC)}
        ledger.connection.execute(insert(LegalHold).values(values))
        ledger.append(Kind.HOLD, COMMAND, client, held=True, reason=reason)


def release(database: Database, client: int) -> None:
    """Allow it again. Raises ErasingError where it was not forbidden."""
    with journal.writing(database) as ledger:
        if _held(ledger.connection, client) is None:
            raise ErasingError(f"Le client {client} n’est pas sous conservation : rien à lever.")
        ledger.connection.execute(delete(LegalHold).where(LegalHold.client == client))
        ledger.append(Kind.HOLD, COMMAND, client, held=False)


def held(database: Database, client: int) -> Hold | None:
    """Why a client's data may not be erased, None where they may."""
    with database.connection() as connection:
        return _held(connection, client)


def known(database: Database, client: int) -> bool:
    """Whether any table has something of a client."""
    with database.connection() as connection:
        named = (Decision.client, Review.client, Letter.client, RecentClient.number, LegalHold.client)
        if any(connection.scalar(select(column).where(column == client).limit(1)) for column in named):
            return True
        return bool(entries_about(connection, client))


def erased_at(database: Database, digest: str) -> datetime | None:
    """When the client of this digest was last erased, None for nobody."""
    with database.connection() as connection:
        return connection.scalar(select(ErasedClient.at).where(ErasedClient.digest == digest))


def returned(database: Database, key: str, numbers: Iterable[int]) -> Sequence[tuple[int, datetime]]:
    """Which of these clients were erased, and when: an import has brought them back."""
    with database.connection() as connection:
        found = {
            row.digest: row.at for row in connection.execute(select(ErasedClient.digest, ErasedClient.at))
        }
    if not found:
        return []
    named = ((number, digest_of(key, number)) for number in map(int, numbers))
    return [(number, found[digest]) for number, digest in named if digest in found]


def unfinished(database: Database, digest: str) -> bool:
    """Whether the erasure of the client of this digest has begun and not ended."""
    with database.connection() as connection:
        return _state(connection, digest) == BEGUN


def begin(database: Database, client: int, digest: str) -> Erased:
    """Erase all that the tables have of a client, and tell that it has begun, in one transaction.

    digest: of the client (`digest_of`), under which the erasure is told. May be repeated.
    Raises ErasingError where the client is held: nothing is erased then.
    """
    with journal.writing(database) as ledger:
        connection = ledger.connection
        if (found := _held(connection, client)) is not None:
            raise ErasingError(
                f"Le client {client} est conservé depuis le {_day(found)} ({found.reason}) : rien n’est "
                f"effacé. Pour lever cela : flask --app wsgi client release {client}"
            )
        gone = _erase_client(connection, client)
        known = database.insert(ErasedClient).values(digest=digest, at=datetime.now(UTC))
        connection.execute(
            known.on_conflict_do_update(index_elements=["digest"], set_={"at": known.excluded.at})
        )
        if gone or _state(connection, digest) != BEGUN:
            ledger.append(Kind.ERASED, COMMAND, subject=digest, state=BEGUN, **asdict(gone))
        return gone


def finish(database: Database, client: int, digest: str) -> bool:
    """Tell that all is erased, once; False where somebody wrote of the client meanwhile.

    Then that is erased as well, and the database has to be compacted again.
    """
    with journal.writing(database) as ledger:
        if gone := _erase_client(ledger.connection, client):
            ledger.append(Kind.ERASED, COMMAND, subject=digest, state=BEGUN, **asdict(gone))
            return False
        if _state(ledger.connection, digest) == BEGUN:
            ledger.append(Kind.ERASED, COMMAND, subject=digest, state=DONE)
        return True


def compact(database: Database) -> None:
    """Have the database written anew, so that its files hold nothing of what was deleted or changed.

    Raises ErasingError where somebody uses it so long that it cannot be; SQLAlchemyError where the disk has
    no room for a copy. To be repeated then: nothing is lost by it.
    """
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            for table in (*ERASABLE, RecentClient.__tablename__, LegalHold.__tablename__):
                connection.exec_driver_sql(f"VACUUM (FULL) {table}")
            return
        deadline = time.monotonic() + PATIENCE / 1000
        while not _compacted(connection):
            if time.monotonic() > deadline:
                raise ErasingError(
                    "La base de données est trop occupée pour être récrite : les données effacées restent "
                    "lisibles dans ses fichiers. Relancez la commande."
                )
            time.sleep(0.1)


def _compacted(connection: Connection) -> bool:
    """Write the SQLite file anew and empty its log; False where a reader or a writer is in the way."""
    try:
        connection.exec_driver_sql("VACUUM")
    except OperationalError as error:
        if "locked" in str(error.orig):
            return False
        raise
    # The pages as they were before stand in the log too, until all of it is in the file.
    busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    return not busy


def _day(found: Hold) -> str:
    return f"{found.at.astimezone():%d/%m/%Y}"


def _held(connection: Connection, client: int) -> Hold | None:
    row = connection.execute(
        select(LegalHold.client, LegalHold.reason, LegalHold.at).where(LegalHold.client == client)
    ).one_or_none()
    return None if row is None else Hold(*row)


def _state(connection: Connection, digest: str) -> str:
    """What the journal said last of the erasure of this client, "" for nothing."""
    told = select(JournalEntry.content).where(
        JournalEntry.kind == str(Kind.ERASED), JournalEntry.content.contains(digest)
    )
    last = connection.scalar(told.order_by(JournalEntry.number.desc()).limit(1))
    return "" if last is None else str(json.loads(last)["state"])


def _erase_client(connection: Connection, client: int) -> Erased:
    decisions = connection.scalars(select(Decision.id).where(Decision.client == client)).all()
    gone = erase_decisions(connection, decisions)
    # What is not of one of these decisions, should there be any.
    letters = blank(connection, Letter, Letter.client == client)
    reviews = blank(connection, Review, Review.client == client)
    entries = blank_each(connection, JournalEntry, JournalEntry.number, entries_about(connection, client))
    recent = connection.execute(delete(RecentClient).where(RecentClient.number == client)).rowcount
    return Erased(
        decisions=gone.decisions,
        readings=gone.readings,
        reviews=gone.reviews + reviews,
        letters=gone.letters + letters,
        entries=entries,
        recent=recent,
    )


def erase_decisions(connection: Connection, decisions: Sequence[int]) -> Erased:
    """Erase decisions and what hangs on them, but for the journal's entries."""
    reviews = list(among(connection, select(Review.id), Review.decision_id, decisions))
    blank_each(connection, ReviewStep, ReviewStep.review_id, reviews)
    blank_each(connection, ReviewOutcome, ReviewOutcome.review_id, reviews)
    return Erased(
        decisions=blank_each(connection, Decision, Decision.id, decisions),
        readings=blank_each(connection, Reading, Reading.decision_id, decisions),
        reviews=blank_each(connection, Review, Review.id, reviews),
        letters=blank_each(connection, Letter, Letter.decision_id, decisions),
    )


def blank(connection: Connection, table: type[Base], which: ColumnElement[bool]) -> int:
    """Erase what is personal in some rows of an append-only table; give the number of those that had any."""
    columns = [getattr(table, name) for name in ERASABLE[table.__tablename__]]
    some = or_(*(column.is_not(None) for column in columns))
    statement = update(table).where(which, some).values(dict.fromkeys(columns))
    return connection.execute(statement).rowcount


def blank_each(connection: Connection, table: type[Base], column: Any, values: Sequence[int]) -> int:
    return sum(blank(connection, table, column.in_(few)) for few in in_turn(values))


def among(connection: Connection, query: Any, column: Any, values: Sequence[int]) -> Iterator[Any]:
    """The first column of a query's rows whose `column` is one of many values."""
    for few in in_turn(values):
        yield from connection.scalars(query.where(column.in_(few)))


def in_turn(values: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(values), _TOGETHER):
        yield values[start : start + _TOGETHER]


def entries_about(connection: Connection, client: int) -> Sequence[int]:
    """Numbers of the entries that name a client, as the one that they are about or within what they tell."""
    some = or_(JournalEntry.client == client, JournalEntry.content.contains(str(client)))
    rows = connection.execute(
        select(JournalEntry.number, JournalEntry.client, JournalEntry.content).where(some)
    )
    return [row.number for row in rows if row.client == client or _names(json.loads(row.content), client)]


def _names(told: object, client: int, key: str = "") -> bool:
    """Whether what an entry tells names a client: as `client`, among `clients`, or within a text.

    Other numbers are counts, however equal they are.
    """
    match told:
        case dict():
            return any(_names(value, client, name) for name, value in told.items())
        case list():
            return any(_names(value, client, key.removesuffix("s")) for value in told)
        case str():
            # Not within a longer number, a fingerprint or the fraction of a second.
            return bool(re.search(rf"(?<![\w.,]){client}(?!\w|[.,]\d)", told))
        case _:
            return told == client and key == "client"
