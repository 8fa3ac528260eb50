"""The result as EARL 1.0 (W3C) in JSON-LD, in the shape that W3C's WCAG-EM Report Tool imports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pretadepenser.audit.findings import Audit, Finding, Rule, Visit
from pretadepenser.audit.grid import Line
from pretadepenser.audit.rgaa import Judgements, Status, anchors

WCAG: Final = "https://www.w3.org/TR/WCAG22/#"
# WCAG 2.2 has no 4.1.1 any more.
PARSING: Final = "https://www.w3.org/TR/WCAG21/#parsing"
RGAA: Final = "https://accessibilite.numerique.gouv.fr/methode/criteres-et-tests/#"
PEOPLE: Final = "_:auditeurs"
CONTEXT: Final[Mapping[str, Any]] = {
    "@vocab": "http://www.w3.org/ns/earl#",
    "earl": "http://www.w3.org/ns/earl#",
    "dct": "http://purl.org/dc/terms/",
    "ptr": "http://www.w3.org/2009/pointers#",
    "sch": "https://schema.org/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "assertedBy": {"@type": "@id"},
    "mode": {"@type": "@id"},
    "outcome": {"@type": "@id"},
    "title": "dct:title",
    "description": "dct:description",
    "hasVersion": "dct:hasVersion",
    "date": {"@id": "dct:date", "@type": "xsd:dateTime"},
    "day": {"@id": "dct:date", "@type": "xsd:date"},
    "source": {"@id": "dct:source", "@type": "@id"},
    "isPartOf": {"@id": "dct:isPartOf", "@type": "@id"},
    "expression": "ptr:expression",
}
OUTCOMES: Final = {
    Status.MET: "earl:passed",
    Status.BROKEN: "earl:failed",
    Status.VOID: "earl:inapplicable",
    Status.UNTESTED: "earl:untested",
}
# The worst over the displays of a page counts, in this order.
WORST: Final = ("failed", "cantTell", "passed", "inapplicable")


def document(audit: Audit, judged: Judgements, grid: list[Line]) -> dict[str, Any]:
    """Assertions of axe-core (a rule on a page in a state) and of people (a criterion on a page)."""
    axe = f"https://github.com/dequelabs/axe-core/releases/tag/v{audit.axe}"
    assertors = [
        {
            "@id": axe, "@type": ["Assertor", "Software"], "title": "axe-core", "hasVersion": audit.axe,
            "description": _said(f"axe-core {audit.axe} dans {audit.browser}", "fr"),
        },
        {"@id": PEOPLE, "@type": "Assertor", "title": judged.by},
    ]  # fmt: skip
    graph = [*assertors, *_automatic(audit, axe), *_manual(audit, judged, grid)]
    return {"@context": dict(CONTEXT), "@graph": graph}


def _automatic(audit: Audit, axe: str) -> Iterable[dict[str, Any]]:
    for page, visits in audit.pages():
        for state in page.states:
            seen = [visit for visit in visits if visit.state == state]
            if not seen:
                continue
            subject = {
                "@id": f"_:{page.name}-{state.name}", "@type": ["TestSubject", "sch:WebPage"],
                "title": f"{page.title}, {state.title}", "source": seen[0].url,
            }  # fmt: skip
            for name, rule in audit.rules.items():
                if found := [visit.outcomes[name] for visit in seen if name in visit.outcomes]:
                    outcome = min(found, key=WORST.index)
                    yield {
                        "@type": "Assertion", "mode": "earl:automatic", "assertedBy": axe, "subject": subject,
                        "test": _case(rule), "result": _result(audit, seen, name, outcome),
                    }  # fmt: skip


def _result(audit: Audit, seen: list[Visit], name: str, outcome: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "@type": "TestResult", "outcome": f"earl:{outcome}", "date": audit.begun.isoformat("T", "seconds"),
    }  # fmt: skip
    told: list[Finding] = [
        finding
        for visit in seen
        for finding in (*visit.violations, *visit.undecided)
        if finding.rule.name == name
    ]
    if told:
        titles = {display.name: display.title for display in audit.sample.displays}
        shown = " ; ".join(dict.fromkeys(titles[finding.display] for finding in told))
        result["description"] = [_said(told[0].summary, "en"), _said(f"Affichages : {shown}.", "fr")]
        targets = dict.fromkeys(target for finding in told for target in finding.targets)
        result["pointer"] = [{"@type": "ptr:CSSSelectorPointer", "expression": one} for one in targets]
    return result


def _case(rule: Rule) -> dict[str, Any]:
    return {
        "@id": rule.url, "@type": "TestCase", "title": rule.name, "description": _said(rule.help, "en"),
        "isPartOf": [*map(success_criterion, rule.wcag), *(RGAA + number for number in rule.criteria)],
    }  # fmt: skip


def _manual(audit: Audit, judged: Judgements, grid: list[Line]) -> Iterable[dict[str, Any]]:
    pages = {page.name: page for page, _ in audit.pages()}
    for line in grid:
        criterion = line.criterion
        test = {
            "@id": RGAA + criterion.number, "@type": "TestRequirement",
            "title": f"RGAA {criterion.number} {criterion.title}",
            "isPartOf": [success_criterion(number) for number in criterion.wcag],
        }  # fmt: skip
        for name, status in line.by_page.items():
            where = audit.url + pages[name].path.format(client=audit.client)
            result: dict[str, Any] = {
                "@type": "TestResult", "outcome": OUTCOMES[status],
                "day": judged.day(criterion, name).isoformat(),
            }  # fmt: skip
            if status is not Status.VOID or not criterion.where:
                result["description"] = _said(criterion.reason, "fr")
            yield {
                "@type": "Assertion", "mode": "earl:semiAuto" if criterion.tests else "earl:manual",
                "assertedBy": PEOPLE, "test": test, "result": result,
                "subject": {
                    "@id": f"_:{name}", "@type": ["TestSubject", "sch:WebPage"],
                    "title": pages[name].title, "source": where,
                },
            }  # fmt: skip


def success_criterion(number: str) -> str:
    """Address of a success criterion: in WCAG 2.2, or in 2.1 for the one that 2.2 took away."""
    return WCAG + anchors()[number] if number in anchors() else PARSING


def _said(text: str, language: str) -> dict[str, str]:
    return {"@value": text, "@language": language}
