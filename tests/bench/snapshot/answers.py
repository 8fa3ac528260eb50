"""How an answer is written down: head and body, without what differs between two runs of the same code."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.snapshot import paper
from tests.bench.snapshot.ground import TEMPORARY

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

HEADERS = (
    "Content-Type",
    "Content-Disposition",
    "Content-Security-Policy",
    "Cache-Control",
    "Location",
    "Allow",
    "WWW-Authenticate",
    "Set-Cookie",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Permissions-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Strict-Transport-Security",
)
MONTHS = "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
# All dates are masked, not only today's: whether two runs fall on one day must not matter.
MASKS = (
    (r'(name="csrf_token"[^>]* value=")[^"]+', r"\1…"),
    (r"(/static/[\w./-]+\?v=)[0-9a-f]+", r"\1…"),
    (r"(Set-Cookie: \w+=)[^;\s]+", r"\1…"),
    (r"(Expires=)[^;\n]+", r"\1…"),
    (rf"\b\d{{1,2}}(?:er)?(\s)(?:{MONTHS})(\s)\d{{4}}\b", r"JOUR\1MOIS\2ANNÉE"),
    (r"\b\d\d/\d\d/\d{4}\b", "JJ/MM/AAAA"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?", "MOMENT"),
    (r"\(\d+(?:,\d+)?(\s)s\)", r"(…\1s)"),
    (r"\b\d{8}T\d{6}-[0-9a-f]{8}\b", "GENERATION"),
    (r"(affichée? cette seule fois : )\S+", r"\1…"),
    (rf"[^\s«»\"'(]*{TEMPORARY}\w+", "TEMPORAIRE"),
)
BLOCKS = (
    "!doctype|html|head|meta|link|title|body|header|footer|main|nav|aside|section|article|div|p|h[1-6]|ul|ol|li|dl|dt|dd|"
    "table|caption|colgroup|col|thead|tbody|tfoot|tr|th|td|form|fieldset|legend|select|optgroup|option|figure|figcaption|"
    "picture|source|details|summary|svg|g|defs|path|use"
)
_BLOCK = re.compile(rf" ?(</?(?:{BLOCKS})\b[^>]*>) ?", re.I)


class Book:
    """A folder with one file an answer. `failures` names the answers of status 500."""

    def __init__(self, folder: Path) -> None:
        """Raises FileExistsError: two runs would mix."""
        folder.mkdir(parents=True)
        self.folder, self.written, self.pages = folder, 0, 0
        self.failures: list[str] = []

    def write(self, name: str, text: str) -> None:
        """Write a text without what differs by nature; the same name again gets a number."""
        path, times = self.folder / name, 1
        while path.exists():
            times += 1
            path = self.folder / f"{name}~{times}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(masked(text).rstrip("\n").encode() + b"\n")
        self.written += 1

    def write_answer(self, folder: str, response: TestResponse, note: str) -> None:
        """Write an answer over HTTP. `note` tells requests to the same address apart."""
        request = response.request
        address = request.path + (f"?{request.query_string.decode()}" if request.query_string else "")
        asked = f"{request.method} {address}"
        name = f"{folder}/{file_name(f'{asked} {note}' if note else asked)}"
        head = [asked, note, response.status, *headers(response)]
        self.write(name, "\n".join([*filter(None, head), "", body(response)]))
        self.pages += response.mimetype == "text/html"
        if response.status_code == 500:
            self.failures.append(name)


def file_name(text: str) -> str:
    """A name for a file, short enough for every disk; the hash of a static address is no part of it."""
    plain = re.sub(r"[^\w.=&?-]+", "_", masked(text)).strip("_")
    return plain if len(plain) <= 150 else f"{plain[:130]}…{digest(plain.encode())[:12]}"


def masked(text: str) -> str:
    """Put a constant in the place of every token, moment, duration, password and temporary name."""
    for pattern, constant in MASKS:
        text = re.sub(pattern, constant, text)
    return text


def headers(response: TestResponse) -> list[str]:
    """The headers that matter, in an order of their own."""
    given = [(name, value) for name in HEADERS for value in response.headers.getlist(name)]
    # Werkzeug keeps methods in a set, whose order differs from process to process.
    return [f"{name}: {_sorted(value) if name == 'Allow' else value}" for name, value in given]


def _sorted(listed: str) -> str:
    return ", ".join(sorted(one.strip() for one in listed.split(",")))


def body(response: TestResponse) -> str:
    """The content as text; the SHA-256 of what is none."""
    content, kind = response.get_data(), response.mimetype or ""
    if kind == "application/pdf":
        return paper.text(content)
    if kind == "text/html":
        return blocks(content.decode())
    if kind.startswith("text/") or kind.endswith(("json", "xml", "javascript")):
        return content.decode()
    return f"SHA-256 {digest(content)}"


def digest(content: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def blocks(html: str) -> str:
    """HTML with every tag of a block on a line of its own, and no space that a browser would not show.

    The no-break spaces of French are kept as they are.
    """
    one_line = re.sub(r"[ \t\r\n]+", " ", html)
    return re.sub(r"\n{2,}", "\n", _BLOCK.sub(r"\n\1\n", one_line)).strip()
