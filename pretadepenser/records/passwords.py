"""Which passwords are taken: long enough, and not to be guessed (zxcvbn's estimate)."""

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pretadepenser.records.database import RecordsError

MINIMUM: Final = 12
# Argon2 takes any length; the bound keeps a huge body from costing work.
MAXIMUM: Final = 512
# Guesses below which a password is refused, zxcvbn's highest mark (docs/decisions/signing-in.md).
GUESSES: Final = 1e10
# What marks between letters add: whoever guesses "pret" tries "p.r.e.t" and "p-r-e-t" too.
MARKS: Final = 1000
# What zxcvbn is given: its work grows with the cube of the length, and doubles with each further kind of sign
# that may stand for a letter. So it takes 50 ms at most, as long as hashing the password.
LOOKED_AT: Final = 40
KINDS: Final = 8
_SIGNS: Final = frozenset("4@8({[<369!1|0$5+7%2")
# What somebody who knows the place tries first.
HOUSE: Final = (
    "pretadepenser", "pret", "depenser", "credit", "banque", "bienvenue", "conseiller", "auditeur",
    "administrateur", "responsable",
)  # fmt: skip

_LENGTH: Final = (
    f"Le mot de passe doit avoir de {MINIMUM} à {MAXIMUM} caractères : une suite de quelques mots convient."
)
_NAME: Final = (
    "Ce mot de passe est fait de l’identifiant : choisissez une suite de mots sans rapport avec lui."
)
_HOUSE: Final = (
    "Ce mot de passe est fait du nom de ce service ou d’un mot du métier : choisissez une suite de mots sans "
    "rapport avec eux."
)
_COMMON: Final = (
    "Ce mot de passe est fait d’un des mots de passe les plus courants : choisissez une suite de quelques "
    "mots au hasard."
)
_REPEAT: Final = "Ce mot de passe répète les mêmes signes : choisissez une suite de mots différents."
_ORDER: Final = (
    "Ce mot de passe suit l’ordre du clavier, de l’alphabet ou des chiffres : choisissez une suite de "
    "quelques mots."
)
_DATE: Final = "Ce mot de passe est fait d’une date : choisissez une suite de quelques mots."
_FEW: Final = (
    "Ce mot de passe est fait de trop peu de mots, ou de mots trop courants : ajoutez-en un ou deux."
)

# zxcvbn keeps the words of the caller in a global: one thread at a time.
_alone = threading.Lock()


def check(password: str, name: str) -> str:
    """Give a password back that may be taken for the user of this name.

    Raises RecordsError: it is too short, too long or can be guessed; the sentence says why and what to do.
    """
    if not MINIMUM <= len(password) <= MAXIMUM:
        raise RecordsError(_LENGTH)
    plain = _bounded(_without_accents(password)[:LOOKED_AT])
    words = _words(name)
    bare = re.sub(r"[\W_]+", "", plain)
    for written, guesses in ((plain, GUESSES), (bare, GUESSES / MARKS)):
        found = _estimate(written, (*words, *HOUSE))
        if written and float(found["guesses"]) < guesses:
            raise RecordsError(_reason(found["sequence"], words))
    return password


def _estimate(text: str, words: Iterable[str]) -> Mapping[str, Any]:
    # Imported here: its dictionaries take a while to load, and no page but /compte needs them.
    from zxcvbn import zxcvbn

    with _alone:
        found: Mapping[str, Any] = zxcvbn(text, user_inputs=list(words))
    return found


def _words(name: str) -> tuple[str, ...]:
    """The name of a user whole, without its marks, and in its parts."""
    plain = _without_accents(name).casefold()
    parts = [part for part in re.split(r"[\W_]+", plain) if len(part) > 2]
    return tuple(dict.fromkeys((plain, re.sub(r"[\W_]+", "", plain), *parts)))


def _without_accents(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))


def _bounded(text: str) -> str:
    """The text with `KINDS` kinds of signs that may stand for letters; a further kind stands for itself."""
    kinds = [sign for sign in dict.fromkeys(text) if sign in _SIGNS]
    return "".join("~" if sign in kinds[KINDS:] else sign for sign in text)


def _reason(sequence: Iterable[Mapping[str, Any]], words: Iterable[str]) -> str:
    """The sentence for what makes a password easy to guess, the plainest reason first."""
    found = list(_patterns(sequence))
    known = {match["matched_word"] for match in found if match.get("dictionary_name") == "user_inputs"}
    if known & set(words):
        return _NAME
    if known:
        return _HOUSE
    if any(match.get("dictionary_name") == "passwords" for match in found):
        return _COMMON
    for pattern, sentence in (
        ("repeat", _REPEAT),
        ("spatial", _ORDER),
        ("sequence", _ORDER),
        ("date", _DATE),
    ):
        if any(match["pattern"] == pattern for match in found):
            return sentence
    return _FEW


def _patterns(sequence: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """What a password is made of, and what its repeated parts are made of."""
    for match in sequence:
        yield match
        yield from _patterns(match.get("base_matches") or ())
