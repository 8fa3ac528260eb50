"""The button that computes the advice of a decision again, for auditors: the same, or what differs."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, render_template
from flask.typing import ResponseReturnValue

from pretadepenser.credit.model.archive import Archive
from pretadepenser.records import decisions, replays
from pretadepenser.web import auth, headings, trail

blueprint = Blueprint("replay", __name__)


@blueprint.post("/decisions/<int:decision>/rejouer")
def replay(decision: int) -> ResponseReturnValue:
    """Compute the advice anew from what is stored and archived; the journal says so (see trail.py)."""
    found = decisions.find(auth.database(), decision)
    if found is None:
        abort(404, description="Cette décision n’existe pas.")
    done = replays.replay(auth.database(), found, Archive(current_app.config["INSTANCE"]))
    trail.tell(done.client, answer=str(done.answer), differences=len(done.differences))
    return render_template("pages/replay.html", heading=headings.replayed(done), found=found, done=done)
