"""Figures that change and the model's answer, before and after: one table for levers and simulations."""

from __future__ import annotations

from collections.abc import Sequence

from pretadepenser import french
from pretadepenser.charts.chart import Cell, Column, Table
from pretadepenser.credit.dictionary import wording
from pretadepenser.credit.scale import Score
from pretadepenser.credit.whatif.change import Change


def before_after(
    caption: str, changes: Sequence[Change], before: Score, after: Score, frequency: bool = False
) -> Table:
    """The changes, then probability, points and decision; `frequency`: difficulties among 100 clients too."""
    answers = [
        ("Probabilité de ne pas rembourser", _probability(before), _probability(after)),
        ("Score, en points", _score(before), _score(after)),
        ("Prêt", _decision(before), _decision(after)),
    ]
    if frequency:
        answers.insert(2, ("Difficultés sur 100 clients", _frequency(before), _frequency(after)))
    return Table(
        caption,
        (Column("Donnée"), Column("Avant", True), Column("Après", True)),
        (
            *((one.label, one.before_text, one.after_text) for one in changes),
            *((label, old[0], new[0]) for label, old, new in answers),
        ),
        (
            # As they are shown: bare amounts would be in the data's units, and categories in their codes.
            *((one.label, one.before_text, one.after_text) for one in changes),
            *((label, old[1], new[1]) for label, old, new in answers),
        ),
    )


def _probability(score: Score) -> tuple[str, Cell]:
    return wording.probability(score.probability, score.limit), score.probability


def _score(score: Score) -> tuple[str, Cell]:
    return french.number(score.points), score.points


def _frequency(score: Score) -> tuple[str, Cell]:
    return french.number(100 * score.calibrated), 100 * score.calibrated


def _decision(score: Score) -> tuple[str, Cell]:
    answer = "accordé" if score.granted else "refusé"
    return answer, answer
