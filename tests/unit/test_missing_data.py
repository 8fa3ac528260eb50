"""What missing data leave open, counted again by hand: every completion, its decision, and what is told."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.model.inputs import input_matrix
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.whatif.missing_data import Sensitivity, missing, sensitivity
from pretadepenser.credit.whatif.plausibility import implausible
from tests.unit import by_heart
from tests.unit.by_heart import Step, plain

# Nothing is missing of this file but what a test takes away.
WHOLE = by_heart.client(
    EXT_SOURCE_1=0.5, EXT_SOURCE_3=0.5, OCCUPATION_TYPE="Laborers", NAME_EDUCATION_TYPE="Higher education",
    NAME_HOUSING_TYPE="House / apartment",
)  # fmt: skip


@dataclass(frozen=True)
class House:
    """A limit, how it is written, and the points from which a model starts to have 500 at that limit."""

    limit: float
    base: float

    def ask(self, portfolio: Portfolio, steps: Sequence[Step], **taken: Value) -> Sensitivity:
        """The answers left open by the file with these values."""
        return sensitivity(self.model(steps), portfolio, {**WHOLE, **taken}, self.limit)

    def model(self, steps: Sequence[Step]) -> Model:
        return by_heart.model(self.base, *steps)


@pytest.fixture(scope="module", params=[(0.48, 500.5), (0.3, 522.64)], ids=["48", "30"])
def house(request: pytest.FixtureRequest) -> House:
    return House(*request.param)


@pytest.fixture(scope="module")
def hundred(tmp_path_factory: pytest.TempPathFactory) -> Portfolio:
    """A hundred clients, fewer than are drawn: all of them are asked, each once. Forty have a car."""
    ages = [float(k % 20) if k <= 40 else None for k in range(1, 101)]
    cars = ["Y" if k <= 40 else "N" for k in range(1, 101)]
    rows = by_heart.hundred(FLAG_OWN_CAR=cars, OWN_CAR_AGE=ages)
    return by_heart.portfolio(tmp_path_factory.mktemp("hundred"), rows)


def score(at: float, below: float, above: float) -> Step:
    """External scores fall from 0.99 to 0 by hundredths: below `at`, 100 times `at` of the clients."""
    return Step("EXT_SOURCE_2", at - 0.005, below, above)


ONE = "Il manque une donnée que le modèle utilise. Selon sa valeur, la probabilité de ne pas rembourser "
TOLD = [
    # A missing score counts as a low one: the file alone is refused, and sixty completions are granted.
    (
        [score(0.4, below=-30, above=10)],
        (False, 60),
        "Le prêt serait accordé dans 60 cas sur 100 (60 %) et refusé dans les autres.",
    ),
    (
        [score(0.4, below=10, above=-30)],
        (True, 60),
        "Le prêt serait refusé dans 60 cas sur 100 (60 %) et accordé dans les autres.",
    ),
    (
        [score(0.9, below=10, above=-30)],
        (True, 10),
        "Le prêt serait refusé dans 10 cas sur 100 (10 %) et accordé dans les autres.",
    ),
    ([score(0.91, below=10, above=-30)], (True, 9), "Le prêt serait refusé dans 9 cas sur 100 (9 %)."),
    ([score(0.99, below=-30, above=10)], (False, 1), "Le prêt serait accordé dans 1 cas sur 100 (1 %)."),
    ([score(0.4, below=30, above=10)], (True, 0), "Dans aucun de ces cas la décision ne changerait."),
    ([score(0.4, below=-30, above=-10)], (False, 0), "Dans aucun de ces cas la décision ne changerait."),
]


@pytest.mark.parametrize(("steps", "counted", "said"), TOLD)
def test_the_decisions_of_all_completions_are_counted(
    house: House, hundred: Portfolio, steps: list[Step], counted: tuple[bool, int], said: str
) -> None:
    found = house.ask(hundred, steps, EXT_SOURCE_2=None)
    assert (found.granted, found.changed) == counted
    assert found.cases == 100
    assert found.open is (counted[1] >= 10)
    assert plain(found.sentence).startswith(ONE)
    assert plain(found.sentence).endswith(f" dans 8 cas sur 10. {said}")


# 15 clients at 450.5 points, 70 at 500.5 and 15 at 550.5: eight in ten reach both ends, six in ten neither.
SPREAD = [score(0.15, below=-50, above=0), score(0.85, below=0, above=50)]
ENDS = {0.48: ("14 %", "84 %"), 0.3: ("6,9 %", "70 %")}


def test_the_interval_holds_eight_cases_in_ten(house: House, hundred: Portfolio) -> None:
    found = house.ask(hundred, SPREAD, EXT_SOURCE_2=None)
    low, high = (found_share(house, points) for points in (550, 450))
    assert found.low == pytest.approx(low, abs=1e-4)
    assert found.high == pytest.approx(high, abs=1e-4)
    first, last = ENDS[house.limit]
    assert f"irait de {first} à {last} dans 8 cas sur 10." in plain(found.sentence)
    narrow = house.ask(hundred, [score(0.05, -50, 0), score(0.95, 0, 50)], EXT_SOURCE_2=None)
    assert narrow.low == narrow.high == pytest.approx(found_share(house, 500), abs=1e-4)
    assert "resterait à " in plain(narrow.sentence)


def found_share(house: House, points: int) -> float:
    """The probability of half a point more than these, by the formula of the scale."""
    margin = math.log(house.limit / (1 - house.limit)) - (points + 0.5 - 500) * by_heart.POINT
    return 1 / (1 + math.exp(-margin))


def annuities() -> list[float]:
    """The instalments of the hundred, as by_heart describes them."""
    return [round((100_000 + 1_000 * k) / (11 + k % 25), 2) for k in range(1, 101)]


def test_completions_that_cannot_be_true_are_left_out(house: House, hundred: Portfolio) -> None:
    """An instalment above the income of 8,000 € cannot be; those above 6,000 € are refused."""
    step = Step("AMT_ANNUITY", 6_000, below=10, above=-30)
    found = house.ask(hundred, [step], AMT_ANNUITY=None, AMT_INCOME_TOTAL=8_000.0)
    plausible = [one for one in annuities() if one <= 8_000]
    assert 50 < len(plausible) < 90
    assert (found.granted, found.cases) == (True, len(plausible))
    assert found.changed == sum(one >= 6_000 for one in plausible)
    rich = house.ask(hundred, [step], AMT_ANNUITY=None, AMT_INCOME_TOTAL=80_000.0)
    assert (rich.cases, rich.changed) == (100, sum(one >= 6_000 for one in annuities()))


def test_missing_figures_are_borrowed_together_from_one_client(house: House, hundred: Portfolio) -> None:
    """The k-th client's score and instalment: never the score of one and the instalment of another."""
    steps = [score(0.5, -12, 4), Step("AMT_ANNUITY", 6_000, 0, -8)]
    found = house.ask(hundred, steps, AMT_ANNUITY=None, EXT_SOURCE_2=None)
    points = [
        500 + (4 if k <= 50 else -12) + (-8 if annuity >= 6_000 else 0)
        for k, annuity in enumerate(annuities(), 1)
    ]
    assert [column.name for column in found.missing] == ["AMT_ANNUITY", "EXT_SOURCE_2"]
    assert (found.granted, found.cases) == (False, 100)
    assert found.changed == sum(one >= 500 for one in points)
    ends = np.quantile(sorted(found_share(house, one) for one in points), [0.1, 0.9])
    assert [found.low, found.high] == pytest.approx(ends.tolist(), abs=1e-4)
    assert plain(found.sentence).startswith(
        "Il manque 2 données que le modèle utilise. Selon leur valeur, la probabilité de ne pas rembourser "
        "irait de "
    )


