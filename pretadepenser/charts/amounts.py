"""Amounts along an axis, counted one by one or in thousands where they are large, and down a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pretadepenser import french
from pretadepenser.charts.chart import Column
from pretadepenser.money import in_use

# From this amount on, as shown, an axis counts in thousands.
LARGE: Final = 20_000


@dataclass(frozen=True)
class Scale:
    """Units of the data to one of the axis, and how the axis names its unit."""

    per: float
    unit: str

    def text(self, amount: float, decimals: int = 1) -> str:
        """A graduation."""
        return french.compact(amount / self.per, decimals)


def scale(amounts: Sequence[float]) -> Scale:
    """The scale of an axis that goes as far as these amounts (units of the data)."""
    money = in_use()
    if max(map(money.shown, amounts), default=0.0) < LARGE:
        return Scale(money.scale, f"en {money.noun}")
    of = "d’" if french.elides(money.noun) else "de "
    return Scale(1000 * money.scale, f"en milliers {of}{money.noun}")


def column(label: str, *, numeric: bool = True, others: bool = False) -> Column:
    """Head of a column of amounts, whose CSV has bare numbers and names their unit.

    others: some amounts have a currency of their own, which stands beside them.
    """
    return Column(label, numeric, csv=f"{label} ({in_use().symbol}{', sauf autre devise' if others else ''})")
