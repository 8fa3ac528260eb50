"""A real gunicorn with two workers, as `make run` starts it: load, reload, logs, accidents."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import brotli
import pytest

from pretadepenser.records import entries, users
from pretadepenser.records.database import Database
from pretadepenser.records.entries import Wanted
from pretadepenser.records.journal import Kind
from tests import forked

REPO = Path(__file__).resolve().parents[2]
PASSWORD = "une suite de quelques mots"
CLIENT = "/clients/157083"
AGENT = "NavigateurDeTest/1.0"


@dataclass
class Server:
    """A running gunicorn and the cookie of an advisor who is signed in."""

    process: subprocess.Popen[bytes] | forked.Gunicorn
    port: int
    instance: Path
    log: Path
    cookie: str = ""

    def request(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Ask on a connection of its own; give status, body and the cookie that was set."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"User-Agent": AGENT, "Referer": f"http://127.0.0.1/{CLIENT}", "Cookie": self.cookie}
        body = None
        if form is not None:
            body = urllib.parse.urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            cookies = [value.partition(";")[0] for value in answer.headers.get_all("Set-Cookie") or ()]
            return answer.status, text, next((one for one in cookies if one.startswith("session=")), "")
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page."""
        return self.request("GET", path)[:2]

    def request_bytes(self, path: str) -> tuple[int, bytes]:
        """Status and body of what is no text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path, headers={"Cookie": self.cookie})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def sign_in(self, name: str, password: str) -> int:
        """Fill the form of /connexion in; give the status of the answer."""
        _, page, cookie = self.request("GET", "/connexion")
        self.cookie = cookie or self.cookie
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token
        form = {"identifiant": name, "mot_de_passe": password, "csrf_token": token[1]}
        status, _, cookie = self.request("POST", "/connexion", form)
        self.cookie = cookie or self.cookie
        return status

    def workers(self) -> set[int]:
        """Process numbers of the workers."""
        pid = self.process.pid
        return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    def children(self, worker: int) -> set[int]:
        """Process numbers of a worker's own processes, which do its heavy work."""
        return {int(child) for child in Path(f"/proc/{worker}/task/{worker}/children").read_text().split()}

    def wait_for_workers(self, gone: Set[int] = frozenset(), count: int = 2) -> set[int]:
        """Wait until ``count`` workers run and none of ``gone`` does; give them."""
        deadline = time.monotonic() + 60
        while (found := self.workers()) & gone or len(found) != count:
            assert time.monotonic() < deadline, f"{found} run after a minute"
            time.sleep(0.1)
        return found

    def wait(self) -> None:
        """Wait until it answers."""
        for _ in range(1200):
            assert self.process.poll() is None, self.log.read_text()
            try:
                if self.get("/healthz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(self.log.read_text())


def environment(instance: Path, port: int, **settings: str) -> dict[str, str]:
    """The environment of a server; nothing of the developer's own settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PRETADEPENSER_")}
    own = {"PRETADEPENSER_INSTANCE": str(instance), "PORT": str(port), "HOST": "127.0.0.1"}
    return clean | own | settings


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def configured(file: Path, lines: str) -> Path:
    """Write a configuration of gunicorn that is ours but for some lines."""
    file.write_text(f"exec(open({str(REPO / 'gunicorn.conf.py')!r}).read())\n{lines}")
    return file


def start(instance: Path, config: str | Path = "gunicorn.conf.py", **settings: str) -> Server:
    """Start gunicorn on an instance folder, as the repository configures it or as a file of a test does."""
    port = free_port()
    log = instance.parent / f"gunicorn-{port}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *_words(config)],
            cwd=REPO,
            env=environment(instance, port, **settings),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    return Server(process, port, instance, log)


def fork(instance: Path, config: str | Path = "gunicorn.conf.py", **settings: str) -> Server:
    """The same, begun in a tenth of the time: forked from a process that has read the libraries."""
    port = free_port()
    log = instance.parent / f"gunicorn-{port}.log"
    process = forked.Gunicorn(_words(config), REPO, environment(instance, port, **settings), log)
    return Server(process, port, instance, log)


def _words(config: str | Path) -> list[str]:
    return ["--config", str(config), "wsgi:app"]


def records(instance: Path) -> Database:
    """The database of an instance folder, as another process opens it."""
    return Database(f"sqlite:///{instance}/pretadepenser.sqlite")


def with_advisor(trained: Path, folder: Path) -> Path:
    """Copy an instance folder, with the advisor agathe; give its path."""
    instance = folder / "instance"
    shutil.copytree(trained, instance, symlinks=True)
    database = records(instance)
    database.upgrade()
    users.add_user(database, "agathe", "conseiller", PASSWORD)
    return instance


@contextmanager
def running(instance: Path, config: str | Path = "gunicorn.conf.py", **settings: str) -> Iterator[Server]:
    """A server that the advisor of `with_advisor` is signed in to, ended gracefully."""
    with _ended(fork(instance, config, **settings)) as server:
        yield server


@contextmanager
def _ended(server: Server) -> Iterator[Server]:
    try:
        server.wait()
        assert server.sign_in("agathe", PASSWORD) == 303
        yield server
    finally:
        server.process.terminate()
        assert server.process.wait(40) == 0, "a graceful end"


@pytest.fixture(scope="module")
def instance(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder of this module's own, with the advisor agathe."""
    return with_advisor(trained, tmp_path_factory.mktemp("gunicorn"))


@pytest.fixture(scope="module")
def server(instance: Path) -> Iterator[Server]:
    """A server that an advisor is signed in to, started as `make run` does."""
    with _ended(start(instance)) as server:
        yield server


def test_it_is_ready_with_two_workers(server: Server) -> None:
    assert server.get("/readyz")[0] == 200
    # The first worker answers while the second is being started.
    assert len(server.wait_for_workers(count=2)) == 2


def test_each_start_is_in_the_journal_with_its_settings(server: Server) -> None:
    started = entries.find(records(server.instance), Wanted(kinds=frozenset({Kind.STARTED})), 10)
    assert [one.actor for one in started] == ["serveur"]
    assert started[0].content is not None
    assert started[0].content["settings"]["WORKERS"] == 2
    assert started[0].content["settings"]["SECRET_KEY"] == "défini"


def test_it_answers_under_concurrent_load_and_always_the_same(server: Server) -> None:
    paths = ["/", CLIENT, "/healthz", "/accessibilite"] * 20
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(server.get, paths))
    assert {status for status, _ in answers} == {200}
    # Whatever worker answers, the page is the same but for its CSRF token and the time left.
    pages = {
        re.sub(r'value="[^"]+"|data-remaining="\d+"', "", text)
        for path, (_, text) in zip(paths, answers, strict=True)
        if path == CLIENT
    }
    assert len(pages) == 1
    assert "157083" in pages.pop()


