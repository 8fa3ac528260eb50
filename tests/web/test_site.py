"""The accessibility statement, written from the judgements, and the evidence that auditors download."""

import dataclasses
import datetime
import io
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement, document_fromstring

from pretadepenser import create_app, storage
from pretadepenser.audit import pack, rgaa
from pretadepenser.audit.rgaa import Added, Status
from pretadepenser.records import entries
from pretadepenser.records.entries import Wanted
from pretadepenser.web import journal_words
from tests import invariants
from tests.conftest import Page, signed_in

FACTS = {
    "url": "https://prets.exemple.fr", "begun": "2026-11-26T09:30:00+01:00", "axe": "4.14.1",
    "browser": "Chromium 156.0", "pages": 15, "visits": 100, "violations": 3, "accepted": 1, "undecided": 7,
    "unreached": 2, "rate": 0.871, "level": "partiellement conforme",
}  # fmt: skip


def words(page: HtmlElement) -> str:
    return " ".join(page.text_content().split())


def item(page: HtmlElement, number: str) -> str:
    """What the statement says of a criterion."""
    return " ".join(page.xpath(f"string(//li[contains(., '(critère {number})')])").split())


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> None:
    """30 criteria met, 10 not met (1.1 on two pages, 1.2 everywhere), 3 not tested, the others void.

    All on the day of the audit, but for one page that was judged three days later.
    """
    real = rgaa.load()
    statuses = [Status.BROKEN] * 10 + [Status.MET] * 30 + [Status.UNTESTED] * 3 + [Status.VOID] * 63
    criteria = [
        dataclasses.replace(one, status=status, pages=("toutes",), date=real.made)
        for one, status in zip(real.criteria, statuses, strict=True)
    ]
    beyond = [dataclasses.replace(one, date=real.made) for one in real.beyond]
    told = "Il en manque une."
    criteria[0] = dataclasses.replace(criteria[0], pages=("client", "veille"), reason=told)
    judged = dataclasses.replace(
        real, criteria=tuple(criteria), beyond=tuple(beyond), limits=("Une voix lit mal un nombre.",),
        added=(Added("dossier", datetime.date(2026, 11, 29)),),
    )  # fmt: skip
    monkeypatch.setattr(rgaa, "load", lambda: judged)


@pytest.mark.usefixtures("made")
def test_the_statement_follows_from_the_judgements(page: Page) -> None:
    shown = page("/accessibilite")
    text = words(shown)
    assert "Cet outil est partiellement conforme au référentiel général" in text
    assert (
        "L’outil est partiellement conforme au RGAA, version 4.1.2, en raison des non-conformités énumérées "
        "plus bas. C’est le résultat d’un audit interne" in text
    )
    assert "Autres défauts connus" in [words(one) for one in shown.xpath("//main//h3")]
    for told in (
        "30 critères conformes ;", "10 critères non conformes ;", "63 critères non applicables ;",
        "3 critères non testés.", "75 % des critères jugés sont respectés",
        "L’audit du 26 novembre 2026, mené par l’équipe qui développe l’outil, a jugé les 106 critères du "
        "RGAA sur 26 pages. La page « Dossier d’un client », ajoutée depuis, a été jugée de même le 29 "
        "novembre 2026. Résultat : 30 critères conformes ;",
        "Cette déclaration a été établie le 26 novembre 2026 et mise à jour le 29 novembre 2026. Méthode : ",
        "Aucun critère ne les compte, mais ils peuvent gêner : Une voix lit mal un nombre.",
    ):  # fmt: skip
        assert told in text, told
    assert item(shown, "1.1") == (
        "Image porteuse d’information : alternative présente (critère 1.1). Il en manque une. "
        "Pages : Décision pour un client, Veille technique."
    )
    assert item(shown, "1.2").endswith("Partout.")
    assert len(shown.xpath("//li[contains(., '(critère ')]")) == 10
    (unseen,) = shown.xpath("//h2[. = 'Ce qui n’a pas été vérifié']/following-sibling::ul[1]")
    assert words(unseen).count("Le critère ") == 3
    assert "Accessibilité : partiellement conforme" in words(shown.xpath("//footer")[0])


