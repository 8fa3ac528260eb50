"""The dictionary is complete, agrees with the publisher's files, and is written in plain French."""

import csv
import math
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import COLUMNS, DERIVED, HISTORY, Column, Kind, Theme
from pretadepenser.credit.model.inputs import FEATURES

REPO = Path(__file__).parents[2]
HOME_CREDIT = REPO.parent / "shared" / "data" / "homecredit"
needs_rows = pytest.mark.skipif(not HOME_CREDIT.is_dir(), reason="genuine rows (../shared/data) are not here")

ALL = [*COLUMNS.values(), *DERIVED.values(), *HISTORY.values()]
named = pytest.mark.parametrize("column", ALL, ids=lambda column: column.name)


def test_it_has_the_122_columns() -> None:
    assert len(COLUMNS) == 122
    assert next(iter(COLUMNS)) == "SK_ID_CURR"
    assert all(name == column.name for name, column in {**COLUMNS, **DERIVED}.items())
    assert not set(COLUMNS) & set(DERIVED)


@needs_rows
def test_columns_are_those_of_the_genuine_files_in_order() -> None:
    for name in ("application_train", "application_test"):
        with (HOME_CREDIT / f"{name}.csv").open(encoding="utf-8") as file:
            header = next(csv.reader(file))
        assert header == [c for c in COLUMNS if c != "TARGET" or name == "application_train"]


@needs_rows
def test_columns_are_those_that_the_publisher_describes() -> None:
    with (HOME_CREDIT / "HomeCredit_columns_description.csv").open(encoding="cp1252") as file:
        described = {
            row["Row"].strip() for row in csv.DictReader(file) if row["Table"].startswith("application")
        }
    assert described == set(COLUMNS)


@needs_rows
@pytest.mark.parametrize("name", ["application_train", "application_test"])
def test_genuine_rows_pass(name: str) -> None:
    rows = pd.read_csv(HOME_CREDIT / f"{name}.csv")
    refused = {
        label: value
        for label in rows.columns
        for value in [*rows[label].dropna().unique(), *([None] if rows[label].isna().any() else [])]
        if not COLUMNS[label].accepts(value)
    }
    assert refused == {}


def test_each_derived_feature_is_described() -> None:
    unknown_client = dict.fromkeys(COLUMNS)
    assert set(DERIVED) == set(dictionary.derive(dictionary.frame([unknown_client])))
    for name in FEATURES:
        assert dictionary.describe(name).name == name


def test_no_feature_rests_on_a_protected_ground() -> None:
    assert not set(FEATURES) & set(dictionary.protected_columns())


def test_grounds_of_the_penal_code() -> None:
    grounds = {name: COLUMNS[name].protected for name in dictionary.protected_columns()}
    assert grounds["CODE_GENDER"] == "sexe"
    assert grounds["DAYS_BIRTH"] == "âge"
    family = {name for name, ground in grounds.items() if ground == "situation de famille"}
    assert family == {"CNT_CHILDREN", "CNT_FAM_MEMBERS", "NAME_FAMILY_STATUS", "NAME_TYPE_SUITE"}
    place = {name for name, ground in grounds.items() if ground == "lieu de résidence"}
    regions = {name for name in COLUMNS if name.startswith(("REGION_", "REG_", "LIVE_"))}
    # The figures of the building are looked up from the address.
    assert place == regions | {column.name for column in dictionary.in_group("batiment")}
    assert len(grounds) == 2 + len(family) + len(place)
    assert COLUMNS["NAME_INCOME_TYPE"].protected_categories == {"Maternity leave": "grossesse"}
    assert COLUMNS["ORGANIZATION_TYPE"].protected_categories == {"Religion": "convictions religieuses"}


def test_nobody_can_act_on_what_is_not_theirs_to_change() -> None:
    for column in ALL:
        if column.protected or column.kind in (Kind.EXTERNAL_SCORE, Kind.IDENTIFIER, Kind.TARGET, Kind.AGE):
            assert not column.actionable, column.name
    actionable = {name for name, column in COLUMNS.items() if column.actionable}
    assert actionable == {
        "NAME_CONTRACT_TYPE", "AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE", "AMT_INCOME_TOTAL",
        "NAME_INCOME_TYPE", "DAYS_EMPLOYED", "OCCUPATION_TYPE", "ORGANIZATION_TYPE", "NAME_HOUSING_TYPE",
        "FLAG_OWN_REALTY", "FLAG_OWN_CAR", "OWN_CAR_AGE", "FLAG_MOBIL", "FLAG_EMP_PHONE", "FLAG_WORK_PHONE",
        "FLAG_CONT_MOBILE", "FLAG_PHONE", "FLAG_EMAIL", *(f"FLAG_DOCUMENT_{which}" for which in range(2, 22)),
    }  # fmt: skip
    assert not any(column.actionable for column in DERIVED.values())


def test_published_categories() -> None:
    def codes(name: str) -> set[str]:
        return set(COLUMNS[name].categories or ())

    assert len(codes("ORGANIZATION_TYPE")) == 58
    assert len(codes("OCCUPATION_TYPE")) == 18
    assert "XNA" in codes("CODE_GENDER")
    assert "Unknown" in codes("NAME_FAMILY_STATUS")
    assert COLUMNS["FLAG_OWN_CAR"].code("Y") == 1
    assert COLUMNS["CODE_GENDER"].code("M") == 1
    with pytest.raises(KeyError):
        COLUMNS["CODE_GENDER"].code("X")


