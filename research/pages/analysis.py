"""Learning curves, categories and confusions, reliability, and the gallery of the worst mistakes."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from PIL import Image

from research.blocks import Block, Files, figure, paragraph, section, subtitle, table
from research.catalog import CATEGORIES
from research.charts import LEAST, category_chart, confusion_chart, learning_chart, reliability_chart
from research.drawing import webp
from research.findings import Findings
from research.images import BACKGROUND, decode
from research.study import Study
from research.wording import NAMES, number, percent

GALLERY_SIDE = 200


def sections(study: Study, found: Findings, files: Files) -> list[Block]:
    """The sections of the analysis, for VGG16 and the best EfficientNet."""
    names = found.leading
    return [
        section("courbes", "Courbes d’apprentissage", *(_learning(found, name, files) for name in names)),
        section("categories", "Par catégorie", *_categories(found, names, files)),
        section("fiabilite", "Peut-on croire leur confiance ?", *_reliability(found, names, files)),
        section("erreurs", "Les pires erreurs", *_gallery(study, found, names, files)),
    ]


def _learning(found: Findings, name: str, files: Files) -> Block:
    """Mean curves: each fold is prolonged by its last value, since folds stop at different epochs."""
    runs, label = found.methods[name]["runs"], found.methods[name]["label"]
    curves: dict[str, list[float]] = {"apprentissage": [], "validation": []}
    rows: list[list[str]] = []
    opening = 0
    for phase, french in (("frozen", "base gelée"), ("tuned", "haut ouvert")):
        histories = [[row for row in run["history"] if row["phase"] == phase] for run in runs]
        longest = max((len(history) for history in histories), default=0)
        if phase == "tuned" and longest:
            opening = len(rows) + 1
        for epoch in range(longest):
            values = []
            for key, curve in (("accuracy", "apprentissage"), ("val_accuracy", "validation")):
                reached = [history[min(epoch, len(history) - 1)][key] for history in histories if history]
                values.append(float(np.mean(reached)))
                curves[curve].append(values[-1])
            rows.append([number(len(rows) + 1), french, *(percent(value) for value in values)])
    best = int(np.argmax(curves["validation"])) + 1
    gap = curves["apprentissage"][-1] - curves["validation"][-1]
    sentence = (
        f"La validation culmine à {percent(max(curves['validation']))} à l’époque {best} ; à la fin, "
        f"l’apprentissage la dépasse de {number(gap * 100, 1)} points."
    )
    return figure(
        files, f"courbes-{name}", partial(learning_chart, curves, opening),
        f"{label} : exactitude au fil des époques",
        sentence,
        f"Deux courbes, apprentissage et validation, moyennes des tirages de {label}. {sentence}",
        table(
            f"{label} : exactitude moyenne à chaque époque",
            ("Époque", "Phase", "Apprentissage", "Validation"), rows, words=2,
        ),
        short=f"époques de {label}", look="deux courbes, apprentissage et validation",
    )  # fmt: skip


def _tuned(found: Findings, name: str) -> dict[str, Any]:
    phase = found.methods[name]["phases"]["tuned"]
    assert isinstance(phase, dict)
    return phase


def _categories(found: Findings, names: list[str], files: Files) -> list[Block]:
    blocks = []
    scores = {
        found.methods[name]["label"]: [row["f1"] for row in _tuned(found, name)["by_category"]]
        for name in names
    }
    if scores:
        reference = list(scores.values())[-1]
        low, high = int(np.argmin(reference)), int(np.argmax(reference))
        label = list(scores)[-1]
        sentence = (
            f"Pour {label}, « {NAMES[high]} » est la catégorie la mieux reconnue (F1 de "
            f"{number(reference[high], 2)}) et « {NAMES[low]} » la moins bien ({number(reference[low], 2)})."
        )
        rows = [
            [NAMES[index], *(number(values[index], 2) for values in scores.values())]
            for index in range(len(NAMES))
        ]
        blocks.append(
            figure(
                files, "categories", partial(category_chart, scores), "F1 de chaque catégorie", sentence,
                f"Une ligne par catégorie, une marque par réseau. {sentence}",
                table("F1 de chaque catégorie au test", ("Catégorie", *scores), rows),
                short="F1 par catégorie", look="une ligne par catégorie, une marque par réseau",
            )
        )  # fmt: skip
    for name in names:
        blocks += _confusion(found, name, files)
    return blocks


def _confusion(found: Findings, name: str, files: Files) -> list[Block]:
    label, phase = found.methods[name]["label"], _tuned(found, name)
    counts = np.array(phase["confusion"])
    off = counts - np.diag(np.diag(counts))
    truth, answer = np.unravel_index(int(off.argmax()), off.shape)
    sentence = (
        f"La confusion la plus fréquente : {number(int(off[truth, answer]))} photos de « {NAMES[truth]} » "
        f"prises pour « {NAMES[answer]} »."
    )
    rows = [[NAMES[index], *(number(int(count)) for count in row)] for index, row in enumerate(counts)]
    precision = [
        [
            NAMES[index],
            percent(row["precision"]),
            percent(row["recall"]),
            number(row["f1"], 2),
            number(row["photos"]),
        ]
        for index, row in enumerate(phase["by_category"])
    ]
    return [
        figure(
            files, f"confusion-{name}", partial(confusion_chart, phase["confusion"]),
            f"{label} : qui est pris pour qui",
            sentence,
            f"Tableau de sept lignes et sept colonnes ; la diagonale compte les réponses justes. {sentence}",
            table(f"{label} : réponses (colonnes) selon la vraie catégorie (lignes)",
                  ("Vraie catégorie", *NAMES), rows),
            short=f"confusions de {label}", look="grille de sept lignes et sept colonnes",
        ),
        table(
            f"{label} : précision et rappel par catégorie, au test",
            ("Catégorie", "Précision", "Rappel", "F1", "Photos"), precision,
        ),
    ]  # fmt: skip


def _reliability(found: Findings, names: list[str], files: Files) -> list[Block]:
    if not names:
        return []
    bins = {found.methods[name]["label"]: _tuned(found, name)["reliability"]["bins"] for name in names}
    parts, rows = [], []
    for name in names:
        reliability, label = _tuned(found, name)["reliability"], found.methods[name]["label"]
        announced = sum(row["confidence"] * row["photos"] for row in reliability["bins"])
        found_right = sum(row["accuracy"] * row["photos"] for row in reliability["bins"])
        lean = "trop prudent" if found_right > announced else "trop sûr de lui"
        gap = number(reliability["error"] * 100, 1)
        parts.append(
            f"{label} est plutôt {lean} : sa confiance s’écarte en moyenne de {gap} points de la vérité"
        )
        for row in reliability["bins"]:
            span = f"de {percent(row['from'], 0)} à {percent(row['to'], 0)}"
            rows.append(
                [label, span, percent(row["confidence"]), percent(row["accuracy"]), number(row["photos"])]
            )
    sentence = " ; ".join(parts) + "."
    return [
        figure(
            files, "fiabilite", partial(reliability_chart, bins),
            "Confiance annoncée et exactitude constatée", sentence,
            f"Une courbe par réseau, à comparer à la diagonale ; les tranches de moins de {LEAST} photos "
            f"n’y sont pas. {sentence}",
            table(
                "Fiabilité par tranche de confiance",
                ("Réseau", "Tranche", "Confiance moyenne", "Exactitude", "Photos"), rows, words=2,
            ),
            short="fiabilité", look="une courbe par réseau et une diagonale",
        )
    ]  # fmt: skip


def _gallery(study: Study, found: Findings, names: list[str], files: Files) -> list[Block]:
    blocks: list[Block] = []
    for name in names:
        items = []
        for mistake in found.methods[name]["mistakes"][:8]:
            file = f"photo-{mistake['id']}.webp"
            picture = small_photo(study, mistake["id"])
            files.setdefault(file, webp(picture))
            truth, answer = CATEGORIES[mistake["truth"]], CATEGORIES[mistake["answer"]]
            caption = (
                f"Répond « {answer} » à {percent(mistake['confidence'], 0)} ; c’était « {truth} », jugé à "
                f"{percent(mistake['truth_probability'], 0)}."
            )
            items.append(
                {
                    "file": file,
                    "width": picture.width,
                    "height": picture.height,
                    "alternative": f"Photo d’un produit, {look(picture)}",
                    "caption": caption,
                    "description": "",
                }
            )
        blocks.append(
            subtitle(f"{found.methods[name]['label']} : les erreurs commises avec le plus d’assurance")
        )
        blocks.append({"kind": "gallery", "items": items} if items else paragraph("Aucune erreur au test."))
    return blocks


def small_photo(study: Study, identity: str) -> Image.Image:
    """A photo downsized for the report."""
    picture = decode(study.catalog.folder / f"{identity}.jpg")
    picture.thumbnail((GALLERY_SIDE, GALLERY_SIDE))
    return picture


#: Hue, out of 255, up to which a colour bears a name.
_HUES = (
    (12, "rouge"),
    (28, "orange"),
    (44, "jaune"),
    (110, "vert"),
    (175, "bleu"),
    (215, "violet"),
    (245, "rose"),
)


def look(picture: Image.Image) -> str:
    """What can be said of a photo by measuring it: how much of the frame it fills, and its main colour."""
    values = np.asarray(picture)
    product = values.min(axis=2) < min(BACKGROUND) - 15
    filled = float(product.mean())
    room = "qui remplit le cadre" if filled > 0.8 else "sur fond blanc" if filled < 0.6 else "sur fond clair"
    colours = np.asarray(picture.convert("HSV"))[product]
    if len(colours) == 0:
        return "presque toute blanche"
    saturated = colours[(colours[:, 1] > 70) & (colours[:, 2] > 50)]
    if len(saturated) > 0.3 * len(colours):
        hues = [next((name for top, name in _HUES if hue <= top), "rouge") for hue in saturated[:, 0]]
        tone = max(sorted(set(hues)), key=hues.count)
    else:
        light = float(colours[:, 2].mean())
        tone = "noir" if light < 80 else "gris" if light < 170 else "clair"
    return f"{room}, surtout {tone}"
