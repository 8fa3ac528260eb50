"""The pages of the explanations: what photos and words speak for a category, and a page for each category."""

from __future__ import annotations

import re
import unicodedata
from functools import partial
from typing import Any

from research.blocks import Block, Files, figure, gallery, listing, page, paragraph, section, subtitle, table
from research.catalog import CATEGORIES
from research.charts import word_chart, words_deleted_chart
from research.explained import survey_table
from research.findings import Findings
from research.pages.comparing import best_of
from research.wording import (
    NAMES,
    count,
    describe_answer,
    elided,
    english,
    interval,
    number,
    percent,
    quoted,
    shortened,
    signed_number,
)
from research.wording import listing as enumeration

SLUG = "explications"
#: A word that adds less than this share of the strongest one of its text is left plain.
FAINT = 0.08
#: Shares of the strongest word from which a word is marked as strong, and as very strong.
STEPS = (0.3, 0.65)
_MAPS = (
    "Une carte SHAP répond à la question : si l’on cachait cette zone, la catégorie deviendrait-elle moins "
    "probable ? "
    "En rouge, entouré d’un trait plein : ce qui parle pour la catégorie. En bleu, hachuré et entouré de "
    "tirets : ce "
    "qui parle contre. Sans contour, l’effet est faible. Une zone cachée est peinte en blanc, comme le "
    "fond des photos."
)
_WORDS = (
    "Un mot souligné d’un trait plein parle pour la réponse, souligné de tirets contre elle ; plus le "
    "trait est épais et "
    "le mot gras, plus il compte. Les mots sans trait comptent peu."
)


def pages(found: Findings, told: dict[str, dict[str, Any]], files: Files) -> list[Block]:
    """The page of the explanations, then one of each category; ``told`` as in :mod:`research.explained`."""
    shown = [told[name] for name in reversed(found.leading) if name in told]
    lead = [
        "Chaque catégorie a sa page, avec les cartes de ses photos"
        + (" et les mots qui parlent pour elle." if found.words else ".")
    ]
    if found.words is None:
        lead.append("Les mots des textes n’ont pas été expliqués pour ce rapport.")
    if not shown:
        lead.append("Les cartes des photos n’ont pas été dessinées pour ce rapport.")
    overview = page(
        SLUG,
        "Explications",
        _title(found, shown),
        "explications de la veille",
        "Ce que les réseaux regardent sur les photos, les mots qui comptent dans les textes, et si ces "
        "explications sont "
        "fidèles à ce qui fait vraiment changer la réponse.",
        lead,
        [
            section("mots", "Les mots qui comptent", *_deleted(found.words, files)),
            *(
                section(
                    f"cartes-{one['config']}", f"Ce {elided('que', one['label'])} regarde", *_network(one)
                )
                for one in shown
            ),
        ],
    )
    details = [_category(found, number_, shown, files) for number_ in range(len(NAMES))]
    return [overview, *(one for one in details if one["sections"])]


def slug_of(name: str) -> str:
    """« Beauté et soins » → « beaute-et-soins »."""
    plain = unicodedata.normalize("NFD", name).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")


def faithful(told: dict[str, Any]) -> bool:
    """Whether hiding and showing what maps point at moves the answer more than a random order does."""
    areas = told["faithfulness"]["areas"]
    return bool(
        areas["deletion"] < areas["deletion_random"] and areas["insertion"] > areas["insertion_random"]
    )


def _title(found: Findings, shown: list[dict[str, Any]]) -> str:
    """Whether the explanations were found to point at what decides."""
    verdicts = [faithful(one) for one in shown]
    if found.words:
        verdicts.append(found.words["deletion"]["drop"]["interval"][0] > 0)
    if not verdicts:
        return "Aucune explication n’est publiée"
    if all(verdicts):
        return "Les explications désignent bien ce qui fait la réponse"
    return "Les explications ne désignent pas toujours ce qui fait la réponse"


def _network(told: dict[str, Any]) -> list[Block]:
    """The mean maps of a network, and whether they are faithful."""
    blocks: list[Block] = []
    if survey := told["survey"]:
        lines = survey["lines"]
        narrow, wide = min(lines, key=lambda line: line["focus"]), max(lines, key=lambda line: line["focus"])
        off = min(lines, key=lambda line: line["product"])
        sentence = (
            f"{quoted(narrow['category'])} est la catégorie reconnue au détail le plus petit (la moitié de "
            f"l’effet tient dans {percent(narrow['focus'], 0)} de la photo) et {quoted(wide['category'])} "
            f"celle reconnue à l’ensemble le plus large ({percent(wide['focus'], 0)})."
        )
        drawn = survey["figure"] | {
            "sentence": sentence,
            "table": survey_table(told["label"], lines)["table"],
        }
        blocks += [
            drawn,
            listing(
                f"La part de l’effet qui tombe sur le produit lui-même est la plus faible pour "
                f"{quoted(off['category'])} : {percent(off['product'], 0)}, le reste étant sur le fond "
                "blanc.",
                f"Ces moyennes portent sur peu de photos ({number(survey['photos'])} en tout) : elles "
                "donnent une tendance, pas une règle.",
            ),
        ]
    return [*blocks, told["faithfulness"]["figure"] | {"sentence": _faithfulness(told)}]


