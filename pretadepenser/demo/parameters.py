"""What the fictitious portfolio is drawn from: a few hundred aggregates, no client.

`parameters.npz` beside this module is written by `python -m pretadepenser.demo.fit FOLDER` and holds
quantile grids, category shares, a correlation matrix and the effect curves of default. It holds no row of
anyone: grids are cut at the fifth lowest and fifth highest value, joint tables leave out cells of fewer
than five clients.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

PATH = Path(__file__).with_name("parameters.npz")
REACH = 4.0  # the grids cover the standard normal from -REACH to +REACH: all but 6 in 100,000
STEPS = 32  # grid steps for each unit of the normal variable
GRID: Floats = np.linspace(-REACH, REACH, int(2 * REACH * STEPS) + 1)


@dataclass(frozen=True)
class Numbers:
    """A continuous variable: its quantiles at even places of the normal (parents, points), a row a class."""

    grid: Floats

    def draw(self, z: Floats, parent: Whole) -> Floats:
        """Values (n,) at the standard normal positions `z` (n,), within the parent classes `parent` (n,)."""
        last = self.grid.shape[1] - 1
        position = (np.clip(z, -REACH, REACH) + REACH) * (last / (2 * REACH))
        left = np.minimum(position.astype(np.int64), last - 1)
        low, high = self.grid[parent, left], self.grid[parent, left + 1]
        return np.asarray(low + (position - left) * (high - low))


@dataclass(frozen=True)
class Levels:
    """A discrete variable: its values (k,) in latent order and the normal cut points (parents, k - 1)."""

    values: Floats
    cuts: Floats

    def draw(self, z: Floats, parent: Whole) -> Floats:
        """Values (n,) at the standard normal positions `z` (n,), within the parent classes `parent` (n,)."""
        if len(self.cuts) == 1:
            return np.asarray(self.values[np.searchsorted(self.cuts[0], z)])
        return np.asarray(self.values[(z[:, None] > self.cuts[parent]).sum(axis=1)])


@dataclass(frozen=True)
class Axis:
    """One input of a risk term: piecewise linear between knots, with a place of its own for missing."""

    name: str
    knots: Floats

    def locate(self, values: Floats) -> tuple[Whole, Floats]:
        """Index of the knot on the left, and fraction of the way to the next; missing is the last index."""
        last = len(self.knots) - 1
        known = ~np.isnan(values)
        x = np.clip(np.where(known, values, self.knots[0]), self.knots[0], self.knots[-1])
        left = np.clip(np.searchsorted(self.knots, x, side="right") - 1, 0, max(last - 1, 0))
        if not last:
            return np.where(known, 0, 1), np.zeros(len(values))
        fraction = (x - self.knots[left]) / (self.knots[left + 1] - self.knots[left])
        return np.where(known, left, last + 1), np.where(known, fraction, 0.0)


@dataclass(frozen=True)
class Term:
    """One additive effect on the log-odds of default: a curve (one axis) or a surface (two axes)."""

    axes: tuple[Axis, ...]
    effects: Floats  # (knots + 1,) or (knots + 1, knots + 1), the last place for missing

    def __call__(self, inputs: Mapping[str, Floats]) -> Floats:
        """Log-odds (n,) added by this term."""
        located = [axis.locate(inputs[axis.name]) for axis in self.axes]
        total = np.zeros(len(located[0][0]))
        for corner in np.ndindex(*(2,) * len(located)):
            weight = np.ones(len(total))
            index: list[Whole] = []
            for (left, fraction), step in zip(located, corner, strict=True):
                weight = weight * (fraction if step else 1 - fraction)
                # Where the fraction is 0 the step is worth nothing, so staying inside the table is enough.
                index.append(np.minimum(left + step, self.effects.shape[len(index)] - 1))
            total += weight * self.effects[tuple(index)]
        return total


@dataclass(frozen=True)
class Parameters:
    """Everything the portfolio is drawn from.

    `marginals`: one for each latent variable, in latent order. `factor`: lower Cholesky factor (d, d) of
    the latent correlations. `categories`: the names behind the codes of each text column. `patterns`: 0/1
    tables (k, columns) behind the codes of the joint variables. `twins`: for each MODE and MEDI column,
    the share that follows AVG exactly and the correlation of the others. `terms`, `amplitude`,
    `intercept`: the log-odds of default.
    """

    marginals: Mapping[str, Numbers | Levels]
    factor: Floats
    categories: Mapping[str, tuple[str, ...]]
    patterns: Mapping[str, Floats]
    twins: Mapping[str, tuple[float, float]]
    terms: tuple[Term, ...] = ()
    amplitude: float = 1.0
    intercept: float = 0.0
    codes: Mapping[tuple[str, str], int] = field(init=False)

    def __post_init__(self) -> None:
        codes = {
            (column, name): i for column, names in self.categories.items() for i, name in enumerate(names)
        }
        object.__setattr__(self, "codes", codes)


def save(parameters: Parameters, path: Path = PATH) -> None:
    """Write the parameters, compressed, in single precision."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, marginal in parameters.marginals.items():
        if isinstance(marginal, Numbers):
            arrays[f"numbers/{name}"] = marginal.grid.astype(np.float32)
        else:
            # Values keep their full precision: 0.035792 must come back as 0.035792.
            arrays[f"levels/{name}"] = marginal.values
            arrays[f"cuts/{name}"] = marginal.cuts.astype(np.float32)
    arrays["latent"] = np.array(list(parameters.marginals))
    arrays["factor"] = parameters.factor[np.tril_indices(len(parameters.factor))].astype(np.float32)
    for column, names in parameters.categories.items():
        arrays[f"categories/{column}"] = np.array(names)
    for name, table in parameters.patterns.items():
        arrays[f"patterns/{name}"] = table.astype(np.uint8)
    arrays["twins"] = np.array(list(parameters.twins))
    arrays["twin_values"] = np.array(list(parameters.twins.values()), dtype=np.float32)
    for number, term in enumerate(parameters.terms):
        for axis in term.axes:
            arrays[f"knots/{axis.name}/{len(axis.knots)}"] = axis.knots
        label = "|".join(f"{axis.name}/{len(axis.knots)}" for axis in term.axes)
        arrays[f"effects/{number:03}/{label}"] = term.effects.astype(np.float32)
    arrays["level"] = np.array([parameters.amplitude, parameters.intercept])
    np.savez_compressed(path, allow_pickle=False, **arrays)


