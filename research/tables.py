"""Reading a csv that somebody else made: line by line, bounded, each fault with its line and its remedy."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from research.errors import ResearchError
from research.files import trouble

#: Characters of one line, and of one record over several lines: beyond, it is no catalogue of products.
LONGEST_LINE = 1_000_000
LONGEST_RECORD = 4_000_000
#: Characters of one value: the csv module's own limit, said here since it is in the sentence.
LONGEST_VALUE = "131 072"
#: What the decoder leaves in the place of bytes that are not UTF-8.
UNDECODED = re.compile("[\ud800-\udfff]")
#: What may stand around a title or a value and is no part of it: spaces, and marks that nobody sees.
MARKS = re.compile(r"[\s\ufeff\u200b-\u200f\u2060]*")
SEPARATORS = {";": "des points-virgules", "\t": "des tabulations", "|": "des barres verticales"}


class _Lines:
    """The lines of an open text file, each checked; knows the line where the record being read began."""

    def __init__(self, file: TextIO, name: str) -> None:
        self.file, self.name = file, name
        self.number, self.start, self.taken = 0, 1, 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.file.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        self.taken += len(line)
        if (len(line) >= LONGEST_LINE and not line.endswith(("\n", "\r"))) or self.taken > LONGEST_RECORD:
            raise self.fault("cette ligne est trop longue pour un catalogue", "Vérifiez les fins de ligne.")
        if "\0" in line:
            raise self.fault(
                "il y a des octets nuls", "Le fichier est abîmé ou en UTF-16 : réenregistrez-le en UTF-8."
            )
        if UNDECODED.search(line):
            raise self.fault("ce texte n’est pas en UTF-8", "Réenregistrez le fichier en UTF-8.")
        return line

    def begin(self) -> None:
        """A record ends here; the next one begins on the next line."""
        self.start, self.taken = self.number + 1, 0

    def fault(self, what: str, remedy: str, line: int = 0) -> ResearchError:
        """The error to raise about a line (the last one read unless told)."""
        return ResearchError(f"« {self.name} », ligne {line or self.number} : {what}. {remedy}")

    def not_csv(self, error: csv.Error) -> ResearchError:
        """The error to raise where the csv module gave up."""
        told = str(error)
        if "field limit" in told:
            return self.fault(
                f"une valeur dépasse {LONGEST_VALUE} caractères, ou un guillemet n’est pas refermé",
                "Raccourcissez-la ou refermez le guillemet de la fiche qui commence là.",
                self.start,
            )
        if "unexpected end" in told:
            return self.fault(
                "un guillemet n’est pas refermé", "Refermez celui de la fiche qui commence là.", self.start
            )
        if "expected after" in told:
            return self.fault(
                "un guillemet est mal placé",
                "Doublez-le s’il fait partie du texte, ou refermez celui de la fiche qui commence là.",
                self.start,
            )
        return self.fault("ce n’est pas du csv", "Réenregistrez-le, séparé par des virgules.", self.start)


def read_rows(
    table: Path, wanted: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[tuple[int, dict[str, str]]]:
    """Each record of a csv with a title line: the line where it begins and its ``wanted`` values, stripped.

    Columns that are ``optional`` are given where the file has them. One record is in memory at a time, its
    size bounded. Spaces and byte-order marks around titles are no part of them; empty lines are passed over.

    Raises ResearchError: the file cannot be opened or is no UTF-8 csv, a column is missing, there twice or
    misspelt, a record has another number of values than there are titles, or a line is not csv.
    """
    if cause := trouble(table):
        if cause == "fichier absent":
            raise ResearchError(f"Catalogue absent : « {table} ». Indiquez le fichier csv avec --table.")
        raise ResearchError(f"Catalogue illisible : « {table} » ({cause}). Donnez un fichier csv.")
    with table.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = _Lines(file, table.name)
        # The limit is the whole process's: others may have lifted it.
        csv.field_size_limit(131_072)
        try:
            # Strict: without it an open quote swallows the rest of the file and nothing is said.
            reader = csv.reader(lines, strict=True)
            titles = [_bare(title) for title in next(reader, [])]
            places = _places(titles, wanted, optional, table.name)
            lines.begin()
            for row in reader:
                line = lines.start
                lines.begin()
                if not any(value.strip() for value in row):
                    continue
                if len(row) != len(titles):
                    raise lines.fault(
                        f"{len(row)} valeur{'s' if len(row) > 1 else ''} au lieu de {len(titles)}",
                        "Mettez entre guillemets les textes qui contiennent une virgule.",
                        line,
                    )
                yield line, {name: _bare(row[place]) for name, place in places.items()}
        except csv.Error as error:
            raise lines.not_csv(error) from error
        except OSError as error:
            raise ResearchError(f"Lecture interrompue : « {table} ». Vérifiez le disque.") from error


def _bare(text: str) -> str:
    """``text`` without what stands around it.

    From either end inwards: a pattern that ends in ``$`` is tried at each blank in the middle, to the last.
    """
    rest = text[_blanks(text) :]
    return rest[: len(rest) - _blanks(rest[::-1])]


def _blanks(text: str) -> int:
    found = MARKS.match(text)
    return found.end() if found else 0


def _places(titles: list[str], wanted: Sequence[str], optional: Sequence[str], name: str) -> dict[str, int]:
    """Where each column is. Raises ResearchError: a wanted one is missing, one is there twice or misspelt."""
    for column in (*wanted, *optional):
        if titles.count(column) > 1:
            raise ResearchError(
                f"« {name} », ligne 1 : la colonne « {column} » y est {titles.count(column)} fois. "
                "Gardez-en une seule."
            )
    for column in wanted:
        if column not in titles:
            joined = " ".join(titles)
            other = next((words for mark, words in SEPARATORS.items() if mark in joined), None)
            told = f" Le fichier semble séparé par {other}." if other else ""
            if column in [title.lower() for title in titles]:
                told = f" Elle s’écrit « {column} », en minuscules."
            elif joined.lower().startswith("sep="):
                told = " La première ligne, « sep= », ne sert qu’à Excel : enlevez-la."
            raise ResearchError(
                f"Colonne « {column} » absente de « {name} », ligne 1.{told} Donnez le csv "
                "d’origine, séparé par des virgules, avec sa ligne de titres."
            )
    for column in optional:
        alike = [title for title in titles if re.sub(r"[\W_]+", "_", title).lower() == column]
        if alike and column not in titles:
            raise ResearchError(
                f"« {name} », ligne 1 : la colonne « {alike[0]} » n’est pas lue. Elle s’écrit « {column} »."
            )
    return {column: titles.index(column) for column in (*wanted, *optional) if column in titles}
