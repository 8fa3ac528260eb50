"""The pages of the site, by what they are about, and who may open each: menus and site map follow from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask_login import current_user

from pretadepenser.records.models import Role
from pretadepenser.web import auth, watch

EVERYONE: Final = frozenset(Role)
ADMINISTRATORS: Final = frozenset({Role.ADMINISTRATOR})
AUDITORS: Final = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})


@dataclass(frozen=True)
class Place:
    """A page that is opened by its address alone.

    who: the roles that may open it; None: anybody, signed in or not. menu: whether the main menu has it.
    parts: gives label and address of the pages that it leads on to, open to the same roles.
    """

    label: str
    endpoint: str
    who: frozenset[Role] | None = EVERYONE
    menu: bool = False
    parts: Callable[[], list[tuple[str, str]]] = list


# Title -> pages under it, in the order of the main menu.
GROUPS: Final = {
    "Les clients": (
        Place("Rechercher un client", "home.search", menu=True),
        Place("Nouveau dossier", "application.new", menu=True),
    ),
    "Le modèle": (
        Place("Le modèle", "model.overview", menu=True),
        Place("Équité", "model.fairness", AUDITORS, menu=True),
        Place("Veille technique", "watch.report", menu=True, parts=watch.pages),
    ),
    "Administration": (Place("Réglages", "administration.settings", ADMINISTRATORS, menu=True),),
    "Votre compte": (
        Place("Se connecter", "auth.sign_in", frozenset()),
        Place("Mon compte", "account.page"),
    ),
    "Ce site": (
        Place("Aide", "site.guide", None),
        Place("Plan du site", "site.plan", None),
        Place("Déclaration d’accessibilité", "site.accessibility", None),
        Place("Preuves d’accessibilité", "site.evidence", AUDITORS),
    ),
}
MENU: Final = tuple(place for places in GROUPS.values() for place in places if place.menu)
# The pages about one client: label, endpoint.
CLIENT: Final = (
    ("Décision", "clients.decision"),
    ("Historique de crédit", "history.show"),
    ("Comparaison", "comparison.compare"),
    ("Simulation", "simulation.simulate"),
    ("Leviers", "levers.levers"),
    ("Capacité", "capacity.show"),
    ("Fiche d’entretien", "meeting.sheet"),
)


def may_open(place: Place) -> bool:
    """Whether the page answers to whoever asks now."""
    if place.who is None:
        return True
    user = current_user._get_current_object()  # the proxy would look it up three times
    if not user.is_authenticated:
        return place.endpoint == "auth.sign_in"
    if user.must_change:
        return place.endpoint in auth.BEFORE_CHANGE
    return user.role in place.who


def within_reach() -> dict[str, tuple[Place, ...]]:
    """Titles with the pages under them that answer to whoever asks now; a title without any is left out."""
    found = {title: tuple(filter(may_open, places)) for title, places in GROUPS.items()}
    return {title: places for title, places in found.items() if places}
