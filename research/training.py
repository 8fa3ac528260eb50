"""Training what is open, from the features of what is not.

For one fold: the head (standardisation, dropout, dense) learns on the frozen features, then the top of
the network is opened and both learn together, batch-normalisation layers kept frozen. Validation photos
choose the number of epochs of both phases; then all is learnt again for as many, on training and validation
photos together, and it is that network that is tested. Everything goes through ``keras.Model.fit``, one call
an epoch, and the state is saved after each: a run that was killed goes on at the epoch where it stopped.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
from tqdm import tqdm

from research.backbones import Network, answers, infer
from research.catalog import CATEGORIES, Catalog, one_hot
from research.config import Config, Phase
from research.errors import ResearchError, writing
from research.files import fingerprint, read_json, write_json, write_npz
from research.manifest import Manifest, Role

#: Variance below which a feature counts as constant: it is then left unscaled. Where all features are small,
#: as those of random weights are, the share of the largest variance counts.
FLAT, FLAT_SHARE = 1e-6, 1e-3
#: File beside a fold's weights: the statistics its head standardises with.
STATISTICS = "standardise.npz"
#: Folder, in a fold's own, of what was learnt again on training and validation photos.
AGAIN = "refit"
OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "rmsprop": keras.optimizers.RMSprop,
}
#: Bump when the way a fold is trained changes, so that older runs are not taken for new ones.
PROCEDURE = 3


class Pictures(Protocol):
    """One view of every photo, read by its position: an array, or what makes it when asked."""

    def __getitem__(self, photo: int, /) -> np.ndarray: ...

    def __len__(self) -> int: ...


class Epoch(keras.utils.PyDataset):  # type: ignore[misc]  # Keras is untyped for mypy
    """One epoch: the photos in random order, each through one of its views drawn at random.

    ``views`` are arrays ``(n, …)``, one a view; ``members`` the positions to learn from. The draw depends
    only on ``seed`` (give one per epoch), so an epoch that is done again is the same.
    """

    def __init__(
        self, views: Sequence[Pictures], labels: np.ndarray, members: np.ndarray, batch: int, seed: int
    ) -> None:
        super().__init__()
        random = np.random.default_rng(seed)
        self.views, self.targets, self.batch = views, one_hot(labels), batch
        self.order = random.permutation(members)
        self.chosen = random.integers(len(views), size=len(self.order))

    def __len__(self) -> int:
        return -(-len(self.order) // self.batch)

    def __getitem__(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        part = slice(number * self.batch, (number + 1) * self.batch)
        photos, chosen = self.order[part], self.chosen[part]
        pictures = [self.views[view][photo] for photo, view in zip(photos, chosen, strict=True)]
        return np.stack(pictures).astype(np.float32), self.targets[photos]


class Plain(Epoch):
    """The plain view of some photos in their own order: what is validated on."""

    def __init__(self, plain: Pictures, labels: np.ndarray, members: np.ndarray, batch: int) -> None:
        super().__init__([plain], labels, members, batch, seed=0)
        self.order = members


@dataclass(frozen=True)
class Trained:
    """What one fold gave.

    ``history`` one row an epoch, before learning again; ``probabilities`` maps ``"frozen"`` and ``"tuned"``
    to arrays ``(views, n, 7)`` for all photos, those of the test by the network that learnt again; ``epochs``
    maps each phase to the number that validation chose, ``seconds`` to its duration.
    """

    history: list[dict[str, Any]]
    probabilities: dict[str, np.ndarray]
    epochs: dict[str, int]
    seconds: dict[str, float]


def pooled_features(network: Network, views: Sequence[np.ndarray], batch: int = 64) -> list[np.ndarray]:
    """Average-pooled final features of each view, float32 ``(n, channels)``, with the top as it is."""
    pool = keras.Model(
        network.top.input, keras.layers.GlobalAveragePooling2D(name="pool")(network.top.output)
    )
    pooled = []
    for view in tqdm(views, desc="Caractéristiques finales", unit="vue", disable=None):
        starts = range(0, len(view), batch)
        rows = [infer(pool, view[at : at + batch].astype(np.float32)) for at in starts]
        pooled.append(np.concatenate(rows))
    return pooled


def head_model(config: Config, mean: np.ndarray, variance: np.ndarray) -> keras.Model:
    """Untrained head: standardise with ``mean`` and ``variance`` ``(channels,)``, drop out, classify.

    Input ``(channels,)``, output 7 probabilities.
    """
    flat = min(FLAT, FLAT_SHARE * float(variance.max()))
    scale = keras.layers.Normalization(
        mean=mean, variance=np.where(variance <= flat, 1.0, variance), name="standardise"
    )
    penalty = keras.regularizers.L2(config.l2) if config.l2 else None
    classify = keras.layers.Dense(
        len(CATEGORIES), "softmax", kernel_regularizer=penalty, kernel_initializer="zeros", name="categories"
    )
    inputs = keras.Input((len(mean),), name="pooled")
    dropped = keras.layers.Dropout(config.dropout, name="dropout")(scale(inputs))
    return keras.Model(inputs, classify(dropped), name="head")


def open_top(network: Network, head: keras.Model) -> keras.Model:
    """The trainable upper half: opened top (batch-normalisation frozen), pooling, then ``head``."""
    network.base.trainable = True
    for layer in network.base.layers:
        opened = not isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = opened and layer in network.top.layers
    pooled = keras.layers.GlobalAveragePooling2D(name="pool")(network.top.output)
    return keras.Model(network.top.input, head(pooled), name=f"{network.backbone.name}_top")


def compile_phase(model: keras.Model, phase: Phase, smoothing: float) -> None:
    """Give ``model`` the optimiser of a phase and the categorical cross-entropy."""
    model.compile(
        OPTIMIZERS[phase.optimizer](phase.rate),
        keras.losses.CategoricalCrossentropy(label_smoothing=smoothing),
        # By its name it would be made within the first step, and the second build the step's graph again.
        metrics=[keras.metrics.CategoricalAccuracy("accuracy")],
        # XLA compiles each new shape for longer than these small models take to train on a processor.
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)


@dataclass(frozen=True)
class Lesson:
    """One phase of one fold: its name, what is learnt from, the seed, and where it is written.

    views: pictures or features of each view, all photos; labels: one-hot; members: photos of each role.
    """

    name: str
    views: Sequence[np.ndarray]
    labels: np.ndarray
    members: dict[Role, np.ndarray]
    seed: int
    folder: Path


def fit_phase(model: keras.Model, phase: Phase, config: Config, lesson: Lesson) -> list[dict[str, Any]]:
    """Train ``model`` in place to its best validation epoch; resumes from the folder after a kill.

    Without validation photos among the members it is trained for all the epochs of ``phase``. Returns one row
    an epoch: phase, epoch, loss and accuracy on training and validation photos, seconds.
    """
    compile_phase(model, phase, config.smoothing)
    journal, best = (lesson.folder / f"{lesson.name}.{end}" for end in ("json", "best.weights.h5"))

    def state(epochs: int) -> Path:
        return lesson.folder / f"{lesson.name}.{epochs}.state.weights.h5"

    rows: list[dict[str, Any]] = read_json(journal) if journal.is_file() else []
    if rows and state(len(rows)).is_file():
        model.load_weights(state(len(rows)))
    else:
        rows = []
    judges = lesson.members.get(Role.VALIDATION)
    validation = None if judges is None else Plain(lesson.views[0], lesson.labels, judges, config.batch)
    with tqdm(
        total=phase.epochs, initial=len(rows), desc=f"  {lesson.name}", unit="époque", disable=None
    ) as bar:
        while len(rows) < phase.epochs and not _stalled(rows, phase.patience):
            rows.append(_epoch(model, config, lesson, validation, len(rows)))
            # Beside those that the journal vouches for: killed here, they would be an epoch ahead of it.
            _save(state(len(rows)), model.save_weights)
            if _best(rows) == len(rows) - 1:
                # A copy takes a fraction of what writing the same again does.
                _save(best, partial(shutil.copyfile, state(len(rows))))
            write_json(journal, rows)
            state(len(rows) - 1).unlink(missing_ok=True)
            bar.update()
            row = rows[-1]
            bar.set_postfix({name: row[name] for name in ("val_loss", "val_accuracy") if name in row})
    if not rows or _best(rows) < len(rows) - 1:
        model.load_weights(best)
    return rows


def _epoch(
    model: keras.Model, config: Config, lesson: Lesson, validation: Plain | None, number: int
) -> dict[str, Any]:
    """Train one epoch, whose order of photos follows from its number; give its row."""
    start, seed = time.perf_counter(), lesson.seed * 1000 + number
    keras.utils.set_random_seed(seed)
    for place, layer in enumerate(_dropouts(model)):
        # How often it was used is not among the weights: gone on with, it would drop others than unstopped.
        layer.seed_generator.state.assign([seed % 2**32, place])
    epoch = Epoch(lesson.views, lesson.labels, lesson.members[Role.TRAIN], config.batch, seed)
    record = model.fit(
        epoch, validation_data=validation, initial_epoch=number, epochs=number + 1, verbose=0
    ).history
    row: dict[str, Any] = {"phase": lesson.name, "epoch": number + 1}
    row |= {key: round(float(values[0]), 5) for key, values in record.items()}
    return row | {"seconds": round(time.perf_counter() - start, 3)}


def _dropouts(model: keras.Model) -> Iterator[keras.layers.Dropout]:
    """The dropout layers of a model and of the models in it."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _dropouts(layer)
        elif isinstance(layer, keras.layers.Dropout):
            yield layer


