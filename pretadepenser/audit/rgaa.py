"""The judgements on the 106 criteria of the RGAA (docs/accessibility/rgaa.toml), and what follows from them.

That file is the one place where people say what they judged, when and why; the statement of accessibility,
the grid and the reports are written from it.
"""

from __future__ import annotations

import datetime
import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import cattrs

from pretadepenser.audit import AuditError
from pretadepenser.audit.findings import order
from pretadepenser.french import date

FILE: Final = Path(__file__).parents[2] / "docs" / "accessibility" / "rgaa.toml"
STANDARDS: Final = Path(__file__).with_name("wcag.toml")
EVERYWHERE: Final = "toutes"
# Theme -> name and number of its criteria, in RGAA 4.1.2: 106 in all.
THEMES: Final[Mapping[int, tuple[str, int]]] = {
    1: ("Images", 9),
    2: ("Cadres", 2),
    3: ("Couleurs", 3),
    4: ("Multimédia", 13),
    5: ("Tableaux", 8),
    6: ("Liens", 2),
    7: ("Scripts", 5),
    8: ("Éléments obligatoires", 10),
    9: ("Structuration de l’information", 4),
    10: ("Présentation de l’information", 14),
    11: ("Formulaires", 13),
    12: ("Navigation", 11),
    13: ("Consultation", 12),
}
NUMBERS: Final = tuple(f"{theme}.{n}" for theme, (_, count) in THEMES.items() for n in range(1, count + 1))


class Status(StrEnum):
    """What is said of a criterion, in the words of the RGAA, and "non testé" where nobody could tell."""

    MET = "conforme"
    BROKEN = "non conforme"
    VOID = "non applicable"
    UNTESTED = "non testé"


@dataclass(frozen=True)
class Criterion:
    """A criterion and its judgement.

    title: in our own words; level: of the success criteria of WCAG it stands on, the lowest; wcag, en: their
    numbers and the clauses of EN 301 549; where: CSS selector of what it is about, "" when any page may
    break it (where nothing matches, it is not applicable to a page); pages: those of the sample that are
    meant, or "toutes"; tests: those of the repository that hold it ("tests/x.py::test_y").
    """

    number: str
    title: str
    level: str
    wcag: tuple[str, ...]
    en: tuple[str, ...]
    status: Status
    reason: str
    date: datetime.date
    pages: tuple[str, ...] = (EVERYWHERE,)
    tests: tuple[str, ...] = ()
    where: str = ""

    @property
    def theme(self) -> int:
        """Number of its theme."""
        return order(self.number)[0]

    def about(self, page: str) -> bool:
        """Whether the judgement means this page of the sample."""
        return EVERYWHERE in self.pages or page in self.pages


@dataclass(frozen=True)
class Beyond:
    """A success criterion of WCAG 2.2 that the RGAA does not have, judged beside it. number: "2.4.11"."""

    number: str
    title: str
    level: str
    status: Status
    reason: str
    date: datetime.date
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Added:
    """A page of the sample that came after the audit, judged on all criteria on a day of its own."""

    page: str
    date: datetime.date


@dataclass(frozen=True)
class Combination:
    """A browser and an assistive technology that the pages were tried with, and how."""

    browser: str
    technology: str
    used: str


@dataclass(frozen=True)
class Step:
    """What is planned for a year."""

    year: int
    action: str


@dataclass(frozen=True)
class Judgements:
    """Everything that the file says.

    made: when the audit ended; by: who made it; tools: beside axe-core, with versions; limits: known faults
    that no criterion counts; unseen: what could not be looked at; added: pages that were judged later.
    """

    made: datetime.date
    by: str
    method: str
    technologies: tuple[str, ...]
    tools: tuple[str, ...]
    limits: tuple[str, ...]
    unseen: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    beyond: tuple[Beyond, ...]
    combinations: tuple[Combination, ...]
    plan: tuple[Step, ...]
    added: tuple[Added, ...] = ()

    def count(self, status: str) -> int:
        """How many criteria have this status."""
        return sum(one.status == status for one in self.criteria)

    @property
    def broken(self) -> tuple[Criterion, ...]:
        """The criteria that are not met."""
        return tuple(one for one in self.criteria if one.status is Status.BROKEN)

    @property
    def rate(self) -> float:
        """Share of the criteria met among those met or not, 0..1, as the RGAA counts; 0 where none was."""
        met, broken = self.count(Status.MET), self.count(Status.BROKEN)
        return met / (met + broken) if met + broken else 0.0

    @functools.cached_property
    def level(self) -> str:
        """Word of the law: "totalement conforme" needs all criteria judged and met, the next one half."""
        if self.rate == 1 and not self.count(Status.UNTESTED):
            return "totalement conforme"
        return "partiellement conforme" if self.rate >= 0.5 else "non conforme"

    @property
    def renewed(self) -> datetime.date:
        """The day of the last judgement."""
        judged = [one.date for one in self.criteria] + [one.date for one in self.beyond]
        return max([self.made, *judged, *(one.date for one in self.added)])

    @property
    def days(self) -> str:
        """When the judgements were made, in words."""
        if self.renewed == self.made:
            return f"le {date(self.made)}"
        return f"du {date(self.made)} au {date(self.renewed)}"

    def day(self, criterion: Criterion, page: str) -> datetime.date:
        """When a criterion was judged on a page of the sample: not before the page was there."""
        return max([criterion.date, *(one.date for one in self.added if one.page == page)])

    def __getitem__(self, number: str) -> Criterion:
        return next(one for one in self.criteria if one.number == number)


def _reader() -> cattrs.Converter:
    reader = cattrs.Converter(forbid_extra_keys=True)

    def day(value: object, _: type) -> datetime.date:
        if type(value) is not datetime.date:
            raise ValueError(f"not a day: {value!r}")
        return value

    reader.register_structure_hook(datetime.date, day)
    return reader


@functools.lru_cache(maxsize=4)
def load(path: Path = FILE) -> Judgements:
    """Read the judgements, once a file. Raises AuditError: unreadable, or not 106 criteria answered."""
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        read = _reader().structure(content, Judgements)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AuditError(f"Les jugements {path} ne se lisent pas ({error}) : corrigez-les.") from error
    except cattrs.BaseValidationError as error:
        why = " ; ".join(cattrs.transform_error(error))
        raise AuditError(f"Les jugements {path} n’ont pas la forme attendue ({why}).") from error
    if tuple(one.number for one in read.criteria) != NUMBERS:
        wrong = set(NUMBERS) ^ {one.number for one in read.criteria}
        told = ", ".join(sorted(wrong, key=order)) or "ordre ou répétition"
        raise AuditError(f"Les jugements {path} ne répondent pas aux 106 critères, une fois chacun ({told}).")
    return read


@functools.cache
def anchors() -> Mapping[str, str]:
    """Number of a success criterion -> its anchor in the text of WCAG 2.2 ("1.1.1" -> "non-text-content")."""
    found: dict[str, str] = tomllib.loads(STANDARDS.read_text("utf-8"))["anchors"]
    return found
