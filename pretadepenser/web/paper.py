"""PDFs as answers: made beside the processes that answer pages, given as files, refused in one sentence."""

from __future__ import annotations

from pathlib import Path

from flask import Response, current_app, render_template

from pretadepenser import speech
from pretadepenser.web import heavy, pdf
from pretadepenser.web.pdf import PdfUnavailableError


def made(html: str, stylesheet: str) -> bytes:
    """Make the tagged PDF of a page, with a style sheet of static/.

    Raises PdfUnavailableError: none can be made on this machine; BusyError: too many are being made.
    """
    style = Path(str(current_app.static_folder)) / stylesheet
    with heavy.slot():
        return heavy.call("pdf", pdf.tagged, speech.aloud(html), style)


def unavailable(error: PdfUnavailableError, advice: str) -> tuple[str, int]:
    """The page that says why there is no PDF; advice: what to do instead, in sentences."""
    current_app.logger.error("%s", error)
    page = render_template(
        "pages/error.html", code=503, title="PDF indisponible", precisely=str(error), advice=advice
    )
    return page, 503


def given(made: bytes, name: str) -> Response:
    """A PDF as a file of this name, without its ending; it is about a client, so that nobody keeps it."""
    response = Response(made, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response
