"""What only a whole table tells: months and rows that are there twice, an end cut off, days turned round."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pretadepenser.credit.portfolio import PortfolioError, import_folder
from tests.unit import made_up

TABLE = made_up.table(40)
CLIENTS = TABLE["SK_ID_CURR"].to_pylist()
MONTHLY = {
    "bureau_balance": "numéro du crédit au fichier",
    "POS_CASH_balance": "numéro du crédit chez nous",
    "credit_card_balance": "numéro du crédit chez nous",
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of forty clients."""
    made_up.write_csv(TABLE, tmp_path / "source" / "application_train.csv")
    return tmp_path / "source"


def refusal(source: Path, instance: Path) -> str:
    """The sentence that refuses an import that leaves nothing behind."""
    with pytest.raises(PortfolioError) as caught:
        import_folder(source, instance)
    assert not [path for path in instance.glob("*portfolio*") if path.is_dir()]
    return str(caught.value).replace("\u00a0", " ").replace("\u202f", " ")


def with_values(table: pa.Table, name: str, values: Sequence[int]) -> pa.Table:
    """The same table with other values of one column."""
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(name), pa.array(values, table.schema.field(name).type))


def months(name: str) -> pa.Table:
    """Sixty rows of a monthly table: twenty months of each of three credits, no row by chance twice."""
    rows = made_up.history(name, [5_000_001] if name == "bureau_balance" else CLIENTS, 60)
    which = "SK_ID_BUREAU" if name == "bureau_balance" else "SK_ID_PREV"
    rows = with_values(rows, which, np.repeat([5_000_001, 5_000_002, 5_000_003], 20).tolist())
    return with_values(rows, "MONTHS_BALANCE", np.tile(-np.arange(20), 3).tolist())


def put(source: Path, name: str, table: pa.Table) -> None:
    """Write a monthly table, with the credits that it follows."""
    if name == "bureau_balance":
        bureau = made_up.history("bureau", CLIENTS, 60)
        made_up.write_csv(bureau, source / "bureau.csv")
    made_up.write_csv(table, source / f"{name}.csv")


@pytest.mark.parametrize("name", MONTHLY)
def test_a_credit_has_one_row_a_month(name: str, source: Path, tmp_path: Path) -> None:
    """A file that was appended to itself doubled the months late, without a word."""
    table = months(name)
    put(source, name, table)
    assert import_folder(source, tmp_path / "other").clients == 40
    # Two rows again, in another order than that of numbers, and one of them not alike.
    again = table.take([47, 23])
    put(source, name, pa.concat_tables([table, again]))
    assert (
        f"- {name}.csv, colonne MONTHS_BALANCE : le {MONTHLY[name]} « 5000002 » a plusieurs lignes pour le "
        "mois −3 ; enlevez celles qui sont de trop (et 1 autre ligne)."
    ) in refusal(source, tmp_path / "instance")


@pytest.mark.parametrize(("rows", "times", "refused"), [(60, 2, True), (60, 3, True), (10, 2, False)])
def test_payments_that_are_all_there_twice_are_refused(
    rows: int, times: int, refused: bool, source: Path, tmp_path: Path
) -> None:
    paid = made_up.history("installments_payments", CLIENTS, rows)
    made_up.write_csv(pa.concat_tables([paid] * times), source / "installments_payments.csv")
    if refused:
        said = "- installments_payments.csv : chaque ligne y est plusieurs fois : n’en gardez qu’une."
        assert said in refusal(source, tmp_path / "instance")
    else:
        assert import_folder(source, tmp_path / "instance").tables[0].rows == rows * times


def test_some_payments_may_be_alike(source: Path, tmp_path: Path) -> None:
    """Two of one sum on one day are two payments; all but one row are there twice."""
    paid = made_up.history("installments_payments", CLIENTS, 60)
    made_up.write_csv(pa.concat_tables([paid, paid.slice(1)]), source / "installments_payments.csv")
    assert import_folder(source, tmp_path / "instance").tables[0].rows == 119


@pytest.mark.parametrize("rows", [1_048_574, 1_048_575, 1_048_576])
def test_a_table_that_excel_cut_is_refused(rows: int, source: Path, tmp_path: Path) -> None:
    lines = ["SK_ID_BUREAU,MONTHS_BALANCE,STATUS", *(f"{n // 20 + 1},-{n % 20},C" for n in range(rows))]
    put(source, "bureau_balance", months("bureau_balance"))
    (source / "bureau_balance.csv").write_text("\n".join(lines) + "\n")
    if rows == 1_048_575:
        assert refusal(source, tmp_path / "instance").endswith(
            "- bureau_balance.csv : 1 048 575 lignes sous les noms des colonnes, le plus qu’Excel garde : la "
            "suite est sans doute perdue ; reprenez le fichier d’avant Excel ou, s’il est entier, coupez-le "
            "en deux morceaux dans un dossier bureau_balance."
        )
    else:
        report = import_folder(source, tmp_path / "instance")
        assert (
            sum(table.rows + table.orphans for table in report.tables if table.name == "bureau_balance")
            == rows
        )


def test_one_piece_whose_days_were_turned_is_refused(source: Path, tmp_path: Path) -> None:
    """What was before the application in one piece was after it in the other, and both were taken."""
    paid = made_up.history("installments_payments", CLIENTS, 90)
    before = with_values(paid, "DAYS_INSTALMENT", (-1 - np.arange(90)).tolist())
    pieces = source / "installments_payments"
    made_up.write_csv(before.slice(0, 50), pieces / "part-0.csv")
    turned = with_values(before.slice(50), "DAYS_INSTALMENT", (51 + np.arange(40)).tolist())
    made_up.write_csv(turned, pieces / "part-1.csv")
    assert refusal(source, tmp_path / "instance").endswith(
        "- installments_payments/part-1.csv, colonne DAYS_INSTALMENT : aucune valeur n’est négative et "
        "certaines sont positives, donc après la demande ; ce qui l’a précédée s’écrit avec un signe moins."
    )
    # A few rows may all be of days to come.
    made_up.write_csv(turned.slice(0, 29), pieces / "part-1.csv")
    assert import_folder(source, tmp_path / "instance").tables[0].rows == 79


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_number_that_is_given_twice_is_on_the_line_that_an_editor_shows(
    encoding: str, source: Path, tmp_path: Path
) -> None:
    path = source / "application_train.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:3], "", "", *lines[3:], lines[10]]) + "\n", encoding)
    assert f"application_train.csv, ligne 44, colonne SK_ID_CURR : « {CLIENTS[9]} » existe déjà" in refusal(
        source, tmp_path / "instance"
    )
