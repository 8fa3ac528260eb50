"""What a voice makes of the pages: every number is spoken as it would be in letters (eSpeak NG, French)."""

import io
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pikepdf
import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement, document_fromstring

from pretadepenser.credit.portfolio import Portfolio
from tests import pdf_ua, speech
from tests.conftest import signed_in
from tests.web.test_meeting import needs_pango

needs_espeak = pytest.mark.skipif(
    not shutil.which("espeak-ng"), reason="espeak-ng is not installed (apt install espeak-ng)"
)
KNOWN = 157083
PERSON = {
    "name_contract_type": "Cash loans",
    "amt_credit": "5 000",
    "amt_annuity": "250,50",
    "amt_goods_price": "4 500",
    "name_income_type": "Working",
    "days_employed": "3 ans et 2 mois",
    "name_education_type": "Higher education",
    "name_housing_type": "House / apartment",
    "flag_own_car": "N",
    "flag_own_realty": "Y",
}
# What no voice is to be given: it is skipped, or said in another language ("nº" as "n degré").
UNSAID = re.compile(r"\d[\u202f\u2009\u00a0]\d|[\u2212≥≤→←≈ºª]|n°")


@pytest.fixture(scope="module")
def clients(portfolio: Portfolio) -> list[int]:
    """Twenty of them, all over the portfolio."""
    numbers = portfolio.numbers()
    return [KNOWN, *numbers[:: numbers.size // 19][:19].tolist()]


@pytest.fixture(scope="module")
def advisor(app: Flask) -> FlaskClient:
    return signed_in(app, "agathe")


def opened(browser: FlaskClient, *addresses: str) -> Iterator[HtmlElement]:
    for address in addresses:
        yield document_fromstring(browser.get(address).text)


def simulated(browser: FlaskClient, clients: list[int]) -> Iterator[HtmlElement]:
    """Each form as it is filled in, then the answer to less income, or why it cannot be that."""
    answered = 0
    for number in clients:
        address = f"/clients/{number}/simulation"
        (shown,) = opened(browser, address)
        yield shown
        form = dict(next(form for form in shown.forms if form.get("action") == address).form_values())
        income = float(re.sub(r"[^\d,]", "", form["amt_income_total"]).replace(",", "."))
        form["amt_income_total"] = str(round(income * 0.8))
        answer = browser.post(address, data=form)
        assert answer.status_code in (200, 422), (number, form)
        answered += answer.status_code == 200
        yield document_fromstring(answer.text)
    assert answered >= 10


def applied(browser: FlaskClient, clients: list[int]) -> Iterator[HtmlElement]:
    """The empty form, answers, and the sentences for what is wrong."""
    (empty,) = opened(browser, "/dossiers/nouveau")
    yield empty
    token = {"csrf_token": str(empty.xpath("//main//input[@name='csrf_token']/@value")[0])}
    for place in range(8):
        sent = PERSON | token | {"amt_income_total": f"{1500 + 37 * place}"}
        answer = browser.post("/dossiers/nouveau", data=sent)
        assert answer.status_code == 200
        yield document_fromstring(answer.text)
    for wrong in ({"amt_credit": "250,000"}, {"amt_credit": "x", "days_employed": "x"}):
        answer = browser.post("/dossiers/nouveau", data=PERSON | token | wrong)
        assert answer.status_code == 422
        yield document_fromstring(answer.text)


def alternatives(document: Any) -> list[str]:
    """Of the figures of a PDF."""
    return [str(one.Alt) for one in pdf_ua.elements(document.Root.StructTreeRoot) if "/Alt" in one]


Family = Callable[[FlaskClient, list[int]], Iterator[HtmlElement]]


def about(path: str = "", count: int = 20) -> Family:
    """The pages about each client under an address."""
    return lambda browser, clients: opened(browser, *(f"/clients/{one}{path}" for one in clients[:count]))


# Pages, and how many different numbers they say at least.
FAMILIES: dict[str, tuple[Family, int]] = {
    "decision": (about(), 450),
    "file": (about("/dossier"), 150),
    "comparison": (about("/comparaison"), 150),
    "crossed": (about("/comparaison?avec=AMT_ANNUITY&comme=revenu", 8), 200),
    "simulation": (simulated, 300),
    "application": (applied, 100),
    "levers": (about("/leviers"), 200),
    "meeting": (about("/entretien"), 200),
}
SITE = {
    "/": "agathe",
    "/modele": "agathe",
    "/veille": "agathe",
    "/accessibilite": "agathe",
    "/compte": "agathe",
    "/nulle-part": "agathe",
    "/modele/equite": "basile",
    "/accessibilite/preuves": "basile",
    "/administration/reglages": "camille",
}


def check(pages: Iterator[HtmlElement], least: int) -> None:
    texts = {text for page in pages for text in speech.lines(page)}
    assert not [text for text in texts if UNSAID.search(text)]
    said = {one for text in texts for one in speech.numbers(text)}
    assert len(said) >= least, len(said)
    assert not speech.misheard(said)


@needs_espeak
@pytest.mark.parametrize("family", FAMILIES)
def test_clients_pages_are_spoken_as_in_letters(
    advisor: FlaskClient, clients: list[int], family: str
) -> None:
    pages, least = FAMILIES[family]
    check(pages(advisor, clients), least)


@needs_espeak
@pytest.mark.parametrize("address", SITE)
def test_pages_of_the_site_are_spoken_as_in_letters(app: Flask, address: str) -> None:
    check(opened(signed_in(app, SITE[address]), address), 0)


@needs_espeak
@needs_pango
def test_the_sheet_in_pdf_is_spoken_as_in_letters(advisor: FlaskClient, clients: list[int]) -> None:
    """Large amounts stand in one piece: the space between thousands is drawn, as none at a break is."""
    for number in clients[:3]:
        data = advisor.get(f"/clients/{number}/entretien.pdf").data
        with pikepdf.open(io.BytesIO(data)) as document:
            texts = [pdf_ua.said(document), *alternatives(document)]
        assert not [text for text in texts if UNSAID.search(text)]
        said = {one for text in texts for one in speech.numbers(text)}
        assert len([one for one in said if re.search(r"\d \d{3}", one.text)])
        assert not speech.misheard(said)


@needs_espeak
@pytest.mark.parametrize(
    "text",
    [
        "351 000 €", "de 1 000 à 351 000,50 €", "1 293 503 €", "12\u00a0%", "0,05", "0,70\u00a0sur\u00a01",
        "moins 12 points", "+12 points", "1er\u00a0novembre 2026", "3\u00a0ans et 2\u00a0mois", "71 ans",
        "numéro 1", "9 heures 05", "80 clients", "200 jours", "Le score est de 480.", "(12 %)",
    ],
)  # fmt: skip
def test_what_is_written_for_the_ear_is_heard(text: str) -> None:
    said = list(speech.numbers(text))
    assert said
    assert not speech.misheard(said)


@needs_espeak
@pytest.mark.parametrize(
    "text",
    [
        "351\u202f000\u00a0€", "351\u00a0000 €", "351\u2009000 €", "−12 points",
        "(\u22121 point)", "-12 points", "nº 1", "n° 1", "15/03/2021", "9 h 05", "≥ 12", "→ 12", "2e fois",
    ],
)  # fmt: skip
def test_what_is_written_for_the_eye_alone_is_found(text: str) -> None:
    assert speech.misheard(speech.numbers(text))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("0", "zéro"), ("16", "seize"), ("21", "vingt et un"), ("70", "soixante-dix"),
        ("71", "soixante et onze"), ("80", "quatre-vingts"), ("81", "quatre-vingt-un"),
        ("91", "quatre-vingt-onze"), ("100", "cent"), ("200", "deux cents"), ("999", "neuf cent "
        "quatre-vingt-dix-neuf"), ("1 000", "mille"), ("80 000", "quatre-vingt mille"),
        ("351 000", "trois cent cinquante et un mille"),
        ("1 293 503", "un million deux cent quatre-vingt-treize mille cinq cent trois"),
        ("2 000 000", "deux millions"),
    ],
)  # fmt: skip
def test_letters(number: str, words: str) -> None:
    assert speech.letters(number) == words


def test_a_line_is_what_an_inline_element_does_not_break() -> None:
    page = document_fromstring(
        '<p>De <span class="nb minus"><span>moins </span>1 200</span>\u00a0€ <strong>à</strong> 5'
        '<span aria-hidden="true">!</span></p><ul><li>un<li>deux</ul><img alt="12 %" src="a">'
    )
    assert list(speech.lines(page)) == ["12 %", "De moins 1 200\u00a0€ à 5", "un", "deux"]
