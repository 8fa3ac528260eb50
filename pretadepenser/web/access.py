"""Who may open what: one rule a page, by endpoint, asked before every view.

What is not in RULES is refused to everybody (403): whoever adds a page says here whom it is for. The matrix
of docs/access.md, which is generated from tests/web/test_access.py, says the same address by address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from flask import Blueprint, Flask, abort, current_app, flash, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from werkzeug.exceptions import Forbidden

from pretadepenser.records import grants
from pretadepenser.records.grants import LARGEST
from pretadepenser.records.models import Decision, Letter, Review, Role
from pretadepenser.web import auth, resources
from pretadepenser.web.addresses import url_for

blueprint = Blueprint("access", __name__)

EVERYONE: Final = frozenset(Role)
# Those who meet clients.
ADVISORS: Final = frozenset({Role.ADVISOR, Role.MANAGER})
MANAGERS: Final = frozenset({Role.MANAGER})
AUDITORS: Final = frozenset({Role.AUDITOR})
ADMINISTRATORS: Final = frozenset({Role.ADMINISTRATOR})
# Those who look after the model, and may see how it treats protected groups; never a client by that.
OVERSEERS: Final = AUDITORS | ADMINISTRATORS
READING: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Rule:
    """Whom a page answers to.

    who: the roles; granted: methods by which it also answers to an auditor, where it is about a client whose
    file was opened to this auditor from an entry of the journal (records/grants.py).
    """

    who: frozenset[Role]
    granted: frozenset[str] = frozenset()


# For everybody; for those who meet clients; for these and for auditors who have a reason; for those who look
# after the model; for one role.
ALL: Final = Rule(EVERYONE)
WORK: Final = Rule(ADVISORS)
FILE: Final = Rule(ADVISORS, granted=READING)
# What auditors do with a file that is open to them, and nobody else does.
REPLAY: Final = Rule(frozenset(), granted=frozenset({"POST"}))
OVERSIGHT: Final = Rule(OVERSEERS)
AUDIT: Final = Rule(AUDITORS)
REVIEW: Final = Rule(MANAGERS)
ADMINISTRATION: Final = Rule(ADMINISTRATORS)

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        # Open without a session too (auth.PUBLIC), or with a token alone (auth.API).
        "static": ALL,
        "auth.sign_in": ALL,
        "auth.remaining": ALL,
        "operations.alive": ALL,
        "operations.ready": ALL,
        "site.accessibility": ALL,
        "site.guide": ALL,
        "site.plan": ALL,
        "api.openapi": ALL,
        "api.client_score": ALL,
        "api.scores": ALL,
        # Everybody's own account.
        "auth.sign_out": ALL,
        "account.page": ALL,
        "account.end": ALL,
        "account.end_others": ALL,
        # The start page, which sends others to theirs (START), and what is done with figures of clients.
        "home.search": WORK,
        "application.new": WORK,
        "application.spreadsheet": WORK,
        "application.picture": WORK,
        "simulation.simulate": WORK,
        "simulation.spreadsheet": WORK,
        "simulation.picture": WORK,
        # A client's file.
        "clients.decision": FILE,
        "clients.file": FILE,
        "clients.picture": FILE,
        "clients.spreadsheet": FILE,
        "history.show": FILE,
        "history.picture": FILE,
        "history.spreadsheet": FILE,
        "comparison.compare": FILE,
        "comparison.picture": FILE,
        "comparison.spreadsheet": FILE,
        "levers.levers": FILE,
        "levers.picture": FILE,
        "levers.spreadsheet": FILE,
        "meeting.sheet": FILE,
        "meeting.pdf": FILE,
        "meeting.picture": FILE,
        "meeting.spreadsheet": FILE,
        "capacity.show": WORK,
        # Decisions of people on it; an advisor reads no other advisor's (decision.py).
        "decision.decide": WORK,
        "decision.own": WORK,
        "decision.correct": WORK,
        "decision.record": FILE,
        # Second readings and reviews, by somebody else than who decided (records hold that).
        "reviews.work_list": REVIEW,
        "reviews.second_reading": REVIEW,
        "reviews.correct": REVIEW,
        "reviews.end": REVIEW,
        "reviews.ask": WORK,
        "reviews.record": FILE,
        "letters.preview": FILE,
        "letters.make": WORK,
        "letters.reply": FILE,
        "letters.make_reply": REVIEW,
        "letters.pdf": FILE,
        "replay.replay": REPLAY,
        # The journal.
        "journal.show": AUDIT,
        "journal.spreadsheet": AUDIT,
        "access.open_file": AUDIT,
        # The model, the technology watch, the evidence.
        "model.overview": ALL,
        "model.card": ALL,
        "model.picture": ALL,
        "model.spreadsheet": ALL,
        "model.fairness": OVERSIGHT,
        "model.fairness_picture": OVERSIGHT,
        "model.fairness_chart_spreadsheet": OVERSIGHT,
        "model.fairness_spreadsheet": OVERSIGHT,
        "watch.report": ALL,
        "watch.page": ALL,
        "watch.picture": ALL,
        "watch.spreadsheet": ALL,
        "site.evidence": OVERSIGHT,
        "site.evidence_pack": AUDIT,
        # Settings.
        "administration.settings": ADMINISTRATION,
    }
)


@dataclass(frozen=True)
class Start:
    """Where somebody's work begins: the page, and the words of a link to it."""

    endpoint: str
    link: str

    @property
    def path(self) -> str:
        """Its address."""
        return url_for(self.endpoint)


