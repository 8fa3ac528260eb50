"""The journal for auditors: what was done, by whom, to whose file; reading it is journalled as well.

Its whole state is in the address: the trail of a person or of a client is the same page with one filter.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import SelectChoice, SelectField, StringField, ValidationError

from pretadepenser import french
from pretadepenser.charts.chart import NOTHING, never_run
from pretadepenser.records import entries, grants, names
from pretadepenser.records.entries import COUNTED, Entry, Wanted
from pretadepenser.web import headings, journal_words, trail
from pretadepenser.web.auth import database
from pretadepenser.web.home import LONGEST

blueprint = Blueprint("journal", __name__, url_prefix="/journal")

EACH: Final = 50
DATE: Final = "Écrivez la date en chiffres, par exemple 26/11/2026."
# Larger than the number of any entry, smaller than what databases take.
_LARGEST: Final = 2**53


class JournalForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Which entries. Sent by GET: it changes nothing."""

    class Meta:
        """A GET form has no token to protect, and none must show in its address."""

        csrf = False

    quoi = SelectField("Ce qui s’est passé", validate_choice=False)
    qui = StringField(
        "Qui",
        description="Un identifiant, « jeton » et son nom, « commande » ou « serveur ».",
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    client = StringField("Numéro de client", render_kw={"inputmode": "numeric", "autocomplete": "off"})
    du = StringField("À partir du", description="Par exemple 26/11/2026.", render_kw={"autocomplete": "off"})
    au = StringField(
        "Jusqu’au", description="Ce jour compris, par exemple 30/11/2026.", render_kw={"autocomplete": "off"}
    )

    def __init__(self, given: MultiDict[str, str]) -> None:
        super().__init__(formdata=given)
        self.quoi.choices = [
            SelectChoice("", "Tout"),
            *(
                SelectChoice(value, label, optgroup=family)
                for family, value, label in journal_words.choices()
            ),
        ]
        self.since: datetime | None = None
        self.until: datetime | None = None
        self.number: int | None = None

    def validate_quoi(self, field: SelectField) -> None:
        """Raise ValidationError for what no entry is."""
        if field.data and not journal_words.kinds(field.data):
            raise ValidationError("Ce choix n’est pas dans la liste : choisissez-en un autre.")

    def validate_client(self, field: StringField) -> None:
        """Raise ValidationError for what is no number."""
        typed = re.sub(r"\s", "", field.data or "")
        if typed and not re.fullmatch(rf"[0-9]{{1,{LONGEST}}}", typed):
            raise ValidationError("Un numéro de client n’a que des chiffres : enlevez les autres caractères.")
        self.number = int(typed) if typed else None

    def validate_du(self, field: StringField) -> None:
        """Raise ValidationError for what is no date."""
        day = _day(field.data)
        self.since = _midnight(day) if day else None

    def validate_au(self, field: StringField) -> None:
        """Raise ValidationError for what is no date, or one before the first."""
        day = _day(field.data)
        self.until = _midnight(day + timedelta(days=1)) if day else None
        if self.since and self.until and self.until <= self.since:
            raise ValidationError("Cette date est avant la première : échangez-les, ou videz-en une.")

    def wanted(self) -> Wanted:
        """What is looked for, once the form is valid."""
        return Wanted(
            journal_words.kinds(self.quoi.data or ""), self.since, self.until, self.actor, self.number
        )

    @property
    def actor(self) -> str:
        """Whose entries, as the journal names them; "" for everybody's."""
        return names.normalise(self.qui.data or "")

    @property
    def filters(self) -> dict[str, str]:
        """What was typed, as the address of the same search has it."""
        typed = ((name, (field.data or "").strip()) for name, field in self._fields.items())
        return {name: value for name, value in typed if value}


@dataclass(frozen=True)
class Row:
    """An entry as the page shows it. file: whether the client's file may be opened from it."""

    number: int
    at: str
    who: str
    what: str
    details: str
    client: int | None
    erased: bool
    file: bool


@blueprint.get("")
def show() -> ResponseReturnValue:
    """Show the entries that are looked for, the newest first, fifty at a time."""
    form = JournalForm(MultiDict(request.args))
    if not form.validate():
        return _page(form, Wanted(), [], 0), 422
    wanted = form.wanted()
    before, after = (_number(name) for name in ("avant", "apres"))
    trail.tell(wanted.client, **_searched(form))
    # One more than is shown tells whether there is more.
    found = entries.find(database(), wanted, EACH + 1, before=before, after=after)
    more = len(found) > EACH
    shown = found[-EACH:] if after is not None else found[:EACH]
    older = bool(shown) and (more if after is None else True)
    newer = bool(shown) and (before is not None if after is None else more)
    count = entries.count(database(), wanted)
    return _page(form, wanted, shown, count, older=older, newer=newer)


@blueprint.get("/entrees.csv")
def spreadsheet() -> ResponseReturnValue:
    """Give all entries that are looked for, where they are not too many."""
    form = JournalForm(MultiDict(request.args))
    if not form.validate():
        return _page(form, Wanted(), [], 0), 422
    wanted = form.wanted()
    trail.tell(wanted.client, **_searched(form))
    found = entries.find(database(), wanted, COUNTED + 1)
    if len(found) > COUNTED:
        form.du.errors = [f"Il y a plus de {french.number(COUNTED)} entrées : choisissez des dates."]
        return _page(form, wanted, [], len(found)), 422
    response = Response(_csv(found), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="journal.csv"'
    return response


def _page(
    form: JournalForm,
    wanted: Wanted,
    shown: Sequence[Entry],
    count: int,
    *,
    older: bool = False,
    newer: bool = False,
) -> str:
    about = [f"client {wanted.client}"] if wanted.client is not None else []
    if wanted.actor:
        about.insert(0, wanted.actor)
    reasons = grants.reasons(database(), shown, current_user.name)
    return render_template(
        "pages/journal.html",
        heading=headings.journal(count, COUNTED, about) if not form.errors else "Journal",
        form=form,
        filters=form.filters,
        rows=[_row(entry, entry.number in reasons) for entry in shown],
        count=0 if form.errors else count,
        few=count <= COUNTED,
        most=COUNTED,
        older=older,
        newer=newer,
        answered=bool(request.args) and not form.errors,
    )


def _row(entry: Entry, file: bool) -> Row:
    return Row(
        number=entry.number,
        at=french.moment(entry.at.astimezone()),
        who=entry.actor or "",
        what=journal_words.label(entry.kind),
        details=journal_words.details(entry),
        client=entry.client,
        erased=entry.content is None,
        file=file,
    )


def _csv(found: Sequence[Entry]) -> str:
    """The entries for a French spreadsheet: their moments in UTC, what they tell as JSON, their hashes."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(["Entrée", "Date (UTC)", "Qui", "Quoi", "Nature", "Client", "Contenu", "Empreinte"])
    for one in found:
        told = "effacé" if one.content is None else journal_words.as_json(one.content)
        cells = [f"{one.at:%Y-%m-%d %H:%M:%S}", one.actor or "", journal_words.label(one.kind), one.kind]
        client = NOTHING if one.client is None else one.client
        writer.writerow([one.number, *map(never_run, cells), client, never_run(told), one.hash])
    return "\ufeff" + text.getvalue()


def _searched(form: JournalForm) -> dict[str, Any]:
    """What the entry of this reading tells: what was looked for."""
    return {"filter": form.filters} if form.filters else {}


def _number(name: str) -> int | None:
    """A number of an entry in the address, None where there is none."""
    number = request.args.get(name, type=int)
    return number if number is not None and 0 <= number < _LARGEST else None


def _day(typed: str | None) -> date | None:
    """A date as people type it. Raises ValidationError with what to do."""
    text = (typed or "").strip()
    if not text:
        return None
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            found = datetime.strptime(text, form).date()  # noqa: DTZ007 (a day has no time zone)
        except ValueError:
            continue
        # Nothing is before this journal, and the days around the end of time have no neighbours.
        if 2000 <= found.year < 3000:
            return found
    raise ValidationError(DATE)


def _midnight(day: date) -> datetime:
    """When a day begins, in the server's own time."""
    return datetime(day.year, day.month, day.day).astimezone()
