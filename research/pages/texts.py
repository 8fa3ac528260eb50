"""The page of the texts: methods, what they lean on, how many products they need, and photos beside them."""

from __future__ import annotations

from functools import partial
from typing import Any

from research.blocks import Block, Files, figure, listing, notice, page, paragraph, section, table
from research.charts import size_chart
from research.findings import Findings, test_accuracy
from research.pages.comparing import (
    LEVEL,
    best_of,
    compared,
    label,
    left_out,
    pair_of,
    reading,
    scored,
)
from research.pages.photos import accuracy_figure, method_table
from research.wording import (
    elided,
    gap,
    interval,
    number,
    p_value,
    percent,
    shortened,
    signed,
    signed_interval,
)
from research.wording import listing as enumeration


def page_of(found: Findings, files: Files) -> Block:
    """The page of the texts."""
    names = reading(found, "text")
    return page(
        "textes",
        "Textes",
        title(found),
        "reconnaître un produit à son nom et à sa description",
        "Les méthodes qui lisent le nom et la description d’un produit : exactitudes, tests, ce sur quoi "
        "elles s’appuient, combien de produits il leur faut, et ce que la photo leur ajoute.",
        _lead(found),
        [
            section("methodes", "Les méthodes", *_methods(found, names, files)),
            section("ecarts", "Quels écarts sont sûrs ?", _pairs(found, names)),
            section("appui", "S’appuient-elles sur des textes recopiés ?", *_leaning(found.texts)),
            section("sans", "Que reste-t-il sans les mots qui trahissent ?", *_stripped(found.texts)),
            section("ensemble", "Le texte et la photo ensemble", *_fusion(found)),
            section("apprentissage", "Combien de produits faut-il ?", *_curves(found.texts, files)),
        ],
    )


def title(found: Findings) -> str:
    """What the best method of texts recognises, beside the best network."""
    text, photo = best_of(found, "text"), best_of(found, "photo")
    if text and photo:
        return compared(found, text, photo)
    if text:
        return f"{label(found, text)} reconnaît {percent(test_accuracy(found, text)[0])} des produits"
    return "Les textes n’ont pas été mesurés pour ce rapport"


def _lead(found: Findings) -> list[str]:
    text = best_of(found, "text")
    if text is None:
        return [
            "Pour les mesurer, il faut des descriptions dans le catalogue, puis « python -m research train "
            "--config tfidf » et « python -m research evaluate ».",
            *left_out(found),
        ]
    return [f"{scored(found, text)}.", *left_out(found)]


def _methods(found: Findings, names: list[str], files: Files) -> list[Block]:
    if not names:
        return []
    return [
        method_table(found, names, "Exactitude des méthodes de texte"),
        accuracy_figure(found, files, names, "exactitude-textes", "Exactitude des méthodes de texte"),
    ]


def _pairs(found: Findings, names: list[str]) -> Block | None:
    rows = []
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            if pair := pair_of(found, first, second):
                p = "moins de 0,001" if pair["p"] < 0.001 else number(pair["p"], 3)
                sure = "oui" if pair["p"] < LEVEL else "non"
                both = f"{label(found, first)} et {label(found, second)}"
                rows.append([both, number(pair["only_first"]), number(pair["only_second"]), p, sure])
    if not rows:
        return None
    return table(
        "Tests de McNemar : produits que l’une des deux méthodes de texte est seule à reconnaître",
        ("Méthodes", "Première seule", "Seconde seule", "Probabilité d’un tel écart par hasard", "Écart sûr"),
        rows,
    )


def verdict(low: float, high: float) -> int:
    """1 where an interval of a difference is all above zero, −1 where all below, else 0."""
    return 1 if low > 0 else -1 if high < 0 else 0


