"""Find the tables of a Kaggle *Home Credit Default Risk* download.

A table may be NAME.csv, NAME.csv.zip, NAME.csv.gz or NAME.parquet in a folder, or a folder of parts (NAME, or
one of these names) as Spark writes it; any of them but Parquet also in the zip that Kaggle gives for all.
"""

from __future__ import annotations

import os
import zipfile
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from pretadepenser import french
from pretadepenser.credit.dictionary import COLUMNS, TABLES
from pretadepenser.credit.intake.archives import (
    OF_SYSTEMS,
    base,
    check_packed,
    members,
    only_csv,
    readable,
    unlocked,
)
from pretadepenser.credit.intake.naming import (
    EVERY,
    TEST,
    TRAIN,
    check_others,
    check_single,
    deeper,
    meant,
    names_of,
    not_read,
    of_pieces,
)
from pretadepenser.credit.intake.pieces import check_here, check_once, check_whole
from pretadepenser.credit.intake.recognition import AGAIN, START, foreign, printable
from pretadepenser.credit.intake.sources import ENDINGS, Source
from pretadepenser.credit.intake.validation import Columns, PortfolioError, Problem, check_header
from pretadepenser.errors import cause

KAGGLE_ZIP = "home-credit-default-risk.zip"
# The table of DuckDB that holds the clients, and their number.
APPLICATION: Final = "application"
KEY: Final = "SK_ID_CURR"
# Beginnings of names that are no part of a table: what is hidden, and Spark's _SUCCESS.
NO_PART = (".", "_")
# How far below the folder that was given a table is looked for, and in how many folders.
_DEEP: Final = 4
_FOLDERS: Final = 2000
# Archives that a sentence names.
_NAMED: Final = 3


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
        _check_deeper(source, [TRAIN])
        raise PortfolioError(
            f"Aucun fichier {TRAIN} (.csv, .csv.zip, .csv.gz ou .parquet) dans {printable(str(source))} : "
            f"indiquez le dossier du téléchargement de Kaggle.{_archives(source)}"
        )
    found = {name: find(source, name, table.columns) for name, table in TABLES.items()}
    _check_deeper(source, [name for name, one in {TEST: test, **found}.items() if not one])
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


def _archives(source: Path) -> str:
    """What to do with the zips of a folder or zip that holds no table: Kaggle's, under another name."""
    known = {name for table in EVERY for name in names_of(table)}
    if source.is_file():
        with readable(source.name), zipfile.ZipFile(source) as archive:
            names = [name for name in members(archive) if base(name) not in known]
    else:
        paths = [path for path in _listed(source) if path.is_file() and not path.name.startswith(NO_PART)]
        names = [path.name for path in paths if path.name.lower() not in {KAGGLE_ZIP, *known}]
        names += [path.relative_to(source).as_posix() for path in _below(source) if path.is_file()]
    zips = [name for name in names if name.lower().endswith(".zip")]
    if not zips:
        return ""
    named = french.join([f"« {printable(name)} »" for name in zips[:_NAMED]], "ou")
    more = f" (et {french.plural(len(zips) - _NAMED, 'autre')})" if len(zips) > _NAMED else ""
    unpacked = f"décompressez {printable(source.name)} et " if source.is_file() else ""
    return f" Si les tables sont dans {named}{more}, {unpacked}indiquez ce fichier."