def test_the_age_of_a_car_is_that_of_one_of_the_forty(house: House, hundred: Portfolio) -> None:
    """Of those who have a car: two of twenty ages are ten years or more for half of them."""
    step = Step("OWN_CAR_AGE", 9.5, below=10, above=-30)
    found = house.ask(hundred, [step], FLAG_OWN_CAR="Y", OWN_CAR_AGE=None)
    assert (found.granted, found.cases, found.changed) == (True, 40, 20)


def test_the_data_to_look_for_first_are_those_that_turn_the_decision(
    house: House, hundred: Portfolio
) -> None:
    """An instalment moves the score further, and the external score the decision more often.

    Both orders differ from that of the dictionary, which has the instalment first.
    """
    steps = [score(0.5, -3, 3), Step("AMT_ANNUITY", 14_000, 0, -300)]
    found = house.ask(hundred, steps, AMT_ANNUITY=None, EXT_SOURCE_2=None)
    assert sum(one >= 14_000 for one in annuities()) in range(3, 12)
    assert [column.name for column in found.missing] == ["AMT_ANNUITY", "EXT_SOURCE_2"]
    assert [column.name for column in found.decisive] == ["EXT_SOURCE_2", "AMT_ANNUITY"]
    assert plain(found.question) == (
        "On ne peut pas encore répondre : la décision dépend de 2 données qui manquent."
    )
    assert plain(found.advice) == (
        "Pour trancher, remplissez d’abord « Note de l’organisme extérieur numéro 2 », puis « Mensualité »."
    )
    alone = house.ask(hundred, [score(0.4, -30, 10)], EXT_SOURCE_2=None)
    assert plain(alone.question) == (
        "On ne peut pas encore répondre : la décision dépend d’une donnée qui manque."
    )
    assert plain(alone.advice) == (
        "Pour trancher, remplissez d’abord « Note de l’organisme extérieur numéro 2 »."
    )


