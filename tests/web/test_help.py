"""The help page and the site map: what they name, for whom, and whether it is true."""

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement

from pretadepenser import create_app
from pretadepenser.records import users
from tests import invariants
from tests.conftest import PASSWORD, USERS, Browser, Page, signed_in, still_signed_in
from tests.web.test_access import HEAD, LINES, NAMES

CLIENTS = {
    "Les clients": {
        "Rechercher un client": "/", "Nouveau dossier": "/dossiers/nouveau", "Décisions": "/decisions",
    }
}  # fmt: skip
REVIEWS = {"Les clients": CLIENTS["Les clients"] | {"Revues": "/revues"}}
ONE = {
    "Décision": "/clients/157083",
    "Dossier": "/clients/157083/dossier",
    "Historique de crédit": "/clients/157083/historique",
    "Comparaison": "/clients/157083/comparaison",
    "Simulation": "/clients/157083/simulation",
    "Leviers": "/clients/157083/leviers",
    "Capacité": "/clients/157083/capacite",
    "Fiche d’entretien": "/clients/157083/entretien",
    "Décider": "/clients/157083/decision",
}
# What auditors may read of one, once it is opened from the journal: named, for there is nothing to open yet.
READ = dict.fromkeys(
    ["Décision", "Dossier", "Historique de crédit", "Comparaison", "Leviers", "Fiche d’entretien"], ""
)
ACCOUNT = {"Votre compte": {"Mon compte": "/compte"}}
SITE = {"Aide": "/aide", "Plan du site": "/plan-du-site", "Déclaration d’accessibilité": "/accessibilite"}
EVIDENCE = {"Preuves d’accessibilité": "/accessibilite/preuves"}
MODEL = {"Le modèle": "/modele", "Veille technique": "/veille"}
FAIRNESS = {"Le modèle": "/modele", "Équité": "/modele/equite", "Veille technique": "/veille"}
# Under the first page of the technology watch, those that its report has today.
WATCH = {
    "Données": "/veille/donnees", "Méthode": "/veille/methode", "Photos": "/veille/photos",
    "Textes": "/veille/textes", "Explications": "/veille/explications",
    "Puériculture": "/veille/explications/puericulture",
    "Beauté et soins": "/veille/explications/beaute-et-soins",
    "Informatique": "/veille/explications/informatique",
    "Décoration et fêtes": "/veille/explications/decoration-et-fetes",
    "Linge de maison": "/veille/explications/linge-de-maison",
    "Cuisine et table": "/veille/explications/cuisine-et-table", "Montres": "/veille/explications/montres",
    "Erreurs": "/veille/erreurs", "Coût": "/veille/cout", "Essais": "/veille/essais",
}  # fmt: skip
# Who -> titles of the map -> links under them.
MAPS: dict[str, dict[str, dict[str, str]]] = {
    "nobody": {"Votre compte": {"Se connecter": "/connexion"}, "Ce site": SITE},
    "advisor": {**CLIENTS, "Les pages d’un client": ONE, "Le modèle": MODEL, **ACCOUNT, "Ce site": SITE},
    "manager": {**REVIEWS, "Les pages d’un client": ONE, "Le modèle": MODEL, **ACCOUNT, "Ce site": SITE},
    "auditor": {
        "Le modèle": FAIRNESS, "Contrôle": {"Journal": "/journal"}, **ACCOUNT, "Ce site": SITE | EVIDENCE,
        "Les pages d’un client": READ,
    },
    "admin": {
        "Le modèle": FAIRNESS,
        "Administration": {"Réglages": "/administration/reglages"}, **ACCOUNT, "Ce site": SITE | EVIDENCE,
    },
}  # fmt: skip


