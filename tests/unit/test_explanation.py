"""The explanation of a score: it adds up, it is said in order, and the model does what the reasons say."""

import dataclasses
import math
import re
from typing import cast

import numpy as np
import pytest
import xgboost as xgb

from pretadepenser import french
from pretadepenser.charts import client as charts
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Row
from pretadepenser.credit.explanation.reasons import (
    Decomposition,
    Explanation,
    Told,
    decompose,
    explain,
    explain_all,
)
from pretadepenser.credit.model import scoring
from pretadepenser.credit.model.inputs import NEUTRAL, feature_types, input_matrix
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.scale import Scale
from pretadepenser.french import Person
from tests.measures import faithfulness
from tests.unit import by_heart
from tests.unit.by_heart import Step

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
            exact = -20 / math.log(2) * part.margin
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
        assert decompose(model, row, LIMIT) == Decomposition(one.score, one.base_points, one.parts)
        assert scoring.score_row(model, row, LIMIT) == one.score


def test_reasons_are_the_strongest_and_in_order(rows: list[Row], explained: list[Explanation]) -> None:
    full = 0
    for row, one in zip(rows, explained, strict=True):
        # What is told together counts together.
        together: dict[str, int] = {}
        for part in one.contributions:
            column = dictionary.describe(part.name)
            without = column.without_object(row)
            name = without.where[0][0] if without and not column.group else column.group or part.name
            together[name] = together.get(name, 0) + part.points
        assert {part.name: part.points for part in one.parts} == together
        assert one.against or one.in_favour
        for side, sign in ((one.against, -1), (one.in_favour, 1)):
            points = [reason.points * sign for reason in side]
            assert len(points) <= 5
            assert points == sorted(points, reverse=True)
            assert [point for point in points if point < 1] == []
            named = {name for reason in side for name in reason.names}
            left = [
                part.points * sign
                for part in one.parts
                if part.heard and not {member.name for member in part.members} & named
            ]
            if len(points) == 5:
                assert max(left) <= points[-1]
                full += 1
    assert full > 10


def test_external_scores_are_one_reason(explained: list[Explanation]) -> None:
    """Three scores and their mean say one thing: told apart, they would leave no room for anything else."""
    scores = {f"EXT_SOURCE_{which}" for which in (1, 2, 3, "MEAN")}
    told = 0
    for one in explained:
        found = [reason for reason in (*one.against, *one.in_favour) if scores & set(reason.names)]
        total = sum(part.points for part in one.contributions if part.name in scores)
        if total:
            told += len(found)
            assert len(found) <= 1
        for reason in found:
            assert set(reason.names) == scores
            assert reason.points == total
    assert told > len(explained) * 0.9


def test_reasons_can_be_said_to_the_client(model: Model, portfolio: Portfolio, rows: list[Row]) -> None:
    for row in rows[:100]:
        ours = explain(model, portfolio, row, LIMIT)
        yours = explain(model, portfolio, row, LIMIT, told=Told(Person.YOU))
        for mine, your in zip(
            (*ours.against, *ours.in_favour), (*yours.against, *yours.in_favour), strict=True
        ):
            assert (mine.names, mine.points) == (your.names, your.points)
            assert not re.search(r"\b(le|du) client\b", f"{your.label} {your.sentence}", re.IGNORECASE)
            assert "vous" not in mine.sentence.lower().replace("rendez-vous", "")


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
        assert sum(int(row[2] or 0) for row in chart.table.raw) == one.score.points
        assert chart.table.rows[0][:3] == (
            "Point de départ\u00a0: score moyen des clients connus du modèle",
            "sans objet",
            str(one.base_points),
        )
        said = [
            f"{verb} le plus\u00a0: {side[0].label} ({french.points(side[0].points)})"
            for verb, side in (("ajoute", one.in_favour), ("retire", one.against))
            if side
        ]
        assert [text in chart.sentence for text in said] == [True] * len(said)
        assert said
        assert not [cell for row in chart.table.rows for cell in row if "point" in cell and cell != row[0]]
        svg = chart.svg().decode()
        for part in one.parts:
            assert not part.points or f">{french.points(part.points)}<" in svg
        assert "autres données" not in svg + chart.sentence + str(chart.table.rows)


@pytest.mark.parametrize(("person", "name"), [(Person.CLIENT, "Ce client"), (Person.YOU, "Vous")])
def test_the_scale_shows_score_and_limit(explained: list[Explanation], person: Person, name: str) -> None:
    for one in explained[:5]:
        chart = charts.scale(one.score, person)
        svg = chart.svg("etroite").decode()
        assert f"{name}\u00a0: {one.score.points}" in svg
        assert "Limite\u00a0: 500" in svg
        first, last = one.score.zone
        assert 480 < first < 500 <= last < 520
        assert f"de {first} à {last}\u00a0: proche de la limite" in svg
        assert f"De {first} à {last} points, il est proche de la limite" in chart.sentence
        points = [cast(int, row[1]) for row in chart.table.raw]
        assert points == sorted(points)
        assert next(row[2] for row in chart.table.rows if row[1] == "500") == "48\u00a0%"
        if person is Person.YOU:
            assert "client" not in f"{svg}{chart.sentence}{chart.table.rows}".lower()


