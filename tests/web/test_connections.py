"""Connections that are slow, idle, half of a request or never closed: none of them holds the service up."""

import multiprocessing
import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.workers.gthread import ThreadWorker

from pretadepenser.records import tokens
from pretadepenser.web import connection
from pretadepenser.web.shares import PLACES, Shares
from pretadepenser.web.worker import PatientWorker
from tests.web.test_gunicorn import CLIENT, PASSWORD, Server, configured, records, running, with_advisor

HEAD = b"POST /connexion HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
PAGE = b"GET /accessibilite HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
# What a server of one process may take to show a page while it is attacked; it takes some 10 ms in peace.
SECONDS = 3.0
# One worker with two threads.
SMALL = {"PRETADEPENSER_WORKERS": "1", "PRETADEPENSER_THREADS": "2"}


@pytest.fixture(scope="module")
def instance(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder of this module's own, with the advisor agathe."""
    return with_advisor(trained, tmp_path_factory.mktemp("connections"))


@pytest.fixture(scope="module")
def server(instance: Path) -> Iterator[Server]:
    """The server that is attacked."""
    with running(instance, **SMALL) as server:
        yield server


def connect(server: Server, sent: bytes = b"") -> socket.socket:
    """A connection on which something was sent."""
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    sock.sendall(sent)
    return sock


def answers(sock: socket.socket, count: int) -> bytes:
    """What comes back until so many answers have begun, or the other side closes."""
    got = b""
    while got.count(b"HTTP/1.1 ") < count and (more := sock.recv(65536)):
        got += more
    return got


def test_threads_are_not_given_to_unfinished_requests(server: Server) -> None:
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nident"
    for begun in (
        b"",
        PAGE[:-2],
        HEAD + b"Content-Length: 300\r\n\r\nidentifiant=b",
        HEAD + b"Content-Length: 5000000\r\n\r\nidentifiant=b",
        HEAD + b"Expect: 100-continue\r\nContent-Length: 300\r\n\r\n",
        chunked,
        PAGE + PAGE[:30],
    ):
        with ExitStack() as stack:
            for _ in range(60):
                stack.enter_context(connect(server, begun))
            asked = time.monotonic()
            assert server.get(CLIENT)[0] == 200
            assert time.monotonic() - asked < SECONDS, begun


def test_five_hundred_connections_and_more_leave_room_for_an_advisor(server: Server) -> None:
    with ExitStack() as stack:
        for _ in range(1200):
            stack.enter_context(connect(server, PAGE[:20]))
        asked = time.monotonic()
        assert server.get(CLIENT)[0] == 200
        assert time.monotonic() - asked < SECONDS


def test_connections_that_are_kept_without_need_leave_room(server: Server) -> None:
    with ExitStack() as stack:
        kept = [stack.enter_context(connect(server, PAGE)) for _ in range(50)]
        assert all(answers(one, 1).startswith(b"HTTP/1.1 200 OK") for one in kept)
        asked = time.monotonic()
        assert server.get(CLIENT)[0] == 200
        assert time.monotonic() - asked < SECONDS


def test_who_never_reads_or_never_closes_holds_nobody_up(server: Server) -> None:
    page = f"GET {CLIENT} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {server.cookie}\r\n"
    for end in ("\r\n", "Connection: close\r\n\r\n"):
        with ExitStack() as stack:
            for _ in range(20):
                stack.enter_context(connect(server, (page + end).encode()))
            asked = time.monotonic()
            assert server.get(CLIENT)[0] == 200
            assert time.monotonic() - asked < SECONDS


def test_who_asks_for_five_hundred_pages_waits_for_others_of_the_same_address(server: Server) -> None:
    other = replace(server, cookie="")
    other.sign_in("agathe", PASSWORD)
    ask = f"GET /modele HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {server.cookie}\r\n\r\n".encode()
    with ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(connect(server, 20 * ask))
        for _ in range(5):
            asked = time.monotonic()
            assert other.get(CLIENT)[0] == 200
            assert time.monotonic() - asked < SECONDS / 3


def test_requests_in_pieces_in_chunks_and_in_a_row_are_answered(server: Server) -> None:
    with connect(server) as sock:
        for index in range(len(PAGE)):
            sock.sendall(PAGE[index : index + 1])
            time.sleep(0.002)
        assert answers(sock, 1).startswith(b"HTTP/1.1 200 OK")
    with connect(server, PAGE + PAGE + PAGE[:40]) as sock:
        assert answers(sock, 2).count(b"HTTP/1.1 200 OK") == 2
        sock.sendall(PAGE[40:])
        assert b"HTTP/1.1 200 OK" in answers(sock, 1)
    with connect(server, HEAD + b"Transfer-Encoding: chunked\r\n\r\nd\r\nidentifiant=b\r\n0\r\n") as sock:
        time.sleep(0.1)
        sock.sendall(b"\r\n" + PAGE)
        got = answers(sock, 2)
        # No token came with the form: it is shown again.
        assert got.startswith(b"HTTP/1.1 422 ")
        assert b"HTTP/1.1 200 OK" in got
    with connect(server, HEAD + b"Expect: 100-continue\r\nContent-Length: 13\r\n\r\n") as sock:
        assert sock.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        sock.sendall(b"identifiant=b")
        assert b"HTTP/1.1 422 " in answers(sock, 2)


def test_what_is_no_request_is_told_in_french(server: Server) -> None:
    for sent, status, told in (
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 80_000, b"431", "En-têtes trop longs"),
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n\r\n", b"414", "Adresse trop longue"),
        (b"n'importe quoi\r\n\r\n", b"400", "Demande incomprise"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + b"x" * 80_000, b"400", "Demande incomprise"),
    ):
        with connect(server, sent) as sock:
            head, _, page = answers(sock, 2).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 " + status), sent[:50]
        assert b"X-Content-Type-Options: nosniff" in head
        assert b"Content-Security-Policy: default-src 'none'" in head
        assert page.startswith(b'<!doctype html><html lang="fr">')
        assert f"<h1>{told}</h1>" in page.decode()
    with connect(server, HEAD + b"Content-Length: 5000000\r\n\r\nidentifiant=b") as sock:
        assert answers(sock, 1).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "Ce qui a été envoyé n’est pas une demande HTTP que ce serveur comprend."),
        (403, "Ce serveur ne parle pas à cette adresse."),
        (408, "La demande n’est pas arrivée entière à temps. Recommencez."),
        (414, "L’adresse demandée est trop longue. Partez de la page d’accueil."),
        (417, "Ce serveur n’attend rien avant le corps d’une demande."),
        (431, "Les en-têtes sont trop longs. Effacez les cookies de ce site."),
        (405, "Ce qui a été envoyé n’est pas une demande HTTP que ce serveur comprend."),
        (500, "L’application a rencontré une erreur. Recommencez dans un instant."),
        (501, "Ce serveur ne connaît pas ce codage du corps."),
        (502, "L’application a rencontré une erreur. Recommencez dans un instant."),
    ],
)
def test_each_refusal_has_its_advice(status: int, said: str) -> None:
    assert f"<p>{said}</p>" in connection.page(status).decode()


