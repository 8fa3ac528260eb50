"""One's own account: another password, sessions ended one by one, and a password that must be changed."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from pretadepenser.records import users
from tests.conftest import Browser, Clock, standing_in

PASSWORD = "une suite de quelques mots"
OTHER = "une tout autre suite de mots"
SignIn = Callable[..., Any]
LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
MUST = "Votre mot de passe vous a été donné par votre administrateur : choisissez le vôtre pour continuer."


@pytest.fixture
def utc() -> Iterator[None]:
    """The server's own time is UTC: the clock says 15 January 2027, 8.00."""
    with standing_in("UTC"):
        yield


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    app = make_app()
    app.test_client_class = Browser
    return app


@pytest.fixture
def open_session(app: Flask, sign_in: SignIn) -> Callable[..., FlaskClient]:
    """Signs bruno in in a browser of its own."""

    def go(agent: str = LINUX, name: str = "bruno", password: str = PASSWORD) -> FlaskClient:
        browser = app.test_client()
        browser.environ_base["HTTP_USER_AGENT"] = agent
        assert sign_in(browser, name, password).status_code == 303
        return browser

    return go


def words(page: str) -> str:
    """What the main part says, with ordinary spaces."""
    return " ".join(html.document_fromstring(page).xpath("//main")[0].text_content().split())


def token(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


def change(browser: FlaskClient, old: str, new: str, again: str | None = None) -> Any:
    """Fill the form of the password in and send it."""
    form = {"actuel": old, "nouveau": new, "encore": new if again is None else again}
    return browser.post("/compte", data=form | {"csrf_token": token(browser.get("/compte").text)})


def listed(browser: FlaskClient) -> list[list[str]]:
    """The cells of the table of sessions."""
    rows = html.document_fromstring(browser.get("/compte").text).xpath("//table[@class='sessions']/tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in rows]


def press(browser: FlaskClient, name: str) -> Any:
    """Press the button of this accessible name on /compte."""
    page = html.document_fromstring(browser.get("/compte").text)
    (form,) = [
        form
        for form in page.forms
        if any(" ".join(one.text_content().split()) == name for one in form.xpath(".//button"))
    ]
    return browser.post(form.action, data=dict(form.form_values()))


def alive(*browsers: FlaskClient) -> list[bool]:
    return [browser.get("/compte").status_code == 200 for browser in browsers]


def test_the_name_in_the_frame_leads_to_the_account(open_session: Callable[..., FlaskClient]) -> None:
    page = html.document_fromstring(open_session().get("/").text)
    (link,) = page.xpath("//header//a[@href='/compte']")
    assert " ".join(link.text_content().split()) == "Mon compte : bruno"
    own = open_session().get("/compte").text
    assert html.document_fromstring(own).xpath("//header//a[@href='/compte']/@aria-current") == ["page"]
    assert "Vous êtes bruno, avec le rôle conseiller." in words(own)


def test_another_password_ends_all_sessions_but_this_one(
    app: Flask, open_session: Callable[..., FlaskClient], sign_in: SignIn
) -> None:
    other, browser = open_session(), open_session()
    thief = app.test_client()
    stolen = browser.get_cookie("session")
    assert stolen is not None
    thief.set_cookie("session", stolen.value)
    assert alive(other, browser, thief) == [True, True, True]
    answer = change(browser, PASSWORD, OTHER)
    assert (answer.status_code, answer.location) == (303, "/compte")
    said = "Votre mot de passe est changé. Vos autres sessions sont terminées."
    assert words(browser.get("/compte").text).count(said) == 1
    assert said not in words(browser.get("/compte").text)
    assert alive(other, browser, thief) == [False, True, False]
    assert sign_in(app.test_client(), "bruno", PASSWORD).status_code == 422
    assert sign_in(app.test_client(), "bruno", OTHER).status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "sentences"),
    [
        (
            "",
            "",
            "",
            [
                "Saisissez votre mot de passe actuel.",
                "Saisissez un nouveau mot de passe.",
                "Saisissez le nouveau mot de passe encore une fois.",
            ],
        ),
        (
            "un mauvais",
            OTHER,
            OTHER,
            ["Ce n’est pas votre mot de passe actuel : vérifiez-le, puis recommencez."],
        ),
        (
            PASSWORD,
            OTHER,
            OTHER + "!",
            ["Les deux saisies du nouveau mot de passe diffèrent : saisissez-le encore une fois."],
        ),
        (
            PASSWORD,
            PASSWORD,
            PASSWORD,
            ["Ce mot de passe est celui que vous avez déjà : choisissez-en un autre."],
        ),
        (
            PASSWORD,
            "trop court",
            "trop court",
            ["Le mot de passe doit avoir de 12 à 512 caractères : une suite de quelques mots convient."],
        ),
        (
            PASSWORD,
            "bruno-bruno-2026",
            "bruno-bruno-2026",
            [
                "Ce mot de passe est fait de l’identifiant : choisissez une suite de mots sans rapport avec "
                "lui."
            ],
        ),
    ],
)
def test_a_password_that_is_not_taken_is_told_in_summary_and_field(
    app: Flask,
    open_session: Callable[..., FlaskClient],
    old: str,
    new: str,
    again: str,
    sentences: list[str],
) -> None:
    browser, other = open_session(), open_session()
    answer = change(browser, old, new, again)
    assert answer.status_code == 422
    page = html.document_fromstring(answer.text)
    errors = page.xpath("//*[@class='error-summary']//li")
    assert [" ".join(one.text_content().split()) for one in errors] == sentences
    for sentence in sentences:
        assert words(answer.text).count(sentence) == 2
    # No password stands in a page.
    assert page.xpath("//input[@type='password']/@value") == ["", "", ""]
    assert page.xpath("//input[@type='password']/@autocomplete") == [
        "current-password",
        "new-password",
        "new-password",
    ]
    assert alive(browser, other) == [True, True]
    assert users.authenticate(app.extensions["database"], "bruno", PASSWORD) is not None


