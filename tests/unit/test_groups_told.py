"""Groups by decision and in common, counted by heart at two limits, and what is kept back of small ones."""

import csv
import dataclasses
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from pretadepenser.charts import comparison as charts
from pretadepenser.charts.chart import Chart
from pretadepenser.credit.model.scoring import current_scores, score_portfolio
from pretadepenser.credit.peers import comparison
from pretadepenser.credit.peers import group as groups
from pretadepenser.credit.peers.group import Group, Outcome, Selection
from pretadepenser.credit.portfolio import Portfolio, current_portfolio
from tests.unit import by_heart
from tests.unit.by_heart import Step, member, plain
from tests.unit.drawn import rectangles

# 30 clients at 530 points, 40 at 510, 30 at 490; 22 fewer where the limit is 30 %.
MODEL = by_heart.model(500.5, Step("AMT_CREDIT", 130_500, 30, 10), Step("AMT_CREDIT", 170_500, 0, -20))


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("instance")
    score_portfolio(MODEL, by_heart.portfolio(folder, by_heart.hundred()), folder)
    return folder


@pytest.fixture(scope="module")
def portfolio(instance: Path) -> Portfolio:
    opened = current_portfolio(instance)
    assert opened
    return opened


@pytest.fixture(scope="module")
def margins(instance: Path, portfolio: Portfolio) -> np.ndarray:
    found = current_scores(instance, portfolio, MODEL)
    assert found is not None
    return found


def among(
    portfolio: Portfolio, margins: np.ndarray | None, k: int, outcome: Outcome, limit: float, *alike: str
) -> Group:
    """The group that the k-th client is compared with."""
    return groups.group(portfolio, member(portfolio, k), Selection(outcome, alike), margins, limit)


@pytest.mark.parametrize(
    ("limit", "outcome", "members", "said"),
    [
        (0.48, Outcome.GRANTED, range(1, 71), "Le groupe compte 70 clients dont le prêt est accordé."),
        (0.48, Outcome.REFUSED, range(71, 101), "Le groupe compte 30 clients dont le prêt est refusé."),
        (0.30, Outcome.GRANTED, range(1, 31), "Le groupe compte 30 clients dont le prêt est accordé."),
        (0.30, Outcome.REFUSED, range(31, 101), "Le groupe compte 70 clients dont le prêt est refusé."),
        (0.30, Outcome.ALL, range(1, 101), "Le groupe compte 100 clients."),
    ],
)
def test_who_is_granted_is_a_matter_of_the_limit(
    portfolio: Portfolio, margins: np.ndarray, limit: float, outcome: Outcome, members: range, said: str
) -> None:
    group = among(portfolio, margins, 20, outcome, limit)
    assert (np.flatnonzero(group.mask) + 1).tolist() == list(members)
    assert plain(groups.described(portfolio, member(portfolio, 20), group)) == said


# The k-th client asks for 100,000 € and k thousand, and has worked for k hundred days.
PLACES = [
    (20, "AMT_CREDIT", 0.48, Outcome.ALL, "c’est moins que chez 80 % des clients."),
    (90, "AMT_CREDIT", 0.48, Outcome.ALL, "c’est plus que chez 89 % des clients."),
    (
        20,
        "AMT_CREDIT",
        0.48,
        Outcome.GRANTED,
        "c’est moins que chez 71 % des clients dont le prêt est accordé.",
    ),
    (
        20,
        "AMT_CREDIT",
        0.30,
        Outcome.GRANTED,
        "c’est plus que chez 63 % des clients dont le prêt est accordé.",
    ),
    (
        80,
        "AMT_CREDIT",
        0.48,
        Outcome.REFUSED,
        "c’est moins que chez 67 % des clients dont le prêt est refusé.",
    ),
    (
        80,
        "AMT_CREDIT",
        0.30,
        Outcome.REFUSED,
        "c’est plus que chez 70 % des clients dont le prêt est refusé.",
    ),
    (20, "DAYS_EMPLOYED", 0.48, Outcome.ALL, "c’est plus court que chez 80 % des clients."),
    (90, "DAYS_EMPLOYED", 0.48, Outcome.ALL, "c’est plus long que chez 89 % des clients."),
    (20, "EXT_SOURCE_2", 0.48, Outcome.ALL, "c’est plus haut que chez 80 % des clients."),
    (90, "EXT_SOURCE_2", 0.48, Outcome.ALL, "c’est plus bas que chez 89 % des clients."),
]


