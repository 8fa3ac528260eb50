"""The decision of a person: its form, its record, the list of them.

What the form was shown is sealed into it: where model, clients or limit have changed since, nothing is
written, and the same page says what the advice is now. A key of the form's own makes a decision that is sent
twice be written once.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import Blueprint, Flask, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from pretadepenser import french, money
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import wording
from pretadepenser.credit.explanation import advice as advices
from pretadepenser.credit.explanation.advice import Advice
from pretadepenser.credit.model.scoring import score_row
from pretadepenser.credit.portfolio import Client
from pretadepenser.credit.recourse import decision as domain
from pretadepenser.credit.recourse.decision import Document, Motive, Origin, ReaderReason, Verdict
from pretadepenser.credit.scale import Score
from pretadepenser.credit.whatif.capacity import Capacity
from pretadepenser.credit.whatif.change import Change
from pretadepenser.records import deciding, decisions, letters, reviews
from pretadepenser.records.deciding import Desk
from pretadepenser.records.decisions import Brief, DecisionError, Found, State
from pretadepenser.records.models import Role
from pretadepenser.web import access, auth, capacity, headings, kept, resources, sealed, trail
from pretadepenser.web.decision_form import AMOUNT, FIELDS, INSTALMENT, PRICE, Case, DecisionForm
from pretadepenser.web.frame import DONE, in_words
from pretadepenser.web.lender import lender

blueprint = Blueprint("decision", __name__)

# Decisions of a page of the list.
LISTED: Final = 50
# Above the id of every decision, and digits of one: what a database's integer holds.
_AFTER_ALL: Final = 2**31 - 1
_DIGITS: Final = 10
_DECIDERS: Final = (Role.ADVISOR, Role.MANAGER)
# What leads on from a record: words, endpoint.
ONWARD: Final = (
    ("Préparer le courrier", "letters.preview"),
    ("Enregistrer une demande de réexamen", "reviews.ask"),
)


def init_app(app: Flask) -> None:
    """Have the bar of a client's pages show the decisions on this client."""
    app.jinja_env.globals.update(client_decisions=taken, readable_decision=readable)


@blueprint.route("/clients/<int:number>/decision", methods=["GET", "POST"])
def decide(number: int) -> ResponseReturnValue:
    """Ask for a decision; write it down and lead to its record."""
    client = resources.client_or_404(number)
    key = _key(number, request.form.get("cle", ""))
    # First of all: what a form that is sent again did itself is no reason to refuse it.
    if request.method == "POST" and (before := decisions.keyed(auth.database(), key)) is not None:
        flash(
            "Cette décision était déjà enregistrée : la voici, telle qu’elle a été écrite. Pour la changer, "
            "corrigez-la."
        )
        return redirect(url_for("decision.record", decision=before), 303)
    if refused := decisions.closed(auth.database(), number, current_user.id):
        raise DecisionError(refused)
    typed = kept.typed()
    former = _former(number, (typed or request.values).get("corrige", ""))
    form = _form(_as_reviewed(client, former), former, typed)
    if not form.is_submitted():
        return _page(form)
    changed = not form.cle.data or _seen(number, form.vu.data) != form.case.seen
    if not form.validate():
        return _page(form, changed=changed), 422
    if changed:
        return _page(form, changed=True), 409
    written = _write(form, key)
    flash("Votre décision est enregistrée.", DONE)
    return redirect(url_for("decision.record", decision=written), 303)


@blueprint.get("/decisions/<int:decision>")
def record(decision: int) -> ResponseReturnValue:
    """Show a decision as it was written, and what came of it."""
    found = _found(decision)
    trail.tell(found.client)
    advice = advices.from_json(found.content["advice"]) if found.content else None
    with money.using(advice.money) if advice else nullcontext():
        return render_template(
            "pages/decision_record.html",
            **frame_of(found),
            heading=headings.decided(found),
            found=found,
            told=told(found.content, advice) if found.content and advice else None,
            advice=advice,
            correctable=_correctable(found),
            links=_onward(found),
            reviewed=reviews.of_decision(auth.database(), decision),
            sent=letters.of_decision(auth.database(), decision),
        )


