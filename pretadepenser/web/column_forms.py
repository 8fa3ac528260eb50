"""Forms over the columns of the dictionary: figures as French people write them, categories in French words.

Every field turns what is typed into the raw value of its column (Kaggle's coding), keeps what was typed when
it cannot, and says in a sentence of its own what to do.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Self

from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectChoice, SelectField, StringField, ValidationError
from wtforms.fields.core import UnboundField

from pretadepenser import french
from pretadepenser.credit.dictionary import NO_EMPLOYMENT, Column, Kind, Theme
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.model.inputs import neutral
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.recourse import deadline
from pretadepenser.credit.whatif import plausibility
from pretadepenser.credit.whatif.plausibility import Range
from pretadepenser.money import in_use
from pretadepenser.web import kept

UNANSWERED: Final = "Non renseigné"
CHOOSE: Final = "Choisissez une réponse"
# Name of the box that stands for the one value of DAYS_EMPLOYED that is no length of time.
JOBLESS: Final = "days_employed_none"
LONGEST: Final = 30  # characters of a figure; more is no figure


def number(typed: str) -> float | None:
    """Read a number as French people write it: "1 293 502,50 €", with any kind of space; None if it is none.

    A point before the last three digits could be a thousands separator or a decimal point: that is no number,
    unless it follows a 0 or nothing, where no thousands can be.
    """
    plain = _bare(typed).replace("−", "-")
    if len(plain) > LONGEST or re.search(r"[1-9]\d*\.\d{3}$", plain):
        return None
    return float(plain.replace(",", ".")) if re.fullmatch(r"-?(\d+([.,]\d*)?|[.,]\d+)", plain) else None


def _bare(typed: str) -> str:
    """What was typed without spaces and without the currency."""
    used = in_use()
    written = "|".join(re.escape(one) for one in (used.symbol, used.noun, used.noun[:-1], used.currency))
    return re.sub(rf"[\s\u00a0\u202f\u2009]|({written})\s*$", "", typed, flags=re.I)


def regrouped(typed: str) -> str | None:
    """Write an amount typed with marks between its thousands as it is to be typed; None for any other.

    Nobody types three decimals of an amount: "250,000" is 250 000 as pasted from a spreadsheet.
    """
    plain = _bare(typed)
    found = re.fullmatch(r"([0-9]{1,3}(?:[.,][0-9]{3})+)(?:[.,]([0-9]{1,2}))?", plain)
    if found is None or len(plain) > LONGEST:
        return None
    whole = french.number(float(re.sub(r"[.,]", "", found[1])))
    return f"{whole},{found[2]}" if found[2] else whole


def amount(typed: str, label: str) -> float:
    """Read an amount in the currency in use, and give it in units of the data.

    label: what it is, which the sentence begins with. Raises ValueError, whose sentence says what to do.
    """
    if written := regrouped(typed):
        instead = "une virgule pour les centimes" if "," in written else "sans point ni virgule"
        raise ValueError(french.typeset(f"{label} : écrivez {written}, avec des espaces, {instead}."))
    value = number(typed)
    if value is None:
        raise ValueError(french.typeset(f"{label} : saisissez {an_amount()}."))
    if value < 0:
        raise ValueError(french.typeset(f"{label} : enlevez le signe moins."))
    return in_use().stored(value)


def an_amount() -> str:
    """What an amount looks like, after "saisissez"."""
    return f"un montant en {in_use().noun}, par exemple 12\u202f500 ou 12\u202f500,50"


def written(value: float | None) -> str:
    """An amount of the data as it stands in a field: with cents only where it has some."""
    if value is None:
        return ""
    shown = in_use().shown(value)
    return french.number(shown, 0 if shown == int(shown) else 2)


_DURATION: Final = re.compile(
    r"(?:(?P<years>\d{1,3}(?:[.,]\d{1,2})?)\s*(?:ans?|années?|$))?"
    r"\s*(?:et|,)?\s*(?:(?P<months>\d{1,3})\s*mois)?\s*(?:et|,)?\s*(?:(?P<days>\d{1,5})\s*jours?)?",
    re.I,
)


def duration(typed: str, today: datetime.date | None = None) -> int | None:
    """Read a length of time in days, None if it is none: "3 ans et 2 mois", "18 mois", "3,5" (years).

    "1 157 jours" is exact, and so is a first day, "15 mars 2021" or "15/03/2021", that is not after `today`
    (the server's own day).
    """
    since = day(typed.strip())
    if since is not None:
        days = ((today or deadline.today()) - since).days
        return days if days >= 0 else None
    found = _DURATION.fullmatch(re.sub(r"(?<=\d)\s(?=\d{3}\b)", "", typed.strip()))
    if found is None or not any(found.groups()):
        return None
    years, months, single = (float((part or "0").replace(",", ".")) for part in found.groups())
    # Rounded up, so that writing it again gives the same years and months.
    return math.ceil(years * french.DAYS_PER_YEAR + months * french.DAYS_PER_MONTH - 1e-9) + int(single)


_DAY: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})|(\d{4})-(\d{2})-(\d{2})")
_DAY_IN_WORDS: Final = re.compile(r"(\d{1,2})(?:er)?\s+([^\W\d]+)\s+(\d{4})")


def day(typed: str) -> datetime.date | None:
    """A day as French people write it, in figures or in words, or as computers do; None for anything else."""
    if (found := _DAY_IN_WORDS.fullmatch(typed)) and found[2].lower() in french.MONTHS:
        parts: tuple[Any, ...] = (found[1], french.MONTHS.index(found[2].lower()) + 1, found[3])
    elif found := _DAY.fullmatch(typed):
        parts = found.group(1, 2, 3) if found[1] else found.group(6, 5, 4)
    else:
        return None
    number, month, year = map(int, parts)
    try:
        return datetime.date(year, month, number)
    except ValueError:
        return None


class FigureField(StringField):  # type: ignore[misc]  # WTForms has no types
    """A number of one column. `data` is the raw value; None where nothing is typed.

    blank: may be left empty as far as this field knows.
    """

    def __init__(self, *, column: Column, known: Range | None, blank: bool, **options: Any) -> None:
        self.column, self.known, self.blank = column, known, blank
        whole = column.integer and column.kind is not Kind.DURATION
        keys = {"inputmode": "numeric" if whole else "decimal", "autocomplete": "off", "spellcheck": "false"}
        if column.kind is Kind.DURATION:
            keys["inputmode"] = "text"
        super().__init__(column.label, description=self._hint(), render_kw=keys, **options)
        self.flags.required = not blank

    @property
    def unit(self) -> str:
        """What follows the field: amounts in euros, with their period, and ages of things in years."""
        monthly = self.column.unit.replace("€", in_use().symbol)
        unit = {Kind.AMOUNT: monthly, Kind.YEARS: "ans"}.get(self.column.kind, "")
        return unit.replace(" ", french.NO_BREAK)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Turn what was typed into the raw value. Raises ValueError with a sentence that says what to do."""
        if not valuelist:
            return
        typed = valuelist[0].strip()
        self.data = None
        if not typed:
            if not self.blank:
                raise ValueError(french.typeset(f"{self.column.label} : saisissez {self._wanted()}."))
            return
        of_money = self.column.kind is Kind.AMOUNT
        value = amount(typed, self.column.label) if of_money else self._read(typed)
        if value is None:
            raise ValueError(french.typeset(f"{self.column.label} : saisissez {self._wanted()}."))
        if value < 0 and self.column.kind is not Kind.DURATION:
            raise ValueError(french.typeset(f"{self.column.label} : enlevez le signe moins."))
        # Writing rounds: who leaves a figure as it was written has not changed it.
        if value == self._read(self._written(self.object_data)):
            value = self.object_data
        if not self.column.accepts(value):
            raise ValueError(french.typeset(f"{self.column.label} : {self._bounds()}."))
        self.data = value

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else self._written(self.data)

    def _written(self, value: float | None) -> str:
        if value is None:
            return ""
        match self.column.kind:
            case Kind.DURATION:
                return french.duration(value)
            case Kind.AMOUNT:
                return written(value)
            case Kind.EXTERNAL_SCORE:
                return french.number(value, 2)
            case _:
                return french.compact(value)

    def _read(self, typed: str) -> float | None:
        if self.column.kind is Kind.DURATION:
            days = duration(typed)
            return None if days is None else -days
        value = number(typed)
        if self.column.kind is Kind.AMOUNT:
            return None if value is None else in_use().stored(value)
        if value is None or not self.column.integer:
            return value
        return int(value) if value == int(value) else None

    def _wanted(self) -> str:
        match self.column.kind:
            case Kind.AMOUNT:
                return an_amount()
            case Kind.DURATION:
                return "une durée ou une date de début, par exemple « 3 ans et 2 mois » ou « 15 mars 2021 »"
            case Kind.EXTERNAL_SCORE:
                return "un nombre de 0 à 1, par exemple 0,52"
            case Kind.YEARS:
                return "un nombre entier d’années, par exemple 7"
            case _:
                return "un nombre, par exemple 3"

    def _bounds(self) -> str:
        """What to type instead of a value that no client may have: the hint's range, where there is one."""
        column = self.column
        assert column.minimum is not None
        assert column.maximum is not None
        known = self.known or Range(column.minimum, column.maximum)
        if column.kind is Kind.EXTERNAL_SCORE:
            low, high = french.compact(column.minimum), french.compact(column.maximum)
        else:
            low, high = plausibility.spoken(column, known)
        return f"saisissez {plausibility.typed(column)} de {low} à {high}"

    def _hint(self) -> str:
        if self.column.kind is Kind.EXTERNAL_SCORE:
            return "Un nombre de 0 à 1. Plus il est haut, plus le risque est faible."
        parts = [self.column.hint] if self.column.hint else []
        if self.column.kind is Kind.DURATION:
            parts.append(
                "Par exemple « 3 ans et 2 mois », « 1\u202f157 jours » ou la date d’embauche, "
                "« 15 mars 2021 »."
            )
        if self.known is not None:
            low, high = plausibility.spoken(self.column, self.known)
            parts.append(f"De {low} à {high}.")
        return french.typeset(" ".join(parts))


class CategoryField(SelectField):  # type: ignore[misc]  # WTForms has no types
    """A category of one column. `data` is its published code; None for no answer.

    A category that names a protected ground is never offered: a client's file that holds it shows the neutral
    one, as which the model reads it.
    """

    unit = ""

    def __init__(self, *, column: Column, blank: bool, choose: bool, **options: Any) -> None:
        self.column, self.blank = column, blank
        offered = [
            SelectChoice(code, label)
            for code, label in (column.categories or {}).items()
            if code not in column.protected_categories
        ]
        prompt = UNANSWERED if blank else CHOOSE if choose else None
        choices = [SelectChoice("", prompt), *offered] if prompt else offered
        super().__init__(column.label, choices=choices, coerce=lambda code: code or None, **options)
        # A list that has an answer from the start cannot be left without one.
        self.flags.required = choose and not blank

    def process_data(self, value: Value) -> None:
        """Show the file's category, or its neutral one."""
        super().process_data(neutral(self.column.name, value))

    def pre_validate(self, form: FlaskForm) -> None:
        """Raise ValidationError for no answer where there must be one, or a code that was not offered."""
        if self.data is None and not self.blank:
            raise ValidationError(french.typeset(f"{self.column.label} : choisissez une réponse."))
        if self.data not in [choice.value or None for choice in self.choices]:
            wrong = f"{self.column.label} : choisissez une des réponses de la liste."
            raise ValidationError(french.typeset(wrong))


class ColumnForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A form over columns of the dictionary: `over` gives it its fields, which are named as their column."""

    def __init__(self, **given: Any) -> None:
        typed = kept.typed()
        super().__init__(**given | ({"formdata": typed} if typed else {}))
        if JOBLESS in self:
            self.days_employed.mark = "obligatoire, sauf sans emploi"
            self.days_employed.flags.required = not self[JOBLESS].data

    @classmethod
    def over(
        cls,
        portfolio: Portfolio,
        columns: Iterable[Column],
        blank: Iterable[str],
        choose: bool = False,
        more: Mapping[str, UnboundField] | None = None,
    ) -> type[Self]:
        """Make the form class over `columns`; those named in `blank` may be left unanswered.

        Its fields are in the order in which pages show them, and so are its errors. The hints give the range
        of the clients in the portfolio. `choose`: no category is chosen beforehand. `more`: fields that are
        of no column, by name.
        """
        optional = set(blank)
        fields: dict[str, UnboundField] = {}
        for column in _in_order(columns):
            may = column.name in optional
            if column.categories is not None:
                fields[column.name.lower()] = CategoryField(column=column, blank=may, choose=choose)
                continue
            known = plausibility.seen(portfolio, column.name)
            # Left empty where the box says that there is no job.
            blank_too = may or column.name == "DAYS_EMPLOYED"
            fields[column.name.lower()] = FigureField(column=column, known=known, blank=blank_too)
            if column.name == "DAYS_EMPLOYED":
                fields[JOBLESS] = BooleanField(
                    "Sans emploi en cours", description="Cochée, cette case l’emporte sur l’ancienneté."
                )
        # Made after those of the columns, they and their errors stand after them.
        others = {
            name: UnboundField(one.field_class, *one.args, **one.kwargs) for name, one in (more or {}).items()
        }
        return type(cls.__name__, (cls,), fields | others)

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Check every answer, then all together; a field keeps the first sentence that it is given.

        What is said of a column that is not asked stands on the first field.
        """
        super().validate(extra_validators)
        for name, sentence in self.objections().items():
            field = self[name.lower()] if name.lower() in self else self._figures()[0]
            field.errors = field.errors or [sentence]
        return not self.errors

    def objections(self) -> Mapping[str, str]:
        """What speaks against the answers taken together: column -> French sentence; nothing by default."""
        return {}

    def validate_days_employed(self, field: FigureField) -> None:
        """Ask for a length of time or for the box: an employment is never unknown (WTForms calls this)."""
        if not field.errors and self.values().get("DAYS_EMPLOYED") is None:
            asked = "saisissez une durée, ou cochez « Sans emploi en cours » juste après."
            raise ValidationError(french.typeset(f"{field.column.label} : {asked}"))

    def values(self) -> dict[str, Value]:
        """Raw value of every column asked (Kaggle's coding), None for no answer; none of a wrong answer."""
        found = {field.column.name: field.data for field in self._figures() if not field.errors}
        if JOBLESS in self and self[JOBLESS].data:
            found["DAYS_EMPLOYED"] = NO_EMPLOYMENT
        return found

    def typed(self) -> dict[str, str]:
        """What was sent, by name of field, to send it again."""
        sent = {field.name: field._value() for field in self._figures() if isinstance(field, FigureField)}
        sent |= {
            field.name: field.data or "" for field in self._figures() if isinstance(field, CategoryField)
        }
        return sent | ({JOBLESS: "y"} if JOBLESS in self and self[JOBLESS].data else {})

    def by_theme(self) -> list[tuple[str, list[Any]]]:
        """The fields under the titles of their fieldsets, in the order of the dictionary's themes."""
        sections: dict[str, list[Any]] = {}
        for field in self._figures():
            fields = sections.setdefault(field.column.theme.value, [])
            fields.append(field)
            if field.column.name == "DAYS_EMPLOYED":
                fields.append(self[JOBLESS])
        return list(sections.items())

    def _figures(self) -> list[Any]:
        return [field for field in self if isinstance(field, FigureField | CategoryField)]


def _in_order(columns: Iterable[Column]) -> list[Column]:
    """The columns as a form shows them: theme by theme, and no age of a car before the car itself."""
    themes = list(Theme)
    shown = sorted(columns, key=lambda column: themes.index(column.theme))
    names = [column.name for column in shown]
    if {"FLAG_OWN_CAR", "OWN_CAR_AGE"} <= set(names):
        age = shown.pop(names.index("OWN_CAR_AGE"))
        shown.insert([column.name for column in shown].index("FLAG_OWN_CAR") + 1, age)
    return shown


def initial(row: Mapping[str, Value]) -> dict[str, Value]:
    """Data that fills a form with a client's raw values."""
    filled = {name.lower(): value for name, value in row.items()}
    if row.get("DAYS_EMPLOYED") == NO_EMPLOYMENT:
        filled |= {"days_employed": None, JOBLESS: True}
    return filled
