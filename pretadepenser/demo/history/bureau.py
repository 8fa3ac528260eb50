"""Credits elsewhere: the rows of bureau, and of bureau_balance month by month.

`traits` and `credits` are each other's inverse; the fit uses the first, the drawing the second. Days count
from the day of application, so all that has happened is at or below 0.
"""

from collections.abc import Callable

import numpy as np

from pretadepenser.demo.columns import Columns, Flags
from pretadepenser.demo.history.chance import Bits, below, uniform
from pretadepenser.demo.history.rows import Trait, code, expanded
from pretadepenser.demo.parameters import Floats, Whole

MONTH = 365.25 / 12
OLDEST = 2922.0  # days of history that the bureau gives: eight years
MONTHS = 96

TYPES = (
    "Consumer credit", "Credit card", "Car loan", "Mortgage", "Microloan", "Loan for business development",
    "Another type of loan", "Loan for working capital replenishment", "Unknown type of loan",
    "Cash loan (non-earmarked)",
)  # fmt: skip
STATES = ("Active", "Closed", "Sold")
CURRENCIES = ("currency 1", "currency 2", "currency 3")
STATUSES = ("0", "1", "2", "3", "4", "5", "C", "X")
CLOSED, UNKNOWN = 6, 7  # places in STATUSES
UNSAID, ZERO, MORE = 0, 1, 2  # an amount that is missing, nil, or more than that
SAME, EARLY, LATE = 0, 1, 2  # when a credit ended, against its contract
AGES = np.array([180, 365, 730, 1460])


def _group(v: Columns) -> Whole:
    """Consumer credit, card, car, mortgage, others (n,)."""
    return np.minimum(code(v, "TYPE"), 4)


def _closed(v: Columns) -> Whole:
    return (code(v, "STATE") > 0).astype(np.int64)


def _age(v: Columns) -> Whole:
    return np.digitize(np.nan_to_num(v["AGE"]), AGES)


def _group_closed(v: Columns) -> Whole:
    return 2 * _group(v) + _closed(v)


def _ended(v: Columns) -> Flags:
    return np.equal(code(v, "STATE"), 1)


def _planned_end(v: Columns) -> Whole:
    """Whether the contract's end is unknown, still to come, or past (n,)."""
    end = np.nan_to_num(v["LENGTH"]) - np.nan_to_num(v["AGE"])
    return np.where(code(v, "LENGTH KNOWN") == 0, 0, np.where(end >= 0, 1, 2))


def _card_in_debt(v: Columns) -> Whole:
    """Cards and other credits, owing and not (n,): a card's limit is what is left of it."""
    return np.asarray(2 * (_group(v) == 1) + (v["DEBT SAID"] == MORE), dtype=np.int64)


def _followed(v: Columns) -> Whole:
    """How a credit is told by the month (n,): whether it ended, what gaps it has, whether it falls silent."""
    return 6 * _closed(v) + 2 * code(v, "GAPS") + (np.nan_to_num(v["SILENT"]) > 0.5)


def _when(name: str, value: int) -> Callable[[Columns], Flags]:
    return lambda v: np.equal(v[name], value)


