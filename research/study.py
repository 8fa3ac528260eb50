"""The working folder of a study, and its first two steps: preparing the photos, training.

``work/`` holds ``catalog.json``, ``manifest.json``, ``cache/`` (features) and
``runs/<config>/<fingerprint>/draw-<k>/`` (journals, best weights, ``predictions.npz``, ``run.json``).
``run.json`` is written last: a fold that has one is complete and is not done again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from research.backbones import Network, network
from research.baselines import Baseline, baseline_probabilities
from research.cache import FeatureCache, View
from research.catalog import CATEGORIES, Catalog, from_json, read_catalog
from research.config import Config, Ensemble, Fusion, Method, Sentences, Words
from research.errors import MissingPartError, ResearchError
from research.estimate import announce
from research.files import fingerprint, read_json, sha256, write_json, write_npz
from research.manifest import Manifest, draw_splits, read_manifest
from research.texts.reading import (
    Text,
    kept_together,
    load_texts,
    read_texts,
    save_texts,
    stored_texts,
    unnamed,
)
from research.training import PROCEDURE, Trained, pooled_features, run_key, train_fold

DEFAULT_WORK = Path("research/work")
TEXTS = "texts.json"
DEFAULT_CACHE_GIGABYTES = 12.0


@dataclass(frozen=True)
class Study:
    """A prepared study: where it works, its photos and its splits."""

    work: Path
    catalog: Catalog
    manifest: Manifest

    @property
    def texts(self) -> list[Text]:
        """The texts of the products, in the order of the photos; none where the catalogue has no names."""
        return load_texts(self.work / TEXTS, [photo.uniq_id for photo in self.catalog.photos])

    @property
    def nameless(self) -> list[str]:
        """The products that keep the others' texts from being read; none where the catalogue has no names."""
        stored = stored_texts(self.work / TEXTS)
        return unnamed(stored, [photo.uniq_id for photo in self.catalog.photos]) if stored else []


@dataclass(frozen=True)
class Run:
    """One finished fold of one configuration.

    ``frozen`` and ``tuned`` are probabilities ``(views, n, 7)`` of every photo (baselines have one view
    and ``tuned`` equal to ``frozen``); ``record`` holds history, seconds, weights and settings.
    """

    fold: int
    frozen: np.ndarray
    tuned: np.ndarray
    record: dict[str, Any]

    def averaged(self, phase: str) -> np.ndarray:
        """Probabilities averaged over the cached views, ``(n, 7)``."""
        return np.asarray(getattr(self, phase).mean(axis=0))


def prepare(
    table: Path, photos: Path, work: Path, seed: int, sample: int = 0, demonstration: bool = False
) -> Study:
    """Read the catalogue, report what is wrong with it, draw the splits and write both.

    ``sample`` keeps that many photos of each category (0 keeps all).

    Raises ResearchError: the csv, the folder or the photos cannot be used.
    """
    catalog = read_catalog(table, photos, demonstration)
    if sample:
        catalog = subset(catalog, sample)
    identities = [photo.uniq_id for photo in catalog.photos]
    texts = read_texts(table)
    whole = [] if unnamed(texts, identities) else [texts[identity].whole for identity in identities]
    groups = tuple(kept_together(catalog.groups, whole))
    # Written once all went well: the texts of another catalogue are none of the study that stands there.
    manifest = draw_splits(replace(catalog, groups=groups), seed)
    save_texts(work / TEXTS, texts, identities)
    write_json(work / "catalog.json", catalog.to_json() | {"folder": str(photos.resolve())})
    manifest.save(work / "manifest.json")
    return Study(work, catalog, manifest)


def subset(catalog: Catalog, sample: int) -> Catalog:
    """The first ``sample`` photos of each category, in ``uniq_id`` order."""
    seen = dict.fromkeys(CATEGORIES, 0)
    kept = []
    for position, photo in enumerate(catalog.photos):
        seen[photo.category] += 1
        if seen[photo.category] <= sample:
            kept.append(position)
    return replace(
        catalog,
        photos=tuple(catalog.photos[position] for position in kept),
        groups=tuple(catalog.groups[position] for position in kept),
    )


