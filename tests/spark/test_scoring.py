"""Scores and reasons through Spark, on a real cluster: byte for byte those of the ordinary command."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet
import pytest

from pretadepenser import create_app
from pretadepenser.credit.dictionary import TABLES, arrow_schema
from pretadepenser.credit.explanation.batch import RowsError
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.spark import checking, scoring, tables
from tests.spark.made_up_histories import replaced
from tests.spark.test_import import in_parts, quiet, shuffled, spaced
from tests.unit import by_heart, made_up
from tests.unit.test_repaid import HISTORY

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """150 clients in three parts, and the same in one file beside it."""
    folder = tmp_path_factory.mktemp("clients")
    table = shuffled(made_up.table(150, seed=5), 5).drop_columns(["TARGET"])
    in_parts(table, folder / "parts.parquet", 3)
    pa.parquet.write_table(table, folder / "one.parquet")
    return folder


def command(instance: Path, *arguments: str) -> str:
    """Run `flask` with these arguments; return what it says."""
    done = create_app({"INSTANCE": instance}).test_cli_runner().invoke(args=arguments)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_csv_has_the_very_texts_of_the_ordinary_command(
    spark: SparkSession, trained: Path, clients: Path, tmp_path: Path
) -> None:
    output = tmp_path / "scores.csv"
    said = command(
        trained, "score", str(clients / "parts.parquet"), "--output", str(output), "--engine", "spark"
    )
    assert f"150 clients : scores écrits dans {output}." in said.replace("\xa0", " ")
    parts = sorted(output.glob("part-*.csv"))
    # For the owner only, as all that is about clients.
    assert {path.stat().st_mode & 0o777 for path in parts} == {0o600}
    command(trained, "score", str(clients / "one.parquet"), "--output", str(tmp_path / "one.csv"))
    with (tmp_path / "one.csv").open(encoding="utf-8", newline="") as file:
        heads, *expected = csv.reader(file)
    found = []
    for path in parts:
        with path.open(encoding="utf-8", newline="") as file:
            own, *rows = csv.reader(file)
        assert own == heads
        found += rows
    assert sorted(found) == sorted(expected)
    # With reasons, which texts are long and quoted.
    assert len(heads) == 15


def test_parquet_has_the_very_values(
    spark: SparkSession, trained: Path, clients: Path, tmp_path: Path
) -> None:
    places = clients / "parts.parquet", tmp_path / "scores.parquet"
    command(trained, "score", str(places[0]), "--output", str(places[1]), "--no-reasons", "--engine", "spark")
    places = clients / "one.parquet", tmp_path / "one.parquet"
    command(trained, "score", str(places[0]), "--output", str(places[1]), "--no-reasons")
    found = pa.parquet.read_table(tmp_path / "scores.parquet").sort_by("client")
    assert found.equals(pa.parquet.read_table(tmp_path / "one.parquet").sort_by("client"))
    assert found.num_columns == 9


@pytest.fixture(scope="module")
def scores(
    spark: SparkSession, learned: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], pa.Table]:
    """A hundred clients scored with a table of histories by both engines, and alone by one."""
    place = tmp_path_factory.mktemp("download")
    folder, alone = place / "kaggle", place / "alone"
    clients = pa.Table.from_pylist(by_heart.hundred(), arrow_schema())
    for one in (folder, alone):
        one.mkdir()
        pa.parquet.write_table(clients, one / "application_train.parquet")
    bureau = pa.Table.from_pylist(HISTORY["bureau"], TABLES["bureau"].arrow_schema())
    pa.parquet.write_table(bureau, folder / "bureau.parquet")
    found = {}
    for source, engine in ((folder, "spark"), (folder, "duckdb"), (alone, "duckdb")):
        output = place / f"{source.name}-{engine}.parquet"
        said = command(learned, "score", str(source), "--output", str(output), "--engine", engine)
        assert "100 clients" in said.replace("\xa0", " ")
        found[source.name, engine] = pa.parquet.read_table(output).sort_by("client")
    return found


def test_a_whole_download_is_scored_with_its_histories(scores: dict[tuple[str, str], pa.Table]) -> None:
    """The same figures out of the same tables."""
    assert scores["kaggle", "spark"].equals(scores["kaggle", "duckdb"])
    assert scores["kaggle", "spark"].num_rows == scores["alone", "duckdb"].num_rows == 100


def test_who_has_credits_elsewhere_is_scored_by_them(scores: dict[tuple[str, str], pa.Table]) -> None:
    (owing,) = (one for one in scores["kaggle", "spark"].to_pylist() if one["client"] == 100_050)
    (alike,) = (one for one in scores["alone", "duckdb"].to_pylist() if one["client"] == 100_050)
    assert owing["probability"] != alike["probability"]


def test_nothing_is_written_over(spark: SparkSession, clients: Path, model: Model, tmp_path: Path) -> None:
    source, output = str(clients / "one.parquet"), tmp_path / "scores.parquet"
    (output).mkdir()
    (output / "kept").touch()
    with pytest.raises(RowsError, match=r"existe déjà : choisissez un autre dossier, ou ajoutez --force"):
        scoring.score_tables(spark, source, str(output), model, 0.48, None, quiet)
    assert (output / "kept").exists()
    for force in (False, True):
        with pytest.raises(RowsError, match=r"est aussi le fichier des clients"):
            scoring.score_tables(spark, source, source, model, 0.48, None, quiet, force=force)
        # Neither the folder that holds it, however it is written.
        with pytest.raises(RowsError, match=r"est aussi le fichier des clients"):
            scoring.score_tables(
                spark,
                str(clients / "parts.parquet" / "part-00000.snappy.parquet"),
                str(clients / "x" / ".." / "parts.parquet"),
                model,
                0.48,
                None,
                quiet,
                force=force,
            )
    assert len(list((clients / "parts.parquet").iterdir())) == 4
    steps: list[str] = []
    count = scoring.score_tables(
        spark, source, str(output), model, 0.48, None, lambda step, _: steps.append(step), force=True
    )
    assert count == 150
    assert [*dict.fromkeys(steps)] == ["Vérification des tables par Spark", "Calcul des scores par Spark"]
    assert not (output / "kept").exists()
    with pytest.raises(RowsError, match=r"doit finir par .csv ou .parquet"):
        scoring.score_tables(spark, source, str(tmp_path / "scores"), model, 0.48, None, quiet)


def test_wrong_rows_are_told_and_nothing_is_written(
    spark: SparkSession, model: Model, portfolio: Portfolio, tmp_path: Path
) -> None:
    rows = made_up.text(made_up.table(30))
    rows = replaced(rows, AMT_CREDIT=[-5.0, *rows.column("AMT_CREDIT").to_pylist()[1:]])
    pa.parquet.write_table(rows, tmp_path / "clients.parquet")
    output = tmp_path / "scores.csv"
    with pytest.raises(RowsError) as caught:
        scoring.score_tables(
            spark, str(tmp_path / "clients.parquet"), str(output), model, 0.48, portfolio, quiet
        )
    assert spaced(str(caught.value)) == (
        "Rien n’a été calculé. Corrigez les données puis recommencez :\n"
        "- clients.parquet, ligne 1, colonne AMT_CREDIT : « -5 » est hors des bornes admises (de 1 à "
        "1000000000)."
    )
    assert not output.exists()


STRANGERS = "aucune ligne n’est d’un de ces clients : vérifiez les numéros, ou enlevez cette table"


def test_histories_of_others_are_refused(spark: SparkSession, model: Model, tmp_path: Path) -> None:
    """Everybody was scored as someone without a history, where an ordinary import refuses the tables."""
    pa.parquet.write_table(made_up.text(made_up.table(40)), tmp_path / "application_train.parquet")
    cards = made_up.history("credit_card_balance", [900_001], 30)
    pa.parquet.write_table(made_up.text(cards), tmp_path / "credit_card_balance.parquet")
    output = tmp_path / "scores.parquet"
    with pytest.raises(RowsError) as caught:
        scoring.score_tables(spark, str(tmp_path), str(output), model, 0.48, None, quiet)
    assert not output.exists()
    assert spaced(str(caught.value)).partition("\n")[2] == f"- credit_card_balance.parquet : {STRANGERS}."


def test_one_row_of_a_client_is_enough_for_a_table(spark: SparkSession, tmp_path: Path) -> None:
    clients = made_up.table(40)
    strangers = made_up.history("bureau", [900_001], 30)
    months = made_up.history(
        "bureau_balance", [int(number) for number in strangers["SK_ID_BUREAU"].to_pylist()], 60
    )
    own = pa.concat_tables([strangers, made_up.history("bureau", clients["SK_ID_CURR"].to_pylist(), 1)])
    tables_of = {
        "application_train": clients,
        "bureau": replaced(own, SK_ID_BUREAU=range(5_000_001, 5_000_032)),
        "bureau_balance": months,
        "POS_CASH_balance": made_up.history("POS_CASH_balance", [1], 0),
    }
    counted = {name: rows.num_rows for name, rows in tables_of.items()}

    def strange() -> list[str]:
        for name, rows in tables_of.items():
            pa.parquet.write_table(made_up.text(rows), tmp_path / f"{name}.parquet")
        found = tables.find(spark, str(tmp_path))
        return [spaced(str(one)) for one in checking.strange(found, counted)]

    # The months are still of other credits.
    assert strange() == [
        f"bureau_balance.parquet : {STRANGERS}",
        "POS_CASH_balance.parquet : aucune ligne sous les noms des colonnes : téléchargez cette table à "
        "nouveau, ou enlevez-la",
    ]
    credits = [*months["SK_ID_BUREAU"].to_pylist()[:-1], 5_000_031]
    tables_of["bureau_balance"] = replaced(months, SK_ID_BUREAU=credits)
    tables_of["POS_CASH_balance"] = made_up.history("POS_CASH_balance", clients["SK_ID_CURR"].to_pylist(), 1)
    counted["POS_CASH_balance"] = 1
    assert strange() == []
