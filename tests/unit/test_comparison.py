"""A client among a group, against counts made the long way."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from pretadepenser.charts import comparison as charts
from pretadepenser.credit import dictionary
from pretadepenser.credit.distribution import bins
from pretadepenser.credit.distribution.statistics import Quantiles
from pretadepenser.credit.peers import comparison
from pretadepenser.credit.peers import group as groups
from pretadepenser.credit.peers.comparison import Bar
from pretadepenser.credit.peers.group import Group, Outcome, Selection
from pretadepenser.credit.portfolio import Client, Portfolio, current_portfolio, import_batches
from pretadepenser.credit.scale import Scale
from tests.unit import made_up
from tests.unit.by_heart import plain

CLIENTS = 3000
LIMIT = 0.48


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Portfolio:
    folder = tmp_path_factory.mktemp("instance")
    import_batches(made_up.table(CLIENTS, seed=4).to_batches(), folder)
    opened = current_portfolio(folder)
    assert opened is not None
    return opened


@pytest.fixture(scope="module")
def margins() -> np.ndarray:
    return np.random.default_rng(7).normal(size=CLIENTS).astype(np.float32)


@pytest.fixture
def client(portfolio: Portfolio) -> Client:
    found = portfolio.client(100_002 + 3 * 41)
    assert found is not None
    return found


def everybody(portfolio: Portfolio, client: Client) -> Group:
    return groups.group(portfolio, client, Selection(), None, LIMIT)


def test_no_figure_rests_on_a_protected_ground() -> None:
    """Only age makes groups, and no ground is ever the figure compared."""
    assert not [name for name in comparison.FIGURES if dictionary.describe(name).protected]
    grounds = {c.key for c in groups.CRITERIA.values() if dictionary.describe(c.column).protected}
    assert grounds == {"age"}
    assert groups.offered(audit=True) == groups.CRITERIA
    assert list(groups.offered(audit=False)) == ["revenu", "source", "logement", "type", "montant"]


def test_the_themes_hold_every_figure_once(portfolio: Portfolio) -> None:
    names = [column.name for _, columns in comparison.themes(portfolio) for column in columns]
    assert sorted(names) == sorted(comparison.FIGURES)


def test_histories_are_compared_where_there_are_some(learned: Path) -> None:
    known = current_portfolio(learned)
    assert known
    offered = {theme.value: [one.name for one in columns] for theme, columns in comparison.themes(known)}
    assert offered["Historique de crédit"][-8:] == [
        "BUREAU_ACTIVE",
        "BUREAU_DEBT",
        "BUREAU_OVERDUE",
        "BUREAU_MONTHS_LATE",
        "PREVIOUS_APPROVED",
        "PREVIOUS_REFUSED_SHARE",
        "INSTALMENTS_LATE_SHARE",
        "CARD_USE",
    ]
    assert not [name for names in offered.values() for name in names if dictionary.describe(name).protected]


@pytest.mark.parametrize("grain", ["fine", "broad"])
@pytest.mark.parametrize("name", bins.QUANTITIES)
def test_every_client_is_in_the_bin_that_holds_the_value(
    portfolio: Portfolio, name: str, grain: bins.Grain
) -> None:
    column = dictionary.describe(name)
    edges = portfolio.bins.edges(name, grain)
    assert list(edges) == sorted(set(edges))
    assert len(edges) < (20 if grain == "fine" else 6)
    assert len(bins.texts(column, edges)) == len(edges) + 1
    values = portfolio.values(name)
    shown = bins.displayed(column, values)
    for index, code in enumerate(portfolio.bins.codes(name, grain).tolist()):
        value = None if np.isnan(values[index]) else float(values[index])
        assert portfolio.bins.code(name, value, grain) == code
        if value is None:
            assert code == bins.MISSING
        elif value == column.sentinel:
            assert code == bins.SENTINEL
        else:
            assert code == 0 or edges[code - 1] <= shown[index]
            assert code == len(edges) or shown[index] < edges[code]


def test_the_edges_are_round_and_said_in_french() -> None:
    amount, years, count = (dictionary.describe(n) for n in ("AMT_CREDIT", "DAYS_EMPLOYED", "OWN_CAR_AGE"))
    assert bins.texts(amount, (100_000.0, 200_000.0)) == [
        "moins de 100\u202f000\u00a0€",
        "de 100\u202f000 à 200\u202f000\u00a0€",
        "200\u202f000\u00a0€ et plus",
    ]
    assert bins.texts(years, (0.5, 2.0)) == [
        "moins de 0,5\u00a0an",
        "de 0,5 à 2\u00a0ans",
        "2\u00a0ans et plus",
    ]
    assert bins.texts(count, (1.0, 2.0, 5.0)) == [
        "0\u00a0an",
        "1\u00a0an",
        "de 2 à 4\u00a0ans",
        "5\u00a0ans et plus",
    ]
    assert bins.texts(count, (2.0, 3.0)) == ["moins de 2\u00a0ans", "2\u00a0ans", "3\u00a0ans et plus"]
    assert bins.texts(amount, ()) == ["toutes les valeurs"]
    # A year of 365.25 days: ten of them are 3,652 days and a half.
    assert bins.displayed(years, np.array([-3652.5, -2922.0])).tolist() == [10.0, 8.0]
    assert bins.raw(years, 10.0) == -3652.5


@pytest.mark.parametrize(
    ("name", "edges", "said"),
    [
        ("CREDIT_TO_GOODS", (0.125, 1.0), ["moins de 12,5 %", "de 12,5 à 100 %", "100 % et plus"]),
        # Where nearly nobody is late, next to nothing is still something.
        (
            "BUREAU_OVERDUE",
            (0.005, 0.01),
            ["moins de 0,005 €", "de 0,005 à 0,010 €", "0,010 € et plus"],
        ),
        ("BUREAU_OVERDUE", (2.5, 5.0), ["moins de 2,50 €", "de 2,50 à 5,00 €", "5,00 € et plus"]),
        ("CARD_USE", (0.0025, 0.005), ["moins de 0,25 %", "de 0,25 à 0,5 %", "0,5 % et plus"]),
        ("EXT_SOURCE_MEAN", (0.456, 0.5), ["moins de 0,46", "de 0,46 à 0,5", "0,5 et plus"]),
        (
            "CREDIT_TERM",
            (10.0, 22.5),
            ["moins de 10 mensualités", "de 10 à 22,5 mensualités", "22,5 mensualités et plus"],
        ),
        ("BUREAU_MONTHS_LATE", (1.0, 2.0, 4.0), ["0 mois", "1 mois", "de 2 à 3 mois", "4 mois et plus"]),
        ("CNT_FAM_MEMBERS", (3.0,), ["moins de 3 personnes", "3 personnes et plus"]),
    ],
)
def test_each_kind_of_figure_names_its_brackets(name: str, edges: Sequence[float], said: list[str]) -> None:
    texts = bins.texts(dictionary.describe(name), edges)
    assert [text.replace("\u00a0", " ") for text in texts] == said


def test_groups_by_decision_part_the_portfolio(
    portfolio: Portfolio, client: Client, margins: np.ndarray
) -> None:
    granted = groups.group(portfolio, client, Selection(Outcome.GRANTED), margins, LIMIT)
    refused = groups.group(portfolio, client, Selection(Outcome.REFUSED), margins, LIMIT)
    assert granted.size + refused.size == CLIENTS
    for margin, inside in zip(margins.tolist(), granted.mask.tolist(), strict=True):
        assert (Scale(LIMIT).points(margin) >= 500) is inside
    with pytest.raises(ValueError, match="not computed"):
        groups.group(portfolio, client, Selection(Outcome.REFUSED), None, LIMIT)


def test_criteria_keep_the_clients_who_share_the_bin(portfolio: Portfolio, client: Client) -> None:
    everyone = everybody(portfolio, client)
    assert everyone.size == CLIENTS
    for key, criterion in groups.CRITERIA.items():
        group = groups.group(portfolio, client, Selection(alike=(key,)), None, LIMIT)
        column = dictionary.describe(criterion.column)
        values = portfolio.column(criterion.column)
        if column.textual:
            inside = values == column.code(str(client.values[criterion.column]))
        else:
            edges = [-np.inf, *portfolio.bins.edges(criterion.column, "broad"), np.inf]
            shown = bins.displayed(column, values)
            mine = bins.displayed(column, np.array([float(client.values[criterion.column] or 0)]))[0]
            index = int(np.searchsorted(edges, mine, side="right"))
            inside = (shown >= edges[index - 1]) & (shown < edges[index])
        np.testing.assert_array_equal(group.mask, inside, key)
        assert group.mask[41]
    both = groups.group(portfolio, client, Selection(alike=("revenu", "age")), None, LIMIT)
    each = [
        groups.group(portfolio, client, Selection(alike=(key,)), None, LIMIT) for key in ("revenu", "age")
    ]
    np.testing.assert_array_equal(both.mask, each[0].mask & each[1].mask)
    with pytest.raises(KeyError):
        groups.group(portfolio, client, Selection(alike=("sexe",)), None, LIMIT)


def test_a_group_of_all_criteria_is_too_small(portfolio: Portfolio, client: Client) -> None:
    group = groups.group(portfolio, client, Selection(alike=tuple(groups.CRITERIA)), None, LIMIT)
    assert 1 <= group.size < 30
    assert not group.large_enough
    said = groups.described(portfolio, client, group)
    assert said.startswith("Le groupe compte")
    assert "même tranche d’âge (" in said


@pytest.mark.parametrize("name", comparison.FIGURES)
def test_a_distribution_counts_what_is_there(portfolio: Portfolio, name: str) -> None:
    counts_what_is_there(portfolio, name)


@pytest.mark.parametrize("name", bins.HISTORIES)
def test_a_distribution_of_the_history_counts_what_is_there(learned: Path, name: str) -> None:
    known = current_portfolio(learned)
    assert known
    counts_what_is_there(known, name)


def counts_what_is_there(portfolio: Portfolio, name: str) -> None:
    """Recount the distribution of a figure in three clients' groups."""
    targets = portfolio.column("TARGET")
    values = portfolio.values(name)
    column = dictionary.describe(name)
    for index in (3, 41, 1200):
        client = portfolio.client(int(portfolio.numbers()[index]))
        assert client is not None
        group = groups.group(portfolio, client, Selection(alike=("source",)), None, LIMIT)
        shown = comparison.distribution(portfolio, client, group, name)
        inside = values[group.mask]
        missing, sentinel = np.isnan(inside), inside == column.sentinel
        assert (shown.missing, shown.sentinel) == (missing.sum(), sentinel.sum())
        assert sum(bar.count for bar in shown.bars) == sum(bar.count for bar in shown.broad) == shown.known
        assert shown.known == group.size - missing.sum() - sentinel.sum()
        assert sum(bar.share for bar in shown.bars) == pytest.approx(1)
        assert sum(bar.here for bar in shown.bars) == sum(bar.here for bar in shown.broad)
        labelled = targets[group.mask][~missing & ~sentinel]
        assert sum(bar.labelled for bar in shown.broad) == (~np.isnan(labelled)).sum()
        assert sum(bar.defaults for bar in shown.broad) == (labelled == 1).sum()
        placed = name not in bins.CATEGORIES and values[index] != column.sentinel
        assert (shown.position is not None) == (placed and not np.isnan(values[index]))
        if shown.position is not None:
            known = inside[~missing & ~sentinel]
            mine = values[index]
            order = -1 if column.kind in (dictionary.Kind.DURATION, dictionary.Kind.ELAPSED) else 1
            assert shown.position.below == pytest.approx((order * known < order * mine).mean())
            assert shown.position.equal == pytest.approx((known == mine).mean())
            assert shown.median == pytest.approx(np.median(known))
        assert comparison.rank_sentence(shown).endswith(".")


