"""Static files: kept for a year under the fingerprint of their content, asked again under other addresses."""

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers

STATIC = Path(__file__).parents[2] / "static"
FOR_EVER = {"public", "max-age=31536000", "immutable"}


def linked(browser: FlaskClient) -> dict[str, str]:
    """Addresses that a page's head links to, by the name of their file."""
    text = browser.get("/accessibilite").text
    urls = re.findall(r'<link rel="(?:icon|stylesheet)" href="([^"]+)"', text)
    return {re.split(r"[/?]", url)[2]: url for url in urls}


def directives(headers: Headers) -> set[str]:
    """What Cache-Control says."""
    return set(headers["Cache-Control"].split(", "))


@pytest.fixture
def anonymous(make_app: Callable[..., Flask]) -> FlaskClient:
    """A browser that nobody signed in with: static files are public."""
    return make_app().test_client()


@pytest.mark.parametrize("signed_in", [False, True])
def test_every_file_of_a_page_is_kept_for_a_year(
    anonymous: FlaskClient, sign_in: Callable[..., object], signed_in: bool
) -> None:
    if signed_in:
        sign_in(anonymous)
    urls = linked(anonymous)
    assert set(urls) == {"favicon.svg", "tokens.css", "base.css", "components.css", "print.css"}
    for name, url in urls.items():
        content = (STATIC / name).read_bytes()
        assert url == f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"
        for method in ("GET", "HEAD"):
            answer = anonymous.open(url, method=method, headers={"Accept-Encoding": "identity"})
            assert answer.status_code == 200
            assert answer.data == (content if method == "GET" else b"")
            assert directives(answer.headers) == FOR_EVER
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "Set-Cookie" not in answer.headers
            assert answer.headers["Vary"] == "Accept-Encoding"


def test_a_slash_more_is_no_fault_and_no_address(anonymous: FlaskClient) -> None:
    """It was a 500: a file is no folder."""
    right = hashlib.sha256((STATIC / "base.css").read_bytes()).hexdigest()[:12]
    for query in ("", f"?v={right}"):
        answer = anonymous.get(f"/static/base.css/{query}")
        assert answer.data == (STATIC / "base.css").read_bytes()
        assert directives(answer.headers) == {"no-cache"}


@pytest.mark.parametrize("query", ["", "?v=", "?v=000000000000", "?w=1"])
def test_another_address_is_asked_again_each_time(anonymous: FlaskClient, query: str) -> None:
    answer = anonymous.get(f"/static/base.css{query}")
    assert answer.data == (STATIC / "base.css").read_bytes()
    assert directives(answer.headers) == {"no-cache"}
    again = anonymous.get(f"/static/base.css{query}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert directives(again.headers) == {"no-cache"}


@pytest.mark.parametrize("path", ["rien.css", "../wsgi.py", "%2e%2e/wsgi.py"])
def test_what_is_no_static_file_is_not_kept(anonymous: FlaskClient, path: str) -> None:
    answer = anonymous.get(f"/static/{path}?v={hashlib.sha256(b'').hexdigest()[:12]}")
    assert answer.status_code == 404
    assert directives(answer.headers) == {"no-store"}
    assert anonymous.options(f"/static/{path}").status_code == 200


def test_an_update_under_a_running_application_is_never_kept_under_the_old_address(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    app = make_app()
    app.static_folder = str(shutil.copytree(STATIC, tmp_path / "static"))
    browser = app.test_client()
    old = linked(browser)["base.css"]
    assert directives(browser.get(old).headers) == FOR_EVER
    sheet = tmp_path / "static" / "base.css"
    sheet.write_text("body { margin: 0 }", "utf-8")
    os.utime(sheet, (2_000_000_000, 2_000_000_000))
    answer = browser.get(old)
    assert answer.text == "body { margin: 0 }"
    assert directives(answer.headers) == {"no-cache"}
    new = linked(browser)["base.css"]
    assert new != old
    assert directives(browser.get(new).headers) == FOR_EVER


def test_a_part_of_a_file_is_counted_in_its_own_bytes(anonymous: FlaskClient) -> None:
    url = linked(anonymous)["components.css"]
    content = (STATIC / "components.css").read_bytes()
    headers = {"Range": "bytes=10-5009", "Accept-Encoding": "br, gzip"}
    part = anonymous.get(url, headers=headers)
    assert part.status_code == 206
    assert part.data == content[10:5010]
    assert part.headers["Content-Range"] == f"bytes 10-5009/{len(content)}"
    assert "Content-Encoding" not in part.headers
    assert directives(part.headers) == FOR_EVER
    # A part of the compressed file is not to be had: who holds its beginning is given the whole.
    whole = anonymous.get(url, headers={"Accept-Encoding": "br"})
    rest = anonymous.get(url, headers={**headers, "If-Range": whole.headers["ETag"]})
    assert rest.status_code == 200
    assert rest.data == whole.data
    assert anonymous.get(url, headers={"Range": f"bytes={len(content)}-"}).status_code == 416


def test_dark_and_forced_colours_change_colours_alone() -> None:
    """What axe-core finds in the structure of a page, it finds in one of these displays as in all."""
    changed = []
    for path in STATIC.glob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
        blocks = re.findall(
            r"@media \((?:prefers-color-scheme|forced-colors)[^{]*\{((?:[^{}]*\{[^{}]*\})*)\s*\}", text
        )
        assert len(blocks) == len(re.findall("prefers-color-scheme|forced-colors", text)), path.name
        changed += re.findall(r"([\w-]+):[^;{}]+;", " ".join(blocks))
    assert len(changed) > 10
    assert [
        one for one in changed if not one.startswith("--") and not one.endswith(("color", "color-scheme"))
    ] == []
