"""The grid of criteria by page of the sample: what people judged, and what the walk found on each page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pretadepenser.audit.findings import Audit
from pretadepenser.audit.rgaa import Criterion, Judgements, Status


@dataclass(frozen=True)
class Line:
    """A criterion in the grid. by_page: name of a page -> its status there; rules: axe's that broke it."""

    criterion: Criterion
    by_page: Mapping[str, Status]
    overall: Status
    rules: tuple[str, ...]


def lines(judged: Judgements, audit: Audit) -> list[Line]:
    """Every criterion, by page. A rule that a page breaks outweighs a judgement, in a baseline or not."""
    return [_line(criterion, audit) for criterion in judged.criteria]


def _line(criterion: Criterion, audit: Audit) -> Line:
    broken = {
        finding.page: finding.rule.name
        for finding in audit.violations
        if criterion.number in finding.rule.criteria
    }
    by_page = {}
    for page, visits in audit.pages():
        present = any(criterion.number in visit.present for visit in visits)
        by_page[page.name] = (
            Status.BROKEN if page.name in broken else _status(criterion, page.name, bool(present))
        )
    return Line(criterion, by_page, overall(list(by_page.values())), tuple(sorted(set(broken.values()))))


def _status(criterion: Criterion, page: str, present: bool) -> Status:
    """What the judgement says of a page on which the criterion has an object, or none."""
    if criterion.status is Status.VOID or (criterion.where and not present):
        return Status.VOID
    if criterion.status is Status.BROKEN and not criterion.about(page):
        return Status.MET
    return criterion.status


def overall(found: Sequence[Status]) -> Status:
    """The status over all pages: not met as soon as one page breaks it, void only where every page is."""
    for status in (Status.BROKEN, Status.UNTESTED, Status.MET):
        if status in found:
            return status
    return Status.VOID


def contradictions(judged: Judgements, audit: Audit) -> list[str]:
    """Sentences about criteria that a person called met or void and that the walk shows otherwise."""
    told = []
    for criterion in judged.criteria:
        for page, visits in audit.pages():
            rules = sorted(
                {
                    finding.rule.name
                    for visit in visits
                    for finding in visit.violations
                    if criterion.number in finding.rule.criteria
                }
            )
            claimed = _status(criterion, page.name, present=True)
            if rules and claimed in (Status.MET, Status.VOID):
                told.append(
                    f"{criterion.number} est dit {claimed}, mais la page {page.name} enfreint "
                    f"{', '.join(rules)}."
                )
            elif (
                criterion.status is Status.VOID
                and criterion.where
                and any(criterion.number in visit.present for visit in visits)
            ):
                told.append(
                    f"{criterion.number} est dit non applicable, mais la page {page.name} contient "
                    f"{criterion.where}."
                )
    return told
