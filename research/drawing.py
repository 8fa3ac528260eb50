"""From a matplotlib figure to a small accessible SVG, and from a heat map to a WebP picture."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from themed_svg import Theme

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

#: Colours by name, for light and for dark screens; those of the dashboard's own charts where it has them.
PALETTE = {
    "ink": ("#17222d", "#f1f4f6"),
    "soft": ("#3d4a57", "#c4ced7"),
    "line": ("#c3ccd4", "#46535f"),
    "surface": ("#ffffff", "#19212a"),
    "blue": ("#0a4b66", "#9ad5ea"),
    "rust": ("#8a3000", "#ffb991"),
    "violet": ("#4a2c83", "#cdb8ff"),
    "ochre": ("#4f3f00", "#f6dd84"),
}
INK, SOFT, LINE, SURFACE, BLUE, RUST, VIOLET, OCHRE = (light for light, _ in PALETTE.values())
FOR, AGAINST = "#b3261e", "#1d4fa3"
#: Zones are outlined from this share of the strongest effect.
OUTLINED = 0.4
#: Colours and marks of the methods, told apart by shape too.
METHODS = ((BLUE, "o"), (RUST, "s"), (VIOLET, "^"), (OCHRE, "D"))
#: Widths in pixels: on a wide screen, and where the page is narrow or much enlarged.
WIDE, NARROW = 880, 300
#: Pixels to the inch: one point is one pixel.
DPI = 72
STYLE: dict[RcKeyType, Any] = {
    "svg.fonttype": "none",  # real text, that a reader can search and enlarge
    "svg.hashsalt": "research",
    "font.family": "DejaVu Sans",
    "font.size": 14,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.facecolor": SURFACE,
    "figure.facecolor": SURFACE,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.linewidth": 1.2,
    # Words below the axis lines, at 3:1 contrast at least.
    "grid.color": LINE,
}


THEME = Theme(PALETTE)


def canvas(width: int, height: int, rows: int = 1, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure of ``width`` × ``height`` pixels and its axes, row by row."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, layout="constrained")
        return figure, list(figure.subplots(rows, columns, squeeze=False).ravel())


def svg(figure: Figure, title: str, description: str) -> bytes:
    """The figure as SVG with a title and a description, in the reader's light or dark scheme."""
    with matplotlib.rc_context(STYLE):
        return THEME.picture(figure, title, description)


def size_of(figure: Figure) -> tuple[int, int]:
    """Width and height of the SVG in CSS pixels."""
    wide, high = figure.get_size_inches()
    return round(wide * DPI), round(high * DPI)


def heat_picture(photo: np.ndarray, maps: list[np.ndarray], side: int = 250) -> Image.Image:
    """A photo and, beside it, each of its maps drawn over it.

    ``photo`` is RGB 0..255 ``(s, s, 3)``; a map is a grid of SHAP values. Red and a full line where the
    grid speaks for the category, blue with hatching and dashes where it speaks against.
    """
    dpi = 100
    panels = 1 + len(maps)
    # One scale for all panels: a faint category must look faint.
    top = max((float(np.abs(values).max()) for values in maps), default=0.0)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(panels * side / dpi, side / dpi), dpi=dpi)
        for number in range(panels):
            axes = figure.add_axes((number / panels + 0.004, 0.01, 1 / panels - 0.008, 0.98))
            axes.set_axis_off()
            if number == 0:
                axes.imshow(photo / 255)
            else:
                _draw_map(axes, photo, maps[number - 1], top)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
    return Image.open(buffer).convert("RGB")


def _draw_map(axes: Axes, photo: np.ndarray, values: np.ndarray, top: float) -> None:
    pixels = photo.shape[0]
    grey = photo.mean(axis=2) / 255
    axes.imshow(0.45 + 0.55 * grey, cmap="gray", vmin=0, vmax=1)
    enlarged = Image.fromarray(values.astype(np.float32)).resize((pixels, pixels), Image.Resampling.BICUBIC)
    smooth = np.asarray(enlarged)
    if top <= 0:
        return
    share = np.clip(np.abs(smooth) / top, 0, 1)
    colours = np.zeros((pixels, pixels, 4))
    colours[smooth > 0] = (*matplotlib.colors.to_rgb(FOR), 0)
    colours[smooth <= 0] = (*matplotlib.colors.to_rgb(AGAINST), 0)
    colours[..., 3] = 0.75 * share
    axes.imshow(colours)
    level = OUTLINED * top
    if smooth.max() > level:
        axes.contour(smooth, levels=[level], colors=[FOR], linewidths=2.0, linestyles="solid")
    if smooth.min() < -level:
        axes.contourf(smooth, levels=[-2 * top, -level], colors="none", hatches=["///"])
        axes.contour(smooth, levels=[-level], colors=[AGAINST], linewidths=2.0, linestyles="dashed")


def webp(picture: Image.Image, quality: int = 65) -> bytes:
    """A picture as WebP bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality, method=6)
    return buffer.getvalue()
