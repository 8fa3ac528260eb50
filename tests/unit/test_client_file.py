"""The client's file: every column but the outcome, and no theme repeated in its lines."""

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import COLUMNS, Theme, client_file
from pretadepenser.credit.dictionary.wording import Value
from pretadepenser.credit.portfolio import Portfolio


def row(portfolio: Portfolio) -> dict[str, Value]:
    found = portfolio.client(157083)
    assert found
    return dict(found.values)


def test_all_but_number_and_outcome_are_shown_once(portfolio: Portfolio) -> None:
    sections = client_file.by_theme(row(portfolio))
    shown = [entry.column.name for section in sections for entry in section.entries]
    assert sorted(shown) == sorted(COLUMNS.keys() - {"SK_ID_CURR", "TARGET"})


def test_the_outcome_is_no_matter_of_the_file(portfolio: Portfolio) -> None:
    files = [client_file.by_theme(row(portfolio) | {"TARGET": outcome}) for outcome in (0, 1, None)]
    assert files[0] == files[1] == files[2]
    labels = [entry.label for section in files[0] for entry in section.entries]
    assert not [label for label in labels if "constatée" in label]


def test_a_theme_is_not_repeated_and_its_absence_is_summed_up(portfolio: Portfolio) -> None:
    names = [column.name for column in dictionary.in_group(dictionary.BUILDING_GROUP)]
    for known, said in ((None, "47\u00a0données absentes"), ("ELEVATORS_AVG", "")):
        values = row(portfolio) | dict.fromkeys(names) | ({known: 0.5} if known else {})
        section = next(one for one in client_file.by_theme(values) if one.theme is Theme.BUILDING)
        assert section.absence == said
        assert not [entry.label for entry in section.entries if entry.label.startswith("Immeuble\u00a0:")]
        assert len({entry.label for entry in section.entries}) == len(section.entries) == 47
    assert all(entry.label[0].isupper() for entry in section.entries)
