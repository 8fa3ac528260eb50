"""Charts of a client among others: distribution of a figure, default rate by bracket, two figures crossed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pretadepenser.charts import drawing
from pretadepenser.charts.chart import Cell, Chart, Column, Table, Width
from pretadepenser.credit import comparison, dictionary, french, wording
from pretadepenser.credit.comparison import Bar, Crossing, Distribution
from pretadepenser.credit.dictionary import Kind
from pretadepenser.credit.portfolio import brackets

# Rank correlation from which on the link between two figures is said, and how often it shows.
LINKS: Final = ((0.7, "très souvent"), (0.4, "souvent"), (0.2, "un peu plus souvent que l’inverse"))
# Pixels that a tick's text needs on an axis.
ROOM: Final[dict[Width, int]] = {"large": 64, "etroite": 52}


def distribution(shown: Distribution) -> Chart:
    """How the group is spread over a figure, with the client's place."""
    column, group = shown.column, shown.group
    rows = [(_named(bar), bar.count, bar.share) for bar in shown.bars]
    apart = [("Donnée absente", shown.missing)]
    if column.sentinel is not None:
        apart.append((french.capital(column.sentinel_label), shown.sentinel))
    footer = tuple((name, french.number(count), "") for name, count in apart if count)
    table = Table(
        f"{column.label} – répartition de {french.plural(shown.known, 'client')}",
        (Column("Tranche" if column.categories is None else "Catégorie"), Column("Clients", True), _SHARE),
        tuple((name, french.number(count), french.percent(share, 1)) for name, count, share in rows),
        tuple(rows),
        footer,
    )
    if column.categories is None:
        heights, draw = (360, 320), _histogram(shown)
    else:
        heights = _heights(len(shown.bars))
        bars = [(bar.text, bar.share, french.percent(bar.share, 1), bar.here, None) for bar in shown.bars]
        draw = _rows_of_bars(bars, None, heights)
    return Chart(
        "repartition",
        f"{column.label} – répartition {group.among}",
        _spread_said(shown),
        table,
        heights,
        draw,
        alternative=f"{comparison.standing(shown)} {_spread_said(shown)}",
    )


def _spread_said(shown: Distribution) -> str:
    """Where the middle and the most of the group are, in one sentence."""
    kind = "tranche" if shown.column.categories is None else "catégorie"
    if not shown.known:
        return "Aucun client de ce groupe n’a cette donnée."
    most = max(shown.bars, key=lambda bar: bar.count)
    common = f"la {kind} la plus courante, {french.quoted(most.text)}, réunit {french.percent(most.share)}"
    if shown.median is None:
        return f"{french.capital(common)} {shown.group.among}."
    middle = wording.value_text(shown.column, shown.median)
    return (
        f"Au milieu du groupe, avec autant de clients au-dessus qu’au-dessous, la valeur est de {middle}"
        f"{french.NARROW_NO_BREAK}; {common} {shown.group.among}."
    )


def rates(shown: Distribution) -> Chart | None:
    """Share of clients who had payment difficulties by bracket, or None where too few outcomes are known."""
    if shown.rate is None:
        return None
    column = shown.column
    rows: list[tuple[str, ...]] = []
    raw: list[tuple[Cell, ...]] = []
    for bar in shown.broad:
        if bar.rate is None or bar.interval is None:
            rows.append((_named(bar), french.number(bar.labelled), _FEW, ""))
            raw.append((_named(bar), bar.labelled, None, ""))
            continue
        spread = f"de {french.number(bar.interval[0] * 100, 1)} à {french.percent(bar.interval[1], 1)}"
        rows.append((_named(bar), french.number(bar.labelled), french.percent(bar.rate, 1), spread))
        raw.append((_named(bar), bar.labelled, bar.rate, spread))
    labelled = sum(bar.labelled for bar in shown.broad)
    total = ("Ensemble", french.number(labelled), french.percent(shown.rate, 1), "")
    table = Table(
        f"{column.label} – part des clients qui ont eu des difficultés de paiement",
        (
            Column("Tranche" if column.categories is None else "Catégorie"),
            Column("Clients à l’issue connue", True),
            Column("En difficulté", True),
            Column("Intervalle de confiance à 95\u00a0%", True),
        ),
        tuple(rows),
        tuple(raw),
        (total,),
    )
    heights = _heights(len(shown.broad))
    bars = [
        (
            bar.text,
            bar.rate or 0.0,
            _FEW if bar.rate is None else french.percent(bar.rate, 1),
            bar.here,
            bar.interval,
        )
        for bar in shown.broad
    ]
    kind = "tranche" if column.categories is None else "catégorie"
    return Chart(
        "difficultes",
        f"{column.label} – difficultés de paiement par {kind}",
        _rate_said(shown),
        table,
        heights,
        _rows_of_bars(bars, shown.rate, heights),
    )


