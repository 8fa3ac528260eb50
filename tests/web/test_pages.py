"""The pages of the main job: search, decision, figures, errors."""

import csv
import io
import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xgboost
from flask import Flask, abort
from flask.testing import FlaskClient
from lxml import html
from lxml.html import HtmlElement
from sqlalchemy import text

from pretadepenser import create_app
from pretadepenser.charts import drawing
from pretadepenser.charts.chart import Column, Table
from pretadepenser.credit.portfolio import Client, Portfolio
from pretadepenser.records import recents
from tests.conftest import signed_in

Page = Callable[..., HtmlElement]
KNOWN = 157083


def words(element: HtmlElement) -> str:
    """Text with all kinds of space made plain."""
    return " ".join(element.text_content().split())


ERRORS = {
    400: (
        "Demande incomprise",
        "L’adresse ou le formulaire envoyé n’est pas valable. Revenez en arrière et recommencez.",
    ),
    403: (
        "Page réservée",
        "Votre compte ne permet pas d’ouvrir cette page. Si vous en avez besoin, demandez ce droit à votre "
        "administrateur.",
    ),
    404: (
        "Page introuvable",
        "Cette page n’existe pas. Vérifiez l’adresse, ou partez de l’accueil.",
    ),
    405: (
        "Action impossible ici",
        "Cette adresse ne répond pas à cette action. Partez de l’accueil.",
    ),
    413: (
        "Envoi trop volumineux",
        "Ce qui a été envoyé dépasse la taille permise. Réduisez-le, puis recommencez.",
    ),
    429: (
        "Trop de demandes",
        "Vous avez fait trop de demandes en peu de temps. Attendez une minute, puis recommencez.",
    ),
    500: (
        "Incident technique",
        "L’application a rencontré une erreur ; rien de ce que vous avez consulté n’a été modifié. "
        "Recommencez dans un instant. Si l’incident dure, prévenez votre administrateur.",
    ),
    503: (
        "Application en préparation",
        "L’application n’est pas encore prête à répondre. Prévenez votre administrateur.",
    ),
    # What has no page of its own is told as the least of its family.
    418: ("Demande incomprise", None),
    502: ("Incident technique", None),
}


@pytest.mark.parametrize("code", ERRORS)
def test_every_error_says_what_happened_and_what_to_do(instance: Path, code: int) -> None:
    app = create_app({"INSTANCE": instance, "PROPAGATE_EXCEPTIONS": False})
    browser = signed_in(app, "agathe")
    app.before_request_funcs[None].append(lambda: abort(code))
    answer = browser.get("/aide")
    main = html.document_fromstring(answer.text).get_element_by_id("contenu")
    title, advice = ERRORS[code]
    assert (answer.status_code, words(main.xpath(".//h1")[0])) == (code, title)
    told = [words(one) for one in main.xpath(".//p")]
    assert told[0] == (advice or ERRORS[400 if code < 500 else 500][1])
    assert told[-1] == f"Code de l’erreur : {code}"


@pytest.mark.parametrize("typed", ["157083", " 157 083 ", "157\u202f083", "157\u00a0083"])
def test_a_number_leads_to_the_client(client: FlaskClient, typed: str) -> None:
    token = re.search(r'value="([^"]+)"', client.get("/").text)
    assert token
    answer = client.post("/", data={"numero": typed, "csrf_token": token[1]})
    assert (answer.status_code, answer.location) == (303, f"/clients/{KNOWN}#reponse")


