"""The published report of the technology watch, read strictly: pages that are checked before they are shown.

Its schema is written in ``research/report.py``, which this application does not import: what is checked here
is what the templates rely on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from pretadepenser import french
from pretadepenser.errors import ToldError

VERSION: Final = 4
AGAIN: Final = "publiez-le à nouveau avec « python -m research compare »."
SLUG: Final = re.compile(r"[a-z0-9-]+(?:/[a-z0-9-]+)?")
KEY: Final = re.compile(r"[a-z0-9_-]+")
PICTURE: Final = re.compile(r"[A-Za-z0-9_-]+\.(?:svg|webp)")

# A shape: a type, [shape of each], {key: shape of its value} where a key that ends in "?" may be missing, or
# a tuple of the values that there are.
_TABLE: Final = {
    "caption": str,
    "columns": [{"label": str, "numeric": bool, "lang?": str}],
    "rows": [[str]],
    "footer": [[str]],
}
_SIZED: Final = {"file": str, "width": int, "height": int}
_BLOCKS: Final[Mapping[str, Any]] = {
    "subtitle": {"text": str},
    "paragraph": {"text": str},
    "notice": {"text": str},
    "list": {"items": [str]},
    "links": {"items": [{"page": str, "text": str}]},
    "table": {"table": _TABLE},
    "figure": {
        "key": str,
        "title": str,
        "short": str,
        "sentence": str,
        "alternative": str,
        **_SIZED,
        "narrow": _SIZED,
        "table": _TABLE,
    },
    "gallery": {"items": [{**_SIZED, "alternative": str, "caption": str, "description": str}]},
    "words": {
        "runs": [
            {"text": str, "side": ("for", "against", "neither"), "strength": (0, 1, 2, 3), "effect": str}
        ]
    },
}
_PAGE: Final = {
    "slug": str,
    "parent": str,
    "name": str,
    "title": str,
    "about": str,
    "description": str,
    "lead": [str],
    "sections": [{"key": str, "title": str, "blocks": [dict]}],
}
_REPORT: Final = {"version": int, "demonstration": bool, "pages": [_PAGE]}


class StudyError(ToldError):
    """The published report cannot be shown; the message says why and what to do."""


@dataclass(frozen=True)
class Page:
    """One page. `slug`: its address under /veille, empty for the first; `parent`: slug of what it details.

    `title` answers, `about` says what; `name` is the short one of the list of contents. `sections` have key,
    title and blocks, as the schema has them.
    """

    slug: str
    parent: str
    name: str
    title: str
    about: str
    description: str
    lead: tuple[str, ...]
    sections: tuple[dict[str, Any], ...]

    @property
    def blocks(self) -> Iterator[dict[str, Any]]:
        """The blocks of all sections, in order."""
        return (block for section in self.sections for block in section["blocks"])


@dataclass(frozen=True)
class Report:
    """The pages in reading order; `demonstration`: made from what a program drew, so that it says nothing."""

    demonstration: bool
    pages: tuple[Page, ...]

    def page(self, slug: str) -> Page | None:
        """The page of an address, if there is one."""
        return next((page for page in self.pages if page.slug == slug), None)

    @property
    def contents(self) -> tuple[Page, ...]:
        """The pages that detail no other, in order: the list of contents."""
        return tuple(page for page in self.pages if not page.parent)

    def details(self, slug: str) -> tuple[Page, ...]:
        """The pages that detail a page, in order."""
        return tuple(page for page in self.pages if page.parent == slug) if slug else ()

    def before(self, page: Page) -> Page | None:
        """The page that one reads before this one, its parent before the first of its details."""
        row = self._row(page)
        place = row.index(page)
        return row[place - 1] if place else self.page(page.parent) if page.parent else None

    def after(self, page: Page) -> Page | None:
        """The page read after this one; after the last of the details, what follows their parent."""
        row = self._row(page)
        if page != row[-1]:
            return row[row.index(page) + 1]
        parent = self.page(page.parent) if page.parent else None
        return self.after(parent) if parent else None

    def pictures(self) -> frozenset[str]:
        """The names of all picture files that the pages show."""
        blocks = [block for page in self.pages for block in page.blocks]
        figures = [block for block in blocks if block["kind"] == "figure"]
        items = [item for block in blocks if block["kind"] == "gallery" for item in block["items"]]
        shown = [*figures, *(one["narrow"] for one in figures), *items]
        return frozenset(one["file"] for one in shown)

    def table(self, key: str) -> dict[str, Any] | None:
        """The figures of a chart, if there is one of that key."""
        for page in self.pages:
            for block in page.blocks:
                if block["kind"] == "figure" and block["key"] == key:
                    table: dict[str, Any] = block["table"]
                    return table
        return None

    def _row(self, page: Page) -> tuple[Page, ...]:
        return self.details(page.parent) if page.parent else self.contents


def published(folder: Path) -> Report | None:
    """The report of a results folder with French spaces, None where there is none; read anew once changed.

    Raises StudyError: it was written for another version of the application, or is damaged.
    """
    path = folder / "report.json"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=2)
def _read(path: Path, changed: int) -> Report:
    """`changed`: when the file was written last, so that a new one is read."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise StudyError(
            f"Le rapport de veille publié ici est endommagé, ce n’est pas du JSON : {AGAIN}"
        ) from error
    if isinstance(value, dict) and isinstance(value.get("version"), int) and value["version"] != VERSION:
        raise StudyError(
            f"Le rapport de veille publié ici a été écrit pour une autre version de l’application : {AGAIN}"
        )
    if faults := [*_misshapen(value, _REPORT, "rapport")] or [*_inconsistent(value)]:
        raise StudyError(f"Le rapport de veille publié ici est endommagé ({faults[0]}) : {AGAIN}")
    typed = _typeset(value)
    pages = tuple(
        Page(**page | {"lead": tuple(page["lead"]), "sections": tuple(page["sections"])})
        for page in typed["pages"]
    )
    return Report(typed["demonstration"], pages)


