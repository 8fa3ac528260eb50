"""Which way a picture points: the colour and the hatch of what raises or lowers, on which side of which line.

Teal and plain is for, rust and hatched is against; the values are those of static/tokens.css.
"""

import pytest
from matplotlib.colors import to_hex

from pretadepenser.charts import client as client_charts
from pretadepenser.charts import drawing
from pretadepenser.charts import levers as lever_charts
from pretadepenser.charts import model as model_charts
from pretadepenser.charts.comparison_drawing import Histogram
from pretadepenser.charts.drawing import WIDTHS, Width
from pretadepenser.charts.rows import Axis, Bars, Mark, Points, Row
from pretadepenser.charts.signed_bars import SignedBar, SignedBars
from pretadepenser.credit.evaluation.influence import GlobalExplanation, Influence, Step
from pretadepenser.credit.recourse.search import Curve
from pretadepenser.credit.scale import Scale, Score, Stability
from tests.unit.by_heart import plain
from tests.unit.drawn import across, bounds, dots, lines, looks, marked, rectangles, up

TEAL, TEAL_WASH = "#075862", "#e4f1f2"
RUST, RUST_WASH = "#8a3000", "#fbeee6"
INK, WHITE = "#17222d", "#ffffff"

widths = pytest.mark.parametrize("width", WIDTHS)


# Left, right, lower and upper edge of three bars in pixels, and where zero, both ends and the labels stand.
BARS: dict[Width, list[tuple[float, float, float, float]]] = {
    "large": [(640, 691.76, 113.5, 136.5), (510.59, 640, 67.5, 90.5), (635.69, 640, 21.5, 44.5)],
    "etroite": [(127, 150, 132.96, 156.16), (69.5, 127, 74.96, 98.16), (125.08, 127, 16.96, 40.16)],
}
FRAME: dict[Width, tuple[float, float, float, float]] = {
    "large": (640, 420, 860, 148),
    "etroite": (127, 12, 242, 184),
}
LABELS: dict[Width, dict[str, tuple[float, float]]] = {
    "large": {"Aide": (5, 132.36), "1": (5, 117.64), "Nuit": (5, 86.36), "Nuit un peu": (5, 40.36)},
    "etroite": {"Aide": (12, 166.6), "Nuit": (12, 108.6), "Nuit un peu": (12, 50.6)},
}


@widths
def test_what_raises_a_score_is_plain_teal_to_the_right_and_what_lowers_it_hatched_rust(width: Width) -> None:
    bars = (SignedBar("Aide", "1", 12), SignedBar("Nuit", "2", -30), SignedBar("Nuit un peu", "3", -1))
    picture = SignedBars(bars).draw(width)
    drawn = rectangles(picture)
    assert [bounds(one) for one in drawn] == [pytest.approx(one, abs=0.01) for one in BARS[width]]
    assert looks(drawn) == [(TEAL, TEAL, ""), (RUST_WASH, RUST, "////"), (RUST_WASH, RUST, "////")]
    zero, left, right, top = FRAME[width]
    (upright,) = lines(picture)
    assert (across(upright), up(upright)) == ([zero, zero], [10, top])
    places = {plain(text.get_text()): text.get_position() for text in picture.texts}
    assert places["retire des points"] == (left, top)
    assert places["ajoute des points"] == (right, top)
    for text, place in LABELS[width].items():
        assert places[text] == pytest.approx(place, abs=0.01)
    # Beside the end of each bar, on the side where it points.
    written = {text.removesuffix(" points").removesuffix(" point"): place for text, place in places.items()}
    ends = [BARS[width][0][1] + 8, BARS[width][1][0] - 8, BARS[width][2][0] - 8]
    for points, end, (*_, lower, upper) in zip(("+12", "−30", "−1"), ends, BARS[width], strict=True):
        assert written[points] == pytest.approx((end, (lower + upper) / 2), abs=0.01)
    anchors = {plain(text.get_text()): text.get_horizontalalignment() for text in picture.texts}
    assert {anchors[one] for one in LABELS[width]} == {"left"}
    assert (anchors["retire des points"], anchors["ajoute des points"]) == ("left", "right")
    beside = [anchor for text, anchor in anchors.items() if text.startswith(("+12", "−30", "−1"))]
    assert beside == ["left", "right", "right"]


