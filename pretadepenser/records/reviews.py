"""Reviews: a client asks that a person look again, and someone other than the first decider does.

A request is numbered in the same transaction as its entry of the journal, which one process at a time has:
the numbers of a year have no gap and none is given twice. The database holds that who ends a review is not
who decided first, and that it ends once.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.orm import aliased

from pretadepenser.credit.recourse import deadline
from pretadepenser.errors import ToldError
from pretadepenser.french import date
from pretadepenser.records import decisions, journal
from pretadepenser.records.database import Database
from pretadepenser.records.decisions import Person, State, Verdict
from pretadepenser.records.journal import Kind
from pretadepenser.records.models import Decision, Review, ReviewOutcome, ReviewStep, User


class Outcome(StrEnum):
    """How a review ends."""

    UPHELD = "maintenue"
    CHANGED = "modifiée"

    @property
    def label(self) -> str:
        """What became of the decision: another took its place, whether or not that one answers the same."""
        return {Outcome.UPHELD: "maintenue", Outcome.CHANGED: "remplacée"}[self]


class ReviewError(ToldError):
    """A review cannot be opened, worked on or ended; the message says why and what to do."""


@dataclass(frozen=True)
class End:
    """How a review ended: by whom, when, with which new decision, and why (None: erased)."""

    outcome: Outcome
    reviewer_id: int
    reviewer: str
    at: datetime.datetime
    decided: int | None
    content: Mapping[str, Any] | None


@dataclass(frozen=True)
class Found:
    """A client's request as it was written, and how it ended.

    decision, decider: the one that the client contests and who made it; deadline: the last day to answer;
    content: as given to `ask`, None once erased; end: None while it is open.
    """

    id: int
    reference: str
    decision: int
    decider_id: int
    decider: str
    client: int | None
    opened_by_id: int
    opened_by: str
    at: datetime.datetime
    deadline: datetime.date
    content: Mapping[str, Any] | None
    end: End | None

    @property
    def received(self) -> datetime.date:
        """The day on which the client's request came in; once erased, the day on which it was written."""
        if self.content is None:
            return deadline.day(self.at)
        return datetime.date.fromisoformat(self.content["received"])


@dataclass(frozen=True)
class Step:
    """Something that was done in a review: by whom, when, and what (None: erased)."""

    by: str
    at: datetime.datetime
    content: Mapping[str, Any] | None


@dataclass(frozen=True)
class New:
    """The decision that a review ends with in place of the first one (see decisions.add)."""

    key: str
    verdict: Verdict
    content: Mapping[str, Any]
    waiting: bool


def ask(
    database: Database,
    key: str,
    opener: Person,
    decision: int,
    received: datetime.date,
    days: int,
    content: Mapping[str, Any],
    today: datetime.date | None = None,
) -> str:
    """Write a client's request with its entry of the journal; give its reference, "REV-2026-000123".

    The same where the form was sent before. key: of the form; received: the day on which the client's request
    came in, from which the `days` to answer are counted, and which the content stored says too; today: the
    server's own day.
    Raises ReviewError: the decision cannot be reviewed, now or at all, or `received` is no such day.
    """
    today = today or deadline.today()
    with journal.writing(database) as ledger:
        connection = ledger.connection
        before = connection.scalar(select(Review.reference).where(Review.key == key))
        if before is not None:
            return str(before)
        found = check(decisions.find_in(connection, decision), decision)
        assert found.client is not None
        _alone(connection, found.client)
        decided = deadline.day(found.at)
        if not decided <= received <= today:
            raise ReviewError(
                f"Une demande est reçue entre le jour de la décision ({date(decided)}) et aujourd’hui "
                f"({date(today)}) : corrigez la date."
            )
        reference = f"REV-{today.year}-{_last(connection, today.year) + 1:06d}"
        due = received + datetime.timedelta(days)
        written = journal.canonical({**content, "received": received.isoformat()})
        values = {
            "reference": reference,
            "key": key,
            "decision_id": decision,
            "client": found.client,
            "opened_by_id": opener.id,
            "at": datetime.datetime.now(datetime.UTC),
            "deadline": due.isoformat(),
            "content": written,
        }
        connection.execute(insert(Review).values(values))
        ledger.append(
            Kind.REVIEW_ASKED,
            opener.name,
            found.client,
            review=reference,
            decision=decision,
            deadline=due.isoformat(),
            sha256=journal.sha256(written),
        )
        return reference


