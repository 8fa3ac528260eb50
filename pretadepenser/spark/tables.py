"""Tables of Parquet at an address, found, and held to the dictionary by the functions of an ordinary import.

Each machine runs `conform` on the rows that it has read and sends back what is wrong, not rows. A first
reading carries nothing but the values; only where something does not fit are that table's rows read again
with the name of their file and their place in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import numpy as np
import pyarrow as pa

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary.tables import TABLES
from pretadepenser.credit.intake.finding import KEY, TEST, TRAIN
from pretadepenser.credit.intake.recognition import cleaned, printable
from pretadepenser.credit.intake.validation import (
    Columns,
    Lines,
    PortfolioError,
    Problem,
    Problems,
    check_header,
    conform,
)
from pretadepenser.spark import files
from pretadepenser.spark.session import SparkError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

NAMES: Final = (TRAIN, TEST, *TABLES)
# What a machine sends back of the rows that it has looked at; a record without column counts rows.
RECORDS: Final = pa.schema(
    [
        ("file", pa.string()),
        ("line", pa.int64()),
        ("lines", pa.int64()),
        ("column", pa.string()),
        ("kind", pa.string()),
        ("what", pa.string()),
        ("examples", pa.list_(pa.string())),
    ]
)
_RECORDS_SQL: Final = (
    "file string, line long, lines long, column string, kind string, what string, examples array<string>"
)


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

    Raises SparkError or PortfolioError as `files.check_parts` does.
    """
    files.check_parts(spark, place, printable(place.rpartition("/")[2]))
    rows = spark.read.parquet(place)
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
    return found


def no_application(source: str) -> PortfolioError:
    """What is said of a folder without clients."""
    return PortfolioError(
        f"Aucune table {TRAIN} en Parquet ({TRAIN}.parquet, ou un dossier {TRAIN}) dans {source} : "
        "Spark lit des tables Parquet, l’import ordinaire lit aussi les CSV."
    )


def validated(found: Mapping[str, Found]) -> dict[str, int]:
    """Hold every value of the tables to the dictionary; return the number of rows of each.

    Raises PortfolioError, saying what is wrong with file, row and column, all tables together.
    """
    headers: list[Problem] = []
    for one in found.values():
        # Kaggle publishes the test file without its outcomes.
        optional = frozenset({"TARGET"}) if one.name == TEST else frozenset[str]()
        headers += check_header(one.rows.columns, one.columns, one.told, optional)
    if headers:
        raise PortfolioError.refused(headers)
    rows, problems = examined(found)
    if problems:
        raise PortfolioError.refused(problems)
    return rows


def examined(found: Mapping[str, Found]) -> tuple[dict[str, int], list[Problem]]:
    """Hold the values of tables to the dictionary; return the number of rows of each, and what is wrong."""
    rows: dict[str, int] = {}
    problems: list[Problem] = []
    for one in found.values():
        rows[one.name], wrong = _records(one, located=False)
        if wrong:
            problems += _located(one)
    if not problems:
        keys = {name: table.key for name, table in TABLES.items() if table.key and name in found}
        for parts, key in [(applications(found), KEY), *(([found[name]], key) for name, key in keys.items())]:
            problems += _repeated(parts, key)
    return rows, problems


def _located(one: Found) -> list[Problem]:
    """Read a table again, as an ordinary import does, to say where its rows do not fit."""
    _, wrong = _records(one, located=True)
    by_file: dict[str, Problems] = {}
    for record in sorted(wrong, key=lambda record: (record["file"], record["line"])):
        name = told_file(record["file"], one)
        by_file.setdefault(name, Problems(name)).add(
            record["kind"],
            record["column"],
            record["line"],
            record["lines"],
            record["what"],
            record["examples"],
        )
    return [problem for problems in by_file.values() for problem in problems]


def told_file(path: str, one: Found) -> str:
    """What messages call a file of a table: its name, after that of the folder of its parts."""
    name = unquote(path).rpartition("/")[2]
    return name if name == one.told else f"{one.told}/{name}"


