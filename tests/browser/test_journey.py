"""An advisor's whole journey with real keys, each of them counted, and what happens where a form is wrong."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from pretadepenser import create_app
from tests.browser.conftest import hosted
from tests.browser.states import STATES, State, leaving_the_page
from tests.conftest import PASSWORD

# Keys of the journey, in two parts: at most 200 were asked for. Decisions and two more pages of a client cost
# five of them, the account before the menu seven.
MOST_TO_LEVERS = 94
MOST_FROM_THERE = 96

# Keys from the search to a decision that is recorded.
MOST_TO_DECIDE = 60

# Where the Tab key stops, in order (once in a group of radio buttons), and how many stops are before a place.
STOPS = """
const seen = [...document.querySelectorAll(
  'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]'
)].filter(one => {
  if (one.disabled || !one.checkVisibility({visibilityProperty: true})) return false;
  if (one.type !== 'radio') return true;
  const group = [...document.getElementsByName(one.name)];
  return one === (group.find(other => other.checked) || group[0]);
});
const before = place =>
  seen.filter(one => place.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_PRECEDING).length;
const here = document.activeElement;
const top = here === document.body || here === document.documentElement;
"""
# Ways to an element: how, for how many stops, and after which of the links at the top of the page.
WAYS = (
    STOPS
    + """
