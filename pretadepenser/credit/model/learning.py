"""Fit the trees to clients of known outcome: in memory, or from this disk where they would not fit in it.

The number of trees and all other settings are constants, chosen once on the genuine rows cut into other folds
than those that measure the model (docs/decisions/model-inputs.md); there is no early stopping. Every fit runs
on one thread and the fits side by side, which is faster than OpenMP where processors are shared and gives the
same trees everywhere.

Beyond the memory that is allowed, what a training holds of each client lies in files that are mapped, and
XGBoost reads its inputs a part at a time (its "external memory"). The bounds between which it cuts values are
then put together from those of the parts: trees are nearly those of one piece, not the same. Machines of a
cluster learn in `pretadepenser/spark/learning.py`.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from pretadepenser import storage
from pretadepenser.credit import dictionary
from pretadepenser.credit.evaluation.metrics import Outcomes
from pretadepenser.credit.model.boosting import xgboost as xgb
from pretadepenser.credit.model.inputs import FEATURES, feature_types, hidden, leave_out, untold

SEED: Final = 2026
TREE_COUNT: Final = 500
# Clients read at a time where not all are in memory, and judged at a time.
PART: Final = 65_536

PARAMETERS: Final[Mapping[str, str | int | float]] = MappingProxyType(
    {
        "objective": "binary:logistic",
        "tree_method": "hist",
        # Shallow trees: few interactions to explain, and TreeSHAP of one client in under a millisecond.
        "max_depth": 3,
        "eta": 0.05,
        "max_bin": 128,
        # In weights, of which the classes hold half each.
        "min_child_weight": 150,
        "reg_lambda": 50,
        "subsample": 0.9,
        "colsample_bytree": 0.3,
        # A category against all others, or none: a split over sets of rare categories learns noise.
        "max_cat_to_onehot": 64,
        "seed": SEED,
        "nthread": 1,
    }
)

# +1: a higher value may only raise the risk; −1: may only lower it. DAYS_EMPLOYED is negative, so that a
# longer employment is a lower value. What no lender could defend the other way round; and the amounts of the
# credit, so that to ask for less never makes a score worse (docs/decisions/model-inputs.md).
MONOTONE: Final[Mapping[str, int]] = MappingProxyType(
    {
        "EXT_SOURCE_1": -1,
        "EXT_SOURCE_2": -1,
        "EXT_SOURCE_3": -1,
        "EXT_SOURCE_MEAN": -1,
        "AMT_CREDIT": 1,
        "AMT_ANNUITY": 1,
        "AMT_GOODS_PRICE": 1,
        "CREDIT_TO_GOODS": 1,
        "CREDIT_TO_INCOME": 1,
        "ANNUITY_TO_INCOME": 1,
        "AMT_INCOME_TOTAL": -1,
        "DAYS_EMPLOYED": 1,
        "OWN_CAR_AGE": 1,
    }
)

# What a training writes of clients for its time, in the folder of the instance.
SCRATCH: Final = "training"

Inputs = NDArray[np.float32]
Mask = NDArray[np.bool_]
# The trees fitted to all clients but those of a fold; None: to all.
Fit = Callable[[int | None], xgb.Booster]


def scratch(instance: Path) -> AbstractContextManager[Path]:
    """A folder of the instance, for its owner only, that is deleted with the block (see storage.scratch)."""
    return storage.scratch(instance / SCRATCH)


@dataclass(frozen=True, eq=False)
class Clients:
    """Clients to learn from.

    names: features; inputs: float32, shape (n, len(names)); outcomes: int8 0/1, shape (n,); folds: int8,
    shape (n,), the number of the fold that tests each.
    """

    names: tuple[str, ...]
    inputs: Inputs
    outcomes: Outcomes
    folds: NDArray[np.int8]

    def learnt(self, without: int | None) -> Mask:
        """The clients who are in no fold `without`, bool, shape (n,)."""
        return np.ones(len(self.folds), bool) if without is None else self.folds != without


class Learner(Protocol):
    """Where trees are fitted. `together`: fits that run side by side there; `libraries`: its packages."""

    @property
    def together(self) -> int: ...

    @property
    def libraries(self) -> tuple[str, ...]: ...

    def hold(self, clients: Clients) -> Fit:
        """Take clients in, and give what fits trees to them."""
        ...


class Counter(xgb.callback.TrainingCallback):  # type: ignore[misc]  # XGBoost is untyped for mypy
    """Tells the share of the trees of all fits that are made, from any of their threads."""

    def __init__(self, fits: int, told: Callable[[float], None]) -> None:
        super().__init__()
        self._total, self._told = fits * TREE_COUNT, told
        self._done = 0
        self._lock = threading.Lock()

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Count a tree; never ends a training."""
        self.add(1)
        return False

    def add(self, trees: int) -> None:
        """Count so many trees."""
        with self._lock:
            before, self._done = self._done, self._done + trees
            if before // 10 < self._done // 10 or self._done == self._total:
                self._told(self._done / self._total)


