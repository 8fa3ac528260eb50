"""Reading a portfolio: look-ups, scans, ranks, damage, threads, and a cost that does not grow with it."""

import json
import os
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from pretadepenser import storage
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Row
from pretadepenser.credit.distribution.statistics import Quantiles
from pretadepenser.credit.portfolio import (
    Client,
    Portfolio,
    PortfolioError,
    current_portfolio,
    import_batches,
)
from tests.unit import made_up

CLIENTS = 500


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    return made_up.table(CLIENTS)


@pytest.fixture(scope="module")
def instance(rows: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Instance folder with a portfolio of 500 made-up clients, stored 64 a batch."""
    folder = tmp_path_factory.mktemp("instance")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pretadepenser.credit.portfolio.importing.BATCH_ROWS", 64)
        import_batches(rows.to_batches(), folder)
    return folder


@pytest.fixture
def portfolio(instance: Path) -> Portfolio:
    opened = current_portfolio(instance)
    assert opened is not None
    return opened


def known(rows: pa.Table, name: str) -> np.ndarray:
    return np.asarray(rows[name].drop_null())


def test_nothing_imported_yet(tmp_path: Path) -> None:
    assert current_portfolio(tmp_path) is None


def without_histories(row: Row) -> Row:
    """What is known of a client where no history table was imported."""
    return {**row, **dict.fromkeys(dictionary.HISTORY)}


def test_every_client_is_found_with_all_raw_values(portfolio: Portfolio, rows: pa.Table) -> None:
    for row in rows.to_pylist():
        client = portfolio.client(row["SK_ID_CURR"])
        assert client is not None
        assert client.values == without_histories(row)
        assert list(client.values) == list(dictionary.STORED)
        assert client.target == row["TARGET"]


def test_whole_numbers_come_back_as_int(portfolio: Portfolio) -> None:
    client = portfolio.client(100_002)
    assert client is not None
    for column in dictionary.COLUMNS.values():
        value = client.values[column.name]
        expected = str if column.textual else int if column.integer else float
        assert value is None or type(value) is expected, column.name


def test_rows_of_many_clients_are_those_of_each(portfolio: Portfolio) -> None:
    # From several batches, in no order, the same one twice.
    indices = np.array([499, 3, 64, 63, 130, 3, 0])
    columns = ["OCCUPATION_TYPE", "SK_ID_CURR", "OWN_CAR_AGE", "EXT_SOURCE_1"]
    found = portfolio.rows(indices, columns)
    for index, row in zip(indices, found, strict=True):
        client = portfolio.client(int(portfolio.numbers()[index]))
        assert client is not None
        assert list(row) == columns
        assert [(value, type(value)) for value in row.values()] == [
            (client.values[name], type(client.values[name])) for name in columns
        ]
    assert len({type(row["OWN_CAR_AGE"]) for row in portfolio.rows(np.arange(500), columns)}) == 2
    assert portfolio.rows(indices[:0], columns) == []
    with pytest.raises(KeyError):
        portfolio.rows(indices, ["AMT_UNKNOWN"])


@pytest.mark.parametrize(
    "number", [0, -1, 1, 100_001, 100_003, 100_002 + 3 * CLIENTS, 10**40, -(10**40), 2**63]
)
def test_an_unknown_client(portfolio: Portfolio, number: int) -> None:
    assert portfolio.client(number) is None
    assert portfolio.index(number) is None


def test_numbers_and_indices(portfolio: Portfolio, rows: pa.Table) -> None:
    assert portfolio.size == CLIENTS
    np.testing.assert_array_equal(portfolio.numbers(), rows["SK_ID_CURR"].to_numpy())
    assert [portfolio.index(int(number)) for number in portfolio.numbers()] == list(range(CLIENTS))


def test_a_column_as_floats(portfolio: Portfolio, rows: pa.Table) -> None:
    for column in dictionary.COLUMNS.values():
        values = rows[column.name].to_pylist()
        if column.textual:
            values = [None if value is None else column.code(value) for value in values]
        expected = np.array([np.nan if value is None else value for value in values], np.float64)
        np.testing.assert_array_equal(portfolio.column(column.name), expected, column.name)


def test_frames_of_any_size_make_up_the_columns(portfolio: Portfolio) -> None:
    names = ["EXT_SOURCE_2", "CODE_GENDER", "SK_ID_CURR", "OWN_CAR_AGE"]
    for batch in (None, 1, 7, 64, 10_000):
        frames = list(portfolio.frames(names, batch))
        assert sum(len(frame["SK_ID_CURR"]) for frame in frames) == 500
        assert all(list(frame) == names for frame in frames)
        assert batch is None or max(len(frame["SK_ID_CURR"]) for frame in frames) <= batch
        for name in names:
            joined = np.concatenate([frame[name] for frame in frames])
            np.testing.assert_array_equal(joined, portfolio.column(name))
    assert list(next(iter(portfolio.frames()))) == list(dictionary.STORED)


def test_an_unknown_column(portfolio: Portfolio) -> None:
    for ask in (
        portfolio.column,
        portfolio.missing,
        portfolio.median,
        lambda name: portfolio.rank(name, 1.0),
    ):
        with pytest.raises(KeyError):
            ask("NO_SUCH_COLUMN")


def test_rank_counts_ties_by_half(portfolio: Portfolio, rows: pa.Table) -> None:
    for name in ("CNT_CHILDREN", "DAYS_EMPLOYED", "AMT_CREDIT", "EXT_SOURCE_1", "TARGET"):
        values = known(rows, name)
        for value in (*values[:30].tolist(), values.min() - 1, values.max() + 1):
            expected = ((values < value).sum() + (values <= value).sum()) / 2 / values.size
            assert portfolio.rank(name, value) == pytest.approx(expected, abs=1e-12), (name, value)


def test_medians_quantiles_and_missing_shares(portfolio: Portfolio, rows: pa.Table) -> None:
    for name in ("CNT_CHILDREN", "AMT_CREDIT", "EXT_SOURCE_1", "DAYS_EMPLOYED"):
        values = known(rows, name)
        for q in (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0):
            assert portfolio.quantile(name, q) == np.quantile(values, q, method="inverted_cdf"), (name, q)
        assert portfolio.median(name) == portfolio.quantile(name, 0.5)
        assert portfolio.missing(name) == rows[name].null_count / CLIENTS


def test_derived_figures_have_their_rank_too(portfolio: Portfolio, rows: pa.Table) -> None:
    frame = {name: portfolio.column(name) for name in dictionary.COLUMNS}
    derived = dictionary.derive(frame)
    assert set(derived) == set(dictionary.DERIVED)
    for name, values in derived.items():
        present = values[~np.isnan(values)]
        assert portfolio.missing(name) == pytest.approx(1 - present.size / CLIENTS)
        assert portfolio.median(name) == np.quantile(present, 0.5, method="inverted_cdf")
        expected = ((present < present[0]).sum() + (present <= present[0]).sum()) / 2 / present.size
        assert portfolio.rank(name, present[0]) == pytest.approx(expected, abs=1e-12)


def test_shares_of_categories_flags_and_counts(portfolio: Portfolio, rows: pa.Table) -> None:
    for name in ("CODE_GENDER", "OCCUPATION_TYPE", "FLAG_OWN_CAR"):
        values = rows[name].to_pylist()
        for code in dictionary.COLUMNS[name].categories or ():
            assert portfolio.share(name, code) == values.count(code) / CLIENTS
    values = rows["FLAG_DOCUMENT_3"].to_pylist()
    assert portfolio.share("FLAG_DOCUMENT_3", 1) == pytest.approx(values.count(1) / CLIENTS)
    values = rows["TARGET"].to_pylist()
    assert portfolio.share("TARGET", 1) == pytest.approx(values.count(1.0) / CLIENTS)
    with pytest.raises(KeyError):
        portfolio.share("CODE_GENDER", "no such category")


def test_quantiles_of_many_values_stay_within_a_thousandth() -> None:
    random = np.random.default_rng(5)
    values = np.concatenate([random.normal(size=40_000), np.full(9_000, 0.25), np.repeat([3.0, 4.0], 500)])
    quantiles = Quantiles.of(random.permutation(values))
    assert quantiles.values.size <= 1001
    for value in (*values[:300].tolist(), 0.25, 3.0, 4.0, -9.0, 9.0):
        expected = ((values < value).sum() + (values <= value).sum()) / 2 / values.size
        assert quantiles.rank(value) == pytest.approx(expected, abs=1e-3)
    # Values held by at least one client in a thousand are counted exactly.
    assert quantiles.rank(0.25) == ((values < 0.25).sum() + (values <= 0.25).sum()) / 2 / values.size
    assert quantiles.equal(0.25) == 9_000 / values.size
    ordered = np.sort(values)
    for q in (0.001, 0.25, 0.5, 0.75, 0.999, 1.0):
        assert quantiles.quantile(q) == np.quantile(ordered, q, method="inverted_cdf")
    assert quantiles.rank(quantiles.quantile(0.1234)) == pytest.approx(0.1234, abs=1e-3)


def test_between_two_values_that_are_kept_a_quantile_is_halfway() -> None:
    """Of 0 to 2,001 every second value is kept: half past the first client, the second one's value is 1."""
    many = Quantiles.of(np.arange(2_002, dtype=np.float64))
    assert many.values[:3].tolist() == [0.0, 2.0, 4.0]
    assert many.quantile(1.5 / 2_002) == pytest.approx(1.0)
    assert many.rank(1.0) == pytest.approx(1.5 / 2_002)
    assert (many.quantile(0.0), many.quantile(1.0)) == (0.0, 2_001.0)


def test_a_share_that_was_worked_out_is_the_same_share() -> None:
    ten = Quantiles.of(np.arange(1, 11, dtype=np.float64))
    assert 0.1 + 0.2 > 0.3
    assert [ten.quantile(share) for share in (0.3, 0.1 + 0.2, 0.31)] == [3.0, 3.0, 4.0]


def test_quantiles_without_any_value() -> None:
    quantiles = Quantiles.of(np.empty(0))
    for ask in (quantiles.rank, quantiles.quantile):
        with pytest.raises(ValueError, match="no known value"):
            ask(0.5)
    assert quantiles.equal(0.5) == 0


def test_the_card_says_what_was_imported(portfolio: Portfolio, rows: pa.Table) -> None:
    assert portfolio.fictitious
    assert portfolio.labelled == CLIENTS - rows["TARGET"].null_count
    assert portfolio.defaults == rows["TARGET"].to_pylist().count(1.0)
    assert portfolio.sources == ("Données fictives",)
    assert portfolio.imported_at.tzinfo is not None
    assert len(portfolio.sha256) == 64
    card = json.loads((portfolio.folder / "card.json").read_text())
    assert card["versions"] == {
        "python": "{}.{}.{}".format(*sys.version_info),
        "pretadepenser": metadata.version("pretadepenser"),
        "duckdb": duckdb.__version__,
        "numpy": np.__version__,
        "pyarrow": pa.__version__,
    }
    portfolio.verify()


def test_the_same_rows_have_the_same_hash(portfolio: Portfolio, rows: pa.Table, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pretadepenser.credit.portfolio.importing.BATCH_ROWS", 64)
        assert import_batches(rows.to_batches(max_chunksize=31), tmp_path).sha256 == portfolio.sha256
        other = made_up.table(CLIENTS, seed=9)
        assert import_batches(other.to_batches(), tmp_path).sha256 != portfolio.sha256


def test_few_clients_are_summed_up_at_once_as_many_are_one_column_after_the_other(
    instance: Path, rows: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pretadepenser.credit.portfolio.importing.BATCH_ROWS", 64)
    monkeypatch.setattr("pretadepenser.credit.portfolio.writing.FEW", 0)
    import_batches(rows.to_batches(), tmp_path)
    # Both have the time of their import.
    compared = {one.name for one in (instance / "portfolio").iterdir()} - {"card.json", "seal.json"}
    assert {"ladders.npy", "statistics.json", "brackets.npy", "brackets.json"} < compared
    for name in compared:
        assert (tmp_path / "portfolio" / name).read_bytes() == (instance / "portfolio" / name).read_bytes()


def test_a_zero_with_a_sign_is_the_same_zero(tmp_path: Path) -> None:
    rows = made_up.table(20)
    hashes = set()
    for zero in (0.0, -0.0):
        place = rows.column_names.index("DAYS_REGISTRATION")
        same = rows.set_column(place, rows.schema.field(place), pa.array([zero] * 20, pa.float64()))
        hashes.add(import_batches(same.to_batches(), tmp_path).sha256)
        stored = current_portfolio(tmp_path)
        assert stored is not None
        assert not np.signbit(stored.column("DAYS_REGISTRATION")).any()
    assert len(hashes) == 1


@pytest.mark.parametrize(
    "name",
    [
        "card.json",
        "clients.arrow",
        "numbers.npy",
        "ladders.npy",
        "statistics.json",
        "brackets.npy",
        "brackets.json",
        "checks.npy",
        "seal.json",
    ],
)
@pytest.mark.parametrize("damage", ["absent", "empty", "cut", "zeros"])
def test_a_damaged_portfolio_says_to_import_again(
    portfolio: Portfolio, name: str, damage: str, tmp_path: Path
) -> None:
    folder = shutil.copytree(portfolio.folder, tmp_path / "copy")
    path = folder / name
    content = path.read_bytes()
    if damage == "absent":
        path.unlink()
    else:
        path.write_bytes(
            {"empty": b"", "cut": content[: len(content) // 2], "zeros": bytes(len(content))}[damage]
        )
    with pytest.raises(
        PortfolioError,
        match=rf"^Le portefeuille de .* est endommagé \({re.escape(name)}\) : importez-le à nouveau",
    ):
        Portfolio.open(folder)


def test_another_format_says_to_import_again(portfolio: Portfolio, tmp_path: Path) -> None:
    folder = shutil.copytree(portfolio.folder, tmp_path / "copy")
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, "format": 0}))
    with pytest.raises(PortfolioError, match="autre version"):
        Portfolio.open(folder)


def test_a_portfolio_that_does_not_say_its_amounts_has_those_of_kaggle(
    portfolio: Portfolio, tmp_path: Path
) -> None:
    folder = shutil.copytree(portfolio.folder, tmp_path / "copy")
    card = json.loads((folder / "card.json").read_text())
    del card["currency"], card["amount_scale"]
    (folder / "card.json").write_text(json.dumps(card))
    storage.seal(folder)
    money = Portfolio.open(folder).money
    assert (money.currency, money.scale) == ("EUR", 100.0)


def flip(path: Path, place: int, bit: int = 0) -> None:
    """Change one bit of a file, its size and time staying what they were."""
    times = path.stat()
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ (1 << bit)]))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_any_changed_bit_of_any_file_is_noticed_at_opening(portfolio: Portfolio, tmp_path: Path) -> None:
    folder = shutil.copytree(portfolio.folder, tmp_path / "copy")
    random = np.random.default_rng(3)
    paths = sorted(folder.iterdir())
    assert len(paths) == 9
    for path in paths:
        for _ in range(12):
            place, bit = int(random.integers(path.stat().st_size)), int(random.integers(8))
            flip(path, place, bit)
            with pytest.raises(PortfolioError):
                Portfolio.open(folder)
            flip(path, place, bit)
    Portfolio.open(folder).verify()


