"""Charts of a client among others: distribution of a figure, default rate by bin, two figures crossed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from pretadepenser import french
from pretadepenser.charts import comparison_drawing
from pretadepenser.charts.chart import NOTHING, Cell, Chart, Column, Table
from pretadepenser.charts.rows import Bars, Mark, Row
from pretadepenser.credit.dictionary import wording
from pretadepenser.credit.distribution import bins
from pretadepenser.credit.peers import comparison
from pretadepenser.credit.peers.comparison import Bar, Crossing, Distribution
from pretadepenser.credit.peers.group import LEAST

# Bins or categories that are named where as many clients are in each.
NAMED: Final = 3
# Rank correlation from which on the link between two figures is said, and how often it shows.
LINKS: Final = ((0.7, "très souvent"), (0.4, "souvent"), (0.2, "un peu plus souvent que l’inverse"))


def distribution(shown: Distribution) -> Chart:
    """How the group is spread over a figure, with the client's place."""
    column, group = shown.column, shown.group
    listed = [(_named(bar), bar.count, bar.share) for bar in shown.bars]
    lacking = "Donnée absente ou sans objet" if column.not_applicable else "Donnée absente"
    apart = [(lacking, shown.missing)]
    if column.sentinel is not None:
        apart.append((french.capital(column.sentinel_label), shown.sentinel))
    footer = [(name, french.number(count), NOTHING) for name, count in apart if count]
    if column.categories is None:
        value = (
            shown.without_object.label if shown.without_object else wording.value_text(column, shown.value)
        )
        # In the head of the row: under "Clients" an amount would be heard as a count of them.
        footer.append((f"Valeur de ce client{french.NO_BREAK}: {value}", NOTHING, NOTHING))
    table = Table(
        f"{column.label} – répartition de {french.plural(shown.known, 'client')}",
        (Column("Tranche" if column.categories is None else "Catégorie"), Column("Clients", True), _SHARE),
        tuple((name, french.number(count), french.percent(share, 1)) for name, count, share in listed),
        tuple(listed),
        tuple(footer),
    )
    return Chart(
        "repartition",
        f"{column.label} – répartition {group.among}",
        "répartition",
        _spread_said(shown),
        table,
        comparison_drawing.histogram(shown) if column.categories is None else _categories(shown),
        alternative=f"{comparison.rank_sentence(shown)} {_spread_said(shown)}",
    )


def _categories(shown: Distribution) -> Bars:
    return Bars(
        tuple(Row(bar.text, bar.share, french.percent(bar.share, 1), here=bar.here) for bar in shown.bars)
    )


def _spread_said(shown: Distribution) -> str:
    """Where the middle and the most of the group are, in one sentence."""
    kind = "tranche" if shown.column.categories is None else "catégorie"
    if not shown.known:
        return "Aucun client de ce groupe n’a cette donnée."
    common = _common(kind, shown.bars)
    if shown.median is None:
        return f"{french.capital(common)} {shown.among}."
    middle = wording.value_text(shown.column, shown.median)
    where = "du groupe" if shown.known == shown.group.size else shown.among
    # Of equal values any number may stand in the middle: nobody says that as many are above as below.
    return (
        f"Au milieu {where}, avec au plus la moitié des clients au-dessus et au plus la moitié au-dessous, "
        f"la valeur est de {middle}{french.NARROW_NO_BREAK}; {common} {shown.among}."
    )


def _common(kind: str, bars: Sequence[Bar]) -> str:
    """Which bin or category has most clients, and what share of them; all of those that have as many."""
    count = max(bar.count for bar in bars)
    most = [bar for bar in bars if bar.count == count]
    share = french.percent(most[0].share, 1)
    if len(most) == 1:
        return f"la {kind} la plus courante, {french.quoted(most[0].text)}, réunit {share}"
    if len(most) > NAMED:
        return f"les {len(most)} {kind}s les plus courantes réunissent chacune {share}"
    named = french.join([french.quoted(bar.text) for bar in most])
    return f"les {kind}s les plus courantes, {named}, réunissent chacune {share}"


def rates(shown: Distribution) -> Chart | None:
    """Share of clients who had payment difficulties by bin, or None where too few outcomes are known."""
    if shown.rate is None:
        return None
    column = shown.column
    rows: list[tuple[str, ...]] = []
    raw: list[tuple[Cell, ...]] = []
    for bar in shown.broad:
        if bar.rate is None or bar.interval is None:
            rows.append((_named(bar), french.number(bar.labelled), _FEW, NOTHING))
            raw.append((_named(bar), bar.labelled, None, ""))
            continue
        spread = f"de {french.number(bar.interval[0] * 100, 1)} à {french.percent(bar.interval[1], 1)}"
        rows.append((_named(bar), french.number(bar.labelled), french.percent(bar.rate, 1), spread))
        raw.append((_named(bar), bar.labelled, bar.rate, spread))
    labelled = sum(bar.labelled for bar in shown.broad)
    total = ("Ensemble", french.number(labelled), french.percent(shown.rate, 1), NOTHING)
    table = Table(
        f"{column.label} – part des clients qui ont eu des difficultés de paiement",
        (
            Column("Tranche" if column.categories is None else "Catégorie"),
            Column("Clients à l’issue connue", True),
            Column("En difficulté", True),
            Column("Intervalle de confiance à 95\u00a0%", True),
        ),
        tuple(rows),
        tuple(raw),
        (total,),
    )
    whole = Mark(shown.rate, f"Ensemble{french.NO_BREAK}: {french.percent(shown.rate, 1)}", dashed=True)
    kind = "tranche" if column.categories is None else "catégorie"
    return Chart(
        "difficultes",
        f"{column.label} – difficultés de paiement par {kind}",
        "difficultés",
        _rate_said(shown),
        table,
        Bars(tuple(_rated(bar) for bar in shown.broad), whole),
    )


