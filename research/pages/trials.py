"""The page of what was tried, kept or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from research.blocks import Block, listing, page, paragraph, section, table
from research.findings import Findings
from research.wording import count, number, percent


def page_of(found: Findings, folds: int, split: str) -> Block:
    """The page of the trials; split: the key of the one that the report is of."""
    today = [trial for trial in found.trials if trial.get("split", split) == split]
    before = [trial for trial in found.trials if trial not in today]
    kept = count(len(found.trials), "essai mené", "essais menés")
    return page(
        "essais",
        "Essais",
        f"{kept} à terme, {'retenu' if len(found.trials) < 2 else 'retenus'} ou non"
        if found.trials
        else "Aucun essai d’un réseau n’est publié",
        "essais de la veille",
        "Tous les essais de réseaux menés à terme, avec leur exactitude en validation et au test, y "
        "compris ceux qui "
        "n’ont pas été retenus.",
        [
            "Le choix s’est fait sur la validation ; le test est montré pour que chacun puisse juger."
            if found.trials
            else "Les essais sont lus dans le dossier de travail de l’étude, qui n’en contient pas."
        ],
        [
            section("tous", _all(before), _table(today, folds, "Essais")),
            section("avant", "Essais d’avant", *_before(before, folds)),
            section("cadrage", "Cadrage et finesse des photos", *_framing(today, before)),
        ],
    )


def _all(before: Sequence[dict[str, Any]]) -> str:
    """What the first table is called: not all trials where some are of another split."""
    return "Essais de ce découpage" if before else "Tous les essais"


def _before(trials: Sequence[dict[str, Any]], folds: int) -> list[Block | None]:
    """Trials of another split, whose figures were seen before this one was drawn."""
    if not trials:
        return []
    return [
        paragraph(
            "Ces essais ont été menés sur un autre découpage des mêmes produits, avant celui d’aujourd’hui. "
            "Leurs chiffres étaient connus quand les réglages ont été choisis ; ils ne se comparent pas un à "
            "un à ceux d’aujourd’hui."
        ),
        _table(trials, folds, "Essais d’avant"),
    ]


def _table(trials: Sequence[dict[str, Any]], folds: int, name: str) -> Block | None:
    if not trials:
        return None
    rows = []
    for trial in trials:
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
    return table(
        f"{name}, exactitude moyenne de {count(folds, 'tirage')} sauf mention contraire ; pas d’affinage "
        "en cent-millièmes",
        ("Réseau", "Photo", "Réappris", "Pas d’affinage", "Validation, gelé", "Test, gelé",
         "Validation, affiné", "Test, affiné"),
        rows, words=3,
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


def _framing(today: Sequence[dict[str, Any]], before: Sequence[dict[str, Any]]) -> list[Block]:
    """What one difference brings; both halves of a comparison on one split, today's where it has them."""
    sources = [({trial["name"]: trial for trial in today}, "")]
    for split in reversed(dict.fromkeys(trial["split"] for trial in before)):
        ours = {trial["name"]: trial for trial in before if trial["split"] == split}
        sources.append((ours, " (découpage d’avant)"))
    blocks = []
    for question, comparisons in _FRAMINGS.items():
        lines = []
        for halves in comparisons:
            for trials, where in sources:
                if all(name in trials for name, _ in halves):
                    scores = [
                        f"{percent(trials[name]['frozen']['validation'])} {words}" for name, words in halves
                    ]
                    lines.append(f"{trials[halves[0][0]]['label']} : {', '.join(scores)}{where}.")
                    break
        if lines:
            blocks += [paragraph(f"{question}, en validation, base gelée, sans autre vue :"), listing(*lines)]
    return blocks
