"""Every page with the Tab key alone: everything is reached, in order, with a focus that is seen."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.states import CLIENT, LESS, PERSON, STATES, State, display, leaving_the_page, press, submit

# What the Tab key should stop at, in the order of the document; of a group of radio buttons, one.
EXPECTED = """
const seen = new Set();
return [...document.querySelectorAll(
  'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]'
)].filter(one => {
  if (one.disabled || !one.checkVisibility({visibilityProperty: true})) return false;
  if (one.type !== 'radio') return true;
  const group = [...document.getElementsByName(one.name)];
  const stop = group.find(other => other.checked) || group[0];
  return one === stop;
}).map((one, index) => { one.dataset.stop = index; return index; });
"""
FOCUSED = """
const one = document.activeElement;
if (one === document.body || one === document.documentElement) return null;
const box = one.getBoundingClientRect(), style = getComputedStyle(one);
// What is taller than the window is centred in it: its sides are seen, its top cannot be as well.
const start = box.height > innerHeight ? Math.max(box.top, 0) : box.top;
const x = box.left + Math.min(box.width / 2, 12), y = start + Math.min(box.height / 2, 12);
const top = document.elementFromPoint(x, y);
return {
  stop: Number(one.dataset.stop), name: one.outerHTML.slice(0, 120),
  outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
  inside: start >= 0 && box.left >= 0 && start < Math.min(innerHeight, box.bottom) && box.left < innerWidth,
  uncovered: !!top && (one.contains(top) || top.contains(one)),
  wide: box.width, high: box.height, inline: style.display === 'inline',
};
"""
# When the key comes up again, the focus has moved and what has it was scrolled to.
NOTING = f"""
window.noted = [];
addEventListener('keyup', event => {{ if (event.key === 'Tab') noted.push((() => {{{FOCUSED}}})()); }}, true);
"""


def walk(driver: WebDriver, most: int) -> list[dict[str, Any]]:
    """Press Tab from the top of the page until it is left, wherever the page put the focus."""
    driver.execute_script("""
        const top = document.createElement('span');
        top.tabIndex = -1;
        document.body.prepend(top);
        top.focus();
        top.remove();
    """)
    # All keys at once, and the page notes by itself what each has led to: the walk is the same, and takes a
    # fraction of the time that asking after each key does.
    driver.execute_script(NOTING)
    ActionChains(driver).send_keys(Keys.TAB * most).perform()
    stops: list[dict[str, Any]] = []
    for focused in driver.execute_script("return window.noted"):
        if focused is None or (stops and focused["stop"] == stops[0]["stop"]):
            break
        stops.append(focused)
    return stops


def check(driver: WebDriver) -> None:
    """Walk through the page that is open; all is reached, in order, seen, and large enough."""
    expected = driver.execute_script(EXPECTED)
    assert len(expected) >= 3, "every page has its skip link, its frame and its accessibility statement"
    stops = walk(driver, len(expected) + 5)
    assert [stop["stop"] for stop in stops] == expected
    unseen = [s["name"] for s in stops if not (s["outlined"] and s["inside"] and s["uncovered"])]
    assert not unseen, unseen
    # WCAG 2.5.8 wants 24 px; links inside a sentence are exempt.
    small = [(s["name"], s["wide"], s["high"]) for s in stops if s["high"] < 24 and not s["inline"]]
    assert not small, small


@pytest.mark.parametrize("state", [one for one in STATES if one.name in ("unfolded", "answer")], ids=str)
def test_nothing_is_covered_on_a_narrow_screen(state: State, show: Callable[[State], WebDriver]) -> None:
    driver = show(state)
    display(driver, 320, {})
    try:
        check(driver)
    finally:
        display(driver, 1280, {})


def test_names_of_rows_cover_no_link_of_the_journal(visit: Callable[..., WebDriver]) -> None:
    """From the last link of a row, which has scrolled the table, the Tab key goes back to the next row."""
    visit(CLIENT)
    visit(f"{CLIENT}/simulation")
    driver = visit("/journal?client=157083", user="basile")
    display(driver, 320, {})
    try:
        assert len(driver.find_elements("css selector", ".journal tbody tr")) >= 3
        check(driver)
    finally:
        display(driver, 1280, {})


def test_the_skip_link_leads_to_the_content(visit: Callable[..., WebDriver]) -> None:
    driver = visit("/")
    ActionChains(driver).send_keys(Keys.TAB).send_keys(Keys.ENTER).send_keys(Keys.TAB).perform()
    assert driver.switch_to.active_element.get_attribute("id") == "numero"


ANSWERS: dict[str, tuple[str, Callable[[WebDriver], None]]] = {
    "search": ("/", submit(numero="157083")),
    "comparison": (f"{CLIENT}/comparaison", press("Comparer")),
    "levers": ("/clients/{refused}/leviers", press("Chercher à nouveau")),
    "simulation": (f"{CLIENT}/simulation", submit(**LESS)),
    "capacity": (f"{CLIENT}/capacite", submit(capacite_loyer="650")),
    "nothing changed": (f"{CLIENT}/simulation", press("Simuler")),
    "application": ("/dossiers/nouveau", submit(**PERSON)),
}
# The first stop of the Tab key after the heading, and the one that has the focus.
NEXT = """
const answer = document.getElementById('reponse'), follows = Node.DOCUMENT_POSITION_FOLLOWING;
const next = [...document.querySelectorAll(
  'main a[href], main button, main input:not([type=hidden]), main select, main summary, main [tabindex="0"]'
)].filter(one => one.checkVisibility({visibilityProperty: true}))
  .find(one => answer.compareDocumentPosition(one) & follows);
