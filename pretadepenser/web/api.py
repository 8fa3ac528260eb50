"""The API for the organisation's other systems: bearer tokens, the scores of the screen, problem+json errors.

The contract is `openapi.json` beside this file, completed with the columns, and served at
/api/v1/openapi.json; tests hold the code to it.
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from gunicorn.http.errors import ParseException
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from pretadepenser.credit import dictionary
from pretadepenser.credit.explanation import batch, reasons
from pretadepenser.credit.explanation.reasons import Explanation, Part, Reason
from pretadepenser.credit.intake.recognition import ARCHIVES
from pretadepenser.credit.model.scoring import ModelError
from pretadepenser.credit.portfolio import PortfolioError
from pretadepenser.records import tokens
from pretadepenser.web import heavy, resources, strict_json, trail
from pretadepenser.web.auth import API, database
from pretadepenser.web.strict_json import JsonError

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
PROBLEM = "application/problem+json"
REFERENCE = "score moyen des clients connus du modèle"
# Kaggle's 122 columns take some 3 kB a row in JSON.
BYTES_A_ROW = 4096
# A row explained costs some hundred times a row scored.
EXPLAINED_ROWS = 500

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
DETAILS = {
    404: "Cette adresse n’existe pas : voyez /api/v1/openapi.json.",
    405: "Cette adresse n’admet pas cette méthode : voyez /api/v1/openapi.json.",
    413: "La demande est trop grande : envoyez moins de clients à la fois.",
    503: "Le portefeuille ou le modèle est inutilisable : prévenez l’administrateur.",
    500: "Une erreur est survenue, elle est notée au journal : recommencez, ou prévenez l’administrateur.",
}


class ApiError(Exception):
    """An error of a request, as RFC 9457 has it; `detail` is one French sentence."""

    def __init__(
        self, status: int, detail: str, errors: Sequence[dict[str, Any]] = (), wait: int | None = None
    ) -> None:
        # All of them, so that it comes whole out of another process.
        super().__init__(status, detail, errors, wait)
        self.status, self.detail, self.errors, self.wait = status, detail, errors, wait


def init_app(app: Flask) -> None:
    """Have every error under /api/ told as problem+json, those of routing too."""
    app.after_request(_no_page)


@blueprint.get("/openapi.json")
def openapi() -> ResponseReturnValue:
    """Give the contract; it holds no data and needs no token."""
    return Response(_contract(), mimetype="application/json")


@blueprint.get("/clients/<int:number>/score")
def client_score(number: int) -> ResponseReturnValue:
    """Score a client of the portfolio, with the reasons of the decision page."""
    portfolio, model = resources.portfolio(), resources.model()
    client = portfolio.client(number)
    if client is None:
        raise ApiError(404, "Aucun client du portefeuille ne porte ce numéro.")
    explained = reasons.explain(model, portfolio, client.values, resources.limit(), number)
    return jsonify(_with_reasons(explained))


@blueprint.post("/scores")
def scores() -> ResponseReturnValue:
    """Score rows that are sent, as JSON or CSV; answer in JSON, or in CSV where that is accepted."""
    wanted = _reasons_wanted()
    types = ["application/json", "text/csv"]
    as_csv = request.accept_mimetypes.best_match(types, default=types[0]) == "text/csv"
    if wanted and as_csv:
        raise ApiError(400, "Les raisons ne s’écrivent pas en CSV : demandez du JSON.")
    allowed = EXPLAINED_ROWS if wanted else current_app.config["API_ROWS"]
    _check_type()
    with heavy.slot():
        body = _body(BYTES_A_ROW * allowed)
        text, rows = heavy.call("api", _answer, body, request.mimetype == "text/csv", allowed, wanted, as_csv)
    trail.tell(rows=rows)
    return Response(text, mimetype="text/csv" if as_csv else "application/json")


def _answer(body: bytes, from_csv: bool, allowed: int, wanted: bool, as_csv: bool) -> tuple[str, int]:
    """Score what was sent, as text to send back, and count its rows. All of it happens in a process apart."""
    model, limit = resources.model(), resources.limit()
    table = _table(body, from_csv)
    if table.num_rows > allowed:
        raise ApiError(
            413, f"La demande a {table.num_rows} clients, {allowed} sont permis : envoyez-en moins."
        )
    if wanted:
        explained = batch.explain_table(model, resources.portfolio(), table, limit)
        documents = [_with_reasons(one) for one in explained]
    else:
        documents = [batch.document(one) for one in batch.score_table(model, table, limit)]
    if as_csv:
        return _csv(documents), len(documents)
    return jsonify(model=model.sha256, scores=documents).get_data(as_text=True), len(documents)


@blueprint.before_request
def _authenticate() -> None:
    if request.endpoint == "api.openapi":
        return
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    token = tokens.find_token(database(), text.strip()) if scheme.casefold() == "bearer" else None
    if token is None:
        raise ApiError(
            401,
            "Donnez un jeton valable dans l’en-tête « Authorization: Bearer … » ; l’administrateur en crée "
            "avec « flask --app wsgi token add ».",
        )
    g.token = token.name
    if wait := tokens.count_use(database(), token, current_app.config["API_REQUESTS"]):
        raise ApiError(429, "Ce jeton a fait trop de demandes cette minute : attendez.", wait=wait)


@blueprint.errorhandler(ApiError)
def _problem(problem: ApiError) -> Response:
    return _document(problem.status, problem.detail, problem.errors, problem.wait)


@blueprint.errorhandler(batch.RowsError)
def _rows_error(error: batch.RowsError) -> Response:
    problems = error.problems
    detail = (
        "Rien n’a été calculé : corrigez les données listées dans « errors »." if problems else str(error)
    )
    errors = [
        {"row": one.line, "column": one.column, "detail": one.what, "rows": one.lines} for one in problems
    ]
    return _document(422, detail, errors)


@blueprint.errorhandler(resources.UnavailableError)
def _unavailable(error: resources.UnavailableError) -> Response:
    return _document(503, str(error), wait=60)


@blueprint.errorhandler(SQLAlchemyError)
def _no_database(error: SQLAlchemyError) -> Response:
    current_app.logger.error("Base de données : %s", error)
    return _document(503, "La base de données ne répond pas : recommencez dans un instant.", wait=30)


@blueprint.errorhandler(PortfolioError)
@blueprint.errorhandler(ModelError)
def _damaged(error: Exception) -> Response:
    # Which file it is stands in the log and on the command line, for those who can mend it.
    current_app.logger.error("%s", error)
    return _document(503, DETAILS[503], wait=60)


@blueprint.errorhandler(heavy.BusyError)
def _busy(error: heavy.BusyError) -> Response:
    return _document(503, str(error.description), wait=heavy.RETRY)


@blueprint.errorhandler(HTTPException)
def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    return _document(status, DETAILS.get(status, DETAILS[500]))


def _no_page(response: Response) -> Response:
    """Replace the HTML page of an error that no view of this blueprint raised."""
    if request.path.startswith(API) and response.status_code >= 400 and response.mimetype != PROBLEM:
        status = response.status_code
        told = _document(status, DETAILS.get(status, DETAILS[500]))
        if "Allow" in response.headers:
            told.headers["Allow"] = response.headers["Allow"]
        return told
    return response


def _document(
    status: int, detail: str, errors: Sequence[dict[str, Any]] = (), wait: int | None = None
) -> Response:
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status, TITLES[400 if status < 500 else 500]),
        "status": status,
        "detail": detail,
    }
    if errors:
        content["errors"] = list(errors)
    response = Response(json.dumps(content, ensure_ascii=False), status, mimetype=PROBLEM)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="pretadepenser"'
    if wait is not None:
        response.headers["Retry-After"] = str(wait)
    return response


def _reasons_wanted() -> bool:
    value = request.args.get("reasons", "false")
    if value not in {"true", "false"}:
        raise ApiError(400, "Le paramètre « reasons » vaut true ou false.")
    return value == "true"


def _check_type() -> None:
    if request.mimetype not in ("text/csv", "application/json"):
        raise ApiError(415, "Envoyez du JSON (application/json) ou du CSV (text/csv).")
    if request.content_encoding not in (None, "", "identity"):
        raise ApiError(415, "Envoyez le corps tel quel, sans le comprimer (Content-Encoding).")
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8", "us-ascii"):
        raise ApiError(415, "Envoyez le corps en UTF-8.")


def _table(body: bytes, from_csv: bool) -> pa.Table:
    if body.startswith(ARCHIVES):
        raise ApiError(
            415, "Le corps est comprimé, ou un classeur : envoyez du JSON ou du CSV, sans le comprimer."
        )
    if from_csv:
        return batch.table_of_csv(body, resources.model())
    try:
        content = strict_json.loads(body)
    except JsonError as error:
        raise ApiError(422 if "UTF-8" in str(error) else 400, str(error)) from error
    rows = content
    if isinstance(content, dict):
        rows = content.get("rows")
        if rows and (beside := [one for one in (*dictionary.TABLES, *dictionary.COLUMNS) if one in content]):
            told = f"« {beside[0]} » est à côté de « rows » : mettez-le dans l’objet du client dont il parle."
            raise ApiError(400, told)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ApiError(400, 'Le corps attendu est {"rows": [{…}, …]} ou [{…}, …], un objet par client.')
    return batch.table_of_rows(rows, resources.model())


def _body(limit: int) -> bytes:
    """The body, read no further than one byte past `limit`, also where it does not say how long it is."""
    request.max_content_length = limit + 1
    try:
        body = request.get_data()
    except (OSError, ParseException) as error:  # cut off, too slow, or in chunks that are none
        raise ApiError(400, "Le corps n’est pas arrivé entier : envoyez-le à nouveau.") from error
    if len(body) > limit:
        raise ApiError(413, DETAILS[413])
    return body


def _with_reasons(explained: Explanation) -> dict[str, Any]:
    return batch.document(explained.score) | {
        "base_points": explained.base_points,
        "reference": REFERENCE,
        "contributions": [_contribution(part) for part in explained.parts],
        "reasons": {
            "against": [_reason(one) for one in explained.against],
            "in_favour": [_reason(one) for one in explained.in_favour],
        },
    }


def _contribution(part: Part) -> dict[str, Any]:
    """What is told as one, and the columns and derived figures that it is made of."""
    return {
        "label": part.label,
        "text": part.text,
        "points": part.points,
        "members": [
            {"name": one.name, "label": one.label, "text": one.text, "points": one.points}
            for one in part.members
        ],
    }


def _reason(one: Reason) -> dict[str, Any]:
    values = asdict(one)
    values["names"] = list(one.names)
    return values


def _csv(documents: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(documents[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(documents)
    return text.getvalue()


@cache
def _contract() -> str:
    """The contract with the columns of the dictionary as the schema of a row."""
    contract = json.loads((Path(__file__).parent / "openapi.json").read_text(encoding="utf-8"))
    contract["components"]["schemas"]["Row"]["properties"] = {
        **{name: _schema(column) for name, column in dictionary.COLUMNS.items()},
        **{name: _history_schema(table) for name, table in dictionary.TABLES.items()},
    }
    return json.dumps(contract, ensure_ascii=False, indent=1)


def _history_schema(table: dictionary.Table) -> dict[str, Any]:
    """Rows of a history table, within the row of the person whose they are."""
    through = None if isinstance(table.owner, str) else table.owner
    belongs = (
        f" {through[1]} dit de quel crédit de {through[0]}, donné lui aussi, est une ligne."
        if through
        else ""
    )
    return {
        "description": (
            f"{table.label}.{belongs} Liste vide : cette personne n’y a rien. Absent ou null : personne n’a "
            "regardé."
        ),
        "type": ["array", "null"],
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": [
                column.name
                for column in table.columns.values()
                if column.required
                and (column.kind is not dictionary.Kind.IDENTIFIER or (through and column.name == through[1]))
            ],
            "properties": {name: _schema(column) for name, column in table.columns.items()},
        },
    }


def _schema(column: dictionary.Column) -> dict[str, Any]:
    schema: dict[str, Any] = {"description": f"{column.label}. {column.meaning}"}
    if column.textual:
        return schema | {"type": ["string", "null"], "enum": [*(column.categories or ()), None]}
    schema["type"] = ["integer" if column.integer else "number", "null"]
    # Where a column has a sentinel beyond its range, the code alone knows the range.
    if column.sentinel is None:
        bounds = {"minimum": column.minimum, "maximum": column.maximum}
        schema |= {name: bound for name, bound in bounds.items() if bound is not None}
    return schema
