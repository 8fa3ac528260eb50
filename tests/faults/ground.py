"""What the attacks stand on: an instance of their own, a real server on it, what it answers when well."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import sqlite3
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pretadepenser import create_app, demo
from pretadepenser.credit.model import training
from pretadepenser.credit.portfolio import import_batches
from pretadepenser.records import tokens, users
from pretadepenser.records.database import Database
from tests.web.test_gunicorn import Server, fork

USER, PASSWORD = "agathe", "une suite de quelques mots"
CLIENTS: Final = 2000
DATABASE: Final = "pretadepenser.sqlite"
# Client 157083 always exists. A page, one that needs all scores, and the API, which computes anew.
CLIENT: Final = "/clients/157083"
COMPARISON: Final = f"{CLIENT}/comparaison?groupe=accordes"
API: Final = f"/api/v1{CLIENT}/score"
ADDRESSES: Final = (CLIENT, COMPARISON, "/modele", API)

# What people and systems read where something cannot be told.
DAMAGED: Final = "Les données de l’application ne sont pas celles qui ont été enregistrées"
NO_DATABASE: Final = "L’application n’arrive pas à lire ou à écrire dans sa base de données"
API_DAMAGED: Final = "Le portefeuille ou le modèle est inutilisable : prévenez l’administrateur."
API_NO_DATABASE: Final = "La base de données ne répond pas : recommencez dans un instant."
REFUSALS: Final = (DAMAGED, NO_DATABASE, API_DAMAGED, API_NO_DATABASE)

Answer = tuple[int, str]
# Called with what is being tried and how much of it has been, 0..1.
Progress = Callable[[str, float], None]


def silent(what: str, share: float) -> None:
    """No progress is shown in tests."""


@dataclass
class Result:
    """What was tried, how often, and every time that something was lost or served wrongly."""

    what: str
    tried: int = 0
    wrong: list[str] = field(default_factory=list)
    # What else the figures need to be understood: what was refused, what stood in for what.
    told: str = ""


@dataclass(frozen=True)
class Ground:
    """An instance folder under attack, with the user USER and the text of an API token."""

    instance: Path
    token: str

    @contextmanager
    def served(self, **settings: str) -> Iterator[Visitor]:
        """Run a server on the instance, signed in; it must end as it is told to."""
        server = fork(self.instance, PRETADEPENSER_API_REQUESTS="1000000", **settings)
        try:
            server.wait()
            server.wait_for_workers()
            visitor = Visitor(server, self.token)
            visitor.sign_in()
            yield visitor
        finally:
            end(server)

    def copy(self, folder: Path) -> Ground:
        """The same in another folder, which must not exist."""
        shutil.copytree(self.instance, folder, symlinks=True)
        return Ground(folder, self.token)


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks a running server: an advisor on pages, a system with its token at the API."""

    server: Server
    token: str

    def sign_in(self) -> None:
        """Sign the advisor in."""
        assert self.server.sign_in(USER, PASSWORD) == 303

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, wait: float = 30) -> Answer:
        """Status and text of an answer, CSRF tokens left out: the same page is the same text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=wait)
        headers = {"Cookie": self.server.cookie}
        if path.startswith("/api/"):
            headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        # Seconds that are left of a session are others each time as well.
        text = re.sub(r'(data-remaining=")\d+', r"\1", text)
        return answer.status, re.sub(r'(name="csrf_token"[^>]* value=")[^"]+', r"\1", text)

    def everything(self) -> dict[str, Answer]:
        """What is answered now at each address that is compared."""
        return {path: self.ask(path) for path in ADDRESSES}


def end(server: Server) -> None:
    """End a server and its workers, also one that was killed."""
    if server.process.poll() is None:
        for worker in server.workers():
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGCONT)
        server.process.terminate()
        server.process.wait(40)


def make(folder: Path, trained: Path | None = None) -> Ground:
    """A ground in `folder`: of the instance `trained` where there is one, else of clients made here."""
    instance = folder / "instance"
    if trained:
        shutil.copytree(trained, instance, symlinks=True)
    else:
        import_batches(demo.batches(CLIENTS, 3), instance, fictitious=True)
        training.train(instance)
    # The application makes its secret key, as at its first start.
    database: Database = create_app({"INSTANCE": instance}).extensions["database"]
    database.upgrade()
    users.add_user(database, USER, "conseiller", PASSWORD)
    token = tokens.add_token(database, "agence")
    database.engine.dispose()
    return Ground(instance, token)


def wrong(path: str, answer: Answer, right: Sequence[Answer]) -> list[str]:
    """Nothing where an answer is one of those noted before or a refusal in French, else what was answered."""
    status, text = answer
    if answer in right or (status == 503 and any(sentence in text for sentence in REFUSALS)):
        return []
    return [f"{path}: {status}, {_difference(text, right)}"]


def _difference(text: str, right: Sequence[Answer]) -> str:
    """The first line that no noted answer has."""
    known = {line for _, noted in right for line in noted.splitlines()}
    return next((line.strip()[:200] for line in text.splitlines() if line not in known), "another page")


def readable_by_others(root: Path) -> list[str]:
    """Files that somebody who is neither owner nor in the group can get at below `root`."""
    found = []
    for path in root.iterdir():
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            if mode & stat.S_IXOTH:
                found += readable_by_others(path)
        elif stat.S_ISREG(mode) and mode & stat.S_IROTH and path.stat().st_size:
            found.append(f"{path.name} is readable by others")
    return found


def drafts(root: Path) -> list[str]:
    """What is being written in a folder, or was when its writer died."""
    names = [path.name for path in root.iterdir()]
    return [name for name in names if re.fullmatch(r"\.(?:portfolio|model|scores)\..*-.*|\..*\.part", name)]


def integrity(instance: Path) -> list[str]:
    """What SQLite finds wrong with the database, nothing where it is whole."""
    with closing(sqlite3.connect(instance / DATABASE)) as connection:
        told = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    return [] if told == ["ok"] else [f"database: {told}"]


def names(instance: Path, table: str) -> set[str]:
    """Names of all users, or of all tokens."""
    with closing(sqlite3.connect(instance / DATABASE)) as connection:
        return {row[0] for row in connection.execute(f"SELECT name FROM {table}")}
