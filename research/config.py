"""What one configuration of the study says, and where the configurations are found."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import asdict, dataclass, field
from typing import Any

from research.baselines import Baseline
from research.errors import ResearchError
from research.images import Aspect, Augmentation


@dataclass(frozen=True)
class Phase:
    """One stretch of training: optimiser (``adam`` or ``rmsprop``), learning rate, most epochs, patience.

    Training stops when the validation loss has not improved for ``patience`` epochs; the best epoch is kept.
    """

    optimizer: str
    rate: float
    epochs: int
    patience: int


@dataclass(frozen=True)
class Config:
    """One network, trained one way.

    ``size`` in pixels; ``views`` cached views a photo (the plain one, its mirror image, then random ones);
    ``l2`` on the dense layer; ``averaged`` views whose probabilities are averaged when predicting.
    """

    name: str
    label: str
    backbone: str
    size: int
    head: Phase
    tuning: Phase
    aspect: Aspect = Aspect.PAD
    augmentation: Augmentation = field(default_factory=Augmentation)
    views: int = 7
    averaged: int = 2
    dropout: float = 0.3
    l2: float = 0.0
    smoothing: float = 0.0
    batch: int = 32

    def to_json(self) -> dict[str, Any]:
        """JSON-able values; also the fingerprint of a run."""
        return asdict(self)


@dataclass(frozen=True)
class Ensemble:
    """Several trained configurations (``members``, by name) whose probabilities are averaged.

    Nothing more is trained; a photo costs what it costs all of them.
    """

    name: str
    label: str
    members: tuple[str, ...]


def names() -> list[str]:
    """Names of the configurations, in alphabetical order."""
    package = importlib.import_module("research.configs")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__))


def load(name: str) -> Config | Baseline | Ensemble:
    """The configuration (or the baseline, or the ensemble) called ``name``.

    Raises ResearchError: there is none of that name.
    """
    if name not in names():
        raise ResearchError(f"Configuration inconnue : « {name} ». Choisissez parmi {', '.join(names())}.")
    config = importlib.import_module(f"research.configs.{name}").CONFIG
    assert isinstance(config, Config | Baseline | Ensemble)
    return config