def test_no_more_than_two_data_are_named_first() -> None:
    three = tuple(dictionary.COLUMNS[name] for name in ("OCCUPATION_TYPE", "EXT_SOURCE_2", "AMT_ANNUITY"))
    found = Sensitivity(three[::-1], three, 200, 0.2, 0.6, 90, True, 0.48)
    assert plain(found.question) == (
        "On ne peut pas encore répondre : la décision dépend de 3 données qui manquent."
    )
    assert plain(found.advice) == (
        "Pour trancher, remplissez d’abord « Métier », puis « Note de l’organisme extérieur numéro 2 »."
    )


def test_where_equally_many_decisions_turn_the_model_s_move_decides(house: House, hundred: Portfolio) -> None:
    """Nothing turns the decision: the figure that moves the score more comes first."""
    steps = [score(0.5, 20, 60), Step("AMT_ANNUITY", 6_000, 30, 20)]
    found = house.ask(hundred, steps, AMT_ANNUITY=None, EXT_SOURCE_2=None)
    assert found.changed == 0
    assert [column.name for column in found.decisive] == ["EXT_SOURCE_2", "AMT_ANNUITY"]


def test_a_whole_file_leaves_nothing_open(house: House, hundred: Portfolio) -> None:
    found = house.ask(hundred, [score(0.4, -30, 10)])
    assert (found.missing, found.cases, found.changed, found.granted) == ((), 0, 0, True)
    assert found.low == found.high == pytest.approx(found_share(house, 510), abs=1e-4)
    assert found.sentence == "Toutes les données que le modèle utilise sont connues."


def test_where_no_client_can_lend_the_data_that_is_said(house: House, tmp_path: Path) -> None:
    nobody = by_heart.portfolio(tmp_path, by_heart.hundred(FLAG_OWN_CAR=["N"] * 100))
    found = house.ask(nobody, [score(0.4, -30, 10)], FLAG_OWN_CAR="Y", OWN_CAR_AGE=None)
    assert plain(found.sentence) == (
        "Il manque une donnée que le modèle utilise. Aucun client connu ne permet d’estimer l’effet de ce "
        "manque."
    )
    assert not found.open


