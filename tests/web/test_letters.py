"""Letters on the site: shown, made once, stored with their bytes, given as they were, refused where due."""

import hashlib
import io
import json
import re
import shutil
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import document_fromstring
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from pretadepenser import create_app
from pretadepenser.credit.model.scoring import current_model
from pretadepenser.credit.portfolio import current_portfolio
from pretadepenser.credit.recourse.decision import Counter, Decided, Document, Motive, Origin, Verdict
from pretadepenser.credit.whatif.capacity import Capacity, Filed, Rules
from pretadepenser.money import using
from pretadepenser.records import deciding, decisions, journal, letters, reviews, users
from pretadepenser.records.deciding import Desk
from pretadepenser.records.letters import LetterError
from pretadepenser.web import pdf
from tests import pdf_ua
from tests.conftest import PASSWORD, open_file, signed_in
from tests.web.deciding import conclude, person
from tests.web.test_meeting import needs_pango

KNOWN = 157_083
TODAY = datetime.now(UTC).astimezone().date()
DECIDED = {
    "accord": Decided(Verdict.GRANT, documents=(Document.IDENTITY,)),
    "refus": Decided(Verdict.REFUSE, (Motive.OTHER,), "Le prix du bien n’est pas prouvé."),
    "proposition": Decided(
        Verdict.COUNTER, (Motive.PROJECT,), counter=Counter(300_000.0, 20_000.0, Origin.LEVER, 512)
    ),
    "pièces": Decided(Verdict.ASK, asked=(Document.INCOME,)),
}
KEYS = (f"lettre {number}" for number in count())


@pytest.fixture(scope="module")
def app(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application on a copy of `untouched` of this file's own."""
    folder = shutil.copytree(untouched, tmp_path_factory.mktemp("letters") / "instance", symlinks=True)
    made = create_app({"INSTANCE": folder, "TESTING": True})
    users.add_user(made.extensions["database"], "armand", "conseiller", PASSWORD)
    return made


Browsers = Callable[[str], FlaskClient]


def decide(
    app: Flask, decided: Decided, author: str = "agathe", capacity: Capacity | None = None, **more: Any
) -> int:
    """Write a decision on client KNOWN and give its id."""
    folder = app.config["INSTANCE"]
    portfolio, model = current_portfolio(folder), current_model(folder)
    assert portfolio
    assert model
    client = portfolio.client(KNOWN)
    assert client
    with using(portfolio.money):
        desk = Desk(folder, model, portfolio, app.config, ("Alpha fictif", "Bêta fictif", "Gamma fictif"))
        told = capacity.to_json() if capacity else None
        content = deciding.prepare(desk, client, decided, told).content
    more = {"waiting": False, **more}
    database = app.extensions["database"]
    conclude(app, KNOWN, None if more.get("corrects") else person(app, author))
    return decisions.add(database, next(KEYS), person(app, author), KNOWN, decided.verdict, content, **more)


def said(answer: TestResponse) -> str:
    """The words of a page from its heading or what it tells before, without the bar of the client."""
    main = document_fromstring(answer.text).xpath("//main")[0]
    for one in main.xpath("./h1/preceding-sibling::*[not(@role='status')]"):
        main.remove(one)
    return " ".join(main.text_content().split())


def form_of(answer: TestResponse) -> dict[str, Any]:
    """What the button sends."""
    (form,) = [one for one in document_fromstring(answer.text).forms if one.xpath(".//*[@name='cle']")]
    return dict(form.form_values())


def make(browser: FlaskClient, address: str) -> int:
    """Make the letter of a page; gives its id."""
    answer = browser.post(address, data=form_of(browser.get(address)))
    assert (answer.status_code, answer.location) == (303, address), said(answer)
    (newest, *_) = re.findall(r"/courriers/(\d+)\.pdf", browser.get(address).text)
    return int(newest)


def entries(app: Flask, kind: str) -> list[dict[str, Any]]:
    """What the journal's entries of a kind tell."""
    with app.extensions["database"].connection() as connection:
        query = text("SELECT content FROM journal_entry WHERE kind = :kind ORDER BY number")
        return [json.loads(one) for one in connection.scalars(query, {"kind": kind})]


# --- the page -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "heading", "answer"),
    [
        ("accord", "Courrier d’accord à établir", "Votre demande de prêt est acceptée"),
        ("refus", "Courrier de refus à établir", "Votre demande de prêt n’est pas acceptée"),
        ("proposition", "Courrier de proposition à établir", "Nous vous proposons un autre prêt"),
        (
            "pièces", "Courrier de demande de pièces à établir",
            "Il nous manque des pièces pour vous répondre",
        ),
    ],
)  # fmt: skip
def test_the_page_shows_what_the_letter_would_say(
    app: Flask, browsers: Browsers, name: str, heading: str, answer: str
) -> None:
    decision = decide(app, DECIDED[name])
    shown = said(browsers("agathe").get(f"/decisions/{decision}/courrier"))
    assert shown.startswith(
        f"{heading} – décision {decision} Relisez ce courrier. Une fois établi, il est gardé"
    )
    assert (
        "Données fictives : ce client n’existe pas, cette lettre sert à la démonstration. Les noms et les "
        "coordonnées du prêteur sont fictifs aussi."
    ) in shown
    assert answer in shown
    assert "Texte du courrier : version 2026-11-5." in shown
    assert "médiateur" in shown
    assert entries(app, "decision.consulted")[-1] | {"page": ""} == {
        "actor": "agathe", "client": KNOWN, "decision": decision, "page": "",
    }  # fmt: skip


