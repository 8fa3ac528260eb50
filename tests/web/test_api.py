"""The API: tokens, the scores of the screen, errors that say what to do, and the contract it keeps."""

import bz2
import csv
import gzip
import io
import json
import lzma
import re
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from backports import zstd
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from lxml.html import document_fromstring
from openapi_spec_validator import OpenAPIV31SpecValidator

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import COLUMNS, TABLES
from pretadepenser.credit.model.inputs import FEATURES
from pretadepenser.records import entries, tokens
from pretadepenser.records.entries import Wanted
from pretadepenser.records.journal import Kind
from pretadepenser.web import resources

SCORES = "/api/v1/scores"
# The names of the columns, and no client.
NO_ROWS = f"{','.join(COLUMNS)}\n".encode()
CLIENT = "/api/v1/clients/157083/score"


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """An application of the test's own."""
    return make_app()


@pytest.fixture
def api(app: Flask) -> FlaskClient:
    """A system with a token."""
    browser = app.test_client()
    text = tokens.add_token(app.extensions["database"], "agence")
    browser.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {text}"
    return browser


@pytest.fixture
def rows(app: Flask) -> list[dict[str, Any]]:
    """The first clients of the portfolio, as another system would send them."""
    with app.app_context():
        portfolio = resources.portfolio()
        clients = [portfolio.client(int(number)) for number in portfolio.numbers()[:40]]
    found = [{name: one.values[name] for name in COLUMNS} for one in clients if one is not None]
    assert len(found) == 40
    return found


@pytest.fixture
def contract(app: Flask) -> dict[str, Any]:
    """The published document."""
    document: dict[str, Any] = app.test_client().get("/api/v1/openapi.json").get_json()
    return document


def validate(contract: dict[str, Any], name: str, content: object) -> None:
    """Hold a document to a schema of the contract."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": contract["components"]}
    Draft202012Validator(schema).validate(content)


TITLES = {
    400: "Demande incorrecte",
    401: "Jeton absent ou inconnu",
    404: "Introuvable",
    405: "Méthode non permise",
    413: "Demande trop grande",
    415: "Format non pris en charge",
    422: "Données refusées",
    429: "Trop de demandes",
    500: "Erreur du serveur",
    503: "Service indisponible",
}


def told(answer: Any, status: int, sentence: str, contract: dict[str, Any]) -> dict[str, Any]:
    """Hold an error to its form; give it."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    content: dict[str, Any] = answer.get_json()
    validate(contract, "Problem", content)
    assert (content["type"], content["status"], content["title"]) == ("about:blank", status, TITLES[status])
    assert sentence in content["detail"]
    return content


