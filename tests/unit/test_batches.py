"""Work done in batches comes out as done one by one: whose score is whose, and which line a refusal names.

The sizes of batches are made small: they bound memory and must change nothing else.
"""

import dataclasses
import json
import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from pretadepenser import storage
from pretadepenser.credit import dictionary
from pretadepenser.credit.explanation import batch
from pretadepenser.credit.model import scoring
from pretadepenser.credit.model.scoring import Model, ModelError
from pretadepenser.credit.portfolio import (
    Portfolio,
    PortfolioError,
    current_portfolio,
    import_batches,
    import_folder,
)
from tests.unit import by_heart, made_up, portfolio_files
from tests.unit.by_heart import Step

# The k-th client has as many points less than 600 as there are tens in k, and one more from 5 on.
MODEL = by_heart.model(
    600.5, *(Step("AMT_CREDIT", 100_500 + 1_000 * k, 0, -1) for k in (*range(10, 100, 10), 5))
)


def expected(k: int) -> int:
    """The points of the k-th of the hundred."""
    return 600 - (k - 1) // 10 - (k > 5)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the hundred clients."""
    folder = tmp_path_factory.mktemp("imported")
    by_heart.portfolio(folder, by_heart.hundred())
    return folder


@pytest.fixture
def instance(imported: Path, tmp_path: Path) -> Path:
    """A copy of it, in which scores may be put."""
    return Path(shutil.copytree(imported, tmp_path / "instance", symlinks=True))


def opened(instance: Path) -> Portfolio:
    return portfolio_files.opened(instance)


