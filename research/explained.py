"""What is kept of heat maps once they are drawn: enough to write their pages again without the networks.

A *told* network is a JSON-able ``{"config", "label", "draw", "size", "evaluations", "right": [item, …],
"wrong": [item, …], "survey": {"photos", "lines": [line, …], "figure"} | None,
"faithfulness": {"photos", "areas", "figure"}}``. An item is one of a gallery with ``id``, ``truth`` and
``answer`` (category numbers); a line has ``category``, ``photos``, ``focus``, ``centre``, ``product`` and
``zone``; ``areas`` are the means of the four curves. ``explanations.json`` maps configurations to these.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from research.blocks import Block, Files, figure, table
from research.charts import faithfulness_chart, survey_chart
from research.drawing import heat_picture, webp
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
    elided,
    percent,
    product_share,
    zones,
)

PHOTO_SIDE = 250


def tell(study: Study, name: str, maps: dict[str, Any], files: Files) -> dict[str, Any]:
    """A told network from its maps as ``explain`` wrote them; its pictures go to ``files``."""
    kept = {key: maps[key] for key in ("config", "label", "draw", "size", "evaluations")}
    return kept | {
        "right": [_item(study, name, record, files) for record in maps["right"]],
        "wrong": [_item(study, name, record, files) for record in maps["wrong"]],
        "survey": _survey(name, maps, files) if maps["survey"] else None,
        "faithfulness": _faithfulness(name, maps, files),
    }


def pictures(told: dict[str, Any]) -> list[str]:
    """Names of the picture files of a told network."""
    figures = [one["figure"] for one in (told["survey"], told["faithfulness"]) if one]
    shown = [*told["right"], *told["wrong"], *figures, *(one["narrow"] for one in figures)]
    return [one["file"] for one in shown]


def _item(study: Study, name: str, record: dict[str, Any], files: Files) -> dict[str, Any]:
    map_ = read_heat_map(record)
    categories = [map_.answer] if map_.answer == map_.truth else [map_.answer, map_.truth]
    photo = pixels(study.catalog.folder / f"{map_.identity}.jpg", PHOTO_SIDE)
    picture = heat_picture(photo, [map_.values[:, :, category] for category in categories], PHOTO_SIDE)
    file = f"carte-{name}-{map_.identity}.webp"
    files[file] = webp(picture)
    described = [describe_map(map_.values[:, :, category], category) for category in categories]
    return {
        "id": map_.identity,
        "truth": map_.truth,
        "answer": map_.answer,
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


def _survey(name: str, maps: dict[str, Any], files: Files) -> dict[str, Any]:
    """Which categories are recognised by what, over right answers drawn at random."""
    groups: dict[int, list[tuple[HeatMap, np.ndarray]]] = {}
    for record in maps["survey"]:
        map_ = read_heat_map(record)
        groups.setdefault(map_.truth, []).append((map_, np.array(record["product"])))
    lines, panels = [], []
    for category, members in sorted(groups.items()):
        own = [map_.values[:, :, category] for map_, _ in members]
        mean = np.mean(own, axis=0)
        product = [product_share(map_.values[:, :, category], area) for map_, area in members]
        lines.append(
            {
                "category": category,
                "photos": len(members),
                "focus": float(np.mean([concentration(values) for values in own])),
                "centre": float(np.mean([central_share(values) for values in own])),
                "product": float(np.mean(product)),
                "zone": ZONES[int(zones(mean).argmax())],
            }
        )
        panels.append((NAMES[category], mean))
    drawn = figure(
        files, f"synthese-{name}", partial(survey_chart, panels),
        f"{maps['label']} : carte moyenne de chaque catégorie", "",
        "Une petite carte par catégorie : plus une zone est rouge, plus elle parle en moyenne pour la "
        "catégorie ; un trait entoure le plus fort. Les zones sont nommées dans le tableau.",
        survey_table(str(maps["label"]), lines),
        short=f"cartes moyennes {elided('de', maps['label'])}", look="une petite carte par catégorie",
    )  # fmt: skip
    return {"photos": len(maps["survey"]), "lines": lines, "figure": drawn}


def survey_table(label: str, lines: Sequence[dict[str, Any]]) -> Block:
    """The lines of a survey as a table."""
    data = table(
        f"{label} : à quoi chaque catégorie est reconnue",
        ("Catégorie", "Photos", "Surface qui porte la moitié de l’effet", "Part de l’effet au centre",
         "Part de l’effet sur le produit", "Zone la plus forte"),
        [
            [
                NAMES[line["category"]], str(line["photos"]),
                *(percent(line[key], 0) for key in _SHARES), line["zone"],
            ]
            for line in lines
        ],
    )  # fmt: skip
    data["table"]["columns"][-1]["numeric"] = False
    return data


_SHARES = ("focus", "centre", "product")
CURVES = ("deletion", "deletion_random", "insertion", "insertion_random")


def faithfulness_means(maps: dict[str, Any]) -> dict[str, list[float]]:
    """Mean deletion and insertion curves over the shown photos (each photo once)."""
    records = {record["id"]: record["faithfulness"] for record in [*maps["right"], *maps["wrong"]]}
    return {name: np.mean([record[name] for record in records.values()], axis=0).tolist() for name in CURVES}


def _faithfulness(name: str, maps: dict[str, Any], files: Files) -> dict[str, Any]:
    curves = faithfulness_means(maps)
    steps = len(curves["deletion"]) - 1
    rows = [
        [percent(index / steps, 0), *(percent(curves[key][index], 0) for key in curves)]
        for index in range(0, steps + 1, 2)
    ]
    drawn = figure(
        files, f"fidelite-{name}", partial(faithfulness_chart, curves),
        f"{maps['label']} : les cartes disent-elles vrai ?",
        "",
        "Deux graphiques, suppression et insertion, deux courbes chacun : l’ordre des cartes et un "
        "ordre tiré au hasard.",
        table(
            f"{maps['label']} : probabilité de la réponse selon la part de la photo cachée ou montrée",
            ("Part", "Cachée, ordre SHAP", "Cachée, au hasard",
             "Montrée, ordre SHAP", "Montrée, au hasard"),
            rows,
        ),
        short=f"fidélité des cartes {elided('de', maps['label'])}",
        look="deux graphiques de deux courbes chacun",
    )  # fmt: skip
    areas = {key: float(np.mean(values)) for key, values in curves.items()}
    photos = len({record["id"] for record in [*maps["right"], *maps["wrong"]]})
    return {"photos": photos, "areas": areas, "figure": drawn}
