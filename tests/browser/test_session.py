"""The end of a session in a real browser: the warning, what it offers, and what stays on the page."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait
from sqlalchemy import text

from pretadepenser import create_app
from tests.browser.conftest import hosted
from tests.browser.states import display, leaving_the_page
from tests.browser.test_accessibility import violations
from tests.browser.test_keyboard import FOCUSED
from tests.browser.test_states import DISPLAYS

CLIENT = "/clients/157083"
# The script warns two minutes before the end: sessions of these tests end soon after.
SOON = 121.5 / 60


@pytest.fixture(scope="module")
def hasty(instance: Path) -> Iterator[tuple[Flask, str]]:
    """An application in this process, whose sessions can be made shorter than the settings allow."""
    app = create_app({"INSTANCE": instance})
    with hosted(app) as address:
        yield app, address


@pytest.fixture
def app(hasty: tuple[Flask, str]) -> Flask:
    """The same with its usual settings."""
    hasty[0].config.update(SESSION_IDLE=60, SESSION_HOURS=24)
    return hasty[0]


@pytest.fixture
def open_soon(
    app: Flask, hasty: tuple[Flask, str], visit: Callable[..., WebDriver]
) -> Iterator[Callable[[str], WebDriver]]:
    """Opens a page in a session that ends two minutes and a moment later."""
    drivers = []

    def go(path: str) -> WebDriver:
        driver = visit("/accessibilite", base=hasty[1])
        drivers.append(driver)
        app.config["SESSION_IDLE"] = SOON
        # Written down as used now, whenever the page before was opened.
        driver.execute_async_script(
            "const done = arguments[0], form = document.querySelector('#session form');"
            "fetch(form.action, {method: 'POST', body: new URLSearchParams(new FormData(form))}).then(done)"
        )
        driver.get(hasty[1] + path)
        return driver

    yield go
    for driver in drivers:
        driver.known_as = None  # type: ignore[attr-defined]  # the session may have ended


def dialog(driver: WebDriver) -> WebElement:
    """The dialog once it is open."""
    box = driver.find_element("id", "session")
    WebDriverWait(driver, 5, 0.1).until(lambda _: box.is_displayed())
    return box


def words(element: WebElement) -> str:
    return " ".join(element.text.split())


def last_use(app: Flask) -> float:
    """When any session was last used, as it is written down."""
    with app.extensions["database"].session() as session:
        return float(session.scalar(text("SELECT max(seen) FROM user_session")) or 0)


def closed(driver: WebDriver) -> None:
    """Wait until the dialog is closed."""
    box = driver.find_element("id", "session")
    WebDriverWait(driver, 5, 0.1).until(lambda _: not box.is_displayed())


def name_of(driver: WebDriver, element: WebElement) -> tuple[str, str]:
    """Role and name as a screen reader is told."""
    return element.aria_role, " ".join(element.accessible_name.split())


def test_nothing_is_said_while_there_is_time(
    app: Flask, hasty: tuple[Flask, str], visit: Callable[..., WebDriver]
) -> None:
    driver = visit(CLIENT, base=hasty[1])
    box = driver.find_element("id", "session")
    assert not box.is_displayed()
    assert 3480 < int(box.get_attribute("data-remaining") or 0) <= 3600
    assert box.get_attribute("data-early") == "120"


@pytest.mark.parametrize("key", ["Enter", "Escape"])
def test_a_warning_takes_the_focus_and_either_key_stays(
    app: Flask, open_soon: Callable[[str], WebDriver], key: str
) -> None:
    driver = open_soon(f"{CLIENT}/simulation")
    driver.find_element("id", "amt_credit").send_keys("77")
    box = dialog(driver)
    assert name_of(driver, box) == ("alertdialog", "Votre session va se terminer")
    assert words(box) == (
        "Votre session va se terminer Sans activité de votre part, elle se termine dans moins de deux "
        "minutes. Rester connecté Se déconnecter"
    )
    assert driver.switch_to.active_element.text == "Rester connecté"
    focused = driver.execute_script(FOCUSED)
    assert focused["outlined"]
    assert focused["inside"]
    ActionChains(driver).send_keys(Keys.TAB).perform()
    assert driver.switch_to.active_element.text == "Se déconnecter"
    ActionChains(driver).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
    app.config["SESSION_IDLE"], before = 60, last_use(app)
    ActionChains(driver).send_keys(Keys.ENTER if key == "Enter" else Keys.ESCAPE).perform()
    closed(driver)
    assert last_use(app) > before + 1, "the server was told"
    # The focus is where it was, and what was typed too.
    field = driver.switch_to.active_element
    assert field.get_attribute("id") == "amt_credit"
    assert (field.get_attribute("value") or "").endswith("77")
    app.config["SESSION_IDLE"] = SOON
    driver.get(driver.current_url)
    assert driver.find_element("tag name", "h1").text.startswith("Simulation")


def test_the_warning_offers_to_leave(open_soon: Callable[[str], WebDriver]) -> None:
    driver = open_soon("/")
    box = dialog(driver)
    with leaving_the_page(driver):
        box.find_element("xpath", ".//button[normalize-space()='Se déconnecter']").click()
    assert driver.current_url.endswith("/connexion")
    assert "Votre session" not in driver.find_element("tag name", "main").text


def test_the_server_is_asked_before_anything_is_said(
    app: Flask, open_soon: Callable[[str], WebDriver]
) -> None:
    """The page believes in its two minutes and a moment; another tab went on, and the server knows."""
    driver = open_soon("/")
    app.config["SESSION_IDLE"] = 60
    driver.execute_script(
        "window.asked = window.opened = 0; const before = window.fetch;"
        "window.fetch = (...given) => { window.asked += 1; return before(...given); };"
        "new MutationObserver(() => { window.opened += 1; }).observe(document.getElementById('session'),"
        "  {attributes: true, attributeFilter: ['open']});"
    )
    WebDriverWait(driver, 5, 0.1).until(lambda d: d.execute_script("return window.asked") == 1)
    time.sleep(0.5)
    assert driver.execute_script("return [window.asked, window.opened]") == [1, 0]


def test_staying_in_one_tab_takes_the_warning_away_in_the_other(
    app: Flask, hasty: tuple[Flask, str], open_soon: Callable[[str], WebDriver]
) -> None:
    driver = open_soon("/")
    first = driver.current_window_handle
    dialog(driver)
    driver.switch_to.new_window("tab")
    driver.get(hasty[1] + CLIENT)
    dialog(driver)
    app.config["SESSION_IDLE"] = 60
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    closed(driver)
    driver.close()
    driver.switch_to.window(first)
    WebDriverWait(driver, 12, 0.1).until(lambda d: not d.find_element("id", "session").is_displayed())


def test_a_session_that_is_over_leaves_the_page_and_leads_to_signing_in(
    app: Flask, hasty: tuple[Flask, str], open_soon: Callable[[str], WebDriver]
) -> None:
    driver = open_soon(f"{CLIENT}/simulation")
    first = driver.current_window_handle
    driver.find_element("id", "amt_credit").send_keys("77")
    typed = driver.find_element("id", "amt_credit").get_attribute("value")
    app.config["SESSION_IDLE"] = 0
    box = dialog(driver)
    assert name_of(driver, box) == ("alertdialog", "Votre session est terminée")
    assert words(box) == (
        "Votre session est terminée Ce que vous avez saisi est encore sur cette page. Connectez-vous dans un "
        "autre onglet, puis revenez ici. Se connecter (nouvel onglet) Revenir à la page"
    )
    app.config["SESSION_IDLE"] = 60
    driver.delete_cookie("session")
    assert driver.switch_to.active_element.text == "Se connecter (nouvel onglet)"
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    WebDriverWait(driver, 5, 0.1).until(lambda d: len(d.window_handles) == 2)
    driver.switch_to.window(next(one for one in driver.window_handles if one != first))
    driver.find_element("id", "identifiant").send_keys("agathe")
    driver.find_element("id", "mot_de_passe").send_keys("un mot de passe d'essai")
    with leaving_the_page(driver):
        driver.find_element("id", "mot_de_passe").submit()
    driver.close()
    driver.switch_to.window(first)
    # Seen again, the page finds a session; what was typed is sent once more, as its token is the old one's.
    closed(driver)
    assert driver.find_element("id", "amt_credit").get_attribute("value") == typed
    with leaving_the_page(driver):
        driver.execute_script("document.querySelector('main form').requestSubmit()")
    assert "Ce formulaire était périmé" in driver.find_element("class name", "error-summary").text
    assert driver.find_element("id", "amt_credit").get_attribute("value") == typed


def test_a_session_that_cannot_be_made_longer_says_so(
    app: Flask, open_soon: Callable[[str], WebDriver]
) -> None:
    driver = open_soon("/")
    box = dialog(driver)
    driver.switch_to.active_element.send_keys(
        Keys.ENTER
    )  # it lasts as long as before: two minutes and a moment
    closed(driver)
    dialog(driver)
    app.config["SESSION_IDLE"] = 1.5
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    WebDriverWait(driver, 5, 0.1).until(
        lambda d: box.accessible_name == "Votre session ne peut pas être prolongée"
    )
    assert driver.switch_to.active_element.text == "Continuer"
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    closed(driver)


@pytest.mark.parametrize("state", ["warning", "last", "over"])
def test_the_dialog_has_no_violation_and_fits(
    app: Flask, hasty: tuple[Flask, str], visit: Callable[..., WebDriver], state: str
) -> None:
    driver = visit("/", base=hasty[1])
    driver.execute_script(
        "const box = document.getElementById('session');"
        "for (const part of box.querySelectorAll('[data-state]'))"
        "  part.hidden = part.dataset.state !== arguments[0];"
        "box.setAttribute('aria-labelledby', `session-${arguments[0]}`);"
        "box.setAttribute('aria-describedby', `session-${arguments[0]}-texte`);"
        "box.showModal();",
        state,
    )
    faults = []
    try:
        for name, (width, features) in DISPLAYS.items():
            display(driver, width, features)
            # Style sheets change nothing but colours for these, as test_statics.py holds.
            only = "cat.color" if name in ("dark", "forced colours") else ""
            faults += [f"{name}: {fault}" for fault in violations(driver, only)]
            box = driver.find_element("id", "session").rect
            if box["x"] < 0 or box["x"] + box["width"] > width:
                faults.append(f"{name}: the dialog is wider than the screen")
    finally:
        display(driver, 1280, {})
    assert not faults, "\n".join(faults)
