"""Drawings made of rows: a label, then a bar or a point with its interval, on one horizontal axis.

In the wide drawing labels stand to the left of the axis; in the narrow one, above each row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pretadepenser.charts import drawing
from pretadepenser.charts.chart import Width

LABELS = {"large": 330, "etroite": 10}
LONGEST = {"large": 42, "etroite": 40}


@dataclass(frozen=True)
class Row:
    """One row: `value` and its `text`; `low` and `high` bound a thin line, if there is one."""

    label: str
    value: float
    text: str
    low: float | None = None
    high: float | None = None


def heights(rows: int) -> tuple[int, int]:
    """Pixels of the wide and the narrow drawing of that many rows, title line included."""
    return 56 + 40 * rows, 64 + 58 * rows


def middle(place: int, width: Width) -> float:
    """Where the mark of a row stands: in the narrow drawing, under its label."""
    return place if width == "large" else place + 0.2


def axes(width: Width, labels: Sequence[str], low: float, high: float) -> tuple[Figure, Axes]:
    """A figure with labelled rows and an axis from `low` to `high`, without ticks."""
    wide = width == "large"
    fig = drawing.figure(width, heights(len(labels))[0 if wide else 1])
    ax = drawing.axes(fig, LABELS[width], 16 if wide else 10, 46 if wide else 54, 8)
    ax.set_xlim(low, high)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
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
    rows: Sequence[Row], marks: Sequence[tuple[float, str, bool]], span: tuple[float, float] | None = None
) -> Callable[[Width], Figure]:
    """Points with their interval and text; `marks` are vertical lines (x, text, dashed)."""

    def draw(width: Width) -> Figure:
        ends = [end for row in rows for end in (row.low, row.high, row.value) if end is not None]
        low, high = span or (min([*ends, 0.0]), max([*ends, 0.0]))
        room = (high - low or 1.0) * (0.26 if width == "large" else 0.5)
        fig, ax = axes(width, [row.label for row in rows], low - (high - low) * 0.03, high + room)
        for x, text, dashed in marks:
            line(ax, x, text, dashed=dashed)
        for place, row in enumerate(rows):
            y, tone = middle(place, width), drawing.color("for" if row.value >= 0 else "against")
            end = row.value
            if row.low is not None and row.high is not None:
                ax.plot([row.low, row.high], [y, y], color=drawing.color("ink-soft"), linewidth=2, marker="|")
                end = max(end, row.high)
            ax.plot(
                row.value, y, marker="o" if row.value >= 0 else "D", markersize=9, color=tone,
                markeredgecolor=drawing.color("surface"), markeredgewidth=1.5,
            )  # fmt: skip
            _text(ax, end, y, row.text)
        return fig

    return draw


def _text(ax: Axes, x: float, y: float, text: str) -> None:
    ax.annotate(
        text, (x, y), (9, 0), textcoords="offset points", ha="left", va="center", fontsize=13,
        color=drawing.color("ink"), annotation_clip=False, zorder=5,
        bbox={"facecolor": drawing.color("surface"), "edgecolor": "none", "pad": 1},
    )  # fmt: skip