def test_missing_data_are_said_to_be_missing(model: Model, portfolio: Portfolio, rows: list[Row]) -> None:
    row = dict(rows[0]) | {"EXT_SOURCE_1": None, "EXT_SOURCE_2": None, "EXT_SOURCE_3": None}
    texts = {part.name: part.text for part in explain(model, portfolio, row, LIMIT).contributions}
    assert texts["EXT_SOURCE_1"] == texts["EXT_SOURCE_MEAN"] == "donnée absente"
    assert not np.isnan(explain(model, portfolio, row, LIMIT).score.margin)


def test_the_reference_is_the_mean_of_the_clients_learnt_from(
    model: Model, portfolio: Portfolio, explained: list[Explanation]
) -> None:
    """Recomputed from the trees: the mean score, and contributions that are nothing on average."""
    learnt = ~np.isnan(portfolio.column("TARGET"))
    columns = dictionary.columns_of(model.features)
    matrix = input_matrix({name: portfolio.column(name)[learnt] for name in columns})
    trees = xgb.Booster(model_file=model.folder / "model.ubj")
    data = xgb.DMatrix(matrix, feature_types=feature_types(), enable_categorical=True)
    mean = float(trees.predict(data, output_margin=True).astype(np.float64).mean())
    assert model.base == pytest.approx(mean, abs=1e-5)
    exact = 500 - 20 / math.log(2) * (mean - math.log(0.48 / 0.52))
    assert {one.base_points for one in explained} == {math.floor(exact)}
    contributions = model.contributions(matrix)
    np.testing.assert_allclose(contributions[:, :-1].mean(axis=0), 0, atol=1e-6)
    own = trees.predict(data, pred_contribs=True)[:, :-1].astype(np.float64)
    np.testing.assert_allclose(contributions[:, :-1], own - own.mean(axis=0), atol=1e-6)
    assert abs(own.mean(axis=0)).max() > 0.01


def test_members_add_up_to_their_part(explained: list[Explanation]) -> None:
    for one in explained:
        assert [member.name for part in one.parts for member in part.members] == [
            member.name for member in one.contributions
        ]
        for part in one.parts:
            assert sum(member.points for member in part.members) == part.points
            assert abs(part.points + 20 / math.log(2) * part.margin) < 1.5
            assert part.points * part.margin <= 0


def test_the_credit_and_the_car_are_one_thing_each(explained: list[Explanation]) -> None:
    """Amount and price rise together: no client hears of both on two sides."""
    credit = {
        "AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE", "CREDIT_TERM", "CREDIT_TO_GOODS", "CREDIT_TO_INCOME",
        "ANNUITY_TO_INCOME",
    }  # fmt: skip
    for names in (credit, {"FLAG_OWN_CAR", "OWN_CAR_AGE"}):
        told = 0
        for one in explained:
            found = [reason for reason in (*one.against, *one.in_favour) if names & set(reason.names)]
            assert len(found) <= 1
            assert [set(reason.names) for reason in found] == [names] * len(found)
            told += len(found)
        assert told > 100


def test_a_rare_category_gives_no_reason(model: Model, portfolio: Portfolio, rows: list[Row]) -> None:
    learnt = ~np.isnan(portfolio.column("TARGET"))
    column = dictionary.COLUMNS["NAME_INCOME_TYPE"]
    codes = portfolio.column(column.name)[learnt]
    silent = 0
    for code in column.categories or ():
        counted = int((codes == column.code(code)).sum())
        one = explain(model, portfolio, dict(rows[0]) | {column.name: code}, LIMIT)
        part = next(part for part in one.parts if part.name == column.name)
        if code == "Maternity leave":
            assert part.text == "Emploi salarié"
            continue
        assert part.heard == (counted >= 100)
        assert part.text.endswith("(catégorie rare)") == (counted < 100)
        assert part.heard or column.name not in {
            name for reason in (*one.against, *one.in_favour) for name in reason.names
        }
        silent += not part.heard and part.points != 0
    assert model.card.counts[column.name]["Working"] == int((codes == column.code("Working")).sum())
    assert silent


@pytest.mark.parametrize(
    ("name", "value", "rare"),
    [
        ("NAME_INCOME_TYPE", "Working", False),
        ("NAME_INCOME_TYPE", "Student", True),
        # Of whom nobody was learnt from.
        ("NAME_INCOME_TYPE", "Unemployed", True),
        ("NAME_INCOME_TYPE", None, False),
        ("AMT_CREDIT", 1.0, False),
    ],
)
def test_a_category_of_a_hundred_clients_is_not_rare(name: str, value: object, rare: bool) -> None:
    """A hundred employees and ninety-nine students."""
    known = by_heart.model(500.5)
    card = dataclasses.replace(known.card, counts={"NAME_INCOME_TYPE": {"Working": 100, "Student": 99}})
    assert Model(known.folder, card, known._booster).rare(name, value) is rare


