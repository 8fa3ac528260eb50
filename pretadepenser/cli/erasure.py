"""Erase a client from everything that an instance keeps, or what is over its time; both may be killed.

What is under way stands in a file of the instance folder until nothing is left, so that `retention run`
ends what a killed command began. The journal says "commencé" when the first row is erased and "achevé" when
the last file is gone, never before.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pretadepenser import storage
from pretadepenser.audit import pack
from pretadepenser.credit.model import scoring
from pretadepenser.credit.portfolio import Portfolio, current_portfolio, reading, removal
from pretadepenser.records import erasing, retention
from pretadepenser.records.database import Database
from pretadepenser.records.erasing import Erased, ErasingError
from pretadepenser.records.retention import Keep
from pretadepenser.web import pictures

# In the instance folder: the clients whose erasure is under way, and that the database is to be compacted.
MARK: Final = "erasing.json"

Progress = Callable[[str, float], None]
Before = Callable[[Portfolio], None]


@dataclass(frozen=True)
class Gone:
    """What an erasure did.

    filed: whether the portfolio had the client; scored: whether there were scores; evidence: whether an
    audit's pack had the client.
    """

    rows: Erased
    filed: bool
    scored: bool
    evidence: bool


@dataclass(frozen=True)
class Ended:
    """What a run of retention did. resumed: clients whose erasure had been cut off, and is ended now."""

    rows: Erased
    resumed: int


@dataclass(frozen=True)
class Place:
    """What is erased from: an instance folder, its database, the key of digests, and who is told of progress.

    before: called with the portfolio without a client before it is put in place.
    """

    folder: Path
    database: Database
    key: str
    progress: Progress
    before: Before = field(default=lambda portfolio: None)


def erase(place: Place, client: int) -> Gone | None:
    """Erase a client from portfolio, scores, pictures, evidence and database; None where nothing is known.

    Raises ErasingError: the client is held, somebody else erases now, or what holds the clients is being
    made. Raises PortfolioError where the portfolio is damaged.
    """
    with alone(place.folder):
        if client not in (_marked(place.folder) or ()) and not _known(place, client):
            return None
        return _erase(place, client)


def run(place: Place, keep: Keep) -> Ended:
    """End what was cut off, then erase what is over its time. Raises as `erase` does."""
    with alone(place.folder):
        marked = _marked(place.folder)
        for client in marked or ():
            _erase(place, client)
        _mark(place.folder, [])
        rows = retention.run(place.database, keep)
        if rows or marked is not None:
            place.progress("Réécriture de la base de données", 0.0)
            erasing.compact(place.database)
        (place.folder / MARK).unlink()
        return Ended(rows, len(marked or ()))


def _known(place: Place, client: int) -> bool:
    filed = current_portfolio(place.folder)
    if filed is not None and filed.index(client) is not None:
        return True
    digest = erasing.digest_of(place.key, client)
    return erasing.known(place.database, client) or erasing.unfinished(place.database, digest)


def _erase(place: Place, client: int) -> Gone:
    for name in (reading.NAME, scoring.SCORES):
        if storage.drafts(place.folder, name):
            raise ErasingError(
                "Un import ou un calcul de scores est en cours, qui garderait ce client : recommencez après."
            )
    digest = erasing.digest_of(place.key, client)
    _mark(place.folder, [client])
    try:
        rows = erasing.begin(place.database, client, digest)
    except ErasingError:
        _unmark(place.folder, client)
        raise
    scored = storage.current(place.folder, scoring.SCORES) is not None
    filed = removal.remove(place.folder, [client], place.progress, place.before)
    evidence = _forget_files(place.folder, client)
    place.progress("Réécriture de la base de données", 0.0)
    erasing.compact(place.database)
    # Whoever had the client's page open may have left a trace or a picture meanwhile.
    pictures.forget(place.folder)
    while not erasing.finish(place.database, client, digest):
        erasing.compact(place.database)
    _unmark(place.folder, client)
    return Gone(rows, filed > 0, scored, evidence)


def _forget_files(folder: Path, client: int) -> bool:
    """Delete what other generations have of a client; tell whether a pack of evidence was among them."""
    removal.forget(folder)
    scoring.forget_scores(folder)
    return pack.withdraw(folder, client)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold off erasures, and whatever must not cross one. Raises ErasingError where one is under way."""
    lock = os.open(folder / f".{MARK}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ErasingError("Un effacement est en cours : recommencez quand il aura fini.") from error
        yield
    finally:
        os.close(lock)


def _mark(folder: Path, clients: Sequence[int]) -> None:
    """Write down what is under way, beside what was before."""
    _write(folder, {*(_marked(folder) or ()), *clients})


def _marked(folder: Path) -> list[int] | None:
    """The clients whose erasure is under way; None where nothing is."""
    try:
        marked: list[int] = json.loads((folder / MARK).read_text("utf-8"))["clients"]
    except FileNotFoundError:
        return None
    return marked


def _unmark(folder: Path, client: int) -> None:
    """Take a client off what is under way; the file goes with the last."""
    if left := [one for one in _marked(folder) or () if one != client]:
        _write(folder, left)
    else:
        (folder / MARK).unlink(missing_ok=True)


def _write(folder: Path, clients: Collection[int]) -> None:
    with storage.written(folder / MARK) as own:
        own.write_text(json.dumps({"clients": sorted(clients)}), "utf-8")