return next === document.activeElement;
"""


@pytest.mark.parametrize("form", ANSWERS)
def test_an_answer_takes_the_focus_and_the_next_stop_follows_it(
    form: str, visit: Callable[..., WebDriver]
) -> None:
    path, send = ANSWERS[form]
    driver = visit(path)
    assert not driver.find_elements("css selector", "h1:focus")
    send(driver)
    focused = driver.switch_to.active_element
    assert (focused.tag_name, focused.get_attribute("id")) == ("h1", "reponse")
    assert focused.get_attribute("role") is None
    assert driver.execute_script("return document.querySelector('h1').getBoundingClientRect().top >= 0")
    ActionChains(driver).send_keys(Keys.TAB).perform()
    assert driver.execute_script(NEXT)


def test_an_effect_takes_the_focus_and_its_form_follows(visit: Callable[..., WebDriver]) -> None:
    driver = visit("/modele")
    press("Voir l’effet")(driver)
    assert driver.switch_to.active_element.get_attribute("id") == "effet"
    said = " ".join(driver.switch_to.active_element.text.split())
    assert said.startswith("Effet de « ")
    ActionChains(driver).send_keys(Keys.TAB).perform()
    assert driver.switch_to.active_element.get_attribute("id") == "donnee"
    assert " ".join(driver.title.split()).startswith(said)


@pytest.mark.parametrize("path", [CLIENT, f"{CLIENT}/comparaison", f"{CLIENT}/leviers", "/modele"])
def test_the_second_skip_link_leads_to_the_answer(path: str, visit: Callable[..., WebDriver]) -> None:
    driver = visit(path)
    ActionChains(driver).send_keys(Keys.TAB).send_keys(Keys.TAB).perform()
    assert driver.switch_to.active_element.text == "Aller à la réponse"
    ActionChains(driver).send_keys(Keys.ENTER).perform()
    assert driver.switch_to.active_element.tag_name == "h1"


def test_a_table_is_a_stop_only_where_it_scrolls(visit: Callable[..., WebDriver]) -> None:
    driver = visit("/clients/{refused}/leviers")
    stops = """
        return [...document.querySelectorAll('.scroll')]
          .map(one => [one.tabIndex, one.scrollWidth > one.clientWidth]);
    """
    driver.execute_script("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    for width, scrolls in ((1280, False), (320, True)):
        display(driver, width, {})
        try:
            driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
            found = driver.execute_script(stops)
            assert {scrolled for _, scrolled in found} >= {scrolls}
            assert all((index == 0) == scrolled for index, scrolled in found), found
        finally:
            display(driver, 1280, {})


def test_a_client_is_found_without_a_mouse(visit: Callable[..., WebDriver]) -> None:
    driver = visit("/")
    with leaving_the_page(driver):
        driver.find_element("id", "numero").send_keys("157 083" + Keys.ENTER)
    assert driver.current_url.endswith(CLIENT + "#reponse")
    assert driver.switch_to.active_element == driver.find_element("tag name", "h1")
    assert "157083" in driver.find_element("tag name", "h1").text


@pytest.mark.parametrize(
    ("typed", "path", "here", "next_stop"),
    [
        ("157083 comparaison", f"{CLIENT}/comparaison#reponse", "reponse", "donnee"),
        ("simul 157083", f"{CLIENT}/simulation#formulaire", "formulaire", "name_contract_type"),
    ],
)
def test_a_page_that_is_opened_by_name_begins_where_it_matters(
    visit: Callable[..., WebDriver], typed: str, path: str, here: str, next_stop: str
) -> None:
    driver = visit("/")
    with leaving_the_page(driver):
        driver.find_element("id", "numero").send_keys(typed + Keys.ENTER)
    assert driver.current_url.endswith(path)
    assert driver.switch_to.active_element.get_attribute("id") == here
    ActionChains(driver).send_keys(Keys.TAB).perform()
    assert driver.switch_to.active_element.get_attribute("id") == next_stop


def test_an_error_takes_the_focus_and_leads_to_its_field(visit: Callable[..., WebDriver]) -> None:
    driver = visit("/")
    with leaving_the_page(driver):
        driver.find_element("id", "numero").send_keys("abc" + Keys.ENTER)
    assert driver.title.startswith("Erreur")
    assert driver.switch_to.active_element.get_attribute("class") == "error-summary"
    ActionChains(driver).send_keys(Keys.TAB).send_keys(Keys.ENTER).perform()
    assert driver.switch_to.active_element.get_attribute("id") == "numero"
    assert driver.find_element("id", "numero").get_attribute("value") == "abc"


def test_no_page_needs_a_script(app: Flask, visit: Callable[..., WebDriver]) -> None:
    driver = visit("/")
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        with leaving_the_page(driver):
            driver.find_element("id", "numero").send_keys("157083" + Keys.ENTER)
        assert driver.current_url.endswith(f"{CLIENT}#reponse")
        assert driver.switch_to.active_element.tag_name == "h1"
        driver.find_element("css selector", "summary").send_keys(Keys.ENTER)
        assert driver.find_element("css selector", "details[open] table").is_displayed()
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
