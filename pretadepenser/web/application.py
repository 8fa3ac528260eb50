"""A new application: a person who is not in the portfolio, judged on what is known, and how sure that is.

As for a simulation, the POST is answered with the page itself: nothing of this person is stored, and nothing
may stand in an address.
"""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from pretadepenser.credit import application, plausibility
from pretadepenser.credit.explanation import decompose, explain
from pretadepenser.credit.features import Row
from pretadepenser.credit.uncertainty import about, spread
from pretadepenser.web import figures, pictures, resources
from pretadepenser.web.clients import CHARTS
from pretadepenser.web.figures import FiguresForm

blueprint = Blueprint("application", __name__, url_prefix="/dossiers/nouveau")


@blueprint.route("", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Ask for the figures; once they are sent, show the decision, how sure it is, and why."""
    form = _form()
    row = _row(form) if form.is_submitted() else None
    if row is None:
        status = 422 if request.method == "POST" else 200
        return render_template("pages/application.html", form=form, explanation=None), status
    explanation = explain(resources.model(), resources.portfolio(), row, resources.limit())
    answers = spread(resources.model(), resources.portfolio(), row, resources.limit())
    probability = explanation.score.probability
    return render_template(
        "pages/application.html",
        form=form,
        explanation=explanation,
        score=explanation.score,
        spread=answers,
        probability=about(probability, resources.limit()) if answers.missing else None,
        charts=[make(explanation) for make in CHARTS.values()],
    )


@blueprint.post("/chiffres/<any(score, contributions):name>.csv")
def spreadsheet(name: str) -> ResponseReturnValue:
    """Give the figures of one of the charts, for a person sent with the same form."""
    form = _form()
    row = _row(form)
    if row is None:
        return render_template("pages/application.html", form=form, explanation=None), 422
    chart = CHARTS[name](decompose(resources.model(), row, resources.limit()))
    return pictures.spreadsheet(chart.table, f"nouveau-dossier-{name}")


def _form() -> FiguresForm:
    columns = application.asked(resources.model())
    needed = application.required(resources.model(), resources.portfolio())
    blank = [column.name for column in columns if column not in needed]
    return figures.figures_form(resources.portfolio(), columns, blank, choose=True)()


def _row(form: FiguresForm) -> Row | None:
    """The row that the answers make, or None with an error on every field that needs one."""
    form.validate()
    row = application.row(form.values())
    if row["DAYS_EMPLOYED"] is None:
        form.object_to(figures.lacking(form))
    answered = [name for name, value in form.values().items() if value is not None]
    names = (*answered, *plausibility.BLAMED)
    return None if form.object_to(plausibility.objections(row, resources.portfolio(), names)) else row
