"""Users: made and changed by an administrator, checked at sign-in."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from pretadepenser.records import names
from pretadepenser.records.database import Database, RecordsError
from pretadepenser.records.models import Role, User

# OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, 2 passes, 1 lane. Eight threads that sign
# people in at once stay under 160 MiB.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
PASSWORD_MINIMUM = 12
# Argon2 takes any length; the bound keeps a huge body from costing work.
PASSWORD_MAXIMUM = 512


def add_user(database: Database, name: str, role: str, password: str) -> User:
    """Add a user.

    Raises RecordsError: the name, role or password is not acceptable, or the name is taken.
    """
    user = User(
        name=names.checked(name),
        role=_checked_role(role),
        password_hash=HASHER.hash(_checked_password(password)),
        active=True,
        stamp=secrets.token_hex(16),
        created_at=datetime.now(UTC),
    )
    try:
        with database.session() as session:
            session.add(user)
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


def get_user(database: Database, identity: int, stamp: str) -> User | None:
    """Give the active user of a session, or None when the session was ended by a new stamp."""
    with database.session() as session:
        user = session.get(User, identity)
    if user is None or not user.active or not secrets.compare_digest(user.stamp, stamp):
        return None
    return user


def set_password(database: Database, name: str, password: str) -> None:
    """Change a password, allow the account again, and end all its sessions.

    Raises RecordsError: there is no such user or the password is not acceptable.
    """
    password_hash = HASHER.hash(_checked_password(password))
    with database.session() as session:
        user = session.scalars(select(User).where(User.name == names.normalise(name))).one_or_none()
        if user is None:
            raise _unknown(name)
        user.password_hash, user.active, user.stamp = password_hash, True, secrets.token_hex(16)


def disable_user(database: Database, name: str) -> None:
    """Forbid an account to sign in and end all its sessions.

    Raises RecordsError: there is no such user.
    """
    with database.session() as session:
        user = session.scalars(select(User).where(User.name == names.normalise(name))).one_or_none()
        if user is None:
            raise _unknown(name)
        user.active, user.stamp = False, secrets.token_hex(16)


def end_sessions(database: Database, identity: int) -> None:
    """End all sessions of a user, wherever they are open."""
    with database.session() as session:
        user = session.get(User, identity)
        if user is not None:
            user.stamp = secrets.token_hex(16)


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
                stored.password_hash = HASHER.hash(password)
    return user


@cache
def _decoy() -> str:
    """A hash that no password has, checked when the name is unknown so that timing tells nothing."""
    return HASHER.hash(secrets.token_hex(32))


def _checked_role(role: str) -> str:
    if role not in set(Role):
        raise RecordsError(f"Le rôle « {role} » n’existe pas : choisissez parmi {', '.join(Role)}.")
    return str(role)


def _checked_password(password: str) -> str:
    if not PASSWORD_MINIMUM <= len(password) <= PASSWORD_MAXIMUM:
        raise RecordsError(
            f"Le mot de passe doit avoir de {PASSWORD_MINIMUM} à {PASSWORD_MAXIMUM} caractères : "
            "une suite de quelques mots convient."
        )
    return password


def _unknown(name: str) -> RecordsError:
    return RecordsError(
        f"L’utilisateur « {names.normalise(name)} » n’existe pas : "
        "« flask --app wsgi user list » donne la liste."
    )
