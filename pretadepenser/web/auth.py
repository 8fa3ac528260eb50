"""Signing in and out, and the one rule that every other page needs a signed-in user."""

import hashlib
import re
import time
from datetime import timedelta
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user
from flask_wtf import FlaskForm
from sqlalchemy.exc import SQLAlchemyError
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from pretadepenser.french import plural
from pretadepenser.records import attempts, journal, names, sessions, users
from pretadepenser.records.database import Database
from pretadepenser.records.decisions import Person
from pretadepenser.records.journal import Kind
from pretadepenser.records.models import Role
from pretadepenser.web import devices, kept

blueprint = Blueprint("auth", __name__)

# The only endpoints that answer without a signed-in user. The accessibility statement is among
# them because French law wants it within everybody's reach, as are help and site map; none shows a client.
PUBLIC = frozenset(
    {
        "static",
        "auth.sign_in",
        "auth.remaining",
        "operations.alive",
        "operations.ready",
        "site.accessibility",
        "site.guide",
        "site.plan",
    }
)
# What else answers to somebody whose password was given by somebody else: changing it, and leaving.
BEFORE_CHANGE = frozenset({"account.page", "account.end", "account.end_others", "auth.sign_out"})
# How long the owner of a session that has ended is known, so that what was typed can wait.
COOKIE_LIFE = timedelta(days=30)
# The API knows its callers by their tokens, never by a session cookie. Nothing else lives here.
API = "/api/"


class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """The user of a session, as Flask-Login and the templates want it.

    `session`: id of the session's row; `end`: when it ends if it is not used again (seconds since the epoch).
    """

    def __init__(self, found: sessions.Found) -> None:
        self.id = found.user.id
        self.name = found.user.name
        self.role = Role(found.user.role)
        self.must_change = found.user.must_change
        self.session = found.session.id
        self.end = found.end

    @property
    def remaining(self) -> int:
        """Whole seconds until the session ends if it is not used again."""
        return max(0, int(self.end - time.time()))


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
    # How long the cookie's signature is good, not the session: its owner is known for that long.
    app.permanent_session_lifetime = COOKIE_LIFE
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


def person() -> Person:
    """The signed-in user, as records name whoever writes."""
    return Person(current_user.id, current_user.name)


def form_key(*parts: object) -> str:
    """The key by which a form is written once: of the signed-in user, and of what tells it from others."""
    told = ":".join(map(str, (current_user.id, *parts)))
    return hashlib.sha256(told.encode()).hexdigest()


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
        return _asked(form), 422 if form.is_submitted() else 200
    name = form.identifiant.data
    who = attempts.Who.of(name, request.remote_addr or "inconnue", devices.known(name))
    if wait := throttle().begin(database(), who):
        form.identifiant.errors = [too_many(wait)]
        return slowed(_asked(form), wait)
    user = users.authenticate(database(), name, form.mot_de_passe.data)
    identifier = sessions.begin(database(), user, devices.browser(), limits()) if user else None
    if user is None or identifier is None:
        known = names.normalise(name) if users.known(database(), name) else journal.UNKNOWN
        journal.append(database(), Kind.SIGN_IN_FAILED, known)
        form.identifiant.errors = [
            "Identifiant ou mot de passe incorrect : vérifiez-les, puis recommencez. "
            "Si vous avez oublié votre mot de passe, demandez-en un autre à votre administrateur."
        ]
        return _asked(form), 422
    throttle().succeed(database(), who)
    # Nothing of the session before survives, its CSRF token included: no session can be fixed beforehand.
    waiting = kept.waiting()
    cookie.clear()
    remember(user.id, identifier)
    kept.hand_over(user.id, waiting)
    response = current_app.make_response(redirect(wanted, 303))
    devices.remember(response, name)
    return response


@blueprint.post("/deconnexion")
def sign_out() -> ResponseReturnValue:
    """End this session: copies of its cookie are dead; the user's other sessions go on."""
    sessions.end(database(), current_user.id, current_user.session, "déconnexion")
    cookie.clear()
    return redirect(url_for("auth.sign_in"), 303)


