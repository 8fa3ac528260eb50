"""A client's file for a reader: every column under its theme, in words and units."""

from __future__ import annotations

from dataclasses import dataclass

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Column, Kind, Row, Theme, wording


@dataclass(frozen=True)
class Entry:
    """One line of the file: what it is, as it is called within its theme, and its value in words."""

    column: Column
    label: str
    text: str


@dataclass(frozen=True)
class Section:
    """The entries of a theme; technical: thin columns that few readers need, shown on demand."""

    theme: Theme
    entries: tuple[Entry, ...]
    technical: bool

    @property
    def absence(self) -> str:
        """What to say instead of the entries where several are all missing; "" otherwise."""
        if len(self.entries) < 2 or any(entry.text != french.ABSENT for entry in self.entries):
            return ""
        return french.plural(len(self.entries), "donnée absente", "données absentes")


_TECHNICAL = (Theme.BUILDING, Theme.DOCUMENTS, Theme.PLACE, Theme.CIRCLE, Theme.CONTACT, Theme.RECORD)


def by_theme(row: Row) -> tuple[Section, ...]:
    """Group a client's values by theme, in the order of the dictionary.

    All but the client number, which is in the title, and the outcome: it is known of an old client, and
    beside the decision it would tell an advisor what the model is there to say.
    """
    sections = []
    for theme in Theme:
        columns = [column for column in dictionary.COLUMNS.values() if column.theme is theme]
        entries = tuple(
            Entry(column, _within(theme, column.label), _text(column, row))
            for column in columns
            if column.kind not in (Kind.IDENTIFIER, Kind.TARGET)
        )
        if entries:
            sections.append(Section(theme, entries, theme in _TECHNICAL))
    return tuple(sections)


def _text(column: Column, row: Row) -> str:
    """A value in words; a length of time in days too, so that it can be typed again as it is."""
    text, value = wording.text_in(column, row), row[column.name]
    if column.kind is not Kind.DURATION or not isinstance(value, int | float) or value == column.sentinel:
        return text
    return f"{text} ({french.plural(abs(value), 'jour')})" if abs(value) >= french.DAYS_PER_MONTH else text


def _within(theme: Theme, label: str) -> str:
    """A label where its theme is the title already: "Immeuble : ascenseurs" is "Ascenseurs" there."""
    return french.capital(label.removeprefix(f"{theme.value}{french.NO_BREAK}: "))
