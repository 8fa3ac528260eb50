"""Headers, cookies, CSRF and proxies, on every kind of answer."""

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pretadepenser.records.models import LoginAttempt


@pytest.fixture
def anonymous(make_app: Callable[..., Flask]) -> FlaskClient:
    """A browser that nobody signed in with."""
    return make_app().test_client()


@pytest.fixture
def client(make_app: Callable[..., Flask], sign_in: Callable[..., object]) -> FlaskClient:
    """A browser in which bruno is signed in."""
    browser = make_app().test_client()
    sign_in(browser)
    return browser


PAGE = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
# A picture opened by itself is a page too: it may use the style sheet inside it, and nothing else.
PICTURE = "default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'"
PHOTO = "default-src 'none'; style-src 'none'; frame-ancestors 'none'"
KEPT_FOR_NOBODY, ASKED_AGAIN, AN_HOUR = "no-store", "no-cache", "public, max-age=3600"
ANSWERS = [
    ("/", 200, "text/html", PAGE, KEPT_FOR_NOBODY),
    ("/clients/157083", 200, "text/html", PAGE, KEPT_FOR_NOBODY),
    ("/n-existe-pas", 404, "text/html", PAGE, KEPT_FOR_NOBODY),
    ("/connexion", 303, "text/html", PAGE, KEPT_FOR_NOBODY),
    ("/healthz", 200, "application/json", PAGE, KEPT_FOR_NOBODY),
    ("/static/base.css", 200, "text/css", PAGE, ASKED_AGAIN),
    ("/static/favicon.svg", 200, "image/svg+xml", PAGE, ASKED_AGAIN),
    ("/clients/157083/graphiques/score.csv", 200, "text/csv", PAGE, KEPT_FOR_NOBODY),
    ("/modele/fiche.md", 200, "text/markdown", PAGE, KEPT_FOR_NOBODY),
    ("/api/v1/openapi.json", 200, "application/json", PAGE, KEPT_FOR_NOBODY),
    ("/api/v1/clients/157083/score", 401, "application/problem+json", PAGE, KEPT_FOR_NOBODY),
    ("/clients/157083/graphiques/score.svg", 200, "image/svg+xml", PICTURE, KEPT_FOR_NOBODY),
    ("/veille/images/{svg}", 200, "image/svg+xml", PICTURE, AN_HOUR),
    ("/veille/images/{webp}", 200, "image/webp", PHOTO, AN_HOUR),
]


@pytest.mark.parametrize(("url", "status", "kind", "policy", "kept"), ANSWERS)
def test_every_answer_is_closed_to_foreign_content(
    client: FlaskClient, url: str, status: int, kind: str, policy: str, kept: str
) -> None:
    if "{" in url:
        ending = url.strip("{}").rpartition("{")[2]
        found = re.search(rf'"(/veille/images/[^"]+\.{ending})"', client.get("/veille/erreurs").text)
        assert found
        url = found[1]
    answer = client.get(url)
    assert (answer.status_code, answer.mimetype) == (status, kind)
    sheets = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL) if policy == PICTURE else [""]
    digest = base64.b64encode(hashlib.sha256(sheets[0].encode()).digest()).decode()
    assert answer.headers["Content-Security-Policy"] == policy.format(hash=digest)
    assert answer.headers["Cache-Control"] == kept
    expected = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), "
        "browsing-topics=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    assert {name: answer.headers.get(name) for name in expected} == expected
    assert "Strict-Transport-Security" not in answer.headers


def test_pages_are_not_kept_by_the_browser_but_style_sheets_are(client: FlaskClient) -> None:
    for url in ("/", "/connexion", "/clients/1"):
        assert client.get(url).headers["Cache-Control"] == "no-store"
    sheet = client.get("/static/base.css")
    assert "no-store" not in sheet.headers["Cache-Control"]
    assert client.get("/static/base.css", headers={"If-None-Match": sheet.headers["ETag"]}).status_code == 304


def test_pages_have_no_inline_style_or_script(client: FlaskClient) -> None:
    for url in ("/", "/accessibilite", "/n-existe-pas"):
        text = client.get(url).text
        assert " style=" not in text
        assert "<style" not in text
        assert "javascript:" not in text
        assert " onclick=" not in text


def test_the_cookie_is_closed_to_scripts_and_other_sites(anonymous: FlaskClient) -> None:
    cookie = anonymous.get("/connexion").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert "Expires" not in cookie, "it ends with the browser"
    other = anonymous.application.test_client()
    assert "Secure" in other.get("/connexion", base_url="https://localhost").headers["Set-Cookie"]


def test_https_is_enforced_where_it_is_promised(make_app: Callable[..., Flask]) -> None:
    answer = make_app(HTTPS=True).test_client().get("/connexion")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


def test_forwarded_headers_count_only_from_trusted_proxies(make_app: Callable[..., Flask]) -> None:
    headers = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "m.example",
        "X-Forwarded-Port": "8443",
        "X-Forwarded-Prefix": "/ailleurs",
    }
    for proxies, secure in ((0, False), (1, True)):
        app = make_app(PROXIES=proxies)
        seen: list[tuple[str | None, str, str]] = []

        @app.before_request
        def look(seen: list[tuple[str | None, str, str]] = seen) -> None:
            from flask import request

            seen.append((request.remote_addr, request.host, request.root_path))

        answer = app.test_client().get("/connexion", headers=headers)
        assert ("Secure" in answer.headers["Set-Cookie"]) == secure
        assert ("Strict-Transport-Security" in answer.headers) == secure
        assert seen == [("203.0.113.9" if secure else "127.0.0.1", "localhost", "")]