def _faithfulness(told: dict[str, Any]) -> str:
    areas, photos = told["faithfulness"]["areas"], told["faithfulness"]["photos"]
    start = "désignent ce qui compte" if faithful(told) else "ne désignent pas toujours ce qui compte"
    return (
        f"Sur ces {number(photos)} photos, les cartes {start} : en cachant d’abord les zones qu’elles "
        "montrent, la "
        f"probabilité vaut {percent(areas['deletion'], 0)} en moyenne, contre "
        f"{percent(areas['deletion_random'], 0)} dans "
        f"un ordre tiré au hasard ; en les montrant d’abord, {percent(areas['insertion'], 0)}, contre "
        f"{percent(areas['insertion_random'], 0)}."
    )


def _deleted(words: dict[str, Any] | None, files: Files) -> list[Block]:
    """What a word's effect is, and whether taking the strongest words away really changes the answer."""
    if words is None:
        return []
    deletion = words["deletion"]
    drop = deletion["drop"]
    low, high = drop["interval"]
    around = f"écart à 95 % : {lost_interval(low, high)}"
    removed = count(drop["step"], "mot")
    means = (
        f"Sans les {removed} les plus forts, la probabilité de la réponse perd "
        f"{points_lost(drop['strongest'])}, contre "
        f"{points_lost(drop['random'])} sans {removed} tirés au hasard"
    )
    if low > 0:
        sentence = f"Les mots désignés comptent vraiment. {means} ({around})."
    elif high < 0:
        sentence = f"Les mots désignés comptent moins que d’autres. {means} ({around})."
    else:
        sentence = f"On ne peut pas dire que les mots désignés comptent plus que d’autres. {means}."
    rows = [
        [
            number(step),
            percent(strongest["mean"]),
            interval(strongest["low"], strongest["high"]),
            percent(random["mean"]),
            interval(random["low"], random["high"]),
        ]
        for step, strongest, random in zip(
            deletion["steps"], deletion["strongest"], deletion["random"], strict=True
        )
    ]
    return [
        paragraph(
            f"{words['label']} additionne l’effet de chaque mot : la somme, ajoutée à un point de départ, "
            "donne la réponse. Ces effets sont donc exacts ; ils valent pour ce modèle et ce texte, et ne "
            "sont pas des causes."
        ),
        figure(
            files, "mots-retires", partial(words_deleted_chart, deletion["steps"], deletion),
            "Ce qui reste de la réponse quand on retire des mots", sentence,
            f"Deux courbes : mots les plus forts d’abord, mots au hasard. {sentence}",
            table(
                f"Probabilité de la réponse selon les mots retirés, {count(deletion['products'], 'produit')}",
                ("Mots retirés", "Les plus forts", "Intervalle, les plus forts", "Au hasard",
                 "Intervalle, au hasard"),
                rows,
            ),
            short="mots retirés", look="deux courbes, mots les plus forts et mots au hasard",
        ),
    ]  # fmt: skip


def points_lost(share: float) -> str:
    """A loss of probability in points, ``0.31`` → « 31,0 points »."""
    unit = "point" if abs(share) < 0.02 else "points"
    return f"{number(share * 100, 1)} {unit}"


def lost_interval(low: float, high: float) -> str:
    """« de 12,0 à 18,4 points »."""
    return f"de {number(low * 100, 1)} à {points_lost(high)}"


def _category(found: Findings, category: int, shown: list[dict[str, Any]], files: Files) -> Block:
    """The page of one category: its words, explained texts, the maps of its photos."""
    name = NAMES[category]
    sections: list[Block | None] = []
    if found.words:
        sections += [_strongest(found.words, category, files), _texts(found.words, category)]
    intro: list[Block] = [paragraph(_MAPS)]
    for told in shown:
        if maps := _maps(told, category):
            title = f"Les photos vues par {told['label']}"
            sections.append(section(f"cartes-{told['config']}", title, *intro, *maps))
            intro = []
    products = best_of(found, "text") or best_of(found, "photo")
    tested = found.methods[products]["phases"]["tuned"]["by_category"][category]["photos"] if products else 0
    return page(
        f"{SLUG}/{slug_of(name)}",
        name,
        _recognised(found, category),
        "explications de la veille",
        f"Ce qui fait reconnaître la catégorie {quoted(category)}, mot par mot et zone par zone, ou la "
        "fait confondre.",
        [f"Mesuré au test sur {count(tested, 'produit')} de cette catégorie."] if tested else [],
        sections,
        parent=SLUG,
    )


def _recognised(found: Findings, category: int) -> str:
    """Which share of a category's products the best method of texts and the best network recognise."""
    parts = []
    for kind, words in (("text", "par le texte"), ("photo", "par la photo")):
        if name := best_of(found, kind):
            row = found.methods[name]["phases"]["tuned"]["by_category"][category]
            parts.append(f"{percent(row['recall'])} {words}")
    if not parts:
        return f"{NAMES[category]} : aucune méthode n’a été mesurée"
    return f"{NAMES[category]} : produits reconnus à {enumeration(parts)}"


