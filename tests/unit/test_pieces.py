"""Tables in pieces, in a folder or in a folder of a zip: not all there, not all meant, or there twice."""

import gzip
import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from pretadepenser.credit.intake.pieces import check_once
from pretadepenser.credit.portfolio import PortfolioError, import_folder
from tests.unit import made_up

TABLE = made_up.table(30)
PAID = "installments_payments"
CLIENTS = TABLE["SK_ID_CURR"].to_pylist()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Thirty clients, with what they paid in two pieces."""
    made_up.write_csv(TABLE, tmp_path / "source" / "application_train.csv")
    paid = made_up.history(PAID, CLIENTS, 60)
    made_up.write_csv(paid.slice(0, 30), tmp_path / "source" / PAID / "part-0.csv")
    made_up.write_csv(paid.slice(30), tmp_path / "source" / PAID / "part-1.csv")
    return tmp_path / "source"


def put(folder: Path, name: str) -> None:
    """Put something of this name there: packed, in another format or plain as its ending has it."""
    path, content = folder / name, (folder / "part-0.csv").read_bytes()
    if "." not in name.lstrip("."):
        (path / "inside").mkdir(parents=True)
        (path / "inside" / "x.json").write_text("{}")
    elif name.endswith(".parquet"):
        pa.parquet.write_table(made_up.text(made_up.history(PAID, CLIENTS, 60).slice(0, 30)), path)
    elif name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("part.csv", content)
    else:
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)


TWICE = "contient deux fois le même morceau (part-0.csv et {}) : n’en gardez qu’un."
WRONG = [
    ("part-0.csv.gz", TWICE.format("part-0.csv.gz")),
    ("part-0.csv.zip", TWICE.format("part-0.csv.zip")),
    ("part-0.parquet", TWICE.format("part-0.parquet")),
    ("part-0 (1).csv", TWICE.format("part-0 (1).csv")),
    ("part-0 - Copie.csv", TWICE.format("part-0 - Copie.csv")),
    ("Copie de part-0.csv", TWICE.format("Copie de part-0.csv")),
    (
        "_delta_log",
        "est une table Delta Lake, dont tous les fichiers ne comptent pas : enregistrez la table en Parquet "
        "ordinaire.",
    ),
    (
        "_temporary",
        "n’a pas fini d’être écrit (il contient _temporary) : attendez la fin, ou écrivez la table à "
        "nouveau.",
    ),
    (".part-2.csv.icloud", "/part-2.csv est resté sur iCloud : téléchargez-le sur cette machine."),
    (".part-2.csv.a3Xy9b", "/part-2.csv est une copie inachevée : "),
]


# Of what is hidden in a zip nothing is read: systems leave a file for each there.
CASES = [(*one, inside) for one in WRONG for inside in (False, True) if not inside or one[0][0] != "."]


@pytest.mark.parametrize(("name", "said", "inside"), CASES)
def test_pieces_that_are_not_whole_or_twice_are_refused(
    source: Path, tmp_path: Path, name: str, said: str, inside: bool
) -> None:
    """Rows that count twice hide late payments: two halves make a whole one."""
    put(source / PAID, name)
    if inside:
        source = zipped(source, tmp_path / "all.zip")
    with pytest.raises(PortfolioError) as caught:
        import_folder(source, tmp_path / "instance")
    told = str(caught.value).replace("\u00a0", " ")
    assert said in told
    assert PAID in told


def zipped(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for one in sorted(folder.rglob("*")):
            if one.is_file():
                archive.write(one, one.relative_to(folder))
    return path


def test_a_table_of_iceberg_is_told_by_its_two_folders(source: Path, tmp_path: Path) -> None:
    for name in ("data", "metadata"):
        (source / PAID / name).mkdir()
    with pytest.raises(PortfolioError, match=f"^{PAID} est une table Iceberg, dont tous les fichiers"):
        import_folder(source, tmp_path / "instance")


def test_a_table_that_the_cloud_has_kept_is_not_passed_over(source: Path, tmp_path: Path) -> None:
    (source / ".bureau.csv.icloud").write_bytes(b"bplist00")
    with pytest.raises(PortfolioError, match=re.escape("bureau.csv est resté sur iCloud")):
        import_folder(source, tmp_path / "instance")


@pytest.mark.parametrize(
    "names",
    [
        ("part-0.csv", "part-1.csv", "part-10.csv"),
        ("part (1).csv", "part (2).csv"),
        ("000.csv.gz", "001.csv.gz"),
        ("part-00000-a.snappy.parquet", "part-00000-b.snappy.parquet"),
        ("copie.csv", "copie 2.csv"),
    ],
)
def test_pieces_with_numbers_are_no_copies(names: tuple[str, ...]) -> None:
    check_once(names, "bureau")


@pytest.mark.parametrize(
    ("kind", "first", "refused"),
    [
        (pa.float32(), 2**24 - 200, False),
        (pa.float32(), 2**24 - 20, True),
        (pa.float16(), 1_000, False),
        (pa.float16(), 2_040, True),
        (pa.float64(), 2**24, False),
    ],
)
def test_numbers_of_clients_in_a_type_that_rounds_them_are_refused(
    source: Path, tmp_path: Path, kind: pa.DataType, first: int, *, refused: bool
) -> None:
    """What makes tables small in memory turns 123456001 into 123456000: two clients have one number."""
    rows = made_up.text(made_up.table(30, first=first))
    numbers = pa.array(np.array(rows["SK_ID_CURR"].to_numpy(), kind.to_pandas_dtype()), kind)
    assert refused or numbers.cast(pa.float64()).to_pylist() == rows["SK_ID_CURR"].to_pylist()
    (source / "application_train.csv").unlink()
    index = rows.schema.get_field_index("SK_ID_CURR")
    path = source / "application_train.parquet"
    pa.parquet.write_table(rows.set_column(index, "SK_ID_CURR", numbers), path)
    if not refused:
        paid = made_up.history(PAID, rows["SK_ID_CURR"].to_pylist(), 30)
        made_up.write_csv(paid, source / PAID / "part-0.csv")
        assert import_folder(source, tmp_path / "instance").clients == 30
        return
    with pytest.raises(PortfolioError) as caught:
        import_folder(source, tmp_path / "instance")
    assert re.search(
        r"colonne SK_ID_CURR : « \d+ ».* (est écrit|et « \d+ » sont écrits) en (float|halffloat), qui "
        "arrondit de tels numéros ; enregistrez-les en int64",
        str(caught.value).replace("\u00a0", " "),
    )


def test_a_page_of_parquet_that_was_damaged_is_told_by_its_checksum(source: Path, tmp_path: Path) -> None:
    (source / "application_train.csv").unlink()
    path = source / "application_train.parquet"
    rows = made_up.text(TABLE)
    amounts = rows["AMT_CREDIT"].to_numpy()
    options = {"use_dictionary": False, "compression": "none", "write_page_checksum": True}
    pa.parquet.write_table(rows, path, **options)
    content = bytearray(path.read_bytes())
    place = content.index(amounts[:3].tobytes())
    content[place + 6] ^= 1
    path.write_bytes(content)
    assert pa.parquet.read_table(io.BytesIO(content))["AMT_CREDIT"][0].as_py() != amounts[0]
    with pytest.raises(PortfolioError, match="est illisible ou endommagé"):
        import_folder(source, tmp_path / "instance")