def test_a_figure_that_is_not_for_comparison(portfolio: Portfolio, client: Client) -> None:
    for name in ("CODE_GENDER", "DAYS_BIRTH", "NO_SUCH_COLUMN"):
        with pytest.raises(KeyError):
            comparison.distribution(portfolio, client, everybody(portfolio, client), name)


def bar(defaults: int, labelled: int) -> Bar:
    return Bar("Tranche", None, None, labelled, 1.0, defaults, labelled, False)


def test_rates_have_wilsons_interval_and_need_thirty_outcomes() -> None:
    for defaults, labelled in ((0, 30), (3, 40), (500, 1000), (1000, 1000)):
        interval = stats.binomtest(defaults, labelled).proportion_ci(method="wilson")
        assert bar(defaults, labelled).rate == defaults / labelled
        assert bar(defaults, labelled).interval == pytest.approx((interval.low, interval.high))
    assert bar(1, 29).rate is None
    assert bar(1, 29).interval is None


def test_a_crossing_counts_both_figures_and_ranks_them(portfolio: Portfolio, client: Client) -> None:
    group = everybody(portfolio, client)
    first, second = "AMT_CREDIT", "CREDIT_TO_INCOME"
    shown = comparison.crossing(portfolio, client, group, first, second)
    values = portfolio.values(first), portfolio.values(second)
    both = ~np.isnan(values[0]) & ~np.isnan(values[1])
    assert shown.counts.sum() == shown.known == both.sum()
    assert shown.counts.shape == (len(shown.first_edges) + 1, len(shown.second_edges) + 1)
    assert max(shown.counts.shape) <= 10
    indices = [
        np.searchsorted(edges, each[both], side="right")
        for edges, each in zip((shown.first_edges, shown.second_edges), values, strict=True)
    ]
    expected = np.zeros_like(shown.counts)
    np.add.at(expected, tuple(indices), 1)
    np.testing.assert_array_equal(shown.counts, expected)
    assert shown.here is not None
    assert shown.counts[shown.here] > 0
    codes = [portfolio.bins.codes(name)[both] for name in (first, second)]
    assert shown.correlation == pytest.approx(stats.spearmanr(*codes).statistic)
    for pair in ((first, first), (first, "NAME_INCOME_TYPE"), ("DAYS_BIRTH", first)):
        with pytest.raises(KeyError):
            comparison.crossing(portfolio, client, group, *pair)


