"""Find the tables of a Kaggle *Home Credit Default Risk* download.

A table may be NAME.csv, NAME.csv.zip, NAME.csv.gz or NAME.parquet in a folder, or any of the first three in
the zip that Kaggle gives for the whole competition.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pretadepenser import french
from pretadepenser.credit.intake.archives import base, members, only_csv, readable, unlocked
from pretadepenser.credit.intake.recognition import AS_CSV
from pretadepenser.credit.intake.sources import ENDINGS, Source
from pretadepenser.credit.intake.validation import PortfolioError

KAGGLE_ZIP = "home-credit-default-risk.zip"


def find(source: Path, table: str) -> Source | None:
    """Return where `table` ("application_train") is in `source`, a folder or Kaggle's zip, or None.

    Raises PortfolioError when `source` cannot be read at all, or holds the table more than once.
    """
    if source.is_file():
        return _in_zip(source, table)
    if not source.is_dir():
        raise PortfolioError(
            f"Le dossier {source} n’existe pas : indiquez celui du téléchargement de Kaggle."
        )
    try:
        files = [path for path in sorted(source.iterdir()) if path.is_file()]
    except OSError as error:
        raise PortfolioError(
            f"Le dossier {source} ne peut pas être lu ({error.strerror}) : vérifiez vos droits."
        ) from error
    found = [path for path in files if path.name.lower() in {f"{table}{ending}" for ending in ENDINGS}]
    if found:
        return Source(_single([path.name for path in found], table, source), found[0])
    whole = source / KAGGLE_ZIP
    if whole.is_file():
        return _in_zip(whole, table)
    other = [path.name for path in files if path.name.lower().startswith(f"{table}.")]
    if other:
        raise PortfolioError(
            f"{other[0]} n’est pas d’un format qui se lit ({', '.join(ENDINGS)}) : {AS_CSV}."
        )
    return None


def _in_zip(path: Path, table: str) -> Source | None:
    if not zipfile.is_zipfile(path):
        raise PortfolioError(
            f"{path} n’est ni un dossier ni un fichier zip : indiquez le dossier du téléchargement de Kaggle."
        )
    with readable(path.name), zipfile.ZipFile(path) as archive:
        names = members(archive)
        found = [name for name in names if base(name) in {f"{table}{ending}" for ending in ENDINGS}]
        if not found:
            return None
        member = _single(found, table, path)
        source = Source(f"{path.name}/{member}", path, (member,))
        if base(member).endswith(".parquet"):
            raise PortfolioError(
                f"{source.name} est une table Parquet dans une archive : décompressez {path.name}."
            )
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