@pytest.mark.parametrize(
    ("typed", "page"),
    [
        ("157083 leviers", "/leviers"),
        ("leviers 157083", "/leviers"),
        ("157 083 Leviers", "/leviers"),
        ("157083 l", "/leviers"),
        ("157083l", "/leviers"),
        ("157083 simulation", "/simulation"),
        ("157083, SIMUL", "/simulation"),
        ("157083 - simulation", "/simulation"),
        ("157083 comparaison", "/comparaison"),
        ("157083 dossier", "/dossier"),
        ("157083 dos", "/dossier"),
        ("157083 comp", "/comparaison"),
        ("157083 historique", "/historique"),
        ("historique de crédit 157083", "/historique"),
        ("157083 h", "/historique"),
        ("157083 fiche", "/entretien"),
        ("fiche 157083", "/entretien"),
        ("Fiche d’entretien 157083", "/entretien"),
        ("157083 fiche d'entretien", "/entretien"),
        ("entretien : 157083", "/entretien"),
        ("157083 décision", ""),
        ("157083 DECISION", ""),
        ("157083 décision", ""),
        ("client 157083", ""),
        ("leviers client 157083", "/leviers"),
        ("157083 décider", "/decision"),
        ("157083 decid", "/decision"),
    ],
)
def test_a_number_and_a_name_lead_to_that_page(client: FlaskClient, typed: str, page: str) -> None:
    token = re.search(r'value="([^"]+)"', client.get("/").text)
    assert token
    answer = client.post("/", data={"numero": typed, "csrf_token": token[1]})
    # A simulation and a decision have no answer yet, but a form.
    anchor = "#formulaire" if page in ("/simulation", "/decision") else "#reponse"
    assert (answer.status_code, answer.location) == (303, f"/clients/{KNOWN}{page}{anchor}")


def test_a_client_whose_page_was_opened_by_name_is_offered_again(
    client: FlaskClient, page: Page, portfolio: Portfolio
) -> None:
    number = portfolio.numbers()[1900]
    token = re.search(r'value="([^"]+)"', client.get("/").text)
    assert token
    client.post("/", data={"numero": f"{number} leviers", "csrf_token": token[1]})
    first = page("/").xpath("//section[@aria-labelledby='recents']//a")[0]
    assert first.get("href") == f"/clients/{number}"


def test_a_client_who_is_no_more_in_the_portfolio_is_not_offered_again(
    app: Flask, client: FlaskClient, page: Page, portfolio: Portfolio
) -> None:
    database = app.extensions["database"]
    with database.connection() as connection:
        (user,) = connection.scalars(text("SELECT id FROM user_account WHERE name = 'agathe'"))
    known, gone = int(portfolio.numbers()[1700]), int(portfolio.numbers().max()) + 1
    for number in (known, gone):
        recents.remember(database, user, number)
    assert recents.recent(database, user)[:2] == [gone, known]
    listed = page("/").xpath("//section[@aria-labelledby='recents']//a/@href")
    assert listed[0] == f"/clients/{known}"
    assert f"/clients/{gone}" not in listed


PAGES = (
    "décision, dossier, historique de crédit, comparaison, simulation, leviers, capacité, fiche "
    "d’entretien ou décider, ou le début "
    "d’un de "
    "ces noms."
)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("157083 budget", f"« budget » n’est pas le nom d’une page. Après le numéro, écrivez {PAGES}"),
        ("157083 leviers simulation", "« leviers simulation » n’est pas le nom d’une page."),
        ("157083 leviersx", "« leviersx » n’est pas le nom d’une page."),
        (f"157083 {'a' * 50}", f"« {'a' * 30} » n’est pas le nom d’une page."),
        (f"157083 {'a' * 500}", "n’a que des chiffres"),
        ("leviers", "Saisissez aussi le numéro du client, avant ou après le nom de la page."),
        ("999999999 leviers", "Aucun client ne porte le numéro 999999999"),
        ("-157083 leviers", "enlevez le signe moins"),
        ("157.083 leviers", "Enlevez le point : 157083."),
        ("client", "Saisissez le numéro du client."),
        ("1e5", "n’a que des chiffres"),
        ("157083 <leviers>", "n’a que des chiffres"),
        ("157083 рычаги", "n’a que des chiffres"),
        ("", "Saisissez le numéro du client."),
        ("   ", "Saisissez le numéro du client."),
        ("Dupont", "n’a que des chiffres"),
        ("157083<b>", "n’a que des chiffres"),
        ("١٥٧٠٨٣", "n’a que des chiffres"),
        ("-157083", "Un numéro de client est positif : enlevez le signe moins."),
        ("157083,5", "Un numéro de client est entier : enlevez la virgule et ce qui la suit."),
        ("157.083", "Enlevez le point : 157083."),
        ("157,083", "Enlevez la virgule : 157083."),
        ("1.570.833", "Enlevez les points : 1570833."),
        ("9" * 12, "Aucun client ne porte le numéro 999999999999"),
        ("9" * 17, "Ce numéro a 17 chiffres ; un numéro de client en a 16 au plus : vérifiez-le."),
        ("9" * 16, "Aucun client ne porte le numéro 9999999999999999"),
        ("9" * 40, "Ce numéro a 40 chiffres"),
        (
            "999999999",
            "Aucun client ne porte le numéro 999999999 : vérifiez-le sur le dossier du client.",
        ),
    ],
)
def test_each_mistake_has_its_sentence(send: Page, typed: str, sentence: str) -> None:
    page = send("/", {"numero": typed}, status=422)
    assert sentence in words(page.get_element_by_id("numero-erreur"))
    summary = page.xpath("//*[@class='error-summary']//a[@href='#numero']")
    assert sentence in words(summary[0])
    assert page.get_element_by_id("numero").get("value") == typed


