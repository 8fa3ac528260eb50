"""Decisions replayed: whether the advice that a person saw can be computed again from what was kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import select

from pretadepenser.credit.explanation import advice as advices
from pretadepenser.credit.explanation import replay as replaying
from pretadepenser.credit.explanation.advice import Advice, AdviceError
from pretadepenser.credit.explanation.replay import Difference
from pretadepenser.credit.model.archive import Archive, ArchiveError
from pretadepenser.records import decisions, entries, journal
from pretadepenser.records.database import Database
from pretadepenser.records.decisions import Found
from pretadepenser.records.entries import Wanted
from pretadepenser.records.journal import Kind
from pretadepenser.records.models import Decision

# Decisions that one entry of the journal names: of more it tells how many.
NAMED: Final = 100


class Answer(StrEnum):
    """What a replay found; the value is how the journal and the command say it of one decision."""

    SAME = "identique"
    OTHER = "différente"
    IMPOSSIBLE = "impossible à rejouer"
    ERASED = "effacée"


@dataclass(frozen=True)
class Replay:
    """What came of a replay. then, now: both pieces of advice, None where there is none or it has no form.

    why: a sentence that says why it is impossible, or that the content was erased; "" otherwise.
    """

    decision: int
    client: int | None
    answer: Answer
    then: Advice | None = None
    now: Advice | None = None
    differences: tuple[Difference, ...] = ()
    why: str = ""

    @property
    def software(self) -> str:
        """Which software has changed since, as a sentence; "" where none has."""
        return replaying.changed_software(self.then, self.now) if self.then and self.now else ""

    @property
    def same_advice(self) -> bool:
        """Whether the advice itself is the same: what differs, where something does, is told beside it."""
        return bool(self.then and self.now and not replaying.differences(self.then, self.now))

    @property
    def written_by(self) -> str:
        """The software of then, with its versions; "" where nothing says which."""
        return replaying.software(self.then) if self.then else ""


def replay(database: Database, found: Found, archived: Archive) -> Replay:
    """Compute the advice of a decision again, from what is stored with it and the archive alone.

    What is stored is also held against its own SHA-256, and against the one that the journal's chain has.
    """
    if found.content is None:
        why = "Le contenu de cette décision a été effacé : il n’y a plus rien à rejouer."
        return Replay(found.id, found.client, Answer.ERASED, why=why)
    digest = journal.sha256(journal.canonical(found.content))
    witnesses = {
        "Empreinte de la décision": found.sha256,
        "Empreinte de la décision dans le journal": _journalled(database, found),
    }
    changed = tuple(
        Difference(what, _begun(kept), _begun(digest))
        for what, kept in witnesses.items()
        if kept is not None and kept != digest
    )
    then = None
    try:
        then = advices.from_json(found.content.get("advice"))
        now = advices.again(then, archived)
        counter = found.content.get("counter")
        loan = replaying.offered(then, counter, archived) if counter else ()
    except (AdviceError, ArchiveError) as error:
        return Replay(found.id, found.client, Answer.IMPOSSIBLE, then, None, changed, str(error))
    told = (*changed, *replaying.differences(then, now), *loan)
    return Replay(found.id, found.client, Answer.OTHER if told else Answer.SAME, then, now, told)


def _begun(digest: str) -> str:
    """The beginning of a SHA-256: enough to tell two apart, and no wider than a column."""
    return f"{digest[:16]}…"


def _journalled(database: Database, found: Found) -> str | None:
    """The SHA-256 of a decision that the journal was told when it was written; None once that is erased."""
    wanted = Wanted(kinds=frozenset({Kind.DECIDED}), client=found.client)
    for entry in entries.find(database, wanted, entries.COUNTED):
        if entry.content and entry.content.get("decision") == found.id:
            return str(entry.content.get("sha256"))
    return None


def every(database: Database) -> Sequence[int]:
    """The ids of all decisions, in their order."""
    with database.connection() as connection:
        return list(connection.scalars(select(Decision.id).order_by(Decision.id)))


def replayed(database: Database, archived: Archive, wanted: Iterable[int]) -> Iterator[Replay]:
    """Replay decisions one by one, in memory that does not grow with them; ids of none are left out."""
    for one in wanted:
        found = decisions.find(database, one)
        if found is not None:
            yield replay(database, found, archived)


def note(database: Database, actor: str, one: Replay) -> None:
    """Write the replay of one decision into the journal."""
    journal.append(
        database, Kind.REPLAYED, actor, one.client,
        decision=one.decision, answer=str(one.answer), differences=len(one.differences),
    )  # fmt: skip


def note_all(database: Database, actor: str, counts: Counter[Answer], others: Sequence[int]) -> None:
    """Write the replay of all decisions into the journal, as one entry.

    counts: how many of each answer; others: ids of those that are neither the same nor erased.
    """
    told = {str(answer): counts[answer] for answer in Answer}
    journal.append(database, Kind.REPLAYED, actor, answers=told, others=list(others[:NAMED]))
