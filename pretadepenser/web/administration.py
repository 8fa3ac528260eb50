"""The page of settings, for administrators: what each is for, what it is now, and what the sheet lacks."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from pretadepenser import french
from pretadepenser.config import FILE, PREFIX
from pretadepenser.settings import SETTINGS, Setting
from pretadepenser.web.frame import in_words
from pretadepenser.web.lender import Lender, lender

blueprint = Blueprint("administration", __name__, url_prefix="/administration")

KEPT_BACK = "défini, jamais montré"
# One of them at least must say whom to tell about a page that cannot be read.
CONTACTS = ("ACCESSIBILITY_EMAIL", "ORGANISATION_EMAIL", "ORGANISATION_PHONE", "ORGANISATION_ADDRESS")


@dataclass(frozen=True)
class Line:
    """A setting as the page shows it: name, what it is for, its value in words."""

    name: str
    purpose: str
    value: str


@blueprint.get("/reglages")
def settings() -> ResponseReturnValue:
    """List the settings: those that the meeting sheet lacks, those it shows, and the others."""
    told = lender()
    return render_template(
        "pages/settings.html",
        prefix=PREFIX,
        file=FILE,
        lender=told,
        missing=told.missing,
        on_sheet=[
            _line(setting, told) for setting in SETTINGS if setting.on_sheet and setting not in told.missing
        ],
        reachable=any(current_app.config[name] for name in CONTACTS),
        others=[_line(setting, told) for setting in SETTINGS if not setting.on_sheet],
    )


def _line(setting: Setting, told: Lender) -> Line:
    return Line(setting.name, setting.purpose, _value(setting, told))


def _value(setting: Setting, told: Lender) -> str:
    """The value in words; a secret, or an address that may hold a password, is never shown."""
    if setting.secret:
        return KEPT_BACK
    value = current_app.config[setting.name]
    if setting.name in told.values and str(value) != told.values[setting.name]:
        return french.typeset(f"{told.values[setting.name]} (exemple de la démonstration)")
    return in_words(value)
