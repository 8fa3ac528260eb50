"""Tables of Parquet at an address: found, and opened. Nothing but their columns is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import pyarrow as pa

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Column
from pretadepenser.credit.dictionary.tables import TABLES
from pretadepenser.credit.intake.finding import KEY
from pretadepenser.credit.intake.naming import TEST, TRAIN, deeper, names_of
from pretadepenser.credit.intake.recognition import cleaned, printable
from pretadepenser.credit.intake.validation import BLANK, MISSING, Columns, PortfolioError, binary
from pretadepenser.spark import files
from pretadepenser.spark.session import SparkError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

NAMES: Final = (TRAIN, TEST, *TABLES)


@dataclass(frozen=True)
class Found:
    """A table at an address: its name, the address of its file or folder, its rows as they are stored."""

    name: str
    address: str
    rows: DataFrame

    @property
    def told(self) -> str:
        """What messages call it."""
        return self.address.rpartition("/")[2]

    @property
    def columns(self) -> Columns:
        """What the dictionary has of it."""
        return columns_of(self.name)


def columns_of(name: str) -> Columns:
    """The columns that the dictionary has of a table, by Kaggle's name for it."""
    return TABLES[name].columns if name in TABLES else dictionary.COLUMNS


def address(place: str) -> str:
    """An address as Spark understands it, one for each place: a path is one of this machine.

    Nothing in it is escaped: Spark takes it letter by letter.
    """
    return (unquote(place) if "://" in place else f"file://{Path(place).resolve()}").rstrip("/")


def read(spark: SparkSession, name: str, place: str) -> Found:
    """Open the Parquet file, or folder of parts, at an address; nothing but its columns is read.

    Raises SparkError or PortfolioError as `files.checked_parts` does.
    """
    rows = spark.read.parquet(*files.checked_parts(spark, place, printable(place.rpartition("/")[2])))
    heads = cleaned(rows.columns)
    return Found(name, place, rows if heads == rows.columns else rows.toDF(*heads))


def find(spark: SparkSession, source: str) -> dict[str, Found]:
    """The tables of a folder, by Kaggle's names: NAME.parquet, or a folder NAME, of parts or not.

    Raises SparkError where there is no such folder, or a table is there twice or not as Parquet;
    PortfolioError where it is there under the name of a copy.
    """
    place = address(source)
    if not files.exists(spark, place):
        raise SparkError(f"{source} n’existe pas : indiquez le dossier, ou l’adresse, de tables Parquet.")
    entries = files.listed(spark, place) if files.is_folder(spark, place) else []
    found = {}
    for name in NAMES:
        if there := files.the_table(entries, name, source):
            found[name] = read(spark, name, f"{place}/{there}")
    _check_deeper(spark, place, entries, [name for name in NAMES if name not in found], source)
    return found


def _literal(text: str) -> str:
    """A text as Spark's SQL writes it."""
    return "'" + text.replace("\\", "\\\\") + "'"


def value(rows: DataFrame, column: Column) -> str:
    """SQL of what `conform` makes of a column: what is missing is NULL, never NaN, blank or a word for it."""
    name = f"`{column.name}`"
    written = rows.schema[column.name].dataType.simpleString() in ("string", "binary")
    if written or column.textual:
        text = f"trim(both '{BLANK}' from cast({name} as string))"
        missing = ", ".join(_literal(word) for word in MISSING)
        name = f"case when {text} in ({missing}) then null else {text} end"
    if column.textual:
        return name
    if written and binary(column):
        name = f"case lower({name}) when 'true' then '1' when 'false' then '0' else {name} end"
    number = f"nullif(cast({name} as double), double('NaN'))"
    if pa.types.is_int64(column.arrow_type):
        # As it is, where it may be: a double would round the longest.
        return (
            f"coalesce(try_cast({name} as bigint), cast({number} as bigint))"
            if written
            else f"cast({name} as bigint)"
        )
    return f"cast({number} as int)" if pa.types.is_int32(column.arrow_type) else number


def _check_deeper(
    spark: SparkSession, place: str, entries: Sequence[files.Entry], missing: Sequence[str], source: str
) -> None:
    """Refuse a table, not found elsewhere, that lies deeper: it would be passed over."""
    pieces = {one for name in missing for one in names_of(name)}
    files_of = pieces - {name.lower() for name in missing}
    tables = {name.lower() for each in NAMES for name in (each, f"{each}{files.PARQUET}")}
    folders = [one.name for one in entries if one.folder and one.name.lower() not in tables]
    for path in files.below(spark, place, folders if missing else []):
        folder, _, last = path.rpartition("/")
        if last.lower() in files_of:
            raise deeper(path, source)
        of_pieces = folder.rpartition("/")[2].lower() in pieces and not folder.endswith("Bureau")
        if of_pieces and last.lower().endswith(files.PARQUET):
            raise deeper(folder, source)


def no_application(source: str) -> PortfolioError:
    """What is said of a folder without clients."""
    return PortfolioError(
        f"Aucune table {TRAIN} en Parquet ({TRAIN}.parquet, ou un dossier {TRAIN}) dans {source} : "
        "Spark lit des tables Parquet, l’import ordinaire lit aussi les CSV."
    )


def applications(found: Mapping[str, Found]) -> list[Found]:
    """The tables of clients among those that were found."""
    return [found[name] for name in (TRAIN, TEST) if name in found]


def together(parts: Iterable[Found]) -> DataFrame:
    """All applications as one table: outcomes are missing where a table has none.

    What one table stores as numbers and another as texts is in the dictionary's type, as is the key: Spark
    would take texts for numbers as they are written, words for truths and for missing values included.
    """
    from pyspark.sql import functions as f

    parts = list(parts)
    kinds: dict[str, set[str]] = {}
    for one in parts:
        for name, kind in one.rows.dtypes:
            kinds.setdefault(name, set()).add(kind)
    unlike = [name for name, stored in kinds.items() if name == KEY or len(stored) > 1]
    first, *others = (
        one.rows.withColumns(
            {name: f.expr(value(one.rows, one.columns[name])) for name in unlike if name in one.rows.columns}
        )
        for one in parts
    )
    for other in others:
        first = first.unionByName(other, allowMissingColumns=True)
    return first
