"""A new application: the same answer as for a known client, and how sure it is."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml.html import HtmlElement

from pretadepenser.credit import dictionary
from pretadepenser.credit.explanation.reasons import explain
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.web import sealed
from tests.conftest import Page

URL = "/dossiers/nouveau"
LITTLE = {
    "name_contract_type": "Cash loans",
    "amt_credit": "5 000",
    "amt_annuity": "250,50",
    "amt_goods_price": "4 500 €",
    "amt_income_total": "1 500",
    "name_income_type": "Working",
    "days_employed": "3 ans et 2 mois",
    "name_education_type": "Higher education",
    "name_housing_type": "House / apartment",
    "flag_own_car": "N",
    "flag_own_realty": "Y",
}
SCORES = {"ext_source_1": "0,6", "ext_source_2": "0,7", "ext_source_3": "0,7"}


def text(shown: HtmlElement) -> str:
    return text_of(shown.find("body"))


def text_of(element: HtmlElement) -> str:
    return " ".join(element.text_content().replace("\u202f", " ").split())


def errors(shown: HtmlElement) -> dict[str, str]:
    return {
        one.get("id").removesuffix("-erreur"): one.text_content() for one in shown.find_class("field-error")
    }


def test_asks_for_nothing_protected_and_marks_what_is_required(page: Page) -> None:
    form = next(form for form in page(URL).forms if form.get("action") == URL)
    names = {name.upper() for name, _ in form.form_values() if name != "csrf_token"}
    asked = names - {"DAYS_EMPLOYED_NONE"}
    assert not any(dictionary.COLUMNS[name].protected for name in asked)
    for name in asked:
        label = form.xpath(f".//label[@for='{name.lower()}']")[0].text_content()
        assert ("(obligatoire" in label) == (name.lower() in LITTLE)
    assert "FLAG_OWN_REALTY" in asked
    assert all(value == "" for name, value in form.form_values() if name != "csrf_token")


def test_answers_as_for_a_known_client_and_says_what_is_missing(page: Page, send: Page) -> None:
    answer = send(URL, LITTLE | SCORES)
    said = text(answer)
    assert "Selon le modèle, la probabilité que ce client ne puisse pas rembourser" in said
    assert "Avis du modèle : le prêt sera accordé." in said
    assert "Réponse donnée avec des données manquantes. Il manque une donnée que le modèle utilise" in said
    assert (
        " fois par les données de clients du portefeuille tirés au hasard, sans lien avec ce client. Plus "
        "vous en remplissez, plus la réponse est sûre. Rien n’est enregistré : la réponse disparaît quand "
        "vous quittez cette page. Pourquoi cette décision ?" in said
    )
    assert "Quelles données manquent ? Métier Pour cette estimation, le dossier a été complété " in said
    assert "Corriger ou compléter le dossier" in said
    assert "Ce n’est pas une décision" not in said
    assert answer.xpath("//a[. = 'Commencer un autre dossier']/@href") == [URL]
    assert re.search(r"(irait de \d+ % à|resterait à) \d+ % dans 8 cas sur 10", said)
    assert "Pourquoi cette décision ?" in said
    assert len(answer.find_class("figure")) == 2
    assert answer.get_element_by_id("amt_annuity").get("value") == "250,50"
    box = text_of(answer.find_class("decision")[0])
    assert re.search(r"est de \d+ % \(tolérance", box), "no decimals of what is not known"


def test_what_the_missing_data_decide_is_no_decision(send: Page) -> None:
    answer = send(URL, {**LITTLE, "amt_annuity": "270", "amt_income_total": "1 000"})
    box = answer.find_class("decision")[0]
    said = text_of(box)
    assert box.get("class").split() == ["decision"]
    assert said.startswith("On ne peut pas encore répondre : la décision dépend de 4 données qui manquent.")
    assert "Pour trancher, remplissez d’abord « " in said
    whole = text(answer)
    counts = re.search(r"Le prêt serait (accordé|refusé) dans (\d+) cas sur (\d+) \(\d+ %\) et", whole)
    assert counts
    assert 0.1 <= int(counts[2]) / int(counts[3]) <= 0.9
    assert (
        "Avec les seules données connues, la probabilité que ce client ne puisse pas rembourser son "
        "crédit est de " in said
    )
    assert said.endswith("% (tolérance maximale : 48 %). Ce n’est pas une décision.")
    assert "Ce qui compte déjà Sans les données qui manquent, le score de ce client est de " in whole
    assert (
        " points. Il faut 500 points pour que le prêt soit accordé. Chaque donnée ajoutée peut changer ce "
        "score et ces raisons." in whole
    )
    for told in ("sera accordé", "ne sera pas accordé", "Pourquoi cette décision", "Réponse donnée"):
        assert told not in whole


def test_with_all_data_the_answer_is_whole(send: Page) -> None:
    answer = send(URL, {**LITTLE, **SCORES, "occupation_type": "Managers"})
    said = text(answer)
    assert "Réponse donnée avec toutes les données utiles." in said
    for told in ("Quelles données manquent", "Ce qui compte déjà", "Pour cette estimation"):
        assert told not in said
    assert re.search(r"est de \d+ %", text_of(answer.find_class("decision")[0]))


@pytest.mark.parametrize(
    "name", ["name_education_type", "name_housing_type", "flag_own_realty", "flag_own_car", "days_employed"]
)
def test_what_the_model_never_saw_missing_is_required(send: Page, name: str) -> None:
    found = errors(send(URL, {**LITTLE, name: ""}, status=422))
    assert set(found) == {name}
    assert re.search("choisissez une réponse|cochez", found[name])


def test_a_pensioner_needs_no_length_of_employment(send: Page) -> None:
    person = {**LITTLE, **SCORES, "name_income_type": "Pensioner", "days_employed": ""}
    assert "sans objet (pas d’emploi en cours)" in text(send(URL, person))


def typed_of(row: dict[str, Any]) -> dict[str, str]:
    """A client's values as a person types them: amounts in euros, the file's divided by a hundred."""
    typed = {}
    for name, value in row.items():
        if value is None:
            continue
        if name.startswith("AMT_") and isinstance(value, int | float):
            # Four decimals: "247,005" could be thousands.
            value = f"{value / 100:.4f}"
        typed[name.lower()] = str(value).replace(".", ",")
    if row["DAYS_EMPLOYED"] == 365243:
        return typed | {"days_employed": "", "days_employed_none": "y"}
    return typed | {"days_employed": f"{-row['DAYS_EMPLOYED']} jours"}


def test_clients_typed_in_get_the_score_of_their_file(
    portfolio: Portfolio, model: Model, client: FlaskClient
) -> None:
    """The person of a file is judged alike when typed in as new, to the point (or the form refuses)."""
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', client.get(URL).text)
    assert token
    same = 0
    for number in portfolio.numbers()[::190].tolist():
        found = portfolio.client(number)
        assert found
        row = dict(found.values)
        answer = client.post(URL, data={"csrf_token": token[1], **typed_of(row)})
        if answer.status_code == 422:
            continue
        points = explain(model, portfolio, row, 0.48).score.points
        score = re.search(r"score de ce client est de\s(\d+)\spoints", answer.text)
        told = score or re.search(r"Score de ce client</th>\s*<td[^>]*>(\d+)", answer.text)
        assert told
        assert int(told[1]) == points, number
        same += 1
    assert same >= 8


def test_every_hint_says_what_to_type(page: Page) -> None:
    """Bounds are those of the clients known, whose figures other tests hold: here, the words."""
    hints = {
        one.get("id").removesuffix("-indice"): re.sub(
            r"\d[\d ]*\d|\d", "9", " ".join(one.text_content().split())
        )
        for one in page(URL).xpath("//*[contains(@id, '-indice')]")
    }
    score = "Un nombre de 9 à 9. Plus il est haut, plus le risque est faible."
    assert hints == {
        "amt_credit": "De 9 € à 9 €.",
        "amt_annuity": "Somme à payer chaque mois. De 9 € à 9 €.",
        "amt_goods_price": "De 9 € à 9 €.",
        "amt_income_total": "Sur un mois, comme la mensualité, toutes ressources comprises. De 9 € à 9 €.",
        "days_employed": (
            "Par exemple « 9 ans et 9 mois », « 9 jours » ou la date d’embauche, « 9 mars 9 ». De 9 mois "
            "à 9 ans et 9 mois."
        ),
        "days_employed_none": "Cochée, cette case l’emporte sur l’ancienneté.",
        "own_car_age": "De 9 à 9 ans.",
        "ext_source_1": score,
        "ext_source_2": score,
        "ext_source_3": score,
    }


def test_income_and_instalment_say_their_period_where_they_are_typed(page: Page) -> None:
    shown = page(URL)
    for name, words in (
        ("amt_income_total", "Sur un mois, comme la mensualité"),
        ("amt_annuity", "chaque mois"),
    ):
        assert shown.get_element_by_id(f"{name}-unite").text_content().replace("\u00a0", " ") == "€ par mois"
        assert words in shown.get_element_by_id(f"{name}-indice").text_content()
        described = shown.get_element_by_id(name).get("aria-describedby").split()
        assert {f"{name}-unite", f"{name}-indice"} <= set(described)
    label = shown.xpath("//label[@for='amt_income_total']")[0].text_content()
    assert label.startswith("Revenu mensuel")
    assert shown.get_element_by_id("amt_credit-unite").text_content() == "€"


def test_the_ratios_to_the_income_are_explained(send: Page) -> None:
    said = text(send(URL, LITTLE | SCORES))
    assert "Le revenu et la mensualité se comptent tous deux par mois." in said


def test_errors_keep_what_was_typed(send: Page) -> None:
    answer = send(
        URL, {**LITTLE, "amt_credit": "cher", "ext_source_1": "3", "name_income_type": ""}, status=422
    )
    found = errors(answer)
    assert set(found) == {"amt_credit", "ext_source_1", "name_income_type"}
    assert "de 0 à 1" in found["ext_source_1"].replace("\u00a0", " ")
    assert answer.get_element_by_id("amt_credit").get("value") == "cher"
    assert answer.get_element_by_id("ext_source_1").get("value") == "3"
    assert answer.get_element_by_id("amt_goods_price").get("value") == "4 500 €"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"amt_annuity": "6 000"}, "amt_annuity"),
        ({"amt_goods_price": "1 000"}, "amt_credit"),
        ({"amt_income_total": "9 000 000"}, "amt_income_total"),
        ({"name_income_type": "Pensioner"}, "days_employed"),
        ({"own_car_age": "3"}, "own_car_age"),
    ],
)
def test_impossible_combinations_are_refused(send: Page, typed: dict[str, str], field: str) -> None:
    assert field in errors(send(URL, {**LITTLE, **typed}, status=422))


def head_of(form: HtmlElement) -> str:
    """The name of the chart whose figures a form asks for."""
    return str(form.get("action")).rpartition("/")[2].removesuffix(".csv")


def test_gives_the_figures_as_a_spreadsheet(client: FlaskClient, send: Page) -> None:
    answer = send(URL, LITTLE)
    forms = [form for form in answer.forms if (form.get("action") or "").endswith(".csv")]
    assert len(forms) == 2
    for form in forms:
        response = client.post(form.get("action"), data=dict(form.form_values()))
        assert (response.status_code, response.mimetype) == (200, "text/csv")
        head, *rows = csv.reader(io.StringIO(response.text.removeprefix("\ufeff")), delimiter=";")
        table = answer.xpath(f"//figure[@id='figure-{head_of(form)}']//table")[0]
        assert head == [cell.text_content() for cell in table.xpath("./thead//th")]
        assert len(rows) > 2
        assert [" ".join(row[0].split()) for row in rows] == [
            text_of(one[0]) for one in table.xpath("./tbody/tr")
        ]


def test_needs_a_signed_in_user(anonymous: FlaskClient) -> None:
    assert anonymous.get(URL).status_code == 303
    assert anonymous.post(URL, data=LITTLE).status_code == 303


def test_all_that_is_wrong_is_said_at_once(send: Page) -> None:
    typed = {**LITTLE, "name_contract_type": "", "amt_annuity": "6 000"}
    assert set(errors(send(URL, typed, status=422))) == {"name_contract_type", "amt_annuity"}


def test_pictures_are_fetched_by_addresses_that_say_nothing(
    client: FlaskClient, send: Page, model: Model, portfolio: Portfolio
) -> None:
    kept = Path(client.application.config["INSTANCE"]) / "pictures"
    before = set(kept.glob("*"))
    shown = send(URL, LITTLE | SCORES)
    addresses = shown.xpath("//figure//picture//img/@src")
    assert [one.split("/")[4] for one in addresses] == ["score", "contributions"]
    for one in addresses:
        assert not re.search(r"5.?000|income|4500", one, re.I)
        # With its line of HTTP under the 4,094 characters that gunicorn takes.
        assert len(one) < 1500
        drawn = client.get(one)
        assert (drawn.status_code, drawn.mimetype) == (200, "image/svg+xml")
        assert "Limite" in drawn.text or "revenu" in drawn.text
    assert set(kept.glob("*")) == before


def test_the_longest_address_of_a_picture_is_taken_by_gunicorn(client: FlaskClient, model: Model) -> None:
    names = dictionary.columns_of(model.features)
    texts = {name for name in names if dictionary.COLUMNS[name].textual}
    row = {name: "Business Entity Type 3" if name in texts else -12345.678 for name in names}
    with client.application.test_request_context():
        assert len(sealed.seal("application", row)) < 2500
