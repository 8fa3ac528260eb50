"""EfficientNet-Lite2, base frozen, plain photos only, padded: one half of what the framing changes.

python -m research train --config framing_efficientnet_lite2_pad --weights efficientnet_lite2_notop.weights.h5

Result on the genuine photos, 5 folds that split near texts,
every photo tested once: 88.3 % (95 % bootstrap 86.2 to 90.3).
"""

from dataclasses import replace

from research.configs.efficientnet_lite2 import CONFIG as WHOLE
from research.images import Aspect

CONFIG = replace(
    WHOLE,
    name="framing_efficientnet_lite2_pad",
    label="EfficientNet-Lite2, photos complétées",
    aspect=Aspect.PAD,
    views=1,
    averaged=1,
    tuning=replace(WHOLE.tuning, epochs=0),
)
