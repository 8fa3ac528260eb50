"""Drawings made of rows: a label, then a bar or a point with its interval, on one horizontal axis.

In the wide drawing labels stand to the left of the axis; in the narrow one, above each row. The values stand
in a column of their own at the right, where no line crosses them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pretadepenser import french
from pretadepenser.charts import drawing
from pretadepenser.charts.drawing import Drawing, Width

# Characters of a label that are drawn, and pixels for each where labels stand beside the axis.
LONGEST = {"large": 42, "etroite": 34}
LETTER = 8.0
# Pixels of the column of values, and of an axis with its numbers and its name.
VALUES = 62
AXIS = 44
# What a row adds to its label where it is the client's own.
HERE = " – ce client"
# The end of a label that is one of several of its name.
NUMBERED = re.compile(r"\snuméro\s\d+$")


@dataclass(frozen=True)
class Row:
    """One row: `value` and its `text`; `low` and `high` bound a thin line, if there is one.

    here: the row is the client's own, which is named, filled and set in bold.
    """

    label: str
    value: float
    text: str
    low: float | None = None
    high: float | None = None
    here: bool = False

    def named(self, width: Width) -> str:
        """The label with its mark, as long as the drawing has room for."""
        mark = HERE if self.here else ""
        most = LONGEST[width] - len(mark)
        return shortened(self.label, most) + mark


@dataclass(frozen=True)
class Axis:
    """A horizontal axis: its name, how its numbers are written, and from where to where it goes.

    A `span` of None takes in all rows and the value 0. `signed`: numbers above 0 have their sign.
    """

    name: str
    decimals: int
    signed: bool = False
    span: tuple[float, float] | None = None

    def written(self, value: float) -> str:
        """A graduation."""
        text = french.compact(value, self.decimals)
        return f"+{text}" if self.signed and value > 0 else text


@dataclass(frozen=True)
class Mark:
    """A vertical line across all rows, named above them."""

    at: float
    text: str
    dashed: bool = False


def shortened(text: str, most: int) -> str:
    """A text of at most about `most` characters, cut between two words: half a number would be another one.

    "numéro 3" at its end stays: nothing else tells such a label from the one of number 2.
    """
    if len(text) <= most:
        return text
    end = NUMBERED.search(text)
    kept = end[0] if end else ""
    return text[: most - len(kept)].rpartition(" ")[0].rstrip(" ,;:–→") + "…" + kept


def heights(rows: int, *, axis: bool = False) -> tuple[int, int]:
    """Pixels of the wide and the narrow drawing of that many rows, title line and axis included."""
    below = AXIS if axis else 0
    return 56 + 40 * rows + below, 64 + 58 * rows + below


def middle(index: int, width: Width) -> float:
    """Where the mark of a row stands: in the narrow drawing, under its label."""
    return index if width == "large" else index + 0.2


def axes(
    width: Width, rows: Sequence[Row], low: float, high: float, axis: Axis | None = None, values: int = 0
) -> tuple[Figure, Axes]:
    """A figure with labelled rows from `low` to `high`, and `values` pixels kept at the right."""
    wide = width == "large"
    fig = drawing.figure(width, heights(len(rows), axis=axis is not None)[0 if wide else 1])
    right, below = (16 if wide else 10) + values, AXIS + 8 if axis else 8
    labels = [row.named(width) for row in rows]
    beside = 30 + LETTER * max(map(len, labels)) if wide else 14
    ax = drawing.axes(fig, beside, right, 46 if wide else 54, below)
    ax.set_xlim(low, high)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    if axis:
        _graduate(ax, axis, width)
    for index, (row, label) in enumerate(zip(rows, labels, strict=True)):
        _label(ax, index, label, "bold" if row.here else "normal", wide)
    return fig, ax


def _label(ax: Axes, index: int, label: str, weight: str, wide: bool) -> None:
    if wide:
        ax.annotate(
            label, (0, index), (-12, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
            ha="right", va="center", fontsize=13, fontweight=weight, color=drawing.color("ink"),
        )  # fmt: skip
    else:
        ax.annotate(
            label, (0, index - 0.22), xycoords=("axes fraction", "data"), ha="left", va="center",
            fontsize=12, fontweight=weight, color=drawing.color("ink"), zorder=5,
            bbox={"facecolor": drawing.color("surface"), "edgecolor": "none", "pad": 1},
        )  # fmt: skip


def _graduate(ax: Axes, axis: Axis, width: Width) -> None:
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


def line(ax: Axes, mark: Mark) -> None:
    """Draw a mark across all rows, named above the axis."""
    style = "--" if mark.dashed else "-"
    ax.axvline(mark.at, color=drawing.color("control"), linewidth=1.5, linestyle=style, zorder=0)
    low, high = ax.get_xlim()
    index = (mark.at - low) / (high - low)
    anchor = "left" if index < 0.25 else "right" if index > 0.75 else "center"
    ax.annotate(
        mark.text, (mark.at, 1), (0, 6), xycoords=("data", "axes fraction"), textcoords="offset points",
        ha=anchor, va="bottom", fontsize=12, color=drawing.color("ink-soft"), annotation_clip=False,
    )  # fmt: skip


def _value(ax: Axes, y: float, row: Row) -> None:
    """The text of a row in the column of values."""
    ax.annotate(
        row.text, (1, y), (VALUES, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
        ha="right", va="center", fontsize=13, fontweight="bold" if row.here else "normal",
        color=drawing.color("ink"), annotation_clip=False,
    )  # fmt: skip


@dataclass(frozen=True)
class Bars(Drawing):
    """Bars from zero, an interval each where there is one, and a mark such as the value of the whole."""

    look: ClassVar[str] = "barres horizontales"

    rows: tuple[Row, ...]
    mark: Mark | None = None

    @property
    def heights(self) -> tuple[int, int]:
        return heights(len(self.rows))

    def draw(self, width: Width) -> Figure:
        ends = [end for row in self.rows for end in (row.value, row.high) if end is not None]
        reach = max([*ends, self.mark.at if self.mark else 0.0]) or 1.0
        fig, ax = axes(width, self.rows, 0, reach * 1.02, values=VALUES)
        for index, row in enumerate(self.rows):
            y = middle(index, width)
            ax.barh(
                y, row.value, height=0.5 if width == "large" else 0.38, linewidth=1.5,
                edgecolor=drawing.color("for"), facecolor=drawing.color("for" if row.here else "for-wash"),
            )  # fmt: skip
            if row.low is not None and row.high is not None:
                for tone, thick, ends_of in (("surface", 5, None), ("ink", 2, "|")):
                    color = drawing.color(tone)
                    ax.plot([row.low, row.high], [y, y], color=color, linewidth=thick, marker=ends_of)
            _value(ax, y, row)
        if self.mark:
            line(ax, self.mark)
        return fig


@dataclass(frozen=True)
class Points(Drawing):
    """Points with their interval on a graduated axis, and vertical lines across them."""

    look: ClassVar[str] = "points avec leur intervalle"

    rows: tuple[Row, ...]
    marks: tuple[Mark, ...]
    axis: Axis

    @property
    def heights(self) -> tuple[int, int]:
        return heights(len(self.rows), axis=True)

    def draw(self, width: Width) -> Figure:
        ends = [end for row in self.rows for end in (row.low, row.high, row.value) if end is not None]
        low, high = self.axis.span or (min([*ends, 0.0]), max([*ends, 0.0]))
        pad = 0.0 if self.axis.span else (high - low or 1.0) * 0.03
        fig, ax = axes(width, self.rows, low - pad, high + pad, self.axis, VALUES)
        for mark in self.marks:
            line(ax, mark)
        for index, row in enumerate(self.rows):
            y, tone = middle(index, width), drawing.color("for" if row.value >= 0 else "against")
            if row.low is not None and row.high is not None:
                ax.plot([row.low, row.high], [y, y], color=drawing.color("ink-soft"), linewidth=2, marker="|")
            ax.plot(
                row.value, y, marker="o" if row.value >= 0 else "D", markersize=9, color=tone,
                markeredgecolor=drawing.color("surface"), markeredgewidth=1.5, clip_on=False,
            )  # fmt: skip
            _value(ax, y, row)
        return fig
