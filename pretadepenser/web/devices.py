"""Browsers: what one is called, and which accounts it is known to have signed in.

A browser that has signed in keeps a signed cookie with a random number of its own and the digests of the
accounts' names. Its failed attempts are counted for themselves (records/attempts.py).
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Final

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from pretadepenser.records import names

COOKIE: Final = "appareil"
# Seconds; browsers keep no cookie for longer than 400 days.
_LIFE: Final = 400 * 24 * 60 * 60
# Accounts that one browser is known for, the last ones: a cookie has its size.
_ACCOUNTS: Final = 10
UNKNOWN: Final = "navigateur inconnu"
# (what the User-Agent holds, what it is called): the first that fits, as most name others too.
_BROWSERS: Final = (
    (r"\bEdg(A|iOS)?/", "Edge"),
    (r"\bOPR/", "Opera"),
    (r"\bSamsungBrowser/", "Samsung Internet"),
    (r"\b(Firefox|FxiOS)/", "Firefox"),
    (r"\b(Chrome|CriOS|Chromium|HeadlessChrome)/", "Chrome"),
    (r"\bVersion/.*\bSafari/", "Safari"),
)
_SYSTEMS: Final = (
    (r"\bWindows\b", "Windows"),
    (r"\bAndroid\b", "Android"),
    (r"\b(iPhone|iPad|iPod)\b", "iOS"),
    (r"\bMac OS X\b|\bMacintosh\b", "macOS"),
    (r"\bCrOS\b", "ChromeOS"),
    (r"\bLinux\b", "Linux"),
)


@dataclass(frozen=True)
class _Device:
    number: str
    accounts: tuple[str, ...]


def browser() -> str:
    """What the browser that asks is called: "Firefox sous Linux"; nothing else of it is kept."""
    agent = request.user_agent.string
    name = next((name for pattern, name in _BROWSERS if re.search(pattern, agent)), "")
    system = next((name for pattern, name in _SYSTEMS if re.search(pattern, agent)), "")
    return f"{name} sous {system}" if name and system else name or UNKNOWN


def known(account: str) -> str:
    """The number of the browser that asks, if this account has signed in with it before, else ""."""
    device = _device()
    return device.number if device and _digest(account) in device.accounts else ""


def remember(response: Response, account: str) -> None:
    """Let the browser say from now on that this account has signed in with it."""
    device = _device() or _Device(secrets.token_hex(16), ())
    others = [one for one in device.accounts if one != _digest(account)]
    value = _signer().dumps([device.number, [_digest(account), *others][:_ACCOUNTS]])
    response.set_cookie(
        COOKIE,
        value if isinstance(value, str) else value.decode(),
        max_age=_LIFE,
        httponly=True,
        secure=bool(current_app.config["HTTPS"]) or request.is_secure,
        samesite="Lax",
        # Nothing but the sign-in page needs it.
        path="/connexion",
    )


def _device() -> _Device | None:
    try:
        number, accounts = _signer().loads(request.cookies.get(COOKIE, ""), max_age=_LIFE)
    except BadSignature:
        return None
    return _Device(number, tuple(accounts))


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="appareil")


def _digest(account: str) -> str:
    """Short, and no name for whoever looks through the cookies of a shared computer."""
    return hashlib.sha256(names.normalise(account).encode()).hexdigest()[:16]
