"""The portfolio, the model and all clients' scores in use, opened once and again when a new one is published.

Opening costs the same for any number of clients, and what is open is a memory map shared between workers:
this is no state, only a handle. Every request compares the published generations with those that are open, so
that after an import or a training all workers answer alike from the next request on; within one request all
three stay what they were when the first of them was asked for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from flask import current_app, g
from numpy.typing import NDArray
from werkzeug.exceptions import NotFound

from pretadepenser import storage
from pretadepenser.credit import dictionary
from pretadepenser.credit import portfolio as clients
from pretadepenser.credit.model import scoring
from pretadepenser.credit.model.inputs import as_read
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Client, Portfolio
from pretadepenser.credit.recourse.levers import Admissible
from pretadepenser.errors import ToldError

Kept = TypeVar("Kept")
# How often to look again when something is published while it is being opened.
ATTEMPTS: Final = 5
# Seconds after which what is missing or damaged is looked at again: it may have been put right in place.
PATIENCE: Final = 1.0


class UnavailableError(ToldError):
    """No portfolio or no model is published yet; the message says what an administrator must run."""


class UnknownClientError(NotFound):
    """No client of the portfolio has this number: a 404 of its own, which offers to look for another."""

    def __init__(self, number: int) -> None:
        super().__init__(f"Aucun client ne porte le numéro {number}.")
        self.number = number


Margins = NDArray[np.float32]
# Of the portfolio and of the model.
Marks = tuple[storage.Mark | None, storage.Mark | None]


@dataclass(frozen=True, eq=False)
class Opened:
    """What one request answers from: generations, what is open of them or why it cannot be, since when."""

    marks: Marks
    portfolio: Portfolio | ToldError
    model: Model | ToldError
    scores: Margins | ToldError | None
    at: float

    def serves(self, marks: Marks) -> bool:
        """Whether it can be gone on with: of what is missing or damaged, only for a moment."""
        wrong = self.scores is None or any(
            isinstance(one, ToldError) for one in (self.portfolio, self.model, self.scores)
        )
        return self.marks == marks and not (wrong and time.monotonic() - self.at > PATIENCE)


@dataclass
class Shelf:
    """What this process opened last."""

    opened: Opened | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def serving(self, marks: Marks) -> Opened | None:
        """What is open, where it has these marks and can be gone on with."""
        opened = self.opened
        return opened if opened is not None and opened.serves(marks) else None


def portfolio() -> Portfolio:
    """The clients in use. Raises UnavailableError, or PortfolioError when the files are damaged."""
    return _usable(_pinned().portfolio)


def model() -> Model:
    """The model in use. Raises UnavailableError, or ModelError when it is damaged or does not fit."""
    return _usable(_pinned().model)


def scores() -> Margins | None:
    """Margins of all clients aligned with `portfolio().numbers()`, or None where they are not computed.

    Raises ModelError when they are damaged.
    """
    return _usable(_pinned().scores)


def limit() -> float:
    """Largest tolerated probability of not repaying, 0..1."""
    return float(current_app.config["LIMIT"])


def admissible() -> Admissible:
    """What the lender lets an advisor propose."""
    config = current_app.config
    return Admissible(
        instalment=config["LEVER_INSTALMENT"],
        cut=config["LEVER_CUT"],
        points=config["LEVER_POINTS"],
        share=config["INSTALMENT_SHARE"],
    )


def outcome() -> str:
    """What a default is in the data, as a sentence goes on after "ont"."""
    return str(current_app.config["OUTCOME_MEANING"]) or dictionary.OUTCOME


def client_or_404(number: int) -> Client:
    """The client with this SK_ID_CURR, as the model reads it; a 404 that helps where there is none.

    A category that names a protected ground is its neutral one: no page can tell what the model did not see.
    """
    found = as_filed(number)
    return replace(found, values=as_read(found.values))


def as_filed(number: int) -> Client:
    """The client with this SK_ID_CURR, all values as imported: for auditors only; 404 as client_or_404."""
    found = portfolio().client(number)
    if found is None:
        raise UnknownClientError(number)
    return found


def _usable(found: Kept | ToldError) -> Kept:
    if isinstance(found, ToldError):
        # It is raised for many requests: without the way it came by, which would grow.
        raise found.with_traceback(None)
    return found


def _pinned() -> Opened:
    """What this request answers from, the same from its first question to its last."""
    if "opened" not in g:
        g.opened = _current()
    pinned: Opened = g.opened
    return pinned


def _current() -> Opened:
    """What is published now, opened unless this process holds it."""
    shelf: Shelf = current_app.extensions.setdefault("shelf", Shelf())
    instance = current_app.config["INSTANCE"]
    if (held := shelf.serving(_published(instance))) is not None:
        return held
    with shelf.lock:
        for _ in range(ATTEMPTS):
            marks = _published(instance)
            opened = shelf.serving(marks) or _open(instance, marks, shelf.opened)
            # Published anew meanwhile, what is open may be of two generations: nobody else sees it.
            if marks == _published(instance):
                break
        shelf.opened = opened
    return opened


def _published(instance: Path) -> Marks:
    return storage.mark(instance, "portfolio"), storage.mark(instance, "model")


def _open(instance: Path, marks: Marks, before: Opened | None) -> Opened:
    """Open what is published, but for what is open already."""
    portfolio: Portfolio | ToldError
    if before and before.marks[0] == marks[0] and isinstance(before.portfolio, Portfolio):
        portfolio = before.portfolio
    else:
        portfolio = _opened(
            clients.current_portfolio, instance, "Aucun portefeuille de clients n’est installé."
        )
    model: Model | ToldError
    if before and before.marks[1] == marks[1] and isinstance(before.model, Model):
        model = before.model
    else:
        model = _opened(scoring.current_model, instance, "Aucun modèle n’est entraîné.")
        if isinstance(model, Model):
            _tabulate(model, at_once=before is None)
    scores: Margins | ToldError | None = None
    if isinstance(portfolio, Portfolio) and isinstance(model, Model):
        try:
            scores = scoring.current_scores(instance, portfolio, model)
        except ToldError as error:
            scores = error
    return Opened(marks, portfolio, model, scores, time.monotonic())


def _tabulate(model: Model, *, at_once: bool) -> None:
    """Have a model look contributions up: before the fork at once, which no thread would outlive.

    Of a model that was published since, the first who asks does not wait half a second for that: until it is
    done XGBoost tells the same.
    """
    if at_once:
        model.tabulate()
    else:
        threading.Thread(target=model.tabulate, name="tabulate", daemon=True).start()


def _opened(opener: Callable[[Path], Kept | None], instance: Path, absent: str) -> Kept | ToldError:
    try:
        found = opener(instance)
    except ToldError as error:
        return error
    return UnavailableError(absent) if found is None else found