@blueprint.get("/decisions")
def own() -> ResponseReturnValue:
    """List one's own decisions, the last one first; everybody's for those who read them a second time."""
    everybody = current_user.role is Role.MANAGER
    before = request.args.get("avant", type=int, default=_AFTER_ALL)
    author = None if everybody else current_user.id
    found = decisions.latest(auth.database(), author, min(before, _AFTER_ALL), LISTED + 1)
    # They stand on the first page, whatever has been decided since.
    back = decisions.sent_back(auth.database(), author) if before >= _AFTER_ALL else ()
    trail.tell_listed(one.client for one in (*back, *found[:LISTED]))
    return render_template(
        "pages/decisions.html",
        heading=headings.decisions(everybody=everybody),
        everybody=everybody,
        back=back,
        shown=found[:LISTED],
        older=found[LISTED - 1].id if len(found) > LISTED else None,
    )


@blueprint.get("/decisions/<int:decision>/corriger")
def correct(decision: int) -> ResponseReturnValue:
    """Lead to the form that corrects a decision, filled in with it."""
    found = _found(decision)
    if found.client is None:
        abort(404, description="Le contenu de cette décision a été effacé : elle ne se corrige plus.")
    return redirect(url_for("decision.decide", number=found.client, corrige=decision), 303)


def offer(number: int, changes: Sequence[Change], score: Score, origin: Origin) -> str:
    """Address of the form filled in with another loan; "" where it is no other, or for who decides nothing.

    changes: what a simulation or a lever changes; "" too where one is not of the loan. score: what the model
    says with these; "" too where it would refuse that loan as well.
    """
    if not score.granted:
        return ""
    figures = {change.name: change.after for change in changes}
    loan = {name: figures[name] for name in FIELDS if figures.get(name) is not None}
    # What else would have to change is not the lender's to offer: without it the loan has another score.
    elsewhere = figures.keys() - FIELDS.keys() - set(dictionary.DERIVED)
    if elsewhere or loan.keys() <= {PRICE} or current_user.role not in _DECIDERS:
        return ""
    token = sealed.seal(_offered(number), {"loan": loan, "origin": origin.value})
    return url_for("decision.decide", number=number, proposition=token)


def taken(number: int) -> Sequence[Brief]:
    """The decisions on a client that no other corrects, for the bar of the client's pages."""
    return decisions.in_force(auth.database(), number)


def readable(author: int) -> bool:
    """Whether the signed-in user may open the decisions of this author."""
    return bool(current_user.role is not Role.ADVISOR or author == current_user.id)


def _former(number: int, typed: str) -> Found | None:
    """The decision that the form corrects; 404 for another client's, 409 where it is corrected already."""
    if not typed:
        return None
    found = _found(int(typed) if typed.isdecimal() and len(typed) < _DIGITS else 0)
    if found.client != number:
        abort(404, description=f"La décision {typed} n’est pas de ce client.")
    if found.corrected_by is not None:
        raise DecisionError(
            f"La décision {found.id} est déjà corrigée par la {found.corrected_by} : corrigez celle-ci."
        )
    return found


def _found(decision: int) -> Found:
    """The decision with this id, where the signed-in user may read it; 404 where there is none."""
    found = decisions.find(auth.database(), decision)
    if found is None:
        abort(404, description="Cette décision n’existe pas.")
    if not readable(found.author_id):
        abort(403, description="Cette décision est d’une autre personne : un responsable peut la lire.")
    return found


def _of_review(former: Found | None) -> str:
    """Reference of the review that a decision ended, or that one which it corrects; "" for any other."""
    content = former.content if former else None
    return str((content or {}).get("review", ""))


def _as_reviewed(client: Client, former: Found | None) -> Client:
    """The client with what the review put right that ended with the decision to correct."""
    reference = _of_review(former)
    return as_corrected(client, reference) if reference else client


def as_corrected(client: Client, reference: str) -> Client:
    """The client with the data as a review has put them right."""
    put_right = reviews.corrected(auth.database(), reference).get("changes", {})
    return replace(client, values={**client.values, **put_right})


