"""What is wrong with tables at an address: held to the dictionary by the functions of an ordinary import.

Each machine runs `conform` on the rows that it has read and sends back what is wrong, not rows. A first
reading carries nothing but the values; only where something does not fit are that table's rows read again
with the name of their file and their place in it. Where all values fit, whole tables are asked what
`intake.whole` asks those of an ordinary import.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import numpy as np
import pyarrow as pa

from pretadepenser import french
from pretadepenser.credit.dictionary.tables import TABLES
from pretadepenser.credit.intake import whole
from pretadepenser.credit.intake.finding import APPLICATION, KEY
from pretadepenser.credit.intake.naming import TEST
from pretadepenser.credit.intake.validation import (
    Lines,
    PortfolioError,
    Problem,
    Problems,
    check_header,
    conform,
)
from pretadepenser.spark.histories import imported, typed
from pretadepenser.spark.tables import Found, applications, columns_of, together, value

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

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


# Rows of a table of which one is looked for that belongs to a client.
_FIRST: Final = 1000


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
        problems = _whole(applications(found), APPLICATION)
        for name in imported(found):
            problems += _whole([found[name]], name)
    return rows, problems


def strange(found: Mapping[str, Found], rows: Mapping[str, int]) -> list[Problem]:
    """Say which history tables hold no row of any client, as an ordinary import does; rows: of each table."""
    count = sum(rows[one.name] for one in applications(found))
    if count < whole.FEW:
        return []
    clients = together(applications(found)).select(KEY)
    return whole.nobodys(
        count,
        [(found[name].told, rows[name], _anyones(found, name, clients)) for name in imported(found)],
    )


def _anyones(found: Mapping[str, Found], name: str, clients: DataFrame) -> bool:
    """Whether some row of a table belongs to one of the clients."""
    from pyspark.sql import functions as f

    owner = TABLES[name].owner
    column = owner if isinstance(owner, str) else owner[1]
    owners = clients
    if not isinstance(owner, str):
        owners = typed(found[owner[0]], only=(KEY, column)).join(clients, KEY, "left_semi").select(column)
    numbers = typed(found[name], only=(column,))
    # Those of the first rows are looked for in one reading; where they are strangers, all of them are.
    for some in (f.broadcast(numbers.limit(_FIRST)), numbers):
        if not owners.join(some, column, "left_semi").isEmpty():
            return True
    return False


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


def _repeated(parts: Sequence[Found], key: str) -> list[Problem]:
    """Say which numbers of the column `key` are there more than once, and where the first of them is."""
    from pyspark.sql import functions as f

    places = [
        one.rows.select(
            f.expr(value(one.rows, one.columns[key])).alias("number"),
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


@dataclass(frozen=True)
class _File:
    """What one file of a table tells: what messages call it, its rows, and the least and greatest of each
    dated column.
    """

    told: str
    rows: int
    ends: Sequence[tuple[int | None, int | None]]


def _whole(parts: Sequence[Found], name: str) -> list[Problem]:
    """All that is wrong with a whole table; parts: where it was found, one place but for the clients."""
    dated = whole.dated(parts[0].columns.values())
    files = [file for one in parts for file in _files(one, dated)]
    if not files:
        return []
    problems = whole.cut(name, files[-1].told, files[-1].rows)
    if same := _same_pieces(parts, files):
        problems += same
    elif key := whole.keys([name]).get(name):
        problems += _repeated(parts, key)
    elif months := TABLES[name].month:
        problems += _same_month(parts[0], *months)
    else:
        problems += _same_rows(parts[0], files)
    if large := whole.LARGE.get(name):
        problems += whole.thousands(files[0].told, large, _in_thousands(parts, large))
    every = [[file.ends[place] for file in files] for place in range(len(dated))]
    rows = sum(file.rows for file in files)
    turned = whole.after(files[0].told, rows, dated, [_outermost(ends) for ends in every])
    if not turned and len(files) > 1:
        for file in files:
            if file.rows >= whole.FEW:
                turned += whole.after(file.told, file.rows, dated, file.ends)
    return problems + turned


def _in_thousands(parts: Sequence[Found], columns: Sequence[str]) -> Sequence[bool | None]:
    """Whether points part the thousands of each of these columns."""
    from pyspark.sql import functions as f

    first, *others = (typed(one, only=columns).select(*columns) for one in parts)
    for other in others:
        first = first.union(other)
    asked = [f.expr(whole.in_thousands(one)).alias(one) for one in columns]
    found: Sequence[bool | None] = first.agg(*asked).collect()[0]
    return found


def _same_pieces(parts: Sequence[Found], files: Sequence[_File]) -> list[Problem]:
    """Say which files hold the same rows as one before; only where some have as many are their rows read."""
    from pyspark.sql import functions as f

    long = [file for file in files if file.rows >= whole.FEW]
    if len({file.rows for file in long}) == len(long):
        return []
    totals = {}
    for one in parts:
        rows = typed(one, [_file()])
        columns = [name for name in rows.columns if name != "_file"]
        # Sums of whole numbers may not overflow: of hashes they would.
        total = f.sum(f.xxhash64(*columns).cast("decimal(20)"))
        for path, found in rows.groupBy("_file").agg(total).collect():
            totals[told_file(path, one)] = found
    return whole.same((file.told, file.rows, totals[file.told]) for file in long)


def _files(one: Found, dated: Sequence[str]) -> list[_File]:
    """What the files of a table tell, in the order of their names; those without rows tell nothing."""
    from pyspark.sql import functions as f

    rows = typed(one, [_file()], only=dated)
    ends = [
        end(f.col(name).cast("long")).alias(f"{end.__name__}_{name}")
        for name in dated
        for end in (f.min, f.max)
    ]
    found = rows.groupBy("_file").agg(f.count("*").alias("rows"), *ends).toArrow().to_pylist()
    return [
        _File(
            told_file(row["_file"], one),
            row["rows"],
            [(row[f"min_{name}"], row[f"max_{name}"]) for name in dated],
        )
        for row in sorted(found, key=lambda row: str(row["_file"]))
    ]


def _file() -> Any:
    """The column that says which file a row is of."""
    from pyspark.sql import functions as f

    return f.col("_metadata.file_path").alias("_file")


def _outermost(ends: Sequence[tuple[int | None, int | None]]) -> tuple[int | None, int | None]:
    """The least and the greatest of what several files have."""
    least = [low for low, _ in ends if low is not None]
    most = [high for _, high in ends if high is not None]
    return min(least, default=None), max(most, default=None)


def _same_month(one: Found, which: str, month: str) -> list[Problem]:
    """Say whether something has several rows for one month, and in which files the first such are."""
    from pyspark.sql import functions as f

    rows = typed(one, [_file()], only=(which, month))
    again = (
        rows.groupBy(which, month)
        .agg(f.count("*").alias("times"))
        .where("times > 1")
        .agg(f.sum(f.col("times") - 1), f.min_by(f.struct(which, month), f.struct(which, -f.col(month))))
        .first()
    )
    if again is None or again[0] is None:
        return []
    number, when = again[1]
    # Asked of the one that is told: of each that there is, files would be gathered for nothing.
    found = rows.where((f.col(which) == number) & (f.col(month) == when)).select("_file").distinct().collect()
    names = [told_file(file, one) for file in sorted(row[0] for row in found)]
    return [whole.several(one.columns[which], number, month, when, names, int(again[0]))]


def _same_rows(one: Found, files: Sequence[_File]) -> list[Problem]:
    """Say whether many rows of a table whose rows nothing names are like another."""
    from pyspark.sql import functions as f

    rows = typed(one)
    different = rows.select(f.xxhash64(*rows.columns)).distinct().count()
    return whole.alike(files[0].told, sum(file.rows for file in files), different)
