"""Fit one marginal for each variable of the recipe: shares and quantiles within parent classes."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri
from scipy.stats import norm, rankdata

from pretadepenser.demo.columns import (
    MEASURES,
    RECIPE,
    Columns,
    Flags,
    building_known,
    classes,
    present,
)
from pretadepenser.demo.parameters import GRID, Floats, Levels, Numbers, Parameters, Whole

FEWEST = 5  # an aggregate of fewer clients is left out
RARE = 50  # a category of fewer clients keeps its overall share whatever the parent
ANCHORS = ("DAYS_BIRTH", "AMT_INCOME_TOTAL", "AMT_CREDIT", "AMT_ANNUITY", "EXT_SOURCE_2", "EXT_SOURCE_3")


def pattern(frame: Columns, names: tuple[str, ...], missing: bool) -> tuple[Floats, Floats]:
    """Table (k, columns) of the patterns that five clients or more share, and each client's code or NaN.

    The pattern is of known values (1) where `missing`, else of the 0/1 flags themselves.
    """
    rows = np.stack([~np.isnan(frame[name]) if missing else frame[name] for name in names], axis=1)
    table, codes, counts = np.unique(rows.astype(np.uint8), axis=0, return_inverse=True, return_counts=True)
    kept = np.flatnonzero(counts >= FEWEST)
    kept = kept[np.argsort(table[kept].sum(axis=1), kind="stable")]
    index = np.full(len(table), np.nan)
    index[kept] = np.arange(len(kept))
    return table[kept].astype(np.float64), index[codes.ravel()]


def rank_scores(values: Floats, parent: Whole | None = None) -> Floats:
    """Normal scores of the ranks of the known values, within each parent class; NaN elsewhere."""
    scores = np.full(len(values), np.nan)
    known = ~np.isnan(values)
    parent = np.zeros(len(values), dtype=np.int64) if parent is None else parent
    for code in np.unique(parent[known]):
        chosen = known & (parent == code)
        scores[chosen] = ndtri((rankdata(values[chosen]) - 0.5) / chosen.sum())
    return scores


def nominal_order(values: Floats, frame: Columns, p: Parameters) -> Floats:
    """Order the codes of a nominal variable along the first singular vector of its categories' means."""
    anchors = [np.nan_to_num(rank_scores(frame[name])) for name in ANCHORS]
    gender = p.codes["CODE_GENDER", "M"]
    graduate = p.codes["NAME_EDUCATION_TYPE", "Higher education"]
    anchors.append((frame["CODE_GENDER"] == gender).astype(float))
    anchors.append((frame["NAME_EDUCATION_TYPE"] == graduate).astype(float))
    data = np.stack(anchors, axis=1)
    data = (data - data.mean(axis=0)) / data.std(axis=0)
    codes = np.unique(values[~np.isnan(values)])
    means = np.stack([data[values == code].mean(axis=0) for code in codes])
    weights = np.sqrt([(values == code).sum() for code in codes])
    _, _, directions = np.linalg.svd(weights[:, None] * means, full_matrices=False)
    return codes[np.argsort(means @ directions[0])]


def positions(values: Floats, order: Floats) -> Whole:
    """Place (n,) of each value in `order`, which lists every value once."""
    by_value = np.argsort(order)
    return by_value[np.clip(np.searchsorted(order[by_value], values), 0, len(order) - 1)]


@dataclass(frozen=True)
class Spread:
    """Where the latent normal lies for the clients of one class: mostly, but not always, standard normal.

    Pensioners are old, so the latent of a column that goes with age is shifted among them; the marginals
    must be cut at the places where these clients really are.
    """

    points: Floats | None = None

    def cdf(self, x: Floats) -> Floats:
        """Share of the class below each of `x`."""
        if self.points is None:
            return np.asarray(norm.cdf(x))
        return np.interp(x, self.points, (np.arange(len(self.points)) + 0.5) / len(self.points))

    def ppf(self, q: Floats) -> Floats:
        """Position below which each share of `q` lies."""
        if self.points is None:
            return np.asarray(ndtri(q))
        return np.interp(q, (np.arange(len(self.points)) + 0.5) / len(self.points), self.points)


Latent = Callable[[int], Spread]


def latent_spread(z: Floats, parent: Whole, chosen: Flags) -> Latent:
    """The spread of `z` (n,) among the chosen clients of each class; standard where they are few."""

    def spread(code: int) -> Spread:
        points = z[chosen & (parent == code)]
        return Spread(np.sort(points)) if len(points) >= 300 else Spread()

    return spread


