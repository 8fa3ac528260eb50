"""Bins prepared at import, so that a comparison counts small codes and does not search edges again.

A figure has two sets of bins with round edges, the first and last open: *fine* ones, equally wide, show
its distribution; *broad* ones, about equally filled, show how a rate changes with it. Every client's bin
is one byte. Durations are counted in years of 365.25 days before the application; other figures as stored.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from pretadepenser import french, money, storage
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Column, Kind
from pretadepenser.credit.distribution.statistics import Quantiles
from pretadepenser.credit.stored.rows import Rows

CODES: Final = "brackets.npy"
EDGES: Final = "brackets.json"

Grain = Literal["fine", "broad"]
GRAINS: Final[tuple[Grain, ...]] = ("fine", "broad")
Codes = NDArray[np.uint8]
_Found = TypeVar("_Found")

# Codes of clients who are in no bin.
MISSING: Final = 255
SENTINEL: Final = 254

# Figures that clients are compared by: means and credit. No protected ground is among them (held by a test),
# nor the dates of papers and moves, which tell an age (docs/decisions/model-inputs.md).
QUANTITIES: Final = (
    "AMT_CREDIT",
    "AMT_ANNUITY",
    "AMT_GOODS_PRICE",
    "CREDIT_TERM",
    "CREDIT_TO_GOODS",
    "CREDIT_TO_INCOME",
    "ANNUITY_TO_INCOME",
    "AMT_INCOME_TOTAL",
    "DAYS_EMPLOYED",
    "OWN_CAR_AGE",
    "EXT_SOURCE_MEAN",
    "EXT_SOURCE_1",
    "EXT_SOURCE_2",
    "EXT_SOURCE_3",
    "AMT_REQ_CREDIT_BUREAU_QRT",
    "AMT_REQ_CREDIT_BUREAU_YEAR",
)
# The same of the credit history, where the tables that they come from are imported.
HISTORIES: Final = (
    "BUREAU_ACTIVE",
    "BUREAU_DEBT",
    "BUREAU_OVERDUE",
    "BUREAU_MONTHS_LATE",
    "PREVIOUS_APPROVED",
    "PREVIOUS_REFUSED_SHARE",
    "INSTALMENTS_LATE_SHARE",
    "CARD_USE",
)
CATEGORIES: Final = (
    "NAME_CONTRACT_TYPE",
    "NAME_INCOME_TYPE",
    "OCCUPATION_TYPE",
    "NAME_EDUCATION_TYPE",
    "NAME_HOUSING_TYPE",
    "FLAG_OWN_REALTY",
    "FLAG_OWN_CAR",
)
# Age only makes groups: it is never a figure that clients are compared by.
AGE: Final = "DAYS_BIRTH"
AGE_EDGES: Final = (30.0, 40.0, 50.0, 60.0)
OUTCOME: Final = "TARGET"

FINE: Final = 20
BROAD: Final = 6
DAYS_A_YEAR: Final = 365.25
_IN_YEARS: Final = frozenset({Kind.DURATION, Kind.ELAPSED, Kind.AGE})
_WHOLE: Final = frozenset({Kind.COUNT, Kind.YEARS})


class Bins:
    """Prepared bins of one portfolio, the codes read through a memory map."""

    def __init__(self, edges: Mapping[str, Any], codes: Codes) -> None:
        self._edges = edges["edges"]
        self._rows = {(name, grain): row for row, (name, grain) in enumerate(edges["rows"])}
        self._codes = codes

    @classmethod
    def open(cls, folder: Path) -> Bins:
        """Read what `write` wrote. Raises OSError or ValueError when it cannot be."""
        return cls(json.loads((folder / EDGES).read_text("utf-8")), np.load(folder / CODES, mmap_mode="r"))

    @property
    def quantities(self) -> tuple[str, ...]:
        """The quantities that clients of this portfolio are compared by: those of histories it has, too."""
        return tuple(name for name in (*QUANTITIES, *HISTORIES) if name in self._edges)

    @property
    def clients(self) -> int:
        """Number of clients that have codes."""
        return int(self._codes.shape[1])

    def codes(self, name: str, grain: Grain = "fine") -> Codes:
        """Bracket of every client, uint8, shape (size,), in the order of the portfolio.

        MISSING and SENTINEL stand for clients without a value. Categories, and the outcome, have the code of
        their category in both grains. KeyError for a figure without bins.
        """
        row = self._rows[name, grain]
        codes: Codes = self._codes[row]
        return codes

    def edges(self, name: str, grain: Grain = "fine") -> tuple[float, ...]:
        """Inner edges of the bins of a quantity, ascending, as `displayed` has them."""
        return tuple(self._edges[name][grain])

    def code(self, name: str, value: float | str | None, grain: Grain = "fine") -> int:
        """Code of one raw value: bin, category, MISSING or SENTINEL."""
        column = dictionary.describe(name)
        if value is None or value != value:
            return MISSING
        if isinstance(value, str):
            return column.code(value)
        if column.categories is not None:
            return int(value)
        values = np.array([value], np.float64)
        return int(_codes(column, values, self.edges(name, grain))[0])


def displayed(column: Column, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Raw values in the unit in which people compare them: days before the application become years."""
    return values / -DAYS_A_YEAR if column.kind in _IN_YEARS else values


