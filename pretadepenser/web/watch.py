"""The technology watch: the pages that research/ publishes, their pictures and their figures.

Nothing is computed here: sentences, tables and alternative texts all come from the published report
(:mod:`pretadepenser.web.study`).
"""

from __future__ import annotations

import csv
import io
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, current_app, render_template, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from pretadepenser.charts.chart import never_run
from pretadepenser.web import pictures, study
from pretadepenser.web.study import Page, Report, StudyError

blueprint = Blueprint("watch", __name__)

#: The published study; the setting WATCH_RESULTS names another one, as `make research-demo` says.
RESULTS = Path(__file__).parents[2] / "research" / "results"
TYPES: Final = {".svg": "image/svg+xml", ".webp": "image/webp"}


@blueprint.get("/veille")
def report() -> ResponseReturnValue:
    """The first page of the report; how to make one where there is none, or why it cannot be shown."""
    try:
        found = study.published(_results())
    except StudyError as error:
        current_app.logger.error("%s", error)
        return render_template("pages/watch_missing.html", why=str(error))
    if found is None:
        return render_template("pages/watch_missing.html", why="")
    return _shown(found, found.pages[0])


@blueprint.get("/veille/<slug>")
@blueprint.get("/veille/<slug>/<part>")
def page(slug: str, part: str = "") -> ResponseReturnValue:
    """One of the other pages; `part`: one that details the page `slug`."""
    found = _published()
    shown = found.page(f"{slug}/{part}" if part else slug) if found else None
    if found is None or shown is None:
        abort(404, description="Cette page n’est pas dans le rapport de veille.")
    return _shown(found, shown)


def _shown(found: Report, shown: Page) -> str:
    return render_template("pages/watch.html", report=found, shown=shown)


@blueprint.app_template_global("watch_address")
def address(slug: str) -> str:
    """The address of a page of the report."""
    if not slug:
        return url_for("watch.report")
    slug, _, part = slug.partition("/")
    return url_for("watch.page", slug=slug, part=part) if part else url_for("watch.page", slug=slug)


def pages() -> list[tuple[str, str]]:
    """Name and address of each page after the first, for the site map; none where no report can be shown."""
    found = _published()
    return [(one.name, address(one.slug)) for one in found.pages[1:]] if found else []


@blueprint.app_template_filter("english")
def english(text: str) -> Markup:
    """A text as HTML, with what the study marks as English so marked that no voice reads it as French."""
    french, *rest = str(text).split("⟦")
    written = escape(french)
    for part in rest:
        foreign, _, french = part.partition("⟧")
        written += Markup('<span lang="en">{}</span>{}').format(foreign, french)
    return written


@blueprint.get("/veille/images/<name>")
def picture(name: str) -> ResponseReturnValue:
    """A picture that the report names; any other file of the folder stays out of reach."""
    found = _published()
    if found is None or name not in found.pictures():
        abort(404, description="Cette image n’est pas dans le rapport.")
    folder = _results()
    response = send_from_directory(folder, name, mimetype=TYPES[Path(name).suffix], max_age=3600)
    response.headers["Content-Security-Policy"] = _policy(folder / name, (folder / name).stat().st_mtime_ns)
    return response


@lru_cache(maxsize=128)
def _policy(path: Path, changed: int) -> str:
    """The policy of a picture, by the style sheets inside it; read anew when the file has `changed`."""
    sheets = re.findall(r"<style>(.*?)</style>", path.read_text("utf-8")) if path.suffix == ".svg" else []
    return pictures.policy(*sheets)


@blueprint.get("/veille/chiffres/<key>.csv")
def spreadsheet(key: str) -> ResponseReturnValue:
    """The figures of one chart, for a French spreadsheet."""
    found = _published()
    table = found.table(key) if found else None
    if table is None:
        abort(404, description="Ce tableau n’est pas dans le rapport.")
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(never_run(column["label"]) for column in table["columns"])
    writer.writerows([never_run(cell) for cell in row] for row in table["rows"])
    response = Response("\ufeff" + text.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="veille-{key}.csv"'
    return response


def _results() -> Path:
    """The folder of the study that is shown."""
    return Path(current_app.config["WATCH_RESULTS"] or RESULTS).resolve()


def _published() -> Report | None:
    """The report; None where it cannot be shown, which the first page says."""
    try:
        return study.published(_results())
    except StudyError:
        return None