# --- the trained model --------------------------------------------------------------------------


def recounted(
    model: Model, portfolio: Portfolio, row: Mapping[str, Any], lacking: Sequence[str], limit: float
) -> tuple[int, int, float, float, list[str]]:
    """Cases, changed decisions, both ends, and the missing data by how often each alone turns the decision.

    Clients come in the order drawn with the seed of the module, 800 of them at most, until 200 fit.
    """
    files: list[dict[str, Any]] = []
    for index in np.random.default_rng(2026).choice(portfolio.size, 800, replace=False).tolist():
        lender = portfolio.client(int(portfolio.numbers()[index]))
        assert lender
        file = {**row, **{name: lender.values[name] for name in lacking}}
        if not implausible(file):
            files.append(file)
        if len(files) == 200:
            break

    def margins(rows: Sequence[Mapping[str, Any]]) -> list[float]:
        found: list[float] = model.margins(input_matrix(dictionary.frame(rows), model.features)).tolist()
        return found

    edge = math.log(limit / (1 - limit))
    own, found = margins([row])[0] <= edge, margins(files)
    changed = sum((one <= edge) != own for one in found)
    shares = sorted(1 / (1 + math.exp(-one)) for one in found)
    turned = {}
    for name in lacking:
        other = margins(
            [{**file, name: files[(place + 1) % len(files)][name]} for place, file in enumerate(files)]
        )
        flips = sum((a <= edge) != (b <= edge) for a, b in zip(found, other, strict=True))
        moved = sum(abs(a - b) for a, b in zip(found, other, strict=True))
        turned[name] = (-flips, -moved)
    order = sorted(lacking, key=lambda name: turned[name])
    return len(files), changed, float(np.quantile(shares, 0.1)), float(np.quantile(shares, 0.9)), order


@pytest.mark.parametrize("limit", [0.48, 0.3])
def test_the_estimate_is_what_counting_all_completions_gives(
    model: Model, portfolio: Portfolio, limit: float
) -> None:
    clients = [portfolio.client(int(number)) for number in portfolio.numbers()[:400]]
    whole = [one.values for one in clients if one and not missing(model, one.values)]
    lacking = ("AMT_INCOME_TOTAL", "AMT_ANNUITY", "EXT_SOURCE_2", "EXT_SOURCE_3")
    kinds = set()
    for values in whole[:2]:
        row = {**values, **dict.fromkeys(lacking)}
        found = sensitivity(model, portfolio, row, limit)
        cases, changed, low, high, order = recounted(model, portfolio, row, lacking, limit)
        assert (found.cases, found.changed) == (cases, changed) == (200, changed)
        assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)
        assert [column.name for column in found.decisive] == order
        kinds.add(0 < changed < cases)
    assert True in kinds


@pytest.mark.parametrize(
    ("changed", "granted", "said"),
    [
        (199, True, "Le prêt serait refusé dans 199 cas sur 200 (99,5 %) et accordé dans les autres."),
        (200, True, "Le prêt serait refusé dans 200 cas sur 200 (100 %)."),
        (200, False, "Le prêt serait accordé dans 200 cas sur 200 (100 %)."),
        (198, False, "Le prêt serait accordé dans 198 cas sur 200 (99 %) et refusé dans les autres."),
    ],
)
def test_all_cases_leave_no_others(changed: int, granted: bool, said: str) -> None:
    lacking = (dictionary.COLUMNS["EXT_SOURCE_1"], dictionary.COLUMNS["EXT_SOURCE_2"])
    found = Sensitivity(lacking, lacking, 200, 0.1, 0.2, changed, granted, 0.48)
    assert plain(found.sentence).endswith(f"irait de 10 % à 20 % dans 8 cas sur 10. {said}")
