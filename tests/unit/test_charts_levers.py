"""The curve of the amounts and the words about it: which amounts pass, and names that cover nothing."""

import re

import pytest

from pretadepenser.charts import levers as charts
from pretadepenser.charts.drawing import WIDTHS, Width
from pretadepenser.credit.recourse import wording as lever_wording
from pretadepenser.credit.recourse.levers import Lever
from pretadepenser.credit.recourse.search import Curve


def curve(points: list[int], current: int) -> Curve:
    amounts = tuple(100_000.0 + 10_000 * index for index in range(len(points)))
    return Curve(amounts, tuple(points), tuple(0.5 for _ in points), current)


@pytest.mark.parametrize(
    ("points", "current", "said"),
    [
        (
            [494, 493, 503, 498, 470],
            4,
            "Parmi ces montants, le prêt serait accordé pour 120 000 € ; pour moins, il serait de nouveau "
            "refusé : ce n’est pas une réponse sûre.",
        ),
        (
            [510, 505, 501, 498, 470],
            4,
            "Parmi ces montants, le prêt serait accordé de 100 000 € à 120 000 €.",
        ),
        (
            [510, 505, 490, 501, 470],
            4,
            "Parmi ces montants, le prêt serait accordé de 100 000 € à 110 000 € et pour 130 000 €.",
        ),
        ([480, 479, 470], 2, "Le prêt ne serait accordé pour aucun de ces montants."),
        ([540, 530, 520], 0, "Le prêt serait accordé pour tous ces montants."),
    ],
)
def test_the_sentence_names_the_amounts_that_pass(points: list[int], current: int, said: str) -> None:
    chart = charts.amounts(curve(points, current), 0.48)
    assert " ".join(chart.sentence.split()).endswith(said)
    granted = [row[0] for row in chart.table.rows if row[3] == "accordé"]
    assert len(granted) == sum(point >= 500 for point in points)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("points", "current"),
    [
        ([494, 493, 493, 493, 503, 498, 498, 487, 479, 478, 473, 471, 470, 473, 471, 471], 15),
        ([603, 607, 606, 605, 602, 605, 607, 610, 609, 599, 595, 602, 609], 0),
        ([502, 498, 501, 499, 500, 503, 497, 500], 7),
    ],
)
def test_names_cover_neither_the_curve_nor_each_other(points: list[int], current: int, width: Width) -> None:
    one = curve(points, current)
    figure = charts.amounts(one, 0.48).draw(width)
    figure.canvas.draw()
    (ax,) = figure.axes
    names = [text for text in ax.texts if re.match("Limite|Demande", text.get_text())]
    assert [text.get_text() for text in names] == ["Limite : 500", f"Demande : {points[current]}"]
    boxes = [text.get_window_extent() for text in names]
    assert not boxes[0].overlaps(boxes[1])
    dots = ax.transData.transform(list(zip(one.amounts, one.points, strict=True)))
    for box in boxes:
        # Not across the axis either, where the amount asked for is the first.
        assert ax.bbox.x0 < box.x0
        assert box.x1 <= figure.bbox.x1
        assert not [dot for dot in dots if box.contains(*dot)]


@pytest.mark.parametrize(
    ("points", "marks"),
    [
        ([470, 520], ["440", "460", "480", "500", "520", "540"]),
        ([380, 620], ["350", "400", "450", "500", "550", "600", "650"]),
        ([300, 700], ["200", "300", "400", "500", "600", "700", "800"]),
    ],
)
def test_points_are_marked_in_steps_that_meet_the_limit(points: list[int], marks: list[str]) -> None:
    figure = charts.amounts(curve(points, 0), 0.48).draw("large")
    figure.canvas.draw()
    (ax,) = figure.axes
    assert [text.get_text() for text in ax.get_yticklabels()] == marks


def row(credit: float, price: float, annuity: float) -> dict[str, float]:
    return {
        "AMT_CREDIT": credit, "AMT_GOODS_PRICE": price, "AMT_ANNUITY": annuity, "AMT_INCOME_TOTAL": 50_000.0,
    }  # fmt: skip


def test_a_credit_above_the_price_is_explained() -> None:
    changes = lever_wording.changes(row(389_844, 315_000, 20_000), row(273_400, 259_900, 14_026))
    said = lever_wording.beyond_price((Lever.PROJECT, Lever.DEPOSIT), changes)
    assert (
        said
        == "Le crédit dépasse le prix de 74\u202f844\u00a0€ (assurance ou frais) : cette part baisse aussi."
    )
    assert not lever_wording.beyond_price((Lever.DEPOSIT,), changes)
    same = lever_wording.changes(row(315_000, 315_000, 20_000), row(250_000, 250_000, 15_873))
    assert not lever_wording.beyond_price((Lever.PROJECT,), same)


def test_a_number_of_instalments_is_the_same_in_sentence_and_table() -> None:
    before, after = row(235_000, 235_000, 10_000), row(235_000, 235_000, 9_792)
    action = lever_wording._ACTIONS[Lever.LONGER](
        lever_wording._figures(before), lever_wording._figures(after)
    )
    term = next(one for one in lever_wording.changes(before, after) if one.name == "CREDIT_TERM")
    assert f"au lieu de {term.before_text} (montant divisé par mensualité, hors intérêts)" in action
    assert term.before_text == "23,5"
