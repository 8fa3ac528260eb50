"""What only a whole table tells: an import through Spark refuses it as an ordinary one does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from pretadepenser.credit.intake import whole
from pretadepenser.credit.portfolio import PortfolioError, import_folder
from pretadepenser.spark import importing
from tests.spark.made_up_histories import replaced
from tests.unit import made_up

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CLIENTS = made_up.table(40)["SK_ID_CURR"].to_pylist()
PAID = made_up.history("installments_payments", CLIENTS, 90)
TURNED = (
    "aucune valeur n’est négative et certaines sont positives, donc après la demande ; ce qui l’a précédée "
    "s’écrit avec un signe moins."
)


def refusals(spark: SparkSession, source: Path, folder: Path) -> str:
    """What both imports say of a folder, which must be the same."""
    with pytest.raises(PortfolioError) as ordinary:
        import_folder(source, folder / "ordinary")
    with pytest.raises(PortfolioError) as sparked:
        importing.import_tables(spark, str(source), folder / "spark", lambda step, share: None)
    assert str(sparked.value) == str(ordinary.value)
    return str(sparked.value).replace("\u00a0", " ").replace("\u202f", " ").partition("\n")[2]


def put(source: Path, name: str, *pieces: pa.Table) -> None:
    """Write a table as Parquet: one file, or a folder of pieces."""
    source.mkdir(exist_ok=True)
    if len(pieces) > 1:
        (source / name).mkdir()
        for place, rows in enumerate(pieces):
            pa.parquet.write_table(made_up.text(rows), source / name / f"part-{place}.parquet")
    else:
        pa.parquet.write_table(made_up.text(pieces[0]), source / f"{name}.parquet")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of forty clients."""
    put(tmp_path / "source", "application_train", made_up.table(40))
    return tmp_path / "source"


def cards() -> pa.Table:
    """Twenty months of each of three cards, in no order."""
    rows = made_up.history("credit_card_balance", CLIENTS, 60)
    rows = replaced(
        rows,
        SK_ID_PREV=np.repeat([5_000_001.0, 5_000_002, 5_000_003], 20).tolist(),
        MONTHS_BALANCE=np.tile(-1.0 - np.arange(20), 3).tolist(),
    )
    return rows.take(np.random.default_rng(1).permutation(60))


def test_a_client_who_is_there_twice_is_told_with_the_file(
    spark: SparkSession, source: Path, tmp_path: Path
) -> None:
    put(source, "application_test", made_up.table(4, first=100_002).drop_columns(["TARGET"]))
    assert refusals(spark, source, tmp_path) == (
        "- application_test.parquet, ligne 1, colonne SK_ID_CURR : « 100002 » existe déjà ; chaque numéro de "
        "client doit être unique (et 3 autres lignes)."
    )


def test_a_credit_that_is_there_twice_is_told_with_its_piece(
    spark: SparkSession, source: Path, tmp_path: Path
) -> None:
    rows = made_up.history("bureau", CLIENTS, 80)
    put(source, "bureau", rows.slice(0, 40), pa.concat_tables([rows.slice(40), rows.slice(3, 1)]))
    number = rows["SK_ID_BUREAU"][3].as_py()
    assert refusals(spark, source, tmp_path) == (
        f"- bureau/part-1.parquet, ligne 41, colonne SK_ID_BUREAU : « {number} » existe déjà ; chaque numéro "
        "du crédit au fichier doit être unique."
    )


def test_pieces_of_the_same_rows_are_told(spark: SparkSession, source: Path, tmp_path: Path) -> None:
    rows = PAID.slice(0, 60)
    again = rows.take(list(range(29, -1, -1)))
    put(source, "installments_payments", rows.slice(0, 30), rows.slice(30), again)
    assert refusals(spark, source, tmp_path) == (
        "- installments_payments/part-2.parquet : les mêmes lignes que "
        "installments_payments/part-0.parquet : n’en gardez qu’un."
    )


