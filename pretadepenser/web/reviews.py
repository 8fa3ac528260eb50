"""What waits for another person than who decided: second readings and clients' requests for a review.

A form that is sent twice writes once: by its key, or because what it asks for is done and by the same person.
"""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from pretadepenser import french, money
from pretadepenser.charts import simulation as charts
from pretadepenser.charts.chart import Column, Table
from pretadepenser.credit.explanation import advice as advices
from pretadepenser.credit.model import archive
from pretadepenser.credit.model.scoring import score_row
from pretadepenser.credit.portfolio import Client
from pretadepenser.credit.recourse import deadline
from pretadepenser.credit.recourse import decision as domain
from pretadepenser.credit.recourse.decision import Origin, Verdict
from pretadepenser.credit.recourse.review import Channel, Correction
from pretadepenser.credit.whatif import application
from pretadepenser.credit.whatif.simulation import simulate
from pretadepenser.records import deciding, decisions, reviews
from pretadepenser.records.decisions import Brief, DecisionError, State
from pretadepenser.records.models import Role
from pretadepenser.records.reviews import New, ReviewError
from pretadepenser.web import auth, headings, kept, resources, sealed, simulation, trail, worklist
from pretadepenser.web.decision import Judged, as_corrected, desk, known_capacity, readable, told, weighed
from pretadepenser.web.decision_form import Case
from pretadepenser.web.frame import DONE
from pretadepenser.web.review_forms import (
    AskForm,
    CorrectionForm,
    OutcomeForm,
    ReadingForm,
    UpholdForm,
    correction_fields,
    said,
)

blueprint = Blueprint("reviews", __name__)

ANOTHER: Final = "La seconde lecture revient à une autre personne que l’auteur de la décision."
NOT_YOURS: Final = "Le réexamen revient à une autre personne que celle qui a décidé."
# What a second reader is shown of the application at once.
_ASKED: Final = ("NAME_CONTRACT_TYPE", "AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE", "AMT_INCOME_TOTAL")
# Reviews that have ended, on the work list.
ENDED: Final = 20
# The letter that answers a review, once there is one to make.
REPLY: Final = "letters.reply"


@blueprint.get("/revues")
def work_list() -> ResponseReturnValue:
    """List what waits, what is late first."""
    opened = auth.database()
    lines = worklist.lines(
        decisions.waiting(opened),
        reviews.open_reviews(opened),
        deadline.today(),
        current_app.config["READER_DAYS"],
        _for_another,
    )
    late, back, ended = (
        [line for line in lines if line.late],
        decisions.sent_back(opened),
        reviews.ended(opened, ENDED + 1),
    )
    shown = ended[:ENDED]
    trail.tell_listed(
        [one.client for one in lines] + [one.client for one in back] + [one.client for one in shown]
    )
    return render_template(
        "pages/work_list.html",
        heading=headings.work_list(len(lines), len(late), len(back)),
        late=late,
        readings=[line for line in lines if not line.late and not line.reference],
        reviews=[line for line in lines if not line.late and line.reference],
        back=back,
        ended=shown,
        more=len(ended) > ENDED,
    )


def _for_another(waiting: Brief | reviews.Found) -> bool:
    """Whether what waits is to be done by another person than the signed-in user."""
    opened = auth.database()
    closed = (
        decisions.barred(opened, waiting.id)
        if isinstance(waiting, Brief)
        else reviews.deciders(opened, waiting.decision)
    )
    return current_user.id in closed


@blueprint.route("/revues/decisions/<int:decision>", methods=["GET", "POST"])
def second_reading(decision: int) -> ResponseReturnValue:
    """Show a decision that waits, and ask whether it holds; what was answered leads to the record."""
    found = _decision(decision)
    if found.state is not State.WAITING:
        flash(f"La décision {decision} n’attend pas de seconde lecture : voici où elle en est.")
        return redirect(url_for("decision.record", decision=decision), 303)
    if found.author_id == current_user.id:
        abort(403, description=ANOTHER)
    if current_user.id in decisions.contested(auth.database(), decision):
        abort(403, description=decisions.CONTESTED.format("La seconde lecture"))
    assert found.client is not None
    if opened := decisions.under_review(auth.database(), found.client):
        raise DecisionError(opened)
    typed = kept.typed()
    form = ReadingForm(**({"formdata": typed} if typed else {}))
    if form.validate_on_submit():
        try:
            content = {"text": said(form.motif)}
            decisions.read(auth.database(), decision, auth.person(), content, agrees=form.agrees)
            flash("Votre lecture est enregistrée.", DONE)
        except DecisionError as error:
            flash(str(error))
        return redirect(url_for("decision.record", decision=decision), 303)
    trail.tell(found.client)
    assert found.content is not None
    advice = advices.from_json(found.content["advice"])
    due = deadline.day(found.at) + datetime.timedelta(current_app.config["READER_DAYS"])
    with money.using(advice.money):
        words = told(found.content, advice)
        inputs = dict(zip(advice.figures, words.inputs, strict=True))
        page = render_template(
            "pages/second_reading.html",
            heading=headings.second_reading(found),
            form=form,
            found=found,
            told=words,
            asked=[inputs[name] for name in _ASKED if name in inputs],
            advice=advice,
            due=deadline.due(due, deadline.today()),
        )
    return page, 422 if form.is_submitted() else 200