const goal = seen.indexOf(arguments[0]), stopped = seen.includes(here);
const now = top ? -1 : stopped ? seen.indexOf(here) : before(here) - 1;
const skips = top ? seen.filter(one => one.classList.contains('skip-link')) : [];
return [
  ['forward', goal - now, 0],
  ['back', (stopped ? now : now + 1) - goal, 0],
  ...skips.map((link, index) =>
    ['skip', goal - before(document.querySelector(link.getAttribute('href'))) + 1, index + 1]),
].filter(([, stops]) => stops > 0);
"""
)


@dataclass
class Typist:
    """Somebody who has a keyboard and nothing else."""

    driver: WebDriver
    step: str = ""
    moved: Counter[str] = field(default_factory=Counter)
    typed: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """All keys pressed so far."""
        return self.moved.total() + self.typed.total()

    def type(self, text: str) -> None:
        """Type into what has the focus; a key a character."""
        ActionChains(self.driver).send_keys(text).perform()
        self.typed[self.step] += len(text)

    def enter(self) -> None:
        """Press Enter, and wait for the page that it opens."""
        with leaving_the_page(self.driver):
            ActionChains(self.driver).send_keys(Keys.ENTER).perform()
        self.moved[self.step] += 1

    def _move(self, key: str, times: int = 1) -> None:
        # In one order to the driver: each is pressed and let go all the same.
        ActionChains(self.driver).send_keys(key * times).perform()
        self.moved[self.step] += times

    def reach(self, css: str) -> None:
        """Bring the focus to an element, the nearest of several, by the fewest keys.

        These are Tab; Tab while Shift is held, which counts as well; or a link at the top, Enter, then Tab.
        """
        ways = [
            (stops + (way == "back") + (way == "skip") * (link + 1), way, stops, link, goal)
            for goal in self.driver.find_elements("css selector", css)
            for way, stops, link in self.driver.execute_script(WAYS, goal)
        ]
        cost, way, stops, link, goal = min(ways, key=lambda one: one[0])
        if way == "skip":
            self._move(Keys.TAB, link)
            self._move(Keys.ENTER)
        if way == "back":
            ActionChains(self.driver).key_down(Keys.SHIFT).perform()
            self.moved[self.step] += 1
        self._move(Keys.TAB, stops)
        if way == "back":
            ActionChains(self.driver).key_up(Keys.SHIFT).perform()
        assert self.driver.switch_to.active_element == goal, (self.step, css, way, cost)

    def follow(self, css: str) -> None:
        """Reach a link or a button, and press it."""
        self.reach(css)
        self.enter()

    def press(self, *keys: str) -> None:
        """Press keys that open no page."""
        for key in keys:
            self._move(key)


def answered(driver: WebDriver, *, sent: bool = True) -> None:
    """An answer is open and can be read without a key; where a form was sent for it, it has the focus."""
    assert not driver.title.startswith("Erreur"), driver.title
    assert (driver.switch_to.active_element.tag_name == "h1") is sent
    box = driver.find_element("css selector", "main .decision, main .lead").rect
    assert box["y"] < driver.execute_script("return innerHeight")


# A new application: what must be filled in, in the order of the form; a letter chooses in a list.
DOSSIER = (
    ("#name_contract_type", "p"),
    ("#amt_credit", "3000"),
    ("#amt_annuity", "150"),
    ("#amt_goods_price", "2700"),
    ("#amt_income_total", "1500"),
    ("#name_income_type", "e"),
    ("#days_employed", "3 ans"),
    ("#flag_own_car", "n"),
    ("#flag_own_realty", "o"),
    ("#name_housing_type", "m"),
    ("#name_education_type", "é"),
)


def told(hands: Typist) -> None:
    """Print the keys of each step."""
    for step in hands.moved:
        print(f"{step} : {hands.moved[step]} pour se déplacer, {hands.typed[step]} de saisie")  # noqa: T201
    print(f"en tout : {hands.total} touches, dont {hands.moved.total()} pour se déplacer")  # noqa: T201


def test_from_signing_in_to_levers_takes_few_keys(
    driver: WebDriver, numbers: dict[str, int], visit: Callable[..., WebDriver]
) -> None:
    visit("/connexion", user="")
    client = numbers["refused"]
    hands = Typist(driver, "se connecter")
    hands.reach("#identifiant")
    hands.type("agathe")
    hands.reach("#mot_de_passe")
    hands.type(PASSWORD)
    driver.known_as = None  # type: ignore[attr-defined]  # the next page must be signed in for anew
    hands.enter()

    hands.step = "chercher un client, lire la décision"
    hands.reach("#numero")
    hands.type(str(client))
    hands.enter()
    assert driver.current_url.endswith(f"/clients/{client}#reponse")
    answered(driver)

    hands.step = "comparer avec un filtre"
    hands.follow("a[href$='/comparaison']")
    hands.reach("#comme-0")
    hands.type(" ")
    hands.enter()
    assert "comme=" in driver.current_url
    answered(driver)

    hands.step = "simuler un chiffre"
    hands.follow("a[href$='/simulation']")
    income = driver.find_element("id", "amt_income_total").get_attribute("value") or ""
    hands.reach("#amt_income_total")
    hands.type(f"{float(''.join(income.split()).replace(',', '.')) * 1.1:.0f}")
    hands.enter()
    answered(driver)
    assert driver.find_elements("css selector", "main .decision")

    hands.step = "chercher des leviers"
    hands.follow("a[href$='/leviers']")
    told(hands)
    assert hands.total <= MOST_TO_LEVERS


def test_from_levers_to_signing_out_takes_few_keys(
    driver: WebDriver, numbers: dict[str, int], visit: Callable[..., WebDriver]
) -> None:
    """The journey goes on where the other test of it ends."""
    other = numbers["close"]
    visit("/clients/{refused}/leviers")
    hands = Typist(driver, "poser un verrou")
    hands.reach("#fixe-0")
    hands.type(" ")
    hands.enter()
    assert driver.current_url.endswith("?fixe=projet#reponse")
    answered(driver)

    hands.step = "ouvrir la fiche d’entretien"
    hands.follow("a[href$='/entretien']")
    answered(driver, sent=False)

    hands.step = "saisir un nouveau dossier"
    hands.follow("a[href='/dossiers/nouveau']")
    for css, keys in DOSSIER:
        hands.reach(css)
        hands.type(keys)
    hands.reach("#ext_source_1")
    hands.enter()
    answered(driver)

    hands.step = "passer au client suivant"
    hands.follow("a[href='/']")
    hands.reach("#numero")
    hands.type(str(other))
    hands.enter()
    assert driver.current_url.endswith(f"/clients/{other}#reponse")

    hands.step = "se déconnecter"
    driver.known_as = None  # type: ignore[attr-defined]  # nobody can go on with this session
    hands.follow("form.session button")
    assert driver.current_url.endswith("/connexion")

    told(hands)
    assert hands.total <= MOST_FROM_THERE


@pytest.mark.parametrize("path", ["/dossiers/nouveau", "/", "/compte"])
def test_an_empty_required_field_is_no_error_before_it_is_sent(
    visit: Callable[..., WebDriver], path: str
) -> None:
    """Of itself Chromium tells screen readers that such a field is invalid."""
    driver = visit(path)
    driver.execute_cdp_cmd("Accessibility.enable", {})
    nodes = driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    told = {
        node["name"]["value"]: {one["name"]: one["value"].get("value") for one in node["properties"]}
        for node in nodes
        if node.get("role", {}).get("value") in ("textbox", "combobox")
    }
    required = {name: states for name, states in told.items() if "(obligatoire" in name}
    assert len(required) == {"/dossiers/nouveau": 11, "/": 1, "/compte": 3}[path]
    assert {states["invalid"] for states in required.values()} == {"false"}


FOCUSED = "const one = document.activeElement; return one === document.body ? '' : one.id || one.className;"


@pytest.mark.parametrize("state", [state for state in STATES if state.corrected], ids=str)
def test_from_the_summary_to_the_field_and_on(state: State, show: Callable[[State], WebDriver]) -> None:
    """The summary has the focus; Tab goes to its links, and on in order; each link leads to its field."""
    driver = show(state)
    assert driver.execute_script(FOCUSED) == "error-summary"
    box = driver.switch_to.active_element
    assert box.aria_role == "group"
    assert box.accessible_name == driver.find_element("id", "erreurs-titre").text
    links = driver.find_elements("css selector", ".error-summary a")
    order = driver.execute_script(STOPS + "return seen.slice(before(here));")
    assert order[: len(links)] == links
    for stop in order[: len(links) + 3]:
        ActionChains(driver).send_keys(Keys.TAB).perform()
        assert driver.switch_to.active_element == stop
    for link in links:
        wanted = (link.get_attribute("href") or "").partition("#")[2]
        for act in (link.click, lambda link=link: link.send_keys(Keys.ENTER)):
            driver.execute_script("document.activeElement.blur()")
            act()
            landed = driver.switch_to.active_element
            assert landed.get_attribute("id") == wanted
            assert landed.tag_name in ("input", "select", "textarea")
            assert (
                0 <= driver.execute_script("return document.activeElement.getBoundingClientRect().top") < 900
            )


@pytest.fixture(scope="module")
def own_site(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an application of this module's own: what is decided there is decided nowhere else."""
    folder = tmp_path_factory.mktemp("journey") / "instance"
    shutil.copytree(untouched, folder, symlinks=True)
    with hosted(create_app({"INSTANCE": folder, "TESTING": True})) as address:
        yield address