def _rated(bar: Bar) -> Row:
    text = _FEW if bar.rate is None else french.percent(bar.rate, 1)
    low, high = bar.interval or (None, None)
    return Row(bar.text, bar.rate or 0.0, text, low, high, bar.here)


def _rate_said(shown: Distribution) -> str:
    """The client's bin against the whole group, in one sentence."""
    rated = [bar for bar in shown.broad if bar.rate is not None]
    whole = french.percent(shown.rate or 0.0, 1)
    here = next((bar for bar in rated if bar.here), None)
    kind = "tranche" if shown.column.categories is None else "catégorie"
    if here is not None and here.rate is not None:
        return (
            f"Parmi les clients dont l’issue est connue, {french.percent(here.rate, 1)} de ceux de la {kind} "
            f"de ce client ont eu des difficultés de paiement, contre {whole} {_overall(shown)}."
        )
    low = min(rated, key=lambda bar: bar.rate or 0.0, default=None)
    high = max(rated, key=lambda bar: bar.rate or 0.0, default=None)
    ends = [french.percent(bar.rate or 0.0, 1) for bar in (low, high) if bar is not None]
    if len(set(ends)) < 2:
        return (
            f"Dans ce groupe, {whole} {shown.among} ont eu des difficultés de paiement, parmi ceux dont "
            "l’issue est connue."
        )
    few = any(bar.labelled and bar.rate is None for bar in shown.broad)
    where = f", là où au moins {LEAST} issues sont connues" if few else ""
    return (
        f"Parmi les clients dont l’issue est connue, la part en difficulté va de {ends[0]} à {ends[1]} selon "
        f"la {kind}{where}{french.NARROW_NO_BREAK}; elle est de {whole} {_overall(shown)}."
    )


def _overall(shown: Distribution) -> str:
    whole = shown.known == shown.group.size
    return "dans l’ensemble du groupe" if whole else f"pour l’ensemble {shown.among}"


def crossing(shown: Crossing) -> Chart:
    """Where the group is densest over two figures, with the client's place."""
    first = [french.capital(text) for text in bins.texts(shown.first, shown.first_edges)]
    second = [french.capital(text) for text in bins.texts(shown.second, shown.second_edges)]
    shares = shown.counts / max(shown.known, 1)
    rows = []
    for index, name in enumerate(first):
        cells = [
            french.percent(float(share), 1) + (" (ce client)" if shown.here == (index, other) else "")
            for other, share in enumerate(shares[index])
        ]
        rows.append((name, *cells))
    table = Table(
        f"{shown.first.label} (lignes) et {_lower(shown.second.label)} (colonnes){french.NO_BREAK}: "
        f"part des {french.plural(shown.known, 'client')}",
        (Column(shown.first.label), *(Column(name, True) for name in second)),
        tuple(rows),
        tuple((name, *(float(share) for share in shares[index])) for index, name in enumerate(first)),
    )
    return Chart(
        "croisement",
        f"{shown.first.label} et {_lower(shown.second.label)}",
        "croisement",
        _crossing_said(shown, shares),
        table,
        comparison_drawing.squares(shown, shares),
    )


def _crossing_said(shown: Crossing, shares: np.ndarray) -> str:
    link = shown.correlation or 0.0
    often = next((said for least, said in LINKS if abs(link) >= least), None)
    if not shown.known:
        return "Aucun client de ce groupe n’a les deux données."
    if shown.correlation is None:
        said = (
            "Dans ce groupe, tous ceux qui ont les deux données sont dans la même tranche pour l’une d’elles"
        )
    elif often is None:
        said = "Dans ce groupe, les deux données varient presque sans lien"
    else:
        way = "l’est aussi" if link > 0 else "est plutôt basse"
        said = f"Dans ce groupe, quand l’une des deux données est élevée, l’autre {way} {often}"
    if shown.here is None:
        return f"{said}{french.NARROW_NO_BREAK}; ce client n’a pas les deux valeurs."
    share = wording.portion(float(shares[shown.here]), shown.among, 1)
    return f"{said}{french.NARROW_NO_BREAK}; {share} sont dans les mêmes tranches que ce client."


_SHARE: Final = Column("Part", True)
_FEW: Final = "trop peu"


def _named(bar: Bar) -> str:
    return f"{bar.text} (ce client)" if bar.here else bar.text


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]