def open_study(work: Path) -> Study:
    """Open a prepared working folder.

    Raises ResearchError: nothing was prepared there, or the photos changed since.
    """
    if not (work / "catalog.json").is_file():
        raise ResearchError(
            f"Rien n’est préparé dans « {work} » : lancez d’abord « python -m research prepare --table "
            "FICHIER.csv --photos DOSSIER »."
        )
    try:
        value = read_json(work / "catalog.json")
        catalog = from_json(value, Path(value["folder"]))
        manifest = read_manifest(work / "manifest.json", catalog)
    except (KeyError, TypeError, AttributeError) as error:
        raise ResearchError(
            f"« {work} » n’a pas été préparé par cette version de l’étude : relancez « prepare »."
        ) from error
    if not catalog.folder.is_dir():
        raise ResearchError(
            f"Le dossier de photos « {catalog.folder} » n’existe plus : relancez « prepare »."
        )
    # What is kept of a photo is named after its bytes: another one under its name would be taken for it.
    for photo, path in zip(catalog.photos, catalog.paths, strict=True):
        if path.is_file() and sha256(path) != photo.sha256:
            raise ResearchError(f"La photo « {path} » a changé depuis : relancez « prepare ».")
    return Study(work, catalog, manifest)


def config_views(config: Config) -> list[View]:
    """The views a configuration learns from: the plain one first."""
    return [View(config.aspect, number, config.augmentation) for number in range(config.views)]


