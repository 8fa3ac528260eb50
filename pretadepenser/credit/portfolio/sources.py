"""Find and stream the tables of a Kaggle *Home Credit Default Risk* download, in bounded memory.

A table may be NAME.csv, NAME.csv.zip, NAME.csv.gz or NAME.parquet in a folder, or NAME.csv in the zip that
Kaggle gives for the whole competition. Rows come as Arrow tables of a few thousand rows, numbers as float64
and categories as strings; nothing is judged here (see validation.py).
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from pretadepenser.credit import dictionary
from pretadepenser.credit.portfolio.validation import Lines, PortfolioError, Problem, beyond

KAGGLE_ZIP = "home-credit-default-risk.zip"
ENDINGS = (".csv", ".csv.zip", ".csv.gz", ".parquet")
BLOCK_BYTES = 4 << 20
PARQUET_ROWS = 16_384
# Kaggle leaves a missing field empty; pandas and R write these when they save the table again.
MISSING = ["", "NA", "NaN", "nan"]
UNREADABLE = (OSError, EOFError, zipfile.BadZipFile, zlib.error, pa.ArrowException, NotImplementedError)


@dataclass(frozen=True)
class Piece:
    """Some rows of a table: their line numbers in the file, and how much of the file is read (0..1)."""

    table: pa.Table
    lines: Lines
    read: float


@dataclass(frozen=True)
class Source:
    """One table in one file. `name` is what messages call it."""

    name: str
    path: Path
    member: str | None = None

    @property
    def parquet(self) -> bool:
        """Whether the table is stored as Parquet rather than CSV."""
        return self.path.suffix == ".parquet"

    def header(self) -> list[str]:
        """Return the names of the columns, as the file has them.

        Raises PortfolioError when the file cannot be read.
        """
        with _readable(self):
            if self.parquet:
                return list(pa.parquet.read_schema(self.path).names)
            with self._open() as (stream, _):
                first = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="").readline()
        names = next(csv.reader([first]), [])
        if not any(names):
            raise PortfolioError(f"Le fichier {self.name} est vide : téléchargez-le à nouveau.")
        return names

    def pieces(self) -> Iterator[Piece]:
        """Yield the rows, numbers already read as float64.

        Raises pyarrow.ArrowInvalid where a field cannot be read as a number or a row has too many or too
        few fields (see `diagnose`), PortfolioError when the file itself cannot be read.
        """
        return self._parquet_pieces() if self.parquet else self._csv_pieces(as_text=False, skipped=Skipped())

    def diagnose(self, skipped: Skipped) -> Iterator[Piece]:
        """Yield the rows again, every field as text, lines that hold no row put in `skipped`."""
        if self.parquet:
            return self._parquet_pieces()
        with _readable(self), self._open() as (stream, _):
            skipped.empty.extend(line for line, text in enumerate(stream, start=1) if not text.strip())
        return self._csv_pieces(as_text=True, skipped=skipped)

    @contextmanager
    def _open(self) -> Iterator[tuple[IO[bytes], _Gauge]]:
        """Open the CSV, decompressed, with a gauge that tells how much of it is read."""
        if self.path.suffix == ".zip":
            with zipfile.ZipFile(self.path) as archive:
                info = archive.getinfo(self.member or _only_csv(archive, self))
                with archive.open(info) as stream:
                    yield stream, _Gauge(stream, info.file_size)
        elif self.path.suffix == ".gz":
            with self.path.open("rb") as raw, gzip.open(raw) as unpacked:
                yield cast(IO[bytes], unpacked), _Gauge(raw, self.path.stat().st_size)
        else:
            with self.path.open("rb") as raw:
                yield raw, _Gauge(raw, self.path.stat().st_size)

    def _csv_pieces(self, *, as_text: bool, skipped: Skipped) -> Iterator[Piece]:
        types = {
            name: pa.string() if as_text or column.textual else pa.float64()
            for name, column in dictionary.COLUMNS.items()
        }
        with _readable(self), self._open() as (stream, gauge):
            reader = pa.csv.open_csv(
                pa.PythonFile(stream, mode="r"),
                # One thread: rows keep their numbers, memory stays flat, and parsing is not what takes long.
                read_options=pa.csv.ReadOptions(block_size=BLOCK_BYTES, use_threads=False),
                parse_options=pa.csv.ParseOptions(invalid_row_handler=skipped.take if as_text else None),
                convert_options=pa.csv.ConvertOptions(
                    column_types=types, null_values=MISSING, strings_can_be_null=True
                ),
            )
            first = 2
            for batch in reader:
                yield Piece(
                    pa.Table.from_batches([batch]),
                    Lines(first, skipped.malformed, skipped.empty),
                    gauge.share(),
                )
                first += batch.num_rows

    def _parquet_pieces(self) -> Iterator[Piece]:
        with _readable(self), pa.parquet.ParquetFile(self.path) as file:
            first, rows = 1, max(file.metadata.num_rows, 1)
            for batch in file.iter_batches(batch_size=PARQUET_ROWS):
                read = (first - 1 + batch.num_rows) / rows
                yield Piece(pa.Table.from_batches([batch]), Lines(first), read)
                first += batch.num_rows


@dataclass
class Skipped:
    """Lines that hold no row: empty ones, and those of the wrong length (numbered without the empty ones)."""

    empty: list[int] = field(default_factory=list)
    malformed: list[int] = field(default_factory=list)
    what: str = ""

    def take(self, row: pa.csv.InvalidRow) -> str:
        """Note a row that the parser cannot split into the expected fields."""
        self.what = self.what or f"{row.expected_columns} valeurs attendues, {row.actual_columns} trouvées"
        self.malformed.append(row.number)
        return "skip"

    def problems(self, file: str) -> list[Problem]:
        """One problem for all rows of the wrong length."""
        if not self.malformed:
            return []
        return [Problem(file, beyond(self.malformed[0], self.empty), None, self.what, len(self.malformed))]


@dataclass(frozen=True)
class _Gauge:
    stream: IO[bytes]
    size: int

    def share(self) -> float:
        return min(1.0, self.stream.tell() / self.size) if self.size else 1.0


def find(source: Path, table: str) -> Source | None:
    """Return where `table` ("application_train") is in `source`, a folder or Kaggle's zip, or None.

    Raises PortfolioError when `source` cannot be read at all.
    """
    if source.is_file():
        return _in_zip(source, table)
    if not source.is_dir():
        raise PortfolioError(
            f"Le dossier {source} n’existe pas : indiquez celui du téléchargement de Kaggle."
        )
    for ending in ENDINGS:
        path = source / f"{table}{ending}"
        if path.is_file():
            return Source(path.name, path)
    whole = source / KAGGLE_ZIP
    return _in_zip(whole, table) if whole.is_file() else None


def _in_zip(path: Path, table: str) -> Source | None:
    if not zipfile.is_zipfile(path):
        raise PortfolioError(
            f"{path} n’est ni un dossier ni un fichier zip : indiquez le dossier du téléchargement de Kaggle."
        )
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if Path(member).name == f"{table}.csv":
                return Source(f"{path.name}/{member}", path, member)
    return None


def _only_csv(archive: zipfile.ZipFile, source: Source) -> str:
    members = [
        name for name in archive.namelist() if name.endswith(".csv") and not name.startswith("__MACOSX")
    ]
    if len(members) != 1:
        raise PortfolioError(
            f"{source.name} doit contenir un seul fichier .csv, il en contient {len(members)} : "
            "téléchargez-le à nouveau."
        )
    return members[0]


@contextmanager
def _readable(source: Source) -> Iterator[None]:
    """Turn what a damaged or foreign file raises into a sentence; malformed rows stay ArrowInvalid."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise PortfolioError(
            f"{source.name} n’est pas un texte en UTF-8 : enregistrez-le dans ce codage."
        ) from error
    except UNREADABLE as error:
        if isinstance(error, pa.ArrowInvalid) and not source.parquet and "CSV" in str(error):
            raise
        raise PortfolioError(
            f"{source.name} est illisible ou endommagé : téléchargez-le à nouveau puis relancez l’import."
        ) from error
