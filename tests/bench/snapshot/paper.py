"""The text of a PDF, page by page."""

from __future__ import annotations

import io
import re

import pikepdf


def text(content: bytes) -> str:
    """Language, title and size, then every run of text in the order in which it is drawn."""
    with pikepdf.open(io.BytesIO(content)) as document:
        lines = [f"lang {document.Root.get('/Lang')}", f"title {document.docinfo.get('/Title')}"]
        for number, page in enumerate(document.pages, 1):
            size = " × ".join(f"{float(side):.0f}" for side in page.mediabox[2:])
            lines += [f"page {number}, {size}", *_runs(page)]
    return "\n".join(lines)


def _runs(page: pikepdf.Page) -> list[str]:
    """The texts that a page draws, through the ToUnicode maps of its fonts."""
    maps = {name: _glyphs(font) for name, font in page.resources.Font.items()}
    runs, glyphs = [""], dict[str, str]()
    for step in pikepdf.parse_content_stream(page):
        operands = step.operands
        match str(step.operator):
            case "Tf":
                glyphs = maps[str(operands[0])]
            case "Tj" | "TJ":
                pieces = operands[0] if str(step.operator) == "TJ" else operands
                codes = b"".join(bytes(one) for one in pieces if isinstance(one, pikepdf.String)).hex()
                runs[-1] += "".join(glyphs.get(codes[at : at + 4], "?") for at in range(0, len(codes), 4))
            case "ET":
                runs.append("")
    return [run for run in runs if run]


def _glyphs(font: pikepdf.Object) -> dict[str, str]:
    """Glyph code (hexadecimal) -> text, from a font's ToUnicode stream."""
    stream = font.ToUnicode.read_bytes().decode("latin-1")
    pairs = re.findall(r"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]{4,})>", stream)
    return {code.lower(): bytes.fromhex(meant).decode("utf-16-be") for code, meant in pairs}
