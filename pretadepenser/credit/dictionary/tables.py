"""The six history tables of *Home Credit*: what each is, whose its rows are, and what its columns mean.

One TOML file a table, in tables/, named as Kaggle names the table; the descriptions follow the publisher's
HomeCredit_columns_description.csv. The application table is not among them: columns.py has it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa

from pretadepenser.credit.dictionary.columns import Column, read_column
from pretadepenser.french import Person, typeset


@dataclass(frozen=True, eq=False)
class Table:
    """A history table: its French, its columns in Kaggle's order, and how its rows belong to clients.

    `label` is its title; `noun` one of its rows, `nouns` several. `key` names the column that is unique in
    it, if one is; `month` the two of what has one row a month, and of the month. `owner` is the column with
    the client's number, or the table and the column through which the client is found (bureau_balance: the
    credits of bureau). `time` is the column of its order in time.
    """

    name: str
    label: str
    noun: str
    nouns: str
    gender: str
    meaning: str
    columns: Mapping[str, Column]
    owner: str | tuple[str, str]
    time: str
    key: str | None = None
    month: tuple[str, str] | None = None

    def arrow_schema(self) -> pa.Schema:
        """Schema of its rows: all columns in Kaggle's order, nullable where a value may be missing."""
        return pa.schema(
            [pa.field(c.name, c.arrow_type, nullable=not c.required) for c in self.columns.values()]
        )


def _read(name: str) -> Table:
    text = resources.files(__package__).joinpath("tables", f"{name}.toml").read_text("utf-8")
    facts: dict[str, Any] = tomllib.loads(text)
    columns = {
        column: read_column(column, words, Person.CLIENT) for column, words in facts.pop("columns").items()
    }
    owner, month = facts.pop("owner"), facts.pop("month", None)
    for french in ("label", "noun", "nouns", "meaning"):
        facts[french] = typeset(facts[french])
    return Table(
        name=name,
        columns=MappingProxyType(columns),
        owner=owner if isinstance(owner, str) else tuple(owner),
        month=tuple(month) if month else None,
        **facts,
    )


TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {
        name: _read(name)
        for name in (
            "bureau",
            "bureau_balance",
            "previous_application",
            "POS_CASH_balance",
            "credit_card_balance",
            "installments_payments",
        )
    }
)
