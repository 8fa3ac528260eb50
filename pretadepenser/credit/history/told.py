"""A client's credit history for a reader: raw rows become credits, requests and months.

Three things are kept apart everywhere: a table that is not imported (None), a client who has nothing in one
that is (an empty tuple), and a value that nobody knows (None in a field). Only what was known on the day of
the application is told: what a row says of later days is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from pretadepenser import french, money
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Row
from pretadepenser.credit.dictionary.wording import is_absent
from pretadepenser.credit.history import months
from pretadepenser.credit.history.months import CardMonth, PaymentMonth, number

BUREAU: Final = "bureau"
BUREAU_MONTHS: Final = "bureau_balance"
REQUESTS: Final = "previous_application"
LOAN_MONTHS: Final = "POS_CASH_balance"
CARD_MONTHS: Final = "credit_card_balance"
INSTALMENTS: Final = "installments_payments"
# Tables that a short account needs: a few rows a client, none a month.
BRIEF: Final = (BUREAU, REQUESTS)
# The one currency of the bureau whose amounts are those of the portfolio.
OWN_CURRENCY: Final = "currency 1"
# A planned end as far off as this (days, fifty years) stands for none: cards are given 85 years.
ENDLESS: Final = 18_262

Rows = Mapping[str, Sequence[Row]]


class State(Enum):
    """What became of a credit elsewhere: published code, how one and how several are said to be."""

    ACTIVE = ("Active", "en cours", "en cours")
    CLOSED = ("Closed", "terminé", "terminés")
    SOLD = ("Sold", "cédé à un autre créancier", "cédés à un autre créancier")
    BAD = ("Bad debt", "tenu pour douteux", "tenus pour douteux")


class Answer(Enum):
    """What became of an earlier application: published code, how one and how several are said to be."""

    APPROVED = ("Approved", "accordée", "accordées")
    UNUSED = ("Unused offer", "accordée mais non utilisée", "accordées mais non utilisées")
    REFUSED = ("Refused", "refusée", "refusées")
    CANCELLED = ("Canceled", "annulée", "annulées")

    @property
    def given(self) -> bool:
        """Whether a credit was granted."""
        return self in (Answer.APPROVED, Answer.UNUSED)


@dataclass(frozen=True)
class Credit:
    """A credit in another institution, as the credit bureau knew it on the day of the application.

    kind: in words; opened: days before the application; ends: days until the planned end, negative where it
    has passed, None where it is not known; endless: whether none is planned; ended: days since it ended;
    amount, remaining, arrears, worst: in units of the data, or of `currency` where that is not "" (the words
    of another currency); days_late: today.
    """

    kind: str
    state: State
    opened: int
    ends: int | None
    endless: bool
    ended: int | None
    amount: float | None
    remaining: float | None
    arrears: float | None
    days_late: int | None
    worst: float | None
    currency: str = ""

    @property
    def open(self) -> bool:
        """Whether it is not over: being paid back, sold to another creditor, or held for doubtful."""
        return self.state is not State.CLOSED

    @property
    def named(self) -> str:
        """Its kind, and what became of it where it is not simply being paid back, or over."""
        usual = self.state in (State.ACTIVE, State.CLOSED)
        return self.kind if usual else f"{self.kind} (crédit {self.state.value[1]})"

    def written(self, value: float | None) -> str:
        """An amount of this credit, in its currency."""
        return french.ABSENT if value is None else written(value, self.currency)

    @property
    def owing(self) -> str:
        """What is left to pay back, and what of it is late today, in a few words."""
        left = (
            "reste à rembourser inconnu"
            if self.remaining is None
            else f"reste {self.written(self.remaining)}"
        )
        if not self.late:
            return left
        lasting = f" de {french.plural(self.days_late, 'jour')}" if self.days_late else ""
        owed = f" pour {self.written(self.arrears)}" if self.arrears else ""
        return f"{left}, en retard{lasting}{owed}"

    @property
    def late(self) -> bool | None:
        """Whether a payment is late today; None where neither days nor amount are known."""
        if self.days_late is None and self.arrears is None:
            return None
        return bool(self.days_late) or bool(self.arrears)


@dataclass(frozen=True)
class Request:
    """An earlier application with us.

    kind, reason: in words, "" where there was no refusal; decided: days before this application; asked,
    granted: in units of the data, None where they are not known, and `granted` where nothing was.
    """

    kind: str
    decided: int
    asked: float | None
    granted: float | None
    answer: Answer
    reason: str


@dataclass(frozen=True)
class History:
    """What is known of a client: None for what is not imported, empty for a client who has none of it.

    credits: those that are not over first, then the most recent first; requests: the most recent first;
    duplicates: how many rows repeat a request and are not among them; elsewhere, ours, card: months of
    which something is known, the most recent first, four years back.
    """

    credits: tuple[Credit, ...] | None
    requests: tuple[Request, ...] | None
    duplicates: int
    elsewhere: tuple[PaymentMonth, ...] | None
    ours: tuple[PaymentMonth, ...] | None
    card: tuple[CardMonth, ...] | None

    @property
    def imported(self) -> bool:
        """Whether anything of the histories is imported."""
        known = (self.credits, self.requests, self.elsewhere, self.ours, self.card)
        return any(one is not None for one in known)

    @property
    def open(self) -> tuple[Credit, ...]:
        """The credits elsewhere that are not over."""
        return tuple(one for one in self.credits or () if one.open)

    @property
    def beside(self) -> dict[str, str]:
        """What is to be told beside figures of the dictionary, by name: what of a sum is not known."""
        return {"BUREAU_DEBT": unknown_rest(self.open)}

    @property
    def closed(self) -> tuple[Credit, ...]:
        """Those that are."""
        return tuple(one for one in self.credits or () if not one.open)


def history(rows: Rows, tables: Collection[str]) -> History:
    """Tell the history of a client from the raw rows of each table, as `Portfolio.history` gives them.

    tables: those that are imported; a table of these may have no rows of this client, or be left out of
    `rows`. Raises KeyError for a category that the dictionary does not know.
    """

    def told(table: str) -> Sequence[Row] | None:
        return rows.get(table, ()) if table in tables else None

    requests, duplicates = _requests(told(REQUESTS))
    return History(
        _credits(told(BUREAU)),
        requests,
        duplicates,
        months.elsewhere(told(BUREAU_MONTHS)),
        months.ours(told(LOAN_MONTHS), told(CARD_MONTHS), told(INSTALMENTS)),
        months.card(told(CARD_MONTHS)),
    )


def _credits(rows: Iterable[Row] | None) -> tuple[Credit, ...] | None:
    if rows is None:
        return None
    # Nobody could know what the bureau changed after the application; the model's figures leave it out too.
    known = [
        _credit(row)
        for row in rows
        if max(number(row, "DAYS_CREDIT") or 0, number(row, "DAYS_CREDIT_UPDATE") or 0) <= 0
    ]
    return tuple(sorted(known, key=lambda one: (not one.open, one.opened)))


def _credit(row: Row) -> Credit:
    end = number(row, "DAYS_CREDIT_ENDDATE")
    # An end that is impossibly far back says nothing; one that is as far off says that there is none.
    possible = end is not None and abs(end) < ENDLESS
    ended = number(row, "DAYS_ENDDATE_FACT")
    return Credit(
        kind=_label(BUREAU, row, "CREDIT_TYPE"),
        state=_STATES[str(row["CREDIT_ACTIVE"])],
        opened=_days_ago(row, "DAYS_CREDIT"),
        ends=int(end) if end is not None and possible else None,
        endless=end is not None and end >= ENDLESS,
        ended=int(-ended) if ended is not None and -ENDLESS < ended <= 0 else None,
        amount=number(row, "AMT_CREDIT_SUM"),
        remaining=number(row, "AMT_CREDIT_SUM_DEBT"),
        arrears=number(row, "AMT_CREDIT_SUM_OVERDUE"),
        days_late=_whole(row, "CREDIT_DAY_OVERDUE"),
        worst=most_late(row),
        currency=foreign(row),
    )


def most_late(row: Row) -> float | None:
    """The greatest sum that was ever late on a credit elsewhere: what is late today has been late.

    As bureau.sql has it; None where nothing is known.
    """
    late, most = number(row, "AMT_CREDIT_SUM_OVERDUE"), number(row, "AMT_CREDIT_MAX_OVERDUE")
    return late if late and late > (most or 0) else most


def _requests(rows: Iterable[Row] | None) -> tuple[tuple[Request, ...] | None, int]:
    if rows is None:
        return None, 0
    known = [row for row in rows if (number(row, "DAYS_DECISION") or 0) <= 0]
    # The publisher marks rows that repeat a request, by mistake of the client or of the clerk.
    kept = [
        row
        for row in known
        if row.get("FLAG_LAST_APPL_PER_CONTRACT") != "N" and number(row, "NFLAG_LAST_APPL_IN_DAY") != 0
    ]
    told = sorted(map(_request, kept), key=lambda one: one.decided)
    return tuple(told), len(known) - len(kept)


def _request(row: Row) -> Request:
    answer = _ANSWERS[str(row["NAME_CONTRACT_STATUS"])]
    return Request(
        kind=_label(REQUESTS, row, "NAME_CONTRACT_TYPE"),
        decided=_days_ago(row, "DAYS_DECISION"),
        # Nobody asks for nothing: a zero stands for an amount that was not written down.
        asked=number(row, "AMT_APPLICATION") or None,
        granted=(number(row, "AMT_CREDIT") or None) if answer.given else None,
        answer=answer,
        reason=_label(REQUESTS, row, "CODE_REJECT_REASON") if answer is Answer.REFUSED else "",
    )


_STATES: Final[Mapping[str, State]] = {one.value[0]: one for one in State}
_ANSWERS: Final[Mapping[str, Answer]] = {one.value[0]: one for one in Answer}


def _label(table: str, row: Row, name: str) -> str:
    """A category in the dictionary's words."""
    code = row.get(name)
    categories = dictionary.TABLES[table].columns[name].categories or {}
    return french.ABSENT if is_absent(code) else categories[str(code)]


