"""Files whose values could be taken for others without a word: read right, or refused in a sentence."""

import bz2
import gzip
import io
import json
import os
import struct
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas
import pyarrow as pa
import pyarrow.parquet
import pytest

from pretadepenser.credit.dictionary import TABLES
from pretadepenser.credit.intake.sources import goes_on
from pretadepenser.credit.portfolio import PortfolioError, import_folder
from tests.unit import made_up
from tests.unit.portfolio_files import fields, spoil, stored

TRAIN = "application_train.csv"
PAID = "installments_payments.csv"
TABLE = made_up.table(30)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of thirty clients, with what they paid."""
    made_up.write_csv(TABLE, tmp_path / "source" / TRAIN)
    paid = made_up.history("installments_payments", TABLE["SK_ID_CURR"].to_pylist(), 60)
    made_up.write_csv(paid, tmp_path / "source" / PAID)
    return tmp_path / "source"


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    return tmp_path / "instance"


def refusal(source: Path, instance: Path) -> str:
    """The sentence that refuses an import that leaves nothing behind."""
    with pytest.raises(PortfolioError) as caught:
        import_folder(source, instance)
    assert not [path for path in instance.glob("*portfolio*") if path.is_dir()]
    return str(caught.value).replace("\u00a0", " ")


def rewrite(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    """Write the lines of a file anew."""
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")


def packed(*members: tuple[str, bytes]) -> bytes:
    """A zip archive."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return whole.getvalue()


def as_parquet(source: Path, table: pa.Table) -> None:
    (source / TRAIN).unlink()
    pa.parquet.write_table(table, source / "application_train.parquet", store_schema=False)


def with_column(name: str, values: pa.Array) -> pa.Table:
    rows = made_up.text(TABLE)
    return rows.set_column(rows.schema.get_field_index(name), name, values)


def test_a_folder_named_as_a_column_gives_it_no_value(source: Path, tmp_path: Path) -> None:
    """DuckDB took the 1 of a folder TARGET=1 for the outcome of every client."""
    named = tmp_path / "TARGET=1" / "AMT_CREDIT=5"
    named.parent.mkdir()
    source.rename(named)
    import_folder(named, tmp_path / "instance")
    assert (
        stored(tmp_path / "instance").select(TABLE.column_names).equals(made_up.text(TABLE).combine_chunks())
    )


def test_a_decimal_comma_shifts_no_value(source: Path, instance: Path) -> None:
    """DuckDB drops an empty value too many, and 1234,56 became an instalment of 1234 of which 56 was paid."""

    def shifted(lines: list[str]) -> list[str]:
        values = lines[5].split(",")
        lines[5] = ",".join([*values[:-2], "1234,56", ""])
        return lines

    rewrite(source / PAID, shifted)
    assert f"- {PAID}, ligne 6 : 8 valeurs attendues, 9 trouvées." in refusal(source, instance)


def test_rows_that_all_end_in_a_comma_are_refused_packed_or_not(source: Path, instance: Path) -> None:
    rewrite(source / PAID, lambda lines: [lines[0], *(f"{line}," for line in lines[1:])])
    said = "ligne 2 : 8 valeurs attendues, 9 trouvées (et 59 autres lignes)."
    assert said in refusal(source, instance)
    (source / f"{PAID}.gz").write_bytes(gzip.compress((source / PAID).read_bytes()))
    (source / PAID).unlink()
    assert said in refusal(source, instance)


def test_commas_within_quotes_and_empty_lines_cost_nothing(source: Path, instance: Path) -> None:
    spoil(source / TRAIN, 5, "NAME_TYPE_SUITE", '"Spouse, partner"')
    rewrite(source / TRAIN, lambda lines: [*lines[:9], "", *lines[9:], ""])
    told: list[str] = []
    assert import_folder(source, instance, lambda step, share: told.append(step)).clients == 30
    assert "Spouse, partner" in stored(instance)["NAME_TYPE_SUITE"].to_pylist()
    # At once, not line by line: then shares in between are told.
    assert told.count(f"Lecture de {TRAIN}") == 2


@pytest.mark.parametrize("pack", [False, True])
@pytest.mark.parametrize("value", ["1.23E+05", "1.00E+15", "1.23457e+11", "9.00719925474099E+15", "1E+12"])
def test_a_number_of_a_client_that_lost_digits_is_refused(
    value: str, pack: bool, source: Path, instance: Path
) -> None:
    spoil(source / PAID, 7, "SK_ID_CURR", value)
    if pack:
        (source / f"{PAID}.gz").write_bytes(gzip.compress((source / PAID).read_bytes()))
        (source / PAID).unlink()
    assert (
        f"ligne 7, colonne SK_ID_CURR : « {value} » est un numéro abrégé, dont des chiffres peuvent être "
        "perdus ; enregistrez-le en entier (dans un tableur : format Nombre, sans décimale)."
    ) in refusal(source, instance)


@pytest.mark.parametrize("value", ["2e+05", "2E5", "1.00023E+05", "0200000", "200000.0", " 200000 "])
def test_a_number_of_a_client_with_all_its_digits_is_read(value: str, source: Path, instance: Path) -> None:
    """R writes 200000 as 2e+05."""
    spoil(source / TRAIN, 7, "SK_ID_CURR", value)
    if value.startswith("1.0"):
        spoil(source / TRAIN, 9, "SK_ID_CURR", "300000")
    import_folder(source, instance)
    assert int(float(value)) in stored(instance)["SK_ID_CURR"].to_pylist()


def test_days_whose_sign_was_turned_are_refused(source: Path, instance: Path) -> None:
    """All of them would count as after the application, and the history as empty."""

    def turned(lines: list[str]) -> list[str]:
        place = fields(lines[0]).index("DAYS_INSTALMENT")
        rows = [line.split(",") for line in lines[1:]]
        for row in rows:
            row[place] = str(abs(int(row[place])) or 1)
        return [lines[0], *map(",".join, rows)]

    rewrite(source / PAID, turned)
    said = (
        f"- {PAID}, colonne DAYS_INSTALMENT : aucune valeur n’est négative et certaines sont positives, donc "
        "après la demande ; ce qui l’a précédée s’écrit avec un signe moins."
    )
    assert said in refusal(source, instance)
    # Of 0 the sign cannot be turned: a table of genuine days has some.
    spoil(source / PAID, 9, "DAYS_INSTALMENT", "0")
    assert said in refusal(source, instance)
    spoil(source / PAID, 9, "DAYS_INSTALMENT", "-1")
    assert import_folder(source, instance).clients == 30


@pytest.mark.parametrize("name", ["AMT_CREDIT", "CNT_CHILDREN", "EXT_SOURCE_2"])
def test_a_truth_is_no_count(name: str, source: Path, instance: Path) -> None:
    as_parquet(source, with_column(name, pa.array([True] * 30)))
    assert (
        f"colonne {name} : des nombres sont attendus, le fichier contient des oui ou non (bool) (et 29 autres"
    ) in refusal(source, instance)


@pytest.mark.parametrize("blank", [" ", "\t", '"\n"', " NA ", "\x0b"])
@pytest.mark.parametrize("pack", [False, True])
def test_blanks_are_missing_values(blank: str, pack: bool, source: Path, tmp_path: Path) -> None:
    spoil(source / TRAIN, 7, "AMT_ANNUITY", "")
    content = import_folder(source, tmp_path / "before").sha256
    spoil(source / TRAIN, 7, "AMT_ANNUITY", blank)
    spoil(source / TRAIN, 5, "AMT_CREDIT", f"{stored(tmp_path / 'before')['AMT_CREDIT'][3]}\x0c")
    if pack:
        (source / f"{TRAIN}.gz").write_bytes(gzip.compress((source / TRAIN).read_bytes()))
        (source / TRAIN).unlink()
    assert import_folder(source, tmp_path / "instance").sha256 == content


@pytest.mark.parametrize("word", ["", " ", "NaN", "NULL"])
def test_words_for_missing_values_are_so_in_parquet_too(word: str, source: Path, instance: Path) -> None:
    rows = with_column("AMT_ANNUITY", pa.array([word] * 30))
    index = rows.schema.get_field_index("OCCUPATION_TYPE")
    as_parquet(source, rows.set_column(index, "OCCUPATION_TYPE", pa.array([word] * 30)))
    import_folder(source, instance)
    for name in ("AMT_ANNUITY", "OCCUPATION_TYPE"):
        assert stored(instance)[name].null_count == 30


@pytest.mark.parametrize("name", ["OCCUPATION_TYPE", "AMT_ANNUITY"])
def test_a_long_text_in_many_rows_of_parquet_takes_its_place_once(
    name: str, source: Path, instance: Path
) -> None:
    """8 GB of memory for 30 kB of file: the same text for 16,384 clients."""
    rows = made_up.text(TABLE).take(pa.array([0] * 4000))
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 4000, pa.int32()), pa.array(["1" * 100_000]))
    as_parquet(source, rows.set_column(rows.schema.get_field_index(name), name, text))
    before = pa.total_allocated_bytes()
    pool = pa.default_memory_pool()
    assert f"« {'1' * 60}… »" in refusal(source, instance)
    assert (pool.max_memory() or 0) - before < 200 << 20


def test_a_parquet_file_that_grows_without_end_is_refused(source: Path, instance: Path) -> None:
    rows = made_up.text(TABLE).take(pa.array([0] * 4000))
    text = pa.array(["x" * 50_000] * 4000)
    (source / TRAIN).unlink()
    pa.parquet.write_table(
        rows.set_column(rows.schema.get_field_index("OCCUPATION_TYPE"), "OCCUPATION_TYPE", text),
        source / "application_train.parquet",
        use_dictionary=False,
        compression="zstd",
    )
    assert "application_train.parquet grossit plus de 200 fois" in refusal(source, instance)


