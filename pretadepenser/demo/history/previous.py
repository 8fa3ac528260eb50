"""Earlier applications to us: the rows of previous_application, and what their monthly rows start from.

`traits` and `applications` are each other's inverse; the fit uses the first, the drawing the second.
"""

from collections.abc import Callable, Mapping

import numpy as np

from pretadepenser.demo.columns import Columns, Flags
from pretadepenser.demo.history.bureau import MONTH, OLDEST
from pretadepenser.demo.history.chance import Bits, uniform
from pretadepenser.demo.history.rows import NOTHING, Model, Trait, code, common_part, latent, values_at
from pretadepenser.demo.parameters import Floats, Whole

NEVER = 365243.0  # Kaggle's coding of a day that has not come
APPROVED, CANCELED, REFUSED, UNUSED = range(4)
STATUSES = ("Approved", "Canceled", "Refused", "Unused offer")
CONTRACTS = ("Cash loans", "Consumer loans", "Revolving loans", "XNA")
CASH, CONSUMER, REVOLVING = range(3)
COMBINATIONS = (
    "Cash", "Cash Street: high", "Cash Street: low", "Cash Street: middle", "Cash X-Sell: high",
    "Cash X-Sell: low", "Cash X-Sell: middle", "Card Street", "Card X-Sell", "POS household with interest",
    "POS household without interest", "POS industry with interest", "POS industry without interest",
    "POS mobile with interest", "POS mobile without interest", "POS other with interest",
    "POS others without interest", NOTHING,
)  # fmt: skip
KINDS = len(COMBINATIONS)
PORTFOLIOS = ("XNA", "Cash", "Cards", "POS", "Cars")
NO_PORTFOLIO, CARDS = 0, 2
# What else a row is drawn with: published columns that go together, by the name of their joint trait.
JOINT = {
    "OFFER": ("NAME_PRODUCT_TYPE", "NAME_YIELD_GROUP"),
    "PLACE": ("CHANNEL_TYPE", "NAME_SELLER_INDUSTRY", "NAME_GOODS_CATEGORY"),
    "REASON": ("CODE_REJECT_REASON",),
    "PURPOSE": ("NAME_CASH_LOAN_PURPOSE",),
    "PAID BY": ("NAME_PAYMENT_TYPE",),
    "WITH": ("NAME_TYPE_SUITE",),
    "CLIENT": ("NAME_CLIENT_TYPE",),
    "WEEKDAY": ("WEEKDAY_APPR_PROCESS_START",),
    "LAST": ("FLAG_LAST_APPL_PER_CONTRACT", "NFLAG_LAST_APPL_IN_DAY"),
}
AGES = np.array([365, 730, 1460])
GRANTED_CARD, CANCELED_CARD = 4 * REVOLVING + APPROVED, 4 * REVOLVING + CANCELED
GRANTED_LOANS = (4 * CASH + APPROVED, 4 * CONSUMER + APPROVED)
# How much more often a card is drawn as granted so that, with one a client, as many are.
MORE_CARDS = {GRANTED_CARD: 1.42, CANCELED_CARD: 0.44}


def _decision(v: Columns) -> Whole:
    """Contract and answer (n,): 16 classes."""
    return code(v, "DECISION")


def _status(v: Columns) -> Whole:
    return _decision(v) % 4


def _contract(v: Columns) -> Whole:
    return _decision(v) // 4


def _granted(v: Columns) -> Flags:
    return np.asarray(
        np.logical_and(_status(v) == APPROVED, code(v, "PORTFOLIO") != NO_PORTFOLIO), dtype=np.bool_
    )


def _kind(v: Columns) -> Whole:
    return code(v, "COMBINATION")


def _kind_granted(v: Columns) -> Whole:
    return np.asarray(2 * _kind(v) + (_status(v) == APPROVED))


def _priced(v: Columns) -> Flags:
    return np.asarray(np.not_equal(code(v, "PORTFOLIO"), NO_PORTFOLIO), dtype=np.bool_)


def _when(name: str, value: int) -> Callable[[Columns], Flags]:
    return lambda v: np.equal(v[name], value)


def _signed(v: Columns) -> Flags:
    """Contracts with instalments: granted, signed and no card."""
    return np.asarray(np.logical_and(v["SIGNED"] == 1, code(v, "PORTFOLIO") != CARDS), dtype=np.bool_)


