"""Which words speak for a category: exact SHAP values of TF-IDF and logistic regression, and a test of them.

A linear model's SHAP value of a term is its coefficient times what the term weighs here beyond its mean over
the learnt products: the values of all terms, with the base, are the category's score to the last digit. A
pair of words gives half its value to each; a word's value is spread evenly over the places where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shap
from scipy.sparse import csr_matrix
from sklearn.pipeline import Pipeline

from research.catalog import CATEGORIES
from research.config import Words
from research.evaluation import bootstrap
from research.manifest import Role
from research.study import Study
from research.texts.classical import word_classifier
from research.texts.reading import WORD
from research.texts.stripping import without_words

STEPS = (0, 1, 2, 3, 5, 8, 12, 20)
#: Number of deleted words at which the two orders are compared in one figure.
COMPARED = 5
MOST_WORDS, FOR, AGAINST = 12, 10, 5
EXAMPLES = 2


@dataclass(frozen=True)
class Explainer:
    """A trained word classifier and the mean weight of each of its terms over the products it learnt from."""

    model: Pipeline
    terms: tuple[str, ...]
    shap: Any

    @classmethod
    def learn(cls, config: Words, texts: Sequence[str], labels: np.ndarray) -> Explainer:
        """Train on these texts."""
        model = word_classifier(config).fit(list(texts), labels)
        counter, regression = model[0], model[1]
        rows = csr_matrix(counter.transform(texts))
        explained = shap.LinearExplainer(
            (regression.coef_, regression.intercept_), (np.asarray(rows.mean(axis=0)).ravel(), None)
        )
        return cls(model, tuple(counter.get_feature_names_out()), explained)

    def values(self, text: str, category: int) -> tuple[np.ndarray, float]:
        """SHAP values of every term for a category ``(terms,)``, and the base they are added to."""
        row = self.model[0].transform([text]).toarray()
        found = np.asarray(self.shap.shap_values(row))[0]
        return np.asarray(found[:, category]), float(self.shap.expected_value[category])

    def logit(self, text: str, category: int) -> float:
        """The score of a category before scores become probabilities."""
        return float(self.model.decision_function([text])[0, category])

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities ``(n, 7)``."""
        return np.asarray(self.model.predict_proba(list(texts)))


def word_values(explainer: Explainer, text: str, category: int) -> tuple[dict[str, float], float, float]:
    """Value of each word of the text for a category, that of all absent terms together, and the base.

    Their sum is the category's score.
    """
    values, base = explainer.values(text, category)
    present = explainer.model[0].transform([text]).indices
    words = dict.fromkeys(re.findall(WORD, text.lower()), 0.0)
    for index in present:
        parts = explainer.terms[index].split(" ")
        for part in parts:
            words[part] += values[index] / len(parts)
    absent = float(values.sum() - values[present].sum())
    return words, absent, base


def pieces(text: str, words: dict[str, float]) -> list[dict[str, Any]]:
    """The text cut into words and what stands between them, each with its share of its word's value."""
    found, at = [], 0
    counts = {word: len(re.findall(rf"\b{word}\b", text.lower())) or 1 for word in words}
    for match in re.finditer(WORD, text, re.IGNORECASE):
        if match.start() > at:
            found.append({"t": text[at : match.start()], "v": 0})
        word = match[0].lower()
        found.append({"t": match[0], "v": round(words.get(word, 0.0) / counts.get(word, 1), 4)})
        at = match.end()
    if at < len(text):
        found.append({"t": text[at:], "v": 0})
    return found


def explain(explainer: Explainer, text: str, truth: int) -> dict[str, Any]:
    """Why this text was given its category: words, strongest first, and the text to highlight."""
    chances = explainer.probabilities([text])[0]
    answer = int(chances.argmax())
    words, absent, base = word_values(explainer, text, answer)
    counts = {word: len(re.findall(rf"\b{word}\b", text.lower())) for word in words}
    strongest = sorted(words, key=lambda word: -abs(words[word]))[:MOST_WORDS]
    names = list(CATEGORIES)
    return {
        "truth": names[truth],
        "answer": names[answer],
        "confidence": float(chances[answer]),
        "base": base,
        "absent": absent,
        "sum": sum(words.values()),
        "logit": explainer.logit(text, answer),
        "text": pieces(text, words),
        "words": [{"word": word, "value": words[word], "times": counts[word]} for word in strongest],
    }


