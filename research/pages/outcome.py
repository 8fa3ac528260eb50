"""The answer first, the results, and at the end the limits, the verdict and the recommendation."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

from research import config as configs
from research.backbones import BACKBONES
from research.baselines import Baseline
from research.blocks import Block, Files, figure, listing, notice, paragraph, section, table
from research.charts import accuracy_chart
from research.evaluation import two_proportions
from research.findings import STARTING_POINT, TARGETS, Findings, accuracy, is_network, test_accuracy
from research.wording import interval, number, p_value, percent, points, signed

#: Sizes of the test set of the project's original study that its published figures are compatible with.
FORMER_TEST = 157


def answer(found: Findings) -> list[str]:
    """The answer in a few sentences."""
    sentences = []
    for name in reversed(found.leading):
        value, low, high = test_accuracy(found, name)
        sentences.append(
            f"{found.methods[name]['label']} reconnaît la catégorie de {percent(value)} des photos jamais "
            f"vues (intervalle à 95 % : {interval(low, high)})."
        )
    if pair := _pair(found, *found.leading):
        sentences.append(_pair_sentence(found, pair))
    for name in found.ensembles("efficientnet"):
        value, low, high = test_accuracy(found, name)
        sentences.append(
            f"{found.methods[name]['label']}, dont on prend la réponse moyenne : {percent(value)} "
            f"(intervalle à 95 % : {interval(low, high)}), pour un temps qui s’additionne."
        )
    if not _measured_b7(found):
        sentences.append(
            "EfficientNet-B7 avec ses poids ImageNet n’a pas pu être mesuré ici : les chiffres "
            "d’EfficientNet sont ceux de ses petites versions « Lite »."
        )
    return sentences


def _measured_b7(found: Findings) -> bool:
    """Whether EfficientNet-B7 was trained from real weights; random ones measure nothing but time."""
    return any(
        name.startswith("efficientnet_b7") and not any(run["random_weights"] for run in method["runs"])
        for name, method in found.methods.items()
    )


def _local_vgg16(found: Findings) -> bool:
    runs = [
        run for name, method in found.methods.items() if name.startswith("vgg16") for run in method["runs"]
    ]
    return any(not str(run["weights"]).startswith(("keras", "random")) for run in runs)


def _pair(found: Findings, *names: str) -> dict[str, Any] | None:
    """McNemar's test between two methods, if both are named and were measured."""
    for pair in found.pairs:
        if [pair["first"], pair["second"]] in ([*names], [*reversed(names)]):
            return pair
    return None


def _pair_sentence(found: Findings, pair: dict[str, Any]) -> str:
    first, second = (found.methods[pair[side]]["label"] for side in ("first", "second"))
    clear = pair["p"] < 0.05
    start = (
        "La différence ne doit pas tout au hasard" if clear else "La différence peut n’être due qu’au hasard"
    )
    return (
        f"{start} : sur les mêmes {number(pair['photos'])} photos, {number(pair['only_first'])} sont "
        f"reconnues par {first} seul et {number(pair['only_second'])} par {second} seul (test de McNemar, "
        f"probabilité {p_value(pair['p'])})."
    )


def sections(found: Findings, files: Files) -> list[Block]:
    """Results: table first, then the chart, the targets, and the figures the project started from."""
    return [
        section(
            "resultats",
            "Résultats",
            _accuracies(found),
            paragraph(
                "Chaque photo est testée une fois, par un réseau qui ne l’a jamais vue ni pour apprendre ni "
                "pour être réglé. L’apprentissage est mesuré sur les photos telles quelles ; la validation "
                "et le test, sur la moyenne des vues de chaque photo."
            ),
            _unfinished(found),
            _accuracy_figure(found, files),
            *_targets(found),
            _pairs_table(found),
            *_sizes_compared(found),
            *_starting_point(found),
        )
    ]