@dataclass(frozen=True)
class Here:
    """Fits on this machine. folder: where to read the clients from; None: they are held in memory."""

    counter: Counter
    folder: Path | None = None
    libraries: ClassVar[tuple[str, ...]] = ()

    @property
    def together(self) -> int:
        """As many as there are processors."""
        return os.cpu_count() or 1

    def hold(self, clients: Clients) -> Fit:
        """Fit where the clients are, in memory or in mapped files."""

        def fitted(without: int | None) -> xgb.Booster:
            learnt = clients.learnt(without)
            if self.folder is not None:
                return fit_from_disk(clients, learnt, self.folder, [self.counter])
            inputs = clients.inputs if without is None else clients.inputs[learnt]
            return fit(inputs, clients.outcomes[learnt], clients.names, [self.counter])

        return fitted


def monotone(name: str) -> int:
    """+1 where a higher value of a feature may only raise the risk, −1 where it may only lower it, else 0."""
    return MONOTONE.get(name, dictionary.describe(name).direction)


def parameters(outcomes: Outcomes, names: Sequence[str]) -> dict[str, Any]:
    """What XGBoost is told: PARAMETERS, the directions of features, and both outcomes weighing the same."""
    defaults = int(outcomes.sum())
    return {
        **PARAMETERS,
        "scale_pos_weight": (outcomes.size - defaults) / defaults,
        "monotone_constraints": "(" + ",".join(str(monotone(name)) for name in names) + ")",
    }


def fit(
    inputs: Inputs,
    outcomes: Outcomes,
    names: Sequence[str] = FEATURES,
    callbacks: Sequence[xgb.callback.TrainingCallback] = (),
) -> xgb.Booster:
    """Fit a class-balanced model to inputs, float32, shape (n, len(names)), and outcomes 0/1, shape (n,).

    Of some clients the credit history is left out (inputs.untold), so that the model knows what to make of
    those of whom nobody has asked it.
    """
    data = xgb.QuantileDMatrix(
        untold(inputs, names),
        outcomes,
        feature_types=feature_types(names),
        max_bin=PARAMETERS["max_bin"],
        enable_categorical=True,
        nthread=1,
    )
    return xgb.train(parameters(outcomes, names), data, TREE_COUNT, callbacks=list(callbacks))


def fit_from_disk(
    clients: Clients, learnt: Mask, folder: Path, callbacks: Sequence[xgb.callback.TrainingCallback] = ()
) -> xgb.Booster:
    """Fit the same model as `fit` to the clients of a mask, PART of them in memory at a time.

    folder: where XGBoost keeps what it has made of them until it is done, two bytes a value. Raises OSError
    where the disk has no room for it.
    """
    # XGBoost ends the process where it cannot write. As much again for a fit beside this one; the bounds.
    storage.check_room(folder, 2 * (int(learnt.sum()) * (2 * len(clients.names) + 8) + 1_000_000))
    parts = _Parts(clients, learnt, folder / secrets.token_hex(4))
    data = xgb.ExtMemQuantileDMatrix(parts, max_bin=PARAMETERS["max_bin"], enable_categorical=True, nthread=1)
    told = parameters(clients.outcomes[learnt], clients.names)
    return xgb.train(told, data, TREE_COUNT, callbacks=list(callbacks))


class _Parts(xgb.DataIter):  # type: ignore[misc]  # XGBoost is untyped for mypy
    """The clients of a mask, a part at a time, as often as XGBoost asks for them."""

    def __init__(self, clients: Clients, learnt: Mask, cache: Path) -> None:
        self._clients = clients
        self._chosen = np.flatnonzero(learnt)
        self._hidden = hidden(self._chosen.size, clients.names)
        self._at = 0
        super().__init__(cache_prefix=str(cache))

    def next(self, input_data: Callable[..., None]) -> bool:
        part = slice(self._at, self._at + PART)
        chosen = self._chosen[part]
        if not chosen.size:
            return False
        inputs = self._clients.inputs[chosen]
        leave_out(inputs, self._hidden, part)
        input_data(
            data=inputs,
            label=self._clients.outcomes[chosen],
            feature_types=feature_types(self._clients.names),
        )
        self._at += PART
        return True

    def reset(self) -> None:
        self._at = 0


def margins_of(booster: xgb.Booster, inputs: Inputs, names: Sequence[str] = FEATURES) -> NDArray[np.float64]:
    """Log-odds of default of inputs, float64, shape (n,)."""
    margins = np.empty(len(inputs))
    for start in range(0, len(inputs), PART):
        part = slice(start, start + PART)
        margins[part] = booster.predict(_matrix(inputs[part], names), output_margin=True)
    return margins


def contributions_of(booster: xgb.Booster, inputs: Inputs, names: Sequence[str]) -> NDArray[np.float32]:
    """TreeSHAP values of inputs, float32, shape (n, len(names)): not yet centred."""
    values: NDArray[np.float32] = booster.predict(_matrix(inputs, names), pred_contribs=True)
    return values[:, :-1]


def _matrix(inputs: Inputs, names: Sequence[str]) -> xgb.DMatrix:
    return xgb.DMatrix(inputs, feature_types=feature_types(names), enable_categorical=True, nthread=1)
