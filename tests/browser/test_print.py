"""Pages on paper: what is folded leaves no trace, what was opened keeps its title, the sheet is one sheet."""

import base64
import io
from collections.abc import Callable, Iterator

import pikepdf
import pytest
from selenium.webdriver.chrome.webdriver import WebDriver

from tests.browser.states import CLIENT, unfold

# Framed boxes that are on paper, with the words in them.
BOXES = """
return [...document.querySelectorAll('.card, .figure, .notice, .decision, details')]
  .filter(box => box.getClientRects().length).map(box => box.innerText.trim());
"""
TITLES = """
return [...document.querySelectorAll('.folded > :first-child')].map(one => one.getClientRects().length > 0);
"""
NOT_ON_PAPER = (
    "a.skip-link", ".banner nav", ".session", ".breadcrumb", ".footer", ".buttons", "form", ".page-bar",
)  # fmt: skip


@pytest.fixture
def on_paper(visit: Callable[..., WebDriver], driver: WebDriver) -> Iterator[Callable[[str], WebDriver]]:
    """Opens a page as paper shows it."""

    def go(path: str) -> WebDriver:
        visit(path).execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        return driver

    yield go
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@pytest.mark.parametrize(
    "path",
    [CLIENT, f"{CLIENT}/dossier", "/modele", "/clients/{refused}/leviers", "/clients/{close}/entretien"],
)
def test_no_box_is_empty(on_paper: Callable[[str], WebDriver], path: str) -> None:
    driver = on_paper(path)
    boxes = driver.execute_script(BOXES)
    assert boxes
    assert all(boxes), boxes
    for selector in NOT_ON_PAPER:
        found = driver.find_elements("css selector", selector)
        assert found or path != CLIENT, f"{selector} is no longer the name of anything"
        assert not [one for one in found if one.is_displayed()], selector


def test_what_was_opened_keeps_its_title(on_paper: Callable[[str], WebDriver]) -> None:
    shown = []
    for path in (CLIENT, "/clients/{refused}/leviers"):
        driver = on_paper(path)
        assert not any(driver.execute_script(TITLES))
        unfold(driver)
        shown += driver.execute_script(TITLES)
    assert len(shown) >= 2
    assert all(shown)


@pytest.mark.parametrize("who", ["157083", "{refused}", "{close}", "{hopeless}"])
def test_the_meeting_sheet_is_one_sheet_of_paper(visit: Callable[..., WebDriver], who: str) -> None:
    driver = visit(f"/clients/{who}/entretien")
    options = {"preferCSSPageSize": True, "printBackground": False}
    printed = driver.execute_cdp_cmd("Page.printToPDF", options)["data"]
    with pikepdf.open(io.BytesIO(base64.b64decode(printed))) as document:
        assert len(document.pages) == 2