def _card(v: Columns) -> Flags:
    return np.asarray(np.logical_and(v["SIGNED"] == 1, code(v, "PORTFOLIO") == CARDS), dtype=np.bool_)


def _cost(v: Columns) -> Whole:
    """Cards, then contract by length (n,)."""
    band = np.digitize(np.nan_to_num(v["TERM"]), [7, 13, 25])
    return np.where(code(v, "PORTFOLIO") == CARDS, 0, 1 + 4 * (_contract(v) == CONSUMER) + band)


def _age(v: Columns) -> Whole:
    return np.digitize(np.nan_to_num(v["AGE"]), AGES)


def _due(v: Columns) -> Whole:
    """Whether the contract's last instalment is past (n,), for cash and consumer loans apart."""
    end = -np.nan_to_num(v["AGE"]) + np.nan_to_num(v["FIRST DUE"]) + 30 * (np.nan_to_num(v["TERM"]) - 1)
    return np.asarray(2 * (_contract(v) == CONSUMER) + (end < 0))


def drawn(v: Columns) -> Flags:
    """Cards (n,) that were used."""
    return np.asarray(np.logical_and(v["CARD USE"] > 0, v["CARD USE"] < 4), dtype=np.bool_)


def _used(v: Columns) -> Whole:
    return drawn(v).astype(np.int64)


TRAITS = (
    Trait("AGE", True),
    # Hardly anybody's first application is refused: who was refused at first is no client.
    Trait("DECISION", False, lambda v: 3 * _age(v) + code(v, "OLDEST"), 12),
    Trait("COMBINATION", False, _decision, 16),
    Trait("PORTFOLIO", False, lambda v: 16 * _kind(v) + _decision(v), 16 * KINDS),
    Trait("OFFER", False, lambda v: 2 * _kind(v) + (code(v, "PORTFOLIO") > 0), 2 * KINDS),
    Trait("PLACE", False, _kind, KINDS),
    Trait("AREA", True, _kind, KINDS),
    Trait("REASON", False, _decision, 16),
    Trait("PURPOSE", False, _kind, KINDS),
    Trait("PAID BY", False, _decision, 16),
    Trait("WITH", False, _decision, 16),
    Trait("CLIENT", False, lambda v: 3 * _contract(v) + code(v, "OLDEST"), 12),
    Trait("WEEKDAY"),
    Trait("HOUR", True, _contract, 4),
    Trait("LAST", False, _decision, 16),
    Trait("ASKED", False, _kind_granted, 2 * KINDS),
    Trait("AMOUNT", True, _kind_granted, 2 * KINDS, lambda v: code(v, "ASKED") > 0),
    Trait("RATIO", True, _kind, KINDS, _when("ASKED", 2)),
    Trait("TERM", False, _kind, KINDS, _priced),
    Trait("COST", True, _cost, 9, _priced),
    Trait("GOODS SAID", False, _kind_granted, 2 * KINDS),
    Trait("DOWN SAID", False, _kind_granted, 2 * KINDS),
    Trait("DOWN", True, _kind, KINDS, _when("DOWN SAID", 2)),
    Trait("RATES", False, _kind, KINDS, _priced),
    Trait("PRIMARY", False, None, 1, _when("RATES", 1)),
    Trait("PRIVILEGED", False, None, 1, _when("RATES", 1)),
    Trait("SIGNED", False, lambda v: 3 * _kind(v) + code(v, "OLDEST"), 3 * KINDS, _granted),
    Trait("INSURED", False, _kind, KINDS, _when("SIGNED", 1)),
    Trait("FIRST DUE", True, lambda v: (_contract(v) == CONSUMER).astype(np.int64), 2, _signed),
    Trait("REPAID", False, _due, 4, _signed),  # 0 as planned, 1 before
    Trait("REPAID AT", True, _due, 4, _when("REPAID", 1)),
    Trait("CLOSED AFTER", True, None, 1, _signed),
    # The monthly rows of an instalment loan.
    Trait("STOPPED", False, _due, 4, _signed),
    Trait("ARREARS", False, _due, 4, _signed),  # 0 none, 1 a few days, 2 a month and more
    Trait("ARREARS SHARE", True, None, 1, _when("ARREARS", 1)),
    Trait("DAYS LATE", True, None, 1, _when("ARREARS", 1)),
    # The monthly rows of a card. CARD USE: 0 never drawn, 1 in use, 2 repaid, 3 given back, 4 also unused.
    Trait("CARD USE", False, _age, 4, _card),
    Trait("DRAWN AFTER", True, None, 1, drawn),
    Trait("BALANCE SHARE", True, None, 1, drawn),
    Trait("CARD MONTHS", True, _used, 2, _card),
    Trait("USE", True, None, 1, drawn),
    Trait("PAYS", True, None, 1, drawn),
    Trait("CASH", True, None, 1, drawn),
    Trait("CARD ARREARS", False, _used, 2, _card),
)


