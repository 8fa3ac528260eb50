"""Which texts the tests hold: what they say literally, and the texts of templates to look for in it."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from jinja2 import Environment

TESTS = Path(__file__).parent
# What is written there expects nothing of the product: faults to be put into it, timings, pictures.
_SILENT = {"bench", "faults", "measures", "mutants", "research", "screenshots.py"}
# These list texts that no test holds.
_LISTS = "test_held_"
# Between two texts, and where a text is not known before it runs.
_END, _HOLE = "\x01", "\x00"
_TAG = re.compile(r"</?[a-zA-Z][^<>\x01]{0,200}>")
# Tags within a sentence: what stands on both sides of them is one text.
_INLINE = re.compile(r"</?(?:a|abbr|b|bdi|code|em|i|kbd|mark|small|span|strong|time)\b[^<>]*>")
_UNSAID = re.compile(r"<(svg|style|script)\b.*?</\1>", re.DOTALL)
_SAID = re.compile(r'\b(?:alt|title|placeholder|aria-label|data-[a-z-]+)="([^"]*)"')
_SPACES = re.compile(r"[\u00a0\u202f\s]+")
# With their separators: files of words have "0" for each.
_FIGURES = re.compile(r"\d+(?:[., ]\d+)*")
_JINJA = Environment()
_WORD = re.compile(r"[A-Za-zÀ-ÿœŒ’]{2,}")
# Words that turn a sentence where one is taken for another: with one of these, two words are a text.
_TURN = re.compile(
    r"(?<![\w-])(?:au-dessus|au-dessous|plus|moins|ajoute|retire|monte|descend|monterait|descendrait|accordé"
    r"|refusé|avant|après|dépasse|haut|bas|augmente|baisse|premier|dernier)(?![\w-])"
)


def norm(text: str) -> str:
    """The same text without tags, with plain spaces, and "0" for every figure."""
    plain = _SPACES.sub(" ", _TAG.sub(" ", html.unescape(text)))
    return _FIGURES.sub("0", plain).replace("\u2011", "-").strip()


def squeezed(text: str) -> str:
    """The same text as it is compared: normal, without spaces or the stop at its ends."""
    return norm(text).replace(" ", "").strip(".,:;")


def is_sentence(text: str, least: int = 3) -> bool:
    """It has so many words, or two of which one turns its sense."""
    plain = norm(text)
    return len(_WORD.findall(plain)) >= (2 if _TURN.search(plain) else least)


@cache
def corpus() -> str:
    """All that the tests expect literally, squeezed: strings that are not docstrings, and files of words."""
    found = [one.read_text("utf-8") for one in sorted(TESTS.rglob("words/*.txt"))]
    for path in sorted(TESTS.rglob("*.py")):
        if not path.name.startswith(_LISTS) and not _SILENT & set(path.relative_to(TESTS).parts):
            found += [text for _, text in literals(path.read_text("utf-8")) if " " in text]
    return norm(_END.join(found)).replace(" ", "")


def literals(source: str) -> Iterator[tuple[int, str]]:
    """The strings of a Python file, with their lines: neither docstrings nor what is `not in` something.

    Of an f-string its constant parts, with a hole between them.
    """
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Constant(value=str(text)):
                yield node.lineno, text
            case ast.JoinedStr(values=values):
                parts = [str(one.value) if isinstance(one, ast.Constant) else _HOLE for one in values]
                yield node.lineno, "".join(parts)
                waiting += [one.value for one in values if isinstance(one, ast.FormattedValue)]
            case ast.Expr(value=ast.Constant()):
                pass
            case ast.Compare(left=ast.Constant(), ops=[ast.NotIn(), *_], comparators=others):
                waiting += others
            case _:
                waiting += ast.iter_child_nodes(node)


def template_texts(source: str) -> Iterator[tuple[int, str]]:
    """The texts of a template, with their lines: between tags, in what is said aloud, and in expressions."""
    plain = ""
    for line, kind, value in _JINJA.lex(source):
        if kind == "string" and " " in value:
            yield line, value[1:-1]
        # The lexer leaves line ends out at "{%-".
        plain += "\n" * (line - 1 - plain.count("\n"))
        plain += value if kind == "data" else _END
    for found in _SAID.finditer(plain):
        yield from _between(plain, found[1], found.start(1))
    plain = _UNSAID.sub(lambda one: _END + "\n" * one[0].count("\n"), plain)
    plain = _INLINE.sub(lambda one: " " * one[0].count("\n"), plain)
    start = 0
    for found in re.finditer(r"<[^<>]*>|\Z", plain):
        yield from _between(plain, plain[start : found.start()], start)
        start = found.end()


def _between(whole: str, text: str, start: int) -> Iterator[tuple[int, str]]:
    """The texts on both sides of expressions, with their lines."""
    for part in text.split(_END):
        if part.strip():
            first = start + len(part) - len(part.lstrip())
            yield whole.count("\n", 0, first) + 1, part
        start += len(part) + 1
