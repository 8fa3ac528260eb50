"""Answers of the lesser runs, one digit a product, and what follows from them: all of it can be counted
again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from research.evaluation import bootstrap, mcnemar


def share(right: np.ndarray) -> dict[str, Any]:
    """Accuracy of right answers (bool ``(n,)``) and its 95 % interval."""
    return {"accuracy": float(right.mean()), "interval": list(bootstrap(right))}


def difference(right: np.ndarray, other: np.ndarray) -> dict[str, Any]:
    """By how much ``right`` is more often right than ``other`` on the same products, with its paired
    interval.

    ``only_first`` and ``only_second`` count the products that one alone gets right; ``p`` is McNemar's.
    """
    gaps = right.astype(float) - other.astype(float)
    tested = mcnemar(right, other)
    return {"difference": float(gaps.mean()), "difference_interval": list(bootstrap(gaps)), **tested}


@dataclass
class Answers:
    """Categories that each run gave to all products, in the order of ``identities``; ``labels`` are the true
    ones.
    """

    identities: Sequence[str]
    labels: np.ndarray
    runs: dict[str, str] = field(default_factory=dict)

    def add(self, key: str, answers: np.ndarray) -> np.ndarray:
        """Keep a run's answers ``(n,)``; returns which are right."""
        self.runs[key] = "".join(str(number) for number in answers)
        return self.right(key)

    def right(self, key: str) -> np.ndarray:
        """Which answers of a run are right, bool ``(n,)``."""
        return np.asarray([int(digit) for digit in self.runs[key]] == self.labels)

    def to_json(self) -> dict[str, Any]:
        """What is published as ``answers.json``."""
        labels = "".join(str(number) for number in self.labels)
        return {"ids": list(self.identities), "labels": labels, "runs": self.runs}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Answers:
        """Read back what :meth:`to_json` gave."""
        return cls(value["ids"], np.array([int(digit) for digit in value["labels"]]), dict(value["runs"]))
