"""A new application: the same answer as for a known client, and how sure it is."""

import re

import pytest

from pretadepenser.credit import dictionary
from pretadepenser.credit.explanation import explain
from pretadepenser.credit.portfolio import current_portfolio
from pretadepenser.credit.scoring import current_model

URL = "/dossiers/nouveau"
LITTLE = {
    "name_contract_type": "Cash loans",
    "amt_credit": "500 000",
    "amt_annuity": "25 000,50",
    "amt_goods_price": "450 000 €",
    "amt_income_total": "150 000",
    "name_income_type": "Working",
}


def text(page):
    return " ".join(page.find("body").text_content().replace("\u202f", " ").split())


def errors(page):
    return {
        one.get("id").removesuffix("-erreur"): one.text_content() for one in page.find_class("field-error")
    }


def test_asks_for_nothing_protected_and_marks_what_is_optional(page):
    form = next(form for form in page(URL).forms if form.get("action") == URL)
    names = {name.upper() for name, _ in form.form_values() if name != "csrf_token"}
    asked = names - {"DAYS_EMPLOYED_NONE"}
    assert not any(dictionary.COLUMNS[name].protected for name in asked)
    for name in asked:
        label = form.xpath(f".//label[@for='{name.lower()}']")[0].text_content()
        assert ("(facultatif)" in label) == (name.lower() not in LITTLE)
    assert all(value == "" for name, value in form.form_values() if name != "csrf_token")


def test_answers_as_for_a_known_client_and_says_what_is_missing(page, send):
    answer = send(URL, LITTLE)
    said = text(answer)
    assert "La probabilité que ce client ne puisse pas rembourser" in said
    assert re.search(r"Il manque \d+ données que le modèle utilise", said)
    assert re.search(r"irait de \d+ % à \d+ % dans 8 cas sur 10", said)
    assert "Pourquoi cette décision ?" in said
    assert len(answer.find_class("figure")) == 2
    assert answer.get_element_by_id("amt_annuity").get("value") == "25 000,50"


def test_a_client_typed_in_gets_the_score_of_the_file(trained, send):
    portfolio, model = current_portfolio(trained), current_model(trained)
    assert portfolio
    assert model
    found = (portfolio.client(int(number)) for number in portfolio.numbers())
    # Employed, with a car, all outside scores in hundredths: what a form can hold without rounding.
    row = next(
        dict(one.values) for one in found
        if one.values["FLAG_OWN_CAR"] == "Y" and one.values["NAME_INCOME_TYPE"] == "Working"
        and one.values["OCCUPATION_TYPE"] and one.values["AMT_ANNUITY"] and one.values["AMT_GOODS_PRICE"]
    )  # fmt: skip
    row |= {"EXT_SOURCE_1": 0.51, "EXT_SOURCE_2": 0.62, "EXT_SOURCE_3": None, "DAYS_EMPLOYED": -1157}
    typed = {name.lower(): "" if row[name] is None else str(row[name]).replace(".", ",") for name in row}
    answer = send(URL, {**typed, "days_employed": "3 ans et 2 mois"})
    score = explain(model, portfolio, {**row, "FLAG_OWN_REALTY": None}, 0.48).score
    assert f"score de ce client est de {score.points} points" in text(answer)


def test_errors_keep_what_was_typed(send):
    answer = send(
        URL, {**LITTLE, "amt_credit": "cher", "ext_source_1": "3", "name_income_type": ""}, status=422
    )
    found = errors(answer)
    assert set(found) == {"amt_credit", "ext_source_1", "name_income_type"}
    assert "de 0 à 1" in found["ext_source_1"].replace("\u00a0", " ")
    assert answer.get_element_by_id("amt_credit").get("value") == "cher"
    assert answer.get_element_by_id("ext_source_1").get("value") == "3"
    assert answer.get_element_by_id("amt_goods_price").get("value") == "450 000 €"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"amt_annuity": "600 000"}, "amt_annuity"),
        ({"amt_goods_price": "100 000"}, "amt_credit"),
        ({"amt_income_total": "900 000 000"}, "amt_income_total"),
        ({"days_employed": "3 ans", "name_income_type": "Pensioner"}, "days_employed"),
        ({"own_car_age": "3", "flag_own_car": "N"}, "own_car_age"),
    ],
)
def test_impossible_combinations_are_refused(send, typed, field):
    assert field in errors(send(URL, {**LITTLE, **typed}, status=422))


def test_gives_the_figures_as_a_spreadsheet(client, send):
    answer = send(URL, LITTLE)
    forms = [form for form in answer.forms if (form.get("action") or "").endswith(".csv")]
    assert len(forms) == 2
    for form in forms:
        response = client.post(form.get("action"), data=dict(form.form_values()))
        assert response.mimetype == "text/csv"


def test_needs_a_signed_in_user(anonymous):
    assert anonymous.get(URL).status_code == 303
    assert anonymous.post(URL, data=LITTLE).status_code in (303, 400)


def test_all_that_is_wrong_is_said_at_once(send):
    typed = {**LITTLE, "name_contract_type": "", "amt_annuity": "600 000"}
    assert set(errors(send(URL, typed, status=422))) == {"name_contract_type", "amt_annuity"}
