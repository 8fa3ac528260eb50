"""EfficientNet-Lite2, base frozen, plain photos only, stretched: the other half of it.

python -m research train --config framing_efficientnet_lite2_stretch \\
  --weights efficientnet_lite2_notop.weights.h5

Result on the genuine photos, 5 folds that split near texts,
every photo tested once: 87.8 % (95 % bootstrap 85.7 to 89.7).
"""

from dataclasses import replace

from research.configs.efficientnet_lite2 import CONFIG as WHOLE
from research.images import Aspect

CONFIG = replace(
    WHOLE,
    name="framing_efficientnet_lite2_stretch",
    label="EfficientNet-Lite2, photos étirées",
    aspect=Aspect.STRETCH,
    views=1,
    averaged=1,
    tuning=replace(WHOLE.tuning, epochs=0),
)
