"""Fit the histories of the fictitious portfolio to genuine rows; only aggregates are kept.

    python -m pretadepenser.demo.fit.histories FOLDER

FOLDER holds two folders in which a client without rows has no history: all-tables/ (every table but
installments_payments) and bureau-clients/ (more clients, for the credits elsewhere only). Takes two minutes
and writes parameters_histories.npz.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from pretadepenser.credit.portfolio import PortfolioError
from pretadepenser.demo.drawing import log_odds
from pretadepenser.demo.fit.genuine import labelled
from pretadepenser.demo.fit.rows import fit_rows, names_of
from pretadepenser.demo.history import bureau, counts, previous
from pretadepenser.demo.history.parameters import PATH, Histories, save
from pretadepenser.demo.history.people import drivers
from pretadepenser.demo.history.rows import NOTHING, Model
from pretadepenser.demo.parameters import Floats, Whole, load
from pretadepenser.french import number

# Kaggle has 307,511 clients with an outcome and 48,744 without; bureau_balance follows nearly all of these
# and a third of those. The sample has as many of each.
LABELLED = 307_511 / 356_255


def read(path: Path) -> dict[str, np.ndarray]:
    """Columns of a Parquet file: numbers as float64 with NaN, text as objects with None."""
    table = pq.read_table(path)
    out = {}
    for name in table.schema.names:
        values = table[name].to_pandas().to_numpy()
        out[name] = values if values.dtype == object else values.astype(np.float64)
    return out


def codes(values: np.ndarray, names: tuple[str, ...]) -> Floats:
    """Codes (n,) of texts in `names`; NaN for other texts."""
    place = {name: float(i) for i, name in enumerate(names)}
    return np.array([place.get(value, np.nan) for value in values])


def people(folder: Path) -> tuple[Whole, Floats]:
    """Numbers (n,) and drivers (n, k) of a folder's clients; NaN drivers where the outcome is not known."""
    p = load()
    frame = labelled(folder)
    numbers = frame["SK_ID_CURR"].astype(np.int64)
    known = drivers(frame, log_odds(frame, p), p)
    test = folder / "application_test.csv"
    if test.exists():
        more = pd.read_csv(test, usecols=["SK_ID_CURR"])["SK_ID_CURR"].to_numpy()
        numbers = np.concatenate([numbers, more])
        known = np.concatenate([known, np.full((len(more), known.shape[1]), np.nan)])
    order = np.argsort(numbers)
    return numbers[order], known[order]


def owners(rows: Mapping[str, np.ndarray], numbers: Whole) -> Whole:
    """Index (n,) in `numbers` of the client that each row belongs to; every client of a row is there."""
    return np.searchsorted(numbers, rows["SK_ID_CURR"])


def monthly(path: Path) -> pd.DataFrame:
    """bureau_balance by credit: last, late, worst, unsaid, closing and open months."""
    table = pq.read_table(path).to_pandas()
    status = table["STATUS"]
    closed = status.eq("C")
    worst = pd.to_numeric(status, errors="coerce").fillna(0)
    table = table.assign(
        last=table["MONTHS_BALANCE"],
        late=worst.gt(0),
        worst=worst,
        unsaid=status.eq("X"),
        open=~closed,
        closing=table["MONTHS_BALANCE"].where(closed),
    )
    kinds = {"last": "max", "late": "sum", "worst": "max", "unsaid": "sum", "open": "sum", "closing": "min"}
    out = table.groupby("SK_ID_BUREAU").agg(kinds).astype(float)
    return out[out["open"] > 0]


