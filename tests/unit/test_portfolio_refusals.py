"""Importing what cannot be a portfolio: refused whole, and said where and why."""

import errno
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from pretadepenser.credit import dictionary
from pretadepenser.credit.intake import archives, finding
from pretadepenser.credit.portfolio import PortfolioError, current_portfolio, import_batches, import_folder
from tests.unit import made_up, portfolio_files
from tests.unit.portfolio_files import gzipped, spoil, stored, zipped


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Folder with 300 labelled and 40 unlabelled made-up clients."""
    return portfolio_files.write(tmp_path / "source")


def refused(source: Path, instance: Path) -> PortfolioError:
    """Import `source`, which must be refused and leave no trace; return the error."""
    before = sorted(path.name for path in instance.glob("portfolio*"))
    with pytest.raises(PortfolioError) as caught:
        import_folder(source, instance)
    assert sorted(path.name for path in instance.glob("portfolio*")) == before
    assert not [path for path in instance.glob(".portfolio.*") if path.is_dir()]
    return caught.value


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("AMT_CREDIT", "abc", "« abc » n’est pas un nombre"),
        ("AMT_CREDIT", "450_000", "« 450_000 » n’est pas un nombre"),
        ("AMT_CREDIT", "", "valeur absente, or elle est obligatoire"),
        ("AMT_CREDIT", "-5", "« -5 » est hors des bornes admises (de 1 à 1000000000)"),
        ("AMT_CREDIT", "inf", "« inf » n’est pas un nombre"),
        ("EXT_SOURCE_2", "1.5", "« 1,5 » est hors des bornes admises (de 0 à 1)"),
        ("CNT_CHILDREN", "1.5", "« 1,5 » n’est pas un nombre entier"),
        ("TARGET", "2", "« 2 » est hors des bornes admises (de 0 à 1)"),
        ("SK_ID_CURR", "1e30", "« 1e30 » est hors des bornes admises (de 1 à 9007199254740991)"),
        ("SK_ID_CURR", "0", "« 0 » est hors des bornes admises (de 1 à 9007199254740991)"),
        ("DAYS_EMPLOYED", "365242", "« 365242 » est hors des bornes admises (de -25568 à 0, ou 365243)"),
        ("DAYS_EMPLOYED", "-25569", "« -25569 » est hors des bornes admises (de -25568 à 0, ou 365243)"),
        ("DAYS_REGISTRATION", "-1e300", "« -1e+300 » est hors des bornes admises"),
        (
            "DAYS_EMPLOYED",
            "",
            "valeur absente, or elle est obligatoire ; 365243 veut dire « sans emploi en cours »",
        ),
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
    for line, column in enumerate(dictionary.COLUMNS, start=5):
        spoil(path, line, column, "?")
    error = refused(source, tmp_path / "instance")
    assert len(error.problems) == 122
    assert len(str(error).splitlines()) == 22
    assert str(error).startswith(
        "Import refusé, le portefeuille en place n’a pas changé. Corrigez les données "
    )
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
    assert "il manque les colonnes TARGET et AMT_CREDIT" in str(error)
    assert "colonne inattendue Unnamed: 0" in str(error)


@pytest.mark.parametrize(
    ("twice", "says"),
    [
        (["AMT_CREDIT"], "colonne présente plusieurs fois AMT_CREDIT"),
        (["TARGET", "AMT_CREDIT"], "colonnes présentes plusieurs fois TARGET et AMT_CREDIT"),
    ],
)
def test_columns_that_come_twice(twice: list[str], says: str, source: Path, tmp_path: Path) -> None:
    path = source / "application_train.csv"
    head, _, rows = path.read_text().partition("\n")
    more = "".join(f",{name}" for name in twice)
    path.write_text(head + more + "\n" + rows.replace("\n", ",1" * len(twice) + "\n"))
    assert says in str(refused(source, tmp_path / "instance"))


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
    zipped(source)
    _absent(source)
    path = source / "application_train.csv.zip"
    path.write_bytes(path.read_bytes()[:-200])


def _flipped_zip(source: Path) -> None:
    zipped(source)
    _absent(source)
    path = source / "application_train.csv.zip"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def _cut_gzip(source: Path) -> None:
    gzipped(source)
    _absent(source)
    path = source / "application_train.csv.gz"
    path.write_bytes(path.read_bytes()[:-5000])


def _not_parquet(source: Path) -> None:
    _absent(source)
    (source / "application_train.parquet").write_bytes(b"not parquet at all")


def _strange_parquet(source: Path) -> None:
    _absent(source)
    rows = made_up.text(made_up.table(5))
    index = rows.schema.get_field_index("AMT_CREDIT")
    rows = rows.set_column(index, "AMT_CREDIT", pa.array([[1.0]] * 5))
    pa.parquet.write_table(rows, source / "application_train.parquet")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (
            _absent,
            "Aucun fichier application_train (.csv, .csv.zip, .csv.gz ou .parquet) dans ",
        ),
        (_absent, " : indiquez le dossier du téléchargement de Kaggle."),
        (_semicolons, "points-virgules"),
        (_latin, "catégorie inconnue «\u00a0Bléck\u00a0»"),
        (_empty, "est vide"),
        (_header_only, "ne contient aucun client"),
        (_cut_zip, "illisible ou endommagé"),
        (_flipped_zip, "illisible ou endommagé"),
        (_cut_gzip, "est illisible ou endommagé : téléchargez-le à nouveau."),
        (_not_parquet, "n’est pas une table Parquet : téléchargez-le à nouveau"),
        (
            _strange_parquet,
            "colonne AMT_CREDIT : des nombres sont attendus, le fichier contient des listes ou des "
            "structures",
        ),
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


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ((), ""),
        (
            ("home-credit-default-risk (1).zip",),
            " Si les tables sont dans « home-credit-default-risk (1).zip », indiquez ce fichier.",
        ),
        # Looked into already, tables by their own names, and what macOS leaves: none is the download.
        (("home-credit-default-risk.zip",), ""),
        (("bureau.csv.zip", "POS_CASH_balance.CSV.zip", "._kaggle.zip"), ""),
        (("A.ZIP", "b.zip"), " Si les tables sont dans « A.ZIP » ou « b.zip », indiquez ce fichier."),
        (
            ("a.zip", "b.zip", "c.zip", "d.zip"),
            " Si les tables sont dans « a.zip », « b.zip » ou « c.zip » (et 1 autre), indiquez ce fichier.",
        ),
        (
            ("a.zip", "b.zip", "c.zip", "d.zip", "e.zip"),
            " Si les tables sont dans « a.zip », « b.zip » ou « c.zip » (et 2 autres), indiquez ce fichier.",
        ),
    ],
)
def test_a_download_under_another_name_is_named(
    source: Path, tmp_path: Path, names: tuple[str, ...], says: str
) -> None:
    _absent(source)
    (source / "folder.zip").mkdir()
    for name in names:
        with zipfile.ZipFile(source / name, "w") as archive:
            archive.writestr("notes.txt", "")
    told = str(refused(source, tmp_path / "instance")).replace("\u00a0", " ").replace("\u202f", " ")
    assert told.endswith(f" : indiquez le dossier du téléchargement de Kaggle.{says}")


def test_a_second_reading_that_looks_for_faults_is_told(source: Path, tmp_path: Path) -> None:
    spoil(source / "application_train.csv", 5, "AMT_CREDIT", "?")
    seen: list[str] = []
    with pytest.raises(PortfolioError):
        import_folder(source, tmp_path / "instance", lambda step, _: seen.append(step))
    assert "Recherche des erreurs de application_train.csv" in seen


def test_what_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PortfolioError) as told, archives.readable("clients.csv"):
        raise PermissionError(errno.EACCES, "Permission denied")
    assert str(told.value) == "clients.csv ne peut pas être lu (accès refusé) : vérifiez vos droits."
    with pytest.raises(PortfolioError) as told, archives.readable("clients.parquet"):
        raise pa.ArrowInvalid("encrypted footer")
    assert str(told.value) == "clients.parquet est une table Parquet chiffrée : déchiffrez-la."

    def closed(_: Path) -> Iterator[Path]:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", closed)
    with pytest.raises(PortfolioError) as told:
        finding._listed(tmp_path)
    assert str(told.value) == (
        f"Le dossier {tmp_path} ne peut pas être lu (accès refusé) : vérifiez vos droits."
    )


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    assert str(refused(tmp_path / "nowhere", tmp_path / "instance")) == (
        f"Le dossier {tmp_path}/nowhere n’existe pas : indiquez celui du téléchargement de Kaggle."
    )
    (tmp_path / "file.txt").write_text("text")
    assert str(refused(tmp_path / "file.txt", tmp_path / "instance")) == (
        f"{tmp_path}/file.txt n’est ni un dossier ni un fichier zip : indiquez le dossier du "
        "téléchargement de Kaggle."
    )


def test_batches_out_of_order_or_wrong_are_refused(tmp_path: Path) -> None:
    rows = made_up.table(20)
    batches = rows.to_batches(max_chunksize=10)
    with pytest.raises(
        PortfolioError,
        match="ligne 11, colonne SK_ID_CURR : les numéros de client doivent être uniques et croissants",
    ):
        import_batches([batches[1], batches[0]], tmp_path)
    spoiled = rows.set_column(
        rows.schema.get_field_index("AMT_CREDIT"), rows.schema.field("AMT_CREDIT"), pa.array([-1.0] * 20)
    )
    with pytest.raises(PortfolioError, match="ligne 1, colonne AMT_CREDIT"):
        import_batches(spoiled.to_batches(), tmp_path)
    with pytest.raises(PortfolioError, match=r" : aucun client à importer\.$"):
        import_batches([], tmp_path)
    assert current_portfolio(tmp_path) is None
