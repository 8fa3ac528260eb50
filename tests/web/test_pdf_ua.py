"""The meeting sheet as PDF against PDF/UA-1 (tests/pdf_ua.py), and that check against faults."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from flask import Flask
from pikepdf import Array, Dictionary, Name, String

from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.web import pdf
from tests import pdf_ua
from tests.conftest import signed_in
from tests.web.test_meeting import needs_pango

STYLE = Path(__file__).parents[2] / "static" / "meeting_pdf.css"
TABLE = """<!doctype html><html lang="fr"><title>Table</title><h1>Table</h1>
<table><caption>Points</caption><thead><tr><th scope="col">Donnée<th scope="col">Points</thead>
<tbody><tr><th scope="row">Revenu<td>12<tr><th scope="row">Crédit<td>1 000</table>"""


@pytest.fixture(scope="module")
def sheet(app: Flask, portfolio: Portfolio) -> bytes:
    """The sheet of somebody, of more than one page."""
    return bytes(signed_in(app, "agathe").get(f"/clients/{portfolio.numbers()[0]}/entretien.pdf").data)


@needs_pango
def test_page_numbers_are_drawn_and_never_said(sheet: bytes) -> None:
    with pikepdf.open(io.BytesIO(sheet)) as document:
        assert len(document.pages) == 2
        assert "Page" not in pdf_ua.said(document)
        for page in document.pages:
            marks = [
                operands[1]
                for operands, operator in pikepdf.parse_content_stream(page)
                if str(operator) == "BDC" and str(operands[0]) == "/Artifact"
            ]
            assert [str(one.Subtype) for one in marks] == ["/Footer"]


@needs_pango
def test_a_table_is_pdf_ua() -> None:
    with pikepdf.open(io.BytesIO(pdf.tagged(TABLE, STYLE))) as document:
        assert pdf_ua.faults(document) == []
        assert pdf_ua.said(document) == "Table Points Donnée Points Revenu 12 Crédit 1 000"


@needs_pango
def test_what_weasyprint_alone_makes_of_page_numbers_is_found() -> None:
    from weasyprint import CSS, HTML

    made = HTML(string=TABLE).write_pdf(stylesheets=[CSS(filename=STYLE)], pdf_variant="pdf/ua-1")
    with pikepdf.open(io.BytesIO(made)) as document:
        assert pdf_ua.faults(document) == ["7.1: tagged content that the structure tree does not hold"]


# --- faults ---------------------------------------------------------------------------------------


def first(document: Any, tag: str) -> Any:
    """The first element of a type."""
    tree = document.Root.StructTreeRoot
    return next(one for one in pdf_ua.elements(tree) if f"/{tag}" == one.S)


def draw(document: Any, before: bytes = b"", after: bytes = b"") -> None:
    """Write more into the first page."""
    page = document.pages[0]
    page.contents_add(before, prepend=True)
    page.contents_add(after)


def replace(document: Any, old: bytes, new: bytes) -> None:
    """Write a part of the first page anew, where it stands first."""
    page = document.pages[0].obj
    content = page.Contents.read_bytes()
    assert old in content
    page.Contents.write(content.replace(old, new, 1))


def without_the_title(document: Any) -> None:
    with document.open_metadata() as metadata:
        del metadata["dc:title"]


def without_the_claim(document: Any) -> None:
    with document.open_metadata() as metadata:
        del metadata["{http://www.aiim.org/pdfua/ns/id/}part"]


def annotate(document: Any) -> None:
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9])
    document.pages[0].obj.Annots = Array([document.make_indirect(link)])
    document.pages[0].obj.Tabs = Name.R


def font(document: Any) -> Any:
    return next(iter(document.pages[0].Resources.Font.values()))


FAULTS: dict[str, tuple[Callable[[Any], object], str]] = {
    "no claim": (without_the_claim, "5:"),
    "not tagged": (lambda d: d.Root.MarkInfo.__setitem__("/Marked", False), "6.2:"),
    "suspects": (lambda d: d.Root.MarkInfo.__setitem__("/Suspects", True), "7.1: suspect"),
    "no tree": (lambda d: d.Root.__delitem__("/StructTreeRoot"), "7.1: no structure"),
    "no title": (without_the_title, "7.1: no title"),
    "file's name": (lambda d: d.Root.__delitem__("/ViewerPreferences"), "7.1: the window"),
    "no language": (lambda d: d.Root.__delitem__("/Lang"), "7.2: no language"),
    "bare drawing": (lambda d: draw(d, after=b" 0 0 9 9 re f "), "7.1: f that"),
    "artifact in content": (
        lambda d: draw(d, b" /P <</MCID 0>> BDC /Artifact BMC EMC EMC "), "7.1: an artifact inside",
    ),
    "content in an artifact": (
        lambda d: draw(d, b" /Artifact BMC /P <</MCID 0>> BDC EMC EMC "), "7.1: tagged content inside",
    ),
    "a piece twice": (lambda d: draw(d, b" /P <</MCID 0>> BDC EMC "), "7.1: two pieces"),
    "a piece that nobody holds": (
        lambda d: draw(d, b" /P <</MCID 9999>> BDC EMC "), "7.1: tagged content that",
    ),
    "an element without content": (
        lambda d: first(d, "Span").K.append(9999), "7.1: the structure tree holds",
    ),
    "a piece of two elements": (
        lambda d: first(d, "Figure").K.append(first(d, "Span").K[0]), "7.1: a piece of content that two",
    ),
    "parent tree": (
        lambda d: d.Root.StructTreeRoot.ParentTree.Nums[1].__setitem__(0, first(d, "Figure")),
        "7.1: the parent tree",
    ),
    "page without elements": (
        lambda d: d.pages[0].obj.__delitem__("/StructParents"), "7.1: a page that",
    ),
    "page number without a kind": (lambda d: replace(d, b"/Subtype /Footer", b""), "7.8: a header"),
    "text as decoration": (
        lambda d: replace(d, b"<</Type /Pagination /Subtype /Footer>>\nBDC", b"BMC"), "7.8: text",
    ),
    "unknown type": (lambda d: first(d, "P").__setitem__("/S", Name("/Para")), "7.1: Para is no"),
    "standard type remapped": (
        lambda d: d.Root.StructTreeRoot.__setitem__("/RoleMap", Dictionary(P=Name.Span)), "7.1: the standard",
    ),
    "wrong parent": (lambda d: first(d, "P").__setitem__("/P", first(d, "H1")), "7.1: P does not know"),
    "paragraph in a list": (lambda d: first(d, "LI").__setitem__("/S", Name.P), "7.2: P in L"),
    "item without a list": (lambda d: first(d, "L").__setitem__("/S", Name.Div), "7.2: LI outside"),
    "first heading": (lambda d: first(d, "H1").__setitem__("/S", Name.H2), "7.4.2: the first"),
    "heading left out": (lambda d: first(d, "H2").__setitem__("/S", Name.H4), "7.4.2: a level"),
    "heading without level": (lambda d: first(d, "H2").__setitem__("/S", Name.H), "7.4.4:"),
    "no bookmarks": (lambda d: d.Root.__delitem__("/Outlines"), "7.17:"),
    "no alternative": (lambda d: first(d, "Figure").__delitem__("/Alt"), "7.3: a figure without alt"),
    "no place": (lambda d: first(d, "Figure").__delitem__("/A"), "7.3: a figure without its"),
    "note": (lambda d: first(d, "P").__setitem__("/S", Name.Note), "7.9:"),
    "layers": (
        lambda d: d.Root.__setitem__("/OCProperties", Dictionary(D=Dictionary(AS=Array([])))), "7.10:",
    ),
    "form": (lambda d: d.Root.__setitem__("/AcroForm", Dictionary(XFA=Array([]))), "7.15:"),
    "link out of the tree": (annotate, "7.18.1:"),
    "link without description": (annotate, "7.18.5:"),
    "order of the keyboard": (annotate, "7.18.3:"),
    "font elsewhere": (
        lambda d: font(d).DescendantFonts[0].FontDescriptor.__delitem__("/FontFile2"), "7.21.4.1:",
    ),
    "characters without text": (lambda d: font(d).__delitem__("/ToUnicode"), "7.21.7:"),
    "glyphs": (lambda d: font(d).DescendantFonts[0].__delitem__("/CIDToGIDMap"), "7.21.3.2:"),
    "widths": (
        lambda d: font(d).DescendantFonts[0].__setitem__("/W", Array([0, 65535, 10])), "7.21.5:",
    ),
    "another kind of font": (lambda d: font(d).__setitem__("/Subtype", Name.Type1), "7.21: "),
}  # fmt: skip


@needs_pango
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(sheet: bytes, name: str) -> None:
    break_it, found = FAULTS[name]
    with pikepdf.open(io.BytesIO(sheet)) as document:
        break_it(document)
        assert [one for one in pdf_ua.faults(document) if one.startswith(found)]


@needs_pango
@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda cell: cell.A.__delitem__("/Headers"), "7.5: headers"),
        (lambda cell: cell.A.__setitem__("/Headers", Array([String("?")])), "7.5: headers"),
        (lambda cell: cell.A.__setitem__("/ColSpan", 2), "7.2: rows"),
    ],
)
def test_a_fault_of_a_table_is_found(change: Callable[[Any], object], found: str) -> None:
    with pikepdf.open(io.BytesIO(pdf.tagged(TABLE, STYLE))) as document:
        change(first(document, "TD"))
        assert [one for one in pdf_ua.faults(document) if one.startswith(found)]


@needs_pango
def test_a_table_without_headers_is_found() -> None:
    made = pdf.tagged('<html lang="fr"><title>a</title><h1>a</h1><table><tr><td>1<td>2</table>', STYLE)
    with pikepdf.open(io.BytesIO(made)) as document:
        assert pdf_ua.faults(document) == ["7.5: a table without headers"]


@needs_pango
def test_encryption_that_keeps_readers_out_is_found(sheet: bytes, tmp_path: Path) -> None:
    shut = pikepdf.Encryption(
        owner="a", allow=pikepdf.Permissions(accessibility=False), R=3, aes=False, metadata=False
    )
    with pikepdf.open(io.BytesIO(sheet)) as document:
        document.save(tmp_path / "a.pdf", encryption=shut)
    with pikepdf.open(tmp_path / "a.pdf") as document:
        assert "7.16: encryption that keeps assistive technology out" in pdf_ua.faults(document)
