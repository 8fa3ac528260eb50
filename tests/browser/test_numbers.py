"""Numbers in Chromium: said and copied as words, seen as figures, in one piece however narrow the page is."""

import re
from collections.abc import Callable

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver

from tests.browser.states import CLIENT, display, unfold

PAGES = [CLIENT, f"{CLIENT}/comparaison", "/clients/{refused}/leviers", "/modele"]


@pytest.mark.parametrize("path", PAGES)
def test_every_number_is_in_one_piece(visit: Callable[..., WebDriver], path: str) -> None:
    driver = visit(path)
    unfold(driver)
    display(driver, 320, {})
    count, broken = driver.execute_script(
        "const all = [...document.querySelectorAll('.nb')];"
        "const top = e => new Set([...e.getClientRects()].map(r => Math.round(r.bottom)));"
        "return [all.length, all.filter(e => top(e).size > 1).map(e => e.textContent)]"
    )
    display(driver, 1280, {})
    assert count > 3
    assert not broken


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
