"""What each figure is called, means and may hold: a change of any word, number or name of it is seen here.

What is meant to change: `UPDATE_WORDS=1 pytest` on this file, then read what differs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest

from pretadepenser.credit.dictionary import COLUMNS, DERIVED, HISTORY, TABLES, Column, Table, describe
from pretadepenser.french import Person
from tests import written_down

KEPT = Path(__file__).with_name("dictionary")
TEXTS = ("meaning", "hint", "says", "says_zero", "sentinel_label", "sentinel_says")
FACTS = (
    "kind", "unit", "theme", "gender", "many", "minimum", "maximum", "sentinel", "required", "integer",
    "protected", "actionable", "group", "table", "without_history", "direction",
)  # fmt: skip


def told(column: Column) -> Iterator[str]:
    """A figure in lines: its texts, the facts that are not left out, its categories in their order."""
    yield f"[{column.name}] {column.label} ({column.definite})"
    for name in TEXTS:
        if text := getattr(column, name):
            yield f"{name}: {text}"
    for one in column.not_applicable:
        yield f"not_applicable: {one.label} where {dict(one.where)}"
    if column.among != "des clients":
        yield f"among: {column.among}"
    yield "; ".join(
        name if fact is True else f"{name} {fact}"
        for name in FACTS
        if (fact := getattr(column, name)) not in (None, "")
        and fact is not False
        and (name, fact) != ("direction", 0)
    )
    for code, label in (column.categories or {}).items():
        sentence = f": {column.sentences[code]}" if code in column.sentences else ""
        ground = f" [{column.protected_categories[code]}]" if code in column.protected_categories else ""
        yield f"- {code} = {label}{sentence}{ground}"


def every(*groups: Mapping[str, Column]) -> Iterator[str]:
    for column in (column for group in groups for column in group.values()):
        yield from told(column)


def to_the_client(*groups: Mapping[str, Column]) -> Iterator[str]:
    """What differs where the client is spoken to."""
    for name in (name for group in groups for name in group):
        said = set(told(describe(name)))
        if other := [line for line in told(describe(name, Person.YOU)) if line not in said]:
            yield from (f"[{name}]", *other)


def of_table(table: Table) -> Iterator[str]:
    yield f"{table.label} ({table.noun}, {table.nouns}, {table.gender}). {table.meaning}"
    yield f"owner {table.owner}; time {table.time}; key {table.key}; month {table.month}"
    yield from every(table.columns)


FILES: Mapping[str, Callable[[], Iterable[str]]] = {
    "application": lambda: every(COLUMNS),
    "derived": lambda: every(DERIVED),
    "history": lambda: every(HISTORY),
    "to_the_client": lambda: to_the_client(COLUMNS, DERIVED, HISTORY),
    **{name: partial(of_table, table) for name, table in TABLES.items()},
}


@pytest.mark.parametrize("name", FILES)
def test_each_figure_is_as_it_is_written_down(name: str) -> None:
    found = [line.replace("\u00a0", " ") for line in FILES[name]()]
    written_down.check(KEPT / f"{name}.txt", "\n".join([*found, ""]))