def foreign(row: Row) -> str:
    """The words of the currency of a credit elsewhere; "" where its amounts are those of the portfolio."""
    currency = row.get("CREDIT_CURRENCY")
    own = is_absent(currency) or currency == OWN_CURRENCY
    return "" if own else _label(BUREAU, row, "CREDIT_CURRENCY")


def written(value: float, currency: str) -> str:
    """An amount of a credit elsewhere, in its currency: "" is that of the portfolio."""
    return f"{french.number(value)} ({currency.lower()})" if currency else french.some(value)


def _whole(row: Row, name: str) -> int | None:
    value = number(row, name)
    return None if value is None else int(value)


def _days_ago(row: Row, name: str) -> int:
    return int(-(number(row, name) or 0))


Kinds = type[State] | type[Answer]


def _counts(found: Sequence[State | Answer], kinds: Kinds) -> str:
    """How many of each there are, in the order of `kinds`: "3 en cours et 1 terminé"."""
    return french.join([french.plural(found.count(one), *one.value[1:]) for one in kinds if one in found])


def _counted(found: Sequence[State | Answer], kinds: Kinds) -> str:
    """The same after how many there are in all: of one kind "terminé", "tous terminés"."""
    if len(set(found)) > 1:
        return _counts(found, kinds)
    _, one, many = found[0].value
    return one if len(found) == 1 else f"{'toutes' if kinds is Answer else 'tous'} {many}"


