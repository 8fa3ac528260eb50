"""The histories of the fictitious clients: Kaggle's six tables, each client's own, logical, nobody's data."""

import re
import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from pretadepenser import demo
from pretadepenser.credit.dictionary import TABLES
from pretadepenser.demo import __main__ as command
from pretadepenser.demo.histories import all_tables
from pretadepenser.demo.history import chance, parameters
from pretadepenser.demo.parameters import Numbers
from tests.unit.demo_sums import SUMS, sums

CLIENTS = 300
HELD = 3000
NEVER = 365243
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    return {name: pa.Table.from_batches(rows) for name, rows in demo.histories(CLIENTS, seed=1).items()}


@pytest.fixture(scope="module")
def rows(tables: dict[str, pa.Table]) -> dict[str, Rows]:
    return {name: table.to_pylist() for name, table in tables.items()}


@pytest.fixture(scope="module")
def credits(rows: dict[str, Rows]) -> dict[int, dict[str, Any]]:
    return {row["SK_ID_BUREAU"]: row for row in rows["bureau"]}


@pytest.fixture(scope="module")
def applications(rows: dict[str, Rows]) -> dict[int, dict[str, Any]]:
    return {row["SK_ID_PREV"]: row for row in rows["previous_application"]}


def by(rows: Rows, column: str) -> dict[int, Rows]:
    held: dict[int, Rows] = defaultdict(list)
    for row in rows:
        held[row[column]].append(row)
    return held


def month(day: float) -> float:
    return day / (365.25 / 12)


def test_gives_kaggles_six_tables(tables: dict[str, pa.Table]) -> None:
    assert list(tables) == [
        "bureau",
        "bureau_balance",
        "previous_application",
        "POS_CASH_balance",
        "credit_card_balance",
        "installments_payments",
    ]
    for name, table in tables.items():
        assert table.schema.equals(TABLES[name].arrow_schema())
        table.validate(full=True)


@pytest.mark.parametrize("name", list(TABLES))
def test_every_value_is_one_the_dictionary_accepts(name: str, rows: dict[str, Rows]) -> None:
    columns = TABLES[name].columns
    seen: set[tuple[str, Any]] = set()
    for row in rows[name]:
        seen |= {item for item in row.items() if item[0] != "SK_ID_CURR"}
    for column, value in seen:
        assert columns[column].accepts(value), (column, value)


def test_same_rows_whatever_the_batches(tables: dict[str, pa.Table]) -> None:
    for name, batches in demo.histories(CLIENTS, seed=1, batch_clients=71).items():
        assert pa.Table.from_batches(batches).equals(tables[name]), name
    assert not pa.Table.from_batches(demo.histories(CLIENTS, seed=2)["bureau"]).equals(tables["bureau"])


def test_tables_can_be_read_again_and_side_by_side(tables: dict[str, pa.Table]) -> None:
    readings = demo.histories(CLIENTS, seed=1)
    for _ in range(2):
        assert pa.Table.from_batches(readings["bureau"]).equals(tables["bureau"])
    (drawn,) = all_tables(CLIENTS, seed=1)
    assert {name: pa.Table.from_batches([batch]) for name, batch in drawn.items()} == tables