def _best(rows: Sequence[dict[str, Any]]) -> int:
    """Place of the epoch with the least validation loss; the last one where nothing was validated."""
    losses = [float(row["val_loss"]) for row in rows if "val_loss" in row]
    return int(np.argmin(losses)) if losses else len(rows) - 1


def _stalled(rows: Sequence[dict[str, Any]], patience: int) -> bool:
    return bool(rows) and len(rows) - 1 - _best(rows) >= patience


def _save(path: Path, write: Callable[[Path], object]) -> None:
    part = path.with_name(f"part-{path.name}")
    with writing(path):
        write(part)
        part.replace(path)


def predict(
    model: keras.Model, views: Sequence[np.ndarray], others: np.ndarray, batch: int = 64
) -> np.ndarray:
    """Probabilities of every photo through each view, float32 ``(views, n, 7)``.

    Only the photos at positions ``others`` go through all views; the others keep their plain view's
    probabilities in every row.
    """
    found = np.repeat(answers(model, views[:1], np.arange(len(views[0])), batch)[None], len(views), axis=0)
    for number, view in enumerate(views[1:], start=1):
        found[number, others] = answers(model, [view], others, batch)
    return found


def train_fold(
    config: Config,
    network: Network,
    views: Sequence[np.ndarray],
    pooled: Sequence[np.ndarray],
    catalog: Catalog,
    manifest: Manifest,
    fold: int,
    folder: Path,
) -> Trained:
    """Train one fold in ``folder``: to the best validation epochs, then again with the validation photos.

    Raises ResearchError: the disk is full, or the loss stopped being a number.
    """
    members = {role: manifest.members(fold, role) for role in Role}
    learnt = {role: members[role] for role in (Role.TRAIN, Role.VALIDATION)}
    everyone = np.concatenate(list(learnt.values()))
    seed = manifest.seed * 100 + fold
    data = _Data(network, views, pooled, catalog.labels)
    history, probabilities = _train_once(config, data, learnt, members[Role.VALIDATION], seed, folder)
    rows = {name: [row for row in history if row["phase"] == name] for name in ("frozen", "tuned")}
    epochs = {name: _best(found) + 1 if found else 0 for name, found in rows.items()}
    again = replace(
        config,
        head=replace(config.head, epochs=epochs["frozen"]),
        tuning=replace(config.tuning, epochs=epochs["tuned"]),
    )
    _, tested = _train_once(again, data, {Role.TRAIN: everyone}, members[Role.TEST], seed, folder / AGAIN)
    for name, found in probabilities.items():
        found[:, members[Role.TEST]] = tested[name][:, members[Role.TEST]]
    if not all(np.isfinite(found).all() for found in probabilities.values()):
        raise ResearchError(
            f"L’entraînement de {config.label} a divergé : baissez son pas d’apprentissage (rate)."
        )
    seconds = {name: round(sum(float(row["seconds"]) for row in found), 2) for name, found in rows.items()}
    return Trained(history, probabilities, epochs, seconds)


