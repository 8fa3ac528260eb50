"""A figure before and after: what a simulation replaces, and what a lever moves."""

from __future__ import annotations

from dataclasses import dataclass

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary.wording import Value


@dataclass(frozen=True)
class Change:
    """A column or derived figure before and after: raw values (None: missing), and the same for a reader."""

    name: str
    label: str
    before: Value
    after: Value
    before_text: str
    after_text: str

    @property
    def sentence(self) -> str:
        """Part of a sentence: what is changed, from what, to what."""
        column = dictionary.describe(self.name)
        old, new = self.before_text, self.after_text
        if column.categories is not None:
            old, new = french.quoted(old), french.quoted(new)
        return f"{french.the(column.noun, column.gender, column.many)} (de {old} à {new})"