def load_views(
    study: Study, config: Config, base: Network, cache_limit: float = DEFAULT_CACHE_GIGABYTES
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Cut features of each view (memory maps) and their pooled final features, computed where missing."""
    cache = FeatureCache(study.work / "cache", int(cache_limit * 1e9))
    views = [cache.features(study.catalog, base, view) for view in config_views(config)]
    name = fingerprint([study.catalog.key, base.weights, base.size, config.to_json(), len(views)])
    path = study.work / "pooled" / f"{config.name}-{name}.npz"
    if path.is_file():
        with np.load(path) as stored:
            return views, [stored[f"view{number}"] for number in range(len(views))]
    pooled = pooled_features(base, views)
    write_npz(path, {f"view{number}": values for number, values in enumerate(pooled)})
    return views, pooled


def train(
    study: Study,
    config: Method,
    weights: str,
    folds: Sequence[int],
    cache_limit: float = DEFAULT_CACHE_GIGABYTES,
    say: Callable[[str], object] | None = None,
) -> list[Run]:
    """Train the asked folds of a configuration; those already complete are only read.

    ``say`` is told, before a network's work begins, what it will take here.

    Raises ResearchError: weights of another architecture, unreadable photo, full disk, diverging loss, or
    a member of an ensemble that is not trained yet.
    """
    if isinstance(config, Baseline):
        return _train_baseline(study, config, folds)
    if isinstance(config, Ensemble):
        return _train_ensemble(study, config, folds)
    if isinstance(config, Words | Sentences | Fusion):
        # Imported late: photos alone need none of it.
        from research.texts import runs

        return runs.train(study, config, weights, folds)
    base = network(config.backbone, config.size, weights, study.manifest.seed)
    key = run_key(config, base, study.catalog, study.manifest)
    folder = current_run(study, config.name, key, weights)
    left = missing_folds(folder, folds)
    if left and say:
        cache = FeatureCache(study.work / "cache", int(cache_limit * 1e9))
        for line in announce(study.catalog, config, base, cache, config_views(config), len(left)):
            say(line)
    if left:
        views, pooled = load_views(study, config, base, cache_limit)
    for fold in tqdm(folds, desc=f"{config.label}, tirages", unit="tirage", disable=None):
        if fold not in left:
            continue
        place = folder / f"draw-{fold}"
        trained = train_fold(config, base, views, pooled, study.catalog, study.manifest, fold, place)
        save_run(place, trained.probabilities, _record(study, config, base, fold, trained))
        for state in place.rglob("*.state.weights.h5"):
            state.unlink()
    return read_runs(study, config.name)


def _train_baseline(study: Study, config: Baseline, folds: Sequence[int]) -> list[Run]:
    key = fingerprint([PROCEDURE, config.__dict__, study.catalog.key, study.manifest.key])
    folder = current_run(study, config.name, key, None)
    if missing := missing_folds(folder, folds):
        found = baseline_probabilities(config, study.catalog, study.manifest)
        save_alike(study, folder, missing, found, {"config": config.__dict__, "history": []})
    return read_runs(study, config.name)


def _train_ensemble(study: Study, config: Ensemble, folds: Sequence[int]) -> list[Run]:
    trained = {name: {run.fold: run for run in read_runs(study, name)} for name in config.members}
    for name, runs in trained.items():
        if missing := [str(fold) for fold in folds if fold not in runs]:
            raise MissingPartError(
                f"« {config.label} » réunit des méthodes déjà entraînées ; il manque à « {name} » "
                f"{'le tirage' if len(missing) < 2 else 'les tirages'} {', '.join(missing)} : lancez d’abord "
                f"« python -m research train --config {name} »."
            )
    current = [read_json(study.work / "runs" / name / "current.json")["run"] for name in config.members]
    key = fingerprint([PROCEDURE, config.__dict__, current])
    folder = current_run(study, config.name, key, None)
    for fold in folds:
        averaged = {
            phase: np.mean([runs[fold].averaged(phase) for runs in trained.values()], axis=0)[None]
            for phase in ("frozen", "tuned")
        }
        record = {"config": config.__dict__, "draw": fold, "manifest": study.manifest.key, "history": []}
        save_run(folder / f"draw-{fold}", averaged, record)
    return read_runs(study, config.name)


def read_runs(study: Study, name: str, key: str | None = None) -> list[Run]:
    """The finished folds of a run of a configuration, in order (none if it was not trained).

    ``key`` names the run; without it, the current one.
    """
    pointer = study.work / "runs" / name / "current.json"
    if not pointer.is_file():
        return []
    folder = pointer.parent / (key or read_json(pointer)["run"])
    runs = []
    for path in sorted(folder.glob("draw-*/run.json")):
        record = read_json(path)
        if record["manifest"] == study.manifest.key:
            with np.load(path.parent / "predictions.npz") as stored:
                runs.append(Run(record["draw"], stored["frozen"], stored["tuned"], record))
    return runs


def run_folder(study: Study, name: str, fold: int) -> Path:
    """Folder of a fold of the current run of a configuration.

    Raises ResearchError: that fold was not trained.
    """
    pointer = study.work / "runs" / name / "current.json"
    folder: Path | None = None
    if pointer.is_file():
        folder = pointer.parent / read_json(pointer)["run"] / f"draw-{fold}"
    if folder is None or not (folder / "run.json").is_file():
        raise ResearchError(
            f"Le tirage {fold} de « {name} » n’est pas entraîné : lancez « python -m research train "
            f"--config {name} »."
        )
    return folder


def _record(study: Study, config: Config, base: Network, fold: int, trained: Trained) -> dict[str, Any]:
    """What is kept of a trained fold beside its predictions."""
    return {
        "config": config.to_json(),
        "draw": fold,
        "manifest": study.manifest.key,
        "weights": base.weights,
        "random_weights": base.weights.startswith("random"),
        "history": trained.history,
        "epochs": trained.epochs,
        "seconds": trained.seconds,
    }


def current_run(study: Study, name: str, key: str, weights: str | None) -> Path:
    """The folder of the run of this key, made the current one of its configuration."""
    folder = study.work / "runs" / name / key
    write_json(folder.parent / "current.json", {"run": key, "weights": weights})
    return folder


def missing_folds(folder: Path, folds: Sequence[int]) -> list[int]:
    """The asked folds that are not complete."""
    return [fold for fold in folds if not (folder / f"draw-{fold}" / "run.json").is_file()]


def save_alike(
    study: Study,
    folder: Path,
    folds: Sequence[int],
    found: Mapping[int, np.ndarray] | Sequence[np.ndarray],
    record: dict[str, Any],
) -> None:
    """Save folds of a method with one phase: what is called frozen and tuned is then the same."""
    for fold in folds:
        both = dict.fromkeys(("frozen", "tuned"), found[fold][None])
        save_run(folder / f"draw-{fold}", both, {**record, "draw": fold, "manifest": study.manifest.key})


def save_run(folder: Path, probabilities: dict[str, np.ndarray], record: dict[str, Any]) -> None:
    """Write a fold, its ``run.json`` last: from then on it is complete."""
    write_npz(folder / "predictions.npz", probabilities)
    write_json(folder / "run.json", record)
