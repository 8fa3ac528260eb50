"""The sentences themselves, one or two of each kind."""

import pytest

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import COLUMNS, STORED, TABLES, client_file, wording
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.model.inputs import FEATURES
from pretadepenser.french import Person


def say(name: str, value: Value, rank: float | None, share: float | None, points: int) -> str:
    text = wording.reason(dictionary.describe(name), value, rank, share, points)
    return text.replace(french.NO_BREAK, " ").replace(french.NARROW_NO_BREAK, " ")


@pytest.mark.parametrize(
    ("name", "value", "rank", "share", "points", "text"),
    [
        (
            "AMT_CREDIT",
            1293502.5,
            0.92,
            0.0,
            -14,
            "Le montant du crédit demandé est de 1 293 503 € : c’est plus que chez 92 % des clients. "
            "Cela retire 14 points au score.",
        ),
        (
            "EXT_SOURCE_2",
            0.262949,
            0.08,
            None,
            -1,
            "La note de l’organisme extérieur numéro 2 est de 0,26 sur 1 : c’est plus bas que chez 92 % des "
            "clients notés. Cela retire 1 point au score.",
        ),
        (
            "EXT_SOURCE_2",
            0.00001,
            0.0,
            None,
            -30,
            "La note de l’organisme extérieur numéro 2 est de moins de 0,01 sur 1 : c’est plus bas que chez "
            "tous les clients notés. Cela retire 30 points au score.",
        ),
        (
            "EXT_SOURCE_1",
            None,
            None,
            0.54,
            0,
            "Donnée absente : le dossier ne donne pas la note de l’organisme extérieur numéro 1. C’est "
            "aussi le cas de 54 % des clients. Cela change le score de moins d’un point.",
        ),
        # Days are negative in the raw coding: a low rank is a long time.
        (
            "DAYS_EMPLOYED",
            -1157,
            0.2,
            0.0,
            2,
            "Le client occupe son emploi depuis 3 ans et 2 mois : c’est plus long que chez 80 % des "
            "clients qui ont un emploi. Cela ajoute 2 points au score.",
        ),
        (
            "DAYS_EMPLOYED",
            365243,
            0.9,
            0.18,
            1,
            "Le client n’a pas d’emploi en cours (retraite ou sans emploi) : c’est le cas de 18 % des "
            "clients. Cela ajoute 1 point au score.",
        ),
        (
            "DAYS_BIRTH",
            -15790,
            0.44,
            None,
            1,
            "Le client a 43 ans : il est plus âgé que 56 % des clients. Cela ajoute 1 point au score.",
        ),
        (
            "DAYS_LAST_PHONE_CHANGE",
            0,
            0.94,
            0.12,
            -1,
            "Le client a changé de téléphone le jour de la demande : c’est plus récent que chez 88 % "
            "des clients. Cela retire 1 point au score.",
        ),
        (
            "FLAG_OWN_CAR",
            "N",
            None,
            0.66,
            -4,
            "Le client ne possède pas de voiture : c’est le cas de 66 % des clients. Cela retire 4 "
            "points au score.",
        ),
        # Half of the equal ones count in a rank: with 70 % of equals it says neither more nor less.
        (
            "CNT_CHILDREN",
            0,
            0.35,
            0.7,
            1,
            "Le client n’a pas d’enfant : c’est le cas de 70 % des clients. Cela ajoute 1 point au score.",
        ),
        ("CNT_CHILDREN", 2, 0.95, None, 1, "Le client a 2 enfants. Cela ajoute 1 point au score."),
        (
            "CNT_CHILDREN",
            1,
            0.8,
            0.2,
            1,
            "Le client a 1 enfant : c’est plus que chez 70 % des clients. Cela ajoute 1 point au score.",
        ),
        (
            "ORGANIZATION_TYPE",
            "Bank",
            None,
            0.008,
            6,
            "Le client travaille dans le secteur « banque » : c’est le cas de 1 % des clients. "
            "Cela ajoute 6 points au score.",
        ),
        (
            "HOUR_APPR_PROCESS_START",
            12,
            0.5,
            0.11,
            1,
            "La demande a été déposée vers midi : c’est le cas de 11 % des clients. Cela ajoute 1 point "
            "au score.",
        ),
        (
            "AMT_REQ_CREDIT_BUREAU_YEAR",
            3,
            0.77,
            0.1,
            -3,
            "Le fichier des crédits a été consulté 3 fois dans l’année avant la demande : c’est plus que "
            "chez 72 % des clients connus du fichier. Cela retire 3 points au score.",
        ),
        (
            "FLAG_OWN_REALTY",
            None,
            None,
            None,
            -1,
            "Donnée absente : le dossier ne dit pas si le client possède une maison ou un appartement. "
            "Cela retire 1 point au score.",
        ),
        (
            "CREDIT_TERM",
            20.68,
            0.51,
            0.0,
            2,
            "Le crédit demandé vaut 20,7 mensualités : c’est à peu près au milieu des clients. "
            "Cela ajoute 2 points au score.",
        ),
        (
            "ANNUITY_TO_INCOME",
            None,
            None,
            None,
            -1,
            "Donnée absente : la part du revenu prise par la mensualité ne peut pas être calculée. "
            "Cela retire 1 point au score.",
        ),
    ],
)
def test_sentences(
    name: str, value: Value, rank: float | None, share: float | None, points: int, text: str
) -> None:
    assert say(name, value, rank, share, points) == text


