"""The levers page: what would change the decision."""

from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from lxml.html import HtmlElement

from pretadepenser.credit.model.scoring import current_model, current_scores
from pretadepenser.credit.portfolio import current_portfolio
from pretadepenser.credit.recourse.search import Levers, levers
from pretadepenser.credit.scale import Scale
from tests.conftest import Page

LIMIT = 0.48


@pytest.fixture(scope="module")
def people(trained: Path) -> dict[str, tuple[int, Levers]]:
    """A refused client with proposals, one without, and a granted one, each with the expected answer."""
    model, portfolio = current_model(trained), current_portfolio(trained)
    assert model
    assert portfolio
    margins = current_scores(trained, portfolio, model)
    assert margins is not None
    found: dict[str, tuple[int, Levers]] = {}
    for index in np.argsort(-margins[:400]):
        number = int(portfolio.numbers()[index])
        client = portfolio.client(number)
        assert client
        refused = not Scale(LIMIT).granted(float(margins[index]))
        answer = levers(model, portfolio, client.values, LIMIT, number=number)
        kind = "granted" if not refused else "solved" if len(answer.proposals) > 1 else "unsolved"
        if kind == "unsolved" and not (answer.nearest and not answer.proposals):
            continue
        found.setdefault(kind, (number, answer))
        if len(found) == 3:
            break
    return found


def _text(shown: HtmlElement) -> str:
    return " ".join(shown.text_content().split())


def test_refused_client_reads_proposals(page: Page, people: dict[str, tuple[int, Levers]]) -> None:
    number, answer = people["solved"]
    shown = page(f"/clients/{number}/leviers")
    text = _text(shown)
    assert f"– client {number}, prêt refusé, {answer.score.points} points" in text
    assert " ".join(answer.sentence.split()) in text
    assert (
        "C’est une réponse du modèle, pas une promesse. Le score n’est recalculé que sur les chiffres du "
        "tableau. Avant de vous engager, vérifiez les justificatifs et refaites une demande complète." in text
    )
    assert "Qu’est-ce qui changerait la décision ?" in [_text(one) for one in shown.xpath("//main//h2")]
    for proposal in answer.proposals:
        assert " ".join(proposal.sentence.split()) in text
    tables = shown.xpath("//main//section//table[@class='before-after']")
    assert len(tables) == len(answer.proposals)
    for table, proposal in zip(tables, answer.proposals, strict=True):
        cells = [" ".join(cell.split()) for cell in table.xpath(".//td/text()")]
        assert cells[-2:] == ["refusé", "accordé"]
        assert str(proposal.score.points) in cells


def test_client_without_a_way_reads_what_comes_nearest(
    page: Page, people: dict[str, tuple[int, Levers]]
) -> None:
    number, answer = people["unsolved"]
    text = _text(page(f"/clients/{number}/leviers"))
    assert "Aucun changement sûr" in text
    assert "Ce qui s’en approche le plus" in text
    assert "Qu’est-ce qui changerait la décision ?" not in text
    assert answer.nearest
    assert " ".join(answer.nearest.sentence.split()) in text


def test_granted_client_reads_the_room(page: Page, people: dict[str, tuple[int, Levers]]) -> None:
    number, answer = people["granted"]
    shown = page(f"/clients/{number}/leviers")
    assert answer.room
    assert " ".join(answer.room.sentence.split()) in _text(shown)
    assert "pas un conseil d’emprunter plus" in _text(shown)
    assert not shown.xpath("//main//form")


def test_the_chart_is_said_to_leave_amounts_out_where_it_does(page: Page, trained: Path) -> None:
    model, portfolio = current_model(trained), current_portfolio(trained)
    assert model
    assert portfolio
    found: dict[bool, int] = {}
    for number in map(int, portfolio.numbers()):
        client = portfolio.client(number)
        assert client
        answer = levers(model, portfolio, client.values, LIMIT, number=number)
        if answer.room and answer.curve:
            # Beside the amounts that were tried, the curve has the client's own.
            found.setdefault(answer.tried > len(answer.curve.amounts) - 1, number)
        if len(found) == 2:
            break
    for left_out, number in found.items():
        text = _text(page(f"/clients/{number}/leviers"))
        start = (
            "Le montant augmente de 100 € en 100 € (ou plus, pour un gros crédit), jusqu’au double ; "
            "le prix du projet et la mensualité suivent dans la même proportion. Chaque montant "
            "est noté par le modèle"
        )
        assert (
            f"{start} ; le graphique n’en montre qu’une partie. La recherche s’arrête" in text or not left_out
        )
        assert f"{start}. La recherche s’arrête" in text or left_out
    assert len(found) == 2


