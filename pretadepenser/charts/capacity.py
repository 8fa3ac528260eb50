"""What a household pays and keeps by the month, without a loan and with it, as a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pretadepenser import french
from pretadepenser.charts.chart import NOTHING, Column, Table
from pretadepenser.credit.whatif.capacity import Capacity

_UNKNOWN: Final = "non connu"
# Of charges of which none is known: with the loan, its instalment alone is counted.
_NO_CHARGE: Final = "aucune charge connue"

# A label, a value without the loan and with it, how one is written, what stands for each where there is none.
Row = tuple[str, float | None, float | None, Callable[[float], str], tuple[str, str]]


def before_after(found: Capacity) -> Table:
    """Charges, their share of the resources and what is left to live on, without and with the loan."""
    rows = _rows(found)
    known = ", en ne comptant que ce qui est connu" if found.left_out() else ""
    return Table(
        f"Par mois, sans et avec ce prêt{known}",
        (Column("Par mois"), Column("Sans ce prêt", numeric=True), Column("Avec ce prêt", numeric=True)),
        tuple(
            (
                label,
                *(nothing if one is None else write(one) for one, nothing in zip(both, words, strict=True)),
            )
            for label, *both, write, words in rows
        ),
        tuple((label, before, after) for label, before, after, _, _ in rows),
    )


def _rows(found: Capacity) -> list[Row]:
    """What is told of a month, line by line; no value where nothing is known."""
    none = found.rent is None and found.credits is None and found.alimony is None
    without = None if none else found.left_before
    # Of no resources there is no share, whatever is known.
    no_share = _UNKNOWN if found.resources else NOTHING
    no_charge = _NO_CHARGE if none else _UNKNOWN
    rows: list[Row] = [
        ("Ressources", found.resources, found.resources, french.some, (_UNKNOWN, _UNKNOWN)),
        (
            "Charges",
            None if none else found.charges,
            None if found.instalment is None else found.due,
            french.some,
            (no_charge, _UNKNOWN),
        ),
        (
            "Part des ressources",
            found.ratio_before,
            found.ratio_after,
            found.percent,
            (no_charge if found.resources else NOTHING, no_share),
        ),
        ("Reste à vivre", without, found.left_after, _left, (no_charge, _UNKNOWN)),
    ]
    if found.people is not None and found.people > 1:
        before, after = (_each(one, found.people) for one in (without, found.left_after))
        rows.append(("Reste à vivre par personne", before, after, _left, (no_charge, _UNKNOWN)))
    return rows


def _each(left: float | None, people: int) -> float | None:
    return None if left is None else left / people


def _left(amount: float) -> str:
    """What is left, or lacks: with cents where it would read as nothing and is not."""
    written = french.amount(amount)
    return french.amount(amount, 2) if amount and written == french.amount(0) else written
