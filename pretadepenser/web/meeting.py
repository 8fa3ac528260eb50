"""The meeting sheet: one calm page for the client, on the screen, on paper and as a tagged PDF."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

from flask import Blueprint, Response, current_app, render_template
from flask.typing import ResponseReturnValue

from pretadepenser import french, speech
from pretadepenser.charts import client as charts
from pretadepenser.charts.chart import Chart
from pretadepenser.credit.model import scoring
from pretadepenser.credit.recourse import meeting_sheet
from pretadepenser.credit.recourse.meeting_sheet import Sheet
from pretadepenser.credit.whatif.capacity import Capacity
from pretadepenser.french import Person
from pretadepenser.web import headings, heavy, pictures, resources
from pretadepenser.web import pdf as documents
from pretadepenser.web.capacity import of_client
from pretadepenser.web.lender import Lender, lender
from pretadepenser.web.pdf import PdfUnavailableError

blueprint = Blueprint("meeting", __name__, url_prefix="/clients/<int:number>")


@blueprint.get("/entretien")
def sheet(number: int) -> ResponseReturnValue:
    """Show the sheet."""
    told = lender()
    found = _found(number, told)
    return render_template(
        "pages/meeting.html",
        client_number=number,
        heading=headings.meeting(found.score),
        score=found.score,
        sheet=found,
        capacity=_capacity(number),
        you=Person.YOU,
        lender=told,
        scale=charts.scale(found.score, Person.YOU),
        today=_today(),
    )


@blueprint.get("/entretien.pdf")
def pdf(number: int) -> ResponseReturnValue:
    """Give the sheet as a tagged PDF."""
    told = lender()
    found = _found(number, told)
    scale = charts.scale(found.score, Person.YOU)
    picture = base64.b64encode(scale.on_paper()).decode()
    html = render_template(
        "pages/meeting_pdf.html",
        client_number=number,
        score=found.score,
        sheet=found,
        capacity=_capacity(number),
        you=Person.YOU,
        lender=told,
        scale=scale,
        picture=f"data:image/svg+xml;base64,{picture}",
        today=_today(),
    )
    try:
        sheet = Path(str(current_app.static_folder)) / "meeting_pdf.css"
        with heavy.slot():
            made = heavy.call("pdf", documents.tagged, speech.aloud(html), sheet)
    except PdfUnavailableError as error:
        current_app.logger.error("%s", error)
        page = render_template(
            "pages/error.html",
            code=503,
            title="PDF indisponible",
            precisely=str(error),
            advice="La fiche reste lisible à l’écran et s’imprime depuis le navigateur. "
            "Prévenez votre administrateur.",
        )
        return page, 503
    response = Response(made, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="entretien-client-{number}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/entretien/graphiques/score.svg")
def picture(number: int) -> ResponseReturnValue:
    """Draw the score on its scale, as the client is told of it."""
    return pictures.picture(_scale(number))


@blueprint.get("/entretien/graphiques/score.csv")
def spreadsheet(number: int) -> ResponseReturnValue:
    """Give the figures of the scale."""
    return pictures.spreadsheet(_scale(number).table, f"entretien-client-{number}-score")


def _scale(number: int) -> Chart:
    client = resources.client_or_404(number)
    score = scoring.score_row(resources.model(), client.values, resources.limit(), number)
    return charts.scale(score, Person.YOU)


def _capacity(number: int) -> Capacity:
    return of_client(resources.client_or_404(number))


def _found(number: int, told: Lender) -> Sheet:
    client = resources.client_or_404(number)
    return meeting_sheet.sheet(
        resources.model(),
        resources.portfolio(),
        client.values,
        resources.limit(),
        number,
        told.bureaux,
        resources.outcome(),
        resources.admissible(),
    )


def _today() -> str:
    return french.date(datetime.now(tz=UTC).astimezone())  # in the server's own time zone
