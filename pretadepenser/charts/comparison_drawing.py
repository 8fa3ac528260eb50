"""Drawings of the comparison's charts: upright bars on brackets, lying bars with a text, squares in cells.

Each is given as what a Chart takes: its heights in pixels, wide and narrow, and what draws it.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pretadepenser.charts import drawing
from pretadepenser.charts import rows as rows_of
from pretadepenser.charts.chart import Width
from pretadepenser.credit import dictionary, french, wording
from pretadepenser.credit.comparison import Crossing, Distribution
from pretadepenser.credit.dictionary import Kind

Drawing = tuple[tuple[int, int], Callable[[Width], Figure]]

# Pixels that a tick's text needs on an axis.
ROOM: Final[dict[Width, int]] = {"large": 64, "etroite": 52}
# Letters of an axis's name on a line of the narrow drawing, and pixels of each line.
NAME: Final = 28
LINE: Final = 17


def _tick(column: dictionary.Column, edge: float) -> str:
    """An edge as an axis has it: without unit, amounts in thousands."""
    if column.kind is Kind.AMOUNT:
        return french.compact(edge / 1000, 1)
    return french.compact(edge * 100, 1) if column.kind is Kind.SHARE else french.compact(edge, 2)


def _unit(column: dictionary.Column) -> str:
    match column.kind:
        case Kind.AMOUNT:
            return "en milliers d’euros"
        case Kind.SHARE:
            return "en %"
        case Kind.DURATION | Kind.ELAPSED | Kind.YEARS:
            return "en années"
        case Kind.EXTERNAL_SCORE:
            return "note de 0 à 1"
        case _:
            return f"en {column.unit if column.unit.endswith('s') else column.unit + 's'}"


def _axis_name(column: dictionary.Column, width: Width) -> str:
    """What an axis shows and in which unit; on several lines where the drawing is narrow."""
    name = f"{column.label}, {_unit(column)}"
    return name if width == "large" else textwrap.fill(name, NAME, break_long_words=False)


def _place(edges: Sequence[float], bracket: int, value: float) -> float:
    """Where a value stands on an axis that gives every bracket a width of 1; open ones have no scale."""
    if 0 < bracket < len(edges):
        low, high = edges[bracket - 1], edges[bracket]
        return bracket + (value - low) / (high - low)
    return bracket + 0.5


def _edge_ticks(
    column: dictionary.Column, edges: Sequence[float], room: float, width: int
) -> list[tuple[int, str]]:
    """Edges to be named on an axis `room` pixels long so that texts of `width` pixels do not meet."""
    every = max(1, math.ceil(width * (len(edges) + 1) / max(room, 1)))
    return [(place + 1, _tick(column, edge)) for place, edge in enumerate(edges) if place % every == 0]


def histogram(shown: Distribution) -> Drawing:
    """Upright bars, one a bracket, with the client's line across them; the last one is named: it is open."""
    lines = _axis_name(shown.column, "etroite").count("\n") + 1
    heights = (360, 304 + LINE * lines)
    edges = [bar.high for bar in shown.bars if bar.high is not None]
    here = next((place for place, bar in enumerate(shown.bars) if bar.here), None)

    def draw(width: Width) -> Figure:
        fig = drawing.figure(width, heights[0 if width == "large" else 1])
        left, right = (56, 16) if width == "large" else (44, 8)
        ax = drawing.axes(fig, left, right, 66, 62 if width == "large" else 46 + LINE * lines)
        ax.set_xlim(0, len(shown.bars))
        top = max(bar.share for bar in shown.bars) or 1.0
        ax.set_ylim(0, top * 1.06)
        for place, bar in enumerate(shown.bars):
            ax.bar(
                place + 0.5, bar.share, width=0.86, linewidth=1.5, edgecolor=drawing.color("for"),
                facecolor=drawing.color("for" if bar.here else "for-wash"),
            )  # fmt: skip
        room = drawing.WIDTHS[width] - left - right
        last = f"{_tick(shown.column, edges[-1])} et plus" if edges and shown.bars[-1].high is None else ""
        free = len(shown.bars) * (1 - (8.5 * len(last) + ROOM[width] / 2) / room)
        ticks = _edge_ticks(shown.column, edges, room, ROOM[width])
        ticks = [(place, text) for place, text in ticks if not last or place <= free]
        ax.set_xticks([place for place, _ in ticks], [text for _, text in ticks])
        ax.annotate(
            last, (1, 0), (0, -7.5), xycoords="axes fraction", textcoords="offset points", ha="right",
            va="top", fontsize=13, color=drawing.color("ink"), annotation_clip=False,
        )  # fmt: skip
        ax.set_xlabel(_axis_name(shown.column, width))
        ax.xaxis.label.set_color(drawing.color("ink"))
        _shares(ax, top)
        ax.annotate(
            "Part des clients", (0, 1), (-left + 6, 36), xycoords="axes fraction", textcoords="offset points",
            ha="left", va="bottom", fontsize=13, color=drawing.color("ink-soft"),
        )  # fmt: skip
        if here is not None and shown.shown is not None and isinstance(shown.value, (int, float)):
            text = f"Ce client{french.NO_BREAK}: {wording.value_text(shown.column, shown.value)}"
            _mark(
                ax,
                _place(edges, here, shown.shown),
                len(shown.bars),
                text if width == "large" else "Ce client",
            )
        return fig

    return heights, draw


