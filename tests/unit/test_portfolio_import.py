"""Importing a portfolio: every format gives the same content, and the genuine rows come in as they are."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
import pytest

from pretadepenser.credit.portfolio import import_batches, import_folder
from tests.unit import made_up, portfolio_files
from tests.unit.portfolio_files import gzipped, opened, stored, zipped

REPO = Path(__file__).resolve().parents[2]
GENUINE = REPO.parent / "shared" / "data" / "homecredit"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Folder with 300 labelled and 40 unlabelled made-up clients."""
    return portfolio_files.write(tmp_path / "source")


def test_both_files_become_one_sorted_portfolio(source: Path, tmp_path: Path) -> None:
    report = import_folder(source, tmp_path / "instance")
    assert (report.clients, report.sources) == (
        340,
        (("application_train.csv", 300), ("application_test.csv", 40)),
    )
    portfolio = opened(tmp_path / "instance")
    assert portfolio.size == 340
    assert not portfolio.fictitious
    assert (portfolio.money.currency, portfolio.money.scale) == ("EUR", 100.0)
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


def _parquet(source: Path) -> None:
    pa.parquet.write_table(made_up.text(made_up.table(300)), source / "application_train.parquet")


def _parquet_with_categories(source: Path) -> None:
    pa.parquet.write_table(made_up.table(300), source / "application_train.parquet")


def _kaggle_zip(source: Path) -> None:
    with zipfile.ZipFile(source / "home-credit-default-risk.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for table in ("application_train", "application_test"):
            archive.write(source / f"{table}.csv", f"{table}.csv")
    (source / "application_test.csv").unlink()


@pytest.mark.parametrize("pack", [zipped, gzipped, _parquet, _parquet_with_categories, _kaggle_zip])
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
    monkeypatch.setattr("pretadepenser.credit.intake.loading.TOGETHER", 128)
    monkeypatch.setattr("pretadepenser.credit.portfolio.importing.BATCH_ROWS", 100)
    monkeypatch.setattr("pretadepenser.credit.intake.sources.BLOCK_BYTES", 50_000)
    one = import_folder(tmp_path / "sorted", tmp_path / "one")
    other = import_folder(tmp_path / "shuffled", tmp_path / "other")
    assert one.sha256 == other.sha256
    assert stored(tmp_path / "other").equals(made_up.text(rows).combine_chunks())
    assert opened(tmp_path / "other").client(100_002 + 3 * 777) is not None


def test_blank_lines_byte_order_mark_and_spelled_missing_values(source: Path, tmp_path: Path) -> None:
    plain = import_folder(source, tmp_path / "plain")
    path = source / "application_train.csv"
    header, *lines = path.read_text().splitlines()
    index = header.replace('"', "").split(",").index("OWN_CAR_AGE")
    fields = portfolio_files.fields(lines[4])
    if fields[index] == "":
        fields[index] = "NaN"
        lines[4] = ",".join(fields)
    path.write_text("\ufeff" + "\r\n".join([header, "", *lines, "", ""]), "utf-8")
    assert import_folder(source, tmp_path / "instance").sha256 == plain.sha256


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
    assert (portfolio.money.currency, portfolio.money.scale) == ("EUR", 100.0)
    assert (report.clients, portfolio.size) == (250, 250)
    assert stored(tmp_path / "instance").equals(made_up.text(rows).combine_chunks())


@pytest.mark.skipif(not GENUINE.is_dir(), reason="genuine rows (../shared/data) are not here")
def test_the_genuine_rows_import_as_they_are(tmp_path: Path) -> None:
    # Without their histories, which test_history_import.py asks of.
    for table in ("application_train", "application_test"):
        (tmp_path / f"{table}.csv").symlink_to(GENUINE / f"{table}.csv")
    report = import_folder(tmp_path, tmp_path / "instance")
    assert report.sources == (("application_train.csv", 59_280), ("application_test.csv", 10_729))
    assert report.labelled == 59_280
    assert report.defaults / report.labelled == pytest.approx(0.0795, abs=5e-5)
    rows = stored(tmp_path / "instance")
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
