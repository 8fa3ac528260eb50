"""French formats: spaces, signs, rounding, plural and elision."""

import datetime
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pretadepenser import french

N, S = french.NARROW_NO_BREAK, french.NO_BREAK


def test_a_text_is_written_for_whom_it_is_said_to() -> None:
    text = "[Le client a|Vous avez] 3 ans et [son|votre] métier"
    assert french.addressed(text, french.Person.CLIENT) == "Le client a 3 ans et son métier"
    assert french.addressed(text, french.Person.YOU) == "Vous avez 3 ans et votre métier"


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1293502.5, 0, f"1{N}293{N}503"),
        (0.2629, 2, "0,26"),
        (2.5, 0, "3"),
        (-2.5, 0, "−3"),
        (-0.2, 0, "0"),
        (-12345.678, 2, f"−12{N}345,68"),
        (10, 0, "10"),
    ],
)
def test_number(value: float, decimals: int, text: str) -> None:
    assert french.number(value, decimals) == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_number_refuses_what_no_sentence_may_show(value: float) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        french.number(value)


@given(st.floats(-1e12, 1e12), st.integers(0, 4))
def test_number_reads_back(value: float, decimals: int) -> None:
    text = french.number(value, decimals)
    back = float(text.replace(N, "").replace(",", ".").replace(french.MINUS, "-"))
    # Both are rounded to a float too: near 10¹² those are a tenth of a thousandth apart.
    assert abs(back - value) <= 0.5 * 10**-decimals + 2 * math.ulp(value)
    assert " " not in text
    assert "-" not in text


def test_units_stand_after_a_no_break_space() -> None:
    assert french.amount(1293502) == f"1{N}293{N}502{S}€"
    assert french.percent(0.0009, 2) == f"0,09{S}%"
    assert french.percent(0.48) == f"48{S}%"
    assert french.compact_percent(0.48) == f"48{S}%"
    assert french.compact_percent(0.455) == f"45,5{S}%"
    assert french.ratio(3.2) == f"3,2{S}fois"
    assert french.ratio(1.0) == f"1{S}fois"
    assert french.quoted("vente") == f"«{S}vente{S}»"
    assert french.typeset("« a » : b ; c 5 % numéro 2") == f"«{S}a{S}»{S}: b{N}; c 5{S}% numéro{S}2"
    assert french.typeset("0,70 sur 1, 5 cas sur le total") == f"0,70{S}sur{S}1, 5 cas sur le total"
    assert french.typeset("article 18, article L. 612-1") == f"article{S}18, article{S}L.{S}612-1"
    assert french.typeset("articles 15 et L. 1, articles D. 9, Article R. 5 ; D. 3 ! ? 8 €") == (
        f"articles{S}15 et L.{S}1, articles{S}D.{S}9, Article{S}R.{S}5{N}; D.{S}3{N}!{N}? 8{S}€"
    )
    assert french.typeset("Numéro 5 et numéro {}, article R 3") == (
        f"Numéro{S}5 et numéro{S}{{}}, article{S}R 3"
    )
    assert french.typeset("8 cas sur 10") == f"8{S}cas{S}sur{S}10"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (-3, "−3 points"),
        (-1, "−1 point"),
        (0, "0 point"),
        (1, "+1 point"),
        (2, "+2 points"),
        (14, "+14 points"),
    ],
)
def test_points(count: int, text: str) -> None:
    assert french.points(count) == text.replace(" ", S)


@pytest.mark.parametrize(("count", "text"), [(-3, "−3"), (0, "0"), (1, "+1"), (14, "+14")])
def test_signed(count: int, text: str) -> None:
    assert french.signed(count) == text


def test_dates_are_written_in_full() -> None:
    assert french.date(datetime.date(2026, 11, 23)) == f"23{S}novembre 2026"
    assert french.date(datetime.datetime(2026, 8, 1, 12, tzinfo=datetime.UTC)) == f"1er{S}août 2026"


