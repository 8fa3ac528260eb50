"""What tests share: a trained instance, the application on it, browsers that check what they fetch."""

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement
from werkzeug.test import TestResponse

from pretadepenser import create_app, demo
from pretadepenser.credit.model import training
from pretadepenser.credit.model.scoring import Model, current_model
from pretadepenser.credit.portfolio import Portfolio, current_portfolio, import_batches
from pretadepenser.records import users
from tests import invariants, skips

PASSWORD = "un mot de passe d'essai"
USERS = {"agathe": "conseiller", "basile": "auditeur", "camille": "administrateur"}

Page = Callable[..., HtmlElement]


class Clock:
    """The time of day, as the test sets it."""

    now = 1_800_000_000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still until the test moves it."""
    clock = Clock()
    monkeypatch.setattr(time, "time", lambda: clock.now)
    return clock


def pytest_configure(config: pytest.Config) -> None:
    """Have every skip looked at."""
    config.pluginmanager.register(skips)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder with 2,000 fictitious clients and the model trained on them. Never changed."""
    folder = tmp_path_factory.mktemp("trained")
    import_batches(demo.batches(2000, 3), folder, fictitious=True)
    training.train(folder)
    return folder


@pytest.fixture(scope="session")
def portfolio(trained: Path) -> Portfolio:
    """The clients of `trained`."""
    found = current_portfolio(trained)
    assert found
    return found


@pytest.fixture(scope="session")
def model(trained: Path) -> Model:
    """The model of `trained`."""
    found = current_model(trained)
    assert found
    return found


@pytest.fixture(scope="session")
def instance(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of `trained` with tables and a user of each role, for tests that read pages."""
    folder = tmp_path_factory.mktemp("instance") / "instance"
    shutil.copytree(trained, folder, symlinks=True)
    database = create_app({"INSTANCE": folder}).extensions["database"]
    database.upgrade()
    for name, role in USERS.items():
        users.add_user(database, name, role, PASSWORD)
    return folder


@pytest.fixture(scope="session")
def genuine(instance: Path) -> Path:
    """A copy of `instance` whose portfolio is not said to be fictitious: nothing is made up for it."""
    folder = instance.parent / "genuine"
    shutil.copytree(instance, folder, symlinks=True)
    import_batches(demo.batches(2000, 3), folder, fictitious=False)
    return folder


@pytest.fixture(scope="session")
def app(instance: Path) -> Flask:
    """The application on `instance`."""
    return create_app({"INSTANCE": instance, "TESTING": True})


class Browser(FlaskClient):
    """Flask's test client that checks the invariants of every page it is given."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        page = response.mimetype == "text/html" and response.status_code not in (301, 302, 303, 308)
        if page and response.request.method != "HEAD":
            invariants.check(response.text, response.request.path)
        return response


@pytest.fixture
def anonymous(app: Flask) -> FlaskClient:
    """A browser that nobody signed in with."""
    app.test_client_class = Browser
    return app.test_client()


def signed_in(app: Flask, name: str) -> FlaskClient:
    """A browser in which a user of USERS is signed in."""
    app.test_client_class = Browser
    browser = app.test_client()
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', browser.get("/connexion").text)
    assert found
    form = {"identifiant": name, "mot_de_passe": PASSWORD, "csrf_token": found[1]}
    assert browser.post("/connexion", data=form).status_code == 303
    return browser


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser in which the advisor agathe is signed in."""
    return signed_in(app, "agathe")


@pytest.fixture
def auditor(app: Flask) -> FlaskClient:
    """A browser in which the auditor basile is signed in."""
    return signed_in(app, "basile")


@pytest.fixture
def page(client: FlaskClient) -> Page:
    """Fetches a page as the advisor: page(url, status=200) gives its parsed and checked HTML."""

    def fetch(url: str, status: int = 200) -> HtmlElement:
        response = client.get(url)
        assert response.status_code == status, f"{url}: {response.status_code}"
        return invariants.check(response.text, url)

    return fetch


@pytest.fixture
def send(client: FlaskClient) -> Page:
    """Sends a form as the advisor: send(url, data, status=200); the CSRF token is read from the page."""

    def post(url: str, data: dict[str, object], status: int = 200) -> HtmlElement:
        token = client.get(url)
        found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', token.text)
        assert found, url
        response = client.post(url, data={"csrf_token": found[1], **data})
        assert response.status_code == status, f"{url}: {response.status_code}"
        return invariants.check(response.text, url)

    return post
