"""The design tokens: contrast of every pair that is used, and the charts' palette, which is the same."""

import re
from pathlib import Path

import pytest

from pretadepenser.charts import drawing

CSS = (Path(__file__).parents[2] / "static" / "tokens.css").read_text("utf-8")
LIGHT, DARK = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part)) for part in CSS.split("@media"))
# (text, background): WCAG 1.4.6 wants 7:1; (line, background): 1.4.11 wants 3:1
TEXTS = [
    ("ink", "canvas"),
    ("ink", "surface"),
    ("ink-soft", "canvas"),
    ("ink-soft", "surface"),
    ("link", "canvas"),
    ("link", "surface"),
    ("on-brand", "brand"),
    ("for", "surface"),
    ("for", "for-wash"),
    ("against", "surface"),
    ("against", "against-wash"),
    ("notice", "notice-wash"),
    ("ink", "for-wash"),
    ("ink", "against-wash"),
]
LINES = [
    ("control", "surface"),
    ("brand-edge", "canvas"),
    ("brand-edge", "surface"),
    ("focus", "canvas"),
    ("focus", "surface"),
    ("for", "surface"),
]


def luminance(color: str) -> float:
    parts = [int(color[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast(scheme: dict[str, str]) -> None:
    for text, background in TEXTS:
        assert contrast(scheme[text], scheme[background]) >= 7, (text, background)
    for line, background in LINES:
        assert contrast(scheme[line], scheme[background]) >= 3, (line, background)


def test_charts_use_the_tokens() -> None:
    assert {name: (LIGHT[name], DARK[name]) for name in drawing.PALETTE} == drawing.PALETTE
