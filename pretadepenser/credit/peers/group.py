"""Groups of clients to compare one with: chosen by the model's decision and by what they have in common.

A selection names criteria, never values, so that nothing personal shows in an address. What can be counted
was prepared at import (distribution/bins.py): a group reads one byte a client for each criterion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import wording
from pretadepenser.credit.distribution import bins
from pretadepenser.credit.model.inputs import neutral
from pretadepenser.credit.portfolio import Client, Portfolio
from pretadepenser.credit.scale import Scale

# Under this number of clients a group says more about persons than about a group.
LEAST: Final = 30

Mask = NDArray[np.bool_]


class Outcome(StrEnum):
    """What the model decides for the clients of a group."""

    ALL = "tous"
    GRANTED = "accordes"
    REFUSED = "refuses"


_DECIDED: Final[Mapping[Outcome, str]] = {
    Outcome.ALL: "",
    Outcome.GRANTED: " dont le prêt est accordé",
    Outcome.REFUSED: " dont le prêt est refusé",
}


@dataclass(frozen=True)
class Criterion:
    """Something that the clients of a group have in common with the client: same bin or category."""

    key: str
    label: str
    column: str

    @property
    def protected(self) -> bool:
        """Whether it is a protected ground, by which auditors alone may group."""
        return dictionary.describe(self.column).protected is not None


CRITERIA: Final[Mapping[str, Criterion]] = MappingProxyType(
    {
        criterion.key: criterion
        for criterion in (
            Criterion("revenu", "Même tranche de revenu", "AMT_INCOME_TOTAL"),
            Criterion("source", "Même source de revenu", "NAME_INCOME_TYPE"),
            Criterion("logement", "Même type de logement", "NAME_HOUSING_TYPE"),
            Criterion("type", "Même type de crédit", "NAME_CONTRACT_TYPE"),
            Criterion("age", "Même tranche d’âge", "DAYS_BIRTH"),
            Criterion("montant", "Même tranche de montant", "AMT_CREDIT"),
        )
    }
)


@dataclass(frozen=True)
class Selection:
    """The choice of a group: a decision, and keys of CRITERIA."""

    outcome: Outcome = Outcome.ALL
    alike: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Group:
    """The clients of a selection. `mask` is bool, shape (portfolio.size,); `size` counts it."""

    selection: Selection
    mask: Mask
    size: int

    @property
    def large_enough(self) -> bool:
        """Whether the group may be shown."""
        return self.size >= LEAST

    @property
    def among(self) -> str:
        """The group after a share: "82 % des clients comparables"."""
        return self.among_those("")

    def among_those(self, who: str) -> str:
        """Those of the group of whom something is true: "82 % des clients notés et dont le prêt est accordé".

        who: after "des clients", "" for the whole group.
        """
        comparable = " comparables" if self.selection.alike else ""
        decided = _DECIDED[self.selection.outcome]
        both = " et" if who and decided else ""
        return f"des clients{comparable}{who and f' {who}'}{both}{decided}"


def offered(*, audit: bool) -> Mapping[str, Criterion]:
    """Criteria of CRITERIA that a reader may choose; audit: the protected grounds as well."""
    return {key: criterion for key, criterion in CRITERIA.items() if audit or not criterion.protected}


def codes_of(portfolio: Portfolio, name: str, grain: bins.Grain = "fine") -> bins.Codes:
    """Every client's bin or category, as distribution/bins.py has them, read as the model reads them.

    Clients of a category that names a protected ground are counted with the neutral one (model.inputs).
    """
    codes = portfolio.bins.codes(name, grain)
    column = dictionary.describe(name)
    for category in column.protected_categories:
        code, read_as = column.code(category), column.code(str(neutral(name, category)))
        codes = np.where(codes == code, np.uint8(read_as), codes)
    return codes


def value_of(client: Client, name: str) -> float | int | str | None:
    """Raw value of a column or derived figure of a client as the model reads it, None where missing."""
    if name not in dictionary.DERIVED_FROM:
        return neutral(name, client.values[name])
    value = float(dictionary.derive(dictionary.frame([client.values]))[name][0])
    return None if np.isnan(value) else value


def common(portfolio: Portfolio, client: Client, criterion: Criterion) -> str:
    """What the client's bin or category is for a criterion, in French."""
    column = dictionary.describe(criterion.column)
    value = value_of(client, criterion.column)
    if value is None or column.categories is not None:
        text = wording.value_text(column, value)
        return f"{text[:1].lower()}{text[1:]}"
    edges = portfolio.bins.edges(criterion.column, "broad")
    return bins.texts(column, edges)[portfolio.bins.code(criterion.column, value, "broad")]


def group(
    portfolio: Portfolio,
    client: Client,
    selection: Selection,
    margins: NDArray[np.float32] | None,
    limit: float,
) -> Group:
    """Find the clients of a selection.

    `margins` are all clients' (scoring.current_scores); a ValueError is raised when the selection asks for a
    decision and they are None, a KeyError for an unknown criterion.
    """
    mask = np.full(portfolio.size, True)
    if selection.outcome is not Outcome.ALL:
        if margins is None:
            raise ValueError("the decisions of all clients are not computed")
        granted = Scale(limit).granted(margins)
        mask = granted if selection.outcome is Outcome.GRANTED else ~granted
    for key in selection.alike:
        column = CRITERIA[key].column
        code = portfolio.bins.code(column, value_of(client, column), "broad")
        mask &= codes_of(portfolio, column, "broad") == code
    return Group(selection, mask, int(np.count_nonzero(mask)))


def described(portfolio: Portfolio, client: Client, group: Group) -> str:
    """The group in one French sentence with its number of clients and what they have in common."""
    criteria = [CRITERIA[key] for key in group.selection.alike]
    shared = [
        f"{one.label[:1].lower()}{one.label[1:]} ({common(portfolio, client, one)})" for one in criteria
    ]
    comparable = " comparables" if shared else ""
    decided = _DECIDED[group.selection.outcome]
    counted = french.plural(group.size, f"client{comparable[:-1]}", f"clients{comparable}")
    return (
        f"Le groupe compte {counted}{decided}{f'{french.NO_BREAK}: ' if shared else ''}{french.join(shared)}."
    )
