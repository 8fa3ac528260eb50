"""Connections of the patient worker: what has come of a request, and what of an answer is not read."""

from __future__ import annotations

import errno
import re
import socket
import time
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

from gunicorn.workers.gthread import TConn

from pretadepenser.web.security import HEADERS

# Seconds from the first moment of a request to the end of its header, and to the end of its body.
HEAD_SECONDS: Final = 10.0
BODY_SECONDS: Final = 30.0
# Seconds that a thread reads a long body.
THREAD_SECONDS: Final = 60.0
# Bytes of a header: gunicorn's own limits allow more, no browser sends as much.
HEAD_BYTES: Final = 64 * 1024
# Longer bodies, which only the API takes, are read by the thread that knows whose they are.
BODY_BYTES: Final = 1024 * 1024 + 64 * 1024
# Bytes of an answer that wait for who reads slowly.
UNSENT_BYTES: Final = 32 * 1024 * 1024
# Seconds that a connection stays where the other side was sending: closed at once, it would lose the answer.
LINGER: Final = 2.0

REFUSALS: Final = {
    400: ("Demande incomprise", "Ce qui a été envoyé n’est pas une demande HTTP que ce serveur comprend."),
    403: ("Demande refusée", "Ce serveur ne parle pas à cette adresse."),
    408: ("Demande interrompue", "La demande n’est pas arrivée entière à temps. Recommencez."),
    414: ("Adresse trop longue", "L’adresse demandée est trop longue. Partez de la page d’accueil."),
    417: ("Demande incomprise", "Ce serveur n’attend rien avant le corps d’une demande."),
    431: (
        "En-têtes trop longs",
        "Les en-têtes sont trop longs. Effacez les cookies de ce site.",
    ),
    500: ("Incident technique", "L’application a rencontré une erreur. Recommencez dans un instant."),
    501: ("Demande incomprise", "Ce serveur ne connaît pas ce codage du corps."),
}

_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.I)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked", re.I)
_EXPECTS: Final = re.compile(rb"\r\nexpect:[ \t]*100-continue", re.I)
# The line before a chunk; of the last one, up to the empty line after it.
_CHUNK: Final = re.compile(rb"([0-9a-f]{1,8})[^\r\n]{0,200}\r\n", re.I)
_LAST: Final = re.compile(rb"0+[^\r\n]{0,200}\r\n(?:[^\r\n]{1,8000}\r\n){0,20}\r\n")


class PatientSocket(socket.socket):
    """A socket that is read for so long only, and that no sender waits for."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.until = float("inf")
        self.unsent = bytearray()

    def setblocking(self, flag: bool, /) -> None:
        """Where gunicorn wants to wait without end, wait for an end."""
        self.settimeout(THREAD_SECONDS if flag else 0)

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        """Send what the system takes now; the rest is the loop's. Raises OSError where it is too much."""
        patience = self.gettimeout()
        self.settimeout(0)
        try:
            while data and not self.unsent:
                data = data[self.send(data, flags) :]
        except BlockingIOError:
            pass
        finally:
            self.settimeout(patience)
        self.unsent += data
        if len(self.unsent) > UNSENT_BYTES:
            raise BrokenPipeError(errno.EPIPE, "the other side reads too slowly")

    def send_more(self) -> bool:
        """Send more of what waits, without waiting; True once nothing does."""
        with suppress(BlockingIOError):
            while self.unsent:
                del self.unsent[: self.send(self.unsent[: 256 * 1024])]
        return not self.unsent

    def recv(self, *args: int) -> bytes:
        """Receive, until the deadline of the whole request where this may wait."""
        patience = self.gettimeout()
        if not patience:
            return super().recv(*args)
        self.settimeout(max(0.001, min(patience, self.until - time.monotonic())))
        try:
            return super().recv(*args)
        finally:
            self.settimeout(patience)


class Told:
    """Takes a socket's place, to learn what gunicorn would tell."""

    status = 500

    def gettimeout(self) -> None:
        """What gunicorn asks of a socket before it sends."""

    def setblocking(self, flag: bool, /) -> None:
        """What gunicorn asks of a socket while it sends."""

    def sendall(self, data: bytes, /) -> None:
        """Note the status."""
        self.status = int(data.split(b" ", 2)[1])


def page(status: int) -> bytes:
    """An answer of gunicorn's own, as a small French page with the headers of all pages."""
    title, advice = REFUSALS.get(status, REFUSALS[400 if status < 500 else 500])
    body = (
        f'<!doctype html><html lang="fr"><meta charset="utf-8"><title>{title} – Prêt à dépenser</title>'
        f"<h1>{title}</h1><p>{advice}</p></html>"
    ).encode()
    headers = HEADERS | {
        "Connection": "close",
        "Cache-Control": "no-store",
        "Content-Type": "text/html; charset=utf-8",
        "Content-Length": str(len(body)),
    }
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        *(f"{name}: {headers[name]}" for name in headers),
    ]
    return "\r\n".join(lines).encode() + _HEAD_END + body


class Connection(TConn):  # type: ignore[misc]  # gunicorn has no types
    """A connection, and what has come of its next request."""

    def __init__(
        self,
        cfg: Any,
        sock: PatientSocket,
        client: Any,
        server: Any,
        leaving: list[tuple[float, socket.socket]],
    ) -> None:
        super().__init__(cfg, sock, client, server)
        self.leaving = leaving
        self.data_ready = True
        self.expect()

    def expect(self) -> None:
        """Begin to wait for a request."""
        self.taken = bytearray()
        self.head = self.at = 0
        self.promised = 0
        self.chunked = False
        self.partial = False
        self.timeout = time.monotonic() + HEAD_SECONDS

    def take(self, data: bytes) -> bool:
        """Add what came; True when a thread can have the request. Raises ValueError: why not, as a status."""
        self.taken += data
        if not self.head:
            end = self.taken.find(_HEAD_END, max(0, len(self.taken) - len(data) - len(_HEAD_END)))
            if end < 0:
                if len(self.taken) > HEAD_BYTES:
                    raise ValueError(431)
                return False
            self._read_head(end + len(_HEAD_END))
        if self.chunked:
            whole = self._last_chunk_came()
            self.partial = not whole and len(self.taken) > self.head + BODY_BYTES
        else:
            whole = len(self.taken) >= self.head + self.promised
            self.partial = not whole and self.promised > BODY_BYTES
        return whole or self.partial

    def header(self) -> bytes:
        """The header of the request that has come."""
        return bytes(self.taken[: self.head])

    def _last_chunk_came(self) -> bool:
        """Go from chunk to chunk, over what came since the last look."""
        while self.at < len(self.taken):
            if _LAST.match(self.taken, self.at):
                return True
            chunk = _CHUNK.match(self.taken, self.at)
            if not chunk:
                if b"\n" in self.taken[self.at :] or len(self.taken) - self.at > 300:
                    raise ValueError(400)
                return False
            size = int(chunk[1], 16)
            if not size:
                return False
            self.at = chunk.end() + size + 2
        return False

    def _read_head(self, end: int) -> None:
        self.head = self.at = end
        self.timeout += BODY_SECONDS
        head = self.header()
        length = _LENGTH.search(head)
        self.promised = int(length[1]) if length else 0
        self.chunked = _CHUNKED.search(head) is not None
        if _EXPECTS.search(head):
            with suppress(OSError):
                self.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def close(self, graceful: bool = False) -> None:
        """Close without making anybody wait: gunicorn's graceful way waits for the other side."""
        if not (graceful and self.partial):
            super().close()
            return
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)
            self.leaving.append((time.monotonic() + LINGER, self.sock))
