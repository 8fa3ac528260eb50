"""What granted contracts leave behind month by month: POS_CASH_balance, credit_card_balance, payments.

Three tables from the same traits, so that they agree: an instalment paid late is a month with days past due,
a card's payments are those of its months. installments_payments is drawn without genuine rows of it: its
schedule and amounts are the contract's, its late days those of the month; what no other table says (how
early people pay, lateness caught up within the month, payments in two parts) are round numbers from what
Kaggle publishes of that table.
"""

import numpy as np

from pretadepenser.demo.columns import Columns, Flags
from pretadepenser.demo.history.bureau import MONTH
from pretadepenser.demo.history.chance import Bits, below, normal, uniform
from pretadepenser.demo.history.previous import CARDS, NEVER, drawn
from pretadepenser.demo.history.rows import code, expanded
from pretadepenser.demo.parameters import Floats, Whole

SPAN = 96  # months of history that are kept
EVERY = 30  # days from one instalment to the next
ACTIVE, COMPLETED, SIGNED = range(3)
STATUSES = ("Active", "Completed", "Signed")

IN_ADVANCE = 8.0  # days that people pay before the instalment is due, on average
IN_PARTS = 0.07  # share of the instalments that are paid in two parts
CAUGHT_UP = -3.0  # log-odds that an instalment is late by days that its month does not show
LEANING = 0.7  # of those log-odds, for one standard deviation more of arrears elsewhere in the client's rows
TOLERATED = 0.93  # share of long arrears that are small sums the lender lets be: paid, but for a remainder
INTEREST = 0.033  # of what is owed on a card, each month


def is_loan(c: Columns) -> Flags:
    """Contracts (n,) with a schedule of instalments."""
    return np.asarray(
        np.logical_and(~np.isnan(c["DAYS_FIRST_DUE"]), c["NAME_PORTFOLIO"] != CARDS), dtype=np.bool_
    )


def is_card(c: Columns) -> Flags:
    """Cards (n,) that were handed over."""
    return np.asarray(
        np.logical_and(~np.isnan(c["DAYS_FIRST_DUE"]), c["NAME_PORTFOLIO"] == CARDS), dtype=np.bool_
    )


def month_of(days: Floats) -> Whole:
    """The month (n,) in which a day lies nearest to the month's balance: -1 at the latest."""
    return np.minimum(np.round(days / MONTH), -1).astype(np.int64)


def _span(v: Columns, c: Columns) -> tuple[Whole, Whole, Flags]:
    """First and last month (n,) of loans, and whether they were repaid."""
    first = month_of(c["DAYS_DECISION"])
    repaid = c["DAYS_LAST_DUE"] < NEVER
    until = np.where(repaid, month_of(c["DAYS_LAST_DUE"] + 5), -np.maximum(code(v, "STOPPED"), 1))
    return first, np.maximum(until, first), repaid


def _late(v: Columns, keys: Bits, owner: Whole, place: Whole, length: Whole) -> tuple[Whole, Whole]:
    """Days past due (m,) at a place of a contract, and those that the lender does not tolerate.

    A contract has no arrears, some days in some months, or arrears that grow from a month on.
    """
    arrears = code(v, "ARREARS")[owner]
    share = np.clip(np.nan_to_num(v["ARREARS SHARE"]), 0.03, 0.9)
    usual = np.maximum(np.nan_to_num(v["DAYS LATE"]), 1)
    start = _long_start(keys, length)
    chance = uniform(below(keys[owner], 300 + place), 62)
    late = (arrears == 1) & (place > 0) & ((chance < share[owner]) | (place == start[owner]))
    spread = np.exp(0.6 * normal(below(keys[owner], 300 + place), 1, 63)[:, 0])
    days = np.where(late, np.clip(np.ceil(usual[owner] * spread), 1, 29), 0)
    since = place - start[owner]
    # A small debt that is let be is counted from the day it was made, often years before.
    old = np.where(tolerated(keys), np.exp(5.3 + 1.2 * normal(keys, 1, 74)[:, 0]), 0.0).clip(0, 2000)
    grown = np.round(np.maximum(since, 0) * MONTH + old[owner]) + 15
    days = np.where((arrears == 2) & (since >= 0), grown, days)
    counted = np.where(arrears == 2, ~tolerated(keys)[owner], (uniform(keys, 64) < 0.75)[owner])
    return days.astype(np.int64), np.where(counted, days, 0).astype(np.int64)


def tolerated(keys: Bits) -> Flags:
    """Contracts (n,) whose long arrears, if any, are a remainder that the lender lets be."""
    return uniform(keys, 65) < TOLERATED


