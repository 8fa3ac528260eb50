"""The one place that knows what each figure of a client means.

The 122 columns of Kaggle's *Home Credit Default Risk* application table, in its order, the derived figures of
derived.py, and the figures of the credit history (tables.py has the tables that they sum up). The French and
the facts are in dictionary.toml and history.toml beside this file; this module reads them once, checks them
and hands out frozen `Column` objects. Column descriptions follow the publisher's
HomeCredit_columns_description.csv; the protected grounds are those of article 225-1 of the Code pénal and of
loi 2008-496.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa

from pretadepenser import french
from pretadepenser.french import Person


class Kind(StrEnum):
    """How a value is written, compared and drawn."""

    AMOUNT = "amount"  # euros
    DURATION = "duration"  # days, negative before the application: time spent in a state
    ELAPSED = "elapsed"  # days, negative before the application: time since an event
    AGE = "age"  # days, negative before the application: time since birth
    YEARS = "years"  # whole years
    COUNT = "count"
    RATIO = "ratio"  # how many times one figure holds another
    SHARE = "share"  # 0..1, written as a percentage
    CATEGORY = "category"
    FLAG = "flag"
    EXTERNAL_SCORE = "external_score"  # 0..1, higher is safer
    NORMALISED = "normalised"  # 0..1, scaled by the publisher
    RATING = "rating"  # 1..3, given by the lender
    HOUR = "hour"
    MONTH = "month"  # whole months, negative before the application
    IDENTIFIER = "identifier"
    TARGET = "target"


class Theme(StrEnum):
    """Part of the client's file, in the order in which pages show them."""

    CREDIT = "Crédit demandé"
    INCOME = "Revenus et emploi"
    PROPERTY = "Logement et biens"
    PERSON = "Situation personnelle"
    EXTERNAL = "Notes extérieures"
    HISTORY = "Historique de crédit"
    CIRCLE = "Entourage"
    CONTACT = "Coordonnées"
    PLACE = "Lieu de vie"
    BUILDING = "Immeuble"
    DOCUMENTS = "Documents fournis"
    APPLICATION = "Demande"
    RECORD = "Dossier"


BUILDING_GROUP: Final = "batiment"
DOCUMENTS_GROUP: Final = "documents"
CONTACT_GROUP: Final = "contact"
INQUIRIES_GROUP: Final = "consultations"
EXTERNAL_GROUP: Final = "notes"
CREDIT_GROUP: Final = "credit"
CAR_GROUP: Final = "voiture"
ELSEWHERE_GROUP: Final = "ailleurs"
DEBTS_GROUP: Final = "dettes"
ARREARS_GROUP: Final = "retards"
REQUESTS_GROUP: Final = "demandes"
INSTALMENTS_GROUP: Final = "mensualites"
CARD_GROUP: Final = "carte"

GROUPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        BUILDING_GROUP: "Immeuble où [vit le client|vous vivez]",
        DOCUMENTS_GROUP: "Documents fournis",
        CONTACT_GROUP: "Moyens de [joindre le client|vous joindre]",
        INQUIRIES_GROUP: "Consultations du fichier des crédits",
        EXTERNAL_GROUP: "Notes des organismes extérieurs",
        CREDIT_GROUP: "Montant et durée du crédit",
        CAR_GROUP: "Voiture",
        ELSEWHERE_GROUP: "Crédits dans d’autres établissements",
        DEBTS_GROUP: "Reste à rembourser ailleurs",
        ARREARS_GROUP: "Retards de paiement ailleurs",
        REQUESTS_GROUP: "Demandes précédentes chez nous",
        INSTALMENTS_GROUP: "Remboursement des prêts chez nous",
        CARD_GROUP: "Carte de crédit chez nous",
    }
)
# Groups of figures of the credit history: each is told by its figure that counts most.
HISTORY_GROUPS: Final = frozenset(
    {ELSEWHERE_GROUP, DEBTS_GROUP, ARREARS_GROUP, REQUESTS_GROUP, INSTALMENTS_GROUP, CARD_GROUP}
)

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


# Of a column whose value, whatever it is, tells that another one lacks for want of an object; or its absence.
KNOWN: Final = "known"
UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class WithoutObject:
    """What leaves a figure without object: in a client's raw values all of `where` hold (column and value).

    KNOWN stands for any value, UNKNOWN for none. The name of a history table, known, says that it was looked
    into. label: what is then said of the figure.
    """

    where: tuple[tuple[str, float | str], ...]
    label: str

    def holds(self, row: Mapping[str, float | str | None]) -> bool:
        """Say whether these raw values leave the figure, which lacks, without object."""
        return all(_holds(row.get(column), value) for column, value in self.where)


def _holds(value: float | str | None, wanted: float | str) -> bool:
    known = value is not None and value == value
    return known == (wanted == KNOWN) if wanted in (KNOWN, UNKNOWN) else value == wanted


