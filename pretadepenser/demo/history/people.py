"""What is known of a client before the history is drawn: the drivers that every row of it leans on."""

import numpy as np

from pretadepenser.demo.columns import NO_EMPLOYMENT, Columns
from pretadepenser.demo.parameters import Floats, Parameters, Whole

DRIVERS = (
    "one", "rows", "external 1", "external 1 known", "external 2", "external 3", "external 3 known", "age",
    "no job", "man", "income", "credit", "revolving", "phone change", "requests", "log-odds", "default",
)  # fmt: skip
DEFAULT = DRIVERS.index("default")
ODDS = DRIVERS.index("log-odds")
ROWS = DRIVERS.index("rows")


def drivers(c: Columns, odds: Floats, p: Parameters) -> Floats:
    """Drivers (n, k) of clients by their application columns `c` and log-odds of default `odds` (n,).

    Centres and scales are round numbers near the published means and deviations; a missing value counts as
    the mean, since a flag says that it is missing.
    """

    def scaled(values: Floats, centre: float, scale: float) -> Floats:
        return np.clip(np.nan_to_num((values - centre) / scale), -3, 3)

    def known(name: str) -> Floats:
        return (~np.isnan(c[name])).astype(np.float64)

    columns = {
        "one": np.ones(len(odds)),
        "rows": np.zeros(len(odds)),
        "external 1": scaled(c["EXT_SOURCE_1"], 0.5, 0.21),
        "external 1 known": known("EXT_SOURCE_1") - 0.44,
        "external 2": scaled(c["EXT_SOURCE_2"], 0.51, 0.19),
        "external 3": scaled(c["EXT_SOURCE_3"], 0.51, 0.19),
        "external 3 known": known("EXT_SOURCE_3") - 0.8,
        "age": scaled(-c["DAYS_BIRTH"], 16000, 4400),
        "no job": (c["DAYS_EMPLOYED"] == NO_EMPLOYMENT) - 0.18,
        "man": (c["CODE_GENDER"] == p.codes["CODE_GENDER", "M"]) - 0.34,
        "income": scaled(np.log(c["AMT_INCOME_TOTAL"]), 11.9, 0.49),
        "credit": scaled(np.log(c["AMT_CREDIT"]), 13.07, 0.71),
        "revolving": (c["NAME_CONTRACT_TYPE"] == p.codes["NAME_CONTRACT_TYPE", "Revolving loans"]) - 0.095,
        "phone change": scaled(-c["DAYS_LAST_PHONE_CHANGE"], 960, 830),
        "requests": scaled(c["AMT_REQ_CREDIT_BUREAU_YEAR"], 1.9, 1.9),
        "log-odds": scaled(odds, -2.7, 0.9),
        "default": c["TARGET"] - 0.08,
    }
    return np.stack([columns[name] for name in DRIVERS], axis=1)


def with_rows(drivers: Floats, counts: Whole) -> Floats:
    """The drivers (n, k), knowing how many rows of a table (n,) each has: who asks often is refused."""
    out = drivers.copy()
    out[:, ROWS] = np.clip((np.log1p(counts) - 1.7) / 0.6, -3, 3)
    return out
