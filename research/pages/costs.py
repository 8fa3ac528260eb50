"""The page of the costs: what every method takes to learn and to answer, and what that buys."""

from __future__ import annotations

from functools import partial
from typing import Any

from research.blocks import Block, Files, figure, page, paragraph, section, table
from research.charts import cost_chart
from research.findings import Findings
from research.pages.comparing import best_of
from research.wording import HARD_SPACE, elided, interval, number, percent

#: Two costs nearer than this are told as about the same: times move as much from one run to the next.
ALIKE = 1.2
_UNKNOWN = "non mesuré"


def page_of(found: Findings, files: Files) -> Block:
    """The page of the costs."""
    rows = method_costs(found)
    timed = [row for row in rows if row["use_seconds"]]
    weighed = _weighed(found, timed)
    sentence = ratio_sentence(*weighed) if len(weighed) == 2 else ""
    return page(
        "cout",
        "Coût",
        sentence.rstrip(".") or "Le temps et la mémoire n’ont pas été mesurés",
        "coût de la veille",
        "Temps, mémoire et paramètres de chaque méthode, pour apprendre et pour répondre, et ce que "
        "l’exactitude coûte.",
        ["Temps mesurés sur une machine partagée : ils ne valent que comparés entre eux."] if timed else [],
        [
            section("methodes", "Toutes les méthodes", *_methods(rows, files)),
            section("reseaux", "Les réseaux de photos en détail", *_networks(found)),
            section("b7", "EfficientNet-B7, de bout en bout", *_sample(found)),
        ],
    )


def method_costs(found: Findings) -> list[dict[str, Any]]:
    """The cost of each method whose time was measured, best accuracy first; unknown values are ``None``."""
    rows = [row for row in found.method_costs if row["use_seconds"] or row["parameters"]]
    return sorted(rows, key=lambda row: -row["accuracy"])


def row_of(found: Findings, name: str) -> dict[str, Any] | None:
    """The row of a method in :func:`method_costs`, if its time was measured."""
    return next((row for row in method_costs(found) if row["name"] == name and row["use_seconds"]), None)


def use_seconds(found: Findings, name: str) -> float | None:
    """Seconds that a method takes to answer for one product, if that was measured."""
    row = row_of(found, name)
    return float(row["use_seconds"]) if row else None


def seconds_ratio(found: Findings, slow: str, quick: str) -> float:
    """How many times longer one method takes than another, both measured."""
    first, second = row_of(found, slow), row_of(found, quick)
    assert first
    assert second
    return float(first["use_seconds"] / second["use_seconds"])


def seconds(value: float | None) -> str:
    """A time on the scale that suits it, in words that voices read: « 2,3 millisecondes », « 12 minutes »."""
    if value is None:
        return _UNKNOWN
    if value < 0.1:
        thousandths = value * 1000
        digits = 0 if value >= 0.01 else 1 if value >= 0.001 else 2
        return _timed(thousandths, digits, "milliseconde")
    if value < 120:
        return _timed(value, 2 if value < 1 else 1 if value < 10 else 0, "seconde")
    return _timed(value / 60, 0, "minute")


def _timed(value: float, digits: int, unit: str) -> str:
    return f"{number(value, digits)}{HARD_SPACE}{unit}{'s' if round(value, digits) >= 2 else ''}"


def times(ratio: float) -> str:
    """``2.24`` → « 2,2 » ; ``153.2`` → « 153 »."""
    return number(ratio, 1 if ratio < 10 else 0)


def ratio_sentence(quick: dict[str, Any], slow: dict[str, Any]) -> str:
    """How many times longer one method takes than another, both rows of :func:`method_costs`."""
    ratio = slow["use_seconds"] / quick["use_seconds"]
    if ratio < ALIKE:
        return f"{quick['label']} et {slow['label']} répondent à peu près aussi vite."
    return f"{quick['label']} répond {times(ratio)} fois plus vite {elided('que', slow['label'])}."


