"""What a letter is made of, and what it is made from."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from pretadepenser.credit.explanation import advice as advices
from pretadepenser.credit.explanation.advice import Advice
from pretadepenser.credit.recourse.decision import Verdict
from pretadepenser.credit.recourse.meeting_sheet import Bureau


class Kind(StrEnum):
    """Kinds of letters, as they are stored."""

    ACCEPTANCE = "accord"
    REFUSAL = "refus"
    DOCUMENTS = "pièces"
    REPLY = "revue"


@dataclass(frozen=True)
class Line:
    """A line of a list: what it is about ("" without), and what is said."""

    lead: str
    text: str


@dataclass(frozen=True)
class Section:
    """A part of a letter: title, paragraphs, then a list, then a last paragraph ("" without)."""

    title: str
    paragraphs: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    after: str = ""


@dataclass(frozen=True)
class Letter:
    """A letter, ready to be laid out.

    title: the answer in a few words; references: what it is about; opening: paragraphs before the first
    section; signed: who signs, and for whom.
    """

    kind: Kind
    title: str
    references: tuple[Line, ...]
    opening: tuple[str, ...]
    sections: tuple[Section, ...]
    signed: str


@dataclass(frozen=True)
class Sender:
    """What the lender says of itself; "" or empty where it is not known.

    reviewer: the named person who answers for decisions, and how to reach this person; mediator: name and
    address; bureaux: the three bodies that give the external scores, in order; credit_file: who keeps the
    file of credits elsewhere, and how to reach them; facts: who uses data for what, label and text (RGPD,
    article 13).
    """

    name: str
    address: str = ""
    phone: str = ""
    email: str = ""
    data_officer: str = ""
    reviewer: str = ""
    mediator: str = ""
    bureaux: tuple[Bureau, ...] = ()
    credit_file: str = ""
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Case:
    """A decision that holds, as it was recorded.

    client: SK_ID_CURR; content: of the record (JSON); second: who read it again, "" where nobody had to.
    """

    decision: int
    client: int
    decided: datetime.date
    author: str
    verdict: Verdict
    content: Mapping[str, Any]
    second: str = ""

    @cached_property
    def advice(self) -> Advice:
        """The model's advice as it was seen. Raises AdviceError where it cannot be read."""
        return advices.from_json(self.content["advice"])

    @property
    def refuses(self) -> bool:
        """Whether what was asked for is refused."""
        return self.verdict in (Verdict.REFUSE, Verdict.COUNTER)

    @property
    def features(self) -> tuple[str, ...]:
        """What the model looked at."""
        return tuple(self.advice.contributions)

    def setting(self, name: str) -> Any:
        """A setting as it was when the decision was taken."""
        return self.content["settings"][name]


@dataclass(frozen=True)
class Corrected:
    """A figure of the file that a review corrected, before and after in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Reviewed:
    """A review that has ended.

    reference: "REV-2026-000123"; asked: the day it came in; reviewer: who looked again; answer: what
    the reviewer says to the client; request: what the client asked, as it was written down ("" where nothing
    was); corrected: what was put right; new: the decision that replaces the one of before, None where that
    one is maintained.
    """

    reference: str
    asked: datetime.date
    reviewer: str
    answer: str
    request: str = ""
    corrected: tuple[Corrected, ...] = ()
    new: Case | None = None
