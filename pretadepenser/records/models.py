"""The tables: what the application itself writes down.

Figures of clients stand in `content` alone (of journal, decisions, readings, reviews) and in letters. Those
tables are append-only, held by triggers: a row is never deleted, and of its columns only those of ERASABLE
may ever change, all at once and to NULL, when the time to keep them is over.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Role(StrEnum):
    """What a user may do; the value is the French word that the command line and pages use."""

    ADVISOR = "conseiller"
    MANAGER = "responsable"
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


# Columns that hold what is personal, by append-only table. `user_account` names stay: they are of staff.
ERASABLE: Final[dict[str, tuple[str, ...]]] = {
    "journal_entry": ("actor", "client", "content", "salt"),
    "decision": ("client", "content"),
    "reading": ("content",),
    "review": ("client", "content"),
    "review_step": ("content",),
    "review_outcome": ("content",),
    "letter": ("client", "pdf"),
}


class JournalEntry(Base):
    """One link of the chain (see journal.py, which alone writes it).

    number: 1, 2, 3, … without a gap; at: UTC, ISO 8601 to the microsecond, as it was hashed; actor: name of
    the user, "jeton NAME" or "commande"; client: SK_ID_CURR; content: canonical JSON of all that is told,
    actor and client included; salt: 32 hexadecimal digits; digest: SHA-256 of salt and content; hash: SHA-256
    of the former entry's hash, number, at, kind and digest. ERASABLE columns are NULL once erased.
    """

    __tablename__ = "journal_entry"
    __table_args__ = (
        Index("ix_journal_entry_actor", "actor", "number"),
        Index("ix_journal_entry_client", "client", "number"),
        Index("ix_journal_entry_kind", "kind", "number"),
        Index("ix_journal_entry_at", "at"),
    )

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(32))
    actor: Mapped[str | None] = mapped_column(String(80))
    client: Mapped[int | None] = mapped_column(BigInteger)
    content: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[str | None] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class Decision(Base):
    """What a person decided on an application, never changed: a correction points to the former.

    key: of the form it came from, so that a form sent twice decides once; client: SK_ID_CURR; verdict: a
    decisions.Verdict; waiting: it needs a second reader (see Reading); corrects_id: the decision that this
    one replaces, which has one such at most; content: canonical JSON (decisions.py); sha256: of it.
    """

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("id", "author_id", name="uq_decision_id_author"),
        Index("ix_decision_client", "client", "id"),
        Index("ix_decision_author", "author_id", "id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    client: Mapped[int | None] = mapped_column(BigInteger)
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    verdict: Mapped[str] = mapped_column(String(16))
    waiting: Mapped[bool] = mapped_column(default=False, server_default=false())
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("decision.id"), unique=True)
    content: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))


class Reading(Base):
    """A second person's answer to a decision that waits: at most one each, never by its author.

    agrees: the decision holds; otherwise it is sent back, and its author decides anew.
    """

    __tablename__ = "reading"
    __table_args__ = (
        ForeignKeyConstraint(
            ["decision_id", "author_id"], ["decision.id", "decision.author_id"], name="fk_reading_decision"
        ),
        CheckConstraint("reader_id <> author_id", name="ck_reading_other_person"),
    )

    decision_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    author_id: Mapped[int] = mapped_column(Integer)
    reader_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    agrees: Mapped[bool] = mapped_column()
    content: Mapped[str | None] = mapped_column(Text)


class Review(Base):
    """A client's request that a person look again: numbered, dated, with a deadline.

    reference: "REV-2026-000123"; key: of the form; deadline: the last day, as "2026-12-26"; content: what the
    client asks for, as JSON.
    """

    __tablename__ = "review"
    __table_args__ = (Index("ix_review_client", "client", "id"), Index("ix_review_deadline", "deadline"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), index=True)
    client: Mapped[int | None] = mapped_column(BigInteger)
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    deadline: Mapped[str] = mapped_column(String(10))
    content: Mapped[str | None] = mapped_column(Text)


class ReviewStep(Base):
    """What was done in a review: data corrected and scored again, before and after (JSON)."""

    __tablename__ = "review_step"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    content: Mapped[str | None] = mapped_column(Text)


class ReviewOutcome(Base):
    """How a review ended, once, by someone other than the first decider.

    outcome: "maintenue" or "modifiée"; decided_id: the new decision, which replaces the first.
    """

    __tablename__ = "review_outcome"
    __table_args__ = (
        ForeignKeyConstraint(
            ["decision_id", "decider_id"], ["decision.id", "decision.author_id"], name="fk_outcome_decision"
        ),
        CheckConstraint("reviewer_id <> decider_id", name="ck_outcome_other_person"),
    )

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True, autoincrement=False)
    decision_id: Mapped[int] = mapped_column(Integer)
    decider_id: Mapped[int] = mapped_column(Integer)
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(16))
    decided_id: Mapped[int | None] = mapped_column(ForeignKey("decision.id"))
    content: Mapped[str | None] = mapped_column(Text)


class Letter(Base):
    """A letter that was made: its very bytes, and what it was made with.

    kind: "accord", "refus", "pièces" or "revue"; template: version of its template; sha256: of the PDF.
    """

    __tablename__ = "letter"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), index=True)
    review_id: Mapped[int | None] = mapped_column(ForeignKey("review.id"))
    client: Mapped[int | None] = mapped_column(BigInteger, index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    template: Mapped[str] = mapped_column(String(32))
    sha256: Mapped[str] = mapped_column(String(64))
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary)


class LegalHold(Base):
    """A client whose data may not be erased, for a reason (a lawsuit); deleted when it is lifted."""

    __tablename__ = "legal_hold"

    client: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    reason: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ErasedClient(Base):
    """A client who was erased, known only by a keyed digest of the number: an import that has one says so."""

    __tablename__ = "erased_client"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
