"""SHAP heat maps with their descriptions, the summary over categories, and whether they are faithful."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from research.blocks import Block, Files, figure, listing, paragraph, section, subtitle, table
from research.charts import faithfulness_chart, survey_chart
from research.drawing import heat_picture, webp
from research.findings import Findings
from research.heatmaps import HeatMap, read_heat_map
from research.images import pixels
from research.study import Study
from research.wording import (
    NAMES,
    ZONES,
    central_share,
    concentration,
    describe_answer,
    describe_map,
    number,
    percent,
    product_share,
    zones,
)

PHOTO_SIDE = 250


def sections(study: Study, found: Findings, files: Files) -> list[Block]:
    """One section, with a part for each leading network that was explained; none when none was."""
    explained = [name for name in found.leading if name in found.heat_maps]
    if not explained:
        return []
    blocks: list[Block] = [
        paragraph(
            "Une carte SHAP répond à la question : si l’on cachait cette zone, la catégorie "
            "deviendrait-elle moins probable ? En rouge, entouré d’un trait plein : ce qui parle pour la "
            "catégorie. En bleu, hachuré et entouré de tirets : ce qui parle contre. Sans contour, l’effet "
            "est faible. Une zone cachée est peinte en blanc, comme le fond des photos."
        )
    ]
    for name in reversed(explained):
        blocks += _network(study, name, found.heat_maps[name], files)
    return [section("explications", "Ce que les réseaux regardent", *blocks)]


def _network(study: Study, name: str, maps: dict[str, Any], files: Files) -> list[Block]:
    blocks: list[Block] = [subtitle(f"{maps['label']} : réponses justes")]
    blocks.append(
        {"kind": "gallery", "items": [_item(study, name, record, files) for record in maps["right"]]}
    )
    if maps["wrong"]:
        blocks.append(subtitle(f"{maps['label']} : erreurs"))
        blocks.append(
            {"kind": "gallery", "items": [_item(study, name, record, files) for record in maps["wrong"]]}
        )
    if maps["survey"]:
        blocks += _survey(name, maps, files)
    return blocks + _faithfulness(name, maps, files)


def _item(study: Study, name: str, record: dict[str, Any], files: Files) -> dict[str, Any]:
    map_ = read_heat_map(record)
    categories = [map_.answer] if map_.answer == map_.truth else [map_.answer, map_.truth]
    photo = pixels(study.catalog.folder / f"{map_.identity}.jpg", PHOTO_SIDE)
    picture = heat_picture(photo, [map_.values[:, :, category] for category in categories], PHOTO_SIDE)
    file = f"carte-{name}-{map_.identity}.webp"
    files[file] = webp(picture)
    described = [describe_map(map_.values[:, :, category], category) for category in categories]
    return {
        "file": file,
        "width": picture.width,
        "height": picture.height,
        "alternative": (
            "À gauche, la photo ; à droite, sa carte"
            if len(categories) == 1
            else "À gauche, la photo ; puis la carte de la réponse et celle de la vraie catégorie"
        ),
        "caption": describe_answer(map_.truth, map_.answer, float(map_.probabilities.max())),
        "description": " ".join(described),
    }


class _Line(NamedTuple):
    """What one category is recognised by; shares are 0..1, `mean` is its mean map."""

    focus: float
    centre: float
    product: float
    category: int
    photos: int
    mean: np.ndarray


def _lines(records: Sequence[dict[str, Any]]) -> list[_Line]:
    groups: dict[int, list[tuple[HeatMap, np.ndarray]]] = {}
    for record in records:
        map_ = read_heat_map(record)
        groups.setdefault(map_.truth, []).append((map_, np.array(record["product"])))
    lines = []
    for category, members in sorted(groups.items()):
        own = [map_.values[:, :, category] for map_, _ in members]
        focus = float(np.mean([concentration(values) for values in own]))
        centre = float(np.mean([central_share(values) for values in own]))
        product = float(np.mean([product_share(map_.values[:, :, category], area) for map_, area in members]))
        lines.append(_Line(focus, centre, product, category, len(members), np.mean(own, axis=0)))
    return lines


def _survey(name: str, maps: dict[str, Any], files: Files) -> list[Block]:
    """Which categories are recognised by what, over right answers drawn at random."""
    lines = _lines(maps["survey"])
    narrow, wide = min(lines, key=lambda line: line.focus), max(lines, key=lambda line: line.focus)
    off = min(lines, key=lambda line: line.product)
    caption = f"{maps['label']} : à quoi chaque catégorie est reconnue"
    sentence = (
        f"« {NAMES[narrow.category]} » est la catégorie reconnue au détail le plus petit (la moitié de "
        f"l’effet tient dans {percent(narrow.focus, 0)} de la photo) et « {NAMES[wide.category]} » celle "
        f"reconnue à l’ensemble le plus large ({percent(wide.focus, 0)})."
    )
    panels = [(NAMES[line.category], line.mean) for line in lines]
    return [
        subtitle(caption),
        figure(
            files, f"synthese-{name}", partial(survey_chart, panels),
            f"{maps['label']} : carte moyenne de chaque catégorie", sentence,
            "Une petite carte par catégorie : plus une zone est rouge, plus elle parle en moyenne pour la "
            "catégorie ; un trait entoure le plus fort. Les zones sont nommées dans le tableau.",
            _survey_table(caption, lines),
            short=f"cartes moyennes de {maps['label']}", look="une petite carte par catégorie",
        ),
        listing(
            f"Le réseau s’appuie le moins sur le produit lui-même pour « {NAMES[off.category]} » : "
            f"{percent(off.product, 0)} de l’effet y tombe sur le produit, le reste sur le fond blanc.",
            f"Ces moyennes portent sur peu de photos ({number(len(maps['survey']))} en tout) : elles "
            "donnent une tendance, pas une règle.",
        ),
    ]  # fmt: skip


def _survey_table(caption: str, lines: Sequence[_Line]) -> Block:
    data = table(
        caption,
        ("Catégorie", "Photos", "Surface qui porte la moitié de l’effet", "Part de l’effet au centre",
         "Part de l’effet sur le produit", "Zone la plus forte"),
        [
            [
                NAMES[line.category], number(line.photos), percent(line.focus, 0), percent(line.centre, 0),
                percent(line.product, 0), ZONES[int(zones(line.mean).argmax())],
            ]
            for line in lines
        ],
    )  # fmt: skip
    data["table"]["columns"][-1]["numeric"] = False
    return data


def faithfulness_means(maps: dict[str, Any]) -> dict[str, list[float]]:
    """Mean deletion and insertion curves over the shown photos (each photo once)."""
    records = {record["id"]: record["faithfulness"] for record in [*maps["right"], *maps["wrong"]]}
    curves = ("deletion", "deletion_random", "insertion", "insertion_random")
    return {name: np.mean([record[name] for record in records.values()], axis=0).tolist() for name in curves}


def _faithfulness(name: str, maps: dict[str, Any], files: Files) -> list[Block]:
    curves = faithfulness_means(maps)
    area = {key: float(np.mean(values)) for key, values in curves.items()}
    better = area["deletion"] < area["deletion_random"] and area["insertion"] > area["insertion_random"]
    sentence = (
        ("Les cartes sont fidèles : " if better else "Les cartes ne sont pas toujours fidèles : ")
        + "en cachant d’abord les zones qu’elles désignent, la probabilité tombe à "
        f"{percent(area['deletion'], 0)} en moyenne, contre {percent(area['deletion_random'], 0)} au hasard "
        f"; en les montrant d’abord, elle monte à {percent(area['insertion'], 0)}, contre "
        f"{percent(area['insertion_random'], 0)}."
    )
    steps = len(curves["deletion"]) - 1
    rows = [
        [percent(index / steps, 0), *(percent(curves[key][index], 0) for key in curves)]
        for index in range(0, steps + 1, 2)
    ]
    return [
        figure(
            files, f"fidelite-{name}", partial(faithfulness_chart, curves),
            f"{maps['label']} : les cartes disent-elles vrai ?",
            sentence,
            "Deux graphiques, suppression et insertion, deux courbes chacun : l’ordre des cartes et un "
            f"ordre tiré au hasard. {sentence}",
            table(
                f"{maps['label']} : probabilité de la réponse selon la part de la photo cachée ou montrée",
                ("Part", "Cachée, ordre SHAP", "Cachée, au hasard",
                 "Montrée, ordre SHAP", "Montrée, au hasard"),
                rows,
            ),
            short=f"fidélité des cartes de {maps['label']}", look="deux graphiques de deux courbes chacun",
        )
    ]  # fmt: skip
