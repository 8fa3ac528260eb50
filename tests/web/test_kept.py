"""No form loses what was typed: tokens that are missing, foreign or old, and sessions that have ended."""

import json
import random
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from lxml.html import HtmlElement

from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.records import sessions, users
from pretadepenser.web import sealed
from tests.conftest import Clock
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
    assert "Simulation : le prêt " in " ".join(done.text.split())


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


MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
IDLE = (
    "Votre session s’est terminée après 60 minutes sans activité ; ce que vous avez saisi est gardé : "
    "connectez-vous pour le retrouver."
)
OVER = "Votre session est terminée ; ce que vous avez saisi est gardé : connectez-vous pour le retrouver."
TOO_LONG = (
    "Votre session s’est terminée après 60 minutes sans activité ; ce que vous avez saisi est trop long pour "
    "être gardé : il faudra le saisir à nouveau."
)


def end_all(app: Flask, _: Clock) -> None:
    """Another machine ended the sessions."""
    sessions.end_others(app.extensions["database"], 1, 0)


def after(seconds: float) -> Callable[[Flask, Clock], None]:
    """Let time pass."""

    def act(app: Flask, clock: Clock) -> None:
        clock.now += seconds

    return act


def another_password(app: Flask, _: Clock) -> None:
    """The same password, given anew."""
    users.set_password(app.extensions["database"], "bruno", "une suite de quelques mots")


def plain(page: str) -> str:
    return page.replace("\u00a0", " ").replace("\u202f", " ")


ENDED = {
    "ended elsewhere": (end_all, OVER),
    "idle": (after(60 * MINUTE), IDLE),
    "too old": (after(DAY), IDLE),
    "two weeks old": (after(14 * DAY), IDLE),
    "another password": (another_password, OVER),
}


@pytest.mark.parametrize("how", ENDED)
@pytest.mark.parametrize("address", ["simulation", "/dossiers/nouveau"])
def test_what_was_typed_waits_for_the_person_to_sign_in_again(
    app: Flask,
    clock: Clock,
    client: FlaskClient,
    sign_in: Callable[..., object],
    simulation: str,
    address: str,
    how: str,
) -> None:
    act, said = ENDED[how]
    address = simulation if address == "simulation" else address
    _, sent = form_of(client.get(address).text, "amt_credit")
    sent |= {"amt_credit": "5 432", "amt_income_total": "2 345"}
    act(app, clock)
    away = client.post(address, data=sent)
    assert away.status_code == 303
    door = away.headers["Location"]
    assert re.fullmatch(r"/connexion\?suite=.+", door)
    assert plain(client.get(door).text).count(said) == 1
    answer = sign_in(client, url=door)
    assert answer.location == address  # type: ignore[attr-defined]
    back = client.get(address)
    assert BACK in plain(back.text)
    _, again = form_of(back.text, "amt_credit")
    assert (again["amt_credit"], again["amt_income_total"]) == ("5 432", "2 345")
    assert client.post(address, data=again).status_code in (200, 422)
    later = client.get(address).text
    assert BACK not in plain(later)
    assert "5 432" not in later


def test_what_was_typed_waits_for_its_own_page(
    clock: Clock, client: FlaskClient, sign_in: Callable[..., object], simulation: str
) -> None:
    """Whoever looks at another file first is not shown this one's amounts there."""
    _, sent = form_of(client.get(simulation).text, "amt_credit")
    clock.now += HOUR
    client.post(simulation, data=sent | {"amt_credit": "5 432"})
    sign_in(client)
    for other in ("/dossiers/nouveau", "/"):
        page = client.get(other).text
        assert "5 432" not in page
        assert BACK not in plain(page)
    assert form_of(client.get(simulation).text, "amt_credit")[1]["amt_credit"] == "5 432"


def test_a_search_waits_too(
    clock: Clock, client: FlaskClient, sign_in: Callable[..., object], app: Flask
) -> None:
    _, sent = form_of(client.get("/").text, "numero")
    clock.now += HOUR
    away = client.post("/", data=sent | {"numero": "157 083"})
    assert (away.status_code, away.location) == (303, "/connexion")
    assert IDLE in plain(client.get("/connexion").text)
    sign_in(client)
    assert form_of(client.get("/").text, "numero")[1]["numero"] == "157 083"


