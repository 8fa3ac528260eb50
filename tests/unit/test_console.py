"""What commands say when the system refuses: one French sentence, never a trace."""

import errno
import os
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy.exc import OperationalError

from pretadepenser import storage
from pretadepenser.console import Command
from pretadepenser.errors import cause


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOENT, "fichier ou dossier introuvable"),
        (errno.ENOTDIR, "un fichier est nommé comme dossier"),
        (errno.EISDIR, "c’est un dossier"),
        (errno.EACCES, "accès refusé"),
        (errno.EPERM, "opération interdite"),
        (errno.EROFS, "disque en lecture seule"),
        (errno.ENOSPC, "disque plein"),
        (errno.EDQUOT, "quota atteint"),
        (errno.EIO, "le disque a une panne"),
        (errno.ENAMETOOLONG, "nom trop long"),
        (errno.ELOOP, "liens symboliques en boucle"),
        (errno.EMFILE, "trop de fichiers ouverts"),
        (errno.ETXTBSY, "fichier occupé"),
        (errno.EBUSY, "fichier occupé"),
        (errno.ENOTEMPTY, "dossier non vide"),
        (errno.EPIPE, "Broken pipe"),
    ],
)
def test_what_the_system_says_is_said_in_french(number: int, words: str) -> None:
    assert cause(OSError(number, os.strerror(number))) == words
    assert cause(OSError("no number")) == "no number"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "/srv/scores"),
            "Erreur : Le disque est plein : libérez de la place, puis recommencez. Rien n’a été changé.",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "/srv/clients.csv"),
            "Erreur : /srv/clients.csv ne peut pas être lu ou écrit (accès refusé) : vérifiez ses "
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