def _rate_said(shown: Distribution) -> str:
    """The client's bracket against the whole group, in one sentence."""
    rated = [bar for bar in shown.broad if bar.rate is not None]
    whole = french.percent(shown.rate or 0.0, 1)
    here = next((bar for bar in rated if bar.here), None)
    kind = "tranche" if shown.column.categories is None else "catégorie"
    if here is not None and here.rate is not None:
        return (
            f"Dans la {kind} de ce client, {french.percent(here.rate, 1)} des clients ont eu des difficultés "
            f"de paiement, contre {whole} dans l’ensemble du groupe."
        )
    low = min(rated, key=lambda bar: bar.rate or 0.0, default=None)
    high = max(rated, key=lambda bar: bar.rate or 0.0, default=None)
    if low is None or high is None or low is high:
        return f"Dans ce groupe, {whole} des clients ont eu des difficultés de paiement."
    return (
        f"La part des clients en difficulté va de {french.percent(low.rate or 0.0, 1)} à "
        f"{french.percent(high.rate or 0.0, 1)} selon la {kind}, et elle est de {whole} dans l’ensemble du "
        "groupe."
    )


def crossing(shown: Crossing) -> Chart:
    """Where the group is densest over two figures, with the client's place."""
    first = [french.capital(text) for text in brackets.texts(shown.first, shown.first_edges)]
    second = [french.capital(text) for text in brackets.texts(shown.second, shown.second_edges)]
    shares = shown.counts / max(shown.known, 1)
    rows = []
    for place, name in enumerate(first):
        cells = [
            french.percent(float(share), 1) + (" (ce client)" if shown.here == (place, other) else "")
            for other, share in enumerate(shares[place])
        ]
        rows.append((name, *cells))
    table = Table(
        f"{shown.first.label} (lignes) et {_lower(shown.second.label)} (colonnes){french.NO_BREAK}: "
        f"part des {french.plural(shown.known, 'client')}",
        (Column(shown.first.label), *(Column(name, True) for name in second)),
        tuple(rows),
        tuple((name, *(float(share) for share in shares[place])) for place, name in enumerate(first)),
    )
    return Chart(
        "croisement",
        f"{shown.first.label} et {_lower(shown.second.label)}",
        _crossing_said(shown, shares),
        table,
        (560, 420),
        _balloons(shown, shares),
    )


def _crossing_said(shown: Crossing, shares: np.ndarray) -> str:
    link = shown.correlation or 0.0
    often = next((said for least, said in LINKS if abs(link) >= least), None)
    if often is None:
        said = "Dans ce groupe, les deux données varient presque sans lien"
    else:
        way = "l’est aussi" if link > 0 else "est plutôt basse"
        said = f"Dans ce groupe, quand l’une des deux données est élevée, l’autre {way} {often}"
    if shown.here is None:
        return f"{said}{french.NARROW_NO_BREAK}; une des deux données manque pour ce client."
    share = wording.portion(float(shares[shown.here]), shown.group.among)
    return f"{said}{french.NARROW_NO_BREAK}; {share} sont dans les mêmes tranches que ce client."


_SHARE: Final = Column("Part", True)
_FEW: Final = "trop peu"


def _named(bar: Bar) -> str:
    return f"{bar.text} (ce client)" if bar.here else bar.text


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def _heights(bars: int) -> tuple[int, int]:
    return 44 + 44 * bars, 44 + 58 * bars


def _tick(column: dictionary.Column, edge: float) -> str:
    """An edge as an axis has it: without unit, amounts in thousands."""
    if column.kind is Kind.AMOUNT:
        return french.compact(edge / 1000, 1)
    return french.compact(edge * 100, 1) if column.kind is Kind.SHARE else french.compact(edge, 2)


def _unit(column: dictionary.Column) -> str:
    match column.kind:
        case Kind.AMOUNT:
            return "en milliers d’euros"
        case Kind.SHARE:
            return "en %"
        case Kind.DURATION | Kind.ELAPSED | Kind.YEARS:
            return "en années"
        case Kind.EXTERNAL_SCORE:
            return "note de 0 à 1"
        case _:
            return f"en {column.unit if column.unit.endswith('s') else column.unit + 's'}"


