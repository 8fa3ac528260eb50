"""A new application: a person who is not in the portfolio, judged on what is known, and how sure that is.

As for a simulation, the POST is answered with the page itself: nothing of this person is stored, and nothing
may stand in an address that can be read.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from pretadepenser.credit.dictionary import Row
from pretadepenser.credit.explanation.reasons import decompose, explain
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.whatif import application, plausibility
from pretadepenser.credit.whatif.missing_data import sensitivity
from pretadepenser.web import headings, pictures, resources, sealed
from pretadepenser.web.clients import CHARTS
from pretadepenser.web.column_forms import ColumnForm, FigureField

blueprint = Blueprint("application", __name__, url_prefix="/dossiers/nouveau")


class ApplicationForm(ColumnForm):
    """The figures of a person who is not in the portfolio; refuses one whom the model cannot judge."""

    def __init__(self, portfolio: Portfolio) -> None:
        self.portfolio = portfolio
        super().__init__()

    def row(self) -> Row:
        """The row that the answers make, wrong ones left out."""
        return application.row(self.values())

    def validate_days_employed(self, field: FigureField) -> None:
        """Ask for the employment, unless the source of the income says that there is none."""
        if self.row()["DAYS_EMPLOYED"] is None:
            super().validate_days_employed(field)

    def objections(self) -> Mapping[str, str]:
        """What cannot be true of this person, or is unlike every client of the portfolio."""
        answered = [name for name, value in self.values().items() if value is not None]
        return plausibility.objections(self.row(), self.portfolio, (*answered, *plausibility.BLAMED))


@blueprint.route("", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Ask for the figures; once they are sent, show the decision, how sure it is, and why."""
    form = _form()
    if form.validate_on_submit():
        return _answer(form)
    return _asked(form), 422 if form.is_submitted() else 200


@blueprint.post("/chiffres/<any(score, contributions):name>.csv")
def spreadsheet(name: str) -> ResponseReturnValue:
    """Give the figures of one of the charts, for a person sent with the same form."""
    form = _form()
    if not form.validate_on_submit():
        return _asked(form), 422
    chart = CHARTS[name](decompose(resources.model(), form.row(), resources.limit()))
    return pictures.spreadsheet(chart.table, f"nouveau-dossier-{name}")


@blueprint.get("/graphiques/<any(score, contributions):name>/<sealed_row>.svg")
def picture(name: str, sealed_row: str) -> ResponseReturnValue:
    """Draw one of the charts; nothing of the person is kept."""
    row = application.row(sealed.opened("application", sealed_row))
    chart = CHARTS[name](decompose(resources.model(), row, resources.limit()))
    return pictures.picture(chart, keep=False)


def _form() -> ApplicationForm:
    model, portfolio = resources.model(), resources.portfolio()
    columns, needed = application.asked(model), application.required(model, portfolio)
    blank = [column.name for column in columns if column not in needed]
    return ApplicationForm.over(portfolio, columns, blank, choose=True)(portfolio)


def _asked(form: ApplicationForm) -> str:
    """The page that asks, with what is wrong with the answers."""
    return render_template("pages/application.html", heading="Nouveau dossier", form=form, explanation=None)


def _answer(form: ApplicationForm) -> str:
    """The page that answers, above the form to go on with."""
    judged = (resources.model(), resources.portfolio(), form.row(), resources.limit())
    explanation, answers = explain(*judged), sensitivity(*judged)
    row = sealed.seal(
        "application", {name: value for name, value in form.values().items() if value is not None}
    )
    return render_template(
        "pages/application.html",
        heading=headings.application(explanation.score, answers),
        form=form,
        explanation=explanation,
        score=explanation.score,
        sensitivity=answers,
        charts={
            url_for("application.picture", name=name, sealed_row=row): make(explanation)
            for name, make in CHARTS.items()
        },
    )
