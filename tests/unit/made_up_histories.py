"""Made-up rows of the six history tables, for the tests of what is told of them. None is genuine."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from pretadepenser.credit import dictionary

NUMBER = 100_002
RowOf = dict[str, Any]


def row(table: str, **values: Any) -> RowOf:
    """A row of a table with these values, and nothing else known that may be missing."""
    columns = dictionary.TABLES[table].columns
    assert values.keys() <= columns.keys(), values.keys() - columns.keys()
    given: RowOf = {}
    for name, column in columns.items():
        if not column.required:
            given[name] = None
        elif column.categories and not column.integer:
            given[name] = next(iter(column.categories))
        else:
            given[name] = NUMBER if name == "SK_ID_CURR" else 0
    return given | values


def credit(**values: Any) -> RowOf:
    """A credit elsewhere: active, without delay, opened a year and a half ago for three years."""
    usual = {
        "SK_ID_BUREAU": 5_000_001, "CREDIT_ACTIVE": "Active", "CREDIT_CURRENCY": "currency 1",
        "CREDIT_TYPE": "Consumer credit", "DAYS_CREDIT": -548, "DAYS_CREDIT_ENDDATE": 548.0,
        "CREDIT_DAY_OVERDUE": 0, "AMT_CREDIT_SUM": 300_000.0, "AMT_CREDIT_SUM_DEBT": 150_000.0,
        "AMT_CREDIT_SUM_OVERDUE": 0.0, "DAYS_CREDIT_UPDATE": -20,
    }  # fmt: skip
    return row("bureau", **(usual | values))


def closed(**values: Any) -> RowOf:
    """A credit elsewhere that ended a year ago, two years after it was opened."""
    usual = {
        "CREDIT_ACTIVE": "Closed", "DAYS_CREDIT": -1096, "DAYS_CREDIT_ENDDATE": -360.0,
        "DAYS_ENDDATE_FACT": -366.0, "AMT_CREDIT_SUM_DEBT": 0.0,
    }  # fmt: skip
    return credit(**(usual | values))


def request(**values: Any) -> RowOf:
    """An earlier application with us: a loan granted in full two years and three months ago."""
    usual = {
        "SK_ID_PREV": 1_000_001, "NAME_CONTRACT_TYPE": "Cash loans", "NAME_CONTRACT_STATUS": "Approved",
        "AMT_APPLICATION": 180_000.0, "AMT_CREDIT": 180_000.0, "DAYS_DECISION": -825,
        "CODE_REJECT_REASON": "XAP", "FLAG_LAST_APPL_PER_CONTRACT": "Y", "NFLAG_LAST_APPL_IN_DAY": 1,
    }  # fmt: skip
    return row("previous_application", **(usual | values))


def refused(**values: Any) -> RowOf:
    """An earlier application that was refused for the credit history."""
    return request(
        **({"NAME_CONTRACT_STATUS": "Refused", "CODE_REJECT_REASON": "HC", "DAYS_DECISION": -400} | values)
    )


def bureau_month(ago: int, status: str, credit: int = 5_000_001) -> RowOf:
    """A month of a credit elsewhere, so many months before the application."""
    return row("bureau_balance", SK_ID_BUREAU=credit, MONTHS_BALANCE=-ago, STATUS=status)


def loan_month(ago: int, late: int = 0, **values: Any) -> RowOf:
    """A month of a loan with us, `late` days behind; a very small sum is so for longer."""
    usual = {
        "SK_ID_PREV": 1_000_001, "MONTHS_BALANCE": -ago, "NAME_CONTRACT_STATUS": "Active",
        "SK_DPD": late + 200, "SK_DPD_DEF": late,
    }  # fmt: skip
    return row("POS_CASH_balance", **(usual | values))


def card_month(
    ago: int, balance: float, limit: float = 100_000, cash: float | None = 0.0, **more: Any
) -> RowOf:
    """A month of a card with us."""
    usual = {
        "SK_ID_PREV": 1_000_009, "MONTHS_BALANCE": -ago, "AMT_BALANCE": balance,
        "AMT_CREDIT_LIMIT_ACTUAL": limit, "AMT_DRAWINGS_ATM_CURRENT": cash,
        "AMT_DRAWINGS_CURRENT": cash or 0.0,
        "AMT_INST_MIN_REGULARITY": balance / 20, "NAME_CONTRACT_STATUS": "Active",
        "SK_DPD": 0, "SK_DPD_DEF": 0,
    }  # fmt: skip
    return row("credit_card_balance", **(usual | more))


def instalment(number: int, due: int, paid: int | None, **values: Any) -> RowOf:
    """An instalment due so many days before the application, and paid so many days before (None: not)."""
    usual = {
        "SK_ID_PREV": 1_000_001, "NUM_INSTALMENT_VERSION": 1.0, "NUM_INSTALMENT_NUMBER": number,
        "DAYS_INSTALMENT": -due, "DAYS_ENTRY_PAYMENT": None if paid is None else float(-paid),
        "AMT_INSTALMENT": 10_000.0, "AMT_PAYMENT": None if paid is None else 10_000.0,
    }  # fmt: skip
    return row("installments_payments", **(usual | values))


TABLES = frozenset(dictionary.TABLES)
# A client of whom all tables know something: two credits elsewhere, one late; a refusal; delays; a card.
RICH: Mapping[str, list[RowOf]] = {
    "bureau": [
        credit(SK_ID_BUREAU=5_000_001),
        credit(
            SK_ID_BUREAU=5_000_002, CREDIT_TYPE="Credit card", DAYS_CREDIT=-90, DAYS_CREDIT_ENDDATE=31_000.0,
            CREDIT_DAY_OVERDUE=12, AMT_CREDIT_SUM=90_000.0, AMT_CREDIT_SUM_DEBT=45_500.0,
            AMT_CREDIT_SUM_OVERDUE=2_500.0,
        ),
        closed(SK_ID_BUREAU=5_000_003, AMT_CREDIT_MAX_OVERDUE=4_000.0),
    ],
    "bureau_balance": [
        *(bureau_month(ago, "0") for ago in range(1, 18)),
        bureau_month(3, "1", 5_000_003),
        bureau_month(20, "3", 5_000_003),
        bureau_month(21, "X", 5_000_003),
    ],
    "previous_application": [
        request(),
        refused(SK_ID_PREV=1_000_002),
        request(
            SK_ID_PREV=1_000_003, NAME_CONTRACT_STATUS="Canceled", AMT_APPLICATION=0.0, AMT_CREDIT=0.0,
            DAYS_DECISION=-30,
        ),
    ],
    "POS_CASH_balance": [loan_month(ago, late=45 if ago == 8 else 0) for ago in range(1, 25)],
    "credit_card_balance": [
        card_month(ago, 10_000.0 * ago, cash=5_000.0 if ago == 4 else 0.0) for ago in range(1, 13)
    ],
    "installments_payments": [
        instalment(number, 730 - 30 * number, 735 - 30 * number) for number in range(1, 24)
    ],
}  # fmt: skip


def of(number: int, rows: Mapping[str, list[RowOf]] = RICH) -> dict[str, list[RowOf]]:
    """These rows as those of another client."""
    return {
        table: [one | {"SK_ID_CURR": number} if "SK_ID_CURR" in one else one for one in ones]
        for table, ones in rows.items()
    }


def batches(rows: Mapping[str, list[RowOf]]) -> dict[str, list[pa.RecordBatch]]:
    """Rows as an import takes them."""
    return {
        table: [pa.RecordBatch.from_pylist(ones, schema=dictionary.TABLES[table].arrow_schema())]
        for table, ones in rows.items()
    }


def any_rows(seed: int) -> dict[str, list[RowOf]]:
    """Random rows of all tables, within their bounds, a fifth of what may be missing missing."""
    random = np.random.default_rng(seed)

    def value(column: dictionary.Column) -> Any:
        if not column.required and random.random() < 0.2:
            return None
        if column.textual and column.categories:
            return str(random.choice(list(column.categories)))
        if column.name.startswith("DAYS_"):
            return int(random.integers(-3000, 300))
        if column.name == "MONTHS_BALANCE":
            return int(random.integers(-60, 3))
        if column.integer:
            return int(random.integers(0, 4) if column.categories is None else random.integers(0, 2))
        return float(round(random.uniform(0, 500_000), 2))

    def rows(table: str) -> list[RowOf]:
        columns = dictionary.TABLES[table].columns
        many = int(random.integers(0, 40))
        return [{name: value(column) for name, column in columns.items()} for _ in range(many)]

    return {table: rows(table) for table in dictionary.TABLES}
