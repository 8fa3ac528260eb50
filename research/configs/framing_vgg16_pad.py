"""VGG16, base frozen, plain photos only, padded: one half of what the framing changes.

python -m research train --config framing_vgg16_pad --weights vgg16_notop.weights.h5

Result on the genuine photos, 5 folds that split near texts,
every photo tested once: 84.8 % (95 % bootstrap 82.7 to 86.9).
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
