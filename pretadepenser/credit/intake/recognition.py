"""Say what a file really is by its first bytes: its encoding, or why it is not the table that its name tells.

Nothing here depends on a table: files that people have by mistake (a pointer, a web page, an archive under
another name) are the same for all of them.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Sequence
from typing import Final

from pretadepenser import french

# What is looked at.
START: Final = 1 << 16
# No line of a table is longer than this many bytes, its header included.
LONGEST_LINE: Final = 1 << 20
# What a message quotes of a file.
QUOTED: Final = 60

AGAIN: Final = "téléchargez-le à nouveau"
_UNPACK: Final = "décompressez-la"
AS_CSV: Final = "enregistrez la table en .csv (UTF-8, virgules)"
# First bytes, what they tell, and what to do.
_FIRST: Final = (
    (b"version https://git-lfs", "un pointeur de Git LFS, pas les données", "lancez « git lfs pull »"),
    (b"/annex/objects/", "un pointeur de git-annex, pas les données", "lancez « git annex get »"),
    (b"outs:\n", "un pointeur de DVC, pas les données", "lancez « dvc pull »"),
    (b"PK\x03\x04", "une archive zip ou un classeur Excel", f"{_UNPACK}, ou {AS_CSV}"),
    (b"PK\x05\x06", "une archive zip vide", AGAIN),
    (b"\x1f\x8b", "une archive gzip", f"{_UNPACK}, ou finissez son nom par .csv.gz"),
    (b"BZh", "une archive bzip2", _UNPACK),
    (b"\xfd7zXZ\x00", "une archive xz", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "une archive zstandard", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "une archive 7z", _UNPACK),
    (b"Rar!", "une archive rar", _UNPACK),
    (b"PAR1", "une table Parquet", "finissez son nom par .parquet"),
    (b"PARE", "une table Parquet chiffrée", "déchiffrez-la"),
    (b"ARROW1", "une table Arrow", f"{AS_CSV}, ou en .parquet"),
    (b"FEA1", "une table Feather", f"{AS_CSV}, ou en .parquet"),
    (b"Obj\x01", "une table Avro", f"{AS_CSV}, ou en .parquet"),
    (b"ORC", "une table ORC", f"{AS_CSV}, ou en .parquet"),
    (b"SQLite format 3", "une base SQLite", AS_CSV),
    (b"\x89HDF", "un fichier HDF5", AS_CSV),
    (b"\xd0\xcf\x11\xe0", "un classeur Excel, ou chiffré par Excel", AS_CSV),
    *(
        (first, "un objet Python (pickle)", AS_CSV)
        for first in (b"\x80\x02", b"\x80\x03", b"\x80\x04\x95", b"\x80\x05\x95")
    ),
    (b"\x93NUMPY", "un tableau NumPy", AS_CSV),
    (b"RDX", "un fichier de R", AS_CSV),
    (b"RDA", "un fichier de R", AS_CSV),
    (b"<stata_dta>", "un fichier de Stata", AS_CSV),
    (b"$FL2", "un fichier de SPSS", AS_CSV),
    (b"-----BEGIN PGP", "un message chiffré", "déchiffrez-le"),
    (b"[InternetShortcut]", "un raccourci vers une page web", AGAIN),
    (b"%PDF", "un document PDF", AGAIN),
    (b"{\\rtf", "un document RTF", AS_CSV),
    (b"\x89PNG", "une image", AGAIN),
    (b"\xff\xd8\xff", "une image", AGAIN),
    *(
        (first, "une page web, souvent celle qui demande de se connecter", AGAIN)
        for first in (b"<!doctype html", b"<html", b"<head", b"<body", b"<!--", b"<table")
    ),
    (b"<svg", "un dessin (SVG)", AGAIN),
    (b"<error", "un message d’erreur d’un serveur", AGAIN),
    (b"<?xml", "un document XML", AS_CSV),
    *(
        (first, "un message d’erreur d’un serveur", AGAIN)
        for first in (b'{"code"', b'{"error', b'{"message"', b"404: Not Found")
    ),
    (b"{", "du JSON", AS_CSV),
    (b"[", "du JSON", AS_CSV),
    *(
        (first, "du SQL", AS_CSV)
        for first in (
            b"-- MySQL", b"-- MariaDB", b"-- phpMyAdmin", b"--\n-- PostgreSQL", b"PGDMP", b"/*!",
            b"CREATE TABLE", b"INSERT INTO", b"PRAGMA ",
        )
    ),
)  # fmt: skip
# How archives begin, and no text.
ARCHIVES: Final = tuple(first for first, what, _ in _FIRST if what.startswith("une archive"))
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS: Final = {
    ";": "points-virgules",
    "\t": "tabulations",
    "|": "barres verticales",
    "^": "accents circonflexes",
    "~": "tildes",
    ":": "deux-points",
    "\x01": "caractères de code 1 (ceux de Hive)",
    " ": "espaces",
}
_BRACKETS: Final = re.compile(rb"\[[A-Za-z_]\w*\][ \t]*[,;\t|]")
# What stands around a value without being seen: byte-order marks in mid-file, where two files were put
# together, and signs of direction.
INVISIBLE: Final = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060"
_AROUND: Final = re.compile(rf'[\s"{INVISIBLE}]+')
# A letter as web pages write it.
_ENTITY: Final = re.compile(r"&#?\w{1,32};")
# What letters with accents become that were written in UTF-8, or for DOS, Macs or Japan, and read otherwise.
_MISREAD: Final = re.compile(
    "[ÃÂ](?:[\u0080-\u00bf]|[^\\w\\s]|$)|â€|\ufffd|[\u0080-\u009f]"
    "|[a-z][À-ÖØ-ÝŽ]|\\w[ˆ‚„†‡‰ƒ•™˜‹›]|[˜„†‡‰ƒ•]\\w"
)
# What pandas calls an index that it writes or reads as a column.
INDEX: Final = re.compile(r"__index_level_\d+__|Unnamed: \d+|index|level_\d+")
# What R calls the names of rows that it wrote under no name, when it reads them again.
ROW: Final = re.compile(r"X(?:\.\d+)?|\.\.\.1|rownames|row\.names")


def foreign(start: bytes) -> str | None:
    """What a file is that begins with `start` and is no text of a table, with what to do; None for a text."""
    written = encoding(start)
    if not written.startswith("utf-8"):
        # Windows writes what a command says in UTF-16.
        start = start.decode(written, "ignore").encode()
    plain = start.removeprefix(codecs.BOM_UTF8).lstrip()
    folded = plain[:512].lower()
    if folded.startswith(b"<?xml"):
        folded = folded.partition(b"?>")[2].lstrip() or folded
    if _BRACKETS.match(plain):
        # SQL Server's names of columns, which `header_problem` tells about.
        return None
    for first, what, remedy in _FIRST:
        if plain.startswith(first) or folded.startswith(first):
            return f"est {what} : {remedy}"
    if start[257:262] == b"ustar":
        return f"est une archive tar : {_UNPACK}"
    if start and not start.strip(b"\0"):
        return f"ne contient que des octets nuls : {AGAIN}"
    if b"\0" in start:
        return f"n’est pas un texte : {AGAIN}"
    return None


def encoding(start: bytes) -> str:
    """Encoding of a text by its mark or, without one, by where its null bytes are; else UTF-8."""
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    first, second, third, fourth = (start[place:400:4] for place in range(4))
    if fourth and b"\0" not in first and not (second + third + fourth).strip(b"\0"):
        return "utf-32-le"
    if fourth and b"\0" not in fourth and not (first + second + third).strip(b"\0"):
        return "utf-32-be"
    even, odd = start[:400:2], start[1:400:2]
    if odd and not odd.strip(b"\0") and b"\0" not in even:
        return "utf-16-le"
    if odd and not even.strip(b"\0") and b"\0" not in odd:
        return "utf-16-be"
    return "utf-8"


def header_problem(names: Sequence[str], lines: Sequence[str], known: Sequence[str]) -> str | None:
    """Why a first line names none of the `known` columns of a table, in one sentence; None where it does.

    `lines`: the first lines of the text; `names`: those of the first one, between commas.
    """
    wanted = frozenset(known)
    # Some are the same either way: TARGET.
    if what := _respelt(names, known):
        return what
    if any(name in wanted for name in names):
        return None
    first = lines[0] if lines else ""
    if first.strip('"').lower().startswith("sep="):
        return (
            f"la première ligne, {quoted(first)}, ne sert qu’à Excel : enlevez-la, et séparez les "
            "valeurs par des virgules"
        )
    bare = re.sub(r"[\[\]]", "", first)
    for mark, called in _SEPARATORS.items():
        # Two: a sentence that names a column is no line of names.
        if len(wanted.intersection(cleaned(bare.split(mark)))) > 1:
            return f"les colonnes sont séparées par des {called} ; enregistrez le fichier avec des virgules"
    if what := _small_letters(names, known):
        return what
    if len(names) == 1 and any(name in wanted for name in cleaned(names[0].split(","))):
        return "chaque ligne est entre guillemets ; enregistrez le fichier sans ces guillemets"
    for number, line in enumerate(lines[1:], start=2):
        if len(wanted.intersection(cleaned(line.split(",")))) > len(wanted) // 2:
            return f"les noms des colonnes sont à la ligne {number} : enlevez ce qui les précède"
    return (
        f"la première ligne, {quoted(first)}, ne nomme aucune colonne attendue : elle doit donner leurs "
        f"noms, {known[0]} d’abord"
    )


def names_problem(names: Sequence[str], known: Sequence[str]) -> str | None:
    """Why `names` of columns are almost the `known` ones of a table; None where they are, or are others."""
    return _respelt(names, known) or _small_letters(names, known)


def _small_letters(names: Sequence[str], known: Sequence[str]) -> str | None:
    """Say so where none of `names` is known as it is written, but one would be in capitals; else None."""
    wanted = frozenset(known)
    small = next((name for name in names if name.upper() in wanted), None)
    if small is None or any(name in wanted for name in names):
        return None
    return f"les noms des colonnes s’écrivent en majuscules : {small.upper()}, et non {small}"


def _respelt(names: Sequence[str], known: Sequence[str]) -> str | None:
    """Say so where names are known but for quotes, dashes or spaces, or the table's name before them."""
    plain = {re.sub("[^A-Z0-9]", "", name): name for name in known}
    bare = [re.sub("[^A-Z0-9]", "", name.rpartition(".")[2].upper()) for name in names]
    met = [
        (plain[one], name)
        for one, name in zip(bare, names, strict=True)
        if one in plain and name.upper() != plain[one]
    ]
    if len(met) <= len(names) // 2:
        return None
    wanted, written = met[0]
    return f"les noms des colonnes s’écrivent sans rien d’autre : {wanted}, et non {short(written)}"


