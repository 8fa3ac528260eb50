"""How charts are drawn: palette, figure, axes, and the values that a drawing is made from."""

from __future__ import annotations

import dataclasses
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import IdentityTransform

import themed_svg
from pretadepenser import french
from themed_svg import Theme

Width = Literal["large", "etroite"]
# The narrow drawing is what a screen of 320 pixels leaves to a figure: its letters keep their size there.
WIDTHS: Final[dict[Width, int]] = {"large": 880, "etroite": 254}


def _version() -> str:
    """Hash of the code that draws: what another version drew is never taken for a picture of this one."""
    digest = hashlib.sha256(matplotlib.__version__.encode())
    shared = (Path(french.__file__), Path(themed_svg.__file__))
    for path in (*sorted(Path(__file__).parent.glob("*.py")), *shared):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


VERSION: Final = _version()
# How the ids begin of texts that name or graduate an axis without being one of its ticks.
GRADUATION: Final = "axis-"
_PIXELS: Final = IdentityTransform()

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


THEME: Final = Theme(PALETTE, french.typeset)

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

    look: what kind of picture it is, in a few French words that repeat neither title nor sentence.
    """

    look: ClassVar[str]

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


@dataclasses.dataclass(frozen=True)
class Span:
    """Values from `low` to `high`, laid out evenly between two pixels."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of a value; beyond the ends too."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


class Board:
    """A figure drawn on in pixels from its lower left corner: half the work of one that has axes.

    Nothing is cut off at any edge but the picture's own. Shapes lie under lines, and these under texts.
    """

    def __init__(self, width: Width, height: int) -> None:
        self.figure = figure(width, height)
        self.wide, self.high = WIDTHS[width], height

    def rectangle(self, x: float, y: float, wide: float, high: float, **style: Any) -> None:
        """A rectangle from a corner on; `wide` may be negative."""
        self._add(Rectangle((x, y), wide, high, transform=_PIXELS, **style))

    def line(self, xs: Sequence[float], ys: Sequence[float], **style: Any) -> None:
        """A line through points, or marks where it has a marker."""
        self._add(Line2D(xs, ys, transform=_PIXELS, solid_capstyle="butt", dash_capstyle="butt", **style))

    def text(self, x: float, y: float, words: str, **style: Any) -> None:
        """Words at a place, in ink unless told otherwise."""
        self.figure.text(x, y, words, transform=_PIXELS, **{"color": color("ink"), **style})

    def _add(self, artist: Artist) -> None:
        # To cut it off at the picture's edge, as it is anyhow, costs as much again as to draw it.
        self.figure.add_artist(artist, clip=False)


def axes(fig: Figure, left: float, right: float, top: float, bottom: float) -> Axes:
    """Axes with margins in pixels and the house's quiet lines."""
    wide, high = fig.get_size_inches() * 72
    ax = fig.add_axes((left / wide, bottom / high, 1 - (left + right) / wide, 1 - (top + bottom) / high))
    ax.set_facecolor(color("surface"))
    ax.tick_params(colors=color("ink"), labelsize=13, length=4)
    for spine in ax.spines.values():
        spine.set_color(color("control"))
    return ax
