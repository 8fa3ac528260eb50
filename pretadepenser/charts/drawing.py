"""How charts are drawn: palette, figure, and the SVG that a browser can recolour.

Matplotlib writes colours into style attributes. They are turned into presentation attributes whose colours
are CSS variables, defined once in the SVG for light, dark and print: the picture follows the reader's scheme
as an <img> can, and no inline style is left for a strict Content-Security-Policy to block.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal
from xml.sax.saxutils import escape

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pretadepenser.credit import french

Width = Literal["large", "etroite"]
# The narrow drawing is what a screen of 320 pixels leaves to a figure: its letters keep their size there.
WIDTHS: Final[dict[Width, int]] = {"large": 880, "etroite": 254}


def _version() -> str:
    """Hash of the code that draws: what another version drew is never taken for a picture of this one."""
    digest = hashlib.sha256(matplotlib.__version__.encode())
    for path in (*sorted(Path(__file__).parent.glob("*.py")), Path(french.__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


VERSION: Final = _version()
# How the ids begin of texts that name or graduate an axis without being one of its ticks.
GRADUATION: Final = "axis-"

# name: (light, dark); the same values as static/tokens.css, held equal by tests/unit/test_tokens.py
PALETTE: Final = {
    "ink": ("#17222d", "#f1f4f6"),
    "ink-soft": ("#3d4a57", "#c4ced7"),
    "surface": ("#ffffff", "#19212a"),
    "line": ("#c3ccd4", "#46535f"),
    "control": ("#5c6b78", "#8b9aa8"),
    "link": ("#0a4b66", "#9ad5ea"),
    "for": ("#075862", "#8fd6dd"),
    "for-wash": ("#e4f1f2", "#133237"),
    "against": ("#8a3000", "#ffb991"),
    "against-wash": ("#fbeee6", "#3d2114"),
    "notice": ("#4f3f00", "#f6dd84"),
    "notice-wash": ("#fdf4d0", "#322a0c"),
}


def _scheme(column: int) -> str:
    return "".join(f"--{name}:{pair[column]};" for name, pair in PALETTE.items())


STYLE: Final = (
    f":root{{{_scheme(0)}}}@media screen and (prefers-color-scheme:dark){{:root{{{_scheme(1)}}}}}"
    "text{font-family:'DejaVu Sans',Verdana,system-ui,sans-serif}"
)

matplotlib.rcParams.update(
    {
        "svg.fonttype": "none",  # real text, not outlines
        "svg.hashsalt": "pretadepenser",  # the same picture has the same ids every time
        "font.family": "DejaVu Sans",
        "font.size": 14,
        "hatch.linewidth": 1.5,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
)


class Drawing(ABC):
    """Every value that a picture is drawn from, and how it is drawn from nothing else.

    Subclasses are frozen dataclasses of numbers, texts and tuples of them: `canonical` refuses the rest, so
    that no value can reach a picture without being part of the key under which it is kept.
    """

    @property
    @abstractmethod
    def heights(self) -> tuple[int, int]:
        """Heights of the wide and of the narrow picture, in CSS pixels."""

    @abstractmethod
    def draw(self, width: Width) -> Figure:
        """The picture at this width, as a new figure."""

    def height(self, width: Width) -> int:
        """Height of the picture at this width, in CSS pixels."""
        return self.heights[0 if width == "large" else 1]


def canonical(value: object) -> str:
    """Write a value of plain types so that two of them are written alike only where they are equal.

    Plain are None, numbers, texts, tuples of plain values, and frozen dataclasses of them. Raises TypeError
    for anything else, such as a function, a list or an array.
    """
    if value is None or isinstance(value, bool | int | str):
        return repr(value)
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, tuple):
        return f"({','.join(map(canonical, value))})"
    parameters = getattr(type(value), "__dataclass_params__", None)
    if parameters is None or not parameters.frozen or isinstance(value, type):
        raise TypeError(f"{type(value).__qualname__} is no plain value to draw from")
    fields = dataclasses.fields(value)  # type: ignore[arg-type]
    written = (f"{one.name}={canonical(getattr(value, one.name))}" for one in fields)
    return f"{type(value).__module__}.{type(value).__qualname__}({','.join(written)})"


def color(name: str) -> str:
    """The light colour that stands for a token until the SVG is written."""
    return PALETTE[name][0]


def figure(width: Width, height: int) -> Figure:
    """An empty figure of WIDTHS[width] × height CSS pixels (72 dots per inch: one point is one pixel)."""
    return Figure(figsize=(WIDTHS[width] / 72, height / 72), dpi=72, facecolor=color("surface"))


def axes(fig: Figure, left: float, right: float, top: float, bottom: float) -> Axes:
    """Axes with margins in pixels and the house's quiet lines."""
    wide, high = fig.get_size_inches() * 72
    ax = fig.add_axes((left / wide, bottom / high, 1 - (left + right) / wide, 1 - (top + bottom) / high))
    ax.set_facecolor(color("surface"))
    ax.tick_params(colors=color("ink"), labelsize=13, length=4)
    for spine in ax.spines.values():
        spine.set_color(color("control"))
    return ax


