"""The page of one's own account: its password and its sessions."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, ValidationError
from wtforms.validators import InputRequired

from pretadepenser import french
from pretadepenser.records import attempts, journal, passwords, sessions, users
from pretadepenser.records.database import RecordsError
from pretadepenser.records.journal import Kind
from pretadepenser.records.models import UserSession
from pretadepenser.web import auth

blueprint = Blueprint("account", __name__, url_prefix="/compte")


@dataclass(frozen=True)
class Row:
    """A session as the page shows it: what it is called, when it began and was used; this: the one in use."""

    number: int
    browser: str
    begun: str
    seen: str
    this: bool


class PasswordForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """The password in use, and another one twice."""

    actuel = PasswordField(
        "Mot de passe actuel",
        validators=[InputRequired("Saisissez votre mot de passe actuel.")],
        render_kw={"autocomplete": "current-password"},
    )
    nouveau = PasswordField(
        "Nouveau mot de passe",
        description="De 12 à 512 caractères. Une suite de quelques mots convient.",
        validators=[InputRequired("Saisissez un nouveau mot de passe.")],
        render_kw={"autocomplete": "new-password"},
    )
    encore = PasswordField(
        "Nouveau mot de passe, encore une fois",
        validators=[InputRequired("Saisissez le nouveau mot de passe encore une fois.")],
        render_kw={"autocomplete": "new-password"},
    )

    def validate_nouveau(self, field: PasswordField) -> None:
        """Raise ValidationError with the sentence that says what to do."""
        if field.data == self.actuel.data:
            raise ValidationError("Ce mot de passe est celui que vous avez déjà : choisissez-en un autre.")
        try:
            passwords.check(field.data, current_user.name)
        except RecordsError as error:
            raise ValidationError(str(error)) from error

    def validate_encore(self, field: PasswordField) -> None:
        """Raise ValidationError where the two differ."""
        if field.data != self.nouveau.data:
            raise ValidationError(
                "Les deux saisies du nouveau mot de passe diffèrent : saisissez-le encore une fois."
            )


@blueprint.route("", methods=["GET", "POST"])
def page() -> ResponseReturnValue:
    """Show the account; change the password."""
    form = PasswordForm()
    if not form.validate_on_submit():
        return _page(form), 422 if form.is_submitted() else 200
    # Whoever stole a session may not try passwords faster than a stranger; nobody else is slowed down.
    who = attempts.Who(current_user.name, "", f"session {current_user.session}")
    if wait := auth.throttle().begin(auth.database(), who):
        form.actuel.errors = [auth.too_many(wait)]
        return auth.slowed(_page(form), wait)
    if users.authenticate(auth.database(), current_user.name, form.actuel.data) is None:
        journal.append(auth.database(), Kind.SIGN_IN_FAILED, current_user.name, page="compte")
        form.actuel.errors = ["Ce n’est pas votre mot de passe actuel : vérifiez-le, puis recommencez."]
        return _page(form), 422
    auth.throttle().succeed(auth.database(), who)
    session = current_user.session
    users.set_password(auth.database(), current_user.name, form.nouveau.data, kept=session)
    # A copy of the cookie made before is dead as well.
    auth.remember(current_user.id, sessions.renew(auth.database(), session))
    flash("Votre mot de passe est changé. Vos autres sessions sont terminées.")
    return redirect(url_for("account.page"), 303)


@blueprint.post("/sessions/<int:number>/fin")
def end(number: int) -> ResponseReturnValue:
    """End one of one's own sessions; ending the one in use is signing out."""
    ended = sessions.end(auth.database(), current_user.id, number)
    if number == current_user.session:
        cookie.clear()
        return redirect(url_for("auth.sign_in"), 303)
    flash("La session est terminée." if ended else "Cette session était déjà terminée.")
    return redirect(url_for("account.page"), 303)


@blueprint.post("/sessions/fin")
def end_others() -> ResponseReturnValue:
    """End all of one's own sessions but the one in use."""
    sessions.end_others(auth.database(), current_user.id, current_user.session)
    flash("Toutes vos autres sessions sont terminées.")
    return redirect(url_for("account.page"), 303)


def _page(form: PasswordForm) -> str:
    rows = [_row(one) for one in sessions.listed(auth.database(), current_user.id, auth.limits())]
    return render_template("pages/account.html", form=form, rows=rows)


def _row(session: UserSession) -> Row:
    return Row(
        number=session.id,
        browser=session.browser,
        begun=_moment(session.begun),
        seen=_moment(session.seen),
        this=session.id == current_user.session,
    )


def _moment(seconds: float) -> str:
    """A moment in the server's own time, in words that speech reads: "26 novembre 2026 à 9 heures 05"."""
    return french.moment(datetime.datetime.fromtimestamp(seconds, datetime.UTC).astimezone())
