"""The judgements on the RGAA's criteria: complete, dated, held by tests that exist, and what follows."""

import ast
import dataclasses
import datetime
import functools
import re
from pathlib import Path

import pytest

from pretadepenser.audit import AuditError, rgaa, sample
from pretadepenser.audit.rgaa import Added, Judgements, Status

REPO = Path(__file__).resolve().parents[2]
JUDGED = rgaa.load()
# Success criteria of level AA in WCAG 2.1; the others that the RGAA stands on are of level A.
DOUBLE_A = {
    "1.2.5", "1.3.4", "1.3.5", "1.4.3", "1.4.4", "1.4.5", "1.4.10", "1.4.11", "1.4.12", "1.4.13", "2.4.5",
    "2.4.6", "2.4.7", "3.1.2", "3.2.3", "3.2.4", "3.3.3", "3.3.4", "4.1.3",
}  # fmt: skip


@functools.cache
def functions(path: Path) -> set[str]:
    """Names of the test functions of a file."""
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_all_106_criteria_are_answered_once_and_in_order() -> None:
    numbers = [one.number for one in JUDGED.criteria]
    assert len(numbers) == 106
    assert len(set(numbers)) == 106
    last = {1: 9, 2: 2, 3: 3, 4: 13, 5: 8, 6: 2, 7: 5, 8: 10, 9: 4, 10: 14, 11: 13, 12: 11, 13: 12}
    assert numbers == [f"{theme}.{n}" for theme, count in last.items() for n in range(1, count + 1)]


@pytest.mark.parametrize("one", [*JUDGED.criteria, *JUDGED.beyond], ids=lambda one: one.number)
def test_a_judgement_says_why_and_when_and_what_holds_it(one: rgaa.Criterion | rgaa.Beyond) -> None:
    assert str(one.status) in {"conforme", "non conforme", "non applicable", "non testé"}
    assert datetime.date(2026, 11, 26) <= one.date <= datetime.date.today()  # noqa: DTZ011
    assert re.fullmatch(r"[A-ZÉÀ<«].{10,}\.", one.reason), one.reason
    assert re.fullmatch(r"[A-ZÉÀ].*[^.]", one.title)
    assert "'" not in re.sub(r"'[^']*=|='[^']*'", "", one.reason), "a straight apostrophe"
    for test in one.tests:
        path, _, name = test.partition("::")
        assert (REPO / path).is_file(), test
        assert name.startswith("test_"), test
        assert name in functions(REPO / path), f"{one.number} is held by {test}, which does not exist"


@pytest.mark.parametrize("one", JUDGED.criteria, ids=lambda one: one.number)
def test_a_criterion_is_mapped_to_wcag_and_en(one: rgaa.Criterion) -> None:
    assert one.wcag
    assert one.level == ("AA" if set(one.wcag) <= DOUBLE_A else "A")
    assert set(one.wcag) <= {*rgaa.anchors(), "4.1.1"}
    if one.number in ("13.3", "13.4"):
        # Documents to download; clause 10 has no 2.4.1.
        assert one.en == ("10.1.1.1", "10.1.3.1", "10.1.3.2", "10.2.4.3", "10.3.1.1", "10.4.1.2")
    else:
        assert one.en == tuple(f"9.{number}" for number in one.wcag)
    assert set(one.pages) <= {"toutes"} | {page.name for page in sample.load().pages}


@pytest.mark.parametrize(
    ("number", "wcag"),
    [
        ("1.8", ["1.4.5"]),
        ("4.1", ["1.2.1", "1.2.3"]),
        ("6.1", ["1.1.1", "2.4.4", "2.5.3"]),
        ("7.3", ["1.3.1", "2.1.1", "2.4.7"]),
        ("8.2", ["4.1.1", "4.1.2"]),
        ("9.1", ["1.3.1", "2.4.1", "2.4.6", "4.1.2"]),
        ("10.3", ["1.3.2", "2.4.3"]),
        ("11.10", ["3.3.1", "3.3.2"]),
        ("12.7", ["2.4.1", "2.4.3", "3.2.3"]),
        ("13.8", ["2.2.1", "2.2.2"]),
    ],
)
def test_the_mapping_is_that_of_the_rgaa(number: str, wcag: list[str]) -> None:
    assert list(JUDGED[number].wcag) == wcag


def test_what_wcag_2_2_adds_is_judged_too() -> None:
    assert [(one.number, one.level) for one in JUDGED.beyond] == [
        ("2.4.11", "AA"), ("2.5.7", "AA"), ("2.5.8", "AA"), ("3.2.6", "A"), ("3.3.7", "A"), ("3.3.8", "AA"),
    ]  # fmt: skip