def _shares(ax: Axes, top: float) -> None:
    """Three round percentages on the upright axis."""
    step = 10 ** math.floor(math.log10(top / 2))
    step = next(step * times for times in (5, 2, 1) if step * times <= top / 2)
    marks = [step * place for place in range(int(top / step + 1e-9) + 1)]
    ax.set_yticks(marks, [french.percent(mark, 0 if step >= 0.01 else 1) for mark in marks])


def _mark(ax: Axes, x: float, end: float, text: str) -> None:
    """The client's line across the bars, named above."""
    ax.plot([x, x], [0, ax.get_ylim()[1]], color=drawing.color("surface"), linewidth=5)
    ax.plot([x, x], [0, ax.get_ylim()[1]], color=drawing.color("ink"), linewidth=2.5)
    ax.plot(x, ax.get_ylim()[1], marker="v", markersize=11, color=drawing.color("ink"), clip_on=False)
    anchor = "left" if x < end * 0.25 else "right" if x > end * 0.75 else "center"
    ax.annotate(
        text, (x, ax.get_ylim()[1]), (0, 8), textcoords="offset points", ha=anchor, va="bottom", fontsize=14,
        fontweight="bold", color=drawing.color("ink"), annotation_clip=False,
    )  # fmt: skip


class Row(NamedTuple):
    """A bar: what it stands for, its length (0..1), its text, whether it is the client's, its interval."""

    label: str
    value: float
    text: str
    here: bool
    interval: tuple[float, float] | None = None


def rows(bars: Sequence[Row], whole: float | None = None) -> Drawing:
    """Horizontal bars with their text, an interval each, and a line for the value of the whole group."""
    heights = (44 + 44 * len(bars), 44 + 58 * len(bars))

    def draw(width: Width) -> Figure:
        wide = width == "large"
        fig = drawing.figure(width, heights[0 if wide else 1])
        ax = drawing.axes(fig, 330 if wide else 12, (24 if wide else 10) + rows_of.VALUES, 34, 10)
        reach = max(
            [bar.value for bar in bars] + [bar.interval[1] for bar in bars if bar.interval] + [whole or 0.0]
        )
        ax.set_xlim(0, (reach or 1.0) * 1.02)
        ax.set_ylim(len(bars) - 0.5, -0.5)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines["bottom"].set_visible(False)
        middle, size = (0.0, 0.52) if wide else (0.2, 0.4)
        for place, (label, value, text, here, interval) in enumerate(bars):
            ax.barh(
                place + middle, value, height=size, linewidth=1.5, edgecolor=drawing.color("for"),
                facecolor=drawing.color("for" if here else "for-wash"),
            )  # fmt: skip
            if interval is not None:
                ax.plot(interval, [place + middle] * 2, color=drawing.color("surface"), linewidth=5)
                ax.plot(interval, [place + middle] * 2, color=drawing.color("ink"), linewidth=2, marker="|")
            ax.annotate(
                text, (1, place + middle), (rows_of.VALUES, 0), xycoords=("axes fraction", "data"),
                textcoords="offset points", ha="right", va="center", fontsize=13,
                fontweight="bold" if here else "normal", color=drawing.color("ink"), annotation_clip=False,
            )  # fmt: skip
            _row_label(ax, place, label, here, wide)
        if whole is not None:
            ax.plot(
                [whole, whole],
                [-0.5, len(bars) - 0.5],
                color=drawing.color("ink"),
                linewidth=1.5,
                linestyle="--",
            )
            ax.annotate(
                f"Ensemble{french.NO_BREAK}: {french.percent(whole, 1)}", (whole, -0.5), (0, 6),
                textcoords="offset points", ha="center" if whole > ax.get_xlim()[1] * 0.3 else "left",
                va="bottom", fontsize=13,
                color=drawing.color("ink"), annotation_clip=False,
            )  # fmt: skip
        return fig

    return heights, draw


