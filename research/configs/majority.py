"""Always the most frequent category: the floor.

Result, five draws: 14.2 %.

python -m research train --config majority
"""

from research.baselines import Baseline

CONFIG = Baseline("majority", "Classe majoritaire", "majority")
