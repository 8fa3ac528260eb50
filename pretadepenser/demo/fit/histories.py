"""Fit the histories of the fictitious portfolio to genuine rows; only aggregates are kept.

    python -m pretadepenser.demo.fit.histories FOLDER

FOLDER holds two folders in which a client without rows has no history: all-tables/ (every table but
installments_payments) and bureau-clients/ (more clients, for the credits elsewhere only). Takes two minutes
and writes parameters_histories.npz.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from pretadepenser.credit.portfolio import PortfolioError
from pretadepenser.demo.drawing import draw, log_odds
from pretadepenser.demo.fit.genuine import labelled
from pretadepenser.demo.fit.rows import Drawn, fit_rows, names_of
from pretadepenser.demo.history import bureau, chance, counts, previous
from pretadepenser.demo.history.parameters import PATH, Histories, save
from pretadepenser.demo.history.people import drivers, with_rows
from pretadepenser.demo.history.rows import NOTHING, Model, draw_rows, row_keys, whole
from pretadepenser.demo.parameters import Floats, Whole, load
from pretadepenser.french import number

# Kaggle has 307,511 clients with an outcome and 48,744 without; bureau_balance follows nearly all of these
# and a third of those. The sample has as many of each.
LABELLED = 307_511 / 356_255
CUT_AT = 16_384  # fictitious clients at whose latent variables the marginals are cut


def read(path: Path) -> dict[str, Any]:
    """Columns of a Parquet file: numbers as float64 with NaN, text as objects with None."""
    table = pq.read_table(path)
    out = {}
    for name in table.schema.names:
        values = table[name].to_pandas().to_numpy()
        out[name] = values if values.dtype == object else values.astype(np.float64)
    return out


def codes(values: Any, names: tuple[str, ...]) -> Floats:
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


def owners(rows: Mapping[str, Any], numbers: Whole) -> Whole:
    """Index (n,) in `numbers` of the client that each row belongs to; every client of a row is there."""
    return np.asarray(np.searchsorted(numbers, rows["SK_ID_CURR"]), dtype=np.int64)


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
    followed: pd.DataFrame = out[out["open"] > 0]
    return followed


def _arrays(frame: pd.DataFrame) -> dict[str, Floats]:
    return {str(name): frame[name].to_numpy(dtype=np.float64) for name in frame}


def joined(folder: Path) -> tuple[dict[str, Any], pd.DataFrame, Whole, Floats]:
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


def fit_bureau(folder: Path, drawn: Drawn) -> Model:
    """The model of bureau rows, from the clients of both folders."""
    c, balance, numbers, known = joined(folder)
    names = {"TYPE": bureau.TYPES, "STATE": bureau.STATES, "CURRENCY": bureau.CURRENCIES}
    for column, trait in (
        ("CREDIT_TYPE", "TYPE"),
        ("CREDIT_ACTIVE", "STATE"),
        ("CREDIT_CURRENCY", "CURRENCY"),
    ):
        c[column] = codes(c[column], names[trait])
    usual = ~np.isnan(c["CREDIT_TYPE"]) & ~np.isnan(c["CREDIT_ACTIVE"])
    c = {name: values[usual] for name, values in c.items()}
    months = balance.reindex(c["SK_ID_BUREAU"].astype(np.int64))
    v = bureau.traits(c, _arrays(months))
    texts = {trait: tuple((name,) for name in some) for trait, some in names.items()}
    owner = owners(c, numbers)
    known = with_rows(known, np.bincount(owner, minlength=len(numbers)))
    return fit_rows(bureau.TRAITS, v, texts, owner, known, drawn)


def _with_arrears(months: pd.DataFrame) -> pd.DataFrame:
    """The contracts with their arrears: 0 none, 1 less than a month at most, 2 more."""
    most = months["most"].to_numpy()
    arrears = np.select([most == 0, most < 31], [0.0, 1.0], 2.0)
    graded: pd.DataFrame = months.assign(arrears=arrears).astype(float)
    return graded


def instalment_months(path: Path) -> pd.DataFrame:
    """POS rows by contract: last month, arrears 0 to 2, share of late months and days late in them."""
    table = pq.read_table(path).to_pandas()
    late = table["SK_DPD"].gt(0)
    table = table.assign(late=late, days=table["SK_DPD"].where(late))
    out = table.groupby("SK_ID_PREV").agg(
        last=("MONTHS_BALANCE", "max"), most=("SK_DPD", "max"), late=("late", "mean"), days=("days", "mean")
    )
    return _with_arrears(out)


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
    return _with_arrears(out)


def fit_previous(folder: Path, drawn: Drawn) -> Model:
    """The model of earlier applications, from the clients of all-tables/."""
    path = folder / "all-tables"
    numbers, known = people(path)
    c = read(path / "previous_application.parquet")
    text = {
        name: np.where(pd.isna(values), NOTHING, values)
        for name, values in c.items()
        if values.dtype == object
    }
    text["NFLAG_LAST_APPL_IN_DAY"] = c["NFLAG_LAST_APPL_IN_DAY"].astype(int).astype(str)
    for column, some in (
        ("NAME_CONTRACT_TYPE", previous.CONTRACTS), ("NAME_CONTRACT_STATUS", previous.STATUSES),
        ("PRODUCT_COMBINATION", previous.COMBINATIONS), ("NAME_PORTFOLIO", previous.PORTFOLIOS),
    ):  # fmt: skip
        c[column] = codes(text[column], some)
    texts: dict[str, tuple[tuple[str, ...], ...]] = {}
    joint: dict[str, Floats] = {}
    for trait, columns in previous.JOINT.items():
        texts[trait], joint[trait] = names_of(tuple(text[name].tolist() for name in columns))
    for trait, some in (("COMBINATION", previous.COMBINATIONS), ("PORTFOLIO", previous.PORTFOLIOS)):
        texts[trait] = tuple((name,) for name in some)
    # Not published, but ordered like texts, by risk: a card in use is riskier than one given back.
    texts["CARD USE"] = tuple(
        (use,) for use in ("none", "in use", "repaid", "given back", "given back unused")
    )
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
        c,
        _arrays(pos),
        _arrays(cards),
        joint,
    )
    v["OLDEST"] = previous.oldest(owner, v)
    known = with_rows(known, np.bincount(owner, minlength=len(numbers)))
    return fit_rows(previous.TRAITS, v, texts, owner, known, drawn)


def fit_counts(folder: Path, drawn: Drawn) -> Model:
    """How many rows clients have."""
    path = folder / "all-tables"
    numbers, known = people(path)
    number: list[Floats] = [
        np.bincount(owners(read(path / f"{table}.parquet"), numbers), minlength=len(numbers)).astype(
            np.float64
        )
        for table in ("bureau", "previous_application")
    ]
    has = (number[0] > 0).astype(float)
    v = {"CREDITS": np.where(has == 1, number[0], np.nan), "APPLICATIONS": number[1], "KNOWN": has}
    return fit_rows(counts.TRAITS, v, {}, np.arange(len(numbers)), known, drawn)


def shares(folder: Path) -> tuple[float, float]:
    """Among clients with credits, the share whose months are told; among those asked about, with credits."""
    path = folder / "all-tables"
    credits, balance = read(path / "bureau.parquet"), monthly(path / "bureau_balance.parquet")
    has = set(credits["SK_ID_CURR"])
    told = set(credits["SK_ID_CURR"][np.isin(credits["SK_ID_BUREAU"], balance.index)])
    asked, followed = 0, []
    for part in ("train", "test"):
        columns = ["SK_ID_CURR", "AMT_REQ_CREDIT_BUREAU_YEAR"]
        frame = pd.read_csv(path / f"application_{part}.csv", usecols=columns)
        asked += int(frame["AMT_REQ_CREDIT_BUREAU_YEAR"].notna().sum())
        followed.append(
            len(told.intersection(frame["SK_ID_CURR"])) / len(has.intersection(frame["SK_ID_CURR"]))
        )
    share = followed[0] * LABELLED + followed[1] * (1 - LABELLED)
    return round(share, 3), round(len(has) / asked, 3)


def fictitious(share: float) -> Drawn:
    """Fictitious clients, one row each; `share` of those the bureau was asked about have credits there."""
    p = load()
    columns, odds = draw(np.random.default_rng(3), CUT_AT, p)
    keys = chance.keys(np.arange(CUT_AT), 3)
    known = ~np.isnan(columns["AMT_REQ_CREDIT_BUREAU_YEAR"]) & (chance.uniform(keys, 1) < share)
    ones = np.ones(CUT_AT, dtype=np.int64)
    return Drawn(drivers(columns, odds, p), keys, ones, {"KNOWN": known.astype(float)}, {}, {})


def with_counts(drawn: Drawn, model: Model) -> tuple[Drawn, Drawn]:
    """The fictitious clients with their credits elsewhere, and with their earlier applications."""
    every = np.arange(len(drawn.keys))
    keys = row_keys(drawn.keys, 3, every, every * 0)
    v = draw_rows(counts.TRAITS, model, drawn.drivers, drawn.keys, every, keys, drawn.known)
    rows = [whole(v[trait.name]) for trait in counts.TRAITS]
    drive = [with_rows(drawn.drivers, some) for some in rows]
    # Keys of their own: rows must not lean the way the number of rows did.
    of_bureau, of_previous = (chance.below(drawn.keys, purpose) for purpose in (8, 9))
    return replace(drawn, drivers=drive[0], keys=of_bureau, rows=rows[0], known={}), replace(
        drawn, drivers=drive[1], keys=of_previous, rows=rows[1], known={},
        weights={"DECISION": previous.MORE_CARDS},
        after={"AGE": ("OLDEST", previous.oldest), "DECISION": ("DECISION", previous.answered)},
    )  # fmt: skip


def fit(folder: Path) -> Histories:
    """Fit everything to the two folders of `folder`; raises PortfolioError or OSError."""
    followed, known = shares(folder)
    drawn = fictitious(known)
    model = fit_counts(folder, drawn)
    of_bureau, of_previous = with_counts(drawn, model)
    return Histories(model, fit_bureau(folder, of_bureau), fit_previous(folder, of_previous), followed, known)


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="Ajuster les historiques fictifs à des clients réels.")
    parser.add_argument(
        "folder", type=Path, metavar="DOSSIER", help="dossier de all-tables et bureau-clients"
    )
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
