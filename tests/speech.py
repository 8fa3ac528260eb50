"""What a voice says of a page: the numbers in its words, spoken by eSpeak NG and written in letters.

Nothing here is shared with pretadepenser.french, whose faults the test that stands on this must see.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

# Elements that do not end a line of the accessibility tree: what stands around is read on.
INLINE = {
    "a",
    "abbr",
    "b",
    "code",
    "em",
    "i",
    "label",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "svg",
    "time",
}
SAID = ("alt", "aria-label", "title", "placeholder", "label", "value")

_S = "[ \u00a0\u202f\u2009]"
_SIGNS = {
    "+": "plusse", "−": "moins", "-": "moins", "–": "moins", "±": "plus ou moins", "×": "multiplié par",
    "÷": "divisé par", "=": "égale", "≈": "environ", "~": "environ", "→": "à", ">": "supérieur à",
    "<": "inférieur à", "≥": "supérieur ou égal à", "≤": "inférieur ou égal à",
}  # fmt: skip
_MONTHS = re.findall(
    r"\w+", "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
)
_UNITS = {" h": " heures", " min": " minutes", " s": " secondes", " Ko": " kilooctets", " Mo": " mégaoctets"}
_DAY = re.compile(r"(?<![\w/])(\d{1,2})/(\d{1,2})/(\d{4})(?![\w/])")
_TIME = re.compile(rf"(?<![\w,])(\d{{1,2}}){_S}?(?:h|:|heures?){_S}?(\d{{2}})(?!\w)")
# Numbers that are no parts of a code: "article L. 312-16", "2023/2225" and "4.14.1" are read as they can be.
_NUMBER = re.compile(
    rf"(?P<mark>n[º°]{_S}?)?(?P<sign>(?<![\w)/-])[+−–-]|[≥≤><=×÷±≈→~]{_S}?)?"
    rf"(?<![\w./,])(?<![\w]-)(?P<whole>\d{{1,3}}(?:{_S}\d{{3}})+(?!\d)|\d+)(?P<part>,\d+)?"
    rf"(?P<order>er|re|e|ère|ème)?(?![\w]|[./-]\w)(?P<unit>{_S}?%|{_S}€|{_S}[^\W\d_]+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, order=True)
class Said:
    """A piece of a page as it is fed to a voice, and the same in letters."""

    text: str
    letters: str


def lines(page: HtmlElement) -> Iterator[str]:
    """Texts of a page as the accessibility tree joins them, and those of attributes that are said."""
    for element in page.iter():
        if isinstance(element.tag, str) and not (element.get("type") == "hidden" or element.tag == "option"):
            yield from (element.get(name) for name in SAID if element.get(name))
    line: list[str] = []

    def walk(element: HtmlElement) -> Iterator[str]:
        if not isinstance(element.tag, str):
            return
        if element.tag in ("script", "style") or element.get("aria-hidden") == "true":
            return
        if element.tag not in INLINE:
            yield from flush()
        line.append(element.text or "")
        for child in element:
            yield from walk(child)
            line.append(child.tail or "")
        if element.tag not in INLINE:
            yield from flush()

    def flush() -> Iterator[str]:
        text = re.sub(r"[ \t\r\n]+", " ", "".join(line)).strip(" ")
        line.clear()
        if text:
            yield text

    yield from walk(page)


def numbers(text: str) -> Iterator[Said]:
    """Amounts, signs, percentages, ordinals, dates, times, durations of a text, with the word after."""
    for found in _DAY.finditer(text):
        first = "premier" if int(found[1]) == 1 else letters(found[1])
        yield Said(found[0], f"{first} {_MONTHS[int(found[2]) - 1]} {letters(found[3])}")
    for found in _TIME.finditer(text):
        hours = "heure" if int(found[1]) < 2 else "heures"
        yield Said(found[0], f"{letters(found[1])} {hours} {decimals(found[2])}")
    for found in _NUMBER.finditer(text):
        words = "numéro " if found["mark"] else ""
        words += _SIGNS[found["sign"].strip()] + " " if found["sign"] else ""
        words += ordinal(found["whole"]) if found["order"] else letters(found["whole"])
        words += f" virgule {decimals(found['part'][1:])}" if found["part"] else ""
        unit = re.sub(_S, " ", found["unit"] or "")
        yield Said(found[0], words + _UNITS.get(unit, unit))


def decimals(digits: str) -> str:
    """Digits after a comma, or minutes: "05" -> "zéro cinq"."""
    zeros = len(digits) - len(digits.lstrip("0"))
    rest = digits[zeros:]
    return " ".join(["zéro"] * zeros + ([letters(rest)] if rest else []))


def ordinal(digits: str) -> str:
    """The rank of something: 1 -> "premier", 2 -> "deuxième"."""
    odd = {"1": "premier", "5": "cinquième", "9": "neuvième"}
    return odd.get(digits) or letters(digits).removesuffix("e") + "ième"


_SMALL: list[str] = re.findall(
    r"\S+",
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept "
    "dix-huit dix-neuf",
)
_TENS = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante", 8: "quatre-vingt"}


def letters(digits: str) -> str:
    """A whole number below a thousand million in French letters: "1 293 503" with any spaces."""
    if digits[0] == "0" and len(digits) > 1:
        return decimals(digits)  # of a telephone number, read as it is written
    number = int(re.sub(r"\s", "", digits))
    millions, rest = divmod(number, 1_000_000)
    thousands, units = divmod(rest, 1000)
    words = []
    if millions:
        words.append(_hundreds(millions) + (" millions" if millions > 1 else " million"))
    if thousands:
        words.append("mille" if thousands == 1 else _hundreds(thousands).rstrip("s") + " mille")
    if units or not words:
        words.append(_hundreds(units))
    return " ".join(words)


def _hundreds(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return _tens(rest)
    word = "cent" if hundreds == 1 else f"{_SMALL[hundreds]} cent"
    if not rest:
        return word + ("s" if hundreds > 1 else "")
    return f"{word} {_tens(rest)}"


def _tens(number: int) -> str:
    if number < 20:
        return _SMALL[number]
    ten, unit = divmod(number, 10)
    if ten in (7, 9):
        ten, unit = ten - 1, unit + 10
    if not unit:
        return _TENS[ten] + ("s" if ten == 8 else "")
    return f"{_TENS[ten]}{' et ' if unit in (1, 11) and ten != 8 else '-'}{_SMALL[unit]}"


def misheard(pieces: Iterable[Said]) -> list[str]:
    """What a voice says otherwise than the same in letters, as "text: sounds, not sounds"."""
    every = sorted(set(pieces))
    if not every:
        return []
    sounds = spoken([one.text for one in every] + [one.letters for one in every])
    heard, right = sounds[: len(every)], sounds[len(every) :]
    return [
        f"{one.text!a}: {this}, not {that} ({one.letters})"
        for one, this, that in zip(every, heard, right, strict=True)
        if not sounds_alike(this, that)
    ]


def spoken(texts: Sequence[str]) -> list[str]:
    """Sounds (IPA) of texts without punctuation, each a line, by one process."""
    done = subprocess.run(
        ["espeak-ng", "-v", "fr", "-q", "--ipa"],
        input="\n".join(texts) + "\n", capture_output=True, text=True, check=True,
    )  # fmt: skip
    sounds = done.stdout.splitlines()
    assert len(sounds) == len(texts), f"{len(texts)} texts were spoken in {len(sounds)} lines"
    return sounds


# Numbers end in a consonant or not by what follows; digits are joined more closely than words.
_LIAISON = (
    ("sɑ̃[tz]", "sɑ̃"), ("mwɛ̃z", "mwɛ̃"), ("plyz", "ply"), ("sɛ̃k", "sɛ̃"), ("si[sz]", "si"), ("di[sz]", "di"),
    ("ɥit|yit", "yi"), ("nœv", "nœf"), ("vɛ̃t(?!ʁwa)", "vɛ̃"), ("vɛ̃z", "vɛ̃"), ("døz", "dø"), ("katʁə", "katʁ"),
    ("tʁwaz", "tʁwa"), ("œ̃n", "œ̃"),
)  # fmt: skip


def sounds_alike(one: str, other: str) -> bool:
    """Whether two transcriptions are the same sounds, stress, pauses and liaisons aside."""
    return _bare(one) == _bare(other)


def _bare(ipa: str) -> str:
    bare = re.sub(r"[ˈˌː\s\u200d‿_-]", "", ipa)
    for pattern, sound in _LIAISON:
        bare = re.sub(pattern, sound, bare)
    return bare
