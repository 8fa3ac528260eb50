"""The charts of the report: figures in, drawings out. What they say is in :mod:`research.report`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from research.drawing import INK, LINE, METHODS, SOFT, STYLE, canvas
from research.wording import NAMES, number, percent

_PERCENT = FuncFormatter(lambda value, _: percent(value, 0))
#: Sizes are given one by one: text that is added once the figure is made does not follow its style.
_TEXT = 13
#: Fewer photos than this make a meaningless dot.
LEAST = 10
_NUMBER = FuncFormatter(lambda value, _: number(value, 1))


def accuracy_chart(rows: Sequence[tuple[str, float, float, float]], target: float | None = None) -> Figure:
    """Test accuracy of each method as a dot with its 95 % interval; rows are (label, value, low, high)."""
    figure, axes = canvas(9, 0.7 * len(rows) + 1.4)
    for place, (_, value, low, high) in enumerate(rows):
        axes.plot([low, high], [place, place], color=METHODS[0][0], linewidth=3, solid_capstyle="butt")
        axes.plot(value, place, "o", color=METHODS[0][0], markersize=10)
        axes.annotate(
            percent(value), (value, place), (0, 10), textcoords="offset points", ha="center", fontsize=_TEXT
        )
    if target is not None:
        axes.axvline(target, color=SOFT, linestyle="dashed", linewidth=1)
    axes.set_yticks(range(len(rows)), [label for label, *_ in rows])
    axes.set_ylim(len(rows) - 0.4, -0.7)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(_PERCENT)
    axes.set_xlabel("Exactitude au test, avec son intervalle à 95 %")
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    return figure


def learning_chart(curves: Mapping[str, Sequence[float]], opening: int) -> Figure:
    """Mean accuracy by epoch; ``curves`` maps « apprentissage » and « validation » to one value an epoch.

    ``opening`` is the first epoch at which the top of the network is open (0 when it never is).
    """
    figure, axes = canvas(9, 4.6)
    for (label, values), (colour, mark), line in zip(
        curves.items(), METHODS, ("solid", "dashed"), strict=False
    ):
        epochs = np.arange(1, len(values) + 1)
        axes.plot(epochs, values, linestyle=line, color=colour, marker=mark, linewidth=2, label=label)
    if opening:
        axes.axvline(opening - 0.5, color=SOFT, linestyle="dotted")
        axes.annotate(
            " haut du réseau ouvert",
            (opening - 0.5, 0.02),
            xycoords=("data", "axes fraction"),
            fontsize=_TEXT,
        )
    axes.yaxis.set_major_formatter(_PERCENT)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("Époque")
    axes.set_ylabel("Exactitude")
    axes.legend(frameon=False, fontsize=_TEXT, loc="lower right", bbox_to_anchor=(1, 0.08))
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    return figure


def confusion_chart(confusion: Sequence[Sequence[int]]) -> Figure:
    """Confusion matrix: true categories in rows, answers in columns, counts written in the cells."""
    counts = np.array(confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = canvas(9, 6.6)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row in range(len(counts)):
        for column in range(len(counts)):
            light = shares[row, column] > 0.5
            weight = "bold" if row == column else "normal"
            text = number(int(counts[row, column]))
            axes.text(
                column,
                row,
                text,
                ha="center",
                va="center",
                color="#ffffff" if light else INK,
                weight=weight,
                fontsize=_TEXT,
            )
    axes.set_xticks(range(len(NAMES)), NAMES, rotation=35, ha="right")
    axes.set_yticks(range(len(NAMES)), NAMES)
    axes.set_xlabel("Réponse du réseau")
    axes.set_ylabel("Vraie catégorie")
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


def reliability_chart(methods: Mapping[str, Sequence[Mapping[str, float]]]) -> Figure:
    """Announced confidence against accuracy found, one line a method, the diagonal being perfect.

    Bins of fewer than :data:`LEAST` photos are left to the table.
    """
    figure, axes = canvas(7, 5.6)
    axes.plot([0, 1], [0, 1], color=SOFT, linestyle="dotted", label="confiance exacte")
    for (label, bins), (colour, mark) in zip(methods.items(), METHODS, strict=False):
        kept = [row for row in bins if row["photos"] >= LEAST]
        across, up = [row["confidence"] for row in kept], [row["accuracy"] for row in kept]
        axes.plot(across, up, color=colour, marker=mark, linewidth=2, label=label)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(_PERCENT)
    axes.set_xlabel("Confiance annoncée")
    axes.set_ylabel("Exactitude constatée")
    axes.legend(frameon=False, fontsize=_TEXT, loc="upper left")
    axes.grid()
    axes.set_axisbelow(True)
    return figure


def category_chart(methods: Mapping[str, Sequence[float]]) -> Figure:
    """F1 of each category, one mark a method."""
    figure, axes = canvas(9, 5.4)
    for place, ((label, values), (colour, mark)) in enumerate(zip(methods.items(), METHODS, strict=False)):
        heights = np.arange(len(values)) + (place - (len(methods) - 1) / 2) * 0.18
        axes.plot(values, heights, linestyle="none", marker=mark, color=colour, markersize=9, label=label)
    axes.set_yticks(range(len(NAMES)), NAMES)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(_NUMBER)
    axes.set_xlabel("F1 (1 : toujours juste)")
    axes.legend(frameon=False, fontsize=_TEXT, loc="lower left")
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    return figure


def faithfulness_chart(curves: Mapping[str, Sequence[float]]) -> Figure:
    """Mean deletion and insertion curves, beside those of a random order."""
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    with matplotlib.rc_context(STYLE):
        for axes, (name, title) in zip(
            figure.subplots(1, 2, sharey=True),
            (("deletion", "On cache les zones"), ("insertion", "On montre les zones")),
            strict=True,
        ):
            shares = np.linspace(0, 1, len(curves[name]))
            axes.plot(
                shares, curves[name], color=METHODS[0][0], linewidth=2, marker="o", label="ordre de SHAP"
            )
            random = curves[f"{name}_random"]
            axes.plot(shares, random, color=METHODS[1][0], linewidth=2, linestyle="dashed", label="au hasard")
            axes.set_title(title, fontsize=13)
            axes.set_xlabel("Part de la photo")
            axes.xaxis.set_major_formatter(_PERCENT)
            axes.yaxis.set_major_formatter(_PERCENT)
            axes.grid()
            axes.legend(frameon=False, fontsize=_TEXT)
        figure.axes[0].set_ylabel("Probabilité de la réponse")
    return figure


def survey_chart(maps: Sequence[tuple[str, np.ndarray]]) -> Figure:
    """Mean heat map of each category ``(g, g)``: red and outlined where photos usually speak for it."""
    figure = Figure(figsize=(9, 5), layout="constrained")
    with matplotlib.rc_context(STYLE):
        panels = figure.subplots(2, 4).ravel()
        top = max((float(np.abs(values).max()) for _, values in maps), default=1.0) or 1.0
        for axes, (label, values) in zip(panels, maps, strict=False):
            axes.imshow(values, cmap="RdBu_r", vmin=-top, vmax=top, interpolation="bilinear")
            if values.max() > 0:
                axes.contour(values, levels=[0.5 * values.max()], colors=[INK], linewidths=1.5)
            axes.set_title(label, fontsize=12)
        for axes in panels:
            axes.set_xticks([])
            axes.set_yticks([])
        for axes in panels[len(maps) :]:
            axes.set_axis_off()
    return figure


def scaling_drawing() -> Figure:
    """Our drawing of compound scaling: wider, deeper, sharper, then all three together."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9, 4.6), layout="constrained")
        axes = figure.subplots()
        axes.set_axis_off()
        axes.set_xlim(0, 20)
        axes.set_ylim(-2.6, 9)
        cases = (
            ("Réseau\nde départ", 1.0, 4, 1.0),
            ("Plus large", 1.9, 4, 1.0),
            ("Plus profond", 1.0, 7, 1.0),
            ("Image\nplus fine", 1.0, 4, 1.8),
            ("Les trois\nensemble", 1.4, 6, 1.4),
        )
        for place, (label, width, depth, sharpness) in enumerate(cases):
            middle, last = 2 + 4 * place, place == len(cases) - 1
            colour = METHODS[0][0] if last else SOFT
            for layer in range(depth):
                half = width * (1 - 0.06 * layer)
                box = Rectangle(
                    (middle - half, 1.6 + 0.8 * layer), 2 * half, 0.55,
                    facecolor=colour if last else LINE, edgecolor=colour, hatch=None if last else "//",
                )  # fmt: skip
                axes.add_patch(box)
            side, cells = 1.6 * sharpness / 1.4, round(3 * sharpness)
            for row in range(cells):
                for column in range(cells):
                    corner = (middle - side / 2 + column * side / cells, -0.9 + row * 1.8 / cells)
                    fill = LINE if (row + column) % 2 else "#ffffff"
                    size = (side / cells, 1.8 / cells)
                    axes.add_patch(Rectangle(corner, *size, facecolor=fill, edgecolor=colour, linewidth=0.7))
            axes.text(middle, -1.2, label, ha="center", va="top", weight="bold" if last else "normal")
    return figure