def test_locks_stand_in_the_address_and_are_kept(page: Page, people: dict[str, tuple[int, Levers]]) -> None:
    number, _ = people["solved"]
    shown = page(f"/clients/{number}/leviers?fixe=projet&fixe=duree&fixe=apport&fixe=revenu")
    assert len(shown.xpath("//input[@name='fixe'][@checked]")) == 4
    assert _text(shown.find(".//h1")).startswith("Leviers : tout est bloqué, rien n’est cherché – client ")
    some = page(f"/clients/{number}/leviers?fixe=projet&fixe=duree")
    assert _text(some.find(".//h1")).startswith("Leviers (projet et mensualité bloqués) : ")
    assert "Vous avez tout bloqué : décochez au moins un choix pour chercher un changement." in _text(shown)
    assert "Aucun changement sûr" not in _text(shown)
    # Nothing is promised, and there is no table to speak of.
    assert "C’est une réponse du modèle, pas une promesse." not in _text(shown)
    assert not shown.xpath("//main//table[@class='before-after']")
    form = shown.xpath("//main//form")[0]
    assert form.get("method") == "get"
    assert [(one.text, one.get("href")) for one in form.xpath(".//a")] == [
        ("Tout laisser libre", f"/clients/{number}/leviers"),
    ]
    assert {field.get("name") for field in form.xpath(".//input")} == {"fixe"}
    assert {field.get("value") for field in form.xpath(".//input")} == {"projet", "apport", "duree", "revenu"}


def test_unknown_lock_is_an_error_with_the_page(page: Page, people: dict[str, tuple[int, Levers]]) -> None:
    number, answer = people["solved"]
    shown = page(f"/clients/{number}/leviers?fixe=age", status=422)
    assert "Ce choix n’est pas dans la liste" in _text(shown.xpath("//*[@class='error-summary']")[0])
    assert " ".join(answer.sentence.split()) in _text(shown)


def test_without_a_form_an_unknown_lock_is_no_error(
    page: Page, people: dict[str, tuple[int, Levers]]
) -> None:
    """The summary led to a box that the page of a granted client does not have."""
    number, answer = people["granted"]
    shown = page(f"/clients/{number}/leviers?fixe=age")
    assert not shown.xpath("//*[@class='error-summary']")
    assert answer.room
    assert " ".join(answer.room.sentence.split()) in _text(shown)


def test_unknown_client_is_not_found(page: Page) -> None:
    page("/clients/1/leviers", status=404)


@pytest.mark.parametrize("kind", ["solved", "granted"])
def test_chart_is_a_picture_and_a_file(
    client: FlaskClient, people: dict[str, tuple[int, Levers]], kind: str
) -> None:
    number, answer = people[kind]
    assert answer.curve
    for width in ("large", "etroite"):
        picture = client.get(f"/clients/{number}/leviers/graphiques/montant.svg?largeur={width}")
        assert picture.status_code == 200
        assert picture.mimetype == "image/svg+xml"
        assert f"Demande : {answer.score.points}" in picture.text.replace("\u00a0", " ")
    rows = client.get(f"/clients/{number}/leviers/graphiques/montant.csv").text.splitlines()
    assert rows[0] == "\ufeffMontant (€);Score;Probabilité;Prêt"
    assert len(rows) == 1 + len(answer.curve.amounts)


def test_page_is_for_signed_in_people(anonymous: FlaskClient) -> None:
    answer = anonymous.get("/clients/100002/leviers")
    assert answer.status_code == 303
    assert "/connexion" in answer.location


def test_page_says_where_it_is(page: Page, people: dict[str, tuple[int, Levers]]) -> None:
    number, _ = people["solved"]
    shown = page(f"/clients/{number}/leviers")
    assert shown.xpath("//nav[@aria-label='Pages du client']//a[@aria-current='page']/text()") == ["Leviers"]
    assert shown.xpath("//nav[@aria-label='Fil d’Ariane']//*[@aria-current]/text()") == ["Leviers"]
