"""PDF/UA-1 (ISO 14289-1:2014) clause by clause, of a file that pikepdf has opened, and what such a file says.

Everything that a program can decide of the clauses which concern files like ours: no sounds, no formulas,
no scripts. Whether an alternative is apt and the order the right one is for the tests of the document, which
know what it should say.
"""

from __future__ import annotations

import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf
from fontTools.ttLib import TTFont

# ISO 32000-1, 14.8.4: the standard structure types.
STANDARD = frozenset(
    re.findall(
        r"\w+",
        "Document Part Art Sect Div BlockQuote Caption TOC TOCI Index NonStruct Private P H H1 H2 H3 H4 H5 "
        "H6 L LI Lbl LBody Table TR TH TD THead TBody TFoot Span Quote Note Reference BibEntry Code Link "
        "Annot Ruby RB RT RP Warichu WT WP Figure Formula Form",
    )
)
# What an element may hold, and within what it must stand (ISO 32000-1, 14.8.4.3).
HOLDS = {
    "L": {"L", "LI", "Caption"},
    "LI": {"Lbl", "LBody"},
    "Table": {"TR", "THead", "TBody", "TFoot", "Caption"},
    "THead": {"TR"},
    "TBody": {"TR"},
    "TFoot": {"TR"},
    "TR": {"TH", "TD"},
}
WITHIN = {
    "LI": {"L"},
    "LBody": {"LI"},
    "TR": {"Table", "THead", "TBody", "TFoot"},
    "THead": {"Table"},
    "TBody": {"Table"},
    "TFoot": {"Table"},
    "TH": {"TR"},
    "TD": {"TR"},
}
PAINTS = {"TJ", "Tj", "'", '"', "S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "sh", "INLINE IMAGE"}
TEXT = {"TJ", "Tj", "'", '"'}
ARTIFACT = "artifact"


@dataclass
class Shown:
    """What the content of a page shows: pieces (MCID) and their texts, codes by font, faults."""

    pieces: Counter[int] = field(default_factory=Counter)
    texts: dict[int, str] = field(default_factory=dict)
    codes: dict[tuple[int, int], set[str]] = field(default_factory=dict)
    fonts: dict[tuple[int, int], Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def faults(document: Any) -> list[str]:
    """Every breach that is found, as "clause: what"."""
    if "/StructTreeRoot" not in document.Root:
        return ["7.1: no structure tree"]
    pages = [_content(page) for page in document.pages]
    found = [fault for shown in pages for fault in shown.faults]
    for check in (_file, _tree, _headings, _figures, _tables, _notes, _others):
        found += check(document)
    found += _pieces(document, pages)
    found += _annotations(document)
    found += _fonts(pages)
    return sorted(set(found))


def said(document: Any) -> str:
    """The text in the order of the structure tree, what a screen reader says."""
    texts = {page.obj.objgen: _content(page).texts for page in document.pages}
    words: list[str] = []

    def walk(node: Any, page: Any) -> None:
        page = node.get("/Pg", page)
        for kid in children(node):
            if isinstance(kid, int):
                words.append(texts[page.objgen].get(kid, ""))
            elif isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                walk(kid, page)
                if str(kid.S) in ("/P", "/LI", "/H1", "/H2", "/H3", "/Caption", "/TH", "/TD"):
                    words.append(" ")

    walk(document.Root.StructTreeRoot.K[0], None)
    return re.sub(r"[ \r\n\t]+", " ", "".join(words)).strip()


def children(node: Any) -> list[Any]:
    """What stands right below a structure element: one kid may stand without its array."""
    kids = node.get("/K", [])
    return list(kids) if isinstance(kids, pikepdf.Array) else [kids]


def elements(node: Any) -> Iterator[Any]:
    """Structure elements below a node, in reading order."""
    for kid in children(node):
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from elements(kid)


def kind(document: Any, element: Any) -> str:
    """Standard type of an element, its role mapped."""
    roles = document.Root.StructTreeRoot.get("/RoleMap", {})
    return str(roles.get(str(element.S), element.S))[1:]


def _of(document: Any, *kinds: str) -> list[Any]:
    return [one for one in elements(document.Root.StructTreeRoot) if kind(document, one) in kinds]


# --- the content of pages -------------------------------------------------------------------------


def _content(page: Any) -> Shown:
    shown = Shown()
    _read(page, page.Resources, "", shown)
    return shown


def _read(stream: Any, resources: Any, around: str | int, shown: Shown) -> None:
    """Follow the operators of a page or of what it draws; around: what a drawing stands in."""
    marks: list[str | int] = []
    font, glyphs = (0, 0), {}
    for operands, operator in pikepdf.parse_content_stream(stream):
        name = str(operator)
        inside = next((mark for mark in reversed(marks) if mark != ""), around)
        if name in ("BMC", "BDC"):
            marks.append(_mark(operands, resources, inside, shown))
        elif name == "EMC":
            marks.pop()
        elif name == "Tf":
            chosen = resources.Font[str(operands[0])]
            font, glyphs = chosen.objgen, unicode_map(chosen)
            shown.fonts[font] = chosen
        elif name == "Do":
            drawn = resources.XObject[str(operands[0])]
            if "/Ref" in drawn:
                shown.faults.append("7.20: a reference to another file")
            if drawn.Subtype == "/Form":
                _read(drawn, drawn.get("/Resources", resources), inside, shown)
            elif inside == "":
                shown.faults.append("7.1: a picture that is neither tagged nor an artifact")
        elif name in PAINTS:
            if inside == "":
                shown.faults.append(f"7.1: {name} that is neither tagged nor an artifact")
            if name in TEXT:
                _text(operands, font, glyphs, inside, shown)


def _mark(operands: Any, resources: Any, inside: str | int, shown: Shown) -> str | int:
    """What a piece of marked content is: an artifact, the number of a piece, or neither ("")."""
    tag = str(operands[0])
    properties: Any = operands[1] if len(operands) > 1 else {}
    if isinstance(properties, pikepdf.Name):
        properties = resources.Properties[str(properties)]
    if tag == "/Artifact":
        if isinstance(inside, int):
            shown.faults.append("7.1: an artifact inside tagged content")
        if properties.get("/Type") == "/Pagination":
            if properties.get("/Subtype") not in ("/Header", "/Footer"):
                shown.faults.append("7.8: a header or footer that is not said to be one")
            return "pagination"
        return ARTIFACT
    if "/MCID" not in properties:
        return ""
    if isinstance(inside, str) and inside:
        shown.faults.append("7.1: tagged content inside an artifact")
    piece = int(properties.MCID)
    shown.pieces[piece] += 1
    return piece


def _text(operands: Any, font: Any, glyphs: dict[str, str], inside: str | int, shown: Shown) -> None:
    pieces = operands[0] if isinstance(operands[0], pikepdf.Array) else operands
    written = b"".join(bytes(one) for one in pieces if isinstance(one, pikepdf.String)).hex()
    codes = [written[at : at + 4] for at in range(0, len(written), 4)]
    shown.codes.setdefault(font, set()).update(codes)
    if inside == ARTIFACT:
        shown.faults.append("7.8: text that is an artifact, and neither header nor footer")
    if isinstance(inside, int):
        shown.texts[inside] = shown.texts.get(inside, "") + "".join(glyphs.get(one, "?") for one in codes)


def unicode_map(font: Any) -> dict[str, str]:
    """Glyph code (four hexadecimal digits) -> text, from a font's ToUnicode stream; {} without one."""
    if "/ToUnicode" not in font:
        return {}
    stream = font.ToUnicode.read_bytes().decode("latin-1")
    pairs = re.findall(r"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]{4,})>", stream)
    return {code.lower(): bytes.fromhex(text).decode("utf-16-be") for code, text in pairs}


# --- clauses --------------------------------------------------------------------------------------


def _file(document: Any) -> Iterator[str]:
    root = document.Root
    if "/Metadata" not in root:
        yield "7.1: no metadata"
    with document.open_metadata() as metadata:
        if metadata.get("{http://www.aiim.org/pdfua/ns/id/}part") != "1":
            yield "5: the file does not say that it is PDF/UA-1"
        if not metadata.get("dc:title"):
            yield "7.1: no title in the metadata"
    if not bool(root.get("/MarkInfo", {}).get("/Marked", False)):
        yield "6.2: the file does not say that it is tagged"
    if bool(root.get("/MarkInfo", {}).get("/Suspects", False)):
        yield "7.1: suspect tags"
    if not bool(root.get("/ViewerPreferences", {}).get("/DisplayDocTitle", False)):
        yield "7.1: the window would show the name of the file"
    if not re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", str(root.get("/Lang", ""))):
        yield "7.2: no language"


def _tree(document: Any) -> Iterator[str]:
    tree = document.Root.StructTreeRoot
    for role, standard in tree.get("/RoleMap", {}).items():
        if role[1:] in STANDARD:
            yield f"7.1: the standard type {role} is remapped"
        if str(standard)[1:] not in STANDARD:
            yield f"7.1: {role} is mapped to no standard type"

    def walk(node: Any, above: str) -> Iterator[str]:
        for kid in children(node):
            if not isinstance(kid, pikepdf.Dictionary) or "/S" not in kid:
                continue
            name = kind(document, kid)
            if name not in STANDARD:
                yield f"7.1: {name} is no standard type"
            if kid.P.objgen != node.objgen:
                yield f"7.1: {name} does not know its parent"
            if above in HOLDS and name not in HOLDS[above]:
                yield f"7.2: {name} in {above}"
            if name in WITHIN and above not in WITHIN[name]:
                yield f"7.2: {name} outside of {' or '.join(sorted(WITHIN[name]))}"
            yield from walk(kid, name)

    yield from walk(tree, "")


def _pieces(document: Any, pages: list[Shown]) -> Iterator[str]:
    """Every piece of content has one place in the tree, and the tree has no other."""
    owners: dict[tuple[Any, int], Any] = {}
    for element in elements(document.Root.StructTreeRoot):
        for kid in children(element):
            if isinstance(kid, int):
                place = (element.Pg.objgen, kid)
                if place in owners:
                    yield "7.1: a piece of content that two elements hold"
                owners[place] = element.objgen
    parents = _number_tree(document.Root.StructTreeRoot.ParentTree)
    for page, shown in zip(document.pages, pages, strict=True):
        if "/StructParents" not in page.obj:
            yield "7.1: a page that does not know its elements"
            continue
        held = parents[int(page.obj.StructParents)]
        for piece, times in shown.pieces.items():
            owner = owners.pop((page.obj.objgen, piece), None)
            if times > 1:
                yield "7.1: two pieces of content with one number"
            if owner is None:
                yield "7.1: tagged content that the structure tree does not hold"
            elif piece >= len(held) or held[piece] is None or held[piece].objgen != owner:
                yield "7.1: the parent tree gives content to another element"
    if owners:
        yield "7.1: the structure tree holds content that no page has"


def _number_tree(node: Any) -> dict[int, Any]:
    numbers = list(node.get("/Nums", []))
    found = {int(key): value for key, value in zip(numbers[::2], numbers[1::2], strict=True)}
    for kid in node.get("/Kids", []):
        found |= _number_tree(kid)
    return found


def _headings(document: Any) -> Iterator[str]:
    tags = [kind(document, one) for one in elements(document.Root.StructTreeRoot)]
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"H\d", tag)]
    if "H" in tags and levels:
        yield "7.4.4: headings with and without level"
    if levels and levels[0] != 1:
        yield "7.4.2: the first heading is no H1"
    if any(after > before + 1 for before, after in itertools.pairwise(levels)):
        yield "7.4.2: a level of heading is left out"
    if levels and int(document.Root.get("/Outlines", {}).get("/Count", 0)) == 0:
        yield "7.17: headings, and no bookmarks"


