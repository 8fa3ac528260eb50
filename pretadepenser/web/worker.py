"""gunicorn's threaded worker, which gives a thread to nobody who has not asked yet.

gunicorn's own `gthread` reads a request in a thread: as many connections as there are threads, each with half
a header, stop the service. Here the loop that accepts connections reads requests too, without waiting, and a
thread gets them once they are whole. What is not whole in time, or makes others wait, is closed
(docs/decisions/serving.md).
"""

from __future__ import annotations

import errno
import re
import selectors
import socket
import time
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from pretadepenser.web.security import HEADERS

# Seconds from the first moment of a request to the end of its header, and to the end of its body.
HEAD_SECONDS: Final = 10.0
BODY_SECONDS: Final = 30.0
# Seconds that a thread reads a long body, and that the loop sends what a thread has answered.
THREAD_SECONDS: Final = 60.0
SEND_SECONDS: Final = 60.0
# Bytes of a header: gunicorn's own limits allow more, no browser sends as much.
HEAD_BYTES: Final = 64 * 1024
# Longer bodies, which only the API takes, are read by the thread that knows whose they are.
BODY_BYTES: Final = 1024 * 1024 + 64 * 1024
# Bytes that a worker keeps of requests that are not whole.
KEPT_BYTES: Final = 64 * 1024 * 1024
# Bytes of an answer that wait for who reads slowly.
UNSENT_BYTES: Final = 32 * 1024 * 1024
# Connections that are free, or made so, for those who come now.
RESERVE: Final = 64
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


class _Socket(socket.socket):
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


class _Told:
    """Takes a socket's place, to learn what gunicorn would tell."""

    status = 500

    def gettimeout(self) -> None:
        """What gunicorn asks of a socket before it sends."""

    def setblocking(self, flag: bool, /) -> None:
        """What gunicorn asks of a socket while it sends."""

    def sendall(self, data: bytes, /) -> None:
        """Note the status."""
        self.status = int(data.split(b" ", 2)[1])


def _page(status: int) -> bytes:
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


