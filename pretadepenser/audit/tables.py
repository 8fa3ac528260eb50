"""The findings as CSV for a spreadsheet, as JUnit XML for a chain of builds, and as names for a baseline."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

from pretadepenser.audit.findings import Audit, Visit

COLUMNS = (
    "page", "état", "affichage", "adresse", "genre", "règle", "gravité", "niveau", "aide (en anglais)",
    "critères RGAA", "critères WCAG", "clauses EN 301 549", "où", "acceptée", "détail (en anglais)",
)  # fmt: skip


def spreadsheet(audit: Audit) -> str:
    """One line a violation, or a thing to look at, and display; for a French spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(COLUMNS)
    for visit in audit.visits:
        for kind, found in (("violation", visit.violations), ("à vérifier", visit.undecided)):
            for one in found:
                accepted = "oui" if kind == "violation" and audit.baseline.accepts(one) else "non"
                row = (
                    visit.page.title, visit.state.title, visit.display.title, visit.url, kind, one.rule.name,
                    one.impact, one.rule.level, one.rule.help, " ".join(one.rule.criteria),
                    " ".join(one.rule.wcag), " ".join(one.rule.en), " | ".join(one.targets), accepted,
                    one.summary,
                )  # fmt: skip
                writer.writerow(map(_never_run, row))
    return "\ufeff" + text.getvalue()


def names(audit: Audit) -> str:
    """The names of the violations, as --baseline reads them."""
    found = sorted({finding.name for finding in audit.violations})
    return "\n".join(
        ["# Violations trouvées, une par ligne ; « flask audit --baseline » les accepte.", *found, ""]
    )


def junit(audit: Audit) -> str:
    """A suite a page, a case a state and display; what is accepted passes and says so."""
    seconds = (audit.ended - audit.begun).total_seconds()
    root = ElementTree.Element("testsuites", name="Accessibilité", time=f"{seconds:.0f}")
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for page in audit.sample.pages:
        suite = ElementTree.SubElement(root, "testsuite", name=page.title)
        counts = dict.fromkeys(totals, 0)
        for visit in (one for one in audit.visits if one.page == page):
            counts["tests"] += 1
            counts["failures"] += _case(suite, audit, visit)
        for one in (one for one in audit.missed if one.page == page):
            case = ElementTree.SubElement(suite, "testcase", classname=page.title, name=one.state.title)
            kind = "skipped" if one.reserved else "error"
            ElementTree.SubElement(case, kind, message=one.why)
            counts["tests"] += 1
            counts["skipped" if one.reserved else "errors"] += 1
        for name, count in counts.items():
            suite.set(name, str(count))
            totals[name] += count
    for name, count in totals.items():
        root.set(name, str(count))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, audit: Audit, visit: Visit) -> bool:
    """Write a visit down; say whether it fails."""
    name = f"{visit.state.title} – {visit.display.title}"
    case = ElementTree.SubElement(suite, "testcase", classname=visit.page.title, name=name)
    refused = [one for one in visit.violations if not audit.baseline.accepts(one)]
    accepted = [one.name for one in visit.violations if audit.baseline.accepts(one)]
    if refused:
        failure = ElementTree.SubElement(
            case, "failure", type="axe", message=", ".join(one.rule.name for one in refused)
        )
        failure.text = "\n".join(
            f"{one.rule.name}: {one.rule.help} ({one.rule.url})\n  {', '.join(one.targets)}\n  {one.summary}"
            for one in refused
        )
    if accepted:
        ElementTree.SubElement(case, "system-out").text = "Acceptées : " + ", ".join(accepted)
    return bool(refused)


def _never_run(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
