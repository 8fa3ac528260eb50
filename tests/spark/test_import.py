"""An import through Spark, on a real cluster: the same bytes as an ordinary one, the same refusals."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from pretadepenser.credit.dictionary import TABLES
from pretadepenser.credit.portfolio import PortfolioError, Report, import_folder
from pretadepenser.money import Money
from pretadepenser.spark import checking, importing, rows
from pretadepenser.spark.session import SparkError
from tests.spark import made_up_histories
from tests.spark.made_up_histories import replaced
from tests.unit import made_up, portfolio_files

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def quiet(step: str, share: float) -> None:
    """Says nothing."""


def shuffled(rows: pa.Table, seed: int) -> pa.Table:
    return made_up.text(rows).take(np.random.default_rng(seed).permutation(rows.num_rows))


def in_parts(rows: pa.Table, folder: Path, parts: int) -> None:
    """Write rows as a folder of Parquet files, as Spark and others do."""
    folder.mkdir(parents=True)
    size = -(-rows.num_rows // parts)
    for number in range(parts):
        pa.parquet.write_table(
            rows.slice(number * size, size), folder / f"part-{number:05}.snappy.parquet", row_group_size=50
        )
    (folder / "_SUCCESS").touch()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 clients in four parts and 40 in another, in no order, with all histories, as others write them.

    Of the 40, and of the last of the 300, there are no histories.
    """
    folder = tmp_path_factory.mktemp("source with spaces é")
    train = shuffled(made_up.table(300), 1)
    # A missing number as NaN, not null; an integer as a decimal; a category with spaces around it.
    income = train.column("AMT_ANNUITY").to_pylist()
    children = train.column("CNT_CHILDREN").cast(pa.decimal128(12, 2))
    train = replaced(
        train,
        AMT_ANNUITY=[float("nan") if value is None else value for value in income],
        NAME_CONTRACT_TYPE=[
            value and f" {value} " for value in train.column("NAME_CONTRACT_TYPE").to_pylist()
        ],
    ).set_column(train.schema.get_field_index("CNT_CHILDREN"), "CNT_CHILDREN", children)
    in_parts(train, folder / "application_train", 4)
    test = shuffled(made_up.table(40, seed=1, first=100_003).drop_columns(["TARGET"]), 2)
    # Marks of the order of bytes; truths, and what is missing, in words.
    kinds = test["NAME_CONTRACT_TYPE"].to_pylist()
    kinds[3] = f"\ufeff{kinds[3]}"
    test = replaced(
        test,
        NAME_CONTRACT_TYPE=kinds,
        AMT_ANNUITY=["NA" if one is None else str(one) for one in test["AMT_ANNUITY"].to_pylist()],
        FLAG_PHONE=["True" if one else "False" for one in test["FLAG_PHONE"].to_pylist()],
        SK_ID_CURR=[f"\ufeff{number}" for number in test["SK_ID_CURR"].to_pylist()],
    )
    # A name in capitals, parts without an ending, and what systems leave beside them.
    parts = folder / "APPLICATION_TEST"
    parts.mkdir()
    pa.parquet.write_table(test, parts / "part-[0]{a}")
    for name in ("desktop.ini", "Thumbs.db", ".DS_Store", "_SUCCESS"):
        (parts / name).write_bytes(b"x")
    (folder / ".hidden").touch()
    made_up_histories.write(folder, train["SK_ID_CURR"].combine_chunks().sort()[:-1].to_pylist())
    return folder


@dataclass(frozen=True)
class Imported:
    """A portfolio that was imported: its instance, what the import reported, and the steps that it told."""

    instance: Path
    report: Report
    steps: list[str]


