"""The pages of the site, by what they are about: menus and site map follow from it, and from access.RULES."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask_login import current_user

from pretadepenser.web import access, watch


@dataclass(frozen=True)
class Place:
    """A page that is opened by its address alone.

    menu: whether the main menu has it. parts: gives label and address of the pages that it leads on to, open
    to the same roles.
    """

    label: str
    endpoint: str
    menu: bool = False
    parts: Callable[[], list[tuple[str, str]]] = list


# Title -> pages under it, in the order of the main menu.
GROUPS: Final = {
    "Les clients": (
        Place("Rechercher un client", "home.search", menu=True),
        Place("Nouveau dossier", "application.new", menu=True),
        Place("Décisions", "decision.own", menu=True),
        Place("Revues", "reviews.work_list", menu=True),
    ),
    "Le modèle": (
        Place("Le modèle", "model.overview", menu=True),
        Place("Équité", "model.fairness", menu=True),
        Place("Veille technique", "watch.report", menu=True, parts=watch.pages),
    ),
    "Contrôle": (Place("Journal", "journal.show", menu=True),),
    "Administration": (Place("Réglages", "administration.settings", menu=True),),
    "Votre compte": (
        Place("Se connecter", "auth.sign_in"),
        Place("Mon compte", "account.page"),
    ),
    "Ce site": (
        Place("Aide", "site.guide"),
        Place("Plan du site", "site.plan"),
        Place("Déclaration d’accessibilité", "site.accessibility"),
        Place("Preuves d’accessibilité", "site.evidence"),
    ),
}
MENU: Final = tuple(place for places in GROUPS.values() for place in places if place.menu)
# The pages about one client: label, endpoint.
CLIENT: Final[tuple[tuple[str, str], ...]] = (
    ("Décision", "clients.decision"),
    ("Dossier", "clients.file"),
    ("Historique de crédit", "history.show"),
    ("Comparaison", "comparison.compare"),
    ("Simulation", "simulation.simulate"),
    ("Leviers", "levers.levers"),
    ("Capacité", "capacity.show"),
    ("Fiche d’entretien", "meeting.sheet"),
    ("Décider", "decision.decide"),
)
# Those of the bar, one line on a screen of 1280 px: the file is opened from the decision, by few.
BAR: Final = tuple(one for one in CLIENT if one[1] != "clients.file")


def may_open(place: Place) -> bool:
    """Whether the page answers to whoever asks now."""
    if place.endpoint == "auth.sign_in":
        return not current_user.is_authenticated
    return access.may_open(place.endpoint)


def client_pages() -> tuple[tuple[str, str], ...]:
    """Label and endpoint of the pages about a client that whoever asks now may open, be it for some alone."""
    user = current_user._get_current_object()
    if not user.is_authenticated or user.must_change:
        return ()
    return tuple((label, endpoint) for label, endpoint in CLIENT if access.reads(endpoint, user.role))


def within_reach() -> dict[str, tuple[Place, ...]]:
    """Titles with the pages under them that answer to whoever asks now; a title without any is left out."""
    found = {title: tuple(filter(may_open, places)) for title, places in GROUPS.items()}
    return {title: places for title, places in found.items() if places}
