"""Training the methods that read texts, fold by fold, into the same runs as the photos'."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from research.backbones import RANDOM
from research.baselines import fold_probabilities
from research.config import Fusion, Sentences, Words
from research.errors import MissingPartError
from research.files import fingerprint, write_npz
from research.manifest import Role
from research.study import (
    Run,
    Study,
    current_run,
    missing_folds,
    read_runs,
    save_alike,
    save_run,
)
from research.texts.classical import sentence_classifier, word_classifier
from research.texts.reading import Text

#: Bump when the way texts are read or trained changes.
PROCEDURE = 1


def train(study: Study, config: Words | Sentences | Fusion, weights: str, folds: Sequence[int]) -> list[Run]:
    """Train the asked folds; those already complete are only read.

    Raises ResearchError: weights of another architecture; MissingPartError: the catalogue has no texts,
    there are no weights, or the members of a fusion were not evaluated.
    """
    texts = study.texts
    if not texts:
        raise MissingPartError(
            f"« {config.label} » lit des textes, et le catalogue n’a pas de colonne product_name remplie : "
            "relancez « prepare » avec le catalogue d’origine."
        )
    if isinstance(config, Words):
        return _train_words(study, config, texts, folds)
    if isinstance(config, Sentences):
        return _train_sentences(study, config, texts, weights, folds)
    from research.texts.fusion import train_fusion

    return train_fusion(study, config, weights, folds)


def open_run(study: Study, name: str, parts: list[Any], weights: str | None) -> Path:
    """The folder of the run that these parts name, made the current one."""
    key = fingerprint([PROCEDURE, *parts, study.catalog.key, study.manifest.key])
    return current_run(study, name, key, weights)


def words_key(texts: Sequence[Text]) -> str:
    """Fingerprint of the texts themselves."""
    return fingerprint([text.whole for text in texts])


def _train_words(study: Study, config: Words, texts: Sequence[Text], folds: Sequence[int]) -> list[Run]:
    folder = open_run(study, config.name, [config.__dict__, words_key(texts)], None)
    if todo := missing_folds(folder, folds):
        started = time.perf_counter()
        whole = np.array([text.whole for text in texts], dtype=object)
        found = fold_probabilities(
            whole, study.catalog.labels, study.manifest, lambda: word_classifier(config)
        )
        seconds = {"tuned": round((time.perf_counter() - started) / study.manifest.folds, 2)}
        save_alike(study, folder, todo, found, {"config": config.__dict__, "history": [], "seconds": seconds})
    return read_runs(study, config.name)


def _settings(config: Sentences) -> dict[str, Any]:
    phases = {name: getattr(config, name) and getattr(config, name).__dict__ for name in ("head", "tuning")}
    return {**config.__dict__, **phases}


def _train_sentences(
    study: Study, config: Sentences, texts: Sequence[Text], weights: str, folds: Sequence[int]
) -> list[Run]:
    from research.texts import encoder as encoders

    whole = [text.whole for text in texts]
    encoder = encoders.encoder(weights, config.opened, whole, study.manifest.seed)
    folder = open_run(study, config.name, [_settings(config), words_key(texts), encoder.weights], weights)
    record = {
        "config": _settings(config),
        "weights": encoder.weights,
        "random_weights": weights == RANDOM,
        "history": [],
    }
    todo = missing_folds(folder, folds)
    if todo and not config.opened:
        vectors = sentence_vectors(study, encoder, whole, config.tokens)
        labels, manifest = study.catalog.labels, study.manifest
        found = fold_probabilities(vectors, labels, manifest, lambda: sentence_classifier(config.strength))
        save_alike(study, folder, todo, found, record)
    elif todo:
        from research.texts.tuning import Lesson, tune_fold

        lesson = Lesson.read(study, config, encoder, whole)
        for fold in tqdm(todo, desc=f"{config.label}, tirages", unit="tirage", disable=None):
            roles = {role: study.manifest.members(fold, role) for role in Role}
            tuned = tune_fold(lesson, roles, study.manifest.seed * 100 + fold)
            extra = {
                "draw": fold,
                "manifest": study.manifest.key,
                "history": tuned.history,
                "seconds": tuned.seconds,
            }
            probabilities = {"frozen": tuned.frozen[None], "tuned": tuned.tuned[None]}
            save_run(folder / f"draw-{fold}", probabilities, {**record, **extra, "epochs": tuned.epochs})
    return read_runs(study, config.name)


def sentence_vectors(study: Study, encoder: Any, texts: Sequence[str], most: int) -> np.ndarray:
    """MiniLM's vectors of these texts, float32 ``(n, width)``, computed once and kept."""
    from research.texts.encoder import embed

    path = study.work / "sentences" / f"{fingerprint([list(texts), encoder.weights, most])}.npz"
    if not path.is_file():
        write_npz(path, {"vectors": embed(encoder, texts, most)})
    with np.load(path) as stored:
        return np.asarray(stored["vectors"])