def test_a_worker_that_stops_waits_two_seconds_for_what_is_not_whole() -> None:
    """Ten and thirty seconds are left to those who send a header and a body; who is leaving has less."""
    now = time.monotonic()
    stopping: Any = PatientWorker.__new__(PatientWorker)
    begun, unread, ending = (SimpleNamespace(timeout=now + left) for left in (10.0, 30.0, 0.5))
    stopping.unfinished, stopping.unread, stopping.keepalived_conns = [begun, ending], [unread], []
    stopping._cap_keepalive(now + 2)
    assert (begun.timeout - now, unread.timeout - now) == (pytest.approx(2, abs=0.5),) * 2
    assert ending.timeout == now + 0.5


def test_what_is_refused_leaves_the_limit_of_what_is_kept_as_it_is(instance: Path, tmp_path: Path) -> None:
    lines = "from pretadepenser.web import worker\nworker.KEPT_BYTES = 200_000\n"
    config = configured(tmp_path / "little.conf.py", lines)
    with running(instance, config, **SMALL) as server, ExitStack() as stack:
        for _ in range(10):
            with connect(server, b"GET / HTTP/1.1\r\nX: " + b"x" * 80_000) as sock:
                assert answers(sock, 1).startswith(b"HTTP/1.1 431 ")
        begun = HEAD + b"Content-Length: 90000\r\n\r\n" + b"x" * 80_000
        waiting = [stack.enter_context(connect(server, begun)) for _ in range(4)]
        closed = 0
        for sock in waiting:
            sock.settimeout(0.5)
            with suppress(TimeoutError):
                assert sock.recv(1) == b""
                closed += 1
        # Two of 80 kB are kept, those beyond 200 kB are closed.
        assert closed == 2


