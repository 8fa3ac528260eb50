"""Every figure of the pages of some clients, computed again: the largest deviation of each kind.

A deviation is between what a page says and what xgboost, shap and pandas give, in the unit of the page. The
last column says how much of it rounding explains, or another draw of folds where it is measured on folds; a
kind that goes beyond is marked and ends the run with an error.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from lxml import html

from pretadepenser.credit.model.scoring import current_model
from tests.bench.ground import Ground, line, title
from tests.bench.recompute.own import LIMIT, NO_JOB, Own, points, probability
from tests.bench.recompute.told import (
    Pages,
    Table,
    before_after,
    compared,
    figure,
    number,
    plain,
    sentences,
)

CLIENTS: Final = 60
# Units of the data in one that is shown: files in Kaggle's layout.
UNIT: Final = 100
AMOUNTS: Final = ("AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE", "AMT_INCOME_TOTAL")
FORM: Final = {"amt_credit": "AMT_CREDIT", "amt_income_total": "AMT_INCOME_TOTAL"}
LABELS: Final = {
    "Montant du crédit": "AMT_CREDIT",
    "Mensualité": "AMT_ANNUITY",
    "Prix du bien à financer": "AMT_GOODS_PRICE",
    "Revenu mensuel": "AMT_INCOME_TOTAL",
}
# Members of the parts of an explanation that are told as one.
PARTS: Final = {
    "Notes des organismes extérieurs": ("EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3", "EXT_SOURCE_MEAN"),
    "Montant et durée du crédit": (
        "AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE", "CREDIT_TERM", "CREDIT_TO_GOODS", "CREDIT_TO_INCOME",
        "ANNUITY_TO_INCOME",
    ),
    "Voiture": ("FLAG_OWN_CAR", "OWN_CAR_AGE"),
}  # fmt: skip
MEMBERS: Final = {
    "Ancienneté dans l’emploi": "DAYS_EMPLOYED", "Métier": "OCCUPATION_TYPE",
    "Niveau d’études": "NAME_EDUCATION_TYPE", "Source du revenu": "NAME_INCOME_TYPE",
    "Type de crédit": "NAME_CONTRACT_TYPE", "Type de logement": "NAME_HOUSING_TYPE",
    "Possède un logement": "FLAG_OWN_REALTY", "Revenu mensuel": "AMT_INCOME_TOTAL",
    "Montant du crédit": "AMT_CREDIT", "Mensualité": "AMT_ANNUITY",
    "Prix du bien à financer": "AMT_GOODS_PRICE", "Crédit compté en mensualités": "CREDIT_TERM",
    "Crédit par rapport au prix du bien": "CREDIT_TO_GOODS",
    "Crédit par rapport au revenu mensuel": "CREDIT_TO_INCOME",
    "Part du revenu prise par la mensualité": "ANNUITY_TO_INCOME",
    "Moyenne des notes extérieures": "EXT_SOURCE_MEAN",
    "Note de l’organisme extérieur numéro 1": "EXT_SOURCE_1",
    "Note de l’organisme extérieur numéro 2": "EXT_SOURCE_2",
    "Note de l’organisme extérieur numéro 3": "EXT_SOURCE_3",
    "Possède une voiture": "FLAG_OWN_CAR", "Âge de la voiture": "OWN_CAR_AGE",
}  # fmt: skip
_NAMES: Final = {label.casefold(): name for label, name in MEMBERS.items()}


@dataclass
class Kind:
    """Figures of one kind: how many, and the largest deviation."""

    allowed: float
    count: int = 0
    largest: float = 0.0
    where: str = ""


@dataclass
class Tally:
    """What was compared, by kind."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    client: int = 0

    def add(self, kind: str, told: float, own: float, allowed: float, where: str = "") -> None:
        """Compare a figure of a page with one's own; allowed: what rounding explains."""
        found = self.kinds.setdefault(kind, Kind(allowed))
        found.count += 1
        # What is no number is as far off as can be.
        deviation = abs(told - own) if not math.isnan(told - own) else math.inf
        if deviation > found.largest:
            found.largest, found.where = deviation, f"{self.client} {where}"


