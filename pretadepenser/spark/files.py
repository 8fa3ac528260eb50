"""Files at an address, looked at before Spark reads them: what it would pass over or fill in, in silence.

Spark takes the columns of one part for those of all and fills in what another lacks, gives a folder named as
a column (TARGET=1) the last word on it, and skips empty parts and files of other formats.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pretadepenser import french
from pretadepenser.credit.intake.archives import OF_SYSTEMS
from pretadepenser.credit.intake.finding import NO_PART
from pretadepenser.credit.intake.naming import check_others, meant, of_a_value
from pretadepenser.credit.intake.pieces import check_once, check_whole
from pretadepenser.credit.intake.recognition import printable
from pretadepenser.spark.session import SparkError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PARQUET: Final = ".parquet"
# How far below a folder a table is looked for, and in how many folders: each is one question to a store.
_DEEP: Final = 3
_FOLDERS: Final = 200
# How the addresses of this machine begin.
HERE: Final = "file://"


@dataclass(frozen=True)
class Entry:
    """A file or folder at an address: its name, whether it is a folder, its bytes, what Java knows of it."""

    name: str
    folder: bool
    size: int
    status: Any


def exists(spark: SparkSession, place: str) -> bool:
    """Whether there is a file or folder at an address."""
    path, system = _at(spark, place)
    return bool(system.exists(path))


def is_folder(spark: SparkSession, place: str) -> bool:
    """Whether what is at an address is a folder."""
    path, system = _at(spark, place)
    return bool(system.getFileStatus(path).isDirectory())


def delete(spark: SparkSession, place: str) -> None:
    """Delete a file, or a folder with all that is in it, at an address."""
    path, system = _at(spark, place)
    system.delete(path, True)


def listed(spark: SparkSession, place: str) -> list[Entry]:
    """What is in a folder, by name, but for what is hidden; the file itself where it is none.

    Raises SparkError for a link of this machine that leads nowhere.
    """
    return _shown(_entries(spark, place), place)


def below(spark: SparkSession, place: str, folders: Sequence[str]) -> Iterator[str]:
    """The paths of what is in some folders of a folder, and in theirs, the nearest first.

    Folders that may not be looked into, what is hidden, and much of what is without end are left out.
    """
    from py4j.protocol import Py4JJavaError

    waiting = deque((folder, 1) for folder in folders)
    for _ in range(_FOLDERS):
        if not waiting:
            return
        folder, depth = waiting.popleft()
        try:
            inside = sorted(_entries(spark, f"{place}/{folder}"), key=lambda one: one.name)
        except Py4JJavaError:
            continue
        for one in inside:
            yield f"{folder}/{one.name}"
            if one.folder and depth < _DEEP and not one.name.startswith(NO_PART):
                waiting.append((f"{folder}/{one.name}", depth + 1))


def _shown(found: Sequence[Entry], place: str) -> list[Entry]:
    if place.startswith(HERE) and os.path.isdir(folder := place.removeprefix(HERE)):
        # Hadoop leaves them out of its lists.
        for name in sorted({*os.listdir(folder)} - {one.name for one in found}):
            if not name.startswith(NO_PART):
                raise SparkError(
                    f"{printable(name)} mène à un fichier qui n’est pas là : mettez la table à sa place, ou "
                    "enlevez-le."
                )
    return sorted((one for one in found if not one.name.startswith(NO_PART)), key=lambda one: one.name)


def _entries(spark: SparkSession, place: str) -> list[Entry]:
    """What Hadoop lists of a folder, hidden or not."""
    path, system = _at(spark, place)
    return [
        Entry(status.getPath().getName(), bool(status.isDirectory()), int(status.getLen()), status)
        for status in system.listStatus(path)
    ]


def the_table(entries: Sequence[Entry], table: str, source: str) -> str | None:
    """The name of the file or folder that holds a table: NAME.parquet or NAME; None where none is meant to.

    Raises SparkError where it is there more than once, or in another format; PortfolioError for a copy.
    """
    low, names = table.lower(), [one.name for one in entries]
    there = [name for name in names if name.lower() in (low, f"{low}{PARQUET}")]
    packed = [name for name in names if name.lower().startswith((f"{low}.csv", f"{low}.zip", f"{low}.gz"))]
    if there:
        copies = [name for name in names if name not in there and meant(name, table)]
        if len(every := [*there, *packed, *copies]) > 1:
            told = french.join([printable(name) for name in every])
            raise SparkError(f"{table} est plusieurs fois dans {source} ({told}) : n’en gardez qu’un.")
        return there[0]
    if packed:
        raise SparkError(
            f"{printable(packed[0])} n’est pas en Parquet : Spark ne lit que cela. Écrivez cette table en "
            "Parquet, ou importez sans --engine spark."
        )
    check_others(names, table)
    return None


def checked_parts(spark: SparkSession, place: str, told: str) -> list[str]:
    """Refuse a table whose files would not all be read, and alike; return the addresses to read.

    place: the address of its file or of the folder of its parts; told: what messages call it. Raises
    SparkError, or PortfolioError for folders of values (partitionBy) and pieces that are not whole, or twice.
    """
    alone = not is_folder(spark, place)
    every = _entries(spark, place)
    if not alone:
        check_whole({one.name for one in every}, told)
    # Of a file, that is the file.
    shown = _shown(every, place)
    parts = [one for one in shown if one.name.lower() not in OF_SYSTEMS]
    if not parts:
        raise SparkError(
            f"{told} ne contient aucun fichier : enlevez ce dossier, ou copiez-y à nouveau les morceaux de "
            "la table."
        )
    names = {one.name: told if alone else f"{told}/{printable(one.name)}" for one in parts}
    for one in parts:
        if one.folder:
            if "=" in one.name:
                raise of_a_value(names[one.name])
            raise SparkError(
                f"{names[one.name]} est un dossier dans celui de la table : mettez-en les morceaux dans "
                f"{told}, ou enlevez-le."
            )
        if not one.size:
            raise SparkError(f"{names[one.name]} est vide : copiez ce morceau à nouveau, ou enlevez-le.")
    if not alone:
        check_once([one.name for one in parts], told)
    _check_columns({names[name]: columns for name, columns in _columns(spark, parts).items()})
    # Spark reads whatever is in a folder and not hidden; names that it is given may be patterns to it.
    escaped = (re.sub(r"([\\\[\]{}*?])", r"\\\1", one.name) for one in parts)
    return [place] if parts == shown else [f"{place}/{name}" for name in escaped]


def _check_columns(columns: Mapping[str, Sequence[str]]) -> None:
    """Refuse files that name a column twice, or not all the same; by what messages call each."""
    (first, expected), *_ = columns.items()
    for told, names in columns.items():
        if names == expected and told != first:
            continue
        for index, name in enumerate(names):
            if name.lower() in (each.lower() for each in names[:index]):
                raise SparkError(f"{told} a deux fois la colonne {printable(name)} : n’en gardez qu’une.")
        for these, those, say in (
            (expected, names, "il lui manque"),
            (names, expected, "il a en plus"),
        ):
            if more := [printable(one) for one in these if one not in those]:
                raise SparkError(
                    f"{told} n’a pas les mêmes colonnes que {first} : {say} {french.join(more[:3])}. Écrivez "
                    "tous les morceaux de la table avec les mêmes."
                )


def _columns(spark: SparkSession, parts: Sequence[Entry]) -> dict[str, list[str]]:
    """The columns of Parquet files as they write them, by the name of the file, in the order of the names."""
    java = spark._jvm
    statuses = java.java.util.ArrayList()
    for one in parts:
        statuses.add(one.status)
    reader = java.org.apache.parquet.hadoop.ParquetFileReader
    known: dict[str, list[str]] = {}
    found = {}
    for footer in reader.readAllFootersInParallel(spark._jsc.hadoopConfiguration(), statuses, True):
        schema = footer.getParquetMetadata().getFileMetaData().getSchema()
        # One question to Java for each file, and one for each column of each schema that there is.
        text = schema.toString()
        if text not in known:
            known[text] = [column.getName() for column in schema.getFields()]
        found[footer.getFile().getName()] = known[text]
    return dict(sorted(found.items()))


def _at(spark: SparkSession, place: str) -> tuple[Any, Any]:
    """An address as Java has it, and the file system that it is of."""
    path = spark._jvm.org.apache.hadoop.fs.Path(place)
    return path, path.getFileSystem(spark._jsc.hadoopConfiguration())
