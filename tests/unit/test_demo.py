"""The fictitious portfolio: same form as the published one, logical clients, nobody's data."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pretadepenser import demo
from pretadepenser.credit.dictionary import COLUMNS, arrow_schema
from pretadepenser.demo.columns import BUREAU, DOCUMENTS, MEASURES
from pretadepenser.demo.fit import compare
from pretadepenser.demo.fit.genuine import fictitious, labelled
from pretadepenser.demo.parameters import PATH, load, save

REPO = Path(__file__).resolve().parents[2]
GENUINE = REPO.parent / "shared" / "data" / "homecredit"
SIZE = 20_000


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return pa.Table.from_batches(demo.batches(SIZE, seed=1))


@pytest.fixture(scope="module")
def raw(table: pa.Table) -> dict[str, np.ndarray]:
    return {name: table[name].to_pandas().to_numpy() for name in table.schema.names}


def test_has_the_published_columns_and_types(table: pa.Table) -> None:
    assert table.schema.equals(arrow_schema())
    table.validate(full=True)


def test_numbers_ascend_and_include_the_known_client(table: pa.Table) -> None:
    ids = table["SK_ID_CURR"].to_numpy()
    assert (np.diff(ids) > 0).all()
    assert ids[0] > 100_000
    assert 157083 in ids


@given(st.integers(1, 600_000))
@settings(max_examples=60, deadline=None)
def test_numbers_are_unique_for_every_size(clients: int) -> None:
    ids = demo.numbers(clients)
    assert len(ids) == clients
    assert (np.diff(ids) > 0).all()
    assert 157083 in ids
    assert ids[0] >= 100_001


def test_same_seed_same_clients_whatever_the_batches(table: pa.Table) -> None:
    again = pa.Table.from_batches(demo.batches(SIZE, seed=1, batch_rows=3_001))
    assert again.equals(table)
    assert not pa.Table.from_batches(demo.batches(SIZE, seed=2)).equals(table)


@pytest.mark.parametrize("batch_rows", [1, 7, 5_000])
def test_batches_have_the_size_asked_for(batch_rows: int) -> None:
    sizes = [batch.num_rows for batch in demo.batches(20, seed=1, batch_rows=batch_rows)]
    assert sum(sizes) == 20
    assert set(sizes[:-1]) <= {batch_rows}
    assert sizes[-1] <= batch_rows


def test_the_known_client_is_the_same_in_every_size(table: pa.Table) -> None:
    alone = pa.Table.from_batches(demo.batches(1, seed=1)).to_pylist()
    index = table["SK_ID_CURR"].to_pylist().index(157083)
    assert table.slice(index, 1).to_pylist() == alone


def test_a_larger_portfolio_begins_with_the_same_people() -> None:
    small, large = (pa.Table.from_batches(demo.batches(n, seed=3)) for n in (9_000, 12_000))
    held = [name for name in small.schema.names if name != "SK_ID_CURR"]
    head = [table.select(held).slice(0, 100) for table in (small, large)]
    assert head[0].equals(head[1])


@pytest.mark.parametrize(("clients", "seed"), [(0, 1), (-5, 1), (10, -1)])
def test_refuses_impossible_sizes_in_french(clients: int, seed: int) -> None:
    with pytest.raises(ValueError, match="doit être un entier"):
        demo.batches(clients, seed)


def test_every_value_is_one_the_dictionary_accepts(table: pa.Table) -> None:
    for row in table.slice(0, 1_500).to_pylist():
        for name, value in row.items():
            assert COLUMNS[name].accepts(value), (name, value)


def test_eight_clients_in_a_hundred_default() -> None:
    rates = [batch["TARGET"].to_numpy().mean() for batch in demo.batches(40_000, 4, batch_rows=40_000)]
    assert rates[0] == pytest.approx(0.08, abs=0.004)


def test_published_codings_occur(raw: dict[str, np.ndarray]) -> None:
    assert (raw["DAYS_EMPLOYED"] == 365243).mean() == pytest.approx(0.18, abs=0.02)
    assert set(raw["FLAG_OWN_CAR"]) == {"Y", "N"}
    assert "XNA" in raw["ORGANIZATION_TYPE"]
    assert set(raw["CODE_GENDER"]) >= {"F", "M"}


def test_work_is_coherent(raw: dict[str, np.ndarray]) -> None:
    idle = raw["DAYS_EMPLOYED"] == 365243
    assert (idle == (raw["ORGANIZATION_TYPE"] == "XNA")).all()
    assert (idle == np.isin(raw["NAME_INCOME_TYPE"], ["Pensioner", "Unemployed"])).all()
    assert (idle == (raw["FLAG_EMP_PHONE"] == 0)).all()
    assert (raw["FLAG_WORK_PHONE"][idle] == 0).all()
    occupation = raw["OCCUPATION_TYPE"]
    assert all(value is None or value != value for value in occupation[idle])
    # Work starts at 17.9 years at the earliest, registration and papers after birth.
    assert (raw["DAYS_EMPLOYED"][~idle] >= raw["DAYS_BIRTH"][~idle] + 6539).all()
    assert (raw["DAYS_EMPLOYED"][~idle] <= 0).all()
    for name in ("DAYS_REGISTRATION", "DAYS_ID_PUBLISH"):
        assert (raw[name] >= raw["DAYS_BIRTH"]).all()
        assert (raw[name] <= 0).all()


def test_family_is_coherent(raw: dict[str, np.ndarray]) -> None:
    couple = np.isin(raw["NAME_FAMILY_STATUS"], ["Married", "Civil marriage"])
    assert (raw["CNT_FAM_MEMBERS"] == raw["CNT_CHILDREN"] + 1 + couple).all()


def test_car_has_an_age_only_where_there_is_one(raw: dict[str, np.ndarray]) -> None:
    assert ((raw["FLAG_OWN_CAR"] == "N") == np.isnan(raw["OWN_CAR_AGE"])).all()


def test_loan_is_coherent(raw: dict[str, np.ndarray]) -> None:
    revolving = raw["NAME_CONTRACT_TYPE"] == "Revolving loans"
    length = raw["AMT_CREDIT"] / raw["AMT_ANNUITY"]
    assert ((length > 7.5) & (length < 46)).all()
    assert np.median(length[revolving]) == pytest.approx(20)
    assert (np.isnan(raw["AMT_GOODS_PRICE"]) <= revolving).all()
    ratio = raw["AMT_CREDIT"][~revolving] / raw["AMT_GOODS_PRICE"][~revolving]
    # Price and credit are linked by a short list of insurance rates; a third of cash loans have none.
    assert np.mean(np.abs(ratio - 1) < 1e-4) == pytest.approx(0.29, abs=0.03)
    assert ratio.max() < 7


def test_social_circle_is_coherent(raw: dict[str, np.ndarray]) -> None:
    names = [f"{kind}_{days}_CNT_SOCIAL_CIRCLE" for kind in ("OBS", "DEF") for days in (30, 60)]
    obs30, obs60, def30, def60 = (raw[name] for name in names)
    known = ~np.isnan(obs30)
    for values in (obs60, def30, def60):
        assert (np.isnan(values) == ~known).all()
    assert (def60[known] <= def30[known]).all()
    assert (def30[known] <= obs30[known]).all()
    assert (obs60[known] <= obs30[known]).all()


def test_region_has_one_rating(raw: dict[str, np.ndarray]) -> None:
    for density in np.unique(raw["REGION_POPULATION_RELATIVE"]):
        assert len(set(raw["REGION_RATING_CLIENT"][raw["REGION_POPULATION_RELATIVE"] == density])) == 1
    assert (raw["REGION_RATING_CLIENT_W_CITY"] <= raw["REGION_RATING_CLIENT"]).all()


def test_missing_values_come_together(raw: dict[str, np.ndarray]) -> None:
    for measure in MEASURES:
        missing = [np.isnan(raw[f"{measure}_{kind}"]) for kind in ("AVG", "MODE", "MEDI")]
        assert (missing[0] == missing[1]).all()
        assert (missing[0] == missing[2]).all()
    bureau = [np.isnan(raw[name]) for name in BUREAU]
    assert all((values == bureau[0]).all() for values in bureau)
    # Without a credit bureau there is no third external score.
    assert np.isnan(raw["EXT_SOURCE_3"])[bureau[0]].all()


@pytest.mark.parametrize(
    ("measure", "missing"),
    [("COMMONAREA", 0.699), ("NONLIVINGAPARTMENTS", 0.694), ("YEARS_BUILD", 0.665), ("ELEVATORS", 0.533)],
)
def test_as_much_of_a_building_is_unknown_as_kaggle_s_clients_know(
    raw: dict[str, np.ndarray], measure: str, missing: float
) -> None:
    assert np.isnan(raw[f"{measure}_AVG"]).mean() == pytest.approx(missing, abs=0.02)


def test_building_statistics_are_near_each_other(raw: dict[str, np.ndarray]) -> None:
    for measure in MEASURES:
        average, median = raw[f"{measure}_AVG"], raw[f"{measure}_MEDI"]
        known = ~np.isnan(average)
        assert np.corrcoef(average[known], median[known])[0, 1] > 0.9, measure


def test_documents_are_those_of_the_published_patterns(raw: dict[str, np.ndarray]) -> None:
    flags = np.stack([raw[name] for name in DOCUMENTS], axis=1)
    assert set(np.unique(flags)) == {0, 1}
    assert flags.sum(axis=1).max() <= 4


def test_parameters_are_few_and_come_back_as_saved(tmp_path: Path) -> None:
    assert PATH.stat().st_size < 500_000
    save(load(), tmp_path / "again.npz")
    again = load(tmp_path / "again.npz")
    assert again.categories == load().categories
    assert again.intercept == load().intercept
    np.testing.assert_allclose(again.factor, load().factor)
    assert len(again.terms) == len(load().terms)


@pytest.mark.skipif(not GENUINE.exists(), reason="genuine rows (../shared/data) are not here")
def test_resembles_genuine_clients_and_equals_none(tmp_path: Path) -> None:
    # Their histories, which nothing here is asked of, would take longer to import than they do.
    (tmp_path / "application_train.csv").symlink_to(GENUINE / "application_train.csv")
    # Half of SIZE are enough to tell shares within two points.
    genuine, drawn = labelled(tmp_path), fictitious(SIZE // 2, seed=1)
    for check in (
        compare.default_rate(drawn),
        compare.missing_rates(genuine, drawn),
        compare.shares(genuine, drawn),
        compare.quartiles(genuine, drawn),
        compare.nobody_genuine(genuine, drawn),
    ):
        assert check.passed, compare.report([check])
    # Four dates at once are as good as a name.
    names = ("DAYS_BIRTH", "DAYS_EMPLOYED", "DAYS_REGISTRATION", "DAYS_ID_PUBLISH")
    people, others = (set(zip(*(frame[n] for n in names), strict=True)) for frame in (genuine, drawn))
    assert not people & others
