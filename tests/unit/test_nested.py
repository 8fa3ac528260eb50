"""Credit histories that come with a row from outside: what is accepted, what is said of the rest."""

from __future__ import annotations

from typing import Any

import pytest

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Kind
from pretadepenser.credit.explanation import batch, nested
from pretadepenser.credit.explanation.batch import RowsError
from tests.unit import by_heart
from tests.unit.by_heart import Step, client, plain
from tests.unit.test_repaid import credit

MODEL = by_heart.model(500.5, Step("BUREAU_ACTIVE", at=2, below=20, above=-20))


def outside(**told: Any) -> dict[str, Any]:
    """A row as JSON gives it: an application, a credit elsewhere without the client's number."""
    row = {name: value for name, value in client().items() if not name.startswith(HISTORY)}
    return {**row, "SK_ID_CURR": 7, **told}


HISTORY = ("BUREAU_", "PREVIOUS_", "INSTALMENTS_", "POS_", "CARD_", "TARGET")


def elsewhere(number: int, **told: Any) -> dict[str, Any]:
    """A credit elsewhere, without the number of a client."""
    row = credit(number, **told)
    del row["SK_ID_CURR"]
    return row


def points(*rows: dict[str, Any]) -> list[int]:
    """Points of rows from outside."""
    return [one.points for one in batch.score_table(MODEL, batch.table_of_rows(rows, MODEL), 0.48)]


def test_a_history_counts_as_it_does_in_the_portfolio() -> None:
    two, one, none = [elsewhere(1), elsewhere(2)], [elsewhere(1)], list[dict[str, Any]]()
    assert points(*(outside(bureau=told) for told in (two, one, none))) == [480, 520, 520]


def test_nobody_looked_is_not_nothing_there() -> None:
    rows = [outside(bureau=[]), outside(bureau=None), outside()]
    table = batch.table_of_rows(rows, MODEL)
    assert table.column("BUREAU_ACTIVE").to_pylist() == [0, None, None]
    assert table.column("PREVIOUS_APPROVED").to_pylist() == [None, None, None]


def test_without_a_history_the_row_has_no_figures_of_one() -> None:
    assert "BUREAU_ACTIVE" not in batch.table_of_rows([outside()], MODEL).column_names


def test_numbers_of_credits_are_each_persons_own() -> None:
    months = [{"SK_ID_BUREAU": 1, "MONTHS_BALANCE": -1, "STATUS": "1"}]
    late = outside(bureau=[elsewhere(1)], bureau_balance=months)
    paid = outside(bureau=[elsewhere(1)], bureau_balance=[{**months[0], "STATUS": "0"}])
    table = batch.table_of_rows([late, paid], MODEL)
    assert table.column("BUREAU_MONTHS_LATE").to_pylist() == [1, 0]


@pytest.mark.parametrize(
    ("told", "line", "column", "what"),
    [
        (
            {"bureau": {}},
            1,
            "bureau",
            "une liste d’objets est attendue, ou null si cet historique n’est pas connu",
        ),
        (
            {"bureau": [3]},
            1,
            "bureau",
            "une liste d’objets est attendue, ou null si cet historique n’est pas connu",
        ),
        ({"bureau": [elsewhere(1, AGE=3)]}, 1, "bureau", "colonnes inconnues : AGE"),
        (
            {"bureau": [elsewhere(1), elsewhere(2, CREDIT_ACTIVE="Open")]},
            1,
            "bureau.CREDIT_ACTIVE",
            "catégorie inconnue « Open » (admises : « Active », « Closed », « Sold », « Bad debt »)",
        ),
        ({"bureau": [elsewhere(1, DAYS_CREDIT="hier")]}, 1, "bureau.DAYS_CREDIT", "un nombre est attendu"),
        ({"bureau": [elsewhere(1, CREDIT_TYPE=3)]}, 1, "bureau.CREDIT_TYPE", "un texte est attendu"),
        ({"bureau": [elsewhere(1, DAYS_CREDIT=None)]}, 1, "bureau.DAYS_CREDIT", "valeur absente"),
    ],
)
def test_what_does_not_fit_is_said(told: dict[str, Any], line: int, column: str, what: str) -> None:
    with pytest.raises(RowsError) as caught:
        batch.table_of_rows([outside(bureau=[elsewhere(1)]), outside(**told)], MODEL)
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (line, column)
    assert plain(problem.what).startswith(what)


