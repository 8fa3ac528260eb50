"""A real gunicorn and a real headless Chromium, one of each for all browser tests.

What the site looks like where it is not well, or set otherwise, is served by applications in this process:
another gunicorn for each would take longer to start than its pages take to be looked at.
"""

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask, abort, request
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
from tests.browser.states import State, display, leaving_the_page
from tests.conftest import PASSWORD, open_file
from tests.web import test_replay as replays
from tests.web.deciding import work, write_to
from tests.web.test_gunicorn import start

# What a cookie is made of, of what Chromium tells about it.
KEPT = ("name", "value", "path", "httpOnly", "sameSite", "expires")
# Without processes of its own for pictures and for each page that is opened, and without pages kept in case
# one goes back: a third of the work of opening one. The first two are chromedriver's own, else lost.
FEATURES = (
    "IgnoreDuplicateNavs,Prewarm,BackForwardCache,ProactivelySwapBrowsingInstance,SpareRendererForSitePerProcess"
    ",IsolateOrigins,site-per-process,RenderDocument,Translate,OptimizationHints,MediaRouter"
)
SPARING = (
    "--in-process-gpu",
    "--renderer-process-limit=1",
    "--process-per-site",
    "--disable-site-isolation-trials",
    "--disable-back-forward-cache",
    "--disable-extensions",
    "--disable-default-apps",
    f"--disable-features={FEATURES}",
)


def chromium() -> WebDriver | None:
    """A new headless Chromium, None where it is not installed."""
    browser, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if not browser or not chromedriver:
        return None
    options = Options()
    options.binary_location = browser
    for argument in (*ARGUMENTS, *SPARING, "--no-sandbox"):
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
    # Where a test needs another display, it goes back to this one.
    display(started, 1280, {})
    yield started
    started.quit()


