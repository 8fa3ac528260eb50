"""Signing in and out, and the one rule that every other page needs a signed-in user."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Flask,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf import FlaskForm
from sqlalchemy.exc import SQLAlchemyError
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from pretadepenser.records import attempts, users
from pretadepenser.records.database import Database
from pretadepenser.records.models import Role, User
from pretadepenser.web import kept

blueprint = Blueprint("auth", __name__)
R = ParamSpec("R")

# The only endpoints that answer without a signed-in user. The accessibility statement is among
# them because French law wants it within everybody's reach; it shows no client.
PUBLIC = frozenset(
    {
        "static",
        "auth.sign_in",
        "operations.alive",
        "operations.ready",
        "site.accessibility",
    }
)
# The API knows its callers by their tokens, never by a session cookie. Nothing else lives here.
API = "/api/"


class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """The user of a session, as Flask-Login and the templates want it."""

    def __init__(self, user: User) -> None:
        self.id = user.id
        self.name = user.name
        self.role = Role(user.role)
        self._stamp = user.stamp

    def get_id(self) -> str:
        return f"{self.id}.{self._stamp}"


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Name and password."""

    identifiant = StringField(
        "Identifiant",
        validators=[InputRequired("Saisissez votre identifiant.")],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    mot_de_passe = PasswordField(
        "Mot de passe",
        validators=[InputRequired("Saisissez votre mot de passe.")],
        render_kw={"autocomplete": "current-password"},
    )


def init_app(app: Flask) -> None:
    """Register Flask-Login and the rule on an application whose database is already open."""
    app.permanent_session_lifetime = timedelta(hours=app.config["SESSION_HOURS"])
    manager = LoginManager(app)
    # Flask-Login's own "strong" mode binds a session to address and browser: a laptop that
    # changes network would sign its advisor out in the middle of a meeting.
    manager.session_protection = None
    manager.user_loader(_load)
    app.before_request(_require_user)


def database() -> Database:
    """Give the application's database."""
    opened: Database = current_app.extensions["database"]
    return opened


def roles(*allowed: Role) -> Callable[[Callable[R, ResponseReturnValue]], Callable[R, ResponseReturnValue]]:
    """Refuse (403) a view to users who have none of these roles."""

    def decorate(view: Callable[R, ResponseReturnValue]) -> Callable[R, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: R.args, **kwargs: R.kwargs) -> ResponseReturnValue:
            if current_user.role not in allowed:
                abort(403)
            return view(*args, **kwargs)

        return guarded

    return decorate


def audits() -> bool:
    """Say whether the signed-in user is an auditor, to whom protected grounds may be shown."""
    return bool(current_user.role is Role.AUDITOR)


@blueprint.route("/connexion", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Ask for name and password; then go to the page that was wanted."""
    wanted = safe_path(request.args.get("suite", "")) or url_for("home.search")
    if current_user.is_authenticated:
        return redirect(wanted, 303)
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("pages/login.html", form=form), 422 if form.is_submitted() else 200
    address = request.remote_addr or "inconnue"
    throttle = attempts.Throttle(
        account=current_app.config["LOGIN_ATTEMPTS"],
        address=current_app.config["LOGIN_ATTEMPTS_ADDRESS"],
        seconds=60 * current_app.config["LOGIN_MINUTES"],
    )
    name = form.identifiant.data
    if wait := throttle.begin(database(), name, address):
        minutes = -(-wait // 60)
        form.identifiant.errors = [
            "Trop d’essais de connexion : attendez "
            f"{'une minute' if minutes == 1 else f'{minutes} minutes'}, puis recommencez."
        ]
        response = make_response(render_template("pages/login.html", form=form), 429)
        response.headers["Retry-After"] = str(wait)
        return response
    user = users.authenticate(database(), name, form.mot_de_passe.data)
    if user is None:
        form.identifiant.errors = [
            "Identifiant ou mot de passe incorrect : vérifiez-les, puis recommencez. "
            "Si vous avez oublié votre mot de passe, demandez-en un autre à votre administrateur."
        ]
        return render_template("pages/login.html", form=form), 422
    throttle.succeed(database(), name, address)
    # Nothing of the session before survives, its CSRF token included: no session can be fixed beforehand.
    waiting = kept.waiting()
    cookie.clear()
    login_user(SignedIn(user))
    kept.hand_over(user.id, waiting)
    return redirect(wanted, 303)


@blueprint.post("/deconnexion")
def sign_out() -> ResponseReturnValue:
    """End this user's sessions, also copies of the cookie kept elsewhere."""
    users.end_sessions(database(), current_user.id)
    logout_user()
    cookie.clear()
    return redirect(url_for("auth.sign_in"), 303)


def safe_path(target: str) -> str:
    """Give `target` if it is a path of this site, else an empty text.

    Browsers read "//host", "/\\host" and tabs inside a scheme as another site.
    """
    if not re.fullmatch(r"/(?![/\\])[^\\\x00-\x20\x7f]*", target):
        return ""
    parts = urlsplit(target)
    return "" if parts.scheme or parts.netloc else target


def _load(identifier: str) -> SignedIn | None:
    identity, _, stamp = identifier.partition(".")
    if not identity.isdecimal() or not stamp:
        return None
    try:
        user = users.get_user(database(), int(identity), stamp)
    except SQLAlchemyError:
        # What is open to everybody is shown without the database; the session is kept for later.
        if request.endpoint in PUBLIC - {"auth.sign_in"}:
            return None
        raise
    return None if user is None else SignedIn(user)


def _require_user() -> ResponseReturnValue | None:
    if request.endpoint in PUBLIC or request.path.startswith(API):
        return None
    if current_user.is_authenticated:
        return None
    # After a POST there is no page to come back to, unless what was typed is kept for it.
    wanted = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} or kept.keep() else ""
    suite = wanted if safe_path(wanted) and wanted != "/" else None
    return redirect(url_for("auth.sign_in", suite=suite), 303)
