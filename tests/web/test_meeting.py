"""The meeting sheet: the page, and the PDF that the client takes home (PDF/UA-1)."""

import io
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ctypes.util import find_library
from pathlib import Path

import pikepdf
import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement, document_fromstring

from pretadepenser import create_app
from pretadepenser.credit.model.inputs import FEATURES
from pretadepenser.credit.model.scoring import current_model
from pretadepenser.credit.portfolio import Portfolio, current_portfolio
from pretadepenser.credit.recourse import meeting_sheet
from pretadepenser.web import pdf
from tests import pdf_ua
from tests.conftest import signed_in

Page = Callable[..., HtmlElement]
KNOWN = 157083
LIMIT = 0.48
needs_pango = pytest.mark.skipif(
    not find_library("pango-1.0"), reason="Pango is missing: apt install libpango-1.0-0 libpangoft2-1.0-0"
)
# What is said inside the house and never to a client.
INTERNAL = re.compile(
    r"SHAP|log-?odds|\bmargin\b|équilibré|XGBoost|modèle|TARGET|[A-Z]{3,}_[A-Z]|seuil", re.IGNORECASE
)
ORDER = (
    "Fiche d’entretien du client",
    "Votre demande de prêt",
    "Parmi 100 personnes",
    "Votre score est de",
    "Pourquoi cette réponse ?",
    "Ce qui joue en votre faveur",
    "Ce qui joue contre votre demande",
    "la réponse ?",
    "Quelles données ont servi ?",
    "Ce que contient votre demande",
    "Ce que disent des organismes extérieurs",
    "Ce qui n’a pas servi",
    "Qui utilise vos données ?",
    "Vos droits",
    "Être conseillé gratuitement",
    "Nous joindre",
)


def plain(text: str) -> str:
    """Text with all kinds of space made plain."""
    return " ".join(text.split())


@pytest.fixture(scope="module")
def cases(trained: Path) -> dict[str, int]:
    """Clients by what the sheet has to say: granted, refused with safe changes, a fragile one, none."""
    portfolio, model = current_portfolio(trained), current_model(trained)
    assert portfolio
    assert model
    found: dict[str, int] = {}
    for number in portfolio.numbers().tolist()[:400]:
        client = portfolio.client(number)
        assert client
        one = meeting_sheet.sheet(model, portfolio, client.values, LIMIT, number)
        fragile = any(
            care.startswith("Changement fragile") for option in one.options for care in option.cares
        )
        refused = "none" if not one.options else "fragile" if fragile else "changes"
        found.setdefault("granted" if one.score.granted else refused, number)
        if len(found) == 4:
            return found
    raise AssertionError(found)


def test_a_client_without_a_car_lacks_no_data_about_it(trained: Path) -> None:
    portfolio, model = current_portfolio(trained), current_model(trained)
    assert portfolio
    assert model
    clients = (portfolio.client(number) for number in portfolio.numbers().tolist())
    client = next(one for one in clients if one and one.values["FLAG_OWN_CAR"] == "N")
    sheet = meeting_sheet.sheet(model, portfolio, client.values, LIMIT, client.number)
    data = {label: text for source in sheet.sources for label, text in source.data}
    assert data["Âge de la voiture"] == "sans objet (pas de voiture)"
    assert not any(
        "voiture" in reason.sentence and "absente" in reason.sentence
        for reason in (*sheet.explanation.against, *sheet.explanation.in_favour)
    )