def raw(column: Column, value: float) -> float:
    """Inverse of `displayed`, of one value."""
    return value * -DAYS_A_YEAR if column.kind in _IN_YEARS else value


def texts(column: Column, edges: Sequence[float]) -> list[str]:
    """Name of each bin in French: "moins de 1 an", "de 1 an à 2 ans", "2 ans et plus"."""
    if not edges:
        return ["toutes les valeurs"]
    decimals = _cents(edges) if column.kind is Kind.AMOUNT else 0
    shown = [edge_text(column, edge, decimals) for edge in edges]
    whole = column.kind in _WHOLE
    first = shown_single(column, edges[0] - 1) if whole and edges[0] == 1 else f"moins de {shown[0]}"
    named = [first]
    for index, (low, high) in enumerate(pairwise(edges)):
        if whole and high == low + 1:
            named.append(shown[index])
        elif whole:
            named.append(f"de {_bare(shown[index])} à {shown_single(column, high - 1)}")
        else:
            named.append(f"de {_bare(shown[index])} à {shown[index + 1]}")
    return [*named, f"{shown[-1]} et plus"]


def _bare(shown: str) -> str:
    """The number without its unit, which the other edge of the bin carries."""
    return shown.rpartition(french.NO_BREAK)[0] or shown


def _cents(edges: Sequence[float]) -> int:
    """Decimals of amounts that are edges: as few as write each as what it is, and no two alike."""
    shown = [money.in_use().shown(edge) for edge in edges]
    return next((some for some in (0, 2, 3, 4) if all(round(one, some) == one for one in shown)), 6)


def edge_text(column: Column, edge: float, decimals: int = 0) -> str:
    """One edge with its unit. decimals: of an amount."""
    match column.kind:
        case Kind.AMOUNT:
            return french.amount(edge, decimals)
        case Kind.SHARE:
            return french.compact_percent(edge)
        case Kind.EXTERNAL_SCORE:
            return french.compact(edge, 2)
        case kind if kind in _IN_YEARS or kind is Kind.YEARS:
            return french.plural(round(edge, 2), "an")
        case _:
            return shown_single(column, edge)


def shown_single(column: Column, value: float) -> str:
    """A count with its noun."""
    unit = "an" if column.kind is Kind.YEARS else column.unit
    return french.plural(round(value, 2), unit, unit if unit.endswith("s") else None)


class Each(Protocol):
    """Calls a function with each name and gives what it returns in their order, as `map` does."""

    def __call__(self, function: Callable[[str], _Found], names: Sequence[str], /) -> Iterable[_Found]: ...


def quantities_of(columns: Collection[str]) -> tuple[str, ...]:
    """The quantities of which a portfolio with these columns has bins."""
    return (*QUANTITIES, *(name for name in HISTORIES if name in columns))


