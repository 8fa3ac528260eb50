"""Pages about the site itself."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

blueprint = Blueprint("site", __name__)


@blueprint.get("/accessibilite")
def accessibility() -> ResponseReturnValue:
    """The accessibility statement, after the model of the French order of 20 September 2019."""
    return render_template("pages/accessibility.html")
