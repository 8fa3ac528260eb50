"""The page of settings: for administrators alone, complete, and discreet."""

import re
import shutil
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement, document_fromstring

from pretadepenser import create_app, demo
from pretadepenser.credit.portfolio import import_batches
from pretadepenser.settings import SETTINGS
from tests import invariants
from tests.conftest import signed_in
from tests.unit import made_up_histories
from tests.web.test_meeting import GIVEN

ADDRESS = "/administration/reglages"


def shown(folder: Path, **settings: object) -> HtmlElement:
    app = create_app({"INSTANCE": folder, "TESTING": True, **settings})
    answer = signed_in(app, "camille").get(ADDRESS)
    assert answer.status_code == 200
    return invariants.check(answer.text, ADDRESS)


def entries(page: HtmlElement) -> dict[str, str]:
    """Name of a setting -> its value as shown, missing ones left out."""
    rows = page.xpath("//dl[not(preceding::h2[1][starts-with(., 'Ce qui manque')])]/div")
    return {row.findtext(".//code"): " ".join(row.xpath("dd")[0].text_content().split()) for row in rows}


def test_administrators_alone_open_it(app: Flask, anonymous: FlaskClient) -> None:
    assert anonymous.get(ADDRESS).status_code == 303
    for name, status in (("agathe", 403), ("basile", 403), ("delphine", 403), ("camille", 200)):
        browser = signed_in(app, name)
        assert browser.get(ADDRESS).status_code == status
        assert (f'href="{ADDRESS}"' in browser.get("/modele").text) == (status == 200)


def test_it_lists_every_setting_once_with_what_it_is_for(genuine: Path) -> None:
    page = shown(genuine, LIMIT=0.475, HTTPS=True, **GIVEN)
    found = entries(page)
    assert sorted(found) == sorted(setting.name for setting in SETTINGS)
    assert (found["LIMIT"], found["HTTPS"], found["RETENTION"]) == ("0,475", "oui", "trois ans")
    assert found["ORGANISATION_EMAIL"] == "non défini"
    assert "la fiche d’entretien est complète" in page.findtext(".//h1")
    for row in page.xpath("//dl/div"):
        assert re.search(r"\w.*\.$", row.xpath("dd[@class='note']")[0].text_content().strip())


def test_it_says_what_is_missing_and_why(genuine: Path) -> None:
    page = shown(genuine)
    missing = page.xpath("//h2[. = 'Ce qui manque à la fiche d’entretien']/following::dl[1]//code/text()")
    assert sorted(missing) == sorted(GIVEN)
    text = " ".join(page.text_content().split())
    assert (
        "La fiche d’entretien est incomplète. Il lui manque 14 réglages. Chaque conseiller en est averti sur "
        "la fiche." in text
    )
    assert "Attendu : une adresse électronique." in text
    one = shown(genuine, **GIVEN | {"MEDIATOR_NAME": ""})
    assert "Il lui manque un réglage. Chaque conseiller" in " ".join(one.text_content().split())


def test_who_keeps_the_file_of_credits_is_asked_for_where_it_is_imported(
    genuine: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(genuine, tmp_path / "instance", symlinks=True)
    histories = made_up_histories.batches(made_up_histories.of(157_083))
    import_batches(demo.batches(2000, 3), folder, fictitious=False, histories=histories)
    page = shown(folder, **GIVEN)
    missing = page.xpath("//h2[starts-with(., 'Ce qui manque')]/following::dl[1]//code/text()")
    assert missing == ["CREDIT_FILE"]
    assert "Qui tient le fichier des crédits" in page.text_content()
    assert "la fiche d’entretien est complète" in shown(folder, **GIVEN, CREDIT_FILE="Ici").findtext(".//h1")


def test_no_secret_is_ever_shown(genuine: Path) -> None:
    key = "x1" * 20
    page = shown(genuine, SECRET_KEY=key)
    assert key not in page.text_content()
    assert "sqlite" not in page.text_content()
    assert entries(page)["SECRET_KEY"] == entries(page)["DATABASE_URL"] == "défini, jamais montré"


def test_examples_of_the_demonstration_are_said_to_be_examples(app: Flask) -> None:
    page = document_fromstring(signed_in(app, "camille").get(ADDRESS).text)
    found = entries(page)
    assert found["MEDIATOR_NAME"] == "Médiateur fictif (exemple de la démonstration)"
    assert found["ORGANISATION_NAME"] == "Prêt à dépenser"
    assert not page.xpath("//h2[starts-with(., 'Ce qui manque')]")
