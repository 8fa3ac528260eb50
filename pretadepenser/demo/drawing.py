"""Draw clients from the parameters: a Gaussian copula, then the recipe, then the risk of default."""

import numpy as np

from pretadepenser.demo.columns import (
    MEASURES,
    NO_EMPLOYMENT,
    RECIPE,
    Columns,
    building_known,
    classes,
    columns,
)
from pretadepenser.demo.parameters import Floats, Parameters


def draw_variables(generator: np.random.Generator, size: int, p: Parameters) -> dict[str, Floats]:
    """Draw the latent variables of `size` clients: name -> values (size,), with MODE and MEDI beside AVG."""
    z = generator.standard_normal((size, len(RECIPE))) @ p.factor.T
    v: dict[str, Floats] = {}
    latent: dict[str, Floats] = {}
    for i, variable in enumerate(RECIPE):
        name = variable.name
        latent[name] = z[:, i]
        v[name] = p.marginals[name].draw(z[:, i], classes(variable, v, p, size))
        if name == "BUILDING":
            v |= building_known(v, p)
    none = np.zeros(size, dtype=np.int64)
    for kind in ("MODE", "MEDI"):
        # One building, one way of counting: where MODE follows AVG it tends to do so in every measure.
        follows = generator.random(size)
        for measure in MEASURES:
            name, average = f"{measure}_{kind}", latent[f"{measure}_AVG"]
            share, correlation = p.twins[name]
            noise = generator.standard_normal(size)
            apart = correlation * average + np.sqrt(1 - correlation**2) * noise
            v[name] = p.marginals[name].draw(np.where(follows < share, average, apart), none)
    return v


def risk_inputs(c: Columns) -> dict[str, Floats]:
    """The columns and the ratios that the risk of default is a function of."""
    employed = np.where(c["DAYS_EMPLOYED"] == NO_EMPLOYMENT, np.nan, c["DAYS_EMPLOYED"])
    external = np.stack([c[f"EXT_SOURCE_{number}"] for number in (1, 2, 3)])
    known = (~np.isnan(external)).sum(axis=0)
    mean = np.nansum(external, axis=0) / np.where(known > 0, known, np.nan)
    return {
        **c,
        "DAYS_EMPLOYED": employed,
        "credit length": c["AMT_CREDIT"] / c["AMT_ANNUITY"],
        "credit to goods": c["AMT_CREDIT"] / c["AMT_GOODS_PRICE"],
        "credit to income": c["AMT_CREDIT"] / c["AMT_INCOME_TOTAL"],
        "annuity to income": c["AMT_ANNUITY"] / c["AMT_INCOME_TOTAL"],
        "employed to age": employed / c["DAYS_BIRTH"],
        "external mean": mean,
    }


def log_odds(c: Columns, p: Parameters) -> Floats:
    """Log-odds of default (n,) of clients given by their columns."""
    inputs = risk_inputs(c)
    total = np.full(len(c["AMT_CREDIT"]), p.intercept)
    for term in p.terms:
        total += p.amplitude * term(inputs)
    return total


def draw(generator: np.random.Generator, size: int, p: Parameters) -> tuple[dict[str, Floats], Floats]:
    """Draw `size` clients: columns with TARGET but without SK_ID_CURR, and log-odds of default (size,)."""
    c = columns(draw_variables(generator, size, p), p)
    odds = log_odds(c, p)
    c["TARGET"] = (generator.random(size) < 1 / (1 + np.exp(-odds))).astype(np.float64)
    return c, odds