def _leaning(texts: dict[str, Any] | None) -> list[Block]:
    """What accuracy owes to copied texts: the same work on folds that split them, or keep templates whole."""
    if not texts or not texts["leaning"]:
        return []
    lines, rows = [], []
    for method in texts["leaning"]:
        for split in method["splits"]:
            common = split["key"] == "common"
            rows.append(
                [
                    method["label"],
                    split["label"],
                    percent(split["accuracy"]),
                    interval(*split["interval"]),
                    "sans objet" if common else signed(split["difference"]),
                    "sans objet" if common else signed_interval(*split["difference_interval"]),
                ]
            )
            if not common:
                lines.append(_leant(method, split))
        if line := _twins(method):
            lines.append(line)
    lines += [_situation(one) for one in texts.get("added", [])]
    return [
        paragraph(
            "Un texte recopié d’une fiche à l’autre se reconnaît sans se comprendre. Le découpage commun "
            "garde donc du même côté les textes presque identiques. Le même travail est refait deux fois : "
            "en les laissant se séparer, puis en gardant ensemble des modèles entiers de fiches."
        ),
        listing(*lines),
        table(
            "Exactitude au test selon le découpage",
            (
                "Méthode",
                "Découpage",
                "Exactitude",
                "Intervalle à 95 %",
                "Différence",
                "Intervalle de la différence",
            ),
            rows,
            words=2,
        ),
    ]


def _leant(method: dict[str, Any], split: dict[str, Any]) -> str:
    side = verdict(*split["difference_interval"])
    told = f"{method['label']}, {_lower(split['label'])} : {percent(split['accuracy'])}"
    around = signed_interval(*split["difference_interval"])
    if side < 0:
        # What reads photos too may lose or win by those: shops that copy a text take like photos.
        leaned = method["name"] == "text" and split["key"] == "template"
        why = " : la méthode s’appuyait sur ces textes" if leaned else ""
        return f"{told}, soit {gap(split['difference'])} de moins ({around}){why}."
    if side > 0:
        copied = method["name"] == "text" and split["key"] == "photos"
        why = " : des textes appris y sont testés presque tels quels" if copied else ""
        return f"{told}, soit {gap(split['difference'])} de plus ({around}){why}."
    return f"{told} ; l’écart ({around}) n’est pas distinct du hasard."


def _twins(method: dict[str, Any]) -> str:
    twin, alone = method["twin"], method["alone"]
    if not (twin["products"] and alone["products"]):
        return ""
    return (
        f"{method['label']}, quand les textes presque identiques se séparent : {percent(twin['accuracy'])} "
        f"sur les {number(twin['products'])} produits dont un tel texte est alors appris, "
        f"{percent(alone['accuracy'])} sur les {number(alone['products'])} autres."
    )


def _stripped(texts: dict[str, Any] | None) -> list[Block]:
    """What is left of the accuracy once telling words are taken away."""
    if not texts or not texts["stripped"]:
        return []
    rows, lines = [], []
    for one in texts["stripped"]:
        whole = one["key"] == "whole"
        rows.append(
            [
                one["label"],
                percent(one["accuracy"]),
                interval(*one["interval"]),
                "sans objet" if whole else signed(one["difference"]),
                "sans objet" if whole else signed_interval(*one["difference_interval"]),
                "sans objet" if whole else ("moins de 0,001" if one["p"] < 0.001 else number(one["p"], 3)),
            ]
        )
        if not whole:
            side = verdict(*one["difference_interval"])
            lost = (
                f"l’exactitude {'perd' if side < 0 else 'gagne'} {gap(one['difference'])}"
                if side
                else "aucun effet distinct du hasard"
            )
            lines.append(f"{one['label']} : {lost} ({signed_interval(*one['difference_interval'])}).")
    examples = [
        [one["label"], shortened(one["example"], 110)] for one in texts["stripped"] if one.get("example")
    ]
    shown = (
        table(
            "Ce qui reste d’un texte, un exemple à chaque fois",
            ("Texte", "Exemple"),
            examples,
            words=2,
            english=("Exemple",),
        )
        if examples
        else None
    )
    return [
        listing(*lines),
        table(
            "Exactitude de TF-IDF selon ce qui est retiré du texte",
            ("Texte", "Exactitude", "Intervalle à 95 %", "Différence", "Intervalle de la différence",
             "Probabilité d’un tel écart par hasard"),
            rows,
        ),
        *([shown] if shown else []),
    ]  # fmt: skip


def gains(found: Findings) -> list[dict[str, Any]]:
    """What each way of adding the photo to the best text gains over it, as measured; none without texts."""
    return list(found.texts["fusion"]["gains"]) if found.texts and found.texts.get("fusion") else []