@contextmanager
def hosted(app: Flask) -> Iterator[str]:
    """Serves an application from a thread of this process; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def site(instance: Path) -> Iterator[str]:
    """Address of the application in its normal state.

    Its users are a newcomer and one whose password must be changed, besides those of `instance`; the file of
    client 157083 is open to beatrice.
    """
    app = create_app({"INSTANCE": instance})
    database = app.extensions["database"]
    users.add_user(database, "denise", "conseiller", PASSWORD)
    users.add_user(database, "dominique", "conseiller", PASSWORD, must_change=True)
    open_file(app, "beatrice")
    server = start(instance)
    server.wait()
    yield f"http://127.0.0.1:{server.port}"
    # It ends only when the browser's connections have timed out.
    server.process.terminate()
    server.process.wait(40)


@pytest.fixture(scope="session")
def empty_site(instance: Path) -> Iterator[str]:
    """Address of an application that has users, and no portfolio or model yet."""
    folder = instance.parent / "empty"
    folder.mkdir()
    # Not the file alone: what was written last stands in a file beside it.
    with closing(sqlite3.connect(instance / "pretadepenser.sqlite")) as file:
        file.execute("VACUUM INTO ?", (str(folder / "pretadepenser.sqlite"),))
    with hosted(create_app({"INSTANCE": folder})) as address:
        yield address


@pytest.fixture(scope="session")
def broken_site(untouched: Path) -> Iterator[str]:
    """Address of an application whose database has lost a table: the home page cannot be shown."""
    folder = untouched.parent / "broken"
    shutil.copytree(untouched, folder, symlinks=True)
    with sqlite3.connect(folder / "pretadepenser.sqlite") as database:
        (table,) = database.execute("SELECT name FROM sqlite_master WHERE name LIKE 'recent%'").fetchone()
        database.execute(f"DROP TABLE {table}")
    with hosted(create_app({"INSTANCE": folder})) as address:
        yield address


@pytest.fixture(scope="session")
def changed_site(untouched: Path) -> Iterator[str]:
    """Address of an application whose limit is no longer that of the training."""
    folder = untouched.parent / "changed"
    shutil.copytree(untouched, folder, symlinks=True)
    (folder / "config.toml").write_text("LIMIT = 0.45\n", "utf-8")
    with hosted(create_app({"INSTANCE": folder})) as address:
        yield address


@pytest.fixture(scope="session")
def genuine_site(genuine: Path) -> Iterator[str]:
    """Address of an application whose clients are not said to be fictitious, and whose sheet lacks all."""
    with hosted(create_app({"INSTANCE": genuine})) as address:
        yield address


@pytest.fixture(scope="session")
def storied_site(storied_app: Flask) -> Iterator[str]:
    """Address of an application with the credit history of one client."""
    with hosted(storied_app) as address:
        yield address


@pytest.fixture(scope="session")
def decided_site(decided_app: Flask) -> Iterator[str]:
    """Address of an application where agathe has decided on some clients."""
    with hosted(decided_app) as address:
        yield address


@pytest.fixture(scope="session")
def reviewed_site(decided: Path) -> Iterator[str]:
    """Address of an application where something of each kind waits for another person."""
    folder = decided.parent / "reviewed"
    shutil.copytree(decided, folder, symlinks=True)
    app = create_app({"INSTANCE": folder})
    work(app)
    write_to(app, 1)
    with hosted(app) as address:
        yield address


@pytest.fixture(scope="session")
def replayed_site(decided: Path) -> Iterator[str]:
    """Address of an application where the clients of three decisions are open to beatrice.

    Of the second somebody has lowered the points, and of the third named a model that was never kept.
    """
    folder = decided.parent / "replayed"
    shutil.copytree(decided, folder, symlinks=True)
    app = create_app({"INSTANCE": folder})
    replays.falsified(app, 2, points=1)
    replays.falsified(app, 3, training="0" * 64)
    open_file(app, "beatrice", *(replays.client_of(app, decision) for decision in (1, 2, 3)))
    with hosted(app) as address:
        yield address


def _fail() -> None:
    """Answer /essai/<code> with that error: a rule of its own would open to nobody (access.RULES)."""
    if request.path.startswith("/essai/"):
        abort(int(request.path.rpartition("/")[2]))


@pytest.fixture(scope="session")
def failing_site(instance: Path) -> Iterator[str]:
    """Address of an application that answers /essai/<code> with any error, as none of its own pages does."""
    app = create_app({"INSTANCE": instance})
    app.before_request_funcs[None].append(_fail)
    with hosted(app) as address:
        yield address


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


class Signed:
    """Who is signed in where in one browser: sessions are kept while somebody else is at it."""

    def __init__(self, driver: WebDriver) -> None:
        self.driver = driver
        self.cookies: dict[tuple[str, str], list[dict[str, Any]]] = {}

    def become(self, base: str, user: str) -> None:
        """Be this user from now on; "" is nobody, with a browser that has never been here."""
        known: tuple[str, str] | None = getattr(self.driver, "known_as", None)
        if known is None:
            # A session that a test has played with is not to be gone on with.
            self.cookies.clear()
        if known == (base, user):
            return
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        if (base, user) in self.cookies:
            self.driver.execute_cdp_cmd("Network.setCookies", {"cookies": self.cookies[base, user]})
        elif user:
            self.sign_in(base, user)
        self.driver.known_as = (base, user)  # type: ignore[attr-defined]  # a note of ours on it

    def sign_in(self, base: str, user: str) -> None:
        """Begin a session, whatever was before."""
        sign_in(self.driver, base, user)
        found = self.driver.execute_cdp_cmd("Network.getCookies", {"urls": [base]})["cookies"]
        # Those that end with the browser are told to end at -1, which must not be said back.
        self.cookies[base, user] = [
            {"url": base} | {name: one[name] for name in KEPT if one.get(name, -1) != -1} for one in found
        ]


@pytest.fixture(scope="session")
def signed(driver: WebDriver) -> Signed:
    """The sessions of the browser that all tests share."""
    return Signed(driver)


@pytest.fixture(scope="session")
def visit(driver: WebDriver, signed: Signed, site: str, numbers: dict[str, int]) -> Callable[..., WebDriver]:
    """Opens a page as one of the users: visit("/modele", user="basile"); user="" is nobody."""

    def go(path: str, user: str = "agathe", base: str = site) -> WebDriver:
        signed.become(base, user)
        driver.get(base + path.format(**numbers))
        # A test before may have ended this session: what is looked at is never the page of signing in.
        if user and driver.find_elements("id", "identifiant"):
            signed.sign_in(base, user)
            driver.get(base + path.format(**numbers))
        return driver

    return go


def brought(visit: Callable[..., WebDriver], base: str, state: State) -> WebDriver:
    """Bring a page of the application at this address into a state, and make sure that it is that state."""
    driver = visit(state.path, state.user, base)
    if state.act:
        state.act(driver)
    state.recognise(driver)
    return driver


@pytest.fixture
def show(visit: Callable[..., WebDriver], request: pytest.FixtureRequest) -> Callable[[State], WebDriver]:
    """Brings a page into a state, and makes sure that it is that state."""
    return lambda state: brought(visit, request.getfixturevalue(state.site), state)
