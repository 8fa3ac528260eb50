"""What a supervisor asks: is the process alive, can it serve? And logs without personal data."""

import copy
import logging
import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue

from pretadepenser.credit.model.scoring import ModelError
from pretadepenser.credit.portfolio import PortfolioError
from pretadepenser.records.database import Database
from pretadepenser.web import resources

blueprint = Blueprint("operations", __name__)


def masked(text: str) -> str:
    """Take out of a text what may point to a person.

    These are network addresses and every number of five digits or more: client numbers and amounts,
    but not line numbers or years.
    """
    return re.sub(r"\bip=[^\s,:]\S*|\b\d{1,3}(?:\.\d{1,3}){3}\b|\d{5,}", "…", text)


def masked_path(path: str) -> str:
    """Replace every part of a path that holds a digit, the version of the API excepted.

    What is no printable character, a line feed above all, becomes a question mark: a path is one line.
    """
    path = "".join(sign if sign.isprintable() else "?" for sign in path)
    return "/".join(
        part if not re.search(r"\d", part) or re.fullmatch(r"v\d", part) else "…" for part in path.split("/")
    )


class DiscreetFormatter(logging.Formatter):
    """Formats a record, its traceback included, without client numbers."""

    def format(self, record: logging.LogRecord) -> str:
        # What gunicorn says of itself (its port, the numbers of its processes) is about nobody.
        if record.name != "gunicorn.error" or record.levelno >= logging.WARNING:
            record = copy.copy(record)
            record.msg, record.args, record.exc_text = masked(record.getMessage()), (), None
        return super().format(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802 (logging's name)
        return masked(super().formatException(ei))


def init_app(app: Flask) -> None:
    """Make the application's log discreet: one handler on the error stream."""
    handler = logging.StreamHandler()
    handler.setFormatter(DiscreetFormatter("%(asctime)s [%(process)d] [%(levelname)s] %(message)s"))
    app.logger.handlers[:] = [handler]
    app.logger.propagate = False


@blueprint.get("/healthz")
def alive() -> ResponseReturnValue:
    """Answer as long as the process does; a supervisor restarts one that does not."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def ready() -> ResponseReturnValue:
    """Tell whether portfolio and model can be used and the database written; 503: send no traffic here."""
    database: Database = current_app.extensions["database"]
    checks = {
        "portfolio": _usable(resources.portfolio),
        "model": _usable(resources.model),
        "database": database.ready(),
    }
    words = {True: "ok", False: "indisponible"}
    told = {name: words[good] for name, good in checks.items()}
    if checks["database"] and not database.writable():
        told["database"] = "écriture impossible"
    whole = set(told.values()) == {"ok"}
    return jsonify(status=words[whole], **told), 200 if whole else 503


def _usable(opened: Callable[[], object]) -> bool:
    try:
        opened()
    except (resources.UnavailableError, PortfolioError, ModelError):
        return False
    return True
