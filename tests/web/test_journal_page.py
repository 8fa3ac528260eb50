"""How auditors read the journal: what they find, page by page, as CSV; that their reading is written down."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement
from sqlalchemy import text

from pretadepenser.records import decisions, entries, journal, users
from pretadepenser.records.decisions import Verdict
from pretadepenser.records.entries import Wanted
from pretadepenser.records.journal import Kind
from pretadepenser.web import journal_words
from tests import invariants
from tests.conftest import Clock
from tests.web.conftest import PASSWORD, token_of
from tests.web.deciding import person


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """An application in whose journal an advisor opened pages of two clients."""
    app = make_app()
    database = app.extensions["database"]
    users.add_user(database, "ada", "auditeur", PASSWORD)
    journal.append(database, Kind.OPENED, "bruno", 157_083, page="clients.decision")
    journal.append(
        database, Kind.SIMULATED, "bruno", 157_083, page="simulation.simulate", changed=["AMT_CREDIT"]
    )
    journal.append(database, Kind.EXPORTED, "bruno", 100_002, page="meeting.pdf")
    journal.append(database, Kind.SIGN_IN_FAILED, "compte inconnu")
    return app


@pytest.fixture
def auditor(app: Flask, sign_in: Callable[..., object]) -> FlaskClient:
    browser = app.test_client()
    sign_in(browser, "ada")
    return browser


def read(browser: FlaskClient, query: str = "", status: int = 200) -> HtmlElement:
    answer = browser.get(f"/journal{query}")
    assert answer.status_code == status
    return invariants.check(answer.text, query)


def rows(page: HtmlElement) -> list[list[str]]:
    """The cells of the table: number, date, who, what, client."""
    return [
        [" ".join(cell.text_content().split()) for cell in row.xpath("./*")]
        for row in page.xpath("//tbody/tr")
    ]


def heading(page: HtmlElement) -> str:
    return " ".join(page.xpath("//h1")[0].text_content().split())


def test_the_newest_entry_stands_first_in_words(clock: Clock, auditor: FlaskClient) -> None:
    page = read(auditor)
    found = rows(page)
    assert heading(page) == "Journal : 7 entrées"
    assert [row[2:] for row in found] == [
        ["ada", found[0][3], "sans objet"],
        ["compte inconnu", "Mot de passe refusé", "sans objet"],
        ["bruno", "Fichier téléchargé page : fiche d’entretien", found[2][4]],
        ["bruno", "Simulation données changées : « Montant du crédit »", found[3][4]],
        ["bruno", "Décision du modèle consultée", found[4][4]],
        ["commande", "Compte changé compte : ada ; changement : ajout ; rôle : auditeur", "sans objet"],
        ["commande", "Compte changé compte : bruno ; changement : ajout ; rôle : conseiller", "sans objet"],
    ]
    assert found[0][3].startswith("Connexion rôle : auditeur ; session :")
    assert found[4][4] == "157083 Ouvrir le dossier du client 157083 à partir de l’entrée 3"
    journal.append(auditor.application.extensions["database"], Kind.SEALED, "commande", head=f"7:{'a' * 64}")
    sealed = rows(read(auditor))[0]
    assert sealed[1].startswith("15 janvier 2027 à ")
    assert sealed[2:] == [
        "commande",
        "Tête du journal scellée tête : aaaaaaaaaaaa…",
        "sans objet",
    ]


FILTERS = [
    ("?client=157083", "Journal : 2 entrées – client 157083", ["4", "3"]),
    ("?client=157%20083", "Journal : 2 entrées – client 157083", ["4", "3"]),
    ("?client=1", "Journal : aucune entrée – client 1", []),
    ("?qui=Bruno", "Journal : 3 entrées – bruno", ["5", "4", "3"]),
    ("?qui=bruno&client=157083&quoi=client.opened", "Journal : 1 entrée – bruno – client 157083", ["3"]),
    ("?quoi=session.refused", "Journal : 1 entrée", ["6"]),
    ("?quoi=famille-1", "Journal : 3 entrées", ["5", "4", "3"]),
    ("?qui=bruno&du=01/01/2020&au=2999-01-01", "Journal : 3 entrées – bruno", ["5", "4", "3"]),
    ("?qui=bruno&du=01/01/2999", "Journal : aucune entrée – bruno", []),
    ("?qui=bruno&au=01/01/2020", "Journal : aucune entrée – bruno", []),
    ("?qui=bruno&avant=5", "Journal : 3 entrées – bruno", ["4", "3"]),
    ("?qui=bruno&apres=3", "Journal : 3 entrées – bruno", ["5", "4"]),
    ("?qui=bruno&avant=non&apres=-3", "Journal : 3 entrées – bruno", ["5", "4", "3"]),
    ("?qui=bruno&avant=99999999999999999999", "Journal : 3 entrées – bruno", ["5", "4", "3"]),
]


def test_entries_are_looked_for_by_what_who_whom_and_when(auditor: FlaskClient) -> None:
    for query, told, numbers in FILTERS:
        page = read(auditor, query)
        # What was read just now stands in the trail as well: readings are not counted here.
        found = [row[0] for row in rows(page) if int(row[0]) < 7]
        if "client=157083" in query or "client=157%20083" in query:
            assert heading(page).endswith(told.partition("–")[2])
        else:
            assert heading(page) == told, query
        assert found == numbers, query


def test_a_day_is_from_midnight_to_midnight_where_the_server_stands(
    clock: Clock, auditor: FlaskClient
) -> None:
    """The clock stands on 15 January 2027, eight o’clock in UTC."""
    journal.append(auditor.application.extensions["database"], Kind.OPENED, "dora", 1)
    for query, count in (
        ("du=15/01/2027&au=15/01/2027", 1),
        ("du=2027-01-15", 1),
        ("au=14/01/2027", 0),
        ("du=16/01/2027", 0),
    ):
        assert len(rows(read(auditor, f"?qui=dora&{query}"))) == count, query


DIGITS = "Un numéro de client n’a que des chiffres : enlevez les autres caractères."
WRONG = [
    ("?du=hier", "Écrivez la date en chiffres, par exemple 26/11/2026."),
    ("?au=31/02/2026", "Écrivez la date en chiffres, par exemple 26/11/2026."),
    ("?au=31/12/9999", "Écrivez la date en chiffres, par exemple 26/11/2026."),
    ("?du=31/12/1999", "Écrivez la date en chiffres, par exemple 26/11/2026."),
    ("?au=01/01/3000", "Écrivez la date en chiffres, par exemple 26/11/2026."),
    ("?du=02/01/2026&au=01/01/2026", "Cette date est avant la première : échangez-les, ou videz-en une."),
    ("?client=abc", "Un numéro de client n’a que des chiffres : enlevez les autres caractères."),
    (
        "?client=12345678901234567",
        "Un numéro de client n’a que des chiffres : enlevez les autres caractères.",
    ),
    ("?quoi=autre", "Ce choix n’est pas dans la liste : choisissez-en un autre."),
]


def test_what_cannot_be_looked_for_is_told_beside_its_field(auditor: FlaskClient) -> None:
    for query, sentence in WRONG:
        page = read(auditor, query, 422)
        assert (
            sentence.replace(" :", "\u00a0:") in page.xpath("//*[@class='error-summary']")[0].text_content()
        ), query
        assert not rows(page)
        assert auditor.get(f"/journal/entrees.csv{query}").status_code == 422


def test_days_of_a_thousand_years_are_taken_written_as_people_or_as_computers_do(
    auditor: FlaskClient,
) -> None:
    for query in ("?du=01/01/2000&au=31/12/2999", "?du=2000-01-01&au=2999-12-31"):
        assert rows(read(auditor, query))


def test_pages_of_fifty_lead_on_and_back_with_the_filter(app: Flask, auditor: FlaskClient) -> None:
    for number in range(120):
        journal.append(app.extensions["database"], Kind.OPENED, "dora", number)
    page, seen, ways = read(auditor, "?qui=dora"), [], []
    while True:
        found = rows(page)
        seen += [int(row[4].split()[0]) for row in found]
        ways.append((len(found), page.xpath("//nav[@aria-label='Autres entrées']//a/text()")))
        further = page.xpath("//a[@rel='next']/@href")
        if not further:
            break
        assert "qui=dora" in further[0]
        page = read(auditor, further[0].removeprefix("/journal"))
    assert seen == list(range(119, -1, -1))
    assert ways == [
        (50, ["Entrées plus anciennes"]),
        (50, ["Entrées plus récentes", "Entrées plus anciennes"]),
        (20, ["Entrées plus récentes"]),
    ]
    back = page.xpath("//a[@rel='prev']/@href")[0]
    assert [int(row[4].split()[0]) for row in rows(read(auditor, back.removeprefix("/journal")))] == list(
        range(69, 19, -1)
    )


def test_a_caption_counts_and_a_side_without_entries_is_no_empty_journal(auditor: FlaskClient) -> None:
    captions = {
        "?quoi=session.refused": "Entrée 6 du journal",
        "?qui=bruno": "Entrées du journal, de la 5 à la 3",
    }
    for query, said in captions.items():
        assert [" ".join(one.text_content().split()) for one in read(auditor, query).iter("caption")] == [
            said
        ]
    for query, count in (("?avant=1", "Journal : "), ("?qui=bruno&avant=3", "Journal : 3 entrées – bruno")):
        page = read(auditor, query)
        assert heading(page).startswith(count)
        text = " ".join(page.text_content().split())
        assert "Il n’y a pas d’autre entrée de ce côté. Revenir aux plus récentes" in text
        assert "Aucune entrée ne correspond." not in text
    assert "Aucune entrée ne correspond." in read(auditor, "?client=1").text_content()


def test_names_and_numbers_lead_to_the_trail_of_a_person_and_of_a_client(auditor: FlaskClient) -> None:
    page = read(auditor)
    for address, about in (("/journal?qui=bruno", "bruno"), ("/journal?client=157083", "client 157083")):
        assert page.xpath(f"//tbody//a[@href='{address}']"), address
        assert heading(read(auditor, address.removeprefix("/journal"))).endswith(about)


def test_reading_is_written_down_with_what_was_looked_for(app: Flask, auditor: FlaskClient) -> None:
    read(auditor)
    read(auditor, "?client=157083&du=01/01/2026")
    auditor.get("/journal/entrees.csv?qui=bruno")
    first, second, third = entries.find(app.extensions["database"], Wanted(), 3)[::-1]
    assert {one.kind for one in (first, second, third)} == {"journal.read"}
    assert (first.actor, first.client, first.content) == (
        "ada",
        None,
        {"actor": "ada", "client": None, "page": "journal.show"},
    )
    assert second.client == 157_083
    assert second.content is not None
    assert second.content["filter"] == {"client": "157083", "du": "01/01/2026"}
    assert third.content is not None
    assert (third.content["page"], third.content["filter"]) == ("journal.spreadsheet", {"qui": "bruno"})


def test_no_file_is_opened_from_an_entry_that_the_auditor_made_by_looking(
    app: Flask, auditor: FlaskClient
) -> None:
    """Else whoever may read the journal could open every client's file: by typing its number there."""
    page = read(auditor, "?client=100008")
    made = entries.find(app.extensions["database"], Wanted(), 1)[0]
    assert (made.kind, made.client) == ("journal.read", 100_008)
    again = read(auditor, "?client=100008")
    assert not again.xpath("//tbody//form")
    token = {"csrf_token": token_of(auditor.get("/compte").text)}
    assert auditor.post(f"/journal/{made.number}/dossier", data=token).status_code == 404
    assert heading(page) == "Journal : aucune entrée – client 100008"
    assert auditor.post("/journal/3/dossier", data=token).status_code == 303
    assert auditor.get("/clients/157083").status_code == 200


