"""What a training will take on this machine, told before it begins: measured on a batch of its own photos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from research.backbones import Network, infer
from research.cache import FeatureCache, View, batch_size, trunk_features
from research.catalog import Catalog
from research.config import Config
from research.meters import best_seconds, peak_bytes
from research.wording import number

#: A step of learning goes forth, back, and changes the weights: about three times what going forth takes.
STEP = 3
#: Every fold is learnt twice: judged by validation photos, then again with them.
TIMES = 2


def announce(
    catalog: Catalog, config: Config, base: Network, cache: FeatureCache, views: Sequence[View], folds: int
) -> Iterator[str]:
    """Lines of French: seconds, memory and disk of what is left to do for ``folds`` folds.

    Runs the network on one batch twice: the first time builds its graph.

    Raises ResearchError: a photo cannot be read.
    """
    missing = sum(cache.missing(catalog, base, view) for view in views)
    paths = catalog.paths[: batch_size(base.size)]
    pictures = [views[0].read(path, base.size) for path in paths]
    features = trunk_features(base, pictures).astype(np.float32)
    below = best_seconds(lambda: trunk_features(base, pictures), 1)["elapsed"] / len(paths)
    above = best_seconds(lambda: infer(base.top, features), 1)["elapsed"] / len(paths)
    reading = missing * below
    learning = folds * TIMES * config.tuning.epochs * len(catalog.photos) * above * STEP
    disk = missing * int(np.prod(base.trunk.output_shape[1:])) * 2
    yield (
        f"{config.label} sur cette machine : {number(below, 2)} s par photo, {missing} photos à lire (vues "
        f"comprises), soit environ {_duration(reading)} ; puis {folds} tirage{'s' if folds > 1 else ''}, "
        f"au plus {_duration(learning)} d’apprentissage."
    )
    yield (
        f"Mémoire : {number(peak_bytes() / 1e9, 1)} Go mesurés sur un lot de {len(paths)} ; disque : "
        f"{number(disk / 1e9, 1)} Go. On peut interrompre et relancer la même commande : elle reprend."
    )


def _duration(seconds: float) -> str:
    """A duration a person can plan with: seconds below two minutes, minutes below two hours, then hours."""
    if seconds < 120:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 7200 else f"{number(seconds / 3600, 1)} h"
