"""The model as a whole: what it looks at, how good and how fair it is, what it must not be used for."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, ValidationError

from pretadepenser import french
from pretadepenser.charts import fairness as fairness_charts
from pretadepenser.charts import model as charts
from pretadepenser.charts import quality
from pretadepenser.charts.chart import Chart
from pretadepenser.credit import dictionary
from pretadepenser.credit.evaluation.fairness import Audit
from pretadepenser.credit.evaluation.influence import GlobalExplanation, Influence
from pretadepenser.credit.model import card as model_card
from pretadepenser.web import headings, pictures, resources
from pretadepenser.web.access import OVERSEERS

blueprint = Blueprint("model", __name__, url_prefix="/modele")

WRONG: Final = french.typeset("Cette donnée n’est pas dans la liste : choisissez-en une autre.")
NO_CHART: Final = "Ce graphique n’existe pas."


class FigureForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Which figure's effect to show. Sent by GET: it changes nothing."""

    class Meta:
        """A GET form has no token to protect, and none must show in its address."""

        csrf = False

    donnee = SelectField("Donnée", validate_choice=False)

    def validate_donnee(self, field: SelectField) -> None:
        """Raise ValidationError for a name that is none of the model's features."""
        if field.data not in [choice.value for choice in field.choices]:
            raise ValidationError(WRONG)


@blueprint.before_request
def _know_amounts() -> None:
    """Refuse (503) where the portfolio is damaged: in which currency and scale amounts are is not known."""
    with suppress(resources.UnavailableError):
        resources.portfolio()


@blueprint.get("")
def overview() -> ResponseReturnValue:
    """Show the model: purpose, data that count, quality, limit, card."""
    model = resources.model()
    overall = model.global_explanation
    form, influence = _chosen(overall)
    asked = influence if "donnee" in request.args else None
    page = render_template(
        "pages/model.html",
        heading=headings.model(asked, model.card.without_protected.roc_auc),
        effect=headings.effect(asked) if asked else "",
        card=model.card,
        form=form,
        limit=resources.limit(),
        importance=charts.importance(overall),
        spread=charts.spread(overall),
        dependence=charts.dependence(influence) if influence else None,
        calibration=quality.calibration(overall),
        costs=quality.costs(overall, model.card.without_protected),
        confusion=quality.confusion(model.card.without_protected),
        chosen=influence.feature if influence else None,
        meaning=dictionary.describe(influence.feature).meaning if influence else None,
        purpose=model_card.PURPOSE,
        misuses=model_card.MISUSES,
        limits=model_card.LIMITS,
        grounds=model_card.grounds(model.card),
        fairness=model_card.fairness_told(model.global_explanation),
        compared=bool(model.global_explanation.audits),
    )
    return page, 200 if influence else 422


@blueprint.get("/fiche.md")
def card() -> ResponseReturnValue:
    """Give the model card as a Markdown file."""
    model = resources.model()
    text = model_card.render(model.card, model.global_explanation, audit=current_user.role in OVERSEERS)
    response = Response(text, mimetype="text/markdown")
    response.headers["Content-Disposition"] = 'attachment; filename="fiche-du-modele.md"'
    return response


@blueprint.get("/graphiques/<name>.svg")
def picture(name: str) -> ResponseReturnValue:
    """Draw one of the charts of the model."""
    return pictures.picture(_chart(name))


@blueprint.get("/graphiques/<name>.csv")
def spreadsheet(name: str) -> ResponseReturnValue:
    """Give the figures of one of the charts of the model."""
    return pictures.spreadsheet(_chart(name).table, f"modele-{name}")


@blueprint.get("/equite")
def fairness() -> ResponseReturnValue:
    """Show the audits by sex, age and family situation: sentences, table, chart."""
    model = resources.model()
    return render_template(
        "pages/fairness.html",
        heading=headings.fairness(
            model.global_explanation.audits, model.card.without_protected.limit, resources.limit()
        ),
        card=model.card,
        limit=resources.limit(),
        uncompared=model_card.uncompared(model.global_explanation),
        audits=[
            {
                "key": fairness_charts.KEYS[audit.column],
                "title": fairness_charts.title(audit),
                "sentences": fairness_charts.sentences(audit),
                "decisions": fairness_charts.decisions(audit),
                "risks": fairness_charts.risks(audit),
                "chart": fairness_charts.grants(audit),
            }
            for audit in model.global_explanation.audits
        ],
    )


@blueprint.get("/equite/graphiques/<name>.svg")
def fairness_picture(name: str) -> ResponseReturnValue:
    """Draw the chart of one audit."""
    return pictures.picture(fairness_charts.grants(_audit(name.removeprefix("accords-"))))


@blueprint.get("/equite/graphiques/<name>.csv")
def fairness_chart_spreadsheet(name: str) -> ResponseReturnValue:
    """Give the figures of the chart of one audit."""
    shown = fairness_charts.grants(_audit(name.removeprefix("accords-")))
    return pictures.spreadsheet(shown.table, f"equite-{name}")


@blueprint.get("/equite/<name>.csv")
def fairness_spreadsheet(name: str) -> ResponseReturnValue:
    """Give all measures of one audit."""
    return pictures.spreadsheet(fairness_charts.detail(_audit(name)), f"equite-{name}")


def _chosen(overall: GlobalExplanation) -> tuple[FigureForm, Influence | None]:
    """The form and the figure that the address asks for: the most important one where it names none."""
    first = overall.influences[0].feature
    form = FigureForm(request.args if "donnee" in request.args else None, donnee=first)
    form.donnee.choices = [
        SelectChoice(one.feature, dictionary.describe(one.feature).label) for one in overall.influences
    ]
    if "donnee" in request.args and not form.validate():
        return form, None
    return form, next(one for one in overall.influences if one.feature == form.donnee.data)


def _chart(name: str) -> Chart:
    model = resources.model()
    overall = model.global_explanation
    match name:
        case "importance":
            return charts.importance(overall)
        case "sens":
            return charts.spread(overall)
        case "calibration":
            return quality.calibration(overall)
        case "cout":
            return quality.costs(overall, model.card.without_protected)
        case "dependance":
            influence = _chosen(overall)[1]
            if influence:
                return charts.dependence(influence)
    abort(404, description=NO_CHART)


def _audit(key: str) -> Audit:
    for audit in resources.model().global_explanation.audits:
        if fairness_charts.KEYS[audit.column] == key:
            return audit
    abort(404, description=NO_CHART)
