"""Every page, in every state and display: no violation, no sideways scrolling, no broken word.

Nor does any contain what the grid of the RGAA calls void.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from axe_selenium_python import Axe
from flask import Flask
from selenium.webdriver.chrome.webdriver import WebDriver

from pretadepenser.audit import rgaa
from pretadepenser.audit.engine import AXE, version
from tests import checkers
from tests.browser.engines import objections
from tests.browser.exclusions import EXCLUDED
from tests.browser.states import NOT_PAGES, STATES, State, display

# display: (width, media features)
DISPLAYS = {
    "light": (1280, {"prefers-color-scheme": "light"}),
    "dark": (1280, {"prefers-color-scheme": "dark"}),
    "forced colours": (1280, {"forced-colors": "active"}),
    "320 px": (320, {"prefers-color-scheme": "light"}),
}

# Words and numbers of tables that stand in two lines; those that have a hyphen or a slash may break there.
BROKEN = r"""
const cells = [...document.querySelectorAll('th, td, caption')].filter(cell => cell.checkVisibility());
return cells.flatMap(cell => {
  const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), broken = [];
  while (texts.nextNode()) {
    for (const word of texts.currentNode.data.matchAll(/[^ \t\n\/-]+/g)) {
      const place = document.createRange();
      place.setStart(texts.currentNode, word.index);
      place.setEnd(texts.currentNode, word.index + word[0].length);
      if (new Set([...place.getClientRects()].map(box => Math.round(box.top))).size > 1) broken.push(word[0]);
    }
  }
  return broken;
});
"""

# What the judgements on the RGAA's criteria say that no page contains: criterion -> CSS selector.
VOID = {one.number: one.where for one in rgaa.load().criteria if one.status == "non applicable" and one.where}
CONTAINED = """
return Object.entries(arguments[0]).filter(([, css]) => document.querySelector(css)).map(([one]) => one);
"""

# Lists without marks: Safari tells them as lists only in a navigation, or where a role says so.
UNMARKED = """
return [...document.querySelectorAll(':not(nav) > :is(ul, ol)')]
  .filter(one => getComputedStyle(one).listStyleType === 'none' && one.getAttribute('role') !== 'list')
  .map(one => one.outerHTML.slice(0, 99));
"""

# What no page may hold: faults that the checks above and axe-core must find.
FAULTS = """
document.querySelector('main').insertAdjacentHTML('beforeend', `
  <img src="/static/favicon.svg" width="9" height="9"><h2></h2><input type="text" id="sans-nom">
  <p id="pale">Trop pâle.</p><p id="gris">Un peu pâle.</p><table id="etroit"><caption>Essai</caption>
  <tr><th scope="col">anticonstitutionnellement</th></tr><tr><td>1</td></tr></table>
  <p id="large">Large</p><ul class="plain-list"><li>Un</li></ul>`);
