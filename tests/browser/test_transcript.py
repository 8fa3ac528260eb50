"""What a screen reader is told of the client's page, against a transcript.

Numbers are written as # and reasons as "(raison)": they belong to the model, which a new version of a
library may move; their sentences have tests of their own. To accept a change of the page:
UPDATE_TRANSCRIPT=1 make test ARGS="tests/browser/test_transcript.py", then read the difference.
"""

import os
import re
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from selenium.webdriver.chrome.webdriver import WebDriver

from tests.browser.states import CLIENT

TRANSCRIPT = Path(__file__).with_name("transcript-client.txt")
# Roles that say nothing by themselves; their children are read.
SILENT = {
    "none",
    "generic",
    "RootWebArea",
    "InlineTextBox",
    "paragraph",
    "LabelText",
    "ListMarker",
    "LineBreak",
}


def spoken(nodes: list[dict[str, Any]]) -> Iterator[str]:
    """What is announced, one line a node, indented by landmark, list and table."""
    by_id = {node["nodeId"]: node for node in nodes}

    def inline(node: dict[str, Any]) -> str | None:
        """The words of a text, or of a span that holds texts alone, as a number does; None for all else."""
        if node.get("role", {}).get("value") == "StaticText":
            return str(node.get("name", {}).get("value", ""))
        inner = [by_id[child] for child in node.get("childIds", []) if child in by_id]
        texts = [inline(child) for child in inner]
        return "".join(map(str, texts)) if node.get("ignored") and inner and None not in texts else None

    def visit(node: dict[str, Any], depth: int, told: str) -> Iterator[str]:
        role = node.get("role", {}).get("value", "none")
        name = " ".join(node.get("name", {}).get("value", "").split())
        silent = node.get("ignored") or role in SILENT
        if not silent:
            states = [p["name"] for p in node.get("properties", []) if p["name"] == "expanded"]
            level = [f" h{p['value']['value']}" for p in node.get("properties", []) if p["name"] == "level"]
            extra = (level[0] if level and role == "heading" else "") + (" (pliable)" if states else "")
            yield "  " * depth + role + extra + (f" : {name}" if name else "")
        children = [by_id[child] for child in node.get("childIds", []) if child in by_id]
        deeper, known = depth + (not silent), told if silent else name
        for text, run in groupby(children, lambda child: inline(child) is not None):
            if text:
                said = " ".join("".join(str(inline(child)) for child in run).split())
                if said and said.replace(" ", "") not in known.replace(" ", ""):
                    yield "  " * deeper + f"« {said} »"
                continue
            for child in run:
                yield from visit(child, deeper, known)

    yield from visit(nodes[0], 0, "")


def stable(line: str) -> str:
    """A line without what the model or the figures decide."""
    line = re.sub(r"(?<!heading h)\d[\d\s]*(?:,\d+)?(?!\w)", "#", line)
    line = re.sub(r"(ce qui ajoute le plus).*", r"\1 (…) »", line)
    if re.search(r"au score\.", line):
        return line[: len(line) - len(line.lstrip())] + "« (raison) »"
    return line


def transcript(driver: WebDriver) -> list[str]:
    """The lines of `spoken` for the page that is open."""
    return list(spoken(driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]))


def heard(lines: list[str]) -> str:
    """Names and texts of some lines, without the roles."""
    texts = [line.strip() if line.lstrip().startswith("« ") else line.partition(" : ")[2] for line in lines]
    return " ".join(" ".join(texts).split())


def count(text: str) -> int:
    """Words of a text; a sign alone is none."""
    return sum(any(sign.isalnum() for sign in word) for word in text.split())


def test_the_client_page_reads_as_expected(visit: Callable[..., WebDriver]) -> None:
    lines = [stable(line) for line in transcript(visit(CLIENT))]
    # Lists of reasons are as long as the model decides: one stands for all.
    text = "\n".join(lines) + "\n"
    # The values of a fictitious client belong to the generator.
    text = re.sub(r"( definition\n *)« .* »", r"\1« (valeur) »", text)
    text = re.sub(r"( *listitem\n *« \(raison\) »\n)\1+", r"\1", text)
    if os.environ.get("UPDATE_TRANSCRIPT"):
        TRANSCRIPT.write_text(text, "utf-8")
    assert text == TRANSCRIPT.read_text("utf-8")
