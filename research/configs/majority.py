"""Always the most frequent category: the floor.

python -m research train --config majority
"""

from research.baselines import Baseline

CONFIG = Baseline("majority", "Classe majoritaire", "majority")