def _place(edges: Sequence[float], bracket: int, value: float) -> float:
    """Where a value stands on an axis that gives every bracket a width of 1; open ones have no scale."""
    if 0 < bracket < len(edges):
        low, high = edges[bracket - 1], edges[bracket]
        return bracket + (value - low) / (high - low)
    return bracket + 0.5


def _edge_ticks(
    column: dictionary.Column, edges: Sequence[float], room: float, width: int
) -> list[tuple[int, str]]:
    """Edges to be named on an axis `room` pixels long so that texts of `width` pixels do not meet."""
    every = max(1, math.ceil(width * (len(edges) + 1) / max(room, 1)))
    return [(place + 1, _tick(column, edge)) for place, edge in enumerate(edges) if place % every == 0]


def _histogram(shown: Distribution) -> Callable[[Width], Figure]:
    edges = [bar.high for bar in shown.bars if bar.high is not None]
    here = next((place for place, bar in enumerate(shown.bars) if bar.here), None)

    def draw(width: Width) -> Figure:
        fig = drawing.figure(width, 360 if width == "large" else 320)
        left, right = (56, 16) if width == "large" else (44, 8)
        ax = drawing.axes(fig, left, right, 66, 62)
        ax.set_xlim(0, len(shown.bars))
        top = max(bar.share for bar in shown.bars) or 1.0
        ax.set_ylim(0, top * 1.06)
        for place, bar in enumerate(shown.bars):
            ax.bar(
                place + 0.5, bar.share, width=0.86, linewidth=1.5, edgecolor=drawing.color("for"),
                facecolor=drawing.color("for" if bar.here else "for-wash"),
            )  # fmt: skip
        ticks = _edge_ticks(shown.column, edges, drawing.WIDTHS[width] - left - right, ROOM[width])
        ax.set_xticks([place for place, _ in ticks], [text for _, text in ticks])
        ax.set_xlabel(
            f"{shown.column.label}, {_unit(shown.column)}" if width == "large" else _unit(shown.column)
        )
        ax.xaxis.label.set_color(drawing.color("ink"))
        _shares(ax, top)
        ax.annotate(
            "Part des clients", (0, 1), (-left + 6, 36), xycoords="axes fraction", textcoords="offset points",
            ha="left", va="bottom", fontsize=13, color=drawing.color("ink-soft"),
        )  # fmt: skip
        if here is not None and shown.shown is not None and isinstance(shown.value, (int, float)):
            text = f"Ce client{french.NO_BREAK}: {wording.value_text(shown.column, shown.value)}"
            _mark(
                ax,
                _place(edges, here, shown.shown),
                len(shown.bars),
                text if width == "large" else "Ce client",
            )
        return fig

    return draw


def _shares(ax: Axes, top: float) -> None:
    """Three round percentages on the upright axis."""
    step = 10 ** math.floor(math.log10(top / 2))
    step = next(step * times for times in (5, 2, 1) if step * times <= top / 2)
    marks = [step * place for place in range(int(top / step + 1e-9) + 1)]
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


_Row = tuple[str, float, str, bool, tuple[float, float] | None]


def _rows_of_bars(
    bars: Sequence[_Row], whole: float | None, heights: tuple[int, int]
) -> Callable[[Width], Figure]:
    """Horizontal bars with their text, an interval each, and a line for the whole group."""

    def draw(width: Width) -> Figure:
        wide = width == "large"
        fig = drawing.figure(width, heights[0 if wide else 1])
        ax = drawing.axes(fig, 330 if wide else 10, 24 if wide else 10, 34, 10)
        reach = max(
            [value for _, value, *_ in bars] + [each[4][1] for each in bars if each[4]] + [whole or 0.0]
        )
        ax.set_xlim(0, (reach or 1.0) * (1.22 if wide else 1.35))
        ax.set_ylim(len(bars) - 0.5, -0.5)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines["bottom"].set_visible(False)
        middle, size = (0.0, 0.52) if wide else (0.2, 0.4)
        for place, (label, value, text, here, interval) in enumerate(bars):
            ax.barh(
                place + middle, value, height=size, linewidth=1.5, edgecolor=drawing.color("for"),
                facecolor=drawing.color("for" if here else "for-wash"),
            )  # fmt: skip
            end = value
            if interval is not None:
                ax.plot(interval, [place + middle] * 2, color=drawing.color("surface"), linewidth=5)
                ax.plot(interval, [place + middle] * 2, color=drawing.color("ink"), linewidth=2, marker="|")
                end = interval[1]
            ax.annotate(
                text, (end, place + middle), (10, 0), textcoords="offset points", ha="left", va="center",
                fontsize=13, fontweight="bold" if here else "normal", color=drawing.color("ink"), zorder=5,
                bbox={"facecolor": drawing.color("surface"), "edgecolor": "none", "pad": 1},
            )  # fmt: skip
            _row_label(ax, place, label, here, wide)
        if whole is not None:
            ax.plot(
                [whole, whole],
                [-0.5, len(bars) - 0.5],
                color=drawing.color("ink"),
                linewidth=1.5,
                linestyle="--",
            )
            ax.annotate(
                f"Ensemble{french.NO_BREAK}: {french.percent(whole, 1)}", (whole, -0.5), (0, 6),
                textcoords="offset points", ha="center", va="bottom", fontsize=13,
                color=drawing.color("ink"), annotation_clip=False,
            )  # fmt: skip
        return fig

    return draw