def _row_label(ax: Axes, place: int, label: str, here: bool, wide: bool) -> None:
    weight = "bold" if here else "normal"
    mark = " – ce client" if here else ""
    most = (40 if wide else 34) - len(mark)
    label = (label if len(label) <= most else label[: most - 1].rstrip() + "…") + mark
    if wide:
        ax.annotate(
            label, (0, place), (-10, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
            ha="right", va="center", fontsize=13, fontweight=weight, color=drawing.color("ink"),
        )  # fmt: skip
    else:
        ax.annotate(
            label, (0, place - 0.22), xycoords=("axes fraction", "data"), ha="left", va="center", fontsize=12,
            fontweight=weight, color=drawing.color("ink"), zorder=5,
            bbox={"facecolor": drawing.color("surface"), "edgecolor": "none", "pad": 1},
        )  # fmt: skip


def squares(shown: Crossing, shares: np.ndarray) -> Drawing:
    """A square in each cell, its surface in proportion to the clients in it: no colour scale to be read."""
    across_lines, up_lines = (
        _axis_name(column, "etroite").count("\n") + 1 for column in (shown.first, shown.second)
    )
    heights = (560, 386 + LINE * (across_lines + up_lines))

    def draw(width: Width) -> Figure:
        wide = width == "large"
        height = heights[0 if wide else 1]
        top, bottom = (58, 62) if wide else (40 + LINE * up_lines, 42 + LINE * across_lines)
        left, right = (76, 16) if wide else (48, 12)
        fig = drawing.figure(width, height)
        ax = drawing.axes(fig, left, right, top, bottom)
        across, up = shares.shape
        ax.set_xlim(0, across)
        ax.set_ylim(0, up)
        room = (drawing.WIDTHS[width] - left - right, height - top - bottom)
        cell = min(room[0] / across, room[1] / up)
        most = float(shares.max()) or 1.0
        for x, y in np.argwhere(shares > 0):
            side = max(0.85 * cell * math.sqrt(float(shares[x, y]) / most), 2.0)
            size = (side * across / room[0], side * up / room[1])
            ax.add_patch(
                Rectangle(
                    (x + 0.5 - size[0] / 2, y + 0.5 - size[1] / 2), *size, linewidth=0,
                    facecolor=drawing.color("for"),
                )
            )  # fmt: skip
        ticks = _edge_ticks(shown.first, shown.first_edges, room[0], ROOM[width])
        ax.set_xticks([place for place, _ in ticks], [text for _, text in ticks])
        ticks = _edge_ticks(shown.second, shown.second_edges, room[1], 30)
        ax.set_yticks([place for place, _ in ticks], [text for _, text in ticks])
        ax.set_xlabel(_axis_name(shown.first, width))
        ax.xaxis.label.set_color(drawing.color("ink"))
        ax.annotate(
            _axis_name(shown.second, width), (0, 1), (8 - left, 6), xycoords="axes fraction",
            textcoords="offset points", ha="left", va="bottom", fontsize=14, color=drawing.color("ink"),
            annotation_clip=False,
        )  # fmt: skip
        if shown.here is not None and shown.shown is not None:
            _frame_client(fig, ax, shown.here)
        return fig

    return heights, draw


def _frame_client(fig: Figure, ax: Axes, here: tuple[int, int]) -> None:
    """A frame around the client's cell, and what it is at the top, where it covers nothing."""
    for tone, line in (("surface", 5.0), ("ink", 2.5)):
        edge = drawing.color(tone)
        ax.add_patch(Rectangle(here, 1, 1, facecolor="none", edgecolor=edge, linewidth=line, clip_on=False))
    wide, high = fig.get_size_inches()
    inches = fig.dpi_scale_trans
    fig.add_artist(
        Rectangle(
            (wide - 100 / 72, high - 26 / 72), 16 / 72, 14 / 72, transform=inches, facecolor="none",
            edgecolor=drawing.color("ink"), linewidth=3,
        )
    )  # fmt: skip
    fig.text(
        wide - 78 / 72, high - 19 / 72, "Ce client", transform=inches, ha="left", va="center_baseline",
        fontsize=14, fontweight="bold", color=drawing.color("ink"),
    )  # fmt: skip
