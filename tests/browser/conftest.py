"""A real gunicorn and a real headless Chromium, one of each for all browser tests."""

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from flask import abort
from numpy.typing import NDArray
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.chrome.webdriver import WebDriver
from werkzeug.serving import make_server

from pretadepenser import create_app
from pretadepenser.audit.browser import ARGUMENTS
from pretadepenser.credit.model.scoring import Model, current_model, current_scores
from pretadepenser.credit.portfolio import Portfolio, current_portfolio
from pretadepenser.credit.recourse.search import levers
from pretadepenser.credit.scale import Scale
from pretadepenser.money import using
from pretadepenser.records import users
from tests.browser.states import State, leaving_the_page
from tests.conftest import PASSWORD
from tests.web.test_gunicorn import Server, start


def chromium() -> WebDriver | None:
    """A new headless Chromium, None where it is not installed."""
    browser, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if not browser or not chromedriver:
        return None
    options = Options()
    options.binary_location = browser
    for argument in (*ARGUMENTS, "--no-sandbox"):
        options.add_argument(argument)
    started = webdriver.Chrome(options=options, service=Service(chromedriver))
    started.set_script_timeout(60)
    return started


@pytest.fixture(scope="session")
def driver() -> Iterator[WebDriver]:
    """Headless Chromium; the tests that need it are skipped where it is not installed."""
    started = chromium()
    if started is None:
        pytest.skip("chromium and chromedriver are not installed (apt install chromium chromium-driver)")
    yield started
    started.quit()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """Starts gunicorn on an instance folder, once each, and gives its address."""
    running: dict[Path, Server] = {}

    def address(instance: Path) -> str:
        if instance not in running:
            running[instance] = start(instance)
            running[instance].wait()
        return f"http://127.0.0.1:{running[instance].port}"

    yield address
    # All are told before any is waited for: each ends only when the browser's connections have timed out.
    for server in running.values():
        server.process.terminate()
    for server in running.values():
        server.process.wait(40)


@pytest.fixture(scope="session")
def site(serve: Callable[[Path], str], instance: Path) -> str:
    """Address of the application in its normal state, with a user whose password must be changed."""
    database = create_app({"INSTANCE": instance}).extensions["database"]
    users.add_user(database, "dominique", "conseiller", PASSWORD, must_change=True)
    return serve(instance)


@pytest.fixture(scope="session")
def empty_site(serve: Callable[[Path], str], instance: Path) -> str:
    """Address of an application that has users, and no portfolio or model yet."""
    folder = instance.parent / "empty"
    folder.mkdir()
    # Not the file alone: what was written last stands in a file beside it.
    with closing(sqlite3.connect(instance / "pretadepenser.sqlite")) as file:
        file.execute("VACUUM INTO ?", (str(folder / "pretadepenser.sqlite"),))
    return serve(folder)


@pytest.fixture(scope="session")
def broken_site(serve: Callable[[Path], str], instance: Path) -> str:
    """Address of an application whose database has lost a table: the home page cannot be shown."""
    folder = instance.parent / "broken"
    shutil.copytree(instance, folder, symlinks=True)
    with sqlite3.connect(folder / "pretadepenser.sqlite") as database:
        (table,) = database.execute("SELECT name FROM sqlite_master WHERE name LIKE 'recent%'").fetchone()
        database.execute(f"DROP TABLE {table}")
    return serve(folder)


@pytest.fixture(scope="session")
def changed_site(serve: Callable[[Path], str], instance: Path) -> str:
    """Address of an application whose limit is no longer that of the training."""
    folder = instance.parent / "changed"
    shutil.copytree(instance, folder, symlinks=True)
    (folder / "config.toml").write_text("LIMIT = 0.45\n", "utf-8")
    return serve(folder)


@pytest.fixture(scope="session")
def genuine_site(serve: Callable[[Path], str], genuine: Path) -> str:
    """Address of an application whose clients are not said to be fictitious, and whose sheet lacks all."""
    return serve(genuine)


@pytest.fixture(scope="session")
def failing_site(instance: Path) -> Iterator[str]:
    """Address of an application that answers /essai/<code> with any error, as none of its own pages does."""
    app = create_app({"INSTANCE": instance})
    app.add_url_rule("/essai/<int:code>", "essai", abort)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def _with_a_way(portfolio: Portfolio, model: Model, order: NDArray[np.int64]) -> int:
    """The first of these clients for whom a safe change exists."""
    with using(portfolio.money):
        for number in order[:60].tolist():
            client = portfolio.client(number)
            assert client
            if levers(model, portfolio, client.values, 0.48).proposals:
                return int(number)
    raise AssertionError("nobody refused has a way")


@pytest.fixture(scope="session")
def numbers(instance: Path) -> dict[str, int]:
    """Clients to name in the paths of states: refused, close to the limit, and as far from it as can be."""
    portfolio, model = current_portfolio(instance), current_model(instance)
    assert portfolio
    assert model
    margins = current_scores(instance, portfolio, model)
    assert margins is not None
    beyond = margins - Scale(0.48).margin
    clients = portfolio.numbers()
    return {
        "refused": _with_a_way(portfolio, model, clients[np.argsort(np.abs(beyond - 1))]),
        "close": int(clients[np.argmin(np.abs(beyond - 0.2))]),
        "hopeless": int(clients[np.argmax(beyond)]),
    }


def sign_in(driver: WebDriver, base: str, user: str) -> None:
    """Signs in, however long the wait that wrong passwords of another test have earned this address.

    Raises AssertionError when half a minute was not enough.
    """
    for _ in range(30):
        driver.get(base + "/connexion")
        driver.find_element("id", "identifiant").send_keys(user)
        driver.find_element("id", "mot_de_passe").send_keys(PASSWORD)
        with leaving_the_page(driver):
            driver.find_element("id", "mot_de_passe").submit()
        if not driver.find_elements("id", "identifiant"):
            return
        time.sleep(1)
    raise AssertionError(f"{user} cannot sign in: {driver.find_element('tag name', 'main').text}")


@pytest.fixture
def visit(driver: WebDriver, site: str, numbers: dict[str, int]) -> Callable[..., WebDriver]:
    """Opens a page as one of the users: visit("/modele", user="basile"); user="" is nobody."""

    def go(path: str, user: str = "agathe", base: str = site) -> WebDriver:
        if getattr(driver, "known_as", None) != (base, user):
            driver.get(base + "/connexion")
            driver.delete_all_cookies()
            if user:
                sign_in(driver, base, user)
            driver.known_as = (base, user)  # type: ignore[attr-defined]  # a note of ours on it
        driver.get(base + path.format(**numbers))
        # A test before may have ended this session: what is looked at is never the page of signing in.
        if user and driver.find_elements("id", "identifiant"):
            sign_in(driver, base, user)
            driver.get(base + path.format(**numbers))
        return driver

    return go


@pytest.fixture
def show(visit: Callable[..., WebDriver], request: pytest.FixtureRequest) -> Callable[[State], WebDriver]:
    """Brings a page into a state, and makes sure that it is that state."""

    def bring(state: State) -> WebDriver:
        driver = visit(state.path, state.user, request.getfixturevalue(state.site))
        if state.act:
            state.act(driver)
        state.recognise(driver)
        return driver

    return bring
