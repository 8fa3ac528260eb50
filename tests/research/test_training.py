"""The cache and the training: keys, resuming after a kill, what is frozen, errors on the way."""

from __future__ import annotations

import errno
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from research import study as studies
from research import training
from research.backbones import Network, network
from research.baselines import Baseline
from research.cache import FeatureCache, View, entry_key, trunk_features
from research.config import Config, Ensemble
from research.errors import ResearchError
from research.files import read_json, write_bytes, write_json
from research.images import Aspect, Augmentation
from research.manifest import Role
from research.study import Run, Study
from research.training import AGAIN, STATISTICS, Epoch, Lesson, fit_phase, head_model, run_key
from tests.research.conftest import noted_steps

PLAIN = View(Aspect.PAD, 0, Augmentation())
ROOM = 10**9


def test_the_key_changes_with_all_that_values_depend_on(study: Study, untrained: Network) -> None:
    base = entry_key(study.catalog, untrained, View(Aspect.PAD, 2, Augmentation()))
    others = [
        entry_key(study.catalog, untrained, View(Aspect.STRETCH, 2, Augmentation())),
        entry_key(study.catalog, untrained, View(Aspect.PAD, 3, Augmentation())),
        entry_key(study.catalog, untrained, View(Aspect.PAD, 2, Augmentation(rotation=5))),
        entry_key(study.catalog, network("efficientnet_lite0", 64, "random", 0), PLAIN),
        entry_key(study.catalog, network("efficientnet_lite0", 32, "random", 1), PLAIN),
        entry_key(studies.subset(study.catalog, 5), untrained, View(Aspect.PAD, 2, Augmentation())),
    ]
    assert all(other != base for other in others)
    # The plain photo is shared between augmentations.
    rotated = View(Aspect.PAD, 0, Augmentation(rotation=5))
    assert entry_key(study.catalog, untrained, PLAIN) == entry_key(study.catalog, untrained, rotated)


def test_cached_features_are_those_of_the_network_and_are_reused(
    study: Study, untrained: Network, tmp_path: Path
) -> None:
    cache = FeatureCache(tmp_path / "cache", ROOM)
    found = cache.features(study.catalog, untrained, PLAIN)
    expected = trunk_features(untrained, [PLAIN.read(path, 32) for path in study.catalog.paths[:3]])
    assert found.dtype == np.float16
    assert np.allclose(found[:3], expected, atol=1e-2)
    calls: list[int] = []
    cache.features(study.catalog, untrained, PLAIN, calls.append)
    assert calls == []


def test_an_interrupted_extraction_goes_on_where_it_stopped(
    study: Study, untrained: Network, tmp_path: Path
) -> None:
    whole = np.array(FeatureCache(tmp_path / "whole", ROOM).features(study.catalog, untrained, PLAIN))

    def stop(done: int) -> None:
        if done >= 32:
            raise KeyboardInterrupt

    cache = FeatureCache(tmp_path / "cache", ROOM)
    with pytest.raises(KeyboardInterrupt):
        cache.features(study.catalog, untrained, PLAIN, stop)
    resumed: list[int] = []
    found = cache.features(study.catalog, untrained, PLAIN, resumed.append)
    assert resumed[0] == 48
    assert np.array_equal(found, whole)


def test_the_cache_is_bounded_and_drops_the_oldest(study: Study, untrained: Network, tmp_path: Path) -> None:
    size = 70 * int(np.prod(untrained.trunk.output_shape[1:])) * 2 + 128
    cache = FeatureCache(tmp_path / "cache", int(size * 2.5))
    for number in range(3):
        cache.features(study.catalog, untrained, View(Aspect.PAD, number, Augmentation()))
        time.sleep(0.02)
    assert {entry["view"] for entry in cache.entries()} == {1, 2}
    assert len(cache.entries()) == 2
    with pytest.raises(ResearchError, match="augmentez --cache-limit"):
        FeatureCache(tmp_path / "small", 1000).features(study.catalog, untrained, PLAIN)


def test_a_full_disk_is_one_sentence_and_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(b"before")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResearchError, match="Le disque est plein"):
        write_bytes(path, b"after")
    assert path.read_bytes() == b"before"
    assert [one.name for one in tmp_path.iterdir()] == ["file.json"]


def test_an_epoch_is_seeded_and_gives_each_photo_once() -> None:
    views = [np.arange(10)[:, None] + 100 * view for view in range(3)]
    labels = np.arange(10) % 7
    members = np.array([1, 3, 5, 7, 9])
    epoch = Epoch(views, labels, members, 2, seed=5)
    rows = [epoch[number] for number in range(len(epoch))]
    photos = np.concatenate([inputs for inputs, _ in rows]).ravel() % 100
    assert sorted(photos) == members.tolist()
    assert np.array_equal(
        np.concatenate([targets for _, targets in rows]).argmax(1), labels[photos.astype(int)]
    )
    again = Epoch(views, labels, members, 2, seed=5)
    assert np.array_equal(epoch[0][0], again[0][0])


