"""Fit the parameters of the fictitious portfolio to genuine rows; only aggregates are kept.

    python -m pretadepenser.demo.fit FOLDER_OF_KAGGLE_ROWS

Takes about two minutes on two cores and writes parameters.npz beside demo/parameters.py. Marginals come from
counts and quantiles. Correlations are found by simulation (NORTA: Cario and Nelson, 1997): the latent
correlations are moved until drawn clients have the rank correlations of the genuine ones, which corrects
what rounding, categories and missing values take away. The risk is fitted by `risk`.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import norm
from tqdm import tqdm

from pretadepenser.credit.dictionary import COLUMNS
from pretadepenser.credit.portfolio import PortfolioError
from pretadepenser.demo.columns import (
    BUILDING,
    MEASURES,
    PATTERNS,
    RECIPE,
    Columns,
    building_known,
    classes,
    present,
    variables,
)
from pretadepenser.demo.fit.genuine import labelled
from pretadepenser.demo.fit.marginals import fit_marginals, pattern, positions, rank_scores
from pretadepenser.demo.fit.risk import fit_risk
from pretadepenser.demo.parameters import PATH, Floats, Levels, Parameters, save
from pretadepenser.french import number

ROUNDS = 10


def category_names() -> dict[str, tuple[str, ...]]:
    """Names of the categories of each text column, in the order of their codes."""
    names = {c.name: tuple(c.categories) for c in COLUMNS.values() if c.textual and c.categories}
    for name in ("OCCUPATION_TYPE", "NAME_TYPE_SUITE"):
        names[name] = (*names[name], "")  # missing is drawn like a category
    return names


def coordinates(v: Columns, p: Parameters) -> Floats:
    """Rank scores (n, d) of every variable within its parent classes; NaN where it does not exist."""
    size = len(v["STATUS"])
    scores = []
    for variable in RECIPE:
        values = np.where(present(variable, v, size), v[variable.name], np.nan)
        marginal = p.marginals[variable.name]
        if isinstance(marginal, Levels):
            index = positions(np.nan_to_num(values), marginal.values)
            values = np.where(np.isnan(values), np.nan, index)
        scores.append(rank_scores(values, classes(variable, v, p, size)))
    return np.stack(scores, axis=1)


def correlation(scores: Floats) -> Floats:
    """Pairwise-complete correlations (d, d), shrunk where few clients have both."""
    known = (~np.isnan(scores)).astype(np.float64)
    x = np.nan_to_num(scores)
    n = known.T @ known
    n_safe = np.maximum(n, 1)
    mean = x.T @ known / n_safe  # mean of i where j is known too
    square = (x**2).T @ known / n_safe - mean**2
    covariance = x.T @ x / n_safe - mean * mean.T
    spread = np.sqrt(np.maximum(square * square.T, 1e-12))
    out = np.clip(np.where(square * square.T > 1e-9, covariance / spread, 0.0), -1, 1) * n / (n + 300)
    np.fill_diagonal(out, 1.0)
    return out


def nearest(matrix: Floats) -> Floats:
    """A positive definite correlation matrix near `matrix`: low eigenvalues lifted, diagonal back to 1."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    lifted = (vectors * np.maximum(values, 1e-4)) @ vectors.T
    scale = 1 / np.sqrt(np.diag(lifted))
    return np.asarray(lifted * scale[:, None] * scale[None, :], dtype=np.float64)


def fit_copula(v: Columns, frame: Columns, p: Parameters, size: int = 60_000) -> Parameters:
    """Move the latent correlations until drawn clients have the correlations of `v`."""
    noise = np.random.default_rng(1).standard_normal((size, len(RECIPE)))
    p, drawn = fit_marginals(v, frame, p, noise)
    wanted = correlation(coordinates(v, p))
    latent = wanted.copy()
    for _ in tqdm(range(ROUNDS), desc="copula"):
        p = replace(p, factor=np.asarray(np.linalg.cholesky(nearest(latent)), dtype=np.float64))
        p, drawn = fit_marginals(v, frame, p, noise @ p.factor.T)
        step = 0.8 * (wanted - correlation(coordinates(drawn, p)))
        step[np.abs(wanted) < 0.01] *= 0.5  # do not chase noise
        latent = np.clip(nearest(latent) + step, -0.995, 0.995)
        np.fill_diagonal(latent, 1.0)
    return p


def fit_twins(frame: Columns) -> dict[str, tuple[float, float]]:
    """For each MODE and MEDI: the share whose rank is that of AVG, and the correlation of the others."""
    twins = {}
    for measure in MEASURES:
        average = rank_scores(frame[f"{measure}_AVG"])
        known = ~np.isnan(average)
        for kind in ("MODE", "MEDI"):
            twin = rank_scores(frame[f"{measure}_{kind}"])
            ranks = norm.cdf(average[known]) - norm.cdf(twin[known])
            share = float((np.abs(ranks) < 0.02).mean()) * 0.95
            whole = float(np.corrcoef(average[known], twin[known])[0, 1])
            twins[f"{measure}_{kind}"] = (share, float(np.clip((whole - share) / (1 - share), 0, 0.99)))
    return twins


def fit(frame: dict[str, Floats], names: Mapping[str, tuple[str, ...]]) -> Parameters:
    """Fit everything to genuine columns `frame` with category names `names`."""
    p = Parameters({}, np.eye(len(RECIPE)), names, {}, fit_twins(frame))
    v = variables(frame, p)
    patterns = {}
    for name, flags in PATTERNS.items():
        patterns[name], v[name] = pattern(frame, flags, missing=name == "BUILDING")
    p = replace(p, patterns=patterns)
    whole = np.where(np.isnan(v["BUILDING"]), 0.0, v["BUILDING"])
    v |= building_known({"BUILDING": whole}, p)
    # The genuine pattern decides what exists, rare ones included.
    v |= {f"KNOWN {name}": (~np.isnan(frame[name])).astype(float) for name in BUILDING}
    return fit_risk(frame, fit_copula(v, frame, p))


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="Ajuster le portefeuille fictif à des clients réels.")
    parser.add_argument("folder", type=Path, metavar="DOSSIER", help="dossier de application_train")
    parser.add_argument("--output", type=Path, default=PATH, metavar="FICHIER", help="fichier .npz à écrire")
    options = parser.parse_args(arguments)
    try:
        frame = labelled(options.folder)
    except PortfolioError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    save(fit(frame, category_names()), options.output)
    sys.stdout.write(f"{options.output} : {number(options.output.stat().st_size, 0)} octets\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