def _misshapen(value: Any, shape: Any, where: str) -> Iterator[str]:
    """Where a value has not the shape that it must have."""
    if isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{where} : liste attendue"
            return
        for place, one in enumerate(value):
            yield from _misshapen(one, shape[0], f"{where}[{place}]")
    elif isinstance(shape, dict):
        yield from _wrong_keys(value, shape, where)
    elif isinstance(shape, tuple):
        # True is 1 in Python, and no strength.
        if type(value) is not type(shape[0]) or value not in shape:
            yield f"{where} : valeur inattendue"
    elif type(value) is not shape:
        yield f"{where} : {shape.__name__} attendu"


def _wrong_keys(value: Any, shape: Mapping[str, Any], where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} : objet attendu"
        return
    known = {key.removesuffix("?") for key in shape}
    for key in value.keys() - known:
        yield f"{where}.{key} : inattendu"
    for key, inner in shape.items():
        name = key.removesuffix("?")
        if name in value:
            yield from _misshapen(value[name], inner, f"{where}.{name}")
        elif name == key:
            yield f"{where}.{name} : absent"
    if shape is _PAGE and isinstance(value.get("sections"), list):
        for place, section in enumerate(value["sections"]):
            if isinstance(section, dict) and isinstance(section.get("blocks"), list):
                yield from _wrong_blocks(section["blocks"], f"{where}.sections[{place}]")


def _wrong_blocks(blocks: list[Any], where: str) -> Iterator[str]:
    for place, block in enumerate(blocks):
        there = f"{where}.blocks[{place}]"
        shape = _BLOCKS.get(str(block.get("kind"))) if isinstance(block, dict) else None
        if shape is None:
            yield f"{there} : sorte inconnue"
        else:
            yield from _misshapen(block, {"kind": str, **shape}, there)


def _inconsistent(value: dict[str, Any]) -> Iterator[str]:
    """What has the right shape and cannot be shown all the same."""
    pages = value["pages"]
    slugs = [page["slug"] for page in pages]
    if not slugs or slugs[0]:
        yield "rapport.pages : la première doit être sans adresse"
    if len(slugs) != len(set(slugs)) or not all(SLUG.fullmatch(slug) for slug in slugs[1:]):
        yield "rapport.pages : adresse double ou impossible"
    top = {page["slug"] for page in pages if not page["parent"]}
    seen: dict[str, set[str]] = {"figure": set(), "section": set()}
    for page in pages:
        where = f"page « {page['slug']} »"
        if page["parent"] and (
            page["parent"] not in top or not page["slug"].startswith(f"{page['parent']}/")
        ):
            yield f"{where} : rattachée à une page qui n’existe pas"
        if not all(page[name].strip() for name in ("name", "title", "about", "description")):
            yield f"{where} : sans titre ou sans description"
        seen["section"].clear()
        for section in page["sections"]:
            yield from _twice(section["key"], seen["section"], where)
            for block in section["blocks"]:
                yield from _wrong_content(block, set(slugs), seen["figure"], where)


def _twice(key: str, seen: set[str], where: str) -> Iterator[str]:
    if key in seen or not KEY.fullmatch(key):
        yield f"{where} : clé double ou impossible"
    seen.add(key)


def _wrong_content(block: dict[str, Any], slugs: set[str], figures: set[str], where: str) -> Iterator[str]:
    kind = block["kind"]
    if kind == "figure":
        yield from _twice(block["key"], figures, where)
    if kind == "links" and not {item["page"] for item in block["items"]} <= slugs:
        yield f"{where} : lien vers une page qui n’existe pas"
    if "table" in block:
        table = block["table"]
        lines = [*table["rows"], *table["footer"]]
        if not table["columns"] or any(len(line) != len(table["columns"]) for line in lines):
            yield f"{where} : tableau aux lignes inégales"
    pictures = block["items"] if kind == "gallery" else [block, block["narrow"]] if kind == "figure" else []
    for one in pictures:
        if not PICTURE.fullmatch(one["file"]) or min(one["width"], one["height"]) <= 0:
            yield f"{where} : image impossible"


def _typeset(value: Any) -> Any:
    if isinstance(value, str):
        return french.typeset(value)
    if isinstance(value, list):
        return [_typeset(one) for one in value]
    if isinstance(value, dict):
        return {key: _typeset(one) for key, one in value.items()}
    return value