def joined(folder: Path) -> tuple[dict[str, np.ndarray], pd.DataFrame, Whole, Floats]:
    """Bureau rows of both folders, months by credit, numbers and drivers of everybody, nobody twice."""
    rows, months, numbers, known = [], [], [], []
    taken = np.zeros(0)
    for path in (folder / "all-tables", folder / "bureau-clients"):
        some, drive = people(path)
        new = ~np.isin(some, taken)
        taken = np.concatenate([taken, some])
        frame = read(path / "bureau.parquet")
        keep = np.isin(frame["SK_ID_CURR"], some[new])
        rows.append({name: values[keep] for name, values in frame.items()})
        months.append(monthly(path / "bureau_balance.parquet"))
        numbers.append(some[new])
        known.append(drive[new])
    order = np.argsort(np.concatenate(numbers))
    balance = pd.concat(months)
    whole = {name: np.concatenate([part[name] for part in rows]) for name in rows[0]}
    balance = balance[~balance.index.duplicated()]
    return whole, balance, np.concatenate(numbers)[order], np.concatenate(known)[order]


def fit_bureau(folder: Path) -> Model:
    """The model of bureau rows, from the clients of both folders."""
    c, balance, numbers, known = joined(folder)
    names = {"TYPE": bureau.TYPES, "STATE": bureau.STATES, "CURRENCY": bureau.CURRENCIES}
    for column, trait in (("CREDIT_TYPE", "TYPE"), ("CREDIT_ACTIVE", "STATE"), ("CREDIT_CURRENCY", "CURRENCY")):
        c[column] = codes(c[column], names[trait])
    usual = ~np.isnan(c["CREDIT_TYPE"]) & ~np.isnan(c["CREDIT_ACTIVE"])
    c = {name: values[usual] for name, values in c.items()}
    months = balance.reindex(c["SK_ID_BUREAU"].astype(np.int64))
    v = bureau.traits(c, {name: months[name].to_numpy() for name in months})
    texts = {trait: tuple((name,) for name in some) for trait, some in names.items()}
    return fit_rows(bureau.TRAITS, v, texts, owners(c, numbers), known)


def instalment_months(path: Path) -> pd.DataFrame:
    """POS rows by contract: last month, arrears 0 to 2, share of late months and days late in them."""
    table = pq.read_table(path).to_pandas()
    late = table["SK_DPD"].gt(0)
    table = table.assign(late=late, days=table["SK_DPD"].where(late))
    out = table.groupby("SK_ID_PREV").agg(
        last=("MONTHS_BALANCE", "max"), most=("SK_DPD", "max"), late=("late", "mean"), days=("days", "mean")
    )
    return out.assign(arrears=np.select([out["most"] == 0, out["most"] < 31], [0.0, 1.0], 2.0)).astype(float)


def card_months(path: Path) -> pd.DataFrame:
    """Card rows by card: months, share with a balance, use of the limit, payments, cash, arrears 0 to 2."""
    table = pq.read_table(path).to_pandas()
    owing = table["AMT_BALANCE"].gt(0)
    limit = table["AMT_CREDIT_LIMIT_ACTUAL"].where(table["AMT_CREDIT_LIMIT_ACTUAL"] > 0)
    minimum = table["AMT_INST_MIN_REGULARITY"].where(table["AMT_INST_MIN_REGULARITY"] > 0)
    drawn = table["AMT_DRAWINGS_CURRENT"].where(table["AMT_DRAWINGS_CURRENT"] > 0)
    table = table.assign(
        months=1, balance=owing, use=(table["AMT_BALANCE"] / limit).where(owing),
        pays=(table["AMT_PAYMENT_TOTAL_CURRENT"] / minimum), cash=table["AMT_DRAWINGS_ATM_CURRENT"] / drawn,
    )  # fmt: skip
    out = table.groupby("SK_ID_PREV").agg(
        months=("months", "sum"), balance=("balance", "mean"), use=("use", "mean"), pays=("pays", "median"),
        cash=("cash", "mean"), most=("SK_DPD", "max"),
    )  # fmt: skip
    return out.assign(arrears=np.select([out["most"] == 0, out["most"] < 31], [0.0, 1.0], 2.0)).astype(float)


