"""Bars either side of zero: the points that each figure adds to a score or takes from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from matplotlib.figure import Figure

from pretadepenser import french
from pretadepenser.charts import drawing
from pretadepenser.charts.drawing import Board, Drawing, Span, Width
from pretadepenser.charts.rows import shortened


@dataclass(frozen=True)
class SignedBar:
    """A figure, its value in words ("" for none) and its points."""

    label: str
    value: str
    points: int


@dataclass(frozen=True)
class SignedBars(Drawing):
    """Horizontal bars around zero; in the narrow drawing each label stands above its bar."""

    look: ClassVar[str] = "barres de part et d’autre de zéro"

    bars: tuple[SignedBar, ...]

    @property
    def heights(self) -> tuple[int, int]:
        return 40 + 46 * len(self.bars), 40 + 58 * len(self.bars)

    def draw(self, width: Width) -> Figure:
        wide = width == "large"
        board = Board(width, self.height(width))
        left, right, bottom, top = 420 if wide else 12, board.wide - (20 if wide else 12), 10, board.high - 30
        reach = max([abs(bar.points) for bar in self.bars] + [1]) * (1.7 if wide else 2.0)
        across = Span(-reach, reach, left, right)
        # The first bar stands at the top.
        down = Span(-0.5, max(len(self.bars), 1) - 0.5, top, bottom)
        board.line([across.at(0)] * 2, [bottom, top], color=drawing.color("control"), linewidth=1.5)
        for index, bar in enumerate(self.bars):
            _bar(board, across, down, index, bar, wide)
            _label(board, down, index, bar, wide)
        for x, text, anchor in ((left, "retire des points", "left"), (right, "ajoute des points", "right")):
            board.text(
                x, top, text, ha=anchor, va="bottom", fontsize=12, color=drawing.color("ink-soft"),
            )  # fmt: skip
        return board.figure


def _bar(board: Board, across: Span, down: Span, index: int, bar: SignedBar, wide: bool) -> None:
    against = bar.points < 0
    tone = "against" if against else "for"
    y, size = (index, 0.5) if wide else (index + 0.18, 0.4)
    start, end, lower = across.at(0), across.at(bar.points), down.at(y + size / 2)
    board.rectangle(
        start, lower, end - start, down.at(y - size / 2) - lower, linewidth=1.5,
        edgecolor=drawing.color(tone), facecolor=drawing.color("against-wash" if against else tone),
        hatch="////" if against else None,
    )  # fmt: skip
    written = french.points(bar.points) if wide else french.signed(bar.points)
    board.text(
        end + (-8 if against else 8), down.at(y), written, ha="right" if against else "left", va="center",
        fontsize=13, fontweight="bold",
    )  # fmt: skip


def _label(board: Board, down: Span, index: int, bar: SignedBar, wide: bool) -> None:
    if wide:
        for text, shift, tone in (
            (bar.label, 0.16 if bar.value else 0, "ink"),
            (bar.value, -0.16, "ink-soft"),
        ):
            if text:
                board.text(
                    5, down.at(index - shift), shortened(text, 52), ha="left", va="center", fontsize=13,
                    color=drawing.color(tone),
                )  # fmt: skip
    else:
        board.text(
            12, down.at(index - 0.2), shortened(bar.label, 35), ha="left", va="center", fontsize=13,
            bbox={"facecolor": drawing.color("surface"), "edgecolor": "none", "pad": 1},
        )  # fmt: skip