@pytest.mark.parametrize("case", ["granted", "changes", "fragile", "none"])
def test_the_page_says_all_in_order(page: Page, cases: dict[str, int], case: str) -> None:
    shown = page(f"/clients/{cases[case]}/entretien")
    text = plain(shown.xpath("//*[@class='meeting']")[0].text_content())
    places = [text.find(words) for words in ORDER[1:]]
    assert -1 not in places
    assert places == sorted(places)
    assert ("n’est pas acceptée" in text) == (case != "granted")
    assert ("Voici" in text.split("la réponse ?")[-1][:500]) == (case in ("changes", "fragile"))
    assert ("Aucun changement sûr" in text) == (case in ("none", "fragile"))
    assert ("Changement fragile :" in text) == (case == "fragile")
    reasons = [len(one) for one in shown.xpath("//ol[contains(@class, 'reasons')]")]
    assert 1 <= len(reasons) <= 2
    assert {1, 2, 3} >= set(reasons)
    for law in (
        "RGPD, article 15", "article 16", "(17)", "(18)", "(21)", "RGPD, article 22", "RGPD, article 77",
        "directive (UE) 2023/2225, article 18", "Code de la consommation, article L. 312-16",
    ):  # fmt: skip
        assert law in text
    assert "score calculé automatiquement" in text
    assert ("directive (UE) 2023/2225, article 19" in text) == (case != "granted")


@pytest.mark.parametrize("case", ["granted", "changes", "fragile", "none"])
def test_no_internal_word_and_no_other_client(page: Page, cases: dict[str, int], case: str) -> None:
    shown = page(f"/clients/{cases[case]}/entretien").xpath("//*[@class='meeting']")[0]
    text = shown.text_content()
    assert not INTERNAL.search(text), INTERNAL.search(text)
    others = set(re.findall(r"\b[1-4]\d{5}\b", text)) - {str(cases[case])}
    assert not others


def test_the_frequencies_add_up(page: Page, cases: dict[str, int]) -> None:
    text = plain(page(f"/clients/{cases['none']}/entretien").text_content())
    found = re.search(r"environ (\d+|une) (?:ont|a) payé en retard .* et (\d+) non", text)
    assert found
    assert int(found[1].replace("une", "1")) + int(found[2]) == 100


@pytest.mark.parametrize("case", ["granted", "changes", "none"])
def test_nothing_is_said_twice(page: Page, cases: dict[str, int], case: str) -> None:
    (main,) = page(f"/clients/{cases[case]}/entretien").xpath("//main")
    said = [plain(one.text_content()) for one in main.xpath(".//p")]
    sentences = [one for text in said for one in re.split(r"(?<=[.?!]) ", text) if len(one) > 30]
    assert "Plus le score est haut, plus le crédit est sûr." in sentences
    assert sorted(sentences) == sorted(set(sentences))


def test_what_is_unused_follows_the_model() -> None:
    everything = meeting_sheet.unused(FEATURES)
    family, place = "votre situation de famille et vos enfants", "l’endroit et l’immeuble où vous vivez"
    assert everything[:4] == ("votre sexe", "votre âge", family, place)
    more = meeting_sheet.unused((*FEATURES, "CODE_GENDER", "FLAG_DOCUMENT_3"))
    assert set(everything) - set(more) == {"votre sexe", "la liste des documents que vous avez fournis"}


@pytest.mark.parametrize("case", ["granted", "changes", "fragile", "none"])
def test_the_client_is_spoken_to_and_never_of(page: Page, cases: dict[str, int], case: str) -> None:
    shown = page(f"/clients/{cases[case]}/entretien").xpath("//*[@class='meeting']")[0]
    text = plain(shown.text_content())
    assert not re.search(r"(?i)\b(le|du|ce|au) client\b", text.replace("numéro de client", "")), text
    assert not re.search(r"compté en mensualités|organisme extérieur numéro", text)
    (address,) = shown.xpath(".//picture//img/@src")
    assert address == f"/clients/{cases[case]}/entretien/graphiques/score.svg"
    table = address.replace(".svg", ".csv")
    assert shown.xpath(f".//a[@href='{table}']")


def test_the_picture_of_the_scale_says_you(client: FlaskClient, cases: dict[str, int]) -> None:
    address = f"/clients/{cases['none']}/entretien/graphiques/score"
    for answer in (client.get(f"{address}.svg?largeur=etroite"), client.get(f"{address}.csv")):
        assert answer.status_code == 200
        assert "client" not in answer.text.lower()
        assert re.search(r"Vous\s:|Votre score", answer.text)


