"""What pandas keeps of its index in a Parquet table: a column under a name of its own, or none at all.

The numbers of clients are such an index where `set_index("SK_ID_CURR")` came before the table was written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from pretadepenser.credit.dictionary import Kind
from pretadepenser.credit.intake.recognition import INDEX
from pretadepenser.credit.intake.validation import Columns


@dataclass(frozen=True)
class Index:
    """What to make of the index of a table.

    `named`: names of the table's columns by the names under which pandas stored them. `left`: what it stored
    of an index that means nothing. `counted`: columns that it did not store, for it can count their values.
    """

    named: Mapping[str, str] = field(default_factory=dict)
    left: frozenset[str] = frozenset()
    counted: Mapping[str, range] = field(default_factory=dict)

    def names(self, stored: list[str]) -> list[str]:
        """Names of the columns that a table has, of which these are `stored`."""
        return [*self.counted, *(self.named.get(name, name) for name in stored if name not in self.left)]

    def applied(self, batch: pa.RecordBatch, first: int) -> pa.Table:
        """Rows with these columns, the first of which is so far from the beginning of the table."""
        table = pa.Table.from_batches([batch])
        if self.left:
            table = table.drop_columns([name for name in table.column_names if name in self.left])
        table = table.rename_columns([self.named.get(name, name) for name in table.column_names])
        for name, numbers in [*self.counted.items()][::-1]:
            table = table.add_column(0, name, pa.array(numbers[first : first + batch.num_rows], pa.int64()))
        return table


NO_INDEX: Final = Index()


def index_of(schema: pa.Schema, columns: Columns, rows: int) -> Index:
    """What pandas says of the index of a Parquet table of so many `rows`; `columns`: those it should have."""
    levels, names = _written(schema)
    stored = set(schema.names)
    named: dict[str, str] = {}
    left: list[str] = []
    counted: dict[str, range] = {}
    for level in levels:
        if isinstance(level, dict):
            numbers = _counted(level, rows)
            name = level.get("name")
            if numbers is not None and isinstance(name, str) and name in columns and name not in stored:
                counted[name] = numbers
        elif isinstance(level, str) and INDEX.fullmatch(level) and level in stored:
            written = names.get(level)
            if isinstance(written, str) and written in columns and written not in stored:
                named[level] = written
            else:
                left.append(level)
    there = {*stored, *named.values(), *counted}
    if any(column.kind is Kind.IDENTIFIER and column.name not in there for column in columns.values()):
        # It may be these numbers, under no name.
        left = []
    return Index(named, frozenset(left), counted)


def _written(schema: pa.Schema) -> tuple[list[Any], dict[str, Any]]:
    """The levels of the index that pandas wrote, and the names of columns by those they are stored under."""
    try:
        told = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))
        names = {each["field_name"]: each["name"] for each in told.get("columns", []) if each["name"]}
        return list(told.get("index_columns", [])), names
    except (ValueError, TypeError, KeyError, AttributeError):
        # Others write this too, or in another form.
        return [], {}


def _counted(level: Mapping[str, Any], rows: int) -> range | None:
    """The numbers of an index that is none but a count; None where it is not as long as the table."""
    if level.get("kind") != "range":
        return None
    try:
        numbers = range(level["start"], level["stop"], level["step"])
        return numbers if len(numbers) == rows else None
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
