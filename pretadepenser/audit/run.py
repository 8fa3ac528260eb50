"""One audit from door to door: check what was asked for, walk, write the pack, say what was found.

Needs the extra "audit", as browser.py does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import urlsplit

from pretadepenser.audit import AuditError, browser, folder, report, rgaa, sample
from pretadepenser.audit.findings import Audit, Baseline, read_baseline
from pretadepenser.audit.grid import contradictions
from pretadepenser.audit.sample import Sample


@dataclass(frozen=True)
class Order:
    """What is asked for, checked. url: scheme and host alone; client: None for one that the site offers."""

    url: str
    users: tuple[str, ...]
    output: Path
    force: bool
    client: int | None
    sample: Sample
    baseline: Baseline


def order(
    url: str,
    users: tuple[str, ...],
    output: Path,
    *,
    force: bool,
    client: int | None,
    own_sample: Path | None,
    baseline: Path | None,
) -> Order:
    """Check all that can be checked before the walk, which takes minutes. Raises AuditError, OSError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.username:
        raise AuditError(
            f"« {url} » n’est pas l’adresse d’un site : écrivez par exemple https://prets.exemple.fr"
        )
    folder.refuse(output, force=force)
    try:
        known = read_baseline(baseline.read_text("utf-8")) if baseline else Baseline()
    except UnicodeDecodeError as error:
        raise AuditError(f"{baseline} n’est pas un texte en UTF-8 : corrigez-le.") from error
    return Order(
        f"{parts.scheme}://{parts.netloc}", users, output, force, client,
        sample.load(own_sample) if own_sample else sample.load(), known,
    )  # fmt: skip


def make(asked: Order, passwords: Sequence[str], progress: Callable[[str, float], None]) -> Audit:
    """Walk and write; passwords: of the users, in their order.

    Raises AuditError as browser.walk and folder.write do, OSError of the disk.
    """
    judged = rgaa.load()
    selectors = {one.number: one.where for one in judged.criteria if one.where}
    accounts = [browser.Account(*one) for one in zip(asked.users, passwords, strict=True)]
    found = browser.walk(asked.url, accounts, asked.sample, selectors, asked.baseline, asked.client, progress)
    progress("Écriture des preuves", 0.0)
    folder.write(asked.output, found, judged, force=asked.force)
    progress("Écriture des preuves", 1.0)
    return found


def told(found: Audit) -> Iterator[str]:
    """What the terminal says in the end, the answer first."""
    yield " ".join(report.answer(found))
    for name in sorted({finding.name for finding in found.refused}):
        yield f"  violation  {name}"
    for one in found.missed:
        yield f"  {'réservé' if one.reserved else 'non vu'}  {one.page.name}/{one.state.name} : {one.why}"
    for name in found.stale:
        # What was not seen may still be there.
        unseen = any(
            fnmatchcase(f"{one.page.name}/{one.state.name}", name.partition(":")[0]) for one in found.missed
        )
        yield f"  {'non vue cette fois' if unseen else 'plus trouvée, à retirer des acceptées'} : {name}"
    for sentence in contradictions(rgaa.load(), found):
        yield f"  contradiction : {sentence}"
