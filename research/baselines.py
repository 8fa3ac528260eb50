"""Two ways of answering that cost nothing, so that the networks' accuracies mean something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from research.catalog import CATEGORIES, Catalog
from research.images import Aspect, decode, frame
from research.manifest import Manifest, Role


@dataclass(frozen=True)
class Baseline:
    """A method without a network. ``kind`` is ``"majority"`` or ``"histogram"``.

    ``bins`` a channel of the joint colour histogram; ``strength`` the logistic regression's C.
    """

    name: str
    label: str
    kind: str
    bins: int = 6
    strength: float = 0.01


def colour_histogram(path: Path, bins: int, side: int = 96) -> np.ndarray:
    """Joint RGB histogram of a photo, square roots of the shares, float64 ``(bins ** 3,)``."""
    values = np.asarray(frame(decode(path), side, Aspect.PAD)).reshape(-1, 3)
    counts, _ = np.histogramdd(values, bins=bins, range=[(0, 256)] * 3)
    return np.sqrt(counts.ravel() / len(values))


def baseline_probabilities(baseline: Baseline, catalog: Catalog, manifest: Manifest) -> list[np.ndarray]:
    """For each fold, probabilities of all photos, float64 ``(n, 7)``; those of the test were not learnt."""
    labels = catalog.labels
    if baseline.kind == "histogram":
        paths = tqdm(catalog.paths, desc="Histogrammes de couleurs", unit="photo", disable=None)
        inputs = np.stack([colour_histogram(path, baseline.bins) for path in paths])
    else:
        inputs = np.zeros((len(labels), 1))
    return fold_probabilities(inputs, labels, manifest, lambda: _classifier(baseline))


def fold_probabilities(
    inputs: Any, labels: np.ndarray, manifest: Manifest, make: Callable[[], Any]
) -> list[np.ndarray]:
    """For each fold, probabilities of all products, float64 ``(n, 7)``, by classifiers of scikit-learn.

    ``inputs`` is anything that has ``take`` (an array of rows or of texts, a frame); ``make`` gives a new
    classifier.
    """
    found = []
    for fold in range(manifest.folds):
        members = {role: manifest.members(fold, role) for role in Role}
        probabilities = np.zeros((len(labels), len(CATEGORIES)))
        # Like the networks: judged by validation first, then learnt again with it to be tested.
        for learnt, judged in (
            ([Role.TRAIN], [Role.TRAIN, Role.VALIDATION]),
            ([Role.TRAIN, Role.VALIDATION], [Role.TEST]),
        ):
            indices = np.concatenate([members[role] for role in learnt])
            model = make().fit(inputs.take(indices, axis=0), labels[indices])
            asked = np.concatenate([members[role] for role in judged])
            probabilities[np.ix_(asked, model.classes_)] = model.predict_proba(inputs.take(asked, axis=0))
        found.append(probabilities)
    return found


def _classifier(baseline: Baseline) -> Pipeline | DummyClassifier:
    if baseline.kind == "histogram":
        return make_pipeline(StandardScaler(), LogisticRegression(C=baseline.strength, max_iter=2000))
    return DummyClassifier(strategy="prior")