def test_months_that_are_there_twice_are_told_with_their_files(
    spark: SparkSession, source: Path, tmp_path: Path
) -> None:
    rows = cards()
    late = sorted(range(60), key=lambda row: -rows["MONTHS_BALANCE"][row].as_py())
    first = next(row for row in late if rows["SK_ID_PREV"][row].as_py() == 5_000_002)
    second = next(row for row in late if rows["SK_ID_PREV"][row].as_py() == 5_000_003)
    # And an older one of the first card.
    older = [row for row in late if rows["SK_ID_PREV"][row].as_py() == 5_000_002][4]
    other = 0 if first < 30 else 1
    put(source, "credit_card_balance", rows.slice(0, 30), rows.slice(30), rows.take([older, first, second]))
    assert refusals(spark, source, tmp_path) == (
        f"- credit_card_balance/part-{other}.parquet, colonne MONTHS_BALANCE : le numéro du crédit chez nous "
        f"« 5000002 » a plusieurs lignes pour le mois −1 (dans credit_card_balance/part-{other}.parquet et "
        "credit_card_balance/part-2.parquet) ; enlevez celles qui sont de trop (et 2 autres lignes)."
    )


def test_points_that_part_thousands_are_told(spark: SparkSession, source: Path, tmp_path: Path) -> None:
    """Of both tables of clients, one of which is empty."""
    rows = replaced(made_up.table(40), AMT_CREDIT=[450.0 + 1.234 * row for row in range(40)])
    put(source, "application_train", rows)
    put(source, "application_test", made_up.table(1, first=400_000).drop_columns(["TARGET"]).slice(1))
    assert refusals(spark, source, tmp_path) == (
        "- application_train.parquet, colonne AMT_CREDIT : toutes les valeurs sont inférieures à 1 000 et "
        "certaines ont trois décimales : leur point sépare sans doute les milliers ; enregistrez les nombres "
        "sans séparateur de milliers."
    )


def test_a_whole_table_whose_days_were_turned_is_told(
    spark: SparkSession, source: Path, tmp_path: Path
) -> None:
    turned = replaced(made_up.history("bureau", CLIENTS, 80), DAYS_CREDIT=(1.0 + np.arange(80)).tolist())
    put(source, "bureau", turned.slice(0, 70), turned.slice(70))
    assert refusals(spark, source, tmp_path) == f"- bureau/part-0.parquet, colonne DAYS_CREDIT : {TURNED}"


def test_what_was_done_to_the_rows_of_a_table_is_told(
    spark: SparkSession, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Payments that are there twice.
    put(source, "installments_payments", PAID.take([place % 60 for place in range(67)]))
    # As many rows as Excel keeps.
    monkeypatch.setattr(whole, "EXCEL", 60)
    put(source, "credit_card_balance", cards())
    assert refusals(spark, source, tmp_path).splitlines() == [
        "- credit_card_balance.parquet : 60 lignes sous les noms des colonnes, le plus qu’Excel garde : la "
        "suite est sans doute perdue ; reprenez le fichier d’avant Excel ou, s’il est entier, remplacez-le "
        "par un dossier credit_card_balance où il est en deux morceaux, chacun avec les noms des colonnes.",
        "- installments_payments.parquet : 7 lignes sur 67 sont les mêmes qu’une autre : des lignes ou des "
        "fichiers y sont en double ; enlevez-les.",
    ]


def test_one_piece_whose_days_were_turned_is_told(spark: SparkSession, source: Path, tmp_path: Path) -> None:
    """A few rows may all be of days to come, and one payment in eleven like another."""
    before = replaced(PAID, DAYS_INSTALMENT=(-1.0 - np.arange(90)).tolist())
    turned = replaced(PAID, DAYS_INSTALMENT=(1.0 + np.arange(90)).tolist())
    again = [*range(30), *range(9)]
    put(source, "installments_payments", before.take(again), turned.slice(30, 31), turned.slice(61))
    assert refusals(spark, source, tmp_path) == (
        f"- installments_payments/part-1.parquet, colonne DAYS_INSTALMENT : {TURNED}"
    )


def test_a_table_with_the_columns_of_another_is_told_so(
    spark: SparkSession, source: Path, tmp_path: Path
) -> None:
    put(source, "bureau", PAID)
    assert refusals(spark, source, tmp_path) == (
        "- bureau.parquet, ligne 1 : les colonnes sont celles de installments_payments : mettez-y la bonne "
        "table."
    )
