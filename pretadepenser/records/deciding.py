"""From what a person decides to what is written: the advice frozen, its model archived, the rules applied.

Pages and commands both come through here, so that no decision can be written whose model is not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pretadepenser.credit.explanation import advice as advices
from pretadepenser.credit.model import archive
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Client, Portfolio
from pretadepenser.credit.recourse import decision as domain
from pretadepenser.credit.recourse.decision import Decided, Rules
from pretadepenser.settings import SETTINGS


@dataclass(frozen=True)
class Desk:
    """Where decisions are made: the instance folder, what is in use there, and its settings by name.

    bureaux: names of the three bodies that give external scores, empty where they are not named.
    """

    instance: Path
    model: Model
    portfolio: Portfolio
    settings: Mapping[str, Any]
    bureaux: tuple[str, ...] = ()

    @property
    def rules(self) -> Rules:
        """The lender's rules, in the currency in use."""
        return domain.rules(self.settings["NEAR_POINTS"], self.settings["READER_AMOUNT"])

    @property
    def told(self) -> dict[str, Any]:
        """Every setting that is no secret, by name."""
        return {one.name: self.settings[one.name] for one in SETTINGS if not one.secret}


@dataclass(frozen=True)
class Prepared:
    """What is to be written of a decision, and whether it waits for a second reader."""

    content: dict[str, Any]
    waiting: bool


def prepare(
    desk: Desk, client: Client, decided: Decided, capacity: Mapping[str, Any] | None = None
) -> Prepared:
    """Freeze the advice, keep the model that it comes from, and say whether another person must read.

    client: as the model reads it; capacity: Capacity.to_json, None where none was worked out. All in the
    currency in use. Raises ArchiveError: the model cannot be kept, and so nothing may be written; errors of
    `advice.freeze`.
    """
    # Before anything is written: a decision whose model is lost could never be replayed.
    archive.keep(desk.instance, desk.model, desk.portfolio)
    limit = desk.settings["LIMIT"]
    advice = advices.freeze(desk.model, desk.portfolio, client.values, limit, client.number, desk.bureaux)
    counter = decided.counter
    reasons = domain.second_reader_reasons(
        decided.verdict,
        advice.points,
        counter.amount if counter else _amount(client),
        desk.rules,
        counter.points if counter else None,
    )
    written = domain.content(
        decided,
        advices.as_json(advice),
        reasons,
        desk.told,
        advices.software()["pretadepenser"],
        capacity,
    )
    return Prepared(written, bool(reasons))


def _amount(client: Client) -> float:
    """The amount asked for, in the data's units; nothing where the file does not say."""
    amount = client.values["AMT_CREDIT"]
    return float(amount) if isinstance(amount, int | float) else 0.0
