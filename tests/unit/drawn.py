"""What stands in a picture, read back from matplotlib."""

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Annotation, Text


def across(line: Line2D) -> list[float]:
    """Where the points of a line stand on the horizontal axis."""
    found: list[float] = np.asarray(line.get_xdata(), np.float64).tolist()
    return found


def up(line: Line2D) -> list[float]:
    """Where the points of a line stand on the upright axis."""
    found: list[float] = np.asarray(line.get_ydata(), np.float64).tolist()
    return found


def marked(ax: Axes, marker: str) -> list[Line2D]:
    """The lines that are drawn with a marker, in order."""
    return [line for line in ax.lines if line.get_marker() == marker]


def dots(ax: Axes, marker: str) -> list[tuple[float, float]]:
    """Where the first point of each line with a marker stands."""
    return [(across(line)[0], up(line)[0]) for line in marked(ax, marker)]


def rectangles(drawn: Axes | Figure) -> list[Rectangle]:
    """Bars and zones, in order."""
    shapes = drawn.artists if isinstance(drawn, Figure) else drawn.patches
    return [one for one in shapes if isinstance(one, Rectangle)]


def lines(drawn: Figure) -> list[Line2D]:
    """The lines and marks of a picture without axes, in order."""
    return [one for one in drawn.artists if isinstance(one, Line2D)]


def bounds(shape: Rectangle) -> tuple[float, float, float, float]:
    """Left, right, lower and upper edge of a bar."""
    (left, right), (lower, upper) = (
        sorted((start, start + size))
        for start, size in ((shape.get_x(), shape.get_width()), (shape.get_y(), shape.get_height()))
    )
    return left, right, lower, upper


def looks(shapes: Iterable[Patch]) -> list[tuple[str, str, str]]:
    """Face, edge and hatch of shapes, "" where there is none."""
    return [
        (to_hex(one.get_facecolor()), to_hex(one.get_edgecolor()), one.get_hatch() or "") for one in shapes
    ]


def named_at(texts: Iterable[Text]) -> dict[str, tuple[float, float]]:
    """Texts that name a place of the axes, spaces plain, and the place."""
    named = [text for text in texts if isinstance(text, Annotation)]
    return {" ".join(one.get_text().split()): (float(one.xy[0]), float(one.xy[1])) for one in named}