# A rank counts smaller raw values, and a length of time is stored as negative days: the longer, the smaller.
COMPARED = [
    ("AMT_INCOME_TOTAL", 30_000, "c’est plus que chez", "c’est moins que chez", "des clients"),
    (
        "DAYS_EMPLOYED", -1157, "c’est plus court que chez", "c’est plus long que chez",
        "des clients qui ont un emploi",
    ),
    ("DAYS_ID_PUBLISH", -45, "c’est plus récent que chez", "c’est plus ancien que chez", "des clients"),
    ("DAYS_BIRTH", -15790, "il est plus jeune que", "il est plus âgé que", "des clients"),
    ("OWN_CAR_AGE", 12, "c’est plus que chez", "c’est moins que chez", "des clients qui ont une voiture"),
    ("CNT_CHILDREN", 2, "c’est plus que chez", "c’est moins que chez", "des clients"),
    ("CREDIT_TERM", 20.7, "c’est plus que chez", "c’est moins que chez", "des clients"),
    ("ANNUITY_TO_INCOME", 0.2, "c’est plus que chez", "c’est moins que chez", "des clients"),
    ("EXT_SOURCE_1", 0.5, "c’est plus haut que chez", "c’est plus bas que chez", "des clients notés"),
    ("REGION_POPULATION_RELATIVE", 0.02, "c’est plus que chez", "c’est moins que chez", "des clients"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "high", "low", "among"), COMPARED)
def test_a_value_is_larger_or_smaller_than_that_of_others(
    name: str, value: float, high: str, low: str, among: str
) -> None:
    for rank, said in ((0.8, high), (0.2, low)):
        assert f": {said} 80 % {among}. Cela ajoute 2 points au score." in say(name, value, rank, 0.0, 2)


@pytest.mark.parametrize(
    ("rank", "said"), [(0.8, "c’est moins que l’âge de"), (0.2, "c’est plus que l’âge de")]
)
def test_an_age_said_to_the_client_needs_no_agreement(rank: float, said: str) -> None:
    text = wording.reason(dictionary.describe("DAYS_BIRTH", Person.YOU), -15790, rank, 0.0, 2)
    assert f": {said} 80 % des clients." in text.replace(french.NO_BREAK, " ")


