"""Every page of the site in every state worth looking at, for the browser tests.

`test_accessibility.py` holds that each address of the URL map is here or in NOT_PAGES, with its reason.
"""

from collections.abc import Callable
from dataclasses import dataclass

from selenium.webdriver.chrome.webdriver import WebDriver

CLIENT = "/clients/157083"
SMALL = "comme=revenu&comme=source&comme=logement&comme=type&comme=age&comme=montant"


@dataclass(frozen=True)
class State:
    """A page in one state: who opens what, on which site, and what is then done to it."""

    endpoint: str
    path: str
    name: str = ""
    user: str = "agathe"
    site: str = "site"
    act: Callable[[WebDriver], None] | None = None

    def __str__(self) -> str:
        return f"{self.endpoint}-{self.name or 'normal'}"


def submit(**fields: str) -> Callable[[WebDriver], None]:
    """Fill some fields of the page's main form in by id, and send it."""

    def act(driver: WebDriver) -> None:
        for name, value in fields.items():
            box = driver.find_element("id", name)
            box.clear()
            box.send_keys(value)
        before = driver.find_element("tag name", "html")
        driver.execute_script("document.querySelector('main form').requestSubmit()")
        _until_replaced(driver, before.id)

    return act


def _until_replaced(driver: WebDriver, old: str) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(driver, 20).until(
        lambda d: (
            d.find_element("tag name", "html").id != old
            and d.execute_script("return document.readyState") == "complete"
        )
    )


def unfold(driver: WebDriver) -> None:
    """Open all that is folded."""
    driver.execute_script("document.querySelectorAll('details').forEach(one => { one.open = true; })")


def expire(driver: WebDriver) -> None:
    """Send a form whose token is not this session's."""
    driver.execute_script("document.querySelector('main form [name=csrf_token]').value = 'autre'")
    submit()(driver)


def oversize(driver: WebDriver) -> None:
    """Send more than the site takes."""
    driver.execute_script(
        "document.querySelector('main form input:not([type=hidden])').value = 'x'.repeat(2e6)"
    )
    submit()(driver)


def guess(driver: WebDriver) -> None:
    """Try passwords until the site asks to wait."""
    for _ in range(6):
        submit(identifiant="inconnue", mot_de_passe="mauvais")(driver)


STATES = (
    State("auth.sign_in", "/connexion", user=""),
    State("auth.sign_in", "/connexion", "errors", user="", act=submit()),
    State("auth.sign_in", "/connexion", "wrong", user="", act=submit(identifiant="x", mot_de_passe="y")),
    State("auth.sign_in", "/connexion", "throttled", user="", act=guess),
    State("home.search", "/", "first-time", user="camille"),
    State("home.search", "/"),
    State("home.search", "/", "error", act=submit(numero="abc")),
    State("clients.decision", CLIENT),
    State("clients.decision", CLIENT, "unfolded", act=unfold),
    State("clients.decision", "/clients/999999999", "unknown"),
    State("comparison.compare", f"{CLIENT}/comparaison"),
    State("comparison.compare", f"{CLIENT}/comparaison?avec=AMT_ANNUITY", "crossed", act=unfold),
    State("comparison.compare", f"{CLIENT}/comparaison?donnee=NAME_INCOME_TYPE&comme=revenu", "categories"),
    State("comparison.compare", f"{CLIENT}/comparaison?{SMALL}", "small-group"),
    State("comparison.compare", f"{CLIENT}/comparaison?avec=AMT_CREDIT", "error"),
    State("site.accessibility", "/accessibilite"),
    State("watch.report", "/veille"),
    State("site.accessibility", "/accessibilite", "anonymous", user=""),
    State("error", "/nulle-part", "404"),
    State("error", "/deconnexion", "405"),
    State("error", "/modele/equite", "403"),
    State("error", "/", "expired", act=expire),
    State("error", "/", "413", act=oversize),
    State("error", "/", "503", site="empty_site"),
    State("error", CLIENT, "500", site="broken_site"),
)

# Addresses that answer with something else than a page, and what holds them instead.
NOT_PAGES = {
    "static": "style sheets and the icon",
    "operations.alive": "JSON for a supervisor (tests/web/test_operations.py)",
    "operations.ready": "JSON for a supervisor (tests/web/test_operations.py)",
    "watch.picture": "SVG and WebP inside the report (tests/web/test_watch.py)",
    "watch.spreadsheet": "CSV (tests/web/test_watch.py)",
    "clients.picture": "SVG inside the client's page (tests/web/test_pages.py)",
    "clients.spreadsheet": "CSV (tests/web/test_pages.py)",
    "comparison.picture": "SVG inside the comparison page (tests/web/test_comparison_page.py)",
    "comparison.spreadsheet": "CSV (tests/web/test_comparison_page.py)",
}
