"""What would change the decision: each proposal before and after, and the score as the amount changes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pretadepenser import french, money
from pretadepenser.charts import amounts as amounts_of
from pretadepenser.charts import drawing
from pretadepenser.charts.before_after import before_after
from pretadepenser.charts.chart import Chart, Column, Drawing, Table, Width
from pretadepenser.credit.dictionary import wording
from pretadepenser.credit.recourse.search import Curve, Proposal
from pretadepenser.credit.scale import Scale, Score

HEIGHTS: Final = (380, 340)
# Points kept free above and below the curve.
ROOM: Final = 12
# Pixels of a letter of the bold names in the picture.
LETTER: Final = 9.2


def comparison(proposal: Proposal, today: Score) -> Table:
    """The figures that a proposal changes, then the model's answer, before and after."""
    caption = f"{proposal.title} : avant et après"
    return before_after(caption, proposal.changes, today, proposal.score)


def amounts(curve: Curve, limit: float) -> Chart:
    """The score for each amount tried, with the limit (0..1) and the amount asked for."""
    rows = list(zip(curve.amounts, curve.points, curve.probabilities, strict=True))
    answers = ["accordé" if Scale.reached(points) else "refusé" for points in curve.points]
    marks = [" (demande)" if index == curve.current else "" for index in range(len(rows))]
    table = Table(
        "Score et décision selon le montant du crédit, à mensualité proportionnelle",
        (
            amounts_of.column("Montant", numeric=False),
            Column("Score", True),
            Column("Probabilité", True),
            Column("Prêt"),
        ),
        tuple(
            (
                f"{french.amount(amount)}{mark}",
                french.number(points),
                wording.probability(share, limit),
                answer,
            )
            for (amount, points, share), answer, mark in zip(rows, answers, marks, strict=True)
        ),
        tuple(
            (money.in_use().shown(amount), points, share, answer)
            for (amount, points, share), answer in zip(rows, answers, strict=True)
        ),
    )
    axis = amounts_of.scale(curve.amounts)
    along = tuple(amount / axis.per for amount in curve.amounts)
    drawn = AmountsDrawing(along, curve.points, curve.current, Scale.POINTS_AT_LIMIT, axis.unit)
    return Chart("montant", "Le score selon le montant emprunté", "montants", _said(curve), table, drawn)


def _said(curve: Curve) -> str:
    asked, points = curve.amounts[curve.current], curve.points[curve.current]
    own = f"La demande, {french.amount(asked)}, donne {_points(points)}"
    limit = f"la limite est de {_points(Scale.POINTS_AT_LIMIT)}"
    if len(curve.amounts) == 1:
        return f"{own} ; {limit}. Aucun autre montant n’a été étudié."
    low, high = min(curve.points), max(curve.points)
    if low == high:
        spread = f"reste à {_points(low)}, comme pour la demande ({french.amount(asked)})"
    else:
        spread = f"va de {low} à {_points(high)}. {own}"
    return (
        f"À mensualité proportionnelle, pour un crédit de {french.amount(curve.amounts[0])} à "
        f"{french.amount(curve.amounts[-1])}, le score {spread} ; {limit}. {_granted(curve)}"
    )


def _granted(curve: Curve) -> str:
    """For which of the amounts the loan is granted; that it is not for smaller ones, where this is so."""
    tried = [(amount, Scale.reached(points)) for amount, points in _tried(curve)]
    stretches = [
        (granted, [amount for amount, _ in stretch])
        for granted, stretch in itertools.groupby(tried, key=lambda one: one[1])
    ]
    good = [amounts for granted, amounts in stretches if granted]
    if not good:
        return "Le prêt ne serait accordé pour aucun de ces montants."
    if len(stretches) == 1:
        return "Le prêt serait accordé pour tous ces montants."
    named = [
        f"de {french.amount(amounts[0])} à {french.amount(amounts[-1])}"
        if len(amounts) > 1
        else f"pour {french.amount(amounts[0])}"
        for amounts in good
    ]
    told = f"Parmi ces montants, le prêt serait accordé {french.join(named)}"
    if stretches[0][0]:
        return f"{told}."
    return f"{told} ; pour moins, il serait de nouveau refusé : ce n’est pas une réponse sûre."


def _tried(curve: Curve) -> list[tuple[float, int]]:
    return list(zip(curve.amounts, curve.points, strict=True))


def _points(count: int) -> str:
    return french.plural(count, "point")


