"""Every sentence in the Python files of the product stands literally in a test that expects it.

A word that says the opposite ("plus" for "moins") is then noticed, wherever it stands. What a test expects is
written in it by hand: a text that is new in the product is new there too.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests import held

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pretadepenser"
# Without what fits made-up clients to real ones: names of figures and of statistics.
FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if "fit" not in path.parts]
# Raised where code calls other code wrongly, or for other code to catch: in English, and shown to nobody.
_DEVELOPERS = {
    "AssertionError", "BrokenPipeError", "IndexError", "KeyError", "OSError", "RuntimeError", "TimeoutError",
    "TypeError", "ValueError",
}  # fmt: skip
# Where a format has a value, and the two ways to speak of one person: "[le client a|vous avez]".
_HOLE = re.compile(r"\x00|%s|\{[^{}]*\}")
_EITHER = re.compile(r"\[([^\[\]|]*)\|([^\[\]|]*)\]")
_FRENCH = re.compile(r"[éèàêùçôî’»]")
_SENTENCE = re.compile(r"[éèàêùçôî’]|[a-z] [a-z]+ [a-z]")

_CODE = "a code of the published data, which the genuine files are held against"
_SQL = "a statement or part of one, which its results are held against"
_PATTERN = "a regular expression, or what other software says in English"
_NAME = "the name of a figure that made-up clients are drawn by"
# Texts that nobody reads -> why.
EXCEPTIONS = {
    "Loan for business development": _CODE,
    "Another type of loan": _CODE,
    "Loan for working capital replenishment": _CODE,
    "Unknown type of loan": _CODE,
    "POS household with interest": _CODE,
    "POS household without interest": _CODE,
    "POS industry with interest": _CODE,
    "POS industry without interest": _CODE,
    "POS mobile with interest": _CODE,
    "POS mobile without interest": _CODE,
    "POS other with interest": _CODE,
    "POS others without interest": _CODE,
    "credit to goods": _NAME,
    "credit to income": _NAME,
    "annuity to income": _NAME,
    "employed to age": _NAME,
    "cast(null as double)": _SQL,
    "case when of_": _SQL,
    "is null then": _SQL,
    "where case when": _SQL,
    "then true else error('misfit') end": _SQL,
    ", count(*) as rows from": _SQL,
    ", count(*) as times from": _SQL,
    "group by all having times > 0": _SQL,
    "select rowid from": _SQL,
    "order by rowid": _SQL,
    "create table if not exists": _SQL,
    "PySpark does not yet fully support pandas": _PATTERN,
}
# Patterns of whole files: Spark's traces, durations as people type them, and where French has no line break.
_PATTERNS = re.compile(r"\\[sdSwb]|\(\?|\w\|\w|\(\[\^")


@cache
def expected() -> str:
    """What tests and the documents expect, without the marks of regular expressions."""
    documents = [one.read_text("utf-8") for one in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))]
    written = held.norm("\x01".join(documents)).replace(" ", "")
    return re.sub(r"\\(?=\W)", "", (held.corpus() + written).replace(r"\xa0", "")).casefold()


def texts(source: str) -> Iterator[tuple[int, str]]:
    """The sentences of a Python file, with their lines: in formats, what stands between two values."""
    developers = {
        text
        for node in ast.walk(ast.parse(source))
        if _is_developers(node)
        for _, text in held.literals(ast.unparse(node))
        if not _FRENCH.search(text)
    }
    for line, text in held.literals(source):
        if text in developers or _PATTERNS.search(_EITHER.sub("", text)):
            continue
        for side in (r"\1", r"\2") if _EITHER.search(text) else ("",):
            for part in _HOLE.split(_EITHER.sub(side, text)):
                if held.is_sentence(part) and _SENTENCE.search(part):
                    yield line, part


def _is_developers(node: ast.AST) -> bool:
    match node:
        case ast.Raise(exc=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))):
            return name in _DEVELOPERS
    return False


def unheld(path: Path) -> Iterator[tuple[int, str]]:
    """The sentences of a file that no test expects, with their lines."""
    for line, text in texts(path.read_text("utf-8")):
        if held.squeezed(text).casefold() not in expected():
            yield line, held.norm(text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_sentence_is_expected_by_a_test(path: Path) -> None:
    assert [f"line {line}: {text}" for line, text in unheld(path) if text not in EXCEPTIONS] == []


def test_no_exception_is_without_need() -> None:
    assert EXCEPTIONS.keys() - {text for path in FILES for _, text in unheld(path)} == set()


def test_a_sentence_is_found_in_formats_and_for_each_person() -> None:
    source = """
def said(name):
    "A docstring."
    if not name:
        raise ValueError("no name to speak of")
    return f"{name} n’est pas connu ici." + "[Le client a|Vous avez] plus de dettes, {}".format(1)
"""
    assert [held.norm(text) for _, text in sorted(texts(source))] == [
        "n’est pas connu ici.", "Le client a plus de dettes,", "Vous avez plus de dettes,",
    ]  # fmt: skip
