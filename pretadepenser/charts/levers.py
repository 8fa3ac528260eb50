"""What would change the decision: each proposal before and after, and the score as the amount changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pretadepenser.charts import drawing
from pretadepenser.charts.before_after import before_after
from pretadepenser.charts.chart import Chart, Column, Table, Width
from pretadepenser.credit import french, scoring
from pretadepenser.credit.counterfactual import Curve, Proposal
from pretadepenser.credit.scoring import Score

HEIGHTS: Final = (380, 340)
# Points kept free above and below the curve.
ROOM: Final = 12


def comparison(proposal: Proposal, today: Score) -> Table:
    """The figures that a proposal changes, then the model's answer, before and after."""
    caption = f"{proposal.title} : avant et après"
    return before_after(caption, proposal.changes, today, proposal.score)


def amounts(curve: Curve) -> Chart:
    """The score for each amount tried, with the limit and the amount asked for."""
    rows = list(zip(curve.amounts, curve.points, curve.probabilities, strict=True))
    answers = ["accordé" if points >= scoring.POINTS_AT_LIMIT else "refusé" for points in curve.points]
    marks = [" (demande)" if place == curve.current else "" for place in range(len(rows))]
    table = Table(
        "Score et décision selon le montant du crédit, à durée égale",
        (Column("Montant"), Column("Score", True), Column("Probabilité", True), Column("Prêt")),
        tuple(
            (f"{french.amount(amount)}{mark}", french.number(points), french.percent(share, 2), answer)
            for (amount, points, share), answer, mark in zip(rows, answers, marks, strict=True)
        ),
        tuple((*row, answer) for row, answer in zip(rows, answers, strict=True)),
    )
    return Chart("montant", "Le score selon le montant emprunté", _said(curve), table, HEIGHTS, _drawn(curve))


def _said(curve: Curve) -> str:
    asked, points = curve.amounts[curve.current], curve.points[curve.current]
    own = f"La demande, {french.amount(asked)}, donne {_points(points)}"
    limit = f"la limite est de {_points(scoring.POINTS_AT_LIMIT)}"
    if len(curve.amounts) == 1:
        return f"{own} ; {limit}. Aucun autre montant n’a été étudié."
    low, high = min(curve.points), max(curve.points)
    spread = f"va de {low} à {_points(high)}" if low < high else f"est toujours de {_points(low)}"
    return (
        f"À durée égale, pour un crédit de {french.amount(curve.amounts[0])} à "
        f"{french.amount(curve.amounts[-1])}, le score {spread}. {own} ; {limit}."
    )


def _points(count: int) -> str:
    return french.plural(count, "point")


def _drawn(curve: Curve) -> Callable[[Width], Figure]:
    def draw(width: Width) -> Figure:
        wide = width == "large"
        fig = drawing.figure(width, HEIGHTS[0 if wide else 1])
        ax = drawing.axes(fig, 64 if wide else 44, 24 if wide else 14, 40, 62)
        low = min(*curve.points, scoring.POINTS_AT_LIMIT) - ROOM
        high = max(*curve.points, scoring.POINTS_AT_LIMIT) + ROOM
        span = (curve.amounts[-1] - curve.amounts[0]) or curve.amounts[0]
        ax.set_xlim(curve.amounts[0] - 0.04 * span, curve.amounts[-1] + 0.04 * span)
        ax.set_ylim(low, high)
        for bottom, top, wash in (
            (low, scoring.POINTS_AT_LIMIT, "against-wash"),
            (scoring.POINTS_AT_LIMIT, high, "for-wash"),
        ):
            ax.axhspan(bottom, top, facecolor=drawing.color(wash), edgecolor="none", zorder=0)
        ax.axhline(scoring.POINTS_AT_LIMIT, color=drawing.color("ink"), linewidth=3, zorder=2)
        # Each dot is an amount that was tried; nothing is known in between.
        ax.plot(curve.amounts, curve.points, color=drawing.color("control"), linewidth=1.5, zorder=3)
        for granted, tone, marker in ((True, "for", "o"), (False, "against", "X")):
            chosen = [
                (amount, points)
                for amount, points in zip(curve.amounts, curve.points, strict=True)
                if (points >= scoring.POINTS_AT_LIMIT) is granted
            ]
            x, y = [amount for amount, _ in chosen], [points for _, points in chosen]
            ax.plot(x, y, marker=marker, markersize=8, color=drawing.color(tone), linestyle="none", zorder=4)
        own = (curve.amounts[curve.current], curve.points[curve.current])
        ax.plot(
            *own, marker="D", markersize=15, color=drawing.color("ink"),
            markeredgecolor=drawing.color("surface"), markeredgewidth=3, zorder=5,
        )  # fmt: skip
        _label_client(ax, curve, own)
        ax.text(
            0.0, 1.0, "Score, en points", transform=ax.transAxes, ha="left", va="bottom", fontsize=14,
            color=drawing.color("ink"),
        )  # fmt: skip
        ax.text(
            1.0, 1.0, f"Limite : {scoring.POINTS_AT_LIMIT}", transform=ax.transAxes, ha="right", va="bottom",
            fontsize=14, fontweight="bold", color=drawing.color("ink"),
        )  # fmt: skip
        ax.xaxis.set_major_locator(MaxNLocator(6 if wide else 2))
        ax.xaxis.set_major_formatter(lambda value, _: french.number(value / 1000, 0 if span > 8000 else 1))
        # Steps that always mark the limit.
        ax.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
        ax.set_xlabel("Montant du crédit, en milliers d’euros" if wide else "Montant, en milliers d’€")
        ax.xaxis.label.set_color(drawing.color("ink"))
        return fig

    return draw


def _label_client(ax: Axes, curve: Curve, own: tuple[float, float]) -> None:
    """Name the client's dot on the side where the curve leaves room, inside the picture."""
    left = curve.current < len(curve.amounts) / 2
    # The next amount's dot tells which way the curve goes from here.
    beside = curve.points[
        min(curve.current + 1, len(curve.points) - 1) if left else max(curve.current - 1, 0)
    ]
    above = beside <= own[1]
    ax.annotate(
        f"Demande : {french.number(own[1])}", own, (0 if left else 8, 14 if above else -14),
        textcoords="offset points", ha="left" if left else "right", va="bottom" if above else "top",
        fontsize=14, fontweight="bold", color=drawing.color("ink"),
    )  # fmt: skip
