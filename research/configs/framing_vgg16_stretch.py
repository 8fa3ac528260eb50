"""VGG16, base frozen, plain photos only, stretched: the other half of what the framing changes.

python -m research train --config framing_vgg16_stretch --weights vgg16_notop.weights.h5

Result on the genuine photos, 5 folds that split near texts,
every photo tested once: 83.7 % (95 % bootstrap 81.5 to 85.9).
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
