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
from typing import Any, Final

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

# Seconds from the first moment of a request to the end of its header, and to the end of its body.
HEAD_SECONDS: Final = 10.0
BODY_SECONDS: Final = 30.0
# Seconds that a thread reads a long body, and that it takes to hand over one part of an answer.
THREAD_SECONDS: Final = 60.0
SEND_SECONDS: Final = 20.0
# Bytes of a header: gunicorn's own limits allow more, no browser sends as much.
HEAD_BYTES: Final = 64 * 1024
# Longer bodies, which only the API takes, are read by the thread that knows whose they are.
BODY_BYTES: Final = 1024 * 1024 + 64 * 1024
# Bytes that a worker keeps of requests that are not whole.
KEPT_BYTES: Final = 64 * 1024 * 1024
# What the system keeps of an answer, so that a thread need not wait for a slow reader of any page.
SEND_BUFFER: Final = 1024 * 1024
# Connections that are free, or made so, for those who come now.
RESERVE: Final = 64
# Seconds that a connection stays where the other side was sending: closed at once, it would lose the answer.
LINGER: Final = 2.0

_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.I)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked", re.I)
_EXPECTS: Final = re.compile(rb"\r\nexpect:[ \t]*100-continue", re.I)
# The line before a chunk; of the last one, up to the empty line after it.
_CHUNK: Final = re.compile(rb"([0-9a-f]{1,8})[^\r\n]{0,200}\r\n", re.I)
_LAST: Final = re.compile(rb"0+[^\r\n]{0,200}\r\n(?:[^\r\n]{1,8000}\r\n){0,20}\r\n")


class _Socket(socket.socket):
    """A socket that blocks for so long only."""

    until = float("inf")

    def setblocking(self, flag: bool, /) -> None:
        """Where gunicorn wants to wait without end, wait for an end."""
        self.settimeout(SEND_SECONDS if flag else 0)

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
        """Add what came; True when a thread can have the request. Raises ValueError: too long a header."""
        self.taken += data
        if not self.head:
            end = self.taken.find(_HEAD_END, max(0, len(self.taken) - len(data) - len(_HEAD_END)))
            if end < 0:
                if len(self.taken) > HEAD_BYTES:
                    raise ValueError
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
            # What is no chunk is told by gunicorn, to whom it goes as it is.
            if not chunk:
                return len(self.taken) - self.at > HEAD_BYTES
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
        sock = _Socket(fileno=accepted.detach())
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        conn = _Connection(self, sock, client, listener.getsockname())
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
        """Wait for the next request, of which a part may have come with the one that is answered."""
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
            self._drop(conn, b"408 Request Timeout" if conn.taken else b"")
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
        except ValueError:
            self._drop(conn, b"431 Request Header Fields Too Large")
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
            else:
                return

    def _drop(self, conn: _Connection, status: bytes = b"") -> None:
        if conn not in self.unfinished:
            return
        self._held -= len(conn.taken)
        self._forget(conn)
        self.nr_conns -= 1
        if status:
            with suppress(OSError):
                conn.sock.send(b"HTTP/1.1 %b\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" % status)
        conn.close()

    def _forget(self, conn: _Connection) -> None:
        del self.unfinished[conn]
        with suppress(KeyError, ValueError, OSError):
            self.poller.unregister(conn.sock)
