"""Charts of how good the model is: announced against observed risk, cost of the limit, decisions made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pretadepenser import french
from pretadepenser.charts import drawing
from pretadepenser.charts.chart import Chart, Column, Drawing, Table, Width
from pretadepenser.credit.evaluation.influence import GlobalExplanation
from pretadepenser.credit.evaluation.metrics import CalibrationBin, CostPoint, Metrics
from pretadepenser.french import NARROW_NO_BREAK

# Of the limits on the cost curve, those drawn and listed: each 2.5 %.
EVERY: Final = 5
# Pixels of a letter of the names in the picture, on average and a little more.
LETTER: Final = 7.5


def calibration(overall: GlobalExplanation) -> Chart:
    """Announced against observed default rates, by twentieths of the clients."""
    bins = overall.calibration
    gap = max(bins, key=lambda one: abs(one.expected - (one.observed.value or 0.0)))
    inside = sum(1 for one in bins if (one.observed.low or 0.0) <= one.expected <= (one.observed.high or 0.0))
    table = Table(
        "Risque annoncé et risque observé, par groupes de clients au score comparable",
        (
            Column("Groupe, du plus sûr au plus risqué"),
            Column("Clients", True),
            Column("Annoncé", True),
            Column("Observé", True),
            Column("Observé, au moins", True),
            Column("Observé, au plus", True),
        ),
        tuple(
            (str(index), french.number(one.observed.size), *(french.percent(x, 1) for x in _rates(one)))
            for index, one in enumerate(bins, 1)
        ),
        tuple((str(index), one.observed.size, *_rates(one)) for index, one in enumerate(bins, 1)),
    )
    return Chart(
        "calibration",
        "Le risque annoncé et le risque observé",
        "risque annoncé",
        f"Le risque annoncé est dans l’intervalle du risque observé pour {french.plural(inside, 'groupe')} "
        f"sur {len(bins)}{NARROW_NO_BREAK}; l’écart le plus grand est de "
        f"{french.plural(round(100 * abs(gap.expected - (gap.observed.value or 0.0)), 1), 'point')} "
        "de pourcentage.",
        table,
        CalibrationDrawing(tuple(map(_rates, bins))),
    )


def _rates(one: CalibrationBin) -> tuple[float, float, float, float]:
    observed = one.observed
    return one.expected, observed.value or 0.0, observed.low or 0.0, observed.high or 0.0


@dataclass(frozen=True)
class CalibrationDrawing(Drawing):
    """A dot a group of clients: rates announced, observed, and both ends of the interval, 0..1."""

    look: ClassVar[str] = "points et une diagonale"

    rates: tuple[tuple[float, float, float, float], ...]

    @property
    def heights(self) -> tuple[int, int]:
        return 420, 330

    def draw(self, width: Width) -> Figure:
        fig = drawing.figure(width, self.height(width))
        ax = drawing.axes(fig, 60, 20, 46, 56)
        top = max(map(max, self.rates)) * 1.06
        ax.set_xlim(0, top)
        ax.set_ylim(0, top)
        ax.plot([0, top], [0, top], color=drawing.color("control"), linewidth=1.5, linestyle="--")
        for expected, observed, low, high in self.rates:
            ax.plot([expected] * 2, [low, high], color=drawing.color("ink-soft"), linewidth=2)
            ax.plot(expected, observed, marker="o", markersize=8, color=drawing.color("for"))
        _percents(ax, top, "Risque annoncé", "Risque observé")
        equal = ax.text(top * 0.62, top * 0.5, "égalité", fontsize=13, ha="left", va="top")
        equal.set_color(drawing.color("ink-soft"))
        return fig


def costs(overall: GlobalExplanation, metrics: Metrics) -> Chart:
    """Cost of the decisions for every limit, with the limit in place and the cheapest one."""
    points = [
        (point.limit, point.cost, point.granted, "")
        for index, point in enumerate(overall.costs, 1)
        if index % EVERY == 0
    ]
    counts = metrics.confusion
    total = counts.granted_good + counts.granted_default + counts.refused_good + counts.refused_default
    granted = (counts.granted_good + counts.granted_default) / total
    points.append((metrics.limit, metrics.cost, granted, " (limite mesurée)"))
    points.append(
        (metrics.cheapest_limit, metrics.cheapest_cost, _granted(overall.costs, metrics), " (la moins chère)")
    )
    points.sort()
    table = Table(
        "Coût des décisions pour 100 clients et part des prêts accordés, selon la limite",
        (Column("Limite"), Column("Coût pour 100 clients", True), Column("Prêts accordés", True)),
        tuple(
            (f"{_limit(limit, metrics)}{note}", french.number(cost, 1), french.percent(share, 1))
            for limit, cost, share, note in points
        ),
        tuple((f"{_limit(limit, metrics)}{note}", cost, share) for limit, cost, share, note in points),
    )
    return Chart(
        "cout",
        "Ce que coûte la limite",
        "coût de la limite",
        f"À la limite de {french.compact_percent(metrics.limit)}, les décisions coûtent l’équivalent de "
        f"{_refused(metrics.cost)} sur 100 clients{NARROW_NO_BREAK}; la limite "
        f"la moins chère, {_limit(metrics.cheapest_limit, metrics)} ({_interval(metrics)}), en "
        f"coûterait {french.number(metrics.cheapest_cost, 1)}. Un défaut accordé compte pour "
        f"{metrics.cost_ratio}.",
        table,
        CostsDrawing(
            tuple((limit, cost) for limit, cost, *_ in points),
            (metrics.limit, metrics.cost),
            (metrics.cheapest_limit, metrics.cheapest_cost),
        ),
    )


def _refused(cost: float) -> str:
    """A cost in good clients refused, to a tenth: "1,9 bon client refusé"."""
    noun = "bon client refusé" if cost < 1.95 else "bons clients refusés"
    return f"{french.number(cost, 1)} {noun}"


def _limit(limit: float, metrics: Metrics) -> str:
    """A limit: the one in place as it is set, others as far as they are known."""
    return french.compact_percent(limit) if limit == metrics.limit else french.compact_percent(limit, 1)


def _interval(metrics: Metrics) -> str:
    """How well the cheapest limit is known, in words."""
    low, high = (french.compact_percent(one, 1) for one in (metrics.cheapest_low, metrics.cheapest_high))
    return french.typeset(f"intervalle à 95 % : de {low} à {high}")


def _granted(curve: Sequence[CostPoint], metrics: Metrics) -> float:
    return min(curve, key=lambda point: abs(point.limit - metrics.cheapest_limit)).granted


@dataclass(frozen=True)
class CostsDrawing(Drawing):
    """Cost of 100 clients along the limits (0..1): the curve, the limit in place and the cheapest one."""

    look: ClassVar[str] = "courbe"

    curve: tuple[tuple[float, float], ...]
    ours: tuple[float, float]
    cheapest: tuple[float, float]

    @property
    def heights(self) -> tuple[int, int]:
        return 400, 320

    def draw(self, width: Width) -> Figure:
        fig = drawing.figure(width, self.height(width))
        left, right = 60, 24
        ax = drawing.axes(fig, left, right, 46, 56)
        room = (left, drawing.WIDTHS[width] - left - right, right)
        top = max(cost for _, cost in self.curve) * 1.05
        ax.set_xlim(0, 1)
        ax.set_ylim(0, top)
        ax.plot(*zip(*self.curve, strict=True), color=drawing.color("for"), linewidth=3)
        # Named on the sides that look away from each other, where there is room.
        ours = self.ours[0] >= self.cheapest[0]
        named = f"limite {french.compact_percent(self.ours[0])}"
        _end(ax, self.ours, "D", named, top * 0.34, right=_side(self.ours[0], named, room, ours))
        named = "la moins chère"
        _end(ax, self.cheapest, "o", named, top * 0.18, right=_side(self.cheapest[0], named, room, not ours))
        ax.set_xticks([0, 0.25, 0.5, 0.75, 1], [french.percent(x) for x in (0, 0.25, 0.5, 0.75, 1)])
        ax.set_xlabel("Limite", color=drawing.color("ink"))
        _title(ax, "Coût pour 100 clients")
        return fig


def _side(limit: float, text: str, room: tuple[int, int, int], right: bool) -> bool:
    """Whether a text stands at the right of a limit (0..1): where it is wanted, unless it would be cut there.

    room: pixels of the margin at the left, of the axes, and of the margin at the right.
    """
    before, across, after = room
    wanted = (1 - limit) * across + after if right else before + limit * across
    return right == (wanted >= 4 + LETTER * len(text))


def _end(ax: Axes, point: tuple[float, float], marker: str, text: str, height: float, *, right: bool) -> None:
    """A point of the curve, named at `height` beside a line that leads to it."""
    limit, cost = point
    ax.plot([limit, limit], [height, cost], color=drawing.color("ink-soft"), linewidth=1.5)
    ax.plot(
        limit, cost, marker=marker, markersize=11, color=drawing.color("ink"),
        markeredgecolor=drawing.color("surface"), markeredgewidth=1.5,
    )  # fmt: skip
    ax.annotate(
        text, (limit, height), (4 if right else -4, -2), textcoords="offset points",
        ha="left" if right else "right", va="top", fontsize=13, color=drawing.color("ink"),
    )  # fmt: skip


def _percents(ax: Axes, top: float, across: str, up: str) -> None:
    step = 10 ** math.floor(math.log10(top / 2))
    step = next(step * times for times in (5, 2, 1) if step * times <= top / 2)
    marks = [step * index for index in range(int(top / step + 1e-9) + 1)]
    texts = [french.percent(mark, 0 if step >= 0.01 else 1) for mark in marks]
    ax.set_xticks(marks, texts)
    ax.set_yticks(marks, texts)
    ax.set_xlabel(across, color=drawing.color("ink"))
    _title(ax, up)


def _title(ax: Axes, text: str) -> None:
    ax.annotate(
        text, (0, 1), (-50, 14), xycoords="axes fraction", textcoords="offset points", ha="left", va="bottom",
        fontsize=13, color=drawing.color("ink"), annotation_clip=False,
    )  # fmt: skip


def confusion(metrics: Metrics) -> Table:
    """Decisions at the measured limit against what happened, in clients."""
    counts = metrics.confusion
    lines = (
        ("Prêt accordé", counts.granted_good, counts.granted_default),
        ("Prêt refusé", counts.refused_good, counts.refused_default),
    )
    return Table(
        f"Décisions à la limite de {french.compact_percent(metrics.limit)} et ce qui est arrivé",
        (Column("Décision"), Column("Ont remboursé", True), Column("Ont eu des difficultés", True)),
        tuple((name, french.number(good), french.number(bad)) for name, good, bad in lines),
        lines,
    )
