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
    """One stretch of training: optimiser (``adam``, ``adamw`` or ``rmsprop``), learning rate, most epochs,
    patience.

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


@dataclass(frozen=True)
class Words:
    """Words counted, then logistic regression: the classical way to class texts.

    ``weighting`` is ``"counts"`` or ``"tfidf"``; ``longest`` sequence of words that counts as one term;
    ``strength`` the regression's C.
    """

    name: str
    label: str
    weighting: str
    longest: int
    strength: float


@dataclass(frozen=True)
class Sentences:
    """MiniLM, then a classifier. ``tokens`` read of each text at most.

    With ``opened`` 0 its vectors go to a logistic regression (C: ``strength``). Otherwise a dense layer
    learns on them (``head``), and then together with the last ``opened`` layers of the encoder (``tuning``).
    """

    name: str
    label: str
    tokens: int
    strength: float = 0.0
    opened: int = 0
    head: Phase | None = None
    tuning: Phase | None = None
    dropout: float = 0.1
    batch: int = 32


@dataclass(frozen=True)
class Fusion:
    """Text and photo together. ``members`` are text methods, by name; those that were not trained are done
    without.

    ``photo`` is the network whose answers are joined to theirs, or else the trained one that validates best.

    ``kind``: ``"weights"`` learns how much to trust each; ``"unsure"`` keeps to the texts where these are
    sure enough; ``"features"`` puts words, MiniLM's vector and the features of ``photo`` side by side (C:
    ``strength``).
    """

    name: str
    label: str
    kind: str
    members: tuple[str, ...]
    photo: str
    strength: float = 0.0


#: Everything a configuration may be.
Method = Config | Baseline | Ensemble | Words | Sentences | Fusion


def reads(config: Method) -> str:
    """What a method looks at: ``"photo"``, ``"text"``, ``"both"`` or ``"nothing"``."""
    if isinstance(config, Words | Sentences):
        return "text"
    if isinstance(config, Fusion):
        return "both"
    if isinstance(config, Ensemble):
        found = {reads(load(name)) for name in config.members}
        return found.pop() if len(found) == 1 else "both"
    if isinstance(config, Baseline) and config.kind == "majority":
        return "nothing"
    return "photo"


def names() -> list[str]:
    """Names of the configurations, in alphabetical order."""
    package = importlib.import_module("research.configs")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__))


def load(name: str) -> Method:
    """The configuration of the method called ``name``.

    Raises ResearchError: there is none of that name.
    """
    if name not in names():
        raise ResearchError(f"Configuration inconnue : « {name} ». Choisissez parmi {', '.join(names())}.")
    config = importlib.import_module(f"research.configs.{name}").CONFIG
    assert isinstance(config, Method)
    return config
