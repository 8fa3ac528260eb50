"""Bars either side of zero: the points that each figure adds to a score or takes from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pretadepenser import french
from pretadepenser.charts import drawing
from pretadepenser.charts.drawing import Drawing, Width
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
        fig = drawing.figure(width, self.height(width))
        ax = drawing.bare_axes(fig, 420 if wide else 12, 20 if wide else 12, 30, 10)
        reach = max([abs(bar.points) for bar in self.bars] + [1]) * (1.7 if wide else 2.0)
        ax.set_xlim(-reach, reach)
        ax.set_ylim(len(self.bars) - 0.5, -0.5)
        ax.axvline(0, color=drawing.color("control"), linewidth=1.5)
        for index, bar in enumerate(self.bars):
            _bar(ax, index, bar, wide)
            _label(ax, index, bar, wide)
        for x, text, anchor in ((-1, "retire des points", "left"), (1, "ajoute des points", "right")):
            ax.text(
                x * reach, 1.0, text, ha=anchor, va="bottom", fontsize=12, color=drawing.color("ink-soft"),
                transform=ax.get_xaxis_transform(),
            )  # fmt: skip
        return fig


# No text is left out (annotation_clip): all stand inside the axes, and to ask whether they do costs a tenth.
def _bar(ax: Axes, index: int, bar: SignedBar, wide: bool) -> None:
    against = bar.points < 0
    tone = "against" if against else "for"
    y, size = (index, 0.5) if wide else (index + 0.18, 0.4)
    # A plain rectangle: `barh` takes four times as long, for limits that are set already.
    rectangle = Rectangle(
        (0, y - size / 2), bar.points, size, linewidth=1.5, edgecolor=drawing.color(tone),
        facecolor=drawing.color("against-wash" if against else tone), hatch="////" if against else None,
    )  # fmt: skip
    ax.add_artist(rectangle)
    written = french.points(bar.points) if wide else french.signed(bar.points)
    ax.annotate(
        written, (bar.points, y), (-8 if against else 8, 0), textcoords="offset points",
        ha="right" if against else "left", va="center", color=drawing.color("ink"), fontsize=13,
        fontweight="bold", annotation_clip=False,
    )  # fmt: skip


def _label(ax: Axes, index: int, bar: SignedBar, wide: bool) -> None:
    if wide:
        for text, shift, tone in (
            (bar.label, 0.16 if bar.value else 0, "ink"),
            (bar.value, -0.16, "ink-soft"),
        ):
            ax.annotate(
                shortened(text, 52), (0, index - shift), (-415, 0), xycoords=("axes fraction", "data"),
                textcoords="offset points", ha="left", va="center", fontsize=13, color=drawing.color(tone),
                annotation_clip=False,
            )  # fmt: skip
    else:
        ax.annotate(
            shortened(bar.label, 35), (0, index - 0.2), xycoords=("axes fraction", "data"),
            ha="left", va="center", fontsize=13, color=drawing.color("ink"),
            bbox={"facecolor": drawing.color("surface"), "edgecolor": "none", "pad": 1},
            annotation_clip=False,
        )  # fmt: skip
