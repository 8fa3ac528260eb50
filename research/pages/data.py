"""The page of the data: products, photos, texts, and how they are dealt out."""

from __future__ import annotations

from typing import Any

from research.blocks import Block, listing, page, paragraph, section, table
from research.catalog import CATEGORIES, EXPECTED_EACH, Catalog
from research.findings import Findings
from research.study import Study
from research.wording import count, number, percent, shortened


def page_of(study: Study, found: Findings) -> Block:
    """The page of the data."""
    catalog = study.catalog
    kinds = "photos et textes" if found.texts else "photos"
    fewest, most = min(catalog.counts().values()), max(catalog.counts().values())
    each = f"{number(fewest)}" if fewest == most else f"de {number(fewest)} à {number(most)}"
    return page(
        "donnees",
        "Données",
        f"{count(len(catalog.photos), 'produit')} dans sept catégories, {each} dans chacune",
        "données de la veille",
        f"D’où viennent les {kinds} de la veille, combien il y en a par catégorie, quels doublons on y "
        "trouve et "
        "comment ils sont répartis entre apprentissage, validation et test.",
        [_origin(catalog)],
        [
            section("categories", "Les catégories", *_categories(catalog)),
            section("textes", "Les textes", *_texts(found.texts)),
            section("doublons", "Les photos en double", paragraph(_duplicates(catalog))),
            section("decoupage", "Le découpage", paragraph(_split(study))),
        ],
    )


def _origin(catalog: Catalog) -> str:
    """How many products there are, from where, and whether none is missing."""
    counts = catalog.counts()
    complete = all(
        counts[name] + sum(product.category == name for product in catalog.left_out) == EXPECTED_EACH
        for name in CATEGORIES
    )
    origin = (
        "des images dessinées par programme" if catalog.demonstration else "un échantillon public de Flipkart"
    )
    told = (
        f"Le compte y est : {EXPECTED_EACH} produits dans chacune des sept catégories. " if complete else ""
    )
    return (
        f"{number(len(catalog.photos) + len(catalog.left_out))} produits : {origin}. "
        f"{told}{count(len(catalog.photos), 'photo est utilisable', 'photos sont utilisables')}."
    )


def _categories(catalog: Catalog) -> list[Block]:
    counts = catalog.counts()
    rows = []
    for name, french in CATEGORIES.items():
        missing = sum(product.category == name for product in catalog.left_out)
        rows.append([french, name, number(counts[name]), number(missing)])
    left_out = [
        f"Laissé de côté : {product.uniq_id} ({CATEGORIES[product.category]}), {product.reason}."
        for product in catalog.left_out
    ]
    blocks = [
        table(
            "Photos par catégorie",
            ("Catégorie", "Nom d’origine", "Photos", "Laissées de côté"),
            rows,
            words=2,
            english=("Nom d’origine",),
        )
    ]
    return [*blocks, listing(*left_out)] if left_out else blocks


def _texts(texts: dict[str, Any] | None) -> list[Block]:
    """What the texts are like, and which of them repeat each other."""
    if texts is None:
        return [
            paragraph("Ni la longueur des textes ni leurs répétitions n’ont été examinées pour ce rapport.")
        ]
    words, near = texts["words"], texts["near"]
    blocks = [
        paragraph(
            f"Le texte d’un produit est son nom suivi de sa description, en anglais. La moitié "
            f"des textes ont au plus {number(words['median'])} mots ; le plus long en a "
            f"{number(words['longest'])}."
        ),
        paragraph(_near(near)),
    ]
    if near["examples"]:
        blocks.append(
            table(
                "Les paragraphes les plus répétés, au début de leur texte",
                ("Catégorie", "Texte d’origine", "Produits"),
                [
                    [CATEGORIES[one["category"]], shortened(one["text"], 140), number(one["count"])]
                    for one in near["examples"]
                ],
                words=2,
                english=("Texte d’origine",),
            )
        )
    return blocks


def _near(near: dict[str, Any]) -> str:
    """How many products have a text that is nearly another's, and whether the split keeps them together."""
    if not near["groups"]:
        return "Aucun texte n’est presque identique à un autre."
    told = (
        f"Les boutiques recopient des paragraphes entiers : {count(near['products'], 'produit')} sur "
        f"lesquels {count(near['groups'], 'groupe')} de textes presque identiques se partagent, "
        f"{number(near['largest'])} produits pour le plus grand. Sont presque identiques deux textes qui "
        f"ont en commun au moins {percent(near['share'], 0)} de leurs suites de {number(near['shingle'])} "
        "mots."
    )
    if near["split"]:
        apart = count(near["split"], "de ces groupes est séparé", "de ces groupes sont séparés")
        return f"{told} Le découpage ne les connaissait pas : {apart} entre apprentissage et test."
    return f"{told} Les textes d’un même groupe restent du même côté : aucun n’est appris puis testé."


def _duplicates(catalog: Catalog) -> str:
    return (
        f"{count(len(catalog.repeated_ids), 'identifiant répété', 'identifiants répétés')}, "
        f"{count(len(catalog.same_file), 'groupe')} de fichiers identiques, "
        f"{count(len(catalog.near), 'groupe')} de photos presque identiques (empreinte visuelle). Les "
        "photos d’un "
        "même groupe restent toujours du même côté : aucune n’est apprise puis testée."
    )


def _split(study: Study) -> str:
    return (
        f"Découpage {study.manifest.key}, graine {study.manifest.seed} : {study.manifest.folds} tirages "
        "stratifiés, environ 70 % d’apprentissage, 10 % de validation et 20 % de test. Chaque produit est "
        "testé dans "
        "un tirage et un seul, le même pour toutes les méthodes."
    )
