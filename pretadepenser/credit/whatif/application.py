"""A person who is not in the portfolio: which data to ask for, and the row that the answers make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import NO_EMPLOYMENT, Column, Row
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.whatif.plausibility import WITHOUT_JOB

# Without these there is no application to judge: the credit, and what it is to be repaid from.
CORE: Final = (
    "NAME_CONTRACT_TYPE",
    "AMT_CREDIT",
    "AMT_ANNUITY",
    "AMT_GOODS_PRICE",
    "AMT_INCOME_TOTAL",
    "NAME_INCOME_TYPE",
)


def asked(model: Model) -> tuple[Column, ...]:
    """Columns to ask for, in the order of the dictionary: CORE, and all that the model uses.

    Never a protected ground, whatever the model uses.
    """
    wanted = {*CORE, *dictionary.columns_of(model.features)}
    return tuple(
        column for column in dictionary.COLUMNS.values() if column.name in wanted and not column.protected
    )


def required(model: Model, portfolio: Portfolio) -> tuple[Column, ...]:
    """Columns asked for that must be answered: CORE, and all that no client of the portfolio lacks.

    The model never saw those missing: what it would answer without them means nothing.
    """
    return tuple(
        column for column in asked(model) if column.name in CORE or portfolio.missing(column.name) == 0
    )


def row(answers: Mapping[str, Value]) -> Row:
    """Make a client's row of the answers (raw values by column): what was not asked or answered is missing.

    Nobody has asked for the person's credit history: it is not known, which the model has learnt to judge.
    Who lives on a pension, or has no job, has no current employment, said or not.
    """
    whole: dict[str, Value] = {name: answers.get(name) for name in dictionary.STORED}
    if whole["NAME_INCOME_TYPE"] in WITHOUT_JOB and whole["DAYS_EMPLOYED"] is None:
        whole["DAYS_EMPLOYED"] = NO_EMPLOYMENT
    return whole
