"""Signing in and out: who gets in, who waits, and where it leads."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pretadepenser.records import users
from pretadepenser.web.auth import safe_path

PASSWORD = "une suite de quelques mots"
SignIn = Callable[..., Any]


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """An application of the test's own, with the advisor bruno."""
    return make_app()


@pytest.fixture
def anonymous(app: Flask) -> FlaskClient:
    """A browser that nobody signed in with."""
    return app.test_client()


def token(page: str) -> str:
    """Give the CSRF token of a page's form."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


def plain(page: str) -> str:
    """The page with ordinary spaces, as the sentences of these tests are written."""
    return page.replace("\xa0", " ").replace("\u202f", " ")


def test_signing_in_leads_home_and_out_again(anonymous: FlaskClient, sign_in: SignIn) -> None:
    answer = sign_in(anonymous, " Bruno ", PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/")
    page = anonymous.get("/")
    assert page.status_code == 200
    assert "bruno" in page.text
    answer = anonymous.post("/deconnexion", data={"csrf_token": token(page.text)})
    assert (answer.status_code, answer.location) == (303, "/connexion")
    assert anonymous.get("/").location == "/connexion"


def test_an_unknown_address_tells_an_anonymous_visitor_nothing(anonymous: FlaskClient) -> None:
    assert anonymous.get("/n-existe-pas").status_code == 303


def test_the_page_that_was_wanted_comes_after_signing_in(anonymous: FlaskClient, sign_in: SignIn) -> None:
    answer = anonymous.get("/clients/157083?figure=AMT_CREDIT")
    assert answer.location == "/connexion?suite=/clients/157083?figure%3DAMT_CREDIT"
    answer = sign_in(anonymous, "bruno", PASSWORD, answer.location)
    assert answer.location == "/clients/157083?figure=AMT_CREDIT"
    assert anonymous.get("/connexion?suite=/accessibilite").location == "/accessibilite"


@pytest.mark.parametrize(
    "target",
    [
        "https://mechant.example/",
        "//mechant.example/",
        "///mechant.example/",
        "/\\mechant.example/",
        "\\\\mechant.example",
        "/\t/mechant.example",
        "/ok\n//mechant.example",
        "javascript:alert(1)",
        "mechant.example",
        "",
    ],
)
def test_no_other_site_comes_after_signing_in(anonymous: FlaskClient, sign_in: SignIn, target: str) -> None:
    assert safe_path(target) == ""
    with anonymous.application.test_request_context():
        url = anonymous.application.url_for("auth.sign_in", suite=target)
    assert sign_in(anonymous, "bruno", PASSWORD, url).location == "/"


@pytest.mark.parametrize(
    ("name", "password", "sentence"),
    [
        ("", PASSWORD, "Saisissez votre identifiant."),
        ("bruno", "", "Saisissez votre mot de passe."),
        ("bruno", "mauvais mot de passe", "Identifiant ou mot de passe incorrect"),
        ("personne", PASSWORD, "Identifiant ou mot de passe incorrect"),
        ("bruno' OR 1=1 --", PASSWORD, "Identifiant ou mot de passe incorrect"),
        ("b" * 100_000, "p" * 100_000, "Identifiant ou mot de passe incorrect"),
        ("per\x00sonne", PASSWORD, "Identifiant ou mot de passe incorrect"),
    ],
)
def test_a_wrong_form_is_told_in_summary_and_field(
    anonymous: FlaskClient, sign_in: SignIn, name: str, password: str, sentence: str
) -> None:
    answer = sign_in(anonymous, name, password)
    assert answer.status_code == 422
    page = plain(answer.text)
    assert page.count(sentence) == 2
    assert "<title>Erreur : " in page
    assert password not in page or not password


def test_a_disabled_user_gets_neither_in_nor_on(app: Flask, anonymous: FlaskClient, sign_in: SignIn) -> None:
    sign_in(anonymous, "bruno", PASSWORD)
    assert anonymous.get("/").status_code == 200
    users.disable_user(app.extensions["database"], "bruno")
    assert anonymous.get("/").status_code == 303
    assert sign_in(anonymous, "bruno", PASSWORD).status_code == 422


def test_signing_out_kills_a_stolen_copy_of_the_cookie(
    app: Flask, anonymous: FlaskClient, sign_in: SignIn
) -> None:
    sign_in(anonymous, "bruno", PASSWORD)
    thief = app.test_client()
    stolen = anonymous.get_cookie("session")
    assert stolen is not None
    thief.set_cookie("session", stolen.value)
    assert thief.get("/").status_code == 200
    anonymous.post("/deconnexion", data={"csrf_token": token(anonymous.get("/").text)})
    assert thief.get("/").status_code == 303


def test_another_password_ends_a_stolen_session(app: Flask, anonymous: FlaskClient, sign_in: SignIn) -> None:
    sign_in(anonymous, "bruno", PASSWORD)
    assert anonymous.get("/").status_code == 200
    users.set_password(app.extensions["database"], "bruno", "une tout autre suite de mots")
    assert anonymous.get("/").status_code == 303
    assert sign_in(anonymous, "bruno", PASSWORD).status_code == 422
    assert sign_in(anonymous, "bruno", "une tout autre suite de mots").status_code == 303


def test_a_session_fixed_before_signing_in_is_worth_nothing_after(
    app: Flask, anonymous: FlaskClient, sign_in: SignIn
) -> None:
    before = token(anonymous.get("/connexion").text)
    fixed = anonymous.get_cookie("session")
    assert fixed is not None
    sign_in(anonymous, "bruno", PASSWORD)
    attacker = app.test_client()
    attacker.set_cookie("session", fixed.value)
    assert attacker.get("/").status_code == 303
    # The token known before signing in is refused after.
    assert anonymous.post("/deconnexion", data={"csrf_token": before}).status_code == 400
    assert anonymous.get("/").status_code == 200


def test_signing_out_needs_a_post_with_its_token(anonymous: FlaskClient, sign_in: SignIn) -> None:
    sign_in(anonymous)
    assert anonymous.get("/deconnexion").status_code == 405
    assert anonymous.post("/deconnexion").status_code == 400
    assert anonymous.get("/").status_code == 200


def test_guessing_is_slowed_down_for_an_account(app: Flask, sign_in: SignIn) -> None:
    app.config["LOGIN_ATTEMPTS"] = 3
    for attempt in range(3):
        browser = app.test_client()
        assert sign_in(browser, "bruno", f"mauvais mot de passe {attempt}").status_code == 422
    browser = app.test_client()
    answer = sign_in(browser, "bruno", PASSWORD)
    assert answer.status_code == 429, "the right password too must wait"
    assert plain(answer.text).count("Trop d’essais de connexion : attendez 15 minutes") == 2
    assert 890 <= int(answer.headers["Retry-After"]) <= 900
    assert browser.get("/").status_code == 303
    assert sign_in(app.test_client(), "agathe", "mauvais mot de passe").status_code == 422


def test_guessing_is_slowed_down_for_an_address(app: Flask, sign_in: SignIn) -> None:
    app.config["LOGIN_ATTEMPTS_ADDRESS"] = 3
    for attempt in range(3):
        assert sign_in(app.test_client(), f"compte{attempt}", "mauvais mot de passe").status_code == 422
    assert sign_in(app.test_client(), "bruno", PASSWORD).status_code == 429
    elsewhere = app.test_client()
    elsewhere.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert sign_in(elsewhere, "bruno", PASSWORD).status_code == 303


def test_the_wait_is_as_long_as_the_setting_says_and_told_in_whole_minutes(
    app: Flask, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = now = 1_800_000_000.0
    monkeypatch.setattr(time, "time", lambda: now)
    app.config["LOGIN_ATTEMPTS"], app.config["LOGIN_MINUTES"] = 1, 7
    assert sign_in(app.test_client(), "bruno", "mauvais mot de passe").status_code == 422
    for passed, wait, told in (
        (0, "420", "7 minutes"),
        (1, "419", "7 minutes"),
        (60, "360", "6 minutes"),
        (301, "119", "2 minutes"),
        (361, "59", "une minute"),
    ):
        now = begun + passed
        answer = sign_in(app.test_client(), "bruno", PASSWORD)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, wait)
        said = f"Trop d’essais de connexion : attendez {told}, puis recommencez."
        assert plain(answer.text).count(said) == 2
    now = begun + 421
    assert sign_in(app.test_client(), "bruno", PASSWORD).status_code == 303


def test_whoever_signs_in_may_be_wrong_again_as_often_as_before(app: Flask, sign_in: SignIn) -> None:
    app.config["LOGIN_ATTEMPTS"] = 2
    for _ in range(3):
        assert sign_in(app.test_client(), "bruno", "mauvais mot de passe").status_code == 422
        assert sign_in(app.test_client(), "bruno", PASSWORD).status_code == 303
    for status in (422, 422, 429, 429):
        assert sign_in(app.test_client(), "bruno", "mauvais mot de passe").status_code == status


@pytest.mark.parametrize("hours", [1, 24])
def test_a_session_lasts_as_long_as_the_setting_says(
    make_app: Callable[..., Flask], sign_in: SignIn, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    browser = make_app(SESSION_HOURS=hours).test_client()
    sign_in(browser)
    assert browser.get("/").status_code == 200
    now += 3600 * hours - 1
    assert browser.get("/").status_code == 200
    now += 2
    assert browser.get("/").status_code == 303
