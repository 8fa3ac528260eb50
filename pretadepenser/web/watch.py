"""The technology watch: the report that research/ publishes, and its pictures.

Nothing is computed here: sentences, tables and alternative texts all come from
``research/results/report.json``, whose schema is written in ``research/report.py``.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, abort, render_template, send_from_directory
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from pretadepenser import french
from pretadepenser.charts.chart import never_run
from pretadepenser.web import pictures

blueprint = Blueprint("watch", __name__)

RESULTS = Path(__file__).parents[2] / "research" / "results"
VERSION: Final = 3
TYPES: Final = {".svg": "image/svg+xml", ".webp": "image/webp"}


@blueprint.get("/veille")
def report() -> ResponseReturnValue:
    """The whole report; a page that says how to make it where there is none."""
    return render_template("pages/watch.html", report=_published())


@blueprint.app_template_filter("english")
def english(text: str, words: Sequence[str]) -> Markup:
    """A text of the report, as HTML, with its English words marked, so that no voice reads them as French."""
    written = escape(text)
    for word in words:
        written = written.replace(escape(word), Markup('<span lang="en">{}</span>').format(word))
    return written


@blueprint.get("/veille/images/<name>")
def picture(name: str) -> ResponseReturnValue:
    """A picture that the report names; any other file of the folder stays out of reach."""
    report = _published()
    if report is None or name not in {block["file"] for block in _pictures(report)}:
        abort(404, description="Cette image n’est pas dans le rapport.")
    response = send_from_directory(RESULTS, name, mimetype=TYPES[Path(name).suffix], max_age=3600)
    response.headers["Content-Security-Policy"] = _policy(RESULTS / name, (RESULTS / name).stat().st_mtime_ns)
    return response


@lru_cache(maxsize=128)
def _policy(path: Path, changed: int) -> str:
    """The policy of a picture, by the style sheets inside it; read anew when the file has `changed`."""
    sheets = re.findall(r"<style>(.*?)</style>", path.read_text("utf-8")) if path.suffix == ".svg" else []
    return pictures.policy(*sheets)


@blueprint.get("/veille/chiffres/<key>.csv")
def spreadsheet(key: str) -> ResponseReturnValue:
    """The figures of one chart, for a French spreadsheet."""
    report = _published()
    found = [block for block in _pictures(report) if block.get("key") == key] if report else []
    if not found:
        abort(404, description="Ce tableau n’est pas dans le rapport.")
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(never_run(column["label"]) for column in found[0]["table"]["columns"])
    writer.writerows([never_run(cell) for cell in row] for row in found[0]["table"]["rows"])
    response = Response("\ufeff" + text.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="veille-{found[0]["key"]}.csv"'
    return response


def _published() -> dict[str, Any] | None:
    path = RESULTS / "report.json"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=2)
def _read(path: Path, changed: int) -> dict[str, Any] | None:
    """The report with French spaces; read anew when the file has `changed`, None for another version's."""
    value = json.loads(path.read_text(encoding="utf-8"))
    return _typeset(value) if value.get("version") == VERSION else None


def _typeset(value: Any) -> Any:
    if isinstance(value, str):
        return french.typeset(value)
    if isinstance(value, list):
        return [_typeset(one) for one in value]
    if isinstance(value, dict):
        return {key: _typeset(one) for key, one in value.items()}
    return value


def _pictures(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Every figure and every picture of a gallery."""
    blocks = [block for section in report["sections"] for block in section["blocks"]]
    figures = [block for block in blocks if block["kind"] == "figure"]
    figures += [block["narrow"] for block in figures]
    return figures + [item for block in blocks if block["kind"] == "gallery" for item in block["items"]]
