"""Rules of French that the sentence of every column keeps, for extreme, missing and typical values."""

import itertools
import math
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import COLUMNS, DERIVED, Column, Kind, wording
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.french import Person
from tests.measures.readability import kandel_moles

ALL = [dictionary.describe(name, person) for person in Person for name in (*COLUMNS, *DERIVED)]
REASONS = [column for column in ALL if column.kind not in (Kind.IDENTIFIER, Kind.TARGET)]


def identified(column: Column) -> str:
    return f"{column.name}-{column.person.name}"


named = pytest.mark.parametrize("column", ALL, ids=identified)

RANKS = (None, 0.0, 0.004, 0.31, 0.49, 0.5, 0.52, 0.92, 0.999, 1.0)
SHARES = (None, 0.0, 0.003, 0.12, 0.7, 0.998, 1.0)
POINTS = (-27, -2, -1, 0, 1, 2, 14)


def values(column: Column) -> list[Value]:
    """Missing, extreme and typical values of a column, in its own coding."""
    if column.textual and column.categories:
        return [None, *column.categories]
    if column.categories:
        return [None, *range(len(column.categories))]
    low = column.minimum if column.minimum is not None else 0
    high = column.maximum if column.maximum is not None else 400
    between = [low + (high - low) * part for part in (0.0001, 0.003, 0.01, 0.2, 0.5, 0.9)]
    if column.integer:
        between = [float(round(value)) for value in between]
        between += [value for value in (-30.0, -1.0, 0.0, 1.0, 2.0, 12.0) if low <= value <= high]
    sentinel = [] if column.sentinel is None else [column.sentinel]
    return [None, math.nan, low, high, *between, *sentinel]


def reasons(column: Column) -> Iterator[str]:
    for value in values(column):
        for rank, share in itertools.product(RANKS, SHARES):
            yield wording.reason(column, value, rank, share, -14)
        for points in POINTS:
            yield wording.reason(column, value, 0.92, 0.12, points)


VOWEL = "aeiouyhàâéèêëîïôûüœ"
S = f"[ {french.NO_BREAK}]"

# What each pattern finds is wrong in French, or nothing that a client should read.
WRONG = {
    "two spaces": r"[\s]{2}",
    "plain apostrophe": "'",
    "plain hyphen as a minus": r"(?<!\w)-\d",
    "column name": r"\w_\w",
    "capitals": r"\b[A-Z]{2,}\b",
    "English or empty value": r"\b(NaN|nan|None|null|True|False|inf)\b",
    "braces": r"[{}]",
    "elision of de": rf"(?i)\bde [{VOWEL}](?!\d)",
    "elision of le and la": rf"(?i)\bl[ea] (?=[{VOWEL}])",
    "elision of que": rf"(?i)\b(que|jusque|ne|se|me) (?=[{VOWEL}])",
    "contraction": r"\b(de le|de les|à le|à les)\b",
    "singular": rf"(?<![\d,{french.NARROW_NO_BREAK}])[01](,\d+)?{S}(point|jour|an|enfant|personne|proche)s\b",
    "plural": rf"(?<![,\d])([2-9]|\d\d+)(,\d+)?{S}(point|jour|an|enfant|personne|proche|mensualité)\b",
    "space before a full stop or comma": r"\s[.,]",
    "no space before a colon or percent sign": rf"[^{french.NO_BREAK}][:%€»]",
    "no space after a quotation mark": rf"«[^{french.NO_BREAK}]",
    "decimal point": r"\d\.\d",
    "jargon": r"(?i)\b(SHAP|feature|variable|modèle|logit|marge|score extérieur|percentile|médiane|défaut)\b",
    "double negation": r"(?i)\bn(e |’)\w+ pas (\w+ )?(pas|aucun|sans|jamais)\b|pas impossible|non absent",
    "everybody or nobody": rf"(chez|cas de|que) (100|0){S}%",
    "two persons in one text": r"\[|\]|\|",
}
WRONG_IN = {fault: re.compile(pattern) for fault, pattern in WRONG.items()}


