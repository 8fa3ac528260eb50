"""The charts of the comparison: picture, sentence, table and CSV from the same figures."""

import dataclasses
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest

from pretadepenser import french
from pretadepenser.charts import comparison as charts
from pretadepenser.charts import drawing
from pretadepenser.charts.chart import Chart
from pretadepenser.credit import dictionary
from pretadepenser.credit.peers import comparison
from pretadepenser.credit.peers import group as groups
from pretadepenser.credit.peers.comparison import Bar, Distribution
from pretadepenser.credit.peers.group import Group, Selection
from pretadepenser.credit.portfolio import Client, Portfolio, current_portfolio, import_batches
from tests.unit import made_up
from tests.unit.by_heart import plain

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Portfolio:
    folder = tmp_path_factory.mktemp("instance")
    import_batches(made_up.table(1500, seed=4).to_batches(), folder)
    opened = current_portfolio(folder)
    assert opened is not None
    return opened


@pytest.fixture
def client(portfolio: Portfolio) -> Client:
    found = portfolio.client(100_002 + 3 * 41)
    assert found is not None
    return found


@pytest.fixture
def group(portfolio: Portfolio, client: Client) -> Group:
    return groups.group(portfolio, client, Selection(), None, 0.48)


def described(portfolio: Portfolio, client: Client, group: Group, name: str) -> Distribution:
    return comparison.distribution(portfolio, client, group, name)


def drawn_texts(chart: Chart, width: drawing.Width) -> list[str]:
    """Texts of the picture, which must be well-formed, titled, and nowhere outside its frame."""
    root = ElementTree.fromstring(chart.svg(width))  # our own picture
    wide, high = chart.size(width)
    assert root.get("viewBox") == f"0 0 {wide} {high}"
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == chart.title
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("width", drawing.WIDTHS)
@pytest.mark.parametrize("name", comparison.FIGURES)
def test_every_figure_is_drawn_with_its_table(
    portfolio: Portfolio, client: Client, group: Group, name: str, width: drawing.Width
) -> None:
    shown = described(portfolio, client, group, name)
    chart = charts.distribution(shown)
    assert chart.alternative == f"{comparison.rank_sentence(shown)} {chart.sentence}"
    assert [row[1] for row in chart.table.rows] == [french.number(bar.count) for bar in shown.bars]
    assert sum(bool("(ce client)" in row[0]) for row in chart.table.rows) == sum(b.here for b in shown.bars)
    texts = drawn_texts(chart, width)
    assert any(text.startswith("Ce client") or text.endswith("ce client") for text in texts) == (
        shown.shown is not None or (shown.column.categories is not None and shown.value is not None)
    )
    rates = charts.rates(shown)
    assert rates is not None
    kind = "tranche" if shown.column.categories is None else "catégorie"
    assert rates.title.replace("\u00a0", " ").endswith(f" – difficultés de paiement par {kind}")
    nobody = dataclasses.replace(shown, known=0)
    assert charts._spread_said(nobody) == "Aucun client de ce groupe n’a cette donnée."
    assert [column.label.replace("\u00a0", " ") for column in rates.table.columns] == [
        "Tranche" if dictionary.describe(name).categories is None else "Catégorie",
        "Clients à l’issue connue", "En difficulté", "Intervalle de confiance à 95 %",
    ]  # fmt: skip
    texts = drawn_texts(rates, width)
    for row, bar in zip(rates.table.rows, shown.broad, strict=True):
        assert row[2] == ("trop peu" if bar.rate is None else french.percent(bar.rate, 1))
        assert row[2] in texts
    assert f"Ensemble\u00a0: {french.percent(shown.rate or 0, 1)}" in texts
    assert rates.table.csv().count("\r\n") == len(shown.broad) + 1


@pytest.mark.parametrize("width", drawing.WIDTHS)
def test_a_crossing_is_drawn_with_its_table(
    portfolio: Portfolio, client: Client, group: Group, width: drawing.Width
) -> None:
    shown = comparison.crossing(portfolio, client, group, "AMT_CREDIT", "CREDIT_TO_INCOME")
    chart = charts.crossing(shown)
    assert len(chart.table.rows) == shown.counts.shape[0]
    assert len(chart.table.columns) == shown.counts.shape[1] + 1
    raw = [cell for row in chart.table.raw for cell in row[1:]]
    assert raw == pytest.approx((shown.counts / shown.known).ravel().tolist())
    assert shown.here is not None
    assert chart.table.rows[shown.here[0]][shown.here[1] + 1].endswith("(ce client)")
    assert "Ce client" in drawn_texts(chart, width)
    root = ElementTree.fromstring(chart.svg(width))  # our own picture
    squares = [path for path in root.iter(f"{SVG}path") if path.get("fill") == "var(--for)"]
    assert len(squares) == (shown.counts > 0).sum()
    for path in squares:
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.get("d", ""))]
        wide, high = (max(side) - min(side) for side in (numbers[::2], numbers[1::2]))
        assert wide == pytest.approx(high, abs=1e-3), "as high as it is wide"
    texts = " ".join(drawn_texts(chart, width))
    for column in (shown.first, shown.second):
        assert column.label in texts


