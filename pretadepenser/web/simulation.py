"""The simulation: the client's figures in a form, and what other figures would do to the score.

A POST is answered with the page itself, not with a redirect: nothing is written that sending the form twice
could repeat, and a page to redirect to would need the figures in its address or in a store. For the same
reason the picture's address holds them encrypted, and the CSV is asked for by a POST of the same figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from flask import Blueprint, abort, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField

from pretadepenser.charts import simulation as charts
from pretadepenser.credit.dictionary import Column, Kind
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.model.inputs import neutral
from pretadepenser.credit.model.scoring import score_row
from pretadepenser.credit.portfolio import Client, Portfolio
from pretadepenser.credit.recourse.decision import Origin
from pretadepenser.credit.whatif import repaid
from pretadepenser.credit.whatif.repaid import Debt
from pretadepenser.credit.whatif.simulation import Simulation, levers, objections, simulate
from pretadepenser.web import decision, headings, pictures, resources, sealed, trail
from pretadepenser.web.column_forms import ColumnForm, initial

blueprint = Blueprint("simulation", __name__, url_prefix="/clients/<int:number>/simulation")


REPAID: Final = "rembourse_"


class SimulationForm(ColumnForm):
    """A client's figures, filled in; refuses those of an impossible client, or of one unlike any known.

    debts: the credits elsewhere that may be supposed repaid, a box each; filled: what fills it in instead of
    the client's figures.
    """

    # Title of the part of the debts.
    supposed = "Crédits ailleurs que le client rembourserait"

    def __init__(
        self,
        client: Client,
        portfolio: Portfolio,
        debts: Sequence[Debt],
        filled: Mapping[str, Any] | None = None,
    ) -> None:
        self.client, self.portfolio, self.debts = client, portfolio, debts
        super().__init__(data=initial(client.values) if filled is None else filled)

    def changes(self) -> dict[str, Value]:
        """Raw values that differ from the client's, by column, wrong ones left out.

        Those of the credit history come from the debts that are supposed repaid.
        """
        row = self.client.values
        values = self.values() | self._history
        return {name: value for name, value in values.items() if value != neutral(name, row[name])}

    def repaid(self) -> list[Debt]:
        """The debts that are supposed repaid."""
        return [debt for debt in self.debts if self[f"{REPAID}{debt.number}"].data]

    @cached_property
    def _history(self) -> dict[str, Value]:
        """Figures of the credit history once the chosen debts are repaid; none where none is chosen."""
        numbers = [debt.number for debt in self.repaid()]
        return repaid.repaid(self.portfolio.history(self.client.number), numbers) if numbers else {}

    def typed(self) -> dict[str, str]:
        """What was sent, the boxes of the debts too."""
        return super().typed() | {f"{REPAID}{debt.number}": "y" for debt in self.repaid()}

    def by_theme(self) -> list[tuple[str, list[Any]]]:
        """The fieldsets, that of the debts last."""
        boxes = [self[f"{REPAID}{debt.number}"] for debt in self.debts]
        return [
            *super().by_theme(),
            *([(self.supposed, boxes)] if boxes else []),
        ]

    def objections(self) -> Mapping[str, str]:
        """What cannot be true of the changed client, unless the file says it already."""
        return objections(self.portfolio, self.client.values, self.changes())


@blueprint.route("", methods=["GET", "POST"], endpoint="simulate")
def page(number: int) -> ResponseReturnValue:
    """Show the form, and below the answer first once it is sent."""
    form = _form(number)
    if form.validate_on_submit():
        return _page(form, _simulated(form))
    return _page(form), 422 if form.is_submitted() else 200


@blueprint.post("/chiffres.csv")
def spreadsheet(number: int) -> ResponseReturnValue:
    """Give the figures of a simulation sent with the same form."""
    form = _form(number)
    if not form.validate_on_submit():
        return _page(form), 422
    result = _simulated(form)
    chart = charts.moves(result)
    table = charts.answers(result) if chart is None else chart.table
    return pictures.spreadsheet(table, f"client-{number}-simulation")


@blueprint.get("/graphiques/<sealed_changes>.svg")
def picture(number: int, sealed_changes: str) -> ResponseReturnValue:
    """Draw what makes the score move; nothing of it is kept."""
    client = resources.client_or_404(number)
    changes = sealed.opened(f"simulation {number}", sealed_changes)
    chart = charts.moves(simulate(resources.model(), client.values, changes, resources.limit(), number))
    if chart is None:
        abort(404, description="Ce graphique n’existe pas.")
    return pictures.picture(chart, keep=False)


def _form(number: int) -> SimulationForm:
    """The form of a client, a 404 where there is none; what the file does not say may stay unanswered."""
    client, portfolio = resources.client_or_404(number), resources.portfolio()
    columns, found = levers(resources.model()), debts(client, portfolio)
    form = SimulationForm.over(portfolio, columns, may_be_blank(client, columns), more=boxes(found))
    return form(client, portfolio, found)


def may_be_blank(client: Client, columns: Iterable[Column]) -> list[str]:
    """Names of the columns that a client's form may leave unanswered."""
    # An amount that is known cannot be simulated away; an occupation or a car can.
    return [
        column.name
        for column in columns
        if client.values[column.name] is None or not (column.required or column.kind is Kind.AMOUNT)
    ]


def boxes(found: Sequence[Debt]) -> dict[str, BooleanField]:
    """A box for each credit elsewhere, by the name of its field."""
    return {f"{REPAID}{debt.number}": BooleanField(debt.sentence) for debt in found}


def debts(client: Client, portfolio: Portfolio) -> tuple[Debt, ...]:
    """The debts whose repayment the model would notice."""
    if not repaid.counts(resources.model().features):
        return ()
    return repaid.debts(portfolio.history(client.number))


def _simulated(form: SimulationForm) -> Simulation:
    client = form.client
    trail.tell(changed=sorted(form.changes()))
    return simulate(
        resources.model(),
        client.values,
        form.changes(),
        resources.limit(),
        client.number,
        [debt.sentence for debt in form.repaid()],
    )


def _page(form: SimulationForm, result: Simulation | None = None) -> str:
    client = form.client
    moves = charts.moves(result) if result else None
    picture = ""
    if moves:
        changes = sealed.seal(f"simulation {client.number}", form.changes())
        picture = url_for("simulation.picture", number=client.number, sealed_changes=changes)
    score = (
        result.before.score
        if result
        else score_row(resources.model(), client.values, resources.limit(), client.number)
    )
    return render_template(
        "pages/simulation.html",
        client_number=client.number,
        heading=headings.simulation(score, result),
        form=form,
        result=result,
        before_after=charts.answers(result) if result and result.changes else None,
        moves=moves,
        picture=picture,
        offer=decision.offer(client.number, result.changes, result.after.score, Origin.SIMULATION)
        if result
        else "",
    )
