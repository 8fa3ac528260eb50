"""HTML, SVG and CSS by the book: the Nu checker finds no error and no warning but those accepted.

Pages are found by following every link and sending every form, as each user, so that a new page is judged
without being named here.
"""

import hashlib
import json
import re
import shutil
import subprocess
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement, document_fromstring
from werkzeug.test import TestResponse

from tests import checkers
from tests.conftest import open_file, signed_in
from tests.web.test_least_data import PERSON

KINDS = {"text/html": "html", "image/svg+xml": "svg", "text/css": "css"}
# What ends a session or changes an account is sent by tests of its own.
NOT_SENT = ("/deconnexion", "/compte/", "/session")
# One address of each kind is enough: numbers of clients, and what only names other figures.
ALIKE = re.compile(r"\d{6}|(?<=[?&])(?:donnee|avec|comme)=[^&]*")
ALSO = {
    "basile": ("/clients/157083", "/modele/equite", "/accessibilite/preuves", "/aide", "/plan-du-site"),
    "beatrice": ("/clients/157083",),
    "camille": ("/administration/reglages", "/clients/157083", "/aide"),
    "": ("/connexion", "/accessibilite", "/"),
}
# Container queries are newer than its rules for style sheets: browsers know them since 2023. What it
# calls unnecessary is asked for: by the RGAA (1.9) on figures, by Safari on lists without marks.
ACCEPTED = re.compile(
    r"CSS: “container-type”: Property “container-type” doesn't exist|CSS: “inline-size”: Unknown dimension"
    r"|The “figure” role is unnecessary for element “figure”"
    r"|The “list” role is unnecessary for element “[uo]l”"
)
FAULTY = {
    "page.html": "<!doctype html><html lang=fr><title>Essai</title><body><p><div></div></p></body></html>",
    "picture.svg": '<svg xmlns="http://www.w3.org/2000/svg"><g colour="red"/><b/></svg>',
    "sheet.css": "p { colour: red; }",
}


class Crawl:
    """Answers of the application to one user, each kind of address once."""

    def __init__(self, browser: FlaskClient, folder: Path) -> None:
        self.browser, self.folder = browser, folder
        self.asked: set[str] = set()
        self.pages: dict[str, str] = {}
        self.waiting: deque[tuple[str, dict[str, str] | None]] = deque()

    def run(self, *addresses: str, follow: bool = True) -> None:
        """Open these addresses, and all that they lead to if asked for."""
        self.waiting.extend((address, None) for address in addresses)
        while self.waiting:
            address, data = self.waiting.popleft()
            key = ALIKE.sub("…", address) + ("" if data is None else f" {sorted(data)} {len(data)}")
            if key not in self.asked:
                self.asked.add(key)
                led = self._open(address, data)
                self.waiting.extend(led if follow else ())

    def _open(self, address: str, data: dict[str, str] | None) -> list[tuple[str, dict[str, str] | None]]:
        """Keep an answer; give what it leads to."""
        method = "GET" if data is None else "POST"
        answer = self.browser.open(address, method=method, data=data)
        if answer.status_code in (301, 302, 303, 308):
            return [(answer.headers["Location"], None)]
        self._keep(answer, address)
        return (
            list(_led_to(document_fromstring(answer.text), address)) if answer.mimetype == "text/html" else []
        )

    def _keep(self, answer: TestResponse, address: str) -> None:
        kind = KINDS.get(answer.mimetype or "")
        if kind:
            name = f"{hashlib.sha256(answer.data).hexdigest()[:16]}.{kind}"
            (self.folder / name).write_bytes(answer.data)
            self.pages[name] = f"{answer.status_code} {address}"


def _led_to(page: HtmlElement, here: str) -> Iterator[tuple[str, dict[str, str] | None]]:
    sources = page.xpath("//img/@src | //source/@srcset | //link[@rel='stylesheet']/@href | //a/@href")
    for found in sources:
        address = urljoin(here, found)
        if not urlsplit(address).scheme and not found.startswith("#"):
            yield address.partition("#")[0], None
    for form in page.forms:
        address = urljoin(here, form.action or here)
        values = {name: str(value) for name, value in form.form_values()}
        if form.method == "GET":
            yield f"{address.partition('?')[0]}?{urlencode(values)}", None
        elif not address.startswith(NOT_SENT):
            yield address, values
            token = {"csrf_token": values["csrf_token"]} if "csrf_token" in values else {}
            yield address, token


