"""Months of a client's history: how late payments were, elsewhere and with us, and how a card was used."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from pretadepenser import french
from pretadepenser.credit.dictionary import Row
from pretadepenser.credit.dictionary.wording import Value, is_absent

# Months that are told: those before the application, which alone was not over on its day, for four years.
YEARS: Final = 4
TOLD: Final = 12 * YEARS


class Lateness(IntEnum):
    """How late a payment is, in the steps of the credit bureau."""

    NONE = 0
    TO_30 = 1
    TO_60 = 2
    TO_90 = 3
    TO_120 = 4
    MORE = 5

    @property
    def words(self) -> str:
        """The step, as a cell of a table says it."""
        return _LATE[self]


_LATE: Final = (
    "sans retard",
    "retard de 1 à 30 jours",
    "retard de 31 à 60 jours",
    "retard de 61 à 90 jours",
    "retard de 91 à 120 jours",
    "retard de plus de 120 jours",
)
# States of a contract in which nothing is to be paid yet, or any more.
_NOTHING_DUE: Final = frozenset(
    {"Approved", "Signed", "Sent proposal", "Canceled", "Refused", "Returned to the store", "XNA"}
)


@dataclass(frozen=True)
class PaymentMonth:
    """A month in which something was to be paid: months before, credits, the latest of them.

    bureau: as the credit bureau tells it, whose last step is that of credits sold or written off too.
    """

    ago: int
    credits: int
    late: Lateness
    bureau: bool = False

    @property
    def words(self) -> str:
        """How late, as a cell of a table says it."""
        lost = self.bureau and self.late is Lateness.MORE
        return f"{self.late.words}{' (ou crédit cédé ou passé en perte)' if lost else ''}"


@dataclass(frozen=True)
class CardMonth:
    """A month of the client's cards with us, together, in units of the data; None for what is not known."""

    ago: int
    balance: float | None
    limit: float | None
    cash: float | None

    @property
    def share(self) -> float | None:
        """What is owed, as a share of the limit; None where there is no limit, or either is not known."""
        if self.balance is None or not self.limit or self.limit < 0:
            return None
        return max(self.balance, 0.0) / self.limit

    @property
    def owes(self) -> bool:
        """Whether something is known to be owed."""
        return (self.balance or 0.0) > 0


def number(row: Row, name: str) -> float | None:
    """A figure of a raw row; None where it is missing."""
    value = row.get(name)
    return None if value is None or is_absent(value) else float(value)


def elsewhere(rows: Iterable[Row] | None) -> tuple[PaymentMonth, ...] | None:
    """Months of the credits in other institutions: bureau_balance; None where that is not imported.

    A month in which a credit was closed, or its state not known, says nothing of payments.
    """
    if rows is None:
        return None
    found = (
        (_ago(row), row["SK_ID_BUREAU"], Lateness(int(str(row["STATUS"]))))
        for row in rows
        if str(row["STATUS"]).isdigit()
    )
    return _months(found, bureau=True)


def ours(
    loans: Sequence[Row] | None, cards: Sequence[Row] | None, instalments: Sequence[Row] | None
) -> tuple[PaymentMonth, ...] | None:
    """Months of the credits with us, by all that is imported of them; None where nothing is.

    Days late are those with the publisher's tolerance (very small sums are ignored), as in the figures of
    the model.
    """
    if loans is None and cards is None and instalments is None:
        return None
    found: list[tuple[int, Value, Lateness]] = []
    for row in (*(loans or ()), *(cards or ())):
        late = _step(number(row, "SK_DPD_DEF"))
        due = "AMT_INST_MIN_REGULARITY" not in row or (number(row, "AMT_INST_MIN_REGULARITY") or 0) > 0
        # Of a card that owes nothing, nothing was to be paid.
        if late is not None and (late or (due and row.get("NAME_CONTRACT_STATUS") not in _NOTHING_DUE)):
            found.append((_ago(row), row["SK_ID_PREV"], late))
    found.extend(_instalments(instalments or ()))
    return _months(found)


