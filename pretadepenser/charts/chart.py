"""What a chart is: one object from which the picture, its sentence, its table and its CSV all come.

They are made from the same values, so they cannot disagree.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from matplotlib.figure import Figure

from pretadepenser import french
from pretadepenser.charts import drawing

Width = drawing.Width
Drawing = drawing.Drawing
Cell = str | int | float | None
# What a cell says that has nothing to say: an empty one would be passed over in silence.
NOTHING: Final = "sans objet"


@dataclass(frozen=True)
class Column:
    """Head of a table column; numeric columns are set to the right.

    csv: its name in the CSV, where the values there are in another unit than the words of the page.
    """

    label: str
    numeric: bool = False
    csv: str = ""


@dataclass(frozen=True)
class Table:
    """The figures of a chart as text, row by row; `raw` holds the same rows unformatted, for the CSV."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    raw: tuple[tuple[Cell, ...], ...]
    footer: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        if len(self.rows) != len(self.raw):
            raise ValueError(f"{self.caption}: {len(self.rows)} rows of text but {len(self.raw)} of values")
        for row in (*self.rows, *self.raw, *self.footer):
            if len(row) != len(self.columns):
                raise ValueError(f"{self.caption}: a row of {len(row)} cells for {len(self.columns)} columns")
        if not all(all(map(str.strip, row)) for row in (*self.rows, *self.footer)):
            raise ValueError(f"{self.caption}: an empty cell")
        object.__setattr__(self, "caption", french.typeset(self.caption))
        for name in ("rows", "footer"):
            texts = tuple(tuple(map(french.typeset, row)) for row in getattr(self, name))
            object.__setattr__(self, name, texts)

    def csv(self) -> str:
        """The table for a French spreadsheet: semicolons, decimal commas, UTF-8 with its mark."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow([never_run(column.csv or column.label) for column in self.columns])
        for row in self.raw:
            writer.writerow([_french(cell) for cell in row])
        return "\ufeff" + text.getvalue()


_FORMULA: Final = ("=", "+", "-", "\N{MINUS SIGN}", "@", "\t", "\r")


def never_run(text: str) -> str:
    """A text for a spreadsheet, after an apostrophe where it would be run as a formula (CSV injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _french(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return never_run(cell)
    if not isinstance(cell, float):
        return str(cell)
    # Six significant digits, and amounts to the cent whatever their size: never in powers of ten.
    before = math.floor(math.log10(abs(cell))) + 1 if cell else 1
    text = f"{cell:.{max(6 - before, 2)}f}".rstrip("0").rstrip(".").replace(".", ",")
    return "0" if text == "-0" else text


@dataclass(frozen=True)
class Chart:
    """A drawing with everything that says the same without sight.

    key: name in addresses and ids; title: heading; short: the same in a word or two, for what stands beside
    it; sentence: what the picture shows, in one sentence; table: the same figures; drawing: all that is
    drawn; alternative: what takes the picture's place where it stands alone, the sentence where it is empty.
    """

    key: str
    title: str
    short: str
    sentence: str
    table: Table
    drawing: Drawing
    alternative: str = ""

    def __post_init__(self) -> None:
        for name in ("title", "sentence", "alternative"):
            object.__setattr__(self, name, french.typeset(getattr(self, name) or self.sentence))

    @property
    def look(self) -> str:
        """What stands for the picture among its title, sentence and table, none of which it says again."""
        return french.typeset(f"Graphique : {self.drawing.look}")

    def size(self, width: Width) -> tuple[int, int]:
        """Width and height of the drawing in CSS pixels, so that the page keeps its place."""
        return drawing.WIDTHS[width], self.drawing.height(width)

    def draw(self, width: Width) -> Figure:
        """The picture as a new matplotlib figure."""
        return self.drawing.draw(width)

    def fingerprint(self, width: Width) -> str:
        """Hash of all that the SVG holds, the key under which a drawn picture can be kept."""
        shown = drawing.canonical((drawing.VERSION, self.title, self.alternative, self.drawing, width))
        return hashlib.sha256(shown.encode()).hexdigest()

    def svg(self, width: Width = "large") -> bytes:
        """The picture as a stand-alone SVG with real text, which follows the reader's colour scheme."""
        return drawing.THEME.picture(self.draw(width), self.title, self.alternative, follow=True)

    def on_paper(self) -> bytes:
        """The same in light colours; the last ones are kept, since many clients have the same picture."""
        return _on_paper(self.drawing, self.title, self.alternative)


@lru_cache(256)
def _on_paper(drawn: Drawing, title: str, alternative: str) -> bytes:
    return drawing.THEME.picture(drawn.draw("large"), title, alternative, follow=False)