@blueprint.route("/decisions/<int:decision>/reexamen", methods=["GET", "POST"])
def ask(decision: int) -> ResponseReturnValue:
    """Write down that a client asks for a review of a decision."""
    found = _decision(decision)
    if not readable(found.author_id):
        abort(403, description="Cette décision est d’une autre personne : un responsable peut la lire.")
    typed = kept.typed()
    days, today = current_app.config["REVIEW_DAYS"], deadline.today()
    form = AskForm(
        deadline.day(found.at),
        today,
        days,
        data={"recue": french.date(today), "cle": secrets.token_hex(16)},
        **({"formdata": typed} if typed else {}),
    )
    try:
        if form.validate_on_submit():
            assert form.received is not None
            content = {"channel": form.canal.data, "request": said(form.demande)}
            reference = reviews.ask(
                auth.database(), _key(decision, form.cle.data), auth.person(), decision, form.received,
                days, content, today,
            )  # fmt: skip
            flash("La demande du client est enregistrée.", DONE)
            return redirect(url_for("reviews.record", reference=reference), 303)
        reviews.alone(auth.database(), reviews.check(found, decision).client or 0)
    except ReviewError as error:
        flash(str(error))
        return redirect(url_for("decision.record", decision=decision), 303)
    trail.tell(found.client)
    heading = headings.asking(found)
    page = render_template("pages/review_ask.html", heading=heading, form=form, found=found)
    return page, 422 if form.is_submitted() else 200


@blueprint.get("/revues/<reference>")
def record(reference: str) -> ResponseReturnValue:
    """Show a request, what was done about it and how it ended."""
    found = _review(reference)
    decided_by = reviews.deciders(auth.database(), found.decision)
    if current_user.role is Role.ADVISOR and current_user.id not in {*decided_by, found.opened_by_id}:
        abort(403, description="Ce réexamen est d’une autre personne : un responsable peut le lire.")
    trail.tell(found.client)
    former = decisions.find(auth.database(), found.decision)
    assert former is not None
    new = decisions.find(auth.database(), found.end.decided) if found.end and found.end.decided else None
    waits = found.end is None and found.client is not None
    return render_template(
        "pages/review.html",
        heading=headings.review(found, deadline.today()),
        found=found,
        channel=Channel(found.content["channel"]).label if found.content else "",
        steps=[(step, _shown(step)) for step in reviews.steps(auth.database(), found.id)],
        former=former,
        new=new,
        judged=judged(found.end.content, (new or former).verdict) if found.end else None,
        works=waits and current_user.role is Role.MANAGER and current_user.id not in decided_by,
        mine=waits and current_user.role is Role.MANAGER and current_user.id in decided_by,
        known=found.client is not None and resources.portfolio().index(found.client) is not None,
        reply=_reply(found),
    )


@blueprint.route("/revues/<reference>/donnees", methods=["GET", "POST"])
def correct(reference: str) -> ResponseReturnValue:
    """Ask for what is wrong in the file; score it again, and write both down."""
    found = _workable(reference)
    if isinstance(found, str):
        return redirect(found, 303)
    client = _client(found)
    trail.tell(client.number)
    form = _correction_form(found, client)
    recorded = url_for("reviews.record", reference=reference, _anchor="corrections")
    key = _key(found.id, form.cle.data)
    if form.is_submitted() and reviews.keyed(auth.database(), key):
        return redirect(recorded, 303)
    if not form.validate_on_submit():
        return _correction_page(found, form), 422 if form.is_submitted() else 200
    numbers = [debt.number for debt in form.repaid()]
    result = simulate(
        resources.model(), client.values, form.changes(), resources.limit(), client.number,
        [debt.sentence for debt in form.repaid()],
    )  # fmt: skip
    correction = Correction(result, numbers, said(form.preuve))
    if (correction.changes, numbers) == form.former:
        form.form_errors.append("Vous n’avez rien changé : corrigez au moins une donnée.")
        return _correction_page(found, form), 422
    model = resources.model()
    sources = {
        "model": model.sha256,
        "training": model.training,
        "portfolio": resources.portfolio().sha256,
        "limit": resources.limit(),
    }
    moves = charts.moves(result)
    tables = {
        "answers": _plain(charts.answers(result)),
        "moves": _plain(moves.table) if moves else None,
    }
    # Before anything is written: points of a model that is lost could never be computed again.
    archive.keep(current_app.config["INSTANCE"], model, resources.portfolio())
    try:
        reviews.correct(auth.database(), key, auth.person(), reference, correction.content(sources, tables))
    except ReviewError as error:
        flash(str(error))
    return redirect(recorded, 303)


