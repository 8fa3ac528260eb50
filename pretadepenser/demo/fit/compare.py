"""Hold the fictitious portfolio against genuine rows: does it look, behave and predict like them?

    python -m pretadepenser.demo.fit.compare FOLDER_OF_KAGGLE_ROWS

`flask portfolio compare FOLDER` runs the same checks. Correlations are those of normal scores (van der
Waerden), which neither units nor outliers move. The model is XGBoost with plain settings on the default
features (no protected ground), cross-validated in five folds.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from pretadepenser.credit.dictionary import COLUMNS
from pretadepenser.credit.model.boosting import xgboost
from pretadepenser.credit.model.inputs import FEATURES, feature_types, input_matrix
from pretadepenser.credit.portfolio import PortfolioError
from pretadepenser.demo.columns import MEASURES
from pretadepenser.demo.fit.genuine import fictitious, labelled
from pretadepenser.demo.fit.marginals import rank_scores
from pretadepenser.demo.parameters import Floats
from pretadepenser.french import number, percent

SHARE_TOLERANCE = 0.02
QUARTILE_TOLERANCE = 0.10
RANK_TOLERANCE = 0.01
STRONG = 0.2
CORRELATION_TOLERANCE = 0.1
AUC = (0.74, 0.80)
SIMILAR = 7  # of the ten main features
FEW_VALUES = 12  # a numeric column of fewer values is compared by shares

Frame = Mapping[str, Floats]


@dataclass(frozen=True)
class Check:
    """One question put to the demo: what was measured, in French, whether it holds, and the exceptions."""

    title: str
    measured: str
    passed: bool
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Learned:
    """What a model learns from a portfolio: out-of-fold ROC AUC, features by mean absolute SHAP value."""

    auc: float
    ranking: tuple[str, ...]


def _by_share(name: str, genuine: Frame) -> bool:
    return COLUMNS[name].categories is not None or len(np.unique(genuine[name])) <= FEW_VALUES


def _names(genuine: Frame) -> list[str]:
    return [name for name in genuine if name != "SK_ID_CURR"]


def missing_rates(genuine: Frame, demo: Frame) -> Check:
    """Missing rates within two points, column by column."""
    gaps = {n: abs(np.isnan(genuine[n]).mean() - np.isnan(demo[n]).mean()) for n in _names(genuine)}
    return _within("Valeurs absentes", gaps, SHARE_TOLERANCE, _points)


def shares(genuine: Frame, demo: Frame) -> Check:
    """Share of every category, flag and small count within two points, among known values."""
    gaps: dict[str, float] = {}
    for name in _names(genuine):
        if _by_share(name, genuine):
            a, b = (frame[name][~np.isnan(frame[name])] for frame in (genuine, demo))
            for value in np.union1d(a, b):
                gaps[f"{name} = {value:g}"] = abs(np.mean(a == value) - np.mean(b == value))
    # Kaggle's code for "no employment" is a category hidden among numbers.
    days = (np.mean(frame["DAYS_EMPLOYED"] == 365243) for frame in (genuine, demo))
    gaps["DAYS_EMPLOYED = 365243"] = abs(next(days) - next(days))
    return _within("Parts des catégories", gaps, SHARE_TOLERANCE, _points)


def quartiles(genuine: Frame, demo: Frame) -> Check:
    """Quartiles of known values within 10 %, or within one point of rank where values crowd around zero."""
    gaps: dict[str, float] = {}
    crowded: list[str] = []
    for name in _names(genuine):
        if _by_share(name, genuine):
            continue
        a, b = (np.sort(frame[name][~np.isnan(frame[name])]) for frame in (genuine, demo))
        if name == "DAYS_EMPLOYED":
            a, b = a[a < 0], b[b < 0]
        for q in (0.25, 0.5, 0.75):
            wanted, found = np.quantile(a, q), np.quantile(b, q)
            gap = abs(found - wanted) / abs(wanted) if wanted else float(found != wanted)
            low, high = (np.searchsorted(a, found, side=side) / len(a) for side in ("left", "right"))
            if gap > QUARTILE_TOLERANCE and low - RANK_TOLERANCE <= q <= high + RANK_TOLERANCE:
                crowded.append(f"{name} au quartile {q:.0%} : {found:.4g} au lieu de {wanted:.4g} (bon rang)")
                continue
            gaps[f"{name} au quartile {q:.0%}"] = gap
    check = _within("Quartiles", gaps, QUARTILE_TOLERANCE, lambda gap: percent(gap, 1))
    return Check(check.title, check.measured, check.passed, (*check.details, *crowded))


def correlations(genuine: Frame, demo: Frame) -> Check:
    """Every pair of numeric columns that go together strongly: same sign, size within 0.1.

    MODE and MEDI repeat AVG and are left out; a pair that fewer than 500 genuine clients have is not judged.
    """
    left_out = {f"{measure}_{kind}" for measure in MEASURES for kind in ("MODE", "MEDI")}
    names = [
        name
        for name in _names(genuine)
        if not COLUMNS[name].textual and name not in left_out and np.nanstd(genuine[name]) > 0
    ]
    wanted, found = (correlation_matrix(frame, names) for frame in (genuine, demo))
    gaps: dict[str, float] = {}
    for i, a in enumerate(names):
        for j, b in enumerate(names[:i]):
            common = np.sum(~np.isnan(genuine[a]) & ~np.isnan(genuine[b]))
            if abs(wanted[i, j]) >= STRONG and common >= 500:
                wrong_sign = wanted[i, j] * found[i, j] <= 0
                gap = 2.0 if wrong_sign else abs(wanted[i, j] - found[i, j])
                gaps[f"{a} et {b} ({wanted[i, j]:.2f}, fictif {found[i, j]:.2f})"] = gap
    return _within("Corrélations fortes", gaps, CORRELATION_TOLERANCE, lambda gap: number(gap, 3))


def correlation_matrix(frame: Frame, names: Iterable[str]) -> Floats:
    """Correlations (k, k) of the normal scores of columns, each pair over the clients who have both."""
    scores = np.stack([rank_scores(frame[name]) for name in names], axis=1)
    known = (~np.isnan(scores)).astype(np.float64)
    x = np.nan_to_num(scores)
    n = np.maximum(known.T @ known, 1)
    mean = x.T @ known / n
    square = np.maximum((x**2).T @ known / n - mean**2, 1e-12)
    return np.asarray((x.T @ x / n - mean * mean.T) / np.sqrt(square * square.T))


def default_rate(demo: Frame) -> Check:
    """Eight clients in a hundred default."""
    rate = float(demo["TARGET"].mean())
    return Check("Part de défauts", percent(rate, 2), abs(rate - 0.08) <= 0.01)


def nobody_genuine(genuine: Frame, demo: Frame) -> Check:
    """No fictitious client has the values of a genuine one (number and outcome aside)."""
    names = [name for name in _names(genuine) if name != "TARGET"]

    def keys(frame: Frame) -> set[bytes]:
        rows = np.stack([frame[name] for name in names], axis=1)
        rows[np.isnan(rows)] = -1e9
        return {row.tobytes() for row in np.round(rows, 6)}

    same = len(keys(genuine) & keys(demo))
    return Check("Clients identiques à un client réel", str(same), same == 0)


def learn(frame: Frame) -> Learned:
    """Cross-validate a gradient-boosted model on the default features, and rank these."""
    matrix = input_matrix(frame)
    kinds = feature_types()
    target = frame["TARGET"]
    settings = {
        "objective": "binary:logistic",
        "max_depth": 4,
        "eta": 0.06,
        "min_child_weight": 30,
        "subsample": 0.8,
        "colsample_bytree": 0.5,
        "lambda": 5,
        "seed": 0,
    }
    out_of_fold = np.zeros(len(target))
    weight = np.zeros(len(kinds))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    for train, test in folds.split(matrix, target):
        learning, held = (
            xgboost.DMatrix(matrix[rows], target[rows], feature_types=kinds, enable_categorical=True)
            for rows in (train, test)
        )
        model = xgboost.train(settings, learning, num_boost_round=250)
        out_of_fold[test] = model.predict(held)
        weight += np.abs(model.predict(held, pred_contribs=True)[:, :-1]).mean(axis=0)
    ranking = tuple(FEATURES[i] for i in np.argsort(-weight))
    return Learned(float(roc_auc_score(target, out_of_fold)), ranking)


def predictability(size: int, demo: Learned, genuine: Learned) -> Check:
    """The demo is as predictable as the genuine rows."""
    text = (
        f"AUC {number(demo.auc, 4)} sur {number(size, 0)} clients fictifs ; réels : {number(genuine.auc, 4)}"
    )
    return Check("Prévisibilité", text, AUC[0] <= demo.auc <= AUC[1])


def same_features(demo: Learned, genuine: Learned) -> Check:
    """The ten features that matter most are mostly the same."""
    common = set(demo.ranking[:10]) & set(genuine.ranking[:10])
    return Check(
        "Dix variables principales",
        f"{len(common)} sur 10 en commun",
        len(common) >= SIMILAR,
        (f"réelles : {', '.join(genuine.ranking[:10])}", f"fictives : {', '.join(demo.ranking[:10])}"),
    )


def compare(
    folder: Path, clients: int | None = None, seed: int = 1, small: int = 20_000
) -> tuple[Check, ...]:
    """Compare `clients` fictitious clients (None: as many as genuine) with the labelled rows of `folder`.

    The model is also trained on `small` clients, the size of a first start. Raises PortfolioError when the
    folder cannot be read.
    """
    genuine = labelled(folder)
    demo = fictitious(clients or len(genuine["TARGET"]), seed)
    reference, learned = learn(genuine), learn(demo)
    return (
        default_rate(demo),
        missing_rates(genuine, demo),
        shares(genuine, demo),
        quartiles(genuine, demo),
        correlations(genuine, demo),
        nobody_genuine(genuine, demo),
        predictability(len(demo["TARGET"]), learned, reference),
        predictability(small, learn(fictitious(small, seed)), reference),
        same_features(learned, reference),
    )


def report(checks: Iterable[Check]) -> str:
    """The checks as French text, a line each, exceptions below."""
    lines = []
    for check in checks:
        lines.append(f"{'Conforme' if check.passed else 'NON CONFORME'} - {check.title} : {check.measured}")
        lines += [f"    {detail}" for detail in check.details]
    return "\n".join(lines)


def _points(gap: float) -> str:
    return f"{number(100 * gap, 2)} point"


def _within(title: str, gaps: Mapping[str, float], tolerance: float, show: Callable[[float], str]) -> Check:
    ranked = sorted(gaps, key=lambda name: -gaps[name])
    worst = ranked[0]
    beyond = [name for name in ranked if gaps[name] > tolerance]
    measured = f"{len(gaps) - len(beyond)} sur {len(gaps)} ; plus grand écart {show(gaps[worst])} ({worst})"
    return Check(title, measured, not beyond, tuple(f"{name} : {show(gaps[name])}" for name in beyond))


def main(arguments: list[str] | None = None) -> int:
    """Command line: 0 when every check holds, 1 when one does not, 2 when the folder cannot be read."""
    parser = argparse.ArgumentParser(description="Comparer le portefeuille fictif à des clients réels.")
    parser.add_argument("folder", type=Path, metavar="DOSSIER", help="dossier de application_train")
    parser.add_argument("--clients", type=int, help="nombre de clients fictifs (autant que de réels sinon)")
    parser.add_argument("--seed", type=int, default=1, help="graine du tirage")
    options = parser.parse_args(arguments)
    try:
        checks = compare(options.folder, options.clients, options.seed)
    except PortfolioError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(report(checks) + "\n")
    return 0 if all(check.passed for check in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