@pytest.mark.usefixtures("made")
def test_where_no_page_came_later_the_statement_has_one_date(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = dataclasses.replace(rgaa.load(), added=())
    monkeypatch.setattr(rgaa, "load", lambda: judged)
    text = words(page("/accessibilite"))
    assert "a jugé les 106 critères du RGAA sur 27 pages. Résultat : 30 critères conformes ;" in text
    assert "Cette déclaration a été établie le 26 novembre 2026. Méthode : " in text
    assert "ajoutée depuis" not in text


def test_one_criterion_is_told_as_one(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    real = rgaa.load()
    one_each = [Status.MET, Status.BROKEN, Status.VOID, Status.UNTESTED]
    criteria = [
        dataclasses.replace(one, status=status, pages=("toutes",))
        for one, status in zip(real.criteria, one_each, strict=False)
    ]
    judged = dataclasses.replace(real, criteria=tuple(criteria), limits=())
    monkeypatch.setattr(rgaa, "load", lambda: judged)
    text = words(page("/accessibilite"))
    assert (
        "1 critère conforme ; 1 critère non conforme ; 1 critère non applicable ; 1 critère non testé."
        in text
    )
    assert "Autres défauts connus" not in text


def test_the_statement_says_all_that_the_law_asks_for(page: Page) -> None:
    shown = page("/accessibilite")
    titles = [" ".join(title.text_content().split()) for title in shown.xpath("//main//h2 | //main//h3")]
    assert titles == [
        "État de conformité", "Résultats de l’audit", "Contenus non accessibles", "Non-conformités",
        "Dérogations pour charge disproportionnée",
        "Contenus non soumis à l’obligation", "Ce qui n’a pas été vérifié",
        "Établissement de cette déclaration", "Technologies utilisées",
        "Environnement de test", "Outils", "Pages vérifiées", "Contrôles de chaque version",
        "Plan d’action pluriannuel", "Retour d’information et contact", "Voies de recours",
    ]  # fmt: skip
    text = words(shown)
    for told in (
        "aucun organisme extérieur ne l’a encore vérifié", "axe-core 4.14.1",
        "aucun lecteur d’écran à disposition", "Aucune page n’a besoin de JavaScript",
        "26 novembre 2026", "2027 : Faire mener un audit",
        "Libre réponse 71120",
    ):  # fmt: skip
        assert told in text, told
    for one in rgaa.load().criteria:
        assert bool(item(shown, one.number)) == (one.status == "non conforme"), one.number


def test_every_page_says_at_its_foot_how_far_it_is_accessible(page: Page, anonymous: FlaskClient) -> None:
    told = f"Accessibilité : {rgaa.load().level}"
    assert told in words(page("/modele").xpath("//footer")[0])
    assert told in " ".join(anonymous.get("/connexion").text.replace("\u00a0", " ").split())


@pytest.mark.parametrize(
    ("settings", "shown", "warned"),
    [
        ({}, "L’adresse de contact n’a pas encore été indiquée", True),
        ({"ORGANISATION_PHONE": "01 23 45 67 89"}, "Téléphone : 01 23 45 67 89", False),
        ({"ORGANISATION_EMAIL": "info@preteur.example"}, "Courriel : info@preteur.example", False),
        (
            {"ORGANISATION_EMAIL": "info@preteur.example", "ACCESSIBILITY_EMAIL": "acces@preteur.example"},
            "Courriel : acces@preteur.example",
            False,
        ),
    ],
)
def test_the_statement_says_whom_to_write_to(
    instance: Path, settings: dict[str, object], shown: str, warned: bool
) -> None:
    """And where nobody is named, administrators are told so."""
    browser = signed_in(create_app({"INSTANCE": instance, "TESTING": True, **settings}), "camille")
    text = words(invariants.check(browser.get("/accessibilite").text, "/accessibilite"))
    assert shown in text
    assert text.count("Courriel : ") == ("EMAIL" in str(settings))
    page = words(invariants.check(browser.get("/administration/reglages").text, "/administration/reglages"))
    assert ("La déclaration d’accessibilité ne dit pas comment vous joindre." in page) == warned


def test_only_those_who_may_open_the_evidence_are_led_there(app: Flask, anonymous: FlaskClient) -> None:
    link = 'href="/accessibilite/preuves"'
    assert link not in anonymous.get("/accessibilite").text
    for name, may in (("agathe", False), ("basile", True), ("camille", True), ("delphine", False)):
        assert (link in signed_in(app, name).get("/accessibilite").text) == may


@pytest.fixture
def own(untouched: Path, tmp_path: Path) -> Path:
    """An instance folder of a test's own."""
    folder = tmp_path / "instance"
    shutil.copytree(untouched, folder, symlinks=True)
    return folder


@pytest.fixture
def browser(own: Path) -> FlaskClient:
    """The auditor on it."""
    return signed_in(create_app({"INSTANCE": own, "TESTING": True}), "basile")


def publish(instance: Path, **facts: object) -> None:
    """Publish a pack of one file beside its figures."""
    folder = instance.parent / "pack"
    folder.mkdir(exist_ok=True)
    (folder / "audit.json").write_text(json.dumps(FACTS | facts), "utf-8")
    (folder / "rapport.html").write_text("<p>Rapport</p>", "utf-8")
    pack.publish(folder, instance)


def test_without_a_pack_the_page_says_how_to_make_one(auditor: FlaskClient) -> None:
    text = words(invariants.check(auditor.get("/accessibilite/preuves").text, "/accessibilite/preuves"))
    assert "Aucun dossier de preuves n’est publié ici." in text
    assert "flask --app wsgi audit --publish --url ADRESSE --user NOM --output DOSSIER" in text
    missing = auditor.get("/accessibilite/preuves/audit.zip")
    assert missing.status_code == 404
    assert "Aucun dossier de preuves n’est publié ici." in missing.text.replace("\u00a0", " ")


def test_the_last_pack_is_offered_with_its_figures(own: Path, browser: FlaskClient) -> None:
    publish(own, violations=9)
    publish(own)
    shown = invariants.check(browser.get("/accessibilite/preuves").text, "/accessibilite/preuves")
    text = words(shown)
    assert "Le dernier contrôle a trouvé 3 violations, dont 1 acceptée d’avance." in text
    assert text.count("Preuves d’accessibilité : 3 violations trouvées") == 2, "title and heading"
    size = (own / "audit" / "audit-accessibilite.zip").stat().st_size
    assert f"Télécharger le dossier de preuves (ZIP, {size / 1000:.0f} ko)" in text
    assert (
        "Le dossier contient le rapport et la grille des 106 critères (HTML et ODS), les résultats en EARL, "
        "CSV et JUnit, et les réponses d’axe-core. Il cite des extraits de pages qui parlent d’un client : "
        "gardez-le comme un dossier. Le journal note qui le télécharge." in text
    )
    facts = {
        " ".join(row.findtext("dt").split()): " ".join(row.findtext("dd").split())
        for row in shown.xpath("//dl/div")
    }
    assert facts == {
        "Contrôle du": "26 novembre 2026",
        "Site contrôlé": "https://prets.exemple.fr",
        "Pages ouvertes": "15",
        "Contrôles (page, état et affichage)": "100", "Cas qu’axe-core ne sait pas trancher": "7",
        "États non vus": "2",
        "Critères du RGAA respectés, parmi les critères jugés": "87 % (partiellement conforme)",
        "Outils": "axe-core 4.14.1, Chromium 156.0",
    }  # fmt: skip
    answer = browser.get("/accessibilite/preuves/audit.zip")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == "attachment; filename=audit-accessibilite-2026-11-26.zip"
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.namelist() == ["audit/audit.json", "audit/rapport.html"]
        assert archive.read("audit/rapport.html") == b"<p>Rapport</p>"


def test_a_pack_without_violation_says_so_first(own: Path, browser: FlaskClient) -> None:
    publish(own, violations=0, accepted=0, unreached=0)
    text = words(invariants.check(browser.get("/accessibilite/preuves").text, "/accessibilite/preuves"))
    assert "Le dernier contrôle n’a trouvé aucune violation." in text
    assert text.count("Preuves d’accessibilité : aucune violation trouvée") == 2, "title and heading"
    assert "États non vus" not in text


def test_a_pack_that_has_changed_is_not_offered(own: Path, browser: FlaskClient) -> None:
    publish(own)
    with (own / "audit" / "audit-accessibilite.zip").open("r+b") as file:
        file.write(b"xx")
    shown = browser.get("/accessibilite/preuves")
    assert shown.status_code == 200
    assert (
        "Preuves d’accessibilité : dossier illisible Le dossier de preuves ne se lit pas, ou a changé depuis "
        "qu’il a été écrit : publiez-le à nouveau."
        in words(invariants.check(shown.text, "/accessibilite/preuves"))
    )
    assert "Télécharger le dossier" not in shown.text
    refused = browser.get("/accessibilite/preuves/audit.zip")
    assert refused.status_code == 503
    assert "Le dossier de preuves ne se lit pas : publiez-le à nouveau." in words(
        document_fromstring(refused.text)
    )


def test_the_pack_quotes_a_client_auditors_alone_may_have_it_and_the_journal_says_who(
    untouched: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(untouched, tmp_path / "instance", symlinks=True))
    with storage.publish(folder, pack.NAME) as draft:
        (draft / pack.FACTS).write_text(json.dumps(FACTS | {"client": 104_337}))
        (draft / pack.ZIP).write_bytes(b"PK zip")
    app = create_app({"INSTANCE": folder, "TESTING": True})
    camille, basile = signed_in(app, "camille"), signed_in(app, "basile")
    zipped, figures = "/accessibilite/preuves/audit.zip", "/accessibilite/preuves"
    assert camille.get(zipped).status_code == 403
    assert zipped not in camille.get(figures).text
    assert "seuls les auditeurs le téléchargent" in camille.get(figures).text
    assert "104337" not in camille.get(figures).text
    assert zipped in basile.get(figures).text
    # A part of it would be given with another status.
    answer = basile.get(zipped, headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.data) == (200, b"PK zip")
    (last,) = entries.find(app.extensions["database"], Wanted(client=104_337), 10)
    assert (last.kind, last.actor) == ("evidence.given", "basile")
    assert journal_words.details(last) == "page\u00a0: preuves d’accessibilité"