def test_the_refusal_gives_its_reasons_and_the_file_consulted(app: Flask, browsers: Browsers) -> None:
    decision = decide(app, DECIDED["refus"])
    shown = said(browsers("agathe").get(f"/decisions/{decision}/courrier"))
    for sentence in (
        "Nous n’acceptons pas votre demande : un prêt de ",
        "Autre motif : Le prix du bien n’est pas prouvé.",
        "Ce qui joue contre votre demande dans le score",
        "Bêta fictif (beta.example) : une note de confiance de 0,",
        "Contester cette décision",
        "Personne qui répond des décisions : Claude Exemple, personne fictive, 01 99 00 12 35",
        "agathe, pour Prêt à dépenser",
    ):
        assert sentence in shown


def test_a_decision_leads_to_its_letter(app: Flask, browsers: Browsers) -> None:
    decision = decide(app, DECIDED["accord"])
    page = document_fromstring(browsers("agathe").get(f"/decisions/{decision}").text)
    assert page.xpath(f"//a[@href='/decisions/{decision}/courrier']/text()") == ["Préparer le courrier"]


# --- made, stored, given --------------------------------------------------------------------------


@needs_pango
def test_a_letter_is_stored_with_its_hash_and_given_as_it_was(app: Flask, browsers: Browsers) -> None:
    browser, decision = browsers("agathe"), decide(app, DECIDED["refus"])
    address = f"/decisions/{decision}/courrier"
    letter = make(browser, address)
    given = browser.get(f"/courriers/{letter}.pdf")
    assert (given.status_code, given.mimetype) == (200, "application/pdf")
    assert given.headers["Content-Disposition"] == f'attachment; filename="courrier-{letter}.pdf"'
    assert given.headers["Cache-Control"] == "no-store"
    digest = hashlib.sha256(given.data).hexdigest()
    found = letters.find(app.extensions["database"], letter)
    assert found
    assert (found.kind, found.decision, found.client, found.author, found.template, found.sha256) == (
        "refus", decision, KNOWN, "agathe", "2026-11-5", digest,
    )  # fmt: skip
    assert found.size == len(given.data)
    assert entries(app, "letter.made")[-1] == {
        "actor": "agathe", "client": KNOWN, "letter": letter, "letter_kind": "refus", "decision": decision,
        "review": None, "template": "2026-11-5", "sha256": digest,
    }  # fmt: skip
    assert entries(app, "client.exported")[-1] == {
        "actor": "agathe", "client": KNOWN, "letter": letter, "decision": decision, "sha256": digest,
        "page": "letters.pdf",
    }  # fmt: skip
    journal.verify(app.extensions["database"])
    # Other settings change what a letter would say, never the one that was made.
    app.config["ORGANISATION_NAME"] = "Un autre nom"
    try:
        assert "Un autre nom" in said(browser.get(address))
        assert browser.get(f"/courriers/{letter}.pdf").data == given.data
    finally:
        app.config["ORGANISATION_NAME"] = "Prêt à dépenser"


@needs_pango
def test_the_page_of_a_letter_that_was_made_says_so(app: Flask, browsers: Browsers) -> None:
    browser, decision = browsers("agathe"), decide(app, DECIDED["accord"])
    address = f"/decisions/{decision}/courrier"
    answer = browser.post(address, data=form_of(browser.get(address)))
    assert answer.status_code == 303
    shown = said(browser.get(address))
    (found,) = letters.of_decision(app.extensions["database"], decision)
    assert shown.startswith(
        f"Courrier d’accord établi – décision {decision} Le courrier est établi : téléchargez-le pour le "
        f"remettre au client ou l’envoyer. Courrier {found.id}, établi le "
    )
    assert (
        f"par agathe, version 2026-11-5 du texte. Télécharger le courrier {found.id} (PDF accessible)"
        in shown
    )
    assert f"Empreinte SHA-256 : {found.sha256}" in shown
    assert "Établir un autre courrier" in shown