@pytest.mark.parametrize("member", [PAID, "installments_payments/part-0.csv"])
def test_a_zip_with_two_files_of_one_name_is_refused(member: str, source: Path, instance: Path) -> None:
    """One of the two was read, or one of them twice."""
    paid = (source / PAID).read_bytes()
    archive = source / "home-credit-default-risk.zip"
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive.write_bytes(
            packed((TRAIN, (source / TRAIN).read_bytes()), (member, paid), (member, paid[:300]))
        )
    assert refusal(archive, instance) == (
        f"home-credit-default-risk.zip contient plusieurs fois {member} : décompressez-le, et ne gardez que "
        "le bon fichier."
    )


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    "name",
    [
        "bureau (1).csv",
        "bureau(2).CSV",
        "bureau copie.csv",
        "bureau copie 2.csv",
        "bureau - Copie.csv",
        "bureau - Copie (3).csv",
        "bureau (copie).csv",
        "Copie de bureau.csv",
        "bureau[1].csv",
        "bureau_copie.csv.gz",
        "bureau (autre copie).csv",
        "bureau (3e copie).csv.gz",
        "bureau (conflit de Marie 2026-05-03).csv",
        "bureau (SFConflict marie 2026-05-03).csv",
    ],
)
def test_a_copy_of_a_table_is_not_passed_over(name: str, zipped: bool, source: Path, instance: Path) -> None:
    """It was not imported, and clients had no credit elsewhere."""
    place = source
    if zipped:
        place = source / "home.zip"
        place.write_bytes(packed((TRAIN, (source / TRAIN).read_bytes()), (name, b"")))
    else:
        (source / name).write_bytes(b"")
    ending = name[name.index(".") :].lower()
    assert refusal(place, instance) == (
        f"{name} a le nom d’une copie de bureau : si c’est la bonne table, renommez-le en "
        f"bureau{ending}, sinon enlevez-le."
    )


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    "name",
    [
        "bureau - Sheet1.csv",
        "bureau - Feuille 1.csv",
        "bureau - bureau.csv",
        "bureau_2024-05-03.csv",
        "03-05-2024 bureau.csv",
    ],
)
def test_a_table_of_a_workbook_or_a_day_is_not_passed_over(
    name: str, zipped: bool, source: Path, instance: Path
) -> None:
    bureau = made_up.write_csv(made_up.history("bureau", TABLE["SK_ID_CURR"].to_pylist(), 9), source / name)
    given = source
    if zipped:
        given = source / "home.zip"
        members = (TRAIN, (source / TRAIN).read_bytes()), (name, bureau.read_bytes())
        given.write_bytes(packed(*members))
    assert refusal(given, instance) == (
        f"{name} n’a pas le nom d’une table : renommez ce fichier en bureau.csv."
    )


def test_a_table_and_its_copy_are_two(source: Path, instance: Path) -> None:
    (source / "application_train (1).csv").write_bytes((source / TRAIN).read_bytes())
    assert refusal(source, instance) == (
        "source contient plusieurs fois application_train (application_train.csv et "
        "application_train (1).csv) : n’en gardez qu’un."
    )


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("bureau.csv.csv", "{} n’a pas le nom d’une table : renommez ce fichier en bureau.csv."),
        ("bureau.csv.txt", "{} n’a pas le nom d’une table : renommez ce fichier en bureau.csv."),
        ("bureau.csv?dl=1", "{} n’a pas le nom d’une table : renommez ce fichier en bureau.csv."),
        ("bureau .csv", "{} n’a pas le nom d’une table : renommez ce fichier en bureau.csv."),
        ("bureau.csv ", "{} n’a pas le nom d’une table : renommez ce fichier en bureau.csv."),
        *(
            (
                spelt,
                "{} n’a pas le nom d’une table : renommez ce fichier en previous_application.csv.",
            )
            for spelt in ("previous-application.csv", "Previous Application.CSV", "previousapplication.csv")
        ),
        ("bureau.zip", "{} n’a pas le nom d’une table : renommez ce fichier en bureau.csv.zip."),
        ("bureau.gz", "{} n’a pas le nom d’une table : renommez ce fichier en bureau.csv.gz."),
        ("bureau.snappy.parquet", "{} n’a pas le nom d’une table : renommez ce fichier en bureau.parquet."),
        ("bureau.pq", "{} n’a pas le nom d’une table : renommez ce fichier en bureau.parquet."),
        (
            "bureau.csv.snappy.parquet",
            "{} n’a pas le nom d’une table : renommez ce fichier en bureau.parquet.",
        ),
        ("bureau.csv.dvc", "{} est un pointeur de DVC, pas les données : lancez « dvc pull »."),
        (
            "bureau.xlsx",
            "{} n’est pas d’un format qui se lit (.csv, .csv.zip, .csv.gz, .parquet) : enregistrez la table "
            "en .csv (UTF-8, virgules), ou enlevez-le.",
        ),
        *(
            (
                copy,
                "{} a le nom d’une copie de bureau : si c’est la bonne table, renommez-le en "
                f"bureau.csv{copy[-len(end) :]}, sinon enlevez-le.",
            )
            for copy, end in (
                ("bureau.csv (1).zip", ".zip"),
                ("bureau.csv - Copie.zip", ".zip"),
                ("bureau.csv copie.gz", ".gz"),
            )
        ),
        *(
            (
                either,
                "{} a le nom d’une copie ou d’un morceau de bureau : si c’est toute la table, renommez-le en "
                "bureau.csv ; si c’en est un morceau, mettez tous les morceaux, et rien d’autre, dans un "
                "dossier nommé bureau ; sinon enlevez-le.",
            )
            for either in (
                "bureau 2.csv",
                "bureau-0.csv",
                "bureau_1.csv",
                "bureau1.csv",
                "bureau.1.csv",
                "bureau-00001.csv",
                "bureau_2-of-3.CSV",
            )
        ),
        (
            "bureau.csv.1",
            "{} a le nom d’une copie de bureau : si c’est la bonne table, renommez-le en bureau.csv, "
            "sinon enlevez-le.",
        ),
        (
            "Bureau",
            "{} n’a pas de terminaison (.csv, .csv.zip, .csv.gz, .parquet) : ajoutez-lui la bonne, .csv pour "
            "un texte.",
        ),
        *(
            (
                near,
                f"{{}} n’a pas le nom d’une table, et ressemble à {table} : si c’est cette table, "
                f"renommez-le en {table}{ending}, sinon enlevez-le.",
            )
            for near, table, ending in (
                ("burau.csv", "bureau", ".csv"),
                ("bureua.CSV.zip", "bureau", ".csv.zip"),
                ("bureaus.pq", "bureau", ".parquet"),
                ("bureau_blance.csv", "bureau_balance", ".csv"),
                ("Bureau_Balances.csv.gz", "bureau_balance", ".csv.gz"),
                ("previous_applications.csv", "previous_application", ".csv"),
                ("pos_cash_balanse.zip", "POS_CASH_balance", ".csv.zip"),
                ("previous.csv", "previous_application", ".csv"),
                ("POS_CASH.csv", "POS_CASH_balance", ".csv"),
                ("credit_card.csv", "credit_card_balance", ".csv"),
                ("application_tests.csv", "application_test", ".csv"),
            )
        ),
        *(
            (
                piece,
                "{} a le nom d’un morceau de bureau : mettez tous les morceaux, et rien d’autre, dans un "
                "dossier nommé bureau.",
            )
            for piece in (
                "bureau-000000000000.csv",
                "bureau000000000000.csv",
                "bureau_part1.csv",
                "bureau_chunk_1.csv",
                "bureau-part-00000-a3c9.parquet",
                "bureau_0_0_0.csv.gz",
                "bureau_0000_part_00",
                "bureau0001_part_00.gz",
            )
        ),
    ],
)
def test_a_table_under_another_name_is_not_passed_over(
    name: str, says: str, zipped: bool, source: Path, instance: Path
) -> None:
    """It was not imported, and clients had no credit elsewhere."""
    place = source
    if zipped:
        place = source / "home.zip"
        place.write_bytes(packed((TRAIN, (source / TRAIN).read_bytes()), (f"data/{name}", b"x")))
    else:
        (source / name).write_bytes(b"x")
    assert refusal(place, instance) == says.format(f"data/{name}" if zipped else name)


@pytest.mark.parametrize("name", ["bureau", "bureau-000000000000.csv", "bureau.csv.1", "bureau_2.csv"])
def test_a_table_and_another_that_is_meant_are_two(name: str, source: Path, instance: Path) -> None:
    made_up.write_csv(made_up.history("bureau", TABLE["SK_ID_CURR"].to_pylist(), 9), source / "bureau.csv")
    (source / name).write_bytes(b"x")
    pieces = (
        " ou, si ce sont des morceaux, mettez tous les morceaux, et rien d’autre, dans un dossier nommé "
        "bureau"
    )
    assert refusal(source, instance) == (
        f"source contient plusieurs fois bureau (bureau.csv et {name}) : n’en gardez qu’un"
        f"{pieces if name in ('bureau-000000000000.csv', 'bureau_2.csv') else ''}."
    )


def test_a_folder_that_is_a_copy_is_not_passed_over(source: Path, instance: Path) -> None:
    bureau = made_up.history("bureau", TABLE["SK_ID_CURR"].to_pylist(), 9)
    made_up.write_csv(bureau, source / "bureau - Copie" / "part-0.csv")
    assert refusal(source, instance) == (
        "bureau - Copie a le nom d’une copie de bureau : si c’est la bonne table, renommez-le en bureau, "
        "sinon enlevez-le."
    )
    made_up.write_csv(bureau, source / "bureau" / "part-0.csv")
    assert refusal(source, instance) == (
        "source contient plusieurs fois bureau (bureau et bureau - Copie) : n’en gardez qu’un."
    )


@pytest.mark.parametrize(
    "name",
    [
        "HomeCredit_columns_description.csv",
        "sample_submission.csv",
        "previous_application_features.csv",
        "bureau_balance_old.csv",
        "bureaux",
        "applications.xlsx",
    ],
)
def test_what_is_named_otherwise_is_left_alone(name: str, source: Path, instance: Path) -> None:
    (source / name).write_bytes(b"x")
    import_folder(source, instance)


