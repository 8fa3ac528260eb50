"""Made-up rows that fit the dictionary, for the tests of the portfolio. No genuine row is in them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from pretadepenser.credit import dictionary


def table(clients: int, seed: int = 0, first: int = 100_002) -> pa.Table:
    """Return `clients` rows with ascending numbers, every column filled within its bounds, some missing."""
    random = np.random.default_rng(seed)
    arrays = []
    for column in dictionary.COLUMNS.values():
        missing = random.random(clients) < (0.0 if column.required else 0.2)
        if column.kind is dictionary.Kind.IDENTIFIER:
            arrays.append(pa.array(first + 3 * np.arange(clients), column.arrow_type))
        elif column.textual:
            codes = list(column.categories or ())
            positions = pa.array(random.integers(0, len(codes), clients), pa.int8(), mask=missing)
            arrays.append(pa.DictionaryArray.from_arrays(positions, pa.array(codes, pa.string())))
        else:
            low = column.minimum if column.minimum is not None else -1000
            high = min(column.maximum if column.maximum is not None else 1000, 1_000_000)
            values = random.uniform(low, high, clients)
            values = np.rint(values).clip(low, high) if column.integer else values.round(2).clip(low, high)
            if column.sentinel is not None:
                values[random.random(clients) < 0.15] = column.sentinel
            arrays.append(pa.array(values, pa.float64(), mask=missing).cast(column.arrow_type))
    return pa.Table.from_arrays(arrays, schema=dictionary.arrow_schema())


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
