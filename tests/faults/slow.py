"""Sockets that never finish a request, send a byte a second or never read: others are answered as ever."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Final

from tests.faults.ground import CLIENT, Progress, Result, Visitor, silent

_UNFINISHED: Final = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
_ASKED: Final = ("/healthz", CLIENT)


def slow_sockets(
    visitor: Visitor, count: int, allowed: float, seconds: float, progress: Progress = silent
) -> list[Result]:
    """Hold `count` sockets of each kind for some seconds; others are answered within `allowed` seconds."""
    results = []
    # Signed in like others, in a session of their own.
    greedy = replace(visitor, server=replace(visitor.server, cookie=""))
    greedy.sign_in()
    kinds: dict[str, Callable[[Visitor, socket.socket], None]] = {
        "never finish their header": lambda _, sock: sock.sendall(_UNFINISHED),
        "send a byte a second": lambda _, sock: sock.sendall(_UNFINISHED + b"X-Slow: "),
        "never read their answers": _ask_much,
    }
    for number, (what, begin) in enumerate(kinds.items()):
        result = Result(f"{count} sockets that {what}")
        slowest = 0.0
        with _held(greedy, count, begin, drip="byte" in what):
            end = time.monotonic() + seconds
            while time.monotonic() < end or not result.tried:
                for path in _ASKED:
                    begun = time.monotonic()
                    try:
                        status = visitor.ask(path, wait=allowed)[0]
                    except OSError as error:
                        status = 0
                        result.wrong.append(f"{path}: {error!r} beside {count} sockets that {what}")
                    slowest = max(slowest, time.monotonic() - begun)
                    if status and (status != 200 or time.monotonic() - begun > allowed):
                        result.wrong.append(f"{path}: {status} after {time.monotonic() - begun:.1f} s")
                result.tried += 1
        result.told = f"slowest answer beside them: {1000 * slowest:.0f} ms"
        results.append(result)
        progress("slow sockets", (number + 1) / len(kinds))
    return results


@contextmanager
def _held(
    visitor: Visitor, count: int, begin: Callable[[Visitor, socket.socket], None], drip: bool
) -> Iterator[None]:
    """Open sockets and begin on each; send a byte a second on each where wanted."""
    stop = threading.Event()
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.settimeout(5)
            sock.connect(("127.0.0.1", visitor.server.port))
            begin(visitor, sock)
        dripping = threading.Thread(target=_drip, args=(sockets, stop))
        if drip:
            dripping.start()
        try:
            yield
        finally:
            stop.set()
            if drip:
                dripping.join()


def _drip(sockets: Sequence[socket.socket], stop: threading.Event) -> None:
    left = list(sockets)
    while not stop.wait(1.0):
        for sock in list(left):
            try:
                sock.sendall(b"x")
            except OSError:  # the server has had enough of it
                left.remove(sock)


def _ask_much(visitor: Visitor, sock: socket.socket) -> None:
    """Ask for a long page twenty times over: more than the buffers between hold."""
    ask = f"GET /modele HTTP/1.1\r\nHost: localhost\r\nCookie: {visitor.server.cookie}\r\n\r\n"
    sock.sendall(20 * ask.encode())
