"""What a household can pay back: resources, charges and what is left to live on, held against house rules.

Apart from the score, which knows nothing of it. What is not known (None) is never nothing (0.0): it is
counted nowhere, and every sentence that leaves something out says so. All amounts are by the month, in units
of the data.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum, StrEnum
from typing import Any, Self

from pretadepenser import french, money
from pretadepenser.credit.dictionary import Row
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.history.told import OWN_CURRENCY
from pretadepenser.credit.whatif import repaid
from pretadepenser.french import Person


class Rule(StrEnum):
    """A rule of the house: the largest share of the resources for charges, the least left to live on."""

    RATIO = "part"
    LEFT = "reste"


class Answer(Enum):
    """What the rules say: one is broken, all are kept, or nothing known breaks one but not all is known."""

    BEYOND = 0
    WITHIN = 1
    OPEN = 2


@dataclass(frozen=True)
class Rules:
    """The rules of the house, which are settings.

    ratio: largest share (0..1) of the resources for all charges; first, other: the least left to live on, for
    the first person of a household and for each further one.
    """

    ratio: float
    first: float
    other: float

    @classmethod
    def shown(cls, ratio: float, first: float, other: float) -> Self:
        """The rules as they are set: the amounts in the currency in use, whole units of what is shown."""
        used = money.in_use()
        return cls(ratio, used.stored(first), used.stored(other))

    def needed(self, people: int) -> float:
        """The least left to live on for so many people, at least one."""
        return float(_exact(self.first) + (people - 1) * _exact(self.other))


@dataclass(frozen=True)
class Filed:
    """What the file of credits said of the instalments of other loans; fields as those of Capacity."""

    credits: float | None
    lacking: int

    def said(self) -> str:
        """In words, without a capital or full stop."""
        told = []
        if self.credits:
            told.append(f"mensualités d’autres crédits : {french.some(self.credits)} par mois")
        if self.lacking:
            loans = french.plural(self.lacking, "crédit en cours", "crédits en cours")
            told.append(f"mensualité non connue pour {loans}")
        return french.typeset(" ; ".join(told) or "aucune mensualité d’un autre crédit")


@dataclass(frozen=True)
class Capacity:
    """What is known of a household by the month; None for what is not.

    income: the client's own; others: all other resources of the household; instalment: of the loan asked
    for; rent, credits, alimony: charges, `credits` being the instalments of other loans; lacking: how many
    of these loans have an instalment that is not known, and is not in `credits`; adults: the client among
    them; filed: what the file of credits said, whatever is counted in the end, None where it was not read.
    Raises ValueError for an amount or a count that is negative or not finite, and for no adult.
    """

    rules: Rules
    income: float
    instalment: float | None
    others: float | None = None
    rent: float | None = None
    credits: float | None = None
    alimony: float | None = None
    lacking: int = 0
    adults: int | None = None
    children: int | None = None
    filed: Filed | None = None

    def __post_init__(self) -> None:
        told = [getattr(self, one.name) for one in fields(self) if one.name not in ("rules", "filed")]
        told += [self.rules.ratio, self.rules.first, self.rules.other]
        if any(one is not None and not (math.isfinite(one) and one >= 0) for one in told):
            raise ValueError(f"negative or not finite: {self}")
        if self.adults == 0:
            raise ValueError("a household without an adult")

    @property
    def resources(self) -> float:
        """All resources that are known."""
        return float(self._resources)

    @property
    def charges(self) -> float:
        """All charges that are known, without the loan asked for."""
        return float(self._charges)

    @property
    def due(self) -> float:
        """The same with the loan asked for, as far as its instalment is known."""
        return float(self._due)

    @property
    def all_charges(self) -> bool:
        """Whether every charge is known."""
        return None not in (self.rent, self.credits, self.alimony) and not self.lacking

    @property
    def people(self) -> int | None:
        """How many the household has."""
        return None if self.adults is None or self.children is None else self.adults + self.children

    @property
    def ratio_before(self) -> float | None:
        """Share of the known resources that the known charges take; None where none or nothing is known."""
        known = any(one is not None for one in (self.rent, self.credits, self.alimony))
        return _share(self._charges, self._resources) if known else None

    @property
    def ratio_after(self) -> float | None:
        """The same with the loan asked for; None without its instalment."""
        return None if self.instalment is None else _share(self._due, self._resources)

    @property
    def left_before(self) -> float:
        """What the known resources leave once the known charges are paid; negative where they do not do."""
        return float(self._resources - self._charges)

    @property
    def left_after(self) -> float | None:
        """The same with the loan asked for; None without its instalment."""
        return None if self.instalment is None else float(self._resources - self._due)

    @property
    def needed(self) -> float | None:
        """The least left to live on by the rules; None where the household is not known."""
        return None if self.people is None else self.rules.needed(self.people)

    @property
    def judged(self) -> tuple[Rule, ...]:
        """The rules that what is known can be held against.

        Too little left to live on is told only where the resources of every adult are: the file knows the
        client's alone, which may be enough already.
        """
        if self.needed is None:
            return (Rule.RATIO,)
        if self._left >= _exact(self.needed):
            whole = self.instalment is not None
        else:
            whole = self.others is not None or self.adults == 1
        return (Rule.RATIO, Rule.LEFT) if whole else (Rule.RATIO,)

    @property
    def broken(self) -> tuple[Rule, ...]:
        """The rules that are broken by what is known; exact, as amounts and rules are written."""
        found = []
        if self._due > _exact(self.rules.ratio) * self._resources:
            found.append(Rule.RATIO)
        if Rule.LEFT in self.judged and self._left < _exact(self.needed):
            found.append(Rule.LEFT)
        return tuple(found)

    @property
    def answer(self) -> Answer:
        """What the rules say."""
        if self.broken:
            return Answer.BEYOND
        known = self.all_charges and self.instalment is not None and Rule.LEFT in self.judged
        return Answer.WITHIN if known else Answer.OPEN

    @property
    def headline(self) -> str:
        """The answer in a few words, without a capital or full stop."""
        known = " avec ce qui est connu" if self.left_out() else ""
        match self.answer, len(self.broken):
            case Answer.BEYOND, 1:
                return f"une règle de l’établissement est dépassée{known}"
            case Answer.BEYOND, _:
                return f"deux règles de l’établissement sont dépassées{known}"
            case Answer.WITHIN, _:
                return "les règles de l’établissement sont respectées"
            case _:
                return "aucune règle dépassée avec ce qui est connu"

    def warnings(self, person: Person = Person.CLIENT) -> tuple[str, ...]:
        """A sentence for each rule that is broken, whatever the score; none where none is."""
        said = {Rule.RATIO: self._ratio_said, Rule.LEFT: self._left_said}
        return tuple(_said(said[rule](), person) for rule in self.broken)

    def findings(self, person: Person = Person.CLIENT) -> tuple[str, ...]:
        """What each rule says, broken or not, in sentences; why one cannot be judged where it cannot."""
        return tuple(_said(one, person) for one in (self._ratio_said(), self._left_said()))

    def accounts(self, person: Person = Person.CLIENT) -> tuple[tuple[str, str], ...]:
        """What is known of the household by the month, each a label and its value in words."""
        amounts = (
            ("[Revenu du client|Votre revenu]", self.income),
            ("Autres ressources du foyer", self.others),
            ("Mensualité de ce prêt", self.instalment),
            ("Loyer", self.rent),
            ("Mensualités d’autres crédits", self.credits),
            ("Pensions alimentaires versées", self.alimony),
        )
        told = [(label, f"{french.some(value)} par mois") for label, value in amounts if value is not None]
        if self.people is not None:
            told.append(("Personnes du foyer", self._household()))
        return tuple((_said(label, person), french.typeset(text)) for label, text in told)

    def left_out(self, person: Person = Person.CLIENT) -> str:
        """What is counted nowhere because it is not known, in a sentence; "" where all is known."""
        out = [
            *(["la mensualité de ce prêt"] if self.instalment is None else []),
            *(["le loyer"] if self.rent is None else []),
            *self._credits_out(),
            *(["les pensions alimentaires versées"] if self.alimony is None else []),
            *(["les autres ressources [du|de votre] foyer"] if self.others is None else []),
        ]
        if not out:
            return ""
        return _said(f"Ce qui n’est pas connu n’est pas compté : {french.join(out)}.", person)

    def percent(self, share: float) -> str:
        """A share in whole percents.

        With decimals only where whole ones would put it on the rule, on its other side, or at nothing.
        """
        exact, limit = _exact(share), _exact(self.rules.ratio)
        decimals = 0
        while decimals < 6 and any(
            _rounded(exact, decimals).compare(one) != exact.compare(one) for one in (limit, Decimal(0))
        ):
            decimals += 1
        return french.compact_percent(share, decimals)

    def replaced(self, **told: float | None) -> Self:
        """The same with what is told of it; None leaves what is known as it is.

        Instalments of other loans that are told are all of them: none is lacking any more.
        """
        known = {name: value for name, value in told.items() if value is not None}
        if "credits" in known:
            known["lacking"] = 0
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return type(self)(**(values | known))

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values, from which `from_json` makes the same."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The one that gave these values. Raises KeyError, TypeError and ValueError for others.

        Values of before `filed` was kept: only the file of credits knows of loans whose instalment it lacks.
        """
        filed = values.get("filed")
        if "filed" not in values and values.get("lacking"):
            filed = {name: values[name] for name in ("credits", "lacking")}
        return cls(
            **{**values, "rules": Rules(**values["rules"]), "filed": Filed(**filed) if filed else None}
        )

    @property
    def _resources(self) -> Decimal:
        return _exact(self.income) + _exact(self.others)

    @property
    def _charges(self) -> Decimal:
        return _exact(self.rent) + _exact(self.credits) + _exact(self.alimony)

    @property
    def _due(self) -> Decimal:
        return self._charges + _exact(self.instalment)

    @property
    def _left(self) -> Decimal:
        return self._resources - self._due

    def _household(self) -> str:
        """Adults and children, in words."""
        adults = french.plural(self.adults or 0, "adulte")
        return f"{adults} et {french.plural(self.children, 'enfant')}" if self.children else adults

    def _credits_out(self) -> list[str]:
        """The instalments elsewhere that are not known, in words."""
        if self.credits is None and not self.lacking:
            return ["les mensualités d’autres crédits"]
        if self.lacking:
            one = self.lacking == 1
            return [
                "la mensualité d’un autre crédit"
                if one
                else f"les mensualités de {self.lacking} autres crédits"
            ]
        return []

    def _payments(self) -> tuple[str, bool]:
        """What is paid each month, as the subject of a sentence, and whether it is plural."""
        others = "les charges" if self.all_charges else "les charges connues"
        if self.instalment is None:
            return others, True
        loan = "la mensualité de ce prêt"
        return (f"{loan} et {others}", True) if self._charges else (loan, False)

    def _without(self) -> str:
        """What an account of charges leaves out, after a comma."""
        return "" if self.all_charges else ", sans les charges qui ne sont pas connues"

    def _ratio_said(self) -> str:
        paid, many = self._payments()
        rule = f"la règle de l’établissement est de {french.compact_percent(self.rules.ratio)} au plus"
        if not self._due:
            why = "n’est pas connue" if self.instalment is None else "est nulle"
            return f"La part des ressources n’est pas calculée : la mensualité de ce prêt {why}."
        if not self._resources:
            would = "seraient" if many else "serait"
            monthly = f"{french.some(self.due)} par mois"
            return f"Les ressources connues sont nulles, et {paid} {would} de {monthly}{self._without()}."
        share = self.percent(self.due / self.resources)
        takes = "prennent" if self.instalment is None else "prendraient" if many else "prendrait"
        of = "des ressources [du|de votre] foyer"
        if self.others is None:
            of = "[du revenu du client|de votre revenu]"
        return f"{french.capital(paid)} {takes} {share} {of}{self._without()} ; {rule}."

    def _left_said(self) -> str:
        if self.people is None or self.needed is None:
            why = "on ne sait pas combien de personnes compte [le|votre] foyer"
        elif Rule.LEFT not in self.judged and self.instalment is None:
            why = "la mensualité de ce prêt n’est pas connue"
        elif Rule.LEFT not in self.judged:
            adults = "de l’autre adulte" if self.adults == 2 else "des autres adultes"
            why = f"il dépend de toutes les ressources du foyer, et celles {adults} ne sont pas connues"
        else:
            return self._rest_said(self.people, self.needed)
        return f"Le reste à vivre n’est pas jugé : {why}."

    def _rest_said(self, many: int, needed: float) -> str:
        """What is left to live on for so many people, against what the rules need."""
        left = float(self._left)
        least, shown = _apart(needed, abs(left))
        people = french.plural(many, "personne")
        rule = f"la règle de l’établissement est de {least} au moins"
        known = "en ne comptant que ce qui est connu, " if self.left_out() else ""
        if left < 0:
            lack = f"il manquerait {shown} par mois pour payer ces charges"
            return french.capital(f"{known}{lack} ; {rule} pour {people}.")
        each = f", soit {french.amount(left / many)} par personne" if many > 1 else ""
        return french.capital(f"{known}il resterait à vivre {shown} par mois pour {people}{each} ; {rule}.")


