"""What if: the same client with other figures, scored and taken apart by the same code as the real one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Column, Kind, Row, wording
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.explanation.reasons import Decomposition, decompose_all
from pretadepenser.credit.model.inputs import neutral
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.whatif import plausibility
from pretadepenser.credit.whatif.change import Change


@dataclass(frozen=True)
class Move:
    """What is told as one and moves; points: whole points before and after, positive for the client."""

    name: str
    label: str
    before_text: str
    after_text: str
    points_before: int
    points_after: int

    @property
    def points(self) -> int:
        """Points that the simulation adds to the score through it."""
        return self.points_after - self.points_before


@dataclass(frozen=True)
class Simulation:
    """A client as the file says and as simulated.

    changes: in the order of the dictionary, empty where nothing differs; repaid: the debts elsewhere whose
    repayment makes those of the credit history, in words; moved: all that is told as one whose
    points differ, the strongest first, so that their points add up to the difference of the scores.
    """

    before: Decomposition
    after: Decomposition
    changes: tuple[Change, ...]
    repaid: tuple[str, ...]
    moved: tuple[Move, ...]

    @property
    def points(self) -> int:
        """Points that the changes add to the score."""
        return self.after.score.points - self.before.score.points

    @property
    def sentence(self) -> str:
        """The decision, what was changed and what that does to probability and points, in French."""
        return f"{self.decision} {self.detail}" if self.changes else self.detail

    @property
    def detail(self) -> str:
        """The sentence without the decision that it starts with."""
        if not self.changes:
            return french.typeset(
                "Vous n’avez rien changé : ce sont les chiffres du dossier, et la décision reste la même."
            )
        return french.typeset(f"{' '.join(self._done)} {self._effect}")

    @property
    def _done(self) -> list[str]:
        """What was changed in the file, and what is supposed to be repaid, in a sentence each."""
        changed = [one.sentence for one in self.changes if one.name not in dictionary.HISTORY]
        repaid = [french.quoted(one) for one in self.repaid]
        return [
            *([f"Vous avez changé : {french.join(changed)}."] if changed else []),
            *([f"Vous supposez remboursé : {french.join(repaid)}."] if repaid else []),
        ]

    @property
    def _effect(self) -> str:
        old, new = self.before.score, self.after.score
        if new.margin == old.margin:
            return "La probabilité de ne pas rembourser et le score ne changent pas."
        verb = "monterait" if new.probability > old.probability else "descendrait"
        gain = french.points(self.points) if self.points else "moins d’un point d’écart"
        was, becomes = (wording.probability(one.probability, one.limit) for one in (old, new))
        moved = f"de {was} à {becomes} ("
        if was == becomes:
            # More digits are not known: what they would tell apart is told as next to nothing.
            moved = f"à peine ({was} avant comme après ; "
        points = f"passerait de {old.points} à" if self.points else "resterait à"
        return (
            f"La probabilité de ne pas rembourser {verb} {moved}tolérance maximale : "
            f"{french.compact_percent(new.limit)}), et le score {points} "
            f"{french.plural(new.points, 'point')} ({gain})."
        )

    @property
    def decision(self) -> str:
        """What becomes of the decision, in a French sentence."""
        match self.before.score.granted, self.after.score.granted:
            case False, True:
                return "Le prêt, refusé aujourd’hui, serait accordé."
            case True, False:
                return "Le prêt, accordé aujourd’hui, serait refusé."
            case True, True:
                return "Le prêt resterait accordé."
            case _:
                return "Le prêt resterait refusé."


def levers(model: Model) -> tuple[Column, ...]:
    """Columns that the model uses and that a client can honestly change, in the order of the dictionary."""
    used = (dictionary.COLUMNS.get(name) for name in dictionary.columns_of(model.features))
    return tuple(column for column in used if column and column.actionable and not column.protected)


def objections(portfolio: Portfolio, row: Row, changes: Mapping[str, Value]) -> Mapping[str, str]:
    """Say what makes the changed client impossible, or unlike any the model knows: column -> French sentence.

    What the file itself already says, plausible or not, is not held against the simulation.
    """
    after = {**row, **changes}
    touched = [
        *changes,
        *(
            name
            for name, made_from in dictionary.DERIVED_FROM.items()
            if not changes.keys().isdisjoint(made_from)
        ),
    ]
    return plausibility.objections(after, portfolio, touched, known=plausibility.implausible(row))


def simulate(
    model: Model,
    row: Row,
    changes: Mapping[str, Value],
    limit: float,
    number: int | None = None,
    repaid: Sequence[str] = (),
) -> Simulation:
    """Score a client again with some figures replaced; nothing is stored.

    Args:
        model: the trained model.
        row: the client's raw values (Kaggle's codings).
        changes: raw values to replace, by column; those that read as the file's do are ignored.
        limit: largest tolerated probability, 0..1.
        number: SK_ID_CURR, None for a person who is not in the portfolio.
        repaid: in words, the debts whose repayment changes figures of the credit history (whatif.repaid).

    Raises KeyError: a column or category that the dictionary does not know.
    """
    real = {name: value for name, value in changes.items() if _differs(name, row[name], value)}
    rows = [row, {**row, **real}] if real else [row]
    scored = decompose_all(model, rows, limit, number)
    before, after = scored[0], scored[-1]
    return Simulation(
        before,
        after,
        tuple(
            Change(
                column.name,
                column.label,
                row[column.name],
                real[column.name],
                *_texts(column, row, {**row, **real}),
            )
            for column in dictionary.STORED.values()
            if column.name in real
        ),
        tuple(repaid),
        _moved(before, after),
    )


def _differs(name: str, before: Value, after: Value) -> bool:
    """Say whether a new value is another one for a reader too, amounts to the cent."""
    if neutral(name, before) == after:
        return False
    old, new = _texts(dictionary.STORED[name], {name: before}, {name: after})
    return old != new


def _texts(column: Column, before: Row, after: Row) -> tuple[str, str]:
    """Write a column's value in two rows, amounts to the cent where euros alone would look the same."""
    old, new = wording.text_in(column, before), wording.text_in(column, after)
    values = before[column.name], after[column.name]
    if old == new and column.kind is Kind.AMOUNT and all(isinstance(one, int | float) for one in values):
        return french.amount(float(values[0] or 0), 2), french.amount(float(values[1] or 0), 2)
    return old, new


def _moved(before: Decomposition, after: Decomposition) -> tuple[Move, ...]:
    """What moves, told as one where either side tells it so: an occupation that loses its object, with it."""
    old, new = ({one.name: one for one in side.contributions} for side in (before, after))
    tellers = [{one.name: part for part in side.parts for one in part.members} for side in (before, after)]
    together: dict[str, list[str]] = {}
    for name in old:
        parts = [side[name] for side in tellers]
        together.setdefault(next((part.name for part in parts if part.name != name), name), []).append(name)
    moves = []
    for teller, names in together.items():
        points = [sum(side[name].points for name in names) for side in (old, new)]
        if points[0] != points[1]:
            texts = [next(part for part in side.parts if part.name == teller) for side in (before, after)]
            margin = sum(new[name].margin - old[name].margin for name in names)
            moves.append(
                (
                    (-abs(points[1] - points[0]), -abs(margin)),
                    Move(teller, texts[0].label, texts[0].text, texts[1].text, points[0], points[1]),
                )
            )
    return tuple(move for _, move in sorted(moves, key=lambda one: one[0]))
