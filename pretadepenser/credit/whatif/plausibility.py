"""What cannot be true of one client: values and combinations that no meeting would bear out.

A score of an impossible client is worse than none, because it looks like an answer. Simulations, new
applications and counterfactuals therefore ask here first. The rules are few, each with its reason; they are
looser than what Home Credit's clients show (a loan there is worth 8 to 45 instalments, and a personal loan at
most 1.7 times the price of its purpose), so that they refuse what is impossible and not what is rare: 8 of
59,280 genuine rows. What is merely unknown to the model is a question of range: see `unseen`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import NO_EMPLOYMENT, Column, Kind, Row, wording
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.money import in_use

# Instalments, interest left aside: under three months French law knows no consumer credit (Code de la
# consommation, L312-4); beyond seven years no lender offers one without a mortgage.
SHORTEST_TERM: Final = 3
LONGEST_TERM: Final = 84
# Times the price of the goods that a loan may reach: insurance and fees come on top, not a second purchase. A
# revolving credit is a reserve, and often far above the first purchase.
MOST_OF_GOODS: Final[Mapping[str, float]] = {"Cash loans": 2.0, "Revolving loans": 5.0}
# Age from which French law lets a person work (Code du travail, L4153-1).
FIRST_WORK: Final = 16

WITHOUT_JOB: Final = frozenset({"Pensioner", "Unemployed"})
# A student may have a job or none.
WITH_JOB: Final = frozenset(
    {"Working", "Commercial associate", "State servant", "Businessman", "Maternity leave"}
)

_Complaint = tuple[str, str]
_NONE: Final[Mapping[str, str]] = {}


def implausible(row: Row) -> Mapping[str, str]:
    """Say what cannot be true of a client: column to correct -> French sentence with what to do.

    `row` holds raw values (Kaggle's codings); what is missing or not in it is not judged. A column has one
    sentence at most, the most basic one. An empty mapping: nothing speaks against this client. Uses age,
    where known, to bound the length of employment only. Takes some microseconds: no portfolio is read.
    """
    return _judged(row, (*_FACTS, *_RATIOS))


def _judged(row: Row, rules: Sequence[_Rule]) -> dict[str, str]:
    found: dict[str, str] = {}
    for rule in rules:
        for name, sentence in rule(row):
            found.setdefault(name, french.typeset(sentence))
    return found


def objections(
    row: Row, portfolio: Portfolio, names: Sequence[str], known: Mapping[str, str] = _NONE
) -> Mapping[str, str]:
    """Say all that speaks against scoring a client: column to correct -> French sentence with what to do.

    What cannot be true comes first; then what is unlike the clients of the portfolio in the figures `names`,
    whose narrower ranges say more than the rules about ratios do. `known`: sentences of `implausible` that
    are not held against this client.
    """
    facts, ratios = (
        {name: said for name, said in _judged(row, rules).items() if known.get(name) != said}
        for rules in (_FACTS, _RATIOS)
    )
    return {**ratios, **unseen(row, portfolio, names, faulty=facts.keys()), **facts}


@dataclass(frozen=True)
class Range:
    """Lowest and highest value of a figure among the clients of a portfolio, in the raw coding."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def seen(portfolio: Portfolio, name: str) -> Range | None:
    """Range of the known values of a numeric column or derived figure; None where nobody has one.

    Outside it the model has learnt nothing. The sentinel (no employment) is left aside. Raises KeyError for a
    category.
    """
    values = portfolio.quantiles(name).values
    values = values[values != dictionary.describe(name).sentinel]
    return Range(float(values[0]), float(values[-1])) if values.size else None


def unseen(
    row: Row, portfolio: Portfolio, names: Sequence[str], faulty: Collection[str] = ()
) -> Mapping[str, str]:
    """Say which of the numeric figures `names` lie outside the portfolio: column -> French sentence.

    A derived figure is reported on the column that its client can act on most directly, with the values of
    that column that all its derived figures allow; it is not where one of its other terms is reported, or is
    in `faulty`: correcting that one changes it. What is missing, or not in `row`, is not judged. Raises
    KeyError for a category that the dictionary does not know.
    """
    frame = dictionary.frame([row])
    values = {**frame, **dictionary.derive(frame)}
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda name: name in BLAMED):
        column = dictionary.describe(name)
        # An outside score has a published scale, which says more than the scores met so far.
        if column.categories is not None or column.kind is Kind.EXTERNAL_SCORE or name not in values:
            continue
        value, known = float(values[name][0]), seen(portfolio, name)
        if known is None or math.isnan(value) or value == column.sentinel or value in known:
            continue
        if name not in BLAMED:
            found[name] = french.typeset(_unseen(column, value, known))
        elif not {*found, *faulty} & {*dictionary.DERIVED_FROM[name]} - {BLAMED[name]}:
            # Narrower than the range of the amount by itself.
            found[BLAMED[name]] = french.typeset(_out_of_proportion(row, portfolio, BLAMED[name]))
    return found


