"""What charts are drawn on."""

import hashlib
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pretadepenser.charts import drawing
from pretadepenser.charts.drawing import Board, Span


def test_values_are_laid_out_evenly_between_two_pixels() -> None:
    span = Span(-10, 30, 100, 300)
    assert [span.at(value) for value in (-10, 0, 30, 50)] == [100, 150, 300, 400]
    # Pixels count from below: the first of a list stands at the top.
    assert [Span(0, 2, 90, 10).at(row) for row in (0, 1, 2)] == [90, 50, 10]


def test_pictures_of_other_code_are_never_taken_for_those_of_this_one() -> None:
    """Every file that draws has its part in their names: this package, French words, themes, Matplotlib."""
    root = Path(drawing.__file__).parents[2]
    files = sorted((root / "pretadepenser" / "charts").iterdir())
    files = [one for one in files if one.suffix == ".py"]
    files += [root / "pretadepenser" / "french.py", root / "themed_svg" / "__init__.py"]
    assert len(files) > 12
    content = matplotlib.__version__.encode() + b"".join(one.read_bytes() for one in files)
    assert hashlib.sha256(content).hexdigest().startswith(drawing.VERSION)
    assert len(drawing.VERSION) == 12


def with_axes() -> Figure:
    """A bar, a line, a mark and a text whose places are given by axes that fill the picture."""
    figure = drawing.figure("large", 100)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    ax.set_xlim(0, 880)
    ax.set_ylim(0, 100)
    style: dict[str, Any] = {"facecolor": "#e4f1f2", "edgecolor": "#075862", "hatch": "//", "linewidth": 1.5}
    ax.bar(350, 40, 100, 20, align="center", **style)
    ax.plot([40, 40], [10, 90], color="#17222d", linewidth=3, solid_capstyle="butt")
    ax.plot([500], [30], marker="D", markersize=17, color="#17222d")
    ax.text(600, 50, "Ici", fontsize=13, color="#17222d", ha="right", va="center")
    return figure


def test_a_board_draws_what_axes_would() -> None:
    board = Board("large", 100)
    assert (board.wide, board.high) == (880, 100)
    board.rectangle(300, 20, 100, 40, facecolor="#e4f1f2", edgecolor="#075862", hatch="//", linewidth=1.5)
    board.line([40, 40], [10, 90], color="#17222d", linewidth=3)
    board.line([500], [30], marker="D", markersize=17, color="#17222d")
    board.text(600, 50, "Ici", fontsize=13, ha="right", va="center")
    ours, theirs = (seen(figure) for figure in (board.figure, with_axes()))
    assert ours == pytest.approx(theirs, abs=2)


def seen(figure: Figure) -> list[float]:
    """The greys of a picture in squares of ten pixels, 0..255."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    grey = np.asarray(canvas.buffer_rgba())[..., :3].mean(axis=2)  # type: ignore[no-untyped-call]
    squares: list[float] = grey.reshape(10, 10, 88, 10).mean(axis=(1, 3)).ravel().tolist()
    return squares
