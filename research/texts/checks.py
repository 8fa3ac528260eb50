"""How far the texts' accuracy may be trusted: near-duplicates, taken-away words, few products, empty
descriptions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from tqdm import tqdm

from research import config as configs
from research.catalog import CATEGORIES
from research.config import Fusion, Words
from research.evaluation import bootstrap, read_predictions, right_answers
from research.files import read_json
from research.manifest import Manifest, Role, draw_splits
from research.study import Study
from research.texts import stripping
from research.texts.answers import Answers, difference, share
from research.texts.fusion import Blocks, fuse, learn_weights, photo_member
from research.texts.reading import (
    SHARE,
    SHINGLE,
    TEMPLATE_SHARE,
    TEMPLATE_SHINGLE,
    joined,
    kept_together,
    near_texts,
)

STRIPPED = {
    "whole": "Texte entier",
    "brand": "Sans la marque",
    "category": "Sans les mots des catégories",
    "boilerplate": "Sans les phrases de la boutique",
    "bare": "Sans rien de tout cela",
    "name": "Nom seul",
    "description": "Description seule",
}
SPLITS = {
    "common": "Découpage commun avec les photos",
    "photos": "Seules les photos presque identiques gardées ensemble",
    "template": "Textes du même modèle gardés ensemble",
}
SERIES = {"text": "Texte", "photo": "Photo", "both": "Texte et photo"}
SITUATIONS = {
    "whole": "Nom et description",
    "name": "Nom seul, description vide",
    "empty": "Aucun texte",
}
SIZES = (10, 20, 40, 80, 160, 320, 640)
#: Draws of few products differ much from each other: so many are averaged up to so many products.
REPEATS, FEW = 3, 160
TARGET = 0.965


@dataclass(frozen=True)
class Bench:
    """What the checks learn from: the study, its texts as they are, and features by the name of what they
    read.

    ``blocks`` makes a classifier that learns from positions: ``"text"``, ``"photo"`` (where there are
    features) and ``"both"``.
    """

    study: Study
    words: Words
    fusion: Fusion
    texts: list[str]
    photo: np.ndarray | None

    def make(self, series: str, texts: Sequence[str] | None = None) -> Blocks:
        """A new classifier that reads ``series``, from other texts where they are given."""
        assert series == "text" or self.photo is not None, "photos were not read"
        dense = [] if series == "text" or self.photo is None else [self.photo]
        words = None if series == "photo" else self.words
        strength = self.words.strength if series == "text" else self.fusion.strength
        return Blocks(words, texts or self.texts, dense, strength)

    @property
    def series(self) -> list[str]:
        """What can be compared."""
        return list(SERIES) if self.photo is not None else ["text"]


def tested(manifest: Manifest, labels: np.ndarray, make: Callable[[], Any]) -> np.ndarray:
    """Category numbers ``(n,)`` that the fold testing each product gives, learnt on all the others."""
    answers = np.zeros(len(labels), dtype=np.int64)
    for fold in range(manifest.folds):
        members = manifest.members(fold, Role.TEST)
        learnt = np.setdiff1d(np.arange(len(labels)), members)
        model = make().fit(learnt, labels[learnt])
        answers[members] = model.classes_[model.predict_proba(members).argmax(axis=1)]
    return answers


def near(study: Study, texts: Sequence[str]) -> dict[str, Any]:
    """What the near-duplicates are: how many groups, how large, and how many the common folds split."""
    groups = near_texts(texts)
    labels, names = study.catalog.labels, list(CATEGORIES)
    members = [np.flatnonzero(groups == number) for number in range(groups.max() + 1)]
    several = sorted((group for group in members if len(group) > 1), key=len, reverse=True)
    words = [study.manifest.roles[photo.uniq_id] for photo in study.catalog.photos]
    return {
        "shingle": SHINGLE,
        "share": SHARE,
        "groups": len(several),
        "products": sum(len(group) for group in several),
        "largest": max((len(group) for group in several), default=1),
        "mixed": sum(len(set(labels[group])) > 1 for group in several),
        "split": sum(len({words[one].index(Role.TEST.value) for one in group}) > 1 for group in several),
        "examples": [
            {"count": len(group), "category": names[labels[group[0]]], "text": texts[group[0]][:200]}
            for group in several[:3]
        ],
    }


def splits(study: Study, texts: Sequence[str]) -> dict[str, Manifest]:
    """The common folds, which split neither near photos nor near texts, and two others.

    ``"photos"`` lets near texts be learnt and then tested; ``"template"`` keeps whole templates together too.
    """
    templates = near_texts(texts, TEMPLATE_SHINGLE, TEMPLATE_SHARE)
    groups = tuple(joined(kept_together(study.catalog.groups, texts), templates))
    seed = study.manifest.seed
    return {
        "common": study.manifest,
        "photos": draw_splits(study.catalog, seed),
        "template": draw_splits(replace(study.catalog, groups=groups), seed),
    }


def leaning(bench: Bench, answers: Answers) -> list[dict[str, Any]]:
    """Accuracy on the common folds, on those that split near texts and on those that keep templates together.

    The photos' is beside it. ``twin`` and ``alone`` part the products that folds which split near texts test:
    those of which such a fold learns a near text, and the others.
    """
    labels, found = bench.study.catalog.labels, []
    drawn = splits(bench.study, bench.texts)
    groups = near_texts(bench.texts)
    has_twin = _twins(drawn["photos"], bench.study, groups)
    for series in bench.series:
        row: dict[str, Any] = {"name": series, "label": SERIES[series], "splits": []}
        for key, manifest in drawn.items():
            right = answers.add(f"{key}:{series}", tested(manifest, labels, lambda s=series: bench.make(s)))  # type: ignore[misc]
            common = answers.right(f"common:{series}")
            row["splits"].append(
                {"key": key, "label": SPLITS[key], **share(right), **difference(right, common)}
            )
        apart = answers.right(f"photos:{series}")
        for key, members in (("twin", has_twin), ("alone", ~has_twin)):
            accuracy = float(apart[members].mean()) if members.any() else None
            row[key] = {"products": int(members.sum()), "accuracy": accuracy}
        found.append(row)
    return found


def added(answers: Answers) -> list[dict[str, Any]]:
    """What the photo adds to the text for each way to split; answers: those that :func:`leaning` kept."""
    return [
        {"key": key, "label": label, **difference(answers.right(f"{key}:both"), answers.right(f"{key}:text"))}
        for key, label in SPLITS.items()
        if f"{key}:both" in answers.runs
    ]


def _twins(manifest: Manifest, study: Study, groups: np.ndarray) -> np.ndarray:
    """Which products ``(n,)`` have another of their group learnt from by the fold that tests them."""
    words = [manifest.roles[photo.uniq_id] for photo in study.catalog.photos]
    tested_in = np.array([word.index(Role.TEST.value) for word in words])
    same = groups[:, None] == groups[None]
    return np.asarray((same & (tested_in[:, None] != tested_in[None])).any(axis=1))


def stripped(bench: Bench, answers: Answers) -> list[dict[str, Any]]:
    """Accuracy of the words once brand, category words or the shop's phrases are taken away."""
    texts, found = stripping.variants(bench.study.texts), []
    for key, label in tqdm(STRIPPED.items(), desc="Textes dépouillés", disable=None):
        made = tested(bench.study.manifest, answers.labels, lambda k=key: bench.make("text", texts[k]))  # type: ignore[misc]
        right = answers.add(f"stripped:{key}", made)
        example = max(texts[key], key=lambda text: -abs(len(text) - 120))
        compared = difference(right, answers.right("stripped:whole"))
        found.append({"key": key, "label": label, **share(right), **compared, "example": example[:160]})
    return found


