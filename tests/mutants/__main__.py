"""`make mutants`: how many one-line faults the tests notice, room by room.

First the tests are run once while it is recorded which lines each of them reaches (kept beside the virtual
environment until the code changes). Then faults are drawn at random and put one at a time into a copy of the
repository. Against each those tests are run that reach the line, the quickest first, then those of its room,
until one fails: half a minute's worth of them, then all others. What is not noticed is listed with its line:
either a test is missing, or the fault changes nothing that anyone can see (docs/reliability.md names those,
with the reason).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain, count
from pathlib import Path
from queue import Queue
from random import Random

from tqdm import tqdm

from tests.mutants import attempt, reach
from tests.mutants.attempt import Outcome, Verdict
from tests.mutants.faults import Fault, draw, every
from tests.mutants.reach import Reach

ROOT = Path(__file__).parents[2]
# Recorded besides the tests that rooms name.
RECORDED = ("tests/unit", "tests/web")
# Seconds of tests, as long as they took when recorded, that are run first; a run may work and last so many
# times as long: what runs beside it makes it wait, but not work.
SECONDS = 30.0
PATIENCE = 4
SHARED = 20
# Times of files that hold a fault, in seconds: later than any other, and no two alike.
_TIMES = count(4_000_000_000)


@dataclass(frozen=True)
class Room:
    """Files that belong together, and the tests that are held to notice their faults."""

    name: str
    files: tuple[Path, ...]
    tests: tuple[str, ...]


@dataclass
class Ground:
    """What all attempts share.

    copies: of the code, each taken by one attempt at a time. made: where one instance stands for all faults
    that have no part in making it. seconds, quick: see the command's options. sound, unsound: tests known to
    pass, or to fail, on the code as it is.
    """

    copies: Queue[Path]
    reached: Reach
    made: Path
    seconds: float
    quick: bool
    sound: set[str] = field(default_factory=set)
    unsound: set[str] = field(default_factory=set)


def main() -> int:
    """Draw, run, and report; 1 where fewer are noticed than asked for."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument(
        "places", nargs="*", metavar="PLACE", help="rooms of rooms.toml, or files (default: all)"
    )
    parser.add_argument("--sample", type=int, default=5, help="faults of each room (default: 5)")
    parser.add_argument("--all", action="store_true", help="all faults of the rooms or files, not a sample")
    parser.add_argument("--seed", type=int, default=1, help="what is drawn (default: 1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="attempts side by side")
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help="of tests that run first (default: 30)"
    )
    parser.add_argument("--quick", action="store_true", help="run no others: what they notice is listed too")
    parser.add_argument("--least", type=float, default=0.0, help="share (0..1) to be noticed, else status 1")
    options = parser.parse_args()
    rooms = _chosen(options.places, parser)
    with tempfile.TemporaryDirectory(prefix="pretadepenser-mutants-") as folder:
        first = _copy(Path(folder) / "0" / "code")
        reached = _reached(first, rooms, options.jobs)
        copies: Queue[Path] = Queue()
        copies.put(first)
        for number in range(1, options.jobs):
            copies.put(_again(first, Path(folder) / str(number) / "code"))
        made = Path(folder) / "made"
        made.mkdir()
        ground = Ground(copies, reached, made, options.seconds, options.quick)
        drawn = {room: _drawn(room, None if options.all else options.sample, options.seed) for room in rooms}
        with ThreadPoolExecutor(options.jobs) as pool:
            noticed = _tried(ground, drawn, pool)
    whole = sum(map(len, drawn.values()))
    share = noticed / max(whole, 1)
    _say(f"{'all rooms':<14}{noticed:>4} of {whole:>4} noticed{share:>8.0%}")
    return int(share < options.least)


def _chosen(places: Sequence[str], parser: argparse.ArgumentParser) -> list[Room]:
    """The rooms that are asked for, each with its files that are: all, where the room itself is named."""
    rooms = read_rooms()
    files = {str(path) for room in rooms for path in room.files}
    if unknown := set(places) - {room.name for room in rooms} - files:
        parser.error(f"neither a room nor a file of one: {', '.join(sorted(unknown))}")
    if not places:
        return rooms
    asked = {
        room: room.files if room.name in places else tuple(one for one in room.files if str(one) in places)
        for room in rooms
    }
    return [replace(room, files=found) for room, found in asked.items() if found]


def read_rooms() -> list[Room]:
    """Rooms with their files; the first room that holds a file has it."""
    taken: set[Path] = set()
    rooms = []
    for name, room in tomllib.loads((Path(__file__).parent / "rooms.toml").read_text("utf-8")).items():
        files = sorted({path.relative_to(ROOT) for glob in room["files"] for path in ROOT.glob(glob)} - taken)
        tests = [str(path.relative_to(ROOT)) for glob in room["tests"] for path in sorted(ROOT.glob(glob))]
        taken.update(files)
        rooms.append(Room(name, tuple(files), tuple(dict.fromkeys(tests))))
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


def _drawn(room: Room, count: int | None, seed: int) -> list[Fault]:
    if count is None:
        return [fault for path in room.files for fault in every(path, ROOT)]
    return faults(room, count, seed)


def _tried(ground: Ground, drawn: dict[Room, list[Fault]], pool: ThreadPoolExecutor) -> int:
    """Try all faults, and report each room once its faults are tried; return how many were noticed."""
    waiting = {
        pool.submit(_outcome, ground, room, fault): (room, number)
        for room, faults in drawn.items()
        for number, fault in enumerate(faults)
    }
    outcomes: dict[Room, dict[int, Outcome]] = {room: {} for room in drawn}
    try:
        for done in tqdm(as_completed(waiting), total=len(waiting), unit=" faults", smoothing=0):
            room, number = waiting[done]
            outcomes[room][number] = done.result()
            if len(outcomes[room]) == len(drawn[room]):
                _report(room, drawn[room], outcomes[room])
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise
    return sum(one.verdict is not Verdict.UNSEEN for room in outcomes.values() for one in room.values())


