"""The decision of a person: its form, its record, the list of them.

What the form was shown is sealed into it: where model, clients or limit have changed since, nothing is written,
and the same page says what the advice is now. A key of the form's own makes a decision that is sent twice be
written once.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from flask import Blueprint, Flask, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    HiddenField,
    RadioField,
    SelectChoice,
    SelectMultipleField,
    TextAreaField,
    widgets,
)

from pretadepenser import french, money
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import wording
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.explanation import advice as advices
from pretadepenser.credit.explanation.advice import Advice
from pretadepenser.credit.model.scoring import score_row
from pretadepenser.credit.portfolio import Client
from pretadepenser.credit.recourse import decision as domain
from pretadepenser.credit.recourse.decision import (
    Counter,
    Decided,
    Document,
    Motive,
    Origin,
    ReaderReason,
    Rules,
    Verdict,
)
from pretadepenser.credit.scale import Score
from pretadepenser.credit.whatif.simulation import objections
from pretadepenser.records import deciding, decisions
from pretadepenser.records.deciding import Desk
from pretadepenser.records.decisions import Brief, DecisionError, Found, State
from pretadepenser.records.models import Role
from pretadepenser.web import access, auth, headings, kept, resources, sealed
from pretadepenser.web.column_forms import FigureField
from pretadepenser.web.lender import lender

blueprint = Blueprint("decision", __name__)

# Decisions of a page of the list.
LISTED: Final = 50
# Characters of a text.
LONGEST: Final = 2000
# Above the id of every decision, and digits of one: what a database's integer holds.
_AFTER_ALL: Final = 2**31 - 1
_DIGITS: Final = 10
_DECIDERS: Final = (Role.ADVISOR, Role.MANAGER)
_AMOUNT: Final = "AMT_CREDIT"
_INSTALMENT: Final = "AMT_ANNUITY"
_PRICE: Final = "AMT_GOODS_PRICE"
# What a proposal of the simulation or of the levers says of the loan itself.
LOAN: Final = (_AMOUNT, _INSTALMENT, _PRICE)
_FIELDS: Final = {_AMOUNT: "montant", _INSTALMENT: "mensualite"}


# What leads on from a record: words, endpoint.
ONWARD: Final = (
    ("Préparer le courrier", "letters.preview"),
    ("Enregistrer une demande de réexamen", "reviews.ask"),
)


def init_app(app: Flask) -> None:
    """Have the bar of a client's pages show the decisions on this client."""
    app.jinja_env.globals.update(client_decisions=taken, readable_decision=readable)


@dataclass(frozen=True)
class Case:
    """An application as a decision looks at it: who asks, the advice as it is now, the rules.

    offer: figures of another loan (LOAN), as a simulation or a lever gave them, and where they come from.
    """

    client: Client
    score: Score
    rules: Rules
    offer: Mapping[str, float]
    origin: Origin

    @property
    def seen(self) -> dict[str, Any]:
        """What the advice rests on: the same at another time exactly where nothing of it has changed."""
        return {
            "model": resources.model().training,
            "portfolio": resources.portfolio().sha256,
            "limit": self.score.limit,
            "points": self.score.points,
        }

    def counter(self, amount: float, instalment: float) -> Counter:
        """Another loan with what the model says of it; of its price what the offer says, if it is that one."""
        offered = {_AMOUNT: amount, _INSTALMENT: instalment}
        same = all(self.offer.get(name) == value for name, value in offered.items())
        row = {**self.client.values, **offered, **(self.offer if same else {})}
        score = score_row(resources.model(), row, self.score.limit, self.client.number)
        return Counter(amount, instalment, self.origin if same else Origin.TYPED, score.points)


def _boxes(label: str, choices: Sequence[Motive] | Sequence[Document], hint: str = "") -> SelectMultipleField:
    return SelectMultipleField(
        label,
        description=hint,
        choices=[SelectChoice(one.value, french.typeset(one.label)) for one in choices],
        widget=widgets.ListWidget(),
        option_widget=widgets.CheckboxInput(),
        validate_choice=False,
    )


def _figure(column: str) -> FigureField:
    return FigureField(column=dictionary.COLUMNS[column], known=None, blank=True)


def _text(label: str, hint: str = "") -> TextAreaField:
    return TextAreaField(label, description=hint, render_kw={"rows": 4, "maxlength": LONGEST})


class DecisionForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What a person decides on a case.

    cle: of this form; vu: the advice that it was shown, sealed; corrige: id of the decision that it corrects.
    """

    cle = HiddenField()
    vu = HiddenField()
    corrige = HiddenField()
    verdict = RadioField(
        "Votre décision",
        choices=[SelectChoice(one.value, one.action) for one in Verdict],
        validate_choice=False,
    )
    motifs = _boxes("Vos motifs", list(Motive))
    texte = _text("Pourquoi, dans vos mots")
    parole = _text("Ce que le client a dit", "Facultatif.")
    pieces = _boxes("Pièces que vous avez vérifiées", list(Document))
    demandees = _boxes("Pièces que vous demandez", list(Document))
    montant = _figure(_AMOUNT)
    mensualite = _figure(_INSTALMENT)

    def __init__(self, case: Case, former: Found | None, **given: Any) -> None:
        self.case, self.former = case, former
        super().__init__(**given)
        self.verdict.flags.required = True
        self.motifs.description = french.typeset(
            "Avec le texte qui suit, ils sont obligatoires si votre décision s’écarte de l’avis du modèle, ou "
            f"si le score est à {french.plural(case.rules.near, 'point')} de la limite ou à moins."
        )

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Check each answer, then all together by the rules; a field keeps the first sentence."""
        super().validate(extra_validators)
        for name, sentence in self._lacking().items():
            field = self[name]
            field.errors = field.errors or [french.typeset(sentence)]
        return not self.errors

    @property
    def decided_verdict(self) -> Verdict | None:
        """The decision that was chosen, None for none."""
        return Verdict(self.verdict.data) if self.verdict.data in set(Verdict) else None

    def decided(self) -> Decided:
        """What is decided, of a form that is valid."""
        verdict = Verdict(self.verdict.data)
        return Decided(
            verdict,
            tuple(motive for motive in Motive if motive in self.motifs.data),
            self._said(self.texte),
            self._said(self.parole),
            tuple(document for document in Document if document in self.pieces.data),
            tuple(document for document in Document if document in self.demandees.data)
            if verdict is Verdict.ASK
            else (),
            self.counter,
        )

    @cached_property
    def counter(self) -> Counter | None:
        """The other loan that is offered; None where none is, or where its figures are wrong."""
        figures = self.montant.data, self.mensualite.data
        if self.decided_verdict is not Verdict.COUNTER or None in figures:
            return None
        return self.case.counter(*figures)

    @property
    def folded(self) -> Mapping[str, bool]:
        """Of each part that is folded, whether it has something to show: an error, or an answer."""
        parts = {"demandees": (self.demandees,), "proposition": (self.montant, self.mensualite)}
        verdicts = {"demandees": Verdict.ASK, "proposition": Verdict.COUNTER}
        return {
            name: self.decided_verdict is verdicts[name]
            or any(field.errors or field.data for field in fields)
            for name, fields in parts.items()
        }

    def _said(self, field: TextAreaField) -> str:
        return "\n".join((field.data or "").strip().splitlines())

    def _lacking(self) -> dict[str, str]:
        """What is missing or does not go together: name of the field -> sentence that says what to do."""
        verdict = self.decided_verdict
        found: dict[str, str] = {}
        for field in (self.texte, self.parole):
            if len(self._said(field)) > LONGEST:
                found[field.name] = (
                    f"{field.label.text} : écrivez {french.number(LONGEST)} caractères au plus."
                )
        unknown = set(self.motifs.data) - set(Motive)
        if unknown:
            found["motifs"] = "Ce motif n’est pas dans la liste : cochez-en un autre."
        for boxes in (self.pieces, self.demandees):
            if set(boxes.data) - set(Document):
                found[boxes.name] = "Cette pièce n’est pas dans la liste : cochez-en une autre."
        if verdict is None:
            return found | {"verdict": "Choisissez votre décision."}
        if verdict is Verdict.ASK and not self.demandees.data:
            found["demandees"] = "Cochez au moins une pièce à demander."
        if verdict is Verdict.COUNTER:
            found |= self._wrong_offer()
        return found | self._wanted(verdict, found)

    def _wrong_offer(self) -> dict[str, str]:
        """What is wrong with the figures of the other loan."""
        row = self.case.client.values
        values = {_AMOUNT: self.montant.data, _INSTALMENT: self.mensualite.data}
        empty = {
            _FIELDS[name]: f"{dictionary.COLUMNS[name].label} : saisissez celui du prêt que vous proposez."
            if name == _AMOUNT
            else f"{dictionary.COLUMNS[name].label} : saisissez celle du prêt que vous proposez."
            for name, value in values.items()
            if value is None
        }
        if empty:
            return empty
        changed: dict[str, Value] = {name: value for name, value in values.items() if value != row[name]}
        if not changed:
            return {
                "montant": "C’est le prêt demandé : changez le montant ou la mensualité, ou accordez le prêt."
            }
        wrong = objections(resources.portfolio(), row, changed)
        return {_FIELDS.get(name, "montant"): sentence for name, sentence in wrong.items()}

    def _wanted(self, verdict: Verdict, found: Mapping[str, str]) -> dict[str, str]:
        """The motives and the text, where the rules ask for them."""
        counter = self.counter
        # Whether another loan departs from the advice is known once its figures are right.
        if verdict is Verdict.COUNTER and (counter is None or {"montant", "mensualite"} & found.keys()):
            return {}
        points, rules = self.case.score.points, self.case.rules
        offered = counter.points if counter else None
        wanted: dict[str, str] = {}
        if domain.needs_motives(verdict, points, rules, offered):
            why = (
                "votre décision s’écarte de l’avis du modèle"
                if domain.departs(verdict, points, offered)
                else "le score est proche de la limite"
            )
            if not self.motifs.data:
                wanted["motifs"] = f"Cochez au moins un motif : {why}."
            if not self._said(self.texte):
                wanted["texte"] = f"Écrivez pourquoi : {why}."
        if Motive.OTHER in self.motifs.data and not self._said(self.texte):
            wanted["texte"] = "Écrivez votre autre motif."
        return {name: sentence for name, sentence in wanted.items() if name not in found}