def run(ground: Ground) -> None:
    """Read the pages of CLIENTS clients drawn at random and compute them again."""
    model = current_model(ground.instance)
    assert model
    title(f"Figures of the pages of {CLIENTS} clients computed again (figures, largest deviation, rounding)")
    if ground.data is None:
        line("skipped: needs the clients of a folder (--data)")
        return
    own, tally, browser = Own(ground.data, model.folder), Tally(), ground.browser()
    chosen = own.clients.sample(CLIENTS, random_state=5)
    told, defined = own.contributions(chosen), own.by_definition(chosen)
    tally.add("Shapley values: shap, and by definition", np.abs(told + own.mean - defined).max(), 0.0, 1e-5)
    for index, (client, facts) in enumerate(chosen.iterrows()):
        tally.client = int(str(client))
        pages = Pages(browser, tally.client)
        one = Client(own, facts, dict(zip(own.names, told[index].tolist(), strict=True)))
        for part in (_decision, _explained, _file, _compared_with, _levers, _amounts, _simulated, _sheet):
            part(tally, pages, one)
    for kind, found in tally.kinds.items():
        beyond = found.largest > found.allowed + 1e-9
        mark = f"  BEYOND, at {found.where}" if beyond else ""
        line(f"{kind}", f"{found.count:,}", f"{found.largest:.3g}", f"{found.allowed:g}{mark}")
    if any(found.largest > found.allowed + 1e-9 for found in tally.kinds.values()):
        raise SystemExit("A figure of a page deviates by more than its rounding.")


@dataclass(frozen=True)
class Client:
    """One client: the raw values, and what each moves the margin by."""

    own: Own
    facts: pd.Series
    moved: dict[str, float]

    @property
    def margin(self) -> float:
        return self.own.margin(self.facts.to_dict())

    @property
    def points(self) -> int:
        return math.floor(points(self.margin))


def _decision(tally: Tally, pages: Pages, client: Client) -> None:
    """The sentences of the decision, and what they rest on."""
    said = plain(pages.page().text_content())
    chance = probability(client.margin)
    told = _number_after(said, r"son crédit est de (?:plus de |moins de )?")
    tally.add("probability in the sentence", 100 * told, 100 * chance, 0.5)
    granted = "Avis du modèle : le prêt sera accordé" in said
    tally.add("decisions that are another", granted, chance <= LIMIT, 0)
    if found := re.search(r"score comparable, (?:environ (\d+)|(moins d’un))", said):
        told = float(found[1] or 0)
        tally.add("late clients of 100", told, 100 * client.own.rate(client.margin), 1.0)
    tally.add("score", _number_after(said, r"\(avis du modèle\) – client \d+ – "), client.points, 0)
    reach = client.own.reach(client.margin)
    edges = (client.points - reach, client.points + reach)
    for band, edge in zip(_groups(r"neuf fois sur dix de (\d+) à (\d+) points", said), edges, strict=True):
        tally.add("edges of the band, points", float(band), edge, 2.0)
    if "a appris, entre autres, de l’issue" in said:
        areas = _groups(r"ROC est de (0,\d+) chez .*?, et de (0,\d+)", said)
        for area, one in zip(areas, client.own.areas, strict=True):
            tally.add("areas under the ROC curve", number(area), one, 0.003)
    tally.add(
        "outcome learnt from, told so",
        "a appris, entre autres, de l’issue" in said,
        not math.isnan(client.facts["TARGET"]),
        0,
    )


def _explained(tally: Tally, pages: Pages, client: Client) -> None:
    """The table of contributions, and the reasons in sentences."""
    table = pages.sheet("/graphiques/contributions.csv")
    base, *rows = table[:-1] if table[-1][0].startswith("Total") else table
    tally.add("starting point, mean score", float(base[2]), client.own.base, 1.0)
    parts = [row for row in rows if row[2]]
    total = float(base[2]) + sum(float(row[2]) for row in parts)
    tally.add("starting point and contributions, less the score", total, client.points, 0)
    told, members = 0.0, 0
    for row in reversed(rows):
        name = _NAMES.get(plain(row[0]).removeprefix("dont ").casefold())
        if row[3]:
            assert name, row
            told, members = told + float(row[3]), members + 1
            tally.add("contributions, points", float(row[3]), _gain(client.moved[name]), 1.5, row[0])
        elif members:
            tally.add("members of a part, less the part", told, float(row[2]), 0, row[0])
            told, members = 0.0, 0
        elif name:
            tally.add("contributions, points", float(row[2]), _gain(client.moved[name]), 1.5, row[0])
    for row in parts:
        if row[0] in PARTS:
            gain = _gain(sum(client.moved[name] for name in PARTS[row[0]]))
            tally.add("contributions of parts, points", float(row[2]), gain, 1.0, row[0])
    for sentence in sentences(pages.page()):
        _other_clients(tally, sentence, client)