def of_file(row: Row, bureau: Sequence[Row] | None, rules: Rules) -> Capacity:
    """What a client's file tells: income, instalment asked for, household, and instalments of other loans.

    row: raw values; bureau: the client's raw rows of the credit bureau, None where these are not imported.
    """
    credits, lacking = elsewhere(bureau)
    people, children = _count(row.get("CNT_FAM_MEMBERS")), _count(row.get("CNT_CHILDREN"))
    adults = None
    if people is not None and people >= 1 and children is not None:
        # A household of children alone has one who asks for a loan.
        adults = max(people - children, 1)
        children = people - adults
    return Capacity(
        rules,
        income=_amount(row.get("AMT_INCOME_TOTAL")) or 0.0,
        instalment=_amount(row.get("AMT_ANNUITY")),
        credits=credits,
        lacking=lacking,
        adults=adults,
        children=children,
        filed=None if bureau is None else Filed(credits, lacking),
    )


def elsewhere(bureau: Sequence[Row] | None) -> tuple[float | None, int]:
    """Sum of the instalments of the loans elsewhere, and how many have one that is not known.

    bureau: as in `of_file`. The sum is None where nothing of it is known. An open loan on which nothing is
    owed takes no instalment; one of nothing, or in another currency, on which something is, tells none.
    """
    if bureau is None:
        return None, 0
    known, lacking = Decimal(0), 0
    open_ = [row for row in bureau if repaid.is_open(row)]
    for row in open_:
        instalment = _amount(row["AMT_ANNUITY"])
        foreign = row["CREDIT_CURRENCY"] not in (None, OWN_CURRENCY)
        owed = row["AMT_CREDIT_SUM_DEBT"]
        if instalment and not foreign:
            known += _exact(instalment)
        elif not (isinstance(owed, int | float) and owed <= 0):
            lacking += 1
    return (None if lacking and lacking == len(open_) else float(known)), lacking


def _exact(value: float | None) -> Decimal:
    """An amount as it is written; nothing for what is not known."""
    return Decimal(0) if value is None else Decimal(repr(float(value)))


def _share(part: Decimal, whole: Decimal) -> float | None:
    return float(part / whole) if whole else None


def _rounded(share: Decimal, decimals: int) -> Decimal:
    """A share rounded as percents with so many decimals are."""
    return share.quantize(Decimal(1).scaleb(-decimals - 2), ROUND_HALF_UP)


def _apart(least: float, left: float) -> tuple[str, str]:
    """Two amounts in whole units, with cents where these would read the same and are not, or as nothing."""
    for decimals in (0, 2, 4):
        written = french.amount(least, decimals), french.amount(left, decimals)
        nothing = left and written[1] == french.amount(0, decimals)
        if not nothing and (written[0] != written[1] or least == left):
            break
    return written


def _said(text: str, person: Person) -> str:
    return french.typeset(french.addressed(text, person))


def _amount(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) and value >= 0 else None


def _count(value: Value) -> int | None:
    return int(value) if isinstance(value, int | float) and math.isfinite(value) and value >= 0 else None
