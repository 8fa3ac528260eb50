"""Numbers in Chromium: said and copied as words, seen as figures, in one piece however narrow the page is."""

import re
from collections.abc import Callable

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver

from tests.browser.states import CLIENT, STATES, State, display, unfold

# Where many numbers are, long ones, and numbers in links.
NAMES = (
    "clients.decision-normal", "comparison.compare-crossed", "levers.levers-unfolded",
    "model.overview-unfolded", "simulation.simulate-answer", "simulation.simulate-errors",
)  # fmt: skip
SHOWN = [state for state in STATES if str(state) in NAMES]


@pytest.mark.parametrize("state", SHOWN, ids=str)
def test_every_number_is_in_one_piece(show: Callable[[State], WebDriver], state: State) -> None:
    """On one line, in the line of its words: as a part of a flex box it would be a column of its own."""
    driver = show(state)
    unfold(driver)
    display(driver, 320, {})
    count, broken, aside = driver.execute_script(
        "const all = [...document.querySelectorAll('.nb')], texts = list => list.map(e => e.textContent);"
        "const lines = e => new Set([...e.getClientRects()].map(r => Math.round(r.bottom))).size;"
        "const boxed = e => /flex|grid/.test(getComputedStyle(e.parentElement).display);"
        "return [all.length, texts(all.filter(e => lines(e) > 1)), texts(all.filter(boxed))]"
    )
    display(driver, 1280, {})
    assert count > 1
    assert not broken
    assert not aside


def test_a_sign_is_seen_and_its_word_is_said_and_copied(visit: Callable[..., WebDriver]) -> None:
    driver = visit(CLIENT)
    unfold(driver)
    copied, drawn, shown, hidden = driver.execute_script(
        "const one = document.querySelector('.minus'), word = one.firstElementChild;"
        "const width = e => e.getBoundingClientRect().width;"
        "getSelection().selectAllChildren(one);"
        "return [getSelection().toString(), getComputedStyle(one, '::before').content,"
        " width(one), width(word)]"
    )
    assert re.fullmatch(r"moins \d+", copied)
    assert drawn == '"−" / ""'
    assert hidden <= 1
    assert shown > 15
    nodes = driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    names = [node.get("name", {}).get("value", "") for node in nodes if not node.get("ignored")]
    assert "moins " in names
    assert not [name for name in names if "−" in name or re.search(r"\d\u202f\d", name)]