def _figures(document: Any) -> Iterator[str]:
    for one in _of(document, "Figure", "Formula"):
        if not str(one.get("/Alt", one.get("/ActualText", ""))).strip():
            yield "7.3: a figure without alternative"
        if "/BBox" not in one.get("/A", {}):
            yield "7.3: a figure without its place"


def _tables(document: Any) -> Iterator[str]:
    for table in _of(document, "Table"):
        cells = [one for one in elements(table) if kind(document, one) in ("TH", "TD")]
        headers = [one for one in cells if kind(document, one) == "TH"]
        if not headers:
            yield "7.5: a table without headers"
        ids = {str(one.ID) for one in headers if "/ID" in one}
        scoped = all("/Scope" in one.get("/A", {}) for one in headers)
        linked = all(
            set(map(str, one.get("/A", {}).get("/Headers", ["?"]))) <= ids
            for one in cells
            if kind(document, one) == "TD"
        )
        if not scoped and not linked:
            yield "7.5: headers of a table with neither scope nor cells that name them"
        rows = [one for one in elements(table) if kind(document, one) == "TR"]
        if (
            len({sum(int(cell.get("/A", {}).get("/ColSpan", 1)) for cell in children(row)) for row in rows})
            > 1
        ):
            yield "7.2: rows of a table with more cells than others"


