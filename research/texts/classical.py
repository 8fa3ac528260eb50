"""The classifiers of scikit-learn that read words, or the vectors of sentences."""

from __future__ import annotations

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from research.config import Words
from research.texts.reading import WORD

MOST_STEPS = 3000


def counter(config: Words) -> CountVectorizer:
    """What turns a text into counted terms; ``TfidfVectorizer`` is a ``CountVectorizer`` too."""
    terms = {"ngram_range": (1, config.longest), "token_pattern": WORD, "lowercase": True}
    return (
        TfidfVectorizer(sublinear_tf=True, **terms)
        if config.weighting == "tfidf"
        else CountVectorizer(**terms)
    )


def word_classifier(config: Words) -> Pipeline:
    """Counted terms, then logistic regression; learns from texts."""
    return make_pipeline(counter(config), LogisticRegression(C=config.strength, max_iter=MOST_STEPS))


def sentence_classifier(strength: float) -> Pipeline:
    """Standardised vectors, then logistic regression; learns from rows."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=MOST_STEPS))
