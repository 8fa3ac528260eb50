"""The PDF of the meeting sheet as paper: where its pages end."""

import io
from pathlib import Path
from typing import Any

import pikepdf

from pretadepenser.web import pdf
from tests.pdf_ua import elements
from tests.web.test_meeting import needs_pango

STYLE = Path(__file__).parents[2] / "static" / "meeting_pdf.css"
SHEET = """<!doctype html><html lang="fr"><title>Essai</title><h1>Essai</h1>{lines}
<h2>Titre</h2><p>Introduction.</p><h3>Liste</h3>
<ul class="data"><li>un</li><li>deux</li><li>trois</li></ul>"""


def page_of(node: Any) -> object:
    """The page on which a structure element begins."""
    found = node.get("/Pg") or next((kid.Pg for kid in elements(node) if "/Pg" in kid), None)
    assert found is not None
    return found.objgen


@needs_pango
def test_a_title_stands_with_what_it_announces() -> None:
    """Wherever the page ends, title, introduction, second title and list are on one."""
    pages = set()
    for lines in range(42, 58):
        made = pdf.tagged(SHEET.format(lines="<p>Ligne.</p>" * lines), STYLE)
        with pikepdf.open(io.BytesIO(made)) as document:
            tree = list(elements(document.Root.StructTreeRoot))
            first = next(index for index, one in enumerate(tree) if one.S == "/H2")
            kept = [one for one in tree[first:] if str(one.S) in ("/H2", "/P", "/H3", "/LI")]
            assert len({page_of(one) for one in kept}) == 1, lines
            pages.add(len(document.pages))
    assert pages == {1, 2}
