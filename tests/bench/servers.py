"""Servers side by side on one portfolio: pages a second, memory, a reload, 500 idle connections, an end.

gunicorn's own workers run with `gunicorn.conf.py` and nothing changed but their class. gevent and granian
are in no lock: who wants their lines installs them (`pip install gevent granian`).
"""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np

from pretadepenser.credit.portfolio import current_portfolio
from tests.bench.ground import PASSWORD, USER, Ground, line, title
from tests.bench.serving import EACH, Load, told
from tests.web.test_gunicorn import REPO, Server, configured, environment, free_port

IDLE = 500
# What is changed in our configuration; gevent cannot fork processes for heavy work where we do.
CLASSES = {
    "gunicorn, PatientWorker (ours)": "",
    "gunicorn, gthread": "worker_class = 'gthread'\n",
    "gunicorn, gevent": "worker_class = 'gevent'\ndef post_worker_init(worker): pass\n",
}
NEEDS = {"gunicorn, gevent": "gevent", "granian": "granian"}


def run(ground: Ground) -> None:
    """Do the same to each server that is installed."""
    portfolio = current_portfolio(ground.instance)
    assert portfolio
    numbers = np.random.default_rng(1).choice(portfolio.numbers(), 4 * EACH).tolist()
    folder = ground.instance.parent / "servers"
    folder.mkdir()
    for name in (*CLASSES, "granian"):
        title(name)
        if name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None:
            line("not installed here")
            continue
        _one(ground, folder, name, numbers)


def _one(ground: Ground, folder: Path, name: str, numbers: list[int]) -> None:
    port = free_port()
    log = folder / f"{port}.log"
    begun = time.perf_counter()
    with log.open("wb") as file:
        process = subprocess.Popen(
            _command(folder, name, port),
            cwd=REPO,
            env=environment(ground.instance, port),
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(process, port, ground.instance, log)
    try:
        server.wait()
        line("start", f"{time.perf_counter() - begun:.1f} s")
        assert server.sign_in(USER, PASSWORD) == 303
        load = Load(server, numbers, "")
        told("client page, first ones", load, load.clients(40), 2)
        told("client page, 8 users", load, load.clients(len(numbers)), 8)
        line("memory of all its processes (PSS)", f"{_memory(process.pid):.0f} MB")
        _reload(server)
        _idle(server, f"/clients/{numbers[0]}")
        begun = time.perf_counter()
        process.terminate()
        process.wait(45)
        line("TERM", f"{time.perf_counter() - begun:.1f} s")
    except subprocess.TimeoutExpired:
        line("TERM", "over 45 s")
    finally:
        # Workers outlive a server that does not end by itself.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _command(folder: Path, name: str, port: int) -> Sequence[str]:
    if name == "granian":
        options = f"--interface wsgi --workers 2 --blocking-threads 4 --no-ws --host 127.0.0.1 --port {port}"
        return [sys.executable, "-m", "granian", *options.split(), "wsgi:app"]
    config = configured(folder / f"{port}.conf.py", CLASSES[name])
    return [sys.executable, "-m", "gunicorn", "--config", str(config), "wsgi:app"]


def _memory(pid: int) -> float:
    """Megabytes of a process and all below it, what they share counted once."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    own = next(int(row.split()[1]) for row in rollup.splitlines() if row.startswith("Pss:")) / 1024
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(_memory(int(child)) for child in children)


def _reload(server: Server) -> None:
    """HUP under four callers."""
    answered, lost = [], []
    over = threading.Event()

    def call() -> None:
        while not over.is_set():
            try:
                answered.append(server.get("/healthz")[0])
            except OSError as error:
                lost.append(error)

    callers = [threading.Thread(target=call) for _ in range(4)]
    for one in callers:
        one.start()
    server.process.send_signal(signal.SIGHUP)
    time.sleep(6)
    over.set()
    for one in callers:
        one.join()
    line("HUP under load: answered, lost", f"{answered.count(200)}", f"{len(lost)}")


def _idle(server: Server, path: str) -> None:
    """One page while so many connections have sent half a header."""
    with ExitStack() as stack:
        for _ in range(IDLE):
            idle = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            idle.sendall(b"GET / HTTP/1.1\r\nHost: 127.0")
        begun = time.perf_counter()
        try:
            status = server.get(path)[0]
            figure = f"{1000 * (time.perf_counter() - begun):.0f} ms" if status == 200 else str(status)
        except OSError:
            figure = f"none in {time.perf_counter() - begun:.0f} s"
    line(f"a page beside {IDLE} idle connections", figure)
