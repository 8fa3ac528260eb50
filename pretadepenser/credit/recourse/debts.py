"""What a client can settle elsewhere: arrears paid, a credit card repaid, and what the history says then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pretadepenser import french, money
from pretadepenser.credit.dictionary import Row
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.history.features import Histories
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.recourse.levers import Lever
from pretadepenser.credit.whatif import repaid


@dataclass(frozen=True)
class Settlement:
    """One debt elsewhere that can be paid: what is paid, in units of the data, and the same in words."""

    paid: float
    action: str


@dataclass(frozen=True)
class Debts:
    """What can be settled, by lever, and the figures of the history after each and after both.

    figures: only those that differ from today's, None where one is no longer known.
    """

    settlements: Mapping[Lever, Settlement]
    figures: Mapping[frozenset[Lever], Mapping[str, Value]]


NONE: Final = Debts(MappingProxyType({}), MappingProxyType({}))


def of(model: Model, history: Histories, row: Row) -> Debts:
    """What the client with these raw rows and values can settle that the model would notice."""
    if not repaid.counts(model.features):
        return NONE
    # What is owed in another currency cannot be told as an amount to find.
    open_ = [debt for debt in repaid.debts(history) if not debt.currency]
    late = sum(debt.late or 0.0 for debt in open_)
    cards = [debt for debt in open_ if debt.revolving and debt.owed]
    settlements: dict[Lever, Settlement] = {}
    if late > 0:
        # "Les 1 €" is no French, nor "les moins de 1 €".
        several = money.in_use().shown(late) >= 1.5
        settlements[Lever.ARREARS] = Settlement(
            late,
            f"payer les {french.amount(late)} en retard sur des crédits ailleurs"
            if several
            else f"payer ce qui est en retard sur des crédits ailleurs ({french.some(late)})",
        )
    if cards:
        card = cards[0]
        owed = card.owed or 0.0
        settlements[Lever.CARD] = Settlement(
            owed,
            f"rembourser et fermer une carte de crédit ailleurs, où il reste {french.some(owed)} à payer",
        )
    return Debts(settlements, _figures(history, row, settlements, cards[0].number if cards else 0))


def _figures(
    history: Histories, row: Row, settlements: Mapping[Lever, Settlement], card: int
) -> dict[frozenset[Lever], Mapping[str, Value]]:
    """Figures after each settlement, and after both."""
    groups = [frozenset({lever}) for lever in settlements]
    groups += [frozenset(settlements)] if len(settlements) == 2 else []
    if not groups:
        return {}
    histories = []
    for group in groups:
        after = repaid.on_time(history) if Lever.ARREARS in group else history
        histories.append(repaid.without(after, [card]) if Lever.CARD in group else after)
    return {
        group: {name: value for name, value in figures.items() if value != row.get(name)}
        for group, figures in zip(groups, repaid.changed(history, histories), strict=True)
    }