def test_the_first_sentence_is_the_answer(page: Page) -> None:
    decision = page(f"/clients/{KNOWN}").xpath("//*[contains(@class, 'decision ')]/p")[0]
    assert re.fullmatch(
        r"Selon le modèle, la probabilité que ce client ne puisse pas rembourser son crédit est de \d,\d % "
        r"\(tolérance maximale : 48 %\)\. Avis du modèle : le prêt sera accordé\.",
        words(decision),
    )


def test_a_client_whom_the_model_learnt_from_is_told_apart(page: Page, portfolio: Portfolio) -> None:
    outcomes = portfolio.column("TARGET")
    text = words(page(f"/clients/{portfolio.numbers()[~np.isnan(outcomes)][0]}"))
    assert re.search(
        r" L’aire sous la courbe ROC est de 0,\d{3} chez les clients dont il a appris, et de 0,\d{3} chez "
        r"ceux qu’il n’avait pas vus\. Pour un nouveau client, comptez sur la seconde\.",
        text,
    )
    # What the explanation refers to is on the page.
    assert "la part réelle est celle de la phrase « Sur 100 clients au score comparable »." in text
    assert re.search(r"Sur 100 clients au score comparable, environ \d+ ", text)


def margins(trained: Path, clients: list[Client]) -> list[float]:
    """Log-odds of default by XGBoost alone, from the file of the trees and figures written here again."""
    card = json.loads((trained / "model" / "card.json").read_text("utf-8"))
    figures = pd.DataFrame([dict(client.values) for client in clients])
    for name, above, below in (
        ("CREDIT_TERM", "AMT_CREDIT", "AMT_ANNUITY"),
        ("CREDIT_TO_GOODS", "AMT_CREDIT", "AMT_GOODS_PRICE"),
        ("CREDIT_TO_INCOME", "AMT_CREDIT", "AMT_INCOME_TOTAL"),
        ("ANNUITY_TO_INCOME", "AMT_ANNUITY", "AMT_INCOME_TOTAL"),
    ):
        figures[name] = figures[above] / figures[below]
    # What the model reads: no ground shows in a source of income.
    figures["NAME_INCOME_TYPE"] = figures["NAME_INCOME_TYPE"].replace("Maternity leave", "Working")
    figures["EXT_SOURCE_MEAN"] = figures[["EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3"]].mean(axis=1)
    given = {}
    for name in card["features"]:
        if name in card["categories"]:
            codes = {one: code for code, one in enumerate(card["categories"][name])}
            given[name] = figures[name].map(codes).astype(float)
        else:
            given[name] = figures[name].where(figures[name] != 365243).astype(float)
    kinds = ["c" if name in card["categories"] else "q" for name in card["features"]]
    matrix = xgboost.DMatrix(
        pd.DataFrame(given).to_numpy(np.float32), feature_types=kinds, enable_categorical=True
    )
    trees = xgboost.Booster(model_file=trained / "model" / "model.ubj")
    return [float(one) for one in trees.predict(matrix, output_margin=True)]


