"""Generations of a folder on disk: a reader sees the old one or the new one, never a half-written one.

`root/<name>` is a symbolic link to `root/<name>.<unique>`. A new generation is written aside, flushed to
the disk and put in place by moving the link, which POSIX guarantees to be atomic (rename(2)).
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

# The data are personal: the owner writes, the group may read, nobody else sees them.
FOLDER_MODE = 0o750


@contextmanager
def publish(root: Path, name: str) -> Iterator[Path]:
    """Yield a fresh folder that becomes `root/<name>` when the block ends without an exception.

    When the block raises, the folder is deleted and the published generation stays as it was. The
    generation published before is kept, so that a reader who has just resolved the link can still open its
    files; older ones are deleted, and so is what an interrupted process left behind.

    Raises OSError when the disk refuses (full, read-only); nothing is published then.
    """
    root.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    unique = f"{name}.{stamp}-{secrets.token_hex(4)}"
    draft = root / f".{unique}"
    draft.mkdir(mode=FOLDER_MODE)
    # Held while the folder is being written: an unlocked draft is known to be abandoned.
    held = os.open(draft, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    try:
        try:
            yield draft
            _flush(draft)
            with _alone(root, name):
                previous = current(root, name)
                folder = draft.rename(root / unique)
                _point(root, name, folder)
                _prune(root, name, keep={folder, previous})
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    finally:
        os.close(held)


def current(root: Path, name: str) -> Path | None:
    """Return the folder published as `root/<name>`, links resolved, or None when there is none."""
    try:
        return (root / name).resolve(strict=True)
    except FileNotFoundError:
        return None


@contextmanager
def _alone(root: Path, name: str) -> Iterator[None]:
    """Let one process at a time swap and prune the generations of `name`."""
    lock = os.open(root / f".{name}.lock", os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _point(root: Path, name: str, folder: Path) -> None:
    link = root / f".{folder.name}.link"
    link.symlink_to(folder.name, target_is_directory=True)
    os.replace(link, root / name)
    _fsync(root)


def _flush(folder: Path) -> None:
    """Force the files of `folder`, then the folder itself, onto the disk."""
    for path in sorted(folder.rglob("*"), reverse=True):
        _fsync(path)
    _fsync(folder)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _prune(root: Path, name: str, keep: set[Path | None]) -> None:
    """Delete the generations of `name` not to be kept, and its abandoned drafts."""
    kept = {path.name for path in keep if path is not None}
    for path in root.glob(f"{name}.*"):
        if path.name not in kept and path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
    for path in root.glob(f".{name}.*"):
        if path.is_symlink():
            path.unlink(missing_ok=True)
        elif path.is_dir() and _abandoned(path):
            shutil.rmtree(path, ignore_errors=True)


def _abandoned(draft: Path) -> bool:
    """Tell whether no living process is writing `draft`."""
    try:
        descriptor = os.open(draft, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