def subset(labels: np.ndarray, members: np.ndarray, size: int, seed: int) -> np.ndarray:
    """``size`` of these members drawn so that categories take turns: none has two more than another."""
    random = np.random.default_rng(seed)
    order = random.permutation(members)
    turn = np.zeros(len(order), dtype=np.int64)
    for number in range(len(CATEGORIES)):
        inside = labels[order] == number
        turn[inside] = np.arange(inside.sum())
    return np.asarray(order[np.lexsort((random.random(len(order)), turn))][:size])


def curves(bench: Bench, answers: Answers) -> dict[str, Any]:
    """Accuracy on the tested products after learning from 10 of the others, 20, and so on to all of them."""
    labels, manifest = answers.labels, bench.study.manifest
    most = min(int(labels.size - len(manifest.members(fold, Role.TEST))) for fold in range(manifest.folds))
    sizes = [*(size for size in SIZES if size < most), most]
    series: dict[str, list[dict[str, Any]]] = {name: [] for name in bench.series}
    for size in tqdm(sizes, desc="Courbes d’apprentissage", disable=None):
        for name, points in series.items():
            rights = []
            for repeat in range(REPEATS if size <= FEW else 1):
                made = _learnt_from(bench, name, size, repeat)
                rights.append(answers.add(f"curve:{name}:{size}:{repeat}", made))
            mean = np.mean(rights, axis=0)
            low, high = bootstrap(mean)
            points.append({"size": size, "accuracy": float(mean.mean()), "low": low, "high": high})
    rows = [{"key": name, "label": SERIES[name], "points": points} for name, points in series.items()]
    return {"sizes": sizes, "series": rows, "situations": situations(bench, answers)}


