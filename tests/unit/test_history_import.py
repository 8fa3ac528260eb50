"""Importing the history tables with the clients: as one portfolio, from every packing, or not at all."""

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
import pytest

from pretadepenser import storage
from pretadepenser.credit.dictionary import HISTORY, TABLES
from pretadepenser.credit.portfolio import (
    Imported,
    Portfolio,
    PortfolioError,
    current_portfolio,
    import_batches,
    import_folder,
)
from pretadepenser.credit.stored import histories
from tests.unit import made_up
from tests.unit.portfolio_files import opened, spoil

GENUINE = Path(__file__).resolve().parents[3] / "shared" / "data" / "homecredit-histories"
CLIENTS, ROWS = 30, 80
NUMBERS = [100_002 + 3 * index for index in range(CLIENTS)]
# Nobody else has a history: the last ten clients have none.
OWNERS = NUMBERS[:20]
CREDITS = [5_000_001 + index for index in range(ROWS)]


def rows_of(name: str) -> pa.Table:
    """Made-up rows of a history table."""
    return made_up.history(name, CREDITS if name == "bureau_balance" else OWNERS, ROWS, seed=len(name))


@pytest.fixture(scope="module")
def download(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the clients and all six tables as Kaggle writes them."""
    folder = tmp_path_factory.mktemp("download")
    made_up.write_csv(made_up.table(CLIENTS), folder / "application_train.csv")
    for name in TABLES:
        made_up.write_csv(rows_of(name), folder / f"{name}.csv")
    return folder


@pytest.fixture
def source(download: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to be changed."""
    return Path(shutil.copytree(download, tmp_path / "source"))


@pytest.fixture(scope="module")
def whole(download: Path, tmp_path_factory: pytest.TempPathFactory) -> Portfolio:
    """What that folder is imported as."""
    instance = tmp_path_factory.mktemp("instance")
    import_folder(download, instance)
    return opened(instance)


def contents(portfolio: Portfolio) -> dict[str, str]:
    """SHA-256 of every file that does not tell when and from what it was made."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(portfolio.folder.iterdir())
        if path.suffix in (".arrow", ".npy")
    }


def refusal(source: Path, instance: Path) -> str:
    """The sentence that refuses an import that leaves nothing behind."""
    with pytest.raises(PortfolioError) as caught:
        import_folder(source, instance)
    assert not list(instance.glob("portfolio*"))
    assert not [path for path in instance.glob(".portfolio.*") if path.is_dir()]
    return str(caught.value).replace("\u00a0", " ")


def test_all_tables_become_one_portfolio(whole: Portfolio) -> None:
    assert whole.size == 30
    assert whole.tables == {
        "bureau", "bureau_balance", "previous_application", "POS_CASH_balance", "credit_card_balance",
        "installments_payments",
    }  # fmt: skip
    whole.verify()
    assert not (whole.folder / "scratch").exists()
    for name in TABLES:
        assert (whole.folder / f"{name}.arrow").is_file()


@pytest.mark.parametrize("name", list(TABLES))
def test_a_client_has_the_rows_that_were_in_the_file(whole: Portfolio, name: str) -> None:
    rows = made_up.text(rows_of(name)).to_pylist()
    owners = {row["SK_ID_BUREAU"]: row["SK_ID_CURR"] for row in rows_of("bureau").to_pylist()}
    time = {"bureau": "DAYS_CREDIT", "previous_application": "DAYS_DECISION"}.get(name, "MONTHS_BALANCE")
    time = "DAYS_INSTALMENT" if name == "installments_payments" else time
    found = 0
    for number in NUMBERS:
        history = whole.history(number)[name]
        own = [row for row in rows if row.get("SK_ID_CURR", owners.get(row.get("SK_ID_BUREAU"))) == number]
        assert sorted(history, key=str) == sorted(own, key=str)
        times = [row[time] for row in history if row[time] is not None]
        assert times == sorted(times)  # type: ignore[type-var]
        found += len(history)
    assert found == ROWS


def test_each_step_of_an_import_ends_at_the_whole(download: Path, tmp_path: Path) -> None:
    seen: dict[str, list[float]] = {}
    import_folder(download, tmp_path, lambda step, share: seen.setdefault(step, []).append(share))
    assert {f"Écriture de {name}" for name in TABLES} < seen.keys()
    for step, shares in seen.items():
        assert shares == sorted(shares), step
        assert shares[-1] == 1.0, step


def test_only_the_tables_that_are_asked_for_are_read(whole: Portfolio) -> None:
    assert list(whole.history(NUMBERS[0], ["bureau", "POS_CASH_balance"])) == ["bureau", "POS_CASH_balance"]
    with pytest.raises(KeyError):
        whole.history(100_003)


def test_figures_of_the_history_are_stored_with_the_client(whole: Portfolio) -> None:
    client = whole.client(NUMBERS[0])
    assert client is not None
    active = 0
    for row in whole.history(NUMBERS[0])["bureau"]:
        days = [row["DAYS_CREDIT"], row["DAYS_CREDIT_UPDATE"]]
        # What was told, or opened, after the day of the application was not known on it.
        active += row["CREDIT_ACTIVE"] == "Active" and all(float(day or 0) <= 0 for day in days)
    assert client.values["BUREAU_ACTIVE"] == active
    assert (whole.column("BUREAU_ACTIVE") == whole.values("BUREAU_ACTIVE")).all()
    assert whole.quantile("BUREAU_ACTIVE", 1.0) == whole.column("BUREAU_ACTIVE").max()


def test_a_table_that_is_not_there_is_not_a_table_without_rows(source: Path, tmp_path: Path) -> None:
    for name in TABLES:
        if name != "bureau":
            (source / f"{name}.csv").unlink()
    report = import_folder(source, tmp_path / "instance")
    assert report.tables == (Imported("bureau", 80, 0),)
    portfolio = opened(tmp_path / "instance")
    assert portfolio.tables == {"bureau"}
    without = portfolio.client(NUMBERS[-1])
    assert without is not None
    # No history in bureau: nothing is owed there. No previous_application: nothing is known.
    assert portfolio.history(NUMBERS[-1]) == {"bureau": []}
    assert without.values["BUREAU_ACTIVE"] == 0
    assert without.values["BUREAU_LAST"] is None
    assert without.values["PREVIOUS_APPROVED"] is None
    assert without.values["BUREAU_MONTHS_LATE"] is None
    assert np.isnan(portfolio.column("PREVIOUS_APPROVED")).all()
    assert portfolio.missing("PREVIOUS_APPROVED") == 1
    (frame,) = portfolio.frames(["PREVIOUS_APPROVED", "BUREAU_ACTIVE"])
    assert np.isnan(frame["PREVIOUS_APPROVED"]).all()
    assert not np.isnan(frame["BUREAU_ACTIVE"]).any()
    assert portfolio.rows(np.array([29]), ["PREVIOUS_APPROVED", "BUREAU_ACTIVE"]) == [
        {"PREVIOUS_APPROVED": None, "BUREAU_ACTIVE": 0}
    ]


def _gz(source: Path) -> None:
    for name in TABLES:
        path = source / f"{name}.csv"
        path.with_suffix(".csv.gz").write_bytes(gzip.compress(path.read_bytes(), 1))
        path.unlink()


def _zipped(path: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, path.name)
    return packed.getvalue()


def _zip(source: Path) -> None:
    for name in TABLES:
        path = source / f"{name}.csv"
        path.with_suffix(".csv.zip").write_bytes(_zipped(path))
        path.unlink()


def _parquet(source: Path) -> None:
    for name in TABLES:
        pa.parquet.write_table(made_up.text(rows_of(name)), source / f"{name}.parquet")
        (source / f"{name}.csv").unlink()


def _csv_parts(source: Path) -> None:
    """As Spark writes a table, and as somebody cuts one."""
    for name in TABLES:
        (source / f"{name}.csv").unlink()
        folder = source / (f"{name}.csv" if name.startswith("b") else name.upper())
        folder.mkdir()
        for part in range(3):
            rows = rows_of(name).slice(part * 30, 30)
            made_up.write_csv(rows, folder / f"part-0000{part}.csv")
        (folder / "_SUCCESS").touch()
        (folder / ".part-00000.csv.crc").write_bytes(b"crc\0")


def _parquet_parts(source: Path) -> None:
    for name in TABLES:
        (source / f"{name}.csv").unlink()
        folder = source / f"{name}.parquet"
        folder.mkdir()
        for part in range(2):
            rows = made_up.text(rows_of(name).slice(part * 50, 50))
            pa.parquet.write_table(rows, folder / f"part-0000{part}-6a1.c000.snappy.parquet")
        (folder / "_SUCCESS").touch()


def _zips_in_zip(source: Path) -> None:
    with zipfile.ZipFile(source / "home-credit-default-risk.zip", "w") as archive:
        for name in ("application_train", *TABLES):
            path = source / f"{name}.csv"
            archive.writestr(f"{name}.csv.zip", _zipped(path))
            path.unlink()
        archive.writestr("HomeCredit_columns_description.csv", b"Table,Row\n")


def _parts_in_zip(source: Path) -> None:
    with zipfile.ZipFile(source / "home-credit-default-risk.zip", "w") as archive:
        for name in ("application_train", *TABLES):
            path = source / f"{name}.csv"
            head, *lines = path.read_text().splitlines(keepends=True)
            for part in (0, 1):
                archive.writestr(f"data/{name}/part-{part}.csv", "".join([head, *lines[part * 40 :][:40]]))
            archive.writestr(f"data/{name}/_SUCCESS", "")
            path.unlink()


def _windows(source: Path) -> None:
    """UTF-16, or with lines of Windows: read as text, not by DuckDB itself."""
    for index, name in enumerate(TABLES):
        path = source / f"{name}.csv"
        text = path.read_text()
        path.write_bytes(text.encode("utf-16") if index % 2 else text.replace("\n", "\r\n").encode())


def _shuffled(source: Path) -> None:
    for name in TABLES:
        head, *lines = (source / f"{name}.csv").read_text().splitlines()
        order = np.random.default_rng(4).permutation(len(lines))
        (source / f"{name}.csv").write_text("\n".join([head, *(lines[row] for row in order)]))


@pytest.mark.parametrize(
    "pack",
    [_gz, _zip, _parquet, _csv_parts, _parquet_parts, _zips_in_zip, _parts_in_zip, _windows, _shuffled],
)
def test_every_packing_gives_the_same_content(
    pack: Callable[[Path], None], source: Path, whole: Portfolio, tmp_path: Path
) -> None:
    pack(source)
    import_folder(source, tmp_path / "instance")
    assert contents(opened(tmp_path / "instance")) == contents(whole)


def test_a_folder_with_a_name_like_a_pattern(download: Path, whole: Portfolio, tmp_path: Path) -> None:
    source = shutil.copytree(download, tmp_path / "l'export [2026] *")
    import_folder(Path(source), tmp_path / "instance")
    assert contents(opened(tmp_path / "instance")) == contents(whole)


def test_batches_small_and_large_give_the_same_rows(
    download: Path, whole: Portfolio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of a client lie in several batches."""
    monkeypatch.setattr("pretadepenser.credit.portfolio.importing.BATCH_ROWS", 7)
    import_folder(download, tmp_path)
    small = opened(tmp_path)
    for number in NUMBERS:
        assert small.history(number) == whole.history(number)


def test_rows_of_nobody_are_counted_and_left_out(source: Path, tmp_path: Path) -> None:
    spoil(source / "bureau.csv", 3, "SK_ID_CURR", "999")
    spoil(source / "POS_CASH_balance.csv", 4, "SK_ID_CURR", "999")
    spoil(source / "POS_CASH_balance.csv", 9, "SK_ID_CURR", "998")
    header, *lines = (source / "bureau.csv").read_text().splitlines()
    orphan = lines[1].split(",")[header.replace('"', "").split(",").index("SK_ID_BUREAU")]
    months = [row["SK_ID_BUREAU"] for row in rows_of("bureau_balance").to_pylist()].count(int(orphan))
    spoil(source / "bureau_balance.csv", 2, "SK_ID_BUREAU", "77")
    first = rows_of("bureau_balance").to_pylist()[0]["SK_ID_BUREAU"]
    lost = months + (first != int(orphan))
    report = import_folder(source, tmp_path / "instance")
    assert report.tables == (
        Imported("bureau", 79, 1),
        Imported("bureau_balance", 80 - lost, lost),
        Imported("previous_application", 80, 0),
        Imported("POS_CASH_balance", 78, 2),
        Imported("credit_card_balance", 80, 0),
        Imported("installments_payments", 80, 0),
    )
    portfolio = opened(tmp_path / "instance")
    card = json.loads((portfolio.folder / "card.json").read_text())
    assert card["tables"]["POS_CASH_balance"] == {"rows": 78, "orphans": 2}
    assert sum(len(portfolio.history(number)["bureau_balance"]) for number in NUMBERS) == 80 - lost


def _latin(folder: Path) -> None:
    path = folder / "bureau.csv"
    path.write_bytes(path.read_bytes().replace(b"Consumer credit", b"Cr\xe9dit", 1))


def _without_column(folder: Path) -> None:
    made_up.write_csv(rows_of("bureau").drop_columns(["AMT_CREDIT_SUM"]), folder / "bureau.csv")


def _spoiled(table: str, line: int, column: str, value: str) -> Callable[[Path], None]:
    return lambda folder: spoil(folder / f"{table}.csv", line, column, value)


def _twice(table: str, key: str) -> Callable[[Path], None]:
    number = str(rows_of(table).to_pylist()[2][key])
    return lambda folder: spoil(folder / f"{table}.csv", 40, key, number)


def _two_copies(folder: Path) -> None:
    pa.parquet.write_table(made_up.text(rows_of("bureau")), folder / "bureau.parquet")


def _copy_in_parts(folder: Path) -> None:
    (folder / "BUREAU").mkdir()
    shutil.copy(folder / "bureau.csv", folder / "BUREAU" / "part-0.csv")


def _bad_part(folder: Path) -> None:
    _csv_parts(folder)
    spoil(folder / "bureau.csv" / "part-00001.csv", 5, "AMT_CREDIT_SUM", "beaucoup")


def _same_key_in_two_parts(folder: Path) -> None:
    _csv_parts(folder)
    number = str(rows_of("bureau").to_pylist()[0]["SK_ID_BUREAU"])
    spoil(folder / "bureau.csv" / "part-00002.csv", 2, "SK_ID_BUREAU", number)


def _foreign_part(folder: Path) -> None:
    _csv_parts(folder)
    (folder / "bureau.csv" / "part-00003.xlsx").touch()


def _no_parts(folder: Path) -> None:
    (folder / "bureau.csv").unlink()
    (folder / "bureau").mkdir()
    (folder / "bureau" / "_SUCCESS").touch()


def _orphaned_table(folder: Path) -> None:
    (folder / "bureau.csv").unlink()


def _holds(content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / "bureau.csv").write_bytes(content)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            _spoiled("bureau", 7, "AMT_CREDIT_SUM", "abc"),
            "- bureau.csv, ligne 7, colonne AMT_CREDIT_SUM : « abc » n’est pas un nombre.",
        ),
        (
            _spoiled("installments_payments", 9, "NUM_INSTALMENT_NUMBER", "1.5"),
            "ligne 9, colonne NUM_INSTALMENT_NUMBER : « 1,5 » n’est pas un nombre entier.",
        ),
        (
            _spoiled("bureau_balance", 8, "STATUS", "Z"),
            "bureau_balance.csv, ligne 8, colonne STATUS : catégorie inconnue « Z » (admises : « 0 », ",
        ),
        (
            _spoiled("POS_CASH_balance", 5, "SK_ID_CURR", ""),
            "POS_CASH_balance.csv, ligne 5, colonne SK_ID_CURR : valeur absente, or elle est obligatoire",
        ),
        (
            _spoiled("previous_application", 4, "HOUR_APPR_PROCESS_START", "25"),
            "ligne 4, colonne HOUR_APPR_PROCESS_START : « 25 » est hors des bornes admises",
        ),
        (_without_column, "bureau.csv, ligne 1 : il manque la colonne AMT_CREDIT_SUM."),
        (_latin, "colonne CREDIT_TYPE : catégorie inconnue « Crédit »"),
        (_twice("bureau", "SK_ID_BUREAU"), "bureau.csv, ligne 40, colonne SK_ID_BUREAU : « "),
        (
            _twice("previous_application", "SK_ID_PREV"),
            "previous_application.csv, ligne 40, colonne SK_ID_PREV : « ",
        ),
        (
            _two_copies,
            "source contient plusieurs fois bureau (bureau.csv et bureau.parquet) : n’en gardez qu’un.",
        ),
        (_copy_in_parts, "source contient plusieurs fois bureau (bureau.csv et BUREAU) : n’en gardez qu’un."),
        (
            _bad_part,
            "bureau.csv/part-00001.csv, ligne 5, colonne AMT_CREDIT_SUM : « beaucoup » n’est pas un nombre.",
        ),
        (_same_key_in_two_parts, "- bureau.csv/part-00002.csv, ligne 2, colonne SK_ID_BUREAU : « "),
        (_foreign_part, "bureau.csv/part-00003.xlsx n’est pas d’un format qui se lit"),
        (_no_parts, "Aucun fichier bureau (.csv, .csv.zip, .csv.gz ou .parquet) dans "),
        (_no_parts, " : enlevez ce dossier, ou copiez-y à nouveau les morceaux de la table."),
        (
            _orphaned_table,
            "bureau_balance ne dit pas à quels clients ses lignes sont : ajoutez bureau, qui le dit, "
            "ou enlevez bureau_balance.",
        ),
        (_holds(b""), "Le fichier bureau.csv est vide : téléchargez-le à nouveau."),
        (_holds(b"version https://git-lfs.github.com/spec/v1\n"), "bureau.csv est un pointeur de Git LFS"),
        (
            _holds(b"SK_ID_CURR;SK_ID_BUREAU;CREDIT_ACTIVE\n"),
            "bureau.csv, ligne 1 : les colonnes sont séparées par des points-virgules",
        ),
        (_holds(b"sk_id_curr,sk_id_bureau\n"), "s’écrivent en majuscules : SK_ID_CURR, et non sk_id_curr"),
        (
            lambda folder: (folder / "bureau.csv").rename(folder / "bureau.xlsx"),
            "bureau.xlsx n’est pas d’un format qui se lit",
        ),
    ],
)
def test_a_faulty_history_refuses_the_whole_import(
    change: Callable[[Path], object], says: str, source: Path, tmp_path: Path
) -> None:
    change(source)
    assert says in refusal(source, tmp_path / "instance")


