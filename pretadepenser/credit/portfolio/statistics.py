"""What an import prepares so that no request has to scan: the place of any value among all clients.

Of every numeric column and derived figure a *ladder* is kept: at most 1,001 values of its distribution, each
with the exact share of clients below it and up to it. A column with few distinct values has all of them, so
ties are counted exactly; in between two rungs less than one client in a thousand is unaccounted for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pretadepenser.credit import dictionary

STEPS = 1000
LADDERS = "ladders.npy"
SUMMARY = "statistics.json"

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ladder:
    """Distribution of the known values of one column.

    values, below, upto: float64, shape (rungs,); `below[k]` is the share (0..1) of known values strictly
    under `values[k]`, `upto[k]` of those under or equal to it. Values ascend strictly.
    """

    values: Floats
    below: Floats
    upto: Floats

    @classmethod
    def of(cls, known: Floats) -> Ladder:
        """Build the ladder of `known`, float64, shape (n,), no NaN, any order; empty when n is 0."""
        ordered = np.sort(known)
        if not ordered.size:
            return cls(ordered, ordered, ordered)
        rungs = ordered[np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])]
        if rungs.size > STEPS + 1:
            # Inverted distribution function: values that occur, heavy ties always among them.
            places = np.ceil(np.arange(STEPS + 1) / STEPS * ordered.size).astype(np.int64) - 1
            rungs = np.unique(ordered[places.clip(0)])
        below = np.searchsorted(ordered, rungs, side="left") / ordered.size
        upto = np.searchsorted(ordered, rungs, side="right") / ordered.size
        return cls(rungs, below, upto)

    def rank(self, value: float) -> float:
        """Share of known values strictly below `value` plus half of those equal to it, 0..1."""
        if not self.values.size:
            raise ValueError("no known value to compare with")
        place = int(np.searchsorted(self.values, value, side="left"))
        if place == self.values.size:
            return 1.0
        if self.values[place] == value:
            return float(self.below[place] + self.upto[place]) / 2
        if place == 0:
            return 0.0
        return float(
            np.interp(value, self.values[place - 1 : place + 1], [self.upto[place - 1], self.below[place]])
        )

    def quantile(self, share: float) -> float:
        """Smallest value that at least `share` (0..1) of the known values do not exceed."""
        if not self.values.size:
            raise ValueError("no known value to compare with")
        if not 0 <= share <= 1:
            raise ValueError(f"not a share: {share}")
        # Shares are counts over n: the slack keeps 0.3 and 3/10 together.
        place = int(np.searchsorted(self.upto, share - 1e-12, side="left"))
        place = min(place, self.values.size - 1)
        if place and share < self.below[place]:
            span = [self.upto[place - 1], self.below[place]]
            return float(np.interp(share, span, self.values[place - 1 : place + 1]))
        return float(self.values[place])

    def equal(self, value: float) -> float:
        """Share of known values equal to `value`; exact where the ladder holds every distinct value."""
        place = int(np.searchsorted(self.values, value, side="left"))
        if place == self.values.size or self.values[place] != value:
            return 0.0
        return float(self.upto[place] - self.below[place])


class Statistics:
    """Prepared statistics of one portfolio, the ladders read through a memory map."""

    def __init__(self, summary: Mapping[str, Any], ladders: NDArray[np.float64]) -> None:
        self._summary = summary
        self._ladders = ladders

    @classmethod
    def open(cls, folder: Path) -> Statistics:
        """Read what `write` wrote. Raises OSError or ValueError when it cannot be."""
        return cls(
            json.loads((folder / SUMMARY).read_text("utf-8")), np.load(folder / LADDERS, mmap_mode="r")
        )

    def ladder(self, name: str) -> Ladder:
        """The ladder of a numeric column or derived figure; KeyError for any other name."""
        start, end = self._summary[name]["rungs"]
        values, below, upto = np.asarray(self._ladders[:, start:end])
        return Ladder(values, below, upto)

    def missing(self, name: str) -> float:
        """Share of clients without a value, 0..1."""
        return float(self._summary[name]["missing"])

    def share(self, name: str, category: str | float) -> float:
        """Share of all clients, missing ones included, whose value is `category`."""
        entry = self._summary[name]
        if "shares" in entry:
            return float(entry["shares"][category])
        return self.ladder(name).equal(float(category)) * (1 - self.missing(name))


def write(folder: Path, columns: Iterable[tuple[str, Floats]], progress: Callable[[str], None]) -> None:
    """Prepare the statistics of `columns`: pairs of a name and its values, float64, NaN where missing.

    Textual columns hold the codes of their categories. One column is in memory at a time.
    """
    summary: dict[str, Any] = {}
    ladders: list[Floats] = []
    rungs = 0
    for name, values in columns:
        known = values[~np.isnan(values)]
        size = max(values.size, 1)
        entry: dict[str, Any] = {"missing": (values.size - known.size) / size}
        column = dictionary.describe(name)
        if column.textual:
            codes = list(column.categories or ())
            counts = np.bincount(known.astype(np.intp), minlength=len(codes))
            entry["shares"] = {code: int(count) / size for code, count in zip(codes, counts, strict=True)}
        else:
            ladder = Ladder.of(known)
            ladders.append(np.stack([ladder.values, ladder.below, ladder.upto]))
            entry["rungs"] = [rungs, rungs + ladder.values.size]
            rungs += ladder.values.size
        summary[name] = entry
        progress(name)
    np.save(folder / LADDERS, np.concatenate(ladders, axis=1))
    (folder / SUMMARY).write_text(json.dumps(summary, ensure_ascii=False), "utf-8")