def _learnt_from(bench: Bench, series: str, size: int, repeat: int) -> np.ndarray:
    manifest, labels = bench.study.manifest, bench.study.catalog.labels
    answers = np.zeros(len(labels), dtype=np.int64)
    for fold in range(manifest.folds):
        members = manifest.members(fold, Role.TEST)
        rest = np.setdiff1d(np.arange(len(labels)), members)
        learnt = subset(labels, rest, size, 1000 * fold + repeat)
        model = bench.make(series).fit(learnt, labels[learnt])
        answers[members] = model.classes_[model.predict_proba(members).argmax(axis=1)]
    return answers


def situations(bench: Bench, answers: Answers) -> list[dict[str, Any]]:
    """Accuracy on products whose description, or whole text, is empty, by what learnt from complete ones."""
    manifest, labels = bench.study.manifest, answers.labels
    asked = {
        "whole": np.array(bench.texts, dtype=object),
        "name": np.array([text.name for text in bench.study.texts], dtype=object),
        "empty": np.array([""] * len(labels), dtype=object),
    }
    found = {(key, series): np.zeros(len(labels), dtype=np.int64) for key in asked for series in bench.series}
    for fold in range(manifest.folds):
        members = manifest.members(fold, Role.TEST)
        rest = np.setdiff1d(np.arange(len(labels)), members)
        for series in bench.series:
            model = bench.make(series).fit(rest, labels[rest])
            for key, texts in asked.items():
                model.texts = texts
                found[key, series][members] = model.classes_[model.predict_proba(members).argmax(axis=1)]
    rows = []
    for key, label in SITUATIONS.items():
        row: dict[str, Any] = {"key": key, "label": label}
        for series in bench.series:
            right = share(answers.add(f"situation:{key}:{series}", found[key, series]))
            row |= {series: right["accuracy"], f"{series}_interval": right["interval"]}
        if "both" in bench.series:
            both, text = (answers.right(f"situation:{key}:{series}") for series in ("both", "text"))
            row |= difference(both, text)
        rows.append(row)
    return rows