def fit_levels(values: Floats, parent: Whole, order: Floats, z: Latent) -> Levels:
    """Shares of each value within each parent class, as cut points of the class's latent positions `z`."""
    index = positions(values, order)
    pooled = np.bincount(index, minlength=len(order)).astype(float)
    cuts = []
    for code in range(parent.max() + 1):
        counts = np.bincount(index[parent == code], minlength=len(order)).astype(float)
        total = counts.sum()
        if parent.max() > 0:
            counts[(counts < FEWEST) | (pooled < RARE)] = 0
            # A rare category would vanish from every cell; it keeps its overall share instead.
            rare = np.where(pooled < RARE, pooled / pooled.sum(), 0.0)
            counts = (
                counts / counts.sum() * (1 - rare.sum()) + rare if counts.sum() and total >= 20 else pooled
            )
        below = np.cumsum(counts / counts.sum())[:-1]
        cuts.append(np.where(below > 1 - 1e-9, 9.0, np.where(below < 1e-9, -9.0, z(code).ppf(below))))
    return Levels(order, np.maximum.accumulate(np.array(cuts), axis=1))


def fit_numbers(values: Floats, parent: Whole, z: Latent) -> Numbers:
    """Quantiles within each parent class, from the fifth lowest to the fifth highest value."""
    rows = []
    for code in range(parent.max() + 1):
        chosen = values[parent == code]
        chosen = chosen if len(chosen) >= 200 else values
        edge = (FEWEST - 1) / (len(chosen) - 1)
        rows.append(np.quantile(chosen, np.clip(z(code).cdf(GRID), edge, 1 - edge)))
    return Numbers(np.array(rows))


def fit_order(name: str, values: Floats, frame: Columns, p: Parameters) -> Floats:
    """The values of a discrete variable in latent order, without the numbers of fewer than five clients."""
    if name == "NAME_EDUCATION_TYPE":
        steps = ("Lower secondary", "Secondary / secondary special", "Incomplete higher", "Higher education")
        return np.array([p.codes[name, step] for step in (*steps, "Academic degree")], dtype=float)
    if name in p.categories or name in ("STATUS", "ADDRESS", "DOCUMENTS"):
        return nominal_order(values, frame, p)
    order, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    order = order[counts >= FEWEST]
    if name == "REGION_POPULATION_RELATIVE":
        # A region's rating says more about its people than its density does.
        rating = [frame["REGION_RATING_CLIENT"][frame[name] == value][0] for value in order]
        order = order[np.lexsort((order, -np.array(rating)))]
    return order


def fit_marginals(
    v: Columns, frame: Columns, p: Parameters, z: Floats
) -> tuple[Parameters, dict[str, Floats]]:
    """Fit one marginal for each variable, parents first, and draw it at the latent positions `z` (n, d).

    Returns the parameters and the drawn variables (without MODE and MEDI).
    """
    size = len(frame["TARGET"])
    marginals: dict[str, Numbers | Levels] = {}
    p = replace(p, marginals=marginals)
    drawn: dict[str, Floats] = {}
    for i, variable in enumerate(RECIPE):
        name = variable.name
        values = np.where(present(variable, v, size), v[name], np.nan)
        classed = classes(variable, drawn, p, len(z))
        there = present(variable, drawn, len(z))
        spread = latent_spread(z[:, i], classed, there)
        if variable.continuous:
            known = ~np.isnan(values)
            marginals[name] = fit_numbers(values[known], classes(variable, v, p, size)[known], spread)
        else:
            order = fit_order(name, values, frame, p)
            known = np.isin(values, order)
            marginals[name] = fit_levels(values[known], classes(variable, v, p, size)[known], order, spread)
        drawn[name] = marginals[name].draw(z[:, i], classed)
        if name == "BUILDING":
            drawn |= building_known(drawn, p)
        for kind in ("MODE", "MEDI") if name.removesuffix("_AVG") in MEASURES else ():
            twin = name.removesuffix("AVG") + kind
            values = frame[twin][~np.isnan(frame[twin])]
            none = np.zeros(len(values), dtype=np.int64)
            if variable.continuous:
                marginals[twin] = fit_numbers(values, none, spread)
            else:
                order = fit_order(twin, values, frame, p)
                known = np.isin(values, order)
                marginals[twin] = fit_levels(values[known], none[known], order, spread)
    return p, drawn
