"""Text and photo together: trust is learnt, never on the tested products, and the photo asked when needed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from research import config as configs
from research import study as studies
from research.config import Fusion
from research.errors import MissingPartError
from research.evaluation import evaluate
from research.files import read_json, write_json
from research.manifest import Role
from research.study import Run, Study
from research.texts.checks import gains
from research.texts.fusion import Blocks, fuse, learn_threshold, learn_weights, logs, photo_member, unsure

RANDOM = np.random.default_rng(0)


def chances(labels: np.ndarray, right: np.ndarray, sure: float) -> np.ndarray:
    """Probabilities that give ``sure`` to the true category where ``right``, else to the next one."""
    found = np.full((len(labels), 7), (1 - sure) / 6)
    found[np.arange(len(labels)), np.where(right, labels, (labels + 1) % 7)] = sure
    return found


def test_who_knows_is_trusted_and_who_guesses_is_not() -> None:
    labels = RANDOM.integers(7, size=300)
    knows = chances(labels, RANDOM.random(300) < 0.9, 0.9)
    guesses = chances(labels, RANDOM.random(300) < 1 / 7, 0.9)
    values = np.log(np.stack([knows, guesses]))
    trust = learn_weights(values, labels)
    assert trust[0] == pytest.approx(1, abs=0.2)
    assert trust[1] == pytest.approx(0, abs=0.05)
    assert fuse(values, np.array([1.0, 0.0])) == pytest.approx(knows)
    assert fuse(values, np.array([0.5, 0.5])).sum(axis=1) == pytest.approx(np.ones(300))


def test_the_photo_is_asked_below_the_threshold_only() -> None:
    text = np.array([[0.6, 0.4], [0.9, 0.1]])
    both = np.array([[0.2, 0.8], [0.3, 0.7]])
    assert unsure(text, both, 0.7).tolist() == [[0.2, 0.8], [0.9, 0.1]]
    labels = np.array([1, 0])
    # 0.62 is the first of the thresholds that asks for the first product and leaves the second alone.
    assert learn_threshold(text, both, labels) == 0.62
    assert learn_threshold(text, text, labels) == 0.3


def test_what_was_given_no_chance_had_less_than_one_in_ten_thousand() -> None:
    given: Any = SimpleNamespace(test={"tuned": np.array([[0.0, 1.0, 0.5]])})
    assert logs([given]).tolist() == [[[pytest.approx(-9.21034), 0.0, pytest.approx(-0.693147)]]]


@pytest.mark.parametrize(("own", "chosen"), [("", "efficientnet_lite0"), ("vgg16", "vgg16")])
def test_photos_are_read_by_the_own_network_or_by_the_one_that_validates_best(
    tmp_path: Path, own: str, chosen: str
) -> None:
    """Neither by a text method nor by what was tried with a base that stayed frozen."""
    scores = {"vgg16": 0.8, "efficientnet_lite0": 0.9, "framing_vgg16_pad": 0.95, "tfidf": 0.96}
    for name, score in scores.items():
        write_json(
            tmp_path / "evaluation" / f"{name}.json",
            {"phases": {"tuned": {"accuracy": {"validation": score}}}},
        )
    config = configs.load("fusion_late")
    assert isinstance(config, Fusion)
    study: Any = SimpleNamespace(work=tmp_path)
    assert photo_member(study, replace(config, photo=own)) == chosen


@pytest.fixture
def evaluated(worded: Study) -> Study:
    """The study with two methods that answered: a text method right at 8 of 10, a photo network at 7."""
    study = replace(worded, work=worded.work.parent / "fused")
    for name in ("catalog.json", "manifest.json", "texts.json"):
        write_json(study.work / name, read_json(worded.work / name))
    labels = study.catalog.labels
    for name, share, sure in (("tfidf", 8, 0.6), ("vgg16", 7, 0.9)):
        right = np.arange(70) % 10 < share if name == "tfidf" else np.arange(70) % 10 >= 10 - share
        found = chances(labels, right, sure)[None]
        record: dict[str, Any] = {"history": [], "seconds": {}, "weights": "x", "config": {}}
        runs = [Run(fold, found, found, record) for fold in range(5)]
        evaluate(study, name, name, runs)
    return study


@pytest.mark.parametrize("name", ["fusion_late", "fusion_unsure"])
def test_what_a_fold_trusts_never_depends_on_what_it_tests(evaluated: Study, name: str) -> None:
    config = configs.load(name)
    first = studies.train(evaluated, config, "", range(5))
    path = evaluated.work / "predictions" / "tfidf.json"
    value = read_json(path)
    for row in value["photos"]:
        if row["draw"] == 2:
            row["tuned"] = row["tuned"][1:] + row["tuned"][:1]
    write_json(path, value)
    second = studies.train(evaluated, config, "", range(5))
    assert second[2].record["trust"] == first[2].record["trust"]
    assert second[2].record.get("threshold") == first[2].record.get("threshold")
    assert second[1].record["trust"] != first[1].record["trust"]
    # The network that was trained stands in for the one that was not.
    assert list(first[0].record["trust"]) == ["tfidf", "vgg16"]


def test_a_fusion_is_compared_with_the_best_text_method(evaluated: Study) -> None:
    runs = studies.train(evaluated, configs.load("fusion_late"), "", range(5))
    evaluate(evaluated, "fusion_late", "F", runs)
    found = gains(evaluated)
    assert found is not None
    assert (found["text"], found["photo"], found["target"]) == ("tfidf", "vgg16", 0.965)
    row = found["gains"][0]
    labels = evaluated.catalog.labels
    fused = np.zeros((70, 7))
    for run in runs:
        members = evaluated.manifest.members(run.fold, Role.TEST)
        fused[members] = run.tuned[0][members]
    gained = float((fused.argmax(axis=1) == labels).mean()) - 0.8
    assert row["difference"] == pytest.approx(gained)
    assert row["difference_interval"][0] <= row["difference"] <= row["difference_interval"][1]
    assert len(found["weights"]) == 5


def test_a_fusion_without_its_members_says_what_to_do(worded: Study) -> None:
    study = replace(worded, work=worded.work.parent / "alone")
    write_json(study.work / "texts.json", read_json(worded.work / "texts.json"))
    with pytest.raises(MissingPartError, match="entraînez et mesurez d’abord un réseau de photos"):
        studies.train(study, configs.load("fusion_late"), "", range(5))


def test_blocks_weigh_the_same_and_texts_can_be_emptied() -> None:
    config = configs.load("fusion_features")
    assert isinstance(config, Fusion)
    labels = np.repeat(np.arange(7), 6)
    texts = [f"word{label} thing" for label in labels]
    photo = np.eye(7)[labels] * 1000 + RANDOM.normal(size=(42, 7))
    words = configs.load("tfidf")
    made = Blocks(words, texts, [photo], config.strength).fit(np.arange(42), labels)  # type: ignore[arg-type]
    rows = made._rows(np.arange(42))
    assert np.asarray(rows.multiply(rows).sum(axis=1)).ravel() == pytest.approx(np.full(42, 2.0))
    made.texts = np.array([""] * 42, dtype=object)
    assert (made.predict_proba(np.arange(42)).argmax(axis=1) == labels).all()
