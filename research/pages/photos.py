"""The page of the photos: VGG16 against EfficientNet first, then every method that reads a photo."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np

from research.backbones import BACKBONES
from research.blocks import Block, Files, figure, listing, notice, page, paragraph, section, table
from research.charts import accuracy_chart, learning_chart
from research.evaluation import two_proportions
from research.findings import STARTING_POINT, TARGETS, Findings, accuracy, is_network, test_accuracy
from research.pages.comparing import (
    compared,
    gained,
    label,
    measured_b7,
    pair_of,
    pair_sentence,
    reading,
    scored,
)
from research.wording import elided, gap, interval, number, p_value, percent, points

#: Sizes of the test set of the project's original study that its published figures are compatible with.
FORMER_TEST = 157


def page_of(found: Findings, files: Files) -> Block:
    """The page of the photos."""
    return page(
        "photos",
        "Photos",
        title(found),
        "VGG16 ou EfficientNet pour reconnaître des photos de produits",
        "VGG16 et EfficientNet sur les mêmes photos de produits : exactitudes, intervalles, tests de "
        "McNemar, à côté des "
        "chiffres dont le projet était parti.",
        _lead(found),
        [
            section("duel", "VGG16 et EfficientNet", *_seed(found)),
            section("methodes", "Toutes les méthodes qui lisent une photo", *_methods(found, files)),
            section("objectifs", "Les objectifs", *_targets(found)),
            section("ecarts", "Quels écarts sont sûrs ?", _pairs_table(found), *_sizes_compared(found)),
            section(
                "courbes",
                "Courbes d’apprentissage",
                *(_learning(found, name, files) for name in found.leading),
            ),
        ],
    )


def title(found: Findings) -> str:
    """Which of the two families recognises more photos, or that chance may do the difference."""
    if len(found.leading) == 2:
        return compared(found, *reversed(found.leading))
    if found.leading:
        name = found.leading[0]
        return f"{label(found, name)} reconnaît {percent(test_accuracy(found, name)[0])} des photos"
    return "Aucun réseau n’a été mesuré"


def _lead(found: Findings) -> list[str]:
    sentences = [f"{scored(found, name)}." for name in reversed(found.leading)]
    pair = pair_of(found, *reversed(found.leading)) if len(found.leading) == 2 else None
    if pair:
        sentences.append(pair_sentence(found, pair))
    b7, vgg = found.best("efficientnet_b7"), found.best("vgg16")
    if b7 and vgg and b7 not in found.leading and (pair := pair_of(found, b7, vgg)):
        sentences += [f"{scored(found, b7)}.", pair_sentence(found, pair)]
    if not measured_b7(found):
        sentences.append(
            "EfficientNet-B7 avec ses poids ImageNet n’a pas pu être mesuré ici : les chiffres "
            "d’EfficientNet sont ceux de ses petites versions « Lite »."
        )
    return [" ".join(sentences[:1]), " ".join(sentences[1:])] if len(sentences) > 1 else sentences


def _seed(found: Findings) -> list[Block]:
    """The question that the project began with: its table, with the figures that it started from."""
    rows = []
    for name, family in (("vgg16", "VGG16"), ("efficientnet_b7", "EfficientNet-B7")):
        values = STARTING_POINT[name]
        scores = [percent(value, 2) if value is not None else "illisible" for value in values.values()]
        rows.append([f"{family}, chiffres de départ", *scores])
        mine = found.best(name)
        if mine:
            rows.append(_measured_here(found, mine))
        else:
            rows.append([f"{family}, mesuré ici", *["non mesuré"] * 3])
    rows += [
        _measured_here(found, name)
        for name in found.leading
        if not name.startswith(("vgg16", "efficientnet_b7"))
    ]
    former, newer = STARTING_POINT["vgg16"]["validation"], STARTING_POINT["efficientnet_b7"]["validation"]
    assert former
    assert newer
    p = two_proportions(former, newer, FORMER_TEST)
    return [
        table(
            "VGG16 et EfficientNet : exactitude moyenne mesurée ici, à côté des chiffres dont le projet "
            "était parti",
            ("Réseau", "Apprentissage", "Validation", "Test"),
            rows,
        ),
        paragraph(
            f"Les chiffres de départ donnaient {points(newer - former)} de validation à EfficientNet-B7 "
            f"({percent(former, 2)} contre {percent(newer, 2)}). Sur {FORMER_TEST} photos, un écart de cette "
            f"taille peut venir du seul hasard : sa probabilité sans différence réelle est {p_value(p)}. Une "
            f"exactitude mesurée sur {FORMER_TEST} photos bouge d’environ 5 points d’un tirage à l’autre."
        ),
    ]


def _measured_here(found: Findings, name: str) -> list[str]:
    scores = (percent(accuracy(found, name, role), 2) for role in ("train", "validation", "test"))
    return [f"{label(found, name)}, mesuré ici", *scores]


def _methods(found: Findings, files: Files) -> list[Block | None]:
    """Every accuracy of the methods that read a photo, or nothing at all: table, then chart."""
    return [
        method_table(
            found, reading(found, "photo", "nothing"), "Exactitude des méthodes de photos", "Test, base gelée"
        ),
        paragraph(
            "Moyenne des tirages ; au test, sur toutes les photos. Chaque photo est testée une fois, par "
            "un réseau "
            "qui ne l’a jamais vue ni pour apprendre ni pour être réglé. L’apprentissage est mesuré sur "
            "les photos "
            "telles quelles ; la validation et le test, sur la moyenne des vues de chaque photo."
        ),
        _unfinished(found),
        *_together(found),
        accuracy_figure(
            found,
            files,
            reading(found, "photo", "nothing"),
            "exactitude-photos",
            "Exactitude des méthodes de photos",
        ),
    ]


def _together(found: Findings) -> list[Block]:
    """What several networks together gain over the best one, and when they were tried."""
    return [
        paragraph(
            f"{gained(found, name, found.leading[-1])} Son temps s’additionne ; il a été essayé en "
            "dernier, quand on "
            "savait déjà ce que chacun de ces réseaux donnait seul au test."
        )
        for name in found.ensembles("efficientnet")
        if found.leading
    ]


def method_table(found: Findings, names: list[str], caption: str, frozen: str = "") -> Block:
    """Every accuracy of some methods, with intervals; ``frozen``: title of a column for networks."""
    rows = []
    for name in names:
        method = found.methods[name]
        phase = method["phases"]["tuned"]
        value, low, high = test_accuracy(found, name)
        scores = [percent(accuracy(found, name, role)) for role in ("train", "validation")]
        scores.append(percent(value))
        deviation = f"± {number(phase['deviation']['test'] * 100, 1)}"
        cells = [method["label"], *scores, interval(low, high), deviation, number(phase["macro_f1"], 3)]
        if frozen:
            cells.append(
                percent(accuracy(found, name, "test", "frozen")) if is_network(method) else "sans objet"
            )
        rows.append(cells)
    return table(
        f"{caption} : moyenne des tirages ; au test, sur tous les produits",
        ("Méthode", "Apprentissage", "Validation", "Test", "Intervalle à 95 % au test", "Écart type au test",
         "F1 moyen au test", *([frozen] if frozen else [])),
        rows,
    )  # fmt: skip


def accuracy_figure(found: Findings, files: Files, names: list[str], key: str, title_: str) -> Block:
    """The accuracy at test of some methods with its interval, drawn."""
    rows = [(label(found, name), *test_accuracy(found, name)) for name in names]
    best = rows[0]
    sentence = f"En tête au test : {best[0]}, {percent(best[1])}."
    if any(name == "majority" for name in names):
        sentence += " Répondre toujours la même catégorie donnerait environ une réponse juste sur sept."
    alternative = " ; ".join(
        f"{one} {percent(value)}, intervalle {interval(low, high)}" for one, value, low, high in rows
    )
    return figure(
        files, key, partial(accuracy_chart, rows), title_, sentence,
        alternative, table(
            f"{title_}, au test, et intervalle à 95 %", ("Méthode", "Exactitude", "De", "À"),
            [[one, percent(value), percent(low), percent(high)] for one, value, low, high in rows],
        ),
        short=key.replace("-", " des "), look="points avec leur intervalle, une méthode par ligne",
    )  # fmt: skip


def _unfinished(found: Findings) -> Block | None:
    """Say which methods were not trained on all folds: their test photos are then fewer."""
    most = max(method["photos"] for method in found.methods.values())
    short = [
        f"{method['label']} n’a été entraîné que sur {len(method['runs'])} tirages, donc testé sur "
        f"{number(method['photos'])} photos au lieu de {number(most)}"
        for method in found.methods.values()
        if method["photos"] < most
    ]
    if not short:
        return None
    return notice(f"{' ; '.join(short)}. Les tests par paires portent sur les photos communes.")


def _targets(found: Findings) -> list[Block]:
    lines = []
    for family, target in TARGETS.items():
        for name in filter(None, (found.best(family), *found.ensembles(family))):
            value = accuracy(found, name, "test")
            name_ = label(found, name)
            wanted = percent(target, 0)
            if value >= target:
                lines.append(f"{name_} : objectif de {wanted} atteint ({percent(value)}).")
            else:
                lines.append(
                    f"{name_} : objectif de {wanted} manqué de {gap(target - value)} ({percent(value)})."
                )
    return [paragraph("Objectifs fixés avant de mesurer, en exactitude moyenne au test :"), listing(*lines)]


def _pairs_table(found: Findings) -> Block | None:
    rows = []
    # That a network beats a histogram needs no test.
    shown = {*found.networks, *found.ensembles("efficientnet")}
    for pair in found.pairs:
        both = (pair["first"], pair["second"])
        if shown.issuperset(both):
            first, second = (label(found, name) for name in both)
            p = "moins de 0,001" if pair["p"] < 0.001 else number(pair["p"], 3)
            rows.append([f"{first} et {second}", number(pair["only_first"]), number(pair["only_second"]), p])
    if not rows:
        return None
    return table(
        "Tests de McNemar : photos que l’une des deux méthodes reconnaît seule",
        ("Méthodes", "Première seule", "Seconde seule", "Probabilité d’un tel écart par hasard"),
        rows,
    )


def _sizes_compared(found: Findings) -> list[Block]:
    """What finer photos change, for each network that was trained on more than one side."""
    by_backbone: dict[str, list[str]] = {}
    for name in found.networks:
        by_backbone.setdefault(found.methods[name]["config"]["backbone"], []).append(name)
    lines = []
    for backbone, names in by_backbone.items():
        names.sort(key=lambda name: found.methods[name]["config"]["size"])
        for small, large in pairwise(names):
            pair = pair_of(found, small, large)
            assert pair
            scores = [
                f"{percent(test_accuracy(found, name)[0])} à {found.methods[name]['config']['size']} px"
                for name in (small, large)
            ]
            lines.append(
                f"{BACKBONES[backbone].label} : {' et '.join(scores)} (test de McNemar, probabilité "
                f"{p_value(pair['p'])})."
            )
    if not lines:
        return []
    return [
        paragraph(
            "Le même réseau devant des photos plus fines, au test, sur les mêmes produits (ses autres "
            "réglages peuvent différer : voir la méthode) :"
        ),
        listing(*lines),
    ]


def _learning(found: Findings, name: str, files: Files) -> Block | None:
    """Mean curves: each fold is prolonged by its last value, since folds stop at different epochs."""
    runs, network = found.methods[name]["runs"], label(found, name)
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
    if not rows:
        return None
    best = int(np.argmax(curves["validation"])) + 1
    ahead = round(curves["apprentissage"][-1] - curves["validation"][-1], 3)
    end = (
        "l’apprentissage est au même point"
        if not ahead
        else f"l’apprentissage {'la dépasse' if ahead > 0 else 'est en dessous'} de {gap(ahead)}"
    )
    sentence = (
        f"La validation culmine à {percent(max(curves['validation']))} à l’époque {best} ; à la fin, {end}."
    )
    return figure(
        files, f"courbes-{name}", partial(learning_chart, curves, opening),
        f"{network} : exactitude au fil des époques",
        sentence,
        f"Deux courbes, apprentissage et validation, moyennes des tirages {elided('de', network)}. "
        f"{sentence}",
        table(
            f"{network} : exactitude moyenne à chaque époque",
            ("Époque", "Phase", "Apprentissage", "Validation"), rows, words=2,
        ),
        short=f"époques {elided('de', network)}", look="deux courbes, apprentissage et validation",
    )  # fmt: skip
