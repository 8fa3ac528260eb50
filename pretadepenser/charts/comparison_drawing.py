"""Drawings of the comparison's charts: upright bars on bins, squares in cells."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pretadepenser import french
from pretadepenser.charts import amounts, drawing
from pretadepenser.charts.drawing import Drawing, Width
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Kind, wording
from pretadepenser.credit.peers.comparison import Crossing, Distribution

# Pixels that a tick's text needs on an axis.
ROOM: Final[dict[Width, int]] = {"large": 64, "etroite": 52}
# Letters of an axis's name on a line of the narrow drawing, and pixels of each line.
NAME: Final = 28
LINE: Final = 17


def _ticks(column: dictionary.Column, edges: Sequence[float]) -> tuple[str, ...]:
    """Edges as an axis has them, without unit."""
    if column.kind is Kind.AMOUNT:
        scale = amounts.scale(edges)
        return tuple(scale.text(edge) for edge in edges)
    if column.kind is Kind.SHARE:
        return tuple(french.compact(edge * 100, 1) for edge in edges)
    return tuple(french.compact(edge, 2) for edge in edges)


def _unit(column: dictionary.Column, edges: Sequence[float]) -> str:
    match column.kind:
        case Kind.AMOUNT:
            return amounts.scale(edges).unit
        case Kind.SHARE:
            return "en %"
        case Kind.DURATION | Kind.ELAPSED | Kind.YEARS:
            return "en années"
        case Kind.EXTERNAL_SCORE:
            return "note de 0 à 1"
        case _:
            return f"en {column.unit if column.unit.endswith('s') else column.unit + 's'}"


def _axis_name(column: dictionary.Column, edges: Sequence[float]) -> str:
    """What an axis shows and in which unit."""
    return f"{column.label}, {_unit(column, edges)}"


def _place(edges: Sequence[float], code: int, value: float) -> float:
    """Where a value stands on an axis that gives every bin a width of 1; open ones have no scale."""
    if 0 < code < len(edges):
        low, high = edges[code - 1], edges[code]
        return code + (value - low) / (high - low)
    return code + 0.5


def _spaced(texts: Sequence[str], room: float, width: int) -> list[tuple[int, str]]:
    """The graduations of an axis `room` pixels long to be written so that `width` pixels each do not meet."""
    every = max(1, math.ceil(width * (len(texts) + 1) / max(room, 1)))
    return [(index + 1, text) for index, text in enumerate(texts) if index % every == 0]


def _lines(name: str) -> int:
    """Lines that the name of an axis takes in the narrow drawing."""
    return len(textwrap.wrap(name, NAME, break_long_words=False))


def _wrapped(name: str, width: Width) -> str:
    return name if width == "large" else textwrap.fill(name, NAME, break_long_words=False)


@dataclass(frozen=True)
class Histogram(Drawing):
    """Upright bars, one a bin, with the client's line across them.

    shares: of the group, 0..1; here: the client's bin; edges: graduations between the bins; last:
    name of the last bin where it is open; axis: what is measured and in which unit; client: where the
    client's line stands, in bins from the left, and what it says in the wide drawing.
    """

    look: ClassVar[str] = "histogramme"

    shares: tuple[float, ...]
    here: int | None
    edges: tuple[str, ...]
    last: str
    axis: str
    client: tuple[float, str] | None

    @property
    def heights(self) -> tuple[int, int]:
        return 360, 304 + LINE * _lines(self.axis)

    def draw(self, width: Width) -> Figure:
        wide = width == "large"
        fig = drawing.figure(width, self.height(width))
        left, right = (56, 16) if wide else (52, 8)
        ax = drawing.axes(fig, left, right, 66, 62 if wide else 46 + LINE * _lines(self.axis))
        ax.set_xlim(0, len(self.shares))
        top = max(self.shares) or 1.0
        ax.set_ylim(0, top * 1.06)
        for index, share in enumerate(self.shares):
            ax.bar(
                index + 0.5, share, width=0.86, linewidth=1.5, edgecolor=drawing.color("for"),
                facecolor=drawing.color("for" if index == self.here else "for-wash"),
            )  # fmt: skip
        self._graduate(ax, drawing.WIDTHS[width] - left - right, ROOM[width])
        ax.set_xlabel(_wrapped(self.axis, width))
        ax.xaxis.label.set(color=drawing.color("ink"), gid=f"{drawing.GRADUATION}x")
        _shares(ax, top)
        ax.annotate(
            "Part des clients", (0, 1), (-left + 6, 36), xycoords="axes fraction", textcoords="offset points",
            ha="left", va="bottom", fontsize=13, color=drawing.color("ink-soft"),
        )  # fmt: skip
        if self.client:
            at, text = self.client
            _mark(ax, at, len(self.shares), text if wide else "Ce client")
        return fig

    def _graduate(self, ax: Axes, room: float, width: int) -> None:
        """Edges under the bars, and the name of the last bin where it is open."""
        free = len(self.shares) * (1 - (8.5 * len(self.last) + width / 2) / room)
        ticks = _spaced(self.edges, room, width)
        ticks = [(index, text) for index, text in ticks if not self.last or index <= free]
        ax.set_xticks([index for index, _ in ticks], [text for _, text in ticks])
        ax.annotate(
            self.last, (1, 0), (0, -7.5), xycoords="axes fraction", textcoords="offset points", ha="right",
            va="top", fontsize=13, color=drawing.color("ink"), annotation_clip=False,
        ).set_gid(f"{drawing.GRADUATION}last")  # fmt: skip


def histogram(shown: Distribution) -> Histogram:
    """The fine bins of a quantity in a group."""
    edges = [bar.high for bar in shown.bars if bar.high is not None]
    here = next((index for index, bar in enumerate(shown.bars) if bar.here), None)
    ticks = _ticks(shown.column, edges)
    client = None
    if here is not None and shown.shown is not None:
        text = f"Ce client{french.NO_BREAK}: {wording.value_text(shown.column, shown.value)}"
        client = _place(edges, here, shown.shown), text
    return Histogram(
        shares=tuple(bar.share for bar in shown.bars),
        here=here,
        edges=ticks,
        last=f"{ticks[-1]} et plus" if ticks and shown.bars[-1].high is None else "",
        axis=_axis_name(shown.column, edges),
        client=client,
    )


def _shares(ax: Axes, top: float) -> None:
    """Three round percentages on the upright axis."""
    step = 10 ** math.floor(math.log10(top / 2))
    step = next(step * times for times in (5, 2, 1) if step * times <= top / 2)
    marks = [step * index for index in range(int(top / step + 1e-9) + 1)]
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


@dataclass(frozen=True)
class Squares(Drawing):
    """A square in each cell, its surface in proportion to the clients in it: no colour scale to be read.

    shares: of the group, 0..1, by bin of the first figure, then of the second; edges: graduations of
    both; axes: their names; here: the client's cell.
    """

    look: ClassVar[str] = "grille de carrés"

    shares: tuple[tuple[float, ...], ...]
    edges: tuple[tuple[str, ...], tuple[str, ...]]
    axes: tuple[str, str]
    here: tuple[int, int] | None

    @property
    def heights(self) -> tuple[int, int]:
        return 560, 386 + LINE * sum(map(_lines, self.axes))

    def draw(self, width: Width) -> Figure:
        wide, height = width == "large", self.height(width)
        across_lines, up_lines = map(_lines, self.axes)
        top, bottom = (58, 62) if wide else (40 + LINE * up_lines, 42 + LINE * across_lines)
        left, right = (76, 16) if wide else (48, 12)
        fig = drawing.figure(width, height)
        ax = drawing.axes(fig, left, right, top, bottom)
        ax.set_xlim(0, len(self.shares))
        ax.set_ylim(0, len(self.shares[0]))
        room = (drawing.WIDTHS[width] - left - right, height - top - bottom)
        self._fill(ax, room)
        ticks = _spaced(self.edges[0], room[0], ROOM[width])
        ax.set_xticks([index for index, _ in ticks], [text for _, text in ticks])
        ticks = _spaced(self.edges[1], room[1], 30)
        ax.set_yticks([index for index, _ in ticks], [text for _, text in ticks])
        ax.set_xlabel(_wrapped(self.axes[0], width))
        ax.xaxis.label.set(color=drawing.color("ink"), gid=f"{drawing.GRADUATION}x")
        ax.annotate(
            _wrapped(self.axes[1], width), (0, 1), (8 - left, 6), xycoords="axes fraction",
            textcoords="offset points", ha="left", va="bottom", fontsize=14, color=drawing.color("ink"),
            annotation_clip=False,
        ).set_gid(f"{drawing.GRADUATION}y")  # fmt: skip
        if self.here is not None:
            _frame_client(fig, ax, self.here)
        return fig

    def _fill(self, ax: Axes, room: tuple[float, float]) -> None:
        """Draw the squares; `room` is the size of the axes in pixels."""
        across, up = len(self.shares), len(self.shares[0])
        cell = min(room[0] / across, room[1] / up)
        most = max(map(max, self.shares)) or 1.0
        for x, column in enumerate(self.shares):
            for y, share in enumerate(column):
                if not share:
                    continue
                side = max(0.85 * cell * math.sqrt(share / most), 2.0)
                size = (side * across / room[0], side * up / room[1])
                corner = (x + 0.5 - size[0] / 2, y + 0.5 - size[1] / 2)
                ax.add_patch(Rectangle(corner, *size, linewidth=0, facecolor=drawing.color("for")))


def squares(shown: Crossing, shares: np.ndarray) -> Squares:
    """Two quantities crossed in a group; `shares` are the parts (0..1) of its clients in each cell."""
    return Squares(
        shares=tuple(tuple(column) for column in shares.tolist()),
        edges=(_ticks(shown.first, shown.first_edges), _ticks(shown.second, shown.second_edges)),
        axes=(_axis_name(shown.first, shown.first_edges), _axis_name(shown.second, shown.second_edges)),
        here=shown.here,
    )


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
