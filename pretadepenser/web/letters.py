"""Letters to clients: a page that shows what a letter would say, and makes it; the PDF as it was made.

What is made is stored: the same bytes are given ever after, whatever becomes of settings and templates.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField
from wtforms.widgets import HiddenInput

from pretadepenser import french
from pretadepenser.credit.explanation.advice import AdviceError
from pretadepenser.credit.recourse import letters as domain
from pretadepenser.credit.recourse.deadline import day, today
from pretadepenser.credit.recourse.letters import Case, Letter, Sender
from pretadepenser.records import decisions, letters, reviews
from pretadepenser.records.decisions import Found
from pretadepenser.records.letters import LetterError
from pretadepenser.records.models import Role
from pretadepenser.records.reviews import Found as Review
from pretadepenser.settings import SETTINGS, Setting
from pretadepenser.web import access, auth, decision, headings, paper, trail
from pretadepenser.web.frame import DONE
from pretadepenser.web.lender import CREDIT_FILE, Lender, lender
from pretadepenser.web.pdf import PdfUnavailableError

blueprint = Blueprint("letters", __name__)

STYLE: Final = "letter_pdf.css"
# Settings that a letter needs only where it names a file that was consulted.
_BUREAUX: Final = ("EXTERNAL_BUREAUX", "BUREAUX_CONTACTS")


class LetterForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Makes the letter that the page shows.

    cle: of this form, so that a letter is not made twice; apres: the last letter that the page showed, so
    that two people do not make the same one.
    """

    cle = HiddenField()
    apres = IntegerField(widget=HiddenInput())


@dataclass(frozen=True)
class Draft:
    """A letter that could be made, or why it cannot.

    letter: None where it cannot; refused: then why, and what to do, in a sentence; tells: id of the decision
    that it tells.
    """

    letter: Letter | None
    refused: str = ""
    tells: int | None = None


@blueprint.get("/decisions/<int:decision>/courrier")
def preview(decision: int) -> ResponseReturnValue:
    """Show the letter that tells a decision, and those that were made."""
    return _page(_decided(decision))


@blueprint.post("/decisions/<int:decision>/courrier")
def make(decision: int) -> ResponseReturnValue:
    """Make the letter that tells a decision, and store it."""
    return _make(_decided(decision))


@blueprint.get("/revues/<reference>/courrier")
def reply(reference: str) -> ResponseReturnValue:
    """Show the letter that answers a review, and those that were made."""
    return _page(_reviewed(reference))


@blueprint.post("/revues/<reference>/courrier")
def make_reply(reference: str) -> ResponseReturnValue:
    """Make the letter that answers a review, and store it."""
    return _make(_reviewed(reference))


@blueprint.get("/courriers/<int:letter>.pdf")
def pdf(letter: int) -> ResponseReturnValue:
    """Give a letter as it was made."""
    found = letters.find(auth.database(), letter)
    if found is None:
        abort(404, description="Ce courrier n’existe pas.")
    if found.review:
        _review(found.review)
    elif not decision.readable(found.decider):
        abort(403, description="Ce courrier est d’une autre personne : un responsable peut le lire.")
    made = letters.pdf(auth.database(), letter)
    if made is None:
        abort(
            404,
            description="Le contenu de ce courrier a été effacé : le temps de le garder est passé, "
            "ou le client l’a demandé.",
        )
    trail.tell(found.client, decision=found.decision, sha256=found.sha256)
    return paper.given(made, f"courrier-{letter}")


@dataclass(frozen=True)
class Desk:
    """Where a letter is made: what it tells of, its draft, and the address of its page.

    stored: letters made before, the last one first; review: reference of the one that it answers, "" without.
    """

    found: Found
    draft: Draft
    stored: Sequence[letters.Found]
    address: str
    review: str = ""

    @property
    def last(self) -> int:
        """Id of the last letter that was made, 0 where there is none."""
        return self.stored[0].id if self.stored else 0