def _accuracies(found: Findings) -> Block:
    """Every accuracy of every method, with the interval at test."""
    rows = []
    for name, method in found.methods.items():
        phase = method["phases"]["tuned"]
        value, low, high = test_accuracy(found, name)
        scores = [percent(accuracy(found, name, role)) for role in ("train", "validation")]
        scores.append(percent(value))
        deviation = f"± {number(phase['deviation']['test'] * 100, 1)}"
        frozen = percent(accuracy(found, name, "test", "frozen")) if is_network(name) else "sans objet"
        rows.append(
            [method["label"], *scores, deviation, interval(low, high), frozen, number(phase["macro_f1"], 3)]
        )
    return table(
        "Exactitude : moyenne des tirages ; au test, sur toutes les photos, avec son intervalle à 95 %",
        ("Méthode", "Apprentissage", "Validation", "Test", "Écart type au test", "Intervalle au test",
         "Test, base gelée", "F1 moyen au test"),
        rows,
    )  # fmt: skip


def _accuracy_figure(found: Findings, files: Files) -> Block:
    """The accuracy at test of each method with its interval, drawn."""
    rows = [(method["label"], *test_accuracy(found, name)) for name, method in found.methods.items()]
    best = rows[0]
    sentence = (
        f"En tête au test : {best[0]}, {percent(best[1])}. Répondre toujours la même catégorie donnerait "
        "environ une réponse juste sur sept."
    )
    alternative = " ; ".join(
        f"{label} {percent(value)}, intervalle {interval(low, high)}" for label, value, low, high in rows
    )
    return figure(
        files, "exactitude", partial(accuracy_chart, rows),
        "Exactitude au test de chaque méthode", sentence,
        alternative, table(
            "Exactitude au test et intervalle à 95 %", ("Méthode", "Exactitude", "De", "À"),
            [[label, percent(value), percent(low), percent(high)] for label, value, low, high in rows],
        ),
        short="exactitude", look="points avec leur intervalle, une méthode par ligne",
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
            label = found.methods[name]["label"]
            wanted = percent(target, 0)
            if value >= target:
                lines.append(f"{label} : objectif de {wanted} atteint ({percent(value)}).")
            else:
                lack = number((target - value) * 100, 1)
                lines.append(f"{label} : objectif de {wanted} manqué de {lack} point ({percent(value)}).")
    return [paragraph("Objectifs fixés avant de mesurer, en exactitude moyenne au test :"), listing(*lines)]


def _pairs_table(found: Findings) -> Block | None:
    rows = []
    for pair in found.pairs:
        # That a network beats a histogram needs no test.
        if not any(isinstance(configs.load(pair[side]), Baseline) for side in ("first", "second")):
            first, second = (found.methods[pair[side]]["label"] for side in ("first", "second"))
            p = "moins de 0,001" if pair["p"] < 0.001 else number(pair["p"], 3)
            rows.append([f"{first} et {second}", number(pair["only_first"]), number(pair["only_second"]), p])
    if not rows:
        return None
    return table(
        "Tests de McNemar : photos que l’une des deux méthodes reconnaît seule",
        ("Méthodes", "Première seule", "Seconde seule", "Probabilité que le hasard suffise"),
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
            pair = _pair(found, small, large)
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


def _starting_point(found: Findings) -> list[Block]:
    start = STARTING_POINT
    rows = []
    for name, label in (
        ("vgg16", "VGG16, chiffres de départ"),
        ("efficientnet_b7", "EfficientNet-B7, de départ"),
    ):
        values = start[name]
        scores = [percent(value, 2) if value is not None else "illisible" for value in values.values()]
        rows.append([label, *scores])
    for name in found.leading:
        label = f"{found.methods[name]['label']}, mesuré ici"
        rows.append(
            [label, *(percent(accuracy(found, name, role), 2) for role in ("train", "validation", "test"))]
        )
    former, newer = 0.8347, 0.8644
    p = two_proportions(former, newer, FORMER_TEST)
    return [
        table(
            "À côté des chiffres dont le projet était parti",
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


def closing(found: Findings) -> list[Block]:
    """Limits, verdict and recommendation."""
    sample = [f"{row['size']} px" for row in found.sample]
    limits = []
    if not _measured_b7(found):
        limits.append(
            "EfficientNet-B7 n’a pas été mesuré avec ses poids ImageNet : ils ne pouvaient pas être "
            "téléchargés. Aucune exactitude de B7 n’est donc publiée ici."
        )
    if sample:
        limits.append(
            f"Le chemin de B7 a été parcouru en entier à {' et à '.join(sample)}, avec des poids tirés au "
            "hasard et dix photos par catégorie, pour en connaître le temps et la mémoire ; son exactitude "
            "ne veut rien dire."
        )
    if _local_vgg16(found):
        limits.append(
            "Les poids de VGG16 viennent de torchvision (IMAGENET1K_V1), pas du fichier d’Oxford que Keras "
            "distribue : les exactitudes peuvent différer de quelques dixièmes."
        )
    limits += [
        "EfficientNet-Lite n’est pas B7 : plus petit, sans le mécanisme « squeeze-and-excite », avec ReLU6.",
        "Les réglages ont été comparés sur les photos de validation de chaque tirage. Comme les tirages se "
        "partagent les mêmes photos, la validation de l’un est le test d’un autre : un léger optimisme est "
        "possible. L’exactitude au test des premiers essais a été vue avant de choisir les suivants : les "
        "essais sont listés plus haut.",
        "Sept catégories très différentes, mille photos : rien ne dit que l’écart tienne sur un catalogue "
        "plus fin ou plus grand.",
        "Les temps ont été mesurés sur une machine à deux cœurs partagée avec d’autres travaux : ils ne "
        "valent que comparés entre eux.",
    ]
    for name in found.ensembles("efficientnet"):
        limits.append(
            f"« {found.methods[name]['label']} » a été essayé en dernier, quand on savait déjà ce que chacun "
            "de ces réseaux donnait seul au test."
        )
    blocks: list[Block] = [section("limites", "Limites", listing(*limits))]
    if len(found.leading) == 2:
        blocks.append(section("verdict", "Verdict et recommandation", *_verdict(found, *found.leading)))
    return blocks


def _together(found: Findings, best: str) -> list[Block]:
    """What several networks together gain over the best one."""
    second = found.methods[best]["label"]
    blocks = []
    for name in found.ensembles("efficientnet"):
        if together := _pair(found, name, best):
            gain = accuracy(found, name, "test") - accuracy(found, best, "test")
            blocks.append(
                paragraph(
                    f"{found.methods[name]['label']} : {signed(gain)} par rapport à {second} seul, un écart "
                    f"que le hasard {'suffit' if together['p'] >= 0.05 else 'ne suffit pas'} à expliquer "
                    f"(probabilité {p_value(together['p'])}), pour un temps qui s’additionne."
                )
            )
    return blocks


def _verdict(found: Findings, vgg: str, best: str) -> list[Block]:
    first, second = (found.methods[name]["label"] for name in (vgg, best))
    pair = _pair(found, vgg, best)
    blocks = [paragraph(_pair_sentence(found, pair))] if pair else []
    costs = [_cost(found, name) for name in (vgg, best)]
    ratio = 1.0
    if costs[0] and costs[1]:
        ratio = costs[0]["inference_seconds"] / costs[1]["inference_seconds"]
        smaller = costs[0]["parameters"]["base"] / costs[1]["parameters"]["base"]
        speed = (
            f"{number(ratio, 1)} fois plus vite" if ratio >= 1 else f"{number(1 / ratio, 1)} fois moins vite"
        )
        blocks.append(
            paragraph(
                f"{second} lit une photo {speed} que {first} et compte {number(smaller, 1)} fois moins de "
                "paramètres."
            )
        )
    if accuracy(found, best, "test") <= accuracy(found, vgg, "test"):
        advice = f"{first} est le plus juste des deux ici : à garder, sauf si la mémoire est comptée."
    elif ratio >= 1:
        advice = f"Nous recommandons {second} : plus juste que {first}, et bien moins coûteux."
    else:
        advice = (
            f"{second} est plus juste que {first}, mais plus lent : le choix dépend du prix d’une erreur."
        )
    blocks.append(notice(advice))
    blocks += _together(found, best)
    blocks.append(
        paragraph(
            "Passer à B7 ne se justifierait qu’après l’avoir mesuré avec ses poids ImageNet par les mêmes "
            "commandes : il demande beaucoup plus de calcul, et l’écart annoncé au départ tient dans le "
            "hasard d’un petit jeu de test."
        )
    )
    return blocks


def _cost(found: Findings, name: str) -> dict[str, Any] | None:
    """What the network of a configuration costs at its side, if it was measured."""
    config = found.methods[name]["config"]
    for cost in found.costs:
        if (cost["network"], cost["size"]) == (config["backbone"], config["size"]):
            return cost
    return None