def _other_clients(tally: Tally, sentence: str, client: Client) -> None:
    """What a sentence says of other clients, counted in the raw columns."""
    name, said = figure(sentence), compared(sentence)
    if name is None or said is None:
        tally.add("sentences that are not understood", 1, 0, 0, sentence)
        return
    kind, share, among = said
    values, value = client.own.clients[name], client.facts[name]
    if among != "clients":
        values = values[_compared(values)]
    if pd.isna(value):
        tally.add("shares of other clients, points of percent", 100 * share, 100 * values.isna().mean(), 0.5)
        return
    if name == "DAYS_EMPLOYED":
        # Days before the application: the more negative, the longer. Not to be employed is no length.
        values, value = -values, -value
    less, more, same = (values < value), (values > value), (values == value)
    if kind == "middle":
        half = float(less.mean() + same.mean() / 2)
        tally.add("ranks told as in the middle, percent from 50", 100 * half, 50, 5.0, sentence)
        return
    shares = {"smaller": more, "larger": less, "same": same}
    counted = 100 * float(shares[kind].mean())
    # Ranks are read from kept quantiles, a little off between two of them.
    allowed = 0.6
    tally.add("shares of other clients, points of percent", 100 * share, counted, allowed, sentence)


def _compared(values: pd.Series) -> pd.Series:
    return values.notna() & (values != NO_JOB) if pd.api.types.is_numeric_dtype(values) else values.notna()


def _file(tally: Tally, pages: Pages, client: Client) -> None:
    """The figures of the file."""
    for row in pages.page().iterfind(".//dl/div"):
        label, told = (plain(part.text_content()) for part in row)
        name = MEMBERS.get(label)
        if name is None or pd.isna(value := client.facts[name]) or isinstance(value, str):
            continue
        if name in AMOUNTS:
            tally.add("amounts of the file, euros", number(told), value / UNIT, 0.5)
        elif name == "DAYS_EMPLOYED" and value != NO_JOB:
            days = re.search(r"\((\d+) jours?\)", told)
            tally.add("days of employment", float(days[1] if days else number(told)), -value, 0)
        elif name.startswith("EXT_"):
            tally.add("external scores of the file", number(told.split(" ")[0]), value, 0.005)
        elif name == "OWN_CAR_AGE":
            tally.add("age of the car, years", number(told) if "moins" not in told else 0, value, 0)


def _compared_with(tally: Tally, pages: Pages, client: Client) -> None:
    """The comparisons with all clients, one figure after the other."""
    form = pages.page("/comparaison")
    for name in form.xpath(".//select[@name='donnee']//option/@value"):
        page = pages.page(f"/comparaison?donnee={name}")
        lead = next(plain(text.text_content()) for text in page.iterfind(".//p") if figure_or_absent(text))
        if name in client.own.names:
            if not _absent(lead):
                _other_clients(tally, lead, client)
            _spread(tally, pages, client, name, plain(page.text_content()))


def figure_or_absent(paragraph: html.HtmlElement) -> bool:
    """Whether a paragraph compares, or says that there is nothing to compare."""
    said = plain(paragraph.text_content())
    return compared(said) is not None or _absent(said)


def _absent(said: str) -> bool:
    return said.startswith("La donnée est absente") or "donc sans valeur" in said


