"""How the fit of the fictitious portfolio reads genuine rows: column by column, of rows written out here."""

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np

from pretadepenser.demo import columns as demo_columns
from pretadepenser.demo.history import bureau, previous
from pretadepenser.demo.history.bureau import MONTH
from pretadepenser.demo.parameters import Floats

NONE = float("nan")
MONTHLY = ("last", "arrears", "late", "days", "months", "balance", "use", "pays", "cash")


def columns(**values: Sequence[float]) -> dict[str, Floats]:
    return {name: np.array(one, np.float64) for name, one in values.items()}


# A card in use, a loan repaid early and closed, a loan that goes on, a request refused.
APPLICATIONS = columns(
    NAME_CONTRACT_TYPE=[2, 1, 0, 0],
    NAME_CONTRACT_STATUS=[0, 0, 0, 2],
    NAME_PORTFOLIO=[previous.CARDS, *[previous.CARDS + 1] * 3],
    PRODUCT_COMBINATION=[1, 2, 3, 4],
    DAYS_DECISION=[-300, -900, -200, -50],
    AMT_APPLICATION=[0, 1000, 500, 0],
    AMT_CREDIT=[450, 1100, 500, 0],
    AMT_ANNUITY=[45, 110, 50, NONE],
    CNT_PAYMENT=[0, 12, 12, NONE],
    AMT_GOODS_PRICE=[NONE, 1000, 500, NONE],
    RATE_DOWN_PAYMENT=[NONE, 0.1, 0, NONE],
    RATE_INTEREST_PRIMARY=[NONE, 0.2, NONE, NONE],
    RATE_INTEREST_PRIVILEGED=[NONE, 0.8, NONE, NONE],
    SELLERPLACE_AREA=[-1, 20, 30, -1],
    HOUR_APPR_PROCESS_START=[9, 10, 11, 12],
    NFLAG_INSURED_ON_APPROVAL=[0, 1, 0, NONE],
    DAYS_FIRST_DRAWING=[-280, previous.NEVER, previous.NEVER, NONE],
    DAYS_FIRST_DUE=[previous.NEVER, -870, -170, NONE],
    DAYS_LAST_DUE_1ST_VERSION=[previous.NEVER, -540, 160, NONE],
    DAYS_LAST_DUE=[previous.NEVER, -600, previous.NEVER, NONE],
    DAYS_TERMINATION=[previous.NEVER, -590, previous.NEVER, NONE],
)


def test_applications_are_read_as_traits_word_by_word() -> None:
    months = columns(
        last=[NONE, -20, -1, NONE], arrears=[NONE, 1, 0, NONE], late=[NONE, 0.25, 0, NONE],
        days=[NONE, 12, 0, NONE],
    )  # fmt: skip
    cards = {
        name: np.array([0.5, NONE, NONE, NONE]) for name in ("balance", "use", "pays", "cash", "arrears")
    }
    cards["months"] = np.array([5, NONE, NONE, NONE])
    found = previous.traits(APPLICATIONS, months, cards, {"NAMES": np.array([7.0, 8.0, 9.0, 10.0])})
    expected = columns(
        DECISION=[8, 4, 0, 2],
        AGE=[300, 900, 200, 50],
        COMBINATION=[1, 2, 3, 4],
        PORTFOLIO=[previous.CARDS, *[previous.CARDS + 1] * 3],
        NAMES=[7, 8, 9, 10],
        AREA=[-1, 20, 30, -1],
        HOUR=[9, 10, 11, 12],
        # 2: a sum was asked for; 1: none, but there is a credit; 0: neither.
        ASKED=[1, 2, 2, 0],
        AMOUNT=[450, 1000, 500, NONE],
        RATIO=[NONE, 1.1, 1, NONE],
        TERM=[0, 12, 12, NONE],
        COST=[0.1, 1.2, 1.2, NONE],
        # 0: not told; 1: told to be nothing; 2: told.
        **{"GOODS SAID": [0, 1, 1, 0], "DOWN SAID": [0, 2, 1, 0]},
        DOWN=[NONE, 0.1, 0, NONE],
        RATES=[0, 1, 0, 0],
        PRIMARY=[NONE, 0.2, NONE, NONE],
        PRIVILEGED=[NONE, 0.8, NONE, NONE],
        SIGNED=[1, 1, 1, 0],
        INSURED=[0, 1, 0, NONE],
        **{"FIRST DUE": [NONE, 30, 30, NONE]},
        REPAID=[NONE, 1, 0, NONE],
        **{"REPAID AT": [NONE, 270 / 330, NONE, NONE], "CLOSED AFTER": [NONE, 10, NONE, NONE]},
        STOPPED=[NONE, NONE, 1, NONE],
        ARREARS=[NONE, 1, 0, NONE],
        **{"ARREARS SHARE": [NONE, 0.25, 0, NONE], "DAYS LATE": [NONE, 12, 0, NONE]},
        # 1: in use.
        **{"CARD USE": [1, NONE, NONE, NONE], "DRAWN AFTER": [20, NONE, NONE, NONE]},
        **{"BALANCE SHARE": [0.5, NONE, NONE, NONE], "CARD MONTHS": [5 / (300 / MONTH), NONE, NONE, NONE]},
        USE=[0.5, NONE, NONE, NONE],
        PAYS=[0.5, NONE, NONE, NONE],
        CASH=[0.5, NONE, NONE, NONE],
        **{"CARD ARREARS": [0.5, NONE, NONE, NONE]},
    )
    assert list(found) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, err_msg=name)