def _form(client: Client, former: Found | None, typed: MultiDict[str, str] | None) -> DecisionForm:
    """The form on a case, filled in with what it corrects, or with the loan that the address proposes."""
    number = client.number
    loan, origin = _loan(number)
    score = score_row(resources.model(), client.values, resources.limit(), number)
    case = Case(client, score, known_capacity(client, former), desk().rules, loan, origin)
    filled: dict[str, Any] = {"cle": secrets.token_hex(16)}
    if former is not None and former.content is not None:
        filled |= _again(former) | {"corrige": str(former.id)}
    if loan:
        same = {name: client.values[name] for name in (AMOUNT, INSTALMENT)}
        offered = {FIELDS[name]: value for name, value in {**same, **loan}.items()}
        filled |= {"verdict": Verdict.COUNTER.value, **offered}
    return DecisionForm(case, former, data=filled, **({"formdata": typed} if typed else {}))


def known_capacity(client: Client, former: Found | None) -> Capacity:
    """What the file tells, or the decision that is corrected told of it, by the rules of today."""
    file = capacity.of_client(client)
    if former is None or former.content is None or former.content["capacity"] is None:
        return file
    told = Capacity.from_json(former.content["capacity"])
    # Read anew; where it cannot be any more, what is counted may still come from what it said then.
    return replace(told, rules=file.rules, instalment=file.instalment, filed=file.filed or told.filed)


def _loan(number: int) -> tuple[Mapping[str, float], Origin]:
    """The other loan that the address or the form sent names, none where there is none or it is too old."""
    token = request.args.get("proposition", "")
    found = sealed.read(_offered(number), token) if token else _sealed(number).get("offer")
    return (found["loan"], Origin(found["origin"])) if found else ({}, Origin.TYPED)


def _sealed(number: int) -> dict[str, Any]:
    """What the form that was sent had sealed into it."""
    return sealed.read(_form_of(number), request.form.get("vu", "")) or {}


def _seen(number: int, token: str | None) -> object:
    """The advice that the form was shown."""
    return (sealed.read(_form_of(number), token or "") or {}).get("seen")


def _form_of(number: int) -> str:
    return f"decision {number}"


def _offered(number: int) -> str:
    return f"offer {number}"


def _again(former: Found) -> dict[str, Any]:
    """What a decision says, as the form has it."""
    assert former.content is not None
    told = former.content
    counter = told["counter"] or {}
    return {
        "verdict": told["verdict"],
        "motifs": told["motives"],
        "texte": told["text"],
        "parole": told["said"],
        "pieces": told["documents"],
        "demandees": told["asked"],
        "montant": counter.get("amount"),
        "mensualite": counter.get("instalment"),
        "prix": counter.get("price"),
    }


def _key(number: int, key: str) -> str:
    """The key of a form, of this user and client alone."""
    return auth.form_key(number, key)


def desk() -> Desk:
    """Where this request decides. Raises as resources do where no client or no model is in place."""
    names = tuple(bureau.name for bureau in lender().bureaux)
    config = current_app.config
    return Desk(config["INSTANCE"], resources.model(), resources.portfolio(), config, names)


def _write(form: DecisionForm, key: str) -> int:
    case, former = form.case, form.former
    decided = form.decided()
    prepared = deciding.prepare(desk(), case.client, decided, form.told_capacity().to_json())
    reference = _of_review(former)
    return decisions.add(
        auth.database(),
        key,
        auth.person(),
        case.client.number,
        decided.verdict,
        {**prepared.content, "review": reference} if reference else prepared.content,
        waiting=prepared.waiting,
        corrects=former.id if former else None,
    )


def _page(form: DecisionForm, *, changed: bool = False) -> str:
    """The form. changed: since it was shown, the advice is no longer the same."""
    case = form.case
    number = case.client.number
    form.cle.data = form.cle.data or secrets.token_hex(16)
    offered = {"loan": dict(case.offer), "origin": case.origin.value} if case.offer else None
    form.vu.data = sealed.seal(_form_of(number), {"seen": case.seen, "offer": offered})
    return render_template(
        "pages/decision_form.html",
        client_number=number,
        heading=headings.deciding(case.score, form.former.id if form.former else None, changed=changed),
        form=form,
        score=case.score,
        capacity=case.capacity,
        near=domain.near(case.score.points, case.rules),
        rules=case.rules,
        changed=changed,
        others=[one for one in taken(number) if form.former is None or one.id != form.former.id],
    )


