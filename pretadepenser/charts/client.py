"""Charts of one client: the score on its scale, and what each figure adds to it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from pretadepenser.charts import drawing
from pretadepenser.charts.chart import Chart, Column, Table, Width
from pretadepenser.credit import french, scoring
from pretadepenser.credit.explanation import Decomposition
from pretadepenser.credit.french import Person
from pretadepenser.credit.scoring import Score

SHOWN: Final = 12
# Pixels of the scale, wide and narrow.
SCALE: Final = (176, 176)


class _Told(NamedTuple):
    """How the scale names the score: as a subject, as a row of the table, and in the picture."""

    subject: str
    row: str
    mark: str


_TOLD: Final = {
    Person.CLIENT: _Told("Le score", "Score de ce client", "Ce client"),
    Person.YOU: _Told("Votre score", "Votre score", "Vous"),
}


def scale(score: Score, person: Person = Person.CLIENT) -> Chart:
    """The score on a scale of points, with the limit and the band where a case is close.

    `person` is whom it is said to: an advisor reads of "ce client", the client of "vous".
    """
    told = _TOLD[person]
    limit, first, last = (scoring.POINTS_AT_LIMIT + gap for gap in (0, -scoring.CLOSE, scoring.CLOSE))
    side = "au-dessus de" if score.points >= limit else "sous"
    gap = abs(score.points - limit)
    where = (
        "exactement à la limite" if gap == 0 else f"{french.plural(gap, 'point', 'points')} {side} la limite"
    )
    sentence = (
        f"{told.subject} est de {french.plural(score.points, 'point', 'points')}, {where} de {limit} points. "
        f"Plus le score est haut, plus le crédit est sûr. De {first} à {last} points, il est proche de la "
        "limite."
    )
    rows = sorted(
        (
            ("Début de la zone proche de la limite", *_at(first, score.limit), 2),
            ("Limite pour accorder le prêt", limit, score.limit, 0),
            ("Fin de la zone proche de la limite", *_at(last, score.limit), 2),
            (told.row, score.points, score.probability, 2),
        ),
        key=lambda row: row[1],
    )
    table = Table(
        "Le score et la limite, en points et en probabilité de ne pas rembourser",
        (Column("Repère"), Column("Points", True), Column("Probabilité", True)),
        tuple(
            (
                label,
                french.number(points),
                french.percent(share, decimals) if decimals else french.compact_percent(share),
            )
            for label, points, share, decimals in rows
        ),
        tuple((label, points, float(share)) for label, points, share, _ in rows),
    )
    return Chart("score", "Le score sur son échelle", sentence, table, SCALE, _scale(score.points, told.mark))


def _scale(points: int, name: str) -> Callable[[Width], Figure]:
    limit, close = scoring.POINTS_AT_LIMIT, scoring.CLOSE
    low = min(380, (points - 15) // 20 * 20)
    high = max(620, -(-(points + 15) // 20) * 20)

    def draw(width: Width) -> Figure:
        wide = width == "large"
        fig = drawing.figure(width, SCALE[0 if wide else 1])
        ax = drawing.axes(fig, 18, 18, 62, 66)
        ax.set_xlim(low, high)
        ax.set_ylim(0, 1)
        ax.set_yticks([])
        for spine in ax.spines.values():
            spine.set_visible(False)
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
            ax.plot([edge_of_band] * 2, [0.05, 0.95], color=drawing.color("ink"), linewidth=2, linestyle=":")
        # From the name of the score down to its place.
        ax.plot([points, points], [0.5, 1.52], color=drawing.color("ink"), linewidth=1.5, clip_on=False)
        ax.plot(
            points, 0.5, marker="D", markersize=17, color=drawing.color("ink"),
            markeredgecolor=drawing.color("surface"), markeredgewidth=3,
        )  # fmt: skip
        step = 20 if wide else 60
        ax.set_xticks(range(-(-low // step) * step if wide else 380, high + 1, step))
        ax.tick_params(axis="x", length=0)
        _label(ax, points, 1.55, f"{name} : {points}", low, high, bold=True)
        # On the side where the score is not, so that nothing crosses the words.
        _label(ax, limit, 1.08, f"Limite : {limit}", low, high, side="right" if points >= limit else "left")
        _band_key(fig, f"de {limit - close} à {limit + close} : proche de la limite")
        return fig

    return draw


def _band_key(fig: Figure, text: str) -> None:
    """What the two dotted lines are, under the scale."""
    inches = fig.dpi_scale_trans
    for x in (20, 28):
        line = Line2D([x / 72] * 2, [14 / 72, 34 / 72], transform=inches, linewidth=2, linestyle=":")
        line.set_color(drawing.color("ink"))
        fig.add_artist(line)
    fig.text(
        38 / 72, 24 / 72, text, transform=inches, ha="left", va="center_baseline", fontsize=12,
        color=drawing.color("ink"),
    )  # fmt: skip


def _at(points: int, limit: float) -> tuple[int, float]:
    margin = scoring.margin_of(limit) - (points - scoring.POINTS_AT_LIMIT) / scoring.POINTS_PER_MARGIN
    return points, 1 / (1 + math.exp(-margin))


def _label(
    ax: Axes, x: float, y: float, text: str, low: float, high: float, *, bold: bool = False, side: str = ""
) -> None:
    """A text above the scale, kept inside the picture; `side` is the end of the text that stands at `x`."""
    place = (x - low) / (high - low)
    anchor = "left" if place < 0.25 else "right" if place > 0.75 else side or "center"
    ax.annotate(
        text, (x, y), ({"left": 4, "right": -4}.get(anchor, 0) if side else 0, 0),
        xycoords=ax.get_xaxis_transform(), textcoords="offset points", ha=anchor, va="bottom", fontsize=14,
        color=drawing.color("ink"), fontweight="bold" if bold else "normal", annotation_clip=False,
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
            *((one.label, one.text, french.signed(one.points)) for one in decomposition.contributions),
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
    """The chart in one sentence: start, arrival, the strongest each way."""
    ends = [
        french.plural(points, "point") for points in (decomposition.base_points, decomposition.score.points)
    ]
    told = f"Le score part de {ends[0]} et arrive à {ends[1]}"
    strongest = [
        (verb, next((one for one in decomposition.contributions if one.points * sign > 0), None))
        for verb, sign in (("ajoute", 1), ("retire", -1))
    ]
    parts = [
        f" ; ce qui {verb} le plus : {one.label} ({french.points(one.points)})"
        for verb, one in strongest
        if one
    ]
    return f"{told}{''.join(parts) or ' : aucune donnée ne compte pour plus d’un point'}."


def point_bars(bars: list[tuple[str, str, int]], width: Width, height: int) -> Figure:
    """Horizontal bars around zero; in the narrow drawing each label stands above its bar."""
    fig = drawing.figure(width, height)
    wide = width == "large"
    ax = drawing.axes(fig, 420 if wide else 12, 20 if wide else 12, 30, 10)
    reach = max([abs(points) for *_, points in bars] + [1]) * (1.7 if wide else 2.0)
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
        written = french.points(points) if wide else french.signed(points)
        ax.annotate(
            written, (points, place + middle), (-8 if against else 8, 0),
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
            _shorter(label, 35), (0, place - 0.2), xycoords=("axes fraction", "data"),
            ha="left", va="center", fontsize=13, color=drawing.color("ink"),
            bbox={"facecolor": drawing.color("surface"), "edgecolor": "none", "pad": 1},
        )  # fmt: skip
