"""Generations of a folder on disk: a reader sees the old one or the new one, never a half-written one.

`root/<name>` is a symbolic link to `root/<name>.<unique>`. A new generation is written aside, flushed to
the disk and put in place by moving the link, which POSIX guarantees to be atomic (rename(2)).

A generation is sealed: `seal.json` holds the SHA-256 of every file and its own. `check` compares, so that a
bit that has changed on the disk is noticed before anything is served from it.
"""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

SEAL: Final = "seal.json"
_PART: Final = ".part"
_PARTS: Final = ".parts"
# Files that are larger are not read whole at every opening while their size and time are those of the seal:
# opening costs the same for any number of clients. Bytes.
LARGE: Final = 256 * 1024 * 1024
# The data are personal: the owner writes, the group may read, nobody else sees them.
FOLDER_MODE = 0o750


class Mark(NamedTuple):
    """What tells a published folder from any other: where its link leads, and which folder is there."""

    link: str
    device: int
    inode: int
    changed: int


class DamagedError(Exception):
    """A generation is not as it was sealed. `path`: the file that is missing, unreadable or has changed."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} {why}")
        self.path = path


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """Yield a file beside `path`, for its owner only, that takes its place when the block ends well.

    What processes that were killed left of the same file is deleted first. Raises OSError as `open` does.
    """
    own, held = _aside(path, _PART, lambda own: own.touch(0o600, exist_ok=False), Path.unlink)
    try:
        yield own
        _fsync(own)
        os.replace(own, path)
        _fsync(path.parent)
    finally:
        own.unlink(missing_ok=True)
        os.close(held)


@contextmanager
def scratch(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside `path`, for its owner only, that is deleted when the block ends.

    What processes that were killed left of such folders is deleted first. Raises OSError where it cannot be.
    """
    own, held = _aside(path, _PARTS, lambda own: own.mkdir(0o700), shutil.rmtree)
    try:
        yield own
    finally:
        shutil.rmtree(own)
        os.close(held)


