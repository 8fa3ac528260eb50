"""What a person without eyes learns after a form that writes something down; the frame of every role."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By

from pretadepenser import create_app
from tests.browser.conftest import hosted
from tests.browser.states import CLIENT, after, display, outdate, submit

WIDTHS = """
const at = css => document.querySelector(css).getBoundingClientRect();
const [brand, account, menu] = ['.brand', '.session', '.banner nav'].map(at);
return {
  beside: account.top < brand.bottom && account.left > brand.right,
  below: menu.top >= account.bottom,
  lines: new Set([...document.querySelectorAll('.banner nav li')].map(one => one.offsetTop)).size,
  edges: Math.abs(account.right - at('main').right + 24) < 2 && Math.abs(menu.left - brand.left) < 2,
};
"""


@pytest.mark.parametrize(
    ("user", "path"),
    [
        ("agathe", "/"),
        ("delphine", "/revues"),
        ("basile", "/journal"),
        ("camille", "/administration/reglages"),
    ],
)
def test_the_account_stands_beside_the_brand_and_the_menu_on_one_line_below(
    user: str, path: str, visit: Callable[..., WebDriver]
) -> None:
    driver = visit(path, user)
    display(driver, 1280, {})
    assert driver.execute_script(WIDTHS) == {"beside": True, "below": True, "lines": 1, "edges": True}


@pytest.fixture(scope="module")
def own_site(decided: Path) -> Iterator[str]:
    """Address of an application of this file's own, since more is written down there."""
    folder = decided.parent / "told"
    shutil.copytree(decided, folder, symlinks=True)
    with hosted(create_app({"INSTANCE": folder})) as address:
        yield address


@pytest.fixture
def focused(driver: WebDriver) -> Callable[[], tuple[str, str]]:
    """Tag of what has the focus, and the words that follow it on the page."""

    def look() -> tuple[str, str]:
        tag = driver.switch_to.active_element.tag_name
        follows = driver.find_elements(By.CSS_SELECTOR, "main h1 + *")
        return tag, " ".join(follows[0].text.split()) if follows else ""

    return look


def test_what_is_written_down_is_told_where_the_focus_lands(
    visit: Callable[..., WebDriver], own_site: str, focused: Callable[[], tuple[str, str]]
) -> None:
    """The heading, which says the result, and next that it is written down; not again on the next page."""
    driver = visit(f"{CLIENT}/decision", "agathe", own_site)
    driver.find_element("css selector", "#verdict-0").click()
    submit()(driver)
    assert driver.title.startswith("Prêt accordé")
    assert focused() == ("h1", "Votre décision est enregistrée.")
    driver.refresh()
    assert focused()[0] == "body"
    assert "est enregistrée." not in focused()[1]


def test_a_request_that_is_written_down_takes_the_focus(
    visit: Callable[..., WebDriver], own_site: str, focused: Callable[[], tuple[str, str]]
) -> None:
    driver = visit("/decisions/1/reexamen", "agathe", own_site)
    driver.find_element("css selector", "#canal-0").click()
    submit(demande="Il conteste le motif.")(driver)
    assert focused() == ("h1", "La demande du client est enregistrée.")


def test_a_decision_that_is_not_written_says_so_where_the_focus_lands(
    visit: Callable[..., WebDriver], focused: Callable[[], tuple[str, str]]
) -> None:
    driver = visit(f"{CLIENT}/decision")
    after(outdate, submit())(driver)
    assert driver.title.startswith("L’avis du modèle a changé")
    tag, next_words = focused()
    assert (tag, next_words.startswith("Ce que vous avez saisi est gardé")) == ("h1", True)