@pytest.mark.parametrize("file", ["simulation", "/dossiers/nouveau/chiffres/score.csv"])
def test_what_was_sent_for_a_file_waits_on_the_page_of_its_form(
    clock: Clock, client: FlaskClient, sign_in: Callable[..., object], simulation: str, file: str
) -> None:
    page = simulation if file == "simulation" else "/dossiers/nouveau"
    file = f"{simulation}/chiffres.csv" if file == "simulation" else file
    _, sent = form_of(client.get(page).text, "amt_credit")
    clock.now += HOUR
    away = client.post(file, data=sent | {"amt_credit": "5 432"})
    assert away.location == f"/connexion?suite={page}"
    sign_in(client, url=away.location)
    assert form_of(client.get(page).text, "amt_credit")[1]["amt_credit"] == "5 432"


def whole_application(client: FlaskClient) -> dict[str, str]:
    """Every field of a new application filled in, each with other and long words where they may be free."""
    form, sent = form_of(client.get("/dossiers/nouveau").text, "amt_credit")
    for number, (name, value) in enumerate(list(sent.items())):
        if name == "csrf_token":
            continue
        options = form.xpath(f".//select[@name='{name}']/option/@value")
        if options:
            sent[name] = max(options, key=len)
        elif not value:
            sent[name] = (
                f"{7919 * (number + 3) % 999:03} {104729 * (number + 1) % 997:03},{number % 100:02} €"
            )
    return sent


def test_the_whole_application_is_kept_in_a_cookie_that_browsers_take(
    clock: Clock, client: FlaskClient, sign_in: Callable[..., object]
) -> None:
    sent = whole_application(client)
    assert len(sent) > 15
    clock.now += HOUR
    away = client.post("/dossiers/nouveau", data=sent)
    (cookie,) = away.headers.getlist("Set-Cookie")
    assert len(cookie) < 2000, "it is far from what browsers take"
    assert IDLE in plain(client.get(away.location).text)
    answer = sign_in(client, url=away.location)
    assert max(map(len, answer.headers.getlist("Set-Cookie"))) < 4093  # type: ignore[attr-defined]
    _, again = form_of(client.get("/dossiers/nouveau").text, "amt_credit")
    del sent["csrf_token"]
    assert {name: again[name] for name in sent} == sent


def test_the_cookie_is_as_long_as_browsers_take_and_no_longer(
    clock: Clock, client: FlaskClient, sign_in: Callable[..., object]
) -> None:
    """Random text does not compress: from some length on it cannot be kept, and is said not to be."""
    noise = random.Random(7)
    page = client.get("/dossiers/nouveau")
    _, sent = form_of(page.text, "amt_credit")
    clock.now += HOUR
    kept, longest = [], 0
    for length in range(3000, 5000, 50):
        filled = sent | {
            "amt_credit": "".join(noise.choices("0123456789abcdefghijklmnopqrstuvwxyz", k=length))
        }
        away = client.post("/dossiers/nouveau", data=filled)
        (cookie,) = away.headers.getlist("Set-Cookie")
        longest = max(longest, len(cookie))
        door = plain(client.get(away.location).text)
        assert (IDLE in door) != (TOO_LONG in door)
        kept += [length] if IDLE in door else []
    assert kept == list(range(3000, max(kept) + 50, 50)), "the shorter, and no longer"
    assert max(kept) < 4950
    # As sent here, without "; Secure".
    assert 4020 < longest <= 4093 - 8
    # What is too long leaves nothing, and leads to the form all the same.
    sign_in(client, url="/connexion?suite=/dossiers/nouveau")
    page = client.get("/dossiers/nouveau")
    assert BACK not in plain(page.text)


def test_passwords_are_never_kept(clock: Clock, client: FlaskClient) -> None:
    _, sent = form_of(client.get("/compte").text, "actuel")
    clock.now += HOUR
    away = client.post("/compte", data=sent | {"actuel": "secret", "nouveau": "secret", "encore": "secret"})
    assert (away.status_code, away.location) == (303, "/connexion")
    assert "est gardé" not in client.get("/connexion").text
    with client.session_transaction() as cookie:
        assert "secret" not in str(dict(cookie))


def test_nobody_else_is_given_what_was_typed(
    app: Flask, client: FlaskClient, sign_in: Callable[..., object], simulation: str
) -> None:
    users.add_user(app.extensions["database"], "carla", "conseiller", "une tout autre suite")
    _, sent = form_of(client.get(simulation).text, "amt_credit")
    sessions.end_others(app.extensions["database"], 1, 0)
    client.post(simulation, data=sent | {"amt_credit": "5 432"})
    sign_in(client, "carla", "une tout autre suite")
    page = client.get(simulation)
    assert BACK not in plain(page.text)
    assert "5 432" not in page.text