@pytest.fixture(scope="module")
def imported(spark: SparkSession, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    """The tables of `source` as a portfolio, through Spark."""
    steps: list[str] = []
    folder = tmp_path_factory.mktemp("instance")
    report = importing.import_tables(
        spark, str(source), folder, lambda step, share: steps.append(step), Money("CHF", 1.0)
    )
    return Imported(folder, report, steps)


@pytest.fixture(scope="module")
def ordinary(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The same tables, one file each, as an ordinary import makes a portfolio of them."""
    whole = tmp_path_factory.mktemp("whole")
    for path in source.iterdir():
        if path.name != ".hidden":
            parts = sorted(path.glob("part-*")) if path.is_dir() else [path]
            rows = pa.concat_tables([pa.parquet.read_table(part) for part in parts])
            pa.parquet.write_table(rows, whole / f"{path.name.removesuffix('.parquet').lower()}.parquet")
    return import_folder(whole, tmp_path_factory.mktemp("ordinary"))


@pytest.fixture(scope="module")
def instance(imported: Imported) -> Path:
    """A portfolio that must stay in place whatever is refused after it."""
    return imported.instance


def test_it_is_byte_for_byte_the_ordinary_one(imported: Imported, ordinary: Report) -> None:
    names = sorted(path.name for path in ordinary.folder.iterdir() if path.suffix in (".arrow", ".npy"))
    assert len(names) > 12
    assert {"clients.arrow", "numbers.npy", "checks.npy", "ladders.npy", "brackets.npy"} < set(names)
    for name in names:
        assert (imported.report.folder / name).read_bytes() == (ordinary.folder / name).read_bytes(), name
    assert imported.report.sha256 == ordinary.sha256


def test_what_was_read_is_told(imported: Imported, ordinary: Report) -> None:
    report = imported.report
    assert (report.clients, report.labelled) == (340, 243)
    assert report.tables == ordinary.tables
    assert {one.name for one in report.tables} == set(TABLES)
    assert all(one.orphans for one in report.tables)
    assert imported.steps[0] == "Vérification des tables par Spark"
    assert "Calcul des historiques" in imported.steps


def test_it_is_opened_as_any_other(imported: Imported) -> None:
    opened = portfolio_files.opened(imported.instance)
    assert opened.money == Money("CHF", 1.0)
    assert not opened.fictitious
    assert opened.tables == frozenset(TABLES)
    # The last client has no row in any table: no credit elsewhere, and nothing known of them.
    last = opened.size - 1
    assert opened.column("BUREAU_ACTIVE")[last] == 0.0
    assert not opened.column("BUREAU_DEBT")[last] > 0.0


def test_a_long_table_comes_in_parts_however_its_file_is_cut(spark: SparkSession, tmp_path: Path) -> None:
    """A part goes whole through the driver's gigabyte: millions of rows in one small file ended Java."""
    months = 60_000
    table = pa.table(
        {
            "SK_ID_BUREAU": np.arange(months) // 60 + 5_000_000,
            "MONTHS_BALANCE": -(np.arange(months) % 60),
            "STATUS": pa.array(["C"] * months),
        }
    )
    path = tmp_path / "bureau_balance.parquet"
    pa.parquet.write_table(table, path)
    read = spark.read.parquet(str(path))
    assert read.rdd.getNumPartitions() == 1
    # As if they were ten times as many.
    parts = rows.parted(read, name="bureau_balance", unordered=10 * months)
    sizes = [sum(len(row[0]) for row in part) for part in parts.rdd.glom().collect()]
    # In memory these rows are 13 bytes each; a part is that of 25,000 of them at most, and packed.
    assert len(sizes) == 3
    assert 0 < min(sizes) <= max(sizes) < 25_000 * 2
    brought = pa.Table.from_batches(rows.brought(read, name="bureau_balance", unordered=10 * months))
    assert brought.num_rows == months
    numbers = brought.column("SK_ID_BUREAU").to_numpy()
    assert (np.sort(numbers) == table.column("SK_ID_BUREAU").to_numpy()).all()


def spaced(text: str) -> str:
    """The same with plain spaces where a line must not break."""
    return text.replace("\xa0", " ").replace("\u202f", " ")


def refusal(spark: SparkSession, folder: Path | str, instance: Path) -> str:
    """What an import says that must be refused, the portfolio in place left alone."""
    before = portfolio_files.opened(instance).folder
    with pytest.raises((PortfolioError, SparkError)) as caught:
        importing.import_tables(spark, str(folder), instance, quiet)
    assert portfolio_files.opened(instance).folder == before
    return spaced(str(caught.value)).replace(str(instance), "INSTANCE")


NOT_PARQUET = (
    "application_train.parquet n’est pas un fichier Parquet entier, ou n’a pas les types des autres de sa "
    "table : écrivez-le à nouveau."
)
REFUSED = (
    "Import refusé, le portefeuille en place n’a pas changé. Corrigez les données puis relancez l’import :\n"
)


def test_what_is_wrong_is_told_with_file_row_and_column(
    spark: SparkSession, instance: Path, tmp_path: Path
) -> None:
    rows = made_up.text(made_up.table(300))
    wrong = {20: -4, 120: 99, 280: -1}
    children = [
        wrong.get(index, value) for index, value in enumerate(rows.column("CNT_CHILDREN").to_pylist())
    ]
    kinds = rows.column("NAME_CONTRACT_TYPE").to_pylist()
    kinds[150] = "Gift"
    rows = replaced(rows, CNT_CHILDREN=children, NAME_CONTRACT_TYPE=kinds)
    in_parts(rows, tmp_path / "application_train", 2)
    assert refusal(spark, tmp_path, instance) == (
        f"{REFUSED}"
        "- application_train/part-00000.snappy.parquet, ligne 21, colonne CNT_CHILDREN : « -4 » et « 99 » "
        "sont hors des bornes admises (de 0 à 30) (et 1 autre ligne).\n"
        "- application_train/part-00001.snappy.parquet, ligne 1, colonne NAME_CONTRACT_TYPE : catégorie "
        "inconnue « Gift » (admises : « Cash loans », « Revolving loans »).\n"
        "- application_train/part-00001.snappy.parquet, ligne 131, colonne CNT_CHILDREN : « -1 » est hors "
        "des bornes admises (de 0 à 30)."
    )


def test_columns_and_types_that_are_none_of_the_dictionary(
    spark: SparkSession, instance: Path, tmp_path: Path
) -> None:
    rows = made_up.text(made_up.table(10))
    pa.parquet.write_table(
        rows.drop_columns(["AMT_CREDIT"]).append_column("IBAN", pa.array(["x"] * 10)),
        tmp_path / "application_train.parquet",
    )
    assert refusal(spark, tmp_path, instance) == (
        f"{REFUSED}"
        "- application_train.parquet, ligne 1 : il manque la colonne AMT_CREDIT.\n"
        "- application_train.parquet, ligne 1 : colonne inattendue IBAN."
    )
    dates = pa.array([0] * 10, pa.timestamp("us"))
    rows = rows.set_column(rows.schema.get_field_index("AMT_CREDIT"), "AMT_CREDIT", dates)
    pa.parquet.write_table(rows, tmp_path / "application_train.parquet")
    assert refusal(spark, tmp_path, instance) == (
        f"{REFUSED}"
        "- application_train.parquet, ligne 1, colonne AMT_CREDIT : des nombres sont attendus, le fichier "
        "contient des dates ou des durées (timestamp[us]) (et 9 autres lignes)."
    )


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("nowhere", "/nulle/part n’existe pas : indiquez le dossier, ou l’adresse, de tables Parquet."),
        (
            "no clients",
            "Aucune table application_train en Parquet (application_train.parquet, ou un dossier "
            "application_train) dans DOSSIER : Spark lit des tables Parquet, l’import ordinaire lit aussi "
            "les CSV.",
        ),
        ("empty", "application_train.parquet ne contient aucun client : téléchargez-le à nouveau."),
        (
            "twice",
            "application_train est plusieurs fois dans DOSSIER (application_train et "
            "application_train.parquet) : n’en gardez qu’un.",
        ),
        ("not Parquet", NOT_PARQUET),
        ("cut short", NOT_PARQUET),
        (
            "s3a",
            "Spark n’a pas le connecteur de cette adresse (S3AFileSystem) : ajoutez-le à spark.jars.packages "
            "(pour s3a:// : org.apache.hadoop:hadoop-aws) dans spark-defaults.conf.",
        ),
    ],
)
def test_a_place_without_tables_is_one_sentence(
    spark: SparkSession, instance: Path, tmp_path: Path, case: str, sentence: str
) -> None:
    folder: Path | str = tmp_path
    path = tmp_path / "application_train.parquet"
    rows = made_up.text(made_up.table(10))
    if case == "nowhere":
        folder = "/nulle/part"
    elif case == "empty":
        pa.parquet.write_table(rows.slice(0, 0), path)
    elif case == "twice":
        pa.parquet.write_table(rows, path)
        in_parts(rows, tmp_path / "application_train", 1)
    elif case == "not Parquet":
        path.write_text("SK_ID_CURR,TARGET\n100002,1\n")
    elif case == "cut short":
        pa.parquet.write_table(rows, path)
        path.write_bytes(path.read_bytes()[:-40])
    elif case == "s3a":
        folder = "s3a://seau/kaggle"
    assert refusal(spark, folder, instance).replace(str(tmp_path), "DOSSIER") == sentence


