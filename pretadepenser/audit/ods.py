"""The grid of the RGAA as an OpenDocument spreadsheet. Needs the extra "audit" (odfpy)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from odf.dc import Date, Language, Title
from odf.opendocument import OpenDocument, OpenDocumentSpreadsheet
from odf.style import Style, TableCellProperties, TableColumnProperties, TextProperties
from odf.table import Table, TableCell, TableColumn, TableHeaderRows, TableRow
from odf.text import P

from pretadepenser.audit.findings import Audit
from pretadepenser.audit.grid import Line, contradictions
from pretadepenser.audit.rgaa import THEMES, Judgements, Status
from pretadepenser.french import date, percent

# Column widths, in centimetres.
NARROW, MIDDLE, WIDE = 1.8, 4.0, 11.0
COLOURS = {Status.MET: "#e4f1f2", Status.BROKEN: "#fbeee6", Status.UNTESTED: "#fdf4d0"}
Sheet = Sequence[Sequence[str]]


def write(path: Path, audit: Audit, judged: Judgements, grid: Sequence[Line]) -> None:
    """Write the workbook: summary, grid by page, reasons, sample, and what WCAG 2.2 adds."""
    book = OpenDocumentSpreadsheet()
    book.meta.addElement(Title(text="Grille RGAA 4.1.2"))
    book.meta.addElement(Language(text="fr-FR"))
    book.meta.addElement(Date(text=audit.ended.isoformat("T", "seconds")))
    styles = _styles(book)
    for name, widths, rows in (
        ("Synthèse", (MIDDLE, WIDE), _summary(audit, judged, grid)),
        ("Grille", (NARROW, WIDE, NARROW), _grid(audit, grid)),
        ("Justifications", (NARROW, MIDDLE, WIDE, MIDDLE, WIDE), _reasons(grid)),
        ("Échantillon", (MIDDLE, WIDE, MIDDLE, WIDE), _sample(audit)),
        ("WCAG 2.2", (NARROW, WIDE, NARROW, MIDDLE, WIDE), _beyond(judged)),
    ):
        _sheet(book, styles, name, widths, rows)
    book.save(str(path))


def _styles(book: OpenDocument) -> dict[str, Style]:
    styles = {}
    for status in Status:
        style = Style(name=status.name.lower(), family="table-cell")
        if status in COLOURS:
            style.addElement(TableCellProperties(backgroundcolor=COLOURS[status], wrapoption="wrap"))
        styles[str(status)] = style
    for name, weight in (("plain", "normal"), ("head", "bold")):
        style = Style(name=name, family="table-cell")
        style.addElement(TableCellProperties(wrapoption="wrap", verticalalign="top"))
        style.addElement(TextProperties(fontweight=weight))
        styles[name] = style
    for style in styles.values():
        book.automaticstyles.addElement(style)
    return styles


def _sheet(
    book: OpenDocument, styles: dict[str, Style], name: str, widths: Sequence[float], rows: Sheet
) -> None:
    """A sheet whose first row is its head. widths: of the columns, the last one for all that follow it."""
    table = Table(name=name)
    for index in range(len(rows[0])):
        width = f"{widths[min(index, len(widths) - 1)]}cm"
        style = Style(name=f"{name}-{index}", family="table-column")
        style.addElement(TableColumnProperties(columnwidth=width))
        book.automaticstyles.addElement(style)
        table.addElement(TableColumn(stylename=style))
    head = TableHeaderRows()
    head.addElement(_row(styles, rows[0], "head"))
    table.addElement(head)
    for row in rows[1:]:
        table.addElement(_row(styles, row, "plain"))
    book.spreadsheet.addElement(table)


def _row(styles: dict[str, Style], cells: Sequence[str], style: str) -> TableRow:
    row = TableRow()
    for text in cells:
        cell = TableCell(valuetype="string", stylename=styles.get(text, styles[style]))
        cell.addElement(P(text=text))
        row.addElement(cell)
    return row


def _summary(audit: Audit, judged: Judgements, grid: Sequence[Line]) -> Sheet:
    rows = [
        ("Donnée", "Valeur"),
        ("Référentiel", "RGAA 4.1.2"),
        ("Site", audit.url),
        ("Contrôle automatique du", date(audit.begun)),
        ("Jugements rendus", f"{judged.days}, par {judged.by}"),
        ("Méthode", judged.method),
        ("Outils", f"axe-core {audit.axe}, {audit.browser}"),
        ("Taux de conformité", f"{percent(judged.rate)}, {judged.level}"),
    ]
    rows += [(f"Critères : {status}", str(sum(one.overall is status for one in grid))) for status in Status]
    rows += [("Contradiction", told) for told in contradictions(judged, audit)]
    return rows


def _grid(audit: Audit, grid: Sequence[Line]) -> Sheet:
    pages = [page for page, _ in audit.pages()]
    head = ("Critère", "Intitulé (nos mots)", "Niveau", "Ensemble", *(page.title for page in pages))
    return [
        head,
        *(
            (
                line.criterion.number, line.criterion.title, line.criterion.level, str(line.overall),
                *(str(line.by_page[page.name]) for page in pages),
            )
            for line in grid
        ),
    ]  # fmt: skip


def _reasons(grid: Sequence[Line]) -> Sheet:
    head = (
        "Critère", "Thématique", "Pourquoi", "Jugé le", "Preuves", "Règles d’axe-core enfreintes",
        "Critères de succès WCAG", "Clauses EN 301 549", "Pages visées",
    )  # fmt: skip
    return [
        head,
        *(
            (
                line.criterion.number, THEMES[line.criterion.theme][0], line.criterion.reason,
                date(line.criterion.date), ", ".join(line.criterion.tests) or "jugement à la main",
                ", ".join(line.rules), ", ".join(line.criterion.wcag), ", ".join(line.criterion.en),
                ", ".join(line.criterion.pages),
            )
            for line in grid
        ),
    ]  # fmt: skip


def _sample(audit: Audit) -> Sheet:
    rows: list[tuple[str, ...]] = [("Page", "Intitulé", "Adresse", "États")]
    for page in audit.sample.pages:
        seen = {visit.state.title for visit in audit.visits if visit.page == page}
        missed = {one.state.title: one.why for one in audit.missed if one.page == page}
        states = [
            state.title if state.title in seen else f"{state.title} (non vu : {missed.get(state.title, '')})"
            for state in page.states
        ]
        rows.append((page.name, page.title, page.path, " ; ".join(states)))
    return rows


def _beyond(judged: Judgements) -> Sheet:
    head = ("Critère", "Intitulé (nos mots)", "Niveau", "Statut", "Pourquoi", "Jugé le", "Preuves")
    return [
        head,
        *(
            (
                one.number, one.title, one.level, str(one.status), one.reason, date(one.date),
                ", ".join(one.tests) or "jugement à la main",
            )
            for one in judged.beyond
        ),
    ]  # fmt: skip