def test_groups() -> None:
    sizes = {group: len(dictionary.in_group(group)) for group in dictionary.GROUPS}
    thin = {"batiment": 47, "documents": 20, "contact": 6, "consultations": 6}
    history = {"ailleurs": 6, "dettes": 5, "retards": 9, "demandes": 11, "mensualites": 11, "carte": 7}
    assert sizes == thin | history | {"notes": 3, "credit": 3, "voiture": 2}
    assert set(history) == dictionary.HISTORY_GROUPS
    assert {name: column.group for name, column in DERIVED.items()} == {
        "CREDIT_TERM": "credit",
        "CREDIT_TO_GOODS": "credit",
        "CREDIT_TO_INCOME": "credit",
        "ANNUITY_TO_INCOME": "credit",
        "EXT_SOURCE_MEAN": "notes",
    }
    assert {column.group for column in ALL if column.group} == set(sizes)


def test_every_theme_is_used() -> None:
    assert {column.theme for column in ALL} == set(Theme)


@named
def test_labels_and_meanings_are_plain_french(column: Column) -> None:
    assert column.gender in ("m", "f")
    for text in (column.label, column.meaning):
        assert text == text.strip()
        assert text[0].isupper()
        assert "'" not in text, "typographic apostrophe"
        assert "  " not in text
        assert "_" not in text
        assert not re.search(r"\b[A-Z]{3,}", text)
    assert column.meaning.endswith(".")
    assert column.noun[0].islower()
    assert len(column.label) <= 80
    if column.kind in (Kind.FLAG, Kind.TARGET):
        assert column.meaning.startswith("Indique si "), "wording.py says absence with it"


@named
def test_each_value_can_be_said(column: Column) -> None:
    if column.categories is not None:
        assert column.says or set(column.sentences) == set(column.categories)
        assert len(set(column.categories.values())) == len(column.categories), "labels tell categories apart"
        assert all(label[0].isupper() for label in column.categories.values())
        assert set(column.protected_categories) <= set(column.categories)
    if column.kind is Kind.COUNT:
        assert column.says
        assert column.unit
    if column.says:
        assert column.says.count("{}") == 1
    if column.sentinel is not None:
        assert column.sentinel_label
        assert column.sentinel_says
        assert column.maximum is not None
        assert column.minimum is not None
        assert not column.minimum <= column.sentinel <= column.maximum


def test_labels_are_unique() -> None:
    labels = [column.label for column in ALL]
    assert len(set(labels)) == len(labels)


def test_accepts() -> None:
    employed = COLUMNS["DAYS_EMPLOYED"]
    assert employed.accepts(365243)
    assert employed.accepts(-1000)
    assert not employed.accepts(5)
    assert not employed.accepts(-1000.5)
    assert not employed.accepts(None)
    assert COLUMNS["AMT_ANNUITY"].accepts(math.nan)
    assert COLUMNS["CODE_GENDER"].accepts("XNA")
    assert not COLUMNS["CODE_GENDER"].accepts("f")
    assert not COLUMNS["AMT_CREDIT"].accepts("many")
    assert not COLUMNS["AMT_CREDIT"].accepts(0)
    assert [value for value in range(-1, 4) if COLUMNS["FLAG_MOBIL"].accepts(value)] == [0, 1]


def test_arrow_schema() -> None:
    schema = dictionary.arrow_schema()
    assert schema.names == list(COLUMNS)
    assert schema.field("SK_ID_CURR").type == pa.int64()
    assert schema.field("CNT_CHILDREN").type == pa.int32()
    assert schema.field("AMT_CREDIT").type == pa.float64()
    assert schema.field("TARGET").type == pa.float64()
    assert schema.field("TARGET").nullable
    assert schema.field("CODE_GENDER").type == pa.dictionary(pa.int8(), pa.string())
    assert schema.field("FLAG_MOBIL").type == pa.int32()
    assert not schema.field("AMT_CREDIT").nullable


def test_income_and_instalment_are_counted_by_the_month() -> None:
    for name in ("AMT_INCOME_TOTAL", "AMT_ANNUITY"):
        column = COLUMNS[name]
        assert column.unit == "€ par mois"
        for words in (f"{column.label} {column.noun}", column.meaning, column.hint):
            assert re.search(r"\bmois\b|mensu", words), words
    for name in ("CREDIT_TO_INCOME", "ANNUITY_TO_INCOME"):
        assert "revenu mensuel" in DERIVED[name].meaning
        assert "revenu mensuel" in DERIVED[name].says


@needs_rows
def test_the_genuine_instalments_fit_a_monthly_income_only() -> None:
    """What docs/decisions/periods.md reads from the data."""
    columns = ["AMT_ANNUITY", "AMT_INCOME_TOTAL"]
    rows = pd.read_csv(HOME_CREDIT / "application_train.csv", usecols=columns).dropna()
    share = rows["AMT_ANNUITY"] / rows["AMT_INCOME_TOTAL"]
    assert (share > 1).mean() < 0.001
    assert (12 * share > 1).mean() > 0.8


def test_what_may_lack_in_a_file() -> None:
    """As in the publisher's table: the documents are always told, no average of the building is."""
    documents = [column for name, column in COLUMNS.items() if name.startswith("FLAG_DOCUMENT_")]
    assert len(documents) == 20
    assert [column.name for column in documents if not column.required] == []
    building = [name for name in COLUMNS if name.endswith(("_AVG", "_MODE", "_MEDI"))]
    assert len(building) == 47
    assert [name for name in building if COLUMNS[name].required] == []


def test_bounds_have_both_ends() -> None:
    """What a refusal says of them names two."""
    tables = [dictionary.COLUMNS, *(table.columns for table in dictionary.TABLES.values())]
    for column in (column for columns in tables for column in columns.values()):
        assert (column.minimum is None) is (column.maximum is None), column.name