document.getElementById('pale').style.color = '#dddddd';
document.getElementById('gris').style.color = '#6b6b6b';
Object.assign(document.getElementById('large').style, {width: '2000px', maxWidth: 'none'});
const narrow = {width: '60px', tableLayout: 'fixed', overflowWrap: 'anywhere'};
Object.assign(document.getElementById('etroit').style, narrow);
"""


def violations(driver: WebDriver, only: str = "") -> list[str]:
    """Run every rule of axe-core, those that are off by default included; say what it found.

    only: a tag, where other rules would find what they found before.
    """
    axe = Axe(driver, str(AXE))
    if not driver.execute_script("return 'axe' in window"):
        axe.inject()
    rules = driver.execute_script("return axe.getRules().map(rule => [rule.ruleId, rule.tags])")
    wanted = {rule for rule, tags in rules if not {"experimental", "deprecated"} & set(tags)}
    assert len(wanted) > 80, "axe-core lost its rules"
    wanted = {rule for rule, tags in rules if rule in wanted and only in ("", *tags)}
    assert wanted, only
    options = {"rules": {rule: {"enabled": rule in wanted - EXCLUDED.keys()} for rule, _ in rules}}
    found: dict[str, Any] = axe.run(options=json.dumps(options | {"resultTypes": ["violations"]}))
    return [
        f"{one['id']}: {one['help']} — {[node['target'] for node in one['nodes']][:4]}"
        f" {one['nodes'][0]['failureSummary'][:300]}"
        for one in found["violations"]
    ]


def test_what_is_looked_for_would_be_found(visit: Callable[..., WebDriver]) -> None:
    """A page with a fault of each kind: what holds the pages below is not blind."""
    driver = visit("/accessibilite")
    assert violations(driver) == []
    driver.execute_script(FAULTS)
    found = {line.partition(":")[0] for line in violations(driver)}
    assert {"image-alt", "color-contrast", "color-contrast-enhanced", "label", "empty-heading"} <= found
    assert driver.execute_script("return document.documentElement.scrollWidth") > 1280
    assert driver.execute_script(BROKEN) == ["anticonstitutionnellement"]
    assert driver.execute_script(UNMARKED) == ['<ul class="plain-list"><li>Un</li></ul>']


def test_what_other_engines_look_for_would_be_found(visit: Callable[..., WebDriver]) -> None:
    """Where they are not installed this says so, and the pages below are judged by axe-core alone."""
    if not checkers.installed():
        pytest.skip("the checkers of tests/checkers are not installed (make checkers, which needs npm)")
    driver = visit("/accessibilite")
    assert objections(driver) == []
    driver.execute_script(FAULTS)
    found = {line.partition(":")[0] for line in objections(driver)}
    assert {"IBM img_alt_valid", "IBM input_label_exists", "IBM text_contrast_sufficient"} <= found
    assert any(one.startswith("HTMLCS WCAG2AAA.Principle1.Guideline1_1") for one in found)


def test_axe_is_current() -> None:
    assert tuple(map(int, version().split("."))) >= (4, 12)


def test_every_address_is_looked_at(app: Flask) -> None:
    known = {state.endpoint for state in STATES} | NOT_PAGES.keys()
    readable = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert readable - known == set()
    assert NOT_PAGES.keys() | {state.endpoint for state in STATES} - {"error"} <= readable


@pytest.mark.parametrize("path", ["/clients/157083", "/clients/{close}/simulation"])
def test_the_frame_leaves_the_first_screen_to_the_page(visit: Callable[..., WebDriver], path: str) -> None:
    driver = visit(path)
    display(driver, 320, {})
    try:
        assert driver.find_element("tag name", "h1").rect["y"] < 500
    finally:
        display(driver, 1280, {})


def test_the_technology_watch_is_told_on_one_short_page(visit: Callable[..., WebDriver]) -> None:
    """Question, answer, table, picture, advice and limits: what is more stands on the pages behind."""
    driver = visit("/veille")
    display(driver, 1280, {})
    driver.execute_script("document.querySelectorAll('img').forEach(one => { one.loading = 'eager'; })")
    assert driver.execute_script("return document.documentElement.scrollHeight") <= 4000


@pytest.mark.parametrize("path", ["/veille/explications/montres", "/veille/erreurs", "/veille/photos"])
def test_pictures_that_come_late_move_nothing(visit: Callable[..., WebDriver], path: str) -> None:
    driver = visit(path)
    heights = "return [...document.querySelectorAll('main img')].map(one => Math.round(one.offsetHeight))"
    before = driver.execute_script(heights)
    driver.execute_async_script(
        "const done = arguments[0], all = [...document.images];"
        "all.forEach(one => { one.loading = 'eager'; });"
        "Promise.all(all.map(one => one.decode())).then(() => done())"
    )
    assert min(before) > 30
    assert driver.execute_script(heights) == before


@pytest.mark.parametrize("state", STATES, ids=str)
def test_no_violation(state: State, show: Callable[[State], WebDriver]) -> None:
    driver = show(state)
    faults: list[str] = []
    try:
        for name, (width, features) in DISPLAYS.items():
            display(driver, width, features)
            # Style sheets change nothing but colours for these, as test_statics.py holds.
            only = "cat.color" if name in ("dark", "forced colours") else ""
            faults += [f"{name}: {fault}" for fault in violations(driver, only)]
            real = driver.execute_script("return document.documentElement.scrollWidth")
            if real > width:
                faults.append(f"{name}: the page is {real} px wide on a screen of {width} px")
            if broken := driver.execute_script(BROKEN):
                faults.append(f"{name}: broken inside: {broken[:8]}")
        if contained := driver.execute_script(CONTAINED, VOID):
            faults.append(f"contains what the RGAA's grid says that no page has: {contained}")
        if unmarked := driver.execute_script(UNMARKED):
            faults.append(f"lists without marks, and without their role: {unmarked}")
        display(driver, 1280, {})
        if checkers.installed():
            faults += objections(driver)
        driver.execute_script("document.documentElement.style.fontSize = '200%'")
        if (real := driver.execute_script("return document.documentElement.scrollWidth")) > 1280:
            faults.append(f"letters of 200 %: the page is {real} px wide on a screen of 1280 px")
    finally:
        display(driver, 1280, {})
    assert not faults, "\n".join(faults)