@pytest.mark.parametrize(
    ("rank", "share", "said"),
    [
        # Within three hundredths of the middle on both sides.
        (0.529, 0.0, "c’est à peu près au milieu des clients"),
        (0.471, 0.0, "c’est à peu près au milieu des clients"),
        (0.531, 0.0, "c’est plus que chez 53 % des clients"),
        (0.469, 0.0, "c’est moins que chez 53 % des clients"),
        (0.54, 0.0, "c’est plus que chez 54 % des clients"),
        (0.46, 0.0, "c’est moins que chez 54 % des clients"),
        # From a quarter of equals on.
        (0.7, 0.25, "c’est le cas de 25 % des clients"),
        (0.7, 0.24, "c’est plus que chez 58 % des clients"),
        (0.3, 0.24, "c’est moins que chez 58 % des clients"),
        # Neither all nor nobody is said of some.
        (0.996, 0.0, "c’est plus que chez presque tous les clients"),
        (0.004, 0.0, "c’est moins que chez presque tous les clients"),
        (0.99, 0.0, "c’est plus que chez 99 % des clients"),
    ],
)
def test_how_a_value_is_placed_among_others(rank: float, share: float, said: str) -> None:
    assert f": {said}. Cela retire 1 point au score." in say("AMT_CREDIT", 300_000, rank, share, -1)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "ce n’est le cas d’aucun des clients notés"),
        (0.003, "c’est le cas de moins de 1 % des clients notés"),
        (0.12, "c’est le cas de 12 % des clients notés"),
        (0.998, "c’est le cas de presque tous les clients notés"),
        (1.0, "c’est le cas de tous les clients notés"),
    ],
)
def test_all_and_none_are_said_of_all_and_none_alone(share: float, said: str) -> None:
    assert " ".join(wording.so_for(share, "des clients notés").split()) == said


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (-14, "Cela retire 14 points au score."),
        (-1, "Cela retire 1 point au score."),
        (0, "Cela change le score de moins d’un point."),
        (1, "Cela ajoute 1 point au score."),
        (14, "Cela ajoute 14 points au score."),
    ],
)
def test_an_effect_has_its_direction(points: int, said: str) -> None:
    assert wording.effect(points).replace(french.NO_BREAK, " ") == said


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("SK_ID_CURR", 157083, "157083"),
        ("AMT_CREDIT", 1293502, "1 293 502 €"),
        ("DAYS_EMPLOYED", 365243, "sans emploi en cours"),
        ("DAYS_EMPLOYED", -1157, "3 ans et 2 mois"),
        ("DAYS_EMPLOYED", -0.5, "moins d’un jour"),
        ("DAYS_EMPLOYED", -1, "1 jour"),
        ("DAYS_ID_PUBLISH", -45, "1 mois avant la demande"),
        ("DAYS_ID_PUBLISH", -1, "1 jour avant la demande"),
        ("DAYS_ID_PUBLISH", 0, "le jour de la demande"),
        ("DAYS_BIRTH", -15790, "43 ans"),
        ("OWN_CAR_AGE", 0, "moins d’un an"),
        ("OWN_CAR_AGE", 0.99, "moins d’un an"),
        ("OWN_CAR_AGE", 1, "1 an"),
        ("NAME_HOUSING_TYPE", "With parents", "Chez ses parents"),
        ("FLAG_MOBIL", 1, "Oui"),
        ("FLAG_MOBIL", 0.0, "Non"),
        ("EXT_SOURCE_3", 0.5, "0,50 sur 1"),
        ("REGION_POPULATION_RELATIVE", 0.00029, "0,0003 sur 1"),
        ("REGION_POPULATION_RELATIVE", 0.018801, "0,019 sur 1"),
        ("REGION_POPULATION_RELATIVE", 0.01, "0,010 sur 1"),
        ("REGION_POPULATION_RELATIVE", 0.0099, "0,0099 sur 1"),
        ("REGION_POPULATION_RELATIVE", 0.1, "0,10 sur 1"),
        ("REGION_POPULATION_RELATIVE", 0, "0 sur 1"),
        ("REGION_RATING_CLIENT_W_CITY", 2, "2 sur 3"),
        ("REGION_RATING_CLIENT_W_CITY", -1, "note inconnue"),
        ("HOUR_APPR_PROCESS_START", 10, "10 heures"),
        ("CREDIT_TO_GOODS", 1.132, "113 %"),
        ("ANNUITY_TO_INCOME", 0.1766, "18 %"),
        ("ANNUITY_TO_INCOME", 0.0487, "4,9 %"),
        ("ANNUITY_TO_INCOME", 0.00031, "0,03 %"),
        ("ANNUITY_TO_INCOME", 0.0995, "10 %"),
        ("ANNUITY_TO_INCOME", 0.0994, "9,9 %"),
        ("ANNUITY_TO_INCOME", 0.00994, "0,99 %"),
        ("ANNUITY_TO_INCOME", 0.0001, "0,01 %"),
        ("ANNUITY_TO_INCOME", 0.00009, "moins de 0,01 %"),
        ("ANNUITY_TO_INCOME", 0, "0 %"),
        ("BUREAU_OVERDUE", 0.49, "moins de 1 €"),
        ("BUREAU_OVERDUE", 0.5, "1 €"),
        ("BUREAU_OVERDUE", 0, "0 €"),
        ("CREDIT_TERM", 23.56, "23,6 mensualités"),
        ("CREDIT_TO_INCOME", 3.24, "3,2 fois"),
        ("CNT_FAM_MEMBERS", 1, "1 personne"),
    ],
)
def test_values(name: str, value: Value, text: str) -> None:
    cell = wording.value_text(dictionary.describe(name), value)
    assert cell.replace(french.NO_BREAK, " ").replace(french.NARROW_NO_BREAK, " ") == text


@pytest.mark.parametrize(
    ("table", "name", "value", "text"),
    [
        ("bureau_balance", "MONTHS_BALANCE", -1, "1 mois avant la demande"),
        ("bureau_balance", "MONTHS_BALANCE", 0, "le mois de la demande"),
        ("bureau_balance", "MONTHS_BALANCE", 3, "3 mois après la demande"),
        ("bureau", "DAYS_CREDIT_ENDDATE", -400, "1 an et 1 mois avant la demande"),
        ("bureau", "DAYS_CREDIT_ENDDATE", 400, "1 an et 1 mois après la demande"),
    ],
)
def test_what_is_before_the_application_and_what_after(
    table: str, name: str, value: Value, text: str
) -> None:
    cell = wording.value_text(dictionary.TABLES[table].columns[name], value)
    assert cell.replace(french.NO_BREAK, " ") == text


def test_unknown_values_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown category"):
        wording.value_text(COLUMNS["CODE_GENDER"], "X")
    with pytest.raises(ValueError, match="number is expected"):
        wording.value_text(COLUMNS["AMT_CREDIT"], "1000")


def test_group_sentences() -> None:
    row: dict[str, Value] = {f"FLAG_DOCUMENT_{number}": int(number in (3, 6)) for number in range(2, 22)}
    text = wording.group_reason("documents", row, 2, 0.04).replace(french.NO_BREAK, " ")
    assert text == (
        "Le client a fourni 2 documents sur les 20 de la liste : c’est le cas de 4 % des clients. "
        "Cela ajoute 2 points au score."
    )
    text = wording.group_reason("consultations", {"AMT_REQ_CREDIT_BUREAU_YEAR": 2.0}, -2)
    assert "2\u00a0fois dans l’année" in text
    assert text.replace(french.NO_BREAK, " ") == (
        "Le fichier des crédits a été consulté 2 fois dans l’année avant la demande. "
        "Cela retire 2 points au score."
    )
    text = wording.group_reason("consultations", {"AMT_REQ_CREDIT_BUREAU_YEAR": 0.0}, 2)
    assert text.replace(french.NO_BREAK, " ") == (
        "Le fichier des crédits n’a pas été consulté dans l’année avant la demande. "
        "Cela ajoute 2 points au score."
    )
    text = wording.group_reason("batiment", {}, -2).replace(french.NO_BREAK, " ")
    assert text == (
        "Donnée absente : le dossier ne décrit pas l’immeuble du client. Cela retire 2 points au score."
    )
    text = wording.group_reason("documents", row, 2, person=Person.YOU).replace(french.NO_BREAK, " ")
    assert text == "Vous avez fourni 2 documents sur les 20 de la liste. Cela ajoute 2 points au score."
    with pytest.raises(KeyError):
        wording.group_reason("autres", {}, 1)


