"""From a client's columns to the inputs of the model: pure functions on frames, the same for 1 row or 10⁶.

What a lender may look at is decided here, and only here:

- never a protected ground of French law (sex, family situation, age, place of residence, …), as the
  dictionary marks them, nor a figure computed from one; the building averages are among them, since they
  describe the place where the client lives;
- never the conduct of other people (defaults in the client's social circle);
- never the circumstances of the application or of the person (its number, weekday, hour, documents handed in,
  phone numbers left; dates of the identity papers, of the registered address, of the telephone), which say
  nothing of the means to repay and, for some, tell an age or a move;
- nothing that adds no measurable precision (sector of the employer, inquiries at the credit bureau);
- the few categories that name a protected ground inside an admissible column are read as a neutral one.

docs/decisions/model-inputs.md says why, and what each choice costs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary.derived import DERIVED_FROM, NO_EMPLOYMENT, Frame, Row, derive
from pretadepenser.credit.dictionary.wording import Value

FEATURES: Final[tuple[str, ...]] = (
    "NAME_CONTRACT_TYPE",
    "AMT_CREDIT",
    "AMT_ANNUITY",
    "AMT_GOODS_PRICE",
    "CREDIT_TERM",
    "CREDIT_TO_GOODS",
    "CREDIT_TO_INCOME",
    "ANNUITY_TO_INCOME",
    "AMT_INCOME_TOTAL",
    "NAME_INCOME_TYPE",
    "DAYS_EMPLOYED",
    "OCCUPATION_TYPE",
    "NAME_EDUCATION_TYPE",
    "NAME_HOUSING_TYPE",
    "FLAG_OWN_REALTY",
    "FLAG_OWN_CAR",
    "OWN_CAR_AGE",
    "EXT_SOURCE_1",
    "EXT_SOURCE_2",
    "EXT_SOURCE_3",
    "EXT_SOURCE_MEAN",
)

# Figures of the client's credit history, read where the table that they come from is imported. Which ones,
# and what each adds: docs/decisions/histories.md.
HISTORY_FEATURES: Final[tuple[str, ...]] = (
    "BUREAU_ACTIVE",
    "BUREAU_CLOSED",
    "BUREAU_OPENED_YEAR",
    "BUREAU_LAST",
    "BUREAU_DEBT",
    "BUREAU_DEBT_SHARE",
    "BUREAU_CARD_USE",
    "BUREAU_ANNUITY",
    "BUREAU_OVERDUE",
    "BUREAU_OVERDUE_CREDITS",
    "BUREAU_OVERDUE_MAX",
    "BUREAU_PROLONGED",
    "BUREAU_MONTHS_LATE",
    "BUREAU_LATE_SHARE",
    "BUREAU_WORST",
    "PREVIOUS_APPROVED",
    "PREVIOUS_REFUSED",
    "PREVIOUS_REFUSED_SHARE",
    "PREVIOUS_REFUSED_YEAR",
    "PREVIOUS_REFUSED_SCORE",
    "PREVIOUS_LAST",
    "PREVIOUS_GRANTED_SHARE",
    "PREVIOUS_DOWN_PAYMENT",
    "PREVIOUS_TERM",
    "INSTALMENTS_LATE_SHARE",
    "INSTALMENTS_LATE_RECENT",
    "INSTALMENTS_SHORT_SHARE",
    "INSTALMENTS_DAYS_LATE",
    "POS_LEFT",
    "POS_MONTHS_LATE",
    "POS_WORST",
    "CARD_LIMIT",
    "CARD_USE",
    "CARD_USE_YEAR",
    "CARD_WITHDRAWALS",
    "CARD_BELOW_MINIMUM",
    "CARD_MONTHS_LATE",
)

# Share of the clients learnt from whose credit history is left out (see `hidden`).
UNTOLD: Final = 0.1
SEED_UNTOLD: Final = 2027

# (column, category that names a protected ground) -> category it is read as
NEUTRAL: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("NAME_INCOME_TYPE", "Maternity leave"): "Working",
        ("ORGANIZATION_TYPE", "Religion"): "Other",
    }
)


def features_of(tables: Collection[str]) -> tuple[str, ...]:
    """The inputs of a model of a portfolio with these history tables, in order."""
    return (*FEATURES, *(name for name in HISTORY_FEATURES if dictionary.describe(name).table in tables))


def neutral(name: str, value: Value) -> Value:
    """Read a category that names a protected ground as its neutral one, as the model does."""
    return NEUTRAL.get((name, str(value)), value)


def as_read(row: Row) -> Row:
    """Return a client's raw values as the model reads them: what is told of a client names no such ground."""
    read = dict(row)
    for (name, named), category in NEUTRAL.items():
        if read.get(name) == named:
            read[name] = category
    return read


def input_matrix(
    frame: Frame, names: Sequence[str] = FEATURES, derived: Frame | None = None
) -> NDArray[np.float32]:
    """Return the model's inputs, float32, shape (n, len(names)): NaN where missing, categories as codes.

    `frame` holds at least `dictionary.columns_of(names)` (KeyError otherwise). "No employment" is a missing
    length of employment, and the categories of NEUTRAL are read as their neutral one. `derived`: what
    `derive(frame)` gives, where it is known.
    """
    derived = derive(frame) if derived is None else derived
    size = len(next(iter(frame.values())))
    inputs = np.empty((size, len(names)), np.float32)
    for index, name in enumerate(names):
        inputs[:, index] = derived[name] if name in DERIVED_FROM else _admissible(name, frame[name])
    return inputs


def _admissible(name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    if name == "DAYS_EMPLOYED":
        return np.where(values == NO_EMPLOYMENT, np.nan, values)
    for (column, named), neutral in NEUTRAL.items():
        if column == name:
            described = dictionary.COLUMNS[name]
            values = np.where(values == described.code(named), described.code(neutral), values)
    return values


Hidden = list[tuple[NDArray[np.intp], NDArray[np.bool_]]]


def hidden(size: int, names: Sequence[str]) -> Hidden:
    """Which columns of an input matrix are not told of which of `size` clients: indices, and bool (size,).

    Of one client in ten no history is told, and each table is left out of one in twenty: who asks for credit
    at the desk, or through the API, brings no history, or not all of it, and portfolios have not all tables.
    Always the same clients for the same size.
    """
    tables = [dictionary.describe(name).table for name in names]
    random = np.random.default_rng(SEED_UNTOLD)
    without = random.random(size) < UNTOLD if any(tables) else np.zeros(size, bool)
    return [
        (
            np.flatnonzero([each == table for each in tables]),
            without | (random.random(size) < UNTOLD / 2),
        )
        for table in sorted({table for table in tables if table})
    ]


def leave_out(inputs: NDArray[np.float32], untold: Hidden, part: slice = slice(None)) -> None:
    """Make missing, in place, what `hidden` says of clients; part: which of those it tells of they are."""
    for columns, clients in untold:
        inputs[np.ix_(clients[part], columns)] = np.nan


def untold(inputs: NDArray[np.float32], names: Sequence[str]) -> NDArray[np.float32]:
    """The same inputs, float32, shape (n, len(names)), without some credit histories (see `hidden`)."""
    parts = hidden(len(inputs), names)
    if not parts:
        return inputs
    learnt = inputs.copy()
    leave_out(learnt, parts)
    return learnt


def feature_types(names: Sequence[str] = FEATURES) -> list[Literal["q", "c"]]:
    """Types of the features for xgboost.DMatrix: "c" for categories without order, "q" for quantities."""
    return ["c" if dictionary.describe(name).textual else "q" for name in names]
