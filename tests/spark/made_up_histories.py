"""Made-up rows of the six history tables, edges included, and the same written as Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from pretadepenser.credit.dictionary import TABLES

# Rows of nobody are in each table.
NOBODY = 999_999


def rows(name: str, owners: Sequence[int], seed: int) -> pa.Table:
    """Rows of one table: values at and within bounds, a fifth missing, as null and as NaN, ties in plenty."""
    random = np.random.default_rng(seed)
    table = TABLES[name]
    size = 1500
    arrays = []
    for column in table.columns.values():
        missing = random.random(size) < (0.0 if column.required else 0.2)
        values: np.ndarray
        if column.name == table.key:
            values = random.permutation(size) + 5_000_000
        elif column.name == "SK_ID_CURR":
            values = random.choice(owners, size)
            values[random.random(size) < 0.02] = NOBODY
        elif column.name == "SK_ID_BUREAU":
            values = random.integers(5_000_000, 5_000_000 + 1550, size)
        elif column.name == "SK_ID_PREV":
            values = random.integers(1_000_000, 1_000_400, size)
        elif column.textual:
            codes = np.array(column.codes)
            arrays.append(pa.array(random.choice(codes, size), pa.string(), mask=missing))
            continue
        else:
            low = max(column.minimum if column.minimum is not None else -900, -900)
            high = min(column.maximum if column.maximum is not None else 900, 900)
            values = random.uniform(low, high, size).round(2)
            edge = random.random(size)
            values = np.select(
                [edge < 0.1, edge < 0.2, edge < 0.3], [low, high, np.clip(0, low, high)], values
            )
            if column.integer:
                values = np.rint(values).clip(np.ceil(low), np.floor(high))
            if not column.required:
                values[random.random(size) < 0.05] = np.nan
        stored = pa.array(values, mask=missing)
        arrays.append(stored.cast(column.arrow_type) if column.required else stored)
    made = pa.table(dict(zip(table.columns, arrays, strict=True)))
    if table.month:
        # One row a month of each credit: an import refuses others.
        pairs = np.stack([made.column(name).to_numpy() for name in table.month])
        made = made.take(np.sort(np.unique(pairs, axis=1, return_index=True)[1]))
    return made


def write(folder: Path, owners: Sequence[int]) -> None:
    """Write all six tables of these clients as Parquet, bureau as texts that other writers have, in parts."""
    for seed, name in enumerate(TABLES):
        table = rows(name, owners, seed)
        if name == "bureau":
            table = _written_by_others(table)
            (folder / name).mkdir()
            for part in range(3):
                pa.parquet.write_table(table.slice(part * 500, 500), folder / name / f"part-{part}.parquet")
        else:
            pa.parquet.write_table(table, folder / f"{name}.parquet")


def _written_by_others(bureau: pa.Table) -> pa.Table:
    """The same with odd blanks and words for what is missing."""
    numbers, states, currencies, sums = (
        bureau[name].to_pylist()
        for name in ("SK_ID_CURR", "CREDIT_ACTIVE", "CREDIT_CURRENCY", "AMT_CREDIT_SUM")
    )
    return replaced(
        bureau,
        SK_ID_CURR=[f" {number}.0\u00a0" for number in numbers],
        CREDIT_ACTIVE=[state and f"\u00a0{state}\t" for state in states],
        CREDIT_CURRENCY=["\\N" if one is None else one for one in currencies],
        AMT_CREDIT_SUM=["NA" if one is None else f"{one}\u202f" for one in sums],
    )


def replaced(rows: pa.Table, **values: Sequence[object]) -> pa.Table:
    """The same table with other values of some columns."""
    for name, others in values.items():
        rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array(others))
    return rows
