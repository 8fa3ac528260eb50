"""Blocks of the report. ``Files`` collects the pictures to write beside it, by file name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.figure import Figure

from research.drawing import NARROW, WIDE, size_of, svg
from research.wording import unmarked

Block = dict[str, Any]
Files = dict[str, bytes]


def page(
    slug: str,
    name: str,
    title: str,
    about: str,
    description: str,
    lead: Sequence[str],
    sections: Sequence[Block | None],
    parent: str = "",
) -> Block:
    """A page of the report; sections that are ``None`` or empty are left out.

    ``slug`` is its address (empty for the first page), ``name`` its short name in the list of contents,
    ``title`` its answer, ``about`` what that is about, ``parent`` the slug of the page that it details.
    """
    return {
        "slug": slug,
        "parent": parent,
        "name": name,
        "title": title,
        "about": about,
        "description": description,
        "lead": list(lead),
        "sections": [one for one in sections if one and one["blocks"]],
    }


def section(key: str, title: str, *blocks: Block | None) -> Block:
    """A titled section; blocks that are ``None`` are left out."""
    return {"key": key, "title": title, "blocks": [block for block in blocks if block is not None]}


def paragraph(text: str) -> Block:
    """A paragraph."""
    return {"kind": "paragraph", "text": text}


def notice(text: str) -> Block:
    """A paragraph that must not be missed."""
    return {"kind": "notice", "text": text}


def subtitle(text: str) -> Block:
    """A title inside a section."""
    return {"kind": "subtitle", "text": text}


def listing(*items: str) -> Block:
    """A list."""
    return {"kind": "list", "items": list(items)}


def links(*items: tuple[str, str]) -> Block:
    """A list of links to pages of the report, each a slug and its words."""
    return {"kind": "links", "items": [{"page": slug, "text": text} for slug, text in items]}


def gallery(items: Sequence[Block]) -> Block:
    """Photos or maps with their words, each an item of the schema."""
    return {"kind": "gallery", "items": list(items)}


def table(
    caption: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    words: int = 1,
    english: Sequence[str] = (),
) -> Block:
    """A captioned table; the first ``words`` columns hold words, the others figures.

    ``english``: labels of the columns whose words are English.
    """
    heads: list[dict[str, Any]] = [
        {"label": label, "numeric": index >= words} | ({"lang": "en"} if label in english else {})
        for index, label in enumerate(columns)
    ]
    cells = [list(row) for row in rows]
    data = {"caption": caption, "columns": heads, "rows": cells, "footer": []}
    return {"kind": "table", "table": data}


def figure(
    files: Files,
    key: str,
    draw: Callable[[int], Figure],
    title: str,
    sentence: str,
    alternative: str,
    data: Block,
    *,
    short: str,
    look: str,
) -> Block:
    """A chart with its title, the sentence that tells it, its text alternative and its table.

    ``alternative`` stands for the picture where it is opened alone; among title, sentence and table, which
    say the rest, ``look`` does: what kind of picture it is, in a few words. ``short`` is the title in a word
    or two.
    ``draw`` gives the chart at a width in pixels; it is asked for a wide one and a narrow one.
    """
    pictures = []
    for name, width in ((f"{key}.svg", WIDE), (f"{key}-etroit.svg", NARROW)):
        drawing = draw(width)
        files[name] = svg(drawing, title, unmarked(alternative))
        wide, high = size_of(drawing)
        pictures.append({"file": name, "width": wide, "height": high})
    return {
        "kind": "figure",
        "key": key,
        "title": title,
        "short": short,
        "sentence": sentence,
        "alternative": f"Graphique : {look}",
        **pictures[0],
        "narrow": pictures[1],
        "table": data["table"],
    }