def find(source: Path, table: str, columns: Columns = COLUMNS) -> list[Source]:
    """Return what `table` ("application_train") is read from in `source`, a folder or Kaggle's zip.

    One file, or the parts of a folder in the order of their names; empty where the table is not there.

    Raises PortfolioError when `source` cannot be read at all, or holds the table more than once.
    """
    if source.is_file():
        return _in_zip(source, table, columns)
    if not source.is_dir():
        raise PortfolioError(
            f"Le dossier {printable(str(source))} n’existe pas : indiquez celui du téléchargement de Kaggle."
        )
    paths = _listed(source)
    for path in paths:
        if any(path.name.lower().startswith(f".{name}.") for name in names_of(table)[1:]):
            check_here(path.name, "")
    named = [path for path in paths if path.name.lower() in names_of(table)]
    for path in named:
        if not path.is_file() and not path.is_dir():
            raise PortfolioError(
                f"{printable(path.name)} n’est pas un fichier, ou mène à un fichier qui n’est pas là : "
                "mettez la table à sa place, ou enlevez-le."
            )
    found = [path for path in named if path.is_file() and path.name.lower() in names_of(table)[1:]]
    folders = [path for path in named if path.is_dir() and _of_pieces(path, table)]
    others = [path.name for path in paths if path.is_file() or path not in named]
    if found or folders:
        one = [path.name for path in (*found, *folders)]
        one += [name for name in others if meant(name, table)]
        check_single(one, table, printable(source.name or str(source)))
        if found:
            return [Source(printable(found[0].name), found[0], columns=columns)]
        return _parts(folders[0], table, columns)
    whole = source / KAGGLE_ZIP
    if whole.is_file() and (packed := _in_zip(whole, table, columns)):
        return packed
    check_others(others, table)
    return []


def _check_deeper(source: Path, missing: Sequence[str]) -> None:
    """Refuse tables that lie deeper in a folder than where they are looked for: they would be passed over."""
    if not missing or source.is_file():
        return
    named = {name: table for table in missing for name in names_of(table)}
    for path in _below(source):
        table = named.get(path.name.lower())
        if not table:
            continue
        if path.is_file() and path.name.lower() != table.lower():
            raise deeper(path.relative_to(source).as_posix(), str(source))
        if path.is_dir():
            # Elsewhere than in the folder that was given, "Bureau" is a desktop whatever it holds.
            try:
                pieces = any(name.lower().endswith(ENDINGS) for name in os.listdir(path))
                if pieces and path.name != "Bureau" and _of_pieces(path, table):
                    raise deeper(path.relative_to(source).as_posix(), str(source))
            except OSError:
                continue


def _below(source: Path) -> Iterator[Path]:
    """What is in the folders of a folder, and in theirs, the nearest first; of much of it not all."""
    waiting = deque([(source, 0)])
    for _ in range(_FOLDERS):
        if not waiting:
            return
        folder, depth = waiting.popleft()
        try:
            inside = sorted(path for path in folder.iterdir() if not path.name.startswith(NO_PART))
        except OSError:
            # A folder that may not be looked into holds nothing that anyone could import.
            continue
        if depth:
            yield from inside
        if depth < _DEEP:
            # A link deeper down may lead round in a circle.
            waiting += [
                (path, depth + 1) for path in inside if path.is_dir() and not (depth and path.is_symlink())
            ]


def _of_others(table: str) -> set[str]:
    """What the files of all other tables may be called, in small letters."""
    return {name for other in EVERY if other != table for name in names_of(other)[1:]}


def _of_pieces(folder: Path, table: str) -> bool:
    """Whether a folder that is named as a table is one of its pieces.

    "Bureau" is what systems call a French desktop: it holds other things, or other tables.
    """
    names = [path.name.lower() for path in _listed(folder)]
    if not _of_others(table).isdisjoint(names):
        return False
    return folder.name != "Bureau" or any(name.endswith(ENDINGS) for name in names)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise PortfolioError(
            f"Le dossier {printable(str(folder))} ne peut pas être lu ({cause(error)}) : vérifiez vos droits."
        ) from error


def _parts(folder: Path, table: str, columns: Columns) -> list[Source]:
    """The files in which a table was written piece by piece."""
    every = _listed(folder)
    check_whole([path.name for path in every], printable(folder.name))
    shown = [path for path in every if not path.name.startswith(NO_PART)]
    paths = [path for path in shown if path.name.lower() not in OF_SYSTEMS]
    if not paths:
        raise PortfolioError(
            f"Aucun fichier {table} ({french.join(ENDINGS, 'ou')}) dans {printable(str(folder))} : "
            "enlevez ce dossier, ou copiez-y à nouveau les morceaux de la table."
        )
    for path in paths:
        if path.is_dir():
            raise of_pieces(f"{folder.name}/{path.name}", folder.name)
        if not path.is_file() or not path.name.lower().endswith(ENDINGS):
            raise not_read(f"{folder.name}/{path.name}")
    check_once([path.name for path in paths], printable(folder.name))
    named = f"{folder.name}/"
    return [Source(printable(f"{named}{path.name}"), path, columns=columns) for path in paths]


