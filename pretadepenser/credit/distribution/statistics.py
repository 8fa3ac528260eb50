"""What an import prepares so that no request has to scan: where any value stands among all clients.

Of every numeric column and derived figure *quantiles* are kept: at most 1,001 values of its distribution,
each with the exact share of clients below it and up to it. A column with few distinct values has all of them,
so ties are counted exactly; in between two of them less than one client in a thousand is unaccounted for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pretadepenser.credit import dictionary

STEPS = 1000
QUANTILES = "ladders.npy"
SUMMARY = "statistics.json"

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Quantiles:
    """Distribution of the known values of one column.

    values, below, upto: float64, shape (k,); `below[i]` is the share (0..1) of known values strictly
    under `values[i]`, `upto[i]` of those under or equal to it. Values ascend strictly.
    """

    values: Floats
    below: Floats
    upto: Floats

    @classmethod
    def of(cls, known: Floats) -> Quantiles:
        """Sum up `known`, float64, shape (n,), no NaN, any order; empty when n is 0."""
        ordered = np.sort(known)
        if not ordered.size:
            return cls(ordered, ordered, ordered)
        kept = ordered[np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])]
        if kept.size > STEPS + 1:
            # Inverted distribution function: values that occur, heavy ties always among them.
            indices = np.ceil(np.arange(STEPS + 1) / STEPS * ordered.size).astype(np.int64) - 1
            kept = np.unique(ordered[indices.clip(0)])
        below = np.searchsorted(ordered, kept, side="left") / ordered.size
        upto = np.searchsorted(ordered, kept, side="right") / ordered.size
        return cls(kept, below, upto)

    def rank(self, value: float) -> float:
        """Share of known values strictly below `value` plus half of those equal to it, 0..1."""
        if not self.values.size:
            raise ValueError("no known value to compare with")
        index = int(np.searchsorted(self.values, value, side="left"))
        if index == self.values.size:
            return 1.0
        if self.values[index] == value:
            return float(self.below[index] + self.upto[index]) / 2
        if index == 0:
            return 0.0
        return float(
            np.interp(value, self.values[index - 1 : index + 1], [self.upto[index - 1], self.below[index]])
        )

    def quantile(self, share: float) -> float:
        """Smallest value that at least `share` (0..1) of the known values do not exceed."""
        if not self.values.size:
            raise ValueError("no known value to compare with")
        if not 0 <= share <= 1:
            raise ValueError(f"not a share: {share}")
        # Shares are counts over n: the slack keeps 0.3 and 3/10 together.
        index = int(np.searchsorted(self.upto, share - 1e-12, side="left"))
        index = min(index, self.values.size - 1)
        if index and share < self.below[index]:
            span = [self.upto[index - 1], self.below[index]]
            return float(np.interp(share, span, self.values[index - 1 : index + 1]))
        return float(self.values[index])

    def equal(self, value: float) -> float:
        """Share of known values equal to `value`; exact where every distinct value is kept."""
        index = int(np.searchsorted(self.values, value, side="left"))
        if index == self.values.size or self.values[index] != value:
            return 0.0
        return float(self.upto[index] - self.below[index])


class Statistics:
    """Prepared statistics of one portfolio, the quantiles read through a memory map."""

    def __init__(self, summary: Mapping[str, Any], tables: NDArray[np.float64]) -> None:
        self._summary = summary
        self._quantiles = tables
        self._seen: dict[str, Quantiles] = {}
        self._parts: dict[frozenset[str], Statistics] = {}

    @classmethod
    def open(cls, folder: Path) -> Statistics:
        """Read what `write` wrote. Raises OSError or ValueError when it cannot be."""
        return cls(
            json.loads((folder / SUMMARY).read_text("utf-8")), np.load(folder / QUANTILES, mmap_mode="r")
        )

    def quantiles(self, name: str) -> Quantiles:
        """The quantiles of a numeric column or derived figure; KeyError for any other name."""
        if name not in self._seen:
            start, end = self._summary[name]["rungs"]
            self._seen[name] = Quantiles(*np.asarray(self._quantiles[:, start:end]))
        return self._seen[name]

    def missing(self, name: str) -> float:
        """Share of clients without a value, 0..1."""
        return float(self._summary[name]["missing"])

    def share(self, name: str, category: str | float) -> float:
        """Share of all clients, missing ones included, whose value is `category`."""
        entry = self._summary[name]
        if "shares" in entry:
            return float(entry["shares"][category])
        return self.quantiles(name).equal(float(category)) * (1 - self.missing(name))

    def only(self, names: Collection[str]) -> Statistics:
        """The same of these columns and figures alone, in memory. Raises KeyError for an unknown one."""
        key = frozenset(names)
        if key not in self._parts:
            summary: dict[str, Any] = {}
            tables: list[Floats] = []
            start = 0
            for name in sorted(key):
                summary[name] = dict(self._summary[name])
                if "rungs" in summary[name]:
                    found = self.quantiles(name)
                    tables.append(np.stack([found.values, found.below, found.upto]))
                    summary[name]["rungs"] = [start, start + found.values.size]
                    start += found.values.size
            whole = np.concatenate(tables, axis=1) if tables else np.empty((3, 0))
            self._parts[key] = Statistics(summary, whole)
        return self._parts[key]

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of all that `save` writes, hexadecimal."""
        told = json.dumps(self._summary, sort_keys=True).encode()
        return hashlib.sha256(told + np.ascontiguousarray(self._quantiles).tobytes()).hexdigest()

    def save(self, folder: Path) -> None:
        """Write what `open` reads. Raises OSError when the disk refuses."""
        np.save(folder / QUANTILES, self._quantiles)
        (folder / SUMMARY).write_text(json.dumps(self._summary, ensure_ascii=False), "utf-8")


@dataclass(frozen=True, eq=False)
class Summary:
    """What is prepared of one column: the share without a value, and of each category, or the quantiles."""

    missing: float
    shares: Mapping[str, float] | None = None
    quantiles: Quantiles | None = None

    @classmethod
    def of(cls, name: str, values: Floats) -> Summary:
        """Sum up a column or derived figure: float64, NaN where missing, codes where it is textual."""
        known = values[~np.isnan(values)]
        size = max(values.size, 1)
        missing = (values.size - known.size) / size
        column = dictionary.describe(name)
        if not column.textual:
            return cls(missing, quantiles=Quantiles.of(known))
        codes = list(column.categories or ())
        counts = np.bincount(known.astype(np.intp), minlength=len(codes))
        return cls(missing, {code: int(count) / size for code, count in zip(codes, counts, strict=True)})


def write(folder: Path, summaries: Iterable[tuple[str, Summary]], progress: Callable[[str], None]) -> None:
    """Write the statistics of columns and derived figures: pairs of a name and its summary."""
    summary: dict[str, Any] = {}
    tables: list[Floats] = []
    start = 0
    for name, found in summaries:
        entry: dict[str, Any] = {"missing": found.missing}
        if found.shares is not None:
            entry["shares"] = found.shares
        if found.quantiles is not None:
            values = found.quantiles.values
            tables.append(np.stack([values, found.quantiles.below, found.quantiles.upto]))
            entry["rungs"] = [start, start + values.size]
            start += values.size
        summary[name] = entry
        progress(name)
    Statistics(summary, np.concatenate(tables, axis=1)).save(folder)
