"""A whole download scored with its histories: the scores of the screen, nothing left behind, nothing lost."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from pretadepenser import storage
from pretadepenser.credit.dictionary import TABLES, arrow_schema
from pretadepenser.credit.explanation import download
from pretadepenser.credit.explanation.batch import RowsError
from pretadepenser.credit.explanation.download import is_download, score_download
from pretadepenser.credit.model.scoring import score_row
from pretadepenser.credit.portfolio import PortfolioError
from tests.unit import by_heart, made_up
from tests.unit.by_heart import Step
from tests.unit.test_repaid import HISTORY, credit

# Who repays a credit elsewhere has 20 points less than who does not; client 100050 repays three.
MODEL = by_heart.model(510.5, Step("BUREAU_ACTIVE", at=1, below=0, above=-20))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The hundred as Kaggle's download, one of whom has credits elsewhere."""
    folder = tmp_path / "kaggle"
    folder.mkdir()
    write(folder / "application_train.csv", by_heart.hundred(), arrow_schema())
    write(folder / "bureau.csv", HISTORY["bureau"], TABLES["bureau"].arrow_schema())
    return folder


def write(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    """Write rows as Kaggle does."""
    made_up.write_csv(pa.Table.from_pylist(rows, schema), path)


def scored(source: Path, output: Path, **options: Any) -> int:
    """Score a download without reasons."""
    return score_download(source, output, MODEL, 0.48, None, lambda step, share: None, memory=500, **options)


def points(output: Path) -> dict[int, int]:
    """Points of each client of a file of scores."""
    with output.open(encoding="utf-8", newline="") as file:
        return {int(one["client"]): int(one["points"]) for one in csv.DictReader(file)}


def test_progress_is_told_of_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred clients, forty at a time."""
    monkeypatch.setattr(download, "CHUNK", 40)
    sizes, told = [], []
    clients: Any = SimpleNamespace(size=100, rows=lambda indices, names: [{"SK_ID_CURR": 1}] * len(indices))
    download._score(
        clients,
        MODEL,
        0.48,
        lambda model, table, limit: sizes.append(table.num_rows),
        lambda step, share: told.append((step, share)),
    )
    assert sizes == [40, 40, 20]
    assert told == [("Calcul des scores", share) for share in (0.4, 0.8, 1.0)]


def test_each_client_has_the_score_of_the_screen(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "scores.csv"
    assert scored(folder, output) == 100
    found = points(output)
    assert list(found) == list(range(100_001, 100_101))
    assert found.pop(100_050) == 490
    assert set(found.values()) == {510}
    portfolio = by_heart.portfolio(tmp_path / "instance", by_heart.hundred(), {"bureau": HISTORY["bureau"]})
    assert score_row(MODEL, by_heart.member(portfolio, 50).values, 0.48).points == 490


def test_reasons_are_written_beside_the_scores(folder: Path, tmp_path: Path) -> None:
    portfolio = by_heart.portfolio(tmp_path / "instance", by_heart.hundred(), {"bureau": HISTORY["bureau"]})
    output = tmp_path / "scores.parquet"
    score_download(folder, output, MODEL, 0.48, portfolio, lambda step, share: None, memory=500)
    rows = {row["client"]: row for row in pa.parquet.read_table(output).to_pylist()}
    assert by_heart.plain(rows[100_050]["against_1"]).startswith(
        "Le client rembourse 3 crédits dans d’autres établissements"
    )
    assert rows[100_051]["against_1"] is None


def test_kaggles_zip_is_scored_too(folder: Path, tmp_path: Path) -> None:
    packed = tmp_path / "home-credit-default-risk.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
    assert is_download(packed)
    assert scored(packed, tmp_path / "scores.csv") == 100
    assert points(tmp_path / "scores.csv")[100_050] == 490


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("clients.csv", False),
        ("clients.csv.zip", False),
        ("clients.parquet", False),
        ("none", False),
        ("all.zip", True),
        ("ALL.ZIP", True),
        ("CLIENTS.CSV.ZIP", False),
        (".", True),
    ],
)
def test_one_table_is_no_download(tmp_path: Path, name: str, whole: bool) -> None:
    assert is_download(tmp_path / name) == whole


def test_nothing_is_left_of_what_was_read(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "scores" / "scores.csv"
    output.parent.mkdir()
    scored(folder, output)
    assert [one.name for one in output.parent.iterdir()] == ["scores.csv"]


def test_what_a_killed_command_left_goes_with_the_next(folder: Path, tmp_path: Path) -> None:
    left = tmp_path / ".scores.csv.0123abcd.parts"
    left.mkdir()
    (left / "clients.arrow").touch()
    with storage.scratch(tmp_path / "scores.csv") as living:
        assert living.stat().st_mode & 0o777 == 0o700
        assert not left.exists()
        scored(folder, tmp_path / "scores.csv")
        # Another command is still at work there.
        assert living.is_dir()
    assert not living.exists()


def test_a_faulty_history_scores_nothing(folder: Path, tmp_path: Path) -> None:
    write(
        folder / "bureau.csv",
        [credit(1), {**credit(2), "DAYS_CREDIT_UPDATE": -10}, {**credit(3), "AMT_CREDIT_SUM": -5.0}],
        TABLES["bureau"].arrow_schema(),
    )
    output = tmp_path / "out" / "scores.csv"
    output.parent.mkdir()
    with pytest.raises(RowsError) as caught:
        scored(folder, output)
    assert str(caught.value).startswith("Rien n’a été calculé. Corrigez les données puis recommencez :")
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.column) == ("bureau.csv", 4, "AMT_CREDIT_SUM")
    assert list(output.parent.iterdir()) == []


def test_a_folder_without_clients_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(PortfolioError, match="Aucun fichier application_train"):
        scored(tmp_path / "empty", tmp_path / "scores.csv")


def test_an_output_that_is_there_stays(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "scores.csv"
    output.write_text("mine")
    with pytest.raises(RowsError, match="existe déjà"):
        scored(folder, output)
    assert output.read_text() == "mine"
    assert scored(folder, output, force=True) == 100


def test_scores_never_replace_one_of_the_tables(folder: Path) -> None:
    tables = {path.name: path.read_bytes() for path in folder.iterdir()}
    for name in tables:
        if name.endswith(".csv"):
            with pytest.raises(RowsError) as caught:
                scored(folder, folder / name, force=True)
            assert str(caught.value).endswith(
                f"{name} est déjà dans le dossier des clients : écrivez les scores dans un autre fichier."
            )
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == tables
    assert any(name.endswith(".csv") for name in tables)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("scores.xlsx", "Le fichier à écrire, scores.xlsx, doit finir par .csv ou .parquet."),
        ("nowhere/scores.csv", "scores.csv ne peut pas être écrit ("),
    ],
)
def test_an_output_that_cannot_be_written_is_refused_before_any_work(
    folder: Path, tmp_path: Path, name: str, told: str
) -> None:
    done: list[str] = []
    with pytest.raises(RowsError) as caught:
        score_download(
            folder, tmp_path / name, MODEL, 0.48, None, lambda step, share: done.append(step), memory=500
        )
    assert told in str(caught.value)
    assert done == []