GIVEN = {
    "EXTERNAL_BUREAUX": "Alpha, Bêta, Gamma",
    "BUREAUX_CONTACTS": "alpha.fr ; 2 rue B ; gamma.fr",
    "MEDIATOR_NAME": "Mme Juste",
    "MEDIATOR_ADDRESS": "BP 7, Paris",
    "CONTROLLER_NAME": "Banque Une",
    "CONTROLLER_ADDRESS": "1 place Une",
    "REVIEW_CONTACT": "Mme Revoit, 01 11 11 11 11",
    "PURPOSES": "décider du crédit",
    "LEGAL_BASIS": "le contrat demandé",
    "RECIPIENTS": "le service du crédit",
    "RETENTION": "trois ans",
    "ORGANISATION_ADDRESS": "3 rue Trois",
    "ORGANISATION_PHONE": "01 23 45 67 89",
    "ORGANISATION_DPO": "dpo@banque.fr",
}


def sheet_text(settings: dict[str, str], folder: Path, number: int) -> str:
    """The whole page of a sheet as an advisor reads it, with these settings."""
    app = create_app({"INSTANCE": folder, "TESTING": True, **settings})
    answer = signed_in(app, "agathe").get(f"/clients/{number}/entretien")
    assert answer.status_code == 200
    return plain(document_fromstring(answer.text).xpath("//main")[0].text_content())


def test_the_sheet_says_what_is_set(genuine: Path, cases: dict[str, int]) -> None:
    text = sheet_text(GIVEN, genuine, cases["changes"])
    for said in (
        "La personne qui en répond est Mme Revoit, 01 11 11 11 11.",
        "Responsable : Banque Une, 1 place Une",
        "Délégué à la protection des données : dpo@banque.fr",
        "But : décider du crédit",
        "Base légale : le contrat demandé",
        "Données : crédit demandé, revenus et emploi, logement et biens, situation personnelle et notes "
        "extérieures",
        "Destinataires : le service du crédit",
        "Durée de conservation : trois ans",
        "L. 616-1) : Mme Juste, BP 7, Paris.",
        "Adresse : 3 rue Trois. Téléphone : 01 23 45 67 89.",
        "Note (Alpha)",
    ):
        assert said in text
    assert "(Gamma)" in text.split("Ce que contient votre demande")[0], "in the reasons too"
    for silent in ("demandez leur nom", "incomplète", "fictif", "Courriel", "ne sont pas encore indiquées"):
        assert silent not in text


def test_a_refusal_names_the_files_that_were_consulted(
    genuine: Path, portfolio: Portfolio, cases: dict[str, int]
) -> None:
    """Those alone which gave a score of this client, each with its contact; a granted loan names none."""
    text = sheet_text(GIVEN, genuine, cases["changes"])
    named = text.split("Les fichiers consultés avant ce refus")[1].split("Demandez-leur")[0]
    client = portfolio.client(cases["changes"])
    assert client
    bodies = {
        "EXT_SOURCE_1": "Alpha (alpha.fr)",
        "EXT_SOURCE_2": "Bêta (2 rue B)",
        "EXT_SOURCE_3": "Gamma (gamma.fr)",
    }
    for column, body in bodies.items():
        assert (body in named) == (client.values[column] is not None)
    assert "Les fichiers consultés" not in sheet_text(GIVEN, genuine, cases["granted"])


def test_a_refusal_names_the_file_of_credits_that_the_capacity_was_read_in(
    storied_app: Flask, app: Flask, cases: dict[str, int]
) -> None:
    """The model draws no figure from it; what the household pays elsewhere does."""
    said = "Nous avons aussi consulté le fichier des crédits : "
    for served, named in ((storied_app, True), (app, False)):
        answer = signed_in(served, "agathe").get(f"/clients/{cases['changes']}/entretien")
        text = plain(document_fromstring(answer.text).xpath("//main")[0].text_content())
        assert "Les fichiers consultés avant ce refus" in text
        assert (said in text) is named


