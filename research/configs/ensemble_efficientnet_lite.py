"""All the EfficientNet-Lite configurations together: the mean of what they answer. It is not EfficientNet-B7.

python -m research train --config ensemble_efficientnet_lite

Result on the genuine photos, 5 folds, every photo tested once: 87.2 % (95 % bootstrap 85.1 to 89.2),
with the base frozen 87.0 %.
"""

from research.config import Ensemble

CONFIG = Ensemble(
    "ensemble_efficientnet_lite",
    "Trois EfficientNet-Lite réunis",
    ("efficientnet_lite0", "efficientnet_lite2", "efficientnet_lite2_440"),
)
