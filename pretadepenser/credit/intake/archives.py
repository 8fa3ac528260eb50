"""Open tables that are packed: gz, zip, and the zip in a zip that Kaggle gives.

Nothing is written beside the archive, memory stays flat, and what comes out may not grow without end.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

import pyarrow as pa

from pretadepenser import french
from pretadepenser.credit.intake.recognition import AGAIN, START, foreign, quoted
from pretadepenser.credit.intake.validation import PortfolioError
from pretadepenser.errors import ToldError, cause

# What is packed may grow by so many times, beyond some size: a table shrinks to a fifth, not to a hundredth.
MOST_GROWTH: Final = 200
SMALL: Final = 100 << 20
# What Windows and Macs put into folders, hidden from those who look into them.
OF_SYSTEMS: Final = frozenset({"desktop.ini", "thumbs.db", "ehthumbs.db", "icon\r"})


@dataclass(frozen=True)
class Gauge:
    """How much of a stream is read, 0..1."""

    stream: IO[bytes]
    size: int

    def share(self) -> float:
        """The share that is read."""
        return min(1.0, self.stream.tell() / self.size) if self.size else 1.0


@contextmanager
def unpacked(path: Path, way: Sequence[str], name: str) -> Iterator[tuple[io.BufferedReader, Gauge]]:
    """Open the table to which the members `way` lead through the archive at `path`, or `path` itself.

    Its first START bytes can be peeked at.

    Raises PortfolioError where a password protects it or it grows beyond what a table does, and whatever
    readers of archives raise of a damaged one (see `readable`).
    """
    with ExitStack() as stack:
        raw = stack.enter_context(io.BufferedReader(path.open("rb", 0), START))
        stream = cast(IO[bytes], raw)
        size = path.stat().st_size
        gauge = Gauge(stream, size)
        for member in way:
            archive = stack.enter_context(zipfile.ZipFile(stream))
            info = archive.getinfo(member)
            stream = stack.enter_context(unlocked(archive, info, name))
            gauge = Gauge(stream, info.file_size)
        if (way[-1] if way else path.name).lower().endswith(".gz"):
            if not way:
                check_packed(raw.peek(START)[:START], name, "gzip", b"\x1f\x8b")
            stream = cast(IO[bytes], stack.enter_context(gzip.open(stream)))
        if stream is not raw:
            stream = cast(IO[bytes], io.BufferedReader(_Growing(stream, size, name), START))
        yield cast(io.BufferedReader, stream), gauge


class _Growing(io.RawIOBase):
    """What comes out of an archive of `size` bytes, as long as that could be a table."""

    def __init__(self, stream: IO[bytes], size: int, name: str) -> None:
        self._stream = stream
        self._most = max(SMALL, MOST_GROWTH * size)
        self._name = name
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read = self._stream.read(len(buffer))
        self._read += len(read)
        if self._read > self._most:
            raise swollen(self._name)
        buffer[: len(read)] = read
        return len(read)


def unlocked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> IO[bytes]:
    """Open a member of an archive. Raises PortfolioError where a password protects it or it grows so."""
    if info.flag_bits & 1:
        raise PortfolioError(f"{name} est protégé par un mot de passe : décompressez-le d’abord.")
    if info.file_size > max(SMALL, MOST_GROWTH * info.compress_size):
        raise swollen(name)
    return archive.open(info)


def members(archive: zipfile.ZipFile) -> list[str]:
    """Names of the files of an archive, without what a Mac or Windows adds."""
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    names = [name for name in names if base(name) not in OF_SYSTEMS]
    return [name for name in names if not name.startswith("__MACOSX") and not base(name).startswith(".")]


def base(member: str) -> str:
    """The name of a member in its folder, in small letters."""
    return member.replace("\\", "/").rpartition("/")[2].lower()


def only_csv(archive: Path | IO[bytes], name: str, *, inner: bool = False) -> tuple[str, ...]:
    """The members that lead to the one CSV file of an archive, which may be packed once more in it.

    inner: whether the archive is one in another already. Raises PortfolioError where it has none, or several.
    """
    with readable(name):
        if isinstance(archive, Path) and not zipfile.is_zipfile(archive):
            with archive.open("rb") as stream:
                check_packed(stream.read(START), name, "zip", b"PK\x03\x04")
        with zipfile.ZipFile(archive) as opened:
            names = members(opened)
            found = [member for member in names if base(member).endswith(".csv")]
            packed = [member for member in names if base(member).endswith((".csv.gz", ".csv.zip"))]
            if not found and len(packed) == 1 and not inner:
                if base(packed[0]).endswith(".gz"):
                    return (packed[0],)
                with unlocked(opened, opened.getinfo(packed[0]), name) as stream:
                    return (packed[0], *only_csv(stream, name, inner=True))
    if len(found) == 1:
        return (found[0],)
    listed = french.join([quoted(member) for member in (found or names)[:5]])
    if names and not found:
        raise PortfolioError(
            f"{name} doit contenir un seul fichier .csv, et il contient {listed} : si la table y est, "
            f"décompressez-le et nommez-la {Path(name).stem}."
        )
    which = f" ({listed})" if found else ""
    raise PortfolioError(
        f"{name} doit contenir un seul fichier .csv, il en contient {len(found)}{which} : "
        "n’y laissez que la table, ou téléchargez-le à nouveau."
    )


def check_packed(start: bytes, name: str, kind: str, mark: bytes) -> None:
    """Refuse a file named as an archive whose `start` is not that of this kind, `mark`."""
    if not start:
        raise PortfolioError(f"Le fichier {name} est vide : {AGAIN}.")
    if not start.startswith(mark):
        last = Path(name).suffix
        renamed = f"n’est pas une archive {kind} : si c’est la table elle-même, enlevez {last} de son nom"
        raise PortfolioError(f"{name} {foreign(start) or renamed}.")


def swollen(name: str) -> PortfolioError:
    """What is packed cannot be a table."""
    return PortfolioError(
        f"{name} grossit plus de {MOST_GROWTH} fois à la lecture, ce qu’aucune table ne fait : {AGAIN}."
    )


@contextmanager
def readable(name: str, *, csv: bool = False) -> Iterator[None]:
    """Turn what a damaged or foreign file raises into a sentence.

    Where a `csv` is parsed, what pyarrow says of it stays ArrowInvalid: only a second reading knows the line.
    """
    try:
        yield
    except ToldError:
        raise
    except UnicodeDecodeError as error:
        raise PortfolioError(
            f"{name} n’est pas un texte en {error.encoding} : enregistrez-le en UTF-8."
        ) from error
    except FileNotFoundError as error:
        raise PortfolioError(
            f"{name} a disparu pendant la lecture : remettez-le à sa place puis recommencez."
        ) from error
    except PermissionError as error:
        raise PortfolioError(f"{name} ne peut pas être lu ({cause(error)}) : vérifiez vos droits.") from error
    except NotImplementedError as error:
        raise PortfolioError(
            f"{name} est comprimé d’une façon qui ne se lit pas ici (Windows le fait au-delà de 2 Go) : "
            "décompressez-le d’abord."
        ) from error
    except Exception as error:  # Readers of archives and tables have been seen to raise anything.
        if csv and isinstance(error, pa.ArrowInvalid):
            raise
        if isinstance(error, pa.ArrowException | OSError) and "crypt" in str(error).lower():
            raise PortfolioError(f"{name} est une table Parquet chiffrée : déchiffrez-la.") from error
        raise PortfolioError(f"{name} est illisible ou endommagé : {AGAIN}.") from error
