"""What tests share: an application on an instance folder of its own."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pretadepenser import create_app
from pretadepenser.records import users

PASSWORD = "un mot de passe d'essai"


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """An application with an up-to-date database and one advisor, "agathe"."""
    app = create_app({"INSTANCE": tmp_path / "instance", "TESTING": True})
    database = app.extensions["database"]
    database.upgrade()
    users.add_user(database, "agathe", "conseiller", PASSWORD)
    return app


@pytest.fixture
def anonymous(app: Flask) -> FlaskClient:
    """A browser that nobody signed in with."""
    return app.test_client()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser in which agathe is signed in."""
    client = app.test_client()
    page = client.get("/connexion").text
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    assert token
    form = {"identifiant": "agathe", "mot_de_passe": PASSWORD, "csrf_token": token[1]}
    assert client.post("/connexion", data=form).status_code == 303
    return client
