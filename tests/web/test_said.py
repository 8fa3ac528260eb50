"""Labels, hints and refusals, word for word: a word that says the opposite is noticed here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import CSRFError
from lxml import html
from sqlalchemy.exc import OperationalError

from pretadepenser import create_app
from pretadepenser.credit.explanation.advice import AdviceError
from pretadepenser.credit.model.archive import ArchiveError
from pretadepenser.credit.model.scoring import ModelError
from pretadepenser.credit.portfolio import PortfolioError
from pretadepenser.records.decisions import DecisionError
from pretadepenser.records.letters import AlteredLetterError, LetterError
from pretadepenser.web import connection, heavy, resources
from pretadepenser.web.heavy import BusyError
from pretadepenser.web.resources import UnavailableError, UnknownClientError
from tests.conftest import signed_in

Page = Callable[..., html.HtmlElement]
CLIENT = "/clients/157083"


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


SAID = {
    "/": [
        "Numéro de client (SK_ID_CURR) (obligatoire)",
        "Il se compose de chiffres, par exemple 100001. Avec un clavier, ajoutez le nom d’une page du client "
        "pour l’ouvrir : « 100001 leviers ».",
    ],
    "/compte": [
        "Mot de passe actuel (obligatoire)",
        "Nouveau mot de passe (obligatoire)",
        "De 12 à 512 caractères. Une suite de quelques mots convient.",
        "Nouveau mot de passe, encore une fois (obligatoire)",
    ],
    f"{CLIENT}/comparaison": [
        "Donnée à comparer",
        "Croiser avec une autre donnée",
        "Décision du modèle",
        "Tous les clients Clients dont le prêt est accordé Clients dont le prêt est refusé",
        "Clients comparables",
        "Ne garder que les clients qui ont ceci en commun avec ce client.",
    ],
    f"{CLIENT}/comparaison?donnee=AMT_CREDIT&avec=AMT_CREDIT": [
        "Choisissez une autre donnée que celle que vous comparez."
    ],
    f"{CLIENT}/comparaison?donnee=NAME_INCOME_TYPE&avec=AMT_CREDIT": [
        "Une catégorie ne se croise pas : choisissez « Aucune », ou comparez une donnée chiffrée."
    ],
    f"{CLIENT}/comparaison?groupe=moi": ["Ce choix n’est pas dans la liste : choisissez-en un autre."],
    f"{CLIENT}/capacite": [
        "Ressources du foyer",
        "Revenu mensuel du client",
        "Toutes ressources comprises.",
        "Autres ressources du foyer",
        "Revenus des autres adultes, allocations. Saisissez 0 s’il n’y en a pas.",
        "Charges du foyer",
        "Saisissez 0 si le client n’en paie pas.",
        "Mensualités d’autres crédits",
        "Le fichier des crédits n’est pas importé. Saisissez 0 s’il n’y en a pas.",
        "Pensions alimentaires versées",
        "Saisissez 0 s’il n’en verse pas.",
        "Personnes du foyer",
        "Le client compris.",
        "Enfants à charge",
        "Mensualité du prêt demandé",
    ],
    "/modele?donnee=CODE_GENDER": ["Cette donnée n’est pas dans la liste : choisissez-en une autre."],
    f"{CLIENT}/graphiques/autre.svg": ["Ce graphique n’existe pas."],
    f"{CLIENT}/graphiques/score.svg?largeur=enorme": ["Cette largeur d’image n’existe pas."],
    f"{CLIENT}/comparaison/graphiques/autre.svg": ["Ce graphique n’existe pas."],
    f"{CLIENT}/historique/graphiques/autre.svg": ["Ce graphique n’existe pas."],
    f"{CLIENT}/historique/graphiques/autre.csv": ["Ce tableau n’existe pas."],
    "/modele/graphiques/autre.svg": ["Ce graphique n’existe pas."],
    "/veille/autre": ["Cette page n’est pas dans le rapport de veille."],
    "/veille/images/autre.svg": ["Cette image n’est pas dans le rapport."],
    "/veille/chiffres/autre.csv": ["Ce tableau n’est pas dans le rapport."],
}


@pytest.mark.parametrize("address", SAID)
def test_a_page_says_it_in_these_words(client: FlaskClient, address: str) -> None:
    (main,) = html.document_fromstring(client.get(address).text).xpath("//main")
    read = words(main)
    assert [sentence for sentence in SAID[address] if sentence not in read] == []


def test_what_cannot_change_is_asked_in_the_order_of_the_loan(app: Flask, client: FlaskClient) -> None:
    """On the page of a refused client of whom all can be tried but debts: no portfolio here has any."""
    with app.app_context():
        numbers = resources.portfolio().numbers()[:100].tolist()
    for number in numbers:
        main = html.document_fromstring(client.get(f"/clients/{number}/leviers").text).xpath("//main")[0]
        if len(main.xpath(".//input[@name='fixe']")) == 4:
            break
    assert [words(label) for label in main.xpath(".//fieldset//label")] == [
        "Le projet : il ne peut pas coûter moins cher",
        "L’apport : le client ne peut pas payer plus lui-même",
        "La mensualité : le client ne peut pas rembourser plus vite ou plus lentement",
        "Le revenu : il n’y en a pas d’autre à justifier",
    ]
    read = words(main)
    assert "Ce qui ne peut pas changer" in read
    assert "Cochez ce qui est impossible pour ce client : la recherche ne portera que sur le reste." in read
    wrong = html.document_fromstring(client.get(f"/clients/{number}/leviers?fixe=age").text)
    (told,) = wrong.xpath("//*[@class='error-summary']//li")
    assert words(told) == "Ce choix n’est pas dans la liste : cochez-en d’autres."


def test_an_empty_instance_says_what_lacks(tmp_path: Path) -> None:
    opened = resources._open(tmp_path, (None, None), None)
    assert str(opened.portfolio) == "Aucun portefeuille de clients n’est installé."
    assert str(opened.model) == "Aucun modèle n’est entraîné."


def test_auditors_read_what_age_is_for(opened: FlaskClient, client: FlaskClient) -> None:
    said = "L’âge sert à comparer, jamais à décider."
    read = {who: who.get(f"{CLIENT}/comparaison").text.replace("\xa0", " ") for who in (opened, client)}
    assert said in read[opened]
    assert said not in read[client]


def test_a_manager_compares_as_an_advisor_does(app: Flask) -> None:
    """Auditors alone are shown protected grounds, on the comparison and in the file."""
    manager = signed_in(app, "delphine")
    compared = html.document_fromstring(manager.get(f"{CLIENT}/comparaison").text)
    assert "age" not in compared.xpath("//input[@name='comme']/@value")
    assert "jamais à décider" not in words(compared.xpath("//main")[0])


NOT_MODIFIED = (
    "L’application n’arrive pas à lire ou à écrire dans sa base de données ; rien de ce que vous avez "
    "consulté n’a été modifié. Recommencez dans un instant. Si l’incident dure, prévenez votre "
    "administrateur."
)
DAMAGED = (
    503,
    "Données indisponibles",
    [
        "Les données de l’application ne sont pas celles qui ont été enregistrées, ou ne se lisent pas "
        ": rien n’est montré plutôt qu’un chiffre faux. Prévenez votre administrateur."
    ],
    None,
)
# What is raised -> status, title, paragraphs before the code, Retry-After.
RAISED: list[tuple[Exception, int, str, list[str], str | None]] = [
    (
        CSRFError(),
        400,
        "Formulaire périmé",
        [
            "Ce formulaire est resté ouvert trop longtemps, ou votre session a changé. Revenez à la page "
            "précédente, actualisez-la, puis envoyez-le à nouveau."
        ],
        None,
    ),
    (
        UnknownClientError(5),
        404,
        "Client introuvable",
        [
            "Aucun client ne porte le numéro 5.",
            "Vérifiez ce numéro sur le dossier du client, corrigez-le, puis cherchez à nouveau.",
        ],
        None,
    ),
    (
        BusyError(),
        503,
        "Trop de demandes en même temps",
        ["L’application fait déjà d’autres calculs longs. Recommencez dans quelques secondes."],
        "2",
    ),
    (
        UnavailableError("Aucun modèle n’est entraîné."),
        503,
        "Application en préparation",
        [
            "Aucun modèle n’est entraîné.",
            "L’application n’est pas encore prête à répondre. Prévenez votre administrateur.",
        ],
        None,
    ),
    *((kind("Le fichier x a changé."), *DAMAGED) for kind in (PortfolioError, ModelError, AdviceError)),
    (AlteredLetterError("Le courrier a changé."), *DAMAGED),
    (
        DecisionError("Elle est prise."),
        409,
        "Décision impossible",
        [
            "Elle est prise.",
            "Rien n’a été enregistré. Revenez à la page du client pour voir où en est la décision.",
        ],
        None,
    ),
    (
        LetterError("Il est parti."),
        409,
        "Courrier impossible",
        ["Il est parti.", "Rien n’a été enregistré. Revenez à la décision pour voir où elle en est."],
        None,
    ),
    (
        ArchiveError("Le disque est plein."),
        503,
        "Décision non enregistrée",
        [
            "Le disque est plein.",
            "Rien n’a été enregistré. Revenez en arrière : ce que vous avez saisi y est encore. Si "
            "l’incident dure, prévenez votre administrateur.",
        ],
        None,
    ),
    (
        OperationalError("SELECT", {}, Exception("locked")),
        503,
        "Base de données indisponible",
        [NOT_MODIFIED],
        "30",
    ),
]


@pytest.fixture(scope="module")
def failing(instance: Path) -> dict[str, Any]:
    """A browser of agathe, and what her next page raises once it is known who asks."""
    app = create_app({"INSTANCE": instance, "PROPAGATE_EXCEPTIONS": False})
    given: dict[str, Any] = {"browser": signed_in(app, "agathe")}

    def fail() -> NoReturn:
        raise given["error"]

    app.before_request_funcs[None].append(fail)
    return given


@pytest.mark.parametrize(
    ("error", "status", "title", "told", "wait"), RAISED, ids=[type(one[0]).__name__ for one in RAISED]
)
def test_each_failure_says_what_happened_and_what_to_do(
    failing: dict[str, Any], error: Exception, status: int, title: str, told: list[str], wait: str | None
) -> None:
    failing["error"] = error
    answer = failing["browser"].get("/modele")
    main = html.document_fromstring(answer.text).get_element_by_id("contenu")
    assert (answer.status_code, words(main.xpath(".//h1")[0])) == (status, title)
    assert [words(one) for one in main.xpath(".//div[@class='card']/p[not(@class='buttons')]")] == [
        *told,
        f"Code de l’erreur : {status}",
    ]
    assert answer.headers.get("Retry-After") == wait


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (f"{CLIENT}/graphiques/score.csv", "client-157083-score.csv"),
        (f"{CLIENT}/comparaison/graphiques/repartition.csv", "client-157083-repartition.csv"),
        (f"{CLIENT}/entretien/graphiques/score.csv", "entretien-client-157083-score.csv"),
        (f"{CLIENT}/leviers/graphiques/montant.csv", "client-157083-montant.csv"),
        ("/modele/graphiques/sens.csv", "modele-sens.csv"),
        ("/modele/fiche.md", "fiche-du-modele.md"),
        ("/veille/chiffres/fiabilite.csv", "veille-fiabilite.csv"),
    ],
)
def test_a_download_is_named_after_what_it_is(client: FlaskClient, address: str, name: str) -> None:
    assert client.get(address).headers["Content-Disposition"] == f'attachment; filename="{name}"'


def test_how_long_heavy_work_is_waited_for() -> None:
    assert (heavy.PATIENCE, heavy.RETRY, heavy.NICENESS, heavy.KINDS) == (5.0, 2, 10, ("pdf", "api"))


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (400, "Demande incomprise"),
        (403, "Demande refusée"),
        (408, "Demande interrompue"),
        (414, "Adresse trop longue"),
        (417, "Demande incomprise"),
        (431, "En-têtes trop longs"),
        (500, "Incident technique"),
        (501, "Demande incomprise"),
    ],
)
def test_what_the_server_refuses_itself_is_a_page_that_nobody_keeps(status: int, title: str) -> None:
    head, body = connection.page(status).decode().split("\r\n\r\n")
    first, *lines = head.split("\r\n")
    assert first.startswith(f"HTTP/1.1 {status} ")
    headers = dict(line.split(": ", 1) for line in lines)
    assert headers["Content-Length"] == str(len(body.encode()))
    assert (headers["Connection"], headers["Cache-Control"]) == ("close", "no-store")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert f"<title>{title} – Prêt à dépenser</title><h1>{title}</h1>" in body


def test_how_much_a_connection_may_cost() -> None:
    """Bytes of a header, of a body, of an answer that is read slowly; seconds of a thread, and of goodbye."""
    assert connection.HEAD_BYTES == 65_536
    assert connection.BODY_BYTES == 1_114_112
    assert connection.UNSENT_BYTES == 33_554_432
    assert (connection.THREAD_SECONDS, connection.LINGER) == (60.0, 2.0)
