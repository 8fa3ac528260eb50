"""Names and descriptions of the products, and which of them say nearly the same."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import CountVectorizer

from research.catalog import IDENTITY_COLUMN, TREE_COLUMN
from research.files import read_json, write_json
from research.tables import read_rows

NAME_COLUMN, DESCRIPTION_COLUMN, BRAND_COLUMN = "product_name", "description", "brand"
#: What counts as a word, everywhere in this package: letters and digits, small.
WORD = r"[a-z0-9]+"
#: What programs write for a text that is missing.
MISSING = {"nan", "null", "none", "<na>", "na", "n/a", "#n/a", "#n/d", "\\n", "(null)"}
#: Two texts are near-duplicates when at least ``SHARE`` of their sequences of ``SHINGLE`` words are common.
SHINGLE, SHARE = 5, 0.5
#: The looser rule: texts cut from one template, though they name other products.
TEMPLATE_SHINGLE, TEMPLATE_SHARE = 3, 0.5


@dataclass(frozen=True)
class Text:
    """What the shop writes of a product; ``tree``, its categories, is read only to take their words away."""

    name: str
    description: str
    brand: str
    tree: str

    @property
    def whole(self) -> str:
        """Name, then description."""
        return f"{self.name}. {self.description}" if self.description else self.name


def _tidy(value: str | None) -> str:
    """Entities decoded, runs of white space (the shop has tabulations and empty lines) as one space.

    A word that stands for a missing text is none.
    """
    text = re.sub(r"\s+", " ", html.unescape(value or "")).strip()
    return "" if text.lower() in MISSING else text


def read_texts(table: Path) -> dict[str, Text]:
    """Texts by ``uniq_id`` of a catalogue that ``read_catalog`` has found sound; the first one counts.

    Empty where the catalogue has no names: photos alone are then compared.
    """
    texts: dict[str, Text] = {}
    columns = (NAME_COLUMN, DESCRIPTION_COLUMN, BRAND_COLUMN, TREE_COLUMN)
    for _, row in read_rows(table, (IDENTITY_COLUMN,), columns):
        if NAME_COLUMN not in row:
            return {}
        texts.setdefault(row[IDENTITY_COLUMN], Text(*(_tidy(row.get(column)) for column in columns)))
    return texts


def save_texts(path: Path, texts: dict[str, Text], identities: Sequence[str]) -> None:
    """Write the texts of these products; an empty table says that the catalogue has none."""
    write_json(path, {identity: asdict(texts[identity]) for identity in identities if identity in texts})


def load_texts(path: Path, identities: Sequence[str]) -> list[Text]:
    """The texts of these products, in their order; none where not every product has a name."""
    if not path.is_file():
        return []
    stored = stored_texts(path)
    return [] if unnamed(stored, identities) else [stored[identity] for identity in identities]


def stored_texts(path: Path) -> dict[str, Text]:
    """The texts by ``uniq_id`` that :func:`save_texts` wrote."""
    return {identity: Text(**text) for identity, text in read_json(path).items()}


def unnamed(texts: Mapping[str, Text], identities: Sequence[str]) -> list[str]:
    """Which of these products have no name: where one has none, no method reads texts."""
    return [identity for identity in identities if identity not in texts or not texts[identity].name]


def near_texts(texts: Sequence[str], shingle: int = SHINGLE, share: float = SHARE) -> np.ndarray:
    """Group numbers: texts with ``share`` of their sequences of words in common (or chained) have one.

    A thousand texts make half a million pairs: a sparse product gives every Jaccard index exactly.
    """
    counted = CountVectorizer(binary=True, ngram_range=(shingle, shingle), token_pattern=WORD)
    try:
        has = counted.fit_transform(texts).astype(np.float32)
    except ValueError:
        # Not one text is as long as a shingle.
        return np.arange(len(texts))
    common = (has @ has.T).toarray()
    sizes = common.diagonal()
    union = sizes[:, None] + sizes[None] - common
    near = (common >= share * union) & (union > 0)
    groups: np.ndarray = connected_components(near, directed=False)[1]
    return groups


def joined(first: Sequence[int] | np.ndarray, second: Sequence[int] | np.ndarray) -> list[int]:
    """The finest groups that split neither those of ``first`` nor those of ``second``."""
    size = len(first)
    rows = np.asarray(first), np.asarray(second)
    same = np.zeros((size, size), dtype=bool)
    for groups in rows:
        same |= groups[:, None] == groups[None]
    return [int(number) for number in connected_components(same, directed=False)[1]]


def kept_together(photos: Sequence[int], texts: Sequence[str]) -> list[int]:
    """Groups of products that no split may separate: near photos (their groups are given), near texts."""
    return joined(photos, near_texts(texts)) if texts else list(photos)
