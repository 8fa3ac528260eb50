"""French formats and grammar used wherever the application speaks.

Numbers come from Babel (CLDR), so that every page, chart, file and sentence writes them alike: narrow
no-break space (U+202F) between thousands, decimal comma, no-break space (U+00A0) before € and %, and the
true minus sign (U+2212). These hold a number together in a picture, a file or a terminal; what voices make of
them is mended where a number becomes HTML (speech.py).
"""

from __future__ import annotations

import datetime
import functools
import math
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Final, Literal

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import NumberPattern, parse_pattern

from pretadepenser import money

LOCALE: Final = Locale.parse("fr_FR")
NO_BREAK: Final = "\u00a0"
NARROW_NO_BREAK: Final = "\u202f"
MINUS: Final = "\u2212"
ABSENT: Final = "donnée absente"
MONTHS: Final = tuple(LOCALE.months["format"]["wide"].values())

DAYS_PER_YEAR: Final = 365.25
DAYS_PER_MONTH: Final = DAYS_PER_YEAR / 12


# A page writes the same figures and sentences in several places, pages of other clients many of them again.
_kept = functools.lru_cache(maxsize=16_384)


@_kept
def number(value: float, decimals: int = 0) -> str:
    """Write a number with exactly `decimals` decimals: 1293502.5 -> "1 293 503", (0.2629, 2) -> "0,26".

    Halves are rounded away from zero, as French readers expect (Babel alone rounds halves to even).
    Raises ValueError for NaN and infinities, which no sentence may show.
    """
    if not math.isfinite(value):
        raise ValueError(f"not a finite number: {value!r}")
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    if rounded == 0:
        rounded = abs(rounded)  # no "−0"
    text: str = _pattern(decimals).apply(rounded, LOCALE)
    return text.replace("-", MINUS)


@functools.cache
def _pattern(decimals: int) -> NumberPattern:
    """Pattern of CLDR; kept, because parsing it takes four times as long as writing a number."""
    return parse_pattern("#,##0" + ("." + "0" * decimals if decimals else ""))


def compact(value: float, decimals: int = 2) -> str:
    """Write a number with at most `decimals` decimals: (3.50, 2) -> "3,5", (3.0, 2) -> "3"."""
    text = number(value, decimals)
    return text.rstrip("0").rstrip(",") if "," in text else text


def amount(value: float, decimals: int = 0) -> str:
    """Write an amount of the data in the currency in use: 1293502 -> "1 293 502 €", or "12 935 €" by 100."""
    used = money.in_use()
    return f"{number(used.shown(value), decimals)}{NO_BREAK}{used.symbol}"


def some(value: float) -> str:
    """Write an amount as `amount` does, but never as nothing where it is something: "moins de 1 €"."""
    used = money.in_use()
    return f"moins de {amount(used.stored(1))}" if 0 < used.shown(value) < 0.5 else amount(value)


def percent(share: float, decimals: int = 0) -> str:
    """Write a share (0.0009 is 0,09 %) as a percentage: (0.0009, 2) -> "0,09 %"."""
    return f"{number(share * 100, decimals)}{NO_BREAK}%"


def part(share: float, decimals: int = 0) -> str:
    """Write a share, never told as none or as all where it is neither: 0.0003, 1 -> "moins de 0,1 %"."""
    written, step = percent(share, decimals), 10 ** -(decimals + 2)
    if share > 0 and written == percent(0, decimals):
        return f"moins de {percent(step, decimals)}"
    if share < 1 and written == percent(1, decimals):
        return f"plus de {percent(1 - step, decimals)}"
    return written


def compact_percent(share: float, decimals: int = 6) -> str:
    """Write a share with at most `decimals` decimals: 0.48 -> "48 %", 0.455 -> "45,5 %".

    All of those that a setting has: what lies beyond a limit must not be written as the limit itself.
    """
    return f"{compact(share * 100, decimals)}{NO_BREAK}%"


def ratio(value: float, decimals: int = 2) -> str:
    """Write how many times one figure holds another: 3.2 -> "3,2 fois", 1.0 -> "1 fois"."""
    return f"{compact(value, decimals)}{NO_BREAK}fois"


def plural(count: float, one: str, many: str | None = None) -> str:
    """Write a count and its noun: 1 -> "1 client", 0 -> "0 client", 1.5 -> "1,5 client", 2 -> "2 clients".

    In French the plural starts at two. `many` defaults to `one` with an s.
    """
    noun = one if abs(count) < 2 else (one + "s" if many is None else many)
    return f"{compact(count)}{NO_BREAK}{noun}"


def signed(count: int) -> str:
    """Write a whole number with its sign, where a heading says what is counted: 12 -> "+12", -1 -> "−1"."""
    return f"{'+' if count > 0 else ''}{number(count)}"


def points(count: int) -> str:
    """Write a signed number of points: 12 -> "+12 points", -1 -> "−1 point", 0 -> "0 point"."""
    sign = "+" if count > 0 else ""
    return sign + plural(count, "point")


