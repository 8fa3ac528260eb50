"""The simulation page, as an advisor uses it."""

import datetime
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml.html import HtmlElement, document_fromstring

from pretadepenser import french
from pretadepenser.credit.portfolio import Client, Portfolio
from pretadepenser.web.column_forms import duration, number
from tests.conftest import Page


@pytest.fixture(scope="module")
def someone(portfolio: Portfolio) -> Client:
    """A client with a job and every amount known."""
    clients = (portfolio.client(int(one)) for one in portfolio.numbers())
    return next(
        one
        for one in clients
        if one
        and one.values["NAME_INCOME_TYPE"] == "Working"
        and one.values["NAME_CONTRACT_TYPE"] == "Cash loans"
        and one.values["AMT_ANNUITY"]
        and one.values["AMT_GOODS_PRICE"]
        and one.values["FLAG_OWN_CAR"] == "N"
    )


@pytest.fixture(scope="module")
def pensioner(portfolio: Portfolio) -> Client:
    """A client without a job."""
    clients = (portfolio.client(int(one)) for one in portfolio.numbers())
    return next(one for one in clients if one and one.values["NAME_INCOME_TYPE"] == "Pensioner")


def address(someone: Client) -> str:
    return f"/clients/{someone.number}/simulation"


def amount_of(someone: Client, name: str) -> float:
    """An amount of a client's file, in hundredths of a euro."""
    value = someone.values[name]
    assert isinstance(value, int | float)
    return value


def filled(shown: HtmlElement, action: str = "simulation") -> dict[str, str]:
    """What a browser would send of the form, unchanged."""
    form = next(form for form in shown.forms if (form.get("action") or "").endswith(action))
    return {name: value for name, value in form.form_values() if name != "csrf_token"}


def errors(shown: HtmlElement) -> dict[str, str]:
    return {
        one.get("id").removesuffix("-erreur"): one.text_content() for one in shown.find_class("field-error")
    }


def text(shown: HtmlElement) -> str:
    return " ".join(shown.find("body").text_content().replace("\u202f", " ").split())


def titles(shown: HtmlElement) -> list[str]:
    """The headings of the parts of a page."""
    return [" ".join(one.text_content().split()) for one in shown.xpath("//main//h2")]


def test_shows_the_figures_of_the_file_under_their_themes(page: Page, someone: Client) -> None:
    shown = page(address(someone))
    assert [one.text for one in shown.xpath("//main//legend")] == [
        "Crédit demandé",
        "Revenus et emploi",
        "Logement et biens",
    ]
    values = filled(shown)
    assert number(values["amt_credit"]) == pytest.approx(amount_of(someone, "AMT_CREDIT") / 100, abs=0.005)
    hint = shown.get_element_by_id("amt_credit-indice").text_content()
    assert re.match(r"De .+€ à .+€", hint)
    assert "amt_credit-unite" in shown.get_element_by_id("amt_credit").get("aria-describedby")
    assert not {"code_gender", "days_birth", "name_family_status"} & set(values)
    labels = shown.xpath("//select[@id='name_income_type']/option/text()")
    assert "Congé de maternité" not in labels


@pytest.mark.parametrize("who", ["someone", "pensioner"])
def test_sent_as_it_is_says_that_nothing_was_changed(
    page: Page, send: Page, request: pytest.FixtureRequest, who: str
) -> None:
    url = address(request.getfixturevalue(who))
    answer = send(url, filled(page(url)))
    assert "Vous n’avez rien changé" in text(answer)
    assert not answer.find_class("figure")
    assert titles(answer) == ["Changer les chiffres"]
    assert "C’est une simulation" not in text(answer)


LEAD = re.compile(
    r"Le prêt(?: resterait|, (?P<today>\w+) aujourd’hui, serait) (?P<then>accordé|refusé)\. "
    r"Vous avez changé : le montant du crédit demandé \(de .+\)\. "
    r"La probabilité de ne pas rembourser (?P<way>monterait|descendrait) "
    r"de (?P<was>[\d,]+) % à (?P<becomes>[\d,]+) % \(tolérance maximale : 48 %\), "
    r"et le score passerait de (?P<old>\d+) à (?P<new>\d+) points \((?P<gain>(?:\+|moins )\d+) points?\)\."
)


