"""Least data: an advisor meets no protected ground on any page, chart, file or sheet; the auditor still does.

How many people live on what is left is asked where the capacity to repay is (docs/decisions/capacity.md), and
told with that rule alone, by no label of the file.

The labels are written here, not read from the dictionary: a column that loses its mark there is found here.
"""

import io
import re
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pikepdf
import pyarrow as pa
import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement, document_fromstring

from pretadepenser import create_app, demo
from pretadepenser.credit.dictionary import COLUMNS
from pretadepenser.credit.peers import comparison
from pretadepenser.credit.peers import group as groups
from pretadepenser.credit.portfolio import current_portfolio, import_batches
from pretadepenser.records import reviews
from tests import pdf_ua
from tests.conftest import open_file, signed_in
from tests.web.deciding import work
from tests.web.test_application import LITTLE, SCORES
from tests.web.test_meeting import needs_pango, plain

KNOWN = 157083
# As labels begin: with a capital. Prose may say that the model does not see "l’âge".
LABELS = (
    "Sexe",
    "Femme",
    "Homme",
    "Âge",
    "Nombre d’enfants",
    "Situation de famille",
    "Taille du foyer",
    "Personne venue avec",
    "Même tranche d’âge",
    "Moins de 30 ans",
    "Lieu de vie",
    "Indice de population de la région",
    "Note de la région",
    "Région officielle",
    "Région de contact",
    "Ville officielle",
    "Ville de contact",
    "Immeuble",
    "Ascenseurs",
    "Étages au plus haut",
    "Surface habitable",
    "Matière des murs",
    "Compte pour les gros travaux",
    "Entourage",
    "Proches suivis",
    "Proches en retard",
    "Congé de maternité",
    "Organisation religieuse",
)
NAMED = re.compile(rf"(?<![\w’-])(?:{'|'.join(LABELS)})(?![\w’-])")
# The age of a car is no protected ground; the model's page sums the audits up in sentences about groups.
ALLOWED = re.compile(r"Âge de la voiture|du groupe « [^»]+ »")
# Answers to machines, and what anybody or no advisor may open.
NOT_FOR_ADVISORS = {
    "static",
    "auth.sign_in",
    "auth.sign_out",
    # These lead back to /compte, which is read.
    "account.end",
    "account.end_others",
    # This leads to the form, which is read.
    "decision.correct",
    # These lead back to the pages of letters, which are read; only a manager makes a reply.
    "letters.make",
    "letters.make_reply",
    "operations.alive",
    "operations.ready",
    "administration.settings",
    "journal.show",
    "journal.spreadsheet",
    "site.evidence",
    "site.evidence_pack",
    "access.open_file",
    "replay.replay",
    # Those of a second reader and a reviewer (tests/web/test_reviews.py).
    "reviews.work_list",
    "reviews.second_reading",
    "reviews.correct",
    "reviews.end",
    "model.fairness",
    "model.fairness_picture",
    "model.fairness_chart_spreadsheet",
    "model.fairness_spreadsheet",
}


class Walk:
    """A browser that opens addresses once each and keeps what it read, by address."""

    def __init__(self, app: Flask, browser: FlaskClient) -> None:
        self.app, self.browser = app, browser
        self.read: dict[str, str] = {}
        self.endpoints: set[str] = set()

    def open(self, address: str, data: dict[str, str] | None = None) -> HtmlElement | None:
        """Open an address and all pictures and files of its page; gives the page, None for a file."""
        key = address if data is None else f"{address} (sent)"
        if key in self.read:
            return None
        method = "GET" if data is None else "POST"
        answer = self.browser.open(address, method=method, data=data)
        assert answer.status_code == 200, (key, answer.status_code)
        path = address.partition("?")[0]
        self.endpoints.add(self.app.url_map.bind("localhost").match(path, method)[0])
        if answer.mimetype == "application/pdf":
            with pikepdf.open(io.BytesIO(answer.data)) as document:
                self.read[key] = plain(pdf_ua.said(document))
            return None
        if answer.mimetype != "text/html":
            self.read[key] = answer.text if (answer.mimetype or "").startswith(("text/", "image/svg")) else ""
            return None
        page = document_fromstring(answer.text)
        self.read[key] = " ".join([*page.itertext(), *page.xpath("//@alt | //@aria-label | //@value")])
        found = page.xpath("//main//img/@src | //main//source/@srcset | //main//a[@download]/@href")
        for one in found:
            self.open(one)
        return page

    def found(self) -> Iterator[tuple[str, str]]:
        """Each address with a label that stands there."""
        for address, text in self.read.items():
            plain = ALLOWED.sub("", " ".join(re.sub(r"<[^>]+>", " ", text).split()))
            for name in NAMED.findall(plain):
                yield address, name


