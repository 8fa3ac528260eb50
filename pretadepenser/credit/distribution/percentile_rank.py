"""Where one value stands among those of the other clients, in the form that the sentences need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pretadepenser.credit.dictionary import Column, Kind
from pretadepenser.credit.dictionary.wording import Value, is_absent
from pretadepenser.credit.distribution.statistics import Quantiles


class Compared(Protocol):
    """The clients with whom values are compared: a portfolio, or its prepared statistics alone."""

    def missing(self, name: str) -> float:
        """Share of clients without a value."""

    def share(self, name: str, category: str | float) -> float:
        """Share of clients with this very value."""

    def quantiles(self, name: str) -> Quantiles:
        """The distribution of a figure."""


@dataclass(frozen=True)
class PercentileRank:
    """Percentile rank of a value among the clients.

    rank: share (0..1) of the clients compared whose value lies strictly below, plus half of the equal ones,
    in the raw coding; None where there is no order. share: share of clients with exactly this value, or whose
    value is missing too.
    """

    rank: float | None
    share: float | None


def percentile_rank(portfolio: Compared, column: Column, value: Value) -> PercentileRank:
    """Rank a raw value of a column or derived figure among the clients of the portfolio.

    Numbers are compared with the known values only, and without the sentinel: the length of a job with the
    clients who have one. Raises KeyError for a column or a category that the portfolio does not know.
    """
    if value is None or is_absent(value):
        return PercentileRank(None, portfolio.missing(column.name))
    if isinstance(value, str):
        return PercentileRank(None, portfolio.share(column.name, value))
    if column.categories is not None or column.kind in (Kind.HOUR, Kind.RATING) or value == column.sentinel:
        return PercentileRank(None, portfolio.share(column.name, value))
    quantiles = portfolio.quantiles(column.name)
    if not quantiles.values.size:
        return PercentileRank(None, None)
    if column.sentinel is None:
        return PercentileRank(quantiles.rank(value), quantiles.equal(value))
    apart = quantiles.equal(column.sentinel)
    if apart == 1:
        return PercentileRank(None, None)
    under = apart if column.sentinel < value else 0.0
    return PercentileRank((quantiles.rank(value) - under) / (1 - apart), quantiles.equal(value) / (1 - apart))
