"""TF-IDF of words and pairs of words of name and description, and logistic regression.

python -m research train --config tfidf

Result on the genuine products, 5 folds, every product tested once: 94.1 % (95 % bootstrap 92.6 to 95.4).
"""

from research.config import Words

CONFIG = Words("tfidf", "TF-IDF", "tfidf", longest=2, strength=10.0)