def gain_sentence(found: Findings, gain: dict[str, Any]) -> str:
    """Whether a fusion does better than text alone, worse, or neither: from its interval."""
    name, against = f"« {label(found, gain['name'])} »", label(found, gain["against"])
    told = f"{signed(gain['difference'])}, intervalle à 95 % {signed_interval(*gain['difference_interval'])}"
    side = verdict(*gain["difference_interval"])
    if side > 0:
        return f"{name} fait mieux {elided('que', against)} seul ({told})."
    if side < 0:
        return f"{name} fait moins bien {elided('que', against)} seul ({told})."
    return f"{name} ne fait ni mieux ni moins bien {elided('que', against)} seul, au hasard près ({told})."


def _fusion(found: Findings) -> list[Block]:
    """What the photo adds to the text."""
    measured = gains(found)
    if not measured or not found.texts:
        return []
    fusion = found.texts["fusion"]
    rows = [
        [
            label(found, gain["name"]),
            percent(test_accuracy(found, gain["name"])[0]),
            signed(gain["difference"]),
            signed_interval(*gain["difference_interval"]),
            number(gain["only_first"]),
            number(gain["only_second"]),
        ]
        for gain in measured
    ]
    sides = [verdict(*gain["difference_interval"]) for gain in measured]
    if any(side > 0 for side in sides):
        conclusion = "La photo ajoute quelque chose au texte, au moins d’une de ces façons."
    elif all(side < 0 for side in sides):
        conclusion = "De toutes ces façons, ajouter la photo au texte fait perdre en exactitude."
    else:
        conclusion = "D’aucune de ces façons la photo n’ajoute au texte un gain distinct du hasard."
    best = max((gain["name"] for gain in measured), key=lambda name: test_accuracy(found, name)[0])
    value, target = test_accuracy(found, best)[0], float(fusion["target"])
    reached = "atteint" if value >= target else f"manqué de {gap(target - value)}"
    blocks = [
        notice(conclusion),
        listing(*(gain_sentence(found, gain) for gain in measured)),
        table(
            f"Ce que la photo ajoute à {label(found, measured[0]['against'])}, sur les mêmes produits",
            ("Méthode", "Exactitude", "Différence", "Intervalle de la différence", "Seule à reconnaître",
             "Texte seul à reconnaître"),
            rows,
        ),
        paragraph(
            f"Objectif de {percent(target)}, fixé avant de mesurer : {reached} par « {label(found, best)} » "
            f"({percent(value)}). Les poids et le seuil sont appris sans le tirage testé."
        ),
    ]  # fmt: skip
    if nested := fusion.get("nested"):
        blocks.append(paragraph(_nested(nested)))
    return blocks


def _nested(nested: dict[str, Any]) -> str:
    side, around = verdict(*nested["difference_interval"]), signed_interval(*nested["difference_interval"])
    kind = "un gain" if side > 0 else "une perte" if side < 0 else "un écart qui n’est pas distinct du hasard"
    return (
        f"Vérification, tout étant appris de nouveau hors du tirage testé : {percent(nested['text'])} pour "
        "le texte, "
        f"{percent(nested['both'])} avec la photo, soit {kind} ({around} ; "
        "test de McNemar, "
        f"probabilité {p_value(nested['p'])})."
    )


def _curves(texts: dict[str, Any] | None, files: Files) -> list[Block]:
    """How accuracy grows with the products learnt from, and when the photo helps."""
    if not texts or not texts.get("curves"):
        return []
    curves = texts["curves"]
    series = {one["label"]: one["points"] for one in curves["series"]}
    by_key = {one["key"]: one["points"] for one in curves["series"]}
    sentence = _when(by_key, curves["sizes"])
    rows = []
    for place, size in enumerate(curves["sizes"]):
        cells = [f"{percent(points[place]['accuracy'])}" for points in series.values()]
        rows.append([number(size), *cells])
    blocks = [
        figure(
            files, "apprentissage-par-taille", partial(size_chart, series),
            "Exactitude selon le nombre de produits appris", sentence,
            f"Une courbe par méthode, dans son intervalle. {sentence}",
            table(
                "Exactitude moyenne selon le nombre de produits appris", ("Produits appris", *series), rows
            ),
            short="taille d’apprentissage", look="une courbe par méthode, dans son intervalle",
        )
    ]  # fmt: skip
    if situations := curves.get("situations"):
        blocks += [
            listing(*(_situation(one) for one in situations)),
            table(
                "Quand la photo aide : exactitude selon ce que le texte contient",
                ("Texte", "Texte seul", "Intervalle à 95 %", "Photo seule", "Texte et photo", "Différence",
                 "Intervalle de la différence"),
                [
                    [
                        one["label"], percent(one["text"]), interval(*one["text_interval"]),
                        percent(one["photo"]), percent(one["both"]), signed(one["difference"]),
                        signed_interval(*one["difference_interval"]),
                    ]
                    for one in situations
                ],
            ),
        ]  # fmt: skip
    return blocks


