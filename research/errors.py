"""The one exception that the commands of the study show to their user."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ResearchError(Exception):
    """Something the user can mend; its text is one clear French sentence saying what to do."""


class MissingPartError(ResearchError):
    """What one method needs is not there: the study goes on without it, and names it."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a failed write into a :class:`ResearchError` that names the file and the cause.

    Raises ResearchError: the disk is full, the quota is reached, or the folder cannot be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise ResearchError(
                f"Le disque est plein : impossible d’écrire « {path} ». Libérez de la place, "
                "ou choisissez un autre dossier avec --work, puis relancez : le travail déjà fait est gardé."
            ) from error
        if error.errno in {errno.EACCES, errno.EROFS, errno.EPERM}:
            raise ResearchError(
                f"Écriture refusée : « {path} ». Vérifiez les droits du dossier ou choisissez-en un autre "
                "avec --work."
            ) from error
        raise
