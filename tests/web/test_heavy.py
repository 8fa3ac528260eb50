"""Heavy work has its slots, and processes of its own that end with their server; pages go on answering."""

import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pretadepenser.credit.dictionary import COLUMNS
from pretadepenser.credit.portfolio import current_portfolio
from pretadepenser.records import tokens
from pretadepenser.web import heavy
from tests.web.test_gunicorn import CLIENT, Server, records, running, with_advisor

CROSSED = f"{CLIENT}/comparaison?donnee=AMT_CREDIT&avec=AMT_ANNUITY"
# Of a batch that a system sends.
ROWS = 100
SENTENCE = "L’application fait déjà d’autres calculs longs. Recommencez dans quelques secondes."


@pytest.mark.parametrize(("threads", "slots"), [(1, 1), (2, 1), (3, 1), (4, 2), (8, 4), (64, 32)])
def test_half_of_the_threads_may_be_busy(threads: int, slots: int) -> None:
    assert heavy.slots(threads) == slots


@pytest.mark.parametrize(("threads", "each"), [(1, 1), (4, 1), (8, 2), (64, 16)])
def test_each_kind_of_work_has_half_of_the_slots_as_processes(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, threads: int, each: int
) -> None:
    made = []

    class Pool:
        def __init__(self, processes: int, *_: object) -> None:
            made.append(processes)

        def submit(self, *_: object) -> None:
            """Nothing is begun."""

    monkeypatch.setattr(heavy, "ProcessPoolExecutor", Pool)
    heavy.start(make_app(THREADS=threads))
    assert made == [each, each]


def test_where_all_slots_are_taken_one_is_told_to_come_back(
    make_app: Callable[..., Flask], sign_in: Callable[..., object]
) -> None:
    app = make_app(THREADS=2)
    browser = app.test_client()
    sign_in(browser)
    token = tokens.add_token(app.extensions["database"], "système")
    system = {"Authorization": f"Bearer {token}"}
    with app.app_context(), heavy.slot():
        for path in (f"{CLIENT}/entretien.pdf", CROSSED):
            answer = browser.get(path)
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "2"
            assert "<title>Trop de demandes en même temps" in answer.text
            assert SENTENCE in answer.text.replace("\xa0", " ")
        answer = app.test_client().post("/api/v1/scores", headers=system, json=[{"SK_ID_CURR": 1}])
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json()["detail"] == (
            "Trop de calculs longs sont demandés en ce moment. Recommencez dans quelques secondes."
        )
        # What is not heavy waits for none of it.
        for path in (CLIENT, f"{CLIENT}/comparaison", f"{CLIENT}/entretien", f"{CLIENT}/leviers"):
            assert browser.get(path).status_code == 200
    assert browser.get(CROSSED).status_code == 200
    answer = app.test_client().post("/api/v1/scores", headers=system, json=[{"SK_ID_CURR": 1}])
    assert answer.status_code == 422


def test_a_slot_is_waited_for_by_few_and_not_for_long(
    make_app: Callable[..., Flask], sign_in: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heavy, "PATIENCE", 1.0)
    app = make_app(THREADS=4)
    browsers = [app.test_client() for _ in range(2)]
    for browser in browsers:
        sign_in(browser)

    def crossing(browser: FlaskClient) -> tuple[int, bool]:
        asked = time.monotonic()
        return browser.get(CROSSED).status_code, time.monotonic() - asked >= 1

    with app.app_context(), heavy.slot():
        with heavy.slot(), ThreadPoolExecutor(2) as pool:
            # One waits, the other is sent away at once.
            assert sorted(pool.map(crossing, browsers)) == [(503, False), (503, True)]
        assert crossing(browsers[0])[0] == 200


@pytest.fixture(scope="module")
def instance(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder of this module's own, with the advisor agathe."""
    return with_advisor(trained, tmp_path_factory.mktemp("heavy"))


@pytest.fixture(scope="module")
def server(instance: Path) -> Iterator[Server]:
    """A server of two workers that an advisor is signed in to."""
    with running(instance) as server:
        yield server


def test_pages_answer_while_systems_send_batches(server: Server, instance: Path) -> None:
    token = tokens.add_token(records(instance), "charge")
    portfolio = current_portfolio(instance)
    assert portfolio
    client = portfolio.client(157083)
    assert client
    row = {name: client.values[name] for name in COLUMNS}
    body = json.dumps([row | {"SK_ID_CURR": number} for number in range(1, ROWS + 1)])
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    read = threading.Event()

    def send(_: int) -> list[tuple[int, str | None, int]]:
        """Send batches for as long as pages are asked for, each at once but after a refusal."""
        sent: list[tuple[int, str | None, int]] = []
        while not sent or not read.wait(0.2 if sent[-1][0] == 503 else 0):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            connection.request("POST", "/api/v1/scores", body, headers)
            answer = connection.getresponse()
            got = json.loads(answer.read())
            sent.append((answer.status, answer.getheader("Retry-After"), len(got.get("scores", ()))))
            connection.close()
        return sent

    with ThreadPoolExecutor(8) as pool:
        sending = [pool.submit(send, number) for number in range(8)]
        try:
            pages = [server.get(CLIENT)[0] for _ in range(10)]
        finally:
            read.set()
        answers = [one for sent in sending for one in sent.result()]
    assert pages == [200] * 10
    assert set(answers) <= {(200, None, ROWS), (503, "2", 0)}
    assert (200, None, ROWS) in answers


def test_what_works_apart_leaves_signals_to_its_server(server: Server) -> None:
    """Ctrl-C on a terminal, or its closing, reaches all processes: the server's own decide what ends when."""
    apart = [one for worker in server.wait_for_workers() for one in server.children(worker)]
    for one in apart:
        for sent in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGWINCH):
            os.kill(one, sent)
    assert server.request_bytes(f"{CLIENT}/entretien.pdf")[0] == 200
    assert [one for worker in server.wait_for_workers() for one in server.children(worker)] == apart


def test_what_works_apart_ends_with_its_server(server: Server) -> None:
    worker = min(server.wait_for_workers())
    apart = server.children(worker)
    assert len(apart) == 2
    for one in apart:
        assert os.getpriority(os.PRIO_PROCESS, one) == os.getpriority(os.PRIO_PROCESS, worker) + 10
    os.kill(worker, signal.SIGKILL)
    gone_by = time.monotonic() + 10
    while any(Path(f"/proc/{one}").exists() for one in apart):
        assert time.monotonic() < gone_by
        time.sleep(0.05)
    server.wait_for_workers(gone={worker})
    assert server.get(CLIENT)[0] == 200


def test_a_sheet_cut_short_is_told_and_the_next_one_is_made(server: Server) -> None:
    before = server.wait_for_workers()
    for worker in before:
        for one in server.children(worker):
            os.kill(one, signal.SIGKILL)
    statuses = []
    while (answer := server.request_bytes(f"{CLIENT}/entretien.pdf"))[0] != 200:
        statuses.append(answer[0])
        assert len(statuses) < 100
        time.sleep(0.2)
    assert set(statuses) <= {503}
    assert answer[1].startswith(b"%PDF-1.7")
    assert "Un calcul long (pdf) a été interrompu : " in server.log.read_text()