@pytest.mark.parametrize("size", [1, 7, 50, 99, 100, 1000])
def test_every_client_has_the_own_score_whatever_the_batches(
    instance: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(scoring, "BATCH", size)
    steps: list[float] = []
    portfolio = opened(instance)
    scoring.score_portfolio(MODEL, portfolio, instance, lambda _, share: steps.append(share))
    margins = scoring.current_scores(instance, portfolio, MODEL)
    assert margins is not None
    assert margins.shape == (100,)
    for k, margin in enumerate(margins.tolist(), 1):
        alone = scoring.score_row(MODEL, by_heart.member(portfolio, k).values, 0.48)
        assert alone.points == expected(k)
        assert margin == pytest.approx(alone.margin, abs=1e-5), k
    assert len(steps) == -(-100 // size)
    assert steps == sorted(steps)
    assert steps[-1] == 1.0


def test_stored_batches_and_scored_ones_need_not_be_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pretadepenser.credit.portfolio.importing.BATCH_ROWS", 30)
    monkeypatch.setattr(scoring, "BATCH", 20)
    by_heart.portfolio(tmp_path, by_heart.hundred())
    scoring.score_portfolio(MODEL, opened(tmp_path), tmp_path)
    margins = scoring.current_scores(tmp_path, opened(tmp_path), MODEL)
    assert margins is not None
    points = points_of(margins)
    assert points == [expected(k) for k in range(1, 101)]


def points_of(margins: np.ndarray) -> list[int]:
    """Points of margins at the limit of 48 %, by the formula of the scale."""
    exact = 500 - (margins.astype(np.float64) - by_heart.LIMIT) / by_heart.POINT
    return [int(one) for one in np.floor(exact)]


def test_scores_are_of_one_portfolio_and_one_model(instance: Path) -> None:
    """As many other clients, or another model, have none: their scores would be somebody else's."""
    mine = opened(instance)
    scoring.score_portfolio(MODEL, mine, instance)
    assert scoring.current_scores(instance, mine, MODEL) is not None
    others = by_heart.hundred(AMT_CREDIT=[200_000.0 - 1_000 * k for k in range(100)])
    theirs = by_heart.portfolio(instance.parent / "others", others)
    assert theirs.size == mine.size
    assert (theirs.numbers() == mine.numbers()).all()
    assert scoring.current_scores(instance, theirs, MODEL) is None
    card = dataclasses.replace(MODEL.card, sha256={"model.ubj": "2" * 64})
    other = Model(MODEL.folder, card, MODEL._booster)
    assert scoring.current_scores(instance, mine, other) is None


def test_scores_of_fewer_clients_are_not_used(instance: Path) -> None:
    portfolio = opened(instance)
    scoring.score_portfolio(MODEL, portfolio, instance)
    path = instance / scoring.SCORES / scoring.MARGINS
    whole = np.load(path)
    np.save(path, whole[:-1])
    with pytest.raises(ModelError, match=r"endommagés .*margins.npy"):
        scoring.current_scores(instance, portfolio, MODEL)
    # Nor those of more, or in another precision, that are sealed all the same.
    for wrong in (whole[:-1], np.append(whole, whole[:1]), whole.astype(np.float64)):
        np.save(path, wrong)
        storage.seal(path.parent)
        with pytest.raises(ModelError, match=r"endommagés .*margins.npy"):
            scoring.current_scores(instance, portfolio, MODEL)
    np.save(path, whole)
    storage.seal(path.parent)
    assert scoring.current_scores(instance, portfolio, MODEL) is not None


# --- files to score -----------------------------------------------------------------------------


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read some dozens of rows at a time."""
    monkeypatch.setattr("pretadepenser.credit.intake.sources.BLOCK_BYTES", 16_000)
    monkeypatch.setattr("pretadepenser.credit.intake.sources.PARQUET_ROWS", 64)


def repeated(times: int) -> list[dict[str, Any]]:
    """The hundred again and again, under new numbers that do not ascend."""
    rows = [row for _ in range(times) for row in by_heart.hundred()]
    return [row | {"SK_ID_CURR": 900_000 - index} for index, row in enumerate(rows)]


def written(rows: Sequence[dict[str, Any]], path: Path) -> Path:
    table = pa.Table.from_pylist(list(rows))
    if path.suffix == ".parquet":
        pa.parquet.write_table(table, path)
    else:
        pa.csv.write_csv(table, path)
    return path


def read(path: Path) -> list[dict[str, Any]]:
    table = pa.parquet.read_table(path) if path.suffix == ".parquet" else pa.csv.read_csv(path)
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_every_line_of_a_file_has_its_own_score(tmp_path: Path, ending: str) -> None:
    """1,300 rows in many pieces, and pieces larger than what is scored at a time."""
    rows = repeated(13)
    source, output = written(rows, tmp_path / f"clients.{ending}"), tmp_path / f"scores.{ending}"
    counted = batch.score_file(source, output, MODEL, 0.48, None, lambda step, share: None)
    assert counted == 1_300
    lines = read(output)
    assert [line["client"] for line in lines] == [900_000 - index for index in range(1_300)]
    assert [line["points"] for line in lines] == [expected(index % 100 + 1) for index in range(1_300)]


def test_what_is_scored_at_a_time_keeps_its_order(tmp_path: Path) -> None:
    """One piece of 1,300 rows, which are scored 1,024 at a time."""
    rows = repeated(13)
    source, output = written(rows, tmp_path / "clients.parquet"), tmp_path / "scores.parquet"
    batch.score_file(source, output, MODEL, 0.48, None, lambda step, share: None)
    lines = read(output)
    assert [(line["client"], line["points"]) for line in lines] == [
        (900_000 - index, expected(index % 100 + 1)) for index in range(1_300)
    ]


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("limit", [0.48, 0.3])
def test_a_file_is_scored_at_the_limit_with_the_reasons_of_each_line(
    instance: Path, tmp_path: Path, limit: float
) -> None:
    """Below 30 % the same clients have 22.14 points less, and those of 522 and less are refused."""
    model = by_heart.model(517.5, Step("AMT_CREDIT", 150_500, 8, -3))
    rows = by_heart.hundred()
    source, output = written(rows, tmp_path / "clients.csv"), tmp_path / "scores.parquet"
    batch.score_file(source, output, model, limit, opened(instance), lambda step, share: None)
    at = {0.48: (525, 514), 0.3: (503, 492)}[limit]
    for k, line in enumerate(read(output), 1):
        small = k <= 50
        points = at[0] if small else at[1]
        assert (line["client"], line["points"], line["limit"]) == (100_000 + k, points, limit)
        assert line["granted"] is (points >= 500)
        amount = f"{100 + k}\u202f000\u00a0€"
        told, silent = ("in_favour", "against") if small else ("against", "in_favour")
        assert amount in line[f"{told}_1"]
        assert line[f"{told}_2"] is None
        assert line[f"{silent}_1"] is None


# --- lines of refusals --------------------------------------------------------------------------


@pytest.fixture
def spoilt() -> list[dict[str, Any]]:
    """400 rows: impossible amounts in the 251st, 301st and 302nd, a strange housing in the 390th."""
    rows = repeated(4)
    for row in (251, 301, 302):
        rows[row - 1]["AMT_CREDIT"] = -1.0
    rows[389]["NAME_HOUSING_TYPE"] = "Igloo"
    return rows


REFUSED = {
    # A line of Parquet is a row; the first line of a CSV file is its head.
    "parquet": [(251, "AMT_CREDIT", 3), (390, "NAME_HOUSING_TYPE", 1)],
    "csv": [(252, "AMT_CREDIT", 3), (391, "NAME_HOUSING_TYPE", 1)],
}


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_refused_import_names_lines_beyond_the_first_batch(
    spoilt: list[dict[str, Any]], tmp_path: Path, ending: str
) -> None:
    (tmp_path / "source").mkdir()
    written(spoilt, tmp_path / "source" / f"application_train.{ending}")
    with pytest.raises(PortfolioError) as caught:
        import_folder(tmp_path / "source", tmp_path / "instance")
    found = [(one.line, one.column, one.lines) for one in caught.value.problems]
    assert found == REFUSED[ending]
    assert f"ligne {REFUSED[ending][0][0]}, colonne AMT_CREDIT : " in str(caught.value)


@pytest.mark.parametrize(("value", "said"), [("-5", "hors des bornes"), ("beaucoup", "n’est pas un nombre")])
def test_a_refused_file_to_score_names_the_line_that_an_editor_shows(
    tmp_path: Path, value: str, said: str
) -> None:
    """Empty lines hold no row."""
    source = tmp_path / "clients.csv"
    made_up.write_csv(made_up.table(9), source)
    portfolio_files.spoil(source, 8, "AMT_CREDIT", value)
    source.write_text(source.read_text().replace("\n", "\n\n"))
    with pytest.raises(batch.RowsError) as caught:
        batch.score_file(source, tmp_path / "scores.csv", MODEL, 0.48, None, lambda step, share: None)
    assert [(one.line, one.column) for one in caught.value.problems] == [(15, "AMT_CREDIT")]
    assert said in str(caught.value)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_refused_file_to_score_names_lines_beyond_the_first_batch(
    spoilt: list[dict[str, Any]], tmp_path: Path, ending: str
) -> None:
    source = written(spoilt, tmp_path / f"clients.{ending}")
    with pytest.raises(batch.RowsError) as caught:
        batch.score_file(source, tmp_path / "scores.csv", MODEL, 0.48, None, lambda step, share: None)
    first = caught.value.problems[0]
    assert (first.line, first.column) == REFUSED[ending][0][:2]
    assert not (tmp_path / "scores.csv").exists()


@pytest.mark.usefixtures("small_pieces")
def test_lines_that_hold_no_row_are_counted_in_later_batches_too(tmp_path: Path) -> None:
    """An empty line early on and a row cut short in the middle: what is wrong further down keeps its line."""
    path = written(repeated(4), tmp_path / "application_train.csv")
    lines = path.read_text().split("\n")
    lines[3:3] = [""]
    lines[200] = "1,2,3"
    path.write_text("\n".join(lines))
    portfolio_files.spoil(path, 351, "AMT_CREDIT", "abc")
    with pytest.raises(PortfolioError) as caught:
        import_folder(tmp_path, tmp_path / "instance")
    assert [(one.line, one.column) for one in caught.value.problems] == [(201, None), (351, "AMT_CREDIT")]


@pytest.mark.parametrize(("ending", "line"), [("csv", 141), ("parquet", 140)])
@pytest.mark.parametrize("where", ["train", "test"])
def test_a_number_given_twice_names_its_line(tmp_path: Path, ending: str, line: int, where: str) -> None:
    """The number of the seventh client again in the 140th row, of the same file or of the other one."""
    rows = made_up.text(made_up.table(200))
    other = made_up.text(made_up.table(150, seed=1, first=300_000))
    chosen = rows if where == "train" else other
    numbers = chosen["SK_ID_CURR"].to_pylist()
    numbers[139] = rows["SK_ID_CURR"][6].as_py()
    changed = chosen.set_column(0, "SK_ID_CURR", pa.array(numbers))
    tables = {"train": rows, "test": other} | {where: changed}
    for name, table in tables.items():
        path = tmp_path / "source" / f"application_{name}.{ending}"
        path.parent.mkdir(exist_ok=True)
        if ending == "csv":
            made_up.write_csv(table, path)
        else:
            pa.parquet.write_table(table, path)
    with pytest.raises(PortfolioError) as caught:
        import_folder(tmp_path / "source", tmp_path / "instance")
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (f"application_{where}.{ending}", line)


def test_prepared_batches_name_the_row_among_all(tmp_path: Path) -> None:
    def batches(wrong: int, change: dict[str, Any]) -> Iterator[pa.RecordBatch]:
        rows = by_heart.hundred()
        rows[wrong - 1] |= change
        yield from tens(rows)

    for change, said in (
        ({"AMT_CREDIT": -1.0}, "ligne 47, colonne AMT_CREDIT"),
        ({"SK_ID_CURR": 100_012}, "ligne 47, colonne SK_ID_CURR"),
    ):
        with pytest.raises(PortfolioError, match=said):
            import_batches(batches(47, change), tmp_path)


def test_prepared_batches_may_begin_with_the_number_one(tmp_path: Path) -> None:
    rows = by_heart.hundred()
    rows[0]["SK_ID_CURR"] = 1
    assert import_batches(tens(rows), tmp_path).clients == 100
    rows[0]["SK_ID_CURR"] = 0
    with pytest.raises(PortfolioError, match="ligne 1, colonne SK_ID_CURR"):
        import_batches(tens(rows), tmp_path)


def test_a_zero_with_a_sign_is_a_zero(tmp_path: Path) -> None:
    """A client with "-0.0" in the file was told to be damaged at every look-up."""
    plain, signed = by_heart.hundred(), by_heart.hundred()
    schema = dictionary.arrow_schema()
    floating = [one.name for one in schema if pa.types.is_floating(one.type)]
    bounds = {name: dictionary.COLUMNS[name] for name in floating}
    free = [name for name, one in bounds.items() if (one.minimum or 0) <= 0 <= (one.maximum or 0)]
    assert "DAYS_REGISTRATION" in free
    for row in plain:
        row |= dict.fromkeys(free, 0.0)
    for row in signed:
        row |= dict.fromkeys(free, -0.0)
    folders = [tmp_path / "plain", tmp_path / "signed"]
    import_batches(tens(plain), folders[0])
    import_batches(tens(signed), folders[1])
    one, other = (current_portfolio(folder) for folder in folders)
    assert one
    assert other
    assert one.sha256 == other.sha256
    for number in other.numbers().tolist():
        client = other.client(number)
        assert client
        assert [math.copysign(1, float(client.values[name] or 0)) for name in free] == [1] * len(free)


def tens(rows: Sequence[dict[str, Any]]) -> list[pa.RecordBatch]:
    """Ten rows a batch, in the dictionary's schema."""
    table = pa.Table.from_pylist(list(rows), schema=dictionary.arrow_schema())
    found: list[pa.RecordBatch] = table.to_batches(max_chunksize=10)
    return found


def test_rows_of_the_api_are_counted_as_they_were_sent() -> None:
    """JSON has an index, from 0; CSV has lines, the head among them."""
    rows = by_heart.hundred()
    rows[36]["AMT_CREDIT"] = -1.0
    with pytest.raises(batch.RowsError) as caught:
        batch.table_of_rows(rows, MODEL)
    assert [(one.line, one.column) for one in caught.value.problems] == [(36, "AMT_CREDIT")]
    content = pa.BufferOutputStream()
    pa.csv.write_csv(pa.Table.from_pylist(rows), content)
    with pytest.raises(batch.RowsError) as caught:
        batch.table_of_csv(content.getvalue().to_pybytes(), MODEL)
    assert [(one.line, one.column) for one in caught.value.problems] == [(38, "AMT_CREDIT")]
    rows[36]["AMT_CREDIT"] = "beaucoup"
    with pytest.raises(batch.RowsError) as caught:
        batch.table_of_rows(rows, MODEL)
    assert [(one.line, one.column) for one in caught.value.problems] == [(36, "AMT_CREDIT")]


def test_the_card_of_the_scores_names_both(instance: Path) -> None:
    portfolio = opened(instance)
    scoring.score_portfolio(MODEL, portfolio, instance)
    card = json.loads((instance / scoring.SCORES / "card.json").read_text())
    assert card == {"portfolio": portfolio.sha256, "model": "1" * 64}


# --- what refusals say --------------------------------------------------------------------------


def said(rows: list[dict[str, Any]]) -> list[str]:
    """The message that refuses rows, line by line."""
    with pytest.raises(batch.RowsError) as caught:
        batch.table_of_rows(rows, MODEL)
    return str(caught.value).splitlines()


def test_no_row_is_refused_in_json_and_in_csv() -> None:
    assert said([]) == ["Aucune ligne : donnez au moins un client."]
    head = ",".join(by_heart.client()).encode()
    with pytest.raises(batch.RowsError, match=r"^Aucune ligne : donnez au moins un client\.$"):
        batch.table_of_csv(head + b"\n", MODEL)


@pytest.mark.parametrize("faults", [20, 21, 22])
def test_a_refusal_lists_twenty_faults_and_counts_the_others(faults: int) -> None:
    numbers = [name for name, one in dictionary.COLUMNS.items() if not one.textual and not one.required]
    row = by_heart.hundred()[0] | dict.fromkeys(numbers[:faults], "beaucoup")
    first, *listed = said([row])
    assert first == "Rien n’a été calculé. Corrigez les données puis recommencez :"
    told = [f"- données, ligne 0, colonne {name} : un nombre est attendu." for name in row if name in numbers]
    told = [line for line in told if row[line.split()[5]] == "beaucoup"]
    assert listed == told[:20] + ([f"- … et {faults - 20} de plus."] if faults > 20 else [])


def test_columns_unknown_and_lacking_are_named() -> None:
    row = by_heart.hundred()[0]
    del row["AMT_CREDIT"]
    assert said([row | {"AGE": 3, "": 4}])[1:] == [
        "- données : colonnes inconnues : AGE, (sans nom).",
        "- données : colonnes manquantes, dont le modèle a besoin : AMT_CREDIT.",
    ]
    assert said([by_heart.hundred()[0] | {"": 4}])[1:] == ["- données : colonnes inconnues : (sans nom)."]
    names = [*by_heart.client(), "AMT_CREDIT", "AMT_ANNUITY", "AMT_CREDIT"]
    repeated = [str(one) for one in batch.check_columns(names, MODEL, "données")]
    assert repeated == ["données : colonnes répétées : AMT_CREDIT, AMT_ANNUITY"]


def test_four_hundred_columns_may_be_looked_at() -> None:
    row = by_heart.hundred()[0]
    many = {f"C{index}": 1 for index in range(400 - len(row))}
    assert said([row | many])[1].startswith("- données : colonnes inconnues : C0, C1, ")
    assert said([row | many | {"ONE_MORE": 1}])[1:] == ["- données : 401 colonnes, 400 sont permises."]
    for columns, told in ((400, "colonnes inconnues : C0, C1, "), (401, "401 colonnes, 400 sont permises")):
        names = ["SK_ID_CURR", *(f"C{index}" for index in range(columns - 1))]
        with pytest.raises(batch.RowsError, match=told):
            batch.table_of_csv(",".join(names).encode() + b"\n", MODEL)


def test_blanks_and_marks_around_a_key_are_no_part_of_it() -> None:
    """The same name was both missing and unexpected."""
    needs = cast(Model, NEEDS)
    row = {"SK_ID_CURR": 1, " AMT_CREDIT\u00a0": 1000.5, "\ufeffDAYS_EMPLOYED": -300, "bureau ": []}
    table = batch.table_of_rows([row, {"SK_ID_CURR": 2, "AMT_CREDIT": 7.0, "DAYS_EMPLOYED": -1}], needs)
    assert table.column("AMT_CREDIT").to_pylist() == [1000.5, 7.0]
    assert table.column("bureau").to_pylist() == [1, None]
    credit = {
        "CREDIT_ACTIVE": "Active",
        "CREDIT_TYPE": "Car loan",
        "DAYS_CREDIT": -90,
        "DAYS_CREDIT_UPDATE": -9,
    }
    plain, marked = (
        batch.table_of_rows([row | {"bureau ": [given]}], needs)
        for given in (credit, {f" {name} ": value for name, value in credit.items()})
    )
    assert plain.equals(marked)
    with pytest.raises(batch.RowsError, match="colonnes inconnues : AMT_CREDIT"):
        batch.table_of_rows([row | {"AMT_CREDIT": 1.0}], needs)


def test_a_key_of_millions_of_blanks_is_told_at_once() -> None:
    """Each of them was tried as the beginning of those at the end: a minute for a hundred thousand."""
    row = {"SK_ID_CURR": 1, "AMT_CREDIT": 7.0, "DAYS_EMPLOYED": -1, f"A{' ' * 2_000_000}B": 1}
    with pytest.raises(batch.RowsError, match="colonnes inconnues : A"):
        batch.table_of_rows([row], cast(Model, NEEDS))


def _csv(change: Callable[[list[str]], list[str]] = lambda lines: lines, end: str = "\n") -> bytes:
    """A body of three columns and four clients."""
    lines = ["SK_ID_CURR,AMT_CREDIT,DAYS_EMPLOYED", *(f"{number},1000.5,-300" for number in range(1, 5))]
    return (end.join(change(lines)) + end).encode()


NEEDS = SimpleNamespace(features=("AMT_CREDIT", "DAYS_EMPLOYED"))


@pytest.mark.parametrize(
    "body",
    [
        _csv(),
        _csv(end="\r"),
        _csv(end="\r\n"),
        b"\xef\xbb\xbf" + _csv(),
        _csv(lambda lines: [lines[0].replace("AMT_CREDIT", '" AMT_CREDIT\u00a0"'), *lines[1:]]),
        _csv(lambda lines: [lines[0], "", *lines[1:]]),
    ],
)
def test_a_csv_body_is_read_as_files_are(body: bytes) -> None:
    table = batch.table_of_csv(body, cast(Model, NEEDS))
    assert table.column("SK_ID_CURR").to_pylist() == [1, 2, 3, 4]
    assert table.column("AMT_CREDIT").to_pylist() == [1000.5] * 4


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (_csv().replace(b",", b";"), "données, ligne 1 : les colonnes sont séparées par des points-virgules"),
        (b"sep=,\n" + _csv(), "données, ligne 1 : la première ligne, « sep=, », ne sert qu’à Excel"),
        (_csv().lower(), "les noms des colonnes s’écrivent en majuscules : SK_ID_CURR, et non sk_id_curr"),
        (_csv().decode().encode("utf-16-le"), "Les données ne sont pas du texte en UTF-8"),
        (_csv(lambda lines: lines[:1]), "Aucune ligne : donnez au moins un client."),
        (b"\xef\xbb\xbf\n", "Les données ne sont pas du CSV en UTF-8"),
        (b"<!doctype html>\n<html>\n", "Les données ne sont pas du CSV en UTF-8"),
        (
            _csv(lambda lines: [*lines[:2], "", "2,x,-300", *lines[3:]]),
            "données, ligne 4, colonne AMT_CREDIT : « x » n’est pas un nombre",
        ),
        (_csv(lambda lines: [*lines[:2], "", "1", *lines[3:]]), "ligne 4 : 3 valeurs attendues, 1 trouvée."),
        (
            _csv(lambda lines: [lines[0] + ",\x1b[31mred", *(f"{line},1" for line in lines[1:])]),
            "colonnes inconnues : \N{REPLACEMENT CHARACTER}[31mred.",
        ),
        (
            _csv(lambda lines: [*lines, "1.23E+05,1000,-300"]),
            "ligne 6, colonne SK_ID_CURR : « 1.23E+05 » est un numéro abrégé",
        ),
    ],
)
def test_a_csv_body_is_refused_as_files_are(body: bytes, says: str) -> None:
    with pytest.raises(batch.RowsError) as caught:
        batch.table_of_csv(body, cast(Model, NEEDS))
    assert says in str(caught.value).replace("\u00a0", " ")


