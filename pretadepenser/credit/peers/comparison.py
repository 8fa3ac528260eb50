"""One client among a group: the client's place in it, and how the outcome changes with a figure.

What can be counted was prepared at import (distribution/bins.py): a comparison reads a byte a client.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Column, Theme, WithoutObject, wording
from pretadepenser.credit.distribution import bins
from pretadepenser.credit.distribution.bins import Grain
from pretadepenser.credit.evaluation.metrics import wilson
from pretadepenser.credit.peers.group import LEAST, Group, codes_of, value_of
from pretadepenser.credit.portfolio import Client, Portfolio

# What clients of any portfolio are compared by.
FIGURES: Final = (*bins.QUANTITIES, *bins.CATEGORIES)
_KNOWN: Final = "dont la donnée est connue"


@dataclass(frozen=True)
class Bar:
    """One bin or category of a group.

    low, high: edges in displayed units, None where open or for a category. count: clients; share (0..1) of
    the group's clients with a value. defaults, labelled: outcomes known in it, 0 for fine bins. here: the
    client is in it.
    """

    text: str
    low: float | None
    high: float | None
    count: int
    share: float
    defaults: int
    labelled: int
    here: bool

    @property
    def rate(self) -> float | None:
        """Default rate (0..1), None where fewer than LEAST outcomes are known."""
        return self.defaults / self.labelled if self.labelled >= LEAST else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % confidence interval of the rate, None where the rate is."""
        return wilson(self.defaults, self.labelled) if self.labelled >= LEAST else None


@dataclass(frozen=True)
class Position:
    """Shares (0..1) of the group's clients with a value: below the client's, equal to it, above it."""

    below: float
    equal: float
    above: float


@dataclass(frozen=True)
class Distribution:
    """A figure in a group: fine bars for its shape, broad bars for the default rate.

    value: the client's raw value; shown: the same in displayed units, None where it has no place on an axis.
    median: of the group, raw; None for categories. known, missing, sentinel: clients of the group with a
    value, without one, and with the sentinel. position: None for categories and where the value is missing.
    without_object: what leaves the client's value, which is missing, without object; None where it is not so.
    """

    column: Column
    group: Group
    value: float | int | str | None
    shown: float | None
    bars: tuple[Bar, ...]
    broad: tuple[Bar, ...]
    known: int
    missing: int
    sentinel: int
    median: float | None
    position: Position | None
    without_object: WithoutObject | None = None

    @property
    def among(self) -> str:
        """Those whom shares count, after a share: the group, without its clients who have no value."""
        if self.known == self.group.size:
            return self.group.among
        return self.group.among_those(self.column.among.removeprefix("des clients").strip() or _KNOWN)

    @property
    def counted(self) -> str:
        """Those whose outcomes are counted, after a number: the group, or its clients who have a value."""
        return "clients de ce groupe" if self.known == self.group.size else self.among.removeprefix("des ")

    @property
    def rate(self) -> float | None:
        """Default rate of the group's clients with a value, None where too few outcomes are known."""
        labelled = sum(bar.labelled for bar in self.broad)
        return sum(bar.defaults for bar in self.broad) / labelled if labelled >= LEAST else None


@dataclass(frozen=True, eq=False)
class Crossing:
    """Two figures crossed in a group.

    counts: int, shape (len(across), len(up)): clients by bin of the first and of the second figure. Edges
    are in displayed units. here: the client's cell, None where a value is missing. correlation: Spearman's,
    computed on the fine bins, None where one figure does not vary.
    """

    first: Column
    second: Column
    group: Group
    first_edges: tuple[float, ...]
    second_edges: tuple[float, ...]
    counts: NDArray[np.int64]
    here: tuple[int, int] | None
    shown: tuple[float, float] | None
    known: int
    correlation: float | None

    @property
    def among(self) -> str:
        """Those whom shares count, after a share: the group, or its clients with both values."""
        whole = self.known == self.group.size
        return self.group.among if whole else self.group.among_those("dont les deux données sont connues")


def figures(portfolio: Portfolio) -> tuple[str, ...]:
    """What clients of this portfolio are compared by: FIGURES, and those of the histories that it has."""
    return (*portfolio.bins.quantities, *bins.CATEGORIES)


def themes(portfolio: Portfolio) -> list[tuple[Theme, tuple[Column, ...]]]:
    """Figures to choose from, by theme in the dictionary's order."""
    columns = [dictionary.describe(name) for name in figures(portfolio)]
    grouped = [(theme, tuple(column for column in columns if column.theme is theme)) for theme in Theme]
    return [(theme, found) for theme, found in grouped if found]


