"""Decisions of people on applications, and the second reading of those that wait for one.

What is decided is written with its entry of the journal in one transaction; the database holds that author
and second reader differ, that a decision is corrected once, and that nothing of it changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Integer,
    String,
    column,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import TextualSelect

from pretadepenser.credit.recourse.decision import Verdict as Verdict  # what callers write decisions with
from pretadepenser.errors import ToldError
from pretadepenser.records import journal
from pretadepenser.records.database import Database, Quick
from pretadepenser.records.journal import Kind, Ledger
from pretadepenser.records.models import Decision, Reading, Review, ReviewOutcome, User, UtcDateTime


class State(StrEnum):
    """Where a decision stands; the value is how pages say it."""

    FINAL = "définitive"
    WAITING = "en attente d’une seconde lecture"
    SENT_BACK = "renvoyée par la seconde lecture"
    CORRECTED = "corrigée par une autre"
    ERASED = "effacée avant sa seconde lecture"


class DecisionError(ToldError):
    """A decision cannot be written; the message says why and what to do."""


@dataclass(frozen=True)
class Second:
    """The answer of a second reader: who, when, whether the decision holds, and why (None: erased)."""

    reader_id: int
    reader: str
    at: datetime
    agrees: bool
    content: Mapping[str, Any] | None


@dataclass(frozen=True)
class Found:
    """A decision as it was written, and what came of it.

    corrected_by: id of the decision that replaces it; review: reference of a review that is open, "" without;
    content: as given to `add`, None once erased.
    """

    id: int
    client: int | None
    author_id: int
    author: str
    at: datetime
    verdict: Verdict
    waiting: bool
    corrects: int | None
    content: Mapping[str, Any] | None
    sha256: str
    second: Second | None
    corrected_by: int | None
    review: str

    @property
    def state(self) -> State:
        """Where it stands."""
        agrees = None if self.second is None else self.second.agrees
        return _state(self.waiting, agrees, self.corrected_by, self.client)


@dataclass(frozen=True)
class Brief:
    """A decision as a list has it: `Found` without what was written; agrees: whether a second reader does."""

    id: int
    client: int | None
    author_id: int
    author: str
    at: datetime
    verdict: Verdict
    waiting: bool
    agrees: bool | None
    corrected_by: int | None
    review: str

    @property
    def state(self) -> State:
        """Where it stands."""
        return _state(self.waiting, self.agrees, self.corrected_by, self.client)


def _state(waiting: bool, agrees: bool | None, corrected_by: int | None, client: int | None) -> State:
    if corrected_by is not None:
        return State.CORRECTED
    if agrees is None:
        if not waiting:
            return State.FINAL
        return State.WAITING if client is not None else State.ERASED
    return State.FINAL if agrees else State.SENT_BACK


@dataclass(frozen=True)
class Person:
    """Who writes: the id and name of a user."""

    id: int
    name: str


def add(
    database: Database,
    key: str,
    author: Person,
    client: int,
    verdict: Verdict,
    content: Mapping[str, Any],
    *,
    waiting: bool,
    corrects: int | None = None,
) -> int:
    """Write a decision with its entry of the journal; give its id, the same where the form was sent before.

    key: of the form, random. content: JSON values. corrects: the decision that it replaces.
    Raises DecisionError: a review of a decision on this client is open, or one replaced a decision of this
    author; or the one to correct is of another client, or corrected already.
    """
    with journal.writing(database) as ledger:
        return add_in(ledger, key, author, client, verdict, content, waiting=waiting, corrects=corrects)


def add_in(
    ledger: Ledger,
    key: str,
    author: Person,
    client: int,
    verdict: Verdict,
    content: Mapping[str, Any],
    *,
    waiting: bool,
    corrects: int | None = None,
    review: str = "",
) -> int:
    """Do what `add` does in a transaction that writes more.

    review: reference of the one that ends with this decision. Raises DecisionError as `add` does.
    """
    connection = ledger.connection
    before = connection.scalar(select(Decision.id).where(Decision.key == key))
    if before is not None:
        return int(before)
    if corrects is not None:
        former = connection.execute(select(Decision.client).where(Decision.id == corrects)).one_or_none()
        if former is None or former[0] != client:
            raise DecisionError(f"La décision {corrects} n’est pas de ce client : revenez à sa page.")
        if connection.scalar(select(Decision.id).where(Decision.corrects_id == corrects)) is not None:
            raise DecisionError(
                f"La décision {corrects} est déjà corrigée par une autre : corrigez la plus récente."
            )
        if author.id in _contested_in(connection, corrects):
            raise DecisionError(CONTESTED.format("La correction"))
    if not review and (refused := _closed(connection, client, author.id)):
        raise DecisionError(refused)
    written = journal.canonical(content)
    digest = journal.sha256(written)
    values = {
        "key": key,
        "client": client,
        "author_id": author.id,
        "at": datetime.now(UTC),
        "verdict": str(verdict),
        "waiting": waiting,
        "corrects_id": corrects,
        "content": written,
        "sha256": digest,
    }
    made = connection.execute(insert(Decision).values(values).returning(Decision.id)).scalar_one()
    ledger.append(
        Kind.DECIDED,
        author.name,
        client,
        decision=made,
        verdict=str(verdict),
        waiting=waiting,
        corrects=corrects,
        sha256=digest,
    )
    return int(made)


def read(
    database: Database, decision: int, reader: Person, content: Mapping[str, Any], *, agrees: bool
) -> None:
    """Write the answer of a second reader and its entry of the journal.

    Raises DecisionError: it does not wait, was answered already, or the reader is its author, or made the
    decision that a review replaced with it.
    """
    with journal.writing(database) as ledger:
        found = ledger.connection.execute(
            select(Decision.author_id, Decision.client, Decision.waiting).where(Decision.id == decision)
        ).one_or_none()
        if found is None or not found.waiting:
            raise DecisionError(f"La décision {decision} n’attend pas de seconde lecture.")
        if found.author_id == reader.id:
            raise DecisionError(
                "La seconde lecture revient à une autre personne que l’auteur de la décision."
            )
        if reader.id in _contested_in(ledger.connection, decision):
            raise DecisionError(CONTESTED.format("La seconde lecture"))
        answered = select(Reading.decision_id).where(Reading.decision_id == decision)
        if ledger.connection.scalar(answered) is not None:
            raise DecisionError(f"La décision {decision} a déjà reçu sa seconde lecture.")
        if ledger.connection.scalar(select(Decision.id).where(Decision.corrects_id == decision)) is not None:
            raise DecisionError(f"La décision {decision} a été corrigée par son auteur : lisez la nouvelle.")
        if found.client is not None and (opened := _under_review(ledger.connection, found.client)):
            raise DecisionError(opened)
        written = journal.canonical(content)
        values = {
            "decision_id": decision,
            "author_id": found.author_id,
            "reader_id": reader.id,
            "at": datetime.now(UTC),
            "agrees": agrees,
            "content": written,
        }
        ledger.connection.execute(insert(Reading).values(values))
        digest = journal.sha256(written)
        ledger.append(Kind.READ, reader.name, found.client, decision=decision, agrees=agrees, sha256=digest)


CONTESTED: Final = "{} revient à une autre personne que celle dont le client a contesté la décision."


def _contested_in(connection: Connection, decision: int) -> set[int]:
    """Ids of those whose decisions reviews replaced on the way to this one: they cannot undo the outcome."""
    found: set[int] = set()
    replaced = False
    for author, reviewed in chain(connection, decision):
        if replaced:
            found.add(author)
        replaced = replaced or reviewed
    return found


def chain(connection: Connection, decision: int) -> Iterator[tuple[int, bool]]:
    """Go from a decision to those that it corrects: id of each author, and whether a review ended with it."""
    at: int | None = decision
    while at is not None:
        ended = select(ReviewOutcome.review_id).where(ReviewOutcome.decided_id == at).exists()
        author, at, reviewed = connection.execute(
            select(Decision.author_id, Decision.corrects_id, ended).where(Decision.id == at)
        ).one()
        yield author, bool(reviewed)


_Author: Final = aliased(User)
_Reader: Final = aliased(User)
_After: Final = aliased(Decision)
# Of a decision, that no other corrects it; of a review, that it has not ended: whose client is erased waits
# for nobody.
_STANDS: Final = ~select(_After.id).where(_After.corrects_id == Decision.id).exists()
_GOES_ON: Final = ~select(ReviewOutcome).where(
    ReviewOutcome.review_id == Review.id
).exists() & Review.client.is_not(None)


# Decisions that the pages of a client show.
IN_FORCE: Final = 5
# Written out, in the SQL of both databases: every page of a client asks (see recents.py).
_BRIEF: Final = (
    "SELECT d.id, d.client, d.author_id, u.name AS author, d.at, d.verdict, d.waiting, r.agrees, "
    "a.id AS corrected_by, (SELECT max(v.reference) FROM review v WHERE v.decision_id = d.id "
    "AND v.client IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM review_outcome o WHERE o.review_id = v.id)) AS review "
    "FROM decision d JOIN user_account u ON u.id = d.author_id "
    "LEFT JOIN reading r ON r.decision_id = d.id LEFT JOIN decision a ON a.corrects_id = d.id "
)


def _brief(condition: str, order: str = "DESC LIMIT :most") -> TextualSelect:
    """The query with a condition, and the types of what it gives, which SQLite does not keep."""
    asked = text(f"{_BRIEF}WHERE {condition} ORDER BY d.id {order}")
    return asked.columns(
        column("id", Integer),
        column("client", BigInteger),
        column("author_id", Integer),
        column("author", String),
        column("at", UtcDateTime),
        column("verdict", String),
        column("waiting", Boolean),
        column("agrees", Boolean),
        column("corrected_by", Integer),
        column("review", String),
    )


_IN_FORCE: Final = _brief("d.client = :client AND a.id IS NULL")
_DECIDED: Final = Quick("SELECT 1 FROM decision WHERE client = :client LIMIT 1")
_OWN: Final = _brief("d.author_id = :author AND d.id < :before")
_LATEST: Final = _brief("d.id < :before")
# Whose client is erased waits for nobody.
_OPEN: Final = "a.id IS NULL AND d.client IS NOT NULL"
_WAITING: Final = _brief(f"d.waiting AND r.decision_id IS NULL AND {_OPEN}", "ASC")
_SENT_BACK: Final = _brief(f"NOT r.agrees AND {_OPEN}", "ASC")
_OWN_SENT_BACK: Final = _brief(f"NOT r.agrees AND {_OPEN} AND d.author_id = :author", "ASC")


def find(database: Database, decision: int) -> Found | None:
    """The decision with this id."""
    with database.connection() as connection:
        return find_in(connection, decision)


def find_in(connection: Connection, decision: int) -> Found | None:
    """Do what `find` does on a connection that is open."""
    row = connection.execute(_query().where(Decision.id == decision)).one_or_none()
    return None if row is None else _found(row)


def keyed(database: Database, key: str) -> int | None:
    """The id of the decision that came from this form."""
    with database.connection() as connection:
        return connection.scalar(select(Decision.id).where(Decision.key == key))


def of_client(database: Database, client: int) -> Sequence[Found]:
    """The decisions on a client, the last one first."""
    return _select(database, _query().where(Decision.client == client).order_by(Decision.id.desc()))


def in_force(database: Database, client: int) -> Sequence[Brief]:
    """The decisions on a client that no other corrects, the last one first, at most IN_FORCE."""
    # Every page about a client asks, and most have none.
    if not database.ask(_DECIDED, {"client": client}):
        return []
    return _briefs(database, _IN_FORCE, client=client, most=IN_FORCE)


def latest(database: Database, author: int | None, before: int, most: int) -> Sequence[Brief]:
    """Decisions whose id is below `before`, the last one first: of an author, or (None) of everybody."""
    if author is None:
        return _briefs(database, _LATEST, before=before, most=most)
    return _briefs(database, _OWN, author=author, before=before, most=most)


def waiting(database: Database) -> Sequence[Brief]:
    """The decisions that wait for a second reader, the oldest first."""
    return _briefs(database, _WAITING)


def under_review(database: Database, client: int) -> str:
    """Why nobody decides on a client now: a review is open, which decides; "" where none is."""
    with database.connection() as connection:
        return _under_review(connection, client)


def closed(database: Database, client: int, author: int) -> str:
    """Why a user may not decide on a client, "" where they may: `under_review`, or theirs was replaced."""
    with database.connection() as connection:
        return _closed(connection, client, author)


def _closed(connection: Connection, client: int, author: int) -> str:
    if opened := _under_review(connection, client):
        return opened
    standing = select(Decision.id).where(Decision.client == client, _STANDS)
    if any(author in _contested_in(connection, one) for one in connection.scalars(standing).all()):
        return CONTESTED.format("Une nouvelle décision")
    return ""


def _under_review(connection: Connection, client: int) -> str:
    opened = open_review_in(connection, client)
    if opened is None:
        return ""
    reference, decision = opened
    return (
        f"Le réexamen {reference} de la décision {decision} de ce client est ouvert : c’est lui "
        "qui décidera, et il revient à une autre personne que celle dont le client conteste la décision."
    )


def open_review_in(connection: Connection, client: int) -> tuple[str, int] | None:
    """Of the first review on a client that is open: reference, and id of the decision that is contested."""
    query = select(Review.reference, Review.decision_id).where(Review.client == client, _GOES_ON)
    row = connection.execute(query.order_by(Review.id).limit(1)).one_or_none()
    return None if row is None else (row.reference, row.decision_id)


def newer_in(connection: Connection, found: Found) -> int | None:
    """Id of the client's last decision that stands or waits for its reader, where that is a later one."""
    refused = select(Reading).where(Reading.decision_id == Decision.id, ~Reading.agrees).exists()
    query = select(func.max(Decision.id)).where(
        Decision.client == found.client, Decision.id > found.id, ~refused, _STANDS
    )
    return connection.scalar(query)