@pytest.mark.parametrize(
    ("hour", "minute", "text"),
    [
        (9, 5, "9_heures_05"),
        (0, 0, "0_heure"),
        (1, 1, "1_heure_01"),
        (2, 0, "2_heures"),
        (23, 59, "23_heures_59"),
    ],
)
def test_the_time_of_the_day_is_written_to_the_minute(hour: int, minute: int, text: str) -> None:
    at = datetime.datetime(2026, 11, 2, hour, minute, tzinfo=datetime.UTC)
    assert french.moment(at) == f"2{S}novembre 2026 à {text.replace('_', S)}"


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 mois"), (7, "7 mois"), (11.6, "1 an"), (12, "1 an"), (-38, "3 ans et 2 mois")]
)
def test_months_become_years(count: float, text: str) -> None:
    assert french.months(count).replace(S, " ") == text


def test_decimals_that_are_left_out() -> None:
    assert [french.compact(one) for one in (3.456, 3.5, 3.0, 30)] == ["3,46", "3,5", "3", "30"]
    assert french.compact_percent(0.4556) == f"45,56{S}%"
    assert french.compact_percent(0.4556, 1) == f"45,6{S}%"
    assert french.compact_percent(0.57) == f"57{S}%"
    assert french.ratio(2.345) == f"2,35{S}fois"


def test_plural_starts_at_two() -> None:
    assert french.plural(0, "client") == f"0{S}client"
    assert french.plural(1.5, "mensualité") == f"1,5{S}mensualité"
    assert french.plural(2, "mois", "mois") == f"2{S}mois"


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (0, "0 jour"),
        (1, "1 jour"),
        (-12, "12 jours"),
        (29.6, "30 jours"),
        (30.4, "30 jours"),
        (30.4375, "1 mois"),
        (45, "1 mois"),
        (60.875, "2 mois"),
        (365.25, "1 an"),
        (-1157, "3 ans et 2 mois"),
        (730.5, "2 ans"),
    ],
)
def test_duration(days: float, text: str) -> None:
    assert french.duration(days) == text.replace(" an", f"{S}an").replace(" mois", f"{S}mois").replace(
        " jour", f"{S}jour"
    )


def test_age_counts_completed_years() -> None:
    assert french.age(-15790) == f"43{S}ans"
    assert french.age(365.25 * 18) == f"18{S}ans"
    assert french.age(365.25 * 18 - 1) == f"17{S}ans"


def test_articles_elide() -> None:
    assert french.the("âge du client", "m") == "l’âge du client"
    assert french.the("montant", "m") == "le montant"
    assert french.the("mensualité", "f") == "la mensualité"
    assert french.the("notes", "f", many=True) == "les notes"
    assert french.agree("calculé", "f", many=True) == "calculées"
    assert french.capital("élan") == "Élan"
    assert french.capital("le Crédit") == "Le Crédit"
    assert [french.the(one, "m") for one in ("onze", "onzième", "yaourt", "habitat", "ypérite")] == [
        "le onze", "le onzième", "le yaourt", "l’habitat", "l’ypérite",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("items", "both", "either"),
    [
        ([], "", ""),
        (["sexe"], "sexe", "sexe"),
        (["revenu", "durée"], "revenu et durée", "revenu ou durée"),
        (["revenu", "durée", "prêt"], "revenu, durée et prêt", "revenu, durée ou prêt"),
        (["{0}", "a, b", "c et d", "{}"], "{0}, a, b, c et d et {}", "{0}, a, b, c et d ou {}"),
    ],
)
def test_join_puts_no_comma_before_the_last_word(items: list[str], both: str, either: str) -> None:
    assert french.join(items) == both
    assert french.join(items, "et") == both
    assert french.join(items, "ou") == either
    assert french.join(tuple(items)) == both


@pytest.mark.parametrize(
    ("share", "decimals", "written"),
    [
        (0.0, 0, "0 %"),
        (0.0049, 0, "moins de 1 %"),
        (0.0051, 0, "1 %"),
        (0.00049, 1, "moins de 0,1 %"),
        (0.00051, 1, "0,1 %"),
        (0.9949, 0, "99 %"),
        (0.9951, 0, "plus de 99 %"),
        (0.99951, 1, "plus de 99,9 %"),
        (1.0, 1, "100,0 %"),
        (1.004, 0, "100 %"),
        (1.13, 0, "113 %"),
    ],
)
def test_a_part_is_never_told_as_none_or_all(share: float, decimals: int, written: str) -> None:
    assert french.part(share, decimals).replace("\u00a0", " ") == written