def test_a_folder_of_parts_that_is_misspelt_is_not_passed_over(source: Path, instance: Path) -> None:
    bureau = made_up.history("bureau", TABLE["SK_ID_CURR"].to_pylist(), 9)
    made_up.write_csv(bureau, source / "previous_applications" / "part-0.csv")
    assert refusal(source, instance) == (
        "previous_applications n’a pas le nom d’une table, et ressemble à previous_application : si c’est "
        "cette table, renommez-le en previous_application, sinon enlevez-le."
    )


@pytest.mark.parametrize("zipped", [False, True])
def test_the_desktop_is_no_table(zipped: bool, source: Path, instance: Path) -> None:
    """Systems call it "Bureau" in French."""
    bureau = made_up.history("bureau", TABLE["SK_ID_CURR"].to_pylist(), 9)
    made_up.write_csv(bureau, source / "bureau.csv")
    (source / "Bureau").mkdir()
    (source / "Bureau" / "photo.png").write_bytes(b"x")
    place = source
    if zipped:
        names = (TRAIN, "bureau.csv", PAID)
        members = [(f"Bureau/{name}", (source / name).read_bytes()) for name in names]
        place = source / "home.zip"
        place.write_bytes(packed(*members, ("Bureau/photo.png", b"x")))
    found = [(one.name, one.rows) for one in import_folder(place, instance).tables]
    assert found == [("bureau", 9), ("installments_payments", 60)]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("inner", "says"),
    [
        (
            "CREDIT_ACTIVE=Active",
            "{0}/{1} est le dossier d’une valeur, comme en fait Spark (partitionBy) : écrivez la table sans "
            "ces dossiers.",
        ),
        ("2025", "{0}/{1} est un sous-dossier : mettez ses morceaux dans {0}, ou enlevez-le."),
    ],
)
def test_pieces_in_a_folder_among_them_are_not_passed_over(
    inner: str, says: str, zipped: bool, source: Path, instance: Path
) -> None:
    """Half of the rows were read, or the folder was told to be of a format that is not read."""
    bureau = made_up.history("bureau", TABLE["SK_ID_CURR"].to_pylist(), 9)
    pieces = (source / "bureau" / "part-0.csv", source / "bureau" / inner / "part-1.csv")
    for path in pieces:
        made_up.write_csv(bureau, path)
    place = source
    if zipped:
        place = source / "home.zip"
        members = [(path.relative_to(source).as_posix(), path.read_bytes()) for path in pieces]
        place.write_bytes(packed((TRAIN, (source / TRAIN).read_bytes()), *members))
    assert refusal(place, instance) == says.format("home.zip/bureau" if zipped else "bureau", inner)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", ["desktop.ini", "Thumbs.db"])
def test_what_windows_hides_in_a_folder_is_no_piece(
    name: str, zipped: bool, source: Path, instance: Path
) -> None:
    """It was told to be of a format that is not read, and those who looked for it did not see it."""
    folder = source / "bureau"
    made_up.write_csv(made_up.history("bureau", TABLE["SK_ID_CURR"].to_pylist(), 9), folder / "part-0.csv")
    (folder / name).write_bytes(b"[.ShellClassInfo]")
    place = source
    if zipped:
        place = source / "home.zip"
        members = [(f"bureau/{path.name}", path.read_bytes()) for path in folder.iterdir()]
        place.write_bytes(packed((TRAIN, (source / TRAIN).read_bytes()), *members))
    assert import_folder(place, instance).tables[0].rows == 9


def test_pieces_whose_names_have_the_separator_of_windows_are_read(source: Path, instance: Path) -> None:
    """They were passed over, and clients had no credit elsewhere."""
    bureau = made_up.history("bureau", TABLE["SK_ID_CURR"].to_pylist(), 18)
    archive = source / "home.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.write(source / TRAIN, TRAIN)
        for place in range(2):
            made_up.write_csv(bureau.slice(9 * place, 9), source / "piece.csv")
            info = zipfile.ZipInfo("x")
            info.filename = f"home\\bureau\\part-{place}.csv"
            opened.writestr(info, (source / "piece.csv").read_bytes())
    assert [(one.name, one.rows) for one in import_folder(archive, instance).tables] == [("bureau", 18)]


def test_a_copy_beside_the_whole_download_is_not_passed_over(source: Path, instance: Path) -> None:
    archive = source / "home-credit-default-risk.zip"
    archive.write_bytes(packed((TRAIN, (source / TRAIN).read_bytes())))
    (source / TRAIN).unlink()
    (source / "bureau (1).csv").write_bytes(b"x")
    assert refusal(source, instance).startswith("bureau (1).csv a le nom d’une copie de bureau")


def test_a_name_made_to_be_slow_is_none(source: Path, instance: Path) -> None:
    archive = source / "home.zip"
    long = f"{' ' * 60_000}bureau.csv"
    archive.write_bytes(packed((TRAIN, (source / TRAIN).read_bytes()), (long, b"x")))
    assert import_folder(archive, instance).clients == 30


@pytest.mark.parametrize("name", ["0.part", "12.part"])
def test_a_piece_as_dask_names_it_is_told(name: str, source: Path, instance: Path) -> None:
    (source / PAID).rename(source / name)
    (source / "installments_payments").mkdir()
    (source / name).rename(source / "installments_payments" / name)
    assert refusal(source, instance) == (
        f"installments_payments/{name} n’a pas le nom d’un morceau : renommez ce fichier en "
        f"{name.partition('.')[0]}.csv."
    )


@pytest.mark.parametrize("folder", ["bureau", "bureau.csv"])
def test_pieces_in_the_folder_of_a_zip_may_be_named_after_the_table(
    folder: str, source: Path, instance: Path
) -> None:
    bureau = made_up.history("bureau", TABLE["SK_ID_CURR"].to_pylist(), 9)
    pieces = []
    for place in range(3):
        made_up.write_csv(bureau.slice(3 * place, 3), source / "piece.csv")
        content = (source / "piece.csv").read_bytes()
        pieces.append((f"all/{folder}/bureau-00000000000{place}.csv", content))
    archive = source / "home.zip"
    archive.write_bytes(packed((TRAIN, (source / TRAIN).read_bytes()), *pieces))
    assert [(one.name, one.rows) for one in import_folder(archive, instance).tables] == [("bureau", 9)]


@pytest.mark.parametrize(
    "name", ["bureau_old.csv", "my bureau.csv", "bureau_v2.csv", "bureau.ipynb", "bureau_2.md"]
)
def test_other_names_are_no_copies(name: str, source: Path, instance: Path) -> None:
    (source / name).write_bytes(b"")
    assert import_folder(source, instance).clients == 30


def _link(folder: Path) -> None:
    (folder / "bureau.csv").symlink_to("/nowhere/bureau.csv")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "bureau.csv")


def _file(name: str, content: bytes = b"x") -> Callable[[Path], object]:
    def made(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)

    return made


def _squeezed(folder: Path) -> None:
    """A zip by Windows, which packs what is beyond 2 GB in a way of its own (Deflate64)."""
    whole = bytearray(packed(("bureau.csv", b"SK_ID_CURR\n" * 99)))
    whole[8:10] = struct.pack("<H", 9)
    place = whole.index(b"PK\x01\x02") + 10
    whole[place : place + 2] = struct.pack("<H", 9)
    (folder / "bureau.csv.zip").write_bytes(whole)


NO_FILE = (
    "bureau.csv n’est pas un fichier, ou mène à un fichier qui n’est pas là : mettez la table à sa place, ou "
    "enlevez-le."
)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_link, NO_FILE),
        (_pipe, NO_FILE),
        (_file("bureau.csv.crdownload"), "est un téléchargement inachevé : téléchargez-le à nouveau."),
        (
            _file("bureau/CREDIT_TYPE=x"),
            "bureau/CREDIT_TYPE=x est le dossier d’une valeur, comme en fait Spark (partitionBy) : écrivez "
            "la table sans ces dossiers.",
        ),
        (
            _squeezed,
            "bureau.csv.zip est comprimé d’une façon qui ne se lit pas ici (Windows le fait au-delà de 2 Go) "
            ": décompressez-le d’abord.",
        ),
        (_file("bureau.csv.gz", b""), "Le fichier bureau.csv.gz est vide"),
        (_file("bureau.csv.zip", b""), "Le fichier bureau.csv.zip est vide"),
        (_file("bureau.csv.gz", b"<html>"), "bureau.csv.gz est une page web"),
        (_file("bureau.csv.zip", b"<html>"), "bureau.csv.zip est une page web"),
        (_file("bureau.csv.gz", packed()), "bureau.csv.gz est une archive zip vide"),
        (_file("bureau.csv.zip", gzip.compress(b"x")), "bureau.csv.zip est une archive gzip"),
        (_file("bureau.csv.gz", bz2.compress(b"x")), "bureau.csv.gz est une archive bzip2"),
        (
            _file("bureau.csv.gz", gzip.compress(gzip.compress(b"x"))),
            "bureau.csv.gz est comprimé deux fois : décompressez-le une fois.",
        ),
        (_file("bureau.csv", b"\x93NUMPY\x01\0v\0"), "bureau.csv est un tableau NumPy"),
        (_file("bureau.csv", b"<stata_dta><header>"), "bureau.csv est un fichier de Stata"),
        (_file("bureau.csv", b"RDX3\nX\n"), "bureau.csv est un fichier de R"),
        (_file("bureau.csv", b"$FL2@(#)"), "bureau.csv est un fichier de SPSS"),
        (
            _file("bureau.csv", b"-----BEGIN PGP MESSAGE-----"),
            "bureau.csv est un message chiffré : déchiffrez-le",
        ),
        (_file("bureau.csv", b"\x80\x03}q\0."), "bureau.csv est un objet Python (pickle)"),
        (_file("bureau.csv", b"[InternetShortcut]\nURL=x"), "bureau.csv est un raccourci vers une page web"),
        (_file("bureau.csv", b"<head><title>"), "bureau.csv est une page web"),
        (_file("bureau.csv", b"<svg>"), "bureau.csv est un dessin (SVG)"),
        *(
            (
                _file("bureau.csv", said),
                "bureau.csv est un message d’erreur d’un serveur : téléchargez-le à nou",
            )
            for said in (
                b"<Error><Code>",
                b'<?xml version="1.0"?>\n<Error><Code>',
                b'{"code":403,"message":"no"}',
                b'{"Error":"AccessDenied"}',
                b"404: Not Found",
            )
        ),
        (
            _file("bureau.csv", b'<?xml version="1.0"?><!DOCTYPE html PUBLIC>'),
            "bureau.csv est une page web",
        ),
        (
            _file("bureau.csv", b'<?xml version="1.0"?><Workbook>'),
            "bureau.csv est un document XML : enregistrez",
        ),
        (_file("bureau.csv", b"SK_ID_CURR^SK_ID_BUREAU"), "séparées par des accents circonflexes"),
        (
            _file("bureau.csv", b"SK_ID_CURR\x01SK_ID_BUREAU"),
            "séparées par des caractères de code 1 (ceux de Hive)",
        ),
        (_file("bureau.csv", b"SK_ID_CURR  SK_ID_BUREAU"), "séparées par des espaces"),
        (
            _file("bureau.csv", b"SK_ID_CURR is missing"),
            "la première ligne, « SK_ID_CURR is missing », ne nomme",
        ),
        (
            _file("bureau.csv", b'"SK_ID_CURR,SK_ID_BUREAU"\n'),
            "chaque ligne est entre guillemets ; enregistrez le fichier sans ces guillemets",
        ),
        (
            _file("bureau.csv", b'SK_ID_CURR,"SK_ID\n_BUREAU"\n'),
            "le nom d’une colonne tient sur plusieurs lignes, ou son guillemet n’est pas refermé ; mettez "
            "tous les noms sur la première ligne",
        ),
        (
            _file("bureau.csv", b"SK_ID_CURR,Unnamed: 0"),
            "Unnamed: 0 (l’index de pandas, à ne pas enregistrer)",
        ),
    ],
)
def test_a_history_is_not_taken_for_missing_or_damaged(
    change: Callable[[Path], object], says: str, source: Path, instance: Path
) -> None:
    change(source)
    assert says in refusal(source, instance)


