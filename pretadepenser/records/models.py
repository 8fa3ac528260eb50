"""The tables: what the application itself writes down. No client's figures are kept here."""

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    TypeDecorator,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Role(StrEnum):
    """What a user may do; the value is the French word that the command line and pages use."""

    ADVISOR = "conseiller"
    ADMINISTRATOR = "administrateur"
    AUDITOR = "auditeur"


class UtcDateTime(TypeDecorator[datetime]):
    """An aware date and time in UTC; SQLite, which forgets time zones, gives it back aware too."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Base(DeclarativeBase):
    """Parent of all tables."""


class User(Base):
    """Somebody who may sign in. `must_change`: the password was given by somebody else."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    must_change: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class UserSession(Base):
    """A signed-in browser of a user (seconds since the epoch); of its identifier only the digest is kept."""

    __tablename__ = "user_session"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    begun: Mapped[float] = mapped_column(Float, index=True)
    seen: Mapped[float] = mapped_column(Float)
    browser: Mapped[str] = mapped_column(String(64))


class LoginAttempt(Base):
    """A failed sign-in (seconds since the epoch). Deleted once its period is over.

    `device`: the browser, where the account has signed in with it before; "" for a stranger.
    """

    __tablename__ = "login_attempt"
    __table_args__ = (
        Index("ix_login_attempt_account", "account", "device", "at"),
        Index("ix_login_attempt_address", "address", "device", "at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    device: Mapped[str] = mapped_column(String(32), default="", server_default="")
    at: Mapped[float] = mapped_column(Float, index=True)


class RecentClient(Base):
    """A client number that an advisor looked at, and when (seconds since the epoch)."""

    __tablename__ = "recent_client"
    __table_args__ = (Index("ix_recent_client_user_seen", "user_id", "seen_at"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    seen_at: Mapped[float] = mapped_column(Float)


class Token(Base):
    """A key that lets another system of the organisation use the API; only its digest is kept."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TokenUse(Base):
    """How many requests a token made in one minute (counted since the epoch)."""

    __tablename__ = "api_token_use"

    token_id: Mapped[int] = mapped_column(ForeignKey("api_token.id", ondelete="CASCADE"), primary_key=True)
    minute: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    requests: Mapped[int] = mapped_column(Integer)
