"""Small files written whole or not at all, and the fingerprints that name them."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from research.errors import ResearchError, writing

#: What a file that is something else than its name says begins with (in lower case), and what it then is.
IMPOSTORS = {
    b"version https://git-lfs": "c’est un pointeur Git LFS, pas le fichier : lancez « git lfs pull »",
    b"pk\x03\x04": "c’est une archive zip ou un classeur de tableur",
    b"\x1f\x8b": "c’est un fichier compressé (gzip)",
    b"bzh": "c’est un fichier compressé (bzip2)",
    b"\xfd7zxz": "c’est un fichier compressé (xz)",
    b"(\xb5/\xfd": "c’est un fichier compressé (zstandard)",
    b"7z\xbc\xaf": "c’est une archive 7z",
    b"rar!": "c’est une archive rar",
    b"\xd0\xcf\x11\xe0": "c’est un classeur Excel ou un document Office",
    b"par1": "c’est une table Parquet",
    b"arrow1": "c’est une table Arrow",
    b"sqlite format 3": "c’est une base SQLite",
    b"\x89hdf": "c’est un fichier HDF5",
    b"\x80\x04\x95": "c’est un objet Python (pickle)",
    b"%pdf": "c’est un document PDF",
    b"<!doctype html": "c’est une page web",
    b"<html": "c’est une page web",
    b"<head": "c’est une page web",
    b"<body": "c’est une page web",
    b"<?xml": "c’est un document XML",
}


def trouble(path: Path) -> str | None:
    """Why ``path`` cannot be read as an ordinary file, in a few French words; None if it can be.

    Nothing but an ordinary file is ever opened: a pipe would make its reader wait for ever.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            return "c’est un dossier"
        if not stat.S_ISREG(status.st_mode):
            return "c’est un fichier spécial (tube, prise ou périphérique)"
        with path.open("rb") as file:
            start = file.read(64).lower()
        if not start:
            return "fichier vide"
    except FileNotFoundError:
        return "lien vers un fichier absent" if path.is_symlink() else "fichier absent"
    except PermissionError:
        return "lecture refusée : vérifiez les droits"
    except OSError as error:
        return "lien symbolique en boucle" if error.errno == errno.ELOOP else "lecture impossible"
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((what for head, what in IMPOSTORS.items() if text.startswith(head)), None)


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` atomically (temporary file in the same folder, fsync, rename).

    Raises ResearchError: the disk is full or the folder cannot be written; ``path`` is then unchanged.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            # mkstemp makes private files; results are meant to be read by the web application's user.
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented UTF-8 JSON, keys in their order, atomically."""
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    write_bytes(path, (text + "\n").encode())


def write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write arrays as float32 in a compressed ``.npz``, atomically."""
    buffer = io.BytesIO()
    singles = {name: values.astype(np.float32) for name, values in arrays.items()}
    # None is named `allow_pickle`, the option that mypy might take it for.
    np.savez_compressed(buffer, **singles)  # type: ignore[arg-type]
    write_bytes(path, buffer.getvalue())


def read_json(path: Path) -> Any:
    """Read a JSON file written by :func:`write_json`.

    Raises ResearchError: the file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ResearchError(
            f"Fichier absent : « {path} ». Lancez d’abord l’étape précédente (voir « python -m research "
            "--help »)."
        ) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ResearchError(
            f"Fichier illisible : « {path} » n’est pas du JSON. Supprimez-le et relancez."
        ) from error


def kept(path: Path) -> Any:
    """What a JSON file holds, None where there is no such file. Raises ResearchError: it is not JSON."""
    return read_json(path) if path.is_file() else None


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes, read by blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(value: Any, length: int = 16) -> str:
    """Short hexadecimal SHA-256 of a JSON-able value; equal values give equal fingerprints."""
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:length]