def _spread(tally: Tally, pages: Pages, client: Client, name: str, said: str) -> None:
    """The two tables of a comparison: clients by bin or category, and their default rates."""
    query = f"?donnee={name}&avec=&groupe=tous"
    values = client.own.clients[name]
    known = client.own.clients[_compared(values)]
    shape = pages.sheet(f"/comparaison/graphiques/repartition.csv{query}")
    rates = pages.sheet(f"/comparaison/graphiques/difficultes.csv{query}")
    rates = [row for row in rates if row[0] != "Ensemble"]
    outcomes = known[known["TARGET"].notna()]
    if not pd.api.types.is_numeric_dtype(values):
        _categories(tally, shape, rates, known[name], outcomes, name)
        return
    for row in shape:
        if not re.search(r"\d", row[0]):
            absent = (
                len(values) - len(known) if not row[0].startswith("Donnée absente") else values.isna().sum()
            )
            tally.add("clients without a value", float(row[1]), absent, 0, f"{name} {row[0]}")
            continue
        inside = _inside(plain(row[0]), known[name], name)
        tally.add("clients in a bin", float(row[1]), inside.sum(), 0, f"{name} {row[0]}")
        tally.add("share of a bin", _decimal(row[2]), inside.mean(), 1e-5, f"{name} {row[0]}")
    for row in rates:
        late = outcomes["TARGET"][_inside(plain(row[0]), outcomes[name], name)]
        _rate(tally, row, late, name)
    found = re.search(r"la valeur est de ([^;]*?) ;", said)
    if found and name in AMOUNTS:
        middle = known[name].median() / UNIT
        tally.add("medians of amounts, euros", number(found[1]), middle, 0.5, name)


def _categories(
    tally: Tally, shape: Table, rates: Table, values: pd.Series, outcomes: pd.DataFrame, name: str
) -> None:
    """Tables by category: in the order of their sizes, whatever their names."""
    for row, count in zip(shape, values.value_counts(), strict=True):
        tally.add("clients in a category", float(row[1]), count, 0, f"{name} {row[0]}")
        tally.add("share of a category", _decimal(row[2]), count / len(values), 1e-5, f"{name} {row[0]}")
    late = {(len(one), int(one.sum())) for _, one in outcomes.groupby(name)["TARGET"]}
    for row in rates:
        fitting = [one for one in late if one[0] == int(row[1])]
        assert fitting, (name, row)
        if row[2]:
            rate = min((one[1] / one[0] for one in fitting), key=lambda rate: abs(rate - _decimal(row[2])))
            tally.add("default rate of a bin or category", _decimal(row[2]), rate, 1e-5, f"{name} {row[0]}")


def _rate(tally: Tally, row: list[str], late: pd.Series, name: str) -> None:
    where = f"{name} {row[0]}"
    tally.add("clients of known outcome in a bin", float(row[1]), len(late), 0, where)
    if not row[2]:
        return
    rate, size, z = float(late.mean()), len(late), 1.959964
    tally.add("default rate of a bin or category", _decimal(row[2]), rate, 1e-5, where)
    middle = (rate + z * z / (2 * size)) / (1 + z * z / size)
    reach = z / (1 + z * z / size) * math.sqrt(rate * (1 - rate) / size + (z / (2 * size)) ** 2)
    for told, edge in zip(re.findall(r"\d+,\d+", row[3]), (middle - reach, middle + reach), strict=True):
        tally.add("edges of its interval, percent", _decimal(told), 100 * edge, 0.05, where)


def _inside(text: str, values: pd.Series, name: str) -> pd.Series:
    """Whose value a bin holds, by its French name."""
    text = text.removesuffix(" (ce client)")
    scale = UNIT if name in AMOUNTS else 1
    values = -values / 365.25 if name == "DAYS_EMPLOYED" else values
    edges = [float(one.replace(",", ".")) for one in re.findall(r"\d+(?:,\d+)?", text)]
    edges = [scale * edge / (100 if "%" in text else 1) for edge in edges]
    whole = name == "OWN_CAR_AGE"
    if text.startswith("Moins de"):
        return values < edges[0]
    if text.endswith("et plus"):
        return values >= edges[0]
    if len(edges) == 1:
        return values == edges[0]
    if not edges:
        raise ValueError(f"{name}: not a bin: {text!r}")
    return (values >= edges[0]) & (values <= edges[1] if whole else values < edges[1])


