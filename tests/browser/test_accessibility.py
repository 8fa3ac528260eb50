"""Every page, in every state and display: no violation, no sideways scrolling, no broken word.

Nor does any contain what the grid of the RGAA calls void.
"""

from collections.abc import Callable
from typing import Any

import pytest
from axe_selenium_python import Axe
from flask import Flask
from selenium.webdriver.chrome.webdriver import WebDriver

from pretadepenser.audit.engine import AXE, version
from tests import checkers
from tests.browser.engines import objections
from tests.browser.exclusions import EXCLUDED
from tests.browser.states import NOT_PAGES, STATES, display

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

# The rule whose findings are all among those of a stricter one, which costs as much.
COVERED = "color-contrast"

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


# Contrast is judged once, by AAA's rule: it is told not to leave what AA's rule finds as well to that one.
# The violations alone, without the markup of what was looked at: writing that down takes as long as judging.
RUN = """
const [only, excluded, done] = arguments, unwanted = ['experimental', 'deprecated'];
const stricter = structuredClone(axe._audit.checks['color-contrast-enhanced'].options);
Object.values(stricter.contrastRatio).forEach(one => { delete one.minThreshold; });
stricter.shadowOutlineEmMax = axe._audit.checks['color-contrast'].options.shadowOutlineEmMax;
axe.configure({checks: [{id: 'color-contrast-enhanced', options: stricter}]});
const rules = axe.getRules().filter(one => !unwanted.some(tag => one.tags.includes(tag)));
const chosen = rules.filter(one => !only || one.tags.includes(only)).map(one => one.ruleId)
  .filter(one => !excluded.includes(one));
axe.configure({noHtml: true});
axe.run(document, {runOnly: {type: 'rule', values: chosen}, resultTypes: ['violations']}).then(
  found => done({all: rules.length, chosen: chosen.length, violations: found.violations}),
  error => done({all: rules.length, chosen: chosen.length, broken: String(error)}));
"""


def violations(driver: WebDriver, only: str = "") -> list[str]:
    """Run every rule of axe-core but COVERED, those that are off by default included; say what it found.

    only: a tag, where other rules would find what they found before.
    """
    if not driver.execute_script("return 'axe' in window"):
        Axe(driver, str(AXE)).inject()
    excluded = [COVERED, *EXCLUDED]
    found: dict[str, Any] = driver.execute_async_script(RUN, only, excluded)
    assert "broken" not in found, found
    assert found["all"] > 80, "axe-core lost its rules"
    assert found["chosen"] == found["all"] - len(excluded) or (only and found["chosen"]), found["chosen"]
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
    assert {"image-alt", "color-contrast-enhanced", "label", "empty-heading"} <= found
    # Left as it is, each of the two rules leaves to the other what is its own.
    (contrast,) = [line for line in violations(driver, "cat.color") if line.startswith("color-contrast")]
    assert contrast.startswith("color-contrast-enhanced:")
    assert "['#pale'], ['#gris']" in contrast
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


@pytest.mark.parametrize("width", [600, 768, 800])
def test_letters_of_pictures_are_near_those_of_the_page(visit: Callable[..., WebDriver], width: int) -> None:
    """Neither drawing is stretched to a poster where the screen is nearly, or just, wide enough for both."""
    driver = visit("/clients/157083")
    display(driver, width, {})
    try:
        stretched = driver.execute_async_script(
            "const done = arguments[0], all = [...document.querySelectorAll('.figure picture img')];"
            "all.forEach(one => { one.loading = 'eager'; });"
            "Promise.all(all.map(one => one.decode())).then(() =>"
            " done(all.map(one => one.getBoundingClientRect().width / one.naturalWidth)))"
        )
        assert len(stretched) == 2
        assert max(stretched) < 1.4
    finally:
        display(driver, 1280, {})


@pytest.mark.parametrize("path", ["/clients/157083/comparaison", "/clients/157083/decision"])
def test_no_border_crosses_the_name_of_a_group(visit: Callable[..., WebDriver], path: str) -> None:
    """On a narrow screen a name may take two lines: it stands inside its frame, not on it."""
    driver = visit(path)
    display(driver, 320, {})
    try:
        above = driver.execute_script(
            "const top = one => one.getBoundingClientRect().top;"
            "return [...document.querySelectorAll('main fieldset > legend')]"
            ".filter(one => one.checkVisibility()).map(one => top(one) - top(one.parentElement))"
        )
        assert above
        assert min(above) > 0
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
