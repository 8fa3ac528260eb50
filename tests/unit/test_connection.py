"""When what has come on a connection is a request, one to wait for, or none: at the edges of each."""

import time
from types import SimpleNamespace

import pytest

from pretadepenser.web.connection import Connection

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
