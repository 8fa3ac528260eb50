"""Charts of the model as a whole: which data matter, how each one plays, calibration, cost of the limit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pretadepenser.charts import drawing, rows
from pretadepenser.charts.chart import Chart, Column, Table, Width
from pretadepenser.charts.fairness import limit_text
from pretadepenser.charts.rows import Row
from pretadepenser.credit import dictionary, french, wording
from pretadepenser.credit.dictionary import Kind
from pretadepenser.credit.evaluation import COST_OF_A_DEFAULT, CalibrationBin, CostPoint, Metrics
from pretadepenser.credit.french import NARROW_NO_BREAK, NO_BREAK
from pretadepenser.credit.insight import Influence, Insight, Step

SHOWN: Final = 12
# Of the limits on the cost curve, those drawn and listed: each 2.5 %.
EVERY: Final = 5


def importance(insight: Insight) -> Chart:
    """Mean effect of each figure on the score, the strongest drawn, all in the table."""
    listed = [(_label(one), one.importance) for one in insight.influences]
    strongest = [name for name, _ in listed[:3]]
    table = Table(
        f"Effet moyen de chaque donnée sur le score, mesuré sur {french.plural(insight.sample, 'client')}",
        (Column("Donnée"), Column("Effet moyen en points", True)),
        tuple((name, french.number(effect, 1)) for name, effect in listed),
        tuple(listed),
    )
    drawn = [Row(name, effect, f"{french.number(effect, 1)} pts") for name, effect in listed[:SHOWN]]
    return Chart(
        "importance",
        "Les données qui comptent le plus",
        f"Les données qui déplacent le plus le score sont, dans l’ordre{NO_BREAK}: {_listed(strongest)}. "
        f"La première le déplace en moyenne de {french.plural(round(listed[0][1], 1), 'point')}, vers le "
        "haut ou vers le bas.",
        table,
        rows.heights(len(drawn)),
        rows.bars(drawn),
    )


def spread(insight: Insight) -> Chart:
    """How far each figure moves the scores, and which way its low and high values do."""
    shown = insight.influences
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
    drawn = shown[:SHOWN]
    return Chart(
        "sens",
        "Jusqu’où chaque donnée déplace le score",
        sentence,
        table,
        rows.heights(len(drawn)),
        _spread(drawn),
    )


def _moves(one: Influence) -> tuple[float | None, ...]:
    """The five quantiles, then the low and the high values as a reader counts them."""
    ends = (one.lowest, one.highest)
    # Lengths of time are stored as negative days: the lowest numbers are the longest times.
    low, high = ends[::-1] if _reversed(one.feature) else ends
    return *one.quantiles, low, high


def _spread(drawn: Sequence[Influence]) -> Callable[[Width], Figure]:
    def draw(width: Width) -> Figure:
        moves = [value for one in drawn for value in _moves(one) if value is not None]
        low, high = min(moves), max(moves)
        pad = (high - low) * 0.05
        fig, ax = rows.axes(width, [_label(one) for one in drawn], low - pad, high + pad)
        rows.line(ax, 0, "ne change rien")
        for place, one in enumerate(drawn):
            y = rows.middle(place, width)
            ax.plot(
                [one.quantiles[0], one.quantiles[4]], [y, y], color=drawing.color("ink-soft"), linewidth=2
            )
            ax.plot(
                [one.quantiles[1], one.quantiles[3]], [y, y], color=drawing.color("ink-soft"), linewidth=7,
                solid_capstyle="butt",
            )  # fmt: skip
            *_, lowest, highest = _moves(one)
            for value, marker, face in ((lowest, "v", "surface"), (highest, "^", "ink")):
                if value is not None:
                    ax.plot(
                        value, y, marker=marker, markersize=11, color=drawing.color(face), linestyle="none",
                        markeredgecolor=drawing.color("ink"), markeredgewidth=1.8,
                    )  # fmt: skip
        _spread_key(ax, width)
        return fig

    return draw


def _spread_key(ax: Axes, width: Width) -> None:
    wide = width == "large"
    for x, sign, text in (
        (-320 if wide else 6, "▽", "valeurs basses"),
        (-180 if wide else 140, "▲", "valeurs hautes"),
    ):
        for label, shift in ((sign, 0), (text, 18)):
            ax.annotate(
                label, (0, 1), (x + shift, 6 if wide else 26), xycoords="axes fraction",
                textcoords="offset points", ha="left", va="bottom", fontsize=12, color=drawing.color("ink"),
                annotation_clip=False,
            )  # fmt: skip


def dependence(influence: Influence) -> Chart:
    """How one figure drives the score: mean points by bracket or category, with the middle four fifths."""
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
        _dependence_said(named),
        table,
        rows.heights(len(drawn)),
        rows.points(drawn, [(0.0, "ne change rien", False)]),
    )


def _dependence_said(named: Sequence[tuple[str, Step]]) -> str:
    worst, best = min(named, key=lambda one: one[1].mean), max(named, key=lambda one: one[1].mean)
    if best[1].mean - worst[1].mean < 1:
        return "Cette donnée déplace le score de moins d’un point, quelle que soit sa valeur."
    return (
        f"En moyenne, l’effet va de {_gain(worst[1].mean)} ({_lower(worst[0])}) à {_gain(best[1].mean)} "
        f"({_lower(best[0])}). Le trait réunit huit clients sur dix."
    )


def calibration(insight: Insight) -> Chart:
    """Announced against observed default rates, by twentieths of the clients."""
    bins = insight.calibration
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
            (str(place), french.number(one.observed.size), *(french.percent(x, 1) for x in _rates(one)))
            for place, one in enumerate(bins, 1)
        ),
        tuple((str(place), one.observed.size, *_rates(one)) for place, one in enumerate(bins, 1)),
    )
    return Chart(
        "calibration",
        "Le risque annoncé et le risque observé",
        f"Le risque annoncé est dans l’intervalle du risque observé pour {french.plural(inside, 'groupe')} "
        f"sur {len(bins)}{NARROW_NO_BREAK}; l’écart le plus grand est de "
        f"{french.compact(100 * abs(gap.expected - (gap.observed.value or 0.0)), 1)} point de pourcentage.",
        table,
        (420, 330),
        _calibration(bins),
    )


def _rates(one: CalibrationBin) -> tuple[float, float, float, float]:
    observed = one.observed
    return one.expected, observed.value or 0.0, observed.low or 0.0, observed.high or 0.0


def _calibration(bins: Sequence[CalibrationBin]) -> Callable[[Width], Figure]:
    def draw(width: Width) -> Figure:
        fig = drawing.figure(width, 420 if width == "large" else 330)
        ax = drawing.axes(fig, 60, 20, 46, 56)
        top = max(max(_rates(one)) for one in bins) * 1.06
        ax.set_xlim(0, top)
        ax.set_ylim(0, top)
        ax.plot([0, top], [0, top], color=drawing.color("control"), linewidth=1.5, linestyle="--")
        for one in bins:
            expected, observed, low, high = _rates(one)
            ax.plot([expected] * 2, [low, high], color=drawing.color("ink-soft"), linewidth=2)
            ax.plot(expected, observed, marker="o", markersize=8, color=drawing.color("for"))
        _percents(ax, top, "Risque annoncé", "Risque observé")
        ax.text(
            top * 0.62,
            top * 0.5,
            "égalité",
            color=drawing.color("ink-soft"),
            fontsize=13,
            ha="left",
            va="top",
        )
        return fig

    return draw


def costs(insight: Insight, metrics: Metrics) -> Chart:
    """Cost of the decisions for every limit, with the limit in place and the cheapest one."""
    points = [
        (point.limit, point.cost, point.granted, "")
        for place, point in enumerate(insight.costs, 1)
        if place % EVERY == 0
    ]
    counts = metrics.confusion
    total = counts.granted_good + counts.granted_default + counts.refused_good + counts.refused_default
    granted = (counts.granted_good + counts.granted_default) / total
    points.append((metrics.limit, metrics.cost, granted, " (limite mesurée)"))
    points.append(
        (metrics.cheapest_limit, metrics.cheapest_cost, _granted(insight.costs, metrics), " (la moins chère)")
    )
    points.sort()
    table = Table(
        "Coût des décisions pour 100 clients et part des prêts accordés, selon la limite",
        (Column("Limite"), Column("Coût pour 100 clients", True), Column("Prêts accordés", True)),
        tuple(
            (f"{french.percent(limit, 1)}{note}", french.number(cost, 1), french.percent(share, 1))
            for limit, cost, share, note in points
        ),
        tuple((f"{french.percent(limit, 1)}{note}", cost, share) for limit, cost, share, note in points),
    )
    return Chart(
        "cout",
        "Ce que coûte la limite",
        f"À la limite de {limit_text(metrics.limit)}, les décisions coûtent l’équivalent de "
        f"{french.number(metrics.cost, 1)} bons clients refusés sur 100 clients{NARROW_NO_BREAK}; la limite "
        f"la moins chère, {french.percent(metrics.cheapest_limit, 1)}, en coûterait "
        f"{french.number(metrics.cheapest_cost, 1)}. Un défaut accordé compte pour {COST_OF_A_DEFAULT}.",
        table,
        (400, 320),
        _costs([(limit, cost) for limit, cost, *_ in points], metrics),
    )


def _granted(curve: Sequence[CostPoint], metrics: Metrics) -> float:
    return min(curve, key=lambda point: abs(point.limit - metrics.cheapest_limit)).granted


def _costs(points: Sequence[tuple[float, float]], metrics: Metrics) -> Callable[[Width], Figure]:
    def draw(width: Width) -> Figure:
        wide = width == "large"
        fig = drawing.figure(width, 400 if wide else 320)
        ax = drawing.axes(fig, 60, 20, 46, 56)
        top = max(cost for _, cost in points) * 1.05
        ax.set_xlim(0, 1)
        ax.set_ylim(0, top)
        ax.plot(*zip(*points, strict=True), color=drawing.color("for"), linewidth=3)
        ends = (
            (metrics.limit, metrics.cost, "D", f"limite {limit_text(metrics.limit)}", 0.34),
            (metrics.cheapest_limit, metrics.cheapest_cost, "o", "la moins chère", 0.18),
        )
        for limit, cost, marker, text, height in ends:
            right = limit >= metrics.cheapest_limit and marker == "o"
            ax.plot([limit, limit], [top * height, cost], color=drawing.color("ink-soft"), linewidth=1.5)
            ax.plot(
                limit, cost, marker=marker, markersize=11, color=drawing.color("ink"),
                markeredgecolor=drawing.color("surface"), markeredgewidth=1.5,
            )  # fmt: skip
            ax.annotate(
                text, (limit, top * height), (4 if right else -4, -2), textcoords="offset points",
                ha="left" if right else "right", va="top", fontsize=13, color=drawing.color("ink"),
            )  # fmt: skip
        ax.set_xticks([0, 0.25, 0.5, 0.75, 1], [french.percent(x) for x in (0, 0.25, 0.5, 0.75, 1)])
        ax.set_xlabel("Limite", color=drawing.color("ink"))
        _title(ax, "Coût pour 100 clients")
        return fig

    return draw


def _percents(ax: Axes, top: float, across: str, up: str) -> None:
    step = 10 ** math.floor(math.log10(top / 2))
    step = next(step * times for times in (5, 2, 1) if step * times <= top / 2)
    marks = [step * place for place in range(int(top / step + 1e-9) + 1)]
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
        f"Décisions à la limite de {limit_text(metrics.limit)} et ce qui est arrivé",
        (Column("Décision"), Column("Ont remboursé", True), Column("Ont eu des difficultés", True)),
        tuple((name, french.number(good), french.number(bad)) for name, good, bad in lines),
        lines,
    )


def _name(column: dictionary.Column, step: Step) -> str:
    if step.category is not None:
        return (column.categories or {})[step.category]
    if step.low is None or step.high is None:
        return french.ABSENT
    ends = [wording.value_text(column, value) for value in (step.low, step.high)]
    if column.kind in (Kind.DURATION, Kind.ELAPSED):
        ends.reverse()
    return ends[0] if ends[0] == ends[1] else f"de {ends[0]} à {ends[1]}"


def _reversed(feature: str) -> bool:
    return dictionary.describe(feature).kind in (Kind.DURATION, Kind.ELAPSED)


def _label(one: Influence) -> str:
    return dictionary.describe(one.feature).label


def _listed(names: Sequence[str]) -> str:
    return french.join([f"«\u00a0{name}\u00a0»" for name in names])


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _gain(value: float | None) -> str:
    """Points with one decimal and their sign; nothing where there is no figure."""
    if value is None:
        return "–"
    text = french.number(value, 1)
    return f"+{text}" if value > 0 and text != "0,0" else text
