"""Charts of what the model looks at: which data matter, how far and which way each one moves the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pretadepenser import french
from pretadepenser.charts import drawing, rows
from pretadepenser.charts.chart import NOTHING, Chart, Column, Drawing, Table, Width
from pretadepenser.charts.rows import Axis, Bars, Mark, Points, Row
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Kind, wording
from pretadepenser.credit.evaluation.influence import GlobalExplanation, Influence, Step
from pretadepenser.french import NO_BREAK

SHOWN: Final = 12


def importance(overall: GlobalExplanation) -> Chart:
    """Mean effect of each figure on the score, the strongest drawn, all in the table."""
    listed = [(_label(one), one.importance) for one in overall.influences]
    strongest = [name for name, _ in listed[:3]]
    table = Table(
        f"Effet moyen de chaque donnée sur le score, mesuré sur {french.plural(overall.sample, 'client')}",
        (Column("Donnée"), Column("Effet moyen en points", True)),
        tuple((name, french.number(effect, 1)) for name, effect in listed),
        tuple(listed),
    )
    drawn = [Row(name, effect, f"{french.number(effect, 1)} pts") for name, effect in listed[:SHOWN]]
    return Chart(
        "importance",
        "Les données qui comptent le plus",
        "importance",
        f"Les données qui déplacent le plus le score sont, dans l’ordre{NO_BREAK}: {_listed(strongest)}. "
        f"La première le déplace en moyenne de {french.plural(round(listed[0][1], 1), 'point')}, vers le "
        "haut ou vers le bas.",
        table,
        Bars(tuple(drawn)),
    )


def spread(overall: GlobalExplanation) -> Chart:
    """How far each figure moves the scores, and which way its low and high values do."""
    shown = overall.influences
    table = Table(
        "Points que chaque donnée ajoute ou retire, selon les clients",
        (
            Column("Donnée"),
            Column("Chez 5\u00a0% des clients, au plus", True),
            Column("Chez un quart des clients, au plus", True),
            Column("Au milieu", True),
            Column("Chez un quart des clients, au moins", True),
            Column("Chez 5\u00a0% des clients, au moins", True),
            Column("Valeurs les plus basses (un cinquième)", True),
            Column("Valeurs les plus hautes (un cinquième)", True),
        ),
        tuple((_label(one), *(_gain(value) for value in _moves(one))) for one in shown),
        tuple((_label(one), *_moves(one)) for one in shown),
    )
    widest = max(shown, key=lambda one: one.quantiles[4] - one.quantiles[0])
    sentence = (
        f"La donnée {french.quoted(_label(widest))} sépare le plus les clients{NO_BREAK}: son effet va de "
        f"{_gain(widest.quantiles[0])} à {_gain(widest.quantiles[4])} pour neuf clients sur dix. Le trait "
        "épais réunit la moitié des clients, le trait fin neuf sur dix. Les triangles sont l’effet moyen des "
        "valeurs les plus basses et les plus hautes. À droite, la donnée ajoute des points."
    )
    drawn = SpreadDrawing(
        tuple(Row(_label(one), one.quantiles[2], "") for one in shown[:SHOWN]),
        tuple(one.quantiles for one in shown[:SHOWN]),
        tuple(_ends(one) for one in shown[:SHOWN]),
    )
    return Chart("sens", "Jusqu’où chaque donnée déplace le score", "effets", sentence, table, drawn)


def _moves(one: Influence) -> tuple[float | None, ...]:
    """The five quantiles, then the low and the high values as a reader counts them."""
    return *one.quantiles, *_ends(one)


def _ends(one: Influence) -> tuple[float | None, float | None]:
    """Mean effect of the lowest and of the highest values, as a reader counts them."""
    # Lengths of time are stored as negative days: the lowest numbers are the longest times.
    return (one.highest, one.lowest) if _reversed(one.feature) else (one.lowest, one.highest)


@dataclass(frozen=True)
class SpreadDrawing(Drawing):
    """A row a figure: half of the clients, nine in ten, and the mean of the low and of the high values.

    quantiles: 5, 25, 50, 75 and 95 %, row by row; ends: mean effect of the low and of the high values.
    """

    look: ClassVar[str] = "traits et triangles, une donnée par ligne"

    rows: tuple[Row, ...]
    quantiles: tuple[tuple[float, float, float, float, float], ...]
    ends: tuple[tuple[float | None, float | None], ...]

    @property
    def heights(self) -> tuple[int, int]:
        return rows.heights(len(self.rows), axis=True)

    def draw(self, width: Width) -> Figure:
        every = [value for each in self.quantiles for value in each]
        every += [value for each in self.ends for value in each if value is not None]
        low, high = min(every), max(every)
        pad = (high - low) * 0.05
        fig, ax = rows.axes(width, self.rows, low - pad, high + pad, _AXIS)
        rows.line(ax, _NOTHING)
        soft, ink = drawing.color("ink-soft"), drawing.color("ink")
        for index, (q05, q25, _, q75, q95) in enumerate(self.quantiles):
            y = rows.middle(index, width)
            ax.plot([q05, q95], [y, y], color=soft, linewidth=2)
            ax.plot([q25, q75], [y, y], color=soft, linewidth=7, solid_capstyle="butt")
            for value, marker, face in zip(self.ends[index], "v^", ("surface", "ink"), strict=True):
                if value is not None:
                    ax.plot(
                        value, y, marker=marker, markersize=11, color=drawing.color(face), linestyle="none",
                        markeredgecolor=ink, markeredgewidth=1.8,
                    )  # fmt: skip
        _spread_key(ax, width)
        return fig


def _spread_key(ax: Axes, width: Width) -> None:
    wide = width == "large"
    for x, sign, text in (
        (14, "▽", "valeurs basses"),
        (154 if wide else 134, "▲", "valeurs hautes"),
    ):
        for label, shift in ((sign, 0), (text, 18)):
            ax.annotate(
                label, (0, 1), (x + shift, 6 if wide else 26), xycoords=("figure points", "axes fraction"),
                textcoords="offset points", ha="left", va="bottom", fontsize=12, color=drawing.color("ink"),
                annotation_clip=False,
            )  # fmt: skip


def dependence(influence: Influence) -> Chart:
    """How one figure drives the score: mean points by bin or category, with the middle four fifths."""
    column = dictionary.describe(influence.feature)
    steps = [step for step in influence.steps if step.low is not None or step.category is not None]
    if column.categories:
        steps.sort(key=lambda step: -step.mean)
    elif _reversed(influence.feature):
        steps.reverse()
    steps += [step for step in influence.steps if step.low is None and step.category is None]
    named = [(french.capital(_name(column, step)), step) for step in steps]
    kind = "Catégorie" if column.categories else "Tranche"
    table = Table(
        f"{column.label}{NO_BREAK}: points ajoutés ou retirés au score",
        (
            Column(kind),
            Column("Clients", True),
            Column("Effet moyen", True),
            Column("Chez 10\u00a0% des clients, au plus", True),
            Column("Chez 10\u00a0% des clients, au moins", True),
        ),
        tuple(
            (name, french.number(one.size), *(_gain(x) for x in (one.mean, one.q10, one.q90)))
            for name, one in named
        ),
        tuple((name, one.size, one.mean, one.q10, one.q90) for name, one in named),
    )
    drawn = [Row(name, one.mean, _gain(one.mean), one.q10, one.q90) for name, one in named]
    return Chart(
        "dependance",
        f"{column.label}{NO_BREAK}: effet sur le score",
        "effet d’une donnée",
        _dependence_said(named),
        table,
        Points(tuple(drawn), (_NOTHING,), _AXIS),
    )


def effect(influence: Influence) -> str:
    """From where to where the mean effect of a figure goes: the ends that the chart's sentence names."""
    means = [step.mean for step in influence.steps]
    if max(means) - min(means) < 1:
        return "moins d’un point"
    return f"de {_gain(min(means))} à {_gain(max(means))} points"