def holders(server: Server, socks: list[socket.socket]) -> Counter[int]:
    """How many of these connections each worker holds."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ports = {f"{sock.getsockname()[1]:04X}" for sock in socks}
    ends = {row[9] for row in rows if row[1].endswith(f":{server.port:04X}") and row[2][-4:] in ports}
    found: Counter[int] = Counter()
    for worker in server.workers():
        for one in Path(f"/proc/{worker}/fd").iterdir():
            with suppress(FileNotFoundError):
                found[worker] += os.readlink(one).removeprefix("socket:[").removesuffix("]") in ends
    assert found.total() == len(socks)
    return found


def kept_by(server: Server, stack: ExitStack, count: int, asked: bytes = PAGE) -> list[socket.socket]:
    """So many connections, opened at once, on which an answer came and that stay."""
    kept = [stack.enter_context(connect(server, asked)) for _ in range(count)]
    assert all(answers(one, 1).startswith(b"HTTP/1.1 200 OK") for one in kept)
    return kept


def test_connections_are_shared_evenly_between_workers(instance: Path) -> None:
    """Of eight that stay one worker had six or seven as often as not, and its core all of the work."""
    with running(instance, PRETADEPENSER_WORKERS="3") as server:
        workers = server.wait_for_workers(count=3)
        # Where a busy machine lets a worker wait for its turn another one steps in: rarely five times.
        for _ in range(5):
            with ExitStack() as stack:
                kept: list[socket.socket] = []
                found = []
                for each in (1, 2, 7):
                    kept += kept_by(server, stack, 3 * each - len(kept))
                    found.append(holders(server, kept))
            if found == [dict.fromkeys(workers, each) for each in (1, 2, 7)]:
                return
            time.sleep(1)
        raise AssertionError(found)


@contextmanager
def halted(worker: int) -> Iterator[None]:
    """A worker is stopped meanwhile, and goes on where it still lives."""
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGCONT)


def freed(server: Server, stack: ExitStack, count: int) -> tuple[list[socket.socket], int, int]:
    """So many connections that one of two workers holds alone, its number, and that of the other one."""
    one, other = server.wait_for_workers()
    with halted(other):
        kept = kept_by(server, stack, count)
        assert holders(server, kept)[one] == count
    # Its loop has to turn before anybody is left to it again.
    time.sleep(1.2)
    return kept, one, other


def test_who_comes_now_and_then_is_left_to_who_holds_fewer(instance: Path) -> None:
    """Every second one was not: what had been left to others a moment before was not forgotten."""
    with running(instance, PRETADEPENSER_WORKERS="2") as server, ExitStack() as stack:
        kept, _, other = freed(server, stack, 9)
        for _ in range(8):
            time.sleep(0.1)
            kept += kept_by(server, stack, 1)
        assert holders(server, kept)[other] >= 7


def test_who_comes_is_not_left_to_a_worker_whose_threads_are_busy(instance: Path, tmp_path: Path) -> None:
    """Though it holds one connection, and the other one nine that ask nothing."""
    lines = (
        "def post_worker_init(worker):\n"
        "    import flask, time\n"
        "    slow = lambda: time.sleep(2.5) if flask.request.path == '/aide' else None\n"
        "    worker.wsgi.before_request_funcs[None].insert(0, slow)\n"
    )
    config = configured(tmp_path / "slow.conf.py", lines)
    settings = {"PRETADEPENSER_WORKERS": "2", "PRETADEPENSER_THREADS": "1"}
    with running(instance, config, **settings) as server, ExitStack() as stack:
        kept, _, other = freed(server, stack, 9)
        kept.append(stack.enter_context(connect(server, b"GET /aide HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")))
        time.sleep(0.3)
        assert holders(server, kept)[other] == 1
        asked = time.monotonic()
        for _ in range(3):
            kept_by(server, stack, 1)
            # The answer is here before its worker has told that its thread is free again.
            time.sleep(0.1)
        assert time.monotonic() - asked < 1.5


def test_a_worker_that_is_stopped_or_killed_is_not_waited_for(instance: Path) -> None:
    with running(instance, PRETADEPENSER_WORKERS="2") as server, ExitStack() as stack:
        stopped, other = server.wait_for_workers()
        stack.enter_context(halted(stopped))
        asked = time.monotonic()
        kept = kept_by(server, stack, 100, PAGE.replace(b"/accessibilite", b"/healthz"))
        assert holders(server, kept)[other] == 100
        # Once: each of them left to it for a moment, these would take three seconds.
        assert time.monotonic() - asked < 2
        for one in kept[20:]:
            one.close()
        del kept[20:]
        os.kill(stopped, signal.SIGKILL)
        (anew,) = server.wait_for_workers(gone={stopped}) - {other}
        until = time.monotonic() + 30
        while not holders(server, kept)[anew]:
            assert time.monotonic() < until
            time.sleep(0.3)
            kept += kept_by(server, stack, 1)
        # Who comes is left to the one that began, unless it is slow to see it: chance would need hundreds.
        for _ in range(60):
            kept += kept_by(server, stack, 1)
            held = holders(server, kept)
            if held[anew] == held[other]:
                return
        raise AssertionError(held)


def test_a_worker_that_should_look_at_the_door_does_not_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """It slept for a second where the moment to look had passed while another thread had Python's lock."""
    waits: list[float] = []
    monkeypatch.setattr(
        ThreadWorker, "wait_for_and_dispatch_events", lambda _, timeout: waits.append(timeout)
    )
    one: Any = PatientWorker.__new__(PatientWorker)
    one.alive, one.age, one.busy, one.cfg = True, 1, 0, SimpleNamespace(threads=4)
    one.nr_conns, one.worker_connections = 3, 1000
    for listening, back, left, wait in (
        (False, -1.0, 5.0, 0.0),
        (False, 0.5, 5.0, 0.5),
        (True, -1.0, 5.0, 0.0),
        (True, -1.0, 0.0, 1.0),
    ):
        now = time.monotonic()
        one._accepting, one._back_at, one._left_until = listening, now + back, left and now + left
        one.wait_for_and_dispatch_events(1.0)
        assert waits.pop() == pytest.approx(wait, abs=0.2)
        assert (one._left_until == 0) is listening
    # Full, it does not listen before somebody leaves, which wakes it.
    one._accepting, one._left_until, one.nr_conns = False, time.monotonic() + 5, 1000
    one.wait_for_and_dispatch_events(1.0)
    assert waits == [1.0]