TRAITS = (
    Trait("TYPE"),
    Trait("AGE", True, _group, 5),
    Trait("STATE", False, lambda v: 5 * _group(v) + _age(v), 25),
    Trait("LENGTH KNOWN", False, _group_closed, 10),
    Trait(
        "LENGTH", True, lambda v: 10 * np.minimum(_group(v), 2) + 2 * _age(v) + _closed(v), 30,
        _when("LENGTH KNOWN", 1),
    ),
    Trait("ENDING", False, _planned_end, 3, _ended),
    Trait("ENDED", True, lambda v: 3 * code(v, "ENDING") + _planned_end(v), 9, lambda v: v["ENDING"] > 0),
    Trait("NEWS", True, _closed, 2),
    Trait("SUM", True, _group_closed, 10),
    Trait("DEBT SAID", False, _group_closed, 10),
    Trait("DEBT", True, _group, 5, _when("DEBT SAID", MORE)),
    Trait("LIMIT SAID", False, _group_closed, 10),
    Trait("LIMIT", True, _card_in_debt, 4, _when("LIMIT SAID", MORE)),
    Trait("WORST SAID", False, _group_closed, 10),
    Trait("WORST", True, None, 1, _when("WORST SAID", MORE)),
    Trait("INSTALMENT SAID", False, _group_closed, 10),
    Trait("INSTALMENT", True, _group, 5, _when("INSTALMENT SAID", MORE)),
    Trait("LATE NOW", False, lambda v: 3 * (1 - _closed(v)) + code(v, "WORST SAID"), 6),
    Trait("DAYS LATE", True, None, 1, _when("LATE NOW", 1)),
    Trait("LATE SUM", True, None, 1, _when("LATE NOW", 1)),
    Trait("PROLONGED", False, lambda v: (_group(v) == 1).astype(np.int64), 2),
    Trait("CURRENCY"),
    # Of credits that are followed month by month.
    Trait("SILENT", True, _closed, 2),
    Trait("ARREARS", False, lambda v: 3 * _closed(v) + code(v, "WORST SAID"), 6),
    Trait("ARREARS SHARE", True, None, 1, _when("ARREARS", 1)),
    Trait("GAPS", False, _closed, 2),
    Trait("GAP SHARE", True, None, 1, _when("GAPS", 1)),
    Trait("CLOSING SAID", False, _followed, 12),
)  # fmt: skip


def _said(values: Floats) -> Floats:
    return np.where(np.isnan(values), UNSAID, np.where(values > 0, MORE, ZERO)).astype(float)


def traits(c: Columns, balance: Columns) -> dict[str, Floats]:
    """Traits of genuine credits: text columns of `c` as codes, `balance` by credit, NaN where not followed.

    `balance` has last (month), late and worst (of STATUS 1 to 5), unsaid (months X), closing (first month C)
    and open (months before it).
    """
    worst = balance["worst"]
    start, end, fact = c["DAYS_CREDIT"], c["DAYS_CREDIT_ENDDATE"], c["DAYS_ENDDATE_FACT"]
    end = np.where(np.abs(end) > 20_000, np.nan, end)
    closed = c["CREDIT_ACTIVE"] == 1
    total = np.where(c["AMT_CREDIT_SUM"] > 0, c["AMT_CREDIT_SUM"], np.nan)
    ending = np.where(fact == end, SAME, np.where(fact > end, LATE, EARLY)).astype(float)
    ending = np.where(closed & ~np.isnan(fact), ending, np.nan)
    until = np.fmin(end, 0.0)
    until = np.where(np.isnan(until), 0.0, until)
    with np.errstate(divide="ignore", invalid="ignore"):
        ended = np.where(ending == LATE, (fact - end) / -end, (fact - start) / (until - start))
        v = {
            "TYPE": c["CREDIT_TYPE"],
            "AGE": -start,
            "STATE": c["CREDIT_ACTIVE"],
            "LENGTH KNOWN": (~np.isnan(end)).astype(float),
            "LENGTH": np.where(end > start, end - start, np.nan),
            "ENDING": ending,
            "ENDED": np.where((ended >= 0) & (ended <= 1), ended, np.nan),
            "NEWS": np.where(closed, c["DAYS_CREDIT_UPDATE"] - fact, -c["DAYS_CREDIT_UPDATE"]),
            "SUM": c["AMT_CREDIT_SUM"],
            "DEBT SAID": _said(c["AMT_CREDIT_SUM_DEBT"]),
            "DEBT": c["AMT_CREDIT_SUM_DEBT"] / total,
            "LIMIT SAID": _said(c["AMT_CREDIT_SUM_LIMIT"]),
            "LIMIT": c["AMT_CREDIT_SUM_LIMIT"] / total,
            "WORST SAID": _said(c["AMT_CREDIT_MAX_OVERDUE"]),
            "WORST": c["AMT_CREDIT_MAX_OVERDUE"],
            "INSTALMENT SAID": _said(c["AMT_ANNUITY"]),
            "INSTALMENT": c["AMT_ANNUITY"] / total,
            "LATE NOW": (c["CREDIT_DAY_OVERDUE"] > 0).astype(float),
            "DAYS LATE": c["CREDIT_DAY_OVERDUE"],
            "LATE SUM": c["AMT_CREDIT_SUM_OVERDUE"],
            "PROLONGED": c["CNT_CREDIT_PROLONG"],
            "CURRENCY": c["CREDIT_CURRENCY"],
            "SILENT": -balance["last"],
            "ARREARS": np.select(
                [np.isnan(worst), worst == 0, worst == 1, worst < 5],
                [np.nan, 0.0, 1.0, 2.0], 3.0,
            ),
            "ARREARS SHARE": balance["late"] / balance["open"],
            "GAPS": np.select(
                [np.isnan(balance["open"]), balance["unsaid"] == 0, balance["unsaid"] == balance["open"]],
                [np.nan, 0.0, 2.0], 1.0,
            ),
            "GAP SHARE": balance["unsaid"] / balance["open"],
            "CLOSING SAID": np.where(np.isnan(balance["open"]), np.nan, ~np.isnan(balance["closing"])),
        }  # fmt: skip
    return {name: np.where(np.isfinite(values), values, np.nan) for name, values in v.items()}