Fitted = tuple[list[dict[str, Any]], list[np.ndarray]]


def fitted(tiny: Config, folder: Path) -> Fitted:
    """Rows and weights of a classifier that learns 15 products for three epochs, judged by five others."""
    features, labels = np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32), np.arange(20) % 7
    members = {Role.TRAIN: np.arange(15), Role.VALIDATION: np.arange(15, 20)}
    folder.mkdir(exist_ok=True)
    keras.utils.set_random_seed(1)
    head = head_model(tiny, np.zeros(8), np.ones(8))
    lesson = Lesson("frozen", [features], labels, members, 0, folder)
    rows = fit_phase(head, replace(tiny.head, epochs=3, patience=3), replace(tiny, batch=4), lesson)
    return rows, head.get_weights()


@pytest.fixture(scope="module")
def unstopped(tiny: Config, tmp_path_factory: pytest.TempPathFactory) -> tuple[Fitted, list[str]]:
    """What `fitted` gives, and the models of which it made a step of training into a graph."""
    with noted_steps() as steps:
        return fitted(tiny, tmp_path_factory.mktemp("unstopped")), steps


def test_the_graph_of_a_step_is_built_once_a_phase(unstopped: tuple[Fitted, list[str]]) -> None:
    (rows, _), steps = unstopped
    assert {"accuracy", "loss", "val_accuracy", "val_loss"} < set(rows[0])
    assert len(rows) == 3
    assert steps == ["head"]


