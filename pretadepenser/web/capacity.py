"""What a client can pay back: resources and charges in a form, and what the rules of the house say of them.

As for a simulation, a POST is answered with the page itself and nothing of it is kept: only a decision is.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from pretadepenser.charts import capacity as charts
from pretadepenser.credit.dictionary import Row
from pretadepenser.credit.history import told
from pretadepenser.credit.model.scoring import score_row
from pretadepenser.credit.portfolio import Client
from pretadepenser.credit.whatif import capacity
from pretadepenser.credit.whatif.capacity import Capacity, Rules
from pretadepenser.web import headings, kept, resources
from pretadepenser.web.capacity_fields import AmountField, CapacityFields

blueprint = Blueprint("capacity", __name__, url_prefix="/clients/<int:number>/capacite")


class CapacityForm(CapacityFields, FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What the household earns and pays, and the instalment of the loan."""

    capacite_mensualite = AmountField("Mensualité du prêt demandé")

    def __init__(self, file: Capacity) -> None:
        typed = kept.typed()
        data = self.filled(file) | {"capacite_mensualite": file.instalment}
        super().__init__(data=data, **({"formdata": typed} if typed else {}))
        self.explain(file)
        self.file = file

    def told(self) -> Capacity:
        """The capacity that the answers make, once they are valid."""
        return self.capacity(self.file, self.capacite_mensualite.data)

    def by_theme(self) -> list[tuple[str, list[object]]]:
        """The fields under the titles of their fieldsets."""
        return [*self.capacity_parts(), ("Le prêt", [self.capacite_mensualite])]


@blueprint.route("", methods=["GET", "POST"], endpoint="show")
def page(number: int) -> ResponseReturnValue:
    """Show what the file tells, or what was sent, and the form below."""
    client = resources.client_or_404(number)
    form = CapacityForm(of_client(client))
    valid = form.validate_on_submit()
    found = form.told() if valid else form.file
    score = score_row(resources.model(), client.values, resources.limit(), number)
    shown = render_template(
        "pages/capacity.html",
        client_number=number,
        heading=headings.capacity(score, found),
        form=form,
        capacity=found,
        sent=valid,
        before_after=charts.before_after(found),
    )
    return shown, 422 if form.is_submitted() and not valid else 200


def rules() -> Rules:
    """The rules of the house, as set."""
    config = current_app.config
    return Rules.shown(config["DEBT_RATIO"], config["LEFT_FIRST"], config["LEFT_OTHER"])


def of_client(client: Client, bureau: Sequence[Row] | None = None) -> Capacity:
    """What the file of a client tells, by the rules of the house.

    bureau: the client's rows of the credit bureau, where they are read already.
    """
    portfolio = resources.portfolio()
    if bureau is None and told.BUREAU in portfolio.tables:
        bureau = portfolio.history(client.number, (told.BUREAU,))[told.BUREAU]
    return capacity.of_file(client.values, bureau, rules())