@dataclass(frozen=True, eq=False)
class Column:
    """One column of the portfolio, or one derived figure.

    `minimum` and `maximum` bound the accepted values in the column's own coding (None: no bound);
    `sentinel` is the one accepted value outside them, and `sentinel_label` what it means (365243 days of
    employment: no employment). `categories` maps each published code to its French label; the code that a
    frame stores is its position. Integer flags (0/1) have categories too: "0" and "1". `sentences` maps a
    code to the sentence that states it; `says` (`says_zero` for none) does so for other values. `among` names
    the clients with whom the value is compared. `not_applicable` is what leaves a missing value without
    object (the age of a car, where there is no car); the first that holds is said.
    `protected_categories` names the codes that reveal a protected ground in a column that does not.
    `hint` says what to type where the label leaves a doubt. `person` is whom the texts are said to.
    A figure of the credit history names the `table` that must be imported for it, its value
    `without_history` in that table (None: it has none), and its `direction`: +1 where a higher value can only
    raise the risk, -1 where it can only lower it, 0 where the model decides.
    """

    name: str
    label: str
    noun: str
    gender: str
    kind: Kind
    theme: Theme
    meaning: str
    many: bool = False
    unit: str = ""
    hint: str = ""
    protected: str | None = None
    actionable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    sentinel: float | None = None
    sentinel_label: str = ""
    sentinel_says: str = ""
    required: bool = False
    integer: bool = False
    categories: Mapping[str, str] | None = None
    sentences: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    says: str = ""
    says_zero: str = ""
    among: str = "des clients"
    not_applicable: tuple[WithoutObject, ...] = ()
    protected_categories: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    group: str | None = None
    table: str = ""
    without_history: float | None = None
    direction: int = 0
    person: Person = Person.CLIENT

    @property
    def definite(self) -> str:
        """The noun with its article, or the possessive in its place: "le revenu", "votre revenu"."""
        possessed = self.noun.startswith(("votre ", "vos "))
        return self.noun if possessed else french.the(self.noun, self.gender, self.many)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The published categories, each at the position that stands for it in a frame."""
        return tuple(self.categories or ())

    @cached_property
    def textual(self) -> bool:
        """Whether the raw values are text (categories), rather than numbers."""
        return self.categories is not None and not self.integer

    @property
    def arrow_type(self) -> pa.DataType:
        """Storage type: dictionary of strings, int64 identifier, int32 where never missing, else float64."""
        if self.textual:
            return pa.dictionary(pa.int8(), pa.string())
        if self.kind is Kind.IDENTIFIER:
            return pa.int64()
        return pa.int32() if self.integer and self.required else pa.float64()

    def code(self, category: str) -> int:
        """Position of a published category, which is the number that frames store; KeyError if unknown."""
        return self._positions[category]

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        return {code: index for index, code in enumerate(self.codes)}

    def accepts(self, value: float | str | None) -> bool:
        """Say whether a raw value is one that this column may hold: missing, category, range and sentinel."""
        if value is None or value != value:
            return not self.required
        if self.textual:
            return self.categories is not None and value in self.categories
        if isinstance(value, str) or (self.integer and value != int(value)):
            return False
        if self.sentinel is not None and value == self.sentinel:
            return True
        return (self.minimum is None or value >= self.minimum) and (
            self.maximum is None or value <= self.maximum
        )

    def without_object(self, row: Mapping[str, float | str | None]) -> WithoutObject | None:
        """What leaves this one, missing in a client's raw values, without object; None where data lack."""
        value = row.get(self.name)
        if not (value is None or value != value):
            return None
        return next((one for one in self.not_applicable if one.holds(row)), None)


def _written(words: Any, person: Person) -> Any:
    """Write the texts of a table for a person, with no-break spaces; names and codes are keys, left as is."""
    if isinstance(words, str):
        return french.typeset(french.addressed(words, person))
    if isinstance(words, list):
        return [_written(word, person) for word in words]
    if isinstance(words, dict):
        return {name: _written(word, person) for name, word in words.items()}
    return words


def read_column(name: str, words: Mapping[str, Any], person: Person) -> Column:
    """Make a column of what a TOML file says of it; TypeError or ValueError name what the file gets wrong.

    A column without a theme belongs to the credit history, as all of the history tables do.
    """
    facts = _written(words, person)
    categories: dict[str, str] = {}
    sentences: dict[str, str] = {}
    for code, said in facts.pop("categories", {}).items():
        label, sentence = (said, "") if isinstance(said, str) else said
        categories[code] = label
        if sentence:
            sentences[code] = sentence
    flag = facts.get("integer", False) and bool(categories)
    return Column(
        name=name,
        person=person,
        kind=Kind(facts.pop("kind")),
        theme=Theme(facts.pop("theme", Theme.HISTORY)),
        categories=MappingProxyType(categories) if categories else None,
        sentences=MappingProxyType(sentences),
        protected_categories=MappingProxyType(facts.pop("protected_categories", {})),
        not_applicable=tuple(
            WithoutObject(tuple(one["where"].items()), one["label"])
            for one in facts.pop("not_applicable", ())
        ),
        minimum=facts.pop("minimum", 0 if flag else None),
        maximum=facts.pop("maximum", len(categories) - 1 if flag else None),
        **facts,
    )


