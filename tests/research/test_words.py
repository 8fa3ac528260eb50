"""Explanations of texts: values that add up to the score, pieces that make the text again, and a test."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from research import config as configs
from research.catalog import CATEGORIES
from research.config import Words
from research.manifest import Role
from research.study import Study
from research.texts import words
from research.texts.words import Explainer, by_category, deletion, explain, explain_words, pieces, word_values


@pytest.fixture(scope="module")
def learnt(worded: Study) -> tuple[Explainer, list[str], np.ndarray]:
    """The TF-IDF classifier of the drawn products, their texts and categories."""
    config = configs.load("tfidf")
    assert isinstance(config, Words)
    texts = [text.whole for text in worded.texts]
    return Explainer.learn(config, texts, worded.catalog.labels), texts, worded.catalog.labels


@pytest.mark.parametrize("category", range(7))
def test_values_of_words_add_up_to_the_score(
    learnt: tuple[Explainer, list[str], np.ndarray], category: int
) -> None:
    explainer, texts, _ = learnt
    for text in (texts[0], texts[-1], "not one known term"):
        words, absent, base = word_values(explainer, text, category)
        assert base + absent + sum(words.values()) == pytest.approx(explainer.logit(text, category), abs=1e-9)
    # Of the mean product nothing is said but the base.
    weights = explainer.model[0].transform(texts)
    scores = weights @ explainer.model[1].coef_.T + explainer.model[1].intercept_
    _, base = explainer.values(texts[0], category)
    assert base == pytest.approx(scores[:, category].mean())


def test_a_pair_gives_half_its_value_to_each_word(learnt: tuple[Explainer, list[str], np.ndarray]) -> None:
    explainer, texts, _ = learnt
    values, _ = explainer.values("coffee mug", 5)
    words, _, _ = word_values(explainer, "coffee mug", 5)
    place = {term: values[number] for number, term in enumerate(explainer.terms)}
    assert words["mug"] == pytest.approx(place["mug"] + place["coffee mug"] / 2)
    assert len(texts) == 70


def test_pieces_make_the_text_again_and_share_a_word_s_value() -> None:
    found = pieces("Mug, blue MUG!", {"mug": 1.0, "blue": -0.5})
    assert "".join(piece["t"] for piece in found) == "Mug, blue MUG!"
    assert [(piece["t"], piece["v"]) for piece in found if piece["v"]] == [
        ("Mug", 0.5),
        ("blue", -0.5),
        ("MUG", 0.5),
    ]


def test_an_answer_is_explained_by_the_words_of_its_category(
    learnt: tuple[Explainer, list[str], np.ndarray],
) -> None:
    explainer, texts, labels = learnt
    found = explain(explainer, texts[int(np.flatnonzero(labels == 6)[0])], 6)
    assert (found["truth"], found["answer"]) == ("Watches", "Watches")
    assert found["base"] + found["absent"] + found["sum"] == pytest.approx(found["logit"])
    assert {"watch", "wrist", "analog"} <= {word["word"] for word in found["words"]}
    rows = {row["category"]: row for row in by_category(explainer, texts, labels)}
    assert list(rows) == list(CATEGORIES)
    assert {"mug", "coffee", "ceramic"} <= {one["word"] for one in rows["Kitchen & Dining"]["for"]}
    assert all(one["value"] > 0 for one in rows["Watches"]["for"])
    assert all(one["value"] < 0 for one in rows["Watches"]["against"])


def test_taking_the_strongest_words_away_costs_more_than_any_words(
    learnt: tuple[Explainer, list[str], np.ndarray],
) -> None:
    explainer, texts, _ = learnt
    found = deletion(explainer, texts[::3])
    assert found["steps"] == [0, 1, 2, 3, 5, 8, 12, 20]
    assert found["strongest"][0] == found["random"][0]
    assert found["strongest"][4]["mean"] < found["random"][4]["mean"] - 0.1
    drop = found["drop"]
    assert drop["interval"][0] > 0
    falls = {name: np.array(values) for name, values in found["drops"].items()}
    assert drop["difference"] == pytest.approx((falls["strongest"] - falls["random"]).mean())
    assert drop["strongest"] == pytest.approx(
        found["strongest"][0]["mean"] - found["strongest"][4]["mean"], abs=1e-3
    )


def test_every_category_has_its_products(worded: Study) -> None:
    config = configs.load("tfidf")
    assert isinstance(config, Words)
    found = explain_words(worded, config)
    assert list(dict.fromkeys(row["truth"] for row in found["examples"])) == list(CATEGORIES)
    tested = worded.manifest.members(0, Role.TEST)
    assert found["deletion"]["products"] == len(tested)
    assert {row["id"] for row in found["examples"]} <= {worded.catalog.photos[at].uniq_id for at in tested}
    assert found["examples"][0]["title"].startswith("Maker")


MADE_UP = {"aa": 0.1, "bb": -0.5, "cc": 0.3}


def test_words_of_an_answer_go_from_the_strongest_to_the_weakest_either_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(words, "word_values", lambda *asked: (MADE_UP, 0.2, -1.0))
    sure: Any = SimpleNamespace(probabilities=lambda texts: np.eye(7)[[3]], logit=lambda text, answer: -0.9)
    told = words.explain(sure, "aa bb cc bb", 2)
    assert [(one["word"], one["value"], one["times"]) for one in told["words"]] == [
        ("bb", -0.5, 2), ("cc", 0.3, 1), ("aa", 0.1, 1),
    ]  # fmt: skip
    assert (told["truth"], told["answer"], told["confidence"]) == (*tuple(CATEGORIES)[2:4], 1.0)


def test_words_for_a_category_begin_with_what_speaks_most_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    against = {"xx": 0.4, "yy": -0.2, "zz": -0.6}
    monkeypatch.setattr(words, "_mean_words", lambda *asked: (MADE_UP, against))
    nobody: Any = None
    first = words.by_category(nobody, [], np.zeros(0))[0]
    assert [one["word"] for one in first["for"]] == ["cc", "aa", "bb"]
    assert [one["word"] for one in first["against"]] == ["zz", "yy", "xx"]
