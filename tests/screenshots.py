"""`make screenshots`: renews docs/screenshots, the pictures of the README, on a portfolio of its own."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import Final

from flask import url_for
from PIL import Image
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait

from pretadepenser import create_app
from pretadepenser.records import decisions, users
from pretadepenser.records.database import Database
from pretadepenser.records.decisions import Verdict
from tests.browser.conftest import chromium, hosted
from tests.conftest import PASSWORD

FOLDER: Final = Path(__file__).parents[1] / "docs" / "screenshots"
CLIENTS: Final = 3000
# Pixels of the window, and how wide a picture is kept.
WINDOW: Final = (1280, 1100)
WIDTH: Final = 800
COLOURS: Final = 96
# Whose page each picture shows.
PAGES: Final = {
    "client": ("conseiller", "clients.decision"),
    "history": ("conseiller", "history.show"),
    "comparison": ("conseiller", "comparison.compare"),
    "simulation": ("conseiller", "simulation.simulate"),
    "levers": ("conseiller", "levers.levers"),
    "meeting": ("conseiller", "meeting.sheet"),
    "decision": ("conseiller", "decision.decide"),
    "reviews": ("responsable", "reviews.work_list"),
    "journal": ("auditeur", "journal.show"),
    "model": ("auditeur", "model.overview"),
    "watch": ("auditeur", "watch.report"),
}
OF_CLIENT: Final = ("client", "history", "comparison", "simulation", "levers", "meeting", "decision")


def main() -> int:
    """Prepare an instance as `make run` does, and take each picture; 1 where there is no Chromium."""
    driver = chromium()
    if driver is None:
        sys.stderr.write("Chromium is not installed (apt install chromium chromium-driver).\n")
        return 1
    with tempfile.TemporaryDirectory(prefix="pretadepenser-screenshots-") as folder:
        app = create_app({"INSTANCE": Path(folder) / "instance"})
        done = app.test_cli_runner().invoke(args=["prepare", "--clients", str(CLIENTS)])
        assert done.exit_code == 0, done.output
        database: Database = app.extensions["database"]
        users.add_user(database, "auditeur", "auditeur", PASSWORD)
        for name in ("conseiller", "responsable"):
            users.set_password(database, name, PASSWORD)
        # One who was refused and can be offered another loan: every page has something to say.
        shown = decisions.latest(database, None, 2**31 - 1, 50)
        client = next(one.client for one in shown if one.verdict is Verdict.COUNTER)
        with app.test_request_context():
            addresses = {
                name: url_for(endpoint, number=client) if name in OF_CLIENT else url_for(endpoint)
                for name, (_, endpoint) in PAGES.items()
            }
        try:
            with hosted(app) as root:
                for name, (user, _) in PAGES.items():
                    _open(driver, root, user, addresses[name])
                    if name == "simulation":
                        _simulate(driver)
                    _keep(driver, FOLDER / f"{name}.png")
                    sys.stdout.write(f"{name}.png\n")
        finally:
            driver.quit()
    return 0


def _open(driver: WebDriver, root: str, user: str, address: str) -> None:
    """Open a page as a user, who signs in where another one was."""
    driver.set_window_size(*WINDOW)
    driver.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
    driver.get(f"{root}{address}")
    if user not in driver.find_element(By.TAG_NAME, "header").text:
        driver.delete_all_cookies()
        driver.get(f"{root}/connexion")
        driver.find_element(By.NAME, "identifiant").send_keys(user)
        driver.find_element(By.NAME, "mot_de_passe").send_keys(PASSWORD)
        driver.find_element(By.CSS_SELECTOR, "main button").click()
        # The way in must be over, or it ends on the page that is asked for next.
        wait = WebDriverWait(driver, 30, ignored_exceptions=[StaleElementReferenceException])
        wait.until(lambda _: user in driver.find_element(By.TAG_NAME, "header").text)
        driver.get(f"{root}{address}")


def _simulate(driver: WebDriver) -> None:
    """Ask for an income a quarter higher."""
    field = driver.find_element(By.NAME, "amt_income_total")
    written = field.get_attribute("value") or ""
    more = int("".join(one for one in written.partition(",")[0] if one.isdecimal())) * 5 // 4
    field.clear()
    field.send_keys(str(more))
    field.submit()


def _keep(driver: WebDriver, path: Path) -> None:
    picture = Image.open(io.BytesIO(driver.get_screenshot_as_png())).convert("RGB")
    small = picture.resize((WIDTH, picture.height * WIDTH // picture.width), Image.Resampling.LANCZOS)
    small.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
