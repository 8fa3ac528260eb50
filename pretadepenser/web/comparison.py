"""The comparison page: a client among a group that the advisor chooses. Its whole state is in the address."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import RadioField, SelectChoice, SelectField, SelectMultipleField, ValidationError, widgets

from pretadepenser import french
from pretadepenser.charts import comparison as charts
from pretadepenser.charts.chart import Chart
from pretadepenser.credit import dictionary
from pretadepenser.credit.distribution import bins
from pretadepenser.credit.model import scoring
from pretadepenser.credit.peers import comparison
from pretadepenser.credit.peers import group as groups
from pretadepenser.credit.peers.comparison import Distribution
from pretadepenser.credit.peers.group import Group, Outcome, Selection
from pretadepenser.credit.portfolio import Client
from pretadepenser.credit.scale import Score
from pretadepenser.web import auth, headings, heavy, pictures, resources, trail

blueprint = Blueprint("comparison", __name__, url_prefix="/clients/<int:number>/comparaison")

FIRST = "AMT_CREDIT"
WRONG = french.typeset("Ce choix n’est pas dans la liste : choisissez-en un autre.")


class ComparisonForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Which figure, of which group, crossed with which other figure. Sent by GET: it changes nothing."""

    class Meta:
        """A GET form has no token to protect, and none must show in its address."""

        csrf = False

    donnee = SelectField("Donnée à comparer", validate_choice=False)
    avec = SelectField("Croiser avec une autre donnée", validate_choice=False)
    groupe = RadioField(
        "Décision du modèle",
        choices=[
            SelectChoice(Outcome.ALL.value, "Tous les clients"),
            SelectChoice(Outcome.GRANTED.value, "Clients dont le prêt est accordé"),
            SelectChoice(Outcome.REFUSED.value, "Clients dont le prêt est refusé"),
        ],
        validate_choice=False,
    )
    comme = SelectMultipleField(
        "Clients comparables",
        description="Ne garder que les clients qui ont ceci en commun avec ce client.",
        widget=widgets.ListWidget(),
        option_widget=widgets.CheckboxInput(),
        validate_choice=False,
    )

    def validate_donnee(self, field: SelectField) -> None:
        """Raise ValidationError for a figure that clients are not compared by."""
        if field.data not in comparison.figures(resources.portfolio()):
            raise ValidationError(WRONG)

    def validate_avec(self, field: SelectField) -> None:
        """Raise ValidationError unless two different quantities are crossed."""
        if not field.data:
            return
        if field.data not in resources.portfolio().bins.quantities:
            raise ValidationError(WRONG)
        if field.data == self.donnee.data:
            raise ValidationError("Choisissez une autre donnée que celle que vous comparez.")
        if self.donnee.data in bins.CATEGORIES:
            raise ValidationError(
                french.typeset(
                    "Une catégorie ne se croise pas : choisissez « Aucune », ou comparez une donnée chiffrée."
                )
            )

    def validate_groupe(self, field: RadioField) -> None:
        """Raise ValidationError for an unknown group, or one that is not computed yet."""
        if field.data not in tuple(Outcome):
            raise ValidationError(WRONG)
        if field.data != Outcome.ALL and resources.scores() is None:
            raise ValidationError(
                french.typeset(
                    "Les décisions de tous les clients ne sont pas encore calculées : "
                    "choisissez « Tous les clients »."
                )
            )

    def validate_comme(self, field: SelectMultipleField) -> None:
        """Raise ValidationError for a criterion that this reader is not offered."""
        if not set(field.data) <= {choice.value for choice in field.choices}:
            raise ValidationError(WRONG)


@dataclass(frozen=True)
class Request:
    """What the address asks for, understood; `group` is None where the form has errors."""

    client: Client
    form: ComparisonForm
    group: Group | None


