"""What was typed is not lost with a session or a token.

Forms of FORMS check their token themselves: where it is missing, foreign or of an older session, the same
page answers with what was typed, a fresh token and one sentence. Where the session itself has ended, what was
typed waits in the cookie until the same person has signed in again.
"""

from __future__ import annotations

import json
from typing import Final

from flask import flash, request
from flask import session as cookie
from werkzeug.datastructures import MultiDict

FORMS: Final = frozenset(
    {
        "auth.sign_in",
        "home.search",
        "simulation.simulate",
        "simulation.spreadsheet",
        "application.new",
        "application.spreadsheet",
    }
)
# Forms with many figures, and the pages that they stand on.
_LONG: Final = frozenset({"simulation.simulate", "application.new"})
# A cookie holds some 4,000 characters, of which the session needs a few hundred.
_MOST: Final = 3000
_KEPT: Final = "kept"


def keep() -> bool:
    """Keep what was sent without a session, for whoever had the session that has ended; say whether."""
    owner = str(cookie.get("_user_id", "")).partition(".")[0]
    if request.method != "POST" or request.endpoint not in _LONG or not owner:
        return False
    typed = {name: value for name, value in request.form.items() if name != "csrf_token"}
    kept = {"owner": owner, "path": request.path, "typed": typed}
    if len(json.dumps(kept)) > _MOST:
        return False
    cookie[_KEPT] = kept
    return True


def hand_over(user: int, kept: object) -> None:
    """After signing in, go on keeping what the session before kept, for the same person only."""
    if isinstance(kept, dict) and kept.get("owner") == str(user):
        cookie[_KEPT] = kept


def waiting() -> object:
    """What is kept, None for nothing."""
    return cookie.get(_KEPT)


def typed() -> MultiDict[str, str] | None:
    """What was typed on this page before the session ended, once."""
    kept = cookie.get(_KEPT)
    if request.method != "GET" or not isinstance(kept, dict) or kept.get("path") != request.path:
        return None
    del cookie[_KEPT]
    flash("Votre session était terminée. Voici ce que vous aviez saisi : envoyez-le à nouveau.")
    return MultiDict(kept["typed"])
