"""The charts of the report: figures in, drawings out. What they say is in :mod:`research.pages`.

Every chart is drawn for a ``width`` in pixels, :data:`~research.drawing.WIDE` or narrower: letters keep their
size on a telephone or at 400 %, so the layout changes instead.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from research.drawing import BLUE, INK, LINE, METHODS, NARROW, RUST, SOFT, STYLE, SURFACE, canvas
from research.wording import NAMES, number, percent

_PERCENT = FuncFormatter(lambda value, _: percent(value, 0))
# Steps of a quarter have two digits: one would show another number than the tick's.
_NUMBER = FuncFormatter(lambda value, _: number(value, 1 if round(value * 10, 6).is_integer() else 2))
#: Sizes are given one by one: text that is added once the figure is made does not follow its style.
_TEXT = 14
#: Fewer photos than this make a meaningless dot.
LEAST = 10
#: Opacity of a cell of the confusion matrix, from the share of its row on: no step is too grey to be read on.
_STEPS = ((0.5, 0.85), (0.15, 0.4), (0.05, 0.2), (0.0, 0.06))


def _name_rows(axes: Axes, labels: Sequence[str], width: int) -> None:
    """Name the rows ``0, 1, …`` of a chart: beside them, or above them where it is narrow."""
    axes.set_ylim(len(labels) - 0.4, -0.8)
    if width > NARROW:
        axes.set_yticks(range(len(labels)), labels)
        return
    axes.set_yticks(range(len(labels)), [""] * len(labels))
    axes.tick_params(axis="y", length=0)
    across = axes.get_yaxis_transform()
    for index, label in enumerate(labels):
        axes.text(0, index - 0.28, label, transform=across, ha="left", va="bottom", fontsize=_TEXT)


def _legend(figure: Figure, axes: Axes, width: int) -> None:
    """The legend outside the axes, where no curve crosses it."""
    handles, labels = axes.get_legend_handles_labels()
    columns = len(labels) if width > NARROW else 1
    figure.legend(handles, labels, loc="outside upper left", ncols=columns, frameon=False, fontsize=_TEXT)


def accuracy_chart(rows: Sequence[tuple[str, float, float, float]], width: int) -> Figure:
    """Test accuracy of each method as a dot with its 95 % interval; rows are (label, value, low, high)."""
    narrow = width <= NARROW
    figure, (axes,) = canvas(width, (66 if narrow else 50) * len(rows) + 100)
    for index, (_, value, low, high) in enumerate(rows):
        axes.plot([low, high], [index, index], color=BLUE, linewidth=3, solid_capstyle="butt")
        axes.plot(value, index, "o", color=BLUE, markersize=10)
        # Narrow charts name the rows above them: the figure goes beside the interval, where there is room.
        if not narrow:
            x, shift, side, height = value, (0, 11), "center", "bottom"
        elif value > 0.5:
            x, shift, side, height = low, (-7, 0), "right", "center"
        else:
            x, shift, side, height = high, (7, 0), "left", "center"
        axes.annotate(
            percent(value), (x, index), shift, textcoords="offset points",
            ha=side, va=height, fontsize=_TEXT,
        )  # fmt: skip
    _name_rows(axes, [label for label, *_ in rows], width)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(_PERCENT)
    axes.xaxis.set_major_locator(MaxNLocator(4 if narrow else 6))
    axes.set_xlabel(f"Exactitude au test,{chr(10) if narrow else ' '}avec son intervalle à 95 %")
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    return figure


def learning_chart(curves: Mapping[str, Sequence[float]], opening: int, width: int) -> Figure:
    """Mean accuracy by epoch; ``curves`` maps « apprentissage » and « validation » to one value an epoch.

    ``opening`` is the first epoch at which the top of the network is open (0 when it never is).
    """
    figure, (axes,) = canvas(width, 360)
    lines = zip(curves.items(), METHODS, ("solid", "dashed"), strict=False)
    for (label, values), (colour, mark), line in lines:
        epochs = np.arange(1, len(values) + 1)
        axes.plot(epochs, values, linestyle=line, color=colour, marker=mark, linewidth=2, label=label)
    if opening:
        axes.axvline(opening - 0.5, color=SOFT, linestyle="dotted", label="ouverture du haut du réseau")
    axes.yaxis.set_major_formatter(_PERCENT)
    axes.xaxis.set_major_locator(MaxNLocator(6 if width <= NARROW else 12, integer=True))
    axes.set_xlabel("Époque")
    axes.set_ylabel("Exactitude")
    _legend(figure, axes, width)
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    return figure


def confusion_chart(confusion: Sequence[Sequence[int]], width: int) -> Figure:
    """Confusion matrix: true categories in rows, answers in columns, counts written in the cells.

    Columns bear the number of their row where there is no room for names.
    """
    narrow = width <= NARROW
    counts = np.array(confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, (axes,) = canvas(width, 380 if narrow else 480)
    for row, column in np.ndindex(*counts.shape):
        opacity = next(opacity for least, opacity in _STEPS if shares[row, column] >= least)
        corner = (column - 0.5, row - 0.5)
        axes.add_patch(Rectangle(corner, 1, 1, facecolor=BLUE, alpha=opacity, linewidth=0))
        axes.text(
            column,
            row,
            number(int(counts[row, column])),
            ha="center",
            va="center",
            color=SURFACE if opacity > 0.5 else INK,
            weight="bold" if row == column else "normal",
            fontsize=12 if narrow else _TEXT,
        )
    indices = range(len(NAMES))
    axes.set_xlim(-0.5, len(NAMES) - 0.5)
    axes.set_ylim(len(NAMES) - 0.5, -0.5)
    if narrow:
        axes.set_xticks(indices, [str(index + 1) for index in indices])
        axes.set_yticks(
            indices, [f"{name.replace(' et ', chr(10) + 'et ')} {n + 1}" for n, name in enumerate(NAMES)]
        )
        axes.tick_params(axis="y", labelsize=12)
    else:
        axes.set_xticks(indices, NAMES, rotation=35, ha="right")
        axes.set_yticks(indices, NAMES)
    axes.set_xlabel("Réponse du réseau")
    axes.set_ylabel("" if narrow else "Vraie catégorie")
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


def reliability_chart(methods: Mapping[str, Sequence[Mapping[str, float]]], width: int) -> Figure:
    """Announced confidence against accuracy found, one line a method, the diagonal being perfect.

    Bins of fewer than :data:`LEAST` photos are left to the table.
    """
    figure, (axes,) = canvas(min(width, 560), 400)
    axes.plot([0, 1], [0, 1], color=SOFT, linestyle="dotted", label="confiance exacte")
    for (label, bins), (colour, mark) in zip(methods.items(), METHODS, strict=False):
        kept = [row for row in bins if row["photos"] >= LEAST]
        across, up = [row["confidence"] for row in kept], [row["accuracy"] for row in kept]
        axes.plot(across, up, color=colour, marker=mark, linewidth=2, label=label)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(_PERCENT)
        axis.set_major_locator(MaxNLocator(4 if width <= NARROW else 6))
    axes.set_xlabel("Confiance annoncée")
    axes.set_ylabel("Exactitude constatée")
    _legend(figure, axes, NARROW)
    axes.grid()
    axes.set_axisbelow(True)
    return figure


def category_chart(methods: Mapping[str, Sequence[float]], width: int) -> Figure:
    """F1 of each category, one mark a method."""
    figure, (axes,) = canvas(width, 480 if width <= NARROW else 420)
    for index, ((label, values), (colour, mark)) in enumerate(zip(methods.items(), METHODS, strict=False)):
        heights = np.arange(len(values)) + (index - (len(methods) - 1) / 2) * 0.18
        axes.plot(values, heights, linestyle="none", marker=mark, color=colour, markersize=9, label=label)
    _name_rows(axes, NAMES, width)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(_NUMBER)
    axes.set_xlabel("F1 (1 : toujours juste)")
    _legend(figure, axes, width)
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    return figure


def faithfulness_chart(curves: Mapping[str, Sequence[float]], width: int) -> Figure:
    """Mean deletion and insertion curves, beside those of a random order."""
    narrow = width <= NARROW
    figure, panels = canvas(width, 560 if narrow else 360, *((2, 1) if narrow else (1, 2)))
    titles = (("deletion", "On cache les zones"), ("insertion", "On montre les zones"))
    for axes, (name, title) in zip(panels, titles, strict=True):
        shares = np.linspace(0, 1, len(curves[name]))
        axes.plot(shares, curves[name], color=METHODS[0][0], linewidth=2, marker="o", label="ordre de SHAP")
        random = curves[f"{name}_random"]
        axes.plot(shares, random, color=METHODS[1][0], linewidth=2, linestyle="dashed", label="au hasard")
        axes.set_title(title, fontsize=_TEXT)
        axes.set_xlabel("Part de la photo")
        axes.set_ylabel("Probabilité")
        axes.set_ylim(0, 1)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(_PERCENT)
            axis.set_major_locator(MaxNLocator(4))
        axes.grid()
        axes.set_axisbelow(True)
    _legend(figure, panels[0], width)
    return figure


def survey_chart(maps: Sequence[tuple[str, np.ndarray]], width: int) -> Figure:
    """Mean heat map of each category ``(g, g)``: red and outlined where photos usually speak for it."""
    rows, columns = (4, 2) if width <= NARROW else (2, 4)
    figure, panels = canvas(width, rows * (width // columns + 10), rows, columns)
    top = max((float(np.abs(values).max()) for _, values in maps), default=1.0) or 1.0
    for axes, (label, values) in zip(panels, maps, strict=False):
        axes.imshow(values, cmap="RdBu_r", vmin=-top, vmax=top, interpolation="bilinear")
        if values.max() > 0:
            # Drawn on the map's own light colours, whatever the reader's scheme.
            axes.contour(values, levels=[0.5 * values.max()], colors=["#000000"], linewidths=1.5)
        axes.set_title(label, fontsize=12 if columns == 2 else _TEXT)
    for axes in panels:
        axes.set_xticks([])
        axes.set_yticks([])
    for axes in panels[len(maps) :]:
        axes.set_axis_off()
    return figure


#: The ways of growing a network: words, width, depth and sharpness, the first being where one starts from.
_GROWTHS = (
    ("Réseau\nde départ", 1.0, 4, 1.0),
    ("Plus\nlarge", 1.9, 4, 1.0),
    ("Plus\nprofond", 1.0, 7, 1.0),
    ("Image\nplus fine", 1.0, 4, 1.8),
    ("Les trois\nensemble", 1.4, 6, 1.4),
)


def scaling_drawing(width: int) -> Figure:
    """Our drawing of compound scaling: wider, deeper, sharper, then all three together."""
    narrow = width <= NARROW
    figure, panels = canvas(width, 560 if narrow else 340, *((2, 3) if narrow else (1, 5)))
    with matplotlib.rc_context(STYLE):
        for axes, (label, wide, depth, sharpness) in zip(panels, _GROWTHS, strict=False):
            last = label == _GROWTHS[-1][0]
            colour = BLUE if last else SOFT
            axes.set_xlim(-2, 2)
            axes.set_ylim(-2.8, 7.4)
            for layer in range(depth):
                half = wide * (1 - 0.06 * layer)
                axes.add_patch(
                    Rectangle(
                        (-half, 1.6 + 0.8 * layer), 2 * half, 0.55,
                        facecolor=colour if last else LINE, edgecolor=colour, hatch=None if last else "//",
                    )
                )  # fmt: skip
            side, cells = 1.6 * sharpness / 1.4, round(3 * sharpness)
            for row, column in np.ndindex(cells, cells):
                corner = (-side / 2 + column * side / cells, -0.9 + row * 1.8 / cells)
                fill = LINE if (row + column) % 2 else SURFACE
                size = (side / cells, 1.8 / cells)
                axes.add_patch(Rectangle(corner, *size, facecolor=fill, edgecolor=colour, linewidth=0.7))
            weight = "bold" if last else "normal"
            axes.text(0, -1.2, label, ha="center", va="top", weight=weight, fontsize=_TEXT)
        for axes in panels:
            axes.set_axis_off()
    return figure


#: What a method reads, in the order of the marks of the methods.
_READS = (("text", "texte"), ("photo", "photo"), ("both", "texte et photo"), ("nothing", "rien"))


def _seconds(value: float, _: object = None) -> str:
    """« 1 ms », « 0,1 s », « 10 s »: the round times of a logarithmic axis."""
    if value < 0.1:
        return f"{number(value * 1000, 0 if value >= 0.001 else 1 if value >= 0.0001 else 2)} ms"
    return f"{number(value, 1 if value < 1 else 0)} s"


def cost_chart(points: Sequence[tuple[str, str, float, float]], width: int) -> Figure:
    """Accuracy against the time of one answer, on a logarithmic scale.

    Points are (label, reads, seconds, accuracy). Dots bear the number of their method, whose name stands
    under the axes: names beside dots would cover others.
    """
    narrow = width <= NARROW
    figure, (axes,) = canvas(width, (430 if narrow else 420) + (34 if narrow else 24) * len(points))
    for (reads, name), (colour, mark) in zip(_READS, METHODS, strict=True):
        mine = [(time, value) for _, kind, time, value in points if kind == reads]
        if mine:
            across, up = zip(*mine, strict=True)
            axes.plot(across, up, linestyle="none", marker=mark, color=colour, markersize=10, label=name)
    times = [time for _, _, time, _ in points]
    values = [value for *_, value in points]
    axes.set_xscale("log")
    axes.set_xlim(min(times) / 2.5, max(times) * 2.5)
    spread = max(values) - min(values) or 0.05
    axes.set_ylim(max(0, min(values) - 0.2 * spread), min(1.0, max(values) + 0.25 * spread))
    for index, (x, y) in enumerate(_numbered(points, axes.get_ylim()[1] - axes.get_ylim()[0]), 1):
        axes.annotate(
            str(index), (points[index - 1][2], points[index - 1][3]), (x, y), textcoords="offset points",
            ha="center", va="center", fontsize=_TEXT,
        )  # fmt: skip
    axes.xaxis.set_major_locator(LogLocator(10, numticks=4 if narrow else 8))
    axes.xaxis.set_major_formatter(FuncFormatter(_seconds))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(_PERCENT)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.set_ylabel("Exactitude au test")
    names = [f"{index}  {name}" for index, (name, *_) in enumerate(points, 1)]
    if narrow:
        names = [textwrap.fill(name, 24, subsequent_indent="    ") for name in names]
    told = "\n".join(["Temps d’une réponse", "(échelle logarithmique)", "", *names])
    axes.set_xlabel(told, loc="left", fontsize=12 if narrow else _TEXT)
    _legend(figure, axes, width)
    axes.grid()
    axes.set_axisbelow(True)
    return figure


def _numbered(points: Sequence[tuple[str, str, float, float]], height: float) -> list[tuple[int, int]]:
    """Where the number of each dot stands, in pixels from it: turned away from the dots that are near."""
    places = ((0, 15), (0, -15), (17, 0), (-17, 0), (15, 13), (-15, 13), (15, -13), (-15, -13))
    span = np.log10(max(point[2] for point in points) / min(point[2] for point in points) * 6.25)
    dots = [(np.log10(time) / span * 230, value / height * 260) for _, _, time, value in points]
    taken: list[tuple[float, float]] = []
    chosen = []
    for x, y in dots:
        others = [*dots, *taken]
        free = max(
            places,
            key=lambda place: min(
                [np.hypot(x + place[0] - a, y + place[1] - b) for a, b in others if (a, b) != (x, y)],
                default=0.0,
            ),
        )
        taken.append((x + free[0], y + free[1]))
        chosen.append(free)
    return chosen


def _banded(
    axes: Axes, along: Sequence[float], rows: Sequence[Mapping[str, float]], key: str, style: dict[str, Any]
) -> None:
    """A curve of the values ``key`` of ``rows`` in the band of their intervals (``low`` to ``high``)."""
    low, high = ([row[side] for row in rows] for side in ("low", "high"))
    axes.fill_between(along, low, high, color=style["color"], alpha=0.15, linewidth=0)
    axes.plot(along, [row[key] for row in rows], linewidth=2, **style)


def size_chart(series: Mapping[str, Sequence[Mapping[str, float]]], width: int) -> Figure:
    """Accuracy by number of products learnt from, on a logarithmic scale, each curve in its interval."""
    narrow = width <= NARROW
    figure, (axes,) = canvas(width, 440 if narrow else 400)
    lines = ("solid", "dashed", "dotted")
    for (label, points), (colour, mark), line in zip(series.items(), METHODS, lines, strict=False):
        style = {"color": colour, "marker": mark, "linestyle": line, "label": label}
        _banded(axes, [point["size"] for point in points], points, "accuracy", style)
    sizes = sorted({int(point["size"]) for points in series.values() for point in points})
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(sizes[:: 2 if narrow and len(sizes) > 4 else 1]))
    axes.xaxis.set_minor_locator(FixedLocator([]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    axes.yaxis.set_major_formatter(_PERCENT)
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.set_ylabel("Exactitude")
    axes.set_xlabel(f"Produits appris{chr(10) if narrow else ' '}(échelle logarithmique)")
    _legend(figure, axes, width)
    axes.grid()
    axes.set_axisbelow(True)
    return figure


def word_chart(words: Sequence[tuple[str, float]], width: int) -> Figure:
    """What each word adds: plain bars to the right for, hatched bars to the left against."""
    narrow = width <= NARROW
    figure, (axes,) = canvas(width, (50 if narrow else 34) * len(words) + 90)
    for index, (_, value) in enumerate(words):
        bars = axes.barh(index, value, 0.5, edgecolor=BLUE if value > 0 else RUST, linewidth=1.5)
        for bar in bars:
            bar.set_facecolor(BLUE if value > 0 else SURFACE)
            bar.set_hatch("" if value > 0 else "///")
    _name_rows(axes, [word for word, _ in words], width)
    axes.axvline(0, color=INK, linewidth=1)
    axes.xaxis.set_major_formatter(_NUMBER)
    axes.xaxis.set_major_locator(MaxNLocator(4 if narrow else 8))
    axes.set_xlabel("Effet du mot" if narrow else "Effet du mot (pour à droite, contre à gauche)")
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    return figure


def words_deleted_chart(
    steps: Sequence[int], deletion: Mapping[str, Sequence[Mapping[str, float]]], width: int
) -> Figure:
    """Probability of the answer as words are taken away: the ``strongest`` first, and at ``random``."""
    narrow = width <= NARROW
    figure, (axes,) = canvas(width, 420 if narrow else 360)
    curves = (("strongest", "les plus forts d’abord", "solid"), ("random", "au hasard", "dashed"))
    for (key, label, line), (colour, mark) in zip(curves, METHODS, strict=False):
        style = {"color": colour, "marker": mark, "linestyle": line, "label": label}
        _banded(axes, steps, deletion[key], "mean", style)
    axes.set_xlabel("Mots retirés")
    axes.set_ylabel("Probabilité de la réponse")
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(_PERCENT)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    _legend(figure, axes, width)
    axes.grid()
    axes.set_axisbelow(True)
    return figure