def test_the_probability_is_the_one_of_the_trees_and_the_decision_follows(
    page: Page, trained: Path, portfolio: Portfolio
) -> None:
    clients = [one for one in map(portfolio.client, portfolio.numbers()[:400].tolist()) if one]
    percents = [100 / (1 + math.exp(-margin)) for margin in margins(trained, clients)]
    # Seen from afar: near the limit more digits are told, and below 1 % others.
    clear = sorted((p, c.number) for p, c in zip(percents, clients, strict=True) if p > 1 and abs(p - 48) > 2)
    chosen = clear[:: len(clear) // 7]
    assert len([p for p, _ in chosen if p < 48]) >= 3
    assert len([p for p, _ in chosen if p > 48]) >= 2
    for percent, number in chosen:
        told = f"{percent:.0f}" if percent > 9.95 else f"{percent:.1f}".replace(".", ",")
        opinion = "le prêt sera accordé" if percent < 48 else "le prêt ne sera pas accordé"
        assert words(page(f"/clients/{number}").xpath("//*[contains(@class, 'decision ')]/p")[0]) == (
            "Selon le modèle, la probabilité que ce client ne puisse pas rembourser son crédit est de "
            f"{told} % (tolérance maximale : 48 %). Avis du modèle : {opinion}."
        )


def test_the_second_sentence_says_the_outcome_and_why_both_are_right(
    page: Page, make_app: Callable[..., Flask], sign_in: Callable[..., object]
) -> None:
    said = words(page(f"/clients/{KNOWN}").xpath("//*[contains(@class, 'decision ')]/p")[1])
    assert said.startswith(
        "Sur 100 clients au score comparable, moins d’un a payé en retard une des premières mensualités du "
        "crédit. Les deux chiffres sont justes : "
    )
    browser = make_app(OUTCOME_MEANING="cessé de payer pendant trois mois").test_client()
    sign_in(browser)
    assert "moins d’un a cessé de payer pendant trois mois." in browser.get(f"/clients/{KNOWN}").text
    assert (
        "moins d’une a cessé de payer pendant trois mois" in browser.get(f"/clients/{KNOWN}/entretien").text
    )


def test_the_example_is_a_client_of_the_portfolio(page: Page, portfolio: Portfolio) -> None:
    hint = words(page("/").xpath("//main//form")[0])
    example = re.search(r"par exemple (\d+)\.", hint)
    assert example
    assert portfolio.client(int(example[1]))


def test_the_page_adds_up(page: Page) -> None:
    """The table starts from the base, ends at the score, and every line between is on the page."""
    table = page(f"/clients/{KNOWN}").xpath("//figure[@id='figure-contributions']//table")[0]
    lines = [
        int(re.sub(r"[^\d-]", "", words(row[2]).replace("moins ", "-")))
        for row in table.xpath("./tbody/tr")
        if words(row[2]) != "sans objet"
    ]
    total = int(re.sub(r"\D", "", words(table.xpath("./tfoot/tr")[0][2])))
    assert sum(lines) == total
    assert words(page(f"/clients/{KNOWN}").find(".//h1")).endswith(f" – {total} points")


def test_visited_clients_are_offered_again(page: Page) -> None:
    page(f"/clients/{KNOWN}")
    assert page("/").xpath(f"//main//a[@href='/clients/{KNOWN}']")


@pytest.mark.parametrize("number", [999999999, 1, 10**30])
def test_an_unknown_client_helps(page: Page, number: int) -> None:
    """The page says which number is unknown, and the search is in it, with that number to correct."""
    shown = page(f"/clients/{number}", status=404)
    assert words(shown.xpath("//h1")[0]) == "Client introuvable"
    assert f"Aucun client ne porte le numéro {number}" in words(shown.xpath("//main")[0])
    form = shown.xpath("//main//form[@action='/']")[0]
    assert form.fields["numero"] == str(number)
    assert form.fields["csrf_token"]
    assert "Rechercher un client" in words(shown.xpath("//main")[0])


@pytest.mark.parametrize("path", [f"/clients/{KNOWN}", "/modele", f"/clients/{KNOWN}/comparaison"])
def test_a_slash_at_the_end_changes_nothing(page: Page, path: str) -> None:
    assert words(page(path + "/").xpath("//h1")[0]) == words(page(path).xpath("//h1")[0])


@pytest.mark.parametrize("name", ["score", "contributions"])
@pytest.mark.parametrize("width", ["large", "etroite"])
def test_pictures_are_safe_svg_with_real_text(client: FlaskClient, name: str, width: str) -> None:
    answer = client.get(f"/clients/{KNOWN}/graphiques/{name}.svg?largeur={width}")
    assert answer.mimetype == "image/svg+xml"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "<text" in answer.text
    assert "<title" in answer.text
    assert ' style="' not in answer.text
    for light, _ in drawing.PALETTE.values():
        body = answer.text.split("</style>")[1]
        assert light not in body, "a colour that does not follow the reader's scheme"
    # The second answer comes from the folder that all workers share, and is the same.
    assert client.get(f"/clients/{KNOWN}/graphiques/{name}.svg?largeur={width}").data == answer.data


def test_csv_says_what_the_table_says(client: FlaskClient, page: Page) -> None:
    answer = client.get(f"/clients/{KNOWN}/graphiques/contributions.csv")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))
    table = page(f"/clients/{KNOWN}").xpath("//figure[@id='figure-contributions']//table")[0]
    assert rows[0] == [words(cell) for cell in table.xpath("./thead/tr/th")]
    said = [
        [words(cell).replace("sans objet", "") for cell in row.xpath("./th | ./td")]
        for row in table.xpath("./tbody/tr")
    ]
    assert len(said) > 10
    # The same texts and points, without the sign that the table sets before what adds.
    assert [[" ".join(cell.split()) for cell in row] for row in rows[1:]] == [
        [*row[:2], *(cell.replace("+", "").replace("moins ", "-") for cell in row[2:])] for row in said
    ]


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (f"/clients/{KNOWN}/graphiques/autre.svg", 404),
        (f"/clients/{KNOWN}/graphiques/score.svg?largeur=enorme", 404),
        ("/clients/abc", 404),
        ("/nulle-part", 404),
        ("/deconnexion", 405),
    ],
)
def test_wrong_addresses_get_a_page_of_the_site(page: Page, url: str, status: int) -> None:
    assert page(url, status=status).xpath("//main//a[@href='/']")