# What is not said to the client: "the client", or a participle that would have to agree with his or her sex.
NOT_TO_YOU = re.compile(
    r"(?i)\b(le|du|au|ce|si le|chaque) client\b|\bil est\b|\b(son|sa|ses) (?!travaux)|vous êtes \w+[éi]\b"
)


def faults(text: str, person: Person = Person.CLIENT) -> list[str]:
    found = [fault for fault, pattern in WRONG_IN.items() if pattern.search(text)]
    if person is Person.YOU and NOT_TO_YOU.search(text):
        found.append("not for the client")
    for sentence in re.split(r"(?<=\.) ", text):
        if not sentence[0].isupper():
            found.append("no capital")
        if not sentence.endswith("."):
            found.append("no full stop")
        if sentence.count(":") > 1:
            found.append("two colons in a sentence")
        if len(sentence.split()) > 40:
            found.append("long sentence")
    return found


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("two spaces", "Le client a  2 ans."),
        ("plain apostrophe", "L'âge."),
        ("plain hyphen as a minus", "Le revenu est de -3."),
        ("column name", "La note EXT_SOURCE est basse."),
        ("capitals", "Le secteur est XNA."),
        ("English or empty value", "La note est de nan."),
        ("braces", "La note est de {}."),
        ("elision of de", "Le type de emploi."),
        ("elision of le and la", "Donnée absente : le âge."),
        ("elision of que", "C’est plus que un autre."),
        ("contraction", "La note de le client."),
        ("singular", "Cela retire 1 points."),
        ("singular", "Cela retire 1 points."),
        ("plural", "Cela retire 2 point."),
        ("plural", "Le crédit vaut 20,7 mensualité."),
        ("space before a full stop or comma", "Le client ."),
        ("no space before a colon or percent sign", "Chez 3 % des clients."),
        ("no space after a quotation mark", "« vente »."),
        ("decimal point", "La note est de 0.5."),
        ("jargon", "La médiane est basse."),
        ("double negation", "Le client n’a pas aucun enfant."),
        ("everybody or nobody", "C’est plus que chez 100 % des clients."),
        ("two persons in one text", "[Le client a|Vous avez] 2 ans."),
        ("no capital", "le client."),
        ("no full stop", "Le client"),
        ("two colons in a sentence", "A : b : c."),
        ("long sentence", "Le " + "mot " * 40 + "fin."),
    ],
)
def test_the_rules_catch_what_they_say(fault: str, text: str) -> None:
    assert fault in faults(text)


@named
def test_every_sentence_keeps_the_rules(column: Column) -> None:
    wrong = {text: found for text in set(reasons(column)) if (found := faults(text, column.person))}
    assert not wrong


@pytest.mark.parametrize("column", REASONS, ids=identified)
def test_a_reason_says_value_comparison_and_effect(column: Column) -> None:
    for value in values(column):
        text = wording.reason(column, value, 0.92, 0.12, -14)
        assert text.endswith(f"Cela retire 14{french.NO_BREAK}points au score.")
        assert "client" in text
        assert re.search(r"\d %|presque tous|moyenne des", text.replace(french.NO_BREAK, " ")), "a comparison"


@named
def test_absence_is_explained(column: Column) -> None:
    text = wording.reason(column, None, None, 0.54, 3)
    assert text.startswith(f"Donnée absente{french.NO_BREAK}: ")
    assert f"C’est aussi le cas de 54{french.NO_BREAK}% des clients." in text
    assert wording.value_text(column, math.nan) == "donnée absente"


@named
def test_table_cells(column: Column) -> None:
    for value in values(column):
        text = wording.value_text(column, value)
        assert text
        assert not re.search(r"(?i)\bnan\b|none|_|\s{2}|\.|'|{", text)


def rows(group: str) -> Iterator[dict[str, Value]]:
    columns = dictionary.in_group(group)
    yield {}
    for chosen in (0, 1, 2, len(columns)):
        yield {
            column.name: (next(iter(column.categories)) if column.textual and column.categories else 1)
            if index < chosen
            else (None if group == "batiment" else 0)
            for index, column in enumerate(columns)
        }