@dataclass(frozen=True)
class AmountsDrawing(Drawing):
    """The points of each amount tried (ascending, counted in `unit`); current: place of the one asked for."""

    look: ClassVar[str] = "points reliés, la limite en trait"

    amounts: tuple[float, ...]
    points: tuple[int, ...]
    current: int
    limit: int
    unit: str

    @property
    def heights(self) -> tuple[int, int]:
        return HEIGHTS

    @property
    def dots(self) -> list[tuple[float, int]]:
        """Amount and points of each trial."""
        return list(zip(self.amounts, self.points, strict=True))

    def draw(self, width: Width) -> Figure:
        wide, height = width == "large", self.height(width)
        fig = drawing.figure(width, height)
        left, right, top, bottom = (64 if wide else 44, 24 if wide else 14, 40, 62)
        ax = drawing.axes(fig, left, right, top, bottom)
        span = (self.amounts[-1] - self.amounts[0]) or self.amounts[0]
        ax.set_xlim(self.amounts[0] - 0.04 * span, self.amounts[-1] + 0.04 * span)
        ax.set_ylim(min(*self.points, self.limit) - ROOM, max(*self.points, self.limit) + ROOM)
        self._zones(ax)
        self._curve(ax)
        _name(ax, self, (drawing.WIDTHS[width] - left - right, height - top - bottom))
        ax.text(
            0.0, 1.0, "Score, en points", transform=ax.transAxes, ha="left", va="bottom", fontsize=14,
            color=drawing.color("ink"),
        )  # fmt: skip
        _graduate(ax, 6 if wide else 2, drawing.WIDTHS[width] - left - right, right)
        # Steps that always mark the limit.
        ax.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
        ax.set_xlabel(f"Montant du crédit, {self.unit}" if wide else f"Montant, {self.unit}")
        ax.xaxis.label.set_color(drawing.color("ink"))
        return fig

    def _zones(self, ax: Axes) -> None:
        """Refused below the limit, granted above."""
        low, high = ax.get_ylim()
        for start, end, wash in ((low, self.limit, "against-wash"), (self.limit, high, "for-wash")):
            ax.axhspan(start, end, facecolor=drawing.color(wash), edgecolor="none", zorder=0)
        ax.axhline(self.limit, color=drawing.color("ink"), linewidth=3, zorder=2)

    def _curve(self, ax: Axes) -> None:
        """Each dot is an amount that was tried; nothing is known in between."""
        ax.plot(self.amounts, self.points, color=drawing.color("control"), linewidth=1.5, zorder=3)
        for granted, tone, marker in ((True, "for", "o"), (False, "against", "X")):
            chosen = [dot for dot in self.dots if (dot[1] >= self.limit) is granted]
            x, y = [amount for amount, _ in chosen], [points for _, points in chosen]
            ax.plot(x, y, marker=marker, markersize=8, color=drawing.color(tone), linestyle="none", zorder=4)
        ax.plot(
            *self.dots[self.current], marker="D", markersize=15, color=drawing.color("ink"),
            markeredgecolor=drawing.color("surface"), markeredgewidth=3, zorder=5, clip_on=False,
        )  # fmt: skip


def _graduate(ax: Axes, most: int, room: int, margin: int) -> None:
    """Graduate the amounts; one whose text would reach beyond the margin at the right has it at its left."""
    low, high = ax.get_xlim()
    marks = [mark for mark in MaxNLocator(most).tick_values(low, high) if low <= mark <= high]
    ax.set_xticks(marks, [french.compact(mark, 2) for mark in marks])
    for mark, label in zip(marks, ax.get_xticklabels(), strict=True):
        if (high - mark) / (high - low) * room + margin < LETTER * len(label.get_text()) / 2:
            label.set_horizontalalignment("right")


class _Box(NamedTuple):
    """Where a text would stand, in pixels from the lower left corner of the axes."""

    left: float
    bottom: float
    right: float
    top: float

    def covers(self, x: float, y: float) -> bool:
        """Whether a point lies under the text."""
        return self.left <= x <= self.right and self.bottom <= y <= self.top

    def meets(self, other: _Box) -> bool:
        """Whether two texts would overlap."""
        across = self.left <= other.right and other.left <= self.right
        return across and self.bottom <= other.top and other.bottom <= self.top


Places = list[tuple[float, float]]


def _name(ax: Axes, curve: AmountsDrawing, room: tuple[float, float]) -> None:
    """Name the limit on its line and the client's dot beside it, where they cover neither curve nor line."""
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    dots = [
        ((amount - left) / (right - left) * room[0], (points - low) / (high - low) * room[1])
        for amount, points in curve.dots
    ]
    line = (curve.limit - low) / (high - low) * room[1]
    drawn = [*_traced(dots), *((float(x), line) for x in range(0, round(room[0]), 6))]
    x, y = dots[curve.current]
    taken = [_Box(x - 9, y - 9, x + 9, y + 9)]
    for text, places in (
        (f"Limite : {curve.limit}", _on_line(line, room)),
        (f"Demande : {curve.points[curve.current]}", _beside(x, y)),
    ):
        size = LETTER * len(text)
        boxes = [_Box(left, bottom, left + size, bottom + 18) for left, bottom in places(size)]
        best = min(boxes, key=lambda box: _cost(box, drawn, taken, room))
        taken.append(best)
        ax.annotate(
            text, (best.left / room[0], best.bottom / room[1]), xycoords="axes fraction", ha="left",
            va="bottom", fontsize=14, fontweight="bold", color=drawing.color("ink"), zorder=6,
        )  # fmt: skip


def _cost(box: _Box, drawn: Places, taken: Sequence[_Box], room: tuple[float, float]) -> int:
    """How much a text would cover there; to meet another, or to leave the axes, is worse than all."""
    outside = box.left < -4 or box.right > room[0] + 8 or not 0 <= box.bottom <= room[1] - 18
    meets = any(box.meets(other) for other in taken)
    return sum(box.covers(*point) for point in drawn) + len(drawn) * (meets + outside)


def _on_line(line: float, room: tuple[float, float]) -> Callable[[float], Places]:
    """Places for the name of a line: just above it, under it, and further off."""
    return lambda size: [
        (end, line + above)
        for above in (4, -22, 26, -44)
        for end in (room[0] - size - 4, 4, (room[0] - size) / 2)
    ]


def _beside(x: float, y: float) -> Callable[[float], Places]:
    """Places for the name of a dot: above and below it."""
    return lambda size: [
        (x + beside, y + above)
        for above in (12, -30, 30, -48, 48, -66)
        # Never across the axis at the left, where the first amounts stand.
        for beside in (-size / 2, max(-8.0, 4 - x), 8 - size)
    ]


def _traced(dots: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Points along the curve, close enough that none of its pieces slips under a text."""
    yield from dots
    for (x, y), (later, there) in itertools.pairwise(dots):
        for part in range(1, 12):
            yield x + (later - x) * part / 12, y + (there - y) * part / 12