def _weighed(found: Findings, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The two methods that a reader chooses from, quickest first: text and photo, else the two networks."""
    timed = [row["name"] for row in rows if row["reads"] == "text"]
    for names in ([*timed[:1], best_of(found, "photo")], found.leading):
        pair = [row for row in rows if row["name"] in names]
        if len(pair) == 2:
            return sorted(pair, key=lambda row: row["use_seconds"])
    return []


def _methods(rows: list[dict[str, Any]], files: Files) -> list[Block]:
    if not rows:
        return [paragraph("Le temps et la mémoire n’ont pas été mesurés pour ce rapport.")]
    cells = [
        [
            row["label"],
            _READS[row["reads"]],
            percent(row["accuracy"]),
            interval(*row["interval"]),
            seconds(row["train_seconds"]),
            seconds(row["use_seconds"]),
            _gigabytes(row["memory_training"]),
            _gigabytes(row["memory_use"]),
            _millions(row["parameters"]),
        ]
        for row in rows
    ]
    told = table(
        "Ce que coûte chaque méthode, et ce qu’elle reconnaît",
        ("Méthode", "Lit", "Exactitude", "Intervalle à 95 %", "Apprendre", "Répondre, par produit",
         "Mémoire pour apprendre", "Mémoire pour répondre", "Paramètres (millions)"),
        cells, words=2,
    )  # fmt: skip
    timed = [row for row in rows if row["use_seconds"]]
    explained = paragraph(
        "Répondre : le temps de lire un produit, seul. Apprendre : une fois, sur les produits "
        "d’apprentissage et de "
        "validation, caractéristiques comprises. Un réseau de photos répond en moyennant plusieurs vues, "
        "toutes comptées ici. Mémoire : celle du programme entier."
    )
    return [told, explained, _chart(timed, files)] if timed else [told, explained]


_READS = {"text": "texte", "photo": "photo", "both": "texte et photo", "nothing": "rien"}


def _chart(rows: list[dict[str, Any]], files: Files) -> Block:
    """Accuracy against the time of one answer; the best buys are those that nothing quicker matches."""
    ranked = sorted(rows, key=lambda row: (row["use_seconds"], -row["accuracy"]))
    bought: list[dict[str, Any]] = []
    for row in ranked:
        if not bought or row["accuracy"] > bought[-1]["accuracy"]:
            bought.append(row)
    names = [f"{row['label']} ({percent(row['accuracy'])}, {seconds(row['use_seconds'])})" for row in bought]
    sentence = (
        "Du plus rapide au plus lent, seules ces méthodes ont une exactitude mesurée plus haute que toutes "
        "celles qui "
        f"répondent plus vite : {', '.join(names)}."
        if len(bought) > 1
        else f"Aucune méthode plus lente n’a d’exactitude mesurée plus haute que {names[0]}."
    )
    points = [
        (row["label"], row["reads"], float(row["use_seconds"]), float(row["accuracy"])) for row in ranked
    ]
    alternative = " ; ".join(f"{name} {percent(value)} en {seconds(time)}" for name, _, time, value in points)
    return figure(
        files, "exactitude-et-cout", partial(cost_chart, points),
        "Exactitude selon le temps d’une réponse", sentence, alternative,
        table(
            "Exactitude et temps de réponse par produit, du plus rapide au plus lent",
            ("Méthode", "Lit", "Temps par produit", "Exactitude"),
            [[name, _READS[reads], seconds(time), percent(value)] for name, reads, time, value in points],
            words=2,
        ),
        short="exactitude et coût", look="une marque par méthode, temps en échelle logarithmique",
    )  # fmt: skip


def _gigabytes(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{number(value / 1e9, 2)}{HARD_SPACE}Go"


def _millions(value: float | None) -> str:
    if value is None:
        return _UNKNOWN
    return number(value / 1e6, 2 if value < 1e6 else 1)


def _networks(found: Findings) -> list[Block]:
    """The measures of each network, and how they were taken."""
    if not found.costs:
        return []
    rows = [
        [
            f"{cost['label']}, {cost['size']} px",
            number(cost["parameters"]["base"] / 1e6, 1),
            number(cost["parameters"]["opened"] / 1e6, 1),
            number(cost["flops"] / 1e9, 1),
            number(cost["inference_seconds"], 3),
            number(cost["opened_training_seconds"], 3),
            number((cost["memory_inference"] - cost["memory_before"]) / 1e9, 2),
            number((cost["memory_training"] - cost["memory_before"]) / 1e9, 2),
        ]
        for cost in found.costs
    ]
    return [
        table(
            "Ce que coûte chaque réseau",
            ("Réseau", "Paramètres (millions)", "dont ouverts (millions)",
             "Opérations par photo (milliards)",
             "Lecture (s par photo)", "Pas d’affinage (s par photo)", "Mémoire, lecture (Go)",
             "Mémoire, affinage (Go)"),
            rows,
        ),
        paragraph(
            "Opérations : deux fois les multiplications-additions des convolutions, comptées sur le "
            "graphe. Temps : le plus court de trois passages, sur une machine partagée. Mémoire : ce "
            "que le réseau ajoute à celle du programme qui l’attend."
        ),
    ]  # fmt: skip


def _sample(found: Findings) -> list[Block]:
    """How long B7's own path takes, as far as it was gone with random weights."""
    return [
        paragraph(
            f"EfficientNet-B7 à {row['size']} px, poids tirés au hasard, dix photos par catégorie : une "
            "époque de chaque phase menée à terme en "
            f"{number(sum(map(float, row['seconds'].values())), 1)} secondes "
            "(caractéristiques déjà calculées)."
        )
        for row in found.sample
    ]
