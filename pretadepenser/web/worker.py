"""gunicorn's threaded worker, which gives a thread to nobody who has not asked yet.

gunicorn's own `gthread` reads a request in a thread: as many connections as there are threads, each with half
a header, stop the service. Here the loop that accepts connections reads requests too, without waiting, and a
thread gets them once they are whole, in turn between those who ask. What is not whole in time, or makes
others wait, is closed. Who comes is left to the worker that has least to do (docs/decisions/serving.md).
"""

from __future__ import annotations

import errno
import selectors
import time
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, Final

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from pretadepenser.web import connection
from pretadepenser.web.connection import Connection, PatientSocket, Told
from pretadepenser.web.shares import Shares
from pretadepenser.web.turns import Turns, asker

# Seconds that the loop sends what a thread has answered.
SEND_SECONDS: Final = 60.0
# Bytes that a worker keeps of requests that are not whole.
KEPT_BYTES: Final = 64 * 1024 * 1024
# Connections that are free, or made so, for those who come now.
RESERVE: Final = 64
# Seconds between two looks whether a worker that has less to do has accepted who comes, and after which one
# does it oneself: the other may be stopped, or so busy that it does not see the door.
LOOK_SECONDS: Final = 0.002
STAND_BACK_SECONDS: Final = 0.03

