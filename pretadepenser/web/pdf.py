"""From HTML to a tagged PDF (PDF/UA-1, ISO 14289-1) with WeasyPrint.

WeasyPrint is imported when the first PDF is asked for: it loads Pango, a library of the system, and without
it all other pages must work.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

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
        from weasyprint import CSS, HTML
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher
    except (ImportError, OSError) as error:
        raise PdfUnavailableError(
            "La bibliothèque Pango manque sur ce serveur : installez-la avec « apt install libpango-1.0-0 "
            "libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core », puis redémarrez l’application."
        ) from error
    fetcher = URLFetcher(allowed_protocols=("data",), allow_redirects=False, fail_on_errors=True)
    with _ONE_AT_A_TIME:
        fonts = FontConfiguration()
        style = CSS(filename=stylesheet, font_config=fonts, url_fetcher=fetcher)
        page = HTML(string=html, url_fetcher=fetcher)
        made: bytes = page.write_pdf(stylesheets=[style], font_config=fonts, pdf_variant=VARIANT)
    return made
