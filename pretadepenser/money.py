"""In which currency amounts are shown, and how many units of the data make one unit that is shown.

Kaggle publishes neither the currency nor the scale of its amounts, and 202 500 is nobody's monthly income in
euros. Both belong to the data: an import records them with its generation. Everything inside counts in the
data's units; what people see and type is converted here and nowhere else, in the currency in use where it is
called: a request or a command takes that of its portfolio (`using`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from babel import Locale
from babel.numbers import get_currency_name, get_currency_symbol, is_currency

_LOCALE: Final = Locale.parse("fr_FR")


@dataclass(frozen=True)
class Money:
    """A currency (ISO 4217) and its scale: units of the data in one unit that is shown.

    Raises ValueError, in French, for a currency that does not exist or a scale that is no positive number.
    """

    currency: str = "EUR"
    scale: float = 1.0

    def __post_init__(self) -> None:
        if not is_currency(self.currency):
            raise ValueError(
                f"« {self.currency} » n’est pas une monnaie : donnez un code de trois lettres, comme EUR."
            )
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise ValueError("L’échelle des montants est un nombre supérieur à zéro, par exemple 100.")

    @cached_property
    def symbol(self) -> str:
        """Sign that follows an amount: "€"."""
        symbol: str = get_currency_symbol(self.currency, _LOCALE)
        return symbol

    @cached_property
    def noun(self) -> str:
        """Name in the plural: "euros"."""
        noun: str = get_currency_name(self.currency, 2, _LOCALE)
        return noun

    def shown(self, value: float) -> float:
        """An amount of the data in units that are shown, without the noise of the division."""
        return round(value / self.scale, 9)

    def stored(self, value: float) -> float:
        """An amount that was typed in units of the data."""
        return round(value * self.scale, 9)

    def up(self, value: float) -> float:
        """The least amount that is whole when shown and not below this one, in units of the data."""
        return self.stored(math.ceil(self.shown(value)))

    def down(self, value: float) -> float:
        """The greatest amount that is whole when shown and not above this one, in units of the data."""
        return self.stored(math.floor(self.shown(value)))


# Of files in Kaggle's layout: a convention, told wherever data are described.
KAGGLE: Final = Money("EUR", 100.0)
# As they are: where nothing says otherwise.
PLAIN: Final = Money()
_IN_USE: Final[ContextVar[Money]] = ContextVar("money", default=PLAIN)


def in_use() -> Money:
    """The currency of this request or command; euros as they are where none was chosen."""
    return _IN_USE.get()


def use(money: Money) -> Token[Money]:
    """Choose the currency of what follows in this thread, until `leave` is given what this gives."""
    return _IN_USE.set(money)


def leave(token: Token[Money]) -> None:
    """Go back to the currency before `use`."""
    _IN_USE.reset(token)


@contextmanager
def using(money: Money) -> Iterator[None]:
    """Choose the currency of a block."""
    token = use(money)
    try:
        yield
    finally:
        leave(token)