def test_who_gave_wrong_histories_is_told_by_place_and_number() -> None:
    """Of four persons the second and the last give no list; the third has a column that nobody knows."""
    good = elsewhere(1)
    rows: list[dict[str, Any]] = [{"bureau": [good, good]}, {"bureau": 3}, {}, {"bureau": {}}]
    _, (problem,) = nested.histories(rows)
    assert (problem.line, problem.column, problem.lines) == (1, "bureau", 2)
    unknown = {**good, **dict.fromkeys("ABCDEF")}
    _, (problem,) = nested.histories([{"bureau": [good, good]}, {}, {"bureau": [good, unknown]}])
    assert (problem.line, problem.what) == (2, "colonnes inconnues : A, B, C, D, E")


@pytest.mark.parametrize("value", [True, False, "3", [3]])
def test_neither_yes_nor_no_is_a_number(value: object) -> None:
    _, (problem,) = nested.histories([{"bureau": [elsewhere(1, DAYS_CREDIT=value)]}])
    assert (problem.line, problem.column) == (0, "bureau.DAYS_CREDIT")
    assert plain(problem.what) == "un nombre est attendu"


def test_a_column_that_must_be_there_is_missed() -> None:
    row = elsewhere(1)
    del row["CREDIT_ACTIVE"]
    _, problems = nested.histories([{"bureau": [row]}])
    assert [(one.line, one.column) for one in problems] == [(0, "bureau.CREDIT_ACTIVE")]


def test_more_rows_than_a_request_may_have_are_not_looked_at() -> None:
    row = {"bureau": [elsewhere(1)] * 60_000}
    found, problems = nested.histories([row, row])
    assert found == [{}, {}]
    assert [plain(one.what) for one in problems] == ["120 000 lignes d’historique, 100 000 sont permises"]
    assert nested.histories([{"bureau": [{}] * 50_000, "bureau_balance": [{}] * 50_000}])[1][0].line == 0


def test_each_person_keeps_its_own_rows() -> None:
    found, problems = nested.histories(
        [{"bureau": [elsewhere(1), elsewhere(2)]}, {"bureau": []}, {}, {"bureau": [elsewhere(3)]}]
    )
    assert problems == []
    numbers = [[row["SK_ID_BUREAU"] for row in one.get("bureau", ())] for one in found]
    assert numbers == [[1, 2], [], [], [3]]
    assert ["bureau" in one for one in found] == [True, True, False, True]


NEEDED = [
    (table, name)
    for table in dictionary.TABLES
    for name, column in dictionary.TABLES[table].columns.items()
    if column.required and column.kind is not Kind.IDENTIFIER
]


@pytest.mark.parametrize(("table", "name"), NEEDED)
def test_each_column_that_a_table_needs_is_missed(table: str, name: str) -> None:
    columns = dictionary.TABLES[table].columns
    row = {
        other: next(iter(column.categories or {})) if column.textual else column.maximum or 0
        for other, column in columns.items()
        if column.required and other != name
    }
    _, problems = nested.histories([{table: [row]}])
    assert [(one.line, one.column, plain(one.what).partition(",")[0]) for one in problems] == [
        (0, f"{table}.{name}", "valeur absente")
    ]


def test_what_every_table_needs() -> None:
    """Numbers are not missed; months, days and states are."""
    assert ("bureau_balance", "MONTHS_BALANCE") in NEEDED
    assert ("bureau", "CREDIT_ACTIVE") in NEEDED
    assert not [name for _, name in NEEDED if name.startswith("SK_ID")]


def paid(number: int, day: int) -> dict[str, Any]:
    """An instalment that was paid on its day."""
    return {
        "SK_ID_PREV": 1,
        "NUM_INSTALMENT_NUMBER": number,
        "DAYS_INSTALMENT": day,
        "DAYS_ENTRY_PAYMENT": day,
        "AMT_INSTALMENT": 100.0,
        "AMT_PAYMENT": 100.0,
    }


def month(**told: Any) -> dict[str, Any]:
    """A month of a credit elsewhere."""
    return {"SK_ID_BUREAU": 1, "MONTHS_BALANCE": -1, "STATUS": "0", **told}


def without_number(row: dict[str, Any]) -> dict[str, Any]:
    """The same without the number of the credit."""
    return {name: value for name, value in row.items() if name != "SK_ID_BUREAU"}


TURNED = (
    "aucune valeur n’est négative et certaines sont positives, donc après la demande ; ce qui l’a précédée "
    "s’écrit avec un signe moins"
)


