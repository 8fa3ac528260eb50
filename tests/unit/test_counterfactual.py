"""What would change the decision: minimal by brute force, valid, realistic, and never senseless."""

import itertools
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
from pretadepenser.credit.recourse.grid import MORE, MOVED, PLAUSIBLE
from pretadepenser.credit.recourse.levers import EFFORT, LOCKS, Lever, Lock
from pretadepenser.credit.recourse.search import PROPOSALS, Levers, Proposal, levers
from pretadepenser.credit.scale import Scale
from pretadepenser.credit.whatif.plausibility import implausible
from tests.unit import brute_force
from tests.unit.brute_force import figures, known

LIMIT = 0.48
MANY = 500


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
    """The answers for MANY refused clients."""
    assert len(bench.refused) >= MANY
    return [(bench.row(number), bench.levers(number)) for number in bench.refused[:MANY]]


def test_every_proposal_is_granted_when_scored_anew(bench: Bench, answers: list[tuple[Row, Levers]]) -> None:
    proposals = [proposal for _, found in answers for proposal in found.proposals]
    assert len(proposals) > MANY / 2
    for proposal in proposals:
        score = explain(bench.model, bench.portfolio, proposal.row, LIMIT).score
        assert score.granted
        assert score == proposal.score


def test_nothing_but_the_credit_and_the_income_changes(answers: list[tuple[Row, Levers]]) -> None:
    for name in MOVED:
        assert dictionary.COLUMNS[name].actionable
        assert dictionary.COLUMNS[name].protected is None
    for row, found in answers:
        for proposal in _shown(found):
            assert {name for name in row if row[name] != proposal.row[name]} <= set(MOVED)


def test_no_direction_is_senseless(answers: list[tuple[Row, Levers]]) -> None:
    for row, found in answers:
        for proposal in _shown(found):
            after = proposal.row
            assert known(after, "AMT_CREDIT") <= known(row, "AMT_CREDIT")
            assert known(after, "AMT_INCOME_TOTAL") >= known(row, "AMT_INCOME_TOTAL")
            if row["AMT_GOODS_PRICE"] is not None:
                assert known(after, "AMT_GOODS_PRICE") <= known(row, "AMT_GOODS_PRICE")
            if Lever.SHORTER not in proposal.levers:
                assert known(after, "AMT_ANNUITY") <= known(row, "AMT_ANNUITY")


def test_proposals_are_realistic(bench: Bench, answers: list[tuple[Row, Levers]]) -> None:
    bounds = {
        name: tuple(bench.portfolio.quantile(name, share) for share in PLAUSIBLE)
        for name in (*MOVED, "CREDIT_TERM", "CREDIT_TO_GOODS")
    }
    for row, found in answers:
        for proposal in _shown(found):
            assert set(implausible(proposal.row)) <= set(implausible(row))
            before, after = figures(row), figures(proposal.row)
            for name, (low, high) in bounds.items():
                if abs(after[name] - before[name]) > 1e-3 * before[name]:
                    assert min(low, before[name]) * 0.999 <= after[name] <= max(high, before[name]) * 1.001
            if after["AMT_ANNUITY"] > before["AMT_ANNUITY"]:
                assert after["ANNUITY_TO_INCOME"] <= max(EFFORT, before["ANNUITY_TO_INCOME"])


def test_figures_that_belong_together_move_together(answers: list[tuple[Row, Levers]]) -> None:
    for row, found in answers:
        for proposal in _shown(found):
            before, after = figures(row), figures(proposal.row)
            if not {Lever.LONGER, Lever.SHORTER} & set(proposal.levers):
                assert after["CREDIT_TERM"] == pytest.approx(before["CREDIT_TERM"], rel=1e-3)
            if Lever.DEPOSIT not in proposal.levers and before["CREDIT_TO_GOODS"] > 0:
                assert after["CREDIT_TO_GOODS"] == pytest.approx(before["CREDIT_TO_GOODS"], rel=2e-3)


def test_at_most_three_proposals_that_differ(answers: list[tuple[Row, Levers]]) -> None:
    for _, found in answers:
        assert len(found.proposals) <= PROPOSALS
        assert [one.cost for one in found.proposals] == sorted(one.cost for one in found.proposals)
        for first, second in itertools.combinations(found.proposals, 2):
            ours, theirs = ({LOCKS[lever] for lever in one.levers} for one in (first, second))
            assert not ours <= theirs
            assert not theirs <= ours


def test_without_a_proposal_what_comes_nearest_is_shown(answers: list[tuple[Row, Levers]]) -> None:
    alone = [found for _, found in answers if not found.proposals]
    assert alone
    for found in alone:
        assert "Aucun changement réaliste" in found.sentence
        if found.nearest:
            assert not found.nearest.score.granted
            assert found.nearest.gained == found.nearest.score.points - found.score.points > 0
    assert all(found.nearest is None for _, found in answers if found.proposals)