def scored(points: int, limit: float) -> Score:
    scale = Scale(limit)
    return Score(None, scale.margin_of(points + 0.5), scale, 0.1, Stability((0.0,), (6.0,)))


# Pixels of the scale's ends, 380 and 620 points, and of its limit, 500.
ENDS: dict[Width, tuple[float, float, float]] = {"large": (18, 862, 440), "etroite": (18, 236, 127)}


@widths
@pytest.mark.parametrize("limit", [0.48, 0.3])
@pytest.mark.parametrize("points", [480, 500, 520])
def test_the_scale_is_refused_on_the_left_and_granted_on_the_right(
    width: Width, limit: float, points: int
) -> None:
    picture = client_charts.scale(scored(points, limit)).draw(width)
    low, high, middle = ENDS[width]

    def at(one: float) -> float:
        return low + (one - 380) / 240 * (high - low)

    refused, granted = rectangles(picture)
    assert bounds(refused) == pytest.approx((low, middle, 75.6, 104.4))
    assert bounds(granted) == pytest.approx((middle, high, 75.6, 104.4))
    assert looks([refused, granted]) == [(RUST_WASH, RUST, "//"), (TEAL_WASH, TEAL, "")]
    *upright, mark = lines(picture)[:-2]
    # The limit, its band, and a line to the score from its name.
    places_of = [(across(line)[0], *up(line)) for line in upright]
    assert places_of == [
        pytest.approx(one)
        for one in (
            (middle, 66, 114),
            (at(494), 68.4, 111.6),
            (at(505), 68.4, 111.6),
            (at(points), 90, 138.96),
        )
    ]
    assert all(len(set(across(line))) == 1 for line in upright)
    assert mark.get_marker() == "D"
    assert across(mark) == pytest.approx([at(points)])
    assert up(mark) == pytest.approx([90])
    places = {plain(text.get_text()): text.get_position() for text in picture.texts}
    assert places[f"Ce client : {points}"] == pytest.approx((at(points), 140.4))
    # Its words stand on the side where the score is not.
    beside = -4 if points >= 500 else 4
    assert places["Limite : 500"] == pytest.approx((middle + beside, 117.84))
    graduated = {text: place for text, place in places.items() if text.isdigit()}
    assert graduated == {
        str(one): pytest.approx((at(one), 62)) for one in range(380, 621, 20 if width == "large" else 60)
    }


@pytest.mark.parametrize(
    ("points", "lowest", "highest", "anchors"),
    [
        # Kept fifteen points at least from both ends, whatever the score.
        (372, 340, 620, ("left", "left")),
        (394, 360, 620, ("left", "left")),
        (395, 380, 620, ("left", "left")),
        (445, 380, 620, ("center", "left")),
        (555, 380, 620, ("center", "right")),
        (565, 380, 620, ("right", "right")),
        (605, 380, 620, ("right", "right")),
        (606, 380, 640, ("right", "right")),
        (628, 380, 660, ("right", "right")),
    ],
)
def test_the_scale_goes_on_as_far_as_the_score_and_its_words_stay_within(
    points: int, lowest: int, highest: int, anchors: tuple[str, str]
) -> None:
    texts = {
        plain(one.get_text()): one for one in client_charts.scale(scored(points, 0.48)).draw("large").texts
    }
    graduated = sorted(int(text) for text in texts if text.isdigit())
    assert graduated == list(range(lowest, highest + 1, 20))
    ends = (
        texts[f"Ce client : {points}"].get_horizontalalignment(),
        texts["Limite : 500"].get_horizontalalignment(),
    )
    assert ends == anchors


