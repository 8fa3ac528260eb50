"""What other engines than axe-core say of the open page: IBM Equal Access and HTML_CodeSniffer.

Only what an engine is sure of counts. What it merely recommends, or asks a person to look at, is no fault.
"""

from functools import cache
from pathlib import Path
from typing import Final

from selenium.webdriver.chrome.webdriver import WebDriver

from tests.checkers import ACE, HTMLCS

# Sure findings that are not faults here, each with its reason.
ACCEPTED: Final[dict[str, str]] = {}
# IBM: a violation that failed, of WCAG 2.2; what is "potential" or "manual" is a person's to judge. Of fields
# that are folded away it finds no label, for these are folded away too: they are looked at unfolded. A third
# of its rules never says RuleFail: these only recommend or ask, and are not run.
_IBM: Final = """
const done = arguments[0];
const folded = one => one.node instanceof Element && one.node.closest('details:not([open])')
  && !one.node.checkVisibility();
const checker = new ace.Checker(), rules = checker.rulesetRules;
rules.WCAG_2_2 = rules.WCAG_2_2.filter(id => /RuleFail\\b/.test(checker.engine.ruleMap[id].run));
checker.check(document, ['WCAG_2_2']).then(
  report => done(report.results
    .filter(one => one.value[0] === 'VIOLATION' && one.value[1] === 'FAIL' && !folded(one))
    .map(one => [one.ruleId, one.message, one.snippet])),
  error => done([['broken', String(error), '']]));
"""
# HTML_CodeSniffer: errors (type 1) of WCAG 2, level AAA.
_SNIFFER: Final = """
const done = arguments[0];
HTMLCS.process('WCAG2AAA', document, () => done(HTMLCS.getMessages()
    .filter(one => one.type === HTMLCS.ERROR)
    .map(one => [one.code, one.msg, one.element.outerHTML ? one.element.outerHTML.slice(0, 200) : ''])),
  error => done([['broken', String(error), '']]));
"""


@cache
def _script(path: Path, name: str) -> str:
    """The engine's code, which leaves its name on the window."""
    return f"{path.read_text('utf-8')};window.{name} = {name};"


def objections(driver: WebDriver) -> list[str]:
    """Run both engines on the open page; say what they are sure of."""
    found = []
    for engine, path, name, code in (("IBM", ACE, "ace", _IBM), ("HTMLCS", HTMLCS, "HTMLCS", _SNIFFER)):
        for rule, message, element in driver.execute_async_script(_script(path, name) + code):
            if rule not in ACCEPTED:
                found.append(f"{engine} {rule}: {message} — {element[:200]}")
    return found
