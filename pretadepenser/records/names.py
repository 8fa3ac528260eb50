"""Names of users and of tokens: one form that is stored and compared, one rule for what they may be."""

import re
import unicodedata

from pretadepenser.records.database import RecordsError


def normalise(name: str) -> str:
    """Give the one form of a name that is stored and compared."""
    return unicodedata.normalize("NFKC", name.replace("\x00", "")).strip().casefold()


def checked(name: str) -> str:
    """Give the stored form of a name.

    Raises RecordsError: it is too short, too long or has other characters.
    """
    normal = normalise(name)
    if not re.fullmatch(r"[\w.@-]{2,64}", normal):
        raise RecordsError(
            "Le nom doit avoir de 2 à 64 caractères : lettres, chiffres, point, tiret, "
            "souligné ou @, sans espace."
        )
    return normal
