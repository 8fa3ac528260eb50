"""The question, the data, the method, EfficientNet in plain words, what was tried, what it costs."""

from __future__ import annotations

from typing import Any

from research.blocks import Block, Files, figure, listing, notice, paragraph, section, subtitle, table
from research.catalog import CATEGORIES, EXPECTED_EACH, Catalog
from research.charts import scaling_drawing
from research.findings import Findings
from research.study import Study
from research.wording import HARD_SPACE, count, number, percent


def sections(study: Study, found: Findings, files: Files) -> list[Block]:
    """The sections of the method."""
    return [
        _question(study),
        _data(study),
        section("efficientnet", "EfficientNet en mots simples", *_efficientnet(files)),
        _method(study, found),
        _trials(found, study.manifest.folds),
        _costs(found),
    ]


def _question(study: Study) -> Block:
    demonstration = (
        notice(
            "Démonstration : images dessinées et poids tirés au hasard. Ces chiffres ne disent rien de "
            "vraies photos."
        )
        if study.catalog.demonstration
        else None
    )
    return section(
        "question",
        "La question",
        demonstration,
        paragraph(
            "Ranger une photo de produit dans l’une de sept catégories : VGG16, réseau de 2014 souvent pris "
            "pour référence, fait-il mieux ou moins bien que la famille EfficientNet, plus récente ? Et "
            "l’écart, s’il existe, dépasse-t-il ce que le hasard d’un petit jeu de test suffit à produire ?"
        ),
    )


def _data(study: Study) -> Block:
    catalog = study.catalog
    counts = catalog.counts()
    rows = []
    for name, french in CATEGORIES.items():
        missing = sum(product.category == name for product in catalog.left_out)
        rows.append([french, name, number(counts[name]), number(missing)])
    left_out = [
        f"Laissé de côté : {product.uniq_id} ({CATEGORIES[product.category]}), {product.reason}."
        for product in catalog.left_out
    ]
    return section(
        "donnees",
        "Les données",
        _origin(catalog),
        table(
            "Photos par catégorie",
            ("Catégorie", "Nom d’origine", "Photos", "Laissées de côté"),
            rows,
            words=2,
            english=("Nom d’origine",),
        ),
        listing(*left_out) if left_out else None,
        paragraph(
            f"Doublons : {number(len(catalog.repeated_ids))} identifiant répété, "
            f"{number(len(catalog.same_file))} groupes de fichiers identiques, {number(len(catalog.near))} "
            "groupes de photos presque identiques (empreinte visuelle). Les photos d’un même groupe restent "
            "toujours du même côté : aucune n’est apprise puis testée."
        ),
        paragraph(
            f"Découpage {study.manifest.key}, graine {study.manifest.seed} : {study.manifest.folds} tirages "
            "stratifiés, environ 70 % d’apprentissage, 10 % de validation et 20 % de test. Chaque photo est "
            "testée dans un tirage et un seul."
        ),
    )


def _origin(catalog: Catalog) -> Block:
    """How many products there are, from where, and whether none is missing."""
    counts = catalog.counts()
    complete = all(
        counts[name] + sum(product.category == name for product in catalog.left_out) == EXPECTED_EACH
        for name in CATEGORIES
    )
    origin = (
        "des images dessinées par programme" if catalog.demonstration else "un échantillon public de Flipkart"
    )
    count = f"Le compte y est : {EXPECTED_EACH} produits dans chacune des sept catégories. "
    return paragraph(
        f"{number(len(catalog.photos) + len(catalog.left_out))} produits : {origin}. "
        f"{count if complete else ''}{number(len(catalog.photos))} photos sont utilisables."
    )