def test_it_sends_compressed_answers_whole_and_keeps_the_connection(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"Cookie": server.cookie, "Accept-Encoding": "gzip, deflate, br"}
    page = server.get(CLIENT)[1]
    style = re.search(r'href="(/static/components\.css[^"]*)"', page)
    assert style
    for path, whole in ((CLIENT, page.encode()), (style[1], (REPO / "static/components.css").read_bytes())):
        for method in ("HEAD", "GET", "HEAD", "GET"):
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200
            assert answer.getheader("Content-Encoding") == "br"
            length = int(answer.getheader("Content-Length") or 0)
            assert 0 < length < len(whole) / 2
            assert len(body) == (length if method == "GET" else 0)
            if method == "GET":
                assert len(brotli.decompress(body)) == pytest.approx(len(whole), abs=20)
    connection.close()


def test_guessing_is_slowed_down_across_workers(server: Server) -> None:
    visitor = Server(server.process, server.port, server.instance, server.log)
    statuses = [visitor.sign_in("inconnue", f"mauvais mot de passe {i}") for i in range(8)]
    assert statuses == [422] * 5 + [429] * 3


def test_a_reload_takes_new_settings_and_cuts_nobody_off(server: Server) -> None:
    before = server.wait_for_workers()
    statuses: list[int | str] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                statuses.append(server.get(CLIENT)[0])
            except (OSError, http.client.HTTPException) as error:
                statuses.append(repr(error))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    (server.instance / "config.toml").write_text('ORGANISATION_NAME = "Banque rechargée"\n')
    server.process.send_signal(signal.SIGHUP)
    try:
        server.wait_for_workers(gone=before)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert len(statuses) > 4
    assert set(statuses) == {200}
    assert "Banque rechargée" in server.get("/accessibilite")[1]
    started = entries.find(records(server.instance), Wanted(kinds=frozenset({Kind.STARTED})), 10)
    names = [(one.content or {})["settings"]["ORGANISATION_NAME"] for one in started]
    assert names == ["Banque rechargée", "Prêt à dépenser"]