def test_the_contract_is_openapi_and_lists_every_address(app: Flask, contract: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(contract).validate()
    served = {
        (rule.rule.replace("<int:number>", "{number}"), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert served == {(path, method) for path, methods in contract["paths"].items() for method in methods}
    assert list(contract["components"]["schemas"]["Row"]["properties"]) == [*COLUMNS, *TABLES]


def test_a_client_s_score_is_the_one_of_the_page(
    app: Flask, api: FlaskClient, sign_in: Callable[..., object], contract: dict[str, Any]
) -> None:
    answer = api.get(CLIENT)
    assert answer.status_code == 200
    score = answer.get_json()
    validate(contract, "ExplainedScore", score)
    assert score["client"] == 157083
    browser = app.test_client()
    sign_in(browser)
    page = browser.get("/clients/157083").text
    assert f"{score['points']} points" in page.replace("\u00a0", " ")
    said = [reason["sentence"] for way in ("against", "in_favour") for reason in score["reasons"][way]]
    assert len(said) >= 3
    # A page may break a sentence into elements: its words stand there in their order.
    read = " ".join(document_fromstring(page).text_content().split())
    assert [sentence for sentence in said if " ".join(sentence.split()) not in read] == []


def test_the_journal_tells_how_many_rows_were_sent(
    app: Flask, api: FlaskClient, rows: list[dict[str, Any]]
) -> None:
    for sent, address in ((rows, SCORES), (rows[:3], f"{SCORES}?reasons=true")):
        assert api.post(address, json=sent).status_code == 200
        (last,) = entries.find(app.extensions["database"], Wanted(frozenset({Kind.API})), 1)
        told = {"actor": "jeton agence", "client": None, "page": "api.scores", "rows": len(sent)}
        assert last.content == told


def test_rows_sent_score_like_the_same_clients(
    api: FlaskClient, rows: list[dict[str, Any]], contract: dict[str, Any]
) -> None:
    for row in rows:
        validate(contract, "Row", row)
    plain = api.post(SCORES, json={"rows": rows}).get_json()
    explained = api.post(f"{SCORES}?reasons=true", json={"rows": rows}).get_json()
    assert plain["model"] == explained["model"]
    for row, score, whole in zip(rows, plain["scores"], explained["scores"], strict=True):
        validate(contract, "Score", score)
        validate(contract, "ExplainedScore", whole)
        assert score == {name: whole[name] for name in score}
        alone = api.get(f"/api/v1/clients/{row['SK_ID_CURR']}/score").get_json()
        assert whole == alone


@pytest.mark.parametrize("wrapped", [True, False], ids=["under rows", "bare"])
def test_the_list_of_rows_may_stand_alone(
    api: FlaskClient, rows: list[dict[str, Any]], contract: dict[str, Any], wrapped: bool
) -> None:
    body: Any = {"rows": rows} if wrapped else rows
    validate(contract, "ScoresRequest", body)
    answer = api.post(SCORES, json=body)
    assert answer.status_code == 200
    assert [score["client"] for score in answer.get_json()["scores"]] == [row["SK_ID_CURR"] for row in rows]


def test_csv_goes_in_and_out(api: FlaskClient, rows: list[dict[str, Any]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(COLUMNS))
    writer.writeheader()
    writer.writerows(rows)
    in_json = api.post(SCORES, json={"rows": rows}).get_json()["scores"]
    answer = api.post(SCORES, data=text.getvalue().encode(), content_type="text/csv")
    assert answer.get_json()["scores"] == in_json
    answer = api.post(
        SCORES, data=text.getvalue().encode(), content_type="text/csv", headers={"Accept": "text/csv"}
    )
    assert answer.mimetype == "text/csv"
    head, *lines, end = answer.text.split("\r\n")
    assert head == "client,granted,points,probability,limit,calibrated,close,points_low,points_high"
    assert (len(lines), end) == (40, "")
    number, truth, decimal = r"-?\d+", "(?:True|False)", r"0\.\d+"
    form = rf"{number},{truth},{number},{decimal},0\.48,{decimal},{truth},{number},{number}"
    assert [line for line in lines if not re.fullmatch(form, line)] == [], "figures for machines alone"
    written = list(csv.DictReader(io.StringIO(answer.text)))
    assert [int(line["points"]) for line in written] == [score["points"] for score in in_json]
    assert [float(line["probability"]) for line in written] == [score["probability"] for score in in_json]


def test_only_what_the_model_uses_is_needed_and_the_rest_changes_nothing(
    api: FlaskClient, rows: list[dict[str, Any]]
) -> None:
    used = dictionary.columns_of(FEATURES)
    short = [{name: row[name] for name in used} for row in rows]
    whole = api.post(SCORES, json={"rows": rows}).get_json()["scores"]
    less = api.post(SCORES, json={"rows": short}).get_json()["scores"]
    assert [one["points"] for one in less] == [one["points"] for one in whole]
    assert {one["client"] for one in less} == {None}
    needed = [name for name in used if COLUMNS[name].required]
    least = api.post(SCORES, json={"rows": [{name: rows[0][name] for name in needed}]})
    assert least.status_code == 200
    changed = [row | {"CODE_GENDER": "M", "DAYS_BIRTH": -9000, "CNT_CHILDREN": 3} for row in rows]
    other = api.post(SCORES, json={"rows": changed}).get_json()["scores"]
    assert other == whole, "protected grounds are not looked at"


def test_thousands_at_once(api: FlaskClient, rows: list[dict[str, Any]]) -> None:
    many = (rows * 60)[:2000]
    answer = api.post(SCORES, json={"rows": many})
    assert len(answer.get_json()["scores"]) == 2000


@pytest.mark.parametrize(
    "header", [None, "Bearer", "Bearer pad_faux", "Basic YTpi", "pad_faux", "Bearer " + "x" * 5000]
)
def test_no_token_no_score(app: Flask, contract: dict[str, Any], header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    for answer in (
        app.test_client().get(CLIENT, headers=headers),
        app.test_client().post(SCORES, headers=headers),
    ):
        told(answer, 401, "Donnez un jeton valable", contract)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_signed_in_browser_is_no_token(
    app: Flask, sign_in: Callable[..., object], contract: dict[str, Any]
) -> None:
    browser = app.test_client()
    sign_in(browser)
    told(browser.get(CLIENT), 401, "jeton", contract)


def test_a_revoked_token_is_refused_at_once(app: Flask, api: FlaskClient, contract: dict[str, Any]) -> None:
    assert api.get(CLIENT).status_code == 200
    tokens.revoke_token(app.extensions["database"], "agence")
    told(api.get(CLIENT), 401, "jeton", contract)


def test_a_token_has_its_limit(
    app: Flask, api: FlaskClient, contract: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_800_000_000.0 // 60 * 60 + 20
    monkeypatch.setattr(time, "time", lambda: now)
    app.config["API_REQUESTS"] = 2
    assert [api.get(CLIENT).status_code for _ in range(2)] == [200, 200]
    for _ in range(2):
        answer = api.get(CLIENT)
        told(answer, 429, "Ce jeton a fait trop de demandes cette minute : attendez.", contract)
        assert answer.headers["Retry-After"] == "40"
    now += 39
    assert api.get(CLIENT).status_code == 429
    now += 1
    assert [api.get(CLIENT).status_code for _ in range(3)] == [200, 200, 429]


def test_errors_of_address_and_method(api: FlaskClient, contract: dict[str, Any]) -> None:
    told(api.get("/api/v1/clients/999999999/score"), 404, "Aucun client", contract)
    told(api.get("/api/v1/clients/abc/score"), 404, "n’existe pas", contract)
    told(api.get("/api/v2"), 404, "n’existe pas", contract)
    answer = api.get(SCORES)
    told(answer, 405, "n’admet pas cette méthode", contract)
    assert "POST" in answer.headers["Allow"]
    told(api.get(f"/api/v1/clients/{'9' * 40}/score"), 404, "Aucun client", contract)


@pytest.mark.parametrize(
    ("body", "kind", "status", "sentence"),
    [
        (b"", "application/json", 400, "pas du JSON correct"),
        (b"{", "application/json", 400, "pas du JSON correct"),
        (b"[" * 100_000, "application/json", 400, "pas du JSON correct"),
        (b'{"rows": [{"AMT_CREDIT": NaN}]}', "application/json", 400, "pas du JSON correct"),
        (b"\xff\xfe", "application/json", 422, "pas du texte en UTF-8"),
        (
            b"\xff\xfe",
            "text/csv",
            422,
            "Les données ne sont pas du texte en UTF-8 : enregistrez-les en UTF-8.",
        ),
        (
            b"\nSK_ID_CURR,TARGET\n1,2\n",
            "text/csv",
            422,
            "Les données ne sont pas du CSV en UTF-8 séparé par des virgules, noms de colonnes en première "
            "ligne : corrigez-les puis recommencez.",
        ),
        ('[{"é": 1}]'.encode("latin-1"), "application/json", 422, "pas du texte en UTF-8"),
        ("SK_ID_CURR\n1".encode("utf-16"), "text/csv", 422, "pas du texte en UTF-8"),
        ("SK_ID_CURR,é\n1,2".encode("latin-1"), "text/csv", 422, "pas du texte en UTF-8"),
        (
            b'[{"SK_ID_CURR": 1},\n {"SK_ID_CURR": 2,}]',
            "application/json",
            400,
            "ligne 2, colonne 19 : une virgule",
        ),
        (b'[{"SK_ID_CURR": 1},]', "application/json", 400, "ligne 1, colonne 20 : une virgule est de trop"),
        (b'[{"SK_ID_CURR": 1', "application/json", 400, "le texte s’arrête trop tôt"),
        (b'[{"SK_ID_CURR": NaN}]', "application/json", 400, "colonne 17 : NaN n’existe pas"),
        (b'[{"a": -Infinity}]', "application/json", 400, "colonne 8 : -Infinity n’existe pas"),
        (b'[{"a": 1,\n"a": 2}]', "application/json", 400, 'ligne 2, colonne 1 : la clé "a" est répétée'),
        # The same key, a letter of it written as its code.
        (
            b'[{"_a": 1, "\\u005fa": 2}]',
            "application/json",
            400,
            'colonne 12 : la clé "\\u005fa" est répétée',
        ),
        (b'[{"\\u005Fa": 1, "\\u005fa": 2}]', "application/json", 400, 'la clé "\\u005fa" est répétée'),
        (b'[{"a": {"b": 1}, "c": {"b": 2}, "b": "a"}]', "application/json", 422, "errors"),
        (b'[{"\\ud800": 1}]', "application/json", 400, "colonne 4 : la moitié"),
        (b'[{"NAME_CONTRACT_TYPE": "\\uDfff"}]', "application/json", 400, "la moitié"),
        (b"[" * 40, "application/json", 400, "colonne 17 : plus de 16 niveaux"),
        (b"[" + b"9" * 5000 + b"]", "application/json", 400, "un nombre est trop long"),
        (b'"rows"', "application/json", 400, "Le corps attendu"),
        (b"{}", "application/json", 400, "Le corps attendu"),
        (b"[1]", "application/json", 400, "Le corps attendu"),
        (b"[]", "application/json", 422, "au moins un client"),
        (b'{"rows": {}}', "application/json", 400, "Le corps attendu"),
        (b'{"rows": [1]}', "application/json", 400, "Le corps attendu"),
        (b'{"rows": []}', "application/json", 422, "au moins un client"),
        (b"", "text/csv", 422, "pas du CSV"),
        (b"a,b\n1", "text/csv", 422, "errors"),
        (NO_ROWS, "text/csv", 422, "Aucune ligne : donnez au moins un client."),
        (b"<x/>", "application/xml", 415, "JSON (application/json) ou du CSV"),
    ],
)
def test_errors_of_form(
    api: FlaskClient, contract: dict[str, Any], body: bytes, kind: str, status: int, sentence: str
) -> None:
    told(api.post(SCORES, data=body, content_type=kind), status, sentence, contract)


@pytest.mark.parametrize("kind", ["application/json", "text/csv"])
def test_compressed_or_foreign_bodies_are_415(api: FlaskClient, contract: dict[str, Any], kind: str) -> None:
    packed = {"Content-Encoding": "gzip", "Content-Type": kind}
    told(api.post(SCORES, data=gzip.compress(b"[]"), headers=packed), 415, "sans le comprimer", contract)
    latin = {"Content-Type": f"{kind}; charset=iso-8859-1"}
    told(api.post(SCORES, data=b"[]", headers=latin), 415, "UTF-8", contract)


def zipped(content: bytes) -> bytes:
    """An archive of one file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("clients.json", content)
    return made.getvalue()


@pytest.mark.parametrize("kind", ["application/json", "text/csv"])
@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress, bz2.compress, lzma.compress, zipped])
def test_a_compressed_body_that_does_not_say_so_is_told(
    api: FlaskClient, contract: dict[str, Any], kind: str, pack: Callable[[bytes], bytes]
) -> None:
    answer = api.post(SCORES, data=pack(b'[{"AMT_CREDIT": 1}]'), content_type=kind)
    sentence = "Le corps est comprimé, ou un classeur : envoyez du JSON ou du CSV, sans le comprimer."
    told(answer, 415, sentence, contract)


@pytest.mark.parametrize("kind", ["application/json", "text/csv"])
def test_many_columns_are_refused_at_once(api: FlaskClient, contract: dict[str, Any], kind: str) -> None:
    """40,000 names once took 16 seconds of a worker."""
    names = [f"C{number}" for number in range(40_000)]
    body = json.dumps([dict.fromkeys(names, 1)]) if kind != "text/csv" else f"{','.join(names)}\n1\n"
    begun = time.process_time()
    content = told(api.post(SCORES, data=body.encode(), content_type=kind), 422, "errors", contract)
    assert time.process_time() - begun < 1.5
    (error,) = content["errors"]
    assert error["detail"].replace("\u202f", " ") == "40 000 colonnes, 400 sont permises"


def test_a_body_of_unknown_length_is_not_cut(app: Flask, api: FlaskClient, contract: dict[str, Any]) -> None:
    """A chunked CSV over the limit was once scored without its last rows."""
    app.config["API_ROWS"] = 2
    row = ",".join(["SK_ID_CURR", *("x" * 40 for _ in range(20))]) + "\n"
    for body in (row * 20, row * 2000):
        answer = api.post(
            SCORES,
            input_stream=io.BytesIO(body.encode()),
            content_type="text/csv",
            environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
        )
        told(answer, 413 if len(body) > 2 * 4096 else 422, "", contract)


@pytest.mark.parametrize(
    ("column", "value", "detail"),
    [
        ("AMT_CREDIT", "beaucoup", "un nombre est attendu"),
        ("AMT_CREDIT", -5, "hors des bornes admises"),
        ("AMT_CREDIT", 10**400, "nombre trop grand"),
        ("AMT_CREDIT", True, "un nombre est attendu"),
        ("AMT_CREDIT", {"€": 3}, "un nombre est attendu"),
        ("AMT_CREDIT", None, "obligatoire"),
        ("ORGANIZATION_TYPE", "Cirque", "catégorie inconnue « Cirque »"),
        ("ORGANIZATION_TYPE", 3, "un texte est attendu"),
        ("SK_ID_CURR", 1.5, "n’est pas un nombre entier"),
    ],
)
def test_a_wrong_value_is_shown_where_it_is(
    api: FlaskClient,
    rows: list[dict[str, Any]],
    contract: dict[str, Any],
    column: str,
    value: object,
    detail: str,
) -> None:
    rows[3][column] = value
    content = told(api.post(SCORES, json={"rows": rows}), 422, "errors", contract)
    (error,) = content["errors"]
    assert error["column"] == column
    assert error["row"] in {3, None}
    assert detail in error["detail"].replace("\xa0", " ")
    # One value is wrong: no other is counted.
    assert not re.search(r"\b2\b", error["detail"])


def test_wrong_columns_are_named(
    api: FlaskClient, rows: list[dict[str, Any]], contract: dict[str, Any]
) -> None:
    row = {name: value for name, value in rows[0].items() if name != "AMT_CREDIT"} | {"AMT_CREDITS": 3}
    content = told(api.post(SCORES, json={"rows": [row]}), 422, "errors", contract)
    details = " ".join(error["detail"] for error in content["errors"])
    assert "colonnes inconnues : AMT_CREDITS" in details
    assert "colonnes manquantes, dont le modèle a besoin : AMT_CREDIT" in details


def test_one_row_too_many_is_refused(
    app: Flask, api: FlaskClient, rows: list[dict[str, Any]], contract: dict[str, Any]
) -> None:
    app.config["API_ROWS"] = 30
    assert len(api.post(SCORES, json={"rows": rows[:30]}).get_json()["scores"]) == 30
    sentence = "La demande a 31 clients, 30 sont permis : envoyez-en moins."
    told(api.post(SCORES, json={"rows": rows[:31]}), 413, sentence, contract)


def test_a_row_explained_counts_as_more(
    app: Flask, api: FlaskClient, rows: list[dict[str, Any]], contract: dict[str, Any]
) -> None:
    """500 clients with their reasons at once, whatever API_ROWS says."""
    app.config["API_ROWS"] = 10
    used = [*dictionary.columns_of(FEATURES)]
    many = [{name: row[name] for name in used} for row in rows * 13][:501]
    answer = api.post(f"{SCORES}?reasons=true", json={"rows": many[:500]})
    assert len(answer.get_json()["scores"]) == 500
    sentence = "La demande a 501 clients, 500 sont permis : envoyez-en moins."
    told(api.post(f"{SCORES}?reasons=true", json={"rows": many}), 413, sentence, contract)


@pytest.mark.parametrize(("query", "size"), [("", 30 * 4096), ("?reasons=true", 500 * 4096)])
def test_a_demand_may_be_4096_bytes_a_client(
    app: Flask, api: FlaskClient, contract: dict[str, Any], query: str, size: int
) -> None:
    app.config["API_ROWS"] = 30
    whole = api.post(SCORES + query, data=b" " * size, content_type="application/json")
    told(whole, 400, "pas du JSON correct", contract)
    more = api.post(SCORES + query, data=b" " * (size + 1), content_type="application/json")
    told(more, 413, "La demande est trop grande : envoyez moins de clients à la fois.", contract)


def test_without_a_model_it_says_so(app: Flask, api: FlaskClient, contract: dict[str, Any]) -> None:
    (app.config["INSTANCE"] / "model").unlink()
    answer = api.get(CLIENT)
    told(answer, 503, "Aucun modèle n’est entraîné.", contract)
    assert answer.headers["Retry-After"] == "60"


def test_an_accident_is_told_without_a_trace(
    app: Flask, api: FlaskClient, contract: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    app.testing = False
    monkeypatch.setitem(app.config, "LIMIT", "sqlite, not a number")
    answer = api.get(CLIENT)
    content = told(answer, 500, "prévenez l’administrateur", contract)
    assert "sqlite" not in json.dumps(content).lower()


def test_reasons_are_asked_for_in_the_right_words(
    api: FlaskClient, rows: list[dict[str, Any]], contract: dict[str, Any]
) -> None:
    told(api.post(f"{SCORES}?reasons=oui", json={"rows": rows}), 400, "true ou false", contract)
    answer = api.post(f"{SCORES}?reasons=true", json={"rows": rows}, headers={"Accept": "text/csv"})
    told(answer, 400, "demandez du JSON", contract)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json; charset=us-ascii"},
        {"Content-Type": "application/json; charset=UTF-8"},
        {"Content-Type": "application/json", "Content-Encoding": "identity"},
    ],
)
def test_a_body_that_says_that_it_is_plain_is_read(
    api: FlaskClient, rows: list[dict[str, Any]], headers: dict[str, str]
) -> None:
    assert api.post(SCORES, data=json.dumps(rows[:1]), headers=headers).status_code == 200


NO_TOKEN = (
    "Donnez un jeton valable dans l’en-tête « Authorization: Bearer … » ; l’administrateur en crée avec "
    "« flask --app wsgi token add »."
)
JSON, LATIN = "application/json", "application/json; charset=iso-8859-1"


@pytest.mark.parametrize(
    ("method", "address", "sent", "status", "sentence"),
    [
        ("GET", "/api/v2", {}, 404, "Cette adresse n’existe pas : voyez /api/v1/openapi.json."),
        ("GET", SCORES, {}, 405, "Cette adresse n’admet pas cette méthode : voyez /api/v1/openapi.json."),
        ("GET", CLIENT.replace("157083", "1"), {}, 404, "Aucun client du portefeuille ne porte ce numéro."),
        ("GET", CLIENT, {"headers": {"Authorization": "Basic x"}}, 401, NO_TOKEN),
        ("POST", f"{SCORES}?reasons=oui", {"json": []}, 400, "Le paramètre « reasons » vaut true ou false."),
        (
            "POST",
            f"{SCORES}?reasons=true",
            {"json": [], "headers": {"Accept": "text/csv"}},
            400,
            "Les raisons ne s’écrivent pas en CSV : demandez du JSON.",
        ),
        (
            "POST",
            SCORES,
            {"data": "x", "content_type": "text/plain"},
            415,
            "Envoyez du JSON (application/json) ou du CSV (text/csv).",
        ),
        (
            "POST",
            SCORES,
            {"data": "x", "content_type": JSON, "headers": {"Content-Encoding": "gzip"}},
            415,
            "Envoyez le corps tel quel, sans le comprimer (Content-Encoding).",
        ),
        ("POST", SCORES, {"data": "[]", "content_type": LATIN}, 415, "Envoyez le corps en UTF-8."),
        (
            "POST",
            SCORES,
            {"json": {}},
            400,
            'Le corps attendu est {"rows": [{…}, …]} ou [{…}, …], un objet par client.',
        ),
        *(
            (
                "POST",
                SCORES,
                {"json": alone},
                400,
                'Le corps attendu est {"rows": [{…}, …]} ou [{…}, …], un objet par client.',
            )
            for alone in (5, "bureau", True, {"rows": 5})
        ),
        *(
            (
                "POST",
                SCORES,
                {"json": {"rows": [{"SK_ID_CURR": 1}], name: []}},
                400,
                f"« {name} » est à côté de « rows » : mettez-le dans l’objet du client dont il parle.",
            )
            for name in ("bureau", "POS_CASH_balance", "AMT_CREDIT")
        ),
        (
            "POST",
            SCORES,
            {"json": [{"SK_ID_CURR": 1}]},
            422,
            "Rien n’a été calculé : corrigez les données listées dans « errors ».",
        ),
        (
            "POST",
            SCORES,
            {"data": b"[1, x]", "content_type": JSON},
            400,
            "Le corps n’est pas du JSON correct, ligne 1, colonne 5 : ce n’est pas du JSON.",
        ),
        (
            "POST",
            SCORES,
            {"data": b'["\\ud800"]', "content_type": JSON},
            400,
            "Le corps n’est pas du JSON correct, ligne 1, colonne 3 : la moitié d’un caractère, sans "
            "l’autre.",
        ),
        (
            "POST",
            SCORES,
            {"data": b"[NaN]", "content_type": JSON},
            400,
            "Le corps n’est pas du JSON correct, ligne 1, colonne 2 : NaN n’existe pas en JSON, écrivez "
            "null.",
        ),
        (
            "POST",
            SCORES,
            {"data": b"[" * 17, "content_type": JSON},
            400,
            "Le corps n’est pas du JSON correct, ligne 1, colonne 17 : plus de 16 niveaux d’objets les "
            "uns dans les autres.",
        ),
        (
            "POST",
            SCORES,
            {"data": b"\xff", "content_type": JSON},
            422,
            "Le corps n’est pas du texte en UTF-8 : enregistrez-le en UTF-8.",
        ),
        (
            "POST",
            SCORES,
            {"data": b"[" + b"9" * 5000 + b"]", "content_type": JSON},
            400,
            "Le corps n’est pas du JSON correct : un nombre est trop long.",
        ),
    ],
)
def test_each_refusal_says_what_to_do(
    api: FlaskClient, method: str, address: str, sent: dict[str, Any], status: int, sentence: str
) -> None:
    answer = api.open(address, method=method, **sent)
    assert (answer.status_code, answer.get_json()["detail"]) == (status, sentence)


def test_an_accident_says_where_it_is_noted(
    app: Flask, api: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.testing = False
    monkeypatch.setitem(app.config, "LIMIT", "not a number")
    assert api.get(CLIENT).get_json()["detail"] == (
        "Une erreur est survenue, elle est notée au journal : recommencez, ou prévenez l’administrateur."
    )


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
def test_the_scheme_of_a_token_may_be_written_as_one_likes(api: FlaskClient, scheme: str) -> None:
    token = api.environ_base["HTTP_AUTHORIZATION"].partition(" ")[2]
    answer = api.get(CLIENT, headers={"Authorization": f"{scheme} {token} "})
    assert answer.status_code == 200
    assert api.get(CLIENT, headers={"Authorization": "Bearer faux"}).headers["WWW-Authenticate"] == (
        'Bearer realm="pretadepenser"'
    )


def test_an_explained_score_adds_up_from_its_reference(api: FlaskClient, rows: list[dict[str, Any]]) -> None:
    """Reasons against take points away, the strongest first; reasons in favour add them."""
    answer = api.post(f"{SCORES}?reasons=true", json=rows).get_json()
    against = 0
    for score in answer["scores"]:
        assert score["reference"] == "score moyen des clients connus du modèle"
        assert score["base_points"] + sum(one["points"] for one in score["contributions"]) == score["points"]
        assert all(one["points"] < 0 for one in score["reasons"]["against"])
        assert all(one["points"] > 0 for one in score["reasons"]["in_favour"])
        for way in ("against", "in_favour"):
            sizes = [abs(one["points"]) for one in score["reasons"][way]]
            assert sizes == sorted(sizes, reverse=True)
        against += len(score["reasons"]["against"])
    assert against >= 10


def test_the_contract_says_what_each_column_takes(contract: dict[str, Any]) -> None:
    row = contract["components"]["schemas"]["Row"]["properties"]
    shapes = {name: {key: row[name][key] for key in row[name] if key != "description"} for name in COLUMNS}
    assert shapes["SK_ID_CURR"] == {
        "type": ["integer", "null"],
        "minimum": 1,
        "maximum": 9_007_199_254_740_991,
    }
    assert shapes["AMT_CREDIT"]["type"] == ["number", "null"]
    assert shapes["AMT_CREDIT"]["minimum"] < shapes["AMT_CREDIT"]["maximum"]
    assert shapes["EXT_SOURCE_2"] == {"type": ["number", "null"], "minimum": 0, "maximum": 1}
    # 365243 stands for no employment: the code knows the range of the others.
    assert shapes["DAYS_EMPLOYED"] == {"type": ["integer", "null"]}
    assert shapes["FLAG_OWN_CAR"] == {"type": ["string", "null"], "enum": ["N", "Y", None]}
    bureau = row["bureau"]
    assert bureau["type"] == ["array", "null"]
    assert bureau["description"].endswith(
        ". Liste vide : cette personne n’y a rien. Absent ou null : personne n’a regardé."
    )
    assert "SK_ID_BUREAU" not in bureau["description"]
    assert bureau["items"]["additionalProperties"] is False
    assert bureau["items"]["required"] == [
        "CREDIT_ACTIVE", "DAYS_CREDIT", "CREDIT_TYPE", "DAYS_CREDIT_UPDATE",
    ]  # fmt: skip
    months = row["bureau_balance"]
    assert months["items"]["required"] == ["SK_ID_BUREAU", "MONTHS_BALANCE", "STATUS"]
    assert months["description"].endswith(
        ". SK_ID_BUREAU dit de quel crédit de bureau, donné lui aussi, est une ligne. Liste vide : cette "
        "personne n’y a rien. Absent ou null : personne n’a regardé."
    )
