"""XGBoost's contributions of one row, looked up: what each tree can give is asked of XGBoost once.

What a tree gives to a row depends on nothing but which way the row goes at each of its nodes. A tree of depth
three has seven, so 128 answers at most. XGBoost itself is asked for all of them; a row is then answered by
seven comparisons a tree, added in the order and precision of XGBoost's own sum, so to the last bit. Asked for
one row, XGBoost makes a matrix and walks every tree every way, which takes ten times as long.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pretadepenser.credit.model.boosting import xgboost as xgb

# Nodes of a tree at most: of 2⁷ answers a tree 500 trees make 1.8 MB.
NODES: Final = 7
# Rows on which a table must agree with XGBoost before it is used.
TRIED: Final = 64

Inputs = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Tree:
    """The nodes of a tree that ask something.

    features: index of the input that each looks at; conditions: what sends a row to the left where it is
    below, NaN for a category; sent_right: the categories that go right; by_default: whether a missing value
    goes left.
    """

    features: tuple[int, ...]
    conditions: tuple[float, ...]
    sent_right: tuple[frozenset[int], ...]
    by_default: tuple[bool, ...]

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> _Tree:
        """Read a tree of XGBoost's JSON."""
        nodes = [node for node, left in enumerate(stored["left_children"]) if left != -1]
        segments = zip(stored["categories_segments"], stored["categories_sizes"], strict=True)
        sets = {
            node: frozenset(stored["categories"][start : start + size])
            for node, (start, size) in zip(stored["categories_nodes"], segments, strict=True)
        }
        return cls(
            tuple(stored["split_indices"][node] for node in nodes),
            tuple(np.nan if node in sets else stored["split_conditions"][node] for node in nodes),
            tuple(sets.get(node, frozenset()) for node in nodes),
            tuple(bool(stored["default_left"][node]) for node in nodes),
        )

    @cached_property
    def looked_at(self) -> tuple[int, ...]:
        """The inputs that it looks at, each once."""
        return tuple(dict.fromkeys(self.features))

    def left(self, feature: int, value: float) -> int:
        """Which of the nodes that look at a feature send this value to the left, a bit each."""
        bits = 0
        for node, looked_at in enumerate(self.features):
            if looked_at == feature:
                if np.isnan(value):
                    goes = self.by_default[node]
                elif np.isnan(self.conditions[node]):
                    goes = int(value) not in self.sent_right[node]
                else:
                    goes = bool(value < np.float32(self.conditions[node]))
                bits |= goes << node
        return bits

    def ways(self, feature: int) -> dict[int, float]:
        """A value of a feature for each way that a row can go by it."""
        nodes = [node for node, looked_at in enumerate(self.features) if looked_at == feature]
        limits = [np.float32(self.conditions[node]) for node in nodes]
        values = [value for one in limits for value in (np.nextafter(one, np.float32(-np.inf)), one)]
        codes = {code for node in nodes for code in self.sent_right[node]}
        # One that no node knows stands for all others.
        tried = [*values, *sorted(codes), max(codes) + 1] if codes else values
        return {self.left(feature, float(value)): float(value) for value in (*tried, np.nan)}


