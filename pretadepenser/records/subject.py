"""All that the tables hold of one client, for the copy that this person may ask for (RGPD, article 15).

Names of staff are left out: who works for the lender is no data of the client (CJEU C-579/21), and so are
other clients that an entry names beside this one. Systems of other organisations are told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from pretadepenser.records import erasing
from pretadepenser.records.database import Database
from pretadepenser.records.journal import parsed, stamp
from pretadepenser.records.models import (
    Decision,
    JournalEntry,
    Letter,
    Reading,
    RecentClient,
    Review,
    ReviewOutcome,
    ReviewStep,
)

# How a system's name begins where an entry says who asked.
SYSTEM = "jeton "


def held(database: Database, client: int) -> dict[str, Any]:
    """JSON values: decisions, reviews, letters, journal, recent looks and a legal hold, in order of time.

    Moments are ISO 8601 in UTC. What is erased is not there any more. The files of letters: see `letters`.
    """
    with database.connection() as connection:
        return {
            "decisions": _decisions(connection, client),
            "reviews": _reviews(connection, client),
            "letters": _letters(connection, client),
            "journal": _journal(connection, client),
            "recently_seen": _recent(connection, client),
            "legal_hold": _hold(database, client),
        }


def letters(database: Database, client: int) -> dict[int, bytes]:
    """The PDFs of a client's letters by their id."""
    query = select(Letter.id, Letter.pdf).where(Letter.client == client, Letter.pdf.is_not(None))
    with database.connection() as connection:
        return {number: pdf for number, pdf in connection.execute(query) if pdf is not None}


def _decisions(connection: Connection, client: int) -> list[dict[str, Any]]:
    query = (
        select(
            Decision.__table__, Reading.at.label("read_at"), Reading.agrees, Reading.content.label("answer")
        )
        .outerjoin(Reading, Reading.decision_id == Decision.id)
        .where(Decision.client == client)
        .order_by(Decision.id)
    )
    return [
        {
            "decision": row.id,
            "at": stamp(row.at),
            "verdict": row.verdict,
            "needs_second_reading": row.waiting,
            "corrects": row.corrects_id,
            "sha256": row.sha256,
            "content": parsed(row.content),
            "second_reading": None
            if row.read_at is None
            else {
                "at": stamp(row.read_at),
                "agrees": row.agrees,
                "content": parsed(row.answer),
            },
        }
        for row in connection.execute(query)
    ]


def _reviews(connection: Connection, client: int) -> list[dict[str, Any]]:
    found = []
    for row in connection.execute(
        select(Review.__table__).where(Review.client == client).order_by(Review.id)
    ):
        steps = select(ReviewStep.__table__).where(ReviewStep.review_id == row.id).order_by(ReviewStep.id)
        end = connection.execute(
            select(ReviewOutcome.__table__).where(ReviewOutcome.review_id == row.id)
        ).one_or_none()
        found.append(
            {
                "review": row.reference,
                "decision": row.decision_id,
                "at": stamp(row.at),
                "deadline": row.deadline,
                "content": parsed(row.content),
                "steps": [
                    {"at": stamp(step.at), "content": parsed(step.content)}
                    for step in connection.execute(steps)
                ],
                "outcome": None
                if end is None
                else {
                    "at": stamp(end.at),
                    "outcome": end.outcome,
                    "new_decision": end.decided_id,
                    "content": parsed(end.content),
                },
            }
        )
    return found


def _letters(connection: Connection, client: int) -> list[dict[str, Any]]:
    columns = (Letter.id, Letter.at, Letter.kind, Letter.decision_id, Letter.template, Letter.sha256)
    query = select(*columns, Review.reference).outerjoin(Review, Review.id == Letter.review_id)
    return [
        {
            "letter": row.id,
            "at": stamp(row.at),
            "kind": row.kind,
            "decision": row.decision_id,
            "review": row.reference,
            "template": row.template,
            "sha256": row.sha256,
        }
        for row in connection.execute(query.where(Letter.client == client).order_by(Letter.id))
    ]


def _journal(connection: Connection, client: int) -> list[dict[str, Any]]:
    columns = (JournalEntry.number, JournalEntry.at, JournalEntry.kind, JournalEntry.content)
    found = []
    for number in sorted(erasing.entries_about(connection, client)):
        row = connection.execute(select(*columns).where(JournalEntry.number == number)).one()
        told = json.loads(row.content or "{}")
        actor = str(told.pop("actor", ""))
        if isinstance(told.get("clients"), list):
            told["clients"] = [client]
        system = {"system": actor.removeprefix(SYSTEM)} if actor.startswith(SYSTEM) else {}
        found.append({"entry": row.number, "at": row.at, "kind": row.kind, **system, "told": told})
    return found


def _recent(connection: Connection, client: int) -> list[str]:
    query = select(RecentClient.seen_at).where(RecentClient.number == client).order_by(RecentClient.seen_at)
    return [stamp(datetime.fromtimestamp(seen, UTC)) for seen in connection.scalars(query)]


def _hold(database: Database, client: int) -> Mapping[str, str] | None:
    found = erasing.held(database, client)
    return None if found is None else {"at": stamp(found.at), "reason": found.reason}