@pytest.mark.parametrize(
    ("who", "keys", "motives", "said"),
    [
        ("hopeless", [Keys.ARROW_DOWN], ["#motifs-0"], ""),
        ("way", [Keys.SPACE], [], ""),
        ("way", [Keys.ARROW_DOWN], ["#motifs-0"], "Trop de loyer."),
    ],
    ids=["refuse as advised", "grant as advised", "refuse against the advice"],
)
def test_the_way_to_a_recorded_decision_takes_few_keys(
    driver: WebDriver, numbers: dict[str, int], visit: Callable[..., WebDriver],
    own_site: str, who: str, keys: list[str], motives: list[str], said: str,
) -> None:  # fmt: skip
    """By search, with the name of the page; motives and a text where the decision departs from the advice."""
    visit("/", base=own_site)
    client = {"way": 157_083}.get(who) or numbers[who]
    hands = Typist(driver, "chercher")
    hands.reach("#numero")
    hands.type(f"{client} décider")
    hands.enter()
    assert driver.current_url.endswith(f"/clients/{client}/decision#formulaire")
    hands.step = "décider"
    hands.reach("#verdict-0")
    hands.press(*keys)
    for box in motives:
        hands.reach(box)
        hands.press(Keys.SPACE)
    if said:
        hands.reach("#texte")
        hands.type(said)
    hands.follow("main form .button")
    assert "/decisions/" in driver.current_url, driver.find_element("tag name", "main").text
    told = driver.find_element("tag name", "h1").text
    assert told.startswith("Prêt accordé" if keys == [Keys.SPACE] else "Prêt refusé"), told
    assert hands.total <= MOST_TO_DECIDE, (hands.total, hands.moved, hands.typed)
