"""What in the folder of a table's pieces says that they are not all there, not all meant, or there twice."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from pretadepenser.credit.intake.recognition import AGAIN, printable
from pretadepenser.credit.intake.validation import PortfolioError

# What programs name a copy that they have not finished, whose name was what is before: rsync's.
_UNFINISHED: Final = re.compile(r"\.(.+\.(?:csv|gz|zip|parquet))\.[A-Za-z0-9]{6}", re.IGNORECASE)
# What the cloud of Apple leaves in the place of a file that is not on this machine.
_AWAY: Final = re.compile(r"\.(.+)\.icloud", re.IGNORECASE)
# The name of a copy, as systems and browsers give it, without its ending; 1: of what.
_COPY: Final = re.compile(
    r"(?:copie de |copy of )(.+)|(.+?)(?:\s*\((?:copie|copy|\d{1,3})\)|\s*-\s*(?:copie|copy))+", re.IGNORECASE
)
_ENDING: Final = re.compile(r"(?:\.csv|\.gz|\.zip|\.parquet)+$", re.IGNORECASE)


def check_whole(names: Collection[str], told: str) -> None:
    """Refuse a folder in which something says that its files are not the table, or not yet.

    names: of all that is in it, hidden or not; told: what messages call it. Raises PortfolioError.
    """
    small = {name.lower() for name in names}
    for kind, marks in (("Delta Lake", {"_delta_log"}), ("Iceberg", {"data", "metadata"})):
        if marks <= small:
            raise PortfolioError(
                f"{told} est une table {kind}, dont tous les fichiers ne comptent pas : enregistrez la table "
                "en Parquet ordinaire."
            )
    if "_temporary" in small:
        raise PortfolioError(
            f"{told} n’a pas fini d’être écrit (il contient _temporary) : attendez la fin, ou écrivez la "
            "table à nouveau."
        )
    for name in sorted(names):
        check_here(name, f"{told}/")


def check_here(name: str, folder: str) -> None:
    """Refuse what stands for a file that is not on this machine, or not whole. Raises PortfolioError."""
    if away := _AWAY.fullmatch(name):
        raise PortfolioError(
            f"{folder}{printable(away[1])} est resté sur iCloud : téléchargez-le sur cette machine."
        )
    if unfinished := _UNFINISHED.fullmatch(name):
        raise PortfolioError(f"{folder}{printable(unfinished[1])} est une copie inachevée : {AGAIN}.")


def check_once(names: Collection[str], told: str) -> None:
    """Refuse pieces of which one is the other packed, in another format, or its copy: rows would count twice.

    names: of the files in one folder; told: what messages call it. Raises PortfolioError.
    """
    first: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (len(name), name)):
        stem = _ENDING.sub("", name).lower().strip()
        copied = _COPY.fullmatch(stem)
        of = (copied[1] or copied[2]).strip() if copied else stem
        # Of what is there under its own name: "part (1)" alone may be the first of several.
        same = first.get(stem) or first.get(of)
        if same is not None:
            raise PortfolioError(
                f"{told} contient deux fois le même morceau ({printable(same)} et {printable(name)}) : n’en "
                "gardez qu’un."
            )
        first[stem] = name