def _when(series: dict[str, list[dict[str, Any]]], sizes: list[int]) -> str:
    """Up to how many products photos beat texts, as far as their intervals tell them apart."""
    if not {"text", "photo"} <= series.keys():
        return "L’exactitude est mesurée sur les mêmes produits du test à chaque taille."
    text, photo = series["text"], series["photo"]
    ahead = [
        1 if one["low"] > other["high"] else -1 if one["high"] < other["low"] else 0
        for one, other in zip(text, photo, strict=True)
    ]
    if all(side > 0 for side in ahead):
        return f"Le texte devance la photo à toutes les tailles, dès {number(sizes[0])} produits."
    if all(side < 0 for side in ahead):
        return f"La photo devance le texte à toutes les tailles, jusqu’à {number(sizes[-1])} produits."
    parts = []
    for side, told in ((-1, "la photo devance le texte"), (1, "le texte devance la photo")):
        where = [number(size) for size, found in zip(sizes, ahead, strict=True) if found == side]
        if where:
            parts.append(f"{told} à {enumeration(where)} produits")
    if not parts:
        return "À aucune taille l’intervalle du texte et celui de la photo ne se séparent."
    told = " ; ".join(parts)
    rest = "ailleurs, leurs intervalles se recouvrent" if 0 in ahead else ""
    return f"{told[0].upper()}{told[1:]}{f' ; {rest}' if rest else ''}."


def caveats(found: Findings) -> list[str]:
    """Where text must not be trusted alone: templates that were never seen, and texts that say little."""
    measured = found.texts or {}
    told = []
    rows = {method["name"]: method for method in measured.get("leaning", [])}
    kept = {
        name: next((one for one in method["splits"] if one["key"] == "template"), None)
        for name, method in rows.items()
    }
    text = kept.get("text")
    if text and verdict(*text["difference_interval"]) < 0:
        names = {"text": "le texte", "photo": "la photo", "both": "les deux côte à côte"}
        scores = [
            f"{names[name]} {percent(one['accuracy'])} ({interval(*one['interval'])})"
            for name, one in kept.items()
            if one and name in names
        ]
        told.append(
            "Le texte s’appuie sur les modèles de fiches des boutiques. Devant des modèles jamais appris : "
            f"{', '.join(scores)}."
        )
    unseen = [
        one | {"label": "Fiche d’un modèle jamais appris"}
        for one in measured.get("added", [])
        if one["key"] == "template"
    ]
    situations = (measured.get("curves") or {}).get("situations", [])
    helped = [
        f"{_lower(one['label'])} (gain de {gap(one['difference'])})"
        for one in (*unseen, *situations)
        if verdict(*one["difference_interval"]) > 0
    ]
    if helped:
        cases = "ce cas" if len(helped) == 1 else "ces cas"
        told.append(f"La photo reste utile dans {cases} : {', '.join(helped)}.")
    return told


def _situation(one: dict[str, Any]) -> str:
    side = verdict(*one["difference_interval"])
    around = signed_interval(*one["difference_interval"])
    if side > 0:
        told = f"ajouter la photo fait gagner {gap(one['difference'])} ({around})"
    elif side < 0:
        told = f"ajouter la photo fait perdre {gap(one['difference'])} ({around})"
    else:
        told = f"ajouter la photo n’a pas d’effet distinct du hasard ({around})"
    return f"{one['label']} : {told}."


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