class _Connection(TConn):  # type: ignore[misc]  # gunicorn has no types
    """A connection, and what has come of its next request."""

    def __init__(self, worker: PatientWorker, sock: _Socket, client: Any, server: Any) -> None:
        super().__init__(worker.cfg, sock, client, server)
        self.worker = worker
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
        head = bytes(self.taken[:end])
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
            self.sock.setblocking(False)
            self.sock.shutdown(socket.SHUT_WR)
            self.worker.leaving.append((time.monotonic() + LINGER, self.sock))


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """`gthread` that reads requests in its loop; TLS is the business of what stands before it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # In the order in which they began to wait.
        self.unfinished: dict[_Connection, None] = {}
        # Answered, but not read to the end, and what gunicorn is to do then.
        self.unread: dict[_Connection, Future[Any]] = {}
        self.leaving: list[tuple[float, socket.socket]] = []
        self._held = 0
        self._swept = 0.0

    def accept(self, listener: Any) -> None:
        """Accept a connection and wait for its request."""
        try:
            accepted, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._make_room(force=True)
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        self.nr_conns += 1
        self._make_room()
        conn = _Connection(self, _Socket(fileno=accepted.detach()), client, listener.getsockname())
        self._await(conn)
        # Mostly the request has come already.
        self._receive(conn, None)

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """Begin to read the next request of a connection that was kept."""
        if conn not in self.keepalived_conns:  # closed to make room a moment ago
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        conn.expect()
        self._await(conn)
        self._receive(conn, client)

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        """Send the rest of an answer, then wait for the next request; its beginning may have come."""
        if conn.sock.unsent:
            conn.sock.setblocking(False)
            conn.timeout = time.monotonic() + SEND_SECONDS
            self.unread[conn] = fs
            self.poller.register(conn.sock, selectors.EVENT_WRITE, partial(self._send_more, conn))
            return
        kept = not fs.cancelled() and not fs.exception() and fs.result()
        rest = conn.parser.unreader.take_buffered() if kept and conn.parser else b""
        if not rest:
            super().finish_request(conn, fs)
            return
        conn.sock.setblocking(False)
        conn.expect()
        self._await(conn)
        self._taken(conn, rest)

    def handle(self, conn: Any) -> Any:
        """Answer a request that has come whole, or as far as this worker keeps it. Runs in a thread."""
        conn.sock.until = time.monotonic() + THREAD_SECONDS
        conn.sock.setblocking(True)
        conn.init()
        conn.parser.unreader.unread(bytes(conn.taken))
        conn.taken = bytearray()
        return super().handle(conn)

    def murder_pending(self) -> None:
        """Close what was not whole in time, once a second."""
        now = time.monotonic()
        if now < self._swept + 1:
            return
        self._swept = now
        for conn in [one for one in self.unfinished if one.timeout <= now]:
            self._drop(conn, 408 if conn.taken else 0)
        for conn in [one for one in self.unread if one.timeout <= now]:
            self._give_up(conn)
        for _, sock in (gone := [one for one in self.leaving if one[0] <= now]):
            sock.close()
        self.leaving = self.leaving[len(gone) :]

    def _keepalive_after(self, conn: Any, keepalive: Any) -> bool:
        # The rest of a long body that nobody read is not waited for: a thread has better things to do.
        return bool(keepalive and conn.parser.finish_body(deadline=time.monotonic() + 0.05))

    def _cap_keepalive(self, deadline: float) -> None:
        """A worker that stops waits no longer for those who have not begun."""
        super()._cap_keepalive(deadline)
        for conn in self.unfinished:
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
        for conn in self.unread:
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Tell in French what gunicorn refuses or what went wrong; its log stays as it is."""
        told = _Told()
        super().handle_error(req, told, addr, exc)
        with suppress(OSError):
            client.sendall(_page(told.status))

    def _await(self, conn: _Connection) -> None:
        self.unfinished[conn] = None
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._receive, conn))

    def _receive(self, conn: _Connection, _sock: Any) -> None:
        try:
            data = conn.sock.recv(64 * 1024)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if data:
            self._taken(conn, data)
        else:
            self._drop(conn)

    def _taken(self, conn: _Connection, data: bytes) -> None:
        before = len(conn.taken)
        try:
            whole = conn.take(data)
        except ValueError as error:
            self._drop(conn, error.args[0])
            return
        if whole:
            self._held -= before
            self._forget(conn)
            self.enqueue_req(conn)
            return
        self._held += len(data)
        while self._held > KEPT_BYTES:
            self._drop(max(self.unfinished, key=lambda one: len(one.taken)))

    def _make_room(self, *, force: bool = False) -> None:
        """Close who has waited longest without a whole request, where connections run short."""
        while force or self.nr_conns > self.worker_connections - RESERVE:
            force = False
            if self.unfinished:
                self._drop(next(iter(self.unfinished)))
            elif self.keepalived_conns:
                conn = self.keepalived_conns.popleft()
                self.poller.unregister(conn.sock)
                self.nr_conns -= 1
                conn.close()
            elif self.unread:
                self._give_up(next(iter(self.unread)))
            else:
                return

    def _drop(self, conn: _Connection, status: int = 0) -> None:
        if conn not in self.unfinished:
            return
        self._held -= len(conn.taken)
        self._forget(conn)
        self.nr_conns -= 1
        if status:
            with suppress(OSError):
                conn.sock.send(_page(status))
        # Closed at once, what is still coming would have the other side lose what it is told.
        conn.partial = bool(status)
        conn.close(graceful=True)

    def _send_more(self, conn: _Connection, _sock: Any) -> None:
        if conn not in self.unread:
            return
        try:
            done = conn.sock.send_more()
        except OSError:
            self._give_up(conn)
            return
        if done:
            self.poller.unregister(conn.sock)
            self.finish_request(conn, self.unread.pop(conn))

    def _give_up(self, conn: _Connection) -> None:
        """Close on who does not read."""
        del self.unread[conn]
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def _forget(self, conn: _Connection) -> None:
        del self.unfinished[conn]
        with suppress(KeyError, ValueError, OSError):
            self.poller.unregister(conn.sock)
