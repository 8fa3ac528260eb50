"""Scores and reasons of any number of rows: the code of the pages, called where Spark holds the rows.

The model and the prepared statistics of the portfolio, some megabytes, are sent to each machine once; no
client but those to be scored is.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from pretadepenser.credit.dictionary import HISTORY
from pretadepenser.credit.distribution.statistics import QUANTILES, SUMMARY, Statistics
from pretadepenser.credit.explanation import batch
from pretadepenser.credit.explanation.batch import RowsError, check_columns
from pretadepenser.credit.intake.finding import KEY, check_owners
from pretadepenser.credit.intake.naming import TEST
from pretadepenser.credit.intake.validation import Lines, Problems, check_header, conform
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.money import PLAIN, Money, using
from pretadepenser.spark import checking, files, histories, tables
from pretadepenser.spark.session import told

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# Rows scored at a time, as in a file: bounds memory, not results.
ROWS: Final = 1024
_SQL: Final = {"int64": "long", "bool": "boolean", "double": "double", "string": "string"}


@dataclass(frozen=True)
class Work:
    """What a machine needs to score: files by name, and the settings. Equal where the key is."""

    key: str
    model: Mapping[str, bytes] = field(compare=False)
    compared: Mapping[str, bytes] | None = field(compare=False)
    limit: float = field(compare=False)
    money: Money = field(compare=False)


def score_tables(
    spark: SparkSession,
    source: str,
    output: str,
    model: Model,
    limit: float,
    portfolio: Portfolio | None,
    progress: Callable[[str, float], None],
    *,
    force: bool = False,
) -> int:
    """Score every row of a Parquet table, or of the applications of a folder, into a folder of parts.

    `source`, `output`: folders or addresses (s3a://…), the latter ending in .csv or .parquet. Histories by
    the applications are summed up. Values are those that `score_file` writes; returns the number of clients.

    Raises RowsError, PortfolioError or SparkError, nothing written.
    """
    with told():
        _check_output(spark, source, output, force=force)
        step = "Vérification des tables par Spark"
        progress(step, 0.0)
        found = tables.find(spark, source)
        if not tables.applications(found):
            found = {TEST: tables.read(spark, TEST, tables.address(source))}
        applications = tables.applications(found)
        rows = _checked(found, model)
        if not rows:
            raise RowsError(f"{applications[0].told} ne contient aucun client.")
        progress(step, 1.0)
        step = "Calcul des scores par Spark"
        progress(step, 0.0)
        clients = tables.together(applications)
        if histories.imported(found):
            figures, _ = histories.computed(spark, clients, found)
            clients = clients.join(figures, KEY)
        work = spark.sparkContext.broadcast(_work(model, limit, portfolio))
        textual = output.endswith(".csv")
        schema = _schema(reasons=portfolio is not None, textual=textual)
        _write(spark, clients.mapInArrow(partial(_score, work, textual), schema), output, force=force)
        work.destroy()
        progress(step, 1.0)
    return rows


def _checked(found: Mapping[str, tables.Found], model: Model) -> int:
    """Hold all tables to the dictionary before anything is written; return the number of clients."""
    applications = tables.applications(found)
    check_owners(histories.imported(found))
    problems = [
        problem for one in applications for problem in check_columns(one.rows.columns, model, one.told)
    ]
    for name in histories.imported(found):
        problems += check_header(found[name].rows.columns, found[name].columns, found[name].told)
    if problems:
        raise RowsError.refused(problems)
    rows, problems = checking.examined(found)
    problems = problems or checking.strange(found, rows)
    if problems:
        raise RowsError.refused(problems)
    return sum(rows[one.name] for one in applications)


def _check_output(spark: SparkSession, source: str, output: str, *, force: bool) -> None:
    """Refuse to write over what is to be read, or over anything else unless asked to."""
    name = output.rstrip("/").rpartition("/")[2]
    if not name.endswith((".csv", ".parquet")):
        raise RowsError(f"Le dossier à écrire, {name}, doit finir par .csv ou .parquet.")
    read, written = tables.address(source), tables.address(output)
    if f"{read}/".startswith(f"{written}/") or (
        f"{written}/".startswith(f"{read}/") and read.endswith(".parquet")
    ):
        raise RowsError(f"{output} est aussi le fichier des clients : écrivez les scores dans un autre.")
    if not force and files.exists(spark, written):
        raise RowsError(f"{output} existe déjà : choisissez un autre dossier, ou ajoutez --force.")


def _work(model: Model, limit: float, portfolio: Portfolio | None) -> Work:
    files = {path.name: path.read_bytes() for path in sorted(model.folder.iterdir()) if path.is_file()}
    compared = None
    if portfolio is not None:
        compared = {name: (portfolio.folder / name).read_bytes() for name in (SUMMARY, QUANTILES)}
    digest = hashlib.sha256()
    for content in (*files.values(), *(compared or {}).values()):
        digest.update(content)
    return Work(digest.hexdigest(), files, compared, limit, portfolio.money if portfolio else PLAIN)


def _schema(*, reasons: bool, textual: bool) -> str:
    """The columns of what is written, as Spark names their types."""
    fields = batch.schema(reasons=reasons)
    return ", ".join(f"{one.name} {'string' if textual else _SQL[str(one.type)]}" for one in fields)


def _write(spark: SparkSession, scores: DataFrame, output: str, *, force: bool) -> None:
    place = tables.address(output)
    there = files.exists(spark, place)
    writer = scores.write.mode("overwrite" if force else "errorifexists")
    try:
        if output.endswith(".csv"):
            # A quote within a sentence is doubled, as everywhere but in Spark.
            writer.csv(place, header=True, escape='"', emptyValue="", nullValue="")
        else:
            writer.parquet(place)
    except BaseException:
        # What Spark has begun: an empty folder, which would be in the way next time.
        if not there:
            files.delete(spark, place)
        raise


def _score(work: Any, textual: bool, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Run where the rows are: score them as a file is scored."""
    model, compared = _opened(work.value)
    with using(work.value.money):
        for rows in batches:
            for start in range(0, rows.num_rows, ROWS):
                part = pa.Table.from_batches([rows.slice(start, ROWS)])
                table = conform(part, tables.columns_of(TEST), Lines(1), Problems(""))
                for name in HISTORY.keys() & set(part.column_names):
                    table = table.append_column(name, part.column(name))
                scored = batch.scored(model, table, work.value.limit, compared)
                yield from (_texts(scored) if textual else scored).to_batches()


def _texts(table: pa.Table) -> pa.Table:
    """Values as Arrow writes them in a file: Java writes numbers otherwise, and some not the shortest way."""
    return pa.table({name: pc.cast(table.column(name), pa.string()) for name in table.column_names})


@lru_cache(maxsize=1)
def _opened(work: Work) -> tuple[Model, Statistics | None]:
    """The model and the statistics, opened once by each process, which goes on to other rows with them."""
    with tempfile.TemporaryDirectory(prefix="pretadepenser-") as folder:
        places = Path(folder, "model"), Path(folder, "portfolio")
        for place, files in zip(places, (work.model, work.compared or {}), strict=True):
            place.mkdir()
            for name, content in files.items():
                (place / name).write_bytes(content)
        statistics = Statistics.open(places[1]) if work.compared else None
        return Model.load(places[0]), statistics
