"""The recipe of a fictitious client: latent variables, what each depends on, and the 122 columns they make.

A *variable* is what is drawn (the length of a loan, a pattern of missing building data); a *column* is what
Kaggle publishes (AMT_ANNUITY). Going through variables is what keeps clients logical: a pensioner has no
employer, an annuity follows from a credit and its length, defaults never outnumber observations.
`variables` and `columns` are each other's inverse; both are used, by the fit and by the drawing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pretadepenser.demo.parameters import Floats, Parameters, Whole

NO_EMPLOYMENT = 365243.0  # Kaggle's coding of "no employment" in DAYS_EMPLOYED
WORKING_LIFE_STARTS = 6540.0  # days: nobody in the published rows worked before the age of 17.9
AGE_BANDS = np.array([25, 30, 35, 40, 50, 60]) * 365.25

ADDRESS = (
    "REG_REGION_NOT_LIVE_REGION",
    "REG_REGION_NOT_WORK_REGION",
    "LIVE_REGION_NOT_WORK_REGION",
    "REG_CITY_NOT_LIVE_CITY",
    "REG_CITY_NOT_WORK_CITY",
    "LIVE_CITY_NOT_WORK_CITY",
)
DOCUMENTS = tuple(f"FLAG_DOCUMENT_{number}" for number in range(2, 22))
BUREAU = tuple(f"AMT_REQ_CREDIT_BUREAU_{span}" for span in ("HOUR", "DAY", "WEEK", "MON", "QRT", "YEAR"))
EXTERNAL = ("EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3")
MEASURES = (
    "APARTMENTS",
    "BASEMENTAREA",
    "YEARS_BEGINEXPLUATATION",
    "YEARS_BUILD",
    "COMMONAREA",
    "ELEVATORS",
    "ENTRANCES",
    "FLOORSMAX",
    "FLOORSMIN",
    "LANDAREA",
    "LIVINGAPARTMENTS",
    "LIVINGAREA",
    "NONLIVINGAPARTMENTS",
    "NONLIVINGAREA",
)
OTHER_BUILDING = (
    "FONDKAPREMONT_MODE",
    "HOUSETYPE_MODE",
    "TOTALAREA_MODE",
    "WALLSMATERIAL_MODE",
    "EMERGENCYSTATE_MODE",
)
BUILDING = (*(f"{measure}_AVG" for measure in MEASURES), *OTHER_BUILDING)
PATTERNS = {"ADDRESS": ADDRESS, "DOCUMENTS": DOCUMENTS, "BUILDING": BUILDING}

Columns = Mapping[str, Floats]
Flags = NDArray[np.bool_]
Parent = Callable[[Columns, Parameters], Whole]


@dataclass(frozen=True)
class Variable:
    """One latent variable: its name, whether it is drawn from a grid, its parent classes, when it exists."""

    name: str
    continuous: bool = False
    parent: Parent | None = None
    exists: Callable[[Columns], Flags] | None = None


def _code(name: str, most: int) -> Parent:
    return lambda v, _: np.clip(np.nan_to_num(v[name]), 0, most).astype(np.int64)


def _man(v: Columns, p: Parameters) -> Whole:
    return np.where(v["CODE_GENDER"] == p.codes["CODE_GENDER", "M"], 1, 0)


def _age_band(v: Columns, _: Parameters) -> Whole:
    return np.digitize(-v["DAYS_BIRTH"], AGE_BANDS)


def _couple(v: Columns, p: Parameters) -> Whole:
    married = [p.codes["NAME_FAMILY_STATUS", status] for status in ("Married", "Civil marriage")]
    return np.isin(v["NAME_FAMILY_STATUS"], married).astype(np.int64)


def _revolving(v: Columns, p: Parameters) -> Whole:
    return np.where(v["NAME_CONTRACT_TYPE"] == p.codes["NAME_CONTRACT_TYPE", "Revolving loans"], 1, 0)


def _no_job(v: Columns, _: Parameters) -> Whole:
    return (v["STATUS"] > 0).astype(np.int64)


def _goods_band(v: Columns, p: Parameters) -> Whole:
    """Revolving loans, then cash loans by size of the purchase: the insurance and the length go with it."""
    size = 1 + np.digitize(v["AMT_GOODS_PRICE"], [200_000, 300_000, 460_000, 680_000])
    return np.where(_revolving(v, p) == 1, 0, size)


def _loan_band(v: Columns, p: Parameters) -> Whole:
    """Revolving loans, then cash loans by size of the purchase and whether its price was all they lent."""
    plain = np.isclose(v["CREDIT_TO_GOODS"], 1.0)
    band = _goods_band(v, p)
    return np.where(band == 0, 0, 2 * band + plain - 1)


def _employed(v: Columns) -> Flags:
    return np.equal(v["STATUS"], 0)


def _known(flag: str) -> Callable[[Columns], Flags]:
    return lambda v: v[flag] == 1


def _building(name: str) -> Callable[[Columns], Flags]:
    return lambda v: v[f"KNOWN {name}"] == 1


# Measures of a building that lie on a lattice; the others are continuous.
LATTICE = {"YEARS_BEGINEXPLUATATION", "YEARS_BUILD", "ELEVATORS", "ENTRANCES", "FLOORSMAX", "FLOORSMIN"}
LATTICE |= {"NONLIVINGAPARTMENTS"}

RECIPE: tuple[Variable, ...] = (
    Variable("NAME_CONTRACT_TYPE"),
    Variable("CODE_GENDER"),
    Variable("STATUS", parent=_man),  # 0 employed, 1 pensioner, 2 unemployed
    Variable("DAYS_BIRTH", continuous=True, parent=_code("STATUS", 1)),
    Variable("NAME_FAMILY_STATUS", parent=lambda v, p: 2 * _age_band(v, p) + _man(v, p)),
    Variable("CNT_CHILDREN", parent=lambda v, p: 2 * _age_band(v, p) + _couple(v, p)),
    Variable("NAME_EDUCATION_TYPE", parent=_no_job),
    Variable("NAME_HOUSING_TYPE", parent=_age_band),
    Variable("OCCUPATION_TYPE", parent=_man, exists=_employed),
    Variable("ORGANIZATION_TYPE", parent=_code("OCCUPATION_TYPE", 99), exists=_employed),
    Variable("NAME_INCOME_TYPE", parent=_code("ORGANIZATION_TYPE", 99), exists=_employed),
    Variable("EMPLOYED_SHARE", continuous=True, parent=_age_band, exists=_employed),
    Variable("REGISTRATION_SHARE", continuous=True, parent=_age_band),
    Variable("DAYS_ID_PUBLISH", continuous=True, parent=_age_band),
    Variable("CAR", parent=_man),
    Variable("OWN_CAR_AGE", exists=_known("CAR")),
    Variable("FLAG_OWN_REALTY", parent=_age_band),
    Variable("AMT_INCOME_TOTAL", continuous=True, parent=_no_job),
    Variable("AMT_GOODS_PRICE", continuous=True, parent=_revolving),
    Variable("GOODS_KNOWN", parent=_revolving),
    Variable("CREDIT_TO_GOODS", parent=_goods_band),
    Variable("CREDIT_TERM", continuous=True, parent=_loan_band),
    Variable("NAME_TYPE_SUITE"),
    Variable("WEEKDAY_APPR_PROCESS_START"),
    Variable("HOUR_APPR_PROCESS_START", parent=_code("WEEKDAY_APPR_PROCESS_START", 6)),
    Variable("REGION_POPULATION_RELATIVE"),
    Variable("REGION_RATING_CLIENT", parent=lambda v, p: _region(v, p)),
    Variable(
        "REGION_RATING_CLIENT_W_CITY", parent=lambda v, _: v["REGION_RATING_CLIENT"].astype(np.int64) - 1
    ),
    Variable("ADDRESS", parent=_no_job),
    Variable("DOCUMENTS", parent=lambda v, p: 2 * _revolving(v, p) + _no_job(v, p)),
    Variable("FLAG_WORK_PHONE", exists=_employed),
    Variable("FLAG_CONT_MOBILE"),
    Variable("FLAG_PHONE"),
    Variable("FLAG_EMAIL"),
    Variable("BUREAU_KNOWN"),
    Variable("EXT_SOURCE_1 KNOWN"),
    Variable("EXT_SOURCE_2 KNOWN"),
    Variable("EXT_SOURCE_3 KNOWN", parent=_code("BUREAU_KNOWN", 1)),
    *(Variable(name, continuous=True, exists=_known(f"{name} KNOWN")) for name in EXTERNAL),
    *(Variable(name, exists=_known("BUREAU_KNOWN")) for name in BUREAU),
    Variable("SOCIAL_KNOWN"),
    Variable("OBS_60_CNT_SOCIAL_CIRCLE", exists=_known("SOCIAL_KNOWN")),
    Variable("OBS_GAP", parent=_code("OBS_60_CNT_SOCIAL_CIRCLE", 8), exists=_known("SOCIAL_KNOWN")),
    Variable(
        "DEF_60_CNT_SOCIAL_CIRCLE", parent=_code("OBS_60_CNT_SOCIAL_CIRCLE", 8), exists=_known("SOCIAL_KNOWN")
    ),
    Variable("DEF_GAP", parent=_code("OBS_60_CNT_SOCIAL_CIRCLE", 8), exists=_known("SOCIAL_KNOWN")),
    Variable("DAYS_LAST_PHONE_CHANGE", continuous=True),
    Variable("BUILDING"),
    *(
        Variable(f"{name}_AVG", continuous=name not in LATTICE, exists=_building(f"{name}_AVG"))
        for name in MEASURES
    ),
    *(Variable(name, continuous="AREA" in name, exists=_building(name)) for name in OTHER_BUILDING),
)


def _region(v: Columns, p: Parameters) -> Whole:
    """Each published population density is one region, and a region has one rating."""
    regions = np.sort(p.marginals["REGION_POPULATION_RELATIVE"].values)  # type: ignore[union-attr]
    return np.searchsorted(regions, v["REGION_POPULATION_RELATIVE"])


def classes(variable: Variable, v: Columns, p: Parameters, size: int) -> Whole:
    """Parent class (size,) of each client for `variable`."""
    return np.zeros(size, dtype=np.int64) if variable.parent is None else variable.parent(v, p)


def present(variable: Variable, v: Columns, size: int) -> Flags:
    """Whether `variable` exists (size,) for each client."""
    return np.ones(size, dtype=bool) if variable.exists is None else variable.exists(v)


def building_known(v: Columns, p: Parameters) -> dict[str, Floats]:
    """`KNOWN column` -> 1 where the building pattern has that column, 0 where it is missing."""
    table = p.patterns["BUILDING"][v["BUILDING"].astype(np.int64)]
    return {f"KNOWN {name}": table[:, i] for i, name in enumerate(BUILDING)}


def _step(values: Floats, step: float) -> Floats:
    return np.round(values / step) * step


SAME: Final = (
    "NAME_CONTRACT_TYPE", "CODE_GENDER", "FLAG_OWN_REALTY", "CNT_CHILDREN", "NAME_TYPE_SUITE",
    "NAME_EDUCATION_TYPE", "NAME_FAMILY_STATUS", "NAME_HOUSING_TYPE", "REGION_POPULATION_RELATIVE",
    "WEEKDAY_APPR_PROCESS_START", "HOUR_APPR_PROCESS_START", "REGION_RATING_CLIENT",
    "REGION_RATING_CLIENT_W_CITY", "FLAG_CONT_MOBILE", "FLAG_PHONE", "FLAG_EMAIL",
)  # fmt: skip


def columns(v: Columns, p: Parameters) -> dict[str, Floats]:
    """The published columns but SK_ID_CURR and TARGET, from drawn variables `v`; missing is NaN, text a code.

    MODE and MEDI of the building measures are expected in `v` beside AVG.
    """
    out: dict[str, Floats] = {name: v[name] for name in SAME}
    no_suite = v["NAME_TYPE_SUITE"] == p.codes["NAME_TYPE_SUITE", ""]
    out["NAME_TYPE_SUITE"] = np.where(no_suite, np.nan, v["NAME_TYPE_SUITE"])
    for part in (_amounts, _work, _person, _scores, _circle, _building_measures):
        out |= part(v, p)
    for pattern, names in (("ADDRESS", ADDRESS), ("DOCUMENTS", DOCUMENTS)):
        flags = p.patterns[pattern][v[pattern].astype(np.int64)]
        out |= {name: flags[:, i] for i, name in enumerate(names)}
    return out


def _amounts(v: Columns, p: Parameters) -> dict[str, Floats]:
    """Nearly all declared incomes and prices are multiples of 4,500."""
    goods = np.maximum(_step(v["AMT_GOODS_PRICE"], 4500), 4500)
    credit = _step(goods * v["CREDIT_TO_GOODS"], 4.5)
    return {
        "AMT_INCOME_TOTAL": _step(v["AMT_INCOME_TOTAL"], 4500),
        "AMT_GOODS_PRICE": np.where(v["GOODS_KNOWN"] == 1, goods, np.nan),
        "AMT_CREDIT": credit,
        "AMT_ANNUITY": _step(credit / v["CREDIT_TERM"], 4.5),
    }


def _work(v: Columns, p: Parameters) -> dict[str, Floats]:
    """What follows from having a job, a pension or neither."""
    working = v["STATUS"] == 0
    pensioner, unemployed = (p.codes["NAME_INCOME_TYPE", name] for name in ("Pensioner", "Unemployed"))
    without = np.where(v["STATUS"] == 1, pensioner, unemployed)
    occupied = working & (v["OCCUPATION_TYPE"] != p.codes["OCCUPATION_TYPE", ""])
    employed = np.round(v["EMPLOYED_SHARE"] * (np.round(v["DAYS_BIRTH"]) + WORKING_LIFE_STARTS))
    return {
        "NAME_INCOME_TYPE": np.where(working, v["NAME_INCOME_TYPE"], without),
        "OCCUPATION_TYPE": np.where(occupied, v["OCCUPATION_TYPE"], np.nan),
        "ORGANIZATION_TYPE": np.where(working, v["ORGANIZATION_TYPE"], p.codes["ORGANIZATION_TYPE", "XNA"]),
        "DAYS_EMPLOYED": np.where(working, np.minimum(employed, 0.0), NO_EMPLOYMENT),
        "FLAG_EMP_PHONE": working.astype(float),
        "FLAG_WORK_PHONE": np.where(working, v["FLAG_WORK_PHONE"], 0.0),
    }


def _person(v: Columns, p: Parameters) -> dict[str, Floats]:
    """Dates of the person and of the papers, the car, the household."""
    born = np.round(v["DAYS_BIRTH"])
    yes, no = (p.codes["FLAG_OWN_CAR", name] for name in "YN")
    dates = {
        name: np.minimum(np.round(v[name]), 0.0) for name in ("DAYS_ID_PUBLISH", "DAYS_LAST_PHONE_CHANGE")
    }
    return dates | {
        "DAYS_BIRTH": born,
        "DAYS_REGISTRATION": np.round(v["REGISTRATION_SHARE"] * born),
        "FLAG_OWN_CAR": np.where(v["CAR"] == 1, yes, no),
        "OWN_CAR_AGE": np.where(v["CAR"] == 1, v["OWN_CAR_AGE"], np.nan),
        "CNT_FAM_MEMBERS": v["CNT_CHILDREN"] + 1 + _couple(v, p),
        "FLAG_MOBIL": np.ones(len(born)),
    }


def _scores(v: Columns, p: Parameters) -> dict[str, Floats]:
    """External scores and inquiries at the credit bureau, where they are known."""
    # Twelve decimals: the last bits of a sum may differ from one processor to another.
    scores = {name: np.where(v[f"{name} KNOWN"] == 1, np.round(v[name], 12), np.nan) for name in EXTERNAL}
    return scores | {name: np.where(v["BUREAU_KNOWN"] == 1, v[name], np.nan) for name in BUREAU}


def _circle(v: Columns, p: Parameters) -> dict[str, Floats]:
    """The social circle: within 60 days never more than within 30, defaults never more than observed."""
    known = np.where(v["SOCIAL_KNOWN"] == 1, 0.0, np.nan)
    observed = v["OBS_60_CNT_SOCIAL_CIRCLE"] + known
    more = observed + v["OBS_GAP"]
    defaults = np.minimum(v["DEF_60_CNT_SOCIAL_CIRCLE"] + known, observed)
    return {
        "OBS_60_CNT_SOCIAL_CIRCLE": observed,
        "OBS_30_CNT_SOCIAL_CIRCLE": more,
        "DEF_60_CNT_SOCIAL_CIRCLE": defaults,
        "DEF_30_CNT_SOCIAL_CIRCLE": np.minimum(defaults + v["DEF_GAP"], more),
    }


def _building_measures(v: Columns, p: Parameters) -> dict[str, Floats]:
    """Measures of the building, where they are known."""
    known = building_known(v, p)
    out: dict[str, Floats] = {}
    for measure in MEASURES:
        for kind in ("AVG", "MODE", "MEDI"):
            name = f"{measure}_{kind}"
            out[name] = np.where(known[f"KNOWN {measure}_AVG"] == 1, np.round(v[name], 4), np.nan)
    for name in OTHER_BUILDING:
        value = np.round(v[name], 4) if name == "TOTALAREA_MODE" else v[name]
        out[name] = np.where(known[f"KNOWN {name}"] == 1, value, np.nan)
    return out


def variables(c: Columns, p: Parameters) -> dict[str, Floats]:
    """The variables of genuine columns `c` (the inverse of `columns`); joint patterns are left to the fit."""
    v = {variable.name: c[variable.name] for variable in RECIPE if variable.name in c}
    income = c["NAME_INCOME_TYPE"]
    unemployed = income == p.codes["NAME_INCOME_TYPE", "Unemployed"]
    v["STATUS"] = np.where(c["DAYS_EMPLOYED"] == NO_EMPLOYMENT, np.where(unemployed, 2.0, 1.0), 0.0)
    # Two published pensioners have an employer; they count as workers so that the demo's never do.
    worker, pensioner = (p.codes["NAME_INCOME_TYPE", name] for name in ("Working", "Pensioner"))
    v["NAME_INCOME_TYPE"] = np.where(income == pensioner, worker, income)
    for name in ("OCCUPATION_TYPE", "NAME_TYPE_SUITE"):
        v[name] = np.where(np.isnan(c[name]), p.codes[name, ""], c[name])
    v["EMPLOYED_SHARE"] = np.clip(c["DAYS_EMPLOYED"] / (c["DAYS_BIRTH"] + WORKING_LIFE_STARTS), 0, 1)
    v["REGISTRATION_SHARE"] = c["DAYS_REGISTRATION"] / c["DAYS_BIRTH"]
    v["CAR"] = (c["FLAG_OWN_CAR"] == p.codes["FLAG_OWN_CAR", "Y"]).astype(float)
    v["GOODS_KNOWN"] = (~np.isnan(c["AMT_GOODS_PRICE"])).astype(float)
    v["AMT_GOODS_PRICE"] = np.where(v["GOODS_KNOWN"] == 1, c["AMT_GOODS_PRICE"], c["AMT_CREDIT"])
    v["CREDIT_TO_GOODS"] = np.round(c["AMT_CREDIT"] / v["AMT_GOODS_PRICE"], 4)
    v["CREDIT_TERM"] = c["AMT_CREDIT"] / c["AMT_ANNUITY"]
    for name in EXTERNAL:
        v[f"{name} KNOWN"] = (~np.isnan(c[name])).astype(float)
    v["BUREAU_KNOWN"] = (~np.isnan(c[BUREAU[0]])).astype(float)
    v["SOCIAL_KNOWN"] = (~np.isnan(c["OBS_30_CNT_SOCIAL_CIRCLE"])).astype(float)
    for kind in ("OBS", "DEF"):
        v[f"{kind}_GAP"] = c[f"{kind}_30_CNT_SOCIAL_CIRCLE"] - c[f"{kind}_60_CNT_SOCIAL_CIRCLE"]
    return v