@blueprint.route("/revues/<reference>/issue", methods=["GET", "POST"])
def end(reference: str) -> ResponseReturnValue:
    """Ask how a review ends; write it down, with the new decision where there is one."""
    found = _workable(reference)
    if isinstance(found, str):
        return redirect(found, 303)
    trail.tell(found.client)
    former = decisions.find(auth.database(), found.decision)
    assert former is not None
    assert found.client is not None
    if resources.portfolio().index(found.client) is None:
        return _uphold(found)
    case = _case(found, _client(found), former)
    typed = kept.typed()
    filled = {"cle": secrets.token_hex(16)}
    done = reviews.steps(auth.database(), found.id)
    corrected = reviews.last_told(done).get("corrected", ())
    form = OutcomeForm(
        case, former, filled, corrections=len(done), corrected=corrected,
        **({"formdata": typed} if typed else {}),
    )  # fmt: skip
    if not form.is_submitted():
        return _end_page(found, form)
    changed = (sealed.read(_issue_of(found), form.vu.data or "") or {}).get("seen") != form.seen
    if not form.validate():
        return _end_page(found, form, changed=changed), 422
    if changed:
        return _end_page(found, form, changed=True), 409
    content = {"answer": said(form.reponse), **_judged(form)}
    return _end(found, content, _new(found, form), len(done))


def _end(
    found: reviews.Found, content: Mapping[str, Any], new: New | None = None, known: int | None = None
) -> ResponseReturnValue:
    """Write the end of a review down, and lead to its record. known: corrections that the page told of."""
    try:
        reviews.end(auth.database(), auth.person(), found.reference, content, new, known=known)
    except (ReviewError, DecisionError) as error:
        flash(str(error))
    return redirect(url_for("reviews.record", reference=found.reference, _anchor="reponse-client"), 303)


def _uphold(found: reviews.Found) -> ResponseReturnValue:
    """End the review of a client who is no longer in the portfolio: nothing can be scored, and so decided."""
    typed = kept.typed()
    form = UpholdForm(**({"formdata": typed} if typed else {}))
    if form.validate_on_submit():
        return _end(found, {"answer": said(form.reponse)})
    page = render_template(
        "pages/review_end.html", heading=headings.ending(found), form=form, found=found, case=None
    )
    return page, 422 if form.is_submitted() else 200


def _new(found: reviews.Found, form: OutcomeForm) -> New | None:
    """The decision in place of the first, as it is written; None where that one holds."""
    if form.upheld:
        return None
    decided = form.decided()
    prepared = deciding.prepare(desk(), form.case.client, decided, form.told_capacity().to_json())
    content = {**prepared.content, "review": found.reference}
    return New(_key(found.id, form.cle.data), decided.verdict, content, prepared.waiting)


def _judged(form: OutcomeForm) -> dict[str, Any]:
    """Why the review ends so, as the form says it and `judged` reads it; a new decision tells it too."""
    return {
        "motives": [one.value for one in domain.Motive if one in form.motifs.data],
        "text": said(form.texte),
        "said": said(form.parole),
        "documents": [one.value for one in domain.Document if one in form.pieces.data],
    }


def _decision(decision: int) -> decisions.Found:
    """The decision with this id; 404 where there is none, or its content is erased."""
    found = decisions.find(auth.database(), decision)
    if found is None:
        abort(404, description="Cette décision n’existe pas.")
    if found.content is None:
        abort(404, description="Ce que disait cette décision a été effacé.")
    return found


def _review(reference: str) -> reviews.Found:
    """The review with this reference; 404 where there is none."""
    found = reviews.find(auth.database(), reference)
    if found is None:
        abort(404, description="Ce réexamen n’existe pas : vérifiez son numéro.")
    return found


def _workable(reference: str) -> reviews.Found | str:
    """The review, for somebody who may work on it, or the address of what has become of it; 403 otherwise."""
    found = _review(reference)
    if current_user.id in reviews.deciders(auth.database(), found.decision):
        abort(403, description=NOT_YOURS)
    if found.end is None:
        if found.client is None:
            abort(404, description="Les données de ce réexamen sont effacées.")
        return found
    # Sent twice, or from a page that was left open.
    if found.end.reviewer_id != current_user.id:
        flash(f"Le réexamen {reference} est déjà conclu, par {found.end.reviewer}.")
    return url_for("reviews.record", reference=reference)