# Derived figure -> column on which an impossible one is reported.
BLAMED: Final[Mapping[str, str]] = {
    "CREDIT_TERM": "AMT_ANNUITY",
    "CREDIT_TO_GOODS": "AMT_CREDIT",
    "CREDIT_TO_INCOME": "AMT_CREDIT",
    "ANNUITY_TO_INCOME": "AMT_ANNUITY",
}


def spoken(column: Column, known: Range) -> tuple[str, str]:
    """Write both ends of a range as people type them, rounded inwards: what is told may be typed."""
    if column.kind is Kind.AMOUNT:
        return french.amount(in_use().up(known.low)), french.amount(in_use().down(known.high))
    if column.kind is Kind.DURATION:
        return _lengths(column, -known.high, -known.low)
    low, high = wording.value_text(column, known.low), wording.value_text(column, known.high)
    if column.kind is Kind.YEARS and known.low == 0:
        low = "0"
    return low, high


def _lengths(column: Column, least: float, most: float) -> tuple[str, str]:
    """Two lengths of time in days; one in months, as it is typed, is the fewest days that are written so."""
    month = french.DAYS_PER_MONTH
    if least < month:
        return wording.value_text(column, -least), wording.value_text(column, -most)
    months = math.ceil(least / month - 1e-9)
    if months * month > most:
        return french.plural(least, "jour"), french.plural(most, "jour")
    return french.months(months), wording.value_text(column, -most)


def _unseen(column: Column, value: float, known: Range) -> str:
    low, high = spoken(column, known)
    subject = french.capital(french.the(column.noun, column.gender, column.many))
    verb = "seraient" if column.many else "serait"
    return (
        f"{subject} {verb} de {wording.value_text(column, value)} ; chez les clients connus du modèle, "
        f"cela va de {low} à {high} : saisissez {typed(column)} dans cette fourchette, "
        "ou étudiez ce dossier sans le modèle."
    )


def typed(column: Column) -> str:
    """What a person types into a field of this column, with its article."""
    return {Kind.AMOUNT: "un montant", Kind.DURATION: "une durée", Kind.YEARS: "un âge"}.get(
        column.kind, "un nombre"
    )


# Short names of the amounts that stand in proportion to each other: "un prix de 5 000 €", "changez le prix".
_AMOUNTS: Final[Mapping[str, tuple[str, str]]] = {
    "AMT_CREDIT": ("un crédit", "le crédit"),
    "AMT_ANNUITY": ("une mensualité", "la mensualité"),
    "AMT_GOODS_PRICE": ("un prix", "le prix"),
    "AMT_INCOME_TOTAL": ("un revenu mensuel", "le revenu"),
}


