"""No form loses what was typed: tokens that are missing, foreign or old, and sessions that have ended."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from lxml.html import HtmlElement

from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.records import users
from tests.web.test_application import LITTLE

SENTENCE = "Ce formulaire était périmé"
BACK = "Votre session était terminée. Voici ce que vous aviez saisi : envoyez-le à nouveau."


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask, sign_in: Callable[..., object]) -> FlaskClient:
    browser = app.test_client()
    sign_in(browser)
    return browser


@pytest.fixture
def simulation(portfolio: Portfolio) -> str:
    return f"/clients/{int(portfolio.numbers()[7])}/simulation"


def form_of(page: str, field: str) -> tuple[HtmlElement, dict[str, str]]:
    """The form that has a field, and what it would send."""
    document = html.document_fromstring(page)
    (form,) = [one for one in document.forms if one.xpath(f".//*[@name='{field}']")]
    return form, dict(form.form_values())


@pytest.mark.parametrize("token", ["", "autre", None])
def test_a_simulation_with_a_bad_token_is_asked_again(
    client: FlaskClient, simulation: str, token: str | None
) -> None:
    _, sent = form_of(client.get(simulation).text, "amt_credit")
    sent |= {"occupation_type": "Managers", "days_employed": "3 ans et 2 mois"}
    bad = {name: value for name, value in sent.items() if name != "csrf_token"}
    bad |= {} if token is None else {"csrf_token": token}
    for address in (simulation, f"{simulation}/chiffres.csv"):
        answer = client.post(address, data=bad)
        assert answer.status_code == 422
        assert SENTENCE in answer.text
        assert "csrf" not in answer.text.replace("csrf_token", "").lower()
        _, again = form_of(answer.text, "amt_credit")
        assert again["csrf_token"] not in ("", "autre", None)
        assert {name: again[name] for name in bad if name != "csrf_token"} == {
            name: value for name, value in bad.items() if name != "csrf_token"
        }
    done = client.post(simulation, data=again)
    assert done.status_code == 200
    assert "Résultat de la simulation" in done.text


def test_a_new_application_with_a_bad_token_is_asked_again(client: FlaskClient) -> None:
    answer = client.post("/dossiers/nouveau", data={**LITTLE, "csrf_token": "autre"})
    assert (answer.status_code, SENTENCE in answer.text) == (422, True)
    _, again = form_of(answer.text, "amt_credit")
    assert {name: again[name] for name in LITTLE} == LITTLE
    assert client.post("/dossiers/nouveau", data=again).status_code == 200


def test_a_search_and_a_sign_in_with_a_bad_token_are_asked_again(app: Flask, client: FlaskClient) -> None:
    answer = client.post("/", data={"numero": "157083", "csrf_token": "autre"})
    assert (answer.status_code, SENTENCE in answer.text) == (422, True)
    assert form_of(answer.text, "numero")[1]["numero"] == "157083"
    door = app.test_client()
    door.get("/connexion")
    answer = door.post("/connexion", data={"identifiant": "bruno", "mot_de_passe": "x", "csrf_token": "a"})
    assert (answer.status_code, SENTENCE in answer.text) == (422, True)
    _, again = form_of(answer.text, "identifiant")
    assert (again["identifiant"], again.get("mot_de_passe") or "") == ("bruno", "")


@pytest.mark.parametrize("address", ["simulation", "/dossiers/nouveau"])
def test_what_was_typed_waits_for_the_person_to_sign_in_again(
    app: Flask, client: FlaskClient, sign_in: Callable[..., object], simulation: str, address: str
) -> None:
    address = simulation if address == "simulation" else address
    _, sent = form_of(client.get(address).text, "amt_credit")
    sent |= {"amt_credit": "5 432", "amt_income_total": "2 345"}
    database = app.extensions["database"]
    (someone,) = users.list_users(database)
    users.end_sessions(database, someone.id)
    away = client.post(address, data=sent)
    assert away.status_code == 303
    door = away.headers["Location"]
    assert re.fullmatch(r"/connexion\?suite=.+", door)
    sign_in(client, url=door)
    back = client.get(address)
    assert BACK in back.text.replace("\u00a0", " ")
    _, again = form_of(back.text, "amt_credit")
    assert (again["amt_credit"], again["amt_income_total"]) == ("5 432", "2 345")
    assert client.post(address, data=again).status_code in (200, 422)
    later = client.get(address).text
    assert BACK not in later.replace("\u00a0", " ")
    assert "5 432" not in later


def test_nobody_else_is_given_what_was_typed(
    app: Flask, client: FlaskClient, sign_in: Callable[..., object], simulation: str
) -> None:
    database = app.extensions["database"]
    (someone,) = users.list_users(database)
    users.add_user(database, "carla", "conseiller", "un autre mot de passe")
    _, sent = form_of(client.get(simulation).text, "amt_credit")
    users.end_sessions(database, someone.id)
    client.post(simulation, data=sent | {"amt_credit": "5 432"})
    sign_in(client, "carla", "un autre mot de passe")
    page = client.get(simulation)
    assert BACK not in page.text.replace("\u00a0", " ")
    assert "5 432" not in page.text
