"""What an entry of the journal says besides who, what and whose: each value in words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pretadepenser.records.entries import Entry
from pretadepenser.records.journal import Kind
from pretadepenser.web import journal_words
from tests.unit.by_heart import plain

TOLD: list[tuple[Kind, dict[str, Any], str]] = [
    (Kind.READ, {"decision": 3, "agrees": True}, "décision : 3 ; d’accord : oui"),
    (Kind.READ, {"decision": 3, "agrees": False}, "décision : 3 ; d’accord : non"),
    (Kind.COMPARED, {"figure": "AMT_CREDIT"}, "donnée : « Montant du crédit »"),
    (Kind.COMPARED, {"crossed": "INCONNUE"}, "croisée avec : « INCONNUE »"),
    (Kind.STARTED, {"settings": {"PORT": 80}}, "réglages : 1 réglage"),
    (Kind.STARTED, {"settings": {"PORT": 80, "HOST": "x"}}, "réglages : 2 réglages"),
    (Kind.OPENED, {"page": "clients.decision"}, ""),
    (Kind.EXPORTED, {"page": "meeting.pdf"}, "page : fiche d’entretien"),
    (Kind.LISTED, {"page": "decision.own", "clients": 2}, "page : décisions ; clients : 2"),
    (Kind.LISTED, {"page": "reviews.work_list"}, "page : revues"),
    (Kind.JOURNAL_READ, {"page": "journal.show"}, ""),
    (Kind.JOURNAL_READ, {"page": "journal.spreadsheet"}, "page : fichier CSV"),
    (
        Kind.JOURNAL_READ,
        {"page": "journal.show", "filter": {"quoi": "session.refused", "qui": "bruno"}},
        "recherche : quoi « Mot de passe refusé » et qui bruno",
    ),
    (
        Kind.JOURNAL_READ,
        {"page": "journal.show", "filter": {"quoi": "famille-3"}},
        "recherche : quoi « Connexions et comptes : tout »",
    ),
    (Kind.JOURNAL_READ, {"filter": {"quoi": "autre"}}, "recherche : quoi « autre »"),
    (Kind.SEALED, {"head": f"7:{'ab' * 32}"}, "tête : abababababab…"),
    (Kind.TRAINED, {"model": "c" * 64}, "modèle : cccccccccccc…"),
    (Kind.TRAINED, {"model": "c" * 63}, f"modèle : {'c' * 63}"),
    (
        Kind.ERASED,
        {
            "subject": "d" * 64, "state": "commencé", "decisions": 1, "readings": 2, "reviews": 3,
            "letters": 4, "entries": 5, "recent": 6,
        },
        "personne : dddddddddddd… ; étape : commencé ; décisions : 1 ; secondes lectures : 2 ; réexamens : 3 "
        "; lettres : 4 ; entrées du journal : 5 ; clients vus récemment : 6",
    ),
    (
        Kind.RETENTION,
        {"months": {"decisions": 60, "journal": 12, "refused": 6}},
        "mois gardés : décisions 60, journal 12 et refus 6",
    ),
    (Kind.IMPORTED, {"returned": 1}, "clients effacés revenus : 1"),
    (Kind.IMPORTED, {"tables": ["a", "b"], "rows": 3}, "tables : a et b ; lignes : 3"),
    (Kind.JOURNAL_READ, {"page": "export"}, "page : export de tout le journal depuis une date"),
    (Kind.API, {"reasons": True}, "avec les raisons : oui"),
    (Kind.LETTER, {"template": "3"}, "modèle de courrier : 3"),
    (Kind.HOLD, {"held": True, "reason": ""}, "données gelées : oui"),
    (Kind.ACCOUNT, {"account": "ada", "sessions_ended": []}, "compte : ada"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "told", "words"), TOLD)
def test_what_an_entry_tells_in_words(kind: Kind, told: dict[str, Any], words: str) -> None:
    content = {"actor": "agathe", "client": 157_083, **told}
    entry = Entry(1, datetime(2026, 11, 26, tzinfo=UTC), str(kind), "agathe", 157_083, content, "0" * 64)
    said = journal_words.details(entry)
    assert said.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ") == words


def test_an_erased_entry_tells_nothing() -> None:
    entry = Entry(1, datetime(2026, 11, 26, tzinfo=UTC), "client.opened", None, None, None, "0" * 64)
    assert journal_words.details(entry) == ""


def test_a_choice_means_its_kinds_and_no_other() -> None:
    assert journal_words.kinds("session.refused") == {Kind.SIGN_IN_FAILED}
    assert journal_words.kinds("famille-5") == {Kind.JOURNAL_READ, Kind.FILE_GRANTED, Kind.SEALED}
    for unknown in ("", "famille-0", "famille-7", "autre"):
        assert journal_words.kinds(unknown) == frozenset(), unknown
    offered = list(journal_words.choices())
    assert [value for _, value, _ in offered if value.startswith("famille-")] == [
        f"famille-{number}" for number in range(1, 7)
    ]
    families = dict.fromkeys(family for family, _, _ in offered)
    assert {
        family: [plain(label) for one, value, label in offered if one == family and "famille" not in value]
        for family in families
    } == {
        "Dossiers consultés": [
            "Décision du modèle consultée", "Données du dossier consultées", "Historique de crédit consulté",
            "Comparaison consultée",
            "Simulation", "Leviers consultés", "Capacité de remboursement consultée",
            "Fiche d’entretien consultée", "Graphique ouvert seul", "Fichier téléchargé",
            "Dossier de preuves téléchargé", "Nouveau dossier", "Score donné à un autre système",
        ],
        "Décisions, revues et courriers": [
            "Décision prise", "Seconde lecture", "Décision consultée", "Liste de décisions consultée",
            "Réexamen demandé", "Réexamen : données corrigées", "Réexamen terminé", "Courrier établi",
            "Décision rejouée",
        ],
        "Connexions et comptes": [
            "Connexion", "Mot de passe refusé", "Fin de session", "Compte changé", "Jeton de l’API changé",
        ],
        "Données, modèle et serveur": [
            "Portefeuille importé", "Modèle entraîné", "Scores calculés", "Démarrage du serveur",
        ],
        "Journal": ["Journal consulté", "Dossier ouvert à un auditeur", "Tête du journal scellée"],
        "Droits des personnes": [
            "Données d’un client remises", "Données d’un client effacées", "Fin de conservation appliquée",
            "Gel des données changé",
        ],
    }  # fmt: skip
    assert offered[0][2].replace("\N{NO-BREAK SPACE}", " ") == "Dossiers consultés : tout"
    assert offered[1] == ("Dossiers consultés", "client.opened", "Décision du modèle consultée")
