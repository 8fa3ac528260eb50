"""Letters that were made: their very bytes, with their SHA-256 in the record and in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, func, insert, select

from pretadepenser.errors import ToldError
from pretadepenser.records import decisions, journal
from pretadepenser.records.database import Database
from pretadepenser.records.decisions import Person, State
from pretadepenser.records.journal import Kind
from pretadepenser.records.models import Decision, Letter, Review, ReviewOutcome, User


class LetterError(ToldError):
    """A letter cannot be written down; the message says why and what to do."""


class AlteredLetterError(ToldError):
    """The bytes of a letter are not those whose SHA-256 was written down."""


@dataclass(frozen=True)
class Found:
    """A letter without its bytes.

    kind: "accord", "refus", "pièces" or "revue"; decision: id of the one that it tells; decider: id of the
    user who took it; review: reference of the review that it answers, "" without; client: None once erased;
    template: version of its template; sha256: of the PDF; size: of the PDF in bytes, None once erased.
    """

    id: int
    kind: str
    decision: int
    decider: int
    review: str
    client: int | None
    author: str
    at: datetime
    template: str
    sha256: str
    size: int | None


def add(
    database: Database,
    key: str,
    author: Person,
    decision: int,
    kind: str,
    template: str,
    pdf: bytes,
    *,
    review: str = "",
    tells: int | None = None,
    after: int | None = None,
) -> int:
    """Write a letter with its entry of the journal; give its id, the same where the form was sent before.

    key: of the form, random. review: reference of the ended review that it answers. tells: id of the
    decision that the letter tells, where it is another one than what the client contested. after: id of the
    last letter of the same thing that its author knew of, 0 for none; None: whatever there is.
    Raises LetterError: the decision told does not hold any more or is not the one to be told, the review has
    not ended, or somebody else made a letter meanwhile.
    """
    digest = journal.sha256(pdf)
    with journal.writing(database) as ledger:
        connection = ledger.connection
        before = connection.scalar(select(Letter.id).where(Letter.key == key))
        if before is not None:
            return int(before)
        found = decisions.find_in(connection, decision)
        if found is None or found.client is None:
            raise LetterError(f"La décision {decision} n’existe plus.")
        told = answered_in(connection, review) if review else found
        check_in(connection, told, reply=bool(review))
        if told.id != (tells or decision):
            raise LetterError(
                f"La réponse à ce réexamen dit maintenant la décision {told.id} : actualisez la page, "
                "relisez, puis établissez le courrier."
            )
        review_id = connection.scalar(select(Review.id).where(Review.reference == review)) if review else None
        same = [Letter.decision_id == decision, Letter.review_id.is_not_distinct_from(review_id)]
        last = connection.scalar(select(func.max(Letter.id)).where(*same)) or 0
        if after is not None and last != after:
            raise LetterError(
                f"Le courrier {last} vient d’être établi : actualisez la page, et voyez s’il en faut un "
                "autre."
            )
        values = {
            "key": key,
            "kind": kind,
            "decision_id": decision,
            "review_id": review_id,
            "client": found.client,
            "author_id": author.id,
            "at": datetime.now(UTC),
            "template": template,
            "sha256": digest,
            "pdf": pdf,
        }
        made = connection.execute(insert(Letter).values(values).returning(Letter.id)).scalar_one()
        ledger.append(
            Kind.LETTER,
            author.name,
            found.client,
            letter=made,
            letter_kind=kind,
            decision=decision,
            review=review or None,
            template=template,
            sha256=digest,
        )
    return int(made)


def answered(database: Database, reference: str) -> decisions.Found:
    """The decision that the reply to a review tells: the one that holds, or the one that took its place.

    Raises LetterError: the review has not ended, or another one has replaced that decision since.
    """
    with database.connection() as connection:
        return answered_in(connection, reference)


def answered_in(connection: Connection, reference: str) -> decisions.Found:
    """Do what `answered` does on a connection that is open."""
    query = select(ReviewOutcome.decision_id, ReviewOutcome.decided_id).join(
        Review, Review.id == ReviewOutcome.review_id
    )
    ended = connection.execute(query.where(Review.reference == reference)).one_or_none()
    if ended is None:
        raise LetterError("Ce réexamen n’est pas terminé : la réponse s’établit une fois qu’il l’est.")
    upheld, decided = ended
    found = decisions.find_in(connection, upheld if decided is None else decided)
    assert found is not None
    while found.corrected_by is not None:
        after = found.corrected_by
        other = select(Review.reference).join(ReviewOutcome, ReviewOutcome.review_id == Review.id)
        if replaced := connection.scalar(other.where(ReviewOutcome.decided_id == after)):
            raise LetterError(
                f"Le réexamen {replaced} a remplacé la décision de celui-ci : établissez sa réponse à lui."
            )
        found = decisions.find_in(connection, after)
        assert found is not None
    return found


def check(database: Database, found: decisions.Found, *, reply: bool = False) -> None:
    """Raise LetterError where a decision is not one to be told to the client, now or at all.

    reply: whether in answer to a review, which is due whatever else was decided on this client since.
    """
    with database.connection() as connection:
        check_in(connection, found, reply=reply)


def check_in(connection: Connection, found: decisions.Found, *, reply: bool = False) -> None:
    """Do what `check` does on a connection that is open."""
    match found.state:
        case State.CORRECTED:
            raise LetterError(
                f"La décision {found.id} est remplacée par la décision {found.corrected_by} : établissez le "
                "courrier de celle-ci."
            )
        case State.WAITING:
            raise LetterError(
                f"La décision {found.id} attend une seconde lecture : son courrier s’établit après elle."
            )
        case State.SENT_BACK:
            raise LetterError(
                f"La seconde lecture a renvoyé la décision {found.id} : corrigez-la, puis établissez le "
                "courrier de la nouvelle."
            )
    newer = None if reply else decisions.newer_in(connection, found)
    if newer is not None:
        raise LetterError(
            f"La décision {newer} de ce client est plus récente que la {found.id} : établissez le courrier "
            f"de la {newer}."
        )


_COLUMNS: Final = (
    Letter.id, Letter.kind, Letter.decision_id, Decision.author_id, func.coalesce(Review.reference, ""),
    Letter.client, User.name,
    Letter.at, Letter.template, Letter.sha256, func.length(Letter.pdf),
)  # fmt: skip


def find(database: Database, letter: int) -> Found | None:
    """The letter with this id."""
    found = _select(database, _query().where(Letter.id == letter))
    return found[0] if found else None


def of_decision(database: Database, decision: int) -> Sequence[Found]:
    """The letters that tell a decision, the last one first; replies to reviews are not among them."""
    return _select(database, _query().where(Letter.decision_id == decision, Letter.review_id.is_(None)))


def of_review(database: Database, reference: str) -> Sequence[Found]:
    """The letters that answer a review, the last one first."""
    return _select(database, _query().where(Review.reference == reference))


def keyed(database: Database, key: str) -> int | None:
    """The id of the letter that came from this form."""
    with database.connection() as connection:
        return connection.scalar(select(Letter.id).where(Letter.key == key))


def pdf(database: Database, letter: int) -> bytes | None:
    """The bytes of a letter as they were made; None where they are erased or there is no such letter.

    Raises AlteredLetterError: they are not those whose SHA-256 was written down.
    """
    with database.connection() as connection:
        row = connection.execute(select(Letter.pdf, Letter.sha256).where(Letter.id == letter)).one_or_none()
    if row is None or row.pdf is None:
        return None
    if journal.sha256(row.pdf) != row.sha256:
        raise AlteredLetterError(
            f"Le courrier {letter} n’est plus celui qui a été établi : son empreinte ne correspond pas. "
            "Prévenez votre administrateur."
        )
    return bytes(row.pdf)


def _query() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(User, User.id == Letter.author_id)
        .join(Decision, Decision.id == Letter.decision_id)
        .outerjoin(Review, Review.id == Letter.review_id)
        .order_by(Letter.id.desc())
    )


def _select(database: Database, query: Select[Any]) -> Sequence[Found]:
    with database.connection() as connection:
        rows: Sequence[Sequence[Any]] = connection.execute(query).all()
    return [Found(*row) for row in rows]