def _drawn(case: str, folder: Path) -> None:
    """A folder in which Spark would pass something over, or fill it in, without a word."""
    rows = made_up.text(made_up.table(40))
    first, second = rows.slice(0, 20), rows.slice(20)
    whole, parts = folder / "application_train.parquet", folder / "application_train"
    if case.startswith("beside"):
        pa.parquet.write_table(rows, whole)
    if case == "beside, the same as CSV":
        (folder / "application_train.csv").write_text("SK_ID_CURR\n1\n")
    elif case == "beside, a copy":
        pa.parquet.write_table(rows, folder / "application_train (1).parquet")
    elif case == "beside, a table as CSV":
        (folder / "bureau.csv.gz").write_bytes(b"x")
    elif case == "beside, a table one folder deeper":
        (folder / "histories").mkdir()
        (folder / "histories" / "Bureau.csv").write_bytes(b"x")
        # Another folder, of no table, with a link that leads nowhere.
        (folder / "notes").mkdir()
        (folder / "notes" / "old").symlink_to(folder / "nowhere")
    elif case == "beside, pieces two folders deeper":
        (folder / "histories" / "2018" / "bureau").mkdir(parents=True)
        (folder / "histories" / "2018" / "bureau" / "part-0.parquet").write_bytes(b"x")
    elif case == "beside, a link to nothing":
        (folder / "bureau.parquet").symlink_to(folder / "nowhere")
    elif case == "a piece alone":
        pa.parquet.write_table(rows, folder / "application_train-00000-of-00002.parquet")
    elif case == "a copy alone":
        pa.parquet.write_table(rows, folder / "application_train (1).parquet")
    elif case == "no part":
        parts.mkdir()
    elif case == "16 bits":
        shares = pa.array(np.full(40, 0.5, np.float16))
        pa.parquet.write_table(replaced(rows, EXT_SOURCE_2=shares), whole)
    elif case == "a column twice":
        columns = [*rows.columns, rows["AMT_CREDIT"]]
        pa.parquet.write_table(pa.Table.from_arrays(columns, [*rows.column_names, "amt_credit"]), whole)
    elif case == "folders of values":
        for value, part in ((0, first), (1, second)):
            (parts / f"TARGET={value}").mkdir(parents=True)
            pa.parquet.write_table(part, parts / f"TARGET={value}" / "part.parquet")
    elif case == "a folder in the folder":
        in_parts(rows, parts / "deep", 1)
    else:
        parts.mkdir()
        pa.parquet.write_table(first, parts / "part-0.parquet")
        path = parts / "part-1.parquet"
        if case == "a part of no byte":
            path.touch()
        elif case == "a part as CSV":
            (parts / "part-1.csv").write_text("SK_ID_CURR\n1\n")
        elif case == "a part twice":
            pa.parquet.write_table(second, path)
            pa.parquet.write_table(second, parts / "part-1 (1).parquet")
        elif case == "a write that has not ended":
            (parts / "_temporary" / "0").mkdir(parents=True)
        elif case == "Delta Lake":
            (parts / "_delta_log").mkdir()
        elif case == "a part left in iCloud":
            (parts / ".part-1.parquet.icloud").touch()
        elif case == "a part that lacks a column":
            pa.parquet.write_table(second.drop_columns(["AMT_ANNUITY"]), path)
        elif case == "a part with a column more":
            pa.parquet.write_table(second.append_column("IBAN", pa.array(["x"] * 20)), path)
        elif case == "a part with other types":
            credits = second["AMT_CREDIT"].cast(pa.string())
            pa.parquet.write_table(replaced(second, AMT_CREDIT=credits.to_pylist()), path)


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        (
            "beside, the same as CSV",
            "application_train est plusieurs fois dans DOSSIER (application_train.parquet et "
            "application_train.csv) : n’en gardez qu’un.",
        ),
        (
            "beside, a copy",
            "application_train est plusieurs fois dans DOSSIER (application_train.parquet et "
            "application_train (1).parquet) : n’en gardez qu’un.",
        ),
        (
            "beside, a table as CSV",
            "bureau.csv.gz n’est pas en Parquet : Spark ne lit que cela. Écrivez cette table en Parquet, ou "
            "importez sans --engine spark.",
        ),
        (
            "beside, a link to nothing",
            "bureau.parquet mène à un fichier qui n’est pas là : mettez la table à sa place, ou enlevez-le.",
        ),
        (
            "beside, a table one folder deeper",
            "histories/Bureau.csv est dans un sous-dossier de DOSSIER : indiquez ce sous-dossier si toutes "
            "les tables y sont, sinon mettez la table dans DOSSIER, ou enlevez-la.",
        ),
        (
            "beside, pieces two folders deeper",
            "histories/2018/bureau est dans un sous-dossier de DOSSIER : indiquez ce sous-dossier si toutes "
            "les tables y sont, sinon mettez la table dans DOSSIER, ou enlevez-la.",
        ),
        (
            "16 bits",
            "Une colonne est d’un type que Spark ne lit pas (FIXED_LEN_BYTE_ARRAY (FLOAT16)) : "
            "enregistrez-la en float64, ou en int64, depuis les données d’origine.",
        ),
        (
            "a copy alone",
            "application_train (1).parquet a le nom d’une copie de application_train : si c’est la bonne "
            "table, renommez-le en application_train.parquet, sinon enlevez-le.",
        ),
        (
            "no part",
            "application_train ne contient aucun fichier : enlevez ce dossier, ou copiez-y à nouveau les "
            "morceaux de la table.",
        ),
        (
            "a column twice",
            "application_train.parquet a deux fois la colonne amt_credit : n’en gardez qu’une.",
        ),
        (
            "folders of values",
            "application_train/TARGET=0 est le dossier d’une valeur, comme en fait Spark (partitionBy) : "
            "écrivez la table sans ces dossiers.",
        ),
        (
            "a folder in the folder",
            "application_train/deep est un dossier dans celui de la table : mettez-en les morceaux dans "
            "application_train, ou enlevez-le.",
        ),
        (
            "a part of no byte",
            "application_train/part-1.parquet est vide : copiez ce morceau à nouveau, ou enlevez-le.",
        ),
        (
            "a piece alone",
            "application_train-00000-of-00002.parquet a le nom d’une copie ou d’un morceau de "
            "application_train : si c’est toute la table, renommez-le en application_train.parquet ; si c’en "
            "est un morceau, mettez tous les morceaux, et rien d’autre, dans un dossier nommé "
            "application_train ; sinon enlevez-le.",
        ),
        (
            "a part twice",
            "application_train contient deux fois le même morceau (part-1.parquet et part-1 (1).parquet) : "
            "n’en gardez qu’un.",
        ),
        (
            "a write that has not ended",
            "application_train n’a pas fini d’être écrit (il contient _temporary) : attendez la fin, ou "
            "écrivez la table à nouveau.",
        ),
        (
            "Delta Lake",
            "application_train est une table Delta Lake, dont tous les fichiers ne comptent pas : "
            "enregistrez la table en Parquet ordinaire.",
        ),
        (
            "a part left in iCloud",
            "application_train/part-1.parquet est resté sur iCloud : téléchargez-le sur cette machine.",
        ),
        ("a part as CSV", NOT_PARQUET.replace("application_train.parquet", "part-1.csv")),
        (
            "a part that lacks a column",
            "application_train/part-1.parquet n’a pas les mêmes colonnes que "
            "application_train/part-0.parquet : "
            "il lui manque AMT_ANNUITY. Écrivez tous les morceaux de la table avec les mêmes.",
        ),
        (
            "a part with a column more",
            "application_train/part-1.parquet n’a pas les mêmes colonnes que "
            "application_train/part-0.parquet : "
            "il a en plus IBAN. Écrivez tous les morceaux de la table avec les mêmes.",
        ),
        ("a part with other types", NOT_PARQUET.replace("application_train.parquet", "part-1.parquet")),
    ],
)
def test_nothing_is_passed_over_or_filled_in_silently(
    spark: SparkSession, instance: Path, tmp_path: Path, case: str, sentence: str
) -> None:
    _drawn(case, tmp_path)
    assert refusal(spark, tmp_path, instance).replace(str(tmp_path), "DOSSIER") == sentence


def test_tables_say_where_their_rows_are_from() -> None:
    """A batch that holds rows of several files, or of two places of one, is cut there."""
    batch = pa.RecordBatch.from_pydict(
        {"n": [1, 2, 3, 4, 5], "_file": ["a", "a", "b", "b", "b"], "_row": [7, 8, 0, 1, 50]}
    )
    found = [(file, line, piece.column("n").to_pylist()) for file, line, piece in checking.pieces(batch)]
    assert found == [("a", 8, [1, 2]), ("b", 1, [3, 4]), ("b", 51, [5])]
