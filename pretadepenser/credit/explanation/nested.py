"""Credit histories that come with a row, as lists of rows by table: checked, and summed up as an import does.

A table that a row does not give, or gives as null, is not known of the person; an empty list says that the
person has no history there. Rows of a person need no number of the client, and numbers of credits only where
bureau_balance refers to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import pyarrow as pa

from pretadepenser import french
from pretadepenser.credit.dictionary import HISTORY, TABLES, Column, Kind, Row
from pretadepenser.credit.history import features
from pretadepenser.credit.history.features import Histories
from pretadepenser.credit.intake.validation import Lines, Problem, Problems, conform

# Rows of histories in one request: those of some 700 people, who have 150 each.
MOST: Final = 100_000
_FILE: Final = "données"


def histories(rows: Sequence[Mapping[str, object]]) -> tuple[Sequence[Histories], list[Problem]]:
    """Take the history tables out of rows as JSON gives them: of each person, valid rows by table.

    All that does not fit comes second, with the index of the person's row as its line; the histories are only
    worth keeping when that is empty.
    """
    found: list[dict[str, list[Row]]] = [{} for _ in rows]
    total = sum(len(given) for row in rows for table in TABLES if isinstance(given := row.get(table), list))
    if total > MOST:
        what = f"{french.number(total)} lignes d’historique, {french.number(MOST)} sont permises"
        return found, [Problem(_FILE, None, None, what)]
    problems: list[Problem] = []
    for table in TABLES:
        given = [(index, row[table]) for index, row in enumerate(rows) if row.get(table) is not None]
        wrong = [index for index, rows_of_one in given if not _rows(rows_of_one)]
        if wrong:
            what = "une liste d’objets est attendue, ou null si cet historique n’est pas connu"
            problems.append(Problem(_FILE, wrong[0], table, what, len(wrong)))
            continue
        owners = [index for index, rows_of_one in given for _ in rows_of_one]  # type: ignore[attr-defined]
        every = [one for _, rows_of_one in given for one in rows_of_one]  # type: ignore[attr-defined]
        valid, misfits = _checked(table, every, owners)
        problems += misfits
        for index, _ in given:
            found[index][table] = []
        for index, one in zip(owners, valid, strict=False):
            found[index][table].append(one)
    return found, problems


def figures(people: Sequence[Histories]) -> dict[str, pa.Array]:
    """Figures of the credit history of each person, float64, by name; none where nobody gave a table."""
    if not any(people):
        return {}
    summed = features.of(people)
    return {name: pa.array([one[name] for one in summed], pa.float64()) for name in HISTORY}


def _rows(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _checked(
    table: str, rows: Sequence[Mapping[str, object]], owners: Sequence[int]
) -> tuple[list[Row], list[Problem]]:
    """Rows of one table of all people, held to its schema; owners: the index of each one's person."""
    if not rows:
        return [], []
    columns = TABLES[table].columns
    names = dict.fromkeys(name for row in rows for name in row)
    unknown = [name for name in names if name not in columns]
    if unknown:
        first = next(index for index, row in enumerate(rows) if not row.keys() <= columns.keys())
        what = f"colonnes inconnues : {', '.join(map(str, unknown[:5]))}"
        return [], [Problem(_FILE, owners[first], table, what)]
    problems = Problems(_FILE)
    # Numbers that nobody gave are not missed: they tell rows of several people apart, or tables' rows.
    wanted = {
        name: column
        for name, column in columns.items()
        if name in names or (column.required and column.kind is not Kind.IDENTIFIER)
    }
    arrays = {
        name: json_column(column, [row.get(name) for row in rows], problems)
        for name, column in wanted.items()
    }
    if problems:
        return [], [_placed(one, table, owners) for one in problems]
    conforming = conform(pa.table(arrays), wanted, Lines(0), problems)
    return conforming.to_pylist(), [_placed(one, table, owners) for one in problems]


def _placed(problem: Problem, table: str, owners: Sequence[int]) -> Problem:
    """A problem of a row of the table, said of the person whose it is."""
    return replace(problem, line=owners[problem.line or 0], column=f"{table}.{problem.column}")


def json_column(column: Column, values: Sequence[object], problems: Problems) -> pa.Array:
    """One column of JSON values: texts for a category, numbers otherwise, null anywhere."""
    textual = column.textual
    kinds: tuple[type, ...] = (str,) if textual else (int, float)
    wrong = [
        index
        for index, value in enumerate(values)
        if value is not None and (not isinstance(value, kinds) or isinstance(value, bool))
    ]
    if wrong:
        what = f"un {'texte' if textual else 'nombre'} est attendu"
        problems.add("type", column.name, wrong[0], len(wrong), what)
        return pa.nulls(len(values), pa.string() if textual else pa.float64())
    if textual:
        return pa.array(values, pa.string())
    try:
        return pa.array([None if value is None else float(value) for value in values], pa.float64())  # type: ignore[arg-type]
    except OverflowError:
        problems.add("range", column.name, None, 1, "nombre trop grand")
        return pa.nulls(len(values), pa.float64())
