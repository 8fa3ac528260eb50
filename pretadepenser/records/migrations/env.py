"""Run by Alembic: migrates on the connection that `Database.upgrade` hands over."""

from alembic import context
from sqlalchemy import text

from pretadepenser.records.models import Base

# Any constant will do: it only has to be the same in all processes of this application.
LOCK = 157083

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    # SQLite cannot change a column in place; Alembic copies the table instead.
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    # Both databases can take back a CREATE: Alembic thinks that SQLite cannot, and would write each at once.
    # Killed between two of them, the tables would be neither the old nor the new: no upgrade could go on.
    transactional_ddl=True,
)
with context.begin_transaction():
    if connection.dialect.name == "sqlite":
        # Its driver begins a transaction before INSERT, not before CREATE.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    if connection.dialect.name == "postgresql":
        # Two machines that start at once: the second waits, then finds nothing left to do.
        connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
    context.run_migrations()
