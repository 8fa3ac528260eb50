"""The product catalogue: a csv of products, a folder of photos, and what is wrong with either."""

from __future__ import annotations

import html
import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import imagehash
import numpy as np
from tqdm import tqdm

from research.errors import ResearchError
from research.files import fingerprint, sha256
from research.images import UnreadablePhotoError, decode
from research.tables import read_rows

TREE_COLUMN, IDENTITY_COLUMN = "product_category_tree", "uniq_id"

#: The seven categories of the study, in the order of the one-hot vector, with their French names.
CATEGORIES: dict[str, str] = {
    "Baby Care": "Puériculture",
    "Beauty and Personal Care": "Beauté et soins",
    "Computers": "Informatique",
    "Home Decor & Festive Needs": "Décoration et fêtes",
    "Home Furnishing": "Linge de maison",
    "Kitchen & Dining": "Cuisine et table",
    "Watches": "Montres",
}
EXPECTED_EACH = 150
#: Two 64-bit perceptual hashes that differ by at most this many bits are one photo, recompressed.
NEAR_BITS = 4
#: Products of a catalogue: each photo is compared with every other one.
MOST_PRODUCTS = 100_000
#: What photos are called besides .jpg.
PHOTO_ENDINGS = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".avif", ".gif", ".tif", ".tiff", ".bmp"}
#: Characters of a foreign text in one of our sentences.
SHOWN = 60


@dataclass(frozen=True)
class Photo:
    """One usable photo: its product's ``uniq_id``, category (English), SHA-256 and perceptual hash."""

    uniq_id: str
    category: str
    sha256: str
    perceptual: str
    width: int
    height: int


@dataclass(frozen=True)
class LeftOut:
    """A product without a usable photo, and why, in French."""

    uniq_id: str
    category: str
    reason: str


@dataclass(frozen=True)
class Catalog:
    """Every usable photo sorted by ``uniq_id``, what was left out, and the duplicates found.

    ``groups`` gives each photo's group number: photos of one group are near-duplicates of each other and
    must stay on the same side of a split.
    """

    folder: Path
    photos: tuple[Photo, ...]
    left_out: tuple[LeftOut, ...]
    repeated_ids: tuple[str, ...]
    same_file: tuple[tuple[str, ...], ...]
    near: tuple[tuple[str, ...], ...]
    groups: tuple[int, ...]
    demonstration: bool = False

    @property
    def key(self) -> str:
        """Fingerprint of the photos themselves (identities and bytes), used to name cached features."""
        return fingerprint([(photo.uniq_id, photo.sha256) for photo in self.photos])

    @property
    def paths(self) -> list[Path]:
        """Path of each photo, in order."""
        return [self.folder / f"{photo.uniq_id}.jpg" for photo in self.photos]

    @property
    def labels(self) -> np.ndarray:
        """Category numbers in the order of :data:`CATEGORIES`, int64 of shape ``(n,)``."""
        order = {name: number for number, name in enumerate(CATEGORIES)}
        return np.array([order[photo.category] for photo in self.photos], dtype=np.int64)

    def counts(self) -> dict[str, int]:
        """Usable photos in each category."""
        found = Counter(photo.category for photo in self.photos)
        return {name: found[name] for name in CATEGORIES}

    def to_json(self) -> dict[str, Any]:
        """Everything but the folder, as JSON-able values."""
        return {
            "key": self.key,
            "demonstration": self.demonstration,
            "photos": [asdict(photo) for photo in self.photos],
            "left_out": [asdict(product) for product in self.left_out],
            "repeated_ids": list(self.repeated_ids),
            "same_file": [list(group) for group in self.same_file],
            "near": [list(group) for group in self.near],
            "groups": list(self.groups),
        }


def one_hot(labels: np.ndarray) -> np.ndarray:
    """Category numbers ``(n,)`` to float32 one-hot rows ``(n, 7)``."""
    rows: np.ndarray = np.eye(len(CATEGORIES), dtype=np.float32)[labels]
    return rows


def first_level(tree: str, line: int, table: str = "catalogue.csv") -> str:
    """First level of a ``product_category_tree`` such as ``["Watches >> Wrist Watches >> …"]``.

    ``line`` and ``table`` (the file's name) are for the error.

    Raises ResearchError: the tree cannot be read, or its first level is not one of the seven.
    """
    # What pages write for « & » and « > » is read as that, as it is in the texts.
    tree = html.unescape(tree)
    try:
        category = str(json.loads(tree)[0])
    # JSON that is no tree: nested too deep, a number of a thousand digits, another type.
    except (ValueError, RecursionError, IndexError, TypeError, KeyError):
        # Some exports cut the tree short and lose the closing bracket, or have Python's quotes.
        category = re.sub(r"^\[?[\"']*", "", tree)
    category = " ".join(category.split(">>")[0].strip(" \"']").split())
    if category not in CATEGORIES:
        raise ResearchError(
            f"Catégorie inconnue, ligne {line} : « {_shown(category) or 'vide'} », dans « {table} ». Les "
            f"sept catégories attendues sont : {', '.join(CATEGORIES)}."
        )
    return category


def _shown(text: str) -> str:
    """The start of a text of the catalogue, fit for one line of a terminal."""
    printable = "".join(character if character.isprintable() else "�" for character in text[:SHOWN])
    return printable + ("…" if len(text) > SHOWN else "")