@pytest.mark.parametrize("column_code", NEUTRAL)
def test_a_neutralised_category_is_told_as_read(
    model: Model, portfolio: Portfolio, rows: list[Row], column_code: tuple[str, str]
) -> None:
    column, code = column_code
    for row in rows[:40]:
        named = explain(model, portfolio, {**row, column: code}, LIMIT)
        assert named == explain(model, portfolio, {**row, column: NEUTRAL[column_code]}, LIMIT)


@pytest.mark.parametrize(
    ("not_applicable", "cause", "said", "cell"),
    [
        (
            "OCCUPATION_TYPE",
            "DAYS_EMPLOYED",
            "Le client n’a pas d’emploi en cours",
            "sans objet (pas d’emploi",
        ),
    ],
)
def test_what_has_no_object_is_told_by_its_cause(
    rows: list[Row], explained: list[Explanation], not_applicable: str, cause: str, said: str, cell: str
) -> None:
    told = 0
    for row, one in zip(rows, explained, strict=True):
        if not dictionary.describe(not_applicable).without_object(row):
            continue
        parts = {part.name: part for part in one.contributions}
        assert parts[not_applicable].text.startswith(cell)
        for reason in (*one.against, *one.in_favour):
            assert (not_applicable in reason.names) == (cause in reason.names)
            if not_applicable in reason.names:
                assert reason.sentence.startswith(said)
                assert reason.points == parts[not_applicable].points + parts[cause].points
                assert "c’est le cas de" in reason.sentence
                told += 1
    assert told


@pytest.mark.parametrize(
    ("car", "said", "cell"),
    [
        ({"FLAG_OWN_CAR": "N", "OWN_CAR_AGE": None}, "Le client ne possède pas de voiture", "sans objet"),
        ({"FLAG_OWN_CAR": "Y", "OWN_CAR_AGE": None}, "Le client possède une voiture", "donnée absente"),
        ({"FLAG_OWN_CAR": "Y", "OWN_CAR_AGE": 12.0}, "La voiture du client a 12", "12"),
    ],
)
def test_a_car_and_its_age_are_told_together(
    model: Model, portfolio: Portfolio, rows: list[Row], car: Row, said: str, cell: str
) -> None:
    told = 0
    for row in rows[:40]:
        one = explain(model, portfolio, {**row, **car}, LIMIT)
        assert {part.name: part.text for part in one.contributions}["OWN_CAR_AGE"].startswith(cell)
        for reason in (*one.against, *one.in_favour):
            if "FLAG_OWN_CAR" in reason.names:
                assert reason.sentence.startswith(said)
                told += 1
    assert told


def test_no_reason_rests_on_an_absence_that_no_client_has(
    model: Model, portfolio: Portfolio, rows: list[Row]
) -> None:
    hidden = [name for name in ("NAME_EDUCATION_TYPE", "NAME_HOUSING_TYPE") if not portfolio.missing(name)]
    assert hidden
    silent = 0
    for row in rows[:50]:
        one = explain(model, portfolio, {**row, **dict.fromkeys(hidden)}, LIMIT)
        assert not {name for reason in (*one.against, *one.in_favour) for name in reason.names} & set(hidden)
        silent += sum(part.name in hidden and part.points != 0 for part in one.parts)
        assert one.base_points + sum(part.points for part in one.contributions) == one.score.points
    assert silent, "there was something to be silent about"


@pytest.mark.parametrize(("absent", "told"), [(0, False), (1, True)])
def test_a_file_without_scores_gives_a_reason_where_such_a_client_was_met(
    portfolio: Portfolio, absent: int, told: bool
) -> None:
    known = by_heart.model(500.5, Step("EXT_SOURCE_MEAN", at=0.4, below=-30, above=10))
    card = dataclasses.replace(known.card, absent={**known.card.absent, "EXT_SOURCE_MEAN": absent})
    model = Model(known.folder, card, known._booster)
    bare = explain(model, portfolio, by_heart.client(EXT_SOURCE_2=None), LIMIT)
    assert bare.score.points == 470
    assert [reason.points for reason in bare.against] == [-30] * told
    assert [part.heard for part in bare.parts if part.name == "notes"] == [told]


def test_each_score_has_its_own_picture_on_paper(explained: list[Explanation]) -> None:
    """Pictures are kept for all who have the same one: never another score, limit or person."""
    scores = {one.score.points: one.score for one in explained}
    first, second = list(scores.values())[:2]
    other = dataclasses.replace(first, scale=Scale(0.3))
    for score in (first, second, first, other):
        for person, whom in ((Person.CLIENT, "Ce client"), (Person.YOU, "Vous")):
            svg = " ".join(charts.scale(score, person).on_paper().decode().split())
            assert f"{whom} : {score.points}<" in svg.replace("\N{NO-BREAK SPACE}", " ")
            assert f"De {score.zone[0]} à {score.zone[1]} points" in svg
    assert first.points != other.points
    assert first.zone != other.zone
