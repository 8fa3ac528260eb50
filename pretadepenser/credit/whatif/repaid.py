"""What if debts elsewhere were repaid: the history as it would be told, summed up by the same SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pretadepenser import french
from pretadepenser.credit.dictionary import HISTORY, TABLES, Row, describe, wording
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.history import features
from pretadepenser.credit.history.features import Histories
from pretadepenser.credit.history.told import foreign, most_late, written

BUREAU: Final = "bureau"
# What the bureau would say of a credit that was repaid today.
_REPAID: Final[Row] = {
    "CREDIT_ACTIVE": "Closed",
    "CREDIT_DAY_OVERDUE": 0,
    "AMT_CREDIT_SUM_DEBT": 0.0,
    "AMT_CREDIT_SUM_OVERDUE": 0.0,
    "DAYS_ENDDATE_FACT": 0,
}
# What a payment leaves: late today was late.
_MOST_LATE: Final = "AMT_CREDIT_MAX_OVERDUE"
# Figures of what is due, which payments can only lower.
_DUE: Final = frozenset(
    {"BUREAU_DEBT", "BUREAU_DEBT_SHARE", "BUREAU_CARD_USE", "BUREAU_ANNUITY", "BUREAU_OVERDUE"}
)


@dataclass(frozen=True)
class Debt:
    """A credit elsewhere that is not repaid: the bureau's number, what it is, what is owed and what is late.

    owed, late: amounts in units of the data, or of `currency` where that is not "" (the words of another
    currency); None where the bureau does not say.
    """

    number: int
    label: str
    revolving: bool
    owed: float | None
    late: float | None
    currency: str = ""

    @property
    def sentence(self) -> str:
        """What it is and what is owed, for a reader: "Carte de crédit : 1 200 € à rembourser"."""
        owed = "reste à rembourser inconnu"
        if self.owed is not None:
            owed = f"{written(self.owed, self.currency)} à rembourser"
        late = f", dont {written(self.late, self.currency)} en retard" if self.late else ""
        return french.typeset(f"{self.label} : {owed}{late}")


def counts(features: Iterable[str]) -> bool:
    """Whether a model with these features looks at credits elsewhere: another notices none repaid."""
    return any(describe(name).table == BUREAU for name in features)


def debts(history: Histories) -> tuple[Debt, ...]:
    """The credits elsewhere that were open on the day of the application: the latest first, then the largest.

    history: the client's raw rows by table, as the portfolio gives them.
    """
    kind = TABLES[BUREAU].columns["CREDIT_TYPE"]
    found = [
        Debt(
            int(row["SK_ID_BUREAU"] or 0),
            wording.text_in(kind, row),
            row["CREDIT_TYPE"] == "Credit card",
            _amount(row["AMT_CREDIT_SUM_DEBT"]),
            _amount(row["AMT_CREDIT_SUM_OVERDUE"]),
            foreign(row),
        )
        for row in history.get(BUREAU, ())
        if is_open(row)
    ]
    return tuple(sorted(found, key=lambda one: (-(one.late or 0.0), -(one.owed or 0.0), one.number)))


def without(history: Histories, numbers: Collection[int]) -> Histories:
    """The history as it would be told once these credits elsewhere are repaid."""
    rows = [
        {**row, **_REPAID, _MOST_LATE: most_late(row)}
        if row["SK_ID_BUREAU"] in numbers and is_open(row)
        else row
        for row in history.get(BUREAU, ())
    ]
    return {**history, BUREAU: rows}


def on_time(history: Histories) -> Histories:
    """The history as it would be told once all that is late on credits elsewhere is paid.

    Of those in the portfolio's currency: in it alone is known how much that is.
    """
    rows = history.get(BUREAU, ())
    return {
        **history,
        BUREAU: [_on_time(row) if is_open(row) and not foreign(row) else row for row in rows],
    }


def repaid(history: Histories, numbers: Collection[int]) -> dict[str, Value]:
    """Figures of the history once these credits elsewhere are repaid, by name.

    Only figures of the bureau's credits: nothing else of the history changes.
    """
    return changed(history, [without(history, numbers)])[0]


def changed(history: Histories, others: Sequence[Histories]) -> list[dict[str, Value]]:
    """Figures of the bureau's credits, by name, of each of `others`, which payments make of a history.

    What is known to be due today and no longer told after a payment is nothing: all that was known is paid.
    """
    today, *after = features.of([{BUREAU: each.get(BUREAU, ())} for each in (history, *others)])
    return [
        {
            name: 0.0 if figures[name] is None and today[name] is not None and name in _DUE else figures[name]
            for name, column in HISTORY.items()
            if column.table == BUREAU
        }
        for figures in after
    ]


def _on_time(row: Row) -> Row:
    late, owed = _amount(row["AMT_CREDIT_SUM_OVERDUE"]) or 0.0, _amount(row["AMT_CREDIT_SUM_DEBT"])
    left = None if owed is None else max(owed - late, 0.0)
    paid = {"CREDIT_DAY_OVERDUE": 0, "AMT_CREDIT_SUM_OVERDUE": 0.0, "AMT_CREDIT_SUM_DEBT": left}
    return {**row, **paid, _MOST_LATE: most_late(row)}


def is_open(row: Row) -> bool:
    """Whether a credit was told as open on the day of the application, as the SQL understands it."""
    opened, told = row["DAYS_CREDIT"], row["DAYS_CREDIT_UPDATE"]
    known = all(isinstance(days, int | float) and days <= 0 for days in (opened, told))
    return known and row["CREDIT_ACTIVE"] != "Closed"


def _amount(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float) and value >= 0 else None
