"""The comparison page: its states, its addresses, its refusals."""

import csv
import io
import re
import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement, document_fromstring

from pretadepenser import create_app
from pretadepenser.credit.peers import group as groups
from pretadepenser.credit.portfolio import current_portfolio
from tests.conftest import Page, signed_in

URL = "/clients/157083/comparaison"


def text(element: HtmlElement) -> str:
    """On one line, thousands together."""
    return re.sub(r"(?<=\d) (?=\d{3}(?!\d))", "", " ".join(element.text_content().split()))


def test_the_client_among_all(page: Page, app: Flask) -> None:
    shown = page(URL)
    place, today = r"(plus|moins) que chez \d+ % des 2000 clients", r"client 157083, prêt accordé, \d+ points"
    assert re.fullmatch(rf"Montant du crédit : {place} – {today}", text(shown.find(".//h1")))
    assert "Le montant du crédit demandé est de" in text(shown.xpath(".//main//*[@class='lead']")[0])
    portfolio = current_portfolio(app.config["INSTANCE"])
    assert portfolio is not None
    assert f"Le groupe compte {portfolio.size} clients." in text(shown.xpath(".//main")[0])
    keys = [figure.get("id") for figure in shown.xpath(".//figure")]
    assert keys == ["figure-repartition", "figure-difficultes"]


# What clients are compared by, in the order of the list: theme, then figure with its label.
FIGURES = {
    "Crédit demandé": {
        "AMT_CREDIT": "Montant du crédit",
        "AMT_ANNUITY": "Mensualité",
        "AMT_GOODS_PRICE": "Prix du bien à financer",
        "CREDIT_TERM": "Crédit compté en mensualités",
        "CREDIT_TO_GOODS": "Crédit par rapport au prix du bien",
        "CREDIT_TO_INCOME": "Crédit par rapport au revenu mensuel",
        "ANNUITY_TO_INCOME": "Part du revenu prise par la mensualité",
        "NAME_CONTRACT_TYPE": "Type de crédit",
    },
    "Revenus et emploi": {
        "AMT_INCOME_TOTAL": "Revenu mensuel",
        "DAYS_EMPLOYED": "Ancienneté dans l’emploi",
        "NAME_INCOME_TYPE": "Source du revenu",
        "OCCUPATION_TYPE": "Métier",
    },
    "Logement et biens": {
        "OWN_CAR_AGE": "Âge de la voiture",
        "NAME_HOUSING_TYPE": "Type de logement",
        "FLAG_OWN_REALTY": "Possède un logement",
        "FLAG_OWN_CAR": "Possède une voiture",
    },
    "Situation personnelle": {"NAME_EDUCATION_TYPE": "Niveau d’études"},
    "Notes extérieures": {
        "EXT_SOURCE_MEAN": "Moyenne des notes extérieures",
        "EXT_SOURCE_1": "Note de l’organisme extérieur numéro 1",
        "EXT_SOURCE_2": "Note de l’organisme extérieur numéro 2",
        "EXT_SOURCE_3": "Note de l’organisme extérieur numéro 3",
    },
    "Historique de crédit": {
        "AMT_REQ_CREDIT_BUREAU_QRT": "Consultations du fichier des crédits : dernier trimestre",
        "AMT_REQ_CREDIT_BUREAU_YEAR": "Consultations du fichier des crédits : dernière année",
    },
}
LABELS = {name: label for theme in FIGURES.values() for name, label in theme.items()}
# Categories do not cross.
WORDS = {
    "NAME_CONTRACT_TYPE", "NAME_INCOME_TYPE", "OCCUPATION_TYPE", "NAME_HOUSING_TYPE", "FLAG_OWN_REALTY",
    "FLAG_OWN_CAR", "NAME_EDUCATION_TYPE",
}  # fmt: skip


@pytest.mark.parametrize(("name", "label"), LABELS.items(), ids=LABELS)
def test_every_figure_has_its_page(page: Page, name: str, label: str) -> None:
    shown = page(f"{URL}?donnee={name}")
    told = r"(plus|moins|comme|donnée absente, comme) .+ – client 157083, prêt accordé, \d+ points"
    assert re.fullmatch(rf"{re.escape(label)} : {told}", text(shown.find(".//h1")))
    assert label in text(shown.xpath(".//figcaption")[0])
    assert shown.xpath(".//select[@id='donnee']//option[@selected]")[0].get("value") == name


