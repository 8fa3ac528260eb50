"""Health checks, and logs that name nobody."""

import logging
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from gunicorn.config import Config

from pretadepenser import create_app
from pretadepenser.web.access_log import DiscreetLogger
from pretadepenser.web.operations import DiscreetFormatter, masked, masked_path


def test_alive_needs_nothing_and_nobody(tmp_path: Path) -> None:
    browser = create_app({"INSTANCE": tmp_path, "TESTING": True}).test_client()
    answer = browser.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_ready_with_portfolio_model_and_database(make_app: Callable[..., Flask]) -> None:
    answer = make_app().test_client().get("/readyz")
    assert answer.json == {"status": "ok", "portfolio": "ok", "model": "ok", "database": "ok"}
    assert answer.status_code == 200


def test_not_ready_says_what_is_missing(tmp_path: Path, trained: Path) -> None:
    app = create_app({"INSTANCE": tmp_path, "TESTING": True})
    missing = "indisponible"
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": missing, "portfolio": missing, "model": missing, "database": missing}
    app.extensions["database"].upgrade()
    shutil.copytree(trained, tmp_path, symlinks=True, dirs_exist_ok=True)
    assert app.test_client().get("/readyz").status_code == 200
    (tmp_path / "model" / "card.json").write_text("{}")
    shutil.copytree(tmp_path / "model", tmp_path / "model.other")
    (tmp_path / "model").unlink()
    (tmp_path / "model").symlink_to("model.other")
    answer = app.test_client().get("/readyz")
    assert answer.json == {"status": missing, "portfolio": "ok", "model": missing, "database": "ok"}


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/clients/157083", "/clients/…"),
        ("/clients/157083/graphiques/raisons.svg", "/clients/…/graphiques/raisons.svg"),
        ("/clients/ 157 083", "/clients/…"),
        ("/api/v1/clients/157083/score", "/api/v1/clients/…/score"),
        ("/clients/157083v1", "/clients/…"),
        ("/", "/"),
        ("/157083", "/…"),
        ("/clients/١٠٠٠٠٢", "/clients/…"),
        ("/a\nb\x1b[31m\x00/c", "/…/c"),
        ("/ligne\nsuivante\u2028", "/ligne?suivante?"),
    ],
)
def test_paths_are_logged_without_numbers(path: str, written: str) -> None:
    assert masked_path(path) == written


def test_addresses_and_numbers_are_masked_but_lines_and_years_are_not() -> None:
    text = "line 1234 in 2026: client 157083 with 1293502.5 € from 192.0.2.1, ip=2001:db8::1"
    assert masked(text) == "line 1234 in 2026: client … with ….5 € from …, …"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("9999", "9999"),
        ("10000", "…"),
        ("99999", "…"),
        ("client=12345,", "client=…,"),
        ("x98765y", "x…y"),
        ("12345.67", "….67"),
        ("8.8.8.8", "…"),
        ("255.255.255.255", "…"),
    ],
)
def test_five_digits_are_a_number_that_is_never_written(text: str, written: str) -> None:
    assert masked(text) == written


@pytest.mark.parametrize(
    ("logger", "level", "written"),
    [
        ("pretadepenser", logging.INFO, "worker … on port 8000"),
        ("pretadepenser", logging.ERROR, "worker … on port 8000"),
        ("gunicorn.error", logging.WARNING, "worker … on port 8000"),
        ("gunicorn.error", logging.INFO, "worker 12345 on port 8000"),
    ],
)
def test_gunicorn_alone_may_say_its_own_numbers(logger: str, level: int, written: str) -> None:
    record = logging.LogRecord(logger, level, "", 1, "worker %d on port %d", (12345, 8000), None)
    assert DiscreetFormatter("%(message)s").format(record) == written


def test_a_failure_is_logged_without_the_client(
    make_app: Callable[..., Flask], sign_in: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app()

    def fail(number: int) -> str:
        raise RuntimeError(f"le client {number} gagne 1293502 €")

    app.view_functions["clients.decision"] = fail

    handler = app.logger.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    assert isinstance(handler.formatter, DiscreetFormatter)
    records: list[str] = []
    monkeypatch.setattr(handler, "emit", lambda record: records.append(handler.format(record)))
    client = app.test_client()
    sign_in(client)
    app.testing = False
    assert client.get("/clients/157083").status_code == 500
    (text,) = records
    assert "RuntimeError: le client … gagne … €" in text
    assert "Traceback" in text
    assert "157083" not in text


@pytest.mark.parametrize(
    ("method", "written"),
    [("GET", "GET"), ("PROPFIND", "PROPFIND"), ("157083", "?"), ("ÉCRIRE", "?"), ("GET1", "?"), ("", "?")],
)
def test_a_method_is_logged_only_if_it_is_a_word(method: str, written: str) -> None:
    """gunicorn takes anything for a method, a client's number too."""
    logger = DiscreetLogger.__new__(DiscreetLogger)
    answer, asked = SimpleNamespace(status="200 OK", sent=5, headers=[]), SimpleNamespace(headers=[])
    environ = {"REQUEST_METHOD": method, "RAW_URI": "/", "SERVER_PROTOCOL": "HTTP/1.1", "PATH_INFO": "/"}
    assert logger.atoms(answer, asked, environ, timedelta(0))["m"] == written


def test_no_client_number_is_written_to_the_error_log(tmp_path: Path) -> None:
    """gunicorn's own messages have whole paths in them: its handler masks what it writes."""
    log = tmp_path / "error.log"
    config = Config()
    config.set("errorlog", str(log))
    logger = DiscreetLogger(config)
    logger.error("Error handling request /clients/157083?seed=157083")
    for handler in logger.error_log.handlers:
        handler.flush()
    written = log.read_text()
    assert "Error handling request /clients/" in written
    assert "157083" not in written
