"""MiniLM (all-MiniLM-L6-v2) learnt further end to end: a dense layer, then its last two layers with it.

python -m research train --config minilm_tuned --weights FOLDER_OF_MINILM

Not among the published results: its five folds take about half an hour of two quiet cores.
"""

from research.config import Phase, Sentences

CONFIG = Sentences(
    "minilm_tuned",
    "MiniLM affiné",
    tokens=48,
    opened=2,
    head=Phase("adamw", 1e-2, epochs=30, patience=3),
    tuning=Phase("adamw", 2e-4, epochs=2, patience=1),
)
