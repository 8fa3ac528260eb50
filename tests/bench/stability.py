"""Whether the band told of a score holds: refits to fresh draws of four fifths of the clients."""

from __future__ import annotations

import numpy as np

from pretadepenser.credit import dictionary
from pretadepenser.credit.model import learning, training
from pretadepenser.credit.model.inputs import FEATURES, input_matrix
from pretadepenser.credit.model.scoring import current_model, score
from pretadepenser.credit.portfolio import current_portfolio
from pretadepenser.credit.scale import Scale
from tests.bench.ground import Ground, line, title

REFITS = 10
# Whole points that part the clients into groups of the report.
EDGES = (440, 470, 490, 510, 530, 560)


def run(ground: Ground) -> None:
    """Refit REFITS times and count the scores inside the band, and the answers that turn."""
    portfolio, model = current_portfolio(ground.instance), current_model(ground.instance)
    assert portfolio
    assert model
    known = ~np.isnan(portfolio.column("TARGET"))
    outcomes = portfolio.column("TARGET")[known].astype(np.int8)
    columns = dictionary.columns_of(FEATURES)
    inputs = input_matrix({name: portfolio.column(name)[known] for name in columns})
    scale = Scale(training.LIMIT)
    scores = [score(model, margin, training.LIMIT) for margin in model.margins(inputs).tolist()]
    points, low, high = (
        np.array([getattr(one, name) for one in scores]) for name in ("points", "points_low", "points_high")
    )
    near = np.array([one.close for one in scores])
    inside, turned = [], []
    for seed in range(REFITS):
        random = np.random.default_rng(seed)
        learnt = np.sort(random.choice(outcomes.size, outcomes.size * 4 // 5, replace=False))
        again = scale.points(learning.margins_of(learning.fit(inputs[learnt], outcomes[learnt]), inputs))
        inside.append((low <= again) & (again <= high))
        turned.append((again >= scale.POINTS_AT_LIMIT) != (points >= scale.POINTS_AT_LIMIT))
    title(f"Scores of {outcomes.size:,} clients by {REFITS} refits to four fifths of them")
    held, changed = np.mean(inside, axis=0), np.mean(turned, axis=0)
    line("scores inside the band told (aim: 90 %)", f"{100 * held.mean():.1f} %")
    group = np.digitize(points, EDGES)
    for index, (start, end) in enumerate(zip((None, *EDGES), (*EDGES, None), strict=True)):
        if (group == index).any():
            line(
                f"  from {start or '…'} to {end or '…'} points", f"{100 * held[group == index].mean():.1f} %"
            )
    line("clients near the limit", f"{100 * near.mean():.1f} %")
    line(
        "answers that turn: near, elsewhere", *(f"{100 * changed[one].mean():.2f} %" for one in (near, ~near))
    )
