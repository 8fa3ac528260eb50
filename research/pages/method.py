"""The page of the method: how each method learns and is tested, EfficientNet in plain words, the cache."""

from __future__ import annotations

from typing import Any

from research.blocks import Block, Files, figure, listing, page, paragraph, section, table
from research.charts import scaling_drawing
from research.findings import Findings
from research.pages.comparing import label, left_out, reading
from research.study import Study
from research.wording import HARD_SPACE, count, english, number, percent


def page_of(study: Study, found: Findings, files: Files) -> Block:
    """The page of the method."""
    folds = study.manifest.folds
    return page(
        "methode",
        "Méthode",
        "Chaque produit est testé une fois, par un modèle qui ne l’a jamais vu",
        "méthode de la veille",
        "Comment chaque méthode apprend, est réglée et testée, ce que mesurent les intervalles et les "
        "tests, et "
        "EfficientNet en mots simples.",
        [
            f"Les produits sont répartis {count(folds, 'fois', 'fois')} entre apprentissage, validation et "
            "test, et chacun "
            "est au test une fois et une seule. Toutes les méthodes répondent aux mêmes produits."
        ],
        [
            section("mesure", "Comment on mesure", listing(*_MEASURE)),
            section("photos", "Comment les photos sont lues", listing(*_PHOTOS), *_settings(found)),
            section("textes", "Comment les textes sont lus", *_texts(found)),
            section("efficientnet", "EfficientNet en mots simples", *_efficientnet(files)),
            section("cache", "Le cache des caractéristiques", *(_bench(found.bench) if found.bench else ())),
        ],
    )


_MEASURE = (
    "L’exactitude est la part des produits rangés dans la bonne catégorie. L’intervalle à 95 % vient de 2 "
    "000 rééchantillonnages des produits testés.",
    "Deux méthodes sont comparées sur les mêmes produits par le test de McNemar : seuls comptent ceux que "
    "l’une des "
    "deux est seule à reconnaître. Un écart est dit sûr quand le hasard seul en donnerait un aussi grand "
    "moins d’une "
    "fois sur vingt.",
    "Les réglages sont choisis sur les produits de validation ; ceux du test ne servent qu’à mesurer.",
    "Deux points de comparaison qui ne coûtent rien : la classe majoritaire, et un histogramme de couleurs "
    "suivi d’une "
    "régression logistique.",
)
_PHOTOS = (
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
)
#: What each method that reads texts does, by its name.
_READERS = {
    "bag_of_words": "chaque mot est compté ; une régression logistique pèse les comptes",
    "tfidf": "les mots et les paires de mots comptent d’autant plus qu’ils sont rares ailleurs ; une "
    "régression logistique les pèse",
    "minilm": "un petit réseau de langue déjà entraîné résume le texte en 384 nombres ; une régression "
    "logistique les pèse",
    "minilm_tuned": "le même réseau de langue, dont les couches du haut sont ouvertes et affinées",
    "ensemble_text": "moyenne des réponses des méthodes de texte",
    "fusion_late": "les réponses du texte et de la photo sont pesées par des poids appris hors du tirage "
    "testé",
    "fusion_features": "les caractéristiques du texte et de la photo sont mises bout à bout puis classées",
    "fusion_unsure": "la photo n’est regardée que si la réponse du texte est peu sûre",
}


def _texts(found: Findings) -> list[Block]:
    """What each measured method of texts does, and which were left out."""
    if not reading(found, "text"):
        return [paragraph("Aucune méthode de texte n’a été mesurée pour ce rapport.")]
    lines = [
        f"{label(found, name)} : {_READERS[name]}."
        for name in reading(found, "text", "both")
        if name in _READERS
    ]
    lines += left_out(found)
    return [listing(*lines)] if lines else []


def _settings(found: Findings) -> list[Block]:
    """How each measured network was set."""
    lines = []
    for name in found.networks:
        config, folds = found.methods[name]["config"], len(found.methods[name]["runs"])
        tuning = config["tuning"]
        opened = (
            f"pas d’affinage {number(tuning['rate'] * 1e5, 1)}{HARD_SPACE}cent-millièmes, au plus "
            f"{count(tuning['epochs'], 'époque')}"
            if tuning["epochs"]
            else "base gelée jusqu’au bout"
        )
        lines.append(
            f"{label(found, name)} : {config['size']} px, {count(config['views'], 'vue')}, "
            f"{count(folds, 'tirage')} ; {opened} ; extinction de {percent(config['dropout'], 0)} des "
            f"caractéristiques, étiquettes adoucies de {percent(config['smoothing'], 0)}."
        )
    return [listing(*lines)] if lines else []


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
            f"»). B0 à B7 ajoutent un réglage du poids de chaque canal (« {english('squeeze-and-excite')} "
            "»). Les versions « Lite » s’en passent, pour aller vite sur de petits processeurs. VGG16, "
            "lui, empile treize convolutions simples, coûteuses."
        ),
    ]  # fmt: skip


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