@needs_pango
def test_a_form_that_is_sent_twice_makes_one_letter(app: Flask, browsers: Browsers) -> None:
    browser, decision = browsers("agathe"), decide(app, DECIDED["accord"])
    address = f"/decisions/{decision}/courrier"
    sent = form_of(browser.get(address))
    assert [browser.post(address, data=sent).status_code for _ in range(2)] == [303, 303]
    assert "Ce courrier était déjà établi : le voici." in said(browser.get(address))
    assert len(letters.of_decision(app.extensions["database"], decision)) == 1
    # The same key is another letter for somebody else, and for another decision.
    manager = browsers("delphine")
    shown = form_of(manager.get(address))
    token = {**sent, "csrf_token": shown["csrf_token"], "apres": shown["apres"]}
    assert manager.post(address, data=token).status_code == 303
    assert [one.author for one in letters.of_decision(app.extensions["database"], decision)] == [
        "delphine", "agathe",
    ]  # fmt: skip
    other = decide(app, DECIDED["accord"])
    assert browser.post(f"/decisions/{other}/courrier", data=sent).status_code == 303
    assert len(letters.of_decision(app.extensions["database"], other)) == 1


@needs_pango
def test_two_people_do_not_make_the_same_first_letter(app: Flask, browsers: Browsers) -> None:
    decision = decide(app, DECIDED["accord"])
    address = f"/decisions/{decision}/courrier"
    mine, hers = (form_of(browsers(name).get(address)) for name in ("agathe", "delphine"))
    assert browsers("agathe").post(address, data=mine).status_code == 303
    late = browsers("delphine").post(address, data=hers)
    (made,) = letters.of_decision(app.extensions["database"], decision)
    assert (late.status_code, made.author) == (409, "agathe")
    # She sees it, and may still make another one, which is told to have replaced the first.
    assert f"Courrier {made.id}, établi" in said(late)
    assert browsers("delphine").post(address, data=form_of(late)).status_code == 303
    newest, first = letters.of_decision(app.extensions["database"], decision)
    assert (newest.author, first.id) == ("delphine", made.id)
    shown = browsers("agathe").get(address)
    links = document_fromstring(shown.text).xpath("//main//a[contains(@href, '.pdf')]/@href")
    assert links == [f"/courriers/{newest.id}.pdf", f"/courriers/{first.id}.pdf"]
    page = said(shown)
    assert page.count(f"Le courrier {newest.id} l’a remplacé.") == 1
    assert f"version {first.template} du texte. Le courrier {newest.id} l’a remplacé." in page
    # The same where both were sent at once, past what the pages look at.
    database, who = app.extensions["database"], person(app, "agathe")
    with pytest.raises(LetterError, match=f"^Le courrier {newest.id} vient d’être établi : actualisez"):
        letters.add(database, next(KEYS), who, decision, "accord", "1", b"%PDF", after=first.id)
    assert len(letters.of_decision(database, decision)) == 2


def test_the_newest_of_letters_and_decisions_comes_first(app: Flask, browsers: Browsers) -> None:
    agathe, database = browsers("agathe"), app.extensions["database"]
    first, last = decide(app, DECIDED["accord"]), decide(app, DECIDED["refus"])
    told = [one.id for one in decisions.of_client(database, KNOWN)]
    assert told[:2] == [last, first]
    assert told == sorted(told, reverse=True)
    made = [make(agathe, f"/decisions/{last}/courrier") for _ in range(3)]
    assert [one.id for one in letters.of_decision(database, last)] == made[::-1]
    assert len({*made}) == 3


def test_a_letter_without_its_key_is_not_made(app: Flask, browsers: Browsers) -> None:
    decision = decide(app, DECIDED["accord"])
    address = f"/decisions/{decision}/courrier"
    sent = form_of(browsers("agathe").get(address))
    for lacks in ("cle", "apres"):
        answer = browsers("agathe").post(address, data={**sent, lacks: ""})
        assert answer.status_code == 409
        assert "Relisez ce courrier." in said(answer)
        assert (
            "Rien n’a été établi : cette page avait changé, ou sa session. Relisez-la, puis recommencez."
        ) in said(answer)
    assert letters.of_decision(app.extensions["database"], decision) == []


def test_of_two_decisions_on_a_client_the_later_one_has_the_letter(app: Flask, browsers: Browsers) -> None:
    database, manager = app.extensions["database"], person(app, "delphine")
    first = decide(app, DECIDED["accord"])
    later = decide(app, DECIDED["refus"], waiting=True)
    refused = (
        f"La décision {later} de ce client est plus récente que la {first} : établissez le courrier de la "
        f"{later}."
    )
    assert said(browsers("delphine").get(f"/decisions/{first}/courrier")).endswith(refused)
    with pytest.raises(LetterError, match=f"^{re.escape(refused)}$"):
        letters.add(database, next(KEYS), manager, first, "accord", "1", b"%PDF")
    # What its reader sent back replaces nothing.
    decisions.read(database, later, manager, {"text": "non"}, agrees=False)
    assert "Relisez ce courrier." in said(browsers("delphine").get(f"/decisions/{first}/courrier"))