def _dependence_said(named: Sequence[tuple[str, Step]]) -> str:
    worst, best = min(named, key=lambda one: one[1].mean), max(named, key=lambda one: one[1].mean)
    if best[1].mean - worst[1].mean < 1:
        return "En moyenne, cette donnée déplace le score de moins d’un point, quelle que soit sa valeur."
    return (
        f"En moyenne, l’effet va de {_gain(worst[1].mean)} ({_lower(worst[0])}) à {_gain(best[1].mean)} "
        f"({_lower(best[0])}). Le trait réunit huit clients sur dix."
    )


def _name(column: dictionary.Column, step: Step) -> str:
    if step.category is not None:
        return (column.categories or {})[step.category]
    if step.low is None or step.high is None:
        return french.ABSENT
    ends = [wording.value_text(column, value) for value in (step.low, step.high)]
    if column.kind in (Kind.DURATION, Kind.ELAPSED):
        ends.reverse()
    if ends[0] == ends[1]:
        return ends[0]
    # The scale is said once: "de 0,00 à 0,28 (sur 1)".
    scale = f"{NO_BREAK}sur{NO_BREAK}"
    (low, _, of), (high, _, _) = (end.partition(scale) for end in ends)
    return f"de {low} à {high} (sur{NO_BREAK}{of})" if of else f"de {low} à {high}"


def _reversed(feature: str) -> bool:
    return dictionary.describe(feature).kind in (Kind.DURATION, Kind.ELAPSED)


def _label(one: Influence) -> str:
    return dictionary.describe(one.feature).label


def _listed(names: Sequence[str]) -> str:
    return french.join([f"«\u00a0{name}\u00a0»" for name in names])


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


_AXIS: Final = Axis("Points ajoutés ou retirés", decimals=1, signed=True)
_NOTHING: Final = Mark(0.0, "ne change rien")


def _gain(value: float | None) -> str:
    """Points with one decimal and their sign; nothing where there is no figure."""
    if value is None:
        return NOTHING
    text = french.number(value, 1)
    return f"+{text}" if value > 0 and text != "0,0" else text
