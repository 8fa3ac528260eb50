"""The simulation: the client's figures in a form, and what other figures would do to the score.

A POST is answered with the page itself, not with a redirect: nothing is written that sending the form twice
could repeat, and a page to redirect to would need the figures in its address or in a store. For the same
reason the picture stands in the page, and the CSV is asked for by a POST of the same figures.
"""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from pretadepenser.charts import simulation as charts
from pretadepenser.credit.dictionary import Kind
from pretadepenser.credit.portfolio import Client
from pretadepenser.credit.scoring import score_row
from pretadepenser.credit.simulation import Simulation, levers, neutral, objections, simulate
from pretadepenser.web import figures, pictures, resources
from pretadepenser.web.figures import FiguresForm

blueprint = Blueprint("simulation", __name__, url_prefix="/clients/<int:number>/simulation")


@blueprint.route("", methods=["GET", "POST"], endpoint="simulate")
def page(number: int) -> ResponseReturnValue:
    """Show the form, and below the answer first once it is sent."""
    client = resources.client_or_404(number)
    form = _form(client)
    result = _simulated(client, form) if form.is_submitted() else None
    status = 422 if request.method == "POST" and result is None else 200
    return _page(client, form, result), status


@blueprint.post("/chiffres.csv")
def spreadsheet(number: int) -> ResponseReturnValue:
    """Give the figures of a simulation sent with the same form."""
    client = resources.client_or_404(number)
    form = _form(client)
    result = _simulated(client, form)
    if result is None:
        return _page(client, form, None), 422
    chart = charts.moves(result)
    table = charts.answers(result) if chart is None else chart.table
    return pictures.spreadsheet(table, f"client-{number}-simulation")


def _page(client: Client, form: FiguresForm, result: Simulation | None) -> str:
    return render_template(
        "pages/simulation.html",
        client_number=client.number,
        score=score_row(resources.model(), client.values, resources.limit(), client.number),
        form=form,
        result=result,
        answers=charts.answers(result) if result and result.changes else None,
        moves=charts.moves(result) if result else None,
    )


def _form(client: Client) -> FiguresForm:
    """The form with the client's values filled in; what the file does not say may stay unanswered."""
    columns = levers(resources.model())
    # An amount that is known cannot be simulated away; an occupation or a car can.
    blank = [
        column.name
        for column in columns
        if client.values[column.name] is None or not (column.required or column.kind is Kind.AMOUNT)
    ]
    form = figures.figures_form(resources.portfolio(), columns, blank)
    return form(data=figures.initial(client.values))


def _simulated(client: Client, form: FiguresForm) -> Simulation | None:
    """The simulation that the form describes, or None with an error on every field that needs one."""
    form.validate()
    form.object_to(figures.lacking(form))
    row = client.values
    changes = {name: value for name, value in form.values().items() if value != neutral(name, row[name])}
    if form.object_to(objections(resources.portfolio(), row, changes)):
        return None
    return simulate(resources.model(), resources.portfolio(), row, changes, resources.limit(), client.number)
