"""The result as two pages of HTML that anybody can read: the report, and the grid of criteria."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from pretadepenser.audit.findings import Audit, Finding, Rule
from pretadepenser.audit.grid import Line, contradictions
from pretadepenser.audit.rgaa import THEMES, Judgements, Status
from pretadepenser.french import date, join, percent, plural, typeset
from pretadepenser.speech import aloud

SHORT: Final = {Status.MET: "C", Status.BROKEN: "NC", Status.VOID: "NA", Status.UNTESTED: "NT"}
LOOK: Final = {Status.MET: "met", Status.BROKEN: "broken", Status.VOID: "none", Status.UNTESTED: "broken"}


@dataclass(frozen=True)
class Place:
    """Where a rule was broken, or not decided. displays: their titles; targets: CSS selectors."""

    where: str
    displays: str
    targets: tuple[str, ...]
    summary: str
    accepted: bool


@dataclass(frozen=True)
class Group:
    """A rule and all places of it."""

    rule: Rule
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Row:
    """A page in a state, and how much was found there over all displays."""

    page: str
    state: str
    displays: int
    violations: int
    undecided: int
    where: str


def report(audit: Audit, judged: Judgements, grid: Sequence[Line]) -> str:
    """The report."""
    return _page(
        "report.html", audit, judged, grid=grid, groups=_groups(audit, audit.violations),
        undecided=_groups(audit, audit.undecided), rows=_rows(audit), told=answer(audit),
        contradictions=[typeset(one) for one in contradictions(judged, audit)],
    )  # fmt: skip


def grid_page(audit: Audit, judged: Judgements, grid: Sequence[Line]) -> str:
    """The grid of criteria."""
    themes = [
        (f"{number}. {title}", [line for line in grid if line.criterion.theme == number])
        for number, (title, _) in THEMES.items()
    ]
    pages = [page for page, _ in audit.pages()]
    return _page("grid.html", audit, judged, themes=themes, pages=pages, short=SHORT, look=LOOK)


def answer(audit: Audit) -> list[str]:
    """The result in sentences: what was broken first, then how much was looked at, and what was not."""
    found, refused = len(audit.violations), len(audit.refused)
    if not found:
        told = ["Aucune violation."]
    elif not refused:
        accepted = "acceptée" if found == 1 else "toutes acceptées"
        told = [f"{plural(found, 'violation')}, {accepted} d’avance."]
    else:
        accepted = f", dont {plural(found - refused, 'acceptée')} d’avance" if found > refused else ""
        told = [f"{plural(found, 'violation')}{accepted}."]
    pages = sum(1 for _ in audit.pages())
    told.append(
        f"{plural(pages, 'page ouverte', 'pages ouvertes')}, {plural(len(audit.visits), 'contrôle')} "
        f"d’axe-core en {plural(len(audit.sample.displays), 'affichage')}."
    )
    if audit.unreached:
        told.append(
            f"{plural(len(audit.unreached), 'état non vu', 'états non vus')}, à regarder avant de conclure."
        )
    return told


def _page(name: str, audit: Audit, judged: Judgements, **values: object) -> str:
    # Everything is escaped: targets and summaries quote the pages that were looked at.
    environment = Environment(
        loader=PackageLoader("pretadepenser.audit"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"date": date, "percent": percent, "typeset": typeset}
    counts = join([plural(judged.count(status), status) for status in Status])
    page = environment.get_template(name).render(audit=audit, judged=judged, counts=counts, **values)
    return aloud(page) + "\n"


def _groups(audit: Audit, found: Sequence[Finding]) -> list[Group]:
    rules = {finding.rule.name: finding.rule for finding in found}
    return [Group(rule, tuple(_places(audit, found, name))) for name, rule in sorted(rules.items())]


def _places(audit: Audit, found: Sequence[Finding], rule: str) -> list[Place]:
    displays = {display.name: display.title for display in audit.sample.displays}
    states = {(p.name, s.name): f"{p.title}, {s.title}" for p in audit.sample.pages for s in p.states}
    told: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        if finding.rule.name == rule:
            told.setdefault((finding.page, finding.state), []).append(finding)
    return [
        Place(
            states[key],
            " ; ".join(displays[finding.display] for finding in findings),
            tuple(dict.fromkeys(target for finding in findings for target in finding.targets)),
            findings[0].summary,
            audit.baseline.accepts(findings[0]),
        )
        for key, findings in told.items()
    ]


def _rows(audit: Audit) -> list[Row]:
    rows = []
    for page, visits in audit.pages():
        for state in page.states:
            if seen := [visit for visit in visits if visit.state == state]:
                broken = sum(len(visit.violations) for visit in seen)
                open_ = sum(len(visit.undecided) for visit in seen)
                rows.append(Row(page.title, state.title, len(seen), broken, open_, page.path))
    return rows