def test_too_little_memory_is_told_with_its_setting(download: Path, tmp_path: Path) -> None:
    with pytest.raises(
        PortfolioError,
        match=r"^La mémoire permise, 20\xa0Mo, ne suffit pas à l’import : donnez plus au réglage MEMORY\.$",
    ):
        import_folder(download, tmp_path, memory=20)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_faults_of_several_tables_are_told_at_once(source: Path, tmp_path: Path) -> None:
    spoil(source / "application_train.csv", 7, "AMT_CREDIT", "abc")
    spoil(source / "bureau.csv", 8, "AMT_CREDIT_SUM", "def")
    spoil(source / "POS_CASH_balance.csv", 9, "SK_DPD", "ghi")
    told = refusal(source, tmp_path / "instance").splitlines()
    assert [line.partition(" : ")[0] for line in told[1:]] == [
        "- application_train.csv, ligne 7, colonne AMT_CREDIT",
        "- bureau.csv, ligne 8, colonne AMT_CREDIT_SUM",
        "- POS_CASH_balance.csv, ligne 9, colonne SK_DPD",
    ]


# Run in a process of its own, which dies at a step of its import.
KILLED = """
import os, signal, sys
from pathlib import Path
from pretadepenser.credit.portfolio import import_folder
def progress(step, share):
    if step == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)
import_folder(Path(sys.argv[1]), Path(sys.argv[2]), progress)
"""