def _row_label(ax: Axes, place: int, label: str, here: bool, wide: bool) -> None:
    weight = "bold" if here else "normal"
    mark = " – ce client" if here else ""
    most = (40 if wide else 36) - len(mark)
    label = (label if len(label) <= most else label[: most - 1].rstrip() + "…") + mark
    if wide:
        ax.annotate(
            label, (0, place), (-10, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
            ha="right", va="center", fontsize=13, fontweight=weight, color=drawing.color("ink"),
        )  # fmt: skip
    else:
        ax.annotate(
            label, (0, place - 0.22), xycoords=("axes fraction", "data"), ha="left", va="center", fontsize=13,
            fontweight=weight, color=drawing.color("ink"), zorder=5,
            bbox={"facecolor": drawing.color("surface"), "edgecolor": "none", "pad": 1},
        )  # fmt: skip


def _balloons(shown: Crossing, shares: np.ndarray) -> Callable[[Width], Figure]:
    """A square in each cell, its surface in proportion to the clients in it: no colour scale to be read."""

    def draw(width: Width) -> Figure:
        wide = width == "large"
        height = 560 if wide else 420
        left, right, top, bottom = (76, 16, 58, 62) if wide else (52, 8, 58, 58)
        fig = drawing.figure(width, height)
        ax = drawing.axes(fig, left, right, top, bottom)
        across, up = shares.shape
        ax.set_xlim(0, across)
        ax.set_ylim(0, up)
        most = float(shares.max()) or 1.0
        for x, y in np.argwhere(shares > 0):
            side = max(0.95 * math.sqrt(float(shares[x, y]) / most), 0.08)
            ax.add_patch(
                Rectangle(
                    (x + 0.5 - side / 2, y + 0.5 - side / 2), side, side, linewidth=0,
                    facecolor=drawing.color("for"),
                )
            )  # fmt: skip
        room = (drawing.WIDTHS[width] - left - right, height - top - bottom)
        ticks = _edge_ticks(shown.first, shown.first_edges, room[0], ROOM[width])
        ax.set_xticks([place for place, _ in ticks], [text for _, text in ticks])
        ticks = _edge_ticks(shown.second, shown.second_edges, room[1], 30)
        ax.set_yticks([place for place, _ in ticks], [text for _, text in ticks])
        ax.set_xlabel(f"{shown.first.label}, {_unit(shown.first)}" if wide else f"→ {_unit(shown.first)}")
        ax.xaxis.label.set_color(drawing.color("ink"))
        named = f"{shown.second.label}, {_unit(shown.second)}" if wide else f"↑ {_unit(shown.second)}"
        ax.text(
            0,
            1.0,
            named,
            transform=ax.transAxes,
            ha="left",
            va="bottom",
            fontsize=14,
            color=drawing.color("ink"),
        )
        if shown.here is not None and shown.shown is not None:
            _frame_client(ax, shown)
        return fig

    return draw


def _frame_client(ax: Axes, shown: Crossing) -> None:
    assert shown.here is not None
    across = shown.counts.shape[0]
    x, y = shown.here
    for tone, line in (("surface", 7.0), ("ink", 3.0)):
        ax.add_patch(
            Rectangle(
                (x, y), 1, 1, facecolor="none", edgecolor=drawing.color(tone), linewidth=line, clip_on=False
            )
        )
    anchor, at = ("left", x) if x < across / 2 else ("right", x + 1)
    height, hang = (y + 1.1, "bottom") if y < shown.counts.shape[1] - 1 else (y - 0.1, "top")
    ax.text(
        at, height, "Ce client", ha=anchor, va=hang, fontsize=14, fontweight="bold",
        color=drawing.color("ink"),
        bbox={"facecolor": drawing.color("surface"), "edgecolor": "none", "pad": 2},
    )  # fmt: skip