def cookie_of(client: FlaskClient) -> str:
    """All that a browser keeps of a session, as whoever has the machine can read it: it is not encrypted."""
    with client.session_transaction() as cookie:
        return json.dumps(dict(cookie))


def test_what_waits_in_the_browser_is_read_by_nobody_there(
    app: Flask, client: FlaskClient, simulation: str
) -> None:
    """The cookie is signed, not encrypted: figures of a client lie in it, where no erasure reaches."""
    _, sent = form_of(client.get(simulation).text, "amt_credit")
    sessions.end_others(app.extensions["database"], 1, 0)
    client.post(simulation, data=sent | {"amt_credit": "5 432"})
    kept = cookie_of(client)
    assert '"kept"' in kept
    for told in ("5 432", "amt_credit", simulation, simulation.split("/")[2]):
        assert told not in kept


@pytest.mark.parametrize(("hours", "there"), [(11.9, True), (12.1, False)])
def test_what_waits_is_forgotten_after_twelve_hours_signed_in_again_or_not(
    app: Flask,
    clock: Clock,
    client: FlaskClient,
    sign_in: Callable[..., object],
    simulation: str,
    hours: float,
    there: bool,
) -> None:
    """Signing in carries it on, and does not make it young again."""
    _, sent = form_of(client.get(simulation).text, "amt_credit")
    sessions.end_others(app.extensions["database"], 1, 0)
    client.post(simulation, data=sent | {"amt_credit": "5 432"})
    clock.now += 6 * HOUR
    assert "est gardé" in client.get("/connexion").text
    sign_in(client)
    clock.now += (hours - 6) * HOUR
    assert ("est gardé" in plain(client.get("/connexion").text)) is there
    sign_in(client)
    page = client.get(simulation).text
    assert ("5 432" in page) is there
    assert '"kept"' not in cookie_of(client), "given once, or gone"


FORMS = {
    "/": "/connexion",
    "/clients/157083/simulation": "/connexion?suite=/clients/157083/simulation",
    "/clients/157083/simulation/chiffres.csv": "/connexion?suite=/clients/157083/simulation",
    "/clients/157083/capacite": "/connexion?suite=/clients/157083/capacite",
    "/clients/157083/decision": "/connexion?suite=/clients/157083/decision",
    "/dossiers/nouveau": "/connexion?suite=/dossiers/nouveau",
    "/dossiers/nouveau/chiffres/contributions.csv": "/connexion?suite=/dossiers/nouveau",
    "/revues/decisions/7": "/connexion?suite=/revues/decisions/7",
    "/revues/REV-2026-000007/donnees": "/connexion?suite=/revues/REV-2026-000007/donnees",
    "/revues/REV-2026-000007/issue": "/connexion?suite=/revues/REV-2026-000007/issue",
    "/decisions/7/reexamen": "/connexion?suite=/decisions/7/reexamen",
    # What is no form with figures is not gone on with.
    "/compte": "/connexion",
    "/deconnexion": "/connexion",
    "/compte/sessions/fin": "/connexion",
}


@pytest.mark.parametrize("address", FORMS)
def test_each_form_is_gone_on_with_after_signing_in(
    app: Flask, clock: Clock, client: FlaskClient, address: str
) -> None:
    _, sent = form_of(client.get("/").text, "numero")
    end_all(app, clock)
    answer = client.post(address, data={"montant": "5 432", "csrf_token": sent["csrf_token"]})
    assert (answer.status_code, answer.location) == (303, FORMS[address])
    with client.session_transaction() as cookie:
        kept = cookie.get("kept")
    waits = address == "/" or "suite" in FORMS[address]
    with app.app_context():
        opened = sealed.read("kept", kept) if kept else None
    assert (opened and opened["typed"]) == ({"montant": ["5 432"]} if waits else None)


def test_a_form_of_somebody_who_had_no_session_is_not_kept(app: Flask) -> None:
    stranger = app.test_client()
    answer = stranger.post("/clients/157083/simulation", data={"amt_credit": "5 432"})
    assert (answer.status_code, answer.location) == (303, "/connexion")
    with stranger.session_transaction() as cookie:
        assert "kept" not in cookie
