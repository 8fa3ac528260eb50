"""Processes forked from one that has read libraries, application and templates: each begins at its own work.

Reading them anew takes four seconds of processor each time. The process they are forked from begins when the
first of them does, one for each process of pytest.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import pkgutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pretadepenser
from pretadepenser.web import worker
from pretadepenser.web.shares import Shares

# All of the application but its migrations, which run when they are read, and the fit of the demo; and what
# Flask and gunicorn read by themselves.
_READ: Final = [
    one.name
    for one in pkgutil.walk_packages(pretadepenser.__path__, "pretadepenser.")
    if ".migrations." not in one.name and ".demo.fit" not in one.name
]
context: Final = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(
    ["flask.cli", "alembic.command", "gunicorn.app.wsgiapp", *_READ, "tests.preloaded"]
)


def ready() -> None:
    """Begin the process that all others are forked from, and wait until it has read what it reads."""
    first = context.Process(target=_nothing)
    first.start()
    first.join()


def _nothing() -> None:
    """What the first process does that is forked: it is there, so the one it comes from is."""


class Gunicorn:
    """`python -m gunicorn WORDS…`, with what of `subprocess.Popen` its tests need."""

    def __init__(self, words: Sequence[str], folder: Path, environ: Mapping[str, str], log: Path) -> None:
        """Begin it in a folder, with an environment of its own; what it says goes into `log`."""
        given = (tuple(words), str(folder), dict(environ), str(log))
        # Not daemonic: workers have processes of their own, which multiprocessing would refuse to begin.
        self._process = context.Process(target=_gunicorn, args=given)
        self._process.start()
        pid = self._process.pid
        assert pid
        self.pid: Final = pid
        # Should a test leave it, the end of the tests does not wait for it.
        atexit.register(self.kill)

    def poll(self) -> int | None:
        """Its status, None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, so many seconds at most; its status. Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired("gunicorn", timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal, where it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def say_into(file: str) -> None:
    """Have all that this process says written into a file of its own."""
    said = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(said, 1)
    os.dup2(said, 2)


def _gunicorn(words: Sequence[str], folder: str, environ: Mapping[str, str], log: str) -> None:
    say_into(log)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    from gunicorn.app.wsgiapp import run

    # Read where all servers come from, it would be one memory for all of them: each takes the connections of
    # others for those of its own workers.
    worker._shares = Shares()  # type: ignore[misc]
    sys.argv = ["gunicorn", *words]
    try:
        run()
    finally:
        # Master and workers end here, as an interpreter does: multiprocessing would wait for the processes of
        # a worker before anybody has told them to end.
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