def cleaned(names: Sequence[str]) -> list[str]:
    """Names of columns without the spaces, quotes and invisible marks that stand around them."""
    return list(map(_bare, names))


def _bare(name: str) -> str:
    # From either end inwards: a pattern that ends in `$` is tried at each blank in the middle, to the last.
    rest = name[_blanks(name) :]
    return rest[: len(rest) - _blanks(rest[::-1])]


def _blanks(text: str) -> int:
    """How many of the first signs of a text stand around a name."""
    found = _AROUND.match(text)
    return found.end() if found else 0


def quoted(text: str) -> str:
    """Foreign text as a message quotes it (see `short`)."""
    return french.quoted(short(text))


def short(text: str) -> str:
    """Foreign text on one line, cut where it is long, with nothing that a terminal would obey."""
    plain = printable(text.strip())
    return plain if len(plain) <= QUOTED else f"{plain[:QUOTED]}…"


def spoilt(texts: Sequence[str]) -> str:
    """What to do about texts with letters that cannot be seen, or that were read in another encoding.

    It goes on after what is wrong with these texts; nothing where their letters are not to blame.
    """
    for text in texts:
        if _MISREAD.search(text):
            return (
                " ; ces lettres ont sans doute été lues dans un autre codage que le leur : reprenez le "
                "fichier là où elles sont justes, et enregistrez-le en UTF-8"
            )
        entity = next((one[0] for one in _ENTITY.finditer(text) if html.unescape(one[0]) != one[0]), None)
        if entity:
            meant = html.unescape(entity)
            wanted = "une espace" if meant.isspace() else quoted(meant)
            return f" ; {quoted(entity)} est écrit comme dans une page web : mettez {wanted} à sa place"
        hidden = next((letter for letter in text[:QUOTED] if printable(letter) != letter), None)
        if hidden is not None:
            return (
                f" ; {printable(hidden)} y tient lieu d’un caractère qui ne se voit pas "
                f"(U+{ord(hidden):04X}) : mettez ce qu’il faut à sa place, ou enlevez-le"
            )
    return ""


def printable(text: str) -> str:
    """Foreign text, such as the name of a file, with nothing that a terminal would obey."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