def test_sentences_are_french(answers: list[tuple[Row, Levers]]) -> None:
    for _, found in answers:
        for text in (
            found.sentence,
            *(one for shown in _shown(found) for one in (shown.sentence, *shown.cares)),
        ):
            assert text.endswith(".")
            assert " :" not in text
            assert " €" not in text
            assert not any(word in text for word in ("AMT_", "None", "nan", "{", "  "))


def test_search_is_exact(bench: Bench) -> None:
    cases = [*((number, ()) for number in bench.refused[:8]), *_locked(bench.refused[8:12])]
    kinds = set()
    for number, locked in cases:
        found = bench.levers(number, *locked)
        expected = brute_force.proposals(bench.model, bench.portfolio, bench.row(number), LIMIT, set(locked))
        shown = [(one.levers, round(one.cost, 9)) for one in found.proposals]
        assert shown == [(levers_, round(cost, 9)) for levers_, cost in expected], number
        kinds.add(len(shown))
    assert len(kinds) > 1


def _locked(numbers: list[int]) -> Iterator[tuple[int, tuple[Lock, ...]]]:
    yield from ((number, (lock,)) for number, lock in zip(numbers, Lock, strict=True))


@pytest.mark.parametrize("lock", Lock)
def test_what_is_locked_stays(bench: Bench, lock: Lock) -> None:
    for number in bench.refused[:15]:
        found = bench.levers(number, lock)
        for proposal in _shown(found):
            assert lock not in {LOCKS[lever] for lever in proposal.levers}


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
    for number in bench.granted[:60]:
        row, found = bench.row(number), bench.levers(number)
        assert found.proposals == ()
        assert found.nearest is None
        assert found.room
        assert found.curve
        assert found.room.margin == found.score.points - 500 >= found.room.smallest >= 0
        index = found.curve.amounts.index(found.room.largest)
        assert min(found.curve.points[: index + 1]) == found.room.smallest + 500
        if index + 1 < len(found.curve.amounts):
            ends += 1
            assert found.curve.points[index + 1] < 500
            for at, granted in ((index, True), (index + 1, False)):
                score = explain(
                    bench.model, bench.portfolio, _scaled(row, found.curve.amounts[at]), LIMIT
                ).score
                assert score.granted is granted
    assert ends


def _scaled(row: Row, amount: float) -> Row:
    own = known(row, "AMT_CREDIT")
    factor = next((one for one in MORE if round(own * one / 100) * 100 == amount), 1.0)
    return brute_force.after(row, {Lever.PROJECT: factor})


def test_a_revolving_credit_has_no_term_and_no_deposit(bench: Bench) -> None:
    row = {**bench.row(bench.refused[0]), "NAME_CONTRACT_TYPE": "Revolving loans"}
    grid = lever_grid.Grid(bench.portfolio, row, dictionary.columns_of(bench.model.features))
    assert [lever for lever in Lever if grid.values(lever).size] == [Lever.PROJECT, Lever.INCOME]


@pytest.mark.parametrize("name", ["AMT_ANNUITY", "AMT_GOODS_PRICE"])
def test_a_missing_figure_stays_missing(bench: Bench, name: str) -> None:
    for number in bench.refused[:10]:
        row = {**bench.row(number), name: None}
        found = levers(bench.model, bench.portfolio, row, LIMIT)
        for proposal in _shown(found):
            assert proposal.row[name] is None
            assert name not in {change.name for change in proposal.changes}


def test_a_client_who_asks_for_what_nobody_asks_for_gets_an_answer(bench: Bench) -> None:
    row = {
        **bench.row(bench.refused[0]),
        "AMT_CREDIT": 1e8,
        "AMT_ANNUITY": 1e7,
        "AMT_GOODS_PRICE": 1e8,
        "AMT_INCOME_TOTAL": 1e5,
    }
    assert levers(bench.model, bench.portfolio, row, LIMIT).sentence


def test_nothing_is_proposed_that_one_step_more_would_undo() -> None:
    good = np.array([[True, False, True], [True, True, True], [True, True, True]])
    allowed = np.ones_like(good)
    assert lever_grid.steady(good, allowed).tolist() == [
        [False, False, True],
        [True, True, True],
        [True, True, True],
    ]
    beyond = replace_at(allowed, (0, 1))
    assert lever_grid.steady(good, beyond)[0, 0]


def replace_at(values: np.ndarray, index: tuple[int, int]) -> np.ndarray:
    changed = values.copy()
    changed[index] = False
    return changed


def _shown(found: Levers) -> tuple[Proposal, ...]:
    return (*found.proposals, *((found.nearest,) if found.nearest else ()))