@pytest.mark.parametrize(
    ("told", "column", "what", "lines"),
    [
        (
            {"bureau": [{**elsewhere(number), "SK_ID_CURR": max(number, 7)} for number in (7, 8, 9)]},
            "bureau.SK_ID_CURR",
            "« 8 » est le numéro d’un autre client : mettez ces lignes dans le sien",
            2,
        ),
        (
            {"bureau": [elsewhere(1), elsewhere(2), elsewhere(2)]},
            "bureau.SK_ID_BUREAU",
            "« 2 » existe déjà ; chaque numéro du crédit au fichier doit être unique",
            1,
        ),
        (
            {
                "bureau": [elsewhere(1)],
                "bureau_balance": [month(), month(MONTHS_BALANCE=-2), month(STATUS="5")],
            },
            "bureau_balance.MONTHS_BALANCE",
            "le numéro du crédit au fichier « 1 » a plusieurs lignes pour le mois −1 ; enlevez celles qui "
            "sont de trop",
            1,
        ),
        (
            {"installments_payments": [paid(1, -30)] * 30},
            "installments_payments",
            "29 lignes sur 30 sont les mêmes qu’une autre : des lignes ou des fichiers y sont en double ; "
            "enlevez-les",
            1,
        ),
        (
            {"installments_payments": [paid(day, day) for day in range(1, 31)]},
            "installments_payments.DAYS_INSTALMENT",
            TURNED,
            1,
        ),
    ],
    ids=["other client", "credit twice", "month twice", "payments twice", "days turned"],
)
def test_what_an_import_refuses_of_a_whole_table_is_refused(
    told: dict[str, Any], column: str, what: str, lines: int
) -> None:
    """Late months and payments counted twice, or for another client, without a word."""
    with pytest.raises(RowsError) as caught:
        batch.table_of_rows([outside(), outside(**told)], MODEL)
    (problem,) = caught.value.problems
    assert (problem.line, problem.column, plain(problem.what), problem.lines) == (1, column, what, lines)


@pytest.mark.parametrize(
    "told",
    [
        {"bureau": [{**elsewhere(number), "SK_ID_CURR": 7} for number in (1, 2)]},
        {"bureau": [without_number(elsewhere(1))] * 2},
        {"installments_payments": [paid(1, -30)] * 29},
        {"installments_payments": [paid(day, day) for day in range(1, 30)]},
    ],
    ids=["own number", "no number", "few payments", "few days"],
)
def test_what_may_be_is_taken(told: dict[str, Any]) -> None:
    assert batch.table_of_rows([outside(), outside(**told)], MODEL).num_rows == 2


@pytest.mark.parametrize(
    ("told", "what"),
    [
        ({"bureau_balance": [month()]}, "« 1 »"),
        ({"bureau": None, "bureau_balance": [month()]}, "« 1 »"),
        ({"bureau": [], "bureau_balance": [month()]}, "« 1 »"),
        ({"bureau": [elsewhere(2)], "bureau_balance": [month(SK_ID_BUREAU=2), month()]}, "« 1 »"),
        ({"bureau": [without_number(elsewhere(1))], "bureau_balance": [month()]}, "« 1 »"),
        ({"bureau": [elsewhere(1)], "bureau_balance": [without_number(month())]}, None),
        ({"bureau": [without_number(elsewhere(1))], "bureau_balance": [without_number(month())]}, None),
    ],
)
def test_months_of_a_credit_that_is_not_given_are_refused(told: dict[str, Any], what: str | None) -> None:
    """They counted for nothing, months late among them, without a word."""
    # Another's credit of this number is none of theirs.
    with pytest.raises(RowsError) as caught:
        batch.table_of_rows([outside(bureau=[elsewhere(1)]), outside(**told)], MODEL)
    (problem,) = caught.value.problems
    assert (problem.line, problem.column, problem.lines) == (1, "bureau_balance.SK_ID_BUREAU", 1)
    assert plain(problem.what) == (
        f"{what} n’est le numéro d’aucun crédit de bureau : donnez-y ce crédit et son numéro, ou enlevez ces "
        "lignes"
        if what
        else "SK_ID_BUREAU manque : il dit de quel crédit de bureau est la ligne"
    )


def test_who_gives_no_numbers_is_not_asked_for_them_because_another_does() -> None:
    people = [outside(bureau=[elsewhere(1)]), outside(bureau=[without_number(elsewhere(1))])]
    assert batch.table_of_rows(people, MODEL).column("BUREAU_ACTIVE").to_pylist() == [1, 1]


def test_months_may_be_none() -> None:
    table = batch.table_of_rows([outside(bureau_balance=[])], MODEL)
    assert table.column("BUREAU_MONTHS_LATE").to_pylist() == [None]


def test_two_people_may_have_credits_of_one_number() -> None:
    assert batch.table_of_rows([outside(bureau=[elsewhere(1)])] * 2, MODEL).num_rows == 2


def test_a_foreign_name_of_a_column_gives_a_terminal_no_orders() -> None:
    _, (problem,) = nested.histories([{"bureau": [elsewhere(1, **{"\x1b[31m" + "y" * 99: 1})]}])
    assert problem.what == f"colonnes inconnues : \N{REPLACEMENT CHARACTER}[31m{'y' * 55}…"
