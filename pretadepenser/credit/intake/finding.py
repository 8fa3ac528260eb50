"""Find the tables of a Kaggle *Home Credit Default Risk* download.

A table may be NAME.csv, NAME.csv.zip, NAME.csv.gz or NAME.parquet in a folder, or a folder of parts (NAME, or
one of these names) as Spark writes it; any of them but Parquet also in the zip that Kaggle gives for all.
"""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from pretadepenser import french
from pretadepenser.credit.dictionary import COLUMNS, TABLES
from pretadepenser.credit.intake.archives import base, members, only_csv, readable, unlocked
from pretadepenser.credit.intake.recognition import AS_CSV
from pretadepenser.credit.intake.sources import ENDINGS, Source
from pretadepenser.credit.intake.validation import Columns, PortfolioError, Problem, check_header

KAGGLE_ZIP = "home-credit-default-risk.zip"
TRAIN: Final = "application_train"
TEST: Final = "application_test"
# The table of DuckDB that holds the clients, and their number.
APPLICATION: Final = "application"
KEY: Final = "SK_ID_CURR"
# Beginnings of names that are no part of a table: what is hidden, and Spark's _SUCCESS.
NO_PART = (".", "_")


def check_owners(tables: Collection[str]) -> None:
    """Refuse history tables that say only through another one, which is not there, whose rows they hold."""
    for name in tables:
        owner = TABLES[name].owner
        if not isinstance(owner, str) and owner[0] not in tables:
            raise PortfolioError(
                f"{name} ne dit pas à quels clients ses lignes sont : ajoutez {owner[0]}, qui le dit, "
                f"ou enlevez {name}."
            )


def find_all(source: Path) -> dict[str, list[Source]]:
    """What each table is read from, the clients first. Raises PortfolioError for what is no portfolio."""
    train, test = find(source, TRAIN), find(source, TEST)
    if not train:
        raise PortfolioError(
            f"Aucun fichier {TRAIN} (.csv, .csv.zip, .csv.gz ou .parquet) dans {source} : "
            "indiquez le dossier du téléchargement de Kaggle."
        )
    found = {name: find(source, name, table.columns) for name, table in TABLES.items()}
    check_owners([name for name in TABLES if found[name]])
    problems: list[Problem] = []
    for sources in (train, test, *found.values()):
        # Kaggle publishes the test file without its outcomes.
        optional = frozenset({"TARGET"}) if sources is test else frozenset[str]()
        for each in sources:
            problems += check_header(each.header(), each.columns, each.name, optional)
    if problems:
        raise PortfolioError.refused(problems)
    return {APPLICATION: [*train, *test], **{name: sources for name, sources in found.items() if sources}}


def find(source: Path, table: str, columns: Columns = COLUMNS) -> list[Source]:
    """Return what `table` ("application_train") is read from in `source`, a folder or Kaggle's zip.

    One file, or the parts of a folder in the order of their names; empty where the table is not there.

    Raises PortfolioError when `source` cannot be read at all, or holds the table more than once.
    """
    if source.is_file():
        return _in_zip(source, table, columns)
    if not source.is_dir():
        raise PortfolioError(
            f"Le dossier {source} n’existe pas : indiquez celui du téléchargement de Kaggle."
        )
    paths = _listed(source)
    files = [path for path in paths if path.is_file()]
    found = [path for path in files if path.name.lower() in _names(table)[1:]]
    folders = [path for path in paths if path.is_dir() and path.name.lower() in _names(table)]
    if found or folders:
        one = _single([path.name for path in (*found, *folders)], table, source)
        return [Source(one, found[0], columns=columns)] if found else _parts(folders[0], table, columns)
    whole = source / KAGGLE_ZIP
    if whole.is_file():
        return _in_zip(whole, table, columns)
    other = [path.name for path in files if path.name.lower().startswith(f"{table.lower()}.")]
    if other:
        raise _foreign(other[0])
    return []


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise PortfolioError(
            f"Le dossier {folder} ne peut pas être lu ({error.strerror}) : vérifiez vos droits."
        ) from error


def _names(table: str) -> list[str]:
    """What a table may be called in small letters: a folder of parts any of it, a file all but the first."""
    return [f"{table.lower()}{ending}" for ending in ("", *ENDINGS)]


def _parts(folder: Path, table: str, columns: Columns) -> list[Source]:
    """The files in which a table was written piece by piece."""
    paths = [path for path in _listed(folder) if not path.name.startswith(NO_PART)]
    if not paths:
        raise PortfolioError(
            f"Aucun fichier {table} ({french.join(ENDINGS, 'ou')}) dans {folder} : enlevez ce dossier, ou "
            "copiez-y à nouveau les morceaux de la table."
        )
    for path in paths:
        if not path.is_file() or not path.name.lower().endswith(ENDINGS):
            raise _foreign(f"{folder.name}/{path.name}")
    return [Source(f"{folder.name}/{path.name}", path, columns=columns) for path in paths]


def _in_zip(path: Path, table: str, columns: Columns) -> list[Source]:
    if not zipfile.is_zipfile(path):
        raise PortfolioError(
            f"{path} n’est ni un dossier ni un fichier zip : indiquez le dossier du téléchargement de Kaggle."
        )
    with readable(path.name), zipfile.ZipFile(path) as archive:
        found: dict[str, list[str]] = {}
        for name in members(archive):
            folder = name.replace("\\", "/").rpartition("/")[0]
            if base(name) in _names(table)[1:]:
                found[name] = [name]
            elif base(folder) in _names(table) and not base(name).startswith(NO_PART):
                found.setdefault(folder, []).append(name)
        if not found:
            return []
        one = found[_single(list(found), table, path)]
        return [_member(archive, path, member, columns) for member in sorted(one)]


def _member(archive: zipfile.ZipFile, path: Path, member: str, columns: Columns) -> Source:
    """One table, or part of one, in an archive."""
    source = Source(f"{path.name}/{member}", path, (member,), columns=columns)
    if base(member).endswith(".parquet"):
        raise PortfolioError(
            f"{source.name} est une table Parquet dans une archive : décompressez {path.name}."
        )
    if not base(member).endswith(ENDINGS):
        raise _foreign(source.name)
    if base(member).endswith(".zip"):
        with unlocked(archive, archive.getinfo(member), source.name) as packed:
            return replace(source, members=(member, only_csv(packed, source.name)))
    return source


def _single(names: Sequence[str], table: str, place: Path) -> str:
    """The only one of `names`. Raises PortfolioError where there are more: which one is meant?"""
    if len(names) > 1:
        raise PortfolioError(
            f"{place.name or place} contient plusieurs fois {table} ({french.join(names)}) : "
            "n’en gardez qu’un."
        )
    return names[0]


def _foreign(name: str) -> PortfolioError:
    return PortfolioError(f"{name} n’est pas d’un format qui se lit ({', '.join(ENDINGS)}) : {AS_CSV}.")
