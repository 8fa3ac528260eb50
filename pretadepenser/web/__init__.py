"""One blueprint a family of pages; the only room that knows HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Set up an application whose settings are loaded and whose database is open, and add all pages."""
    from pretadepenser.web import (
        access,
        account,
        addresses,
        administration,
        api,
        application,
        auth,
        capacity,
        clients,
        comparison,
        compression,
        decision,
        errors,
        frame,
        heavy,
        history,
        home,
        journal,
        letters,
        levers,
        meeting,
        model,
        operations,
        replay,
        reviews,
        security,
        simulation,
        site,
        statics,
        trail,
        watch,
    )

    app.jinja_environment = frame.Environment
    # What a part does after a request is done last to first: compression sees finished answers, and the trail
    # is written before anything else is done to one.
    parts = (
        addresses, heavy, compression, operations, security, auth, access, frame, decision, statics, errors,
        api, trail,
    )  # fmt: skip
    for part in parts:
        part.init_app(app)
    pages = (
        auth, access, account, home, clients, history, comparison, simulation, levers, capacity, meeting,
        decision, replay, reviews, letters, application, model, journal, site, watch, administration,
        operations, api,
    )  # fmt: skip
    for page in pages:
        app.register_blueprint(page.blueprint)