def headline(told: History) -> str:
    """The history in a few words, the most telling thing that is known, without a capital or full stop."""
    if told.credits is not None:
        return _credits_headline(told)
    if told.requests is not None:
        if not told.requests:
            counted = "comptée " if told.duplicates else ""
            return f"aucune demande précédente {counted}chez nous"
        refused = [one.answer for one in told.requests].count(Answer.REFUSED)
        many = french.plural(len(told.requests), "demande précédente", "demandes précédentes")
        none = ("non refusée", "aucune refusée")
        among = _among(len(told.requests), refused, none, "refusée", "refusées", "toutes")
        return f"{many} chez nous, {among}"
    if not told.imported:
        return "historique de crédit non importé"
    followed = [*(told.elsewhere or ()), *(told.ours or ())]
    if any(month.late for month in followed):
        return "des retards de paiement en quatre ans"
    return f"aucun {'retard de ' if followed else ''}paiement connu en quatre ans"


def _credits_headline(told: History) -> str:
    if not told.credits:
        return "aucun crédit connu ailleurs"
    if not told.open:
        return f"aucun crédit en cours ailleurs, {_counts([one.state for one in told.closed], State)}"
    states = [one.state for one in told.open]
    if set(states) == {State.ACTIVE}:
        many = f"{french.plural(len(states), 'crédit', 'crédits')} en cours ailleurs"
    else:
        owed = french.plural(len(states), "crédit non terminé", "crédits non terminés")
        many = f"{owed} ailleurs ({_counted(states, State)})"
    late = [one.late for one in told.open]
    if not any(late) and None in late:
        return many
    none = ("sans retard", "sans retard")
    return f"{many}, {_among(len(late), late.count(True), none, 'en retard', 'en retard', 'tous')}"


