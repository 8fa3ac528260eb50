"""A client's file for a reader: every column under its theme, in words and units."""

from __future__ import annotations

from dataclasses import dataclass

from pretadepenser.credit import dictionary, wording
from pretadepenser.credit.dictionary import Column, Theme
from pretadepenser.credit.features import Row


@dataclass(frozen=True)
class Entry:
    """One line of the file: what it is, its value in words, and why it is set apart if it is."""

    column: Column
    text: str


@dataclass(frozen=True)
class Section:
    """The entries of a theme; technical: thin columns that few readers need, shown on demand."""

    theme: Theme
    entries: tuple[Entry, ...]
    technical: bool


_TECHNICAL = (Theme.BUILDING, Theme.DOCUMENTS, Theme.PLACE, Theme.CIRCLE, Theme.CONTACT, Theme.RECORD)


def by_theme(row: Row) -> tuple[Section, ...]:
    """Group a client's 121 values (all but the client number) by theme, in the order of the dictionary."""
    sections = []
    for theme in Theme:
        columns = [column for column in dictionary.COLUMNS.values() if column.theme is theme]
        entries = tuple(
            Entry(column, wording.text_in(column, row)) for column in columns if column.name != "SK_ID_CURR"
        )
        if entries:
            sections.append(Section(theme, entries, theme in _TECHNICAL))
    return tuple(sections)
