"""What every module of commands needs: the instance folder, its database, and a look for leavings."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from pretadepenser import storage
from pretadepenser.records import journal
from pretadepenser.records.database import Database, RecordsError


@with_appcontext
def clean() -> None:
    """Delete what killed commands left of portfolios, models, scores and trainings: clients' data."""
    # A command that needs to write there says by itself that it cannot.
    with suppress(OSError, storage.DamagedError):
        for name in ("portfolio", "model", "scores", "training"):
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


def note(kind: journal.Kind, **told: Any) -> None:
    """Write into the journal what a command has done to files; say so where it cannot be, and go on."""
    opened: Database = current_app.extensions["database"]
    with suppress(SQLAlchemyError):
        if opened.ready():
            journal.append(opened, kind, journal.COMMAND, **told)
            return
    click.echo(
        "Ceci n’est pas inscrit au journal : la base de données n’est pas prête (flask --app wsgi database "
        "upgrade).",
        err=True,
    )


def score_all(portfolio: Any, progress: Any) -> None:
    """Score a portfolio with the model in use before it is put in place, where there is one that works."""
    from pretadepenser.credit.model import scoring

    try:
        model = scoring.current_model(instance())
    except scoring.ModelError:
        return
    if model is not None:
        scoring.score_portfolio(model, portfolio, instance(), progress)
