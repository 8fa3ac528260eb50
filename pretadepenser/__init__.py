"""Explainable credit decisions for the advisors of Prêt à dépenser."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Assemble the application.

    Everything is imported here and not above: whoever imports a room of the domain loads neither Flask nor
    the database.

    Args:
        config: settings that win over the environment and the instance folder's file.

    Raises SettingError: a setting is unknown or wrong. Raises RecordsError: the database's address cannot
    be used.
    """
    from flask import Flask

    from pretadepenser import cli, web
    from pretadepenser import config as settings
    from pretadepenser.records.database import Database

    app = Flask(__name__, template_folder="../templates", static_folder="../static")
    app.config.from_mapping(settings.load(os.environ, config))
    # An address that is typed or pasted with a slash at its end is the same page.
    app.url_map.strict_slashes = False
    app.extensions["database"] = Database(app.config["DATABASE_URL"])
    web.init_app(app)
    cli.init_app(app)
    return app