def distribution(portfolio: Portfolio, client: Client, group: Group, name: str) -> Distribution:
    """Describe one of `figures` in a group, and the client's place in it. KeyError for another figure."""
    if name not in figures(portfolio):
        raise KeyError(name)
    column = dictionary.describe(name)
    value = value_of(client, name)
    codes = codes_of(portfolio, name)[group.mask]
    counts = np.bincount(codes, minlength=256)
    missing, sentinel = int(counts[bins.MISSING]), int(counts[bins.SENTINEL])
    known = group.size - missing - sentinel
    median = position = shown = None
    if column.categories is None and known:
        values = portfolio.values(name)[group.mask]
        values = bins.displayed(column, values[codes < bins.SENTINEL])
        median = bins.raw(column, float(np.median(values)))
        if isinstance(value, (int, float)) and value != column.sentinel:
            shown = float(bins.displayed(column, np.array([value], np.float64))[0])
            below = np.count_nonzero(values < shown) / known
            equal = np.count_nonzero(values == shown) / known
            position = Position(below, equal, 1 - below - equal)
    return Distribution(
        column=column,
        group=group,
        value=value,
        shown=shown,
        bars=_bars(portfolio, column, group, value, "fine"),
        broad=_bars(portfolio, column, group, value, "broad"),
        known=known,
        missing=missing,
        sentinel=sentinel,
        median=median,
        position=position,
        without_object=column.without_object(client.values),
    )


def _bars(
    portfolio: Portfolio, column: Column, group: Group, value: float | str | None, grain: Grain
) -> tuple[Bar, ...]:
    codes = codes_of(portfolio, column.name, grain)[group.mask]
    counts, labelled, defaults = _outcomes(portfolio, group, codes, counted=grain == "broad")
    own = portfolio.bins.code(column.name, value, grain)
    lows: list[float | None]
    highs: list[float | None]
    if column.categories is not None:
        texts = list(column.categories.values())
        lows = highs = [None] * len(texts)
    else:
        edges = portfolio.bins.edges(column.name, grain)
        texts = bins.texts(column, edges)
        lows, highs = [None, *edges], [*edges, None]
    known = max(int(counts[: len(texts)].sum()), 1)
    bars = [
        Bar(
            text=french.capital(text),
            low=low,
            high=high,
            count=int(counts[code]),
            share=int(counts[code]) / known,
            defaults=int(defaults[code]),
            labelled=int(labelled[code]),
            here=code == own,
        )
        for code, (text, low, high) in enumerate(zip(texts, lows, highs, strict=True))
    ]
    if column.categories is not None:
        bars = sorted((bar for bar in bars if bar.count or bar.here), key=lambda bar: -bar.count)
    return tuple(bars)


