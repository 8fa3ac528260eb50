"""A person who is not in the portfolio: which data to ask for, and the row that the answers make."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pretadepenser.credit import dictionary, features
from pretadepenser.credit.dictionary import Column
from pretadepenser.credit.features import NO_EMPLOYMENT, Row
from pretadepenser.credit.plausibility import WITHOUT_JOB
from pretadepenser.credit.scoring import Model
from pretadepenser.credit.wording import Value

# Without these there is no application to judge: the credit, and what it is to be repaid from.
REQUIRED: Final = (
    "NAME_CONTRACT_TYPE",
    "AMT_CREDIT",
    "AMT_ANNUITY",
    "AMT_GOODS_PRICE",
    "AMT_INCOME_TOTAL",
    "NAME_INCOME_TYPE",
)
# Share of the model's importance that the questions cover: the rest adds less than a question costs.
COVERED: Final = 0.99


def importance(model: Model) -> Mapping[str, float]:
    """Mean absolute contribution in points of every column of the model, the most important first.

    That of a derived figure is shared equally among the columns it is made from. Raises ModelError when the
    model's insight is damaged.
    """
    shares: dict[str, float] = {}
    for influence in model.insight.influences:
        sources = features.DERIVED_FROM.get(influence.feature, (influence.feature,))
        for name in sources:
            shares[name] = shares.get(name, 0.0) + influence.importance / len(sources)
    return MappingProxyType(dict(sorted(shares.items(), key=lambda share: -share[1])))


def asked(model: Model) -> tuple[Column, ...]:
    """Columns to ask for, in the order of the dictionary: REQUIRED, and the most important up to COVERED.

    Never a protected ground, whatever the model uses.
    """
    weights = importance(model)
    wanted, covered, whole = set(REQUIRED), 0.0, sum(weights.values())
    for name, weight in weights.items():
        if covered >= COVERED * whole:
            break
        wanted.add(name)
        covered += weight
    if "OWN_CAR_AGE" in wanted:
        wanted.add("FLAG_OWN_CAR")  # no age is asked of a car that nobody owns
    return tuple(
        column for column in dictionary.COLUMNS.values() if column.name in wanted and not column.protected
    )


def row(answers: Mapping[str, Value]) -> Row:
    """Make a client's row of the answers (raw values by column): what was not asked or answered is missing.

    Who lives on a pension, or has no job, has no current employment, said or not.
    """
    whole: dict[str, Value] = {name: answers.get(name) for name in dictionary.COLUMNS}
    if whole["NAME_INCOME_TYPE"] in WITHOUT_JOB and whole["DAYS_EMPLOYED"] is None:
        whole["DAYS_EMPLOYED"] = NO_EMPLOYMENT
    return whole
