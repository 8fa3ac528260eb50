"""What would change the decision: minimal by brute force, valid, realistic, and never senseless."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Row
from pretadepenser.credit.explanation.reasons import explain
from pretadepenser.credit.model.scoring import Model, current_model, current_scores
from pretadepenser.credit.portfolio import Portfolio, current_portfolio
from pretadepenser.credit.recourse import grid as lever_grid
from pretadepenser.credit.recourse.levers import LOCKS, Admissible, Lever, Lock
from pretadepenser.credit.recourse.search import Levers, Proposal, levers
from pretadepenser.credit.scale import Scale
from pretadepenser.credit.whatif.plausibility import implausible
from pretadepenser.money import KAGGLE, PLAIN, using
from tests.unit import brute_force
from tests.unit.brute_force import figures, known

LIMIT = 0.48
MANY = 60
# Clients for whom every step of every pair is tried.
SAMPLE = 8
MOVED = ("AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE", "AMT_INCOME_TOTAL")


@dataclass(frozen=True)
class Bench:
    """A model, its clients, and the numbers of those refused and granted, in an order drawn once."""

    model: Model
    portfolio: Portfolio
    refused: list[int]
    granted: list[int]

    def row(self, number: int) -> Row:
        client = self.portfolio.client(number)
        assert client
        return client.values

    def levers(self, number: int, *locked: Lock) -> Levers:
        return levers(self.model, self.portfolio, self.row(number), LIMIT, frozenset(locked), number)

    def client(self, number: int) -> brute_force.Client:
        return brute_force.Client(self.model, self.portfolio, self.row(number), LIMIT, KAGGLE.scale)


@pytest.fixture(scope="module")
def bench(trained: Path) -> Bench:
    model, portfolio = current_model(trained), current_portfolio(trained)
    assert model
    assert portfolio
    margins = current_scores(trained, portfolio, model)
    assert margins is not None
    order = np.random.default_rng(0).permutation(portfolio.size)
    above = ~Scale(LIMIT).granted(margins[order])
    numbers = portfolio.numbers()[order]
    return Bench(model, portfolio, numbers[above].tolist(), numbers[~above].tolist())


@pytest.fixture(scope="module")
def answers(bench: Bench) -> list[tuple[Row, Levers]]:
    """The answers for MANY refused clients, half of them in Kaggle's scale, half in units of the data."""
    assert len(bench.refused) >= MANY
    found = []
    for place, number in enumerate(bench.refused[:MANY]):
        with using(KAGGLE if place % 2 else PLAIN):
            found.append((bench.row(number), bench.levers(number)))
    return found


def test_every_proposal_is_granted_when_scored_anew(bench: Bench, answers: list[tuple[Row, Levers]]) -> None:
    proposals = [proposal for _, found in answers for proposal in found.proposals]
    assert len(proposals) > MANY / 4
    for proposal in proposals:
        score = explain(bench.model, bench.portfolio, proposal.row, LIMIT).score
        assert score.points >= 505
        assert score == proposal.score
        assert not proposal.fragile


def test_nothing_but_the_credit_and_the_income_changes(answers: list[tuple[Row, Levers]]) -> None:
    for name in MOVED:
        assert dictionary.COLUMNS[name].actionable
        assert dictionary.COLUMNS[name].protected is None
    changed = set()
    for row, found in answers:
        for proposal in found.shown:
            changed |= {name for name in row if row[name] != proposal.row[name]}
    assert changed == set(MOVED)


def test_no_direction_is_senseless(answers: list[tuple[Row, Levers]]) -> None:
    priced, slower = 0, 0
    for row, found in answers:
        for proposal in found.shown:
            after = proposal.row
            assert known(after, "AMT_CREDIT") <= known(row, "AMT_CREDIT")
            assert known(after, "AMT_INCOME_TOTAL") >= known(row, "AMT_INCOME_TOTAL")
            if row["AMT_GOODS_PRICE"] is not None:
                assert known(after, "AMT_GOODS_PRICE") <= known(row, "AMT_GOODS_PRICE")
                priced += 1
            if Lever.SHORTER not in proposal.levers:
                assert known(after, "AMT_ANNUITY") <= known(row, "AMT_ANNUITY")
                slower += 1
    assert priced > 20
    assert slower > 20