def says_what_its_numbers_say(lead: str) -> None:
    """Hold the words and the direction of an answer to its numbers."""
    said = LEAD.fullmatch(" ".join(lead.split()))
    assert said, lead
    was, becomes = (float(said[name].replace(",", ".")) for name in ("was", "becomes"))
    gain = int(said["new"]) - int(said["old"])
    assert gain
    assert said["gain"] == (f"+{gain}" if gain > 0 else f"moins {-gain}")
    assert said["way"] == ("descendrait" if gain > 0 else "monterait")
    assert (becomes - was) * gain <= 0, "more points are less risk"
    words = ["refusé" if percent > 48 else "accordé" for percent in (was, becomes)]
    assert [said["today"] or said["then"], said["then"]] == words


@pytest.mark.parametrize("factor", [0.95, 1.3])
def test_answers_with_sentence_table_and_picture(
    client: FlaskClient, page: Page, send: Page, someone: Client, factor: float
) -> None:
    url = address(someone)
    more = f"{amount_of(someone, 'AMT_CREDIT') * factor / 100:.2f}".replace(".", ",") + " €"
    answer = send(url, {**filled(page(url)), "amt_credit": more})
    lead = answer.xpath("//main//*[@class='lead']")[0].text_content()
    says_what_its_numbers_say(lead)
    (box,) = answer.xpath("//main/div[contains(@class, 'decision')]/@class")
    then = LEAD.fullmatch(" ".join(lead.split()))
    assert then
    assert (
        box == {"accordé": "decision decision-granted", "refusé": "decision decision-refused"}[then["then"]]
    )
    assert titles(answer) == ["Avant et après", "Ce qui fait bouger le score", "Changer encore les chiffres"]
    assert "C’est une simulation : rien n’est enregistré, et la décision du dossier ne change pas." in text(
        answer
    )
    assert (
        "Une donnée que vous n’avez pas changée peut compter autrement : le modèle lit les données ensemble."
        in text(answer)
    )
    assert answer.get_element_by_id("amt_credit").get("value") == more
    (table,) = answer.xpath("//main//table[@class='before-after']")
    assert [cell.text_content() for cell in table.xpath(".//tbody/tr[1]/th")] == ["Montant du crédit"]
    (picture,) = answer.xpath("//figure//picture")
    (wide,), (narrow,) = picture.xpath(".//img/@src"), picture.xpath("source/@srcset")
    assert narrow == wide + "?largeur=etroite"
    kept = Path(client.application.config["INSTANCE"]) / "pictures"
    before = set(kept.glob("*"))
    moved = answer.xpath("//figure//table/tbody/tr/th/text()")
    assert moved
    for url, width in ((wide, 880), (narrow, 254)):
        drawn = client.get(url)
        assert (drawn.status_code, drawn.mimetype) == (200, "image/svg+xml")
        assert f'width="{width}' in drawn.text
        assert [one for one in moved if one not in drawn.text] == [] or width == 254
    assert set(kept.glob("*")) == before


def test_a_pictures_address_serves_nothing_else(
    client: FlaskClient, page: Page, send: Page, someone: Client, portfolio: Portfolio
) -> None:
    url = address(someone)
    answer = send(url, {**filled(page(url)), "amt_income_total": "4000"})
    (shown,) = answer.xpath("//figure//picture//img/@src")
    token = shown.rpartition("/")[2].removesuffix(".svg")
    other = next(number for number in portfolio.numbers().tolist() if number != someone.number)
    changed = token[:-9] + ("A" if token[-9] != "A" else "B") + token[-8:]
    for wrong in (
        f"/clients/{other}/simulation/graphiques/{token}.svg",
        f"{url}/graphiques/{changed}.svg",
        f"{url}/graphiques/AAAA.svg",
        f"{url}/graphiques/é.svg",
        f"/dossiers/nouveau/graphiques/score/{token}.svg",
    ):
        told = client.get(wrong)
        assert told.status_code == 404
        assert "Cette image n’existe plus. Envoyez à nouveau le formulaire." in told.text
    assert client.get(shown).status_code == 200