@blueprint.get("")
def compare(number: int) -> ResponseReturnValue:
    """Show the client among the group chosen."""
    asked = _understood(number)
    shown = _distribution(asked)
    drawn = {}
    if shown:
        drawn = {
            "repartition": charts.distribution(shown),
            "difficultes": charts.rates(shown),
            "croisement": _crossing(asked),
        }
    score = scoring.score_row(resources.model(), asked.client.values, resources.limit(), number)
    page = render_template(
        "pages/comparison.html",
        client_number=number,
        heading=_heading(asked, shown, score),
        answered=bool(request.args),
        form=asked.form,
        group=asked.group,
        described=asked.group and groups.described(resources.portfolio(), asked.client, asked.group),
        least=groups.LEAST,
        rank_sentence=comparison.rank_sentence(shown) if shown else "",
        counted=shown.counted if shown else "",
        charts=drawn,
        state={key: asked.form[key].data for key in ("donnee", "avec", "groupe", "comme")},
    )
    return page, 422 if asked.group is None else 200


@blueprint.get("/graphiques/<name>.svg")
def picture(number: int, name: str) -> ResponseReturnValue:
    """Draw one of the page's charts."""
    return pictures.picture(_chart_or_404(number, name))


@blueprint.get("/graphiques/<name>.csv")
def spreadsheet(number: int, name: str) -> ResponseReturnValue:
    """Give the figures of one of the page's charts."""
    return pictures.spreadsheet(_chart_or_404(number, name).table, f"client-{number}-{name}")


def _understood(number: int) -> Request:
    client = resources.client_or_404(number)
    given = MultiDict(request.args)
    for key, default in (("donnee", FIRST), ("avec", ""), ("groupe", Outcome.ALL.value)):
        if key not in given:
            given[key] = default
    form = ComparisonForm(formdata=given)
    _offer(form, client)
    if not form.validate():
        return Request(client, form, None)
    trail.tell(figure=form.donnee.data, crossed=form.avec.data or None)
    # The criteria in their own order: the same group has one address.
    alike = tuple(key for key in groups.CRITERIA if key in form.comme.data)
    selection = Selection(Outcome(form.groupe.data), alike)
    group = groups.group(resources.portfolio(), client, selection, resources.scores(), resources.limit())
    return Request(client, form, group)


def _offer(form: ComparisonForm, client: Client) -> None:
    """Fill the lists: figures by theme, criteria with what they are for this client."""
    offered = [
        SelectChoice(column.name, column.label, optgroup=theme.value)
        for theme, columns in comparison.themes(resources.portfolio())
        for column in columns
    ]
    form.donnee.choices = offered
    form.avec.choices = [
        SelectChoice("", "Aucune", optgroup="Sans croisement"),
        *(choice for choice in offered if choice.value in resources.portfolio().bins.quantities),
    ]
    form.comme.choices = [
        SelectChoice(key, f"{one.label} ({groups.common(resources.portfolio(), client, one)})")
        for key, one in groups.offered(audit=auth.audits()).items()
    ]
    if auth.audits():
        form.comme.description += " L’âge sert à comparer, jamais à décider."


def _distribution(asked: Request) -> Distribution | None:
    """The figure in the group, or None where the group is not to be shown."""
    if asked.group is None or not asked.group.large_enough:
        return None
    return comparison.distribution(resources.portfolio(), asked.client, asked.group, asked.form.donnee.data)


def _heading(asked: Request, shown: Distribution | None, score: Score) -> str:
    if shown is None:
        return headings.too_few(score) if asked.group else headings.uncompared(score)
    other = asked.form.avec.data
    return headings.comparison(score, shown, dictionary.describe(other).label if other else "")


def _crossing(asked: Request) -> Chart | None:
    """Both figures in the group, or None where it is not to be shown or no second one is chosen."""
    if asked.group is None or not asked.group.large_enough or not asked.form.avec.data:
        return None
    first, second = asked.form.donnee.data, asked.form.avec.data
    with heavy.slot():
        crossed = comparison.crossing(resources.portfolio(), asked.client, asked.group, first, second)
    return charts.crossing(crossed)


def _chart_or_404(number: int, name: str) -> Chart:
    asked = _understood(number)
    chart = None
    if name == "croisement":
        chart = _crossing(asked)
    elif name in ("repartition", "difficultes") and (shown := _distribution(asked)):
        chart = charts.distribution(shown) if name == "repartition" else charts.rates(shown)
    if chart is None:
        abort(404, description="Ce graphique n’existe pas.")
    return chart
