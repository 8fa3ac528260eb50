"""A simulation tells the truth: the score of a file with these figures, and points that add up."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from pretadepenser.charts import simulation as charts
from pretadepenser.charts.levers import comparison
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Row
from pretadepenser.credit.explanation.reasons import decompose
from pretadepenser.credit.model.inputs import input_matrix
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.recourse.search import levers as levers_of
from pretadepenser.credit.whatif import application, plausibility
from pretadepenser.credit.whatif.missing_data import Sensitivity, missing, sensitivity
from pretadepenser.credit.whatif.plausibility import implausible, seen, unseen
from pretadepenser.credit.whatif.simulation import levers, objections, simulate

LIMIT = 0.48


@pytest.fixture(scope="module")
def rows(portfolio: Portfolio) -> list[dict[str, Any]]:
    """Fifty clients."""
    return values_of(portfolio, 40)


def values_of(portfolio: Portfolio, step: int) -> list[dict[str, Any]]:
    """The values of every `step`-th client."""
    found = (portfolio.client(int(number)) for number in portfolio.numbers()[::step])
    return [dict(one.values) for one in found if one]


def test_offers_only_what_can_be_changed(model: Model) -> None:
    assert [column.name for column in levers(model)] == [
        "NAME_CONTRACT_TYPE", "FLAG_OWN_CAR", "FLAG_OWN_REALTY", "AMT_INCOME_TOTAL", "AMT_CREDIT",
        "AMT_ANNUITY", "AMT_GOODS_PRICE", "NAME_INCOME_TYPE", "NAME_HOUSING_TYPE", "DAYS_EMPLOYED",
        "OWN_CAR_AGE", "OCCUPATION_TYPE",
    ]  # fmt: skip


def test_scores_as_a_file_with_these_figures_would_and_adds_up(
    model: Model, portfolio: Portfolio, rows: list[dict[str, Any]]
) -> None:
    for row in rows:
        changes = {"AMT_CREDIT": row["AMT_CREDIT"] * 0.9, "FLAG_OWN_REALTY": "Y"}
        result = simulate(model, row, changes, LIMIT)
        after = decompose(model, {**row, **changes}, LIMIT)
        assert result.after == after
        assert result.before == decompose(model, row, LIMIT)
        assert sum(move.points for move in result.moved) == result.points
        changed = {name for name, value in changes.items() if row[name] != value}
        assert {change.name for change in result.changes} == changed


def test_nothing_changed_is_said_to_change_nothing(model: Model, rows: list[dict[str, Any]]) -> None:
    result = simulate(model, rows[0], {}, LIMIT)
    assert result.detail == (
        "Vous n’avez rien changé\u00a0: ce sont les chiffres du dossier, et la décision reste la même."
    )


def test_the_sentence_tells_the_decision_of_each_side(
    model: Model, portfolio: Portfolio, rows: list[dict[str, Any]]
) -> None:
    said = set()
    for row in rows:
        for credit in (0.6, 1.5):
            result = simulate(model, row, {"AMT_CREDIT": row["AMT_CREDIT"] * credit}, LIMIT)
            old, new = result.before.score.granted, result.after.score.granted
            start = {
                (True, True): "Le prêt resterait accordé. ",
                (False, False): "Le prêt resterait refusé. ",
                (True, False): "Le prêt, accordé aujourd’hui, serait refusé. ",
                (False, True): "Le prêt, refusé aujourd’hui, serait accordé. ",
            }[old, new]
            assert result.sentence.startswith(
                f"{start}Vous avez changé\u00a0: le montant du crédit demandé (de "
            )
            assert "→" not in result.sentence
            said.add(start)
    assert len(said) == 4


def test_nothing_changed_is_said(model: Model, portfolio: Portfolio, rows: list[dict[str, Any]]) -> None:
    same = simulate(model, rows[0], {"AMT_CREDIT": rows[0]["AMT_CREDIT"]}, LIMIT)
    assert same.changes == ()
    assert same.moved == ()
    assert same.sentence.startswith("Vous n’avez rien changé")
    assert charts.moves(same) is None


def test_cents_are_shown_where_euros_look_the_same(
    model: Model, portfolio: Portfolio, rows: list[dict[str, Any]]
) -> None:
    row = {**rows[0], "AMT_CREDIT": 202500.0, "AMT_GOODS_PRICE": 202500.0}
    result = simulate(model, row, {"AMT_CREDIT": 202500.4}, LIMIT)
    assert "(de 202 500,00 € à 202 500,40 €)" in result.sentence.replace("\u202f", " ").replace("\u00a0", " ")
    assert [cell.count(",") for cell in charts.answers(result).rows[0]] == [0, 1, 1]
    whole = simulate(model, row, {"AMT_CREDIT": 300000}, LIMIT)
    assert "(de 202 500 € à 300 000 €)" in whole.sentence.replace("\u202f", " ").replace("\u00a0", " ")


def test_what_reads_the_same_is_no_change(
    model: Model, portfolio: Portfolio, rows: list[dict[str, Any]]
) -> None:
    row = {**rows[0], "NAME_INCOME_TYPE": "Working", "DAYS_EMPLOYED": -1157}
    assert simulate(model, row, {"DAYS_EMPLOYED": -1158}, LIMIT).changes == ()
    assert simulate(model, row, {"AMT_CREDIT": row["AMT_CREDIT"] + 0.001}, LIMIT).changes == ()


def test_the_answers_read_like_those_of_levers(
    model: Model, portfolio: Portfolio, rows: list[dict[str, Any]]
) -> None:
    result = simulate(model, rows[3], {"AMT_CREDIT": rows[3]["AMT_CREDIT"] * 1.4}, LIMIT)
    refused = (levers_of(model, portfolio, row, LIMIT) for row in rows)
    proposal = next(found.proposals[0] for found in refused if found.proposals)
    table, other = charts.answers(result), comparison(proposal, result.before.score)
    assert table.columns == other.columns
    labels = [label for label, *_ in table.rows[-4:]]
    assert [label for label in labels if label != "Difficultés sur 100 clients"] == [
        label for label, *_ in other.rows[-3:]
    ]
    assert table.rows[-1][2] in ("accordé", "refusé")


def test_a_category_that_names_a_protected_ground_is_no_change(
    model: Model, portfolio: Portfolio, rows: list[dict[str, Any]]
) -> None:
    row = {**rows[0], "NAME_INCOME_TYPE": "Maternity leave"}
    assert simulate(model, row, {"NAME_INCOME_TYPE": "Working"}, LIMIT).changes == ()


def test_objects_to_what_the_changes_bring_and_not_to_the_file(
    portfolio: Portfolio, rows: list[dict[str, Any]]
) -> None:
    row = {**rows[0], "NAME_INCOME_TYPE": "Pensioner", "DAYS_EMPLOYED": -400, "AMT_ANNUITY": 20000.0}
    row |= {"AMT_CREDIT": 400000.0, "AMT_GOODS_PRICE": 400000.0, "AMT_INCOME_TOTAL": 200000.0}
    assert list(implausible(row)) == ["DAYS_EMPLOYED"]
    assert objections(portfolio, row, {}) == {}
    assert list(objections(portfolio, row, {"AMT_ANNUITY": 500000.0})) == ["AMT_ANNUITY"]
    huge = objections(portfolio, row, {"AMT_INCOME_TOTAL": 500_000_000.0})
    assert "chez les clients connus du modèle" in huge["AMT_INCOME_TOTAL"]


@pytest.mark.parametrize(
    ("name", "derived"),
    [
        ("AMT_ANNUITY", {"CREDIT_TERM", "ANNUITY_TO_INCOME"}),
        ("AMT_CREDIT", {"CREDIT_TERM", "CREDIT_TO_GOODS", "CREDIT_TO_INCOME"}),
        ("AMT_INCOME_TOTAL", {"CREDIT_TO_INCOME", "ANNUITY_TO_INCOME"}),
        ("EXT_SOURCE_2", {"EXT_SOURCE_MEAN"}),
        ("DAYS_EMPLOYED", set()),
    ],
)
def test_a_change_is_looked_at_with_all_that_is_made_of_it(
    monkeypatch: pytest.MonkeyPatch, portfolio: Portfolio, name: str, derived: set[str]
) -> None:
    looked_at: list[str] = []

    def objected(row: Row, portfolio: Portfolio, names: list[str], known: object) -> dict[str, str]:
        looked_at.extend(names)
        return {}

    monkeypatch.setattr(plausibility, "objections", objected)
    assert objections(portfolio, {}, {name: 1.0}) == {}
    assert (looked_at[0], set(looked_at[1:])) == (name, derived)


def test_no_client_of_the_portfolio_is_out_of_its_range(
    model: Model, portfolio: Portfolio, rows: list[dict[str, Any]]
) -> None:
    for row in rows:
        assert unseen(row, portfolio, model.features) == {}
    lengths = seen(portfolio, "DAYS_EMPLOYED")
    assert lengths
    assert lengths.high <= 0


def test_picture_sentence_and_table_agree(
    model: Model, portfolio: Portfolio, rows: list[dict[str, Any]]
) -> None:
    result = simulate(model, rows[3], {"AMT_CREDIT": rows[3]["AMT_CREDIT"] * 1.4}, LIMIT)
    chart = charts.moves(result)
    assert chart
    assert sum(cast(int, row[5]) for row in chart.table.raw) == result.points
    assert str(abs(result.points)) in chart.sentence
    labels = [label for label, *_ in chart.table.rows[:8]]
    assert labels
    picture = chart.svg().decode()
    assert [label for label in labels if label not in picture] == []
    assert charts.answers(result).rows[0][0] == "Montant du crédit"


def test_asks_for_all_that_the_model_uses_and_never_a_protected_ground(model: Model) -> None:
    asked = {column.name for column in application.asked(model)}
    assert asked == {*application.CORE, *dictionary.columns_of(model.features)}
    assert not any(dictionary.COLUMNS[name].protected for name in asked)


def test_the_credit_and_what_repays_it_must_be_answered_whatever_others_lack(model: Model) -> None:
    """In a portfolio in which every column is missing for somebody."""
    nobody = cast(Portfolio, SimpleNamespace(missing=lambda name: 1))
    assert [column.name for column in application.required(model, nobody)] == [
        "NAME_CONTRACT_TYPE", "AMT_INCOME_TOTAL", "AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE",
        "NAME_INCOME_TYPE",
    ]  # fmt: skip


def test_a_protected_column_of_a_model_is_neither_asked_for_nor_missed(model: Model) -> None:
    # All that these functions read of a model, and what no real one has.
    greedy = cast(Model, SimpleNamespace(features=(*model.features, "DAYS_BIRTH", "REGION_RATING_CLIENT")))
    assert application.asked(greedy) == application.asked(model)
    assert missing(greedy, dict.fromkeys(dictionary.COLUMNS)) == application.asked(model)


def test_what_no_client_lacks_must_be_answered(
    model: Model, portfolio: Portfolio, rows: list[dict[str, Any]]
) -> None:
    required = {column.name for column in application.required(model, portfolio)}
    optional = {column.name for column in application.asked(model)} - required
    assert {"NAME_EDUCATION_TYPE", "NAME_HOUSING_TYPE", "DAYS_EMPLOYED", "FLAG_OWN_REALTY"} <= required
    assert set(application.CORE) <= required
    assert {"OCCUPATION_TYPE", "OWN_CAR_AGE", "EXT_SOURCE_1", "EXT_SOURCE_3"} <= optional
    # Counted again over the clients themselves.
    clients = values_of(portfolio, 1)
    assert all(any(row[name] is None for row in clients) for name in optional)
    assert not [
        name for name in required - set(application.CORE) if any(row[name] is None for row in clients)
    ]


def test_what_is_missing_widens_the_answer(
    model: Model, portfolio: Portfolio, rows: list[dict[str, Any]]
) -> None:
    full = next(row for row in rows if not missing(model, row))
    known = sensitivity(model, portfolio, full, LIMIT)
    assert known.cases == 0
    assert known.low == known.high
    assert known.sentence.startswith("Toutes les données")
    little = {**full, "EXT_SOURCE_3": None}
    much = {**little, "EXT_SOURCE_1": None, "EXT_SOURCE_2": None, "NAME_EDUCATION_TYPE": None}
    narrow, wide = (sensitivity(model, portfolio, row, LIMIT) for row in (little, much))
    assert 0 < narrow.high - narrow.low < wide.high - wide.low
    assert [column.name for column in narrow.missing] == ["EXT_SOURCE_3"]
    assert wide.cases == 200
    assert wide == sensitivity(model, portfolio, much, LIMIT)


def test_an_answer_that_missing_data_turn_too_often_is_open(
    model: Model, portfolio: Portfolio, rows: list[dict[str, Any]]
) -> None:
    found = [
        sensitivity(model, portfolio, {**row, "EXT_SOURCE_2": None, "EXT_SOURCE_3": None}, LIMIT)
        for row in rows
    ]
    assert {one.open for one in found} == {True, False}
    for one in found:
        assert one.open == (one.changed / one.cases >= 0.1)
        assert set(one.decisive) == set(one.missing)
        first = one.decisive[0].label
        assert one.advice.startswith(f"Pour trancher, remplissez d’abord «\u00a0{first}\u00a0»")


def test_the_data_named_first_turn_the_decision_most_often(
    model: Model, portfolio: Portfolio, rows: list[dict[str, Any]]
) -> None:
    """What the estimate ranks, the model confirms with other clients, one figure at a time."""
    full = next(row for row in rows if not missing(model, row))
    ranks = {"EXT_SOURCE_3": 0.0, "OCCUPATION_TYPE": 0.0}
    row = {**full, **dict.fromkeys(ranks)}
    found = sensitivity(model, portfolio, row, LIMIT)
    for name in ranks:
        files = [{**full, name: other[name]} for other in rows if other[name] is not None]
        ranks[name] = float(np.std(model.margins(input_matrix(dictionary.frame(files), model.features))))
    assert [column.name for column in found.decisive] == sorted(ranks, key=lambda name: -ranks[name])


def test_the_age_of_a_car_is_borrowed_from_those_who_have_one(
    model: Model, portfolio: Portfolio, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = next(row for row in rows if row["FLAG_OWN_CAR"] == "Y" and not missing(model, row))
    seen: list[Row] = []

    def watched(one: Row) -> Mapping[str, str]:
        seen.append(one)
        return implausible(one)

    monkeypatch.setattr(plausibility, "implausible", watched)
    found = sensitivity(model, portfolio, {**row, "OWN_CAR_AGE": None}, LIMIT)
    assert len(seen) >= found.cases > 100
    assert [one["OWN_CAR_AGE"] for one in seen if one["OWN_CAR_AGE"] is None] == []


def test_an_interval_that_rounding_closes_is_told_as_one_figure() -> None:
    column = dictionary.COLUMNS["OCCUPATION_TYPE"]
    narrow = Sensitivity((column,), (column,), 200, 0.3099, 0.3101, 0, True, 0.48)
    wide = Sensitivity((column,), (column,), 200, 0.3049, 0.3151, 0, True, 0.48)
    assert "resterait à 31\u00a0% dans 8 cas sur 10" in narrow.sentence
    assert "irait de 30\u00a0% à 32\u00a0% dans 8 cas sur 10" in wide.sentence
    assert not narrow.open


def test_an_interval_keeps_the_digits_that_tell_its_ends_from_the_limit() -> None:
    """At a limit of 45,46 %, 45 % is on its other side."""
    column = dictionary.COLUMNS["OCCUPATION_TYPE"]
    found = Sensitivity((column,), (column,), 200, 0.4547, 0.4812, 90, False, 0.4546)
    assert "irait de 45,5\u00a0% à 48\u00a0% dans 8 cas sur 10" in found.sentence
    on_it = Sensitivity((column,), (column,), 200, 0.4512, 0.4795, 90, True, 0.48)
    assert "irait de 45\u00a0% à 47,9\u00a0% dans 8 cas sur 10" in on_it.sentence


def test_a_pensioner_has_no_employment_and_no_occupation_to_tell(model: Model) -> None:
    row = application.row({"NAME_INCOME_TYPE": "Pensioner", "FLAG_OWN_CAR": "N"})
    assert row["DAYS_EMPLOYED"] == dictionary.NO_EMPLOYMENT
    assert set(row) == set(dictionary.STORED)
    lacking = {column.name for column in missing(model, row)}
    assert not lacking & {"DAYS_EMPLOYED", "OCCUPATION_TYPE", "OWN_CAR_AGE"}