def test_the_known_client_has_the_same_history_in_every_size(tables: dict[str, pa.Table]) -> None:
    for name, batches in demo.histories(1, seed=1).items():
        alone = pa.Table.from_batches(batches).to_pylist()
        if name == "bureau_balance":
            wanted = [row for row in tables[name].to_pylist() if row["SK_ID_BUREAU"] // 100 == 157083]
        else:
            wanted = [row for row in tables[name].to_pylist() if row["SK_ID_CURR"] == 157083]
        assert alone == wanted, name
        assert alone or name in ("bureau_balance", "credit_card_balance")


@pytest.mark.parametrize(("clients", "seed", "batch"), [(0, 1, 1), (10, -1, 1), (10, 1, 0)])
def test_refuses_impossible_sizes_in_french(clients: int, seed: int, batch: int) -> None:
    with pytest.raises(ValueError, match="doit être un entier"):
        demo.histories(clients, seed, batch)


def test_nothing_happens_after_the_application(rows: dict[str, Rows]) -> None:
    past = {
        "bureau": ("DAYS_CREDIT", "DAYS_ENDDATE_FACT", "DAYS_CREDIT_UPDATE"),
        "bureau_balance": ("MONTHS_BALANCE",),
        "previous_application": ("DAYS_DECISION", "DAYS_FIRST_DRAWING", "DAYS_LAST_DUE", "DAYS_TERMINATION"),
        "POS_CASH_balance": ("MONTHS_BALANCE",),
        "credit_card_balance": ("MONTHS_BALANCE",),
        "installments_payments": ("DAYS_INSTALMENT", "DAYS_ENTRY_PAYMENT"),
    }
    for table, columns in past.items():
        latest = -1 if table not in ("bureau", "bureau_balance") else 0
        for row in rows[table]:
            for column in columns:
                assert row[column] is None or row[column] <= latest or row[column] == NEVER, (table, row)
            if "MONTHS_BALANCE" in row:
                assert row["MONTHS_BALANCE"] >= -96


def test_numbers_are_unique_and_the_clients_own(
    rows: dict[str, Rows], credits: dict[int, dict[str, Any]], applications: dict[int, dict[str, Any]]
) -> None:
    clients = set(demo.numbers(CLIENTS).tolist())
    for table, held, key in (
        ("bureau", credits, "SK_ID_BUREAU"),
        ("previous_application", applications, "SK_ID_PREV"),
    ):
        assert len(held) == len(rows[table])
        for row in rows[table]:
            assert row["SK_ID_CURR"] in clients
            assert row[key] // 100 == row["SK_ID_CURR"]


def test_credits_are_logical(rows: dict[str, Rows]) -> None:
    for row in rows["bureau"]:
        assert row["DAYS_CREDIT"] >= -2922
        assert (row["DAYS_ENDDATE_FACT"] is not None) == (row["CREDIT_ACTIVE"] == "Closed")
        if row["DAYS_ENDDATE_FACT"] is not None:
            assert row["DAYS_CREDIT"] <= row["DAYS_ENDDATE_FACT"] <= row["DAYS_CREDIT_UPDATE"]
            assert not row["AMT_CREDIT_SUM_DEBT"]
        assert row["DAYS_CREDIT"] <= row["DAYS_CREDIT_UPDATE"]
        if row["CREDIT_DAY_OVERDUE"]:
            assert row["CREDIT_ACTIVE"] == "Active"
            assert row["CREDIT_DAY_OVERDUE"] <= max(-row["DAYS_CREDIT"], 1)
        else:
            assert row["AMT_CREDIT_SUM_OVERDUE"] == 0


def test_months_of_credits_follow_the_credits(
    rows: dict[str, Rows], credits: dict[int, dict[str, Any]]
) -> None:
    followed = by(rows["bureau_balance"], "SK_ID_BUREAU")
    assert set(followed) <= set(credits)
    clients = {number // 100 for number in followed}
    assert {row["SK_ID_BUREAU"] for row in rows["bureau"] if row["SK_ID_CURR"] in clients} == set(followed)
    climbs = 0
    for number, told in followed.items():
        credit, months = credits[number], [row["MONTHS_BALANCE"] for row in told]
        assert months == list(range(months[0], months[-1] + 1))
        assert abs(months[0] - max(month(credit["DAYS_CREDIT"]), -96)) <= 1
        for row in told:
            if row["STATUS"] == "C":
                assert credit["CREDIT_ACTIVE"] == "Closed"
                assert row["MONTHS_BALANCE"] >= month(credit["DAYS_ENDDATE_FACT"]) - 1
            elif credit["CREDIT_ACTIVE"] == "Closed" and row["STATUS"] != "X":
                assert row["MONTHS_BALANCE"] <= month(credit["DAYS_ENDDATE_FACT"]) + 1
        # Arrears rise by a month at a time.
        for before, after in pairwise(told):
            if after["STATUS"] in "2345" and after["STATUS"] != before["STATUS"]:
                assert before["STATUS"] == str(int(after["STATUS"]) - 1)
                climbs += 1
    assert climbs > 0


def test_applications_are_logical(applications: dict[int, dict[str, Any]]) -> None:
    for row in applications.values():
        granted = row["NAME_CONTRACT_STATUS"] == "Approved"
        assert (row["CODE_REJECT_REASON"] in ("XAP", "CLIENT")) == (row["NAME_CONTRACT_STATUS"] != "Refused")
        assert granted or row["DAYS_FIRST_DUE"] is None
        if row["DAYS_FIRST_DUE"] is None:
            assert row["DAYS_LAST_DUE"] is None
            assert row["DAYS_TERMINATION"] is None
            continue
        if row["DAYS_FIRST_DUE"] != NEVER:
            assert row["DAYS_DECISION"] < row["DAYS_FIRST_DUE"]
        if row["NAME_PORTFOLIO"] != "Cards":
            assert row["DAYS_LAST_DUE_1ST_VERSION"] == row["DAYS_FIRST_DUE"] + 30 * (row["CNT_PAYMENT"] - 1)
            assert row["DAYS_LAST_DUE"] <= row["DAYS_LAST_DUE_1ST_VERSION"] or row["DAYS_LAST_DUE"] == NEVER
            assert row["AMT_ANNUITY"] > 0
        assert row["DAYS_TERMINATION"] >= row["DAYS_LAST_DUE"] or row["NAME_PORTFOLIO"] == "Cards"


def test_a_client_has_one_card_at_most_and_nearly_always_a_loan(
    applications: dict[int, dict[str, Any]],
) -> None:
    clients = {row["SK_ID_CURR"] for row in applications.values()}
    cards = Counter(
        row["SK_ID_CURR"]
        for row in applications.values()
        if (row["NAME_CONTRACT_STATUS"], row["NAME_CONTRACT_TYPE"]) == ("Approved", "Revolving loans")
    )
    loans = {
        row["SK_ID_CURR"]
        for row in applications.values()
        if row["NAME_CONTRACT_STATUS"] == "Approved" and row["NAME_CONTRACT_TYPE"] != "Revolving loans"
    }
    assert max(cards.values()) == 1
    assert len(loans) >= 0.97 * len(clients)


@pytest.mark.parametrize(
    ("table", "portfolios"),
    [("POS_CASH_balance", {"POS", "Cash", "Cars"}), ("credit_card_balance", {"Cards"})],
)
def test_months_of_contracts_follow_the_contracts(
    table: str, portfolios: set[str], rows: dict[str, Rows], applications: dict[int, dict[str, Any]]
) -> None:
    contracts = by(rows[table], "SK_ID_PREV")
    granted = {
        number
        for number, row in applications.items()
        if row["DAYS_FIRST_DUE"] is not None and row["NAME_PORTFOLIO"] in portfolios
    }
    assert set(contracts) == granted
    for number, told in contracts.items():
        contract, months = applications[number], [row["MONTHS_BALANCE"] for row in told]
        assert {row["SK_ID_CURR"] for row in told} == {contract["SK_ID_CURR"]}
        assert months == list(range(months[0], months[-1] + 1))
        assert abs(months[0] - max(month(contract["DAYS_DECISION"]), -96)) <= 1
        for row in told:
            assert row["SK_DPD_DEF"] <= row["SK_DPD"]


def test_loans_are_paid_down(rows: dict[str, Rows], applications: dict[int, dict[str, Any]]) -> None:
    for number, told in by(rows["POS_CASH_balance"], "SK_ID_PREV").items():
        contract = applications[number]
        left = [row["CNT_INSTALMENT_FUTURE"] for row in told]
        assert left == sorted(left, reverse=True)
        ended = [row["NAME_CONTRACT_STATUS"] == "Completed" for row in told]
        assert ended == [False] * (len(told) - 1) + [contract["DAYS_LAST_DUE"] != NEVER]
        if ended[-1]:
            assert left[-1] == 0
            assert abs(told[-1]["MONTHS_BALANCE"] - month(contract["DAYS_LAST_DUE"])) <= 1.5


def test_cards_owe_what_was_drawn(rows: dict[str, Rows], applications: dict[int, dict[str, Any]]) -> None:
    for number, told in by(rows["credit_card_balance"], "SK_ID_PREV").items():
        owed = 0.0
        first = applications[number]["DAYS_FIRST_DRAWING"]
        for row in told:
            assert row["AMT_DRAWINGS_CURRENT"] == (row["AMT_DRAWINGS_ATM_CURRENT"] or 0) + (
                row["AMT_DRAWINGS_POS_CURRENT"] or 0
            )
            if row["AMT_DRAWINGS_CURRENT"]:
                assert first != NEVER
                assert row["MONTHS_BALANCE"] >= month(first) - 1
            most = 1.04 * owed + row["AMT_DRAWINGS_CURRENT"] + 10
            assert 0 <= row["AMT_BALANCE"] <= most
            assert row["AMT_PAYMENT_TOTAL_CURRENT"] <= 1.04 * owed + 10
            owed = row["AMT_BALANCE"]
        assert first != NEVER or owed == 0


def test_payments_are_those_of_contracts(
    rows: dict[str, Rows], applications: dict[int, dict[str, Any]]
) -> None:
    late_months = {
        (row["SK_ID_PREV"], row["MONTHS_BALANCE"])
        for row in rows["POS_CASH_balance"]
        if 0 < row["SK_DPD"] < 30 and row["NAME_CONTRACT_STATUS"] != "Completed"
    }
    found = 0
    for row in rows["installments_payments"]:
        contract = applications[row["SK_ID_PREV"]]
        assert contract["SK_ID_CURR"] == row["SK_ID_CURR"]
        assert (row["AMT_PAYMENT"] is None) == (row["DAYS_ENTRY_PAYMENT"] is None)
        card = contract["NAME_PORTFOLIO"] == "Cards"
        assert (row["NUM_INSTALMENT_VERSION"] == 0) == card
        if card or row["AMT_PAYMENT"] is None:
            continue
        number = row["NUM_INSTALMENT_NUMBER"]
        assert row["DAYS_INSTALMENT"] == contract["DAYS_FIRST_DUE"] + 30 * (number - 1)
        assert contract["DAYS_DECISION"] - 6 <= row["DAYS_ENTRY_PAYMENT"]
        assert row["NUM_INSTALMENT_VERSION"] == 2 or row["AMT_INSTALMENT"] == contract["AMT_ANNUITY"]
        seen = int(min(-(-row["DAYS_INSTALMENT"] // (365.25 / 12)), -1))
        if (
            row["DAYS_ENTRY_PAYMENT"] - row["DAYS_INSTALMENT"] > 0
            and (row["SK_ID_PREV"], seen) in late_months
        ):
            found += 1
    assert found > 5


def test_an_instalment_in_parts_adds_up(rows: dict[str, Rows]) -> None:
    paid: dict[tuple[int, int], Rows] = defaultdict(list)
    for row in rows["installments_payments"]:
        if row["NUM_INSTALMENT_VERSION"] > 0 and row["AMT_PAYMENT"] is not None:
            paid[row["SK_ID_PREV"], row["NUM_INSTALMENT_NUMBER"]].append(row)
    parts = [held for held in paid.values() if len(held) > 1]
    assert len(parts) > 100
    for held in parts:
        assert sum(row["AMT_PAYMENT"] for row in held) == pytest.approx(held[0]["AMT_INSTALMENT"], rel=0.006)


def test_those_who_default_have_worse_histories() -> None:
    """On 6,000 clients, 470 of whom default: more credits under way, more refusals."""
    clients = pa.Table.from_batches(demo.batches(6_000, 1)).select(["SK_ID_CURR", "TARGET"])
    defaulted = clients["SK_ID_CURR"].to_numpy()[clients["TARGET"].to_numpy() == 1]
    for name, column, bad, more in (
        ("bureau", "CREDIT_ACTIVE", "Active", 0.03),
        ("previous_application", "NAME_CONTRACT_STATUS", "Refused", 0.015),
    ):
        table = pa.Table.from_batches(demo.histories(6_000, 1)[name])
        theirs = np.isin(table["SK_ID_CURR"].to_numpy(), defaulted)
        found = table[column].to_pandas().to_numpy() == bad
        assert found[theirs].mean() > found[~theirs].mean() + more


def test_rows_are_as_many_as_kaggles() -> None:
    """Rows for each of Kaggle's 356,255 clients; its card months without an application are not imitated."""
    counted: Counter[str] = Counter()
    for drawn in all_tables(4_000, 1):
        counted.update({name: batch.num_rows for name, batch in drawn.items()})
    for name, wanted in {
        "bureau": 4.82,
        "bureau_balance": 76.6,
        "previous_application": 4.69,
        "POS_CASH_balance": 28.1,
        "credit_card_balance": 7.3,
        "installments_payments": 33.0,
    }.items():
        assert counted[name] / 4_000 == pytest.approx(wanted, rel=0.15), name


FIRST: dict[str, dict[str, Any]] = {
    "bureau": {"SK_ID_CURR": 100001, "SK_ID_BUREAU": 10000100, "CREDIT_ACTIVE": "Active",
               "DAYS_CREDIT": -1575, "DAYS_CREDIT_ENDDATE": -1166.0, "DAYS_ENDDATE_FACT": None,
               "AMT_CREDIT_SUM": 6831.0, "CREDIT_TYPE": "Credit card", "DAYS_CREDIT_UPDATE": -18},
    "bureau_balance": {"SK_ID_BUREAU": 10000100, "MONTHS_BALANCE": -51, "STATUS": "1"},
    "previous_application": {"SK_ID_PREV": 10000100, "NAME_CONTRACT_TYPE": "Cash loans", "AMT_ANNUITY": None,
                             "NAME_CONTRACT_STATUS": "Refused", "CODE_REJECT_REASON": "SCO",
                             "DAYS_DECISION": -339, "WEEKDAY_APPR_PROCESS_START": "THURSDAY"},
    "POS_CASH_balance": {"SK_ID_PREV": 10000107, "SK_ID_CURR": 100001, "MONTHS_BALANCE": -20,
                         "CNT_INSTALMENT": 12.0, "CNT_INSTALMENT_FUTURE": 12.0,
                         "NAME_CONTRACT_STATUS": "Active", "SK_DPD": 0.0, "SK_DPD_DEF": 0.0},
    "credit_card_balance": {"SK_ID_PREV": 10121508, "SK_ID_CURR": 101215, "MONTHS_BALANCE": -47,
                            "AMT_BALANCE": 0.0, "AMT_CREDIT_LIMIT_ACTUAL": 166500.0,
                            "AMT_DRAWINGS_ATM_CURRENT": None},
    "installments_payments": {"SK_ID_PREV": 10000107, "SK_ID_CURR": 100001, "NUM_INSTALMENT_VERSION": 1.0,
                              "NUM_INSTALMENT_NUMBER": 1, "DAYS_INSTALMENT": -567,
                              "DAYS_ENTRY_PAYMENT": -585.0, "AMT_INSTALMENT": 8980.38,
                              "AMT_PAYMENT": 8980.38},
}  # fmt: skip


@pytest.mark.parametrize("name", list(FIRST))
def test_the_first_rows_of_a_seed_stay_what_they_are(name: str, rows: dict[str, Rows]) -> None:
    first = rows[name][0]
    assert {column: first[column] for column in FIRST[name]} == FIRST[name]


@pytest.fixture(scope="module")
def held() -> dict[str, pa.Table]:
    """Enough clients for what is rare to be among them."""
    applications = pa.Table.from_batches(demo.batches(HELD, seed=1))
    histories = {name: pa.Table.from_batches(rows) for name, rows in demo.histories(HELD, seed=1).items()}
    return {"application": applications, **histories}


@pytest.mark.parametrize("name", SUMS)
def test_a_seed_gives_the_same_portfolio_on_every_day(name: str, held: dict[str, pa.Table]) -> None:
    found = sums(name, held[name])
    assert list(found) == list(SUMS[name])
    for column, (known, total) in SUMS[name].items():
        assert found[column][0] == known, column
        assert found[column][1] == pytest.approx(total, rel=1e-7), column


def test_memory_does_not_grow_with_the_portfolio() -> None:
    """Batches come one after the other: reading fifteen takes no more memory than reading three."""

    def peak(batches: Iterator[pa.RecordBatch], number: int) -> int:
        tracemalloc.start()
        for _ in islice(batches, number):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    readings = demo.histories(10**6, 1, batch_clients=60)["bureau_balance"]
    few, many = peak(iter(readings), 3), peak(iter(readings), 15)
    assert many < 1.2 * few


def test_chance_belongs_to_the_client() -> None:
    keys = chance.keys(np.array([100001, 100002, 157083]), seed=1)
    assert [hex(key) for key in keys.tolist()] == [
        "0xdead6a2d1b5ea8e9",
        "0xf1f3d192f8db726d",
        "0xfefa538885493778",
    ]
    drawn = chance.uniform(chance.keys(np.arange(100_000), 1), 3)
    assert drawn.mean() == pytest.approx(0.5, abs=0.005)
    assert np.asarray(np.corrcoef(drawn[:-1], drawn[1:]))[0, 1] == pytest.approx(0, abs=0.02)
    normal = chance.normal(chance.keys(np.arange(50_000), 1), 2)
    assert normal.std(axis=0) == pytest.approx([1, 1], abs=0.02)
    assert np.asarray(np.corrcoef(normal.T))[0, 1] == pytest.approx(0, abs=0.02)


def test_parameters_are_small_and_hold_aggregates_only() -> None:
    assert parameters.PATH.stat().st_size < 200_000
    held = parameters.load()
    for model in (held.counts, held.bureau, held.previous):
        for marginal in model.marginals.values():
            # Forty-nine quantiles a class: a row of anyone would be a point of thousands.
            assert not isinstance(marginal, Numbers) or marginal.grid.shape[1] == 49
        total = (model.shared**2 + model.own**2).sum(axis=1)
        assert (total < 1.05).all()


def test_parameters_come_back_as_they_were_saved(tmp_path: Path) -> None:
    held = parameters.load()
    parameters.save(held, tmp_path / "again.npz")
    again = parameters.load(tmp_path / "again.npz")
    assert again.previous.names == held.previous.names
    assert (again.followed, again.known) == (held.followed, held.known)
    for name, marginal in held.bureau.marginals.items():
        for field in vars(marginal):
            np.testing.assert_array_equal(
                getattr(marginal, field), getattr(again.bureau.marginals[name], field)
            )


def test_one_client_is_one_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([str(tmp_path / "demo"), "--clients", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "application_train : 1\xa0ligne"


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_writes_a_folder_like_kaggles(
    kind: str, tmp_path: Path, tables: dict[str, pa.Table], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "demo"
    assert command.main([str(folder), "--clients", "300", "--format", kind, "--whole"]) == 0
    said = dict(line.split(" : ") for line in capsys.readouterr().out.splitlines())
    assert said["application_train"] == "300\xa0lignes"
    assert set(said) == {"application_train", *tables}
    for name, table in tables.items():
        assert re.sub(r"\D", "", said[name]) == str(table.num_rows), name
    assert {path.name for path in folder.iterdir()} == {
        f"{name}.{kind}" for name in ("application_train", *tables)
    }
    if kind == "parquet":
        for name, table in tables.items():
            assert pq.read_table(folder / f"{name}.parquet").equals(table), name
    else:
        found = pa_csv.read_csv(folder / "bureau.csv").to_pylist()
        assert found[:50] == tables["bureau"].slice(0, 50).to_pylist()


def test_writes_parts_of_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "PART", 5_000)
    rows = command.write(tmp_path / "demo", 300, seed=1)
    parts = sorted((tmp_path / "demo" / "installments_payments").iterdir())
    assert [path.name for path in parts[:2]] == ["part-00001.parquet", "part-00002.parquet"]
    sizes = [pq.ParquetFile(path).metadata.num_rows for path in parts]
    assert sum(sizes) == rows["installments_payments"]
    assert set(sizes[:-1]) == {5_000}


def test_never_writes_where_something_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("précieux")
    assert command.main([str(tmp_path), "--clients", "300"]) == 2
    assert "n’est pas vide : choisissez un dossier nouveau ou vide." in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_help_says_what_is_written_where(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    for one in (
        "Écrire le portefeuille fictif comme celui de Kaggle.",
        "dossier à écrire, nouveau ou vide",
        "nombre de clients (20 000)",
        "graine du tirage (1)",
        "format des fichiers",
        "un seul fichier par table",
    ):
        assert one in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--clients", "0"], "Le nombre de clients doit être un entier supérieur ou égal à 1"),
        (["--seed", "-1"], "La graine doit être un entier supérieur ou égal à 0"),
    ],
)
def test_an_impossible_number_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert command.main([str(tmp_path), *options]) == 2
    assert f"{said} : donnez-en un autre." in capsys.readouterr().err
