"""What is made of axe-core's answers: findings, grid of criteria, EARL, CSV, JUnit, ODS, HTML, the pack."""

import csv
import dataclasses
import datetime
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from lxml import html
from pyld import jsonld

from pretadepenser import storage
from pretadepenser.audit import AuditError, earl, folder, grid, pack, report, rgaa, run, sample, tables
from pretadepenser.audit.browser import Walker
from pretadepenser.audit.findings import Audit, Baseline, Missed, Visit, read, read_baseline, rule
from pretadepenser.audit.rgaa import Status
from pretadepenser.audit.sample import Display, Page, Sample, State

# axe-core's own answer to five rules about a page with two pictures without alternative and pale text.
RECORDED = json.loads(Path(__file__).with_name("axe_recorded.json").read_text("utf-8"))
RULES = {
    one["ruleId"]: rule(one["ruleId"], one["help"], one["helpUrl"], one["tags"]) for one in RECORDED["rules"]
}
ONE: dict[str, Any] = RECORDED["answer"] | {"violations": RECORDED["answer"]["violations"][:1]}
CLEAN: dict[str, Any] = RECORDED["answer"] | {"violations": [], "incomplete": []}
OPENED = State("normal", "telle qu’elle s’ouvre")
WRONG = State("erreurs", "envoyée vide")
HOME, SHEET, CLOSED = (
    Page("accueil", "Accueil", "/", (OPENED, WRONG)),
    Page("fiche", "Fiche", "/clients/{client}", (OPENED,)),
    Page("reserve", "Réglages", "/reglages", (OPENED,), reserved=True),
)
LIGHT, DARK = Display("clair", "Thème clair", 1280), Display("sombre", "Thème sombre", 1280, "dark")
SAMPLE = Sample((HOME, SHEET, CLOSED), (LIGHT, DARK))
BEGUN = datetime.datetime(2026, 11, 26, 9, 30, tzinfo=datetime.UTC)


def visit(page: Page, state: State, display: Display, axe: dict[str, Any], *present: str) -> Visit:
    outcomes, told = read(axe, (page.name, state.name, display.name), RULES)
    url = f"https://prets.exemple.fr{page.path.format(client=157083)}"
    return Visit(
        page, state, display, url, page.title, axe, outcomes, tuple(told["violations"]),
        tuple(told["incomplete"]), frozenset(present),
    )  # fmt: skip


def audit(*names: str) -> Audit:
    """Two pages, one state of each seen in two displays: the home page is broken in the dark one."""
    return Audit(
        url="https://prets.exemple.fr",
        client=157083,
        begun=BEGUN,
        ended=BEGUN + datetime.timedelta(seconds=90),
        axe="4.14.1",
        browser="Chromium 156.0",
        sample=SAMPLE,
        rules=RULES,
        visits=[
            visit(HOME, OPENED, LIGHT, CLEAN, "1.1", "2.1", "7.5"),
            visit(HOME, OPENED, DARK, RECORDED["answer"], "1.1", "2.1"),
            visit(SHEET, OPENED, LIGHT, CLEAN, "5.4"),
            visit(SHEET, OPENED, DARK, CLEAN, "5.4"),
        ],
        missed=[
            Missed(HOME, WRONG, "le site répond 500 et non 422"),
            Missed(CLOSED, OPENED, "ce compte n’a pas le droit de l’ouvrir", reserved=True),
        ],
        baseline=Baseline(names),
    )