def correct(database: Database, key: str, by: Person, reference: str, content: Mapping[str, Any]) -> None:
    """Write down a correction of the data and what it does to the score; nothing where the key is known.

    Raises ReviewError: there is no such review, it has ended, or `by` is who decided first.
    """
    with journal.writing(database) as ledger:
        connection = ledger.connection
        if connection.scalar(select(ReviewStep.id).where(ReviewStep.key == key)) is not None:
            return
        found = _workable(connection, reference, by)
        written = journal.canonical(content)
        values = {
            "key": key,
            "review_id": found.id,
            "by_id": by.id,
            "at": datetime.datetime.now(datetime.UTC),
            "content": written,
        }
        connection.execute(insert(ReviewStep).values(values))
        ledger.append(
            Kind.REVIEW_STEP, by.name, found.client, review=reference, sha256=journal.sha256(written)
        )


def end(
    database: Database,
    reviewer: Person,
    reference: str,
    content: Mapping[str, Any],
    new: New | None = None,
    *,
    known: int | None = None,
) -> int | None:
    """End a review, and write the new decision in the same transaction; give the id of that one.

    content: why, and what is answered. new: the decision in place of the first; None: that one holds. known:
    how many corrections of the data the reviewer knew of; None: whatever there are.
    Raises ReviewError: there is no such review, it has ended, the reviewer decided first, or the data were
    corrected again meanwhile. Raises DecisionError: the decision was corrected meanwhile.
    """
    with journal.writing(database) as ledger:
        connection = ledger.connection
        found = _workable(connection, reference, reviewer)
        steps = select(func.count()).select_from(ReviewStep).where(ReviewStep.review_id == found.id)
        if known is not None and connection.scalar(steps) != known:
            raise ReviewError(
                "Des données viennent d’être corrigées dans ce réexamen : relisez-les, puis concluez."
            )
        decided = None
        if new is not None and found.client is not None:
            decided = decisions.add_in(
                ledger, new.key, reviewer, found.client, new.verdict, new.content,
                waiting=new.waiting, corrects=found.decision, review=reference,
            )  # fmt: skip
        outcome = Outcome.UPHELD if decided is None else Outcome.CHANGED
        written = journal.canonical(content)
        values = {
            "review_id": found.id,
            "decision_id": found.decision,
            "decider_id": found.decider_id,
            "reviewer_id": reviewer.id,
            "at": datetime.datetime.now(datetime.UTC),
            "outcome": str(outcome),
            "decided_id": decided,
            "content": written,
        }
        connection.execute(insert(ReviewOutcome).values(values))
        ledger.append(
            Kind.REVIEW_ENDED,
            reviewer.name,
            found.client,
            review=reference,
            outcome=str(outcome),
            decision=decided,
            sha256=journal.sha256(written),
        )
        return decided


_Decider: Final = aliased(User)
_Opener: Final = aliased(User)
_Reviewer: Final = aliased(User)


def find(database: Database, reference: str) -> Found | None:
    """The review with this reference."""
    with database.connection() as connection:
        return _one(connection, reference)


def open_reviews(database: Database) -> Sequence[Found]:
    """The reviews that are not ended, the one that is due first at first."""
    # Whose client is erased waits for nobody.
    waits = (ReviewOutcome.review_id.is_(None), Review.client.is_not(None))
    query = _query().where(*waits).order_by(Review.deadline, Review.id)
    return _select(database, query)


def ended(database: Database, most: int = 20) -> Sequence[Found]:
    """The reviews that ended last, the last one first."""
    query = _query().where(ReviewOutcome.review_id.is_not(None))
    return _select(database, query.order_by(ReviewOutcome.at.desc(), Review.id.desc()).limit(most))


def of_decision(database: Database, decision: int) -> Sequence[Found]:
    """The reviews of a decision, the last one first."""
    return _select(database, _query().where(Review.decision_id == decision).order_by(Review.id.desc()))


def of_client(database: Database, client: int) -> Sequence[Found]:
    """The reviews that a client asked for, the last one first."""
    return _select(database, _query().where(Review.client == client).order_by(Review.id.desc()))


def keyed(database: Database, key: str) -> bool:
    """Whether a correction came from this form."""
    with database.connection() as connection:
        return connection.scalar(select(ReviewStep.id).where(ReviewStep.key == key)) is not None


def steps(database: Database, review: int) -> Sequence[Step]:
    """What was done in a review (its id), in that order."""
    query = (
        select(User.name, ReviewStep.at, ReviewStep.content)
        .join(User, User.id == ReviewStep.by_id)
        .where(ReviewStep.review_id == review)
        .order_by(ReviewStep.id)
    )
    with database.connection() as connection:
        rows = connection.execute(query).all()
    return [Step(name, at, journal.parsed(content)) for name, at, content in rows]


def corrected(database: Database, reference: str) -> Mapping[str, Any]:
    """What the last correction of a review told, which holds all before; nothing where there is none."""
    found = find(database, reference)
    return last_told(steps(database, found.id) if found else ())


