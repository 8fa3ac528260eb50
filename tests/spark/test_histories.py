"""What histories sum up to: the same on Spark and DuckDB, and a portfolio with them the same on both."""

from __future__ import annotations

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
from pretadepenser.credit.portfolio import import_folder
from pretadepenser.spark import checking, histories, importing, tables
from tests.spark import made_up_histories
from tests.unit import made_up, portfolio_files

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

GENUINE = Path(__file__).parents[3] / "shared" / "data" / "homecredit-histories"
# Of the 10,000 genuine clients, these suffice for tens of thousands of figures.
CLIENTS: Final = 1000


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up clients with all six tables."""
    return made_up_histories.write(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Genuine rows of CLIENTS clients, half of them of the test file, all tables as Parquet."""
    folder = GENUINE / "all-tables"
    if not folder.is_dir():
        pytest.skip("genuine rows (../shared/data) are not here")
    found = tmp_path_factory.mktemp("genuine")
    kept = []
    for path in sorted(folder.glob("application_*.csv")):
        applications = pa.csv.read_csv(path).slice(0, CLIENTS // 2)
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


def of_duckdb(folder: Path) -> pa.Table:
    """The same figures by the engine of an ordinary import."""
    with engine.connect(readable=[folder]) as connection:
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
        assert found[name].is_null().to_pylist() == expected[name].is_null().to_pylist(), name
        mine, theirs = (table[name].drop_null().to_numpy() for table in (found, expected))
        assert np.isfinite(mine).all(), name
        assert (np.abs(mine - theirs) <= np.maximum(1e-9, 1e-9 * np.abs(theirs))).all(), name
        compared += len(mine)
    return compared


def test_genuine_figures_are_those_of_duckdb(spark: SparkSession, genuine: Path) -> None:
    found = tables.find(spark, str(genuine))
    checking.validated(found)
    figures, _ = histories.computed(spark, tables.together(tables.applications(found)), found)
    # Ten megabytes of bureau_balance are millions of rows: sent whole to every machine, because its file is
    # small, they ended Java.
    plan = figures._jdf.queryExecution().executedPlan().toString()
    assert "SortMergeJoin" in plan
    assert "BroadcastExchange" not in plan
    assert compare(figures.orderBy("SK_ID_CURR").toArrow(), of_duckdb(genuine)) > 30_000


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
    opened = portfolio_files.opened(tmp_path / "spark")
    assert opened.tables == frozenset(TABLES)
    # The last client has no row in any table: no credit elsewhere, and nothing known of them.
    assert opened.size == made_up_histories.CLIENTS
    assert opened.column("BUREAU_ACTIVE")[-1] == 0.0
    assert not opened.column("BUREAU_DEBT")[-1] > 0.0


def test_what_other_writers_do_is_read_as_an_ordinary_import_reads_it(
    spark: SparkSession, tmp_path: Path
) -> None:
    """Words for missing numbers ended it, and of a category with a no-break space nothing was counted."""
    source = tmp_path / "source"
    clients = made_up.text(made_up.table(40))
    bureau = made_up.text(made_up.history("bureau", clients["SK_ID_CURR"].to_pylist(), 60))
    kinds = clients["NAME_CONTRACT_TYPE"].to_pylist()
    kinds[3] = f"\ufeff{kinds[3]}"
    clients = _put(
        clients,
        NAME_CONTRACT_TYPE=kinds,
        FLAG_PHONE=["True" if one else "False" for one in clients["FLAG_PHONE"].to_pylist()],
        SK_ID_CURR=[f"\ufeff{number}" for number in clients["SK_ID_CURR"].to_pylist()],
    )
    bureau = _put(
        bureau,
        SK_ID_CURR=[f" {number}.0\u00a0" for number in bureau["SK_ID_CURR"].to_pylist()],
        CREDIT_ACTIVE=[f"\u00a0{state}\t" for state in bureau["CREDIT_ACTIVE"].to_pylist()],
        CREDIT_CURRENCY=["\\N"] * 60,
        AMT_CREDIT_SUM=[
            "NA" if one is None else f"{one}\u202f" for one in bureau["AMT_CREDIT_SUM"].to_pylist()
        ],
    )
    # A name in capitals, parts without an ending, and what systems leave beside them.
    parts = source / "APPLICATION_TRAIN"
    parts.mkdir(parents=True)
    pa.parquet.write_table(clients, parts / "part-[0]{a}")
    for name in ("desktop.ini", "Thumbs.db", ".DS_Store", "_SUCCESS"):
        (parts / name).write_bytes(b"x")
    pa.parquet.write_table(bureau, source / "bureau.parquet")
    (source / ".hidden").touch()
    plain = tmp_path / "plain"
    plain.mkdir()
    pa.parquet.write_table(clients, plain / "application_train.parquet")
    pa.parquet.write_table(bureau, plain / "bureau.parquet")
    ordinary = import_folder(plain, tmp_path / "ordinary")
    sparked = importing.import_tables(spark, str(source), tmp_path / "spark", lambda step, share: None)
    assert sparked.clients == 40
    assert sparked.sha256 == ordinary.sha256


def _put(rows: pa.Table, **values: list[str]) -> pa.Table:
    """The same table with other values of some columns, as texts."""
    for name, texts in values.items():
        rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array(texts))
    return rows
