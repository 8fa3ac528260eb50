"""The levers page: what would change the decision. What is held fixed stands in the address, by name only."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import SelectChoice, SelectMultipleField, ValidationError, widgets

from pretadepenser import french
from pretadepenser.charts import levers as charts
from pretadepenser.charts.chart import Chart
from pretadepenser.credit.recourse import grid, search
from pretadepenser.credit.recourse.decision import Origin
from pretadepenser.credit.recourse.levers import Lock
from pretadepenser.credit.recourse.search import Levers
from pretadepenser.web import decision, headings, pictures, resources

blueprint = Blueprint("levers", __name__, url_prefix="/clients/<int:number>/leviers")

LABELS = {
    Lock.PROJECT: "Le projet : il ne peut pas coûter moins cher",
    Lock.DEPOSIT: "L’apport : le client ne peut pas payer plus lui-même",
    Lock.TERM: "La mensualité : le client ne peut pas rembourser plus vite ou plus lentement",
    Lock.INCOME: "Le revenu : il n’y en a pas d’autre à justifier",
    Lock.DEBTS: "Les dettes ailleurs : le client ne peut pas en payer maintenant",
}


class LocksForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What must stay as it is. Sent by GET: it changes nothing."""

    class Meta:
        """A GET form has no token to protect, and none must show in its address."""

        csrf = False

    fixe = SelectMultipleField(
        "Ce qui ne peut pas changer",
        description="Cochez ce qui est impossible pour ce client : la recherche ne portera que sur le reste.",
        choices=[SelectChoice(lock.value, french.typeset(label)) for lock, label in LABELS.items()],
        widget=widgets.ListWidget(),
        option_widget=widgets.CheckboxInput(),
        validate_choice=False,
    )

    def validate_fixe(self, field: SelectMultipleField) -> None:
        """Raise ValidationError for a name that is none of the choices."""
        if not set(field.data) <= set(Lock):
            raise ValidationError("Ce choix n’est pas dans la liste : cochez-en d’autres.")


@blueprint.get("")
def levers(number: int) -> ResponseReturnValue:
    """Show the smallest safe changes that would change the decision, or how much room there is."""
    form = LocksForm(formdata=MultiDict(request.args))
    valid = form.validate()
    found = _found(number, frozenset(Lock(name) for name in form.fixe.data) if valid else frozenset())
    form.fixe.choices = [choice for choice in form.fixe.choices if Lock(choice.value) in found.offered]
    if found.score.granted or not form.fixe.choices:
        # Without a form there is nothing to correct: an address that names a lock asks for what is shown.
        valid, form.fixe.errors = True, ()
    page = render_template(
        "pages/levers.html",
        client_number=number,
        heading=headings.levers(found),
        score=found.score,
        levers=found,
        form=form,
        answered=bool(request.args),
        most_income=grid.ADDED,
        tables={one.title: charts.comparison(one, found.score) for one in found.shown},
        offers={
            one.title: decision.offer(number, one.changes, one.score, Origin.LEVER) for one in found.shown
        },
        amounts=charts.amounts(found.curve, found.score.limit) if found.curve else None,
    )
    return page, 200 if valid else 422


@blueprint.get("/graphiques/montant.svg")
def picture(number: int) -> ResponseReturnValue:
    """Draw the score as the amount changes."""
    return pictures.picture(_chart_or_404(number))


@blueprint.get("/graphiques/montant.csv")
def spreadsheet(number: int) -> ResponseReturnValue:
    """Give the figures of the chart."""
    return pictures.spreadsheet(_chart_or_404(number).table, f"client-{number}-montant")


def _found(number: int, locked: frozenset[Lock]) -> Levers:
    client = resources.client_or_404(number)
    return search.levers(
        resources.model(),
        resources.portfolio(),
        client.values,
        resources.limit(),
        locked,
        number,
        resources.admissible(),
    )


def _chart_or_404(number: int) -> Chart:
    """The chart of the amounts, which no lock changes; 404 where no other amount is realistic."""
    curve = _found(number, frozenset()).curve
    if curve is None:
        abort(404, description="Ce graphique n’existe pas.")
    return charts.amounts(curve, resources.limit())