def _among(total: int, part: int, none: tuple[str, str], one: str, many: str, every: str) -> str:
    """How many of some are so: "dont 1 en retard", "tous en retard"; none: what is said where none is."""
    if part == 0:
        return none[total > 1]
    if part == total:
        return one if total == 1 else f"{every} {many}"
    return f"dont {part} {one if part == 1 else many}"


def when(days: int) -> str:
    """A day by its distance from the day of the application, days before it: negative is after it."""
    if days == 0:
        return "le jour de la demande"
    return f"il y a {french.duration(days)}" if days > 0 else f"dans {french.duration(days)}"


def credits_sentence(told: History) -> str:
    """What the credit bureau knows, in full sentences; the two absences each have their own."""
    if told.credits is None:
        return french.typeset(
            "Le fichier des crédits n’est pas importé dans ce portefeuille : on ne sait rien des crédits du "
            "client dans d’autres établissements."
        )
    if not told.credits:
        return "Le fichier des crédits ne connaît aucun crédit du client dans un autre établissement."
    declared = (
        "D’autres établissements ont déclaré" if len(told.credits) > 1 else "Un autre établissement a déclaré"
    )
    many = french.plural(len(told.credits), "crédit", "crédits")
    states = _counted([one.state for one in told.credits], State)
    parts = [f"{declared} {many} au fichier des crédits : {states}."]
    parts += [_owed(told.open), _arrears(told.open, told.closed)]
    return french.typeset(" ".join(part for part in parts if part))


def _own(credits: Sequence[Credit], of: Callable[[Credit], float | None]) -> tuple[list[float], int]:
    """The known values in the portfolio's own currency, and of how many credits there is none."""
    known = [value for one in credits if not one.currency and (value := of(one)) is not None]
    return known, len(credits) - len(known)


def _owed(open_: Sequence[Credit]) -> str:
    if not open_:
        return ""
    known, _ = _own(open_, lambda one: one.remaining)
    if not known:
        return f"Ce qui reste à rembourser n’est pas connu{_in_ours(open_)}."
    but = f", {rest}" if (rest := unknown_rest(open_)) else ""
    # An institution may owe a client a little: that is no debt, and pays none of another's.
    return f"Il reste à rembourser {french.some(sum(max(one, 0.0) for one in known))}{but}."