@dataclass(frozen=True)
class _Data:
    """A network and what it made of the photos: cut features of each view, the same pooled, and labels."""

    network: Network
    views: Sequence[np.ndarray]
    pooled: Sequence[np.ndarray]
    labels: np.ndarray


def _train_once(
    config: Config, data: _Data, members: dict[Role, np.ndarray], judged: np.ndarray, seed: int, folder: Path
) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """Both phases, in ``folder``; the base's own weights are put back at the end.

    Returns the history and the probabilities of all photos, those at ``judged`` through every view.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(seed)
    top, original = data.network.top, data.network.top.get_weights()
    averaged = slice(0, config.averaged)
    features = np.concatenate([view[members[Role.TRAIN]] for view in data.pooled])
    mean, variance = features.mean(axis=0), features.var(axis=0)
    write_npz(folder / STATISTICS, {"mean": mean, "variance": variance})
    head = head_model(config, mean, variance)

    def fit(model: keras.Model, phase: Phase, name: str, views: Sequence[np.ndarray]) -> list[dict[str, Any]]:
        lesson = Lesson(name, views, data.labels, members, seed, folder)
        return fit_phase(model, phase, config, lesson)

    try:
        history = fit(head, config.head, "frozen", data.pooled)
        frozen = predict(head, data.pooled[averaged], judged)
        tuned = frozen.copy()
        if config.tuning.epochs:
            whole = open_top(data.network, head)
            history += fit(whole, config.tuning, "tuned", data.views)
            tuned = predict(whole, data.views[averaged], judged)
    finally:
        top.set_weights(original)
        data.network.base.trainable = False
    return history, {"frozen": frozen, "tuned": tuned}


def run_key(config: Config, network: Network, catalog: Catalog, manifest: Manifest) -> str:
    """Fingerprint of a run: a changed configuration, weights, photos or split is another run."""
    return fingerprint([PROCEDURE, config.to_json(), network.weights, catalog.key, manifest.key])