@blueprint.route("/clients/<int:number>/decision", methods=["GET", "POST"])
def decide(number: int) -> ResponseReturnValue:
    """Ask for a decision; write it down and lead to its record."""
    client = resources.client_or_404(number)
    typed = kept.typed()
    form = _form(client, _former(number, (typed or request.values).get("corrige", "")), typed)
    if not form.is_submitted():
        return _page(form)
    key = _key(number, form.cle.data or "")
    if (before := decisions.keyed(auth.database(), key)) is not None:
        flash(
            "Cette décision était déjà enregistrée : la voici, telle qu’elle a été écrite. Pour la changer, "
            "corrigez-la."
        )
        return redirect(url_for("decision.record", decision=before), 303)
    changed = not form.cle.data or _seen(number, form.vu.data) != form.case.seen
    if not form.validate():
        return _page(form, changed=changed), 422
    if changed:
        return _page(form, changed=True), 409
    return redirect(url_for("decision.record", decision=_write(form, key)), 303)


@blueprint.get("/decisions/<int:decision>")
def record(decision: int) -> ResponseReturnValue:
    """Show a decision as it was written, and what came of it."""
    found = _found(decision)
    advice = advices.from_json(found.content["advice"]) if found.content else None
    with money.using(advice.money) if advice else nullcontext():
        return render_template(
            "pages/decision_record.html",
            **_frame_of(found),
            heading=headings.decided(found),
            found=found,
            told=told(found.content, advice) if found.content and advice else None,
            advice=advice,
            correctable=_correctable(found),
            links=_onward(found),
        )


@blueprint.get("/decisions")
def own() -> ResponseReturnValue:
    """List one's own decisions, the last one first; those of everybody for whoever reads them a second time."""
    everybody = current_user.role is Role.MANAGER
    before = request.args.get("avant", type=int, default=_AFTER_ALL)
    author = None if everybody else current_user.id
    found = decisions.latest(auth.database(), author, min(before, _AFTER_ALL), LISTED + 1)
    return render_template(
        "pages/decisions.html",
        heading=headings.decisions(everybody=everybody),
        everybody=everybody,
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


def offer(number: int, figures: Mapping[str, Value], origin: Origin) -> str:
    """Address of the form filled in with another loan; "" where it is no other, or for who decides nothing.

    figures: raw values that a simulation or a lever changes, of which those of the loan are taken.
    """
    loan = {name: figures[name] for name in LOAN if figures.get(name) is not None}
    if loan.keys().isdisjoint(_FIELDS) or current_user.role not in _DECIDERS:
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
    """The decision that the form corrects. 404 for one of another client; 409 where it cannot be corrected."""
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


def _form(client: Client, former: Found | None, typed: MultiDict[str, str] | None) -> DecisionForm:
    """The form on a case, filled in with what it corrects, or with the loan that the address proposes."""
    number = client.number
    loan, origin = _loan(number)
    score = score_row(resources.model(), client.values, resources.limit(), number)
    case = Case(client, score, desk().rules, loan, origin)
    filled: dict[str, Any] = {"cle": secrets.token_hex(16)}
    if former is not None and former.content is not None:
        filled |= _again(former) | {"corrige": str(former.id)}
    if loan:
        offered = {_FIELDS[name]: loan.get(name, client.values[name]) for name in _FIELDS}
        filled |= {"verdict": Verdict.COUNTER.value, **offered}
    return DecisionForm(case, former, data=filled, **({"formdata": typed} if typed else {}))


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
    }


