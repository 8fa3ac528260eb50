"""The split: who learns, who tunes, who tests, drawn once and written down.

Stratified and grouped five-fold: every product is tested exactly once, near-duplicates (by their photo or
by their text) always stay on the same side, and one eighth of what is left of each fold becomes its
validation set (about 70/10/20 %).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from research.catalog import CATEGORIES, Catalog
from research.errors import ResearchError
from research.files import fingerprint, read_json, write_json

FOLDS = 5
VALIDATION_PARTS = 8


class Role(StrEnum):
    """What a photo does in one fold; the value is its letter in the manifest."""

    TRAIN = "a"
    VALIDATION = "v"
    TEST = "t"


@dataclass(frozen=True)
class Manifest:
    """``roles[uniq_id]`` is a word of one letter a fold; ``data`` names the catalogue it was drawn from."""

    seed: int
    data: str
    roles: dict[str, str]

    @property
    def key(self) -> str:
        """Fingerprint that every run names."""
        return fingerprint([self.seed, self.data, sorted(self.roles.items())])

    @property
    def folds(self) -> int:
        """Number of folds."""
        return len(next(iter(self.roles.values())))

    def members(self, fold: int, role: Role) -> np.ndarray:
        """Positions (in ``uniq_id`` order) of the photos with ``role`` in fold ``fold``, int64."""
        return np.flatnonzero([self.roles[name][fold] == role.value for name in sorted(self.roles)])

    def save(self, path: Path) -> None:
        """Write the manifest atomically."""
        write_json(path, {"seed": self.seed, "data": self.data, "key": self.key, "roles": self.roles})


def draw_splits(catalog: Catalog, seed: int, folds: int = FOLDS) -> Manifest:
    """Draw the splits of a catalogue; the same catalogue and seed always give the same manifest.

    Raises ResearchError: a category has too few photos to be found in every part, or so many near-duplicates
    that a fold would learn nothing of it.
    """
    labels, groups = catalog.labels, np.array(catalog.groups)
    if np.bincount(labels).min() < folds * 2:
        raise ResearchError(
            f"Il faut au moins {folds * 2} photos utilisables dans chaque catégorie ; la plus petite en a "
            f"{np.bincount(labels).min()}."
        )
    letters = np.full((len(labels), folds), Role.TRAIN.value)
    splits = StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(labels, labels, groups)
    for fold, (rest, test) in enumerate(splits):
        letters[test, fold] = Role.TEST.value
        parts = min(VALIDATION_PARTS, int(np.bincount(labels[rest]).min()))
        inner = StratifiedGroupKFold(parts, shuffle=True, random_state=seed + fold + 1)
        _, validation = next(inner.split(rest, labels[rest], groups[rest]))
        letters[rest[validation], fold] = Role.VALIDATION.value
        _check_learnt(labels[letters[:, fold] == Role.TRAIN.value], fold)
    words = ("".join(row) for row in letters)
    roles = {photo.uniq_id: word for photo, word in zip(catalog.photos, words, strict=True)}
    return Manifest(seed, catalog.key, roles)


def _check_learnt(labels: np.ndarray, fold: int) -> None:
    for number, name in enumerate(CATEGORIES):
        if number not in labels:
            raise ResearchError(
                f"Le tirage {fold} n’apprendrait rien de « {name} » : ses produits se ressemblent tant "
                "(photos ou textes presque identiques) qu’ils restent tous du même côté. Ajoutez d’autres "
                "produits de cette catégorie, ou videz les descriptions recopiées (colonne description)."
            )


def read_manifest(path: Path, catalog: Catalog) -> Manifest:
    """Read a manifest and check that it was drawn from this very catalogue.

    Raises ResearchError: missing or damaged file, or photos that changed since.
    """
    value = read_json(path)
    manifest = Manifest(value["seed"], value["data"], value["roles"])
    if manifest.data != catalog.key or manifest.key != value["key"]:
        raise ResearchError(f"Le découpage « {path} » ne correspond plus aux photos : relancez « prepare ».")
    return manifest