@cache
def load(path: Path = PATH) -> Parameters:
    """Read the parameters; they are kept for the life of the process."""
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)

    def wide(key: str) -> Floats:
        return np.asarray(arrays[key], dtype=np.float64)

    def under(folder: str) -> list[str]:
        return [key.removeprefix(f"{folder}/") for key in arrays if key.startswith(f"{folder}/")]

    marginals: dict[str, Numbers | Levels] = {}
    for name in arrays["latent"].tolist():
        if f"numbers/{name}" in arrays:
            marginals[name] = Numbers(wide(f"numbers/{name}"))
        else:
            marginals[name] = Levels(wide(f"levels/{name}"), wide(f"cuts/{name}"))
    lower = wide("factor")
    size = int((np.sqrt(8 * len(lower) + 1) - 1) / 2)
    factor = np.zeros((size, size))
    factor[np.tril_indices(size)] = lower
    terms = []
    for key in sorted(under("effects")):
        labels = key.split("/", 1)[1].split("|")
        axes = tuple(Axis(label.rsplit("/", 1)[0], wide(f"knots/{label}")) for label in labels)
        terms.append(Term(axes, wide(f"effects/{key}")))
    amplitude, intercept = arrays["level"].tolist()
    return Parameters(
        marginals=marginals,
        factor=factor,
        categories={column: tuple(arrays[f"categories/{column}"].tolist()) for column in under("categories")},
        patterns={name: wide(f"patterns/{name}") for name in under("patterns")},
        twins=dict(zip(arrays["twins"].tolist(), map(tuple, arrays["twin_values"].tolist()), strict=True)),
        terms=tuple(terms),
        amplitude=amplitude,
        intercept=intercept,
    )
