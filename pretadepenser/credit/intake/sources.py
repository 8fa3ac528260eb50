"""Stream the rows of a table, CSV or Parquet, packed or not, in bounded memory.

Rows come as Arrow tables of a few thousand rows, numbers as float64 and categories as strings; nothing is
judged here (see validation.py).
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from pretadepenser.credit.dictionary import COLUMNS
from pretadepenser.credit.intake.archives import (
    MOST_GROWTH,
    Gauge,
    only_csv,
    readable,
    swollen,
    unpacked,
)
from pretadepenser.credit.intake.recognition import (
    AGAIN,
    LONGEST_LINE,
    START,
    cleaned,
    encoding,
    foreign,
    header_problem,
)
from pretadepenser.credit.intake.validation import (
    Columns,
    Lines,
    PortfolioError,
    Problem,
    Problems,
    beyond,
    conform,
)

ENDINGS = (".csv", ".csv.zip", ".csv.gz", ".parquet")
BLOCK_BYTES = 4 << 20
PARQUET_ROWS = 16_384
# Kaggle leaves a missing field empty; pandas, R and databases write these when they save the table again.
MISSING = ["", "NA", "NaN", "nan", "N/A", "#N/A", "NULL", "null", "None", "<NA>"]
# French Windows writes this where a text is not in UTF-8.
OTHER_ENCODING: Final = "cp1252"


class OtherEncodingError(Exception):
    """A text is not in the encoding it was read in: read it again as `source`."""

    def __init__(self, source: Source) -> None:
        super().__init__(source.name)
        self.source = source


@dataclass(frozen=True)
class Piece:
    """Some rows of a table: their line numbers in the file, and how much of the file is read (0..1)."""

    table: pa.Table
    lines: Lines
    read: float


@dataclass(frozen=True)
class Source:
    """One table in one file. `name` is what messages call it.

    `members` leads to it through an archive, and an archive in that one; `encoding` is that of a text whose
    beginning does not tell it. `columns` are those that the table should have.
    """

    name: str
    path: Path
    members: tuple[str, ...] = ()
    encoding: str = "utf-8"
    columns: Columns = field(default_factory=lambda: COLUMNS, repr=False)

    @property
    def parquet(self) -> bool:
        """Whether the table is stored as Parquet rather than CSV."""
        return self.path.suffix.lower() == ".parquet"

    @cached_property
    def plain(self) -> bool:
        """Whether this is a CSV in a file of its own, with nothing that readers take in different ways."""
        if self.members or self.path.suffix.lower() != ".csv" or self.encoding != "utf-8":
            return False
        if any(mark in str(self.path.resolve()) for mark in "*?["):
            # DuckDB would look for several files.
            return False
        with readable(self.name), self.path.open("rb") as stream:
            start = stream.read(START)
            stream.seek(0)
            usual = encoding(start) == "utf-8" and b"\r" not in start and foreign(start) is None
            return usual and not _grouped(stream)

    @property
    def told(self) -> str:
        """What progress calls it: its name, and its encoding where that had to be guessed."""
        return self.name if self.encoding == "utf-8" else f"{self.name} (texte en Windows-1252)"

    def header(self) -> list[str]:
        """Return the names of the columns, without what stands around them.

        Raises PortfolioError when the file cannot be read or its first line names no column that is known.
        """
        if self.parquet:
            with readable(self.name), self.path.open("rb") as stream:
                start = stream.read(START)
            if start[:4] != b"PAR1":
                raise _told(self, foreign(start) or f"n’est pas une table Parquet : {AGAIN}")
            with readable(self.name):
                return cleaned(pa.parquet.read_schema(self.path).names)
        return cleaned(self._names())

    def pieces(self) -> Iterator[Piece]:
        """Yield the rows, numbers already read as float64.

        Raises pyarrow.ArrowInvalid where a field cannot be read as a number or a row has too many or too
        few fields (see `diagnose`), PortfolioError when the file itself cannot be read.
        """
        return self._parquet_pieces() if self.parquet else self._csv_pieces(as_text=False, skipped=Skipped())

    def diagnose(self, skipped: Skipped) -> Iterator[Piece]:
        """Yield the rows again, every field as text, lines that hold no row put in `skipped`.

        Raises OtherEncodingError where the text can be read, but in another encoding.
        """
        if self.parquet:
            return self._parquet_pieces()
        skipped.empty.extend(self._examined())
        return self._csv_pieces(as_text=True, skipped=skipped)

    def _names(self) -> list[str]:
        """The names of the columns as they stand in a CSV file."""
        with readable(self.name), self._text() as (stream, _):
            # One more than the longest: a line that long is none.
            first = stream.readline(LONGEST_LINE + 1)
            beginning = first + stream.read(START)
        if not beginning.removeprefix(codecs.BOM_UTF8).strip():
            raise PortfolioError(f"Le fichier {self.name} est vide : {AGAIN}.")
        if len(first) > LONGEST_LINE:
            raise _too_long(self, 1)
        lines = re.split(r"\r\n|\r|\n", beginning.decode("utf-8-sig", "replace"))[:20]
        try:
            names = next(csv.reader([lines[0]]), [])
        except csv.Error:
            # A field too long, or a null byte: no name.
            names = [lines[0]]
        what = header_problem(cleaned(names), lines, list(self.columns))
        if what:
            # Of no import: files to score are read here too.
            raise PortfolioError(f"{Problem(self.name, 1, None, what)}.")
        return names

    def _examined(self) -> list[int]:
        """Numbers of the empty lines of a CSV file that cannot be read as it is.

        Raises OtherEncodingError, or PortfolioError where a line is longer than lines are, or is no text.
        """
        empty: list[int] = []
        other = codecs.lookup(OTHER_ENCODING)
        misread = 0
        with readable(self.name), self._text() as (stream, _):
            line = 0
            while text := stream.readline(LONGEST_LINE + 1):
                line += 1
                if len(text) > LONGEST_LINE:
                    raise _too_long(self, line)
                if b"\0" in text:
                    raise _told(self, f"contient des octets nuls à la ligne {line} : {AGAIN}")
                if not text.strip():
                    empty.append(line)
                if not text.isascii():
                    try:
                        text.decode("utf-8")
                    except UnicodeDecodeError:
                        misread = misread or line
                        what = f"n’est pas un texte en UTF-8 (ligne {line}) : enregistrez-le dans ce codage"
                        try:
                            other.decode(text)
                        except UnicodeDecodeError as error:
                            raise _told(self, what) from error
        if misread:
            raise OtherEncodingError(replace(self, encoding=OTHER_ENCODING))
        return empty

    def _way(self) -> tuple[str, ...]:
        """The members that lead to the table."""
        if self.members or self.path.suffix.lower() != ".zip":
            return self.members
        return (only_csv(self.path, self.name),)

    @contextmanager
    def _text(self) -> Iterator[tuple[io.BufferedReader, Gauge]]:
        """Open the CSV, decompressed, as UTF-8 with line feeds, whatever it is written in, and a gauge of it.

        Raises PortfolioError where it is something else than a text.
        """
        with unpacked(self.path, self._way(), self.name) as (stream, gauge):
            start = stream.peek(START)[:START]
            if what := foreign(start):
                raise _told(self, what)
            found = encoding(start)
            # A Macintosh of old ended its lines so.
            returns = b"\r" in start and b"\n" not in start
            if self.encoding != "utf-8" or not found.startswith("utf-8") or returns:
                written = self.encoding if found == "utf-8" else found
                stream = io.BufferedReader(_Recoded(stream, written, returns=returns))
            yield stream, gauge

    def _csv_pieces(self, *, as_text: bool, skipped: Skipped) -> Iterator[Piece]:
        names = self._names()
        known = cleaned(names)
        types = {
            name: pa.string() if as_text or self.columns[column].textual else pa.float64()
            for name, column in zip(names, known, strict=True)
            if column in self.columns
        }
        with readable(self.name, csv=not as_text), self._text() as (stream, gauge):
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
                    pa.Table.from_batches([batch]).rename_columns(known),
                    Lines(first, skipped.malformed, skipped.empty),
                    gauge.share(),
                )
                first += batch.num_rows

    def _parquet_pieces(self) -> Iterator[Piece]:
        with readable(self.name), pa.parquet.ParquetFile(self.path) as file:
            first, rows = 1, max(file.metadata.num_rows, 1)
            if rows > MOST_GROWTH * self.path.stat().st_size:
                raise swollen(self.name)
            for batch in file.iter_batches(batch_size=PARQUET_ROWS):
                read = (first - 1 + batch.num_rows) / rows
                table = pa.Table.from_batches([batch])
                yield Piece(table.rename_columns(cleaned(table.column_names)), Lines(first), read)
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


class _Recoded(io.RawIOBase):
    """A text in another encoding, read as UTF-8."""

    def __init__(self, stream: IO[bytes], written: str, *, returns: bool) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(written)("strict")
        self._returns = returns
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            read = self._stream.read(START)
            text = self._decoder.decode(read, final=not read)
            self._left = (text.replace("\r", "\n") if self._returns else text).encode()
            if not read:
                break
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


def diagnosis(source: Source, progress: Callable[[float], None]) -> list[Problem]:
    """Read a faulty file again as text and list all that is wrong, with line numbers; never empty.

    Raises OtherEncodingError and PortfolioError as `Source.diagnose` does.
    """
    problems, skipped = Problems(source.name), Skipped()
    for piece in source.diagnose(skipped):
        conform(piece.table, source.columns, piece.lines, problems)
        progress(piece.read)
    progress(1.0)
    wrong = [*skipped.problems(source.name), *problems]
    return wrong or [Problem(source.name, None, None, f"illisible ou endommagé : {AGAIN}")]


def _grouped(stream: IO[bytes]) -> bool:
    """Whether there is a number like 1_000, which some programs take for one."""
    last = b""
    while read := stream.read(BLOCK_BYTES):
        block = np.frombuffer(last + read, np.uint8)
        marks = np.flatnonzero(block[1:-1] == ord("_")) + 1
        # Few characters are such a mark: what stands around them is looked at, and nothing else.
        around = np.stack([block[marks - 1], block[marks + 1]])
        if ((around >= ord("0")) & (around <= ord("9"))).all(axis=0).any():
            return True
        last = read[-2:]
    return False


def _told(source: Source, what: str) -> PortfolioError:
    return PortfolioError(f"{source.name} {what}.")


def _too_long(source: Source, line: int) -> PortfolioError:
    what = (
        f"a une ligne {line} de plus d’un million de caractères : ce n’est pas une table, ou ses fins de "
        f"ligne manquent ; {AGAIN}"
    )
    return _told(source, what)