def words(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


@pytest.fixture
def browser(app: Flask, request: pytest.FixtureRequest) -> FlaskClient:
    """The browser of somebody of this role, who has looked at client 157083."""
    who = request.getfixturevalue("who")
    if who == "nobody":
        app.test_client_class = Browser
        return app.test_client()
    found = still_signed_in(app, NAMES[who])
    found.get("/clients/157083")
    return found


def shown(browser: FlaskClient, address: str) -> HtmlElement:
    answer = browser.get(address)
    assert answer.status_code == 200, address
    main: HtmlElement = invariants.check(answer.text, address).xpath("//main")[0]
    return main


def mapped(main: HtmlElement) -> dict[str, dict[str, str]]:
    """Titles of the map with the links of the list under each."""
    return {
        words(title): {
            words((item.xpath("./a") or [item])[0]): "".join(item.xpath("./a/@href"))
            for item in title.xpath("./following-sibling::ul[1]/li")
        }
        for title in main.xpath(".//h2 | .//h3")
    }


@pytest.mark.parametrize("who", MAPS)
def test_the_map_has_the_pages_that_one_may_open(browser: FlaskClient, who: str) -> None:
    main = shown(browser, "/plan-du-site")
    assert mapped(main) == MAPS[who]
    under = {words(link): link.get("href") for link in main.xpath(".//li/ul/li/a")}
    assert under == (WATCH if who != "nobody" else {})


@pytest.mark.parametrize("who", MAPS)
def test_no_page_is_missing_from_the_map(browser: FlaskClient, who: str) -> None:
    """Of all addresses that the matrix of rights opens to this role, those that are pages."""
    column = HEAD.index(who) - 2
    opened = [address for address, method, *said in LINES if method == "GET" and said[column] == "200"]
    # Decisions and reviews that the matrix names are not here: they are led to from lists. It decides on
    # another client than it reads of, on whom no review is open.
    answers = [browser.get(address.replace("/clients/100001/", "/clients/157083/")) for address in opened]
    pages = {one.request.path for one in answers if (one.mimetype, one.status_code) == ("text/html", 200)}
    assert len(pages) > 3
    assert pages - set(WATCH.values()) == {
        address for links in MAPS[who].values() for address in links.values() if address
    }


@pytest.mark.parametrize("who", MAPS)
def test_the_help_explains_each_page_of_the_map_and_no_other(browser: FlaskClient, who: str) -> None:
    main = shown(browser, "/aide")
    explained = [words(title) for title in main.xpath(".//h4")]
    assert explained == [name for links in MAPS[who].values() for name in links]
    for title in main.xpath(".//h4"):
        (text,) = title.xpath("./following-sibling::*[1][self::p]")
        assert len(words(text)) > 20
    links = main.xpath(".//h4/a/@href")
    assert set(links) == {
        address
        for title, places in MAPS[who].items()
        for address in places.values()
        if title != "Les pages d’un client" and address != "/aide"
    }


WORDS = [
    "Avis du modèle", "Probabilité", "Tolérance maximale", "« Sur 100 clients au score comparable »",
    "Score et points", "Point de départ et contribution", "Raison", "Cas proche de la limite",
    "Donnée absente", "Levier et proposition", "Changement sûr, changement fragile",
    "Groupe et points communs", "Tranche", "Note extérieure", "Données réservées au contrôle",
    "Portefeuille", "SK_ID_CURR", "CSV",
]  # fmt: skip


def test_the_words_and_the_keys_are_explained(page: Page) -> None:
    main = page("/aide").xpath("//main")[0]
    assert [words(step) for step in main.xpath(".//h2[@id='premiers-pas']/following-sibling::ol[1]/li")][
        1:
    ] == [
        "Lisez la réponse, puis ce qui joue contre le client et pour lui.",
        "Vérifiez le dossier avec lui : une donnée fausse donne une réponse fausse.",
        "Si le prêt est refusé, cherchez des leviers, ou simulez d’autres chiffres.",
        "Terminez par la fiche d’entretien, à lire avec le client et à lui remettre.",
        "Écrivez ce que vous décidez, et vos motifs.",
    ]
    assert [words(term) for term in main.xpath(".//h2[@id='mots']/following-sibling::dl[1]/div/dt")] == WORDS
    keys = [words(row) for row in main.xpath(".//tbody/tr/th")]
    assert keys == [
        "Tab", "Maj + Tab", "Entrée", "Espace", "Flèches", "Une lettre", "Échap", "Ctrl + P", "Ctrl + +",
    ]  # fmt: skip
    titles = [words(title) for title in main.xpath(".//h2")]
    assert titles == [
        "Les premiers pas", "Les écrans", "Les rôles", "Les mots", "Les touches", "La session",
        "En cas de difficulté",
    ]  # fmt: skip
    assert [words(link) for link in main.xpath(".//nav//a")] == titles


FACTS = (
    ("LIMIT", 0.48, "La plus grande probabilité que l’établissement accepte : 48 % aujourd’hui."),
    ("LIMIT", 0.305, "La plus grande probabilité que l’établissement accepte : 30,5 % aujourd’hui."),
    ("SESSION_IDLE", 45, "Elle se termine après 45 minutes sans activité, et 24 heures au plus."),
    ("SESSION_HOURS", 1, "Elle se termine après 60 minutes sans activité, et 1 heure au plus."),
    ("LEVER_POINTS", 9, "le score dépasse la limite d’au moins 9 points"),
    ("OUTCOME_MEANING", "cessé de payer", "combien de ces clients ont cessé de payer, d’après"),
    ("LIMIT", 0.48, "Il faut 500 points pour que le prêt soit accordé."),
    (
        "LIMIT",
        0.48,
        "Chaque fois que la chance de rembourser, divisée par celle de ne pas rembourser, double, le score "
        "monte de 20 points.",
    ),
    ("LIMIT", 0.48, "Un groupe de moins de 30 clients n’est jamais montré."),
    ("LIMIT", 0.48, "qui a de 12 à 512 caractères"),
    ("LIMIT", 0.48, "Vos 10 derniers clients"),
)


@pytest.mark.parametrize(("name", "value", "said"), FACTS)
def test_what_the_help_tells_is_what_is_set(instance: Path, name: str, value: object, said: str) -> None:
    browser = signed_in(create_app({"INSTANCE": instance, "TESTING": True, name: value}), "agathe")
    assert said in words(shown(browser, "/aide"))


def test_the_examples_of_the_help_work(client: FlaskClient, page: Page) -> None:
    """And so does that of the search itself, and of the map."""
    found: dict[str, str] = {}
    for address in ("/aide", "/plan-du-site", "/"):
        text = words(page(address).xpath("//main")[0])
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', client.get("/").text)
        assert token
        for example in re.findall(r"« ((?:\d+ \w+)|(?:\w+ \d+)) »", text):
            found[example] = client.post("/", data={"numero": example, "csrf_token": token[1]}).location
    numbers = {re.sub(r"\D", "", example) for example in found}
    (number,) = numbers
    assert found == {
        f"{number} simulation": f"/clients/{number}/simulation#formulaire",
        f"{number} leviers": f"/clients/{number}/leviers#reponse",
        f"fiche {number}": f"/clients/{number}/entretien#reponse",
    }


FIRST = {
    "agathe": "Cherchez un client par son numéro, par exemple 100001.",
    "basile": "Partez du journal : il dit qui a ouvert, simulé, imprimé ou décidé quoi, et quand.",
    "camille": "Lisez les réglages : la page dit ceux qui manquent.",
    "delphine": "Cherchez un client par son numéro, par exemple 100001.",
}
ROLES = {
    "Conseiller": "Il voit ses propres décisions.",
    "Responsable": "Il peut tout ce que peut un conseiller.",
    "Auditeur": "Il n’ouvre un dossier de client qu’à partir d’une entrée du journal.",
    "Administrateur": "Il n’ouvre aucun dossier de client.",
}


@pytest.mark.parametrize("name", FIRST)
def test_the_help_says_who_may_do_what_and_where_one_begins(app: Flask, name: str) -> None:
    main = shown(still_signed_in(app, name), "/aide")
    first = main.xpath(".//h2[@id='premiers-pas']/following-sibling::ol[1]/li[1]")[0]
    assert words(first) == FIRST[name]
    roles = main.xpath(".//h2[@id='roles']/following-sibling::dl[1]/div")
    assert [words(one.xpath("./dt")[0]) for one in roles] == list(ROLES)
    for one in roles:
        assert ROLES[words(one.xpath("./dt")[0])] in words(one.xpath("./dd")[0])
    own = main.xpath(".//h2[@id='roles']/following-sibling::p[1]")[0]
    assert words(own) == f"Vous avez le rôle {USERS[name]}."


def test_strangers_are_told_nothing_of_the_house(anonymous: FlaskClient) -> None:
    """Neither its limit, nor how long sessions last, nor the number of a client, nor that pages exist."""
    for address in ("/aide", "/plan-du-site"):
        text = words(shown(anonymous, address))
        for secret in ("48 %", "60 minutes", "157083", "Réglages", "Équité", "500 points", "leviers"):
            assert secret not in text, (address, secret)
        assert not re.search(r"\d{5}", text), address


def test_who_must_choose_a_password_first_sees_what_that_opens(
    make_app: Callable[..., Flask], sign_in: Callable[..., object]
) -> None:
    app = make_app()
    users.add_user(app.extensions["database"], "dominique", "conseiller", PASSWORD, must_change=True)
    browser = app.test_client()
    sign_in(browser, "dominique", PASSWORD)
    names = {"Votre compte": {"Mon compte": "/compte"}, "Ce site": SITE}
    assert mapped(shown(browser, "/plan-du-site")) == names
    assert (
        "Voici les pages ouvertes tant que vous n’avez pas choisi votre mot de passe."
        in words(shown(browser, "/plan-du-site"))
    )  # fmt: skip
    assert (
        "Cette page explique les écrans que vous pouvez ouvrir et les touches qui y mènent. Choisissez "
        "d’abord votre mot de passe : elle expliquera alors tout l’outil." in words(shown(browser, "/aide"))
    )
    assert [words(title) for title in shown(browser, "/aide").xpath(".//h4")] == [
        "Mon compte", "Aide", "Plan du site", "Déclaration d’accessibilité",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "url", ["/", "/clients/157083", "/clients/1", "/nulle-part", "/aide", "/plan-du-site"]
)
@pytest.mark.parametrize("who", ["nobody", "agathe"])
def test_the_foot_of_each_page_leads_to_help_and_map(app: Flask, who: str, url: str) -> None:
    app.test_client_class = Browser
    browser = app.test_client() if who == "nobody" else still_signed_in(app, who)
    foot = invariants.check(browser.get(url, follow_redirects=True).text, url).xpath("/html/body/footer")[0]
    links = [
        (words(link).partition(" :")[0], link.get("href"), link.get("aria-current"))
        for link in foot.iter("a")
    ]
    assert links == [
        ("Aide", "/aide", "page" if url == "/aide" else None),
        ("Plan du site", "/plan-du-site", "page" if url == "/plan-du-site" else None),
        ("Accessibilité", "/accessibilite", None),
    ]


def test_a_map_without_a_client_names_the_pages_all_the_same(
    make_app: Callable[..., Flask], sign_in: Callable[..., object]
) -> None:
    browser = make_app().test_client()
    sign_in(browser)
    pages = mapped(shown(browser, "/plan-du-site"))["Les pages d’un client"]
    assert pages == dict.fromkeys(ONE, "")


def test_map_and_help_say_where_the_link_to_the_file_is(page: Page) -> None:
    """It is not among those above, which the page of the decision has of the others."""
    assert (
        "Cherchez d’abord le client par son numéro : sa décision s’ouvre, et les liens vers ses autres pages "
        "sont au-dessus, celui du dossier au bas de la page."
        in words(page("/plan-du-site").xpath("//main")[0])
    )
    told = words(page("/aide").xpath("//main")[0])
    assert "Le lien qui ouvre cette page est au bas de la décision." in told
    main = page("/clients/157083").xpath("//main")[0]
    assert [words(one) for one in main.xpath(".//a[@href='/clients/157083/dossier']")] == [
        "Voir les autres données du dossier"
    ]
    assert main.xpath(".//a")[-1].get("href") == "/clients/157083/dossier"


def test_help_and_map_do_without_portfolio_and_without_recent_clients(
    make_app: Callable[..., Flask], sign_in: Callable[..., object]
) -> None:
    app = make_app()
    browser = app.test_client()
    sign_in(browser)
    with sqlite3.connect(app.config["INSTANCE"] / "pretadepenser.sqlite") as database:
        database.execute("DROP TABLE recent_client")
    assert "157083" not in words(shown(browser, "/plan-du-site"))
    (app.config["INSTANCE"] / "portfolio").unlink()
    for address in ("/aide", "/plan-du-site"):
        assert not re.search(r"\d{5}", words(shown(browser, address)))
