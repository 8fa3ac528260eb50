"""EfficientNet-Lite2, frozen, on the plain photos, padded: one half of what the framing changes.

Command: ``python -m research train --config framing_efficientnet_lite2_pad --weights FILE`` with
``efficientnet_lite2_notop.weights.h5``.

Result on the genuine photos, 5 draws: 88.2 % (86.2 to 90.2) with its 95 % bootstrap interval.
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
