"""How long what was written down is kept, by kind: settings KEEP_*, and the command of a timer.

See erasing.py for what is erased of a row.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, delete, select

from pretadepenser.records import journal
from pretadepenser.records.database import Database
from pretadepenser.records.decisions import Verdict
from pretadepenser.records.erasing import Erased, among, blank, blank_each, erase_decisions, in_turn
from pretadepenser.records.journal import COMMAND, Kind
from pretadepenser.records.models import (
    Decision,
    JournalEntry,
    LegalHold,
    Letter,
    Reading,
    RecentClient,
    Review,
    ReviewOutcome,
    ReviewStep,
)

# Entries that tell of a look at a file, of a session or of a copy: kept for KEEP_JOURNAL months.
CONSULTATIONS: Final = frozenset(
    {
        Kind.OPENED, Kind.FILE, Kind.HISTORY, Kind.COMPARED, Kind.SIMULATED, Kind.LEVERS, Kind.CAPACITY,
        Kind.SHEET, Kind.PICTURE, Kind.EXPORTED, Kind.NEW_FILE, Kind.API, Kind.CONSULTED, Kind.LISTED,
    Kind.EVIDENCE,
        Kind.FILE_GRANTED, Kind.JOURNAL_READ, Kind.REPLAYED, Kind.SIGNED_IN, Kind.SIGN_IN_FAILED,
        Kind.SIGNED_OUT, Kind.RIGHTS_EXPORT,
    }
)  # fmt: skip
# Entries that tell of a decision: kept as long as it is.
OF_DECISIONS: Final = frozenset(
    {Kind.DECIDED, Kind.READ, Kind.REVIEW_ASKED, Kind.REVIEW_STEP, Kind.REVIEW_ENDED, Kind.LETTER}
)
# Entries on who could do what, which explain decisions: kept for KEEP_DECISIONS months.
OF_STAFF: Final = frozenset({Kind.ACCOUNT, Kind.TOKEN, Kind.HOLD})
# Entries that tell of nobody: kept.
OF_NOBODY: Final = frozenset(
    {
        Kind.SEALED, Kind.IMPORTED, Kind.TRAINED, Kind.SCORED, Kind.STARTED, Kind.ERASED, Kind.RETENTION,
    }
)  # fmt: skip


@dataclass(frozen=True)
class Keep:
    """Months that refusals, other decisions and consultations are kept (settings KEEP_*)."""

    refused: int
    decisions: int
    journal: int


def run(database: Database, keep: Keep, now: datetime | None = None) -> Erased:
    """Erase what is over its time, and tell how much, in one transaction; nothing is told of nothing.

    A case (a decision, those that correct it, their readings, reviews and letters) is kept whole until its
    last event is KEEP_REFUSED months old where it ended with a refusal, else KEEP_DECISIONS. What waits for a
    second reader, a review that is open and clients who are held are kept.
    """
    now = now or datetime.now(UTC)
    with journal.writing(database) as ledger:
        connection = ledger.connection
        cases = [case for case in _cases(connection) if _over(case, keep, now)]
        gone = erase_decisions(connection, [one.id for case in cases for one in case.decisions])
        entries = _erase_entries_of(connection, cases)
        for kinds, months in ((CONSULTATIONS, keep.journal), (OF_STAFF, keep.decisions)):
            entries += _erase_old(connection, kinds, months_before(now, months))
        looked = RecentClient.seen_at < months_before(now, keep.journal).timestamp()
        recent = connection.execute(delete(RecentClient).where(looked)).rowcount
        gone = Erased(**{**asdict(gone), "entries": entries, "recent": recent})
        if gone:
            ledger.append(Kind.RETENTION, COMMAND, months=asdict(keep), **asdict(gone))
        return gone


def months_before(moment: datetime, months: int) -> datetime:
    """The same day and time so many months before; the last day of a month that is too short."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return moment.replace(year=year, month=month + 1, day=min(moment.day, 27))


def _erase_old(connection: Connection, kinds: Collection[Kind], before: datetime) -> int:
    """Erase the entries of these kinds from before a moment, but for those on clients who are held."""
    held = select(LegalHold.client)
    return blank(
        connection,
        JournalEntry,
        JournalEntry.kind.in_(sorted(map(str, kinds)))
        & (JournalEntry.at < journal.stamp(before))
        & (JournalEntry.client.is_(None) | JournalEntry.client.not_in(held)),
    )


