"""The connection to the database, SQLite or PostgreSQL, without Flask."""

import fcntl
import os
import re
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    PoolProxiedConnection,
    create_engine,
    event,
    exc,
    inspect,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from pretadepenser.errors import ToldError
from pretadepenser.records.models import Base

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
# The newest migration, so that a readiness check need not read the folder; a test holds them equal.
REVISION = "0004"


# Seconds by which the clocks of two servers may differ; what is further in the future never was.
SKEW = 60
# Milliseconds to wait for another writer: for what must be written, for what somebody waits to be shown, and
# for what is a convenience.
PATIENCE = 10_000
SHORT = 3_000
HURRY = 500
# Milliseconds that SQLite waits for another process, in steps of 1, 2 and 5; then it is asked anew.
_ASKED = 10
# What SQLite does at the end of a transaction. FULL: what was committed, the journal above all, is on the
# disk when a page is shown, and survives a power cut.
SYNCHRONOUS = "FULL"


class RecordsError(ToldError):
    """The database cannot do what was asked; the message is one French sentence."""


class Quick:
    """A statement of what every page does, in the SQL of both databases, with values as :name.

    It is handed to the driver itself: SQLAlchemy's own way there takes five times as long.
    """

    def __init__(self, statement: str) -> None:
        self._written = {
            "sqlite": statement,
            "postgresql": re.sub(r":(\w+)", r"%(\1)s", statement),
        }

    def run(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Run it in a connection's transaction and give its rows, if it has any.

        Raises DBAPIError as SQLAlchemy does.
        """
        return self.on(connection.connection, connection.dialect, values)

    def on(self, opened: PoolProxiedConnection, dialect: Dialect, values: Mapping[str, Any]) -> list[Any]:
        """Do what `run` does on a connection of the driver's own."""
        statement = self._written[dialect.name]
        try:
            cursor = opened.cursor()
            try:
                cursor.execute(statement, dict(values))
                return list(cursor.fetchall()) if cursor.description else []
            finally:
                cursor.close()
        except dialect.loaded_dbapi.Error as error:
            raise _told(statement, error, dialect) from error


def _told(statement: str | None, error: Exception, dialect: Dialect) -> BaseException:
    """What SQLAlchemy raises for an error of the driver."""
    return DBAPIError.instance(
        statement, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
    )


class Database:
    """A pool of connections and the sessions on it. Survives a fork: a child opens its own.

    Raises RecordsError: the address cannot be understood or its driver is missing.
    """

    def __init__(self, url: str) -> None:
        try:
            self.engine = _engine(url)
        except (ArgumentError, ModuleNotFoundError) as error:
            raise RecordsError(
                "L’adresse de la base de données (DATABASE_URL) n’est pas utilisable : corrigez-la, et pour "
                "PostgreSQL installez le module « psycopg »."
            ) from error
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._turn = threading.Lock()
        self._writer: Connection | None = None
        self._inherited: Connection | None = None
        event.listen(self.engine, "engine_disposed", self._forget_writer)
        _forget_after_fork(self)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a session in one transaction: committed at the end, rolled back by an exception."""
        with self._sessions.begin() as session:
            yield session

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Give the same without a session's objects, at a fifth of its cost: for what every page asks."""
        with self.engine.begin() as connection:
            yield connection

    def ask(self, statement: Quick, values: Mapping[str, Any]) -> list[Any]:
        """Give the rows of one statement that reads, alone: half of what it costs in a `connection`.

        Raises DBAPIError as SQLAlchemy does.
        """
        dialect = self.engine.dialect
        try:
            opened = self.engine.raw_connection()
        except dialect.loaded_dbapi.Error as error:
            raise _told(None, error, dialect) from error
        try:
            rows = statement.on(opened, dialect, values)
            # The pool would roll back, at which psycopg forgets all statements that it has prepared.
            opened.commit()
        except dialect.loaded_dbapi.Error as error:
            raise _told(None, error, dialect) from error
        except DBAPIError as error:
            if isinstance(error.orig, dialect.loaded_dbapi.Error) and dialect.is_disconnect(
                error.orig, opened, None
            ):
                opened.invalidate(error)
            raise
        finally:
            opened.close()
        return rows

    @contextmanager
    def hurried(self, connection: Connection, patience: int = HURRY) -> Iterator[None]:
        """Do what can be done without: another writer is waited for so many milliseconds at most."""
        if self.engine.dialect.name != "sqlite":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {patience}")  # until the transaction's end
            yield
            return
        # Without SQLAlchemy between: every page does it.
        cursor = connection.connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {patience}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {PATIENCE}")
            cursor.close()

    @contextmanager
    def writing(self, lock: int, patience: int = PATIENCE) -> Iterator[Connection]:
        """Give a connection in a transaction that writes alone, committed at the end.

        lock: number of the lock on PostgreSQL, where only those who ask for the same wait for one another.
        patience: milliseconds to wait for whoever writes now.
        Raises SQLAlchemyError where it cannot be begun in that time: then nothing is written.
        """
        if self.engine.dialect.name != "sqlite":
            with self.connection() as connection, self.hurried(connection, patience):
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock})")
                yield connection
            return
        until = time.monotonic() + patience / 1000
        # Threads of this process queue here, so that one of each process asks SQLite, for short whiles. Left
        # alone SQLite waits longer and longer: who has just come goes first, and some wait for seconds.
        if not self._turn.acquire(timeout=patience / 1000):
            raise exc.TimeoutError("another thread of this process writes")
        try:
            # One connection for all of them, which stays open: a tenth of what an entry costs.
            if self._writer is None:
                self._writer = self.engine.connect()
                # The pool's no more: closing it closes it.
                self._writer.detach()
                _WAIT.run(self._writer, {})
                self._writer.rollback()
            with self._writer.begin():
                _begin(self._writer, until)
                yield self._writer
        except ToldError:
            raise
        except BaseException:
            # Nobody else writes on it: a failed COMMIT may have left its transaction open.
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            raise
        finally:
            self._turn.release()

    def insert(self, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
        """Give an INSERT that knows ON CONFLICT, which both databases have but SQLAlchemy does not share."""
        if self.engine.dialect.name == "postgresql":
            return postgresql.insert(table)
        return sqlite.insert(table)

    def upgrade(self) -> None:
        """Bring the tables to the newest migration. Safe when several processes do it at once.

        Raises RecordsError: the database cannot be reached or written.
        """
        # Imported here: Alembic is slow to load, and no page needs it.
        from alembic import command
        from alembic.util import CommandError

        try:
            with self._alone(), self.engine.connect() as connection:
                command.upgrade(alembic_config(connection), "head")
                connection.commit()
        except (DBAPIError, CommandError) as error:
            raise RecordsError(
                "La base de données ne peut pas être mise à jour : vérifiez DATABASE_URL, que le serveur "
                "répond et que le compte a le droit de créer des tables."
            ) from error

    def writable(self) -> bool:
        """Tell whether the database takes a write: a full disk or a lock that stays lets it only be read."""
        try:
            with self.connection() as connection, self.hurried(connection):
                connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
        except SQLAlchemyError:
            return False
        return True

    def ready(self) -> bool:
        """Tell whether the database answers and has the newest tables."""
        try:
            with self.engine.connect() as connection:
                if not inspect(connection).has_table("alembic_version"):
                    return False
                version = connection.scalar(text("SELECT version_num FROM alembic_version"))
                return bool(version == REVISION)
        except SQLAlchemyError:
            return False

    def _forget_writer(self, _engine: Engine) -> None:
        """Close the connection that writes with all others; the next to write opens another."""
        with self._turn:
            writer, self._writer = self._writer, None
            if writer is not None:
                writer.close()

    def _inherit(self) -> None:
        """Leave the parent its connections: a fork must not close them, and opens its own."""
        self._inherited, self._writer, self._turn = self._writer, None, threading.Lock()
        self.engine.dispose(close=False)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold off other processes that would migrate the same SQLite file (PostgreSQL: see env.py)."""
        if self.engine.dialect.name != "sqlite" or not self.engine.url.database:
            yield
            return
        with open(f"{self.engine.url.database}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _begin(connection: Connection, until: float) -> None:
    """Begin a transaction of SQLite that writes. until: of time.monotonic, when to ask for the last time."""
    while True:
        try:
            _BEGIN.run(connection, {})
            return
        except DBAPIError as error:
            busy = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() >= until:
                raise


# Before anything is read: two that read the same state would write the same number.
_BEGIN = Quick("BEGIN IMMEDIATE")
_WAIT = Quick(f"PRAGMA busy_timeout = {_ASKED}")


def alembic_config(connection: Any) -> Any:
    """Give Alembic's configuration for the packaged migrations, on an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _engine(url: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        # pool_pre_ping: a database server may close idle connections over night.
        # As many connections as THREADS may be: whoever waits to write the journal holds one.
        return create_engine(address, pool_pre_ping=True, pool_size=16, max_overflow=48, hide_parameters=True)
    if address.database and not os.path.exists(address.database):
        # Made here so that the file, and the WAL files that copy its mode, are for the owner only.
        try:
            os.close(os.open(address.database, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise RecordsError(
                f"Le fichier de base de données {address.database} ne peut pas être créé : vérifiez que son "
                "dossier existe et que vous pouvez y écrire."
            ) from error
    engine = create_engine(address, connect_args={"timeout": PATIENCE / 1000}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        # WAL: readers never wait for the writer, between workers too.
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={SYNCHRONOUS}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine


def _forget_after_fork(database: Database) -> None:
    """Make a forked worker drop the connections of its parent without closing them."""
    reference = weakref.ref(database)

    def forget() -> None:
        inherited = reference()
        if inherited is not None:
            inherited._inherit()

    os.register_at_fork(after_in_child=forget)