def _key(number: int, key: str) -> str:
    """The key of a form, of this user and client alone."""
    return hashlib.sha256(f"{current_user.id}:{number}:{key}".encode()).hexdigest()


def desk() -> Desk:
    """Where this request decides. Raises as resources do where no client or no model is in place."""
    names = tuple(bureau.name for bureau in lender().bureaux)
    config = current_app.config
    return Desk(config["INSTANCE"], resources.model(), resources.portfolio(), config, names)


def _write(form: DecisionForm, key: str) -> int:
    case, former = form.case, form.former
    decided = form.decided()
    prepared = deciding.prepare(desk(), case.client, decided)
    return decisions.add(
        auth.database(),
        key,
        auth.person(),
        case.client.number,
        decided.verdict,
        prepared.content,
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
        near=domain.near(case.score.points, case.rules),
        rules=case.rules,
        changed=changed,
        others=[one for one in taken(number) if form.former is None or one.id != form.former.id],
    )


def _correctable(found: Found) -> bool:
    return found.corrected_by is None and found.content is not None and current_user.role in _DECIDERS


def _onward(found: Found) -> list[tuple[str, str]]:
    """What the signed-in user may do next with a decision that is in force: words and addresses."""
    if found.content is None or found.state is not State.FINAL:
        return []
    return [
        (words, url_for(endpoint, decision=found.id))
        for words, endpoint in ONWARD
        if endpoint in current_app.view_functions and access.may_open(endpoint, found.client)
    ]


def _frame_of(found: Found) -> dict[str, Any]:
    """The layout of a record: with the pages of its client, where the portfolio still has this client."""
    known = found.client is not None and resources.portfolio().index(found.client) is not None
    return (
        {"layout": "layouts/client.html", "client_number": found.client}
        if known
        else {"layout": "layouts/base.html"}
    )


@dataclass(frozen=True)
class Told:
    """What a decision says, in words: lists of sentences or names, texts by line, figures as label and words."""

    motives: Sequence[str]
    text: Sequence[str]
    said: Sequence[str]
    documents: Sequence[str]
    asked: Sequence[str]
    counter: Sequence[tuple[str, str]]
    reasons: Sequence[str]
    inputs: Sequence[tuple[str, str]]
    settings: Sequence[tuple[str, str]]
    version: str


def told(content: Mapping[str, Any], advice: Advice) -> Told:
    """In the currency of the decision. Raises ValueError for what another version wrote and this one ignores."""
    verdict, kept_settings = Verdict(content["verdict"]), content["settings"]
    rules = domain.rules(kept_settings["NEAR_POINTS"], kept_settings["READER_AMOUNT"])
    return Told(
        [Motive(code).said(verdict) for code in content["motives"]],
        content["text"].splitlines(),
        content["said"].splitlines(),
        [Document(code).label for code in content["documents"]],
        [Document(code).label for code in content["asked"]],
        _counter(content["counter"]),
        [rules.said(ReaderReason(code)) for code in content["reader"]],
        [_entry(name, advice) for name in advice.inputs],
        [(name, _setting(value)) for name, value in kept_settings.items()],
        content["version"],
    )


def _counter(counter: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if counter is None:
        return []
    return [
        (dictionary.COLUMNS[_AMOUNT].label, french.amount(counter["amount"])),
        (dictionary.COLUMNS[_INSTALMENT].label, french.amount(counter["instalment"])),
        ("Score de ce prêt", french.plural(counter["points"], "point")),
        ("Ces chiffres viennent", f"d’{counter['from']}"),
    ]


def _entry(name: str, advice: Advice) -> tuple[str, str]:
    column = dictionary.describe(name)
    return column.label, wording.text_in(column, advice.inputs)


def _setting(value: object) -> str:
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return french.compact(value, 2)
    return french.typeset(str(value)) if value != "" else "non défini"