def _building(facts: Mapping[str, Any], person: Person) -> Iterator[Column]:
    """The 14 figures of the building, in each of their three statistics."""
    for suffix, statistic in facts["statistics"].items():
        for stem, words in facts["figures"].items():
            yield read_column(
                f"{stem}_{suffix}",
                {
                    "label": f"Immeuble : {words['label']} ({statistic})",
                    "noun": f"{words['noun']} ({statistic})",
                    "gender": words["gender"],
                    "many": words.get("many", False),
                    "kind": Kind.NORMALISED,
                    "theme": Theme.BUILDING,
                    "meaning": facts["meaning"].format(words["label"], statistic),
                    "among": facts["among"],
                    "minimum": 0,
                    "maximum": 1,
                    "protected": facts["protected"],
                    "group": BUILDING_GROUP,
                },
                person,
            )


def _documents(facts: Mapping[str, Any], person: Person) -> Iterator[Column]:
    """The document flags: the publisher gives them numbers and no names."""
    for number in range(facts["first"], facts["last"] + 1):
        yield read_column(
            f"FLAG_DOCUMENT_{number}",
            {
                "label": facts["label"].format(number),
                "noun": facts["noun"].format(number),
                "gender": facts["gender"],
                "kind": Kind.FLAG,
                "theme": Theme.DOCUMENTS,
                "meaning": facts["meaning"].format(number),
                "actionable": True,
                "required": True,
                "integer": True,
                "categories": {
                    "0": ["Non", facts["no"].format(number)],
                    "1": ["Oui", facts["yes"].format(number)],
                },
                "group": DOCUMENTS_GROUP,
            },
            person,
        )


@functools.cache
def _read(person: Person) -> tuple[Mapping[str, Column], Mapping[str, Column], Mapping[str, Column]]:
    """Read what is said to a person: the columns in Kaggle's order, the derived figures, the history's."""
    facts = _facts("dictionary.toml")
    columns: dict[str, Column] = {}
    for name, words in facts["columns"].items():
        columns[name] = read_column(name, words, person)
        if name == "EXT_SOURCE_3":
            columns.update((column.name, column) for column in _building(facts["building"], person))
        elif name == "DAYS_LAST_PHONE_CHANGE":
            columns.update((column.name, column) for column in _documents(facts["document"], person))
    derived = {name: read_column(name, words, person) for name, words in facts.get("derived", {}).items()}
    history = {
        name: read_column(name, words, person) for name, words in _facts("history.toml")["history"].items()
    }
    return MappingProxyType(columns), MappingProxyType(derived), MappingProxyType(history)


def _facts(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(name).read_text("utf-8"))


def _outcome() -> str:
    """What a default is in the data, as a sentence goes on after "ont"."""
    return french.typeset(_facts("dictionary.toml")["outcome"]["happened"])


OUTCOME: Final = _outcome()
_DICTIONARY: Final = _read(Person.CLIENT)
COLUMNS: Final = _DICTIONARY[0]
DERIVED: Final = _DICTIONARY[1]
HISTORY: Final = _DICTIONARY[2]
# What is stored of each client: the application, then what the credit history sums up to.
STORED: Final[Mapping[str, Column]] = MappingProxyType({**COLUMNS, **HISTORY})


def describe(name: str, person: Person = Person.CLIENT) -> Column:
    """Return the column, derived or history figure of this name, said to `person`; KeyError if none is."""
    return (_EVERY if person is Person.CLIENT else _every(person))[name]


@functools.cache
def _every(person: Person) -> Mapping[str, Column]:
    """All that is said to a person, by name."""
    columns, derived, history = _read(person)
    return {**columns, **derived, **history}


# A page asks it two hundred times.
_EVERY: Final = _every(Person.CLIENT)


def group_label(group: str, person: Person = Person.CLIENT) -> str:
    """Name what is explained together, for a reader; KeyError for an unknown group."""
    return french.addressed(GROUPS[group], person)


def protected_columns() -> tuple[str, ...]:
    """Names of the columns and derived figures that rest on a protected ground, in dictionary order."""
    return tuple(c.name for c in (*COLUMNS.values(), *DERIVED.values()) if c.protected)


@functools.cache
def in_group(group: str) -> tuple[Column, ...]:
    """Columns, and figures of the history, that are explained together, in the stored order."""
    return tuple(column for column in STORED.values() if column.group == group)


def arrow_schema() -> pa.Schema:
    """Schema of the stored portfolio: 122 fields in Kaggle's order, nullable where a value may be missing."""
    return pa.schema([pa.field(c.name, c.arrow_type, nullable=not c.required) for c in COLUMNS.values()])