@pytest.mark.parametrize("width", drawing.WIDTHS)
def test_nothing_leaves_the_picture_and_no_value_meets_a_line(
    portfolio: Portfolio, client: Client, group: Group, width: drawing.Width
) -> None:
    for name in ("AMT_CREDIT", "NAME_EDUCATION_TYPE", "EXT_SOURCE_2"):
        shown = described(portfolio, client, group, name)
        rates = charts.rates(shown)
        assert rates
        for chart in (charts.distribution(shown), rates):
            figure = chart.draw(width)
            figure.canvas.draw()
            (ax,) = figure.axes
            for text in ax.texts:
                box = text.get_window_extent()
                assert figure.bbox.x0 - 1 <= box.x0, (chart.key, name, text.get_text())
                assert box.x1 <= figure.bbox.x1 + 1, (chart.key, name, text.get_text())
            if chart is rates:
                values = [
                    text for text in ax.texts if text.get_text() in {row[2] for row in rates.table.rows}
                ]
                assert len(values) == len(rates.table.rows)
                assert min(text.get_window_extent().x0 for text in values) >= ax.bbox.x1


@pytest.mark.parametrize("width", drawing.WIDTHS)
def test_the_last_open_bracket_is_named(
    portfolio: Portfolio, client: Client, group: Group, width: drawing.Width
) -> None:
    shown = described(portfolio, client, group, "AMT_CREDIT")
    assert shown.bars[-1].high is None
    texts = drawn_texts(charts.distribution(shown), width)
    assert sum(text.endswith(" et plus") for text in texts) == 1


def bar(text: str, count: int, labelled: int, defaults: int, here: bool = False) -> Bar:
    return Bar(text, None, None, count, count / 300, defaults, labelled, here)


def of_three(*broad: Bar, missing: int = 0, sentinel: int = 0, name: str = "DAYS_EMPLOYED") -> Distribution:
    """A figure of 300 clients in three bars, the client in none of them."""
    group = Group(Selection(), np.full(300 + missing + sentinel, True), 300 + missing + sentinel)
    column = dictionary.describe(name)
    return Distribution(column, group, None, None, broad, broad, 300, missing, sentinel, -700.0, None)


@pytest.mark.parametrize(
    ("last", "where", "whole"),
    [
        (bar("haut", 100, 29, 29), ", là où au moins 30 issues sont connues", "27,9"),
        # Nobody's outcome is known there: there is no rate to leave out.
        (bar("haut", 100, 0, 0), "", "17,5"),
        (bar("haut", 100, 30, 9), "", "19,1"),
    ],
)
def test_the_ends_of_the_rates_say_where_too_few_are_known(last: Bar, where: str, whole: str) -> None:
    shown = of_three(bar("bas", 100, 100, 5), bar("milieu", 100, 100, 30), last)
    chart = charts.rates(shown)
    assert chart
    assert plain(chart.sentence) == (
        "Parmi les clients dont l’issue est connue, la part en difficulté va de 5,0 % à 30,0 % selon la "
        f"tranche{where} ; elle est de {whole} % dans l’ensemble du groupe."
    )


def test_who_has_no_value_is_counted_under_the_table() -> None:
    shown = of_three(bar("bas", 100, 100, 5), bar("milieu", 200, 100, 30), missing=7, sentinel=12)
    footer = [tuple(map(plain, row[:2])) for row in charts.distribution(shown).table.footer]
    assert footer == [
        ("Donnée absente", "7"),
        ("Sans emploi en cours", "12"),
        ("Valeur de ce client : donnée absente", "sans objet"),
    ]
    none = charts.distribution(of_three(bar("bas", 100, 100, 5), bar("milieu", 200, 100, 30)))
    assert [plain(row[0]) for row in none.table.footer] == ["Valeur de ce client : donnée absente"]


def test_too_few_outcomes_make_no_rate(portfolio: Portfolio, client: Client, tmp_path: Path) -> None:
    rows = made_up.table(60)
    index = rows.schema.get_field_index("TARGET")
    rows = rows.set_column(index, rows.schema.field(index), pa.nulls(60, pa.float64()))
    import_batches(rows.to_batches(), tmp_path)
    unlabelled = current_portfolio(tmp_path)
    assert unlabelled is not None
    someone = unlabelled.client(100_002)
    assert someone is not None
    group = groups.group(unlabelled, someone, Selection(), None, 0.48)
    assert charts.rates(described(unlabelled, someone, group, "AMT_CREDIT")) is None


@pytest.mark.parametrize("width", drawing.WIDTHS)
def test_a_figure_that_nobody_has_is_drawn_empty(tmp_path: Path, width: drawing.Width) -> None:
    rows = made_up.table(60)
    index = rows.schema.get_field_index("EXT_SOURCE_1")
    rows = rows.set_column(index, rows.schema.field(index), pa.nulls(60, pa.float64()))
    import_batches(rows.to_batches(), tmp_path)
    portfolio = current_portfolio(tmp_path)
    assert portfolio is not None
    client = portfolio.client(100_002)
    assert client is not None
    group = groups.group(portfolio, client, Selection(), None, 0.48)
    shown = described(portfolio, client, group, "EXT_SOURCE_1")
    drawn_texts(charts.distribution(shown), width)
    assert charts.rates(shown) is None
    crossed = comparison.crossing(portfolio, client, group, "EXT_SOURCE_1", "AMT_CREDIT")
    chart = charts.crossing(crossed)
    assert chart.sentence == "Aucun client de ce groupe n’a les deux données."
    drawn_texts(chart, width)