def loan_months(v: Columns, c: Columns, keys: Bits) -> tuple[Whole, dict[str, Floats]]:
    """POS_CASH_balance of loans: whose each row is (m,), and its columns; the status as a code."""
    first, last, repaid = _span(v, c)
    owner, place = expanded(last - first + 1)
    month = first[owner] + place
    shown = month >= -SPAN
    owner, place, month = owner[shown], place[shown], month[shown]
    term = np.maximum(c["CNT_PAYMENT"], 1)[owner]
    due = np.floor((month * MONTH - c["DAYS_FIRST_DUE"][owner]) / EVERY) + 1
    done = repaid[owner] & (month == last[owner])
    left = np.where(done, 0.0, np.clip(term - np.clip(due, 0, None), 0, None))
    days, counted = _late(v, keys, owner, place, last - first)
    signed = (place == 0) & (uniform(keys, 66) < 0.09)[owner] & ~done
    early = done & (c["DAYS_LAST_DUE"] < c["DAYS_LAST_DUE_1ST_VERSION"])[owner]
    paid = np.clip(due, 1, term)
    return owner, {
        "MONTHS_BALANCE": month.astype(float),
        "CNT_INSTALMENT": np.where(early, paid, term),
        "CNT_INSTALMENT_FUTURE": left,
        "NAME_CONTRACT_STATUS": np.select([done, signed], [COMPLETED, SIGNED], ACTIVE).astype(float),
        "SK_DPD": np.where(done, 0, days).astype(float),
        "SK_DPD_DEF": np.where(done, 0, counted).astype(float),
    }


def loan_payments(v: Columns, c: Columns, keys: Bits, leaning: Floats) -> tuple[Whole, dict[str, Floats]]:
    """installments_payments of loans: whose each row is (m,), and its columns.

    `leaning` (n,) is how much, as a standard normal, the client of each contract leans to arrears.
    """
    first, last, repaid = _span(v, c)
    start = c["DAYS_FIRST_DUE"]
    end = np.where(repaid, c["DAYS_LAST_DUE"], -1.0)
    count = np.clip(np.floor((end - start) / EVERY) + 1, 0, np.maximum(c["CNT_PAYMENT"], 1)).astype(np.int64)
    owner, place = expanded(count)
    due = start[owner] + EVERY * place
    month = np.minimum(np.ceil(due / MONTH), -1).astype(np.int64)
    kept = month >= -SPAN
    owner, place, due, month = owner[kept], place[kept], due[kept], month[kept]
    under = below(keys[owner], 600 + place)
    early = (repaid & (c["DAYS_LAST_DUE"] < c["DAYS_LAST_DUE_1ST_VERSION"]))[owner] & (
        place == count[owner] - 1
    )
    at = month - first[owner]
    late, counted = _late(v, keys, owner, at, last - first)
    covered = (at >= 0) & (month <= last[owner]) & ~(repaid[owner] & (month == last[owner]))
    long = (code(v, "ARREARS") == 2)[owner]
    unpaid = covered & long & (counted > 0)
    late = np.where(covered & ~long, late, 0)
    # What the balance at the end of the month does not show: a few days, caught up before it.
    room = np.maximum(np.floor(month * MONTH) - due - 1, 0)
    slipped = uniform(under, 67) < 1 / (1 + np.exp(-CAUGHT_UP - LEANING * leaning[owner]))
    slip = np.minimum(np.ceil(-4 * np.log(uniform(under, 68))), room)
    habit = np.exp(0.5 * normal(keys, 1, 69)[:, 0])[owner]
    advance = np.floor(-IN_ADVANCE * habit * np.log(uniform(under, 70)))
    paid = np.where(late > 0, due + late, np.where(slipped & (slip > 0), due + slip, due - advance))
    paid = np.maximum(paid, c["DAYS_DECISION"][owner])
    # An instalment whose late days reach beyond the application is not paid yet.
    unpaid |= paid > -1
    annuity = c["AMT_ANNUITY"][owner]
    left = np.clip(np.maximum(c["CNT_PAYMENT"], 1)[owner] - place, 1, None)
    amount = np.where(early, np.round(annuity * left * 0.85 / 4.5) * 4.5, annuity)
    short = covered & long & ~unpaid & (at == _long_start(keys, last - first)[owner])
    given = np.where(short, np.round(amount * 0.995 * 200 / 9) * 9 / 200, amount)
    columns = {
        "NUM_INSTALMENT_VERSION": np.where(early & (left > 1), 2.0, 1.0),
        "NUM_INSTALMENT_NUMBER": place + 1.0,
        "DAYS_INSTALMENT": due,
        "DAYS_ENTRY_PAYMENT": np.where(unpaid, np.nan, paid),
        "AMT_INSTALMENT": amount,
        "AMT_PAYMENT": np.where(unpaid, np.nan, given),
    }
    return _in_parts(owner, columns, under, (uniform(under, 71) < IN_PARTS) & ~unpaid)


