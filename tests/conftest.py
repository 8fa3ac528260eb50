"""What tests share: a trained instance, the application on it, browsers that check what they fetch."""

import fcntl
import gc
import os
import pickle
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# OpenMP's threads wait for one another by spinning: with a process of tests on each core this takes from the
# others what it does not use. Read when XGBoost is loaded, which is what the imports below do.
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
# OpenBLAS's spin too, over rows so short that one has done before: regressions took eight times longer.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
# As do TensorFlow's, over networks that are as small as can be.
os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"

# Tests that are begun late in the evening stand six hours further east, with all that they start: what was
# decided today by one line would be of yesterday in the next.
if time.localtime().tm_hour >= 20:
    hours = round(time.localtime().tm_gmtoff / 3600) + 6
    os.environ["TZ"] = f"Etc/GMT{-hours if hours <= 14 else 24 - hours:+d}"
    time.tzset()

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement
from werkzeug.test import TestResponse

from pretadepenser import create_app, demo
from pretadepenser.cli import demonstration
from pretadepenser.credit.model import tabulated, training
from pretadepenser.credit.model.scoring import Model, current_model
from pretadepenser.credit.portfolio import Portfolio, current_portfolio, import_batches
from pretadepenser.demo.histories import histories
from pretadepenser.records import journal, users
from pretadepenser.records.deciding import Desk
from pretadepenser.records.decisions import Person
from pretadepenser.records.journal import Kind
from tests import invariants, order, skips
from tests.unit import made_up_histories

PASSWORD = "un mot de passe d'essai"
# Files of clients are opened from the journal to beatrice (`opened`), never to basile.
USERS = {
    "agathe": "conseiller",
    "basile": "auditeur",
    "beatrice": "auditeur",
    "camille": "administrateur",
    "delphine": "responsable",
}
# What signing in leaves in a browser: names and paths of cookies.
COOKIES = (("session", "/"), ("appareil", "/connexion"))

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
    """Have every skip looked at, and files handed out in their order."""
    config.pluginmanager.register(skips)
    config.pluginmanager.register(order)


def pytest_collection_finish() -> None:
    """Keep what is loaded by now from being looked through for garbage again and again."""
    gc.collect()
    gc.freeze()


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that is made by whichever process of pytest-xdist needs it first, and read by all.

    make: fills the folder, which is empty; where it fails, the next that needs the folder tries again.
    Where TESTS_MADE names a folder it stands there, and is found again by the next run (`make mutants`).
    """
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    root = Path(os.environ.get("TESTS_MADE", root))
    folder = root / name
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            draft = root / f"{name}.draft"
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            make(draft)
            draft.rename(folder)
    return folder


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder with 2,000 fictitious clients and the model trained on them. Never changed."""

    def make(folder: Path) -> None:
        import_batches(demo.batches(2000, 3), folder, fictitious=True)
        training.train(folder)

    folder = made_once(tmp_path_factory, "trained", make)

    def write(table: Path) -> None:
        model = current_model(folder)
        assert model
        asked = bytes(model._booster.save_raw()), tuple(model._types)
        (table / "table").write_bytes(pickle.dumps((*asked, tabulated.tabulate(*asked))))

    # For tests/preloaded.py.
    os.environ["TESTS_TABLE"] = str(made_once(tmp_path_factory, "tabulated", write) / "table")
    return folder


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same clients with their credit histories, and the model that learnt from these. Never changed."""

    def make(folder: Path) -> None:
        import_batches(demo.batches(2000, 3), folder, fictitious=True, histories=histories(2000, 3))
        training.train(folder)

    return made_once(tmp_path_factory, "learned", make)


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
def untouched(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of `trained` with tables and a user of each role, to be copied: no page of it is ever opened."""
    folder = tmp_path_factory.mktemp("untouched") / "instance"
    shutil.copytree(trained, folder, symlinks=True)
    database = create_app({"INSTANCE": folder}).extensions["database"]
    database.upgrade()
    for name, role in USERS.items():
        users.add_user(database, name, role, PASSWORD)
    database.engine.dispose()
    return folder


