"""Where one value stands among those of the other clients, in the form that the sentences need."""

from __future__ import annotations

from dataclasses import dataclass

from pretadepenser.credit.dictionary import Column, Kind
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.wording import Value, is_absent


@dataclass(frozen=True)
class Standing:
    """Place of a value among the clients.

    rank: share (0..1) of the clients compared whose value lies strictly below, plus half of the equal ones,
    in the raw coding; None where there is no order. share: share of clients with exactly this value, or whose
    value is missing too.
    """

    rank: float | None
    share: float | None


def standing(portfolio: Portfolio, column: Column, value: Value) -> Standing:
    """Place a raw value of a column or derived figure among the clients of the portfolio.

    Numbers are compared with the known values only, and without the sentinel: the length of a job with the
    clients who have one. Raises KeyError for a column or a category that the portfolio does not know.
    """
    if value is None or is_absent(value):
        return Standing(None, portfolio.missing(column.name))
    if isinstance(value, str):
        return Standing(None, portfolio.share(column.name, value))
    if column.categories is not None or column.kind in (Kind.HOUR, Kind.RATING) or value == column.sentinel:
        return Standing(None, portfolio.share(column.name, value))
    ladder = portfolio.ladder(column.name)
    if not ladder.values.size:
        return Standing(None, None)
    if column.sentinel is None:
        return Standing(ladder.rank(value), ladder.equal(value))
    apart = ladder.equal(column.sentinel)
    if apart == 1:
        return Standing(None, None)
    under = apart if column.sentinel < value else 0.0
    return Standing((ladder.rank(value) - under) / (1 - apart), ladder.equal(value) / (1 - apart))