FOUND = audit()
JUDGED = rgaa.load()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack of FOUND."""
    output = tmp_path_factory.mktemp("pack") / "audit"
    folder.write(output, FOUND, JUDGED)
    return output


def test_tags_of_axe_say_criterion_level_and_clause() -> None:
    assert RULES["image-alt"].criteria == ("1.1",)
    assert (RULES["image-alt"].wcag, RULES["image-alt"].en, RULES["image-alt"].level) == (
        ("1.1.1",), ("9.1.1.1",), "A",
    )  # fmt: skip
    assert (RULES["color-contrast"].criteria, RULES["color-contrast"].level) == (("3.2",), "AA")
    own = rule(
        "x", "", "", ["best-practice", "RGAA-10.8.1", "RGAA-9.3.3", "RGAA-10.8.2", "wcag1412", "wcag21aa"]
    )
    assert (own.criteria, own.wcag, own.level) == (("9.3", "10.8"), ("1.4.12",), "AA")


def test_the_worst_of_a_rule_counts() -> None:
    """Some text of the recorded page is pale, some well readable, and some stands on a picture."""
    outcomes = visit(HOME, OPENED, LIGHT, RECORDED["answer"]).outcomes
    assert outcomes == {
        "color-contrast": "failed", "image-alt": "failed", "html-has-lang": "passed", "link-name": "passed",
        "video-caption": "inapplicable",
    }  # fmt: skip


def test_a_finding_has_a_name_that_a_baseline_accepts() -> None:
    assert sorted(finding.name for finding in FOUND.violations) == [
        "accueil/normal: color-contrast", "accueil/normal: image-alt",
    ]  # fmt: skip
    assert len(FOUND.refused) == 2
    assert [one.rule.name for one in audit("accueil/normal: image-alt").refused] == ["color-contrast"]
    assert audit("accueil/*: *").refused == []
    assert audit("fiche/normal: image-alt").stale == ["fiche/normal: image-alt"]
    text = "# connues\naccueil/normal: image-alt   # à mender\n\n*: label\n"
    assert read_baseline(text).names == ("accueil/normal: image-alt", "*: label")
    assert read_baseline(tables.names(FOUND)).names == tuple(sorted(f.name for f in FOUND.violations))


def test_the_terminal_says_what_was_found_and_what_no_longer_is() -> None:
    said = list(run.told(audit("fiche/normal: image-alt", "accueil/normal: image-alt")))
    assert said[1:5] == [
        "  violation  accueil/normal: color-contrast",
        "  non vu  accueil/erreurs : le site répond 500 et non 422",
        "  réservé  reserve/normal : ce compte n’a pas le droit de l’ouvrir",
        "  plus trouvée, à retirer des acceptées : fiche/normal: image-alt",
    ]
    # The state of wrong answers was not seen: what was accepted there may still be there.
    said = list(run.told(audit("accueil/erreurs: image-alt", "*: label")))
    assert [one for one in said if "vue cette fois" in one or "plus trouvée" in one] == [
        "  non vue cette fois : accueil/erreurs: image-alt",
        "  non vue cette fois : *: label",
    ]


def test_the_grid_says_what_holds_on_each_page() -> None:
    lines = {line.criterion.number: line for line in grid.lines(JUDGED, FOUND)}
    assert len(lines) == 106
    # Judged met, and met where there is a picture; but axe-core found one without alternative.
    assert lines["1.1"].by_page == {"accueil": "non conforme", "fiche": "non applicable"}
    assert (lines["1.1"].overall, lines["1.1"].rules) == ("non conforme", ("image-alt",))
    assert lines["5.4"].by_page == {"accueil": "non applicable", "fiche": "conforme"}
    assert lines["5.4"].overall == "conforme"
    assert lines["4.1"].overall == "non applicable"
    assert lines["8.1"].by_page == {"accueil": "conforme", "fiche": "conforme"}


@pytest.mark.parametrize(
    ("found", "whole"),
    [
        ([Status.MET, Status.BROKEN, Status.UNTESTED], "non conforme"),
        ([Status.MET, Status.UNTESTED, Status.VOID], "non testé"),
        ([Status.MET, Status.VOID], "conforme"),
        ([Status.VOID, Status.VOID], "non applicable"),
        ([], "non applicable"),
    ],
)
def test_a_criterion_is_broken_as_soon_as_one_page_breaks_it(found: list[Status], whole: str) -> None:
    assert grid.overall(found) == whole


def test_a_fault_on_some_pages_leaves_the_others_met() -> None:
    one = dataclasses.replace(JUDGED["8.1"], status=Status.BROKEN, pages=("fiche",))
    criteria = tuple(one if other.number == "8.1" else other for other in JUDGED.criteria)
    (line,) = [
        line
        for line in grid.lines(dataclasses.replace(JUDGED, criteria=criteria), FOUND)
        if line.criterion.number == "8.1"
    ]
    assert line.by_page == {"accueil": "conforme", "fiche": "non conforme"}


def test_what_axe_finds_contradicts_a_judgement() -> None:
    assert grid.contradictions(JUDGED, FOUND) == [
        "1.1 est dit conforme, mais la page accueil enfreint image-alt.",
        "2.1 est dit non applicable, mais la page accueil contient iframe, frame.",
        "3.2 est dit conforme, mais la page accueil enfreint color-contrast.",
    ]
    admitted = tuple(
        dataclasses.replace(one, status=Status.BROKEN) if one.number in ("1.1", "2.1", "3.2") else one
        for one in JUDGED.criteria
    )
    assert grid.contradictions(dataclasses.replace(JUDGED, criteria=admitted), FOUND) == []


class Offered:
    """What a driver shows of the page of search."""

    def __init__(self, links: list[str], text: str, current_url: str) -> None:
        self.links = links
        self.text = text
        self.current_url = current_url

    def get(self, _url: str) -> None:
        """The page is open."""

    def execute_script(self, _script: str) -> str:
        return "http:"

    def find_elements(self, *_: str) -> list[SimpleNamespace]:
        return [SimpleNamespace(get_attribute={"href": link}.get) for link in self.links]

    def find_element(self, *_: str) -> SimpleNamespace:
        return SimpleNamespace(text=self.text)


@pytest.mark.parametrize(
    ("links", "text", "client"),
    [
        (["http://x/clients/", "http://x/clients/200001"], "Par exemple 123456. Vu : 200001", 200_001),
        (["http://x/clients/200001/leviers"], "Le numéro a six chiffres, par exemple 123456.", 123_456),
        ([], "Aucun client.", 157_083),
    ],
)
def test_the_client_that_is_walked_through_is_one_that_the_site_offers(
    links: list[str], text: str, client: int
) -> None:
    driver: Any = Offered(links, text, "http://x/")
    assert Walker(driver, "http://x", SAMPLE, {}, lambda *_: None).found_client() == client


def test_whoever_is_led_elsewhere_is_offered_no_client() -> None:
    """An auditor's start page is the journal, which has numbers too."""
    driver: Any = Offered([], "Entrée 123456", "http://x/journal")
    assert Walker(driver, "http://x", SAMPLE, {}, lambda *_: None).found_client() is None


# --- EARL -----------------------------------------------------------------------------------------

EARL = "http://www.w3.org/ns/earl#"
# The vocabulary of the W3C (Evaluation and Report Language 1.0 Schema, chapter 2), and what it borrows.
CLASSES = {"Assertion", "Assertor", "Software", "TestSubject", "TestCase", "TestRequirement", "TestResult"}
PROPERTIES = {"assertedBy", "subject", "test", "result", "mode", "outcome", "pointer"}
BORROWED = {
    f"http://purl.org/dc/terms/{name}"
    for name in ("title", "description", "date", "hasVersion", "source", "isPartOf")
} | {"http://www.w3.org/2009/pointers#expression"}
TYPES = {EARL + name for name in CLASSES} | {
    "https://schema.org/WebPage", "http://www.w3.org/2009/pointers#CSSSelectorPointer",
}  # fmt: skip