def judged(met: int, broken: int, untested: int = 0) -> Judgements:
    """Judgements of so many criteria, the others void."""
    statuses = [Status.MET] * met + [Status.BROKEN] * broken + [Status.UNTESTED] * untested
    statuses += [Status.VOID] * (106 - len(statuses))
    criteria = [
        dataclasses.replace(one, status=status) for one, status in zip(JUDGED.criteria, statuses, strict=True)
    ]
    return dataclasses.replace(JUDGED, criteria=tuple(criteria))


@pytest.mark.parametrize(
    ("given", "rate", "level"),
    [
        (judged(50, 0), 1.0, "totalement conforme"),
        (judged(50, 0, untested=1), 1.0, "partiellement conforme"),
        (judged(30, 10), 0.75, "partiellement conforme"),
        (judged(30, 10, untested=40), 0.75, "partiellement conforme"),
        (judged(20, 20), 0.5, "partiellement conforme"),
        (judged(19, 20), 19 / 39, "non conforme"),
        (judged(0, 0), 0.0, "non conforme"),
    ],
)
def test_the_rate_counts_what_is_met_or_not(given: Judgements, rate: float, level: str) -> None:
    assert given.rate == pytest.approx(rate)
    assert given.level == level


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('number = "7.5"', 'number = "7.6"', "(7.5, 7.6)"),
        ('number = "7.5"', 'number = "7.4"', "(7.5)"),
        ('status = "non testé"', 'status = "à voir"', " n’ont pas la forme attendue ("),
        ('level = "A"', 'niveau = "A"', " n’ont pas la forme attendue ("),
        ("date = 2026-11-26", 'date = "hier"', " n’ont pas la forme attendue ("),
        ("date = 2026-11-26", "date = 2026-02-30", " ne se lisent pas ("),
    ],
)
def test_a_slip_in_the_file_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = rgaa.FILE.read_text("utf-8")
    assert old in text
    path = tmp_path / "rgaa.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(AuditError, match=re.escape(told)):
        rgaa.load(path)


def test_what_was_added_is_a_page_of_the_sample_judged_after_the_audit() -> None:
    named = [one.page for one in JUDGED.added]
    assert "dossier" in named
    assert len(named) == len(set(named))
    assert set(named) <= {page.name for page in sample.load().pages}
    for one in JUDGED.added:
        assert JUDGED.made < one.date <= datetime.date.today()  # noqa: DTZ011


def test_a_page_that_came_later_is_judged_on_its_day() -> None:
    audited, later = datetime.date(2026, 11, 26), datetime.date(2026, 12, 1)
    given = dataclasses.replace(
        JUDGED,
        made=audited,
        criteria=tuple(dataclasses.replace(one, date=audited) for one in JUDGED.criteria),
        beyond=tuple(dataclasses.replace(one, date=audited) for one in JUDGED.beyond),
        added=(),
    )
    first = given.criteria[0]
    assert (given.renewed, given.days) == (audited, "le 26\u00a0novembre 2026")
    told = dataclasses.replace(given, added=(Added("dossier", later),))
    assert (told.renewed, told.days) == (
        later, "du 26\u00a0novembre 2026 au 1er\u00a0décembre 2026",
    )  # fmt: skip
    assert (told.day(first, "client"), told.day(first, "dossier")) == (audited, later)
    # What is judged anew for all pages is judged anew for that one.
    anew = dataclasses.replace(first, date=datetime.date(2027, 1, 4))
    assert told.day(anew, "dossier") == anew.date
    renewed = dataclasses.replace(told, criteria=(anew, *told.criteria[1:]))
    assert renewed.renewed == anew.date


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        AuditError, match=r"^Les jugements .*/rgaa\.toml ne se lisent pas \(.*\) : corrigez-les\.$"
    ):
        rgaa.load(tmp_path / "rgaa.toml")


def test_the_themes_are_those_of_the_rgaa() -> None:
    assert [title for title, _ in rgaa.THEMES.values()] == [
        "Images", "Cadres", "Couleurs", "Multimédia", "Tableaux", "Liens", "Scripts", "Éléments obligatoires",
        "Structuration de l’information", "Présentation de l’information", "Formulaires", "Navigation",
        "Consultation",
    ]  # fmt: skip


def test_criteria_that_stand_twice_are_told_whole(tmp_path: Path) -> None:
    path = tmp_path / "rgaa.toml"
    first, second = 'number = "1.1"', 'number = "1.2"'
    text = rgaa.FILE.read_text("utf-8").replace(second, "number = §", 1).replace(first, second, 1)
    path.write_text(text.replace("number = §", first), "utf-8")
    with pytest.raises(AuditError) as told:
        rgaa.load(path)
    assert str(told.value) == (
        f"Les jugements {path} ne répondent pas aux 106 critères, une fois chacun (ordre ou répétition)."
    )
