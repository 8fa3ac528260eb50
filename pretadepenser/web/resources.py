"""The portfolio, the model and all clients' scores in use, opened once and again when a new one is published.

Opening costs the same for any number of clients, and what is open is a memory map shared between workers:
this is no state, only a handle. Every request compares the published generation with the one it holds, so
that after an import or a training all workers answer alike from the next request on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from flask import current_app
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


class UnavailableError(ToldError):
    """No portfolio or no model is published yet; the message says what an administrator must run."""


class UnknownClientError(NotFound):
    """No client of the portfolio has this number: a 404 of its own, which offers to look for another."""

    def __init__(self, number: int) -> None:
        super().__init__(f"Aucun client ne porte le numéro {number}.")
        self.number = number


@dataclass
class Shelf:
    """What is open in this process: artefact name -> (generation folder, opened object)."""

    held: dict[str, tuple[Path, object]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


def portfolio() -> Portfolio:
    """The clients in use. Raises UnavailableError, or PortfolioError when the files are damaged."""
    opened = _open("portfolio", clients.current_portfolio)
    if not isinstance(opened, Portfolio):
        raise UnavailableError("Aucun portefeuille de clients n’est installé.")
    return opened


def model() -> Model:
    """The model in use. Raises UnavailableError, or ModelError when it is damaged or does not fit."""
    opened = _open("model", scoring.current_model)
    if not isinstance(opened, Model):
        raise UnavailableError("Aucun modèle n’est entraîné.")
    return opened


def scores() -> NDArray[np.float32] | None:
    """Margins of all clients aligned with `portfolio().numbers()`, or None where they are not computed."""
    return scoring.current_scores(current_app.config["INSTANCE"], portfolio(), model())


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


def _open(name: str, opener: Callable[[Path], object]) -> object:
    shelf: Shelf = current_app.extensions.setdefault("shelf", Shelf())
    folder = storage.current(current_app.config["INSTANCE"], name)
    held = shelf.held.get(name)
    if held and held[0] == folder:
        return held[1]
    if folder is None:
        return None
    with shelf.lock:
        held = shelf.held.get(name)
        if not held or held[0] != folder:
            held = (folder, opener(current_app.config["INSTANCE"]))
            shelf.held[name] = held
    return held[1]
