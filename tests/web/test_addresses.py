"""Addresses that are made once: under which path, of which client, and never what somebody typed."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pretadepenser.credit.portfolio import current_portfolio

KNOWN = 157083


@pytest.fixture
def browser(make_app: Callable[..., Flask], sign_in: Callable[..., object]) -> FlaskClient:
    """Somebody signed in to an application of their own, which has made no address yet."""
    browser = make_app().test_client()
    sign_in(browser)
    return browser


def addresses(browser: FlaskClient, number: int, root: str = "") -> list[str]:
    """All addresses of links, pictures, files and forms on a client's page, as mounted under a path."""
    answer = browser.get(f"/clients/{number}", environ_overrides={"SCRIPT_NAME": root})
    assert answer.status_code == 200
    found = re.findall(r' (?:href|src|action|srcset|formaction)="([^"#]+)"', answer.text)
    assert len(found) > 25
    return found


def test_each_client_has_their_own(browser: FlaskClient, trained: Path) -> None:
    portfolio = current_portfolio(trained)
    assert portfolio
    first, second = portfolio.numbers()[:2].tolist()
    for number in (first, second, first):
        theirs = [one for one in addresses(browser, number) if "/clients/" in one]
        assert len(theirs) == 15
        assert all(one.startswith(f"/clients/{number}") for one in theirs), theirs


def test_they_stand_under_the_path_of_the_request(browser: FlaskClient) -> None:
    plain = addresses(browser, KNOWN)
    assert all(one.startswith("/") and not one.startswith("/pret/") for one in plain)
    assert addresses(browser, KNOWN, "/pret") == [f"/pret{one}" for one in plain]
    assert addresses(browser, KNOWN) == plain


def test_what_is_typed_is_not_kept(browser: FlaskClient) -> None:
    kept = browser.application.extensions["addresses"].cache_info
    browser.get(f"/clients/{KNOWN}/comparaison")
    before = kept().currsize
    for value in ("AMT_CREDIT", "AMT_ANNUITY", "AMT_INCOME_TOTAL"):
        assert browser.get(f"/clients/{KNOWN}/comparaison?x={value}&y=AMT_GOODS_PRICE").status_code in (
            200,
            422,
        )
    assert kept().currsize == before
