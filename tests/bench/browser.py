"""How long a client's page takes to be complete in a real Chromium: page, style sheets and pictures."""

from __future__ import annotations

import numpy as np
from selenium.webdriver.common.by import By

from pretadepenser.credit.portfolio import current_portfolio
from tests.bench.ground import PASSWORD, USER, Ground, line, median, p99, title
from tests.browser.conftest import chromium
from tests.web.test_gunicorn import start

CLIENTS = 30
# From the moment that the address is asked for to the end of the event that tells the page complete.
_TAKEN = "const [one] = performance.getEntriesByType('navigation'); return one.loadEventEnd"


def run(ground: Ground) -> None:
    """Open pages of clients whom nobody has looked at, then the same again."""
    driver = chromium()
    if driver is None:
        title("Chromium is not installed: the time of a page in a browser is not measured")
        return
    portfolio = current_portfolio(ground.instance)
    assert portfolio
    numbers = np.random.default_rng(3).choice(portfolio.numbers(), CLIENTS, replace=False).tolist()
    server = start(ground.instance)
    try:
        server.wait()
        root = f"http://127.0.0.1:{server.port}"
        driver.get(f"{root}/connexion")
        driver.find_element(By.NAME, "identifiant").send_keys(USER)
        driver.find_element(By.NAME, "mot_de_passe").send_keys(PASSWORD)
        driver.find_element(By.CSS_SELECTOR, "main button").click()
        # Style sheets are kept from the first page on, as they are for any advisor.
        driver.get(f"{root}/clients/{numbers[0]}")
        title("A client's page complete in Chromium, ms")
        for name in ("first view of a client", "the same again"):
            taken = []
            for number in numbers[1:]:
                driver.get(f"{root}/clients/{number}")
                assert driver.title.endswith("Prêt à dépenser"), driver.title
                taken.append(float(driver.execute_script(_TAKEN)))
            line(name, f"p50 {median(taken):.0f}", f"p99 {p99(taken):.0f}")
    finally:
        driver.quit()
        server.process.terminate()
        server.process.wait(40)
