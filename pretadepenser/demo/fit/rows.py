"""Fit the rows of a history table: marginals by class, then three levels of correlation by moments.

Rank scores within classes stand for the latent variables; those of a discrete trait are divided by their
variance, which undoes what ties take away of a small correlation. What clients' application and outcome say
is a ridge regression; what rows of one client share is the mean product of two different rows of it; the
rest is the row's own (Searle, Casella and McCulloch, 1992, on moments of unbalanced groups).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pretadepenser.demo.columns import Columns, Flags
from pretadepenser.demo.fit.marginals import FEWEST, Latent, latent_spread, positions, rank_scores
from pretadepenser.demo.history.chance import Bits
from pretadepenser.demo.history.people import DEFAULT, ODDS
from pretadepenser.demo.history.rows import Model, Trait, expanded, latent, row_keys
from pretadepenser.demo.parameters import REACH, Floats, Levels, Numbers, Whole

POINTS = 49  # of a grid: six steps for each unit of the normal variable
FEW = 150  # rows below which a class borrows the distribution of all classes
RIDGE = 50.0  # clients' worth of evidence that nothing pulls a trait
MOST_SHARED = 0.95


def names_of(columns: tuple[Sequence[str], ...]) -> tuple[tuple[tuple[str, ...], ...], Floats]:
    """Joint texts of five rows or more, and their code (n,) for each row: NaN where the texts are rarer."""
    joined = list(zip(*columns, strict=True))
    counts = Counter(joined)
    names = tuple(sorted(texts for texts, count in counts.items() if count >= FEWEST))
    place = {texts: float(i) for i, texts in enumerate(names)}
    return names, np.array([place.get(texts, np.nan) for texts in joined])


def by_risk(values: Floats, risk: Floats) -> Floats:
    """The codes of a nominal trait (k,) from those of safe clients to those of risky ones."""
    codes, index = np.unique(values[~np.isnan(values)], return_inverse=True)
    known = risk[~np.isnan(values)]
    there = ~np.isnan(known)
    total = np.bincount(index[there], known[there], len(codes))
    return codes[np.argsort(total / (np.bincount(index[there], minlength=len(codes)) + 50.0), kind="stable")]


def levels(
    values: Floats, parent: Whole, classes: int, order: Floats, z: Latent, weights: Mapping[int, float]
) -> Levels:
    """Shares of the values within each class, as cut points of the class's latent positions `z`."""
    index = positions(values, order)
    pooled = np.bincount(index, minlength=len(order)).astype(float)
    cuts = []
    for one in range(classes):
        counts = np.bincount(index[parent == one], minlength=len(order)).astype(float)
        counts[counts < FEWEST] = 0
        counts *= [weights.get(int(value), 1.0) for value in order]
        counts = counts if counts.sum() > 0 else pooled
        share = np.cumsum(counts / counts.sum())[:-1]
        cuts.append(np.where(share > 1 - 1e-9, 9.0, np.where(share < 1e-9, -9.0, z(one).ppf(share))))
    return Levels(
        order, np.asarray(np.round(np.maximum.accumulate(np.array(cuts), axis=1), 3), dtype=np.float64)
    )


def grid(values: Floats, parent: Whole, classes: int, z: Latent) -> Numbers:
    """Quantiles within each class, from the fifth lowest to the fifth highest value, to four digits."""
    rows = []
    for one in range(classes):
        chosen = values[parent == one]
        chosen = chosen if len(chosen) >= FEW else values
        edge = (FEWEST - 1) / (len(chosen) - 1)
        found = np.quantile(chosen, np.clip(z(one).cdf(np.linspace(-REACH, REACH, POINTS)), edge, 1 - edge))
        digits = 10.0 ** (np.floor(np.log10(np.maximum(np.abs(found), 1e-9))) - 3)
        rows.append(np.round(found / digits) * digits)
    return Numbers(np.array(rows))


def _scores(
    traits: tuple[Trait, ...], orders: Mapping[str, Floats], v: Columns, scale: bool = True
) -> Floats:
    """Latent scores (n, d): within classes, NaN where a trait does not exist."""
    columns = []
    for trait in traits:
        size = len(v[trait.name])
        values = np.where(trait.there(v, size), v[trait.name], np.nan)
        if not trait.continuous:
            order = orders[trait.name]
            known = np.isin(values, order)
            values = np.where(known, positions(np.where(known, values, order[0]), order), np.nan)
        scores = rank_scores(values, trait.of(v, size))
        spread = max(float(np.nanvar(scores)), 0.05)
        columns.append(scores if trait.continuous or not scale else scores / spread)
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


