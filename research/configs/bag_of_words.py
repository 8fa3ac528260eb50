"""Words of name and description counted, and logistic regression: the oldest way to class texts.

python -m research train --config bag_of_words

Result on the genuine products, 5 folds, every product tested once: 92.8 % (95 % bootstrap 91.3 to 94.4).
"""

from research.config import Words

CONFIG = Words("bag_of_words", "Sac de mots", "counts", longest=1, strength=1.0)
