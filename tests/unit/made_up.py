"""Made-up rows that fit the dictionary, for the tests of the portfolio. No genuine row is in them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from pretadepenser.credit import dictionary


def table(clients: int, seed: int = 0, first: int = 100_002) -> pa.Table:
    """Return `clients` rows with ascending numbers, every column filled within its bounds, some missing."""
    random = np.random.default_rng(seed)
    numbers = first + 3 * np.arange(clients)
    arrays = [_filled(column, clients, random, numbers) for column in dictionary.COLUMNS.values()]
    return pa.Table.from_arrays(arrays, schema=dictionary.arrow_schema())


def history(name: str, owners: Sequence[int], rows: int, seed: int = 0) -> pa.Table:
    """Return `rows` rows of a history table in any order, each of one of the `owners`.

    owners: numbers of clients, or of the credits of bureau for bureau_balance. A key counts from 5,000,001.
    """
    random = np.random.default_rng(seed)
    described = dictionary.TABLES[name]
    owner = described.owner if isinstance(described.owner, str) else described.owner[1]
    arrays = []
    for column in described.columns.values():
        numbers = (
            random.choice(owners, rows) if column.name == owner else 5_000_001 + random.permutation(rows)
        )
        arrays.append(_filled(column, rows, random, numbers))
    return pa.Table.from_arrays(arrays, schema=described.arrow_schema())


def _filled(
    column: dictionary.Column, rows: int, random: np.random.Generator, numbers: NDArray[np.int64]
) -> pa.Array:
    """One column: `numbers` where it identifies something, else values within its bounds, some missing."""
    missing = random.random(rows) < (0.0 if column.required else 0.2)
    if column.kind is dictionary.Kind.IDENTIFIER:
        return pa.array(numbers, column.arrow_type)
    if column.textual:
        positions = pa.array(random.integers(0, len(column.codes), rows), pa.int8(), mask=missing)
        return pa.DictionaryArray.from_arrays(positions, pa.array(column.codes, pa.string()))
    low = column.minimum if column.minimum is not None else -1000
    high = min(column.maximum if column.maximum is not None else 1000, 1_000_000)
    values = random.uniform(low, high, rows)
    values = np.rint(values).clip(low, high) if column.integer else values.round(2).clip(low, high)
    if column.sentinel is not None:
        values[random.random(rows) < 0.15] = column.sentinel
    return pa.array(values, pa.float64(), mask=missing).cast(column.arrow_type)


def text(rows: pa.Table) -> pa.Table:
    """The same rows with categories as plain strings, as files have them."""
    for index, field in enumerate(rows.schema):
        if pa.types.is_dictionary(field.type):
            rows = rows.set_column(index, field.name, rows.column(index).cast(pa.string()))
    return rows


def write_csv(rows: pa.Table, path: Path) -> Path:
    """Write rows as Kaggle does: comma separated, empty where missing; return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pa.csv.write_csv(text(rows), path, pa.csv.WriteOptions(quoting_style="needed"))
    return path
