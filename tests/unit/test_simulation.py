"""A simulation tells the truth: the score of a file with these figures, and points that add up."""

import math

import pytest

from pretadepenser.charts import simulation as charts
from pretadepenser.credit import application, dictionary, features
from pretadepenser.credit.explanation import explain
from pretadepenser.credit.plausibility import implausible, seen, unseen
from pretadepenser.credit.scoring import margin_of
from pretadepenser.credit.simulation import levers, objections, simulate
from pretadepenser.credit.uncertainty import CASES, missing, spread

LIMIT = 0.48


@pytest.fixture(scope="module")
def rows(portfolio):
    """Fifty clients."""
    return [portfolio.client(int(number)).values for number in portfolio.numbers()[::40]]


def test_offers_only_what_can_be_changed(model):
    offered = levers(model)
    assert {"AMT_CREDIT", "AMT_ANNUITY", "AMT_INCOME_TOTAL", "NAME_HOUSING_TYPE"} <= {c.name for c in offered}
    assert all(column.actionable and not column.protected for column in offered)


def test_scores_as_a_file_with_these_figures_would_and_adds_up(model, portfolio, rows):
    for row in rows:
        changes = {"AMT_CREDIT": row["AMT_CREDIT"] * 0.9, "FLAG_OWN_REALTY": "Y"}
        result = simulate(model, portfolio, row, changes, LIMIT)
        after = explain(model, portfolio, {**row, **changes}, LIMIT)
        assert result.after == after
        assert result.before == explain(model, portfolio, row, LIMIT)
        assert sum(move.points for move in result.moved) == result.points
        changed = {name for name, value in changes.items() if row[name] != value}
        assert {change.name for change in result.changes} == changed


def test_the_sentence_tells_the_decision_of_each_side(model, portfolio, rows):
    said = set()
    for row in rows:
        for credit in (0.6, 1.5):
            result = simulate(model, portfolio, row, {"AMT_CREDIT": row["AMT_CREDIT"] * credit}, LIMIT)
            old, new = result.before.score.granted, result.after.score.granted
            ending = {
                (True, True): "resterait accordé.",
                (False, False): "resterait refusé.",
                (True, False): "accordé aujourd’hui, serait refusé.",
                (False, True): "refusé aujourd’hui, serait accordé.",
            }[old, new]
            assert result.sentence.endswith(ending)
            said.add(ending)
    assert len(said) == 4


def test_nothing_changed_is_said(model, portfolio, rows):
    same = simulate(model, portfolio, rows[0], {"AMT_CREDIT": rows[0]["AMT_CREDIT"]}, LIMIT)
    assert same.changes == ()
    assert same.moved == ()
    assert same.sentence.startswith("Vous n’avez rien changé")
    assert charts.moves(same) is None


def test_a_category_that_names_a_protected_ground_is_no_change(model, portfolio, rows):
    row = {**rows[0], "NAME_INCOME_TYPE": "Maternity leave"}
    assert simulate(model, portfolio, row, {"NAME_INCOME_TYPE": "Working"}, LIMIT).changes == ()


def test_objects_to_what_the_changes_bring_and_not_to_the_file(portfolio, rows):
    row = {**rows[0], "NAME_INCOME_TYPE": "Pensioner", "DAYS_EMPLOYED": -400, "AMT_ANNUITY": 20000.0}
    row |= {"AMT_CREDIT": 400000.0, "AMT_GOODS_PRICE": 400000.0, "AMT_INCOME_TOTAL": 200000.0}
    assert list(implausible(row)) == ["DAYS_EMPLOYED"]
    assert objections(portfolio, row, {}) == {}
    assert list(objections(portfolio, row, {"AMT_ANNUITY": 500000.0})) == ["AMT_ANNUITY"]
    huge = objections(portfolio, row, {"AMT_INCOME_TOTAL": 500_000_000.0})
    assert "chez les clients connus du modèle" in huge["AMT_INCOME_TOTAL"]


def test_no_client_of_the_portfolio_is_out_of_its_range(model, portfolio, rows):
    for row in rows:
        assert unseen(row, portfolio, model.features) == {}
    assert seen(portfolio, "DAYS_EMPLOYED").high <= 0


def test_picture_sentence_and_table_agree(model, portfolio, rows):
    result = simulate(model, portfolio, rows[3], {"AMT_CREDIT": rows[3]["AMT_CREDIT"] * 1.4}, LIMIT)
    chart = charts.moves(result)
    assert sum(row[5] for row in chart.table.raw) == result.points
    assert str(abs(result.points)) in chart.sentence
    picture = chart.inline("large")
    assert all(label in picture for label, *_ in chart.table.rows[: charts.SHOWN])
    assert "style" not in picture
    assert "<title" not in picture
    ids = [part.split('"')[0] for part in (picture + chart.inline("etroite")).split(' id="')[1:]]
    assert len(ids) == len(set(ids))
    assert charts.answers(result).rows[0][0] == "Montant du crédit"


def test_asks_what_matters_and_never_a_protected_ground(model):
    asked = {column.name for column in application.asked(model)}
    weights = application.importance(model)
    assert set(application.REQUIRED) <= asked
    assert not any(dictionary.COLUMNS[name].protected for name in asked)
    left = sum(weight for name, weight in weights.items() if name not in asked)
    assert left <= (1 - application.COVERED) * sum(weights.values())
    assert math.isclose(
        sum(weights.values()), sum(one.importance for one in model.insight.influences), rel_tol=1e-9
    )


def test_what_is_missing_widens_the_answer(model, portfolio, rows):
    full = next(row for row in rows if not missing(model, row))
    known = spread(model, portfolio, full, LIMIT)
    assert known.cases == 0
    assert known.low == known.high
    assert known.sentence.startswith("Toutes les données")
    little = {**full, "EXT_SOURCE_3": None}
    much = {**little, "EXT_SOURCE_1": None, "EXT_SOURCE_2": None, "NAME_EDUCATION_TYPE": None}
    narrow, wide = (spread(model, portfolio, row, LIMIT) for row in (little, much))
    assert 0 < narrow.high - narrow.low < wide.high - wide.low
    assert [column.name for column in narrow.missing] == ["EXT_SOURCE_3"]
    assert wide.cases == CASES
    assert wide == spread(model, portfolio, much, LIMIT)


def test_the_share_of_other_decisions_is_counted_by_the_model(model, portfolio, rows):
    full = next(row for row in rows if not missing(model, row))
    row = {**full, "EXT_SOURCE_2": None}
    found = spread(model, portfolio, row, LIMIT)
    margin = model.margins(features.matrix(features.frame([row]), model.features))[0]
    assert found.granted == (margin <= margin_of(LIMIT))
    assert 0 <= found.changed <= found.cases
    assert found.low <= found.high


def test_a_pensioner_has_no_employment_and_no_occupation_to_tell(model):
    row = application.row({"NAME_INCOME_TYPE": "Pensioner", "FLAG_OWN_CAR": "N"})
    assert row["DAYS_EMPLOYED"] == features.NO_EMPLOYMENT
    assert set(row) == set(dictionary.COLUMNS)
    lacking = {column.name for column in missing(model, row)}
    assert not lacking & {"DAYS_EMPLOYED", "OCCUPATION_TYPE", "OWN_CAR_AGE"}
