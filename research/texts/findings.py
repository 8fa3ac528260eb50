"""The checks and explanations of texts: made by one command, kept in the work folder, for the report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from research import config as configs
from research.backbones import RANDOM
from research.config import Fusion, Words
from research.errors import MissingPartError
from research.files import kept, read_json, write_json
from research.study import Study
from research.texts import checks
from research.texts.answers import Answers
from research.texts.fusion import photo_features
from research.texts.reading import WORD
from research.texts.words import explain_words

CHECKED, SIDE_BY_SIDE = "tfidf", "fusion_features"
CHECKS, ANSWERS, WORDS = "checks.json", "answers.json", "words.json"
SKIPPED = "skipped"


def check_texts(study: Study, weights: str) -> Iterator[str]:
    """Make the checks and the explanations of texts; yields what was left out, and why.

    ``weights`` is ``"random"`` or a folder that may hold the weights of the photo network.

    Raises MissingPartError: the catalogue has no texts.
    """
    texts = study.texts
    if not texts:
        raise MissingPartError("Le catalogue n’a pas de textes : rien à vérifier.")
    words, fusion = configs.load(CHECKED), configs.load(SIDE_BY_SIDE)
    assert isinstance(words, Words)
    assert isinstance(fusion, Fusion)
    photo: np.ndarray | None = None
    try:
        photo = photo_features(study, fusion.photo, weights)
    except MissingPartError as missing:
        yield f"Photos laissées de côté dans ces vérifications : {missing}"
    whole = [text.whole for text in texts]
    bench = checks.Bench(study, words, fusion, whole, photo)
    answers = Answers([one.uniq_id for one in study.catalog.photos], study.catalog.labels)
    lengths = [len(re.findall(WORD, text.lower())) for text in whole]
    found: dict[str, Any] = {
        "products": len(whole),
        "words": {"median": int(np.median(lengths)), "longest": max(lengths)},
        "random_weights": weights == RANDOM,
        "near": checks.near(study, whole),
        "leaning": checks.leaning(bench, answers),
        "stripped": checks.stripped(bench, answers),
        "curves": checks.curves(bench, answers),
        "nested": checks.nested(bench, answers),
    }
    folder = study.work / "texts"
    write_json(folder / ANSWERS, answers.to_json())
    write_json(folder / WORDS, explain_words(study, words))
    write_json(folder / CHECKS, found)


def skip(study: Study, name: str, label: str, reason: str | None) -> None:
    """Remember why a method was left out; without a reason, forget it."""
    path = study.work / SKIPPED / f"{name}.json"
    if reason:
        write_json(path, {"name": name, "label": label, "reason": reason})
    else:
        path.unlink(missing_ok=True)


def read_checks(study: Study) -> dict[str, Any] | None:
    """What :func:`check_texts` found, what the fusions add and the methods left out; none where unchecked."""
    found = kept(study.work / "texts" / CHECKS)
    if not isinstance(found, dict):
        return None
    nested = found.pop("nested")
    answers = kept(study.work / "texts" / ANSWERS)
    added = checks.added(Answers.from_json(answers)) if isinstance(answers, dict) else []
    fusion = checks.gains(study)
    skipped = [read_json(path) for path in sorted((study.work / SKIPPED).glob("*.json"))]
    return {**found, "added": added, "skipped": skipped, "fusion": fusion and {**fusion, "nested": nested}}


def published_files(study: Study) -> dict[str, Any]:
    """Files of the results beside ``figures.json``, by name: explanations, and answers to count again."""
    folder: Path = study.work / "texts"
    found = {name: kept(folder / name) for name in (WORDS, ANSWERS)}
    return {name: value for name, value in found.items() if value is not None}
