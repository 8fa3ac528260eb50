"""Figures that a client could work out from the columns, and rows of columns as frames of numbers.

Pure functions on frames, the same for 1 row or 10⁶.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pretadepenser.credit.dictionary.columns import COLUMNS, STORED, Column

# Column name -> float64, shape (n,), missing = NaN, categories as their code (position in the dictionary).
Frame = Mapping[str, NDArray[np.float64]]
# One client's raw values in Kaggle's codings: categories as text, missing as None. Beside them, by the
# name of a history table, 1 where it was looked into: what lacks of it may then have no object.
Row = Mapping[str, int | float | str | None]

NO_EMPLOYMENT: Final = 365243


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


def columns_of(names: Sequence[str]) -> tuple[str, ...]:
    """What is stored of a client that the features `names` are made from, in the stored order."""
    needed = {column for name in names for column in DERIVED_FROM.get(name, (name,))}
    return tuple(name for name in STORED if name in needed)


def frame(rows: Sequence[Row], names: Iterable[str] = tuple(COLUMNS)) -> Frame:
    """Turn raw rows into a frame of every column, of those named, that they all have.

    Raises KeyError for a category that the dictionary does not know, and TypeError or ValueError for text in
    a numeric column: rows come validated.
    """
    if not rows:
        return {name: np.empty(0) for name in names}
    columns = [STORED[name] for name in names if all(name in row for row in rows)]
    # One array of them all: of a single client one a column would cost more than all that is in it.
    numbers = np.array(
        [[_number(column, row[column.name]) for row in rows] for column in columns], np.float64
    )
    return {column.name: each for column, each in zip(columns, numbers, strict=True)}


def _number(column: Column, value: int | float | str | None) -> float:
    if value is None:
        return np.nan
    return float(column.code(str(value)) if column.textual else value)