def test_proposals_are_realistic(bench: Bench, answers: list[tuple[Row, Levers]]) -> None:
    bounds = {
        name: tuple(bench.portfolio.quantile(name, share) for share in (0.005, 0.995))
        for name in (*MOVED, "CREDIT_TERM", "CREDIT_TO_GOODS")
    }
    raised = 0
    for row, found in answers:
        for proposal in found.shown:
            assert set(implausible(proposal.row)) <= set(implausible(row))
            before, after = figures(row), figures(proposal.row)
            for name, (low, high) in bounds.items():
                if abs(after[name] - before[name]) > 1e-3 * before[name]:
                    assert min(low, before[name]) * 0.999 <= after[name] <= max(high, before[name]) * 1.001
            if after["AMT_ANNUITY"] > before["AMT_ANNUITY"]:
                assert after["ANNUITY_TO_INCOME"] <= 0.35
                assert after["AMT_ANNUITY"] <= 1.25 * before["AMT_ANNUITY"] * (1 + 1e-12)
                raised += 1
            assert after["AMT_CREDIT"] >= 0.75 * before["AMT_CREDIT"] * (1 - 1e-12)
    assert raised


def test_figures_that_belong_together_move_together(answers: list[tuple[Row, Levers]]) -> None:
    as_many, as_dear = 0, 0
    for row, found in answers:
        for proposal in found.shown:
            before, after = figures(row), figures(proposal.row)
            if not {Lever.LONGER, Lever.SHORTER} & set(proposal.levers):
                assert after["CREDIT_TERM"] == pytest.approx(before["CREDIT_TERM"], rel=1e-3)
                as_many += 1
            if Lever.DEPOSIT not in proposal.levers and before["CREDIT_TO_GOODS"] > 0:
                assert after["CREDIT_TO_GOODS"] == pytest.approx(before["CREDIT_TO_GOODS"], rel=2e-3)
                as_dear += 1
    assert as_many > 10
    assert as_dear > 10


def test_at_most_three_proposals_that_differ(answers: list[tuple[Row, Levers]]) -> None:
    assert max(len(found.proposals) for _, found in answers) == 3
    for _, found in answers:
        assert [one.cost for one in found.proposals] == sorted(one.cost for one in found.proposals)
        for first, second in itertools.combinations(found.proposals, 2):
            ours, theirs = ({LOCKS[lever] for lever in one.levers} for one in (first, second))
            assert not ours <= theirs
            assert not theirs <= ours


def test_without_a_proposal_what_comes_nearest_is_shown(answers: list[tuple[Row, Levers]]) -> None:
    alone = [found for _, found in answers if not found.proposals]
    assert 0 < len(alone) < len(answers)
    assert any(found.fragile for found in alone)
    assert any(found.nearest for found in alone)
    for found in alone:
        assert "Aucun changement sûr" in found.sentence
        if found.fragile:
            assert found.nearest is None
            assert found.fragile.score.granted
            assert found.fragile.fragile.startswith("Changement fragile")
            assert "Un changement fragile suffirait" in found.sentence
        if found.nearest:
            assert not found.nearest.fragile
            assert not found.nearest.score.granted
            assert found.nearest.gained == found.nearest.score.points - found.score.points > 0
    assert all(found.shown == found.proposals for _, found in answers if found.proposals)


def test_sentences_are_french(answers: list[tuple[Row, Levers]]) -> None:
    for _, found in answers:
        for text in (
            found.sentence,
            *(one for shown in found.shown for one in (shown.sentence, *shown.cares) if one),
            *(one for shown in found.shown for one in (shown.fragile, shown.spared) if one),
        ):
            assert text.endswith(".")
            assert " :" not in text
            assert " €" not in text
            assert not any(word in text for word in ("AMT_", "None", "nan", "{", "  "))


def test_answers_are_what_trying_every_step_finds(bench: Bench) -> None:
    cases = [*((number, ()) for number in bench.refused[:SAMPLE]), *_locked(bench.refused[SAMPLE:])]
    kinds = set()
    with using(KAGGLE):
        for number, locked in cases:
            found = bench.levers(number, *locked)
            assert not brute_force.faults(bench.client(number), found, set(locked)), number
            kinds.add((len(found.proposals), found.fragile is None))
    assert len(kinds) > 2


def _locked(numbers: list[int]) -> Iterator[tuple[int, tuple[Lock, ...]]]:
    yield from ((number, (lock,)) for number, lock in zip(numbers, Lock, strict=False))