@pytest.fixture(scope="session")
def instance(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of `untouched` for tests that read pages: what they journal there is seen by the others."""
    folder = tmp_path_factory.mktemp("instance") / "instance"
    shutil.copytree(untouched, folder, symlinks=True)
    return folder


@pytest.fixture(scope="session")
def genuine(untouched: Path) -> Path:
    """A copy of `untouched` whose portfolio is not said to be fictitious: nothing is made up for it."""
    folder = untouched.parent / "genuine"
    shutil.copytree(untouched, folder, symlinks=True)
    import_batches(demo.batches(2000, 3), folder, fictitious=False)
    return folder


@pytest.fixture(scope="session")
def storied(untouched: Path) -> Path:
    """A copy of `untouched` with all history tables, which know client 157083 alone."""
    folder = untouched.parent / "storied"
    shutil.copytree(untouched, folder, symlinks=True)
    histories = made_up_histories.batches(made_up_histories.of(157_083))
    import_batches(demo.batches(2000, 3), folder, fictitious=True, histories=histories)
    return folder


@pytest.fixture(scope="session")
def storied_app(storied: Path) -> Flask:
    """The application on `storied`."""
    return create_app({"INSTANCE": storied, "TESTING": True})


@pytest.fixture(scope="session")
def decided(untouched: Path) -> Path:
    """A copy of `untouched` with the demonstration's decisions: by agathe, two of them read by delphine."""
    folder = untouched.parent / "decided"
    shutil.copytree(untouched, folder, symlinks=True)
    app = create_app({"INSTANCE": folder})
    portfolio, model = current_portfolio(folder), current_model(folder)
    assert portfolio
    assert model
    database = app.extensions["database"]
    named = {one.name: Person(one.id, one.name) for one in users.list_users(database)}
    desk = Desk(folder, model, portfolio, app.config)
    demonstration.decide(database, desk, named["agathe"], named["delphine"], lambda: None)
    return folder


@pytest.fixture(scope="session")
def decided_app(decided: Path) -> Flask:
    """The application on a copy of `decided`."""
    folder = decided.parent / "shown"
    shutil.copytree(decided, folder, symlinks=True)
    return create_app({"INSTANCE": folder, "TESTING": True})


@pytest.fixture(scope="session")
def app(instance: Path) -> Flask:
    """The application on `instance`."""
    return create_app({"INSTANCE": instance, "TESTING": True})


@contextmanager
def standing_in(zone: str) -> Iterator[None]:
    """The server's own time is that of a zone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def paris() -> Iterator[None]:
    """The server stands in Paris."""
    with standing_in("Europe/Paris"):
        yield


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


def still_signed_in(app: Flask, name: str) -> FlaskClient:
    """The same with the session that a test before began, where nothing has ended it since.

    A browser of its own all the same: what a test is told to keep (cookies) the next one does not have.
    """
    kept: dict[str, dict[tuple[str, str], str]] = app.extensions.setdefault("tests: sessions", {})
    app.test_client_class = Browser
    browser = app.test_client()
    for (cookie, path), value in kept.get(name, {}).items():
        browser.set_cookie(cookie, value, path=path)
    if name in kept and browser.get("/session").get_json()["remaining"] > 0:
        return browser
    browser = signed_in(app, name)
    # A session of another time of day, which a test has set, is for that test alone.
    if abs(time.time() - time.clock_gettime(time.CLOCK_REALTIME)) < 60:
        found = {place: browser.get_cookie(place[0], path=place[1]) for place in COOKIES}
        kept[name] = {place: cookie.value for place, cookie in found.items() if cookie}
    return browser


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser in which the advisor agathe is signed in."""
    return still_signed_in(app, "agathe")


@pytest.fixture
def auditor(app: Flask) -> FlaskClient:
    """A browser in which the auditor basile is signed in."""
    return still_signed_in(app, "basile")


@pytest.fixture
def opened(app: Flask) -> FlaskClient:
    """A browser in which the auditor beatrice is signed in, to whom the file of client 157083 is open."""
    open_file(app, "beatrice")
    return still_signed_in(app, "beatrice")


def open_file(app: Flask, auditor: str, *clients: int) -> None:
    """Write into the journal that these clients' files (that of 157083) were opened to an auditor."""
    for client in clients or (157_083,):
        journal.append(app.extensions["database"], Kind.FILE_GRANTED, auditor, client, entry=1)


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
