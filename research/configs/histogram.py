"""Colour histogram and logistic regression: what colours alone can tell.

python -m research train --config histogram
"""

from research.baselines import Baseline

CONFIG = Baseline("histogram", "Histogramme de couleurs", "histogram")
