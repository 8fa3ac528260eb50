"""The clients that an advisor looked at last, so that the home page can offer them again."""

import time
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from pretadepenser.records.database import Database, Quick

KEPT: Final = 10

_RECENT: Final = Quick(
    "SELECT number FROM recent_client WHERE user_id = :user ORDER BY seen_at DESC LIMIT :kept"
)
# One statement, so that the same client may be opened in two windows at once. The one that looked first may
# have to wait: time does not go back.
_REMEMBER: Final = Quick(
    "INSERT INTO recent_client (user_id, number, seen_at) VALUES (:user, :number, :now) "
    "ON CONFLICT (user_id, number) DO UPDATE SET seen_at = "
    "CASE WHEN recent_client.seen_at > :now THEN recent_client.seen_at ELSE :now END"
)
_FORGET: Final = Quick("DELETE FROM recent_client WHERE user_id = :user AND number = :number")


def remember(database: Database, user_id: int, number: int) -> None:
    """Put a client number at the head of a user's recent clients; the oldest beyond `KEPT` go.

    Nothing is written when the client is already at the head: reading a client's pages one
    after the other costs one read each.
    """
    with database.connection() as connection:
        if _read(connection, user_id)[:1] != [number]:
            with database.hurried(connection):
                remember_in(connection, user_id, number)


def remember_in(connection: Connection, user_id: int, number: int) -> None:
    """Do what `remember` does in a transaction that writes more."""
    recents = _read(connection, user_id)
    if recents[:1] == [number]:
        return
    _REMEMBER.run(connection, {"user": user_id, "number": number, "now": time.time()})
    for old in [other for other in recents if other != number][KEPT - 1 :]:
        _FORGET.run(connection, {"user": user_id, "number": old})


def recent(database: Database, user_id: int) -> Sequence[int]:
    """Give the client numbers that a user looked at, the last one first, at most `KEPT`."""
    with database.connection() as connection:
        return _read(connection, user_id)


def _read(connection: Connection, user_id: int) -> list[int]:
    return [number for (number,) in _RECENT.run(connection, {"user": user_id, "kept": KEPT})]