@pytest.mark.parametrize("name", ["bureau.csv.bz2", "bureau.xlsx"])
def test_a_history_of_another_format_in_a_zip_is_told(name: str, source: Path, instance: Path) -> None:
    archive = source / "home.zip"
    archive.write_bytes(packed((TRAIN, (source / TRAIN).read_bytes()), (name, b"x")))
    assert f"{name} n’est pas d’un format qui se lit" in refusal(archive, instance)


def test_a_table_packed_twice_in_a_zip_is_told(source: Path, instance: Path) -> None:
    archive = source / "home.zip"
    twice = gzip.compress(gzip.compress(b"x"))
    archive.write_bytes(packed((TRAIN, (source / TRAIN).read_bytes()), ("bureau.csv.gz", twice)))
    said = "home.zip/bureau.csv.gz est comprimé deux fois : décompressez-le une fois."
    assert refusal(archive, instance) == said


def test_a_zip_of_the_whole_download_is_told(source: Path, instance: Path) -> None:
    archive = source / "home.zip"
    archive.write_bytes(packed(("readme.md", b""), ("data/kaggle.ZIP", b""), ("bureau.csv.zip", b"")))
    assert refusal(archive, instance).endswith(
        "Si les tables sont dans « data/kaggle.ZIP », décompressez home.zip et indiquez ce fichier."
    )


@pytest.mark.parametrize(
    ("end", "again"), [("\n", "{}"), ("\r\n", "{}"), ("\n", "\ufeff{}"), ("\n", "without quotes")]
)
def test_two_files_one_after_the_other_are_told(end: str, again: str, source: Path, instance: Path) -> None:
    """Each of its columns was told on its own."""
    names, *rows = (source / PAID).read_text().splitlines()
    second = names.replace('"', "") if again == "without quotes" else again.format(names)
    (source / PAID).write_bytes(end.join([names, *rows, "", second, *rows]).encode())
    assert refusal(source, instance) == (
        f"{PAID} répète les noms des colonnes à la ligne 63, comme là où deux fichiers sont mis bout à "
        "bout : enlevez cette ligne."
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<!DOCTYPE html>", "home.zip est une page web, souvent celle qui demande de se connecter : "),
        (packed(("x", b"y" * 99))[:-10], "home.zip est incomplet ou endommagé : téléchargez-le à nouveau."),
        (b"Rar!", "home.zip est une archive rar : décompressez-la."),
    ],
    ids=["web page", "cut", "rar"],
)
def test_what_kaggles_zip_really_is(content: bytes, says: str, source: Path, instance: Path) -> None:
    (source / "home.zip").write_bytes(content)
    assert says in refusal(source / "home.zip", instance)


def test_names_of_members_give_a_terminal_no_orders(source: Path, instance: Path) -> None:
    archive = source / "home.zip"
    archive.write_bytes(packed(("\x1b[31m\n/application_train.csv", b"SK_ID_CURR\n")))
    told = refusal(archive, instance)
    assert "\x1b" not in told
    assert "- home.zip/\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}/application_train.csv" in told


def test_a_name_that_is_no_utf_8_is_told(source: Path, instance: Path, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(bytes(tmp_path) + b"/donn\xe9es"))
    source.rename(odd)
    assert refusal(odd, instance) == (
        "application_train.csv a un nom, ou un dossier, qui n’est pas en UTF-8 : renommez-le."
    )


@pytest.mark.parametrize("encoding", ["utf-32-le", "utf-32-be"])
def test_utf_32_without_a_mark_is_read(encoding: str, source: Path, tmp_path: Path) -> None:
    content = import_folder(source, tmp_path / "before").sha256
    (source / TRAIN).write_bytes((source / TRAIN).read_text().encode(encoding))
    assert import_folder(source, tmp_path / "instance").sha256 == content


def test_invisible_marks_around_names_are_no_part_of_them(source: Path, tmp_path: Path) -> None:
    content = import_folder(source, tmp_path / "before").sha256
    rewrite(
        source / PAID, lambda lines: [lines[0].replace("SK_ID_PREV", "\u200eSK_ID_PREV\u2060"), *lines[1:]]
    )
    assert import_folder(source, tmp_path / "instance").sha256 == content


def test_small_letters_in_parquet_are_told(source: Path, instance: Path) -> None:
    rows = made_up.text(TABLE)
    as_parquet(source, rows.rename_columns([name.lower() for name in rows.column_names]))
    assert refusal(source, instance) == (
        "application_train.parquet : les noms des colonnes s’écrivent en majuscules : SK_ID_CURR, et non "
        "sk_id_curr."
    )


@pytest.mark.parametrize("around", ["application_train.{}", "t.{}", "`{}`"])
@pytest.mark.parametrize("small", [False, True])
def test_names_in_parquet_with_something_else_are_told(
    around: str, small: bool, source: Path, instance: Path
) -> None:
    """As Hive and Spark write them: 122 columns were told to be missing, and 122 to be there."""
    rows = made_up.text(TABLE)
    names = [around.format(name.lower() if small else name) for name in rows.column_names]
    as_parquet(source, rows.rename_columns(names))
    assert refusal(source, instance) == (
        "application_train.parquet : les noms des colonnes s’écrivent sans rien d’autre : SK_ID_CURR, et non "
        f"{names[0]}."
    )


def test_a_parquet_table_without_its_names_is_told(source: Path, instance: Path) -> None:
    """As Spark reads a text whose first line it takes for a row."""
    rows = made_up.text(TABLE)
    as_parquet(source, rows.rename_columns([f"_c{place}" for place in range(122)]))
    assert refusal(source, instance).endswith(
        ":\n- application_train.parquet, ligne 1 : aucune colonne n’a un nom de cette table, la première "
        "s’appelle _c0 ; enregistrez la table avec les noms de ses colonnes (SK_ID_CURR, …)."
    )


@pytest.mark.parametrize(
    ("insert", "line", "also"),
    [
        ("", 8, None),
        ("   ", 8, "ligne 3 : 122 valeurs attendues, 1 trouvée."),
        ("1,2", 8, "ligne 3 : 122 valeurs attendues, 2 trouvées."),
    ],
)
def test_lines_are_those_that_an_editor_shows(
    insert: str, line: int, also: str | None, source: Path, instance: Path
) -> None:
    spoil(source / TRAIN, line - 1, "AMT_CREDIT", "x")
    rewrite(source / TRAIN, lambda lines: [*lines[:2], insert, *lines[2:]])
    told = refusal(source, instance)
    assert f"ligne {line}, colonne AMT_CREDIT" in told
    assert also is None or also in told


def test_a_value_over_several_lines_counts_for_as_many(source: Path, instance: Path) -> None:
    spoil(source / TRAIN, 7, "AMT_CREDIT", "x")
    spoil(source / TRAIN, 4, "NAME_CONTRACT_TYPE", '"Cash\n\nloans"')
    told = refusal(source, instance)
    assert "ligne 4, colonne NAME_CONTRACT_TYPE" in told
    assert "ligne 9, colonne AMT_CREDIT" in told


@pytest.mark.parametrize(
    ("line", "inside", "after"),
    [
        ('1,"a","b"\n', False, False),
        ('1,"a\n', False, True),
        ('"a\n', False, True),
        ('1,5" pipe\n', False, False),
        ('1,"5"" pipe\n', False, True),
        ('1,"5"" pipe""","x\n', False, True),
        ('b",2\n', True, False),
        ('b"",2\n', True, True),
        ('b",2,"c\n', True, True),
        ("b\n", True, True),
        ("b\n", False, False),
    ],
)
def test_where_a_quoted_value_goes_on(line: str, inside: bool, after: bool) -> None:
    assert goes_on(line.encode(), inside) is after


