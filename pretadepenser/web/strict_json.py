"""JSON as RFC 8259 has it, from foreign hands: what is wrong is told in French, with line and column."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any, Final, NoReturn

# A row is an object in an array in an object: what is nested deeper is no data of ours.
DEPTH: Final = 16
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+', re.S)
_CONSTANTS: Final = ("NaN", "Infinity", "-Infinity")
_LONE: Final = re.compile(r"[\ud800-\udfff]")


class JsonError(Exception):
    """The text is no JSON to work with; the message is a French sentence that says where and why."""


def loads(content: bytes) -> Any:
    """Read a body of JSON, UTF-8.

    Raises JsonError: not UTF-8, no JSON, a constant that JSON does not have, a key twice in one object, half
    a character, or objects nested more than DEPTH deep.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise JsonError("Le corps n’est pas du texte en UTF-8 : enregistrez-le en UTF-8.") from error
    _check_tokens(text)
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        _refuse(text, error.pos, _what(text, error.pos))
    except (ValueError, RecursionError) as error:  # a number of thousands of digits
        raise JsonError("Le corps n’est pas du JSON correct : un nombre est trop long.") from error
    if "\\u" in text and (lone := _LONE.search(json.dumps(found, ensure_ascii=False))):
        written = re.search(rf"\\u{ord(lone[0]):04x}", text, re.I)
        _refuse(text, written.start() if written else 0, "la moitié d’un caractère, sans l’autre")
    return found


def _check_tokens(text: str) -> None:
    """Refuse what the reader would accept or not get to the end of: repeated keys, NaN, depth."""
    # One set of keys an object that is open, None for an array.
    opened: list[set[str] | None] = []
    key: re.Match[str] | None = None
    for token in _TOKEN.finditer(text):
        said = token[0]
        if said in "[{":
            opened.append(set() if said == "{" else None)
            if len(opened) > DEPTH:
                _refuse(text, token.start(), f"plus de {DEPTH} niveaux d’objets les uns dans les autres")
        elif said in "]}" and opened:
            opened.pop()
        elif said in _CONSTANTS:
            _refuse(text, token.start(), f"{said} n’existe pas en JSON, écrivez null")
        elif said == ":" and key and opened and (keys := opened[-1]) is not None:
            name = _decoded(key[0])
            if name in keys:
                _refuse(text, key.start(), f"la clé {key[0]} est répétée")
            keys.add(name)
        key = token if said[0] == '"' else None


def _decoded(key: str) -> str:
    """A key as the reader has it: a letter may be written as its code."""
    if "\\" in key:
        with suppress(ValueError):
            return str(json.loads(key))
    return key[1:-1]


def _what(text: str, place: int) -> str:
    """What is probably wrong at a place that the reader does not understand."""
    if text[:place].rstrip().endswith(",") and text[place : place + 1] in ("", "]", "}"):
        return "une virgule est de trop"
    if place >= len(text.rstrip()):
        return "le texte s’arrête trop tôt"
    return "ce n’est pas du JSON"


def _refuse(text: str, place: int, what: str) -> NoReturn:
    line = text.count("\n", 0, place) + 1
    column = place - text.rfind("\n", 0, place)
    raise JsonError(f"Le corps n’est pas du JSON correct, ligne {line}, colonne {column} : {what}.")
