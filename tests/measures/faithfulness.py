"""Whether the reasons told are those of the model: what the score does when a reason is withdrawn.

A reason is withdrawn by giving its figures the values of other clients, one reference client after the
other, and taking the mean margin (the intervention of Janzing et al., 2020; deletion test of Samek et al.,
2017). The model must then move the way the sentence announced, and the reasons must keep their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Row
from pretadepenser.credit.explanation.reasons import Reason, explain_all
from pretadepenser.credit.model.inputs import input_matrix
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.scale import Scale

REFERENCES: Final = 64
# Reasons this close in points are not said to be in an order.
APART: Final = 2


@dataclass(frozen=True)
class Faithfulness:
    """How often withdrawing reasons does what they announce.

    reasons: how many were withdrawn; direction: share (0..1) that move the score the announced way; joint:
    share of sides (for, against) whose reasons, withdrawn all at once, do; order: share of pairs of reasons
    of one side, told at least APART points apart, of which the stronger moves the score more.
    """

    clients: int
    reasons: int
    direction: float
    joint: float
    order: float


def measure(
    model: Model, portfolio: Portfolio, rows: Sequence[Row], limit: float, seed: int = 0
) -> Faithfulness:
    """Withdraw every reason of every row, one at a time and all of a side together.

    Reference clients are drawn from the first batch of the portfolio with `seed`.
    """
    reference = _reference(model, portfolio, seed)
    inputs = input_matrix(dictionary.frame(rows), model.features)
    explained = explain_all(model, portfolio, rows, limit, [None] * len(rows))
    direction: list[bool] = []
    joint: list[bool] = []
    order: list[bool] = []
    for row, explanation in zip(inputs, explained, strict=True):
        for side in (explanation.against, explanation.in_favour):
            if not side:
                continue
            moves = _moves(model, row, reference, side)
            told = np.array([reason.points for reason in side])
            # Withdrawing what takes points off gives them back: the score moves against the reason's sign.
            direction += (moves[:-1] * told < 0).tolist()
            joint.append(bool(moves[-1] * told.sum() < 0))
            for first in range(len(side)):
                for second in range(first + 1, len(side)):
                    if abs(told[first]) - abs(told[second]) >= APART:
                        order.append(bool(abs(moves[first]) > abs(moves[second])))
    return Faithfulness(
        len(rows), len(direction), float(np.mean(direction)), float(np.mean(joint)), float(np.mean(order))
    )


def _reference(model: Model, portfolio: Portfolio, seed: int) -> NDArray[np.float32]:
    frame = next(iter(portfolio.frames(dictionary.columns_of(model.features))))
    inputs = input_matrix(frame, model.features)
    chosen = np.random.default_rng(seed).choice(len(inputs), min(REFERENCES, len(inputs)), replace=False)
    return inputs[chosen]


def _moves(
    model: Model, row: NDArray[np.float32], reference: NDArray[np.float32], side: Sequence[Reason]
) -> NDArray[np.float64]:
    """Points gained when each reason is withdrawn, then when all of them are; shape (len(side) + 1,)."""
    indices = [[model.features.index(name) for name in reason.names] for reason in side]
    indices.append([index for some in indices for index in some])
    trials = np.tile(row, (len(indices), len(reference), 1))
    for trial, columns in zip(trials, indices, strict=True):
        trial[:, columns] = reference[:, columns]
    every = model.margins(np.concatenate([row[None], trials.reshape(-1, row.size)]))
    moved: NDArray[np.float64] = every[1:].reshape(len(indices), -1).mean(axis=1) - every[0]
    return Scale.gain(moved)
