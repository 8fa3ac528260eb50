"""Static files: addresses that change with the content, so that browsers keep a file without asking again."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

from flask import Flask, Response, current_app, request

from pretadepenser.web.addresses import url_for

# Seconds in a year, which caches take as "for ever".
YEAR: Final = 365 * 24 * 60 * 60


def init_app(app: Flask) -> None:
    """Give the templates their addresses of static files, and these files the time that they may be kept."""
    app.jinja_env.globals["static_url"] = static_url
    app.after_request(_keep)


def static_url(filename: str) -> str:
    """Address of a static file, with the fingerprint of its content.

    Raises FileNotFoundError for a file that does not exist.
    """
    return url_for("static", filename=filename, v=_fingerprint(filename))


def _keep(response: Response) -> Response:
    """Let browsers keep a static file under the fingerprint of what is served, and under no other.

    A page that stayed open during an update asks with the old fingerprint: its browser gets the new file and
    asks again next time, as Flask has it by default.
    """
    if request.endpoint != "static" or request.method not in ("GET", "HEAD"):
        return response
    if response.status_code not in (200, 206, 304):
        return response
    assert request.view_args is not None
    given, current = request.args.get("v"), None
    # A file that is being replaced, or whose name has a slash more: it is given, and kept under no address.
    with suppress(OSError):
        current = given and _fingerprint(request.view_args["filename"])
    if given and given == current:
        response.cache_control.no_cache = None
        response.cache_control.public = True
        response.cache_control.max_age = YEAR
        response.cache_control.immutable = True
    return response


def _fingerprint(filename: str) -> str:
    folder = current_app.static_folder
    assert folder is not None
    path = f"{folder}/{filename}"
    return _content(path, os.stat(path).st_mtime_ns)


@lru_cache(maxsize=64)
def _content(path: str, changed: int) -> str:
    """Fingerprint of a file, computed anew when it has `changed`: an update comes before its restart."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]
