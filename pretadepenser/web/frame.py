"""What every page's frame needs: navigation, French formats for eye and ear, the data notice."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import flask.templating
from flask import Flask, Response, current_app, g, request
from flask_login import current_user
from jinja2 import StrictUndefined
from jinja2.bccache import Bucket, BytecodeCache
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from pretadepenser import french, money, speech
from pretadepenser.audit import rgaa
from pretadepenser.credit.dictionary import wording
from pretadepenser.credit.portfolio import PortfolioError
from pretadepenser.credit.recourse import deadline
from pretadepenser.web import access, places, resources
from pretadepenser.web.addresses import url_for

# Category of a flashed message that says what a form has written down: the heading takes the focus before it.
DONE: Final = "done"


@dataclass(frozen=True)
class Link:
    """An entry of a navigation; current: value of aria-current ("page", or "" elsewhere)."""

    label: str
    url: str
    current: str


class FrenchSpaces(Extension):
    """Puts the no-break spaces of French punctuation into templates, once, when they are compiled."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        for token in stream:
            yield (
                Token(token.lineno, token.type, french.typeset(token.value))
                if token.type == "data"
                else token
            )


class Environment(flask.templating.Environment):
    """Jinja's, for templates that all have the same globals: each import compares them."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return self.globals if d is None else super().make_globals(d)


class Compiled(BytecodeCache):
    """Templates that this process, or the one that it was forked from, has compiled.

    gunicorn's HUP makes the application anew: those that did not change since (Jinja tells by their content)
    are not compiled again while the processor has pages to answer.
    """

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket where its template is known."""
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._known[bucket.key] = bucket.bytecode_to_string()


_compiled: Final = Compiled()


def init_app(app: Flask) -> None:
    """Give the templates their functions and filters, and make an undefined name an error."""
    app.before_request(_use_money)
    app.teardown_request(_leave_money)
    app.after_request(_for_the_ear)
    app.jinja_env.bytecode_cache = _compiled
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.add_extension(FrenchSpaces)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        typeset=french.typeset,
        number=french.number,
        amount=french.amount,
        percent=french.percent,
        part=french.part,
        compact_percent=french.compact_percent,
        points=french.points,
        date=_day,
        moment=_moment,
        difficulties=difficulties,
        probability=wording.probability,
        # A filter, which costs a template less than a call: a table has a hundred rows.
        beside=zip,
    )
    app.jinja_env.globals.update(
        plural=french.plural,
        main_navigation=main_navigation,
        client_navigation=client_navigation,
        fictitious_data=fictitious_data,
        amounts_convention=amounts_convention,
        amounts_unknown=amounts_unknown,
        accessibility=accessibility,
    )


def _day(day: datetime.date) -> str:
    """Write a date; of a moment, the one that it is where the server stands."""
    return french.date(deadline.day(day) if isinstance(day, datetime.datetime) else day)


def _moment(at: datetime.datetime) -> str:
    return french.moment(at.astimezone())


def _use_money() -> None:
    """Show and read amounts in the currency of the portfolio in use, until the end of the request."""
    with suppress(resources.UnavailableError, PortfolioError):
        g.money = money.use(resources.portfolio().money)


def _leave_money(error: BaseException | None) -> None:
    if "money" in g:
        money.leave(g.pop("money"))


def _for_the_ear(response: Response) -> Response:
    """Write the numbers of a page as speech reads them: here, so that no page or message can forget it."""
    if response.mimetype == "text/html" and response.is_sequence:
        page = response.get_data(as_text=True)
        if (written := speech.aloud(page)) != page:
            response.set_data(written)
    return response


def amounts_convention(*, short: bool = False) -> str:
    """How the amounts shown follow from those of the data, in a French sentence; short: not why."""
    used = money.in_use()
    if used.scale == 1:
        return f"Les montants sont ceux des données, en {used.noun}."
    scale = french.compact(used.scale, 9)
    if short:
        by = ", par convention" if amounts_unknown() else ""
        return french.typeset(f"Montants en {used.noun} : ceux des données divisés par {scale}{by}.")
    why = " : c’est une convention, car leur monnaie et leur échelle ne sont pas publiées"
    return french.typeset(
        f"Les montants affichés, en {used.noun}, sont ceux des données divisés par {scale}"
        f"{why if amounts_unknown() else ''}."
    )


def amounts_unknown() -> bool:
    """Whether nobody published currency, scale and period: Kaggle's, where no other was told at import."""
    return money.in_use() == money.KAGGLE


def in_words(value: object) -> str:
    """The value of a setting that is no secret, as it is set."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return french.compact(value, 6)
    return french.typeset(str(value)) if value != "" else "non défini"


def difficulties(rate: float) -> str:
    """A default rate, 0..1, as counts among 100 clients, in the lender's words for what a default is."""
    return wording.difficulties(rate, outcome=resources.outcome())


def main_navigation() -> list[Link]:
    """The pages that the signed-in user may open."""
    # Looked up once: whoever asks, what for, and what there is.
    user, shown, functions = current_user._get_current_object(), request.endpoint, current_app.view_functions
    return [
        Link(place.label, url_for(place.endpoint), _current(place, shown))
        for place in places.MENU
        if access.answers(user, place.endpoint) and place.endpoint in functions
    ]


def _current(place: places.Place, shown: str | None) -> str:
    """What `aria-current` says of a place of the menu: this page, one that it leads on to, or nothing."""
    if shown == place.endpoint:
        return "page"
    leads = place.endpoint == "watch.report" and shown == "watch.page"
    return "true" if leads else ""


def client_navigation(number: int) -> list[Link]:
    """The pages about one client that the signed-in user may open."""
    user, shown, functions = current_user._get_current_object(), request.endpoint, current_app.view_functions
    return [
        Link(label, url_for(endpoint, number=number), "page" if shown == endpoint else "")
        for label, endpoint in places.BAR
        if endpoint in functions and access.answers(user, endpoint, number)
    ]


def accessibility() -> str:
    """How far the site meets the RGAA, in the words that the law wants at the foot of every page."""
    return rgaa.load().level


def fictitious_data() -> bool:
    """Whether the clients shown are made up; a missing portfolio has its own page."""
    try:
        return resources.portfolio().fictitious
    except (resources.UnavailableError, PortfolioError):
        return False
