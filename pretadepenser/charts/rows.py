"""Drawings made of rows: a label, then a bar or a point with its interval, on one horizontal axis.

In the wide drawing labels stand to the left of the axis; in the narrow one, above each row. The values of
points stand in a column of their own at the right, where no line crosses them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pretadepenser.charts import drawing
from pretadepenser.charts.chart import Width

# Characters of a label that are drawn, and pixels for each where labels stand beside the axis.
LONGEST = {"large": 42, "etroite": 34}
LETTER = 8.0
# Pixels of the column of values, and of an axis with its numbers and its name.
VALUES = 62
AXIS = 44


@dataclass(frozen=True)
class Row:
    """One row: `value` and its `text`; `low` and `high` bound a thin line, if there is one."""

    label: str
    value: float
    text: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Axis:
    """A horizontal axis: its name, how its numbers are written, and from where to where it goes.

    A `span` of None takes in all rows and the value 0.
    """

    name: str
    written: Callable[[float], str]
    span: tuple[float, float] | None = None


def heights(rows: int, *, axis: bool = False) -> tuple[int, int]:
    """Pixels of the wide and the narrow drawing of that many rows, title line and axis included."""
    below = AXIS if axis else 0
    return 56 + 40 * rows + below, 64 + 58 * rows + below


def middle(place: int, width: Width) -> float:
    """Where the mark of a row stands: in the narrow drawing, under its label."""
    return place if width == "large" else place + 0.2


def axes(
    width: Width, labels: Sequence[str], low: float, high: float, axis: Axis | None = None, values: int = 0
) -> tuple[Figure, Axes]:
    """A figure with labelled rows from `low` to `high`, and `values` pixels kept at the right."""
    wide = width == "large"
    fig = drawing.figure(width, heights(len(labels), axis=axis is not None)[0 if wide else 1])
    right, below = (16 if wide else 10) + values, AXIS + 8 if axis else 8
    beside = 30 + LETTER * max(min(len(label), LONGEST[width]) for label in labels) if wide else 14
    ax = drawing.axes(fig, beside, right, 46 if wide else 54, below)
    ax.set_xlim(low, high)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    if axis:
        _scale(ax, axis, width)
    for place, label in enumerate(labels):
        most = LONGEST[width]
        shown = label if len(label) <= most else f"{label[: most - 1].rstrip()}…"
        if wide:
            ax.annotate(
                shown, (0, place), (-12, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
                ha="right", va="center", fontsize=13, color=drawing.color("ink"),
            )  # fmt: skip
        else:
            ax.annotate(
                shown, (0, place - 0.22), xycoords=("axes fraction", "data"), ha="left", va="center",
                fontsize=12, color=drawing.color("ink"), zorder=5,
                bbox={"facecolor": drawing.color("surface"), "edgecolor": "none", "pad": 1},
            )  # fmt: skip
    return fig, ax


def _scale(ax: Axes, axis: Axis, width: Width) -> None:
    """Round numbers under the rows, and what they are."""
    low, high = ax.get_xlim()
    every = MaxNLocator(7 if width == "large" else 4, steps=[1, 2, 5, 10]).tick_values(low, high)
    ticks = [tick for tick in every if low <= tick <= high]
    ax.set_xticks(ticks, [axis.written(tick) for tick in ticks])
    ax.spines["bottom"].set_visible(True)
    ax.annotate(
        axis.name, (0, 0), (0, -26), xycoords="axes fraction", textcoords="offset points", ha="left",
        va="top", fontsize=13, color=drawing.color("ink"), annotation_clip=False,
    )  # fmt: skip


def line(ax: Axes, x: float, text: str, *, dashed: bool = False) -> None:
    """A vertical line across all rows, named above the axis."""
    ax.axvline(x, color=drawing.color("control"), linewidth=1.5, linestyle="--" if dashed else "-", zorder=0)
    low, high = ax.get_xlim()
    place = (x - low) / (high - low)
    anchor = "left" if place < 0.25 else "right" if place > 0.75 else "center"
    ax.annotate(
        text, (x, 1), (0, 6), xycoords=("data", "axes fraction"), textcoords="offset points", ha=anchor,
        va="bottom", fontsize=12, color=drawing.color("ink-soft"), annotation_clip=False,
    )  # fmt: skip


def bars(rows: Sequence[Row]) -> Callable[[Width], Figure]:
    """Bars from zero, with their text at the end."""

    def draw(width: Width) -> Figure:
        reach = max([row.value for row in rows] + [1e-9])
        fig, ax = axes(width, [row.label for row in rows], 0, reach * (1.25 if width == "large" else 1.4))
        for place, row in enumerate(rows):
            ax.barh(
                middle(place, width), row.value, height=0.5 if width == "large" else 0.38, linewidth=1.5,
                edgecolor=drawing.color("for"), facecolor=drawing.color("for-wash"),
            )  # fmt: skip
            _text(ax, row.value, middle(place, width), row.text)
        return fig

    return draw


def points(
    rows: Sequence[Row], marks: Sequence[tuple[float, str, bool]], axis: Axis
) -> Callable[[Width], Figure]:
    """Points with their interval, their text at the right; `marks` are vertical lines (x, text, dashed)."""

    def draw(width: Width) -> Figure:
        ends = [end for row in rows for end in (row.low, row.high, row.value) if end is not None]
        low, high = axis.span or (min([*ends, 0.0]), max([*ends, 0.0]))
        pad = 0.0 if axis.span else (high - low or 1.0) * 0.03
        fig, ax = axes(width, [row.label for row in rows], low - pad, high + pad, axis, VALUES)
        for x, text, dashed in marks:
            line(ax, x, text, dashed=dashed)
        for place, row in enumerate(rows):
            y, tone = middle(place, width), drawing.color("for" if row.value >= 0 else "against")
            if row.low is not None and row.high is not None:
                ax.plot([row.low, row.high], [y, y], color=drawing.color("ink-soft"), linewidth=2, marker="|")
            ax.plot(
                row.value, y, marker="o" if row.value >= 0 else "D", markersize=9, color=tone,
                markeredgecolor=drawing.color("surface"), markeredgewidth=1.5, clip_on=False,
            )  # fmt: skip
            ax.annotate(
                row.text, (1, y), (VALUES, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
                ha="right", va="center", fontsize=13, color=drawing.color("ink"), annotation_clip=False,
            )  # fmt: skip
        return fig

    return draw


def _text(ax: Axes, x: float, y: float, text: str) -> None:
    ax.annotate(
        text, (x, y), (9, 0), textcoords="offset points", ha="left", va="center", fontsize=13,
        color=drawing.color("ink"), annotation_clip=False, zorder=5,
        bbox={"facecolor": drawing.color("surface"), "edgecolor": "none", "pad": 1},
    )  # fmt: skip
