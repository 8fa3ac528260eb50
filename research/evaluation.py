"""Measuring predictions: accuracies, intervals, tests. Arrays in, JSON-able figures out; no network here.

A *word* below is one digit a fold: the category a photo was given in each fold, whatever its role there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest, norm
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

from research.catalog import CATEGORIES
from research.files import read_json, write_json
from research.manifest import Manifest, Role
from research.study import Run, Study

RESAMPLINGS = 2000
RELIABILITY_BINS = 10
PHASES = ("frozen", "tuned")


@dataclass(frozen=True)
class Predictions:
    """What is published of a configuration, enough to compute every figure again.

    ``labels`` true category numbers ``(n,)``; ``test`` maps a phase to the probabilities ``(n, 7)`` given to
    each photo by the fold that tested it; ``plain`` the same without averaging over views; ``words`` maps a
    phase to category numbers ``(n, folds)``; ``folds`` the folds that were run.
    """

    name: str
    label: str
    identities: tuple[str, ...]
    labels: np.ndarray
    folds: tuple[int, ...]
    tested_in: np.ndarray
    test: dict[str, np.ndarray]
    plain: dict[str, np.ndarray]
    words: dict[str, np.ndarray]

    def to_json(self) -> dict[str, Any]:
        """Compact JSON: probabilities in ten-thousandths, words as strings of digits."""
        rows = []
        for index, identity in enumerate(self.identities):
            row: dict[str, Any] = {"id": identity, "label": int(self.labels[index])}
            row["draw"] = int(self.tested_in[index])
            for phase in PHASES:
                row[phase] = (self.test[phase][index] * 10000).round().astype(int).tolist()
                row[f"{phase}_plain"] = int(self.plain[phase][index].argmax())
                row[f"{phase}_word"] = "".join(str(number) for number in self.words[phase][index])
            rows.append(row)
        return {"name": self.name, "label": self.label, "draws": list(self.folds), "photos": rows}


def gather(study: Study, name: str, label: str, runs: Sequence[Run]) -> Predictions:
    """Bring the folds of a configuration together: each photo's probabilities come from the fold testing it.

    Photos whose test fold was not run are left out of everything.
    """
    manifest, labels = study.manifest, study.catalog.labels
    folds = tuple(run.fold for run in runs)
    tested_in = np.full(len(labels), -1)
    test = {phase: np.zeros((len(labels), len(CATEGORIES))) for phase in PHASES}
    plain = {phase: np.zeros((len(labels), len(CATEGORIES))) for phase in PHASES}
    words = {phase: np.zeros((len(labels), len(runs)), dtype=np.int64) for phase in PHASES}
    for index, run in enumerate(runs):
        members = manifest.members(run.fold, Role.TEST)
        tested_in[members] = run.fold
        for phase in PHASES:
            averaged = run.averaged(phase)
            test[phase][members] = averaged[members]
            plain[phase][members] = getattr(run, phase)[0][members]
            words[phase][:, index] = averaged.argmax(axis=1)
    kept = np.flatnonzero(tested_in >= 0)
    identities = tuple(study.catalog.photos[index].uniq_id for index in kept)
    return Predictions(
        name,
        label,
        identities,
        labels[kept],
        folds,
        tested_in[kept],
        # Figures must be those of the published, rounded probabilities.
        {phase: (values[kept] * 10000).round() / 10000 for phase, values in test.items()},
        {phase: values[kept] for phase, values in plain.items()},
        {phase: values[kept] for phase, values in words.items()},
    )


def read_predictions(value: dict[str, Any]) -> Predictions:
    """Rebuild predictions from the JSON of :meth:`Predictions.to_json`."""
    rows = value["photos"]
    assert isinstance(rows, list)
    size = len(CATEGORIES)
    return Predictions(
        str(value["name"]),
        str(value["label"]),
        tuple(row["id"] for row in rows),
        np.array([row["label"] for row in rows]),
        tuple(value["draws"]),
        np.array([row["draw"] for row in rows]),
        {phase: np.array([row[phase] for row in rows]) / 10000 for phase in PHASES},
        {phase: np.eye(size)[[row[f"{phase}_plain"] for row in rows]] for phase in PHASES},
        {
            phase: np.array([[int(digit) for digit in row[f"{phase}_word"]] for row in rows])
            for phase in PHASES
        },
    )


def accuracies(predictions: Predictions, manifest: Manifest, phase: str) -> dict[str, list[float]]:
    """Accuracy on training, validation and test photos, one figure a fold."""
    order = {identity: number for number, identity in enumerate(sorted(manifest.roles))}
    rows = np.array([order[identity] for identity in predictions.identities])
    position = {row: number for number, row in enumerate(rows)}
    found: dict[str, list[float]] = {role.name.lower(): [] for role in Role}
    for number, fold in enumerate(predictions.folds):
        for role in Role:
            members = [position[m] for m in manifest.members(fold, role) if m in position]
            right = predictions.words[phase][members, number] == predictions.labels[members]
            found[role.name.lower()].append(float(right.mean()))
    return found


def bootstrap(right: np.ndarray, seed: int = 0, resamplings: int = RESAMPLINGS) -> tuple[float, float]:
    """95 % percentile interval of the mean of 0/1 answers ``(n,)``, photos drawn again with replacement."""
    random = np.random.default_rng(seed)
    means = right[random.integers(len(right), size=(resamplings, len(right)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def mcnemar(first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    """Exact McNemar test between two methods' right answers (bool ``(n,)``) on the same photos.

    ``only_first`` and ``only_second`` count the photos that one alone gets right; ``p`` is two-sided.
    """
    only_first, only_second = int((first & ~second).sum()), int((~first & second).sum())
    total = only_first + only_second
    p = binomtest(only_first, total, 0.5).pvalue if total else 1.0
    return {"only_first": only_first, "only_second": only_second, "p": float(p)}


def two_proportions(first: float, second: float, size: int) -> float:
    """Two-sided p-value that two accuracies measured on ``size`` photos each differ by chance alone."""
    pooled = (first + second) / 2
    deviation = np.sqrt(2 * pooled * (1 - pooled) / size)
    return float(2 * norm.sf(abs(first - second) / deviation)) if deviation else 1.0


def reliability(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Announced confidence against accuracy in ten equal bins, and the expected calibration error."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * RELIABILITY_BINS).astype(int), RELIABILITY_BINS - 1)
    rows, error = [], 0.0
    for number in range(RELIABILITY_BINS):
        inside = bins == number
        if inside.any():
            announced, found = float(confidence[inside].mean()), float(right[inside].mean())
            error += abs(announced - found) * float(inside.mean())
            row = {"from": number / RELIABILITY_BINS, "to": (number + 1) / RELIABILITY_BINS}
            rows.append(row | {"photos": int(inside.sum()), "confidence": announced, "accuracy": found})
    return {"bins": rows, "error": error}


def figures(predictions: Predictions, manifest: Manifest) -> dict[str, Any]:
    """Every figure published about a configuration, computed from its published predictions alone."""
    labels = predictions.labels
    numbers = list(range(len(CATEGORIES)))
    phases: dict[str, Any] = {}
    for phase in PHASES:
        probabilities = predictions.test[phase]
        answers = probabilities.argmax(axis=1)
        right = answers == labels
        by_fold = accuracies(predictions, manifest, phase)
        precision, recall, f1, support = precision_recall_fscore_support(
            labels, answers, labels=numbers, zero_division=0
        )
        phases[phase] = {
            "accuracy": {role: float(np.mean(values)) for role, values in by_fold.items()},
            "deviation": {role: float(np.std(values)) for role, values in by_fold.items()},
            "by_draw": by_fold,
            "test_pooled": float(right.mean()),
            "test_interval": bootstrap(right),
            "test_one_view": float((predictions.plain[phase].argmax(axis=1) == labels).mean()),
            "macro_f1": float(f1_score(labels, answers, labels=numbers, average="macro", zero_division=0)),
            "by_category": [
                {
                    "category": category,
                    "precision": float(precision[number]),
                    "recall": float(recall[number]),
                    "f1": float(f1[number]),
                    "photos": int(support[number]),
                }
                for number, category in enumerate(CATEGORIES)
            ],
            "confusion": confusion_matrix(labels, answers, labels=numbers).tolist(),
            "reliability": reliability(probabilities, labels),
        }
    return {"name": predictions.name, "label": predictions.label, "photos": len(labels), "phases": phases}


def right_answers(predictions: Predictions, phase: str = "tuned") -> np.ndarray:
    """Whether each photo was recognised by the fold that tested it, bool ``(n,)``."""
    return np.asarray(predictions.test[phase].argmax(axis=1) == predictions.labels)


def worst_mistakes(predictions: Predictions, count: int = 8) -> list[dict[str, Any]]:
    """The photos given to a wrong category with most confidence, the surest first."""
    probabilities = predictions.test["tuned"]
    answers = probabilities.argmax(axis=1)
    names = list(CATEGORIES)
    wrong = np.flatnonzero(answers != predictions.labels)
    surest = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][:count]
    return [
        {
            "id": predictions.identities[index],
            "truth": names[predictions.labels[index]],
            "answer": names[answers[index]],
            "confidence": float(probabilities[index].max()),
            "truth_probability": float(probabilities[index, predictions.labels[index]]),
        }
        for index in surest
    ]


def evaluate(study: Study, name: str, label: str, runs: Sequence[Run]) -> dict[str, Any]:
    """Compute and write ``work/evaluation/<config>.json`` and ``work/predictions/<config>.json``."""
    predictions = gather(study, name, label, runs)
    write_json(study.work / "predictions" / f"{name}.json", predictions.to_json())
    # Read back: what is published must be what the figures come from.
    published = read_predictions(read_json(study.work / "predictions" / f"{name}.json"))
    found = figures(published, study.manifest)
    found["mistakes"] = worst_mistakes(published)
    found["runs"] = [
        {key: run.record.get(key) for key in ("draw", "history", "seconds", "weights", "random_weights")}
        for run in runs
    ]
    found["config"] = runs[0].record["config"]
    write_json(study.work / "evaluation" / f"{name}.json", found)
    return found
