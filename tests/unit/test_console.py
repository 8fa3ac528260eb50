"""What commands say when the system refuses: one French sentence, never a trace."""

import errno
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy.exc import OperationalError

from pretadepenser import storage
from pretadepenser.console import Command


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "/srv/scores"),
            "Erreur : Le disque est plein : libérez de la place, puis recommencez. Rien n’a été changé.",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "/srv/clients.csv"),
            "Erreur : /srv/clients.csv ne peut pas être lu ou écrit (Permission denied) : vérifiez ses "
            "droits et la place qui reste sur le disque.",
        ),
        (
            storage.DamagedError(Path("/srv/model"), "cannot be followed"),
            "Erreur : /srv/model est absent, illisible ou a changé : faites-le à nouveau.",
        ),
        (
            OperationalError("SELECT secret", {}, sqlite3.OperationalError("database is locked")),
            "Erreur : La base de données ne se lit pas ou ne s’écrit pas : vérifiez qu’elle répond, ses "
            "droits, et la place qui reste sur le disque.",
        ),
    ],
)
def test_what_the_system_refuses_is_one_sentence(error: Exception, sentence: str) -> None:
    def fail() -> None:
        raise error

    done = CliRunner().invoke(Command("essai", callback=fail))
    assert (done.exit_code, done.output.strip()) == (1, sentence)
