"""The search: a client number goes in, the client's page comes out."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import StringField, ValidationError

from pretadepenser import french
from pretadepenser.records import recents
from pretadepenser.web import auth, kept, resources

blueprint = Blueprint("home", __name__)

LONGEST = 12
_MARKS = {".": ("le point", "les points"), ",": ("la virgule", "les virgules")}


class SearchForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """The number of a client, as people write it; the example is one of the portfolio in use."""

    numero = StringField(
        "Numéro de client (SK_ID_CURR)",
        render_kw={"inputmode": "numeric", "autocomplete": "off", "spellcheck": "false"},
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        example = resources.portfolio().numbers()[0]
        self.numero.description = f"Il se compose de chiffres seulement, par exemple {example}."

    def validate_numero(self, field: StringField) -> None:
        """Raise ValidationError with the sentence that says what to do."""
        typed = re.sub(r"\s", "", field.data or "")
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
            raise ValidationError("Un numéro de client n’a que des chiffres : enlevez les autres caractères.")
        if len(typed) > LONGEST:
            raise ValidationError(
                f"Ce numéro a {len(typed)} chiffres ; un numéro de client en a {LONGEST} au plus : "
                "vérifiez-le."
            )
        number = int(typed)
        if resources.portfolio().client(number) is None:
            raise ValidationError(
                f"Aucun client ne porte le numéro {number} : vérifiez-le sur le dossier du client."
            )
        self.number = number


@blueprint.route("/", methods=["GET", "POST"])
def search() -> ResponseReturnValue:
    """Ask for a client number; go to the client's page."""
    typed = kept.typed()
    form = SearchForm(**({"formdata": typed} if typed else {}))
    if form.validate_on_submit():
        # The answer takes the focus: a fragment does it without a script.
        return redirect(url_for("clients.decision", number=form.number, _anchor="reponse"), 303)
    recent = recents.recent(auth.database(), current_user.id)
    known = [number for number in recent if resources.portfolio().index(number) is not None]
    status = 422 if request.method == "POST" else 200
    return render_template("pages/home.html", form=form, recent=known), status