@needs_pango
@pytest.mark.parametrize("capacity", [False, True])
@pytest.mark.parametrize("name", DECIDED)
def test_every_letter_is_pdf_ua_and_says_what_the_page_says(
    app: Flask, browsers: Browsers, name: str, *, capacity: bool
) -> None:
    browser = browsers("agathe")
    decision = decide(app, DECIDED[name], capacity=HOUSEHOLD if capacity else None)
    address = f"/decisions/{decision}/courrier"
    page = document_fromstring(browser.get(address).text)
    shown = page.find_class("letter")[0]
    letter = make(browser, address)
    with pikepdf.open(io.BytesIO(browser.get(f"/courriers/{letter}.pdf").data)) as document:
        assert pdf_ua.faults(document) == []
        assert len(document.pages) == (1 if name == "pièces" else 2)
        assert re.sub(r"\s", "", pdf_ua.said(document)).replace("•", "") == re.sub(
            r"\s", "", shown.text_content()
        )
        title = shown.xpath(".//h3")[0].text_content()
        assert str(document.docinfo["/Title"]) == f"{title} – Prêt à dépenser"


@needs_pango
def test_bytes_that_are_not_those_that_were_made_are_not_given(app: Flask, browsers: Browsers) -> None:
    """What somebody changes in the file of the database itself, whatever triggers forbid."""
    browser, decision = browsers("agathe"), decide(app, DECIDED["accord"])
    letter = make(browser, f"/decisions/{decision}/courrier")
    with app.extensions["database"].connection() as connection:
        kept = connection.scalar(text("SELECT pdf FROM letter WHERE id = :id"), {"id": letter})
    with closing(app.extensions["database"].engine.raw_connection()) as raw:
        file: Any = raw
        (guard,) = file.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'letter_never_changed'"
        ).fetchone()
        file.execute("DROP TRIGGER letter_never_changed")
        file.execute("UPDATE letter SET pdf = ? WHERE id = ?", (kept[:-1] + b" ", letter))
        file.execute(guard)
        raw.commit()
    given = browser.get(f"/courriers/{letter}.pdf")
    assert given.status_code == 503
    assert "rien n’est montré plutôt qu’un chiffre faux" in said(given)


def test_a_letter_that_is_written_again_is_the_same_one(app: Flask) -> None:
    database, agathe = app.extensions["database"], person(app, "agathe")
    decision, key = decide(app, DECIDED["accord"]), next(KEYS)
    first, again = (
        letters.add(database, key, agathe, decision, "accord", "2026-11-5", one)
        for one in (b"%PDF", b"%PDF 2")
    )
    assert first == again == letters.keyed(database, key)
    assert letters.pdf(database, first) == b"%PDF"


def test_what_is_stored_is_never_changed_nor_deleted(app: Flask) -> None:
    database = app.extensions["database"]
    decision = decide(app, DECIDED["accord"])
    made = letters.add(database, next(KEYS), person(app, "agathe"), decision, "accord", "2026-11-5", b"%PDF")
    for change in (
        "UPDATE letter SET sha256 = 'x' WHERE id = :id", "UPDATE letter SET template = 'x' WHERE id = :id",
        "DELETE FROM letter WHERE id = :id",
    ):  # fmt: skip
        with pytest.raises(DBAPIError, match="append-only"), database.connection() as connection:
            connection.execute(text(change), {"id": made})
    assert letters.pdf(database, made) == b"%PDF"


def test_a_letter_whose_time_is_over_is_erased(app: Flask, browsers: Browsers) -> None:
    database = app.extensions["database"]
    decision = decide(app, DECIDED["accord"])
    made = letters.add(database, next(KEYS), person(app, "agathe"), decision, "accord", "2026-11-5", b"%PDF")
    with database.connection() as connection:
        connection.execute(text("UPDATE letter SET client = NULL, pdf = NULL WHERE id = :id"), {"id": made})
    assert letters.pdf(database, made) is None
    given = browsers("delphine").get(f"/courriers/{made}.pdf")
    assert given.status_code == 404
    assert (
        "Le contenu de ce courrier a été effacé : le temps de le garder est passé, ou le client l’a demandé."
        in said(given)
    )
    assert "Son contenu a été effacé : le temps de le garder est passé, ou le client l’a demandé." in said(
        browsers("agathe").get(f"/decisions/{decision}/courrier")
    )


# --- refused --------------------------------------------------------------------------------------


@pytest.fixture
def bare(genuine: Path, tmp_path: Path) -> Flask:
    """An application whose clients are not said to be fictitious and whose contacts are not set."""
    shutil.copytree(genuine, tmp_path / "instance", symlinks=True)
    return create_app({"INSTANCE": tmp_path / "instance", "TESTING": True})


SET = {
    "ORGANISATION_ADDRESS": "1 quai des Brumes, 29200 Brest",
    "ORGANISATION_PHONE": "02 98 00 00 00",
    "ORGANISATION_DPO": "dpo@port.example",
    "MEDIATOR_NAME": "Médiateur des banques",
    "MEDIATOR_ADDRESS": "mediateur.example",
    "CONTROLLER_NAME": "Banque du Port",
    "CONTROLLER_ADDRESS": "1 quai des Brumes, 29200 Brest",
    "REVIEW_CONTACT": "Maud Le Gall, 02 98 00 00 01",
    "PURPOSES": "étudier votre demande",
    "LEGAL_BASIS": "la préparation du contrat",
    "RECIPIENTS": "nos conseillers",
    "RETENTION": "cinq ans",
}
BUREAUX = {"EXTERNAL_BUREAUX": "Alpha, Bêta, Gamma", "BUREAUX_CONTACTS": "a.example ; b.example ; g.fr"}


