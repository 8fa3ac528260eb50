"""A PostgreSQL server of a test's own, where its programs are installed (apt install postgresql)."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

PROGRAMS: Final = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
# The mark of what cannot be tested without it, and both databases, for tests that hold on each.
NEEDED: Final = pytest.mark.skipif(
    not PROGRAMS, reason="PostgreSQL is not installed (apt install postgresql)"
)
BOTH: Final = ("sqlite", pytest.param("postgresql", marks=NEEDED))


@dataclass(frozen=True)
class Server:
    """A server that can be stopped and started again.

    control: how its pg_ctl is called; options: of the server.
    """

    folder: Path
    port: int
    control: tuple[str, ...]
    options: str

    @property
    def url(self) -> str:
        """Its address, as a cloud platform would write it."""
        return f"postgres://app@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = str(self.folder / "log")
        subprocess.run([*self.control, "-l", log, "-o", self.options, "start"], check=True, cwd="/")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; immediate: as if the power had gone."""
        subprocess.run([*self.control, "-m", mode, "stop"], check=True, cwd="/")

    def psql(self, statement: str) -> str:
        """Run one statement as its owner, past the application; give what it prints, without heads."""
        words = [str(PROGRAMS[-1] / "psql"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "app", "-At"]
        done = subprocess.run(
            [*words, "-c", statement, "postgres"], check=True, cwd="/", capture_output=True, text=True
        )
        return done.stdout.strip()


@contextmanager
def running(*, durable: bool = False) -> Iterator[Server]:
    """Make and run a server in a folder of its own, which is deleted afterwards.

    Not in one of pytest's: these are for their owner alone, and PostgreSQL's user must reach it.
    durable: whether what is committed is on the disk (fsync), as in service; quicker without.
    """
    with tempfile.TemporaryDirectory(prefix="pretadepenser-postgresql-") as folder:
        yield from _running(Path(folder), durable=durable)


def _running(folder: Path, *, durable: bool) -> Iterator[Server]:
    # PostgreSQL refuses to run as root.
    as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    control = (*as_user, str(PROGRAMS[-1] / "pg_ctl"), "-D", str(folder / "data"), "-w", "-s")
    subprocess.run([*control, "-o", "-A trust -U app", "initdb"], check=True, cwd="/", capture_output=True)
    fsync = "on" if durable else "off"
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync={fsync}"
    server = Server(folder, port, control, options)
    server.start()
    try:
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.stop()
