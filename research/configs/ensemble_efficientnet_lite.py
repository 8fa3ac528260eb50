"""All the EfficientNet-Lite configurations together: the mean of what they answer. It is not EfficientNet-B7.

python -m research train --config ensemble_efficientnet_lite

Result on the genuine photos, 5 folds, every photo tested once: 88.9 % (95 % bootstrap 86.9 to 90.7),
with the base frozen 89.1 %.
"""

from research.config import Ensemble

CONFIG = Ensemble(
    "ensemble_efficientnet_lite",
    "Trois EfficientNet-Lite réunis",
    ("efficientnet_lite0", "efficientnet_lite2", "efficientnet_lite2_440"),
)
