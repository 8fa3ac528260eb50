"""The evidence pack as a folder, written whole or not at all. Needs the extra "audit"."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pretadepenser.audit import AuditError, earl, grid, ods, report, tables
from pretadepenser.audit.findings import Audit
from pretadepenser.audit.pack import FACTS, facts
from pretadepenser.audit.rgaa import Judgements


def refuse(output: Path, *, force: bool) -> None:
    """Raise AuditError where `output` exists, and is no pack that `force` may replace."""
    if not output.exists() and not output.is_symlink():
        return
    if not force:
        raise AuditError(f"{output} existe déjà : choisissez un autre dossier, ou ajoutez --force.")
    if output.is_symlink() or not (output / FACTS).is_file():
        raise AuditError(f"{output} n’est pas un dossier d’audit : --force ne le remplace pas.")


def write(output: Path, audit: Audit, judged: Judgements, *, force: bool = False) -> None:
    """Write a pack. Raises AuditError as `refuse` does, OSError of the disk; nothing is left then."""
    lines = grid.lines(judged, audit)
    with _whole(output, force=force) as draft:
        texts = {
            "rapport.html": report.report(audit, judged, lines),
            "grille.html": report.grid_page(audit, judged, lines),
            "earl.jsonld": _json(earl.document(audit, judged, lines)),
            "constats.csv": tables.spreadsheet(audit),
            "junit.xml": tables.junit(audit),
            "noms.txt": tables.names(audit),
            FACTS: _json(asdict(facts(audit, judged))),
        }
        for name, text in texts.items():
            (draft / name).write_text(text, "utf-8")
        ods.write(draft / "grille.ods", audit, judged, lines)
        (draft / "axe").mkdir()
        for visit in audit.visits:
            (draft / "axe" / f"{visit.key}.json").write_text(_json(visit.axe), "utf-8")


@contextmanager
def _whole(output: Path, *, force: bool) -> Iterator[Path]:
    """Yield a folder that becomes `output` when the block ends well, and is deleted when it does not."""
    refuse(output, force=force)
    output.parent.mkdir(parents=True, exist_ok=True)
    draft = output.with_name(f".{output.name}.{secrets.token_hex(4)}.part")
    # It shows pages about a client: for its owner only, as the instance folder's files.
    draft.mkdir(mode=0o700)
    try:
        yield draft
        old = output.rename(draft.with_suffix(".old")) if output.exists() else None
        draft.rename(output)
        if old:
            shutil.rmtree(old)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
