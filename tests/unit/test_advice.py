"""Frozen advice: what the page says, to the last digit after JSON, and never a protected ground."""

import dataclasses
import json
import re
from pathlib import Path

import pytest

from pretadepenser.credit import dictionary
from pretadepenser.credit.explanation import advice
from pretadepenser.credit.explanation.advice import Advice, AdviceError
from pretadepenser.credit.explanation.reasons import Told, explain
from pretadepenser.credit.model import archive
from pretadepenser.credit.model.archive import Archive
from pretadepenser.credit.model.scoring import Model, current_model
from pretadepenser.credit.portfolio import Portfolio, current_portfolio
from pretadepenser.french import Person
from pretadepenser.money import KAGGLE, Money, using

BUREAUX = ("Alpha", "Bêta", "Gamma")
LIMIT = 0.48


def written(one: Advice) -> Advice:
    """Advice after a stay in the database."""
    text = json.dumps(advice.as_json(one), ensure_ascii=False, sort_keys=True, allow_nan=False)
    return advice.from_json(json.loads(text))


@pytest.fixture(scope="module")
def storied(learned: Path) -> tuple[Model, Portfolio]:
    """A model that learnt from credit histories too, and its clients."""
    model, portfolio = current_model(learned), current_portfolio(learned)
    assert model
    assert portfolio
    return model, portfolio


def freeze(model: Model, portfolio: Portfolio, index: int, money: Money = KAGGLE) -> Advice:
    number = int(portfolio.numbers()[index])
    client = portfolio.client(number)
    assert client
    with using(money):
        return advice.freeze(model, portfolio, client.values, LIMIT, number, BUREAUX)


def test_it_says_what_the_page_and_the_sheet_say(storied: tuple[Model, Portfolio]) -> None:
    """It is computed from what it stores: nothing that the words read may be missing there."""
    model, portfolio = storied
    for index in range(0, 2000, 80):
        number = int(portfolio.numbers()[index])
        client = portfolio.client(number)
        assert client
        with using(KAGGLE):
            page = explain(model, portfolio, client.values, LIMIT, number)
            sheet = explain(model, portfolio, client.values, LIMIT, number, Told(Person.YOU, BUREAUX))
        frozen = freeze(model, portfolio, index)
        assert frozen.number == number
        assert (frozen.margin, frozen.points) == (page.score.margin, page.score.points)
        assert (frozen.probability, frozen.calibrated_rate) == (
            page.score.probability,
            page.score.calibrated,
        )
        assert (frozen.granted, frozen.close) == (page.score.granted, page.score.close)
        assert (frozen.points_low, frozen.points_high) == (page.score.points_low, page.score.points_high)
        assert (
            frozen.base_points + sum(points for _, points in frozen.contributions.values()) == frozen.points
        )
        assert frozen.contributions == {one.name: (one.margin, one.points) for one in page.contributions}
        assert [(line.label, line.text, line.points) for line in frozen.lines] == [
            (part.label, part.text, part.points) for part in page.parts
        ]
        for ours, theirs, yours in (
            (frozen.against, page.against, sheet.against),
            (frozen.in_favour, page.in_favour, sheet.in_favour),
        ):
            assert [(one.names, one.points, one.label, one.sentence) for one in ours] == [
                (one.names, one.points, one.label, one.sentence) for one in theirs
            ]
            assert [(one.your_label, one.your_sentence) for one in ours] == [
                (one.label, one.sentence) for one in yours
            ]


def test_json_loses_no_digit_and_no_type(storied: tuple[Model, Portfolio]) -> None:
    for index in range(0, 2000, 80):
        frozen = freeze(*storied, index)
        back = written(frozen)
        assert back == frozen
        assert {name: type(value) for name, value in back.inputs.items()} == {
            name: type(value) for name, value in frozen.inputs.items()
        }
        assert json.dumps(advice.as_json(back), sort_keys=True) == json.dumps(
            advice.as_json(frozen), sort_keys=True
        )


