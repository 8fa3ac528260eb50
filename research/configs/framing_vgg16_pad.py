"""VGG16, frozen, on the plain photos, padded: one half of what the framing changes.

Command: ``python -m research train --config framing_vgg16_pad --weights FILE`` with
``vgg16_notop.weights.h5``.
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