def _efficientnet(files: Files) -> list[Block]:
    rows = [
        ["EfficientNet-Lite0", "1,0", "1,0", "224 px"],
        ["EfficientNet-Lite2", "1,1", "1,2", "260 px"],
        ["EfficientNet-B0", "1,0", "1,0", "224 px"],
        ["EfficientNet-B7", "2,0", "3,1", "600 px"],
    ]
    return [
        paragraph(
            "Un réseau qui voit est une pile de filtres. On peut l’agrandir de trois façons : plus de "
            "filtres à chaque étage (plus large), plus d’étages (plus profond), des photos plus fines (plus "
            "de pixels). Agrandir d’un seul côté finit par ne plus rien apporter."
        ),
        paragraph(
            "L’idée d’EfficientNet (Tan et Le, 2019) est de grandir des trois côtés à la fois, dans des "
            "proportions fixes : c’est la mise à l’échelle composée. On part d’un petit réseau bien conçu, "
            "B0, et un seul bouton donne toute la famille jusqu’à B7."
        ),
        figure(
            files, "mise-a-l-echelle", scaling_drawing, "La mise à l’échelle composée",
            "Plus large, plus profond ou plus fin : EfficientNet fait les trois ensemble, avec mesure.",
            "Cinq piles d’étages côte à côte, chacune au-dessus de la photo qu’elle lit : le réseau de "
            "départ ; un réseau aux étages plus larges ; un réseau à plus d’étages ; un réseau qui lit une "
            "photo plus fine ; et, en couleur pleine, EfficientNet, un peu plus large, plus profond et plus "
            "fin à la fois.",
            table(
                "Facteurs de quelques membres de la famille", ("Réseau", "Largeur", "Profondeur", "Côté de "
                "l’image"),
                rows,
            ),
            short="mise à l’échelle",
            look="cinq piles d’étages, chacune au-dessus de la photo qu’elle lit",
        ),
        paragraph(
            "Chaque étage élargit ses canaux, filtre chacun séparément, puis les resserre (bloc « inversé "
            "»). B0 à B7 ajoutent un réglage du poids de chaque canal (« squeeze-and-excite »). Les "
            "versions « Lite » s’en passent, pour aller vite sur de petits processeurs. VGG16, lui, empile "
            "treize convolutions simples, coûteuses."
        ),
    ]  # fmt: skip


def _method(study: Study, found: Findings) -> Block:
    items = [
        "Base préparée sur ImageNet puis gelée ; une couche de classement est apprise dessus ; enfin le "
        "haut du réseau est ouvert et affiné, couches de normalisation gelées, si la validation y gagne.",
        "Perte : entropie croisée catégorielle. Optimiseur : Adam pour VGG16, RMSprop pour EfficientNet. "
        "L’époque gardée est celle de plus petite perte de validation.",
        "Une fois choisi le nombre d’époques, tout est appris de nouveau, autant d’époques, sur les photos "
        "d’apprentissage et de validation réunies : c’est ce réseau-là qui est testé. Les exactitudes "
        "d’apprentissage et de validation sont celles d’avant.",
        "Vues de chaque photo : telle quelle, en miroir, puis rotations, zooms et décalages tirés au hasard. "
        "À la réponse, les probabilités de plusieurs vues sont moyennées.",
        "Photos redressées (EXIF), complétées de blanc pour devenir carrées.",
        "Pixels préparés comme chaque réseau les attend : preprocess_input pour VGG16 ; rien pour "
        "EfficientNet, qui les met à l’échelle lui-même.",
        "Deux points de comparaison qui ne coûtent rien : la classe majoritaire, et un histogramme de "
        "couleurs suivi d’une régression logistique.",
    ]
    blocks: list[Block] = [listing(*items)]
    for name in found.networks:
        config, folds = found.methods[name]["config"], len(found.methods[name]["runs"])
        tuning = config["tuning"]
        opened = (
            f"pas d’affinage {number(tuning['rate'] * 1e5, 1)}{HARD_SPACE}cent-millièmes, au plus "
            f"{count(tuning['epochs'], 'époque')}"
            if tuning["epochs"]
            else "base gelée jusqu’au bout"
        )
        blocks.append(
            paragraph(
                f"{found.methods[name]['label']} : {config['size']} px, {count(config['views'], 'vue')}, "
                f"{count(folds, 'tirage')} ; {opened} ; extinction de {percent(config['dropout'], 0)} des "
                f"caractéristiques, étiquettes adoucies de {percent(config['smoothing'], 0)}."
            )
        )
    if found.bench:
        blocks += [subtitle("Le cache des caractéristiques"), *_bench(found.bench)]
    return section("methode", "La méthode", *blocks)


