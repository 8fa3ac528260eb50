"""The forms of second readings and of reviews."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectChoice, StringField, TextAreaField, ValidationError

from pretadepenser import french
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.portfolio import Client, Portfolio
from pretadepenser.credit.recourse.decision import Verdict
from pretadepenser.credit.recourse.review import Channel
from pretadepenser.credit.whatif.repaid import Debt
from pretadepenser.records.decisions import Found
from pretadepenser.web.column_forms import day, initial
from pretadepenser.web.decision_form import LONGEST, Case, DecisionForm
from pretadepenser.web.simulation import REPAID, SimulationForm

UPHELD: Final = "maintenue"


def text_area(label: str, hint: str = "", identity: str | None = None) -> TextAreaField:
    """A text that must be written. identity: id of its element, its name without."""
    return TextAreaField(label, description=hint, id=identity, render_kw={"rows": 4, "maxlength": LONGEST})


def said(field: TextAreaField) -> str:
    """What was written, without the spaces around it, lines apart as everywhere."""
    return "\n".join((field.data or "").strip().splitlines())


def _written(field: TextAreaField, lacking: str) -> None:
    """Raise ValidationError where nothing is written, or too much."""
    if not said(field):
        raise ValidationError(lacking)
    if len(said(field)) > LONGEST:
        raise ValidationError(f"{field.label.text} : écrivez {french.number(LONGEST)} caractères au plus.")


class ReadingForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A second reader's answer, and why."""

    avis = RadioField(
        french.typeset("Cette décision tient-elle ?"),
        choices=[
            SelectChoice("accord", french.typeset("D’accord : la décision est définitive")),
            SelectChoice("renvoi", french.typeset("Renvoyer : son auteur décide à nouveau")),
        ],
        validate_choice=False,
    )
    motif = text_area(
        "Pourquoi", "Votre motif est enregistré avec votre nom ; l’auteur de la décision le lit."
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.avis.flags.required = self.motif.flags.required = True

    def validate_avis(self, field: RadioField) -> None:
        """Ask for one of the answers (WTForms calls this)."""
        if field.data not in ("accord", "renvoi"):
            raise ValidationError("Choisissez : d’accord, ou renvoyer.")

    def validate_motif(self, field: TextAreaField) -> None:
        """Ask for the motive, whichever the answer."""
        _written(field, "Écrivez votre motif.")

    @property
    def agrees(self) -> bool:
        """Whether the decision holds."""
        return bool(self.avis.data == "accord")


class AskForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A client's request that a person look again. decided: the day of the decision; today: the last one."""

    cle = HiddenField()
    recue = StringField(
        "Demande reçue le", render_kw={"autocomplete": "off", "spellcheck": "false", "inputmode": "text"}
    )
    canal = RadioField(
        "Comment la demande est arrivée",
        choices=[SelectChoice(one.value, one.label) for one in Channel],
        validate_choice=False,
    )
    demande = text_area(
        "Ce que le client demande",
        "Ce qu’il conteste, dans ses mots : une donnée, un motif, la décision elle-même.",
    )

    def __init__(self, decided: datetime.date, today: datetime.date, days: int, **given: Any) -> None:
        self.decided, self.today = decided, today
        super().__init__(**given)
        for field in (self.recue, self.canal, self.demande):
            field.flags.required = True
        due = "le lendemain" if days == 1 else f"dans les {french.plural(days, 'jour')} qui suivent"
        self.recue.description = french.typeset(
            f"Par exemple « {french.date(today)} ». La réponse est due {due}."
        )

    @property
    def received(self) -> datetime.date | None:
        """The day that was typed, None for anything else."""
        return day((self.recue.data or "").strip())

    def validate_recue(self, field: StringField) -> None:
        """Ask for a day from the decision to today (WTForms calls this)."""
        received = self.received
        if received is None:
            raise ValidationError(
                french.typeset(f"Demande reçue le : saisissez une date, comme « {french.date(self.today)} ».")
            )
        if not self.decided <= received <= self.today:
            raise ValidationError(
                french.typeset(
                    "Demande reçue le : saisissez une date entre celle de la décision, le "
                    f"{french.date(self.decided)}, et aujourd’hui."
                )
            )

    def validate_canal(self, field: RadioField) -> None:
        """Ask for one of the ways."""
        if field.data not in set(Channel):
            raise ValidationError("Choisissez comment la demande est arrivée.")

    def validate_demande(self, field: TextAreaField) -> None:
        """Ask for what the client wants."""
        _written(field, "Écrivez ce que le client demande.")


class CorrectionForm(SimulationForm):
    """A client's figures, as corrected so far, to be put right; asks what proves it.

    former: raw values that corrections before have changed, by column, and the credits that they took away.
    """

    supposed = "Crédits ailleurs déjà remboursés"

    def __init__(
        self,
        client: Client,
        portfolio: Portfolio,
        debts: Sequence[Debt],
        changes: Mapping[str, Value],
        repaid: Sequence[int],
    ) -> None:
        self.former = dict(changes), list(repaid)
        boxes = {f"{REPAID}{number}": True for number in repaid}
        super().__init__(client, portfolio, debts, initial({**client.values, **changes}) | boxes)
        self.preuve.flags.required = True

    def by_theme(self) -> list[tuple[str, list[Any]]]:
        """The fieldsets, that of the proof last."""
        return [*super().by_theme(), ("Ce qui le prouve", [self.preuve])]

    def validate_preuve(self, field: TextAreaField) -> None:
        """Ask for what proves the correction (WTForms calls this)."""
        _written(field, "Écrivez ce qui prouve la correction : la pièce que vous avez vue, par exemple.")


def correction_fields() -> dict[str, Any]:
    """The fields of a CorrectionForm that are of no column."""
    return {
        "preuve": text_area("Preuve de la correction", "La pièce que vous avez vue, et sa date."),
        "cle": HiddenField(),
    }


class OutcomeForm(DecisionForm):
    """How a review ends: the decision holds, or another takes its place; and what the client is answered.

    corrections: how many times the review put data right; corrected: what is still other than in the file
    (label, before, after). Where something is, the decision cannot hold as it is, for it rests on other data:
    another is made by all the rules, even where it answers the same.
    """

    reponse = text_area(
        "Ce que vous répondez au client",
        "La lettre de réponse reprend ces mots : répondez à ce qu’il demande.",
        # The heading of a page that answers has the other one.
        "texte-reponse",
    )

    def __init__(
        self,
        case: Case,
        former: Found,
        data: dict[str, Any],
        *,
        corrections: int,
        corrected: Sequence[Mapping[str, str]],
        **given: Any,
    ) -> None:
        super().__init__(case, former, data, **given)
        self.contested, self.corrections, self.corrected = former, corrections, corrected
        self.reponse.flags.required = True
        self.verdict.label.text = "Ce que devient la décision"
        if corrected:
            self.verdict.description = _CORRECTED
            return
        was = former.verdict.label[:1].lower() + former.verdict.label[1:]
        # The same answer again is no other decision; other documents or another loan are.
        offered = [one for one in Verdict if one is not former.verdict or one in _AGAIN]
        self.verdict.choices = [
            SelectChoice(UPHELD, french.typeset(f"Maintenir la décision : {was}")),
            *(SelectChoice(one.value, one.action) for one in offered),
        ]

    @property
    def seen(self) -> dict[str, Any]:
        """What the conclusion rests on: the advice, and the corrections that the page told of."""
        return {**self.case.seen, "corrections": self.corrections}

    @property
    def named(self) -> str:
        """The decision, as a sentence on it begins: another person's where it holds."""
        return "la décision maintenue" if self.upheld else super().named

    @property
    def upheld(self) -> bool:
        """Whether the decision holds."""
        return bool(self.verdict.data == UPHELD)

    def _lacking(self) -> dict[str, str]:
        """What is missing of the conclusion: to uphold a decision is judged by the rules of taking it."""
        if self.verdict.data not in {choice.value for choice in self.verdict.choices}:
            late = self.upheld and self.corrected
            return {"verdict": _CORRECTED if late else "Choisissez votre conclusion."}
        found = super()._lacking()
        if not self.upheld:
            return found
        del found["verdict"]  # none of a decision's own
        assert self.contested.content is not None
        counter = self.contested.content["counter"]
        return found | self._wanted(self.contested.verdict, counter["points"] if counter else None, found)

    def validate_reponse(self, field: TextAreaField) -> None:
        """Ask for what the client is answered (WTForms calls this)."""
        _written(field, "Écrivez ce que vous répondez au client.")


_AGAIN: Final = frozenset({Verdict.ASK, Verdict.COUNTER})
_CORRECTED: Final = (
    "Des données ont été corrigées : la première décision reposait sur d’autres, et ne peut pas être "
    "maintenue. Prenez une nouvelle décision, même si la réponse reste la même."
)


class UpholdForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """How the review of a client ends who is no longer in the portfolio: no other decision can be made."""

    reponse = text_area(
        "Ce que vous répondez au client",
        "La lettre de réponse reprend ces mots : répondez à ce qu’il demande.",
        # The heading of a page that answers has the other one.
        "texte-reponse",
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.reponse.flags.required = True

    def validate_reponse(self, field: TextAreaField) -> None:
        """Ask for what the client is answered (WTForms calls this)."""
        _written(field, "Écrivez ce que vous répondez au client.")