def test_what_cannot_be_computed_is_one_thing() -> None:
    """Its absence is told in the singular."""
    assert not [one.name for one in dictionary.DERIVED.values() if one.many]


def test_what_the_publisher_scaled_is_told_on_its_scale() -> None:
    said = wording.statement(COLUMNS["LIVINGAREA_AVG"], 0.1).replace(french.NO_BREAK, " ")
    assert said.endswith(" est de 0,10 sur une échelle de 0 à 1")


@pytest.mark.parametrize(
    ("group", "known", "client", "you"),
    [
        (
            "batiment",
            {},
            "Donnée absente : le dossier ne décrit pas l’immeuble du client",
            "Donnée absente : le dossier ne décrit pas l’immeuble où vous vivez",
        ),
        (
            "batiment",
            {"FLOORSMAX_AVG": 0.2},
            "Le dossier décrit l’immeuble du client par 1 donnée sur 47",
            "Le dossier décrit l’immeuble où vous vivez par 1 donnée sur 47",
        ),
        (
            "documents",
            {"FLAG_DOCUMENT_2": 0},
            "Le client n’a fourni aucun document de la liste",
            "Vous n’avez fourni aucun document de la liste",
        ),
        (
            "contact",
            {"FLAG_EMAIL": 0, "FLAG_CONT_MOBILE": 1},
            "Le client n’a donné aucun moyen de contact",
            "Vous n’avez donné aucun moyen de contact",
        ),
        (
            "contact",
            {"FLAG_EMAIL": 1},
            "Le client a donné 1 moyen de contact sur 5",
            "Vous avez donné 1 moyen de contact sur 5",
        ),
        (
            "consultations",
            {},
            "Donnée absente : le dossier ne dit pas si le fichier des crédits a été consulté",
            "Donnée absente : le dossier ne dit pas si le fichier des crédits a été consulté",
        ),
    ],
)
def test_what_is_known_of_a_group(group: str, known: dict[str, Value], client: str, you: str) -> None:
    for person, said in ((Person.CLIENT, client), (Person.YOU, you)):
        text = wording.group_reason(group, known, 2, person=person).replace(french.NO_BREAK, " ")
        assert text == f"{said}. Cela ajoute 2 points au score."


@pytest.mark.parametrize(
    ("scores", "person", "bureaux", "text"),
    [
        (
            (None, 0.26, 0.14),
            Person.CLIENT,
            (),
            "La moyenne des notes extérieures est de 0,20 sur 1 : c’est plus bas que chez 92 % des clients "
            "notés. Elle réunit 0,26 (organisme numéro 2) et 0,14 (organisme numéro 3). "
            "Cela retire 45 points au score.",
        ),
        (
            (0.1, 0.2, 0.3),
            Person.YOU,
            ("Alpha", "Bêta", "Gamma"),
            "La moyenne des notes extérieures est de 0,20 sur 1 : c’est plus bas que chez 92 % des clients "
            "notés. Elle réunit 0,10 (Alpha), 0,20 (Bêta) et 0,30 (Gamma). Cela retire 45 points au score.",
        ),
        (
            (0.1, 0.2, 0.3),
            Person.YOU,
            (),
            "La moyenne des notes extérieures est de 0,20 sur 1 : c’est plus bas que chez 92 % des clients "
            "notés. Elle réunit 0,10 (premier organisme), 0,20 (deuxième organisme) et 0,30 (troisième "
            "organisme). Cela retire 45 points au score.",
        ),
        (
            (0.1, 0.2, 0.3),
            Person.CLIENT,
            (),
            "La moyenne des notes extérieures est de 0,20 sur 1 : c’est plus bas que chez 92 % des clients "
            "notés. Elle réunit 0,10 (organisme numéro 1), 0,20 (organisme numéro 2) et 0,30 (organisme "
            "numéro 3). Cela retire 45 points au score.",
        ),
        (
            (None, 0.2, None),
            Person.YOU,
            (),
            "La seule note extérieure connue (deuxième organisme) est de 0,20 sur 1 : c’est plus bas que "
            "chez 92 % des clients notés. Cela retire 45 points au score.",
        ),
    ],
)
def test_external_scores(
    scores: tuple[float | None, ...], person: Person, bureaux: tuple[str, ...], text: str
) -> None:
    row: dict[str, Value] = {f"EXT_SOURCE_{number}": score for number, score in enumerate(scores, 1)}
    said = wording.external_reason(row, 0.08, 0.0, -45, person, bureaux)
    assert said.replace(french.NO_BREAK, " ") == text