# Made by gunicorn's master, which reads this module, for all that it forks.
_shares: Final = Shares()


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """`gthread` that reads requests in its loop; TLS is the business of what stands before it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # In the order in which they began to wait.
        self.unfinished: dict[Connection, None] = {}
        # Answered, but not read to the end, and what gunicorn is to do then.
        self.unread: dict[Connection, Future[Any]] = {}
        # Whole, and waiting for a thread; how many threads are busy.
        self.turns = Turns()
        self.busy = 0
        self.leaving: list[tuple[float, Any]] = []
        self._held = 0
        self._swept = 0.0
        # When to look at the door again, and until when others may accept who stands there (0: nobody does).
        self._back_at = self._left_until = 0.0
        self._knocked = False
        # Turns of those who might accept, when one began to leave it to them, and of those who did not stir.
        self._asked: dict[int, int] = {}
        self._deaf: dict[int, int] = {}

    def accept(self, listener: Any) -> None:
        """Accept a connection and wait for its request, unless another worker has less to do."""
        self._knocked = True
        if self._stands_back():
            return
        self._left_until = 0.0
        try:
            accepted, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._make_room(force=True)
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        self.nr_conns += 1
        # At once: a thread may have Python's lock before this loop comes round.
        _shares.tell(self.age, self._load())
        self._make_room()
        conn = Connection(
            self.cfg, PatientSocket(fileno=accepted.detach()), client, listener.getsockname(), self.leaving
        )
        self._await(conn)
        # Mostly the request has come already.
        self._receive(conn, None)

    def _load(self) -> int:
        """Connections, and more than anybody has where whoever asks now must wait for a thread."""
        waits = self.busy >= self.cfg.threads
        return int(self.nr_conns + (self.worker_connections if waits else 0))

    def _stands_back(self) -> bool:
        """Leave who comes to a worker that has less to do, for a moment."""
        now = time.monotonic()
        found = _shares.freer(self._load())
        freer = {place: turn for place, turn in found.items() if self._deaf.get(place) != turn}
        if not self._left_until:
            self._left_until, self._asked = now + STAND_BACK_SECONDS, freer
        if now >= self._left_until:
            # Nobody is left again to those whose loop has not turned since: each of a hundred would wait.
            self._deaf.update(self._asked.items() & freer.items())
            return False
        if not freer:
            return False
        self._back_at = now + LOOK_SECONDS
        self.set_accept_enabled(False)
        return True

    def set_accept_enabled(self, enabled: bool) -> None:
        """Listen or not; gunicorn asks at each turn of its loop. Who stands back listens a little later."""
        super().set_accept_enabled(enabled and time.monotonic() >= self._back_at)
        if not self.alive:
            _shares.leave(self.age)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait no longer than until it is time to look at the door again; tell what this worker has to do."""
        listening, self._knocked = self._accepting, False
        if self.alive:
            _shares.tell(self.age, self._load())
            if not listening and self.nr_conns < self.worker_connections:
                timeout = min(timeout, max(0.0, self._back_at - time.monotonic()))
            elif listening and self._left_until:
                # Is whoever stood there gone? Who knocks later is another one.
                timeout = 0.0
        super().wait_for_and_dispatch_events(timeout)
        if listening and not self._knocked:
            self._left_until = 0.0

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """Begin to read the next request of a connection that was kept."""
        if conn not in self.keepalived_conns:  # closed to make room a moment ago
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        conn.expect()
        self._await(conn)
        self._receive(conn, client)

    def enqueue_req(self, conn: Any) -> None:
        """Have a request answered when its turn has come."""
        address = conn.client[0] if isinstance(conn.client, tuple) else ""
        self.turns.wait(asker(conn.header(), address, self.wsgi.config["PROXIES"]), conn)
        self._answer_next()

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        """Have the next request answered, and see to what is left of this one."""
        self.busy -= 1
        self._answer_next()
        self._end(conn, fs)

    def _answer_next(self) -> None:
        while self.turns and self.busy < self.cfg.threads:
            self.busy += 1
            super().enqueue_req(self.turns.take())

    def _end(self, conn: Any, fs: Future[Any]) -> None:
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
        conn.sock.until = time.monotonic() + connection.THREAD_SECONDS
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
        _shares.forget_the_dead()
        for conn in [one for one in self.unfinished if one.timeout <= now]:
            self._drop(conn, 408 if conn.taken else 0)
        for conn in [one for one in self.unread if one.timeout <= now]:
            self._give_up(conn)
        while self.leaving and self.leaving[0][0] <= now:
            self.leaving.pop(0)[1].close()

    def _keepalive_after(self, conn: Any, keepalive: Any) -> bool:
        # The rest of a long body that nobody read is not waited for: a thread has better things to do.
        return bool(keepalive and conn.parser.finish_body(deadline=time.monotonic() + 0.05))

    def _cap_keepalive(self, deadline: float) -> None:
        """A worker that stops waits no longer for those who have not begun."""
        super()._cap_keepalive(deadline)
        for conn in (*self.unfinished, *self.unread):
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Tell in French what gunicorn refuses or what went wrong; its log stays as it is."""
        told = Told()
        super().handle_error(req, told, addr, exc)
        with suppress(OSError):
            client.sendall(connection.page(told.status))

    def _await(self, conn: Connection) -> None:
        self.unfinished[conn] = None
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._receive, conn))

    def _receive(self, conn: Connection, _sock: Any) -> None:
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

    def _taken(self, conn: Connection, data: bytes) -> None:
        self._held += len(data)
        try:
            whole = conn.take(data)
        except ValueError as error:
            self._drop(conn, error.args[0])
            return
        if whole:
            self._held -= len(conn.taken)
            self._forget(conn)
            self.enqueue_req(conn)
            return
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

    def _drop(self, conn: Connection, status: int = 0) -> None:
        if conn not in self.unfinished:
            return
        self._held -= len(conn.taken)
        self._forget(conn)
        self.nr_conns -= 1
        if status:
            with suppress(OSError):
                conn.sock.send(connection.page(status))
        # Closed at once, what is still coming would have the other side lose what it is told.
        conn.partial = bool(status)
        conn.close(graceful=True)

    def _send_more(self, conn: Connection, _sock: Any) -> None:
        if conn not in self.unread:
            return
        try:
            done = conn.sock.send_more()
        except OSError:
            self._give_up(conn)
            return
        if done:
            self.poller.unregister(conn.sock)
            self._end(conn, self.unread.pop(conn))

    def _give_up(self, conn: Connection) -> None:
        """Close on who does not read."""
        del self.unread[conn]
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def _forget(self, conn: Connection) -> None:
        del self.unfinished[conn]
        self.poller.unregister(conn.sock)
