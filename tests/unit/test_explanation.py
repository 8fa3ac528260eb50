"""The explanation of a score: it adds up, it is said in order, and the model does what the reasons say."""

import numpy as np
import pytest

from pretadepenser.charts import client as charts
from pretadepenser.credit import dictionary, faithfulness, scoring, wording
from pretadepenser.credit.explanation import (
    REASONS,
    Decomposition,
    Explanation,
    decompose,
    explain,
    explain_all,
)
from pretadepenser.credit.features import Row
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.scoring import Model

LIMIT = 0.48


@pytest.fixture(scope="module")
def rows(portfolio: Portfolio) -> list[Row]:
    """Every fourth client: 500 of them."""
    clients = [portfolio.client(int(number)) for number in portfolio.numbers()[::4]]
    return [client.values for client in clients if client]


@pytest.fixture(scope="module")
def explained(model: Model, portfolio: Portfolio, rows: list[Row]) -> list[Explanation]:
    return list(explain_all(model, portfolio, rows, LIMIT, [None] * len(rows)))


def test_points_add_up_exactly(explained: list[Explanation]) -> None:
    for one in explained:
        assert one.base_points + sum(part.points for part in one.contributions) == one.score.points


def test_points_say_what_the_model_says(explained: list[Explanation]) -> None:
    """A contribution's whole points keep its sign and stay near its exact value."""
    for one in explained:
        for part in one.contributions:
            exact = -scoring.POINTS_PER_MARGIN * part.margin
            assert part.points * exact >= 0
            assert abs(part.points - exact) < 2


def test_one_row_is_explained_like_many(
    model: Model, portfolio: Portfolio, rows: list[Row], explained: list[Explanation]
) -> None:
    for row, batch in list(zip(rows, explained, strict=True))[:20]:
        assert explain(model, portfolio, row, LIMIT) == batch


def test_what_needs_no_reason_is_told_the_same(
    model: Model, rows: list[Row], explained: list[Explanation]
) -> None:
    for row, one in zip(rows[:20], explained, strict=False):
        assert decompose(model, row, LIMIT) == Decomposition(one.score, one.base_points, one.contributions)
        assert scoring.score_row(model, row, LIMIT) == one.score


def test_reasons_are_the_strongest_and_in_order(explained: list[Explanation]) -> None:
    for one in explained:
        for side, sign in ((one.against, -1), (one.in_favour, 1)):
            points = [reason.points * sign for reason in side]
            assert len(points) <= REASONS
            assert points == sorted(points, reverse=True)
            assert all(point >= 1 for point in points)
            named = {name for reason in side for name in reason.names}
            left = [
                part.points * sign
                for part in one.contributions
                if part.name not in named and dictionary.describe(part.name).group is None
            ]
            if len(points) == REASONS:
                assert max(left) <= points[-1]


def test_no_reason_rests_on_a_protected_ground(explained: list[Explanation]) -> None:
    for one in explained:
        for part in one.contributions:
            assert dictionary.describe(part.name).protected is None


def test_the_model_does_what_the_reasons_say(model: Model, portfolio: Portfolio, rows: list[Row]) -> None:
    """500 clients; the figures themselves are reported by make bench."""
    found = faithfulness.measure(model, portfolio, rows, LIMIT)
    assert found.clients == 500
    assert found.direction > 0.9
    assert found.joint > 0.95
    assert found.order > 0.8


def test_an_explanation_that_lies_is_caught(
    model: Model, portfolio: Portfolio, rows: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The measure is no formality: told the other way round, the reasons fail it."""
    turned = lambda matrix: -Model.contributions(model, matrix)  # noqa: E731
    monkeypatch.setattr(model, "contributions", turned, raising=False)
    assert faithfulness.measure(model, portfolio, rows[:40], LIMIT).direction < 0.2


def test_picture_sentence_and_table_agree(explained: list[Explanation]) -> None:
    for one in explained[:50]:
        chart = charts.contributions(one)
        assert sum(int(row[2]) for row in chart.table.raw) == one.score.points  # type: ignore[arg-type]
        strongest = next(part for part in one.contributions if part.points)
        assert strongest.label in chart.sentence
        svg = chart.svg().decode()
        drawn = [part for part in one.contributions if part.points][: charts.SHOWN]
        for part in drawn:
            assert f">{wording.french.points(part.points)}<" in svg


def test_the_scale_shows_score_and_limit(explained: list[Explanation]) -> None:
    for one in explained[:5]:
        svg = charts.scale(one.score).svg("etroite").decode()
        assert f"Ce client\u00a0: {one.score.points}" in svg
        assert "Limite\u00a0: 500" in svg


def test_missing_data_are_said_to_be_missing(model: Model, portfolio: Portfolio, rows: list[Row]) -> None:
    row = dict(rows[0]) | {"EXT_SOURCE_1": None, "EXT_SOURCE_2": None, "EXT_SOURCE_3": None}
    texts = {part.name: part.text for part in explain(model, portfolio, row, LIMIT).contributions}
    assert texts["EXT_SOURCE_1"] == texts["EXT_SOURCE_MEAN"] == "donnée absente"
    assert not np.isnan(explain(model, portfolio, row, LIMIT).score.margin)