def test_a_form_with_a_bad_token_is_asked_again_and_changes_nothing(
    app: Flask, open_session: Callable[..., FlaskClient]
) -> None:
    browser = open_session()
    form = {"actuel": PASSWORD, "nouveau": OTHER, "encore": OTHER, "csrf_token": "autre"}
    answer = browser.post("/compte", data=form)
    assert answer.status_code == 422
    assert "Ce formulaire était périmé" in words(answer.text)
    assert users.authenticate(app.extensions["database"], "bruno", PASSWORD) is not None


def test_whoever_stole_a_session_cannot_try_passwords_and_delays_nobody_else(
    app: Flask, open_session: Callable[..., FlaskClient], sign_in: SignIn, clock: Clock
) -> None:
    app.config["LOGIN_ATTEMPTS"] = 2
    browser, other = open_session(), open_session()
    for _ in range(2):
        assert change(browser, "un mauvais", OTHER).status_code == 422
    for wait in (1, 2, 4):
        answer = change(browser, PASSWORD, OTHER)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(wait))
        told = "1 seconde" if wait == 1 else f"{wait} secondes"
        assert words(answer.text).count(f"Trop d’essais : attendez {told}, puis recommencez.") == 2
        clock.now += wait
        assert change(browser, "un mauvais", OTHER).status_code == 422
    assert sign_in(app.test_client(), "bruno", PASSWORD).status_code == 303
    assert change(other, PASSWORD, OTHER).status_code == 303


def test_sessions_are_listed_and_ended_one_by_one(
    open_session: Callable[..., FlaskClient], clock: Clock, utc: None
) -> None:
    one = open_session(IPHONE)
    clock.now += 3 * 60
    two = open_session("curl/8")
    clock.now += 5 * 60
    browser = open_session()
    assert listed(browser) == [
        [
            "Firefox sous Linux (cette session)",
            "Ouverte le 15 janvier 2027 à 8 heures 08.Utilisée le 15 janvier 2027 à 8 heures 08.",
            "Mettre fin à cette session",
        ],
        [
            "navigateur inconnu",
            "Ouverte le 15 janvier 2027 à 8 heures 03.Utilisée le 15 janvier 2027 à 8 heures 03.",
            "Mettre fin à la session navigateur inconnu ouverte le 15 janvier 2027 à 8 heures 03, numéro 2",
        ],
        [
            "Safari sous iOS",
            "Ouverte le 15 janvier 2027 à 8 heures.Utilisée le 15 janvier 2027 à 8 heures.",
            "Mettre fin à la session Safari sous iOS ouverte le 15 janvier 2027 à 8 heures, numéro 3",
        ],
    ]
    # Each of the three names itself alone, the oldest too.
    for each in (one, two, browser):
        assert [row[0].endswith(" (cette session)") for row in listed(each)] == [
            row[2] == "Mettre fin à cette session" for row in listed(each)
        ]
        assert each.get("/compte").text.count("(cette session)") == 1
    assert listed(one)[2][2] == "Mettre fin à cette session"
    answer = press(browser, listed(browser)[2][2])
    assert (answer.status_code, answer.location) == (303, "/compte")
    assert "La session est terminée." in words(browser.get("/compte").text)
    assert alive(one, two, browser) == [False, True, True]
    assert len(listed(browser)) == 2
    assert press(browser, "Mettre fin à toutes les autres").status_code == 303
    assert "Toutes vos autres sessions sont terminées." in words(browser.get("/compte").text)
    assert alive(two, browser) == [False, True]
    assert "toutes les autres" not in browser.get("/compte").text, "there is no other"
    answer = press(browser, "Mettre fin à cette session")
    assert (answer.status_code, answer.location) == (303, "/connexion")
    assert alive(browser) == [False]
    assert "Votre session" not in browser.get("/connexion").text, "it was meant"


