"""What is kept back of fewer than thirty clients: on the page, in the picture and in the download."""

import csv
import io
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml.html import HtmlElement, document_fromstring

from pretadepenser import create_app
from pretadepenser.credit.dictionary.wording import Value
from tests.conftest import signed_in
from tests.unit import by_heart

URL = "/clients/100001/comparaison"
CHARTS = ("repartition", "difficultes", "croisement")


@pytest.fixture
def browse(untouched: Path, tmp_path: Path) -> Callable[..., FlaskClient]:
    """Gives an advisor's browser on a portfolio of a hundred clients with these values, figure by figure."""

    def opened(**figures: Sequence[Value]) -> FlaskClient:
        folder = Path(shutil.copytree(untouched, tmp_path / "instance", symlinks=True))
        by_heart.portfolio(folder, by_heart.hundred(**figures))
        return signed_in(create_app({"INSTANCE": folder, "TESTING": True}), "agathe")

    return opened


def shown(browser: FlaskClient, query: str) -> HtmlElement:
    answer = browser.get(f"{URL}?{query}")
    assert answer.status_code == 200
    return document_fromstring(answer.text).xpath("//main")[0]


def words(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def served(browser: FlaskClient, query: str) -> dict[str, list[int]]:
    """The answers to the addresses of a chart's picture and download."""
    return {
        name: [browser.get(f"{URL}/graphiques/{name}.{kind}?{query}").status_code for kind in ("svg", "csv")]
        for name in CHARTS
    }


@pytest.mark.parametrize(("size", "status"), [(29, 404), (30, 200)])
def test_a_group_is_shown_from_thirty_clients_on(
    browse: Callable[..., FlaskClient], size: int, status: int
) -> None:
    """So many employees, of whom two figures are asked for by every address there is."""
    browser = browse(NAME_INCOME_TYPE=["Working"] * size + ["State servant"] * (100 - size))
    query = "comme=source&donnee=AMT_CREDIT&avec=AMT_INCOME_TOTAL"
    assert served(browser, query) == {name: [status, status] for name in CHARTS}
    page = shown(browser, query)
    figures = [one.get("id") for one in page.xpath(".//figure")]
    assert figures == ([f"figure-{name}" for name in CHARTS] if status == 200 else [])
    described = f"Le groupe compte {size} clients comparables : même source de revenu (emploi salarié)."
    assert described in words(page)
    small = (
        f"Ce groupe est trop petit pour être montré. {described} Il en faut au moins 30 : en dessous, les "
        "chiffres parleraient de personnes plutôt que d’un groupe. Retirez un des points communs ci-dessous, "
        "puis comparez à nouveau."
    )
    assert (small in words(page)) is (status == 404)
    crossed = (
        "Plus un carré est grand, plus il y a de clients dans ces deux tranches. Le cadre entoure celles de "
        "ce client."
    )
    assert (crossed in words(page)) is (status == 200)
    # Nothing of the group is told in another way: neither the client's place in it, nor a share.
    if status == 404:
        assert "c’est moins que chez" not in words(page)
        assert "Deux données croisées" not in words(page)


@pytest.mark.parametrize(("known", "status"), [(29, 404), (30, 200)])
def test_rates_are_shown_from_thirty_known_outcomes_on(
    browse: Callable[..., FlaskClient], known: int, status: int
) -> None:
    browser = browse(TARGET=[1.0] * known + [None] * (100 - known))
    assert served(browser, "donnee=FLAG_OWN_REALTY")["difficultes"] == [status, status]
    page = shown(browser, "donnee=FLAG_OWN_REALTY")
    few = (
        "On connaît l’issue du crédit de moins de 30 clients de ce groupe : c’est trop peu pour dire quelle "
        "part a eu des difficultés de paiement."
    )
    assert (few in words(page)) is (status == 404)
    assert ("figure-difficultes" in page.xpath(".//figure/@id")) is (status == 200)
    assert ("100,0 %" in words(page).partition("Les difficultés de paiement")[2]) is (status == 200)


def test_outcomes_that_lack_a_figure_are_not_said_to_be_unknown(browse: Callable[..., FlaskClient]) -> None:
    """All hundred outcomes are known, but of twenty clients alone the score and the goods."""
    lacking = [None] * 80
    browser = browse(
        EXT_SOURCE_1=[0.5] * 20 + lacking, AMT_GOODS_PRICE=[90_000.0] * 20 + lacking, TARGET=[0.0] * 100
    )
    assert (
        "On connaît l’issue du crédit de moins de 30 clients notés : c’est trop peu pour dire quelle part a "
        "eu des difficultés de paiement."
    ) in words(shown(browser, "donnee=EXT_SOURCE_1"))
    assert (
        "On connaît l’issue du crédit de moins de 30 clients dont la donnée est connue : c’est trop peu pour "
        "dire quelle part a eu des difficultés de paiement."
    ) in words(shown(browser, "donnee=AMT_GOODS_PRICE"))


@pytest.mark.parametrize(
    ("query", "advice"),
    [
        (
            "groupe=refuses",
            "d’un groupe. Choisissez « Tous les clients » ci-dessous, puis comparez à nouveau.",
        ),
        (
            "groupe=refuses&comme=source",
            "d’un groupe. Retirez un des points communs ci-dessous, puis comparez à nouveau.",
        ),
    ],
)
def test_a_small_group_is_widened_by_what_was_chosen(
    untouched: Path, tmp_path: Path, query: str, advice: str
) -> None:
    """Nobody is refused at a limit of 99 %: nothing in common was chosen that could be taken away."""
    folder = Path(shutil.copytree(untouched, tmp_path / "instance", symlinks=True))
    browser = signed_in(create_app({"INSTANCE": folder, "TESTING": True, "LIMIT": 0.99}), "agathe")
    page = browser.get(f"/clients/157083/comparaison?{query}")
    told = words(document_fromstring(page.text).xpath("//main")[0])
    assert "Ce groupe est trop petit pour être montré. Le groupe compte 0 client" in told
    assert advice in told


def test_a_portfolio_of_a_few_clients_cannot_be_widened(untouched: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(untouched, tmp_path / "instance", symlinks=True))
    by_heart.portfolio(folder, by_heart.hundred()[:29])
    told = words(shown(signed_in(create_app({"INSTANCE": folder, "TESTING": True}), "agathe"), ""))
    assert "Le groupe compte 29 clients. Il en faut au moins 30" in told
    assert "comparez à nouveau" not in told


def test_a_rate_of_few_outcomes_is_in_no_cell_and_no_bar(browse: Callable[..., FlaskClient]) -> None:
    """Twenty-nine of the forty civil servants have a known outcome, all of them a default."""
    browser = browse(
        NAME_INCOME_TYPE=["Working"] * 60 + ["State servant"] * 40,
        TARGET=[1.0, 0.0] * 30 + [1.0] * 29 + [None] * 11,
    )
    query = "donnee=NAME_INCOME_TYPE"
    text = browser.get(f"{URL}/graphiques/difficultes.csv?{query}").text.lstrip("\ufeff")
    lines = [[" ".join(cell.split()) for cell in row] for row in csv.reader(io.StringIO(text), delimiter=";")]
    assert lines[1][:3] == ["Emploi salarié (ce client)", "60", "0,5"]
    assert lines[2] == ["Emploi public", "29", "", ""]
    picture = " ".join(browser.get(f"{URL}/graphiques/difficultes.svg?{query}").text.split())
    assert "trop peu<" in picture
    (figure,) = shown(browser, query).xpath(".//figure[@id='figure-difficultes']")
    row = [words(cell) for cell in figure.xpath(".//tbody/tr")[1].xpath("th | td")]
    assert row == ["Emploi public", "29", "trop peu", "sans objet"]
    for told in (text, picture, words(figure)):
        assert "100 %" not in told
        assert "100,0" not in told
