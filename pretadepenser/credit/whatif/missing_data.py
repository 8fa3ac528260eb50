"""How far the answer could move once the missing data of a file are known.

The missing figures are borrowed, together, from clients of the portfolio drawn with a fixed seed, and the
file is scored once with each. That treats the missing figures as independent of the known ones, except that
the whole has to be plausible: the interval is therefore rather too wide than too narrow. Figures that have an
object in this file are borrowed from clients in whom they have one: the age of a car from those who own one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import COLUMNS, Column, Row, wording
from pretadepenser.credit.model.inputs import input_matrix
from pretadepenser.credit.model.scoring import Floats, Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.scale import Scale
from pretadepenser.credit.whatif import application, plausibility

CASES: Final = 200
# Clients looked at, at most, to find CASES whose figures fit the file.
DRAWN: Final = 800
SEED: Final = 2026
# Share of the cases that lies inside the interval.
INSIDE: Final = 0.8
# From this share of other decisions on, the missing data decide, and not the known ones.
OPEN: Final = 0.1
# Missing data that are named as those to look for first.
FIRST: Final = 2


@dataclass(frozen=True)
class Sensitivity:
    """Answers that the missing data leave open.

    missing: columns asked for without a value; decisive: the same, those that change the decision most often
    first; cases: how often the file was completed; low, high: probabilities (0..1) between which INSIDE of
    the cases lie; changed: cases in which the decision would be the other one; granted: the decision on the
    file as it is; limit: largest tolerated probability, 0..1; untold: the model looks at a credit history
    too, of which nothing is known.
    """

    missing: tuple[Column, ...]
    decisive: tuple[Column, ...]
    cases: int
    low: float
    high: float
    changed: int
    granted: bool
    limit: float
    untold: bool = False

    @property
    def open(self) -> bool:
        """Whether the missing data change the decision so often that there is no answer yet."""
        return self.cases > 0 and self.changed >= OPEN * self.cases

    @property
    def question(self) -> str:
        """Why there is no answer yet, in a French sentence; for an open file."""
        count = len(self.missing)
        what = (
            "d’une donnée qui manque" if count == 1 else f"de {french.plural(count, 'donnée')} qui manquent"
        )
        return french.typeset(f"On ne peut pas encore répondre : la décision dépend {what}.")

    @property
    def advice(self) -> str:
        """Which missing data to look for first, in a French sentence; for an open file."""
        first = [french.quoted(one.label) for one in self.decisive[:FIRST]]
        return f"Pour trancher, remplissez d’abord {', puis '.join(first)}."

    @property
    def sentence(self) -> str:
        """What the missing data mean for the answer, in French."""
        if not self.missing:
            if self.untold:
                return (
                    "Toutes les données demandées ici sont connues. L’historique de crédit, que le modèle "
                    "utilise aussi, ne l’est pas."
                )
            return "Toutes les données que le modèle utilise sont connues."
        also = " L’historique de crédit, qu’il utilise aussi, n’est pas connu." if self.untold else ""
        return f"{self._lacking}{also}"

    @property
    def _lacking(self) -> str:
        """What lacks of the data asked for, and what that means for the answer."""
        count = len(self.missing)
        lack = (
            f"Il manque {french.plural(count, 'donnée')} que le modèle utilise."
            if count > 1
            else "Il manque une donnée que le modèle utilise."
        )
        if not self.cases:
            return f"{lack} Aucun client connu ne permet d’estimer l’effet de ce manque."
        value = "leur valeur" if count > 1 else "sa valeur"
        return (
            f"{lack} Selon {value}, la probabilité de ne pas rembourser {self._range} dans 8 cas sur 10. "
            f"{self._turn}"
        )

    @property
    def _range(self) -> str:
        low, high = (wording.probability(one, self.limit) for one in (self.low, self.high))
        return f"resterait à {low}" if low == high else f"irait de {low} à {high}"

    @property
    def _turn(self) -> str:
        """How often the decision would be which."""
        if not self.changed:
            return "Dans aucun de ces cas la décision ne changerait."
        other, same = ("refusé", "accordé") if self.granted else ("accordé", "refusé")
        share, every = self.changed / self.cases, self.changed == self.cases
        told = (
            f"Le prêt serait {other} dans {french.plural(self.changed, 'cas', 'cas')} sur {self.cases} "
            # Not all of them where it is not so of all.
            f"({french.percent(share, 0 if every or share < 0.995 else 1)})"
        )
        return f"{told} et {same} dans les autres." if self.open and not every else f"{told}."


def missing(model: Model, row: Row) -> tuple[Column, ...]:
    """Columns that can be asked for and that `row` leaves without a value, in the order of the dictionary.

    What has no object in this file (the age of a car that the client does not own) is no lack.
    """
    return tuple(
        column
        for column in application.asked(model)
        if row.get(column.name) is None and not column.without_object(row)
    )


def sensitivity(model: Model, portfolio: Portfolio, row: Row, limit: float) -> Sensitivity:
    """Complete the missing data of a file with those of real clients, and score it each time.

    row: raw values, at least `dictionary.columns_of(model.features)`; limit: largest tolerated probability,
    0..1. Raises KeyError for an unknown category. Looks up at most DRAWN clients: takes no longer for more of
    them.
    """
    lacking, untold = missing(model, row), _untold(model, row)
    answer = _margins(model, [row])[0]
    scale = Scale(limit)
    granted = scale.granted(float(answer))
    files = _completed(portfolio, row, lacking) if lacking else []
    if not files:
        probability = scale.probability(float(answer))
        return Sensitivity(lacking, lacking, 0, probability, probability, 0, granted, limit, untold)
    margins = _margins(model, files)
    low, high = np.quantile(scale.probability(margins), [(1 - INSIDE) / 2, (1 + INSIDE) / 2])
    changed = int((scale.granted(margins) != granted).sum())
    decisive = _decisive(model, files, margins, lacking, scale)
    return Sensitivity(
        lacking, decisive, len(files), float(low), float(high), changed, granted, limit, untold
    )


def _untold(model: Model, row: Row) -> bool:
    """Whether the model looks at a credit history, and this file has nothing of one."""
    names = [name for name in model.features if name in dictionary.HISTORY]
    return bool(names) and all(row.get(name) is None for name in names)


def _margins(model: Model, files: Sequence[Row]) -> Floats:
    frame = dictionary.frame(files, dictionary.columns_of(model.features))
    return model.margins(input_matrix(frame, model.features))


def _decisive(
    model: Model, files: Sequence[Row], margins: Floats, lacking: tuple[Column, ...], scale: Scale
) -> tuple[Column, ...]:
    """The missing columns by how often the decision changes when one of them alone takes another's value.

    Each file is given the value of the next one. Equals are told apart by how far the model moves.
    """
    if len(lacking) == 1:
        return lacking
    following = [*files[1:], files[0]]
    other = _margins(
        model,
        [
            {**file, column.name: after[column.name]}
            for column in lacking
            for file, after in zip(files, following, strict=True)
        ],
    ).reshape(len(lacking), len(files))
    turned = (scale.granted(other) != scale.granted(margins)).sum(axis=1)
    moved = np.abs(other - margins).mean(axis=1)
    order = sorted(range(len(lacking)), key=lambda index: (-turned[index], -moved[index]))
    return tuple(lacking[index] for index in order)


def _completed(portfolio: Portfolio, row: Row, lacking: tuple[Column, ...]) -> list[Row]:
    """The file completed by clients drawn without replacement, where the whole is plausible."""
    size = min(DRAWN, portfolio.size)
    indices = np.random.default_rng(SEED).choice(portfolio.size, size, replace=False)
    names = [column.name for column in lacking]
    causes = {cause for column in lacking for one in column.not_applicable for cause, _ in one.where} - set(
        names
    )
    files: list[Row] = []
    # All at once: one client after the other would take longer than all the rest of the estimate.
    for lender in portfolio.rows(indices, [*names, *causes]):
        if any(COLUMNS[name].without_object(lender) for name in names):
            continue
        whole = {**row, **{name: lender[name] for name in names}}
        if not plausibility.implausible(whole):
            files.append(whole)
            if len(files) == CASES:
                break
    return files