def unknown_rest(open_: Sequence[Credit]) -> str:
    """Of how many credits nobody knows what is left to pay back, in words; "" where it is known of all."""
    _, unknown = _own(open_, lambda one: one.remaining)
    lacking = french.plural(unknown, "crédit", "crédits")
    return f"sans compter {lacking} dont le reste n’est pas connu{_in_ours(open_)}" if unknown else ""


def _in_ours(credits: Sequence[Credit]) -> str:
    """That an amount is not known in the portfolio's currency, where one of these credits has another."""
    return f" en {money.in_use().noun}" if any(one.currency for one in credits) else ""


def _arrears(open_: Sequence[Credit], closed: Sequence[Credit]) -> str:
    said = [part for part in (_late(open_), _left(closed)) if part]
    if said or not open_ or any(one.late is None for one in open_):
        return " ".join(said)
    return "Aucun paiement n’est en retard au jour de la demande."


def _left(closed: Sequence[Credit]) -> str:
    """What the bureau still tells as late of credits that it tells as over: the model counts it."""
    left = [one for one in closed if one.arrears]
    if not left:
        return ""
    known, unknown = _own(left, lambda one: one.arrears)
    owing = "" if unknown else f" ({french.some(sum(known))})"
    many = french.plural(len(left), "crédit terminé", "crédits terminés")
    return f"Le fichier déclare encore une somme en retard{owing} pour {many}."


def _late(open_: Sequence[Credit]) -> str:
    """What is late today of the credits that are not over."""
    late, unsure = [one for one in open_ if one.late], sum(one.late is None for one in open_)
    if not late:
        return ""
    known, unknown = _own(late, lambda one: one.arrears)
    amount = sum(known)
    many = french.plural(len(late), "crédit est", "crédits sont")
    owing = f" : {french.some(amount)} à payer" if amount else ""
    if amount and unknown:
        other = f" en {money.in_use().noun}" if any(one.currency for one in late) else ""
        lacking = french.plural(unknown, "crédit", "crédits")
        owing += f", sans compter {lacking} dont la somme en retard n’est pas connue{other}"
    told = f"{many} en retard au jour de la demande{_lasting(late)}{owing}."
    if unsure:
        others = french.plural(unsure, "autre crédit", "autres crédits")
        told += f" Pour {others}, on ne le sait pas."
    return told


def _lasting(late: Sequence[Credit]) -> str:
    """How long what is late has been so, after a comma; of several the longest, as far as it is known."""
    known = [one.days_late for one in late if one.days_late is not None]
    days = max(known, default=0)
    if not days:
        return ""
    told = french.plural(days, "jour")
    if len(late) == 1:
        return f", de {told}"
    return f", de {told} au plus" if len(known) == len(late) else f", de {told} ou plus pour le plus long"


def requests_sentence(told: History) -> str:
    """The earlier applications with us, in full sentences; the two absences each have their own."""
    if told.requests is None:
        return french.typeset(
            "Les demandes précédentes ne sont pas importées dans ce portefeuille : on ne sait pas si le "
            "client a déjà demandé un crédit chez nous."
        )
    if not told.requests and told.duplicates:
        only = french.plural(told.duplicates, "doublon", "doublons")
        return f"Des demandes précédentes, nos dossiers n’ont que {only}, que nous ne comptons pas."
    if not told.requests:
        return "Le client n’avait encore fait aucune demande de crédit chez nous."
    twice = french.plural(told.duplicates, "doublon n’est pas compté", "doublons ne sont pas comptés")
    also = f" {twice}." if told.duplicates else ""
    return french.typeset(f"Avant celle-ci, le client avait fait chez nous {requests_said(told)}.{also}")


def requests_said(told: History) -> str:
    """How many earlier applications had which answer: "1 demande, accordée", "3 demandes : …"; or none."""
    answers = [one.answer for one in told.requests or ()]
    if not answers:
        return "aucune demande"
    many = french.plural(len(answers), "demande", "demandes")
    return french.typeset(f"{many}{' :' if len(set(answers)) > 1 else ','} {_counted(answers, Answer)}")