def test_a_letter_is_refused_while_contacts_are_unset(bare: Flask) -> None:
    bare.config |= {
        name: value for name, value in SET.items() if name not in ("REVIEW_CONTACT", "MEDIATOR_NAME")
    }
    browser, decision = signed_in(bare, "agathe"), decide(bare, DECIDED["refus"])
    address = f"/decisions/{decision}/courrier"
    refused = (
        f"Pas de courrier possible – décision {decision} Ce courrier ne peut pas être établi : il manque le "
        "nom des organismes extérieurs (EXTERNAL_BUREAUX), le nom du médiateur (MEDIATOR_NAME), la personne "
        "qui répond des décisions (REVIEW_CONTACT) et les coordonnées des organismes extérieurs "
        "(BUREAUX_CONTACTS). Demandez à votre administrateur de définir ces réglages."
    )
    page = browser.get(address)
    assert said(page) == refused
    assert "Établir" not in page.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    answer = browser.post(address, data={"csrf_token": token[1], "cle": "a"})
    assert (answer.status_code, said(answer)) == (409, refused)
    assert letters.of_decision(bare.extensions["database"], decision) == []
    bare.config["REVIEW_CONTACT"], bare.config["MEDIATOR_NAME"] = SET["REVIEW_CONTACT"], SET["MEDIATOR_NAME"]
    for decided in DECIDED.values():
        shown = said(browser.get(f"/decisions/{decide(bare, decided)}/courrier"))
        assert "il manque le nom des organismes extérieurs (EXTERNAL_BUREAUX) et les coordonnées" in shown
    bare.config |= BUREAUX
    shown = said(browser.get(f"/decisions/{decide(bare, DECIDED['refus'])}/courrier"))
    assert "Bêta (b.example) : une note de confiance de 0," in shown
    assert "Données fictives" not in shown
    assert "sont fictifs" not in shown


# What is told of it takes more of the sheets than anything else: all of it is known, and a file was read.
HOUSEHOLD = Capacity(
    Rules(0.35, 70_000.0, 30_000.0), 202_500.0, 20_100.0, 90_000.0, 65_000.0, 90_000.0, 10_000.0,
    adults=2, children=1, filed=Filed(90_000.0, 1),
)  # fmt: skip


def test_who_keeps_the_file_of_credits_is_asked_for_where_the_capacity_alone_was_filled_from_it(
    bare: Flask,
) -> None:
    bare.config |= SET | BUREAUX
    browser, lacking = signed_in(bare, "agathe"), "il manque qui tient le fichier des crédits (CREDIT_FILE)."
    for decided in DECIDED.values():
        for capacity, holds in ((HOUSEHOLD, True), (replace(HOUSEHOLD, filed=None), False)):
            made = decide(bare, decided, capacity=capacity)
            assert (lacking in said(browser.get(f"/decisions/{made}/courrier"))) is holds
    bare.config["CREDIT_FILE"] = "Fichier des prêts, fichier.example"
    shown = said(browser.get(f"/decisions/{decide(bare, DECIDED['refus'], capacity=HOUSEHOLD)}/courrier"))
    assert (
        "Fichier des crédits (Fichier des prêts, fichier.example) : mensualités d’autres crédits : 900 € par "
        "mois ; mensualité non connue pour 1 crédit en cours"
    ) in shown


def test_the_one_setting_that_is_missing_is_named(bare: Flask) -> None:
    bare.config |= SET | BUREAUX | {"ORGANISATION_ADDRESS": ""}
    shown = said(signed_in(bare, "agathe").get(f"/decisions/{decide(bare, DECIDED['accord'])}/courrier"))
    assert shown.endswith(
        "Ce courrier ne peut pas être établi : il manque l’adresse du prêteur (ORGANISATION_ADDRESS). "
        "Demandez à votre administrateur de définir ce réglage."
    )


