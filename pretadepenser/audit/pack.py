"""The figures of an evidence pack, and the copy of it that the site offers. Needs no extra."""

from __future__ import annotations

import datetime
import io
import json
import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from pretadepenser import storage
from pretadepenser.audit.findings import Audit
from pretadepenser.audit.rgaa import Judgements

FACTS: Final = "audit.json"
# In the instance folder: the generation that the page of evidence offers.
NAME: Final = "audit"
ZIP: Final = "audit-accessibilite.zip"
# What may stand between digits, as text, as HTML or as JSON: spaces that break and those that do not.
_APART: Final = (
    rb"(?:\s|\xc2\xa0|\xe2\x80\xaf|\xe2\x80\x89|&nbsp;|&#0*(?:160|8239|8201);|&#x0*(?:a0|202f|2009);"
    rb"|\\u(?:00a0|202f|2009))?"
)


@dataclass(frozen=True)
class Facts:
    """The figures of a pack, beside it. begun: ISO 8601; rate: 0..1; counts: over states and displays.

    client: whose pages were walked; None in packs of before it was told.
    """

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
    client: int | None = None

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
        client=audit.client,
    )


def publish(pack: Path, instance: Path) -> None:
    """Copy a pack into an instance folder, where the site offers it. Raises OSError."""
    with storage.publish(instance, NAME) as draft:
        shutil.copyfile(pack / FACTS, draft / FACTS)
        with zipfile.ZipFile(draft / ZIP, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(pack.rglob("*")):
                archive.write(path, Path(NAME) / path.relative_to(pack))


def withdraw(instance: Path, client: int) -> bool:
    """Delete the packs whose pages show a client; tell whether one did."""
    # What stands before may end in a digit and be no part of the number: an escaped space.
    before = rb"(?:(?<!\d)|(?<=%20)|(?<=%A0)|(?<=%AF)|(?<=\\u00a0)|(?<=\\u2009)|(?<=\\u202f))"
    number = _APART.join(b"%c" % digit for digit in b"%d" % client)
    shown = re.compile(before + number + rb"(?!\d)", re.IGNORECASE)
    showing = [
        folder
        for folder in storage.generations(instance, NAME)
        if _about(folder) == client or _shows(folder / ZIP, shown)
    ]
    if showing:
        kept = [folder for folder in storage.generations(instance, NAME) if folder not in showing]
        storage.forget(instance, NAME, keep=kept)
    return bool(showing)


def _about(folder: Path) -> int | None:
    """The client whose pages a pack walked, None where it does not say."""
    try:
        told = json.loads((folder / FACTS).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return told.get("client") if isinstance(told, dict) else None


def _shows(path: Path | IO[bytes], shown: re.Pattern[bytes]) -> bool:
    """Whether a file of a pack holds what is looked for; a pack that cannot be read may."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(
                _shows(io.BytesIO(one), shown) if name.endswith(".ods") else shown.search(one)
                for name in archive.namelist()
                for one in [archive.read(name)]
            )
    except (OSError, zipfile.BadZipFile):
        return True


def published(instance: Path) -> Published | None:
    """The pack that was published last, None where there is none. Raises storage.DamagedError."""
    folder = storage.current(instance, NAME)
    if folder is None:
        return None
    storage.check(folder)
    told = json.loads((folder / FACTS).read_text("utf-8"))
    return Published(Facts(**told), folder / ZIP, (folder / ZIP).stat().st_size)