def test_nobody_ends_the_session_of_somebody_else(
    app: Flask, open_session: Callable[..., FlaskClient]
) -> None:
    users.add_user(app.extensions["database"], "carla", "auditeur", PASSWORD)
    his, hers = open_session(), open_session(name="carla")
    csrf = {"csrf_token": token(hers.get("/compte").text)}
    for number in (1, 999_999):
        answer = hers.post(f"/compte/sessions/{number}/fin", data=csrf)
        assert (answer.status_code, answer.location) == (303, "/compte")
        assert "Cette session était déjà terminée." in words(hers.get("/compte").text)
    hers.post("/compte/sessions/fin", data=csrf)
    assert alive(his, hers) == [True, True]
    assert len(listed(hers)) == 1


def test_a_password_that_was_given_opens_nothing_but_the_page_where_it_is_changed(
    app: Flask, open_session: Callable[..., FlaskClient], sign_in: SignIn
) -> None:
    users.add_user(app.extensions["database"], "carla", "administrateur", PASSWORD, must_change=True)
    browser = open_session(name="carla")
    csrf = {"csrf_token": token(browser.get("/compte").text)}
    for address in (
        "/",
        "/clients/157083",
        "/dossiers/nouveau",
        "/administration/reglages",
        "/modele",
        "/rien",
    ):
        answer = browser.get(address)
        assert (answer.status_code, answer.location) == (303, "/compte"), address
    for address in ("/", "/clients/157083/simulation", "/dossiers/nouveau"):
        answer = browser.post(address, data=csrf | {"numero": "157083"})
        assert (answer.status_code, answer.location) == (303, "/compte"), address
    page = browser.get("/compte").text
    assert MUST in words(page)
    assert html.document_fromstring(page).xpath("//nav/@aria-label") == ["Fil d’Ariane"]
    for address in ("/accessibilite", "/aide", "/plan-du-site", "/static/base.css", "/readyz", "/session"):
        assert browser.get(address).status_code == 200
    assert change(browser, PASSWORD, PASSWORD).status_code == 422, "the one that was given is no own one"
    assert browser.get("/").location == "/compte"
    assert change(browser, PASSWORD, OTHER).status_code == 303
    assert MUST not in words(browser.get("/compte").text)
    answer = browser.get("/")
    assert (answer.status_code, answer.location) == (303, "/administration/reglages")
    assert browser.get("/administration/reglages").status_code == 200
    # Given anew by the administrator, it must be changed anew.
    users.set_password(app.extensions["database"], "carla", PASSWORD, must_change=True)
    again = open_session(name="carla")
    assert again.get("/").location == "/compte"
    answer = again.post("/deconnexion", data={"csrf_token": token(again.get("/compte").text)})
    assert (answer.status_code, answer.location) == (303, "/connexion")


def test_a_page_that_cannot_note_its_use_is_shown(
    app: Flask, open_session: Callable[..., FlaskClient], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The disk is full, or another process writes and does not come to an end."""
    browser = open_session()
    clock.now += 120
    app.logger.propagate = True
    with app.extensions["database"].engine.connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE")
        assert browser.get("/compte").status_code == 200
    assert "L’usage d’une session n’a pas pu être noté : (sqlite3.OperationalError)" in caplog.text
    clock.now += 3600 - 121
    assert browser.get("/compte").status_code == 200
