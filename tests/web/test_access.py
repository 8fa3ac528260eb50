"""Who may do what: every address and method, for nobody, for each role and for a system with a token.

Every status is written here by hand, none is worked out from the code: a page that becomes public, or a role
that is dropped, shows as another number. `python -m tests.web.test_access` writes it into docs/access.md.
All forms are sent with their CSRF token, so that what is refused is
refused for who asks; empty, so that nothing is changed (422 says what is missing; a simulation may be empty).
"""

import re
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pretadepenser import create_app
from pretadepenser.records import decisions, letters, reviews, tokens
from pretadepenser.records.models import Decision, Review
from pretadepenser.web import access
from tests.conftest import USERS, open_file, signed_in
from tests.web.deciding import decide, person

# `opened`: an auditor to whom the files of clients 157083 and 1 were opened from the journal; `api`: a token.
REPO = Path(__file__).parents[2]
# What is slow to make is asked for a client who does not exist: it would tell no more.
MATRIX = """
address                                                method nobody advisor manager auditor opened admin api
/                                                      GET    303    200     200     303     303    303   303
/                                                      POST   303    422     422     403     403    403   303
/connexion                                             GET    200    303     303     303     303    303   200
/connexion                                             POST   422    303     303     303     303    303   422
/session                                               GET    200    200     200     200     200    200   200
/session                                               POST   200    200     200     200     200    200   200
/compte                                                GET    303    200     200     200     200    200   303
/compte                                                POST   303    422     422     422     422    422   303
/compte/sessions/fin                                   POST   303    303     303     303     303    303   303
/compte/sessions/999999999/fin                         POST   303    303     303     303     303    303   303
/aide                                                  GET    200    200     200     200     200    200   200
/plan-du-site                                          GET    200    200     200     200     200    200   200
/accessibilite                                         GET    200    200     200     200     200    200   200
/accessibilite/preuves                                 GET    303    403     403     200     200    200   303
/accessibilite/preuves/audit.zip                       GET    303    403     403     404     404    403   303
/static/base.css                                       GET    200    200     200     200     200    200   200
/healthz                                               GET    200    200     200     200     200    200   200
/readyz                                                GET    200    200     200     200     200    200   200
/clients/157083                                        GET    303    200     200     403     200    403   303
/clients/157083/graphiques/score.svg                   GET    303    200     200     403     200    403   303
/clients/157083/graphiques/score.csv                   GET    303    200     200     403     200    403   303
/clients/157083/dossier                                GET    303    200     200     403     200    403   303
/clients/157083/historique                             GET    303    200     200     403     200    403   303
/clients/157083/historique/graphiques/paiements.svg    GET    303    404     404     403     404    403   303
/clients/157083/historique/graphiques/demandes.csv     GET    303    404     404     403     404    403   303
/clients/157083/comparaison                            GET    303    200     200     403     200    403   303
/clients/157083/comparaison/graphiques/repartition.svg GET    303    200     200     403     200    403   303
/clients/157083/comparaison/graphiques/repartition.csv GET    303    200     200     403     200    403   303
/clients/157083/simulation                             GET    303    200     200     403     403    403   303
/clients/157083/simulation                             POST   303    200     200     403     403    403   303
/clients/157083/simulation/chiffres.csv                POST   303    200     200     403     403    403   303
/clients/157083/simulation/graphiques/absent.svg       GET    303    404     404     403     403    403   303
/clients/157083/leviers                                GET    303    200     200     403     200    403   303
/clients/1/leviers/graphiques/montant.svg              GET    303    404     404     403     404    403   303
/clients/1/leviers/graphiques/montant.csv              GET    303    404     404     403     404    403   303
/clients/157083/capacite                               GET    303    200     200     403     403    403   303
/clients/157083/capacite                               POST   303    200     200     403     403    403   303
/clients/100001/decision                               GET    303    200     200     403     403    403   303
/clients/100001/decision                               POST   303    422     422     403     403    403   303
/clients/157083/entretien                              GET    303    200     200     403     200    403   303
/clients/157083/entretien/graphiques/score.svg         GET    303    200     200     403     200    403   303
/clients/157083/entretien/graphiques/score.csv         GET    303    200     200     403     200    403   303
/clients/1/entretien.pdf                               GET    303    404     404     403     404    403   303
/dossiers/nouveau                                      GET    303    200     200     403     403    403   303
/dossiers/nouveau                                      POST   303    422     422     403     403    403   303
/dossiers/nouveau/chiffres/score.csv                   POST   303    422     422     403     403    403   303
/dossiers/nouveau/graphiques/score/absent.svg          GET    303    404     404     403     403    403   303
/decisions                                             GET    303    200     200     403     403    403   303
/decisions/1                                           GET    303    200     200     403     200    403   303
/decisions/3                                           GET    303    403     200     403     200    403   303
/decisions/4                                           GET    303    200     200     403     403    403   303
/decisions/1/corriger                                  GET    303    303     303     403     403    403   303
/decisions/1/rejouer                                   POST   303    403     403     403     200    403   303
/decisions/4/reexamen                                  GET    303    200     200     403     403    403   303
/decisions/4/reexamen                                  POST   303    422     422     403     403    403   303
/decisions/1/courrier                                  GET    303    200     200     403     200    403   303
/decisions/1/courrier                                  POST   303    409     409     403     403    403   303
/courriers/1.pdf                                       GET    303    200     200     403     200    403   303
/revues                                                GET    303    403     200     403     403    403   303
/revues/decisions/2                                    GET    303    403     200     403     403    403   303
/revues/decisions/2                                    POST   303    403     422     403     403    403   303
/revues/REV-2026-000001                                GET    303    200     200     403     200    403   303
/revues/REV-2026-000001/donnees                        GET    303    403     200     403     403    403   303
/revues/REV-2026-000001/donnees                        POST   303    403     422     403     403    403   303
/revues/REV-2026-000001/issue                          GET    303    403     200     403     403    403   303
/revues/REV-2026-000001/issue                          POST   303    403     422     403     403    403   303
/revues/REV-2026-000001/courrier                       GET    303    200     200     403     200    403   303
/revues/REV-2026-000001/courrier                       POST   303    403     409     403     403    403   303
/journal                                               GET    303    403     403     200     200    403   303
/journal/entrees.csv                                   GET    303    403     403     200     200    403   303
/journal/999999999/dossier                             POST   303    403     403     404     404    403   303
/modele                                                GET    303    200     200     200     200    200   303
/modele/fiche.md                                       GET    303    200     200     200     200    200   303
/modele/graphiques/importance.svg                      GET    303    200     200     200     200    200   303
/modele/graphiques/importance.csv                      GET    303    200     200     200     200    200   303
/modele/equite                                         GET    303    403     403     200     200    200   303
/modele/equite/sexe.csv                                GET    303    403     403     200     200    200   303
/modele/equite/graphiques/accords-sexe.svg             GET    303    403     403     200     200    200   303
/modele/equite/graphiques/accords-sexe.csv             GET    303    403     403     200     200    200   303
/veille                                                GET    303    200     200     200     200    200   303
/veille/methode                                        GET    303    200     200     200     200    200   303
/veille/explications/montres                           GET    303    200     200     200     200    200   303
/veille/chiffres/absent.csv                            GET    303    404     404     404     404    404   303
/veille/images/absent.svg                              GET    303    404     404     404     404    404   303
/administration/reglages                               GET    303    403     403     403     403    200   303
/api/v1/openapi.json                                   GET    200    200     200     200     200    200   200
/api/v1/clients/157083/score                           GET    401    401     401     401     401    401   200
/api/v1/scores                                         POST   401    401     401     401     401    401   422
/n-existe-pas                                          GET    303    404     404     404     404    404   303
/deconnexion                                           POST   303    303     303     303     303    303   303
"""
# The number of a review has the year of today.
THIS_YEAR = MATRIX.replace("REV-2026", f"REV-{datetime.now(UTC).astimezone():%Y}")
HEAD, *LINES = [line.split() for line in THIS_YEAR.strip().splitlines()]
WHO = HEAD[2:]
NAMES = {
    "advisor": "agathe", "manager": "delphine", "auditor": "basile", "opened": "beatrice", "admin": "camille"
}  # fmt: skip


