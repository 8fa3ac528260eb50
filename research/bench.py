"""What the cache saves: the frozen phase trained from cached features, and by plain ``model.fit``.

Both do the same work in the same process: same photos, splits, views, head, optimiser and epochs. The plain
way reads the pixels and runs the whole network at every step; ours does it once per view. The cache starts
empty, and its filling is counted.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from research.backbones import Network, network
from research.cache import FeatureCache, View
from research.config import Config
from research.files import write_json
from research.manifest import Role
from research.study import Study, config_views
from research.training import Epoch, Pictures, Plain, compile_phase, head_model, pooled_features

CACHE_BYTES = int(20e9)


class _Pixels:
    """Pixels of one view of every photo, read from the files when asked for, as a plain run does."""

    def __init__(self, study: Study, built: Network, view: View) -> None:
        self.paths, self.built, self.view = study.catalog.paths, built, view

    def __getitem__(self, photo: int) -> np.ndarray:
        picture = self.view.read(self.paths[photo], self.built.size)
        prepared: np.ndarray = self.built.backbone.preprocess(picture[None])[0]
        return prepared

    def __len__(self) -> int:
        return len(self.paths)


def _fit(
    model: keras.Model,
    config: Config,
    views: Sequence[Pictures],
    study: Study,
    fold: int,
    epochs: int,
) -> float:
    """Train with ``model.fit`` for ``epochs`` and give the accuracy on the test photos (plain view)."""
    compile_phase(model, config.head, config.smoothing)
    labels, manifest = study.catalog.labels, study.manifest
    validation = Plain(views[0], labels, manifest.members(fold, Role.VALIDATION), config.batch)
    train = manifest.members(fold, Role.TRAIN)
    for epoch in range(epochs):
        data = Epoch(views, labels, train, config.batch, seed=fold * 1000 + epoch)
        model.fit(data, validation_data=validation, initial_epoch=epoch, epochs=epoch + 1, verbose=0)
    test = Plain(views[0], labels, manifest.members(fold, Role.TEST), config.batch)
    return float(model.evaluate(test, verbose=0, return_dict=True)["accuracy"])


class _Cached(NamedTuple):
    """What the cache's way took, and the statistics with which each fold's head normalises features."""

    seconds: float
    filling: float
    accuracy: float
    heads: list[tuple[np.ndarray, np.ndarray]]


def _cached(study: Study, config: Config, built: Network, chosen: Sequence[int], epochs: int) -> _Cached:
    """Fill the cache, then train each fold's head on the features in it."""
    with tempfile.TemporaryDirectory(dir=study.work) as folder:
        start = time.perf_counter()
        cache = FeatureCache(Path(folder), CACHE_BYTES)
        cut = [cache.features(study.catalog, built, view) for view in config_views(config)]
        pooled = pooled_features(built, cut)
        filled = time.perf_counter() - start
        heads, accuracies = [], []
        for fold in chosen:
            keras.utils.set_random_seed(fold)
            members = study.manifest.members(fold, Role.TRAIN)
            features = np.concatenate([view[members] for view in pooled])
            heads.append((features.mean(axis=0), features.var(axis=0)))
            accuracies.append(_fit(head_model(config, *heads[-1]), config, pooled, study, fold, epochs))
        return _Cached(time.perf_counter() - start, filled, float(np.mean(accuracies)), heads)


def _plain(
    study: Study,
    config: Config,
    built: Network,
    heads: Mapping[int, tuple[np.ndarray, np.ndarray]],
    epochs: int,
) -> tuple[float, float]:
    """Seconds and accuracy of plain `model.fit` on the pixels, for the same folds and heads."""
    pixels = [_Pixels(study, built, view) for view in config_views(config)]
    accuracies = []
    start = time.perf_counter()
    for fold, (mean, variance) in heads.items():
        keras.utils.set_random_seed(fold)
        whole = keras.layers.GlobalAveragePooling2D()(built.base.output)
        model = keras.Model(built.base.input, head_model(config, mean, variance)(whole))
        accuracies.append(_fit(model, config, pixels, study, fold, epochs))
    return time.perf_counter() - start, float(np.mean(accuracies))


def bench_config(
    study: Study, config: Config, weights: str, folds: Sequence[int] | None, epochs: int
) -> dict[str, float]:
    """Measure both ways over the asked folds and write ``work/bench.json``.

    Raises ResearchError: weights of another architecture, unreadable photo or full disk.
    """
    chosen = list(folds) if folds is not None else list(range(study.manifest.folds))
    built = network(config.backbone, config.size, weights, study.manifest.seed)
    cached = _cached(study, config, built, chosen, epochs)
    heads = dict(zip(chosen, cached.heads, strict=True))
    plain_seconds, plain_accuracy = _plain(study, config, built, heads, epochs)
    found: dict[str, float] = {
        "photos": len(study.catalog.photos),
        "tested": sum(len(study.manifest.members(fold, Role.TEST)) for fold in chosen),
        "draws": len(chosen),
        "epochs": epochs,
        "views": config.views,
        "size": config.size,
        "plain_seconds": plain_seconds,
        "cached_seconds": cached.seconds,
        "filling_seconds": cached.filling,
        "ratio": plain_seconds / cached.seconds,
        "ratio_filled": plain_seconds / (cached.seconds - cached.filling),
        "plain_accuracy": plain_accuracy,
        "cached_accuracy": cached.accuracy,
    }
    write_json(study.work / "bench.json", found | {"config": config.name, "label": config.label})
    return found
