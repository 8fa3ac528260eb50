"""Letters to clients: acceptance, another loan, refusal, request for documents, reply to a review.

The words are those of the meeting sheet. What the law wants said:

- a refusal, at once; that the assessment rests on automated processing, the right to a human one, how to
  contest (directive (UE) 2023/2225, article 18; RGPD, article 22);
- the files consulted before a refusal: what they said, who keeps them and how to reach them, which kinds of
  data counted (directive, article 19, paragraph 6); other letters name the files too;
- which data counted how, and why (RGPD, article 15; CJEU C-203/22; règlement (UE) 2024/1689, article 86);
- mediator and data protection authority.

A counter-proposal refuses what was asked and grants something else: its letter is of the kind of an
acceptance, says both, and all that a refusal must say.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from pretadepenser import french, money
from pretadepenser.credit.recourse.decision import Verdict
from pretadepenser.credit.recourse.letters import parts, review_parts
from pretadepenser.credit.recourse.letters.told import (
    Case,
    Corrected,
    Kind,
    Letter,
    Line,
    Reviewed,
    Section,
    Sender,
)

# Raised with any word or layout of a letter (a test holds it): what was sent is known by it.
TEMPLATE_VERSION: Final = "2026-11-5"
KINDS: Final[Mapping[Verdict, Kind]] = MappingProxyType(
    {
        Verdict.GRANT: Kind.ACCEPTANCE,
        Verdict.COUNTER: Kind.ACCEPTANCE,
        Verdict.REFUSE: Kind.REFUSAL,
        Verdict.ASK: Kind.DOCUMENTS,
    }
)

__all__ = [
    "KINDS", "TEMPLATE_VERSION", "Case", "Corrected", "Kind", "Letter",
    "Line", "Reviewed", "Section", "Sender", "files", "letter", "reply",
]  # fmt: skip


def letter(case: Case, sender: Sender, today: datetime.date) -> Letter:
    """The letter that tells a decision, as of today. Raises AdviceError: what was stored cannot be read."""
    with money.using(case.advice.money):
        return _decided(case, sender, today)


def reply(review: Reviewed, case: Case, sender: Sender, today: datetime.date) -> Letter:
    """The letter that answers a review of a decision (case), as of today; errors as `letter`."""
    with money.using(case.advice.money):
        return _replied(review, case, sender, today)


def files(case: Case) -> tuple[bool, bool]:
    """Whether a letter names bodies that gave external scores, and who keeps the file of credits."""
    with money.using(case.advice.money):
        return bool(parts.scored(case.advice.inputs)), bool(parts.from_file(case))


def _decided(case: Case, sender: Sender, today: datetime.date) -> Letter:
    tells = case.verdict is not Verdict.ASK
    sections = [
        None if tells else parts.documents(case, sender),
        parts.who(case),
        parts.motives(case),
        *(parts.reasons(case) if tells else ()),
        parts.capacity(case),
        parts.consulted(case, sender),
        parts.contest(case, sender, today) if tells else None,
        parts.rights(sender, human=not tells),
        parts.advised() if case.refuses else None,
        parts.data(case, sender),
    ]
    title, answer = parts.answer(case)
    signed = f"{case.author}, pour {sender.name}"
    return _letter(
        KINDS[case.verdict], title, parts.references(case, sender, today), answer, sections, signed
    )


def _replied(review: Reviewed, case: Case, sender: Sender, today: datetime.date) -> Letter:
    told = review.new or case
    sections = [
        review_parts.request(review),
        review_parts.done(review, case),
        parts.documents(told, sender) if told.verdict is Verdict.ASK else None,
        parts.who(told),
        parts.motives(told),
        *(parts.reasons(told) if told.verdict is not Verdict.ASK else ()),
        parts.capacity(told),
        parts.consulted(told, sender),
        review_parts.further(told, sender, today),
        parts.rights(sender, human=False),
        parts.advised() if told.refuses else None,
        parts.data(told, sender),
    ]
    title, answer = review_parts.answer(review, case)
    references = parts.references(told, sender, today, review.reference)
    signed = f"{review.reviewer}, pour {sender.name}"
    return _letter(Kind.REPLY, title, references, answer, sections, signed)


def _letter(
    kind: Kind,
    title: str,
    references: tuple[Line, ...],
    answer: Sequence[str],
    sections: Sequence[Section | None],
    signed: str,
) -> Letter:
    """Put a letter together, its parts that have nothing to say left out, its punctuation typeset."""
    return Letter(
        kind,
        french.typeset(title),
        _lines(references),
        tuple(map(french.typeset, ("Madame, Monsieur,", *answer))),
        tuple(
            replace(
                section,
                title=french.typeset(section.title),
                paragraphs=tuple(map(french.typeset, section.paragraphs)),
                lines=_lines(section.lines),
                after=french.typeset(section.after),
            )
            for section in sections
            if section
        ),
        signed,
    )


def _lines(lines: Sequence[Line]) -> tuple[Line, ...]:
    return tuple(Line(french.typeset(line.lead), french.typeset(line.text)) for line in lines)