@pytest.fixture(scope="module")
def stopped(tiny: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `fitted` leaves, in a folder by how many epochs its journal has, where it ends before the next.

    Stopped in its third epoch it is in truth; as it was in its second its folder is copied.
    """
    work = tmp_path_factory.mktemp("stopped")

    def stop(path: Path, rows: list[object]) -> None:
        if len(rows) == 3:
            raise KeyboardInterrupt
        if len(rows) == 2:
            shutil.copytree(path.parent, work / "1")
        write_json(path, rows)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "write_json", stop)
        with pytest.raises(KeyboardInterrupt):
            fitted(tiny, work / "2")
    return work


@pytest.mark.parametrize("kept", [1, 2])
def test_stopped_between_its_weights_and_its_journal_a_training_learns_no_epoch_twice(
    tiny: Config, stopped: Path, unstopped: tuple[Fitted, list[str]], tmp_path: Path, kept: int
) -> None:
    shutil.copytree(stopped / str(kept), tmp_path / "stopped")
    before = read_json(tmp_path / "stopped" / "frozen.json")
    assert len(before) == kept
    rows, weights = fitted(tiny, tmp_path / "stopped")
    # Seconds are among what is told of an epoch: it was not done again.
    assert rows[:kept] == before
    (expected, others), _ = unstopped
    assert [row["loss"] for row in rows] == [row["loss"] for row in expected]
    assert all(np.array_equal(one, other) for one, other in zip(weights, others, strict=True))
    names = sorted(path.name for path in (tmp_path / "stopped").iterdir())
    assert names == ["frozen.3.state.weights.h5", "frozen.best.weights.h5", "frozen.json"]


def test_the_epoch_that_validates_best_is_given(
    tiny: Config, stopped: Path, unstopped: tuple[Fitted, list[str]]
) -> None:
    (rows, weights), _ = unstopped
    losses = [row["val_loss"] for row in rows]
    assert losses.index(min(losses)) == 0
    first = head_model(tiny, np.zeros(8), np.ones(8))
    first.load_weights(stopped / "1" / "frozen.1.state.weights.h5")
    assert all(np.array_equal(one, other) for one, other in zip(weights, first.get_weights(), strict=True))


def test_training_leaves_the_base_as_it_was_and_a_complete_record(
    trained: tuple[Study, list[Run]], tiny: Config
) -> None:
    study, runs = trained
    assert [run.fold for run in runs] == [0, 1]
    for run in runs:
        assert run.frozen.shape == run.tuned.shape == (2, len(study.catalog.photos), 7)
        assert np.allclose(run.tuned.sum(-1), 1, atol=1e-4)
        history = run.record["history"]
        assert isinstance(history, list)
        assert [row["phase"] for row in history] == ["frozen"] * 2 + ["tuned"] * 2
        assert run.record["manifest"] == study.manifest.key
        assert run.record["random_weights"] is True


def test_the_tested_network_learnt_from_the_validation_photos_too(
    trained: tuple[Study, list[Run]], tiny: Config
) -> None:
    study, runs = trained
    members = {role: study.manifest.members(0, role) for role in Role}
    (stored,) = (study.work / "pooled").glob("*.npz")
    with np.load(stored) as kept:
        pooled = [kept[f"view{number}"] for number in range(tiny.views)]
    folder = studies.run_folder(study, tiny.name, 0)
    for place, learnt, judged in (
        (folder, [Role.TRAIN], Role.VALIDATION),
        (folder / AGAIN, [Role.TRAIN, Role.VALIDATION], Role.TEST),
    ):
        photos = np.concatenate([members[role] for role in learnt])
        features = np.concatenate([view[photos] for view in pooled])
        with np.load(place / STATISTICS) as kept:
            assert np.allclose(kept["mean"], features.mean(axis=0), atol=1e-6)
            head = head_model(tiny, kept["mean"], kept["variance"])
        head.load_weights(place / "frozen.best.weights.h5")
        given = np.asarray(head(pooled[1][members[judged]]))
        assert np.allclose(runs[0].frozen[1][members[judged]], given, atol=1e-5)
    # As many epochs as validation chose, with nothing left to validate on.
    journal = read_json(folder / AGAIN / "tuned.json")
    assert len(journal) == runs[0].record["epochs"]["tuned"]
    assert not any("val_loss" in row for row in journal)


def test_an_ensemble_averages_what_its_members_answer(trained: tuple[Study, list[Run]], tiny: Config) -> None:
    both = Ensemble("both", "Les deux", (tiny.name, "majority"))
    with pytest.raises(ResearchError, match="lancez d’abord « python -m research train --config majority »"):
        studies.train(trained[0], both, "", [0])
    majority = studies.train(trained[0], Baseline("majority", "Classe majoritaire", "majority"), "", [0])
    (found,) = studies.train(trained[0], both, "", [0])
    expected = (trained[1][0].tuned.mean(axis=0) + majority[0].tuned[0]) / 2
    assert np.allclose(found.averaged("tuned"), expected)


def test_finished_folds_are_not_done_again(trained: tuple[Study, list[Run]], tiny: Config) -> None:
    study, _ = trained
    paths = sorted(study.work.glob("runs/*/*/draw-*/run.json"))
    assert len(paths) >= 2
    before = [path.stat().st_mtime_ns for path in paths]
    studies.train(study, tiny, "random", [0, 1])
    assert [path.stat().st_mtime_ns for path in paths] == before


def test_another_configuration_is_another_run(study: Study, tiny: Config, untrained: Network) -> None:
    keys = {
        run_key(config, untrained, study.catalog, study.manifest)
        for config in (tiny, replace(tiny, dropout=0.1), replace(tiny, smoothing=0.2))
    }
    assert len(keys) == 3


def test_a_killed_training_resumes_and_ends_with_the_same_weights(
    trained_once: Path, tiny: Config, trained: tuple[Study, list[Run]], tmp_path: Path
) -> None:
    """What a kill leaves is what is on the disk: its folder was copied where it would have ended."""
    shutil.copytree(trained_once / "killed", tmp_path / "work")
    study = studies.open_study(tmp_path / "work")
    (journal,) = study.work.glob("runs/*/*/draw-0/tuned.json")
    interrupted = read_json(journal)
    assert len(interrupted) == 1 < tiny.tuning.epochs
    assert studies.read_runs(study, tiny.name) == []
    (resumed,) = studies.train(study, tiny, "random", [0])
    history = resumed.record["history"]
    assert isinstance(history, list)
    assert len(history) == tiny.head.epochs + tiny.tuning.epochs
    # Seconds are among what is told of an epoch: it was not done again.
    assert history[tiny.head.epochs] == interrupted[0]
    # The same training without interruption, in another folder.
    straight = trained[1][0]
    assert np.allclose(straight.tuned, resumed.tuned, atol=1e-5)
    members = study.manifest.members(0, Role.TEST)
    assert np.array_equal(straight.tuned[0][members].argmax(1), resumed.tuned[0][members].argmax(1))


def test_optimizer_state_travels_with_the_saved_epoch(tmp_path: Path) -> None:
    """The resume relies on it: Keras writes the optimiser beside the weights."""

    def build() -> keras.Model:
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        model.compile("rmsprop", "mse")
        model.optimizer.build(model.trainable_variables)
        return model

    first, second = build(), build()
    first.fit(np.ones((4, 3)), np.ones((4, 2)), epochs=2, verbose=0)
    first.save_weights(tmp_path / "state.weights.h5")
    second.load_weights(tmp_path / "state.weights.h5")
    for one, other in zip(first.optimizer.variables, second.optimizer.variables, strict=True):
        assert np.allclose(one, other)
