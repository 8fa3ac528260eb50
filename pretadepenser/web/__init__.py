"""One blueprint a family of pages; the only room that knows HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Set up an application whose settings are loaded and whose database is open, and add all pages."""
    from pretadepenser.web import (
        account,
        addresses,
        administration,
        api,
        application,
        auth,
        clients,
        comparison,
        compression,
        errors,
        frame,
        heavy,
        history,
        home,
        levers,
        meeting,
        model,
        operations,
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
    parts = addresses, heavy, compression, operations, security, auth, frame, statics, errors, api, trail
    for part in parts:
        part.init_app(app)
    pages = (
        auth, account, home, clients, history, comparison, simulation, levers, meeting, application, model,
        site, watch, administration, operations, api,
    )  # fmt: skip
    for page in pages:
        app.register_blueprint(page.blueprint)