def _money(values: Floats, keys: Bits, purpose: int) -> Floats:
    """Amounts as they are published: a third in thousands, the others to the cent of a step of 4.5."""
    fine, coarse = np.round(values / 4.5) * 4.5, np.round(values / 4500) * 4500
    return np.where((uniform(keys, purpose) < 0.35) & (coarse > 0), coarse, fine)


def credits(v: Columns, keys: Bits) -> dict[str, Floats]:
    """The columns of bureau but the numbers, from drawn traits `v` and the rows' `keys`; text as codes."""
    state = code(v, "STATE")
    closed = state == 1
    start = -np.clip(np.round(v["AGE"]), 0, OLDEST)
    end = start + np.maximum(np.round(v["LENGTH"]), 1)
    until = np.where(np.isnan(end), 0.0, np.minimum(end, 0.0))
    share = np.clip(np.nan_to_num(v["ENDED"]), 0, 1)
    late = (v["ENDING"] == LATE) & (end < 0)
    fact = np.where(late, end - np.round(share * end), start + np.round(share * (until - start)))
    fact = np.where((v["ENDING"] == SAME) & (end < 0), end, fact)
    fact = np.where(closed, np.clip(fact, start, -1.0), np.nan)
    start = np.where(closed, np.minimum(start, fact), start)
    news = np.maximum(np.round(v["NEWS"]), 0.0)
    update = np.where(closed, np.minimum(fact + news, 0.0), np.maximum(-news, start))
    total = _money(np.maximum(v["SUM"], 0.0), keys, 31)
    now = (v["LATE NOW"] == 1) & (state == 0)

    def said(name: str, amount: Floats) -> Floats:
        return np.select([v[f"{name} SAID"] == UNSAID, v[f"{name} SAID"] == ZERO], [np.nan, 0.0], amount)

    debt = np.minimum(_money(total * np.clip(v["DEBT"], 0, 3), keys, 32), np.maximum(total * 3, 4.5))
    days = np.where(now, np.clip(np.round(np.nan_to_num(v["DAYS LATE"])), 1, np.maximum(-start, 1)), 0.0)
    return {
        "CREDIT_ACTIVE": state.astype(float),
        "CREDIT_CURRENCY": v["CURRENCY"],
        "DAYS_CREDIT": start,
        "CREDIT_DAY_OVERDUE": days,
        "DAYS_CREDIT_ENDDATE": end,
        "DAYS_ENDDATE_FACT": fact,
        "AMT_CREDIT_MAX_OVERDUE": np.round(said("WORST", v["WORST"]) / 4.5) * 4.5,
        "CNT_CREDIT_PROLONG": v["PROLONGED"],
        "AMT_CREDIT_SUM": total,
        "AMT_CREDIT_SUM_DEBT": np.where(
            closed & (v["DEBT SAID"] != UNSAID), 0.0, said("DEBT", np.where(np.isnan(debt), 0.0, debt))
        ),
        "AMT_CREDIT_SUM_LIMIT": np.round(said("LIMIT", total * v["LIMIT"]) / 4.5) * 4.5,
        "AMT_CREDIT_SUM_OVERDUE": np.where(now, np.round(np.nan_to_num(v["LATE SUM"]) / 4.5) * 4.5, 0.0),
        "CREDIT_TYPE": v["TYPE"],
        "DAYS_CREDIT_UPDATE": update,
        "AMT_ANNUITY": np.round(said("INSTALMENT", total * v["INSTALMENT"]) / 4.5) * 4.5,
    }