CREDIT: dict[str, Value] = {
    "AMT_CREDIT": 406597.5,
    "AMT_ANNUITY": 24700.5,
    "AMT_GOODS_PRICE": 351000.0,
    "CREDIT_TO_GOODS": 1.15839,
}


@pytest.mark.parametrize(
    ("name", "changes", "text"),
    [
        (
            "CREDIT_TO_GOODS",
            {},
            "Le crédit demandé couvre 116 % du prix du bien : c’est plus que chez 80 % des clients. Le "
            "montant du crédit demandé est de 406 598 €, la mensualité du crédit de 24 701 € et le prix du "
            "bien à financer de 351 000 €. Cela retire 14 points au score.",
        ),
        (
            "AMT_ANNUITY",
            {"AMT_GOODS_PRICE": None},
            "La mensualité du crédit est de 24 701 € : c’est plus que chez 80 % des clients. Le montant du "
            "crédit demandé est de 406 598 €. Cela retire 14 points au score.",
        ),
    ],
)
def test_size_and_duration_of_the_credit(name: str, changes: dict[str, Value], text: str) -> None:
    said = wording.credit_reason(CREDIT | changes, dictionary.describe(name), 0.8, 0.0, -14)
    assert said.replace(french.NO_BREAK, " ").replace(french.NARROW_NO_BREAK, " ") == text


@pytest.mark.parametrize(
    ("group", "row", "text"),
    [
        ("notes", {"EXT_SOURCE_MEAN": 0.2}, "0,20 sur 1 en moyenne"),
        ("notes", {"EXT_SOURCE_MEAN": None}, "donnée absente"),
        ("credit", CREDIT, "406 598 €, 24 701 € par mois"),
        ("credit", CREDIT | {"AMT_ANNUITY": None}, "406 598 €"),
        ("voiture", {"FLAG_OWN_CAR": "Y", "OWN_CAR_AGE": 12}, "Oui, 12 ans"),
        ("voiture", {"FLAG_OWN_CAR": "Y", "OWN_CAR_AGE": None}, "Oui"),
        ("voiture", {"FLAG_OWN_CAR": "N", "OWN_CAR_AGE": None}, "Non"),
        ("documents", {}, ""),
    ],
)
def test_what_stands_for_the_value_of_a_group(group: str, row: dict[str, Value], text: str) -> None:
    said = wording.group_text(group, row)
    assert said.replace(french.NO_BREAK, " ").replace(french.NARROW_NO_BREAK, " ") == text


@pytest.mark.parametrize(
    ("share", "limit", "text"),
    [
        (0.8797, 0.48, "88 %"),
        (0.1249, 0.48, "12 %"),
        (0.0949, 0.48, "9,5 %"),
        (0.0994, 0.48, "9,9 %"),
        (0.0996, 0.48, "10 %"),
        (0.0123, 0.48, "1,2 %"),
        (0.0009, 0.48, "0,09 %"),
        (0.00001, 0.48, "moins de 0,01 %"),
        (0.9951, 0.48, "plus de 99 %"),
        (0.4791, 0.48, "47,9 %"),
        (0.4808, 0.48, "48,1 %"),
        (0.47998, 0.48, "47,998 %"),
        (0.48, 0.48, "48 %"),
        (0.4741, 0.48, "47 %"),
        (0.4551, 0.455, "46 %"),
        (0.4549, 0.455, "45 %"),
        (0.4541, 0.4535, "45,4 %"),
        (0.4808, None, "48 %"),
    ],
)
def test_a_probability_has_two_digits_and_its_side_of_the_limit(
    share: float, limit: float | None, text: str
) -> None:
    assert wording.probability(share, limit).replace(french.NO_BREAK, " ") == text


def test_no_external_score() -> None:
    said = wording.external_reason({}, None, 0.02, -3).replace(french.NO_BREAK, " ")
    assert said == (
        "Donnée absente : le dossier ne contient aucune note extérieure. C’est aussi le cas de 2 % des "
        "clients. Cela retire 3 points au score."
    )


@pytest.mark.parametrize(
    ("name", "value", "client", "you"),
    [
        (
            "AMT_INCOME_TOTAL",
            30_000,
            "Le revenu mensuel du client est de 30 000 €",
            "Votre revenu mensuel est de 30 000 €",
        ),
        ("FLAG_OWN_CAR", "N", "Le client ne possède pas de voiture", "Vous ne possédez pas de voiture"),
        (
            "DAYS_EMPLOYED",
            -1157,
            "Le client occupe son emploi depuis 3 ans et 2 mois",
            "Vous occupez votre emploi depuis 3 ans et 2 mois",
        ),
        ("NAME_TYPE_SUITE", "Unaccompanied", "Le client est venu seul", "Personne n’est venu avec vous"),
    ],
)
def test_whom_it_is_said_to(name: str, value: float | str, client: str, you: str) -> None:
    for person, said in ((Person.CLIENT, client), (Person.YOU, you)):
        text = wording.statement(dictionary.describe(name, person), value)
        assert " ".join(text.split()) == said