@contextmanager
def publish(root: Path, name: str, also: Collection[Path] = ()) -> Iterator[Path]:
    """Yield a fresh folder that becomes `root/<name>` when the block ends without an exception.

    When the block raises, the folder is deleted and the published generation stays as it was. The
    generation published before is kept, so that a reader who has just resolved the link can still open its
    files; older ones are deleted but for those of `also`, and so is what an interrupted process left behind.

    Raises OSError when the disk refuses (full, read-only); nothing is published then.
    """
    root.mkdir(parents=True, exist_ok=True)
    clean(root, name)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    unique = f"{name}.{stamp}-{secrets.token_hex(4)}"
    draft = root / f".{unique}"
    with _alone(root, name):
        # Held while the folder is being written: an unlocked draft is known to be abandoned.
        draft.mkdir(mode=FOLDER_MODE)
        held = os.open(draft, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        try:
            yield draft
            seal(draft)
            _flush(draft)
            with _alone(root, name):
                previous = current(root, name)
                folder = draft.rename(root / unique)
                _point(root, name, folder)
                _prune(root, name, keep={folder, previous, *also})
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    finally:
        os.close(held)


@contextmanager
def kept(path: Path) -> Iterator[Path]:
    """Yield a fresh folder that becomes `path`, sealed, when the block ends without an exception, for good.

    A folder that is there already stays where it is whole, and gives way where it is damaged. The folder
    around `path` is made where it is missing. Raises OSError when the disk refuses; nothing changes then.
    """
    around = path.parent
    if not around.is_dir():
        around.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        _fsync(around.parent)
    with scratch(path) as aside:
        draft = aside / path.name
        draft.mkdir(mode=FOLDER_MODE)
        yield draft
        seal(draft)
        _flush(draft)
        with _alone(around, around.name):
            if not whole(path):
                if path.exists():
                    path.rename(aside / "damaged")
                draft.rename(path)
                _fsync(around)


def whole(folder: Path) -> bool:
    """Whether a folder is there and as it was sealed, every file read."""
    try:
        check(folder, whole=True)
    except DamagedError:
        return False
    return True


def current(root: Path, name: str) -> Path | None:
    """Return the folder published as `root/<name>`, links resolved, or None when there is none.

    Raises DamagedError where the link leads nowhere readable (a loop, forbidden, a disk that fails).
    """
    try:
        return (root / name).resolve(strict=True)
    except FileNotFoundError:
        return None
    except (OSError, RuntimeError) as error:  # Python says of a loop that it is a RuntimeError, up to 3.12
        raise DamagedError(root / name, "cannot be followed") from error


def mark(root: Path, name: str) -> Mark | None:
    """What tells the folder published as `root/<name>` from others, at a quarter of what `current` costs.

    None: there is none. What cannot be followed has a mark of its own: opening it says why.
    """
    path = f"{root}/{name}"
    try:
        link = os.readlink(path) if os.path.islink(path) else ""
        # Of the very link that was read: another may stand there by now.
        there = os.stat(os.path.join(root, link or name))
        # A number on the disk is given again once a folder is deleted, a generation's name never.
        return Mark(link, there.st_dev, there.st_ino, there.st_mtime_ns)
    except FileNotFoundError:
        return None
    except OSError:
        return Mark("", 0, 0, 0)


def generations(root: Path, name: str) -> list[Path]:
    """Folders that are or were published as `root/<name>` and not deleted yet, the one in place first."""
    found = {path.resolve() for path in root.glob(f"{name}.*") if path.is_dir()}
    return sorted(found, key=lambda path: (path == current(root, name), path.name), reverse=True)


def clean(root: Path, name: str) -> None:
    """Delete what interrupted processes left behind of `name`."""
    if root.is_dir():
        with _alone(root, name):
            _prune(root, name, keep={*generations(root, name)})


def forget(root: Path, name: str, keep: Collection[Path] = ()) -> None:
    """Delete every generation of `name` but those of `keep`, and the link where it leads to none of these.

    A reader who has just resolved the link finds it gone, and has to look again. Raises OSError where
    something cannot be deleted: what is left must not pass for deleted.
    """
    if not root.is_dir():
        return
    kept = {path.resolve() for path in keep}
    with _alone(root, name):
        if current(root, name) not in kept:
            (root / name).unlink(missing_ok=True)
        for path in generations(root, name):
            if path not in kept:
                shutil.rmtree(path)
        _prune(root, name, keep=kept)
        _fsync(root)


def drafts(root: Path, name: str) -> list[Path]:
    """Generations of `name` that living processes are writing."""
    found = [path for path in root.glob(f".{name}.*") if path.is_dir() and not path.is_symlink()]
    return [path for path in found if path.exists() and not _abandoned(path)]


def seal(folder: Path, known: Mapping[str, str] = MappingProxyType({})) -> None:
    """Write down the SHA-256, size and time of every file of a generation, and the SHA-256 of this list.

    known: the SHA-256 of files, by their path in the folder, that were read just now. Where the folder has a
    seal already, files above LARGE bytes that have the size and time of it are not read again.
    """
    former = _sealed(folder) if (folder / SEAL).is_file() else {}
    listed = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != SEAL:
            name, now = str(path.relative_to(folder)), _stat(path)
            sealed = former.get(name, {})
            trusted = now["bytes"] > LARGE and now.items() <= sealed.items()
            listed[name] = {"sha256": sealed["sha256"] if trusted else known.get(name) or digest(path), **now}
    content = {"files": listed, "sha256": _own(listed)}
    (folder / SEAL).write_text(json.dumps(content, indent=1), "utf-8")


def check(folder: Path, *, whole: bool = False) -> None:
    """Compare the files of a generation with its seal. Raises DamagedError, which names the file.

    Files above LARGE bytes that have the size and time of the seal are read only when asked for the `whole`.
    """
    for name, sealed in _sealed(folder).items():
        path = folder / name
        try:
            now = _stat(path)
            trusted = not whole and now["bytes"] > LARGE and now["mtime_ns"] == sealed["mtime_ns"]
            same = now["bytes"] == sealed["bytes"] and (trusted or digest(path) == sealed["sha256"])
        except (OSError, KeyError, TypeError) as error:
            raise DamagedError(path, "cannot be read") from error
        if not same:
            raise DamagedError(path, "has changed since it was written")


def reserve(path: Path) -> None:
    """Have the disk set all bytes of a file aside, before they are written through a memory map.

    On a full disk, writing to the map would kill the process with a signal. Raises OSError instead.
    """
    with path.open("r+b") as file:
        if size := os.fstat(file.fileno()).st_size:
            os.posix_fallocate(file.fileno(), 0, size)


def check_room(folder: Path, size: int) -> None:
    """Raise OSError where the disk of `folder` has not so many bytes left for files of its owner."""
    with tempfile.TemporaryFile(dir=folder) as file:
        os.posix_fallocate(file.fileno(), 0, size)


def digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sealed(folder: Path) -> dict[str, dict[str, Any]]:
    try:
        content = json.loads((folder / SEAL).read_text("utf-8"))
        listed: dict[str, dict[str, Any]] = content["files"]
        same = content["sha256"] == _own(listed)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedError(folder / SEAL, "cannot be read") from error
    if not same:
        raise DamagedError(folder / SEAL, "has changed since it was written")
    return listed


def _own(listed: object) -> str:
    return hashlib.sha256(json.dumps(listed, sort_keys=True).encode()).hexdigest()


def _stat(path: Path) -> dict[str, int]:
    found = path.stat()
    return {"bytes": found.st_size, "mtime_ns": found.st_mtime_ns}


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


def _prune(root: Path, name: str, keep: Collection[Path | None]) -> None:
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


def _aside(
    path: Path, suffix: str, make: Callable[[Path], object], delete: Callable[[Path], object]
) -> tuple[Path, int]:
    """Make a file or folder beside `path`, and give it with the descriptor that holds it.

    What nobody holds of the same kind is deleted first.
    """
    for left in path.parent.glob(f".{path.name}.*{suffix}"):
        with _claimed(left) as mine, suppress(FileNotFoundError):
            if mine:
                delete(left)
    while True:
        own = path.with_name(f".{path.name}.{secrets.token_hex(4)}{suffix}")
        make(own)
        # Until it is held, whoever tidies up takes it for abandoned: it is gone by now, or will never be.
        with suppress(FileNotFoundError):
            held = os.open(own, os.O_RDONLY)
            fcntl.flock(held, fcntl.LOCK_EX)
            if own.exists():
                return own, held
            os.close(held)


@contextmanager
def _claimed(draft: Path) -> Iterator[bool]:
    """Hold `draft`, and tell whether that was possible: it is not where a process holds it or it is gone."""
    try:
        descriptor = os.open(draft, os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)


def _abandoned(draft: Path) -> bool:
    """Tell whether no living process is writing `draft`."""
    with _claimed(draft) as mine:
        return mine
