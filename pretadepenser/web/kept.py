"""What was typed is not lost with a session or a token.

Forms of FORMS check their token themselves: where it is missing, foreign or of an older session, the same
page answers with what was typed, a fresh token and one sentence. Where the session itself has ended, what was
typed waits in the cookie until the same person has signed in again, sealed: nobody reads
figures of clients in a browser's files, and this server reads them no longer than `sealed.LIFE`.
"""

from __future__ import annotations

from typing import Any, Final

from flask import current_app, flash, request, url_for
from flask import session as cookie
from flask.sessions import SecureCookieSessionInterface
from werkzeug.datastructures import MultiDict
from werkzeug.http import dump_cookie

from pretadepenser.web import sealed

# Forms whose figures are kept, and the pages on which they stand.
PAGES: Final = {
    "home.search": "home.search",
    "simulation.simulate": "simulation.simulate",
    "simulation.spreadsheet": "simulation.simulate",
    "capacity.show": "capacity.show",
    "application.new": "application.new",
    "application.spreadsheet": "application.new",
    "decision.decide": "decision.decide",
    "reviews.second_reading": "reviews.second_reading",
    "reviews.ask": "reviews.ask",
    "reviews.correct": "reviews.correct",
    "reviews.end": "reviews.end",
}
FORMS: Final = frozenset({"auth.sign_in", "account.page", *PAGES})
# Bytes of a cookie, its attributes included, that every browser keeps.
_MOST: Final = 4093
_KEPT: Final = "kept"
# What an address is about: the same for a form and for what it is sent to besides.
_NAMES: Final = frozenset({"number", "decision", "reference"})
_LOST: Final = "lost"


def keep() -> str:
    """Keep what was sent without a session, for whoever had the session that has ended.

    Returns:
        The address of the form's page; "" for what is no such form, or where nobody had a session.
    """
    owner = str(cookie.get("_user_id", "")).partition(".")[0]
    page = PAGES.get(request.endpoint or "")
    if request.method != "POST" or page is None or not owner:
        return ""
    named = {name: value for name, value in (request.view_args or {}).items() if name in _NAMES}
    path = url_for(page, **named)
    # Boxes of one name are sent once each.
    typed = {name: values for name, values in request.form.lists() if name != "csrf_token"}
    cookie.pop(_LOST, None)
    cookie[_KEPT] = sealed.seal(_KEPT, {"owner": owner, "path": path, "typed": typed})
    if _size() > _MOST:
        del cookie[_KEPT]
        cookie[_LOST] = True
    return path


def hand_over(user: int, kept: object) -> None:
    """After signing in, go on keeping what the session before kept, for the same person only."""
    if (_opened(kept) or {}).get("owner") == str(user):
        cookie[_KEPT] = kept


def waiting() -> object:
    """What is kept, sealed; None for nothing, and for what is too old."""
    return cookie.get(_KEPT) if _opened(cookie.get(_KEPT)) else None


def lost() -> bool:
    """Whether what was sent last was too long to be kept."""
    return _LOST in cookie


def typed() -> MultiDict[str, str] | None:
    """What was typed on this page before the session ended, once."""
    if request.method != "GET" or _KEPT not in cookie:
        return None
    kept = _opened(cookie[_KEPT])
    if kept is None:
        del cookie[_KEPT]
    if kept is None or kept["path"] != request.path:
        return None
    del cookie[_KEPT]
    flash("Votre session était terminée. Voici ce que vous aviez saisi : envoyez-le à nouveau.")
    return MultiDict(kept["typed"])


def _opened(kept: object) -> dict[str, Any] | None:
    """What was kept, None where nothing was, or longer ago than it may be read."""
    return sealed.read(_KEPT, kept) if isinstance(kept, str) else None


def _size() -> int:
    """Bytes of the cookie as it would be sent: compressed, signed, with its longest attributes."""
    interface = current_app.session_interface
    assert isinstance(interface, SecureCookieSessionInterface)
    signer = interface.get_signing_serializer(current_app)
    assert signer is not None
    value = signer.dumps(dict(cookie))
    text = value if isinstance(value, str) else value.decode()
    name = current_app.config["SESSION_COOKIE_NAME"]
    return len(dump_cookie(name, text, secure=True, httponly=True, samesite="Lax", max_size=0))