def test_groups_by_decision_add_up(page: Page, trained: Path) -> None:
    sizes = {}
    for outcome, said in (
        ("tous", "clients comparables"),
        ("accordes", "clients comparables dont le prêt est accordé"),
        ("refuses", "clients comparables dont le prêt est refusé"),
    ):
        shown = page(f"{URL}?groupe={outcome}&avec=AMT_ANNUITY&comme=type")
        assert shown.xpath(".//figure[@id='figure-croisement']")
        found = re.search(
            rf"Le groupe compte (\d+) {said} : même type de crédit \(prêt personnel\)\.",
            text(shown.xpath(".//main")[0]),
        )
        assert found
        sizes[outcome] = int(found[1])
        assert shown.xpath(".//input[@name='groupe'][@checked]/@value") == [outcome]
        assert shown.xpath(".//input[@name='comme'][@checked]/@value") == ["type"]
    portfolio = current_portfolio(trained)
    assert portfolio
    clients = [one for one in map(portfolio.client, portfolio.numbers().tolist()) if one]
    alike = [one.values["NAME_CONTRACT_TYPE"] for one in clients].count("Cash loans")
    assert sizes["tous"] == alike
    assert sizes["accordes"] + sizes["refuses"] == alike
    assert min(sizes.values()) > 30


def test_the_address_holds_choices_and_nothing_personal(page: Page, client: FlaskClient) -> None:
    shown = page(f"{URL}?donnee=DAYS_EMPLOYED&avec=AMT_CREDIT&groupe=accordes&comme=type&comme=revenu")
    form = shown.xpath(".//main//form")[0]
    assert form.get("method") == "get"
    assert not form.xpath(".//*[@name='csrf_token']")
    addresses = [image.get("src") for image in shown.xpath(".//figure//img")]
    addresses += [image.get("srcset") for image in shown.xpath(".//figure//source")]
    addresses += [link.get("href") for link in shown.xpath(".//figure//a[@download]")]
    assert len(addresses) == 9
    for address in addresses:
        asked = parse_qs(urlsplit(address).query)
        assert asked.pop("largeur", ["etroite"]) == ["etroite"]
        assert asked == {
            "donnee": ["DAYS_EMPLOYED"],
            "avec": ["AMT_CREDIT"],
            "groupe": ["accordes"],
            "comme": ["type", "revenu"],
        }
        assert client.get(address).status_code == 200, address


def test_the_table_the_picture_and_the_csv_agree(page: Page, client: FlaskClient) -> None:
    shown = page(f"{URL}?donnee=AMT_INCOME_TOTAL")
    assert len(shown.xpath(".//figure")) == 2
    sheets: dict[str, list[list[str]]] = {}
    for figure in shown.xpath(".//figure"):
        rows = [[text(cell) for cell in row.xpath("th | td")] for row in figure.xpath(".//tbody/tr")]
        response = client.get(figure.xpath(".//a[@download]")[0].get("href"))
        assert response.mimetype == "text/csv"
        sheet = list(csv.reader(io.StringIO(response.text.lstrip("\ufeff")), delimiter=";"))
        # Label and count are written alike; a share has more digits in the file.
        assert len(rows) >= 6
        for line, row in zip(sheet[1:], rows, strict=True):
            assert line[0].replace("\u202f", "").replace("\u00a0", " ") == row[0]
            assert line[1] == row[1]
            share = float(row[2].removesuffix(" %").replace(",", ".")) / 100
            assert float(line[2].replace(",", ".")) == pytest.approx(share, abs=0.0005001)
            assert [cell.replace("\u00a0", " ") for cell in line[3:]] == row[3:]
        sheets[figure.get("id")] = sheet[1:]
        picture = client.get(figure.xpath(".//img")[0].get("src"))
        assert picture.mimetype == "image/svg+xml"
        assert text(figure.xpath(".//figcaption")[0])[:6] in picture.text
    # Every one of the 2,000 clients has an income.
    counts = [int(line[1]) for line in sheets["figure-repartition"]]
    assert sum(counts) == 2000
    shares = [float(line[2].replace(",", ".")) for line in sheets["figure-repartition"]]
    assert shares == pytest.approx([count / 2000 for count in counts], abs=1e-6)


def test_a_group_under_thirty_is_refused_with_the_reason(opened: FlaskClient) -> None:
    everything = "&".join(f"comme={key}" for key in groups.CRITERIA)
    shown = document_fromstring(opened.get(f"{URL}?{everything}").text)
    said = text(shown.xpath(".//main//*[contains(@class, 'notice')]")[0])
    assert "trop petit" in said
    assert "Il en faut au moins 30" in said
    assert not shown.xpath(".//figure")
    for name in ("repartition", "difficultes", "croisement"):
        for kind in ("svg", "csv"):
            assert opened.get(f"{URL}/graphiques/{name}.{kind}?{everything}").status_code == 404


