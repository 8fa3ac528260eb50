"""The disk is full: commands end with one sentence, pages answer or say so, nothing is half written.

As root the instance is on a file system of its own (tmpfs) that ballast fills. Others cannot mount one: no
file may grow beyond a size then (RLIMIT_FSIZE), which refuses writes at the same places with another error.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Final, Protocol

import pyarrow as pa
import pyarrow.parquet

from pretadepenser import demo
from pretadepenser.credit.model.scoring import current_model, current_scores
from pretadepenser.credit.portfolio import current_portfolio
from tests.faults import commands
from tests.faults.ground import (
    ADDRESSES,
    CLIENTS,
    NO_DATABASE,
    Ground,
    Progress,
    Result,
    Visitor,
    drafts,
    integrity,
    silent,
    wrong,
)
from tests.unit.made_up import text

_SIZE: Final = 16 * 1024 * 1024
# Bytes that lack when an import writes its last file, through a memory map, where all before had room.
_LAST: Final = range(40 * 1024, 100 * 1024)
# One sentence a line that begins so, after lines that tell of progress.
_SENTENCE: Final = re.compile(r"Erreur : [^\n]+[.]\n\Z")
_PROGRESS: Final = re.compile(r"[A-ZÉ][^\n]*…")


class Leave(Protocol):
    """Leaves so many bytes to what commands, and running processes, write next."""

    def __call__(self, room: int, processes: Collection[int] = ()) -> None: ...


@dataclass(frozen=True)
class Disk:
    """An instance on a small disk, how that disk is filled, and clients to import in a folder beside it."""

    ground: Ground
    folder: Path
    how: str
    leave: Leave


def fill_disk(
    ground: Ground, folder: Path, fills: int, seed: int, progress: Progress = silent
) -> list[Result]:
    """Run commands on a disk that is full at a random place, then ask a server on one without a byte left."""
    with small_disk(ground, folder) as disk:
        return [fill_commands(disk, range(fills), seed, progress), fill_pages(disk)]


def fill_commands(
    disk: Disk, numbers: range, seed: int, progress: Progress = silent, *, train: bool = True
) -> Result:
    """Run commands, `model train` among them if wanted, on a disk that is full at a random place.

    numbers: of the commands, in turn. The first have no byte, the next all but the last file's.
    """
    random, fills = Random(seed), len(numbers)
    full, folder, leave = disk.ground, disk.folder, disk.leave
    source = folder / "kaggle" / "application_train.parquet"
    output = full.instance / "scores.csv"
    words = [
        ["portfolio", "demo", "--clients", str(CLIENTS), "--seed", "4"],
        ["portfolio", "import", str(source.parent)],
        ["model", "score"],
        ["score", str(source), "--output", str(output), "--force"],
        ["user", "add", "essai", "--role", "auditeur", "--generate"],
        ["token", "add", "essai"],
        *([["model", "train"]] if train else []),
    ]
    needed = sum(path.stat().st_size for path in (full.instance / "portfolio").resolve().iterdir())
    result, refused = Result("commands on a disk that is full at a random place"), 0
    for number in numbers:
        command = words[number % len(words)]
        name = command[0] if command[0] == "score" else " ".join(command[:2])
        if name in ("user add", "token add"):
            command = [*command[:2], f"essai{number}", *command[3:]]
        if number < len(words):
            room = 0
        elif number < 2 * len(words):
            room = needed - random.choice(_LAST)
        else:
            room = random.randrange(needed)
        leave(room)
        status, said = commands.run(full.instance, command, folder / "said")
        leave(_SIZE)
        refused += status == 1
        if status not in (0, 1) or (status == 1 and not _one_sentence(said)):
            result.wrong.append(f"{name}, {room} bytes left: {status}, {said[-300:]}")
        result.wrong += [f"{name}, {room} bytes left: {what}" for what in _half_written(full.instance)]
        if output.exists() and len(output.read_text("utf-8").splitlines()) != CLIENTS + 1:
            result.wrong.append(f"{name}, {room} bytes left: half a file of scores")
        output.unlink(missing_ok=True)
        result.tried += 1
        progress("fill", result.tried / fills)
    result.told = f"refused: {refused}; the others had room enough, {disk.how}"
    return result


def _one_sentence(said: str) -> bool:
    """Whether a command has told its progress and then one sentence about what went wrong, nothing else."""
    *before, last = said.splitlines(keepends=True) or [""]
    return bool(_SENTENCE.match(last)) and all(_PROGRESS.match(line) for line in before)


def _half_written(instance: Path) -> list[str]:
    """What is in place and not whole, or left of what could not be written."""
    found = integrity(instance) + [f"{draft} is left" for draft in drafts(instance)]
    portfolio, model = current_portfolio(instance), current_model(instance)
    if portfolio is None or model is None:
        return [*found, "portfolio or model is lost"]
    portfolio.verify()
    return found + (["no scores"] if current_scores(instance, portfolio, model) is None else [])


def fill_pages(disk: Disk) -> Result:
    """Ask for pages without a byte left: as before, or a refusal in French; /readyz says so."""
    disk.leave(_SIZE)
    with disk.ground.served() as visitor:
        result = _pages(visitor, disk.leave)
    result.told = disk.how
    return result


def _pages(visitor: Visitor, leave: Leave) -> Result:
    right = {path: visitor.ask(path) for path in (*ADDRESSES, "/", "/healthz", "/accessibilite", "/readyz")}
    portfolio = current_portfolio(visitor.server.instance)
    assert portfolio
    other = f"/clients/{portfolio.numbers()[7]}"
    result = Result("pages asked of a server on a full disk")
    workers = visitor.server.wait_for_workers()
    leave(0, workers)
    for path, answer in right.items():
        now = visitor.ask(path)
        if path == "/readyz":
            if now[0] != 503 or json.loads(now[1])["database"] != "écriture impossible":
                result.wrong.append(f"/readyz: {now}")
        else:
            result.wrong += wrong(path, now, [answer])
        result.tried += 1
    status, text = visitor.ask(other)
    if status != 503 or NO_DATABASE not in text:
        result.wrong.append(f"a page of which the journal cannot tell: {status}")
    leave(_SIZE, workers)
    again = {path: visitor.ask(path) for path in right}
    result.wrong += [f"{path} with room again" for path in right if again[path] != right[path]]
    if visitor.server.workers() != workers:
        result.wrong.append("a worker has died")
    return result


@contextmanager
def small_disk(ground: Ground, folder: Path) -> Iterator[Disk]:
    """A copy of the ground on a small disk of its own, or on one that cannot be filled, with a stand-in."""
    source = folder / "kaggle" / "application_train.parquet"
    source.parent.mkdir()
    pa.parquet.write_table(text(pa.Table.from_batches(demo.batches(CLIENTS, 3))), source)
    mount = folder / "full"
    mount.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(mount)]
    mounted = os.geteuid() == 0 and subprocess.run(options, capture_output=True, check=False).returncode == 0
    try:
        shutil.copytree(ground.instance, mount, symlinks=True, dirs_exist_ok=True)
        full = Ground(mount, ground.token)
        if mounted:
            yield Disk(full, folder, "a tmpfs filled with ballast", partial(_ballast, mount))
        else:
            yield Disk(full, folder, "RLIMIT_FSIZE in place of a full disk", _limit)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(mount)], check=True)


def _limit(room: int, processes: Collection[int] = ()) -> None:
    """Let files grow to so many bytes, but what commands say, or to any size where there is room enough."""
    full = room < _SIZE
    commands.largest_file = max(room, 4096) if full else resource.RLIM_INFINITY
    for process in processes:
        hard = resource.prlimit(process, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(process, resource.RLIMIT_FSIZE, (room if full else hard, hard))


def _ballast(mount: Path, room: int, processes: Collection[int] = ()) -> None:
    """Fill the disk but for some bytes."""
    ballast = mount / ".ballast"
    ballast.unlink(missing_ok=True)
    found = os.statvfs(mount)
    size = found.f_bavail * found.f_frsize - room
    if size > 0:
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
