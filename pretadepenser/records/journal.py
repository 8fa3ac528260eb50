"""The journal: who did what to whose file, one entry after the other, each chained to the one before.

What an entry tells is hashed with a salt of its own, and the chain covers that hash alone: when the time to
keep it is over, what it tells and its salt are erased, and the chain still verifies. Triggers refuse all
else.

What cannot be seen from inside is an end that was cut off: `head` is therefore to be written down elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Self

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from pretadepenser.errors import ToldError
from pretadepenser.records.database import PATIENCE, Database, Quick
from pretadepenser.records.names import COMMAND as COMMAND
from pretadepenser.records.names import SERVER as SERVER

# Who failed to sign in with a name that nobody has: what was typed may be a password.
UNKNOWN: Final = "compte inconnu"
# What the first entry is chained to.
NOTHING: Final = "0" * 64
# Any constant that no other lock of this application has (migrations: see env.py).
_LOCK: Final = 157_084


class Kind(StrEnum):
    """What happened."""

    OPENED = "client.opened"
    FILE = "client.file"
    HISTORY = "client.history"
    COMPARED = "client.compared"
    SIMULATED = "client.simulated"
    LEVERS = "client.levers"
    CAPACITY = "client.capacity"
    SHEET = "client.sheet"
    PICTURE = "client.picture"
    EXPORTED = "client.exported"
    NEW_FILE = "file.scored"
    API = "api.used"
    DECIDED = "decision.made"
    READ = "decision.read"
    CONSULTED = "decision.consulted"
    LISTED = "decision.listed"
    REVIEW_ASKED = "review.asked"
    REVIEW_STEP = "review.step"
    REVIEW_ENDED = "review.ended"
    LETTER = "letter.made"
    FILE_GRANTED = "journal.file_opened"
    JOURNAL_READ = "journal.read"
    SEALED = "journal.sealed"
    REPLAYED = "decision.replayed"
    SIGNED_IN = "session.begun"
    SIGN_IN_FAILED = "session.refused"
    SIGNED_OUT = "session.ended"
    ACCOUNT = "account.changed"
    TOKEN = "token.changed"  # noqa: S105 (the name of an event)
    IMPORTED = "portfolio.imported"
    TRAINED = "model.trained"
    SCORED = "scores.computed"
    STARTED = "server.started"
    RIGHTS_EXPORT = "rights.exported"
    ERASED = "rights.erased"
    EVIDENCE = "evidence.given"
    RETENTION = "rights.retention"
    HOLD = "rights.hold"


class JournalError(ToldError):
    """The chain is broken, or what was asked of it cannot be done; the message says which entry and why."""


@dataclass(frozen=True)
class Head:
    """The last entry: its number (0: there is none) and its hash."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"

    @classmethod
    def read(cls, written: str) -> Self:
        """The head that was written down as "NUMBER:HASH". Raises JournalError where it is none."""
        found = re.fullmatch(r"\s*(\d{1,18}):([0-9a-f]{64})\s*", written)
        if found is None:
            raise JournalError(
                "L’empreinte gardée s’écrit NUMÉRO:EMPREINTE, comme « journal seal » la donne."
            )
        return cls(int(found[1]), found[2])


@dataclass(frozen=True)
class Ledger:
    """The journal, open for writing: nobody else writes until its transaction ends.

    connection: on which what the entries tell of is written in the same transaction.
    """

    connection: Connection

    def append(self, kind: Kind, actor: str, client: int | None = None, **told: Any) -> int:
        """Add an entry and give its number. told: JSON values."""
        former = head(self.connection)
        content = canonical({"actor": actor, "client": client, **told})
        salt = secrets.token_hex(16)
        number = former.number + 1
        at = stamp(datetime.fromtimestamp(time.time(), UTC))
        digest = _digest(salt, content)
        _APPEND.run(
            self.connection,
            {
                "number": number,
                "at": at,
                "kind": str(kind),
                "actor": actor,
                "client": client,
                "content": content,
                "salt": salt,
                "digest": digest,
                "hash": _chained(former.hash, number, at, str(kind), digest),
            },
        )
        return number

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a session with objects inside the ledger's transaction, written out at the end."""
        with Session(self.connection, expire_on_commit=False) as session, session.begin():
            yield session


_HEAD: Final = Quick("SELECT number, hash FROM journal_entry ORDER BY number DESC LIMIT 1")
_APPEND: Final = Quick(
    "INSERT INTO journal_entry (number, at, kind, actor, client, content, salt, digest, hash) "
    "VALUES (:number, :at, :kind, :actor, :client, :content, :salt, :digest, :hash)"
)
_ALL: Final = text(
    "SELECT number, at, kind, actor, client, content, salt, digest, hash FROM journal_entry ORDER BY number"
)