def _records(one: Found, *, located: bool) -> tuple[int, list[dict[str, Any]]]:
    from pyspark.sql import functions

    known = [functions.col(f"`{name}`") for name in one.rows.columns if name in one.columns]
    if located:
        known += [
            functions.col("_metadata.file_path").alias("_file"),
            functions.col("_metadata.row_index").alias("_row"),
        ]
    records = (
        one.rows.select(*known).mapInArrow(partial(_examine, one.name), _RECORDS_SQL).toArrow().to_pylist()
    )
    rows = sum(record["lines"] for record in records if record["column"] is None)
    return rows, [record for record in records if record["column"] is not None]


def _examine(name: str, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Run where the rows are: a record of each kind of problem in each file, and one that counts rows."""
    columns = columns_of(name)
    rows = 0
    gathered: dict[str, _Gathered] = {}
    for batch in batches:
        rows += batch.num_rows
        for file, first, piece in pieces(batch):
            conform(piece, columns, Lines(first), gathered.setdefault(file, _Gathered(file)))
    records = [{"lines": rows}, *(record for one in gathered.values() for record in one.records.values())]
    yield pa.RecordBatch.from_pylist(records, schema=RECORDS)


class _Gathered(Problems):
    """Problems with all that `Problems.add` was told, to be told again where those of all machines meet."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.records: dict[tuple[str | None, str], dict[str, Any]] = {}

    def add(
        self,
        kind: str,
        column: str | None,
        line: int | None,
        lines: int,
        what: str,
        examples: Iterable[str] = (),
    ) -> None:
        examples = list(examples)
        super().add(kind, column, line, lines, what, examples)
        record = self.records.setdefault(
            (column, kind),
            {"file": self.file, "line": line, "lines": 0, "column": column, "kind": kind, "what": what},
        )
        record["lines"] += int(lines)
        record.setdefault("examples", examples)


def pieces(batch: pa.RecordBatch) -> Iterator[tuple[str, int, pa.Table]]:
    """Cut a batch where its rows go over to another file; each with its file and the row in it of the first.

    Rows count from 1. A batch that does not say where its rows are from is one piece, of no file.
    """
    table = pa.Table.from_batches([batch])
    if "_file" not in batch.schema.names:
        yield "", 1, table
        return
    files, rows = batch.column("_file"), batch.column("_row").to_numpy()
    codes = files.dictionary_encode().indices.to_numpy()
    cuts = np.flatnonzero((np.diff(codes) != 0) | (np.diff(rows) != 1)) + 1
    table = table.drop_columns(["_file", "_row"])
    for start, end in zip([0, *cuts.tolist()], [*cuts.tolist(), len(rows)], strict=True):
        if end > start:
            yield files[start].as_py(), int(rows[start]) + 1, table.slice(start, end - start)


def applications(found: Mapping[str, Found]) -> list[Found]:
    """The tables of clients among those that were found."""
    return [found[name] for name in (TRAIN, TEST) if name in found]


def together(parts: Iterable[Found]) -> DataFrame:
    """All applications as one table: outcomes are missing where a table has none."""
    from pyspark.sql import functions as f

    first, *others = (one.rows.withColumn(KEY, f.col(KEY).cast("long")) for one in parts)
    for other in others:
        first = first.unionByName(other, allowMissingColumns=True)
    return first


def _repeated(parts: Sequence[Found], key: str) -> list[Problem]:
    """Say which numbers of the column `key` are there more than once, and where the first of them is."""
    from pyspark.sql import functions as f

    places = [
        one.rows.select(
            f.col(key).cast("long").alias("number"),
            f.struct(f.lit(order), f.col("_metadata.file_path"), f.col("_metadata.row_index")).alias("place"),
        )
        for order, one in enumerate(parts)
    ]
    every = places[0] if len(places) == 1 else places[0].unionAll(places[1])
    # Where a number is there three times, the place told may be that of the third.
    again = (
        every.groupBy("number")
        .agg(f.count("*").alias("times"), f.max("place").alias("place"))
        .where("times > 1")
        .agg(f.sum(f.col("times") - 1), f.min_by(f.struct("number", "place"), "place"))
        .first()
    )
    if again is None or again[0] is None:
        return []
    (number, (order, file, row)) = again[1]
    noun = parts[0].columns[key].noun
    what = f"{french.quoted(str(number))} existe déjà ; chaque {noun} doit être unique"
    return [Problem(told_file(file, parts[order]), row + 1, key, what, int(again[0]))]