@pytest.mark.parametrize(("k", "name", "limit", "outcome", "said"), PLACES)
def test_where_a_client_stands_is_said_the_right_way_round(
    portfolio: Portfolio, margins: np.ndarray, k: int, name: str, limit: float, outcome: Outcome, said: str
) -> None:
    group = among(portfolio, margins, k, outcome, limit)
    shown = comparison.distribution(portfolio, member(portfolio, k), group, name)
    sentence = plain(comparison.rank_sentence(shown))
    assert sentence.partition(" : ")[2] == said


def test_the_middle_and_the_most_common_bracket_are_named(portfolio: Portfolio) -> None:
    group = among(portfolio, None, 20, Outcome.ALL, 0.48)
    shown = comparison.distribution(portfolio, member(portfolio, 20), group, "AMT_CREDIT")
    said = plain(charts.distribution(shown).sentence)
    assert said.startswith(
        "Au milieu du groupe, avec au plus la moitié des clients au-dessus et au plus la moitié au-dessous, "
        "la valeur est de 150 500 € ; la tranche la plus courante, « 195 000 € et plus », réunit 6,0 % des "
        "clients."
    )
    counts = {plain(row[0]): int(row[1]) for row in charts.distribution(shown).table.rows}
    named = said.partition("« ")[2].partition(" »")[0]
    assert counts[named] == max(counts.values())
    assert max(counts.values()) > min(counts.values())


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (
            "AMT_CREDIT",
            "DAYS_EMPLOYED",
            "Dans ce groupe, quand l’une des deux données est élevée, l’autre l’est aussi très souvent ; ",
        ),
        (
            "AMT_CREDIT",
            "EXT_SOURCE_2",
            "Dans ce groupe, quand l’une des deux données est élevée, l’autre est plutôt basse très souvent "
            "; ",
        ),
        (
            "AMT_CREDIT",
            "CREDIT_TO_GOODS",
            "Dans ce groupe, les deux données varient presque sans lien ; ",
        ),
    ],
)
def test_two_figures_are_said_to_go_together_or_apart(
    portfolio: Portfolio, first: str, second: str, said: str
) -> None:
    group = among(portfolio, None, 20, Outcome.ALL, 0.48)
    chart = charts.crossing(comparison.crossing(portfolio, member(portfolio, 20), group, first, second))
    assert plain(chart.sentence).startswith(said)
    assert plain(chart.sentence).endswith(" des clients sont dans les mêmes tranches que ce client.")


@pytest.mark.parametrize(
    ("correlation", "said"),
    [
        (0.7, "l’autre l’est aussi très souvent"),
        (0.69, "l’autre l’est aussi souvent"),
        (0.4, "l’autre l’est aussi souvent"),
        (0.39, "l’autre l’est aussi un peu plus souvent que l’inverse"),
        (0.2, "l’autre l’est aussi un peu plus souvent que l’inverse"),
        (0.19, "les deux données varient presque sans lien"),
        (-0.19, "les deux données varient presque sans lien"),
        (-0.2, "l’autre est plutôt basse un peu plus souvent que l’inverse"),
        (-0.5, "l’autre est plutôt basse souvent"),
        (-0.9, "l’autre est plutôt basse très souvent"),
    ],
)
def test_how_often_two_figures_go_together(portfolio: Portfolio, correlation: float, said: str) -> None:
    group = among(portfolio, None, 20, Outcome.ALL, 0.48)
    crossed = comparison.crossing(portfolio, member(portfolio, 20), group, "AMT_CREDIT", "DAYS_EMPLOYED")
    chart = charts.crossing(dataclasses.replace(crossed, correlation=correlation))
    assert f"{said} ;" in plain(chart.sentence)


