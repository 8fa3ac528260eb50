"""VGG16, frozen, on the plain photos, stretched: one half of what the framing changes.

Command: ``python -m research train --config framing_vgg16_stretch --weights FILE`` with
``vgg16_notop.weights.h5``.

Result on the genuine photos, 5 draws: 83.4 % (81.1 to 85.6) with its 95 % bootstrap interval.
"""

from dataclasses import replace

from research.configs.vgg16 import CONFIG as WHOLE
from research.images import Aspect

CONFIG = replace(
    WHOLE,
    name="framing_vgg16_stretch",
    label="VGG16, photos étirées",
    aspect=Aspect.STRETCH,
    views=1,
    averaged=1,
    tuning=replace(WHOLE.tuning, epochs=0),
)