def test_who_left_or_died_has_nothing_to_do() -> None:
    """Each is told apart by its number, though more were started than there are places."""
    fork, shares = multiprocessing.get_context("fork"), Shares()
    told, over = fork.Event(), fork.Event()

    def other(place: int, leaves: bool) -> None:
        shares.tell(place, 2)
        if leaves:
            shares.leave(place)
        told.set()
        over.wait()

    def freer() -> list[dict[int, int]]:
        return [shares.freer(load) for load in (2, 3)]

    shares.tell(7, 0)
    assert freer() == [{}, {}]
    for turn, leaves in ((1, False), (2, True)):
        process = fork.Process(target=other, args=(8 + PLACES, leaves))
        process.start()
        assert told.wait(10)
        found = [{}, {} if leaves else {8: turn}]
        assert freer() == found
        shares.forget_the_dead()
        assert freer() == found
        process.kill()
        process.join()
        assert freer() == found
        shares.forget_the_dead()
        assert freer() == [{}, {}]
        told.clear()


def test_who_is_refused_has_two_seconds_to_hear_it_and_holds_nothing_longer(server: Server) -> None:
    (worker,) = server.wait_for_workers(count=1)

    def held() -> int:
        links = (Path(f"/proc/{worker}/fd/{one}") for one in os.listdir(f"/proc/{worker}/fd"))
        return sum(one.is_symlink() and os.readlink(one).startswith("socket:") for one in links)

    before = held()
    with ExitStack() as stack:
        for _ in range(20):
            sock = stack.enter_context(connect(server, b"GET / HTTP/1.1\r\nX: " + b"x" * 80_000))
            assert answers(sock, 1).startswith(b"HTTP/1.1 431 ")
        time.sleep(connection.LINGER - 1)
        # One or two of before may be gone by now.
        assert held() >= before + 15
        gone_by = time.monotonic() + connection.LINGER + 6
        while held() > before:
            assert time.monotonic() < gone_by
            time.sleep(0.1)