@pytest.mark.parametrize("person", Person)
@pytest.mark.parametrize(
    "group",
    [
        dictionary.BUILDING_GROUP,
        dictionary.CONTACT_GROUP,
        dictionary.DOCUMENTS_GROUP,
        dictionary.INQUIRIES_GROUP,
    ],
)
def test_groups_keep_the_rules(group: str, person: Person) -> None:
    assert not faults(f"{dictionary.group_label(group, person)}.", person)
    for row in rows(group):
        for share in (None, 0.3):
            for points in POINTS:
                text = wording.group_reason(group, row, points, share, person)
                assert not faults(text, person), text


@pytest.mark.parametrize("person", Person)
@pytest.mark.parametrize("bureaux", [(), ("Banque de France", "Crif", "Ellipro")])
def test_external_scores_keep_the_rules(person: Person, bureaux: tuple[str, ...]) -> None:
    names = [column.name for column in dictionary.in_group(dictionary.EXTERNAL_GROUP)]
    for scores in itertools.product((None, math.nan, 0.0, 0.00001, 0.26, 1.0), repeat=3):
        row = dict(zip(names, scores, strict=True))
        for rank, share in itertools.product((None, 0.31, 0.999), (None, 0.12)):
            text = wording.external_reason(row, rank, share, -14, person, bureaux)
            assert not faults(text, person), text


@pytest.mark.parametrize("column", [column for column in ALL if column.group == "credit"], ids=identified)
def test_the_credit_keeps_the_rules(column: Column) -> None:
    whole: dict[str, Value] = {
        "AMT_CREDIT": 406597.5, "AMT_ANNUITY": 24700.5, "AMT_GOODS_PRICE": 351000.0, "CREDIT_TERM": 16.46,
        "CREDIT_TO_GOODS": 1.158, "CREDIT_TO_INCOME": 2.0, "ANNUITY_TO_INCOME": 0.122,
    }  # fmt: skip
    scarce = whole | {"AMT_ANNUITY": None, "AMT_GOODS_PRICE": math.nan, "CREDIT_TERM": None}
    for row in (whole, scarce):
        for rank, share in itertools.product((None, 0.31, 0.999), (None, 0.12)):
            text = wording.credit_reason(row, column, rank, share, -14)
            assert not faults(text, column.person), text


@pytest.mark.parametrize("column", [column for column in ALL if column.person is Person.YOU], ids=identified)
def test_what_is_not_a_sentence_is_said_to_the_client_too(column: Column) -> None:
    for text in (column.label, column.definite, *(column.categories or {}).values()):
        assert not NOT_TO_YOU.search(text), text


def test_sentences_are_easy_to_read() -> None:
    scores = [
        kandel_moles(wording.reason(column, value, 0.8, 0.1, -3))
        for column in REASONS
        for value in values(column)
    ]
    assert statistics.median(scores) >= 80
    assert min(scores) >= 60


def test_numero_is_written_so_that_speech_reads_it() -> None:
    """eSpeak reads "nº 1" as "n degré un"."""
    root = Path(__file__).parents[2]
    sources = [*root.glob("pretadepenser/**/*"), *root.glob("templates/**/*")]
    read = [path for path in sources if path.suffix in (".py", ".toml", ".html")]
    assert len(read) > 100
    assert not [path for path in read if re.search(r"n[º°]", path.read_text("utf-8"))]


@pytest.mark.parametrize(
    ("column", "code", "label"),
    [
        ("NAME_FAMILY_STATUS", "Civil marriage", "Concubinage"),
        ("NAME_HOUSING_TYPE", "Municipal apartment", "Logement municipal"),
        ("NAME_HOUSING_TYPE", "Office apartment", "Logement de fonction"),
        ("NAME_INCOME_TYPE", "State servant", "Emploi public"),
        ("NAME_EDUCATION_TYPE", "Academic degree", "Doctorat ou titre équivalent"),
        ("OCCUPATION_TYPE", "Low-skill Laborers", "Ouvriers peu qualifiés"),
        ("ORGANIZATION_TYPE", "Security Ministries", "Sécurité de l’État"),
    ],
)
def test_categories_that_a_literal_translation_gets_wrong(column: str, code: str, label: str) -> None:
    assert (COLUMNS[column].categories or {})[code] == label
