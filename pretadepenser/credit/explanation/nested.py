"""Credit histories that come with a row, as lists of rows by table: checked, and summed up as an import does.

A table that a row does not give, or gives as null, is not known of the person; an empty list says that the
person has no history there. Rows of a person need no number of the client, and numbers of credits only where
bureau_balance refers to them, which it must.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pyarrow as pa

from pretadepenser import french
from pretadepenser.credit.dictionary import HISTORY, TABLES, Column, Kind, Row
from pretadepenser.credit.history import features
from pretadepenser.credit.history.features import Histories
from pretadepenser.credit.intake import whole
from pretadepenser.credit.intake.finding import KEY
from pretadepenser.credit.intake.recognition import cleaned, short
from pretadepenser.credit.intake.validation import Lines, Problem, Problems, conform

# Rows of histories in one request: those of some 700 people, who have 150 each.
MOST: Final = 100_000
_FILE: Final = "données"


def unmarked(rows: Sequence[Mapping[str, object]]) -> Sequence[Mapping[str, object]]:
    """The same rows, and those of tables within them, with nothing but names for names.

    Blanks and invisible marks around a name are no part of it, as in a file. An object that has the name
    without them too is left as it is: the other one is then told as unknown.
    """
    names = {name for row in rows for name in row}
    odd = _odd(names)
    tables = [name for name in names if odd.get(name, name) in TABLES]
    within = (row[name] for row in rows for name in tables if _rows(row.get(name)))
    odd |= _odd({name for given in within for one in given for name in one})  # type: ignore[attr-defined]
    return [_renamed(row, odd) for row in rows] if odd else rows


def _odd(names: set[str]) -> dict[str, str]:
    """The names that have something around them, and what they are without."""
    given = list(names)
    return {name: plain for name, plain in zip(given, cleaned(given), strict=True) if name != plain}


def _renamed(row: Mapping[str, object], odd: Mapping[str, str]) -> dict[str, object]:
    found = {
        odd.get(name, name): [_renamed(one, odd) for one in value] if _rows(value) else value  # type: ignore[attr-defined]
        for name, value in row.items()
    }
    return found if len(found) == len(row) else dict(row)


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
        problems += misfits or _at_odds(table, valid, owners, [row.get(KEY) for row in rows])
        for index, _ in given:
            found[index][table] = []
        for index, one in zip(owners, valid, strict=False):
            found[index][table].append(one)
    return found, problems or _of_no_credit(found)


def figures(people: Sequence[Histories]) -> dict[str, pa.Array]:
    """Figures of the credit history of each person, float64, by name; none where nobody gave a table.

    By the name of a table too: 1 of whom it was looked into (see dictionary.Row).
    """
    if not any(people):
        return {}
    summed = features.of(people)
    looked = [dict.fromkeys(features.usable(one), 1.0) for one in people]
    return {name: pa.array([one[name] for one in summed], pa.float64()) for name in HISTORY} | {
        table: pa.array([one.get(table) for one in looked], pa.float64()) for table in TABLES
    }


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
        what = f"colonnes inconnues : {', '.join(map(short, unknown[:5]))}"
        return [], [Problem(_FILE, owners[first], table, what)]
    problems = Problems(_FILE)
    # Numbers that somebody does not give are not missed: they tell rows of several people apart, or tables'.
    wanted = {
        name: replace(column, required=False) if column.kind is Kind.IDENTIFIER else column
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


def _at_odds(
    table: str, rows: Sequence[Mapping[str, Any]], owners: Sequence[int], clients: Sequence[object]
) -> list[Problem]:
    """What valid rows of a table cannot say together; an import says the same of whole tables.

    owners: the index of each one's person; clients: the number of each person, where it is given.
    """
    strange = [
        (owner, row[KEY])
        for row, owner in zip(rows, owners, strict=True)
        if row.get(KEY) is not None and clients[owner] not in (None, row[KEY])
    ]
    if strange:
        owner, number = strange[0]
        what = (
            f"{french.quoted(str(number))} est le numéro d’un autre client : mettez ces lignes dans le sien"
        )
        return [Problem(_FILE, owner, f"{table}.{KEY}", what, len(strange))]
    problems = _twice(table, rows, owners)
    if len(rows) >= whole.FEW:
        dated = whole.dated(TABLES[table].columns.values())
        values = [[row[name] for row in rows] for name in dated]
        turned = whole.after(_FILE, len(rows), dated, [(min(each), max(each)) for each in values])
        problems += [_placed(one, table, owners) for one in turned]
    return problems


def _of_no_credit(people: Sequence[Histories]) -> list[Problem]:
    """Say which rows are of a credit that their person does not give: they would count for nothing."""
    problems = []
    for table, described in TABLES.items():
        if isinstance(described.owner, str):
            continue
        owner, name = described.owner
        strange = []
        for index, person in enumerate(people):
            credits = {row.get(name) for row in person.get(owner, ())} - {None}
            numbers = [row.get(name) for row in person.get(table, ())]
            strange += [(index, number) for number in numbers if number not in credits]
        if strange:
            index, number = strange[0]
            if number is None:
                what = f"{name} manque : il dit de quel crédit de {owner} est la ligne"
            else:
                what = (
                    f"{french.quoted(str(number))} n’est le numéro d’aucun crédit de {owner} : donnez-y ce "
                    "crédit et son numéro, ou enlevez ces lignes"
                )
            problems.append(Problem(_FILE, index, f"{table}.{name}", what, len(strange)))
    return problems


def _twice(table: str, rows: Sequence[Mapping[str, Any]], owners: Sequence[int]) -> list[Problem]:
    """Say which numbers or months a person has twice, or whether many rows are alike."""
    columns, key, month = TABLES[table].columns, TABLES[table].key, TABLES[table].month
    names = (key,) if key else month
    if names is None:
        every = [(owner, *row.items()) for row, owner in zip(rows, owners, strict=True)]
        return [_placed(one, table, owners) for one in whole.alike(_FILE, len(every), len(set(every)))]
    # A number that is not given tells nothing.
    named: list[tuple[int, ...]] = [
        (owner, *(row[name] for name in names))
        for row, owner in zip(rows, owners, strict=True)
        if all(row.get(name) is not None for name in names)
    ]
    counts = Counter(named)
    again = next((one for one in counts if counts[one] > 1), None)
    if again is None:
        return []
    owner, number, *when = again
    more = len(named) - len(counts)
    if month:
        one = whole.several(columns[month[0]], number, month[1], when[0], [_FILE], more)
        return [replace(one, line=owner, column=f"{table}.{month[1]}")]
    return [Problem(_FILE, owner, f"{table}.{key}", whole.again_there(columns[names[0]], number), more)]


def _placed(problem: Problem, table: str, owners: Sequence[int]) -> Problem:
    """A problem of a row of the table, said of the person whose it is."""
    column = f"{table}.{problem.column}" if problem.column else table
    return replace(problem, line=owners[problem.line or 0], column=column)


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
