"""The charts of the report: figures in, drawings out. What they say is in :mod:`research.pages`.

Every chart is drawn for a ``width`` in pixels, :data:`~research.drawing.WIDE` or narrower: letters keep their
size on a telephone or at 400 %, so the layout changes instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from research.drawing import BLUE, INK, LINE, METHODS, NARROW, SOFT, STYLE, SURFACE, canvas
from research.wording import NAMES, number, percent

_PERCENT = FuncFormatter(lambda value, _: percent(value, 0))
_NUMBER = FuncFormatter(lambda value, _: number(value, 1))
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