def traits(c: Columns, months: Columns, cards: Columns, names: Mapping[str, Floats]) -> dict[str, Floats]:
    """Traits of genuine applications: contract, status, combination and portfolio of `c` as codes.

    `names` are the codes of the joint traits. `months` are the POS rows of each contract (last, arrears:
    0 to 2, late: share of late months, days), `cards` the card rows (months, balance: share of months with
    one, use: share of the limit in them, pays: payment over the minimum, cash: share of drawings at cash
    machines, arrears), NaN where there are none.
    """
    asked, credit = c["AMT_APPLICATION"], c["AMT_CREDIT"]
    annuity, term = c["AMT_ANNUITY"], c["CNT_PAYMENT"]
    card = c["NAME_PORTFOLIO"] == CARDS
    signed = ~np.isnan(c["DAYS_FIRST_DUE"])
    first, last = c["DAYS_FIRST_DUE"], c["DAYS_LAST_DUE"]
    planned = c["DAYS_LAST_DUE_1ST_VERSION"]
    loan = signed & ~card & (first < NEVER)
    ended = loan & (last < NEVER)
    early = np.where(loan, ended & (last < planned), np.nan)
    span = np.minimum(planned, 0.0) - first
    back = c["DAYS_TERMINATION"] < NEVER
    used = signed & card & (c["DAYS_FIRST_DRAWING"] < NEVER)
    base = np.where(asked > 0, asked, np.where(credit > 0, credit, np.nan))
    down = c["RATE_DOWN_PAYMENT"]
    with np.errstate(divide="ignore", invalid="ignore"):
        v = {
            "DECISION": 4 * c["NAME_CONTRACT_TYPE"] + c["NAME_CONTRACT_STATUS"],
            "AGE": -c["DAYS_DECISION"],
            "COMBINATION": c["PRODUCT_COMBINATION"],
            "PORTFOLIO": c["NAME_PORTFOLIO"],
            **names,
            "AREA": c["SELLERPLACE_AREA"],
            "HOUR": c["HOUR_APPR_PROCESS_START"],
            "ASKED": np.where(asked > 0, 2.0, np.where(credit > 0, 1.0, 0.0)),
            "AMOUNT": base,
            "RATIO": np.where(asked > 0, credit / asked, np.nan),
            "TERM": term,
            "COST": np.where(card, annuity / credit, annuity * term / credit),
            "GOODS SAID": (~np.isnan(c["AMT_GOODS_PRICE"])).astype(float),
            "DOWN SAID": np.where(np.isnan(down), 0.0, np.where(down > 0, 2.0, 1.0)),
            "DOWN": down,
            "RATES": (~np.isnan(c["RATE_INTEREST_PRIMARY"])).astype(float),
            "PRIMARY": c["RATE_INTEREST_PRIMARY"],
            "PRIVILEGED": c["RATE_INTEREST_PRIVILEGED"],
            "SIGNED": signed.astype(float),
            "INSURED": c["NFLAG_INSURED_ON_APPROVAL"],
            "FIRST DUE": np.where(loan, first - c["DAYS_DECISION"], np.nan),
            "REPAID": early,
            "REPAID AT": np.where((early == 1) & (span > 0), np.clip((last - first) / span, 0, 1), np.nan),
            "CLOSED AFTER": np.where(ended & back, c["DAYS_TERMINATION"] - last, np.nan),
            "STOPPED": np.where(loan & ~ended, np.minimum(-months["last"], 24), np.nan),
            "ARREARS": months["arrears"],
            "ARREARS SHARE": months["late"],
            "DAYS LATE": months["days"],
            "CARD USE": np.where(
                signed & card,
                np.select(
                    [~used & ~back, ~used, last >= NEVER, ~back],
                    [0.0, 4.0, 1.0, 2.0], 3.0,
                ), np.nan,
            ),
            "DRAWN AFTER": np.where(used, c["DAYS_FIRST_DRAWING"] - c["DAYS_DECISION"], np.nan),
            "BALANCE SHARE": cards["balance"],
            "CARD MONTHS": cards["months"] / np.clip(-c["DAYS_DECISION"] / MONTH, 1, 96),
            "USE": cards["use"],
            "PAYS": cards["pays"],
            "CASH": cards["cash"],
            "CARD ARREARS": cards["arrears"],
        }  # fmt: skip
    return {name: np.where(np.isfinite(values), values, np.nan) for name, values in v.items()}


