"""Score rows that come from outside the portfolio: thousands at once for the API, any number from a file.

Rows go through the portfolio's own validation and the model's own inputs: a row gives the score that the
same client would have on screen.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from pretadepenser import french, storage
from pretadepenser.credit import dictionary
from pretadepenser.credit.distribution.percentile_rank import Compared
from pretadepenser.credit.explanation import nested
from pretadepenser.credit.explanation.nested import json_column
from pretadepenser.credit.explanation.reasons import Explanation, explain_all
from pretadepenser.credit.intake.finding import KEY
from pretadepenser.credit.intake.recognition import (
    START,
    cleaned,
    encoding,
    foreign,
    printable,
    short,
)
from pretadepenser.credit.intake.sources import (
    BLOCK_BYTES,
    ENDINGS,
    OtherReadingError,
    Piece,
    Skipped,
    Source,
    diagnosis,
    names_of,
    rowless,
)
from pretadepenser.credit.intake.validation import MISSING, Lines, Problems, conform, gathered
from pretadepenser.credit.model import archive, scoring
from pretadepenser.credit.model.inputs import input_matrix
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import PortfolioError, Problem
from pretadepenser.credit.scale import Score
from pretadepenser.credit.stored.rows import floats
from pretadepenser.errors import ToldError, cause

# Reasons each way in a written file.
REASONS: Final = 3
SHOWN: Final = 20
# The dictionary has 122: what has more than so many is no file of clients, and each would cost work.
MOST_COLUMNS: Final = 400
NO_ROWS: Final = "Aucune ligne : donnez au moins un client."
NO_UTF8: Final = "Les données ne sont pas du texte en UTF-8 : enregistrez-les en UTF-8."
NO_CSV: Final = (
    "Les données ne sont pas du CSV en UTF-8 séparé par des virgules, noms de colonnes en première ligne : "
    "corrigez-les puis recommencez."
)
FIELDS: Final = (
    ("client", pa.int64()),
    ("granted", pa.bool_()),
    ("points", pa.int64()),
    ("probability", pa.float64()),
    ("limit", pa.float64()),
    ("calibrated", pa.float64()),
    ("close", pa.bool_()),
    ("points_low", pa.int64()),
    ("points_high", pa.int64()),
)
REASON_FIELDS: Final = tuple(
    (f"{way}_{index}", pa.string()) for way in ("against", "in_favour") for index in range(1, REASONS + 1)
)


class RowsError(ToldError):
    """Rows cannot be scored; the message says in French why and where, `problems` one by one."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type[RowsError], tuple[str, tuple[Problem, ...]]]:
        # It comes whole out of another process.
        return type(self), (str(self), self.problems)

    @classmethod
    def refused(cls, problems: Sequence[Problem]) -> RowsError:
        """Make the error that lists `problems`."""
        told = gathered(problems)
        listed = "\n".join(f"- {problem}." for problem in told[:SHOWN])
        more = f"\n- … et {len(told) - SHOWN} de plus." if len(told) > SHOWN else ""
        return cls(f"Rien n’a été calculé. Corrigez les données puis recommencez :\n{listed}{more}", problems)


def document(score: Score) -> dict[str, Any]:
    """Give a score as plain values, the same in JSON and in files."""
    return {"client": score.number} | {name: getattr(score, name) for name, _ in FIELDS[1:]}


def check_columns(names: Sequence[str], model: Model, file: str) -> list[Problem]:
    """Say which columns are unknown, repeated, or missing although the model cannot do without them.

    The model's other columns may be missing altogether: their values then count as not known.
    """
    if len(names) > MOST_COLUMNS:
        told = f"{french.number(len(names))} colonnes, {MOST_COLUMNS} sont permises"
        return [Problem(file, None, None, told)]
    counts = Counter(names)
    needed = [name for name in dictionary.columns_of(model.features) if dictionary.STORED[name].required]
    found = (
        ("colonnes inconnues", [name for name in counts if name not in dictionary.COLUMNS]),
        ("colonnes répétées", [name for name, count in counts.items() if count > 1]),
        ("colonnes manquantes, dont le modèle a besoin", [name for name in needed if name not in counts]),
    )
    return [
        Problem(
            file, None, None, f"{what} : {', '.join(short(name) or '(sans nom)' for name in wrong[:SHOWN])}"
        )
        for what, wrong in found
        if wrong
    ]