@pytest.mark.parametrize(
    ("name", "text"),
    [
        # The instalment, the rest or the limit of another credit may not be known.
        ("BUREAU_DEBT", "Le client n’a aucune somme connue à rembourser à d’autres établissements"),
        (
            "BUREAU_DEBT_SHARE",
            "Sur les crédits ailleurs dont le reste est connu, il ne reste rien à rembourser",
        ),
        ("BUREAU_CARD_USE", "À ce que l’on sait, aucun plafond de carte de crédit ailleurs n’est utilisé"),
        # A credit may be late today of which the file declares no largest sum, and no month.
        (
            "BUREAU_OVERDUE_MAX",
            "Comme plus fort retard ailleurs, le fichier des crédits ne déclare aucune somme",
        ),
        (
            "BUREAU_MONTHS_LATE",
            "Sur les 24 derniers mois, aucun retard n’est connu dans le suivi mensuel des crédits ailleurs",
        ),
        (
            "BUREAU_WORST_RECENT",
            "Sur les 24 derniers mois, aucun retard n’est connu dans le suivi mensuel des crédits ailleurs",
        ),
        # An instalment may be paid some days late of which no statement tells, and small sums are ignored.
        (
            "POS_WORST",
            "Les relevés mensuels des prêts chez nous ne comptent aucun jour de retard, très petites sommes "
            "mises à part",
        ),
        (
            "POS_MONTHS_LATE",
            "Aucun prêt chez nous n’a fini un mois en retard, très petites sommes mises à part",
        ),
        (
            "CARD_MONTHS_LATE",
            "La carte chez nous n’a jamais fini un mois en retard, très petites sommes mises à part",
        ),
        # What was drawn may have been paid back before the statement.
        ("CARD_USE_YEAR", "Aux relevés des 12 derniers mois, rien du plafond de la carte n’était dû"),
    ],
)
def test_nothing_of_a_history_is_said_no_firmer_than_it_is_known(name: str, text: str) -> None:
    assert wording.statement(dictionary.HISTORY[name], 0) == text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        (
            "BUREAU_DEBT_SHARE",
            0.5,
            "Sur les crédits ailleurs dont le reste est connu, il reste 50 % à rembourser",
        ),
        ("BUREAU_OVERDUE_MAX", 120, "Le plus fort retard déclaré ailleurs est de 120 €"),
        # What is not paid on the day of the application is late too.
        (
            "INSTALMENTS_LATE_SHARE",
            0.9,
            "90 % des mensualités chez nous ont été payées en retard, ou pas encore",
        ),
        (
            "INSTALMENTS_LATE_RECENT",
            0.9,
            "Dans l’année avant la demande, 90 % des mensualités chez nous ont été payées en retard, ou pas "
            "encore",
        ),
        (
            "INSTALMENTS_LATE_BEFORE",
            0.9,
            "Plus d’un an avant la demande, 90 % des mensualités chez nous ont été payées en retard, ou pas "
            "encore",
        ),
        (
            "POS_WORST",
            12,
            "D’après les relevés mensuels, le plus long retard sur un prêt chez nous a été de 12 jours",
        ),
    ],
)
def test_a_history_is_told_by_what_tells_it(name: str, value: float, text: str) -> None:
    assert french.typeset(text).replace(french.NO_BREAK, " ") == wording.statement(
        dictionary.HISTORY[name], value
    ).replace(french.NO_BREAK, " ")


def test_who_has_a_figure_without_a_history_is_compared_with_all_who_have_it() -> None:
    """Who has no credit elsewhere has no instalment there: nothing, which is known, and is counted."""
    among = {
        name: column.among
        for name, column in dictionary.HISTORY.items()
        if column.without_history is not None
    }
    assert {name: said for name, said in among.items() if said != "des clients"} == {
        "BUREAU_ANNUITY": "des clients dont ce total est connu",
        "BUREAU_OVERDUE_MAX": "des clients dont cette somme est connue",
    }
    recent = dictionary.HISTORY["INSTALMENTS_LATE_RECENT"]
    assert recent.among == "des clients qui avaient une mensualité chez nous dans l’année"


@pytest.mark.parametrize(
    ("name", "person", "text"),
    [
        (
            "BUREAU_DEBT_SHARE",
            Person.CLIENT,
            "La part qui reste à rembourser ailleurs est sans objet (pas de crédit en cours ailleurs). "
            "Cela retire 6 points au score.",
        ),
        (
            "PREVIOUS_TERM",
            Person.YOU,
            "La durée moyenne des crédits précédents est sans objet (pas de demande accordée). "
            "Cela retire 6 points au score.",
        ),
    ],
)
def test_a_reason_of_what_has_no_object_tells_no_missing_data(name: str, person: Person, text: str) -> None:
    column = dictionary.describe(name, person)
    told = wording.reason_without_object(column, column.not_applicable[0], -6)
    assert told.replace(french.NO_BREAK, " ") == text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "BUREAU_CARD_USE",
            "Donnée absente : la part utilisée des cartes de crédit ailleurs ne peut pas être calculée.",
        ),
        (
            "BUREAU_DEBT_SHARE",
            "Donnée absente : la part qui reste à rembourser ailleurs ne peut pas être calculée.",
        ),
        (
            "CARD_USE",
            "Donnée absente : la part utilisée de la carte chez nous ne peut pas être calculée.",
        ),
        ("BUREAU_DEBT", "Donnée absente : le dossier ne donne pas le reste à rembourser ailleurs."),
    ],
)
def test_a_share_of_nothing_is_no_figure_that_the_file_does_not_give(name: str, said: str) -> None:
    """The file gives a limit of zero and nothing owed: only their share cannot be."""
    told = wording.reason(dictionary.describe(name), None, None, None, -2)
    assert told.replace(french.NO_BREAK, " ") == f"{said} Cela retire 2 points au score."


