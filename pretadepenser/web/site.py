"""Pages about the site itself: help, site map, the accessibility statement and the evidence behind it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Blueprint, abort, current_app, render_template, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from pretadepenser import storage
from pretadepenser.audit import engine, pack, rgaa, sample
from pretadepenser.audit.pack import Published
from pretadepenser.credit.peers import group
from pretadepenser.credit.portfolio import PortfolioError
from pretadepenser.credit.scale import Scale
from pretadepenser.records import passwords, recents
from pretadepenser.web import access, clients, places, resources, trail

blueprint = Blueprint("site", __name__)


@blueprint.get("/aide")
def guide() -> ResponseReturnValue:
    """What every page is for, what its words mean and which keys work, as far as whoever asks may go."""
    return render_template(
        "pages/help.html",
        **_reach(),
        kept=recents.KEPT,
        least=group.LEAST,
        shortest=passwords.MINIMUM,
        longest=passwords.MAXIMUM,
        limit=resources.limit(),
        scale=Scale,
        outcome=resources.outcome(),
    )


@blueprint.get("/plan-du-site")
def plan() -> ResponseReturnValue:
    """Every page that whoever asks may open."""
    reach = _reach()
    return render_template("pages/site_map.html", **reach, last=_last_client() if reach["clients"] else None)


@blueprint.get("/accessibilite")
def accessibility() -> ResponseReturnValue:
    """The accessibility statement, after the model of the French order of 20 September 2019."""
    return render_template(
        "pages/accessibility.html",
        judged=rgaa.load(),
        pages=sample.load().pages,
        axe=engine.version(),
        evidence=access.may_open("site.evidence"),
    )


@blueprint.get("/accessibilite/preuves")
def evidence() -> ResponseReturnValue:
    """The last evidence pack of this installation, or how to make one."""
    try:
        found, damaged = _published(), False
    except storage.DamagedError as error:
        current_app.logger.error("%s", error)
        found, damaged = None, True
    return render_template("pages/evidence.html", found=found, damaged=damaged, judged=rgaa.load())


@blueprint.get("/accessibilite/preuves/audit.zip")
def evidence_pack() -> ResponseReturnValue:
    """The pack as it was published; checked against its seal first."""
    try:
        found = _published()
    except storage.DamagedError as error:
        current_app.logger.error("%s", error)
        abort(503, description="Le dossier de preuves ne se lit pas : publiez-le à nouveau.")
    if found is None:
        abort(404, description="Aucun dossier de preuves n’est publié ici.")
    name = f"audit-accessibilite-{found.facts.day:%Y-%m-%d}.zip"
    # It quotes pages about a client: whose is journalled, it comes whole, and nothing keeps a copy.
    trail.tell(found.facts.client)
    answer = send_file(
        found.path, "application/zip", as_attachment=True, download_name=name, conditional=False
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _reach() -> dict[str, Any]:
    """The pages within reach, those about a client too, with a number as an example for who may search."""
    groups = places.within_reach()
    searches = access.may_open(access.SEARCH)
    example = None
    if searches:
        with suppress(resources.UnavailableError, PortfolioError):
            example = int(resources.portfolio().numbers()[0])
    return {"groups": groups, "clients": searches, "example": example, "client_pages": places.client_pages()}


def _last_client() -> int | None:
    """The client whom the signed-in user looked at last, of those in the portfolio; the map does without."""
    with suppress(resources.UnavailableError, PortfolioError, SQLAlchemyError):
        return next(iter(clients.seen_last()), None)
    return None


def _published() -> Published | None:
    return pack.published(current_app.config["INSTANCE"])