@pytest.fixture(scope="module")
def answers(app: Flask, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A folder of distinct answers, and of each file name the address and status."""
    folder = tmp_path_factory.mktemp("nu")
    agathe = signed_in(app, "agathe")
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', agathe.get("/dossiers/nouveau").text)
    assert token
    everything = Crawl(agathe, folder)
    everything.waiting.append(("/dossiers/nouveau", PERSON | {"csrf_token": token[1]}))
    everything.run("/", "/?client=1", "/clients/157083", "/clients/1", "/nulle-part", "/modele/equite")
    everything.run("/modele?donnee=AMT_CREDIT", "/clients/157083/comparaison?avec=AMT_ANNUITY")
    known = everything.pages
    open_file(app, "beatrice")
    # Others see most of it alike.
    for name, addresses in ALSO.items():
        crawl = Crawl(signed_in(app, name) if name else app.test_client(), folder)
        crawl.run(*addresses, follow=False)
        known.update(crawl.pages)
    return folder, known


def judged(paths: Sequence[Path]) -> dict[str, list[str]]:
    """What the Nu checker says of these files, by name."""
    if not checkers.installed():
        pytest.skip("the checkers of tests/checkers are not installed (make checkers, which needs npm)")
    if not shutil.which("java"):
        pytest.skip("Java is not installed (apt install default-jre-headless)")
    options = ["--stdout", "--exit-zero-always", "--format", "json", "--also-check-css", "--also-check-svg"]
    # Of the seconds that it takes, most would go into compiling its code once more, for a long run.
    java = ["java", "-Xss4m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    done = subprocess.run(
        [*java, "-jar", str(checkers.NU), *options, *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, list[str]] = {}
    for one in json.loads(done.stdout)["messages"]:
        if ACCEPTED.search(one["message"]):
            continue
        name = one["url"].rpartition("/")[2]
        found.setdefault(name, []).append(
            f"{one.get('lastLine')}: {one['message']} {one.get('extract', '')!r}"
        )
    return found


@pytest.fixture(scope="module")
def found(answers: tuple[Path, dict[str, str]]) -> dict[str, list[str]]:
    """What is said of all answers and of the faulty files, in one go: starting Java takes seconds."""
    folder, known = answers
    for name, text in FAULTY.items():
        (folder / name).write_text(text)
    return judged([folder / name for name in (*known, *FAULTY)])


def test_nothing_is_found_in_any_answer(
    answers: tuple[Path, dict[str, str]], found: dict[str, list[str]]
) -> None:
    _, known = answers
    assert sum(name.endswith(".html") for name in known) > 25
    assert sum(name.endswith(".svg") for name in known) > 20
    assert sum(name.endswith(".css") for name in known) == 4
    told = [f"{known[name]} {says}" for name, said in found.items() if name in known for says in said[:3]]
    assert not told, "\n".join(told)


def test_what_is_looked_for_would_be_found(found: dict[str, list[str]]) -> None:
    assert found.keys() >= FAULTY.keys()


def test_every_kind_of_page_was_found(app: Flask, answers: tuple[Path, dict[str, str]]) -> None:
    pages = {told.split(" ", 1)[1] for name, told in answers[1].items() if name.endswith(".html")}
    found = {
        app.url_map.bind("localhost").match(one.partition("?")[0], "GET")[0]
        for one in pages
        if _routed(app, one)
    }
    for endpoint in ("clients.decision", "comparison.compare", "simulation.simulate", "levers.levers"):
        assert endpoint in found
    for endpoint in ("meeting.sheet", "application.new", "model.overview", "model.fairness", "watch.report"):
        assert endpoint in found
    assert {told.split(" ", 1)[0] for told in answers[1].values()} >= {"200", "403", "404", "422"}


def _routed(app: Flask, address: str) -> bool:
    return app.url_map.bind("localhost").test(address.partition("?")[0], "GET")
