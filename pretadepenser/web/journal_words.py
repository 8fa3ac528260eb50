"""How the journal is told in French: what happened, and what an entry says besides who and whose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.records import journal
from pretadepenser.records.entries import Entry
from pretadepenser.records.journal import Kind

# Family -> what happened. The families are as people look for them.
FAMILIES: Final[Mapping[str, Mapping[Kind, str]]] = {
    "Dossiers consultés": {
        Kind.OPENED: "Décision du modèle consultée",
        Kind.FILE: "Données du dossier consultées",
        Kind.HISTORY: "Historique de crédit consulté",
        Kind.COMPARED: "Comparaison consultée",
        Kind.SIMULATED: "Simulation",
        Kind.LEVERS: "Leviers consultés",
        Kind.CAPACITY: "Capacité de remboursement consultée",
        Kind.SHEET: "Fiche d’entretien consultée",
        Kind.PICTURE: "Graphique ouvert seul",
        Kind.EXPORTED: "Fichier téléchargé",
        Kind.EVIDENCE: "Dossier de preuves téléchargé",
        Kind.NEW_FILE: "Nouveau dossier",
        Kind.API: "Score donné à un autre système",
    },
    "Décisions, revues et courriers": {
        Kind.DECIDED: "Décision prise",
        Kind.READ: "Seconde lecture",
        Kind.CONSULTED: "Décision consultée",
        Kind.LISTED: "Liste de décisions consultée",
        Kind.REVIEW_ASKED: "Réexamen demandé",
        Kind.REVIEW_STEP: "Réexamen : données corrigées",
        Kind.REVIEW_ENDED: "Réexamen terminé",
        Kind.LETTER: "Courrier établi",
        Kind.REPLAYED: "Décision rejouée",
    },
    "Connexions et comptes": {
        Kind.SIGNED_IN: "Connexion",
        Kind.SIGN_IN_FAILED: "Mot de passe refusé",
        Kind.SIGNED_OUT: "Fin de session",
        Kind.ACCOUNT: "Compte changé",
        Kind.TOKEN: "Jeton de l’API changé",
    },
    "Données, modèle et serveur": {
        Kind.IMPORTED: "Portefeuille importé",
        Kind.TRAINED: "Modèle entraîné",
        Kind.SCORED: "Scores calculés",
        Kind.STARTED: "Démarrage du serveur",
    },
    "Journal": {
        Kind.JOURNAL_READ: "Journal consulté",
        Kind.FILE_GRANTED: "Dossier ouvert à un auditeur",
        Kind.SEALED: "Tête du journal scellée",
    },
    "Droits des personnes": {
        Kind.RIGHTS_EXPORT: "Données d’un client remises",
        Kind.ERASED: "Données d’un client effacées",
        Kind.RETENTION: "Fin de conservation appliquée",
        Kind.HOLD: "Gel des données changé",
    },
}
_LABELS: Final = {str(kind): label for family in FAMILIES.values() for kind, label in family.items()}
# The pages that lists, files and pictures come from, by their endpoint or the first part of it.
_PAGES: Final = {
    "clients": "décision",
    "history": "historique de crédit",
    "comparison": "comparaison",
    "simulation": "simulation",
    "levers": "leviers",
    "meeting": "fiche d’entretien",
    "application": "nouveau dossier",
    "capacity": "capacité de remboursement",
    "decision": "décision",
    "decision.own": "décisions",
    "letters": "courrier",
    "reviews": "réexamen",
    "reviews.work_list": "revues",
    "api": "API",
    "site": "preuves d’accessibilité",
    "journal": "fichier CSV",
    "export": "export de tout le journal depuis une date",
    "compte": "mon compte",
}
# What the keys of an entry's content are called; one that is not here is told by its own name.
_KEYS: Final = {
    "page": "page", "name": "élément", "changed": "données changées", "figure": "donnée",
    "crossed": "croisée avec", "decision": "décision", "verdict": "réponse", "corrects": "corrige",
    "waiting": "attend une seconde lecture", "agrees": "d’accord", "why": "motif", "ended": "le",
    "change": "changement", "account": "compte", "role": "rôle", "token": "jeton", "session": "session",
    "sessions_ended": "sessions terminées", "head": "tête", "entry": "depuis l’entrée", "since": "depuis",
    "filter": "recherche", "clients": "clients", "rows": "lignes", "sha256": "empreinte", "tables": "tables",
    "portfolio": "portefeuille", "model": "modèle", "learned": "clients appris", "settings": "réglages",
    "reasons": "avec les raisons", "reference": "référence", "letter": "courrier", "outcome": "issue",
    "review": "réexamen", "answer": "résultat", "answers": "résultats", "differences": "écarts",
    "others": "autres", "letter_kind": "nature", "held": "données gelées", "reason": "raison",
    "months": "mois gardés", "state": "étape", "subject": "personne", "deadline": "échéance",
    "decisions": "décisions", "readings": "secondes lectures", "reviews": "réexamens", "letters": "lettres",
    "entries": "entrées du journal", "recent": "clients vus récemment", "refused": "refus",
    "journal": "journal", "returned": "clients effacés revenus",
    "template": "modèle de courrier", "quoi": "quoi", "qui": "qui", "du": "du",
    "au": "au",
}  # fmt: skip
# Kinds that say by themselves which page it was.
_PAGE_TOLD: Final = frozenset(
    {
        Kind.EXPORTED, Kind.EVIDENCE, Kind.PICTURE, Kind.API, Kind.LISTED, Kind.SIGN_IN_FAILED,
        Kind.JOURNAL_READ,
    }
)  # fmt: skip
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_SHORT: Final = 12


def label(kind: str) -> str:
    """What happened, in a word or two."""
    return french.typeset(_LABELS.get(kind, kind))


def choices() -> Iterator[tuple[str, str, str]]:
    """What can be looked for: family, value, label; first all of a family, then each kind of it."""
    for number, (family, kinds_of) in enumerate(FAMILIES.items(), 1):
        yield family, f"famille-{number}", french.typeset(f"{family} : tout")
        for kind in kinds_of:
            yield family, str(kind), label(kind)


def kinds(value: str) -> frozenset[Kind]:
    """The kinds that a value of `choices` means; none for anything else."""
    families = {f"famille-{number}": frozenset(one) for number, one in enumerate(FAMILIES.values(), 1)}
    if value in families:
        return families[value]
    return frozenset({Kind(value)}) if value in _LABELS else frozenset()


def details(entry: Entry) -> str:
    """What an entry tells besides who, what and whose, in a line; "" where there is nothing."""
    if entry.content is None:
        return ""
    told = []
    for key, value in entry.content.items():
        if key in ("actor", "client") or value in (None, "", [], {}):
            continue
        if key == "page" and (entry.kind not in _PAGE_TOLD or value == "journal.show"):
            continue
        told.append(f"{_KEYS.get(key, key)} : {_value(key, value)}")
    return french.typeset(" ; ".join(told))


def as_json(content: Mapping[str, Any]) -> str:
    """What an entry tells, as it was written."""
    return journal.canonical(content)


def _value(key: str, value: Any) -> str:
    if key == "settings":
        return french.plural(len(value), "réglage")
    if key == "page":
        return _PAGES.get(str(value), _PAGES.get(str(value).partition(".")[0], str(value)))
    if key == "ended":
        return french.moment(datetime.fromisoformat(value).astimezone())
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, list):
        return french.join([_value(key, one) for one in value])
    if isinstance(value, dict):
        return french.join([f"{_KEYS.get(name, name)} {_value(name, one)}" for name, one in value.items()])
    if key in ("figure", "crossed", "changed"):
        return french.quoted(_column(str(value)))
    if key == "quoi":
        return french.quoted(label(value) if value in _LABELS else _family(value))
    text = str(value)
    if key == "head":
        text = text.partition(":")[2]
    return f"{text[:_SHORT]}…" if _HASH.fullmatch(text) else text


def _column(name: str) -> str:
    """What a column is called; itself where the dictionary does not know it any more."""
    try:
        return dictionary.describe(name).label
    except KeyError:
        return name


def _family(value: str) -> str:
    return next((told for _, known, told in choices() if known == value), value)