def _notes(document: Any) -> Iterator[str]:
    ids = [str(one.get("/ID", "")) for one in _of(document, "Note")]
    if "" in ids or len(set(ids)) < len(ids):
        yield "7.9: a note without an ID of its own"


def _others(document: Any) -> Iterator[str]:
    root = document.Root
    layers = root.get("/OCProperties", {})
    for one in [*layers.get("/Configs", []), *([layers.D] if "/D" in layers else [])]:
        if "/Name" not in one or "/AS" in one:
            yield "7.10: a configuration of layers without name, or that changes by itself"
    if "/XFA" in root.get("/AcroForm", {}):
        yield "7.15: a form in XFA"
    if document.is_encrypted and not document.allow.accessibility:
        yield "7.16: encryption that keeps assistive technology out"
    for one in document.attachments.values():
        if not {"/F", "/UF"} <= set(one.obj.keys()):
            yield "7.11: an attached file without both of its names"


def _annotations(document: Any) -> Iterator[str]:
    parents = _number_tree(document.Root.StructTreeRoot.ParentTree)
    for page in document.pages:
        annotations = page.obj.get("/Annots", [])
        if len(annotations) and page.obj.get("/Tabs") != "/S":
            yield "7.18.3: a page with annotations and another order of the keyboard"
        for one in annotations:
            holder = parents.get(int(one.get("/StructParent", -1)))
            wanted = {"/Link": "Link", "/Widget": "Form"}.get(str(one.Subtype), "Annot")
            if holder is None or kind(document, holder) != wanted:
                yield f"7.18.1: an annotation that is not in {wanted}"
            if one.Subtype == "/TrapNet":
                yield "7.18.2: an annotation of printers"
            if one.Subtype == "/Widget" and not str(one.get("/TU", "")):
                yield "7.18.4: a field without name"
            if one.Subtype == "/Link" and not str(one.get("/Contents", "")):
                yield "7.18.5: a link without description"