@blueprint.route("/session", methods=["GET", "POST"])
def remaining() -> ResponseReturnValue:
    """Say in how many seconds the session ends, 0 where it has; POST goes on with it, GET does not count."""
    return jsonify(remaining=current_user.remaining if current_user.is_authenticated else 0)


def limits() -> sessions.Limits:
    """How long sessions last, by the settings."""
    return sessions.Limits(
        60 * current_app.config["SESSION_IDLE"], 3600 * current_app.config["SESSION_HOURS"]
    )


def remember(user: int, identifier: str) -> None:
    """Put a session into the cookie, as Flask-Login looks for it."""
    cookie["_user_id"] = f"{user}.{identifier}"


def throttle() -> attempts.Throttle:
    """The throttle of attempts, by the settings."""
    return attempts.Throttle(
        account=current_app.config["LOGIN_ATTEMPTS"],
        address=current_app.config["LOGIN_ATTEMPTS_ADDRESS"],
        longest=60 * current_app.config["LOGIN_MINUTES"],
    )


def too_many(wait: int) -> str:
    """What to say of an attempt that must wait so many seconds."""
    told = plural(wait, "seconde") if wait < 60 else plural(-(-wait // 60), "minute")
    return f"Trop d’essais : attendez {told}, puis recommencez."


def slowed(page: str, wait: int) -> Response:
    """The answer to an attempt that must wait."""
    response = make_response(page, 429)
    response.headers["Retry-After"] = str(wait)
    return response


def safe_path(target: str) -> str:
    """Give `target` if it is a path of this site, else an empty text.

    Browsers read "//host", "/\\host" and tabs inside a scheme as another site.
    """
    if not re.fullmatch(r"/(?![/\\])[^\\\x00-\x20\x7f]*", target):
        return ""
    parts = urlsplit(target)
    return "" if parts.scheme or parts.netloc else target


def _asked(form: SignInForm) -> str:
    """The page that asks for name and password, with a word on the session that has ended."""
    return render_template("pages/login.html", form=form, ended=_ended())


def _ended() -> str:
    """One sentence on the session that this browser had and on what was typed; "" where it had none."""
    why = g.get("ended")
    if why is None:
        return ""
    told = "Votre session est terminée"
    if why == "idle":
        idle = plural(current_app.config["SESSION_IDLE"], "minute")
        told = f"Votre session s’est terminée après {idle} sans activité"
    if kept.waiting():
        return f"{told} ; ce que vous avez saisi est gardé : connectez-vous pour le retrouver."
    if kept.lost():
        return (
            f"{told} ; ce que vous avez saisi est trop long pour être gardé : il faudra le saisir à nouveau."
        )
    return f"{told} : connectez-vous pour continuer."


def _load(identifier: str) -> SignedIn | None:
    identity, _, text = identifier.partition(".")
    if not identity.isdecimal() or not text:
        return None
    try:
        found = sessions.find(database(), int(identity), text, limits())
    except SQLAlchemyError:
        # What is open to everybody is shown without the database; the session is kept for later.
        if request.endpoint in PUBLIC - {"auth.sign_in", "auth.remaining"}:
            return None
        raise
    if found is None or not found.good:
        g.ended = "idle" if found and limits().fell_asleep(found.session) else "over"
        return None
    return SignedIn(_used(found))


def _used(found: sessions.Found) -> sessions.Found:
    """Write down that a session is used, once a minute; asking how long it lasts is no use of it."""
    stay = request.endpoint == "auth.remaining"
    if stay and request.method != "POST":
        return found
    if not stay and time.time() - found.session.seen < sessions.RARELY:
        return found
    try:
        return sessions.touch(database(), found, limits())
    except SQLAlchemyError as error:
        current_app.logger.warning("L’usage d’une session n’a pas pu être noté : %s", error)
        return found


def _require_user() -> ResponseReturnValue | None:
    if request.endpoint in PUBLIC or request.path.startswith(API):
        return None
    if current_user.is_authenticated:
        if current_user.must_change and request.endpoint not in BEFORE_CHANGE:
            return redirect(url_for("account.page"), 303)
        return None
    # After a POST there is no page to come back to, unless it is that of a form.
    wanted = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else kept.keep()
    suite = wanted if safe_path(wanted) and wanted != "/" else None
    return redirect(url_for("auth.sign_in", suite=suite), 303)
