"""What the name of a file tells: a table, its copy, a piece of it, or a name that is not read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from pretadepenser import french
from pretadepenser.credit.dictionary import TABLES
from pretadepenser.credit.intake.recognition import AGAIN, AS_CSV, printable
from pretadepenser.credit.intake.sources import ENDINGS
from pretadepenser.credit.intake.validation import PortfolioError

# All tables of a download.
TRAIN: Final = "application_train"
TEST: Final = "application_test"
EVERY: Final = (TRAIN, TEST, *TABLES)
# How much of a misspelt name agrees with that of its table (0..1), and by how many letters they may differ: a
# longer name is of what somebody has made of the table.
_ALIKE: Final = 0.8
_LETTERS: Final = 2
# Names that leave the last word of a table's out, where no other table is called so.
_CUT: Final = {
    cut: name
    for name in TABLES
    if (cut := name.lower().rpartition("_")[0]) not in ("", *map(str.lower, TABLES))
}
# The longest name of a file on any system: a longer one in an archive is no table.
LONGEST: Final = 255
_READ: Final = "|".join(map(re.escape, sorted(ENDINGS, key=len, reverse=True)))
# What systems and browsers add to the name of a copy: "bureau (1).csv", "bureau - Copie (2).csv".
_COPY: Final = (
    r"(?:\s*\((?:[^()]*(?:cop(?:ie|y)|confli[tc])[^()]*|\d{1,3})\)|\s*\[\d{1,3}\]"
    r"|\s*[-_ ]\s*cop(?:ie|y)(?:\s*\d{1,3})?)"
)
# A number says less: macOS gives it to copies, programs that cut tables give it to pieces.
_NUMBER: Final = rf"(?:(?:[-_. ]?\s*\d{{1,5}}|[-_. ]\d+[-_]of[-_]\d+)({_READ})|\s\d{{1,3}})"
# What programs add for each piece of a table: BigQuery, Spark, Snowflake, Redshift, and people who cut one.
_WORD: Final = r"[-_. ]?(?:part|partie|chunk|morceau|split|shard)[-_. ]?"
_PIECE: Final = rf"(?:{_WORD}\d+|[-_. ]?\d{{6,}}|_+\d+_\d+_\d+)[^.]*(?:{_READ})|[-_. ]?\d{{4}}_part_\d+.*"
# What stands before the ending that counts, or after it: "bureau.snappy.parquet", "bureau.csv?dl=1".
_ABOUT: Final = (
    rf"(?:\.(?:csv|parquet|gz|gzip|zip|snappy|zstd|zst|lz4|brotli|c000|utf-?8))*?({_READ})(?:\.txt|[?#].*)?"
)
# Endings that mean one that is read.
_SHORT: Final = {".zip": ".csv.zip", ".gz": ".csv.gz", ".pq": ".parquet", ".parq": ".parquet"}
# Endings of what people write about a table, and checksums of it.
_ABOUT_IT: Final = (
    ".ipynb", ".py", ".r", ".rmd", ".sql", ".sh", ".md", ".rst", ".html", ".htm", ".pdf", ".docx", ".pptx",
    ".png", ".jpg", ".jpeg", ".svg", ".log", ".yaml", ".yml", ".toml", ".md5", ".sha1", ".sha256",
)  # fmt: skip
# A day as people write it in names.
_DAY: Final = r"(?:\d{4}-\d\d-\d\d|\d\d-\d\d-\d{4})"
# The longest first: ".csv.zip" ends in ".zip".
_ENDS: Final = sorted((*ENDINGS, *_SHORT), key=len, reverse=True)
_UNFINISHED: Final = (".crdownload", ".part", ".partial", ".download", ".tmp")


def names_of(table: str) -> list[str]:
    """What a table may be called in small letters: a folder of parts any of it, a file all but the first."""
    return [f"{table.lower()}{ending}" for ending in ("", *ENDINGS)]


def meant(name: str, table: str) -> str | None:
    """Why a file that is not read may be a table, its copy or its piece, and what to do; None where not.

    name: without its folder. What comes back goes on after the name of the file.
    """
    if len(name) > LONGEST or name.lower() in names_of(table)[1:]:
        return None
    name = name.strip()
    if name.lower() == table.lower():
        return f"n’a pas de terminaison ({', '.join(ENDINGS)}) : ajoutez-lui la bonne, .csv pour un texte"
    start = re.escape(table)
    # "previous application.csv", "previous-application.csv", "bureau .csv".
    apart = r"[-_.\s]*".join(map(re.escape, table.split("_")))
    if respelt := re.fullmatch(rf"{apart}\s*({_READ})", name, re.IGNORECASE):
        return f"n’a pas le nom d’une table : renommez ce fichier en {table}{respelt[1].lower()}"
    # As Google Sheets names the table of a workbook, and what somebody saved on a day.
    more = rf"\s-\s(?:{start}|(?:Sheet|Feuille?)\s?\d*)|[-_ ]{_DAY}"
    if saved := re.fullmatch(rf"(?:{_DAY}[-_ ])?{start}(?:{more})?({_READ})", name, re.IGNORECASE):
        return f"n’a pas le nom d’une table : renommez ce fichier en {table}{saved[1].lower()}"
    copied = re.fullmatch(
        rf"(?:copie de |copy of )?{start}{_COPY}{{0,2}}({_READ}|)(?:\.[1-9]\d?)?", name, re.IGNORECASE
    )
    packed = re.fullmatch(rf"{start}\.csv{_COPY}{{1,2}}(\.zip|\.gz)", name, re.IGNORECASE)
    if copied or packed:
        ending = copied[1] if copied else f".csv{packed[1]}" if packed else ""
        return (
            f"a le nom d’une copie de {table} : si c’est la bonne table, renommez-le en {table}"
            f"{ending.lower()}, sinon enlevez-le"
        )
    if numbered := re.fullmatch(f"{start}{_NUMBER}", name, re.IGNORECASE):
        return (
            f"a le nom d’une copie ou d’un morceau de {table} : si c’est toute la table, renommez-le en "
            f"{table}{(numbered[1] or '').lower()} ; si c’en est un morceau, {_together(table)} ; sinon "
            "enlevez-le"
        )
    if re.fullmatch(f"{start}(?:{_PIECE})", name, re.IGNORECASE):
        return f"a le nom d’un morceau de {table} : {_together(table)}"
    return None


def _together(table: str) -> str:
    return f"mettez tous les morceaux, et rien d’autre, dans un dossier nommé {table}"


def check_single(names: Sequence[str], table: str, place: str) -> None:
    """Refuse several files of which only one can be the table; names: their paths; place: where they are.

    Raises PortfolioError.
    """
    if len(names) > 1:
        pieces = any("morceau" in (meant(_last(name), table) or "") for name in names)
        told = f"n’en gardez qu’un{f' ou, si ce sont des morceaux, {_together(table)}' if pieces else ''}"
        listed = french.join([printable(name) for name in names])
        raise PortfolioError(f"{place} contient plusieurs fois {table} ({listed}) : {told}.")


def check_others(names: Sequence[str], table: str) -> None:
    """Refuse what is meant to be a table that is not there: its copies, its pieces, and other formats.

    names: of files, and of folders that hold no pieces. Raises PortfolioError.
    """
    for name in names:
        last = _last(name)
        if what := meant(last, table):
            raise PortfolioError(f"{printable(name)} {what}.")
        small = last.lower()
        if not small.startswith(f"{table.lower()}."):
            if table == _resembled(last):
                end = _ending(last).lower()
                raise PortfolioError(
                    f"{printable(name)} n’a pas le nom d’une table, et ressemble à {table} : si c’est cette "
                    f"table, renommez-le en {table}{_SHORT.get(end, end)}, sinon enlevez-le."
                )
            continue
        if small.endswith(_ABOUT_IT):
            continue
        rest = small.removeprefix(table.lower())
        if rest.endswith(".dvc"):
            raise PortfolioError(
                f"{printable(name)} est un pointeur de DVC, pas les données : lancez « dvc pull »."
            )
        about = re.fullmatch(_ABOUT, rest)
        if ending := about[1] if about else _SHORT.get(rest):
            raise PortfolioError(
                f"{printable(name)} n’a pas le nom d’une table : renommez ce fichier en {table}{ending}."
            )
        raise not_read(name)


def _ending(name: str) -> str:
    """The ending of a file that is read, or means one that is, as it stands; empty where it has none."""
    return next((name[-len(end) :] for end in _ENDS if name.lower().endswith(end)), "")


@lru_cache(maxsize=1024)
def _resembled(name: str) -> str | None:
    """The table whose name a file or folder has nearly: misspelt, in the plural, without its last word.

    None where it is the very name, a copy or a piece of one, or where it resembles none. Asked of every file
    for each table: kept.
    """
    if len(name) > LONGEST:
        return None
    ending = _ending(name)
    stem = name.removesuffix(ending).strip().lower()
    if not ending and ("." in stem or "_" not in stem):
        # "bureaux" may be any folder.
        return None
    if cut := _CUT.get(stem):
        return cut
    alike = {
        SequenceMatcher(None, stem, table.lower()).ratio(): table
        for table in EVERY
        if abs(len(stem) - len(table)) <= _LETTERS
    }
    best = max(alike, default=0.0)
    if best < _ALIKE or name.lower() in names_of(alike[best]) or any(meant(name, one) for one in EVERY):
        return None
    return alike[best]


def deeper(name: str, source: str) -> PortfolioError:
    """What is said of a table in a folder of the folder that was given; name: its path in that."""
    place = printable(source)
    return PortfolioError(
        f"{printable(name)} est dans un sous-dossier de {place} : indiquez ce sous-dossier si toutes les "
        f"tables y sont, sinon mettez la table dans {place}, ou enlevez-la."
    )


def _last(name: str) -> str:
    """The last part of a path, in an archive or not."""
    return name.replace("\\", "/").rpartition("/")[2]


def not_read(name: str) -> PortfolioError:
    """What is said of a file of another format."""
    told = printable(name)
    if dask := re.search(r"(\d+)\.part$", name):
        return PortfolioError(f"{told} n’a pas le nom d’un morceau : renommez ce fichier en {dask[1]}.csv.")
    if name.lower().endswith(_UNFINISHED):
        return PortfolioError(f"{told} est un téléchargement inachevé : {AGAIN}.")
    if "=" in told.rpartition("/")[2]:
        return of_a_value(told)
    return PortfolioError(
        f"{told} n’est pas d’un format qui se lit ({', '.join(ENDINGS)}) : {AS_CSV}, ou enlevez-le."
    )


def of_pieces(name: str, folder: str) -> PortfolioError:
    """What is said of a folder among the pieces of a table; name: its path; folder: that of the pieces."""
    told = printable(name)
    if "=" in told.rpartition("/")[2]:
        return of_a_value(told)
    return PortfolioError(
        f"{told} est un sous-dossier : mettez ses morceaux dans {printable(folder)}, ou enlevez-le."
    )


def of_a_value(told: str) -> PortfolioError:
    """What is said of a folder that is named as a column with its value; told: what messages call it."""
    return PortfolioError(
        f"{told} est le dossier d’une valeur, comme en fait Spark (partitionBy) : écrivez la table sans "
        "ces dossiers."
    )