@pytest.mark.parametrize("pack", [False, True])
def test_a_quote_that_is_not_closed_is_told_where_it_opens(pack: bool, source: Path, instance: Path) -> None:
    """All that followed was one value: the file was told to be damaged, and no line was named."""
    paid = made_up.history("installments_payments", TABLE["SK_ID_CURR"].to_pylist(), 80_000)
    made_up.write_csv(paid, source / PAID)

    def opened(lines: list[str]) -> list[str]:
        return [*lines[:99], lines[99].replace(",", ',"', 1), *lines[100:]]

    rewrite(source / PAID, opened)
    name = f"{PAID}.gz" if pack else PAID
    if pack:
        (source / name).write_bytes(gzip.compress((source / PAID).read_bytes(), 1))
        (source / PAID).unlink()
    assert refusal(source, instance) == (
        f"{name}, ligne 100 : le guillemet d’une valeur n’est pas refermé dans le million de caractères qui "
        "suit ; refermez-le, ou enlevez-le."
    )


@pytest.mark.parametrize("pack", [False, True])
def test_values_over_several_lines_may_begin_in_one_block_and_end_in_the_next(
    pack: bool, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows were told to have too few values."""
    monkeypatch.setattr("pretadepenser.credit.intake.sources.BLOCK_BYTES", 1000)
    blank = [f"{line.rpartition(',')[0]}," for line in (source / PAID).read_text().splitlines()[1:]]
    rewrite(source / PAID, lambda lines: [lines[0], *blank])
    content = import_folder(source, tmp_path / "before").sha256
    rewrite(source / PAID, lambda lines: [lines[0], *(f'{line}"\n"' for line in blank)])
    if pack:
        (source / f"{PAID}.gz").write_bytes(gzip.compress((source / PAID).read_bytes()))
        (source / PAID).unlink()
    report = import_folder(source, tmp_path / "instance")
    assert (report.sha256, report.tables[0].rows) == (content, 60)


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_piece_of_names_alone_holds_no_row_whether_their_line_ends_or_not(
    end: bytes, source: Path, tmp_path: Path
) -> None:
    """It was told to be damaged."""
    content = import_folder(source, tmp_path / "before").sha256
    names = (source / PAID).read_bytes().partition(b"\n")[0]
    folder = source / "installments_payments"
    folder.mkdir()
    (source / PAID).rename(folder / "part-0.csv")
    (folder / "part-1.csv.gz").write_bytes(gzip.compress(names + end))
    assert import_folder(source, tmp_path / "instance").sha256 == content


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_file_that_vanishes_while_it_is_read_is_told(ending: str, source: Path, instance: Path) -> None:
    if ending:
        (source / f"{TRAIN}.gz").write_bytes(gzip.compress((source / TRAIN).read_bytes()))
        (source / TRAIN).unlink()

    def gone(step: str, share: float) -> None:
        (source / f"{TRAIN}{ending}").unlink(missing_ok=True)

    with pytest.raises(PortfolioError) as caught:
        import_folder(source, instance, gone)
    assert str(caught.value) == (
        f"{TRAIN}{ending} a disparu pendant la lecture : remettez-le à sa place puis recommencez."
    )


def test_a_file_that_changes_while_it_is_read_is_not_mixed(source: Path, instance: Path) -> None:
    """Half of one and half of another would be a third that nobody has."""
    whole = (source / TRAIN).read_text()

    def cut(step: str, share: float) -> None:
        (source / TRAIN).write_text(whole[: len(whole) // 2])

    with pytest.raises(PortfolioError, match=r"ligne \d+ : 122 valeurs attendues"):
        import_folder(source, instance, cut)
    assert not [path for path in instance.glob("*portfolio*") if path.is_dir()]


@pytest.mark.parametrize(
    ("column", "values", "one", "several"),
    [
        (
            "AMT_CREDIT",
            ("x", "y"),
            "« x » n’est pas un nombre.",
            "« x » et « y » ne sont pas des nombres (et 1 autre ligne).",
        ),
        (
            "CNT_CHILDREN",
            ("0.5", "1.5"),
            "« 0,5 » n’est pas un nombre entier.",
            "« 0,5 » et « 1,5 » ne sont pas des nombres entiers (et 1 autre ligne).",
        ),
        (
            "REGION_RATING_CLIENT",
            ("4", "5"),
            "« 4 » est hors des bornes admises (de 1 à 3).",
            "« 4 » et « 5 » sont hors des bornes admises (de 1 à 3) (et 1 autre ligne).",
        ),
        (
            "NAME_CONTRACT_TYPE",
            ("Gift", "Loan"),
            "catégorie inconnue « Gift » (admises : « Cash loans », « Revolving loans »).",
            "catégories inconnues « Gift » et « Loan » (admises : « Cash loans », « Revolving loans ») (et 1 "
            "autre ligne).",
        ),
        (
            "SK_ID_CURR",
            ("1.2E+05", "1.3E+05"),
            "« 1.2E+05 » est un numéro abrégé, dont des chiffres peuvent être perdus ; enregistrez-le en "
            "entier (dans un tableur : format Nombre, sans décimale).",
            "« 1.2E+05 » et « 1.3E+05 » sont des numéros abrégés, dont des chiffres peuvent être perdus ; "
            "enregistrez-les en entier (dans un tableur : format Nombre, sans décimale) (et 1 autre ligne).",
        ),
    ],
)
def test_one_wrong_value_and_several_are_told_apart(
    column: str, values: tuple[str, str], one: str, several: str, source: Path, instance: Path
) -> None:
    spoil(source / TRAIN, 5, column, values[0])
    assert refusal(source, instance).endswith(f"- {TRAIN}, ligne 5, colonne {column} : {one}")
    spoil(source / TRAIN, 7, column, values[1])
    assert refusal(source, instance).endswith(f"- {TRAIN}, ligne 5, colonne {column} : {several}")


LOCAL = " ; un nombre s’écrit en chiffres, un point avant les décimales, rien d’autre (-1234.5)."


FAILED = (
    " ; un tableur écrit cela où une formule a échoué (#REF!) ou une colonne était trop étroite (###) : "
    "corrigez-y cette case, puis enregistrez à nouveau."
)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("450 000", LOCAL),
        ('"450\u00a0000,00"', LOCAL),
        ("1.350.000", LOCAL),
        ("450000 €", LOCAL),
        ("$450000", LOCAL),
        ("26 %", LOCAL),
        ("'450000", LOCAL),
        ("(450000)", LOCAL),
        ("450000-", LOCAL),
        ("1990-05-03", "."),
        ("########", FAILED),
        ("#REF!", FAILED),
        ("#DIV/0!", FAILED),
        ("TRUE", "."),
    ],
)
def test_how_a_number_is_written_is_told_where_people_write_it_otherwise(
    value: str, told: str, source: Path, instance: Path
) -> None:
    spoil(source / TRAIN, 5, "AMT_CREDIT", value)
    assert refusal(source, instance).endswith(f"» n’est pas un nombre{told}")


def in_thousands(rows: pa.Table, column: str) -> pa.Table:
    """The same amounts as a table has them whose points part thousands."""
    written = [f"{value:,.0f}".replace(",", ".") for value in rows[column].to_pylist()]
    values = pa.array(map(float, written), pa.float64())
    return rows.set_column(rows.schema.get_field_index(column), column, values)


def test_points_that_part_thousands_are_told(source: Path, instance: Path) -> None:
    """A credit of 450.000 was read as one of 450."""
    amounts = pa.array([450_000.0 + 1_234 * row for row in range(30)])
    table = with_column("AMT_CREDIT", amounts)
    made_up.write_csv(in_thousands(table, "AMT_CREDIT"), source / TRAIN)
    assert refusal(source, instance).endswith(
        f"- {TRAIN}, colonne AMT_CREDIT : toutes les valeurs sont inférieures à 1 000 et certaines ont trois "
        "décimales : leur point sépare sans doute les milliers ; enregistrez les nombres sans séparateur de "
        "milliers."
    )


TWO_WAYS = (
    "se lit de deux façons, car le point peut séparer les milliers ou les décimales ; écrivez un nombre sans "
    "séparateur de milliers, et sans zéro après ses décimales (450000 ou 450.5)"
)


@pytest.mark.parametrize("name", ["AMT_CREDIT", "AMT_INCOME_TOTAL", "AMT_ANNUITY", "AMT_GOODS_PRICE"])
def test_one_amount_whose_point_may_part_thousands_is_told(name: str, source: Path, instance: Path) -> None:
    """Among others that are plain it was read as a thousandth of itself."""
    spoil(source / TRAIN, 5, name, "450.000")
    assert refusal(source, instance).endswith(f"- {TRAIN}, ligne 5, colonne {name} : « 450.000 » {TWO_WAYS}.")


def test_such_amounts_are_told_in_an_archive_and_together(source: Path, instance: Path) -> None:
    spoil(source / TRAIN, 5, "AMT_CREDIT", "450.000")
    spoil(source / TRAIN, 7, "AMT_CREDIT", "81.250")
    packed = gzip.compress((source / TRAIN).read_bytes())
    (source / TRAIN).unlink()
    (source / f"{TRAIN}.gz").write_bytes(packed)
    assert refusal(source, instance).endswith(
        f"- {TRAIN}.gz, ligne 5, colonne AMT_CREDIT : « 450.000 » et « 81.250 » "
        "se lisent de deux façons, car le point peut séparer les milliers ou les décimales ; écrivez un "
        "nombre sans séparateur de milliers, et sans zéro après ses décimales (450000 ou 450.5) (et 1 "
        "autre ligne)."
    )


@pytest.mark.parametrize("written", ["450.5", "450.0", "450", "450.125", "0.500", "1450.000", "4.5e2"])
def test_one_small_amount_is_read(written: str, source: Path, instance: Path) -> None:
    spoil(source / TRAIN, 5, "AMT_GOODS_PRICE", written if float(written) > 1 else "1")
    spoil(source / TRAIN, 5, "AMT_INCOME_TOTAL", written)
    import_folder(source, instance)
    client = TABLE["SK_ID_CURR"][3].as_py()
    table = stored(instance)
    found = table["AMT_INCOME_TOTAL"][table["SK_ID_CURR"].to_pylist().index(client)].as_py()
    assert found == float(written)


def test_amounts_that_all_have_three_decimals_are_read(source: Path, instance: Path) -> None:
    amounts = [*(60_000.5 + row for row in range(29)), 450.0]
    made_up.write_csv(with_column("AMT_CREDIT", pa.array([f"{one:.3f}" for one in amounts])), source / TRAIN)
    import_folder(source, instance)
    assert sorted(stored(instance)["AMT_CREDIT"].to_pylist()) == sorted(amounts)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("bureau", "AMT_CREDIT_SUM"),
        ("previous_application", "AMT_APPLICATION"),
        ("previous_application", "AMT_CREDIT"),
    ],
)
def test_points_that_part_thousands_of_credits_before_are_told(
    table: str, column: str, source: Path, instance: Path
) -> None:
    rows = made_up.history(table, TABLE["SK_ID_CURR"].to_pylist(), 30)
    values = pa.array([450.0 + 0.234 * row for row in range(30)])
    place = rows.schema.get_field_index(column)
    made_up.write_csv(rows.set_column(place, column, values), source / f"{table}.csv")
    assert refusal(source, instance).endswith(
        f"- {table}.csv, colonne {column} : toutes les valeurs sont inférieures à 1 000 et certaines ont "
        "trois décimales : leur point sépare sans doute les milliers ; enregistrez les nombres sans "
        "séparateur de milliers."
    )


def test_incomes_whose_points_part_thousands_are_told(source: Path, instance: Path) -> None:
    values = pa.array([90.0 + 0.234 * row for row in range(30)])
    made_up.write_csv(with_column("AMT_INCOME_TOTAL", values), source / TRAIN)
    assert "colonne AMT_INCOME_TOTAL : toutes les valeurs sont inférieures à 1 000" in refusal(
        source, instance
    )


@pytest.mark.parametrize(
    ("separator", "told"),
    [
        (",", "les noms des colonnes s’écrivent sans rien d’autre : SK_ID_CURR, et non [SK_ID_CURR]"),
        (
            ";",
            "les colonnes sont séparées par des points-virgules ; enregistrez le fichier avec des virgules",
        ),
        ("\t", "les colonnes sont séparées par des tabulations ; enregistrez le fichier avec des virgules"),
    ],
)
def test_names_in_brackets_are_told(separator: str, told: str, source: Path, instance: Path) -> None:
    """As SQL Server writes them; they were told to be JSON."""
    names = [f"[{name}]" for name in TABLE.column_names]
    rewrite(source / TRAIN, lambda lines: [separator.join(names), *lines[1:]])
    assert refusal(source, instance) == f"{TRAIN}, ligne 1 : {told}."


@pytest.mark.parametrize(("rows", "refused"), [(1, False), (29, False), (30, True)])
def test_what_was_heard_lately_of_a_few_credits_may_be_newer(
    rows: int, refused: bool, source: Path, instance: Path
) -> None:
    """One client's credits, all heard of after the application, were told to have lost their sign."""
    credits = made_up.history("bureau", TABLE["SK_ID_CURR"].to_pylist(), rows)
    heard = pa.array(range(1, rows + 1))
    begun = pa.array([-900] * rows)
    for name, values in (("DAYS_CREDIT_UPDATE", heard), ("DAYS_CREDIT", begun)):
        credits = credits.set_column(credits.schema.get_field_index(name), name, values)
    made_up.write_csv(credits, source / "bureau.csv")
    if refused:
        assert "colonne DAYS_CREDIT_UPDATE : aucune valeur n’est négative" in refusal(source, instance)
    else:
        assert import_folder(source, instance).tables[0].rows == rows


@pytest.mark.parametrize(
    "amounts",
    [
        [450.0 + row for row in range(30)],
        [450.25 + row for row in range(30)],
        [450.1234 + row for row in range(30)],
        [1_450.125 + row for row in range(30)],
    ],
    ids=["whole", "cents", "four decimals", "above a thousand"],
)
def test_small_amounts_are_read(amounts: list[float], source: Path, instance: Path) -> None:
    made_up.write_csv(with_column("AMT_CREDIT", pa.array(amounts)), source / TRAIN)
    import_folder(source, instance)
    assert stored(instance)["AMT_CREDIT"].to_pylist() == amounts


@pytest.mark.parametrize(
    ("name", "line", "place", "told"),
    [
        (
            TRAIN,
            "Total,," + "," * 119,
            32,
            "53 colonnes n’ont pas de valeur qui convienne, dont SK_ID_CURR (« Total » "
            "n’est pas un nombre) ; enlevez cette ligne.",
        ),
        (
            TRAIN,
            "n°" + ",unité" * 121,
            2,
            "122 colonnes n’ont pas de valeur qui convienne, dont SK_ID_CURR (« n° » "
            "n’est pas un nombre) ; enlevez cette ligne.",
        ),
        (
            PAID,
            "\n".join(["," * 7] * 9),
            62,
            "5 colonnes n’ont pas de valeur qui convienne, dont SK_ID_PREV (valeur "
            "absente, or elle est obligatoire) ; enlevez cette ligne (et 8 autres lignes).",
        ),
    ],
    ids=["total", "units", "commas"],
)
def test_a_line_that_is_no_row_is_told_once(
    name: str, line: str, place: int, told: str, source: Path, instance: Path
) -> None:
    """Each of its columns was told on its own."""
    rewrite(source / name, lambda lines: [*lines[: place - 1], line, *lines[place - 1 :]])
    assert refusal(source, instance).endswith(
        f":\n- {name}, ligne {place} : ce n’est sans doute pas une ligne de la table : {told}"
    )


def test_a_table_with_the_columns_of_another_is_told_so(source: Path, instance: Path) -> None:
    (source / PAID).rename(source / "bureau.csv")
    assert refusal(source, instance).endswith(
        ":\n- bureau.csv, ligne 1 : les colonnes sont celles de installments_payments : mettez-y la bonne "
        "table."
    )


def test_a_decimal_of_parquet_is_the_number_that_its_text_says(source: Path, instance: Path) -> None:
    """Arrow made 22611.510000000002 of 22611.51."""
    amounts = [Decimal(f"{22611 + row}.{row:02}") for row in range(30)]
    as_parquet(source, with_column("AMT_CREDIT", pa.array(amounts, pa.decimal128(14, 2))))
    import_folder(source, instance)
    assert stored(instance)["AMT_CREDIT"].to_pylist() == list(map(float, amounts))


@pytest.mark.parametrize("name", list(TABLES))
def test_a_history_without_a_row_is_refused(name: str, source: Path, instance: Path) -> None:
    """An export that was cut after the names of its columns said of everybody that they have no history."""
    if name == "bureau_balance":
        made_up.write_csv(
            made_up.history("bureau", TABLE["SK_ID_CURR"].to_pylist(), 40), source / "bureau.csv"
        )
    made_up.write_csv(made_up.history(name, [1], 0), source / f"{name}.csv")
    assert refusal(source, instance).endswith(
        f":\n- {name}.csv : aucune ligne sous les noms des colonnes : téléchargez cette table à nouveau, ou "
        "enlevez-la."
    )
    # Of a few clients nobody may have one.
    (source / "bureau.csv").unlink(missing_ok=True)
    if name != "bureau_balance":
        made_up.write_csv(made_up.history(name, [1], 0), source / f"{name}.csv")
        made_up.write_csv(TABLE.slice(0, 29), source / TRAIN)
        assert import_folder(source, instance).tables[0].rows == 0


def test_a_history_of_nobody_here_is_refused(source: Path, instance: Path) -> None:
    """Credits of the bureau stood in the place of clients, and nobody had a history."""
    paid = made_up.history("installments_payments", [900_001], 60)
    made_up.write_csv(paid, source / PAID)
    assert refusal(source, instance).endswith(
        f":\n- {PAID} : aucune ligne n’est d’un de ces clients : vérifiez les numéros, ou enlevez cette "
        "table."
    )
    # One row is enough, and of a few clients there may be none.
    spoil(source / PAID, 9, "SK_ID_CURR", str(TABLE["SK_ID_CURR"][0]))
    assert import_folder(source, instance).tables[0].orphans == 59
    made_up.write_csv(paid, source / PAID)
    made_up.write_csv(TABLE.slice(0, 29), source / TRAIN)
    assert import_folder(source, instance).tables[0].orphans == 60


def indexed(source: Path, name: str, column: str, *, called: str | None = None, keep: bool = False) -> None:
    """Write a table as pandas does whose numbers are its index."""
    rows = pandas.read_csv(source / f"{name}.csv").sample(frac=1, random_state=1)
    rows = rows.set_index(column, drop=not keep)
    rows.index.name = called
    (source / f"{name}.csv").unlink()
    rows.to_parquet(source / f"{name}.parquet")


@pytest.mark.parametrize("keep", [False, True])
def test_numbers_that_are_the_index_of_pandas_are_read(keep: bool, source: Path, tmp_path: Path) -> None:
    content = import_folder(source, tmp_path / "before").sha256
    indexed(source, "application_train", "SK_ID_CURR", called="SK_ID_CURR", keep=keep)
    names = pa.parquet.read_schema(source / "application_train.parquet").names
    assert ("__index_level_0__" in names) is keep
    assert import_folder(source, tmp_path / "instance").sha256 == content


def test_an_index_stored_under_a_name_of_its_own_is_read(source: Path, tmp_path: Path) -> None:
    """As earlier versions of Arrow wrote every index."""
    content = import_folder(source, tmp_path / "before").sha256
    indexed(source, "application_train", "SK_ID_CURR", called="SK_ID_CURR")
    path = source / "application_train.parquet"
    rows = pa.parquet.read_table(path)
    told = json.loads(rows.schema.metadata[b"pandas"])
    told["index_columns"] = ["__index_level_0__"]
    for column in told["columns"]:
        if column["name"] == "SK_ID_CURR":
            column["field_name"] = "__index_level_0__"
    rows = rows.rename_columns({"SK_ID_CURR": "__index_level_0__"})
    pa.parquet.write_table(rows.replace_schema_metadata({"pandas": json.dumps(told)}), path)
    assert import_folder(source, tmp_path / "instance").sha256 == content


def test_an_index_that_is_none_but_a_count_is_read(source: Path, tmp_path: Path) -> None:
    """Numbers without a gap are not stored at all, only where they begin and end."""
    content = import_folder(source, tmp_path / "before").sha256
    rows = pandas.read_csv(source / TRAIN)
    first, last = int(rows["SK_ID_CURR"].iloc[0]), int(rows["SK_ID_CURR"].iloc[-1])
    rows.index = pandas.RangeIndex(first, last + 3, 3, name="SK_ID_CURR")
    (source / TRAIN).unlink()
    path = source / "application_train.parquet"
    rows.drop(columns="SK_ID_CURR").to_parquet(path)
    assert "SK_ID_CURR" not in pa.parquet.read_schema(path).names
    assert import_folder(source, tmp_path / "instance").sha256 == content
    # What says of another number of rows is believed of none.
    written = pa.parquet.read_table(path)
    pa.parquet.write_table(written.slice(1), path)
    assert "il manque la colonne SK_ID_CURR" in refusal(source, tmp_path / "other")


def test_an_index_that_means_nothing_is_left_out(source: Path, tmp_path: Path) -> None:
    """What is left of a table that was filtered: it was told to be a column that is not expected."""
    content = import_folder(source, tmp_path / "before").sha256
    rows = pandas.read_csv(source / TRAIN).sample(frac=1, random_state=1)
    (source / TRAIN).unlink()
    rows.to_parquet(source / "application_train.parquet")
    assert "__index_level_0__" in pa.parquet.read_schema(source / "application_train.parquet").names
    assert import_folder(source, tmp_path / "instance").sha256 == content


@pytest.mark.parametrize(
    "told", ["{", "[]", "null", '{"index_columns": 5}', '{"columns": [5], "index_columns": [{}, null]}']
)
def test_what_else_is_written_about_an_index_is_none(told: str, source: Path, tmp_path: Path) -> None:
    content = import_folder(source, tmp_path / "before").sha256
    (source / TRAIN).unlink()
    rows = made_up.text(TABLE).replace_schema_metadata({"pandas": told})
    pa.parquet.write_table(rows, source / "application_train.parquet")
    assert import_folder(source, tmp_path / "instance").sha256 == content


def test_numbers_in_an_index_without_a_name_are_told(source: Path, instance: Path) -> None:
    indexed(source, "application_train", "SK_ID_CURR")
    assert refusal(source, instance).endswith(
        ":\n- application_train.parquet, ligne 1 : il manque la colonne SK_ID_CURR, qui est peut-être la "
        "colonne __index_level_0__ (souvent l’index de pandas, ou les noms de ligne de R) : si oui, "
        "appelez-la SK_ID_CURR, sinon enlevez-la et ajoutez SK_ID_CURR."
    )


@pytest.mark.parametrize(
    ("written", "called"), [("", "sans nom"), ("Unnamed: 0", "Unnamed: 0"), ("X", "X"), ("index", "index")]
)
def test_numbers_under_no_name_are_told_in_a_text_too(
    written: str, called: str, source: Path, instance: Path
) -> None:
    rewrite(source / TRAIN, lambda lines: [lines[0].replace('"SK_ID_CURR"', written), *lines[1:]])
    rewrite(source / TRAIN, lambda lines: [lines[0].replace("SK_ID_CURR", written), *lines[1:]])
    assert f"il manque la colonne SK_ID_CURR, qui est peut-être la colonne {called} (souvent" in refusal(
        source, instance
    )


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("index", "index (l’index de pandas, à ne pas enregistrer)"),
        ("X", "X (souvent les noms de ligne de R, à ne pas enregistrer)"),
        ("...1", "...1 (souvent les noms de ligne de R, à ne pas enregistrer)"),
    ],
)
def test_numbers_of_rows_are_told(name: str, called: str, source: Path, instance: Path) -> None:
    rewrite(source / PAID, lambda lines: [f"{name},{lines[0]}", *(f"1,{line}" for line in lines[1:])])
    assert refusal(source, instance).endswith(f"- {PAID}, ligne 1 : colonne inattendue {called}.")


