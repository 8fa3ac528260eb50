"""Fit the rows of a history table: marginals by class, then three levels of correlation by moments.

Rank scores within classes stand for the latent variables; those of a discrete trait are divided by their
variance, which undoes what ties take away of a small correlation. What clients' application and outcome say
is a ridge regression; what rows of one client share is the mean product of two different rows of it; the
rest is the row's own (Searle, Casella and McCulloch, 1992, on moments of unbalanced groups).
"""

from collections.abc import Mapping

import numpy as np
from scipy.special import ndtr, ndtri

from pretadepenser.demo.columns import Columns
from pretadepenser.demo.fit.marginals import FEWEST, rank_scores
from pretadepenser.demo.history.people import DEFAULT
from pretadepenser.demo.history.rows import Model, Trait
from pretadepenser.demo.parameters import REACH, Floats, Levels, Numbers, Whole

POINTS = 49  # of a grid: six steps for each unit of the normal variable
FEW = 150  # rows below which a class borrows the distribution of all classes
RIDGE = 200.0  # clients' worth of evidence that nothing pulls a trait
MOST_SHARED = 0.95


def names_of(columns: tuple[Columns, ...], wanted: np.ndarray) -> tuple[tuple[tuple[str, ...], ...], Floats]:
    """Joint texts of five rows or more, and their code (n,) for each row: NaN where rarer or not `wanted`."""
    joined = list(zip(*columns, strict=True))
    counts: dict[tuple[str, ...], int] = {}
    for texts, ask in zip(joined, wanted, strict=True):
        if ask:
            counts[texts] = counts.get(texts, 0) + 1
    names = tuple(sorted(texts for texts, count in counts.items() if count >= FEWEST))
    place = {texts: float(i) for i, texts in enumerate(names)}
    codes = [place.get(texts, np.nan) if ask else np.nan for texts, ask in zip(joined, wanted, strict=True)]
    return names, np.array(codes)


def by_risk(values: Floats, risk: Floats) -> Floats:
    """The codes of a nominal trait (k,) from those of safe clients to those of risky ones."""
    codes, index = np.unique(values[~np.isnan(values)], return_inverse=True)
    known = risk[~np.isnan(values)]
    there = ~np.isnan(known)
    total = np.bincount(index[there], known[there], len(codes))
    return codes[np.argsort(total / (np.bincount(index[there], minlength=len(codes)) + 50.0), kind="stable")]


def levels(values: Floats, parent: Whole, classes: int, order: Floats) -> Levels:
    """Shares of the values within each class, as normal cut points."""
    index = np.argsort(order)[np.searchsorted(np.sort(order), values)]
    pooled = np.bincount(index, minlength=len(order)).astype(float)
    cuts = []
    for one in range(classes):
        counts = np.bincount(index[parent == one], minlength=len(order)).astype(float)
        counts[counts < FEWEST] = 0
        counts = counts if counts.sum() > 0 else pooled
        share = np.cumsum(counts / counts.sum())[:-1]
        cuts.append(np.where(share > 1 - 1e-9, 9.0, np.where(share < 1e-9, -9.0, ndtri(share))))
    return Levels(order, np.round(np.maximum.accumulate(np.array(cuts), axis=1), 3))


def grid(values: Floats, parent: Whole, classes: int) -> Numbers:
    """Quantiles within each class, from the fifth lowest to the fifth highest value, to four digits."""
    rows = []
    for one in range(classes):
        chosen = values[parent == one]
        chosen = chosen if len(chosen) >= FEW else values
        edge = (FEWEST - 1) / (len(chosen) - 1)
        found = np.quantile(chosen, np.clip(ndtr(np.linspace(-REACH, REACH, POINTS)), edge, 1 - edge))
        digits = 10.0 ** (np.floor(np.log10(np.maximum(np.abs(found), 1e-9))) - 3)
        rows.append(np.round(found / digits) * digits)
    return Numbers(np.array(rows))


def _scores(
    traits: tuple[Trait, ...], marginals: Mapping[str, Numbers | Levels], v: Columns, scale: bool = True
) -> Floats:
    """Latent scores (n, d): within classes, NaN where a trait does not exist."""
    columns = []
    for trait in traits:
        values, marginal = v[trait.name], marginals[trait.name]
        size = len(values)
        values = np.where(trait.there(v, size), values, np.nan)
        if isinstance(marginal, Levels):
            place = np.argsort(marginal.values)
            known = np.isin(values, marginal.values)
            at = np.searchsorted(np.sort(marginal.values), np.where(known, values, marginal.values[0]))
            values = np.where(known, place[np.minimum(at, len(place) - 1)], np.nan)
        scores = rank_scores(values, trait.of(v, size))
        spread = np.nanvar(scores)
        columns.append(scores / max(spread, 0.05) if scale and isinstance(marginal, Levels) else scores)
    return np.stack(columns, axis=1)


def _sums(values: Floats, owner: Whole, clients: int) -> Floats:
    """Sums (clients, d) of rows."""
    return np.stack([np.bincount(owner, column, clients) for column in values.T], axis=1)


