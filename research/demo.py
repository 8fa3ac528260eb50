"""Seven kinds of drawn pictures: a catalogue for whoever has no photos, always labelled a demonstration."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from research.catalog import CATEGORIES, IDENTITY_COLUMN, TREE_COLUMN
from research.config import Config, Phase
from research.files import write_bytes

#: Side of the demonstration's pictures, in pixels.
SIDE = 64

Colour = tuple[int, int, int]
Painter = Callable[[ImageDraw.ImageDraw, int, np.random.Generator], None]


def _colour(draw: np.random.Generator) -> Colour:
    red, green, blue = draw.integers(20, 200, 3)
    return int(red), int(green), int(blue)


def _garment(pen: ImageDraw.ImageDraw, side: int, draw: np.random.Generator) -> None:
    """Baby Care: a small T-shirt."""
    wide = side * draw.uniform(0.2, 0.3)
    middle, top = side / 2, side * 0.25
    body = [(middle - wide, top), (middle + wide, top), (middle + wide * 1.6, top + wide)]
    body += [(middle + wide * 0.8, top + wide), (middle + wide * 0.8, side * 0.8)]
    body += [(2 * middle - x, y) for x, y in reversed(body[2:])]
    pen.polygon(body, fill=_colour(draw))


def _bottle(pen: ImageDraw.ImageDraw, side: int, draw: np.random.Generator) -> None:
    """Beauty and Personal Care: a bottle with its stopper."""
    wide = side * draw.uniform(0.1, 0.18)
    pen.rounded_rectangle((side / 2 - wide, side * 0.3, side / 2 + wide, side * 0.9), wide / 2, _colour(draw))
    pen.rectangle((side / 2 - wide / 2, side * 0.12, side / 2 + wide / 2, side * 0.3), _colour(draw))


def _screen(pen: ImageDraw.ImageDraw, side: int, draw: np.random.Generator) -> None:
    """Computers: an open laptop."""
    left, top = side * draw.uniform(0.1, 0.2), side * draw.uniform(0.15, 0.25)
    pen.rectangle((left, top, side - left, side * 0.65), (40, 40, 45))
    pen.rectangle((left * 1.3, top * 1.2, side - left * 1.3, side * 0.6), _colour(draw))
    pen.polygon(
        [(left, side * 0.66), (side - left, side * 0.66), (side, side * 0.8), (0, side * 0.8)], (90,) * 3
    )


def _star(pen: ImageDraw.ImageDraw, side: int, draw: np.random.Generator) -> None:
    """Home Decor & Festive Needs: a star."""
    turn, radius = draw.uniform(0, np.pi), side * draw.uniform(0.3, 0.45)
    angles = turn + np.arange(10) * np.pi / 5
    lengths = radius * np.where(np.arange(10) % 2, 0.45, 1)
    points = np.stack([side / 2 + lengths * np.cos(angles), side / 2 + lengths * np.sin(angles)], axis=1)
    pen.polygon([(float(x), float(y)) for x, y in points], fill=_colour(draw))


def _stripes(pen: ImageDraw.ImageDraw, side: int, draw: np.random.Generator) -> None:
    """Home Furnishing: a striped cloth."""
    first, second, step = _colour(draw), _colour(draw), int(side * draw.uniform(0.06, 0.12))
    for number, left in enumerate(range(0, side, step)):
        pen.rectangle((left, side * 0.05, left + step, side * 0.95), first if number % 2 else second)


def _plate(pen: ImageDraw.ImageDraw, side: int, draw: np.random.Generator) -> None:
    """Kitchen & Dining: a plate and a fork."""
    radius = side * draw.uniform(0.22, 0.32)
    for share, colour in ((1.0, _colour(draw)), (0.8, (250, 250, 250)), (0.6, _colour(draw))):
        reach = radius * share
        centre = side * 0.42
        pen.ellipse((centre - reach, side / 2 - reach, centre + reach, side / 2 + reach), colour)
    pen.rectangle((side * 0.86, side * 0.2, side * 0.9, side * 0.85), (120, 120, 120))


def _watch(pen: ImageDraw.ImageDraw, side: int, draw: np.random.Generator) -> None:
    """Watches: a dial on a strap."""
    radius, strap = side * draw.uniform(0.2, 0.28), side * draw.uniform(0.08, 0.14)
    pen.rectangle((side / 2 - strap, 0, side / 2 + strap, side), _colour(draw))
    box = (side / 2 - radius, side / 2 - radius, side / 2 + radius, side / 2 + radius)
    pen.ellipse(box, (240, 240, 240), _colour(draw), max(2, side // 30))
    for angle in draw.uniform(0, 2 * np.pi, 2):
        end = (side / 2 + radius * 0.7 * np.cos(angle), side / 2 + radius * 0.7 * np.sin(angle))
        pen.line(((side / 2, side / 2), end), (20, 20, 20), max(2, side // 50))


#: What sellers call the drawn products of each category, in its order.
NOUNS: tuple[tuple[str, ...], ...] = (
    ("romper", "bib", "onesie", "bonnet", "rattle", "nappy"),
    ("shampoo", "lotion", "serum", "perfume", "balm", "soap"),
    ("laptop", "keyboard", "router", "charger", "screen", "printer"),
    ("lantern", "garland", "ornament", "candle", "wreath", "figurine"),
    ("curtain", "bedsheet", "cushion", "quilt", "carpet", "towel"),
    ("plate", "fork", "saucepan", "teapot", "bowl", "ladle"),
    ("chronograph", "dial", "strap", "wristwatch", "bezel", "clasp"),
)
ADJECTIVES = ("blue", "soft", "modern", "classic", "light", "fine", "large", "small", "bright", "daily")
BRANDS = ("Anvo", "Brelli", "Corda", "Dumas", "Elixa", "Fenno")
#: Share of the products of which the seller says nothing that tells them apart, as in true shops.
SILENT = 0.15


def _words(number: int, draw: np.random.Generator) -> dict[str, str]:
    """Name, description and brand of a product of category ``number``, some of them silent about it."""

    def some(words: tuple[str, ...], count: int) -> list[str]:
        return [str(word) for word in draw.choice(words, count, replace=False)]

    (brand,), manner = some(BRANDS, 1), some(ADJECTIVES, 5)
    nouns = ["article", "item", "product"] if draw.random() < SILENT else some(NOUNS[number], 3)
    return {
        "product_name": f"{brand} {manner[0]} {nouns[0]}",
        "description": f"Buy this {manner[1]} {nouns[1]}, {manner[2]} and {manner[3]}, from {brand}. "
        f"{nouns[2].capitalize()} number {draw.integers(10_000)}, {manner[4]}, delivered at home.",
        "brand": brand,
    }


def demonstrated(config: Config) -> Config:
    """A configuration shortened for drawn pictures and random weights: small, few views, faster steps.

    What random weights give is small and unlike between networks: the head learns it with longer steps and
    without penalty. The top is then opened for one epoch of steps too small to undo what the head relies on.
    """
    return replace(
        config,
        size=SIDE,
        views=2,
        averaged=2,
        head=Phase("adam", 2e-2, epochs=8, patience=8),
        tuning=Phase("adam", 3e-7, epochs=1, patience=1),
        dropout=0.2,
        l2=0.0,
        smoothing=0.0,
        batch=16,
    )


PAINTERS: tuple[Painter, ...] = (_garment, _bottle, _screen, _star, _stripes, _plate, _watch)


def draw_catalog(folder: Path, each: int, seed: int, side: int = 128) -> tuple[Path, Path]:
    """Draw ``each`` pictures of each category and write texts of them; returns the csv and the folder.

    Raises ResearchError: the folder cannot be written or the disk is full.
    """
    draw, words = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    rows: list[dict[str, str]] = []
    for number, (category, painter) in enumerate(zip(CATEGORIES, PAINTERS, strict=True)):
        for copy in range(each):
            picture = Image.new("RGB", (side, side), "white")
            painter(ImageDraw.Draw(picture), side, draw)
            noise = draw.normal(0, 6, (side, side, 3))
            values = np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8)
            buffer = io.BytesIO()
            Image.fromarray(values).save(buffer, "JPEG", quality=90)
            identity = f"demo{number}{copy:04d}"
            write_bytes(folder / "photos" / f"{identity}.jpg", buffer.getvalue())
            tree = json.dumps([f"{category} >> Demonstration"])
            rows.append({IDENTITY_COLUMN: identity, TREE_COLUMN: tree} | _words(number, words))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    write_bytes(folder / "catalogue.csv", text.getvalue().encode())
    return folder / "catalogue.csv", folder / "photos"
