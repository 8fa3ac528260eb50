"""Every page in every state, opened once: what is heard of it, what the Tab key reaches, what checkers find.

In that order, each leaving the page as it was opened: a page is loaded, signed in to, filled in and unfolded
once, not once for each question about it.

The words of a page are those of all names and texts; roles are left out. A page may have a fifth fewer than
its budget, and none more: write a new budget down when a page changes, and ask first whether it must say so
much.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver

from pretadepenser.audit import rgaa
from tests import checkers
from tests.browser.budgets import BUDGETS
from tests.browser.conftest import brought
from tests.browser.engines import objections
from tests.browser.states import STATES, State, display
from tests.browser.test_accessibility import BROKEN, UNMARKED, violations
from tests.browser.test_keyboard import check
from tests.browser.test_transcript import count, heard, transcript

# display: (width, media features)
DISPLAYS = {
    "light": (1280, {"prefers-color-scheme": "light"}),
    "dark": (1280, {"prefers-color-scheme": "dark"}),
    "forced colours": (1280, {"forced-colors": "active"}),
    "320 px": (320, {"prefers-color-scheme": "light"}),
}
LARGE = "letters of 200 %"

# What the judgements on the RGAA's criteria say that no page contains: criterion -> CSS selector.
VOID = {one.number: one.where for one in rgaa.load().criteria if one.status == "non applicable" and one.where}
CONTAINED = """
return Object.entries(arguments[0]).filter(([, css]) => document.querySelector(css)).map(([one]) => one);
"""

# Which display this is, how wide the page is, and what is broken inside.
FITTING = f"""
const active = ['(prefers-color-scheme: dark)', '(forced-colors: active)']
  .map(one => matchMedia(one).matches);
return [[innerWidth, ...active], document.documentElement.scrollWidth, (() => {{{BROKEN}}})()];
"""

# Faults that one display alone has, and a field without a label.
PLANTED = """
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  @media (prefers-color-scheme: dark) { #sombre { color: #333 } }
  @media (forced-colors: active) { #force { forced-color-adjust: none; color: #ddd; background: #fff } }
  @media (max-width: 400px) {
    #large { position: absolute; left: 0; width: 600px }
    #etroit { table-layout: fixed; width: 60px; overflow-wrap: anywhere }
  }
  @media (min-width: 1000px) { #lettres { position: absolute; left: 0; width: 45em } }`);
document.adoptedStyleSheets.push(sheet);
document.querySelector('main').insertAdjacentHTML('beforeend', `<p id="sombre">Sombre</p>
  <p id="force">Forcé</p><p id="large">Large</p><p id="lettres">Lettres</p><input type="text">
  <table id="etroit"><caption>Essai</caption>
  <tr><th scope="col">anticonstitutionnellement</th></tr><tr><td>1</td></tr></table>`);
"""

# Most words between the heading and the answer.
SOON = 25


@pytest.fixture(scope="module")
def state(
    request: pytest.FixtureRequest, driver: WebDriver, visit: Callable[..., WebDriver], instance: Path
) -> Iterator[State]:
    """A state of STATES, which the browser shows: all tests of one follow one another."""
    state: State = request.param
    if state.endpoint == "account.page":
        # As long as there are sessions of tests before: only its own are left.
        with closing(sqlite3.connect(instance / "pretadepenser.sqlite")) as file:
            file.execute("DELETE FROM user_session")
            file.commit()
        driver.known_as = None  # type: ignore[attr-defined]  # the next page must be signed in for anew
    brought(visit, request.getfixturevalue(state.site), state)
    yield state
    display(driver, 1280, {})


every_state = pytest.mark.parametrize("state", STATES, ids=str, indirect=True, scope="module")


def test_every_page_has_its_budget() -> None:
    assert BUDGETS.keys() == {str(state) for state in STATES}


@every_state
def test_the_answer_comes_at_once_and_no_page_says_too_much(state: State, driver: WebDriver) -> None:
    answer, most = BUDGETS[str(state)]
    lines = transcript(driver)
    start = next(index for index, line in enumerate(lines) if line.lstrip().startswith("heading h1"))
    rest = heard(lines[start:])
    assert answer in rest, f"{answer!r} is not heard from the heading on: {rest[:600]}"
    assert count(rest[: rest.index(answer)]) <= SOON
    words = count(heard(lines))
    assert 0.8 * most <= words <= most, f"{words} words"


@every_state
def test_everything_is_reached_and_seen(state: State, driver: WebDriver) -> None:
    try:
        check(driver)
    finally:
        driver.execute_script("document.activeElement.blur(); scrollTo(0, 0);")


def _same_everywhere(driver: WebDriver) -> list[str]:
    """What is wrong in whatever display."""
    faults = []
    if contained := driver.execute_script(CONTAINED, VOID):
        faults.append(f"contains what the RGAA's grid says that no page has: {contained}")
    if unmarked := driver.execute_script(UNMARKED):
        faults.append(f"lists without marks, and without their role: {unmarked}")
    return faults


def _noticed_in_large_letters(driver: WebDriver) -> list[str]:
    driver.execute_script("document.documentElement.style.fontSize = '200%'")
    try:
        display(driver, 1280, {})
        real = driver.execute_script("return document.documentElement.scrollWidth")
    finally:
        driver.execute_script("document.documentElement.style.fontSize = ''")
    return [f"the page is {real} px wide on a screen of 1280 px"] if real > 1280 else []


def noticed(driver: WebDriver, name: str) -> list[str]:
    """What is wrong with the page that is open in one of DISPLAYS, which it then has, or in LARGE letters."""
    if name == LARGE:
        return _noticed_in_large_letters(driver)
    width, features = DISPLAYS[name]
    faults: list[str] = []
    # As every page is opened; what no display changes is judged there as well.
    if name == "light":
        faults += _same_everywhere(driver)
    else:
        display(driver, width, features)
    # Style sheets change nothing but colours for these, as test_statics.py holds.
    faults += violations(driver, "cat.color" if name in ("dark", "forced colours") else "")
    shown, real, broken = driver.execute_script(FITTING)
    assert shown == [width, name == "dark", name == "forced colours"]
    if real > width:
        faults.append(f"the page is {real} px wide on a screen of {width} px")
    if broken:
        faults.append(f"broken inside: {broken[:8]}")
    return faults


@every_state
def test_no_objection_of_other_engines(state: State, driver: WebDriver) -> None:
    """Where these are not installed, test_accessibility.py says so."""
    found = objections(driver) if checkers.installed() else []
    assert not found, "\n".join(found)


@every_state
@pytest.mark.parametrize("name", [*DISPLAYS, LARGE])
def test_no_violation(state: State, name: str, driver: WebDriver) -> None:
    faults = noticed(driver, name)
    assert not faults, "\n".join(faults)


def test_a_fault_is_noticed_in_the_display_that_has_it(visit: Callable[..., WebDriver]) -> None:
    driver = visit("/accessibilite")
    driver.execute_script(PLANTED)
    faults = {name: noticed(driver, name) for name in (*DISPLAYS, LARGE)}
    display(driver, 1280, {})
    told = {
        what: {name for name, found in faults.items() if what in " ".join(found)}
        for what in (
            "label:",
            "#sombre",
            "#force",
            "the page is 600 px wide",
            "anticonstitutionnellement",
            "on a screen of 1280 px",
        )
    }
    assert told == {
        "label:": {"light", "320 px"},
        "#sombre": {"dark"},
        "#force": {"forced colours"},
        "the page is 600 px wide": {"320 px"},
        "anticonstitutionnellement": {"320 px"},
        "on a screen of 1280 px": {LARGE},
    }
