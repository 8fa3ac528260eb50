"""The client's page: the decision first, then why, then the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Blueprint, abort, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

from pretadepenser import french
from pretadepenser.charts import client as charts
from pretadepenser.charts.chart import Chart
from pretadepenser.credit.dictionary import client_file
from pretadepenser.credit.explanation.reasons import Decomposition, decompose, explain
from pretadepenser.credit.history import told
from pretadepenser.credit.model import scoring
from pretadepenser.credit.model.artefact import Card
from pretadepenser.credit.model.inputs import as_read
from pretadepenser.credit.portfolio import Client
from pretadepenser.records import recents
from pretadepenser.web import auth, headings, pictures, resources
from pretadepenser.web.capacity import of_client

blueprint = Blueprint("clients", __name__, url_prefix="/clients/<int:number>")

CHARTS: Final[dict[str, Callable[[Decomposition], Chart]]] = {
    "score": lambda decomposition: charts.scale(decomposition.score),
    "contributions": charts.contributions,
}


@blueprint.get("")
def decision(number: int) -> ResponseReturnValue:
    """Show the decision, its reasons and the client's file."""
    client = resources.client_or_404(number)
    explanation = explain(resources.model(), resources.portfolio(), client.values, resources.limit(), number)
    rows = _brief(number)
    known = _known(rows)
    return render_template(
        "pages/client.html",
        client_number=number,
        heading=headings.decision(explanation.score),
        explanation=explanation,
        score=explanation.score,
        scale=charts.scale(explanation.score),
        contributions=charts.contributions(explanation),
        capacity=of_client(client, rows.get(told.BUREAU)),
        history=_history(known),
        learnt=_learnt(client),
        file=client_file.looked_at(client.values, resources.model().features, known.beside),
    )


@blueprint.get("/dossier")
def file(number: int) -> ResponseReturnValue:
    """Show the client's file (see `client_file.parts`): the page of the decision has what the model looks at.

    Auditors read it as it was filed, protected grounds and all; nobody else sees these.
    """
    filed, features, audit = resources.as_filed(number).values, resources.model().features, auth.audits()
    read = as_read(filed)
    score = scoring.score_row(resources.model(), read, resources.limit(), number)
    beside = _known(_brief(number)).beside
    parts = client_file.parts(filed if audit else read, features, audit=audit, beside=beside)
    absent = sum(entry.text == french.ABSENT for entry in parts.entries)
    return render_template(
        "pages/file.html",
        client_number=number,
        heading=headings.file(score, absent, len(parts.entries)),
        file=parts,
        audit=audit,
    )


def remember(number: int) -> None:
    """Keep the client among those that were looked at last; a page does not depend on it."""
    try:
        recents.remember(auth.database(), current_user.id, number)
    except SQLAlchemyError as error:
        current_app.logger.warning("Derniers clients non notés : %s", type(error).__name__)


def seen_last() -> list[int]:
    """The clients that the signed-in user looked at, the last one first, as far as the portfolio has them.

    Raises UnavailableError, PortfolioError and SQLAlchemyError as what it reads does.
    """
    recent = recents.recent(auth.database(), current_user.id)
    # Whoever looked at nobody yet needs no portfolio.
    return [number for number in recent if resources.portfolio().index(number) is not None]


@blueprint.get("/graphiques/<name>.svg")
def picture(number: int, name: str) -> ResponseReturnValue:
    """Draw one of the page's charts."""
    return pictures.picture(_chart(number, name))


@blueprint.get("/graphiques/<name>.csv")
def spreadsheet(number: int, name: str) -> ResponseReturnValue:
    """Give the figures of one of the page's charts."""
    return pictures.spreadsheet(_chart(number, name).table, f"client-{number}-{name}")


def _brief(number: int) -> told.Rows:
    """The client's rows of the tables that the page tells in short, where these are imported.

    The tables of months have a thousand rows a client: they are left to the page of the history.
    """
    portfolio = resources.portfolio()
    return portfolio.history(number, told.BRIEF) if portfolio.tables else {}


def _known(rows: told.Rows) -> told.History:
    """What those rows tell; a table that is not imported is told so."""
    return told.history(rows, resources.portfolio().tables.intersection(told.BRIEF))


def _history(known: told.History) -> list[str]:
    """What the page says in short of the client's earlier credits; nothing where none are imported."""
    if not resources.portfolio().tables:
        return []
    return [told.credits_sentence(known), told.requests_sentence(known)]


def _learnt(client: Client) -> Card | None:
    """The card of the model, where this client's outcome is among those that it learnt from."""
    card = resources.model().card
    known = client.target is not None and card.data.sha256 in resources.portfolio().lineage
    return card if known else None


def _chart(number: int, name: str) -> Chart:
    if name not in CHARTS:
        abort(404, description="Ce graphique n’existe pas.")
    client = resources.client_or_404(number)
    return CHARTS[name](decompose(resources.model(), client.values, resources.limit(), number))
