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


@pytest.mark.parametrize("name", MONTHLY)
def test_the_pieces_in_which_a_month_is_twice_are_named(name: str, source: Path, tmp_path: Path) -> None:
    put(source, name, months(name))
    (source / f"{name}.csv").unlink()
    for place, rows in enumerate(([0, 1, 2], [3, 4, 5], [6, 7, 3])):
        made_up.write_csv(months(name).take(rows), source / name / f"part-{place}.csv")
    assert (
        f"- {name}/part-1.csv, colonne MONTHS_BALANCE : le {MONTHLY[name]} « 5000001 » a plusieurs lignes "
        f"pour le mois −3 (dans {name}/part-1.csv et {name}/part-2.csv) ; enlevez celles qui sont de trop."
    ) in refusal(source, tmp_path / "instance")


@pytest.mark.parametrize("name", ["installments_payments", *MONTHLY])
def test_a_piece_that_is_another_under_another_name_is_refused(
    name: str, source: Path, tmp_path: Path
) -> None:
    """Their rows need not be in one order."""
    if name == "installments_payments":
        rows = made_up.history(name, CLIENTS, 60)
    else:
        rows = months(name)
        put(source, name, rows)
        (source / f"{name}.csv").unlink()
    made_up.write_csv(rows.slice(0, 30), source / name / "a.csv")
    made_up.write_csv(rows.slice(30), source / name / "b.csv")
    made_up.write_csv(rows.take(list(range(29, -1, -1))), source / name / "c.csv")
    assert refusal(source, tmp_path / "instance").endswith(
        f":\n- {name}/c.csv : les mêmes lignes que {name}/a.csv : n’en gardez qu’un."
    )


@pytest.mark.parametrize(("again", "refused"), [(60, True), (120, True), (7, True), (6, False)])
def test_payments_that_are_there_twice_are_refused(
    again: int, refused: bool, source: Path, tmp_path: Path
) -> None:
    """Some may be alike: two of one sum on one day are two payments."""
    paid = made_up.history("installments_payments", CLIENTS, 60)
    rows = paid.take([place % 60 for place in range(60 + again)])
    made_up.write_csv(rows, source / "installments_payments.csv")
    if refused:
        assert refusal(source, tmp_path / "instance").endswith(
            f"- installments_payments.csv : {again} lignes sur {60 + again} sont les mêmes qu’une autre : "
            "des lignes ou des fichiers y sont en double ; enlevez-les."
        )
    else:
        assert import_folder(source, tmp_path / "instance").tables[0].rows == 66


def test_a_few_payments_may_all_be_alike(source: Path, tmp_path: Path) -> None:
    paid = made_up.history("installments_payments", CLIENTS, 14)
    made_up.write_csv(pa.concat_tables([paid, paid]), source / "installments_payments.csv")
    assert import_folder(source, tmp_path / "instance").tables[0].rows == 28


@pytest.mark.parametrize("rows", [1_048_574, 1_048_575, 1_048_576])
def test_a_table_that_excel_cut_is_refused(rows: int, source: Path, tmp_path: Path) -> None:
    lines = [
        "SK_ID_BUREAU,MONTHS_BALANCE,STATUS",
        *(f"{5_000_001 + n // 20},-{n % 20},C" for n in range(rows)),
    ]
    put(source, "bureau_balance", months("bureau_balance"))
    (source / "bureau_balance.csv").write_text("\n".join(lines) + "\n")
    if rows == 1_048_575:
        assert refusal(source, tmp_path / "instance").endswith(
            "- bureau_balance.csv : 1 048 575 lignes sous les noms des colonnes, le plus qu’Excel garde : la "
            "suite est sans doute perdue ; reprenez le fichier d’avant Excel ou, s’il est entier, "
            "remplacez-le par un dossier bureau_balance où il est en deux morceaux, chacun avec les noms des "
            "colonnes."
        )
    else:
        report = import_folder(source, tmp_path / "instance")
        assert (
            sum(table.rows + table.orphans for table in report.tables if table.name == "bureau_balance")
            == rows
        )


def test_a_piece_that_others_follow_may_be_as_long(source: Path, tmp_path: Path) -> None:
    """Some programs cut tables so that Excel opens every piece."""
    put(source, "bureau_balance", months("bureau_balance"))
    (source / "bureau_balance.csv").unlink()
    folder, head = source / "bureau_balance", "SK_ID_BUREAU,MONTHS_BALANCE,STATUS"
    folder.mkdir()
    lines = [f"{5_000_001 + n // 20},-{n % 20},C" for n in range(1_048_580)]
    (folder / "part-1.csv").write_text("\n".join([head, *lines[:1_048_575]]) + "\n")
    (folder / "part-2.csv").write_text("\n".join([head, *lines[1_048_575:]]) + "\n")
    report = import_folder(source, tmp_path / "instance")
    assert sum(one.rows + one.orphans for one in report.tables if one.name == "bureau_balance") == 1_048_580


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