SEARCH: Final = "home.search"
# Where "/" leads those who look for no client.
STARTS: Final[Mapping[Role, Start]] = MappingProxyType(
    {
        Role.AUDITOR: Start("journal.show", "Ouvrir le journal"),
        Role.ADMINISTRATOR: Start("administration.settings", "Ouvrir les réglages"),
    }
)
_ANYBODY: Final = Start(SEARCH, "Rechercher un client")


class ClosedFileError(Forbidden):
    """A page about clients is not for the role of whoever asks; the description says why and what to do."""


def _of(column: Any, client: Any) -> Callable[[object], int | None]:
    def find(given: object) -> int | None:
        if isinstance(given, int) and given > LARGEST:
            return None
        with auth.database().connection() as connection:
            found = connection.scalar(select(client).where(column == given))
        return None if found is None else int(found)

    return find


# Variables of an address that say which client it is about: how to find the client's number by each.
CLIENTS: Final[Mapping[str, Callable[[Any], int | None]]] = MappingProxyType(
    {
        "number": int,
        "decision": _of(Decision.id, Decision.client),
        "letter": _of(Letter.id, Letter.client),
        "reference": _of(Review.reference, Review.client),
    }
)


def init_app(app: Flask) -> None:
    """Register the rule; after auth's, so that who asks is known, and before all that looks at a client."""
    app.before_request(_refuse)
    app.jinja_env.globals.update(may_open=may_open, start=start)


def may_open(endpoint: str, client: int | None = None) -> bool:
    """Whether a page is there to be read by the signed-in user; client: SK_ID_CURR of whom it is about."""
    return answers(current_user._get_current_object(), endpoint, client)


def answers(user: Any, endpoint: str, client: int | None = None) -> bool:
    """What `may_open` says of many pages, the signed-in user being looked up once."""
    rule = RULES[endpoint]
    if not user.is_authenticated:
        return endpoint in auth.PUBLIC
    if user.must_change:
        return endpoint in auth.BEFORE_CHANGE | auth.PUBLIC
    return user.role in rule.who or (
        "GET" in rule.granted and client is not None and user.role is Role.AUDITOR and _held(client)
    )


def reads(endpoint: str, role: Role) -> bool:
    """Whether users of a role may read a page, be it for some clients alone."""
    rule = RULES[endpoint]
    return role in rule.who or (role is Role.AUDITOR and "GET" in rule.granted)


def start() -> Start:
    """Where the work of the signed-in user begins."""
    return STARTS.get(current_user.role, _ANYBODY)


@blueprint.post("/journal/<int:entry>/dossier")
def open_file(entry: int) -> ResponseReturnValue:
    """Open, for a day, the file of the client whom an entry of the journal is about; the journal says so."""
    client = grants.grant(auth.database(), entry, auth.person())
    if client is None:
        abort(404, description="Aucun dossier ne s’ouvre à partir de cette entrée du journal.")
    flash("Ce dossier vous est ouvert pour 12 heures ; le journal note chaque page que vous en lirez.")
    if resources.portfolio().index(client) is None:
        flash(f"Le portefeuille n’a plus le client {client} : seules ses décisions peuvent se lire.")
        return redirect(start().path, 303)
    return redirect(url_for("clients.decision", number=client), 303)


def _refuse() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # 404 or 405
    rule = RULES.get(request.endpoint)
    if rule is None:
        current_app.logger.error("%s n’est ouvert à personne : access.RULES n’en dit rien.", request.endpoint)
        abort(403)
    # The API asks for its token itself; auth has sent away whoever must sign in.
    if request.endpoint in auth.PUBLIC or request.path.startswith(auth.API):
        return None
    role = current_user.role
    if role in rule.who:
        return None
    if request.endpoint == SEARCH and request.method in READING:
        return redirect(start().path, 303)
    if role is Role.AUDITOR and request.method in rule.granted and _held(_client()):
        return None
    if Role.ADVISOR not in rule.who and not (rule.granted and role is Role.AUDITOR):
        abort(403)
    raise ClosedFileError(_why_closed(role, rule))


def _why_closed(role: Role, rule: Rule) -> str:
    if role is Role.ADMINISTRATOR:
        return (
            "Un administrateur n’ouvre aucun dossier de client. Si un dossier pose question, demandez à un "
            "responsable ou à un auditeur de le lire."
        )
    if rule.granted:
        return (
            "Un auditeur ouvre le dossier d’un client à partir d’une entrée du journal, qui le note : "
            "cherchez-y celle qui vous amène."
        )
    return "Un auditeur lit des dossiers de clients ; il n’y saisit rien."


def _client() -> int | None:
    """Number of the client whom the page asked for is about, None where it is about none that is known."""
    for name, value in (request.view_args or {}).items():
        if name in CLIENTS:
            return CLIENTS[name](value)
    return None


def _held(client: int | None) -> bool:
    """Whether the client's file is open to the auditor who asks; looked up once a request."""
    if client is None:
        return False
    known: dict[int, bool] = g.setdefault("files_held", {})
    if client not in known:
        known[client] = grants.held(auth.database(), client, current_user.name)
    return known[client]
