"""SQL by which DuckDB reads a plain CSV by itself, on all processors, as long as every value fits.

It never says what is wrong: anything that does not fit raises duckdb.Error, and the file is then read as
text, line by line (sources.py), to be told about, or to be read after all.
"""

from __future__ import annotations

import json

import pyarrow as pa

from pretadepenser.credit.dictionary import Column, Kind
from pretadepenser.credit.intake.recognition import LONGEST_LINE
from pretadepenser.credit.intake.sources import Source
from pretadepenser.credit.intake.validation import MISSING, may_be_grouped


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def sql_type(column: Column) -> str:
    """The type of DuckDB in which a column is held, which is its `arrow_type`."""
    stored = column.arrow_type
    if pa.types.is_dictionary(stored):
        return f"enum ({', '.join(literal(code) for code in column.codes)})"
    return {pa.int64(): "bigint", pa.int32(): "integer", pa.float64(): "double"}[stored]


def select(source: Source) -> str:
    """SQL of the rows of a plain CSV in the types and order of its columns; its header names known ones.

    Raises duckdb.Error, while it runs, for a value that does not fit or a line that is no row.
    """
    kinds = {name: "varchar" if source.columns[name].textual else "double" for name in source.header()}
    read = (
        f"read_csv({literal(str(source.path.resolve()))}, auto_detect = false, header = true, delim = ',', "
        f"quote = '\"', escape = '\"', max_line_size = {LONGEST_LINE}, "
        # A folder named TARGET=1 would put its 1 in the place of the column.
        "hive_partitioning = false, "
        f"nullstr = [{', '.join(map(literal, MISSING))}], columns = {json.dumps(kinds)})"
    )
    given = [
        f"{column.name}::{sql_type(column)}" if column.name in kinds else f"null::{sql_type(column)}"
        for column in source.columns.values()
    ]
    fits = " and ".join(_fits(source.columns[name]) for name in kinds)
    return f"select {', '.join(given)} from {read} where case when {fits} then true else error('misfit') end"


def _fits(column: Column) -> str:
    """SQL that is true where a value fits; an unknown category fails by its type."""
    name = column.name
    missing = "false" if column.required else "true"
    if column.textual:
        return f"({name} is not null or {missing})"
    # Both bounds refuse what is not finite; to DuckDB, NaN is greater than all numbers.
    bounds = [] if column.minimum is not None and column.maximum is not None else [f"isfinite({name})"]
    if column.minimum is not None:
        bounds.append(f"{name} >= {column.minimum!r}")
    if column.maximum is not None:
        bounds.append(f"{name} <= {column.maximum!r}")
    if column.integer:
        bounds.append(f"{name} = trunc({name})")
    if column.kind is Kind.IDENTIFIER:
        # Of larger ones a double may lose the decimals that tell two of them apart.
        bounds.append(f"{name} < {2**43}")
    if may_be_grouped(column):
        # 450 may have been 450.000: only its text tells.
        bounds.append(f"({name} >= 1000 or {name} = 0)")
    inside = " and ".join(bounds)
    if column.sentinel is not None:
        inside = f"{inside} or {name} = {column.sentinel!r}"
    return f"coalesce({inside}, {missing})"