def test_a_page_that_refuses_a_method_names_those_that_it_answers(client: FlaskClient) -> None:
    answer = client.get("/deconnexion")
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, {"OPTIONS", "POST"})


def test_the_head_of_a_page_lets_it_be_enlarged_and_keeps_the_sheet_for_paper_to_paper(page: Page) -> None:
    shown = page("/")
    assert shown.xpath("/html/head/meta/@content") == [
        "width=device-width, initial-scale=1",
        "light dark",
    ]
    links = [(one.get("rel"), one.get("href"), one.get("media")) for one in shown.xpath("/html/head/link")]
    assert [(rel, re.sub(r"\?v=.*", "", href), media) for rel, href, media in links] == [
        ("icon", "/static/favicon.svg", None),
        ("stylesheet", "/static/tokens.css", None),
        ("stylesheet", "/static/base.css", None),
        ("stylesheet", "/static/components.css", None),
        ("stylesheet", "/static/print.css", "print"),
    ]
    # Skip links move the focus of every browser only to what can have it.
    assert shown.get_element_by_id("contenu").get("tabindex") == "-1"


def test_the_dialog_of_a_session_leads_elsewhere_without_losing_the_page(page: Page) -> None:
    dialog = page("/").get_element_by_id("session")
    assert (dialog.get("role"), dialog.get("data-early")) == ("alertdialog", "120")
    assert dialog.xpath("./form/@action") == ["/session"]
    (link,) = dialog.xpath(".//a")
    assert (link.get("href"), link.get("target")) == ("/connexion", "_blank")
    assert dialog.xpath(".//button/@formaction") == ["/deconnexion", "/deconnexion"]
    shown = [(one.get("data-state"), one.get("hidden") is None) for one in dialog.xpath("./form/div")]
    assert shown == [("warning", True), ("last", False), ("over", False)]


