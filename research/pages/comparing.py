"""How two methods compare: sentences that follow from the test on the same products."""

from __future__ import annotations

from typing import Any

from research.findings import Findings, accuracy, is_network, test_accuracy
from research.wording import elided, interval, number, p_value, percent, signed

#: Two methods differ where chance alone would do as much less often than this.
LEVEL = 0.05


def pair_of(found: Findings, first: str, second: str) -> dict[str, Any] | None:
    """McNemar's test between two methods, ``only_first`` being of ``first``; None where it was not made."""
    for pair in found.pairs:
        if (pair["first"], pair["second"]) == (first, second):
            return pair
        if (pair["first"], pair["second"]) == (second, first):
            turned = {"first": first, "second": second}
            return pair | turned | {"only_first": pair["only_second"], "only_second": pair["only_first"]}
    return None


def better(found: Findings, first: str, second: str) -> str | None:
    """Which of two methods recognises more of the same products, None where chance may do the difference."""
    pair = pair_of(found, first, second)
    if pair is None or pair["p"] >= LEVEL or pair["only_first"] == pair["only_second"]:
        return None
    return first if pair["only_first"] > pair["only_second"] else second


def scored(found: Findings, name: str) -> str:
    """« TF-IDF : 95,5 % (intervalle à 95 % de … à …) »."""
    value, low, high = test_accuracy(found, name)
    return f"{label(found, name)} : {percent(value)} (intervalle à 95 % {interval(low, high)})"


def label(found: Findings, name: str) -> str:
    """The French label of a method."""
    return str(found.methods[name]["label"])


def compared(found: Findings, first: str, second: str) -> str:
    """Two accuracies and whether chance alone may do their difference, in a few words for a heading."""
    values = {name: percent(test_accuracy(found, name)[0]) for name in (first, second)}
    winner = better(found, first, second)
    if winner is None:
        return (
            f"{label(found, first)} ({values[first]}) et {label(found, second)} ({values[second]}) : un "
            "écart que "
            "le hasard suffit à expliquer"
        )
    loser = second if winner == first else first
    return (
        f"{label(found, winner)} fait mieux {elided('que', label(found, loser))} : {values[winner]} contre "
        f"{values[loser]}"
    )


def pair_sentence(found: Findings, pair: dict[str, Any]) -> str:
    """What McNemar's test says of two methods."""
    first, second = (label(found, pair[side]) for side in ("first", "second"))
    start = (
        "La différence ne doit pas tout au hasard"
        if pair["p"] < LEVEL
        else "La différence peut n’être due qu’au hasard"
    )
    return (
        f"{start} : sur les mêmes {number(pair['photos'])} produits, {first} est seul à en reconnaître "
        f"{number(pair['only_first'])} et {second} {number(pair['only_second'])} (test de McNemar, "
        "probabilité "
        f"{p_value(pair['p'])})."
    )


def gained(found: Findings, name: str, against: str) -> str:
    """« +0,4 point par rapport à …, un écart que le hasard suffit à expliquer (probabilité …) »."""
    pair = pair_of(found, name, against)
    gain = signed(test_accuracy(found, name)[0] - test_accuracy(found, against)[0])
    told = f"{label(found, name)} : {gain} par rapport à {label(found, against)}"
    if pair is None:
        return f"{told}, sans test commun."
    enough = "suffit" if pair["p"] >= LEVEL else "ne suffit pas"
    return f"{told}, un écart que le hasard {enough} à expliquer (probabilité {p_value(pair['p'])})."


def reading(found: Findings, *kinds: str) -> list[str]:
    """The methods that read one of these kinds (:func:`reads`), best test accuracy first."""
    return [name for name in found.methods if reads(found, name) in kinds]


def reads(found: Findings, name: str) -> str:
    """What a method reads: ``"text"``, ``"photo"``, ``"both"`` or ``"nothing"``."""
    return str(found.methods[name]["reads"])


def best_of(found: Findings, kind: str) -> str | None:
    """Of the methods that read ``kind``, the one that validates best; of photos, single networks alone."""
    names = [name for name in reading(found, kind) if kind != "photo" or is_network(found.methods[name])]
    return max(names, key=lambda name: accuracy(found, name, "validation"), default=None)


def left_out(found: Findings) -> list[str]:
    """A sentence for each method of texts that was not measured, with the reason."""
    skipped = found.texts["skipped"] if found.texts else []
    return [f"{one['label']} n’a pas été mesuré : {one['reason']}" for one in skipped]


def measured_b7(found: Findings) -> bool:
    """Whether EfficientNet-B7 was trained from real weights; random ones measure nothing but time."""
    return any(
        name.startswith("efficientnet_b7") and not any(run["random_weights"] for run in method["runs"])
        for name, method in found.methods.items()
    )