def render(fig: Figure, title: str, description: str, theme: Literal["auto", "light"]) -> bytes:
    """Write the figure as SVG bytes with title, description and themed colours."""
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, count=1, flags=re.S)
    svg = re.sub(r"<style[^>]*>.*?</style>", "", svg, count=1, flags=re.S)
    svg = re.sub(r' style="([^"]*)"', _presentation, svg)
    svg = re.sub(r"(?<=>)[^<>]+(?=</text>)", lambda text: french.typeset(text[0]), svg)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    if theme == "auto":
        for name, (light, _) in PALETTE.items():
            svg = re.sub(f"{light}(?![0-9a-f])", f"var(--{name})", svg, flags=re.I)
        style = f"<style>{STYLE}</style>"
    else:
        style = "<style>text{font-family:'DejaVu Sans',Verdana,sans-serif}</style>"
    wide, high = (round(inches * 72) for inches in fig.get_size_inches())
    head = (
        f' width="{wide}" height="{high}" role="img" lang="fr" aria-labelledby="titre desc">'
        f'<title id="titre">{escape(title)}</title><desc id="desc">{escape(description)}</desc>'
        f'{style}<g stroke-linejoin="round" stroke-linecap="butt">'
    )
    start = svg.index(">")
    return (svg[:start] + head + svg[start + 1 :].replace("</svg>", "</g></svg>")).encode()


def inline(svg: bytes, label: str, prefix: str) -> str:
    """Make a picture of `render` (theme "auto") part of a page: for figures that no address may hold.

    The style sheet goes, since a strict policy would block it and static/tokens.css defines the same
    variables; ids get `prefix`, so that several pictures can share a page; `label` takes the place of title
    and description, as the alternative of an <img> would.
    """
    text = re.sub(r"<(style|title|desc)\b[^>]*>.*?</\1>", "", svg.decode(), flags=re.S)
    text = re.sub(r'\b(id|clip-path|fill|mask|(?:xlink:)?href)="([^"]*)"', _prefixed(prefix), text)
    return text.replace(
        ' aria-labelledby="titre desc"', f' aria-label="{escape(label, {chr(34): "&quot;"})}"', 1
    )


def _prefixed(prefix: str) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        name, value = match.groups()
        value = f"{prefix}-{value}" if name == "id" else re.sub(r"^(url\()?#", rf"\g<0>{prefix}-", value)
        return f'{name}="{value}"'

    return replace


def _presentation(match: re.Match[str]) -> str:
    """CSS declarations of a style attribute as SVG attributes (the font shorthand is spelt out)."""
    attributes = []
    for declaration in match.group(1).split(";"):
        name, _, value = declaration.partition(":")
        name, value = name.strip(), value.strip()
        if name == "font":
            size = re.search(r"([\d.]+)px", value)
            weight = re.search(r"\b(bold|[5-9]00)\b", value)
            attributes += [f'font-size="{size.group(1)}"'] if size else []
            attributes += ['font-weight="bold"'] if weight else []
        elif name and value and name != "font-family":
            attributes.append(f'{name}="{value}"')
    return " " + " ".join(attributes) if attributes else ""