def test_numbers_of_numpy_and_what_is_not_a_number(model: Model, portfolio: Portfolio) -> None:
    """A row may come from a form, a frame or a file: advice holds plain numbers, and None for NaN."""
    client = portfolio.client(int(portfolio.numbers()[3]))
    assert client
    values = dict(client.values)
    values |= {"EXT_SOURCE_1": float("nan"), "AMT_CREDIT": portfolio.column("AMT_CREDIT")[3]}
    frozen = advice.freeze(model, portfolio, values, LIMIT)
    assert frozen.number is None
    assert frozen.inputs["EXT_SOURCE_1"] is None
    assert type(frozen.inputs["AMT_CREDIT"]) is float
    plain = advice.freeze(model, portfolio, {**client.values, "EXT_SOURCE_1": None}, LIMIT)
    assert written(frozen).contributions == plain.contributions


def test_it_holds_no_protected_ground(model: Model, portfolio: Portfolio) -> None:
    """Neither its columns nor the category that names one: maternity leave is read as work."""
    client = portfolio.client(int(portfolio.numbers()[3]))
    assert client
    working, leave = (
        advice.freeze(model, portfolio, {**client.values, "NAME_INCOME_TYPE": kind}, LIMIT)
        for kind in ("Working", "Maternity leave")
    )
    assert leave == working
    assert leave.inputs["NAME_INCOME_TYPE"] == "Working"
    assert not set(leave.inputs) & set(dictionary.protected_columns())
    assert not set(leave.inputs) & {"SK_ID_CURR", "TARGET", "CODE_GENDER", "DAYS_BIRTH", "CNT_CHILDREN"}


def test_amounts_are_told_in_the_currency_of_then(model: Model, portfolio: Portfolio, tmp_path: Path) -> None:
    """And again so: whatever currency is in use where it is computed anew."""
    francs, euros = (freeze(model, portfolio, 5, money) for money in (Money("CHF", 1000.0), KAGGLE))
    assert (francs.currency, francs.amount_scale) == ("CHF", 1000.0)
    told = " ".join(line.text for line in francs.lines)
    assert "CHF" in told
    assert "€" not in told
    archive.keep(tmp_path, model, portfolio)
    opened = Archive(tmp_path)
    with using(Money("USD", 1.0)):
        assert advice.again(francs, opened) == francs
        assert advice.again(euros, opened) == euros


@pytest.mark.parametrize(
    "plain",
    [None, [], {}, {"format": 1}, {"format": "1"}, "avis"],
    ids=["nothing", "list", "empty", "short", "text format", "text"],
)
def test_what_is_no_advice_is_told(plain: object) -> None:
    with pytest.raises(AdviceError) as told:
        advice.from_json(plain)
    assert str(told.value) == "L’avis du modèle n’est pas sous la forme dans laquelle il a été écrit."


def test_advice_of_another_version_is_told(model: Model, portfolio: Portfolio) -> None:
    plain = {**advice.as_json(freeze(model, portfolio, 0)), "format": 2, "more": 1}
    with pytest.raises(AdviceError) as told:
        advice.from_json(plain)
    assert str(told.value) == (
        "L’avis du modèle a été écrit par une autre version de l’application, et celle-ci ne sait pas "
        "le lire."
    )


@pytest.mark.parametrize("version", [0, 2])
def test_advice_of_an_older_or_newer_form_is_told_apart(
    model: Model, portfolio: Portfolio, version: int
) -> None:
    assert advice.FORMAT == 1
    with pytest.raises(AdviceError, match=r"^L’avis du modèle a été écrit par une autre version"):
        advice.from_json({**advice.as_json(freeze(model, portfolio, 0)), "format": version})


def test_advice_whose_data_are_no_longer_known_is_told(
    model: Model, portfolio: Portfolio, tmp_path: Path
) -> None:
    """A later version may have lost a column of then."""
    archive.keep(tmp_path, model, portfolio)
    frozen = freeze(model, portfolio, 0)
    inputs = {name: value for name, value in frozen.inputs.items() if name != "AMT_CREDIT"}
    written_then = dataclasses.replace(frozen, inputs=inputs, software={"pretadepenser": "0.3.0"})
    with pytest.raises(AdviceError) as told:
        advice.again(written_then, Archive(tmp_path))
    assert re.fullmatch(
        r"Cette version de l’application ne sait plus lire une donnée de l’avis \('\w+'\) : rejouez la "
        r"décision avec celle qui l’a écrit \(Prêt à dépenser 0\.3\.0\)\.",
        str(told.value),
    )