def _decided(number: int) -> Desk:
    """The letter of a decision that the signed-in user may read; 403 and 404 as for the decision."""
    found = decisions.find(auth.database(), number)
    if found is None:
        abort(404, description="Cette décision n’existe pas.")
    if not decision.readable(found.author_id):
        abort(403, description="Cette décision est d’une autre personne : un responsable peut la lire.")
    trail.tell(found.client)
    return Desk(
        found,
        _draft(found),
        letters.of_decision(auth.database(), number),
        url_for("letters.make", decision=number),
    )


def _review(reference: str) -> Review:
    """The review with this reference; 404 where there is none, 403 for who has no part in it."""
    found = reviews.find(auth.database(), reference)
    if found is None:
        abort(404, description="Ce réexamen n’existe pas : vérifiez son numéro.")
    if current_user.role is Role.ADVISOR and current_user.id not in {
        *reviews.deciders(auth.database(), found.decision),
        found.opened_by_id,
    }:
        abort(403, description="Ce réexamen est d’une autre personne : un responsable peut le lire.")
    return found


def _reviewed(reference: str) -> Desk:
    """The letter that answers a review."""
    found = _review(reference)
    contested = decisions.find(auth.database(), found.decision)
    assert contested is not None
    trail.tell(found.client)
    return Desk(
        contested,
        _reply_draft(found, contested),
        letters.of_review(auth.database(), reference),
        url_for("letters.make_reply", reference=reference),
        reference,
    )


def _reply_draft(found: Review, contested: Found) -> Draft:
    database = auth.database()
    try:
        current = letters.answered(database, found.reference)
        end = found.end
        assert end is not None
        contents = (found.content, end.content, contested.content, current.content)
        if None in contents or contested.client is None:
            raise LetterError(
                f"Le contenu du réexamen {found.reference} a été effacé : il n’a plus de réponse."
            )
        letters.check(database, current, reply=True)
    except LetterError as error:
        return Draft(None, str(error))
    new = current if current.id != contested.id else None
    assert found.content is not None
    assert end.content is not None
    # What the reviewer wrote to the client speaks of the decision that the review left, not of a later one.
    same = current.id == (end.decided or contested.id)
    told = domain.Reviewed(
        found.reference,
        found.received,
        end.reviewer,
        end.content["answer"] if same else "",
        found.content["request"],
        tuple(
            domain.Corrected(**one)
            for one in reviews.corrected(database, found.reference).get("corrected", ())
        ),
        case_of(new) if new else None,
    )
    return _drafted(
        told.new or case_of(contested),
        lambda who: domain.reply(told, case_of(contested), who, today()),
        current.id,
    )


def _draft(found: Found) -> Draft:
    if found.content is None or found.client is None:
        return Draft(None, f"Le contenu de la décision {found.id} a été effacé : elle n’a plus de courrier.")
    try:
        letters.check(auth.database(), found)
    except LetterError as error:
        return Draft(None, str(error))
    case = case_of(found)
    return _drafted(case, lambda who: domain.letter(case, who, today()), found.id)


def _drafted(case: Case, write: Callable[[Sender], Letter], tells: int) -> Draft:
    """The letter, unless settings lack or what was stored cannot be read. case: the decision told."""
    told = lender()
    try:
        if missing := _missing(told, _files(case)):
            return Draft(None, _lacking(missing))
        return Draft(write(sender(told)), tells=tells)
    except AdviceError as error:
        return Draft(None, str(error))


def case_of(found: Found) -> Case:
    """A decision as letters tell it; its content is there."""
    assert found.content is not None
    assert found.client is not None
    second = found.second.reader if found.second and found.second.agrees else ""
    return Case(found.id, found.client, day(found.at), found.author, found.verdict, found.content, second)


