"""What a client's history sums up to, worked out row by row in plain Python: the slow oracle of the SQL.

Written from what the figures mean (credit/dictionary/history.toml, docs/decisions/histories.md), not from the
SQL; exact fractions of the decimals, so that no rounding hides a difference.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

Row = Mapping[str, Any]
Figures = dict[str, float | None]

STEPS = {"0": 0, "C": 0, "1": 1, "2": 31, "3": 61, "4": 91, "5": 121}


def money(value: float | None) -> Fraction | None:
    return None if value is None else Fraction(Decimal(str(value)))


def above_nothing(value: float | None) -> Fraction | None:
    exact = money(value)
    return None if exact is None else max(exact, Fraction(0))


def share(part: float | Fraction, whole: float | Fraction) -> float | None:
    return float(Fraction(part) / Fraction(whole)) if whole else None


def total(values: Sequence[Fraction | None]) -> float | None:
    """Sum of the known ones; unknown where none is."""
    known = [value for value in values if value is not None]
    return float(sum(known)) if known else None


def greatest(values: Sequence[float | None]) -> float | None:
    known = [float(value) for value in values if value is not None]
    return max(known) if known else None


def share_of_known(pairs: Sequence[tuple[Fraction | None, Fraction | None]]) -> float | None:
    """Part in whole, over the pairs of which both are known."""
    both = [(part, whole) for part, whole in pairs if part is not None and whole is not None]
    return share(sum((part for part, _ in both), Fraction(0)), sum((whole for _, whole in both), Fraction(0)))


def bureau(rows: Sequence[Row]) -> Figures | None:
    known = [row for row in rows if row["DAYS_CREDIT"] <= 0 and row["DAYS_CREDIT_UPDATE"] <= 0]
    if not known:
        return None
    active = [row for row in known if row["CREDIT_ACTIVE"] == "Active"]
    unfinished = [row for row in known if row["CREDIT_ACTIVE"] != "Closed"]
    cards = [row for row in active if row["CREDIT_TYPE"] == "Credit card"]

    def counted(some: Sequence[Row]) -> list[Row]:
        return [row for row in some if row["CREDIT_CURRENCY"] in (None, "currency 1")]

    def owed(some: Sequence[Row]) -> float | None:
        return share_of_known(
            [
                (above_nothing(row["AMT_CREDIT_SUM_DEBT"]), money(row["AMT_CREDIT_SUM"]))
                for row in counted(some)
                if row["AMT_CREDIT_SUM"] is not None and row["AMT_CREDIT_SUM"] > 0
            ]
        )

    def owed_of_all(some: Sequence[Row]) -> float | None:
        """What is still due of all that was ever lent, closed credits owing nothing."""
        lent = [
            row for row in counted(some) if row["AMT_CREDIT_SUM"] is not None and row["AMT_CREDIT_SUM"] > 0
        ]
        open_ = [row for row in lent if row["CREDIT_ACTIVE"] != "Closed"]
        told = [row for row in open_ if row["AMT_CREDIT_SUM_DEBT"] is not None]
        if unfinished and not told:
            return None
        whole = sum(money(row["AMT_CREDIT_SUM"]) or 0 for row in lent if row in told or row not in open_)
        part = sum(above_nothing(row["AMT_CREDIT_SUM_DEBT"]) or 0 for row in told)
        return float(part) / float(whole) if whole else None

    ends = [
        row["DAYS_CREDIT_ENDDATE"]
        for row in unfinished
        if row["CREDIT_TYPE"] != "Credit card"
        and row["DAYS_CREDIT_ENDDATE"] is not None
        and row["DAYS_CREDIT_ENDDATE"] < 50 * 365.24
    ]
    debts = [above_nothing(row["AMT_CREDIT_SUM_DEBT"]) for row in counted(unfinished)]
    late = [
        row
        for row in unfinished
        if (row["CREDIT_DAY_OVERDUE"] or 0) > 0 or (row["AMT_CREDIT_SUM_OVERDUE"] or 0) > 0
    ]
    prolonged = [row["CNT_CREDIT_PROLONG"] for row in known if row["CNT_CREDIT_PROLONG"] is not None]
    return {
        "BUREAU_ACTIVE": len(active),
        "BUREAU_CLOSED": sum(row["CREDIT_ACTIVE"] == "Closed" for row in known),
        "BUREAU_CARDS": len(cards),
        "BUREAU_OPENED_YEAR": sum(row["DAYS_CREDIT"] >= -365 for row in known),
        "BUREAU_LAST": max(row["DAYS_CREDIT"] for row in known),
        "BUREAU_FIRST": min(row["DAYS_CREDIT"] for row in known),
        "BUREAU_ENDS": max(0, *ends) if ends else None,
        "BUREAU_DEBT": total(debts) if unfinished else 0,
        "BUREAU_DEBT_SHARE": owed_of_all(known),
        "BUREAU_CARD_USE": owed(cards) if cards else 0,
        "BUREAU_ANNUITY": total([money(r["AMT_ANNUITY"]) for r in counted(unfinished)]) if unfinished else 0,
        "BUREAU_OVERDUE": total([money(row["AMT_CREDIT_SUM_OVERDUE"]) for row in counted(known)]),
        "BUREAU_OVERDUE_CREDITS": len(late),
        "BUREAU_OVERDUE_MAX": greatest(
            [
                late
                for row in counted(known)
                # What is late today is at least as much as was ever late, and nothing late tells nothing.
                for late in (row["AMT_CREDIT_MAX_OVERDUE"], row["AMT_CREDIT_SUM_OVERDUE"] or None)
            ]
        ),
        "BUREAU_PROLONGED": sum(prolonged) if prolonged else None,
        "BUREAU_LOST": sum(row["CREDIT_ACTIVE"] in ("Sold", "Bad debt") for row in known),
    }


def bureau_balance(rows: Sequence[Row], credits: Sequence[Row]) -> Figures | None:
    own = {row["SK_ID_BUREAU"] for row in credits}
    past = [row for row in rows if row["SK_ID_BUREAU"] in own and row["MONTHS_BALANCE"] < 0]
    if not past:
        return None
    told = [(row["MONTHS_BALANCE"], row["STATUS"]) for row in past if row["STATUS"] != "X"]
    recent = [(month, status) for month, status in told if month >= -24]
    paying = [status for _, status in told if status != "C"]
    return {
        "BUREAU_MONTHS_LATE": len({month for month, status in recent if STEPS[status]}) if recent else None,
        "BUREAU_LATE_SHARE": share(sum(STEPS[status] > 0 for status in paying), len(paying)),
        "BUREAU_WORST_RECENT": greatest([STEPS[status] for _, status in recent]),
        "BUREAU_WORST": greatest([STEPS[status] for _, status in told]),
    }


def previous_application(rows: Sequence[Row]) -> Figures | None:
    known = [
        row
        for row in rows
        if row["DAYS_DECISION"] <= 0
        and row["FLAG_LAST_APPL_PER_CONTRACT"] != "N"
        and row["NFLAG_LAST_APPL_IN_DAY"] != 0
    ]
    if not known:
        return None
    refused = [row for row in known if row["NAME_CONTRACT_STATUS"] == "Refused"]
    granted = [row for row in known if row["NAME_CONTRACT_STATUS"] == "Approved"]
    accepted = len(granted) + sum(row["NAME_CONTRACT_STATUS"] == "Unused offer" for row in known)
    terms = [row["CNT_PAYMENT"] for row in granted if row["CNT_PAYMENT"]]
    return {
        "PREVIOUS_COUNT": len(known),
        "PREVIOUS_APPROVED": accepted,
        "PREVIOUS_REFUSED": len(refused),
        "PREVIOUS_REFUSED_SHARE": share(len(refused), len(refused) + accepted),
        "PREVIOUS_REFUSED_YEAR": sum(row["DAYS_DECISION"] >= -365 for row in refused),
        "PREVIOUS_REFUSED_HISTORY": sum(row["CODE_REJECT_REASON"] == "HC" for row in refused),
        "PREVIOUS_REFUSED_SCORE": sum(row["CODE_REJECT_REASON"] in ("SCO", "SCOFR") for row in refused),
        "PREVIOUS_LAST": greatest([row["DAYS_DECISION"] for row in known]),
        "PREVIOUS_GRANTED_SHARE": share_of_known(
            [
                (money(row["AMT_CREDIT"]), money(row["AMT_APPLICATION"]))
                for row in granted
                if row["AMT_APPLICATION"]
            ]
        ),
        "PREVIOUS_DOWN_PAYMENT": share_of_known(
            [
                (above_nothing(row["AMT_DOWN_PAYMENT"]), money(row["AMT_GOODS_PRICE"]))
                for row in granted
                if row["AMT_GOODS_PRICE"]
            ]
        ),
        "PREVIOUS_TERM": sum(terms) / len(terms) if terms else None,
    }


def installments_payments(rows: Sequence[Row]) -> Figures | None:
    together: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        if row["DAYS_INSTALMENT"] < 0:
            names = ("SK_ID_PREV", "NUM_INSTALMENT_VERSION", "NUM_INSTALMENT_NUMBER", "DAYS_INSTALMENT")
            together.setdefault(tuple(row[name] for name in names), []).append(row)
    instalments: list[tuple[float, float, bool]] = []
    for parts in together.values():
        due, day = max(row["AMT_INSTALMENT"] for row in parts), parts[0]["DAYS_INSTALMENT"]
        if not due:
            continue
        received = [
            (row["DAYS_ENTRY_PAYMENT"], row["AMT_PAYMENT"])
            for row in parts
            if row["DAYS_ENTRY_PAYMENT"] is not None and row["DAYS_ENTRY_PAYMENT"] <= 0 and row["AMT_PAYMENT"]
        ]
        last = max((paid_on for paid_on, _ in received), default=0)
        short = float(sum(Fraction(Decimal(str(amount))) for _, amount in received)) < 0.99 * due
        instalments.append((day, max(0, last - day), short))
    if not instalments:
        return None

    def late(some: Sequence[tuple[float, float, bool]]) -> float | None:
        return share(sum(days > 0 for _, days, _ in some), len(some))

    return {
        "INSTALMENTS_COUNT": len(instalments),
        "INSTALMENTS_LATE_SHARE": late(instalments),
        "INSTALMENTS_LATE_RECENT": late([one for one in instalments if one[0] >= -365]),
        "INSTALMENTS_LATE_BEFORE": late([one for one in instalments if one[0] < -365]),
        "INSTALMENTS_SHORT_SHARE": share(sum(short for _, _, short in instalments), len(instalments)),
        "INSTALMENTS_DAYS_LATE": sum(days for _, days, _ in instalments) / len(instalments),
        "INSTALMENTS_WORST": max(days for _, days, _ in instalments),
    }


def pos_cash_balance(rows: Sequence[Row]) -> Figures | None:
    past = [row for row in rows if row["MONTHS_BALANCE"] < 0]
    if not past:
        return None
    left: list[float | None] = []
    for number in {row["SK_ID_PREV"] for row in past}:
        own = [row for row in past if row["SK_ID_PREV"] == number]
        latest = max(row["MONTHS_BALANCE"] for row in own)
        running = [
            row for row in own if row["MONTHS_BALANCE"] == latest and row["NAME_CONTRACT_STATUS"] == "Active"
        ]
        if latest >= -3 and running:
            left.append(greatest([row["CNT_INSTALMENT_FUTURE"] for row in running]))
    late = {row["MONTHS_BALANCE"] for row in past if (row["SK_DPD_DEF"] or 0) > 0}
    known = [one for one in left if one is not None]
    return {
        "POS_ACTIVE": len(left),
        "POS_LEFT": (sum(known) if known else None) if left else 0,
        "POS_MONTHS_LATE": len(late),
        "POS_WORST": greatest([row["SK_DPD_DEF"] for row in past]),
    }


def credit_card_balance(rows: Sequence[Row]) -> Figures | None:
    past = [row for row in rows if row["MONTHS_BALANCE"] < 0]
    if not past:
        return None
    latest = max(row["MONTHS_BALANCE"] for row in past)
    now = [row for row in past if row["MONTHS_BALANCE"] == latest]
    year = [row for row in past if row["MONTHS_BALANCE"] >= -12]

    def use(some: Sequence[Row]) -> float | None:
        return share_of_known(
            [(above_nothing(r["AMT_BALANCE"]), money(r["AMT_CREDIT_LIMIT_ACTUAL"])) for r in some]
        )

    def of_cash(row: Row, name: str) -> float | None:
        still: float | None = 0 if row["CNT_DRAWINGS_CURRENT"] == 0 else None
        return still if row[name] is None else row[name]

    below = {
        row["MONTHS_BALANCE"]
        for row in year
        if row["AMT_INST_MIN_REGULARITY"]
        and (row["AMT_PAYMENT_CURRENT"] or 0) < 0.99 * row["AMT_INST_MIN_REGULARITY"]
    }
    return {
        "CARD_LIMIT": total([money(row["AMT_CREDIT_LIMIT_ACTUAL"]) for row in now]),
        "CARD_USE": use(now),
        "CARD_USE_YEAR": use(year),
        "CARD_WITHDRAWALS": total([money(of_cash(row, "CNT_DRAWINGS_ATM_CURRENT")) for row in year]),
        "CARD_CASH": total([money(of_cash(row, "AMT_DRAWINGS_ATM_CURRENT")) for row in year]),
        "CARD_BELOW_MINIMUM": len(below) if year else None,
        "CARD_MONTHS_LATE": len({row["MONTHS_BALANCE"] for row in past if (row["SK_DPD_DEF"] or 0) > 0}),
    }


_OF_ONE_TABLE: Mapping[str, Callable[[Sequence[Row]], Figures | None]] = {
    "bureau": bureau,
    "previous_application": previous_application,
    "installments_payments": installments_payments,
    "POS_CASH_balance": pos_cash_balance,
    "credit_card_balance": credit_card_balance,
}

# Of a client who has no row in a table that is there; the others have no value then.
NOTHING = {
    "BUREAU_ACTIVE",
    "BUREAU_CLOSED",
    "BUREAU_CARDS",
    "BUREAU_OPENED_YEAR",
    "BUREAU_DEBT",
    "BUREAU_ANNUITY",
    "BUREAU_OVERDUE",
    "BUREAU_OVERDUE_CREDITS",
    "BUREAU_OVERDUE_MAX",
    "BUREAU_PROLONGED",
    "BUREAU_LOST",
    "PREVIOUS_COUNT",
    "PREVIOUS_APPROVED",
    "PREVIOUS_REFUSED",
    "PREVIOUS_REFUSED_YEAR",
    "PREVIOUS_REFUSED_HISTORY",
    "PREVIOUS_REFUSED_SCORE",
    "INSTALMENTS_COUNT",
    "POS_ACTIVE",
    "POS_LEFT",
}


def figures(table: str, histories: Mapping[str, Sequence[Row]], names: Sequence[str]) -> Figures:
    """The figures `names` of one table for one person, all of whose rows have all columns."""
    rows = histories[table]
    found = (
        bureau_balance(rows, histories["bureau"]) if table == "bureau_balance" else _OF_ONE_TABLE[table](rows)
    )
    return {name: 0 if name in NOTHING else None for name in names} if found is None else found