def test_auditors_alone_group_by_age(page: Page, client: FlaskClient, opened: FlaskClient) -> None:
    """No filter and no rate by a protected ground for advisors, by no address."""
    offered = page(URL).xpath(".//input[@name='comme']/@value")
    assert offered == ["revenu", "source", "logement", "type", "montant"]
    refused = page(f"{URL}?comme=age", 422)
    assert "pas dans la liste" in text(refused.get_element_by_id("comme-erreur"))
    assert "âge" not in text(refused.xpath("//main//form")[0]).replace("Âge de la voiture", "")
    for name in ("repartition", "difficultes"):
        for kind in ("svg", "csv"):
            address = f"{URL}/graphiques/{name}.{kind}?comme=age"
            assert client.get(address).status_code == 404
            assert opened.get(address).status_code == 200
    shown = document_fromstring(opened.get(f"{URL}?comme=age").text)
    assert shown.xpath(".//input[@name='comme'][@checked]/@value") == ["age"]
    assert "même tranche d’âge (" in text(shown.xpath(".//main")[0])


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ("donnee=CODE_GENDER", "donnee", "pas dans la liste"),
        ("donnee=DAYS_BIRTH", "donnee", "pas dans la liste"),
        ("avec=CODE_GENDER", "avec", "pas dans la liste"),
        ("donnee=AMT_CREDIT&avec=AMT_CREDIT", "avec", "Choisissez une autre donnée"),
        ("donnee=NAME_INCOME_TYPE&avec=AMT_CREDIT", "avec", "Une catégorie ne se croise pas"),
        ("groupe=moi", "groupe", "pas dans la liste"),
        ("comme=sexe", "comme", "pas dans la liste"),
    ],
)
def test_a_choice_that_does_not_exist(page: Page, query: str, field: str, says: str) -> None:
    shown = page(f"{URL}?{query}", 422)
    summary = shown.xpath(".//*[@class='error-summary']//a")
    # A group is corrected from its first button or box.
    assert [link.get("href") for link in summary] == [
        f"#{field}-0" if field in ("groupe", "comme") else f"#{field}"
    ]
    assert says in text(summary[0])
    assert says in text(shown.get_element_by_id(f"{field}-erreur"))
    assert not shown.xpath(".//figure")


@pytest.mark.parametrize(
    "address",
    [
        "/clients/1/comparaison",
        "/clients/1/comparaison/graphiques/repartition.svg",
        f"{URL}/graphiques/autre.svg",
        f"{URL}/graphiques/croisement.svg",
        f"{URL}/graphiques/repartition.svg?donnee=CODE_GENDER",
        f"{URL}/graphiques/repartition.svg?largeur=enorme",
    ],
)
def test_what_does_not_exist(page: Page, address: str) -> None:
    page(address, 404)


def test_a_visitor_must_sign_in(anonymous: FlaskClient) -> None:
    for address in (URL, f"{URL}/graphiques/repartition.svg", f"{URL}/graphiques/repartition.csv"):
        response = anonymous.get(address)
        assert response.status_code in (302, 303)
        assert "/connexion" in response.location


def test_without_everybodys_scores_only_all_clients_can_be_shown(untouched: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(untouched, tmp_path / "instance", symlinks=True)
    for scores in folder.glob("scores.*"):
        shutil.rmtree(scores)
    browser = signed_in(create_app({"INSTANCE": folder, "TESTING": True}), "agathe")
    assert browser.get(URL).status_code == 200
    response = browser.get(f"{URL}?groupe=refuses")
    assert response.status_code == 422
    assert (
        "Les décisions de tous les clients ne sont pas encore calculées : choisissez « Tous les clients »."
    ) in response.text.replace("\N{NO-BREAK SPACE}", " ")


def test_only_quantities_are_offered_for_crossing(page: Page) -> None:
    shown = page(URL)
    offered = [option.get("value") for option in shown.xpath(".//select[@id='avec']//option")]
    assert offered == ["", *(name for name in LABELS if name not in WORDS)]
    compared = {
        group.get("label"): {option.get("value"): text(option) for option in group}
        for group in shown.xpath(".//select[@id='donnee']/optgroup")
    }
    assert compared == FIGURES
    assert list(compared) == list(FIGURES)
    crossed = shown.xpath(".//select[@id='avec']/optgroup")[0]
    assert (crossed.get("label"), [text(option) for option in crossed]) == ("Sans croisement", ["Aucune"])