def test_a_crossing_names_both_figures_and_shares_out_those_who_have_both(portfolio: Portfolio) -> None:
    group = among(portfolio, None, 20, Outcome.ALL, 0.48)
    crossed = comparison.crossing(portfolio, member(portfolio, 20), group, "AMT_CREDIT", "EXT_SOURCE_2")
    fewer = dataclasses.replace(crossed, known=crossed.known - 1)
    assert (crossed.among, fewer.among) == ("des clients", "des clients dont les deux données sont connues")
    chart = charts.crossing(crossed)
    assert plain(chart.title) == "Montant du crédit et note de l’organisme extérieur numéro 2"
    assert plain(chart.table.caption) == (
        "Montant du crédit (lignes) et note de l’organisme extérieur numéro 2 (colonnes) : part des 100 "
        "clients"
    )
    heads = [plain(column.label) for column in chart.table.columns]
    assert (heads[0], heads[1], heads[-1]) == ("Montant du crédit", "Moins de 0,1", "0,9 et plus")
    # The twentieth asks for 120,000 € and has a score of 0.80; those of the next nine are lower.
    (row,) = (row for row in chart.table.rows if "(ce client)" in "".join(row))
    assert plain(row[0]) == "De 120 000 à 130 000 €"
    assert plain(row[heads.index("De 0,8 à 0,9")]) == "1,0 % (ce client)"
    alone = np.zeros_like(crossed.counts)
    alone[crossed.here] = 1
    (shown,) = (
        cell
        for row in charts.crossing(dataclasses.replace(crossed, counts=alone, known=1)).table.rows
        for cell in row
        if "(ce client)" in cell
    )
    assert plain(shown) == "100,0 % (ce client)"


@pytest.mark.parametrize(
    ("alike", "said"),
    [
        ("revenu", "même tranche de revenu (de 25 000 à 30 000 €)"),
        ("montant", "même tranche de montant (de 120 000 à 130 000 €)"),
        ("source", "même source de revenu (emploi salarié)"),
    ],
)
def test_what_a_group_has_in_common_is_a_bracket_and_never_the_client_s_own_amount(
    portfolio: Portfolio, alike: str, said: str
) -> None:
    """The twentieth earns 26,000 € and asks for 120,000 €."""
    group = among(portfolio, None, 20, Outcome.ALL, 0.48, alike)
    sentence = plain(groups.described(portfolio, member(portfolio, 20), group))
    assert sentence == f"Le groupe compte {group.size} clients comparables : {said}."


# Employees have worked for a thousand days and so many more, 40 of the hundred have no first external score.
MIXED = by_heart.hundred(
    NAME_INCOME_TYPE=["Working"] * 70 + ["Pensioner"] * 29 + ["Student"],
    DAYS_EMPLOYED=[-1_000 - k for k in range(70)] + [365_243] * 29 + [-10],
    EXT_SOURCE_1=[None] * 40 + [0.5] * 60,
)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Portfolio:
    return by_heart.portfolio(tmp_path_factory.mktemp("mixed"), MIXED)


@pytest.mark.parametrize(
    ("k", "name", "alike", "said"),
    [
        (20, "AMT_CREDIT", (), "moins que chez 80 % des 100 clients"),
        (90, "AMT_CREDIT", (), "plus que chez 89 % des 100 clients"),
        (20, "AMT_CREDIT", ("source",), "moins que chez 71 % des 70 clients comparables"),
        (20, "EXT_SOURCE_1", (), "donnée absente, comme pour 40 % des 100 clients"),
        (20, "EXT_SOURCE_1", ("source",), "donnée absente, comme pour 57 % des 70 clients comparables"),
        (80, "EXT_SOURCE_1", (), "comme pour tous les 60 clients notés"),
        (20, "DAYS_EMPLOYED", (), "plus court que chez 70 % des 71 clients qui ont un emploi"),
        (90, "DAYS_EMPLOYED", (), "comme pour 29 % des 100 clients"),
        (20, "NAME_INCOME_TYPE", (), "comme pour 70 % des 100 clients"),
        (100, "NAME_INCOME_TYPE", (), "comme pour 1 % des 100 clients"),
    ],
)
def test_a_heading_says_where_a_client_stands_and_among_how_many(
    mixed: Portfolio, k: int, name: str, alike: tuple[str, ...], said: str
) -> None:
    group = among(mixed, None, k, Outcome.ALL, 0.48, *alike)
    shown = comparison.distribution(mixed, member(mixed, k), group, name)
    assert plain(comparison.place(shown)) == said