def sender(told: Lender) -> Sender:
    """The lender as letters name it."""
    values = told.values
    return Sender(
        values["ORGANISATION_NAME"],
        values["ORGANISATION_ADDRESS"],
        values["ORGANISATION_PHONE"],
        values["ORGANISATION_EMAIL"],
        values["ORGANISATION_DPO"],
        values["REVIEW_CONTACT"],
        f"{values['MEDIATOR_NAME']}, {values['MEDIATOR_ADDRESS']}",
        told.bureaux,
        values[CREDIT_FILE],
        (
            ("Responsable", f"{values['CONTROLLER_NAME']}, {values['CONTROLLER_ADDRESS']}"),
            ("But", values["PURPOSES"]),
            ("Base légale", values["LEGAL_BASIS"]),
            ("Destinataires", values["RECIPIENTS"]),
            ("Durée de conservation", values["RETENTION"]),
        ),
    )


def _files(case: Case) -> frozenset[str]:
    """Settings that name the files which the letter tells were consulted."""
    scored, credit_file = domain.files(case)
    return frozenset((*(_BUREAUX if scored else ()), *((CREDIT_FILE,) if credit_file else ())))


def _missing(told: Lender, files: frozenset[str]) -> list[Setting]:
    """Settings without which a letter says less than the law wants."""
    needed = {setting.name for setting in SETTINGS if setting.label} - {*_BUREAUX, CREDIT_FILE} | files
    return [one for one in SETTINGS if one.name in needed and not told.values[one.name]]


def _lacking(missing: Sequence[Setting]) -> str:
    named = [f"{one.label} ({one.name})" for one in missing]
    one = len(missing) == 1
    return french.typeset(
        f"Ce courrier ne peut pas être établi : il manque {french.join(named)}. Demandez à votre "
        f"administrateur de définir {'ce réglage' if one else 'ces réglages'}."
    )


def _page(desk: Desk, status: int = 200) -> ResponseReturnValue:
    # Of what was sent nothing is kept: the page shows what there is now.
    form = LetterForm(formdata=None, data={"cle": secrets.token_hex(16), "apres": desk.last})
    found = desk.found
    page = render_template(
        "pages/letter.html",
        **decision.frame_of(found),
        heading=headings.letter(
            found, possible=desk.draft.letter is not None, stored=bool(desk.stored), review=desk.review
        ),
        desk=desk,
        letter=desk.draft.letter,
        form=form,
        may_make=access.may_open("letters.make_reply" if desk.review else "letters.make"),
        made_up=lender().made_up,
        version=domain.TEMPLATE_VERSION,
    )
    return page, status


def _make(desk: Desk) -> ResponseReturnValue:
    form = LetterForm()
    key = auth.form_key(desk.address, form.cle.data)
    back = redirect(desk.address, 303)
    if letters.keyed(auth.database(), key) is not None:
        flash("Ce courrier était déjà établi : le voici.")
        return back
    letter = desk.draft.letter
    if letter is None or not form.validate() or not form.cle.data or form.apres.data != desk.last:
        if letter is not None:
            flash(
                "Rien n’a été établi : cette page avait changé, ou sa session. Relisez-la, puis recommencez."
            )
        return _page(desk, 409)
    html = render_template(
        "pages/letter_pdf.html",
        letter=letter,
        made_up=lender().made_up,
        version=domain.TEMPLATE_VERSION,
    )
    try:
        made = paper.made(html, STYLE)
    except PdfUnavailableError as error:
        return paper.unavailable(error, "Le courrier n’a pas été établi. Prévenez votre administrateur.")
    letters.add(
        auth.database(),
        key,
        auth.person(),
        desk.found.id,
        str(letter.kind),
        domain.TEMPLATE_VERSION,
        made,
        review=desk.review,
        tells=desk.draft.tells,
        after=desk.last,
    )
    flash("Le courrier est établi : téléchargez-le pour le remettre au client ou l’envoyer.", DONE)
    return back
