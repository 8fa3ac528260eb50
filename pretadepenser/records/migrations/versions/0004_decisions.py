"""Write decisions down: the journal's chain, decisions, readings, reviews, letters, and their guards."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# What may change, to NULL and never back, when data are erased; a copy of models.ERASABLE as it was then.
ERASABLE = {
    "journal_entry": ("actor", "client", "content", "salt"),
    "decision": ("client", "content"),
    "reading": ("content",),
    "review": ("client", "content"),
    "review_step": ("content",),
    "review_outcome": ("content",),
    "letter": ("client", "pdf"),
}
NEVER = "append-only"


def upgrade() -> None:
    """Make the tables, then forbid to change them."""
    op.create_table(
        "journal_entry",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(80)),
        sa.Column("client", sa.BigInteger()),
        sa.Column("content", sa.Text()),
        sa.Column("salt", sa.String(32)),
        sa.Column("digest", sa.String(64), nullable=False),
        # Not unique by an index: it covers its number, and its pages would be written all over the disk.
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_index("ix_journal_entry_actor", "journal_entry", ["actor", "number"])
    op.create_index("ix_journal_entry_client", "journal_entry", ["client", "number"])
    op.create_index("ix_journal_entry_kind", "journal_entry", ["kind", "number"])
    op.create_index("ix_journal_entry_at", "journal_entry", ["at"])
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), primary_key=True),
        _key(),
        sa.Column("client", sa.BigInteger()),
        _user("author_id"),
        _moment(),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("corrects_id", sa.Integer(), sa.ForeignKey("decision.id"), unique=True),
        sa.Column("content", sa.Text()),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.UniqueConstraint("id", "author_id", name="uq_decision_id_author"),
    )
    op.create_index("ix_decision_client", "decision", ["client", "id"])
    op.create_index("ix_decision_author", "decision", ["author_id", "id"])
    op.create_table(
        "reading",
        sa.Column("decision_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        _user("reader_id"),
        _moment(),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("content", sa.Text()),
        sa.ForeignKeyConstraint(
            ["decision_id", "author_id"], ["decision.id", "decision.author_id"], name="fk_reading_decision"
        ),
        sa.CheckConstraint("reader_id <> author_id", name="ck_reading_other_person"),
    )
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("reference", sa.String(20), nullable=False, unique=True),
        _key(),
        sa.Column("decision_id", sa.Integer(), sa.ForeignKey("decision.id"), nullable=False),
        sa.Column("client", sa.BigInteger()),
        _user("opened_by_id"),
        _moment(),
        sa.Column("deadline", sa.String(10), nullable=False),
        sa.Column("content", sa.Text()),
    )
    op.create_index("ix_review_client", "review", ["client", "id"])
    op.create_index("ix_review_deadline", "review", ["deadline"])
    op.create_index("ix_review_decision_id", "review", ["decision_id"])
    op.create_table(
        "review_step",
        sa.Column("id", sa.Integer(), primary_key=True),
        _key(),
        sa.Column("review_id", sa.Integer(), sa.ForeignKey("review.id"), nullable=False),
        _user("by_id"),
        _moment(),
        sa.Column("content", sa.Text()),
    )
    op.create_index("ix_review_step_review_id", "review_step", ["review_id"])
    op.create_table(
        "review_outcome",
        sa.Column(
            "review_id", sa.Integer(), sa.ForeignKey("review.id"), primary_key=True, autoincrement=False
        ),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("decider_id", sa.Integer(), nullable=False),
        _user("reviewer_id"),
        _moment(),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("decided_id", sa.Integer(), sa.ForeignKey("decision.id")),
        sa.Column("content", sa.Text()),
        sa.ForeignKeyConstraint(
            ["decision_id", "decider_id"], ["decision.id", "decision.author_id"], name="fk_outcome_decision"
        ),
        sa.CheckConstraint("reviewer_id <> decider_id", name="ck_outcome_other_person"),
    )
    op.create_table(
        "letter",
        sa.Column("id", sa.Integer(), primary_key=True),
        _key(),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("decision_id", sa.Integer(), sa.ForeignKey("decision.id"), nullable=False),
        sa.Column("review_id", sa.Integer(), sa.ForeignKey("review.id")),
        sa.Column("client", sa.BigInteger()),
        _user("author_id"),
        _moment(),
        sa.Column("template", sa.String(32), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("pdf", sa.LargeBinary()),
    )
    op.create_index("ix_letter_decision_id", "letter", ["decision_id"])
    op.create_index("ix_letter_client", "letter", ["client"])
    op.create_table(
        "legal_hold",
        sa.Column("client", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("reason", sa.String(200), nullable=False),
        _moment(),
    )
    op.create_table(
        "erased_client",
        sa.Column("digest", sa.String(64), primary_key=True),
        _moment(),
    )
    guard = _guard_postgresql if op.get_bind().dialect.name == "postgresql" else _guard_sqlite
    columns = sa.inspect(op.get_bind())
    for table, erasable in ERASABLE.items():
        kept = [one["name"] for one in columns.get_columns(table) if one["name"] not in erasable]
        guard(table, kept, erasable)


def _user(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), sa.ForeignKey("user_account.id"), nullable=False)


def _moment() -> sa.Column[Any]:
    return sa.Column("at", sa.DateTime(timezone=True), nullable=False)


def _key() -> sa.Column[str]:
    return sa.Column("key", sa.String(64), nullable=False, unique=True)


def _guard_sqlite(table: str, kept: list[str], erasable: tuple[str, ...]) -> None:
    same = " AND ".join(f'NEW."{name}" IS OLD."{name}"' for name in kept)
    gone = " AND ".join(f'NEW."{name}" IS NULL' for name in erasable)
    op.execute(
        f"CREATE TRIGGER {table}_never_deleted BEFORE DELETE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{NEVER}'); END"
    )
    op.execute(
        f"CREATE TRIGGER {table}_never_changed BEFORE UPDATE ON {table} WHEN NOT ({same} AND {gone}) "
        f"BEGIN SELECT RAISE(ABORT, '{NEVER}'); END"
    )
    # INSERT OR REPLACE deletes without firing the trigger of deletions: whatever is unique must be new.
    unique = [kept[0], *(name for name in ("key", "reference", "corrects_id") if name in kept)]
    taken = " OR ".join(f'"{name}" = NEW."{name}"' for name in unique)
    op.execute(
        f"CREATE TRIGGER {table}_never_replaced BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken}) "
        f"BEGIN SELECT RAISE(ABORT, '{NEVER}'); END"
    )


def _guard_postgresql(table: str, kept: list[str], erasable: tuple[str, ...]) -> None:
    same = " AND ".join(f'NEW."{name}" IS NOT DISTINCT FROM OLD."{name}"' for name in kept)
    gone = " AND ".join(f'NEW."{name}" IS NULL' for name in erasable)
    op.execute(
        f"CREATE FUNCTION {table}_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN IF {same} AND {gone} THEN RETURN NEW; END IF; END IF; "
        f"RAISE EXCEPTION '{NEVER}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_never_changed BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_guard()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_guard()"
    )
    # Its owner too: only what erasing needs is left.
    columns = ", ".join(f'"{name}"' for name in erasable)
    op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM PUBLIC, CURRENT_USER")
    op.execute(f"GRANT UPDATE ({columns}) ON {table} TO CURRENT_USER")


def downgrade() -> None:
    """Forget decisions and journal."""
    for table in (
        "erased_client", "legal_hold", "letter", "review_outcome", "review_step", "review", "reading",
        "decision", "journal_entry",
    ):  # fmt: skip
        op.drop_table(table)
        if table in ERASABLE and op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP FUNCTION {table}_guard()")
