"""The fields that ask what a household earns and pays, for any form that asks it.

A field that is left empty takes nothing away: what the client's file tells stays, and what nobody knows stays
unknown. A form that has these fields beside its own inherits CapacityFields too, and is given `filled`.
"""

from __future__ import annotations

from typing import Any, Final

from wtforms import StringField

from pretadepenser import french
from pretadepenser.credit.whatif.capacity import Capacity
from pretadepenser.money import in_use
from pretadepenser.web import column_forms

# Units of the data: as the portfolio's own amounts.
LARGEST: Final = 1_000_000_000.0
MOST_PEOPLE: Final = 40


class AmountField(StringField):  # type: ignore[misc]  # WTForms has no types
    """An amount by the month. `data` is in units of the data; None where nothing is typed."""

    def __init__(self, label: str = "", **options: Any) -> None:
        keys = {"inputmode": "decimal", "autocomplete": "off", "spellcheck": "false"}
        super().__init__(label, render_kw=keys, **options)

    @property
    def unit(self) -> str:
        """What follows the field."""
        return f"{in_use().symbol} par mois".replace(" ", french.NO_BREAK)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed. Raises ValueError with a sentence that says what to do."""
        self.data = None
        typed = valuelist[0].strip() if valuelist else ""
        if not typed:
            return
        label = self.label.text
        value = column_forms.amount(typed, label)
        # Writing rounds: who leaves an amount as it was written has not changed it.
        if self.object_data is not None and typed == column_forms.written(self.object_data):
            value = self.object_data
        if value > LARGEST:
            most = french.amount(LARGEST)
            raise ValueError(french.typeset(f"{label} : saisissez un montant de 0 à {most}."))
        self.data = value

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else column_forms.written(self.data)


class PeopleField(StringField):  # type: ignore[misc]  # WTForms has no types
    """How many people. `data` is a whole number; None where nothing is typed. least: the smallest taken."""

    unit = ""

    def __init__(self, label: str = "", least: int = 0, **options: Any) -> None:
        self.least = least
        keys = {"inputmode": "numeric", "autocomplete": "off", "spellcheck": "false"}
        super().__init__(label, render_kw=keys, **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed. Raises ValueError with a sentence that says what to do."""
        self.data = None
        typed = valuelist[0].strip() if valuelist else ""
        if not typed:
            return
        value = column_forms.number(typed)
        if value is None or value != int(value) or not self.least <= value <= MOST_PEOPLE:
            asked = f"saisissez un nombre entier de {self.least} à {MOST_PEOPLE}"
            raise ValueError(french.typeset(f"{self.label.text} : {asked}."))
        self.data = int(value)

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else "" if self.data is None else str(self.data)


# Name of a field -> what it is of credit.whatif.capacity.Capacity.
ASKED: Final = {
    "capacite_revenu": "income",
    "capacite_autres": "others",
    "capacite_loyer": "rent",
    "capacite_credits": "credits",
    "capacite_pension": "alimony",
    "capacite_adultes": "adults",
    "capacite_enfants": "children",
}
_PARTS: Final = {
    "Ressources du foyer": ("capacite_revenu", "capacite_autres"),
    "Charges du foyer": ("capacite_loyer", "capacite_credits", "capacite_pension"),
    "Personnes du foyer": ("capacite_adultes", "capacite_enfants"),
}


class CapacityFields:
    """What the household earns and pays, without the loan asked for: a part of a form."""

    capacite_revenu = AmountField("Revenu mensuel du client", description="Toutes ressources comprises.")
    capacite_autres = AmountField(
        "Autres ressources du foyer",
        description="Revenus des autres adultes, allocations. Saisissez 0 s’il n’y en a pas.",
    )
    capacite_loyer = AmountField("Loyer", description="Saisissez 0 si le client n’en paie pas.")
    capacite_credits = AmountField("Mensualités d’autres crédits")
    capacite_pension = AmountField(
        "Pensions alimentaires versées", description="Saisissez 0 s’il n’en verse pas."
    )
    capacite_adultes = PeopleField("Adultes", least=1, description="Le client compris.")
    capacite_enfants = PeopleField("Enfants à charge")

    @staticmethod
    def filled(file: Capacity) -> dict[str, float | None]:
        """Data of these fields as a client's file tells it: for the form's `data`.

        Instalments that are known in part only are asked for: whoever leaves the field empty keeps this part.
        """
        data = {name: getattr(file, told) for name, told in ASKED.items()}
        return data | ({"capacite_credits": None} if file.lacking else {})

    def explain(self, file: Capacity) -> None:
        """Say beside the instalments what the credit bureau knows of them."""
        self.capacite_credits.description = french.typeset(_known(file))

    def capacity(self, file: Capacity, instalment: float | None = None) -> Capacity:
        """The file's capacity with the answers of this form, once it is valid.

        instalment: of the loan that is decided on, in units of the data; None for the one asked for.
        """
        told = {told: getattr(self, name).data for name, told in ASKED.items()}
        return file.replaced(instalment=instalment, **told)

    def capacity_parts(self) -> list[tuple[str, list[Any]]]:
        """These fields under the titles of their fieldsets."""
        return [(title, [getattr(self, name) for name in names]) for title, names in _PARTS.items()]


def _known(file: Capacity) -> str:
    asked = "Saisissez 0 s’il n’y en a pas."
    filed = file.filed
    same = filed is not None and (file.credits, file.lacking) == (filed.credits, filed.lacking)
    if filed is not None and not same:
        now = f"Le fichier des crédits dit maintenant : {filed.said()}."
        if file.credits is None or file.lacking:
            return f"{now} Saisissez le total."
        return f"Montant de la décision précédente. {now}"
    if filed is None and file.credits is not None and not file.lacking:
        return "Montant de la décision précédente."
    if file.credits is None and not file.lacking:
        return f"Le fichier des crédits n’est pas importé. {asked}"
    if not file.lacking:
        return "D’après le fichier des crédits, au jour de la demande."
    lacking = french.plural(file.lacking, "crédit en cours", "crédits en cours")
    known = f"donne {french.some(file.credits)} par mois, mais " if file.credits else ""
    return (
        f"Le fichier des crédits {known}ne dit pas la mensualité de {lacking} : demandez-la, "
        "et saisissez le total."
    )
