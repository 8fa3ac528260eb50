"""Throttle of sign-in attempts, in the database so that it holds across workers and machines.

Nobody is locked out: each failure beyond the free ones doubles the wait before the next check. A browser with
which the account has signed in before is counted for itself, so that strangers never delay its owner.
"""

import ipaddress
import math
import time
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, text
from sqlalchemy.orm import Session

from pretadepenser.records import names
from pretadepenser.records.database import SKEW, Database
from pretadepenser.records.models import LoginAttempt

# Seconds over which failures are counted.
PERIOD: Final = 24 * 60 * 60


@dataclass(frozen=True)
class Who:
    """Who tries to sign in: the account's name as stored, the place, the known device ("": a stranger)."""

    account: str
    address: str
    device: str = ""

    @classmethod
    def of(cls, account: str, address: str, device: str = "") -> "Who":
        """From a name as it was typed and an address of the network."""
        return cls(names.normalise(account)[:64], place(address), device)


@dataclass(frozen=True)
class Throttle:
    """How many failures cost no wait, for an account and from an address; the longest wait in seconds."""

    account: int
    address: int
    longest: float

    def begin(self, database: Database, who: Who) -> int:
        """Count an attempt before its password is checked.

        It is written first and counted after, in one transaction that no other attempt runs beside, so that
        attempts made at the same moment by several workers all see each other. One that is refused is not
        kept: hammering makes no wait longer.

        Returns:
            0 when the attempt may go on, else the seconds to wait.
        """
        now = time.time()
        with database.session() as session:
            if database.engine.dialect.name == "postgresql":
                # Readers go on; SQLite has one writer anyway, from the first statement that writes.
                session.execute(text("LOCK TABLE login_attempt IN SHARE ROW EXCLUSIVE MODE"))
            over = or_(LoginAttempt.at < now - PERIOD, LoginAttempt.at > now + SKEW)
            session.execute(delete(LoginAttempt).where(over))
            attempt = LoginAttempt(account=who.account, address=who.address, device=who.device, at=now)
            session.add(attempt)
            session.flush()
            others = LoginAttempt.id != attempt.id
            same = LoginAttempt.device == who.device
            waits = [
                self._wait(session, and_(others, same, LoginAttempt.account == who.account), self.account)
            ]
            if not who.device:
                here = and_(others, same, LoginAttempt.address == who.address)
                waits.append(self._wait(session, here, self.address))
            if max(waits):
                session.delete(attempt)
        return max(waits)

    def succeed(self, database: Database, who: Who) -> None:
        """Forget the attempts of an account that has just signed in from this address or with this device."""
        theirs = and_(LoginAttempt.account == who.account, LoginAttempt.device == who.device)
        if not who.device:
            theirs = and_(theirs, LoginAttempt.address == who.address)
        with database.session() as session:
            session.execute(delete(LoginAttempt).where(theirs))

    def _wait(self, session: Session, which: ColumnElement[bool], free: int) -> int:
        """Seconds to wait after these failures: none for the first, then 1, 2, 4 … from the last one on."""
        count, last = session.execute(select(func.count(), func.max(LoginAttempt.at)).where(which)).one()
        if count < free:
            return 0
        now = time.time()
        wait = min(2.0 ** min(count - free, 30), self.longest)
        return max(0, math.ceil(min(last, now) + wait - now))


def place(address: str) -> str:
    """The network place that an address counts for: an IPv4 address alone, an IPv6 address with its /64.

    Whoever has one IPv6 address has the 2**64 of its network; an IPv4 address written as IPv6 is that one.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
