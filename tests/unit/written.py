"""All that can be written down about a client, put straight into the tables, with dates of a test's own."""

import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import pytest
from sqlalchemy import insert

from pretadepenser.records import journal
from pretadepenser.records.database import Database
from pretadepenser.records.journal import Kind, Ledger
from pretadepenser.records.models import (
    Base,
    Decision,
    Letter,
    Reading,
    RecentClient,
    Review,
    ReviewOutcome,
    ReviewStep,
    User,
)

# Stands in every text that a test writes of a client.
MARK = "Mme Personne-Reconnaissable"
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def staff(database: Database) -> None:
    """Add the users agathe (1) and delphine (2), who cannot sign in."""
    with database.connection() as connection:
        for name, role in (("agathe", "conseiller"), ("delphine", "responsable")):
            values = {"name": name, "role": role, "password_hash": "", "created_at": datetime.now(UTC)}
            connection.execute(insert(User).values(values))


class Writer:
    """Writes of one client at one moment, each with its entry of the journal."""

    def __init__(self, database: Database, client: int, at: datetime | None = None, mark: str = MARK) -> None:
        self.database, self.client, self.mark = database, client, mark
        self.at = at or datetime.now(UTC)

    def later(self, **span: float) -> "Writer":
        """The same so much later."""
        return Writer(self.database, self.client, self.at + timedelta(**span), self.mark)

    def entry(self, kind: Kind, actor: str = "agathe", client: int | None = 0, **told: Any) -> int:
        """An entry of the journal; client: this one unless said otherwise."""
        with journal.writing(self.database) as ledger:
            return self._append(ledger, kind, actor, self.client if client == 0 else client, **told)

    def decision(self, verdict: str = "refus", *, waiting: bool = False, corrects: int | None = None) -> int:
        """A decision of agathe."""
        content = journal.canonical(
            {"said": self.mark, "advice": {"inputs": {"AMT_INCOME_TOTAL": 1234567.25}}}
        )
        return self._insert(
            Decision, Kind.DECIDED, "decision",
            key=secrets.token_hex(16), client=self.client, author_id=1, verdict=verdict,
            waiting=waiting, corrects_id=corrects, content=content, sha256="0" * 64,
        )  # fmt: skip

    def reading(self, decision: int, *, agrees: bool = True) -> None:
        """delphine's answer."""
        self._insert(
            Reading, Kind.READ, "", {"decision": decision},
            decision_id=decision, author_id=1, reader_id=2, agrees=agrees,
            content=f'{{"text":"{self.mark}"}}',
        )  # fmt: skip

    def review(self, decision: int, number: int = 1) -> int:
        """A client's request, open."""
        reference = f"REV-2026-{number:06d}"
        return self._insert(
            Review, Kind.REVIEW_ASKED, "", {"review": reference, "decision": decision},
            reference=reference, key=secrets.token_hex(16), decision_id=decision, client=self.client,
            opened_by_id=1, deadline="2026-12-26",
            content=f'{{"channel":"courrier","request":"{self.mark}"}}',
        )  # fmt: skip

    def step(self, review: int) -> None:
        """Data corrected in it."""
        self._insert(
            ReviewStep, Kind.REVIEW_STEP, "", {"review": f"REV-2026-{review:06d}"},
            key=secrets.token_hex(16), review_id=review, by_id=2, content=f'{{"before":"{self.mark}"}}',
        )  # fmt: skip

    def outcome(self, review: int, decision: int) -> None:
        """Its end, by delphine."""
        self._insert(
            ReviewOutcome, Kind.REVIEW_ENDED, "", {"review": f"REV-2026-{review:06d}"},
            review_id=review, decision_id=decision, decider_id=1, reviewer_id=2, outcome="maintenue",
            content=f'{{"answer":"{self.mark}","motives":["pieces"],"text":"{self.mark}\\n{self.mark}","said":"",'
            '"documents":["impots"]}',
        )  # fmt: skip

    def letter(self, decision: int, review: int | None = None) -> int:
        """A letter."""
        return self._insert(
            Letter, Kind.LETTER, "letter", {"decision": decision},
            key=secrets.token_hex(16), kind="refus", decision_id=decision, review_id=review,
            client=self.client, author_id=1, template="1", sha256="0" * 64,
            pdf=b"%PDF-1.7 " + self.mark.encode() * 500,
        )  # fmt: skip

    def seen(self) -> None:
        """agathe looked at the client."""
        with self.database.connection() as connection:
            values = {"user_id": 1, "number": self.client, "seen_at": self.at.timestamp()}
            connection.execute(self.database.insert(RecentClient).values(values).on_conflict_do_nothing())

    def all(self) -> int:
        """One of everything; give the decision."""
        decision = self.decision(waiting=True)
        self.reading(decision)
        self.letter(decision)
        review = self.review(decision)
        self.step(review)
        self.outcome(review, decision)
        self.letter(decision, review)
        self.seen()
        self.entry(Kind.OPENED)
        self.entry(Kind.API, "jeton banque", None, clients=[7, self.client])
        self.entry(Kind.JOURNAL_READ, "basile", None, filters=f"/journal?client={self.client}")
        return decision

    def _insert(
        self, table: type[Base], kind: Kind, named: str, told: Mapping[str, Any] = NOTHING, /, **values: Any
    ) -> int:
        """Add a row and its entry; named: under which name the entry tells the row's number."""
        with journal.writing(self.database) as ledger:
            made = ledger.connection.execute(insert(table).values(at=self.at, **values))
            assert made.inserted_primary_key is not None
            number = int(made.inserted_primary_key[0])
            own = {named: number} if named else {}
            self._append(ledger, kind, "agathe", self.client, **own, **told)
            return number

    def _append(self, ledger: Ledger, kind: Kind, actor: str, client: int | None, **told: Any) -> int:
        """Append as the journal does, at this writer's own time."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(time, "time", self.at.timestamp)
            return ledger.append(kind, actor, client, **told)
