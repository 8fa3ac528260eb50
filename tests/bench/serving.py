"""Client pages a second from a real gunicorn with two workers, as several advisors ask for them."""

from __future__ import annotations

import http.client
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from pretadepenser.credit.portfolio import current_portfolio
from tests.bench.ground import PASSWORD, USER, Ground, line, median, p99, title
from tests.web.test_gunicorn import start

USERS = 8
EACH = 150


def run(ground: Ground) -> None:
    """Ask for client pages from USERS threads that keep their connections, and for a bare page likewise."""
    server = start(ground.instance)
    try:
        server.wait()
        assert server.sign_in(USER, PASSWORD) == 303
        portfolio = current_portfolio(ground.instance)
        assert portfolio
        numbers = np.random.default_rng(1).choice(portfolio.numbers(), USERS * EACH).tolist()
        title(f"gunicorn, 2 workers, {USERS} users at once (load from the same machine)")
        for name, paths in {
            "health check (no page)": ["/healthz"] * len(numbers),
            "client page": [f"/clients/{number}" for number in numbers],
        }.items():
            begun = time.perf_counter()
            with ThreadPoolExecutor(USERS) as pool:
                shares = [paths[index::USERS] for index in range(USERS)]
                answers = pool.map(lambda share: _ask(server.port, server.cookie, share), shares)
                taken = [one for share in answers for one in share]
            rate = len(paths) / (time.perf_counter() - begun)
            line(name, f"{rate:.0f}/s", f"p50 {median(taken):.1f} ms", f"p99 {p99(taken):.1f} ms")
    finally:
        server.process.terminate()
        server.process.wait(40)


def _ask(port: int, cookie: str, paths: list[str]) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    taken = []
    for path in paths:
        begun = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, (path, answer.status)
        taken.append(1000 * (time.perf_counter() - begun))
    connection.close()
    return taken