def filled(page: HtmlElement, **changes: str) -> dict[str, str]:
    """What the main form of a page would send."""
    (form,) = page.xpath("//main//form[.//fieldset]")
    return dict(form.form_values()) | changes


def _client(walked: Walk, client: str) -> None:
    sheet = f"{client}/entretien"
    for address in ("/", client, f"{client}/dossier", sheet, f"{client}/leviers", f"{sheet}.pdf"):
        walked.open(address)


def _history(walked: Walk, client: str) -> None:
    for address in (client, f"{client}/historique", f"{client}/entretien", f"{client}/entretien.pdf"):
        walked.open(address)


def _site(walked: Walk, client: str) -> None:
    for address in ("/accessibilite", "/aide", "/veille", "/compte", "/session"):
        walked.open(address)
    plan = walked.open("/plan-du-site")
    assert plan is not None
    for address in plan.xpath("//a/@href[starts-with(., '/veille/')]"):
        walked.open(address)


def _comparisons(walked: Walk, client: str, share: int) -> None:
    """One of three shares of all figures, among those who are alike."""
    compared = walked.open(f"{client}/comparaison")
    assert compared is not None
    alike = "&".join(f"comme={key}" for key in compared.xpath("//input[@name='comme']/@value")[:2])
    for figure in compared.xpath("//select[@name='donnee']//option/@value")[share::3]:
        walked.open(f"{client}/comparaison?donnee={figure}&{alike}")


def _crossings(walked: Walk, client: str, share: int) -> None:
    compared = walked.open(f"{client}/comparaison")
    assert compared is not None
    figures = compared.xpath("//select[@name='avec']//option[@value!='AMT_CREDIT'][@value!='']/@value")
    for figure in figures[share::3]:
        walked.open(f"{client}/comparaison?avec={figure}")


def _simulation(walked: Walk, client: str) -> None:
    simulation = walked.open(f"{client}/simulation")
    assert simulation is not None
    sent = filled(simulation, amt_credit="2 000", amt_goods_price="2 000", amt_annuity="100")
    walked.open(f"{client}/simulation", sent)
    walked.open(f"{client}/simulation/chiffres.csv", sent)


def _decision(walked: Walk, client: str) -> None:
    """The form; then what agathe has decided already, each as it is shown."""
    walked.open(f"{client}/decision")
    found = walked.open("/decisions")
    assert found is not None
    # What was sent back stands there twice.
    addresses = [*dict.fromkeys(found.xpath("//tbody//a/@href"))]
    assert len(addresses) == 9
    records = [page for address in addresses if (page := walked.open(address)) is not None]
    (review,) = {
        link for page in records for link in page.xpath("//main//a/@href[starts-with(., '/revues/')]")
    }
    walked.open(review)
    walked.open("/decisions/1/reexamen")


def _letters(walked: Walk, client: str) -> None:
    """A letter of each kind; a reply to a review; a letter that was made."""
    agathe = walked.browser
    for number, decision in enumerate((1, 2, 6), 1):
        address = f"/decisions/{decision}/courrier"
        page = walked.open(address)
        assert page is not None
        (form,) = [one for one in page.forms if one.xpath(".//*[@name='cle']")]
        assert agathe.post(address, data=dict(form.form_values())).status_code == 303
        walked.open(f"/courriers/{number}.pdf")
    (ended,) = [one.reference for one in reviews.ended(walked.app.extensions["database"])]
    walked.open(f"/revues/{ended}/courrier")


def _capacity(walked: Walk, client: str) -> None:
    asked = walked.open(f"{client}/capacite")
    assert asked is not None
    walked.open(f"{client}/capacite", filled(asked, capacite_loyer="900", capacite_enfants="3"))


def _application(walked: Walk, client: str) -> None:
    asked = walked.open("/dossiers/nouveau")
    assert asked is not None
    person = filled(asked, **PERSON)
    walked.open("/dossiers/nouveau", person)
    for chart in ("score", "contributions"):
        walked.open(f"/dossiers/nouveau/chiffres/{chart}.csv", person)


def _model(walked: Walk, client: str, share: int) -> None:
    model = walked.open("/modele")
    assert model is not None
    for figure in model.xpath("//select[@name='donnee']//option/@value")[share::3]:
        walked.open(f"/modele?donnee={figure}")


