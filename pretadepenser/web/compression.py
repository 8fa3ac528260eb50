"""Compression of what browsers are sent: pages, style sheets, SVG pictures, CSV and JSON."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, current_app, request
from flask_compress import Compress

# PDF, webp and PNG are compressed in themselves.
TYPES: Final = frozenset(
    {
        "text/html",
        "text/css",
        "text/csv",
        "text/markdown",
        "text/javascript",
        "application/javascript",  # Python's name for it before 3.12
        "application/json",
        "image/svg+xml",
    }
)
# Chosen by measurement, see docs/decisions/serving.md. Browsers offer zstd and br by https only.
ZSTD_LEVEL: Final = 3
BROTLI_LEVEL: Final = 5
GZIP_LEVEL: Final = 6


def init_app(app: Flask) -> None:
    """Compress what all parts set up after this one have finished."""
    app.config.update(
        COMPRESS_REGISTER=False,
        COMPRESS_MIMETYPES=sorted(TYPES),
        COMPRESS_ALGORITHM=["zstd", "br", "gzip"],
        COMPRESS_ZSTD_LEVEL=ZSTD_LEVEL,
        COMPRESS_BR_LEVEL=BROTLI_LEVEL,
        COMPRESS_LEVEL=GZIP_LEVEL,
        COMPRESS_EVALUATE_CONDITIONAL_REQUEST=False,
    )
    app.extensions["compress"] = Compress(app)
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    """Compress an answer whose type gains by it, for whoever accepts that."""
    if response.mimetype not in TYPES:
        return response
    response.vary.add("Accept-Encoding")
    # A part of a file (206) is counted in the bytes of the file as it is.
    if response.status_code != 200 or _asked_by_another_site():
        return response
    if response.direct_passthrough:
        # A file of the site (100 kB at most): read whole, so that it is closed and its length is told.
        response.direct_passthrough = False
        response.make_sequence()
    compress: Compress = current_app.extensions["compress"]
    response = compress.after_request(response)
    if "ETag" in response.headers:
        # The compressed file has an ETag of its own, which the browser may have sent.
        response.make_conditional(request)
    return response


def _asked_by_another_site() -> bool:
    """Whether another site made the browser ask, as the BREACH attack does.

    It guesses a page's secrets from the length of many compressed answers to addresses of its choice. By
    https browsers say who asks, and no script can change that; programs say nothing.
    """
    return request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