@pytest.mark.parametrize("step", ["Lecture de POS_CASH_balance.csv", "Écriture de credit_card_balance"])
def test_a_killed_import_leaves_what_was_in_place(step: str, download: Path, tmp_path: Path) -> None:
    import_batches(made_up.table(5).to_batches(), tmp_path)
    before = opened(tmp_path).sha256
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(download), str(tmp_path), step],
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == -signal.SIGKILL
    assert opened(tmp_path).sha256 == before
    storage.clean(tmp_path, "portfolio")
    assert [path.name for path in tmp_path.glob(".portfolio.*") if path.is_dir()] == []


def test_prepared_batches_with_histories(download: Path, whole: Portfolio, tmp_path: Path) -> None:
    histories = {name: rows_of(name).to_batches(max_chunksize=17) for name in TABLES}
    report = import_batches(made_up.table(CLIENTS).to_batches(), tmp_path, histories=histories)
    assert [one.rows for one in report.tables] == [ROWS] * 6
    assert contents(opened(tmp_path)) == contents(whole)


def test_prepared_batches_that_repeat_a_number_are_refused(tmp_path: Path) -> None:
    rows = rows_of("bureau")
    with pytest.raises(
        PortfolioError,
        match=rf"Données fictives \(bureau\), colonne SK_ID_BUREAU : {ROWS}\xa0numéros déjà donnés",
    ):
        import_batches(
            made_up.table(CLIENTS).to_batches(),
            tmp_path,
            histories={"bureau": [*rows.to_batches(), *rows.to_batches()]},
        )
    with pytest.raises(PortfolioError, match=r"colonne SK_ID_BUREAU : 1\xa0numéro déjà donné\.$"):
        import_batches(
            made_up.table(CLIENTS).to_batches(),
            tmp_path,
            histories={"bureau": [*rows.to_batches(), *rows.slice(0, 1).to_batches()]},
        )
    assert current_portfolio(tmp_path) is None