def test_a_comma_too_many_behind_the_names_is_told(source: Path, instance: Path) -> None:
    rewrite(source / PAID, lambda lines: [f"{line}," for line in lines])
    assert refusal(source, instance).endswith(
        f"- {PAID}, ligne 1 : colonne inattendue sans nom, la dernière (souvent une virgule de trop au bout "
        "des lignes, à enlever)."
    )


@pytest.mark.parametrize("pack", [False, True])
@pytest.mark.parametrize("around", ["\ufeff{}", "{}\ufeff", "\u200b{}\u200e"])
def test_marks_around_values_are_no_part_of_them(
    around: str, pack: bool, source: Path, tmp_path: Path
) -> None:
    """A byte-order mark in mid-file, where two files were put together, was told to be no number."""
    content = import_folder(source, tmp_path / "before").sha256
    for row, column in ((7, "SK_ID_CURR"), (9, "AMT_ANNUITY"), (11, "NAME_CONTRACT_TYPE")):
        value = fields((source / TRAIN).read_text().split("\n")[row - 1])[TABLE.column_names.index(column)]
        spoil(source / TRAIN, row, column, around.format(value))
    if pack:
        (source / f"{TRAIN}.gz").write_bytes(gzip.compress((source / TRAIN).read_bytes()))
        (source / TRAIN).unlink()
    assert import_folder(source, tmp_path / "instance").sha256 == content


