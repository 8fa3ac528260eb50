"""Whose request is answered next, told from what its header says."""

import pytest

from pretadepenser.web.turns import Turns, asker


def head(*lines: bytes) -> bytes:
    return b"\r\n".join((b"GET /clients/157083 HTTP/1.1", b"Host: pret.example", *lines, b"", b""))


def taken(turns: Turns) -> str:
    given = ""
    while turns:
        given += turns.take()
    return given


def test_who_asks_for_much_waits_for_those_who_ask_for_little() -> None:
    turns = Turns()
    for what in "abcd":
        turns.wait(("10.0.0.1", b"much"), what)
    turns.wait(("10.0.0.1", b"little"), "1")
    turns.wait(("10.0.0.2", b""), "2")
    assert taken(turns) == "a21bcd"


def test_many_sessions_of_one_place_are_one_place() -> None:
    turns = Turns()
    for session in range(5):
        turns.wait(("10.0.0.1", b"%d" % session), "x")
    for session in range(2):
        turns.wait(("10.0.0.2", b"%d" % session), "y")
    assert taken(turns) == "xyxyxxx"


def test_of_one_asker_what_came_first_is_first() -> None:
    turns = Turns()
    for what in "abc":
        turns.wait(("10.0.0.1", b""), what)
    assert turns.take() == "a"
    turns.wait(("10.0.0.1", b""), "d")
    assert taken(turns) == "bcd"
    assert not turns
    with pytest.raises(KeyError):
        turns.take()


@pytest.mark.parametrize(
    ("lines", "who"),
    [
        ((), b""),
        ((b"Cookie: session=eyJhIjoxfQ.aSk1.c2lnbmF0dXJl",), b"eyJhIjoxfQ"),
        # The cookie was set again: another time and signature, the same session.
        ((b"Cookie: session=eyJhIjoxfQ.bSk1.ZXR1cm5naXM",), b"eyJhIjoxfQ"),
        ((b"cookie: appareil=a.b.c; session=.eJyrVg.aSk1.c2ln; x=1",), b".eJyrVg"),
        ((b"Cookie: autre_session=eyJiIjoxfQ.a.b",), b""),
        ((b"X-Cookie: session=eyJhIjoxfQ.a.b",), b""),
        ((b"Authorization: Bearer abc",), b" Bearer abc"),
    ],
)
def test_a_session_or_a_system_is_told_by_its_header(lines: tuple[bytes, ...], who: bytes) -> None:
    assert asker(head(*lines), "192.0.2.7", 0) == ("192.0.2.7", who)


@pytest.mark.parametrize(
    ("lines", "proxies", "where"),
    [
        ((b"X-Forwarded-For: 203.0.113.5",), 0, "192.0.2.7"),
        ((b"X-Forwarded-For: 203.0.113.5",), 1, "203.0.113.5"),
        # What the other side wrote itself stands first.
        ((b"X-Forwarded-For: 198.51.100.1, 203.0.113.5",), 1, "203.0.113.5"),
        ((b"X-Forwarded-For: 198.51.100.1, 203.0.113.5, 10.0.0.3",), 2, "203.0.113.5"),
        ((b"X-Forwarded-For: 198.51.100.1", b"x-forwarded-for: 203.0.113.5"), 1, "203.0.113.5"),
        ((b"X-Forwarded-For: 203.0.113.5",), 2, "192.0.2.7"),
        ((), 1, "192.0.2.7"),
        ((b"X-Forwarded-For: 2001:db8:1:2:3:4:5:6",), 1, "2001:db8:1:2::/64"),
    ],
)
def test_a_place_is_an_address_that_proxies_in_front_have_heard(
    lines: tuple[bytes, ...], proxies: int, where: str
) -> None:
    assert asker(head(*lines), "192.0.2.7", proxies)[0] == where
