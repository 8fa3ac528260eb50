"""Whose turn it is: a request of each place, and there of each session, before a second one of any.

A queue in the order of coming has everybody wait behind whoever asks for five hundred pages at once.
"""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from typing import Any, Final

from pretadepenser.records.attempts import place

# Nothing of it has been checked: it says who is to wait for whom, no more. Of a session's cookie the
# signature is left out: it is another one whenever the cookie is set again.
_SESSION: Final = re.compile(rb"\r\ncookie:[^\r\n]*?\bsession=(\.?[^.;\r\n]*)", re.I)
_TOKEN: Final = re.compile(rb"\r\nauthorization:([^\r\n]*)", re.I)
_FORWARDED: Final = re.compile(rb"\r\nx-forwarded-for:([^\r\n]*)", re.I)


def asker(head: bytes, address: str, proxies: int) -> tuple[str, bytes]:
    """The place (IPv4 address, /64 of IPv6) and the session or system that a request's header tells of.

    Of `proxies` that stand before this server the outermost has written down whom it heard, as Werkzeug's
    ProxyFix reads it; without one, or where they have written less, the address of the connection counts.
    """
    if proxies:
        heard = [one.strip() for line in _FORWARDED.findall(head) for one in line.split(b",") if one.strip()]
        if len(heard) >= proxies:
            address = heard[-proxies].decode("latin-1")
    found = _SESSION.search(head) or _TOKEN.search(head)
    return place(address), found[1] if found else b""


class Turns:
    """What waits, given in turn: between places, and at each place between sessions."""

    def __init__(self) -> None:
        # Who is next stands first; who was served goes to the end.
        self._places: OrderedDict[str, OrderedDict[bytes, deque[Any]]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._places)

    def wait(self, asker: tuple[str, bytes], what: Any) -> None:
        """Put something at the end of what waits for one asker."""
        where, session = asker
        self._places.setdefault(where, OrderedDict()).setdefault(session, deque()).append(what)

    def take(self) -> Any:
        """What is next. Raises KeyError where nothing waits."""
        where, sessions = self._places.popitem(last=False)
        session, waiting = sessions.popitem(last=False)
        what = waiting.popleft()
        if waiting:
            sessions[session] = waiting
        if sessions:
            self._places[where] = sessions
        return what
