"""The one kind of exception whose message may be shown: what went wrong and what to do, in French."""

import errno
from typing import Final

#: What a system refuses a file for. Its own words are English, whatever the language of the machine.
_CAUSES: Final = {
    errno.ENOENT: "fichier ou dossier introuvable",
    errno.ENOTDIR: "un fichier est nommé comme dossier",
    errno.EISDIR: "c’est un dossier",
    errno.EACCES: "accès refusé",
    errno.EPERM: "opération interdite",
    errno.EROFS: "disque en lecture seule",
    errno.ENOSPC: "disque plein",
    errno.EDQUOT: "quota atteint",
    errno.EIO: "le disque a une panne",
    errno.ENAMETOOLONG: "nom trop long",
    errno.ELOOP: "liens symboliques en boucle",
    errno.EMFILE: "trop de fichiers ouverts",
    errno.ETXTBSY: "fichier occupé",
    errno.EBUSY: "fichier occupé",
    errno.ENOTEMPTY: "dossier non vide",
}


class ToldError(Exception):
    """Something stops for a reason that a person can mend; the message is a French sentence for that person.

    Each room has its own kinds, so that a caller can tell them apart; the command line shows them all.
    """


def cause(error: OSError) -> str:
    """Why the system refused a file, in a few French words; in its own where they are not known."""
    return _CAUSES.get(error.errno or 0, error.strerror or str(error))
