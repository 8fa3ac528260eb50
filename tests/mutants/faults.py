"""Realistic one-line faults: cosmic-ray's operators on code, words swapped, pages and queries turned."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

# What a person might write by mistake. Left out: what only a type checker would meet, `|` of annotations, and
# decorators, whose absence ends the import or undoes a cache.
OPERATORS: Final = re.compile(
    r"core/(ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|FloorDiv_Mod|Mod_FloorDiv|Pow_Mul)"
    r"|ReplaceComparisonOperator_(?!\w+_Is)(?!Is_(?!IsNot))\w+|ReplaceComparisonOperator_Is_IsNot"
    r"|ReplaceComparisonOperator_IsNot_Is|ReplaceUnaryOperator_(USub_UAdd|Delete_(Not|USub))|AddNot"
    r"|NumberReplacer|Replace(And|Or)With\w+|Replace(True|False)With\w+|Replace(Break|Continue)With\w+"
    r"|ZeroIterationForLoop)"
)
# What the type checker holds, or what only speed and memory show.
_UNSEEN: Final = re.compile(r"frozen=|strict=|eq=False|maxsize|max_workers|chunk|slots=|kw_only=|@overload")
# Words that turn a sentence round, each the fault of the other.
WORDS: Final = (
    ("au-dessus", "au-dessous"), ("plus", "moins"), ("ajoute", "retire"), ("monte", "descend"),
    ("monterait", "descendrait"), ("accordé", "refusé"), ("avant", "après"), ("dépasse", "n’atteint pas"),
    ("haut", "bas"), ("augmente", "baisse"), ("premier", "dernier"), ("for", "against"),
    ("granted", "refused"), ("high", "low"), ("raise", "lower"),
)  # fmt: skip
_OTHER: Final = {one: two for pair in WORDS for one, two in (pair, pair[::-1])}
_WORD: Final = re.compile(rf"(?<![\w-])({'|'.join(sorted(_OTHER, key=len, reverse=True))})(?![\w-])")
_CONDITION: Final = re.compile(r"\{%-? (?:el)?if (?!not )")
_NUMBER: Final = re.compile(r"(?<=[ (>])\d+(?=[ ,)%<])")
# What a query may say instead, outside comments and names.
_INSTEAD: Final = {
    "<": ("<=", ">"), "<=": ("<", ">="), ">": (">=", "<"), ">=": (">", "<="), "=": ("<>",), "<>": ("=",),
    "and": ("or",), "or": ("and",), "is null": ("is not null",), "is not null": ("is null",),
    "min": ("max",), "max": ("min", "sum"), "sum": ("max",), "distinct ": ("",), "inner": ("left",),
    "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "desc": ("asc",),
}  # fmt: skip
_QUERY: Final = re.compile(
    r"""--[^\n]*|\bdecimal\([^)\n]*\)|(?P<value>'[^'\n]*')|(?P<number>(?<![\w.])\d+(?:\.\d+)?)
    |(?P<operator>[<>]=|<>|[<>=]|(?<=[\w)]\ )[-+*/](?=\ )|\bdistinct[ ]
        |\b(?:is\ (?:not\ )?null|and|or|min|max|sum|inner|desc)\b)""",
    re.X,
)


@dataclass(frozen=True)
class Fault:
    """A file with one line that is wrong."""

    path: Path
    kind: str
    line: int
    before: str
    after: str
    text: str


def draw(path: Path, root: Path, random: Random) -> Fault | None:
    """Draw one fault of a file at random, None where it offers none: first its kind, then its place."""
    source = (root / path).read_text("utf-8")
    by_kind: dict[str, list[str | _Operators]] = {}
    for kind, changed in _places(path, source):
        by_kind.setdefault(kind, []).append(changed)
    kinds = list(by_kind)
    random.shuffle(kinds)
    for kind in kinds:
        random.shuffle(by_kind[kind])
        for one in by_kind[kind]:
            text = one if isinstance(one, str) else _replaced(source, *random.choice(one))
            fault = _fault(path, kind, source, text) if text else None
            if fault and not _UNSEEN.search(fault.before):
                return fault
    return None


def every(path: Path, root: Path) -> Iterator[Fault]:
    """All faults of a file, no two of which leave the same text."""
    source = (root / path).read_text("utf-8")
    known = {source}
    for kind, changed in _places(path, source):
        ways = [changed] if isinstance(changed, str) else [_replaced(source, *one) for one in changed]
        for text in ways:
            fault = _fault(path, kind, source, text) if text and text not in known else None
            if fault and not _UNSEEN.search(fault.before):
                yield fault
            known.add(text or source)


_Operators = tuple[tuple[str, int], ...]


def _places(path: Path, source: str) -> Iterator[tuple[str, str | _Operators]]:
    """Places where a fault can be: its kind, and the changed text or the operators to choose from."""
    if path.suffix == ".sql":
        yield from _queries(source)
        return
    if path.suffix == ".py":
        yield from (("operator", ways) for ways in _operators(source).values())
        spans = list(_texts(source))
    else:
        spans = _shown(source)
    for start, end in spans:
        for found in _WORD.finditer(source, start, end):
            yield "word", source[: found.start()] + _OTHER[found[1]] + source[found.end() :]
        if path.suffix != ".py":
            for found in _CONDITION.finditer(source, start, end):
                yield "condition", f"{source[: found.end()]}not {source[found.end() :]}"
            for found in _NUMBER.finditer(source, start, end):
                yield "number", f"{source[: found.start()]}{int(found[0]) + 1}{source[found.end() :]}"


def _queries(source: str) -> Iterator[tuple[str, str]]:
    """What a query might do instead: compare, count or add otherwise, with another number or value."""
    for found in _QUERY.finditer(source):
        kind = found.lastgroup
        if kind == "operator":
            others: tuple[str, ...] = _INSTEAD[found[0]]
        elif kind == "number":
            others = (str(int(found[0]) + 1) if found[0].isdigit() else f"{float(found[0]) + 0.01:g}",)
        else:
            others = ("'?'",) if kind else ()
        for other in others:
            yield kind or "", source[: found.start()] + other + source[found.end() :]


def _operators(source: str) -> dict[tuple[int, int], _Operators]:
    """What cosmic-ray may do, by place: operators and which of their occurrences it is."""
    found: dict[tuple[int, int], list[tuple[str, int]]] = {}
    nodes = list(ast_nodes(get_ast(source)))
    for name in operator_names():
        if not OPERATORS.fullmatch(name):
            continue
        operator, occurrence = _operator(name), 0
        for node in nodes:
            for start, _ in operator.mutation_positions(node):
                found.setdefault(start, []).append((name, occurrence))
                occurrence += 1
    return {place: tuple(ways) for place, ways in found.items()}


@cache
def _operator(name: str) -> Any:
    return get_operator(name)()


def _replaced(source: str, name: str, occurrence: int) -> str | None:
    text: str | None = mutate_code(source, _operator(name), occurrence)
    return text


def _texts(source: str) -> Iterator[tuple[int, int]]:
    """Where strings stand that are no docstrings."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    begins = True
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.STRING and not begins:
            yield starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1]
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            begins = token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)


def _shown(source: str) -> list[tuple[int, int]]:
    """The parts of a template that are neither comments nor drawings."""
    hidden = [found.span() for found in re.finditer(r"\{#.*?#\}|<svg.*?</svg>", source, re.S)]
    edges = [0, *(edge for span in hidden for edge in span), len(source)]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _fault(path: Path, kind: str, source: str, text: str) -> Fault | None:
    """The fault that a changed text is, None where nothing that runs has changed."""
    for number, (before, after) in enumerate(zip(source.splitlines(), text.splitlines(), strict=False), 1):
        if before != after:
            return Fault(path, kind, number, before.strip(), after.strip(), text)
    return None
