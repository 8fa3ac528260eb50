"""The evidence pack: a folder written whole or not at all, and the copy of it that the site offers."""

from __future__ import annotations

import datetime
import json
import secrets
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pretadepenser import storage
from pretadepenser.audit import AuditError
from pretadepenser.audit.findings import Audit
from pretadepenser.audit.rgaa import Judgements

FACTS: Final = "audit.json"
# In the instance folder: the generation that the page of evidence offers.
NAME: Final = "audit"
ZIP: Final = "audit-accessibilite.zip"


@dataclass(frozen=True)
class Facts:
    """The figures of a pack, beside it. begun: ISO 8601; rate: 0..1; counts: over states and displays."""

    url: str
    begun: str
    axe: str
    browser: str
    pages: int
    visits: int
    violations: int
    accepted: int
    undecided: int
    unreached: int
    rate: float
    level: str

    @property
    def day(self) -> datetime.date:
        """The day of the walk."""
        return datetime.datetime.fromisoformat(self.begun).date()


@dataclass(frozen=True)
class Published:
    """The pack that the site offers. path: the ZIP file; size: in bytes."""

    facts: Facts
    path: Path
    size: int


def facts(audit: Audit, judged: Judgements) -> Facts:
    """Count."""
    found = len(audit.violations)
    return Facts(
        url=audit.url,
        begun=audit.begun.isoformat("T", "seconds"),
        axe=audit.axe,
        browser=audit.browser,
        pages=sum(1 for _ in audit.pages()),
        visits=len(audit.visits),
        violations=found,
        accepted=found - len(audit.refused),
        undecided=len(audit.undecided),
        unreached=len(audit.unreached),
        rate=round(judged.rate, 4),
        level=judged.level,
    )


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
    # Needs the extra: the page that offers the pack does not.
    from pretadepenser.audit import earl, grid, ods, report, tables

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


def publish(pack: Path, instance: Path) -> None:
    """Copy a pack into an instance folder, where the site offers it. Raises OSError."""
    with storage.publish(instance, NAME) as draft:
        shutil.copyfile(pack / FACTS, draft / FACTS)
        with zipfile.ZipFile(draft / ZIP, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(pack.rglob("*")):
                archive.write(path, Path(NAME) / path.relative_to(pack))


def published(instance: Path) -> Published | None:
    """The pack that was published last, None where there is none. Raises storage.DamagedError."""
    folder = storage.current(instance, NAME)
    if folder is None:
        return None
    storage.check(folder)
    told = json.loads((folder / FACTS).read_text("utf-8"))
    return Published(Facts(**told), folder / ZIP, (folder / ZIP).stat().st_size)


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