def test_a_long_answer_comes_whole_to_who_reads_slowly(server: Server) -> None:
    path = f"GET /modele HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {server.cookie}\r\n"
    whole = server.get("/modele")[1].encode()
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", server.port))
        sock.sendall((path + "\r\n").encode() * 29 + (path + "Connection: close\r\n\r\n").encode())
        time.sleep(0.5)
        got = b""
        while more := sock.recv(65536):
            got += more
    assert got.count(b"HTTP/1.1 200 OK") == 30
    # The CSRF token is another one each time.
    assert got.count(whole[whole.index(b"<h1") : whole.index(b"</main>")]) == 30


def test_what_is_not_whole_in_time_is_closed(instance: Path, tmp_path: Path) -> None:
    lines = (
        "from pretadepenser.web import connection as one\n"
        "one.HEAD_SECONDS, one.BODY_SECONDS, one.THREAD_SECONDS = 0.3, 0.5, 0.5\n"
    )
    config = configured(tmp_path / "short.conf.py", lines)
    with running(instance, config, **SMALL) as server:
        for begun, told in (
            (b"", b""),
            (PAGE[:20], b"HTTP/1.1 408 Request Timeout\r\n"),
            (HEAD + b"Content-Length: 300\r\n\r\nidentifiant=b", b"HTTP/1.1 408 Request Timeout\r\n"),
        ):
            asked = time.monotonic()
            with connect(server, begun) as sock:
                assert answers(sock, 1)[:30] == told
                assert sock.recv(100) == b""
            assert time.monotonic() - asked < 4


def test_a_long_body_in_wrong_chunks_is_told_to_the_system(server: Server, instance: Path) -> None:
    token = tokens.add_token(records(instance), "morceaux")
    head = f"POST /api/v1/scores HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    sent = head.encode() + b"Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent += b"%x\r\n" % (2 * 1024 * 1024) + b"x" * (2 * 1024 * 1024) + b"\r\nzz\r\n"
    with connect(server, sent) as sock:
        told = answers(sock, 2)
    assert told.startswith(b"HTTP/1.1 400 ")
    assert "Le corps n’est pas arrivé entier : envoyez-le à nouveau." in told.decode()
