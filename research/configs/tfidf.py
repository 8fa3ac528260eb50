"""TF-IDF of words and pairs of words of name and description, and logistic regression.

python -m research train --config tfidf

Result on the genuine products, 5 folds, every product tested once: 94.9 % (95 % bootstrap 93.5 to 96.2).
"""

from research.config import Words

CONFIG = Words("tfidf", "TF-IDF", "tfidf", longest=2, strength=10.0)
