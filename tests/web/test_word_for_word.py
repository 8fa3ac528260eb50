"""Pages that are the same every day, held word for word: help for each role, accessibility, signing in.

A word that is meant to change: `UPDATE_WORDS=1 pytest` on this file, then read what differs.
"""

import os
from pathlib import Path

import pytest
from flask import Flask
from lxml import html

from tests.conftest import still_signed_in

KEPT = Path(__file__).with_name("words")
# File -> who reads which page.
PAGES = {
    "aide-conseiller": ("agathe", "/aide"),
    "aide-responsable": ("delphine", "/aide"),
    "aide-auditeur": ("basile", "/aide"),
    "aide-administrateur": ("camille", "/aide"),
    "aide-personne": ("", "/aide"),
    "accessibilite": ("", "/accessibilite"),
    "connexion": ("", "/connexion"),
}
BLOCKS = ("h1", "h2", "h3", "h4", "p", "li", "dt", "dd", "caption", "th", "td", "label", "button")


def written(page: str) -> str:
    """What the main part says, a line for each block of text."""
    (main,) = html.document_fromstring(page).xpath("//main")
    lines = [
        " ".join(block.text_content().split())
        for block in main.iter(*BLOCKS)
        if not any(True for _ in block.iterdescendants(*BLOCKS))
    ]
    return "\n".join(line for line in lines if line) + "\n"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_it_was_word_for_word(app: Flask, name: str) -> None:
    who, address = PAGES[name]
    browser = still_signed_in(app, who) if who else app.test_client()
    told = written(browser.get(address).text)
    path = KEPT / f"{name}.txt"
    if os.environ.get("UPDATE_WORDS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(told, "utf-8")
    assert told.splitlines() == path.read_text("utf-8").splitlines()
    assert len(told.split()) > 5