def test_only_a_decision_that_holds_has_a_letter(app: Flask, browsers: Browsers) -> None:
    database, manager = app.extensions["database"], browsers("delphine")
    waits = decide(app, DECIDED["accord"], waiting=True)
    back = decide(app, DECIDED["accord"], waiting=True)
    decisions.read(database, back, person(app, "delphine"), {"text": "non"}, agrees=False)
    corrected = decide(app, DECIDED["accord"])
    newer = decide(app, DECIDED["refus"], corrects=corrected)
    erased = decide(app, DECIDED["accord"])
    with database.connection() as connection:
        connection.execute(
            text("UPDATE decision SET client = NULL, content = NULL WHERE id = :id"), {"id": erased}
        )
    for decision, why in (
        (waits, f"La décision {waits} attend une seconde lecture : son courrier s’établit après elle."),
        (
            back,
            f"La seconde lecture a renvoyé la décision {back} : corrigez-la, puis établissez le courrier de "
            "la nouvelle.",
        ),
        (
            corrected,
            f"La décision {corrected} est remplacée par la décision {newer} : établissez le courrier de "
            "celle-ci.",
        ),
        (erased, f"Le contenu de la décision {erased} a été effacé : elle n’a plus de courrier."),
    ):
        page = manager.get(f"/decisions/{decision}/courrier")
        assert said(page) == f"Pas de courrier possible – décision {decision} {why}"
        with pytest.raises(LetterError):
            letters.add(database, next(KEYS), person(app, "delphine"), decision, "accord", "1", b"%PDF")
        assert letters.of_decision(database, decision) == []


def test_a_second_reader_is_named(app: Flask, browsers: Browsers) -> None:
    decision = decide(app, DECIDED["accord"], waiting=True)
    decisions.read(
        app.extensions["database"], decision, person(app, "delphine"), {"text": "oui"}, agrees=True
    )
    shown = said(browsers("agathe").get(f"/decisions/{decision}/courrier"))
    assert ": agathe. Une seconde personne, delphine, l’a relue et confirmée. Pièces vérifiées" in shown