def test_an_absence_is_said_to_the_client() -> None:
    car, income = (dictionary.describe(name, Person.YOU) for name in ("FLAG_OWN_CAR", "AMT_INCOME_TOTAL"))
    assert "le dossier ne dit pas si vous possédez une voiture." in wording.reason(car, None, None, None, 1)
    assert "le dossier ne donne pas votre revenu mensuel." in wording.reason(income, None, None, None, 1)


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        ({"FLAG_OWN_CAR": "N", "OWN_CAR_AGE": None}, "sans objet (pas de voiture)"),
        ({"FLAG_OWN_CAR": "N", "OWN_CAR_AGE": float("nan")}, "sans objet (pas de voiture)"),
        ({"FLAG_OWN_CAR": "Y", "OWN_CAR_AGE": None}, "donnée absente"),
        ({"FLAG_OWN_CAR": None, "OWN_CAR_AGE": None}, "donnée absente"),
        ({"FLAG_OWN_CAR": "N", "OWN_CAR_AGE": 4}, "4 ans"),
        ({"DAYS_EMPLOYED": 365243, "OCCUPATION_TYPE": None}, "sans objet (pas d’emploi en cours)"),
        ({"DAYS_EMPLOYED": -400, "OCCUPATION_TYPE": None}, "donnée absente"),
    ],
)
def test_what_has_no_object_is_no_missing_data(row: dict[str, Value], cell: str) -> None:
    column = next(COLUMNS[name] for name in row if COLUMNS[name].not_applicable)
    assert wording.text_in(column, row).replace(french.NO_BREAK, " ") == cell
    whole = dict.fromkeys(COLUMNS) | row
    file = client_file.parts(whole, FEATURES, audit=False)
    entries = [entry for section in file.used for entry in section.entries]
    told = next(entry.text for entry in entries if entry.column is column)
    assert told.replace(french.NO_BREAK, " ") == cell


def test_every_cause_of_having_no_object_is_a_value_of_its_column() -> None:
    not_applicable = [column for column in STORED.values() if column.not_applicable]
    assert len(not_applicable) > 20
    for column in not_applicable:
        for one in column.not_applicable:
            for cause, value in one.where:
                if cause in TABLES:
                    assert value == "known"
                else:
                    assert value in ("known", "unknown") or STORED[cause].accepts(value)
            assert one.label.startswith("sans objet (")
        assert not column.required


@pytest.mark.parametrize(
    ("rate", "advisor", "client"),
    [
        (0.0, "moins d’un a", "moins d’une a …, et plus de 99 non"),
        (0.0049, "moins d’un a", "moins d’une a …, et plus de 99 non"),
        (0.01, "environ 1 a", "environ une a …, et 99 non"),
        (0.02, "environ 2 ont", "environ 2 ont …, et 98 non"),
        (0.081, "environ 8 ont", "environ 8 ont …, et 92 non"),
        (0.99, "environ 99 ont", "environ 99 ont …, et une non"),
        (0.996, "presque tous ont", "presque toutes ont …"),
        (1.0, "presque tous ont", "presque toutes ont …"),
    ],
)
def test_a_default_rate_is_counted_among_100_people(rate: float, advisor: str, client: str) -> None:
    difficulties = "payé en retard une des premières mensualités du crédit"
    assert wording.difficulties(rate) == f"Sur 100 clients au score comparable, {advisor} {difficulties}."
    assert wording.difficulties(rate, Person.YOU) == (
        f"Parmi 100 personnes au score comparable au vôtre, {client.replace('…', difficulties)}."
    )


@pytest.mark.parametrize(
    ("name", "cause", "said"),
    [
        (
            "INSTALMENTS_LATE_RECENT",
            "INSTALMENTS_COUNT",
            "La part des mensualités en retard sur un an est sans objet (pas de mensualité chez nous dans "
            "l’année)",
        ),
        (
            "INSTALMENTS_LATE_BEFORE",
            "INSTALMENTS_COUNT",
            "La part des mensualités en retard plus tôt est sans objet (pas de mensualité chez nous il y "
            "a plus d’un an)",
        ),
        (
            "BUREAU_LAST",
            "BUREAU_ACTIVE",
            "La date du dernier crédit ouvert ailleurs est sans objet (pas de crédit connu ailleurs)",
        ),
        (
            "BUREAU_FIRST",
            "BUREAU_ACTIVE",
            "La date du premier crédit ouvert ailleurs est sans objet (pas de crédit connu ailleurs)",
        ),
    ],
)
def test_what_a_history_has_none_of_is_no_lack_of_data(name: str, cause: str, said: str) -> None:
    """Whatever is known beside it: it lacks only where its table is not imported."""
    column = dictionary.describe(name)
    for count in (0.0, 12.0):
        why = column.without_object({name: None, cause: count})
        assert why
        assert wording.without_object(column, why).replace(french.NO_BREAK, " ") == said
    assert not column.without_object({name: -3.0, cause: 1.0})
    for unknown in (None, float("nan")):
        assert not column.without_object({name: None, cause: unknown})
    assert not column.without_object({name: None})


