"""What a person decides on an application: verdicts, motives, documents, and when another person must look.

The model advises, a person decides. Codes are what is stored, and stay; labels are how pages and letters
say them. A decision follows the advice when it grants what the model grants, refuses what it refuses, or
offers, instead of what the model refuses, a loan that the model grants. To ask for documents decides
nothing yet, and departs from nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from pretadepenser import french, money
from pretadepenser.credit.scale import Scale


class Verdict(StrEnum):
    """What a person decides."""

    GRANT = "accord"
    REFUSE = "refus"
    ASK = "pièces"
    COUNTER = "proposition"

    @property
    def action(self) -> str:
        """What the person does, as a form offers it."""
        return _ACTIONS[self]

    @property
    def label(self) -> str:
        """What was decided, as lists and headings say it."""
        return _LABELS[self]


_ACTIONS: Final = MappingProxyType(
    {
        Verdict.GRANT: "Accorder le prêt",
        Verdict.REFUSE: "Refuser le prêt",
        Verdict.ASK: "Demander des pièces",
        Verdict.COUNTER: "Proposer un autre prêt",
    }
)
_LABELS: Final = MappingProxyType(
    {
        Verdict.GRANT: "Prêt accordé",
        Verdict.REFUSE: "Prêt refusé",
        Verdict.ASK: "Pièces demandées",
        Verdict.COUNTER: "Autre prêt proposé",
    }
)


class Motive(StrEnum):
    """What weighed in a decision, whichever way; the first labels are those of the form."""

    CAPACITY = "capacite"
    INCOME = "revenus"
    PAST = "historique"
    SCORE = "score"
    DOCUMENTS = "pieces"
    DATA = "donnees"
    PROJECT = "projet"
    OTHER = "autre"

    @property
    def label(self) -> str:
        """What it is about, without a verdict."""
        return _TOPICS[self]

    def said(self, verdict: Verdict) -> str:
        """The motive of a decision in a sentence without its full stop, for its author and for a reader."""
        return _SAID[self][_ORDER.index(verdict)]


_TOPICS: Final = MappingProxyType(
    {
        Motive.CAPACITY: "Capacité de remboursement",
        Motive.INCOME: "Revenus et emploi",
        Motive.PAST: "Crédits passés et en cours",
        Motive.SCORE: "Risque selon le score",
        Motive.DOCUMENTS: "Pièces du dossier",
        Motive.DATA: "Donnée fausse, dépassée ou absente du dossier",
        Motive.PROJECT: "Projet, montant ou apport",
        Motive.OTHER: "Autre motif, à écrire ci-dessous",
    }
)
_ORDER: Final = (Verdict.GRANT, Verdict.REFUSE, Verdict.ASK, Verdict.COUNTER)
# One sentence a verdict, in the order of _ORDER.
_SAID: Final[Mapping[Motive, tuple[str, str, str, str]]] = MappingProxyType(
    {
        Motive.CAPACITY: (
            "La capacité de remboursement suffit",
            "La capacité de remboursement ne suffit pas",
            "La capacité de remboursement reste à vérifier",
            "La capacité de remboursement demande un autre prêt",
        ),
        Motive.INCOME: (
            "Les revenus et l’emploi sont prouvés et stables",
            "Les revenus ou l’emploi ne sont pas prouvés, ou pas stables",
            "Les revenus ou l’emploi restent à prouver",
            "Les revenus ou l’emploi demandent un autre prêt",
        ),
        Motive.PAST: (
            "Les crédits passés et en cours sont bien payés",
            "Des crédits passés ou en cours sont mal payés, ou trop lourds",
            "Les crédits passés ou en cours restent à vérifier",
            "Les crédits en cours demandent un autre prêt",
        ),
        Motive.SCORE: (
            "Le risque selon le score est acceptable",
            "Le risque selon le score est trop élevé",
            "Le score est à recalculer avec les pièces",
            "Le risque selon le score demande un autre prêt",
        ),
        Motive.DOCUMENTS: (
            "Les pièces sont complètes et concordent",
            "Des pièces manquent ou ne concordent pas",
            "Des pièces manquent ou ne concordent pas",
            "Les pièces vérifiées permettent un autre prêt",
        ),
        Motive.DATA: (
            "Une donnée fausse, dépassée ou absente du dossier change l’appréciation",
            "Une donnée fausse, dépassée ou absente du dossier change l’appréciation",
            "Une donnée du dossier est fausse, dépassée ou absente",
            "Une donnée fausse, dépassée ou absente du dossier change l’appréciation",
        ),
        Motive.PROJECT: (
            "Le projet, le montant et l’apport conviennent",
            "Le projet, le montant ou l’apport ne convient pas",
            "Le projet, le montant ou l’apport reste à préciser",
            "Le projet permet un autre montant ou une autre mensualité",
        ),
        Motive.OTHER: ("Un autre motif",) * 4,
    }
)


class Document(StrEnum):
    """What an advisor checks, or asks for."""

    IDENTITY = "identite"
    HOME = "domicile"
    INCOME = "revenus"
    TAX = "impots"
    JOB = "emploi"
    ACCOUNTS = "comptes"
    CREDITS = "credits"
    CHARGES = "charges"
    PROJECT = "projet"

    @property
    def label(self) -> str:
        """Its name, as a list on a page or in a letter has it."""
        return _DOCUMENTS[self]


_DOCUMENTS: Final = MappingProxyType(
    {
        Document.IDENTITY: "Pièce d’identité",
        Document.HOME: "Justificatif de domicile",
        Document.INCOME: "Trois derniers bulletins de salaire, ou autre preuve de revenus",
        Document.TAX: "Dernier avis d’imposition",
        Document.JOB: "Contrat de travail ou attestation de l’employeur",
        Document.ACCOUNTS: "Relevés de compte des trois derniers mois",
        Document.CREDITS: "Tableaux d’amortissement des crédits en cours",
        Document.CHARGES: "Quittance de loyer, ou preuve d’une pension versée",
        Document.PROJECT: "Devis ou bon de commande",
    }
)


class ReaderReason(StrEnum):
    """Why a decision waits for a second reader."""

    NEAR = "proche"
    AGAINST = "contre"
    AMOUNT = "montant"


class Origin(StrEnum):
    """Where the figures of another loan come from; the value is how a page says it."""

    SIMULATION = "une simulation"
    LEVER = "un levier"
    TYPED = "une saisie"


@dataclass(frozen=True)
class Rules:
    """When a decision needs motives, and another person.

    near: whole points either side of the limit; amount: of the data's units, above which a loan that is
    granted or offered waits for a second reader (None: whatever the amount, it does not).
    """

    near: int
    amount: float | None

    @property
    def wanted(self) -> str:
        """When motives are required whoever the client is, as a sentence goes on after "obligatoires"."""
        departs = "si votre décision s’écarte de l’avis du modèle"
        if not self.near:
            return departs
        # A score of the limit and all of the rule's points stays granted without them: it is not near.
        low, high = Scale.POINTS_AT_LIMIT - self.near, Scale.POINTS_AT_LIMIT + self.near - 1
        many = f"de {low} à {french.plural(high, 'point')}"
        return f"{departs}, ou si le score, ou celui du prêt que vous proposez, est {many}"

    def closeness(self, points: int) -> str:
        """That a score is near the limit, as a sentence goes on. points: of the application."""
        whose = "le score" if near(points, self) else "le score du prêt proposé"
        return f"{whose} est à {french.plural(self.near, 'point')} de la limite, ou à moins"

    def said(self, reason: ReaderReason, points: int) -> str:
        """Why a decision waits, in a French sentence. points: of the application."""
        match reason:
            case ReaderReason.NEAR:
                told = f"{french.capital(self.closeness(points))}."
            case ReaderReason.AGAINST:
                told = "La décision s’écarte de l’avis du modèle."
            case ReaderReason.AMOUNT:
                assert self.amount is not None
                told = f"Le montant dépasse {french.amount(self.amount)}."
        return french.typeset(told)


@dataclass(frozen=True)
class Counter:
    """Another loan that is offered instead: amounts in the data's units, where they come from, its points.

    price: of what is bought, None where it is that of the application.
    """

    amount: float
    instalment: float
    origin: Origin
    points: int
    price: float | None = None

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "amount": self.amount,
            "instalment": self.instalment,
            "from": self.origin.value,
            "points": self.points,
            "price": self.price,
        }


@dataclass(frozen=True)
class Decided:
    """What a person decides, before it is written.

    text: why, in the author's words; said: what the client said; documents: those that were checked; asked:
    those that the client is asked for (Verdict.ASK alone); counter: the other loan (Verdict.COUNTER alone).
    """

    verdict: Verdict
    motives: tuple[Motive, ...] = ()
    text: str = ""
    said: str = ""
    documents: tuple[Document, ...] = ()
    asked: tuple[Document, ...] = ()
    counter: Counter | None = None


def content(
    decided: Decided,
    advice: Mapping[str, Any],
    reasons: Sequence[ReaderReason],
    settings: Mapping[str, Any],
    version: str,
    capacity: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """All that is stored of a decision, as JSON values.

    advice: Advice.to_json; reasons: why it waits; settings: every setting that is no secret, by name;
    version: of the application; capacity: Capacity.to_json, None where none was worked out. Keys: advice,
    verdict, motives, text, said, documents, asked, capacity, counter (amount, instalment, from, points,
    price; or None), reader, settings, version, money (currency, scale).
    """
    used = money.in_use()
    return {
        "advice": dict(advice),
        "verdict": decided.verdict.value,
        "motives": [motive.value for motive in decided.motives],
        "text": decided.text,
        "said": decided.said,
        "documents": [document.value for document in decided.documents],
        "asked": [document.value for document in decided.asked],
        "capacity": dict(capacity) if capacity is not None else None,
        "counter": decided.counter.to_json() if decided.counter else None,
        "reader": [reason.value for reason in reasons],
        "settings": dict(settings),
        "version": version,
        "money": {"currency": used.currency, "scale": used.scale},
    }


def rules(near: int, amount: int) -> Rules:
    """The lender's rules. amount: of the settings, in the currency shown; 0 for none."""
    return Rules(near, money.in_use().stored(amount) if amount else None)


