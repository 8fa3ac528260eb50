"""Charts of one client: the score on its scale, and what each figure adds to it."""

from __future__ import annotations

import math
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pretadepenser.charts import drawing
from pretadepenser.charts.chart import Chart, Column, Table, Width
from pretadepenser.credit import french, scoring
from pretadepenser.credit.explanation import Decomposition
from pretadepenser.credit.scoring import Score

SHOWN: Final = 12


def scale(score: Score) -> Chart:
    """The score on a scale of points, with the limit and the band where a case is close."""
    side = "au-dessus de" if score.points >= scoring.POINTS_AT_LIMIT else "sous"
    gap = abs(score.points - scoring.POINTS_AT_LIMIT)
    where = (
        "exactement à la limite" if gap == 0 else f"{french.plural(gap, 'point', 'points')} {side} la limite"
    )
    sentence = (
        f"Le score est de {french.plural(score.points, 'point', 'points')}, {where} "
        f"de {scoring.POINTS_AT_LIMIT} points. Plus le score est haut, plus le crédit est sûr."
    )
    low = min(380, (score.points - 15) // 20 * 20)
    high = max(620, -(-(score.points + 15) // 20) * 20)
    rows = (
        ("Score de ce client", score.points, score.probability),
        ("Limite pour accorder le prêt", scoring.POINTS_AT_LIMIT, score.limit),
        ("Début de la zone proche de la limite", *_at(scoring.POINTS_AT_LIMIT - scoring.CLOSE, score.limit)),
        ("Fin de la zone proche de la limite", *_at(scoring.POINTS_AT_LIMIT + scoring.CLOSE, score.limit)),
    )
    table = Table(
        "Le score et la limite, en points et en probabilité de ne pas rembourser",
        (Column("Repère"), Column("Points", True), Column("Probabilité", True)),
        tuple((label, french.number(points), french.percent(share, 2)) for label, points, share in rows),
        tuple((label, points, float(share)) for label, points, share in rows),
    )

    def draw(width: Width) -> Figure:
        fig = drawing.figure(width, 150)
        ax = drawing.axes(fig, 18, 18, 62, 40)
        ax.set_xlim(low, high)
        ax.set_ylim(0, 1)
        ax.set_yticks([])
        for spine in ax.spines.values():
            spine.set_visible(False)
        limit, close = scoring.POINTS_AT_LIMIT, scoring.CLOSE
        for start, end, wash, edge, hatch in (
            (low, limit, "against-wash", "against", "//"),
            (limit, high, "for-wash", "for", ""),
        ):
            ax.add_patch(
                Rectangle(
                    (start, 0.2), end - start, 0.6, facecolor=drawing.color(wash),
                    edgecolor=drawing.color(edge), hatch=hatch, linewidth=1.5,
                )
            )  # fmt: skip
        ax.plot([limit, limit], [0, 1], color=drawing.color("ink"), linewidth=3)
        for edge_of_band in (limit - close, limit + close):
            ax.plot(
                [edge_of_band] * 2, [0.1, 0.9], color=drawing.color("ink-soft"), linewidth=1.5, linestyle=":"
            )
        ax.plot(
            score.points, 0.5, marker="D", markersize=17, color=drawing.color("ink"),
            markeredgecolor=drawing.color("surface"), markeredgewidth=3,
        )  # fmt: skip
        step = 20 if width == "large" else 60
        ax.set_xticks(range(-(-low // step) * step if width == "large" else 380, high + 1, step))
        ax.tick_params(axis="x", length=0)
        _label(ax, score.points, 1.42, f"Ce client : {score.points}", low, high, bold=True)
        _label(ax, limit, 1.08, f"Limite : {limit}", low, high)
        return fig

    return Chart("score", "Le score sur son échelle", sentence, table, (150, 150), draw)


def _at(points: int, limit: float) -> tuple[int, float]:
    margin = scoring.margin_of(limit) - (points - scoring.POINTS_AT_LIMIT) / scoring.POINTS_PER_MARGIN
    return points, 1 / (1 + math.exp(-margin))


def _label(ax: Axes, x: float, y: float, text: str, low: float, high: float, bold: bool = False) -> None:
    """A text above the scale, kept inside the picture at both ends."""
    place = (x - low) / (high - low)
    anchor = "left" if place < 0.2 else "right" if place > 0.8 else "center"
    ax.text(
        x, y, text, ha=anchor, va="bottom", color=drawing.color("ink"), fontsize=14,
        fontweight="bold" if bold else "normal", transform=ax.get_xaxis_transform(),
    )  # fmt: skip


def contributions(decomposition: Decomposition) -> Chart:
    """All contributions in points: the strongest drawn one by one, the rest as a sum; the table has all."""
    drawn = [one for one in decomposition.contributions if one.points][:SHOWN]
    others = decomposition.score.points - decomposition.base_points - sum(one.points for one in drawn)
    bars = [(one.label, one.text, one.points) for one in drawn]
    rest = len(decomposition.contributions) - len(drawn)
    if rest:
        bars.append((f"Les {rest} autres données", "", others))
    table = Table(
        "Contribution de chaque donnée au score, de la plus forte à la plus faible",
        (Column("Donnée"), Column("Valeur"), Column("Points", True)),
        (
            ("Point de départ : score moyen des clients", "", french.number(decomposition.base_points)),
            *((one.label, one.text, french.points(one.points)) for one in decomposition.contributions),
        ),
        (
            ("Point de départ : score moyen des clients", "", decomposition.base_points),
            *((one.label, one.text, one.points) for one in decomposition.contributions),
        ),
        footer=(("Total : score du client", "", french.number(decomposition.score.points)),),
    )
    heights = (40 + 46 * len(bars), 40 + 58 * len(bars))

    def draw(width: Width) -> Figure:
        return point_bars(bars, width, heights[0 if width == "large" else 1])

    return Chart(
        "contributions",
        "Ce qui fait monter ou descendre le score",
        _said(decomposition),
        table,
        heights,
        draw,
    )


def _said(decomposition: Decomposition) -> str:
    """The chart in one sentence: start, strongest each way, arrival."""
    up = next((one for one in decomposition.contributions if one.points > 0), None)
    down = next((one for one in decomposition.contributions if one.points < 0), None)
    parts = [f"{one.label} ({french.points(one.points)})" for one in (up, down) if one]
    start = f"Le score part de {french.plural(decomposition.base_points, 'point', 'points')} et arrive à "
    end = french.plural(decomposition.score.points, "point", "points")
    if not parts:
        return f"{start}{end} : aucune donnée ne compte pour plus d’un point."
    strongest = (
        "les données qui comptent le plus sont" if len(parts) > 1 else "la donnée qui compte le plus est"
    )
    return f"{start}{end} ; {strongest} : {' et '.join(parts)}."


def point_bars(bars: list[tuple[str, str, int]], width: Width, height: int) -> Figure:
    """Horizontal bars around zero; in the narrow drawing each label stands above its bar."""
    fig = drawing.figure(width, height)
    wide = width == "large"
    ax = drawing.axes(fig, 420 if wide else 12, 20 if wide else 12, 30, 10)
    reach = max([abs(points) for *_, points in bars] + [1]) * (1.7 if wide else 2.8)
    ax.set_xlim(-reach, reach)
    ax.set_ylim(len(bars) - 0.5, -0.5)
    ax.set_yticks([])
    ax.set_xticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.axvline(0, color=drawing.color("control"), linewidth=1.5)
    middle, size = (0.0, 0.5) if wide else (0.18, 0.4)
    for place, (label, value, points) in enumerate(bars):
        against = points < 0
        tone = "against" if against else "for"
        ax.barh(
            place + middle, points, height=size, linewidth=1.5, edgecolor=drawing.color(tone),
            facecolor=drawing.color("against-wash" if against else tone), hatch="////" if against else None,
        )  # fmt: skip
        ax.annotate(
            french.points(points), (points, place + middle), (-8 if against else 8, 0),
            textcoords="offset points", ha="right" if against else "left", va="center",
            color=drawing.color("ink"), fontsize=13, fontweight="bold",
        )  # fmt: skip
        _bar_label(ax, place, label, value, wide)
    for x, text, anchor in ((-1, "retire des points", "left"), (1, "ajoute des points", "right")):
        ax.text(
            x * reach, 1.0, text, ha=anchor, va="bottom", fontsize=12, color=drawing.color("ink-soft"),
            transform=ax.get_xaxis_transform(),
        )  # fmt: skip
    return fig


def _shorter(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _bar_label(ax: Axes, place: int, label: str, value: str, wide: bool) -> None:
    if wide:
        for text, shift, tone in ((label, 0.16 if value else 0, "ink"), (value, -0.16, "ink-soft")):
            ax.annotate(
                _shorter(text, 52), (0, place - shift), (-415, 0), xycoords=("axes fraction", "data"),
                textcoords="offset points", ha="left", va="center", fontsize=13, color=drawing.color(tone),
            )  # fmt: skip
    else:
        ax.annotate(
            _shorter(label, 38), (0, place - 0.2), xycoords=("axes fraction", "data"),
            ha="left", va="center", fontsize=13, color=drawing.color("ink"),
            bbox={"facecolor": drawing.color("surface"), "edgecolor": "none", "pad": 1},
        )  # fmt: skip
