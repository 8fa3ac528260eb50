"""Files that hold what the product says: a change shows up there, and is written anew where it is meant."""

import os
from pathlib import Path


def check(path: Path, told: str) -> None:
    """What is told is what the file has; with UPDATE_WORDS set, the file is what is told."""
    if os.environ.get("UPDATE_WORDS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(told, "utf-8")
    assert told.splitlines() == path.read_text("utf-8").splitlines()