def oldest(owner: Whole, v: Columns) -> Floats:
    """Whether an application (n,) is its client's 1 first or 2 only one, 0 if neither; `owner` ascends."""
    most = np.zeros(int(owner[-1]) + 1 if len(owner) else 0)
    np.maximum.at(most, owner, v["AGE"])
    alone = np.bincount(owner) == 1
    return np.where(v["AGE"] < most[owner], 0.0, np.where(alone[owner], 2.0, 1.0))


def answered(owner: Whole, v: Columns) -> Floats:
    """The decisions (n,) as one client may have them: one granted card, and a loan granted at first.

    A second card is a request withdrawn; who was never granted a loan was granted the first one asked for,
    since others are not among the bank's clients.
    """
    decisions = v["DECISION"]
    cards = decisions == GRANTED_CARD
    before = np.cumsum(cards) - cards
    again = cards & (before > before[np.searchsorted(owner, owner)])
    decisions = np.where(again, CANCELED_CARD, decisions)
    loans = np.bincount(owner, np.isin(decisions, GRANTED_LOANS))
    return np.where((loans[owner] == 0) & (v["OLDEST"] == 1), GRANTED_LOANS[1], decisions)


def draw(model: Model, drivers: Floats, clients: Bits, owner: Whole, keys: Bits) -> dict[str, Floats]:
    """Draw the traits of applications; which one is a client's first decides how it was answered."""
    z = latent(model, drivers, clients, owner, keys)
    v = values_at(TRAITS[:1], model, z, {})
    v["OLDEST"] = oldest(owner, v)
    v = values_at(TRAITS[1:2], model, z[:, 1:2], v)
    v["DECISION"] = answered(owner, v)
    return values_at(TRAITS[2:], model, z[:, 2:], v)


def leaning(model: Model, drivers: Floats, clients: Bits) -> Floats:
    """How much (clients,) each client leans to arrears on instalment loans, as a standard normal."""
    at = next(i for i, trait in enumerate(TRAITS) if trait.name == "ARREARS")
    common = common_part(model, drivers, clients)[:, at]
    return np.asarray(common / np.sqrt(max(1 - float((model.own[at] ** 2).sum()), 0.05)))