def _levers(tally: Tally, pages: Pages, client: Client) -> None:
    """The changes that are proposed: the score of what their table says."""
    for table in before_after(pages.page("/leviers")):
        facts, now = client.facts.copy(), client.facts
        for label, name in LABELS.items():
            if label in table:
                told = number(table[label][1]) * UNIT
                facts[name] = now[name] if abs(told - now[name]) < UNIT else told
        months = next((pair for label, pair in table.items() if "÷ mensualité" in label), None)
        if months or ("Montant du crédit" in table and not pd.isna(now["AMT_ANNUITY"])):
            term = number(months[1]) if months else now["CREDIT_TERM"]
            facts["AMT_ANNUITY"] = round(facts["AMT_CREDIT"] / term)
        if "Prix du bien à financer" in table:
            price = now["AMT_GOODS_PRICE"] * facts["AMT_CREDIT"] / now["AMT_CREDIT"]
            near = abs(price - facts["AMT_GOODS_PRICE"]) < UNIT
            facts["AMT_GOODS_PRICE"] = round(price) if near else facts["AMT_GOODS_PRICE"]
        told = number(table["Score, en points"][1])
        tally.add(
            "scores of changes proposed", told, math.floor(points(client.own.margin(facts.to_dict()))), 0
        )


def _amounts(tally: Tally, pages: Pages, client: Client) -> None:
    """The curve of the score by amount."""
    now = client.facts
    for amount, score, chance, _ in pages.sheet("/leviers/graphiques/montant.csv"):
        facts = now.copy()
        facts["AMT_CREDIT"] = _decimal(amount) * UNIT
        if abs(facts["AMT_CREDIT"] - now["AMT_CREDIT"]) <= UNIT / 100:
            facts = now.copy()  # the table is to the cent
        for name in ("AMT_ANNUITY", "AMT_GOODS_PRICE"):
            if abs(facts["AMT_CREDIT"] - now["AMT_CREDIT"]) > 0.5:
                facts[name] = _cents(now[name] * facts["AMT_CREDIT"] / now["AMT_CREDIT"])
        margin = client.own.margin(facts.to_dict())
        tally.add("scores by amount", float(score), math.floor(points(margin)), 0, amount)
        tally.add("probabilities by amount", _decimal(chance), probability(margin), 1e-5, amount)


def _cents(amount: float) -> float:
    return amount if math.isnan(amount) else round(amount)


def _simulated(tally: Tally, pages: Pages, client: Client) -> None:
    """A simulation of another amount and another income."""
    changes = {
        "amt_credit": 0.93 * client.facts["AMT_CREDIT"],
        "amt_income_total": 1.1 * client.facts["AMT_INCOME_TOTAL"],
    }
    facts, typed = client.facts.copy(), {}
    for name, raw in changes.items():
        shown = round(raw / UNIT)
        facts[FORM[name]], typed[name] = shown * UNIT, str(shown)
    page = pages.simulated(typed)
    (table,) = before_after(page)
    margin = client.own.margin(facts.to_dict())
    tally.add("simulated scores", number(table["Score, en points"][1]), math.floor(points(margin)), 0)
    told = next(pair for label, pair in table.items() if label.startswith("Probabilité"))[1]
    tally.add("simulated probabilities, percent", 100 * number(told), 100 * probability(margin), 0.5)


def _sheet(tally: Tally, pages: Pages, client: Client) -> None:
    """The meeting sheet: its score, frequency and reasons, and those of the client page."""
    page = pages.page("/entretien")
    said = plain(page.text_content())
    tally.add("scores of the sheet", _number_after(said, "Votre score est de "), client.points, 0)
    if found := re.search(r"environ (\d+) ont payé en retard .*?, et (\d+) non", said):
        tally.add(
            "late people of 100 on the sheet", float(found[1]), 100 * client.own.rate(client.margin), 1.0
        )
        tally.add("late and other people of 100, less 100", float(found[1]) + float(found[2]), 100, 0)
    page_effects = [_effect(sentence) for sentence in sentences(pages.page())]
    for sentence in sentences(page):
        effect = _effect(sentence)
        tally.add("effects on the sheet that the client page does not have", effect not in page_effects, 0, 0)


def _effect(sentence: str) -> float:
    found = re.search(r"Cela (ajoute|retire) (\d+) point", sentence)
    assert found, sentence
    return float(found[2]) * (1 if found[1] == "ajoute" else -1)


def _gain(margin: float) -> float:
    return -margin * 20 / math.log(2)


def _decimal(text: str) -> float:
    return float(text.replace(",", ".").replace("−", "-"))


def _groups(pattern: str, text: str) -> tuple[str, ...]:
    found = re.search(pattern, text)
    assert found, (pattern, text[:300])
    return found.groups()


def _number_after(text: str, words: str) -> float:
    found = re.search(words + r"(−?\d+(?:,\d+)?(?: %)?)", text)
    assert found, (words, text[:300])
    return number(found[1])
