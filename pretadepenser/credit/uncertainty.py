"""How far the answer could move once the missing data of a file are known.

The missing figures are borrowed, together, from clients of the portfolio drawn with a fixed seed, and the
file is scored once with each. That treats the missing figures as independent of the known ones, except that
the whole has to be plausible: the interval is therefore rather too wide than too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from pretadepenser.credit import dictionary, features, french, plausibility, scoring
from pretadepenser.credit.dictionary import Column
from pretadepenser.credit.features import Row
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.scoring import Model

CASES: Final = 200
# Clients looked at, at most, to find CASES whose figures fit the file.
DRAWN: Final = 600
SEED: Final = 2026
# Share of the cases that lies inside the interval.
INSIDE: Final = 0.8


@dataclass(frozen=True)
class Spread:
    """Answers that the missing data leave open.

    missing: columns of the model without a value; cases: how often the file was completed; low, high:
    probabilities (0..1) between which INSIDE of the cases lie; changed: cases in which the decision would be
    the other one; granted: the decision on the file as it is.
    """

    missing: tuple[Column, ...]
    cases: int
    low: float
    high: float
    changed: int
    granted: bool

    @property
    def sentence(self) -> str:
        """What the missing data mean for the answer, in French."""
        if not self.missing:
            return "Toutes les données que le modèle utilise sont connues."
        count = len(self.missing)
        lack = (
            f"Il manque {french.plural(count, 'donnée')} que le modèle utilise."
            if count > 1
            else "Il manque une donnée que le modèle utilise."
        )
        if not self.cases:
            return f"{lack} Aucun client connu ne permet d’estimer l’effet de ce manque."
        other = "refusé" if self.granted else "accordé"
        turn = (
            "Dans aucun de ces cas la décision ne changerait."
            if not self.changed
            else f"Le prêt serait {other} dans {french.plural(self.changed, 'cas', 'cas')} "
            f"sur {self.cases} ({french.percent(self.changed / self.cases)})."
        )
        return (
            f"{lack} Selon leur valeur, la probabilité de ne pas rembourser irait de "
            f"{french.percent(self.low)} à {french.percent(self.high)} dans 8 cas sur 10. {turn}"
        )


def missing(model: Model, row: Row) -> tuple[Column, ...]:
    """Columns of the model that `row` leaves without a value, in the order of the dictionary.

    What has no object in this file (the age of a car that the client does not own) is no lack.
    """
    columns = [dictionary.COLUMNS[name] for name in features.columns(model.features)]
    return tuple(column for column in columns if row.get(column.name) is None and not column.is_moot(row))


def spread(model: Model, portfolio: Portfolio, row: Row, limit: float) -> Spread:
    """Complete the missing data of a file with those of real clients, and score it each time.

    row: raw values, at least `features.columns(model.features)`; limit: largest tolerated probability, 0..1.
    Raises KeyError for an unknown category. Looks up at most DRAWN clients: takes no longer for more clients.
    """
    lacking = missing(model, row)
    answer = model.margins(features.matrix(features.frame([row]), model.features))[0]
    granted = bool(answer <= scoring.margin_of(limit))
    files = _completed(portfolio, row, lacking) if lacking else []
    if not files:
        probability = float(1 / (1 + np.exp(-answer)))
        return Spread(lacking, 0, probability, probability, 0, granted)
    margins = model.margins(features.matrix(features.frame(files), model.features))
    low, high = np.quantile(1 / (1 + np.exp(-margins)), [(1 - INSIDE) / 2, (1 + INSIDE) / 2])
    changed = int(((margins <= scoring.margin_of(limit)) != granted).sum())
    return Spread(lacking, len(files), float(low), float(high), changed, granted)


def _completed(portfolio: Portfolio, row: Row, lacking: tuple[Column, ...]) -> list[Row]:
    """The file completed by clients drawn without replacement, where the whole is plausible."""
    size = min(DRAWN, portfolio.size)
    places = np.random.default_rng(SEED).choice(portfolio.size, size, replace=False)
    files: list[Row] = []
    # All at once: one client after the other would take longer than all the rest of the estimate.
    for borrowed in portfolio.rows(places, [column.name for column in lacking]):
        whole = {**row, **borrowed}
        if not plausibility.implausible(whole):
            files.append(whole)
            if len(files) == CASES:
                break
    return files