def _fonts(pages: list[Shown]) -> Iterator[str]:
    fonts = {key: font for shown in pages for key, font in shown.fonts.items()}
    for key, font in fonts.items():
        codes = {code for shown in pages for code in shown.codes.get(key, ())}
        name = str(font.BaseFont)[1:]
        if font.Subtype != "/Type0" or font.Encoding not in ("/Identity-H", "/Identity-V"):
            yield f"7.21: {name} is of a kind that this check does not read"
            continue
        if not codes <= {
            code for code, text in unicode_map(font).items() if text[:1] not in "\0\ufeff\ufffe"
        }:
            yield f"7.21.7: characters of {name} that have no text"
        if "0000" in codes:
            yield f"7.21.8: {name} shows a character that it lacks"
        inner = font.DescendantFonts[0]
        program = next((inner.FontDescriptor[one] for one in _PROGRAMS if one in inner.FontDescriptor), None)
        if program is None:
            yield f"7.21.4.1: {name} is not in the file"
            continue
        if inner.Subtype == "/CIDFontType2" and inner.get("/CIDToGIDMap") is None:
            yield f"7.21.3.2: {name} does not say which glyph is which"
        if inner.Subtype == "/CIDFontType2" and codes - _well_measured(inner, program):
            yield f"7.21.5: {name} has characters of another width than the file says"


_PROGRAMS = ("/FontFile2", "/FontFile3", "/FontFile")


def _well_measured(font: Any, program: Any) -> set[str]:
    """Codes whose width in the file is that of their glyph, within a thousandth of the letter's size."""
    widths: dict[int, float] = {}
    given = list(font.W)
    while given:
        first, second = int(given.pop(0)), given.pop(0)
        if isinstance(second, pikepdf.Array):
            widths |= {first + place: float(width) for place, width in enumerate(second)}
        else:
            widths |= dict.fromkeys(range(first, int(second) + 1), float(given.pop(0)))
    letters = TTFont(io.BytesIO(program.read_bytes()), lazy=True)
    size, metrics, names = letters["head"].unitsPerEm, letters["hmtx"], letters.getGlyphOrder()
    return {
        f"{glyph:04x}"
        for glyph, name in enumerate(names)
        if abs(widths.get(glyph, float(font.get("/DW", 1000))) - metrics[name][0] * 1000 / size) <= 1
    }