def _in_zip(path: Path, table: str, columns: Columns) -> list[Source]:
    if not zipfile.is_zipfile(path):
        with readable(path.name), path.open("rb") as stream:
            start = stream.read(START)
        if path.suffix.lower() == ".zip" and foreign(start):
            check_packed(start, path.name, "zip", b"PK\x03\x04")
            raise PortfolioError(f"{printable(path.name)} est incomplet ou endommagé : {AGAIN}.")
        raise PortfolioError(
            f"{printable(str(path))} n’est ni un dossier ni un fichier zip : indiquez le dossier du "
            "téléchargement de Kaggle."
        )
    with readable(path.name), zipfile.ZipFile(path) as archive:
        # Some programs of Windows write names with its separator.
        stored = members(archive)
        names = [name.replace("\\", "/") for name in stored]
        written = dict(zip(names, stored, strict=True))
        folders = _folders(names, table)
        found: dict[str, list[str]] = {}
        for name in names:
            folder = next((each for each in folders if name.startswith(f"{each}/")), None)
            if folder is None and base(name) in names_of(table)[1:]:
                found.setdefault(name, []).append(name)
            elif folder is not None and not base(name).startswith(NO_PART):
                found.setdefault(folder, []).append(name)
        if not found:
            check_others(names, table)
            return []
        pieces = {name for each in found.values() for name in each}
        others = [name for name in names if name not in pieces and meant(base(name), table)]
        check_single([*found, *others], table, printable(path.name))
        ((chosen, one),) = found.items()
        _check_once(one, path)
        if chosen not in one:
            _check_pieces(chosen, one, names, path)
        return [_member(archive, path, written[member], columns) for member in sorted(one)]


def _folders(names: Sequence[str], table: str) -> list[str]:
    """The folders of an archive that hold the pieces of a table: those named so, without other tables."""
    folders: dict[str, None] = {}
    for name in names:
        above = name.split("/")[:-1]
        named = next((place for place, each in enumerate(above) if each.lower() in names_of(table)), None)
        if named is not None:
            folders["/".join(above[: named + 1])] = None
    others = _of_others(table)
    mixed = {
        folder
        for folder in folders
        for name in names
        if name.startswith(f"{folder}/") and base(name) in others
    }
    return [folder for folder in folders if folder not in mixed]


def _check_once(names: Sequence[str], archive: Path) -> None:
    """Refuse a member that is in an archive more than once under one name: only the last could be read."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise PortfolioError(
            f"{printable(archive.name)} contient plusieurs fois {printable(twice[0])} : décompressez-le, "
            "et ne gardez que le bon fichier."
        )


def _check_pieces(folder: str, found: Sequence[str], names: Sequence[str], archive: Path) -> None:
    """Hold the pieces of a table in a folder of an archive to what `_parts` holds those of a folder to."""
    told = printable(f"{archive.name}/{folder}")
    inside = [name.removeprefix(f"{folder}/") for name in names if name.startswith(f"{folder}/")]
    check_whole({name.partition("/")[0] for name in inside}, told)
    for name in inside:
        if "/" in name:
            raise of_pieces(f"{told}/{name.partition('/')[0]}", told)
    check_once([name.rpartition("/")[2] for name in found], told)


def _member(archive: zipfile.ZipFile, path: Path, member: str, columns: Columns) -> Source:
    """One table, or part of one, in an archive."""
    source = Source(printable(f"{path.name}/{member}"), path, (member,), columns=columns)
    if base(member).endswith(".parquet"):
        raise PortfolioError(
            f"{source.name} est une table Parquet dans une archive : décompressez {path.name}."
        )
    if not base(member).endswith(ENDINGS):
        raise not_read(source.name)
    if base(member).endswith(".zip"):
        with unlocked(archive, archive.getinfo(member), source.name) as packed:
            return replace(source, members=(member, *only_csv(packed, source.name)))
    return source