@widths
def test_amounts_that_pass_are_teal_dots_above_the_limit_and_others_rust_crosses(width: Width) -> None:
    curve = Curve((100_000.0, 110_000.0, 120_000.0, 130_000.0), (515, 500, 499, 480), (0.3, 0.4, 0.5, 0.6), 3)
    (ax,) = lever_charts.amounts(curve, 0.48).draw(width).axes
    (good,), (bad,) = marked(ax, "o"), marked(ax, "X")
    assert (to_hex(good.get_color()), up(good)) == (TEAL, [515, 500])
    assert (to_hex(bad.get_color()), up(bad)) == (RUST, [499, 480])
    assert dots(ax, "D") == [(130_000 / 1000, 480)]
    below, above = ax.patches
    assert [face for face, _, _ in looks([below, above])] == [RUST_WASH, TEAL_WASH]
    to_data = ax.transData.inverted()
    ends = [one.get_window_extent().transformed(to_data) for one in (below, above)]
    assert (ends[0].y1, ends[1].y0) == (pytest.approx(500), pytest.approx(500))
    assert ends[0].y0 < 480
    assert ends[1].y1 > 515
    limits = [line for line in ax.lines if line.get_linewidth() == 3]
    assert [up(line) for line in limits] == [[500, 500]]
    named = [plain(text.get_text()) for text in ax.texts]
    assert {"Limite : 500", "Demande : 480"} <= set(named)


@widths
def test_a_point_that_adds_is_a_teal_dot_and_one_that_takes_away_a_rust_diamond(width: Width) -> None:
    drawn = Points(
        (Row("Plus", 3.0, "+3", 1.0, 5.0), Row("Moins", -2.0, "−2", -4.0, 0.0)), (Mark(0.0, "rien"),),
        Axis("Points", 1, signed=True),
    )  # fmt: skip
    (ax,) = drawn.draw(width).axes
    (dot,), (diamond,) = marked(ax, "o"), marked(ax, "D")
    assert (to_hex(dot.get_color()), across(dot)) == (TEAL, [3.0])
    assert (to_hex(diamond.get_color()), across(diamond)) == (RUST, [-2.0])
    assert [across(line) for line in marked(ax, "|")] == [[1.0, 5.0], [-4.0, 0.0]]
    assert ax.get_xlim()[0] < ax.get_xlim()[1]


@widths
def test_the_client_s_own_bar_is_the_full_one(width: Width) -> None:
    bars = Bars((Row("Autres", 0.3, "30 %"), Row("Les siens", 0.7, "70 %", here=True)))
    (ax,) = bars.draw(width).axes
    assert looks(rectangles(ax)) == [(TEAL_WASH, TEAL, ""), (TEAL, TEAL, "")]
    assert [round(one.get_width(), 9) for one in rectangles(ax)] == [0.3, 0.7]
    assert ax.get_xlim() == pytest.approx((0, 0.714)), "the longest fills its room"
    with_interval = Bars((Row("Les siens", 0.7, "70 %", 0.6, 0.8),)).draw(width).axes[0]
    assert with_interval.get_xlim() == pytest.approx((0, 0.816))
    with_mark = Bars((Row("Les siens", 0.7, "70 %"),), Mark(0.9, "Tous")).draw(width).axes[0]
    assert with_mark.get_xlim() == pytest.approx((0, 0.918))
    histogram = Histogram((0.2, 0.5, 0.3), 1, ("1", "2"), "", "Montant", (1.25, "Ce client : 1,25"))
    (ax,) = histogram.draw(width).axes
    assert [face for face, _, _ in looks(rectangles(ax))] == [TEAL_WASH, TEAL, TEAL_WASH]
    assert {across(line)[0] for line in ax.lines} == {1.25}


def test_a_client_stands_where_the_value_is_within_the_bin() -> None:
    from pretadepenser.charts.comparison_drawing import _place

    edges = (100.0, 200.0, 300.0)
    assert [_place(edges, 1, value) for value in (100.0, 125.0, 200.0)] == [1.0, 1.25, 2.0]
    assert _place(edges, 0, 12.0) == 0.5
    assert _place(edges, 3, 5000.0) == 3.5


@pytest.mark.parametrize(
    ("width", "edges"),
    [("large", ["10", "20", "30", "40", "50", "60", "70", "80"]), ("etroite", ["10", "40"])],
)
def test_edges_are_written_as_far_as_the_last_open_bracket_leaves_room(
    width: Width, edges: list[str]
) -> None:
    inner = tuple(str(edge) for edge in range(10, 100, 10))
    (ax,) = Histogram((0.1,) * 10, None, inner, "90 et plus", "Montant", None).draw(width).axes
    assert [text.get_text() for text in ax.get_xticklabels()] == edges
    assert "90 et plus" in [text.get_text() for text in ax.texts]


# --- the page of the model ----------------------------------------------------------------------


