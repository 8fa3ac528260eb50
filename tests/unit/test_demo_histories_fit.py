"""Fitting the histories: what goes in by construction comes out, and the comparison names what is wrong."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pretadepenser.demo.__main__ import write
from pretadepenser.demo.fit import compare_histories as compare
from pretadepenser.demo.fit import histories
from pretadepenser.demo.fit.marginals import Spread
from pretadepenser.demo.fit.rows import Drawn, by_risk, fit_rows, grid, levels, names_of
from pretadepenser.demo.history import chance
from pretadepenser.demo.history.people import DEFAULT, DRIVERS, ODDS, ROWS, with_rows
from pretadepenser.demo.history.rows import Model, Trait, draw_rows, expanded, row_keys
from pretadepenser.demo.parameters import Floats

CLIENTS = 4_000
TRAITS = (
    Trait("KIND"),
    Trait("SIZE", True, lambda v: np.nan_to_num(v["KIND"]).astype(np.int64), 3),
    Trait("LATE", exists=lambda v: v["KIND"] > 0),
)


@pytest.fixture(scope="module")
def people() -> tuple[Floats, Floats]:
    """Drivers of clients of whom 10 % default, and what all rows of each have in common."""
    generator = np.random.default_rng(1)
    drivers = np.zeros((CLIENTS, len(DRIVERS)))
    drivers[:, 0] = 1
    drivers[:, ODDS] = generator.standard_normal(CLIENTS)
    drivers[:, DEFAULT] = (np.arange(CLIENTS) % 10 == 0) - 0.1
    return drivers, generator.standard_normal(CLIENTS)


@pytest.fixture(scope="module")
def fitted(people: tuple[Floats, Floats]) -> tuple[Model, dict[str, Floats], np.ndarray]:
    drivers, common = people
    generator = np.random.default_rng(2)
    owner = np.repeat(np.arange(CLIENTS), 5)
    z = 0.8 * drivers[owner, DEFAULT] + 0.6 * common[owner] + 0.77 * generator.standard_normal(len(owner))
    kind = generator.integers(0, 3, len(owner)).astype(float)
    late = np.where(kind > 0, (generator.random(len(owner)) < 0.2).astype(float), np.nan)
    v = {"KIND": kind, "SIZE": np.exp(z + kind), "LATE": late}
    fictitious = Drawn(drivers, chance.keys(np.arange(CLIENTS), 5), np.full(CLIENTS, 5), {}, {}, {})
    return fit_rows(TRAITS, v, {}, owner, drivers, fictitious), v, owner


def test_who_defaults_and_what_clients_share_are_found(
    fitted: tuple[Model, dict[str, Floats], np.ndarray],
) -> None:
    model, _, _ = fitted
    size = 1
    assert model.pull[DEFAULT, size] == pytest.approx(0.8, abs=0.1)
    assert model.pull[DEFAULT, 0] == pytest.approx(0, abs=0.1)
    assert (model.shared[size] ** 2).sum() == pytest.approx(0.36, abs=0.05)
    assert (model.shared[0] ** 2).sum() < 0.05


def test_drawn_rows_have_the_shares_of_each_class(
    fitted: tuple[Model, dict[str, Floats], np.ndarray], people: tuple[Floats, Floats]
) -> None:
    model, v, owner = fitted
    keys = chance.keys(np.arange(CLIENTS), 9)
    rows = row_keys(keys, 3, *expanded(np.full(CLIENTS, 5)))
    drawn = draw_rows(TRAITS, model, people[0], keys, owner, rows, {})
    for kind in range(3):
        assert (drawn["KIND"] == kind).mean() == pytest.approx(1 / 3, abs=0.02)
        medians = [np.median(x["SIZE"][x["KIND"] == kind]) for x in (v, drawn)]
        assert medians[1] == pytest.approx(medians[0], rel=0.1)
    assert np.isnan(drawn["LATE"][drawn["KIND"] == 0]).all()
    assert np.nanmean(drawn["LATE"]) == pytest.approx(0.2, abs=0.02)


def test_rare_texts_and_values_are_left_out() -> None:
    names, codes = names_of((["a"] * 9 + ["b"] * 4, ["x"] * 13))
    assert names == (("a", "x"),)
    assert codes[:9].tolist() == [0.0] * 9
    assert np.isnan(codes[9:]).all()
    values = np.array([0.0] * 50 + [1.0] * 50)
    cut = levels(values, np.zeros(100, dtype=np.int64), 1, np.array([0.0, 1.0]), lambda _: Spread(), {})
    assert cut.cuts.tolist() == [[pytest.approx(0, abs=1e-3)]]


def test_a_grid_starts_at_the_fifth_value_and_has_four_digits() -> None:
    values = np.concatenate([[-1e9] * 4, np.linspace(1000.123, 2000.987, 1_000), [1e9] * 4])
    drawn = grid(values, np.zeros(len(values), dtype=np.int64), 1, lambda _: Spread()).grid[0]
    assert drawn[0] == 1000
    assert drawn[-1] == 2001
    assert drawn.tolist() == [round(value) for value in drawn.tolist()]


def test_nominal_values_go_from_safe_to_risky() -> None:
    values = np.repeat([0.0, 1.0, 2.0], 500)
    risk = np.repeat([1.0, -1.0, 0.0], 500)
    assert by_risk(values, risk).tolist() == [1.0, 2.0, 0.0]


def test_clients_know_how_many_rows_they_have() -> None:
    known = with_rows(np.zeros((3, len(DRIVERS))), np.array([0, 4, 10**6]))[:, ROWS]
    assert known == pytest.approx([-2.833, -0.151, 3.0], abs=0.001)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folder") / "all-tables"
    write(folder, 1_000, seed=1, whole=True)
    return folder.parent


def test_a_portfolio_is_near_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "PEOPLE", 1_000)
    found = compare.compare_figures(folder, folder / "all-tables", 1_000)
    assert len(found) == 50
    assert all(one.near for one in found)
    assert "50 sur 50 proches." in compare.report(found)


@pytest.mark.parametrize(
    ("table", "change", "figure"),
    [
        ("bureau", lambda t: t.slice(0, t.num_rows // 2), "bureau : lignes par client"),
        ("POS_CASH_balance", lambda t: _set(t, "SK_DPD", 3.0), "POS_CASH_balance : mois avec retard"),
        (
            "credit_card_balance",
            lambda t: _set(t, "AMT_BALANCE", 0.0),
            "credit_card_balance : mois avec un solde",
        ),
    ],
)
def test_comparison_names_the_figure_that_is_wrong(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    change: Callable[[pa.Table], pa.Table],
    figure: str,
) -> None:
    monkeypatch.setattr(compare, "PEOPLE", 1_000)
    for path in (folder / "all-tables").iterdir():
        (tmp_path / path.name).hardlink_to(path)
    path = tmp_path / f"{table}.parquet"
    path.unlink()
    pq.write_table(change(pq.read_table(folder / "all-tables" / f"{table}.parquet")), path)
    found = compare.compare_figures(folder, tmp_path, 1_000)
    assert figure in [one.name for one in found if not one.near]
    assert "loin" in compare.report(found)


def _set(table: pa.Table, column: str, value: float) -> pa.Table:
    filled = pa.array(np.full(table.num_rows, value))
    assert pc.sum(filled).is_valid
    return table.set_column(table.schema.get_field_index(column), table.schema.field(column), filled)


def test_a_gain_outside_the_bounds_is_told() -> None:
    small = compare._gained("AUC", 0.011, (0.76, 0.761))
    assert not small.near
    assert compare._gained("AUC", 0.011, (0.76, 0.772)).near
    assert "inconnu" in compare.report([compare._gained("AUC", float("nan"), (0.76, 0.772))])


def test_a_folder_without_histories_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert histories.main([str(tmp_path)]) == 2
    assert "all-tables" in capsys.readouterr().err
    assert compare.main([str(tmp_path), "--learners", "0", "--clients", "10"]) == 2
    assert "all-tables" in capsys.readouterr().err
