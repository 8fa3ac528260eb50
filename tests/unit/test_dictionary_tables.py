"""The six history tables and their figures: complete, as published, and in plain French."""

import csv
import re
from pathlib import Path

import pyarrow as pa
import pytest

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import COLUMNS, HISTORY, STORED, TABLES, Column, Kind, Theme, wording
from pretadepenser.french import Person

DESCRIPTIONS = Path(__file__).parents[2].parent / "shared/data/homecredit/HomeCredit_columns_description.csv"
# Described, but in no file that the publisher gives.
NOT_THERE = {"NFLAG_MICRO_CASH"}
RENAMED = {"SK_BUREAU_ID": "SK_ID_BUREAU"}

each_column = pytest.mark.parametrize(
    "column",
    [
        pytest.param(column, id=f"{table.name}.{column.name}")
        for table in TABLES.values()
        for column in table.columns.values()
    ],
)
each_figure = pytest.mark.parametrize("column", HISTORY.values(), ids=lambda column: column.name)


def test_there_are_six_tables_beside_the_application() -> None:
    assert {name: len(table.columns) for name, table in TABLES.items()} == {
        "bureau": 17,
        "bureau_balance": 3,
        "previous_application": 37,
        "POS_CASH_balance": 8,
        "credit_card_balance": 23,
        "installments_payments": 8,
    }


@pytest.mark.skipif(not DESCRIPTIONS.is_file(), reason="genuine rows (../shared/data) are not here")
@pytest.mark.parametrize("name", TABLES)
def test_their_columns_are_those_that_the_publisher_describes(name: str) -> None:
    with DESCRIPTIONS.open(encoding="cp1252") as file:
        described = [row["Row"].strip() for row in csv.DictReader(file) if row["Table"] == f"{name}.csv"]
    expected = [RENAMED.get(column, column) for column in described if column not in NOT_THERE]
    assert sorted(TABLES[name].columns) == sorted(expected)


def test_whose_their_rows_are() -> None:
    for name, table in TABLES.items():
        if name == "bureau_balance":
            assert table.owner == ("bureau", "SK_ID_BUREAU")
            assert "SK_ID_CURR" not in table.columns
        else:
            assert table.owner == "SK_ID_CURR"
        assert table.time in table.columns
        assert table.columns[table.time].required
    assert {name: table.key for name, table in TABLES.items() if table.key} == {
        "bureau": "SK_ID_BUREAU",
        "previous_application": "SK_ID_PREV",
    }


@each_column
def test_columns_are_told_in_plain_french(column: Column) -> None:
    assert column.theme is Theme.HISTORY
    assert column.gender in ("m", "f")
    for text in (column.label, column.meaning, *(column.categories or {}).values()):
        assert text == text.strip()
        assert text[0].isupper()
        assert not re.search(r"'|  |_|\b[A-Z]{3,}", text), text
    assert column.meaning.endswith(".")
    labels = list((column.categories or {}).values())
    assert len(set(labels)) == len(labels), "labels tell categories apart"
    assert column.categories is not None or column.minimum is not None
    assert column.kind is not Kind.FLAG or column.meaning.startswith("Indique si ")


def test_who_came_along_is_a_family_situation_in_earlier_applications_too() -> None:
    protected = {
        (table.name, column.name): column.protected
        for table in TABLES.values()
        for column in table.columns.values()
        if column.protected
    }
    assert protected == {("previous_application", "NAME_TYPE_SUITE"): "situation de famille"}


@pytest.mark.parametrize(
    ("table", "name", "value", "said"),
    [
        ("bureau", "DAYS_CREDIT_ENDDATE", -40, "1 mois avant la demande"),
        ("bureau", "DAYS_CREDIT_ENDDATE", 800, "2 ans et 2 mois après la demande"),
        ("bureau", "CREDIT_TYPE", "Mortgage", "Crédit hypothécaire"),
        ("bureau_balance", "MONTHS_BALANCE", -14, "1 an et 2 mois avant la demande"),
        ("bureau_balance", "MONTHS_BALANCE", 0, "le mois de la demande"),
        ("bureau_balance", "STATUS", "2", "Retard de 31 à 60 jours"),
        ("previous_application", "DAYS_TERMINATION", 365243, "crédit en cours"),
        ("installments_payments", "AMT_PAYMENT", None, "donnée absente"),
    ],
)
def test_values_are_said(table: str, name: str, value: float | str | None, said: str) -> None:
    assert wording.value_text(TABLES[table].columns[name], value).replace("\u00a0", " ") == said


def test_storage_types() -> None:
    schema = TABLES["bureau"].arrow_schema()
    assert schema.field("SK_ID_BUREAU") == pa.field("SK_ID_BUREAU", pa.int64(), nullable=False)
    assert schema.field("DAYS_CREDIT") == pa.field("DAYS_CREDIT", pa.int32(), nullable=False)
    assert schema.field("DAYS_ENDDATE_FACT") == pa.field("DAYS_ENDDATE_FACT", pa.float64())
    assert schema.field("CREDIT_TYPE").type == pa.dictionary(pa.int8(), pa.string())


def test_figures_are_stored_after_the_application() -> None:
    assert list(STORED) == [*COLUMNS, *HISTORY]
    assert len(COLUMNS) == 122
    assert len(dictionary.arrow_schema()) == 122
    assert dictionary.columns_of(["BUREAU_DEBT", "CREDIT_TERM"]) == (
        "AMT_CREDIT",
        "AMT_ANNUITY",
        "BUREAU_DEBT",
    )