def _positive(matrix: Floats) -> Floats:
    """The covariance near `matrix` without negative directions, with the same variances."""
    spread = np.sqrt(np.maximum(np.diag(matrix), 1e-6))
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2 / np.outer(spread, spread))
    lifted = (vectors * np.maximum(values, 1e-3)) @ vectors.T
    scale = spread / np.sqrt(np.diag(lifted))
    return np.asarray(lifted * np.outer(scale, scale))


def fit_rows(
    traits: tuple[Trait, ...],
    v: Columns,
    names: Mapping[str, tuple[tuple[str, ...], ...]],
    owner: Whole,
    drivers: Floats,
) -> Model:
    """Fit the traits `v` of genuine rows to the clients that they belong to.

    `owner` (n,) says whose each row is, `drivers` (clients, k) who these are, NaN where the outcome is not
    known. Raises KeyError when a trait is not among `v`.
    """
    size, clients = len(owner), len(drivers)
    judged = ~np.isnan(drivers).any(axis=1)
    risk = np.where(judged, drivers[:, -2] + 3 * drivers[:, DEFAULT], np.nan)[owner]
    marginals: dict[str, Numbers | Levels] = {}
    for trait in traits:
        values = v[trait.name]
        known = trait.there(v, size) & ~np.isnan(values)
        parent = trait.of(v, size)[known]
        if trait.continuous:
            marginals[trait.name] = grid(values[known], parent, trait.classes)
        else:
            found, counts = np.unique(values[known], return_counts=True)
            order = found[counts >= FEWEST]
            if trait.name in names:
                order = np.array([one for one in by_risk(values[known], risk[known]) if one in set(order)])
            held = np.isin(values[known], order)
            marginals[trait.name] = levels(values[known][held], parent[held], trait.classes, order)
    scores = _scores(traits, marginals, v)
    pull = _pull(scores[judged[owner]], owner[judged[owner]], drivers, clients)
    held = judged[owner]
    said = np.where(judged[:, None], np.nan_to_num(drivers), 0) @ pull
    rest = (scores - said[owner])[held]
    # A rare trait is too coarse a witness of what clients share: it may not say more than half.
    most = np.where(np.nanvar(_scores(traits, marginals, v, scale=False), axis=0) < 0.35, 0.5, MOST_SHARED)
    shared, own = _levels_of_chance(rest, owner[held], clients, np.var(said[owner][held], axis=0), most)
    return Model(marginals, names, np.round(pull, 3), np.round(shared, 3), np.round(own, 3))


def _pull(scores: Floats, owner: Whole, drivers: Floats, clients: int) -> Floats:
    """Ridge regression (k, d) of clients' mean scores on their drivers, each client weighed by its rows."""
    known = (~np.isnan(scores)).astype(float)
    total, number = _sums(np.nan_to_num(scores), owner, clients), _sums(known, owner, clients)
    x = np.nan_to_num(drivers)
    out = []
    for one in range(scores.shape[1]):
        n = number[:, one]
        weight = np.where(n > 0, n / (1 + 0.3 * np.maximum(n - 1, 0)), 0.0)
        mean = total[:, one] / np.maximum(n, 1)
        left = (x * weight[:, None]).T @ x + RIDGE * np.diag([0.0, *np.ones(x.shape[1] - 1) * 0.2])
        out.append(np.linalg.solve(left + 1e-9 * np.eye(len(left)), (x * weight[:, None]).T @ mean))
    return np.stack(out, axis=1)


def _levels_of_chance(
    rest: Floats, owner: Whole, clients: int, said: Floats, most: Floats
) -> tuple[Floats, Floats]:
    """Lower factors (d, d) of what clients share and of what rows have for themselves."""
    known = (~np.isnan(rest)).astype(float)
    x = np.nan_to_num(rest)
    total, number = _sums(x, owner, clients), _sums(known, owner, clients)
    same, pairs_same = x.T @ x, known.T @ known
    pairs = number.T @ number - pairs_same
    between = (total.T @ total - same) / np.maximum(pairs, 1) * pairs / (pairs + 2000)
    whole = same / np.maximum(pairs_same, 1)
    room = np.maximum(1 - said, 0.1)
    np.fill_diagonal(between, np.clip(np.diag(between), 0.005, most * room))
    limit = 0.95 * np.sqrt(np.outer(np.diag(between), np.diag(between)))
    between = np.where(np.eye(len(room)) > 0, between, np.clip(between, -limit, limit))
    between = _positive(between)
    within = (whole - between) * pairs_same / (pairs_same + 500)
    np.fill_diagonal(within, np.maximum(room - np.diag(between), 0.02))
    limit = 0.95 * np.sqrt(np.outer(np.diag(within), np.diag(within)))
    within = _positive(np.where(np.eye(len(room)) > 0, within, np.clip(within, -limit, limit)))
    return np.linalg.cholesky(between), np.linalg.cholesky(within)
