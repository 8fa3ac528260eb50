"""Compression: what gains by it is sent small and unchanged, and never to another site's requests."""

import gzip
import re
from collections.abc import Callable

import brotli
import pytest
from backports import zstd
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pretadepenser.records import tokens
from pretadepenser.web import watch
from tests.conftest import PASSWORD
from tests.web.conftest import token_of
from tests.web.test_meeting import needs_pango

BROWSER = "gzip, deflate, br, zstd"
SMALL = [
    "/clients/157083",
    "/clients/157083/comparaison",
    "/clients/157083/graphiques/score.svg",
    "/modele/graphiques/sens.csv",
    "/modele/fiche.md",
    "/static/components.css",
    "/static/session.js",
    "/veille/images/categories.svg",
    "/veille/chiffres/fiabilite.csv",
]
DECOMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": zstd.decompress,
    "br": brotli.decompress,
    "gzip": gzip.decompress,
}


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    """A browser in which agathe is signed in, that takes answers as they come."""
    browser = FlaskClient(app, app.response_class, use_cookies=True)
    form = {"identifiant": "agathe", "mot_de_passe": PASSWORD}
    form["csrf_token"] = token_of(browser.get("/connexion").text)
    assert browser.post("/connexion", data=form).status_code == 303
    return browser


def get(browser: FlaskClient, url: str, accepted: str, **headers: str) -> TestResponse:
    """Fetch for a browser that accepts some encodings."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return browser.get(url, headers={"Accept-Encoding": accepted, **named})


def unsigned(page: bytes) -> bytes:
    """A page without what differs each time: CSRF tokens, which are signed anew, and the seconds left."""
    return re.sub(rb'value="[^"]{60,}"|data-remaining="\d+"', b"", page)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        (BROWSER, "zstd"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate", "gzip"),
        ("zstd", "zstd"),
        ("br", "br"),
    ],
)
@pytest.mark.parametrize("url", SMALL)
def test_text_is_sent_small_and_whole(client: FlaskClient, url: str, accepted: str, encoding: str) -> None:
    plain = client.get(url)
    assert plain.status_code == 200
    assert "Content-Encoding" not in plain.headers
    small = get(client, url, accepted)
    assert small.headers["Content-Encoding"] == encoding
    assert small.content_length == len(small.data) < 0.6 * len(plain.data)
    assert unsigned(DECOMPRESS[encoding](small.data)) == unsigned(plain.data)
    assert small.headers["Content-Type"] == plain.headers["Content-Type"]
    for answer in (plain, small):
        assert "Accept-Encoding" in [one.strip() for one in answer.headers["Vary"].split(",")]


@pytest.mark.parametrize(
    "accepted", ["", "identity", "deflate, compress", "zstd;q=0, identity", "br;q=0, identity"]
)
def test_who_understands_none_is_sent_the_text(client: FlaskClient, accepted: str) -> None:
    answer = get(client, "/clients/157083", accepted)
    assert "Content-Encoding" not in answer.headers
    assert "157083" in answer.text


def test_what_is_compressed_in_itself_or_tiny_stays_as_it_is(client: FlaskClient) -> None:
    photo = next(path.name for path in sorted(watch.RESULTS.glob("photo-*.webp")))
    for url in (f"/veille/images/{photo}", "/healthz", "/static/favicon.svg"):
        plain, answer = client.get(url), get(client, url, BROWSER)
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer.headers
        assert answer.data == plain.data


@needs_pango
def test_the_pdf_is_not_compressed_twice(client: FlaskClient) -> None:
    answer = get(client, "/clients/157083/entretien.pdf", BROWSER)
    assert answer.data.startswith(b"%PDF")
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize(
    "url",
    [
        "/clients/157083",
        "/static/base.css",
        "/static/session.js",
        "/clients/157083/graphiques/score.svg",
    ],
)
def test_head_tells_what_get_would(client: FlaskClient, url: str) -> None:
    whole = get(client, url, BROWSER)
    head = client.head(url, headers={"Accept-Encoding": BROWSER})
    assert head.data == b""
    for name in ("Content-Encoding", "Content-Type", "ETag", "Vary", "Cache-Control"):
        assert head.headers.get(name) == whole.headers.get(name)
    # The token of a page may compress a little better or worse.
    assert head.content_length == pytest.approx(whole.content_length, abs=20)


@pytest.mark.parametrize("url", ["/static/base.css", "/veille/images/categories.svg"])
def test_each_encoding_of_a_file_is_known_by_its_own_name(client: FlaskClient, url: str) -> None:
    names = {
        accepted: get(client, url, accepted).headers["ETag"]
        for accepted in ("identity", "gzip", "br", "zstd")
    }
    assert len(set(names.values())) == 4
    for accepted, name in names.items():
        again = get(client, url, accepted, If_None_Match=name)
        assert again.status_code == 304
        assert again.data == b""
        assert "Content-Encoding" not in again.headers
        assert again.headers["ETag"] == name
        assert "Accept-Encoding" in again.headers["Vary"]
    assert get(client, url, "br", If_None_Match=names["gzip"]).status_code == 200


@pytest.mark.parametrize(
    ("site", "encoding"),
    [("cross-site", None), ("same-site", None), ("same-origin", "zstd"), ("none", "zstd")],
)
def test_no_length_tells_another_site_what_a_page_holds(
    client: FlaskClient, site: str, encoding: str | None
) -> None:
    for url in ("/", "/clients/157083/comparaison?donnee=AMT_CREDIT"):
        answer = get(client, url, BROWSER, Sec_Fetch_Site=site)
        assert answer.headers.get("Content-Encoding") == encoding


def test_the_api_is_compressed_for_programs_that_ask(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    system = app.test_client()
    token = tokens.add_token(app.extensions["database"], "agence")
    system.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    url = "/api/v1/clients/157083/score"
    plain, small = system.get(url), get(system, url, "gzip")
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == plain.data
    assert get(system, "/api/v1/openapi.json", "br").headers["Content-Encoding"] == "br"
