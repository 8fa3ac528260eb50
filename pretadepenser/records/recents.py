"""The clients that an advisor looked at last, so that the home page can offer them again."""

import time
from collections.abc import Sequence

from sqlalchemy import case, delete, select

from pretadepenser.records.database import Database
from pretadepenser.records.models import RecentClient

KEPT = 10


def remember(database: Database, user_id: int, number: int) -> None:
    """Put a client number at the head of a user's recent clients; the oldest beyond `KEPT` go.

    Nothing is written when the client is already at the head: reading a client's pages one
    after the other costs one read each.
    """
    recents = recent(database, user_id)
    if recents and recents[0] == number:
        return
    now = time.time()
    # Two windows may write at once, and the one that looked first may have to wait: time does not go back.
    latest = case((RecentClient.seen_at > now, RecentClient.seen_at), else_=now)
    with database.session(hurried=True) as session:
        # One statement, so that the same client may be opened in two windows at once.
        session.execute(
            database.insert(RecentClient)
            .values(user_id=user_id, number=number, seen_at=now)
            .on_conflict_do_update(index_elements=["user_id", "number"], set_={"seen_at": latest})
        )
        for old in [other for other in recents if other != number][KEPT - 1 :]:
            session.execute(
                delete(RecentClient).where(RecentClient.user_id == user_id, RecentClient.number == old)
            )


def recent(database: Database, user_id: int) -> Sequence[int]:
    """Give the client numbers that a user looked at, the last one first, at most `KEPT`."""
    with database.session() as session:
        return session.scalars(
            select(RecentClient.number)
            .where(RecentClient.user_id == user_id)
            .order_by(RecentClient.seen_at.desc())
            .limit(KEPT)
        ).all()