@pytest.mark.parametrize(
    ("proxies", "address"), [(0, "127.0.0.1"), (1, "10.0.0.2"), (2, "203.0.113.9"), (3, "198.51.100.66")]
)
def test_the_visitor_s_address_is_the_one_that_the_first_trusted_proxy_wrote(
    make_app: Callable[..., Flask], sign_in: Callable[..., Any], proxies: int, address: str
) -> None:
    """Each proxy writes whom it heard at the end; what stands before was written by the visitor."""
    app = make_app(PROXIES=proxies)
    app.config["LOGIN_ATTEMPTS_ADDRESS"] = 1
    browser = app.test_client()
    browser.environ_base["HTTP_X_FORWARDED_FOR"] = "198.51.100.66, 203.0.113.9, 10.0.0.2"
    sign_in(browser, "quelqu", "mauvais mot de passe")
    with app.extensions["database"].session() as session:
        assert [row.address for row in session.query(LoginAttempt)] == [address]


def test_https_is_read_from_the_first_trusted_proxy(make_app: Callable[..., Flask]) -> None:
    for proxies, forwarded, secure in (
        (0, "https", False),
        (1, "http, https", True),
        (1, "https, http", False),
        (2, "https, http", True),
        (2, "https, http, http", False),
    ):
        headers = {"X-Forwarded-Proto": forwarded}
        answer = make_app(PROXIES=proxies).test_client().get("/connexion", headers=headers)
        assert ("Secure" in answer.headers["Set-Cookie"]) == secure, (proxies, forwarded)
        assert ("Strict-Transport-Security" in answer.headers) == secure, (proxies, forwarded)


def test_only_the_named_hosts_are_served(make_app: Callable[..., Flask]) -> None:
    browser = make_app(HOSTS="credit.example.fr, .interne.example").test_client()
    assert browser.get("/connexion", base_url="http://credit.example.fr").status_code == 200
    assert browser.get("/connexion", base_url="http://a.interne.example").status_code == 200
    answer = browser.get("/connexion", base_url="http://mechant.example")
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert answer.text == "Ce nom de domaine n’est pas servi ici."


@pytest.mark.parametrize("host", [".", "..", ".a", "a..b", "a" * 300])
@pytest.mark.parametrize(
    "path", ["/connexion", "/clients/157083", "/rien", "/api/v1/scores", "/static/base.css"]
)
def test_what_is_no_name_of_a_host_is_refused(app: Flask, host: str, path: str) -> None:
    """Addresses cannot be made for it: whoever was not signed in got a 500."""
    answer = app.test_client().get(path, headers={"Host": host})
    assert answer.status_code == 400
    if path.startswith("/api"):
        assert answer.get_json()["title"] == "Demande incorrecte"
    else:
        assert (answer.mimetype, answer.text) == ("text/plain", "Ce nom de domaine n’est pas servi ici.")


@pytest.mark.parametrize("host", ["localhost", "mechant.example", "mechant.example:81"])
@pytest.mark.parametrize(
    ("path", "led"),
    [
        ("/clients//157083", "/clients/157083"),
        ("/clients//157083?x=//y", "/clients/157083?x=//y"),
        ("/api//v1/openapi.json", "/api/v1/openapi.json"),
    ],
)
def test_two_slashes_for_one_lead_nowhere_else(client: FlaskClient, host: str, path: str, led: str) -> None:
    """The name of the site that a request gives was repeated: a forged one led away."""
    kept = client.get_cookie("session")
    assert kept
    # A browser has no session under another name of the site; who forges requests may send one.
    sent = {"Host": host, "Cookie": f"session={kept.value}"}
    answer = client.application.test_client(use_cookies=False).get(
        "/", headers=sent, environ_overrides=_of(path)
    )
    assert (answer.status_code, answer.location) == (308, led)


def _of(path: str) -> dict[str, str]:
    """What a server makes of a path; the test client would take two slashes at its beginning for a host."""
    plain, _, query = path.partition("?")
    return {"PATH_INFO": plain, "QUERY_STRING": query, "REQUEST_URI": path}


def test_a_form_without_its_token_is_refused(app: Flask, client: FlaskClient) -> None:
    assert client.post("/deconnexion").status_code == 400
    sent = {"identifiant": "bruno", "mot_de_passe": "une suite de quelques mots"}
    stranger = app.test_client()
    assert stranger.post("/connexion", data=sent).status_code == 422
    assert stranger.get("/").status_code == 303


def test_a_form_that_is_too_big_is_refused(client: FlaskClient) -> None:
    form = "numero="
    for size, status in ((1024 * 1024, 422), (1024 * 1024 + 1, 413)):
        body = form + "1" * (size - len(form))
        kind = "application/x-www-form-urlencoded"
        assert client.post("/", data=body, content_type=kind).status_code == status