def _maps(told: dict[str, Any], category: int) -> list[Block]:
    """The maps of the photos of one category, right answers first."""
    blocks: list[Block] = []
    for key, one, several in (("right", "réponse juste", "réponses justes"), ("wrong", "erreur", "erreurs")):
        items = [
            {field: value for field, value in item.items() if field not in ("id", "truth", "answer")}
            for item in told[key]
            if item["truth"] == category
        ]
        if items:
            plural = several if len(items) > 1 else one
            blocks += [subtitle(f"{told['label']} : {count(len(items), plural, plural)}"), gallery(items)]
    return blocks


def _strongest(words: dict[str, Any], category: int, files: Files) -> Block | None:
    """Which words speak for a category and against it."""
    mine = next((one for one in words["by_category"] if one["category"] == list(CATEGORIES)[category]), None)
    if mine is None or not mine["for"]:
        return None
    rows = [
        [one["word"], side, signed_number(one["value"])]
        for key, side in (("for", "pour"), ("against", "contre"))
        for one in mine[key]
    ]
    first = [f"« {english(one['word'])} »" for one in mine["for"][:3]]
    sentence = f"Ce qui parle le plus pour {quoted(category)} : {enumeration(first)}."
    pairs = [(one["word"], float(one["value"])) for key in ("for", "against") for one in mine[key]]
    drawn = figure(
        files, f"mots-{slug_of(NAMES[category])}", partial(word_chart, pairs),
        f"Les mots de « {NAMES[category]} »", sentence,
        "Une barre par mot : vers la droite, pleine, ce qui parle pour ; vers la gauche, hachurée, ce qui "
        "parle contre.",
        table(
            f"Effet des mots sur « {NAMES[category]} », {words['label']}",
            ("Mot", "Sens", "Effet"), rows, words=2,
            english=("Mot",),
        ),
        short=f"effet des mots, {NAMES[category]}",
        look="une barre par mot, pour à droite et contre à gauche",
    )  # fmt: skip
    return section("mots", "Les mots qui parlent pour elle", drawn)


def _texts(words: dict[str, Any], category: int) -> Block | None:
    """The explained texts of a category: a sentence, highlighted text, and the same words as a table."""
    blocks: list[Block] = []
    mine = [one for one in words["examples"] if _number(one["truth"]) == category]
    for place, example in enumerate(mine, 1):
        answer = describe_answer(category, _number(example["answer"]), example["confidence"], who="Le modèle")
        blocks += [
            subtitle(f"Texte {place} : {english(shortened(example['title'], 80))}"),
            paragraph(f"{answer} {_most(example)}"),
            highlighted(example["text"]),
            table(
                f"Les mots les plus forts du texte {place} de « {NAMES[category]} »",
                ("Mot", "Sens", "Fois", "Effet"),
                [
                    [one["word"], "pour" if one["value"] > 0 else "contre", number(one["times"]),
                     signed_number(one["value"])]
                    for one in example["words"]
                ],
                words=2,
                english=("Mot",),
            ),
        ]  # fmt: skip
    return section("textes", "Des textes mot à mot", paragraph(_WORDS), *blocks) if blocks else None


def _number(category: str | int) -> int:
    return category if isinstance(category, int) else list(CATEGORIES).index(category)


def _most(example: dict[str, Any]) -> str:
    """The words of a text that count most, in a sentence."""
    favourable = [one["word"] for one in example["words"] if one["value"] > 0][:3]
    against = [one["word"] for one in example["words"] if one["value"] < 0][:2]
    parts = [
        f"{start} : {enumeration([f'« {english(one)} »' for one in names])}"
        for start, names in (
            ("Ce qui parle le plus pour cette réponse", favourable),
            ("contre elle", against),
        )
        if names
    ]
    told = " ; ".join(parts)
    return f"{told[:1].upper()}{told[1:]}." if told else "Aucun mot ne compte nettement."


def highlighted(pieces: list[dict[str, Any]]) -> Block:
    """A text whose words are marked by their effect: side, and strength from 0 (plain) to 3."""
    strongest = max((abs(piece["v"]) for piece in pieces), default=0.0)
    runs: list[dict[str, Any]] = []
    for piece in pieces:
        share = abs(piece["v"]) / strongest if strongest else 0.0
        strength = 0 if share < FAINT else 1 + sum(share >= step for step in STEPS)
        side = "neither" if not strength else "for" if piece["v"] > 0 else "against"
        if not strength and runs and not runs[-1]["strength"]:
            runs[-1]["text"] += piece["t"]
            continue
        effect = f"{'pour' if piece['v'] > 0 else 'contre'}, {signed_number(piece['v'])}" if strength else ""
        runs.append({"text": piece["t"], "side": side, "strength": strength, "effect": effect})
    return {"kind": "words", "runs": runs}
