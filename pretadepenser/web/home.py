"""The search: a client number goes in, the client's page comes out; with the name of a page, that one."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import StringField, ValidationError

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.web import clients, kept, places, resources

blueprint = Blueprint("home", __name__)

# Digits of a number: as many as an import accepts.
LONGEST = len(str(round(dictionary.COLUMNS["SK_ID_CURR"].maximum or 0)))
LONGEST_NAME = 30
# What people write between a number and a name.
_BETWEEN = ",;:/–—-"
# Pages that are a form before they are an answer.
_FORMS = frozenset({"simulation.simulate", "decision.decide"})
# Characters of all that may be typed; more is no number with the name of a page.
_MOST = 100
DIGITS = "Un numéro de client n’a que des chiffres : enlevez les autres caractères."
_MARKS = {".": ("le point", "les points"), ",": ("la virgule", "les virgules")}


class SearchForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """The number of a client, as people write it; the example is one of the portfolio in use."""

    numero = StringField(
        "Numéro de client (SK_ID_CURR)",
        render_kw={"inputmode": "numeric", "autocomplete": "off", "spellcheck": "false"},
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.number: int | None = None
        example = resources.portfolio().numbers()[0]
        self.numero.flags.required = True
        self.numero.description = french.typeset(
            f"Il se compose de chiffres, par exemple {example}. Avec un clavier, ajoutez le nom d’une page "
            f"du client pour l’ouvrir : « {example}{french.NO_BREAK}leviers »."
        )

    def validate_numero(self, field: StringField) -> None:
        """Raise ValidationError with the sentence that says what to do."""
        typed, words = _parted(field.data or "")
        page = _page(words)
        if words and not typed:
            also = "Saisissez aussi le numéro du client, avant ou après le nom de la page."
            raise ValidationError(also if page else DIGITS)
        self.number = _number(typed)
        if page is None:
            known = french.join([label[:1].lower() + label[1:] for label, _ in places.CLIENT], "ou")
            said = french.quoted(" ".join(words)[:LONGEST_NAME])
            raise ValidationError(
                f"{said} n’est pas le nom d’une page. Après le numéro, écrivez {known}, ou le début d’un de "
                "ces noms."
            )
        self.endpoint = page


def _parted(typed: str) -> tuple[str, list[str]]:
    """The number, without spaces, and the words that stand before or after it, without accents and capitals.

    What has letters elsewhere is no number with a name: it is given whole.
    """
    plain = unicodedata.normalize("NFD", typed.casefold())
    plain = "".join(one for one in plain if not unicodedata.combining(one))
    found = re.fullmatch(r"([a-z\s'’-]*?)([^a-z]*)([a-z\s'’-]*)", plain) if len(plain) <= _MOST else None
    if found is None:
        return re.sub(r"\s", "", typed), []
    before, number, after = found.groups()
    number = re.sub(r"\s", "", number)
    # "157083, leviers"; but a sign before a number alone is a mistake to tell.
    number = number.lstrip(_BETWEEN) if before.strip() else number
    number = number.rstrip(_BETWEEN) if after.strip() else number
    words = re.findall(r"[a-z]+", re.sub(r"\b[dl]['’]", " ", f"{before} {after}"))
    return number, [word for word in words if word != "client"]


def _number(typed: str) -> int:
    """The number of a client, typed without spaces. Raises ValidationError with what to do."""
    if not typed:
        raise ValidationError("Saisissez le numéro du client.")
    if re.fullmatch(r"[-−–]\d+", typed):
        raise ValidationError("Un numéro de client est positif : enlevez le signe moins.")
    if re.fullmatch(r"[0-9]{1,3}([.,][0-9]{3})+", typed):
        # Pasted with its thousands apart: what stands before the mark is another client's number.
        marks = [words[typed.count(mark) > 1] for mark, words in _MARKS.items() if mark in typed]
        plain = re.sub(r"[.,]", "", typed)
        raise ValidationError(french.typeset(f"Enlevez {french.join(marks)} : {plain}."))
    if re.fullmatch(r"\d+[.,]\d+", typed):
        raise ValidationError("Un numéro de client est entier : enlevez la virgule et ce qui la suit.")
    if not re.fullmatch(r"[0-9]+", typed):
        raise ValidationError(DIGITS)
    if len(typed) > LONGEST:
        raise ValidationError(
            f"Ce numéro a {len(typed)} chiffres ; un numéro de client en a {LONGEST} au plus : vérifiez-le."
        )
    number = int(typed)
    if resources.portfolio().client(number) is None:
        raise ValidationError(
            f"Aucun client ne porte le numéro {number} : vérifiez-le sur le dossier du client."
        )
    return number


def _page(words: list[str]) -> str | None:
    """The endpoint of the page about a client of whose name each word begins a word: none means the decision.

    None where there is no such page, or more than one.
    """
    if not words:
        return "clients.decision"
    names = {endpoint: _parted(label)[1] for label, endpoint in places.CLIENT}
    meant = [
        endpoint
        for endpoint, name in names.items()
        if all(any(whole.startswith(word) for whole in name) for word in words)
    ]
    return meant[0] if len(meant) == 1 else None


@blueprint.route("/", methods=["GET", "POST"])
def search() -> ResponseReturnValue:
    """Ask for a client number; go to the client's page."""
    typed = kept.typed()
    form = SearchForm(**({"formdata": typed} if typed else {}))
    if form.validate_on_submit():
        assert form.number is not None
        if form.endpoint != "clients.decision":
            clients.remember(form.number)
        # What the page is for takes the focus: a fragment does it without a script.
        anchor = "formulaire" if form.endpoint in _FORMS else "reponse"
        return redirect(url_for(form.endpoint, number=form.number, _anchor=anchor), 303)
    status = 422 if request.method == "POST" else 200
    return render_template("pages/home.html", form=form, recent=clients.seen_last()), status