def test_the_foot_of_a_page_names_the_lender(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "ORGANISATION_NAME", "Banque d’essai")
    shown = html.document_fromstring(app.test_client().get("/connexion").text)
    assert words(shown.xpath("/html/body/footer//p")[0]) == "Banque d’essai – aide à la décision de crédit"


def test_a_moment_is_told_to_programs_in_universal_time(app: Flask, paris: None) -> None:
    day = app.jinja_env.get_template("components/day.html").module
    told = day.moment(datetime(2026, 11, 26, 8, 5, tzinfo=UTC))  # type: ignore[attr-defined]
    assert told.replace("\u00a0", " ") == (
        'le <time datetime="2026-11-26T08:05:00Z">26 novembre 2026 à 9 heures 05</time>'
    )


def test_a_table_of_three_columns_can_be_scrolled_and_sets_its_figures_to_the_right(app: Flask) -> None:
    drawn = app.jinja_env.get_template("components/table.html").module.table  # type: ignore[attr-defined]
    columns = (Column("Sorte"), Column("Clients", True), Column("Note"))
    rows = (("un", "12", "sans objet"), ("deux", "sans objet", "bien"))
    shown = html.fromstring(drawn(Table("Essai", columns, rows, rows), "essai", kind="keys"))
    assert [(one.tag, one.get("class"), one.get("tabindex")) for one in (shown, shown[0])] == [
        ("div", "scroll", "0"),
        ("table", "keys", None),
    ]
    assert shown.xpath(".//thead//th/@class") == ["number"]
    assert [one.get("class", "").strip() for one in shown.xpath(".//tbody//td")] == [
        "number", "nothing", "number nothing", "",
    ]  # fmt: skip
    two = (("un", "12"),)
    assert html.fromstring(drawn(Table("Essai", columns[:2], two, two), "essai")).tag == "table"


def test_what_was_done_before_is_announced(app: Flask) -> None:
    browser = signed_in(app, "agathe")
    with browser.session_transaction() as session:
        session["_flashes"] = [("message", "Voici."), ("done", "C’est enregistré.")]
    shown = html.document_fromstring(browser.get("/compte").text)
    assert [(words(one), one.get("role")) for one in shown.xpath("//main/div[@class='notice']")] == [
        ("Voici.", "status"),
        ("C’est enregistré.", None),
    ]


def test_signing_out_needs_a_token_of_this_session(client: FlaskClient) -> None:
    answer = client.post("/deconnexion", data={"csrf_token": "autre"})
    assert answer.status_code == 400
    assert "Formulaire périmé" in answer.text
    assert client.get("/").status_code == 200


def test_an_error_of_ours_shows_no_trace(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "LIMIT", "not a number")
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = client.get(f"/clients/{KNOWN}")
    assert answer.status_code == 500
    assert "Incident technique" in answer.text
    assert "ValueError" not in answer.text


def test_every_template_compiles(app: Flask) -> None:
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)


@pytest.mark.parametrize("address", ["/clients/١٠٠٠٠٢", "/clients/１００００２", "/clients/+100002"])
def test_a_number_of_another_script_is_no_address(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404