def sent_back(database: Database, author: int | None = None) -> Sequence[Brief]:
    """The decisions that their second reader sent back and nobody corrected yet, the oldest first.

    author: whose; None: everybody's.
    """
    if author is None:
        return _briefs(database, _SENT_BACK)
    return _briefs(database, _OWN_SENT_BACK, author=author)


def barred(database: Database, decision: int) -> set[int]:
    """Ids of those who may not read a decision a second time: its author, and whom the client contested."""
    with database.connection() as connection:
        author = connection.scalars(select(Decision.author_id).where(Decision.id == decision))
        return {*author, *_contested_in(connection, decision)}


def contested(database: Database, decision: int) -> set[int]:
    """Ids of those whose decisions reviews replaced on the way to this one: they may not correct it."""
    with database.connection() as connection:
        return _contested_in(connection, decision)


def _open_review(decision: Any) -> Any:
    """A subquery: the reference of the review of a decision that is open, NULL where none is."""
    return (
        select(func.max(Review.reference)).where(Review.decision_id == decision, _GOES_ON).scalar_subquery()
    )


def _query() -> Any:
    opened = _open_review(Decision.id)
    return (
        select(
            Decision.id, Decision.client, Decision.author_id, _Author.name, Decision.at, Decision.verdict,
            Decision.waiting, Decision.corrects_id, Decision.content, Decision.sha256,
            Reading.reader_id, _Reader.name, Reading.at, Reading.agrees, Reading.content,
            _After.id, opened,
        )
        .join(_Author, _Author.id == Decision.author_id)
        .outerjoin(Reading, Reading.decision_id == Decision.id)
        .outerjoin(_Reader, _Reader.id == Reading.reader_id)
        .outerjoin(_After, _After.corrects_id == Decision.id)
    )  # fmt: skip


def _select(database: Database, query: Any) -> Sequence[Found]:
    with database.connection() as connection:
        rows = connection.execute(query).all()
    return [_found(row) for row in rows]


def _briefs(database: Database, query: TextualSelect, **asked: int) -> Sequence[Brief]:
    with database.connection() as connection:
        rows = connection.execute(query, asked).mappings().all()
    return [
        Brief(**{**row, "verdict": Verdict(row["verdict"]), "review": row["review"] or ""}) for row in rows
    ]


def _found(row: Sequence[Any]) -> Found:
    *own, reader_id, reader, read_at, agrees, answer, after, review = row
    identity, client, author_id, author, at, verdict, waits, corrects, content, digest = own
    second = None if reader_id is None else Second(reader_id, reader, read_at, agrees, journal.parsed(answer))
    return Found(
        identity,
        client,
        author_id,
        author,
        at,
        Verdict(verdict),
        waits,
        corrects,
        journal.parsed(content),
        digest,
        second,
        after,
        review or "",
    )