@dataclass(frozen=True)
class Drawn:
    """Fictitious clients to cut the marginals at: drivers (clients, k), keys (clients,), rows (clients,).

    `after` adds a column that parents ask for once a trait is drawn: trait -> name, function of owner
    and traits. `weights` are how much more often than genuine rows have it a value is drawn: what `after`
    takes away again.
    """

    drivers: Floats
    keys: Bits
    rows: Whole
    known: Mapping[str, Floats]
    after: Mapping[str, tuple[str, Callable[[Whole, Columns], Floats]]]
    weights: Mapping[str, Mapping[int, float]]


def fit_rows(
    traits: tuple[Trait, ...],
    v: Columns,
    names: Mapping[str, tuple[tuple[str, ...], ...]],
    owner: Whole,
    drivers: Floats,
    drawn: Drawn,
) -> Model:
    """Fit the traits `v` of genuine rows to the clients that they belong to.

    `owner` (n,) says whose each row is, `drivers` (clients, k) who these are, NaN where the outcome is not
    known. Raises KeyError when a trait is not among `v`.
    """
    clients = len(drivers)
    judged: Flags = np.asarray(~np.isnan(drivers).any(axis=1))
    risk = np.where(judged, drivers[:, ODDS] + 3 * drivers[:, DEFAULT], np.nan)[owner]
    orders = {
        trait.name: _order(v[trait.name], risk if trait.name in names else None)
        for trait in traits
        if not trait.continuous
    }
    scores = _scores(traits, orders, v)
    held = judged[owner]
    pull = _pull(scores[held], owner[held], drivers, clients)
    said = np.where(judged[:, None], np.nan_to_num(drivers), 0) @ pull
    rest = (scores - said[owner])[held]
    # A rare trait is too coarse a witness of what clients share: it may not say more than half.
    most = np.where(np.nanvar(_scores(traits, orders, v, scale=False), axis=0) < 0.35, 0.5, MOST_SHARED)
    shared, own = _levels_of_chance(rest, owner[held], clients, np.var(said[owner][held], axis=0), most)
    model = Model({}, names, np.round(pull, 3), np.round(shared, 3), np.round(own, 3))
    return replace(model, marginals=_marginals(traits, v, orders, model, drawn))


def _order(values: Floats, risk: Floats | None) -> Floats:
    """The values of a discrete trait in latent order, those of fewer than five rows left out."""
    found, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    usual = found[counts >= FEWEST]
    return usual if risk is None else np.array([one for one in by_risk(values, risk) if one in set(usual)])


def _marginals(
    traits: tuple[Trait, ...], v: Columns, orders: Mapping[str, Floats], model: Model, drawn: Drawn
) -> dict[str, Numbers | Levels]:
    """Marginals cut where the drawn rows of each class lie, trait after trait, so that shares come out."""
    owner, place = expanded(drawn.rows)
    z = latent(model, drawn.drivers, drawn.keys, owner, row_keys(drawn.keys, 3, owner, place))
    size = len(v[traits[0].name])
    out: dict[str, Numbers | Levels] = {}
    fictitious: dict[str, Floats] = {name: values[owner] for name, values in drawn.known.items()}
    for i, trait in enumerate(traits):
        values = np.where(trait.there(v, size), v[trait.name], np.nan)
        known: Flags = (
            np.asarray(~np.isnan(values)) if trait.continuous else np.isin(values, orders[trait.name])
        )
        parent = trait.of(v, size)[known]
        there, classed = trait.there(fictitious, len(z)), trait.of(fictitious, len(z))
        spread = latent_spread(z[:, i], classed, there)
        if trait.continuous:
            out[trait.name] = grid(values[known], parent, trait.classes, spread)
        else:
            out[trait.name] = levels(
                values[known],
                parent,
                trait.classes,
                orders[trait.name],
                spread,
                drawn.weights.get(trait.name, {}),
            )
        fictitious[trait.name] = np.full(len(z), np.nan)
        fictitious[trait.name][there] = out[trait.name].draw(z[there, i], classed[there])
        if trait.name in drawn.after:
            name, function = drawn.after[trait.name]
            fictitious[name] = function(owner, fictitious)
    return out


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
        left = (x * weight[:, None]).T @ x + RIDGE * np.diag(np.var(x, axis=0))
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
    return np.asarray(np.linalg.cholesky(between)), np.asarray(np.linalg.cholesky(within))