def _out_of_proportion(row: Row, portfolio: Portfolio, name: str) -> str:
    """Say what to type for an amount that is out of proportion to others, if those stay as they are."""
    own = seen(portfolio, name)
    low, high = (own.low, own.high) if own else (0.0, math.inf)
    lower = upper = ""
    for ratio, blamed in BLAMED.items():
        known, others = seen(portfolio, ratio), [one for one in dictionary.DERIVED_FROM[ratio] if one != name]
        other = _number(row, others[0])
        if blamed != name or known is None or not other:
            continue
        # Every ratio here is a quotient of two amounts, of which this one stands above or below.
        above = dictionary.DERIVED_FROM[ratio][0] == name
        least, most = (known.low * other, known.high * other) if above else (
            other / known.high, other / known.low if known.low > 0 else math.inf
        )  # fmt: skip
        if least > low:
            low, lower = least, others[0]
        # No wider than what cannot be true allows.
        most = min(most, _most(row, ratio))
        if most < high:
            high, upper = most, others[0]
    fixed = [one for one in dict.fromkeys((lower, upper)) if one]
    given = french.join([f"{_AMOUNTS[one][0]} de {french.amount(_number(row, one) or 0)}" for one in fixed])
    change = french.join([_AMOUNTS[one][1] for one in fixed], "ou")
    what = _AMOUNTS[name][0]
    least, most = in_use().up(low), in_use().down(high)
    if least > most:
        none = "aucune" if what.startswith("une") else "aucun"
        return f"Avec {given}, {none} {what.split()[1]} ne convient : changez aussi {change}."
    return (
        f"Avec {given}, saisissez {what} de {french.amount(least)} à {french.amount(most)}, "
        f"ou changez aussi {change}."
    )


def _number(row: Row, name: str) -> float | None:
    value = row.get(name)
    return None if value is None or isinstance(value, str) or value != value else float(value)


def _accepted(row: Row) -> Iterator[_Complaint]:
    """Every value by itself: known category, whole number, range of the dictionary."""
    for name, value in row.items():
        column = dictionary.COLUMNS.get(name)
        if column is not None and not wording.is_absent(value) and not column.accepts(value):
            yield name, f"{column.label} : cette valeur n’est pas possible, corrigez-la."


def _income(row: Row) -> Iterator[_Complaint]:
    if _number(row, "AMT_INCOME_TOTAL") == 0:
        yield (
            "AMT_INCOME_TOTAL",
            "Le revenu est nul : saisissez un revenu mensuel supérieur à zéro, toutes ressources comprises.",
        )


def _burden(row: Row) -> Iterator[_Complaint]:
    """The annuity is a part of the credit, and the income can bear it."""
    credit, annuity = _number(row, "AMT_CREDIT"), _number(row, "AMT_ANNUITY")
    income = _number(row, "AMT_INCOME_TOTAL")
    if credit and annuity and annuity > credit:
        yield (
            "AMT_ANNUITY",
            f"La mensualité ({french.amount(annuity)}) dépasse le montant du crédit "
            f"({french.amount(credit)}) : baissez la mensualité ou augmentez le montant.",
        )
    if income and annuity and 0 < income < annuity:
        yield (
            "AMT_ANNUITY",
            f"La mensualité ({french.amount(annuity)}) dépasse le revenu mensuel ({french.amount(income)}) : "
            "baissez la mensualité ou corrigez le revenu.",
        )


def _repayment(row: Row) -> Iterator[_Complaint]:
    """The annuity repays the credit in a plausible number of months."""
    credit, annuity = _number(row, "AMT_CREDIT"), _number(row, "AMT_ANNUITY")
    if not (credit and annuity):
        return
    written = french.amount(annuity)
    if credit < SHORTEST_TERM * annuity:
        yield (
            "AMT_ANNUITY",
            f"La mensualité ({written}) rembourserait le crédit en moins de {SHORTEST_TERM} mois : saisissez "
            f"{french.amount(in_use().down(credit / SHORTEST_TERM))} au plus, ou augmentez le montant.",
        )
    elif credit > LONGEST_TERM * annuity:
        yield (
            "AMT_ANNUITY",
            f"La mensualité ({written}) ne rembourserait pas le crédit en {LONGEST_TERM // 12} ans : "
            f"saisissez {french.amount(in_use().up(credit / LONGEST_TERM))} au moins, ou baissez le montant.",
        )


