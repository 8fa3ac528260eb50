"""The page of a client's credit history, its section on the client's page, and what the sheet says of it."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement

from pretadepenser.charts import history as charts
from pretadepenser.credit.history import told
from pretadepenser.credit.portfolio import Portfolio, current_portfolio
from tests import invariants
from tests.conftest import still_signed_in
from tests.unit.by_heart import plain
from tests.unit.made_up_histories import RICH, TABLES, of

KNOWN = "/clients/157083"
# Another client of the same portfolio, of whom no history table has a row.
NOBODY = 3


@pytest.fixture
def browser(storied_app: Flask) -> FlaskClient:
    """The advisor agathe, on a portfolio with the history of one client."""
    return still_signed_in(storied_app, "agathe")


@pytest.fixture(scope="module")
def portfolio(storied_app: Flask) -> Portfolio:
    """The clients of that portfolio."""
    found = current_portfolio(storied_app.config["INSTANCE"])
    assert found
    return found


def main(browser: FlaskClient, address: str) -> HtmlElement:
    answer = browser.get(address)
    assert answer.status_code == 200, address
    found: HtmlElement = invariants.check(answer.text, address).xpath("//main")[0]
    return found


def words(element: HtmlElement) -> str:
    return plain(element.text_content())


def test_the_rows_come_back_as_they_were_imported(portfolio: Portfolio) -> None:
    known = told.history(portfolio.history(157083), portfolio.tables)
    assert known == told.history(of(157083), TABLES)


CAPTIONS = [
    "Crédits non terminés dans d’autres établissements, au jour de la demande",
    "Crédits terminés dans d’autres établissements",
    "Demandes de crédit faites chez nous avant celle-ci",
    "Retards de paiement, mois par mois",
    "Usage de la carte de crédit chez nous, mois par mois",
]


def test_the_page_says_its_answer_and_every_part(browser: FlaskClient) -> None:
    page = main(browser, f"{KNOWN}/historique")
    assert page.xpath(".//a[. = 'La fiche d’entretien']/@href") == [f"{KNOWN}/entretien"]
    heading = words(page.xpath(".//h1")[0])
    assert heading.startswith("2 crédits en cours ailleurs, dont 1 en retard – client 157083, prêt accordé, ")
    assert [words(one) for one in page.xpath(".//h2")] == [
        "Les crédits ailleurs",
        "Les demandes précédentes chez nous",
        "La régularité des paiements",
        "La carte de crédit chez nous",
        "Si une ligne est fausse",
    ]
    assert [words(one) for one in page.xpath(".//caption")] == CAPTIONS
    text = words(page)
    for said in (
        "Les crédits terminés ailleurs Afficher 1 crédit terminé",
        "Voici ce que l’on savait le jour de la demande, d’après le fichier des crédits et nos propres "
        "dossiers. Vérifiez-le avec le client.",
        "Les crédits ailleurs viennent du fichier des crédits, où chaque établissement déclare les siens. Le "
        "client peut y faire corriger une erreur, ou s’adresser à l’établissement qui l’a déclarée. Le reste "
        "vient de nos dossiers : nous le corrigeons. La fiche d’entretien le dit au client.",
        "Plus une barre est haute, plus le retard était long ce mois-là, pour le crédit le plus en retard. "
        "Sans barre, il n’y avait rien à payer, ou aucun relevé. Chez nous, les relevés mensuels "
        "ignorent les retards sur de très petites sommes ; les échéances les comptent.",
        "La ligne en tirets est le plafond. Sans barre, il n’y a pas de relevé ou pas de plafond, ou rien "
        "n’était dû ni retiré.",
        "D’autres établissements ont déclaré 3 crédits au fichier des crédits : 2 en cours et 1 terminé. Il "
        "reste à rembourser 1 955 €. 1 crédit est en retard au jour de la demande, de 12 jours : 25 € à "
        "payer.",
        "Avant celle-ci, le client avait fait chez nous 3 demandes : 1 accordée, 1 refusée et 1 annulée.",
        "Ailleurs, 2 mois avec un retard sur 18 mois suivis, le plus long de 61 à 90 jours, il y a 1 an et 8 "
        "mois ; le dernier il y a 3 mois. Chez nous, 1 mois avec un retard sur 24 mois suivis, de 31 à 60 "
        "jours, il y a 8 mois.",
        "La somme due est de 10 % du plafond au dernier relevé, il y a 1 mois ; le plus haut était de 120 "
        "%, il y a 1 an. Des espèces ont été retirées 1 mois sur 12 mois connus, pour 50 € en tout.",
    ):
        assert said in text, said


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (
            1,
            [
                "Les autres crédits non terminés ailleurs Afficher 1 autre crédit",
                "Les demandes plus anciennes Afficher 2 demandes plus anciennes",
            ],
        ),
        (2, ["Les demandes plus anciennes Afficher 1 demande plus ancienne"]),
        (3, []),
    ],
)
def test_what_a_list_shows_at_first_says_what_it_folds(
    browser: FlaskClient, monkeypatch: pytest.MonkeyPatch, shown: int, said: list[str]
) -> None:
    monkeypatch.setattr(charts, "SHOWN", shown)
    summaries = main(browser, f"{KNOWN}/historique").xpath(".//div[contains(@class, 'folded')]//summary")
    folded = [f"{words(one.getparent().getprevious())} {words(one)}" for one in summaries]
    assert [one for one in folded if "crédit terminé" not in one] == said


def test_of_a_client_without_rows_it_says_that_there_are_none(
    browser: FlaskClient, portfolio: Portfolio
) -> None:
    number = portfolio.numbers()[NOBODY]
    page = main(browser, f"/clients/{number}/historique")
    assert words(page.xpath(".//h1")[0]).startswith(f"Aucun crédit connu ailleurs – client {number}, prêt ")
    text = words(page)
    for said in (
        "Le fichier des crédits ne connaît aucun crédit du client dans un autre établissement.",
        "Le client n’avait encore fait aucune demande de crédit chez nous.",
        "Ailleurs, aucun paiement suivi en quatre ans. Chez nous, aucun paiement suivi en quatre ans.",
        "Le client n’a pas de carte de crédit chez nous, ou n’en a pas eu depuis quatre ans.",
    ):
        assert said in text, said
    assert not page.xpath(".//table | .//img | .//details | .//h2[.='Si une ligne est fausse']")
    for name in (
        "en-cours.csv",
        "termines.csv",
        "demandes.csv",
        "paiements.csv",
        "paiements.svg",
        "carte.svg",
    ):
        assert browser.get(f"/clients/{number}/historique/graphiques/{name}").status_code == 404


def test_of_a_portfolio_without_histories_it_says_that(client: FlaskClient) -> None:
    page = main(client, f"{KNOWN}/historique")
    assert words(page.xpath(".//h1")[0]).startswith("Historique de crédit non importé – client 157083, prêt ")
    assert (
        "Ce portefeuille ne contient aucun historique de crédit. Ce n’est pas que le client n’en a pas : les "
        "tables qui le disent ne sont pas importées." in words(page)
    )
    assert not page.xpath(".//h2")
    assert "historique de crédit" not in words(main(client, KNOWN)).replace("Historique", "").lower()


def test_the_clients_page_has_a_short_section(browser: FlaskClient, portfolio: Portfolio) -> None:
    page = main(browser, KNOWN)
    (title,) = page.xpath(".//h2[.='L’historique de crédit']")
    first, link = title.xpath("following-sibling::p")[:2]
    assert words(first) == (
        "D’autres établissements ont déclaré 3 crédits au fichier des crédits : 2 en cours et 1 terminé. Il "
        "reste à rembourser 1 955 €. 1 crédit est en retard au jour de la demande, de 12 jours : 25 € à "
        "payer. Avant celle-ci, le client avait fait chez nous 3 demandes : 1 accordée, 1 refusée et 1 "
        "annulée."
    )
    assert link.xpath("a/@href") == [f"{KNOWN}/historique"]
    assert words(link) == (
        "Voir l’historique de crédit : chaque crédit, chaque demande, et les paiements mois par mois."
    )
    number = portfolio.numbers()[NOBODY]
    other = words(main(browser, f"/clients/{number}"))
    assert (
        "Le fichier des crédits ne connaît aucun crédit du client dans un autre établissement. Le client"
        in other
    )


def test_the_clients_page_reads_no_table_of_months(
    browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[set[str]] = []
    read = Portfolio.history

    def watched(portfolio: Portfolio, number: int, tables: frozenset[str] | None = None) -> object:
        assert tables is not None
        asked.append(set(tables))
        return read(portfolio, number, tables)

    monkeypatch.setattr(Portfolio, "history", watched)
    browser.get(KNOWN)
    assert asked == [{"bureau", "previous_application"}]


@pytest.mark.parametrize(
    ("name", "lines", "first"),
    [
        (
            "en-cours",
            2,
            "Sorte de crédit;Ouverture (jours avant la demande);Fin prévue (jours après la "
            "demande);Montant (€, sauf autre devise);Reste à rembourser (€, sauf autre devise);En retard "
            "(€, sauf autre devise);Jours de retard|Carte de "
            "crédit;90;;900;455;25;12",
        ),
        (
            "termines",
            1,
            "Sorte de crédit;Ouverture (jours avant la demande);Fin (jours avant la demande);Montant "
            "(€, sauf autre devise);Plus fort retard (€, sauf autre devise)|Crédit à la "
            "consommation;1096;366;3000;40",
        ),
        (
            "demandes",
            3,
            "Crédit demandé;Réponse donnée (jours avant la demande);Demandé (€);Accordé (€);Réponse;Motif du "
            "refus|Prêt personnel;30;;;Annulée;",
        ),
        (
            "paiements",
            24,
            "Mois avant la demande;Crédits suivis ailleurs;Retard ailleurs;Crédits suivis chez nous;Retard "
            "chez nous|1;1;sans retard;2;sans retard",
        ),
        (
            "carte",
            12,
            "Mois avant la demande;Somme due (€);Plafond (€);Part utilisée;Retraits d’espèces "
            "(€)|1;100;1000;0,1;0",
        ),
    ],
)
def test_every_list_and_chart_is_a_file(browser: FlaskClient, name: str, lines: int, first: str) -> None:
    answer = browser.get(f"{KNOWN}/historique/graphiques/{name}.csv")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="client-157083-{name}.csv"'
    head, *rows = answer.text.removeprefix("\ufeff").strip().split("\r\n")
    assert len(rows) == lines
    assert f"{head}|{rows[0]}" == first
    page = main(browser, f"{KNOWN}/historique")
    assert page.xpath(f".//a[@download][@href='{KNOWN}/historique/graphiques/{name}.csv']")


@pytest.mark.parametrize("name", ["paiements", "carte"])
def test_a_chart_is_a_picture_in_two_widths(browser: FlaskClient, name: str) -> None:
    for query, width in (("", "880"), ("?largeur=etroite", "254")):
        answer = browser.get(f"{KNOWN}/historique/graphiques/{name}.svg{query}")
        assert answer.mimetype == "image/svg+xml"
        assert re.findall(r'<svg[^>]* width="([\d.]+)', answer.text) == [f"{width}"]
    for wrong in (f"{name}.svg?largeur=x", "score.svg", "score.csv"):
        assert browser.get(f"{KNOWN}/historique/graphiques/{wrong}").status_code == 404
    assert browser.get(f"/clients/999999999/historique/graphiques/{name}.svg").status_code == 404
    assert browser.get("/clients/999999999/historique").status_code == 404


def test_the_sheet_names_the_sources_and_what_to_check(browser: FlaskClient, portfolio: Portfolio) -> None:
    sheet = main(browser, f"{KNOWN}/entretien")
    (title,) = sheet.xpath(".//h2[.='Votre historique de crédit']")
    intro, listed, contest = title.xpath("following-sibling::*")[:3]
    assert words(intro) == (
        "Les premières lignes viennent du fichier des crédits, où chaque établissement déclare les siens ; "
        "les autres, de nos dossiers. Elles n’ont pas servi au calcul."
    )
    assert [words(one) for one in listed.xpath("li")] == [
        "En résumé : 2 crédits en cours ailleurs, dont 1 en retard",
        "Carte de crédit, ouverture il y a 2 mois : reste 455 €, en retard de 12 jours pour 25 €",
        "Crédit à la consommation, ouverture il y a 1 an et 6 mois : reste 1 500 €",
        "Paiements ailleurs en quatre ans : 2 mois avec un retard sur 18 mois suivis, le plus long de 61 à "
        "90 jours",
        "Demandes précédentes : 3 demandes : 1 accordée, 1 refusée et 1 annulée",
        "Paiements chez nous en quatre ans : 1 mois avec un retard sur 24 mois suivis, de 31 à 60 jours",
    ]
    assert words(contest) == (
        "Un crédit qui n’est pas le vôtre ? Un retard déjà payé ? Contestez-le : le fichier se corrige chez "
        "l’organisme qui le tient, ou chez l’établissement qui a déclaré le crédit ; nos dossiers, chez nous "
        "(RGPD, article 16)."
    )
    number = portfolio.numbers()[NOBODY]
    none = main(browser, f"/clients/{number}/entretien")
    items = none.xpath(".//h2[.='Votre historique de crédit']/following-sibling::ul[1]/li")
    assert [words(one) for one in items] == [
        "En résumé : aucun crédit connu ailleurs", "Demandes précédentes : aucune demande"
    ]  # fmt: skip


def test_a_portfolio_without_histories_has_no_such_part_on_the_sheet(client: FlaskClient) -> None:
    assert "historique de crédit" not in words(main(client, f"{KNOWN}/entretien")).lower().replace(
        "historique de crédit comparaison", ""
    )


def test_all_tables_are_those_of_the_dictionary() -> None:
    assert RICH.keys() == TABLES
