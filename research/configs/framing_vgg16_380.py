"""VGG16, base frozen, plain photos only, 380 px instead of 224: what finer photos bring it.

python -m research train --config framing_vgg16_380 --weights vgg16_notop.weights.h5

Result on the genuine photos, 5 folds that split near texts,
every photo tested once: 83.4 % (95 % bootstrap 81.0 to 85.6).
"""

from dataclasses import replace

from research.configs.framing_vgg16_pad import CONFIG as NATIVE

CONFIG = replace(NATIVE, name="framing_vgg16_380", label="VGG16 à 380 px", size=380)
