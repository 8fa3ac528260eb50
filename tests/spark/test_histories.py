"""What histories sum up to: the same on Spark and DuckDB, and a portfolio with them the same on both."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from pretadepenser.credit.dictionary import TABLES
from pretadepenser.credit.history import engine, features
from pretadepenser.credit.portfolio import import_folder
from pretadepenser.spark import histories, importing, tables
from tests.spark import made_up_histories
from tests.unit import portfolio_files

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

GENUINE = Path(__file__).parents[3] / "shared" / "data" / "homecredit-histories"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up clients with all six tables."""
    return made_up_histories.write(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Genuine rows of 10,000 clients, their applications as Parquet."""
    folder = GENUINE / "all-tables"
    if not folder.is_dir():
        pytest.skip("genuine rows (../shared/data) are not here")
    found = tmp_path_factory.mktemp("genuine")
    for path in folder.iterdir():
        if path.suffix == ".csv":
            pa.parquet.write_table(pa.csv.read_csv(path), found / f"{path.stem}.parquet")
        else:
            (found / path.name).symlink_to(path)
    return found


def of_spark(spark: SparkSession, folder: Path) -> pa.Table:
    """Figures of all clients of a folder, in the order of their numbers."""
    found = tables.find(spark, str(folder))
    tables.validated(found)
    figures, _ = histories.computed(spark, tables.together(tables.applications(found)), found)
    return figures.orderBy("SK_ID_CURR").toArrow()


def of_duckdb(folder: Path) -> pa.Table:
    """The same figures by the engine of an ordinary import."""
    with engine.connect(readable=[folder, GENUINE]) as connection:
        given = []
        for name in TABLES:
            path = folder / name if (folder / name).is_dir() else folder / f"{name}.parquet"
            if path.exists():
                given.append(name)
                _view(connection, name, f"{path}/*" if path.is_dir() else str(path))
        applications = sorted(str(path) for path in folder.glob("application_*.parquet"))
        every = f"read_parquet({applications}, union_by_name=true)"
        connection.execute(f"create table application as select SK_ID_CURR from {every}")
        return features.compute(connection, given).order("SK_ID_CURR").to_arrow_table()


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
        for mine, theirs in zip(found[name].to_pylist(), expected[name].to_pylist(), strict=True):
            assert (mine is None) == (theirs is None), name
            if mine is not None:
                compared += 1
                assert math.isfinite(mine), name
                assert mine == pytest.approx(theirs, rel=1e-9, abs=1e-9), name
    return compared


def test_figures_are_those_of_duckdb(spark: SparkSession, source: Path) -> None:
    found = of_spark(spark, source)
    assert found.num_rows == made_up_histories.CLIENTS
    assert found.num_columns > 40
    assert compare(found, of_duckdb(source)) > 5000
    # The last client has no row in any table: no credit elsewhere, and nothing known of them.
    last = found.slice(found.num_rows - 1).to_pylist()[0]
    assert last["BUREAU_ACTIVE"] == 0.0
    assert last["BUREAU_DEBT"] in (0.0, None)


def test_genuine_figures_are_those_of_duckdb(spark: SparkSession, genuine: Path) -> None:
    assert compare(of_spark(spark, genuine), of_duckdb(genuine)) > 100_000


def test_a_portfolio_with_histories_is_byte_for_byte_the_ordinary_one(
    spark: SparkSession, source: Path, tmp_path: Path
) -> None:
    steps: list[str] = []
    report = importing.import_tables(
        spark, str(source), tmp_path / "spark", lambda step, share: steps.append(step)
    )
    whole = tmp_path / "whole"
    whole.mkdir()
    for path in source.iterdir():
        pa.parquet.write_table(
            pa.parquet.read_table(path), whole / f"{path.name.removesuffix('.parquet')}.parquet"
        )
    ordinary = import_folder(whole, tmp_path / "ordinary")
    assert report.tables == ordinary.tables
    assert {one.name for one in report.tables} == set(TABLES)
    assert all(one.orphans for one in report.tables)
    # What Spark has summed up is not summed up again.
    assert "Calcul des historiques" in steps
    names = sorted(path.name for path in ordinary.folder.iterdir() if path.suffix in (".arrow", ".npy"))
    assert len(names) > 12
    for name in names:
        assert (report.folder / name).read_bytes() == (ordinary.folder / name).read_bytes(), name
    assert portfolio_files.opened(tmp_path / "spark").tables == frozenset(TABLES)