def offline(url: str, options: object) -> Any:
    raise AssertionError(f"nothing may be fetched: {url}")


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every node of an expanded document."""
    if isinstance(value, list):
        for one in value:
            yield from nodes(one)
    elif isinstance(value, dict) and "@value" not in value:
        yield value
        for one in value.values():
            yield from nodes(one)


@pytest.fixture(scope="module")
def expanded(written: Path) -> list[dict[str, Any]]:
    """The EARL of the pack as a JSON-LD processor understands it, without the network."""
    document = json.loads((written / "earl.jsonld").read_text("utf-8"))
    result: list[dict[str, Any]] = jsonld.expand(document, {"documentLoader": offline})
    return result


def test_the_earl_uses_the_vocabulary_of_the_w3c(expanded: list[dict[str, Any]]) -> None:
    known = {EARL + name for name in PROPERTIES} | BORROWED | {"@id", "@type"}
    every = list(nodes(expanded))
    assert {name for node in every for name in node} <= known
    assert {kind for node in every for kind in node.get("@type", [])} <= TYPES
    for node in every:
        if EARL + "Assertion" in node.get("@type", []):
            for name in ("assertedBy", "subject", "test", "result", "mode"):
                assert len(node[EARL + name]) == 1, name
    modes = {node[EARL + "mode"][0]["@id"] for node in every if EARL + "mode" in node}
    assert modes == {EARL + "automatic", EARL + "manual", EARL + "semiAuto"}
    outcomes = {node[EARL + "outcome"][0]["@id"] for node in every if EARL + "outcome" in node}
    assert outcomes == {EARL + name for name in ("passed", "failed", "inapplicable", "untested")}


def test_the_earl_says_what_was_found(expanded: list[dict[str, Any]]) -> None:
    made = [node for node in expanded if EARL + "mode" in node]
    automatic = [node for node in made if node[EARL + "mode"][0]["@id"] == EARL + "automatic"]
    # Five rules on one page and four on the other, and 106 criteria on both.
    assert (len(automatic), len(made)) == (9, 9 + 2 * 106)
    (broken,) = [
        node
        for node in automatic
        if node[EARL + "result"][0][EARL + "outcome"][0]["@id"] == EARL + "failed"
        and "image-alt" in node[EARL + "test"][0]["@id"]
    ]
    subject, test, result = (broken[EARL + name][0] for name in ("subject", "test", "result"))
    assert subject["http://purl.org/dc/terms/source"] == [{"@id": "https://prets.exemple.fr/"}]
    assert {one["@id"] for one in test["http://purl.org/dc/terms/isPartOf"]} == {
        "https://www.w3.org/TR/WCAG22/#non-text-content",
        "https://accessibilite.numerique.gouv.fr/methode/criteres-et-tests/#1.1",
    }
    assert result["http://purl.org/dc/terms/date"] == [
        {"@type": "http://www.w3.org/2001/XMLSchema#dateTime", "@value": "2026-11-26T09:30:00+00:00"}
    ]
    pointers = [one["http://www.w3.org/2009/pointers#expression"] for one in result[EARL + "pointer"]]
    assert [one[0]["@value"] for one in pointers] == ['img[src="x.svg"]', 'img[src="y.svg"]']
    languages = {one["@language"] for one in result["http://purl.org/dc/terms/description"]}
    assert languages == {"en", "fr"}
    results = [node[EARL + "result"][0] for node in automatic]
    pointed = {(one[EARL + "outcome"][0]["@id"], EARL + "pointer" in one) for one in results}
    assert pointed == {(EARL + "failed", True), (EARL + "passed", False), (EARL + "inapplicable", False)}


def test_the_earl_says_a_page_that_came_later_judged_on_its_day() -> None:
    later = datetime.date(2027, 1, 4)
    judged = dataclasses.replace(JUDGED, added=(rgaa.Added("fiche", later),))
    told = earl.document(FOUND, judged, grid.lines(judged, FOUND))["@graph"]
    days = {
        (one["subject"]["@id"], one["test"]["@id"].partition("#")[2]): one["result"]["day"]
        for one in told
        if "day" in one.get("result", {})
    }
    assert len(days) == 2 * 106
    assert {day for (page, _), day in days.items() if page == "_:fiche"} == {"2027-01-04"}
    for one in judged.criteria:
        assert days["_:accueil", one.number] == one.date.isoformat()


def test_a_state_that_was_missed_hides_none_that_was_seen() -> None:
    seen = dataclasses.replace(FOUND, visits=[visit(HOME, WRONG, LIGHT, CLEAN)])
    told = [one for one in earl.document(seen, JUDGED, [])["@graph"] if one["@type"] == "Assertion"]
    assert {one["subject"]["title"] for one in told} == {"Accueil, envoyée vide"}
    assert len(told) == len(seen.visits[0].outcomes)


def test_the_earl_says_what_people_judged(expanded: list[dict[str, Any]]) -> None:
    told = {}
    for node in expanded:
        test, subject = (node.get(EARL + name, [{}])[0].get("@id", "") for name in ("test", "subject"))
        if "criteres-et-tests" in test:
            outcome = node[EARL + "result"][0][EARL + "outcome"][0]["@id"]
            told[test.partition("#")[2], subject] = outcome.removeprefix(EARL)
    assert told["1.1", "_:accueil"] == "failed"
    assert told["1.1", "_:fiche"] == "inapplicable"
    assert told["8.1", "_:fiche"] == "passed"
    assert told["7.5", "_:accueil"] == "untested"


def test_the_earl_gives_the_reason_of_what_was_judged_on_the_page(expanded: list[dict[str, Any]]) -> None:
    """Where nothing of a criterion is on a page, what people said of other pages is no reason."""
    said = {}
    for node in expanded:
        test, subject = (node.get(EARL + name, [{}])[0].get("@id", "") for name in ("test", "subject"))
        if "criteres-et-tests" in test:
            reasons = node[EARL + "result"][0].get("http://purl.org/dc/terms/description", [])
            said[test.partition("#")[2], subject] = [one["@value"] for one in reasons]
    assert JUDGED["5.4"].where
    assert said["5.4", "_:fiche"] == [JUDGED["5.4"].reason]
    assert said["5.4", "_:accueil"] == []
    assert said["8.1", "_:fiche"] == [JUDGED["8.1"].reason]


def test_parsing_points_to_the_wcag_that_has_it() -> None:
    assert earl.success_criterion("4.1.1") == "https://www.w3.org/TR/WCAG21/#parsing"
    assert earl.success_criterion("1.4.10") == "https://www.w3.org/TR/WCAG22/#reflow"


# --- The other files ------------------------------------------------------------------------------


def test_the_spreadsheet_has_a_line_a_finding_and_runs_nothing(written: Path) -> None:
    text = (written / "constats.csv").read_text("utf-8")
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    told = [(row["page"], row["affichage"], row["genre"], row["règle"], row["critères RGAA"]) for row in rows]
    assert told == [
        ("Accueil", "Thème sombre", "violation", "color-contrast", "3.2"),
        ("Accueil", "Thème sombre", "violation", "image-alt", "1.1"),
        ("Accueil", "Thème sombre", "à vérifier", "color-contrast", "3.2"),
    ]
    assert rows[1]["où"] == 'img[src="x.svg"] | img[src="y.svg"]'
    assert (rows[1]["clauses EN 301 549"], rows[1]["acceptée"]) == ("9.1.1.1", "non")
    page = dataclasses.replace(HOME, title="=1+1")
    evil = dataclasses.replace(FOUND, visits=[visit(page, OPENED, DARK, RECORDED["answer"])])
    assert "\r\n'=1+1;" in tables.spreadsheet(evil)


def test_junit_fails_what_is_refused_and_passes_what_is_accepted() -> None:
    root = ElementTree.fromstring(tables.junit(FOUND))
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip
    (failure,) = root.iter("failure")
    assert failure.get("message") == "color-contrast, image-alt"
    (error,) = root.iter("error")
    assert error.get("message") == "le site répond 500 et non 422"
    accepted = ElementTree.fromstring(tables.junit(audit("accueil/*")))
    assert accepted.get("failures") == "0"
    assert "Acceptées : accueil/normal: color-contrast" in (next(accepted.iter("system-out")).text or "")


def test_the_ods_holds_the_grid_and_its_reasons(written: Path) -> None:
    sheets = pd.read_excel(written / "grille.ods", sheet_name=None, engine="odf", dtype=str)
    assert list(sheets) == ["Synthèse", "Grille", "Justifications", "Échantillon", "WCAG 2.2"]
    assert list(sheets["Synthèse"]["Donnée"])[:7] == [
        "Référentiel", "Site", "Contrôle automatique du", "Jugements rendus", "Méthode", "Outils",
        "Taux de conformité",
    ]  # fmt: skip
    assert list(sheets["Justifications"]) == [
        "Critère", "Thématique", "Pourquoi", "Jugé le", "Preuves", "Règles d’axe-core enfreintes",
        "Critères de succès WCAG", "Clauses EN 301 549", "Pages visées",
    ]  # fmt: skip
    themes = dict(sheets["Justifications"][["Critère", "Thématique"]].to_numpy().tolist())
    assert (themes["1.1"], themes["8.10"], themes["13.12"]) == (
        "Images",
        "Éléments obligatoires",
        "Consultation",
    )
    content = ElementTree.fromstring(zipfile.ZipFile(written / "grille.ods").read("content.xml"))
    wide = {
        one.get(STYLE + "name"): traits.get(STYLE + "column-width")
        for one in content.iter(STYLE + "style")
        for traits in one.iter(STYLE + "table-column-properties")
    }
    (grille,) = [one for one in content.iter(TABLE + "table") if one.get(TABLE + "name") == "Grille"]
    columns = [one.get(TABLE + "style-name") for one in grille.iter(TABLE + "table-column")]
    assert [wide[one] for one in columns] == ["1.8cm", "11.0cm"] + ["1.8cm"] * 4
    lines = sheets["Grille"].set_index("Critère")
    assert list(lines.columns) == ["Intitulé (nos mots)", "Niveau", "Ensemble", "Accueil", "Fiche"]
    assert len(lines) == 106
    assert list(lines.loc["1.1"])[1:] == ["A", "non conforme", "non conforme", "non applicable"]
    assert list(lines.loc["10.1"])[2:] == ["conforme"] * 3
    why = sheets["Justifications"].set_index("Critère")
    assert why.loc["1.1", "Règles d’axe-core enfreintes"] == "image-alt"
    assert why.loc["13.3", "Preuves"] == (
        "tests/web/test_letters.py::test_every_letter_is_pdf_ua_and_says_what_the_page_says, "
        "tests/web/test_meeting.py::test_the_pdf_is_pdf_ua, "
        "tests/web/test_pdf_ua.py::test_page_numbers_are_drawn_and_never_said"
    )
    assert why.loc["3.1", "Preuves"] == "jugement à la main"
    assert why.loc["8.2", "Clauses EN 301 549"] == "9.4.1.1, 9.4.1.2"
    assert "non vu : le site répond 500" in str(sheets["Échantillon"].loc[0, "États"])


@pytest.mark.parametrize("name", ["rapport.html", "grille.html"])
def test_the_pages_fetch_nothing_and_hold_together(written: Path, name: str) -> None:
    text = (written / name).read_text("utf-8")
    page = html.document_fromstring(text)
    assert text.startswith("<!doctype html>")
    assert page.get("lang") == "fr"
    assert not page.xpath("//@src | //link | //script | //@style | //style[contains(., 'url(')]")
    for table in page.xpath("//table"):
        assert table.xpath("./caption[normalize-space()]")
        assert not table.xpath(".//th[not(@scope)]")
        assert len({len(row.xpath("./th | ./td")) for row in table.xpath(".//tr")}) == 1
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    for link in page.xpath("//a[starts-with(@href, '#')]/@href"):
        assert link[1:] in ids
    captions = page.xpath("//caption/text()")
    assert len(captions) == len(set(captions))


def test_the_report_answers_first(written: Path) -> None:
    page = html.document_fromstring((written / "rapport.html").read_text("utf-8"))
    lead = " ".join(page.xpath("string(//p[@class='lead'])").split())
    assert lead == (
        "2 violations. 2 pages ouvertes, 4 contrôles d’axe-core en 2 affichages. "
        "1 état non vu, à regarder avant de conclure."
    )
    counts = re.search(
        r"RGAA 4.1.2, (\d+) conformes, (\d+) non conformes?, (\d+) non applicables et (\d+) non testé",
        " ".join(page.text_content().split()),
    )
    assert counts
    assert sum(map(int, counts.groups())) == 106
    assert (
        report.answer(audit("accueil/*"))[0].replace("\u00a0", " ")
        == "2 violations, toutes acceptées d’avance."
    )
    one = dataclasses.replace(audit("*"), visits=[visit(HOME, OPENED, DARK, ONE)])
    assert report.answer(one)[0].replace("\u00a0", " ") == "1 violation, acceptée d’avance."
    told = report.answer(audit("*: image-alt"))[0].replace("\u00a0", " ")
    assert told == "2 violations, dont 1 acceptée d’avance."
    clean = dataclasses.replace(FOUND, visits=FOUND.visits[2:], missed=[])
    assert report.answer(clean)[0] == "Aucune violation."


def test_what_was_not_seen_is_not_told_as_opened(written: Path) -> None:
    told = words((written / "rapport.html").read_text("utf-8"))
    assert (
        "a ouvert chaque page de l’échantillon, hors ce qui n’a pas été vu, pour le client 157083, et y a "
        "lancé 5 règles"
    ) in told
    assert "Chaque page vue, ses états et ce qui y a été trouvé" in told
    whole = dataclasses.replace(FOUND, missed=[])
    told = words(report.report(whole, JUDGED, grid.lines(JUDGED, whole)))
    assert "a ouvert chaque page de l’échantillon pour le client 157083, et y a lancé 5 règles" in told
    assert "Chaque page, ses états et ce qui y a été trouvé" in told


def words(text: str) -> str:
    """The words of a page of the pack."""
    return " ".join(html.document_fromstring(text).find("body").text_content().split())


STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
FILES = (
    "grille.html et grille.ods : les 106 critères, page par page, avec leurs preuves.",
    "earl.jsonld : les résultats en EARL 1.0 du W3C.",
    "constats.csv, junit.xml, noms.txt : pour un tableur, une chaîne d’intégration, et l’option --baseline.",
    "axe/ : la réponse d’axe-core pour chaque page, état et affichage, sans le code de ce qui est juste.",
)


def test_the_report_says_what_was_looked_at_and_what_a_person_has_still_to_do(written: Path) -> None:
    page = html.document_fromstring((written / "rapport.html").read_text("utf-8"))
    text = words((written / "rapport.html").read_text("utf-8"))
    assert page.findtext(".//h1") == "Rapport d’audit d’accessibilité"
    titles = [" ".join(one.text_content().split()) for one in page.xpath("//h2 | //h3")]
    assert titles == [
        "Violations",
        "Violations de la règle color-contrast",
        "Violations de la règle image-alt",
        "Pages de l’échantillon",
        "États qui n’ont pas été vus",
        "Critères du RGAA",
        "Jugements que ce contrôle contredit",
        "Non-conformités",
        "Ce que WCAG 2.2 ajoute",
        "À vérifier par une personne",
        "À vérifier : règle color-contrast",
        "Méthode",
        "Fichiers de ce dossier",
    ]
    links = [one.text for one in page.xpath("//nav//a")]
    assert links == [
        "Violations",
        "Pages de l’échantillon",
        "Critères du RGAA",
        "À vérifier par une personne",
        "Méthode",
    ]
    labels = {" ".join(str(one).split()) for one in page.xpath("//*[@role='group']/@aria-label")}
    assert labels == {
        "Violations de la règle color-contrast, tableau qui défile",
        "Violations de la règle image-alt, tableau qui défile",
        "Pages de l’échantillon, tableau qui défile",
        "WCAG 2.2, tableau qui défile",
        "À vérifier : règle color-contrast, tableau qui défile",
    }
    captions = [" ".join(one.text_content().split()) for one in page.iter("caption")]
    assert "Chaque page vue, ses états et ce qui y a été trouvé (Thème clair ; Thème sombre)" in captions
    assert "Critères de succès de niveau A et AA que le RGAA ne contient pas encore" in captions
    assert "Page et état" in [one.text for one in page.iter("th")]
    for said in (
        "explication de la règle image-alt (en anglais). RGAA 1.1. WCAG 1.1.1 (A). EN 301 549 9.1.1.1.",
        "Sur les 106 critères du RGAA 4.1.2, ",
        "des critères jugés sont respectés (",
        "). Jugements rendus du 26 novembre 2026 au ",
        ". La grille par page est dans grille.html et grille.ods.",
        "axe-core ne sait pas trancher ces cas : ce ne sont pas des fautes. En couleurs forcées, par "
        "exemple, c’est le système qui choisit les couleurs, et axe-core ne les connaît pas.",
        "Chromium s’est connecté par le formulaire du site, a ouvert chaque page de l’échantillon, hors ce "
        "qui n’a pas été vu, pour le client 157083, et y a lancé 5 règles, celles de niveau AAA et les "
        "bonnes pratiques comprises. Début : 09:30:00 ; fin : 09:31:30.",
        "Aucun outil automatique ne voit toutes les fautes : ",
        "Ce qui n’a pas été vérifié : ",
        *FILES,
        "Écrit par la commande flask audit : axe-core 4.14.1, Chromium 156.0. Cette page ne charge rien "
        "d’ailleurs.",
    ):
        assert said in text, said
    for unsaid in ("Aucune règle d’axe-core n’est enfreinte.", "axe-core a tranché partout."):
        assert unsaid not in text
    clean = dataclasses.replace(FOUND, visits=FOUND.visits[2:], missed=[])
    bare = words(report.report(clean, JUDGED, grid.lines(JUDGED, clean)))
    assert "Violations Aucune règle d’axe-core n’est enfreinte. Pages de l’échantillon" in bare
    assert "À vérifier par une personne axe-core a tranché partout. Méthode" in bare
    for unsaid in ("États qui n’ont pas été vus", "ce contrôle contredit", "ne sait pas trancher"):
        assert unsaid not in bare


def test_the_grid_says_how_to_read_it(written: Path) -> None:
    source = (written / "grille.html").read_text("utf-8")
    page, text = html.document_fromstring(source), words(source)
    assert page.findtext(".//h1") == "Grille du RGAA 4.1.2"
    for said in (
        "https://prets.exemple.fr – contrôle du 26 novembre 2026",
        " des critères jugés sont respectés (",
        ", jugés du 26 novembre 2026 au ",
        "Règles enfreintes : image-alt. ",
        "Dans les colonnes des pages : C, conforme ; NC, non conforme ; NA, non applicable ; NT, non testé. "
        "Les intitulés des critères sont les nôtres. Le niveau est le plus bas de ceux des critères de WCAG. "
        "Retour au rapport",
        "Jugement à la main (jugé le ",
    ):
        assert said in text, said
    first = " ".join(page.xpath("string((//h2)[1])").split())
    assert " ".join(page.xpath("string((//caption)[1])").split()) == (
        f"{first} : statut de chaque critère, par page"
    )
    assert page.xpath("(//div[@role='group'])[1]/@aria-label") == [f"{first}, tableau qui défile"]


def test_a_finding_says_what_axe_says_of_its_first_place() -> None:
    answer = json.loads(json.dumps(RECORDED["answer"]))
    node = answer["violations"][1]["nodes"][0]
    answer["violations"][1]["nodes"] = [
        node | {"failureSummary": said} for said in ("Fix\n  this", "Or that")
    ]
    assert read(answer, ("accueil", "normal", "clair"), RULES)[1]["violations"][1].summary == "Fix this"


def test_of_many_places_the_report_names_eight_and_counts_the_others() -> None:
    def told(count: int) -> str:
        answer = json.loads(json.dumps(RECORDED["answer"]))
        (node,) = answer["violations"][1]["nodes"][:1]
        answer["violations"][1]["nodes"] = [node | {"target": [f"#n{number}"]} for number in range(count)]
        many = dataclasses.replace(FOUND, visits=[visit(HOME, OPENED, DARK, answer)])
        return report.report(many, JUDGED, grid.lines(JUDGED, many))

    assert "#n7 et 3 de plus" in words(told(11))
    assert "<code>#n8</code>" not in told(11)
    assert "#n7 et" not in words(told(8))


def test_the_report_runs_nothing_that_a_page_says() -> None:
    """Selectors quote the pages that were looked at."""
    answer = json.loads(json.dumps(RECORDED["answer"]))
    answer["violations"][1]["nodes"][0]["target"] = ['img[alt="<script>alert(1)</script>"]']
    evil = dataclasses.replace(FOUND, visits=[visit(HOME, OPENED, DARK, answer)])
    text = report.report(evil, JUDGED, grid.lines(JUDGED, evil))
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_a_pack_has_every_file_and_axe_s_own_answers(written: Path) -> None:
    assert sorted(path.name for path in written.iterdir()) == [
        "audit.json", "axe", "constats.csv", "earl.jsonld", "grille.html", "grille.ods", "junit.xml",
        "noms.txt", "rapport.html",
    ]  # fmt: skip
    assert sorted(path.name for path in (written / "axe").iterdir()) == [
        "accueil-normal-clair.json", "accueil-normal-sombre.json", "fiche-normal-clair.json",
        "fiche-normal-sombre.json",
    ]  # fmt: skip
    own = json.loads((written / "axe" / "accueil-normal-sombre.json").read_text("utf-8"))
    assert own == RECORDED["answer"]
    facts = json.loads((written / "audit.json").read_text("utf-8"))
    assert (facts["violations"], facts["accepted"], facts["undecided"], facts["unreached"]) == (2, 0, 1, 1)
    assert written.stat().st_mode & 0o077 == 0


def test_a_pack_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "new" / "audit"
    folder.write(output, FOUND, JUDGED)
    before = (output / "audit.json").read_text("utf-8")
    with pytest.raises(AuditError, match="existe déjà"):
        folder.write(output, FOUND, JUDGED)

    def full(found: Audit) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(tables, "junit", full)
        with pytest.raises(OSError, match="No space"):
            folder.write(output, audit("accueil/*"), JUDGED, force=True)
    assert (output / "audit.json").read_text("utf-8") == before
    assert [path.name for path in output.parent.iterdir()] == ["audit"]
    folder.write(output, audit("accueil/*"), JUDGED, force=True)
    assert json.loads((output / "audit.json").read_text("utf-8"))["accepted"] == 2
    assert [path.name for path in output.parent.iterdir()] == ["audit"]


def test_nothing_but_a_pack_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("Cher ami")
    (tmp_path / "link").symlink_to("letters")
    for name in ("letters", "link"):
        with pytest.raises(AuditError, match="n’est pas un dossier d’audit"):
            folder.write(tmp_path / name, FOUND, JUDGED, force=True)
    assert (tmp_path / "letters" / "dear.txt").read_text() == "Cher ami"


def test_what_is_published_is_the_pack_and_is_checked(written: Path, tmp_path: Path) -> None:
    assert pack.published(tmp_path) is None
    pack.publish(written, tmp_path)
    found = pack.published(tmp_path)
    assert found
    assert (found.facts.day, found.facts.violations) == (datetime.date(2026, 11, 26), 2)
    with zipfile.ZipFile(found.path) as archive:
        assert "audit/grille.ods" in archive.namelist()
        assert archive.read("audit/rapport.html") == (written / "rapport.html").read_bytes()
    with found.path.open("r+b") as file:
        file.write(b"xx")
    with pytest.raises(storage.DamagedError):
        pack.published(tmp_path)


# --- What is asked for ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["prets.exemple.fr", "ftp://prets.exemple.fr", "https://", "https://x/clients/1", "https://moi:secret@x"],
)
def test_an_address_is_that_of_a_site(tmp_path: Path, url: str) -> None:
    with pytest.raises(AuditError, match="n’est pas l’adresse d’un site"):
        run.order(url, ("a",), tmp_path / "x", force=False, client=None, own_sample=None, baseline=None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[page]", r"^L’échantillon .*/sample\.toml ne se lit pas \(.*\) : corrigez-le\.$"),
        (
            "[[page]]\nname = 'a'\n",
            r"^L’échantillon .*/sample\.toml n’a pas la forme attendue \(.*\) : corrigez-le\.$",
        ),
        (
            "page = []\n[[display]]\nname = 'a'\ntitle = 'A'\nwidth = 1\n",
            r"n’a pas la forme attendue \(page ou display manque\) : corrigez-le\.$",
        ),
        ("[[page]]\nname = 'a'\ntitle = 'A'\npath = '/'\nstates = []\ncolour = 'x'\n[[display]]\n", "colour"),
    ],
)
def test_a_wrong_sample_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "sample.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(AuditError, match=told):
        sample.load(path)


def test_two_states_of_one_name_are_told(tmp_path: Path) -> None:
    text = sample.OWN.read_text("utf-8").replace(
        'name = "erreurs", title = "envoyée vide"', 'name = "normal", title = "x"'
    )
    path = tmp_path / "sample.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(AuditError, match="connexion/normal"):
        sample.load(path)


RESERVED = ["revues", "equite", "reglages", "preuves", "journal"]


def test_the_sample_has_every_family_of_pages() -> None:
    own = sample.load()
    assert [page.name for page in own.pages if page.anonymous] == ["connexion", "accessibilite"]
    assert [page.name for page in own.pages if page.reserved] == RESERVED
    assert [display.name for display in own.displays] == ["clair", "sombre", "contraste", "etroit", "grand"]
    assert own.visits == 5 * sum(len(page.states) for page in own.pages)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("/clients/104337/leviers", True),
        ("/recherche?numero=%20104337", True),
        ('"Client\\u00a0104337"', True),
        ("<b>104&#x202F;337</b>", True),
        ("/recherche?numero=%30104337", False),
        ("<h1>Client 104 337</h1>", True),
        ("<h1>Client 104\u00a0337</h1>", True),
        ("<h1>Client 104\u202f337</h1>", True),
        ("<h1>Client 104&nbsp;337</h1>", True),
        ("<h1>Client 104&#8239;337</h1>", True),
        ('{"html": "104\\u202f337"}', True),
        ("/clients/1043370 et 2104337", False),
        ("104-337 et 104 338", False),
        ("", False),
    ],
)
def test_a_pack_that_shows_an_erased_client_is_withdrawn_however_the_number_is_written(
    tmp_path: Path, written: str, found: bool
) -> None:
    for inside in ("pages.html", "grille.ods"):
        with storage.publish(tmp_path, pack.NAME) as draft:
            (draft / pack.FACTS).write_text("{}")
            table = io.BytesIO()
            with zipfile.ZipFile(table, "w", zipfile.ZIP_DEFLATED) as sheet:
                sheet.writestr("content.xml", written * 20)
            with zipfile.ZipFile(draft / pack.ZIP, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(inside, table.getvalue() if inside == "grille.ods" else written)
        assert pack.withdraw(tmp_path, 104_337) is found, inside
        assert (storage.current(tmp_path, pack.NAME) is None) is found


# --- Word for word --------------------------------------------------------------------------------


def test_the_table_of_findings_is_named_column_by_column() -> None:
    assert tables.spreadsheet(FOUND).splitlines()[0] == (
        "\ufeffpage;état;affichage;adresse;genre;règle;gravité;niveau;aide (en anglais);critères RGAA;"
        "critères WCAG;clauses EN 301 549;où;acceptée;détail (en anglais)"
    )
    line = next(csv.reader(tables.spreadsheet(FOUND).splitlines()[2:], delimiter=";"))
    assert line[3:8] == ["https://prets.exemple.fr/", "violation", "image-alt", "critical", "A"]
    assert (line[10], line[13]) == ("1.1.1", "non")
    accepted = csv.reader(tables.spreadsheet(audit("accueil/*")).splitlines()[1:], delimiter=";")
    assert [row[13] for row in accepted] == ["oui", "oui", "non"]
    assert tables.names(FOUND).splitlines()[0] == (
        "# Violations trouvées, une par ligne ; « flask audit --baseline » les accepte."
    )


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_run(sign: str) -> None:
    page = dataclasses.replace(HOME, title=f"{sign}1")
    evil = dataclasses.replace(FOUND, visits=[visit(page, OPENED, DARK, RECORDED["answer"])])
    rows = list(csv.reader(io.StringIO(tables.spreadsheet(evil), newline=""), delimiter=";"))
    assert {row[0] for row in rows[1:]} == {f"'{sign}1"}


def test_junit_says_how_long_it_took_and_what_is_reserved() -> None:
    root = ElementTree.fromstring(tables.junit(FOUND))
    assert (root.get("name"), root.get("time")) == ("Accessibilité", "90")
    suites = {suite.get("name"): {name: suite.get(name) for name in ("tests", "failures")} for suite in root}
    assert suites == {
        "Accueil": {"tests": "3", "failures": "1"},
        "Fiche": {"tests": "2", "failures": "0"},
        "Réglages": {"tests": "1", "failures": "0"},
    }
    (skipped,) = root.iter("skipped")
    assert skipped.get("message") == "ce compte n’a pas le droit de l’ouvrir"
    (failure,) = root.iter("failure")
    assert '\n  img[src="x.svg"], img[src="y.svg"]\n  ' in (failure.text or "")


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (
            lambda path: run.order("x", (), path, force=False, client=None, own_sample=None, baseline=None),
            "« x » n’est pas l’adresse d’un site : écrivez par exemple https://prets.exemple.fr",
        ),
        (
            lambda path: folder.refuse(path, force=False),
            "{path} existe déjà : choisissez un autre dossier, ou ajoutez --force.",
        ),
        (
            lambda path: folder.refuse(path, force=True),
            "{path} n’est pas un dossier d’audit : --force ne le remplace pas.",
        ),
    ],
)
def test_what_cannot_be_done_is_told(tmp_path: Path, act: Any, sentence: str) -> None:
    with pytest.raises(AuditError) as refused:
        act(tmp_path)
    assert str(refused.value) == sentence.format(path=tmp_path)


def test_a_baseline_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "noms.txt"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(AuditError) as refused:
        run.order("https://x", (), tmp_path / "y", force=False, client=None, own_sample=None, baseline=path)
    assert str(refused.value) == f"{path} n’est pas un texte en UTF-8 : corrigez-le."


def test_the_site_is_its_scheme_and_host_alone(tmp_path: Path) -> None:
    asked = run.order(
        "https://prets.exemple.fr:8443/", ("a", "b"), tmp_path / "y", force=True, client=7, own_sample=None,
        baseline=None,
    )  # fmt: skip
    assert (asked.url, asked.users, asked.force, asked.client) == (
        "https://prets.exemple.fr:8443", ("a", "b"), True, 7,
    )  # fmt: skip


def test_the_report_counts_one_and_many() -> None:
    one = dataclasses.replace(
        FOUND, visits=FOUND.visits[:1], missed=[FOUND.missed[0]] * 2, sample=Sample((HOME,), (LIGHT,))
    )
    assert [said.replace("\u00a0", " ") for said in report.answer(one)] == [
        "Aucune violation.",
        "1 page ouverte, 1 contrôle d’axe-core en 1 affichage.",
        "2 états non vus, à regarder avant de conclure.",
    ]


def test_a_rule_says_in_which_displays_it_was_broken(expanded: list[dict[str, Any]]) -> None:
    said = [
        one["@value"]
        for node in nodes(expanded)
        for one in node.get("http://purl.org/dc/terms/description", [])
        if one["@value"].startswith("Affichages")
    ]
    assert set(said) == {"Affichages : Thème sombre."}


def test_facts_count_what_is_looked_at_and_accepted() -> None:
    facts = pack.facts(audit("accueil/normal: image-alt"), JUDGED)
    assert (facts.pages, facts.visits, facts.violations, facts.accepted) == (2, 4, 2, 1)
    assert (facts.begun, facts.axe, facts.browser) == (
        "2026-11-26T09:30:00+00:00", "4.14.1", "Chromium 156.0",
    )  # fmt: skip
    assert (facts.rate, facts.level) == (round(JUDGED.rate, 4), JUDGED.level)


def test_a_status_is_shortened_as_the_rgaa_does() -> None:
    assert {str(status): short for status, short in report.SHORT.items()} == {
        "conforme": "C", "non conforme": "NC", "non applicable": "NA", "non testé": "NT",
    }  # fmt: skip


def test_the_worst_over_the_displays_of_a_page_is_told() -> None:
    """What nobody could decide in one display outweighs what passes in another, and what has no object."""
    seen = [visit(SHEET, OPENED, display, CLEAN) for display in (LIGHT, DARK)]
    orders = {
        ("passed", "cantTell"): "cantTell",
        ("cantTell", "failed"): "failed",
        ("inapplicable", "passed"): "passed",
        ("inapplicable", "cantTell"): "cantTell",
    }
    for outcomes, worst in orders.items():
        visits = [
            dataclasses.replace(one, outcomes={"image-alt": outcome})
            for one, outcome in zip(seen, outcomes, strict=True)
        ]
        graph = earl.document(dataclasses.replace(FOUND, visits=visits), JUDGED, [])["@graph"]
        (told,) = [one for one in graph if one["@type"] == "Assertion"]
        assert told["result"]["outcome"] == f"earl:{worst}"


def test_what_a_test_holds_was_not_judged_by_hand_alone() -> None:
    lines = grid.lines(JUDGED, FOUND)
    graph = earl.document(FOUND, JUDGED, lines)["@graph"]
    modes = {
        one["test"]["title"].split(" ")[1]: one["mode"]
        for one in graph
        if one["@type"] == "Assertion" and one["assertedBy"] == earl.PEOPLE
    }
    assert (modes["13.3"], modes["3.1"]) == ("earl:semiAuto", "earl:manual")
    assert len(modes) == 106


def test_the_ods_tells_the_rate_the_tools_and_how_many_criteria_hold(written: Path) -> None:
    sheets = pd.read_excel(written / "grille.ods", sheet_name=None, engine="odf", dtype=str)
    told = {
        name: " ".join(value.split()) for name, value in sheets["Synthèse"].itertuples(index=False, name=None)
    }
    lines = grid.lines(JUDGED, FOUND)
    assert told["Site"] == "https://prets.exemple.fr"
    assert told["Contrôle automatique du"] == "26 novembre 2026"
    assert told["Jugements rendus"].startswith("du 26 novembre 2026 au ")
    assert told["Jugements rendus"].endswith(" novembre 2026, par l’équipe qui développe l’outil")
    assert told["Outils"] == "axe-core 4.14.1, Chromium 156.0"
    # What the walk found outweighs what people judged: 1.1 and 3.2 are broken here.
    counted = {status: int(told[f"Critères : {status}"]) for status in map(str, Status)}
    assert sum(counted.values()) == 106
    assert counted["non conforme"] == sum(line.overall == "non conforme" for line in lines)
    assert counted["non conforme"] >= 2
    assert counted["non conforme"] != JUDGED.count(Status.BROKEN)
    beyond = sheets["WCAG 2.2"].set_index("Critère").loc["2.5.8"]
    (judged,) = (one for one in JUDGED.beyond if one.number == "2.5.8")
    assert (beyond["Niveau"], beyond["Statut"], beyond["Pourquoi"]) == (
        "AA", str(judged.status), judged.reason,
    )  # fmt: skip


def test_a_pack_is_for_its_owner_only(written: Path) -> None:
    assert written.stat().st_mode & 0o777 == 0o700
