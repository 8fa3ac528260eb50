"""What is left of a text without the shop's own phrases, the brand, or the words of the categories."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from research.texts.reading import WORD, Text

#: A sequence of this many words is the shop's and not the product's when this many products have it.
PHRASE, EVERYWHERE = 3, 20
#: Levels of the path of categories whose words are taken away: below them it soon names the product itself.
LEVELS = 2
LETTERS = 3


def _spans(text: str) -> list[tuple[str, int, int]]:
    return [
        (found[0].lower(), found.start(), found.end()) for found in re.finditer(WORD, text, re.IGNORECASE)
    ]


def _without(text: str, dropped: Sequence[tuple[int, int]]) -> str:
    parts, at = [], 0
    for start, end in dropped:
        parts.append(text[at:start])
        at = end
    return re.sub(r"\s+", " ", "".join([*parts, text[at:]])).strip()


def shop_phrases(texts: Sequence[str]) -> set[tuple[str, ...]]:
    """Sequences of :data:`PHRASE` words that at least :data:`EVERYWHERE` of these texts have."""
    seen: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        words = [word for word, _, _ in _spans(text)]
        seen.update({tuple(words[at : at + PHRASE]) for at in range(len(words) - PHRASE + 1)})
    return {phrase for phrase, count in seen.items() if count >= EVERYWHERE}


def without_phrases(text: str, phrases: set[tuple[str, ...]]) -> str:
    """The text without the words of any of these sequences."""
    spans = _spans(text)
    dropped = set()
    for at in range(len(spans) - PHRASE + 1):
        if tuple(word for word, _, _ in spans[at : at + PHRASE]) in phrases:
            dropped |= set(range(at, at + PHRASE))
    return _without(text, [spans[at][1:] for at in sorted(dropped)])


def without_words(text: str, words: set[str]) -> str:
    """The text without these words, wherever they are."""
    return _without(text, [(start, end) for word, start, end in _spans(text) if word in words])


def brand_words(text: Text) -> set[str]:
    """Words of the brand; where none is filled in, the first word of the name, which mostly is it."""
    return set(re.findall(WORD, (text.brand or text.name.split(" ")[0]).lower()))


def category_words(texts: Sequence[Text]) -> set[str]:
    """Words of the first levels of all paths of categories, singular and plural."""
    found = set()
    for text in texts:
        levels = text.tree.strip('[]"').split(">>")[:LEVELS]
        found |= set(re.findall(WORD, " ".join(levels).lower()))
    long = {word for word in found if len(word) >= LETTERS}
    singular = {word[: -len(end)] for word in long for end in ("s", "es") if word.endswith(end)}
    return long | singular | {f"{word}s" for word in long}


def variants(texts: Sequence[Text]) -> dict[str, list[str]]:
    """The texts whole, and with something taken away, by the key that the report names it with."""
    whole = [text.whole for text in texts]
    phrases, categories = shop_phrases(whole), category_words(texts)
    unbranded = [without_words(text.whole, brand_words(text)) for text in texts]
    bare = [without_phrases(text, phrases) for text in unbranded]
    return {
        "whole": whole,
        "brand": unbranded,
        "category": [without_words(text, categories) for text in whole],
        "boilerplate": [without_phrases(text, phrases) for text in whole],
        "bare": [without_words(text, categories) for text in bare],
        "name": [text.name for text in texts],
        "description": [text.description for text in texts],
    }
