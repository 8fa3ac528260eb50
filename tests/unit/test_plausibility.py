"""What cannot be true of a client is refused with a sentence; what is rare is not."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow.csv as csv
import pytest

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Row
from pretadepenser.credit.model.inputs import FEATURES
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.whatif import plausibility
from pretadepenser.credit.whatif.plausibility import BLAMED, Range, implausible, objections, spoken
from pretadepenser.money import KAGGLE, using
from pretadepenser.web.column_forms import duration
from tests.unit import by_heart

REPO = Path(__file__).resolve().parents[2]
GENUINE = REPO.parent / "shared" / "data" / "homecredit" / "application_train.csv"

PLAUSIBLE: dict[str, int | float | str | None] = {
    "NAME_CONTRACT_TYPE": "Cash loans",
    "AMT_CREDIT": 406597.5,
    "AMT_ANNUITY": 24700.5,
    "AMT_GOODS_PRICE": 351000.0,
    "AMT_INCOME_TOTAL": 202500.0,
    "NAME_INCOME_TYPE": "Working",
    "DAYS_BIRTH": -15790,
    "DAYS_EMPLOYED": -3000,
    "OCCUPATION_TYPE": "Laborers",
    "FLAG_OWN_CAR": "N",
    "OWN_CAR_AGE": None,
}
RETIRED = PLAUSIBLE | {
    "NAME_INCOME_TYPE": "Pensioner",
    "DAYS_EMPLOYED": dictionary.NO_EMPLOYMENT,
    "OCCUPATION_TYPE": None,
}


@pytest.mark.parametrize(
    "row",
    [
        PLAUSIBLE,
        RETIRED,
        {},
        PLAUSIBLE | {"AMT_ANNUITY": None, "AMT_GOODS_PRICE": None},
        PLAUSIBLE | {"AMT_CREDIT": 3 * 24700.5},
        PLAUSIBLE | {"DAYS_EMPLOYED": -15790 + 5844},
        PLAUSIBLE | {"FLAG_OWN_CAR": "Y", "OWN_CAR_AGE": 64},
        RETIRED | {"NAME_INCOME_TYPE": "Student"},
        PLAUSIBLE | {"NAME_CONTRACT_TYPE": "Revolving loans", "AMT_GOODS_PRICE": 100000.0},
        # What is just possible.
        PLAUSIBLE | {"AMT_CREDIT": 84 * 24700.5, "AMT_GOODS_PRICE": 84 * 24700.5},
        PLAUSIBLE | {"AMT_CREDIT": 400000.0, "AMT_GOODS_PRICE": 200000.0},
        PLAUSIBLE | {"NAME_CONTRACT_TYPE": "Revolving loans", "AMT_CREDIT": 5e5, "AMT_GOODS_PRICE": 1e5},
        PLAUSIBLE | {"NAME_CONTRACT_TYPE": None, "AMT_CREDIT": 5e5, "AMT_GOODS_PRICE": 1e5},
        PLAUSIBLE | {"AMT_INCOME_TOTAL": 24700.5},
        PLAUSIBLE | {"AMT_INCOME_TOTAL": 1, "AMT_ANNUITY": None},
    ],
)  # fmt: skip
def test_accepts(row: Row) -> None:
    assert implausible(row) == {}


@pytest.mark.parametrize(
    ("change", "column", "said"),
    [
        (
            {"AMT_INCOME_TOTAL": 0}, "AMT_INCOME_TOTAL",
            "Le revenu est nul : saisissez un revenu mensuel supérieur à zéro, toutes ressources comprises.",
        ),
        (
            {"AMT_INCOME_TOTAL": -1}, "AMT_INCOME_TOTAL",
            "Revenu mensuel : cette valeur n’est pas possible, corrigez-la.",
        ),
        (
            {"AMT_CREDIT": 24700.0}, "AMT_ANNUITY",
            "La mensualité (24 701 €) dépasse le montant du crédit (24 700 €) : baissez la mensualité ou "
            "augmentez le montant.",
        ),
        (
            {"AMT_CREDIT": 2 * 24700.5}, "AMT_ANNUITY",
            "La mensualité (24 701 €) rembourserait le crédit en moins de 3 mois : saisissez 16 467 € au "
            "plus, ou augmentez le montant.",
        ),
        # As much as the credit, and no more; 8,233.50 is a third of it.
        (
            {"AMT_CREDIT": 24700.5}, "AMT_ANNUITY",
            "La mensualité (24 701 €) rembourserait le crédit en moins de 3 mois : saisissez 8 233 € au "
            "plus, ou augmentez le montant.",
        ),
        (
            {"AMT_ANNUITY": 4000.0}, "AMT_ANNUITY",
            "La mensualité (4 000 €) ne rembourserait pas le crédit en 7 ans : saisissez 4 841 € au moins, "
            "ou baissez le montant.",
        ),
        (
            {"AMT_INCOME_TOTAL": 20000.0}, "AMT_ANNUITY",
            "La mensualité (24 701 €) dépasse le revenu mensuel (20 000 €) : baissez la mensualité ou "
            "corrigez le revenu.",
        ),
        (
            {"AMT_GOODS_PRICE": 200000.0}, "AMT_CREDIT",
            "Le crédit dépasse 2 fois le prix du bien : saisissez 400 000 € au plus, ou corrigez le prix du "
            "bien.",
        ),
        (
            {"NAME_CONTRACT_TYPE": "Revolving loans", "AMT_GOODS_PRICE": 80000.0}, "AMT_CREDIT",
            "Le crédit dépasse 5 fois le prix du bien : saisissez 400 000 € au plus, ou corrigez le prix du "
            "bien.",
        ),
        (
            {"DAYS_EMPLOYED": -15790 + 5843}, "DAYS_EMPLOYED",
            "Avec une ancienneté de 27 ans et 2 mois, ce client aurait commencé à travailler avant 16 ans : "
            "saisissez une durée plus courte.",
        ),
        (
            {"NAME_INCOME_TYPE": "Pensioner"}, "DAYS_EMPLOYED",
            "La source du revenu est « Retraite ou pension » : indiquez que le client n’a pas d’emploi en "
            "cours, ou changez la source du revenu.",
        ),
        (
            {"NAME_INCOME_TYPE": "Unemployed"}, "DAYS_EMPLOYED",
            "La source du revenu est « Sans emploi » : indiquez que le client n’a pas d’emploi en cours, ou "
            "changez la source du revenu.",
        ),
        (
            {"DAYS_EMPLOYED": 365243, "OCCUPATION_TYPE": None}, "DAYS_EMPLOYED",
            "La source du revenu est « Emploi salarié » : indiquez l’ancienneté dans cet emploi, ou changez "
            "la source du revenu.",
        ),
        (
            {"OWN_CAR_AGE": 4}, "OWN_CAR_AGE",
            "Le client ne possède pas de voiture : effacez l’âge de la voiture, ou indiquez qu’il en possède "
            "une.",
        ),
        (
            {"OCCUPATION_TYPE": "Astronaut"}, "OCCUPATION_TYPE",
            "Métier : cette valeur n’est pas possible, corrigez-la.",
        ),
    ],
)  # fmt: skip
def test_refuses(change: Row, column: str, said: str) -> None:
    found = implausible({**PLAUSIBLE, **change})
    assert {name: by_heart.plain(told) for name, told in found.items()} == {column: said}


@pytest.mark.parametrize(
    "source", ["Working", "Commercial associate", "State servant", "Businessman", "Maternity leave"]
)
def test_who_has_a_job_has_had_it_for_some_time(source: str) -> None:
    assert list(implausible(RETIRED | {"NAME_INCOME_TYPE": source})) == ["DAYS_EMPLOYED"]


def test_refuses_an_occupation_without_a_job() -> None:
    found = implausible(RETIRED | {"OCCUPATION_TYPE": "Laborers"})
    assert {name: by_heart.plain(said) for name, said in found.items()} == {
        "OCCUPATION_TYPE": (
            "Le client n’a pas d’emploi en cours : laissez le métier sans réponse, ou indiquez l’ancienneté."
        )
    }


@pytest.mark.skipif(not GENUINE.exists(), reason="genuine rows (../shared/data) are not here")
def test_hardly_ever_speaks_against_a_genuine_client() -> None:
    names = [*dictionary.columns_of(FEATURES), "DAYS_BIRTH"]
    options = csv.ConvertOptions(include_columns=names, strings_can_be_null=True, null_values=[""])
    table = csv.read_csv(GENUINE, convert_options=options).slice(0, 10_000)
    flagged = sum(bool(implausible(row)) for row in table.to_pylist())
    assert flagged <= 10


def test_judges_only_what_the_dictionary_knows() -> None:
    assert set(PLAUSIBLE) <= set(dictionary.COLUMNS)
    assert implausible({"AMT_CREDIT": np.nan}) == {}


def amounts(sentence: str) -> list[int]:
    return [int(re.sub(r"\s", "", one)) for one in re.findall(r"([\d\s]+)\u00a0€", sentence)]


@pytest.mark.parametrize(
    ("change", "column", "given"),
    [
        ({"AMT_CREDIT": 351000 * 1.95}, "AMT_CREDIT", "Avec un prix de 351 000 €, saisissez un crédit de"),
        ({"AMT_CREDIT": 60000.0}, "AMT_CREDIT", "Avec un prix de 351 000 €"),
        (
            {"AMT_ANNUITY": 100000.0},
            "AMT_ANNUITY",
            "Avec un crédit de 406 598 €, saisissez une mensualité de",
        ),
        ({"AMT_ANNUITY": 5000.0}, "AMT_ANNUITY", "Avec un crédit de 406 598 €, saisissez une mensualité de"),
        (
            {"AMT_INCOME_TOTAL": 40000.0, "AMT_CREDIT": 2e6, "AMT_ANNUITY": 39000.0, "AMT_GOODS_PRICE": None},
            "AMT_CREDIT",
            "Avec un revenu mensuel de 40 000 €, saisissez un crédit de",
        ),
    ],
)
def test_an_amount_out_of_proportion_is_told_what_to_type(
    portfolio: Portfolio, change: Row, column: str, given: str
) -> None:
    row = {**PLAUSIBLE, **change}
    names = [*PLAUSIBLE, *BLAMED]
    said = objections(row, portfolio, names)[column]
    plain = said.replace("\u00a0", " ").replace("\u202f", " ")
    assert plain.startswith(given) or given in plain
    assert re.search(r", ou changez aussi l[ea] \w+\.$", plain)
    low, high = amounts(said)[-2:]
    # Both ends are taken, and the next euro outside is not.
    for typed, taken in ((low, True), (high, True), (low - 2, False), (high + 2, False)):
        found = objections(row | {column: float(typed)}, portfolio, names)
        assert (column not in found) == taken, (typed, found)


def test_where_no_amount_fits_the_sentence_says_so(portfolio: Portfolio) -> None:
    row = PLAUSIBLE | {"AMT_CREDIT": 4000000.0, "AMT_GOODS_PRICE": 4000000.0, "AMT_INCOME_TOTAL": 30000.0}
    said = objections(row, portfolio, [*BLAMED])["AMT_ANNUITY"]
    assert "aucune mensualité ne convient : changez aussi le crédit ou le revenu." in said.replace(
        "\u00a0", " "
    )


BROAD = {
    "AMT_CREDIT": Range(1_000, 10_000_000), "AMT_ANNUITY": Range(10, 10_000_000),
    "AMT_GOODS_PRICE": Range(1_000, 10_000_000), "AMT_INCOME_TOTAL": Range(500, 1_000_000),
    "CREDIT_TERM": Range(10, 40), "CREDIT_TO_GOODS": Range(0.5, 3), "CREDIT_TO_INCOME": Range(0.1, 500),
    "ANNUITY_TO_INCOME": Range(0.01, 3),
}  # fmt: skip


def unseen_among(
    monkeypatch: pytest.MonkeyPatch, names: Sequence[str], row: Row, **ranges: Range
) -> dict[str, str]:
    """What is said of figures outside the ranges of a portfolio that has these."""
    monkeypatch.setattr(plausibility, "seen", lambda portfolio, name: (BROAD | ranges)[name])
    found = plausibility.unseen(row, cast(Portfolio, None), names)
    return {name: by_heart.plain(said) for name, said in found.items()}


@pytest.mark.parametrize(
    ("names", "row", "ranges", "column", "said"),
    [
        # From ten to forty instalments, and the longest term is the smallest instalment.
        (
            ("CREDIT_TERM",), {"AMT_CREDIT": 20_000.0, "AMT_ANNUITY": 400.0}, {}, "AMT_ANNUITY",
            "Avec un crédit de 20 000 €, saisissez une mensualité de 500 € à 2 000 €, ou changez aussi le "
            "crédit.",
        ),
        # Exactly one amount fits: it is told, and not that none does.
        (
            ("CREDIT_TERM",), {"AMT_CREDIT": 20_000.0, "AMT_ANNUITY": 400.0}, {"CREDIT_TERM": Range(10, 10)},
            "AMT_ANNUITY",
            "Avec un crédit de 20 000 €, saisissez une mensualité de 2 000 € à 2 000 €, ou changez aussi le "
            "crédit.",
        ),
        # Twice the price at most, though clients had three times as much.
        (
            ("CREDIT_TO_GOODS",),
            {"NAME_CONTRACT_TYPE": "Cash loans", "AMT_CREDIT": 40_000.0, "AMT_GOODS_PRICE": 10_000.0}, {},
            "AMT_CREDIT",
            "Avec un prix de 10 000 €, saisissez un crédit de 5 000 € à 20 000 €, ou changez aussi le prix.",
        ),
        # The whole income at most.
        (
            ("ANNUITY_TO_INCOME",), {"AMT_INCOME_TOTAL": 1_000.0, "AMT_ANNUITY": 4_000.0}, {}, "AMT_ANNUITY",
            "Avec un revenu mensuel de 1 000 €, saisissez une mensualité de 10 € à 1 000 €, ou changez aussi "
            "le revenu.",
        ),
        # The least by the term, the most by the income.
        (
            ("CREDIT_TERM", "ANNUITY_TO_INCOME"),
            {"AMT_CREDIT": 20_000.0, "AMT_INCOME_TOTAL": 1_000.0, "AMT_ANNUITY": 400.0}, {}, "AMT_ANNUITY",
            "Avec un crédit de 20 000 € et un revenu mensuel de 1 000 €, saisissez une mensualité de 500 € à "
            "1 000 €, ou changez aussi le crédit ou le revenu.",
        ),
    ],
)  # fmt: skip
def test_an_amount_out_of_proportion_is_told_its_range_word_for_word(
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
    row: Row,
    ranges: dict[str, Range],
    column: str,
    said: str,
) -> None:
    assert unseen_among(monkeypatch, names, row, **ranges) == {column: said}


@pytest.mark.parametrize("turned", [False, True])
def test_an_income_that_nobody_has_is_told_alone_in_whichever_order(
    monkeypatch: pytest.MonkeyPatch, turned: bool
) -> None:
    """The share that the instalment takes follows from it: to correct the income corrects both."""
    names = ("AMT_INCOME_TOTAL", "ANNUITY_TO_INCOME")
    row = {"AMT_INCOME_TOTAL": 100.0, "AMT_ANNUITY": 900.0}
    assert list(unseen_among(monkeypatch, names[::-1] if turned else names, row)) == ["AMT_INCOME_TOTAL"]


def test_a_field_is_named_by_what_is_typed_into_it() -> None:
    names = ("AMT_CREDIT", "DAYS_EMPLOYED", "OWN_CAR_AGE", "CNT_CHILDREN")
    assert [plausibility.typed(dictionary.COLUMNS[name]) for name in names] == [
        "un montant", "une durée", "un âge", "un nombre",
    ]  # fmt: skip


def test_units_are_said_once(portfolio: Portfolio) -> None:
    for change in ({"AMT_ANNUITY": 6000.0}, {"AMT_CREDIT": 50000.0}, {"AMT_INCOME_TOTAL": 40_000_000.0}):
        for said in objections({**PLAUSIBLE, **change}, portfolio, [*PLAUSIBLE, *BLAMED]).values():
            assert not re.search(r"mensualités|\b0\sfois|fois .* fois", said), said


def test_a_term_that_is_wrong_by_itself_is_told_alone(portfolio: Portfolio) -> None:
    row = PLAUSIBLE | {"AMT_INCOME_TOTAL": 900_000_000.0}
    assert list(objections(row, portfolio, [*PLAUSIBLE, *BLAMED])) == ["AMT_INCOME_TOTAL"]


@pytest.mark.parametrize(
    ("change", "column", "said"),
    [
        (
            {"AMT_CREDIT": 900_000.0},
            "AMT_CREDIT",
            "Le montant du crédit demandé serait de 900 000 € ; chez les clients connus du modèle, cela va "
            "de 101 000 € à 200 000 € : saisissez un montant dans cette fourchette, ou étudiez ce dossier "
            "sans le modèle.",
        ),
        (
            {"AMT_INCOME_TOTAL": 20_000.0},
            "AMT_INCOME_TOTAL",
            "Le revenu mensuel du client serait de 20 000 € ; chez les clients connus du modèle, cela va de "
            "20 300 € à 50 000 € : saisissez un montant dans cette fourchette, ou étudiez ce dossier sans "
            "le modèle.",
        ),
        (
            {"DAYS_EMPLOYED": -12_000},
            "DAYS_EMPLOYED",
            "L’ancienneté dans l’emploi serait de 32 ans et 10 mois ; chez les clients connus du modèle, "
            "cela va de 4 mois à 27 ans et 4 mois : saisissez une durée dans cette fourchette, ou étudiez "
            "ce dossier sans le modèle.",
        ),
    ],
)
def test_what_no_client_has_is_told_with_what_clients_have(
    tmp_path: Path, change: Row, column: str, said: str
) -> None:
    """The hundred of by_heart: 101,000 to 200,000 € of credit, 100 to 10,000 days of employment."""
    hundred = by_heart.portfolio(tmp_path, by_heart.hundred())
    row = {**by_heart.client(), **change}
    assert by_heart.plain(objections(row, hundred, [*change])[column]) == said
    # Both ends are taken.
    for end in {"AMT_CREDIT": (101_000.0, 200_000.0), "DAYS_EMPLOYED": (-100, -10_000)}.get(column, ()):
        assert objections({**by_heart.client(), column: end}, hundred, [column]) == {}


@pytest.mark.parametrize(
    ("name", "low", "high", "ends"),
    [
        # Whole euros that lie within.
        ("AMT_CREDIT", 10_150.0, 20_050.0, ("102 €", "200 €")),
        # The shortest length first, which is the highest number of days before.
        ("DAYS_EMPLOYED", -800, -100, ("4 mois", "2 ans et 2 mois")),
        ("DAYS_EMPLOYED", -800, -92, ("4 mois", "2 ans et 2 mois")),
        ("DAYS_EMPLOYED", -800, -91, ("3 mois", "2 ans et 2 mois")),
        ("DAYS_EMPLOYED", -800, -12, ("12 jours", "2 ans et 2 mois")),
        ("DAYS_EMPLOYED", -90, -70, ("70 jours", "90 jours")),
        ("OWN_CAR_AGE", 0, 9, ("0", "9 ans")),
        ("OWN_CAR_AGE", 1, 9, ("1 an", "9 ans")),
    ],
)
def test_a_range_is_told_by_what_can_be_typed(
    name: str, low: float, high: float, ends: tuple[str, str]
) -> None:
    with using(KAGGLE):
        told = spoken(dictionary.COLUMNS[name], Range(low, high))
    assert tuple(map(by_heart.plain, told)) == ends
    if name == "DAYS_EMPLOYED":
        for end in told:
            assert low <= -(duration(end) or 0) <= high, f"{end} is refused as it is typed"
