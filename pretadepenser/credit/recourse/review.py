"""What a review looks at again: the data that may be corrected, and what a correction does to the score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from pretadepenser.credit.dictionary import HISTORY
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.whatif.simulation import Simulation


class Channel(StrEnum):
    """How a client's request came in."""

    LETTER = "courrier"
    MAIL = "courriel"
    DESK = "guichet"
    PHONE = "telephone"

    @property
    def label(self) -> str:
        """As a form offers it and a record says it."""
        return _CHANNELS[self]


_CHANNELS: Final = MappingProxyType(
    {
        Channel.LETTER: "Par courrier",
        Channel.MAIL: "Par courrier électronique",
        Channel.DESK: "Au guichet",
        Channel.PHONE: "Par téléphone",
    }
)


@dataclass(frozen=True)
class Correction:
    """What was put right in a file, before it is written.

    result: the file before and after, scored by the same model; repaid: numbers of the credits elsewhere
    that were repaid already; proof: what proves it, in the words of who corrected.
    """

    result: Simulation
    repaid: Sequence[int]
    proof: str

    @property
    def changes(self) -> dict[str, Value]:
        """Raw values that differ from the file's, by column."""
        return {one.name: one.after for one in self.result.changes}

    def content(self, sources: Mapping[str, Any], tables: Mapping[str, Any]) -> dict[str, Any]:
        """All that is stored of it, as JSON values.

        sources: what it was scored with (model, training, portfolio, limit); tables: as they were shown.
        Keys besides: proof, changes (raw value by column), repaid, corrected (label, before, after: words),
        points and granted (before and after).
        """
        before, after = self.result.before.score, self.result.after.score
        corrected = [
            {"label": one.label, "before": one.before_text, "after": one.after_text}
            for one in self.result.changes
            if one.name not in HISTORY
        ] + [
            {"label": "Crédit ailleurs", "before": debt, "after": "remboursé"} for debt in self.result.repaid
        ]
        return {
            "proof": self.proof,
            "changes": self.changes,
            "repaid": list(self.repaid),
            "corrected": corrected,
            "points": [before.points, after.points],
            "granted": [before.granted, after.granted],
            **sources,
            **tables,
        }