def _long_start(keys: Bits, length: Whole) -> Whole:
    """The place (n,) from which long arrears grow: rather early, since they last."""
    return 1 + np.floor(uniform(keys, 61) ** 2 * np.maximum(length - 1, 1)).astype(np.int64)


def _in_parts(
    owner: Whole, columns: dict[str, Floats], under: Bits, parts: Flags
) -> tuple[Whole, dict[str, Floats]]:
    """The rows (m,) with those chosen given twice: a part of the payment in each, the first days before."""
    row, half = expanded(1 + parts.astype(np.int64))
    out = {name: values[row] for name, values in columns.items()}
    two = parts[row]
    share = np.round(columns["AMT_PAYMENT"] * (0.2 + 0.6 * uniform(under, 72)) / 4.5) * 4.5
    rest = columns["AMT_PAYMENT"] - share
    out["AMT_PAYMENT"] = np.where(two, np.where(half == 0, share[row], rest[row]), out["AMT_PAYMENT"])
    sooner = np.floor(6 * uniform(under, 73))[row]
    out["DAYS_ENTRY_PAYMENT"] = np.where(
        two & (half == 0), out["DAYS_ENTRY_PAYMENT"] - sooner, out["DAYS_ENTRY_PAYMENT"]
    )
    return owner[row], out


