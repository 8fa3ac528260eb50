"""Make sessions rows of their own, count known browsers apart, and mark passwords that must be changed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "user_session",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "user_id", sa.Integer(), sa.ForeignKey("user_account.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("begun", sa.Float(), nullable=False),
        sa.Column("seen", sa.Float(), nullable=False),
        sa.Column("browser", sa.String(64), nullable=False),
    )
    op.create_index("ix_user_session_user_id", "user_session", ["user_id"])
    op.create_index("ix_user_session_begun", "user_session", ["begun"])
    # Columns are added and dropped in place: a copy of the table would take the users' recent clients along.
    op.add_column(
        "user_account", sa.Column("must_change", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.drop_column("user_account", "stamp")
    op.drop_index("ix_login_attempt_account", "login_attempt")
    op.drop_index("ix_login_attempt_address", "login_attempt")
    op.add_column("login_attempt", sa.Column("device", sa.String(32), nullable=False, server_default=""))
    op.create_index("ix_login_attempt_account", "login_attempt", ["account", "device", "at"])
    op.create_index("ix_login_attempt_address", "login_attempt", ["address", "device", "at"])


def downgrade() -> None:
    op.drop_index("ix_login_attempt_account", "login_attempt")
    op.drop_index("ix_login_attempt_address", "login_attempt")
    op.drop_column("login_attempt", "device")
    op.create_index("ix_login_attempt_account", "login_attempt", ["account", "at"])
    op.create_index("ix_login_attempt_address", "login_attempt", ["address", "at"])
    op.add_column("user_account", sa.Column("stamp", sa.String(32), nullable=False, server_default=""))
    # Any text that nobody has had: the end of a hash is as random as its salt.
    op.execute("UPDATE user_account SET stamp = substr(password_hash, length(password_hash) - 31)")
    op.drop_column("user_account", "must_change")
    op.drop_table("user_session")
