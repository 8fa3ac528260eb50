"""EfficientNet-Lite2, frozen, on the plain photos, padded: one half of what the framing changes.

Command: ``python -m research train --config framing_efficientnet_lite2_pad --weights FILE`` with
``efficientnet_lite2_notop.weights.h5``.
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
