"""Error pages: what happened and what to do, in the frame of the site, never a stack trace."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from pretadepenser.credit.explanation.advice import AdviceError
from pretadepenser.credit.model.archive import ArchiveError
from pretadepenser.credit.model.scoring import ModelError
from pretadepenser.credit.portfolio import PortfolioError
from pretadepenser.records.decisions import DecisionError
from pretadepenser.records.letters import AlteredLetterError, LetterError
from pretadepenser.web import trail
from pretadepenser.web.access import SEARCH, ClosedFileError, may_open
from pretadepenser.web.heavy import RETRY, BusyError
from pretadepenser.web.home import SearchForm
from pretadepenser.web.resources import UnavailableError, UnknownClientError

# code: (title, what happened and what to do)
PAGES: Final = {
    400: (
        "Demande incomprise",
        "L’adresse ou le formulaire envoyé n’est pas valable. Revenez en arrière et recommencez.",
    ),
    403: (
        "Page réservée",
        "Votre compte ne permet pas d’ouvrir cette page. Si vous en avez besoin, demandez ce "
        "droit à votre administrateur.",
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
        "L’application a rencontré une erreur ; rien de ce que vous avez consulté n’a été "
        "modifié. Recommencez dans un instant. Si l’incident dure, prévenez votre administrateur.",
    ),
    503: (
        "Application en préparation",
        "L’application n’est pas encore prête à répondre. Prévenez votre administrateur.",
    ),
}
UNKNOWN: Final = (
    "Client introuvable",
    "Vérifiez ce numéro sur le dossier du client, corrigez-le, puis cherchez à nouveau.",
)
CLOSED: Final = "Dossier fermé"
DAMAGED: Final = (
    "Données indisponibles",
    "Les données de l’application ne sont pas celles qui ont été enregistrées, ou ne se lisent pas : rien "
    "n’est montré plutôt qu’un chiffre faux. Prévenez votre administrateur.",
)
NO_DATABASE: Final = (
    "Base de données indisponible",
    "L’application n’arrive pas à lire ou à écrire dans sa base de données ; rien de ce que vous avez "
    "consulté n’a été modifié. Recommencez dans un instant. Si l’incident dure, prévenez votre "
    "administrateur.",
)
UNDECIDED: Final = (
    "Décision impossible",
    "Rien n’a été enregistré. Revenez à la page du client pour voir où en est la décision.",
)
UNSENT: Final = (
    "Courrier impossible",
    "Rien n’a été enregistré. Revenez à la décision pour voir où elle en est.",
)
NOT_KEPT: Final = (
    "Décision non enregistrée",
    "Rien n’a été enregistré. Revenez en arrière : ce que vous avez saisi y est encore. Si l’incident dure, "
    "prévenez votre administrateur.",
)
BUSY: Final = (
    "Trop de demandes en même temps",
    "L’application fait déjà d’autres calculs longs. Recommencez dans quelques secondes.",
)
EXPIRED: Final = (
    "Formulaire périmé",
    "Ce formulaire est resté ouvert trop longtemps, ou votre session a changé. "
    "Revenez à la page précédente, actualisez-la, puis envoyez-le à nouveau.",
)


def init_app(app: Flask) -> None:
    """Answer every error with a page of the site (the API has its own form of errors)."""
    app.register_error_handler(CSRFError, lambda error: _page(400, *EXPIRED))
    app.register_error_handler(UnknownClientError, _unknown_client)
    app.register_error_handler(ClosedFileError, lambda error: _page(403, CLOSED, error.description))
    app.register_error_handler(BusyError, _busy)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(UnavailableError, _not_ready)
    for kind in (PortfolioError, ModelError, AdviceError, AlteredLetterError):
        app.register_error_handler(kind, _damaged)
    app.register_error_handler(DecisionError, lambda error: _page(409, *UNDECIDED, str(error)))
    app.register_error_handler(LetterError, lambda error: _page(409, *UNSENT, str(error)))
    app.register_error_handler(ArchiveError, _not_kept)
    app.register_error_handler(SQLAlchemyError, _no_database)
    app.register_error_handler(500, lambda error: _page(500, *PAGES[500]))


def _http(error: HTTPException) -> Response:
    code = error.code or 500
    if code < 400:
        return make_response(error.get_response())
    title, advice = PAGES.get(code, PAGES[400 if code < 500 else 500])
    # A description of our own is a sentence with its full stop; werkzeug's English is not for our readers.
    given = error.description if error.description != type(error).description else None
    response = _page(code, title, advice, given or "")
    for name, value in error.get_headers(request.environ):
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _unknown_client(error: UnknownClientError) -> Response:
    if not may_open(SEARCH):
        return _page(404, UNKNOWN[0], error.description or "")
    # The wrong number stands in the form: a slip of the finger is quicker mended than typed anew.
    search = SearchForm(formdata=None, data={"numero": str(error.number)})
    return _page(404, *UNKNOWN, error.description or "", search)


def _busy(error: BusyError) -> Response:
    response = _page(503, *BUSY)
    response.headers["Retry-After"] = str(RETRY)
    return response


def _not_ready(error: Exception) -> Response:
    current_app.logger.error("%s", error)
    return _page(503, *PAGES[503], str(error))


def _no_database(error: Exception) -> Response:
    current_app.logger.error("Base de données : %s", error)
    # Who is signed in is not known without the database: the page is that of nobody.
    g._login_user = AnonymousUserMixin()
    response = _page(503, *NO_DATABASE)
    response.headers["Retry-After"] = "30"
    return response


def _not_kept(error: Exception) -> Response:
    current_app.logger.error("%s", error)
    return _page(503, *NOT_KEPT, str(error))


def _damaged(error: Exception) -> Response:
    # Which file it is stands in the log and on the command line, for those who can mend it.
    current_app.logger.error("%s", error)
    return _page(503, *DAMAGED)


def _page(
    code: int, title: str, advice: str, precisely: str = "", search: SearchForm | None = None
) -> Response:
    trail.tell_nothing()
    page = render_template(
        "pages/error.html", code=code, title=title, advice=advice, precisely=precisely, search=search
    )
    return make_response(page, code)
