"""The form of a decision, and what must be filled in by the rules of the lender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectChoice, SelectMultipleField, TextAreaField, widgets

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.model.scoring import score_row
from pretadepenser.credit.portfolio import Client
from pretadepenser.credit.recourse import decision as domain
from pretadepenser.credit.recourse.decision import Counter, Decided, Document, Motive, Origin, Rules, Verdict
from pretadepenser.credit.scale import Score
from pretadepenser.credit.whatif.capacity import Capacity
from pretadepenser.credit.whatif.simulation import objections
from pretadepenser.records.decisions import Found
from pretadepenser.web import resources
from pretadepenser.web.capacity_fields import CapacityFields
from pretadepenser.web.column_forms import FigureField

# Characters of a text.
LONGEST: Final = 2000
AMOUNT: Final = "AMT_CREDIT"
INSTALMENT: Final = "AMT_ANNUITY"
PRICE: Final = "AMT_GOODS_PRICE"
# What a proposal of the simulation or of the levers says of the loan itself, and the fields for it.
FIELDS: Final = {AMOUNT: "montant", INSTALMENT: "mensualite", PRICE: "prix"}


@dataclass(frozen=True)
class Case:
    """An application as a decision looks at it: who asks, the advice as it is now, the rules.

    capacity: what the household can pay back, by the file, or by the decision that is corrected; offer:
    figures of another loan (FIELDS), as a simulation or a lever gave them; origin: where they come from.
    """

    client: Client
    score: Score
    capacity: Capacity
    rules: Rules
    offer: Mapping[str, float]
    origin: Origin

    @property
    def seen(self) -> dict[str, Any]:
        """What the advice rests on: the same at another time exactly where nothing of it has changed."""
        return {
            "model": resources.model().training,
            "portfolio": resources.portfolio().sha256,
            "limit": self.score.limit,
            "points": self.score.points,
        }

    def counter(self, amount: float, instalment: float, price: float | None) -> Counter:
        """Another loan, with what the model says of it. price: None where it is that of the application."""
        offered = {AMOUNT: amount, INSTALMENT: instalment, **({} if price is None else {PRICE: price})}
        row = {**self.client.values, **offered}
        # What a lever leaves as it is, it does not name.
        same = bool(self.offer) and all(
            self.offer.get(name, self.client.values[name]) == row[name] for name in FIELDS
        )
        points = score_row(resources.model(), row, self.score.limit, self.client.number).points
        return Counter(amount, instalment, self.origin if same else Origin.TYPED, points, price)


def _boxes(label: str, choices: Sequence[Motive] | Sequence[Document], hint: str = "") -> SelectMultipleField:
    return SelectMultipleField(
        label,
        description=hint,
        default=(),  # a form that is sent without any field has ticked none
        choices=[SelectChoice(one.value, french.typeset(one.label)) for one in choices],
        widget=widgets.ListWidget(),
        option_widget=widgets.CheckboxInput(),
        validate_choice=False,
    )


def _figure(column: str) -> FigureField:
    return FigureField(column=dictionary.COLUMNS[column], known=None, blank=True)


def _text(label: str, hint: str = "") -> TextAreaField:
    return TextAreaField(label, description=hint, render_kw={"rows": 4, "maxlength": LONGEST})


class DecisionForm(CapacityFields, FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What a person decides on a case.

    cle: of this form; vu: the advice that it was shown, sealed; corrige: id of what it corrects (former).
    """

    cle = HiddenField()
    vu = HiddenField()
    corrige = HiddenField()
    verdict = RadioField(
        "Votre décision",
        choices=[SelectChoice(one.value, one.action) for one in Verdict],
        validate_choice=False,
    )
    motifs = _boxes("Vos motifs", list(Motive))
    texte = _text("Pourquoi, dans vos mots")
    parole = _text("Ce que le client a dit", "Facultatif.")
    pieces = _boxes("Pièces que vous avez vérifiées", list(Document))
    demandees = _boxes("Pièces que vous demandez", list(Document))
    montant = _figure(AMOUNT)
    mensualite = _figure(INSTALMENT)
    prix = _figure(PRICE)

    def __init__(self, case: Case, former: Found | None, data: dict[str, Any], **given: Any) -> None:
        self.case, self.former = case, former
        super().__init__(data=self.filled(case.capacity) | data, **given)
        self.explain(case.capacity)
        self.verdict.flags.required = True
        self.prix.description = "Laissez vide s’il ne change pas."
        self.motifs.description = french.typeset(
            f"Avec le texte qui suit, ils sont obligatoires {case.rules.wanted}."
        )

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Check each answer, then all together by the rules; a field keeps the first sentence."""
        super().validate(extra_validators)
        for name, sentence in self._lacking().items():
            field = self[name]
            field.errors = field.errors or [french.typeset(sentence)]
        return not self.errors

    @property
    def named(self) -> str:
        """The decision, as a sentence on it begins."""
        return "votre décision"

    @property
    def decided_verdict(self) -> Verdict | None:
        """The decision that was chosen, None for none."""
        return Verdict(self.verdict.data) if self.verdict.data in set(Verdict) else None

    def decided(self) -> Decided:
        """What is decided, of a form that is valid."""
        verdict = Verdict(self.verdict.data)
        return Decided(
            verdict,
            tuple(motive for motive in Motive if motive in self.motifs.data),
            self._said(self.texte),
            self._said(self.parole),
            tuple(document for document in Document if document in self.pieces.data),
            tuple(document for document in Document if document in self.demandees.data)
            if verdict is Verdict.ASK
            else (),
            self.counter,
        )

    @cached_property
    def counter(self) -> Counter | None:
        """The other loan that is offered; None where none is, or where its figures are wrong."""
        amount, instalment = self.montant.data, self.mensualite.data
        if self.decided_verdict is not Verdict.COUNTER or amount is None or instalment is None:
            return None
        return self.case.counter(amount, instalment, self.prix.data)

    def told_capacity(self) -> Capacity:
        """What the household can pay back with the loan that is decided on, of a form that is valid."""
        counter = self.counter
        return self.capacity(self.case.capacity, counter.instalment if counter else None)

    @property
    def folded(self) -> Mapping[str, bool]:
        """Of each part that is folded, whether it has something to show: an error, or an answer."""
        parts = {"demandees": (self.demandees,), "proposition": (self.montant, self.mensualite, self.prix)}
        verdicts = {"demandees": Verdict.ASK, "proposition": Verdict.COUNTER}
        shown = {
            name: self.decided_verdict is verdicts[name]
            or any(field.errors or field.data for field in fields)
            for name, fields in parts.items()
        }
        wrong = any(field.errors for _, fields in self.capacity_parts() for field in fields)
        return shown | {"capacite": wrong}

    def _said(self, field: TextAreaField) -> str:
        return "\n".join((field.data or "").strip().splitlines())

    def _lacking(self) -> dict[str, str]:
        """What is missing or does not go together: name of the field -> sentence that says what to do."""
        verdict = self.decided_verdict
        found: dict[str, str] = {}
        for field in (self.texte, self.parole):
            if len(self._said(field)) > LONGEST:
                found[field.name] = (
                    f"{field.label.text} : écrivez {french.number(LONGEST)} caractères au plus."
                )
        unknown = set(self.motifs.data) - set(Motive)
        if unknown:
            found["motifs"] = "Ce motif n’est pas dans la liste : cochez-en un autre."
        for boxes in (self.pieces, self.demandees):
            if set(boxes.data) - set(Document):
                found[boxes.name] = "Cette pièce n’est pas dans la liste : cochez-en une autre."
        if verdict is None:
            return found | {"verdict": "Choisissez votre décision."}
        if verdict is Verdict.ASK and not self.demandees.data:
            found["demandees"] = "Cochez au moins une pièce à demander."
        if verdict is Verdict.COUNTER:
            found |= self._wrong_offer()
            # Whether another loan departs from the advice is known once its figures are right.
            if self.counter is None or set(FIELDS.values()) & found.keys():
                return found
        return found | self._wanted(verdict, self.counter.points if self.counter else None, found)

    def _wrong_offer(self) -> dict[str, str]:
        """What is wrong with the figures of the other loan."""
        row = self.case.client.values
        asked = {self.montant: "celui", self.mensualite: "celle"}
        empty = {
            field.name: f"{field.label.text} : saisissez {which} du prêt que vous proposez."
            for field, which in asked.items()
            if field.data is None
        }
        if empty:
            return empty
        values = {name: self[field].data for name, field in FIELDS.items()}
        changed: dict[str, Value] = {
            name: value for name, value in values.items() if value not in (None, row[name])
        }
        if changed.keys() <= {PRICE}:
            return {
                "montant": "C’est le prêt demandé : changez le montant ou la mensualité, ou accordez le prêt."
            }
        wrong = objections(resources.portfolio(), row, changed)
        return {FIELDS.get(name, "montant"): sentence for name, sentence in wrong.items()}

    def _why(self, verdict: Verdict, points: int, offered: int | None) -> str:
        """Why motives are required, as a sentence goes on after a colon."""
        if domain.departs(verdict, points, offered):
            return f"{self.named} s’écarte de l’avis du modèle"
        return self.case.rules.closeness(points)

    def _wanted(self, verdict: Verdict, offered: int | None, found: Mapping[str, str]) -> dict[str, str]:
        """The motives and the text, where the rules ask for them. offered: points of the other loan."""
        points, rules = self.case.score.points, self.case.rules
        wanted: dict[str, str] = {}
        if domain.needs_motives(verdict, points, rules, offered):
            why = self._why(verdict, points, offered)
            if not self.motifs.data:
                wanted["motifs"] = f"Cochez au moins un motif : {why}."
            if not self._said(self.texte):
                wanted["texte"] = f"Écrivez pourquoi : {why}."
        if Motive.OTHER in self.motifs.data and not self._said(self.texte):
            wanted["texte"] = "Écrivez votre autre motif."
        return {name: sentence for name, sentence in wanted.items() if name not in found}
