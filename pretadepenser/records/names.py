"""Names of users and of tokens: one form that is stored and compared, one rule for what they may be."""

import re
import unicodedata
from typing import Final

from pretadepenser.records.database import RecordsError

# Who the journal says has acted, where no user has: nobody may pass for them.
COMMAND: Final = "commande"
SERVER: Final = "serveur"


def normalise(name: str) -> str:
    """Give the one form of a name that is stored and compared."""
    return unicodedata.normalize("NFKC", name.replace("\x00", "")).strip().casefold()


def checked(name: str) -> str:
    """Give the stored form of a name.

    Raises RecordsError: it is too short, too long, has other characters, or is the journal's own.
    """
    normal = normalise(name)
    if not re.fullmatch(r"[\w.@-]{2,64}", normal):
        raise RecordsError(
            "Le nom doit avoir de 2 à 64 caractères : lettres, chiffres, point, tiret, "
            "souligné ou @, sans espace."
        )
    if normal in {COMMAND, SERVER}:
        raise RecordsError(f"Le journal se sert du nom « {normal} » : choisissez-en un autre.")
    return normal
