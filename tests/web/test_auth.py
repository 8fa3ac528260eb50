"""Signing in and out: who gets in, who waits, and where it leads."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from pretadepenser.records import users
from pretadepenser.records.models import UserSession
from pretadepenser.web.auth import safe_path, too_many
from tests.conftest import Clock

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


def copy_of(browser: FlaskClient) -> FlaskClient:
    """Another browser with a copy of the cookie."""
    thief = browser.application.test_client()
    stolen = browser.get_cookie("session")
    assert stolen is not None
    thief.set_cookie("session", stolen.value)
    return thief


def test_signing_out_kills_a_stolen_copy_of_the_cookie(
    app: Flask, anonymous: FlaskClient, sign_in: SignIn
) -> None:
    sign_in(anonymous, "bruno", PASSWORD)
    thief = copy_of(anonymous)
    assert thief.get("/").status_code == 200
    elsewhere = app.test_client()
    sign_in(elsewhere, "bruno", PASSWORD)
    anonymous.post("/deconnexion", data={"csrf_token": token(anonymous.get("/").text)})
    assert thief.get("/").status_code == 303
    assert elsewhere.get("/").status_code == 200, "the same person's session on another machine goes on"


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


def fail(sign_in: SignIn, browser: FlaskClient, times: int, name: str = "bruno") -> list[int]:
    """Try wrong passwords; give the statuses."""
    return [sign_in(browser, name, f"mauvais mot de passe {i}").status_code for i in range(times)]


@pytest.mark.parametrize(
    ("wait", "told"),
    [
        (1, "1 seconde"),
        (59, "59 secondes"),
        (60, "1 minute"),
        (61, "2 minutes"),
        (120, "2 minutes"),
        (121, "3 minutes"),
    ],
)
def test_a_wait_is_told_in_seconds_and_from_a_minute_on_in_minutes_begun(wait: int, told: str) -> None:
    assert plain(too_many(wait)) == f"Trop d’essais : attendez {told}, puis recommencez."


def test_guessing_is_slowed_down_for_an_account_whoever_guesses(
    app: Flask, sign_in: SignIn, clock: Clock
) -> None:
    app.config["LOGIN_ATTEMPTS"], app.config["LOGIN_MINUTES"] = 3, 2
    for number in range(3):
        guesser = app.test_client()
        guesser.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        assert fail(sign_in, guesser, 1) == [422]
    for wait, told in (
        (1, "1 seconde"),
        (2, "2 secondes"),
        (4, "4 secondes"),
        (8, "8 secondes"),
        (16, "16 secondes"),
        (32, "32 secondes"),
        (64, "2 minutes"),
        (120, "2 minutes"),
        (120, "2 minutes"),
    ):
        answer = sign_in(app.test_client(), "bruno", PASSWORD)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(wait)), "the right one too"
        assert plain(answer.text).count(f"Trop d’essais : attendez {told}, puis recommencez.") == 2
        clock.now += wait
        assert fail(sign_in, app.test_client(), 1) == [422]
    clock.now += 120
    assert sign_in(app.test_client(), "bruno", PASSWORD).status_code == 303
    assert fail(sign_in, app.test_client(), 1, "agathe") == [422]


def test_guessing_is_slowed_down_for_an_address_and_its_ipv6_network(app: Flask, sign_in: SignIn) -> None:
    app.config["LOGIN_ATTEMPTS_ADDRESS"] = 3
    for number in range(3):
        guesser = app.test_client()
        guesser.environ_base["REMOTE_ADDR"] = f"2001:db8::{number}"
        assert fail(sign_in, guesser, 1, f"compte{number}") == [422]
    for address, status in (("2001:db8::ffff:1", 429), ("2001:db8:0:1::1", 303), ("192.0.2.7", 303)):
        browser = app.test_client()
        browser.environ_base["REMOTE_ADDR"] = address
        assert sign_in(browser, "bruno", PASSWORD).status_code == status, address


def test_strangers_never_delay_somebody_on_their_own_machine(
    app: Flask, sign_in: SignIn, clock: Clock
) -> None:
    app.config["LOGIN_ATTEMPTS"] = app.config["LOGIN_ATTEMPTS_ADDRESS"] = 3
    own = app.test_client()
    assert sign_in(own, "bruno", PASSWORD).status_code == 303
    own.delete_cookie("session")
    strangers = app.test_client()
    assert fail(sign_in, strangers, 4) == [422, 422, 422, 429]
    assert sign_in(app.test_client(), "bruno", PASSWORD).status_code == 429
    # From the same address, on the machine that bruno has used: as if nobody had tried, mistakes included.
    assert fail(sign_in, own, 3) == [422] * 3
    assert fail(sign_in, own, 1) == [429]
    users.add_user(app.extensions["database"], "agathe", "conseiller", PASSWORD)
    assert sign_in(own, "agathe", PASSWORD).status_code == 429, "for agathe it is a stranger's"


def device_of(browser: FlaskClient) -> str:
    cookie = browser.get_cookie("appareil", path="/connexion")
    assert cookie is not None
    return cookie.value


def test_a_device_is_known_for_its_own_accounts_only_and_cannot_be_forged(
    app: Flask, sign_in: SignIn, clock: Clock
) -> None:
    app.config["LOGIN_ATTEMPTS"] = 1
    users.add_user(app.extensions["database"], "agathe", "conseiller", PASSWORD)
    hers = app.test_client()
    assert sign_in(hers, "agathe", PASSWORD).status_code == 303
    genuine = device_of(hers)
    assert "agathe" not in genuine
    assert fail(sign_in, app.test_client(), 2, "bruno") == [422, 429]
    assert fail(sign_in, app.test_client(), 2, "agathe") == [422, 429]
    for value in (genuine, genuine[:-2] + "xx", "x" + genuine, "x", ""):
        thief = app.test_client()
        thief.set_cookie("appareil", value, path="/connexion")
        assert sign_in(thief, "bruno", PASSWORD).status_code == 429, "nobody's, or agathe's, for bruno"
    forged = app.test_client()
    forged.set_cookie("appareil", genuine[:-2] + "xx", path="/connexion")
    assert sign_in(forged, "agathe", PASSWORD).status_code == 429
    # Two people share a machine: it is known for both.
    clock.now += 1
    hers.delete_cookie("session")
    assert sign_in(hers, "agathe", PASSWORD).status_code == 303
    hers.delete_cookie("session")
    assert sign_in(hers, "bruno", PASSWORD).status_code == 303
    hers.delete_cookie("session")
    assert fail(sign_in, app.test_client(), 2, "bruno")[1] == 429
    for name in ("agathe", "bruno"):
        assert sign_in(hers, name, PASSWORD).status_code == 303
        hers.delete_cookie("session")
    # It is known for more than a year.
    clock.now += 401 * 24 * 3600
    assert fail(sign_in, app.test_client(), 2, "agathe") == [422, 429]
    assert sign_in(hers, "agathe", PASSWORD).status_code == 429


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
def test_the_cookie_of_a_device_is_closed_and_lasts(
    anonymous: FlaskClient, scheme: str, secure: bool
) -> None:
    url = f"{scheme}://localhost/connexion"
    form = {"identifiant": "bruno", "mot_de_passe": PASSWORD, "csrf_token": token(anonymous.get(url).text)}
    answer = anonymous.post(url, data=form, headers={"Referer": url})
    (device,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("appareil=")]
    attributes = {one.strip() for one in device.split(";")[1:]}
    assert {"HttpOnly", "SameSite=Lax", "Path=/connexion", "Max-Age=34560000"} <= attributes
    assert ("Secure" in attributes) is secure


def test_whoever_signs_in_may_be_wrong_again_as_often_as_before(app: Flask, sign_in: SignIn) -> None:
    app.config["LOGIN_ATTEMPTS"] = 2
    for _ in range(3):
        assert fail(sign_in, app.test_client(), 1) == [422]
        assert sign_in(app.test_client(), "bruno", PASSWORD).status_code == 303
    assert fail(sign_in, app.test_client(), 4) == [422, 422, 429, 429]


def test_a_clock_that_was_ahead_locks_nobody(app: Flask, sign_in: SignIn, clock: Clock) -> None:
    clock.now += 365 * 24 * 3600
    assert fail(sign_in, app.test_client(), 6) == [422] * 5 + [429]
    ahead = app.test_client()
    users.add_user(app.extensions["database"], "agathe", "conseiller", PASSWORD)
    assert sign_in(ahead, "agathe", PASSWORD).status_code == 303
    clock.now -= 365 * 24 * 3600
    assert ahead.get("/").status_code == 303, "it would last for a year"
    assert sign_in(app.test_client(), "bruno", PASSWORD).status_code == 303


@pytest.mark.parametrize("hours", [1, 24])
def test_a_session_lasts_as_long_as_the_setting_says_however_much_it_is_used(
    make_app: Callable[..., Flask], sign_in: SignIn, hours: int, clock: Clock
) -> None:
    begun = clock.now
    browser = make_app(SESSION_HOURS=hours, SESSION_IDLE=30).test_client()
    sign_in(browser)
    while clock.now < begun + 3600 * hours - 1000:
        clock.now += 900
        assert browser.get("/").status_code == 200
    clock.now = begun + 3600 * hours - 1
    assert browser.get("/").status_code == 200
    clock.now += 1
    away = browser.get("/")
    assert away.status_code == 303
    door = plain(browser.get(away.location).text)
    assert "Votre session est terminée : connectez-vous pour continuer." in door


def test_a_session_that_is_not_used_ends_and_says_so(
    make_app: Callable[..., Flask], sign_in: SignIn, clock: Clock
) -> None:
    browser = make_app(SESSION_IDLE=20).test_client()
    said = "Votre session s’est terminée après 20 minutes sans activité : connectez-vous pour continuer."
    sign_in(browser)
    assert said not in plain(browser.application.test_client().get("/connexion").text)
    clock.now += 1199
    assert browser.get("/accessibilite").status_code == 200, "reading any page is activity"
    clock.now += 1199
    assert browser.get("/").status_code == 200
    clock.now += 1200
    away = browser.get("/clients/157083")
    assert (away.status_code, away.location) == (303, "/connexion?suite=/clients/157083")
    assert said in plain(browser.get(away.location).text)
    wrong = sign_in(browser, "bruno", "mauvais mot de passe", away.location)
    assert said in plain(wrong.text)
    assert sign_in(browser, url=away.location).location == "/clients/157083"
    browser.post("/deconnexion", data={"csrf_token": token(browser.get("/").text)})
    assert "Votre session" not in plain(browser.get("/connexion").text)


def seen(app: Flask) -> float:
    """When the only session was last used, as it is written down."""
    with app.extensions["database"].session() as session:
        return float(session.query(UserSession).one().seen)


def test_use_is_written_down_once_a_minute(
    app: Flask, anonymous: FlaskClient, sign_in: SignIn, clock: Clock
) -> None:
    begun = clock.now
    sign_in(anonymous)
    for passed, written in ((0, 0), (59, 0), (60, 60), (61, 60), (119, 60), (120, 120)):
        clock.now = begun + passed
        assert anonymous.get("/").status_code == 200
        assert anonymous.get("/static/base.css").status_code == 200
        assert seen(app) == begun + written


def test_a_request_asks_the_database_once_who_it_is(
    app: Flask, anonymous: FlaskClient, sign_in: SignIn
) -> None:
    sign_in(anonymous)
    asked: list[str] = []
    engine = app.extensions["database"].engine
    # SQLite itself tells what it is asked, by whichever way.
    event.listen(engine, "checkout", lambda opened, *_: opened.set_trace_callback(asked.append))
    assert anonymous.get("/modele").status_code == 200
    assert [words.split()[0] for words in asked] == ["SELECT"]
    assert app.test_client().get("/modele").status_code == 303
    assert anonymous.get("/static/base.css").status_code == 200
    assert len(asked) == 1, "nobody, and a static file, ask nothing"


def test_the_time_that_remains_is_told_without_counting_as_use(
    app: Flask, anonymous: FlaskClient, sign_in: SignIn, clock: Clock
) -> None:
    assert anonymous.get("/session").json == {"remaining": 0}
    sign_in(anonymous)
    begun = clock.now
    csrf = {"csrf_token": token(anonymous.get("/").text)}
    clock.now += 3000
    assert anonymous.get("/session").json == {"remaining": 600}
    clock.now += 100
    assert anonymous.get("/session").json == {"remaining": 500}
    clock.now += 100
    assert seen(app) == begun
    assert anonymous.post("/session", data=csrf).json == {"remaining": 3600}
    clock.now += 10
    assert anonymous.post("/session", data=csrf).json == {"remaining": 3600}, "at once, not once a minute"
    assert seen(app) == clock.now
    assert anonymous.post("/session").status_code == 400
    clock.now += 3600
    assert anonymous.post("/session", data=csrf).json == {"remaining": 0}
    assert anonymous.get("/session").json == {"remaining": 0}


def test_a_session_that_cannot_go_on_says_how_long_it_still_lasts(
    app: Flask, anonymous: FlaskClient, sign_in: SignIn, clock: Clock
) -> None:
    app.config["SESSION_HOURS"] = 1
    sign_in(anonymous)
    csrf = {"csrf_token": token(anonymous.get("/").text)}
    clock.now += 3540
    assert anonymous.post("/session", data=csrf).json == {"remaining": 60}


def test_a_browser_is_called_by_its_name_and_system(app: Flask, sign_in: SignIn) -> None:
    """Nothing else of what it says is kept."""
    known = {
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox sous Linux",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0": "Edge sous Windows",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/140.0.0.0 Safari/537.36": "Chrome sous Windows",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.5 Safari/605.1.15": "Safari sous macOS",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.5 Mobile/15E148 Safari/604.1": "Safari sous iOS",
        "Mozilla/5.0 (Linux; Android 15; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) "
        "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36": "Samsung Internet sous Android",
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/140.0.0.0 Safari/537.36": "Chrome sous ChromeOS",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/140.0.0.0 Safari/537.36 OPR/120.0.0.0": "Opera sous Linux",
        "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/140.0.0.0 Mobile Safari/537.36 EdgA/140.0.0.0": "Edge sous Android",
        "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0": "Firefox sous Android",
        "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "CriOS/140.0.0.0 Mobile/15E148 Safari/604.1": "Chrome sous iOS",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "FxiOS/140.0 Mobile/15E148 Safari/605.1.15": "Firefox sous iOS",
        "Firefox/1": "Firefox",
        "curl/8.0 (Linux)": "navigateur inconnu",
        "<script>alert(1)</script>": "navigateur inconnu",
        "": "navigateur inconnu",
    }
    for agent in known:
        browser = app.test_client()
        browser.environ_base["HTTP_USER_AGENT"] = agent
        assert sign_in(browser).status_code == 303
    with app.extensions["database"].session() as session:
        assert [row.browser for row in session.query(UserSession).order_by(UserSession.id)] == [
            *known.values()
        ]


def test_what_was_wrong_is_not_told_but_what_to_do_is(anonymous: FlaskClient, sign_in: SignIn) -> None:
    page = plain(sign_in(anonymous, "bruno", "mauvais mot de passe").text)
    assert (
        page.count(
            "Identifiant ou mot de passe incorrect : vérifiez-les, puis recommencez. Si vous avez "
            "oublié votre mot de passe, demandez-en un autre à votre administrateur."
        )
        == 2
    )


def test_a_laptop_that_changes_network_and_is_updated_stays_signed_in(
    anonymous: FlaskClient, sign_in: SignIn
) -> None:
    sign_in(anonymous)
    moved = {"REMOTE_ADDR": "198.51.100.7", "HTTP_USER_AGENT": "Firefox/141"}
    assert anonymous.get("/", environ_overrides=moved).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_page_that_was_wanted_is_kept_whatever_way_it_is_asked(
    anonymous: FlaskClient, method: str
) -> None:
    answer = anonymous.open("/clients/157083", method=method)
    assert (answer.status_code, answer.location) == (303, "/connexion?suite=/clients/157083")


@pytest.mark.parametrize("identity", ["", "1", "1.", "x.y", ".y", "²." + "a" * 43, "1." + "a" * 43])
def test_a_cookie_that_names_no_session_opens_nothing(anonymous: FlaskClient, identity: str) -> None:
    with anonymous.session_transaction() as cookie:
        cookie["_user_id"] = identity
    assert anonymous.get("/").status_code == 303


def test_whose_session_it_was_is_known_for_thirty_days(
    app: Flask, anonymous: FlaskClient, sign_in: SignIn, clock: Clock
) -> None:
    """So long what was typed can wait: the signature of the cookie is good."""
    begun = clock.now
    sign_in(anonymous)
    ended = "Votre session s’est terminée après 60 minutes sans activité"
    for days, said in ((29.9, True), (30.1, False)):
        clock.now = begun + days * 24 * 3600
        page = copy_of(anonymous).get("/connexion")
        assert (ended in plain(page.text)) is said, days


def test_a_machine_is_known_for_the_last_ten_who_used_it(app: Flask, sign_in: SignIn, clock: Clock) -> None:
    app.config["LOGIN_ATTEMPTS"], app.config["LOGIN_ATTEMPTS_ADDRESS"] = 1, 1000
    shared = app.test_client()
    people = [f"personne{number}" for number in range(11)]
    for name in people:
        users.add_user(app.extensions["database"], name, "conseiller", PASSWORD)
        assert sign_in(shared, name, PASSWORD).status_code == 303
        shared.delete_cookie("session")
    # A stranger has used up what is free: who is still known here does not wait, who was first does.
    for name, status in ((people[0], 429), (people[1], 303), (people[10], 303)):
        assert fail(sign_in, app.test_client(), 1, name) == [422]
        browser = app.test_client()
        browser.set_cookie("appareil", device_of(shared), path="/connexion")
        assert sign_in(browser, name, PASSWORD).status_code == status, name
