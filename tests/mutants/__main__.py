"""`make mutants`: how many one-line faults the tests notice, room by room.

Faults are drawn at random, put one at a time into a copy of the repository, and the tests of the file's room
are run against each until one fails. What is not noticed is listed with its line: either a test is missing,
or the fault changes nothing that anyone can see (docs/reliability.md names those, with the reason).
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from queue import Queue
from random import Random

from tests.mutants.faults import Fault, draw

ROOT = Path(__file__).parents[2]
# A room's tests may work so many times as long as they last on the code as it is, and last so many times as
# long: what runs beside them makes them wait, but not work.
PATIENCE = 4
SHARED = 20


class Verdict(Enum):
    """What tests make of a fault."""

    UNSEEN = 0
    NOTICED = 1
    ENDLESS = 2


@dataclass(frozen=True)
class Room:
    """Files that belong together, and the tests that are held to notice their faults."""

    name: str
    files: tuple[Path, ...]
    tests: tuple[str, ...]
    # Whether the instance that tests read is made by other rooms' code: one will do for all faults.
    apart: bool = False


@dataclass(frozen=True)
class Patience:
    """For how long tests are let run: seconds of a processor, and seconds of the clock."""

    work: int
    wait: float


def main() -> int:
    """Draw, run, and report; 1 where fewer are noticed than asked for."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help="rooms of rooms.toml (default: all)")
    parser.add_argument("--sample", type=int, default=8, help="faults of each room (default: 8)")
    parser.add_argument("--seed", type=int, default=1, help="what is drawn (default: 1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="tests side by side")
    parser.add_argument("--least", type=float, default=0.0, help="share (0..1) to be noticed, else status 1")
    options = parser.parse_args()
    rooms = read_rooms()
    if unknown := set(options.rooms) - {room.name for room in rooms}:
        parser.error(f"unknown room: {', '.join(sorted(unknown))}")
    chosen = [room for room in rooms if room.name in options.rooms or not options.rooms]
    with tempfile.TemporaryDirectory(prefix="pretadepenser-mutants-") as folder:
        copies: Queue[Path] = Queue()
        for number in range(options.jobs):
            copies.put(_copy(Path(folder) / str(number) / "code"))
        with ThreadPoolExecutor(options.jobs) as pool:
            try:
                noticed, drawn = _rooms(chosen, copies, pool, options.sample, options.seed)
            except SystemExit:
                pool.shutdown(cancel_futures=True)
                raise
    share = noticed / max(drawn, 1)
    _say(f"{'all rooms':<14}{noticed:>4} of {drawn:>4} noticed{share:>8.0%}")
    return int(share < options.least)


def read_rooms() -> list[Room]:
    """Rooms with their files; the first room that holds a file has it."""
    taken: set[Path] = set()
    rooms = []
    for name, room in tomllib.loads((Path(__file__).parent / "rooms.toml").read_text("utf-8")).items():
        files = sorted({path.relative_to(ROOT) for glob in room["files"] for path in ROOT.glob(glob)} - taken)
        tests = [str(path.relative_to(ROOT)) for glob in room["tests"] for path in sorted(ROOT.glob(glob))]
        taken.update(files)
        rooms.append(Room(name, tuple(files), tuple(dict.fromkeys(tests)), room.get("apart", False)))
    return rooms


def faults(room: Room, count: int, seed: int) -> list[Fault]:
    """Faults of a room, no two alike; a longer file has more of them."""
    random = Random(f"{room.name} {seed}")
    sizes = [len((ROOT / path).read_text("utf-8")) for path in room.files]
    found: dict[tuple[Path, int, str], Fault] = {}
    for path in random.choices(room.files, sizes, k=10 * count):
        fault = draw(path, ROOT, random)
        if fault:
            found.setdefault((path, fault.line, fault.after), fault)
        if len(found) == count:
            break
    return list(found.values())


def _rooms(
    rooms: Sequence[Room], copies: Queue[Path], pool: ThreadPoolExecutor, sample: int, seed: int
) -> tuple[int, int]:
    """Try faults of all rooms: those of a room once its tests have passed on the code as it is.

    The tests of many rooms are run side by side, since those of one room leave all cores but one idle.
    """
    noticed = drawn = 0
    waiting = {pool.submit(_tried, copies, pool, room, sample, seed): room for room in rooms}
    for done in as_completed(waiting):
        room = waiting[done]
        tried, trials = done.result()
        verdicts = [one.result() for one in trials]
        missed = [fault for fault, one in zip(tried, verdicts, strict=True) if one is Verdict.UNSEEN]
        endless = verdicts.count(Verdict.ENDLESS)
        noticed, drawn = noticed + len(tried) - len(missed), drawn + len(tried)
        share = 1 - len(missed) / max(len(tried), 1)
        slow = f"  ({endless} as tests did not end)" if endless else ""
        _say(f"{room.name:<14}{len(tried) - len(missed):>4} of {len(tried):>4} noticed{share:>8.0%}{slow}")
        for fault in missed:
            _say(f"  {fault.path}:{fault.line} ({fault.kind})\n    - {fault.before}\n    + {fault.after}")
    return noticed, drawn


def _tried(
    copies: Queue[Path], pool: ThreadPoolExecutor, room: Room, sample: int, seed: int
) -> tuple[list[Fault], list[Future[Verdict]]]:
    """The faults of a room, and what is becoming of them."""
    begun = time.monotonic()
    if _verdict(copies, room, None, None) is not Verdict.UNSEEN:
        sys.exit(f"The tests of {room.name} fail on the code as it is: mend them first.")
    taken = time.monotonic() - begun
    patience = Patience(round(PATIENCE * taken + 30), SHARED * taken + 30)
    tried = faults(room, sample, seed)
    return tried, [pool.submit(_verdict, copies, room, patience, fault) for fault in tried]


def _verdict(copies: Queue[Path], room: Room, patience: Patience | None, fault: Fault | None) -> Verdict:
    """What the tests of a room make of a fault; tests that never end have noticed it."""
    copy = copies.get()
    try:
        if fault:
            (copy / fault.path).write_text(fault.text, "utf-8")
        # No bytecode is kept: a fault of the same length within a second would not be seen.
        own = {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
        if room.apart:
            own["TESTS_MADE"] = str(copy.parents[1])
        tests = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *room.tests]
        work = str(patience.work) if patience else "unlimited"
        done = subprocess.run(
            ["sh", "-c", 'ulimit -t "$0"; exec "$@"', work, *tests],
            cwd=copy,
            env=os.environ | own,
            capture_output=True,
            timeout=patience.wait if patience else None,
            check=False,
        )
        if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
            return Verdict.ENDLESS
        return Verdict.UNSEEN if done.returncode == 0 else Verdict.NOTICED
    except subprocess.TimeoutExpired:
        return Verdict.ENDLESS
    finally:
        if fault:
            shutil.copy2(ROOT / fault.path, copy / fault.path)
        copies.put(copy)


def _copy(folder: Path) -> Path:
    """The files that git knows or would know, in a folder of their own, beside the shared data."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    shared = ROOT.parent / "shared"
    if shared.exists():
        (folder.parent / "shared").symlink_to(shared)
    return folder


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 (a report on the terminal)


if __name__ == "__main__":
    sys.exit(main())
