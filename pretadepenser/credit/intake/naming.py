"""What the name of a file tells: a table, its copy, a piece of it, or a name that is not read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pretadepenser.credit.intake.recognition import AGAIN, AS_CSV, printable
from pretadepenser.credit.intake.sources import ENDINGS
from pretadepenser.credit.intake.validation import PortfolioError

_READ: Final = "|".join(map(re.escape, sorted(ENDINGS, key=len, reverse=True)))
# What systems and browsers add to the name of a copy, before its ending or after it.
_COPIED: Final = r"(?:\s*\({word}\)|\s*\[{word}\]|\s*[-_]\s*{word}|\s+{word})".format(
    word=r"(?:copie|copy|\d{1,3})"
)
_AGAIN: Final = r"\.[1-9]\d?"
# What programs add to the name of a table for each of its pieces: BigQuery, Spark, TensorFlow.
_NUMBERED: Final = r"[-_. ](?:part[-_. ]?\d+|\d{4,}|\d+[-_]of[-_]\d+)[^.]*"
# What stands before the ending that counts, or after it: "bureau.snappy.parquet", "bureau.csv?dl=1".
_ABOUT: Final = rf"(?:\.\w+)*?({_READ})(?:\.txt|[?#].*)?"
# Endings that mean one that is read.
_SHORT: Final = {".zip": ".csv.zip", ".gz": ".csv.gz", ".pq": ".parquet", ".parq": ".parquet"}
_UNFINISHED: Final = (".crdownload", ".part", ".partial", ".download", ".tmp")


def names_of(table: str) -> list[str]:
    """What a table may be called in small letters: a folder of parts any of it, a file all but the first."""
    return [f"{table.lower()}{ending}" for ending in ("", *ENDINGS)]


def is_meant(name: str, table: str) -> bool:
    """Whether a file that is not read is named as a table: without ending, as its copy or as its piece."""
    return name.lower() == table.lower() or bool(_copied(name, table) or _numbered(name, table))


def _copied(name: str, table: str) -> re.Match[str] | None:
    """The name of a copy, "bureau (1).csv"; 1: the ending that it should have."""
    if name.lower() in names_of(table):
        return None
    pattern = rf"\s*(?:copie de |copy of )?\s*{re.escape(table)}{_COPIED}{{0,2}}\s*({_READ})(?:{_AGAIN})?"
    return re.fullmatch(pattern, name, re.IGNORECASE)


def _numbered(name: str, table: str) -> re.Match[str] | None:
    """The name of a piece, "bureau-000000000000.csv"."""
    return re.fullmatch(rf"{re.escape(table)}{_NUMBERED}(?:{_READ})", name, re.IGNORECASE)


def check_others(names: Sequence[str], table: str) -> None:
    """Refuse files that are meant to be a table which is not there: copies of it, and other formats."""
    for name in names:
        last = name.replace("\\", "/").rpartition("/")[2]
        rest = last.lower().removeprefix(table.lower())
        if copied := _copied(last, table):
            raise PortfolioError(
                f"{printable(name)} a le nom d’une copie de {table} : si c’est la bonne table, renommez ce "
                f"fichier en {table}{copied[1].lower()}, sinon enlevez-le."
            )
        if _numbered(last, table):
            raise PortfolioError(
                f"{printable(name)} a le nom d’un morceau de {table} : mettez tous les morceaux, et rien "
                f"d’autre, dans un dossier nommé {table}."
            )
        if not rest:
            raise PortfolioError(
                f"{printable(name)} n’a pas de terminaison ({', '.join(ENDINGS)}) : ajoutez-lui la bonne, "
                ".csv pour un texte."
            )
        if last.lower() == f"{table.lower()}{rest}" and rest.startswith("."):
            about = re.fullmatch(_ABOUT, rest)
            if meant := about[1] if about else _SHORT.get(rest):
                raise PortfolioError(
                    f"{printable(name)} n’a pas le nom d’une table : renommez ce fichier en {table}{meant}."
                )
            raise not_read(name)


def not_read(name: str) -> PortfolioError:
    """What is said of a file of another format."""
    told = printable(name)
    if name.lower().endswith(_UNFINISHED):
        return PortfolioError(f"{told} est un téléchargement inachevé : {AGAIN}.")
    if "=" in told.rpartition("/")[2]:
        return of_a_value(told)
    return PortfolioError(f"{told} n’est pas d’un format qui se lit ({', '.join(ENDINGS)}) : {AS_CSV}.")


def of_a_value(told: str) -> PortfolioError:
    """What is said of a folder that is named as a column with its value; told: what messages call it."""
    return PortfolioError(
        f"{told} est le dossier d’une valeur, comme en fait Spark (partitionBy) : écrivez la table sans "
        "ces dossiers."
    )