FORMER = "Le portefeuille a été importé par une autre version de l’application : importez-le à nouveau."


def test_a_portfolio_of_before_says_to_import_again(whole: Portfolio, tmp_path: Path) -> None:
    folder = shutil.copytree(whole.folder, tmp_path / "copy")
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, "format": 3}))
    with pytest.raises(PortfolioError, match=f"^{re.escape(FORMER)}$"):
        Portfolio.open(folder)


@pytest.mark.parametrize("name", ["bureau.arrow", "bureau.npy", "installments_payments.arrow"])
def test_a_damaged_history_is_never_shown(
    name: str, whole: Portfolio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(whole.folder, tmp_path / "copy")
    content = (folder / name).read_bytes()
    times = (folder / name).stat()
    expected = {number: whole.history(number) for number in NUMBERS}
    random = np.random.default_rng(6)
    refused = 0
    for _ in range(12):
        place = int(random.integers(len(content) // 4, len(content)))
        spoiled = bytearray(content)
        spoiled[place] ^= 1 << int(random.integers(8))
        (folder / name).write_bytes(spoiled)
        os.utime(folder / name, ns=(times.st_atime_ns, times.st_mtime_ns))
        with pytest.raises(PortfolioError, match=rf"endommagé \({name}\)"):
            Portfolio.open(folder)
        with monkeypatch.context() as patch:
            # Too large to be read whole at each opening: the rows that are read are checked.
            patch.setattr(storage, "LARGE", 0)
            try:
                found = Portfolio.open(folder)
                assert {number: found.history(number) for number in NUMBERS} == expected
            except PortfolioError as error:
                assert "endommagé" in str(error)  # noqa: PT017
                refused += 1
            else:
                with pytest.raises(PortfolioError, match="endommagé"):
                    found.verify()
    assert refused >= 4


@pytest.mark.parametrize("name", ["bureau", "credit_card_balance"])
def test_the_file_whose_rows_cannot_be_read_is_named(
    name: str, whole: Portfolio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: object) -> None:
        raise ValueError("other rows")

    monkeypatch.setattr(histories.History, "of", damaged)
    with pytest.raises(PortfolioError, match=rf"est endommagé \({name}\.arrow\) : importez-le à nouveau\."):
        whole.history(NUMBERS[0], [name])


@pytest.mark.skipif(not GENUINE.is_dir(), reason="genuine rows (../shared/data) are not here")
@pytest.mark.parametrize(
    ("folder", "clients", "rows"),
    [
        (
            "all-tables",
            10_000,
            {
                "bureau": 49_227, "bureau_balance": 1_207_059, "previous_application": 49_100,
                "POS_CASH_balance": 287_697, "credit_card_balance": 113_392,
            },
        ),
        (
            "bureau-clients",
            12_446,
            {"bureau": 69_238, "bureau_balance": 689_826, "credit_card_balance": 131_531},
        ),
    ],
)  # fmt: skip
def test_the_genuine_tables_import_whole(
    folder: str, clients: int, rows: dict[str, int], tmp_path: Path
) -> None:
    report = import_folder(GENUINE / folder, tmp_path)
    assert report.clients == clients
    assert report.tables == tuple(Imported(name, count, 0) for name, count in rows.items())
    portfolio = opened(tmp_path)
    assert not np.isnan(portfolio.column("BUREAU_ACTIVE")).any()
    assert set(HISTORY) > {name for name in HISTORY if np.isnan(portfolio.column(name)).all()}
    someone = int(portfolio.numbers()[1234])
    for name in ("bureau", "credit_card_balance"):
        genuine = pa.parquet.read_table(GENUINE / folder / f"{name}.parquet")
        own = genuine.filter(pc.equal(genuine["SK_ID_CURR"], someone)).num_rows
        assert len(portfolio.history(someone)[name]) == own