def read_products(table: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """Read the csv: category by ``uniq_id``, and the ``uniq_id`` found more than once (first one kept).

    Raises ResearchError: missing file, not UTF-8, not csv, missing column, invalid identifier, unknown
    category, one product in two categories, too many products or none.
    """
    products: dict[str, str] = {}
    lines: dict[str, int] = {}
    repeated: list[str] = []
    for line, row in read_rows(table, (IDENTITY_COLUMN, TREE_COLUMN)):
        identity = row[IDENTITY_COLUMN]
        if not re.fullmatch(r"[\w-]{1,64}", identity):
            raise ResearchError(
                f"Identifiant invalide, ligne {line} de « {table.name} » : « {_shown(identity) or 'vide'} ». "
                "Lettres, chiffres et tirets seulement : corrigez la colonne uniq_id."
            )
        category = first_level(row[TREE_COLUMN], line, table.name)
        if identity not in products:
            products[identity], lines[identity] = category, line
        elif products[identity] == category:
            repeated.append(identity)
        else:
            raise ResearchError(
                f"« {table.name} », ligne {line} : l’identifiant « {identity} » est déjà ligne "
                f"{lines[identity]}, dans une autre catégorie. Gardez une seule des deux fiches."
            )
        if len(products) > MOST_PRODUCTS:
            raise ResearchError(
                f"« {table.name} », ligne {line} : plus de 100 000 produits. Donnez un extrait du catalogue."
            )
    if not products:
        raise ResearchError(f"« {table.name} » ne contient aucun produit.")
    return products, tuple(repeated)


def read_catalog(table: Path, folder: Path, demonstration: bool = False) -> Catalog:
    """Read the csv and every photo; photos that are missing or damaged are listed and left out.

    Raises ResearchError: the csv or the folder cannot be used, or no photo at all can be read.
    """
    products, repeated = read_products(table)
    if not folder.is_dir():
        if folder.is_file():
            raise ResearchError(
                f"« {folder} » n’est pas un dossier de photos. Décompressez-le si c’est une archive, et "
                "indiquez le dossier avec --photos."
            )
        raise ResearchError(f"Dossier de photos absent : « {folder} ». Indiquez-le avec --photos.")
    photos, left_out = _read_photos(products, folder)
    if not photos:
        deeper = next((path.parent for path in folder.glob("*/*.jpg") if path.stem in products), None)
        told = f" Il y en a dans « {deeper} » : indiquez celui-là avec --photos." if deeper else ""
        raise ResearchError(
            f"Aucune photo utilisable dans « {folder} ». Elles doivent s’appeler <uniq_id>.jpg.{told}"
        )
    empty = [name for name in CATEGORIES if name not in {photo.category for photo in photos}]
    if empty:
        raise ResearchError(f"Aucune photo utilisable pour : {', '.join(empty)}. Complétez le dossier.")
    groups = near_groups([int(photo.perceptual, 16) for photo in photos], NEAR_BITS)
    same = near_groups([int(photo.sha256, 16) for photo in photos], 0)
    return Catalog(
        folder,
        tuple(photos),
        tuple(left_out),
        repeated,
        _members(photos, same),
        _members(photos, groups),
        tuple(groups),
        demonstration,
    )


def _read_photos(products: Mapping[str, str], folder: Path) -> tuple[list[Photo], list[LeftOut]]:
    """Every photo that can be read, and the products whose photo cannot."""
    photos: list[Photo] = []
    left_out: list[LeftOut] = []
    others = _other_names(folder)
    for identity in tqdm(sorted(products), desc="Lecture des photos", unit="photo", disable=None):
        path, category = folder / f"{identity}.jpg", products[identity]
        if not os.path.lexists(path):
            other = others.get(identity.casefold())
            there = f", où est « {_shown(other)} » : renommez-la en {identity}.jpg" if other else ""
            left_out.append(LeftOut(identity, category, f"photo absente du dossier{there}"))
            continue
        try:
            picture, digest = decode(path), sha256(path)
        except UnreadablePhotoError as error:
            left_out.append(LeftOut(identity, category, error.reason))
            continue
        photos.append(Photo(identity, category, digest, str(imagehash.phash(picture)), *picture.size))
    return photos, left_out


def _other_names(folder: Path) -> dict[str, str]:
    """Photos of a folder that are nearly called ``<uniq_id>.jpg``, by that ``uniq_id`` in small letters."""
    names = (path.name for path in folder.iterdir() if path.suffix.lower() in PHOTO_ENDINGS)
    return {Path(name).stem.removesuffix(".jpg").strip().casefold(): name for name in sorted(names)}


def near_groups(hashes: Sequence[int], bits: int) -> list[int]:
    """Group numbers such that hashes at most ``bits`` bits apart (or linked by others) share one."""
    parent = list(range(len(hashes)))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for first in range(len(hashes)):
        for second in range(first):
            if (hashes[first] ^ hashes[second]).bit_count() <= bits:
                parent[root(first)] = root(second)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(item), len(numbers)) for item in range(len(hashes))]


def _members(photos: Sequence[Photo], groups: Sequence[int]) -> tuple[tuple[str, ...], ...]:
    members: dict[int, list[str]] = defaultdict(list)
    for photo, group in zip(photos, groups, strict=True):
        members[group].append(photo.uniq_id)
    return tuple(tuple(group) for group in members.values() if len(group) > 1)


def from_json(value: dict[str, Any], folder: Path) -> Catalog:
    """Rebuild a catalogue written by :meth:`Catalog.to_json`, its photos lying in ``folder``."""
    photos = tuple(Photo(**photo) for photo in value["photos"])
    return Catalog(
        folder,
        photos,
        tuple(LeftOut(**product) for product in value["left_out"]),
        tuple(value["repeated_ids"]),
        tuple(tuple(group) for group in value["same_file"]),
        tuple(tuple(group) for group in value["near"]),
        tuple(value["groups"]),
        bool(value["demonstration"]),
    )
