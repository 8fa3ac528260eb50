"""Pages about the site itself: the accessibility statement and the evidence behind it."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, render_template, send_file
from flask.typing import ResponseReturnValue
from flask_login import current_user

from pretadepenser import storage
from pretadepenser.audit import engine, pack, rgaa, sample
from pretadepenser.audit.pack import Published
from pretadepenser.records.models import Role
from pretadepenser.web.auth import roles
from pretadepenser.web.frame import AUDITORS

blueprint = Blueprint("site", __name__)


@blueprint.get("/accessibilite")
def accessibility() -> ResponseReturnValue:
    """The accessibility statement, after the model of the French order of 20 September 2019."""
    return render_template(
        "pages/accessibility.html",
        judged=rgaa.load(),
        pages=sample.load().pages,
        axe=engine.version(),
        evidence=current_user.is_authenticated and current_user.role in AUDITORS,
    )


@blueprint.get("/accessibilite/preuves")
@roles(Role.AUDITOR, Role.ADMINISTRATOR)
def evidence() -> ResponseReturnValue:
    """The last evidence pack of this installation, or how to make one."""
    try:
        found, damaged = _published(), False
    except storage.DamagedError as error:
        current_app.logger.error("%s", error)
        found, damaged = None, True
    return render_template("pages/evidence.html", found=found, damaged=damaged, judged=rgaa.load())


@blueprint.get("/accessibilite/preuves/audit.zip")
@roles(Role.AUDITOR, Role.ADMINISTRATOR)
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
    answer = send_file(found.path, "application/zip", as_attachment=True, download_name=name)
    # It quotes pages about a client: nothing keeps a copy, as of any page.
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _published() -> Published | None:
    return pack.published(current_app.config["INSTANCE"])
