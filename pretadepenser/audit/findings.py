"""What a walk found: frozen values between the browser, the grid of criteria and the files written."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from pretadepenser.audit.sample import Display, Page, Sample, State

# The rule of this tool, beside those of axe-core.
SIDEWAYS: Final = "page-width"
# Lists of axe-core's answer -> outcomes of EARL, the worst first.
OUTCOMES: Final = {
    "violations": "failed",
    "incomplete": "cantTell",
    "passes": "passed",
    "inapplicable": "inapplicable",
}


@dataclass(frozen=True)
class Rule:
    """A rule of axe-core or of this tool, with what its tags say. help is in English, as axe-core tells it.

    criteria: numbers of the RGAA ("1.1"); wcag: success criteria ("1.1.1"); en: clauses of EN 301 549
    ("9.1.1.1"); level: "A", "AA", "AAA" or "" for a good practice.
    """

    name: str
    help: str
    url: str
    criteria: tuple[str, ...] = ()
    wcag: tuple[str, ...] = ()
    en: tuple[str, ...] = ()
    level: str = ""


@dataclass(frozen=True)
class Finding:
    """A rule that a page breaks in one state and display (or, among `undecided`, that a person must look at).

    impact: minor, moderate, serious or critical, "" where axe-core gives none; targets: CSS selectors;
    summary: what axe-core says of the first one.
    """

    page: str
    state: str
    display: str
    rule: Rule
    impact: str
    targets: tuple[str, ...]
    summary: str

    @property
    def name(self) -> str:
        """Name by which a baseline accepts it, the same in all displays."""
        return f"{self.page}/{self.state}: {self.rule.name}"


@dataclass(frozen=True)
class Visit:
    """A page in one state and display, with axe-core's own answer.

    outcomes: rule -> failed, cantTell, passed or inapplicable; present: criteria that have an object here.
    """

    page: Page
    state: State
    display: Display
    url: str
    title: str
    axe: Mapping[str, Any]
    outcomes: Mapping[str, str]
    violations: tuple[Finding, ...]
    undecided: tuple[Finding, ...]
    present: frozenset[str]

    @property
    def key(self) -> str:
        """Name of its file."""
        return f"{self.page.name}-{self.state.name}-{self.display.name}"


@dataclass(frozen=True)
class Missed:
    """A state that was not looked at, and why; reserved: because the account may not open it."""

    page: Page
    state: State
    why: str
    reserved: bool = False


@dataclass(frozen=True)
class Baseline:
    """Names of violations that are accepted for now; * stands for anything."""

    names: tuple[str, ...] = ()

    def accepts(self, finding: Finding) -> bool:
        """Whether it is named."""
        return any(fnmatchcase(finding.name, name) for name in self.names)


@dataclass(frozen=True)
class Audit:
    """A whole walk. url: of the deployment; rules: those that were run, by name; axe, browser: versions."""

    url: str
    client: int
    begun: datetime.datetime
    ended: datetime.datetime
    axe: str
    browser: str
    sample: Sample
    rules: Mapping[str, Rule]
    visits: Sequence[Visit]
    missed: Sequence[Missed]
    baseline: Baseline = Baseline()

    @property
    def violations(self) -> list[Finding]:
        """Every violation, accepted ones included."""
        return [finding for visit in self.visits for finding in visit.violations]

    @property
    def refused(self) -> list[Finding]:
        """The violations that the baseline does not accept."""
        return [finding for finding in self.violations if not self.baseline.accepts(finding)]

    @property
    def undecided(self) -> list[Finding]:
        """What axe-core could not decide."""
        return [finding for visit in self.visits for finding in visit.undecided]

    @property
    def unreached(self) -> list[Missed]:
        """States that should have been looked at and were not."""
        return [one for one in self.missed if not one.reserved]

    @property
    def stale(self) -> list[str]:
        """Names of the baseline that nothing was found for."""
        found = {finding.name for finding in self.violations}
        return [name for name in self.baseline.names if not any(fnmatchcase(one, name) for one in found)]

    def pages(self) -> Iterator[tuple[Page, list[Visit]]]:
        """The pages that were looked at, each with its visits."""
        for page in self.sample.pages:
            if visits := [visit for visit in self.visits if visit.page == page]:
                yield page, visits


def rule(name: str, help_: str, url: str, tags: Sequence[str]) -> Rule:
    """Read the tags of axe-core: "RGAA-1.1.1", "wcag111", "wcag2a", "EN-9.1.1.1"."""
    criteria = sorted(
        {".".join(tag[5:].split(".")[:2]) for tag in tags if tag.startswith("RGAA-")}, key=order
    )
    wcag = [".".join((tag[4], tag[5], tag[6:])) for tag in tags if re.fullmatch(r"wcag\d{3,4}", tag)]
    en = [tag[3:] for tag in tags if re.fullmatch(r"EN-[\d.]+", tag)]
    levels = [found[1].upper() for tag in tags if (found := re.fullmatch(r"wcag2\d?(a{1,3})", tag))]
    return Rule(name, help_, url, tuple(criteria), tuple(wcag), tuple(en), levels[0] if levels else "")


def read(
    axe: Mapping[str, Any], place: tuple[str, str, str], rules: Mapping[str, Rule]
) -> tuple[dict[str, str], dict[str, list[Finding]]]:
    """Read axe-core's answer for a page, state and display.

    Gives the outcome of each rule, and the findings of the lists "violations" and "incomplete".
    """
    outcomes: dict[str, str] = {}
    told: dict[str, list[Finding]] = {"violations": [], "incomplete": []}
    for kind, outcome in OUTCOMES.items():
        for one in axe[kind]:
            # A rule that passes on some elements and fails on others is in both lists: the worst counts.
            outcomes.setdefault(one["id"], outcome)
            if kind in told:
                targets = tuple(_selector(node["target"]) for node in one["nodes"])
                summary = " ".join((one["nodes"][0].get("failureSummary") or "").split())
                found = Finding(*place, rules[one["id"]], one["impact"] or "", targets, summary)
                told[kind].append(found)
    return outcomes, told


def _selector(target: Sequence[str | Sequence[str]]) -> str:
    """A selector; inside a shadow tree it is a list of them."""
    return " ".join(part if isinstance(part, str) else " ".join(part) for part in target)


def order(number: str) -> tuple[int, ...]:
    """Sort key of "1.10" after "1.9"."""
    return tuple(map(int, number.split(".")))


def read_baseline(text: str) -> Baseline:
    """Read names, one a line; what follows a # is a comment."""
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    return Baseline(tuple(line for line in lines if line))
