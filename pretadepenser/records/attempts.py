"""Throttle of sign-in attempts, in the database so that it holds across workers and machines."""

import math
import time
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import InstrumentedAttribute

from pretadepenser.records import names
from pretadepenser.records.database import Database
from pretadepenser.records.models import LoginAttempt


@dataclass(frozen=True)
class Throttle:
    """How many failed sign-ins are allowed for one account and from one address in `seconds`."""

    account: int
    address: int
    seconds: float

    def begin(self, database: Database, account: str, address: str) -> int:
        """Count an attempt before its password is checked.

        It is written first and counted after, so that attempts made at the same moment by several
        workers all see each other. An attempt that is refused is not kept: hammering an account
        does not lock it for longer than the period.

        Returns:
            0 when the attempt may go on, else the seconds to wait.
        """
        now = time.time()
        since = now - self.seconds
        name, place = names.normalise(account)[:64], address[:64]
        with database.session() as session:
            session.execute(delete(LoginAttempt).where(LoginAttempt.at < since))
            attempt = LoginAttempt(account=name, address=place, at=now)
            session.add(attempt)
        waits = [
            self._wait(database, LoginAttempt.account, name, self.account, now),
            self._wait(database, LoginAttempt.address, place, self.address, now),
        ]
        if max(waits):
            with database.session() as session:
                session.execute(delete(LoginAttempt).where(LoginAttempt.id == attempt.id))
        return max(waits)

    def succeed(self, database: Database, account: str, address: str) -> None:
        """Forget the attempts of an account that has just signed in from this address."""
        with database.session() as session:
            session.execute(
                delete(LoginAttempt).where(
                    LoginAttempt.account == names.normalise(account)[:64],
                    LoginAttempt.address == address[:64],
                )
            )

    def _wait(
        self, database: Database, column: InstrumentedAttribute[str], value: str, allowed: int, now: float
    ) -> int:
        with database.session() as session:
            count, oldest = session.execute(
                select(func.count(), func.min(LoginAttempt.at)).where(
                    column == value, LoginAttempt.at >= now - self.seconds
                )
            ).one()
        return max(1, math.ceil(oldest + self.seconds - now)) if count > allowed else 0
