"""The trail: what is shown of a client is written into the journal first, and not shown where it cannot be.

The entry is written when the answer is made and before any of it is sent: of what is refused or does not
exist nothing is shown, so nothing is written. A view adds what the address does not say (`tell`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from flask import Flask, Response, current_app, g, request
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

from pretadepenser.records import entries, journal, recents
from pretadepenser.records.database import SHORT, Database
from pretadepenser.records.journal import Kind
from pretadepenser.settings import SETTINGS
from pretadepenser.web.auth import database

# What each address shows or gives of a client. One of /clients/N that is not here is journalled as opened.
KINDS: Final = {
    "clients.decision": Kind.OPENED,
    "clients.picture": Kind.PICTURE,
    "clients.spreadsheet": Kind.EXPORTED,
    "clients.file": Kind.FILE,
    "history.show": Kind.HISTORY,
    "history.picture": Kind.PICTURE,
    "history.spreadsheet": Kind.EXPORTED,
    "comparison.compare": Kind.COMPARED,
    "comparison.picture": Kind.PICTURE,
    "comparison.spreadsheet": Kind.EXPORTED,
    "simulation.simulate": Kind.SIMULATED,
    "simulation.picture": Kind.PICTURE,
    "simulation.spreadsheet": Kind.EXPORTED,
    "levers.levers": Kind.LEVERS,
    "levers.picture": Kind.PICTURE,
    "levers.spreadsheet": Kind.EXPORTED,
    "meeting.sheet": Kind.SHEET,
    "meeting.picture": Kind.PICTURE,
    "meeting.spreadsheet": Kind.EXPORTED,
    "meeting.pdf": Kind.EXPORTED,
    "letters.preview": Kind.CONSULTED,
    "letters.make": Kind.CONSULTED,
    "letters.reply": Kind.CONSULTED,
    "letters.make_reply": Kind.CONSULTED,
    "letters.pdf": Kind.EXPORTED,
    "capacity.show": Kind.CAPACITY,
    "decision.decide": Kind.OPENED,
    "decision.record": Kind.CONSULTED,
    "decision.own": Kind.LISTED,
    "reviews.work_list": Kind.LISTED,
    "reviews.second_reading": Kind.CONSULTED,
    "reviews.ask": Kind.CONSULTED,
    "reviews.record": Kind.CONSULTED,
    "reviews.correct": Kind.CONSULTED,
    "reviews.end": Kind.CONSULTED,
    "application.new": Kind.NEW_FILE,
    "application.spreadsheet": Kind.EXPORTED,
    "api.client_score": Kind.API,
    "api.scores": Kind.API,
    "replay.replay": Kind.REPLAYED,
    "journal.show": Kind.JOURNAL_READ,
    "journal.spreadsheet": Kind.JOURNAL_READ,
    "site.evidence_pack": Kind.EVIDENCE,
}
_CLIENT: Final = "/clients/<int:number>"
# Answers that show what was asked for: a form that is sent back holds it too.
_SHOWN: Final = frozenset({200, 409, 422})


def init_app(app: Flask) -> None:
    """Have every answer about a client journalled. To be set up last: nothing else sees an answer before."""
    app.after_request(_journalled)


def tell(client: int | None = None, **told: Any) -> None:
    """Add to what the entry of this request tells; client: where the address does not name one."""
    if client is not None:
        g.trail_client = client
    g.trail = {**g.get("trail", {}), **told}


def tell_nothing() -> None:
    """Say that this answer shows nothing of the client whom its address names: a refusal does not."""
    g.nothing_shown = True


def tell_listed(clients: Iterable[int | None]) -> None:
    """Tell whom a list shows, each once; None: a client who is erased."""
    g.trail_listed = list(dict.fromkeys(one for one in clients if one is not None))


def actor() -> str:
    """Whoever asks now, as the journal names users and systems."""
    return f"jeton {g.token}" if "token" in g else str(current_user.name)


def kind_of(endpoint: str, rule: str) -> Kind | None:
    """What the journal says of an address, None for what shows no client."""
    return KINDS.get(endpoint, Kind.OPENED if rule.startswith(_CLIENT) else None)


def started(app: Flask) -> None:
    """Write the settings of a server that starts into the journal; of secrets, only that they are set.

    To be called before it serves: a server that cannot write says so in its log, and its pages will too.
    """
    opened: Database = app.extensions["database"]
    told = {one.name: "défini" if one.secret else app.config[one.name] for one in SETTINGS}
    try:
        if opened.ready():
            journal.append(opened, Kind.STARTED, journal.SERVER, settings=told)
            return
    except SQLAlchemyError:
        pass
    finally:
        # Workers that are forked next open their own.
        opened.engine.dispose()
    app.logger.error("Ce démarrage n’est pas inscrit au journal : la base de données n’est pas prête.")


def _journalled(response: Response) -> Response:
    rule = request.url_rule
    kind = kind_of(rule.endpoint, rule.rule) if rule else None
    if (
        kind is None
        or response.status_code not in _SHOWN
        or request.method == "OPTIONS"
        or "nothing_shown" in g
    ):
        return response
    # An empty form shows nobody.
    if kind is Kind.NEW_FILE and request.method != "POST":
        return response
    try:
        _write(kind)
    except SQLAlchemyError as error:
        return current_app.make_response(current_app.handle_user_exception(error))
    return response


def _write(kind: Kind) -> None:
    given = dict(request.view_args or {})
    client = g.get("trail_client", given.pop("number", None))
    # What is sealed in an address stays out: it is long, and holds figures.
    named = {name: value for name, value in given.items() if not name.startswith("sealed")}
    told = {"page": request.endpoint, **named, **g.get("trail", {})}
    who = actor()
    if kind is Kind.PICTURE and client is not None and entries.lately(database(), who, client):
        return
    listed: list[int] = g.get("trail_listed", [])
    if kind is Kind.LISTED:
        told["clients"] = len(listed)
    with journal.writing(database(), SHORT) as ledger:
        new = entries.not_listed_lately(ledger.connection, who, listed) if listed else []
        ledger.append(kind, who, client, **told)
        # One each: an entry that named them all could not be erased for one of them alone.
        for one in new:
            ledger.append(kind, who, one, page=request.endpoint)
        if request.endpoint == "clients.decision":
            recents.remember_in(ledger.connection, current_user.id, client)
