"""Explainable credit decisions for the advisors of Prêt à dépenser."""

import importlib
import importlib.util
import os
from collections.abc import Mapping

from flask import Flask

from pretadepenser import config as settings
from pretadepenser.records.database import Database
from pretadepenser.web import auth, operations, security


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
    app.extensions["database"] = Database(app.config["DATABASE_URL"])
    operations.init_app(app)
    security.init_app(app)
    auth.init_app(app)
    app.register_blueprint(auth.blueprint)
    app.register_blueprint(operations.blueprint)
    for name in ("site", "home", "clients", "errors"):
        if importlib.util.find_spec(f"pretadepenser.web.{name}"):
            app.register_blueprint(importlib.import_module(f"pretadepenser.web.{name}").blueprint)
    if importlib.util.find_spec("pretadepenser.cli"):
        importlib.import_module("pretadepenser.cli").init_app(app)
    return app
