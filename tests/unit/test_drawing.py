"""What charts are drawn on."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pretadepenser.charts import drawing


def on(ax: Axes) -> bytes:
    """A picture with a line, a bar and a text, within and beyond the axes' limits."""
    ax.set_xlim(0, 10)
    ax.set_ylim(-1, 1)
    ax.plot([2, 12], [0, 0.5])
    ax.axvline(3)
    ax.bar(5, 0.7)
    ax.annotate("ici", (5, 0.7), (0, 4), textcoords="offset points", clip_on=True)
    figure = ax.figure
    assert isinstance(figure, Figure)
    return drawing.THEME.picture(figure, "Titre", "Description")


def test_bare_axes_are_those_of_matplotlib_whose_lines_are_left_out() -> None:
    plain = drawing.figure("large", 144)
    wide, high = 880, 144
    ax = plain.add_axes((40 / wide, 10 / high, 1 - 60 / wide, 1 - 40 / high))
    ax.set_axis_off()
    bare = drawing.bare_axes(drawing.figure("large", 144), 40, 20, 30, 10)
    assert on(bare) == on(ax)