@dataclass(frozen=True)
class _Decided:
    """What the end of a case depends on: a decision, and the time of the last that happened to it."""

    id: int
    client: int | None
    verdict: str
    corrects: int | None
    last: datetime
    open: bool


@dataclass(frozen=True)
class _Case:
    """Decisions that correct each other, the last one last."""

    decisions: Sequence[_Decided]
    held: bool


def _cases(connection: Connection) -> Iterator[_Case]:
    """All cases that are not erased."""
    corrected = set(connection.scalars(select(Decision.corrects_id).where(Decision.corrects_id.is_not(None))))
    answered = set(connection.scalars(select(Reading.decision_id)))
    events, open_reviews = _events(connection)
    held = set(connection.scalars(select(LegalHold.client)))
    chains: dict[int, list[_Decided]] = {}
    columns = (
        Decision.id,
        Decision.client,
        Decision.verdict,
        Decision.corrects_id,
        Decision.at,
        Decision.waiting,
    )
    rows = connection.execute(select(*columns).where(Decision.client.is_not(None)).order_by(Decision.id))
    for number, client, verdict, corrects, at, waiting in rows:
        waits = waiting and number not in answered and number not in corrected
        last = max([at, *events.get(number, [])])
        one = _Decided(number, client, verdict, corrects, last, waits or number in open_reviews)
        # A decision corrects one with a smaller number: its chain is known already.
        chain = chains[number] = chains.get(corrects, []) if corrects is not None else []
        chain.append(one)
    seen: set[int] = set()
    for chain in chains.values():
        if id(chain) not in seen:
            seen.add(id(chain))
            yield _Case(chain, chain[0].client in held)


def _events(connection: Connection) -> tuple[dict[int, list[datetime]], set[int]]:
    """Times of what happened to decisions after they were made, by decision, and those under review now."""
    events: dict[int, list[datetime]] = {}
    ended = set(connection.scalars(select(ReviewOutcome.review_id)))
    reviews = connection.execute(select(Review.id, Review.decision_id, Review.at)).all()
    of_review = {row.id: row.decision_id for row in reviews}
    for row in reviews:
        events.setdefault(row.decision_id, []).append(row.at)
    for steps in (ReviewStep, ReviewOutcome):
        for review, at in connection.execute(select(steps.review_id, steps.at)):
            events[of_review[review]].append(at)
    for answers in (Reading, Letter):
        for decision, at in connection.execute(select(answers.decision_id, answers.at)):
            events.setdefault(decision, []).append(at)
    return events, {row.decision_id for row in reviews if row.id not in ended}


def _over(case: _Case, keep: Keep, now: datetime) -> bool:
    """Whether the time to keep a case is over."""
    refused = case.decisions[-1].verdict == Verdict.REFUSE
    limit = months_before(now, keep.refused if refused else keep.decisions)
    last = max(one.last for one in case.decisions)
    return last < limit and not case.held and not any(one.open for one in case.decisions)


def _erase_entries_of(connection: Connection, cases: Sequence[_Case]) -> int:
    """Erase the entries that tell of these cases, whenever they were written."""
    decisions = {one.id for case in cases for one in case.decisions}
    references = set(among(connection, select(Review.reference), Review.decision_id, sorted(decisions)))
    clients = sorted({one.client for case in cases for one in case.decisions if one.client is not None})
    found: list[int] = []
    about = select(JournalEntry.number, JournalEntry.kind, JournalEntry.client, JournalEntry.content)
    for few in in_turn(clients):
        decided = set(connection.scalars(select(Decision.client).where(Decision.client.in_(few))))
        for number, kind, client, content in connection.execute(about.where(JournalEntry.client.in_(few))):
            told = json.loads(content or "{}")
            of_case = told.get("decision") in decisions or told.get("review") in references
            # A list tells that there was a decision, not which.
            listed = kind == Kind.LISTED and client not in decided
            if listed or (of_case and (kind in OF_DECISIONS or kind in (Kind.CONSULTED, Kind.REPLAYED))):
                found.append(number)
    return blank_each(connection, JournalEntry, JournalEntry.number, found)
