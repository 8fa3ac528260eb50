"""Amounts of the data and amounts that are shown: one convention, in one place."""

import pytest

from pretadepenser import french, money
from pretadepenser.charts import amounts
from pretadepenser.money import KAGGLE, Money, using


def plain(text: str) -> str:
    return " ".join(text.split())


def test_kaggle_s_amounts_are_shown_in_euros_divided_by_a_hundred() -> None:
    assert (KAGGLE.currency, KAGGLE.scale) == ("EUR", 100)
    with using(KAGGLE):
        # Client 100002: income, credit and instalment as the file has them.
        assert [plain(french.amount(value)) for value in (202_500.0, 406_597.5, 24_700.5)] == [
            "2 025 €", "4 066 €", "247 €",
        ]  # fmt: skip
        assert plain(french.amount(24_700.5, 2)) == "247,01 €"
    assert plain(french.amount(202_500.0)) == "202 500 €", "as they are where nothing says otherwise"


def test_what_is_typed_goes_back_to_the_units_of_the_data() -> None:
    for stored in (24_700.5, 406_597.5, 67.5, 405_000_000.0):
        assert KAGGLE.stored(KAGGLE.shown(stored)) == stored
    assert KAGGLE.stored(4065.975) == 406_597.5
    assert (KAGGLE.up(406_501.0), KAGGLE.down(406_599.0)) == (406_600.0, 406_500.0)
    assert (KAGGLE.up(406_500.0), KAGGLE.down(406_500.0)) == (406_500.0, 406_500.0)


def test_other_currencies_have_their_sign_and_name() -> None:
    francs = Money("CHF", 1)
    assert (francs.symbol, francs.noun) == ("CHF", "francs suisses")
    with using(francs):
        assert plain(french.amount(1200)) == "1 200 CHF"


@pytest.mark.parametrize(
    ("currency", "scale", "said"),
    [
        ("EURO", 1, "« EURO » n’est pas une monnaie : donnez un code de trois lettres, comme EUR."),
        ("", 1, "«  » n’est pas une monnaie : donnez un code de trois lettres, comme EUR."),
        *[
            ("EUR", scale, "L’échelle des montants est un nombre supérieur à zéro, par exemple 100.")
            for scale in (0, -1, float("nan"), float("inf"))
        ],
    ],
)
def test_what_is_no_currency_or_no_scale_is_refused(currency: str, scale: float, said: str) -> None:
    with pytest.raises(ValueError, match=r"montants|monnaie") as refused:
        Money(currency, scale)
    assert str(refused.value) == said


def test_a_block_gives_the_currency_back_even_when_it_fails() -> None:
    with pytest.raises(KeyError), using(KAGGLE):
        raise KeyError
    assert money.in_use() == Money("EUR", 1)


def test_axes_count_in_thousands_where_amounts_are_large() -> None:
    with using(KAGGLE):
        small, large = amounts.scale([10_000.0, 1_999_000.0]), amounts.scale([2_000_000.0])
        assert (small.unit, small.text(24_700.0)) == ("en euros", "247")
        assert (large.unit, large.text(250_000.0)) == ("en milliers d’euros", "2,5")
    with using(Money("CHF", 1)):
        assert amounts.scale([50_000.0]).unit == "en milliers de francs suisses"
