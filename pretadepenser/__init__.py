"""Explainable credit decisions for the advisors of Prêt à dépenser."""

import os
from collections.abc import Mapping

from flask import Flask

from pretadepenser import cli
from pretadepenser import config as settings
from pretadepenser.records.database import Database
from pretadepenser.web import (
    api,
    application,
    auth,
    clients,
    comparison,
    errors,
    frame,
    home,
    levers,
    meeting,
    model,
    operations,
    security,
    simulation,
    site,
    watch,
)

BLUEPRINTS = (
    auth.blueprint,
    home.blueprint,
    clients.blueprint,
    comparison.blueprint,
    simulation.blueprint,
    levers.blueprint,
    meeting.blueprint,
    application.blueprint,
    model.blueprint,
    site.blueprint,
    watch.blueprint,
    operations.blueprint,
    api.blueprint,
)


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Assemble the application.

    Args:
        config: settings that win over the environment and the instance folder's file.

    Raises:
        SettingError: a setting is unknown or wrong.
        RecordsError: the database's address cannot be used.
    """
    app = Flask(__name__, template_folder="../templates", static_folder="../static")
    app.config.from_mapping(settings.load(os.environ, config))
    # An address that is typed or pasted with a slash at its end is the same page.
    app.url_map.strict_slashes = False
    app.extensions["database"] = Database(app.config["DATABASE_URL"])
    operations.init_app(app)
    security.init_app(app)
    auth.init_app(app)
    frame.init_app(app)
    errors.init_app(app)
    api.init_app(app)
    cli.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