def test_values_of_a_csv_body_may_go_over_several_lines_in_any_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """The body was told to be no CSV."""
    monkeypatch.setattr("pretadepenser.credit.explanation.batch.BLOCK_BYTES", 100)
    rows = [f'{number},1000.5,-300,"\n"' for number in range(1, 50)]
    table = batch.table_of_csv(_csv(lambda lines: [f"{lines[0]},EXT_SOURCE_1", *rows]), cast(Model, NEEDS))
    assert table.column("SK_ID_CURR").to_pylist() == list(range(1, 50))


def test_a_quote_in_a_csv_body_that_is_not_closed_is_told_where_it_opens() -> None:
    body = _csv(lambda lines: [*lines[:3], '3,"1000.5,-300', *lines * 20_000])
    with pytest.raises(batch.RowsError) as caught:
        batch.table_of_csv(body, cast(Model, NEEDS))
    assert str(caught.value).endswith(
        "- données, ligne 4 : le guillemet d’une valeur n’est pas refermé dans le million de caractères qui "
        "suit ; refermez-le, ou enlevez-le."
    )
    assert [(one.line, one.column) for one in caught.value.problems] == [(4, None)]


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_file_of_names_alone_has_no_client_whether_their_line_ends_or_not(end: str, tmp_path: Path) -> None:
    """It was told to be damaged."""
    source = written(by_heart.hundred(), tmp_path / "clients.csv")
    source.write_text(source.read_text().partition("\n")[0] + end)
    with pytest.raises(batch.RowsError) as caught:
        batch.score_file(source, tmp_path / "scores.csv", MODEL, 0.48, None, lambda step, share: None)
    assert str(caught.value) == "clients.csv ne contient aucun client."