def _correctable(found: Found) -> bool:
    closed = found.corrected_by is not None or found.review or found.content is None
    if closed or current_user.role not in _DECIDERS:
        return False
    return found.client is not None and not decisions.closed(auth.database(), found.client, current_user.id)


def _onward(found: Found) -> list[tuple[str, str]]:
    """What the signed-in user may do next with a decision that is in force: words and addresses."""
    if found.content is None or found.state is not State.FINAL:
        return []
    return [
        (words, url_for(endpoint, decision=found.id))
        for words, endpoint in ONWARD
        if endpoint in current_app.view_functions
        and access.may_open(endpoint, found.client)
        # One at a time.
        and not (endpoint == "reviews.ask" and found.review)
    ]


def frame_of(found: Found) -> dict[str, Any]:
    """The layout of a record: with the pages of its client, where the portfolio still has this client."""
    known = found.client is not None and resources.portfolio().index(found.client) is not None
    return (
        {"layout": "layouts/client.html", "client_number": found.client}
        if known
        else {"layout": "layouts/base.html"}
    )


@dataclass(frozen=True)
class Judged:
    """Why somebody decided so, in words: motives and documents, texts by line."""

    motives: Sequence[str]
    text: Sequence[str]
    said: Sequence[str]
    documents: Sequence[str]


def weighed(content: Mapping[str, Any], verdict: Verdict) -> Judged:
    """Of what a decision or the end of a review holds. Raises ValueError for a code that is not known."""
    return Judged(
        [Motive(code).said(verdict) for code in content["motives"]],
        content["text"].splitlines(),
        content["said"].splitlines(),
        [Document(code).label for code in content["documents"]],
    )


@dataclass(frozen=True)
class Told(Judged):
    """What a decision says, in words: sentences or names, texts by line, figures as label and words."""

    asked: Sequence[str]
    counter: Sequence[tuple[str, str]]
    capacity: Sequence[str]
    reasons: Sequence[str]
    inputs: Sequence[tuple[str, str]]
    settings: Sequence[tuple[str, str]]
    version: str


def told(content: Mapping[str, Any], advice: Advice) -> Told:
    """In the currency of the decision. Raises ValueError for a code that this version does not know."""
    verdict, kept_settings = Verdict(content["verdict"]), content["settings"]
    rules = domain.rules(kept_settings["NEAR_POINTS"], kept_settings["READER_AMOUNT"])
    why = weighed(content, verdict)
    return Told(
        why.motives,
        why.text,
        why.said,
        why.documents,
        [Document(code).label for code in content["asked"]],
        _counter(content["counter"]),
        _findings(content["capacity"]),
        [rules.said(ReaderReason(code), advice.points) for code in content["reader"]],
        [_entry(name, advice) for name in advice.figures],
        [(name, in_words(value)) for name, value in kept_settings.items()],
        content["version"],
    )


def _counter(counter: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if counter is None:
        return []
    price = counter["price"]
    return [
        (dictionary.COLUMNS[AMOUNT].label, french.amount(counter["amount"])),
        (dictionary.COLUMNS[INSTALMENT].label, french.amount(counter["instalment"])),
        *([] if price is None else [(dictionary.COLUMNS[PRICE].label, french.amount(price))]),
        ("Score de ce prêt", french.plural(counter["points"], "point")),
        ("Ces chiffres viennent", f"d’{counter['from']}"),
    ]


def _findings(told: Mapping[str, Any] | None) -> list[str]:
    if told is None:
        return []
    found = Capacity.from_json(told)
    return [one for one in (*found.findings(), found.left_out()) if one]


def _entry(name: str, advice: Advice) -> tuple[str, str]:
    column = dictionary.describe(name)
    return column.label, wording.text_in(column, advice.inputs)