def nested(bench: Bench, answers: Answers) -> dict[str, Any] | None:
    """Late fusion in the strictest way: what the weights learn from never saw the tested products at all.

    In each fold the learnt products are split again; what each is given was learnt from the other parts.
    ``None`` where no photo was read.
    """
    if bench.photo is None:
        return None
    labels, manifest = answers.labels, bench.study.manifest
    groups = np.array(kept_together(bench.study.catalog.groups, bench.texts))
    found = {"text": np.zeros(len(labels), dtype=np.int64), "both": np.zeros(len(labels), dtype=np.int64)}
    for fold in tqdm(range(manifest.folds), desc="Fusion imbriquée", disable=None):
        members = manifest.members(fold, Role.TEST)
        rest = np.setdiff1d(np.arange(len(labels)), members)
        inner = _logs(bench, rest, labels, groups[rest], fold)
        trust = learn_weights(inner, labels[rest])
        outer = np.stack([_fitted(bench, series, rest, members, labels) for series in ("text", "photo")])
        found["both"][members] = fuse(outer, trust).argmax(axis=1)
        found["text"][members] = outer[0].argmax(axis=1)
    rights = {key: answers.add(f"nested:{key}", values) for key, values in found.items()}
    compared = difference(rights["both"], rights["text"])
    return {key: float(right.mean()) for key, right in rights.items()} | compared


def _fitted(
    bench: Bench, series: str, learnt: np.ndarray, asked: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    model = bench.make(series).fit(learnt, labels[learnt])
    return np.asarray(np.log(np.clip(model.predict_proba(asked), 1e-12, 1.0)))


def _logs(bench: Bench, rest: np.ndarray, labels: np.ndarray, groups: np.ndarray, fold: int) -> np.ndarray:
    """Logarithms ``(2, n, 7)`` of what text and photo give each of these products, by inner folds."""
    # Near-duplicates share a part here too.
    part = np.random.default_rng(fold).permutation(groups.max() + 1)[groups] % 4
    found = np.zeros((2, len(rest), len(CATEGORIES)))
    for number in range(4):
        inside = part == number
        for index, series in enumerate(("text", "photo")):
            found[index, inside] = _fitted(bench, series, rest[~inside], rest[inside], labels)
    return found


def gains(study: Study) -> dict[str, Any] | None:
    """What each fusion adds to the text method that validates best, on the published predictions."""
    read = {
        path.stem: read_json(path)
        for path in sorted((study.work / "evaluation").glob("*.json"))
        if not path.stem.startswith("framing_") and path.stem in configs.names()
    }
    by = {
        kind: [name for name in read if configs.reads(configs.load(name)) == kind]
        for kind in ("text", "both", "photo")
    }
    if not by["text"] or not by["both"]:
        return None
    best = max(by["text"], key=lambda name: read[name]["phases"]["tuned"]["accuracy"]["validation"])
    rights = {
        name: right_answers(read_predictions(read_json(study.work / "predictions" / f"{name}.json")))
        for name in [best, *by["both"]]
    }
    fusions: dict[str, Any] = {name: configs.load(name) for name in by["both"]}
    records = {name: _records(study, name) for name in by["both"]}
    trusted = next((rows for name, rows in records.items() if name == "fusion_late"), [])
    doubted = next((rows for name, rows in records.items() if name == "fusion_unsure"), [])
    return {
        "target": TARGET,
        "text": best,
        "photo": next(
            (photo_member(study, one) for one in fusions.values() if isinstance(one, Fusion)), None
        ),
        "gains": [
            {
                "name": name,
                "label": read[name]["label"],
                "against": best,
                **difference(rights[name], rights[best]),
            }
            for name in by["both"]
        ],
        "weights": [{"draw": row["draw"], "weights": row["trust"]} for row in trusted],
        "thresholds": [
            {"draw": row["draw"], "threshold": row["threshold"], "asked": row["asked"]} for row in doubted
        ],
        "asked": sum(row["asked"] for row in doubted) / len(rights[best]) if doubted else None,
    }


def _records(study: Study, name: str) -> list[dict[str, Any]]:
    from research.study import read_runs

    return [run.record for run in read_runs(study, name)]