def write(
    folder: Path,
    rows: Rows,
    quantiles: Callable[[str], Quantiles],
    progress: Callable[[str], None],
    each: Each,
) -> None:
    """Choose the edges by the prepared distributions, and write every client's bins.

    As many figures are in memory at a time as `each` looks into at once.
    """
    quantities = quantities_of(rows.schema.names)
    order: list[tuple[str, Grain]] = [
        *((name, grain) for name in quantities for grain in GRAINS),
        (AGE, "broad"),
        *((name, grain) for name in (*CATEGORIES, OUTCOME) for grain in GRAINS),
    ]
    size = rows.column(OUTCOME).size
    # One row after the other goes to the disk.
    codes = np.lib.format.open_memmap(folder / CODES, mode="w+", dtype=np.uint8, shape=(len(order), size))
    storage.reserve(folder / CODES)
    edges: dict[str, dict[Grain, list[float]]] = {AGE: {"broad": list(AGE_EDGES)}}

    def binned(name: str) -> dict[Grain, list[float]]:
        column = dictionary.describe(name)
        values = values_of(rows, name)
        shown = _shown_quantiles(column, quantiles(name))
        chosen: dict[Grain, list[float]] = {
            "fine": fine_edges(column, shown),
            "broad": broad_edges(column, shown),
        }
        for grain in GRAINS:
            codes[order.index((name, grain))] = _codes(column, values, chosen[grain])
        return chosen

    def coded(name: str) -> None:
        row = np.nan_to_num(rows.column(name), nan=MISSING).astype(np.uint8)
        for grain in GRAINS:
            codes[order.index((name, grain))] = row

    for name, chosen in zip(quantities, each(binned, quantities), strict=True):
        edges[name] = chosen
        progress(name)
    codes[order.index((AGE, "broad"))] = _codes(dictionary.describe(AGE), rows.column(AGE), AGE_EDGES)
    for name, _ in zip((*CATEGORIES, OUTCOME), each(coded, (*CATEGORIES, OUTCOME)), strict=True):
        progress(name)
    codes.flush()
    (folder / EDGES).write_text(json.dumps({"edges": edges, "rows": order}), "utf-8")


def values_of(rows: Rows, name: str) -> NDArray[np.float64]:
    """Raw values of a column or derived figure, float64, NaN where missing."""
    if name not in dictionary.DERIVED_FROM:
        return rows.column(name)
    return dictionary.derive({column: rows.column(column) for column in dictionary.DERIVED_FROM[name]})[name]


def _shown_quantiles(column: Column, quantiles: Quantiles) -> Quantiles:
    """The distribution in displayed units, without the sentinel."""
    keep = np.full(quantiles.values.shape, True)
    if column.sentinel is not None:
        keep = quantiles.values != column.sentinel
    apart = 0.0 if column.sentinel is None else quantiles.equal(column.sentinel)
    known = max(1 - apart, 1e-9)
    values, below, upto = quantiles.values[keep], quantiles.below[keep] / known, quantiles.upto[keep] / known
    if column.kind in _IN_YEARS:
        # Turned round: the most days before the application are the least value stored.
        return Quantiles(displayed(column, values[::-1]), 1 - upto[::-1], 1 - below[::-1])
    return Quantiles(values, below, upto)


def fine_edges(column: Column, quantiles: Quantiles) -> list[float]:
    """At most FINE - 1 equally spaced round edges between the first and the last hundredth."""
    if not quantiles.values.size:
        return []
    low, high = quantiles.quantile(0.01), quantiles.quantile(0.99)
    whole = column.kind in _WHOLE
    step = _step((high - low) / (FINE - 2), whole)
    first = math.floor(low / step) + 1
    return [round(step * index, 9) for index in range(first, first + FINE - 1) if step * index <= high]


def broad_edges(column: Column, quantiles: Quantiles) -> list[float]:
    """At most BROAD - 1 round edges that part the clients into about equal numbers."""
    if not quantiles.values.size:
        return []
    wanted = [quantiles.quantile(index / BROAD) for index in range(1, BROAD)]
    whole = column.kind in _WHOLE
    rounded = {float(math.ceil(edge)) if whole else _two_figures(edge) for edge in wanted}
    return sorted(edge for edge in rounded if quantiles.values[0] < edge <= quantiles.values[-1])


def _step(width: float, whole: bool) -> float:
    """Least round step (1, 2, 2.5 or 5 times a power of ten) that is not a tenth under `width`."""
    if whole:
        width = max(width, 1.0)
    if width <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(width))
    for times in (1, 2, 5) if whole else (1, 2, 2.5, 5):
        if times * power >= width * 0.9:
            return times * power
    return 10 * power


def _two_figures(value: float) -> float:
    if value == 0:
        return 0.0
    return round(value, 1 - math.floor(math.log10(abs(value))))


def _codes(column: Column, values: NDArray[np.float64], edges: Sequence[float]) -> Codes:
    shown = displayed(column, values)
    codes = np.searchsorted(np.asarray(edges), shown, side="right").astype(np.uint8)
    codes[np.isnan(values)] = MISSING
    if column.sentinel is not None:
        codes[values == column.sentinel] = SENTINEL
    return codes