class Table:
    """What the trees of a model give to single rows. The base, which is the same for all, it does not know.

    Made by `tabulate`, never changed after: safe to use from several threads.
    """

    def __init__(self, trees: list[_Tree], features: int) -> None:
        shape = len(trees), NODES + 1
        self._features = features
        self._looked_at = np.full(shape, features, np.intp)
        self._conditions = np.full(shape, -np.inf, np.float32)
        self._by_default = np.zeros(shape, np.bool_)
        placed = []
        for index, tree in enumerate(trees):
            nodes = len(tree.features)
            self._looked_at[index, :nodes] = tree.features
            self._conditions[index, :nodes] = tree.conditions
            self._by_default[index, :nodes] = tree.by_default
            placed += [(index, node, codes) for node, codes in enumerate(tree.sent_right) if codes]
        self._places = np.array([index * (NODES + 1) + node for index, node, _ in placed], np.intp)
        width = max((max(codes) for *_, codes in placed), default=0) + 2
        # The last column is for codes that no node sends right.
        self._stays = np.ones((len(placed), width), np.bool_)
        for row, (_, _, codes) in enumerate(placed):
            self._stays[row, sorted(codes)] = False
        self._rows = np.arange(len(placed))
        self._first = np.arange(len(trees)) << NODES
        self._slots = np.full((len(trees), NODES), features, np.intp)
        self._gains = np.zeros((len(trees) << NODES, NODES), np.float32)

    def learn(self, index: int, slots: tuple[int, ...], ways: list[int], gains: NDArray[np.float32]) -> None:
        """Keep what a tree gives to the inputs in `slots` for each way through it, shape (ways, slots)."""
        self._slots[index, : len(slots)] = slots
        self._gains[(index << NODES) + np.array(ways), : len(slots)] = gains

    def of(self, row: Inputs) -> NDArray[np.float32]:
        """Contributions of one row of inputs, float32, shape (features,)."""
        # What padding looks at comes last, and goes nowhere.
        values = np.append(row, np.float32(0))
        looked_at = values[self._looked_at]
        left, lacks = looked_at < self._conditions, np.isnan(looked_at)
        if self._places.size:
            codes = np.where(lacks.ravel()[self._places], 0, looked_at.ravel()[self._places]).astype(np.intp)
            left.ravel()[self._places] = self._stays[self._rows, np.minimum(codes, self._stays.shape[1] - 1)]
        np.copyto(left, self._by_default, where=lacks)
        ways = self._first + np.packbits(left, axis=1, bitorder="little")[:, 0]
        total = np.zeros(self._features + 1, np.float32)
        # One after the other, tree after tree, as XGBoost adds.
        np.add.at(total, self._slots.ravel(), self._gains[ways].ravel())
        return total[:-1]

    def agrees(self, booster: xgb.Booster, rows: Inputs, types: Sequence[str]) -> bool:
        """Whether it gives what XGBoost gives for rows of inputs, to the last bit, and their base is one."""
        told = contributions(booster, rows, types)
        same = all(map(np.array_equal, map(self.of, rows), told[:, :-1]))
        return same and float(np.ptp(told[:, -1])) == 0


def contributions(booster: xgb.Booster, inputs: Inputs, types: Sequence[str]) -> NDArray[np.float32]:
    """XGBoost's own contributions of many rows, float32, shape (n, features + 1), the last column the base.

    inputs: shape (n, features); types: of the features, as xgboost.DMatrix has them.
    """
    matrix = xgb.DMatrix(inputs, feature_types=list(types), enable_categorical=True, nthread=1)
    found: NDArray[np.float32] = booster.predict(matrix, pred_contribs=True, validate_features=False)
    return found


@lru_cache(2)
def tabulate(model: bytes, types: tuple[str, ...]) -> Table | None:
    """Ask XGBoost for all that the trees of a model can give; the last two answers are kept.

    model: as Booster.save_raw gives it; types: of its features, as xgboost.DMatrix has them.

    None: a tree has more than NODES nodes that ask something, or what is looked up is not what XGBoost gives,
    to the last bit, for rows that go many ways.
    """
    # One thread: OpenMP's others would not survive gunicorn's fork.
    booster = xgb.Booster({"nthread": 1}, model_file=bytearray(model))
    stored = json.loads(bytes(booster.save_raw("json")))["learner"]["gradient_booster"]["model"]["trees"]
    trees = [_Tree.of(one) for one in stored]
    if any(len(tree.features) > NODES for tree in trees):
        return None
    table = Table(trees, len(types))
    for index, tree in enumerate(trees):
        ways = [list(tree.ways(feature).items()) for feature in tree.looked_at]
        every = list(itertools.product(*ways))
        rows = np.full((len(every), len(types)), np.nan, np.float32)
        rows[:, tree.looked_at] = [[value for _, value in way] for way in every]
        gains = contributions(booster[index : index + 1], rows, types)[:, tree.looked_at]
        table.learn(index, tree.looked_at, [sum(bits for bits, _ in way) for way in every], gains)
    return table if table.agrees(booster, _tried(trees, len(types)), types) else None


def _tried(trees: list[_Tree], features: int) -> Inputs:
    """Rows whose values lie on and around the conditions of the trees, or lack."""
    known: dict[int, set[float]] = {}
    for tree in trees:
        for feature in tree.looked_at:
            known.setdefault(feature, {np.nan}).update(tree.ways(feature).values())
    random = np.random.default_rng(2027)
    rows = np.full((TRIED, features), np.nan, np.float32)
    for feature, values in known.items():
        rows[:, feature] = random.choice(sorted(values, key=repr), TRIED)
    return rows