def _most_of_goods(row: Row) -> float:
    return MOST_OF_GOODS.get(str(row.get("NAME_CONTRACT_TYPE")), max(MOST_OF_GOODS.values()))


def _most(row: Row, ratio: str) -> float:
    """The most that the rules allow the amount to be on which a ratio is reported."""
    match ratio:
        case "CREDIT_TO_GOODS":
            return _most_of_goods(row) * (_number(row, "AMT_GOODS_PRICE") or math.inf)
        case "ANNUITY_TO_INCOME":
            return _number(row, "AMT_INCOME_TOTAL") or math.inf
        case _:
            return math.inf


def _goods(row: Row) -> Iterator[_Complaint]:
    credit, goods = _number(row, "AMT_CREDIT"), _number(row, "AMT_GOODS_PRICE")
    most = _most_of_goods(row)
    if credit and goods and credit > most * goods:
        yield (
            "AMT_CREDIT",
            f"Le crédit dépasse {french.ratio(most)} le prix du bien : "
            f"saisissez {french.amount(in_use().down(most * goods))} au plus, ou corrigez le prix du bien.",
        )


def _employment(row: Row) -> Iterator[_Complaint]:
    """The length of employment, the source of the income and the occupation tell the same story."""
    days, born = _number(row, "DAYS_EMPLOYED"), _number(row, "DAYS_BIRTH")
    source, jobless = row.get("NAME_INCOME_TYPE"), days == NO_EMPLOYMENT
    labels = dictionary.COLUMNS["NAME_INCOME_TYPE"].categories or {}
    told = french.quoted(labels.get(str(source), ""))
    if days is not None and not jobless and born is not None:
        able = -born - FIRST_WORK * french.DAYS_PER_YEAR
        if -days > able:
            yield (
                "DAYS_EMPLOYED",
                # Neither the age nor the longest possible length, which would tell it: both are for audits.
                f"Avec une ancienneté de {french.duration(days)}, ce client aurait commencé à travailler "
                f"avant {FIRST_WORK} ans : saisissez une durée plus courte.",
            )
    if source in WITHOUT_JOB and days is not None and not jobless:
        yield (
            "DAYS_EMPLOYED",
            f"La source du revenu est {told} : indiquez que le client n’a pas d’emploi en cours, "
            "ou changez la source du revenu.",
        )
    if source in WITH_JOB and jobless:
        yield (
            "DAYS_EMPLOYED",
            f"La source du revenu est {told} : indiquez l’ancienneté dans cet emploi, "
            "ou changez la source du revenu.",
        )
    if jobless and row.get("OCCUPATION_TYPE") is not None:
        yield (
            "OCCUPATION_TYPE",
            "Le client n’a pas d’emploi en cours : laissez le métier sans réponse, ou indiquez l’ancienneté.",
        )


def _car(row: Row) -> Iterator[_Complaint]:
    if row.get("FLAG_OWN_CAR") == "N" and row.get("OWN_CAR_AGE") is not None:
        yield (
            "OWN_CAR_AGE",
            "Le client ne possède pas de voiture : effacez l’âge de la voiture, "
            "ou indiquez qu’il en possède une.",
        )


_Rule = Callable[[Row], Iterator[_Complaint]]
# The most basic first: a column keeps the first sentence it is given.
_FACTS: Final[tuple[_Rule, ...]] = (_accepted, _income, _burden, _employment, _car)
_RATIOS: Final[tuple[_Rule, ...]] = (_repayment, _goods)