def test_a_crossing_marks_the_clients_own_two_brackets(portfolio: Portfolio) -> None:
    first, second = "AMT_CREDIT", "CREDIT_TO_INCOME"
    both = portfolio.values(first), portfolio.values(second)
    apart = 0
    for at in range(0, 400, 10):
        client = portfolio.client(int(portfolio.numbers()[at]))
        assert client
        shown = comparison.crossing(portfolio, client, everybody(portfolio, client), first, second)
        edges = (shown.first_edges, shown.second_edges)
        own = tuple(
            int(np.searchsorted(e, each[at], side="right")) for e, each in zip(edges, both, strict=True)
        )
        assert shown.here == own
        apart += own[0] != own[1]
    assert apart > 10


def test_up_to_nine_brackets_are_crossed_as_they_are_and_more_two_by_two() -> None:
    from pretadepenser.credit.peers.comparison import _merge

    eight = tuple(map(float, range(1, 9)))
    assert _merge(eight) == (eight, [0, 1, 2, 3, 4, 5, 6, 7, 8])
    assert _merge((*eight, 9.0)) == ((2.0, 4.0, 6.0, 8.0), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4])


def test_sentences_say_where_the_client_stands(portfolio: Portfolio) -> None:
    rows = made_up.table(CLIENTS, seed=4)
    said = set()
    for name in ("AMT_CREDIT", "DAYS_EMPLOYED", "EXT_SOURCE_1", "NAME_INCOME_TYPE"):
        for index in range(0, 60, 3):
            client = portfolio.client(rows["SK_ID_CURR"][index].as_py())
            assert client is not None
            group = everybody(portfolio, client)
            said.add(comparison.rank_sentence(comparison.distribution(portfolio, client, group, name)))
    assert any("plus que chez" in sentence for sentence in said)
    assert any("moins que chez" in sentence for sentence in said)
    assert any("La donnée est absente pour ce client, comme pour" in sentence for sentence in said)
    assert any("n’occupe pas d’emploi" in sentence or "sans emploi" in sentence for sentence in said), said
    for sentence in said:
        assert "_" not in sentence
        assert " :" not in sentence.replace("\u00a0:", "")


