"""The page of a client's credit history: credits elsewhere, earlier applications, payments, card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from pretadepenser.charts import history as charts
from pretadepenser.charts.chart import Chart
from pretadepenser.charts.history import Listing
from pretadepenser.credit.history import told
from pretadepenser.credit.history.told import History
from pretadepenser.credit.model import scoring
from pretadepenser.web import headings, pictures, resources

blueprint = Blueprint("history", __name__, url_prefix="/clients/<int:number>/historique")

LISTS: Final[dict[str, Callable[[History], Listing | None]]] = {
    "en-cours": charts.owed,
    "termines": charts.closed,
    "demandes": charts.requests,
}
CHARTS: Final[dict[str, Callable[[History], Chart | None]]] = {
    "paiements": charts.payments,
    "carte": charts.card,
}


@blueprint.get("")
def show(number: int) -> ResponseReturnValue:
    """Show what is known of the client's earlier credits."""
    client = resources.client_or_404(number)
    history = _history(number)
    score = scoring.score_row(resources.model(), client.values, resources.limit(), number)
    return render_template(
        "pages/history.html",
        client_number=number,
        heading=headings.history(score, history),
        history=history,
        credits=told.credits_sentence(history),
        requests=told.requests_sentence(history),
        payments=charts.payments_sentence(history),
        card=charts.card_sentence(history),
        lists={name: make(history) for name, make in LISTS.items()},
        charts={name: make(history) for name, make in CHARTS.items()},
    )


@blueprint.get("/graphiques/<name>.svg")
def picture(number: int, name: str) -> ResponseReturnValue:
    """Draw one of the page's charts."""
    chart = CHARTS[name](_history(number)) if name in CHARTS else None
    if chart is None:
        abort(404, description="Ce graphique n’existe pas.")
    return pictures.picture(chart)


@blueprint.get("/graphiques/<name>.csv")
def spreadsheet(number: int, name: str) -> ResponseReturnValue:
    """Give the figures of one of the page's charts, or one of its lists."""
    history = _history(number)
    table = None
    if name in CHARTS and (chart := CHARTS[name](history)):
        table = chart.table
    elif name in LISTS and (listing := LISTS[name](history)):
        table = listing.whole
    if table is None:
        abort(404, description="Ce tableau n’existe pas.")
    return pictures.spreadsheet(table, f"client-{number}-{name}")


def _history(number: int) -> History:
    """The client's history; a 404 that helps where there is no such client."""
    resources.client_or_404(number)
    portfolio = resources.portfolio()
    return told.history(portfolio.history(number), portfolio.tables)