def _bench(bench: dict[str, Any]) -> list[Block]:
    return [
        paragraph(
            "La partie gelée d’un réseau donne toujours le même résultat pour la même vue : elle n’est "
            f"calculée qu’une fois, puis gardée sur disque. Mesuré avec {bench['label']} sur "
            f"{number(bench['photos'])} photos, {count(bench['draws'], 'tirage')} de "
            f"{count(bench['epochs'], 'époque')} et {count(bench['views'], 'vue')}, le même travail prend "
            f"{number(bench['plain_seconds'])} secondes avec model.fit et {number(bench['cached_seconds'])} "
            f"avec le cache, remplissage compris : {number(bench['ratio'], 1)} fois moins ; "
            f"{number(bench['ratio_filled'], 1)} fois moins quand il est déjà rempli. "
            + (
                "L’objectif de 8 fois est atteint."
                if bench["ratio"] >= 8
                else "L’objectif de 8 fois, remplissage compris, n’est pas atteint."
            )
        ),
        paragraph(
            f"Exactitude au test de ces essais : {percent(bench['plain_accuracy'])} avec model.fit, "
            f"{percent(bench['cached_accuracy'])} avec le cache, sur {number(bench['tested'])} réponses."
        ),
    ]


def _trials(found: Findings, folds: int) -> Block:
    if not found.trials:
        return section("essais", "Ce qui a été essayé")
    rows = []
    for trial in found.trials:
        settings = trial["settings"]
        aspect = "complétée" if settings["aspect"] == "pad" else "étirée"
        rate = "aucun" if trial["rate"] is None else number(trial["rate"] * 1e5, 1)
        scores = [
            percent(trial[phase][role]) for phase in ("frozen", "tuned") for role in ("validation", "test")
        ]
        photo = f"{settings['size']} px, {aspect}, {count(settings['averaged'], 'vue')}"
        if trial["draws"] != folds:
            photo += f", {count(trial['draws'], 'tirage')}"
        rows.append([trial["label"], photo, "oui" if trial["refit"] else "non", rate, *scores])
    return section(
        "essais",
        "Ce qui a été essayé",
        paragraph(
            "Tous les essais menés à terme avec les configurations publiées sont là, y compris ceux qui "
            "n’ont pas été retenus. Le choix s’est fait sur la validation ; le test est montré pour que "
            "chacun puisse juger."
        ),
        table(
            f"Essais, exactitude moyenne de {count(folds, 'tirage')} sauf mention contraire ; pas d’affinage "
            "en cent-millièmes",
            ("Réseau", "Photo", "Réappris", "Pas d’affinage", "Validation, gelé", "Test, gelé",
             "Validation, affiné", "Test, affiné"),
            rows, words=3,
        ),
        *_framing(found),
    )  # fmt: skip


#: Halves of what was tried on one network at a time, base frozen, plain photos: configuration and words.
_FRAMINGS = {
    "Compléter de blanc ou étirer une photo pour la rendre carrée": [
        (("framing_vgg16_pad", "en complétant"), ("framing_vgg16_stretch", "en étirant")),
        (
            ("framing_efficientnet_lite2_pad", "en complétant"),
            ("framing_efficientnet_lite2_stretch", "en étirant"),
        ),
    ],
    "Des photos plus fines que celles pour lesquelles le réseau fut conçu": [
        (("framing_vgg16_pad", "à 224 px"), ("framing_vgg16_380", "à 380 px")),
        (("framing_efficientnet_lite2_pad", "à 260 px"), ("framing_efficientnet_lite2_380", "à 380 px")),
    ],
}


def _framing(found: Findings) -> list[Block]:
    trials = {trial["name"]: trial for trial in found.trials}
    blocks = []
    for question, comparisons in _FRAMINGS.items():
        lines = []
        for halves in comparisons:
            if all(name in trials for name, _ in halves):
                scores = [
                    f"{percent(trials[name]['frozen']['validation'])} {words}" for name, words in halves
                ]
                lines.append(f"{trials[halves[0][0]]['label']} : {', '.join(scores)}.")
        if lines:
            blocks += [paragraph(f"{question}, en validation, base gelée, sans autre vue :"), listing(*lines)]
    return blocks


def _costs(found: Findings) -> Block:
    blocks = _measured(found) if found.costs else []
    for row in found.sample:
        total = sum(float(value) for value in row["seconds"].values())
        blocks.append(
            paragraph(
                f"EfficientNet-B7 à {row['size']} px, poids tirés au hasard, dix photos par catégorie : une "
                f"époque de chaque phase menée à terme en {number(total, 1)} secondes (caractéristiques "
                "déjà calculées)."
            )
        )
    if not blocks:
        blocks.append(paragraph("Le temps et la mémoire n’ont pas été mesurés pour ce rapport."))
    return section("cout", "Ce que cela coûte", *blocks)


def _measured(found: Findings) -> list[Block]:
    """The measures of each network, and how they were taken."""
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
            "Ce que coûte chaque réseau, sur deux cœurs sans carte graphique",
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