def _client(found: reviews.Found) -> Client:
    """The client of a review; the 404 of an unknown client where the portfolio has no such one any more."""
    assert found.client is not None
    return resources.client_or_404(found.client)


def _case(found: reviews.Found, client: Client, former: decisions.Found) -> Case:
    """The application as corrected, for whoever decides anew."""
    corrected = as_corrected(client, found.reference)
    score = score_row(resources.model(), corrected.values, resources.limit(), client.number)
    return Case(corrected, score, known_capacity(corrected, former), desk().rules, {}, Origin.TYPED)


def _correction_form(found: reviews.Found, client: Client) -> CorrectionForm:
    portfolio, last = resources.portfolio(), reviews.corrected(auth.database(), found.reference)
    columns, debts = application.asked(resources.model()), simulation.debts(client, portfolio)
    more = simulation.boxes(debts) | correction_fields()
    blank = simulation.may_be_blank(client, columns)
    made = CorrectionForm.over(portfolio, columns, blank, more=more)
    form = made(client, portfolio, debts, last.get("changes", {}), last.get("repaid", []))
    form.cle.data = form.cle.data or secrets.token_hex(16)
    return form


def _correction_page(found: reviews.Found, form: CorrectionForm) -> str:
    former = decisions.find(auth.database(), found.decision)
    advice = former.content["advice"] if former and former.content else {}
    seen = (advice.get("training"), advice.get("portfolio"))
    now = (resources.model().training, resources.portfolio().sha256)
    return render_template(
        "pages/review_correct.html",
        heading=headings.correcting(found),
        form=form,
        found=found,
        then=advice.get("points") if seen != now else None,
    )


def _end_page(found: reviews.Found, form: OutcomeForm, *, changed: bool = False) -> str:
    form.cle.data = form.cle.data or secrets.token_hex(16)
    form.vu.data = sealed.seal(_issue_of(found), {"seen": form.seen})
    return render_template(
        "pages/review_end.html",
        heading=headings.ending(found, changed=changed),
        form=form,
        found=found,
        case=form.case,
        changed=changed,
        corrected=form.corrected,
        near=domain.near(form.case.score.points, form.case.rules),
    )


def _issue_of(found: reviews.Found) -> str:
    return f"issue {found.reference}"


def _key(what: int, key: str | None) -> str:
    """The key of a form, of this user and what it is about alone; a new one where the form has none."""
    return auth.form_key(request.endpoint, what, key or secrets.token_hex(16))


def judged(content: Mapping[str, Any] | None, verdict: Verdict) -> Judged | None:
    """What a reviewer judged, of the content of an end and the verdict that it leaves.

    None where it is erased, or where nothing was to be judged: the client had left the portfolio. Raises
    ValueError for a code that this version does not know.
    """
    if content is None or "motives" not in content:
        return None
    return weighed(content, verdict)


@dataclass(frozen=True)
class Shown:
    """A correction as its page tells it: proof by line, what became of the score, the tables of that day."""

    proof: Sequence[str]
    sentence: str
    answers: Table
    moves: Table | None


def _shown(step: reviews.Step) -> Shown | None:
    """A correction in words; None once it is erased."""
    if (told := step.content) is None:
        return None
    before, after = told["points"]
    moved = (
        f"Le score passe de {before} à {french.plural(after, 'point')}"
        if before != after
        else f"Le score reste de {french.plural(after, 'point')}"
    )
    answer = "d’accorder" if told["granted"][1] else "de refuser"
    still = "toujours" if told["granted"][0] == told["granted"][1] else "maintenant"
    sentence = f"{moved} : le modèle conseille {still} {answer} le prêt."
    moves = _table(told["moves"]) if told["moves"] else None
    return Shown(told["proof"].splitlines(), french.typeset(sentence), _table(told["answers"]), moves)


def _plain(table: Table) -> dict[str, Any]:
    """A table as JSON values, to be shown again as it was."""
    columns = [[column.label, column.numeric] for column in table.columns]
    return {"caption": table.caption, "columns": columns, "rows": table.rows, "footer": table.footer}


def _table(plain: Mapping[str, Any]) -> Table:
    rows = tuple(map(tuple, plain["rows"]))
    columns = tuple(Column(label, numeric) for label, numeric in plain["columns"])
    return Table(plain["caption"], columns, rows, rows, tuple(map(tuple, plain["footer"])))


def _reply(found: reviews.Found) -> str:
    """Address of the letter that answers a review that has ended; "" where there is none to make."""
    if found.end is None or found.content is None or REPLY not in current_app.view_functions:
        return ""
    return url_for(REPLY, reference=found.reference)