def card_months(v: Columns, c: Columns, keys: Bits) -> tuple[Whole, dict[str, Floats]]:
    """credit_card_balance of cards: whose each row is (m,), and its columns; the status as a code.

    A card's months follow from one another: what is owed is what was, with interest, drawings added and
    payments taken away. All cards go through their months side by side.
    """
    first = np.maximum(month_of(c["DAYS_DECISION"]), -SPAN)
    number = np.clip(np.round(np.nan_to_num(v["CARD MONTHS"]) * -first), 1, -first).astype(np.int64)
    used = drawn(v)
    # A card with drawings has months until these begin.
    begun = np.where(used, month_of(np.minimum(c["DAYS_FIRST_DRAWING"], -1.0)), 0)
    number = np.where(used, np.maximum(number, np.minimum(begun - first + 2, -first)), number)
    size, widest = len(first), int(number.max(initial=0))
    held = {
        name: np.zeros((size, widest))
        for name in ("owed", "limit", "machine", "shop", "minimum", "paid", "days")
    }
    limit = np.maximum(np.round(c["AMT_CREDIT"] / 4500), 1) * 4500
    raised = np.floor(uniform(keys, 81) * SPAN)
    share = np.clip(np.nan_to_num(v["BALANCE SHARE"]), 0, 1)
    aim, pays = np.clip(np.nan_to_num(v["USE"]), 0.02, 1.02), np.clip(np.nan_to_num(v["PAYS"]), 0.5, 12)
    cash = np.clip(np.nan_to_num(v["CASH"]), 0, 1)
    arrears = code(v, "CARD ARREARS")
    stuck = np.floor(uniform(keys, 82) * number)
    owed, missed = np.zeros(size), np.zeros(size)
    for t in range(widest):
        now = below(keys, 900 + t)
        limit = np.where(
            (raised == t) & (uniform(keys, 83) < 0.6), np.round(limit * 1.3 / 4500) * 4500, limit
        )
        can = used & (first + t >= begun)
        frozen = (arrears == 2) & (t >= stuck) & (owed > 0)
        wants = can & (uniform(below(keys, 700 + (t + 5) // 9), 84) < share) & ~frozen
        room = np.maximum(aim * limit * (0.9 + 0.6 * uniform(now, 85)) - owed, 0)
        draws = wants & ((owed <= 0) | (uniform(now, 86) < 0.36))
        taken = np.where(draws, np.round(room * (0.4 + 0.6 * uniform(now, 87)) / 4.5) * 4.5, 0.0)
        from_machine = (uniform(now, 88) < cash) & draws
        machine = np.where(from_machine, np.maximum(np.round(taken / 4500), 1) * 4500, 0.0)
        shop = np.where(draws & ~from_machine, taken, 0.0)
        minimum = np.where(
            owed > 0, np.minimum(np.maximum(np.round(owed * 0.055 / 4.5) * 4.5, 2250), owed), 0.0
        )
        skips = frozen | ((arrears == 1) & (uniform(now, 89) < 0.2))
        noise = np.exp(0.35 * normal(now, 1, 90)[:, 0])
        gives = np.where(
            can & ~wants & (owed > 0), owed * (1 + INTEREST), minimum * np.maximum(pays * noise, 1)
        )
        paid = np.where(skips, 0.0, np.minimum(gives, owed * (1 + INTEREST)))
        paid = np.where(paid < owed, np.round(paid / 4.5) * 4.5, paid)
        missed = np.where(skips & (owed > 0), missed + 1, 0.0)
        owed = owed * (1 + INTEREST) + machine + shop - paid
        owed = np.where(owed < 4.5, 0.0, np.minimum(owed, 1.2 * limit))
        days = np.where(arrears == 2, np.maximum(missed * MONTH - 10, 0), np.minimum(missed, 1) * 8)
        for name, values in zip(held, (owed, limit, machine, shop, minimum, paid, days), strict=True):
            held[name][:, t] = values
    shown = np.arange(widest) < number[:, None]
    owner, place = np.nonzero(shown)
    return owner, _card_columns(
        {name: table[shown] for name, table in held.items()}, v, c, owner, place, first, begun
    )


def _card_columns(
    held: Columns, v: Columns, c: Columns, owner: Whole, place: Whole, first: Whole, begun: Whole
) -> dict[str, Floats]:
    """Kaggle's columns of card months (m,): drawings by kind unknown before the first of them."""
    month = first[owner] + place
    silent = ~drawn(v)[owner] | (month < begun[owner])
    unsaid = np.where(silent, np.nan, 0.0)
    new = np.where((place < 2) & (held["minimum"] == 0) & (held["owed"] == 0), np.nan, 0.0)
    owed = np.round(held["owed"] * 200 / 9) * 9 / 200
    times = np.where(held["machine"] > 0, np.ceil(held["machine"] / 45_000), 0)
    shops = np.where(held["shop"] > 0, np.ceil(held["shop"] / 9_000), 0)
    due = held["minimum"] > 0
    whole: Whole = np.cumsum(due)
    mature = whole - (whole - due)[np.searchsorted(owner, owner)]
    closed = (c["DAYS_TERMINATION"] < NEVER)[owner] & (month * MONTH >= c["DAYS_TERMINATION"][owner])
    days = np.round(held["days"])
    paid = np.round(held["paid"] * 200 / 9) * 9 / 200
    return {
        "MONTHS_BALANCE": month.astype(float),
        "AMT_BALANCE": owed,
        "AMT_CREDIT_LIMIT_ACTUAL": held["limit"],
        "AMT_DRAWINGS_ATM_CURRENT": held["machine"] + unsaid,
        "AMT_DRAWINGS_CURRENT": held["machine"] + held["shop"],
        "AMT_DRAWINGS_OTHER_CURRENT": unsaid,
        "AMT_DRAWINGS_POS_CURRENT": held["shop"] + unsaid,
        "AMT_INST_MIN_REGULARITY": np.round(held["minimum"] * 200 / 9) * 9 / 200 + new,
        "AMT_PAYMENT_CURRENT": paid + unsaid,
        "AMT_PAYMENT_TOTAL_CURRENT": paid,
        "AMT_RECEIVABLE_PRINCIPAL": np.round(owed * 0.96 * 200 / 9) * 9 / 200,
        "AMT_RECIVABLE": owed,
        "AMT_TOTAL_RECEIVABLE": owed,
        "CNT_DRAWINGS_ATM_CURRENT": times + unsaid,
        "CNT_DRAWINGS_CURRENT": times + shops,
        "CNT_DRAWINGS_OTHER_CURRENT": unsaid,
        "CNT_DRAWINGS_POS_CURRENT": shops + unsaid,
        "CNT_INSTALMENT_MATURE_CUM": mature + new,
        "NAME_CONTRACT_STATUS": np.where(closed, COMPLETED, ACTIVE).astype(float),
        "SK_DPD": days,
        "SK_DPD_DEF": np.where(days < 31, days, 0.0),
    }


def card_payments(months: Columns, owner: Whole, keys: Bits) -> tuple[Whole, dict[str, Floats]]:
    """installments_payments of cards, from their months: version 0, the month's number, what was paid."""
    paying = months["AMT_PAYMENT_TOTAL_CURRENT"] > 0
    month, whose = months["MONTHS_BALANCE"][paying], owner[paying]
    under = below(keys[whose], 800 - month.astype(np.int64))
    paid = months["AMT_PAYMENT_TOTAL_CURRENT"][paying]
    asked = np.nan_to_num(months["AMT_INST_MIN_REGULARITY"][paying])
    late = months["SK_DPD"][paying] > 0
    due = np.round(month * MONTH)
    lead = np.where(late, -np.ceil(8 * uniform(under, 91)), np.floor(12 * uniform(under, 91)))
    columns = {
        "NUM_INSTALMENT_VERSION": np.zeros(len(due)),
        "NUM_INSTALMENT_NUMBER": np.maximum(np.nan_to_num(months["CNT_INSTALMENT_MATURE_CUM"][paying]), 1),
        "DAYS_INSTALMENT": due,
        "DAYS_ENTRY_PAYMENT": np.minimum(due - lead, -1.0),
        "AMT_INSTALMENT": asked,
        "AMT_PAYMENT": paid,
    }
    return _in_parts(whose, columns, under, uniform(under, 92) < 0.5)
