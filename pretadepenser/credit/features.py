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

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from pretadepenser.credit import dictionary

# Column name -> float64, shape (n,), missing = NaN, categories as their code (position in the dictionary).
Frame = Mapping[str, NDArray[np.float64]]
# One client's raw values in Kaggle's codings: categories as text, missing as None.
Row = Mapping[str, int | float | str | None]

NO_EMPLOYMENT: Final = 365243

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

# (column, category that names a protected ground) -> category it is read as
NEUTRAL: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("NAME_INCOME_TYPE", "Maternity leave"): "Working",
        ("ORGANIZATION_TYPE", "Religion"): "Other",
    }
)


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """part / whole, NaN where either is missing or the whole is not above zero."""
    quotient = np.full(part.shape, np.nan)
    np.divide(part, whole, out=quotient, where=whole > 0)
    return quotient


def _mean(*scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of the known values, NaN where all are missing."""
    stack = np.stack(scores)
    known = ~np.isnan(stack)
    return _share(np.where(known, stack, 0.0).sum(axis=0), known.sum(axis=0).astype(np.float64))


_Formula = Callable[..., NDArray[np.float64]]
# Derived figure -> columns it is computed from, and how. Each is one a client could work out.
_FORMULAS: Final[Mapping[str, tuple[tuple[str, ...], _Formula]]] = MappingProxyType(
    {
        "CREDIT_TERM": (("AMT_CREDIT", "AMT_ANNUITY"), _share),
        "CREDIT_TO_GOODS": (("AMT_CREDIT", "AMT_GOODS_PRICE"), _share),
        "CREDIT_TO_INCOME": (("AMT_CREDIT", "AMT_INCOME_TOTAL"), _share),
        "ANNUITY_TO_INCOME": (("AMT_ANNUITY", "AMT_INCOME_TOTAL"), _share),
        "EXT_SOURCE_MEAN": (("EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3"), _mean),
    }
)
DERIVED_FROM: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {name: columns for name, (columns, _) in _FORMULAS.items()}
)


def derive(frame: Frame) -> Frame:
    """Return the derived figures that the columns of `frame` allow, float64, shape (n,), NaN where unknown.

    A quotient is unknown where one of its terms is missing or its denominator is zero.
    """
    return {
        name: formula(*(frame[column] for column in columns))
        for name, (columns, formula) in _FORMULAS.items()
        if all(column in frame for column in columns)
    }


def columns(names: Sequence[str] = FEATURES) -> tuple[str, ...]:
    """Columns of the portfolio that the features `names` are made from, in the portfolio's order."""
    needed = {column for name in names for column in DERIVED_FROM.get(name, (name,))}
    return tuple(name for name in dictionary.COLUMNS if name in needed)


def frame(rows: Sequence[Row]) -> Frame:
    """Turn raw rows into a frame of every column that they all have.

    Raises KeyError for a category that the dictionary does not know, and TypeError or ValueError for text in
    a numeric column: rows come validated.
    """
    if not rows:
        return {name: np.empty(0) for name in dictionary.COLUMNS}
    names = [name for name in dictionary.COLUMNS if all(name in row for row in rows)]
    return {name: np.array([_number(name, row[name]) for row in rows], np.float64) for name in names}


def _number(name: str, value: int | float | str | None) -> float:
    if value is None:
        return np.nan
    column = dictionary.COLUMNS[name]
    return float(column.code(str(value)) if column.textual else value)


def matrix(frame: Frame, names: Sequence[str] = FEATURES) -> NDArray[np.float32]:
    """Return the model's inputs, float32, shape (n, len(names)): NaN where missing, categories as codes.

    `frame` holds at least `columns(names)` (KeyError otherwise). "No employment" is a missing length of
    employment, and the categories of NEUTRAL are read as their neutral one.
    """
    derived = derive(frame)
    size = len(next(iter(frame.values())))
    inputs = np.empty((size, len(names)), np.float32)
    for place, name in enumerate(names):
        inputs[:, place] = derived[name] if name in DERIVED_FROM else _admissible(name, frame[name])
    return inputs


def _admissible(name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    if name == "DAYS_EMPLOYED":
        return np.where(values == NO_EMPLOYMENT, np.nan, values)
    for (column, named), neutral in NEUTRAL.items():
        if column == name:
            described = dictionary.COLUMNS[name]
            values = np.where(values == described.code(named), described.code(neutral), values)
    return values


def feature_types(names: Sequence[str] = FEATURES) -> list[Literal["q", "c"]]:
    """Types of the features for xgboost.DMatrix: "c" for categories without order, "q" for quantities."""
    return ["c" if dictionary.describe(name).textual else "q" for name in names]