def balances(v: Columns, c: Columns, keys: Bits) -> tuple[Whole, Whole, Whole]:
    """Months of followed credits: whose each row is (m,), MONTHS_BALANCE (m,), place of STATUS (m,).

    `v` and `c` are traits and columns of the credits that are followed, `keys` theirs. A credit begins in
    the month it was opened, is C from the month it ended, X where the bureau was not told, and is 1 to 5
    while instalments are late.
    """
    first = -np.minimum(np.floor(-c["DAYS_CREDIT"] / MONTH), MONTHS).astype(np.int64)
    closed = code(v, "STATE") == 1
    ended = np.where(closed, -np.floor(-np.nan_to_num(c["DAYS_ENDDATE_FACT"]) / MONTH), 1).astype(np.int64)
    last = -np.minimum(np.round(np.nan_to_num(v["SILENT"])).astype(np.int64), -first)
    told = (v["CLOSING SAID"] == 1) & closed
    owner, place = expanded(last - first + 1)
    month = first[owner] + place
    status = np.zeros(len(owner), dtype=np.int64)
    unknown = np.select([v["GAPS"] == 2, v["GAPS"] == 1], [1.0, np.nan_to_num(v["GAP SHARE"])], 0.0)
    # Bureaux go silent for half a year at a time, instalments are late for a month or two.
    silences = below(keys[owner], 41 + (place + 3) // 6)
    status[uniform(silences, 42) < unknown[owner]] = UNKNOWN
    arrears = code(v, "ARREARS")
    share = np.where(arrears == 1, np.clip(np.nan_to_num(v["ARREARS SHARE"]), 0.02, 1), 0.0)
    late = uniform(below(keys[owner], 200 + place // 2), 43) < share[owner]
    status[late & (arrears[owner] == 1)] = 1
    _climb(status, arrears, owner, place, np.minimum(ended, last + 1) - first, keys)
    # Somebody in arrears has one late month at least: the one at a place of the credit's own.
    at = np.floor(uniform(keys, 44) * np.maximum(np.minimum(ended, last + 1) - first, 1)).astype(np.int64)
    status[(arrears[owner] == 1) & (place == at[owner])] = 1
    status[month >= ended[owner]] = UNKNOWN
    status[told[owner] & (month >= ended[owner])] = CLOSED
    return owner, month, status


def _climb(status: Whole, arrears: Whole, owner: Whole, place: Whole, length: Whole, keys: Bits) -> None:
    """Serious arrears climb a step a month: to 2, 3 or 4 and back to 0, or to 5 until the credit ends."""
    start = np.floor(uniform(keys, 45) * np.maximum(length - 2, 1)).astype(np.int64)
    steps = np.where(arrears == 3, 5, 2 + np.floor(uniform(keys, 46) ** 3 * 3).astype(np.int64))
    since = place - start[owner] + 1
    serious = (arrears[owner] >= 2) & (since >= 1) & ((since <= steps[owner]) | (arrears[owner] == 3))
    status[serious] = np.minimum(since, steps[owner])[serious]