def test_what_is_not_set_is_told_to_the_advisor(genuine: Path, cases: dict[str, int]) -> None:
    text = sheet_text({}, genuine, cases["none"])
    for said in (
        "Fiche incomplète. Il manque : ",
        "demandez à votre administrateur de compléter la page « Réglages »",
        "Une personne en répond : demandez son nom à votre conseiller.",
        "organismes extérieurs (demandez leur nom à votre conseiller)",
        "demandez leur nom et leur adresse à votre conseiller",
        "L. 612-1 et L. 616-1) : demandez son adresse au conseiller.",
        "Ses coordonnées ne sont pas encore indiquées ici.",
    ):
        assert said in text
    assert "fictif" not in text
    lacking = text.split("Il manque : ")[1].split(". Ne la remettez pas")[0]
    assert lacking == (
        "l’adresse du prêteur, le téléphone du prêteur, le délégué à la protection des données, "
        "le nom des organismes extérieurs et 10 autres informations"
    )
    one_less = sheet_text({**GIVEN, "RETENTION": ""}, genuine, cases["none"])
    assert (
        "Il manque : la durée de conservation. Ne la remettez pas au client : demandez à votre "
        "administrateur de compléter la page « Réglages »." in one_less
    )


def test_of_five_that_lack_four_are_named(genuine: Path, cases: dict[str, int]) -> None:
    lacking = ("PURPOSES", "LEGAL_BASIS", "RECIPIENTS", "RETENTION", "MEDIATOR_NAME")
    text = sheet_text(GIVEN | dict.fromkeys(lacking, ""), genuine, cases["none"])
    assert " et 1 autre information. Ne la remettez pas au client" in text


def test_a_fictitious_portfolio_has_fictitious_contacts(page: Page) -> None:
    text = plain(page(f"/clients/{KNOWN}/entretien").xpath("//main")[0].text_content())
    assert "Fiche incomplète" not in text
    assert "Les noms et les coordonnées du prêteur sont fictifs, comme les clients." in text
    assert "La personne qui en répond est Claude Exemple, personne fictive" in text
    assert "Note (Alpha fictif)" in text
    for told in (
        "cinq ans après la fin du crédit, six mois après un refus (durées fictives)",
        "évaluer votre demande de crédit et vous répondre",
        "la préparation du contrat que vous demandez et notre obligation de vérifier",
        "nos conseillers et nos auditeurs",
    ):
        assert told in text


@needs_pango
@pytest.mark.parametrize("settings", [{}, GIVEN])
def test_the_pdf_says_the_same_on_two_sides(
    genuine: Path, cases: dict[str, int], settings: dict[str, str]
) -> None:
    app = create_app({"INSTANCE": genuine, "TESTING": True, **settings})
    data = signed_in(app, "agathe").get(f"/clients/{cases['changes']}/entretien.pdf").data
    with pikepdf.open(io.BytesIO(data)) as document:
        assert len(document.pages) <= 2
        said = "".join(pdf_ua.said(document).split())
    assert "Donnéesfictives" not in said
    assert ("Ficheincomplète." in said) == (not settings)
    assert ("Responsable:BanqueUne,1placeUne" in said) == bool(settings)
    assert ("Lapersonnequienrépond" in said) == bool(settings)


@pytest.mark.parametrize("name", ["entretien", "entretien.pdf"])
def test_who_may_read_it(anonymous: FlaskClient, client: FlaskClient, name: str) -> None:
    assert anonymous.get(f"/clients/{KNOWN}/{name}").status_code == 303
    assert client.get(f"/clients/999999999/{name}").status_code == 404


# --- the PDF ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(app: Flask, cases: dict[str, int]) -> dict[str, bytes]:
    """The PDF of each case."""
    browser = signed_in(app, "agathe")
    return {case: browser.get(f"/clients/{number}/entretien.pdf").data for case, number in cases.items()}


@needs_pango
@pytest.mark.parametrize("case", ["granted", "changes", "fragile", "none"])
def test_the_pdf_is_pdf_ua(made: dict[str, bytes], cases: dict[str, int], case: str) -> None:
    with pikepdf.open(io.BytesIO(made[case])) as document:
        assert pdf_ua.faults(document) == []
        assert str(document.Root.Lang) == "fr"
        title = f"Fiche d’entretien du client {cases[case]} – Prêt à dépenser"
        assert plain(str(document.docinfo["/Title"])) == title
        with document.open_metadata() as metadata:
            assert plain(str(metadata["dc:title"])) == title
        assert 1 <= len(document.pages) <= 2