def applications(v: Columns, keys: Bits) -> dict[str, Floats]:
    """The numeric columns of previous_application but the numbers, and codes of the text columns."""
    portfolio = code(v, "PORTFOLIO")
    priced, card, signed = portfolio != NO_PORTFOLIO, portfolio == CARDS, v["SIGNED"] == 1
    decision = -np.clip(np.round(v["AGE"]), 2, OLDEST)
    amount = np.nan_to_num(v["AMOUNT"])
    coarse = (_contract(v) != CONSUMER) | (uniform(keys, 51) < 0.15)
    amount = np.where(coarse, np.maximum(np.round(amount / 4500), 1) * 4500, np.round(amount / 4.5) * 4.5)
    asked = np.where(v["ASKED"] == 2, amount, 0.0)
    ratio = np.nan_to_num(v["RATIO"])
    credit = np.where(
        v["ASKED"] == 2, np.round(amount * ratio / 4.5) * 4.5, np.where(v["ASKED"] == 1, amount, 0.0)
    )
    credit = np.where(priced, credit, np.where(uniform(keys, 52) < 0.9, 0.0, credit))
    term = np.where(card, 0.0, v["TERM"])
    annuity = np.where(card, credit * v["COST"], credit * v["COST"] / np.maximum(term, 1))
    down = np.where(
        v["DOWN SAID"] == 2, np.clip(v["DOWN"], 0, 0.9), np.where(v["DOWN SAID"] == 1, 0.0, np.nan)
    )
    dates = _dates(v, decision, term, signed, card)
    goods = np.where(v["GOODS SAID"] == 1, np.where(asked > 0, asked, credit), np.nan)
    return {
        "NAME_CONTRACT_TYPE": _contract(v).astype(float),
        "AMT_ANNUITY": np.where(priced, np.round(annuity * 200 / 9) * 9 / 200, np.nan),
        "AMT_APPLICATION": asked,
        "AMT_CREDIT": credit,
        "AMT_DOWN_PAYMENT": np.round(down * np.where(asked > 0, asked, credit) / 1.09 * 200 / 9) * 9 / 200,
        "AMT_GOODS_PRICE": goods,
        "HOUR_APPR_PROCESS_START": np.clip(np.round(v["HOUR"]), 0, 23),
        "RATE_DOWN_PAYMENT": np.round(down, 12),
        "RATE_INTEREST_PRIMARY": v["PRIMARY"],
        "RATE_INTEREST_PRIVILEGED": v["PRIVILEGED"],
        "NAME_CONTRACT_STATUS": _status(v).astype(float),
        "DAYS_DECISION": decision,
        "NAME_PORTFOLIO": portfolio.astype(float),
        "SELLERPLACE_AREA": np.maximum(np.round(v["AREA"]), -1.0),
        "CNT_PAYMENT": np.where(priced, term, np.nan),
        "PRODUCT_COMBINATION": v["COMBINATION"],
        **dates,
        "NFLAG_INSURED_ON_APPROVAL": np.where(signed, v["INSURED"], np.nan),
    }


def _dates(v: Columns, decision: Floats, term: Floats, signed: Flags, card: Flags) -> dict[str, Floats]:
    """Days of the schedule: of the contract as signed, and of what became of it; 365243 has not come."""
    first = np.minimum(decision + np.maximum(np.round(v["FIRST DUE"]), 1), decision + 400)
    planned = first + 30 * (np.maximum(term, 1) - 1)
    span = np.minimum(planned, -1.0) - first
    early = (v["REPAID"] == 1) & (span > 0)
    last = np.where(early, first + np.round(np.clip(np.nan_to_num(v["REPAID AT"]), 0, 1) * span), planned)
    last = np.where(last <= -1, last, NEVER)
    ended = last + np.clip(np.round(np.nan_to_num(v["CLOSED AFTER"])), 0, 90)
    ended = np.where(ended <= -1, ended, NEVER)
    used = drawn(v)
    drawing = np.minimum(decision + np.maximum(np.round(np.nan_to_num(v["DRAWN AFTER"])), 0), -1.0)
    card_first = np.where(used, np.where(drawing + 42 <= -1, drawing + 42, NEVER), NEVER)
    months = np.clip(np.nan_to_num(v["CARD MONTHS"]), 0, 1) * -decision
    repaid = np.maximum(np.minimum(decision + months, -8.0), card_first)
    gone = used & (v["CARD USE"] >= 2) & (card_first < NEVER)
    card_last = np.where(gone, np.round(repaid), NEVER)
    card_end = np.where(gone & (v["CARD USE"] == 3), np.minimum(card_last + 60, -1.0), NEVER)
    unused = np.minimum(np.round(decision + months), -1.0)
    card_end = np.where(v["CARD USE"] == 4, unused, card_end)

    def one(loan: Floats, of_card: Floats) -> Floats:
        return np.where(signed, np.where(card, of_card, loan), np.nan)

    never = np.full(len(decision), NEVER)
    return {
        "DAYS_FIRST_DRAWING": one(never, np.where(used, drawing, NEVER)),
        "DAYS_FIRST_DUE": one(first, card_first),
        "DAYS_LAST_DUE_1ST_VERSION": one(planned, never),
        "DAYS_LAST_DUE": one(last, card_last),
        "DAYS_TERMINATION": one(ended, card_end),
    }
