"""From HTML to a tagged PDF (PDF/UA-1, ISO 14289-1) with WeasyPrint.

WeasyPrint is imported when the first PDF is asked for: it loads Pango, a library of the system, and without
it all other pages must work.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from pretadepenser.errors import ToldError

VARIANT: Final = "pdf/ua-1"

# Pango's font maps are not safe to share between threads. A sheet takes a fraction of a second: one at a time
# a process also bounds memory.
_ONE_AT_A_TIME: Final = threading.Lock()


class PdfUnavailableError(ToldError):
    """No PDF can be made on this machine; the message says what an administrator must install."""


def tagged(html: str, stylesheet: Path) -> bytes:
    """Make the PDF of a page that needs nothing but itself and one style sheet.

    Pictures stand in the page as data: addresses; any other address is refused, so that no page can reach
    the network or a file. Raises PdfUnavailableError.
    """
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:
        raise PdfUnavailableError(
            "La bibliothèque Pango manque sur ce serveur : installez-la avec « apt install libpango-1.0-0 "
            "libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core », puis redémarrez l’application."
        ) from error
    with _ONE_AT_A_TIME:
        style, fonts = _read(stylesheet, stylesheet.stat().st_mtime_ns)
        page = HTML(string=html, url_fetcher=_fetcher())
        made: bytes = page.write_pdf(
            stylesheets=[style], font_config=fonts, pdf_variant=VARIANT, finisher=_set_margins_aside
        )
    return made


def _fetcher() -> Any:
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols=("data",), allow_redirects=False, fail_on_errors=True)


@lru_cache(4)
def _read(stylesheet: Path, _changed: int) -> tuple[Any, Any]:
    """A style sheet as WeasyPrint reads it, once until it has changed, and the fonts that it knows."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    return CSS(filename=stylesheet, font_config=fonts, url_fetcher=_fetcher()), fonts


def _set_margins_aside(_: Any, made: Any) -> None:
    """Make artifacts of what stands in the margins: page numbers are no part of what is said (7.8).

    WeasyPrint 70 marks them as content of elements that no element holds. This hook of it gets the PDF
    (pydyf.PDF) before it is written. The margins are those at the foot of pages, as our style sheet has them.
    """

    def at(reference: bytes) -> Any:
        return made.objects[int(reference.split()[0])]

    tree = at(made.catalog["StructTreeRoot"])
    told: set[bytes] = set()
    ahead = [*tree["K"]]
    while ahead:
        kid = ahead.pop()
        if isinstance(kid, bytes):  # not the number of a piece of content
            told.add(kid)
            ahead += at(kid).get("K", ())
    owners = at(tree["ParentTree"])["Nums"][1::2]
    for page, held in zip(made.page_references, owners, strict=False):
        aside = {piece for piece, owner in enumerate(held) if owner not in told}
        held[:] = ["null" if piece in aside else owner for piece, owner in enumerate(held)]
        written = at(at(page)["Contents"]).stream
        for place, word in enumerate(written):
            if word == b"BDC" and written[place - 1].get("MCID") in aside:
                written[place - 2 : place] = ["/Artifact", "<</Type /Pagination /Subtype /Footer>>"]
    for one in made.objects:
        if getattr(one, "get", None) and one.get("Type") == "/StructElem" and one.reference not in told:
            one.clear()
