"""Every page of the site in every state worth looking at, for the browser tests.

`test_accessibility.py` holds that each address of the URL map is here or in NOT_PAGES, with its reason.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

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
            if box.tag_name == "select":
                Select(box).select_by_visible_text(value)
                continue
            box.clear()
            box.send_keys(value)
        with leaving_the_page(driver):
            driver.execute_script("document.querySelector('main form').requestSubmit()")

    return act


@contextmanager
def leaving_the_page(driver: WebDriver) -> Iterator[None]:
    """What is done inside opens another page: wait until that one is loaded.

    The driver itself answers a key or a click before the browser has begun to leave.
    """
    left = driver.find_element("tag name", "html").id
    yield
    WebDriverWait(driver, 20).until(
        lambda d: (
            d.find_element("tag name", "html").id != left
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


PERSON = {
    "name_contract_type": "Prêt personnel",
    "amt_credit": "300 000",
    "amt_annuity": "15 000",
    "amt_goods_price": "270 000",
    "amt_income_total": "150 000",
}

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
    State("clients.decision", "/clients/{refused}", "refused"),
    State("clients.decision", "/clients/{close}", "close"),
    State("simulation.simulate", f"{CLIENT}/simulation"),
    State("simulation.simulate", f"{CLIENT}/simulation", "unchanged", act=submit()),
    State("simulation.simulate", f"{CLIENT}/simulation", "answer", act=submit(amt_credit="600 000")),
    State(
        "simulation.simulate", f"{CLIENT}/simulation", "errors", act=submit(amt_credit="x", amt_annuity="9e9")
    ),
    State("levers.levers", f"{CLIENT}/leviers", "granted"),
    State("levers.levers", "/clients/{refused}/leviers"),
    State("levers.levers", "/clients/{hopeless}/leviers", "hopeless"),
    State(
        "levers.levers", "/clients/{close}/leviers?fixe=projet&fixe=apport&fixe=duree&fixe=revenu", "locked"
    ),
    State("application.new", "/dossiers/nouveau"),
    State("application.new", "/dossiers/nouveau", "errors", act=submit(amt_credit="beaucoup")),
    State("application.new", "/dossiers/nouveau", "answer", act=submit(**PERSON)),
    State("meeting.sheet", f"{CLIENT}/entretien"),
    State("meeting.sheet", "/clients/{refused}/entretien", "refused"),
    State("model.overview", "/modele"),
    State("model.overview", "/modele", "unfolded", act=unfold),
    State("model.fairness", "/modele/equite", user="basile"),
    State("model.fairness", "/modele/equite", "unfolded", user="basile", act=unfold),
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
    "api.openapi": "JSON (tests/web/test_api.py)",
    "api.client_score": "JSON for other systems (tests/web/test_api.py)",
    "levers.picture": "SVG inside the levers page (tests/web/test_levers.py)",
    "levers.spreadsheet": "CSV (tests/web/test_levers.py)",
    "meeting.pdf": "a tagged PDF (tests/web/test_meeting.py)",
    "model.card": "the model card as a text file (tests/web/test_model.py)",
    "model.picture": "SVG inside the model's page (tests/web/test_model.py)",
    "model.spreadsheet": "CSV (tests/web/test_model.py)",
    "model.fairness_picture": "SVG inside the fairness page (tests/web/test_model.py)",
    "model.fairness_chart_spreadsheet": "CSV (tests/web/test_model.py)",
    "model.fairness_spreadsheet": "CSV (tests/web/test_model.py)",
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
