"""Made-up rows of the six history tables, edges included, and the same written as Parquet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from pretadepenser.credit.dictionary import TABLES
from tests.unit import made_up

# Clients of the application; the last has no row in any table, and rows of nobody are in each.
CLIENTS = 200
NOBODY = 999_999


def rows(name: str, seed: int) -> pa.Table:
    """Rows of one table: values at and within bounds, a fifth missing, as null and as NaN, ties in plenty."""
    random = np.random.default_rng(seed)
    table = TABLES[name]
    size = 1500
    owners = made_up.table(CLIENTS).column("SK_ID_CURR").to_numpy()
    arrays = []
    for column in table.columns.values():
        missing = random.random(size) < (0.0 if column.required else 0.2)
        values: np.ndarray
        if column.name == table.key:
            values = random.permutation(size) + 5_000_000
        elif column.name == "SK_ID_CURR":
            values = random.choice(owners[:-1], size)
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


def write(folder: Path) -> Path:
    """Write 200 made-up clients with histories as Parquet, one table in parts; return the folder."""
    applications = made_up.text(made_up.table(CLIENTS))
    pa.parquet.write_table(applications, folder / "application_train.parquet")
    for seed, name in enumerate(TABLES):
        table = rows(name, seed)
        if name == "bureau":
            (folder / name).mkdir()
            for part in range(3):
                pa.parquet.write_table(table.slice(part * 500, 500), folder / name / f"part-{part}.parquet")
        else:
            pa.parquet.write_table(table, folder / f"{name}.parquet")
    return folder
