"""Importing a portfolio: every format, every refusal, and the genuine rows as they are."""

import gzip
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
import pytest

from pretadepenser.credit import dictionary
from pretadepenser.credit.portfolio import (
    Portfolio,
    PortfolioError,
    current_portfolio,
    import_batches,
    import_folder,
)
from tests.unit import made_up

REPO = Path(__file__).resolve().parents[2]
GENUINE = REPO.parent / "shared" / "data" / "homecredit"


def opened(instance: Path) -> Portfolio:
    portfolio = current_portfolio(instance)
    assert portfolio is not None
    return portfolio


def stored(instance: Path) -> pa.Table:
    """All stored rows, categories as strings."""
    with pa.memory_map(str(opened(instance).folder / "clients.arrow")) as file:
        return made_up.text(pa.ipc.open_file(file).read_all()).combine_chunks()


def refused(source: Path, instance: Path) -> PortfolioError:
    """Import `source`, which must be refused and leave no trace; return the error."""
    before = sorted(path.name for path in instance.glob("portfolio*"))
    with pytest.raises(PortfolioError) as caught:
        import_folder(source, instance)
    assert sorted(path.name for path in instance.glob("portfolio*")) == before
    assert not [path for path in instance.glob(".portfolio.*") if path.is_dir()]
    return caught.value


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Folder with 300 labelled and 40 unlabelled made-up clients."""
    made_up.write_csv(made_up.table(300), tmp_path / "source" / "application_train.csv")
    test = made_up.table(40, seed=1, first=100_003).drop_columns(["TARGET"])
    made_up.write_csv(test, tmp_path / "source" / "application_test.csv")
    return tmp_path / "source"


def spoil(path: Path, line: int, column: str, value: str) -> None:
    """Put `value` in one field of a CSV file."""
    lines = path.read_text().split("\n")
    place = lines[0].replace('"', "").split(",").index(column)
    fields = next(iter([_fields(lines[line - 1])]))
    fields[place] = value
    lines[line - 1] = ",".join(fields)
    path.write_text("\n".join(lines))


def _fields(line: str) -> list[str]:
    import csv

    return [f'"{field}"' if "," in field else field for field in next(csv.reader([line]))]


def test_both_files_become_one_sorted_portfolio(source: Path, tmp_path: Path) -> None:
    report = import_folder(source, tmp_path / "instance")
    assert (report.clients, report.sources) == (
        340,
        (("application_train.csv", 300), ("application_test.csv", 40)),
    )
    portfolio = opened(tmp_path / "instance")
    assert portfolio.size == 340
    assert not portfolio.fictitious
    assert portfolio.labelled == report.labelled < 300
    assert (np.diff(portfolio.numbers()) > 0).all()
    unlabelled = portfolio.client(100_003)
    assert unlabelled is not None
    assert unlabelled.target is None

    expected = pa.concat_tables(
        [
            made_up.text(made_up.table(300)),
            made_up.text(made_up.table(40, seed=1, first=100_003)).set_column(
                1, "TARGET", pa.nulls(40, pa.float64())
            ),
        ]
    ).sort_by("SK_ID_CURR")
    assert stored(tmp_path / "instance").equals(expected.combine_chunks())


def test_the_test_file_is_optional(source: Path, tmp_path: Path) -> None:
    (source / "application_test.csv").unlink()
    assert import_folder(source, tmp_path / "instance").clients == 300


def _zipped(source: Path) -> None:
    with zipfile.ZipFile(source / "application_train.csv.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(source / "application_train.csv", "application_train.csv")
        archive.writestr("__MACOSX/._application_train.csv", "")


def _gzipped(source: Path) -> None:
    with (
        (source / "application_train.csv").open("rb") as plain,
        gzip.open(source / "application_train.csv.gz", "wb") as packed,
    ):
        shutil.copyfileobj(plain, packed)


def _parquet(source: Path) -> None:
    pa.parquet.write_table(made_up.text(made_up.table(300)), source / "application_train.parquet")


def _parquet_with_categories(source: Path) -> None:
    pa.parquet.write_table(made_up.table(300), source / "application_train.parquet")


def _kaggle_zip(source: Path) -> None:
    with zipfile.ZipFile(source / "home-credit-default-risk.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for table in ("application_train", "application_test"):
            archive.write(source / f"{table}.csv", f"{table}.csv")
    (source / "application_test.csv").unlink()


@pytest.mark.parametrize("pack", [_zipped, _gzipped, _parquet, _parquet_with_categories, _kaggle_zip])
def test_every_format_gives_the_same_content(
    pack: Callable[[Path], None], source: Path, tmp_path: Path
) -> None:
    plain = import_folder(source, tmp_path / "plain")
    pack(source)
    (source / "application_train.csv").unlink()
    packed = import_folder(source, tmp_path / "packed")
    assert packed.sha256 == plain.sha256
    assert packed.sources != plain.sources


def test_kaggles_zip_can_be_named_itself(source: Path, tmp_path: Path) -> None:
    _kaggle_zip(source)
    assert import_folder(source / "home-credit-default-risk.zip", tmp_path / "instance").clients == 340


def test_rows_in_any_order_and_more_than_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = made_up.table(1000)
    made_up.write_csv(rows, tmp_path / "sorted" / "application_train.csv")
    shuffled = rows.take(np.random.default_rng(3).permutation(1000))
    made_up.write_csv(shuffled, tmp_path / "shuffled" / "application_train.csv")
    monkeypatch.setattr("pretadepenser.credit.portfolio.sorting.RUN_ROWS", 128)
    monkeypatch.setattr("pretadepenser.credit.portfolio.importing.BATCH_ROWS", 100)
    monkeypatch.setattr("pretadepenser.credit.portfolio.sources.BLOCK_BYTES", 50_000)
    one = import_folder(tmp_path / "sorted", tmp_path / "one")
    other = import_folder(tmp_path / "shuffled", tmp_path / "other")
    assert one.sha256 == other.sha256
    assert stored(tmp_path / "other").equals(made_up.text(rows).combine_chunks())
    assert opened(tmp_path / "other").client(100_002 + 3 * 777) is not None


def test_blank_lines_byte_order_mark_and_spelled_missing_values(source: Path, tmp_path: Path) -> None:
    plain = import_folder(source, tmp_path / "plain")
    path = source / "application_train.csv"
    header, *lines = path.read_text().splitlines()
    place = header.replace('"', "").split(",").index("OWN_CAR_AGE")
    fields = _fields(lines[4])
    if fields[place] == "":
        fields[place] = "NaN"
        lines[4] = ",".join(fields)
    path.write_text("\ufeff" + "\r\n".join([header, "", *lines, "", ""]), "utf-8")
    assert import_folder(source, tmp_path / "instance").sha256 == plain.sha256


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("AMT_CREDIT", "abc", "« abc » n’est pas un nombre"),
        ("AMT_CREDIT", "", "valeur absente, or elle est obligatoire"),
        ("AMT_CREDIT", "-5", "« -5 » est hors des bornes admises (de 1 à 1000000000)"),
        ("AMT_CREDIT", "inf", "« inf » n’est pas un nombre"),
        ("EXT_SOURCE_2", "1.5", "« 1,5 » est hors des bornes admises (de 0 à 1)"),
        ("CNT_CHILDREN", "1.5", "« 1,5 » n’est pas un nombre entier"),
        ("TARGET", "2", "« 2 » est hors des bornes admises (de 0 à 1)"),
        ("SK_ID_CURR", "1e30", "est hors des bornes admises"),
        ("DAYS_EMPLOYED", "365242", "« 365242 » est hors des bornes admises"),
        ("CODE_GENDER", "X", "catégorie inconnue « X » (admises : « F », « M », « XNA »)"),
        ("NAME_CONTRACT_TYPE", "", "valeur absente, or elle est obligatoire"),
    ],
)
def test_a_wrong_value_is_named_with_its_file_line_and_column(
    column: str, value: str, says: str, source: Path, tmp_path: Path
) -> None:
    import_folder(source, tmp_path / "instance")
    spoil(source / "application_train.csv", 7, column, value)
    error = refused(source, tmp_path / "instance")
    assert len(error.problems) == 1
    problem = error.problems[0]
    assert (problem.file, problem.line, problem.column) == ("application_train.csv", 7, column)
    assert says.replace("« ", "«\u00a0").replace(" »", "\u00a0»") in problem.what
    assert f"application_train.csv, ligne 7, colonne {column} : " in str(error)
    assert "Corrigez" in str(error)


def test_several_problems_are_listed_at_once_with_true_line_numbers(source: Path, tmp_path: Path) -> None:
    path = source / "application_train.csv"
    spoil(path, 12, "AMT_CREDIT", "abc")
    spoil(path, 20, "AMT_CREDIT", "def")
    spoil(path, 30, "NAME_HOUSING_TYPE", "Igloo")
    spoil(path, 31, "NAME_HOUSING_TYPE", "Yourte")
    lines = path.read_text().split("\n")
    lines[4:4] = [""]  # an empty line, then a row cut short: later numbers are still those of the file
    lines[8] = "1,2,3"
    path.write_text("\n".join(lines))
    spoil(source / "application_test.csv", 3, "AMT_CREDIT", "0.5x")
    error = refused(source, tmp_path / "instance")
    assert [(problem.line, problem.column, problem.lines) for problem in error.problems] == [
        (9, None, 1),
        (13, "AMT_CREDIT", 2),
        (31, "NAME_HOUSING_TYPE", 2),
        (3, "AMT_CREDIT", 1),
    ]
    assert "122 valeurs attendues, 3 trouvées" in str(error)
    assert "(et 1\u00a0autre ligne)" in str(error)
    assert "«\u00a0Igloo\u00a0» et «\u00a0Yourte\u00a0»" in str(error)


def test_the_list_of_problems_is_bounded(source: Path, tmp_path: Path) -> None:
    path = source / "application_train.csv"
    for column in dictionary.COLUMNS:
        spoil(path, 5, column, "?")
    error = refused(source, tmp_path / "instance")
    assert len(error.problems) == 122
    assert len(str(error).splitlines()) == 22
    assert "102\u00a0autres problèmes" in str(error)


@pytest.mark.parametrize("same_file", [True, False])
def test_a_client_number_given_twice(same_file: bool, source: Path, tmp_path: Path) -> None:
    name = "application_train.csv" if same_file else "application_test.csv"
    spoil(source / name, 6, "SK_ID_CURR", "100002")
    error = refused(source, tmp_path / "instance")
    assert [(p.file, p.line, p.column) for p in error.problems] == [(name, 6, "SK_ID_CURR")]
    assert "existe déjà" in str(error)


def test_columns_missing_and_unexpected(source: Path, tmp_path: Path) -> None:
    rows = made_up.table(5).drop_columns(["AMT_CREDIT", "TARGET"])
    rows = rows.append_column("Unnamed: 0", pa.array(range(5)))
    made_up.write_csv(rows, source / "application_train.csv")
    error = refused(source, tmp_path / "instance")
    assert "il manque les colonnes TARGET, AMT_CREDIT" in str(error)
    assert "colonne inattendue Unnamed: 0" in str(error)


def _absent(source: Path) -> None:
    (source / "application_train.csv").unlink()


def _semicolons(source: Path) -> None:
    path = source / "application_train.csv"
    path.write_text(path.read_text().replace(",", ";"))


def _latin(source: Path) -> None:
    path = source / "application_train.csv"
    path.write_bytes(path.read_bytes().replace(b"Block", b"Bl\xe9ck"))


def _empty(source: Path) -> None:
    (source / "application_train.csv").write_text("")


def _header_only(source: Path) -> None:
    (source / "application_test.csv").unlink()
    path = source / "application_train.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")


def _cut_zip(source: Path) -> None:
    _zipped(source)
    _absent(source)
    path = source / "application_train.csv.zip"
    path.write_bytes(path.read_bytes()[:-200])


def _flipped_zip(source: Path) -> None:
    _zipped(source)
    _absent(source)
    path = source / "application_train.csv.zip"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def _cut_gzip(source: Path) -> None:
    _gzipped(source)
    _absent(source)
    path = source / "application_train.csv.gz"
    path.write_bytes(path.read_bytes()[:-5000])


def _not_parquet(source: Path) -> None:
    _absent(source)
    (source / "application_train.parquet").write_bytes(b"not parquet at all")


def _strange_parquet(source: Path) -> None:
    _absent(source)
    rows = made_up.text(made_up.table(5))
    place = rows.schema.get_field_index("AMT_CREDIT")
    rows = rows.set_column(place, "AMT_CREDIT", pa.array([[1.0]] * 5))
    pa.parquet.write_table(rows, source / "application_train.parquet")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (_absent, "Aucun fichier application_train"),
        (_semicolons, "points-virgules"),
        (_latin, "UTF-8"),
        (_empty, "est vide"),
        (_header_only, "ne contient aucun client"),
        (_cut_zip, "illisible ou endommagé"),
        (_flipped_zip, "illisible ou endommagé"),
        (_cut_gzip, "illisible ou endommagé"),
        (_not_parquet, "illisible ou endommagé"),
        (_strange_parquet, "colonne AMT_CREDIT : des nombres sont attendus"),
    ],
)
def test_a_file_that_cannot_be_read(
    damage: Callable[[Path], None], says: str, source: Path, tmp_path: Path
) -> None:
    import_folder(source, tmp_path / "instance")
    before = stored(tmp_path / "instance")
    damage(source)
    assert says in str(refused(source, tmp_path / "instance"))
    assert stored(tmp_path / "instance").equals(before)


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    assert "n’existe pas" in str(refused(tmp_path / "nowhere", tmp_path / "instance"))
    (tmp_path / "file.txt").write_text("text")
    assert "ni un dossier ni un fichier zip" in str(refused(tmp_path / "file.txt", tmp_path / "instance"))


def test_progress_goes_from_reading_to_statistics(source: Path, tmp_path: Path) -> None:
    seen: list[tuple[str, float]] = []
    import_folder(source, tmp_path / "instance", lambda step, share: seen.append((step, share)))
    assert list(dict.fromkeys(step for step, _ in seen)) == [
        "Lecture de application_train.csv",
        "Lecture de application_test.csv",
        "Écriture du portefeuille",
        "Calcul des statistiques",
    ]
    for step in dict(seen):
        shares = [share for name, share in seen if name == step]
        assert shares == sorted(shares)
        assert shares[-1] == 1.0


def test_batches_of_any_size_are_imported_as_fictitious(tmp_path: Path) -> None:
    rows = made_up.table(250)
    report = import_batches(rows.to_batches(max_chunksize=33), tmp_path / "instance", total=250)
    portfolio = opened(tmp_path / "instance")
    assert portfolio.fictitious
    assert (report.clients, portfolio.size) == (250, 250)
    assert stored(tmp_path / "instance").equals(made_up.text(rows).combine_chunks())


def test_batches_out_of_order_or_wrong_are_refused(tmp_path: Path) -> None:
    rows = made_up.table(20)
    batches = rows.to_batches(max_chunksize=10)
    with pytest.raises(PortfolioError, match="ligne 11, colonne SK_ID_CURR : les numéros"):
        import_batches([batches[1], batches[0]], tmp_path)
    spoiled = rows.set_column(
        rows.schema.get_field_index("AMT_CREDIT"), rows.schema.field("AMT_CREDIT"), pa.array([-1.0] * 20)
    )
    with pytest.raises(PortfolioError, match="ligne 1, colonne AMT_CREDIT"):
        import_batches(spoiled.to_batches(), tmp_path)
    with pytest.raises(PortfolioError, match="aucun client"):
        import_batches([], tmp_path)
    assert current_portfolio(tmp_path) is None


@pytest.mark.skipif(not GENUINE.is_dir(), reason="the genuine rows are not on this machine")
def test_the_genuine_rows_import_as_they_are(tmp_path: Path) -> None:
    report = import_folder(GENUINE, tmp_path)
    assert report.sources == (("application_train.csv", 59_280), ("application_test.csv", 10_729))
    assert report.labelled == 59_280
    assert report.defaults / report.labelled == pytest.approx(0.0795, abs=5e-5)
    rows = stored(tmp_path)
    for table in ("application_train", "application_test"):
        genuine = pa.csv.read_csv(
            GENUINE / f"{table}.csv",
            convert_options=pa.csv.ConvertOptions(null_values=[""], strings_can_be_null=True),
        )
        kept = rows.filter(pc.is_in(rows["SK_ID_CURR"], value_set=genuine["SK_ID_CURR"].combine_chunks()))
        genuine = genuine.sort_by("SK_ID_CURR")
        for name in genuine.column_names:
            values = genuine[name].cast(kept.schema.field(name).type).combine_chunks()
            assert kept[name].combine_chunks().equals(values), name