def fit_previous(folder: Path) -> Model:
    """The model of earlier applications, from the clients of all-tables/."""
    path = folder / "all-tables"
    numbers, known = people(path)
    c = read(path / "previous_application.parquet")
    text = {name: np.where(pd.isna(values), NOTHING, values) for name, values in c.items() if values.dtype == object}
    text["NFLAG_LAST_APPL_IN_DAY"] = c["NFLAG_LAST_APPL_IN_DAY"].astype(int).astype(str)
    for column, some in (
        ("NAME_CONTRACT_TYPE", previous.CONTRACTS), ("NAME_CONTRACT_STATUS", previous.STATUSES),
        ("PRODUCT_COMBINATION", previous.COMBINATIONS), ("NAME_PORTFOLIO", previous.PORTFOLIOS),
    ):  # fmt: skip
        c[column] = codes(text[column], some)
    everything = np.ones(len(c["SK_ID_PREV"]), dtype=bool)
    texts, joint = {}, {}
    for trait, columns in previous.JOINT.items():
        texts[trait], joint[trait] = names_of(tuple(text[name] for name in columns), everything)
    for trait, some in (("COMBINATION", previous.COMBINATIONS), ("PORTFOLIO", previous.PORTFOLIOS)):
        texts[trait] = tuple((name,) for name in some)
    texts["DECISION"] = tuple((a, b) for a in previous.CONTRACTS for b in previous.STATUSES)
    owner = owners(c, numbers)
    order = np.argsort(owner, kind="stable")
    c = {name: values[order] for name, values in c.items()}
    joint = {name: values[order] for name, values in joint.items()}
    owner = owner[order]
    contracts = c["SK_ID_PREV"].astype(np.int64)
    pos = instalment_months(path / "POS_CASH_balance.parquet").reindex(contracts)
    cards = card_months(path / "credit_card_balance.parquet").reindex(contracts)
    v = previous.traits(
        c, {name: pos[name].to_numpy() for name in pos}, {name: cards[name].to_numpy() for name in cards}, joint
    )
    v["OLDEST"] = previous.oldest(owner, v["AGE"])
    return fit_rows(previous.TRAITS, v, texts, owner, known)


def fit_counts(folder: Path) -> tuple[Model, float, float]:
    """Rows per client, the share of clients with credits that are followed, and the share with credits."""
    path = folder / "all-tables"
    numbers, known = people(path)
    credits, earlier = read(path / "bureau.parquet"), read(path / "previous_application.parquet")
    number = [np.bincount(owners(rows, numbers), minlength=len(numbers)) for rows in (credits, earlier)]
    has = number[0] > 0
    v = {
        "CREDITS": np.where(has, number[0], np.nan),
        "APPLICATIONS": number[1].astype(float),
        "KNOWN": has.astype(float),
    }
    model = fit_rows(counts.TRAITS, v, {}, np.arange(len(numbers)), known)
    balance = monthly(path / "bureau_balance.parquet")
    told = np.zeros(len(numbers), dtype=bool)
    told[owners(credits, numbers)[np.isin(credits["SK_ID_BUREAU"], balance.index)]] = True
    outcome = ~np.isnan(known).any(axis=1)
    followed = [told[group].sum() / has[group].sum() for group in (outcome, ~outcome)]
    asked = pd.concat([
        pd.read_csv(path / f"application_{part}.csv", usecols=["AMT_REQ_CREDIT_BUREAU_YEAR"])
        for part in ("train", "test")
    ])
    share = has.sum() / asked["AMT_REQ_CREDIT_BUREAU_YEAR"].notna().sum()
    return model, float(followed[0] * LABELLED + followed[1] * (1 - LABELLED)), float(share)


def fit(folder: Path) -> Histories:
    """Fit everything to the two folders of `folder`; raises PortfolioError or OSError."""
    model, followed, known = fit_counts(folder)
    return Histories(model, fit_bureau(folder), fit_previous(folder), round(followed, 3), round(known, 3))


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="Ajuster les historiques fictifs à des clients réels.")
    parser.add_argument("folder", type=Path, metavar="DOSSIER", help="dossier de all-tables et bureau-clients")
    parser.add_argument("--output", type=Path, default=PATH, metavar="FICHIER", help="fichier .npz à écrire")
    options = parser.parse_args(arguments)
    try:
        save(fit(options.folder), options.output)
    except (PortfolioError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{options.output} : {number(options.output.stat().st_size, 0)} octets\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