@pytest.mark.parametrize("value", ["+-5", "--5", "-+5", "5-", "+-.5e1"])
def test_two_signs_make_no_number(value: str, source: Path, instance: Path) -> None:
    """DuckDB took +-5 for -5."""
    spoil(source / PAID, 7, "DAYS_INSTALMENT", value)
    assert f"- {PAID}, ligne 7, colonne DAYS_INSTALMENT : « {value} » n’est pas un nombre" in refusal(
        source, instance
    )


@pytest.mark.parametrize("pack", [False, True])
@pytest.mark.parametrize("value", ["4503599627370497.5", "4503599627370497.3", "8796093022209.0001"])
def test_decimals_of_the_number_of_a_client_are_not_lost(
    value: str, pack: bool, source: Path, instance: Path
) -> None:
    """4503599627370497.5 and …498 became one client."""
    rewrite(source / TRAIN, lambda lines: [*lines[:1], *lines[2:], lines[1]])
    spoil(source / TRAIN, 31, "SK_ID_CURR", value)
    if pack:
        (source / f"{TRAIN}.gz").write_bytes(gzip.compress((source / TRAIN).read_bytes()))
        (source / TRAIN).unlink()
    assert refusal(source, instance).endswith(
        f", ligne 31, colonne SK_ID_CURR : « {value} » n’est pas un nombre entier."
    )


@pytest.mark.parametrize("value", [9_007_199_254_740_993, 9_999_999_999_999_999])
def test_a_number_beyond_all_is_told_with_its_own_digits(value: int, source: Path, instance: Path) -> None:
    """As a float64 has them: 9007199254740992, and 1e+16."""
    said = f"colonne SK_ID_CURR : « {value} » est hors des bornes admises (de 1 à 9007199254740991)."
    spoil(source / TRAIN, 31, "SK_ID_CURR", str(value))
    assert said in refusal(source, instance)
    numbers = [*TABLE["SK_ID_CURR"].to_pylist()[:-1], value]
    as_parquet(source, with_column("SK_ID_CURR", pa.array(numbers)))
    assert said in refusal(source, instance)


def test_a_number_beyond_floats_is_told_as_it_is_written(source: Path, instance: Path) -> None:
    spoil(source / TRAIN, 5, "AMT_CREDIT", "1e400")
    assert "colonne AMT_CREDIT : « 1e400 » est hors des bornes admises" in refusal(source, instance)


@pytest.mark.parametrize(
    "text",
    ["EmployŽ", "Employ‚", "EmployÃ©", "Employ\ufffd", "CashÊloans", "˜J“\xadŽÒ"],
    ids=["Mac", "DOS", "UTF-8", "replaced", "blank of a Mac", "Japan"],
)
def test_letters_of_another_encoding_are_told(text: str, source: Path, instance: Path) -> None:
    spoil(source / TRAIN, 5, "OCCUPATION_TYPE", text)
    assert refusal(source, instance).endswith(
        "(admises : 18 valeurs, voir dictionary.toml) ; ces lettres ont sans doute été lues dans un autre "
        "codage que le leur : reprenez le fichier là où elles sont justes, et enregistrez-le en UTF-8."
    )


@pytest.mark.parametrize("text", ["Employé", "Ouvrier à façon", "Muž", "Noël", "N° 5"])
def test_letters_that_are_right_are_not_told_so(text: str, source: Path, instance: Path) -> None:
    spoil(source / TRAIN, 5, "OCCUPATION_TYPE", text)
    assert refusal(source, instance).endswith(
        f"catégorie inconnue « {text} » (admises : 18 valeurs, voir dictionary.toml)."
    )


@pytest.mark.parametrize("text", ["laborers", "Laborer", "LABORERS", "Labourers"])
def test_the_category_that_a_text_almost_is_is_named(text: str, source: Path, instance: Path) -> None:
    spoil(source / TRAIN, 5, "OCCUPATION_TYPE", text)
    assert refusal(source, instance).endswith(
        f"catégorie inconnue « {text} » (admises : 18 valeurs, dont « Laborers », voir dictionary.toml)."
    )