@pytest.mark.parametrize(
    ("k", "alike", "said"),
    [
        (100, ("source",), "Le groupe compte 1 client comparable : même source de revenu (études)."),
        (
            20,
            ("source", "logement"),
            "Le groupe compte 70 clients comparables : même source de revenu (emploi salarié) et même type "
            "de logement (maison ou appartement).",
        ),
    ],
)
def test_what_few_have_in_common_is_said(mixed: Portfolio, k: int, alike: tuple[str, ...], said: str) -> None:
    group = among(mixed, None, k, Outcome.ALL, 0.48, *alike)
    assert plain(groups.described(mixed, member(mixed, k), group)) == said


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ((40, 30, 30, 0), "La catégorie la plus courante, « Emploi salarié », réunit 40,0 % des clients."),
        (
            (40, 40, 20, 0),
            "Les catégories les plus courantes, « Emploi salarié » et « Retraite ou pension », réunissent "
            "chacune 40,0 % des clients.",
        ),
        ((25, 25, 25, 25), "Les 4 catégories les plus courantes réunissent chacune 25,0 % des clients."),
    ],
)
def test_what_is_as_common_as_another_is_not_told_alone(
    tmp_path: Path, sizes: tuple[int, int, int, int], said: str
) -> None:
    names = zip((WORKING, PENSIONER, SERVANT, "Commercial associate"), sizes, strict=True)
    rows = by_heart.hundred(NAME_INCOME_TYPE=[name for name, size in names for _ in range(size)])
    opened = by_heart.portfolio(tmp_path, rows)
    group = among(opened, None, 1, Outcome.ALL, 0.48)
    shown = comparison.distribution(opened, member(opened, 1), group, "NAME_INCOME_TYPE")
    assert plain(charts.distribution(shown).sentence) == said


def test_of_equal_values_nobody_says_that_as_many_are_above_as_below(tmp_path: Path) -> None:
    """Of a hundred clients 70 were never asked about, 30 once: nobody is below the middle."""
    opened = by_heart.portfolio(tmp_path, by_heart.hundred(AMT_REQ_CREDIT_BUREAU_QRT=[0.0] * 70 + [1.0] * 30))
    group = among(opened, None, 1, Outcome.ALL, 0.48)
    shown = comparison.distribution(opened, member(opened, 1), group, "AMT_REQ_CREDIT_BUREAU_QRT")
    assert plain(charts.distribution(shown).sentence) == (
        "Au milieu du groupe, avec au plus la moitié des clients au-dessus et au plus la moitié au-dessous, "
        "la valeur est de 0 fois ; la tranche la plus courante, « 0 fois », réunit 70,0 % des clients."
    )


@pytest.mark.parametrize(
    ("k", "name", "said"),
    [
        (
            90,
            "DAYS_EMPLOYED",
            "Le client n’a pas d’emploi en cours (retraite ou sans emploi) : c’est le cas de 29 % des "
            "clients.",
        ),
        (20, "EXT_SOURCE_1", "La donnée est absente pour ce client, comme pour 40 % des clients."),
        (100, "NAME_INCOME_TYPE", "Le client fait des études : c’est le cas de 1 % des clients."),
    ],
)
def test_what_a_client_lacks_is_shared_out_among_all(mixed: Portfolio, k: int, name: str, said: str) -> None:
    """29 of a hundred have no job, and not 29 of the 71 who have one."""
    group = among(mixed, None, k, Outcome.ALL, 0.48)
    shown = comparison.distribution(mixed, member(mixed, k), group, name)
    assert plain(comparison.rank_sentence(shown)) == said


@pytest.mark.parametrize(
    ("shares", "sentence", "heading"),
    [
        ((0.4, 0.4, 0.2), "c’est le cas de 40 % des clients.", "comme pour 40 % des 100 clients"),
        ((0.2, 0.4, 0.4), "c’est le cas de 40 % des clients.", "comme pour 40 % des 100 clients"),
        ((0.41, 0.4, 0.19), "c’est plus que chez 41 % des clients.", "plus que chez 41 % des 100 clients"),
        ((0.19, 0.4, 0.41), "c’est moins que chez 41 % des clients.", "moins que chez 41 % des 100 clients"),
    ],
)
def test_who_shares_a_value_with_as_many_as_are_above_or_below_is_like_them(
    portfolio: Portfolio, shares: tuple[float, float, float], sentence: str, heading: str
) -> None:
    group = among(portfolio, None, 20, Outcome.ALL, 0.48)
    shown = comparison.distribution(portfolio, member(portfolio, 20), group, "AMT_CREDIT")
    placed = dataclasses.replace(shown, position=comparison.Position(*shares))
    assert plain(comparison.rank_sentence(placed)).partition(" : ")[2] == sentence
    assert plain(comparison.place(placed)) == heading