def influence(feature: str, lowest: float | None, highest: float | None, *steps: Step) -> Influence:
    return Influence(feature, 4.0, (-9.0, -4.0, 1.0, 3.0, 8.0), lowest, highest, steps)


# Days before the application are negative: the lowest numbers are the longest employments.
EMPLOYED = influence(
    "DAYS_EMPLOYED", 6.0, -5.0,
    Step(100, 6.0, 5.0, 7.0, -8_000.0, -4_000.0),
    Step(100, -5.0, -6.0, -4.0, -700.0, -40.0),
    Step(50, 0.5, 0.0, 1.0),
)  # fmt: skip
CREDIT = influence(
    "AMT_CREDIT", 7.0, -8.0,
    Step(100, 7.0, 5.0, 9.0, 45_000.0, 200_000.0),
    Step(100, -8.0, -9.0, -7.0, 200_000.0, 900_000.0),
)  # fmt: skip
HOUSING = influence(
    "NAME_HOUSING_TYPE", None, None,
    Step(100, -2.0, -3.0, -1.0, category="With parents"),
    Step(100, 1.5, 1.0, 2.0, category="House / apartment"),
)  # fmt: skip


def explained(*influences: Influence) -> GlobalExplanation:
    return GlobalExplanation(200, influences, (), 0.01, (), (), (), ())


def test_low_and_high_values_are_those_that_a_reader_calls_so() -> None:
    table = model_charts.spread(explained(EMPLOYED, CREDIT, HOUSING)).table
    assert [column.label for column in table.columns[-2:]] == [
        "Valeurs les plus basses (un cinquième)", "Valeurs les plus hautes (un cinquième)",
    ]  # fmt: skip
    ends = {plain(row[0]): row[-2:] for row in table.rows}
    assert ends == {
        "Ancienneté dans l’emploi": ("−5,0", "+6,0"),  # a short one takes points, a long one adds some
        "Montant du crédit": ("+7,0", "−8,0"),
        "Type de logement": ("sans objet", "sans objet"),
    }
    assert table.rows[0][1:6] == ("−9,0", "−4,0", "+1,0", "+3,0", "+8,0")


@widths
def test_low_values_are_empty_triangles_downwards_and_high_ones_full_upwards(width: Width) -> None:
    (ax,) = model_charts.spread(explained(EMPLOYED, CREDIT)).draw(width).axes
    low, high = marked(ax, "v"), marked(ax, "^")
    assert [across(line) for line in low] == [[-5.0], [7.0]]
    assert [across(line) for line in high] == [[6.0], [-8.0]]
    assert {to_hex(line.get_color()) for line in low} == {WHITE}
    assert {to_hex(line.get_color()) for line in high} == {INK}
    key = {text.get_text(): text.get_position()[0] for text in ax.texts}
    assert 0 < key["valeurs basses"] - key["▽"] < 20
    assert 0 < key["valeurs hautes"] - key["▲"] < 20
    said = plain(model_charts.spread(explained(EMPLOYED, CREDIT)).sentence)
    assert said.startswith(
        "La donnée « Ancienneté dans l’emploi » sépare le plus les clients : son effet va de −9,0 à +8,0 "
        "pour neuf clients sur dix."
    )
    assert said.endswith("À droite, la donnée ajoute des points.")


@pytest.mark.parametrize(
    ("one", "lines", "said"),
    [
        (
            EMPLOYED,
            [
                ("De 1 mois à 1 an et 10 mois", "100", "−5,0", "−6,0", "−4,0"),
                ("De 10 ans et 11 mois à 21 ans et 10 mois", "100", "+6,0", "+5,0", "+7,0"),
                ("Donnée absente", "50", "+0,5", "0,0", "+1,0"),
            ],
            "En moyenne, l’effet va de −5,0 (de 1 mois à 1 an et 10 mois) à +6,0 (de 10 ans et 11 mois à 21 "
            "ans et 10 mois). Le trait réunit huit clients sur dix.",
        ),
        (
            CREDIT,
            [
                ("De 45 000 € à 200 000 €", "100", "+7,0", "+5,0", "+9,0"),
                ("De 200 000 € à 900 000 €", "100", "−8,0", "−9,0", "−7,0"),
            ],
            "En moyenne, l’effet va de −8,0 (de 200 000 € à 900 000 €) à +7,0 (de 45 000 € à 200 000 €). Le "
            "trait réunit huit clients sur dix.",
        ),
        (
            HOUSING,
            [
                ("Maison ou appartement", "100", "+1,5", "+1,0", "+2,0"),
                ("Chez ses parents", "100", "−2,0", "−3,0", "−1,0"),
            ],
            "En moyenne, l’effet va de −2,0 (chez ses parents) à +1,5 (maison ou appartement). Le trait "
            "réunit huit clients sur dix.",
        ),
    ],
)
def test_the_effect_of_a_figure_goes_from_its_small_values_to_its_large_ones(
    one: Influence, lines: list[tuple[str, ...]], said: str
) -> None:
    chart = model_charts.dependence(one)
    assert [tuple(map(plain, row)) for row in chart.table.rows] == lines
    assert plain(chart.sentence) == said