def test_a_file_to_score_may_have_its_ending_in_capitals_and_blanks(tmp_path: Path) -> None:
    source = written(by_heart.hundred(), tmp_path / "CLIENTS.CSV")
    content = source.read_text()
    silent = None, lambda step, share: None
    batch.score_file(source, tmp_path / "plain.csv", MODEL, 0.48, *silent)
    assert ",," in content
    source.write_text(content.replace(",,", ", ,", 1))
    batch.score_file(source, tmp_path / "blank.csv", MODEL, 0.48, *silent)
    assert (tmp_path / "blank.csv").read_bytes() == (tmp_path / "plain.csv").read_bytes()
    (tmp_path / "clients").mkdir()
    with pytest.raises(batch.RowsError, match=r"clients n’est pas un fichier : indiquez celui des clients\."):
        batch.score_file(tmp_path / "clients", tmp_path / "scores.csv", MODEL, 0.48, *silent)


def test_a_file_is_never_written_over_unless_asked_to(tmp_path: Path) -> None:
    source, output = written(by_heart.hundred(), tmp_path / "clients.csv"), tmp_path / "scores.csv"
    output.write_text("kept")

    def refusal(source: Path, output: Path, *, force: bool) -> str:
        with pytest.raises(batch.RowsError) as caught:
            batch.score_file(source, output, MODEL, 0.48, None, lambda step, share: None, force=force)
        return str(caught.value).replace(str(tmp_path), "…")

    with pytest.raises(batch.RowsError, match="existe déjà"):
        batch.score_file(source, output, MODEL, 0.48, None, lambda step, share: None)
    assert refusal(source, output, force=False) == (
        "…/scores.csv existe déjà : choisissez un autre fichier, ou ajoutez --force."
    )
    assert refusal(source, source, force=True) == (
        "…/clients.csv est aussi le fichier des clients : écrivez les scores dans un autre."
    )
    assert output.read_text() == "kept"
    assert refusal(tmp_path / "none.csv", output, force=True) == (
        "Le fichier …/none.csv n’existe pas : indiquez celui des clients."
    )
    assert refusal(source, tmp_path / "\udce9.csv", force=True) == (
        "Le nom …/\N{REPLACEMENT CHARACTER}.csv n’est pas en UTF-8 : choisissez-en un autre."
    )
    assert refusal(source, tmp_path / "scores.txt", force=True) == (
        "Le fichier à écrire, scores.txt, doit finir par .csv ou .parquet."
    )
    empty = tmp_path / "empty.csv"
    empty.write_text(source.read_text().partition("\n")[0] + "\n")
    assert refusal(empty, output, force=True) == "empty.csv ne contient aucun client."
    assert output.read_text() == "kept"
    counted = batch.score_file(source, output, MODEL, 0.48, None, lambda step, share: None, force=True)
    assert counted == len(read(output)) == 100