def test_all_and_none_are_told_as_such(mixed: Portfolio) -> None:
    """All who have the client's source of income have it; nobody whose loan is granted is a pensioner."""
    pensioner = member(mixed, 90)
    alike = among(mixed, None, 90, Outcome.ALL, 0.48, "source")
    others = Group(Selection(Outcome.GRANTED), np.arange(100) < 70, 70)
    said = [
        (plain(comparison.rank_sentence(shown)), plain(comparison.place(shown)))
        for shown in (
            comparison.distribution(mixed, pensioner, group, "NAME_INCOME_TYPE") for group in (alike, others)
        )
    ]
    assert said == [
        (
            "Le revenu du client vient d’une retraite ou d’une pension : c’est le cas de tous les clients "
            "comparables.",
            "comme pour tous les 29 clients comparables",
        ),
        (
            "Le revenu du client vient d’une retraite ou d’une pension : ce n’est le cas d’aucun des clients "
            "dont le prêt est accordé.",
            "comme pour aucun des 70 clients dont le prêt est accordé",
        ),
    ]


@pytest.mark.parametrize(
    ("k", "figures", "said"),
    [
        (20, ("EXT_SOURCE_1", "AMT_CREDIT"), "ce client n’a pas les deux valeurs."),
        (90, ("DAYS_EMPLOYED", "AMT_CREDIT"), "ce client n’a pas les deux valeurs."),
        (20, ("EXT_SOURCE_1", "OWN_CAR_AGE"), "Aucun client de ce groupe n’a les deux données."),
        (
            80,
            ("EXT_SOURCE_1", "AMT_CREDIT"),
            "Dans ce groupe, tous ceux qui ont les deux données sont dans la même tranche pour l’une "
            "d’elles ; 16,7 % des clients dont les deux données sont connues sont dans les mêmes tranches "
            "que ce client.",
        ),
    ],
)
def test_a_crossing_says_what_it_lacks(mixed: Portfolio, k: int, figures: tuple[str, str], said: str) -> None:
    """No length of employment is no missing answer, and figures that stand still do not vary together."""
    group = among(mixed, None, k, Outcome.ALL, 0.48)
    chart = charts.crossing(comparison.crossing(mixed, member(mixed, k), group, *figures))
    assert plain(chart.sentence).endswith(said)


# --- small groups -------------------------------------------------------------------------------

WORKING, PENSIONER, SERVANT = "Working", "Pensioner", "State servant"


def sources(*sizes: int) -> list[str]:
    """Sources of income: so many employees, pensioners and civil servants, a hundred in all."""
    sized = zip((WORKING, PENSIONER, SERVANT), sizes, strict=True)
    return [name for name, size in sized for _ in range(size)]


def outcomes(*known: tuple[int, int, int]) -> list[float | None]:
    """Outcomes: for each source, so many defaults and so many repaid, of so many clients."""
    return [
        value
        for bad, good, size in known
        for value in [1.0] * bad + [0.0] * good + [None] * (size - bad - good)
    ]


def rated(folder: Path, sizes: Sequence[int], known: Sequence[tuple[int, int, int]]) -> Chart | None:
    """The rates by source of income, for a client without a job of the most common one."""
    rows = by_heart.hundred(
        NAME_INCOME_TYPE=sources(*sizes),
        TARGET=outcomes(*known),
        DAYS_EMPLOYED=[365_243 if one == PENSIONER else -1_000 for one in sources(*sizes)],
    )
    opened = by_heart.portfolio(folder, rows)
    group = among(opened, None, 1, Outcome.ALL, 0.48)
    return charts.rates(comparison.distribution(opened, member(opened, 1), group, "NAME_INCOME_TYPE"))


