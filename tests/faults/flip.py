"""One bit of one file of a generation is changed, its size and time kept; then the running server is asked.

Every answer is the one noted before or a refusal in French: never another figure.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from random import Random
from typing import Final

from tests.faults.ground import Progress, Result, Visitor, silent, wrong

_NAMES: Final = ("portfolio", "model", "scores")


def flip_bits(visitor: Visitor, flips: int, seed: int, progress: Progress = silent) -> list[Result]:
    """Serve damaged copies of each generation, one after the other, then the sound ones again."""
    random, instance = Random(seed), visitor.server.instance
    right = visitor.everything()
    results = {name: Result(f"one bit of a file of `{name}` changed") for name in _NAMES}
    refused = dict.fromkeys(_NAMES, 0)
    for number in range(flips):
        name = _NAMES[number % len(_NAMES)]
        result = results[name]
        sound = {each: (instance / each).readlink() for each in _NAMES}
        copies = {each: _copy(instance, each, number) for each in {name, "portfolio"}}
        damaged = copies[name]
        what = _flip(random.choice(sorted(path for path in damaged.iterdir())), random)
        # Scores are found by what they are of: the sound ones must be out of the way.
        hidden = (instance / sound["scores"]).rename(instance / "hidden") if name == "scores" else None
        for each, copy in copies.items():
            point(instance, each, copy)
        answers = visitor.everything()
        refusals = sum(status == 503 for status, _ in answers.values())
        ready = visitor.ask("/readyz")[0]
        for path, answer in answers.items():
            result.wrong += [f"{what}: {one}" for one in wrong(path, answer, [right[path]])]
        if refusals and name != "scores" and ready != 503:
            result.wrong.append(f"{what}: /readyz says {ready}")
        refused[name] += bool(refusals)
        result.tried += 1
        if hidden:
            hidden.rename(instance / sound["scores"])
        for each in _NAMES:
            point(instance, each, instance / sound[each])
        if (again := visitor.everything()) != right:
            result.wrong += [f"{path} once it was put right" for path in right if again[path] != right[path]]
        for copy in copies.values():
            shutil.rmtree(copy)
        progress("flip", (number + 1) / flips)
    for name, result in results.items():
        result.told = f"noticed and refused (503): {refused[name]}"
    return list(results.values())


def point(instance: Path, name: str, folder: Path) -> None:
    """Put a generation in place in one step, as an import does."""
    link = instance / f".{name}.link"
    link.symlink_to(folder.name)
    os.replace(link, instance / name)


def _copy(instance: Path, name: str, number: int) -> Path:
    """A copy of the generation in place beside it, times kept. No two generations have the same name."""
    return Path(shutil.copytree((instance / name).resolve(), instance / f"{name}.flipped-{number}"))


def _flip(path: Path, random: Random) -> str:
    """Change one bit of a file that keeps its size and time; say which."""
    times, content = path.stat(), bytearray(path.read_bytes())
    place, bit = random.randrange(len(content)), random.randrange(8)
    content[place] ^= 1 << bit
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    return f"{path.name}, byte {place}, bit {bit}"