@contextmanager
def writing(database: Database, patience: int = PATIENCE) -> Iterator[Ledger]:
    """Open the journal in one transaction, alone: committed at the end, rolled back by an exception.

    patience: milliseconds to wait for whoever writes now.
    Raises SQLAlchemyError where the database cannot be written: then nothing of it is.
    """
    with database.writing(_LOCK, patience) as connection:
        yield Ledger(connection)


def append(database: Database, kind: Kind, actor: str, client: int | None = None, **told: Any) -> int:
    """Add one entry and give its number; it is safely written when this returns."""
    with writing(database) as ledger:
        return ledger.append(kind, actor, client, **told)


def seal(database: Database) -> Head:
    """Add an entry that tells the head, and give its own, to be kept where nobody who writes here can."""
    with writing(database) as ledger:
        former = head(ledger.connection)
        ledger.append(Kind.SEALED, COMMAND, head=str(former))
        return head(ledger.connection)


def head(connection: Connection) -> Head:
    """The last entry."""
    found = _HEAD.run(connection, {})
    return Head(*found[0]) if found else Head(0, NOTHING)


# Entries that tell how many others were erased, in the transaction that did it; never erased themselves.
ERASURES: Final = frozenset({Kind.ERASED, Kind.RETENTION})


@dataclass(frozen=True)
class Verified:
    """What a verification found: entries in all, those whose content is erased, and the head."""

    entries: int
    erased: int
    head: Head


def verify(database: Database, kept: Head | None = None) -> Verified:
    """Go along the whole chain, in memory that does not grow with it.

    kept: a head that was written down elsewhere; the chain must still hold it.
    Raises JournalError: an entry is missing, changed or added outside, and the message names the first such;
    or not as many are erased as the journal tells, since the guards let whoever has the database's account
    erase any.
    """
    former, erased, told = Head(0, NOTHING), 0, 0
    found = kept is None or kept.number == 0
    with database.connection() as connection:
        for row in connection.execution_options(yield_per=1000).execute(_ALL):
            number, at, kind, actor, client, content, salt, digest, own = row
            if number != former.number + 1:
                raise JournalError(
                    f"L’entrée {former.number + 1} du journal manque : après la {former.number} vient la "
                    f"{number}."
                )
            if own != _chained(former.hash, number, at, kind, digest):
                raise _changed(number)
            if content is None:
                erased += 1
                if (actor, client, salt) != (None, None, None):
                    raise _changed(number)
            elif salt is None or digest != _digest(salt, content) or not _agrees(content, actor, client):
                raise _changed(number)
            elif kind in ERASURES:
                told += json.loads(content).get("entries", 0)
            former = Head(number, own)
            if kept is not None and kept.number == number:
                if kept.hash != own:
                    raise JournalError(
                        f"L’entrée {number} du journal n’est pas celle dont l’empreinte a été gardée : le "
                        "journal a été récrit."
                    )
                found = True
    if not found and kept is not None:
        raise JournalError(
            f"Le journal finit à l’entrée {former.number}, or l’empreinte gardée est celle de l’entrée "
            f"{kept.number} : sa fin manque."
        )
    if erased != told:
        raise JournalError(
            f"Entrées effacées trouvées dans le journal : {erased}. Effacements dont il parle : {told}."
            " Quelqu’un y a touché sans passer par les commandes d’effacement."
        )
    return Verified(former.number, erased, former)


def canonical(content: Mapping[str, Any]) -> str:
    """JSON that says the same thing in the same bytes. Raises ValueError for NaN and infinite numbers."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256(content: str | bytes) -> str:
    """The SHA-256 of what `canonical` gave or of a file, hexadecimal, as rows and entries hold it."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def parsed(content: str | None) -> Any:
    """What `canonical` wrote; None once it is erased."""
    return None if content is None else json.loads(content)


def stamp(moment: datetime) -> str:
    """A moment as entries hold it: ISO 8601 to the microsecond, in UTC, so that texts sort as times do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _changed(number: int) -> JournalError:
    return JournalError(f"L’entrée {number} du journal a été modifiée depuis qu’elle a été écrite.")


def _agrees(content: str, actor: str | None, client: int | None) -> bool:
    told = json.loads(content)
    return bool(told["actor"] == actor and told["client"] == client)


def _digest(salt: str, content: str) -> str:
    return sha256(f"{salt}{content}")


def _chained(former: str, number: int, at: str, kind: str, digest: str) -> str:
    return sha256("\n".join((former, str(number), at, kind, digest)))