def test_an_erased_entry_says_so(app: Flask, auditor: FlaskClient) -> None:
    with app.extensions["database"].connection() as connection:
        nothing = "actor = NULL, client = NULL, content = NULL, salt = NULL"
        connection.execute(text(f"UPDATE journal_entry SET {nothing} WHERE number = 3"))
    (row,) = [one for one in rows(read(auditor)) if one[0] == "3"]
    assert row[2:] == ["effacé", "Décision du modèle consultée", "effacé"]
    assert "effacé" in auditor.get("/journal/entrees.csv?quoi=client.opened").text


def test_the_csv_holds_all_that_is_looked_for_as_it_was_written(app: Flask, auditor: FlaskClient) -> None:
    journal.append(app.extensions["database"], Kind.OPENED, "@formule", 2)
    answer = auditor.get("/journal/entrees.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="journal.csv"'
    head, *lines = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";")
    assert head == ["Entrée", "Date (UTC)", "Qui", "Quoi", "Nature", "Client", "Contenu", "Empreinte"]
    assert [line[0] for line in lines] == ["8", "7", "6", "5", "4", "3", "2", "1"]
    assert lines[0][2] == "'@formule", "no spreadsheet runs it"
    fourth = lines[4]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", fourth[1])
    assert fourth[2:7] == [
        "bruno",
        "Simulation",
        "client.simulated",
        "157083",
        '{"actor":"bruno","changed":["AMT_CREDIT"],"client":157083,"page":"simulation.simulate"}',
    ]
    assert re.fullmatch("[0-9a-f]{64}", fourth[7])


