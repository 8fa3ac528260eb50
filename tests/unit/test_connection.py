"""When what has come on a connection is a request, one to wait for, or none: at the edges of each."""

import selectors
import socket
import time
from collections import deque
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config

from pretadepenser.web.connection import UNSENT_BYTES, Connection, PatientSocket
from pretadepenser.web.worker import RESERVE, PatientWorker

HEAD = b"POST /connexion HTTP/1.1\r\nHost: a\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BODY = 1_114_112


def waiting() -> tuple[Connection, list[bytes]]:
    """A connection on which nothing has come yet, and what it sends."""
    sent: list[bytes] = []
    opened = Connection.__new__(Connection)
    opened.sock = SimpleNamespace(send=sent.append)
    opened.expect()
    return opened, sent


def taken(data: bytes) -> bool | str:
    """What is made of some bytes, whether they come together or one by one."""

    def fed(pieces: list[bytes]) -> bool | str:
        opened, _ = waiting()
        try:
            return [opened.take(piece) for piece in pieces][-1]
        except ValueError as refused:
            return str(refused)

    together = fed([data])
    if len(data) < 1000:
        assert fed([data[place : place + 1] for place in range(len(data))]) == together
    return together


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r", False),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * (65_536 - 19), False),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * (65_537 - 19), "431"),
        (HEAD + b"content-length: \t5\r\n\r\niden", False),
        (HEAD + b"Content-Length:5 \r\n\r\nident", True),
        (HEAD + b"Content-Length: 0\r\n\r\n", True),
        # Longer bodies are read by who knows whose they are.
        (HEAD + b"Content-Length: %d\r\n\r\n" % BODY, False),
        (HEAD + b"Content-Length: %d\r\n\r\n" % (BODY + 1), True),
        (CHUNKED, False),
        (CHUNKED + b"5\r\nident\r\n", False),
        (CHUNKED + b"5\r\nident\r\n0\r\n", False),
        (CHUNKED + b"5\r\nident\r\n0\r\n\r\n", True),
        (CHUNKED + b"5;a=b\r\nident\r\nA\r\n0123456789\r\n00;end\r\n\r\n", True),
        (CHUNKED + b"5\r\nident\r\n0\r\nX: a\r\n", False),
        (CHUNKED + b"5\r\nident\r\n0\r\nX: a\r\n\r\n", True),
        (CHUNKED + b"fffffff\r\n" + b"x" * (BODY - 9), False),
        (CHUNKED + b"fffffff\r\n" + b"x" * (BODY - 8), True),
        # The line before a chunk: sizes of eight digits, what follows them of two hundred signs.
        (CHUNKED + b"x" * 300, False),
        (CHUNKED + b"x" * 301, "400"),
        (CHUNKED + b"zz\r\n", "400"),
        (CHUNKED + b"00000005" + b" " * 200 + b"\r\nident\r\n0\r\n\r\n", True),
        (CHUNKED + b"00000005" + b" " * 201 + b"\r\nident\r\n0\r\n\r\n", "400"),
    ],
)
def test_what_has_come_is_a_request_or_not_yet_or_none(data: bytes, found: bool | str) -> None:
    assert taken(data) == found


def test_a_long_body_is_said_to_come_in_part() -> None:
    for length, partial in ((BODY, False), (BODY + 1, True)):
        opened, _ = waiting()
        opened.take(HEAD + b"Content-Length: %d\r\n\r\n" % length)
        assert opened.partial is partial
        opened.take(b"x" * length)
        assert not opened.partial


def test_a_header_has_ten_seconds_and_a_body_thirty_more() -> None:
    opened, sent = waiting()
    now = time.monotonic()
    assert opened.timeout - now == pytest.approx(10, abs=0.5)
    opened.take(HEAD + b"Content-Length: 5\r\n\r\n")
    assert opened.timeout - now == pytest.approx(40, abs=0.5)
    assert sent == []


