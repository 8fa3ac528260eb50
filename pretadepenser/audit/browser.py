"""The walk: Chromium signs in through the page's own form, opens the sample and runs axe-core on each page.

The only module that needs the extra "audit" (selenium, axe-selenium-python).
"""

from __future__ import annotations

import datetime
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from axe_selenium_python import Axe
from selenium import webdriver
from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from pretadepenser.audit import AuditError
from pretadepenser.audit.engine import AXE, version
from pretadepenser.audit.findings import SIDEWAYS, Audit, Baseline, Finding, Missed, Rule, Visit, read, rule
from pretadepenser.audit.sample import Display, Page, Sample, State

SIGN_IN: Final = "/connexion"
# The client who exists in every fictitious portfolio.
CLIENT: Final = 157083
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS: Final = 60
# Rules without a tag of the RGAA that nevertheless break a criterion of it.
MEANT: Final[Mapping[str, tuple[str, ...]]] = {
    "avoid-inline-spacing": ("10.12",),
    "empty-heading": ("9.1",),
    "heading-order": ("9.1",),
    "landmark-no-duplicate-main": ("9.2",),
    "landmark-one-main": ("9.2",),
}
ARGUMENTS: Final = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
)

# The control of a label, by the words that it begins with ("Montant (obligatoire)" is "Montant").
FIELD: Final = """
const said = node => node.textContent.replace(/\\s+/g, ' ').trim();
const found = [...document.querySelectorAll('main label')].find(label =>
  said(label) === arguments[0] || said(label).startsWith(arguments[0] + ' '));
return found ? found.control : null;
"""


@dataclass(frozen=True)
class Account:
    """A user of the deployment to sign in as."""

    user: str
    password: str


def walk(
    url: str,
    accounts: Sequence[Account],
    sample: Sample,
    selectors: Mapping[str, str],
    baseline: Baseline,
    client: int | None = None,
    progress: Callable[[str, float], None] = lambda step, share: None,
) -> Audit:
    """Look at every page of a sample.

    Args:
        url: of the deployment, without a path.
        accounts: who signs in, one after the other; each opens what was closed to those before.
        selectors: number of a criterion -> CSS selector of what it is about.
        client: number of the client to look at; None: one that the page of search offers.

    Raises AuditError: no Chromium, no answer, another site, a wrong password.
    """
    with _chromium() as driver:
        walker = Walker(driver, url, sample, selectors, progress)
        begun = datetime.datetime.now().astimezone()
        for account in accounts:
            walker.sign_in(account.user, account.password)
            client = client or walker.found_client()
            walker.client = client or CLIENT
            walker.look(page for page in sample.pages if not page.anonymous)
            walker.sign_out()
        walker.look(page for page in sample.pages if page.anonymous)
        return Audit(
            url=url,
            client=walker.client,
            begun=begun,
            ended=datetime.datetime.now().astimezone(),
            axe=version(),
            browser=f"Chromium {driver.capabilities['browserVersion']}",
            sample=sample,
            rules=walker.rules,
            visits=sorted(walker.visits, key=lambda visit: sample.pages.index(visit.page)),
            missed=walker.missed,
            baseline=baseline,
        )