def visitor(app: Flask, who: str) -> FlaskClient:
    """A browser in which a user of this role is signed in; one without a user; a system with a token."""
    database = app.extensions["database"]
    if who == "opened":
        open_file(app, NAMES[who], 157_083, 1)
    if who in NAMES:
        return signed_in(app, NAMES[who])
    browser = app.test_client()
    if who == "api":
        browser.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {tokens.add_token(database, 'matrice')}"
    return browser


@pytest.fixture(scope="module")
def app(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application on a copy of this file's own, where the matrix has something to name.

    Decisions 1 to 4: agathe's, with a letter and a review; one of hers on another client that waits for a
    second reader; delphine's; agathe's on that other client, whose file is open to no auditor.
    """
    folder = shutil.copytree(untouched, tmp_path_factory.mktemp("access") / "instance", symlinks=True)
    made = create_app({"INSTANCE": folder, "TESTING": True})
    database, agathe = made.extensions["database"], person(made, "agathe")
    first = decide(made, "agathe")
    letters.add(database, "clé", agathe, first, "refus", "essai", b"%PDF-1.7")
    decide(made, "agathe", number=100_001, waiting=True)
    # Sent back: it takes the place of nothing, and the first one keeps its letter.
    back = decide(made, "delphine", waiting=True)
    decisions.read(database, back, agathe, {"text": "non"}, agrees=False)
    decide(made, "agathe", number=100_001)
    today = datetime.now(UTC).astimezone().date()
    told = {"channel": "courrier", "request": "Revoyez ma demande."}
    reviews.ask(database, "clé", agathe, first, today, 30, told, today)
    return made


@pytest.fixture
def no_token_left(app: Flask) -> Iterator[None]:
    """The token is taken away again: the instance is shared."""
    yield
    database = app.extensions["database"]
    for one in tokens.list_tokens(database):
        tokens.revoke_token(database, one.name)


@pytest.mark.usefixtures("no_token_left")
@pytest.mark.parametrize("who", WHO)
def test_everybody_gets_what_the_matrix_says(app: Flask, who: str) -> None:
    browser = visitor(app, who)
    page = browser.get("/compte" if who in NAMES else "/connexion")
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.text)
    assert found
    wanted, got = {}, {}
    for address, method, *statuses in LINES:
        wanted[f"{method} {address}"] = int(statuses[HEAD.index(who) - 2])
        body: dict[str, Any] = {"headers": {"X-CSRFToken": found[1]}}
        if address.startswith("/api/"):
            body = {"json": []}
        got[f"{method} {address}"] = browser.open(address, method=method, **body).status_code
        if method == "GET" and wanted[f"GET {address}"] != 200:
            # No way around: whoever is refused a page is refused its head.
            wanted[f"HEAD {address}"] = wanted[f"GET {address}"]
            got[f"HEAD {address}"] = browser.head(address).status_code
    assert got == wanted


def test_the_matrix_has_every_address_and_method(app: Flask) -> None:
    router = app.url_map.bind("localhost")
    listed = {
        (router.match(address, method, return_rule=True)[0].rule, method)
        for address, method, *_ in LINES
        if address != "/n-existe-pas"
    }
    served = {
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert listed == served
    assert len({(address, method) for address, method, *_ in LINES}) == len(LINES)


@pytest.mark.parametrize("who", ["nobody", "advisor", "auditor", "admin"])
def test_no_form_is_taken_without_its_token(app: Flask, who: str) -> None:
    """Asked again (422) with what was typed, sent away (303) or refused (403): never taken."""
    browser = visitor(app, who)
    forms = [address for address, method, *_ in LINES if method == "POST" and not address.startswith("/api/")]
    assert len(forms) > 15
    wanted = {address: _untaken(address, who) for address in forms}
    for token in ({}, {"csrf_token": "autre"}):
        assert {address: browser.post(address, data=token).status_code for address in forms} == wanted


def _untaken(address: str, who: str) -> int:
    """The answer to a form of this address without its token."""
    button = address.startswith(("/compte/sessions/", "/journal/"))
    if button or address.endswith(("/rejouer", "/courrier")) or address in ("/deconnexion", "/session"):
        return 400
    if address == "/connexion":
        return 422 if who == "nobody" else 303
    if who == "nobody":
        return 303
    managed = re.search(r"^/revues/|/issue$", address)
    return 422 if address == "/compte" or (who == "advisor" and not managed) else 403


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "PATCH", "DELETE"])
def test_another_method_opens_no_address_to_nobody(app: Flask, method: str) -> None:
    public = {"/connexion", "/session", "/accessibilite", "/static/base.css", "/healthz", "/readyz"}
    public |= {"/aide", "/plan-du-site"}
    answers = {}
    for address in {line[0] for line in LINES}:
        if address not in public and not address.startswith("/api/"):
            answers[address] = app.test_client().open(address, method=method).status_code
    assert len(answers) > 50
    assert set(answers.values()) == {303}


def test_what_no_rule_names_is_refused_to_everybody(instance: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A page that is added and not told of in access.RULES opens to nobody, not even under the API's path."""
    app = create_app({"INSTANCE": instance, "TESTING": True})
    for address in ("/clients/<int:number>/oubliee", "/api/v1/oubliee"):
        app.add_url_rule(address, address, lambda number=0: f"client {number}", methods=["GET", "POST"])
    assert app.test_client().get("/clients/157083/oubliee").status_code == 303
    app.logger.propagate = True
    assert app.test_client().get("/api/v1/oubliee").status_code == 403
    assert "/api/v1/oubliee n’est ouvert à personne : access.RULES n’en dit rien." in caplog.text
    for name in USERS:
        browser = signed_in(app, name)
        assert browser.get("/clients/157083/oubliee").status_code == 403
        assert browser.get("/api/v1/oubliee").status_code == 403


def test_every_endpoint_has_a_rule_and_every_rule_its_endpoint(app: Flask) -> None:
    assert sorted(access.RULES) == sorted(app.view_functions)


def test_a_rule_for_auditors_says_of_which_client_the_page_is(app: Flask) -> None:
    """Else there is nothing to ask the journal for: the page would be closed to them for ever."""
    for rule in app.url_map.iter_rules():
        if access.RULES[rule.endpoint].granted:
            assert rule.arguments & set(access.CLIENTS), rule.rule


COLUMNS = {
    "nobody": "nobody",
    "advisor": "conseiller",
    "manager": "responsable",
    "auditor": "auditeur",
    "opened": "auditeur, file opened",
    "admin": "administrateur",
    "api": "a system with a token",
}
DOCUMENT = REPO / "docs" / "access.md"
BEGINS, ENDS = "<!-- the matrix begins -->\n", "<!-- the matrix ends -->\n"


def table() -> str:
    """The matrix in Markdown."""
    heads = ["Address", "Method", *(COLUMNS[who] for who in WHO)]
    rows = [line.split() for line in MATRIX.strip().splitlines()[1:]]
    rows = [heads, ["---"] * len(heads), *([f"`{address}`", *rest] for address, *rest in rows)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def with_table(text: str) -> str:
    """The document with the matrix of today in its place."""
    before, _, rest = text.partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    return f"{before}{BEGINS}\n{table()}\n{ENDS}{after}"


def test_an_address_of_nothing_is_about_nobody(decided_app: Flask) -> None:
    """Not about the client of what comes next either: the journal would write it down there."""
    with decided_app.app_context(), decided_app.extensions["database"].connection() as connection:
        made = connection.execute(select(Decision.id, Decision.client)).all()
        reviewed = connection.execute(select(Review.reference, Review.client)).all()
    assert len(made) > 2
    assert reviewed
    with decided_app.app_context():
        assert {(given, access.CLIENTS["decision"](given)) for given, _ in made} == {
            tuple(one) for one in made
        }
        found = {(given, access.CLIENTS["reference"](given)) for given, _ in reviewed}
        assert found == {tuple(one) for one in reviewed}
        for name, nothing in (("decision", 0), ("letter", 0), ("reference", "")):
            assert access.CLIENTS[name](nothing) is None


def test_the_document_has_the_matrix_of_today() -> None:
    """Mended by `python -m tests.web.test_access`."""
    text = DOCUMENT.read_text("utf-8")
    assert BEGINS in text
    assert with_table(text) == text


if __name__ == "__main__":
    sys.stdout.write(table())
    DOCUMENT.write_text(with_table(DOCUMENT.read_text("utf-8")), "utf-8")