def by_category(explainer: Explainer, texts: Sequence[str], labels: np.ndarray) -> list[dict[str, Any]]:
    """For each category the words that speak most for it, on average over its own tested products, and most
    against it, over the others'.
    """
    found = []
    for number, category in enumerate(CATEGORIES):
        for_it, against = _mean_words(explainer, texts, labels, number)
        strong = sorted(for_it, key=lambda word: -for_it[word])[:FOR]
        weak = sorted(against, key=lambda word: against[word])[:AGAINST]
        row = {"category": category, "for": [{"word": word, "value": for_it[word]} for word in strong]}
        found.append({**row, "against": [{"word": word, "value": against[word]} for word in weak]})
    return found


def _mean_words(
    explainer: Explainer, texts: Sequence[str], labels: np.ndarray, category: int
) -> tuple[dict[str, float], dict[str, float]]:
    sums: tuple[dict[str, float], dict[str, float]] = ({}, {})
    coefficients = explainer.model[1].coef_[category]
    rows = csr_matrix(explainer.model[0].transform(texts))
    inside = labels == category
    for side, members in enumerate((inside, ~inside)):
        weights = (
            np.asarray(rows[members].mean(axis=0)).ravel() * coefficients
            if members.any()
            else 0 * coefficients
        )
        for index in np.flatnonzero(weights):
            parts = explainer.terms[index].split(" ")
            for part in parts:
                sums[side][part] = sums[side].get(part, 0.0) + float(weights[index]) / len(parts)
    return sums


def deletion(explainer: Explainer, texts: Sequence[str], seed: int = 0) -> dict[str, Any]:
    """How the probability of the answer falls when words go: the strongest first, or in any order.

    Means over the products with their 95 % intervals, and each product's fall at :data:`COMPARED` words, from
    which the compared figure follows.
    """
    random = np.random.default_rng(seed)
    answers = explainer.probabilities(texts).argmax(axis=1)
    kept: dict[str, list[list[str]]] = {"strongest": [], "random": []}
    for text, answer in zip(texts, answers, strict=True):
        words, _, _ = word_values(explainer, text, int(answer))
        orders = {
            "strongest": sorted(words, key=lambda word: -words[word]),
            "random": [list(words)[at] for at in random.permutation(len(words))],
        }
        for name, order in orders.items():
            kept[name].append([without_words(text, set(order[:step])) for step in STEPS])
    found: dict[str, Any] = {"products": len(texts), "steps": list(STEPS)}
    falls: dict[str, np.ndarray] = {}
    for name, rows in kept.items():
        chances = np.stack(
            [
                explainer.probabilities([row[at] for row in rows])[np.arange(len(rows)), answers]
                for at in range(len(STEPS))
            ]
        )
        found[name] = [
            {"mean": float(row.mean()), "low": low, "high": high}
            for row in chances
            for low, high in [bootstrap(row)]
        ]
        falls[name] = np.round(chances[0] - chances[STEPS.index(COMPARED)], 4)
    gap = falls["strongest"] - falls["random"]
    found["drop"] = {
        "step": COMPARED,
        **{name: float(values.mean()) for name, values in falls.items()},
        "difference": float(gap.mean()),
        "interval": list(bootstrap(gap)),
    }
    found["drops"] = {name: values.tolist() for name, values in falls.items()}
    return found


def explain_words(study: Study, config: Words, fold: int = 0) -> dict[str, Any]:
    """All that ``words.json`` says of a fold: some products, every category, and the deletion test.

    The products are the surest right answers of each category, and the surest mistakes.
    """
    texts, labels = study.texts, study.catalog.labels
    whole = [text.whole for text in texts]
    tested = study.manifest.members(fold, Role.TEST)
    learnt = np.setdiff1d(np.arange(len(labels)), tested)
    explainer = Explainer.learn(config, [whole[index] for index in learnt], labels[learnt])
    asked = [whole[index] for index in tested]
    chances = explainer.probabilities(asked)
    right = chances.argmax(axis=1) == labels[tested]
    sure = np.argsort(-chances.max(axis=1), kind="stable")
    chosen = []
    for number in range(len(CATEGORIES)):
        chosen += [at for at in sure if right[at] and labels[tested[at]] == number][:EXAMPLES]
    chosen += [at for at in sure if not right[at]][: 2 * EXAMPLES]
    examples = [
        {"id": study.catalog.photos[tested[at]].uniq_id, "title": texts[tested[at]].name}
        | explain(explainer, asked[at], int(labels[tested[at]]))
        for at in chosen
    ]
    return {
        "name": config.name,
        "label": config.label,
        "draw": fold,
        "examples": examples,
        "by_category": by_category(explainer, asked, labels[tested]),
        "deletion": deletion(explainer, asked, study.manifest.seed),
    }