def test_a_letter_that_cannot_be_seen_is_told(source: Path, instance: Path) -> None:
    """The text looked like one that is admitted."""
    spoil(source / TRAIN, 5, "NAME_CONTRACT_TYPE", "Cash\u00a0loans")
    assert refusal(source, instance).endswith(
        "catégorie inconnue « Cash\ufffdloans » (admises : « Cash loans », « Revolving loans ») ; \ufffd y "
        "tient lieu d’un caractère qui ne se voit pas (U+00A0) : mettez ce qu’il faut à sa place, ou "
        "enlevez-le."
    )


@pytest.mark.parametrize(
    ("column", "text", "says"),
    [
        (
            "NAME_CONTRACT_TYPE",
            "Cash&nbsp;loans",
            "« &nbsp; » est écrit comme dans une page web : mettez une espace",
        ),
        (
            "NAME_TYPE_SUITE",
            "Spouse&#44; partner",
            "« &#44; » est écrit comme dans une page web : mettez « , »",
        ),
        (
            "NAME_EDUCATION_TYPE",
            "R&D &amp; higher",
            "« &amp; » est écrit comme dans une page web : mettez « & »",
        ),
    ],
)
def test_a_letter_as_web_pages_write_it_is_told(
    column: str, text: str, says: str, source: Path, instance: Path
) -> None:
    spoil(source / TRAIN, 5, column, text)
    assert refusal(source, instance).endswith(f" ; {says} à sa place.")


def halves(rows: pa.Table, *names: str) -> pa.Table:
    """The same rows with columns in 16 bits, as those who save memory make of them."""
    for name in names:
        values = np.array(rows[name].cast(pa.float64()).to_pylist(), float).astype(np.float16)
        column = pa.array(values, pa.float16(), from_pandas=True)
        rows = rows.set_column(rows.schema.get_field_index(name), name, column)
    return rows


def test_numbers_of_16_bits_are_refused(source: Path, instance: Path) -> None:
    """Days were off by up to 16, amounts and scores by a two-thousandth."""
    rows = made_up.text(TABLE)
    as_parquet(source, halves(rows, "EXT_SOURCE_2"))
    assert refusal(source, instance).endswith(
        ":\n- application_train.parquet : la colonne « EXT_SOURCE_2 » est écrite en float16, qui arrondit "
        "les jours à 16 près et le reste à 0,05 % ; reprenez les valeurs d’origine, et enregistrez-les en "
        "float64."
    )
    pa.parquet.write_table(
        halves(rows, "AMT_CREDIT", "DAYS_BIRTH", "EXT_SOURCE_2"), source / "application_train.parquet"
    )
    assert refusal(source, instance).endswith(
        ":\n- application_train.parquet : des colonnes (« AMT_CREDIT », « DAYS_BIRTH » et « EXT_SOURCE_2 ») "
        "sont écrites en float16, qui arrondit les jours à 16 près et le reste à 0,05 % ; reprenez les "
        "valeurs d’origine, et enregistrez-les en float64."
    )


def test_counts_of_16_bits_are_read(source: Path, tmp_path: Path) -> None:
    """Whole numbers up to 2,048 lose nothing."""
    content = import_folder(source, tmp_path / "before").sha256
    as_parquet(source, halves(made_up.text(TABLE), "CNT_CHILDREN", "HOUR_APPR_PROCESS_START", "FLAG_MOBIL"))
    assert import_folder(source, tmp_path / "instance").sha256 == content


@pytest.mark.parametrize("words", [("True", "False"), ("TRUE", "FALSE"), (" true", "false ")])
@pytest.mark.parametrize("pack", [False, True])
def test_yes_and_no_as_programs_write_them_are_1_and_0(
    words: tuple[str, str], pack: bool, source: Path, tmp_path: Path
) -> None:
    content = import_folder(source, tmp_path / "before").sha256
    yes, no = words
    values = [yes if one else no for one in TABLE["FLAG_PHONE"].to_pylist()]
    made_up.write_csv(with_column("FLAG_PHONE", pa.array(values)), source / TRAIN)
    if pack:
        (source / f"{TRAIN}.gz").write_bytes(gzip.compress((source / TRAIN).read_bytes()))
        (source / TRAIN).unlink()
    assert import_folder(source, tmp_path / "instance").sha256 == content


@pytest.mark.parametrize("word", ["VRAI", "Y", "oui", "t"])
def test_other_words_for_yes_and_no_are_told(word: str, source: Path, instance: Path) -> None:
    spoil(source / TRAIN, 5, "FLAG_PHONE", word)
    assert refusal(source, instance).endswith(
        f"« {word} » n’est pas un nombre ; cette colonne s’écrit 1 pour oui, 0 pour non."
    )


@pytest.mark.parametrize("word", ["2017-03-05", "05/03/2017", "-5 days"])
def test_dates_in_the_place_of_days_are_told(word: str, source: Path, instance: Path) -> None:
    spoil(source / PAID, 5, "DAYS_INSTALMENT", word)
    assert refusal(source, instance).endswith(
        f"« {word} » n’est pas un nombre ; cette colonne compte les jours depuis la demande, avec un signe "
        "moins avant elle (-30) : mettez ces nombres à la place des dates."
    )


@pytest.mark.parametrize("end", ["\x1a", "\x1a\r\n"])
def test_what_dos_writes_behind_a_text_is_no_row(end: str, source: Path, tmp_path: Path) -> None:
    content = import_folder(source, tmp_path / "before").sha256
    (source / TRAIN).write_text((source / TRAIN).read_text() + end)
    assert import_folder(source, tmp_path / "instance").sha256 == content


@pytest.mark.parametrize("word", ["-nan", "#NA", "1.#QNAN", "-1.#IND", "#N/A N/A"])
def test_more_words_for_missing_values(word: str, source: Path, tmp_path: Path) -> None:
    spoil(source / TRAIN, 7, "AMT_ANNUITY", "")
    spoil(source / TRAIN, 7, "OCCUPATION_TYPE", "")
    content = import_folder(source, tmp_path / "before").sha256
    spoil(source / TRAIN, 7, "AMT_ANNUITY", word)
    spoil(source / TRAIN, 7, "OCCUPATION_TYPE", word)
    assert import_folder(source, tmp_path / "instance").sha256 == content


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ([f"{row}.500" for row in range(10, 39)] + ["450"], True),
        ([f"{row}.500" for row in range(10, 40)], False),
        ([f"{row}.5" for row in range(10, 39)] + ["450"], False),
        ([f"{row}.500" for row in range(10, 39)] + ["450.12"], False),
        ([f"{row}.500" for row in range(10, 39)] + ["0"], False),
        ([f"{row}.500" for row in range(10, 39)] + ["1450"], False),
        ([f"{row}.512" for row in range(10, 39)] + ["450"], False),
    ],
)
@pytest.mark.parametrize("pack", [False, True])
def test_payments_whose_points_part_thousands_are_told(
    values: list[str], refused: bool, pack: bool, source: Path, instance: Path
) -> None:
    """12.500 beside 450 was read as twelve and a half."""
    rows = made_up.text(made_up.history("installments_payments", TABLE["SK_ID_CURR"].to_pylist(), 30))
    place = rows.schema.get_field_index("AMT_INSTALMENT")
    made_up.write_csv(rows.set_column(place, "AMT_INSTALMENT", pa.array(values)), source / PAID)
    if pack:
        (source / f"{PAID}.gz").write_bytes(gzip.compress((source / PAID).read_bytes()))
        (source / PAID).unlink()
    if refused:
        assert "colonne AMT_INSTALMENT : toutes les valeurs sont inférieures à 1 000 et certaines" in refusal(
            source, instance
        )
    else:
        assert import_folder(source, instance).tables[0].rows == 30


def test_round_credits_whose_points_part_thousands_are_told(source: Path, instance: Path) -> None:
    """5.000 and 12.500 have no three decimals left once they are numbers."""
    rows = made_up.text(made_up.history("bureau", TABLE["SK_ID_CURR"].to_pylist(), 30))
    place = rows.schema.get_field_index("AMT_CREDIT_SUM")
    values = pa.array([f"{row}.500" for row in range(10, 40)])
    made_up.write_csv(rows.set_column(place, "AMT_CREDIT_SUM", values), source / "bureau.csv")
    assert "colonne AMT_CREDIT_SUM : toutes les valeurs sont inférieures à 1 000" in refusal(source, instance)


def test_tables_some_folders_deeper_are_named(source: Path, instance: Path, tmp_path: Path) -> None:
    """Nothing was said of where they are, and a history two folders deep was not imported."""
    bureau = made_up.history("bureau", TABLE["SK_ID_CURR"].to_pylist(), 9)
    made_up.write_csv(bureau, source / "a" / "b" / "bureau.csv")
    assert refusal(source, instance).startswith(f"a/b/bureau.csv est dans un sous-dossier de {source} :")
    (source / "a" / "b" / "bureau.csv").rename(source / "a" / "b" / "part-0.csv")
    (source / "a" / "b").rename(source / "a" / "bureau")
    assert refusal(source, instance).startswith(f"a/bureau est dans un sous-dossier de {source} :")
    above = tmp_path / "above" / "more"
    above.parent.mkdir()
    (source / "a" / "bureau" / "part-0.csv").unlink()
    source.rename(above)
    assert refusal(above.parent.parent, instance).startswith(
        f"above/more/{TRAIN} est dans un sous-dossier de {tmp_path} :"
    )


def test_a_desktop_in_a_folder_is_no_table(source: Path, instance: Path) -> None:
    made_up.write_csv(TABLE, source / "marie" / "Bureau" / "clients.csv")
    # A folder that holds itself ends somewhere.
    (source / "marie" / "Bureau" / "again").symlink_to(source / "marie")
    assert import_folder(source, instance).tables[0].name == "installments_payments"


def test_kaggles_zip_in_a_folder_is_named(source: Path, instance: Path) -> None:
    (source / "down").mkdir()
    (source / "down" / "home-credit-default-risk.zip").write_bytes(packed((TRAIN, b"x")))
    (source / TRAIN).unlink()
    assert refusal(source, instance).endswith(
        "Si les tables sont dans « down/home-credit-default-risk.zip », indiquez ce fichier."
    )
