"""VGG16, frozen, on the plain photos, padded: one half of what the framing changes.

Command: ``python -m research train --config framing_vgg16_pad --weights FILE`` with
``vgg16_notop.weights.h5``.

Result on the genuine photos, 5 draws: 83.2 % (81.0 to 85.5) with its 95 % bootstrap interval.
"""

from dataclasses import replace

from research.configs.vgg16 import CONFIG as WHOLE
from research.images import Aspect

CONFIG = replace(
    WHOLE,
    name="framing_vgg16_pad",
    label="VGG16, photos complétées",
    aspect=Aspect.PAD,
    views=1,
    averaged=1,
    tuning=replace(WHOLE.tuning, epochs=0),
)