MONTHS = {"bureau_balance": 1}
LOANS = {"POS_CASH_balance": 1}
CARDS = {"credit_card_balance": 1}
NO_CARD = "sans objet (pas de carte de crédit connue chez nous)"
NO_STATEMENT = "sans objet (pas de relevé de carte chez nous dans l’année)"


@pytest.mark.parametrize(
    ("name", "row", "said"),
    [
        ("BUREAU_MONTHS_LATE", MONTHS, "sans objet (pas de mois connu ailleurs sur deux ans)"),
        ("BUREAU_WORST_RECENT", MONTHS, "sans objet (pas de mois connu ailleurs sur deux ans)"),
        ("BUREAU_LATE_SHARE", MONTHS, "sans objet (pas de mois de remboursement connu ailleurs)"),
        ("BUREAU_WORST", MONTHS, "sans objet (pas de mois connu ailleurs)"),
        ("POS_MONTHS_LATE", LOANS, "sans objet (pas de prêt suivi mois par mois chez nous)"),
        ("POS_WORST", LOANS, "sans objet (pas de prêt suivi mois par mois chez nous)"),
        ("POS_WORST", LOANS | {"POS_MONTHS_LATE": 0.0}, "donnée absente"),
        ("CARD_LIMIT", CARDS, NO_CARD),
        ("CARD_LIMIT", CARDS | {"CARD_MONTHS_LATE": 0.0}, "donnée absente"),
        ("CARD_USE", CARDS, NO_CARD),
        ("CARD_USE", CARDS | {"CARD_MONTHS_LATE": 0.0, "CARD_LIMIT": 90_000.0}, "donnée absente"),
        (
            "CARD_USE",
            CARDS | {"CARD_MONTHS_LATE": 0.0, "CARD_LIMIT": 0.0},
            "sans objet (plafond nul au dernier relevé)",
        ),
        ("CARD_USE_YEAR", CARDS, NO_CARD),
        ("CARD_USE_YEAR", CARDS | {"CARD_MONTHS_LATE": 2.0}, NO_STATEMENT),
        (
            "CARD_USE_YEAR",
            CARDS | {"CARD_MONTHS_LATE": 2.0, "CARD_BELOW_MINIMUM": 0.0},
            "donnée absente",
        ),
        ("CARD_WITHDRAWALS", CARDS, NO_CARD),
        ("CARD_WITHDRAWALS", CARDS | {"CARD_MONTHS_LATE": 0.0}, NO_STATEMENT),
        (
            "CARD_WITHDRAWALS",
            CARDS | {"CARD_MONTHS_LATE": 0.0, "CARD_BELOW_MINIMUM": 0.0},
            "donnée absente",
        ),
        ("CARD_CASH", CARDS, NO_CARD),
        ("CARD_CASH", CARDS | {"CARD_MONTHS_LATE": 0.0}, NO_STATEMENT),
        ("CARD_BELOW_MINIMUM", CARDS, NO_CARD),
        ("CARD_BELOW_MINIMUM", CARDS | {"CARD_MONTHS_LATE": 0.0}, NO_STATEMENT),
        ("CARD_MONTHS_LATE", CARDS, NO_CARD),
        (
            "PREVIOUS_GRANTED_SHARE",
            {"previous_application": 1, "PREVIOUS_APPROVED": 1.0},
            "sans objet (pas de crédit précédent dont les deux sommes soient connues)",
        ),
        (
            "PREVIOUS_DOWN_PAYMENT",
            {"previous_application": 1, "PREVIOUS_APPROVED": 2.0},
            "sans objet (pas d’achat à crédit chez nous dont l’apport soit connu)",
        ),
        (
            "PREVIOUS_TERM",
            {"previous_application": 1, "PREVIOUS_APPROVED": 1.0},
            "sans objet (pas de crédit précédent dont la durée soit connue)",
        ),
        (
            "PREVIOUS_REFUSED_SHARE",
            {"previous_application": 1, "PREVIOUS_COUNT": 0.0},
            "sans objet (pas de demande précédente)",
        ),
        (
            "PREVIOUS_REFUSED_SHARE",
            {"previous_application": 1, "PREVIOUS_COUNT": 2.0},
            "sans objet (pas de demande accordée ni refusée)",
        ),
    ],
)
def test_who_has_nothing_in_a_table_that_was_imported_lacks_no_data(
    name: str, row: dict[str, Value], said: str
) -> None:
    """Whoever has no card with us has no share of its limit; where nobody looked, nobody knows."""
    column = dictionary.describe(name)
    assert wording.text_in(column, row | {name: None}).replace(french.NO_BREAK, " ") == said
    if row.get("PREVIOUS_COUNT") != 0:
        not_imported = {cause: value for cause, value in row.items() if cause not in TABLES}
        assert wording.text_in(column, not_imported | {name: None}) == "donnée absente"
    assert not column.without_object(row | {name: 1.0})