@pytest.mark.parametrize(
    ("name", "among"),
    [
        ("AMT_CREDIT", "des clients"),
        ("NAME_INCOME_TYPE", "des clients"),
        ("OCCUPATION_TYPE", "des clients dont la donnée est connue"),
        ("EXT_SOURCE_1", "des clients notés"),
        ("DAYS_EMPLOYED", "des clients qui ont un emploi"),
        ("OWN_CAR_AGE", "des clients qui ont une voiture"),
    ],
)
def test_a_share_is_told_of_those_whom_it_counts(
    portfolio: Portfolio, margins: np.ndarray, name: str, among: str
) -> None:
    """Counted again in the raw rows: of all clients a share would be smaller than what is told."""
    values = made_up.table(CLIENTS, seed=4)[name].to_pandas().replace({"Maternity leave": "Working"})
    numbers = made_up.table(CLIENTS, seed=4)["SK_ID_CURR"].to_pandas()
    has = values.notna() & (values != dictionary.NO_EMPLOYMENT)
    for index in np.flatnonzero(has)[:12]:
        client = portfolio.client(int(numbers[index]))
        assert client is not None
        group = everybody(portfolio, client)
        shown = comparison.distribution(portfolio, client, group, name)
        said = comparison.rank_sentence(shown).replace("\u00a0", " ")
        told = re.fullmatch(r".* (?:(\d+) %|(?:presque )?tous les|moins de 1 %) (.*)\.", said)
        assert told, said
        assert told[2] in (among, among.removeprefix("des "))
        same = (values == values[index])[has].mean()
        counted = (
            [same]
            if isinstance(values[index], str)
            else [same, (values[has] < values[index]).mean(), (values[has] > values[index]).mean()]
        )
        if told[1]:
            assert min(abs(100 * one - int(told[1])) for one in counted) < 1.5, (said, counted)
        spread = charts.distribution(shown).sentence.replace("\u00a0", " ")
        assert spread.endswith(f"% {among}.")
        granted = groups.group(portfolio, client, Selection(outcome=Outcome.GRANTED), margins, LIMIT)
        sentence = charts.distribution(comparison.distribution(portfolio, client, granted, name)).sentence
        both = " et" if among != "des clients" else ""
        assert f"{among}{both} dont le prêt est accordé." in sentence