def test_keeps_figures_out_of_addresses_and_asks_caches_to_forget(
    client: FlaskClient, page: Page, send: Page, someone: Client
) -> None:
    url = address(someone)
    answer = send(url, {**filled(page(url)), "amt_income_total": "1 234,56"})
    addresses = answer.xpath("//@href | //@src | //@srcset | //@action")
    assert len(addresses) > 10
    assert not any(re.search(r"1(%20|\+|%C2%A0)?234[.,]56|income", one, re.I) for one in addresses)
    assert answer.get_element_by_id("amt_income_total").get("value") == "1 234,56"
    assert "no-store" in client.get(url).headers["Cache-Control"]


def test_gives_the_figures_as_a_spreadsheet(
    client: FlaskClient, page: Page, send: Page, someone: Client
) -> None:
    url = address(someone)
    answer = send(url, {**filled(page(url)), "amt_income_total": "4000"})
    form = next(form for form in answer.forms if (form.get("action") or "").endswith("chiffres.csv"))
    response = client.post(form.get("action"), data=dict(form.form_values()))
    assert response.mimetype == "text/csv"
    assert response.text.startswith("\ufeffDonnée;Valeur avant;Valeur après")


def test_a_spreadsheet_of_wrong_figures_is_the_page_that_says_so(
    client: FlaskClient, page: Page, someone: Client
) -> None:
    wrong = {**filled(page(address(someone))), "amt_credit": "beaucoup", "days_employed": ""}
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', client.get(address(someone)).text)
    assert token
    answer = client.post(f"{address(someone)}/chiffres.csv", data={**wrong, "csrf_token": token[1]})
    assert answer.status_code == 422
    assert list(errors(document_fromstring(answer.text))) == ["amt_credit", "days_employed"]


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"amt_credit": "beaucoup"}, "amt_credit", "un montant en euros"),
        ({"amt_credit": ""}, "amt_credit", "un montant en euros"),
        ({"amt_credit": "250.000"}, "amt_credit", "écrivez 250 000, avec des espaces, sans point ni virgule"),
        ({"amt_credit": "250,000"}, "amt_credit", "écrivez 250 000, avec des espaces, sans point ni virgule"),
        ({"amt_credit": "1,250,000 €"}, "amt_credit", "écrivez 1 250 000, avec des espaces, sans point"),
        ({"amt_credit": "250,000.50"}, "amt_credit", "écrivez 250 000,50, avec des espaces, une virgule"),
        ({"amt_credit": "2500,4,0"}, "amt_credit", "12 500 ou 12 500,50"),
        ({"amt_credit": "-5000"}, "amt_credit", "signe moins"),
        ({"amt_credit": "0"}, "amt_credit", "saisissez un montant de"),
        ({"amt_income_total": "0"}, "amt_income_total", "Le revenu est nul"),
        ({"amt_annuity": "40 000"}, "amt_annuity", "dépasse le montant du crédit"),
        (
            {"days_employed": "longtemps"},
            "days_employed",
            "saisissez une durée ou une date de début, par exemple « 3 ans et 2 mois » ou « 15 mars 2021 ».",
        ),
        ({"days_employed": "60 ans"}, "days_employed", "aurait commencé à travailler avant 16 ans"),
        (
            {"days_employed": ""},
            "days_employed",
            "saisissez une durée, ou cochez « Sans emploi en cours » juste après.",
        ),
        ({"name_income_type": "Pensioner"}, "days_employed", "« Retraite ou pension »"),
        ({"name_income_type": "King"}, "name_income_type", " : choisissez une des réponses de la liste."),
        (
            {"name_income_type": "Maternity leave"},
            "name_income_type",
            " : choisissez une des réponses de la liste.",
        ),
        ({"own_car_age": "4"}, "own_car_age", "ne possède pas de voiture"),
        (
            {"flag_own_car": "Y", "own_car_age": "4,5"},
            "own_car_age",
            "saisissez un nombre entier d’années, par exemple 7.",
        ),
    ],
)  # fmt: skip
def test_each_field_has_its_own_sentence_and_keeps_what_was_typed(
    page: Page, send: Page, someone: Client, typed: dict[str, str], field: str, said: str
) -> None:
    url = address(someone)
    answer = send(url, {**filled(page(url)), **typed}, status=422)
    found = errors(answer)
    assert list(found) == [field]
    assert said in found[field].replace("\u00a0", " ").replace("\u202f", " ")
    summary = answer.find_class("error-summary")[0]
    assert [link.get("href") for link in summary.iter("a")] == [f"#{field}"]
    sent = filled(answer)
    # An answer that is not in its list cannot be shown again.
    kept = {name: value for name, value in typed.items() if value not in ("King", "Maternity leave")}
    assert {name: sent[name] for name in kept} == kept


