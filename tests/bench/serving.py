"""A real gunicorn with two workers: pages a second, what heavy work and idle connections cost an advisor."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

import numpy as np

from pretadepenser.credit.dictionary import COLUMNS
from pretadepenser.credit.portfolio import current_portfolio
from pretadepenser.records import tokens
from tests.bench.ground import PASSWORD, USER, Ground, line, median, p99, simulated, title
from tests.web.test_gunicorn import Server, start

EACH = 150
ROWS = 10_000


@dataclass(frozen=True)
class Asked:
    """One request: method, address, body and its type."""

    path: str
    method: str = "GET"
    body: bytes | None = None
    kind: str = "application/x-www-form-urlencoded"


@dataclass
class Load:
    """A server, whom it knows, and the clients to ask for."""

    server: Server
    numbers: list[int]
    token: str

    def clients(self, count: int) -> list[Asked]:
        """Pages of so many clients."""
        return [Asked(f"/clients/{number}") for number in self.numbers[:count]]


def run(ground: Ground) -> None:
    """Ask for pages as 1, 8 and 64 advisors, alone and beside PDF sheets, batches and idle connections."""
    portfolio = current_portfolio(ground.instance)
    assert portfolio
    numbers = np.random.default_rng(1).choice(portfolio.numbers(), 8 * EACH).tolist()
    client = portfolio.client(int(numbers[0]))
    assert client
    row = {name: client.values[name] for name in COLUMNS}
    rows = json.dumps([row | {"SK_ID_CURR": number + 1} for number in range(ROWS)]).encode()
    token = tokens.add_token(ground.app.extensions["database"], "bench")
    with _served(ground, numbers, token) as load:
        _rates(load)
        _beside(load, rows)
        _idle(load)


@contextmanager
def _served(ground: Ground, numbers: list[int], token: str) -> Iterator[Load]:
    server = start(ground.instance)
    try:
        server.wait()
        assert server.sign_in(USER, PASSWORD) == 303
        yield Load(server, numbers, token)
    finally:
        server.process.terminate()
        server.process.wait(40)


def _rates(load: Load) -> None:
    title("gunicorn, 2 workers (load from the same machine)")
    for users in (1, 8, 64):
        told(f"client page, {users} users", load, load.clients(min(8 * EACH, users * EACH)), users)
    simulations = []
    for path in (f"/clients/{number}/simulation" for number in load.numbers[:60]):
        _, page, cookie = load.server.request("GET", path)
        # The first form of a session brings its token along in the cookie.
        load.server.cookie = cookie or load.server.cookie
        typed = simulated(page)
        # A few clients would be unlike any known one: their answer is a form with an error.
        if load.server.request("POST", path, typed)[0] == 200:
            simulations.append(Asked(path, "POST", urlencode(typed).encode()))
    # As many as of client pages: the first of a server, which compile and load what they need, are not all.
    told("simulation, answer, 8 users", load, 8 * simulations, 8)
    told("health check, 8 users", load, [Asked("/healthz")] * (8 * EACH), 8)
    sheets = [Asked(f"/clients/{number}/entretien.pdf") for number in load.numbers[:60]]
    told("meeting sheet, PDF, 4 users (told to come back: again)", load, sheets, 4)


def _beside(load: Load, rows: bytes) -> None:
    title("One advisor's client pages beside heavy work")
    pages = load.clients(200)
    quiet = told("alone", load, pages, 1)
    sheets = [Asked(f"/clients/{number}/entretien.pdf") for number in load.numbers]
    batch = Asked("/api/v1/scores", "POST", rows, "application/json")
    for name, asked in (("8 PDF callers", sheets), (f"8 API callers of {ROWS} rows", [batch])):
        with _meanwhile(load, asked, 8):
            busy = told(name, load, pages, 1)
        line("  p99 against alone", f"× {p99(busy) / p99(quiet):.1f}")


def _idle(load: Load) -> None:
    title("One advisor's client pages beside connections that never ask")
    with ExitStack() as stack:
        for _ in range(500):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", load.server.port)))
            sock.sendall(b"GET / HTTP/1.1\r\nHost: 127.0")
        told("500 idle connections", load, load.clients(200), 1)


def told(name: str, load: Load, asked: Sequence[Asked], users: int) -> list[float]:
    """Ask for all as so many users at once, say how fast it went; milliseconds each."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(users) as pool:
        shares = [asked[index::users] for index in range(users)]
        taken = [one for share in pool.map(partial(_ask, load), shares) for one in share]
    rate = len(asked) / (time.perf_counter() - begun)
    line(name, f"{rate:.0f}/s", f"p50 {median(taken):.1f} ms", f"p99 {p99(taken):.1f} ms")
    return taken


def _ask(load: Load, asked: Sequence[Asked], done: Callable[[], bool] = lambda: False) -> list[float]:
    """Ask for one after the other on one connection; who is told to come back comes back."""
    connection = http.client.HTTPConnection("127.0.0.1", load.server.port, timeout=60)
    taken = []
    for one in asked:
        headers = {"Cookie": load.server.cookie, "Content-Type": one.kind}
        if one.path.startswith("/api/"):
            headers["Authorization"] = f"Bearer {load.token}"
        begun = time.perf_counter()
        status = 503
        while status == 503 and not done():
            try:
                connection.request(one.method, one.path, one.body, headers)
                answer = connection.getresponse()
            except (BrokenPipeError, ConnectionResetError):
                # All slots were taken: a long body is refused before it has been read.
                connection.close()
                time.sleep(0.1)
                continue
            answer.read()
            status = answer.status
            assert status in (200, 429, 503), (one.path, status)
            if status != 200:
                # Whoever is told to come back knows when; anything else is no answer.
                assert answer.getheader("Retry-After"), (one.path, status)
                status = 503
                time.sleep(0.1)
        assert done() or status == 200, (one.path, status)
        taken.append(1000 * (time.perf_counter() - begun))
    connection.close()
    return taken


@contextmanager
def _meanwhile(load: Load, asked: Sequence[Asked], users: int) -> Iterator[None]:
    """So many callers that ask for the same again and again."""
    stop = threading.Event()

    def caller() -> None:
        while not stop.is_set():
            _ask(load, [asked[int(time.time() * 1000) % len(asked)]], stop.is_set)

    callers = [threading.Thread(target=caller) for _ in range(users)]
    for one in callers:
        one.start()
    try:
        time.sleep(1)
        yield
    finally:
        stop.set()
        for one in callers:
            one.join()
