"""MiniLM learnt further on the shop's own texts: a classifier first, then together with the last layers.

What lies below the opened layers never changes: its hidden states are computed once for all folds. As for
photos, validation chooses the number of epochs of both phases, and what is tested has then learnt for as many
on training and validation products together.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from research.backbones import answers, infer
from research.catalog import CATEGORIES, one_hot
from research.config import Phase, Sentences
from research.files import fingerprint, write_npz
from research.manifest import Role
from research.study import Study
from research.texts.encoder import Encoder, tokens
from research.training import compile_phase

#: Products that answer at once.
BATCH = 64


@dataclass(frozen=True)
class Lesson:
    """All that the folds share: hidden states below the opened layers ``(n, t, width)`` float16, their mask
    ``(n, t)``, the vectors of the encoder as it is ``(n, width)``, and one-hot labels ``(n, 7)``.
    """

    config: Sentences
    encoder: Encoder
    hidden: np.ndarray
    mask: np.ndarray
    vectors: np.ndarray
    labels: np.ndarray

    @classmethod
    def read(cls, study: Study, config: Sentences, encoder: Encoder, texts: Sequence[str]) -> Lesson:
        """Compute what the folds share, or read it back."""
        ids, mask = tokens(encoder, texts, config.tokens)
        key = fingerprint([ids.tolist(), encoder.weights, config.opened])
        path = study.work / "sentences" / f"hidden-{key}.npz"
        if not path.is_file():
            hidden, vectors = [], []
            for start in range(0, len(ids), config.batch):
                part = slice(start, start + config.batch)
                hidden.append(infer(encoder.trunk, ids[part], mask[part]))
                vectors.append(infer(encoder.top, hidden[-1], mask[part]))
            write_npz(path, {"hidden": np.concatenate(hidden), "vectors": np.concatenate(vectors)})
        with np.load(path) as stored:
            states, found = stored["hidden"].astype(np.float16), stored["vectors"]
        return cls(config, encoder, states, mask, found, one_hot(study.catalog.labels))


@dataclass(frozen=True)
class Tuned:
    """What one fold gave: probabilities ``(n, 7)`` of both phases, a row an epoch, epochs and seconds."""

    frozen: np.ndarray
    tuned: np.ndarray
    history: list[dict[str, Any]]
    epochs: dict[str, int]
    seconds: dict[str, float]


def tune_fold(lesson: Lesson, roles: dict[Role, np.ndarray], seed: int) -> Tuned:
    """Train one fold: to the best validation epochs, then again with the validation products."""
    head, tuning = lesson.config.head, lesson.config.tuning
    assert head is not None, "an opened encoder has both phases"
    assert tuning is not None, "an opened encoder has both phases"
    started = time.perf_counter()
    train, judges, tested = roles[Role.TRAIN], roles[Role.VALIDATION], roles[Role.TEST]
    everyone = np.concatenate([train, judges])
    first = _once(lesson, train, judges, everyone, (head.epochs, tuning.epochs), seed)
    epochs = {name: _best(first[2], name) for name in ("frozen", "tuned")}
    again = _once(lesson, everyone, None, tested, (epochs["frozen"], epochs["tuned"]), seed)
    for found, new in zip(first[:2], again[:2], strict=True):
        found[tested] = new[tested]
    seconds = {"frozen": 0.0, "tuned": round(time.perf_counter() - started, 2)}
    return Tuned(first[0], first[1], first[2], epochs, seconds)


def _best(rows: Sequence[dict[str, Any]], phase: str) -> int:
    """The number of epochs after which a phase had the least validation loss."""
    losses = [row["val_loss"] for row in rows if row["phase"] == phase]
    return int(np.argmin(losses)) + 1


def _once(
    lesson: Lesson,
    members: np.ndarray,
    judges: np.ndarray | None,
    asked: np.ndarray,
    epochs: tuple[int, int],
    seed: int,
) -> tuple[np.ndarray, np.ndarray, list[dict[str, Any]]]:
    """Both phases, giving probabilities ``(n, 7)`` of the products ``asked``, zeros elsewhere.

    The encoder's own weights are put back at the end.
    """
    config, top = lesson.config, lesson.encoder.top
    assert config.head is not None, "an opened encoder has both phases"
    assert config.tuning is not None, "an opened encoder has both phases"
    keras.utils.set_random_seed(seed)
    original = top.get_weights()
    frozen, tuned = (np.zeros((len(lesson.labels), len(CATEGORIES)), np.float32) for _ in range(2))
    try:
        inputs = keras.Input((lesson.encoder.size.width,), name="sentence")
        dropped = keras.layers.Dropout(config.dropout)(inputs)
        classify = keras.layers.Dense(
            len(CATEGORIES), "softmax", kernel_initializer="zeros", name="categories"
        )
        head = keras.Model(inputs, classify(dropped), name="head")
        rows = _fit(head, "frozen", config.head, [lesson.vectors], lesson, members, judges, epochs[0])
        frozen[asked] = infer(head, lesson.vectors[asked])
        top.trainable = True
        whole = keras.Model(top.input, head(top.output))
        states = [lesson.hidden, lesson.mask]
        rows += _fit(whole, "tuned", config.tuning, states, lesson, members, judges, epochs[1])
        tuned[asked] = answers(whole, states, asked, BATCH)
    finally:
        top.set_weights(original)
    return frozen, tuned, rows


def _rows(inputs: list[np.ndarray], members: np.ndarray) -> Any:
    """What a model is fed for these products: an array for one input, a list for several."""
    rows = [values[members] for values in inputs]
    return rows if len(rows) > 1 else rows[0]


def _fit(
    model: keras.Model,
    name: str,
    phase: Phase,
    inputs: list[np.ndarray],
    lesson: Lesson,
    members: np.ndarray,
    judges: np.ndarray | None,
    epochs: int,
) -> list[dict[str, Any]]:
    """One phase of ``epochs`` at most, stopped early where there are ``judges``; one row an epoch."""
    compile_phase(model, phase, smoothing=0)
    asked: dict[str, Any] = {}
    if judges is not None:
        asked["validation_data"] = (_rows(inputs, judges), lesson.labels[judges])
        asked["callbacks"] = [
            keras.callbacks.EarlyStopping("val_loss", patience=phase.patience, restore_best_weights=True)
        ]
    found = model.fit(
        _rows(inputs, members),
        lesson.labels[members],
        batch_size=lesson.config.batch,
        epochs=epochs,
        verbose=0,
        **asked,
    ).history
    return [
        {"phase": name, "epoch": number + 1}
        | {key: round(float(values[number]), 5) for key, values in found.items()}
        for number in range(len(found["loss"]))
    ]