def test_a_lever_alone_is_exact_at_every_unit_of_the_data(bench: Bench) -> None:
    for number in bench.refused[: SAMPLE // 2]:
        client = brute_force.Client(bench.model, bench.portfolio, bench.row(number), LIMIT, 1.0)
        tried = brute_force.everything(client, {Lock.TERM, Lock.INCOME, Lock.DEPOSIT}, pairs=False)
        expected = brute_force.cheapest(client, tried, safe=True, needed=True)
        found = bench.levers(number, Lock.TERM, Lock.INCOME, Lock.DEPOSIT)
        costs = ((one.levers, one.cost) for one in found.proposals)
        assert brute_force.rounded(costs) == brute_force.rounded(expected.items())


def test_a_pair_among_many_steps_is_refined(bench: Bench, answers: list[tuple[Row, Levers]]) -> None:
    """In units of the data a pair has too many steps to try all: one less of an amount must not do."""
    pairs = 0
    for row, found in answers[::2]:
        client = brute_force.Client(bench.model, bench.portfolio, row, LIMIT, 1.0)
        for one in found.proposals:
            if len(one.levers) == 1 or set(one.levers) == {Lever.PROJECT, Lever.DEPOSIT}:
                continue
            settings = _settings(row, one)
            rows = [client.after({lever: value}) for lever, value in settings.items()]
            assert one.spared or max(client.points(rows)) < 500
            for lever, step in ((Lever.PROJECT, 100), (Lever.DEPOSIT, -100), (Lever.INCOME, -100)):
                if lever in settings:
                    less = {**settings, lever: settings[lever] + step}
                    assert client.points([client.after(less)])[0] < 505
            pairs += 1
    assert pairs


def _settings(row: Row, proposal: Proposal) -> dict[Lever, float]:
    """What the levers of a proposal are set to, where only one of them is on the amount."""
    after = proposal.row
    values = {
        Lever.PROJECT: known(after, "AMT_CREDIT"),
        Lever.DEPOSIT: math.ceil(known(row, "AMT_CREDIT") / 100) * 100 - known(after, "AMT_CREDIT"),
        Lever.INCOME: known(after, "AMT_INCOME_TOTAL") - known(row, "AMT_INCOME_TOTAL"),
    }
    if after["AMT_ANNUITY"] is not None:
        months = float(round(known(after, "AMT_CREDIT") / known(after, "AMT_ANNUITY")))
        values |= {Lever.LONGER: months, Lever.SHORTER: months}
    return {lever: values[lever] for lever in proposal.levers}


@pytest.mark.parametrize("lock", Lock)
def test_what_is_locked_stays(bench: Bench, lock: Lock) -> None:
    used = {
        LOCKS[lever]
        for number in bench.refused[:15]
        for proposal in bench.levers(number, lock).shown
        for lever in proposal.levers
    }
    assert used == {Lock.PROJECT, Lock.DEPOSIT, Lock.TERM, Lock.INCOME} - {lock}


def test_everything_locked_leaves_nothing(bench: Bench) -> None:
    found = bench.levers(bench.refused[0], *Lock)
    assert found.proposals == ()
    assert found.nearest is None
    assert found.curve is None
    assert found.tried == 0


def test_same_question_same_answer(bench: Bench) -> None:
    for number in bench.refused[:5]:
        assert bench.levers(number) == bench.levers(number)


def test_room_of_granted_clients_ends_where_it_says(bench: Bench) -> None:
    ends = 0
    with using(KAGGLE):
        for number in bench.granted[:60]:
            found = bench.levers(number)
            assert not brute_force.room_faults(bench.client(number), found), number
            assert found.shown == ()
            assert found.room
            assert found.curve
            assert found.room.margin == found.score.points - 500 >= found.room.smallest >= 0
            index = found.curve.amounts.index(found.room.largest)
            assert min(found.curve.points[: index + 1]) >= found.room.smallest + 500
            ends += index + 1 < len(found.curve.amounts)
    assert ends


def test_what_is_admissible_is_the_lender_s_to_say(bench: Bench) -> None:
    wide = Admissible(instalment=10.0, cut=0.9, points=0, share=1.0)
    narrow = Admissible(instalment=1.0, cut=0.01, points=100, share=0.01)
    cheaper = 0
    for number in bench.refused[:10]:
        row = bench.row(number)
        with using(KAGGLE):
            usual, more, less = (
                levers(bench.model, bench.portfolio, row, LIMIT, admissible=one)
                for one in (Admissible(), wide, narrow)
            )
        assert usual.tried > less.tried
        assert not less.proposals
        if usual.proposals:
            assert more.proposals[0].cost <= usual.proposals[0].cost
            cheaper += 1
        assert Lever.SHORTER not in {lever for one in less.shown for lever in one.levers}
    assert cheaper


def test_a_revolving_credit_has_no_term_and_no_deposit(bench: Bench) -> None:
    row = {**bench.row(bench.refused[0]), "NAME_CONTRACT_TYPE": "Revolving loans"}
    columns = dictionary.columns_of(bench.model.features)
    grid = lever_grid.Grid(bench.portfolio, row, columns, Admissible())
    assert [lever for lever in Lever if grid.values(lever).size] == [Lever.PROJECT, Lever.INCOME]


@pytest.mark.parametrize("name", ["AMT_ANNUITY", "AMT_GOODS_PRICE"])
def test_a_missing_figure_stays_missing(bench: Bench, name: str) -> None:
    shown = 0
    for number in bench.refused[:10]:
        row = {**bench.row(number), name: None}
        found = levers(bench.model, bench.portfolio, row, LIMIT)
        for proposal in found.shown:
            assert proposal.row[name] is None
            assert name not in {change.name for change in proposal.changes}
            shown += 1
    assert shown


def test_a_client_who_asks_for_what_nobody_asks_for_gets_an_answer(bench: Bench) -> None:
    row = {
        **bench.row(bench.refused[0]),
        "AMT_CREDIT": 1e8,
        "AMT_ANNUITY": 1e7,
        "AMT_GOODS_PRICE": 1e8,
        "AMT_INCOME_TOTAL": 1e5,
    }
    assert levers(bench.model, bench.portfolio, row, LIMIT).sentence


def test_nothing_is_safe_that_a_further_step_would_undo() -> None:
    amount_and_months = (Lever.PROJECT, Lever.LONGER)
    granted = np.array([[True, False, True], [True, True, True], [True, True, False]])
    allowed = np.ones_like(granted)
    # A smaller amount anywhere further on, but only the next month.
    assert lever_grid.steady(granted, allowed, amount_and_months).tolist() == [
        [False, False, False],
        [True, True, False],
        [True, False, False],
    ]
    allowed[2, 2] = False
    assert lever_grid.steady(granted, allowed, amount_and_months)[0, 2]


def test_steps_are_thinned_to_round_ones() -> None:
    steps = 100.0 * np.arange(1.0, 61.0, dtype=np.float64)
    assert lever_grid.thinned(steps, 100.0, 60).size == 60
    assert lever_grid.thinned(steps, 100.0, 24).tolist() == [500.0 * count for count in range(1, 13)]


def test_amounts_are_tried_from_the_next_round_one_to_the_last_admissible(bench: Bench) -> None:
    def grid(credit: float) -> lever_grid.Grid:
        row = {
            **bench.row(bench.refused[0]),
            "NAME_CONTRACT_TYPE": "Cash loans",
            "AMT_CREDIT": credit,
            "AMT_GOODS_PRICE": credit,
        }
        columns = dictionary.columns_of(bench.model.features)
        return lever_grid.Grid(bench.portfolio, row, columns, Admissible())

    for credit, first in ((500_000.0, 499_900.0), (500_030.0, 500_000.0)):
        tried = grid(credit)
        smaller, deposits = tried.values(Lever.PROJECT), tried.values(Lever.DEPOSIT)
        assert smaller[:2].tolist() == [first, first - 100]
        assert (deposits[0], deposits[1]) == (100.0, 200.0)
        assert smaller.size == deposits.size
    assert grid(500_000.0).values(Lever.PROJECT)[-1] == 375_000.0, "a quarter less"
    assert grid(500_000.0).values(Lever.DEPOSIT)[-1] == 125_000.0
    # Four thousand amounts are all tried, of one more every second.
    larger = grid(400_000.0).larger()
    assert (larger[0], larger[-1], larger.size) == (400_100.0, 800_000.0, 4000)
    assert grid(400_100.0).larger().size == 2001
