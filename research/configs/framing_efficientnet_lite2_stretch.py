"""EfficientNet-Lite2, frozen, on the plain photos, stretched: one half of what the framing changes.

Command: ``python -m research train --config framing_efficientnet_lite2_stretch --weights FILE`` with
``efficientnet_lite2_notop.weights.h5``.

Result on the genuine photos, 5 draws: 87.5 % (85.4 to 89.5) with its 95 % bootstrap interval.
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
