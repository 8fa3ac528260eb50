"""What the lender says of itself on the meeting sheet, and what it has not said yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import current_app

from pretadepenser.credit.history.told import BUREAU
from pretadepenser.credit.portfolio import PortfolioError
from pretadepenser.credit.recourse.meeting_sheet import Bureau
from pretadepenser.settings import SETTINGS, Setting
from pretadepenser.web import resources
from pretadepenser.web.frame import fictitious_data

CREDIT_FILE: Final = "CREDIT_FILE"


@dataclass(frozen=True)
class Lender:
    """What the sheet says of the lender.

    values: every setting that the sheet shows, by name, "" where there is nothing to say; made_up: some are
    those of the demonstration; missing: what the sheet needs and lacks.
    """

    values: Mapping[str, str]
    made_up: bool
    missing: tuple[Setting, ...]

    @property
    def bureaux(self) -> tuple[Bureau, ...]:
        """The three bodies that give the external scores, empty where they are not named."""
        if not (names := self.values["EXTERNAL_BUREAUX"]):
            return ()
        contacts = self.values["BUREAUX_CONTACTS"] or " ; " * 2
        return tuple(map(Bureau, names.split(", "), contacts.split(" ; ")))


def lender() -> Lender:
    """What is set, and beside a fictitious portfolio what is made up where nothing is set."""
    asked = [setting for setting in SETTINGS if setting.on_sheet]
    given = {setting.name: str(current_app.config[setting.name]) for setting in asked}
    demo = {s.name: s.demo for s in asked if s.demo and not given[s.name]} if fictitious_data() else {}
    values = given | demo
    needed = [one for one in asked if one.label and (one.name != CREDIT_FILE or _credits_elsewhere())]
    return Lender(values, bool(demo), tuple(setting for setting in needed if not values[setting.name]))


def _credits_elsewhere() -> bool:
    """Whether the portfolio has the file of credits elsewhere, whose keeper is then to be named."""
    try:
        return BUREAU in resources.portfolio().tables
    except (resources.UnavailableError, PortfolioError):
        return False