# What is walked, one part a test, and the addresses that each part must have led to.
SHARES = range(3)
Part = tuple[Callable[[Walk, str], None], set[str]]
_ONCE: dict[str, Part] = {
    "client": (
        _client,
        {
            *("home.search", "clients.file"),
            *("clients.decision", "clients.picture", "clients.spreadsheet"),
            *("levers.levers", "levers.picture", "levers.spreadsheet"),
            *("meeting.sheet", "meeting.picture", "meeting.spreadsheet", "meeting.pdf"),
        },
    ),
    "history": (
        _history,
        {
            *("history.show", "history.picture", "history.spreadsheet"),
            *("clients.decision", "clients.picture", "clients.spreadsheet"),
            *("meeting.sheet", "meeting.picture", "meeting.spreadsheet", "meeting.pdf"),
        },
    ),
    "site": (
        _site,
        {
            *("account.page", "auth.remaining", "site.accessibility", "site.guide", "site.plan"),
            *("watch.report", "watch.page", "watch.picture", "watch.spreadsheet"),
        },
    ),
    "simulation": (_simulation, {"simulation.simulate", "simulation.picture", "simulation.spreadsheet"}),
    "capacity": (_capacity, {"capacity.show"}),
    "decision": (
        _decision,
        {"decision.decide", "decision.own", "decision.record", "reviews.ask", "reviews.record"},
    ),
    "letters": (_letters, {"letters.preview", "letters.pdf", "letters.reply"}),
    "application": (_application, {"application.new", "application.picture", "application.spreadsheet"}),
}
PARTS: dict[str, Part] = _ONCE | {
    f"{name} {share}": (partial(part, share=share), endpoints)
    for name, part, endpoints in (
        ("comparison", _comparisons, {"comparison.compare", "comparison.picture", "comparison.spreadsheet"}),
        ("crossing", _crossings, {"comparison.compare", "comparison.picture", "comparison.spreadsheet"}),
        ("model", _model, {"model.overview", "model.picture", "model.spreadsheet", "model.card"}),
    )
    for share in SHARES
}


PERSON = LITTLE | SCORES | {"amt_credit": "3 000", "amt_annuity": "150", "amt_goods_price": "2 700"}


# Clients whose category in an admissible column names a ground, by position in the portfolio.
TELLING = {3: ("ORGANIZATION_TYPE", "Religion"), 5: ("NAME_INCOME_TYPE", "Maternity leave")}


@pytest.fixture(scope="module")
def telling(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application with the clients of TELLING changed in its portfolio."""
    folder = shutil.copytree(untouched, tmp_path_factory.mktemp("telling") / "instance", symlinks=True)
    rows = pa.Table.from_batches(demo.batches(2000, 3))
    for at, (name, category) in TELLING.items():
        index = rows.schema.get_field_index(name)
        values = rows.column(index).combine_chunks()
        codes = values.indices.to_numpy().copy()
        codes[at] = COLUMNS[name].code(category)
        told = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), values.dictionary)
        rows = rows.set_column(index, rows.schema.field(index), told)
    import_batches(rows.to_batches(), folder, fictitious=True)
    return create_app({"INSTANCE": folder, "TESTING": True})


@pytest.fixture(scope="module")
def reviewed_app(decided: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application on decisions and reviews of agathe's, one of which has ended."""
    folder = shutil.copytree(decided, tmp_path_factory.mktemp("reviewed") / "instance", symlinks=True)
    made = create_app({"INSTANCE": folder, "TESTING": True})
    work(made)
    return made


@needs_pango
@pytest.mark.parametrize("part", PARTS)
def test_an_advisor_meets_no_protected_ground_anywhere(request: pytest.FixtureRequest, part: str) -> None:
    name = {"history": "storied_app", "decision": "decided_app", "letters": "reviewed_app"}.get(part, "app")
    app: Flask = request.getfixturevalue(name)
    walked = Walk(app, signed_in(app, "agathe"))
    walk, endpoints = PARTS[part]
    walk(walked, f"/clients/{KNOWN}")
    assert walked.endpoints == endpoints
    assert not list(walked.found())


def test_every_page_is_walked(app: Flask) -> None:
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if not rule.rule.startswith("/api/")}
    assert set.union(*(endpoints for _, endpoints in PARTS.values())) == pages - NOT_FOR_ADVISORS


