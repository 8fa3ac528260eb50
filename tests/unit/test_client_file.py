"""The client's file: to each reader what is needed, every column once, no theme repeated in its lines."""

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import COLUMNS, Theme, client_file
from pretadepenser.credit.dictionary.client_file import File, Section
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.model.inputs import FEATURES
from pretadepenser.credit.portfolio import Portfolio


def row(portfolio: Portfolio) -> dict[str, Value]:
    found = portfolio.client(157083)
    assert found
    return dict(found.values)


def names(sections: tuple[Section, ...]) -> list[str]:
    return [entry.column.name for section in sections for entry in section.entries]


def sections(file: File) -> tuple[Section, ...]:
    return (*file.used, *file.other, *file.audited)


def test_an_auditor_is_shown_all_but_number_and_outcome_once(portfolio: Portfolio) -> None:
    file = client_file.parts(row(portfolio), FEATURES, audit=True)
    assert sorted(names(sections(file))) == sorted(COLUMNS.keys() - {"SK_ID_CURR", "TARGET"})


def test_an_advisor_is_shown_what_the_model_looks_at_then_the_rest(portfolio: Portfolio) -> None:
    file = client_file.parts(row(portfolio), FEATURES, audit=False)
    assert set(names(file.used)) == set(dictionary.columns_of(FEATURES))
    assert not file.audited
    rest = set(names(file.other))
    assert {"ORGANIZATION_TYPE", "AMT_REQ_CREDIT_BUREAU_YEAR", "FLAG_EMAIL", "FLAG_DOCUMENT_3"} <= rest
    for kept_back in ("CODE_GENDER", "DAYS_BIRTH", "CNT_CHILDREN", "ELEVATORS_AVG", "REGION_RATING_CLIENT"):
        assert kept_back not in rest
    assert not [name for name in rest if name.endswith("_SOCIAL_CIRCLE")]
    assert len(rest) + len(names(file.used)) == 120 - 66


def test_what_the_model_looks_at_decides(portfolio: Portfolio) -> None:
    file = client_file.parts(row(portfolio), ("AMT_CREDIT", "EXT_SOURCE_MEAN"), audit=False)
    assert names(file.used) == ["AMT_CREDIT", "EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3"]
    assert "AMT_ANNUITY" in names(file.other)


def test_the_outcome_is_no_matter_of_the_file(portfolio: Portfolio) -> None:
    files = [
        client_file.parts(row(portfolio) | {"TARGET": outcome}, FEATURES, audit=True)
        for outcome in (0, 1, None)
    ]
    assert files[0] == files[1] == files[2]
    labels = [entry.label for section in sections(files[0]) for entry in section.entries]
    assert not [label for label in labels if "constatée" in label]


def test_a_theme_is_not_repeated_and_its_absence_is_summed_up(portfolio: Portfolio) -> None:
    building = [column.name for column in dictionary.in_group(dictionary.BUILDING_GROUP)]
    for known, said in ((None, "47\u00a0données absentes"), ("ELEVATORS_AVG", "")):
        values = row(portfolio) | dict.fromkeys(building) | ({known: 0.5} if known else {})
        audited = client_file.parts(values, FEATURES, audit=True).audited
        section = next(one for one in audited if one.theme is Theme.BUILDING)
        assert section.absence == said
        assert not [entry.label for entry in section.entries if entry.label.startswith("Immeuble\u00a0:")]
        assert len({entry.label for entry in section.entries}) == len(section.entries) == 47
    assert all(entry.label[0].isupper() for entry in section.entries)