def test_the_figure_that_sets_clients_furthest_apart_is_named_by_nine_in_ten_of_them() -> None:
    near = Influence("AMT_CREDIT", 9.0, (-1.0, -0.5, 0.0, 3.0, 4.0), None, None, ())
    far = Influence("AMT_INCOME_TOTAL", 5.0, (-2.0, -1.0, 0.0, 0.5, 6.0), None, None, ())
    assert plain(model_charts.spread(explained(near, far)).sentence).startswith(
        "La donnée « Revenu mensuel » sépare le plus les clients : son effet va de −2,0 à +6,0 pour neuf "
        "clients sur dix."
    )


def test_what_is_less_than_a_twentieth_of_a_point_has_no_sign() -> None:
    still = Influence("AMT_CREDIT", 1.0, (0.04, 0.05, 0.06, 1.0, -1.0), None, None, ())
    assert model_charts.spread(explained(still)).table.rows[0][1:6] == ("0,0", "+0,1", "+0,1", "+1,0", "−1,0")


def test_the_strongest_figures_are_named_first() -> None:
    def weighing(feature: str, importance: float) -> Influence:
        return Influence(feature, importance, (0.0,) * 5, None, None, ())

    strongest = [
        weighing("EXT_SOURCE_MEAN", 12.34),
        weighing("AMT_CREDIT", 5.6),
        weighing("DAYS_EMPLOYED", 2.0),
        weighing("AMT_INCOME_TOTAL", 1.0),
    ]
    chart = model_charts.importance(explained(*strongest))
    assert plain(chart.sentence) == (
        "Les données qui déplacent le plus le score sont, dans l’ordre : « Moyenne des notes extérieures », "
        "« Montant du crédit » et « Ancienneté dans l’emploi ». La première le déplace en moyenne de 12,3 "
        "points, vers le haut ou vers le bas."
    )
    assert [row[1] for row in chart.table.rows] == ["12,3", "5,6", "2,0", "1,0"]


def test_axes_are_quiet_lines_on_the_left_and_below_alone() -> None:
    """Margins of 60, 20, 46 and 56 pixels in a picture that is 300 pixels high."""
    fig = drawing.figure("large", 300)
    ax = drawing.axes(fig, 60, 20, 46, 56)
    assert {side for side, spine in ax.spines.items() if spine.get_visible()} == {"left", "bottom"}
    wide, high = fig.get_size_inches() * 72
    assert (wide, high) == (WIDTHS["large"], 300)
    left, bottom, across, up = ax.get_position().bounds
    assert (left * wide, bottom * high) == (pytest.approx(60), pytest.approx(56))
    assert (across * wide, up * high) == (pytest.approx(wide - 80), pytest.approx(300 - 102))


def test_labels_that_differ_in_their_number_stay_different() -> None:
    rows = [Row(f"Note de l’organisme extérieur numéro {number}", 1.0, "1") for number in (1, 2, 3)]
    assert [row.named("etroite") for row in rows] == [
        f"Note de l’organisme… numéro {number}" for number in (1, 2, 3)
    ]
    for width in WIDTHS:
        assert len({row.named(width) for row in rows}) == 3
    # Any other end is left away: a number there may belong to what is cut.
    long = Row("Part des mensualités payées en retard, sur 12", 1.0, "1")
    assert long.named("etroite") == "Part des mensualités payées en…"
