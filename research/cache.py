"""Features of the frozen trunk, computed once per photo and view and kept on disk in half precision.

One entry is one view of every photo of a catalogue through one trunk. Its name is a fingerprint of all
that the values depend on (photos, network, weights, cut, side, framing, view, ranges of the augmentation),
so another seed or another split reuses it, and any change of these computes it anew. An entry is written
batch by batch beside a small progress file: a run that was killed goes on where it stopped.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from research.backbones import Network, infer
from research.catalog import Catalog
from research.errors import ResearchError, writing
from research.files import fingerprint, read_json, write_json
from research.images import Aspect, Augmentation, pixels

#: Bump when the way features are computed changes, so that older entries are not read.
FORMAT = 1
BATCH = 16
# Side at which BATCH pictures fit; activations grow with the area: sixteen at 600 px took B7 over 18 GB.
SIDE = 224
HALF_MAX = float(np.finfo(np.float16).max)


@dataclass(frozen=True)
class View:
    """What one cache entry holds: framing, side, number of the view (see ``images.vary``) and ranges."""

    aspect: Aspect
    number: int
    augmentation: Augmentation

    def read(self, path: Path, size: int) -> np.ndarray:
        """Pixels of this view of one photo, float32 ``(size, size, 3)``."""
        return pixels(path, size, self.aspect, self.number, self.augmentation)


def entry_key(catalog: Catalog, network: Network, view: View) -> dict[str, Any]:
    """All that the cached values depend on, as JSON-able values."""
    return {
        "format": FORMAT,
        "data": catalog.key,
        "network": network.backbone.name,
        "weights": network.weights,
        "cut": network.backbone.cut,
        "size": network.size,
        "aspect": view.aspect.value,
        "view": view.number,
        # The plain photo and its mirror image do not depend on the ranges: all augmentations share them.
        "augmentation": view.augmentation.key() if view.number > 1 else None,
    }


def batch_size(side: int) -> int:
    """Photos of ``side`` px that go through a network at once."""
    return max(1, min(BATCH, BATCH * SIDE**2 // side**2))


class FeatureCache:
    """A bounded folder of features: the least recently used entries go first when room is needed."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self.folder, self.limit_bytes = folder, limit_bytes

    def features(
        self, catalog: Catalog, network: Network, view: View, tick: Callable[[int], None] | None = None
    ) -> np.ndarray:
        """Cut features of one view of every photo: read-only float16 memory map ``(n, h, w, channels)``.

        Computes what is missing, batch by batch; ``tick`` is called with the number of photos done.

        Raises ResearchError: a photo cannot be read, the entry cannot fit, or the disk is full.
        """
        key = entry_key(catalog, network, view)
        values, progress = self._places(key, network)
        entry = values.parent
        shape = (len(catalog.photos), *network.trunk.output_shape[1:])
        done = len(catalog.photos) - self.missing(catalog, network, view)
        if done < len(catalog.photos):
            if not done:
                self._make_room(int(np.prod(shape)) * 2, entry)
                with writing(entry):
                    entry.mkdir(parents=True, exist_ok=True)
                    _allocate(values, shape)
                write_json(entry / "key.json", key)
            self._compute(catalog, network, view, values, progress, done, tick)
        (entry / "key.json").touch()
        features: np.ndarray = np.load(values, mmap_mode="r")
        return features

    def missing(self, catalog: Catalog, network: Network, view: View) -> int:
        """How many photos of a view are not computed yet."""
        values, progress = self._places(entry_key(catalog, network, view), network)
        done = read_json(progress)["done"] if progress.is_file() and values.is_file() else 0
        return len(catalog.photos) - int(done)

    def _places(self, key: dict[str, Any], network: Network) -> tuple[Path, Path]:
        """Files of an entry: its values, and how far they go."""
        entry = self.folder / f"{network.backbone.name}-{network.size}-{fingerprint(key)}"
        return entry / "features.npy", entry / "progress.json"

    def _compute(
        self,
        catalog: Catalog,
        network: Network,
        view: View,
        values: Path,
        progress: Path,
        done: int,
        tick: Callable[[int], None] | None,
    ) -> None:
        store = np.load(values, mmap_mode="r+")
        paths = catalog.paths
        size = batch_size(network.size)
        label = f"{network.backbone.label} {network.size} px, vue {view.number}"
        with tqdm(total=len(paths), initial=done, desc=label, unit="photo", disable=None) as bar:
            for start in range(done, len(paths), size):
                batch = paths[start : start + size]
                stop = start + len(batch)
                store[start:stop] = trunk_features(network, [view.read(path, network.size) for path in batch])
                with writing(values):
                    store.flush()
                # Only after the values are on disk: a kill in between costs one batch, never a wrong one.
                write_json(progress, {"done": stop})
                bar.update(len(batch))
                if tick:
                    tick(stop)

    def _make_room(self, needed: int, keep: Path) -> None:
        if needed > self.limit_bytes:
            raise ResearchError(
                f"Le cache est limité à {self.limit_bytes / 1e9:.1f} Go et cette étape en demande "
                f"{needed / 1e9:.1f} : augmentez --cache-limit.".replace(".", ",", 2)
            )
        if not self.folder.is_dir():
            return
        entries = sorted(
            (path for path in self.folder.iterdir() if (path / "key.json").is_file() and path != keep),
            key=lambda path: (path / "key.json").stat().st_mtime,
        )
        total = sum(_size(path) for path in entries)
        for path in entries:
            if total + needed <= self.limit_bytes:
                break
            total -= _size(path)
            shutil.rmtree(path)

    def entries(self) -> list[dict[str, Any]]:
        """Keys of the complete and started entries, for reports and tests."""
        return [json.loads(path.read_text()) for path in sorted(self.folder.glob("*/key.json"))]


def trunk_features(network: Network, pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Features at the cut of a few pictures (RGB 0..255), float16 ``(n, h, w, channels)``."""
    inputs = network.backbone.preprocess(np.stack(pictures))
    features: np.ndarray = np.clip(infer(network.trunk, inputs), -HALF_MAX, HALF_MAX)
    return features.astype(np.float16)


def _allocate(path: Path, shape: tuple[int, ...]) -> None:
    """Reserve the whole file first, so that a full disk is known before hours are spent."""
    store = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)
    store.flush()
    del store
    with path.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