def _report(room: Room, faults: Sequence[Fault], outcomes: dict[int, Outcome]) -> None:
    missed = [fault for number, fault in enumerate(faults) if outcomes[number].verdict is Verdict.UNSEEN]
    endless = sum(one.verdict is Verdict.ENDLESS for one in outcomes.values())
    share = 1 - len(missed) / max(len(faults), 1)
    slow = f"  ({endless} as tests did not end)" if endless else ""
    _say(f"{room.name:<14}{len(faults) - len(missed):>4} of {len(faults):>4} noticed{share:>8.0%}{slow}")
    for fault in missed:
        _say(f"  {fault.path}:{fault.line} ({fault.kind})\n    - {fault.before}\n    + {fault.after}")


def _outcome(ground: Ground, room: Room, fault: Fault) -> Outcome:
    """What tests make of a fault: first those that are most likely to notice it, then all that may."""
    copy = ground.copies.get()
    try:
        likely, others = _against(ground, room, fault)
        found = _run(ground, copy, likely, fault)
        return _run(ground, copy, others, fault) if others and found.verdict is Verdict.UNSEEN else found
    finally:
        ground.copies.put(copy)


def _run(ground: Ground, copy: Path, tests: Sequence[str], fault: Fault) -> Outcome:
    """Run tests against a fault. One that fails on the code as it is as well has noticed nothing."""
    made = None if ground.reached.makes(fault.path, fault.line) else ground.made
    work = round(PATIENCE * sum(map(ground.reached.seconds.__getitem__, tests)) + 60)
    while True:
        left = [one for one in tests if one not in ground.unsound]
        with _put(copy, fault):
            outcome = attempt.run(copy, left, made, work, SHARED * work)
        failed = outcome.failed
        if failed is None or failed in ground.sound:
            return outcome
        if attempt.run(copy, [failed], made, work, SHARED * work).verdict is Verdict.UNSEEN:
            ground.sound.add(failed)
            return outcome
        ground.unsound.add(failed)


def _against(ground: Ground, room: Room, fault: Fault) -> tuple[list[str], list[str]]:
    """The tests that are run against a fault, in their order: as many as take `seconds`, then the rest."""
    reached = ground.reached
    orders: Iterable[Iterable[str]] = (
        reached.of_line(fault.path, fault.line, fault.line),
        reached.of_line(fault.path, fault.line - 3, fault.line + 3),
        reached.of_tests(room.tests),
    )
    tests = list(dict.fromkeys(chain.from_iterable(orders)))
    ends = list(accumulate(reached.seconds[test] for test in tests))
    likely = max(1, bisect_right(ends, ground.seconds))
    return tests[:likely], [] if ground.quick else tests[likely:]


@contextmanager
def _put(copy: Path, fault: Fault) -> Iterator[None]:
    """The fault stands in the copy. Its time is its own, so that no bytecode of another is taken for it."""
    path = copy / fault.path
    path.write_text(fault.text, "utf-8")
    time_of_its_own = next(_TIMES)
    os.utime(path, (time_of_its_own, time_of_its_own))
    try:
        yield
    finally:
        shutil.copy2(ROOT / fault.path, path)


def _reached(copy: Path, rooms: Sequence[Room], jobs: int) -> Reach:
    """What the tests of a copy reach: recorded now, or when the same code was recorded before."""
    named = {test for room in rooms for test in room.tests if not test.startswith(RECORDED)}
    recorded = [*RECORDED, *sorted(named)]
    folder = Path(sys.prefix) / "reached" / _state(copy, recorded)
    if not (folder / reach.TOLD).exists():
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.mkdir(parents=True)
        _say("Recording which lines each test reaches (some minutes, once for this code)")
        begun = time.monotonic()
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "tests.mutants.reach",
        ]
        command += ["-n", str(jobs), "--dist", "loadfile", *recorded]
        own = {"REACHED": str(folder), "PYTHONPATH": str(copy)}
        done = subprocess.run(command, cwd=copy, env=os.environ | own, capture_output=True, check=False)
        if not (folder / reach.TOLD).exists():
            sys.exit(f"The tests could not be run:\n{done.stdout.decode()[-2000:]}")
        _say(f"Recorded in {time.monotonic() - begun:.0f} s")
    return reach.read(folder)


def _state(copy: Path, recorded: Sequence[str]) -> str:
    """A name for the code as it is, and for which of its tests are recorded."""
    told = hashlib.sha256("\n".join(recorded).encode())
    for path in sorted(one for one in copy.rglob("*") if one.is_file()):
        told.update(str(path.relative_to(copy)).encode() + b"\0" + path.read_bytes())
    return told.hexdigest()[:16]


def _again(first: Path, folder: Path) -> Path:
    """Another copy, with the bytecode of the first."""
    shutil.copytree(first, folder)
    _beside(folder)
    return folder


def _copy(folder: Path) -> Path:
    """The files that git knows or would know, in a folder of their own, beside the shared data."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    _beside(folder)
    return folder


def _beside(folder: Path) -> None:
    shared = ROOT.parent / "shared"
    if shared.exists():
        (folder.parent / "shared").symlink_to(shared)


def _say(text: str) -> None:
    tqdm.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
