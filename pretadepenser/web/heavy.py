"""Heavy work: PDF sheets, batches of the API, crossings. So much of it at a time, and out of the pages' way.

Half of a server's threads may be busy with it, the others but one may wait a moment; whoever comes then is
told to come back (503, Retry-After).
Where gunicorn serves, PDF sheets and batches are made in processes of their own, forked before the first
request: in a thread they would hold Python's lock while an advisor waits for a page, and in a process they
can give way (nice).
"""

from __future__ import annotations

import ctypes
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any, Final, ParamSpec, TypeVar

from flask import Flask, current_app
from werkzeug.exceptions import ServiceUnavailable

P = ParamSpec("P")
Made = TypeVar("Made")

# Seconds that one waits for a slot, and after which to come back.
PATIENCE: Final = 5.0
RETRY: Final = 2
# What is made in processes: each kind has its own, so that a batch does not keep a sheet waiting.
KINDS: Final = ("pdf", "api")
# How much a process of heavy work gives way to those that answer pages.
NICENESS: Final = 10
_PARENT_DIED: Final = 1  # PR_SET_PDEATHSIG


class BusyError(ServiceUnavailable):
    """All slots are taken; 503 with Retry-After and a sentence in French."""

    description = "Trop de calculs longs sont demandés en ce moment. Recommencez dans quelques secondes."

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY)


@dataclass
class Heavy:
    """The slots of this process, who may wait for one, and its processes by kind where it has some."""

    slots: threading.Semaphore
    queue: threading.Semaphore
    pools: dict[str, ProcessPoolExecutor] = field(default_factory=dict)


def init_app(app: Flask) -> None:
    """Count the slots: half of the threads, at least one; and leave one thread that never waits."""
    threads = app.config["THREADS"]
    waiting = max(0, threads - slots(threads) - 1)
    app.extensions["heavy"] = Heavy(threading.Semaphore(slots(threads)), threading.Semaphore(waiting))


def slots(threads: int) -> int:
    """How many pieces of heavy work a server of so many threads does at a time."""
    return max(1, threads // 2)


def start(app: Flask) -> None:
    """Fork this server's processes. To be called by its main thread, before any other runs."""
    heavy: Heavy = app.extensions["heavy"]
    each = max(1, slots(app.config["THREADS"]) // len(KINDS))
    for kind in KINDS:
        pool = ProcessPoolExecutor(each, get_context("fork"), _begin, (app, os.getpid()))
        # Processes are made by the first task, all at once: now, while there is nothing to get between.
        pool.submit(_prepare, kind)
        heavy.pools[kind] = pool


@contextmanager
def slot() -> Iterator[None]:
    """Take a slot for what is done inside. Raises BusyError."""
    heavy: Heavy = current_app.extensions["heavy"]
    if not heavy.slots.acquire(blocking=False):
        if not heavy.queue.acquire(blocking=False):
            raise BusyError
        try:
            if not heavy.slots.acquire(timeout=PATIENCE):
                raise BusyError
        finally:
            heavy.queue.release()
    try:
        yield
    finally:
        heavy.slots.release()


def call(kind: str, function: Callable[P, Made], *args: P.args, **kwargs: P.kwargs) -> Made:
    """Have a function called, inside a slot, by a process of its kind where there are some.

    The function finds an application context; what it takes, gives and raises must be picklable.
    Raises BusyError where the process died, and what the function raises.
    """
    heavy: Heavy = current_app.extensions["heavy"]
    pool = heavy.pools.get(kind)
    if pool is None:
        return function(*args, **kwargs)
    try:
        made: Made = pool.submit(_call, function, args, kwargs).result()
    except BrokenProcessPool as error:
        # Killed for memory, most likely. gunicorn replaces this server, with processes that live.
        current_app.logger.error("Un calcul long (%s) a été interrompu : %s", kind, error)
        os.kill(os.getpid(), signal.SIGTERM)
        raise BusyError from error
    return made


_app: Flask | None = None


def _begin(app: Flask, parent: int) -> None:
    """Make this process one that works, gives way, and ends with the server that made it."""
    global _app
    _app = app
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for ignored in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGWINCH):
        signal.signal(ignored, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PARENT_DIED, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
    with suppress(OSError):
        os.nice(NICENESS)


def _prepare(kind: str) -> None:
    if kind == "pdf":
        with suppress(ImportError, OSError):
            import weasyprint  # noqa: F401 (loaded before somebody waits for it)


def _call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    assert _app is not None
    with _app.app_context():
        return function(*args, **kwargs)