def test_nor_a_category_that_names_one(telling: Flask) -> None:
    opened = current_portfolio(telling.config["INSTANCE"])
    assert opened is not None
    for at, label in ((3, "Organisation religieuse"), (5, "Congé de maternité")):
        number = int(opened.numbers()[at])
        walked = Walk(telling, signed_in(telling, "agathe"))
        for address in (
            "",
            "/dossier",
            "/entretien",
            "/leviers",
            "/simulation",
            "/comparaison?donnee=NAME_INCOME_TYPE&comme=source",
        ):
            walked.open(f"/clients/{number}{address}")
        assert not list(walked.found())
        open_file(telling, "beatrice", number)
        assert label in signed_in(telling, "beatrice").get(f"/clients/{number}/dossier").text


def test_a_client_whose_category_is_kept_back_is_counted_as_the_model_reads(telling: Flask) -> None:
    opened = current_portfolio(telling.config["INSTANCE"])
    assert opened is not None
    client = opened.client(int(opened.numbers()[5]))
    assert client
    alike = groups.group(opened, client, groups.Selection(alike=("source",)), None, 0.48)
    sources = [row.values["NAME_INCOME_TYPE"] for row in map(opened.client, opened.numbers().tolist()) if row]
    assert alike.size == sources.count("Working") + sources.count("Maternity leave")
    shown = comparison.distribution(opened, client, alike, "NAME_INCOME_TYPE")
    assert [(bar.text, bar.here, bar.count) for bar in shown.bars if bar.count] == [
        ("Emploi salarié", True, alike.size)
    ]


def test_the_auditor_still_sees_them_through_a_grant(app: Flask) -> None:
    open_file(app, "beatrice", KNOWN)
    walked = Walk(app, signed_in(app, "beatrice"))
    walked.open(f"/clients/{KNOWN}/dossier")
    walked.open(f"/clients/{KNOWN}/comparaison")
    walked.open("/modele/fiche.md")
    walked.open("/modele/equite")
    seen = {name for _, name in walked.found()}
    missing = set(LABELS) - seen
    assert not missing - {"Congé de maternité", "Organisation religieuse"}


def test_a_manager_is_shown_no_more_of_a_client_than_an_advisor(app: Flask) -> None:
    walked = Walk(app, signed_in(app, "delphine"))
    for address in ("", "/dossier", "/comparaison", "/entretien"):
        walked.open(f"/clients/{KNOWN}{address}")
    assert not list(walked.found())


def test_the_rest_of_the_file_has_a_page_of_its_own(app: Flask) -> None:
    open_file(app, "beatrice", KNOWN)
    parts = ["Ce que le modèle regarde", "Ce qu’il ne regarde pas"]
    reserved = "Ce qu’il ne doit pas regarder : motifs protégés, immeuble, entourage"
    for name, titles in (("agathe", parts), ("beatrice", [*parts, reserved])):
        browser = signed_in(app, name)
        page = document_fromstring(browser.get(f"/clients/{KNOWN}").text)
        shown = page.xpath("//h2[.='Le dossier du client']/following-sibling::section//dt/text()")
        assert "Montant du crédit" in shown
        assert not {"Secteur de l’employeur", "Âge"} & set(page.xpath("//dt/text()"))
        assert page.xpath("//a[.='Voir les autres données du dossier']/@href") == [
            f"/clients/{KNOWN}/dossier"
        ]
        whole = document_fromstring(browser.get(f"/clients/{KNOWN}/dossier").text)
        assert [" ".join(one.text_content().split()) for one in whole.xpath("//main//h2")] == titles
        under = "//h2[.='Ce qu’il ne regarde pas']/following-sibling::section//dt/text()"
        assert "Secteur de l’employeur" in whole.xpath(under)
        assert ("Âge" in whole.xpath("//dt/text()")) == (name == "beatrice")
        missing = [one for one in whole.xpath("//dd/text() | //section/p/text()") if "absente" in one]
        (told,) = whole.xpath("//h1/text()")
        counted = sum(int(one.split()[0]) if one[0].isdigit() else 1 for one in missing)
        every = len(whole.xpath("//dt")) + sum(int(one.split()[0]) for one in missing if one[0].isdigit())
        ending = "donnée absente" if counted == 1 else "données absentes"
        assert " ".join(told.split()) == f"Dossier : {counted} {ending} sur {every}"


def test_a_simulation_tells_no_age(app: Flask) -> None:
    walked = Walk(app, signed_in(app, "agathe"))
    page = walked.open(f"/clients/{KNOWN}/simulation")
    assert page is not None
    answer = walked.browser.post(f"/clients/{KNOWN}/simulation", data=filled(page, days_employed="60 ans"))
    error = document_fromstring(answer.text).get_element_by_id("days_employed-erreur").text_content()
    assert "aurait commencé à travailler avant 16 ans" in error
    assert set(re.findall(r"\d+", error)) == {"60", "16"}