def test_a_card_is_unused_in_use_repaid_or_given_back() -> None:
    never = previous.NEVER
    told = {
        "never used": (never, never, never, 0),
        "in use": (-100, never, never, 1),
        "repaid": (-100, -20, never, 2),
        "given back": (-100, -20, -10, 3),
        "given back unused": (never, never, -10, 4),
    }
    some = np.array(list(told.values()), np.float64).T
    c = dict.fromkeys(APPLICATIONS, np.ones(5)) | {
        "NAME_PORTFOLIO": np.full(5, float(previous.CARDS)),
        "DAYS_FIRST_DUE": np.full(5, -90.0),
        "DAYS_DECISION": np.full(5, -120.0),
        "DAYS_FIRST_DRAWING": some[0],
        "DAYS_LAST_DUE": some[1],
        "DAYS_TERMINATION": some[2],
    }
    empty = dict.fromkeys(MONTHLY, np.full(5, NONE))
    found = previous.traits(c, empty, empty, {})
    assert dict(zip(told, found["CARD USE"], strict=True)) == {name: one[3] for name, one in told.items()}
    assert np.isnan(found["REPAID"]).all(), "no loan"


def test_the_worst_month_of_a_credit_elsewhere_is_read_in_four_steps() -> None:
    """None known, none late, up to thirty days, more, written off; and months of which nothing is said."""
    credit = dict.fromkeys(
        (
            "CREDIT_TYPE", "DAYS_CREDIT", "DAYS_CREDIT_ENDDATE", "DAYS_ENDDATE_FACT", "CREDIT_ACTIVE",
            "DAYS_CREDIT_UPDATE", "AMT_CREDIT_SUM", "AMT_CREDIT_SUM_DEBT", "AMT_CREDIT_SUM_LIMIT",
            "AMT_CREDIT_MAX_OVERDUE", "AMT_ANNUITY", "CREDIT_DAY_OVERDUE", "AMT_CREDIT_SUM_OVERDUE",
            "CNT_CREDIT_PROLONG", "CREDIT_CURRENCY",
        ),
        np.zeros(7),
    )  # fmt: skip
    months = columns(
        worst=[NONE, 0, 1, 2, 3, 4, 5], open=[NONE, 4, 4, 4, 4, 4, 4], unsaid=[NONE, 0, 4, 1, 2, 3, 0],
        late=[NONE, 0, 1, 2, 3, 4, 4], last=[NONE, -1, -2, -3, -4, -5, -6], closing=[NONE] * 7,
    )  # fmt: skip
    found = bureau.traits(credit, months)
    np.testing.assert_equal(found["ARREARS"], [NONE, 0, 1, 2, 2, 2, 3])
    np.testing.assert_equal(found["ARREARS SHARE"], [NONE, 0, 0.25, 0.5, 0.75, 1, 1])
    np.testing.assert_equal(found["GAPS"], [NONE, 0, 2, 1, 1, 1, 0])
    np.testing.assert_equal(found["SILENT"], [NONE, 1, 2, 3, 4, 5, 6])


def test_who_does_not_work_is_pensioner_or_unemployed() -> None:
    """Unemployed clients are too few (22 of 307,511 genuine ones) for a small portfolio to have one."""
    codes = {
        ("NAME_INCOME_TYPE", "Pensioner"): 3, ("NAME_INCOME_TYPE", "Unemployed"): 7,
        ("OCCUPATION_TYPE", ""): 0, ("ORGANIZATION_TYPE", "XNA"): 57,
    }  # fmt: skip
    drawn = columns(
        STATUS=[0, 0, 1, 2], OCCUPATION_TYPE=[4, 0, 4, 4], NAME_INCOME_TYPE=[1, 2, 1, 1],
        ORGANIZATION_TYPE=[5, 6, 5, 5], EMPLOYED_SHARE=[0.5] * 4, DAYS_BIRTH=[-15_000] * 4,
        FLAG_WORK_PHONE=[1, 0, 1, 1],
    )  # fmt: skip
    found = demo_columns._work(drawn, SimpleNamespace(codes=codes))  # type: ignore[arg-type]
    assert found["NAME_INCOME_TYPE"].tolist() == [1, 2, 3, 7]
    np.testing.assert_equal(found["OCCUPATION_TYPE"], [4, NONE, NONE, NONE])
    assert found["ORGANIZATION_TYPE"].tolist() == [5, 6, 57, 57]
    assert found["FLAG_EMP_PHONE"].tolist() == [1, 1, 0, 0]
    assert found["FLAG_WORK_PHONE"].tolist() == [1, 0, 0, 0]
    assert found["DAYS_EMPLOYED"].tolist()[2:] == [365_243, 365_243]
