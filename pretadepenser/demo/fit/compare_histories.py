"""Hold the fictitious histories against genuine ones: row counts, arrears, main distributions, AUC gain.

    python -m pretadepenser.demo.fit.compare_histories FOLDER [--clients N]

FOLDER holds all-tables/ and bureau-clients/, in which a client without rows has no history. Prints a line a
figure, genuine beside fictitious. Monthly rows of contracts whose application is missing are left out of the
genuine side: the demo has none.
"""

import argparse
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pyarrow as pa
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from pretadepenser.credit.history import engine, features
from pretadepenser.credit.model.boosting import xgboost
from pretadepenser.credit.model.inputs import feature_types, input_matrix
from pretadepenser.credit.portfolio import PortfolioError
from pretadepenser.demo.__main__ import write
from pretadepenser.demo.fit.genuine import labelled
from pretadepenser.demo.parameters import Floats
from pretadepenser.french import number

TABLES = ("bureau", "bureau_balance", "previous_application", "POS_CASH_balance", "credit_card_balance")
PAYMENTS = "installments_payments"
OF_BUREAU = ("bureau", "bureau_balance", "credit_card_balance")
GAIN = (0.008, 0.02)
PEOPLE = 10_000  # of all-tables/, and of the demo unless told otherwise

# Name, SQL of one figure, and how far the demo may be from it (share of the genuine figure).
FIGURES: Mapping[str, tuple[tuple[str, str, float], ...]] = {
    "bureau": (
        ("lignes par client", "count(*) / {clients}", 0.1),
        ("clients avec des lignes", "count(distinct SK_ID_CURR) / {clients}", 0.05),
        ("crédits terminés", "avg((CREDIT_ACTIVE = 'Closed')::int)", 0.05),
        ("cartes", "avg((CREDIT_TYPE = 'Credit card')::int)", 0.1),
        ("âge médian (jours)", "median(-DAYS_CREDIT)", 0.1),
        ("ouverts depuis un an", "avg((DAYS_CREDIT >= -365)::int)", 0.1),
        ("montant médian", "median(AMT_CREDIT_SUM)", 0.1),
        ("avec une dette", "avg((AMT_CREDIT_SUM_DEBT > 0)::int)", 0.15),
        ("dette médiane", "median(AMT_CREDIT_SUM_DEBT) filter (AMT_CREDIT_SUM_DEBT > 0)", 0.15),
        ("déjà en retard (montant maximal)", "avg((AMT_CREDIT_MAX_OVERDUE > 0)::int)", 0.15),
        ("en retard maintenant", "avg((CREDIT_DAY_OVERDUE > 0)::int)", 0.5),
    ),
    "bureau_balance": (
        ("mois par crédit suivi", "count(*) / count(distinct SK_ID_BUREAU)", 0.1),
        ("mois C", "avg((STATUS = 'C')::int)", 0.15),
        ("mois X", "avg((STATUS = 'X')::int)", 0.15),
        ("mois 1", "avg((STATUS = '1')::int)", 0.5),
        ("mois 2 à 5", "avg((STATUS in ('2', '3', '4', '5'))::int)", 0.5),
    ),
    "previous_application": (
        ("lignes par client", "count(*) / {clients}", 0.1),
        ("accordées", "avg((NAME_CONTRACT_STATUS = 'Approved')::int)", 0.05),
        ("refusées", "avg((NAME_CONTRACT_STATUS = 'Refused')::int)", 0.15),
        ("prêts personnels", "avg((NAME_CONTRACT_TYPE = 'Cash loans')::int)", 0.1),
        ("ancienneté médiane (jours)", "median(-DAYS_DECISION)", 0.1),
        ("montant médian", "median(AMT_CREDIT) filter (AMT_CREDIT > 0)", 0.15),
        ("mensualité médiane", "median(AMT_ANNUITY) filter (AMT_ANNUITY > 0)", 0.15),
    ),
    "POS_CASH_balance": (
        ("lignes par client", "count(*) / {clients}", 0.1),
        ("mois par contrat", "count(*) / count(distinct SK_ID_PREV)", 0.1),
        ("mois avec retard", "avg((SK_DPD > 0)::int)", 0.3),
        ("mois avec retard non toléré", "avg((SK_DPD_DEF > 0)::int)", 0.4),
        ("mensualités restantes", "avg(CNT_INSTALMENT_FUTURE)", 0.25),
    ),
    "credit_card_balance": (
        ("lignes par client", "count(*) / {clients}", 0.2),
        ("clients avec une carte", "count(distinct SK_ID_CURR) / {clients}", 0.15),
        ("mois avec un solde", "avg((AMT_BALANCE > 0)::int)", 0.15),
        ("part du plafond utilisée", "avg(AMT_BALANCE / nullif(AMT_CREDIT_LIMIT_ACTUAL, 0))", 0.25),
        ("mois avec retrait ou achat", "avg((AMT_DRAWINGS_CURRENT > 0)::int)", 0.25),
        ("mois avec retard", "avg((SK_DPD > 0)::int)", 0.5),
    ),
}
QUANTILES = (0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Figure:
    """One figure of both portfolios, and whether they are near enough."""

    name: str
    genuine: float
    fictitious: float
    near: bool


def opened(folder: Path, tables: Collection[str], own: bool = True) -> duckdb.DuckDBPyConnection:
    """DuckDB with views of Parquet tables; own: only months of contracts whose application is there."""
    connection = engine.connect(readable=[folder])
    for table in tables:
        path = folder / f"{table}.parquet"
        connection.execute(f"create view {table}_whole as select * from read_parquet('{path}')")
        kept = ""
        if own and table in ("POS_CASH_balance", "credit_card_balance"):
            kept = " semi join previous_application_whole using (SK_ID_PREV)"
        connection.execute(f"create view {table} as select * from {table}_whole{kept}")
    return connection


def figures(connection: duckdb.DuckDBPyConnection, clients: int) -> dict[str, float]:
    """The figures of all tables by name, rows per client by quantile among them."""
    found: dict[str, float] = {}
    for table, asked in FIGURES.items():
        listed = ", ".join(sql.format(clients=clients) for _, sql, _ in asked)
        answers = connection.execute(f"select {listed} from {table}").fetchall()[0]
        found |= {
            f"{table} : {name}": float(value) for (name, _, _), value in zip(asked, answers, strict=True)
        }
        if table == "bureau_balance":
            continue
        counts = connection.execute(
            f"select quantile_cont(n, {list(QUANTILES)}) "
            f"from (select count(*) as n from {table} group by SK_ID_CURR)"
        ).fetchall()[0][0]
        for share, value in zip(QUANTILES, counts, strict=True):
            found[f"{table} : lignes d’un client, quantile {number(share, 2)}"] = float(value)
    return found


def compare_figures(folder: Path, demo: Path, clients: int) -> list[Figure]:
    """Every figure of all-tables/ in `folder`, beside that of `clients` fictitious clients in `demo`."""
    limits = {f"{table} : {name}": limit for table, asked in FIGURES.items() for name, _, limit in asked}
    with opened(folder / "all-tables", TABLES) as one, opened(demo, TABLES) as other:
        genuine, fictitious = figures(one, PEOPLE), figures(other, clients)
    out = []
    for name, wanted in genuine.items():
        # A quantile of counts is a small whole number: one row more or less is near.
        slack = limits[name] * abs(wanted) if name in limits else max(0.2 * wanted, 1)
        out.append(Figure(name, wanted, fictitious[name], abs(fictitious[name] - wanted) <= slack))
    return out


def aucs(folder: Path, tables: Collection[str], only_known: bool) -> tuple[float, float]:
    """Out-of-fold ROC AUC of a folder's labelled clients: by the application alone, and with histories.

    The application's inputs are the model's, the histories' all figures of `tables`. only_known: clients with
    credits elsewhere only.
    """
    frame = labelled(folder)
    order = np.argsort(frame["SK_ID_CURR"])
    frame = {name: values[order] for name, values in frame.items()}
    with opened(folder, tables, own=False) as connection:
        people = pa.table({"SK_ID_CURR": frame["SK_ID_CURR"].astype(np.int64)})
        connection.register("application", people)
        told = features.compute(connection, tables).order("SK_ID_CURR").to_arrow_table()
    sums = np.stack([told[name].to_pandas().to_numpy(np.float32) for name in features.known(tables)], axis=1)
    chosen = np.ones(len(order), dtype=bool)
    if only_known:
        with opened(folder, ("bureau",), own=False) as connection:
            known = connection.execute("select distinct SK_ID_CURR from bureau").fetchnumpy()["SK_ID_CURR"]
        chosen = np.isin(frame["SK_ID_CURR"], known)
    matrix, kinds = input_matrix(frame), feature_types()
    alone = learned(matrix[chosen], frame["TARGET"][chosen], [*kinds])
    both = np.concatenate([matrix, sums], axis=1)
    return alone, learned(both[chosen], frame["TARGET"][chosen], [*kinds, *["q"] * sums.shape[1]])


def learned(matrix: np.ndarray, target: Floats, kinds: list[str]) -> float:
    """ROC AUC in five folds of a small gradient-boosted model."""
    out = np.zeros(len(target))
    settings = {
        "objective": "binary:logistic", "max_depth": 3, "eta": 0.07, "min_child_weight": 20, "subsample": 0.8,
        "colsample_bytree": 0.4, "lambda": 5, "seed": 0,
    }  # fmt: skip
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(matrix, target):
        learning, held = (
            xgboost.DMatrix(matrix[some], target[some], feature_types=kinds, enable_categorical=True)
            for some in (train, test)
        )
        out[test] = xgboost.train(settings, learning, num_boost_round=250).predict(held)
    return float(roc_auc_score(target, out))


def compare(folder: Path, clients: int = PEOPLE, seed: int = 1, learners: int = 20_000) -> list[Figure]:
    """All figures, then the AUC gains of `learners` fictitious clients; raises PortfolioError or OSError."""
    with TemporaryDirectory() as work:
        demo = Path(work) / "demo"
        write(demo, clients, seed, whole=True)
        found = compare_figures(folder, demo, clients)
        if not learners:
            return found
        taught = Path(work) / "taught"
        write(taught, learners, seed, whole=True)
        for name, path, tables, only_known in (
            ("AUC, clients du fichier des crédits", "bureau-clients", OF_BUREAU, True),
            ("AUC, toutes les tables sans paiements", "all-tables", TABLES, False),
        ):
            genuine, fictitious = (aucs(one, tables, only_known) for one in (folder / path, taught))
            found.append(_alone(name, genuine, fictitious))
            found.append(_gained(name, genuine[1] - genuine[0], fictitious))
        every = aucs(taught, (*TABLES, PAYMENTS), only_known=False)
        found.append(_gained("AUC, les six tables (réels inconnus)", float("nan"), every))
    return found


def _alone(name: str, genuine: tuple[float, float], fictitious: tuple[float, float]) -> Figure:
    return Figure(
        f"{name} : demande seule", genuine[0], fictitious[0], abs(genuine[0] - fictitious[0]) < 0.03
    )


def _gained(name: str, genuine: float, fictitious: tuple[float, float]) -> Figure:
    gain = fictitious[1] - fictitious[0]
    return Figure(f"{name} : gain de l’historique", genuine, gain, GAIN[0] <= gain <= GAIN[1])


def report(found: Collection[Figure]) -> str:
    """The figures as French text, a line each: genuine, fictitious, and a mark where they are far apart."""
    lines = [f"{'':58}{'réels':>14}{'fictifs':>14}"]
    for one in found:
        values = [
            f"{'inconnu' if np.isnan(value) else number(value, _digits(value)):>14}"
            for value in (one.genuine, one.fictitious)
        ]
        lines.append(f"{one.name:58}{''.join(values)}{'' if one.near else '   loin'}")
    far = sum(not one.near for one in found)
    return "\n".join([*lines, f"{len(found) - far} sur {len(found)} proches."])


def _digits(value: float) -> int:
    return int(np.clip(3 - np.floor(np.log10(max(abs(value), 1e-4))) - 1, 0, 5))


def main(arguments: list[str] | None = None) -> int:
    """Command line: 0 when every figure is near, 1 when one is not, 2 when the folder cannot be read."""
    parser = argparse.ArgumentParser(description="Comparer les historiques fictifs à des historiques réels.")
    parser.add_argument(
        "folder", type=Path, metavar="DOSSIER", help="dossier de all-tables et bureau-clients"
    )
    parser.add_argument("--clients", type=int, default=PEOPLE, help="nombre de clients fictifs (10 000)")
    parser.add_argument(
        "--learners", type=int, default=20_000, help="clients fictifs du gain d’AUC (0 : sans)"
    )
    parser.add_argument("--seed", type=int, default=1, help="graine du tirage")
    options = parser.parse_args(arguments)
    try:
        found = compare(options.folder, options.clients, options.seed, options.learners)
    except (PortfolioError, OSError, duckdb.Error) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(report(found) + "\n")
    return 0 if all(one.near for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