def table_of_rows(rows: Sequence[Mapping[str, object]], model: Model) -> pa.Table:
    """Make a table in the dictionary's schema from rows as JSON gives them.

    A row may hold the person's history tables, by name, as lists of rows: the table then has the figures of
    the credit history as well.

    Raises RowsError; the lines of its problems are the indices of the rows, from 0.
    """
    if not rows:
        raise RowsError(NO_ROWS)
    file = "données"
    rows = nested.unmarked(rows)
    names = list(dict.fromkeys(name for row in rows for name in row if name not in dictionary.TABLES))
    if len(names) > MOST_COLUMNS:
        raise RowsError.refused(check_columns(names, model, file))
    problems = Problems(file)
    arrays = {
        name: json_column(dictionary.COLUMNS[name], [row.get(name) for row in rows], problems)
        for name in names
        if name in dictionary.COLUMNS
    }
    histories, misfits = nested.histories(rows)
    wrong = [*check_columns(names, model, file), *problems, *misfits]
    if wrong:
        raise RowsError.refused(wrong)
    table = _conformed(pa.table(arrays), Lines(0), file)
    for name, values in nested.figures(histories).items():
        table = table.append_column(name, values)
    return table


def table_of_csv(content: bytes, model: Model) -> pa.Table:
    """Make a table in the dictionary's schema from CSV text, UTF-8, commas, header first.

    Raises RowsError; the lines of its problems are those of the text, from 1.
    """
    file = "données"
    content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    head, _, rows = content.removeprefix(codecs.BOM_UTF8).partition(b"\n")
    heads = head.count(b",") + 1
    if heads > MOST_COLUMNS:
        raise RowsError.refused(check_columns([""] * heads, model, file))
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RowsError(NO_UTF8) from error
    if not encoding(content[:START]).startswith("utf-8"):
        raise RowsError(NO_UTF8)
    if not head.strip() or foreign(content[:START]):
        raise RowsError(NO_CSV)
    written, what = names_of(content[:START], dictionary.COLUMNS)
    if what:
        raise RowsError.refused([Problem(file, 1, None, what)])
    names = cleaned(written)
    problems = check_columns(names, model, file)
    if problems:
        raise RowsError.refused(problems)
    if not rows.strip():
        raise RowsError(NO_ROWS)
    options = pa.csv.ConvertOptions(
        column_types={name: pa.string() for name in written}, null_values=MISSING, strings_can_be_null=True
    )
    try:
        skipped = Skipped(empty=rowless(content.splitlines(keepends=True), file))
    except PortfolioError as error:
        raise RowsError.refused(error.problems) from error
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(content),
            # A value over several lines may begin in one block and end in the next.
            read_options=pa.csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skipped.take),
            convert_options=options,
        )
    except pa.ArrowInvalid as error:
        raise RowsError(NO_CSV) from error
    problems = skipped.problems(file)
    if problems:
        raise RowsError.refused(problems)
    if not table.num_rows:
        raise RowsError(NO_ROWS)
    return _conformed(table.rename_columns(names), Lines(2, skipped.empty), file)


def _conformed(table: pa.Table, lines: Lines, file: str) -> pa.Table:
    problems = Problems(file)
    conforming = conform(table, dictionary.COLUMNS, lines, problems)
    if problems:
        raise RowsError.refused(list(problems))
    return conforming


