"""The meeting sheet: one calm page for the client, on the screen, on paper and as a tagged PDF."""

from __future__ import annotations

import base64

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from pretadepenser import french
from pretadepenser.charts import client as charts
from pretadepenser.charts.chart import Chart
from pretadepenser.credit.model import scoring
from pretadepenser.credit.recourse import meeting_sheet
from pretadepenser.credit.recourse.deadline import today
from pretadepenser.credit.recourse.meeting_sheet import Sheet
from pretadepenser.credit.whatif.capacity import Capacity
from pretadepenser.french import Person
from pretadepenser.web import headings, paper, pictures, resources
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
        today=french.date(today()),
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
        today=french.date(today()),
    )
    try:
        made = paper.made(html, "meeting_pdf.css")
    except PdfUnavailableError as error:
        return paper.unavailable(
            error,
            "La fiche reste lisible à l’écran et s’imprime depuis le navigateur. "
            "Prévenez votre administrateur.",
        )
    return paper.given(made, f"entretien-client-{number}")


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