def cells(chart: Chart) -> list[list[str]]:
    """The lines of a chart's CSV without its head."""
    return list(csv.reader(io.StringIO(chart.table.csv().removeprefix("\ufeff")), delimiter=";"))[1:]


def test_a_rate_of_fewer_than_thirty_known_outcomes_is_served_nowhere(tmp_path: Path) -> None:
    """Forty employees, thirty pensioners, and thirty civil servants of whom one outcome is unknown."""
    chart = rated(tmp_path, (40, 30, 30), ((4, 36, 40), (6, 24, 30), (29, 0, 30)))
    assert chart
    assert [tuple(map(plain, row[:3])) for row in chart.table.rows] == [
        ("Emploi salarié (ce client)", "40", "10,0 %"),
        ("Retraite ou pension", "30", "20,0 %"),
        ("Emploi public", "29", "trop peu"),
    ]
    assert [line[1:3] for line in cells(chart)] == [["40", "0,1"], ["30", "0,2"], ["29", ""]]
    assert cells(chart)[2][3] == ""
    (ax,) = chart.draw("large").axes
    assert [round(bar.get_width(), 9) for bar in rectangles(ax)] == [0.1, 0.2, 0.0]
    # Two lines for each interval, and the line of the whole group.
    assert len(ax.lines) == 2 * 2 + 1
    texts = [plain(text.get_text()) for text in ax.texts]
    assert "trop peu" in texts
    assert "100,0 %" not in texts + [cell for row in chart.table.rows for cell in row]
    assert plain(chart.sentence) == (
        "Parmi les clients dont l’issue est connue, 10,0 % de ceux de la catégorie de ce client ont eu des "
        "difficultés de paiement, contre 39,4 % dans l’ensemble du groupe."
    )
    assert [plain(one) for one in chart.table.footer[0]] == ["Ensemble", "99", "39,4 %", "sans objet"]


def test_a_client_of_a_small_category_is_told_of_the_others(tmp_path: Path) -> None:
    chart = rated(tmp_path, (29, 35, 36), ((29, 0, 29), (7, 28, 35), (9, 27, 36)))
    assert chart
    assert plain(chart.sentence) == (
        "Parmi les clients dont l’issue est connue, la part en difficulté va de 20,0 % à 25,0 % selon la "
        "catégorie, là où au moins 30 issues sont connues ; elle est de 45,0 % dans l’ensemble du groupe."
    )


def test_categories_with_one_rate_are_not_told_apart(tmp_path: Path) -> None:
    """The client's own has too few outcomes; where both others are written alike, nothing goes from to."""
    chart = rated(tmp_path, (20, 40, 40), ((0, 20, 20), (8, 32, 40), (8, 32, 40)))
    assert chart
    assert plain(chart.sentence) == (
        "Dans ce groupe, 16,0 % des clients ont eu des difficultés de paiement, parmi ceux dont l’issue est "
        "connue."
    )
    chart = rated(tmp_path / "all", (0, 50, 50), ((0, 0, 0), (10, 40, 50), (20, 30, 50)))
    assert chart
    assert plain(chart.sentence) == (
        "Parmi les clients dont l’issue est connue, 20,0 % de ceux de la catégorie de ce client ont eu des "
        "difficultés de paiement, contre 30,0 % dans l’ensemble du groupe."
    )


@pytest.mark.parametrize(("known", "served"), [(29, False), (30, True)])
def test_a_group_of_fewer_than_thirty_known_outcomes_has_no_rates(
    tmp_path: Path, known: int, served: bool
) -> None:
    chart = rated(tmp_path, (60, 30, 10), ((known, 0, 60), (0, 0, 30), (0, 0, 10)))
    assert (chart is not None) is served


@pytest.mark.parametrize(("size", "shown"), [(29, False), (30, True), (31, True)])
def test_thirty_clients_are_a_group(tmp_path: Path, size: int, shown: bool) -> None:
    opened = by_heart.portfolio(tmp_path, by_heart.hundred(NAME_INCOME_TYPE=sources(size, 0, 100 - size)))
    group = among(opened, None, 1, Outcome.ALL, 0.48, "source")
    assert group.size == size
    assert group.large_enough is shown