def test_of_a_large_file_the_row_that_is_read_is_checked(
    portfolio: Portfolio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not read whole at opening, it never gives another row than the one that was imported."""
    monkeypatch.setattr(storage, "LARGE", 0)
    folder = shutil.copytree(portfolio.folder, tmp_path / "copy")
    numbers = portfolio.numbers().tolist()
    whole = {one.number: one for number in numbers if (one := portfolio.client(number))}
    random = np.random.default_rng(4)
    refused = 0
    for name in ("clients.arrow", "numbers.npy", "checks.npy"):
        for _ in range(3):
            place = int(random.integers(200, (folder / name).stat().st_size))
            flip(folder / name, place)
            try:
                opened = Portfolio.open(folder)
                found = [opened.client(number) for number in numbers]
            except PortfolioError:
                refused += 1
            else:
                for one in found:
                    assert one is None or one.values == whole[one.number].values, (name, place)
            flip(folder / name, place)
    assert refused >= 5


@pytest.mark.parametrize("bit", [0, 6])
def test_a_row_that_changes_while_it_is_served_is_refused(
    portfolio: Portfolio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bit: int
) -> None:
    """Its batch was looked at before, and is held ready. Bit 62 of 1.0 makes it infinite: no whole number."""
    monkeypatch.setattr(storage, "LARGE", 0)
    name = "TARGET"
    folder = shutil.copytree(portfolio.folder, tmp_path / "copy")
    opened = Portfolio.open(folder)
    known = [one for one in map(opened.client, opened.numbers()[:64].tolist()) if one]
    place, changed = next((place, one) for place, one in enumerate(known) if one.values[name] == 1)
    with pa.memory_map(str(folder / "clients.arrow")) as file:
        content = file.read_buffer()
        start = pa.ipc.open_file(content).get_batch(0).column(name).buffers()[1].address - content.address
    flip(folder / "clients.arrow", start + 8 * place + 7, bit)
    with pytest.raises(PortfolioError, match="endommagé"):
        opened.client(changed.number)
    for other in known[:place] + known[place + 1 :]:
        found = opened.client(other.number)
        assert found
        assert found.values == other.values


def test_verify_reads_large_files_too(
    portfolio: Portfolio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "LARGE", 0)
    folder = shutil.copytree(portfolio.folder, tmp_path / "copy")
    flip(folder / "brackets.npy", (folder / "brackets.npy").stat().st_size // 2)
    opened = Portfolio.open(folder)
    with pytest.raises(PortfolioError, match=r"endommagé \(brackets.npy\)"):
        opened.verify()


def test_an_open_portfolio_outlives_its_replacement(rows: pa.Table, tmp_path: Path) -> None:
    import_batches(rows.to_batches(), tmp_path)
    opened = current_portfolio(tmp_path)
    assert opened is not None
    for seed in (1, 2, 3):
        import_batches(made_up.table(50, seed).to_batches(), tmp_path)
    assert not opened.folder.exists()
    client = opened.client(100_002 + 3 * 400)
    assert client is not None
    assert client.values == without_histories(rows.to_pylist()[400])
    assert opened.rank("AMT_CREDIT", 0.0) == 0.0


def test_many_threads_read_at_once(portfolio: Portfolio, rows: pa.Table) -> None:
    expected = {row["SK_ID_CURR"]: without_histories(row) for row in rows.to_pylist()}

    def read(seed: int) -> dict[int, Client | None]:
        numbers = np.random.default_rng(seed).permutation(portfolio.numbers())[:150].tolist()
        return {number: portfolio.client(number) for number in numbers}

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(read, range(8)):
            assert len(found) == 150
            assert {number: client and client.values for number, client in found.items()} == {
                number: expected[number] for number in found
            }
