"""What is served when files are damaged, and while others are published: all of it, or nothing."""

import logging
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pretadepenser import create_app, storage
from pretadepenser.credit.model import scoring
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.records import tokens
from pretadepenser.web import resources

PEOPLE = "Les données de l’application ne sont pas celles qui ont été enregistrées"


def turn(path: Path, place: int) -> None:
    """Change one bit of a file that keeps its size and time."""
    times = path.stat()
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.fixture
def logged(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lines of the application's log."""
    lines: list[str] = []
    handler = app.logger.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    monkeypatch.setattr(handler, "emit", lambda record: lines.append(handler.format(record)))
    return lines


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask, sign_in: Callable[..., object]) -> FlaskClient:
    browser = app.test_client()
    sign_in(browser)
    return browser


def begin(app: Flask) -> None:
    """Open the files anew, as a worker that starts."""
    app.extensions.pop("shelf", None)


@pytest.mark.parametrize(
    "damaged",
    [
        "portfolio/numbers.npy", "portfolio/clients.arrow", "portfolio/card.json", "portfolio/brackets.npy",
        "portfolio/ladders.npy", "portfolio/seal.json", "model/card.json", "model/model.ubj",
        "model/insight.json",
    ],
)  # fmt: skip
def test_one_changed_bit_serves_nobody(
    app: Flask, client: FlaskClient, logged: list[str], portfolio: Portfolio, damaged: str
) -> None:
    """A page of 100003 with the file of 100002 came of one bit."""
    path = app.config["INSTANCE"] / damaged
    turn(path, path.stat().st_size * 3 // 4)
    begin(app)
    number = int(portfolio.numbers()[7])
    answer = client.get(f"/clients/{number}")
    assert answer.status_code == 503
    assert PEOPLE in answer.text
    assert str(path.parent) not in answer.text
    assert any(path.name in line for line in logged)
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json is not None
    assert ready.json[damaged.split("/", maxsplit=1)[0]] == "indisponible"
    browser = app.test_client()
    token = tokens.add_token(app.extensions["database"], "agence")
    told = browser.get(f"/api/v1/clients/{number}/score", headers={"Authorization": f"Bearer {token}"})
    assert (told.status_code, told.mimetype) == (503, "application/problem+json")
    assert told.get_json()["detail"] == (
        "Le portefeuille ou le modèle est inutilisable : prévenez l’administrateur."
    )


def test_turned_scores_compare_nobody(app: Flask, client: FlaskClient, portfolio: Portfolio) -> None:
    margins = app.config["INSTANCE"] / "scores" / scoring.MARGINS
    turn(margins, margins.stat().st_size - 1)
    begin(app)
    number = int(portfolio.numbers()[7])
    assert client.get(f"/clients/{number}").status_code == 200
    assert client.get(f"/clients/{number}/comparaison?groupe=accordes").status_code == 503


def test_scores_whose_card_has_changed_are_not_said_to_be_missing(
    app: Flask, client: FlaskClient, portfolio: Portfolio
) -> None:
    """They are found by their card, and were told as not computed yet (422)."""
    turn(app.config["INSTANCE"] / "scores" / "card.json", 20)
    begin(app)
    number = int(portfolio.numbers()[7])
    assert client.get(f"/clients/{number}/comparaison?groupe=accordes").status_code == 503


def test_no_amount_of_the_model_is_told_beside_a_damaged_portfolio(app: Flask, client: FlaskClient) -> None:
    """Currency and scale are the portfolio's: amounts were shown a hundred times too large without them."""
    assert "ceux des données divisés par 100" in " ".join(client.get("/modele").text.split())
    turn(app.config["INSTANCE"] / "portfolio" / "numbers.npy", 500)
    begin(app)
    for address in ("/modele", "/modele?donnee=AMT_CREDIT", "/modele/graphiques/dependance.csv"):
        answer = client.get(address)
        assert (answer.status_code, PEOPLE in answer.text) == (503, True), address
    assert client.get("/accessibilite").status_code == 200


@pytest.mark.parametrize("name", ["portfolio", "model"])
@pytest.mark.parametrize("how", ["loop", "unreadable", "file"])
def test_what_the_disk_refuses_is_503(
    app: Flask, client: FlaskClient, portfolio: Portfolio, name: str, how: str
) -> None:
    link = app.config["INSTANCE"] / name
    folder = link.resolve()
    if how == "unreadable":
        # A folder where a file is wanted: the tests run as root, whom no permission stops.
        (folder / "card.json").unlink()
        (folder / "card.json").mkdir()
    else:
        link.unlink()
        link.symlink_to(name if how == "loop" else link.with_name("secret.key"))
        link.with_name("secret.key").touch()
    begin(app)
    assert client.get(f"/clients/{int(portfolio.numbers()[7])}").status_code == 503
    assert client.get("/readyz").status_code == 503


def test_what_is_put_right_is_served_again(
    app: Flask, client: FlaskClient, portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "PATIENCE", 0.0)
    path = app.config["INSTANCE"] / "portfolio" / "numbers.npy"
    number = int(portfolio.numbers()[7])
    turn(path, 500)
    begin(app)
    assert client.get(f"/clients/{number}").status_code == 503
    turn(path, 500)
    assert client.get(f"/clients/{number}").status_code == 200


def test_comparison_by_decision_goes_on_while_a_model_is_trained(
    app: Flask, client: FlaskClient, portfolio: Portfolio, tmp_path: Path
) -> None:
    """Scores of a model that is not in place yet do not take the place of those that are in use."""
    instance = app.config["INSTANCE"]
    address = f"/clients/{int(portfolio.numbers()[7])}/comparaison?groupe=accordes"
    assert client.get(address).status_code == 200
    model = scoring.current_model(instance)
    assert model
    before = {path.name for path in instance.glob("scores.*")}
    shutil.copytree(model.folder, tmp_path / "next")
    with storage.publish(instance, scoring.SCORES, also=scoring._in_use(instance)) as folder:
        (folder / "card.json").write_text('{"portfolio": "x", "model": "y"}')
    assert {path.name for path in instance.glob("scores.*")} > before
    fresh = create_app({"INSTANCE": instance, "TESTING": True})
    with fresh.test_request_context():
        assert resources.scores() is not None


@pytest.mark.parametrize(
    ("whole", "since", "serves"), [(True, 3600.0, True), (False, 0.0, True), (False, 1.5, False)]
)
def test_what_is_whole_is_opened_once_and_what_is_not_looked_at_again_after_a_second(
    instance: Path, portfolio: Portfolio, model: Model, *, whole: bool, since: float, serves: bool
) -> None:
    marks = (storage.mark(instance, "portfolio"), storage.mark(instance, "model"))
    assert None not in marks
    scores = scoring.current_scores(instance, portfolio, model) if whole else None
    assert (scores is not None) == whole
    opened = resources.Opened(marks, portfolio, model, scores, time.monotonic() - since)
    assert opened.serves(marks) is serves
    assert opened.serves((marks[0], None)) is False


def test_contributions_are_looked_up_at_once_or_soon_and_are_the_same(
    app: Flask, portfolio: Portfolio
) -> None:
    """Before the fork at once; of what is published later whoever asks first does not wait for it."""
    found = portfolio.client(int(portfolio.numbers()[7]))
    assert found
    instance: Path = app.config["INSTANCE"]
    with app.test_request_context():
        first = resources.model()
        row = found.values
        assert first.tabulated
        told = scoring.score_row(first, row, 0.48)
    with storage.publish(instance, "model") as draft:
        shutil.copytree((instance / "model").resolve(), draft, dirs_exist_ok=True)
    with app.test_request_context():
        second = resources.model()
        assert second is not first
        assert scoring.score_row(second, row, 0.48) == told
    until = time.monotonic() + 20
    while not second.tabulated and time.monotonic() < until:
        time.sleep(0.05)
    assert second.tabulated
    assert scoring.score_row(second, row, 0.48) == told