def test_who_asks_first_whether_to_send_is_told_to() -> None:
    opened, sent = waiting()
    assert opened.take(HEAD + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n") is False
    assert sent == [b"HTTP/1.1 100 Continue\r\n\r\n"]
    assert opened.take(b"ident") is True
    assert opened.header().endswith(b"Content-Length: 5\r\n\r\n")


def pair() -> tuple[PatientSocket, socket.socket]:
    """Both ends of a connection."""
    here, there = socket.socketpair()
    there.settimeout(5)
    return PatientSocket(fileno=here.detach()), there


def test_a_request_is_read_until_its_deadline_and_what_was_allowed_stays() -> None:
    here, there = pair()
    with here, there:
        here.setblocking(True)
        assert here.gettimeout() == 60
        here.until = time.monotonic() + 0.05
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            here.recv(10)
        assert time.monotonic() - begun < 5
        assert here.gettimeout() == 60
        there.sendall(b"a")
        assert here.recv(10) == b"a"
        # Who may not wait does not.
        here.setblocking(False)
        with pytest.raises(BlockingIOError):
            here.recv(10)
        assert here.gettimeout() == 0


def test_an_answer_waits_for_who_reads_slowly_and_no_thread_does() -> None:
    here, there = pair()
    sent = bytes(range(256)) * 20_000
    with here, there:
        here.settimeout(30)
        here.sendall(sent)
        assert here.gettimeout() == 30
        left = len(here.unsent)
        assert 0 < left < len(sent)
        # What comes later waits behind it.
        here.sendall(b"end")
        assert len(here.unsent) == left + 3
        here.setblocking(False)
        got = bytearray()
        while not here.send_more():
            got += there.recv(1 << 20)
        here.close()
        while more := there.recv(1 << 20):
            got += more
    assert bytes(got) == sent + b"end"


def test_who_reads_nothing_of_a_very_long_answer_is_given_up() -> None:
    here, there = pair()
    with here, there, pytest.raises(BrokenPipeError, match="reads too slowly"):
        here.sendall(bytes(UNSENT_BYTES + (8 << 20)))


def test_connections_that_wait_for_nothing_make_room_and_are_counted() -> None:
    """The longest kept first, as many as are too many."""
    closed: list[int] = []
    kept = deque(
        SimpleNamespace(sock=number, close=lambda number=number: closed.append(number)) for number in range(5)
    )
    worker: Any = PatientWorker.__new__(PatientWorker)
    worker.unfinished, worker.unread, worker.keepalived_conns = {}, {}, kept
    worker.poller = SimpleNamespace(unregister=lambda sock: None)
    worker.worker_connections, worker.nr_conns = RESERVE + 10, 12
    worker._make_room()
    assert (closed, worker.nr_conns, len(kept)) == ([0, 1], 10, 3)
    worker._make_room()
    assert (closed, worker.nr_conns) == ([0, 1], 10)
    worker._make_room(force=True)
    assert (closed, worker.nr_conns) == ([0, 1, 2], 9)


def test_who_comes_when_there_are_too_many_is_taken_and_the_longest_waiting_is_closed() -> None:
    worker: Any = PatientWorker.__new__(PatientWorker)
    worker.cfg, worker.poller, worker.unfinished = Config(), selectors.DefaultSelector(), {}
    worker.keepalived_conns, worker.unread, worker.leaving = deque(), {}, []
    worker.worker_connections, worker.nr_conns, worker._held = RESERVE + 3, 0, 0
    worker.age, worker.busy, worker._left_until, worker._deaf = 1, 0, 0.0, {}
    with ExitStack() as stack:
        stack.callback(worker.poller.close)
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        come = []
        for number in range(1, 6):
            come.append(stack.enter_context(socket.create_connection(listener.getsockname(), 5)))
            worker.accept(listener)
            assert worker.nr_conns == min(number, 3)
        there = [one.client for one in worker.unfinished]
        assert there == [one.getsockname() for one in come[2:]]
        # Nothing was said to those who made room: they had not begun.
        assert [one.recv(1) for one in come[:2]] == [b"", b""]
        for one in worker.unfinished:
            one.sock.close()