def test_more_than_a_spreadsheet_holds_is_refused_and_not_offered(
    app: Flask, auditor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (entries, "pretadepenser.web.journal"):
        monkeypatch.setattr(
            f"{module}.COUNTED" if isinstance(module, str) else f"{module.__name__}.COUNTED", 5
        )
    page = read(auditor)
    assert heading(page) == "Journal : plus de 5 entrées"
    assert not page.xpath("//a[contains(@href, 'entrees.csv')]")
    assert (
        "Pour télécharger ces entrées, choisissez des dates : un fichier CSV en contient 5 au plus. La "
        "commande flask --app wsgi journal export les donne toutes."
        in " ".join(page.xpath("//main")[0].text_content().split())
    )
    refused = auditor.get("/journal/entrees.csv")
    assert refused.status_code == 422
    assert "Il y a plus de 5 entrées : choisissez des dates." in refused.text.replace("\u00a0", " ")


def test_every_kind_has_its_words() -> None:
    told = {kind for family in journal_words.FAMILIES.values() for kind in family}
    assert told == set(Kind)


def run(app: Flask, *words: str) -> Any:
    return app.test_cli_runner().invoke(args=list(words))


def test_commands_verify_seal_and_export(app: Flask, tmp_path: Any) -> None:
    done = run(app, "journal", "verify")
    assert done.output.startswith("La chaîne du journal est entière : 6\xa0entrées.\nSa tête : 6:")
    sealed = run(app, "journal", "seal")
    head = sealed.stdout.strip()
    assert re.fullmatch("7:[0-9a-f]{64}", head)
    assert sealed.stderr == (
        "À garder ailleurs, datée (coffre, courrier, papier) : « journal verify --head » la comparera.\n"
    )
    assert run(app, "journal", "verify", "--head", head).exit_code == 0
    wrong = run(app, "journal", "verify", "--head", f"7:{'0' * 64}")
    assert (wrong.exit_code, "le journal a été récrit" in wrong.output) == (1, True)
    assert ("L’empreinte gardée s’écrit NUMÉRO:EMPREINTE, comme « journal seal » la donne.") in run(
        app, "journal", "verify", "--head", "7"
    ).output
    output = tmp_path / "journal.jsonl"
    done = run(app, "journal", "export", "--since", "2026-01-01", "--output", str(output))
    assert done.output == f"Journal écrit dans {output} : 8\xa0entrées.\n"
    assert output.stat().st_mode & 0o777 == 0o600
    lines = output.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 9
    assert '"journal.read"' in lines[-1], "the export is in itself"
    again = run(app, "journal", "export", "--since", "01/01/2026", "--output", str(output))
    assert (again.exit_code, "existe déjà" in again.output) == (1, True)
    shown = run(app, "journal", "export", "--since", "01/01/2999")
    assert shown.stdout.count("\n") == 1
    assert run(app, "journal", "export", "--since", "hier").exit_code == 2


def test_verify_ends_with_one_sentence_where_the_chain_is_broken(app: Flask) -> None:
    with app.extensions["database"].connection() as connection:
        connection.execute(text("DROP TRIGGER journal_entry_never_deleted"))
        connection.execute(text("DELETE FROM journal_entry WHERE number = 4"))
    done = run(app, "journal", "verify")
    assert done.exit_code == 1
    assert done.output == "Erreur : L’entrée 4 du journal manque : après la 3 vient la 5.\n"


def test_verify_ends_with_one_sentence_where_a_decision_was_changed(app: Flask) -> None:
    database = app.extensions["database"]
    author = person(app, "bruno")
    decisions.add(database, "une clé", author, 157_083, Verdict.REFUSE, {"text": "Non."}, waiting=False)
    done = run(app, "journal", "verify")
    assert done.exit_code == 0
    assert done.output.endswith(
        "Décisions, lectures, réexamens et courriers sont ceux dont il parle : 1\xa0ligne comparée.\n"
    )
    with database.connection() as connection:
        connection.execute(text("DROP TRIGGER decision_never_changed"))
        connection.execute(text("UPDATE decision SET verdict = 'accord'"))
    done = run(app, "journal", "verify")
    assert done.exit_code == 1
    assert done.output.endswith(
        "Erreur : La décision 1 ne correspond pas à l’entrée 7 du journal : le verdict diffère.\n"
    )