def near(points: int, rules: Rules) -> bool:
    """Whether a score is near the limit: the rule's points, taken or given, would turn the answer."""
    return Scale.reached(points) is not Scale.reached(
        points - rules.near if Scale.reached(points) else points + rules.near
    )


def departs(verdict: Verdict, points: int, offered: int | None = None) -> bool:
    """Whether a decision departs from the advice. points: of the application; offered: of the other loan.

    Raises ValueError for another loan whose points are not given.
    """
    granted = Scale.reached(points)
    match verdict:
        case Verdict.GRANT:
            return not granted
        case Verdict.REFUSE:
            return granted
        case Verdict.ASK:
            return False
    if offered is None:
        raise ValueError("another loan has points of its own")
    return granted or not Scale.reached(offered)


def needs_motives(verdict: Verdict, points: int, rules: Rules, offered: int | None = None) -> bool:
    """Whether motives and a text are required: the decision departs from the advice, or the case is near."""
    return departs(verdict, points, offered) or _near(verdict, points, rules, offered)


def second_reader_reasons(
    verdict: Verdict, points: int, amount: float, rules: Rules, offered: int | None = None
) -> tuple[ReaderReason, ...]:
    """Why another person must read the decision; empty where it is final as it is.

    points: of the application; offered: of the other loan; amount: of the loan that is granted or offered,
    in the data's units. To ask for documents decides nothing, and waits for nobody.
    """
    if verdict is Verdict.ASK:
        return ()
    above = rules.amount is not None and amount > rules.amount and verdict is not Verdict.REFUSE
    found = {
        ReaderReason.NEAR: _near(verdict, points, rules, offered),
        ReaderReason.AGAINST: departs(verdict, points, offered),
        ReaderReason.AMOUNT: above,
    }
    return tuple(reason for reason, holds in found.items() if holds)


def _near(verdict: Verdict, points: int, rules: Rules, offered: int | None) -> bool:
    """Near is the application, or the other loan that is offered."""
    return near(points, rules) or (
        verdict is Verdict.COUNTER and offered is not None and near(offered, rules)
    )