@contextmanager
def _chromium() -> Iterator[WebDriver]:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    chromedriver = shutil.which("chromedriver")
    if not browser or not chromedriver:
        raise AuditError("Chromium ou chromedriver manque : apt install chromium chromium-driver")
    options = Options()
    options.binary_location = browser
    for argument in (*ARGUMENTS, "--lang=fr"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium refuses to start as root with it
    try:
        driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    except WebDriverException as error:
        raise AuditError(
            f"Chromium ne démarre pas ({_first_line(error)}) : lui et chromedriver vont-ils ensemble ?"
        ) from error
    try:
        driver.set_script_timeout(SECONDS)
        driver.set_page_load_timeout(SECONDS)
        yield driver
    finally:
        driver.quit()


class Walker:
    """A browser on its way through a sample."""

    def __init__(
        self,
        driver: WebDriver,
        url: str,
        sample: Sample,
        selectors: Mapping[str, str],
        progress: Callable[[str, float], None],
    ) -> None:
        self.driver = driver
        self.url = url
        self.sample = sample
        self.selectors = dict(selectors)
        self.progress = progress
        self.client = CLIENT
        # Names of the pages that were asked for, in their order.
        self.asked: list[str] = []
        self.rules: dict[str, Rule] = {}
        self.visits: list[Visit] = []
        self.missed: list[Missed] = []

    def open(self, path: str) -> None:
        """Open a page. Raises AuditError where nothing answers."""
        try:
            self.driver.get(self.url + path)
        except TimeoutException as error:
            raise AuditError(f"Le site {self.url} ne répond pas en {SECONDS} secondes.") from error
        except WebDriverException as error:
            found = re.search(r"net::(ERR_\w+)", str(error))
            raise AuditError(
                f"Le site {self.url} ne répond pas ({found[1] if found else _first_line(error)}) : "
                "vérifiez l’adresse."
            ) from error
        # Chromium shows a page of its own for some errors, and says nothing.
        if self.driver.execute_script("return location.protocol") == "chrome-error:":
            raise AuditError(f"Le site {self.url} ne répond pas : vérifiez l’adresse.")

    def sign_in(self, user: str, password: str) -> None:
        """Fill in the form of /connexion as a person does. Raises AuditError where that leads nowhere."""
        self.open(SIGN_IN)
        name, secret = self._field("Identifiant"), self._field("Mot de passe")
        if name is None or secret is None:
            raise AuditError(
                f"La page {self.url}{SIGN_IN} n’a pas les champs « Identifiant » et « Mot de passe » : "
                "est-ce bien un site Prêt à dépenser ?"
            )
        name.send_keys(user)
        secret.send_keys(password)
        with self._leaving():
            secret.submit()
        status = self._status()
        if status == 429:
            raise AuditError(
                f"Le site a vu trop d’essais de connexion de {user} : attendez un quart d’heure."
            )
        if status >= 400:
            raise AuditError(
                f"Le site refuse la connexion de {user} : vérifiez l’identifiant et le mot de passe."
            )
        self.open("/")
        if self.driver.find_elements("css selector", "main input[type=password]"):
            raise AuditError(
                f"Le compte {user} doit d’abord changer de mot de passe : créez le compte d’audit avec "
                "« flask --app wsgi user add NOM --role RÔLE --permanent »."
            )

    def sign_out(self) -> None:
        """Leave no session behind."""
        self.open("/")
        for form in self.driver.find_elements("css selector", "form[action$='/deconnexion']"):
            with self._leaving():
                form.submit()
        self.driver.delete_all_cookies()

    def found_client(self) -> int | None:
        """A client that the page of search offers, visited lately or its example; None without that page."""
        self.open("/")
        if urlsplit(self.driver.current_url).path != "/":
            return None
        for link in self.driver.find_elements("css selector", "main a[href*='/clients/']"):
            if found := re.search(r"/clients/(\d+)$", link.get_attribute("href") or ""):
                return int(found[1])
        words = self.driver.find_element("css selector", "main").text
        example = re.search(r"\b\d{5,9}\b", words)
        return int(example[0]) if example else CLIENT

    def look(self, pages: Iterable[Page]) -> None:
        """Look at these pages, but for those that an account before could see."""
        for page in pages:
            if any(visit.page.name == page.name for visit in self.visits):
                continue
            if page.name not in self.asked:
                self.asked.append(page.name)
            self.missed = [one for one in self.missed if one.page.name != page.name]
            step = f"{page.title} ({self.asked.index(page.name) + 1} sur {len(self.sample.pages)})"
            for index, state in enumerate(page.states):
                self.progress(step, index / len(page.states))
                self._look_at(page, state)
            self.progress(step, 1.0)

    def _look_at(self, page: Page, state: State) -> None:
        self.show(self.sample.displays[0])
        try:
            self.open(page.path.format(client=self.client))
            reached = self._led_away(page) or self._act(state)
        except WebDriverException as error:
            reached = _first_line(error)
        if reached == 403 and page.reserved:
            self.missed.append(Missed(page, state, "ce compte n’a pas le droit de l’ouvrir", reserved=True))
            return
        if reached != state.status:
            why = reached if isinstance(reached, str) else f"le site répond {reached} et non {state.status}"
            self.missed.append(Missed(page, state, why))
            return
        axe = Axe(self.driver, str(AXE))
        axe.inject()
        options = self._options()
        present = frozenset(self.driver.execute_script(
            "return Object.entries(arguments[0]).filter(([, css]) => document.querySelector(css))"
            ".map(([number]) => number)", self.selectors,
        ))  # fmt: skip
        for display in self.sample.displays:
            self.show(display)
            found = _kept(axe.run(options=options))
            self.visits.append(self._visit(page, state, display, found, present))

    def _led_away(self, page: Page) -> str:
        """Say where the site leads to instead of this page: to sign in, for one; "" where it does not."""
        wanted, arrived = (urlsplit(address).path for address in (page.path, self.driver.current_url))
        return "" if arrived == wanted.format(client=self.client) else f"le site mène à {arrived}"

    def _act(self, state: State) -> int | str:
        """Bring the open page into a state; give the status of the answer, or why it is not that state."""
        for label, text in state.fill.items():
            if (box := self._field(label)) is None:
                return f"le champ « {label} » n’est pas là"
            box.clear()
            box.send_keys(text)
        for label, factor in state.scale.items():
            if (box := self._field(label)) is None:
                return f"le champ « {label} » n’est pas là"
            number = float(re.sub(r"\s", "", box.get_attribute("value") or "0").replace(",", "."))
            box.clear()
            box.send_keys(f"{number * factor:.0f}")
        if state.send:
            with self._leaving():
                self.driver.execute_script("document.querySelector('main form').requestSubmit()")
        if state.unfold:
            self.driver.execute_script(
                "document.querySelectorAll('details').forEach(one => { one.open = true; })"
            )
        status = self._status()
        if status != state.status:
            return status
        words = self.driver.execute_script("return document.querySelector('main').textContent")
        if state.says and " ".join(state.says.split()) not in " ".join(words.split()):
            return f"les mots « {state.says} » n’y sont pas"
        return status

    def _visit(
        self, page: Page, state: State, display: Display, found: Mapping[str, Any], present: frozenset[str]
    ) -> Visit:
        outcomes, told = read(found, (page.name, state.name, display.name), self.rules)
        if display.sideways:
            broken = self._sideways(page, state, display)
            outcomes[SIDEWAYS] = "failed" if broken else "passed"
            told["violations"] += broken
        violations, undecided = told["violations"], told["incomplete"]
        title = self.driver.title
        return Visit(
            page, state, display, self.driver.current_url, title, found, outcomes, tuple(violations),
            tuple(undecided), present,
        )  # fmt: skip

    def _sideways(self, page: Page, state: State, display: Display) -> list[Finding]:
        """The page is wider than its window."""
        wcag = "1.4.4" if display.text > 100 else "1.4.10"
        own = Rule(
            SIDEWAYS, "The page must not scroll sideways", "https://www.w3.org/TR/WCAG22/#reflow",
            (display.sideways,), (wcag,), (f"9.{wcag}",), "AA",
        )  # fmt: skip
        self.rules.setdefault(SIDEWAYS, own)
        real = self.driver.execute_script("return document.documentElement.scrollWidth")
        if real <= display.width:
            return []
        why = f"{real} px wide in a window of {display.width} px"
        return [Finding(page.name, state.name, display.name, own, "serious", ("html",), why)]

    def _options(self) -> str:
        """Run all rules that are neither experimental nor deprecated, also those that are off by default."""
        listed = self.driver.execute_script("return axe.getRules()")
        wanted = {one["ruleId"] for one in listed if not {"experimental", "deprecated"} & set(one["tags"])}
        for one in listed:
            if one["ruleId"] in wanted:
                tags = [*one["tags"], *(f"RGAA-{number}" for number in MEANT.get(one["ruleId"], ()))]
                self.rules[one["ruleId"]] = rule(one["ruleId"], one["help"], one["helpUrl"], tags)
        rules = {one["ruleId"]: {"enabled": one["ruleId"] in wanted} for one in listed}
        return json.dumps({"rules": rules, "resultTypes": ["violations", "incomplete"]})

    def show(self, display: Display) -> None:
        """Show the page as a reader's settings would."""
        media = [
            {"name": "prefers-color-scheme", "value": display.scheme},
            {"name": "forced-colors", "value": "active" if display.forced else "none"},
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": display.width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
        )
        size = "" if display.text == 100 else f"{display.text}%"
        self.driver.execute_script("document.documentElement.style.fontSize = arguments[0]", size)

    def _field(self, label: str) -> WebElement | None:
        found: WebElement | None = self.driver.execute_script(FIELD, label)
        return found

    def _status(self) -> int:
        return int(
            self.driver.execute_script("return performance.getEntriesByType('navigation')[0].responseStatus")
        )

    @contextmanager
    def _leaving(self) -> Iterator[None]:
        """What is done inside opens another page: wait until that one is loaded."""
        left = self.driver.find_element("tag name", "html").id
        yield
        WebDriverWait(self.driver, SECONDS).until(
            lambda driver: (
                driver.find_element("tag name", "html").id != left
                and driver.execute_script("return document.readyState") == "complete"
            )
        )


def _kept(found: dict[str, Any]) -> dict[str, Any]:
    """axe-core's answer without the markup of what passed: it would copy the client's whole file."""
    for one in found["passes"] + found["inapplicable"]:
        for node in one["nodes"]:
            for name in ("html", "any", "all", "none"):
                node.pop(name, None)
    return found


def _first_line(error: Exception) -> str:
    lines = (getattr(error, "msg", None) or str(error)).strip().splitlines()
    return lines[0][:120] if lines else type(error).__name__