def _instalments(rows: Iterable[Row]) -> Iterable[tuple[int, Value, Lateness]]:
    """The month in which each instalment was due, its credit, and how late its last payment was.

    One that is not paid on the day of the application is late until then.
    """
    paid: dict[tuple[Value, ...], list[float]] = defaultdict(list)
    for row in rows:
        due = number(row, "DAYS_INSTALMENT")
        if due is None or due >= 0:
            continue
        payment = number(row, "DAYS_ENTRY_PAYMENT")
        key = (row["SK_ID_PREV"], row.get("NUM_INSTALMENT_VERSION"), row["NUM_INSTALMENT_NUMBER"], due)
        paid[key].extend([payment] if payment is not None and payment <= 0 else [])
    for (credit, _, _, when), payments in paid.items():
        due = float(when or 0)
        late = _step(max((max(payments) if payments else 0.0) - due, 0.0))
        yield math.ceil(-due / french.DAYS_PER_MONTH), credit, late or Lateness.NONE


def _months(
    found: Iterable[tuple[int, Value, Lateness]], *, bureau: bool = False
) -> tuple[PaymentMonth, ...]:
    credits: dict[int, set[Value]] = defaultdict(set)
    worst: dict[int, Lateness] = {}
    for ago, credit, late in found:
        if 1 <= ago <= TOLD:
            credits[ago].add(credit)
            worst[ago] = max(late, worst.get(ago, late))
    return tuple(PaymentMonth(ago, len(credits[ago]), worst[ago], bureau) for ago in sorted(worst))


def card(rows: Iterable[Row] | None) -> tuple[CardMonth, ...] | None:
    """Months of the client's cards with us; None where credit_card_balance is not imported."""
    if rows is None:
        return None
    by_month: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        if 1 <= (ago := _ago(row)) <= TOLD:
            by_month[ago].append(row)
    return tuple(
        CardMonth(
            ago,
            _sum([number(row, "AMT_BALANCE") for row in of]),
            _sum([number(row, "AMT_CREDIT_LIMIT_ACTUAL") for row in of]),
            _sum([_cash(row) for row in of]),
        )
        for ago, of in sorted(by_month.items())
    )


def _cash(row: Row) -> float | None:
    """What was drawn in cash: nothing where nothing was drawn at all, though the file is empty then."""
    cash = number(row, "AMT_DRAWINGS_ATM_CURRENT")
    return 0.0 if cash is None and number(row, "AMT_DRAWINGS_CURRENT") == 0 else cash


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _ago(row: Row) -> int:
    return int(-(number(row, "MONTHS_BALANCE") or 0))


def _step(days: float | None) -> Lateness | None:
    return None if days is None else Lateness(min(math.ceil(days / 30), Lateness.MORE))


def said(months: Sequence[PaymentMonth] | None, *, short: bool = False) -> str:
    """How regular the payments were: "aucun retard sur 30 mois suivis"; "" where there is no month.

    short: without when the longest delay was, and the last.
    """
    if not months:
        return ""
    followed = f"sur {french.plural(len(months), 'mois suivi', 'mois suivis')}"
    late = [month for month in months if month.late]
    if not late:
        return f"aucun retard {followed}"
    worst = max(late, key=lambda month: (month.late, -month.ago))
    one = len(late) == 1
    told = f"{len(late)}{french.NO_BREAK}mois avec un retard {followed}, {'' if one else 'le plus long '}"
    told += worst.words.removeprefix("retard ")
    if short or one:
        return told if short else f"{told}, {when(worst.ago)}"
    last = min(month.ago for month in late)
    # A shorter delay may have come since.
    also = f" ; le dernier {when(last)}" if last < worst.ago else ""
    return f"{told}, {'' if also else 'la dernière fois '}{when(worst.ago)}{also}"


def when(ago: int) -> str:
    """A month by how long ago it was."""
    return f"il y a {french.months(ago)}"
