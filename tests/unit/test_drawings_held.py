"""Where every line, bar, mark and letter of each kind of picture stands: a change shows up in `drawings/`.

What is meant to change: `UPDATE_WORDS=1 pytest` on this file, then look at the picture. What a place or a
colour means is held where it is told (test_chart_directions.py and others); this holds that nothing moves.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from pretadepenser.charts import client as client_charts
from pretadepenser.charts import drawing, fairness, quality
from pretadepenser.charts import history as history_charts
from pretadepenser.charts import levers as lever_charts
from pretadepenser.charts import model as model_charts
from pretadepenser.charts import simulation as simulation_charts
from pretadepenser.charts.chart import Chart
from pretadepenser.charts.comparison_drawing import Histogram, Squares
from pretadepenser.charts.drawing import WIDTHS, Drawing, Width
from pretadepenser.charts.rows import Axis, Bars, Mark, Points, Row
from pretadepenser.charts.signed_bars import SignedBar, SignedBars
from pretadepenser.credit.recourse.search import Curve
from pretadepenser.money import KAGGLE, using
from tests import written_down
from tests.unit.test_chart_directions import CREDIT, EMPLOYED, HOUSING, explained
from tests.unit.test_charts_told import MOVED, RICH_HISTORY, scored, side
from tests.unit.test_model_told import AUDIT, MEASURED, OVERALL
from themed_svg import SVG

HELD: Final = Path(__file__).parent / "drawings"
_NUMBER: Final = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
# Names that matplotlib makes up; what they lead to is listed itself.
_MADE_UP: Final = {"id", "clip-path", "href", "transform"}

ROWS: Final = (
    Row("Moins de 25 ans", 0.31, "31 %", 0.2, 0.42),
    Row("De 25 à 34 ans, et un nom qui ne tient pas sur une seule ligne", 0.08, "8 %", 0.05, 0.11, here=True),
    Row("Plus âgés", 0.0, "0 %"),
)
MARKS: Final = (Mark(0.8, "Repère"), Mark(1.0, "Égal", dashed=True))
AXIS: Final = Axis("Rapport", 1, span=(0.0, 1.2))
EDGES: Final = tuple(str(10 * edge) for edge in range(1, 9))
# 40 trials, those around the limit close to one another, the one asked for among them.
TRIALS: Final = Curve(
    tuple(100_000.0 + 20_000 * step for step in range(40)),
    tuple(540 - 2 * step for step in range(40)),
    tuple(0.4 + 0.004 * step for step in range(40)),
    12,
)
# The last graduation stands at the very end.
LITTLE: Final = Curve((562_541.0, 760_000.0, 990_000.0), (566, 565, 563), (0.41, 0.41, 0.42), 0)


def pictures() -> Mapping[str, Drawing]:
    """A picture of each kind, with what is special in it."""
    charts: dict[str, Chart | None] = {
        "cost": quality.costs(OVERALL, MEASURED),
        "calibration": quality.calibration(OVERALL),
        "fairness": fairness.grants(AUDIT),
        "importance": model_charts.importance(explained(EMPLOYED, CREDIT)),
        "spread": model_charts.spread(explained(EMPLOYED, CREDIT)),
        "dependence": model_charts.dependence(CREDIT),
        "categories": model_charts.dependence(HOUSING),
        "contributions": client_charts.contributions(side(500)),
        "moves": simulation_charts.moves(MOVED),
        "amounts": lever_charts.amounts(TRIALS, 0.48),
        "amounts-of-a-little": lever_charts.amounts(LITTLE, 0.48),
        "payments": history_charts.payments(RICH_HISTORY),
        "card": history_charts.card(RICH_HISTORY),
        **{f"scale-{points}": client_charts.scale(scored(points)) for points in (12, 480, 499, 520, 990)},
    }
    return {
        **{name: chart.drawing for name, chart in charts.items() if chart},
        "bars": Bars(ROWS, Mark(0.12, "Tous")),
        "points": Points(ROWS, MARKS, AXIS),
        "signed-bars": SignedBars(
            (SignedBar("Aide", "1", 12), SignedBar("Nuit beaucoup", "2", -30), SignedBar("Rien", "3", 0))
        ),
        "histogram": Histogram(
            (0.05, 0.1, 0.2, 0.3, 0.2, 0.1, 0.04, 0.008, 0.002), 3, EDGES, "80 et plus", "Montant, en euros",
            (3.4, "Ce client : 44"),
        ),
        "histogram-of-others": Histogram((1.0, 0.0), None, ("10",), "", "Âge, en années", None),
        "squares": Squares(
            ((0.1, 0.2), (0.05, 0.3), (0.0, 0.35)), (("10", "20"), ("1 000",)), ("Âge", "Montant"), (1, 0)
        ),
    }  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def kaggle() -> Iterator[None]:
    with using(KAGGLE):
        yield


def listed(picture: bytes) -> Iterator[str]:
    """Each element that is seen, a line each, numbers to a tenth of a pixel."""
    root = ElementTree.fromstring(picture)
    for one in root.iter():
        tag = one.tag.partition("}")[2]
        if tag in ("svg", "g", "defs", "title", "desc", "style", "clipPath", "metadata"):
            continue
        traits = {name.partition("}")[2] or name: value for name, value in one.attrib.items()}
        told = " ".join(f"{name}={value}" for name, value in traits.items() if name not in _MADE_UP)
        text = " ".join("".join(one.itertext()).split())
        # A little more than half a tenth: what is half of one is not rounded by the last bit of a float.
        line = _NUMBER.sub(lambda number: f"{float(number[0]) + 1e-6:.1f}", f"{tag} {told} {text}")
        yield " ".join(line.split())


@pytest.mark.parametrize("name", pictures())
def test_nothing_moves_unseen(name: str) -> None:
    drawn = pictures()[name]
    lines = [name]
    for width in WIDTHS:
        lines += ["", f"{width}: {WIDTHS[width]} × {drawn.height(width)}"]
        lines += listed(drawing.THEME.picture(drawn.draw(width), "Titre", "Phrase.", follow=True))
    written_down.check(HELD / f"{name}.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", pictures())
def test_no_letter_is_cut(name: str, width: Width) -> None:
    picture = drawing.THEME.picture(pictures()[name].draw(width), "Titre", "Phrase.", follow=True)
    for one in ElementTree.fromstring(picture).iter(f"{{{SVG}}}text"):
        text, weight = "".join(one.itertext()), one.get("font-weight", "normal")
        font = FontProperties(size=float(one.get("font-size", "14px").removesuffix("px")), weight=weight)
        wide = TextToPath().get_text_width_height_descent(text, font, ismath=False)[0]
        before = {"middle": wide / 2, "end": wide}.get(one.get("text-anchor", "start"), 0.0)
        left = float(one.get("x", "0")) - before
        turned = not one.get("transform", "rotate(-0 ").startswith("rotate(-0 ")
        assert turned or (left >= -0.5 and left + wide <= WIDTHS[width] + 0.5), f"{text!r} from {left} on"


def test_each_picture_has_its_file() -> None:
    assert {one.stem for one in HELD.glob("*.txt")} == set(pictures())


@pytest.mark.parametrize(
    ("ours", "cheapest", "sides"),
    [
        (0.48, 0.44, {"limite 48 %": "start", "la moins chère": "end"}),
        (0.44, 0.48, {"limite 44 %": "end", "la moins chère": "start"}),
        # There is no room where they would look away from each other.
        (0.48, 0.05, {"limite 48 %": "start", "la moins chère": "start"}),
        (0.3, 0.9, {"limite 30 %": "end", "la moins chère": "end"}),
        (0.95, 0.9, {"limite 95 %": "end", "la moins chère": "end"}),
    ],
)
def test_limits_are_named_where_there_is_room(ours: float, cheapest: float, sides: dict[str, str]) -> None:
    drawn = quality.CostsDrawing(((0.0, 30.0), (0.5, 20.0), (1.0, 40.0)), (ours, 21.0), (cheapest, 20.0))
    picture = drawing.THEME.picture(drawn.draw("etroite"), "Titre", "Phrase.", follow=True)
    anchors = {
        " ".join("".join(one.itertext()).split()): one.get("text-anchor", "start")
        for one in ElementTree.fromstring(picture).iter(f"{{{SVG}}}text")
    }
    assert {name: anchors[name] for name in sides} == sides
