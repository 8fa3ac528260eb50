"""Two snapshots side by side: which files differ, and where they begin to."""

from __future__ import annotations

import sys
from itertools import zip_longest
from pathlib import Path

# Differing lines shown of one file, and characters shown of one line.
LINES, CHARACTERS = 3, 160


def compare(before: Path, after: Path) -> int:
    """Print what differs. Gives 0 where nothing does, 1 where something does or there is nothing at all."""
    old, new = _files(before), _files(after)
    lines = [f"only in {before}: {name}" for name in sorted(old - new)]
    lines += [f"only in {after}: {name}" for name in sorted(new - old)]
    for name in sorted(old & new):
        if shown := _first_differences((before / name).read_text("utf-8"), (after / name).read_text("utf-8")):
            lines += [f"differs: {name}", *shown]
    sys.stdout.writelines(f"{line}\n" for line in lines)
    alone, differing = len(old ^ new), sum(line.startswith("differs: ") for line in lines)
    sys.stdout.write(
        f"{len(old & new)} files compared: {differing} differ, {alone} stand on one side only.\n"
    )
    return int(bool(lines) or not old)


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _first_differences(old: str, new: str) -> list[str]:
    """The first lines that differ, each cut to where it begins to."""
    shown: list[str] = []
    for number, (left, right) in enumerate(zip_longest(old.splitlines(), new.splitlines()), 1):
        if left == right:
            continue
        shown += [f"  line {number}", f"    - {_cut(left, right)}", f"    + {_cut(right, left)}"]
        if len(shown) == 3 * LINES:
            break
    return shown


def _cut(line: str | None, other: str | None) -> str:
    if line is None:
        return "(no such line)"
    pairs = zip(line, other or "", strict=False)
    same = next((place for place, (one, two) in enumerate(pairs) if one != two), 0)
    begin = max(0, same - CHARACTERS // 3)
    return ("…" if begin else "") + line[begin : begin + CHARACTERS]