def last_told(done: Sequence[Step]) -> Mapping[str, Any]:
    """The same, of a review's steps."""
    return (done[-1].content if done else None) or {}


def check(found: decisions.Found | None, decision: int) -> decisions.Found:
    """The decision, where a review of it may be asked for. Raises ReviewError that says why it may not."""
    if found is None:
        raise ReviewError(f"La décision {decision} n’existe pas.")
    if found.client is None:
        raise ReviewError(
            f"Les données de la décision {decision} sont effacées : elle ne peut plus être réexaminée."
        )
    if found.review:
        raise ReviewError(f"Le réexamen {found.review} de cette décision est déjà ouvert.")
    if found.state is State.CORRECTED:
        raise ReviewError(
            f"La décision {decision} est remplacée par la décision {found.corrected_by} : demandez le "
            "réexamen de celle-ci."
        )
    if found.state is not State.FINAL:
        raise ReviewError(
            f"La décision {decision} n’est pas encore définitive : il n’y a rien à réexaminer avant la "
            "seconde lecture."
        )
    return found


def alone(database: Database, client: int) -> None:
    """Raise ReviewError where a review of another decision on this client is open: one at a time."""
    with database.connection() as connection:
        _alone(connection, client)


def _alone(connection: Connection, client: int) -> None:
    opened = decisions.open_review_in(connection, client)
    if opened is not None:
        raise ReviewError(
            f"Le réexamen {opened[0]} d’une autre décision sur ce client est ouvert : attendez qu’il soit "
            "conclu."
        )


def _workable(connection: Connection, reference: str, by: Person) -> Found:
    """The review, for somebody who may work on it. Raises ReviewError."""
    found = _one(connection, reference)
    if found is None:
        raise ReviewError(f"Le réexamen {reference} n’existe pas.")
    if found.end is not None:
        raise ReviewError(f"Le réexamen {reference} est déjà conclu.")
    if found.client is None:
        raise ReviewError(f"Les données du réexamen {reference} sont effacées : il n’y a plus rien à revoir.")
    if by.id in deciders_in(connection, found.decision):
        raise ReviewError("Le réexamen revient à une autre personne que celle qui a décidé.")
    return found


def deciders(database: Database, decision: int) -> set[int]:
    """Ids of those who made a decision and those that it corrects: a review of it is for somebody else."""
    with database.connection() as connection:
        return deciders_in(connection, decision)


def deciders_in(connection: Connection, decision: int) -> set[int]:
    """Do what `deciders` does on a connection that is open."""
    return {author for author, _ in decisions.chain(connection, decision)}


def _last(connection: Connection, year: int) -> int:
    """The number given last in a year, 0 where there is none; safe only while the journal is open."""
    query = select(Review.reference).where(Review.reference.startswith(f"REV-{year}-"))
    last = connection.scalar(query.order_by(Review.id.desc()).limit(1))
    return 0 if last is None else int(last.rpartition("-")[2])


def _query() -> Any:
    return (
        select(
            Review.id, Review.reference, Review.decision_id, Decision.author_id, _Decider.name, Review.client,
            Review.opened_by_id, _Opener.name, Review.at, Review.deadline, Review.content,
            ReviewOutcome.outcome, ReviewOutcome.reviewer_id, _Reviewer.name, ReviewOutcome.at,
            ReviewOutcome.decided_id, ReviewOutcome.content,
        )
        .join(Decision, Decision.id == Review.decision_id)
        .join(_Decider, _Decider.id == Decision.author_id)
        .join(_Opener, _Opener.id == Review.opened_by_id)
        .outerjoin(ReviewOutcome, ReviewOutcome.review_id == Review.id)
        .outerjoin(_Reviewer, _Reviewer.id == ReviewOutcome.reviewer_id)
    )  # fmt: skip


def _one(connection: Connection, reference: str) -> Found | None:
    row = connection.execute(_query().where(Review.reference == reference)).one_or_none()
    return None if row is None else _found(row)


def _select(database: Database, query: Any) -> Sequence[Found]:
    with database.connection() as connection:
        rows = connection.execute(query).all()
    return [_found(row) for row in rows]


def _found(row: Sequence[Any]) -> Found:
    *own, outcome, reviewer_id, reviewer, ended_at, decided, answer = row
    identity, reference, decision, decider_id, decider, client, opener_id, opener, at, deadline, content = own
    over = None
    if outcome is not None:
        over = End(Outcome(outcome), reviewer_id, reviewer, ended_at, decided, journal.parsed(answer))
    return Found(
        identity,
        reference,
        decision,
        decider_id,
        decider,
        client,
        opener_id,
        opener,
        at,
        datetime.date.fromisoformat(deadline),
        journal.parsed(content),
        over,
    )
