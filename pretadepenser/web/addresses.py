"""Numbers in addresses."""

from flask import Flask
from werkzeug.routing import IntegerConverter


class Number(IntegerConverter):
    """A number in ASCII digits: what other scripts have for digits makes another address."""

    regex = "[0-9]+"


def init_app(app: Flask) -> None:
    """Have `<int:…>` in addresses mean such numbers."""
    app.url_map.converters["int"] = Number
