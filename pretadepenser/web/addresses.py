"""Numbers in addresses, and the addresses of pages, which are made once.

A page holds some thirty addresses of pages and files, the same every time but for the client's number.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import flask
from flask import Flask
from flask.globals import request_ctx
from werkzeug.routing import IntegerConverter

# What stands for a client's number in an address that is kept: longer than any number that is asked for.
_NUMBER: Final = 10**15 + 7
_WRITTEN: Final = str(_NUMBER)
# Values of which there are few; what people typed is never kept.
_FEW: Final = frozenset({"number", "name", "filename", "v"})
_MOST: Final = 512


class Number(IntegerConverter):
    """A number in ASCII digits: what other scripts have for digits makes another address."""

    regex = "[0-9]+"


def init_app(app: Flask) -> None:
    """Have `<int:…>` in addresses mean such numbers, and templates find addresses that were made before."""
    app.url_map.converters["int"] = Number
    app.extensions["addresses"] = lru_cache(_MOST)(_made)
    app.jinja_env.globals["url_for"] = url_for


def url_for(endpoint: str, **values: object) -> str:
    """What flask.url_for gives, within a request. Raises BuildError as it does."""
    if not values.keys() <= _FEW:
        return flask.url_for(endpoint, **values)  # type: ignore[arg-type]
    number = values.get("number")
    if number is not None:
        values["number"] = _NUMBER
    # Looked up once: a page asks thirty-seven times.
    context = request_ctx._get_current_object()  # type: ignore[attr-defined]
    kept: str = context.app.extensions["addresses"](context.request.root_path, endpoint, *values.items())
    return kept if number is None else kept.replace(_WRITTEN, str(number))


def _made(_root: str, endpoint: str, *values: tuple[str, object]) -> str:
    """An address of this request's application, under the path where that is mounted (`_root`)."""
    return flask.url_for(endpoint, **dict(values))  # type: ignore[arg-type]
