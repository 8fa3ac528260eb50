"""What a client can do about a credit, and what an advisor can hold fixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Lever(StrEnum):
    """Something a client can do about the credit asked for; the values are names in the code, never shown."""

    PROJECT = "project"  # a cheaper purchase: amount, price and instalment fall together
    DEPOSIT = "deposit"  # the same purchase with more of one's own money: amount and instalment fall
    LONGER = "longer"  # more instalments, each smaller
    SHORTER = "shorter"  # fewer instalments, each larger
    INCOME = "income"  # an income that the file does not count yet
    ARREARS = "arrears"  # what is late on credits elsewhere, paid
    CARD = "card"  # the credit card elsewhere on which most is owed, repaid


@dataclass(frozen=True)
class Admissible:
    """What the lender lets an advisor propose: rules of the house, none of them a law on consumer credit.

    instalment: how many times today's a new instalment may be; cut: share of the amount, 0..1, by which it
    may fall; points: whole points beyond the limit from which a change is safe; share: of the monthly income,
    that an instalment above today's may take, whether proposed or only tried.
    """

    instalment: float = 1.25
    cut: float = 0.25
    points: int = 5
    share: float = 0.35


USUAL: Final = Admissible()


class Lock(StrEnum):
    """What the advisor can hold fixed; the values stand in addresses."""

    PROJECT = "projet"
    DEPOSIT = "apport"
    TERM = "duree"
    INCOME = "revenu"
    DEBTS = "dettes"


LOCKS: Final[Mapping[Lever, Lock]] = MappingProxyType(
    {
        Lever.PROJECT: Lock.PROJECT,
        Lever.DEPOSIT: Lock.DEPOSIT,
        Lever.LONGER: Lock.TERM,
        Lever.SHORTER: Lock.TERM,
        Lever.INCOME: Lock.INCOME,
        Lever.ARREARS: Lock.DEBTS,
        Lever.CARD: Lock.DEBTS,
    }
)
