"""A client's file for a reader: what each reader needs, under its theme, in words and units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Column, Kind, Row, Theme, wording
from pretadepenser.credit.dictionary.columns import NOTHING

# A part of the file without a client: the columns of each theme with their labels there.
Blank = tuple[tuple[Theme, tuple[tuple[Column, str], ...]], ...]


class Entry(NamedTuple):
    """One line of the file: what it is, as it is called within its theme, and its value in words."""

    column: Column
    label: str
    text: str


class Section(NamedTuple):
    """The entries of a theme."""

    theme: Theme
    entries: tuple[Entry, ...]

    @property
    def absence(self) -> str:
        """What to say instead of the entries where several are all missing; "" otherwise."""
        if len(self.entries) < 2 or any(entry.text != french.ABSENT for entry in self.entries):
            return ""
        return french.plural(len(self.entries), "donnée absente", "données absentes")


@dataclass(frozen=True)
class File:
    """A client's file by whom its parts are for, each in sections in the order of the dictionary.

    used: what the model looks at, which the meeting checks with the client; other: what it does not look at;
    audited: protected grounds, the building and the client's circle, for auditors.
    """

    used: tuple[Section, ...]
    other: tuple[Section, ...]
    audited: tuple[Section, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every line, part after part."""
        parts = (*self.used, *self.other, *self.audited)
        return tuple(entry for section in parts for entry in section.entries)


def parts(row: Row, features: Sequence[str], *, audit: bool, beside: Mapping[str, str] = NOTHING) -> File:
    """Sort a client's values by who needs them; `audited` stays empty unless `audit`.

    features: what the model looks at, columns and derived figures; beside: what is to be told
    beside the known values of some, in a few words. All columns but the client number, which
    is in the title, and the outcome: it is known of an old client, and beside the decision it would tell an
    advisor what the model is there to say. Of the credit history, which has a page of its own, what the model
    looks at.
    """
    used, other, audited = _sorted(tuple(features))
    return File(*(_filled(blank, row, beside) for blank in (used, other, audited if audit else ())))


def looked_at(row: Row, features: Sequence[str], beside: Mapping[str, str] = NOTHING) -> tuple[Section, ...]:
    """Do what `parts` does for what the model looks at alone: the meeting checks no more with the client."""
    return _filled(_sorted(tuple(features))[0], row, beside)


def _for_audits(column: Column) -> bool:
    """A ground of the law (the building tells the place of residence), or what other people did."""
    return column.protected is not None or column.theme is Theme.CIRCLE


@lru_cache(16)
def _sorted(features: tuple[str, ...]) -> tuple[Blank, Blank, Blank]:
    """What is used, other and audited of any client's file, by a model of these features."""
    used = set(dictionary.columns_of(features))
    shown = [
        column
        for column in dictionary.STORED.values()
        if column.kind not in (Kind.IDENTIFIER, Kind.TARGET)
        and (column.name in dictionary.COLUMNS or column.name in used)
    ]
    free = [column for column in shown if not _for_audits(column)]
    return (
        _by_theme([column for column in free if column.name in used]),
        _by_theme([column for column in free if column.name not in used]),
        _by_theme([column for column in shown if _for_audits(column)]),
    )


def _by_theme(columns: Sequence[Column]) -> Blank:
    grouped = [(theme, [column for column in columns if column.theme is theme]) for theme in Theme]
    return tuple(
        (theme, tuple((one, _within(theme, one.label)) for one in found)) for theme, found in grouped if found
    )


def _filled(blank: Blank, row: Row, beside: Mapping[str, str]) -> tuple[Section, ...]:
    return tuple(
        Section(
            theme,
            tuple(
                Entry(
                    column, label, _beside(_text(column, row), row[column.name], beside.get(column.name, ""))
                )
                for column, label in columns
            ),
        )
        for theme, columns in blank
    )


def _beside(text: str, value: wording.Value, more: str) -> str:
    return f"{text} ({more})" if more and not wording.is_absent(value) else text


def _text(column: Column, row: Row) -> str:
    """A value in words; a length of time in days too, so that it can be typed again as it is."""
    text, value = wording.text_in(column, row), row[column.name]
    if column.kind is not Kind.DURATION or not isinstance(value, int | float) or value == column.sentinel:
        return text
    return f"{text} ({french.plural(abs(value), 'jour')})" if abs(value) >= french.DAYS_PER_MONTH else text


def _within(theme: Theme, label: str) -> str:
    """A label where its theme is the title already: "Immeuble : ascenseurs" is "Ascenseurs" there."""
    return french.capital(label.removeprefix(f"{theme.value}{french.NO_BREAK}: "))
