"""Stream the rows of a table, CSV or Parquet, packed or not, in bounded memory.

Rows come as Arrow tables of a few thousand rows, numbers as float64 and categories as strings; nothing is
judged here (see validation.py).
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from pretadepenser.credit.dictionary import COLUMNS, Column, Kind
from pretadepenser.credit.intake.archives import (
    MOST_GROWTH,
    SMALL,
    Gauge,
    only_csv,
    readable,
    swollen,
    unpacked,
)
from pretadepenser.credit.intake.indexes import Index, index_of
from pretadepenser.credit.intake.recognition import (
    AGAIN,
    LONGEST_LINE,
    START,
    cleaned,
    encoding,
    foreign,
    header_problem,
    names_problem,
)
from pretadepenser.credit.intake.validation import (
    MISSING,
    Columns,
    Lines,
    PortfolioError,
    Problem,
    Problems,
    beyond,
    conform,
    may_be_grouped,
)

ENDINGS = (".csv", ".csv.zip", ".csv.gz", ".parquet")
BLOCK_BYTES = 4 << 20
PARQUET_ROWS = 16_384
# French Windows writes this where a text is not in UTF-8.
OTHER_ENCODING: Final = "cp1252"
# What DOS, and programs that come from it, write after the end of a text.
_END: Final = "\x1a"
# What ends a line for Python, and for programs of other systems, but in no CSV.
_LINE_ENDS: Final = re.compile("[\v\f\x1c-\x1e\x85\u2028\u2029]")
# Where a quoted value begins, and the rest of one up to the quote that ends it.
_OPENING: Final = re.compile(rb'(?:\A|,)"')
_CLOSING: Final = re.compile(rb'(?:[^"]|"")*+"(?!")')


class OtherReadingError(Exception):
    """A text is not in the encoding it was read in, or has odd blanks: read it again as `source`."""

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
    beginning does not tell it. `textual`: numbers are read as text first, for blanks that readers of numbers
    stumble over. `columns` are those that the table should have.
    """

    name: str
    path: Path
    members: tuple[str, ...] = ()
    encoding: str = "utf-8"
    textual: bool = False
    columns: Columns = field(default_factory=lambda: COLUMNS, repr=False)

    @property
    def parquet(self) -> bool:
        """Whether the table is stored as Parquet rather than CSV."""
        return self.path.suffix.lower() == ".parquet"

    @cached_property
    def commas(self) -> int | None:
        """How many commas stand between the values of a CSV in a file of its own.

        None for any other, and for one with something that readers take in different ways.
        """
        if self.members or self.path.suffix.lower() != ".csv" or self.encoding != "utf-8" or self.textual:
            return None
        if any(mark in str(self.path.resolve()) for mark in "*?["):
            # DuckDB would look for several files.
            return None
        with readable(self.name), self.path.open("rb") as stream:
            start = stream.read(START)
            stream.seek(0)
            usual = encoding(start) == "utf-8" and b"\r" not in start and foreign(start) is None
            return _commas(stream) if usual else None

    @property
    def told(self) -> str:
        """What progress calls it: its name, and its encoding where that had to be guessed."""
        return self.name if self.encoding == "utf-8" else f"{self.name} (texte en Windows-1252)"

    def header(self) -> list[str]:
        """Return the names of the columns, without what stands around them.

        Raises PortfolioError when the file cannot be read or its first line names no column that is known.
        """
        return list(self._header)

    @cached_property
    def _header(self) -> Sequence[str]:
        try:
            str(self.path.resolve()).encode()
        except UnicodeEncodeError as error:
            what = "a un nom, ou un dossier, qui n’est pas en UTF-8 : renommez-le"
            raise _told(self, what) from error
        if not self.parquet:
            return cleaned(self._names()[1])
        with readable(self.name), self.path.open("rb") as stream:
            start = stream.read(START)
        if start[:4] != b"PAR1":
            text = self.columns and names_of(start, self.columns)[1] is None
            what = (
                "est un texte : finissez son nom par .csv"
                if text
                else f"n’est pas une table Parquet : {AGAIN}"
            )
            raise _told(self, foreign(start) or what)
        with readable(self.name), pa.parquet.ParquetFile(self.path) as file:
            names = cleaned(self._index(file).names(file.schema_arrow.names))
        if told := names_problem(names, list(self.columns)):
            raise PortfolioError(f"{Problem(self.name, None, None, told)}.")
        return names

    def pieces(self) -> Iterator[Piece]:
        """Yield the rows, numbers already read as float64.

        Raises pyarrow.ArrowInvalid where a field cannot be read as a number or a row has too many or too
        few fields (see `diagnose`), PortfolioError when the file itself cannot be read.
        """
        if self.parquet:
            return self._parquet_pieces()
        return self._csv_pieces(as_text=self.textual, skipped=Skipped())

    def diagnose(self, skipped: Skipped) -> Iterator[Piece]:
        """Yield the rows again, every field as text, lines that hold no row put in `skipped`.

        Raises OtherReadingError where the text can be read, but in another encoding.
        """
        if self.parquet:
            return self._parquet_pieces()
        skipped.empty.extend(rowless(self._examined(), self.name))
        return self._csv_pieces(as_text=True, skipped=skipped)

    def texts(self) -> Iterator[pa.Table]:
        """Yield the rows of a CSV as they are written, every field as text; none of a Parquet table.

        What is read must have been found to be right.
        """
        if not self.parquet:
            yield from (piece.table for piece in self._csv_pieces(as_text=True, skipped=Skipped()))

    def _names(self) -> tuple[bytes, list[str]]:
        """The first line of a CSV file, with its end if it has one, and the names of the columns in it."""
        with readable(self.name), self._text() as (stream, _):
            # One more than the longest: a line that long is none.
            first = stream.readline(LONGEST_LINE + 1)
            beginning = first + stream.read(START)
        if not beginning.removeprefix(codecs.BOM_UTF8).strip():
            raise PortfolioError(f"Le fichier {self.name} est vide : {AGAIN}.")
        if len(first) > LONGEST_LINE:
            raise _too_long(self, 1)
        names, what = names_of(beginning, self.columns)
        if what:
            # Of no import: files to score are read here too.
            raise PortfolioError(f"{Problem(self.name, 1, None, what)}.")
        return first, names

    def _examined(self) -> Iterator[bytes]:
        """Yield the lines of a CSV file that cannot be read as it is.

        Raises OtherReadingError, or PortfolioError where a line is longer than lines are, or is no text.
        """
        other = codecs.lookup(OTHER_ENCODING)
        misread = 0
        with readable(self.name), self._text() as (stream, _):
            line, names = 0, b""
            while text := stream.readline(LONGEST_LINE + 1):
                line += 1
                if names and names.partition(b",")[0] in text[:100] and _bare(text) == names:
                    what = "comme là où deux fichiers sont mis bout à bout : enlevez cette ligne"
                    raise _told(self, f"répète les noms des colonnes à la ligne {line}, {what}")
                names = names or _bare(text)
                if len(text) > LONGEST_LINE:
                    raise _too_long(self, line)
                if b"\0" in text:
                    raise _told(self, f"contient des octets nuls à la ligne {line} : {AGAIN}")
                if not text.isascii() and not _is_utf_8(text):
                    misread = misread or line
                    what = f"n’est pas un texte en UTF-8 (ligne {line}) : enregistrez-le dans ce codage"
                    try:
                        other.decode(text)
                    except UnicodeDecodeError as error:
                        raise _told(self, what) from error
                yield text
        if misread:
            raise OtherReadingError(replace(self, encoding=OTHER_ENCODING))

    def _way(self) -> tuple[str, ...]:
        """The members that lead to the table."""
        if self.members or self.path.suffix.lower() != ".zip":
            return self.members
        return only_csv(self.path, self.name)

    @contextmanager
    def _text(self) -> Iterator[tuple[io.BufferedReader, Gauge]]:
        """Open the CSV, decompressed, as UTF-8 with line feeds, whatever it is written in, and a gauge of it.

        Raises PortfolioError where it is something else than a text.
        """
        with unpacked(self.path, self._way(), self.name) as (stream, gauge):
            start = stream.peek(START)[:START]
            if what := foreign(start):
                packed = self.members[-1] if self.members else self.path.name
                twice = start.startswith(b"\x1f\x8b") and packed.lower().endswith(".gz")
                raise _told(self, "est comprimé deux fois : décompressez-le une fois" if twice else what)
            found = encoding(start)
            # A Macintosh of old ended its lines so.
            returns = b"\r" in start and b"\n" not in start
            if self.encoding != "utf-8" or not found.startswith("utf-8") or returns:
                written = self.encoding if found == "utf-8" else found
                stream = io.BufferedReader(_Recoded(stream, written, returns=returns))
            yield stream, gauge

    def _csv_pieces(self, *, as_text: bool, skipped: Skipped) -> Iterator[Piece]:
        line, names = self._names()
        if not line.endswith(b"\n"):
            # No row, which readers take for no table.
            return
        if not _is_utf_8(line):
            # As for a value in another encoding: the second reading finds it, line by line.
            raise pa.ArrowInvalid("other encoding")
        known = cleaned(names)
        types = {
            name: pa.string() if as_text or _as_text(self.columns[column]) else pa.float64()
            for name, column in zip(names, known, strict=True)
            if column in self.columns
        }
        with readable(self.name, csv=not as_text), self._text() as (stream, gauge):
            reader = pa.csv.open_csv(
                pa.PythonFile(stream, mode="r"),
                # One thread: rows keep their numbers, memory stays flat, and parsing is not what takes long.
                read_options=pa.csv.ReadOptions(block_size=BLOCK_BYTES, use_threads=False),
                # A value over several lines may begin in one block and end in the next.
                parse_options=pa.csv.ParseOptions(
                    newlines_in_values=as_text, invalid_row_handler=skipped.take if as_text else None
                ),
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

    def _index(self, file: pa.parquet.ParquetFile) -> Index:
        """What pandas says of the index of a Parquet table."""
        return index_of(file.schema_arrow, self.columns, file.metadata.num_rows)

    def _parquet_file(self) -> pa.parquet.ParquetFile:
        """Open a Parquet table; its texts come as a dictionary, so that a long one is in memory once."""
        texts = (pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary())
        names = [each.name for each in pa.parquet.read_schema(self.path) if each.type in texts]
        return pa.parquet.ParquetFile(self.path, read_dictionary=names, page_checksum_verification=True)

    def _parquet_pieces(self) -> Iterator[Piece]:
        with readable(self.name), self._parquet_file() as file:
            first, rows = 1, max(file.metadata.num_rows, 1)
            size = self.path.stat().st_size
            groups = (file.metadata.row_group(place) for place in range(file.metadata.num_row_groups))
            unpacked_size = sum(group.total_byte_size for group in groups)
            if rows > MOST_GROWTH * size or unpacked_size > max(SMALL, MOST_GROWTH * size):
                raise swollen(self.name)
            index = self._index(file)
            for batch in file.iter_batches(batch_size=PARQUET_ROWS):
                read = (first - 1 + batch.num_rows) / rows
                table = index.applied(batch, first - 1)
                yield Piece(table.rename_columns(cleaned(table.column_names)), Lines(first), read)
                first += batch.num_rows


@dataclass
class Skipped:
    """Lines at which no row begins, and rows of the wrong length (numbered without the former).

    No row begins at an empty line, nor within a value that goes over several.
    """

    empty: array[int] = field(default_factory=lambda: array("q"))
    malformed: array[int] = field(default_factory=lambda: array("q"))
    what: str = ""

    def take(self, row: pa.csv.InvalidRow) -> str:
        """Note a row that the parser cannot split into the expected fields."""
        if row.text.strip() == _END:
            return "skip"
        found = "trouvée" if row.actual_columns == 1 else "trouvées"
        self.what = self.what or f"{row.expected_columns} valeurs attendues, {row.actual_columns} {found}"
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

    Raises OtherReadingError and PortfolioError as `Source.diagnose` does, the former also where nothing is
    wrong with the file but that its numbers cannot be read at once.
    """
    problems, skipped = Problems(source.name), Skipped()
    for piece in source.diagnose(skipped):
        conform(piece.table, source.columns, piece.lines, problems)
        progress(piece.read)
    progress(1.0)
    wrong = [*skipped.problems(source.name), *problems]
    if not wrong and not source.textual and not source.parquet:
        raise OtherReadingError(replace(source, textual=True))
    return wrong or [Problem(source.name, None, None, f"illisible ou endommagé : {AGAIN}")]


def names_of(beginning: bytes, columns: Columns) -> tuple[list[str], str | None]:
    """The names in the first line of a text of the table, and why that line names no column, if so."""
    first = beginning.partition(b"\n")[0]
    written = "utf-8-sig" if _is_utf_8(first) else OTHER_ENCODING
    lines = re.split(r"\r\n|\r|\n", beginning.decode(written, "replace"))[:20]
    if goes_on(lines[0].encode(), inside=False):
        return [], (
            "le nom d’une colonne tient sur plusieurs lignes, ou son guillemet n’est pas refermé ; mettez "
            "tous les noms sur la première ligne"
        )
    begun, mark, rest = _line_ended(lines[0])
    if rest and len(lines) == 1 and not columns.keys().isdisjoint(cleaned(begun.split(","))):
        return [], (
            f"les lignes finissent par un caractère (U+{ord(mark):04X}) qui n’en finit aucune dans un CSV ; "
            "enregistrez le fichier avec des fins de ligne ordinaires"
        )
    try:
        names = next(csv.reader([lines[0]]), [])
    except csv.Error:
        # A field too long, or a null byte: no name.
        names = [lines[0]]
    return names, header_problem(cleaned(names), lines, list(columns))


def _line_ended(line: str) -> tuple[str, str, str]:
    """A line up to the first mark that ends lines for some programs but in no CSV, the mark, and the rest."""
    found = _LINE_ENDS.search(line)
    return (line[: found.start()], found[0], line[found.end() :].strip()) if found else (line, "", "")


def rowless(lines: Iterable[bytes], file: str) -> array[int]:
    """Numbers of the lines of a CSV at which no row begins: empty ones, and those within a quoted value.

    Raises PortfolioError where such a value, in the `file` of that name, is longer than a line may be.
    """
    found, inside = array("q"), False
    begun, size = 0, 0
    for number, line in enumerate(lines, start=1):
        if inside or not line.strip(b"\r\n"):
            found.append(number)
        if not inside:
            begun, size = number, 0
        size += len(line)
        if inside and size > LONGEST_LINE:
            what = (
                "le guillemet d’une valeur n’est pas refermé dans le million de caractères qui suit ; "
                "refermez-le, ou enlevez-le"
            )
            problem = Problem(file, begun, None, what)
            raise PortfolioError(f"{problem}.", [problem])
        inside = goes_on(line, inside)
    return found


def goes_on(line: bytes, inside: bool) -> bool:
    """Whether a quoted value goes on after a line of a CSV that began within one (`inside`) or not."""
    place = 0
    while True:
        if not inside:
            opening = _OPENING.search(line, place)
            if opening is None:
                return False
            place = opening.end()
        closing = _CLOSING.match(line, place)
        if closing is None:
            return True
        place, inside = closing.end(), False


def _is_utf_8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _as_text(column: Column) -> bool:
    """Whether a column is read as text: the digits of a number that identifies something all count.

    So do those after the point of an amount that may part thousands.
    """
    return column.textual or column.kind is Kind.IDENTIFIER or may_be_grouped(column)


def _commas(stream: IO[bytes]) -> int | None:
    """Count the commas outside quotes; None where there is a number that programs take in different ways.

    Those are 1_000, +-5, and 1E+05, of which an identifier may have lost its digits.
    """
    count, quoted, last = 0, False, b""
    while read := stream.read(BLOCK_BYTES):
        block = np.frombuffer(last + read, np.uint8)
        if _odd(block):
            return None
        new = block[len(last) :]
        separating = new == ord(",")
        quotes = new == ord('"')
        if quoted or quotes.any():
            within = np.logical_xor.accumulate(quotes) ^ quoted
            separating &= ~within
            quoted = bool(within[-1])
        count += int(np.count_nonzero(separating))
        last = read[-2:]
    return count


def _odd(block: NDArray[np.uint8]) -> bool:
    """Whether there is a number like 1_000, +-5 or 1E+05."""
    inner = block[1:-1]
    # Few characters are such a mark: what stands around them is looked at, and nothing else.
    grouping = np.flatnonzero(inner == ord("_")) + 1
    if (_digits(block[grouping - 1]) & _digits(block[grouping + 1])).any():
        return True
    signs = np.flatnonzero(inner == ord("+")) + 1
    if (block[signs + 1] == ord("-")).any():
        return True
    exponents = np.flatnonzero((inner | 0x20) == ord("e")) + 1
    before, after = block[exponents - 1], block[exponents + 1]
    powers = (_digits(before) | (before == ord("."))) & (_digits(after) | (after == ord("+")))
    return bool(powers.any())


def _digits(characters: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return (characters >= ord("0")) & (characters <= ord("9"))


def _told(source: Source, what: str) -> PortfolioError:
    return PortfolioError(f"{source.name} {what}.")


def _bare(names: bytes) -> bytes:
    """A line of names without marks and quotes, which programs write and leave out."""
    return names.replace(codecs.BOM_UTF8, b"").replace(b'"', b"").strip()


def _too_long(source: Source, line: int) -> PortfolioError:
    what = (
        f"a une ligne {line} de plus d’un million de caractères : ce n’est pas une table, ou ses fins de "
        f"ligne manquent ; {AGAIN}"
    )
    return _told(source, what)
