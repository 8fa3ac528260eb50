"""Figures that nobody may read where they stand, in an address or a cookie: encrypted, worth nothing in time.

A picture of a simulation or of a person who is not in the portfolio is fetched like any other, but nothing of
it is stored from which another request could draw, and addresses are kept by browsers and shown by proxies.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from flask import abort, current_app

# Seconds: as long as a page stays open on a day of work.
LIFE: Final = 12 * 60 * 60


def seal(what: str, values: Mapping[str, Any]) -> str:
    """Encrypt values (as JSON has them) as a part of an address, for one use only: `what` they are for."""
    written = json.dumps([what, dict(values)], separators=(",", ":")).encode()
    return _fernet().encrypt(zlib.compress(written, 9)).decode().rstrip("=")


def opened(what: str, token: str) -> dict[str, Any]:
    """Give the values of `seal`; a 404 where they are not for this, not ours, damaged or too old."""
    values = read(what, token)
    if values is None:
        abort(404, description="Cette image n’existe plus. Envoyez à nouveau le formulaire.")
    return values


def read(what: str, token: str) -> dict[str, Any] | None:
    """Do the same, but give None where `opened` answers 404."""
    try:
        written = _fernet().decrypt(token + "=" * (-len(token) % 4), LIFE)
        meant, values = json.loads(zlib.decompress(written))
    except (InvalidToken, ValueError):
        return None
    return dict(values) if meant == what else None


def _fernet() -> Fernet:
    key = hashlib.sha256(b"addresses of pictures " + current_app.config["SECRET_KEY"].encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
