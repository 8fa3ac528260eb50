"""Charts over HTTP: a chart's SVG, drawn once and kept on disk for every worker, and its table as CSV."""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Final

from flask import Response, abort, current_app, request

from pretadepenser.charts import drawing
from pretadepenser.charts.chart import Chart, Table, Width
from pretadepenser.errors import cause

# Pictures kept at most: a day's work of a branch. The oldest make room, by the eighth of it.
KEPT: Final = 4000
# Their folder, in the instance folder.
FOLDER: Final = "pictures"
# What another version drew is told by its name, and thrown away.
PREFIX: Final = f"{drawing.VERSION}-"


def policy(*sheets: str) -> str:
    """What may act in an SVG opened by itself, which is a page: its style sheets, known by their hash."""
    hashes = [base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode() for sheet in sheets]
    allowed = " ".join(f"'sha256-{one}'" for one in hashes) or "'none'"
    return f"default-src 'none'; style-src {allowed}; frame-ancestors 'none'"


POLICY: Final = policy(drawing.THEME.sheet)


def picture(chart: Chart, *, keep: bool = True) -> Response:
    """The chart as SVG, in the width that the address asks for (?largeur=etroite).

    keep: whether the drawing may stay on the disk; of figures that are stored nowhere it may not.
    """
    width = request.args.get("largeur", "large")
    if width not in drawing.WIDTHS:
        abort(404, description="Cette largeur d’image n’existe pas.")
    svg = _kept(chart, width) if keep else chart.svg(width)
    response = Response(svg, mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = POLICY
    return response


def spreadsheet(table: Table, name: str) -> Response:
    """The table as a CSV file for a French spreadsheet."""
    response = Response(table.csv(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def forget(instance: Path) -> None:
    """Delete all pictures: their names do not tell whom they show. They are drawn again when asked for."""
    folder = instance / FOLDER
    for path in folder.iterdir() if folder.is_dir() else ():
        path.unlink(missing_ok=True)


def _kept(chart: Chart, width: Width) -> bytes:
    """The drawn picture, from the folder shared by the workers, or drawn now and kept there."""
    folder = Path(current_app.config["INSTANCE"]) / FOLDER
    path = folder / f"{PREFIX}{chart.fingerprint(width)}.svg"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        svg = chart.svg(width)
        _keep(folder, path, svg)
        return svg


def _keep(folder: Path, path: Path, svg: bytes) -> None:
    """Write a picture in one step, so that no worker reads half of it, nor after a power cut any.

    A full disk loses no page.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=PREFIX, delete=False) as draft:
            draft.write(svg)
            draft.flush()
            os.fsync(draft.fileno())
        os.replace(draft.name, path)
        _prune(folder)
    except OSError as error:
        current_app.logger.warning("Une image n’a pas pu être gardée : %s", cause(error))


def _prune(folder: Path) -> None:
    names = os.listdir(folder)
    for name in names:
        if not name.startswith(PREFIX):
            (folder / name).unlink(missing_ok=True)
    names = [name for name in names if name.startswith(PREFIX)]
    if len(names) <= KEPT:
        return
    aged = []
    for name in names:
        try:
            aged.append((os.stat(folder / name).st_mtime, name))
        except FileNotFoundError:  # another worker was quicker
            continue
    for _, name in sorted(aged)[: len(names) - KEPT * 7 // 8]:
        (folder / name).unlink(missing_ok=True)