@each_figure
def test_each_figure_says_what_it_rests_on(column: Column) -> None:
    prefixes = {
        "bureau": "BUREAU_",
        "bureau_balance": "BUREAU_",
        "previous_application": "PREVIOUS_",
        "installments_payments": "INSTALMENTS_",
        "POS_CASH_balance": "POS_",
        "credit_card_balance": "CARD_",
    }
    assert column.name.startswith(prefixes[column.table])
    assert column.theme is Theme.HISTORY
    assert column.group in dictionary.HISTORY_GROUPS
    assert column.direction in (-1, 0, 1)
    assert column.without_history in (0, None)
    assert column.arrow_type == pa.float64()
    assert column.accepts(column.without_history)
    assert column.minimum is not None
    assert column.protected is None
    # Those who have the figure are told apart where it does not exist without a history.
    assert column.among.startswith("des clients ") or (column.among, column.without_history) == (
        "des clients",
        0,
    )


@each_figure
def test_each_figure_is_said_to_the_client_too(column: Column) -> None:
    value = -400 if column.kind is Kind.ELAPSED else 2
    sentences = {
        person: wording.statement(dictionary.describe(column.name, person), value) for person in Person
    }
    for person, sentence in sentences.items():
        assert "[" not in sentence
        assert "{}" not in sentence
        assert person is not Person.YOU or "client" not in sentence


@pytest.mark.parametrize(
    ("name", "row", "said"),
    [
        ("PREVIOUS_LAST", {"PREVIOUS_COUNT": 0.0}, "sans objet (pas de demande précédente)"),
        ("PREVIOUS_TERM", {"PREVIOUS_APPROVED": 0.0}, "sans objet (pas de demande accordée)"),
        ("PREVIOUS_TERM", {"PREVIOUS_APPROVED": 2.0}, "donnée absente"),
        ("PREVIOUS_TERM", {"PREVIOUS_APPROVED": None}, "donnée absente"),
        ("PREVIOUS_DOWN_PAYMENT", {"PREVIOUS_APPROVED": 0.0}, "sans objet (pas de demande accordée)"),
        ("PREVIOUS_GRANTED_SHARE", {"PREVIOUS_APPROVED": 0.0}, "sans objet (pas de demande accordée)"),
        ("BUREAU_CARD_USE", {"BUREAU_CARDS": 0.0}, "sans objet (pas de carte de crédit ailleurs)"),
        ("INSTALMENTS_WORST", {"INSTALMENTS_COUNT": 0.0}, "sans objet (pas encore de mensualité chez nous)"),
    ],
)
def test_no_history_is_not_a_missing_value(name: str, row: dict[str, float | None], said: str) -> None:
    assert wording.text_in(HISTORY[name], {name: None, **row}).replace("\u00a0", " ") == said


def test_arrears_can_only_hurt() -> None:
    worse = {name for name in HISTORY if re.search("LATE|OVERDUE|WORST|REFUSED|SHORT|BELOW|LOST", name)}
    assert len(worse) == 23
    assert all(HISTORY[name].direction == 1 for name in worse)
    free = {name for name, column in HISTORY.items() if column.direction == 0}
    assert free == {
        "BUREAU_CARDS",
        "BUREAU_ENDS",
        "PREVIOUS_COUNT",
        "PREVIOUS_LAST",
        "PREVIOUS_GRANTED_SHARE",
        "PREVIOUS_TERM",
        "INSTALMENTS_COUNT",
        "POS_ACTIVE",
        "CARD_LIMIT",
    }


def test_what_a_client_can_act_on_is_what_is_owed_today() -> None:
    assert {name for name, column in HISTORY.items() if column.actionable} == {
        "BUREAU_ACTIVE",
        "BUREAU_CARDS",
        "BUREAU_DEBT",
        "BUREAU_DEBT_SHARE",
        "BUREAU_CARD_USE",
        "BUREAU_ANNUITY",
        "BUREAU_OVERDUE",
        "BUREAU_OVERDUE_CREDITS",
        "POS_LEFT",
        "CARD_USE",
    }


@pytest.mark.parametrize(
    ("name", "value", "person", "said"),
    [
        ("BUREAU_ACTIVE", 3, Person.YOU, "Vous remboursez 3 crédits dans d’autres établissements"),
        (
            "BUREAU_ACTIVE",
            0,
            Person.CLIENT,
            "Le client ne rembourse aucun crédit dans un autre établissement",
        ),
        (
            "BUREAU_LAST",
            -45,
            Person.CLIENT,
            "Le dernier crédit ouvert ailleurs l’a été 1 mois avant la demande",
        ),
        (
            "BUREAU_MONTHS_LATE",
            2,
            Person.YOU,
            "Sur les 24 derniers mois, un crédit ailleurs a eu un retard pendant 2 mois",
        ),
        (
            "PREVIOUS_REFUSED_SHARE",
            0.5,
            Person.YOU,
            "Nous avons refusé 50 % de vos demandes précédentes",
        ),
        (
            "INSTALMENTS_DAYS_LATE",
            1.25,
            Person.CLIENT,
            "Les mensualités chez nous ont eu 1,2 jour de retard en moyenne",
        ),
        ("CARD_USE", 0.8, Person.YOU, "Vous utilisez 80 % du plafond de la carte chez nous"),
    ],
)
def test_sentences(name: str, value: float, person: Person, said: str) -> None:
    assert wording.statement(dictionary.describe(name, person), value).replace("\u00a0", " ") == said
