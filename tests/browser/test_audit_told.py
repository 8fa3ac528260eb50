"""What the walk of an audit says of itself, without a browser."""

import shutil
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver.chrome.webdriver import WebDriver

from pretadepenser.audit import AuditError, browser, folder, run
from pretadepenser.audit.browser import Walker
from pretadepenser.audit.findings import SIDEWAYS
from pretadepenser.audit.sample import load

SITE = "https://x"


class Driver:
    """A driver of no browser, which answers every script alike."""

    def __init__(self, script: object = "https:", failure: Exception | None = None) -> None:
        self.script, self.failure = script, failure
        self.current_url = f"{SITE}/connexion"

    def get(self, _: str) -> None:
        if self.failure:
            raise self.failure

    def execute_script(self, _: str) -> object:
        return self.script


def walker(driver: Driver) -> Walker:
    return Walker(cast(WebDriver, driver), SITE, load(), {}, lambda *_: None)


@pytest.mark.parametrize(
    ("driver", "said"),
    [
        (Driver(failure=TimeoutException()), "Le site https://x ne répond pas en 60 secondes."),
        (Driver("chrome-error:"), "Le site https://x ne répond pas : vérifiez l’adresse."),
    ],
)
def test_a_site_that_does_not_answer_is_told(driver: Driver, said: str) -> None:
    with pytest.raises(AuditError) as told:
        walker(driver).open("/")
    assert str(told.value) == said


def test_too_many_attempts_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    field = SimpleNamespace(send_keys=lambda _: None, submit=lambda: None)
    monkeypatch.setattr(Walker, "_field", lambda *_: field)
    monkeypatch.setattr(Walker, "_leaving", lambda _: nullcontext())
    monkeypatch.setattr(Walker, "_status", lambda _: 429)
    with pytest.raises(AuditError) as told:
        walker(Driver()).sign_in("agathe", "secret")
    assert str(told.value) == (
        "Le site a vu trop d’essais de connexion de agathe : attendez un quart d’heure."
    )


def test_a_page_that_leads_elsewhere_says_where() -> None:
    page = next(one for one in load().pages if one.path != "/connexion")
    assert walker(Driver())._led_away(page) == "le site mène à /connexion"


def test_a_page_wider_than_its_window_says_how_wide() -> None:
    sample = load()
    display = next(one for one in sample.displays if one.sideways)
    walking = walker(Driver(display.width + 80))
    page = sample.pages[0]
    (found,) = walking._sideways(page, page.states[0], display)
    assert found.summary == f"{display.width + 80} px wide in a window of {display.width} px"
    assert walking.rules[SIDEWAYS].help == "The page must not scroll sideways"


def test_a_browser_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> None:
        raise WebDriverException("session not created")

    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("selenium.webdriver.Chrome", refused)
    with pytest.raises(AuditError) as told, browser._chromium():
        pass
    assert str(told.value).startswith("Chromium ne démarre pas (")
    assert str(told.value).endswith("session not created) : lui et chromedriver vont-ils ensemble ?")


def test_writing_is_the_last_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Any = run.order(
        SITE, ("un",), tmp_path / "pack", force=False, client=None, own_sample=None, baseline=None
    )
    monkeypatch.setattr(browser, "walk", lambda *_: SimpleNamespace())
    monkeypatch.setattr(folder, "write", lambda *_, **__: None)
    steps: list[tuple[str, float]] = []
    run.make(asked, ("secret",), lambda step, share: steps.append((step, share)))
    assert steps == [("Écriture des preuves", 0.0), ("Écriture des preuves", 1.0)]
