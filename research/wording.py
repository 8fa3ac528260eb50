"""French for the report: numbers, and sentences generated from figures and heat maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from research.catalog import CATEGORIES

HARD_SPACE, NARROW_SPACE = "\u00a0", "\u202f"
NAMES = tuple(CATEGORIES.values())

#: The nine zones of a photo, row by row from the top left.
ZONES = (
    "en haut à gauche", "en haut au milieu", "en haut à droite",
    "à gauche", "au centre", "à droite",
    "en bas à gauche", "en bas au milieu", "en bas à droite",
)  # fmt: skip

#: Effects smaller than this, in points of probability, are not worth a sentence.
SMALL = 0.02


def number(value: float, decimals: int = 0) -> str:
    """``1234.5`` → « 1 234,5 » (narrow no-break spaces, decimal comma, real minus sign)."""
    text = f"{abs(value):,.{decimals}f}".replace(",", NARROW_SPACE).replace(".", ",")
    negative = value < 0 and any(digit in text for digit in "123456789")
    return f"−{text}" if negative else text


def count(found: int, noun: str, plural: str = "") -> str:
    """``1, "tirage"`` → « 1 tirage » ; ``5, "tirage"`` → « 5 tirages » ; ``plural`` if not in s."""
    return f"{number(found)} {noun if found < 2 else plural or noun + 's'}"


def percent(share: float, decimals: int = 1) -> str:
    """``0.8475`` → « 84,8 % »."""
    return f"{number(share * 100, decimals)}{HARD_SPACE}%"


def english(text: str) -> str:
    """Words that a voice must read as English, between the marks that the report's schema names."""
    return f"⟦{text}⟧"


def unmarked(text: str) -> str:
    """A text without the marks of :func:`english`, for where words alone can stand."""
    return text.replace("⟦", "").replace("⟧", "")


def shortened(text: str, most: int) -> str:
    """At most ``most`` characters of a text, cut between two words and ended by « … »."""
    if len(text) <= most:
        return text
    return f"{text[:most].rpartition(' ')[0] or text[:most]}…"


def gap(share: float) -> str:
    """The size of a difference in points, without its sign: ``-0.078`` → « 7,8 points »."""
    return signed(abs(share)).removeprefix("+")


def signed_interval(low: float, high: float) -> str:
    """« de −0,4 à +1,2 point »."""
    return f"de {signed(low).rpartition(' ')[0]} à {signed(high)}"


def interval(low: float, high: float) -> str:
    """« de 84,1 % à 88,0 % »."""
    return f"de {percent(low)} à {percent(high)}"


def p_value(p: float) -> str:
    """A p-value to three decimals, « inférieure à 0,001 » below."""
    return "inférieure à 0,001" if p < 0.001 else f"égale à {number(p, 3)}"


def signed(share: float) -> str:
    """A difference of accuracy in points, to one decimal: ``0.0042`` → « +0,4 point »."""
    value = round(share * 100, 1)
    unit = "point" if abs(value) < 2 else "points"
    return f"{'+' if value > 0 else ''}{number(value, 1)} {unit}"


def signed_number(value: float) -> str:
    """``0.314`` → « +0,31 » ; ``-1.2`` → « −1,20 »."""
    told = number(value, 2)
    return f"+{told}" if value > 0 and told != "0,00" else told


def points(share: float) -> str:
    """A difference of probability in points: ``0.314`` → « +31 points »."""
    rounded = round(share * 100)
    unit = "point" if abs(rounded) < 2 else "points"
    sign = "+" if rounded > 0 else "−" if rounded < 0 else ""
    return f"{sign}{abs(rounded)} {unit}"


def listing(items: Sequence[str]) -> str:
    """« a, b et c »."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} et {items[-1]}"


def elided(word: str, name: str) -> str:
    """``"que", "EfficientNet"`` → « qu’EfficientNet » ; ``"de", "VGG16"`` → « de VGG16 »."""
    return f"{word[:-1]}’{name}" if name[:1].lower() in "aeiouyéèêhâîô" else f"{word} {name}"


def quoted(number_: int) -> str:
    """French name of a category between quotation marks."""
    return f"«{HARD_SPACE}{NAMES[number_]}{HARD_SPACE}»"


def zones(values: np.ndarray) -> np.ndarray:
    """Sum a grid ``(g, g)`` into the nine zones, ``(9,)``; the total is kept."""
    size = values.shape[0]
    third = np.minimum(np.arange(size) * 3 // size, 2)
    return np.array(
        [values[third == row][:, third == column].sum() for row in range(3) for column in range(3)]
    )


def describe_map(values: np.ndarray, category: int) -> str:
    """Which zones speak for and against a category, and how strongly.

    ``values`` are the SHAP values of that category ``(g, g)``, in points of probability.
    """
    by_zone = zones(values)
    total = points(float(by_zone.sum()))
    order = np.argsort(-by_zone, kind="stable")
    favourable = [number_ for number_ in order if by_zone[number_] >= SMALL][:3]
    against = [number_ for number_ in order[::-1] if by_zone[number_] <= -SMALL][:2]
    sentence = f"Pour {quoted(category)}, la photo apporte {total} de probabilité au total. "
    if favourable:
        parts = [f"{ZONES[index]} ({points(float(by_zone[index]))})" for index in favourable]
        sentence += f"Ce qui parle pour (en rouge, trait plein) se trouve surtout {listing(parts)}. "
    else:
        sentence += "Aucune zone ne parle nettement pour. "
    if against:
        parts = [f"{ZONES[index]} ({points(float(by_zone[index]))})" for index in against]
        sentence += f"Ce qui parle contre (en bleu hachuré, tirets) se trouve {listing(parts)}."
    else:
        sentence += "Aucune zone ne parle nettement contre."
    return sentence


def describe_answer(truth: int, answer: int, probability: float, who: str = "Le réseau") -> str:
    """Whether the network (``who``) was right, in one sentence."""
    sure = percent(probability, 0)
    if truth == answer:
        return f"{who} répond {quoted(answer)}, avec raison, sûr à {sure}."
    return f"{who} répond {quoted(answer)}, sûr à {sure} ; c’était {quoted(truth)}."


def concentration(values: np.ndarray) -> float:
    """Smallest share of the photo's surface that carries half of what speaks for the category."""
    positive = np.sort(np.clip(values, 0, None).ravel())[::-1]
    if positive.sum() <= 0:
        return 1.0
    needed = int(np.searchsorted(np.cumsum(positive), positive.sum() / 2)) + 1
    return needed / positive.size


def central_share(values: np.ndarray) -> float:
    """Share of what speaks for the category that lies in the central ninth of the photo."""
    positive = zones(np.clip(values, 0, None))
    return float(positive[4] / positive.sum()) if positive.sum() > 0 else 0.0


def product_share(values: np.ndarray, product: np.ndarray) -> float:
    """Share of what speaks for the category that lies on the product rather than on white background.

    ``product`` counts the pixels of each cell ``(g, g)`` that are not background.
    """
    positive = np.clip(values, 0, None)
    inside = product / max(product.max(), 1)
    return float((positive * inside).sum() / positive.sum()) if positive.sum() > 0 else 0.0