def score_table(model: Model, table: pa.Table, limit: float) -> list[Score]:
    """Score the rows of a table in the dictionary's schema, all at once, in their order.

    It may have figures of the credit history as well (see nested.py): those that it lacks are not known.
    """
    numbers = table.column(KEY).to_pylist()
    table = _completed(table, dictionary.columns_of(model.features))
    frame = {name: floats(_whole(table, name)) for name in table.column_names}
    # The sum of the contributions, as on screen, not the model's own margin: they differ by a millionth,
    # which is enough to move a score by a point.
    margins = model.contributions(input_matrix(frame, model.features)).sum(axis=1)
    return [
        scoring.score(model, margin, limit, number)
        for margin, number in zip(margins.tolist(), numbers, strict=True)
    ]


def explain_table(model: Model, portfolio: Compared, table: pa.Table, limit: float) -> Iterator[Explanation]:
    """Score and explain the rows of a table as `score_table` does."""
    rows = _completed(table, archive.looked_at(model.features)).to_pylist()
    return explain_all(model, portfolio, rows, limit, table.column(KEY).to_pylist())


def _completed(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """What is looked at of a table: figures of a credit history that it does not have are missing.

    The history tables of which it has figures were looked into, unless it says itself for whom they were.
    """
    told = {dictionary.HISTORY[name].table for name in table.column_names if name in dictionary.HISTORY}
    for name in names:
        if name not in table.column_names and (name in dictionary.HISTORY or name in dictionary.TABLES):
            values = (
                pa.repeat(1.0, table.num_rows) if name in told else pa.nulls(table.num_rows, pa.float64())
            )
            table = table.append_column(name, values)
    return table.select([name for name in names if name in table.column_names])


def _whole(table: pa.Table, name: str) -> pa.Array:
    chunks = table.column(name)
    return chunks.chunk(0) if chunks.num_chunks == 1 else chunks.combine_chunks()


def score_file(
    source: Path,
    output: Path,
    model: Model,
    limit: float,
    portfolio: Compared | None,
    progress: Callable[[str, float], None],
    *,
    force: bool = False,
) -> int:
    """Score every row of a .csv (also .gz, .zip) or .parquet file into a .csv or .parquet file.

    Memory does not grow with the number of rows. `output` appears whole or not at all. With a `portfolio`
    to compare with, up to REASONS sentences each way are written beside each score.

    Returns the number of rows. Raises RowsError or PortfolioError, nothing written, saying what is wrong:
    before any work where `output` is `source`, or is there already and not to be replaced (`force`).
    """
    table = _source(source)
    check_output(source, output, force=force)
    problems = check_columns(table.header(), model, table.name)
    if problems:
        raise RowsError.refused(problems)
    while True:
        try:
            return _score_file(table, output, model, limit, portfolio, progress)
        except OtherReadingError as other:
            table = other.source


def _score_file(
    table: Source,
    output: Path,
    model: Model,
    limit: float,
    portfolio: Compared | None,
    progress: Callable[[str, float], None],
) -> int:
    step = f"Calcul des scores de {table.told}"
    rows = 0
    with scores_written(output, portfolio) as write:
        try:
            for piece in table.pieces():
                conforming = _checked(table, piece)
                write(model, conforming, limit)
                rows += conforming.num_rows
                progress(step, piece.read)
        except pa.ArrowInvalid as error:
            wrong = diagnosis(table, lambda share: None)
            raise RowsError.refused(wrong) from error
        if not rows:
            raise RowsError(f"{table.name} ne contient aucun client.")
    progress(step, 1.0)
    return rows


def _checked(table: Source, piece: Piece) -> pa.Table:
    """The rows of a piece; where some are wrong, with the lines that an editor shows: some hold no row."""
    try:
        return _conformed(piece.table, piece.lines, table.name)
    except RowsError as error:
        wrong = diagnosis(table, lambda share: None)
        if not wrong:
            raise
        raise RowsError.refused(wrong) from error


Write = Callable[[Model, pa.Table, float], None]


@contextmanager
def scores_written(output: Path, portfolio: Compared | None) -> Iterator[Write]:
    """Give what scores a table at a limit and writes that, with reasons where there is a `portfolio`.

    `output` appears whole, when all went well, or not at all. Raises RowsError where it cannot be written.
    """
    with _writer(output, schema(reasons=portfolio is not None)) as writer:

        def write(model: Model, table: pa.Table, limit: float) -> None:
            parts = (pa.Table.from_batches([one]) for one in table.to_batches(max_chunksize=1024))
            done = [scored(model, part, limit, portfolio) for part in parts]
            # A piece at a time: a row group of 1,024 rows would make Parquet slow to read.
            writer.write_table(pa.concat_tables(done))

        yield write


def scratch(output: Path) -> AbstractContextManager[Path]:
    """Give a folder beside `output` for what is read to write it, as `storage.scratch` does."""
    return storage.scratch(output)


def schema(*, reasons: bool) -> pa.Schema:
    """What is written of each client: the score, and with `reasons` up to REASONS sentences each way."""
    return pa.schema(FIELDS + (REASON_FIELDS if reasons else ()))


def scored(model: Model, table: pa.Table, limit: float, portfolio: Compared | None) -> pa.Table:
    """Score the rows of a table in the dictionary's schema, with reasons where there is whom to compare with.

    Returns as many rows, in their order, in the schema above.
    """
    if portfolio is None:
        documents = [document(score) for score in score_table(model, table, limit)]
    else:
        documents = []
        for one in explain_table(model, portfolio, table, limit):
            values = document(one.score)
            for way, reasons in (("against", one.against), ("in_favour", one.in_favour)):
                for index in range(REASONS):
                    sentence = reasons[index].sentence if index < len(reasons) else None
                    values[f"{way}_{index + 1}"] = sentence
            documents.append(values)
    return pa.Table.from_pylist(documents, schema=schema(reasons=portfolio is not None))


def _source(path: Path) -> Source:
    if not path.is_file():
        what = "n’est pas un fichier" if path.exists() else "n’existe pas"
        raise RowsError(f"Le fichier {printable(str(path))} {what} : indiquez celui des clients.")
    name = printable(path.name)
    if not path.name.lower().endswith(ENDINGS):
        raise RowsError(f"{name} doit finir par {', '.join(ENDINGS)}.")
    return Source(name, path)


def check_output(source: Path, output: Path, *, force: bool) -> None:
    """Refuse to write over what is to be read, over another file unless asked to, and under odd names."""
    told = printable(str(output))
    try:
        str(output).encode()
    except UnicodeEncodeError as error:
        raise RowsError(f"Le nom {told} n’est pas en UTF-8 : choisissez-en un autre.") from error
    if not output.exists():
        return
    if source.is_dir() and output.resolve().is_relative_to(source.resolve()):
        raise RowsError(
            f"{told} est déjà dans le dossier des clients : écrivez les scores dans un autre fichier."
        )
    if output.samefile(source):
        raise RowsError(f"{told} est aussi le fichier des clients : écrivez les scores dans un autre.")
    if not force:
        raise RowsError(f"{told} existe déjà : choisissez un autre fichier, ou ajoutez --force.")


class _Writer(Protocol):
    def write_table(self, table: pa.Table) -> None: ...


@contextmanager
def _writer(output: Path, schema: pa.Schema) -> Iterator[_Writer]:
    """Write beside `output`, and put the file in its place when all went well."""
    writers = {".csv": pa.csv.CSVWriter, ".parquet": pa.parquet.ParquetWriter}
    if output.suffix not in writers:
        raise RowsError(f"Le fichier à écrire, {output.name}, doit finir par .csv ou .parquet.")
    try:
        with storage.written(output) as own, writers[output.suffix](own, schema) as writer:
            yield writer
    except OSError as error:
        raise RowsError(
            f"{output} ne peut pas être écrit ({cause(error)}) : vérifiez le dossier, vos droits et la "
            "place libre."
        ) from error
