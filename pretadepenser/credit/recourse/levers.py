"""What a client can do about a credit, and what an advisor can hold fixed."""

from __future__ import annotations

from collections.abc import Mapping
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


# Share of the income that a raised instalment may take: the rate of effort of decision D-HCSF-2021-7.
EFFORT: Final = 0.35


class Lock(StrEnum):
    """What the advisor can hold fixed; the values stand in addresses."""

    PROJECT = "projet"
    DEPOSIT = "apport"
    TERM = "duree"
    INCOME = "revenu"


LOCKS: Final[Mapping[Lever, Lock]] = MappingProxyType(
    {
        Lever.PROJECT: Lock.PROJECT,
        Lever.DEPOSIT: Lock.DEPOSIT,
        Lever.LONGER: Lock.TERM,
        Lever.SHORTER: Lock.TERM,
        Lever.INCOME: Lock.INCOME,
    }
)