class Person(Enum):
    """Of whom a sentence speaks: the client, said to an advisor, or you, said to the client."""

    CLIENT = 0
    YOU = 1


_ADDRESSED: Final = re.compile(r"\[([^][|]*)\|([^][|]*)\]")


def addressed(text: str, person: Person) -> str:
    """Write a text for whom it is said to: "[le client a|vous avez]" becomes the first or the second."""
    return _ADDRESSED.sub(lambda either: either[1 + person.value], text)


def duration(days: float) -> str:
    """Write a length of time given in days, sign ignored, with at most two units.

    1157 -> "3 ans et 2 mois", 45 -> "1 mois", 12 -> "12 jours". A month is a twelfth of 365,25 days; under
    two months days would suggest a precision that the figure has, so they are kept under one month only.
    """
    length = abs(days)
    if length < DAYS_PER_MONTH:
        return plural(round(length), "jour")
    return months(int(length / DAYS_PER_MONTH + 1e-9))


def date(day: datetime.date) -> str:
    """Write a date in full, the first of a month as "1er": "23 novembre 2026"."""
    number = "1er" if day.day == 1 else str(day.day)
    return f"{number}{NO_BREAK}{format_date(day, 'MMMM y', locale=LOCALE)}"


def moment(at: datetime.datetime) -> str:
    """Write a date and a time of the day, to the minute: "26 novembre 2026 à 9 heures 05"."""
    minutes = f"{NO_BREAK}{at.minute:02}" if at.minute else ""
    return f"{date(at)} à {plural(at.hour, 'heure')}{minutes}"


def months(count: float) -> str:
    """Write a whole number of months: 38 -> "3 ans et 2 mois", 12 -> "1 an", 7 -> "7 mois"."""
    years, rest = divmod(round(abs(count)), 12)
    parts = [plural(years, "an")] if years else []
    if rest or not years:
        parts.append(plural(rest, "mois", "mois"))
    return join(parts)


def age(days: float) -> str:
    """Write an age in completed years from days lived, sign ignored: -15790 -> "43 ans"."""
    return plural(int(abs(days) / DAYS_PER_YEAR + 1e-9), "an")


def join(items: Sequence[str], word: Literal["et", "ou"] = "et") -> str:
    """Join names as a French sentence does: ["a", "b", "c"] -> "a, b et c"; none -> ""."""
    return _joined(tuple(items), word)


@_kept
def _joined(items: tuple[str, ...], word: str) -> str:
    return format_list(items, "or" if word == "ou" else "standard", LOCALE)


def quoted(text: str) -> str:
    """Put text between French quotation marks with their no-break spaces."""
    return f"«{NO_BREAK}{text}{NO_BREAK}»"


def capital(text: str) -> str:
    """Give a sentence its capital letter, leaving the rest as it is."""
    return text[:1].upper() + text[1:]


# Each pattern is one space and what stands around it: found and replaced ten times as fast as with groups.
_NARROW: Final = re.compile(" (?=[;!?])")
_BROAD: Final = re.compile(
    r" (?:(?=[»:€%])|(?<=« )"
    r"|(?<=\b[Nn]uméro )(?=[\d{])|(?<=\b[Aa]rticle )(?=[\dLRD])|(?<=\b[Aa]rticles )(?=[\dLRD])"
    r"|(?<=\b[LRD]\. )(?=\d)"
    r"|(?<=\d )(?=cas sur \d)|(?<=\d cas )(?=sur \d)|(?<=\d cas sur )(?=\d)"
    r"|(?<=\d )(?=sur \d)|(?<=\d sur )(?=\d))"
)


@_kept
def typeset(text: str) -> str:
    """Turn the plain spaces of French punctuation («, », :, ;, !, ?, €, %) into no-break ones.

    So are those of "numéro 1", of "article 18" and of "0,70 sur 1", whose two halves say nothing apart.
    """
    return _NARROW.sub(NARROW_NO_BREAK, _BROAD.sub(NO_BREAK, text))


# A mute h takes the elision (l'habitation); the dictionary uses no word with an aspirated one.
_VOWEL: Final = re.compile(r"^[aeiouyhàâäéèêëîïôöùûüœæ]", re.IGNORECASE)


def elides(word: str) -> bool:
    """Say whether le, la or de lose their vowel before this word."""
    return bool(_VOWEL.match(word)) and not word.lower().startswith(("onze", "onzi", "yaourt"))


def the(noun: str, gender: str, many: bool = False) -> str:
    """Put the definite article before a noun: ("âge", "m") -> "l'âge", ("durée", "f") -> "la durée"."""
    if many:
        return f"les {noun}"
    if elides(noun):
        return f"l’{noun}"
    return f"{'la' if gender == 'f' else 'le'} {noun}"


def agree(adjective: str, gender: str, many: bool = False) -> str:
    """Make a regular adjective or participle agree: ("connu", "f") -> "connue", many -> "connues"."""
    return adjective + ("e" if gender == "f" else "") + ("s" if many else "")