def test_a_rate_is_compared_with_that_of_those_who_have_the_figure(
    portfolio: Portfolio, client: Client
) -> None:
    rows = made_up.table(CLIENTS, seed=4).to_pandas()
    known = rows[rows["EXT_SOURCE_1"].notna() & rows["TARGET"].notna()]
    shown = comparison.distribution(portfolio, client, everybody(portfolio, client), "EXT_SOURCE_1")
    chart = charts.rates(shown)
    assert chart is not None
    rate = f"{100 * known['TARGET'].mean():.1f}".replace(".", ",")
    assert f"{rate} % pour l’ensemble des clients notés." in chart.sentence.replace("\u00a0", " ")
    whole = charts.rates(
        comparison.distribution(portfolio, client, everybody(portfolio, client), "AMT_CREDIT")
    )
    assert whole is not None
    assert whole.sentence.endswith("dans l’ensemble du groupe.")


def test_a_figure_without_an_object_is_not_told_to_be_missing(portfolio: Portfolio) -> None:
    """The age of a car was "absent" for who has none."""
    rows = made_up.table(CLIENTS, seed=4).to_pylist()
    said = {}
    for owns in "NY":
        number = next(
            row["SK_ID_CURR"] for row in rows if row["FLAG_OWN_CAR"] == owns and row["OWN_CAR_AGE"] is None
        )
        client = portfolio.client(number)
        assert client is not None
        shown = comparison.distribution(portfolio, client, everybody(portfolio, client), "OWN_CAR_AGE")
        share = round(100 * sum(row["OWN_CAR_AGE"] is None for row in rows) / len(rows))
        footer = charts.distribution(shown).table.footer
        said[owns] = (
            plain(comparison.rank_sentence(shown)).replace(f" {share} %", " n %"),
            [(plain(row[0]), plain(row[1])) for row in footer if "Valeur" in row[0]],
            {plain(row[0]) for row in footer if "Donnée" in row[0]},
        )
    assert said == {
        "N": (
            "L’âge d’une voiture est sans objet (pas de voiture), donc sans valeur, comme pour n % des "
            "clients.",
            [("Valeur de ce client : sans objet (pas de voiture)", "sans objet")],
            {"Donnée absente ou sans objet"},
        ),
        "Y": (
            "La donnée est absente pour ce client, comme pour n % des clients.",
            [("Valeur de ce client : donnée absente", "sans objet")],
            {"Donnée absente ou sans objet"},
        ),
    }


