"""What the commands on people's rights take and say, at their limits."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from click.testing import Result
from flask import Flask

from pretadepenser.cli import rights
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.records import erasing, recents, users


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


def hold(app: Flask, number: int, reason: str) -> Result:
    return app.test_cli_runner().invoke(args=["client", "hold", str(number), "--reason", reason])


def test_a_client_of_the_portfolio_alone_can_be_held_by_a_reason_of_200_characters(
    app: Flask, portfolio: Portfolio
) -> None:
    opened, number = app.extensions["database"], int(portfolio.numbers()[5])
    assert not erasing.known(opened, number)
    for reason in ("", "   ", "x" * 201):
        refused = hold(app, number, reason)
        assert (refused.exit_code, erasing.held(opened, number)) == (1, None)
        assert "Le motif doit avoir de 1 à 200 caractères." in refused.output
    done = hold(app, number, f"  {'x' * 200} ")
    assert done.exit_code == 0, done.output
    held = erasing.held(opened, number)
    assert held is not None
    assert held.reason == "x" * 200


def test_of_many_clients_who_come_back_ten_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    day = datetime(2026, 11, 26, 12, tzinfo=UTC)
    rights.say_returned([])
    assert capsys.readouterr().err == ""
    rights.say_returned([(100_000 + one, day) for one in range(13)])
    told = capsys.readouterr().err.replace("\u00a0", " ")
    assert told.startswith(
        "Attention : des clients effacés reviennent avec cet import, 100000 (effacé le 26/11/2026)"
    )
    assert "100009 (effacé le 26/11/2026) et 3 autres. À retirer du fichier" in told
    assert "100010" not in told
    rights.say_returned([(100_000 + one, day) for one in range(11)])
    told = capsys.readouterr().err.replace("\u00a0", " ")
    assert "100009 (effacé le 26/11/2026) et un autre. À retirer du fichier" in told


def test_who_looked_only_at_clients_who_are_gone_is_not_said_to_have_looked_at_none(
    app: Flask, sign_in: Callable[..., object]
) -> None:
    opened, browser = app.extensions["database"], app.test_client()
    (bruno,) = users.list_users(opened)
    recents.remember(opened, bruno.id, 987_654)
    sign_in(browser)
    told = " ".join(browser.get("/").text.split())
    assert "<p>Aucun client à reprendre. Les dix derniers que vous consulterez s’afficheront ici.</p>" in told
    assert "pas encore" not in told