def test_without_pango_no_letter_is_made_and_the_page_says_why(
    app: Flask, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    browser, decision = browsers("agathe"), decide(app, DECIDED["accord"])
    address = f"/decisions/{decision}/courrier"
    answer = browser.post(address, data=form_of(browser.get(address)))
    assert answer.status_code == 503
    assert (
        "La bibliothèque Pango manque sur ce serveur : installez-la avec « apt install libpango-1.0-0 "
        "libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core », puis redémarrez l’application."
    ) in said(answer)
    assert "Le courrier n’a pas été établi. Prévenez votre administrateur." in said(answer)
    assert letters.of_decision(app.extensions["database"], decision) == []


def test_a_decision_that_is_corrected_meanwhile_gets_no_letter(
    app: Flask, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, decision = browsers("agathe"), decide(app, DECIDED["accord"])
    address = f"/decisions/{decision}/courrier"
    sent = form_of(browser.get(address))

    def tagged(html: str, style: Path) -> bytes:
        decide(app, DECIDED["refus"], corrects=decision)
        return b"%PDF"

    monkeypatch.setattr(pdf, "tagged", tagged)
    answer = browser.post(address, data=sent)
    assert answer.status_code == 409
    assert said(answer).startswith(
        f"Courrier impossible La décision {decision} est remplacée par la décision {decision + 1} : "
        "établissez le courrier de celle-ci. Rien n’a été enregistré."
    )
    assert letters.of_decision(app.extensions["database"], decision) == []


# --- who may --------------------------------------------------------------------------------------


@needs_pango
def test_who_may_read_and_who_may_make(app: Flask, browsers: Browsers) -> None:
    database = app.extensions["database"]
    decision = decide(app, DECIDED["accord"], author="delphine")
    address = f"/decisions/{decision}/courrier"
    letter = make(browsers("delphine"), address)
    given = f"/courriers/{letter}.pdf"
    assert [browsers("agathe").get(one).status_code for one in (address, given)] == [403, 403]
    assert "Cette décision est d’une autre personne : un responsable peut la lire." in said(
        browsers("agathe").get(address)
    )
    assert (
        browsers("agathe").post(address, data={"cle": "a", "csrf_token": token(browsers)}).status_code == 403
    )
    assert "Ce courrier est d’une autre personne : un responsable peut le lire." in said(
        browsers("agathe").get(given)
    )
    assert [browsers("basile").get(one).status_code for one in (address, given)] == [403, 403]
    assert [browsers("camille").get(one).status_code for one in (address, given)] == [403, 403]
    open_file(app, "beatrice", KNOWN)
    auditor = browsers("beatrice")
    page = auditor.get(address)
    assert page.status_code == 200
    assert "Établir" not in page.text
    assert auditor.get(given).status_code == 200
    assert len(letters.of_decision(database, decision)) == 1
    assert [
        browsers("delphine").get(one).status_code
        for one in ("/courriers/999999.pdf", "/decisions/999999/courrier")
    ] == [404, 404]


def token(browsers: Browsers) -> str:
    """The CSRF token of agathe."""
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', browsers("agathe").get("/compte").text)
    assert found
    return found[1]


# --- reviews --------------------------------------------------------------------------------------


def reviewed(app: Flask, new: Decided | None = None, *, waiting: bool = False) -> str:
    """A review of a refusal by agathe that delphine ended, after two corrections; gives its reference."""
    database, manager = app.extensions["database"], person(app, "delphine")
    content = json.loads(json.dumps(content_of(app, decide(app, new, "delphine")))) if new else None
    decision = decide(app, DECIDED["refus"])
    reference = reviews.ask(
        database, next(KEYS), person(app, "agathe"), decision, TODAY, 30,
        {"channel": "courrier", "request": "Mon revenu est plus élevé."},
    )  # fmt: skip
    corrected = [{"label": "Revenu mensuel", "before": "2 025 €", "after": "2 500 €"}]
    step = {"proof": "bulletin", "changes": {}, "repaid": [], "corrected": corrected, "points": [462, 512]}
    first = {**step, "corrected": [{**corrected[0], "after": "2 100 €"}], "points": [462, 470]}
    for one in (first, step):
        reviews.correct(database, next(KEYS), manager, reference, one)
    made = reviews.New(next(KEYS), new.verdict, content, waiting=waiting) if new and content else None
    reviews.end(database, manager, reference, {"answer": "Votre bulletin de salaire compte."}, made)
    return reference


def content_of(app: Flask, decision: int) -> Any:
    """What a decision says."""
    found = decisions.find(app.extensions["database"], decision)
    assert found
    return found.content


@needs_pango
@pytest.mark.parametrize(
    ("new", "told", "score"),
    [
        (
            None,
            "Après réexamen, notre décision est maintenue",
            "La décision maintenue ne tient pas compte de ces corrections : rien ne peut plus être calculé "
            "de nouveau. Son score est de {points} points ; il en faut 500.",
        ),
        (
            "accord",
            "Après réexamen, notre décision change",
            "Calculé de nouveau, votre score reste de {points} points ; il en faut 500.",
        ),
        (
            "refus",
            "Après réexamen, notre réponse reste la même",
            "Calculé de nouveau, votre score reste de {points} points ; il en faut 500.",
        ),
    ],
)
def test_a_review_is_answered_by_letter(
    app: Flask, browsers: Browsers, new: str | None, told: str, score: str
) -> None:
    reference = reviewed(app, DECIDED[new] if new else None)
    found = reviews.find(app.extensions["database"], reference)
    assert found
    points = content_of(app, found.decision)["advice"]["points"]
    address = f"/revues/{reference}/courrier"
    shown = said(browsers("delphine").get(address))
    assert shown.startswith(f"Courrier de réponse au réexamen à établir – réexamen {reference} ")
    for sentence in (
        told,
        "Mon revenu est plus élevé.",
        "Votre demande a été revue par delphine, qui n’est pas la personne qui avait décidé.",
        "Votre bulletin de salaire compte.",
        "Revenu mensuel : 2 025 €, corrigé en 2 500 €",
        score.format(points=points),
        "delphine, pour Prêt à dépenser",
    ):
        assert sentence in shown
    letter = make(browsers("delphine"), address)
    with pikepdf.open(io.BytesIO(browsers("delphine").get(f"/courriers/{letter}.pdf").data)) as document:
        assert pdf_ua.faults(document) == []
        assert len(document.pages) == 2
    assert f"Votre score est de {points} points ; il en faut 500." in shown
    (made,) = letters.of_review(app.extensions["database"], reference)
    assert (made.kind, made.review, made.sha256) == (
        "revue", reference, entries(app, "letter.made")[-1]["sha256"],
    )  # fmt: skip
    # Who asked for the review reads its answer; only a manager makes it.
    assert "Établir" not in browsers("agathe").get(address).text
    assert browsers("agathe").get(f"/courriers/{letter}.pdf").status_code == 200
    assert browsers("agathe").post(address, data={"csrf_token": token(browsers)}).status_code == 403
    # An advisor who had no part in it reads neither.
    for one in (address, f"/courriers/{letter}.pdf"):
        refused = browsers("armand").get(one)
        assert refused.status_code == 403
        assert "Ce réexamen est d’une autre personne : un responsable peut le lire." in said(refused)


def test_a_new_decision_that_waits_is_not_told_yet(app: Flask, browsers: Browsers) -> None:
    reference = reviewed(app, DECIDED["accord"], waiting=True)
    shown = said(browsers("delphine").get(f"/revues/{reference}/courrier"))
    assert shown == (
        f"Pas de courrier possible – réexamen {reference} La décision {decided(app, reference)} attend une "
        "seconde lecture : son courrier s’établit après elle."
    )


def decided(app: Flask, reference: str) -> int:
    """The decision that a review made."""
    found = reviews.find(app.extensions["database"], reference)
    assert found
    assert found.end
    assert found.end.decided
    return found.end.decided


@needs_pango
@pytest.mark.parametrize("new", ["accord", "refus"])
def test_the_reply_tells_the_decision_that_stands_in_place_of_the_one_sent_back(
    app: Flask, browsers: Browsers, new: str
) -> None:
    """Corrected after its second reader sent it back: before, the client never got an answer."""
    database, armand = app.extensions["database"], person(app, "armand")
    reference = reviewed(app, DECIDED["accord"], waiting=True)
    address, sent_back = f"/revues/{reference}/courrier", decided(app, reference)
    decisions.read(database, sent_back, armand, {"text": "non"}, agrees=False)
    assert said(browsers("delphine").get(address)).endswith(
        f"La seconde lecture a renvoyé la décision {sent_back} : corrigez-la, puis établissez le courrier "
        "de la nouvelle."
    )
    corrected = decide(app, DECIDED[new], "delphine", corrects=sent_back)
    shown = said(browsers("delphine").get(address))
    told = " et remplace la précédente" if new == "refus" else ""
    assert f"Notre nouvelle décision porte le numéro {corrected}{told} : votre demande d’" in shown
    # What the reviewer had written to the client was about the decision that was sent back.
    assert "Votre bulletin de salaire compte." not in shown
    assert make(browsers("delphine"), address)
    entry = entries(app, "letter.made")[-1]
    assert (entry["review"], entry["letter_kind"]) == (reference, "revue")


def test_a_reply_is_not_made_of_a_decision_that_was_corrected_meanwhile(
    app: Flask, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = app.extensions["database"]
    reference = reviewed(app, DECIDED["accord"])
    address, first = f"/revues/{reference}/courrier", decided(app, reference)
    sent = form_of(browsers("delphine").get(address))
    made = []

    def tagged(html: str, style: Path) -> bytes:
        made.append(decide(app, DECIDED["refus"], "delphine", corrects=first))
        return b"%PDF"

    monkeypatch.setattr(pdf, "tagged", tagged)
    answer = browsers("delphine").post(address, data=sent)
    assert answer.status_code == 409
    assert (
        f"La réponse à ce réexamen dit maintenant la décision {made[0]} : actualisez la page, relisez, puis "
        "établissez le courrier." in said(answer)
    )
    assert letters.of_review(database, reference) == []


def test_a_request_is_answered_whatever_was_decided_since(app: Flask, browsers: Browsers) -> None:
    """A client who had asked for a review got no answer at all once somebody had decided anew."""
    database, manager = app.extensions["database"], person(app, "delphine")
    reference = reviewed(app)
    found = reviews.find(database, reference)
    assert found
    address = f"/revues/{reference}/courrier"
    decide(app, DECIDED["pièces"])
    assert "Cette décision est maintenue" in said(browsers("delphine").get(address))
    letters.add(database, next(KEYS), manager, found.decision, "revue", "1", b"%PDF", review=reference)
    # What was upheld is another decision now: that one is told, without what the reviewer wrote before.
    newer = decide(app, DECIDED["accord"], corrects=found.decision)
    shown = said(browsers("delphine").get(address))
    assert f"Notre nouvelle décision porte le numéro {newer} : votre demande d’" in shown
    assert "Votre bulletin de salaire compte." not in shown


def test_what_another_review_replaced_is_told_by_its_own_reply(app: Flask, browsers: Browsers) -> None:
    database = app.extensions["database"]
    reference = reviewed(app, DECIDED["accord"])
    first = decided(app, reference)
    other = reviews.ask(
        database, next(KEYS), person(app, "agathe"), first, TODAY, 30, {"request": "", "channel": ""}
    )
    content = content_of(app, first)
    new = reviews.New(next(KEYS), Verdict.REFUSE, content, waiting=False)
    users.add_user(database, "denise", "responsable", PASSWORD)
    reviews.end(database, person(app, "denise"), other, {"answer": "Non."}, new)
    assert said(browsers("delphine").get(f"/revues/{reference}/courrier")).endswith(
        f"Le réexamen {other} a remplacé la décision de celui-ci : établissez sa réponse à lui."
    )


def test_a_review_whose_time_is_over_has_no_letter(app: Flask, browsers: Browsers) -> None:
    reference = reviewed(app)
    with app.extensions["database"].connection() as connection:
        connection.execute(
            text("UPDATE review SET client = NULL, content = NULL WHERE reference = :one"), {"one": reference}
        )
    shown = said(browsers("delphine").get(f"/revues/{reference}/courrier"))
    assert shown.endswith(f"Le contenu du réexamen {reference} a été effacé : il n’a plus de réponse.")


def test_a_review_that_goes_on_has_no_letter_yet(app: Flask, browsers: Browsers) -> None:
    reference = reviews.ask(
        app.extensions["database"], next(KEYS), person(app, "agathe"), decide(app, DECIDED["refus"]), TODAY,
        30,
        {"channel": "courrier", "request": "Mon revenu est plus élevé."},
    )  # fmt: skip
    shown = said(browsers("delphine").get(f"/revues/{reference}/courrier"))
    assert shown == (
        f"Pas de courrier possible – réexamen {reference} Ce réexamen n’est pas terminé : la réponse "
        "s’établit une fois qu’il l’est."
    )
    unknown = browsers("delphine").get("/revues/REV-2026-999999/courrier")
    assert unknown.status_code == 404
    assert "Ce réexamen n’existe pas : vérifiez son numéro." in said(unknown)
    unknown = browsers("delphine").get("/courriers/999999.pdf")
    assert unknown.status_code == 404
    assert "Ce courrier n’existe pas." in said(unknown)