def _outcomes(
    portfolio: Portfolio, group: Group, codes: bins.Codes, *, counted: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Clients, known outcomes and defaults of each code, shape (256,) each; only clients unless `counted`."""
    if not counted:
        nothing = np.zeros(256, np.int64)
        return np.bincount(codes, minlength=256), nothing, nothing
    # Outcome 0, 1 or missing (255), in the two low bits of one number: one pass counts all three.
    joint = codes.astype(np.uint16) << 2
    joint |= portfolio.bins.codes(bins.OUTCOME)[group.mask] & 3
    repaid, defaults, _, unknown = np.bincount(joint, minlength=1024).reshape(256, 4).T
    return repaid + defaults + unknown, repaid + defaults, defaults


def crossing(portfolio: Portfolio, client: Client, group: Group, first: str, second: str) -> Crossing:
    """Cross two different quantities in a group. KeyError for anything but two of its bins."""
    if first == second or not {first, second} <= set(portfolio.bins.quantities):
        raise KeyError(f"{first} × {second}")
    columns = dictionary.describe(first), dictionary.describe(second)
    codes = [portfolio.bins.codes(name)[group.mask] for name in (first, second)]
    known = (codes[0] < bins.SENTINEL) & (codes[1] < bins.SENTINEL)
    edges = [portfolio.bins.edges(name) for name in (first, second)]
    wide = [len(each) + 1 for each in edges]
    joint = np.bincount(
        codes[0][known].astype(np.intp) * wide[1] + codes[1][known], minlength=wide[0] * wide[1]
    ).reshape(wide)
    values = [value_of(client, name) for name in (first, second)]
    own = [portfolio.bins.code(name, value) for name, value in zip((first, second), values, strict=True)]
    inside = all(code < bins.SENTINEL for code in own)
    merged = [_merge(each) for each in edges]
    counts = _sum(_sum(joint, merged[0][1], 0), merged[1][1], 1)
    shown = [
        float(bins.displayed(column, np.array([value], np.float64))[0])
        for column, value in zip(columns, values, strict=True)
        if inside and isinstance(value, (int, float))
    ]
    return Crossing(
        first=columns[0],
        second=columns[1],
        group=group,
        first_edges=merged[0][0],
        second_edges=merged[1][0],
        counts=counts,
        here=(merged[0][1][own[0]], merged[1][1][own[1]]) if inside else None,
        shown=(shown[0], shown[1]) if inside else None,
        known=int(joint.sum()),
        correlation=_spearman(joint),
    )


def _merge(edges: Sequence[float]) -> tuple[tuple[float, ...], list[int]]:
    """Every other edge when there are many, and the merged bin of each fine one."""
    if len(edges) <= 8:
        return tuple(edges), list(range(len(edges) + 1))
    return tuple(edges[1::2]), [index // 2 for index in range(len(edges) + 1)]


def _sum(joint: NDArray[np.int64], indices: Sequence[int], axis: int) -> NDArray[np.int64]:
    starts = [index for index in range(len(indices)) if index == 0 or indices[index] != indices[index - 1]]
    return np.add.reduceat(joint, starts, axis=axis)


def _spearman(joint: NDArray[np.int64]) -> float | None:
    """Spearman's rank correlation of two grouped variables, ties at their mean rank."""
    total = joint.sum()
    if not total:
        return None
    margins = joint.sum(axis=1), joint.sum(axis=0)
    ranks = [np.cumsum(margin) - margin / 2 - total / 2 for margin in margins]
    spread = [float((margin * rank**2).sum()) for margin, rank in zip(margins, ranks, strict=True)]
    if min(spread) <= 0:
        return None
    return float(ranks[0] @ joint @ ranks[1]) / math.sqrt(spread[0] * spread[1])


def rank_sentence(distribution: Distribution) -> str:
    """Where the client stands in the group, in one French sentence with its full stop.

    Of clients with a value where the client has one, of the whole group where not.
    """
    column, value, among = distribution.column, distribution.value, distribution.among
    whole = distribution.group.among
    if value is None:
        absent = wording.like(distribution.missing / distribution.group.size, whole)
        if why := distribution.without_object:
            return f"{wording.without_object(column, why)}, donc sans valeur, {absent}."
        return f"La donnée est absente pour ce client, {absent}."
    said = wording.statement(column, value)
    if distribution.position is not None:
        return f"{said}{french.NO_BREAK}: {_placed(column, distribution.position, among)}."
    if value == column.sentinel:
        alike = wording.so_for(distribution.sentinel / distribution.group.size, whole)
        return f"{said}{french.NO_BREAK}: {alike}."
    share = next((bar.share for bar in distribution.bars if bar.here), 0.0)
    return f"{said}{french.NO_BREAK}: {wording.so_for(share, among)}."


def place(distribution: Distribution) -> str:
    """Where the client stands, in the few words of a heading: "plus que chez 62 % des 3 000 clients".

    Never the client's value, which a browser would keep among the titles of its history.
    """
    group = distribution.group
    if distribution.value is None:
        absent = "sans objet, donc sans valeur" if distribution.without_object else "donnée absente"
        return f"{absent}, {_like(distribution.missing / group.size, group.among, group.size)}"
    if distribution.value == distribution.column.sentinel:
        return _like(distribution.sentinel / group.size, group.among, group.size)
    among = _counted(distribution.among, distribution.known)
    position = distribution.position
    if position is not None and position.equal < max(position.below, position.above):
        told = wording.more_or_less(distribution.column, position.below, position.above, among)
        return told.removeprefix("c’est ")
    share = position.equal if position else next((bar.share for bar in distribution.bars if bar.here), 0.0)
    return wording.like(share, among)


def _like(share: float, among: str, count: int) -> str:
    return wording.like(share, _counted(among, count))


def _counted(among: str, count: int) -> str:
    """Those whom a share counts, with their number: "des 3 000 clients comparables"."""
    return among.replace("des clients", f"des {french.plural(count, 'client')}", 1)


def _placed(column: Column, position: Position, among: str) -> str:
    if position.equal >= max(position.below, position.above):
        return wording.so_for(position.equal, among)
    return wording.more_or_less(column, position.below, position.above, among)