@needs_pango
@pytest.mark.parametrize("case", ["granted", "changes", "fragile", "none"])
def test_the_tags_tell_what_is_seen(made: dict[str, bytes], case: str) -> None:
    with pikepdf.open(io.BytesIO(made[case])) as document:
        tree = list(pdf_ua.elements(document.Root.StructTreeRoot))
        tags = [str(one.S)[1:] for one in tree]
        assert tags.count("H1") == 1
        figures = [one for one in tree if one.S == "/Figure"]
        assert len(figures) == 1
        assert str(figures[0].Alt).startswith("Graphique")
        lists = [one for one in tree if one.S == "/L"]
        assert len(lists) >= 6
        for one in lists:
            assert {str(kid.S) for kid in one.K} == {"/LI"}
        # Without spaces: the one at the end of a line is not drawn.
        said = "".join(pdf_ua.said(document).split())
        places = [said.find("".join(words.split())) for words in ORDER]
        for words in (
            "Prêt à dépenser – fiche établie le ",
            "Données fictives : ce client n’existe pas, ce portefeuille sert à la démonstration.",
        ):
            assert "".join(words.split()) in said
        assert -1 not in places, ORDER[places.index(-1)]
        assert places == sorted(places)
        assert "Page1" not in said  # the page number is an artefact


@needs_pango
def test_it_is_a_download_that_nothing_keeps(client: FlaskClient, cases: dict[str, int]) -> None:
    number = cases["granted"]
    response = client.get(f"/clients/{number}/entretien.pdf")
    assert response.mimetype == "application/pdf"
    assert response.headers["Content-Disposition"] == f'attachment; filename="entretien-client-{number}.pdf"'
    assert response.headers["Cache-Control"] == "no-store"


@needs_pango
def test_a_style_sheet_that_has_changed_is_read_again(tmp_path: Path) -> None:
    style = tmp_path / "a.css"
    pages = []
    for size in ("A4", "A5"):
        style.write_text(f"@page {{ size: {size} }}")
        made = pdf.tagged('<html lang="fr"><title>a</title><p>a', style)
        with pikepdf.open(io.BytesIO(made)) as document:
            pages.append(round(float(document.pages[0].MediaBox[2])))
    assert pages == [595, 420]


@needs_pango
@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/a.svg", "https://exemple.fr/a.png", "file:///etc/hosts"]
)
def test_nothing_is_fetched(tmp_path: Path, address: str) -> None:
    from weasyprint.urls import FatalURLFetchingError

    style = tmp_path / "a.css"
    style.write_text("p { color: black }")
    with pytest.raises(FatalURLFetchingError) as caught:
        pdf.tagged(f'<html lang="fr"><title>a</title><p><img src="{address}" alt="a">', style)
    assert "disallowed protocol" in str(caught.value.__cause__)


@needs_pango
def test_several_at_a_time(app: Flask, cases: dict[str, int]) -> None:
    def fetch(case: str) -> bytes:
        response = signed_in(app, "agathe").get(f"/clients/{cases[case]}/entretien.pdf")
        return bytes(response.data)

    with ThreadPoolExecutor(3) as threads:
        for case, data in zip(cases, threads.map(fetch, cases), strict=True):
            with pikepdf.open(io.BytesIO(data)) as document:
                assert str(cases[case]) in str(document.docinfo["/Title"])


def test_without_pango_the_rest_works(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)  # what import does when it cannot be loaded
    response = client.get(f"/clients/{KNOWN}/entretien.pdf")
    assert response.status_code == 503
    told = plain(response.text)
    assert (
        "installez-la avec « apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 "
        "fonts-dejavu-core »"
    ) in told
    assert (
        "La fiche reste lisible à l’écran et s’imprime depuis le navigateur. Prévenez votre administrateur."
    ) in told
    assert client.get(f"/clients/{KNOWN}/entretien").status_code == 200