def test_a_figure_that_nobody_has(tmp_path: Path) -> None:
    rows = made_up.table(60)
    index = rows.schema.get_field_index("EXT_SOURCE_1")
    rows = rows.set_column(index, rows.schema.field(index), pa.nulls(60, pa.float64()))
    import_batches(rows.to_batches(), tmp_path)
    portfolio = current_portfolio(tmp_path)
    assert portfolio is not None
    client = portfolio.client(100_002)
    assert client is not None
    group = everybody(portfolio, client)
    shown = comparison.distribution(portfolio, client, group, "EXT_SOURCE_1")
    assert (shown.known, shown.missing, shown.median) == (0, 60, None)
    assert comparison.rank_sentence(shown).startswith("La donnée est absente")
    crossed = comparison.crossing(portfolio, client, group, "EXT_SOURCE_1", "AMT_CREDIT")
    assert (crossed.known, crossed.correlation, crossed.here) == (0, None, None)


@pytest.mark.parametrize(
    ("name", "values", "edges"),
    [
        # From the first to the last hundredth of 0 … 999: 10 to 989; steps of 50.
        ("AMT_CREDIT", range(1000), [50.0 * index for index in range(1, 20)]),
        # Five clients far below and five far above are left out: from 1,004 to 1,984.
        (
            "AMT_CREDIT",
            [0] * 5 + [*range(1_000, 1_990)] + [1_000_000] * 5,
            [1_050.0 + 50.0 * index for index in range(19)],
        ),
        # Children are counted: no edge between two of them.
        ("CNT_CHILDREN", [0] * 50 + [1] * 30 + [2] * 15 + [3] * 5, [1.0, 2.0, 3.0]),
        ("EXT_SOURCE_1", np.arange(101) / 100, [0.05 * index for index in range(1, 20)]),
        ("AMT_CREDIT", [], []),
    ],
)
def test_fine_brackets_end_where_the_last_hundredth_of_clients_begins(
    name: str, values: Sequence[float], edges: Sequence[float]
) -> None:
    known = Quantiles.of(np.array(list(values), dtype=np.float64))
    assert bins.fine_edges(dictionary.describe(name), known) == pytest.approx(edges)


def test_brackets_of_jobs_part_those_who_have_one() -> None:
    """Sixty clients have had their job for 1 to 60 years, as many have none: ten of the former in each."""
    column = dictionary.describe("DAYS_EMPLOYED")
    days = [-round(365.25 * years) for years in range(1, 61)] + [365_243] * 60
    known = bins._shown_quantiles(column, Quantiles.of(np.array(days, dtype=np.float64)))
    assert bins.broad_edges(column, known) == [10.0, 20.0, 30.0, 40.0, 50.0]
    assert (known.values[0], known.values[-1]) == pytest.approx((1.0, 60.0), abs=0.002)
    assert (known.below[0], known.upto[-1]) == (0.0, 1.0)


def test_no_bracket_is_left_without_anybody() -> None:
    """Three in four have no child, nobody more than two: an edge above the least and up to the greatest."""
    column = dictionary.describe("CNT_CHILDREN")
    known = Quantiles.of(np.array([0] * 75 + [1] * 15 + [2] * 10, dtype=np.float64))
    assert bins.broad_edges(column, known) == [1.0]
    known = Quantiles.of(np.array([0] * 50 + [1] * 20 + [2] * 30, dtype=np.float64))
    assert bins.broad_edges(column, known) == [1.0, 2.0]


@pytest.mark.parametrize(
    ("value", "rounded"),
    [(0.0, 0.0), (1.0, 1.0), (0.0456, 0.046), (-0.0456, -0.046), (123_456.0, 120_000.0), (99.6, 100.0)],
)
def test_broad_edges_have_two_figures(value: float, rounded: float) -> None:
    assert bins._two_figures(value) == rounded


@pytest.mark.parametrize(
    ("width", "whole", "step"),
    [
        (0.9, False, 1.0),
        (1.0, False, 1.0),
        (1.2, False, 2.0),
        (2.5, False, 2.5),
        (2.5, True, 5.0),
        (4.0, False, 5.0),
        (6.0, False, 10.0),
        (0.03, False, 0.05),
        (0.03, True, 1.0),
        (0.0, False, 1.0),
        (-1.0, False, 1.0),
        (47_000.0, False, 50_000.0),
    ],
)
def test_steps_between_fine_edges_are_round(width: float, whole: bool, step: float) -> None:
    assert bins._step(width, whole) == pytest.approx(step)
