"""Sessions of users: one row for each signed-in browser, known by the digest of a random identifier.

The journal says of each when it began and, once, when and why it ended.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update

from pretadepenser.records import journal
from pretadepenser.records.database import SKEW, Database, Quick
from pretadepenser.records.journal import Kind, Ledger
from pretadepenser.records.models import User, UserSession

# Seconds: use is written down no more often.
RARELY: Final = 60


@dataclass(frozen=True)
class Use:
    """A session, when it began and when it was used last (seconds since the epoch)."""

    id: int
    begun: float
    seen: float


@dataclass(frozen=True)
class Limits:
    """How long a session lasts, in seconds: without being used, and at all."""

    idle: float
    age: float

    def end(self, session: UserSession | Use) -> float:
        """When a session ends if it is not used again; 0 for one from the future."""
        if max(session.begun, session.seen) > time.time() + SKEW:
            return 0
        return min(session.seen + self.idle, session.begun + self.age)

    def fell_asleep(self, session: Use) -> bool:
        """Whether want of use ended a session."""
        return session.seen + self.idle <= min(time.time(), session.begun + self.age)


@dataclass(frozen=True)
class Owner:
    """The user of a session, as read with it."""

    id: int
    name: str
    role: str
    active: bool
    must_change: bool


@dataclass(frozen=True)
class Found:
    """A session, its user, and when it ends (seconds since the epoch)."""

    session: Use
    user: Owner
    end: float

    @property
    def good(self) -> bool:
        """Whether the session has not ended and its user may use it."""
        return self.user.active and self.end > time.time()


def begin(database: Database, user: User, browser: str, limits: Limits) -> str | None:
    """Begin a session and give its identifier, which nothing can give again; rows that are over are deleted.

    One that ended for want of use is kept until its age is over: its owner is told why it ended.
    None: the account was disabled, or its password changed, since `user` was read.
    """
    now = time.time()
    text = secrets.token_urlsafe(32)
    values = {"user_id": user.id, "digest": _digest(text), "begun": now, "seen": now, "browser": browser[:64]}
    with journal.writing(database) as ledger:
        _sweep(ledger, now, limits)
        same = select(User.id).where(
            User.id == user.id, User.password_hash == user.password_hash, User.active
        )
        if ledger.connection.scalar(same.with_for_update(read=True)) is None:
            return None
        made = ledger.connection.execute(insert(UserSession).values(values).returning(UserSession.id))
        ledger.append(Kind.SIGNED_IN, user.name, session=made.scalar_one(), role=user.role)
    return text


_FIND: Final = Quick(
    "SELECT s.id, s.begun, s.seen, u.id, u.name, u.role, u.active, u.must_change "
    "FROM user_session s JOIN user_account u ON u.id = s.user_id "
    "WHERE s.digest = :digest AND u.id = :user"
)


def find(database: Database, user: int, text: str, limits: Limits) -> Found | None:
    """Give the session of this user with this identifier, over or not, in one read; None: there is none."""
    rows = database.ask(_FIND, {"digest": _digest(text), "user": user})
    if not rows:
        return None
    identity, begun, seen, owner, name, role, active, must_change = rows[0]
    session = Use(identity, begun, seen)
    # SQLite has numbers for what is true.
    return Found(session, Owner(owner, name, role, bool(active), bool(must_change)), limits.end(session))


def touch(database: Database, found: Found, limits: Limits) -> Found:
    """Write down that a session is used now, and give it as it is then; a convenience, hurried."""
    now, session = time.time(), found.session
    with database.connection() as connection, database.hurried(connection):
        connection.execute(
            update(UserSession).where(UserSession.id == session.id, UserSession.seen < now).values(seen=now)
        )
    session = replace(session, seen=max(session.seen, now))
    return Found(session, found.user, limits.end(session))


def listed(database: Database, user: int, limits: Limits) -> Sequence[UserSession]:
    """Give the sessions of a user that are not over, the last used first."""
    with database.session() as session:
        rows = session.scalars(
            select(UserSession)
            .where(UserSession.user_id == user)
            .order_by(UserSession.seen.desc(), UserSession.id.desc())
        ).all()
    now = time.time()
    return [row for row in rows if limits.end(row) > now]


def end(database: Database, user: int, session: int, why: str = "mise fin") -> bool:
    """End one session of a user; say whether there was one. why: for the journal."""
    return _end(database, user, UserSession.id == session, why) > 0


def end_others(database: Database, user: int, kept: int) -> int:
    """End all sessions of a user but one; say how many rows there were."""
    return _end(database, user, UserSession.id != kept, "mise fin")


def renew(database: Database, session: int) -> str:
    """Give a session another identifier: copies of the one before are dead."""
    text = secrets.token_urlsafe(32)
    with database.session() as opened:
        opened.execute(update(UserSession).where(UserSession.id == session).values(digest=_digest(text)))
    return text


def _end(database: Database, user: int, which: ColumnElement[bool], why: str) -> int:
    theirs = delete(UserSession).where(and_(UserSession.user_id == user, which)).returning(UserSession.id)
    with journal.writing(database) as ledger:
        ended = ledger.connection.scalars(theirs).all()
        name = ledger.connection.scalar(select(User.name).where(User.id == user))
        for session in ended:
            ledger.append(Kind.SIGNED_OUT, str(name), session=session, why=why)
    return len(ended)


def _sweep(ledger: Ledger, now: float, limits: Limits) -> None:
    """Delete the rows that are over, and say in the journal when and why each session ended."""
    over = or_(
        UserSession.begun <= now - limits.age, UserSession.begun > now + SKEW, UserSession.seen > now + SKEW
    )
    row = UserSession.id, UserSession.user_id, UserSession.begun, UserSession.seen
    swept = ledger.connection.execute(delete(UserSession).where(over).returning(*row)).all()
    for session, user, begun, seen in swept:
        name = ledger.connection.scalar(select(User.name).where(User.id == user))
        at = min(now, seen + limits.idle, begun + limits.age)
        why = "inactivité" if seen + limits.idle < begun + limits.age else "durée"
        moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
        ledger.append(Kind.SIGNED_OUT, str(name), session=session, why=why, ended=moment)


def _digest(text: str) -> str:
    """The identifier has 256 random bits behind it: neither slow hashing nor a salt would add anything."""
    return hashlib.sha256(text.encode()).hexdigest()
