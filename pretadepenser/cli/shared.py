"""What every module of commands needs: the instance folder, its database, and a look for leavings."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from flask import current_app
from flask.cli import with_appcontext

from pretadepenser import storage
from pretadepenser.records.database import Database, RecordsError


@with_appcontext
def clean() -> None:
    """Delete what killed commands left of portfolios, models and scores: it holds clients' files."""
    # A command that needs to write there says by itself that it cannot.
    with suppress(OSError, storage.DamagedError):
        for name in ("portfolio", "model", "scores"):
            storage.clean(instance(), name)


def instance() -> Path:
    """The instance folder."""
    folder: Path = current_app.config["INSTANCE"]
    return folder


def database() -> Database:
    """The database. Raises RecordsError where its tables are not up to date."""
    opened: Database = current_app.extensions["database"]
    if not opened.ready():
        raise RecordsError(
            "La base de données n’est pas à jour : lancez d’abord « flask --app wsgi database upgrade »."
        )
    return opened
