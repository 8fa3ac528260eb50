"""What genuine histories sum up to: the same on Spark and DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import pytest

from pretadepenser.credit.dictionary import TABLES
from pretadepenser.credit.history import engine, features
from pretadepenser.spark import checking, histories, tables

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

GENUINE = Path(__file__).parents[3] / "shared" / "data" / "homecredit-histories"
# Of the 10,000 genuine clients, these suffice for tens of thousands of figures. As many of each of the two
# files would have Spark hold their rows together.
CLIENTS: Final = (400, 300)


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Genuine rows of some clients of both files, all tables as Parquet."""
    folder = GENUINE / "all-tables"
    if not folder.is_dir():
        pytest.skip("genuine rows (../shared/data) are not here")
    found = tmp_path_factory.mktemp("genuine")
    kept = []
    for path, count in zip(sorted(folder.glob("application_*.csv")), CLIENTS, strict=True):
        applications = pa.csv.read_csv(path).slice(0, count)
        kept.append(applications["SK_ID_CURR"].combine_chunks())
        pa.parquet.write_table(applications, found / f"{path.stem}.parquet")
    owners = {"SK_ID_CURR": pa.concat_arrays(kept)}
    # Rows of bureau_balance belong to clients through those of bureau, which is read first.
    for path in sorted(folder.glob("*.parquet"), key=lambda path: path.stem != "bureau"):
        rows = pa.parquet.read_table(path)
        key = "SK_ID_CURR" if "SK_ID_CURR" in rows.column_names else "SK_ID_BUREAU"
        rows = rows.filter(pc.is_in(rows[key], owners[key]))
        if path.stem == "bureau":
            owners["SK_ID_BUREAU"] = rows["SK_ID_BUREAU"].combine_chunks()
        pa.parquet.write_table(rows, found / path.name)
    return found


@pytest.fixture(scope="module")
def found(spark: SparkSession, genuine: Path) -> dict[str, tables.Found]:
    """The same, as Spark finds them."""
    return tables.find(spark, str(genuine))


def of_duckdb(folder: Path, names: Sequence[str]) -> pa.Table:
    """What these tables sum up to by the engine of an ordinary import."""
    with engine.connect(readable=[folder]) as connection:
        for name in names:
            _view(connection, name, str(folder / f"{name}.parquet"))
        applications = sorted(str(path) for path in folder.glob("application_*.parquet"))
        every = f"read_parquet({applications}, union_by_name=true)"
        connection.execute(f"create table application as select SK_ID_CURR from {every}")
        return features.compute(connection, names).order("SK_ID_CURR").to_arrow_table()


def _view(connection: duckdb.DuckDBPyConnection, name: str, files: str) -> None:
    """The rows of a table with missing values as NULL, as an import has them."""
    columns = [
        f"case when isnan({each.name}) then null else {each.name} end as {each.name}"
        if pa.types.is_float64(each.arrow_type)
        else each.name
        for each in TABLES[name].columns.values()
    ]
    connection.execute(f"create view {name} as select {', '.join(columns)} from read_parquet('{files}')")


def compare(found: pa.Table, expected: pa.Table) -> int:
    """Hold two tables of figures together; return how many values they have."""
    assert found.column("SK_ID_CURR").to_pylist() == expected.column("SK_ID_CURR").to_pylist()
    compared = 0
    for name in found.column_names[1:]:
        assert found[name].is_null().to_pylist() == expected[name].is_null().to_pylist(), name
        mine, theirs = (table[name].drop_null().to_numpy() for table in (found, expected))
        assert np.isfinite(mine).all(), name
        assert (np.abs(mine - theirs) <= np.maximum(1e-9, 1e-9 * np.abs(theirs))).all(), name
        compared += len(mine)
    return compared


@pytest.mark.parametrize(
    ("names", "least"),
    [
        (("bureau", "bureau_balance"), 10_000),
        (("previous_application",), 7_000),
        (("POS_CASH_balance",), 2_500),
        (("credit_card_balance",), 1_500),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_genuine_figures_are_those_of_duckdb(
    spark: SparkSession, genuine: Path, found: dict[str, tables.Found], names: tuple[str, ...], least: int
) -> None:
    given = {name: found[name] for name in names}
    figures, known = histories.computed(spark, tables.together(tables.applications(found)), given)
    assert figures.columns == ["SK_ID_CURR", *known]
    # Ten megabytes of bureau_balance are millions of rows: sent whole to every machine, because its file is
    # small, they ended Java.
    plan = figures._jdf.queryExecution().executedPlan().toString()
    assert "SortMergeJoin" in plan
    assert "BroadcastExchange" not in plan
    assert compare(figures.orderBy("SK_ID_CURR").toArrow(), of_duckdb(genuine, names)) > least


@pytest.mark.parametrize(
    "name",
    [
        "application_test",
        "bureau",
        "bureau_balance",
        "previous_application",
        "POS_CASH_balance",
        "credit_card_balance",
    ],
)
def test_nothing_is_wrong_with_genuine_tables(
    spark: SparkSession, genuine: Path, found: dict[str, tables.Found], name: str
) -> None:
    given = {each: found[each] for each in ("application_train", name)}
    assert checking.validated(given) == {
        each: pa.parquet.read_metadata(genuine / f"{each}.parquet").num_rows for each in given
    }
