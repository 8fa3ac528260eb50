"""The page of the errors: categories and confusions, reliability, and the gallery of the worst mistakes."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from PIL import Image

from research.blocks import Block, Files, figure, gallery, page, paragraph, section, subtitle, table
from research.catalog import CATEGORIES
from research.charts import LEAST, category_chart, confusion_chart, reliability_chart
from research.drawing import webp
from research.findings import Findings
from research.images import BACKGROUND, decode
from research.pages.comparing import best_of, label
from research.study import Study
from research.wording import NAMES, count, elided, number, percent, quoted

GALLERY_SIDE = 200


def page_of(study: Study, found: Findings, files: Files) -> Block:
    """The page of the errors of VGG16, of the best EfficientNet and of the best method of texts."""
    names = [*found.leading, *filter(None, [best_of(found, "text")])]
    return page(
        "erreurs",
        "Erreurs",
        _title(found, names),
        "erreurs de la veille",
        "Quelles catégories sont le moins bien reconnues, lesquelles sont confondues, si la confiance "
        "annoncée se "
        "vérifie, et les erreurs commises avec le plus d’assurance.",
        [
            "Au test, chaque produit reçoit la réponse d’un modèle qui ne l’a jamais vu ; toutes les "
            "erreurs de cette "
            "page sont de celles-là."
        ],
        [
            section("categories", "Par catégorie", *_categories(found, names, files)),
            section(
                "confusions",
                "Qui est pris pour qui",
                *(b for n in names for b in _confusion(found, n, files)),
            ),
            section("fiabilite", "Peut-on croire leur confiance ?", *_reliability(found, names, files)),
            section("pires", "Les pires erreurs", *_gallery(study, found, found.leading, files)),
        ],
    )


def _title(found: Findings, names: list[str]) -> str:
    """Which category the last of the methods, the one that the page is most about, recognises least well."""
    if not names:
        return "Aucune méthode n’a été mesurée"
    best = max(names, key=lambda name: _tuned(found, name)["test_pooled"])
    recall = [row["recall"] for row in _tuned(found, best)["by_category"]]
    lowest = [NAMES[index] for index, value in enumerate(recall) if value == min(recall)]
    if len(lowest) > 1:
        return f"{label(found, best)} se trompe autant dans plusieurs catégories"
    return f"« {lowest[0]} » est la catégorie où {label(found, best)} se trompe le plus"


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
        sentence = _extremes(*list(scores.items())[-1])
        rows = [
            [NAMES[index], *(number(values[index], 2) for values in scores.values())]
            for index in range(len(NAMES))
        ]
        blocks.append(
            figure(
                files, "categories", partial(category_chart, scores), "F1 de chaque catégorie", sentence,
                f"Une ligne par catégorie, une marque par méthode. {sentence}",
                table("F1 de chaque catégorie au test", ("Catégorie", *scores), rows),
                short="F1 par catégorie", look="une ligne par catégorie, une marque par méthode",
            )
        )  # fmt: skip
    return blocks


def _extremes(name: str, scores: list[float]) -> str:
    """The category that a method recognises best and the one it recognises least well."""
    low, high = int(np.argmin(scores)), int(np.argmax(scores))
    if number(scores[low], 2) == number(scores[high], 2):
        return f"Pour {name}, toutes les catégories ont le même F1 ({number(scores[low], 2)})."
    return (
        f"Pour {name}, « {NAMES[high]} » a le F1 le plus haut ({number(scores[high], 2)}) et « "
        f"{NAMES[low]} » le plus "
        f"bas ({number(scores[low], 2)})."
    )


def _confusion(found: Findings, name: str, files: Files) -> list[Block]:
    method, phase = label(found, name), _tuned(found, name)
    counts = np.array(phase["confusion"])
    sentence = most_confused(counts)
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
            f"{method} : qui est pris pour qui",
            sentence,
            f"Tableau de sept lignes et sept colonnes ; la diagonale compte les réponses justes. {sentence}",
            table(f"{method} : réponses (colonnes) selon la vraie catégorie (lignes)",
                  ("Vraie catégorie", *NAMES), rows),
            short=f"confusions {elided('de', method)}", look="grille de sept lignes et sept colonnes",
        ),
        table(
            f"{method} : précision et rappel par catégorie, au test",
            ("Catégorie", "Précision", "Rappel", "F1", "Photos"), precision,
        ),
    ]  # fmt: skip


def most_confused(counts: np.ndarray) -> str:
    """Which confusions are the most frequent, all of them where several are."""
    off = counts - np.diag(np.diag(counts))
    most = int(off.max())
    if not most:
        return "Aucune confusion au test."
    pairs = [f"{quoted(int(truth))} pour {quoted(int(answer))}" for truth, answer in np.argwhere(off == most)]
    times = count(most, "produit")
    if len(pairs) == 1:
        return f"La confusion la plus fréquente : {pairs[0]} ({times})."
    return f"Les confusions les plus fréquentes ({times} chacune) : {', '.join(pairs)}."


def _reliability(found: Findings, names: list[str], files: Files) -> list[Block]:
    if not names:
        return []
    bins = {found.methods[name]["label"]: _tuned(found, name)["reliability"]["bins"] for name in names}
    parts, rows = [], []
    for name in names:
        reliability, method = _tuned(found, name)["reliability"], label(found, name)
        parts.append(lean(method, _tuned(found, name)))
        for row in reliability["bins"]:
            span = f"de {percent(row['from'], 0)} à {percent(row['to'], 0)}"
            rows.append(
                [method, span, percent(row["confidence"]), percent(row["accuracy"]), number(row["photos"])]
            )
    sentence = " ".join(parts)
    return [
        figure(
            files, "fiabilite", partial(reliability_chart, bins),
            "Confiance annoncée et exactitude constatée", sentence,
            f"Une courbe par méthode, à comparer à la diagonale ; les tranches de moins de {LEAST} photos "
            f"n’y sont pas. {sentence}",
            table(
                "Fiabilité par tranche de confiance",
                ("Méthode", "Tranche", "Confiance moyenne", "Exactitude", "Photos"), rows, words=2,
            ),
            short="fiabilité", look="une courbe par méthode et une diagonale",
        )
    ]  # fmt: skip


def lean(method: str, phase: dict[str, Any]) -> str:
    """Whether a method is too sure of itself, too little, or neither as far as its interval tells."""
    bins, (low, high) = phase["reliability"]["bins"], phase["test_interval"]
    told = sum(row["photos"] for row in bins)
    announced = sum(row["confidence"] * row["photos"] for row in bins) / told
    means = f"confiance moyenne {percent(announced)}, exactitude {percent(phase['test_pooled'])}"
    if announced < low:
        return f"{method} est plutôt trop prudent ({means})."
    if announced > high:
        return f"{method} est plutôt trop sûr de lui ({means})."
    return f"{method} n’est en moyenne ni trop prudent ni trop sûr de lui ({means})."


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
        blocks.append(gallery(items) if items else paragraph("Aucune erreur au test."))
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
