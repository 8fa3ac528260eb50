"""Users: made and changed by an administrator, checked at sign-in."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pretadepenser.records import journal, names, passwords
from pretadepenser.records.database import Database, RecordsError
from pretadepenser.records.journal import COMMAND, Kind
from pretadepenser.records.models import Role, User, UserSession

# OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, 2 passes, 1 lane. Eight threads that sign
# people in at once stay under 160 MiB.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def add_user(database: Database, name: str, role: str, password: str, *, must_change: bool = False) -> User:
    """Add a user, with an entry of the journal; must_change: the password opens but the page to change it.

    Raises RecordsError: the name, role or password is not acceptable, or the name is taken.
    """
    user = User(
        name=names.checked(name),
        role=_checked_role(role),
        password_hash=HASHER.hash(passwords.check(password, names.normalise(name))),
        active=True,
        must_change=must_change,
        created_at=datetime.now(UTC),
    )
    try:
        with journal.writing(database) as ledger:
            with ledger.session() as session:
                session.add(user)
            ledger.append(Kind.ACCOUNT, COMMAND, change="ajout", account=user.name, role=user.role)
    except IntegrityError as error:
        raise RecordsError(
            f"L’utilisateur « {user.name} » existe déjà : choisissez un autre nom, ou changez son mot de "
            f"passe avec « flask --app wsgi user password {user.name} »."
        ) from error
    return user


def list_users(database: Database) -> Sequence[User]:
    """Give all users in alphabetical order."""
    with database.session() as session:
        return session.scalars(select(User).order_by(User.name)).all()


def set_password(
    database: Database, name: str, password: str, *, must_change: bool = False, kept: int | None = None
) -> None:
    """Change a password, allow the account again, and end all its sessions but the one of the id `kept`.

    The journal says that the user did it where a session is kept, else that a command did.

    Raises RecordsError: there is no such user or the password is not acceptable.
    """
    password_hash = HASHER.hash(passwords.check(password, names.normalise(name)))
    with journal.writing(database) as ledger:
        with ledger.session() as session:
            user = _named(session, name)
            user.password_hash, user.must_change = password_hash, must_change
            # Who changes it in a session of their own may have been disabled a moment ago.
            user.active = user.active or kept is None
            ended = _end_sessions(session, user, kept)
        who = COMMAND if kept is None else user.name
        ledger.append(Kind.ACCOUNT, who, change="mot de passe", account=user.name, sessions_ended=ended)


def disable_user(database: Database, name: str) -> None:
    """Forbid an account to sign in and end all its sessions, with an entry of the journal.

    Raises RecordsError: there is no such user.
    """
    with journal.writing(database) as ledger:
        with ledger.session() as session:
            user = _named(session, name)
            user.active = False
            ended = _end_sessions(session, user)
        ledger.append(Kind.ACCOUNT, COMMAND, change="désactivation", account=user.name, sessions_ended=ended)


def authenticate(database: Database, name: str, password: str) -> User | None:
    """Give the active user with this name and password, else None, in the same time for all reasons."""
    with database.session() as session:
        user = session.scalars(select(User).where(User.name == names.normalise(name))).one_or_none()
    try:
        HASHER.verify(user.password_hash if user else _decoy(), password)
    except (VerificationError, InvalidHashError):
        return None
    if user is None or not user.active:
        return None
    if HASHER.check_needs_rehash(user.password_hash):
        with database.session() as session:
            stored = session.get(User, user.id)
            if stored is not None:
                stored.password_hash = user.password_hash = HASHER.hash(password)
    return user


def known(database: Database, name: str) -> bool:
    """Say whether somebody has this name, whether or not the account is allowed."""
    with database.connection() as connection:
        return connection.scalar(select(User.id).where(User.name == names.normalise(name))) is not None


@cache
def _decoy() -> str:
    """A hash that no password has, checked when the name is unknown so that timing tells nothing."""
    return HASHER.hash(secrets.token_hex(32))


def _checked_role(role: str) -> str:
    if role not in set(Role):
        raise RecordsError(f"Le rôle « {role} » n’existe pas : choisissez parmi {', '.join(Role)}.")
    return str(role)


def _named(session: Session, name: str) -> User:
    user = session.scalars(select(User).where(User.name == names.normalise(name))).one_or_none()
    if user is None:
        raise _unknown(name)
    return user


def _end_sessions(session: Session, user: User, kept: int | None = None) -> int:
    """End the sessions of a user but one; say how many there were."""
    theirs = delete(UserSession).where(UserSession.user_id == user.id, UserSession.id != (kept or 0))
    return len(session.scalars(theirs.returning(UserSession.id)).all())


def _unknown(name: str) -> RecordsError:
    return RecordsError(
        f"L’utilisateur « {names.normalise(name)} » n’existe pas : "
        "« flask --app wsgi user list » donne la liste."
    )
