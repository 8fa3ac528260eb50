"""Applications of one test's own, for tests that change settings, users or tables."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pretadepenser import create_app
from pretadepenser.money import KAGGLE, using
from pretadepenser.records import users
from pretadepenser.records.database import Database
from tests.conftest import signed_in

PASSWORD = "une suite de quelques mots"


@pytest.fixture(scope="module", autouse=True)
def amounts_as_pages_show_them() -> Iterator[None]:
    """What a test words by itself is worded as on the pages of `trained`, which has Kaggle's amounts."""
    with using(KAGGLE):
        yield


@pytest.fixture(scope="module")
def browsers(app: Flask) -> Callable[[str], FlaskClient]:
    """The browser of a user, who signs in once."""
    known: dict[str, FlaskClient] = {}

    def of(name: str) -> FlaskClient:
        if name not in known:
            known[name] = signed_in(app, name)
        return known[name]

    return of


@pytest.fixture(scope="session")
def prepared(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of `trained` with tables and the advisor bruno, without a key yet. Never changed."""
    folder = tmp_path_factory.mktemp("prepared") / "instance"
    shutil.copytree(trained, folder, symlinks=True)
    database = Database(f"sqlite:///{folder}/pretadepenser.sqlite")
    database.upgrade()
    users.add_user(database, "bruno", "conseiller", PASSWORD)
    # Closed, all stands in the file itself.
    database.engine.dispose()
    return folder


@pytest.fixture
def make_app(prepared: Path, tmp_path: Path) -> Callable[..., Flask]:
    """Makes an application with some settings, on a copy of `trained` with tables and the advisor bruno."""

    def make(**settings: object) -> Flask:
        instance = tmp_path / "instance"
        if not instance.exists():
            shutil.copytree(prepared, instance, symlinks=True)
        return create_app({"INSTANCE": instance, "TESTING": True, **settings})

    return make


def token_of(page: str) -> str:
    """Give the CSRF token of a page's form."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


@pytest.fixture
def sign_in() -> Callable[..., object]:
    """Fills the form of /connexion in and sends it."""

    def fill(
        browser: FlaskClient, name: str = "bruno", password: str = PASSWORD, url: str = "/connexion"
    ) -> object:
        form = {"identifiant": name, "mot_de_passe": password}
        form["csrf_token"] = token_of(browser.get("/connexion").text)
        return browser.post(url, data=form)

    return fill
