"""Text and photo together: how much to trust each is learnt on products other than the tested ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler, normalize

from research import config as configs
from research.backbones import RANDOM, network
from research.config import Config, Fusion, Sentences, Words
from research.errors import MissingPartError, ResearchError
from research.evaluation import Predictions, read_predictions
from research.files import read_json
from research.manifest import Role
from research.study import Run, Study, load_views, missing_folds, read_runs, save_alike
from research.texts.classical import MOST_STEPS, counter
from research.texts.runs import open_run, sentence_vectors

#: Published probabilities are in ten-thousandths: less than one is not nothing.
LEAST = 1e-4
#: More trust than this in one method only sharpens what it already says.
MOST_TRUST = 5.0
THRESHOLDS = tuple(round(0.3 + 0.02 * step, 2) for step in range(36))


def photo_member(study: Study, config: Fusion) -> str | None:
    """The evaluated network that reads photos for a fusion: its own, or else the one that validates best."""
    found = {}
    for path in sorted((study.work / "evaluation").glob("*.json")):
        if path.stem in configs.names() and isinstance(configs.load(path.stem), Config):
            if path.stem == config.photo:
                return path.stem
            if not path.stem.startswith("framing_"):
                found[path.stem] = read_json(path)["phases"]["tuned"]["accuracy"]["validation"]
    return max(found, key=lambda name: found[name], default=None)


def member_predictions(study: Study, config: Fusion) -> dict[str, Predictions]:
    """The published predictions of the members that have some, those of the photo's network last.

    Raises ResearchError: no text method or no photo network was evaluated, or products were not tested.
    """
    photo = photo_member(study, config)
    found = {}
    for name in (*config.members, *([photo] if photo else [])):
        path = study.work / "predictions" / f"{name}.json"
        if path.is_file():
            found[name] = read_predictions(read_json(path))
    if not photo or len(found) < 2:
        raise MissingPartError(
            f"« {config.label} » réunit des méthodes mesurées : entraînez et mesurez d’abord un réseau de "
            "photos et une méthode de texte au moins (« train », puis « evaluate »)."
        )
    wanted = tuple(photo.uniq_id for photo in study.catalog.photos)
    for name, predictions in found.items():
        if predictions.identities != wanted:
            raise ResearchError(
                f"« {name} » n’a pas testé tous les produits : lancez « train » sur tous les tirages."
            )
    return found


def logs(predictions: Sequence[Predictions]) -> np.ndarray:
    """Logarithms of the probabilities that the tested products were given, ``(members, n, 7)``."""
    return np.asarray(np.log(np.clip([one.test["tuned"] for one in predictions], LEAST, 1.0)))


def fuse(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Probabilities ``(n, 7)`` from logarithms ``(members, n, 7)``, each member counted with its weight."""
    summed = np.tensordot(weights, values, axes=1)
    raised = np.exp(summed - summed.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def learn_weights(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The weights, none below zero, that make the right answers of these products likeliest."""

    def loss(weights: np.ndarray) -> float:
        chances = fuse(values, weights)[np.arange(len(labels)), labels]
        return float(-np.log(np.clip(chances, 1e-12, 1)).mean())

    start = np.full(len(values), 1 / len(values))
    return np.asarray(minimize(loss, start, method="L-BFGS-B", bounds=[(0, MOST_TRUST)] * len(values)).x)


def learn_threshold(text: np.ndarray, both: np.ndarray, labels: np.ndarray) -> float:
    """The confidence below which the photo is asked; of those that serve as well, the one asking least."""
    right = [float((unsure(text, both, at).argmax(axis=1) == labels).mean()) for at in THRESHOLDS]
    return THRESHOLDS[int(np.argmax(right))]


def unsure(text: np.ndarray, both: np.ndarray, threshold: float) -> np.ndarray:
    """The text's probabilities where it is sure enough, those of text and photo elsewhere."""
    return np.where(text.max(axis=1, keepdims=True) < threshold, both, text)


def train_fusion(study: Study, config: Fusion, weights: str, folds: Sequence[int]) -> list[Run]:
    """Learn the asked folds of a fusion.

    Raises ResearchError: members that were not evaluated, or missing weights.
    """
    if config.kind == "features":
        return _train_features(study, config, weights, folds)
    members = member_predictions(study, config)
    values, labels = logs(list(members.values())), study.catalog.labels
    settings = [config.__dict__, [one.to_json() for one in members.values()]]
    folder = open_run(study, config.name, settings, None)
    words = list(range(len(members) - 1))
    for fold in missing_folds(folder, folds):
        # What a product was given comes from the fold that tested it. The weights of this fold learn from the
        # products that other folds test, never from its own.
        learnt = np.concatenate(
            [study.manifest.members(fold, role) for role in (Role.TRAIN, Role.VALIDATION)]
        )
        trust = learn_weights(values[:, learnt], labels[learnt])
        found = fuse(values, trust)
        extra: dict[str, Any] = {
            "trust": dict(zip(members, (round(float(w), 4) for w in trust), strict=True))
        }
        if config.kind == "unsure":
            alone = learn_weights(values[words][:, learnt], labels[learnt])
            text = fuse(values[words], alone)
            threshold = learn_threshold(text[learnt], found[learnt], labels[learnt])
            tested = study.manifest.members(fold, Role.TEST)
            extra |= {"threshold": threshold, "asked": int((text[tested].max(axis=1) < threshold).sum())}
            found = unsure(text, found, threshold)
        record = {"config": config.__dict__, "history": [], **extra}
        save_alike(study, folder, [fold], {fold: found}, record)
    return read_runs(study, config.name)


def photo_features(study: Study, name: str, weights: str) -> np.ndarray:
    """Pooled features of the plain photo by the network of configuration ``name``, float32 ``(n, channels)``.

    ``weights`` is ``"random"`` or a folder of ``<network>_notop.weights.h5`` files.

    Raises MissingPartError: the folder has none for this network.
    """
    config = configs.load(name)
    assert isinstance(config, Config)
    path = weights if weights == RANDOM else str(Path(weights) / f"{config.backbone}_notop.weights.h5")
    if path != RANDOM and not Path(path).is_file():
        raise MissingPartError(
            f"Les poids de {config.label} manquent : donnez à --weights le dossier qui contient "
            f"« {Path(path).name} »."
        )
    base = network(config.backbone, config.size, path, study.manifest.seed)
    return load_views(study, replace(config, views=1, averaged=1), base)[1][0]


class Blocks:
    """Words, sentence vectors and photo features side by side, each brought to unit length.

    ``dense`` are arrays ``(n, width)``. An instance learns from positions of products, with scikit-learn's
    ``fit`` and ``predict_proba``; ``texts`` can be replaced between the two, to ask what other words give.
    """

    def __init__(
        self, words: Words | None, texts: Sequence[str], dense: Sequence[np.ndarray], strength: float
    ) -> None:
        self.texts, self.dense = np.array(texts, dtype=object), list(dense)
        self.counter = counter(words) if words else None
        self.model = LogisticRegression(C=strength, max_iter=MOST_STEPS)

    def fit(self, members: np.ndarray, labels: np.ndarray) -> Blocks:
        """Learn from the products at these positions."""
        self.scales = [StandardScaler().fit(values[members]) for values in self.dense]
        if self.counter:
            self.counter.fit(self.texts[members])
        self.model.fit(self._rows(members), labels)
        self.classes_ = self.model.classes_
        return self

    def predict_proba(self, members: np.ndarray) -> np.ndarray:
        """Probabilities of the products at these positions, ``(n, classes)``."""
        return np.asarray(self.model.predict_proba(self._rows(members)))

    def _rows(self, members: np.ndarray) -> csr_matrix:
        scaled = zip(self.scales, self.dense, strict=True)
        blocks = [csr_matrix(normalize(scale.transform(values[members]))) for scale, values in scaled]
        if self.counter:
            blocks.insert(0, self.counter.transform(self.texts[members]))
        return csr_matrix(hstack(blocks))


def _train_features(study: Study, config: Fusion, weights: str, folds: Sequence[int]) -> list[Run]:
    from research.baselines import fold_probabilities
    from research.texts.encoder import encoder

    whole = [text.whole for text in study.texts]
    folder = open_run(study, config.name, [config.__dict__, whole, weights], weights)
    if todo := missing_folds(folder, folds):
        words = next(found for found in map(configs.load, config.members) if isinstance(found, Words))
        sentences = next(found for found in map(configs.load, config.members) if isinstance(found, Sentences))
        vectors = sentence_vectors(
            study, encoder(weights, 0, whole, study.manifest.seed), whole, sentences.tokens
        )
        dense = [vectors, photo_features(study, config.photo, weights)]
        positions = np.arange(len(whole))
        found = fold_probabilities(
            positions,
            study.catalog.labels,
            study.manifest,
            lambda: Blocks(words, whole, dense, config.strength),
        )
        record = {"config": config.__dict__, "history": [], "random_weights": weights == RANDOM}
        save_alike(study, folder, todo, found, record)
    return read_runs(study, config.name)
