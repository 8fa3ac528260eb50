"""Advice of then beside the same advice computed again: what differs, figure by figure, in French."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final, TypeVar

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.explanation.advice import Advice, AdviceError, Heard, Line
from pretadepenser.credit.model.archive import Archive
from pretadepenser.credit.model.scoring import score_row

NOTHING: Final = "rien"
# What a decision says of another loan, and the columns that it changes.
_LOAN: Final = {"amount": "AMT_CREDIT", "instalment": "AMT_ANNUITY", "price": "AMT_GOODS_PRICE"}
_SOFTWARE: Final = {"pretadepenser": "Prêt à dépenser", "xgboost": "XGBoost", "numpy": "NumPy"}

T = TypeVar("T")


@dataclass(frozen=True)
class Difference:
    """A figure or sentence that is not what it was. what: which one; then, now: both in words."""

    what: str
    then: str
    now: str

    def __str__(self) -> str:
        return f"{self.what}{french.NO_BREAK}: {self.then} alors, {self.now} maintenant."


def differences(then: Advice, now: Advice) -> tuple[Difference, ...]:
    """All that two pieces of advice tell otherwise, to the last digit; nothing where they are the same.

    What they were computed with is not compared (see `changed_software`): that it is the same is the ground
    of a replay.
    """
    return _differing(_all(then, now))


def offered(then: Advice, counter: Mapping[str, Any], archived: Archive) -> tuple[Difference, ...]:
    """Whether another loan that was offered has the points that it had then, by the archived model.

    counter: as it is stored with the decision (Counter.to_json). By its points the rules want motives and a
    second reader. Raises ArchiveError as `advice.again` does; AdviceError: it is not as it was written.
    """
    try:
        loan = {column: counter[name] for name, column in _LOAN.items() if counter[name] is not None}
        points = score_row(
            archived.model(then.training), {**then.inputs, **loan}, then.limit, then.number
        ).points
        told = "score du prêt proposé", _points(counter["points"]), _points(points)
    except (KeyError, ValueError, TypeError) as error:
        raise AdviceError(
            "La contre-proposition n’est pas sous la forme dans laquelle elle a été écrite."
        ) from error
    return _differing([told])


def changed_software(then: Advice, now: Advice) -> str:
    """Which software has another version now, as a sentence; "" where none has: it may be why they differ."""
    changed = [
        f"{_SOFTWARE.get(name, name)} {then.software.get(name, '?')} alors, {version} maintenant"
        for name, version in now.software.items()
        if then.software.get(name) != version
    ]
    return f"Le logiciel a changé{french.NO_BREAK}: {french.join(changed)}." if changed else ""


def software(advice: Advice) -> str:
    """What computed advice, with its versions: "Prêt à dépenser 0.1.0, XGBoost 3.2.0 et NumPy 2.4.6"."""
    return french.join([f"{name} {advice.software.get(package, '?')}" for package, name in _SOFTWARE.items()])


def _differing(told: Iterable[tuple[str, str, str]]) -> tuple[Difference, ...]:
    return tuple(
        Difference(*map(french.typeset, (french.capital(what), before, after)))
        for what, before, after in told
        if before != after
    )


def _all(then: Advice, now: Advice) -> Iterator[tuple[str, str, str]]:
    """Everything that is told: what it is, and how both tell it."""
    for what, written in _FIGURES.items():
        yield what, written(then), written(now)
    yield from _contributions(then.contributions, now.contributions)
    yield from _listed("ligne {} du tableau", then.lines, now.lines, _line)
    for side, ours, theirs in (
        ("défavorable", then.against, now.against),
        ("favorable", then.in_favour, now.in_favour),
    ):
        yield from _listed(f"raison {side} {{}}", ours, theirs, _to_advisor)
        yield from _listed(f"raison {side} {{}}, dans les mots du client", ours, theirs, _to_client)
        yield from _listed(f"données de la raison {side} {{}}", ours, theirs, _names)


def _exact(value: float) -> str:
    """A number with all its digits: two that differ are never written alike."""
    return repr(value).replace(".", ",").replace("-", french.MINUS)


def _points(count: int) -> str:
    return french.plural(count, "point")


_FIGURES: Final[Mapping[str, Callable[[Advice], str]]] = {
    "avis": lambda advice: "accorder" if advice.granted else "refuser",
    "score": lambda advice: _points(advice.points),
    "score de départ": lambda advice: _points(advice.base_points),
    "score le plus bas d’un autre entraînement": lambda advice: _points(advice.points_low),
    "score le plus haut d’un autre entraînement": lambda advice: _points(advice.points_high),
    "marge": lambda advice: _exact(advice.margin),
    "probabilité de ne pas rembourser": lambda advice: _exact(advice.probability),
    "part de difficultés de paiement": lambda advice: _exact(advice.calibrated_rate),
}


def _contributions(
    then: Mapping[str, tuple[float, int]], now: Mapping[str, tuple[float, int]]
) -> Iterator[tuple[str, str, str]]:
    for name in dict.fromkeys((*then, *now)):
        before, after = (_contribution(each.get(name)) for each in (then, now))
        yield f"contribution de « {_label(name)} »", before, after


def _contribution(found: tuple[float, int] | None) -> str:
    return NOTHING if found is None else f"{french.points(found[1])} (marge {_exact(found[0])})"


def _label(name: str) -> str:
    """The label of a feature, its name where this version of the dictionary has none."""
    try:
        return dictionary.describe(name).label
    except KeyError:
        return name


def _listed(
    what: str, then: Sequence[T], now: Sequence[T], written: Callable[[T], str]
) -> Iterator[tuple[str, str, str]]:
    """Place by place: two lists tell the same only in the same order."""
    for place, (before, after) in enumerate(zip_longest(then, now), 1):
        yield (
            what.format(place),
            NOTHING if before is None else written(before),
            NOTHING if after is None else written(after),
        )


def _line(line: Line) -> str:
    return (
        f"« {line.label} », {line.text}, {french.points(line.points)} ({line.name} : {_listing(line.names)})"
    )


def _to_advisor(reason: Heard) -> str:
    return f"« {reason.label} », {french.points(reason.points)}, « {reason.sentence} »"


def _to_client(reason: Heard) -> str:
    return f"« {reason.your_label} », « {reason.your_sentence} »"


def _names(reason: Heard) -> str:
    return _listing(reason.names)


def _listing(names: Sequence[str]) -> str:
    return ", ".join(names)