def test_a_reload_with_a_wrong_setting_changes_nothing(server: Server) -> None:
    before = server.wait_for_workers()
    written = (server.instance / "config.toml").read_text()
    (server.instance / "config.toml").write_text("LIMIT = 48\n")
    server.process.send_signal(signal.SIGHUP)
    server.wait_for_workers(gone=before)
    (server.instance / "config.toml").write_text(written)
    assert server.get(CLIENT)[0] == 200
    assert "Banque rechargée" in server.get("/accessibilite")[1]
    log = server.log.read_text()
    assert "Rechargement refusé, les réglages d’avant restent en place. " in log
    assert "Rechargement refusé, l’application d’avant reste en place. " in log


def test_a_killed_worker_is_replaced(server: Server) -> None:
    victim = min(server.wait_for_workers())
    os.kill(victim, signal.SIGKILL)
    server.wait_for_workers(gone={victim})
    assert server.get(CLIENT)[0] == 200


def test_two_workers_let_no_more_guesses_through_than_one(server: Server) -> None:
    """Forty guesses from sixteen browsers at once: the five free ones, whichever worker has them."""

    def guess(number: int) -> int:
        return replace(server, cookie="").sign_in("personne", f"mauvais mot de passe {number}")

    assert len(server.wait_for_workers()) == 2
    begun = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(guess, range(40)))
    assert set(statuses) == {422, 429}
    # A second later one more may be tried, two seconds after that another one.
    assert 5 <= statuses.count(422) <= 5 + time.monotonic() - begun


def test_the_log_names_nobody(server: Server) -> None:
    assert server.get(f"{CLIENT}?figure=AMT_CREDIT&client=157083")[0] == 200
    assert server.get("/clients/999999")[0] == 404
    assert server.get("/clients/1e5")[0] == 404
    deadline = time.monotonic() + 20
    while (log := server.log.read_text()).count("GET /clients/… 404 ") < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    lines = [line for line in log.splitlines() if " octets " in line]
    assert any(line.split("] ")[1].startswith("GET /clients/… 200 ") for line in lines)
    for line in lines:
        assert re.fullmatch(r"\[[^]]+\] [A-Z]+ /[^ ?0-9]* \d{3} (\d+|None) octets \d+ ms", line), line
    for personal in ("157083", "999999", "AMT_CREDIT", AGENT, "Referer", "agathe", "127.0.0.1 ", PASSWORD):
        assert personal not in log


def test_a_wrong_setting_stops_the_start_with_one_sentence(instance: Path) -> None:
    # Not forked: what it is forked from takes longer to begin than it takes to refuse.
    server = start(instance, PRETADEPENSER_WORKERS="beaucoup")
    assert server.process.wait(120) == 1
    assert server.log.read_text().splitlines() == [
        "Prêt à dépenser n’a pas démarré. Le réglage PRETADEPENSER_WORKERS doit être un entier entre 1 et 64 "
        "et non « beaucoup » ; corrigez-le puis recommencez."
    ]