@pytest.mark.parametrize(
    ("name", "wrong"), [("amt_credit", "0"), ("amt_income_total", "9 000 000"), ("own_car_age", "130")]
)
def test_the_error_tells_the_range_of_the_hint(
    page: Page, send: Page, someone: Client, name: str, wrong: str
) -> None:
    url = address(someone)
    shown = page(url)
    hint = shown.get_element_by_id(f"{name}-indice").text_content()
    said = errors(send(url, {**filled(shown), "flag_own_car": "Y", name: wrong}, status=422))[name]
    span = re.fullmatch(r".*De (.+) à (.+)\.", hint)
    assert span
    low, high = span.groups()
    assert re.search(rf"de {low} à {high}(?!\w)", said), (hint, said)


def test_a_much_larger_amount_is_told_what_goes_with_it(page: Page, send: Page, someone: Client) -> None:
    """What the sentences ask for is taken: first the amount, then the price and the instalment for it."""
    url = address(someone)
    more = {**filled(page(url)), "amt_credit": f"{amount_of(someone, 'AMT_GOODS_PRICE') * 0.019:.0f}"}
    found = errors(send(url, more, status=422))
    price = french.amount(amount_of(someone, "AMT_GOODS_PRICE")).replace("\u202f", " ")
    said = re.fullmatch(
        rf"(?:Erreur\s: )?Avec un prix de {price}.*, saisissez un crédit de (.+)\u00a0€ à (.+)\u00a0€, "
        "ou changez aussi le prix.*",
        found["amt_credit"],
    )
    assert said
    for amount in said.groups():
        answer = send(url, {**more, "amt_credit": amount})
        assert not errors(answer)


def test_a_client_who_stops_working_is_simulated_with_the_box(
    page: Page, send: Page, someone: Client
) -> None:
    url = address(someone)
    changed = {"name_income_type": "Unemployed", "days_employed_none": "y", "occupation_type": ""}
    answer = send(url, {**filled(page(url)), **changed})
    assert "sans emploi en cours" in text(answer)


def test_an_unknown_client_is_not_found(page: Page) -> None:
    assert "Aucun client" in text(page("/clients/1/simulation", status=404))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("1 293 502,50", 1293502.5), ("1\u202f293\u202f502,50\u00a0€", 1293502.5), ("1293502.5", 1293502.5),
        ("12 500 euros", 12500), ("0,52", 0.52), ("−5", -5), ("12.500", None), ("1,2,3", None),
        ("0.523", 0.523), ("0.500", 0.5), (".5", 0.5), (",5", 0.5), ("1.523", None), ("4065,975", 4065.975),
        ("douze", None), ("", None), ("1e5", None), ("nan", None), ("9" * 30, 1e30), ("9" * 31, None),
    ],
)  # fmt: skip
def test_reads_numbers_as_french_people_write_them(typed: str, read: float | None) -> None:
    assert number(typed) == read


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("3 ans et 2 mois", 1157), ("3\u00a0ans et 2\u00a0mois", 1157), ("1 an", 366), ("18 mois", 548),
        ("3", 1096), ("3,5", 1279), ("12 jours", 12), ("0", 0), ("3 ans 12 jours", 1108), ("", None),
        ("longtemps", None), ("3 2", None), ("-3 ans", None), ("1157 jours", 1157), ("1 157 jours", 1157),
        ("1\u202f157 jours", 1157),
        ("25/09/2023", 1157), ("25-9-2023", 1157), ("2023-09-25", 1157), ("25.09.2023", 1157),
        ("25/11/2026", 0), ("26/11/2026", None), ("31/02/2023", None), ("25/13/2023", None),
        ("25 septembre 2023", 1157), ("1er\u00a0Août 2026", 116), ("25 septembr 2023", None),
        ("31 février 2023", None),
    ],
)  # fmt: skip
def test_reads_durations_as_french_people_write_them(typed: str, read: int | None) -> None:
    assert duration(typed, datetime.date(2026, 11, 25)) == read
